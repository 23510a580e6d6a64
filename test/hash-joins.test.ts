/**
 * Joins through automatic indexes, which are hashes in memory: rows and their order as SQLite gives them, over
 * values that are equal without being alike, NULLs, collations, and rows that differ in other columns only.
 */
import Oracle from 'better-sqlite3';
import { Database, Real } from 'micadb';
import { describe, expect, it } from 'vitest';
import { Random } from './random.ts';

const VALUES = [
  'NULL',
  '0',
  '-0.0',
  '1',
  '1.0',
  "'1'",
  "'1.0'",
  '2.5',
  "x'31'",
  "'a'",
  "'A'",
  "'a '",
  "''",
  "x''",
  '9007199254740992',
  '9007199254740993',
  '9007199254740992.0',
  '9223372036854775807',
  '9223372036854775807.0',
  '9e999',
  "'a longer text, with more than sixteen bytes'",
];

const TYPES = [
  '',
  'INT',
  'REAL',
  'TEXT',
  'NUMERIC',
  'BLOB',
  'TEXT COLLATE NOCASE',
  'COLLATE RTRIM',
];

function table(r: Random, name: string, rows: number): string {
  const columns = ['a', 'b', 'c'].map((c) => `${c} ${r.pick(TYPES)}`);
  const few = Array.from({ length: 2 + r.below(9) }, () => r.pick(VALUES));
  const list = Array.from(
    { length: rows },
    () => `(${[r.pick(few), r.pick(few), r.pick(VALUES)].join(', ')})`,
  );
  return `CREATE TABLE ${name}(${columns.join(', ')}); INSERT INTO ${name} VALUES ${list.join(', ')};`;
}

const JOINS = [
  'SELECT * FROM s JOIN t ON s.a = t.a',
  'SELECT * FROM s JOIN t ON s.a = t.b AND s.b = t.c',
  'SELECT s.rowid, t.rowid FROM s JOIN t ON s.a IS t.a AND t.b = s.b',
  'SELECT * FROM s LEFT JOIN t ON t.c = s.c AND t.a = s.b',
  'SELECT * FROM s JOIN t ON s.a = t.a COLLATE NOCASE',
  'SELECT * FROM s JOIN t ON s.a = +t.a AND s.c > t.c',
  'SELECT t.c, s.c FROM s RIGHT JOIN t ON s.a = t.a',
  'SELECT t.c, s.c FROM s FULL JOIN t USING (b)',
  'SELECT s.a, v.n FROM s JOIN (SELECT b, count(*) AS n FROM t GROUP BY b) AS v ON v.b = s.b',
  'SELECT s.a, v.c FROM s, (SELECT DISTINCT a, c FROM t) AS v WHERE v.a = s.a',
  'SELECT x.rowid, y.rowid FROM s AS x, t AS y, s AS z WHERE x.a = y.a AND y.b = z.b LIMIT 200',
  'SELECT s.rowid FROM s WHERE EXISTS (SELECT 1 FROM t WHERE t.a = s.a AND t.b = s.b)',
  'SELECT s.rowid, (SELECT group_concat(quote(t.c)) FROM t WHERE t.a = s.b) FROM s',
  'SELECT * FROM s JOIN t ON s.b = t.b ORDER BY s.rowid DESC, t.c',
];

describe('joins without an index', () => {
  it.each(Array.from({ length: 30 }, (_, seed) => seed))('seed %i', (seed) => {
    const r = new Random(seed + 1);
    const sql = table(r, 's', 20 + r.below(60)) + table(r, 't', 20 + r.below(200));
    const mica = new Database(':memory:');
    const oracle = new Oracle(':memory:');
    mica.exec(sql);
    oracle.exec(sql);
    oracle.defaultSafeIntegers();
    for (const query of JOINS) {
      const quoted = `SELECT * FROM (${query})`;
      for (const q of [query, quoted]) {
        const expected = oracle.prepare(q).raw().all() as unknown[][];
        const actual = mica.prepare(q).exact().mode('raw').all() as unknown[][];
        expect(
          actual.map((row) => shown(row, 'i')),
          `${sql}\n${q}`,
        ).toEqual(expected.map((row) => shown(row, 'n')));
      }
    }
    mica.close();
    oracle.close();
  });
});

/** A row with its types. Mica's INTEGERs are numbers or bigints and its REALs objects, the oracle's bigints and numbers. */
function shown(row: readonly unknown[], numbersAre: 'i' | 'n'): string {
  return row
    .map((v) => {
      if (typeof v === 'bigint') return `i${v}`;
      if (typeof v === 'number') return `${numbersAre}${v}`;
      if (v instanceof Real) return `n${v.value}`;
      return v instanceof Uint8Array ? `x${Buffer.from(v).toString('hex')}` : JSON.stringify(v);
    })
    .join('|');
}
