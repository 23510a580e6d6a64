/** Calls and statements whose outcome must be the original's, thrown errors included. */
import Oracle from 'better-sqlite3';
import { expect, test } from 'vitest';
import Mica from './better-sqlite3.ts';
import { Database } from './index.ts';

type Face = typeof Oracle;
const faces = [Mica as unknown as Face, Oracle];

/** What the work gives, or the error that it throws, with either library. */
function same(work: (db: Oracle.Database, face: Face) => unknown): void {
  const [mica, original] = faces.map((face) => {
    const db = new face(':memory:');
    try {
      let calls = 0;
      db.function('nd', { deterministic: false }, () => ++calls);
      db.exec('CREATE TABLE t(a INT); INSERT INTO t VALUES(1),(2),(3),(4),(5),(6),(7),(8)');
      return work(db, face);
    } catch (e) {
      return `${(e as Error).name}: ${(e as Error).message}`;
    } finally {
      db.close();
    }
  });
  expect(mica).toEqual(original);
}

test.each([
  'SELECT count(*) FROM (SELECT row_number() OVER (ORDER BY random()) FROM t)',
  'SELECT ntile(2) OVER (PARTITION BY random() % 1 ORDER BY a) FROM t',
  'SELECT max(nd()) OVER (ORDER BY a) FROM t',
  'SELECT lag(nd()) OVER (ORDER BY a) FROM t',
  'SELECT a, nd() r FROM t UNION SELECT a, nd() FROM t ORDER BY nd()',
  'SELECT nd() FROM t ORDER BY nd() DESC',
  'SELECT nd() % 2, sum(a) FROM t GROUP BY nd() % 2',
  'SELECT DISTINCT nd() % 3 FROM t ORDER BY nd() % 3',
  'SELECT sum(nd()), sum(nd()) FROM t',
  'SELECT nd(), nd() FROM t WHERE nd() = nd()',
  'SELECT count(*) FROM t GROUP BY nd() HAVING nd() > 3',
  'SELECT * FROM (SELECT nd() x FROM t) WHERE x > 2 AND x < 5',
  'SELECT * FROM t, t',
  'SELECT t.* FROM t, t',
  'SELECT * FROM t x, t x',
  'SELECT * FROM t JOIN t USING (a)',
  'SELECT * FROM t NATURAL JOIN t',
  'SELECT * FROM (SELECT 1 x) s, (SELECT 2 x) s',
  'WITH s AS (SELECT 1 y) SELECT * FROM s, s',
])('%s', (sql) => {
  same((db) => db.prepare(sql).raw().all());
});

test('columns of scalar subqueries have the origin of the last arm', () => {
  same((db) =>
    db
      .prepare(
        'SELECT (SELECT a FROM t), (SELECT a FROM t UNION SELECT 1), (SELECT 1 UNION SELECT a FROM t)',
      )
      .columns(),
  );
});

test('a blob has memory of its own', () => {
  same((db) => {
    const { b } = db.prepare("SELECT x'0102030405' AS b").get() as { b: Buffer };
    return [b.buffer.byteLength, b.byteOffset, Buffer.isBuffer(b), [...b]];
  });
});

test('arguments of aggregates are counted as the original counts them', () => {
  const withLength = (length: unknown) =>
    Object.defineProperty(() => 1, 'length', { value: length });
  for (const options of [
    { step: withLength(101) },
    { step: withLength(102) },
    { varargs: true, step: withLength(1.5) },
    { step: withLength(-1) },
    { step: withLength(2), inverse: withLength(-1) },
  ]) {
    same((db) => {
      db.aggregate('g', options as unknown as Oracle.AggregateOptions);
      return 'taken';
    });
  }
});

test('a view of a buffer that was transferred is empty', () => {
  same((db) => {
    const view = new Uint8Array(8);
    structuredClone(view.buffer, { transfer: [view.buffer] });
    return db.prepare('SELECT length(?), typeof(?)').raw().get(view, view);
  });
});

test('reserved names stay reserved in defensive mode', () => {
  same((db) => {
    db.unsafeMode();
    db.pragma('writable_schema = 1');
    db.unsafeMode(false);
    return db.exec('CREATE TABLE sqlite_x(a)').name;
  });
});

test('the log has REALs with 15 digits, texts up to a NUL', () => {
  const values = [0.1 + 0.2, 1e15, 1 / 3, 2 ** 53, 5, -0, 1e-5, 0.00012345, -2.5, Infinity];
  const logs = faces.map((face) => {
    const lines: unknown[] = [];
    const db = new face(':memory:', { verbose: (line) => lines.push(line) });
    const statement = db.prepare('SELECT ?');
    for (const v of [...values, 'a\0b', "it's", 7n]) statement.get(v);
    db.close();
    return lines;
  });
  expect(logs[0]).toEqual(logs[1]);
  expect(logs[0]).toHaveLength(13);
});

test('a function cannot move the iterator that calls it', () => {
  const db = new Database(':memory:');
  db.exec('CREATE TABLE t(a); INSERT INTO t VALUES (1), (2), (3)');
  let inner: Iterator<unknown> | null = null;
  db.function('f', (x) => {
    if (x === 2) inner?.next();
    return x;
  });
  const statement = db.prepare('SELECT f(a) AS v FROM t');
  const rows = statement.iterate();
  inner = rows;
  const seen: unknown[] = [];
  expect(() => {
    for (const row of rows) seen.push(row);
  }).toThrow('This statement is busy executing a query');
  expect(seen).toEqual([{ v: 1 }]);
  inner = null;
  expect(statement.all()).toHaveLength(3);
  db.close();
});
