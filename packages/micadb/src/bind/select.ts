/**
 * SELECT: syntax tree -> Query. Result columns and their names, WHERE, GROUP BY, ORDER BY terms,
 * compound queries, common table expressions, VALUES.
 */
import type * as ast from '../sql/ast.ts';
import { affinityOfType } from '../values/affinity.ts';
import { Affinity } from '../values/value.ts';
import {
  type Binder,
  type BlockState,
  type CteEntry,
  type CteScope,
  error,
  fold,
  makeSource,
  type Scope,
} from './binder.ts';
import { bindExpr, isBigNull, scalar } from './expr.ts';
import { bindFrom, type FromContext, openCteScope } from './from.ts';
import { columnRef, nestedOriginsOf } from './names.ts';
import type {
  BoundExpr,
  CompoundQuery,
  OrderTerm,
  Query,
  QueryBlock,
  RecursiveQuery,
  ResultColumn,
  Source,
  SourceColumn,
  ValuesQuery,
} from './tree.ts';
import {
  exprAffinity,
  exprCollation,
  exprDataType,
  exprEquals,
  hasCollate,
  skipCollate,
  skipCollateAndLikely,
  splitConjuncts,
  visitExprDeep,
} from './types.ts';

/**
 * Binds a whole SELECT. `outer` are the names of the enclosing query; `parent` the enclosing query
 * itself (for a subquery in FROM it is not the owner of `outer`).
 */
export function bindSelect(
  b: Binder,
  select: ast.Select,
  outer: Scope | null,
  parent: BlockState | null = outer?.block ?? null,
  ctes: CteScope | null = outer?.ctes ?? null,
): Query {
  const scope = select.with === null ? ctes : openCteScope(b, select.with, ctes);
  if (select.rest.length === 0) {
    return bindCore(b, select.first, select, { outer, block: b.newBlock(parent), ctes: scope });
  }
  const query = bindCompound(b, select, outer, parent, scope);
  return sortsByOtherRules(query) ? sortedOutside(b, query) : query;
}

interface Tail {
  readonly orderBy: readonly ast.OrderingTerm[];
  readonly limit: ast.Expr | null;
  readonly offset: ast.Expr | null;
}

const NO_TAIL: Tail = { orderBy: [], limit: null, offset: null };

function bindCore(
  b: Binder,
  core: ast.SelectCore | ast.ValuesCore,
  tail: Tail,
  ctx: FromContext,
): QueryBlock | ValuesQuery {
  return core.kind === 'values' ? bindValues(b, core, tail, ctx) : bindBlock(b, core, tail, ctx);
}

function bindLimits(
  b: Binder,
  tail: Tail,
  ctx: FromContext,
): { limit: BoundExpr | null; offset: BoundExpr | null } {
  const scope: Scope = {
    sources: [],
    outer: null,
    block: ctx.block,
    ctes: ctx.ctes,
    aliases: null,
    allowAggregate: false,
    allowWindow: false,
  };
  return {
    limit: tail.limit === null ? null : scalar(bindExpr(b, tail.limit, scope)),
    offset: tail.offset === null ? null : scalar(bindExpr(b, tail.offset, scope)),
  };
}

// -- one block -----------------------------------------------------------------------------------

function bindBlock(b: Binder, core: ast.SelectCore, tail: Tail, ctx: FromContext): QueryBlock {
  const { limit, offset } = bindLimits(b, tail, ctx);
  const from = bindFrom(b, core.from, ctx);
  const scope: Scope = {
    sources: from.sources,
    outer: ctx.outer,
    block: ctx.block,
    ctes: ctx.ctes,
    aliases: null,
    allowAggregate: true,
    allowWindow: true,
    windows: new Map(core.windows.map((w) => [fold(w.name.text), w.def])),
  };
  const columns = bindResultColumns(b, core.columns, scope);
  if (columns.length > b.env.limits.column) throw error('too many columns in result set');
  scope.aliases = columns.filter((c) => c.alias).map((c) => ({ name: c.name, column: c }));
  // Aggregates outside the result columns make no query an aggregate one: where it is none they
  // are refused at once, else when the clause turns out to be the wrong place for them.
  const isAggregate = core.groupBy.length > 0 || ctx.block.hasAggregate;
  if (core.having !== null && !isAggregate) {
    throw error('HAVING clause on a non-aggregate query');
  }
  const plain: Scope = { ...scope, allowAggregate: isAggregate, allowWindow: false };
  const where = [...from.where];
  if (core.where !== null) splitConjuncts(scalar(bindExpr(b, core.where, plain)), -1, -1, where);
  for (const c of where) refuseAggregates(c.expr, ctx.block.id);
  const having = core.having === null ? null : scalar(bindExpr(b, core.having, plain));
  const groupBy = bindGroupBy(b, core.groupBy, columns, scope);
  const orderBy = bindOrderBy(b, tail.orderBy, columns, scope);
  if (!isAggregate) for (const t of orderBy) refuseAggregates(t.expr, ctx.block.id);
  return {
    kind: 'block',
    id: ctx.block.id,
    core,
    columns,
    sources: from.sources,
    where,
    isAggregate,
    groupBy,
    having,
    distinct: core.distinct,
    orderBy,
    limit,
    offset,
    hasWindow: ctx.block.hasWindow,
    correlated: ctx.block.correlated,
  };
}

