/**
 * Compound queries. UNION ALL without ORDER BY gives one arm after the other; everything else merges
 * two coroutines that give their rows in the same order, so that the result of UNION, INTERSECT and
 * EXCEPT is sorted. https://www.sqlite.org/lang_select.html#compound_select_statements
 */
import type { BoundExpr, CompoundQuery, OrderTerm, Query } from '../bind/tree.ts';
import { exprCollation, hasCollate } from '../bind/types.ts';
import { type LogEst, logEstAdd } from '../plan/logest.ts';
import type { CompoundOp } from '../sql/ast.ts';
import { makeKeyInfo } from '../values/keyinfo.ts';
import { OPFLAG_PERMUTE } from '../vm/flags.ts';
import { Opcode } from '../vm/opcode.ts';
import type { Label } from './builder.ts';
import type { Codegen } from './context.ts';
import type { SelectDest } from './dest.ts';
import { codeLimit, codeLimits, codeOffset, type Limits } from './limit.ts';
import { collationByName, sortFlags } from './open.ts';
import { codeSelect } from './select.ts';
import { codeRow } from './select-row.ts';

type Arm = CompoundQuery['first'];
interface Part {
  /** Operator to the left of the arm. */
  readonly op: CompoundOp;
  readonly query: Arm;
}

/** `shared`: LIMIT counters of an enclosing UNION ALL. */
export function codeCompound(
  cg: Codegen,
  q: CompoundQuery,
  dest: SelectDest,
  shared: Limits | null = null,
): LogEst {
  if (!isSequence(q)) return codeMerge(cg, q, dest, shared);
  const { b } = cg;
  const end = b.newLabel();
  const limits = shared ?? codeLimits(cg, q, end);
  const { rows, pushed } = codeSequence(cg, q, dest, limits);
  if (pushed) b.explainPop();
  b.resolve(end);
  return limits.fixed === null ? rows : Math.min(rows, limits.fixed);
}

/** Ends in UNION ALL and has no order. */
function isSequence(q: CompoundQuery): boolean {
  return q.orderBy.length === 0 && q.rest[q.rest.length - 1]!.op === 'UNION ALL';
}

// -- one after the other ----------------------------------------------------------------------------

/** `pushed`: the line "COMPOUND QUERY" is still open for arms that follow. */
function codeSequence(
  cg: Codegen,
  q: CompoundQuery,
  dest: SelectDest,
  limits: Limits,
): { rows: LogEst; pushed: boolean } {
  const { b } = cg;
  const before = q.rest.slice(0, -1);
  let left: { rows: LogEst; pushed: boolean };
  if (before.length === 0) {
    b.explainPush(b.explain(Opcode.Explain, 'COMPOUND QUERY'));
    b.explainPush(b.explain(Opcode.Explain, 'LEFT-MOST SUBQUERY'));
    left = { rows: codeSelect(cg, q.first, dest, limits), pushed: true };
    b.explainPop();
  } else {
    const part: CompoundQuery = { ...q, rest: before, limit: null, offset: null };
    left = isSequence(part)
      ? codeSequence(cg, part, dest, limits)
      : { rows: codeMerge(cg, part, dest, limits), pushed: false };
  }
  const rows = codeNextArm(cg, q.rest[before.length]!.query, dest, limits);
  return { rows: logEstAdd(rows, left.rows), pushed: left.pushed };
}

function codeNextArm(cg: Codegen, arm: Arm, dest: SelectDest, limits: Limits): LogEst {
  const { b } = cg;
  let spent = -1;
  if (limits.limit > 0) {
    spent = b.emit(Opcode.IfNot, limits.limit);
    if (limits.offset > 0) b.emit(Opcode.OffsetLimit, limits.limit, limits.both, limits.offset);
  }
  b.explainPush(b.explain(Opcode.Explain, 'UNION ALL'));
  const rows = codeSelect(cg, arm, dest, { ...limits, fixed: null });
  b.explainPop();
  if (spent >= 0) b.jumpHere(spent);
  return rows;
}

// -- merging two coroutines -------------------------------------------------------------------------

/** Collation of result column `i` for comparisons between arms. */
function columnCollation(q: CompoundQuery, i: number): string {
  return q.collations[i] ?? 'BINARY';
}

