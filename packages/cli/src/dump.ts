/** .dump: a database as SQL text that makes it again. */
import { type ExactValue, valueToText } from 'micadb';
import { literal, quoteName } from './format.ts';
import type { Shell } from './shell.ts';

interface SchemaRow {
  readonly name: string;
  readonly type: string;
  readonly sql: string;
}

function rowsOf(shell: Shell, sql: string, ...params: string[]): ExactValue[][] {
  return shell.db
    .prepare(sql)
    .exact()
    .mode('raw')
    .all(...params) as unknown as ExactValue[][];
}

function schemaRows(shell: Shell, types: string, pattern: string): SchemaRow[] {
  const sql = `SELECT name, type, sql FROM sqlite_schema WHERE type IN (${types}) AND sql IS NOT NULL AND tbl_name LIKE ?1 ORDER BY rowid`;
  return rowsOf(shell, sql, pattern).map(([name, type, text]) => ({
    name: valueToText(name!),
    type: valueToText(type!),
    sql: valueToText(text!),
  }));
}

function dumpRows(shell: Shell, table: string): void {
  const insertable = rowsOf(shell, 'SELECT name FROM pragma_table_info(?1)', table).map((r) =>
    quoteName(valueToText(r[0]!)),
  );
  const statement = shell.db
    .prepare(`SELECT ${insertable.join(',')} FROM ${quoteName(table)}`)
    .exact()
    .mode('raw');
  for (const row of statement.iterate() as unknown as Iterable<ExactValue[]>) {
    shell.write(`INSERT INTO ${quoteName(table)} VALUES(${row.map(literal).join(',')});\n`);
  }
}

/** Writes the dump of all tables, or of those that match `pattern` (LIKE). */
export function dump(shell: Shell, pattern = '%'): void {
  shell.write('PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\n');
  for (const t of schemaRows(shell, "'table'", pattern)) {
    if (t.name === 'sqlite_sequence') shell.write('DELETE FROM sqlite_sequence;\n');
    else if (/^sqlite_stat\d$/.test(t.name)) shell.write('ANALYZE sqlite_schema;\n');
    else if (t.name.startsWith('sqlite_')) continue;
    else shell.write(`${t.sql};\n`);
    if (!/^create\s+virtual/i.test(t.sql)) dumpRows(shell, t.name);
  }
  for (const o of schemaRows(shell, "'index','trigger','view'", pattern))
    shell.write(`${o.sql};\n`);
  shell.write('COMMIT;\n');
}
