/**
 * Indexes from their definitions: CREATE INDEX statements, and the automatic ones of UNIQUE and
 * PRIMARY KEY constraints. Row estimates before ANALYZE are SQLite's defaults.
 */
import type { ConflictAction, CreateIndex, Expr, IndexedColumn } from '../sql/ast.ts';
import type { SqliteError } from '../values/errors.ts';
import { logEst } from './log-est.ts';
import { fold, sameName, schemaError } from './names.ts';
import type { Column, Index, IndexColumn, Table } from './types.ts';

/** Estimated rows for the first, second ... key column of an index without statistics. */
const DEFAULT_ESTIMATES = [33, 32, 30, 28, 27];

export interface IndexParts {
  readonly name: string;
  readonly root: number;
  readonly keyColumns: readonly IndexColumn[];
  readonly unique: boolean;
  readonly onConflict: ConflictAction | null;
  readonly where: Expr | null;
  readonly origin: Index['origin'];
  readonly sql: string | null;
}

/** Default row estimates of an index on a table of `tableRows` (LogEst). */
export function defaultRowLogEst(
  tableRows: number,
  keyCount: number,
  partial: boolean,
  unique: boolean,
): number[] {
  const rows = Math.max(tableRows, 99);
  const out = [partial ? rows - 10 : rows];
  for (let i = 0; i < keyCount; i++) out.push(DEFAULT_ESTIMATES[i] ?? 23);
  if (unique) out[keyCount] = 0;
  return out;
}

/** Width of a row in the planner's units: LogEst of 4 bytes times the columns' sizes. */
export function indexRowSize(columns: readonly IndexColumn[], sizes: readonly number[]): number {
  let width = 0;
  for (const c of columns) width += c.column < 0 ? 1 : (sizes[c.column] ?? 1);
  return logEst(width * 4);
}

function isDuplicate(list: readonly IndexColumn[], c: IndexColumn): boolean {
  return list.some(
    (x) => x.column >= 0 && x.column === c.column && sameName(x.collation, c.collation),
  );
}

/** What an index needs to know of its table while the table is still being made. */
export interface TableShape {
  readonly name: string;
  readonly columns: readonly Column[];
  readonly sizes: readonly number[];
  readonly rowLogEst: number;
  readonly withoutRowid: boolean;
  /** Key columns of the PRIMARY KEY of a WITHOUT ROWID table. */
  readonly primaryKey: readonly IndexColumn[];
}

/** Completes an index: the columns behind the key, estimates, uniqueness. */
export function finishIndex(table: TableShape, parts: IndexParts): Index {
  const isPrimaryTree = table.withoutRowid && parts.origin === 'pk';
  const columns = [...parts.keyColumns];
  if (!table.withoutRowid) {
    columns.push({ column: -1, expr: null, collation: 'BINARY', desc: false });
  } else if (isPrimaryTree) {
    table.columns.forEach((c, i) => {
      const virtual = c.generated !== null && !c.generated.stored;
      if (virtual || columns.some((x) => x.column === i)) return;
      columns.push({ column: i, expr: null, collation: 'BINARY', desc: false });
    });
  } else {
    for (const c of table.primaryKey) {
      // In the index of a UNIQUE constraint always ascending, also where the primary key is DESC.
      if (isDuplicate(columns, c)) continue;
      columns.push(parts.origin === 'c' ? c : { ...c, desc: false });
    }
  }
  const notNull = (c: IndexColumn): boolean =>
    c.column === -1 || (c.column >= 0 && table.columns[c.column]!.notNull !== null);
  return {
    name: parts.name,
    table: table.name,
    root: parts.root,
    keyColumns: parts.keyColumns,
    columns,
    unique: parts.unique,
    onConflict: parts.onConflict,
    where: parts.where,
    origin: parts.origin,
    isPrimaryTree,
    uniqueNotNull: parts.unique && (isPrimaryTree || parts.keyColumns.every(notNull)),
    sql: parts.sql,
    rowLogEst: defaultRowLogEst(
      table.rowLogEst,
      parts.keyColumns.length,
      parts.where !== null,
      parts.unique,
    ),
    hasStat1: false,
    unordered: false,
    noSkipScan: false,
    rowSizeEst: indexRowSize(columns, table.sizes),
  };
}

/** Unwraps COLLATE: the expression below and the innermost written collation that counts (the outermost). */
function splitCollate(e: Expr): { expr: Expr; collation: string | null } {
  let collation: string | null = null;
  while (e.kind === 'collate') {
    collation ??= e.collation.text;
    e = e.operand;
  }
  return { expr: e, collation };
}

/** The column name that an index term is, or null for an expression. */
function termName(e: Expr): string | null {
  if (e.kind === 'id') return e.name.text;
  return e.kind === 'string' ? e.value : null;
}

function noSuchColumn(e: Expr, name: string): SqliteError {
  const quoted = e.kind === 'id' && e.name.quote === '"';
  return schemaError(
    quoted
      ? `no such column: "${name}" - should this be a string literal in single-quotes?`
      : `no such column: ${name}`,
  );
}

/**
 * Resolves the terms of an index or key. `constraint`: PRIMARY KEY or UNIQUE, where expressions are
 * refused. `honourDesc` is false for schema formats below 4.
 */
export function keyColumns(
  table: { readonly name: string; readonly columns: readonly Column[] },
  terms: readonly IndexedColumn[],
  constraint: boolean,
  honourDesc: boolean,
): IndexColumn[] {
  return terms.map((t) => {
    const { expr, collation } = splitCollate(t.expr);
    if (t.nulls !== null) throw schemaError(`unsupported use of NULLS ${t.nulls}`);
    const desc = t.desc && honourDesc;
    const name = termName(expr);
    if (name !== null) {
      const folded = fold(name);
      const column = table.columns.findIndex((c) => fold(c.name) === folded);
      if (column >= 0) {
        const c = table.columns[column]!;
        return { column, expr: null, collation: collation ?? c.collation, desc };
      }
      if (constraint || (expr.kind === 'id' && expr.name.quote !== '"'))
        throw noSuchColumn(expr, name);
    }
    if (constraint) {
      throw schemaError('expressions prohibited in PRIMARY KEY and UNIQUE constraints');
    }
    return { column: -2, expr, collation: collation ?? 'BINARY', desc };
  });
}

/** An index from its CREATE INDEX statement. */
export function indexFromStatement(
  table: Table,
  stmt: CreateIndex,
  root: number,
  sql: string | null,
  sizes: readonly number[],
  honourDesc: boolean,
): Index {
  return finishIndex(
    {
      name: table.name,
      columns: table.columns,
      sizes,
      rowLogEst: table.rowLogEst,
      withoutRowid: table.withoutRowid,
      primaryKey: table.primaryKeyIndex?.keyColumns ?? [],
    },
    {
      name: stmt.index.name.text,
      root,
      keyColumns: keyColumns(table, stmt.columns, false, honourDesc),
      unique: stmt.unique,
      onConflict: stmt.unique ? 'ABORT' : null,
      where: stmt.where,
      origin: 'c',
      sql,
    },
  );
}

/**
 * Puts a new index into a table's list: newest first, those with ON CONFLICT REPLACE last (they are
 * checked after all others).
 */
export function insertIndex(list: readonly Index[], index: Index): Index[] {
  const all = [index, ...list];
  return [
    ...all.filter((i) => i.onConflict !== 'REPLACE'),
    ...all.filter((i) => i.onConflict === 'REPLACE'),
  ];
}
