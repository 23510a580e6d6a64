/**
 * What goes down into a subquery that stays one: conditions of the outer WHERE that speak of it alone
 * (https://www.sqlite.org/optoverview.html#pushdown), and the knowledge which columns nobody reads.
 */
import type { BoundExpr, Conjunct, Query, QueryBlock, Source } from '../bind/tree.ts';
import { exprCollation, mapExpr, queryOf, sourcesUsed, visitExprDeep } from '../bind/types.ts';
import { asColumn, inOrder, markOrdered, replaceColumns } from './rewrite-tree.ts';

type Arm = QueryBlock;

/** The arms as blocks; null when one of them is none (VALUES, recursion). */
function blockArms(q: Query): readonly Arm[] | null {
  if (q.kind === 'block') return [q];
  if (q.kind !== 'compound') return null;
  const arms: Arm[] = [];
  for (const arm of [q.first, ...q.rest.map((r) => r.query)]) {
    if (arm.kind !== 'block') return null;
    arms.push(arm);
  }
  return arms;
}

function withArms(q: Query, arms: readonly Arm[]): Query {
  if (q.kind === 'block') return arms[0]!;
  if (q.kind !== 'compound') return q;
  return {
    ...q,
    columns: arms[0]!.columns,
    first: arms[0]!,
    rest: q.rest.map((r, i) => ({ op: r.op, query: arms[i + 1]! })),
  };
}

/** The condition uses no other columns than those of source `s`, and gives the same each time. */
function isOwn(c: Conjunct, s: Source): boolean {
  if (s.join === 'left') {
    if (c.outerOn !== s.id) return false;
  } else if (c.outerOn >= 0) {
    return false;
  }
  for (const id of sourcesUsed(c.expr)) {
    if (id !== s.id && !isInside(c.expr, id)) return false;
  }
  let steady = true;
  visitExprDeep(c.expr, (e) => {
    const q = queryOf(e);
    if (q?.correlated) steady = false;
    switch (e.kind) {
      case 'function':
        if (!e.def.deterministic && e.def.slowChange !== true) steady = false;
        break;
      case 'aggregate':
      case 'window':
      case 'triggerColumn':
      case 'raise':
        steady = false;
        break;
      default:
        break;
    }
    return steady;
  });
  return steady;
}

/** The source belongs to a subquery inside the condition. */
function isInside(e: BoundExpr, id: number): boolean {
  let found = false;
  visitExprDeep(e, (x) => {
    const q = queryOf(x);
    if (q !== null && declares(q, id)) found = true;
    return !found;
  });
  return found;
}

function declares(q: Query, id: number): boolean {
  switch (q.kind) {
    case 'values':
      return false;
    case 'compound':
      return declares(q.first, id) || q.rest.some((r) => declares(r.query, id));
    case 'recursive':
      return q.queueSource === id || declares(q.setup, id) || q.steps.some((s) => declares(s, id));
    case 'block':
      return q.sources.some((s) => s.id === id || (s.query !== null && declares(s.query, id)));
  }
}

/** Copies conditions of `where` into the subquery of source `s`. */
export function pushDown(s: Source, where: readonly Conjunct[]): Source {
  const q = s.query;
  if (q === null || s.recursive || s.leftOfRight || s.join === 'right' || s.join === 'full') {
    return s;
  }
  if (s.cte !== null && (s.cte.materialized === true || s.cte.references >= 2)) return s;
  const arms = blockArms(q);
  if (arms === null || q.limit !== null) return s;
  if (arms.some((a) => a.hasWindow || a.limit !== null || a.sources.some((x) => x.recursive))) {
    return s;
  }
  if (q.kind === 'compound' && q.rest.some((r) => r.op !== 'UNION ALL')) {
    const plain = arms.every((a) =>
      a.columns.every((c) => (exprCollation(c.expr)?.name ?? 'BINARY').toUpperCase() === 'BINARY'),
    );
    if (!plain) return s;
  }
  const own = where.filter((c) => isOwn(c, s));
  if (own.length === 0) return s;
  const named = arms[0]!.columns;
  const changed = arms.map((arm): Arm => {
    const fn = replaceColumns(s.id, (column) => {
      const c = arm.columns[column];
      return c === undefined ? { kind: 'constant', value: null } : asColumn(c, named[column]!);
    });
    const pushed = own.map((c) => mapExpr(c.expr, fn));
    if (arm.isAggregate || arm.groupBy.length > 0) {
      const having = pushed.reduce<BoundExpr | null>(
        (left, right) => (left === null ? right : { kind: 'and', left, right }),
        arm.having,
      );
      return { ...arm, having };
    }
    const more = pushed.map((expr) => ({ expr, outerOn: -1, innerOn: -1 }));
    return { ...arm, where: markOrdered([...inOrder(arm), ...more]) };
  });
  return { ...s, query: withArms(q, changed), fitted: true };
}

/**
 * Result columns that nobody reads become NULL, so that they are not computed. Which columns of its own
 * sources the subquery is held to use does not change: plans are to be SQLite's.
 */
export function dropUnusedColumns(s: Source): Source {
  const q = s.query;
  if (q === null || s.correlated || s.cte !== null || s.recursive) return s;
  const arms = blockArms(q);
  if (arms === null) return s;
  if (q.kind === 'compound' && q.rest.some((r) => r.op !== 'UNION ALL')) return s;
  if (arms.some((a) => a.distinct || a.isAggregate || a.groupBy.length > 0 || a.hasWindow)) {
    return s;
  }
  const used = new Set(s.used);
  for (const t of q.orderBy) if (t.result > 0) used.add(t.result - 1);
  const isNull = (e: BoundExpr): boolean => e.kind === 'constant' && e.value === null;
  if (arms[0]!.columns.every((c, i) => used.has(i) || isNull(c.expr))) return s;
  const changed = arms.map((arm): Arm => {
    const columns = arm.columns.map((c, i) =>
      used.has(i) ? c : { ...c, expr: { kind: 'constant', value: null } as const },
    );
    return { ...arm, columns };
  });
  return { ...s, query: withArms(q, changed), fitted: true };
}
