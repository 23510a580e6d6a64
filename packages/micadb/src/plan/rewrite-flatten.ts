/**
 * Flattening: a subquery or view in FROM is merged into the query that reads it, so that its tables can
 * be searched with the outer query's conditions. The conditions under which that is right, and done, are
 * those of SQLite (https://www.sqlite.org/optoverview.html#subquery_flattening).
 */
import type {
  BoundExpr,
  CompoundQuery,
  Conjunct,
  OrderTerm,
  Query,
  QueryBlock,
  ResultColumn,
  Source,
} from '../bind/tree.ts';
import { exprAffinity, exprCollation } from '../bind/types.ts';
import { Affinity } from '../values/value.ts';
import {
  asColumn,
  copyQuery,
  inOrder,
  mapBlock,
  mapConjuncts,
  markOrdered,
  type RewriteContext,
  replaceColumns,
  repoint,
  withUsedColumns,
} from './rewrite-tree.ts';

function isOuterJoin(s: Source): boolean {
  return s.join === 'left' || s.join === 'right' || s.join === 'full';
}

function isAggregate(q: QueryBlock): boolean {
  return q.isAggregate || q.groupBy.length > 0;
}

function isVirtual(s: Source): boolean {
  return s.query === null && s.table?.kind === 'virtual';
}

/** All arms of a query in FROM: itself, or those of a compound. */
function armsOf(q: Query): readonly Query[] {
  return q.kind === 'compound' ? [q.first, ...q.rest.map((r) => r.query)] : [q];
}

/** Conditions for one plain block inside another. */
function canFlattenBlock(outer: QueryBlock, i: number, sub: QueryBlock): boolean {
  const item = outer.sources[i]!;
  const aggregate = isAggregate(outer);
  if (outer.hasWindow || sub.hasWindow || isAggregate(sub)) return false;
  if (sub.limit !== null && (outer.limit !== null || sub.offset !== null)) return false;
  if (sub.sources.length === 0 || sub.distinct) return false;
  if (sub.limit !== null) {
    if (outer.sources.length > 1 || aggregate || outer.where.length > 0 || outer.distinct) {
      return false;
    }
  }
  if (sub.orderBy.length > 0 && (outer.orderBy.length > 0 || aggregate)) return false;
  const first = sub.sources[0]!;
  if (isOuterJoin(item) || item.leftOfRight) {
    if (sub.sources.length > 1 || isVirtual(first) || outer.distinct) return false;
    if (item.join === 'right' || item.join === 'full') return false;
    // An expression would have to become NULL with its row and keep its affinity.
    const lossy = sub.columns.some(
      (c) =>
        exprAffinity(c.expr) > Affinity.None &&
        c.expr.kind !== 'cast' &&
        !(c.expr.kind === 'column' && c.expr.source.id === first.id),
    );
    if (lossy) return false;
  }
  if (i > 0 && first.leftOfRight) return false;
  return true;
}

/** Conditions for a UNION ALL inside a block. */
function canFlattenCompound(outer: QueryBlock, i: number, sub: CompoundQuery): boolean {
  const item = outer.sources[i]!;
  if (sub.orderBy.length > 0 || sub.limit !== null) return false;
  if (isAggregate(outer) || outer.distinct || outer.hasWindow) return false;
  if (isOuterJoin(item) || item.leftOfRight) return false;
  if (sub.rest.some((r) => r.op !== 'UNION ALL')) return false;
  const arms = armsOf(sub);
  for (const arm of arms) {
    if (arm.kind !== 'block' || arm.distinct || isAggregate(arm) || arm.hasWindow) return false;
    if (arm.sources.length < 1) return false;
    if (i > 0 && arm.sources[0]!.leftOfRight) return false;
  }
  if (outer.orderBy.some((t) => t.result === 0)) return false;
  if (outer.sources.some((s) => s.recursive)) return false;
  for (let c = 0; c < sub.columns.length; c++) {
    const affinity = exprAffinity(sub.first.columns[c]!.expr);
    if (arms.some((arm) => exprAffinity(arm.columns[c]!.expr) !== affinity)) return false;
  }
  return true;
}