/** ORDER BY of the compound; UNION and its like add the columns that are not in it. */
function mergeOrder(q: CompoundQuery, op: CompoundOp): { terms: OrderTerm[]; names: string[] } {
  const terms = [...q.orderBy];
  const names = terms.map((t) =>
    hasCollate(t.expr) ? exprCollation(t.expr)!.name : columnCollation(q, t.result - 1),
  );
  if (op !== 'UNION ALL') {
    q.columns.forEach((c, i) => {
      if (terms.some((t) => t.result === i + 1)) return;
      terms.push({ expr: c.expr, desc: false, bigNull: false, result: i + 1 });
      names.push(columnCollation(q, i));
    });
  }
  return { terms, names };
}

/** The arm (or chain of arms) with the merge's order and limit. */
function orderedArm(
  arm: Query,
  order: { terms: OrderTerm[]; names: string[] },
  limit: BoundExpr | null,
): Query {
  const orderBy = order.terms.map((t, i) => ({
    ...t,
    expr: {
      kind: 'collate' as const,
      operand: arm.columns[t.result - 1]!.expr,
      collation: order.names[i]!,
    },
  }));
  return { ...arm, orderBy, limit, offset: null };
}

/** Where the compound is cut in two: long chains of UNION or UNION ALL in halves. */
function split(q: CompoundQuery): { left: Query; op: CompoundOp; right: Query } {
  const arms: Part[] = q.rest.map((r) => r);
  const op = arms[arms.length - 1]!.op;
  // Arms of the chain that ends the query, the one at its start included.
  let chain = 1;
  for (let i = arms.length - 1; i >= 0 && arms[i]!.op === op; i--) chain += 1;
  let at = arms.length - 1;
  const associative = op === 'UNION' || op === 'UNION ALL';
  if (associative && chain > 3) for (let i = 2; i < chain; i += 2) at -= 1;
  const make = (first: Arm, rest: readonly Part[]): Query =>
    rest.length === 0 ? first : { ...q, first, rest, columns: first.columns };
  return {
    left: make(q.first, arms.slice(0, at)),
    op,
    right: make(arms[at]!.query, arms.slice(at + 1)),
  };
}

interface Side {
  readonly yieldReg: number;
  readonly base: number;
  readonly rows: LogEst;
}

function codeSide(
  cg: Codegen,
  query: Query,
  label: 'LEFT' | 'RIGHT',
): Side & { readonly init: number } {
  const { b } = cg;
  const count = query.columns.length;
  const yieldReg = b.newReg();
  const base = b.newRegs(count);
  const init = b.emit(Opcode.InitCoroutine, yieldReg);
  b.at(init).p3 = b.here;
  b.explainPush(b.explain(Opcode.Explain, label));
  const rows = codeSelect(cg, query, { kind: 'coroutine', yieldReg, base, count });
  b.explainPop();
  b.emit(Opcode.EndCoroutine, yieldReg);
  b.clearTemps();
  return { yieldReg, base, rows, init };
}

