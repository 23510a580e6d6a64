/**
 * Whatever sorts, groups or remembers rows, with memory for a few pages, a few rows and for none: the same rows in
 * the same order as SQLite gives them (wall 10: spilling never changes an answer or its order).
 */
import Oracle from 'better-sqlite3';
import { Database } from 'micadb';
import { afterAll, describe, expect, it } from 'vitest';

const setup = `
CREATE TABLE t(i INTEGER PRIMARY KEY, a INT, b TEXT, c REAL, d, e TEXT COLLATE NOCASE);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400)
  INSERT INTO t SELECT i, (i * 7919) % 41, CASE WHEN i % 13 = 0 THEN NULL ELSE 'text ' || (i * 31 % 113) END,
    (i * 17 % 29) / 4.0, CASE i % 6 WHEN 0 THEN NULL WHEN 1 THEN i % 20 WHEN 2 THEN i % 20 * 1.0
      WHEN 3 THEN 't' || i % 20 WHEN 4 THEN x'0061' ELSE i % 7 / 2.0 END,
    CASE i % 2 WHEN 0 THEN 'k' ELSE 'K' END || i % 9 FROM n;
CREATE TABLE u(x INT, y TEXT, z BLOB);
INSERT INTO u SELECT i % 60, b, zeroblob(i % 50 * 40) FROM t WHERE i % 3 = 0;
`;

const queries: Readonly<Record<string, readonly string[]>> = {
  'ORDER BY': [
    'SELECT b, c, i FROM t ORDER BY b, c DESC',
    'SELECT e, i FROM t ORDER BY e DESC, a',
    'SELECT d, i FROM t ORDER BY d NULLS LAST',
    'SELECT b, i FROM t ORDER BY c, b LIMIT 20 OFFSET 100',
    'SELECT length(z), y FROM u ORDER BY z, y',
  ],
  'GROUP BY': [
    'SELECT a, count(*), sum(c), min(b), max(c) FROM t GROUP BY a',
    'SELECT a, min(b), max(d) FROM t GROUP BY a',
    'SELECT d, typeof(d), count(*), total(a), i FROM t GROUP BY d',
    'SELECT b, c, count(d), avg(a), i FROM t GROUP BY b, c',
    'SELECT a, b, count(*) FROM t GROUP BY a, b ORDER BY a DESC, b DESC',
    'SELECT b, count(*) FROM t GROUP BY b HAVING count(*) > 7 ORDER BY 2, 1 LIMIT 9',
    'SELECT d, sum(a) FILTER (WHERE c > 2), i FROM t GROUP BY d, a LIMIT 30',
    'SELECT e, count(*), i FROM t GROUP BY e',
    'SELECT a, min(c), b FROM t GROUP BY a',
    'SELECT d, max(c), d FROM t GROUP BY d',
    'SELECT a, group_concat(b), count(DISTINCT b) FROM t GROUP BY a',
    'SELECT a, count(DISTINCT b), sum(DISTINCT c), count(DISTINCT d) FROM t GROUP BY a',
    'SELECT b, count(DISTINCT e), count(*), min(DISTINCT a) FROM t GROUP BY b',
    'SELECT d, count(DISTINCT i), count(DISTINCT a) FILTER (WHERE c > 1), i FROM t GROUP BY d, c',
    'SELECT x, (SELECT count(DISTINCT b) FROM t WHERE a < x GROUP BY e LIMIT 1) FROM u',
    'SELECT a % 5, b IS NULL, count(*), sum(a + c) FROM t GROUP BY 1, 2',
    'SELECT x, (SELECT count(*) FROM (SELECT a FROM t WHERE a < x GROUP BY a)) FROM u',
    'SELECT sum(n) FROM (SELECT count(*) AS n FROM t GROUP BY b, d)',
    'SELECT z, count(*) FROM u GROUP BY z',
  ],
  'GROUP BY in another order': [
    'SELECT b, count(*) FROM t GROUP BY b ORDER BY 2 DESC',
    'SELECT b, count(*) FROM t GROUP BY b ORDER BY 2 DESC LIMIT 10 OFFSET 5',
    'SELECT d, count(*), i FROM t GROUP BY d ORDER BY count(*)',
    'SELECT d, a, count(*) FROM t GROUP BY d, a ORDER BY count(*), typeof(d) DESC',
    'SELECT a, b, sum(c) FROM t GROUP BY a, b ORDER BY a % 3, b DESC LIMIT 50',
    'SELECT a, b, sum(c) FROM t GROUP BY a, b ORDER BY b DESC, a % 3',
    'SELECT CASE WHEN a > 20 THEN b ELSE d END AS s, c, count(*) FROM t GROUP BY s, c ORDER BY 3 DESC, 2 LIMIT 40',
    "SELECT b || a AS s, total(c) FROM t GROUP BY s HAVING s > 'text 5' ORDER BY 2",
    'SELECT a % 7 AS s, count(*) FROM t GROUP BY s HAVING s ORDER BY count(*) % 2',
    'SELECT upper(b) AS s, length(upper(b)) FROM t GROUP BY upper(b) ORDER BY length(upper(b)), s COLLATE NOCASE DESC',
    'SELECT a + 0 AS k, (SELECT max(x) FROM u), max(i) FROM t GROUP BY k ORDER BY max(i) % 5, -k % 3',
    'SELECT a % 9 AS k, count(*) FROM t GROUP BY k ORDER BY abs(a % 9 - 4)',
    'SELECT DISTINCT count(*), a % 2 FROM t GROUP BY b ORDER BY 1 DESC',
    'SELECT d, e, count(*) FROM t GROUP BY d, e ORDER BY 3, d NULLS LAST',
    'SELECT a, count(*), b FROM t GROUP BY a ORDER BY b, min(c)',
    'SELECT x, (SELECT group_concat(n) FROM (SELECT count(*) AS n FROM t WHERE a < x GROUP BY b ORDER BY n DESC, b)) FROM u',
  ],
  'DISTINCT and sets': [
    'SELECT DISTINCT b, a % 3 FROM t',
    'SELECT DISTINCT d FROM t ORDER BY d',
    'SELECT count(DISTINCT b), count(DISTINCT d), sum(DISTINCT c) FROM t',
    'SELECT b FROM t UNION SELECT y FROM u',
    'SELECT a, b FROM t EXCEPT SELECT x, y FROM u',
    'SELECT b FROM t INTERSECT SELECT y FROM u ORDER BY 1 DESC',
    'SELECT i FROM t WHERE b IN (SELECT y FROM u WHERE x < 30) AND a NOT IN (SELECT x FROM u)',
  ],
  'joins and subqueries': [
    'SELECT t.i, u.x FROM t JOIN u ON t.b = u.y',
    'SELECT t.i, u.x, u.y FROM t LEFT JOIN u ON t.c = u.x AND t.a > 20',
    'SELECT p.a, q.n FROM t AS p JOIN (SELECT b, count(*) AS n FROM t GROUP BY b) AS q ON q.b = p.b',
    'SELECT t.a, u.y FROM t FULL JOIN u ON t.b = u.y ORDER BY t.i, u.rowid',
    'WITH v AS MATERIALIZED (SELECT * FROM u) SELECT v.x, w.y FROM v, v AS w WHERE v.x = w.x AND v.y <= w.y',
  ],
  'windows and recursion': [
    'SELECT i, sum(a) OVER (PARTITION BY b ORDER BY c, i ROWS 2 PRECEDING) FROM t',
    'SELECT i, row_number() OVER (ORDER BY d, i), lag(b, 2) OVER (ORDER BY a, i) FROM t',
    `WITH RECURSIVE r(x, n) AS (SELECT a, 0 FROM t WHERE i < 9 UNION SELECT (x * 3 + n) % 200, n + 1 FROM r
      WHERE n < 200 ORDER BY 1 DESC) SELECT * FROM r`,
    "SELECT a, group_concat(b, ',' ORDER BY c DESC, i) FROM t GROUP BY a",
  ],
};

