/**
 * Files and folders that may not be written to, are not there, or are no databases: the same rows,
 * codes and messages as SQLite gives.
 */
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Open, openMica, openOracle, outcome, Stage } from './session.ts';

// The superuser may do everything: be somebody else meanwhile.
const isRoot = process.geteuid?.() === 0;
const NOBODY = 65534;
let dir = '';
beforeAll(() => {
  if (isRoot) process.seteuid!(NOBODY);
  dir = mkdtempSync(join(tmpdir(), 'mica-permissions-'));
});
afterAll(() => {
  if (isRoot) process.seteuid!(0);
  for (const folder of readdirSync(dir)) chmodSync(join(dir, folder), 0o755);
  rmSync(dir, { recursive: true, force: true });
});

let count = 0;

/** Prepares a folder for each engine, runs the script in it, and compares all outcomes. */
function compare(prepare: (folder: string) => void, script: string): void {
  count += 1;
  const sides = [openMica, openOracle].map((open, i) => {
    const folder = join(dir, `${count}-${i}`);
    mkdirSync(folder);
    prepare(folder);
    return run(join(folder, 'x.db'), script, open);
  });
  expect(sides[0]).toEqual(sides[1]);
}

function run(path: string, script: string, open: Open): string[] {
  const stage = new Stage(path, open);
  const lines: string[] = [];
  for (const line of script.split('\n')) {
    const step = line.trim();
    if (step !== '') lines.push(`${step}  ->  ${stage.step(step)}`);
  }
  stage.close();
  return lines;
}

/** A database with a row; `journalMode` stays. */
function database(path: string, journalMode = 'delete'): void {
  const db = openOracle(path);
  for (const sql of [
    `PRAGMA journal_mode = ${journalMode}`,
    'CREATE TABLE t(x)',
    'INSERT INTO t VALUES(1)',
  ]) {
    db.prepare(sql).all();
  }
  db.close();
}

const USE = `
  A| SELECT * FROM t
  A| INSERT INTO t VALUES(2)
  A| CREATE TABLE u(x)
  A| SELECT count(*) FROM t
  A| BEGIN IMMEDIATE
  A| ROLLBACK
  A| PRAGMA user_version = 3
  A| CREATE TEMP TABLE tt(x)
  A| INSERT INTO tt SELECT * FROM t
  A| SELECT * FROM tt
  A| PRAGMA journal_mode
  A| PRAGMA integrity_check`;

it('a file that may not be written to', () => {
  compare((folder) => {
    database(join(folder, 'x.db'));
    chmodSync(join(folder, 'x.db'), 0o444);
  }, USE);
});

it('a file that may not be read', () => {
  compare((folder) => {
    database(join(folder, 'x.db'));
    chmodSync(join(folder, 'x.db'), 0o000);
  }, 'A.open\nA| SELECT * FROM t');
});

it('a folder that may not be written to', () => {
  compare((folder) => {
    database(join(folder, 'x.db'));
    chmodSync(folder, 0o555);
  }, USE);
  compare((folder) => chmodSync(folder, 0o555), 'A.open\nA| CREATE TABLE t(x)');
});

it('opened for reading only', () => {
  compare((folder) => database(join(folder, 'x.db')), `A.open-readonly\n${USE}`);
  compare(() => {}, 'A.open-readonly');
});

it('a WAL database that may only be read', () => {
  // Opened so, in a folder that may be written to.
  compare((folder) => database(join(folder, 'x.db'), 'wal'), `A.open-readonly\n${USE}`);
  compare((folder) => {
    database(join(folder, 'x.db'), 'wal');
    chmodSync(join(folder, 'x.db'), 0o444);
  }, USE);
});

it('a log is read where nothing may be written', () => {
  for (const open of ['A.open', 'A.open-readonly']) {
    compare((folder) => {
      const path = join(folder, 'y.db');
      const db = openOracle(path);
      db.prepare('PRAGMA journal_mode = wal').all();
      db.prepare('CREATE TABLE t(x)').all();
      db.prepare('INSERT INTO t VALUES(1)').all();
      for (const suffix of ['', '-wal']) {
        writeFileSync(join(folder, `x.db${suffix}`), readFileSync(path + suffix));
      }
      db.close();
    }, `${open}\nA| SELECT * FROM t\nA| PRAGMA integrity_check`);
  }
});

it('a hot journal that may not be rolled back', () => {
  compare((folder) => {
    const path = join(folder, 'y.db');
    database(path);
    const db = openOracle(path);
    db.prepare('PRAGMA cache_size = 2').all();
    db.prepare('BEGIN').all();
    db.prepare(
      'INSERT INTO t SELECT zeroblob(5000) FROM (SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4)',
    ).all();
    db.prepare('UPDATE t SET x = zeroblob(4000)').all();
    for (const suffix of ['', '-journal']) {
      writeFileSync(join(folder, `x.db${suffix}`), readFileSync(path + suffix));
    }
    db.prepare('ROLLBACK').all();
    db.close();
    chmodSync(join(folder, 'x.db'), 0o444);
  }, 'A.open-readonly\nA| SELECT * FROM t');
});

it('nothing there, or no file', () => {
  compare(() => {}, 'A.open\nA| SELECT * FROM sqlite_schema\nA| PRAGMA page_count');
  compare((folder) => mkdirSync(join(folder, 'x.db')), 'A.open');
  for (const path of ['nowhere/x.db', 'x.db/y.db']) {
    // better-sqlite3 looks for the folder itself before it asks SQLite.
    const seen = outcome(() => {
      openMica(join(dir, path)).close();
      return 'ok';
    });
    expect(seen).toBe('SQLITE_CANTOPEN: unable to open database file');
  }
});

it('files that are no databases', () => {
  const use = 'A.open\nA| SELECT * FROM sqlite_schema\nA| CREATE TABLE t(x)\nA| SELECT * FROM t';
  for (const content of [
    '',
    'x',
    'SQLite format 3\0',
    'hello, this is a text file\n',
    'x'.repeat(511),
    'x'.repeat(512),
    'x'.repeat(5000),
    '\0'.repeat(50),
    '\0'.repeat(5000),
    `SQLite format 3\0${'\0'.repeat(4080)}`,
  ]) {
    compare((folder) => writeFileSync(join(folder, 'x.db'), content), use);
  }
});

it('a link is followed', () => {
  compare((folder) => {
    mkdirSync(join(folder, 'real'));
    database(join(folder, 'real', 'y.db'));
    symlinkSync(join(folder, 'real', 'y.db'), join(folder, 'x.db'));
  }, "A| INSERT INTO t VALUES(5)\nB| SELECT * FROM t\nA| ATTACH '{dir}/real/y.db' AS r\nA| SELECT * FROM r.t\nA| PRAGMA database_list");
});

it('the file is removed or replaced under a connection', () => {
  for (const replace of [false, true]) {
    const results = [openMica, openOracle].map((open, i) => {
      const folder = join(dir, `moved-${String(replace)}-${i}`);
      mkdirSync(folder);
      const path = join(folder, 'x.db');
      database(path);
      const stage = new Stage(path, open);
      const before = stage.step('A| SELECT * FROM t');
      rmSync(path);
      if (replace) database(path);
      const out = [before, stage.step('A| SELECT * FROM t'), stage.step('A| DELETE FROM t')];
      stage.close();
      return out;
    });
    expect(results[0]).toEqual(results[1]);
  }
});
