/** User functions and collations that throw, run statements, or close the connection in mid-statement. */
import { Database, SqliteError } from 'micadb';
import { beforeEach, describe, expect, it } from 'vitest';

let db: Database;

beforeEach(() => {
  db = new Database();
  db.exec("CREATE TABLE t(id INTEGER PRIMARY KEY, v); INSERT INTO t VALUES(1,'a'),(2,'b'),(3,'c')");
});

const rows = (): unknown => db.prepare('SELECT count(*) FROM t').mode('pluck').get();

function thrown(call: () => unknown): unknown {
  try {
    call();
  } catch (e) {
    return e;
  }
  return 'nothing was thrown';
}

describe('exceptions', () => {
  const mine = new TypeError('mine');

  it('of a scalar function reach the caller as they are; the statement is undone', () => {
    db.function('boom', (id: number) => {
      if (id === 2) throw mine;
      return id;
    });
    expect(thrown(() => db.prepare('SELECT boom(id) FROM t').all())).toBe(mine);
    expect(thrown(() => db.exec('UPDATE t SET v = boom(id)'))).toBe(mine);
    expect(db.prepare('SELECT v FROM t').mode('pluck').all()).toEqual(['a', 'b', 'c']);
    expect(db.inTransaction).toBe(false);
  });

  it('of a collation', () => {
    db.collation('bad', () => {
      throw mine;
    });
    expect(thrown(() => db.prepare('SELECT v FROM t ORDER BY v COLLATE bad').all())).toBe(mine);
    expect(thrown(() => db.exec('CREATE INDEX i ON t(v COLLATE bad)'))).toBe(mine);
    expect(db.prepare("SELECT name FROM sqlite_schema WHERE type='index'").all()).toEqual([]);
    expect(rows()).toBe(3);
  });

  it('of a collation, wherever values are compared and whatever it throws', () => {
    const errors = [new RangeError('too far'), new RangeError('Invalid string length')];
    for (const error of errors) {
      db.collation('off', () => {
        throw error;
      });
      for (const sql of [
        'SELECT v FROM t ORDER BY v COLLATE off',
        'SELECT DISTINCT v COLLATE off FROM t',
        'SELECT count(*) FROM t GROUP BY v COLLATE off',
        "SELECT * FROM t WHERE v = 'b' COLLATE off",
        "SELECT * FROM t WHERE v IN ('b', 'c') AND v COLLATE off > 'a'",
        "SELECT max(v COLLATE off, 'x') FROM t",
        'SELECT max(v COLLATE off) FROM t',
        'SELECT v COLLATE off FROM t UNION SELECT v FROM t',
        'CREATE TABLE u(v COLLATE off UNIQUE); INSERT INTO u SELECT v FROM t',
      ]) {
        expect(thrown(() => db.exec(sql))).toBe(error);
      }
      db.exec('DROP TABLE u');
      expect(rows()).toBe(3);
    }
  });

  it('of an aggregate', () => {
    db.aggregate('agg', {
      start: 0,
      step: (_total: unknown, _value: unknown) => {
        throw mine;
      },
    });
    expect(thrown(() => db.prepare('SELECT agg(id) FROM t').get())).toBe(mine);
    expect(rows()).toBe(3);
  });

  it('in a trigger, inside a transaction', () => {
    db.function('boom', () => {
      throw mine;
    });
    db.exec('CREATE TRIGGER r AFTER DELETE ON t BEGIN SELECT boom(); END; BEGIN');
    db.exec("INSERT INTO t VALUES(4,'d')");
    expect(thrown(() => db.exec('DELETE FROM t'))).toBe(mine);
    expect(db.inTransaction).toBe(true);
    expect(rows()).toBe(4);
    db.exec('COMMIT');
  });

  it('values that are not SQL values', () => {
    db.function('odd', () => ({ a: 1 }));
    expect(thrown(() => db.prepare('SELECT odd()').get())).toBeInstanceOf(Error);
    expect(rows()).toBe(3);
  });
});

describe('statements inside functions', () => {
  it('may read and write other rows', () => {
    db.exec('CREATE TABLE log(x)');
    db.function('note', (x: number) => {
      db.prepare('INSERT INTO log VALUES(?)').run(x);
      return db.prepare('SELECT count(*) FROM log').mode('pluck').get();
    });
    expect(db.prepare('SELECT note(id) FROM t').mode('pluck').all()).toEqual([1, 2, 3]);
  });

  it('may change the table that is read', () => {
    db.function('drop_row', (x: number) => {
      db.prepare('DELETE FROM t WHERE id = ? + 1').run(x);
      return x;
    });
    expect(db.prepare('SELECT drop_row(id) FROM t').mode('pluck').all()).toEqual([1, 3]);
    expect(db.prepare('PRAGMA integrity_check').mode('pluck').all()).toEqual(['ok']);
  });

  it('may not commit or change the schema under the statement', () => {
    db.function('run', (sql: string) => {
      db.exec(sql);
      return 1;
    });
    for (const sql of [
      'DROP TABLE t',
      'ROLLBACK',
      'COMMIT',
      'DETACH main',
      'PRAGMA journal_mode=off',
    ]) {
      const e = thrown(() => db.prepare('SELECT run(?) FROM t').all(sql));
      if (typeof e !== 'string') expect(e).toBeInstanceOf(SqliteError);
    }
    expect(rows()).toBe(3);
  });

  it('recursion through the engine ends with an error of the engine or of JavaScript', () => {
    db.function('again', (n: number): unknown =>
      n === 0
        ? 0
        : db
            .prepare('SELECT again(?)')
            .mode('pluck')
            .get(n - 1),
    );
    expect(db.prepare('SELECT again(50)').mode('pluck').get()).toBe(0);
    expect(rows()).toBe(3);
  });
});

describe('closing the connection in mid-statement', () => {
  it('inside a function: refused, or the statement ends with an error', () => {
    db.function('shut', () => {
      db.close();
      return 1;
    });
    const e = thrown(() => db.prepare('SELECT shut() FROM t').all());
    if (typeof e !== 'string') expect(e).toBeInstanceOf(Error);
    if (db.open) expect(rows()).toBe(3);
    else expect(thrown(() => db.prepare('SELECT 1'))).toBeInstanceOf(TypeError);
  });

  it('inside a collation while a table is written', () => {
    db.collation('shut', (a, b) => {
      db.close();
      return a < b ? -1 : 1;
    });
    const e = thrown(() => db.exec('CREATE INDEX i ON t(v COLLATE shut)'));
    if (typeof e !== 'string') expect(e).toBeInstanceOf(Error);
  });

  it('while rows are read', () => {
    const seen: unknown[] = [];
    const e = thrown(() => {
      for (const row of db.prepare('SELECT id FROM t').iterate()) {
        seen.push(row);
        db.close();
      }
    });
    expect(seen.length).toBeGreaterThan(0);
    if (typeof e !== 'string') expect(e).toBeInstanceOf(Error);
  });
});
