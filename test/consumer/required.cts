/** The same in CommonJS: see consumer.test.ts. */
import Database = require('micadb/better-sqlite3');

declare const console: { log(...args: unknown[]): void };
const db = new Database(':memory:');
console.log(db.prepare('SELECT 1 AS one').get(), Database.SqliteError.name);
