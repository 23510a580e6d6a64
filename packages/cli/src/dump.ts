/** .schema and .dump: a database as SQL text that makes it again. */
import { valueToText } from 'micadb';
import { columnNames, schemas, storedColumns } from './catalog.ts';
import { lineLiteral, quoteName } from './format.ts';
import type { Shell } from './shell.ts';

interface SchemaRow {
  readonly name: string;
  readonly type: string;
  readonly sql: string;
}

const VIRTUAL = /^create\s+virtual\s/i;

/** CREATE TABLE of a quoted name is made to be harmless where the table is there already. */
function tolerant(sql: string): string {
  return /^CREATE TABLE ["']/.test(sql) ? `CREATE TABLE IF NOT EXISTS ${sql.slice(13)}` : sql;
}

/** The statement with the database's name before that of the object. */
function qualified(sql: string, schema: string): string {
  if (schema === 'main') return tolerant(sql);
  const head = /^CREATE (?:VIRTUAL TABLE|TABLE|UNIQUE INDEX|INDEX|VIEW|TRIGGER) /i.exec(sql)?.[0];
  const name = schema === 'temp' ? schema : quoteName(schema);
  return head === undefined ? sql : `${head}${name}.${sql.slice(head.length)}`;
}

/** .schema: the statements of objects that belong to tables like `pattern`. */
export function printSchema(shell: Shell, pattern = '%'): void {
  for (const schema of schemas(shell)) {
    const sql =
      `SELECT sql, type, name FROM ${quoteName(schema)}.sqlite_schema ` +
      'WHERE sql IS NOT NULL AND tbl_name LIKE ?1 ORDER BY rowid';
    for (const row of shell.rows(sql, pattern)) {
      const [text, type, name] = row.map((v) => valueToText(v)) as [string, string, string];
      let columns = '';
      if (type === 'view' || VIRTUAL.test(text)) {
        const prefix = schema === 'main' ? '' : `${schema}.`;
        const names = columnNames(shell, schema, name).map(quoteName);
        columns = `\n/* ${prefix}${quoteName(name)}(${names.join(',')}) */`;
      }
      shell.write(`${qualified(text, schema)}${columns};\n`);
    }
  }
}

function schemaRows(shell: Shell, types: string, pattern: string): SchemaRow[] {
  const sql =
    `SELECT name, type, sql FROM main.sqlite_schema WHERE type IN (${types}) AND sql IS NOT NULL ` +
    "AND name LIKE ?1 ORDER BY name = 'sqlite_sequence', rowid";
  return shell.rows(sql, pattern).map(([name, type, text]) => ({
    name: valueToText(name!),
    type: valueToText(type!),
    sql: valueToText(text!),
  }));
}

function dumpRows(shell: Shell, table: string): void {
  const columns = storedColumns(shell, 'main', table).map(quoteName);
  const name = quoteName(table);
  const statement = shell.db.prepare(`SELECT ${columns.join(',')} FROM main.${name}`);
  for (const row of statement.exact().mode('raw').iterate()) {
    shell.write(`INSERT INTO ${name} VALUES(${row.map(lineLiteral).join(',')});\n`);
  }
}

function dumpVirtual(shell: Shell, t: SchemaRow, first: boolean): void {
  if (first) shell.write('PRAGMA writable_schema=ON;\n');
  const name = lineLiteral(t.name);
  shell.write(
    'INSERT INTO sqlite_schema(type,name,tbl_name,rootpage,sql)' +
      `VALUES('table',${name},${name},0,${lineLiteral(t.sql)});\n`,
  );
}

/** .dump: all tables, or the objects like `pattern`. What is read is one state of the database. */
export function dump(shell: Shell, pattern = '%'): void {
  shell.write('PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\n');
  const own = !shell.db.inTransaction;
  if (own) shell.db.exec('BEGIN');
  let writable = false;
  try {
    for (const t of schemaRows(shell, "'table'", pattern)) {
      if (VIRTUAL.test(t.sql)) {
        dumpVirtual(shell, t, !writable);
        writable = true;
        continue;
      }
      if (t.name === 'sqlite_sequence') shell.write('DELETE FROM sqlite_sequence;\n');
      else if (/^sqlite_stat\d$/.test(t.name)) shell.write('ANALYZE sqlite_schema;\n');
      else if (t.name.startsWith('sqlite_')) continue;
      else shell.write(`${tolerant(t.sql)};\n`);
      dumpRows(shell, t.name);
    }
    for (const o of schemaRows(shell, "'index','trigger','view'", pattern)) {
      shell.write(`${o.sql};\n`);
    }
  } finally {
    if (own) shell.db.exec('COMMIT');
  }
  if (writable) shell.write('PRAGMA writable_schema=OFF;\n');
  shell.write('COMMIT;\n');
}
