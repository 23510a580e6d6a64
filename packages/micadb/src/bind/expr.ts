/**
 * Expressions: syntax tree -> bound tree. Resolves names and functions, checks where aggregates,
 * window functions, subqueries and row values may stand.
 */

import type { FunctionDef } from '../functions/types.ts';
import type * as ast from '../sql/ast.ts';
import { affinityOfType } from '../values/affinity.ts';
import { Real, type SqlValue } from '../values/value.ts';
import {
  type Binder,
  error,
  fold,
  lookupTable,
  makeSource,
  type Scope,
  sourceColumns,
} from './binder.ts';
import { columnRef, resolveName } from './names.ts';
import { bindSelect } from './select.ts';
import type { BoundExpr, BoundWindow, CompareOp, OrderTerm, Query, QueryBlock } from './tree.ts';
import { exprSome, vectorSize, visitExprDeep } from './types.ts';

/** Binds one expression. Throws SqliteError with SQLite's messages. */
export function bindExpr(b: Binder, e: ast.Expr, scope: Scope): BoundExpr {
  switch (e.kind) {
    case 'null':
      return { kind: 'constant', value: null };
    case 'integer':
      return { kind: 'constant', value: integerValue(e.value) };
    case 'real':
      return constantReal(e.value);
    case 'string':
      return { kind: 'constant', value: e.value };
    case 'blob':
      return { kind: 'constant', value: e.value };
    case 'current':
      return bindCall(b, scope, fold(e.which), [], e.pos);
    case 'parameter':
      if (scope.self !== undefined) throw error(`parameters prohibited in ${scope.self}`, e.pos);
      return { kind: 'parameter', index: e.index, name: e.name };
    case 'id':
      return resolveName(b, scope, null, null, e.name);
    case 'column':
      return bindQualified(b, e, scope);
    case 'unary':
      return bindUnary(b, e, scope);
    case 'binary':
      return bindBinary(b, e, scope);
    case 'like': {
      const args = [e.right, e.left];
      if (e.escape !== null) args.push(e.escape);
      const call = bindCall(
        b,
        scope,
        e.op,
        args.map((a) => scalar(bindExpr(b, a, scope))),
        e.pos,
      );
      const infix: BoundExpr =
        call.kind === 'function' ? { ...call, infix: e.op === 'LIKE' ? 'LIKE' : 'GLOB' } : call;
      return e.not ? negate(infix) : infix;
    }
    case 'between': {
      const operand = bindExpr(b, e.operand, scope);
      const low = bindExpr(b, e.low, scope);
      const high = bindExpr(b, e.high, scope);
      sameSize(operand, low);
      sameSize(operand, high);
      const bound: BoundExpr = { kind: 'between', operand, low, high };
      return e.not ? negate(bound) : bound;
    }
    case 'in':
      return bindIn(b, e, scope);
    case 'exists': {
      const query = bindInner(b, e.select, scope);
      return { kind: 'exists', query, correlated: query.correlated };
    }
    case 'subquery': {
      const query = bindInner(b, e.select, scope);
      return { kind: 'subquery', query, correlated: query.correlated };
    }
    case 'vector':
      return { kind: 'vector', items: e.items.map((x) => scalar(bindExpr(b, x, scope))) };
    case 'cast':
      return {
        kind: 'cast',
        operand: scalar(bindExpr(b, e.operand, scope)),
        affinity: affinityOfType(e.type.text),
      };
    case 'collate': {
      // Whether there is such a collation is asked where something is compared by it.
      const operand = bindExpr(b, e.operand, scope);
      return { kind: 'collate', operand, collation: e.collation.text };
    }
    case 'case':
      return {
        kind: 'case',
        operand: e.operand === null ? null : scalar(bindExpr(b, e.operand, scope)),
        whens: e.whens.map((w) => ({
          when: scalar(bindExpr(b, w.when, scope)),
          then: scalar(bindExpr(b, w.then, scope)),
        })),
        otherwise: e.otherwise === null ? null : scalar(bindExpr(b, e.otherwise, scope)),
      };
    case 'function':
      return bindFunction(b, e, scope);
    case 'raise':
      if (b.trigger === null) {
        throw error('RAISE() may only be used within a trigger-program', e.pos);
      }
      return {
        kind: 'raise',
        action: e.action,
        message: e.message === null ? null : scalar(bindExpr(b, e.message, scope)),
      };
  }
}

