/**
 * Type facts of bound expressions (affinity, collation) and helpers to look at and rebuild them.
 * Rules: https://www.sqlite.org/datatype3.html §3.2, §4.2, §7.1.
 */
import { Affinity, Real, type SqlValue, Text } from '../values/value.ts';
import {
  type BoundExpr,
  type BoundWindow,
  type Conjunct,
  type OrderTerm,
  type Query,
  type QueryBlock,
  type ResultColumn,
  SELF_ID,
  type Source,
} from './tree.ts';

// -- affinity ------------------------------------------------------------------------------------

/** The affinity of an expression; Affinity.None where it has none. */
export function exprAffinity(e: BoundExpr): Affinity {
  for (;;) {
    switch (e.kind) {
      case 'column':
        return e.column < 0
          ? Affinity.Integer
          : (e.source.columns[e.column]?.affinity ?? Affinity.None);
      case 'triggerColumn':
        // OLD and NEW are values: only the rowid has an affinity.
        return e.column < 0 ? Affinity.Integer : Affinity.None;
      case 'register':
      case 'cursorColumn':
        e = e.of;
        continue;
      case 'collate':
        e = e.operand;
        continue;
      case 'cast':
        return e.affinity;
      case 'function':
        if (isLikelihood(e)) {
          e = e.args[0]!;
          continue;
        }
        return Affinity.None;
      case 'subquery':
        e = e.query.columns[0]!.expr;
        continue;
      case 'vector':
        e = e.items[0]!;
        continue;
      default:
        return Affinity.None;
    }
  }
}

function isLikelihood(e: BoundExpr & { kind: 'function' }): boolean {
  return e.def.kind === 'scalar' && e.def.inline === 'unlikely';
}

/** Strips COLLATE and likely()/unlikely()/likelihood(). */
export function skipCollateAndLikely(e: BoundExpr): BoundExpr {
  for (;;) {
    if (e.kind === 'collate') e = e.operand;
    else if (e.kind === 'function' && isLikelihood(e)) e = e.args[0]!;
    else return e;
  }
}

/** Strips COLLATE only. */
export function skipCollate(e: BoundExpr): BoundExpr {
  while (e.kind === 'collate') e = e.operand;
  return e;
}

/**
 * The affinity that a comparison of the two applies to both operands: NUMERIC when both have one and
 * either is numeric; the affinity of the one that has any; BLOB (nothing) else.
 */
export function compareAffinity(left: BoundExpr, right: BoundExpr): Affinity {
  return combineAffinity(exprAffinity(left), exprAffinity(right));
}

export function combineAffinity(a: Affinity, b: Affinity): Affinity {
  if (a > Affinity.None && b > Affinity.None) {
    return a >= Affinity.Numeric || b >= Affinity.Numeric ? Affinity.Numeric : Affinity.Blob;
  }
  const one = a <= Affinity.None ? b : a;
  return one <= Affinity.None ? Affinity.Blob : one;
}

/** Storage classes an expression may give: bit 1 numeric, 2 text, 4 blob. */
export function exprDataType(e: BoundExpr): number {
  for (;;) {
    switch (e.kind) {
      case 'constant':
        return constantDataType(e.value);
      case 'collate':
        e = e.operand;
        continue;
      case 'register':
      case 'cursorColumn':
        e = e.of;
        continue;
      case 'unary':
        if (e.op === '+') {
          e = e.operand;
          continue;
        }
        return 0x05;
      case 'arithmetic':
        return e.op === '||' ? 0x06 : 0x05;
      case 'parameter':
      case 'function':
      case 'aggregate':
      case 'window':
        return 0x07;
      case 'column':
      case 'triggerColumn':
      case 'subquery':
      case 'cast':
      case 'vector': {
        const aff = exprAffinity(e);
        if (aff >= Affinity.Numeric) return 0x05;
        return aff === Affinity.Text ? 0x06 : 0x07;
      }
      case 'case': {
        let m = 0;
        for (const w of e.whens) m |= exprDataType(w.then);
        if (e.otherwise !== null) m |= exprDataType(e.otherwise);
        return m;
      }
      default:
        return 0x05;
    }
  }
}