/** An aggregate of this query where its rows are not yet grouped. */
function refuseAggregates(e: BoundExpr, block: number): void {
  visitExprDeep(e, (x) => {
    if (x.kind === 'aggregate' && x.block === block) {
      throw error(`misuse of aggregate: ${x.def.name}()`);
    }
  });
}

/** A result column that knows whether its name is an alias (AS). */
export type NamedColumn = ResultColumn & { readonly alias: boolean };

/** Result columns with `*` and `t.*` expanded; names as SQLite gives them. */
export function bindResultColumns(
  b: Binder,
  columns: readonly ast.ResultColumn[],
  scope: Scope,
): NamedColumn[] {
  const out: NamedColumn[] = [];
  for (const c of columns) {
    switch (c.kind) {
      case 'expr': {
        const expr = scalar(bindExpr(b, c.expr, scope));
        const named = nameOf(b, c, expr);
        out.push({
          expr,
          name: named.name,
          named: named.named,
          declType: declTypeOf(expr),
          alias: c.alias !== null,
        });
        break;
      }
      case 'star':
        if (scope.sources.length === 0) throw error('no tables specified');
        out.push(...starColumns(b, scope, null));
        break;
      case 'tableStar':
        out.push(...starColumns(b, scope, c.table.text));
        break;
    }
  }
  return out;
}

function nameOf(
  b: Binder,
  c: ast.ResultColumn & { kind: 'expr' },
  expr: BoundExpr,
): { name: string; named: boolean } {
  if (c.alias !== null) return { name: c.alias.text, named: true };
  const isName = c.expr.kind === 'id' || c.expr.kind === 'column';
  if (isName && expr.kind === 'column') {
    const { fullColumnNames, shortColumnNames } = b.env.flags;
    const column = columnName(expr);
    if (fullColumnNames && expr.source.alias !== null && !shortColumnNames) {
      return { name: `${expr.source.table?.name ?? expr.source.alias}.${column}`, named: true };
    }
    if (shortColumnNames) return { name: column, named: true };
  }
  return { name: c.text, named: false };
}

/** A column's own name; "rowid" for the rowid of a table without INTEGER PRIMARY KEY. */
export function columnName(e: BoundExpr & { kind: 'column' }): string {
  const i = e.column < 0 ? (e.source.table?.rowidColumn ?? -1) : e.column;
  return i < 0 ? 'rowid' : e.source.columns[i]!.name;
}

/** The declared type of a source's column: through queries, that of the table's column behind it. */
function sourceType(source: Source, i: number): string | null {
  if (source.query === null) return source.columns[i]?.declType ?? null;
  return flatArms(source.query).at(-1)!.columns[i]?.declType ?? null;
}

function declTypeOf(e: BoundExpr): string | null {
  if (e.kind === 'column') {
    if (e.column >= 0) return sourceType(e.source, e.column);
    const i = e.source.table?.rowidColumn ?? -1;
    return i < 0 ? 'INTEGER' : e.source.columns[i]!.declType;
  }
  if (e.kind === 'subquery') return flatArms(e.query).at(-1)!.columns[0]!.declType;
  return null;
}

