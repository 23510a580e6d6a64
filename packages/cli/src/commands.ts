/** Dot commands. Each is a row of a table: name, usage, help, what it does. */
import { SqliteError, valueToText } from 'micadb';
import { objectNames } from './catalog.ts';
import { dump, printSchema } from './dump.ts';
import { MODES } from './format.ts';
import { importCsv, readInput } from './import.ts';
import { runScript } from './input.ts';
import type { Shell } from './shell.ts';

interface Command {
  readonly usage: string;
  readonly help: string;
  /** Gives an exit code, or nothing for 0. */
  run(shell: Shell, args: readonly string[]): number | undefined;
}

/** Wrong arguments: the message is shown as it is. */
class UsageError extends Error {}

function usage(name: string): UsageError {
  return new UsageError(`Usage: ${commands[name]!.usage}`);
}

const BOOLEANS: Readonly<Record<string, boolean>> = {
  on: true,
  yes: true,
  true: true,
  off: false,
  no: false,
  false: false,
};

function flag(shell: Shell, name: string, args: readonly string[]): boolean {
  const [word] = args;
  if (word === undefined || args.length > 1) throw usage(name);
  const known = BOOLEANS[word.toLowerCase()];
  if (known !== undefined) return known;
  if (/^\d+$/.test(word)) return Number(word) !== 0;
  shell.note(`ERROR: Not a boolean value: "${word}". Assuming "no".\n`);
  return false;
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

function setMode(shell: Shell, args: readonly string[]): undefined {
  const [name, table] = args;
  if (name === undefined) {
    shell.write(`current output mode: ${shell.style.mode}\n`);
    return;
  }
  const mode = MODES.find((m) => m.startsWith(name));
  if (mode === undefined) {
    throw new Error(`mode should be one of: ${[...MODES].sort().join(' ')}`);
  }
  shell.setMode(mode, table);
}

function runImport(shell: Shell, args: readonly string[]): number {
  let skip = 0;
  let schema = 'main';
  const { mode, separator: current } = shell.style;
  // Comma, unless .separator has been given another one.
  let separator = mode === 'list' && current === '|' ? ',' : current;
  const words: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const option = args[i]!.replace(/^--?/, '-');
    if (!option.startsWith('-')) words.push(args[i]!);
    else if (option === '-csv') separator = ',';
    else if (option === '-skip') skip = Number(args[++i]);
    else if (option === '-schema') schema = args[++i] ?? '';
    else throw new UsageError(`ERROR: unknown option: "${args[i]}".  ${usage('.import').message}`);
  }
  const [file, table] = words;
  if (words.length !== 2 || file === undefined || table === undefined || !Number.isInteger(skip)) {
    throw usage('.import');
  }
  if (mode === 'csv' && shell.style.rowEnd === '\r\n') {
    // As the sqlite3 program: what follows in this mode ends its rows as the file might.
    shell.style = { ...shell.style, rowEnd: '\n' };
  }
  return importCsv(shell, { file, table, schema, separator, skip });
}

function openDatabase(shell: Shell, args: readonly string[]): undefined {
  const file = args.find((a) => !a.startsWith('-')) ?? ':memory:';
  try {
    shell.reopen(
      file,
      args.some((a) => /^--?readonly$/.test(a)),
    );
  } catch (e) {
    if (!(e instanceof SqliteError)) throw e;
    throw new Error(`unable to open database "${file}": ${e.message}`);
  }
}

const DOUBLE_SEPARATORS: Readonly<Record<string, string>> = { '\\t': '\t', '\\n': '\n' };

function unescaped(text: string): string {
  return text.replace(/\\[tn]/g, (m) => DOUBLE_SEPARATORS[m]!);
}

