/**
 * ORDER BY and GROUP BY over several columns against SQLite: texts with long beginnings in common, blobs,
 * NULLs first and last, numbers that no double holds, collations, and columns of mixed types.
 */
import Oracle from 'better-sqlite3';
import { Database } from 'micadb';
import { describe, expect, it } from 'vitest';
import { Random } from './random.ts';

const KINDS: readonly ((r: Random) => string)[] = [
  (r) => String(r.below(5)),
  (r) => `'http://www.site${r.below(4)}.org/path/${r.below(12)}'`,
  (r) => (r.below(3) > 0 ? `${r.below(10)}.5` : '9e999'),
  (r) => `x'${'ab'.repeat(r.below(9))}${r.below(2) === 0 ? '00' : ''}'`,
  (r) => `922337203685477580${6 + r.below(2)}`,
  (r) => `'${['a', 'A', 'ab', 'Ab', 'a ', '']![r.below(6)]}'`,
];

function value(r: Random, kind: number): string {
  if (r.below(9) === 0) return 'NULL';
  return KINDS[r.below(60) === 0 ? r.below(KINDS.length) : kind]!(r);
}

function term(r: Random, column: string): string {
  const collation = r.below(4) === 0 ? ' COLLATE nocase' : '';
  const nulls = r.below(4) === 0 ? [' NULLS FIRST', ' NULLS LAST'][r.below(2)] : '';
  return `${column}${collation}${r.below(2) === 0 ? ' DESC' : ''}${nulls}`;
}

describe('rows in order', () => {
  it.each(Array.from({ length: 40 }, (_, seed) => seed))('seed %i', (seed) => {
    const r = new Random(seed + 1);
    const kinds = [0, 0, 0, 0].map(() => r.below(KINDS.length));
    const count = 10 + r.below(400);
    const rows = Array.from(
      { length: count },
      (_, i) => `(${[...kinds.map((k) => value(r, k)), i].join(', ')})`,
    );
    const sql = `CREATE TABLE t(a, b, c, d, i); INSERT INTO t VALUES ${rows.join(', ')}`;
    const mica = new Database(':memory:');
    const oracle = new Oracle(':memory:');
    mica.exec(sql);
    oracle.exec(sql);
    for (let q = 0; q < 8; q++) {
      const columns = ['a', 'b', 'c', 'd'].slice(r.below(2), 1 + r.below(4));
      if (columns.length === 0) columns.push('d');
      const list = columns.join(', ');
      const quoted = columns.map((c) => `quote(${c})`).join(', ');
      const query =
        q % 2 === 0
          ? `SELECT ${quoted}, i FROM t ORDER BY ${columns.map((c) => term(r, c)).join(', ')}`
          : `SELECT ${quoted}, count(*), sum(i), min(i) FROM t GROUP BY ${list}`;
      expect(mica.prepare(query).mode('raw').all(), query).toEqual(
        oracle.prepare(query).raw().all(),
      );
    }
    mica.close();
    oracle.close();
  });
});