/** `table.column`: a name that is not there is reported before the place where none may stand. */
function bindQualified(b: Binder, e: ast.Expr & { kind: 'column' }, scope: Scope): BoundExpr {
  const found = resolveName(b, scope, e.schema, e.table, e.column);
  if (scope.self === 'index expressions' || scope.self === 'generated columns') {
    throw error(`the "." operator prohibited in ${scope.self}`, e.pos);
  }
  return found;
}

function constantReal(v: number): BoundExpr {
  return { kind: 'constant', value: new Real(v) };
}

/** 9223372036854775808 (only meant under a minus) alone is a REAL. */
function integerValue(v: number | bigint): SqlValue {
  if (typeof v === 'bigint' && (v > 9223372036854775807n || v < -9223372036854775808n)) {
    return new Real(Number(v));
  }
  return v;
}

function negate(operand: BoundExpr): BoundExpr {
  return { kind: 'unary', op: 'NOT', operand };
}

/** Refuses row values and multi-column subqueries where one value is due. */
export function scalar(e: BoundExpr): BoundExpr {
  const n = vectorSize(e);
  if (n === 1) return e;
  if (e.kind === 'subquery') throw error(`sub-select returns ${n} columns - expected 1`);
  throw error('row value misused');
}

function sameSize(left: BoundExpr, right: BoundExpr): void {
  if (vectorSize(left) !== vectorSize(right)) throw error('row value misused');
}

function bindInner(b: Binder, select: ast.Select, scope: Scope): Query {
  if (scope.self !== undefined) throw error(`subqueries prohibited in ${scope.self}`);
  return bindSelect(b, select, scope);
}

function bindUnary(b: Binder, e: ast.Expr & { kind: 'unary' }, scope: Scope): BoundExpr {
  if (e.op === '-') {
    const o = e.operand;
    if (o.kind === 'integer') {
      const v = -BigInt(o.value);
      if (v < -9223372036854775808n) return constantReal(Number(v));
      const safe = v >= -9007199254740991n && v <= 9007199254740991n;
      return { kind: 'constant', value: safe ? Number(v) + 0 : v };
    }
    if (o.kind === 'real') return constantReal(-o.value);
  }
  const operand = scalar(bindExpr(b, e.operand, scope));
  switch (e.op) {
    case 'ISNULL':
    case 'NOTNULL':
      return { kind: 'isNull', not: e.op === 'NOTNULL', operand };
    default:
      return { kind: 'unary', op: e.op, operand };
  }
}

/** The literal TRUE or FALSE that stands right of IS, unless a column has that name. */
function truthLiteral(e: ast.Expr, bound: BoundExpr): boolean | null {
  if (e.kind !== 'id' || e.name.quote !== '' || bound.kind !== 'constant') return null;
  return bound.value === 1;
}

/** Left-deep chains of one operator may be long: they are bound in a loop, not by recursion. */
function bindBinary(b: Binder, e: ast.Expr & { kind: 'binary' }, scope: Scope): BoundExpr {
  const chain: (ast.Expr & { kind: 'binary' })[] = [];
  let leftmost: ast.Expr = e;
  while (leftmost.kind === 'binary') {
    chain.push(leftmost);
    leftmost = leftmost.left;
  }
  let left = bindExpr(b, leftmost, scope);
  for (let i = chain.length - 1; i >= 0; i--) {
    const node = chain[i]!;
    left = combine(b, node, left, bindExpr(b, node.right, scope), scope);
  }
  return left;
}

