/**
 * Name resolution: identifiers to columns, result aliases, NEW/OLD, rowid, string fall-back.
 * Search goes from the innermost scope outwards; within a scope sources first, then result aliases.
 */
import type { Name } from '../sql/ast.ts';
import type { Binder, BlockState, Scope } from './binder.ts';
import { error, fold, isRowidName } from './binder.ts';
import type { BoundExpr, Source } from './tree.ts';
import { hasAggregate, hasWindow } from './types.ts';

/** Index of a visible column in a source, -1 when there is none. */
export function columnIn(source: Source, folded: string): number {
  return source.columns.findIndex((c) => fold(c.name) === folded);
}

/** Marks a column as used and gives the expression. */
export function columnRef(source: Source, column: number): BoundExpr {
  const table = source.table;
  const i = table !== null && column >= 0 && column === table.rowidColumn ? -1 : column;
  source.used.add(i);
  if (table !== null && i >= 0 && table.columns[i]?.generated) {
    // Its expression may need any other column.
    table.columns.forEach((_, k) => {
      source.used.add(k === table.rowidColumn ? -1 : k);
    });
  }
  // The INTEGER PRIMARY KEY keeps its own column number in the tree only through its source's facts.
  return { kind: 'column', source, column: i };
}

function markCorrelated(from: BlockState, to: BlockState): void {
  for (let s: BlockState | null = from; s !== null && s !== to; s = s.parent) s.correlated = true;
}

interface Found {
  readonly exprs: BoundExpr[];
  count: number;
}

/** Does `source` answer to the qualifier `table` (and database)? */
function qualifies(b: Binder, source: Source, schema: string | null, table: string): boolean {
  if (source.alias === null || fold(source.alias) !== table) return false;
  if (schema === null) return true;
  // A database qualifier fits only a source that is a table of that database, without an alias.
  if (source.table === null && source.name === null) return false;
  return fold(b.env.databaseName(source.db)) === schema;
}

function visibleRowid(source: Source): boolean {
  return (
    source.table !== null &&
    source.table.kind !== 'view' &&
    !source.table.withoutRowid &&
    source.query === null
  );
}

function findInSources(
  b: Binder,
  sources: readonly Source[],
  schema: string | null,
  table: string | null,
  column: string,
): Found {
  const found: Found = { exprs: [], count: 0 };
  let candidates = 0;
  let rowidSource: Source | null = null;
  for (const source of sources) {
    const nested = nestedColumn(source, schema, table, column);
    if (nested >= 0) {
      found.exprs.push(columnRef(source, nested));
      found.count += 1;
      continue;
    }
    if (table !== null && !qualifies(b, source, schema, table)) continue;
    const i = columnIn(source, column);
    if (i >= 0) {
      if (found.count > 0 && source.using.has(column) && table === null) {
        if (source.join === 'right') {
          found.exprs.length = 0;
          found.count = 0;
        } else if (source.join === 'full') {
          found.exprs.push(columnRef(source, i));
          continue;
        } else {
          continue;
        }
      } else if (found.count > 0) {
        found.exprs.length = 0;
      }
      found.exprs.push(columnRef(source, i));
      found.count += 1;
      continue;
    }
    if (isRowidName(column) && visibleRowid(source)) {
      candidates += 1;
      rowidSource = source;
    }
  }
  if (found.count === 0 && rowidSource !== null) {
    found.exprs.push(columnRef(rowidSource, -1));
    found.count = candidates;
  }
  return found;
}

/** Columns of a parenthesized join keep the name of the table that they came from. */
const nestedOrigins = new WeakMap<Source, readonly { table: string | null; column: string }[]>();

export function setNestedOrigins(
  source: Source,
  origins: readonly { table: string | null; column: string }[],
): void {
  nestedOrigins.set(source, origins);
}

export function nestedOriginsOf(
  source: Source,
): readonly { table: string | null; column: string }[] | null {
  return nestedOrigins.get(source) ?? null;
}

