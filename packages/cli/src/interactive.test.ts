/** The prompt, driven through a terminal made of streams. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { complete, interact } from './interactive.ts';
import { Shell } from './shell.ts';

let dir: string;
let shell: Shell;
let shown: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'mica-prompt-'));
  process.env['MICA_HISTORY'] = join(dir, 'history');
  shown = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    shown += String(text);
    return true;
  });
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    shown += String(text);
    return true;
  });
  shell = new Shell({
    file: ':memory:',
    readonly: false,
    mode: 'list',
    headers: null,
    nullValue: '',
    separator: null,
    bail: false,
  });
  shell.db.exec('CREATE TABLE Orders(id INTEGER PRIMARY KEY, ordered_at TEXT, amount)');
  shell.db.exec('CREATE VIEW big AS SELECT id AS big_id FROM Orders');
});
afterEach(() => {
  vi.restoreAllMocks();
  shell.db.close();
  rmSync(dir, { recursive: true, force: true });
});

/** Types keys and gives what the terminal showed, escape sequences taken out. */
async function type(keys: readonly string[]): Promise<string> {
  const input = new PassThrough();
  const output = new PassThrough();
  let screen = '';
  output.on('data', (piece: Buffer) => {
    screen += piece.toString();
  });
  const over = interact(shell, { input, output });
  for (const key of keys) {
    input.write(key);
    // Keys come one at a time, as from a person: an escape sequence must not meet the next key.
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  input.end();
  await over;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: terminal control sequences
  return screen.replace(/\u001b\[[0-9;]*[A-Za-z]/g, '');
}

describe('the prompt', () => {
  test('statements over several lines, and dot commands', async () => {
    const screen = await type(['SELECT 1,\r', '2;\r', '.mode csv\r', "SELECT 'a b';\r"]);
    expect(shown).toBe('1|2\n"a b"\r\n');
    expect(screen).toContain('mica> ');
    expect(screen).toContain(' ...> ');
  });

  test('.quit ends it', async () => {
    await type(['.quit\r', 'SELECT 1;\r']);
    expect([shown, shell.exitCode]).toEqual(['', 0]);
  });

  test('an error, and it goes on', async () => {
    await type(['SELECT nope FROM Orders;\r', 'SELECT 5;\r']);
    expect(shown).toContain('no such column: nope');
    expect(shown.endsWith('5\n')).toBe(true);
  });

  test('Ctrl-C forgets the open statement', async () => {
    await type(['SELECT 1 +\r', '\u0003', 'SELECT 2;\r']);
    expect(shown).toBe('2\n');
  });

  test('history: arrow up, and over sessions', async () => {
    await type(['SELECT 11;\r', 'SELECT 22;\r', '\u001b[A', '\u001b[A', '\r']);
    expect(shown).toBe('11\n22\n11\n');
    expect(readFileSync(join(dir, 'history'), 'utf8')).toBe('SELECT 11;\nSELECT 22;\nSELECT 11;\n');
    shown = '';
    await type(['\u001b[A', '\r']);
    expect(shown).toBe('11\n');
  });

  test('a history that cannot be kept', async () => {
    writeFileSync(join(dir, 'file'), '');
    process.env['MICA_HISTORY'] = join(dir, 'file', 'history');
    await type(['SELECT 3;\r']);
    expect(shown).toBe('3\n');
  });

  test('tab completes', async () => {
    await type(['SELECT count(*) FROM Ord', '\t', ';\r']);
    expect(shown).toBe('0\n');
  });
});

describe('completion', () => {
  test.each([
    ['SEL', ['SELECT'], 'SEL'],
    ['sel', ['select'], 'sel'],
    ['select * from ord', ['Orders', 'ordered_at', 'order'], 'ord'],
    ['SELECT am', ['amount'], 'am'],
    ['select * from Ord', ['Orders'], 'Ord'],
    ['SELECT Orders.ordered', ['ordered_at'], 'ordered'],
    ['SELECT big_', ['big_id'], 'big_'],
    ['SELECT 1 + ', [], ''],
    ['SELECT zzz', [], 'zzz'],
    ['.ta', ['.tables'], '.ta'],
    ['.mode m', ['markdown'], 'm'],
    ['.headers o', ['on', 'off'], 'o'],
    ['.schema or', ['Orders'], 'or'],
  ])('%j', (line, hits, word) => {
    expect(complete(shell, line)).toEqual([hits, word]);
  });

  test('attached and temporary databases', () => {
    shell.db.exec("CREATE TEMP TABLE tt(temporary_column); ATTACH ':memory:' AS other");
    expect(complete(shell, 'SELECT temporary_c')[0]).toEqual(['temporary_column']);
    expect(complete(shell, 'SELECT * FROM othe')[0]).toContain('other');
  });

  test('a database that cannot be read offers keywords', () => {
    const path = join(dir, 'text.db');
    writeFileSync(path, 'no database '.repeat(200));
    shell.reopen(path, false);
    expect(complete(shell, 'SEL')[0]).toEqual(['SELECT']);
  });
});
