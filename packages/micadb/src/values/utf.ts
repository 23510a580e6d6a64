/**
 * Between bytes and JavaScript strings, in the three text encodings of a database.
 *
 *  1. Bytes decode to a string when they are well-formed and survive SQLite's conversions between the
 *     encodings: UTF-8 without overlong forms, surrogates or anything above U+10FFFF; UTF-16 of even
 *     length, without lone surrogates, U+FFFE and U+FFFF. Else they stay bytes, as `Text`.
 *  2. A lone surrogate in a string is U+FFFD when it is written, as everywhere in JavaScript; in UTF-16
 *     so are U+FFFE and U+FFFF, since SQLite gets its strings as UTF-8.
 *  3. `Text` goes from one encoding to the other as in SQLite (transcode.ts).
 *
 * Speed: on Node the string is made by Buffer's `latin1Slice` after an ASCII check (measured: 34 to
 * 56 ns, against 75 to 90 with TextDecoder), elsewhere by TextDecoder.
 */
import { utf8ToUtf16, utf16ToUtf8 } from './transcode.ts';
import { type Encoding, Text, UTF8, UTF16LE } from './value.ts';

/** The methods of Node's Buffer that are used; they work on any Uint8Array as `this`. */
interface BufferMethods {
  latin1Slice(this: Uint8Array, start: number, end: number): string;
  utf8Slice(this: Uint8Array, start: number, end: number): string;
  ucs2Slice(this: Uint8Array, start: number, end: number): string;
  utf8Write(this: Uint8Array, text: string, offset: number, length: number): number;
}

const bufferClass = (globalThis as { Buffer?: { prototype: Partial<BufferMethods> } }).Buffer;
const native: BufferMethods | null =
  typeof bufferClass?.prototype.latin1Slice === 'function' &&
  typeof bufferClass.prototype.utf8Slice === 'function' &&
  typeof bufferClass.prototype.ucs2Slice === 'function' &&
  typeof bufferClass.prototype.utf8Write === 'function'
    ? (bufferClass.prototype as BufferMethods)
    : null;
const latin1Slice = native?.latin1Slice ?? null;
const utf8Slice = native?.utf8Slice ?? null;
const ucs2Slice = native?.ucs2Slice ?? null;
const utf8Write = native?.utf8Write ?? null;

const decoder8 = new TextDecoder('utf-8', { ignoreBOM: true });
const encoder8 = new TextEncoder();

/** Below this length the ASCII check pays for itself. */
const ASCII_CHECK_LIMIT = 48;

function isAscii(buf: Uint8Array, start: number, end: number): boolean {
  let or = 0;
  for (let i = start; i < end; i++) or |= buf[i]!;
  return or < 0x80;
}

/** Up to here a loop is faster than a call into the runtime. */
const SHORT_COPY = 64;

/** Bytes of its own: `slice` of a Node Buffer would be a view of the page (wall 5). */
export function copyBytes(buf: Uint8Array, start: number, end: number): Uint8Array {
  const n = end - start;
  if (n >= 0 && n <= SHORT_COPY && end <= buf.length) {
    const out = new Uint8Array(n);
    for (let i = 0; i < n; i++) out[i] = buf[start + i]!;
    return out;
  }
  return Uint8Array.prototype.slice.call(buf, start, end);
}

/** Bytes as UTF-8, with U+FFFD for what is not well-formed. */
export function utf8ToStringLossy(buf: Uint8Array, start: number, end: number): string {
  if (utf8Slice !== null) return utf8Slice.call(buf, start, end);
  return decoder8.decode(buf.subarray(start, end));
}

/** Well-formed UTF-8 as a string; null when the bytes are not well-formed. */
export function utf8ToString(buf: Uint8Array, start: number, end: number): string | null {
  if (start >= end) return '';
  if (latin1Slice !== null && end - start <= ASCII_CHECK_LIMIT && isAscii(buf, start, end)) {
    return latin1Slice.call(buf, start, end);
  }
  const s = utf8ToStringLossy(buf, start, end);
  // U+FFFD may stand in the text itself; only then the bytes are looked at.
  return s.includes('\ufffd') && !isValidUtf8(buf, start, end) ? null : s;
}

