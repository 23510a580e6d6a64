/** The code of accumulators: opened, emptied, given a row, turned into results. */
import type { BoundExpr } from '../bind/tree.ts';
import { exprCollation } from '../bind/types.ts';
import { binaryCollation } from '../values/collation.ts';
import { makeKeyInfo } from '../values/keyinfo.ts';
import { Opcode } from '../vm/opcode.ts';
import type { FunctionCall } from '../vm/types.ts';
import type { AggregateCall, AggregateInfo } from './aggregate-info.ts';
import type { Codegen } from './context.ts';
import { codeDistinct, type DistinctKind, openDistinct } from './distinct.ts';
import { codeExprTo, jumpIfFalse } from './expr.ts';
import { collationByName, collationOf, sortFlags } from './open.ts';

export function isExtreme(c: AggregateCall): boolean {
  const { def } = c.expr;
  return def.kind === 'aggregate' && (def.special === 'min' || def.special === 'max');
}

export function functionCall(cg: Codegen, c: AggregateCall): FunctionCall {
  const { def, args } = c.expr;
  let collation: FunctionCall['collation'] = null;
  if (def.needsCollation === true || isExtreme(c)) {
    const named = args.map(exprCollation).find((x) => x !== null);
    collation =
      (named ? collationByName(cg.env, named.name) : null) ?? binaryCollation(cg.env.encoding);
  }
  return { kind: 'call', def, argCount: args.length, collation };
}

/** The instruction that empties accumulators and bare columns; its operands follow when these are known. */
export function emitReset(cg: Codegen): number {
  return cg.b.emit(Opcode.Noop);
}

export function patchReset(cg: Codegen, address: number, info: AggregateInfo): void {
  if (info.count === 0) return;
  const op = cg.b.at(address);
  op.opcode = Opcode.Null;
  op.p2 = info.base;
  op.p3 = info.count > 1 ? info.base + info.count - 1 : 0;
}

/** Opens the tables of DISTINCT and ORDER BY inside calls. */
export function openAccumulators(cg: Codegen, info: AggregateInfo): void {
  const { b } = cg;
  for (const c of info.calls) {
    const { args, orderBy, def } = c.expr;
    if (c.distinct !== null) {
      openDistinct(cg, c.distinct, `USE TEMP B-TREE FOR ${def.name}(DISTINCT)`);
    }
    if (c.orderCursor >= 0) {
      const keys = orderBy.length + 1;
      const keyInfo = makeKeyInfo(
        cg.env.encoding,
        keys + args.length,
        orderBy.map((t) => collationOf(cg, t.expr)),
        orderBy.map(sortFlags),
        keys,
      );
      b.emit(Opcode.OpenEphemeral, c.orderCursor, keys + args.length, 0, keyInfo);
      b.explain(Opcode.Explain, `USE TEMP B-TREE FOR ${def.name}(ORDER BY)`);
    }
  }
}

/**
 * One row into the accumulators. `map` says where the row's columns are. `seen`: register that is true
 * from the second row of a group on, 0 where min() or max() alone decide about bare columns.
 */
export function updateAccumulators(
  cg: Codegen,
  info: AggregateInfo,
  seen: number,
  distinctKind: DistinctKind,
  map: (e: BoundExpr) => BoundExpr,
): void {
  const { b } = cg;
  let skipBare = 0;
  for (const c of info.calls) {
    const { args, filter, orderBy } = c.expr;
    const next = b.newLabel();
    if (filter !== null) {
      if (info.bareCount > 0 && isExtreme(c) && seen > 0) {
        // With a FILTER the extreme may never be asked: bare columns then come from the first row.
        if (skipBare === 0) skipBare = b.newReg();
        b.emit(Opcode.Copy, seen, skipBare);
      }
      jumpIfFalse(cg, map(filter), next, true);
    }
    const count = args.length;
    const call = functionCall(cg, c);
    if (orderBy.length > 0) {
      const keys = orderBy.length + 1;
      const base = b.newRegs(keys + count);
      args.forEach((a, i) => {
        codeExprTo(cg, map(a), base + keys + i);
      });
      orderBy.forEach((t, i) => {
        codeExprTo(cg, map(t.expr), base + i);
      });
      b.emit(Opcode.Sequence, c.orderCursor, base + keys - 1);
      if (c.distinct !== null) {
        codeDistinct(cg, c.distinct, distinctKind, args, base + keys, next);
      }
      const record = b.tempReg();
      b.emit(Opcode.MakeRecord, base, keys + count, record);
      b.emit(Opcode.IdxInsert, c.orderCursor, record, base, keys + count);
      b.releaseTemp(record);
    } else {
      const base = count === 0 ? 0 : b.newRegs(count);
      args.forEach((a, i) => {
        codeExprTo(cg, map(a), base + i);
      });
      if (c.distinct !== null) codeDistinct(cg, c.distinct, distinctKind, args, base, next);
      if (isExtreme(c) && info.bareCount > 0) {
        if (skipBare === 0) skipBare = b.newReg();
        b.emit(Opcode.CollSeq, skipBare);
      }
      b.emit(Opcode.AggStep, 0, base, c.register, call);
    }
    b.resolve(next);
  }
  if (skipBare === 0 && info.bareCount > 0) skipBare = seen;
  const skip = skipBare > 0 ? b.emit(Opcode.If, skipBare) : -1;
  for (const c of info.columns.slice(0, info.bareCount)) {
    codeExprTo(cg, map(c.expr), c.register);
  }
  if (skip >= 0) b.jumpHere(skip);
}

/** Turns accumulators into results. */
export function finalizeAccumulators(cg: Codegen, info: AggregateInfo): void {
  const { b } = cg;
  for (const c of info.calls) {
    const count = c.expr.args.length;
    const call = functionCall(cg, c);
    if (c.orderCursor >= 0) {
      const keys = c.expr.orderBy.length + 1;
      const base = count === 0 ? 0 : b.newRegs(count);
      const rewind = b.emit(Opcode.Rewind, c.orderCursor);
      const top = b.here;
      for (let i = 0; i < count; i++) b.emit(Opcode.Column, c.orderCursor, keys + i, base + i);
      b.emit(Opcode.AggStep, 0, base, c.register, call);
      b.emit(Opcode.Next, c.orderCursor, top);
      b.jumpHere(rewind);
    }
    b.emit(Opcode.AggFinal, c.register, count, 0, call);
  }
}

/** DISTINCT that the only aggregate asks of the scan: SQLite lets an index give it. */
export function onlyDistinct(info: AggregateInfo): readonly BoundExpr[] | null {
  const only = info.calls.length === 1 ? info.calls[0]! : null;
  return only?.expr.distinct === true && only.expr.args.length > 0 ? only.expr.args : null;
}