function codeMerge(cg: Codegen, q: CompoundQuery, dest: SelectDest, shared: Limits | null): LogEst {
  const { b } = cg;
  const { left, op, right } = split(q);
  const count = q.columns.length;
  const end = b.newLabel();
  const compare = b.newLabel();
  const order = mergeOrder(q, op);
  const { terms, names } = order;
  const mergeKey = makeKeyInfo(
    cg.env.encoding,
    terms.length,
    names.map((n) => collationByName(cg.env, n)),
    terms.map(sortFlags),
  );
  const permutation = Int32Array.from(terms, (t) => t.result - 1);
  let previous = 0;
  if (op !== 'UNION ALL') {
    previous = b.newRegs(count + 1);
    b.emit(Opcode.Integer, 0, previous);
  }
  const limits = shared ?? codeLimits(cg, q, end);
  let armLimits: readonly [BoundExpr | null, BoundExpr | null] = [null, null];
  if (limits.limit > 0 && op === 'UNION ALL') {
    const counters = b.newRegs(2);
    b.emit(Opcode.Copy, limits.both, counters);
    b.emit(Opcode.Copy, limits.both, counters + 1);
    const of: BoundExpr = { kind: 'constant', value: null };
    armLimits = [
      { kind: 'register', register: counters, of },
      { kind: 'register', register: counters + 1, of },
    ];
  }
  b.explainPush(b.explain(Opcode.Explain, `MERGE (${op})`));
  const a = codeSide(cg, orderedArm(left, order, armLimits[0]), 'LEFT');
  b.jumpHere(a.init);
  const z = codeSide(cg, orderedArm(right, order, armLimits[1]), 'RIGHT');
  const outA = codeOutput(cg, q, dest, limits, a, previous, end);
  const both = op === 'UNION ALL' || op === 'UNION';
  const outB = both ? codeOutput(cg, q, dest, limits, z, previous, end) : null;
  const call = (out: { address: number; returnReg: number }): number =>
    b.emit(Opcode.Gosub, out.returnReg, out.address);
  // The left side is used up: what is left of the right one goes out, or nothing.
  let endA: number = end;
  let endAFirst: number = end;
  if (outB !== null) {
    endA = call(outB);
    endAFirst = b.emit(Opcode.Yield, z.yieldReg, end);
    b.emit(Opcode.Goto, 0, endA);
  }
  // The right side is used up.
  let endB = endA;
  if (op !== 'INTERSECT') {
    endB = call(outA);
    b.emit(Opcode.Yield, a.yieldReg, end);
    b.emit(Opcode.Goto, 0, endB);
  }
  // Left < right.
  let less = call(outA);
  const stepA = b.emit(Opcode.Yield, a.yieldReg, endA);
  b.emit(Opcode.Goto, 0, compare);
  // Left = right.
  let equal = less;
  if (op === 'INTERSECT') {
    less = stepA;
  } else if (op !== 'UNION ALL') {
    equal = b.emit(Opcode.Yield, a.yieldReg, endA);
    b.emit(Opcode.Goto, 0, compare);
  }
  // Left > right.
  const greater = b.here;
  if (outB !== null) call(outB);
  b.emit(Opcode.Yield, z.yieldReg, endB);
  b.emit(Opcode.Goto, 0, compare);
  // The start: the first row of each side.
  b.jumpHere(z.init);
  b.emit(Opcode.Yield, a.yieldReg, endAFirst);
  b.emit(Opcode.Yield, z.yieldReg, endB);
  b.resolve(compare);
  b.emit(Opcode.Permutation, 0, 0, 0, permutation);
  b.emit(Opcode.Compare, a.base, z.base, terms.length, mergeKey, OPFLAG_PERMUTE);
  b.emit(Opcode.Jump, less, equal, greater);
  b.resolve(end);
  b.explainPop();
  const rows =
    op === 'INTERSECT'
      ? Math.min(a.rows, z.rows)
      : op === 'EXCEPT'
        ? z.rows
        : logEstAdd(a.rows, z.rows);
  return rows;
}

/** Subroutine: gives the row of one side, unless it equals the row given before. */
function codeOutput(
  cg: Codegen,
  q: CompoundQuery,
  dest: SelectDest,
  limits: Limits,
  side: Side,
  previous: number,
  end: Label,
): { address: number; returnReg: number } {
  const { b } = cg;
  const count = q.columns.length;
  const returnReg = b.newReg();
  const address = b.here;
  const next = b.newLabel();
  if (previous > 0) {
    const keyInfo = makeKeyInfo(
      cg.env.encoding,
      count,
      q.columns.map((_, i) => collationByName(cg.env, columnCollation(q, i))),
    );
    const first = b.emit(Opcode.IfNot, previous);
    const fresh = b.newLabel();
    b.emit(Opcode.Compare, side.base, previous + 1, count, keyInfo);
    b.emit(Opcode.Jump, fresh, next, fresh);
    b.resolve(fresh);
    b.jumpHere(first);
    b.emit(Opcode.Copy, side.base, previous + 1, count - 1);
    b.emit(Opcode.Integer, 1, previous);
  }
  codeOffset(cg, limits, next);
  codeRow(cg, dest, side.base, count);
  codeLimit(cg, limits, end);
  b.resolve(next);
  b.emit(Opcode.Return, returnReg);
  return { address, returnReg };
}
