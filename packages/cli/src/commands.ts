/** Dot commands. Each is a row of a table: name, usage, help, what it does. */
import { readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import { type ExactValue, isComplete, SqliteError, valueToText } from 'micadb';
import { dump } from './dump.ts';
import { MODES, type Mode, quoteName } from './format.ts';
import type { Shell } from './shell.ts';

interface Command {
  readonly usage: string;
  readonly help: string;
  run(shell: Shell, args: readonly string[]): void;
}

class UsageError extends Error {}

function rowsOf(shell: Shell, sql: string, ...params: string[]): ExactValue[][] {
  const rows = shell.db
    .prepare(sql)
    .exact()
    .mode('raw')
    .all(...params);
  return rows as unknown as ExactValue[][];
}

function flag(word: string | undefined, usage: string): boolean {
  switch (word?.toLowerCase()) {
    case 'on':
    case 'yes':
    case 'true':
    case '1':
      return true;
    case 'off':
    case 'no':
    case 'false':
    case '0':
      return false;
    default:
      throw new UsageError(usage);
  }
}

/** Schema tables of all attached databases. */
function schemas(shell: Shell): string[] {
  return rowsOf(shell, 'PRAGMA database_list').map((r) => valueToText(r[1]!));
}

function objects(shell: Shell, condition: string, pattern: string | undefined): string[] {
  const names: string[] = [];
  for (const schema of schemas(shell)) {
    const prefix = schema === 'main' ? '' : `${schema}.`;
    const sql = `SELECT name FROM ${quoteName(schema)}.sqlite_schema WHERE ${condition} AND name LIKE ?1 ORDER BY 1`;
    for (const [name] of rowsOf(shell, sql, pattern ?? '%'))
      names.push(prefix + valueToText(name!));
  }
  return names;
}

/** Names in columns, as many side by side as fit 80 characters. */
function printColumns(shell: Shell, names: readonly string[]): void {
  if (names.length === 0) return;
  const width = Math.max(...names.map((n) => n.length));
  const perRow = Math.max(1, Math.floor(80 / (width + 2)));
  const rows = Math.ceil(names.length / perRow);
  for (let r = 0; r < rows; r++) {
    const line: string[] = [];
    for (let i = r; i < names.length; i += rows) line.push(names[i]!.padEnd(width));
    shell.write(`${line.join('  ')}\n`);
  }
}

function printSchema(shell: Shell, pattern: string | undefined): void {
  for (const schema of schemas(shell)) {
    const sql =
      `SELECT sql FROM ${quoteName(schema)}.sqlite_schema WHERE sql IS NOT NULL ` +
      `AND (tbl_name LIKE ?1 OR name LIKE ?1) AND (?1 <> '%' OR name NOT LIKE 'sqlite_stat%') ORDER BY rowid`;
    for (const [text] of rowsOf(shell, sql, pattern ?? '%'))
      shell.write(`${valueToText(text!)};\n`);
  }
}

function importCsv(shell: Shell, args: readonly string[]): void {
  const words = args.filter((a) => !a.startsWith('-'));
  const [file, table] = words;
  if (file === undefined || table === undefined) throw new UsageError(commands['.import']!.usage);
  const skip = args.includes('--skip') || args.includes('-skip') ? 1 : 0;
  const records = parse(readFileSync(file), { relax_column_count: true, bom: true }) as string[][];
  const exists = objects(shell, "type IN ('table','view')", table).length > 0;
  let rows = records.slice(skip);
  if (!exists) {
    const header = rows[0];
    if (header === undefined) throw new UsageError('no columns in the CSV file');
    shell.db.exec(
      `CREATE TABLE ${quoteName(table)}(${header.map((c) => `${quoteName(c)} ANY`).join(', ')})`,
    );
    rows = rows.slice(1);
  }
  const width = rowsOf(shell, `SELECT * FROM pragma_table_info(?)`, table).length;
  const insert = shell.db.prepare(
    `INSERT INTO ${quoteName(table)} VALUES(${new Array(width).fill('?').join(',')})`,
  );
  shell.db.transaction(() => {
    rows.forEach((row, i) => {
      if (row.length !== width) {
        const what = row.length < width ? 'filling the rest with NULL' : 'extras ignored';
        process.stderr.write(
          `${file}:${i + 1}: expected ${width} columns but found ${row.length} - ${what}\n`,
        );
      }
      insert.run(...Array.from({ length: width }, (_, c) => row[c] ?? null));
    });
  });
}

function setMode(shell: Shell, args: readonly string[]): void {
  const [name, table] = args;
  if (name === undefined) {
    shell.write(`current output mode: ${shell.style.mode}\n`);
    return;
  }
  const mode = MODES.find((m) => m === name || (m.startsWith(name) && name.length > 2));
  if (mode === undefined) {
    throw new Error(`mode should be one of: ${MODES.join(' ')}`);
  }
  const drawn: readonly Mode[] = ['column', 'table', 'box', 'markdown'];
  shell.style = {
    ...shell.style,
    mode,
    headers: drawn.includes(mode) || shell.style.headers,
    insertTable: table ?? 'table',
  };
}

export const commands: Readonly<Record<string, Command>> = {
  '.bail': {
    usage: '.bail on|off',
    help: 'Stop after hitting an error. Default OFF',
    run: (shell, [word]) => {
      shell.bail = flag(word, 'Usage: .bail on|off');
    },
  },
  '.databases': {
    usage: '.databases',
    help: 'List names and files of attached databases',
    run: (shell) => {
      for (const [, name, file] of rowsOf(shell, 'PRAGMA database_list')) {
        const readonly = shell.db.readonly ? 'r/o' : 'r/w';
        shell.write(`${valueToText(name!)}: ${valueToText(file!) || '""'} ${readonly}\n`);
      }
    },
  },
  '.dump': {
    usage: '.dump ?TABLE?',
    help: 'Render database content as SQL',
    run: (shell, [pattern]) => dump(shell, pattern),
  },
  '.echo': {
    usage: '.echo on|off',
    help: 'Turn command echo on or off',
    run: (shell, [word]) => {
      shell.echo = flag(word, 'Usage: .echo on|off');
    },
  },
  '.exit': {
    usage: '.exit ?CODE?',
    help: 'Exit this program with return-code CODE',
    run: (shell, [code]) => {
      shell.exitCode = Number.parseInt(code ?? '0', 10) || 0;
    },
  },
  '.headers': {
    usage: '.headers on|off',
    help: 'Turn display of headers on or off',
    run: (shell, [word]) => {
      shell.style = { ...shell.style, headers: flag(word, 'Usage: .headers on|off') };
    },
  },
  '.help': {
    usage: '.help ?PATTERN?',
    help: 'Show help text for PATTERN',
    run: (shell, [pattern]) => {
      for (const c of Object.values(commands)) {
        if (pattern !== undefined && !c.usage.includes(pattern)) continue;
        shell.write(`${c.usage.padEnd(24)} ${c.help}\n`);
      }
    },
  },
  '.import': {
    usage: '.import FILE TABLE',
    help: 'Import a CSV file into TABLE (--skip: leave out the first line)',
    run: importCsv,
  },
  '.indexes': {
    usage: '.indexes ?TABLE?',
    help: 'Show names of indexes',
    run: (shell, [table]) => {
      const where = table === undefined ? '1' : `tbl_name LIKE '${table.replaceAll("'", "''")}'`;
      printColumns(shell, objects(shell, `type='index' AND ${where}`, undefined));
    },
  },
  '.mode': {
    usage: '.mode MODE ?TABLE?',
    help: `Set output mode: ${MODES.join(' ')}`,
    run: setMode,
  },
  '.nullvalue': {
    usage: '.nullvalue STRING',
    help: 'Use STRING in place of NULL values',
    run: (shell, [text]) => {
      if (text === undefined) throw new UsageError('Usage: .nullvalue STRING');
      shell.style = { ...shell.style, nullValue: text };
    },
  },
  '.once': {
    usage: '.once FILE',
    help: 'Output for the next SQL command only to FILE',
    run: (shell, [file]) => shell.setOutput(file ?? null, true),
  },
  '.open': {
    usage: '.open ?--readonly? FILE',
    help: 'Close existing database and reopen FILE',
    run: (shell, args) => {
      const file = args.find((a) => !a.startsWith('-')) ?? ':memory:';
      shell.reopen(
        file,
        args.some((a) => a.endsWith('readonly')),
      );
    },
  },
  '.output': {
    usage: '.output ?FILE?',
    help: 'Send output to FILE or stdout if FILE is omitted',
    run: (shell, [file]) =>
      shell.setOutput(file === undefined || file === 'stdout' ? null : file, false),
  },
  '.print': {
    usage: '.print STRING...',
    help: 'Print literal STRING',
    run: (shell, args) => shell.write(`${args.join(' ')}\n`),
  },
  '.quit': {
    usage: '.quit',
    help: 'Stop interpreting input stream, exit if primary.',
    run: (shell) => {
      shell.exitCode = 0;
    },
  },
  '.read': {
    usage: '.read FILE',
    help: 'Read input from FILE',
    run: (shell, [file]) => {
      if (file === undefined) throw new UsageError('Usage: .read FILE');
      runScript(shell, readFileSync(file, 'utf8'));
    },
  },
  '.schema': {
    usage: '.schema ?PATTERN?',
    help: 'Show the CREATE statements matching PATTERN',
    run: (shell, [pattern]) => printSchema(shell, pattern),
  },
  '.separator': {
    usage: '.separator COL',
    help: 'Change the column separator of list mode',
    run: (shell, [text]) => {
      if (text === undefined) throw new UsageError('Usage: .separator COL');
      shell.style = { ...shell.style, separator: text.replaceAll('\\t', '\t') };
    },
  },
  '.tables': {
    usage: '.tables ?TABLE?',
    help: 'List names of tables matching LIKE pattern TABLE',
    run: (shell, [pattern]) => {
      const where = "type IN ('table','view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'";
      printColumns(shell, objects(shell, where, pattern));
    },
  },
  '.timer': {
    usage: '.timer on|off',
    help: 'Turn SQL timer on or off',
    run: (shell, [word]) => {
      shell.timer = flag(word, 'Usage: .timer on|off');
    },
  },
};

/** Splits a dot command into words; quotes keep spaces. */
function words(line: string): string[] {
  return [...line.matchAll(/"((?:[^"\\]|\\.)*)"|'([^']*)'|(\S+)/g)].map(
    (m) => m[1] ?? m[2] ?? m[3]!,
  );
}

