/**
 * What the compiler makes of programs, where the rows alone would not show it: that a fast way is taken, and
 * that what is not worth compiling is left alone.
 */
import { Database } from 'micadb';
import { afterAll, describe, expect, it } from 'vitest';
import { tiering } from '../packages/micadb/src/vm/vm.ts';

const db = new Database(':memory:');
db.exec(`
  CREATE TABLE t(a INT, s TEXT, r REAL);
  CREATE TABLE u(t INT, s TEXT);
  CREATE INDEX ut ON u(t);`);
afterAll(() => db.close());

const javascript = (sql: string): string | null => db.prepare(sql).javascript;

/** INSERT of so many rows in one statement. */
const values = (rows: number): string =>
  `INSERT INTO t VALUES ${Array.from({ length: rows }, (_, i) => `(${i}, 'x', 0.5)`).join(', ')}`;

describe('compiled code', () => {
  it('puts records into a sorter as they are encoded, and reads them where they lie', () => {
    const code = javascript('SELECT s, count(*), sum(r) FROM t GROUP BY s');
    expect(code).toContain('.sorter.insert(E.buffer,');
    expect(code).toContain('.locate()');
    expect(code).toContain('.sorter.next()');
    expect(code).not.toContain('copyBytes(E.buffer');
  });

  it('compares a text on a page with another one and with a string', () => {
    const code = javascript('SELECT s, count(*) FROM t GROUP BY s');
    expect(code).toContain('compareRanges(');
    expect(code).toContain('compareUtf8WithString(');
  });

  it('hands the record of an INSERT over in the encoder', () => {
    expect(javascript('INSERT INTO t VALUES (?, ?, ?)')).toContain('passing(vm,');
  });

  it('seeks the row of a whole REAL without a handler', () => {
    const code = javascript('SELECT s FROM t WHERE rowid = ?');
    expect(code).toMatch(/Number\.isSafeInteger\(n\d+\)\)\{c0\.deferred=false/);
  });

  it('is not looked for in VALUES of many rows', () => {
    expect(javascript(values(10))).not.toBeNull();
    const { tier } = tiering;
    const made: unknown[] = [];
    tiering.tier = {
      ...tier!,
      compile(...of) {
        const code = tier!.compile(...of);
        made.push(code);
        return code;
      },
    };
    try {
      const insert = db.prepare(values(400));
      for (let i = 0; i < 3; i++) insert.run();
    } finally {
      tiering.tier = tier;
    }
    // Null: the whole program is given up, at once and for good.
    expect(made).toEqual([null]);
  });

  it('has the outer loop of a query with subroutines in its line', () => {
    // Long enough to be compiled loop by loop; IN and the scalar subquery are such subroutines.
    const list = Array.from({ length: 30 }, (_, i) => `'${i}'`).join(', ');
    const sql = `SELECT substr(s, 1, 2) AS k, sum(r) FROM t
      WHERE substr(s, 1, 2) IN (${list}) AND r > (SELECT avg(r) FROM t WHERE substr(s, 1, 2) IN (${list}))
        AND NOT EXISTS (SELECT * FROM u WHERE u.t = t.a)
      GROUP BY k ORDER BY k`;
    const plan = db.prepare(`EXPLAIN ${sql}`).all() as {
      addr: number;
      opcode: string;
      p1: number;
      p2: number;
    }[];
    const scan = plan.find((op) => op.opcode === 'Rewind' && op.p1 === 0);
    const next = plan.find((op) => op.opcode === 'Next' && op.p1 === 0);
    expect(next?.p2).toBe((scan?.addr ?? 0) + 1);
    // Some part is entered at the head of that loop.
    expect(javascript(sql)).toContain(`case ${next?.p2}:`);
    expect(javascript(sql)?.split('return function(').length).toBeGreaterThan(2);
  });
});

describe('programs', () => {
  it('EXISTS reads no column and calls no function for what it selects', () => {
    const mine = new Database(':memory:');
    let calls = 0;
    mine.function('seen', (x) => {
      calls++;
      return x;
    });
    mine.exec(
      'CREATE TABLE t(a); CREATE TABLE u(b, c); INSERT INTO t VALUES (1), (2); INSERT INTO u VALUES (1, 2)',
    );
    const sql = 'SELECT a, EXISTS (SELECT seen(c) FROM u WHERE b = a) FROM t';
    expect(mine.prepare(sql).mode('raw').all()).toEqual([
      [1, 1],
      [2, 0],
    ]);
    expect(calls).toBe(0);
    mine.close();
  });
});
