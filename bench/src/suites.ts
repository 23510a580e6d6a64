/** Group 'whole suites': TPC-H, a wide table, a pass over the engine's features, an application's day. */
import { fingerprint } from './checksum.ts';
import { empty, shop } from './data.ts';
import { random } from './random.ts';
import { tpch } from './tpch/data.ts';
import { queries } from './tpch/queries.ts';
import type { DataSet, PeerDatabase, Value, Workload } from './types.ts';
import { questions, visits } from './wide.ts';

/** TPC-H's scale factor. */
export const SCALE = 0.05;

function question(
  suite: string,
  name: string,
  data: DataSet,
  sql: string,
  quick: boolean,
): Workload {
  return {
    group: 'whole suites',
    suite,
    name: `${suite}: ${name}`,
    goal: 1,
    data,
    quick,
    prepare(db) {
      const s = db.prepare(sql);
      return { operations: 1, run: () => fingerprint(s.all()), finish: () => s.finalize() };
    },
  };
}

/** Runs `sql` for each list of parameters in one transaction; the number of rows read. */
function repeated(db: PeerDatabase, sql: string, lists: readonly Value[][]): number {
  const s = db.prepare(sql);
  const reads = sql.startsWith('SELECT');
  let rows = 0;
  db.exec('BEGIN');
  for (const p of lists) {
    if (reads) rows += s.all(...p).length;
    else s.run(...p);
  }
  db.exec('COMMIT');
  s.finalize();
  return rows;
}

const lists = (n: number, of: (i: number, next: () => number) => Value[]): Value[][] => {
  const next = random(n);
  return Array.from({ length: n }, (_, i) => of(i + 1, next));
};
const whole = (n: number) => BigInt(Math.floor(n));
const N = 10_000;
const NAMES = 'one two three four five six seven eight nine ten'.split(' ');
const spelled = (n: number) => [...String(Math.floor(n))].map((d) => NAMES[Number(d)]).join(' ');

/** The steps that SQLite's own speedtest1 made usual: each once, one after the other, on 10,000 rows. */
const steps: readonly (readonly [string, Value[][]])[] = [
  [
    'INSERT INTO a VALUES (?, ?, ?)',
    lists(N, (i, next) => [whole(i), whole(next() * N), spelled(i)]),
  ],
  [
    'INSERT INTO b VALUES (?, ?, ?)',
    lists(N, (i, next) => [whole(i), whole(next() * N), spelled(i)]),
  ],
  [
    'INSERT OR REPLACE INTO c VALUES (?, ?, ?)',
    lists(N, (_, next) => [whole(next() * N), whole(next() * N), spelled(next() * N)]),
  ],
  [
    'SELECT count(*), avg(y), sum(length(z)) FROM a WHERE y BETWEEN ? AND ?',
    lists(10, (i) => [whole(i * 100), whole(i * 100 + 5000)]),
  ],
  [
    'SELECT count(*), avg(y), sum(length(z)) FROM a WHERE z LIKE ?',
    lists(10, (i) => [`%${NAMES[i % 10]} two%`]),
  ],
  [
    'SELECT x, y, z FROM a WHERE z LIKE ? ORDER BY y, x LIMIT 10',
    lists(10, (i) => [`%${NAMES[i % 10]}%`]),
  ],
  ['CREATE UNIQUE INDEX a_x ON a(x)', [[]]],
  ['CREATE INDEX a_y ON a(y)', [[]]],
  ['CREATE INDEX b_yz ON b(y, z)', [[]]],
  [
    'SELECT count(*), avg(y), sum(length(z)) FROM a WHERE y BETWEEN ? AND ?',
    lists(500, (i) => [whole(i * 10), whole(i * 10 + 50)]),
  ],
  [
    'SELECT * FROM c WHERE x BETWEEN ? AND ?',
    lists(500, (i) => [whole(i * 10), whole(i * 10 + 50)]),
  ],
  ['SELECT z FROM b WHERE y = ?', lists(2000, (_, next) => [whole(next() * N)])],
  [
    'SELECT a.z, b.z, c.z FROM a, b, c WHERE c.x = a.y AND b.x = c.y AND a.x BETWEEN ? AND ?',
    lists(100, (i) => [whole(i * 50), whole(i * 50 + 100)]),
  ],
  [
    'SELECT count(*), max(s) FROM (SELECT y % 100 AS k, sum(x) AS s FROM b GROUP BY k HAVING s > ?)',
    lists(5, (i) => [whole(i)]),
  ],
  [
    'SELECT x, (SELECT count(*) FROM b WHERE b.y = a.y) FROM a WHERE x < ? AND EXISTS (SELECT 1 FROM c WHERE c.x = a.y)',
    lists(5, () => [1000n]),
  ],
  [
    'UPDATE a SET y = y + 1 WHERE y BETWEEN ? AND ?',
    lists(100, (i) => [whole(i * 50), whole(i * 50 + 20)]),
  ],
  ['UPDATE b SET z = ? WHERE x = ?', lists(2000, (i, next) => [spelled(i), whole(next() * N)])],
  ['UPDATE c SET y = y + x', [[]]],
  ['INSERT INTO d SELECT y, z, x FROM a ORDER BY z', [[]]],
  ['DELETE FROM a WHERE y BETWEEN ? AND ?', lists(100, (i) => [whole(i * 70), whole(i * 70 + 10)])],
  ['DELETE FROM b WHERE x = ?', lists(2000, (_, next) => [whole(next() * N)])],
  ["DELETE FROM d WHERE v LIKE '%seven%'", [[]]],
  ['SELECT count(*), sum(a.y) FROM a JOIN b USING (x)', [[]]],
  ['DROP TABLE d', [[]]],
];

