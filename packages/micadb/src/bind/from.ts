/**
 * FROM clauses: tables, views, CTEs, subqueries, parenthesized joins, NATURAL and USING.
 * Rules of joins: https://www.sqlite.org/lang_select.html#the_from_clause.
 */
import type { Table } from '../catalog/types.ts';
import type * as ast from '../sql/ast.ts';
import { SqliteError } from '../values/errors.ts';
import {
  type Binder,
  type BlockState,
  bindTable,
  type CteEntry,
  type CteScope,
  error,
  findTable,
  fold,
  makeSource,
  type Scope,
} from './binder.ts';
import { bindExpr, scalar } from './expr.ts';
import { columnIn, columnRef, nestedOriginsOf, setNestedOrigins } from './names.ts';
import { bindCteQuery, bindSelect, queryColumns, starColumns } from './select.ts';
import type { BoundExpr, Conjunct, Query, QueryBlock, Source, SourceColumn } from './tree.ts';
import { splitConjuncts } from './types.ts';

export interface BoundFrom {
  readonly sources: Source[];
  readonly where: Conjunct[];
}

const MAX_DEPTH = 1000;

/** What a FROM clause is bound in: the query it belongs to and what lies outside. */
export interface FromContext {
  readonly outer: Scope | null;
  readonly block: BlockState;
  readonly ctes: CteScope | null;
}

/** The columns of a query as a table; their collations must be there. */
export function tableColumns(
  b: Binder,
  query: Query,
  names: readonly string[] | null,
): SourceColumn[] {
  const columns = queryColumns(query, names);
  for (const { collation } of columns) {
    if (b.env.collations.find(collation) !== null) continue;
    const message = `no such collation sequence: ${collation}`;
    throw new SqliteError('SQLITE_ERROR_MISSING_COLLSEQ', message);
  }
  return columns;
}

/**
 * Binds the items left to right. ON and USING come back as conjuncts that know their join.
 * Errors: "no such table: x", "cannot join using column x - column not present in both tables", ...
 */
export function bindFrom(b: Binder, from: readonly ast.FromItem[], ctx: FromContext): BoundFrom {
  const items = unwrapFirst(from);
  const sources: Source[] = [];
  const where: Conjunct[] = [];
  const rightFrom = lastRightJoin(items);
  items.forEach((item, i) => {
    const source = bindItem(b, item, ctx, i < rightFrom, i === 0, sources);
    const left = [...sources];
    sources.push(source);
    if (i === 0) return;
    if (item.join.natural && (item.on !== null || item.using !== null)) {
      throw error('a NATURAL join may not have an ON or USING clause');
    }
    const names = item.join.natural
      ? source.columns
          .filter((c) => !c.hidden && left.some((l) => visibleColumn(l, fold(c.name)) >= 0))
          .map((c) => c.name)
      : (item.using ?? []).map((n) => n.text);
    if (names.length > 0) {
      const joined = makeUsing(source, names);
      sources[sources.length - 1] = joined;
      for (const name of names) where.push(usingTerm(b, left, joined, name, items, i));
    }
  });
  items.forEach((item, i) => {
    if (item.on === null) return;
    const source = sources[i]!;
    // ON sees all tables of the FROM clause; the planner places the term by its join.
    const scope: Scope = {
      sources,
      outer: ctx.outer,
      block: ctx.block,
      ctes: ctx.ctes,
      aliases: null,
      allowAggregate: false,
      allowWindow: false,
    };
    const on = scalar(bindExpr(b, item.on, scope));
    const outer = isOuter(source);
    splitConjuncts(on, outer ? source.id : -1, outer ? -1 : source.id, where);
  });
  return { sources, where };
}

function isOuter(s: Source): boolean {
  return s.join === 'left' || s.join === 'right' || s.join === 'full';
}

/** `FROM (a JOIN b ...) JOIN c`: parentheses around the leftmost items mean nothing. */
function unwrapFirst(from: readonly ast.FromItem[]): readonly ast.FromItem[] {
  const first = from[0];
  if (first === undefined || first.source.kind !== 'join' || first.alias !== null) return from;
  return [...unwrapFirst(first.source.items), ...from.slice(1)];
}

/** Items left of the last RIGHT or FULL join may be NULL-extended. */
function lastRightJoin(items: readonly ast.FromItem[]): number {
  for (let i = items.length - 1; i > 0; i--) {
    const kind = items[i]!.join.kind;
    if (kind === 'right' || kind === 'full') return i;
  }
  return 0;
}

function visibleColumn(s: Source, folded: string): number {
  const i = columnIn(s, folded);
  return i >= 0 && s.columns[i]!.hidden ? -1 : i;
}

