/**
 * Run as a child process by memory.test.ts, bundled: ENGINE FILE. Fills one transaction with five
 * million rows, rolls back to half-way, commits, and reports what it needed and what is there.
 */
import { writeSync } from 'node:fs';
import { Database } from 'micadb';

const file = process.argv[2]!;
const HALF = 2_500_000;
const rss = (): number => process.memoryUsage().rss;

const db = new Database(file);
db.exec('PRAGMA cache_size = 500; CREATE TABLE t(id INTEGER PRIMARY KEY, n INT, v TEXT)');
const before = rss();
let peak = before;
const insert = db.prepare('INSERT INTO t VALUES (?, ?, ?)');

function fill(from: number, to: number): void {
  for (let i = from; i <= to; i++) {
    insert.run(i, i * 7, 'row');
    if (i % 100_000 === 0) peak = Math.max(peak, rss());
  }
}

db.exec('BEGIN');
fill(1, HALF);
db.exec('SAVEPOINT half');
db.exec('UPDATE t SET n = -1 WHERE id % 50000 = 0');
fill(HALF + 1, 2 * HALF);
const inside = db.prepare('SELECT count(*) AS n, sum(n = -1) AS changed FROM t').get();
peak = Math.max(peak, rss());
db.exec('ROLLBACK TO half');
peak = Math.max(peak, rss());
const after = db.prepare('SELECT count(*) AS n, sum(n) AS total, max(id) AS last FROM t').get();
db.exec('COMMIT');
peak = Math.max(peak, rss());
const pages = db.prepare('PRAGMA page_count').get();
db.close();
writeSync(1, `${JSON.stringify({ before, peak, inside, after, pages })}\n`);
