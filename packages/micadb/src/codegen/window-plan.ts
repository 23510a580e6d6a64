/**
 * Window functions, first half: a query with window functions becomes a query over a subquery. The
 * subquery computes everything else (aggregates, other windows too) and gives its rows sorted by
 * PARTITION BY and ORDER BY of one window; all calls over that same window are computed from it
 * together. https://www.sqlite.org/windowfunctions.html
 */
import { makeSource } from '../bind/binder.ts';
import { queryColumns } from '../bind/select.ts';
import type { BoundExpr, OrderTerm, QueryBlock, Source } from '../bind/tree.ts';
import { exprEquals, isConstant, mapExpr, visitExpr, visitExprDeep } from '../bind/types.ts';
import type { Codegen } from './context.ts';
import { newNumber } from './numbering.ts';

export type WindowExpr = BoundExpr & { readonly kind: 'window' };

export type Bound = 'unbounded' | 'preceding' | 'current' | 'following';

/** A window with its frame as the function wants it. */
export interface Window {
  readonly partitionBy: readonly BoundExpr[];
  readonly orderBy: readonly OrderTerm[];
  readonly unit: 'ROWS' | 'RANGE' | 'GROUPS';
  readonly start: Bound;
  readonly end: Bound;
  /** Offsets of PRECEDING and FOLLOWING. */
  readonly startOffset: BoundExpr | null;
  readonly endOffset: BoundExpr | null;
  readonly exclude: 'NO OTHERS' | 'CURRENT ROW' | 'GROUP' | 'TIES';
}

export interface WindowCall {
  readonly expr: WindowExpr;
  /** Columns of the subquery with the arguments, and the FILTER (-1: none). */
  readonly args: readonly number[];
  readonly filter: number;
}

export interface WindowPlan {
  readonly window: Window;
  readonly calls: readonly WindowCall[];
  /** The subquery as the only source. */
  readonly source: Source;
  readonly partition: readonly number[];
  readonly order: readonly number[];
  /** ORDER BY is satisfied by the order of the windows. */
  readonly ordered: boolean;
  /**
   * An expression of the query: calls become what `call` gives, all else columns of the subquery. With
   * `copy` (see isCopy) calls are columns of the subquery too.
   */
  readonly map: (
    e: BoundExpr,
    copy: boolean,
    call: (i: number, x: BoundExpr) => BoundExpr,
    column: (i: number, x: BoundExpr) => BoundExpr,
  ) => BoundExpr;
}

type Shape = Pick<Window, 'unit' | 'start' | 'end'>;

/** Frames that built-in window functions work on, whatever is written. */
const ownFrames: Readonly<Record<string, Shape>> = {
  row_number: { unit: 'ROWS', start: 'unbounded', end: 'current' },
  rank: { unit: 'RANGE', start: 'unbounded', end: 'current' },
  dense_rank: { unit: 'RANGE', start: 'unbounded', end: 'current' },
  percent_rank: { unit: 'GROUPS', start: 'current', end: 'unbounded' },
  cume_dist: { unit: 'GROUPS', start: 'following', end: 'unbounded' },
  ntile: { unit: 'ROWS', start: 'current', end: 'unbounded' },
  lead: { unit: 'ROWS', start: 'unbounded', end: 'unbounded' },
  lag: { unit: 'ROWS', start: 'unbounded', end: 'current' },
};

const NULL: BoundExpr = { kind: 'constant', value: null };
const ONE: BoundExpr = { kind: 'constant', value: 1 };

function boundKind(kind: string): Bound {
  if (kind.startsWith('unbounded')) return 'unbounded';
  if (kind === 'current row') return 'current';
  return kind === 'preceding' ? 'preceding' : 'following';
}

export function windowOf(e: WindowExpr): Window {
  const { partitionBy, orderBy, frame, start, end } = e.window;
  const own = e.def.kind === 'window' ? ownFrames[e.def.name.toLowerCase()] : undefined;
  if (own !== undefined) {
    const startOffset = own.start === 'following' ? ONE : null;
    return { partitionBy, orderBy, ...own, startOffset, endOffset: null, exclude: 'NO OTHERS' };
  }
  if (frame === null) {
    return {
      partitionBy,
      orderBy,
      unit: 'RANGE',
      start: 'unbounded',
      end: 'current',
      startOffset: null,
      endOffset: null,
      exclude: 'NO OTHERS',
    };
  }
  const offset = (x: BoundExpr | null): BoundExpr | null =>
    x === null || isConstant(x) ? x : NULL;
  return {
    partitionBy,
    orderBy,
    unit: frame.unit,
    start: boundKind(frame.start.kind),
    end: boundKind(frame.end.kind),
    startOffset: offset(start),
    endOffset: offset(end),
    exclude: frame.exclude,
  };
}

function sameExprs(a: readonly BoundExpr[], b: readonly BoundExpr[]): boolean {
  return a.length === b.length && a.every((x, i) => exprEquals(x, b[i]!));
}

function sameTerms(a: readonly OrderTerm[], b: readonly OrderTerm[]): boolean {
  return (
    a.length === b.length &&
    a.every((t, i) => {
      const u = b[i]!;
      return t.desc === u.desc && t.bigNull === u.bigNull && exprEquals(t.expr, u.expr);
    })
  );
}

