/**
 * backup(), serialize(), databases made from a Buffer, defensive mode: the same script runs on
 * better-sqlite3 and on Mica and must leave the same notes and files.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import Oracle from 'better-sqlite3';
import { afterAll, describe, expect, test } from 'vitest';
import Mica from './better-sqlite3.ts';
import { Database } from './index.ts';

type Maker = typeof Oracle;
type Db = Oracle.Database;
type Note = (label: string, what: unknown) => Promise<void>;

const root = mkdtempSync(join(tmpdir(), 'mica-backup-'));
afterAll(() => rmSync(root, { recursive: true }));

function told(e: unknown): unknown {
  if (!(e instanceof Error)) return e;
  return `${e.constructor.name} ${(e as { code?: string }).code} ${e.message}`;
}

/** Runs `script` on both; file names in it are relative to a folder of its own. */
function same(
  name: string,
  script: (make: Maker, at: (file: string) => string, note: Note) => Promise<void>,
): void {
  test(name, async () => {
    const results: unknown[][] = [];
    for (const [who, make] of [
      ['oracle', Oracle],
      ['mica', Mica as unknown as Maker],
    ] as const) {
      const folder = join(root, `${name.replace(/\W/g, '-')}-${who}`);
      mkdirSync(folder);
      const notes: unknown[] = [];
      await script(
        make,
        (file) => join(folder, file),
        async (label, what) => {
          let value: unknown;
          try {
            value = await (typeof what === 'function' ? what() : what);
          } catch (e) {
            value = told(e);
          }
          notes.push([label, value]);
        },
      );
      results.push(notes);
    }
    expect(results[0]!.length).toBeGreaterThan(0);
    expect(results[1]).toEqual(results[0]);
  });
}

/** What must be equal in two copies: all bytes but the library's version number. */
function content(path: string): string {
  const bytes = readFileSync(path);
  bytes.fill(0, 96, 100);
  return bytes.toString('base64');
}

/** The header of a copy and its size; what lies in its free space is of no interest. */
function shape(path: string): unknown {
  const bytes = readFileSync(path);
  return [bytes.length, bytes.subarray(0, 96).toString('hex')];
}

function fill(db: Db, rows: number, size = 3000): void {
  db.exec('CREATE TABLE t(a)');
  const insert = db.prepare('INSERT INTO t VALUES(zeroblob(?))');
  db.transaction(() => {
    for (let i = 0; i < rows; i++) insert.run(size);
  })();
}