function nestedColumn(
  source: Source,
  schema: string | null,
  table: string | null,
  column: string,
): number {
  if (table === null || schema !== null) return -1;
  const origins = nestedOrigins.get(source);
  if (origins === undefined) return -1;
  return origins.findIndex(
    (o) => o.table !== null && fold(o.table) === table && fold(o.column) === column,
  );
}

function coalesce(b: Binder, exprs: readonly BoundExpr[]): BoundExpr {
  if (exprs.length === 1) return exprs[0]!;
  const def = b.env.functions.find('coalesce', exprs.length);
  if (def === null) throw error('no such function: coalesce');
  return { kind: 'function', def, args: exprs };
}

function triggerColumn(b: Binder, table: string, column: string): BoundExpr | null {
  const t = b.trigger;
  if (t === null) return null;
  const row = table === 'new' && t.hasNew ? 'new' : table === 'old' && t.hasOld ? 'old' : null;
  if (row === null) return null;
  const i = t.table.columns.findIndex((c) => fold(c.name) === column);
  if (i >= 0) {
    return {
      kind: 'triggerColumn',
      row,
      table: t.table,
      column: i === t.table.rowidColumn ? -1 : i,
    };
  }
  if (isRowidName(column) && !t.table.withoutRowid) {
    return { kind: 'triggerColumn', row, table: t.table, column: -1 };
  }
  return null;
}

function aliasIn(scope: Scope, column: string, shown: string): BoundExpr | null {
  for (const a of scope.aliases ?? []) {
    if (fold(a.name) !== column) continue;
    if (!scope.allowAggregate && hasAggregate(a.column.expr, -1)) {
      throw error(`misuse of aliased aggregate ${shown}`);
    }
    if (!scope.allowWindow && hasWindow(a.column.expr)) {
      throw error(`misuse of aliased window function ${shown}`);
    }
    return a.column.expr;
  }
  return null;
}

/**
 * Resolves `[schema.][table.]column`. Errors: "no such column: x", "ambiguous column name: x".
 */
export function resolveName(
  b: Binder,
  scope: Scope,
  schema: Name | null,
  table: Name | null,
  column: Name,
): BoundExpr {
  const zSchema = schema === null ? null : fold(schema.text);
  const zTable = table === null ? null : fold(table.text);
  const zColumn = fold(column.text);
  const shown = [schema, table, column]
    .filter((n) => n !== null)
    .map((n) => n.text)
    .join('.');
  const pos = (schema ?? table ?? column).pos;
  for (let s: Scope | null = scope; s !== null; s = s.outer) {
    let found = findInSources(b, s.sources, zSchema, zTable, zColumn);
    if (found.count === 0 && zTable !== null && s.qualifiedOnly !== undefined) {
      found = findInSources(b, s.qualifiedOnly, zSchema, zTable, zColumn);
    }
    if (found.count === 0 && zTable !== null && zSchema === null) {
      const t = triggerColumn(b, zTable, zColumn);
      if (t !== null) return t;
    }
    if (found.count > 1) throw error(`ambiguous column name: ${shown}`, pos);
    if (found.count === 1) {
      markCorrelated(scope.block, s.block);
      return coalesce(b, found.exprs);
    }
    if (zTable === null) {
      const alias = aliasIn(s, zColumn, column.text);
      if (alias !== null) {
        markCorrelated(scope.block, s.block);
        return alias;
      }
    }
  }
  if (zTable === null) {
    if (column.quote === '"' && dqsAllowed(b, scope)) {
      return { kind: 'constant', value: column.text };
    }
    if (column.quote === '' && (zColumn === 'true' || zColumn === 'false')) {
      return { kind: 'constant', value: zColumn === 'true' ? 1 : 0 };
    }
    if (column.quote === '"') {
      throw error(
        `no such column: "${column.text}" - should this be a string literal in single-quotes?`,
        pos,
      );
    }
  }
  throw error(`no such column: ${shown}`, pos);
}

function dqsAllowed(b: Binder, scope: Scope): boolean {
  return scope.self === undefined ? b.env.flags.dqsDml : b.env.flags.dqsDdl;
}
