/**
 * Rewriting of joins:
 *  - an outer join whose NULL rows the WHERE throws away becomes an inner one
 *    (https://www.sqlite.org/optoverview.html#the_omit_left_join..., "outer join strength reduction");
 *  - an EXISTS in the WHERE becomes a join of which one match is enough.
 */
import type { BoundExpr, Conjunct, QueryBlock, Source } from '../bind/tree.ts';
import { children, skipCollateAndLikely } from '../bind/types.ts';
import { inOrder, mapBlock, mapConjuncts, markOrdered, repoint } from './rewrite-tree.ts';

/** The condition cannot be true when all columns of source `id` are NULL. */
function impliesNonNull(e: BoundExpr, id: number): boolean {
  const both = (a: BoundExpr, b: BoundExpr): boolean =>
    impliesNonNull(a, id) && impliesNonNull(b, id);
  switch (e.kind) {
    case 'column':
      return e.source.id === id;
    case 'isNull':
    case 'truth':
    case 'vector':
    case 'function':
    case 'case':
    case 'aggregate':
    case 'window':
    case 'exists':
    case 'subquery':
      return false;
    case 'compare':
      if (e.op === 'IS' || e.op === 'IS NOT') return false;
      return impliesNonNull(e.left, id) || impliesNonNull(e.right, id);
    case 'and':
    case 'or':
      return both(e.left, e.right);
    case 'inList':
      return e.items.length > 0 && impliesNonNull(e.operand, id);
    case 'inQuery':
      return false;
    case 'between':
      return impliesNonNull(e.operand, id) || both(e.low, e.high);
    default:
      return children(e).some((c) => impliesNonNull(c, id));
  }
}

/** The first conjunct may also be x IS NOT NULL; SQLite does not look at that in the others. */
function conjunctImplies(c: Conjunct, first: boolean, id: number, leftOfRight: boolean): boolean {
  if (c.outerOn >= 0) return false;
  if (leftOfRight && c.innerOn >= 0) return false;
  const e = skipCollateAndLikely(c.expr);
  return impliesNonNull(first && e.kind === 'isNull' && e.not ? e.operand : e, id);
}

/** ON terms of an outer join that has become an inner one. */
function unsetOuter(where: readonly Conjunct[], id: number): Conjunct[] {
  return where.map((c) => (c.outerOn === id ? { ...c, outerOn: -1, innerOn: id } : c));
}

/** Simplifies the join of source `i` if the WHERE allows; the same block when it does not. */
export function reduceJoin(block: QueryBlock, i: number): QueryBlock {
  const item = block.sources[i]!;
  const isLeft = item.join === 'left' || item.join === 'full';
  if (!isLeft && !item.leftOfRight) return block;
  let where = inOrder(block);
  if (!where.some((c, k) => conjunctImplies(c, k === 0, item.id, item.leftOfRight))) return block;
  const sources: Source[] = [...block.sources];
  if (isLeft) {
    if (item.join === 'full') {
      sources[i] = { ...item, join: 'right' };
    } else {
      sources[i] = { ...item, join: 'inner' };
      where = unsetOuter(where, item.id);
    }
  }
  if (item.leftOfRight) {
    for (let j = i + 1; j < sources.length; j++) {
      const s = sources[j]!;
      if (s.join === 'full') {
        sources[j] = { ...s, join: 'left' };
      } else if (s.join === 'right') {
        sources[j] = { ...s, join: 'inner' };
        where = unsetOuter(where, s.id);
      }
    }
    for (let j = sources.length - 1; j >= 0; j--) {
      const s = sources[j]!;
      if (s.leftOfRight) sources[j] = { ...s, leftOfRight: false };
      if (s.join === 'right' || s.join === 'full') break;
    }
  }
  const point = repoint(new Map(sources.map((s) => [s.id, s])));
  return mapBlock(block, sources, markOrdered(mapConjuncts(where, point)), point);
}

const TRUE: BoundExpr = { kind: 'constant', value: 1 };

/** The FROM of an EXISTS that may be joined; null when it may not. */
function joinable(c: Conjunct): QueryBlock | null {
  if (c.outerOn >= 0 || c.innerOn >= 0 || c.expr.kind !== 'exists') return null;
  const q = c.expr.query;
  if (q.kind !== 'block' || q.sources.length !== 1 || q.isAggregate || q.groupBy.length > 0) {
    return null;
  }
  if (q.limit !== null || q.hasWindow) return null;
  const source = q.sources[0]!;
  if (source.query !== null || source.recursive || source.table?.kind !== 'table') return null;
  return q;
}

/** EXISTS terms of the WHERE become sources at the end of the FROM clause. */
export function joinExists(block: QueryBlock): QueryBlock {
  if (block.sources.length === 0 || block.offset !== null) return block;
  const where = inOrder(block);
  if (!where.some((c) => joinable(c) !== null)) return block;
  const sources: Source[] = [...block.sources];
  const changed: Conjunct[] = [];
  const added: Conjunct[] = [];
  for (const c of where) {
    const q = sources.length < 64 ? joinable(c) : null;
    if (q === null) {
      changed.push(c);
      continue;
    }
    const source: Source = { ...q.sources[0]!, join: 'comma', fromExists: true };
    sources.push(source);
    changed.push({ ...c, expr: TRUE });
    added.push(...mapConjuncts(inOrder(q), repoint(new Map([[source.id, source]]))));
  }
  return { ...block, sources, where: markOrdered([...changed, ...added]) };
}
