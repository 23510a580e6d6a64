/** The native face: values, statements, user code, and what it says about bad input. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Database, Real, SqliteError, Text } from './index.ts';

let db: Database;
beforeEach(() => {
  db = new Database();
});
afterEach(() => db.close());

/** The SqliteError that `fn` throws, as "code: message". */
function failure(fn: () => unknown): string {
  try {
    fn();
  } catch (e) {
    if (e instanceof SqliteError) return `${e.code}: ${e.message}`;
    throw e;
  }
  return 'no error';
}

describe('values', () => {
  const typed = (v: unknown): unknown =>
    db
      .prepare('SELECT typeof(?1), ?1')
      .mode('raw')
      .get(v as null);

  test.each([
    [null, ['null', null]],
    [0, ['integer', 0]],
    [-5, ['integer', -5]],
    [2 ** 53 - 1, ['integer', 2 ** 53 - 1]],
    [2 ** 53, ['real', 2 ** 53]],
    [1.5, ['real', 1.5]],
    [-0, ['real', -0]],
    [Number.NaN, ['null', null]],
    [Number.POSITIVE_INFINITY, ['real', Number.POSITIVE_INFINITY]],
    [1n, ['integer', 1]],
    [2n ** 53n, ['integer', 2n ** 53n]],
    [-(2n ** 63n), ['integer', -(2n ** 63n)]],
    [true, ['integer', 1]],
    [false, ['integer', 0]],
    ['täxt\0€😀', ['text', 'täxt\0€😀']],
    ['', ['text', '']],
    [new Uint8Array([1, 2]), ['blob', new Uint8Array([1, 2])]],
    [new ArrayBuffer(2), ['blob', new Uint8Array(2)]],
    [new Uint16Array([258]), ['blob', new Uint8Array([2, 1])]],
    [Buffer.from('ab'), ['blob', new Uint8Array([97, 98])]],
  ])('%p', (v, expected) => {
    expect(typed(v)).toEqual(expected);
    // The same after a way through a table.
    db.exec('CREATE TABLE IF NOT EXISTS t(x); DELETE FROM t');
    db.prepare('INSERT INTO t VALUES (?)').run(v as null);
    expect(db.prepare('SELECT typeof(x), x FROM t').mode('raw').get()).toEqual(expected);
  });

  test('BLOBs are plain Uint8Arrays that belong to the caller', () => {
    const s = db.prepare("SELECT x'0102' AS b");
    const b = s.get()!['b'] as Uint8Array;
    expect(Object.getPrototypeOf(b)).toBe(Uint8Array.prototype);
    b[0] = 9;
    expect(s.get()).toEqual({ b: new Uint8Array([1, 2]) });
    const given = Buffer.from([7]);
    const bound = db.prepare('SELECT ?').mode('pluck').bind(given);
    given[0] = 8;
    expect(bound.get()).toEqual(new Uint8Array([7]));
  });

  test('a lone surrogate becomes U+FFFD at once, as it would in the file', () => {
    const s = db.prepare('SELECT ?1, length(?1), ?1 = ?2').mode('raw');
    expect(s.get('a\ud800b', 'a\ufffdb')).toEqual(['a\ufffdb', 3, 1]);
  });

  test('what cannot be bound', () => {
    const s = db.prepare('SELECT ?');
    for (const v of [undefined, {}, Symbol('x'), () => 1, new Date(), new Map(), [[1]]]) {
      expect(() => s.get(v as never)).toThrow(/can only bind|Too few/);
    }
    expect(() => s.get(2n ** 63n)).toThrow(RangeError);
    expect(() => s.get(-(2n ** 63n) - 1n)).toThrow(RangeError);
    expect(s.get(5)).toEqual({ '?': 5 });
  });

  test('safeIntegers', () => {
    const s = db.prepare('SELECT 1, 1.0, 9007199254740993').mode('raw').safeIntegers();
    expect(s.get()).toEqual([1n, 1, 9007199254740993n]);
    expect(s.safeIntegers(false).get()).toEqual([1, 1, 9007199254740993n]);
    const all = new Database(':memory:', { safeIntegers: true });
    expect(all.prepare('SELECT 1').mode('pluck').get()).toBe(1n);
    all.function('see', (x: unknown) => typeof x);
    expect(all.prepare('SELECT see(1)').mode('pluck').get()).toBe('bigint');
    expect(all.prepare('CREATE TABLE t(a)').run().lastInsertRowid).toBe(0n);
    all.close();
  });

  test('exact', () => {
    const s = db.prepare("SELECT 1, 1.0, CAST(x'ff' AS TEXT), 'a', NULL").exact().mode('raw');
    const [one, real, text, a, none] = s.get()!;
    expect(one).toBe(1);
    expect(real).toEqual(new Real(1));
    expect(text).toBeInstanceOf(Text);
    expect([a, none]).toEqual(['a', null]);
    // What comes out goes in again unchanged.
    expect(db.prepare('SELECT typeof(?), hex(?)').mode('raw').get(real!, text!)).toEqual([
      'real',
      'FF',
    ]);
  });
});

