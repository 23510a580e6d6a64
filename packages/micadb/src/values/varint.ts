/**
 * Variable-length integers (file format §1.6, "varint"): one to nine bytes, big-endian, seven bits
 * a byte with the high bit as "more follows"; the ninth byte carries eight bits. The 64-bit value is
 * two's complement, so negative numbers take nine bytes.
 *
 * Reading past the end of the buffer reads zeros (which ends the varint): callers check bounds on
 * the position that results, as they must against damaged files anyway.
 */
import type { Int } from './value.ts';

const TWO32 = 4294967296;

/** The number of bytes of the varint at `pos`: 1 to 9. */
export function varintLen(buf: Uint8Array, pos: number): number {
  if ((buf[pos]! & 0x80) === 0) return 1;
  if ((buf[pos + 1]! & 0x80) === 0) return 2;
  if ((buf[pos + 2]! & 0x80) === 0) return 3;
  for (let n = 3; n < 8; n++) if ((buf[pos + n]! & 0x80) === 0) return n + 1;
  return 9;
}

/** The value of the varint at `pos` as a signed 64-bit integer; its length is `varintLen(buf, pos)`. */
export function readVarint(buf: Uint8Array, pos: number): Int {
  const b0 = buf[pos]!;
  if ((b0 & 0x80) === 0) return b0 | 0;
  const b1 = buf[pos + 1]!;
  if ((b1 & 0x80) === 0) return ((b0 & 0x7f) << 7) | b1;
  const b2 = buf[pos + 2]!;
  if ((b2 & 0x80) === 0) return ((b0 & 0x7f) << 14) | ((b1 & 0x7f) << 7) | b2;
  // Three bytes are 21 bits; up to seven of them (49 bits) stay exact in a double.
  let v = ((b0 & 0x7f) << 14) | ((b1 & 0x7f) << 7) | (b2 & 0x7f);
  for (let n = 3; n < 7; n++) {
    const b = buf[pos + n]!;
    v = v * 128 + (b & 0x7f);
    if ((b & 0x80) === 0) return v;
  }
  return readLongVarint(buf, pos, v);
}

/** Eight or nine bytes: `v` is the value of the first seven. */
function readLongVarint(buf: Uint8Array, pos: number, v: number): Int {
  const b7 = buf[pos + 7]! | 0;
  const high = Math.floor(v / 0x200000); // the upper 28 of 49 bits
  const low = v % 0x200000; // the lower 21
  if ((b7 & 0x80) === 0) return combine(high, low * 128 + b7, 28);
  // Nine bytes: 28 bits, then 21 + 7 + 8 = 36 bits below them.
  const low36 = (low * 128 + (b7 & 0x7f)) * 256 + (buf[pos + 8]! | 0);
  const hi = (high << 4) | Math.floor(low36 / TWO32) | 0;
  return combine(hi, low36 % TWO32, 32);
}

function combine(high: number, low: number, shift: number): Int {
  const v = high * 2 ** shift + low;
  return Number.isSafeInteger(v) ? v : (BigInt(high) << BigInt(shift)) + BigInt(low);
}

/** As `readVarint` for values that are meant to fit in 32 bits; larger ones give 0xffffffff. */
export function readVarint32(buf: Uint8Array, pos: number): number {
  const b0 = buf[pos]!;
  if ((b0 & 0x80) === 0) return b0 | 0;
  const b1 = buf[pos + 1]!;
  if ((b1 & 0x80) === 0) return ((b0 & 0x7f) << 7) | b1;
  const v = readVarint(buf, pos);
  return typeof v === 'number' && v >= 0 && v <= 0xffffffff ? v : 0xffffffff;
}

/** The number of bytes that `v` takes as a varint: 1 to 9. */
export function varintLength(v: Int): number {
  if (typeof v === 'number') {
    if (v < 0) return 9;
    if (v < 0x80) return 1;
    if (v < 0x4000) return 2;
    if (v < 0x200000) return 3;
    if (v < 0x10000000) return 4;
    if (v < 0x800000000) return 5;
    if (v < 0x40000000000) return 6;
    if (v < 0x2000000000000) return 7;
    return 8;
  }
  return v >= 0n && v < 0x100000000000000n ? 8 : 9;
}

/** Writes `v` at `pos` and returns the number of bytes written. The buffer must have room. */
export function writeVarint(buf: Uint8Array, pos: number, v: Int): number {
  if (typeof v === 'number' && v >= 0) {
    if (v < 0x80) {
      buf[pos] = v;
      return 1;
    }
    if (v < 0x4000) {
      buf[pos] = (v >> 7) | 0x80;
      buf[pos + 1] = v & 0x7f;
      return 2;
    }
    const n = varintLength(v);
    buf[pos + n - 1] = v & 0x7f;
    let rest = Math.floor(v / 128);
    for (let i = n - 2; i >= 0; i--) {
      buf[pos + i] = (rest & 0x7f) | 0x80;
      rest = Math.floor(rest / 128);
    }
    return n;
  }
  let high: number;
  let low: number;
  if (typeof v === 'number') {
    high = Math.floor(v / TWO32) >>> 0;
    low = v >>> 0;
  } else {
    const u = BigInt.asUintN(64, v);
    high = Number(u >> 32n);
    low = Number(u & 0xffffffffn);
  }
  if (high < 0x1000000) {
    writeGroups(buf, pos, high, low, 0);
    return 8;
  }
  // Nine bytes: the last one whole, then 56 bits in groups of seven.
  buf[pos + 8] = low & 0xff;
  writeGroups(buf, pos, high >>> 8, ((high << 24) | (low >>> 8)) >>> 0, 0x80);
  return 9;
}

/** Writes 56 bits (24 high, 32 low) as eight bytes of seven bits; `last` is the last one's flag. */
function writeGroups(buf: Uint8Array, pos: number, high: number, low: number, last: number): void {
  buf[pos] = ((high >>> 17) & 0x7f) | 0x80;
  buf[pos + 1] = ((high >>> 10) & 0x7f) | 0x80;
  buf[pos + 2] = ((high >>> 3) & 0x7f) | 0x80;
  buf[pos + 3] = ((high & 7) << 4) | (low >>> 28) | 0x80;
  buf[pos + 4] = ((low >>> 21) & 0x7f) | 0x80;
  buf[pos + 5] = ((low >>> 14) & 0x7f) | 0x80;
  buf[pos + 6] = ((low >>> 7) & 0x7f) | 0x80;
  buf[pos + 7] = (low & 0x7f) | last;
}
