/**
 * Crossing with the sqlite3 program: each is killed in the middle of a transaction (dirty pages
 * already spilled to disk), and the other recovers the file.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Mica } from '../oracle/mica.ts';

const program = spawnSync('sqlite3', ['--version']).status === 0;
if (!program) console.warn('crossing tests: skipped, no sqlite3 program');

const MODES = ['delete', 'truncate', 'persist', 'wal'] as const;
const here = new URL('.', import.meta.url).pathname;

/** Resolves when the process has printed "ready"; then it is killed. */
function killWhenReady(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let seen = '';
    let errors = '';
    child.stdout!.on('data', (d: Buffer) => {
      seen += d.toString();
      if (/ready/.test(seen)) child.kill('SIGKILL');
    });
    child.stderr!.on('data', (d: Buffer) => {
      errors += d.toString();
    });
    child.on('exit', (_code, signal) => {
      if (signal === 'SIGKILL') resolve();
      else reject(new Error(`the writer ended by itself: ${errors}`));
    });
  });
}

const SETUP = `
PRAGMA wal_autocheckpoint = 0;
CREATE TABLE t(id INTEGER PRIMARY KEY, v TEXT); CREATE INDEX tv ON t(v);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < 1000)
INSERT INTO t(v) SELECT 'committed ' || i || ' ' || printf('%.100c', 'x') FROM n;
PRAGMA cache_size = 10;
BEGIN;
UPDATE t SET v = 'lost ' || id || v;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < 3000)
INSERT INTO t(v) SELECT 'lost too ' || printf('%.100c', 'y') FROM n;
SELECT 'ready';
`;

function killedSqlite(file: string, mode: string): Promise<void> {
  const child = spawn('sqlite3', ['-batch', file], { stdio: ['pipe', 'pipe', 'pipe'] });
  child.stdin.write(`PRAGMA journal_mode = ${mode};\n${SETUP}`);
  return killWhenReady(child);
}

function killedMica(file: string, mode: string): Promise<void> {
  const args = ['--import', 'tsx', join(here, 'child.ts'), file, mode];
  return killWhenReady(spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] }));
}

function askSqlite(file: string, sql: string): string[] {
  return execFileSync('sqlite3', ['-batch', file, sql]).toString().trim().split('\n');
}

const CHECK = "SELECT count(*), sum(v LIKE 'committed%') FROM t";

describe.runIf(program)('crossing with sqlite3', () => {
  let dir = '';
  let file = '';
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'mica-cross-'));
    file = join(dir, 'x.db');
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  for (const mode of MODES) {
    it(`recovers what a killed SQLite left (${mode})`, async () => {
      await killedSqlite(file, mode);
      expect(existsSync(`${file}${mode === 'wal' ? '-wal' : '-journal'}`)).toBe(true);
      const mica = new Mica(file);
      expect(mica.run(CHECK)).toMatchObject({ kind: 'rows', rows: ['1000|1000'] });
      expect(mica.run('PRAGMA integrity_check')).toMatchObject({ rows: ["'ok'"] });
      expect(mica.run("INSERT INTO t(v) VALUES('after')")).toMatchObject({ changes: 1 });
      mica.close();
      expect(askSqlite(file, 'SELECT count(*) FROM t; PRAGMA integrity_check')).toEqual([
        '1001',
        'ok',
      ]);
    });

    it(`leaves a file that SQLite recovers when it is killed (${mode})`, async () => {
      await killedMica(file, mode);
      expect(existsSync(`${file}${mode === 'wal' ? '-wal' : '-journal'}`)).toBe(true);
      expect(askSqlite(file, `${CHECK}; PRAGMA integrity_check`)).toEqual(['1000|1000', 'ok']);
      const mica = new Mica(file);
      expect(mica.run(CHECK)).toMatchObject({ kind: 'rows', rows: ['1000|1000'] });
      mica.close();
    });

    it(`recovers its own file when it is killed (${mode})`, async () => {
      await killedMica(file, mode);
      const mica = new Mica(file);
      expect(mica.run(CHECK)).toMatchObject({ kind: 'rows', rows: ['1000|1000'] });
      expect(mica.run('PRAGMA integrity_check')).toMatchObject({ rows: ["'ok'"] });
      mica.close();
    });
  }
});
