/** The JavaScript faces in COMPAT.md: the same calls on better-sqlite3 and on Mica, and calls of the native face. */
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { Database, isComplete } from 'micadb';
import MicaBetter from 'micadb/better-sqlite3';

type Better = BetterSqlite3.Database;
type BetterClass = new (path: string, options?: BetterSqlite3.Options) => Better;

/** What a call gave, or the error, as text. */
export function outcome(call: () => unknown): string {
  try {
    const text = JSON.stringify(call(), (_key, v: unknown) =>
      typeof v === 'bigint' ? `${v}n` : v,
    );
    return text ?? 'undefined';
  } catch (e) {
    if (!(e instanceof Error)) return `threw ${String(e)}`;
    const code = 'code' in e ? `${String(e.code)} ` : '';
    return `${e.name}: ${code}${e.message}`;
  }
}

function table(db: Better): Better {
  db.exec("CREATE TABLE t(a, b); INSERT INTO t VALUES(1,'x'),(2,'y'),(3,NULL)");
  return db;
}

type FaceCall = (db: Better, open: BetterClass, dir: string) => unknown;

/** Calls on a database with the table t. */
const betterCalls: readonly (readonly [string, FaceCall])[] = [
  [
    'Statement.run, get, all',
    (db) => [
      db.prepare('INSERT INTO t VALUES(?,?)').run(4, 'z'),
      db.prepare('SELECT * FROM t').get(),
      db.prepare('SELECT * FROM t').all(),
      db.prepare('SELECT 1').run === undefined,
    ],
  ],
  ['Statement.iterate', (db) => [...db.prepare('SELECT a FROM t').iterate()]],
  [
    'Statement.bind, named and positional parameters',
    (db) => [
      db.prepare('SELECT ?, @a, :b').get(1, { a: 2, b: 3 }),
      db.prepare('SELECT ?').bind(5).get(),
      db.prepare('SELECT ?').get(),
    ],
  ],
  [
    'Statement.pluck, raw, expand',
    (db) => [
      db.prepare('SELECT a FROM t').pluck().all(),
      db.prepare('SELECT * FROM t').raw().all(),
      db.prepare('SELECT t.a, 1 AS k FROM t').expand().all(),
    ],
  ],
  ['Statement.columns', (db) => db.prepare('SELECT a AS z, 1 FROM t').columns()],
  [
    'Statement.safeIntegers, defaultSafeIntegers',
    (db) => [
      db.prepare('SELECT 9007199254740993').safeIntegers().get(),
      db.defaultSafeIntegers(true).prepare('SELECT 1').get(),
    ],
  ],
  [
    'Statement.reader, readonly, busy, source',
    (db) => {
      const s = db.prepare('SELECT 1');
      return [s.reader, s.readonly, s.busy, s.source];
    },
  ],
  [
    'Database.exec',
    (db) => {
      db.exec('DELETE FROM t; SELECT 1;');
      return db.prepare('SELECT count(*) FROM t').get();
    },
  ],
  [
    'Database.pragma',
    (db) => [db.pragma('user_version'), db.pragma('user_version', { simple: true })],
  ],
  [
    'Database.transaction, nested and failing',
    (db) => {
      const f = db.transaction((n: number) => {
        db.exec(`INSERT INTO t VALUES(${n},0)`);
        if (n > 5) throw new Error('no');
      });
      f(5);
      try {
        f(6);
      } catch {
        /* rolled back */
      }
      db.transaction(() => f(4)).immediate();
      return db.prepare('SELECT a FROM t').all();
    },
  ],
  [
    'Database.function',
    (db) => {
      db.function('twice', (x: number) => x * 2);
      db.function('many', { varargs: true, deterministic: true }, (...x: unknown[]) => x.length);
      return db.prepare('SELECT twice(a), many(1,2,3) FROM t').all();
    },
  ],
  [
    'exceptions out of functions',
    (db) => {
      db.function('bad', () => {
        throw new RangeError('mine');
      });
      return db.prepare('SELECT bad()').get();
    },
  ],
  [
    'Database.aggregate',
    (db) => {
      db.aggregate('add', {
        start: 0,
        step: (sum: number, x: number) => sum + x,
        result: (s: number) => s,
      });
      return db.prepare('SELECT add(a) FROM t').get();
    },
  ],
  [
    'Database.aggregate as window function',
    (db) => {
      db.aggregate('add', {
        start: 0,
        step: (sum: number, x: number) => sum + x,
        inverse: (sum: number, x: number) => sum - x,
      });
      return db.prepare('SELECT add(a) OVER (ORDER BY a ROWS 1 PRECEDING) FROM t').raw().all();
    },
  ],
  [
    'Database.table (virtual tables in JavaScript)',
    (db) => {
      db.table('v', {
        columns: ['n'],
        *rows() {
          yield [1];
        },
      });
      return db.prepare('SELECT * FROM v').all();
    },
  ],
  ['Database.serialize', (db) => db.serialize().length > 0],
  [
    'open a serialized database',
    (_db, open) => {
      const bytes = new BetterSqlite3(':memory:').exec('CREATE TABLE q(a)').serialize();
      return new open(bytes as unknown as string).prepare('SELECT name FROM sqlite_schema').all();
    },
  ],
  ['Database.backup', (db) => typeof db.backup],
  [
    'Database.loadExtension',
    (db) => {
      db.loadExtension('/no/such/file');
      return 0;
    },
  ],
  [
    'Database.unsafeMode',
    (db) => {
      db.unsafeMode(true);
      const seen: unknown[] = [];
      for (const r of db.prepare('SELECT a FROM t').iterate()) {
        db.prepare('DELETE FROM t WHERE a=9').run();
        seen.push(r);
      }
      return seen;
    },
  ],
  [
    'busy while iterating',
    (db) => {
      for (const _ of db.prepare('SELECT a FROM t').iterate()) db.exec('DELETE FROM t');
      return 0;
    },
  ],
  [
    'Database.close, open, inTransaction, name, memory, readonly',
    (db) => {
      const s = [db.open, db.inTransaction, db.name, db.memory, db.readonly];
      db.close();
      return [...s, db.open, outcome(() => db.prepare('SELECT 1'))];
    },
  ],
  [
    'options readonly, fileMustExist',
    (_db, open, dir) => [
      outcome(() => new open(join(dir, 'none.db'), { fileMustExist: true })),
      outcome(() => new open(join(dir, 'none.db'), { readonly: true })),
    ],
  ],
  [
    'option verbose',
    (_db, open) => {
      const seen: unknown[] = [];
      const db = new open(':memory:', { verbose: (m) => seen.push(m) });
      db.exec('SELECT 1');
      db.prepare('SELECT ?').get(7);
      return seen;
    },
  ],
  [
    'errors: class, code, message',
    (db) => [
      outcome(() => db.prepare('SELECT nope')),
      outcome(() => db.prepare('SELECT 1; SELECT 2')),
      outcome(() => db.prepare('')),
    ],
  ],
  [
    'values: Buffer, bigint, null, what cannot be bound',
    (db) => [
      db.prepare('SELECT ? AS v, typeof(?) AS n, typeof(?) AS r').get(Buffer.from([1]), 5n, 5),
      outcome(() => db.prepare('SELECT ?').get(true)),
      outcome(() => db.prepare('SELECT ?').get(new Date(0))),
    ],
  ],
];

