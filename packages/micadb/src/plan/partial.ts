/**
 * Partial indexes: may the planner use an index with this WHERE, given the terms of the query?
 * https://www.sqlite.org/partialindex.html §3
 */
import type { BoundExpr, Source } from '../bind/tree.ts';
import { exprEquals, skipCollateAndLikely } from '../bind/types.ts';
import { type Clause, TermFlag } from './terms.ts';

/** `p` being true (under `strict`: being not NULL) means that `x` is not NULL. */
function impliesNotNull(p: BoundExpr, x: BoundExpr, source: Source, strict: boolean): boolean {
  if (exprEquals(p, x, source)) return !(x.kind === 'constant' && x.value === null);
  switch (p.kind) {
    case 'inList':
      // `x NOT IN ()` holds for NULL too.
      return p.items.length > 0 && impliesNotNull(p.operand, x, source, true);
    case 'inQuery':
      return !strict && impliesNotNull(p.operand, x, source, true);
    case 'between':
      if (strict) return false;
      return (
        impliesNotNull(p.low, x, source, true) ||
        impliesNotNull(p.high, x, source, true) ||
        impliesNotNull(p.operand, x, source, true)
      );
    case 'compare':
      if (p.op === 'IS' || p.op === 'IS NOT') return false;
      return impliesNotNull(p.right, x, source, true) || impliesNotNull(p.left, x, source, true);
    case 'arithmetic': {
      const inner =
        strict ||
        p.op === '+' ||
        p.op === '-' ||
        p.op === '|' ||
        p.op === '<<' ||
        p.op === '>>' ||
        p.op === '||';
      return impliesNotNull(p.right, x, source, inner) || impliesNotNull(p.left, x, source, inner);
    }
    case 'collate':
      return impliesNotNull(p.operand, x, source, strict);
    case 'unary':
      return impliesNotNull(p.operand, x, source, strict || p.op === 'NOT' || p.op === '~');
    case 'truth':
      return !strict && !p.not && impliesNotNull(p.operand, x, source, true);
    default:
      return false;
  }
}

/** `a` being true means that `b` is; SELF columns in `b` are those of `source`. */
export function implies(a: BoundExpr, b: BoundExpr, source: Source): boolean {
  if (exprEquals(a, b, source)) return true;
  if (b.kind === 'or') return implies(a, b.left, source) || implies(a, b.right, source);
  if (b.kind === 'isNull' && b.not) {
    return impliesNotNull(a, skipCollateAndLikely(b.operand), source, false);
  }
  return false;
}

export function partialIndexUsable(clause: Clause, source: Source, where: BoundExpr): boolean {
  if (source.leftOfRight) return false;
  if (where.kind === 'and') {
    return (
      partialIndexUsable(clause, source, where.left) &&
      partialIndexUsable(clause, source, where.right)
    );
  }
  const outer = source.join === 'left' || source.join === 'right' || source.join === 'full';
  for (const term of clause.terms) {
    if ((term.flags & TermFlag.NullBound) !== 0) continue;
    if (term.outerOn >= 0 && term.outerOn !== source.id) continue;
    if (outer && term.outerOn < 0) continue;
    if (implies(term.expr, where, source)) return true;
  }
  return false;
}