/** The columns that `*` (or `table.*`) stands for. `origins`, if given, gets table and column names. */
export function starColumns(
  b: Binder,
  scope: Scope,
  table: string | null,
  origins?: { table: string | null; column: string }[],
): NamedColumn[] {
  const out: NamedColumn[] = [];
  const wanted = table === null ? null : fold(table);
  let matched = false;
  scope.sources.forEach((source, position) => {
    const nested = nestedOriginsOf(source);
    const whole = wanted === null || (source.alias !== null && fold(source.alias) === wanted);
    if (!whole && nested === null) return;
    source.columns.forEach((c, i) => {
      const origin = nested?.[i] ?? null;
      if (!whole && (origin === null || origin.table === null || fold(origin.table) !== wanted))
        return;
      matched = true;
      if (c.hidden) return;
      const folded = fold(c.name);
      if (wanted === null && position > 0 && source.using.has(folded)) return;
      if (whole) checkTwins(b, scope.sources, position, c.name);
      out.push({
        expr: wanted === null ? starRef(b, scope.sources, position, i) : columnRef(source, i),
        name:
          b.env.flags.fullColumnNames && !b.env.flags.shortColumnNames && source.alias !== null
            ? `${source.alias}.${c.name}`
            : c.name,
        named: true,
        declType: sourceType(source, i),
        alias: false,
      });
      origins?.push(origin ?? { table: source.alias, column: c.name });
    });
    if (whole) matched = true;
  });
  if (!matched) {
    throw error(table === null ? 'no tables specified' : `no such table: ${table}`);
  }
  return out;
}

/** `*` names its columns with schema and table: two tables of one name make them ambiguous. */
function checkTwins(b: Binder, sources: readonly Source[], position: number, name: string): void {
  const source = sources[position]!;
  const { alias } = source;
  if (alias === null) return;
  const folded = fold(name);
  const isTwin = (other: Source): boolean =>
    other !== source &&
    other.alias !== null &&
    fold(other.alias) === fold(alias) &&
    (other.query === null) === (source.query === null) &&
    (source.query !== null || other.db === source.db) &&
    !other.using.has(folded) &&
    !source.using.has(folded) &&
    other.columns.some((c) => !c.hidden && fold(c.name) === folded);
  if (!sources.some(isTwin)) return;
  const schema = source.query === null ? b.env.catalog.schemas[source.db]!.name : '*';
  throw error(`ambiguous column name: ${schema}.${alias}.${name}`);
}

/** Under RIGHT and FULL joins a USING column of `*` is the coalesced one. */
function starRef(
  b: Binder,
  sources: readonly Source[],
  position: number,
  column: number,
): BoundExpr {
  const source = sources[position]!;
  const folded = fold(source.columns[column]!.name);
  let parts: BoundExpr[] = [columnRef(source, column)];
  for (const later of sources.slice(position + 1)) {
    if (!later.using.has(folded)) continue;
    const i = later.columns.findIndex((c) => fold(c.name) === folded);
    if (later.join === 'right') parts = [columnRef(later, i)];
    else if (later.join === 'full') parts.push(columnRef(later, i));
  }
  if (parts.length === 1) return parts[0]!;
  const def = b.env.functions.find('coalesce', parts.length);
  if (def === null) throw error('no such function: coalesce');
  return { kind: 'function', def, args: parts };
}

// -- GROUP BY and ORDER BY -------------------------------------------------------------------------

const ORDINALS = ['th', 'st', 'nd', 'rd'];

function ordinal(n: number): string {
  const tens = n % 100;
  const suffix = tens >= 11 && tens <= 13 ? 'th' : (ORDINALS[n % 10] ?? 'th');
  return `${n}${suffix}`;
}

function outOfRange(i: number, what: string, max: number): Error {
  return error(`${ordinal(i)} ${what} BY term out of range - should be between 1 and ${max}`);
}

/** The result column that a term names by number, -1 when it is no integer literal. */
function termNumber(t: ast.Expr): number {
  const e = t.kind === 'collate' ? stripCollate(t) : t;
  if (e.kind === 'integer') return typeof e.value === 'bigint' ? Number.MAX_SAFE_INTEGER : e.value;
  if (e.kind === 'unary' && (e.op === '-' || e.op === '+') && e.operand.kind === 'integer') {
    const v = Number(e.operand.value);
    return e.op === '-' ? 0 - v || 0 : v;
  }
  return -1;
}

function stripCollate(e: ast.Expr): ast.Expr {
  while (e.kind === 'collate') e = e.operand;
  return e;
}

