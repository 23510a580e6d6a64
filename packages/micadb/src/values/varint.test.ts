import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normalizeInt } from './value.ts';
import { readVarint, readVarint32, varintLen, varintLength, writeVarint } from './varint.ts';

const int64 = fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n });

describe('varint', () => {
  it.each([
    [0n, [0x00]],
    [127n, [0x7f]],
    [128n, [0x81, 0x00]],
    [16383n, [0xff, 0x7f]],
    [16384n, [0x81, 0x80, 0x00]],
    [0xffffffffn, [0x8f, 0xff, 0xff, 0xff, 0x7f]],
    [(1n << 56n) - 1n, [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]],
    [1n << 56n, [0x80, 0xc0, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00]],
    [-1n, [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]],
    [-(1n << 63n), [0xc0, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00]],
  ])('%s has its documented bytes', (value, bytes) => {
    const buf = new Uint8Array(12);
    const v = normalizeInt(value);
    expect(writeVarint(buf, 1, v)).toBe(bytes.length);
    expect([...buf.subarray(1, 1 + bytes.length)]).toEqual(bytes);
    expect(readVarint(buf, 1)).toBe(v);
  });

  it('reads back what it writes', () => {
    const buf = new Uint8Array(16);
    const small = fc.tuple(int64, fc.integer({ min: 0, max: 63 })).map(([v, s]) => v >> BigInt(s));
    fc.assert(
      fc.property(small, (value) => {
        const v = normalizeInt(value);
        const n = writeVarint(buf, 2, v);
        expect(n).toBe(varintLength(v));
        expect(varintLen(buf, 2)).toBe(n);
        expect(readVarint(buf, 2)).toBe(v);
        expect(readVarint32(buf, 2)).toBe(
          value >= 0n && value <= 0xffffffffn ? Number(value) : 0xffffffff,
        );
      }),
      { numRuns: 3000 },
    );
  });

  it('ends at the end of the buffer', () => {
    expect(varintLen(new Uint8Array([0xff]), 0)).toBe(2);
    expect(readVarint(new Uint8Array([0x81]), 0)).toBe(128);
  });
});
