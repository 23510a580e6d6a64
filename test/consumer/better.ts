/** A program written for better-sqlite3: see consumer.test.ts. */
import Database, { SqliteError } from 'micadb/better-sqlite3';

declare const console: { log(...args: unknown[]): void };
const db: Database.Database = new Database(':memory:', { timeout: 100 });
db.exec('CREATE TABLE t(a, b)');
const put: Database.Statement<[number, string]> = db.prepare<[number, string]>(
  'INSERT INTO t VALUES (?, ?)',
);
put.run(1, 'x');
// @ts-expect-error: the second parameter is missing
if (db.open === false) put.run(1);
const named = db.prepare<{ a: number }, { b: string }>('SELECT b FROM t WHERE a = :a');
const b: string | undefined = named.get({ a: 1 })?.b;
const t = db.transaction((n: number) => n + 1);
const n: number = t.immediate(4);
export const options: Database.Options = { readonly: true };
db.function('f', { deterministic: true }, (x: number) => x);
db.aggregate('g', { start: 0, step: (total: number, x: number) => total + x });
const result: Database.RunResult = db.prepare('DELETE FROM t').run();
try {
  db.exec('nope');
} catch (e) {
  if (e instanceof Database.SqliteError && e instanceof SqliteError) console.log(e.code);
}
console.log(b, n, result, db.pragma('user_version', { simple: true }));
