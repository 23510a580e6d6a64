/** A program of a user of the native face: see consumer.test.ts. */
import { Database, Real, type Row, SqliteError, type Statement } from 'micadb';

declare const console: { log(...args: unknown[]): void };
interface Note {
  id: number;
  body: string;
}
const db = new Database();
db.exec('CREATE TABLE note(id INTEGER PRIMARY KEY, body TEXT)');
const insert = db.prepare('INSERT INTO note(body) VALUES (?)');
const { changes, lastInsertRowid } = insert.run('hello');
const rows: Row[] = db.prepare('SELECT * FROM note').all();
const one: Note | undefined = db.prepare('SELECT * FROM note WHERE id = :id').get<Note>({ id: 1 });
const arrays = db.prepare('SELECT 1.0, 2').exact().mode('raw').all();
const real: boolean = arrays[0]![0] instanceof Real;
const s: Statement<'pluck'> = db.prepare('SELECT 1').mode('pluck');
// @ts-expect-error: symbols cannot be bound
if (changes > 5) s.get(Symbol('x'));
db.function('twice', (x: number) => x * 2);
db.aggregate('total2', { start: 0, step: (a: number, x: number) => a + x });
console.log(changes, lastInsertRowid, rows, one?.body, real, s.get());
try {
  db.exec('nope');
} catch (e) {
  if (e instanceof SqliteError) console.log(e.code, e.offset);
}
