/** The sorter and row sets. */
import { describe, expect, it } from 'vitest';
import type { KeyInfo } from '../values/key.ts';
import { makeKeyInfo } from '../values/keyinfo.ts';
import { Real, type SqlValue } from '../values/value.ts';
import * as F from './flags.ts';
import { Opcode as O } from './opcode.ts';
import type { Line, TestHost } from './test-host.ts';
import { host, key1, key2, load, real } from './test-kit.ts';

export function sorterTests(): void {
  describe('sorter', () => {
    function sorted(h: TestHost, values: readonly SqlValue[], keyInfo: KeyInfo): SqlValue[][] {
      const lines: Line[] = [[O.Init], [O.SorterOpen, 0, 2, 0, keyInfo]];
      values.forEach((v, i) => {
        lines.push(load(1, v), [O.Integer, i, 2], [O.MakeRecord, 1, 2, 3], [O.SorterInsert, 0, 3]);
      });
      return h.run([
        ...lines,
        [O.OpenPseudo, 1, 4, 2],
        [O.SorterSort, 0, 'end'],
        'loop',
        [O.SorterData, 0, 4, 1],
        [O.Column, 1, 0, 5],
        [O.Column, 1, 1, 6],
        [O.ResultRow, 5, 2],
        [O.SorterNext, 0, 'loop'],
        'end',
        [O.Halt],
      ]);
    }

    const values: SqlValue[] = [];
    for (let i = 0; i < 300; i++) {
      const k = (i * 7919) % 23;
      values.push([null, k, real(k / 2), `t${k}`, new Uint8Array([k])][i % 5]!);
    }
    const numbers = values.filter((v) => typeof v === 'number' || v instanceof Real || v === null);
    const texts = values.filter((v) => typeof v === 'string' || v === null);

    function rank(v: SqlValue): number {
      if (v === null) return 0;
      return typeof v === 'number' || v instanceof Real ? 1 : typeof v === 'string' ? 2 : 3;
    }
    function order(a: SqlValue, b: SqlValue): number {
      const by = rank(a) - rank(b);
      if (by !== 0) return by;
      if (a instanceof Real || typeof a === 'number') {
        return Number(a instanceof Real ? a.value : a) - Number(b instanceof Real ? b.value : b);
      }
      if (typeof a === 'string') return a < (b as string) ? -1 : a > (b as string) ? 1 : 0;
      return a instanceof Uint8Array ? a[0]! - (b as Uint8Array)[0]! : 0;
    }

    it.each([
      ['in memory', 1 << 20],
      ['spilling every few rows', 400],
      ['spilling nearly every row', 1],
    ])('sorts stably: %s', (_name, budget) => {
      for (const list of [values, numbers, texts]) {
        for (const flags of [0, 1, 2, 3]) {
          const h = host();
          h.sorterBudget = budget;
          const info1 = makeKeyInfo(1, 2, [], [flags, 0], 1);
          const expected = list
            .map((v, i): [SqlValue, number] => [v, i])
            .sort((a, b) => {
              let rc = order(a[0], b[0]);
              const nulls = (a[0] === null) !== (b[0] === null);
              if ((flags & 2) !== 0 && nulls) rc = -rc;
              return (flags & 1) !== 0 ? -rc : rc;
            });
          expect(sorted(h, list, info1)).toEqual(expected);
          if (budget === 1) expect(h.temporaries.length).toBe(1);
        }
      }
    });

    it('gives the record it stands on, and can be emptied', () => {
      const h = host();
      const rows = h.run([
        [O.Init],
        [O.SorterOpen, 0, 1, 0, key1],
        [O.Integer, 5, 1],
        [O.MakeRecord, 1, 1, 2],
        [O.SorterInsert, 0, 2],
        [O.SorterSort, 0, 'end'],
        [O.RowData, 0, 3],
        [O.ResultRow, 3, 1],
        [O.ResetSorter, 0],
        [O.SorterSort, 0, 'end'],
        [O.ResultRow, 1, 1],
        'end',
        [O.Halt],
      ]);
      expect(rows).toEqual([[new Uint8Array([2, 1, 5])]]);
    });

    /** An index of the values, filled from a sorter of so many bytes; 'repeated' when unique values are not. */
    function filled(budget: number, values: readonly SqlValue[], unique: boolean): unknown[] {
      const h = host();
      h.sorterBudget = budget;
      const lines: Line[] = [
        [O.Init],
        [O.Transaction, 0, 1],
        [O.CreateBtree, 0, 5, 2],
        [O.OpenWrite, 1, 5, 0, key2, F.OPFLAG_P2ISREG | F.OPFLAG_BULKCSR],
        [O.SorterOpen, 0, 2, 0, key2],
      ];
      values.forEach((v, i) => {
        lines.push(load(1, v), [O.Integer, i, 2], [O.MakeRecord, 1, 2, 3], [O.SorterInsert, 0, 3]);
      });
      const rows = h.run([
        ...lines,
        [O.SorterSort, 0, 'end'],
        [O.IdxFill, 1, 'repeated', 0, unique ? 1 : 0],
        [O.Goto, 0, 'read'],
        'repeated',
        [O.String8, 0, 4, 0, 'repeated'],
        [O.ResultRow, 4, 1],
        'read',
        [O.Rewind, 1, 'end'],
        'loop',
        [O.Column, 1, 0, 4],
        [O.ResultRow, 4, 1],
        [O.Next, 1, 'loop'],
        'end',
        [O.Halt],
      ]);
      return rows.map((row) => row[0]);
    }

    it.each([1, 1 << 20])('fills an index in order, budget %i', (budget) => {
      const values = Array.from({ length: 700 }, (_, i) => `${(i * 7919) % 700}`.padStart(40, '0'));
      const sorted = values.slice().sort();
      expect(filled(budget, values, false)).toEqual(sorted);
      expect(filled(budget, values, true)).toEqual(sorted);
      expect(filled(budget, [3, 1, 2, 3, 0, 3], false)).toEqual([0, 1, 2, 3, 3, 3]);
      expect(filled(budget, [3, 1, null, 2, real(2), null], true)).toEqual([
        'repeated',
        null,
        null,
        1,
        2,
      ]);
      expect(filled(budget, [], true)).toEqual([]);
    });

    it('numbers entries on after it was emptied', () => {
      for (const open of [O.SorterOpen, O.OpenEphemeral]) {
        const rows = host().run([
          [O.Init],
          [open, 0, 1, 0, key1],
          [O.Sequence, 0, 1],
          [O.Sequence, 0, 1],
          [O.ResetSorter, 0],
          [O.Sequence, 0, 1],
          [O.ResultRow, 1, 1],
          [O.Halt],
        ]);
        expect(rows).toEqual([[2]]);
      }
    });
  });

  describe('row sets', () => {
    it('gives integers in order, each once', () => {
      const rows = host().run([
        [O.Init],
        [O.Null, 0, 1],
        ...[5, 3, 5, 9].flatMap((v): Line[] => [
          [O.Integer, v, 2],
          [O.RowSetAdd, 1, 2],
        ]),
        'loop',
        [O.RowSetRead, 1, 'end', 3],
        [O.ResultRow, 3, 1],
        [O.Goto, 0, 'loop'],
        'end',
        [O.RowSetRead, 1, 'done', 3],
        [O.ResultRow, 3, 1],
        'done',
        [O.Halt],
      ]);
      expect(rows).toEqual([[3], [5], [9]]);
    });

    it('knows earlier batches', () => {
      const test = (v: number, batch: number, label: string): Line[] => [
        [O.Integer, v, 2],
        [O.Integer, 1, 3],
        [O.RowSetTest, 1, label, 2, batch],
        [O.Integer, 0, 3],
        label,
        [O.ResultRow, 3, 1],
      ];
      const rows = host().run([
        [O.Init],
        [O.Null, 0, 1],
        ...test(5, 0, 'a'),
        ...test(5, 0, 'b'),
        ...test(5, 1, 'c'),
        ...test(6, 1, 'd'),
        ...test(6, -1, 'e'),
        ...test(7, -1, 'f'),
        [O.Halt],
      ]);
      expect(rows.map((r) => r[0])).toEqual([0, 0, 1, 0, 1, 0]);
    });
  });
}