function constantDataType(v: SqlValue): number {
  if (v === null) return 0;
  if (typeof v === 'string' || v instanceof Text) return 0x02;
  if (typeof v === 'number' || typeof v === 'bigint' || v instanceof Real) return 0x01;
  return 0x04;
}

// -- collation -----------------------------------------------------------------------------------

/** True when a COLLATE operator stands somewhere inside (subqueries not counted). */
export function hasCollate(e: BoundExpr): boolean {
  if (e.kind === 'collate' && e.implicit !== true) return true;
  for (const child of children(e)) if (hasCollate(child)) return true;
  return false;
}

/** The collation of an expression and whether a COLLATE operator gave it; null when it has none. */
export function exprCollation(e: BoundExpr): { name: string; explicit: boolean } | null {
  for (;;) {
    switch (e.kind) {
      case 'column':
        if (e.column < 0) return null;
        return { name: e.source.columns[e.column]?.collation ?? 'BINARY', explicit: false };
      case 'triggerColumn':
        if (e.column < 0) return null;
        return { name: e.table.columns[e.column]!.collation, explicit: false };
      case 'register':
      case 'cursorColumn':
        e = e.of;
        continue;
      case 'collate':
        return { name: e.collation, explicit: e.implicit !== true };
      case 'cast':
        e = e.operand;
        continue;
      case 'vector':
        e = e.items[0]!;
        continue;
      case 'unary':
        if (e.op === '+') {
          e = e.operand;
          continue;
        }
        break;
      default:
        break;
    }
    const next = children(e).find(hasCollate);
    if (next === undefined) return null;
    e = next;
  }
}

/** The collation of a comparison: explicit left, explicit right, left's, right's, BINARY. */
export function compareCollation(left: BoundExpr, right: BoundExpr): string {
  if (hasCollate(left)) return exprCollation(left)!.name;
  if (hasCollate(right)) return exprCollation(right)!.name;
  return exprCollation(left)?.name ?? exprCollation(right)?.name ?? 'BINARY';
}

// -- vectors -------------------------------------------------------------------------------------

/** Number of values: 1, or the size of a row value or multi-column subquery. */
export function vectorSize(e: BoundExpr): number {
  if (e.kind === 'vector') return e.items.length;
  if (e.kind === 'subquery') return e.query.columns.length;
  return 1;
}

/** Field `i` of a vector. For a row of a subquery its result expression: use it for type facts only. */
export function vectorField(e: BoundExpr, i: number): BoundExpr {
  if (e.kind === 'vector') return e.items[i]!;
  if (e.kind === 'subquery' && e.query.columns.length > 1) return e.query.columns[i]!.expr;
  return e;
}

// -- looking at trees ----------------------------------------------------------------------------

const NONE: readonly BoundExpr[] = [];