function sameOffset(a: BoundExpr | null, b: BoundExpr | null): boolean {
  return a === null || b === null ? a === b : exprEquals(a, b);
}

function sameWindow(a: Window, b: Window): boolean {
  return (
    a.unit === b.unit &&
    a.start === b.start &&
    a.end === b.end &&
    a.exclude === b.exclude &&
    sameOffset(a.startOffset, b.startOffset) &&
    sameOffset(a.endOffset, b.endOffset) &&
    sameExprs(a.partitionBy, b.partitionBy) &&
    sameTerms(a.orderBy, b.orderBy)
  );
}

/**
 * True for an ORDER BY term that is a result column. SQLite orders by a copy of the column, and windows
 * of the copy are computed apart, in the subquery (which decides about the order of equal rows).
 */
export function isCopy(t: OrderTerm): boolean {
  return t.result > 0;
}

/** The window calls of a query, in the order they are written. */
function windowCalls(block: QueryBlock): WindowExpr[] {
  const found: WindowExpr[] = [];
  const exprs = [
    ...block.columns.map((c) => c.expr),
    ...block.orderBy.filter((t) => !isCopy(t)).map((t) => t.expr),
  ];
  for (const e of exprs) {
    visitExpr(e, (x) => {
      if (x.kind !== 'window') return true;
      if (!found.some((f) => exprEquals(f, x))) found.push(x);
      return false;
    });
  }
  return found;
}

/** Columns of the subquery, each expression once. */
class Columns {
  readonly list: BoundExpr[] = [];

  add(e: BoundExpr): number {
    const known = this.find(e);
    if (known >= 0) return known;
    this.list.push(e);
    return this.list.length - 1;
  }

  find(e: BoundExpr): number {
    return this.list.findIndex((x) => x === e || exprEquals(x, e));
  }
}

/** Null when the query has no window functions. */
export function planWindows(cg: Codegen, block: QueryBlock): WindowPlan | null {
  const all = windowCalls(block);
  if (all.length === 0) return null;
  const window = windowOf(all[0]!);
  const own = all.filter((e) => sameWindow(windowOf(e), window));
  const isOwn = (e: BoundExpr): number =>
    e.kind === 'window' ? own.findIndex((x) => exprEquals(x, e)) : -1;
  const belongs = (e: BoundExpr): boolean => {
    if (e.kind === 'window') return true;
    if (e.kind === 'aggregate') return e.block === block.id;
    return e.kind === 'column' && block.sources.some((s) => s.id === e.source.id);
  };
  const columns = new Columns();
  const outer = [
    ...block.columns.map((c) => ({ e: c.expr, copy: false })),
    ...block.orderBy.map((t) => ({ e: t.expr, copy: isCopy(t) })),
  ];
  for (const { e, copy } of outer) {
    visitExprDeep(e, (x) => {
      if (!copy && isOwn(x) >= 0) return false;
      if (!belongs(x)) return true;
      columns.add(x);
      return false;
    });
  }
  const partition = window.partitionBy.map((e) => columns.add(e));
  const order = window.orderBy.map((t) => columns.add(t.expr));
  const calls = own.map((expr) => ({
    expr,
    args: expr.args.map((a) => columns.add(a)),
    filter: expr.filter === null ? -1 : columns.add(expr.filter),
  }));
  if (columns.list.length === 0) columns.add({ kind: 'constant', value: 0 });
  const sort: OrderTerm[] = [
    ...window.partitionBy.map((expr) => ({ expr, desc: false, bigNull: false, result: 0 })),
    ...window.orderBy,
  ].map((t) => ({ ...t, result: columns.find(t.expr) + 1 }));
  const query: QueryBlock = {
    ...block,
    core: newNumber(cg),
    columns: columns.list.map((expr, i) => ({
      expr,
      name: `c${i}`,
      named: true,
      declType: null,
    })),
    distinct: false,
    orderBy: sort,
    limit: null,
    offset: null,
  };
  const source = makeSource(cg.nextSourceId(), {
    alias: null,
    name: null,
    query,
    correlated: block.correlated,
    columns: queryColumns(query, null),
  });
  columns.list.forEach((_, i) => {
    source.used.add(i);
  });
  const ordered =
    block.orderBy.length > 0 && sameTerms(block.orderBy, sort.slice(0, block.orderBy.length));
  return {
    window,
    calls,
    source,
    partition,
    order,
    ordered,
    map: (e, copy, call, column) => {
      const withCalls = mapExpr(e, (x) => {
        const i = copy ? -1 : isOwn(x);
        return i >= 0 ? call(i, x) : x;
      });
      const place = (x: BoundExpr): BoundExpr => {
        const i = columns.find(x);
        return i < 0 ? x : column(i, x);
      };
      // Calls before the columns inside them.
      const withOthers = mapExpr(withCalls, (x) =>
        (x.kind === 'window' || x.kind === 'aggregate') && belongs(x) ? place(x) : x,
      );
      return mapExpr(withOthers, (x) => (x.kind === 'column' && belongs(x) ? place(x) : x));
    },
  };
}
