import { describe, expect, it } from 'vitest';
import { Real, type SqlValue } from '../values/value.ts';
import { awkward, mine, oracle } from './testing.ts';

/** Calls with all awkward values in one place and a few in the others. */
function sweep(name: string, ...others: (readonly SqlValue[])[]): void {
  let calls: SqlValue[][] = awkward.map((v) => [v]);
  for (const list of others) calls = calls.flatMap((c) => list.map((o) => [...c, o]));
  for (const args of calls) expect([args, mine(name, args)]).toEqual([args, oracle(name, args)]);
}

const one = [
  ...[
    'abs',
    'sign',
    'round',
    'length',
    'octet_length',
    'typeof',
    'upper',
    'lower',
    'trim',
    'ltrim',
  ],
  ...['rtrim', 'hex', 'unhex', 'char', 'unicode', 'soundex', 'quote', 'unistr_quote', 'concat'],
];

describe('scalar functions against SQLite', () => {
  it.each(one)('%s(X)', (name) => sweep(name));

  it.each([
    'max',
    'min',
    'nullif',
    'instr',
    'concat',
    'concat_ws',
    'trim',
    'ltrim',
    'rtrim',
    'unhex',
  ])('%s(X, Y)', (name) => sweep(name, awkward));
  it.each(['coalesce', 'ifnull', 'iif', 'if'])('%s(X, Y)', (name) => sweep(name, [1, null]));

  const numbers: SqlValue[] = [null, 0, 1, 2, 3, -1, -2, -3, 7, -7, new Real(1.7), '2', '2x', ''];
  const wide = [...numbers, 9223372036854775807n, -9223372036854775808n, 2147483648, -2147483648];
  it('substr(X, Y)', () => sweep('substr', wide));
  it('substr(X, Y, Z)', () => sweep('substring', wide, wide));
  it('round(X, Y)', () => sweep('round', [...numbers, 15, 16, 17, 30, 31, 100]));
  it('replace(X, Y, Z)', () =>
    sweep('replace', awkward, [null, '', 'é', 'xx', 5, awkward.at(-3)!]));
  it('iif with many arguments', () => sweep('iif', [1, null], [0, 1, 'x'], ['a']));

  it('unistr(X)', () => {
    for (const s of [
      '\\0041',
      '\\u00e9',
      '\\+01f600',
      '\\U0001F600',
      '\\\\',
      'a\\\\b',
      '\\',
      '\\q',
      '\\u12',
      '\\ud800',
      '\\U00110000',
      '\\UFFFFFFFF',
      'x\\0000y',
      '\\00e9\\00E9',
    ]) {
      expect([s, mine('unistr', [s])]).toEqual([s, oracle('unistr', [s])]);
    }
    sweep('unistr');
  });

  it('rounds like SQLite', () => {
    let seed = 12345;
    const rnd = () => (seed = (seed * 1103515245 + 12345) % 2147483648) / 2147483648;
    for (let i = 0; i < 4000; i++) {
      const x = new Real(((rnd() - 0.5) * 10 ** Math.floor(rnd() * 18)) / 8);
      const d = Math.floor(rnd() * 18);
      expect([x, d, mine('round', [x, d])]).toEqual([x, d, oracle('round', [x, d])]);
      const h = new Real(Math.round(x.value * 1000) / 1000);
      expect([h, mine('round', [h, 2])]).toEqual([h, oracle('round', [h, 2])]);
    }
  });
});