describe('statements', () => {
  beforeEach(() => {
    db.exec("CREATE TABLE t(id INTEGER PRIMARY KEY, a); INSERT INTO t VALUES (1, 'x'), (2, 'y')");
  });

  test('row modes', () => {
    const s = db.prepare('SELECT id, a, id + 1 AS "n" FROM t WHERE id = 1');
    expect(s.get()).toEqual({ id: 1, a: 'x', n: 2 });
    expect(s.mode('raw').get()).toEqual([1, 'x', 2]);
    expect(s.mode('pluck').get()).toBe(1);
    expect(s.mode('expand').get()).toEqual({ t: { id: 1, a: 'x' }, $: { n: 2 } });
    const odd = db.prepare('SELECT 1 AS "__proto__", 2 AS a, 3 AS a').get()!;
    expect(Object.getPrototypeOf(odd)).toBe(Object.prototype);
    expect(Object.entries(odd)).toEqual([
      ['__proto__', 1],
      ['a', 3],
    ]);
  });

  test('run', () => {
    const insert = db.prepare('INSERT INTO t(a) VALUES (?)');
    expect(insert.run('z')).toEqual({ changes: 1, lastInsertRowid: 3 });
    expect(db.prepare('UPDATE t SET a = 0').run().changes).toBe(3);
    expect(db.prepare('SELECT * FROM t').run().changes).toBe(0);
    expect(db.prepare('CREATE TABLE u(x)').run().changes).toBe(0);
    db.prepare('INSERT INTO t(id) VALUES (?)').run(9007199254740993n);
    expect(insert.run('big').lastInsertRowid).toBe(9007199254740994n);
    expect(db.changes).toBe(1);
    expect(db.totalChanges).toBe(8);
  });

  test('parameters', () => {
    const s = db.prepare('SELECT ?2, ?1, :name, @other, $third').mode('raw');
    expect(s.get('one', 'two', { name: 3, other: 4, third: 5 })).toEqual(['two', 'one', 3, 4, 5]);
    expect(() => s.get('one', 'two')).toThrow('Missing named parameters');
    expect(() => s.get('one', 'two', { name: 3 })).toThrow('Missing named parameter "other"');
    expect(() => db.prepare('SELECT ?').get()).toThrow('Too few parameter values were provided');
    expect(() => db.prepare('SELECT ?').get(1, 2)).toThrow('Too many parameter values');
    const bound = db.prepare('SELECT ?, ?').mode('raw').bind([1, 2]);
    expect(bound.get()).toEqual([1, 2]);
    expect(() => bound.get(1, 2)).toThrow('This statement already has bound parameters');
    expect(() => bound.bind(1, 2)).toThrow('The bind() method can only be invoked once');
  });

  test('iterate: leaving early, errors, several at once', () => {
    const s = db.prepare('SELECT id FROM t ORDER BY id').mode('pluck');
    for (const id of s.iterate()) {
      expect(id).toBe(1);
      expect(s.busy).toBe(true);
      expect(() => s.get()).toThrow('This statement is busy executing a query');
      break;
    }
    expect(s.busy).toBe(false);
    const other = db.prepare('SELECT a FROM t ORDER BY id').mode('pluck');
    const pairs: unknown[] = [];
    for (const id of s.iterate()) for (const a of other.iterate()) pairs.push([id, a]);
    expect(pairs).toEqual([
      [1, 'x'],
      [1, 'y'],
      [2, 'x'],
      [2, 'y'],
    ]);
    const bad = db.prepare('SELECT abs(CASE id WHEN 2 THEN -9223372036854775808 END) FROM t');
    const it = bad.iterate();
    expect(it.next().done).toBe(false);
    expect(failure(() => it.next())).toBe('SQLITE_ERROR: integer overflow');
    expect(it.next()).toEqual({ value: undefined, done: true });
    expect(bad.busy).toBe(false);
  });

  test('writing while iterating: the cursor goes on where it was', () => {
    const seen: unknown[] = [];
    const insert = db.prepare('INSERT INTO t(id, a) VALUES (?, ?)');
    const remove = db.prepare('DELETE FROM t WHERE id = ?');
    for (const id of db.prepare('SELECT id FROM t ORDER BY id').mode('pluck').iterate<number>()) {
      seen.push(id);
      if (id < 5) insert.run(id + 2, 'new');
      if (id === 2) remove.run(3);
    }
    expect(seen).toEqual([1, 2, 4, 6]);
    expect(db.prepare('SELECT count(*) FROM t').mode('pluck').get()).toBe(4);
  });

  test('the schema changes', () => {
    const s = db.prepare('SELECT * FROM t WHERE id = ?').bind(1);
    expect(s.get()).toEqual({ id: 1, a: 'x' });
    db.exec('ALTER TABLE t ADD COLUMN b DEFAULT 7');
    expect(s.get()).toEqual({ id: 1, a: 'x', b: 7 });
    expect(s.columns().map((c) => c.name)).toEqual(['id', 'a', 'b']);
    db.exec('DROP TABLE t');
    expect(failure(() => s.get())).toBe('SQLITE_ERROR: no such table: t');
    db.exec("CREATE TABLE t(id, z); INSERT INTO t VALUES (1, 'again')");
    expect(s.get()).toEqual({ id: 1, z: 'again' });
  });

  test('exec and prepareNext go through a text', () => {
    const sql = '-- first\nSELECT 1; ;SELECT 2 /* two */;\n-- end';
    const found: unknown[] = [];
    for (let at = 0; ; ) {
      const { statement, next } = db.prepareNext(sql, at);
      if (statement === null) break;
      found.push(statement.mode('pluck').get());
      at = next;
    }
    expect(found).toEqual([1, 2]);
    expect(() => db.prepare(sql)).toThrow('more than one statement');
    expect(() => db.prepare(' -- nothing')).toThrow('contains no statements');
    expect(failure(() => db.exec('INSERT INTO t VALUES (9, 9); SELECT nope'))).toBe(
      'SQLITE_ERROR: no such column: nope',
    );
    expect(db.prepare('SELECT count(*) FROM t').mode('pluck').get()).toBe(3);
  });

  test('errors leave the connection usable', () => {
    const insert = db.prepare('INSERT INTO t(id) VALUES (?)');
    expect(failure(() => insert.run(1))).toBe(
      'SQLITE_CONSTRAINT_PRIMARYKEY: UNIQUE constraint failed: t.id',
    );
    expect(failure(() => db.exec('SELEC'))).toBe('SQLITE_ERROR: near "SELEC": syntax error');
    expect(insert.run(3).changes).toBe(1);
    try {
      db.prepare('SELECT a, nope FROM t');
    } catch (e) {
      expect((e as SqliteError).offset).toBe(10);
    }
  });

  test('pragma', () => {
    expect(db.pragma('user_version = 3')).toEqual([]);
    expect(db.pragma('user_version')).toEqual([{ user_version: 3 }]);
  });
});

