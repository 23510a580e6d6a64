/**
 * GROUP BY by hash: each row goes into the accumulators of its group at once, and only the groups are sorted
 * (wall 10). Rows of groups for which there is no memory left go through the sorter, as all rows do without a
 * hash; the two come together when groups are given.
 */
import type { BoundExpr } from '../bind/tree.ts';
import { exprAffinity, visitExprDeep } from '../bind/types.ts';
import type { AggregateFunction } from '../functions/types.ts';
import { makeKeyInfo } from '../values/keyinfo.ts';
import { Affinity } from '../values/value.ts';
import type { GroupShape } from '../vm/groups.ts';
import { Opcode } from '../vm/opcode.ts';
import type { Instruction, P4 } from '../vm/types.ts';
import { functionCall } from './accumulators.ts';
import type { AggregateCall, AggregateColumn, AggregateInfo } from './aggregate-info.ts';
import type { Codegen } from './context.ts';
import { codeSeen } from './distinct.ts';
import { codeExprTo, jumpIfFalse } from './expr.ts';
import type { MakeGroupHash } from './grouping.ts';
import { collationOf } from './open.ts';

/** Null when the rows of the query must come sorted. */
export const hashGroups: MakeGroupHash = (cg, info, keyInfo, opened, kind) => {
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
    place: opened.length > 1 && kind !== 'unique' ? b.newReg() : 0,
  };
  const [cursor, key, record] = [b.newCursor(), b.newCursor(), b.newReg()];
  put(b.at(opened[0]!), Opcode.GroupOpen, cursor, width, shape);
  const sets = new Map<AggregateCall, number>();
  for (const c of info.calls) {
    if (c.distinct === null || shape.place === 0) continue;
    const set = b.newCursor();
    const { args } = c.expr;
    const collations = [null, ...args.map((a) => collationOf(cg, a))];
    const fields = makeKeyInfo(cg.env.encoding, args.length + 1, collations);
    sets.set(c, set);
    put(b.at(opened[sets.size]!), Opcode.OpenEphemeral, set, args.length + 1, fields);
  }
  return {
    cursor,
    key,
    record,
    codeRow: (keys, full) => codeRow(cg, info, { shape, cursor, sets }, keys, full),
    codeGroup: (keys) => {
      b.emit(Opcode.SorterData, cursor, record, key);
      for (let i = 0; i < width; i++) b.emit(Opcode.Column, key, i, keys + i);
      for (const c of info.columns.slice(0, info.bareCount)) {
        if (c.field < width) b.emit(Opcode.Copy, keys + c.field, c.register, 0);
      }
      b.emit(Opcode.GroupLoad, cursor, 0, 0, shape);
    },
  };
};

function put(op: Instruction, opcode: Opcode, p1: number, p2: number, p4: P4): void {
  op.opcode = opcode;
  op.p1 = p1;
  op.p2 = p2;
  op.p4 = p4;
}

/**
 * The function of a call whose accumulator is small, and that may be given the rows of all groups as they
 * come; null of others.
 */
function smallState(info: AggregateInfo, c: AggregateCall): AggregateFunction | null {
  const { def, args, filter } = c.expr;
  if (def.kind !== 'aggregate' || def.user === true || def.direct === undefined) return null;
  if (c.orderCursor >= 0) return null;
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
  hash: { shape: GroupShape; cursor: number; sets: ReadonlyMap<AggregateCall, number> },
  keys: number,
  full: number,
): void {
  const { b } = cg;
  const { shape, cursor, sets } = hash;
  const record = b.newReg();
  b.emit(Opcode.MakeRecord, keys, info.block.groupBy.length, record);
  b.emit(Opcode.GroupFind, cursor, full, record, shape);
  for (const c of info.calls) {
    const { args, filter } = c.expr;
    const next = b.newLabel();
    if (filter !== null) jumpIfFalse(cg, filter, next, true);
    const set = sets.get(c);
    // Values are distinct in their group: its place stands in front of them.
    const before = set === undefined ? 0 : 1;
    const count = args.length + before;
    const place = count === 0 ? 0 : b.newRegs(count);
    const base = place + before;
    args.forEach((a, i) => {
      codeExprTo(cg, a, base + i);
    });
    if (set !== undefined) {
      b.emit(Opcode.SCopy, shape.place, place);
      codeSeen(cg, set, place, count, next);
    }
    b.emit(Opcode.AggStep, 0, base, c.register, functionCall(cg, c));
    b.resolve(next);
  }
  if (shape.known === 0) return;
  const skip = b.emit(Opcode.If, shape.known);
  for (const c of info.columns) {
    if (shape.kept.includes(c.register)) codeExprTo(cg, c.expr, c.register);
  }
  b.emit(Opcode.GroupKeep, cursor, 0, 0, shape);
  b.jumpHere(skip);
}
