/** The workloads of each group (whole suites, scale and starting stand apart). */
import { checksum } from './checksum.ts';
import { empty, shop } from './data.ts';
import { random } from './random.ts';
import type { Group, PeerDatabase, PeerStatement, Value, Workload } from './types.ts';

export const ROWS = 100_000;
const data = shop(ROWS);

type Options = Partial<Pick<Workload, 'quick' | 'settings'>>;

/** A query whose whole result is fetched. */
function query(
  group: Group,
  name: string,
  goal: number,
  sql: string,
  options: Options = {},
): Workload {
  return {
    group,
    name,
    goal,
    data,
    ...options,
    prepare(db) {
      const s = db.prepare(sql);
      return { operations: 1, run: () => checksum(s.all()) };
    },
  };
}

/** Many small calls: `one` is done `operations` times with parameters that are made beforehand. */
function calls(
  name: string,
  sql: string,
  parameters: (next: () => number) => Value[],
  one: (s: PeerStatement, p: Value[]) => unknown,
  options: Options & { operations?: number } = {},
): Workload {
  const { operations = 1000, ...rest } = options;
  return {
    group: 'reading rows',
    name,
    goal: 3,
    data,
    ...rest,
    prepare(db) {
      const s = db.prepare(sql);
      const next = random(7);
      const lists = Array.from({ length: operations }, () => parameters(next));
      return {
        operations,
        run() {
          let seen = 0;
          for (const p of lists) if (one(s, p) !== undefined) seen++;
          return seen;
        },
      };
    },
  };
}

const someId = (next: () => number): Value[] => [1 + Math.floor(next() * ROWS)];

const reading: Workload[] = [
  calls('get by rowid', 'SELECT * FROM users WHERE id = ?', someId, (s, p) => s.get(...p), {
    quick: true,
  }),
  {
    ...calls(
      'get by unique text',
      'SELECT * FROM users WHERE email = ?',
      () => [],
      () => 0,
    ),
    prepare(db) {
      const emails = db
        .prepare(`SELECT email FROM users WHERE id % ${ROWS / 1000} = 3 ORDER BY age, id`)
        .all()
        .map((r) => (r as { email: string }).email);
      const s = db.prepare('SELECT * FROM users WHERE email = ?');
      return {
        operations: emails.length,
        run() {
          let seen = 0;
          for (const email of emails) if (s.get(email) !== undefined) seen++;
          return seen;
        },
      };
    },
  },
  calls(
    'get by composite index',
    'SELECT id FROM users WHERE age = ? AND name >= ? ORDER BY name LIMIT 1',
    (next) => [Math.floor(next() * 90), 'mi'],
    (s, p) => s.get(...p),
  ),
  calls('pluck', 'SELECT name FROM users WHERE id = ?', someId, (s, p) => s.pluck(...p)),
  calls(
    'range of 100 rows',
    `SELECT * FROM users WHERE id >= ? LIMIT 100`,
    someId,
    (s, p) => s.all(...p),
    { operations: 100 },
  ),
  query('reading rows', 'all rows as objects', 3, 'SELECT * FROM users'),
  {
    ...query('reading rows', 'all rows as arrays', 3, 'SELECT * FROM users'),
    prepare(db) {
      const s = db.prepare('SELECT * FROM users');
      return { operations: 1, run: () => checksum(s.raw === null ? s.all() : s.raw()) };
    },
  },
  {
    ...query('reading rows', 'iterate', 3, ''),
    prepare(db) {
      const s = db.prepare('SELECT * FROM users');
      return {
        operations: 1,
        run() {
          let n = 0;
          s.iterate(() => n++);
          return n;
        },
      };
    },
  },
  query('reading rows', '20 columns', 3, 'SELECT * FROM wide'),
  query('reading rows', 'large text and blobs', 3, 'SELECT * FROM docs'),
];

const scanning: Workload[] = [
  query(
    'scanning',
    'sum with a numeric filter',
    1.5,
    'SELECT count(*), sum(score) FROM users NOT INDEXED WHERE age >= 18 AND age < 65',
    { quick: true },
  ),
  query('scanning', 'LIKE', 1.5, "SELECT count(*) FROM users WHERE email LIKE '%99@%'"),
  query(
    'scanning',
    'text equality',
    1.5,
    "SELECT count(*) FROM users NOT INDEXED WHERE name = 'kalomi'",
  ),
  query(
    'scanning',
    'IN list',
    1.5,
    'SELECT count(*) FROM users NOT INDEXED WHERE age IN (3, 17, 45, 66, 71)',
  ),
  query(
    'scanning',
    'BETWEEN',
    1.5,
    'SELECT count(*) FROM users NOT INDEXED WHERE age BETWEEN 20 AND 40',
  ),
  query(
    'scanning',
    'expressions',
    1.5,
    'SELECT sum(score * 2.0 + age - 1.5), sum(CASE WHEN age < 30 THEN score WHEN age < 60 THEN score * 2 ELSE 0.0 END) FROM users',
  ),
  query(
    'scanning',
    'json_extract',
    1.5,
    "SELECT count(*) FROM notes WHERE json_extract(doc, '$.rank') > 50",
  ),
  query(
    'scanning',
    'substr, upper, printf',
    1.5,
    "SELECT count(*), max(upper(name)), max(printf('%05d-%s', age, name)) FROM users NOT INDEXED WHERE substr(name, 2, 1) = 'a'",
  ),
];