/** Direct operands, in SQL order; queries inside are not entered (the operand of IN is). */
export function children(e: BoundExpr): readonly BoundExpr[] {
  switch (e.kind) {
    case 'constant':
    case 'parameter':
    case 'column':
    case 'triggerColumn':
    case 'register':
    case 'cursorColumn':
    case 'exists':
    case 'subquery':
      return NONE;
    case 'unary':
    case 'isNull':
    case 'truth':
    case 'cast':
    case 'collate':
      return [e.operand];
    case 'arithmetic':
    case 'compare':
    case 'and':
    case 'or':
      return [e.left, e.right];
    case 'between':
      return [e.operand, e.low, e.high];
    case 'inList':
      return [e.operand, ...e.items];
    case 'inQuery':
      return [e.operand];
    case 'vector':
      return e.items;
    case 'case': {
      const list: BoundExpr[] = [];
      if (e.operand !== null) list.push(e.operand);
      for (const w of e.whens) list.push(w.when, w.then);
      if (e.otherwise !== null) list.push(e.otherwise);
      return list;
    }
    case 'function':
      return e.args;
    case 'aggregate': {
      const list = [...e.args];
      if (e.filter !== null) list.push(e.filter);
      for (const t of e.orderBy) list.push(t.expr);
      return list;
    }
    case 'window': {
      const list = [...e.args];
      if (e.filter !== null) list.push(e.filter);
      for (const p of e.window.partitionBy) list.push(p);
      for (const t of e.window.orderBy) list.push(t.expr);
      if (e.window.start !== null) list.push(e.window.start);
      if (e.window.end !== null) list.push(e.window.end);
      return list;
    }
    case 'raise':
      return e.message === null ? NONE : [e.message];
  }
}

/** The query inside a subquery expression, else null. */
export function queryOf(e: BoundExpr): Query | null {
  return e.kind === 'inQuery' || e.kind === 'exists' || e.kind === 'subquery' ? e.query : null;
}

/** Pre-order; `fn` returning false keeps it from going deeper. Subqueries are not entered. */
export function visitExpr(e: BoundExpr, fn: (e: BoundExpr) => unknown): void {
  if (fn(e) === false) return;
  for (const child of children(e)) visitExpr(child, fn);
}

/** As visitExpr, and into the expressions of subqueries. */
export function visitExprDeep(e: BoundExpr, fn: (e: BoundExpr) => unknown): void {
  if (fn(e) === false) return;
  for (const child of children(e)) visitExprDeep(child, fn);
  const q = queryOf(e);
  if (q !== null) visitQuery(q, fn);
}

/** All expressions of a query, those of its FROM subqueries included, each visited deeply. */
export function visitQuery(q: Query, fn: (e: BoundExpr) => unknown): void {
  const each = (e: BoundExpr): void => visitExprDeep(e, fn);
  for (const t of q.orderBy) each(t.expr);
  if (q.limit !== null) each(q.limit);
  if (q.offset !== null) each(q.offset);
  switch (q.kind) {
    case 'values':
      for (const row of q.rows) row.forEach(each);
      return;
    case 'compound':
      visitQuery(q.first, fn);
      for (const r of q.rest) visitQuery(r.query, fn);
      return;
    case 'recursive':
      visitQuery(q.setup, fn);
      for (const s of q.steps) visitQuery(s, fn);
      return;
    case 'block':
      for (const c of q.columns) each(c.expr);
      for (const c of q.where) each(c.expr);
      q.groupBy.forEach(each);
      if (q.having !== null) each(q.having);
      for (const s of q.sources) {
        if (s.query !== null) visitQuery(s.query, fn);
        s.args?.forEach(each);
      }
  }
}

export function exprSome(e: BoundExpr, test: (e: BoundExpr) => boolean): boolean {
  let found = false;
  visitExpr(e, (x) => {
    if (found) return false;
    if (test(x)) found = true;
    return !found;
  });
  return found;
}

export function hasSubquery(e: BoundExpr): boolean {
  return exprSome(e, (x) => queryOf(x) !== null);
}

/** True when an aggregate that belongs to block `block` (any block when -1) stands inside. */
export function hasAggregate(e: BoundExpr, block: number): boolean {
  let found = false;
  visitExprDeep(e, (x) => {
    if (x.kind === 'aggregate' && (block < 0 || x.block === block)) found = true;
    return !found;
  });
  return found;
}

export function hasWindow(e: BoundExpr): boolean {
  return exprSome(e, (x) => x.kind === 'window');
}

/**
 * No columns, aggregates, subqueries or functions that may change: the value is the same all
 * through one run. Parameters and slow-changing functions count as constant.
 */