const oracle = new Oracle(':memory:');
oracle.exec(setup);
afterAll(() => oracle.close());

/** Blobs as text: a Buffer is not a Uint8Array to the comparison. */
function plain(rows: readonly unknown[]): unknown[][] {
  const value = (v: unknown): unknown =>
    v instanceof Uint8Array ? `x'${Buffer.from(v).toString('hex')}'` : v;
  return rows.map((row) => (row as unknown[]).map(value));
}

/** A database whose operators have so many bytes. */
function poor(budget: number): Database {
  const db = new Database(':memory:');
  db.exec(setup);
  const { connection } = db as unknown as {
    connection: { sorterBudget: number; ephemeralBudget: number };
  };
  expect(connection.sorterBudget).toBeGreaterThan(budget);
  connection.sorterBudget = budget;
  connection.ephemeralBudget = budget;
  return db;
}

describe.each([1, 700, 3 * 4096])('operators with %i bytes', (budget) => {
  const db = poor(budget);
  afterAll(() => db.close());

  for (const [group, list] of Object.entries(queries)) {
    it.each(list)(`${group}: %s`, (sql) => {
      const expected = plain(oracle.prepare(sql).raw().all());
      expect(expected.length).toBeGreaterThan(0);
      const statement = db.prepare(sql).mode('raw');
      // The second run may be another tier, and meets what the first has left.
      for (let run = 0; run < 2; run++) expect(plain(statement.all())).toEqual(expected);
    });
  }
});