/** Runs one dot command; errors are printed. */
export function runCommand(shell: Shell, line: string): void {
  const [name, ...args] = words(line.trim());
  if (name === undefined) return;
  const exact = commands[name];
  const found =
    exact === undefined ? Object.keys(commands).filter((c) => c.startsWith(name)) : [name];
  const command = name.length > 1 && found.length > 0 ? commands[found[0]!] : undefined;
  if (command === undefined) {
    shell.complain(
      `Error: unknown command or invalid arguments:  "${name.slice(1)}". Enter ".help" for help\n`,
    );
    return;
  }
  try {
    command.run(shell, args);
  } catch (e) {
    if (e instanceof UsageError) shell.complain(`${e.message}\n`);
    else if (e instanceof SqliteError || e instanceof Error)
      shell.complain(`Error: ${e.message}\n`);
    else throw e;
  }
}

/** Runs a script of SQL and dot commands (piped input, .read). */
export function runScript(shell: Shell, text: string): void {
  let pending = '';
  let startLine = 1;
  const lines = text.split('\n');
  for (let i = 0; i < lines.length && shell.exitCode === null; i++) {
    const line = lines[i]!;
    if (pending === '' && line.startsWith('.')) {
      runCommand(shell, line);
    } else {
      if (pending === '') startLine = i + 1;
      pending += (pending === '' ? '' : '\n') + line;
      if (pending.trim() === '') pending = '';
      else if (isComplete(pending)) {
        shell.run(pending, { kind: 'line', line: startLine });
        pending = '';
      }
    }
    if (shell.bail && shell.errors > 0) return;
  }
  if (pending.trim() !== '' && shell.exitCode === null) {
    shell.run(pending, { kind: 'line', line: startLine });
  }
}