export function isConstant(e: BoundExpr): boolean {
  return !exprSome(e, (x) => {
    switch (x.kind) {
      case 'column':
      case 'triggerColumn':
      case 'register':
      case 'cursorColumn':
      case 'aggregate':
      case 'window':
      case 'inQuery':
      case 'exists':
      case 'subquery':
      case 'raise':
        return true;
      case 'function':
        return !(x.def.deterministic || x.def.slowChange === true);
      default:
        return false;
    }
  });
}

/** Ids of all sources whose columns an expression uses, subqueries entered. */
export function sourcesUsed(e: BoundExpr, into: Set<number> = new Set()): Set<number> {
  visitExprDeep(e, (x) => {
    if (x.kind === 'column') into.add(x.source.id);
  });
  return into;
}

/** False only when it is certain that the value is not NULL. */
export function canBeNull(e: BoundExpr): boolean {
  switch (e.kind) {
    case 'constant':
      return e.value === null;
    case 'column':
      return (
        e.source.join === 'left' ||
        e.source.join === 'full' ||
        e.source.leftOfRight ||
        e.source.table === null ||
        e.source.table.kind !== 'table' ||
        (e.column >= 0 && !e.source.columns[e.column]!.notNull)
      );
    case 'collate':
      return canBeNull(e.operand);
    case 'unary':
      return e.op === '+' || e.op === '-' ? canBeNull(e.operand) : true;
    case 'exists':
    case 'isNull':
    case 'truth':
      return false;
    default:
      return true;
  }
}

// -- comparing and rebuilding --------------------------------------------------------------------

function sameValue(a: SqlValue, b: SqlValue): boolean {
  if (a === b) return true;
  if (a instanceof Real) return b instanceof Real && Object.is(a.value, b.value);
  const x = a instanceof Text ? a.bytes : a;
  const y = b instanceof Text ? b.bytes : b;
  if (!(x instanceof Uint8Array) || !(y instanceof Uint8Array)) return false;
  if (a instanceof Text !== b instanceof Text || x.length !== y.length) return false;
  return x.every((byte, i) => byte === y[i]);
}

function sameList(a: readonly BoundExpr[], b: readonly BoundExpr[], self?: Source): boolean {
  return a.length === b.length && a.every((x, i) => exprEquals(x, b[i]!, self));
}

function sameOptional(a: BoundExpr | null, b: BoundExpr | null, self?: Source): boolean {
  return a === null || b === null ? a === b : exprEquals(a, b, self);
}

function sameOrder(a: readonly OrderTerm[], b: readonly OrderTerm[], self?: Source): boolean {
  return (
    a.length === b.length &&
    a.every((x, i) => {
      const y = b[i]!;
      return x.desc === y.desc && x.bigNull === y.bigNull && exprEquals(x.expr, y.expr, self);
    })
  );
}

function sameWindow(a: BoundWindow, b: BoundWindow, self?: Source): boolean {
  return (
    sameList(a.partitionBy, b.partitionBy, self) &&
    sameOrder(a.orderBy, b.orderBy, self) &&
    sameOptional(a.start, b.start, self) &&
    sameOptional(a.end, b.end, self) &&
    a.frame?.unit === b.frame?.unit &&
    a.frame?.start.kind === b.frame?.start.kind &&
    a.frame?.end.kind === b.frame?.end.kind &&
    a.frame?.exclude === b.frame?.exclude
  );
}

function sameSource(a: Source, b: Source, self: Source | undefined): boolean {
  if (a.id === b.id) return true;
  if (self === undefined) return false;
  return (a.id === SELF_ID && b.id === self.id) || (b.id === SELF_ID && a.id === self.id);
}

/**
 * Structural equality; with `self`, SELF columns of one equal columns of `self` in the other.
 * Subqueries are equal only when they are the same object. Two parameters are equal when they are
 * the same parameter. As in SQLite calls of one function are equal also when it gives another value each time: what
 * must know that asks for it.
 */
