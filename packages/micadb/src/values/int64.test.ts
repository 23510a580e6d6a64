import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as i64 from './int64.ts';
import { normalizeInt, Real } from './value.ts';

const MIN = -(1n << 63n);
const MAX = (1n << 63n) - 1n;
const any64 = fc.oneof(
  fc.bigInt({ min: MIN, max: MAX }),
  fc
    .tuple(fc.bigInt({ min: MIN, max: MAX }), fc.integer({ min: 0, max: 63 }))
    .map(([v, s]) => v >> BigInt(s)),
  fc.constantFrom(MIN, MAX, 0n, -1n, 1n, 1n << 53n, (1n << 53n) - 1n, -(1n << 53n)),
);

function expected(exact: bigint, a: bigint, b: bigint, op: (x: number, y: number) => number) {
  return exact < MIN || exact > MAX ? new Real(op(Number(a), Number(b))) : normalizeInt(exact);
}

describe('64-bit arithmetic', () => {
  it('is exact, and REAL on overflow', () => {
    fc.assert(
      fc.property(any64, any64, (x, y) => {
        const a = normalizeInt(x);
        const b = normalizeInt(y);
        expect(i64.addInt(a, b)).toEqual(expected(x + y, x, y, (p, q) => p + q));
        expect(i64.subInt(a, b)).toEqual(expected(x - y, x, y, (p, q) => p - q));
        expect(i64.mulInt(a, b)).toEqual(expected(x * y, x, y, (p, q) => p * q));
        if (y === 0n) {
          expect(i64.divInt(a, b)).toBe(null);
          expect(i64.remInt(a, b)).toBe(null);
        } else {
          expect(i64.divInt(a, b)).toEqual(expected(x / y, x, y, (p, q) => p / q));
          expect(i64.remInt(a, b)).toBe(normalizeInt(x % y));
        }
        expect(i64.negInt(a)).toEqual(expected(-x, x, 0n, (p) => -p));
        expect(i64.andInt(a, b)).toBe(normalizeInt(x & y));
        expect(i64.orInt(a, b)).toBe(normalizeInt(x | y));
        expect(i64.notInt(a)).toBe(normalizeInt(~x));
        expect(i64.compareInt(a, b)).toBe(x < y ? -1 : x > y ? 1 : 0);
      }),
      { numRuns: 4000 },
    );
  });

  it('shifts', () => {
    fc.assert(
      fc.property(any64, fc.integer({ min: -70, max: 70 }), (x, n) => {
        const a = normalizeInt(x);
        const left = n >= 64 ? 0n : n >= 0 ? BigInt.asIntN(64, x << BigInt(n)) : x >> BigInt(-n);
        expect(i64.shiftLeft(a, n)).toBe(normalizeInt(left));
        expect(i64.shiftRight(a, -n)).toBe(normalizeInt(left));
      }),
      { numRuns: 3000 },
    );
    expect(i64.shiftRight(-5, MAX)).toBe(-1);
    expect(i64.shiftRight(-5, MIN)).toBe(0);
    expect(Object.is(i64.shiftLeft(0, 3), 0)).toBe(true);
  });

  it('never makes -0', () => {
    expect(Object.is(i64.mulInt(-3, 0), 0)).toBe(true);
    expect(Object.is(i64.divInt(-1, 3), 0)).toBe(true);
    expect(Object.is(i64.remInt(-4, 2), 0)).toBe(true);
    expect(Object.is(i64.negInt(0), 0)).toBe(true);
    expect(Object.is(i64.realToInt(-0.5), 0)).toBe(true);
  });

  it('saturates and compares exactly', () => {
    expect(i64.realToInt(1e30)).toBe(MAX);
    expect(i64.realToInt(-Infinity)).toBe(MIN);
    expect(i64.realToInt(2 ** 60 + 2 ** 10)).toBe((1n << 60n) + 1024n);
    expect(i64.compareIntReal((1n << 53n) + 1n, 2 ** 53)).toBe(1);
    expect(i64.compareIntReal(MAX, 2 ** 63)).toBe(-1);
    expect(i64.compareIntReal(3, 3)).toBe(0);
  });
});
