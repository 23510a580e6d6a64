/**
 * The one door for row changes: a model that is kept from what the listener hears alone equals the
 * tables after every statement, whichever way rows change; without a listener no code is made for it.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeRecord } from '../values/record.ts';
import type { RowListener, TableInfo } from '../vm/types.ts';
import { Connection } from './connection.ts';
import { defaultVfs } from './default-vfs.ts';
import './index.ts';

const SCHEMA = `
  PRAGMA foreign_keys = 1;
  CREATE TABLE t(a INTEGER PRIMARY KEY, b UNIQUE, c DEFAULT 5, g AS (b || '!') UNIQUE);
  CREATE INDEX t_c ON t(c) WHERE c > 3;
  CREATE TABLE r(x, y UNIQUE ON CONFLICT REPLACE);
  CREATE TABLE w(n, k, l UNIQUE ON CONFLICT REPLACE, PRIMARY KEY(k DESC, n)) WITHOUT ROWID;
  CREATE INDEX w_l ON w(l, n);
  CREATE TABLE p(id PRIMARY KEY, v) WITHOUT ROWID;
  CREATE TABLE ch(id INTEGER PRIMARY KEY,
    p REFERENCES p ON DELETE CASCADE ON UPDATE CASCADE,
    q REFERENCES p ON DELETE SET NULL ON UPDATE SET DEFAULT);
  CREATE TABLE cw(p REFERENCES p ON DELETE CASCADE ON UPDATE CASCADE, m, PRIMARY KEY(p, m)) WITHOUT ROWID;
  CREATE TABLE log(what, id INTEGER PRIMARY KEY AUTOINCREMENT);
  CREATE TRIGGER w_ai AFTER INSERT ON w BEGIN INSERT INTO log(what) VALUES(new.k); END;
  CREATE TRIGGER w_bd BEFORE DELETE ON w BEGIN DELETE FROM log WHERE what = old.k; END;
  CREATE TRIGGER w_au AFTER UPDATE ON w BEGIN UPDATE log SET what = new.k WHERE what = old.k; END;
`;

/** Columns as the records have them, and whether the first one is the rowid's. */
const TABLES: Readonly<Record<string, { readonly columns: string; readonly without: boolean }>> = {
  t: { columns: 'NULL, b, c', without: false },
  r: { columns: 'x, y', without: false },
  w: { columns: 'k, n, l', without: true },
  p: { columns: 'id, v', without: true },
  ch: { columns: 'NULL, p, q', without: false },
  cw: { columns: 'p, m', without: true },
  log: { columns: 'what, NULL', without: false },
  made: { columns: 'one, two', without: false },
};

class Model implements RowListener {
  readonly tables = new Map<string, Map<string, string>>();
  readonly heard: string[] = [];

  private rows(table: TableInfo): Map<string, string> {
    let rows = this.tables.get(table.name);
    if (rows === undefined) this.tables.set(table.name, (rows = new Map()));
    return rows;
  }

  private static text(record: Uint8Array): string {
    return JSON.stringify(decodeRecord(record, 0, record.length, 1));
  }

  /** Rowid, or the whole record: a row of a WITHOUT ROWID table has its key in it. */
  private static key(rowid: unknown, record: string): string {
    return rowid === null ? record : String(rowid);
  }

  private add(table: TableInfo, rowid: unknown, record: string): void {
    const rows = this.rows(table);
    const key = Model.key(rowid, record);
    expect(rows.has(key), `${table.name} ${key} is new`).toBe(false);
    rows.set(key, record);
  }

  private take(table: TableInfo, rowid: unknown, record: string): void {
    const rows = this.rows(table);
    const key = Model.key(rowid, record);
    expect(rows.get(key), `old row ${key} of ${table.name}`).toBe(record);
    rows.delete(key);
  }

