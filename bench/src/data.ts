/** The data sets: filled through better-sqlite3 once, then copied for each peer. */
import { random } from './random.ts';
import type { DataSet, PeerDatabase } from './types.ts';

const SYLLABLES = 'ka lo mi ren sta vu po xi ar ne bel dor fi gan hu ij'.split(' ');

/** A word of two to four syllables. */
function word(next: () => number): string {
  let s = '';
  for (let n = 2 + Math.floor(next() * 3); n > 0; n--) {
    s += SYLLABLES[Math.floor(next() * SYLLABLES.length)];
  }
  return s;
}

function inTransaction(db: PeerDatabase, work: () => void): void {
  db.exec('BEGIN');
  work();
  db.exec('COMMIT');
}

/**
 * `users`: five columns and three indexes; `orders`: 2 rows for most users; `docs`: wide and large rows.
 * `n` users.
 */
export function shop(n: number): DataSet {
  return {
    name: `shop-${n}`,
    fill(db) {
      db.exec(`CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT, age INT, score REAL, email TEXT);
        CREATE TABLE orders(id INTEGER PRIMARY KEY, user INT, total REAL, state TEXT, day INT);
        CREATE TABLE regions(id INTEGER PRIMARY KEY, name TEXT, zone INT);
        CREATE TABLE wide(id INTEGER PRIMARY KEY, ${Array.from({ length: 19 }, (_, i) => `c${i} ${i % 3 === 0 ? 'INT' : i % 3 === 1 ? 'REAL' : 'TEXT'}`).join(', ')});
        CREATE TABLE docs(id INTEGER PRIMARY KEY, body TEXT, raw BLOB);
        CREATE TABLE notes(id INTEGER PRIMARY KEY, doc TEXT);`);
      const next = random(42);
      inTransaction(db, () => {
        const user = db.prepare('INSERT INTO users VALUES (?, ?, ?, ?, ?)');
        const order = db.prepare('INSERT INTO orders VALUES (?, ?, ?, ?, ?)');
        const region = db.prepare('INSERT INTO regions VALUES (?, ?, ?)');
        const wide = db.prepare(`INSERT INTO wide VALUES (${'?, '.repeat(19)}?)`);
        const doc = db.prepare('INSERT INTO docs VALUES (?, ?, ?)');
        const note = db.prepare('INSERT INTO notes VALUES (?, ?)');
        for (let i = 1n; i <= BigInt(n); i++) {
          const name = word(next);
          const age = BigInt(Math.floor(next() * 90));
          user.run(
            i,
            name,
            age,
            next() * 1000,
            `${name}.${i}@example.${next() < 0.5 ? 'com' : 'org'}`,
          );
        }
        for (let i = 1n; i <= BigInt(n); i++) {
          const owner = BigInt(1 + Math.floor(next() * n));
          const state = ['open', 'paid', 'sent', 'lost'][Math.floor(next() * 4)]!;
          order.run(i, owner, next() * 500, state, BigInt(Math.floor(next() * 365)));
        }
        for (let i = 0n; i < 100n; i++) region.run(i, word(next), i % 7n);
        for (let i = 1n; i <= BigInt(n / 10); i++) {
          const values = Array.from({ length: 19 }, (_, c) =>
            c % 3 === 0
              ? BigInt(Math.floor(next() * 1e6))
              : c % 3 === 1
                ? next() * 1e6
                : word(next),
          );
          wide.run(i, ...values);
        }
        for (let i = 1n; i <= BigInt(Math.max(20, n / 500)); i++) {
          const size = 1000 + Math.floor(next() * 99000);
          doc.run(i, word(next).repeat(size / 8), new Uint8Array(size).fill(Number(i % 251n)));
        }
        for (let i = 1n; i <= BigInt(n / 5); i++) {
          note.run(
            i,
            JSON.stringify({
              id: Number(i),
              tags: [word(next), word(next)],
              rank: Math.floor(next() * 100),
              who: { name: word(next) },
            }),
          );
        }
      });
      db.exec(`CREATE UNIQUE INDEX users_email ON users(email);
        CREATE INDEX users_age_name ON users(age, name);
        CREATE INDEX orders_user ON orders(user);
        ANALYZE;`);
    },
  };
}

/** Nothing: writing workloads make their own tables. */
export const empty: DataSet = {
  name: 'empty',
  fill: (db) => db.exec('CREATE TABLE started(x)'),
};
