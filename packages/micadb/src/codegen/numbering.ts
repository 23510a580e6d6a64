/**
 * The numbers that EXPLAIN QUERY PLAN gives to subqueries: SQLite counts SELECTs as its parser finishes
 * them, inner ones before the outer, in the order of the text. A view counts for itself. Queries that
 * compilation makes (window functions) get the numbers that follow.
 */
import type { Query, ValuesQuery } from '../bind/tree.ts';
import type { Expr, Select, SelectCore, ValuesCore } from '../sql/ast.ts';
import type { Codegen } from './context.ts';

/** Numbers by syntax node of a core. */
const numbers = new WeakMap<object, number>();
/** Nodes of parenthesized joins, and of lists that stand for VALUES. */
const joins = new WeakSet<object>();
const lists = new WeakSet<object>();
/** The last number of the statement of each top program. */
const lastNumbers = new WeakMap<Codegen, number>();
/** Statements whose VALUES are compiled row by row because of a WITH clause. */
const withClauses = new WeakSet<Codegen>();

interface Counter {
  last: number;
  hasWith: boolean;
}

function isNode(x: unknown): x is { readonly kind?: unknown } {
  return typeof x === 'object' && x !== null;
}

/** Numbers all queries inside any syntax node, in the order of its members. */
function visit(node: unknown, n: Counter): void {
  if (Array.isArray(node)) {
    for (const x of node) visit(x, n);
    return;
  }
  if (!isNode(node) || node instanceof Uint8Array) return;
  if (node.kind === 'select' && 'rest' in node) {
    visitSelect(node as Select, n);
    return;
  }
  if (node.kind === 'in') {
    const e = node as Expr & { kind: 'in' };
    visit(e.operand, n);
    if (e.source.kind === 'table') {
      visit(e.source.args, n);
      n.last += 1;
      numbers.set(e.source, n.last);
      return;
    }
    visit(e.source, n);
    if (e.source.kind === 'list' && e.operand.kind === 'vector') {
      n.last += e.source.items.length;
      numbers.set(e.source, n.last);
      lists.add(e.source);
    }
    return;
  }
  if (node.kind === 'join' && 'items' in node && Array.isArray(node.items)) {
    visit(node.items, n);
    n.last += 1;
    numbers.set(node.items, n.last);
    joins.add(node.items);
    return;
  }
  for (const x of Object.values(node)) if (typeof x === 'object') visit(x, n);
}

function visitSelect(s: Select, n: Counter): void {
  if (s.with !== null) {
    n.hasWith = true;
    visit(s.with, n);
  }
  const cores = [s.first, ...s.rest.map((r) => r.core)];
  cores.forEach((core, i) => {
    visitCore(core, n);
    // ORDER BY and LIMIT belong to the last core.
    if (i === cores.length - 1) {
      visit(s.orderBy, n);
      visit(s.limit, n);
      visit(s.offset, n);
    }
    n.last += 1;
    numbers.set(core, n.last);
  });
}

function visitCore(core: SelectCore | ValuesCore, n: Counter): void {
  if (core.kind === 'values') {
    visit(core.rows[0], n);
    // Of several rows the first is a query of its own.
    if (core.rows.length > 1) n.last += 1;
    visit(core.rows.slice(1), n);
    return;
  }
  visit(core.columns, n);
  visit(core.from, n);
  visit(core.where, n);
  visit(core.groupBy, n);
  visit(core.having, n);
  visit(core.windows, n);
}

/** Numbers the queries of the statement, if that was not done: nobody asks where there is only one. */
function ensureNumbers(cg: Codegen): void {
  const statement = cg.top.unnumbered;
  if (statement === null) return;
  cg.top.unnumbered = null;
  const n: Counter = { last: 0, hasWith: false };
  visit(statement, n);
  if (statement.kind === 'insert' && statement.with !== null) n.hasWith = true;
  lastNumbers.set(cg.top, n.last);
  if (n.hasWith) withClauses.add(cg.top);
}

/** True when VALUES is compiled row by row: after WITH, and for the right side of IN. */
export function isRowByRow(cg: Codegen, q: ValuesQuery): boolean {
  ensureNumbers(cg);
  return withClauses.has(cg.top) || (q.core !== undefined && lists.has(q.core));
}

/** How a subquery without a name is called. */
export function queryLabel(cg: Codegen, q: Query): string {
  const number = queryNumber(cg, q);
  ensureNumbers(cg);
  const isJoin = q.kind === 'block' && q.core !== undefined && joins.has(q.core);
  return `(${isJoin ? 'join' : 'subquery'}-${number})`;
}

/** A fresh syntax node with the next number, for a query that compilation makes. */
export function newNumber(cg: Codegen): object {
  ensureNumbers(cg);
  const last = (lastNumbers.get(cg.top) ?? 0) + 1;
  lastNumbers.set(cg.top, last);
  const node = {};
  numbers.set(node, last);
  return node;
}

/** Numbers the views of the catalog: each counts from 1. */
function numberViews(cg: Codegen): void {
  for (const schema of cg.env.catalog.schemas) {
    for (const table of schema?.tables.values() ?? []) {
      if (table.view !== null && !numbers.has(table.view.select.first)) {
        visitSelect(table.view.select, { last: 0, hasWith: false });
      }
    }
  }
}

/** A compound query goes by the number of its last arm. */
export function queryNumber(cg: Codegen, q: Query): number {
  ensureNumbers(cg);
  if (q.kind === 'compound') return queryNumber(cg, q.rest[q.rest.length - 1]!.query);
  if (q.kind === 'recursive') return queryNumber(cg, q.steps[q.steps.length - 1]!);
  const core = q.core ?? q;
  if (!numbers.has(core)) numberViews(cg);
  return numbers.get(core) ?? q.id;
}