/** A method of the native face by SQLite's idea of it. */
function has(name: string): () => string {
  return () => (name in Database.prototype ? 'has' : `no Database.${name}`);
}

/** Another program writes to a file on which `db` has the write lock; it should be refused. */
function strangerWrites(dir: string): string {
  const path = join(dir, 'locked.db');
  const db = new Database(path);
  try {
    db.exec('CREATE TABLE t(a); BEGIN IMMEDIATE; INSERT INTO t VALUES(1)');
    const better = createRequire(import.meta.url).resolve('better-sqlite3');
    const script = `const D=require(${JSON.stringify(better)});new D(${JSON.stringify(path)},{timeout:0}).exec('CREATE TABLE s(a)')`;
    const child = spawnSync(process.execPath, ['-e', script], { encoding: 'utf8' });
    return /database is locked/.test(child.stderr) ? 'locked' : 'another process could write';
  } finally {
    db.close();
  }
}

/** Calls of the native face, and what they are to give. */
const nativeCalls: readonly (readonly [string, string, (dir: string) => unknown])[] = [
  ['prepare, run, get, all, iterate', '"has"', has('prepare')],
  [
    'row modes: object, raw, pluck, expand',
    '[[1]]',
    () => new Database().prepare('SELECT 1').mode('raw').all(),
  ],
  [
    'integers past 2^53 as bigint',
    '["9007199254740993n"]',
    () => new Database().prepare('SELECT 9007199254740993').mode('pluck').all(),
  ],
  ['transaction()', '3', () => new Database().transaction(() => 3)],
  [
    'function(), aggregate(), collation()',
    '[{"f(2)":4}]',
    () =>
      new Database()
        .function('f', (x: number) => x * 2)
        .prepare('SELECT f(2)')
        .all(),
  ],
  [
    'any exception of a collation reaches the caller',
    '"RangeError: mine"',
    () =>
      outcome(() =>
        new Database()
          .collation('c', () => {
            throw new RangeError('mine');
          })
          .prepare('SELECT 1 FROM (VALUES(1),(2)) ORDER BY column1 || 0 COLLATE c')
          .all(),
      ),
  ],
  ['isComplete()', '[true,false]', () => [isComplete('SELECT 1;'), isComplete('SELECT 1')]],
  ['prepareNext(): statements of a script one by one', '"has"', has('prepareNext')],
  ['interrupt()', '"has"', has('interrupt')],
  [
    'locks between connections of one process',
    '"SqliteError: SQLITE_BUSY database is locked"',
    (dir) => {
      const path = join(dir, 'two.db');
      const a = new Database(path);
      const b = new Database(path, { timeout: 0 });
      try {
        a.exec('CREATE TABLE t(a); BEGIN IMMEDIATE');
        return outcome(() => b.exec('INSERT INTO t VALUES(1)'));
      } finally {
        a.close();
        b.close();
      }
    },
  ],
  ['**locks against other processes**', '"locked"', strangerWrites],
  ['online backup', '"has"', has('backup')],
  ['serialize and deserialize', '"has"', has('serialize')],
  ['incremental BLOB I/O', '"has"', has('openBlob')],
  ['update, commit and rollback hooks', '"has"', has('onUpdate')],
  ['authorizer', '"has"', has('authorizer')],
  ['progress handler', '"has"', has('progress')],
  ['virtual tables written in JavaScript', '"has"', has('table')],
  ['session extension (changesets)', '"has"', has('session')],
  ['loadable extensions', '"has"', has('loadExtension')],
  ['limits set at run time (sqlite3_limit)', '"has"', has('limit')],
];

export interface FaceRow {
  readonly name: string;
  readonly expected: string;
  readonly got: string;
}

export function betterRows(dir: string): FaceRow[] {
  return betterCalls.map(([name, call]) => {
    const run = (open: BetterClass): string => {
      const db = table(new open(':memory:'));
      try {
        return outcome(() => call(db, open, dir));
      } finally {
        if (db.open) db.close();
      }
    };
    return {
      name,
      expected: run(BetterSqlite3),
      got: run(MicaBetter as unknown as BetterClass),
    };
  });
}

export function nativeRows(dir: string): FaceRow[] {
  return nativeCalls.map(([name, expected, call]) => ({
    name,
    expected,
    got: outcome(() => call(dir)),
  }));
}
