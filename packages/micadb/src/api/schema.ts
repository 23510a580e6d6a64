/** Reads sqlite_schema and sqlite_stat1 of an open database into the catalog. */
import type { Btree } from '../btree/types.ts';
import { Meta } from '../btree/types.ts';
import { loadSchema, type SchemaRow, withEntry, withStats } from '../catalog/schema.ts';
import type { StatRow } from '../catalog/stats.ts';
import type { Schema } from '../catalog/types.ts';
import { SqliteError } from '../values/errors.ts';
import { decodeRecord } from '../values/record.ts';
import { textToString } from '../values/utf.ts';
import { type Encoding, type SqlValue, Text } from '../values/value.ts';

const SCHEMA_ROOT = 1;
const MAX_FILE_FORMAT = 4;

function text(v: SqlValue | undefined): string {
  if (typeof v === 'string') return v;
  return v instanceof Text ? textToString(v) : '';
}

/** All records of a table b-tree, in rowid order. */
function* records(btree: Btree, root: number, encoding: Encoding): Generator<SqlValue[]> {
  const cursor = btree.cursor(root, false, null);
  try {
    for (let more = cursor.first(); more; more = cursor.next()) {
      const size = cursor.payloadSize();
      const bytes = new Uint8Array(size);
      cursor.readPayload(0, size, bytes, 0);
      yield decodeRecord(bytes, 0, size, encoding);
    }
  } finally {
    cursor.close();
  }
}

export function schemaRow(values: readonly SqlValue[]): SchemaRow {
  const root = values[3];
  return {
    type: text(values[0]),
    name: text(values[1]),
    table: text(values[2]),
    root: typeof root === 'number' ? root : root === null ? 0 : -1,
    sql: values[4] === null || values[4] === undefined ? null : text(values[4]),
  };
}

/** The whole catalog of a database; a read transaction is open. */
export function readSchema(btree: Btree, name: string, cookie: number, encoding: Encoding): Schema {
  const format = btree.getMeta(Meta.FileFormat);
  if (format > MAX_FILE_FORMAT) throw new SqliteError('SQLITE_ERROR', 'unsupported file format');
  const env = {
    honourDesc: format === 0 || format >= 4,
    maxColumns: 2000,
  };
  const rows: SchemaRow[] = [];
  if (btree.pageCount() > 0) {
    for (const values of records(btree, SCHEMA_ROOT, encoding)) rows.push(schemaRow(values));
  }
  return loadSchema(name, cookie, rows, env);
}

/** The catalog with the object that a row of sqlite_schema (type, name, tbl_name, rootpage, sql) defines. */
export function withSchemaRow(schema: Schema, values: readonly SqlValue[]): Schema {
  return withEntry(schema, schemaRow(values));
}

/** SQL that reads the rows for which `where` holds. `quotedName` has its quotes doubled. */
export function schemaRowsWhere(quotedName: string, where: string): string {
  return `SELECT type, name, tbl_name, rootpage, sql FROM "${quotedName}".sqlite_schema WHERE ${where} ORDER BY rowid`;
}

/** The catalog with the estimates of sqlite_stat1, where there is such a table. */
export function withStatistics(schema: Schema, btree: Btree, encoding: Encoding): Schema {
  const table = schema.tables.get('sqlite_stat1');
  if (table === undefined || table.root === 0) return schema;
  const rows: StatRow[] = [];
  for (const [name, index, stat] of records(btree, table.root, encoding)) {
    if (name === null) continue;
    rows.push({
      table: text(name),
      index: index === null || index === undefined ? null : text(index),
      stat: text(stat),
    });
  }
  return withStats(schema, rows);
}