function isNumber(t: ast.Expr): boolean {
  const e = stripCollate(t);
  return (
    e.kind === 'integer' ||
    (e.kind === 'unary' &&
      (e.op === '-' || e.op === '+') &&
      stripCollate(e.operand).kind === 'integer')
  );
}

/** Puts the COLLATE operators of `from` around `e`. */
function withCollate(from: ast.Expr, e: BoundExpr): BoundExpr {
  return from.kind === 'collate'
    ? { kind: 'collate', operand: withCollate(from.operand, e), collation: from.collation.text }
    : e;
}

function bindGroupBy(
  b: Binder,
  terms: readonly ast.Expr[],
  columns: readonly ResultColumn[],
  scope: Scope,
): BoundExpr[] {
  const inner: Scope = { ...scope, allowAggregate: true, allowWindow: false };
  if (terms.length > b.env.limits.column) throw error('too many terms in GROUP BY clause');
  return terms.map((t, i) => {
    let bound: BoundExpr;
    if (isNumber(t)) {
      const n = termNumber(t);
      if (n < 1 || n > columns.length) throw outOfRange(i + 1, 'GROUP', columns.length);
      bound = withCollate(t, columns[n - 1]!.expr);
    } else {
      bound = scalar(bindExpr(b, t, inner));
    }
    visitExprDeep(bound, (x) => {
      if (x.kind === 'aggregate' && x.block === scope.block.id) {
        throw error('aggregate functions are not allowed in the GROUP BY clause');
      }
    });
    return bound;
  });
}

function bindOrderBy(
  b: Binder,
  terms: readonly ast.OrderingTerm[],
  columns: readonly NamedColumn[],
  scope: Scope,
): OrderTerm[] {
  if (terms.length > b.env.limits.column) throw error('too many terms in ORDER BY clause');
  return terms.map((t, i) => {
    const flags = { desc: t.desc, bigNull: isBigNull(t) };
    const bare = stripCollate(t.expr);
    if (bare.kind === 'id') {
      const folded = fold(bare.name.text);
      const n = columns.findIndex((c) => c.alias && fold(c.name) === folded);
      if (n >= 0) return { expr: withCollate(t.expr, columns[n]!.expr), result: n + 1, ...flags };
    }
    if (isNumber(t.expr)) {
      const n = termNumber(t.expr);
      if (n < 1 || n > columns.length) throw outOfRange(i + 1, 'ORDER', columns.length);
      return { expr: withCollate(t.expr, columns[n - 1]!.expr), result: n, ...flags };
    }
    const expr = scalar(bindExpr(b, t.expr, scope));
    const same = skipCollate(expr);
    const n = columns.findIndex((c) => exprEquals(same, c.expr));
    return { expr, result: expr === same || n >= 0 ? n + 1 : 0, ...flags };
  });
}

// -- VALUES --------------------------------------------------------------------------------------

function bindValues(
  b: Binder,
  core: ast.ValuesCore,
  tail: Tail,
  ctx: FromContext,
): QueryBlock | ValuesQuery {
  const width = core.rows[0]!.length;
  if (core.rows.some((r) => r.length !== width)) {
    throw error('all VALUES must have the same number of terms');
  }
  const { limit, offset } = bindLimits(b, tail, ctx);
  const scope: Scope = {
    sources: [],
    outer: ctx.outer,
    block: ctx.block,
    ctes: ctx.ctes,
    aliases: null,
    allowAggregate: core.rows.length === 1,
    allowWindow: false,
  };
  const rows = core.rows.map((r) => r.map((e) => scalar(bindExpr(b, e, scope))));
  const columns: NamedColumn[] = rows[0]!.map((expr, i) => ({
    expr,
    name: `column${i + 1}`,
    named: true,
    declType: declTypeOf(expr),
    alias: false,
  }));
  const orderBy = bindOrderBy(b, tail.orderBy, columns, scope);
  const common = {
    id: ctx.block.id,
    core,
    columns,
    orderBy,
    limit,
    offset,
    correlated: ctx.block.correlated,
  };
  if (rows.length > 1) return { kind: 'values', rows, ...common };
  return {
    kind: 'block',
    sources: [],
    where: [],
    isAggregate: ctx.block.hasAggregate,
    groupBy: [],
    having: null,
    distinct: false,
    hasWindow: false,
    ...common,
  };
}

// -- compound queries ------------------------------------------------------------------------------