const TABLES = 'a b c d'.split(' ');

const features: Workload = {
  group: 'whole suites',
  name: 'a pass over all features',
  goal: 1,
  data: empty,
  prepare(db) {
    const start = () =>
      db.exec(`CREATE TABLE a(x INT, y INT, z TEXT); CREATE TABLE b(x INTEGER PRIMARY KEY, y INT, z TEXT);
        CREATE TABLE c(x INTEGER PRIMARY KEY, y INT, z TEXT); CREATE TABLE d(u INT, v TEXT, w INT);`);
    start();
    return {
      operations: 1,
      run: () => steps.map(([sql, parameters]) => repeated(db, sql, parameters)).join(' '),
      reset() {
        for (const t of TABLES) db.exec(`DROP TABLE IF EXISTS ${t}`);
        start();
      },
    };
  },
};

const USERS = 20_000;
const REQUESTS = 2000;

/** An application's day: seven requests in ten read, three write, each write durable as WAL NORMAL has it. */
const application: Workload = {
  group: 'whole suites',
  name: 'an application, reads and writes',
  goal: 1,
  data: shop(USERS),
  quick: true,
  prepare(db) {
    const user = db.prepare('SELECT * FROM users WHERE id = ?');
    const login = db.prepare('SELECT id, name FROM users WHERE email = ?');
    const basket = db.prepare(
      'SELECT o.id, o.total, o.state, u.name FROM orders o JOIN users u ON u.id = o.user WHERE o.user = ? ORDER BY o.day DESC, o.id LIMIT 20',
    );
    const peers = db.prepare(
      'SELECT id, name FROM users WHERE age = ? AND name > ? ORDER BY name, id LIMIT 25',
    );
    const totals = db.prepare(
      'SELECT state, count(*), sum(total) FROM orders WHERE user BETWEEN ? AND ? GROUP BY state',
    );
    const order = db.prepare('INSERT INTO orders(user, total, state, day) VALUES (?, ?, ?, ?)');
    const pay = db.prepare("UPDATE orders SET state = 'paid' WHERE user = ? AND state = 'open'");
    const score = db.prepare('UPDATE users SET score = score + ? WHERE id = ?');
    const cancel = db.prepare("DELETE FROM orders WHERE user = ? AND state = 'lost'");
    const statements = [user, login, basket, peers, totals, order, pay, score, cancel];
    db.exec(`CREATE TABLE saved_orders AS SELECT * FROM orders;
      CREATE TABLE saved_users(id INTEGER PRIMARY KEY, score REAL);
      INSERT INTO saved_users SELECT id, score FROM users;`);
    const emails = db.prepare('SELECT email FROM users ORDER BY id').all() as { email: string }[];
    return {
      operations: REQUESTS,
      run() {
        const next = random(99);
        let seen = 0;
        for (let i = 0; i < REQUESTS; i++) {
          const kind = next();
          const id = whole(1 + next() * USERS);
          if (kind < 0.25) seen += user.get(id) === undefined ? 0 : 1;
          else if (kind < 0.35)
            seen += login.get(emails[Number(id) - 1]!.email) === undefined ? 0 : 1;
          else if (kind < 0.55) seen += basket.all(id).length;
          else if (kind < 0.65) seen += peers.all(id % 90n, 'mi').length;
          else if (kind < 0.7) seen += totals.all(id, id + 200n).length;
          else if (kind < 0.82) order.run(id, next() * 500, 'open', 17n);
          else if (kind < 0.88) pay.run(id);
          else if (kind < 0.97) {
            db.exec('BEGIN');
            order.run(id, next() * 500, 'sent', 18n);
            score.run(1.5, id);
            db.exec('COMMIT');
          } else cancel.run(id);
        }
        return seen;
      },
      reset() {
        db.exec(`BEGIN; DELETE FROM orders; INSERT INTO orders SELECT * FROM saved_orders;
          UPDATE users SET score = (SELECT score FROM saved_users s WHERE s.id = users.id); COMMIT`);
      },
      finish() {
        for (const s of statements) s.finalize();
      },
    };
  },
};

const tpchData = tpch(SCALE);

export const suites: readonly Workload[] = [
  ...queries(SCALE).map((sql, i) =>
    question('TPC-H', `Q${i + 1}`, tpchData, sql, i === 0 || i === 5),
  ),
  ...questions.map(([name, sql], i) => question('wide table', name, visits, sql, i === 7)),
  features,
  application,
];
