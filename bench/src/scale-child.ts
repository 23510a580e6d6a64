/** One process of the scale table: `scale-child PEER ROWS PATH` works and prints its figures as JSON. */
import { readFileSync, statSync } from 'node:fs';
import { peers } from './peers.ts';
import { random } from './random.ts';
import { remove, settle } from './run.ts';

export interface Figures {
  readonly ns: Readonly<Record<string, number>>;
  readonly peak: number;
  readonly base: number;
  readonly file: number;
}

const [name = '', rowsText = '', path = ''] = process.argv.slice(2);
const rows = Number(rowsText);
const peer = peers.find((p) => p.name === name)!;

remove(path);
const db = await peer.open(path);
settle(db, { cacheKiB: 16_384 });
db.exec('CREATE TABLE warm(x)');
/** The process's peak of memory. Linux counts what the parent had as well, but for this entry. */
function memory(): number {
  try {
    const own = /VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'));
    if (own !== null) return Number(own[1]) * 1024;
  } catch {
    // No such file on other systems.
  }
  return process.resourceUsage().maxRSS * 1024;
}

const base = memory();
const ns: Record<string, number> = {};

/** Short work is repeated, and the last run counts: sizes are compared, not how soon code gets warm. */
function measure(work: string, operations: number, run: () => unknown, undo?: () => void): void {
  let time = 0;
  let spent = 0;
  for (let i = 0; i < 2 || (spent < 300 && i < 50); i++) {
    if (i > 0) undo?.();
    const start = performance.now();
    run();
    time = performance.now() - start;
    spent += time;
    if (time > 1000) break;
  }
  ns[work] = (time * 1e6) / operations;
}

function fill(): void {
  const s = db.prepare('INSERT INTO m VALUES (?, ?, ?, ?, ?)');
  const next = random(5);
  db.exec('BEGIN');
  for (let i = 1; i <= rows; i++) {
    const r = next();
    s.run(
      BigInt(i),
      BigInt(Math.floor(next() * 100)),
      next() * 1000,
      `name ${Math.floor(r * rows)}`,
      `a longer text of row ${i}`,
    );
  }
  db.exec('COMMIT');
  s.finalize();
}

const create = () =>
  db.exec('CREATE TABLE m(id INTEGER PRIMARY KEY, k INT, v REAL, name TEXT, note TEXT)');
const query = (sql: string) => {
  const s = db.prepare(sql);
  return () => s.iterate(() => undefined);
};

create();
measure('insert in one transaction', rows, fill, () => {
  db.exec('DROP TABLE m');
  create();
});
measure('filtered sum', rows, query('SELECT count(*), sum(v) FROM m WHERE k >= 18 AND k < 65'));
measure('LIKE', rows, query("SELECT count(*) FROM m WHERE note LIKE '%w 99%'"));
measure('expression', rows, query('SELECT sum(v * 2.0 + k - 1.5) FROM m'));
measure('GROUP BY, 100 groups', rows, query('SELECT k, count(*), sum(v) FROM m GROUP BY k'));
measure(
  'GROUP BY text, a group for each 3 rows',
  rows,
  query(`SELECT count(*) FROM (SELECT substr(name, 1, length(name) - 1) AS g, sum(v)
    FROM m GROUP BY g)`),
);
measure('ORDER BY text, all rows', rows, query('SELECT id FROM m ORDER BY name'));
measure(
  'CREATE INDEX on text',
  rows,
  () => db.exec('CREATE INDEX m_name ON m(name)'),
  () => db.exec('DROP INDEX m_name'),
);
{
  const s = db.prepare('SELECT * FROM m WHERE id = ?');
  const next = random(6);
  measure('get by rowid, random', 20_000, () => {
    for (let i = 0; i < 20_000; i++) s.get(BigInt(1 + Math.floor(next() * rows)));
  });
}
{
  const s = db.prepare('UPDATE m SET v = v + 1 WHERE id = ?');
  const updates = Math.min(rows, 50_000);
  const next = random(7);
  measure('update by key, random', updates, () => {
    db.exec('BEGIN');
    for (let i = 0; i < updates; i++) s.run(BigInt(1 + Math.floor(next() * rows)));
    db.exec('COMMIT');
  });
}
const fifth = Math.floor(rows / 5);
{
  const start = performance.now();
  db.exec(`DELETE FROM m WHERE id BETWEEN ${fifth} AND ${2 * fifth - 1}`);
  ns['delete of a fifth, 1 index'] = ((performance.now() - start) * 1e6) / fifth;
}
db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
const figures: Figures = { ns, peak: memory(), base, file: statSync(path).size };
console.log(JSON.stringify(figures));
db.close();
remove(path);
