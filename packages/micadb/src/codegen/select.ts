/**
 * Queries: any Query to any destination. A block without aggregates is coded here: the loops, DISTINCT,
 * ORDER BY, LIMIT around the row. https://www.sqlite.org/lang_select.html
 */
import type { BoundExpr, OrderTerm, Query, QueryBlock } from '../bind/tree.ts';
import { exprEquals } from '../bind/types.ts';
import type { LogEst } from '../plan/logest.ts';
import { rewriteQuery } from '../plan/rewrite.ts';
import { WhereFlag } from '../plan/types.ts';
import { Opcode } from '../vm/opcode.ts';
import { codeAggregate } from './aggregate.ts';
import { codeCompound } from './compound.ts';
import type { Codegen } from './context.ts';
import { codeFromSubqueries } from './coroutine.ts';
import { ignoresOrder, type SelectDest } from './dest.ts';
import { beginDistinct, codeDistinct } from './distinct.ts';
import { codeLimit, codeLimits, codeOffset, type Limits } from './limit.ts';
import { beginLoops, endLoops } from './loops.ts';
import { beginSorting, cancelSorting, codeColumns, codeSortedRow, endSorting } from './order.ts';
import { codeRecursive } from './recursive.ts';
import { codeRow, rowRegisters } from './select-row.ts';
import { codeValues } from './values-query.ts';
import { codeWindows } from './window.ts';
import { planWindows } from './window-plan.ts';

/** SQLite's estimate where nothing is known: four thousand million rows. */
const MANY_ROWS: LogEst = 320;

/**
 * Codes a query; the estimated number of its rows. `shared`: LIMIT counters of the UNION ALL that the
 * query is an arm of, used in place of its own.
 */
export function codeSelect(
  cg: Codegen,
  query: Query,
  dest: SelectDest,
  shared: Limits | null = null,
): LogEst {
  switch (query.kind) {
    case 'block':
      return codeBlock(cg, query, dest, shared);
    case 'values':
      return codeValues(cg, query, dest, shared);
    case 'compound':
      return codeCompound(cg, query, dest, shared);
    case 'recursive':
      return codeRecursive(cg, query, dest);
  }
}

/** True when ORDER BY has exactly the result columns, in their sequence. */
function ordersByResult(block: QueryBlock): boolean {
  return (
    block.orderBy.length === block.columns.length &&
    block.orderBy.every((t, i) => exprEquals(t.expr, block.columns[i]!.expr))
  );
}

function codeBlock(
  cg: Codegen,
  given: QueryBlock,
  dest: SelectDest,
  shared: Limits | null,
): LogEst {
  let block = given;
  if (ignoresOrder(dest) && (block.orderBy.length > 0 || block.distinct)) {
    block = { ...block, orderBy: [], distinct: false };
  }
  if (block.hasWindow) {
    const windows = planWindows(cg, block);
    if (windows !== null) return codeWindows(cg, block, windows, dest, shared);
  }
  const rewritten = rewriteQuery(block, { nextId: cg.nextSourceId });
  if (rewritten.kind !== 'block') return codeSelect(cg, rewritten, dest, shared);
  block = rewritten;
  const subqueries = codeFromSubqueries(cg, block.sources);
  let distinctAsGroup = false;
  if (block.distinct && !block.isAggregate && ordersByResult(block)) {
    // SELECT DISTINCT x ORDER BY x is SELECT x GROUP BY x ORDER BY x.
    distinctAsGroup = true;
    block = {
      ...block,
      distinct: false,
      isAggregate: true,
      groupBy: block.columns.map((c) => c.expr),
    };
  }
  if (block.isAggregate) {
    return codeAggregate(cg, block, dest, { subqueries, distinctAsGroup, shared });
  }
  return codePlain(cg, block, dest, subqueries, shared);
}

function codePlain(
  cg: Codegen,
  block: QueryBlock,
  dest: SelectDest,
  subqueries: ReturnType<typeof codeFromSubqueries>,
  shared: Limits | null,
): LogEst {
  const { b } = cg;
  const end = b.newLabel();
  const orderBy = block.orderBy.length > 0 ? block.orderBy : null;
  const makeLimits = (): Limits => shared ?? codeLimits(cg, block, end);
  const sorting = orderBy === null ? null : beginSorting(cg, orderBy, makeLimits);
  const limits = sorting === null ? makeLimits() : sorting.limits;
  const exprs: readonly BoundExpr[] = block.columns.map((c) => c.expr);
  const distinct = block.distinct ? beginDistinct(cg, exprs) : null;
  let flags = block.distinct ? WhereFlag.WantDistinct : 0;
  if (limits.fixed !== null) flags |= WhereFlag.UseLimit;
  const loops = beginLoops(cg, {
    sources: block.sources,
    where: block.where,
    orderBy,
    resultExprs: exprs,
    flags,
    limitEst: limits.fixed ?? MANY_ROWS,
    limitReg: limits.limit,
    block,
    subqueries,
  });
  const sorted = sorting !== null && loops.orderSatisfied < sorting.terms.length ? sorting : null;
  if (sorting !== null && sorted === null) cancelSorting(cg, sorting);
  if (sorted !== null) sorted.satisfied = loops.orderSatisfied;
  const kind = loops.distinct === 'noop' ? 'unordered' : loops.distinct;
  const count = exprs.length;
  if (sorted === null && distinct === null) codeOffset(cg, limits, loops.next);
  if (distinct === null && sorted !== null) {
    codeSortedRow(cg, sorted, block.columns, 0, loops.next);
  } else {
    const base = rowRegisters(cg, sorted === null ? dest : { kind: 'discard' }, count);
    // EXISTS asks for a row, not for what is in it.
    const asked = dest.kind !== 'exists' || distinct !== null || sorted !== null;
    if (asked) codeColumns(cg, block.columns, base);
    if (distinct !== null) codeDistinct(cg, distinct, kind, exprs, base, loops.next);
    if (sorted !== null) {
      codeSortedRow(cg, sorted, block.columns, base, loops.next);
    } else {
      if (distinct !== null) codeOffset(cg, limits, loops.next);
      codeRow(cg, dest, base, count);
      codeLimit(cg, limits, loops.done);
    }
  }
  endLoops(cg, loops);
  if (distinct !== null && kind === 'unordered') {
    b.explain(Opcode.Explain, 'USE TEMP B-TREE FOR DISTINCT');
  }
  if (sorted !== null) endSorting(cg, sorted, dest);
  b.resolve(end);
  return Math.min(limits.fixed ?? MANY_ROWS, loops.rowEstimate);
}

/** ORDER BY terms for a plain list of expressions. */
export function ascending(list: readonly BoundExpr[]): OrderTerm[] {
  return list.map((expr) => ({ expr, desc: false, bigNull: false, result: 0 }));
}
