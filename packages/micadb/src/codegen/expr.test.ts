/** Deep and long expressions: what SQLite's depth limit of 1000 allows must work, the rest must fail cleanly. */
import { expect, it } from 'vitest';
import { Database } from '../api/index.ts';
import { SqliteError } from '../values/errors.ts';

function nested(n: number, open: string, inner: string, close: string): string {
  return open.repeat(n) + inner + close.repeat(n);
}

function value(sql: string): unknown {
  const db = new Database(':memory:');
  try {
    db.exec('create table t(a, b); insert into t values(1, 2)');
    const rows = db.prepare(sql).mode('raw').all() as unknown as unknown[][];
    return rows[0]?.[0];
  } finally {
    db.close();
  }
}

it('codes expressions of nearly a thousand levels', () => {
  expect(value(`select a${'+a'.repeat(990)} from t`)).toBe(991);
  expect(value(`select ${nested(490, 'a+(', 'a', ')')} from t`)).toBe(491);
  expect(value(`select ${nested(490, 'abs(', 'a', ')')} from t`)).toBe(1);
  expect(value(`select ${'not '.repeat(990)}a from t`)).toBe(1);
  expect(value(`select a=1${' and a=1'.repeat(990)} from t`)).toBe(1);
  expect(value(`select count(*) from t where b=1${' or b=1'.repeat(989)} or b=2`)).toBe(1);
  expect(value(`select ${nested(490, 'case when a then ', 'a', ' end')} from t`)).toBe(1);
  expect(value(`select a in (7${',8'.repeat(2000)},1) from t`)).toBe(1);
  expect(value(`select ${nested(100, '(select ', '1', ')')}`)).toBe(1);
});

it('refuses deeper ones with an error of its own', () => {
  const deep = [
    `select a${'+a'.repeat(1500)} from t`,
    `select ${nested(5000, '(a between 1 and ', 'a', ')')} from t`,
    `select ${nested(998, '(a between 1 and ', 'a', ')')} from t`,
    `select ${nested(100_000, '(', 'a', ')')} from t`,
  ];
  for (const sql of deep) {
    try {
      value(sql);
    } catch (e) {
      expect(e).toBeInstanceOf(SqliteError);
    }
  }
  expect(() => value(deep[0]!)).toThrow('Expression tree is too large (maximum depth 1000)');
});