export function exprEquals(a: BoundExpr, b: BoundExpr, self?: Source): boolean {
  if (a === b) return true;
  switch (a.kind) {
    case 'constant':
      return b.kind === 'constant' && sameValue(a.value, b.value);
    case 'parameter':
      return b.kind === 'parameter' && a.index === b.index;
    case 'column':
      return b.kind === 'column' && a.column === b.column && sameSource(a.source, b.source, self);
    case 'triggerColumn':
      return b.kind === 'triggerColumn' && a.row === b.row && a.column === b.column;
    case 'register':
      return b.kind === 'register' && a.register === b.register;
    case 'cursorColumn':
      return b.kind === 'cursorColumn' && a.cursor === b.cursor && a.column === b.column;
    case 'unary':
      return b.kind === 'unary' && a.op === b.op && exprEquals(a.operand, b.operand, self);
    case 'isNull':
      return b.kind === 'isNull' && a.not === b.not && exprEquals(a.operand, b.operand, self);
    case 'truth':
      return (
        b.kind === 'truth' &&
        a.not === b.not &&
        a.value === b.value &&
        exprEquals(a.operand, b.operand, self)
      );
    case 'arithmetic':
      return (
        b.kind === 'arithmetic' &&
        a.op === b.op &&
        exprEquals(a.left, b.left, self) &&
        exprEquals(a.right, b.right, self)
      );
    case 'compare':
      return (
        b.kind === 'compare' &&
        a.op === b.op &&
        exprEquals(a.left, b.left, self) &&
        exprEquals(a.right, b.right, self)
      );
    case 'and':
    case 'or':
      return (
        b.kind === a.kind && exprEquals(a.left, b.left, self) && exprEquals(a.right, b.right, self)
      );
    case 'between':
      return (
        b.kind === 'between' &&
        exprEquals(a.operand, b.operand, self) &&
        exprEquals(a.low, b.low, self) &&
        exprEquals(a.high, b.high, self)
      );
    case 'inList':
      return (
        b.kind === 'inList' &&
        exprEquals(a.operand, b.operand, self) &&
        sameList(a.items, b.items, self)
      );
    case 'inQuery':
    case 'exists':
    case 'subquery':
    case 'raise':
      return false;
    case 'vector':
      return b.kind === 'vector' && sameList(a.items, b.items, self);
    case 'cast':
      return (
        b.kind === 'cast' && a.affinity === b.affinity && exprEquals(a.operand, b.operand, self)
      );
    case 'collate':
      return (
        b.kind === 'collate' &&
        a.collation.toLowerCase() === b.collation.toLowerCase() &&
        exprEquals(a.operand, b.operand, self)
      );
    case 'case':
      return (
        b.kind === 'case' &&
        sameOptional(a.operand, b.operand, self) &&
        sameOptional(a.otherwise, b.otherwise, self) &&
        a.whens.length === b.whens.length &&
        a.whens.every(
          (w, i) =>
            exprEquals(w.when, b.whens[i]!.when, self) &&
            exprEquals(w.then, b.whens[i]!.then, self),
        )
      );
    case 'function':
      return b.kind === 'function' && a.def === b.def && sameList(a.args, b.args, self);
    case 'aggregate':
      return (
        b.kind === 'aggregate' &&
        a.def === b.def &&
        a.block === b.block &&
        a.distinct === b.distinct &&
        sameList(a.args, b.args, self) &&
        sameOptional(a.filter, b.filter, self) &&
        sameOrder(a.orderBy, b.orderBy, self)
      );
    case 'window':
      return (
        b.kind === 'window' &&
        a.def === b.def &&
        sameList(a.args, b.args, self) &&
        sameOptional(a.filter, b.filter, self) &&
        sameWindow(a.window, b.window, self)
      );
  }
}

type ExprMap = (e: BoundExpr) => BoundExpr;

