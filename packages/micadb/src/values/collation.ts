/**
 * The built-in collating sequences (datatype3 §7) and the comparators of text in the three database
 * encodings (architecture, wall 4).
 *
 * BINARY is memcmp of the stored bytes. UTF-8 bytes order as code points do, which is not how
 * JavaScript's `<` orders (surrogates stand below U+E000); UTF-16be orders by code unit, as `<`;
 * UTF-16le by the low byte of the first unit that differs, then by its high byte. NOCASE and RTRIM
 * are defined on UTF-8, whatever the database's encoding.
 */
import type { Collation } from './key.ts';
import { textBytes, textToString, utf8Length } from './utf.ts';
import { type Encoding, type Text, UTF8, UTF16BE, UTF16LE } from './value.ts';

/** Order of strings by code point: memcmp of their UTF-8. A lone surrogate counts as U+FFFD. */
export function compareStringsUtf8(a: string, b: string): number {
  const n = Math.min(a.length, b.length);
  for (let i = 0; i < n; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) {
      if (x < 0xd800 || y < 0xd800) return x - y;
      return compareFromSurrogate(a, b, i);
    }
  }
  const tail = a.length - b.length;
  // One is a prefix of the other, unless it ends in the middle of a pair.
  if (tail !== 0 && n > 0 && (a.charCodeAt(n - 1) & 0xfc00) === 0xd800) {
    return compareFromSurrogate(a, b, n);
  }
  return tail;
}

/** Continues at unit `i`, where the units differ and may be surrogates. */
function compareFromSurrogate(a: string, b: string, i: number): number {
  if (i > 0 && (a.charCodeAt(i - 1) & 0xfc00) === 0xd800) i--;
  let j = i;
  while (i < a.length && j < b.length) {
    let x = a.codePointAt(i)!;
    let y = b.codePointAt(j)!;
    i += x > 0xffff ? 2 : 1;
    j += y > 0xffff ? 2 : 1;
    if ((x & 0xfffff800) === 0xd800) x = 0xfffd;
    if ((y & 0xfffff800) === 0xd800) y = 0xfffd;
    if (x !== y) return x - y;
  }
  return i < a.length ? 1 : j < b.length ? -1 : 0;
}

function compareStringsUtf16be(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Order of strings by their UTF-16le bytes. */
export function compareStringsUtf16le(a: string, b: string): number {
  const n = Math.min(a.length, b.length);
  for (let i = 0; i < n; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) {
      const low = (x & 0xff) - (y & 0xff);
      return low !== 0 ? low : x - y;
    }
  }
  return a.length - b.length;
}

/** memcmp, then the shorter first. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const n = Math.min(a.length, b.length);
  for (let i = 0; i < n; i++) {
    const d = a[i]! - b[i]!;
    if (d !== 0) return d;
  }
  return a.length - b.length;
}

/** The same of `n` bytes from `p` on and `m` bytes from `q` on. */
export function compareRanges(
  a: Uint8Array,
  p: number,
  n: number,
  b: Uint8Array,
  q: number,
  m: number,
): number {
  const least = Math.min(n, m);
  for (let i = 0; i < least; i++) {
    const d = a[p + i]! - b[q + i]!;
    if (d !== 0) return d;
  }
  return n - m;
}

/** ASCII letters folded to lower case, as NOCASE and LIKE fold. */
export function foldAscii(c: number): number {
  return c >= 0x41 && c <= 0x5a ? c + 32 : c;
}

function compareNoCase(a: string, b: string): number {
  const n = Math.min(a.length, b.length);
  for (let i = 0; i < n; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) {
      if (x >= 0xd800 && y >= 0xd800) {
        return compareStringsUtf8(foldString(a), foldString(b));
      }
      const d = foldAscii(x) - foldAscii(y);
      if (d !== 0) return d;
    } else if (x === 0) {
      // SQLite's NOCASE looks no further than a NUL that both have: then the byte length decides.
      return utf8Length(a) - utf8Length(b);
    }
  }
  const tail = a.length - b.length;
  return tail !== 0 && n > 0 && (a.charCodeAt(n - 1) & 0xfc00) === 0xd800
    ? compareStringsUtf8(foldString(a), foldString(b))
    : tail;
}