describe('transactions', () => {
  beforeEach(() => db.exec('CREATE TABLE t(a UNIQUE)'));
  const count = (): unknown => db.prepare('SELECT count(*) FROM t').mode('pluck').get();

  test('commit, roll back, nest', () => {
    expect(db.transaction(() => db.exec('INSERT INTO t VALUES (1)').inTransaction)).toBe(true);
    expect(db.inTransaction).toBe(false);
    const mine = new Error('mine');
    expect(() =>
      db.transaction(() => {
        db.exec('INSERT INTO t VALUES (2)');
        throw mine;
      }, 'IMMEDIATE'),
    ).toThrow(mine);
    expect(count()).toBe(1);
    db.transaction(() => {
      db.exec('INSERT INTO t VALUES (3)');
      expect(() =>
        db.transaction(() => {
          db.exec('INSERT INTO t VALUES (4)');
          throw mine;
        }),
      ).toThrow(mine);
      db.transaction(() => db.exec('INSERT INTO t VALUES (5)'));
    });
    expect(count()).toBe(3);
  });

  test('not asynchronous', () => {
    expect(() => db.transaction(async () => db.exec('INSERT INTO t VALUES (1)'))).toThrow(
      'Transaction function cannot return a promise',
    );
    expect([count(), db.inTransaction]).toEqual([0, false]);
  });

  test('ended from inside', () => {
    expect(failure(() => db.transaction(() => db.exec('ROLLBACK')))).toBe(
      'SQLITE_ERROR: cannot commit - no transaction is active',
    );
    expect(db.inTransaction).toBe(false);
  });
});