type Arm = QueryBlock | ValuesQuery;

function checkWidths(select: ast.Select, arms: readonly Arm[]): void {
  const width = arms[0]!.columns.length;
  arms.forEach((arm, i) => {
    if (arm.columns.length === width) return;
    const core = i === 0 ? select.first : select.rest[i - 1]!.core;
    if (core.kind === 'values') throw error('all VALUES must have the same number of terms');
    throw error(
      `SELECTs to the left and right of ${select.rest[i - 1]!.op} do not have the same number of result columns`,
    );
  });
}

function armCollations(arms: readonly Arm[]): (string | null)[] {
  return arms[0]!.columns.map((_, i) => {
    for (const arm of arms) {
      const c = exprCollation(arm.columns[i]!.expr);
      if (c !== null) return c.name;
    }
    return null;
  });
}

function bindCompound(
  b: Binder,
  select: ast.Select,
  outer: Scope | null,
  parent: BlockState | null,
  ctes: CteScope | null,
): CompoundQuery {
  if (select.rest.length >= b.env.limits.compoundSelect) {
    throw error('too many terms in compound SELECT');
  }
  const whole = b.newBlock(parent);
  const arm = (core: ast.SelectCore | ast.ValuesCore): Arm =>
    bindCore(b, core, NO_TAIL, { outer, block: b.newBlock(whole), ctes });
  // The last arm is bound first: its errors are the ones that SQLite reports.
  const rest = select.rest
    .map((_, i) => select.rest[select.rest.length - 1 - i]!)
    .map((r) => ({ op: r.op, query: arm(r.core) }))
    .reverse();
  const first = arm(select.first);
  const arms = [first, ...rest.map((r) => r.query)];
  checkWidths(select, arms);
  const ctx: FromContext = { outer, block: whole, ctes };
  const { limit, offset } = bindLimits(b, select, ctx);
  return {
    kind: 'compound',
    id: whole.id,
    columns: first.columns,
    first,
    rest,
    collations: armCollations(arms),
    orderBy: bindCompoundOrderBy(b, select.orderBy, arms, select, ctx),
    limit,
    offset,
    correlated: whole.correlated,
  };
}

/** ORDER BY ... COLLATE must not say which rows UNION, INTERSECT and EXCEPT take for equal. */
function sortsByOtherRules(q: CompoundQuery): boolean {
  return q.rest.some((r) => r.op !== 'UNION ALL') && q.orderBy.some((t) => hasCollate(t.expr));
}

/** SELECT * FROM (compound) with the ORDER BY and LIMIT of the compound. */
function sortedOutside(b: Binder, q: CompoundQuery): QueryBlock {
  const query: CompoundQuery = { ...q, orderBy: [], limit: null, offset: null };
  const source = makeSource(b.nextId(), {
    alias: null,
    name: null,
    query,
    correlated: q.correlated,
    columns: queryColumns(query, null),
  });
  const columns = q.columns.map((c, i) => ({ ...c, expr: columnRef(source, i) }));
  return {
    kind: 'block',
    id: b.newBlock(null).id,
    columns,
    sources: [source],
    where: [],
    isAggregate: false,
    groupBy: [],
    having: null,
    distinct: false,
    orderBy: q.orderBy.map((t) => ({
      ...t,
      expr: recollated(t.expr, columns[t.result - 1]!.expr),
    })),
    limit: q.limit,
    offset: q.offset,
    hasWindow: false,
    correlated: q.correlated,
  };
}

/** The COLLATE operators around `from`, around `e`. */
function recollated(from: BoundExpr, e: BoundExpr): BoundExpr {
  return from.kind === 'collate' && from.implicit !== true
    ? { ...from, operand: recollated(from.operand, e) }
    : e;
}

/** Each term must be a column number, an alias, or equal to a result expression of some arm. */
function bindCompoundOrderBy(
  b: Binder,
  terms: readonly ast.OrderingTerm[],
  arms: readonly Arm[],
  select: ast.Select,
  ctx: FromContext,
): OrderTerm[] {
  const width = arms[0]!.columns.length;
  return terms.map((t, i) => {
    let n = -1;
    const bare = stripCollate(t.expr);
    if (isNumber(t.expr)) {
      n = termNumber(t.expr);
      if (n < 1 || n > width) throw outOfRange(i + 1, 'ORDER', width);
      n -= 1;
    } else {
      const cores = [select.first, ...select.rest.map((r) => r.core)];
      for (let a = 0; a < arms.length && n < 0; a++) {
        n = matchArm(b, bare, arms[a]!, cores[a]!, ctx);
      }
    }
    if (n < 0) {
      throw error(`${ordinal(i + 1)} ORDER BY term does not match any column in the result set`);
    }
    return {
      expr: withCollate(t.expr, arms[0]!.columns[n]!.expr),
      desc: t.desc,
      bigNull: isBigNull(t),
      result: n + 1,
    };
  });
}

