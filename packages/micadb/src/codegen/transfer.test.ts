/** The transfer optimization: when it is used, and what it leaves, against the oracle. */
import Oracle from 'better-sqlite3';
import { expect, test } from 'vitest';
import Mica from '../api/better-sqlite3.ts';

/** Tables s and d with gaps in the rowids of s; `alike` are the columns of both. */
function pair(s: string, d = s, more = ''): string {
  return `CREATE TABLE s${s}; CREATE TABLE d${d}; ${more}`;
}

const ROWS = `INSERT INTO s VALUES(5, 6), (NULL, 'x'), ('7', 2.5), (x'01', NULL), (9, 9);
  DELETE FROM s WHERE rowid = 2;`;
const WHOLE = 'INSERT INTO s(a, b) VALUES(5, 6), (11, 12), (7, 2); DELETE FROM s WHERE a = 11;';
const COPY = 'INSERT INTO d SELECT * FROM s';

type Case = readonly [schema: string, rows: string, sql?: string];

const CASES: readonly Case[] = [
  [pair('(a, b)'), ROWS],
  [pair('(x, y)', '(a, b)'), ROWS],
  [pair('(a INT, b)', '(a INTEGER, b)'), ROWS],
  [pair('(a, b REAL)'), ROWS],
  [pair('(a INT, b)', '(a TEXT, b)'), ROWS],
  [pair('(a TEXT COLLATE nocase, b)', '(a TEXT, b)'), ROWS],
  [pair('(a INTEGER PRIMARY KEY, b)'), WHOLE],
  [pair('(a INTEGER PRIMARY KEY, b)'), `${WHOLE} INSERT INTO d VALUES(6, 1)`],
  [pair('(a INTEGER PRIMARY KEY, b)'), `${WHOLE} INSERT INTO d VALUES(7, 1)`],
  [
    pair('(a INTEGER PRIMARY KEY, b)'),
    `${WHOLE} INSERT INTO d VALUES(7, 1)`,
    `INSERT OR REPLACE INTO d SELECT * FROM s`,
  ],
  [pair('(a INTEGER PRIMARY KEY, b)'), WHOLE, `INSERT OR REPLACE INTO d SELECT * FROM s`],
  [
    pair('(a INTEGER PRIMARY KEY, b)'),
    `${WHOLE} INSERT INTO d VALUES(5, 1)`,
    `INSERT OR IGNORE INTO d SELECT * FROM s`,
  ],
  [
    pair('(a INTEGER PRIMARY KEY, b)', '(a INTEGER PRIMARY KEY ON CONFLICT REPLACE, b)'),
    `${WHOLE} INSERT INTO d VALUES(5, 1)`,
  ],
  [pair('(a INTEGER PRIMARY KEY, b)', '(a INT PRIMARY KEY, b)'), WHOLE],
  [pair('(a INTEGER PRIMARY KEY AUTOINCREMENT, b)'), WHOLE],
  [pair('(a INTEGER PRIMARY KEY, b)', '(a INTEGER PRIMARY KEY AUTOINCREMENT, b)'), WHOLE],
  [pair('(a, b)', '(a, b)', 'CREATE INDEX s1 ON s(b); CREATE INDEX d1 ON d(b)'), ROWS],
  [
    pair('(a, b)', '(a, b)', 'CREATE INDEX s1 ON s(b); CREATE INDEX d1 ON d(b)'),
    `${ROWS} INSERT INTO d VALUES(1, 1)`,
  ],
  [
    pair(
      '(a, b)',
      '(a, b)',
      'CREATE INDEX s1 ON s(a); CREATE INDEX s2 ON s(b); CREATE INDEX d1 ON d(b)',
    ),
    ROWS,
  ],
  [pair('(a, b)', '(a, b)', 'CREATE INDEX s1 ON s(a, b)'), ROWS],
  [pair('(a, b)', '(a, b)', 'CREATE INDEX d1 ON d(a, b)'), ROWS],
  [pair('(a, b)', '(a, b)', 'CREATE INDEX s1 ON s(a); CREATE INDEX d1 ON d(a DESC)'), ROWS],
  [
    pair(
      '(a, b)',
      '(a, b)',
      'CREATE INDEX s1 ON s(a) WHERE b > 1; CREATE INDEX d1 ON d(a) WHERE b > 1',
    ),
    ROWS,
  ],
  [
    pair(
      '(a, b)',
      '(a, b)',
      'CREATE INDEX s1 ON s(a) WHERE b > 1; CREATE INDEX d1 ON d(a) WHERE b > 2',
    ),
    ROWS,
  ],
  [pair('(a, b)', '(a, b)', 'CREATE INDEX s1 ON s(a + b); CREATE INDEX d1 ON d(a + b)'), ROWS],
  [pair('(a, b)', '(a, b)', 'CREATE UNIQUE INDEX s1 ON s(a); CREATE INDEX d1 ON d(a)'), ROWS],
  [pair('(a, b)', '(a, b)', 'CREATE INDEX s1 ON s(a); CREATE UNIQUE INDEX d1 ON d(a)'), ROWS],
  [pair('(a UNIQUE, b)'), ROWS],
  [pair('(a UNIQUE, b)'), `${ROWS} INSERT INTO d VALUES(9, 1)`],
  [pair('(a UNIQUE, b)'), ROWS, `INSERT OR IGNORE INTO d SELECT * FROM s`],
  [pair('(a UNIQUE ON CONFLICT REPLACE, b)', '(a UNIQUE, b)'), ROWS],
  [pair('(a INT PRIMARY KEY, b)'), WHOLE],
  [pair('(a INT PRIMARY KEY, b) WITHOUT ROWID'), WHOLE],
  [pair('(a INT PRIMARY KEY, b UNIQUE) WITHOUT ROWID'), `${WHOLE} INSERT INTO d VALUES(1, 99)`],
  [pair('(a INT PRIMARY KEY, b) WITHOUT ROWID', '(a INT, b)'), WHOLE],
  [pair('(a, b AS (a || 1))'), 'INSERT INTO s VALUES(1), (2); DELETE FROM s WHERE a = 1'],
  [pair('(a, b AS (a || 1) STORED)'), 'INSERT INTO s VALUES(1), (2)'],
  [pair('(a, b AS (a || 1) STORED)', '(a, b AS (a || 1))'), 'INSERT INTO s VALUES(1), (2)'],
  [pair('(a, b AS (a || 1))', '(a, b AS (a || 2))'), 'INSERT INTO s VALUES(1), (2)'],
  [pair('(a, b)', '(a, b DEFAULT 2)'), ROWS],
  [pair('(a, b)', '(a DEFAULT 2, b)'), ROWS],
  [pair('(a, b DEFAULT 1)', '(a, b DEFAULT (1))'), ROWS],
  [
    `CREATE TABLE s(a); INSERT INTO s VALUES(1), (2); ALTER TABLE s ADD COLUMN b DEFAULT 7;
    CREATE TABLE d(a, b DEFAULT 7)`,
    'INSERT INTO s VALUES(3, 4)',
  ],
  [pair('(a CHECK(a > 1), b)'), WHOLE],
  [pair('(a CHECK(a > 1), b)', '(a CHECK(A  >  1), b)'), WHOLE],
  [pair('(a, b)', '(a CHECK(a > 5), b)'), WHOLE],
  [pair('(a CHECK(a > 1), b)', '(a, b)'), WHOLE],
  [pair('(a, b)', '(a CHECK(a > 5), b)', 'PRAGMA ignore_check_constraints = 1'), WHOLE],
  [pair('(a NOT NULL, b)', '(a, b)'), WHOLE],
  [pair('(a, b)', '(a NOT NULL, b)'), ROWS],
  [pair('(a ANY, b ANY) STRICT', '(a ANY, b ANY)'), ROWS],
  [pair('(a ANY, b ANY)', '(a ANY, b ANY) STRICT'), ROWS],
  [pair('(a INT, b TEXT) STRICT'), WHOLE],
  [
    `CREATE TABLE p(k PRIMARY KEY); INSERT INTO p VALUES(6), (2), (12); ${pair('(a, b REFERENCES p)')}`,
    WHOLE,
  ],
  [pair('(a, b)', '(a, b)', 'CREATE TRIGGER x AFTER UPDATE ON d BEGIN SELECT 1; END'), ROWS],
  [pair('(a, b)', '(a, b)', 'CREATE TRIGGER x AFTER INSERT ON d BEGIN DELETE FROM s; END'), ROWS],
  [
    pair('(a, b)', '(a, b)', 'CREATE VIEW v AS SELECT * FROM s'),
    ROWS,
    'INSERT INTO d SELECT * FROM v',
  ],
  [
    'CREATE TABLE s(a, b); CREATE TEMP TABLE d(a, b); CREATE INDEX s1 ON s(a); CREATE INDEX temp.d1 ON d(a)',
    ROWS,
  ],
  [
    "CREATE TABLE s(a, b); ATTACH ':memory:' AS x; CREATE TABLE x.d(a, b); CREATE INDEX s1 ON s(a); CREATE INDEX x.d1 ON d(a)",
    ROWS,
  ],
  [pair('(a, b)'), ROWS, 'INSERT INTO d SELECT * FROM d'],
  [pair('(a, b)'), ROWS, 'INSERT INTO s SELECT * FROM s'],
  ...[
    'INSERT INTO d SELECT * FROM (s)',
    'INSERT INTO d SELECT * FROM s AS x',
    'INSERT INTO d SELECT x.* FROM s AS x',
    'INSERT INTO d SELECT * FROM main.s NOT INDEXED',
    'INSERT INTO d SELECT a, b FROM s',
    'INSERT INTO d(a, b) SELECT * FROM s',
    'INSERT INTO d SELECT * FROM s WHERE 1',
    'INSERT INTO d SELECT * FROM s LIMIT 2',
    'INSERT INTO d SELECT * FROM s ORDER BY a',
    'INSERT INTO d SELECT DISTINCT * FROM s',
    'INSERT INTO d SELECT * FROM s GROUP BY a',
    'INSERT INTO d SELECT * FROM s UNION ALL SELECT * FROM s',
    'INSERT INTO d SELECT * FROM s, (SELECT 1) AS one',
    'INSERT INTO d SELECT * FROM (SELECT * FROM s)',
    'WITH q AS (SELECT 1) INSERT INTO d SELECT * FROM s',
    'INSERT INTO d SELECT * FROM s RETURNING a',
    'INSERT INTO d SELECT * FROM s WHERE true ON CONFLICT DO NOTHING',
    'INSERT OR FAIL INTO d SELECT * FROM s',
    'INSERT OR ROLLBACK INTO d SELECT * FROM s',
    'INSERT INTO d SELECT * FROM none',
  ].map(
    (sql): Case => [
      pair('(a, b)', '(a, b)', 'CREATE INDEX s1 ON s(a); CREATE INDEX d1 ON d(a)'),
      ROWS,
      sql,
    ],
  ),
];

