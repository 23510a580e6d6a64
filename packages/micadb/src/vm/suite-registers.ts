/** Registers, arithmetic, comparison and control flow. */
import { describe, expect, it } from 'vitest';
import { nocaseCollation } from '../values/collation.ts';
import { SqliteError } from '../values/errors.ts';
import { KEYINFO_DESC, type KeyInfo } from '../values/key.ts';
import { makeKeyInfo } from '../values/keyinfo.ts';
import { type SqlValue, Text } from '../values/value.ts';
import * as F from './flags.ts';
import { Opcode as O } from './opcode.ts';
import { assemble, type Line } from './test-host.ts';
import { binary, compute, host, real, scalar } from './test-kit.ts';
import type { FunctionCall, P4 } from './types.ts';

export function registerTests(): void {
  describe('registers and arithmetic', () => {
    it.each<[O, SqlValue, SqlValue, SqlValue]>([
      [O.Add, 2, 3, 5],
      [O.Add, 9223372036854775807n, 1, real(2 ** 63)],
      [O.Add, 9007199254740991, 1, 9007199254740992n],
      [O.Add, '2abc', '3.5', real(5.5)],
      [O.Add, null, 1, null],
      [O.Subtract, 3, 10, 7],
      [O.Multiply, 3, real(1.5), real(4.5)],
      [O.Multiply, 4294967296, 4294967296, real(2 ** 64)],
      [O.Divide, 2, 7, 3],
      [O.Divide, 2, -7, -3],
      [O.Divide, 0, 7, null],
      [O.Divide, real(2), 7, real(3.5)],
      [O.Remainder, 4, -7, -3],
      [O.Remainder, 0, 7, null],
      [O.Remainder, real(2), real(5.5), real(1)],
      [O.BitAnd, 12, 10, 8],
      [O.BitOr, 12, 10, 14],
      [O.BitOr, 12, null, null],
      [O.ShiftLeft, 3, 1, 8],
      [O.ShiftRight, 1, -3, -2],
      [O.ShiftLeft, -1, 4, 2],
      [O.Concat, 'b', 'a', 'ab'],
      [O.Concat, 1, real(2), '2.01'],
      [O.Concat, null, 'a', null],
      [O.And, null, 0, 0],
      [O.And, null, 1, null],
      [O.Or, null, 1, 1],
      [O.Or, null, 0, null],
    ])('%d of %s and %s', (op, p1, p2, expected) => {
      expect(compute([p1, p2], [[op, 1, 2, 3]], 3)).toEqual(expected);
    });

    it('logic of one operand', () => {
      expect(compute([null], [[O.Not, 1, 2]], 2)).toBe(null);
      expect(compute(['0.5'], [[O.Not, 1, 2]], 2)).toBe(0);
      expect(compute([5], [[O.BitNot, 1, 2]], 2)).toBe(-6);
      // IS TRUE, IS FALSE, IS NOT TRUE, IS NOT FALSE of NULL.
      const modes: [number, number, number][] = [
        [0, 0, 0],
        [1, 1, 0],
        [0, 1, 1],
        [1, 0, 1],
      ];
      for (const [p3, p4, expected] of modes) {
        expect(compute([null], [[O.IsTrue, 1, 2, p3, p4]], 2)).toBe(expected);
      }
      expect(compute([3], [[O.IsTrue, 1, 2, 1, 1]], 2)).toBe(0);
      expect(compute([1, 2, null], [[O.ZeroOrNull, 1, 4, 3]], 4)).toBe(null);
      expect(compute([1, 2], [[O.ZeroOrNull, 1, 4, 2]], 4)).toBe(0);
    });

    it('conversions', () => {
      expect(compute(['12'], [[O.MustBeInt, 1, 0]], 1)).toBe(12);
      expect(compute([real(4)], [[O.MustBeInt, 1, 0]], 1)).toBe(4);
      expect(() => compute(['x'], [[O.MustBeInt, 1, 0]], 1)).toThrow('datatype mismatch');
      expect(compute(['1.5'], [[O.MustBeInt, 1, 'no'], 'no'], 1)).toBe('1.5');
      expect(compute([7], [[O.RealAffinity, 1]], 1)).toEqual(real(7));
      expect(compute(['12abc'], [[O.Cast, 1, 0x44]], 1)).toBe(12);
      expect(compute([12], [[O.Cast, 1, 0x42]], 1)).toBe('12');
      expect(compute(['12', '3.0', 5], [[O.Affinity, 1, 3, 0, 'CCB']], 3)).toBe('5');
      expect(compute([1], [[O.AddImm, 1, -3]], 1)).toBe(-2);
      expect(compute(['7'], [[O.AddImm, 1, 3]], 1)).toBe(10);
      expect(compute([9223372036854775807n], [[O.AddImm, 1, 1]], 1)).toBe(-9223372036854775808n);
    });

    it('copies, moves and parameters', () => {
      expect(
        compute(
          [1, 2, 3],
          [
            [O.Copy, 1, 11, 2],
            [O.SCopy, 12, 20],
            [O.IntCopy, 20, 21],
          ],
          21,
        ),
      ).toBe(2);
      expect(compute([1, 2, 3], [[O.Null, 0, 1, 3]], 3)).toBe(null);
      expect(compute([1], [[O.SoftNull, 1]], 1)).toBe(null);
      const h = host();
      expect(
        h.run([[O.Init], [O.Variable, 2, 1], [O.ResultRow, 1, 1], [O.Halt]], ['a', 'b']),
      ).toEqual([['b']]);
    });

    it('subtypes', () => {
      const lines: Line[] = [
        [O.SetSubtype, 1, 2],
        [O.GetSubtype, 2, 3],
      ];
      expect(compute([74, 'x'], lines, 3)).toBe(74);
      expect(compute([74, 'x'], [...lines, [O.ClrSubtype, 2], [O.GetSubtype, 2, 3]], 3)).toBe(null);
      const copy: Line[] = [...lines, [O.Copy, 2, 4, 0, null, 2], [O.GetSubtype, 4, 3]];
      expect(compute([74, 'x'], copy, 3)).toBe(null);
      expect(compute([74, 'x'], lines, 2)).toBeInstanceOf(Text);
    });

    it('counters', () => {
      expect(compute([3], [[O.IfPos, 1, 'end', 2], [O.Integer, 9, 1], 'end'], 1)).toBe(1);
      expect(compute([0], [[O.IfPos, 1, 'end', 2], [O.Integer, 9, 1], 'end'], 1)).toBe(9);
      expect(compute([5, 0, 7], [[O.OffsetLimit, 1, 2, 3]], 2)).toBe(12);
      expect(compute([5, 0, -7], [[O.OffsetLimit, 1, 2, 3]], 2)).toBe(5);
      expect(compute([-1, 0, 7], [[O.OffsetLimit, 1, 2, 3]], 2)).toBe(-1);
      expect(compute([9223372036854775807n, 0, 7], [[O.OffsetLimit, 1, 2, 3]], 2)).toBe(-1);
      expect(compute([2], [[O.IfNotZero, 1, 'end'], [O.Integer, 9, 1], 'end'], 1)).toBe(1);
      expect(compute([-1], [[O.IfNotZero, 1, 'end'], [O.Integer, 9, 1], 'end'], 1)).toBe(-1);
      expect(compute([0], [[O.IfNotZero, 1, 'end'], [O.Integer, 9, 1], 'end'], 1)).toBe(9);
      expect(compute([1], [[O.DecrJumpZero, 1, 'end'], [O.Integer, 9, 1], 'end'], 1)).toBe(0);
      expect(compute([4, 7], [[O.MemMax, 1, 2]], 1)).toBe(7);
      expect(compute([9, 7], [[O.MemMax, 1, 2]], 1)).toBe(9);
    });
  });

  describe('comparison', () => {
    /** 1 when the comparison r[2] op r[1] jumps. */
    function jumps(op: O, a: SqlValue, b: SqlValue, p5 = 0, p4: P4 = null): boolean {
      const lines: Line[] = [
        [O.Integer, 1, 3],
        [op, 1, 'yes', 2, p4, p5],
        [O.Integer, 0, 3],
        'yes',
      ];
      return compute([b, a], lines, 3) === 1;
    }

    it('orders values', () => {
      expect(jumps(O.Lt, 1, 2)).toBe(true);
      expect(jumps(O.Lt, 2, 1)).toBe(false);
      expect(jumps(O.Le, 2, 2)).toBe(true);
      expect(jumps(O.Gt, 'b', 'a')).toBe(true);
      expect(jumps(O.Ge, 'a', 9)).toBe(true);
      expect(jumps(O.Eq, 1, real(1))).toBe(true);
      expect(jumps(O.Ne, 1, real(1.5))).toBe(true);
      expect(jumps(O.Eq, 9007199254740993n, real(9007199254740992))).toBe(false);
      expect(jumps(O.Eq, 'A', 'a', 0, nocaseCollation(1))).toBe(true);
      expect(jumps(O.Eq, 'A', 'a', 0, binary)).toBe(false);
    });

    it('applies affinity to copies only', () => {
      expect(jumps(O.Eq, '10', 10)).toBe(false);
      expect(jumps(O.Eq, '10', 10, 0x43)).toBe(true);
      expect(jumps(O.Eq, '10', 10, 0x42)).toBe(true);
      expect(jumps(O.Lt, '9', 10, 0x42)).toBe(false);
      expect(compute(['10', 10], [[O.Eq, 1, 'on', 2, null, 0x43], 'on'], 1)).toBe('10');
    });

    it('treats NULL as asked', () => {
      expect(jumps(O.Eq, null, 1)).toBe(false);
      expect(jumps(O.Ne, null, 1)).toBe(false);
      expect(jumps(O.Ne, null, 1, F.SQLITE_JUMPIFNULL)).toBe(true);
      expect(jumps(O.Lt, null, 1, F.SQLITE_JUMPIFNULL)).toBe(true);
      expect(jumps(O.Eq, null, null, F.SQLITE_NULLEQ)).toBe(true);
      expect(jumps(O.Ne, null, 1, F.SQLITE_NULLEQ)).toBe(true);
      // A cleared NULL equals nothing.
      const lines: Line[] = [
        [O.Null, 1, 1],
        [O.Integer, 1, 3],
        [O.Eq, 1, 'yes', 2, null, F.SQLITE_NULLEQ],
        [O.Integer, 0, 3],
        'yes',
      ];
      expect(compute([null, null], lines, 3)).toBe(0);
      expect(
        compute(
          [null],
          [
            [O.Null, 1, 1],
            [O.Copy, 1, 2, 0],
          ],
          2,
        ),
      ).toBe(null);
    });

    it('goes on after Lt with ElseEq', () => {
      const lines: Line[] = [
        [O.Integer, 1, 3],
        [O.Lt, 1, 'end', 2],
        [O.Integer, 2, 3],
        [O.ReleaseReg, 1, 1],
        [O.Lt, 1, 'end', 2],
        [O.ElseEq, 0, 'end'],
        [O.Integer, 3, 3],
        'end',
      ];
      expect(compute([1, 1], lines, 3)).toBe(2);
      expect(compute([1, 2], lines, 3)).toBe(3);
      expect(compute([1, null], lines, 3)).toBe(3);
    });

    it('compares vectors', () => {
      const desc: KeyInfo = makeKeyInfo(1, 2, [], [0, KEYINFO_DESC]);
      function compare(values: SqlValue[], order: Int32Array | null): SqlValue {
        const lines: Line[] = [
          ...(order === null ? [] : [[O.Permutation, 0, 0, 0, order] as Line]),
          [O.Compare, 1, 3, 2, desc, order === null ? 0 : F.OPFLAG_PERMUTE],
          [O.Jump, 'less', 'equal', 'greater'],
          'less',
          [O.Integer, -1, 5],
          [O.Goto, 0, 'end'],
          'equal',
          [O.Integer, 0, 5],
          [O.Goto, 0, 'end'],
          'greater',
          [O.Integer, 1, 5],
          'end',
        ];
        return compute(values, lines, 5);
      }
      expect(compare([1, 2, 1, 2], null)).toBe(0);
      expect(compare([1, 2, 1, 3], null)).toBe(1);
      expect(compare([1, 2, 2, 3], null)).toBe(-1);
      expect(compare([null, 2, null, 2], null)).toBe(0);
      expect(compare([5, 1, 4, 2], new Int32Array([1, 0]))).toBe(-1);
    });

    it('branches on truth and NULL', () => {
      const t = (v: SqlValue, op: O, p3 = 0): SqlValue =>
        compute([v], [[O.Integer, 1, 3], [op, 1, 'yes', p3], [O.Integer, 0, 3], 'yes'], 3);
      expect([t(1, O.If), t(0, O.If), t(null, O.If), t(null, O.If, 1)]).toEqual([1, 0, 0, 1]);
      expect([t(1, O.IfNot), t('0', O.IfNot), t(null, O.IfNot), t(null, O.IfNot, 1)]).toEqual([
        0, 1, 0, 1,
      ]);
      expect([t(null, O.IsNull), t(1, O.IsNull), t(null, O.NotNull), t(1, O.NotNull)]).toEqual([
        1, 0, 0, 1,
      ]);
      expect(t(1.5 as number, O.Abortable)).toBe(0);
    });

    it('uses Bloom filters that never deny a member', () => {
      const lines: Line[] = [
        [O.Blob, 100, 5, 0, new Uint8Array(100)],
        [O.FilterAdd, 5, 0, 1, 1],
        [O.FilterAdd, 5, 0, 2, 1],
        [O.Integer, 1, 6],
        [O.Filter, 5, 'out', 3, 1],
        [O.Integer, 0, 6],
        'out',
      ];
      expect(compute([1, 'a', real(1)], lines, 6)).toBe(0);
      expect(compute([1, 'a', 'b'], lines, 6)).toBe(0);
      expect(compute([1, 'a', 777], lines, 6)).toBe(1);
    });
  });

  describe('control', () => {
    it('runs coroutines', () => {
      const rows = host().run([
        [O.Init, 0, 'start'],
        'start',
        [O.InitCoroutine, 1, 'main', 'body'],
        'body',
        [O.Integer, 10, 2],
        [O.Yield, 1],
        [O.Integer, 20, 2],
        [O.Yield, 1],
        [O.EndCoroutine, 1],
        'main',
        'loop',
        [O.Yield, 1, 'end'],
        [O.ResultRow, 2, 1],
        [O.Goto, 0, 'loop'],
        'end',
        [O.Halt],
      ]);
      expect(rows).toEqual([[10], [20]]);
    });

    it('calls subroutines, also in line, and does things once', () => {
      const rows = host().run([
        [O.Init],
        [O.Integer, 0, 2],
        [O.Gosub, 1, 'sub'],
        [O.Gosub, 1, 'sub'],
        [O.Goto, 0, 'inline'],
        'sub',
        [O.Once, 0, 'skip'],
        [O.AddImm, 2, 100],
        'skip',
        [O.AddImm, 2, 1],
        [O.Return, 1],
        'inline',
        [O.BeginSubrtn, 0, 3],
        [O.AddImm, 2, 10],
        [O.Return, 3, 0, 1],
        [O.Noop],
        [O.ResultRow, 2, 1],
        [O.Halt],
      ]);
      expect(rows).toEqual([[112]]);
    });

    it('can be stopped by interrupt and by the progress handler, and run again', () => {
      const endless = assemble([[O.Init], 'loop', [O.Goto, 0, 'loop']]);
      const h = host();
      h.progressInterval = 1000;
      h.progressStops = true;
      expect(() => h.run(endless)).toThrow('interrupted');
      expect(h.progressCalls).toBe(1);
      h.progressInterval = 0;
      const stop: FunctionCall = scalar(
        'stop',
        () => {
          h.interrupted = true;
          return null;
        },
        true,
      );
      const own: Line[] = [[O.Init], 'loop', [O.Function, 0, 0, 1, stop], [O.Goto, 0, 'loop']];
      expect(() => h.run(own)).toThrow(expect.objectContaining({ code: 'SQLITE_INTERRUPT' }));
      expect(h.run([[O.Init], [O.Integer, 1, 1], [O.ResultRow, 1, 1], [O.Halt]])).toEqual([[1]]);
    });

    it('lets values be bound between runs only', () => {
      const h = host();
      const e = h.execution(
        assemble([
          [O.Init],
          [O.Variable, 1, 1],
          [O.ResultRow, 1, 1],
          [O.ResultRow, 1, 1],
          [O.Halt],
        ]),
      );
      e.bind(1, 5);
      expect(e.step()).toBe('row');
      expect(e.value(0)).toBe(5);
      expect(() => e.bind(1, 6)).toThrow(SqliteError);
      e.reset();
      e.bind(1, 6);
      expect(e.step()).toBe('row');
      expect(e.registers[e.rowStart]).toBe(6);
      e.reset();
      expect(() => e.bind(9, 6)).toThrow('column index out of range');
      e.clearBindings();
      expect(e.bindings[0]).toBe(null);
      expect(h.activeStatements).toBe(0);
    });
  });
}
