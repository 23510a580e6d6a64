/** Functions, aggregates, sub-programs. */
import { describe, expect, it } from 'vitest';
import type { AggregateFunction, ScalarFunction } from '../functions/types.ts';
import type { SqlValue } from '../values/value.ts';
import * as F from './flags.ts';
import { Opcode as O } from './opcode.ts';
import { assemble, type Line, type TestHost } from './test-host.ts';
import { binary, host, info, load, scalar, scan } from './test-kit.ts';
import type { FunctionCall, P4, Program } from './types.ts';

const maxFunction: AggregateFunction = {
  kind: 'aggregate',
  name: 'max',
  argCount: 1,
  deterministic: true,
  special: 'max',
  init: () => ({ best: null as SqlValue }),
  step(state, args) {
    const s = state as { best: SqlValue };
    const v = args[0]!;
    if (v !== null && (s.best === null || (v as number) > (s.best as number))) s.best = v;
  },
  value: (state) => (state === null ? null : (state as { best: SqlValue }).best),
  finalize: (state) => (state === null ? null : (state as { best: SqlValue }).best),
};

const sumFunction: AggregateFunction = {
  kind: 'aggregate',
  name: 'sum',
  argCount: 1,
  deterministic: true,
  init: () => ({ sum: 0 }),
  step(state, args) {
    (state as { sum: number }).sum += args[0] as number;
  },
  inverse(state, args) {
    (state as { sum: number }).sum -= args[0] as number;
  },
  value: (state) => (state === null ? null : (state as { sum: number }).sum),
  finalize: (state) => (state === null ? null : (state as { sum: number }).sum),
};

