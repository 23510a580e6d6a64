/**
 * ATTACH and DETACH: names, errors and rows as SQLite gives them; a commit over several files is
 * atomic whatever call it is cut off at, for Mica and for the sqlite3 program.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Database, SqliteError } from 'micadb';
import { afterAll, describe, expect, it } from 'vitest';
import { FaultyVfs } from '../../packages/micadb/src/vfs/faulty.ts';
import { Random } from '../random.ts';
import { openMica, openOracle, transcript } from './session.ts';

const dir = mkdtempSync(join(tmpdir(), 'mica-attach-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
const program = spawnSync('sqlite3', ['--version']).status === 0;
if (!program) console.warn('attach tests: no sqlite3 program, its recovery is not tested');

let count = 0;

function compare(script: string): void {
  count += 1;
  const sides = ['mica', 'sqlite'].map((name) => {
    const folder = join(dir, `${count}-${name}`);
    mkdirSync(folder);
    return join(folder, 'x.db');
  });
  expect(transcript(script, sides[0]!, openMica)).toEqual(
    transcript(script, sides[1]!, openOracle),
  );
}

const scripts: Record<string, string> = {
  'names and errors': `
    A| ATTACH '{dir}/b.db' AS b
    A| ATTACH '{dir}/b.db' AS b
    A| ATTACH '{dir}/c.db' AS B
    A| ATTACH '{dir}/c.db' AS main
    A| ATTACH '{dir}/c.db' AS temp
    A| ATTACH '{dir}/nowhere/c.db' AS c
    A| ATTACH '{dir}' AS c
    A| ATTACH ':memory:' AS m
    A| ATTACH '' AS "two words"
    A| ATTACH '{dir}/' || 'd.db' AS 'd' || 1
    A| PRAGMA database_list
    A| DETACH c
    A| DETACH main
    A| DETACH temp
    A| DETACH b
    A| DETACH DATABASE b
    A| DETACH "two words"
    A| SELECT * FROM b.t
    A| DROP TABLE IF EXISTS b.t
    A| CREATE TABLE b.t(x)
    A| CREATE TABLE m.t(x)
    A| SELECT * FROM m.nothing
    A| ATTACH NULL AS n
    A| PRAGMA nowhere.user_version`,
  'too many': `
    ${Array.from({ length: 12 }, (_, i) => `A| ATTACH ':memory:' AS m${i}`).join('\n')}
    A| DETACH m3
    A| ATTACH ':memory:' AS again
    A| CREATE TABLE again.t(x)
    A| SELECT * FROM again.t
    A| PRAGMA database_list`,
  'inside a transaction': `
    A| CREATE TABLE t(x)
    A| BEGIN
    A| ATTACH '{dir}/b.db' AS b
    A| CREATE TABLE b.t(x)
    A| INSERT INTO b.t VALUES(1)
    A| DETACH b
    A| COMMIT
    A| BEGIN
    A| SELECT * FROM b.t
    A| DETACH b
    A| COMMIT
    A.r= SELECT * FROM b.t
    A.r+
    A| DETACH b
    A.r+
    A| DETACH b
    A| SAVEPOINT s
    A| ATTACH '{dir}/b.db' AS b2
    A| INSERT INTO b2.t VALUES(2)
    A| ROLLBACK TO s
    A| SELECT * FROM b2.t
    A| RELEASE s
    A| DETACH b2`,
  'rows of several files': `
    A| ATTACH '{dir}/b.db' AS b
    A| ATTACH ':memory:' AS m
    A| CREATE TABLE t(id INTEGER PRIMARY KEY, v)
    A| CREATE TABLE b.t(id INTEGER PRIMARY KEY, v)
    A| CREATE TABLE m.u(id INTEGER PRIMARY KEY, v)
    A| INSERT INTO t VALUES(1, 'main one'), (2, 'main two')
    A| INSERT INTO b.t VALUES(1, 'b one'), (3, 'b three')
    A| INSERT INTO u SELECT * FROM t UNION ALL SELECT id + 10, v FROM b.t
    A| SELECT * FROM u
    A| SELECT x.v, y.v FROM t x JOIN b.t y USING(id)
    A| SELECT main.t.v, b.t.v, u.v FROM main.t, b.t, m.u WHERE b.t.id = u.id AND t.id = 1
    A| UPDATE b.t SET v = (SELECT v FROM main.t WHERE id = 2) WHERE id = 3
    A| DELETE FROM main.t WHERE id IN (SELECT id FROM b.t)
    A| SELECT * FROM t
    A| SELECT * FROM b.t
    A| CREATE TEMP VIEW tv AS SELECT * FROM b.t
    A| SELECT * FROM tv
    A| CREATE VIEW b.bad AS SELECT * FROM main.t
    A| CREATE INDEX b.i ON t(v)
    A| CREATE INDEX i2 ON b.t(v)
    A| CREATE TEMP TRIGGER tr AFTER INSERT ON b.t BEGIN INSERT INTO u(v) VALUES(new.v); END
    A| INSERT INTO b.t(v) VALUES('through')
    A| SELECT v FROM u
    A| SELECT v FROM main.t
    A| CREATE TRIGGER b.tr2 AFTER INSERT ON t BEGIN INSERT INTO main.t(v) VALUES(1); END
    A| SELECT name FROM b.sqlite_schema
    A| PRAGMA b.integrity_check
    A| PRAGMA integrity_check
    A| PRAGMA table_list
    B| SELECT count(*) FROM t
    A| DETACH m
    A| SELECT * FROM u
    A| DETACH b
    A| INSERT INTO t VALUES(77, 'x')
    A| SELECT * FROM tv`,
  'locks on one of the files': `
    A| ATTACH '{dir}/b.db' AS b
    A| CREATE TABLE t(x)
    A| CREATE TABLE b.t2(x)
    B| ATTACH '{dir}/b.db' AS b
    B| BEGIN
    B| INSERT INTO b.t2 VALUES(1)
    A| INSERT INTO t VALUES(1)
    A| INSERT INTO t2 VALUES(1)
    A| BEGIN
    A| INSERT INTO t VALUES(2)
    A| INSERT INTO t2 VALUES(2)
    A| COMMIT
    B| COMMIT
    C| ATTACH '{dir}/b.db' AS b
    C| BEGIN
    C| SELECT * FROM t2
    A| BEGIN
    A| INSERT INTO t VALUES(3)
    A| INSERT INTO t2 VALUES(3)
    A| COMMIT
    C| SELECT * FROM t
    C| COMMIT
    A| COMMIT
    B| SELECT x FROM t
    B| SELECT x FROM t2
    A| BEGIN IMMEDIATE
    B| INSERT INTO t2 VALUES(9)
    A| ROLLBACK
    B| INSERT INTO t2 VALUES(9)`,
  'the same file twice': `
    A| CREATE TABLE t(x)
    A| ATTACH '{dir}/x.db' AS again
    A| INSERT INTO t VALUES(1)
    A| SELECT * FROM again.t
    A| BEGIN
    A| INSERT INTO t VALUES(2)
    A| SELECT * FROM again.t
    A| INSERT INTO again.t VALUES(3)
    A| COMMIT
    A| INSERT INTO again.t VALUES(4)
    A| SELECT * FROM t
    A| PRAGMA again.data_version`,
  'modes and settings of each file': `
    A| ATTACH '{dir}/b.db' AS b
    A| PRAGMA b.page_size = 1024
    A| PRAGMA b.auto_vacuum = 2
    A| CREATE TABLE b.t(x)
    A| CREATE TABLE main.t(x)
    A| PRAGMA b.page_size
    A| PRAGMA page_size
    A| PRAGMA b.auto_vacuum
    A| PRAGMA auto_vacuum
    A| PRAGMA b.journal_mode = wal
    A| PRAGMA journal_mode
    A| PRAGMA main.journal_mode
    A| PRAGMA b.journal_mode
    A| PRAGMA journal_mode = persist
    A| PRAGMA b.journal_mode
    A| PRAGMA b.user_version = 5
    A| PRAGMA user_version
    A| PRAGMA b.user_version
    A| PRAGMA b.freelist_count
    A| PRAGMA b.page_count
    A| PRAGMA b.wal_checkpoint
    A| PRAGMA b.locking_mode = exclusive
    A| PRAGMA main.locking_mode
    A| DETACH b
    A| ATTACH '{dir}/b.db' AS b
    A| PRAGMA b.journal_mode`,
  'another encoding': `
    B| PRAGMA encoding = 'UTF-16le'
    B| CREATE TABLE t(x)
    B| ATTACH '{dir}/b.db' AS b
    B| CREATE TABLE b.t16(x)
    B.close
    A| ATTACH ':memory:' AS m
    A| SELECT * FROM t
    C| CREATE TEMP TABLE q(x)
    C| ATTACH '{dir}/c.db' AS c
    C| CREATE TABLE c.t(x)
    C| INSERT INTO c.t VALUES('é')
    C| PRAGMA c.encoding
    C| SELECT hex(CAST(x AS BLOB)) FROM c.t`,
};

describe('attached databases', () => {
  for (const [name, script] of Object.entries(scripts)) it(name, () => compare(script));

  it('a file in another encoding is refused', () => {
    const folder = join(dir, 'encoding');
    mkdirSync(folder);
    const other = openOracle(join(folder, 'utf16.db'));
    other.prepare("PRAGMA encoding = 'UTF-16be'").all();
    other.prepare('CREATE TABLE t(x)').all();
    other.close();
    const script = `
      A| CREATE TABLE t(x)
      A| ATTACH '${folder}/utf16.db' AS u
      A| PRAGMA database_list
      A| SELECT * FROM u.t`;
    writeFileSync(join(folder, 'garbage.db'), 'x'.repeat(5000));
    const garbage = `
      A| ATTACH '${folder}/garbage.db' AS g
      A| PRAGMA database_list`;
    compare(script);
    compare(garbage);
  });
});

/** Fills two or three files in one transaction, on the given disk. */
const BEFORE = `
  CREATE TABLE t(id INTEGER PRIMARY KEY, v);
  CREATE TABLE b.t(id INTEGER PRIMARY KEY, v);
  INSERT INTO main.t SELECT value, 'old' FROM (SELECT 1 AS value UNION SELECT 2 UNION SELECT 3);
  INSERT INTO b.t SELECT * FROM main.t;
`;
const CHANGE = `
  BEGIN;
  UPDATE main.t SET v = 'new';
  UPDATE b.t SET v = 'new';
  INSERT INTO main.t VALUES(4, 'new');
  INSERT INTO b.t VALUES(4, 'new');
  COMMIT;
`;

