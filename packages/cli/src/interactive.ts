/** The interactive prompt: history, statements over several lines, completion. */
import { appendFileSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { KEYWORDS } from 'micadb';
import { columnNames, objectNames, schemas } from './catalog.ts';
import { commands } from './commands.ts';
import { MODES, quoteName } from './format.ts';
import { Input } from './input.ts';
import type { Shell } from './shell.ts';

const HISTORY_LINES = 2000;
const PROMPT = 'mica> ';
const MORE = ' ...> ';

function historyFile(): string {
  return process.env['MICA_HISTORY'] ?? join(homedir(), '.mica_history');
}

/** The last lines, newest first. */
function loadHistory(): string[] {
  try {
    const lines = readFileSync(historyFile(), 'utf8').split('\n').filter(Boolean);
    return lines.slice(-HISTORY_LINES).reverse();
  } catch {
    // There is none yet, or it cannot be read: the prompt works without.
    return [];
  }
}

function remember(line: string): void {
  try {
    appendFileSync(historyFile(), `${line}\n`, { mode: 0o600 });
  } catch {
    // A history that cannot be kept must not stop the user.
  }
}

function tableNames(shell: Shell): string[] {
  return objectNames(shell, "type IN ('table','view') AND ?1 = ?1", '');
}

/** Names of tables, views and their columns, and of the attached databases. */
function schemaNames(shell: Shell): string[] {
  try {
    const names = schemas(shell).flatMap((schema) => {
      const sql = `SELECT name FROM ${quoteName(schema)}.sqlite_schema WHERE type IN ('table','view')`;
      const tables = shell.rows(sql).map((r) => String(r[0]));
      return [schema, ...tables, ...tables.flatMap((t) => columnNames(shell, schema, t))];
    });
    return [...new Set(names)].sort();
  } catch {
    // A damaged or locked database must not break typing.
    return [];
  }
}

/** What may follow a dot command. */
function completeCommand(shell: Shell, line: string): [string[], string] {
  const [, command = '', word = ''] = /^(\.\w*)\s+(\S*)$/.exec(line) ?? [];
  if (command === '') return [Object.keys(commands).filter((c) => c.startsWith(line)), line];
  let words: readonly string[] = [];
  if (command === '.mode') words = MODES;
  else if (/^\.(bail|echo|headers|timer)$/.test(command)) words = ['on', 'off'];
  else if (/^\.(dump|import|indexes|schema|tables)$/.test(command)) words = tableNames(shell);
  return [words.filter((w) => w.toLowerCase().startsWith(word.toLowerCase())), word];
}

/** Completions of the last word of `line`, and that word. Keywords follow its case. */
export function complete(shell: Shell, line: string): [string[], string] {
  if (line.startsWith('.')) return completeCommand(shell, line);
  const word = /[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*$/.exec(line)?.[0] ?? '';
  if (word === '') return [[], ''];
  const lower = word.toLowerCase();
  const upper = word !== lower && word === word.toUpperCase();
  const starts = (name: string): boolean => name.toLowerCase().startsWith(lower);
  const keywords = KEYWORDS.filter(starts).map((k) => (upper ? k.toUpperCase() : k.toLowerCase()));
  const hits = [...new Set([...schemaNames(shell).filter(starts), ...keywords])];
  // The only one that is typed as it is written needs no choice.
  const typed = hits.filter((h) => h.startsWith(word));
  return [typed.length === 1 && word !== lower ? typed : hits, word];
}

interface Terminal {
  readonly input: NodeJS.ReadableStream;
  readonly output: NodeJS.WritableStream;
}

/** Reads lines until .quit or the end of input. */
export function interact(
  shell: Shell,
  terminal: Terminal = { input: process.stdin, output: process.stdout },
): Promise<void> {
  terminal.output.write('Mica shell. Enter ".help" for usage hints.\n');
  if (shell.file === ':memory:') {
    terminal.output.write(
      'Connected to a transient in-memory database.\n' +
        'Use ".open FILENAME" to reopen on a persistent database.\n',
    );
  }
  const reader = createInterface({
    ...terminal,
    terminal: true,
    prompt: PROMPT,
    history: loadHistory(),
    historySize: HISTORY_LINES,
    removeHistoryDuplicates: true,
    completer: (line: string) => complete(shell, line),
  });
  const input = new Input(shell);
  const prompt = (): void => {
    shell.flush();
    reader.setPrompt(input.open ? MORE : PROMPT);
    reader.prompt();
  };
  return new Promise((resolve) => {
    reader.on('line', (line) => {
      if (line.trim() !== '') remember(line);
      input.feed(line);
      if (shell.exitCode !== null) reader.close();
      else prompt();
    });
    // Ctrl-C forgets what was typed so far.
    reader.on('SIGINT', () => {
      input.drop();
      terminal.output.write('\n');
      prompt();
    });
    reader.on('close', () => {
      shell.flush();
      resolve();
    });
    prompt();
  });
}