export function callTests(): void {
  describe('functions and aggregates', () => {
    it('calls functions and keeps auxiliary data of constants', () => {
      const made: SqlValue[] = [];
      const def: ScalarFunction = {
        kind: 'scalar',
        name: 'f',
        argCount: 2,
        deterministic: true,
        call(args, ctx) {
          for (const i of [0, 1]) {
            if (ctx.getAux(i) === undefined) {
              ctx.setAux(i, args[i]);
              made.push(args[i]!);
            }
          }
          return ctx.getAux(0) as SqlValue;
        },
      };
      const call: FunctionCall = { kind: 'call', def, argCount: 2, collation: null };
      const program = assemble([
        [O.Init],
        [O.Variable, 1, 1],
        [O.Integer, 0, 2],
        'loop',
        [O.PureFunc, 1, 1, 3, call],
        [O.ResultRow, 3, 1],
        [O.AddImm, 2, 1],
        [O.Integer, 2, 4],
        [O.Lt, 4, 'loop', 2],
        [O.Halt],
      ]);
      const h = host();
      expect(h.run(program, ['p'])).toEqual([['p'], ['p']]);
      expect(made).toEqual(['p', 0, 1]);
      expect(h.run(program, ['q'])).toEqual([['q'], ['q']]);
    });

    it('gives what a user function throws to the caller', () => {
      const h = host();
      const boom = { my: 'own' };
      const call = scalar(
        'boom',
        () => {
          throw boom;
        },
        true,
      );
      let caught: unknown;
      try {
        h.run([[O.Init], [O.Function, 0, 0, 1, call], [O.Halt]]);
      } catch (e) {
        caught = e;
      }
      expect(caught).toBe(boom);
      const deep = scalar('deep', () => {
        const go = (n: number): number => go(n + 1) + 1;
        return go(0);
      });
      expect(() => h.run([[O.Init], [O.Function, 0, 0, 1, deep], [O.Halt]])).toThrow(
        'out of memory',
      );
    });

    it('aggregates, with window steps back', () => {
      const sum: FunctionCall = { kind: 'call', def: sumFunction, argCount: 1, collation: null };
      const rows = host().run([
        [O.Init],
        [O.Null, 0, 5],
        [O.AggValue, 5, 1, 6, sum],
        [O.ResultRow, 6, 1],
        [O.Integer, 4, 1],
        [O.AggStep, 0, 1, 5, sum, 1],
        [O.Integer, 5, 1],
        [O.AggStep, 0, 1, 5, sum, 1],
        [O.AggValue, 5, 1, 6, sum],
        [O.ResultRow, 6, 1],
        [O.AggInverse, 0, 1, 5, sum, 1],
        [O.AggStep, 1, 1, 5, sum, 1],
        [O.AggFinal, 5, 1, 0, sum],
        [O.ResultRow, 5, 1],
        [O.Halt],
      ]);
      expect(rows).toEqual([[null], [9], [-1]]);
    });

    it('tells which row has the extreme', () => {
      const max: FunctionCall = { kind: 'call', def: maxFunction, argCount: 1, collation: null };
      const step = (v: SqlValue): Line[] => [
        load(1, v),
        [O.CollSeq, 2, 0, 0, binary],
        [O.AggStep, 0, 1, 5, max, 1],
        [O.ResultRow, 2, 1],
      ];
      const rows = host().run([
        [O.Init],
        [O.Null, 0, 5],
        ...step(null),
        ...step(3),
        ...step(2),
        ...step(3),
        ...step(7),
        ...step(null),
        [O.CollSeq, 0, 0, 0, binary],
        [O.Halt],
      ]);
      expect(rows.map((r) => r[0])).toEqual([0, 0, 1, 1, 0, 1]);
    });
  });

  describe('sub-programs', () => {
    /** A trigger that calls itself until r[1] of its caller is 0. */
    function recursive(token: object, noRecursion: number): Program {
      const sub: { kind: 'program'; token: object; program: Program } = {
        kind: 'program',
        token,
        program: assemble([]),
      };
      const body = assemble(
        [
          [O.Init, 0, 'start'],
          'start',
          [O.Param, 0, 1],
          [O.IfNot, 1, 'end'],
          [O.AddImm, 1, -1],
          [O.Program, 1, 'end', 2, sub, noRecursion],
          'end',
          [O.Halt],
        ],
        { triggerName: 'tr', registerCount: 4, cursorCount: 0 },
      );
      sub.program = body;
      return body;
    }

    function call(h: TestHost, depth: number, p5: number): void {
      const token = {};
      const program = recursive(token, p5);
      h.run([
        [O.Init],
        [O.Integer, depth, 1],
        [O.Program, 1, 'end', 2, { kind: 'program', token, program }, p5],
        'end',
        [O.Halt],
      ]);
    }

    it('nests a thousand levels deep, and no deeper', () => {
      const h = host();
      call(h, 999, 0);
      expect(() => call(h, 1000, 0)).toThrow('too many levels of trigger recursion');
      call(h, 5000, 1);
      h.recursiveTriggers = true;
      expect(() => call(h, 5000, 1)).toThrow('too many levels of trigger recursion');
    });

    it('reads parameters, ignores, keeps counters apart', () => {
      const h = host();
      const log = h.createTree(true);
      const body = assemble(
        [
          [O.Init],
          [O.Param, 1, 1],
          [O.Integer, 7, 2],
          [O.Eq, 2, 'ignore', 1],
          [O.OpenWrite, 0, log, 0, 1],
          [O.NewRowid, 0, 3],
          [O.MakeRecord, 1, 1, 4],
          [O.Insert, 0, 4, 3, info('log'), F.OPFLAG_NCHANGE | F.OPFLAG_LASTROWID],
          [O.ResetCount],
          [O.Halt],
          'ignore',
          [O.Halt, 0, F.ON_CONFLICT_IGNORE],
        ],
        { triggerName: 'tr' },
      );
      const sub: P4 = { kind: 'program', token: {}, program: body };
      const root = h.createTree(true);
      const row = (v: number, label: string): Line[] => [
        [O.Integer, v, 20],
        [O.Program, 19, label, 30, sub],
        [O.MakeRecord, 20, 1, 21],
        [O.Insert, 1, 21, 20, info('t'), F.OPFLAG_NCHANGE | F.OPFLAG_LASTROWID],
        label,
      ];
      h.write(
        [
          [O.Init],
          [O.Transaction, 0, 1],
          [O.OpenWrite, 1, root, 0, 1],
          ...row(5, 'a'),
          ...row(7, 'b'),
          ...row(9, 'c'),
          [O.Halt],
        ],
        { countsChanges: true },
      );
      expect(scan(h, log, 1)).toEqual([
        [1, 5],
        [2, 9],
      ]);
      expect(scan(h, root, 1).map((r) => r[0])).toEqual([5, 9]);
      expect([h.changed, h.total, h.lastRowid]).toEqual([2, 4, 9]);
    });

    it('lets AUTOINCREMENT and MemMax in a trigger use the root frame', () => {
      const h = host();
      const root = h.createTree(true);
      const body = assemble([
        [O.Init],
        [O.OpenWrite, 0, root, 0, 1],
        [O.NewRowid, 0, 1, 5],
        [O.Integer, 100, 2],
        [O.MemMax, 6, 2],
        [O.Halt],
      ]);
      const rows = h.write([
        [O.Init],
        [O.Transaction, 0, 1],
        [O.Integer, 41, 5],
        [O.Integer, 3, 6],
        [O.Program, 1, 'end', 30, { kind: 'program', token: {}, program: body }],
        'end',
        [O.ResultRow, 5, 2],
        [O.Halt],
      ]);
      expect(rows).toEqual([[42, 100]]);
    });
  });
}