  insert: RowListener['insert'] = (table, rowid, record) => {
    this.heard.push(`insert ${table.schema}.${table.name} ${rowid} ${Model.text(record)}`);
    this.add(table, rowid, Model.text(record));
  };

  update: RowListener['update'] = (table, oldRowid, oldRecord, rowid, record) => {
    this.heard.push(
      `update ${table.schema}.${table.name} ${oldRowid} ${Model.text(oldRecord)} ${rowid} ${Model.text(record)}`,
    );
    this.take(table, oldRowid, Model.text(oldRecord));
    this.add(table, rowid, Model.text(record));
  };

  delete: RowListener['delete'] = (table, rowid, record) => {
    this.heard.push(`delete ${table.schema}.${table.name} ${rowid} ${Model.text(record)}`);
    this.take(table, rowid, Model.text(record));
  };

  clear: RowListener['clear'] = (table) => {
    this.heard.push(`clear ${table.schema}.${table.name}`);
    this.tables.delete(table.name);
  };

  /** What the tables have now. */
  static truth(db: Connection): Map<string, Map<string, string>> {
    const all = new Map<string, Map<string, string>>();
    const names = db.query(`SELECT name FROM sqlite_schema WHERE type = 'table'`).flat();
    for (const [name, { columns, without }] of Object.entries(TABLES)) {
      if (!names.includes(name)) continue;
      const rows = new Map<string, string>();
      for (const [rowid, ...record] of db.query(
        `SELECT ${without ? 'NULL' : 'rowid'}, ${columns} FROM ${name} NOT INDEXED`,
      )) {
        const text = JSON.stringify(record);
        rows.set(Model.key(rowid, text), text);
      }
      if (rows.size > 0) all.set(name, rows);
    }
    return all;
  }

  state(): Map<string, Map<string, string>> {
    return new Map([...this.tables].filter(([, rows]) => rows.size > 0));
  }

  reload(db: Connection): void {
    this.tables.clear();
    for (const [name, rows] of Model.truth(db)) this.tables.set(name, rows);
  }
}

function open(): { db: Connection; model: Model } {
  const db = new Connection({ path: ':memory:', vfs: defaultVfs() });
  db.exec(SCHEMA);
  const model = new Model();
  db.addRowListener(model);
  return { db, model };
}

const sorted = (m: Map<string, Map<string, string>>): unknown =>
  [...m].sort().map(([name, rows]) => [name, [...rows].sort()]);

