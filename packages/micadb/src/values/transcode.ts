/**
 * Between UTF-8 and UTF-16 bytes as SQLite converts them, also where they are not well-formed:
 *
 *  - a UTF-16 unit of the surrogate range, high or low, makes one character with the unit after it,
 *    whatever that is; the last unit of a text stands alone;
 *  - a UTF-8 lead byte takes all continuation bytes that follow; what comes out below U+0080, as a
 *    surrogate, or as U+FFFE or U+FFFF is U+FFFD. A stray continuation byte is a character.
 */
import { type Encoding, UTF16LE } from './value.ts';

/** UTF-16 bytes as UTF-8; an odd last byte is dropped. */
export function utf16ToUtf8(bytes: Uint8Array, encoding: Encoding): Uint8Array {
  const lo = encoding === UTF16LE ? 0 : 1;
  const n = bytes.length & ~1;
  const unit = (p: number): number => bytes[p + lo]! | (bytes[p + 1 - lo]! << 8);
  const out = new Uint8Array(n * 2);
  let q = 0;
  for (let p = 0; p < n; ) {
    let c = unit(p);
    p += 2;
    if ((c & 0xf800) === 0xd800 && p < n) {
      c = (unit(p) & 0x3ff) + ((c & 0x3f) << 10) + (((c & 0x3c0) + 0x40) << 10);
      p += 2;
    }
    q = writeChar(out, q, c);
  }
  return out.subarray(0, q);
}

/** A string as UTF-8 in which a lone surrogate has the three bytes of its number. */
export function stringToWtf8(s: string): Uint8Array {
  const out = new Uint8Array(s.length * 3);
  let q = 0;
  for (const c of s) q = writeChar(out, q, c.codePointAt(0)!);
  return out.slice(0, q);
}

function writeChar(out: Uint8Array, at: number, c: number): number {
  let q = at;
  if (c < 0x80) {
    out[q++] = c;
    return q;
  }
  if (c < 0x800) {
    out[q++] = 0xc0 | (c >> 6);
  } else {
    if (c < 0x10000) {
      out[q++] = 0xe0 | (c >> 12);
    } else {
      out[q++] = 0xf0 | ((c >> 18) & 7);
      out[q++] = 0x80 | ((c >> 12) & 0x3f);
    }
    out[q++] = 0x80 | ((c >> 6) & 0x3f);
  }
  out[q++] = 0x80 | (c & 0x3f);
  return q;
}

/** UTF-8 bytes as UTF-16. */
export function utf8ToUtf16(bytes: Uint8Array, encoding: Encoding): Uint8Array {
  const lo = encoding === UTF16LE ? 0 : 1;
  const out = new Uint8Array(bytes.length * 2);
  let q = 0;
  const put = (u: number): void => {
    out[q + lo] = u & 0xff;
    out[q + 1 - lo] = (u >> 8) & 0xff;
    q += 2;
  };
  for (let p = 0; p < bytes.length; p = skipUtf8(bytes, p)) {
    const c = readUtf8(bytes, p);
    if (c <= 0xffff) {
      put(c);
    } else {
      const high = ((c >>> 10) & 0x3f) + (((c - 0x10000) >>> 10) & 0xc0);
      put((((0xd8 + (((c - 0x10000) >>> 18) & 3)) << 8) | high) >>> 0);
      put(((0xdc + ((c >>> 8) & 3)) << 8) | (c & 0xff));
    }
  }
  return out.subarray(0, q);
}

/** Byte position behind the character at `p`. */
export function skipUtf8(bytes: Uint8Array, p: number): number {
  const lead = bytes[p]!;
  p++;
  if (lead >= 0xc0) while (p < bytes.length && (bytes[p]! & 0xc0) === 0x80) p++;
  return p;
}

/** The character at `start`; up to 32 bits. */
export function readUtf8(bytes: Uint8Array, start: number): number {
  const lead = bytes[start]!;
  let c = lead;
  if (c < 0xc0) return c;
  c = c < 0xe0 ? c & 0x1f : c < 0xf0 ? c & 0x0f : c < 0xf8 ? c & 0x07 : c < 0xfc ? c & 3 : c & 1;
  if (lead >= 0xfe) c = 0;
  for (let p = start + 1; p < bytes.length && (bytes[p]! & 0xc0) === 0x80; p++) {
    c = (c * 64 + (bytes[p]! & 0x3f)) >>> 0;
  }
  const bad = c < 0x80 || (c & 0xfffff800) >>> 0 === 0xd800 || (c & 0xfffffffe) >>> 0 === 0xfffe;
  return bad ? 0xfffd : c;
}