describe('serialize', () => {
  same('bytes and arguments', async (make, at, note) => {
    const db = new make(':memory:');
    await note('empty', () => db.serialize().length);
    db.exec("CREATE TABLE t(a, b); INSERT INTO t VALUES(1, 2), (3, 'x')");
    await note('bytes', () => db.serialize().toString('base64'));
    await note('buffer', () => Buffer.isBuffer(db.serialize()));
    db.exec('BEGIN; INSERT INTO t VALUES(9, 9)');
    await note('in a transaction', () => new make(db.serialize()).prepare('SELECT * FROM t').all());
    db.exec('ROLLBACK');
    await note('options', () => db.serialize('main' as never));
    await note('attached is a number', () => db.serialize({ attached: 1 as never }));
    await note('attached is empty', () => db.serialize({ attached: '' }));
    db.exec("ATTACH ':memory:' AS Foo; CREATE TABLE foo.x(a)");
    await note('attached', () => db.serialize({ attached: 'fOO' }).length);
    db.exec('CREATE TEMP TABLE q(a)');
    await note('temp', () => db.serialize({ attached: 'temp' }).length);
    const iterator = db.prepare('SELECT * FROM t').iterate();
    iterator.next();
    await note('busy', () => db.serialize());
    iterator.return!();
    db.function('f', () => db.serialize().length);
    await note('in a function', () => db.prepare('SELECT f()').get());
    db.close();
    await note('closed', () => db.serialize());
    const file = new make(at('w.db'));
    file.pragma('journal_mode = wal');
    file.exec('CREATE TABLE t(a)');
    await note('wal', () => [...file.serialize().subarray(16, 24)]);
    file.close();
  });

  same('databases made from a Buffer', async (make, at, note) => {
    const db = new make(':memory:');
    db.exec("CREATE TABLE t(a, b); INSERT INTO t VALUES(1, 2), (3, 'x')");
    const bytes = db.serialize();
    const rows = (given: Buffer | Uint8Array, options = {}): unknown => {
      const copy = new make(given as Buffer, options);
      const all = copy.prepare('SELECT * FROM t').all();
      return [all, copy.name, copy.memory, copy.readonly, copy.pragma('journal_mode')];
    };
    await note('rows', () => rows(bytes));
    await note('file must exist', () => rows(bytes, { fileMustExist: true }));
    await note('readonly', () => rows(bytes, { readonly: true }));
    await note('readonly write', () => new make(bytes, { readonly: true }).exec('DELETE FROM t'));
    await note('write', () => {
      const copy = new make(bytes);
      copy.exec("INSERT INTO t VALUES(5, 'y'); CREATE INDEX i ON t(a)");
      return [copy.prepare('SELECT a FROM t WHERE a > 1').all(), copy.serialize().length];
    });
    await note('the bytes are copied', () => {
      const mine = Buffer.from(bytes);
      const copy = new make(mine);
      mine.fill(0);
      return copy.prepare('SELECT count(*) FROM t').get();
    });
    await note(
      'empty',
      () => new make(Buffer.alloc(0)).exec('CREATE TABLE x(a)').serialize().length,
    );
    await note('garbage', () => rows(Buffer.from('hello world')));
    await note('a page of garbage', () => rows(Buffer.alloc(4096, 7)));
    await note('cut', () => rows(bytes.subarray(0, 5000)));
    await note('no Buffer', () => rows(new Uint8Array(bytes)));
    const wal = new make(at('w.db'));
    wal.pragma('journal_mode = wal');
    wal.exec('CREATE TABLE t(a)');
    await note('wal', () => rows(wal.serialize()));
    wal.close();
    const small = new make(at('s.db'));
    small.pragma('page_size = 512');
    fill(small, 5, 700);
    await note('other page size', () => {
      const copy = new make(small.serialize());
      return [
        copy.prepare('SELECT count(*), sum(length(a)) FROM t').get(),
        copy.pragma('page_size'),
      ];
    });
    await note('the same bytes again', () => {
      const first = small.serialize();
      return new make(first).serialize().equals(first);
    });
    small.close();
  });
});

