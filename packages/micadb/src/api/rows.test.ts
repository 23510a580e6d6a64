/** Rows in each mode, from generated and from plain code; programs that are kept for their text. */
import { afterEach, expect, test, vi } from 'vitest';
import type { Execution } from '../vm/types.ts';
import { Database } from './index.ts';
import { type RowMode, rowMaker } from './rows.ts';

afterEach(() => {
  vi.unstubAllGlobals();
});

const SQL = `SELECT 1 AS a, 'x' AS "__proto__", 2.5 AS a, NULL AS "7", x'0102' AS b, 9007199254740993 AS "a""b"`;

function rowsInAllModes(): unknown[] {
  const db = new Database();
  db.exec('CREATE TABLE t(a, "__proto__"); INSERT INTO t VALUES (1, 2)');
  try {
    const tables = 'SELECT t.*, 3 AS a, u.a FROM t, t AS u';
    return [
      db.prepare(SQL).get(),
      db.prepare(SQL).mode('raw').all(),
      db.prepare(SQL).mode('pluck').get(),
      [...db.prepare(SQL).mode('expand').iterate()],
      db.prepare(SQL).safeIntegers().get(),
      db.prepare(SQL).exact().mode('raw').get(),
      db.prepare(tables).mode('expand').all(),
    ];
  } finally {
    db.close();
  }
}

test('names that come twice, are numbers or __proto__ are plain properties', () => {
  const [object, raw, pluck, expand, big] = rowsInAllModes() as [
    Record<string, unknown>,
    unknown[][],
    unknown,
    Record<string, Record<string, unknown>>[],
    Record<string, unknown>,
  ];
  expect(Object.keys(object)).toEqual(['7', 'a', '__proto__', 'b', 'a"b']);
  expect(Object.getPrototypeOf(object)).toBe(Object.prototype);
  expect(Object.getOwnPropertyDescriptor(object, '__proto__')?.value).toBe('x');
  expect(object['a']).toBe(2.5);
  expect(object['a"b']).toBe(9007199254740993n);
  expect(raw).toEqual([[1, 'x', 2.5, null, new Uint8Array([1, 2]), 9007199254740993n]]);
  expect(pluck).toBe(1);
  expect(Object.keys(expand[0]!)).toEqual(['$']);
  expect(expand[0]!['$']!['a']).toBe(2.5);
  expect(big['a']).toBe(2.5);
  expect(big['b']).toEqual(new Uint8Array([1, 2]));
});

test('where code cannot be generated, rows are the same', () => {
  const columns = [
    { name: 'twice', table: 't' },
    { name: '__proto__', table: null },
    { name: 'twice', table: null },
    { name: '12', table: 't' },
  ];
  const registers = [null, 5, null, 'z', 2n];
  const value = (i: number) => registers[1 + i];
  const row = { registers, rowStart: 1, rowCount: 4, value } as unknown as Execution;
  const make = (mode: RowMode): unknown =>
    rowMaker(mode, columns, true)(row, (v) => (typeof v === 'bigint' ? Number(v) : v));
  const modes = ['object', 'raw', 'pluck', 'expand'] as const;
  // Forbidden first: what was generated once is kept.
  vi.stubGlobal('Function', () => {
    throw new EvalError('forbidden');
  });
  const plain = modes.map(make);
  vi.unstubAllGlobals();
  const generated = modes.map(make);
  expect(generated).toEqual(plain);
  expect(Object.entries(plain[0] as object)).toEqual([
    ['12', 2],
    ['twice', 'z'],
    ['__proto__', null],
  ]);
  expect(JSON.stringify(plain)).toBe(JSON.stringify(generated));
  expect(plain.slice(1, 3)).toEqual([[5, null, 'z', 2], 5]);
  expect(JSON.stringify(plain[3])).toBe(
    '{"t":{"12":2,"twice":5},"$":{"__proto__":null,"twice":"z"}}',
  );
});

