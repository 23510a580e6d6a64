/** `mica [FILE] [SQL]`: command line, then one statement text, a piped script, or the prompt. */
import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { SqliteError, VERSION } from 'micadb';
import { runCommand, runScript } from './commands.ts';
import { MODES, type Mode } from './format.ts';
import { interact } from './interactive.ts';
import { Shell } from './shell.ts';

/** sqlite3 writes its long options with one dash: -json is taken as --json. */
function longOptions(argv: readonly string[]): string[] {
  return argv.map((a) => (/^-[a-z]{2,}$/.test(a) ? `-${a}` : a));
}

function program(): Command {
  const p = new Command('mica')
    .description('Mica: the shell for SQLite database files')
    .argument('[file]', 'database file; made when it is not there', ':memory:')
    .argument('[sql...]', 'SQL or dot commands to run instead of reading input')
    .option('--readonly', 'open the database for reading only')
    .option('--header', 'turn headers on')
    .option('--noheader', 'turn headers off')
    .option('--nullvalue <text>', 'show NULL as this text', '')
    .option('--separator <text>', 'column separator of list mode', '|')
    .option('--bail', 'stop after the first error')
    .option('--batch', 'never show a prompt')
    .option('--cmd <command...>', 'run a command before anything else')
    .version(VERSION, '--version');
  for (const mode of MODES) p.option(`--${mode}`, `output mode ${mode}`);
  return p;
}

type Options = Partial<Record<Mode, boolean>> & {
  readonly readonly?: boolean;
  readonly header?: boolean;
  readonly noheader?: boolean;
  readonly nullvalue: string;
  readonly separator: string;
  readonly bail?: boolean;
  readonly batch?: boolean;
  readonly cmd?: readonly string[];
};

async function main(argv: readonly string[]): Promise<number> {
  const p = program();
  p.parse(longOptions(argv), { from: 'user' });
  const options = p.opts<Options>();
  const [file = ':memory:', ...sql] = p.args;
  const mode = MODES.find((m) => options[m] === true) ?? 'list';
  const drawn = ['column', 'table', 'box', 'markdown'].includes(mode);
  let shell: Shell;
  try {
    shell = new Shell({
      file,
      readonly: options.readonly === true,
      mode,
      headers: options.noheader !== true && (options.header === true || drawn),
      nullValue: options.nullvalue,
      separator: options.separator,
      bail: options.bail === true,
    });
  } catch (e) {
    if (!(e instanceof SqliteError)) throw e;
    process.stderr.write(`Error: unable to open database "${file}": ${e.message}\n`);
    return 1;
  }
  try {
    for (const c of options.cmd ?? []) runOne(shell, c);
    if (sql.length > 0) return runArguments(shell, sql);
    if (process.stdin.isTTY && options.batch !== true) await interact(shell);
    else runScript(shell, readFileSync(0, 'utf8'));
    return shell.exitCode ?? (shell.errors > 0 ? 1 : 0);
  } finally {
    shell.db.close();
  }
}

function runOne(shell: Shell, text: string): number {
  if (!text.startsWith('.')) return shell.run(text, { kind: 'argument' });
  const before = shell.errors;
  runCommand(shell, text);
  return shell.errors > before ? 1 : 0;
}

function runArguments(shell: Shell, sql: readonly string[]): number {
  for (const text of sql) {
    const code = runOne(shell, text);
    if (shell.exitCode !== null) return shell.exitCode;
    if (code !== 0) return code;
  }
  return 0;
}

process.stdout.on('error', (e: NodeJS.ErrnoException) => {
  // The reader of a pipe has gone: end quietly, as programs do.
  if (e.code === 'EPIPE') process.exit(0);
  throw e;
});
process.exitCode = await main(process.argv.slice(2));