describe("the user's code", () => {
  beforeEach(() => db.exec('CREATE TABLE t(a); INSERT INTO t VALUES (1), (2), (3)'));

  test('functions', () => {
    db.function('plus', (a: number, b: number) => a + b, { deterministic: true });
    db.function('many', (...xs: unknown[]) => xs.length, { varargs: true });
    db.function('kind', (x: unknown) => typeof x, { safeIntegers: true });
    expect(
      db.prepare("SELECT plus(1, 2), many(), many(1, 2), kind(1), kind('x')").mode('raw').get(),
    ).toEqual([3, 0, 2, 'bigint', 'string']);
    expect(failure(() => db.prepare('SELECT plus(1)'))).toBe(
      'SQLITE_ERROR: wrong number of arguments to function plus()',
    );
    db.function('bad', () => ({}));
    expect(() => db.prepare('SELECT bad()').get()).toThrow('returned an invalid value');
    db.function('big', () => 2n ** 64n);
    expect(() => db.prepare('SELECT big()').get()).toThrow(RangeError);
    db.function('nix', () => undefined);
    expect(db.prepare('SELECT nix()').mode('pluck').get()).toBe(null);
    expect(() => db.function('', () => 1)).toThrow(TypeError);
    expect(() => db.function('x', 5 as never)).toThrow(TypeError);
    expect(failure(() => db.function('x'.repeat(256), () => 1))).toMatch(/^SQLITE_MISUSE/);
  });

  test('what it throws comes out as it is, and the statement is undone', () => {
    const mine = { mine: true };
    db.function('fail', (x: number) => {
      if (x === 2) throw mine;
      return x;
    });
    for (const run of [
      () => db.exec('UPDATE t SET a = fail(a) + 10'),
      () => db.prepare('SELECT fail(a) FROM t').all(),
      () => [...db.prepare('SELECT fail(a) FROM t').iterate()],
    ]) {
      let thrown: unknown;
      try {
        run();
      } catch (e) {
        thrown = e;
      }
      expect(thrown).toBe(mine);
    }
    expect(db.prepare('SELECT sum(a) FROM t').mode('pluck').get()).toBe(6);
  });

  test('it may run SQL on its connection', () => {
    const total = db.prepare('SELECT sum(a) FROM t').mode('pluck');
    db.function('total', () => total.get());
    db.function('put', (x: number) => db.prepare('INSERT INTO log VALUES (?)').run(x).changes);
    db.exec('CREATE TABLE log(x)');
    expect(db.prepare('SELECT a, total(), put(a) FROM t').mode('raw').all()).toEqual([
      [1, 6, 1],
      [2, 6, 1],
      [3, 6, 1],
    ]);
    expect(db.prepare('SELECT x FROM log').mode('pluck').all()).toEqual([1, 2, 3]);
    // The same statement cannot run inside itself.
    db.function('again', (): unknown => self.get());
    const self = db.prepare('SELECT again()');
    expect(() => self.get()).toThrow('This statement is busy executing a query');
    expect(() => self.get()).toThrow('This statement is busy executing a query');
  });

  test('it cannot close its connection, nor end a transaction under a writing statement', () => {
    db.function('shut', () => db.close());
    expect(failure(() => db.prepare('SELECT shut()').get())).toMatch(/^SQLITE_BUSY/);
    expect(failure(() => db.exec('SELECT shut()'))).toMatch(/^SQLITE_BUSY/);
    expect(db.open).toBe(true);
    db.function('finish', () => db.exec('COMMIT'));
    db.exec('BEGIN');
    expect(failure(() => db.exec('UPDATE t SET a = finish()'))).toBe(
      'SQLITE_BUSY: cannot commit transaction - SQL statements in progress',
    );
    db.exec('COMMIT');
    expect(db.prepare('SELECT sum(a) FROM t').mode('pluck').get()).toBe(6);
  });

  test('aggregates', () => {
    db.aggregate('joined', {
      start: () => [] as unknown[],
      step: (list: unknown[], x: unknown) => {
        list.push(x);
      },
      result: (list: unknown[]) => list.join('-'),
    });
    db.aggregate('total2', {
      start: 0,
      step: (sum: number, x: number) => sum + x,
      inverse: (sum: number, x: number) => sum - x,
    });
    expect(db.prepare('SELECT joined(a), total2(a) FROM t').mode('raw').get()).toEqual([
      '1-2-3',
      6,
    ]);
    expect(db.prepare('SELECT joined(a) FROM t WHERE 0').mode('pluck').get()).toBe('');
    expect(
      db.prepare('SELECT total2(a) OVER (ORDER BY a ROWS 1 PRECEDING) FROM t').mode('pluck').all(),
    ).toEqual([1, 3, 5]);
    expect(failure(() => db.prepare('SELECT joined(a) OVER () FROM t').all())).toBe(
      'SQLITE_ERROR: joined() may not be used as a window function',
    );
    const mine = new Error('mine');
    db.aggregate('fails', {
      start: () => {
        throw mine;
      },
      step: (_sum: unknown, _x: unknown) => 1,
    });
    expect(() => db.prepare('SELECT fails(a) FROM t').get()).toThrow(mine);
    expect(() => db.aggregate('x', {} as never)).toThrow('Missing required option "step"');
  });

  test('collations', () => {
    db.collation('backwards', (a, b) => (a < b ? 1 : a > b ? -1 : 0));
    db.exec(
      "CREATE TABLE w(s TEXT COLLATE backwards PRIMARY KEY); INSERT INTO w VALUES ('a'), ('c'), ('b')",
    );
    expect(db.prepare('SELECT s FROM w ORDER BY s').mode('pluck').all()).toEqual(['c', 'b', 'a']);
    expect(db.prepare("SELECT s FROM w WHERE s < 'b'").mode('pluck').all()).toEqual(['c']);
    const mine = new Error('mine');
    db.collation('fails', () => {
      throw mine;
    });
    expect(() => db.prepare("SELECT 'a' < 'b' COLLATE fails").get()).toThrow(mine);
    expect(failure(() => db.prepare("SELECT 'a' < 'b' COLLATE nope"))).toBe(
      'SQLITE_ERROR_MISSING_COLLSEQ: no such collation sequence: nope',
    );
    expect(db.prepare('SELECT count(*) FROM t').mode('pluck').get()).toBe(3);
  });

  test('interrupt', () => {
    db.interrupt();
    expect(db.prepare('SELECT 1').mode('pluck').get()).toBe(1);
    db.function('stop', () => {
      db.interrupt();
      return 1;
    });
    const endless =
      'WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT max(stop()) FROM n';
    expect(failure(() => db.prepare(endless).get())).toBe('SQLITE_INTERRUPT: interrupted');
    expect(db.prepare('SELECT 1').mode('pluck').get()).toBe(1);
  });
});

