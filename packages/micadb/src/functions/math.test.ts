import { describe, expect, it } from 'vitest';
import { Real, type SqlValue } from '../values/value.ts';
import { ask, awkward, mine } from './testing.ts';

/**
 * The last bits of transcendental functions differ between mathematical libraries: reals are
 * compared to 14 digits, everything else exactly.
 */
function close(a: string, b: string): boolean {
  if (a === b) return true;
  if (!a.startsWith('real ') || !b.startsWith('real ')) return false;
  const [x, y] = [Number(a.slice(5)), Number(b.slice(5))];
  return Math.abs(x - y) <= 1e-14 * Math.max(Math.abs(x), Math.abs(y));
}

function check(name: string, args: readonly SqlValue[]): void {
  if (args.some((a) => a instanceof Object && 'bytes' in a)) return;
  const ours = mine(name, args);
  const theirs = ask(`${name}(${args.map(() => '?').join(',')})`, args);
  expect([name, args, ours, close(ours, theirs) ? ours : theirs]).toEqual([name, args, ours, ours]);
}

const more: SqlValue[] = [0.1, 0.25, 0.9, 1.1, 3.7, -3.7, 30, 180, 700, 720, -720].map(
  (v) => new Real(v),
);

describe('mathematical functions against SQLite', () => {
  it.each([
    ...['ceil', 'ceiling', 'floor', 'trunc', 'ln', 'log', 'log10', 'log2', 'exp', 'acos', 'asin'],
    ...['atan', 'cos', 'sin', 'tan', 'cosh', 'sinh', 'tanh', 'acosh', 'asinh', 'atanh', 'sqrt'],
    ...['radians', 'degrees'],
  ])('%s(X)', (name) => {
    for (const v of [...awkward, ...more]) check(name, [v]);
  });

  it.each(['pow', 'power', 'mod', 'atan2', 'log'])('%s(X, Y)', (name) => {
    for (const a of [...awkward, ...more])
      for (const b of [...awkward, ...more]) check(name, [a, b]);
  });

  it('pi()', () => check('pi', []));
});
