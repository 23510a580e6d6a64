/** The hash that stands for an ephemeral index: what equals what, and what goes to the tree. */
import { describe, expect, it } from 'vitest';
import { Connection } from '../api/connection.ts';
import { Database } from '../api/database.ts';
import { Real, type SqlValue, Text } from '../values/value.ts';
import { MemoryVfs } from '../vfs/memory.ts';
import { KeySet } from './key-set.ts';

function seen(set: KeySet, ...values: SqlValue[]): string {
  const answer = set.find(values, 0, values.length);
  if (answer === 'missing') expect(set.add()).toBe(true);
  return answer;
}

describe('KeySet', () => {
  it('takes equal numbers for one, and nothing else', () => {
    const set = new KeySet(1 << 20);
    for (const v of [1, '1', null, 2.5, '', 2n ** 60n, 2n ** 60n + 1n]) {
      const value = typeof v === 'number' && !Number.isInteger(v) ? new Real(v) : v;
      expect(seen(set, value)).toBe('missing');
      expect(seen(set, value)).toBe('found');
    }
    expect(seen(set, new Real(1))).toBe('found');
    expect(seen(set, new Real(2 ** 60))).toBe('found');
    expect(seen(set, new Real(-0))).toBe('missing');
    expect(seen(set, 0)).toBe('found');
  });

  it('keeps fields apart', () => {
    const set = new KeySet(1 << 20);
    const rows: SqlValue[][] = [
      ['a', 'b'],
      ['ab', ''],
      ['', 'ab'],
      ['a;', 'b'],
      [1, 23],
      [12, 3],
      ['1;', 23],
      [null, 'n'],
      ['n', null],
      [new Real(1.5), 2],
    ];
    for (const row of rows) expect(seen(set, ...row)).toBe('missing');
    for (const row of rows) expect(seen(set, ...row)).toBe('found');
    expect(seen(set, new Real(12), new Real(3))).toBe('found');
  });

  it('leaves blobs and bytes that are no text to the tree', () => {
    const set = new KeySet(1 << 20);
    for (const v of [new Uint8Array([1]), new Text(new Uint8Array([0xff]), 1)]) {
      expect(set.find([v], 0, 1)).toBe('tree');
      expect(set.add()).toBe(false);
    }
  });

  it('sends new keys to the tree when the budget is used up', () => {
    const set = new KeySet(200);
    let kept = 0;
    for (let i = 0; i < 20; i++) if (set.find([i], 0, 1) === 'missing' && set.add()) kept++;
    expect(kept).toBeGreaterThan(1);
    expect(kept).toBeLessThan(6);
    expect(set.find([0], 0, 1)).toBe('found');
    expect(set.find([19], 0, 1)).toBe('tree');
  });
});

describe('DISTINCT', () => {
  const sql = `WITH RECURSIVE c(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM c WHERE i < 2999),
    v AS (SELECT CASE i % 6 WHEN 0 THEN i % 100 WHEN 1 THEN (i % 100) * 1.0 WHEN 2 THEN 't' || i % 90
      WHEN 3 THEN CAST('t' || i % 50 AS BLOB) WHEN 4 THEN NULL ELSE i / 7.0 END AS x, i % 3 AS y FROM c)
    SELECT DISTINCT x, y FROM v`;

  it('gives the same rows in the same order with a budget of a few keys', () => {
    const rich = new Database(':memory:', { vfs: new MemoryVfs() });
    const expected = rich.prepare(sql).exact().mode('raw').all();
    const budget = Object.getOwnPropertyDescriptor(Connection.prototype, 'ephemeralBudget');
    expect(budget).toBeUndefined();
    const poor = new Database(':memory:', { vfs: new MemoryVfs() });
    const { connection } = poor as unknown as { connection: { ephemeralBudget: number } };
    connection.ephemeralBudget = 500;
    expect(poor.prepare(sql).exact().mode('raw').all()).toEqual(expected);
    expect(expected.length).toBeGreaterThan(500);
    rich.close();
    poor.close();
  });
});
