import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normalizeInt, Real, type SqlValue } from '../values/value.ts';
import { aggregateBoth, context, find, show } from './testing.ts';

const value: fc.Arbitrary<SqlValue> = fc.oneof(
  fc.constant(null),
  fc.integer({ min: -100, max: 100 }),
  fc.constantFrom<SqlValue>(9223372036854775807n, -9223372036854775808n, 9007199254740993n),
  fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }).map(normalizeInt),
  fc.double({ min: -1e6, max: 1e6, noNaN: true }).map((v) => new Real(v + 0)),
  fc.constantFrom<SqlValue>(
    new Real(0.1),
    new Real(1e300),
    new Real(Infinity),
    new Real(-Infinity),
  ),
  fc.constantFrom<SqlValue>('12', '1.5', 'abc', '3x', '', 'é', 'B', 'b'),
  fc.constantFrom<SqlValue>(new Uint8Array([0x31, 0x32]), new Uint8Array([0xff])),
);

describe('aggregates against SQLite', () => {
  it.each(['count', 'sum', 'total', 'avg', 'min', 'max', 'group_concat', 'median'])(
    '%s(X)',
    (name) => {
      fc.assert(
        fc.property(fc.array(value, { maxLength: 7 }), (values) => {
          const [ours, theirs] = aggregateBoth(
            name,
            values.map((v) => [v]),
            1,
          );
          expect([values, ours]).toEqual([values, theirs]);
        }),
        { numRuns: 1200 },
      );
    },
  );

  it('sums of reals are compensated', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ noNaN: true, min: -1e16, max: 1e16 }), {
          minLength: 5,
          maxLength: 40,
        }),
        (list) => {
          const rows = list.map((v) => [new Real(v)]);
          for (const name of ['sum', 'avg', 'total']) {
            const [ours, theirs] = aggregateBoth(name, rows, 1);
            expect(ours).toBe(theirs);
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  it.each(['group_concat', 'string_agg'])('%s(X, Y)', (name) => {
    fc.assert(
      fc.property(fc.array(fc.tuple(value, value), { maxLength: 5 }), (rows) => {
        const [ours, theirs] = aggregateBoth(name, rows, 2);
        expect([rows, ours]).toEqual([rows, theirs]);
      }),
      { numRuns: 600 },
    );
  });

  it.each(['percentile', 'percentile_cont', 'percentile_disc'])('%s(X, P)', (name) => {
    // Without -0, whose place among zeros is left open by SQLite's sort.
    const number = fc.oneof(
      fc.integer({ min: -9, max: 9 }),
      fc.double({ min: -9, max: 9, noNaN: true }).map((v) => new Real(v + 0)),
    );
    const fraction = fc.constantFrom<SqlValue>(
      0,
      1,
      25,
      50,
      100,
      new Real(0.5),
      new Real(0.1),
      new Real(33.3),
      101,
      -1,
      'x',
      '0.5',
      null,
    );
    fc.assert(
      fc.property(fc.array(number, { maxLength: 8 }), fraction, (xs, p) => {
        const rows = xs.map((x) => [x, p]);
        const [ours, theirs] = aggregateBoth(name, rows, 2);
        expect([rows, ours]).toEqual([rows, theirs]);
      }),
      { numRuns: 600 },
    );
    for (const rows of [
      [['x', 1]],
      [[null, 1]],
      [
        [1, 1],
        [2, 0],
      ],
      [[new Real(Infinity), 1]],
      [['5', 1]],
      [[null, 7]],
    ] as SqlValue[][][]) {
      const [ours, theirs] = aggregateBoth(name, rows, 2);
      expect([rows, ours]).toEqual([rows, theirs]);
    }
  });

  it('give back what they took (windows)', () => {
    for (const name of ['count', 'sum', 'total', 'avg', 'group_concat', 'median']) {
      const def = find(name, 1);
      if (def.kind !== 'aggregate') throw new Error(name);
      const ctx = context();
      fc.assert(
        fc.property(
          fc.array(fc.oneof(fc.integer({ min: -1000, max: 1000 }), fc.constant(null)), {
            minLength: 1,
            maxLength: 30,
          }),
          fc.nat(29),
          (values, k) => {
            const drop = Math.min(k, values.length - 1);
            const state = def.init();
            for (const v of values) def.step(state, [v], ctx);
            for (const v of values.slice(0, drop)) def.inverse!(state, [v], ctx);
            const [, theirs] = aggregateBoth(
              name,
              values.slice(drop).map((v) => [v]),
              1,
            );
            expect([values, drop, show(def.value!(state, ctx))]).toEqual([values, drop, theirs]);
          },
        ),
        { numRuns: 150 },
      );
    }
  });
});