export const commands: Readonly<Record<string, Command>> = {
  '.bail': {
    usage: '.bail on|off',
    help: 'Stop after hitting an error. Default OFF',
    run(shell, args) {
      shell.bail = flag(shell, '.bail', args);
      return undefined;
    },
  },
  '.databases': {
    usage: '.databases',
    help: 'List names and files of attached databases',
    run(shell) {
      const access = shell.db.readonly ? 'r/o' : 'r/w';
      for (const [, name, file] of shell.rows('PRAGMA database_list')) {
        shell.write(`${valueToText(name!)}: ${valueToText(file!) || '""'} ${access}\n`);
      }
      return undefined;
    },
  },
  '.dump': {
    usage: '.dump ?OBJECT?',
    help: 'Render database content as SQL (OBJECT: a LIKE pattern of names)',
    run(shell, [pattern]) {
      dump(shell, pattern);
      return undefined;
    },
  },
  '.echo': {
    usage: '.echo on|off',
    help: 'Turn command echo on or off',
    run(shell, args) {
      shell.echo = flag(shell, '.echo', args);
      return undefined;
    },
  },
  '.exit': {
    usage: '.exit ?CODE?',
    help: 'Exit this program with return-code CODE',
    run(shell, [code]) {
      shell.exitCode = Number.parseInt(code ?? '0', 10) || 0;
      return undefined;
    },
  },
  '.headers': {
    usage: '.headers on|off',
    help: 'Turn display of headers on or off',
    run(shell, args) {
      const headers = flag(shell, '.headers', args);
      shell.style = { ...shell.style, headers };
      shell.headersSet = true;
      return undefined;
    },
  },
  '.help': {
    usage: '.help ?PATTERN?',
    help: 'Show help text for PATTERN',
    run(shell, [pattern]) {
      for (const c of Object.values(commands)) {
        if (pattern !== undefined && !`${c.usage} ${c.help}`.includes(pattern)) continue;
        shell.write(`${c.usage.padEnd(24)} ${c.help}\n`);
      }
      return undefined;
    },
  },
  '.import': {
    usage: '.import FILE TABLE',
    help: 'Import CSV data from FILE into TABLE. Options: --skip N, --schema S, --csv',
    run: runImport,
  },
  '.indexes': {
    usage: '.indexes ?TABLE?',
    help: 'Show names of indexes, all or those of tables matching LIKE pattern TABLE',
    run(shell, [table]) {
      printColumns(shell, objectNames(shell, "type='index' AND tbl_name LIKE ?1", table ?? '%'));
      return undefined;
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
    run(shell, [text]) {
      if (text === undefined) throw usage('.nullvalue');
      shell.style = { ...shell.style, nullValue: text };
      return undefined;
    },
  },
  '.once': {
    usage: '.once FILE',
    help: 'Output for the next SQL command only to FILE',
    run(shell, [file]) {
      if (file === undefined) throw usage('.once');
      shell.setOutput(file, true);
      return undefined;
    },
  },
  '.open': {
    usage: '.open ?--readonly? ?FILE?',
    help: 'Close existing database and reopen FILE',
    run: openDatabase,
  },
  '.output': {
    usage: '.output ?FILE?',
    help: 'Send output to FILE or stdout if FILE is omitted',
    run(shell, [file, extra]) {
      if (extra !== undefined) throw usage('.output');
      shell.setOutput(file === undefined || file === 'stdout' ? null : file, false);
      return undefined;
    },
  },
  '.print': {
    usage: '.print STRING...',
    help: 'Print literal STRING',
    run(shell, args) {
      shell.write(`${args.join(' ')}\n`);
      return undefined;
    },
  },
  '.quit': {
    usage: '.quit',
    help: 'Stop interpreting input stream, exit if primary.',
    run(shell) {
      shell.exitCode = 0;
      return undefined;
    },
  },
  '.read': {
    usage: '.read FILE',
    help: 'Read input from FILE',
    run(shell, [file]) {
      if (file === undefined) throw usage('.read');
      const before = shell.errors;
      runScript(shell, readInput(file).toString('utf8'));
      return shell.errors > before ? 1 : 0;
    },
  },
  '.schema': {
    usage: '.schema ?PATTERN?',
    help: 'Show the CREATE statements matching PATTERN',
    run(shell, [pattern]) {
      printSchema(shell, pattern);
      return undefined;
    },
  },
  '.separator': {
    usage: '.separator COL ?ROW?',
    help: 'Change the column and row separators',
    run(shell, [column, row]) {
      if (column === undefined) throw usage('.separator');
      const { style } = shell;
      const rowEnd = row === undefined ? style.rowEnd : unescaped(row);
      shell.style = { ...style, separator: unescaped(column), rowEnd };
      return undefined;
    },
  },
  '.tables': {
    usage: '.tables ?TABLE?',
    help: 'List names of tables and views matching LIKE pattern TABLE',
    run(shell, [pattern]) {
      const where =
        "type IN ('table','view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name LIKE ?1";
      printColumns(shell, objectNames(shell, where, pattern ?? '%'));
      return undefined;
    },
  },
  '.timer': {
    usage: '.timer on|off',
    help: 'Turn SQL timer on or off',
    run(shell, args) {
      shell.timer = flag(shell, '.timer', args);
      return undefined;
    },
  },
};

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r' };

/** Splits a dot command into words; quotes keep spaces, and escapes mean something in double ones. */
function words(line: string): string[] {
  return [...line.matchAll(/"((?:[^"\\]|\\.)*)"|'([^']*)'|(\S+)/g)].map(
    (m) => m[1]?.replace(/\\(.)/g, (_, c: string) => ESCAPES[c] ?? c) ?? m[2] ?? m[3]!,
  );
}

/** The command that a word means: its name, or the start of one. */
function find(name: string): Command | undefined {
  if (Object.hasOwn(commands, name)) return commands[name];
  if (name.length < 2) return undefined;
  const full = Object.keys(commands).find((c) => c.startsWith(name));
  return full === undefined ? undefined : commands[full];
}

/** Runs one dot command; errors are printed. Gives its exit code. */
export function runCommand(shell: Shell, line: string): number {
  const [name, ...args] = words(line.trim());
  if (name === undefined) return 0;
  const command = find(name);
  if (command === undefined) {
    shell.complain(
      `Error: unknown command or invalid arguments:  "${name.slice(1)}". Enter ".help" for help\n`,
    );
    return 1;
  }
  try {
    return command.run(shell, args) ?? 0;
  } catch (e) {
    if (e instanceof UsageError) shell.complain(`${e.message}\n`);
    else if (e instanceof Error) shell.complain(`Error: ${e.message}\n`);
    else throw e;
    return 1;
  }
}