function matchArm(
  b: Binder,
  e: ast.Expr,
  arm: Arm,
  core: ast.SelectCore | ast.ValuesCore,
  ctx: FromContext,
): number {
  if (e.kind === 'id') {
    const folded = fold(e.name.text);
    const n = arm.columns.findIndex((c) => c.named && fold(c.name) === folded);
    if (n >= 0) return n;
  }
  if (arm.kind !== 'block' || core.kind !== 'core') return -1;
  const scope: Scope = {
    sources: arm.sources,
    outer: ctx.outer,
    block: b.newBlock(ctx.block),
    ctes: ctx.ctes,
    aliases: null,
    allowAggregate: true,
    allowWindow: false,
  };
  try {
    const bound = bindExpr(b, e, scope);
    return arm.columns.findIndex((c) => exprEquals(bound, c.expr));
  } catch {
    // Names that this arm does not know may belong to another arm.
    return -1;
  }
}

// -- common table expressions ----------------------------------------------------------------------

/** True when a FROM clause names `folded` directly (not in a subquery). */
function namesTable(items: readonly ast.FromItem[], folded: string): boolean {
  return items.some((i) => {
    const s = i.source;
    if (s.kind === 'join') return namesTable(s.items, folded);
    return (
      s.kind === 'table' &&
      s.table.schema === null &&
      s.args === null &&
      fold(s.table.name.text) === folded
    );
  });
}

/** Binds the select of a CTE for one reference to it. */
export function bindCteQuery(b: Binder, entry: CteEntry, ctx: FromContext): Query {
  const select = entry.ast.select;
  const name = entry.ast.name.text;
  const folded = fold(name);
  let split = select.rest.length;
  while (split > 0) {
    const arm = select.rest[split - 1]!;
    const usable = arm.op === 'UNION' || arm.op === 'UNION ALL';
    if (!usable || arm.core.kind !== 'core' || !namesTable(arm.core.from, folded)) break;
    split -= 1;
  }
  entry.busy = 'setup';
  try {
    if (split === select.rest.length) {
      const query = bindSelect(b, select, null, ctx.block, entry.scope());
      checkCteWidth(entry, query);
      return query;
    }
    return bindRecursive(b, entry, ctx, split);
  } finally {
    entry.busy = 'no';
  }
}

function checkCteWidth(entry: CteEntry, query: Query): void {
  const names = entry.ast.columns;
  if (names !== null && names.length !== query.columns.length) {
    throw error(
      `table ${entry.ast.name.text} has ${query.columns.length} values for ${names.length} columns`,
    );
  }
}

function bindRecursive(
  b: Binder,
  entry: CteEntry,
  ctx: FromContext,
  split: number,
): RecursiveQuery {
  const select = entry.ast.select;
  const whole = b.newBlock(ctx.block);
  const inner = select.with === null ? entry.scope() : openCteScope(b, select.with, entry.scope());
  const setupAst: ast.Select = {
    ...select,
    with: null,
    rest: select.rest.slice(0, split),
    orderBy: [],
    limit: null,
    offset: null,
  };
  const setup = bindSelect(b, setupAst, null, whole, inner);
  checkCteWidth(entry, setup);
  const names = entry.ast.columns?.map((n) => n.text) ?? null;
  const queueSource = b.nextId();
  entry.queue = { id: queueSource, columns: queryColumns(setup, names) };
  entry.busy = 'recursive';
  try {
    const arms = select.rest.slice(split);
    const steps = arms.map((r) => {
      entry.queueReferences = 0;
      const before = b.newBlock(whole);
      const step = bindCore(b, r.core, NO_TAIL, { outer: null, block: before, ctes: inner });
      if (entry.queueReferences > 1) {
        throw error(`multiple references to recursive table: ${entry.ast.name.text}`);
      }
      if (step.kind === 'block' && step.isAggregate) {
        throw error('recursive aggregate queries not supported');
      }
      return step;
    });
    const setupArms = armsOf(setup);
    checkWidths(select, [...setupArms, ...steps]);
    const limits = bindLimits(b, select, { outer: null, block: whole, ctes: inner });
    return {
      kind: 'recursive',
      id: whole.id,
      columns: setup.columns,
      setup,
      steps,
      distinct: arms.some((a) => a.op === 'UNION'),
      queueSource,
      collations: armCollations([...setupArms, ...steps]),
      orderBy: bindCompoundOrderBy(b, select.orderBy, [...setupArms, ...steps], select, {
        outer: null,
        block: whole,
        ctes: inner,
      }),
      ...limits,
      correlated: whole.correlated,
    };
  } finally {
    entry.queue = null;
  }
}

