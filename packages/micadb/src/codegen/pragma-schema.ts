/** Pragmas that read the schema: table_info, index_list, foreign_key_list, ... */
import { fold, lookupTable } from '../bind/binder.ts';
import type { Column, Index, Table } from '../catalog/types.ts';
import { SqliteError } from '../values/errors.ts';
import type { SqlValue } from '../values/value.ts';
import type { Codegen } from './context.ts';
import { findIndex } from './ddl.ts';
import { inHashOrder } from './hash-order.ts';
import { hostRowRequest } from './host-requests.ts';
import type { Pragma, PragmaCall } from './pragma.ts';
import { codeHostRows, codeRows } from './pragma-rows.ts';
import { resolveView } from './view.ts';

type Rows = readonly (readonly SqlValue[])[];

const STANDARD_TYPES = /^(any|blob|int|integer|real|text)$/i;

/** Type as SQLite shows it: its six standard names in upper case, others as written. */
function shownType(declType: string | null): string {
  if (declType === null) return '';
  return STANDARD_TYPES.test(declType) ? declType.toUpperCase() : declType;
}

function findNamedTable(cg: Codegen, p: PragmaCall): { db: number; table: Table } | null {
  if (p.value === null) return null;
  const found = lookupTable(cg.env.catalog, p.named ? cg.env.databaseName(p.db) : null, p.value);
  if (found === null) return null;
  cg.readsDatabase(found.db);
  if (found.table.kind !== 'view') return found;
  return { db: found.db, table: resolveView(cg, found.table, found.db) };
}

function hiddenKind(c: Column): 0 | 1 | 2 | 3 {
  if (c.generated !== null) return c.generated.stored ? 3 : 2;
  return c.hidden ? 1 : 0;
}

function tableInfo(cg: Codegen, p: PragmaCall, extended: boolean): Rows {
  const found = findNamedTable(cg, p);
  if (found === null) return [];
  const rows: SqlValue[][] = [];
  for (const [i, c] of found.table.columns.entries()) {
    const hidden = hiddenKind(c);
    if (hidden !== 0 && !extended) continue;
    const row: SqlValue[] = [
      extended ? i : rows.length,
      c.name,
      shownType(c.declType),
      c.notNull === null ? 0 : 1,
      hidden >= 2 ? null : c.defaultText,
      c.primaryKey,
    ];
    if (extended) row.push(hidden);
    rows.push(row);
  }
  return rows;
}

function columnCount(cg: Codegen, table: Table, db: number): number {
  if (table.kind !== 'view') return table.columns.length;
  try {
    return resolveView(cg, table, db).columns.length;
  } catch (e) {
    // A view that names missing objects is listed all the same.
    if (e instanceof SqliteError) return 0;
    throw e;
  }
}

function shownTableName(table: Table): string {
  if (table.root !== 1) return table.name;
  return table.schema === 'temp' ? 'sqlite_temp_schema' : 'sqlite_schema';
}

function tableList(cg: Codegen, p: PragmaCall): Rows {
  const rows: SqlValue[][] = [];
  cg.env.catalog.schemas.forEach((schema, db) => {
    if (schema === null || (p.named && db !== p.db)) return;
    cg.readsDatabase(db);
    for (const table of inHashOrder(schema.tables)) {
      const name = shownTableName(table);
      if (p.value !== null && fold(p.value) !== fold(name) && fold(p.value) !== fold(table.name)) {
        continue;
      }
      rows.push([
        schema.name,
        name,
        table.kind,
        columnCount(cg, table, db),
        table.withoutRowid ? 1 : 0,
        table.strict ? 1 : 0,
      ]);
    }
  });
  return rows;
}

function indexList(cg: Codegen, p: PragmaCall): Rows {
  const found = findNamedTable(cg, p);
  if (found === null) return [];
  return found.table.indexes.map((index, i) => [
    i,
    index.name,
    index.unique ? 1 : 0,
    index.origin,
    index.where === null ? 0 : 1,
  ]);
}

function indexOfPragma(cg: Codegen, p: PragmaCall): { index: Index; table: Table } | null {
  if (p.value === null) return null;
  const found = findIndex(cg, p.named ? p.db : null, p.value);
  if (found !== null) {
    cg.readsDatabase(found.db);
    const table = cg.env.catalog.schemas[found.db]!.tables.get(fold(found.index.table))!;
    return { index: found.index, table };
  }
  // The name of a WITHOUT ROWID table stands for its primary key.
  const table = findNamedTable(cg, p)?.table ?? null;
  if (table === null || table.primaryKeyIndex === null) return null;
  return { index: table.primaryKeyIndex, table };
}

