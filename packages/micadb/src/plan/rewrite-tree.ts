/** Helpers of rewriting: replacing columns by expressions, used columns, copies with new source ids. */
import type { BoundExpr, Conjunct, Query, QueryBlock, ResultColumn, Source } from '../bind/tree.ts';
import {
  exprCollation,
  mapExpr,
  mapQuery,
  queryOf,
  visitExprDeep,
  visitQuery,
} from '../bind/types.ts';

export interface RewriteContext {
  /** A fresh source id. */
  readonly nextId: () => number;
}

type ExprMap = (e: BoundExpr) => BoundExpr;

/**
 * The expression behind result column `own`, as a column of the subquery was: its collation is an
 * implicit one, `named` being the column that gives it (the leftmost arm's).
 */
export function asColumn(own: ResultColumn, named: ResultColumn = own): BoundExpr {
  const e = own.expr;
  const natural = exprCollation(e)?.name ?? null;
  const wanted = exprCollation(named.expr)?.name ?? null;
  if (natural === wanted && (e.kind === 'column' || e.kind === 'collate')) {
    return e.kind === 'collate' ? { ...e, implicit: true } : e;
  }
  return { kind: 'collate', operand: e, collation: wanted ?? 'BINARY', implicit: true };
}

/** Replaces columns of source `id`; other nodes stay. */
export function replaceColumns(id: number, by: (column: number) => BoundExpr): ExprMap {
  return (e) => (e.kind === 'column' && e.source.id === id ? by(e.column) : e);
}

/** Lets columns refer to the new forms of their sources. */
export function repoint(sources: ReadonlyMap<number, Source>): ExprMap {
  return (e) => {
    if (e.kind !== 'column') return e;
    const source = sources.get(e.source.id);
    return source === undefined || source === e.source ? e : { ...e, source };
  };
}

export function mapConjuncts(
  list: readonly Conjunct[],
  fn: ExprMap,
  ids: (id: number) => number = (id) => id,
): Conjunct[] {
  return list.map((c) => ({
    expr: mapExpr(c.expr, fn),
    outerOn: ids(c.outerOn),
    innerOn: ids(c.innerOn),
  }));
}

/** All expressions of a block mapped; its sources are `sources` (with their own expressions mapped). */
export function mapBlock(
  block: QueryBlock,
  sources: readonly Source[],
  where: readonly Conjunct[],
  fn: ExprMap,
): QueryBlock {
  const mapped = mapQuery({ ...block, sources: [], where: [] }, fn);
  return {
    ...mapped,
    where,
    sources: sources.map((s) => {
      const query = s.query === null ? null : mapQuery(s.query, fn);
      const args = s.args === null ? null : s.args.map((a) => mapExpr(a, fn));
      return query === s.query && args === s.args ? s : { ...s, query, args };
    }),
  };
}

/** Finds anew which columns of the block's sources are used; the sources' sets are replaced. */
export function withUsedColumns(block: QueryBlock, only: (s: Source) => boolean): QueryBlock {
  const used = new Map<number, Set<number>>();
  for (const s of block.sources) if (only(s)) used.set(s.id, new Set());
  visitQuery(block, (e) => {
    if (e.kind === 'column') used.get(e.source.id)?.add(e.column);
  });
  const sources = block.sources.map((s) => {
    const set = used.get(s.id);
    return set === undefined ? s : { ...s, used: set };
  });
  return { ...block, sources };
}

// -- order of conjuncts ------------------------------------------------------------------------------

const ordered = new WeakSet<readonly Conjunct[]>();

/** Marks a list as being in SQLite's sequence. */
export function markOrdered<T extends readonly Conjunct[]>(list: T): T {
  ordered.add(list);
  return list;
}

/** WHERE first, then the ON and USING terms of each join from left to right: SQLite's sequence. */
export function inOrder(block: QueryBlock): readonly Conjunct[] {
  if (ordered.has(block.where)) return block.where;
  const rank = (c: Conjunct): number => {
    const on = c.outerOn >= 0 ? c.outerOn : c.innerOn;
    return on < 0 ? -1 : block.sources.findIndex((s) => s.id === on);
  };
  return markOrdered(
    block.where
      .map((c, i) => ({ c, i, r: rank(c) }))
      .sort((a, b) => a.r - b.r || a.i - b.i)
      .map((x) => x.c),
  );
}

// -- copies --------------------------------------------------------------------------------------------

function collectSources(q: Query, into: Map<number, Source>): void {
  const fromExpr = (e: BoundExpr): void => {
    visitExprDeep(e, (x) => {
      const inner = queryOf(x);
      if (inner !== null) collectSources(inner, into);
    });
  };
  switch (q.kind) {
    case 'values':
      for (const row of q.rows) row.forEach(fromExpr);
      break;
    case 'compound':
      collectSources(q.first, into);
      for (const r of q.rest) collectSources(r.query, into);
      break;
    case 'recursive':
      collectSources(q.setup, into);
      for (const s of q.steps) collectSources(s, into);
      break;
    case 'block':
      for (const c of q.columns) fromExpr(c.expr);
      for (const c of q.where) fromExpr(c.expr);
      q.groupBy.forEach(fromExpr);
      if (q.having !== null) fromExpr(q.having);
      for (const s of q.sources) {
        into.set(s.id, s);
        if (s.query !== null) collectSources(s.query, into);
        s.args?.forEach(fromExpr);
      }
  }
  for (const t of q.orderBy) fromExpr(t.expr);
}

function swapSources(q: Query, map: ReadonlyMap<number, Source>): Query {
  switch (q.kind) {
    case 'values':
      return q;
    case 'compound': {
      const first = swapArm(q.first, map);
      const rest = q.rest.map((r) => ({ op: r.op, query: swapArm(r.query, map) }));
      return { ...q, first, rest };
    }
    case 'recursive':
      return {
        ...q,
        setup: swapSources(q.setup, map),
        steps: q.steps.map((s) => swapArm(s, map)),
        queueSource: map.get(q.queueSource)?.id ?? q.queueSource,
      };
    case 'block': {
      const id = (old: number): number => map.get(old)?.id ?? old;
      return {
        ...q,
        sources: q.sources.map((s) => {
          const copy = map.get(s.id);
          if (copy === undefined) return s;
          return {
            ...s,
            id: copy.id,
            used: copy.used,
            query: s.query === null ? null : swapSources(s.query, map),
          };
        }),
        where: q.where.map((c) => ({ ...c, outerOn: id(c.outerOn), innerOn: id(c.innerOn) })),
      };
    }
  }
}

function swapArm<Q extends Query>(q: Q, map: ReadonlyMap<number, Source>): Q {
  return swapSources(q, map) as Q;
}

/** A copy whose sources, at any depth, have ids of their own: it may run beside the original. */
export function copyQuery<Q extends Query>(ctx: RewriteContext, q: Q): Q {
  const old = new Map<number, Source>();
  collectSources(q, old);
  const map = new Map<number, Source>();
  for (const [id, s] of old) map.set(id, { ...s, id: ctx.nextId(), used: new Set(s.used) });
  const point = repoint(map);
  const fn: ExprMap = (e) => {
    switch (e.kind) {
      case 'inQuery':
      case 'exists':
      case 'subquery':
        return { ...e, query: swapSources(e.query, map) };
      default:
        return point(e);
    }
  };
  return swapArm(mapQuery(q as Query, fn) as Q, map);
}
