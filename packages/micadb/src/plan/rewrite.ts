/**
 * Rewriting of a query before it is planned (wall 11): tree to tree, same rows. One block at a time:
 * subqueries are rewritten when they are coded themselves, after their outer query has had its turn,
 * as SQLite does (what is pushed down into them is then rewritten with them).
 */
import type { Query, QueryBlock, Source } from '../bind/tree.ts';
import { canBeNull, mapExpr } from '../bind/types.ts';
import { countUnion, havingToWhere } from './rewrite-aggregate.ts';
import { flattenSource } from './rewrite-flatten.ts';
import { joinExists, reduceJoin } from './rewrite-joins.ts';
import { dropUnusedColumns, pushDown } from './rewrite-push.ts';
import { inOrder, markOrdered, type RewriteContext } from './rewrite-tree.ts';

export type { RewriteContext } from './rewrite-tree.ts';

/** Deeply nested views must not run away. */
const MAX_STEPS = 2000;

/**
 * The query in the form in which it is to be coded. A block may become a compound (UNION ALL in FROM):
 * its arms are blocks that have not been rewritten yet.
 */
export function rewriteQuery(query: Query, ctx: RewriteContext): Query {
  return query.kind === 'block' ? rewriteBlock(query, ctx) : query;
}

/** x IS NULL and x IS NOT NULL of columns that cannot be NULL are 0 and 1. */
function decideNullTests(block: QueryBlock): QueryBlock {
  const where = inOrder(block);
  let changed = false;
  const decided = where.map((c) => {
    const expr = mapExpr(c.expr, (e) =>
      e.kind === 'isNull' && !canBeNull(e.operand) ? { kind: 'constant', value: e.not ? 1 : 0 } : e,
    );
    if (expr === c.expr) return c;
    changed = true;
    return { ...c, expr };
  });
  return changed ? { ...block, where: markOrdered(decided) } : block;
}

function rewriteBlock(given: QueryBlock, ctx: RewriteContext): Query {
  let block: QueryBlock = decideNullTests(given);
  let steps = 0;
  for (let i = 0; i < block.sources.length && steps < MAX_STEPS; i++) {
    const reduced = reduceJoin(block, i);
    if (reduced !== block) block = reduced;
    if (block.sources[i]!.query === null) continue;
    const flat = flattenSource(ctx, block, i);
    if (flat === null) continue;
    if (flat.query.kind !== 'block') return flat.query;
    const merged: boolean = flat.query.sources[i]!.id !== block.sources[i]!.id;
    block = flat.query;
    steps += 1;
    // What was merged brings sources and conditions that may be rewritten in their turn.
    if (merged) i = -1;
  }
  const where = inOrder(block);
  if (where !== block.where) block = { ...block, where };
  block = countUnion(joinExists(block));
  let changed = false;
  const sources = block.sources.map((s): Source => {
    if (s.query === null) return s;
    const next = dropUnusedColumns(pushDown(s, block.where));
    if (next !== s) changed = true;
    return next;
  });
  return havingToWhere(changed ? { ...block, sources } : block);
}
