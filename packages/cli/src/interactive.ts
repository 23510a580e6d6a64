/** The interactive prompt: history, statements over several lines, completion. */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type ExactValue, isComplete, KEYWORDS, valueToText } from 'micadb';
import { commands, runCommand } from './commands.ts';
import type { Shell } from './shell.ts';

const HISTORY_LINES = 2000;

function historyFile(): string {
  return process.env['MICA_HISTORY'] ?? join(homedir(), '.mica_history');
}

function loadHistory(): string[] {
  const file = historyFile();
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8').split('\n').filter(Boolean).slice(-HISTORY_LINES).reverse();
}

/** Names of tables, views and columns of the open database. */
function schemaNames(shell: Shell): string[] {
  try {
    const sql =
      "SELECT name FROM sqlite_schema WHERE type IN ('table','view') UNION SELECT p.name FROM sqlite_schema s, pragma_table_info(s.name) p WHERE s.type IN ('table','view')";
    const rows = shell.db.prepare(sql).exact().mode('raw').all() as unknown as ExactValue[][];
    return rows.map((r) => valueToText(r[0]!));
  } catch {
    // A damaged or locked database must not break typing.
    return [];
  }
}

/** Completions of the last word of `line`, and that word. */
export function complete(shell: Shell, line: string): [string[], string] {
  if (line.startsWith('.')) {
    const hits = Object.keys(commands).filter((c) => c.startsWith(line));
    return [hits, line];
  }
  const word = /[A-Za-z_][\w$]*$/.exec(line)?.[0] ?? '';
  if (word === '') return [[], ''];
  const upper = word === word.toUpperCase();
  const lower = word.toLowerCase();
  const keywords = KEYWORDS.filter((k) => k.toLowerCase().startsWith(lower)).map((k) =>
    upper ? k.toUpperCase() : k.toLowerCase(),
  );
  const names = schemaNames(shell).filter((n) => n.toLowerCase().startsWith(lower));
  return [[...new Set([...names, ...keywords])], word];
}

/** Reads lines until .quit or the end of input. */
export function interact(shell: Shell): Promise<void> {
  process.stdout.write('Mica shell. Enter ".help" for usage hints.\n');
  if (shell.file === ':memory:') {
    process.stdout.write('Connected to a transient in-memory database.\n');
  }
  const reader = createInterface({
    input: process.stdin,
    output: process.stdout,
    prompt: 'mica> ',
    history: loadHistory(),
    historySize: HISTORY_LINES,
    completer: (line: string) => complete(shell, line),
  });
  let pending = '';
  return new Promise((resolve) => {
    reader.on('line', (line) => {
      if (line.trim() !== '') appendFileSync(historyFile(), `${line}\n`);
      if (pending === '' && line.startsWith('.')) runCommand(shell, line);
      else {
        pending += (pending === '' ? '' : '\n') + line;
        if (pending.trim() === '') pending = '';
        else if (isComplete(pending)) {
          shell.run(pending, { kind: 'line', line: 1 });
          pending = '';
        }
      }
      if (shell.exitCode !== null) {
        reader.close();
        return;
      }
      reader.setPrompt(pending === '' ? 'mica> ' : '  ...> ');
      reader.prompt();
    });
    reader.on('SIGINT', () => {
      pending = '';
      process.stdout.write('\n');
      reader.setPrompt('mica> ');
      reader.prompt();
    });
    reader.on('close', () => resolve());
    reader.prompt();
  });
}
