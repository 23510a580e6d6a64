/**
 * What an aggregate query computes (SQLite's AggInfo): its aggregate calls, the columns that are used
 * outside of them ("bare" columns), and the columns that their arguments use.
 *
 * An expression of the query is coded after the rows were seen: its aggregate calls and bare columns
 * are then registers; `afterRows` puts these in their place.
 */
import type { BoundExpr, OrderTerm, QueryBlock } from '../bind/tree.ts';
import { exprEquals, mapExpr, skipCollateAndLikely, visitExprDeep } from '../bind/types.ts';
import type { Codegen, IndexedExpr } from './context.ts';
import { type Distinct, newDistinct } from './distinct.ts';

export type AggregateExpr = BoundExpr & { readonly kind: 'aggregate' };

/** One aggregate call; equal calls are computed once. */
export interface AggregateCall {
  readonly expr: AggregateExpr;
  /** Accumulator, then result. */
  register: number;
  /** Index of arguments that were seen (DISTINCT). */
  readonly distinct: Distinct | null;
  /** Cursor of the table in which rows wait for their order (ORDER BY inside the call), -1: none. */
  readonly orderCursor: number;
}

/** A column (or an indexed expression) of the query's sources. */
export interface AggregateColumn {
  readonly expr: BoundExpr;
  /** Register of the value that belongs to the group; 0 when only arguments use it. */
  register: number;
  /** Field of the GROUP BY sorter, -1 where there is none. */
  field: number;
}

export interface AggregateInfo {
  readonly block: QueryBlock;
  readonly calls: readonly AggregateCall[];
  /** Bare columns first, in the order of their appearance. */
  columns: readonly AggregateColumn[];
  bareCount: number;
  /** First register of columns and calls, and their number. */
  base: number;
  count: number;
}

function belongs(block: QueryBlock, indexed: readonly IndexedExpr[], e: BoundExpr): boolean {
  if (e.kind === 'column') return block.sources.some((s) => s.id === e.source.id);
  if (e.kind === 'constant' || e.kind === 'register' || e.kind === 'aggregate') return false;
  return indexed.some((x) => exprEquals(x.expr, e, x.source));
}

function sameColumn(a: BoundExpr, b: BoundExpr): boolean {
  if (a.kind === 'column') {
    return b.kind === 'column' && a.column === b.column && a.source.id === b.source.id;
  }
  return exprEquals(a, b);
}

/**
 * The GROUP BY term that an expression is as a whole, -1 none. Columns are not looked for: each row has its own,
 * which may be an equal value of another kind.
 */
export function keyOf(block: QueryBlock, e: BoundExpr): number {
  if (skipCollateAndLikely(e).kind === 'column') return -1;
  return block.groupBy.findIndex((g) => g === e || exprEquals(g, e));
}

/** An ORDER BY term that is a result column is the same value; only its COLLATE operators are its own. */
export function isSharedTerm(block: QueryBlock, t: OrderTerm): boolean {
  return t.result > 0 && block.columns[t.result - 1]!.expr === t.expr;
}

/** Finds the aggregate calls of the query. */
export function findAggregates(cg: Codegen, block: QueryBlock): AggregateInfo {
  const found: AggregateExpr[] = [];
  for (const e of outerExprs(block)) {
    visitExprDeep(e, (x) => {
      if (x.kind !== 'aggregate' || x.block !== block.id) return true;
      if (!found.some((f) => exprEquals(f, x))) found.push(x);
      return false;
    });
  }
  const calls = found.map((expr) => ({
    expr,
    register: 0,
    distinct: expr.distinct ? newDistinct(cg, expr.args) : null,
    orderCursor: expr.orderBy.length > 0 ? cg.b.newCursor() : -1,
  }));
  return { block, calls, columns: [], bareCount: 0, base: 0, count: 0 };
}

function outerExprs(block: QueryBlock): BoundExpr[] {
  return [
    ...block.columns.map((c) => c.expr),
    ...block.orderBy.map((t) => t.expr),
    ...(block.having === null ? [] : [block.having]),
  ];
}

/** True when columns are used outside of aggregate calls. */
export function hasBareColumns(block: QueryBlock): boolean {
  let found = false;
  for (const e of outerExprs(block)) {
    visitExprDeep(e, (x) => {
      if (found || (x.kind === 'aggregate' && x.block === block.id)) return false;
      if (belongs(block, [], x)) found = true;
      return !found;
    });
  }
  return found;
}

/**
 * Finds the columns and gives everything its register. Called when the scan is planned: expressions
 * that its index holds (`cg.indexedExprs`) count as columns.
 */
export function findColumns(cg: Codegen, info: AggregateInfo): void {
  const { block } = info;
  const indexed = cg.indexedExprs;
  const columns: BoundExpr[] = [];
  const visit = (e: BoundExpr, enterCalls: boolean): void =>
    visitExprDeep(e, (x) => {
      if (x.kind === 'aggregate' && x.block === block.id) return enterCalls;
      if (!belongs(block, indexed, x)) return true;
      if (!columns.some((c) => sameColumn(c, x))) columns.push(x);
      return false;
    });
  // What is a GROUP BY term as a whole is in the group's key.
  for (const { expr } of block.columns) if (keyOf(block, expr) < 0) visit(expr, false);
  for (const t of block.orderBy) {
    if (!isSharedTerm(block, t) || keyOf(block, t.expr) < 0) visit(t.expr, false);
  }
  if (block.having !== null) visit(block.having, false);
  const bareCount = columns.length;
  for (const { expr } of info.calls) {
    for (const a of expr.args) visit(a, true);
    for (const t of expr.orderBy) visit(t.expr, true);
    if (expr.filter !== null) visit(expr.filter, true);
  }
  const count = bareCount + info.calls.length;
  const base = count === 0 ? 0 : cg.b.newRegs(count);
  info.columns = columns.map((expr, i) => ({
    expr,
    register: i < bareCount ? base + i : 0,
    field: -1,
  }));
  info.calls.forEach((c, i) => {
    c.register = base + bareCount + i;
  });
  info.bareCount = bareCount;
  info.base = base;
  info.count = count;
}

/** The expression as it is coded when all rows of the group were seen. */
export function afterRows(info: AggregateInfo, e: BoundExpr): BoundExpr {
  const calls = mapExpr(e, (x) => {
    if (x.kind !== 'aggregate' || x.block !== info.block.id) return x;
    const call = info.calls.find((c) => exprEquals(c.expr, x));
    return call === undefined ? x : { kind: 'register', register: call.register, of: x };
  });
  return replaceColumns(info, calls, (c, x) =>
    c.register > 0 ? { kind: 'register', register: c.register, of: x } : x,
  );
}

/** The expression as it is coded for a row that comes out of the GROUP BY sorter. */
export function fromSorter(info: AggregateInfo, e: BoundExpr, cursor: number): BoundExpr {
  return replaceColumns(info, e, (c, x) =>
    c.field >= 0 ? { kind: 'cursorColumn', cursor, column: c.field, of: x } : x,
  );
}

function replaceColumns(
  info: AggregateInfo,
  e: BoundExpr,
  put: (c: AggregateColumn, x: BoundExpr) => BoundExpr,
): BoundExpr {
  if (info.columns.length === 0) return e;
  const hasOther = info.columns.some((c) => c.expr.kind !== 'column');
  return mapExpr(e, (x) => {
    if (x.kind !== 'column' && !hasOther) return x;
    const c = info.columns.find((known) => sameColumn(known.expr, x));
    return c === undefined ? x : put(c, x);
  });
}