/** True when the bytes are well-formed UTF-8 (RFC 3629). */
export function isValidUtf8(buf: Uint8Array, start: number, end: number): boolean {
  let i = start;
  while (i < end) {
    const b = buf[i]!;
    if (b < 0x80) {
      i++;
    } else if (b < 0xc2) {
      return false;
    } else if (b < 0xe0) {
      if (i + 1 >= end || (buf[i + 1]! & 0xc0) !== 0x80) return false;
      i += 2;
    } else if (b < 0xf0) {
      if (i + 2 >= end || (buf[i + 1]! & 0xc0) !== 0x80 || (buf[i + 2]! & 0xc0) !== 0x80) {
        return false;
      }
      const c = ((b & 0x0f) << 12) | ((buf[i + 1]! & 0x3f) << 6);
      if (c < 0x800 || (c >= 0xd800 && c < 0xe000)) return false;
      i += 3;
    } else {
      if (
        b > 0xf4 ||
        i + 3 >= end ||
        (buf[i + 1]! & 0xc0) !== 0x80 ||
        (buf[i + 2]! & 0xc0) !== 0x80 ||
        (buf[i + 3]! & 0xc0) !== 0x80
      ) {
        return false;
      }
      const c = ((b & 0x07) << 18) | ((buf[i + 1]! & 0x3f) << 12);
      if (c < 0x10000 || c > 0x10ffff) return false;
      i += 4;
    }
  }
  return true;
}

/** The length in bytes of a string as UTF-8 (a lone surrogate counts as U+FFFD: 3). */
export function utf8Length(s: string): number {
  const n = s.length;
  let bytes = n;
  for (let i = 0; i < n; i++) {
    const c = s.charCodeAt(i);
    if (c < 0x80) continue;
    if (c < 0x800) {
      bytes += 1;
    } else {
      bytes += 2;
      if ((c & 0xfc00) === 0xd800 && i + 1 < n && (s.charCodeAt(i + 1) & 0xfc00) === 0xdc00) i++;
    }
  }
  return bytes;
}

/**
 * Writes a string as UTF-8 at `pos` and returns the number of bytes. The buffer must have room for
 * three bytes a code unit.
 */
export function writeUtf8(buf: Uint8Array, pos: number, s: string): number {
  const n = s.length;
  if (n <= 32 || utf8Write === null) {
    let i = 0;
    for (; i < n; i++) {
      const c = s.charCodeAt(i);
      if (c >= 0x80) return i + writeUtf8Slow(buf, pos + i, s, i);
      buf[pos + i] = c;
    }
    return n;
  }
  return utf8Write.call(buf, s, pos, buf.length - pos);
}

function writeUtf8Slow(buf: Uint8Array, pos: number, s: string, from: number): number {
  const n = s.length;
  let p = pos;
  for (let i = from; i < n; i++) {
    let c = s.charCodeAt(i);
    if (c < 0x80) {
      buf[p++] = c;
      continue;
    }
    if (c < 0x800) {
      buf[p++] = 0xc0 | (c >> 6);
      buf[p++] = 0x80 | (c & 0x3f);
      continue;
    }
    if ((c & 0xf800) === 0xd800) {
      const d = i + 1 < n ? s.charCodeAt(i + 1) : 0;
      if ((c & 0xfc00) === 0xd800 && (d & 0xfc00) === 0xdc00) {
        i++;
        c = 0x10000 + ((c & 0x3ff) << 10) + (d & 0x3ff);
        buf[p++] = 0xf0 | (c >> 18);
        buf[p++] = 0x80 | ((c >> 12) & 0x3f);
        buf[p++] = 0x80 | ((c >> 6) & 0x3f);
        buf[p++] = 0x80 | (c & 0x3f);
        continue;
      }
      c = 0xfffd;
    }
    buf[p++] = 0xe0 | (c >> 12);
    buf[p++] = 0x80 | ((c >> 6) & 0x3f);
    buf[p++] = 0x80 | (c & 0x3f);
  }
  return p - pos;
}

/** A string as UTF-8 in an array of its own. */
export function utf8Encode(s: string): Uint8Array {
  return encoder8.encode(s);
}

/** True for U+FFFE, U+FFFF and a surrogate without its other half; `c` is the unit at `i`. */
function isUnsound(s: string, i: number, c: number): boolean {
  if (c > 0xdfff) return c >= 0xfffe;
  return (c & 0xfc00) === 0xd800
    ? (s.charCodeAt(i + 1) & 0xfc00) !== 0xdc00
    : i === 0 || (s.charCodeAt(i - 1) & 0xfc00) !== 0xd800;
}

function isSound(s: string): boolean {
  for (let i = 0; i < s.length; i++) {
    const c = s.charCodeAt(i);
    if (c >= 0xd800 && isUnsound(s, i, c)) return false;
  }
  return true;
}

