/** What happens to statements and savepoints while another statement of the connection stands on a row. */
import Oracle from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { Database } from './index.ts';

const SCHEMA = `
  CREATE TABLE r(x);
  INSERT INTO r VALUES (1), (2), (3);
  CREATE TABLE t(a);
  CREATE TABLE w(k TEXT PRIMARY KEY, v) WITHOUT ROWID;
  CREATE INDEX wv ON w(v);`;

/** A database, and a statement of it that stands on its first row. */
function reading(): { db: Database; rows: IterableIterator<unknown> } {
  const db = new Database(':memory:');
  db.exec(SCHEMA);
  const rows = db.prepare('SELECT x FROM r').iterate();
  rows.next();
  return { db, rows };
}

const count = (db: Database): unknown => db.prepare('SELECT count(*) FROM t').mode('pluck').get();

describe('with a reader open', () => {
  it('an autocommit write leaves no savepoint of its statement behind', () => {
    const { db, rows } = reading();
    db.exec("INSERT OR REPLACE INTO w VALUES ('k', 1)");
    db.exec('SAVEPOINT b; INSERT INTO t VALUES (1); SAVEPOINT a; INSERT INTO t VALUES (2)');
    db.exec('ROLLBACK TO a');
    expect(count(db)).toBe(1);
    db.exec('ROLLBACK TO b');
    expect(count(db)).toBe(0);
    db.exec('RELEASE b');
    expect([...rows]).toHaveLength(2);
    db.close();
  });

  it('DROP is refused and nothing of it is done', () => {
    const { db, rows } = reading();
    const schema = db.prepare('SELECT name, rootpage FROM sqlite_schema').all();
    for (const sql of ['DROP TABLE t', 'DROP TABLE r', 'DROP TABLE w', 'DROP INDEX wv']) {
      expect(() => db.exec(sql), sql).toThrow('database table is locked');
    }
    expect(db.prepare('SELECT name, rootpage FROM sqlite_schema').all()).toEqual(schema);
    expect(db.pragma('integrity_check')).toEqual([{ integrity_check: 'ok' }]);
    expect([...rows]).toHaveLength(2);
    db.exec('DROP TABLE t; DROP TABLE r; DROP TABLE w');
    expect(db.prepare('SELECT * FROM sqlite_schema').all()).toEqual([]);
    const oracle = new Oracle(Buffer.from(db.serialize()));
    expect(oracle.pragma('integrity_check', { simple: true })).toBe('ok');
    oracle.close();
    db.close();
  });
});