function combine(
  b: Binder,
  e: ast.Expr & { kind: 'binary' },
  left: BoundExpr,
  right: BoundExpr,
  scope: Scope,
): BoundExpr {
  switch (e.op) {
    case 'AND':
      return { kind: 'and', left: scalar(left), right: scalar(right) };
    case 'OR':
      return { kind: 'or', left: scalar(left), right: scalar(right) };
    case 'IS':
    case 'IS NOT': {
      const truth = truthLiteral(e.right, right);
      if (truth !== null) {
        return { kind: 'truth', not: e.op === 'IS NOT', value: truth, operand: scalar(left) };
      }
      if (right.kind === 'constant' && right.value === null && vectorSize(left) === 1) {
        return { kind: 'isNull', not: e.op === 'IS NOT', operand: left };
      }
      return compare(e.op, left, right);
    }
    case '=':
    case '<>':
    case '<':
    case '<=':
    case '>':
    case '>=':
      return compare(e.op, left, right);
    case '->':
    case '->>':
      return bindCall(b, scope, e.op, [scalar(left), scalar(right)], e.pos);
    default:
      return { kind: 'arithmetic', op: e.op, left: scalar(left), right: scalar(right) };
  }
}

function compare(op: CompareOp, left: BoundExpr, right: BoundExpr): BoundExpr {
  sameSize(left, right);
  return { kind: 'compare', op, left, right };
}

function bindIn(b: Binder, e: ast.Expr & { kind: 'in' }, scope: Scope): BoundExpr {
  if (e.source.kind === 'list' && e.source.items.length === 0) {
    // The left side does not matter, not even whether it is NULL.
    return { kind: 'constant', value: e.not ? 1 : 0 };
  }
  const operand = bindExpr(b, e.operand, scope);
  const n = vectorSize(operand);
  const wrap = (x: BoundExpr): BoundExpr => (e.not ? negate(x) : x);
  const src = e.source;
  switch (src.kind) {
    case 'list': {
      if (n > 1) {
        const items = src.items.map((i) => bindExpr(b, i, scope));
        for (const item of items) {
          if (vectorSize(item) !== n || item.kind !== 'vector') {
            throw error(
              `IN(...) element has ${vectorSize(item)} term${vectorSize(item) === 1 ? '' : 's'} - expected ${n}`,
            );
          }
        }
        return wrap(vectorInList(b, scope, operand, items, src));
      }
      return wrap({
        kind: 'inList',
        operand,
        items: src.items.map((i) => scalar(bindExpr(b, i, scope))),
      });
    }
    case 'select': {
      const query = bindInner(b, src.select, scope);
      checkInSize(query, n);
      return wrap({ kind: 'inQuery', operand, query, correlated: query.correlated });
    }
    case 'table': {
      if (scope.self !== undefined) throw error(`subqueries prohibited in ${scope.self}`);
      const query = tableQuery(b, src, scope);
      checkInSize(query, n);
      return wrap({ kind: 'inQuery', operand, query, correlated: query.correlated });
    }
  }
}

/** (a,b) IN ((1,2),(3,4)) is (a,b) IN (VALUES (1,2),(3,4)). */
function vectorInList(
  b: Binder,
  scope: Scope,
  operand: BoundExpr,
  items: readonly BoundExpr[],
  core: object,
): BoundExpr {
  const rows = items.map((item) => (item.kind === 'vector' ? item.items : []));
  const columns = rows[0]!.map((expr, i) => ({
    expr,
    name: `column${i + 1}`,
    named: true,
    declType: null,
  }));
  const correlated = items.some((item) => exprSome(item, isOuterDependent));
  const query: Query = {
    kind: 'values',
    id: b.newBlock(scope.block).id,
    core,
    columns,
    rows,
    orderBy: [],
    limit: null,
    offset: null,
    correlated,
  };
  return { kind: 'inQuery', operand, query, correlated: query.correlated };
}

/** Uses something that is not known at the start of the statement. */
function isOuterDependent(e: BoundExpr): boolean {
  switch (e.kind) {
    case 'column':
    case 'aggregate':
    case 'window':
      return true;
    case 'subquery':
    case 'exists':
    case 'inQuery':
      return e.correlated;
    default:
      return false;
  }
}

function checkInSize(query: Query, n: number): void {
  if (query.columns.length !== n) {
    throw error(`sub-select returns ${query.columns.length} columns - expected ${n}`);
  }
}

