/** As deep as the limits allow, and one level deeper: an SQL error, never a stack overflow. */
import { Database, SqliteError } from 'micadb';
import { describe, expect, it } from 'vitest';
import { Oracle } from '../oracle/better.ts';
import { Mica } from '../oracle/mica.ts';

/** Both engines give the same; the outcome's kind or the error's message. */
function both(...script: readonly string[]): string {
  const mica = new Mica();
  const oracle = new Oracle();
  try {
    let last = '';
    for (const sql of script) {
      const expected = oracle.run(sql);
      const got = mica.run(sql);
      expect(got, sql.slice(0, 60)).toEqual(expected);
      last = got.kind === 'error' ? got.message : got.kind;
    }
    return last;
  } finally {
    mica.close();
    oracle.close();
  }
}

const LIMIT =
  /^(Expression tree is too large|Recursion limit|parser stack overflow|too many|near .*syntax error)/;

/** Rows, or the error of a limit; the same as SQLite where `same`, and never another exception. */
function bounded(sql: string, same: boolean): void {
  if (same) {
    both(sql);
    return;
  }
  const mica = new Mica();
  try {
    const got = mica.run(sql);
    if (got.kind === 'error') expect(got.message).toMatch(LIMIT);
    else expect(got.kind).toBe('rows');
  } finally {
    mica.close();
  }
}

const times = (n: number, text: string): string => text.repeat(n);

describe('trigger levels', () => {
  const chain = [
    'PRAGMA recursive_triggers = on',
    'CREATE TABLE t(n)',
    'CREATE TRIGGER r AFTER INSERT ON t WHEN new.n > 1 BEGIN INSERT INTO t VALUES(new.n - 1); END',
  ];

  it('1,000 are run', () => {
    expect(both(...chain, 'INSERT INTO t VALUES(1000)', 'SELECT count(*) FROM t')).toBe('rows');
  });

  it('the level beyond is an error and nothing stays', () => {
    expect(both(...chain, 'INSERT INTO t VALUES(1001)')).toBe(
      'too many levels of trigger recursion',
    );
    expect(both(...chain, 'INSERT INTO t VALUES(1001)', 'SELECT count(*) FROM t')).toBe('rows');
  });

  it('cascades of foreign keys count too', () => {
    const tree = [
      'PRAGMA foreign_keys = on',
      'CREATE TABLE t(id INTEGER PRIMARY KEY, up REFERENCES t ON DELETE CASCADE)',
      'CREATE INDEX tu ON t(up)',
      'INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1500) SELECT i, nullif(i - 1, 0) FROM n',
    ];
    expect(both(...tree, 'DELETE FROM t WHERE id = 600')).toBe('done');
    expect(both(...tree, 'DELETE FROM t WHERE id = 1')).toBe(
      'too many levels of trigger recursion',
    );
  });
});

describe('expressions', () => {
  const shapes: readonly (readonly [string, (n: number) => string])[] = [
    ['parentheses', (n) => `SELECT ${times(n, '(')}1${times(n, ')')}`],
    ['sums', (n) => `SELECT 1${times(n, '+1')}`],
    ['minus signs', (n) => `SELECT ${times(n, '- ')}1`],
    ['NOT', (n) => `SELECT ${times(n, 'NOT ')}1`],
    ['AND', (n) => `SELECT 1${times(n, ' AND 1')}`],
    ['OR of columns', (n) => `SELECT 1 FROM (SELECT 1 AS a) WHERE a = 0${times(n, ' OR a = 1')}`],
    ['concatenation', (n) => `SELECT 'x'${times(n, " || 'x'")}`],
    ['functions', (n) => `SELECT ${times(n, 'abs(')}1${times(n, ')')}`],
    ['CASE', (n) => `SELECT ${times(n, 'CASE 1 WHEN 1 THEN ')}1${times(n, ' END')}`],
    ['COLLATE', (n) => `SELECT 'a'${times(n, ' COLLATE NOCASE')}`],
    ['CAST', (n) => `SELECT ${times(n, 'CAST(')}1${times(n, ' AS INT)')}`],
    ['IN', (n) => `SELECT 1${times(n, ' IN (1)')}`],
    ['->', (n) => `SELECT '[]'${times(n, " -> '$'")}`],
  ];
  for (const [name, shape] of shapes) {
    for (const n of [90, 990, 1010, 3000, 100_000]) {
      it(`${name}, ${n} deep`, () => {
        bounded(shape(n), n < 900);
      });
    }
  }
});

describe('queries', () => {
  it('compounds of 500 terms, and 501', () => {
    expect(both(`SELECT 1${times(499, ' UNION ALL SELECT 1')}`)).toBe('rows');
    expect(both(`SELECT 1${times(500, ' UNION ALL SELECT 1')}`)).toBe(
      'too many terms in compound SELECT',
    );
    expect(both(`SELECT 1${times(499, ' UNION SELECT 2')}`)).toBe('rows');
  });

  for (const n of [10, 30, 60, 200, 5000]) {
    it(`subqueries, ${n} deep`, () => {
      bounded(`SELECT ${times(n, '(SELECT ')}1${times(n, ')')}`, n <= 30);
      bounded(`SELECT * FROM ${times(n, '(SELECT * FROM ')}(SELECT 1)${times(n, ')')}`, n <= 60);
      bounded(`SELECT 1 WHERE ${times(n, 'EXISTS (SELECT 1 WHERE ')}1${times(n, ')')}`, n <= 30);
    });
  }

  it('views in views', () => {
    const db = new Database();
    db.exec('CREATE VIEW v0 AS SELECT 1 AS a');
    for (let i = 1; i <= 300; i++) db.exec(`CREATE VIEW v${i} AS SELECT a FROM v${i - 1}`);
    try {
      db.prepare('SELECT a FROM v300').all();
    } catch (e) {
      expect(e).toBeInstanceOf(SqliteError);
    }
    expect(db.prepare('SELECT a FROM v50').all()).toEqual([{ a: 1 }]);
    db.close();
  });

  it('64 tables in a join, and 65', () => {
    const join = (n: number): string =>
      `SELECT count(*) FROM ${Array.from({ length: n }, (_, i) => `one AS t${i}`).join(', ')}`;
    const one = ['CREATE TABLE one(a)', 'INSERT INTO one VALUES(1)'];
    expect(both(...one, join(20))).toBe('rows');
    expect(both(...one, join(65))).toBe('at most 64 tables in a join');
  });

  it('too many columns, variables, arguments', () => {
    both(`SELECT ${Array(2001).fill('1').join(',')}`);
    both(`CREATE TABLE t(${Array.from({ length: 2001 }, (_, i) => `c${i}`).join(',')})`);
    both('SELECT ?32767');
    both(`SELECT max(${Array(1001).fill('1').join(',')})`);
  });
});