/** Writes a string as UTF-16 at `pos`; returns the number of bytes (two a code unit). */
export function writeUtf16(buf: Uint8Array, pos: number, s: string, encoding: Encoding): number {
  const lo = encoding === UTF16LE ? 0 : 1;
  const hi = 1 - lo;
  const n = s.length;
  for (let i = 0, p = pos; i < n; i++, p += 2) {
    let c = s.charCodeAt(i);
    if (c >= 0xd800 && isUnsound(s, i, c)) c = 0xfffd;
    buf[p + lo] = c & 0xff;
    buf[p + hi] = c >> 8;
  }
  return n * 2;
}

/** UTF-16 bytes as a string; an odd last byte is dropped. */
export function utf16ToString(
  buf: Uint8Array,
  start: number,
  end: number,
  encoding: Encoding,
): string {
  const stop = end - ((end - start) & 1);
  if (encoding === UTF16LE && ucs2Slice !== null) return ucs2Slice.call(buf, start, stop);
  const lo = encoding === UTF16LE ? 0 : 1;
  const hi = 1 - lo;
  let s = '';
  const units: number[] = [];
  for (let p = start; p < stop; p += 2) {
    units.push(buf[p + lo]! | (buf[p + hi]! << 8));
    if (units.length === 4096) {
      s += String.fromCharCode(...units);
      units.length = 0;
    }
  }
  return s + String.fromCharCode(...units);
}

/** Stored bytes of TEXT as a value: a string where one can carry them, else `Text` (a copy). */
export function decodeText(
  buf: Uint8Array,
  start: number,
  end: number,
  encoding: Encoding,
): string | Text {
  if (encoding === UTF8) {
    const s = utf8ToString(buf, start, end);
    return s === null ? new Text(copyBytes(buf, start, end), UTF8) : s;
  }
  if (((end - start) & 1) !== 0) return new Text(copyBytes(buf, start, end), encoding);
  const s = utf16ToString(buf, start, end, encoding);
  return isSound(s) ? s : new Text(copyBytes(buf, start, end), encoding);
}

/** A string in the bytes of an encoding. */
export function encodeText(s: string, encoding: Encoding): Uint8Array {
  if (encoding === UTF8) return encoder8.encode(s);
  const out = new Uint8Array(s.length * 2);
  writeUtf16(out, 0, s, encoding);
  return out;
}

/** TEXT as a JavaScript string; what is not valid in its encoding becomes U+FFFD. */
export function textToString(t: string | Text): string {
  if (typeof t === 'string') return t;
  const bytes = textBytes(t, UTF8);
  return utf8ToStringLossy(bytes, 0, bytes.length);
}

/** The bytes of TEXT in an encoding. May be the value's own bytes: not to be written to. */
export function textBytes(t: string | Text, encoding: Encoding): Uint8Array {
  if (typeof t === 'string') return encodeText(t, encoding);
  if (t.encoding === encoding) return t.bytes;
  if (t.encoding === UTF8) return utf8ToUtf16(t.bytes, encoding);
  const bytes = utf16ToUtf8(t.bytes, t.encoding);
  return encoding === UTF8 ? bytes : utf8ToUtf16(bytes, encoding);
}

/** The length of TEXT in bytes in an encoding. */
export function textByteLength(t: string | Text, encoding: Encoding): number {
  if (typeof t === 'string') return encoding === UTF8 ? utf8Length(t) : t.length * 2;
  return t.encoding === encoding ? t.bytes.length : textBytes(t, encoding).length;
}

/** TEXT from bytes of an encoding that may differ from the one that will hold it. Copies. */
export function textFromBytes(bytes: Uint8Array, encoding: Encoding): string | Text {
  return decodeText(bytes, 0, bytes.length, encoding);
}

/** TEXT made as UTF-8 as a value of a database in another encoding; what is unsound becomes U+FFFD. */
export function inEncoding(t: string | Text, encoding: Encoding): string | Text {
  if (typeof t !== 'string') {
    if (t.encoding === encoding || t.subtype !== 0) return t;
    return textFromBytes(textBytes(t, encoding), encoding);
  }
  if (encoding === UTF8 || isSound(t)) return t;
  let s = '';
  for (let i = 0; i < t.length; i++) {
    const c = t.charCodeAt(i);
    s += c >= 0xd800 && isUnsound(t, i, c) ? '\ufffd' : t[i]!;
  }
  return s;
}
