/**
 * Values that loops seek with: the right sides of =, IS, IN and of range bounds, in registers, with the
 * affinity of the column they are compared with.
 */
import type { BoundExpr, Query } from '../bind/tree.ts';
import { canBeNull, combineAffinity, exprAffinity, vectorField } from '../bind/types.ts';
import { type Term, TermFlag, TermOp } from '../plan/terms.ts';
import { LoopFlag, type PlanIndex } from '../plan/types.ts';
import { Affinity, Real } from '../values/value.ts';
import { Opcode } from '../vm/opcode.ts';
import type { Codegen } from './context.ts';
import { codeExprTo, codeExprVector } from './expr.ts';
import { codeInRhs, type InExpr } from './in.ts';
import { disableTerm, type Level } from './where-state.ts';

/** The affinity letter that an index column's keys have. */
export function columnAffinity(level: Level, index: PlanIndex, i: number): Affinity {
  const c = index.columns[i]!;
  let a: Affinity;
  if (c.column === -1) a = Affinity.Integer;
  else if (c.expr !== null) a = exprAffinity(c.expr);
  else a = level.source.columns[c.column]?.affinity ?? Affinity.Blob;
  if (a < Affinity.Blob) return Affinity.Blob;
  return a > Affinity.Numeric ? Affinity.Numeric : a;
}

/** What must still be applied to the value of `e` so that it compares as with a column of affinity `a`. */
export function seekAffinity(e: BoundExpr, a: Affinity): Affinity {
  const combined = combineAffinity(a, exprAffinity(e));
  if (combined === Affinity.Blob) return Affinity.Blob;
  let x = e;
  while (x.kind === 'unary' && x.op === '+') x = x.operand;
  if (x.kind === 'constant') {
    if (typeof x.value === 'string') return a === Affinity.Text ? Affinity.Blob : a;
    if (typeof x.value === 'number' || x.value instanceof Real) {
      return a >= Affinity.Numeric ? Affinity.Blob : a;
    }
    return a;
  }
  if (x.kind === 'column' && x.column < 0 && a >= Affinity.Numeric) return Affinity.Blob;
  return a;
}

/** Applies affinities to consecutive registers; those at the ends that do nothing are left out. */
export function applyAffinities(cg: Codegen, base: number, list: readonly Affinity[]): void {
  let from = 0;
  let to = list.length;
  while (from < to && list[from]! <= Affinity.Blob) from += 1;
  while (to > from + 1 && list[to - 1]! <= Affinity.Blob) to -= 1;
  if (to <= from || list[from]! <= Affinity.Blob) return;
  const letters = list.slice(from, to).map((a) => String.fromCharCode(a));
  cg.b.emit(Opcode.Affinity, base + from, to - from, 0, letters.join(''));
}

/**
 * The IN of `terms` (fields of one row value; or one scalar) with those fields only: the fields that the
 * index does not use would make rows appear more than once.
 */
function reducedIn(e: InExpr, terms: readonly Term[]): InExpr {
  if (e.kind !== 'inQuery' || e.operand.kind !== 'vector') return e;
  const q = e.query;
  if (q.kind !== 'block' && q.kind !== 'values') return e;
  const fields = terms.map((t) => t.field - 1);
  if (fields.length === e.operand.items.length && fields.every((f, i) => f === i)) return e;
  const items = fields.map((f) => vectorField(e.operand, f));
  const operand: BoundExpr = items.length === 1 ? items[0]! : { kind: 'vector', items };
  const columns = fields.map((f) => q.columns[f]!);
  const orderBy = q.orderBy.map((t) => ({ ...t, result: 0 }));
  const query: Query =
    q.kind === 'block'
      ? { ...q, columns, orderBy }
      : { ...q, columns, rows: q.rows.map((row) => fields.map((f) => row[f]!)) };
  return { ...e, operand, query };
}

