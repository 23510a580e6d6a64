/**
 * Text arguments and results of functions.
 *
 * Functions work on JavaScript strings. TEXT (or a BLOB used as text) whose bytes are not valid in
 * their encoding becomes a "lenient" string: each byte that is no part of a well-formed sequence is
 * the lone surrogate U+DC00 + byte, so that results put the byte back where it was.
 */
import { numberToText } from '../values/format.ts';
import { readUtf8, skipUtf8 } from '../values/transcode.ts';
import { decodeText, isValidUtf8, textBytes, utf8ToStringLossy } from '../values/utf.ts';
import { Real, type SqlValue, Text, UTF8 } from '../values/value.ts';
import type { FunctionContext } from './types.ts';

/** Any value but NULL as text, as sqlite3_value_text gives it (not cut at NUL). */
export function textOf(v: SqlValue, ctx: FunctionContext): string {
  if (typeof v === 'string') return v;
  if (typeof v === 'number' || typeof v === 'bigint' || v instanceof Real) return numberToText(v);
  if (v === null) return '';
  const t = v instanceof Text ? v : decodeText(v, 0, v.length, ctx.host.encoding);
  return typeof t === 'string' ? t : lenient(textBytes(t, UTF8));
}

/** True when a value may have become a lenient string. */
export function isRaw(v: SqlValue): boolean {
  return v instanceof Uint8Array || v instanceof Text;
}

/** A result made from texts of which some may have been lenient. */
export function textResult(s: string, args: readonly SqlValue[]): string | Text {
  for (let i = 0; i < args.length; i++) if (isRaw(args[i]!)) return fromLenient(s);
  return s;
}

/** UTF-8 bytes as a lenient string. */
export function lenient(bytes: Uint8Array): string {
  let out = '';
  let good = 0;
  let i = 0;
  const n = bytes.length;
  while (i < n) {
    const size = sequenceLength(bytes[i]!);
    if (size > 0 && i + size <= n && isValidUtf8(bytes, i, i + size)) {
      i += size;
      continue;
    }
    if (good < i) out += utf8ToStringLossy(bytes, good, i);
    out += String.fromCharCode(0xdc00 + bytes[i]!);
    i++;
    good = i;
  }
  return good < n ? out + utf8ToStringLossy(bytes, good, n) : out;
}

function sequenceLength(lead: number): number {
  if (lead < 0x80) return 1;
  if (lead < 0xc2) return 0;
  if (lead < 0xe0) return 2;
  if (lead < 0xf0) return 3;
  return lead < 0xf5 ? 4 : 0;
}

/** The value of a lenient string: `Text` when it carries bytes that are no text. */
export function fromLenient(s: string): string | Text {
  if (!/[\udc80-\udcff]/.test(s)) return s;
  const bytes: number[] = [];
  let raw = false;
  for (let i = 0; i < s.length; i++) {
    const c = s.codePointAt(i)!;
    if (c >= 0xdc80 && c <= 0xdcff) {
      bytes.push(c - 0xdc00);
      raw = true;
      continue;
    }
    if (c > 0xffff) i++;
    pushUtf8(bytes, c);
  }
  return raw ? decodeText(Uint8Array.from(bytes), 0, bytes.length, UTF8) : s;
}

function pushUtf8(bytes: number[], c: number): void {
  if (c < 0x80) {
    bytes.push(c);
  } else if (c < 0x800) {
    bytes.push(0xc0 | (c >> 6), 0x80 | (c & 0x3f));
  } else if (c < 0x10000) {
    bytes.push(0xe0 | (c >> 12), 0x80 | ((c >> 6) & 0x3f), 0x80 | (c & 0x3f));
  } else {
    bytes.push(
      0xf0 | (c >> 18),
      0x80 | ((c >> 12) & 0x3f),
      0x80 | ((c >> 6) & 0x3f),
      0x80 | (c & 0x3f),
    );
  }
}

/** The part of a text before its first NUL: what C functions see. */
export function untilNul(s: string): string {
  const i = s.indexOf('\0');
  return i < 0 ? s : s.slice(0, i);
}

/** Bytes of UTF-8 text, or null when the value is a text that a string carries. */
export function rawBytes(v: SqlValue): Uint8Array | null {
  return v instanceof Text ? textBytes(v, UTF8) : null;
}

/**
 * A value as text for LIKE and GLOB: the characters that SQLite reads, up to a NUL. What is no
 * character (above U+10FFFF) becomes a lone high surrogate.
 */
export function charsOf(v: SqlValue, ctx: FunctionContext): string {
  const t = v instanceof Uint8Array ? decodeText(v, 0, v.length, ctx.host.encoding) : v;
  if (!(t instanceof Text)) return untilNul(textOf(t, ctx));
  const bytes = textBytes(t, UTF8);
  let s = '';
  for (let p = 0; p < bytes.length && bytes[p] !== 0; p = skipUtf8(bytes, p)) {
    const c = readUtf8(bytes, p);
    s += c > 0x10ffff ? String.fromCharCode(0xd800 + (c % 1024)) : String.fromCodePoint(c);
  }
  return s;
}

/** True when all characters are ASCII. */
export function isAscii(s: string): boolean {
  if (s.length > 64) return !BEYOND_ASCII.test(s);
  for (let i = 0; i < s.length; i++) if (s.charCodeAt(i) > 0x7f) return false;
  return true;
}
const BEYOND_ASCII = /[\u0080-\uffff]/;

/** ASCII letters in lower case, as LIKE and lower() fold. */
export function lowerAscii(s: string): string {
  if (isAscii(s)) return s.toLowerCase();
  return s.replace(/[A-Z]+/g, (m) => m.toLowerCase());
}

/** ASCII letters in upper case. */
export function upperAscii(s: string): string {
  if (isAscii(s)) return s.toUpperCase();
  return s.replace(/[a-z]+/g, (m) => m.toUpperCase());
}

const SURROGATE = /[\ud800-\udfff]/;

/** True when each code unit of the string is a character. */
export function isBmp(s: string): boolean {
  if (s.length > 64) return !SURROGATE.test(s);
  for (let i = 0; i < s.length; i++) if ((s.charCodeAt(i) & 0xf800) === 0xd800) return false;
  return true;
}

/** Number of characters (code points) of a string. */
export function charCount(s: string): number {
  const n = s.length;
  if (isBmp(s)) return n;
  let count = n;
  for (let i = 0; i + 1 < n; i++) {
    if ((s.charCodeAt(i) & 0xfc00) === 0xd800 && (s.charCodeAt(i + 1) & 0xfc00) === 0xdc00) {
      count--;
      i++;
    }
  }
  return count;
}

/** The index of the code unit that is `chars` characters after index `from` (at most the length). */
export function advance(s: string, from: number, chars: number): number {
  const n = s.length;
  let i = from;
  while (chars > 0 && i < n) {
    if (
      (s.charCodeAt(i) & 0xfc00) === 0xd800 &&
      i + 1 < n &&
      (s.charCodeAt(i + 1) & 0xfc00) === 0xdc00
    ) {
      i++;
    }
    i++;
    chars--;
  }
  return i;
}
