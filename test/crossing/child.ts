/**
 * A Mica process that is killed in mid-transaction: arguments FILE JOURNAL_MODE. Commits 1,000 rows,
 * then changes all of them and adds more in a transaction that it never ends, says so, and waits.
 */
import { writeSync } from 'node:fs';
import { Database } from 'micadb';

const [file, mode] = process.argv.slice(2);
const db = new Database(file);
db.pragma(`journal_mode = ${mode}`);
db.pragma('wal_autocheckpoint = 0');
db.exec('CREATE TABLE t(id INTEGER PRIMARY KEY, v TEXT); CREATE INDEX tv ON t(v)');
const insert = db.prepare('INSERT INTO t(v) VALUES (?)');
db.transaction(() => {
  for (let i = 1; i <= 1000; i++) insert.run(`committed ${i} ${'x'.repeat(100)}`);
});
db.pragma('cache_size = 10');
db.exec('BEGIN');
db.exec("UPDATE t SET v = 'lost ' || id || v");
for (let i = 0; i < 3000; i++) insert.run(`lost too ${'y'.repeat(100)}`);
writeSync(1, 'ready\n');
setInterval(() => {}, 1000);