/** The same source, knowing the columns it is joined by. */
function makeUsing(source: Source, names: readonly string[]): Source {
  const joined: Source = { ...source, using: new Set(names.map(fold)) };
  const origins = nestedOriginsOf(source);
  if (origins !== null) setNestedOrigins(joined, origins);
  return joined;
}

function usingTerm(
  b: Binder,
  left: readonly Source[],
  right: Source,
  name: string,
  items: readonly ast.FromItem[],
  index: number,
): Conjunct {
  const folded = fold(name);
  const r = visibleColumn(right, folded);
  const matches = left.filter((l) => visibleColumn(l, folded) >= 0);
  if (r < 0 || matches.length === 0) {
    throw error(`cannot join using column ${name} - column not present in both tables`);
  }
  const rightOrFull = items
    .slice(0, index)
    .some((i) => i.join.kind === 'right' || i.join.kind === 'full');
  let operand: BoundExpr;
  if (rightOrFull || right.join === 'right' || right.join === 'full') {
    const parts: BoundExpr[] = [];
    matches.forEach((m, i) => {
      if (i > 0 && !m.using.has(folded)) {
        throw error(`ambiguous reference to ${name} in USING()`);
      }
      parts.push(columnRef(m, columnIn(m, folded)));
    });
    const def = parts.length > 1 ? b.env.functions.find('coalesce', parts.length) : null;
    operand = def === null ? parts[0]! : { kind: 'function', def, args: parts };
  } else {
    operand = columnRef(matches[0]!, columnIn(matches[0]!, folded));
  }
  const expr: BoundExpr = {
    kind: 'compare',
    op: '=',
    left: operand,
    right: columnRef(right, r),
  };
  return isOuter(right)
    ? { expr, outerOn: right.id, innerOn: -1 }
    : { expr, outerOn: -1, innerOn: right.id };
}

function bindItem(
  b: Binder,
  item: ast.FromItem,
  ctx: FromContext,
  leftOfRight: boolean,
  first: boolean,
  leftSources: readonly Source[],
): Source {
  const join = first ? 'comma' : item.join.kind;
  const alias = item.alias?.text ?? null;
  const src = item.source;
  switch (src.kind) {
    case 'select': {
      const query = nested(b, () => bindSelect(b, src.select, ctx.outer, ctx.block, ctx.ctes));
      return makeSource(b.nextId(), {
        alias,
        name: null,
        query,
        correlated: query.correlated,
        columns: tableColumns(b, query, null),
        join,
        leftOfRight,
      });
    }
    case 'join':
      return bindNestedJoin(b, src.items, alias, join, leftOfRight, ctx);
    case 'table': {
      if (src.table.schema === null && src.args === null) {
        const entry = findCte(ctx.ctes, fold(src.table.name.text));
        if (entry !== null) return bindCte(b, entry, alias, join, leftOfRight, ctx);
      }
      if (src.args !== null) return bindTableFunction(b, item, ctx, leftSources);
      const { db, table } = findTable(b, src.table.schema, src.table.name);
      if (table.kind === 'view') {
        if (src.indexedBy !== null) throw error(`no such index: ${src.indexedBy.text}`);
        return bindView(b, table, db, alias, join, leftOfRight, ctx.block);
      }
      const source = bindTable(b, table, db, alias, {
        indexedBy: src.indexedBy,
        notIndexed: src.notIndexed,
        join,
        typedName: src.table,
      });
      return leftOfRight ? { ...source, leftOfRight } : source;
    }
  }
}

function bindTableFunction(
  b: Binder,
  item: ast.FromItem,
  ctx: FromContext,
  leftSources: readonly Source[],
): Source {
  const src = item.source;
  if (src.kind !== 'table') throw error('internal: not a table function');
  // Arguments see the sources to the left; bound for their errors even where the table is unknown.
  const scope: Scope = {
    sources: leftSources,
    outer: ctx.outer,
    block: ctx.block,
    ctes: ctx.ctes,
    aliases: null,
    allowAggregate: false,
    allowWindow: false,
  };
  const { db, table } = findTable(b, src.table.schema, src.table.name);
  if (table.kind !== 'virtual') throw error(`'${table.name}' is not a function`);
  const args = (src.args ?? []).map((a) => scalar(bindExpr(b, a, scope)));
  return bindTable(b, table, db, item.alias?.text ?? null, { join: item.join.kind, args });
}

function nested<T>(b: Binder, fn: () => T): T {
  b.depth += 1;
  if (b.depth > MAX_DEPTH) throw error('parser stack overflow');
  try {
    return fn();
  } finally {
    b.depth -= 1;
  }
}