const STATEMENTS: readonly string[] = [
  'INSERT INTO t(a, b) VALUES(#, #)',
  'INSERT OR REPLACE INTO t(a, b, c) VALUES(#, #, #), (#, #, #)',
  'INSERT OR IGNORE INTO t(b) VALUES(#)',
  'INSERT INTO t(a, b) VALUES(#, #) ON CONFLICT(b) DO UPDATE SET c = c + 1, a = a + #',
  'INSERT INTO t(a, b) VALUES(#, #) ON CONFLICT DO UPDATE SET c = # RETURNING *',
  'UPDATE t SET a = a + # WHERE a > #',
  'UPDATE OR REPLACE t SET a = #, b = # WHERE b >= #',
  'UPDATE OR REPLACE t SET b = #',
  'UPDATE t SET c = # WHERE c > #',
  'UPDATE t SET c = # WHERE a = #',
  'UPDATE t SET c = t.c + r.x FROM r WHERE r.y = t.b',
  'DELETE FROM t',
  'DELETE FROM t WHERE a = #',
  'DELETE FROM t WHERE c > 3 AND c = # RETURNING a',
  'DELETE FROM t WHERE a IN (SELECT x FROM r)',
  'INSERT INTO r VALUES(#, #), (#, #)',
  'INSERT INTO r SELECT a, b FROM t',
  'INSERT INTO r SELECT * FROM r WHERE y > #',
  'UPDATE r SET y = # WHERE x > #',
  'UPDATE r SET rowid = rowid + # WHERE x = #',
  'DELETE FROM r WHERE y = # OR x = #',
  'DELETE FROM r',
  'INSERT OR IGNORE INTO w VALUES(#, #, #), (#, #, #)',
  'REPLACE INTO w VALUES(#, #, #)',
  'INSERT INTO w VALUES(#, #, #) ON CONFLICT(k, n) DO UPDATE SET l = #, k = #',
  'INSERT OR IGNORE INTO w SELECT x, y, x + y FROM r',
  'UPDATE w SET l = # WHERE n = #',
  'UPDATE OR REPLACE w SET k = # WHERE n > #',
  'UPDATE OR IGNORE w SET n = n + #, l = l',
  'UPDATE w SET l = w.l + 1 FROM t WHERE t.a = w.k',
  'DELETE FROM w WHERE l = #',
  'DELETE FROM w WHERE k > # RETURNING *',
  'DELETE FROM w',
  'DROP TRIGGER w_ai',
  'DROP TRIGGER w_bd',
  'DROP TRIGGER IF EXISTS w_au',
  'INSERT OR IGNORE INTO p VALUES(#, #), (#, #), (#, #)',
  'REPLACE INTO p VALUES(#, #)',
  'INSERT INTO ch(p, q) SELECT id, v FROM p WHERE v IN (SELECT id FROM p) OR v IS NULL',
  'INSERT OR IGNORE INTO cw SELECT id, # FROM p',
  'UPDATE p SET v = #',
  'UPDATE OR IGNORE p SET id = # WHERE id = #',
  'UPDATE p SET v = NULL WHERE id > #',
  'DELETE FROM p WHERE id = #',
  'DELETE FROM p',
  'DELETE FROM log',
  'CREATE TABLE made AS SELECT b AS one, c AS two FROM t',
  'DROP TABLE IF EXISTS made',
  'DROP TABLE IF EXISTS cw',
  'PRAGMA recursive_triggers = 1',
];