/** `x IN table`: SELECT * FROM table. */
function tableQuery(b: Binder, core: { readonly table: ast.QualifiedName }, scope: Scope): Query {
  const name = core.table;
  const found = lookupTable(b.env.catalog, name.schema?.text ?? null, name.name.text, b.fixedDb);
  if (found === null || found.table.kind === 'view') {
    const pos = name.name.pos;
    const item: ast.FromItem = {
      join: { kind: 'comma', natural: false },
      source: { kind: 'table', table: name, args: null, indexedBy: null, notIndexed: false },
      alias: null,
      on: null,
      using: null,
      pos,
    };
    return bindSelect(
      b,
      {
        kind: 'select',
        with: null,
        first: {
          kind: 'core',
          distinct: false,
          columns: [{ kind: 'star' }],
          from: [item],
          where: null,
          groupBy: [],
          having: null,
          windows: [],
          pos,
        },
        rest: [],
        orderBy: [],
        limit: null,
        offset: null,
        pos,
        end: pos,
      },
      scope,
    );
  }
  const block = b.newBlock(scope.block);
  const source = makeSource(b.nextId(), {
    alias: found.table.name,
    name: found.table.name,
    db: found.db,
    table: found.table,
    columns: sourceColumns(found.table),
  });
  const query: QueryBlock = {
    kind: 'block',
    id: block.id,
    core,
    columns: source.columns
      .map((c, i) => ({ c, i }))
      .filter(({ c }) => !c.hidden)
      .map(({ c, i }) => ({
        expr: columnRef(source, i),
        name: c.name,
        named: true,
        declType: c.declType,
      })),
    sources: [source],
    where: [],
    isAggregate: false,
    groupBy: [],
    having: null,
    distinct: false,
    orderBy: [],
    limit: null,
    offset: null,
    hasWindow: false,
    correlated: false,
  };
  return query;
}

// -- functions -----------------------------------------------------------------------------------

function findFunction(b: Binder, name: string, argCount: number, pos: number): FunctionDef {
  const def = b.env.functions.find(name, argCount);
  if (def !== null) {
    const tooFew = def.minArgs !== undefined && argCount < def.minArgs;
    const tooMany = def.maxArgs !== undefined && argCount > def.maxArgs;
    if (!tooFew && !tooMany) return def;
  }
  if (def !== null || b.env.functions.has(name)) {
    throw error(`wrong number of arguments to function ${name}()`, pos);
  }
  throw error(`no such function: ${name}`, pos);
}

/**
 * What the schema says (but that of temp) may not call functions with side effects, and only harmless ones
 * under PRAGMA trusted_schema=OFF: the file may come from a stranger.
 */
function checkProhibited(
  b: Binder,
  scope: Scope,
  name: string,
  def: FunctionDef,
  pos: number,
): void {
  const inSchema = scope.self === undefined ? b.fixedDb !== null : scope.selfTemp !== true;
  if (inSchema) {
    const harmless = def.innocuous === true || b.env.flags.trustedSchema;
    if (def.directOnly === true || !harmless) throw error(`unsafe use of ${name}()`, pos);
  }
  if (def.deterministic) return;
  switch (scope.self) {
    case undefined:
    case 'CHECK constraints':
    case 'DEFAULT values':
      return;
    case 'index expressions':
    case 'partial index WHERE clauses':
    case 'generated columns':
      throw error(`non-deterministic functions prohibited in ${scope.self}`, pos);
  }
}

/** A call, which knows when it must not read the clock. */
function scalarCall(scope: Scope, def: FunctionDef, args: readonly BoundExpr[]): BoundExpr {
  if (def.slowChange !== true || !def.deterministic) return { kind: 'function', def, args };
  switch (scope.self) {
    case undefined:
    case 'DEFAULT values':
      return { kind: 'function', def, args };
    case 'CHECK constraints':
      return { kind: 'function', def, args, pureUse: 'a CHECK constraint' };
    case 'generated columns':
      return { kind: 'function', def, args, pureUse: 'a generated column' };
    case 'index expressions':
    case 'partial index WHERE clauses':
      return { kind: 'function', def, args, pureUse: 'an index' };
  }
}