describe('backup', () => {
  same('arguments', async (make, at, note) => {
    const db = new make(':memory:');
    db.exec('CREATE TABLE t(a)');
    await note('number', () => db.backup(5 as never));
    await note('memory', () => db.backup(':memory:'));
    await note('empty', () => db.backup('  '));
    await note('options', () => db.backup(at('z.db'), 5 as never));
    await note('folder', async () => {
      await db.backup(at('none/z.db'));
    });
    await note('attached', () => db.backup(at('z.db'), { attached: 'zz' } as never));
    await note('attached is a number', () => db.backup(at('z.db'), { attached: 1 } as never));
    await note('attached is empty', () => db.backup(at('z.db'), { attached: '' } as never));
    await note('progress', () => db.backup(at('z.db'), { progress: 1 as never }));
    await note('done', () => db.backup(` ${at('z.db')} `));
    await note('exists', existsSync(at('z.db')));
    await note('promise', () => {
      const promise: unknown = db.backup(5 as never);
      (promise as Promise<unknown>).catch(() => {});
      return promise instanceof Promise;
    });
    db.close();
    await note('closed', () => db.backup(at('z.db')));
  });

  same('files', async (make, at, note) => {
    const db = new make(at('a.db'));
    db.exec('CREATE TABLE t(a, b); CREATE INDEX i ON t(b); PRAGMA user_version = 5');
    await note('new', () => db.backup(at('b.db')));
    await note('bytes', () => content(at('b.db')));
    db.exec('INSERT INTO t VALUES(1, 2)');
    await note('over it', () => db.backup(at('b.db')));
    await note('bytes', () => content(at('b.db')));
    await note('empty', () => new make(':memory:').backup(at('b.db')));
    await note('shape', () => shape(at('b.db')));
    db.exec("ATTACH ':memory:' AS extra; CREATE TABLE extra.x(y); INSERT INTO extra.x VALUES(7)");
    await note('attached', () => db.backup(at('c.db'), { attached: 'EXTRA' } as never));
    await note('bytes', () => content(at('c.db')));
    const small = new make(':memory:');
    small.pragma('page_size = 512');
    small.pragma('auto_vacuum = full');
    fill(small, 30, 900);
    small.exec('DELETE FROM t WHERE rowid % 3 = 0');
    const large = new make(':memory:');
    large.pragma('page_size = 16384');
    fill(large, 30, 9000);
    for (const [name, source] of [
      ['small', small],
      ['large', large],
      ['small', small],
    ] as const) {
      await note(name, () => source.backup(at('b.db')));
      await note('shape', () => shape(at('b.db')));
      await note('rows', () => new make(at('b.db')).prepare('SELECT rowid, * FROM t').all());
      await note('check', () => new make(at('b.db')).pragma('integrity_check'));
    }
    writeFileSync(at('text'), 'hello hello hello');
    await note('not a database', () => db.backup(at('text')));
    await note('still there', readFileSync(at('text'), 'utf8'));
    const wal = new make(at('w.db'));
    wal.pragma('journal_mode = wal');
    fill(wal, 10);
    await note('from wal', () => wal.backup(at('w2.db')));
    await note('of wal', () => {
      const copy = new make(at('w2.db'));
      const notes = [copy.pragma('journal_mode'), copy.prepare('SELECT count(*) FROM t').get()];
      copy.close();
      return notes;
    });
    const open = new make(at('w2.db'));
    open.prepare('SELECT * FROM t').get();
    await note('into wal', () => db.backup(at('w2.db')));
    await note('seen', () => [open.prepare('SELECT * FROM t').all(), open.pragma('journal_mode')]);
    await note('other page size into wal', () => small.backup(at('w2.db')));
    for (const d of [db, wal, open]) d.close();
  });

  same('progress', async (make, at, note) => {
    const db = new make(at('a.db'));
    fill(db, 500);
    type Info = { totalPages: number; remainingPages: number };
    const run = async (
      label: string,
      file: string,
      progress: (n: number, info: Info) => unknown,
    ): Promise<void> => {
      const log: Info[] = [];
      await note(label, () =>
        db.backup(at(file), {
          progress(info: Info) {
            log.push({ ...info });
            return progress(log.length, info) as number;
          },
        }),
      );
      await note('progress', log);
      await note('exists', existsSync(at(file)));
      if (existsSync(at(file))) {
        await note('copy', () => {
          const copy = new make(at(file));
          const sums = copy.prepare('SELECT count(*), sum(length(a)) FROM t').get();
          const check = copy.pragma('integrity_check');
          copy.close();
          return [sums, check];
        });
      }
    };
    await run('default', '1.db', () => undefined);
    await run('rates', '2.db', (n) => [0, 50, 1.6, -3, 200, Number.POSITIVE_INFINITY][n - 1]);
    await run('text', '3.db', () => 'x');
    await run('not a number', '3.db', () => Number.NaN);
    await run('throws', '3.db', () => {
      throw new RangeError('boo');
    });
    await run('throws over an old copy', '1.db', (n) => {
      if (n === 4) throw new RangeError('boo');
    });
    await run('own change', '4.db', (n) => {
      if (n !== 3) return;
      db.exec('UPDATE t SET a = zeroblob(3001) WHERE rowid IN (2, 400)');
      db.exec('INSERT INTO t VALUES(zeroblob(9000))');
    });
    await run('own rollback', '5.db', (n) => {
      if (n === 3) db.exec('BEGIN; UPDATE t SET a = 1; ROLLBACK');
    });
    await run('gets smaller', '6.db', (n) => {
      if (n === 3) db.pragma('user_version = 7');
    });
    const other = new make(at('a.db'));
    await run('other change', '7.db', (n) => {
      if (n === 3) other.exec('INSERT INTO t VALUES(zeroblob(9000))');
    });
    await run('transaction of its own', '8.db', (n) => {
      if (n === 2) db.exec('BEGIN; INSERT INTO t VALUES(1)');
      if (n === 5) db.exec('COMMIT');
    });
    const iterator = db.prepare('SELECT * FROM t').iterate();
    iterator.next();
    await run('iterator', '9.db', () => undefined);
    iterator.return!();
    await run('the copy is locked', '10.db', (n) => {
      if (n !== 2) return;
      const reader = new make(at('10.db'), { timeout: 0 });
      expect(() => reader.prepare('SELECT * FROM t').get()).toThrow('database is locked');
      reader.close();
    });
    await run('close', '11.db', (n) => {
      if (n === 2) db.close();
    });
  });

  test('waits for a transaction of its own; a locked file is an error, not a copy', async () => {
    const at = (file: string): string => join(root, file);
    const db = new Mica(at('own.db'));
    fill(db as unknown as Db, 20);
    db.exec('BEGIN; DELETE FROM t');
    const promise = db.backup(at('own-copy.db'));
    await new Promise((resolve) => setTimeout(resolve, 5));
    db.exec('COMMIT');
    await promise;
    const copy = new Mica(at('own-copy.db'));
    expect(copy.prepare('SELECT count(*) AS n FROM t').get()).toEqual({ n: 0 });
    copy.exec('BEGIN IMMEDIATE');
    await expect(db.backup(at('own-copy.db'))).rejects.toThrow('database is locked');
    copy.exec('COMMIT');
    await expect(db.backup(at('own.db'))).rejects.toThrow('database is locked');
    expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
    copy.close();
    db.close();
  });
});