describe('row listeners', () => {
  test('hear of every change: a model follows the tables', () => {
    const value = fc.integer({ min: 0, max: 6 });
    const statement = fc
      .tuple(fc.constantFrom(...STATEMENTS), fc.array(value, { minLength: 6, maxLength: 6 }))
      .map(([sql, values]) => {
        let i = 0;
        return sql.replace(/#/g, () => String(values[i++]));
      });
    let changes = 0;
    fc.assert(
      fc.property(fc.array(statement, { minLength: 10, maxLength: 40 }), (statements) => {
        const { db, model } = open();
        for (const sql of statements) {
          try {
            db.query(sql);
          } catch (e) {
            if (!/constraint|no such|already exists/.test(String(e))) throw e;
            // The statement was rolled back.
            model.reload(db);
          }
          expect(sorted(model.state()), sql).toEqual(sorted(Model.truth(db)));
        }
        changes += model.heard.length;
        db.close();
      }),
      { numRuns: 150, seed: 7 },
    );
    expect(changes).toBeGreaterThan(1000);
  });

  test('get old and new records, key changes as updates', () => {
    const { db, model } = open();
    db.exec(`
      INSERT INTO w VALUES(1, 2, 3);
      UPDATE w SET l = 4;
      UPDATE w SET k = 9;
      REPLACE INTO w VALUES(1, 9, 5);
      DELETE FROM w;
      INSERT INTO t(a, b) VALUES(1, 'x');
      UPDATE t SET a = 2;
      REPLACE INTO t(a, b) VALUES(2, 'y');
      DELETE FROM t;
      INSERT INTO p VALUES(1, 1);
      INSERT INTO ch VALUES(7, 1, 1);
      UPDATE p SET id = 2;
      DELETE FROM p;
      INSERT INTO r VALUES(1, 2);
      DROP TABLE r;
      CREATE TEMP TABLE made AS SELECT 1 AS one;
      DROP TABLE made;
    `);
    expect(model.heard).toEqual([
      'insert main.w null [2,1,3]',
      'insert main.log 1 [2,null]',
      'update main.w null [2,1,3] null [2,1,4]',
      'update main.log 1 [2,null] 1 [2,null]',
      'update main.w null [2,1,4] null [9,1,4]',
      'update main.log 1 [2,null] 1 [9,null]',
      'delete main.w null [9,1,4]',
      'insert main.w null [9,1,5]',
      'insert main.log 2 [9,null]',
      'delete main.log 1 [9,null]',
      'delete main.log 2 [9,null]',
      'delete main.w null [9,1,5]',
      'insert main.t 1 [null,"x",5]',
      'update main.t 1 [null,"x",5] 2 [null,"x",5]',
      'delete main.t 2 [null,"x",5]',
      'insert main.t 2 [null,"y",5]',
      'delete main.t 2 [null,"y",5]',
      'insert main.p null [1,1]',
      'insert main.ch 7 [null,1,1]',
      'update main.p null [1,1] null [2,1]',
      'update main.ch 7 [null,1,1] 7 [null,1,null]',
      'update main.ch 7 [null,1,null] 7 [null,2,null]',
      'delete main.p null [2,1]',
      'delete main.ch 7 [null,2,null]',
      'insert main.r 1 [1,2]',
      'clear main.r',
      'insert temp.made 1 [1]',
      'clear temp.made',
    ]);
    db.close();
  });

  test('come and go: programs are made again', () => {
    const { db } = open();
    db.exec(`INSERT INTO r VALUES(1, 1), (2, 2)`);
    const opcodes = (): unknown[] => db.query('EXPLAIN DELETE FROM r').map((row) => row[1]);
    expect(opcodes()).not.toContain('Clear');
    const second = new Model();
    second.reload(db);
    const generation = db.programGeneration;
    const remove = db.addRowListener(second);
    expect(db.programGeneration).toBeGreaterThan(generation);
    db.exec('DELETE FROM r WHERE x = 1');
    expect(second.heard).toEqual(['delete main.r 1 [1,1]']);
    const middle = db.programGeneration;
    remove();
    expect(db.programGeneration).toBeGreaterThan(middle);
    db.exec('DELETE FROM r');
    expect(second.heard.length).toBe(1);

    const alone = new Connection({ path: ':memory:', vfs: defaultVfs() });
    alone.exec(SCHEMA);
    const of = (sql: string): unknown[] => alone.query(`EXPLAIN ${sql}`).map((row) => row[1]);
    const before = of('DELETE FROM r');
    expect(before).toContain('Clear');
    const plainReplace = of('REPLACE INTO r(rowid, x) VALUES(1, 1)');
    const off = alone.addRowListener(new Model());
    expect(of('DELETE FROM r')).not.toContain('Clear');
    expect(of('REPLACE INTO r(rowid, x) VALUES(1, 1)')).not.toEqual(plainReplace);
    off();
    expect(of('DELETE FROM r')).toEqual(before);
    alone.close();
    db.close();
  });

  test('what a listener throws ends the statement; none is added under a running statement', () => {
    const { db } = open();
    const boom = new Error('boom');
    const remove = db.addRowListener({
      insert() {
        throw boom;
      },
      update() {},
      delete() {},
      clear() {},
    });
    let thrown: unknown = null;
    try {
      db.exec('INSERT INTO w VALUES(1, 1, 1)');
    } catch (e) {
      thrown = e;
    }
    expect(thrown).toBe(boom);
    expect(db.query('SELECT count(*) FROM w')).toEqual([[0]]);
    remove();
    const run = db.execution(db.prepare('SELECT 1 UNION ALL SELECT 2')!.program);
    run.step();
    expect(() => db.addRowListener(new Model())).toThrow(
      'unable to add a row listener due to active statements',
    );
    run.close();
    db.close();
  });
});