function indexInfo(cg: Codegen, p: PragmaCall, extended: boolean): Rows {
  const found = indexOfPragma(cg, p);
  if (found === null) return [];
  const { index, table } = found;
  const columns = extended ? index.columns : index.keyColumns;
  return columns.map((c, i) => {
    const row: SqlValue[] = [i, c.column, c.column < 0 ? null : table.columns[c.column]!.name];
    if (extended) row.push(c.desc ? 1 : 0, c.collation, i < index.keyColumns.length ? 1 : 0);
    return row;
  });
}

function foreignKeyList(cg: Codegen, p: PragmaCall): Rows {
  const found = findNamedTable(cg, p);
  if (found === null) return [];
  const { table } = found;
  return [...table.foreignKeys]
    .sort((x, y) => x.id - y.id)
    .flatMap((fk) =>
      fk.columns.map((c, seq) => [
        fk.id,
        seq,
        fk.parent,
        table.columns[c.from]!.name,
        c.to,
        fk.onUpdate,
        fk.onDelete,
        'NONE',
      ]),
    );
}

const FUNCTION_DETERMINISTIC = 0x800;
const FUNCTION_DIRECTONLY = 0x80000;
const FUNCTION_SUBTYPE = 0x100000;
const FUNCTION_INNOCUOUS = 0x200000;
const FUNCTION_RESULT_SUBTYPE = 0x1000000;

function functionList(cg: Codegen): Rows {
  return [...cg.env.functions.all()].map((f) => [
    f.name,
    f.user === true ? 0 : 1,
    f.kind === 'scalar' ? 's' : f.kind === 'aggregate' && f.inverse === undefined ? 'a' : 'w',
    'utf8',
    f.argCount,
    (f.deterministic ? FUNCTION_DETERMINISTIC : 0) |
      (f.directOnly === true ? FUNCTION_DIRECTONLY : 0) |
      (f.subtype === true ? FUNCTION_SUBTYPE : 0) |
      (f.innocuous === true ? FUNCTION_INNOCUOUS : 0) |
      (f.resultSubtype === true ? FUNCTION_RESULT_SUBTYPE : 0),
  ]);
}

function constant(columns: readonly string[], rows: (cg: Codegen, p: PragmaCall) => Rows): Pragma {
  return { columns, code: (cg, p) => codeRows(cg, rows(cg, p)) };
}

const INFO = ['cid', 'name', 'type', 'notnull', 'dflt_value', 'pk'];

export const schemaPragmas: Readonly<Record<string, Pragma>> = {
  table_info: constant(INFO, (cg, p) => tableInfo(cg, p, false)),
  table_xinfo: constant([...INFO, 'hidden'], (cg, p) => tableInfo(cg, p, true)),
  table_list: constant(['schema', 'name', 'type', 'ncol', 'wr', 'strict'], tableList),
  index_list: constant(['seq', 'name', 'unique', 'origin', 'partial'], indexList),
  index_info: constant(['seqno', 'cid', 'name'], (cg, p) => indexInfo(cg, p, false)),
  index_xinfo: constant(['seqno', 'cid', 'name', 'desc', 'coll', 'key'], (cg, p) =>
    indexInfo(cg, p, true),
  ),
  foreign_key_list: constant(
    ['id', 'seq', 'table', 'from', 'to', 'on_update', 'on_delete', 'match'],
    foreignKeyList,
  ),
  function_list: constant(['name', 'builtin', 'type', 'enc', 'narg', 'flags'], functionList),
  pragma_list: constant(['name'], (_cg, p) => p.names().map((n) => [n])),
  database_list: {
    columns: ['seq', 'name', 'file'],
    code: (cg) => codeHostRows(cg, hostRowRequest('pragma.database_list', {}), 3),
  },
  collation_list: {
    columns: ['seq', 'name'],
    code: (cg) => codeHostRows(cg, hostRowRequest('pragma.collation_list', {}), 2),
  },
  module_list: {
    columns: ['name'],
    code: (cg) => codeHostRows(cg, hostRowRequest('pragma.module_list', {}), 1),
  },
  compile_options: {
    columns: ['compile_options'],
    code: (cg) => codeHostRows(cg, hostRowRequest('pragma.compile_options', {}), 1),
  },
};