describe('closing', () => {
  test('ends iterators and rolls back', () => {
    db.exec('CREATE TABLE t(a); INSERT INTO t VALUES (1), (2)');
    const s = db.prepare('SELECT a FROM t');
    const it = s.iterate();
    it.next();
    db.exec('BEGIN');
    db.close();
    db.close();
    expect([db.open, db.inTransaction, s.busy]).toEqual([false, false, false]);
    expect(it.next()).toEqual({ value: undefined, done: true });
    for (const use of [
      () => s.get(),
      () => s.run(),
      () => s.all(),
      () => s.iterate(),
      () => s.bind(),
      () => s.columns(),
      () => db.prepare('SELECT 1'),
      () => db.prepareNext('SELECT 1', 0),
      () => db.exec('SELECT 1'),
      () => db.pragma('user_version'),
      () => db.transaction(() => 1),
      () => db.function('f', () => 1),
      () => db.aggregate('f', { step: () => 1 }),
      () => db.collation('c', () => 0),
    ]) {
      expect(use).toThrow('The database connection is not open');
    }
  });
});

describe('files', () => {
  const dir = mkdtempSync(join(tmpdir(), 'mica-native-'));
  afterAll(() => rmSync(dir, { recursive: true, force: true }));
  const at = (name: string): string => join(dir, name);
  const using = (path: string, options = {}): string =>
    failure(() => {
      const file = new Database(path, options);
      try {
        file.prepare('SELECT count(*) FROM sqlite_schema').get();
      } finally {
        file.close();
      }
    });

  test('a file is kept', () => {
    const path = at('kept.db');
    const one = new Database(path);
    one.exec('CREATE TABLE t(a); INSERT INTO t VALUES (5)');
    one.close();
    const two = new Database(path, { readonly: true });
    expect(two.prepare('SELECT a FROM t').all()).toEqual([{ a: 5 }]);
    expect(two.readonly).toBe(true);
    expect(failure(() => two.exec('DELETE FROM t'))).toBe(
      'SQLITE_READONLY: attempt to write a readonly database',
    );
    two.close();
  });

  test('what cannot be opened', () => {
    const cannot = 'SQLITE_CANTOPEN: unable to open database file';
    expect(using(at('none/x.db'))).toBe(cannot);
    expect(using(at('none.db'), { readonly: true })).toBe(cannot);
    expect(using(at('none.db'), { fileMustExist: true })).toBe(cannot);
    expect(existsSync(at('none.db'))).toBe(false);
    mkdirSync(at('directory'));
    expect(using(at('directory'))).toBe(cannot);
    expect(() => new Database(5 as never)).toThrow(TypeError);
    expect(() => new Database('', { timeout: -1 })).toThrow(TypeError);
  });

  test('what is no database', () => {
    writeFileSync(at('text.db'), 'no database '.repeat(200));
    expect(using(at('text.db'))).toBe('SQLITE_NOTADB: file is not a database');
    writeFileSync(at('short.db'), 'short');
    expect(using(at('short.db'))).toBe('SQLITE_NOTADB: file is not a database');
    writeFileSync(at('empty.db'), '');
    expect(using(at('empty.db'))).toBe('no error');
  });

  test('a file that lost its end', () => {
    const path = at('cut.db');
    const whole = new Database(path);
    whole.exec('CREATE TABLE t(a)');
    const insert = whole.prepare('INSERT INTO t VALUES (?)');
    whole.transaction(() => {
      for (let i = 0; i < 500; i++) insert.run('x'.repeat(100));
    });
    whole.close();
    truncateSync(path, 8192);
    const cut = new Database(path);
    expect(failure(() => cut.prepare('SELECT count(*) FROM t').get())).toBe(
      'SQLITE_CORRUPT: database disk image is malformed',
    );
    cut.close();
  });

  // Root may open anything.
  test.skipIf(process.getuid?.() === 0)('permission', () => {
    const path = at('secret.db');
    new Database(path).exec('CREATE TABLE t(a)').close();
    chmodSync(path, 0);
    expect(using(path)).toBe('SQLITE_CANTOPEN: unable to open database file');
    chmodSync(path, 0o444);
    const readonly = new Database(path);
    expect(failure(() => readonly.exec('INSERT INTO t VALUES (1)'))).toBe(
      'SQLITE_READONLY: attempt to write a readonly database',
    );
    readonly.close();
  });

  test('two connections', () => {
    const path = at('two.db');
    const one = new Database(path, { timeout: 0 });
    const two = new Database(path, { timeout: 0 });
    one.exec('CREATE TABLE t(a); BEGIN IMMEDIATE; INSERT INTO t VALUES (1)');
    expect(two.prepare('SELECT count(*) FROM t').mode('pluck').get()).toBe(0);
    expect(failure(() => two.exec('INSERT INTO t VALUES (2)'))).toBe(
      'SQLITE_BUSY: database is locked',
    );
    one.exec('COMMIT');
    two.exec('INSERT INTO t VALUES (2)');
    expect(one.prepare('SELECT sum(a) FROM t').mode('pluck').get()).toBe(3);
    // The other connection's schema change is seen.
    const all = one.prepare('SELECT * FROM t WHERE a = 2');
    two.exec('ALTER TABLE t ADD COLUMN b DEFAULT 9');
    expect(all.get()).toEqual({ a: 2, b: 9 });
    one.close();
    two.close();
    expect(readFileSync(path).subarray(0, 15).toString()).toBe('SQLite format 3');
  });
});
