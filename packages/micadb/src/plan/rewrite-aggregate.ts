/**
 * Rewriting of aggregate queries: conditions of HAVING that speak of groups' keys alone go to WHERE;
 * count(*) of a UNION ALL is the sum of the arms' counts.
 */
import type { BoundExpr, Query, QueryBlock } from '../bind/tree.ts';
import {
  children,
  exprCollation,
  exprEquals,
  isConstant,
  queryOf,
  splitConjuncts,
} from '../bind/types.ts';
import { inOrder, markOrdered } from './rewrite-tree.ts';

/** Made of constants and GROUP BY expressions (compared by BINARY) only. */
function isOfKeys(e: BoundExpr, keys: readonly BoundExpr[]): boolean {
  if (isConstant(e)) return true;
  const key = keys.some(
    (k) => exprEquals(e, k) && (exprCollation(k)?.name ?? 'BINARY').toUpperCase() === 'BINARY',
  );
  if (key) return true;
  if (queryOf(e) !== null) return false;
  switch (e.kind) {
    case 'column':
    case 'aggregate':
    case 'window':
    case 'triggerColumn':
    case 'register':
    case 'cursorColumn':
    case 'raise':
      return false;
    case 'function':
      if (!e.def.deterministic && e.def.slowChange !== true) return false;
      break;
    default:
      break;
  }
  return children(e).every((c) => isOfKeys(c, keys));
}

/** Moves conditions on the keys from HAVING to WHERE. */
export function havingToWhere(block: QueryBlock): QueryBlock {
  if (block.having === null || block.groupBy.length === 0) return block;
  const terms = splitConjuncts(block.having);
  const moves = (e: BoundExpr): boolean =>
    isOfKeys(e, block.groupBy) && !(e.kind === 'constant' && (e.value === 0 || e.value === null));
  const moved = terms.filter((t) => moves(t.expr));
  if (moved.length === 0) return block;
  const having = terms
    .filter((t) => !moves(t.expr))
    .map((t) => t.expr)
    .reduce<BoundExpr | null>(
      (left, right) => (left === null ? right : { kind: 'and', left, right }),
      null,
    );
  return { ...block, having, where: markOrdered([...inOrder(block), ...moved]) };
}

/** SELECT count(*) FROM (a UNION ALL b) as SELECT (count of a) + (count of b). */
export function countUnion(block: QueryBlock): QueryBlock {
  const e = block.columns[0]?.expr;
  const source = block.sources[0];
  if (
    block.columns.length !== 1 ||
    block.sources.length !== 1 ||
    !block.isAggregate ||
    block.groupBy.length > 0 ||
    block.having !== null ||
    block.where.length > 0 ||
    block.orderBy.length > 0 ||
    e?.kind !== 'aggregate' ||
    e.block !== block.id ||
    e.args.length > 0 ||
    e.filter !== null ||
    e.distinct ||
    e.def.kind !== 'aggregate' ||
    e.def.special !== 'count' ||
    source?.query?.kind !== 'compound' ||
    source.cte !== null
  ) {
    return block;
  }
  const q: Query = source.query;
  if (q.limit !== null || q.orderBy.length > 0) return block;
  if (q.rest.some((r) => r.op !== 'UNION ALL')) return block;
  const counts: BoundExpr[] = [];
  for (const arm of [q.first, ...q.rest.map((r) => r.query)]) {
    if (
      arm.kind !== 'block' ||
      arm.where.length > 0 ||
      arm.limit !== null ||
      arm.distinct ||
      arm.isAggregate ||
      arm.groupBy.length > 0 ||
      arm.hasWindow
    ) {
      return block;
    }
    const query: QueryBlock = {
      ...arm,
      isAggregate: true,
      columns: [{ ...block.columns[0]!, expr: { ...e, block: arm.id } }],
    };
    counts.push({ kind: 'subquery', query, correlated: arm.correlated });
  }
  const expr = counts.reduce((left, right) => ({ kind: 'arithmetic', op: '+', left, right }));
  return {
    ...block,
    isAggregate: false,
    sources: [],
    columns: [{ ...block.columns[0]!, expr }],
  };
}
