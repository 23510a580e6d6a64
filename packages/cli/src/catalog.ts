/** What the dot commands and completion ask about the schema. */
import { valueToText } from 'micadb';
import { quoteName } from './format.ts';
import type { Shell } from './shell.ts';

/** Names of all attached databases. */
export function schemas(shell: Shell): string[] {
  return shell.rows('PRAGMA database_list').map((r) => valueToText(r[1]!));
}

/** Names of objects for which `condition` holds (?1 is `pattern`), sorted; "schema.name" outside main. */
export function objectNames(shell: Shell, condition: string, pattern: string): string[] {
  const names: string[] = [];
  for (const schema of schemas(shell)) {
    const prefix = schema === 'main' ? '' : `${schema}.`;
    const sql = `SELECT name FROM ${quoteName(schema)}.sqlite_schema WHERE ${condition}`;
    for (const [name] of shell.rows(sql, pattern)) names.push(prefix + valueToText(name!));
  }
  return names.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}

function columns(shell: Shell, pragma: string, schema: string, table: string): string[] {
  const sql = `PRAGMA ${quoteName(schema)}.${pragma}(${quoteName(table)})`;
  return shell.rows(sql).map((r) => valueToText(r[1]!));
}

/** Columns of a table or view. */
export function columnNames(shell: Shell, schema: string, table: string): string[] {
  return columns(shell, 'table_xinfo', schema, table);
}

/** The columns that rows are inserted into: all but the generated ones. */
export function storedColumns(shell: Shell, schema: string, table: string): string[] {
  return columns(shell, 'table_info', schema, table);
}