const grouping: Workload[] = [
  query(
    'grouping, sorting',
    'GROUP BY integer',
    2,
    'SELECT age, count(*), sum(score) FROM users NOT INDEXED GROUP BY age',
    { quick: true },
  ),
  query(
    'grouping, sorting',
    'GROUP BY text',
    2,
    'SELECT state, count(*), avg(total) FROM orders GROUP BY state',
  ),
  query(
    'grouping, sorting',
    'GROUP BY two columns',
    2,
    'SELECT state, day, count(*), max(total) FROM orders GROUP BY state, day',
  ),
  query(
    'grouping, sorting',
    'DISTINCT',
    2,
    'SELECT count(*) FROM (SELECT DISTINCT state, day FROM orders)',
  ),
  query(
    'grouping, sorting',
    'ORDER BY LIMIT',
    2,
    'SELECT id, total FROM orders ORDER BY total DESC LIMIT 10',
  ),
  query(
    'grouping, sorting',
    'ORDER BY text',
    2,
    'SELECT id, name FROM users NOT INDEXED ORDER BY name',
  ),
  query(
    'grouping, sorting',
    'window functions',
    2,
    'SELECT max(rn), max(run) FROM (SELECT row_number() OVER w AS rn, sum(total) OVER w AS run FROM orders WINDOW w AS (PARTITION BY day ORDER BY total))',
  ),
  query(
    'grouping, sorting',
    'UNION',
    2,
    'SELECT count(*) FROM (SELECT age FROM users UNION SELECT day FROM orders)',
  ),
  query(
    'grouping, sorting',
    'count(DISTINCT)',
    2,
    'SELECT count(DISTINCT name) FROM users NOT INDEXED',
  ),
];

const joining: Workload[] = [
  query(
    'joining',
    'foreign key through an index',
    1.5,
    'SELECT sum(o.total) FROM users u JOIN orders o ON o.user = u.id WHERE u.age < 30',
    { quick: true },
  ),
  query(
    'joining',
    'without an index',
    1.5,
    'SELECT count(*) FROM users a JOIN orders b ON b.day = a.age * 4 WHERE a.id <= 500',
  ),
  query(
    'joining',
    'three tables',
    1.5,
    'SELECT r.name, count(*), sum(o.total) FROM regions r JOIN users u ON u.age = r.id JOIN orders o ON o.user = u.id GROUP BY r.name',
  ),
  query(
    'joining',
    'LEFT JOIN',
    1.5,
    'SELECT count(o.id), count(*) FROM users u LEFT JOIN orders o ON o.user = u.id',
  ),
  query(
    'joining',
    'correlated EXISTS',
    1.5,
    "SELECT count(*) FROM users u WHERE EXISTS (SELECT 1 FROM orders o WHERE o.user = u.id AND o.state = 'paid')",
  ),
  query(
    'joining',
    'recursive CTE',
    1.5,
    'WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 100000) SELECT sum(i) FROM c',
  ),
];

/** A writing workload: `work` runs on a table that `start` makes anew each time. */
function writing(
  name: string,
  operations: number,
  start: (db: PeerDatabase) => void,
  work: (db: PeerDatabase) => void,
  options: Options = {},
): Workload {
  return {
    group: 'writing',
    name,
    goal: 1.2,
    data: empty,
    ...options,
    prepare(db) {
      start(db);
      return {
        operations,
        run() {
          work(db);
          return 'done';
        },
        reset() {
          db.exec('DROP TABLE w');
          start(db);
        },
      };
    },
  };
}

const table = 'CREATE TABLE w(id INTEGER PRIMARY KEY, a INT, b TEXT, c REAL)';
const COUNT = 100_000;

function fill(db: PeerDatabase, n: number): void {
  const s = db.prepare('INSERT INTO w VALUES (?, ?, ?, ?)');
  const next = random(3);
  db.exec('BEGIN');
  for (let i = 1; i <= n; i++)
    s.run(BigInt(i), BigInt(Math.floor(next() * 1e6)), `text of row ${i}`, next());
  db.exec('COMMIT');
  s.finalize();
}

function insertWork(db: PeerDatabase): void {
  fill(db, COUNT);
}

/** Runs `sql` once for each of `n` rows, in one transaction. */
function each(sql: string, n: number, parameters: (i: number, next: () => number) => Value[]) {
  return (db: PeerDatabase): void => {
    const s = db.prepare(sql);
    const next = random(11);
    db.exec('BEGIN');
    for (let i = 1; i <= n; i++) s.run(...parameters(i, next));
    db.exec('COMMIT');
    s.finalize();
  };
}

