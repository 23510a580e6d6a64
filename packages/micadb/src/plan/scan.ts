/**
 * Looking terms up by column: all terms that constrain a column (or what equals it by transitivity)
 * with one of the given operators, in the planner's sequence.
 */
import type { BoundExpr, Source } from '../bind/tree.ts';
import {
  exprAffinity,
  exprEquals,
  fixedColumn,
  skipCollate,
  skipCollateAndLikely,
} from '../bind/types.ts';
import { Affinity } from '../values/value.ts';
import { type Clause, type Term, TermFlag, TermOp } from './terms.ts';
import type { PlanIndex, SourceMask } from './types.ts';

/** Columns that one may stand for another are followed this far. */
const MAX_EQUIVALENTS = 11;

export interface FoundTerm {
  readonly term: Term;
  /** Found through an equality with another column. */
  readonly viaEquality: boolean;
}

/** An index whose column has `affinity` can serve the comparison of `term`. */
export function affinityFits(term: Term, affinity: Affinity): boolean {
  if (term.affinity < Affinity.Text) return true;
  if (term.affinity === Affinity.Text) return affinity === Affinity.Text;
  return affinity >= Affinity.Numeric;
}

export interface ScanTarget {
  readonly source: Source;
  /** Table column, -1 rowid, -2 the expression `expr`. */
  readonly column: number;
  readonly expr: BoundExpr | null;
  /** Collation and affinity that the index has there; null: any (rowid, or no index). */
  readonly collation: string | null;
  readonly affinity: Affinity;
}

/** What to look for at column `i` of an index. */
export function targetOf(source: Source, index: PlanIndex, i: number): ScanTarget {
  const c = index.columns[i]!;
  if (c.column === -1) {
    return { source, column: -1, expr: null, collation: null, affinity: Affinity.Integer };
  }
  const affinity =
    c.expr !== null ? exprAffinity(c.expr) : (source.columns[c.column]?.affinity ?? Affinity.None);
  return { source, column: c.column, expr: c.expr, collation: c.collation, affinity };
}

export function columnTarget(source: Source, column: number): ScanTarget {
  return { source, column, expr: null, collation: null, affinity: Affinity.None };
}

function rowidColumn(e: BoundExpr & { kind: 'column' }): number {
  return e.column >= 0 && e.source.table?.rowidColumn === e.column ? -1 : e.column;
}

/** The column on the other side of an equality, if it is one; `known`: also one that has a known value. */
function otherColumn(term: Term, known: boolean): { cursor: number; column: number } | null {
  if (term.right === null) return null;
  const right = skipCollateAndLikely(term.right);
  const e = known ? fixedColumn(right) : right;
  return e.kind === 'column' ? { cursor: e.source.id, column: rowidColumn(e) } : null;
}

/** All terms for `target` with an operator of `ops`. Clauses around an OR arm are searched too. */
export function findTerms(clause: Clause, target: ScanTarget, ops: number): FoundTerm[] {
  const found: FoundTerm[] = [];
  const columns: { cursor: number; column: number }[] = [
    { cursor: target.source.id, column: target.column },
  ];
  for (let at = 0; at < columns.length; at++) {
    const { cursor, column } = columns[at]!;
    for (let c: Clause | null = clause; c !== null; c = c.outer) {
      if (c.op === 'or') continue;
      for (const term of c.terms) {
        if (term.cursor !== cursor || term.column !== column) continue;
        if (column === -2) {
          if (target.expr === null || term.left === null) continue;
          const left = skipCollate(term.left);
          if (!exprEquals(left, skipCollateAndLikely(target.expr), target.source)) continue;
        }
        if (at > 0 && term.outerOn >= 0) continue;
        if ((term.op & TermOp.Equiv) !== 0 && columns.length < MAX_EQUIVALENTS) {
          const other = otherColumn(term, false);
          if (
            other !== null &&
            !columns.some((x) => x.cursor === other.cursor && x.column === other.column)
          ) {
            columns.push(other);
          }
        }
        if ((term.op & ops) === 0) continue;
        if (target.collation !== null && (term.op & TermOp.IsNull) === 0) {
          if (!affinityFits(term, target.affinity)) continue;
          if (term.collation.toUpperCase() !== target.collation.toUpperCase()) continue;
        }
        if ((term.op & (TermOp.Eq | TermOp.Is)) !== 0) {
          const other = otherColumn(term, true);
          if (
            other !== null &&
            other.cursor === columns[0]!.cursor &&
            other.column === columns[0]!.column
          ) {
            continue;
          }
        }
        found.push({ term, viaEquality: at > 0 });
      }
    }
  }
  return found;
}

/**
 * A term for the target whose other side needs none of the `notReady` sources. An equality with a
 * constant is preferred; null when there is none.
 */
export function findTerm(
  clause: Clause,
  target: ScanTarget,
  notReady: SourceMask,
  ops: number,
): Term | null {
  let result: Term | null = null;
  for (const { term } of findTerms(clause, target, ops)) {
    if ((term.prereqRight & notReady) !== 0n) continue;
    if (term.prereqRight === 0n && (term.op & ops & TermOp.Eq) !== 0) return term;
    result ??= term;
  }
  return result;
}

/** Flags that keep a term from being coded as a plain condition. */
export function isSkippable(term: Term): boolean {
  return term.coded || (term.flags & TermFlag.Virtual) !== 0;
}
