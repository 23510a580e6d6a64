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

/** What each statement gives, one after the other. */
function script(setup: string, statements: readonly string[]): void {
  same((db) => {
    const thrower = (x: unknown) => {
      if (x === 3) throw null;
      return x;
    };
    db.function('f', thrower);
    db.function('g', { deterministic: true }, thrower);
    db.exec(setup);
    return statements.map((sql) => {
      try {
        const statement = db.prepare(sql);
        return statement.reader ? statement.raw().all() : statement.run().changes;
      } catch (e) {
        return e === null ? 'null' : `${(e as Error).name}: ${(e as Error).message}`;
      }
    });
  });
}

test('a function that throws null undoes its statement like any other', () => {
  script('CREATE TABLE t(a); CREATE TABLE u(a); INSERT INTO u VALUES (1), (2), (3)', [
    'INSERT INTO t SELECT f(a) FROM u',
    'UPDATE u SET a = f(a)',
    'DELETE FROM u WHERE f(a) = 1',
    'CREATE TABLE z AS SELECT f(a) AS x FROM u',
    'CREATE INDEX i ON u(a) WHERE g(a)',
    'BEGIN',
    'INSERT INTO t SELECT f(a) FROM u',
    'COMMIT',
    'SELECT (SELECT count(*) FROM t), (SELECT sum(a) FROM u), (SELECT count(*) FROM sqlite_schema)',
    'PRAGMA integrity_check',
  ]);
});

test.each(['1.5', '1e300', "x'414243'", "'a' || char(0) || 'b'", 'NULL', '7', "'plain'"])(
  'RAISE(ABORT, %s)',
  (message) => {
    script(
      `CREATE TABLE t(a); CREATE TRIGGER tr BEFORE INSERT ON t BEGIN SELECT RAISE(ABORT, ${message}); END`,
      ['INSERT INTO t VALUES (1)'],
    );
  },
);

test('foreign keys of a table without rowid to a unique column of its own', () => {
  const table = 'PRAGMA foreign_keys = ON; CREATE TABLE t(id INT PRIMARY KEY';
  script(`${table}, a UNIQUE REFERENCES t(a)) WITHOUT ROWID; INSERT INTO t VALUES (2, 0)`, [
    'REPLACE INTO t VALUES (2, 0)',
    'UPDATE OR REPLACE t SET a = a + 4',
    'SELECT * FROM t',
    'DELETE FROM t',
  ]);
  script(
    `${table}, a UNIQUE, p REFERENCES t(a)) WITHOUT ROWID; INSERT INTO t VALUES (2, 0, 0), (5, 1, 0)`,
    [
      'REPLACE INTO t VALUES (5, 7, 0)',
      'REPLACE INTO t VALUES (2, 8, 0)',
      'DELETE FROM t WHERE id = 2',
      'DELETE FROM t WHERE id = 5',
      'SELECT * FROM t',
    ],
  );
});

test('defer_foreign_keys = OFF forgets what was violated', () => {
  script(
    `PRAGMA foreign_keys = ON; CREATE TABLE p(id INTEGER PRIMARY KEY);
    CREATE TABLE c(a REFERENCES p DEFERRABLE INITIALLY DEFERRED, b REFERENCES p)`,
    [
      'BEGIN',
      'INSERT INTO c(a) VALUES (1)',
      'PRAGMA defer_foreign_keys = OFF',
      'COMMIT',
      'BEGIN',
      'PRAGMA defer_foreign_keys = ON',
      'INSERT INTO c(b) VALUES (9)',
      'PRAGMA defer_foreign_keys = OFF',
      'COMMIT',
      'SELECT * FROM c',
    ],
  );
});

test.each(['', ' DESC', ' NULLS LAST', ' DESC NULLS FIRST'])(
  'RANGE bounds add the offset where SQLite adds it: ORDER BY a%s',
  (direction) => {
    const values = ['0.1', '0.2', '0.3', '0.4', '0.5', '0.6', '0.7', '0.8', '3', 'NULL', "'t'"];
    const frames = [
      '0.1 PRECEDING AND CURRENT ROW',
      '0.3 PRECEDING AND 0.1 PRECEDING',
      'CURRENT ROW AND 0.2 FOLLOWING',
      '0.1 FOLLOWING AND UNBOUNDED FOLLOWING',
      'UNBOUNDED PRECEDING AND 1 PRECEDING',
    ];
    script(
      `CREATE TABLE t(a); INSERT INTO t VALUES ${values.map((v) => `(${v})`).join(', ')}, (-9223372036854775808)`,
      frames.map(
        (frame) =>
          `SELECT quote(a), count(*) OVER w, group_concat(quote(a)) OVER w FROM t WINDOW w AS (ORDER BY a${direction} RANGE BETWEEN ${frame})`,
      ),
    );
  },
);

test.each(['ROLLBACK', 'ROLLBACK TO s', 'INSERT OR ROLLBACK INTO u VALUES (1)', 'COMMIT'])(
  'a running statement opens no tables of a schema that is gone: %s',
  (end) => {
    same((db) => {
      db.unsafeMode(true);
      db.exec(`CREATE TABLE u(a UNIQUE); INSERT INTO u VALUES (1); BEGIN; SAVEPOINT s;
        CREATE TABLE z(q, r); INSERT INTO z VALUES (1, 2), (2, 3), (3, 4)`);
      const rows = db
        .prepare(
          `WITH c(v) AS (VALUES (1), (2), (3)) SELECT v, (SELECT group_concat(q || r) FROM z WHERE q >= v) FROM c`,
        )
        .raw()
        .iterate();
      const log: unknown[] = [];
      const add = (work: () => unknown): void => {
        try {
          log.push(work());
        } catch (e) {
          log.push((e as Error).message);
        }
      };
      add(() => rows.next());
      add(() => db.exec(end).name);
      add(() => db.exec('CREATE TABLE w(k, l); INSERT INTO w VALUES (5, 6), (7, 8)').name);
      add(() => rows.next());
      rows.return?.();
      add(() => db.pragma('integrity_check'));
      return log;
    });
  },
);

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