const filled = (indexes: readonly string[]) => (db: PeerDatabase) => {
  db.exec(table);
  fill(db, COUNT);
  for (const i of indexes) db.exec(`CREATE INDEX w_${i} ON w(${i})`);
};
const made = (indexes: readonly string[]) => (db: PeerDatabase) => {
  db.exec(table);
  for (const i of indexes) db.exec(`CREATE INDEX w_${i} ON w(${i})`);
};
const bigId = (next: () => number) => BigInt(1 + Math.floor(next() * COUNT));

const changing: Workload[] = [
  writing('100k inserts', COUNT, made([]), insertWork, { quick: true }),
  writing('100k inserts, 1 index', COUNT, made(['a']), insertWork),
  writing('100k inserts, 3 indexes', COUNT, made(['a', 'b', 'c']), insertWork),
  writing('insert returning', 20_000, made([]), (db) => {
    const s = db.prepare('INSERT INTO w(a, b) VALUES (?, ?) RETURNING id, a');
    db.exec('BEGIN');
    for (let i = 0; i < 20_000; i++) s.get(BigInt(i), 'row');
    db.exec('COMMIT');
    s.finalize();
  }),
  writing(
    'upsert',
    20_000,
    filled([]),
    each(
      'INSERT INTO w VALUES (?, ?, ?, 0) ON CONFLICT(id) DO UPDATE SET a = excluded.a',
      20_000,
      (i, next) => [bigId(next), BigInt(i), 'new'],
    ),
  ),
  writing(
    'update by key',
    20_000,
    filled([]),
    each('UPDATE w SET c = ? WHERE id = ?', 20_000, (i, next) => [i / 3, bigId(next)]),
  ),
  writing(
    'update of an indexed column',
    20_000,
    filled(['a']),
    each('UPDATE w SET a = ? WHERE id = ?', 20_000, (_, next) => [
      BigInt(Math.floor(next() * 1e6)),
      bigId(next),
    ]),
  ),
  writing(
    'delete by key',
    20_000,
    filled(['a']),
    each('DELETE FROM w WHERE id = ?', 20_000, (_, next) => [bigId(next)]),
  ),
  writing('delete by range', 50_000, filled(['a']), (db) =>
    db.exec('DELETE FROM w WHERE id BETWEEN 20000 AND 70000'),
  ),
  writing('CREATE INDEX', COUNT, filled([]), (db) => db.exec('CREATE INDEX w_b ON w(b)')),
  ...(['normal', 'full'] as const).map((synchronous) =>
    writing(
      `autocommit, WAL ${synchronous.toUpperCase()}`,
      synchronous === 'full' ? 100 : 1000,
      made([]),
      (db) => {
        const s = db.prepare('INSERT INTO w(a, b, c) VALUES (?, ?, ?)');
        for (let i = 0; i < (synchronous === 'full' ? 100 : 1000); i++)
          s.run(BigInt(i), 'a row of its own', 1.5);
        s.finalize();
      },
      { settings: { synchronous } },
    ),
  ),
  writing(
    'text and blobs of 1 to 100 KB',
    200,
    (db) => db.exec('CREATE TABLE w(id INTEGER PRIMARY KEY, t TEXT, x BLOB)'),
    (db) => {
      const s = db.prepare('INSERT INTO w(t, x) VALUES (?, ?)');
      db.exec('BEGIN');
      for (let i = 0; i < 200; i++) {
        const size = 1000 + ((i * 7919) % 99_000);
        s.run('t'.repeat(size), new Uint8Array(size).fill(i));
      }
      db.exec('COMMIT');
      s.finalize();
    },
  ),
];

/** better-sqlite3's own five trials, under their names. */
const trials: Workload[] = [
  calls(
    'trial: reading rows individually (get)',
    'SELECT * FROM users WHERE rowid = ?',
    someId,
    (s, p) => s.get(...p),
  ),
  calls(
    'trial: reading 100 rows into an array (all)',
    'SELECT * FROM users WHERE rowid >= ? LIMIT 100',
    someId,
    (s, p) => s.all(...p),
    { operations: 100 },
  ),
  calls(
    'trial: iterating over 100 rows (iterate)',
    'SELECT * FROM users WHERE rowid >= ? LIMIT 100',
    someId,
    (s, p) => {
      let n = 0;
      s.iterate(() => n++, ...p);
      return n;
    },
    { operations: 100 },
  ),
  writing('trial: inserting rows individually (insert)', 1000, made([]), (db) => {
    const s = db.prepare('INSERT INTO w(a, b, c) VALUES (?, ?, ?)');
    for (let i = 0; i < 1000; i++) s.run(BigInt(i), 'inserted', 0.5);
    s.finalize();
  }),
  writing('trial: inserting 100 rows in a transaction', 10_000, made([]), (db) => {
    const s = db.prepare('INSERT INTO w(a, b, c) VALUES (?, ?, ?)');
    for (let t = 0; t < 100; t++) {
      db.exec('BEGIN');
      for (let i = 0; i < 100; i++) s.run(BigInt(i), 'inserted', 0.5);
      db.exec('COMMIT');
    }
    s.finalize();
  }),
];

export const workloads: readonly Workload[] = [
  ...reading,
  ...scanning,
  ...grouping,
  ...joining,
  ...changing,
  ...trials,
];