/** `e`, or NULL when the row of `source` is the NULL row of an outer join. */
function nullWithRow(e: BoundExpr, source: Source): BoundExpr {
  if (e.kind === 'column' && e.source.id === source.id) return e;
  // CAST gives its affinity to the whole, and NULL for NULL.
  if (e.kind === 'cast' || (e.kind === 'collate' && e.operand.kind === 'cast')) {
    return { ...e, operand: nullWithRow(e.operand, source) };
  }
  const table = source.query === null ? source.table : null;
  const key = table?.withoutRowid === true ? table.primaryKeyIndex!.keyColumns[0]!.column : -1;
  const row: BoundExpr = { kind: 'column', source, column: key };
  return {
    kind: 'case',
    operand: null,
    whens: [
      {
        when: { kind: 'isNull', not: false, operand: row },
        then: { kind: 'constant', value: null },
      },
    ],
    otherwise: e,
  };
}

/**
 * Puts the sources of `sub` in the place of source `i` of `outer`. The collations of its columns are
 * those of `named`, the leftmost arm of a UNION ALL.
 */
function mergeBlock(
  outer: QueryBlock,
  i: number,
  sub: QueryBlock,
  named: readonly ResultColumn[] = sub.columns,
): QueryBlock {
  const item = outer.sources[i]!;
  const nullable = isOuterJoin(item) || item.leftOfRight;
  const merged = sub.sources.map((s, k): Source => {
    const leftOfRight = s.leftOfRight || item.leftOfRight;
    return { ...s, join: k === 0 ? item.join : s.join, leftOfRight };
  });
  const first = merged[0]!;
  const point = repoint(new Map(merged.map((s) => [s.id, s])));
  const inner = mapBlock(sub, merged, mapConjuncts(inOrder(sub), point), point);
  const values = inner.columns.map((c, column) => {
    const e = asColumn(c, named === sub.columns ? c : named[column]);
    return nullable ? nullWithRow(e, first) : e;
  });
  const fn = replaceColumns(
    item.id,
    (column) => values[column] ?? { kind: 'constant', value: null },
  );
  const ids = (id: number): number => (id === item.id ? first.id : id);
  const own: readonly Conjunct[] = nullable
    ? inner.where.map((c) => ({ ...c, outerOn: first.id, innerOn: -1 }))
    : inner.where;
  const where = markOrdered([...own, ...mapConjuncts(inOrder(outer), fn, ids)]);
  const sources = [...outer.sources.slice(0, i), ...inner.sources, ...outer.sources.slice(i + 1)];
  const block = mapBlock(outer, sources, where, fn);
  const orderBy: readonly OrderTerm[] =
    outer.orderBy.length > 0 ? block.orderBy : inner.orderBy.map((t) => ({ ...t, result: 0 }));
  const ids2 = new Set(merged.map((s) => s.id));
  return withUsedColumns(
    {
      ...block,
      orderBy,
      limit: outer.limit ?? inner.limit,
      offset: outer.limit === null ? inner.offset : outer.offset,
      correlated: outer.correlated || sub.correlated,
    },
    (s) => ids2.has(s.id),
  );
}