/** A scalar call by name with bound arguments (LIKE, ->, CURRENT_TIME and such). */
function bindCall(
  b: Binder,
  scope: Scope,
  name: string,
  args: readonly BoundExpr[],
  pos: number,
): BoundExpr {
  const def = findFunction(b, name, args.length, pos);
  checkProhibited(b, scope, name, def, pos);
  return scalarCall(scope, def, args);
}

function bindFunction(b: Binder, e: ast.Expr & { kind: 'function' }, scope: Scope): BoundExpr {
  const name = e.name.text;
  const argAsts = e.args === 'star' ? [] : e.args;
  if (argAsts.length > b.env.limits.functionArg) {
    throw error(`too many arguments on function ${name}`, e.pos);
  }
  const def = findFunction(b, name, argAsts.length, e.pos);
  checkProhibited(b, scope, name, def, e.pos);
  if (def.kind === 'scalar') {
    if (e.over !== null) throw error(`${name}() may not be used as a window function`, e.pos);
    if (e.filter !== null)
      throw error(`FILTER may not be used with non-aggregate ${name}()`, e.pos);
    if (e.orderBy.length > 0)
      throw error(`ORDER BY may not be used with non-aggregate ${name}()`, e.pos);
    const args = argAsts.map((a) => scalar(bindExpr(b, a, scope)));
    if (def.inline === 'unlikely' && args.length === 2) checkLikelihood(args[1]!);
    return scalarCall(scope, def, args);
  }
  if (e.over !== null) return bindWindow(b, e, def, argAsts, scope);
  if (def.kind === 'window') throw error(`misuse of window function ${name}()`, e.pos);
  return bindAggregate(b, e, def, argAsts, scope);
}

function checkLikelihood(e: BoundExpr): void {
  const ok =
    e.kind === 'constant' && e.value instanceof Real && e.value.value >= 0 && e.value.value <= 1;
  if (!ok) {
    throw error('second argument to likelihood() must be a constant between 0.0 and 1.0');
  }
}

function bindAggregate(
  b: Binder,
  e: ast.Expr & { kind: 'function' },
  def: FunctionDef,
  argAsts: readonly ast.Expr[],
  scope: Scope,
): BoundExpr {
  const name = e.name.text;
  if (!scope.allowAggregate) {
    throw error(`misuse of aggregate function ${name}()`, e.pos);
  }
  const inner: Scope = { ...scope, allowAggregate: false, allowWindow: scope.allowWindow };
  const args = argAsts.map((a) => scalar(bindExpr(b, a, inner)));
  if (e.distinct && args.length !== 1) {
    throw error('DISTINCT aggregates must have exactly one argument', e.pos);
  }
  const filter = e.filter === null ? null : scalar(bindExpr(b, e.filter, inner));
  const orderBy = bindOrderTerms(b, e.orderBy, inner);
  const owner = aggregateOwner(scope, [
    ...args,
    ...(filter === null ? [] : [filter]),
    ...orderBy.map((t) => t.expr),
  ]);
  owner.block.hasAggregate = true;
  return {
    kind: 'aggregate',
    def,
    args,
    distinct: e.distinct,
    filter,
    orderBy,
    block: owner.block.id,
  };
}

/**
 * The query an aggregate belongs to: the innermost one whose columns its arguments use; the
 * innermost of all when they use none (or none that is in scope).
 */
function aggregateOwner(scope: Scope, exprs: readonly BoundExpr[]): Scope {
  const used = new Set<number>();
  let any = false;
  for (const e of exprs) {
    visitExprDeep(e, (x) => {
      if (x.kind === 'column') {
        used.add(x.source.id);
        any = true;
      }
    });
  }
  if (!any) return scope;
  for (let s: Scope | null = scope; s !== null; s = s.outer) {
    if (s.sources.some((src) => used.has(src.id))) {
      for (
        let bl: Scope['block'] | null = scope.block;
        bl !== null && bl !== s.block;
        bl = bl.parent
      ) {
        bl.correlated = true;
      }
      return s;
    }
  }
  return scope;
}