/** A view: its select bound anew, in the names of the view's own database. */
export function bindView(
  b: Binder,
  view: Table,
  db: number,
  alias: string | null,
  join: Source['join'],
  leftOfRight: boolean,
  block: BlockState,
): Source {
  if (b.viewStack.includes(view)) throw error(`view ${view.name} is circularly defined`);
  const fixed = b.fixedDb;
  b.viewStack.push(view);
  b.fixedDb = db === 1 ? null : db;
  try {
    const query = nested(b, () => bindSelect(b, view.view!.select, null, block, null));
    const names = view.view!.columnNames;
    if (names !== null && names.length !== query.columns.length) {
      throw error(
        `expected ${names.length} columns for '${view.name}' but got ${query.columns.length}`,
      );
    }
    return makeSource(b.nextId(), {
      alias: alias ?? view.name,
      name: view.name,
      db,
      table: view,
      query,
      columns: tableColumns(b, query, names),
      join,
      leftOfRight,
    });
  } finally {
    b.viewStack.pop();
    b.fixedDb = fixed;
  }
}

/** A parenthesized join that is not leftmost: a subquery whose columns keep their tables' names. */
function bindNestedJoin(
  b: Binder,
  items: readonly ast.FromItem[],
  alias: string | null,
  join: Source['join'],
  leftOfRight: boolean,
  ctx: FromContext,
): Source {
  const block = b.newBlock(ctx.block);
  const from = nested(b, () => bindFrom(b, items, { ...ctx, block }));
  const scope: Scope = {
    sources: from.sources,
    outer: ctx.outer,
    block,
    ctes: ctx.ctes,
    aliases: null,
    allowAggregate: false,
    allowWindow: false,
  };
  const origins: { table: string | null; column: string }[] = [];
  const columns = starColumns(b, scope, null, origins);
  const query: QueryBlock = {
    kind: 'block',
    id: block.id,
    core: items,
    columns,
    sources: from.sources,
    where: from.where,
    isAggregate: false,
    groupBy: [],
    having: null,
    distinct: false,
    orderBy: [],
    limit: null,
    offset: null,
    hasWindow: false,
    correlated: block.correlated,
  };
  const source = makeSource(b.nextId(), {
    alias,
    name: null,
    query,
    correlated: block.correlated,
    columns: tableColumns(b, query, null),
    join,
    leftOfRight,
  });
  if (alias === null) setNestedOrigins(source, origins);
  return source;
}

// -- common table expressions ----------------------------------------------------------------------

function findCte(scope: CteScope | null, folded: string): CteEntry | null {
  for (let s = scope; s !== null; s = s.outer) {
    const entry = s.ctes.find((c) => fold(c.ast.name.text) === folded);
    if (entry !== undefined) return entry;
  }
  return null;
}

/** WITH: makes its entries; each sees all of its own WITH clause and what lies outside. */
export function openCteScope(b: Binder, w: ast.With, outer: CteScope | null): CteScope {
  const ctes: CteEntry[] = [];
  const scope: CteScope = { ctes, outer };
  for (const cte of w.ctes) {
    if (ctes.some((c) => fold(c.ast.name.text) === fold(cte.name.text))) {
      throw error(`duplicate WITH table name: ${cte.name.text}`);
    }
    ctes.push({
      ast: cte,
      scope: () => scope,
      use: b.newCteUse(cte.name.text, cte.materialized),
      busy: 'no',
      queue: null,
      queueReferences: 0,
    });
  }
  return scope;
}

function bindCte(
  b: Binder,
  entry: CteEntry,
  alias: string | null,
  join: Source['join'],
  leftOfRight: boolean,
  ctx: FromContext,
): Source {
  const name = entry.ast.name.text;
  const shown = alias ?? name;
  if (entry.busy === 'recursive' && entry.queue !== null) {
    entry.queueReferences += 1;
    return makeSource(entry.queue.id, {
      alias: shown,
      name,
      recursive: true,
      columns: entry.queue.columns,
      join,
      leftOfRight,
    });
  }
  if (entry.busy !== 'no') throw error(`circular reference: ${name}`);
  const query: Query = nested(b, () => bindCteQuery(b, entry, ctx));
  entry.use.references += 1;
  return makeSource(b.nextId(), {
    alias: shown,
    name,
    query,
    correlated: query.correlated,
    cte: entry.use,
    columns: tableColumns(b, query, entry.ast.columns?.map((n) => n.text) ?? null),
    join,
    leftOfRight,
  });
}
