/** `mica [FILE] [SQL]`: command line, then one statement text, a piped script, or the prompt. */
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { SqliteError, VERSION } from 'micadb';
import { runCommand } from './commands.ts';
import { MODES, type Mode } from './format.ts';
import { runScript } from './input.ts';
import { interact } from './interactive.ts';
import { Shell } from './shell.ts';

/** sqlite3 writes its long options with one dash: -json is taken as --json. */
function longOptions(argv: readonly string[]): string[] {
  return argv.map((a) => (/^-[a-z]{2,}$/.test(a) ? `-${a}` : a));
}

function program(): Command {
  const p = new Command('mica')
    .description('Mica: the shell for SQLite database files')
    .argument('[file]', 'database file; made when it is not there (default: in memory)')
    .argument('[sql...]', 'SQL or dot commands to run instead of reading input')
    .option('--readonly', 'open the database for reading only')
    .option('--header', 'turn headers on')
    .option('--noheader', 'turn headers off')
    .option('--nullvalue <text>', 'show NULL as this text', '')
    .option('--separator <text>', 'column separator of list mode')
    .option('--bail', 'stop after the first error')
    .option('--batch', 'never show a prompt')
    .option('--echo', 'print inputs before they run')
    .option('--init <file>', 'read and run a file first')
    .option('--cmd <command>', 'run a command before anything else', collect, [])
    .version(VERSION, '--version')
    .exitOverride()
    .configureOutput({ outputError: () => {} });
  for (const mode of MODES) p.option(`--${mode}`, `set output mode to '${mode}'`);
  return p;
}

function collect(value: string, all: readonly string[]): readonly string[] {
  return [...all, value];
}

type Options = Partial<Record<Mode, boolean>> & {
  readonly readonly?: boolean;
  readonly header?: boolean;
  readonly noheader?: boolean;
  readonly nullvalue: string;
  readonly separator?: string;
  readonly bail?: boolean;
  readonly batch?: boolean;
  readonly echo?: boolean;
  readonly init?: string;
  readonly cmd: readonly string[];
};

/** The command line, or the exit code when there is nothing more to do. */
function parse(argv: readonly string[]): Command | number {
  const p = program();
  try {
    return p.parse(longOptions(argv), { from: 'user' });
  } catch (e) {
    if (!(e instanceof CommanderError)) throw e;
    if (e.exitCode === 0) return 0;
    const unknown = /unknown option '-?(-.*)'/.exec(e.message);
    const what =
      unknown === null ? e.message.replace(/^error: /, '') : `unknown option: ${unknown[1]}`;
    process.stderr.write(`mica: Error: ${what}\nUse -help for a list of options.\n`);
    return 1;
  }
}

function openShell(file: string, options: Options): Shell {
  const headers = options.noheader === true ? false : (options.header ?? null);
  const shell = new Shell({
    file,
    readonly: options.readonly === true,
    mode: MODES.find((m) => options[m] === true) ?? 'list',
    headers,
    nullValue: options.nullvalue,
    separator: options.separator ?? null,
    bail: options.bail === true,
  });
  shell.echo = options.echo === true;
  return shell;
}

async function main(argv: readonly string[]): Promise<number> {
  const p = parse(argv);
  if (typeof p === 'number') return p;
  const options = p.opts<Options>();
  const [file = ':memory:', ...sql] = p.args;
  let shell: Shell;
  try {
    shell = openShell(file, options);
  } catch (e) {
    if (!(e instanceof SqliteError)) throw e;
    process.stderr.write(`Error: unable to open database "${file}": ${e.message}\n`);
    return 1;
  }
  try {
    if (options.init !== undefined) runCommand(shell, `.read '${options.init}'`);
    const code = runArguments(shell, [...options.cmd, ...sql]);
    if (code !== 0 || sql.length > 0 || shell.exitCode !== null) return shell.exitCode ?? code;
    if (process.stdin.isTTY && options.batch !== true) await interact(shell);
    else runScript(shell, readFileSync(0, 'utf8'));
    return shell.exitCode ?? (shell.errors > 0 ? 1 : 0);
  } finally {
    shell.flush();
    shell.db.close();
  }
}

/** Runs SQL and dot commands one after the other; stops at the first error. Gives the exit code. */
function runArguments(shell: Shell, texts: readonly string[]): number {
  for (const text of texts) {
    const code = text.startsWith('.')
      ? runCommand(shell, text)
      : shell.run(text, { kind: 'argument' });
    if (code !== 0 || shell.exitCode !== null) return code;
  }
  return 0;
}

process.stdout.on('error', (e: NodeJS.ErrnoException) => {
  // The reader of a pipe has gone: end quietly, as programs do.
  if (e.code === 'EPIPE') process.exit(0);
  throw e;
});
process.exitCode = await main(process.argv.slice(2));
