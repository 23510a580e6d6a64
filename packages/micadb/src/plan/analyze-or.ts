/**
 * Analysis of OR terms (https://www.sqlite.org/optoverview.html#or_opt):
 *  - all arms are `column = value` on one column: the OR implies `column IN (...)`;
 *  - each arm may use some index of the same source: a candidate for the multi-index OR;
 *  - two arms such as x > 1 OR x = 1 imply x >= 1.
 */
import type { BoundExpr, CompareOp } from '../bind/tree.ts';
import { exprAffinity, exprEquals } from '../bind/types.ts';
import { Affinity } from '../values/value.ts';
import {
  type AnalyzeContext,
  addTerm,
  analyzeAll,
  analyzeTerm,
  makeChild,
  splitInto,
} from './analyze.ts';
import { newClause, type Term, TermFlag, TermOp } from './terms.ts';
import type { SourceMask } from './types.ts';

const COMPARISONS = TermOp.Eq | TermOp.Lt | TermOp.Le | TermOp.Gt | TermOp.Ge;

/** Sources that a column of one arm belongs to; the arm's commuted copy counts for its parent's too. */
function armMask(ctx: AnalyzeContext, arm: Term): SourceMask {
  let m = ctx.masks.of(arm.cursor);
  if ((arm.flags & TermFlag.Virtual) !== 0 && arm.parent !== null) {
    m |= ctx.masks.of(arm.parent.cursor);
  }
  return m;
}

export function analyzeOr(ctx: AnalyzeContext, term: Term): void {
  const clause = newClause('or', term.clause);
  const arms = { clause, indexable: 0n };
  term.arms = arms;
  splitInto(clause, term.expr, term);
  analyzeAll(ctx, clause);

  let indexable = ctx.masks.all;
  let sameColumn = ctx.masks.all;
  for (const arm of clause.terms) {
    if (indexable === 0n) break;
    if ((arm.op & TermOp.Single) === 0) {
      sameColumn = 0n;
      const and = newClause('and', term.clause);
      splitInto(and, arm.expr, arm);
      analyzeAll(ctx, and);
      arm.conjunction = and;
      arm.op = TermOp.And;
      arm.cursor = -1;
      let m = 0n;
      for (const t of and.terms) {
        if ((t.op & TermOp.Single) !== 0) m |= ctx.masks.of(t.cursor);
      }
      indexable &= m;
    } else if ((arm.flags & TermFlag.Copied) === 0) {
      const m = armMask(ctx, arm);
      indexable &= m;
      sameColumn = (arm.op & TermOp.Eq) === 0 ? 0n : sameColumn & m;
    }
  }
  arms.indexable = indexable;
  term.op = TermOp.Or;
  term.cursor = -1;
  if (indexable !== 0n) {
    term.clause.hasOr = true;
    if (clause.terms.length === 2) combinePairs(ctx, term, clause.terms[0]!, clause.terms[1]!);
  }
  if (sameColumn !== 0n) changeToIn(ctx, term, clause.terms, sameColumn);
}

/** The parts of an arm: itself, or the terms of its AND. */
function partsOf(arm: Term): readonly Term[] {
  return arm.op === TermOp.And ? arm.conjunction!.terms : [arm];
}

/** x < A OR x = A gives x <= A, in both sequences and inside ANDs. */
function combinePairs(ctx: AnalyzeContext, term: Term, one: Term, two: Term): void {
  for (const a of partsOf(one)) {
    for (const b of partsOf(two)) combine(ctx, term, a, b);
  }
}

function combine(ctx: AnalyzeContext, term: Term, a: Term, b: Term): void {
  if (((a.flags | b.flags) & TermFlag.NullBound) !== 0) return;
  if ((a.op & COMPARISONS) === 0 || (b.op & COMPARISONS) === 0) return;
  let op = (a.op | b.op) & ~TermOp.Equiv;
  const lower = TermOp.Eq | TermOp.Lt | TermOp.Le;
  const upper = TermOp.Eq | TermOp.Gt | TermOp.Ge;
  if ((op & lower) !== op && (op & upper) !== op) return;
  if (a.left === null || b.left === null || !exprEquals(a.left, b.left)) return;
  if (a.right === null || b.right === null || !exprEquals(a.right, b.right)) return;
  if ((op & (op - 1)) !== 0) op = (op & (TermOp.Lt | TermOp.Le)) !== 0 ? TermOp.Le : TermOp.Ge;
  const names: Record<number, CompareOp> = {
    [TermOp.Eq]: '=',
    [TermOp.Lt]: '<',
    [TermOp.Le]: '<=',
    [TermOp.Gt]: '>',
    [TermOp.Ge]: '>=',
  };
  const name = names[op];
  if (name === undefined) return;
  const expr: BoundExpr = { kind: 'compare', op: name, left: a.left, right: a.right };
  const child = addTerm(term.clause, expr, TermFlag.Virtual, term);
  analyzeTerm(ctx, child);
}

/** x = 1 OR x = 2 OR 3 = x: a virtual x IN (1, 2, 3). */
function changeToIn(
  ctx: AnalyzeContext,
  term: Term,
  arms: readonly Term[],
  candidates: SourceMask,
): void {
  let cursor = -1;
  let column = -1;
  let operand: BoundExpr | null = null;
  let ok = false;
  for (let pass = 0; pass < 2 && !ok; pass++) {
    const start = arms.findIndex((arm) => {
      arm.flags &= ~TermFlag.OrOk;
      return arm.cursor !== cursor && (candidates & ctx.masks.of(arm.cursor)) !== 0n;
    });
    if (start < 0) return;
    const first = arms[start]!;
    cursor = first.cursor;
    column = first.column;
    operand = first.left;
    if (operand === null) return;
    ok = true;
    for (let i = start; i < arms.length && ok; i++) {
      const arm = arms[i]!;
      if (arm.cursor !== cursor) {
        arm.flags &= ~TermFlag.OrOk;
      } else if (
        arm.column !== column ||
        arm.left === null ||
        (column === -2 && !exprEquals(operand, arm.left))
      ) {
        ok = false;
      } else {
        // A right side without affinity is converted as the column is; another affinity may differ.
        const right = exprAffinity(arm.right!);
        const left = exprAffinity(arm.left);
        if (right > Affinity.None && right !== left) ok = false;
        else arm.flags |= TermFlag.OrOk;
      }
    }
  }
  if (!ok || operand === null) return;
  const chosen = arms.filter((a) => (a.flags & TermFlag.OrOk) !== 0);
  const items = chosen.map((a) => a.right!);
  const expr: BoundExpr = { kind: 'inList', operand, items };
  const child = addTerm(term.clause, expr, TermFlag.Virtual, term);
  analyzeTerm(ctx, child);
  makeChild(child, term);
}