/** Starts loops over the right side of an IN; its values come into registers from `target` on. */
function codeInLoop(cg: Codegen, level: Level, at: number, reverse: boolean, target: number): void {
  const { b } = cg;
  const { loop } = level;
  const term = loop.terms[at]!;
  const e = term.expr as InExpr;
  for (let i = 0; i < at; i++) {
    // An earlier field of the same row value has made the loop.
    if (loop.terms[i] !== null && loop.terms[i]!.expr === e) {
      disableTerm(level, term);
      return;
    }
  }
  const places: number[] = [];
  for (let i = at; i < loop.eq; i++) if (loop.terms[i]?.expr === e) places.push(i);
  if (places.length === 0) places.push(at);
  const reduced = reducedIn(
    e,
    places.map((i) => loop.terms[i]!),
  );
  const isKeyOfRowid = (loop.flags & LoopFlag.Rowid) !== 0;
  let backwards = reverse;
  if (!isKeyOfRowid && loop.index!.columns[at]!.desc) backwards = !backwards;
  const rhs = codeInRhs(cg, reduced, 'loop');
  if (rhs.type === 'indexDesc') backwards = !backwards;
  b.emit(backwards ? Opcode.Last : Opcode.Rewind, rhs.cursor);
  loop.flags |= LoopFlag.InAble;
  if (level.ins.length === 0) level.nextLabel = b.newLabel();
  places.forEach((place, i) => {
    const out = target + place - at;
    // By transitivity one scalar IN may serve several columns.
    const field = reduced.operand.kind === 'vector' ? i : 0;
    const top =
      rhs.type === 'rowid'
        ? b.emit(Opcode.Rowid, rhs.cursor, out)
        : b.emit(Opcode.Column, rhs.cursor, rhs.map === null ? field : rhs.map[field]!, out);
    b.emit(Opcode.IsNull, out);
    level.ins.push({
      cursor: rhs.cursor,
      top,
      step: i > 0 ? null : backwards ? Opcode.Prev : Opcode.Next,
    });
  });
}

/** Codes the value of equality term `at` of the loop into `target`. */
export function codeEqualityValue(
  cg: Codegen,
  level: Level,
  at: number,
  reverse: boolean,
  target: number,
): void {
  const term = level.loop.terms[at]!;
  if ((term.op & (TermOp.Eq | TermOp.Is)) !== 0) {
    codeExprTo(cg, term.right!, target);
  } else if ((term.op & TermOp.IsNull) !== 0) {
    cg.b.emit(Opcode.Null, 0, target);
  } else {
    codeInLoop(cg, level, at, reverse, target);
  }
  // A transitive constraint may stand for another column: the column's own equality is still tested.
  if ((level.loop.flags & LoopFlag.Transitive) === 0 || (term.op & TermOp.Equiv) === 0) {
    disableTerm(level, term);
  }
}

/**
 * Codes all equality values of an index loop into consecutive registers, with room for `extra` more
 * behind them. Skip-scan columns are read from the index itself.
 */
export function codeEqualities(
  cg: Codegen,
  level: Level,
  reverse: boolean,
  extra: number,
): { base: number; affinities: Affinity[] } {
  const { b } = cg;
  const { loop } = level;
  const index = loop.index!;
  const base = b.newRegs(loop.eq + extra);
  const affinities: Affinity[] = [];
  for (let i = 0; i < index.columns.length; i++) affinities.push(columnAffinity(level, index, i));
  if (loop.skip > 0) {
    const cursor = level.indexCursor;
    b.emit(Opcode.Null, 0, base, loop.skip > 1 ? base + loop.skip - 1 : 0);
    b.emit(reverse ? Opcode.Last : Opcode.Rewind, cursor);
    const enter = b.emit(Opcode.Goto);
    level.skip = b.emit(reverse ? Opcode.SeekLT : Opcode.SeekGT, cursor, 0, base, loop.skip);
    b.jumpHere(enter);
    for (let i = 0; i < loop.skip; i++) {
      affinities[i] = Affinity.Blob;
      b.emit(Opcode.Column, cursor, i, base + i);
    }
  }
  for (let i = loop.skip; i < loop.eq; i++) {
    const term = loop.terms[i]!;
    codeEqualityValue(cg, level, i, reverse, base + i);
    if ((term.op & TermOp.In) !== 0) {
      // Values of a subquery already have the affinity of the comparison.
      if (term.expr.kind === 'inQuery') affinities[i] = Affinity.Blob;
    } else if ((term.op & TermOp.IsNull) === 0) {
      const right = term.right!;
      if ((term.flags & TermFlag.Is) === 0 && canBeNull(right)) {
        b.emit(Opcode.IsNull, base + i, level.breakLabel);
      }
      affinities[i] = seekAffinity(right, affinities[i]!);
    }
  }
  return { base, affinities };
}

/** Codes `count` values of a range bound; applies nothing yet. */
export function codeBound(
  cg: Codegen,
  level: Level,
  term: Term,
  count: number,
  base: number,
): void {
  const { b } = cg;
  const right = term.right!;
  if ((term.flags & TermFlag.LikeBound) !== 0 && right.kind === 'constant') {
    b.emit(Opcode.String8, 0, base, 0, right.value as string);
    if (level.likeReg > 0) {
      // In the pass over BLOBs the bounds are BLOBs too.
      const skip = b.emit(level.likeReversed ? Opcode.IfNot : Opcode.If, level.likeReg);
      b.emit(Opcode.Cast, base, Affinity.Blob);
      b.jumpHere(skip);
    }
    return;
  }
  if (right.kind === 'vector') {
    codeExprVector(cg, { kind: 'vector', items: right.items.slice(0, count) }, base);
  } else {
    codeExprTo(cg, right, base);
  }
}