function mapList<T>(list: readonly T[], fn: (x: T) => T): readonly T[] {
  let changed = false;
  const out = list.map((x) => {
    const y = fn(x);
    if (y !== x) changed = true;
    return y;
  });
  return changed ? out : list;
}

function mapOrder(list: readonly OrderTerm[], m: ExprMap): readonly OrderTerm[] {
  return mapList(list, (t) => {
    const expr = m(t.expr);
    return expr === t.expr ? t : { ...t, expr };
  });
}

/** Rebuilds bottom-up: children first, then `fn` on the node. Queries inside are mapped too. */
export function mapExpr(e: BoundExpr, fn: ExprMap): BoundExpr {
  return fn(mapChildren(e, fn, true));
}

/** A column whose value is known (`fixed`) as the column that it is to the planner; all else as it is. */
export function fixedColumn(e: BoundExpr): BoundExpr {
  return e.kind === 'register' && e.fixed === true ? e.of : e;
}

/** As mapExpr, but queries inside stay as they are. */
export function mapOuterExpr(e: BoundExpr, fn: ExprMap): BoundExpr {
  return fn(mapChildren(e, fn, false));
}

function mapChildren(e: BoundExpr, fn: ExprMap, deep: boolean): BoundExpr {
  const m = (x: BoundExpr): BoundExpr => (deep ? mapExpr(x, fn) : mapOuterExpr(x, fn));
  const opt = (x: BoundExpr | null): BoundExpr | null => (x === null ? null : m(x));
  switch (e.kind) {
    case 'constant':
    case 'parameter':
    case 'column':
    case 'triggerColumn':
    case 'register':
    case 'cursorColumn':
      return e;
    case 'unary':
    case 'isNull':
    case 'truth':
    case 'cast':
    case 'collate': {
      const operand = m(e.operand);
      return operand === e.operand ? e : { ...e, operand };
    }
    case 'arithmetic':
    case 'compare':
    case 'and':
    case 'or': {
      const left = m(e.left);
      const right = m(e.right);
      return left === e.left && right === e.right ? e : { ...e, left, right };
    }
    case 'between': {
      const operand = m(e.operand);
      const low = m(e.low);
      const high = m(e.high);
      return operand === e.operand && low === e.low && high === e.high
        ? e
        : { ...e, operand, low, high };
    }
    case 'inList': {
      const operand = m(e.operand);
      const items = mapList(e.items, m);
      return operand === e.operand && items === e.items ? e : { ...e, operand, items };
    }
    case 'inQuery': {
      const operand = m(e.operand);
      const query = deep ? mapQuery(e.query, fn) : e.query;
      return operand === e.operand && query === e.query ? e : { ...e, operand, query };
    }
    case 'exists':
    case 'subquery': {
      const query = deep ? mapQuery(e.query, fn) : e.query;
      return query === e.query ? e : { ...e, query };
    }
    case 'vector': {
      const items = mapList(e.items, m);
      return items === e.items ? e : { ...e, items };
    }
    case 'case': {
      const operand = opt(e.operand);
      const otherwise = opt(e.otherwise);
      const whens = mapList(e.whens, (w) => {
        const when = m(w.when);
        const then = m(w.then);
        return when === w.when && then === w.then ? w : { when, then };
      });
      return operand === e.operand && otherwise === e.otherwise && whens === e.whens
        ? e
        : { ...e, operand, whens, otherwise };
    }
    case 'function': {
      const args = mapList(e.args, m);
      return args === e.args ? e : { ...e, args };
    }
    case 'aggregate': {
      const args = mapList(e.args, m);
      const filter = opt(e.filter);
      const orderBy = mapOrder(e.orderBy, m);
      return args === e.args && filter === e.filter && orderBy === e.orderBy
        ? e
        : { ...e, args, filter, orderBy };
    }
    case 'window': {
      const w = e.window;
      return {
        ...e,
        args: mapList(e.args, m),
        filter: opt(e.filter),
        window: {
          partitionBy: mapList(w.partitionBy, m),
          orderBy: mapOrder(w.orderBy, m),
          frame: w.frame,
          start: opt(w.start),
          end: opt(w.end),
        },
      };
    }
    case 'raise': {
      const message = opt(e.message);
      return message === e.message ? e : { ...e, message };
    }
  }
}