function openBoth(vfs: FaultyVfs, mode: string): Database {
  const db = new Database('/a.db', { vfs, timeout: 0 });
  db.exec("ATTACH '/b.db' AS b");
  db.exec(`PRAGMA main.journal_mode = ${mode}; PRAGMA b.journal_mode = ${mode}`);
  return db;
}

/** What comes before is to be on the platter: a deleted journal must not come back. */
function prepareBoth(db: Database): void {
  db.exec('PRAGMA main.synchronous = extra; PRAGMA b.synchronous = extra');
  db.exec(BEFORE);
  db.exec('PRAGMA main.synchronous = full; PRAGMA b.synchronous = full');
}

function contents(db: Database, schema: string): string {
  return db
    .prepare(`SELECT v FROM ${schema}.t ORDER BY id`)
    .all()
    .map((r) => r.v)
    .join(' ');
}

const OLD = 'old old old';
const NEW = 'new new new new';

describe('a commit over two files', () => {
  for (const mode of ['delete', 'truncate', 'persist']) {
    it(`is atomic wherever the power fails (${mode})`, () => {
      const seen = new Set<string>();
      for (let at = 1; ; at++) {
        const random = new Random(at * 7919 + mode.length);
        const vfs = new FaultyVfs((n) => random.below(n));
        const db = openBoth(vfs, mode);
        prepareBoth(db);
        const start = vfs.steps;
        vfs.crashAt = start + at;
        let done = true;
        try {
          db.exec(CHANGE);
        } catch (e) {
          if (!(e instanceof SqliteError)) throw e;
          done = false;
        }
        if (!vfs.crashed) {
          expect(done).toBe(true);
          break;
        }
        const disk = vfs.reboot();
        try {
          db.close();
        } catch (e) {
          if (!(e instanceof SqliteError)) throw e;
        }
        // Whichever file is opened first.
        const again = new Database(at % 2 === 0 ? '/a.db' : '/b.db', { vfs: disk, timeout: 0 });
        again.exec(`ATTACH '${at % 2 === 0 ? '/b.db' : '/a.db'}' AS other`);
        const both = [contents(again, 'main'), contents(again, 'other')];
        expect(both[0], `step ${at}`).toBe(both[1]);
        expect([OLD, NEW], `step ${at}`).toContain(both[0]);
        if (done) expect(both[0]).toBe(NEW);
        seen.add(both[0]!);
        expect(again.pragma('integrity_check')).toEqual([{ integrity_check: 'ok' }]);
        again.close();
        // A journal may still name a super-journal; but none stays behind that nobody names.
      }
      expect([...seen].sort()).toEqual([NEW, OLD]);
    });
  }

  it.runIf(program)('is finished or undone by the sqlite3 program', () => {
    const outcomes = new Set<string>();
    for (const mode of ['delete', 'persist']) {
      for (let at = 1; ; at++) {
        const random = new Random(at);
        const vfs = new FaultyVfs((n) => random.below(n));
        const folder = join(dir, `kill-${mode}-${at}`);
        mkdirSync(folder);
        // The names in the super-journal are those on the real disk.
        const db = new Database(join(folder, 'a.db'), { vfs, timeout: 0 });
        db.exec(`ATTACH '${folder}/b.db' AS b`);
        db.exec(`PRAGMA main.journal_mode = ${mode}; PRAGMA b.journal_mode = ${mode}`);
        prepareBoth(db);
        vfs.crashAt = vfs.steps + at;
        try {
          db.exec(CHANGE);
        } catch (e) {
          if (!(e instanceof SqliteError)) throw e;
        }
        const crashed = vfs.crashed;
        if (crashed) {
          const disk = vfs.reboot();
          for (const path of disk.list()) writeFileSync(path, disk.readFile(path)!);
          const [first, second] = at % 2 === 0 ? ['a', 'b'] : ['b', 'a'];
          const sql = `ATTACH '${folder}/${second}.db' AS other;
            SELECT group_concat(v, ' ') FROM main.t; SELECT group_concat(v, ' ') FROM other.t;
            PRAGMA integrity_check`;
          const out = execFileSync('sqlite3', ['-batch', join(folder, `${first}.db`), sql]);
          const lines = out.toString().trim().split('\n');
          expect(lines[0], `step ${at}`).toBe(lines[1]);
          expect([OLD, NEW]).toContain(lines[0]);
          expect(lines[2]).toBe('ok');
          outcomes.add(lines[0]!);
        }
        try {
          db.close();
        } catch (e) {
          if (!(e instanceof SqliteError)) throw e;
        }
        rmSync(folder, { recursive: true });
        if (!crashed) break;
      }
    }
    expect([...outcomes].sort()).toEqual([NEW, OLD]);
  });

  it('leaves no super-journal behind, done or failed', () => {
    const folder = join(dir, 'super');
    mkdirSync(folder);
    const db = new Database(join(folder, 'a.db'), { timeout: 0 });
    db.exec(`ATTACH '${folder}/b.db' AS b`);
    db.exec(BEFORE);
    const reader = new Database(join(folder, 'b.db'), { timeout: 0 });
    reader.exec('BEGIN; SELECT count(*) FROM t');
    expect(() => db.exec(CHANGE)).toThrow('database is locked');
    reader.exec('COMMIT');
    db.exec('COMMIT');
    expect(contents(db, 'main')).toBe(NEW);
    expect(contents(db, 'b')).toBe(NEW);
    db.exec('BEGIN; DELETE FROM main.t; DELETE FROM b.t; ROLLBACK');
    expect(contents(db, 'b')).toBe(NEW);
    reader.close();
    db.close();
    expect(readdirSync(folder).sort()).toEqual(['a.db', 'b.db']);
    expect(existsSync(join(folder, 'a.db-journal'))).toBe(false);
  });

  it('a failing disk in the middle leaves both files as they were', () => {
    for (const code of ['SQLITE_FULL', 'SQLITE_IOERR_WRITE'] as const) {
      for (let at = 1; at < 60; at++) {
        const vfs = new FaultyVfs(() => 0);
        const db = openBoth(vfs, 'delete');
        db.exec(BEFORE);
        let left = at;
        let failed = false;
        vfs.fault = (call) => {
          left -= 1;
          if (left !== 0 || call === 'delete') return null;
          failed = true;
          return code;
        };
        let error: unknown = null;
        try {
          db.exec(CHANGE);
        } catch (e) {
          error = e;
        }
        vfs.fault = null;
        if (!failed && left > 0) break;
        if (error !== null) {
          expect(error).toBeInstanceOf(SqliteError);
          if (db.inTransaction) db.exec('ROLLBACK');
        }
        const now = contents(db, 'main');
        expect(contents(db, 'b'), `${code} at ${at}`).toBe(now);
        expect(now).toBe(error === null ? NEW : OLD);
        db.close();
        const again = openBoth(vfs, 'delete');
        expect(contents(again, 'main')).toBe(now);
        expect(contents(again, 'b')).toBe(now);
        expect(vfs.list().filter((f) => f.includes('-mj'))).toEqual([]);
        again.close();
      }
    }
  });
});
