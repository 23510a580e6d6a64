import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Real, type SqlValue, Text, UTF8 } from '../values/value.ts';
import { context, find, mine, oracle, show } from './testing.ts';

function check(name: string, args: readonly SqlValue[]): void {
  expect([name, args, mine(name, args)]).toEqual([name, args, oracle(name, args)]);
}

const text = fc.string({
  unit: fc.constantFrom('a', 'b', 'B', 'é', 'É', '\u{1f600}', '%', '_', '-'),
  maxLength: 8,
});
const globUnit = fc.constantFrom('a', 'b', 'c', '*', '?', '[', ']', '^', '-', 'é', '\u{1f600}');

describe('LIKE and GLOB against SQLite', () => {
  it('LIKE', () => {
    const pattern = fc.string({
      unit: fc.constantFrom('a', 'b', 'A', 'é', '\u{1f600}', '%', '_', '-'),
      maxLength: 8,
    });
    fc.assert(
      fc.property(pattern, text, (p, s) => {
        check('like', [p, s]);
        check('like', [p, s, '-']);
        check('like', [p, s, 'a']);
        check('like', [p, s, '%']);
        check('like', [p, s, '\u{1f600}']);
      }),
      { numRuns: 3000 },
    );
  });

  it('GLOB', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: globUnit, maxLength: 9 }),
        fc.string({ unit: globUnit, maxLength: 7 }),
        (p, s) => check('glob', [p, s]),
      ),
      { numRuns: 8000 },
    );
    for (const p of [
      '[a-c]',
      '[^a-c]',
      '[]a]',
      '[^]a]',
      '[a-]',
      '[-a]',
      '[a',
      '[',
      '[]',
      '[^]',
      '[a-c',
      '[c-a]',
      '[a-c-e]',
      '[[]',
      '[*]',
      '*[a]*',
    ]) {
      for (const s of ['a', 'b', 'd', '-', ']', '[', '*', '^', '', 'xa', 'e'])
        check('glob', [p, s]);
    }
  });

  it('other types and errors', () => {
    for (const a of [null, 1, 12, new Real(1.5), 'a\0b', 'a', '', '1%', 'A']) {
      for (const b of [null, 1, 12, new Real(1.5), 'a\0c', 'A', '', 'é']) {
        check('like', [a, b]);
        check('glob', [a, b]);
        for (const e of [null, '', 'x', 'xy', '\u{1f600}', 1, 12]) check('like', [a, b, e]);
      }
    }
    const bad = new Text(new Uint8Array([0x61, 0xff]), UTF8);
    check('like', [bad, bad]);
    check('like', ['a_', bad]);
    check('like', ['%'.repeat(50_001), 'x']);
    expect(mine('like', ['%'.repeat(50_001), 'x'])).toBe('error LIKE or GLOB pattern too complex');
  });

  it('keeps the compiled pattern of a call site and notices another', () => {
    const def = find('like', 2);
    if (def.kind !== 'scalar') throw new Error('like is scalar');
    const ctx = context();
    expect(show(def.call(['a%', 'ABC'], ctx))).toBe('integer 1');
    expect(show(def.call(['b%', 'ABC'], ctx))).toBe('integer 0');
    expect(show(def.call(['a%', 'xyz'], ctx))).toBe('integer 0');
  });
});