test('a text that is prepared again gives what holds then', () => {
  const db = new Database();
  const sql = 'SELECT f(1) AS v, * FROM t';
  db.exec('CREATE TABLE t(a); INSERT INTO t VALUES (1)');
  db.function('f', (_: unknown) => 'first');
  expect(db.prepare(sql).get()).toEqual({ v: 'first', a: 1 });
  expect(db.prepare(sql).get()).toEqual({ v: 'first', a: 1 });
  db.function('f', (_: unknown) => 'second');
  expect(db.prepare(sql).get()).toEqual({ v: 'second', a: 1 });
  db.exec('ALTER TABLE t ADD COLUMN b DEFAULT 7');
  expect(db.prepare(sql).get()).toEqual({ v: 'second', a: 1, b: 7 });
  db.exec('BEGIN; ALTER TABLE t ADD COLUMN c DEFAULT 8');
  expect(db.prepare(sql).get()).toEqual({ v: 'second', a: 1, b: 7, c: 8 });
  db.exec('ROLLBACK');
  expect(db.prepare(sql).get()).toEqual({ v: 'second', a: 1, b: 7 });
  db.exec('DROP TABLE t');
  expect(() => db.prepare(sql)).toThrow('no such table: t');
  db.close();
});

test('two statements of one text run side by side', () => {
  const db = new Database();
  db.exec('CREATE TABLE t(a); INSERT INTO t VALUES (1), (2), (3)');
  const sql = 'SELECT a FROM t WHERE a >= ? ORDER BY a';
  const one = db.prepare(sql).mode('pluck').iterate(1);
  const two = db.prepare(sql).mode('pluck').iterate(2);
  expect([one.next().value, two.next().value, one.next().value, two.next().value]).toEqual([
    1, 2, 2, 3,
  ]);
  expect([one.next().value, two.next().done]).toEqual([3, true]);
  db.close();
});

const LIST = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)
  SELECT CASE i % 7 WHEN 0 THEN NULL WHEN 1 THEN i WHEN 2 THEN i / 4.0 WHEN 3 THEN 't' || i WHEN 4 THEN x'0102'
    WHEN 5 THEN 9007199254740992 + i ELSE CAST(x'61ff' AS TEXT) END AS v, i AS "__proto__", i * 1.0 AS v, -0.0 AS z,
    'constant' AS c, 7 AS seven, 0.5 AS half FROM n`;

test.each(['auto', 'compiled', 'interpreter'] as const)(
  'all gives the rows that iterate gives, %s',
  (tier) => {
    const db = new Database(':memory:', { tier });
    for (const mode of ['object', 'raw', 'pluck', 'expand'] as const) {
      const statement = db.prepare(LIST).mode(mode);
      const expected = [...statement.iterate()];
      expect(expected).toHaveLength(500);
      // Blobs are the caller's own, and rows of one run are not touched by the next.
      const first = statement.all();
      expect(first).toEqual(expected);
      expect(statement.all()).toEqual(expected);
      expect(first).toEqual(expected);
      expect(db.prepare(LIST).mode(mode).safeIntegers().all()).toEqual([
        ...db.prepare(LIST).mode(mode).safeIntegers().iterate(),
      ]);
      expect(db.prepare(LIST).mode(mode).exact().all()).toEqual([
        ...db.prepare(LIST).mode(mode).exact().iterate(),
      ]);
    }
    db.close();
  },
);

test('an error after many rows leaves nothing behind', () => {
  const db = new Database(':memory:', { tier: 'compiled' });
  let limit = 300;
  db.function('f', (i) => {
    if (Number(i) > limit) throw new Error('enough');
    return i;
  });
  const statement = db.prepare(
    'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400) SELECT f(i) AS v FROM n',
  );
  expect(() => statement.all()).toThrow('enough');
  limit = 400;
  expect([...statement.iterate()]).toHaveLength(400);
  expect(statement.get()).toEqual({ v: 1 });
  expect(statement.all()).toHaveLength(400);
  db.close();
});
