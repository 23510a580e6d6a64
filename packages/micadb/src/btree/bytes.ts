/**
 * Integers as page bytes hold them: big-endian fixed sizes and varints (file format §1.6). Reading
 * never throws: past the end of a page a byte counts as zero, so damaged input gives a wrong number
 * that the caller's range checks then refuse. Copying is checked, see {@link copyBytes}.
 */
import { corrupt } from '../values/errors.ts';
import type { Int } from '../values/value.ts';

const TWO32 = 4294967296;

export function get2(d: Uint8Array, o: number): number {
  return (d[o]! << 8) | d[o + 1]!;
}

export function get4(d: Uint8Array, o: number): number {
  return ((d[o]! << 24) | (d[o + 1]! << 16) | (d[o + 2]! << 8) | d[o + 3]!) >>> 0;
}

export function put2(d: Uint8Array, o: number, v: number): void {
  d[o] = v >>> 8;
  d[o + 1] = v;
}

export function put4(d: Uint8Array, o: number, v: number): void {
  d[o] = v >>> 24;
  d[o + 1] = v >>> 16;
  d[o + 2] = v >>> 8;
  d[o + 3] = v;
}

/** A 16-bit offset where zero stands for 65536 (start of the cell content area). */
export function get2NotZero(d: Uint8Array, o: number): number {
  return ((((d[o]! << 8) | d[o + 1]!) - 1) & 0xffff) + 1;
}

/** The low 32 bits, unsigned, of the varint at `o`. */
export function readVarint32(d: Uint8Array, o: number): number {
  let b = d[o]!;
  if (b < 0x80) return b;
  let v = b & 0x7f;
  for (let i = 1; i < 8; i++) {
    b = d[o + i]!;
    v = (v << 7) | (b & 0x7f);
    if (!(b >= 0x80)) return v >>> 0;
  }
  return ((v << 8) | d[o + 8]!) >>> 0;
}

/** The varint at `o` as a signed 64-bit INTEGER. */
export function readRowid(d: Uint8Array, o: number): Int {
  const b0 = d[o]!;
  if (b0 < 0x80) return b0;
  const b1 = d[o + 1]!;
  if (b1 < 0x80) return ((b0 & 0x7f) << 7) | b1;
  const b2 = d[o + 2]!;
  if (b2 < 0x80) return ((b0 & 0x7f) << 14) | ((b1 & 0x7f) << 7) | b2;
  return readLongRowid(d, o);
}

/** Apart from the common lengths, so that those can be inlined. */
function readLongRowid(d: Uint8Array, o: number): Int {
  let b = d[o]!;
  let v = b & 0x7f;
  for (let i = 1; i < 4; i++) {
    b = d[o + i]!;
    v = (v << 7) | (b & 0x7f);
    if (!(b >= 0x80)) return v;
  }
  let x = v; // 28 bits so far; doubles from here
  for (let i = 4; i < 7; i++) {
    b = d[o + i]!;
    x = x * 128 + (b & 0x7f);
    if (!(b >= 0x80)) return x;
  }
  // x has 49 bits: the last one or two bytes give 7, or 7 + 8 more.
  b = d[o + 7]! | 0;
  if (b < 0x80) {
    if (x < 70368744177664) return x * 128 + b; // below 2^46: below 2^53 in all
    return BigInt(x) * 128n + BigInt(b);
  }
  const last = d[o + 8]!;
  const high = Math.floor(x / 131072) | 0; // the upper 32 of 64 bits
  const low = (((x % 131072) * 32768) | ((b & 0x7f) << 8) | last) >>> 0;
  return joinInt(high, low);
}

/** high * 2^32 + low, canonical. */
function joinInt(high: number, low: number): Int {
  if (high >= -2097152 && high < 2097152 && !(high === -2097152 && low === 0)) {
    return high * TWO32 + low;
  }
  return (BigInt(high) << 32n) | BigInt(low);
}

/** Copies `n` bytes; SQLITE_CORRUPT where either side does not have them. */
export function copyBytes(
  dst: Uint8Array,
  dstOff: number,
  src: Uint8Array,
  srcOff: number,
  n: number,
): void {
  if (n < 0 || srcOff < 0 || dstOff < 0 || srcOff + n > src.length || dstOff + n > dst.length) {
    throw corrupt('copyBytes');
  }
  if (n <= 16) {
    for (let i = 0; i < n; i++) dst[dstOff + i] = src[srcOff + i]!;
  } else if (dst === src) {
    dst.copyWithin(dstOff, srcOff, srcOff + n);
  } else {
    dst.set(srcOff === 0 && n === src.length ? src : src.subarray(srcOff, srcOff + n), dstOff);
  }
}
