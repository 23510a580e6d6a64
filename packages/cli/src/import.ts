/** .import: a CSV file into a table, which is made from the first line when it is not there. */
import { readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import { SqliteError } from 'micadb';
import { objectNames, storedColumns } from './catalog.ts';
import { quoteName } from './format.ts';
import type { Shell } from './shell.ts';

export interface ImportOptions {
  readonly file: string;
  readonly table: string;
  readonly schema: string;
  readonly separator: string;
  /** Lines left out at the start. */
  readonly skip: number;
}

interface CsvRow {
  readonly fields: string[];
  /** Line of the file where it begins. */
  readonly line: number;
}

/** A file's bytes, with an error in the shell's words. */
export function readInput(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch {
    throw new Error(`cannot open "${file}"`);
  }
}

function readRows(options: ImportOptions): CsvRow[] {
  const rows: CsvRow[] = [];
  let line = 1;
  parse(readInput(options.file), {
    bom: true,
    delimiter: options.separator,
    relax_column_count: true,
    relax_quotes: true,
    on_record: (fields: string[], { lines }: { lines: number }) => {
      rows.push({ fields, line });
      line = lines + 1;
      return null;
    },
  });
  return rows.slice(options.skip);
}

/** Column names from the first line: no two alike, none empty. */
function columnsFrom(shell: Shell, file: string, header: readonly string[]): string[] {
  const given = header.map((n) => (n === '' ? '?' : n));
  const folded = given.map((n) => n.toLowerCase());
  const renamed: string[] = [];
  const names = given.map((name, i) => {
    const others = folded.some((f, j) => j !== i && f === folded[i]);
    if (!others) return name;
    renamed.push(`"${name}" to "${name}_${i + 1}"`);
    return `${name}_${i + 1}`;
  });
  if (renamed.length > 0) {
    shell.note(
      `Columns renamed during .import ${file} due to duplicates:\n${renamed.join(',\n')}\n`,
    );
  }
  return names;
}

/** The exit code of the last row that could not be inserted, 0 when all were. */
export function importCsv(shell: Shell, options: ImportOptions): number {
  const { file, table, schema } = options;
  let rows = readRows(options);
  const target = `${quoteName(schema)}.${quoteName(table)}`;
  const condition = "type IN ('table','view') AND lower(name) = lower(?1)";
  const prefix = schema === 'main' ? '' : `${schema}.`;
  const known = objectNames(shell, condition, table).some(
    (n) => n.toLowerCase() === (prefix + table).toLowerCase(),
  );
  if (!known) {
    const header = rows[0];
    if (header === undefined) throw new Error(`${file}: empty file`);
    const columns = columnsFrom(shell, file, header.fields);
    const list = columns.map((c, i) => {
      const before = i === 0 ? '\n' : i % 4 === 0 ? ',\n ' : ', ';
      return `${before}"${c.replaceAll('"', '""')}" TEXT`;
    });
    const name = `"${table.replaceAll('"', '""')}"`;
    shell.db.exec(`CREATE TABLE ${prefix && `${quoteName(schema)}.`}${name}(${list.join('')})`);
    rows = rows.slice(1);
  }
  const width = storedColumns(shell, schema, table).length;
  const marks = new Array(width).fill('?').join(',');
  const insert = shell.db.prepare(`INSERT INTO ${target} VALUES(${marks})`);
  let code = 0;
  const own = !shell.db.inTransaction;
  if (own) shell.db.exec('BEGIN');
  try {
    for (const { fields, line } of rows) {
      if (fields.length !== width) {
        const what = fields.length < width ? 'filling the rest with NULL' : 'extras ignored';
        shell.note(
          `${file}:${line}: expected ${width} columns but found ${fields.length} - ${what}\n`,
        );
      }
      try {
        insert.run(Array.from({ length: width }, (_, i) => fields[i] ?? null));
      } catch (e) {
        if (!(e instanceof SqliteError)) throw e;
        shell.complain(`${file}:${line}: INSERT failed: ${e.message}\n`);
        code = e.errcode & 0xff;
      }
    }
  } finally {
    if (own && shell.db.inTransaction) shell.db.exec('COMMIT');
  }
  return code;
}