type Db = Oracle.Database;

function attempt(fn: () => unknown): unknown {
  try {
    return fn();
  } catch (e) {
    return String(e);
  }
}

/** All that can be seen: is the copy raw, what stands in the tables, the counters. */
function outcome(db: Db, [schema, rows, sql = COPY]: Case): unknown {
  db.exec(schema);
  db.exec(rows);
  const all = (text: string): unknown => attempt(() => db.prepare(text).raw().all());
  const seen: unknown[] = [];
  seen.push(
    attempt(() => {
      const opcodes = db
        .prepare(`EXPLAIN ${sql}`)
        .all()
        .map((r) => (r as { opcode: string }).opcode);
      return [opcodes.includes('RowCell'), opcodes.includes('InitCoroutine')];
    }),
  );
  const plan = attempt(() => db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all());
  seen.push(Array.isArray(plan) ? plan.map((r: { detail: string }) => r.detail) : plan);
  const statement = attempt(() => db.prepare(sql)) as Oracle.Statement;
  for (let i = 0; i < 2; i++) {
    seen.push(attempt(() => (statement.reader ? statement.all() : statement.run())));
    seen.push(all('SELECT rowid, a, b FROM d ORDER BY rowid'), all('SELECT a, b FROM d'));
    seen.push(all('SELECT typeof(a), typeof(b) FROM d NOT INDEXED'));
    seen.push(all('SELECT * FROM sqlite_sequence'), all('PRAGMA integrity_check'));
    if (i === 0) seen.push(attempt(() => db.exec('INSERT INTO s(a) VALUES(77)') === db));
  }
  return seen;
}

test.each(CASES.map((c) => [c.join(' | '), c] as const))('%s', (_, given) => {
  const oracle = new Oracle(':memory:');
  const mica = new Mica(':memory:');
  expect(outcome(mica as unknown as Db, given)).toEqual(outcome(oracle, given));
  oracle.close();
  mica.close();
});

test('in a trigger the statements after it run too', () => {
  // SQLite leaves the trigger after a copy into an empty table that has an index.
  const db = new Mica(':memory:');
  db.exec(`${pair('(a UNIQUE, b)')} CREATE TABLE log(x); INSERT INTO s VALUES(1, 2);
    CREATE TRIGGER t AFTER INSERT ON log BEGIN INSERT INTO d SELECT * FROM s; DELETE FROM s; END;
    INSERT INTO log VALUES(1)`);
  expect(
    db.prepare('SELECT (SELECT count(*) FROM d), (SELECT count(*) FROM s)').raw().get(),
  ).toEqual([1, 0]);
  db.close();
});