describe('unsafe mode', () => {
  same('defensive', async (make, at, note) => {
    const db = new make(at('a.db'));
    db.exec('CREATE TABLE t(a)');
    const tries = async (): Promise<void> => {
      db.pragma('writable_schema = 1');
      await note('writable_schema', () => db.pragma('writable_schema'));
      await note('sqlite_schema', () => db.exec('UPDATE sqlite_schema SET sql = sql') === db);
      db.pragma('writable_schema = 0');
      await note('journal_mode', () => db.pragma('journal_mode = off'));
      await note('journal_mode of one', () => db.pragma('main.journal_mode = off'));
      db.pragma('journal_mode = delete');
      db.pragma('schema_version = 77');
      await note('schema_version', () => db.pragma('schema_version'));
    };
    await tries();
    db.pragma('writable_schema = 1');
    db.unsafeMode();
    await note('was not set', () => db.pragma('writable_schema'));
    db.pragma('writable_schema = 1');
    db.unsafeMode(false);
    await note('stays set', () => db.pragma('writable_schema'));
    await note('to no avail', () => db.exec('UPDATE sqlite_schema SET sql = sql') === db);
    db.unsafeMode();
    await tries();
    db.unsafeMode(false);
    await tries();
    await note('argument', () => db.unsafeMode(1 as never));
    await note('extension', () => db.loadExtension(5 as never));
    await note('inspect', () => inspect(db).replace(at(''), ''));
    db.close();
  });
});

test('the native face: bytes and files', async () => {
  const db = new Database();
  db.exec(
    `CREATE TABLE t(a); INSERT INTO t VALUES(1); ATTACH ':memory:' AS x; CREATE TABLE x.u(b)`,
  );
  const copy = new Database(':memory:', { content: db.serialize() });
  expect(copy.prepare('SELECT a FROM t').all()).toEqual([{ a: 1 }]);
  const names = 'SELECT name FROM sqlite_schema';
  const other = new Database(':memory:', { content: db.serialize('x'), readonly: true });
  expect(other.prepare(names).all()).toEqual([{ name: 'u' }]);
  expect(() => other.exec('DELETE FROM u')).toThrow('attempt to write a readonly database');
  expect(() => db.serialize('none')).toThrow('unknown database none');
  expect(() => new Database('a.db', { content: db.serialize() })).toThrow(TypeError);
  const path = join(root, 'native.db');
  const pages: number[] = [];
  const progress = (m: { remainingPages: number }): number => pages.push(m.remainingPages);
  expect(await db.backup(path, { progress })).toEqual({ totalPages: 2, remainingPages: 0 });
  expect(pages).toEqual([2, 1]);
  expect(await db.backup(path, { schema: 'x' })).toEqual({ totalPages: 2, remainingPages: 0 });
  expect(new Database(path).prepare(names).all()).toEqual([{ name: 'u' }]);
  await expect(db.backup(path, { schema: 'none' })).rejects.toThrow('unknown database none');
});