function foldString(s: string): string {
  return s.replace(/[A-Z]+/g, (m) => m.toLowerCase());
}

function trimEnd(s: string): string {
  let n = s.length;
  while (n > 0 && s.charCodeAt(n - 1) === 0x20) n--;
  return n === s.length ? s : s.slice(0, n);
}

function collation(
  name: string,
  kind: Collation['kind'],
  compare: (a: string, b: string) => number,
): Collation {
  return { name, kind, compare };
}

const binary: Readonly<Record<Encoding, Collation>> = {
  [UTF8]: collation('BINARY', 'binary', compareStringsUtf8),
  [UTF16LE]: collation('BINARY', 'binary', compareStringsUtf16le),
  [UTF16BE]: collation('BINARY', 'binary', compareStringsUtf16be),
};
const nocase = collation('NOCASE', 'nocase', compareNoCase);
const rtrim = collation('RTRIM', 'rtrim', (a, b) => compareStringsUtf8(trimEnd(a), trimEnd(b)));

export function binaryCollation(encoding: Encoding): Collation {
  return binary[encoding];
}
export function nocaseCollation(_encoding: Encoding): Collation {
  return nocase;
}
export function rtrimCollation(_encoding: Encoding): Collation {
  return rtrim;
}

/** A built-in collation by name (any case), or null. */
export function builtinCollation(name: string, encoding: Encoding): Collation | null {
  switch (name.toUpperCase()) {
    case 'BINARY':
      return binary[encoding];
    case 'NOCASE':
      return nocase;
    case 'RTRIM':
      return rtrim;
    default:
      return null;
  }
}

/** The three built-in collations of databases in `encoding`. */
export function builtinCollations(encoding: Encoding): readonly Collation[] {
  return [binary[encoding], nocase, rtrim];
}

/** Exceptions of users' collations that are under way. */
const thrown = new WeakSet<object>();

/** A user's collation. What `compare` throws reaches the caller as it is. */
export function userCollation(name: string, compare: (a: string, b: string) => number): Collation {
  return collation(name, 'user', (a, b) => {
    try {
      return compare(a, b);
    } catch (e) {
      if (typeof e === 'object' && e !== null) thrown.add(e);
      throw e;
    }
  });
}

/** True for what a user's collation has thrown, even if the runtime throws such things too. */
export function thrownByCollation(e: unknown): boolean {
  return typeof e === 'object' && e !== null && thrown.has(e);
}

/** Order of two TEXT values by a collation. Bytes that are no valid text are compared as bytes. */
export function compareText(
  a: string | Text,
  b: string | Text,
  collation: Collation,
  encoding: Encoding,
): number {
  if (typeof a === 'string' && typeof b === 'string') return collation.compare(a, b);
  switch (collation.kind) {
    case 'binary':
      return compareBytes(textBytes(a, encoding), textBytes(b, encoding));
    case 'nocase':
      return compareBytesNoCase(textBytes(a, UTF8), textBytes(b, UTF8));
    case 'rtrim':
      return compareBytes(trimBytes(textBytes(a, UTF8)), trimBytes(textBytes(b, UTF8)));
    case 'user':
      return collation.compare(textToString(a), textToString(b));
  }
}

function compareBytesNoCase(a: Uint8Array, b: Uint8Array): number {
  const n = Math.min(a.length, b.length);
  for (let i = 0; i < n; i++) {
    const d = foldAscii(a[i]!) - foldAscii(b[i]!);
    if (d !== 0) return d;
    if (a[i] === 0) break;
  }
  return a.length - b.length;
}

function trimBytes(b: Uint8Array): Uint8Array {
  let n = b.length;
  while (n > 0 && b[n - 1] === 0x20) n--;
  return b.subarray(0, n);
}