/** Plain ORDER BY terms (inside aggregates and windows): no aliases, no column numbers. */
export function bindOrderTerms(
  b: Binder,
  terms: readonly ast.OrderingTerm[],
  scope: Scope,
): OrderTerm[] {
  return terms.map((t) => ({
    expr: scalar(bindExpr(b, t.expr, scope)),
    desc: t.desc,
    bigNull: isBigNull(t),
    result: 0,
  }));
}

export function isBigNull(t: ast.OrderingTerm): boolean {
  return t.nulls !== null && (t.nulls === 'LAST') !== t.desc;
}

function bindWindow(
  b: Binder,
  e: ast.Expr & { kind: 'function' },
  def: FunctionDef,
  argAsts: readonly ast.Expr[],
  scope: Scope,
): BoundExpr {
  const name = e.name.text;
  if (!scope.allowWindow) throw error(`misuse of window function ${name}()`, e.pos);
  // min() and max() have no inverse: their frames are computed anew.
  const movable =
    def.kind === 'window' ||
    (def.kind === 'aggregate' &&
      def.value !== undefined &&
      (def.inverse !== undefined || def.special !== undefined));
  if (!movable) {
    throw error(`${name}() may not be used as a window function`, e.pos);
  }
  if (e.distinct) throw error('DISTINCT is not supported for window functions', e.pos);
  if (e.filter !== null && def.kind !== 'aggregate') {
    throw error('FILTER clause may only be used with aggregate window functions', e.pos);
  }
  scope.block.hasWindow = true;
  const inner: Scope = { ...scope, allowWindow: false };
  const args = argAsts.map((a) => scalar(bindExpr(b, a, inner)));
  const filter = e.filter === null ? null : scalar(bindExpr(b, e.filter, inner));
  const window = bindWindowDef(b, resolveWindow(e.over!, scope), inner);
  return { kind: 'window', def, args, filter, window, block: scope.block.id };
}

/** A named window, or a definition that builds on one ("base window"). */
function resolveWindow(over: ast.Name | ast.WindowDef, scope: Scope): ast.WindowDef {
  if (!('kind' in over)) {
    const def = findWindow(scope, over.text);
    return def.base === null ? def : resolveWindow(def, scope);
  }
  if (over.base === null) return over;
  const base = resolveWindow(findWindow(scope, over.base.text), scope);
  const clash =
    over.partitionBy.length > 0
      ? 'PARTITION clause'
      : base.orderBy.length > 0 && over.orderBy.length > 0
        ? 'ORDER BY clause'
        : base.frame !== null
          ? 'frame specification'
          : null;
  if (clash !== null) throw error(`cannot override ${clash} of window: ${over.base.text}`);
  return {
    ...over,
    base: null,
    partitionBy: base.partitionBy,
    orderBy: over.orderBy.length > 0 ? over.orderBy : base.orderBy,
  };
}

function findWindow(scope: Scope, name: string): ast.WindowDef {
  const def = scope.windows?.get(fold(name));
  if (def === undefined) throw error(`no such window: ${name}`);
  return def;
}

function bindWindowDef(b: Binder, def: ast.WindowDef, scope: Scope): BoundWindow {
  const bound = (x: ast.FrameBound): BoundExpr | null =>
    x.kind === 'preceding' || x.kind === 'following' ? scalar(bindExpr(b, x.expr, scope)) : null;
  const orderBy = bindOrderTerms(b, def.orderBy, scope);
  const frame = def.frame;
  if (frame !== null && frame.unit === 'RANGE') {
    const offsets = [frame.start, frame.end].some(
      (x) => x.kind === 'preceding' || x.kind === 'following',
    );
    if (offsets && orderBy.length !== 1) {
      throw error('RANGE with offset PRECEDING/FOLLOWING requires one ORDER BY expression');
    }
  }
  return {
    partitionBy: def.partitionBy.map((p) => scalar(bindExpr(b, p, scope))),
    orderBy,
    frame,
    start: frame === null ? null : bound(frame.start),
    end: frame === null ? null : bound(frame.end),
  };
}
