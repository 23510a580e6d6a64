/** The hash that stands for an ephemeral index: what equals what, and what goes to the tree. */
import { describe, expect, it } from 'vitest';
import { Connection } from '../api/connection.ts';
import { Database } from '../api/database.ts';
import { makeKeyInfo } from '../values/keyinfo.ts';
import { RecordEncoder } from '../values/record.ts';
import { Real, type SqlValue, Text } from '../values/value.ts';
import { MemoryVfs } from '../vfs/memory.ts';
import { ASK_TREE, HELD, KeySet, MISSING } from './key-set.ts';

const encoder = new RecordEncoder(1);

/** What the set says of the key; one that is missing is added. */
function seen(set: KeySet, ...values: SqlValue[]): number {
  const length = encoder.encode(values, 0, values.length);
  const answer = set.has(encoder.buffer, length);
  if (answer === MISSING) expect(set.add(encoder.buffer, length)).toBe(true);
  return answer;
}

const setOf = (fields: number, budget = 1 << 20) =>
  new KeySet(makeKeyInfo(1, fields), fields, budget);

describe('KeySet', () => {
  it('takes equal numbers for one, and nothing else', () => {
    const set = setOf(1);
    const other = [new Uint8Array([1]), new Text(new Uint8Array([0xff]), 1), new Uint8Array(0)];
    for (const v of [1, '1', null, new Real(2.5), '', 2n ** 60n, 2n ** 60n + 1n, ...other]) {
      expect(seen(set, v)).toBe(MISSING);
      expect(seen(set, v)).toBe(HELD);
    }
    expect(seen(set, new Real(1))).toBe(HELD);
    expect(seen(set, new Real(2 ** 60))).toBe(HELD);
    expect(seen(set, new Real(-0))).toBe(MISSING);
    expect(seen(set, 0)).toBe(HELD);
    const text = new TextEncoder().encode('x1y');
    expect(set.hasText(text, 1, 1)).toBe(HELD);
    expect(set.hasText(text, 0, 1)).toBe(MISSING);
    set.clear();
    expect(seen(set, 1)).toBe(MISSING);
  });

  it('keeps fields apart', () => {
    const set = setOf(2);
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
    for (const row of rows) expect(seen(set, ...row)).toBe(MISSING);
    for (const row of rows) expect(seen(set, ...row)).toBe(HELD);
    expect(seen(set, new Real(12), new Real(3))).toBe(HELD);
  });

  it('sends new keys to the tree when the budget is used up', () => {
    const set = setOf(1, 200);
    let kept = 0;
    for (let i = 0; i < 20; i++) if (seen(set, i) === MISSING) kept++;
    expect(kept).toBeGreaterThan(1);
    expect(kept).toBeLessThan(6);
    expect(seen(set, 0)).toBe(HELD);
    expect(seen(set, 19)).toBe(ASK_TREE);
    expect(set.add(encoder.buffer, encoder.encode([19], 0, 1))).toBe(false);
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