function mapColumns(columns: readonly ResultColumn[], fn: ExprMap): readonly ResultColumn[] {
  return mapList(columns, (c) => {
    const expr = mapExpr(c.expr, fn);
    return expr === c.expr ? c : { ...c, expr };
  });
}

function mapConjuncts(list: readonly Conjunct[], fn: ExprMap): readonly Conjunct[] {
  return mapList(list, (c) => {
    const expr = mapExpr(c.expr, fn);
    return expr === c.expr ? c : { ...c, expr };
  });
}

function mapSource(s: Source, fn: ExprMap): Source {
  const query = s.query === null ? null : mapQuery(s.query, fn);
  const args = s.args === null ? null : mapList(s.args, (e) => mapExpr(e, fn));
  return query === s.query && args === s.args ? s : { ...s, query, args };
}

/** Rebuilds all expressions of a query (FROM subqueries included) with `fn`; shares what is unchanged. */
export function mapQuery<Q extends Query>(q: Q, fn: ExprMap): Q;
export function mapQuery(q: Query, fn: ExprMap): Query {
  const opt = (x: BoundExpr | null): BoundExpr | null => (x === null ? null : mapExpr(x, fn));
  const tail = {
    orderBy: mapOrder(q.orderBy, (e) => mapExpr(e, fn)),
    limit: opt(q.limit),
    offset: opt(q.offset),
  };
  const tailSame = tail.orderBy === q.orderBy && tail.limit === q.limit && tail.offset === q.offset;
  switch (q.kind) {
    case 'values': {
      const rows = mapList(q.rows, (row) => mapList(row, (e) => mapExpr(e, fn)));
      return tailSame && rows === q.rows ? q : { ...q, ...tail, rows };
    }
    case 'compound': {
      const first = mapQuery(q.first, fn);
      const rest = mapList(q.rest, (r) => {
        const query = mapQuery(r.query, fn);
        return query === r.query ? r : { op: r.op, query };
      });
      if (tailSame && first === q.first && rest === q.rest) return q;
      return { ...q, ...tail, first, rest, columns: first.columns };
    }
    case 'recursive': {
      const setup = mapQuery(q.setup, fn);
      const steps = mapList(q.steps, (s) => mapQuery(s, fn));
      if (tailSame && setup === q.setup && steps === q.steps) return q;
      return { ...q, ...tail, setup, steps };
    }
    case 'block': {
      const next: QueryBlock = {
        ...q,
        ...tail,
        columns: mapColumns(q.columns, fn),
        sources: mapList(q.sources, (s) => mapSource(s, fn)),
        where: mapConjuncts(q.where, fn),
        groupBy: mapList(q.groupBy, (e) => mapExpr(e, fn)),
        having: opt(q.having),
      };
      const same =
        tailSame &&
        next.columns === q.columns &&
        next.sources === q.sources &&
        next.where === q.where &&
        next.groupBy === q.groupBy &&
        next.having === q.having;
      return same ? q : next;
    }
  }
}

/** Splits on AND; the conjuncts of a WHERE or HAVING. */
export function splitConjuncts(
  e: BoundExpr | null,
  outerOn = -1,
  innerOn = -1,
  into: Conjunct[] = [],
): Conjunct[] {
  if (e === null) return into;
  if (e.kind === 'and') {
    splitConjuncts(e.left, outerOn, innerOn, into);
    splitConjuncts(e.right, outerOn, innerOn, into);
  } else {
    into.push({ expr: e, outerOn, innerOn });
  }
  return into;
}