function armsOf(q: Query): Arm[] {
  if (q.kind === 'compound') return [q.first, ...q.rest.map((r) => r.query)];
  return q.kind === 'recursive' ? [] : [q];
}

// -- columns of a query as a source ------------------------------------------------------------------

/** Column names and types that a query has as a table (view, CTE, subquery in FROM, CREATE TABLE AS). */
export function queryColumns(q: Query, names: readonly string[] | null): SourceColumn[] {
  const arms = flatArms(q);
  const used = new Set<string>();
  // The declared type that SQLite shows is that of the last arm.
  const last = arms[arms.length - 1]!;
  return q.columns.map((c, i) => {
    const affinity = columnAffinityOf(arms, i);
    return {
      name: names === null ? uniqueName(plainName(c, i), used) : names[i]!,
      affinity,
      collation: collationAt(q, i),
      declType: shownType(last.columns[i]!.declType, affinity),
      notNull: false,
      hidden: false,
    };
  });
}

/** The declared type, or the affinity's plain name where there is none of that affinity. */
function shownType(declared: string | null, affinity: Affinity): string | null {
  if (declared !== null && affinityOfType(declared) === affinity) return declared;
  switch (affinity) {
    case Affinity.None:
      return declared;
    case Affinity.Blob:
      return 'BLOB';
    case Affinity.Text:
      return 'TEXT';
    case Affinity.Integer:
      return 'INT';
    case Affinity.Real:
      return 'REAL';
    case Affinity.Numeric:
    case Affinity.Flexnum:
      return 'NUM';
  }
}

function flatArms(q: Query): readonly Query[] {
  switch (q.kind) {
    case 'compound':
      return [q.first, ...q.rest.map((r) => r.query)];
    case 'recursive':
      return [...flatArms(q.setup), ...q.steps];
    default:
      return [q];
  }
}

function collationAt(q: Query, i: number): string {
  if (q.kind === 'compound' || q.kind === 'recursive') return q.collations[i] ?? 'BINARY';
  return exprCollation(q.columns[i]!.expr)?.name ?? 'BINARY';
}

function columnAffinityOf(arms: readonly Query[], i: number): Affinity {
  const own = exprAffinity(arms[0]!.columns[i]!.expr);
  if (own <= Affinity.None) return Affinity.None;
  if (arms.length > 1 && own >= Affinity.Text) {
    let types = 0;
    for (const arm of arms) types |= exprDataType(arm.columns[i]!.expr);
    if (own === Affinity.Text && (types & 0x01) !== 0) return Affinity.Blob;
    if (own >= Affinity.Numeric && (types & 0x02) !== 0) return Affinity.Blob;
    const expr = skipCollate(arms[0]!.columns[i]!.expr);
    if (own >= Affinity.Numeric && expr.kind === 'cast') return Affinity.Flexnum;
  }
  return own;
}

function plainName(c: ResultColumn, i: number): string {
  const name = c.name;
  if (!c.named) {
    const e = skipCollateAndLikely(c.expr);
    if (e.kind === 'column') return columnName(e);
  }
  const folded = fold(name);
  return name === '' || folded === 'true' || folded === 'false' ? `column${i + 1}` : name;
}

/** Repeated names get ":1", ":2" ... behind them. */
function uniqueName(name: string, used: Set<string>): string {
  let unique = name;
  for (let n = 1; used.has(fold(unique)); n++) {
    unique = `${name.replace(/:\d+$/, '')}:${n}`;
  }
  used.add(fold(unique));
  return unique;
}