/** Each arm of the UNION ALL gets the outer query around it. */
function mergeCompound(
  ctx: RewriteContext,
  outer: QueryBlock,
  i: number,
  sub: CompoundQuery,
): CompoundQuery {
  const plain: QueryBlock = {
    ...outer,
    where: inOrder(outer),
    orderBy: [],
    limit: null,
    offset: null,
  };
  const arms = armsOf(sub).map((arm, k) => {
    const item = { ...plain.sources[i]!, query: arm };
    const whole: QueryBlock = {
      ...plain,
      sources: plain.sources.map((s, j) => (j === i ? item : s)),
    };
    const copy = k === 0 ? whole : copyQuery(ctx, whole);
    return mergeBlock(copy, i, copy.sources[i]!.query as QueryBlock, sub.first.columns);
  });
  const first = arms[0]!;
  const values = asValues(sub);
  const orderFn = replaceColumns(outer.sources[i]!.id, (column) => values[column]!);
  const orderBy = mapBlock({ ...outer, sources: [], where: [] }, [], [], orderFn).orderBy;
  return {
    kind: 'compound',
    id: outer.id,
    columns: first.columns,
    first,
    rest: arms.slice(1).map((query) => ({ op: 'UNION ALL', query })),
    collations: first.columns.map((_, c) => {
      for (const arm of arms) {
        const found = exprCollation(arm.columns[c]!.expr);
        if (found !== null) return found.name;
      }
      return null;
    }),
    orderBy,
    limit: outer.limit,
    offset: outer.offset,
    correlated: outer.correlated || sub.correlated,
  };
}

function asValues(sub: CompoundQuery): readonly BoundExpr[] {
  return sub.first.columns.map((c) => asColumn(c));
}

/** Result expressions that compute something: functions or subqueries. */
function isComplex(outer: QueryBlock): boolean {
  const complex = (e: BoundExpr): boolean => {
    switch (e.kind) {
      case 'function':
      case 'aggregate':
      case 'window':
      case 'subquery':
      case 'exists':
      case 'inQuery':
        return true;
      case 'unary':
      case 'collate':
      case 'cast':
      case 'isNull':
      case 'truth':
        return complex(e.operand);
      case 'arithmetic':
      case 'compare':
      case 'and':
      case 'or':
        return complex(e.left) || complex(e.right);
      default:
        return false;
    }
  };
  return outer.columns.some((c) => complex(c.expr));
}

/** Aggregates whose result depends on the order of rows keep a subquery's ORDER BY alive. */
function orderMatters(outer: QueryBlock): boolean {
  let found = false;
  for (const c of outer.columns) {
    const e = c.expr;
    if (e.kind === 'aggregate' && !(e.def.kind === 'aggregate' && e.def.special !== undefined)) {
      found = true;
    }
  }
  return found || outer.hasWindow;
}

/**
 * Flattens source `i` of the block if that is allowed. Null: it stays as it is. A result that is no
 * block any more is a UNION ALL whose arms are to be rewritten by themselves.
 */
export function flattenSource(
  ctx: RewriteContext,
  outer: QueryBlock,
  i: number,
): { readonly query: Query } | null {
  let item = outer.sources[i]!;
  let sub = item.query;
  if (sub === null || item.recursive || sub.kind === 'values' || sub.kind === 'recursive') {
    return null;
  }
  if (item.cte !== null && item.cte.materialized === true) return null;
  if (sub.kind === 'block' && isAggregate(sub)) return null;
  let changed = outer;
  if (
    sub.orderBy.length > 0 &&
    (outer.orderBy.length > 0 || outer.sources.length > 1) &&
    sub.limit === null &&
    !orderMatters(outer) &&
    !outer.sources.some((s) => s.recursive)
  ) {
    // The order would be lost anyway.
    sub = { ...sub, orderBy: [] };
    item = { ...item, query: sub };
    changed = { ...outer, sources: outer.sources.map((s, j) => (j === i ? item : s)) };
  }
  const kept = changed === outer ? null : { query: changed };
  if (sub.orderBy.length > 0 && i === 0 && isComplex(outer)) {
    const next = outer.sources[1];
    if (next === undefined || isOuterJoin(next) || next.join === 'cross') return kept;
  }
  if (sub.kind === 'compound') {
    if (!canFlattenCompound(changed, i, sub)) return kept;
    return { query: mergeCompound(ctx, changed, i, sub) };
  }
  if (!canFlattenBlock(changed, i, sub)) return kept;
  return { query: mergeBlock(changed, i, sub) };
}
