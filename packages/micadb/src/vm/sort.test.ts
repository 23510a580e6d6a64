/** sortArena against a stable sort by compareRecords: texts and blobs that are alike for long, end in zeros, are prefixes. */
import { describe, expect, it } from 'vitest';
import { Random } from '../../../../test/random.ts';
import { compareRecords } from '../values/compare.ts';
import type { KeyInfo } from '../values/key.ts';
import { makeKeyInfo } from '../values/keyinfo.ts';
import { RecordEncoder } from '../values/record.ts';
import { Real, type SqlValue } from '../values/value.ts';
import { RecordArena, sortArena } from './sort.ts';

const text = (r: Random, alphabet: string, most: number): string =>
  Array.from({ length: r.below(most) }, () => alphabet[r.below(alphabet.length)]).join('');

const KINDS: readonly ((r: Random) => SqlValue)[] = [
  (r) => 'http://example.org/a/long/way/'.slice(0, r.below(31)) + text(r, 'ab', 9),
  (r) => text(r, 'a\0', 20),
  (r) => `${'x'.repeat(500)}${text(r, 'xy', 4)}`,
  (r) => new TextEncoder().encode(text(r, '\0\x01', 14)),
  (r) => text(r, 'aA ', 8),
  (r) => r.below(40) - 20,
  (r) => new Real(r.below(30) / 4),
  (r) =>
    r.pick([
      2n ** 60n,
      2n ** 60n + 1n,
      5,
      new Real(2 ** 60),
      new Real(Infinity),
      new Real(-Infinity),
    ]),
  (r) => r.pick([1, 'a', new Uint8Array([1]), null]),
];

function expected(arena: RecordArena, info: KeyInfo): number[] {
  const { data, starts } = arena;
  const order = Array.from({ length: arena.count }, (_, i) => i);
  return order.sort((a, b) => {
    const [p, q] = [starts[a]!, starts[b]!];
    const rc = compareRecords(data, p, starts[a + 1]! - p, data, q, starts[b + 1]! - q, info);
    return rc !== 0 ? rc : a - b;
  });
}

describe('sortArena', () => {
  it.each(Array.from({ length: 60 }, (_, seed) => seed))('seed %i', (seed) => {
    const r = new Random(seed + 1);
    for (let round = 0; round < 8; round++) {
      const kinds = [r.pick(KINDS), r.pick(KINDS), r.pick(KINDS)];
      const nulls = r.below(3) * 5;
      const count = r.pick([3, 13, 60, 300, 2000]);
      const encoding = r.below(6) === 0 ? 2 : 1;
      const encoder = new RecordEncoder(encoding);
      const arena = new RecordArena();
      for (let i = 0; i < count; i++) {
        const row: SqlValue[] = kinds.map((kind) => (r.below(100) < nulls ? null : kind(r)));
        const length = encoder.encode([...row, i], 0, 4);
        arena.add(encoder.buffer, length);
      }
      const fields = 1 + r.below(3);
      const info = makeKeyInfo(encoding, 4, [], [r.below(4), r.below(4), r.below(4)], fields);
      expect([...sortArena(arena, info)]).toEqual(expected(arena, info));
    }
  });

  it('is not led into the depth by texts that are prefixes of each other', () => {
    const encoder = new RecordEncoder(1);
    const arena = new RecordArena();
    for (let i = 0; i < 1500; i++) {
      const length = encoder.encode(['z'.repeat((i * 7919) % 1500)], 0, 1);
      arena.add(encoder.buffer, length);
    }
    const info = makeKeyInfo(1, 1);
    expect([...sortArena(arena, info)]).toEqual(expected(arena, info));
  });
});
