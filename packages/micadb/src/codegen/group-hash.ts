/**
 * GROUP BY by hash: each row goes into the accumulators of its group at once, and only the groups are sorted
 * (wall 10). Rows of groups for which there is no memory left go through the sorter, as all rows do without a
 * hash; the two come together when groups are given.
 */
import type { BoundExpr } from '../bind/tree.ts';
import { exprAffinity, visitExprDeep } from '../bind/types.ts';
import type { AggregateFunction } from '../functions/types.ts';
import type { KeyInfo } from '../values/key.ts';
import { Affinity } from '../values/value.ts';
import type { GroupShape } from '../vm/groups.ts';
import { Opcode } from '../vm/opcode.ts';
import { stepAccumulators } from './accumulators.ts';
import type { AggregateCall, AggregateColumn, AggregateInfo } from './aggregate-info.ts';
import type { Codegen } from './context.ts';
import { codeExprTo } from './expr.ts';
import type { GroupHash } from './grouping.ts';

/** Null when the rows of the query must come sorted. */
export function hashGroups(cg: Codegen, info: AggregateInfo, keyInfo: KeyInfo): GroupHash | null {
  const { b } = cg;
  if (keyInfo.collations.some((c) => c.kind !== 'binary')) return null;
  const functions: AggregateFunction[] = [];
  for (const c of info.calls) {
    const def = smallState(info, c);
    if (def === null) return null;
    functions.push(def);
  }
  const width = info.block.groupBy.length;
  const kept = info.columns
    .slice(0, info.bareCount)
    .filter((c) => c.field >= width)
    .map((c) => c.register);
  const shape: GroupShape = {
    kind: 'groups',
    keyInfo,
    functions,
    states: info.base + info.bareCount,
    kept,
    known: kept.length > 0 ? b.newReg() : 0,
  };
  const [cursor, key, record] = [b.newCursor(), b.newCursor(), b.newReg()];
  return {
    cursor,
    shape,
    key,
    record,
    codeRow: (keys, full) => codeRow(cg, info, shape, cursor, keys, full),
    codeGroup: (keys) => {
      b.emit(Opcode.SorterData, cursor, record, key);
      for (let i = 0; i < width; i++) b.emit(Opcode.Column, key, i, keys + i);
      for (const c of info.columns.slice(0, info.bareCount)) {
        if (c.field < width) b.emit(Opcode.Copy, keys + c.field, c.register, 0);
      }
      b.emit(Opcode.GroupLoad, cursor, 0, 0, shape);
    },
  };
}

/**
 * The function of a call whose accumulator is small, and that may be given the rows of all groups as they
 * come; null of others.
 */
function smallState(info: AggregateInfo, c: AggregateCall): AggregateFunction | null {
  const { def, args, filter } = c.expr;
  if (def.kind !== 'aggregate' || def.user === true || def.direct === undefined) return null;
  if (c.distinct !== null || c.orderCursor >= 0) return null;
  // Bare columns then come from the row with the extreme: only those that are alike in all rows can be given.
  const extreme = def.special === 'min' || def.special === 'max';
  if (extreme && !info.columns.slice(0, info.bareCount).every((x) => isPlainKey(info, x)))
    return null;
  // What they compute is written twice: not a whole query.
  return [...args, ...(filter === null ? [] : [filter])].some(hasQuery) ? null : def;
}

/** True of a GROUP BY column whose equal values are the same value: not 1 in one row and 1.0 in another. */
function isPlainKey(info: AggregateInfo, c: AggregateColumn): boolean {
  return (
    c.field < info.block.groupBy.length &&
    c.expr.kind === 'column' &&
    exprAffinity(c.expr) !== Affinity.Blob
  );
}

function hasQuery(e: BoundExpr): boolean {
  let found = false;
  visitExprDeep(e, (x) => {
    if (x.kind === 'subquery' || x.kind === 'exists' || x.kind === 'inQuery') found = true;
    return !found;
  });
  return found;
}

function codeRow(
  cg: Codegen,
  info: AggregateInfo,
  shape: GroupShape,
  cursor: number,
  keys: number,
  full: number,
): void {
  const { b } = cg;
  const record = b.newReg();
  b.emit(Opcode.MakeRecord, keys, info.block.groupBy.length, record);
  b.emit(Opcode.GroupFind, cursor, full, record, shape);
  stepAccumulators(cg, info, 0, 'unordered', (e) => e, false);
  if (shape.known === 0) return;
  const skip = b.emit(Opcode.If, shape.known);
  for (const c of info.columns) {
    if (shape.kept.includes(c.register)) codeExprTo(cg, c.expr, c.register);
  }
  b.emit(Opcode.GroupKeep, cursor, 0, 0, shape);
  b.jumpHere(skip);
}
