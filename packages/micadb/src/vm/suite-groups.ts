/** Groups in a hash. */
import { describe, expect, it } from 'vitest';
import type { AggregateFunction } from '../functions/types.ts';
import { makeKeyInfo } from '../values/keyinfo.ts';
import { Real, type SqlValue } from '../values/value.ts';
import type { GroupShape } from './groups.ts';
import { Opcode as O } from './opcode.ts';
import type { Line } from './test-host.ts';
import { host, load, real } from './test-kit.ts';
import type { FunctionCall } from './types.ts';

const count: AggregateFunction = {
  kind: 'aggregate',
  name: 'count',
  argCount: 0,
  deterministic: true,
  init: () => ({ n: 0 }),
  step(state) {
    (state as { n: number }).n++;
  },
  finalize: (state) => (state === null ? 0 : (state as { n: number }).n),
};
const call: FunctionCall = { kind: 'call', def: count, argCount: 0, collation: null };

/** Registers: 1 key, 2 what is kept, 4 accumulator, 5 known, 6 key record, 7 record of the sorter. */
function grouped(budget: number, keys: readonly SqlValue[], desc = false) {
  const keyInfo = makeKeyInfo(1, 1, [], [desc ? 1 : 0]);
  const shape: GroupShape = {
    kind: 'groups',
    keyInfo,
    functions: [count],
    states: 4,
    kept: [2],
    known: 5,
    place: 0,
  };
  const lines: Line[] = [
    [O.Init],
    [O.GroupOpen, 0, 1, 0, shape],
    [O.SorterOpen, 1, 2, 0, keyInfo],
    [O.OpenPseudo, 2, 6, 1],
    [O.OpenPseudo, 3, 7, 2],
  ];
  keys.forEach((key, i) => {
    lines.push(
      load(1, key),
      [O.Integer, i, 2],
      [O.MakeRecord, 1, 1, 6],
      [O.GroupFind, 0, `full${i}`, 6, shape],
      [O.AggStep, 0, 0, 4, call],
      [O.If, 5, `next${i}`],
      [O.GroupKeep, 0, 0, 0, shape],
      [O.Goto, 0, `next${i}`],
      `full${i}`,
      [O.MakeRecord, 1, 2, 7],
      [O.SorterInsert, 1, 7],
      `next${i}`,
    );
  });
  const give: Line[] = [
    [O.SorterData, 0, 6, 2],
    [O.Column, 2, 0, 1],
    [O.GroupLoad, 0, 0, 0, shape],
    [O.AggFinal, 4, 0, 0, call],
    [O.SCopy, 2, 3],
    [O.SCopy, 1, 2],
    [O.ResultRow, 2, 3],
  ];
  const h = host();
  h.sorterBudget = budget;
  // Groups, with the rows that found no room between them: these come with a count of -1.
  return h.run([
    ...lines,
    [O.SorterSort, 0, 'end'],
    [O.SorterSort, 1, 'rest'],
    'row',
    [O.SorterData, 1, 7, 3],
    'before',
    [O.GroupBefore, 0, 'alone', 7],
    ...give,
    [O.SorterNext, 0, 'before'],
    'alone',
    [O.Column, 3, 0, 2],
    [O.Column, 3, 1, 3],
    [O.Integer, -1, 4],
    [O.ResultRow, 2, 3],
    [O.SorterNext, 1, 'row'],
    'rest',
    [O.GroupBefore, 0, 'end', 0],
    'group',
    ...give,
    [O.SorterNext, 0, 'group'],
    'end',
    [O.Halt],
  ]);
}

export function groupTests(): void {
  describe('groups', () => {
    const big = 2n ** 60n;
    const keys: SqlValue[] = [
      3,
      'b',
      null,
      real(3),
      'a',
      1,
      real(-0),
      3,
      null,
      0,
      'b',
      big,
      real(2 ** 60),
      real(1.5),
      'B',
      new Uint8Array([98]),
      'b',
      big + 1n,
      1,
    ];

    it('takes equal keys for one group, shown as its first row has it', () => {
      expect(grouped(1 << 20, keys)).toEqual([
        [null, 2, 2],
        [new Real(-0), 6, 2],
        [1, 5, 2],
        [new Real(1.5), 13, 1],
        [3, 0, 3],
        [big, 11, 2],
        [big + 1n, 17, 1],
        ['B', 14, 1],
        ['a', 4, 1],
        ['b', 1, 3],
        [new Uint8Array([98]), 15, 1],
      ]);
      expect(grouped(1 << 20, [1, 2, 1, 3], true)).toEqual([
        [3, 3, 1],
        [2, 1, 1],
        [1, 0, 2],
      ]);
      expect(grouped(1 << 20, [])).toEqual([]);
    });

    it('takes no more groups when the budget is used up', () => {
      // One group alone has room; its rows go on to be counted.
      expect(grouped(1, [5, 7, 3, 5, 7, 5])).toEqual([
        [3, 2, -1],
        [5, 0, 3],
        [7, 1, -1],
        [7, 4, -1],
      ]);
      expect(grouped(1, [9, 3, 4])).toEqual([
        [3, 1, -1],
        [4, 2, -1],
        [9, 0, 1],
      ]);
    });

    it('finds thousands of groups again', () => {
      const many = Array.from({ length: 4000 }, (_, i) => (i * 7919) % 2000);
      const texts = many.map((n) => `key ${n}`);
      for (const list of [many, texts]) {
        const rows = grouped(1 << 24, list);
        expect(rows.length).toBe(2000);
        expect(rows.every((row) => row[2] === 2)).toBe(true);
      }
    });
  });
}
