import Oracle from 'better-sqlite3';
import { expect, it } from 'vitest';
import { Database } from './index.ts';

/** Rowids of every length, of both signs. */
const rowids: bigint[] = [];
for (let bits = 0; bits < 63; bits++) {
  const n = 1n << BigInt(bits);
  for (const x of [n - 1n, n, n + 1n, -n, -n - 1n]) if (!rowids.includes(x)) rowids.push(x);
}

it.each(['ASC', 'DESC'])('entries with equal keys (%s) are told apart by their rowids', (order) => {
  const mica = new Database(':memory:');
  const oracle = new Oracle(':memory:');
  const both = (sql: string, ...p: bigint[]) => {
    mica.prepare(sql).run(...p);
    oracle.prepare(sql).run(...p);
  };
  const setup = `CREATE TABLE t(id INTEGER PRIMARY KEY, a, b);
    CREATE INDEX t_a ON t(a ${order}); CREATE INDEX t_b ON t(b ${order})`;
  mica.exec(setup);
  oracle.exec(setup);
  const same = () => {
    for (const sql of [
      'SELECT a, id FROM t INDEXED BY t_a WHERE a > 0',
      'SELECT b, id FROM t INDEXED BY t_b WHERE b > 0',
      'SELECT id FROM t INDEXED BY t_a WHERE a = 3 AND id > 1000',
      "SELECT id FROM t INDEXED BY t_b WHERE b = 'text 2' AND id < -5",
    ]) {
      const expected = oracle.prepare(sql).safeIntegers().raw().all();
      expect(expected.length).toBeGreaterThan(0);
      expect(mica.prepare(sql).mode('raw').all().map(String)).toEqual(expected.map(String));
    }
    expect(mica.prepare('PRAGMA integrity_check').mode('pluck').get()).toBe('ok');
  };
  // In no order: each third, then each third behind.
  for (let from = 0; from < 3; from++) {
    for (let i = from; i < rowids.length; i += 3) {
      both(`INSERT INTO t VALUES (?, ${i % 4}, 'text ' || ${i % 3})`, rowids[i]!);
    }
  }
  same();
  rowids.forEach((id, i) => {
    if (i % 5 === 0) both('DELETE FROM t WHERE id = ?', id);
    else if (i % 5 === 1) both("UPDATE t SET a = 3, b = 'text 2' WHERE id = ?", id);
    else if (i % 5 === 2) both('UPDATE t SET a = a + 0.5 WHERE id = ?', id);
  });
  same();
  both('DELETE FROM t WHERE id % 3 = 0');
  same();
  mica.close();
  oracle.close();
});
