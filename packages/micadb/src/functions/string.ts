/** Core scalar functions on text (lang_corefunc). Case and folding are ASCII's, as in SQLite. */

import { toInt64 } from '../values/affinity.ts';
import { numberToText } from '../values/format.ts';
import { readUtf8, skipUtf8 } from '../values/transcode.ts';
import { copyBytes, decodeText, textBytes, utf8ToStringLossy, writeUtf8 } from '../values/utf.ts';
import { type Int, Real, type SqlValue, Text, UTF8 } from '../values/value.ts';
import { instrOnBytes, substrOnBytes } from './bytes.ts';
import { fail, scalar, tooBig } from './define.ts';
import {
  advance,
  charCount,
  fromLenient,
  isBmp,
  isRaw,
  lenient,
  lowerAscii,
  rawBytes,
  textOf,
  textResult,
  untilNul,
  upperAscii,
} from './text.ts';
import type { FunctionContext, ScalarFunction } from './types.ts';

type Args = readonly SqlValue[];

function checkLength(s: string, ctx: FunctionContext): string {
  if (s.length > ctx.host.maxLength) throw tooBig();
  return s;
}

function upper(args: Args, ctx: FunctionContext): SqlValue {
  return args[0] === null ? null : textResult(upperAscii(textOf(args[0]!, ctx)), args);
}

function lower(args: Args, ctx: FunctionContext): SqlValue {
  return args[0] === null ? null : textResult(lowerAscii(textOf(args[0]!, ctx)), args);
}

/** substr(X, Y, Z) on anything with a length: the range it selects, [from, to). */
export function range(len: number, args: Args, ctx: FunctionContext): readonly [number, number] {
  const start = toInt64(args[1]!, ctx.host.encoding);
  let p1 = clamp(start);
  let p2 = ctx.host.maxLength;
  if (args.length === 3) p2 = clamp(toInt64(args[2]!, ctx.host.encoding));
  if (p1 < 0) {
    p1 += len;
    if (p1 < 0) {
      // What lies before the beginning is taken off the length.
      p2 = p2 < 0 ? 0 : p2 + p1;
      p1 = 0;
    }
  } else if (p1 > 0) {
    p1--;
  } else if (p2 > 0) {
    p2--;
  }
  if (p2 < 0) {
    p2 = -p2;
    if (p1 < p2) p2 = p1;
    p1 -= p2;
  }
  return [Math.min(p1, len), Math.min(p1 + Math.max(p2, 0), len)];
}

/**
 * Positions as numbers. Those beyond any length are moved closer, keeping their distance from the
 * ends of the 64-bit range, so that sums of them come out the same.
 */
function clamp(v: Int): number {
  if (typeof v === 'number' && v < FAR && v > -FAR) return v;
  const d = BigInt(v) + (v < 0 ? TWO63 : -TWO63);
  const near = d < 0xffffffffffn && d > -0xffffffffffn;
  return (v < 0 ? -FAR : FAR) + (near ? Number(d) : 0);
}
const FAR = 2 ** 50;
const TWO63 = 1n << 63n;

function substr(args: Args, ctx: FunctionContext): SqlValue {
  const v = args[0]!;
  if (args[1] === null || (args.length === 3 && args[2] === null)) return null;
  if (v === null) return null;
  if (v instanceof Uint8Array) {
    if (v.length === 0) return null; // SQLite sees no pointer there
    const [from, to] = range(v.length, args, ctx);
    return copyBytes(v, from, to);
  }
  const bytes = rawBytes(v);
  if (bytes !== null) return substrBytes(bytes, args, ctx);
  const s = untilNul(textOf(v, ctx));
  if (isBmp(s)) {
    const [from, to] = range(s.length, args, ctx);
    return textResult(s.slice(from, to), args);
  }
  const [from, to] = range(charCount(s), args, ctx);
  const start = advance(s, 0, from);
  return textResult(s.slice(start, advance(s, start, to - from)), args);
}

/** substr() on bytes that are no valid UTF-8: characters as SQLite counts them. */
function substrBytes(bytes: Uint8Array, args: Args, ctx: FunctionContext): SqlValue {
  const starts: number[] = [];
  let p = 0;
  while (p < bytes.length && bytes[p] !== 0) {
    starts.push(p);
    p = skipUtf8(bytes, p);
  }
  const [from, to] = range(starts.length, args, ctx);
  starts.push(p);
  return decodeText(bytes, starts[from]!, starts[to]!, UTF8);
}

/** The characters of a trim set. */
function trimSet(v: SqlValue | undefined, ctx: FunctionContext): string | null {
  if (v === undefined) return ' ';
  return v === null ? null : untilNul(textOf(v, ctx));
}

function trim(left: boolean, right: boolean) {
  return (args: Args, ctx: FunctionContext): SqlValue => {
    if (args[0] === null) return null;
    const set = trimSet(args[1], ctx);
    if (set === null) return null;
    if (isRaw(args[0]!) || (args[1] !== undefined && isRaw(args[1]))) {
      return trimBytes(args, left, right, ctx);
    }
    const s = textOf(args[0]!, ctx);
    let from = 0;
    let to = s.length;
    if (set.length === 1 || (isBmp(set) && isBmp(s))) {
      if (left) while (from < to && set.includes(s[from]!)) from++;
      if (right) while (to > from && set.includes(s[to - 1]!)) to--;
    } else {
      const chars = new Set(set);
      const all = [...s];
      let a = 0;
      let b = all.length;
      if (left) while (a < b && chars.has(all[a]!)) from += all[a++]!.length;
      if (right) while (b > a && chars.has(all[b - 1]!)) to -= all[--b]!.length;
    }
    return textResult(from === 0 && to === s.length ? s : s.slice(from, to), args);
  };
}

/** trim() on bytes that need not be valid: the set's characters are byte sequences. */
function trimBytes(args: Args, left: boolean, right: boolean, ctx: FunctionContext): SqlValue {
  const s = bytesOf(args[0]!, ctx);
  const set = args.length === 2 ? bytesOf(args[1]!, ctx) : new Uint8Array([0x20]);
  const chars: Uint8Array[] = [];
  for (let p = 0; p < set.length && set[p] !== 0; ) {
    const end = skipUtf8(set, p);
    chars.push(set.subarray(p, end));
    p = end;
  }
  const stands = (c: Uint8Array, at: number) => c.every((b, i) => s[at + i] === b);
  let from = 0;
  let to = s.length;
  while (left && from < to) {
    const c = chars.find((x) => x.length <= to - from && stands(x, from));
    if (c === undefined) break;
    from += c.length;
  }
  while (right && from < to) {
    const c = chars.find((x) => x.length <= to - from && stands(x, to - x.length));
    if (c === undefined) break;
    to -= c.length;
  }
  return decodeText(s, from, to, UTF8);
}

function instr(args: Args, ctx: FunctionContext): SqlValue {
  const [hay, needle] = [args[0]!, args[1]!];
  if (hay === null || needle === null) return null;
  if (hay instanceof Uint8Array && needle instanceof Uint8Array) {
    return indexOfBytes(hay, needle) + 1;
  }
  const raw = rawBytes(hay) ?? rawBytes(needle);
  if (raw !== null || hay instanceof Uint8Array || needle instanceof Uint8Array) {
    return instrBytes(bytesOf(hay, ctx), bytesOf(needle, ctx));
  }
  const s = textOf(hay, ctx);
  const i = s.indexOf(textOf(needle, ctx));
  return i <= 0 ? i + 1 : charCount(s.slice(0, i)) + 1;
}

/** TEXT, a number's text or a BLOB as UTF-8. */
function bytesOf(v: SqlValue, ctx: FunctionContext): Uint8Array {
  if (v instanceof Uint8Array && ctx.host.encoding === UTF8) return v;
  const t = v instanceof Text ? v : textOf(v, ctx);
  return textBytes(t, UTF8);
}

function indexOfBytes(hay: Uint8Array, needle: Uint8Array): number {
  const last = hay.length - needle.length;
  for (let i = 0; i <= last; i++) {
    let j = 0;
    while (j < needle.length && hay[i + j] === needle[j]) j++;
    if (j === needle.length) return i;
  }
  return -1;
}

/** Position in characters, where a match may only start at a byte that begins one. */
function instrBytes(hay: Uint8Array, needle: Uint8Array): number {
  if (needle.length === 0) return 1;
  let n = 1;
  let p = 0;
  while (p + needle.length <= hay.length) {
    let j = 0;
    while (j < needle.length && hay[p + j] === needle[j]) j++;
    if (j === needle.length) return n;
    n++;
    do p++;
    while (p < hay.length && (hay[p]! & 0xc0) === 0x80);
  }
  return 0;
}

function replace(args: Args, ctx: FunctionContext): SqlValue {
  const [v, from, to] = [args[0]!, args[1]!, args[2]!];
  if (v === null || from === null) return null;
  const s = textOf(v, ctx);
  const pattern = textOf(from, ctx);
  if (pattern === '' || pattern.charCodeAt(0) === 0)
    return v instanceof Text && v.encoding === UTF8 ? v : textResult(s, args);
  if (to === null) return null;
  const by = textOf(to, ctx);
  let at = s.indexOf(pattern);
  if (at < 0) return textResult(s, args);
  let out = '';
  let done = 0;
  do {
    out += s.slice(done, at) + by;
    if (out.length > ctx.host.maxLength) throw tooBig();
    done = at + pattern.length;
    at = s.indexOf(pattern, done);
  } while (at >= 0);
  return textResult(checkLength(out + s.slice(done), ctx), args);
}

function hexDigitOf(n: number): number {
  return n < 10 ? 0x30 + n : 0x37 + n;
}

function hexOf(bytes: Uint8Array): string {
  return hexOfRange(bytes, 0, bytes.length);
}

/** Where digits are put before they become a string. */
const hexDigits = new Uint8Array(512);

function hexOfRange(bytes: Uint8Array, start: number, end: number): string {
  let s = '';
  for (let p = start; p < end; ) {
    let n = 0;
    for (; p < end && n < hexDigits.length; p++) {
      const b = bytes[p]!;
      hexDigits[n++] = hexDigitOf(b >> 4);
      hexDigits[n++] = hexDigitOf(b & 15);
    }
    s += utf8ToStringLossy(hexDigits, 0, n);
  }
  return s;
}

/** The bytes of a value as sqlite3_value_blob gives them: text in the database's encoding. */
function blobOf(v: SqlValue, ctx: FunctionContext): Uint8Array {
  if (v instanceof Uint8Array) return v;
  if (v === null) return new Uint8Array();
  const t = v instanceof Text ? v : textOf(v, ctx);
  return textBytes(t, ctx.host.encoding);
}

/** Short strings are encoded here. */
const encoded = new Uint8Array(192);

function hex(args: Args, ctx: FunctionContext): SqlValue {
  const v = args[0]!;
  if (typeof v === 'string' && v.length <= 64 && ctx.host.encoding === UTF8) {
    const n = writeUtf8(encoded, 0, v);
    if (n * 2 <= ctx.host.maxLength) return hexOfRange(encoded, 0, n);
  }
  const bytes = blobOf(args[0]!, ctx);
  if (bytes.length * 2 > ctx.host.maxLength) throw tooBig();
  return hexOf(bytes);
}

function hexDigit(c: number): number {
  if (c >= 0x30 && c <= 0x39) return c - 0x30;
  const l = c | 0x20;
  return l >= 0x61 && l <= 0x66 ? l - 0x57 : -1;
}

/** The characters of a text up to a NUL, as SQLite reads them where they are malformed. */
function charCodes(v: SqlValue, ctx: FunctionContext): number[] {
  const codes: number[] = [];
  if (isRaw(v)) {
    const bytes = bytesOf(v, ctx);
    for (let p = 0; p < bytes.length && bytes[p] !== 0; p = skipUtf8(bytes, p)) {
      codes.push(readUtf8(bytes, p));
    }
    return codes;
  }
  for (const c of untilNul(textOf(v, ctx))) {
    const code = c.codePointAt(0)!;
    codes.push(code === 0xfffe || code === 0xffff ? 0xfffd : code);
  }
  return codes;
}

/** unhex(X, Y): characters of Y may stand between the pairs of digits, not inside them. */
function unhex(args: Args, ctx: FunctionContext): SqlValue {
  if (args[0] === null || args[1] === null) return null;
  const codes = charCodes(args[0]!, ctx);
  const ignore = new Set(args.length === 2 ? charCodes(args[1]!, ctx) : []);
  const out = new Uint8Array(codes.length >> 1);
  let n = 0;
  for (let i = 0; i < codes.length; i++) {
    const high = hexDigit(codes[i]!);
    if (high < 0) {
      if (!ignore.has(codes[i]!)) return null;
      continue;
    }
    i++;
    const low = i < codes.length ? hexDigit(codes[i]!) : -1;
    if (low < 0) return null;
    out[n++] = high * 16 + low;
  }
  return out.slice(0, n);
}

/** A code point as SQLite writes it, also where that is no valid UTF-8 (surrogates, too large). */
function encodeChar(c: number): string {
  if (c < 0xd800 || (c >= 0xe000 && c <= 0x10ffff)) return String.fromCodePoint(c);
  const bytes =
    c < 0x10000
      ? [0xe0 | (c >> 12), 0x80 | ((c >> 6) & 0x3f), 0x80 | (c & 0x3f)]
      : [
          0xf0 | ((c >>> 18) & 7),
          0x80 | ((c >>> 12) & 0x3f),
          0x80 | ((c >>> 6) & 0x3f),
          0x80 | (c & 0x3f),
        ];
  return lenient(Uint8Array.from(bytes));
}

function char(args: Args, ctx: FunctionContext): SqlValue {
  let s = '';
  for (const v of args) {
    const x = toInt64(v, ctx.host.encoding);
    s += encodeChar(x < 0 || x > 0x10ffff ? 0xfffd : Number(x));
  }
  return fromLenient(s);
}

function unicode(args: Args, ctx: FunctionContext): SqlValue {
  const v = args[0]!;
  if (v === null) return null;
  const bytes = rawBytes(v) ?? (v instanceof Uint8Array ? bytesOf(v, ctx) : null);
  if (bytes !== null) return bytes.length === 0 || bytes[0] === 0 ? null : readUtf8(bytes, 0);
  const c = textOf(v, ctx).codePointAt(0);
  if (c === undefined || c === 0) return null;
  return c === 0xfffe || c === 0xffff ? 0xfffd : c;
}

const SOUNDEX_CODES = '01230120022455012623010202'; // A to Z

/** The digit of a byte: of the letter that its lower seven bits are. */
function soundexCode(byte: number): string {
  const c = (byte & 0x7f) | 0x20;
  return (byte & 0x7f) >= 0x41 && c >= 0x61 && c <= 0x7a ? SOUNDEX_CODES[c - 0x61]! : '0';
}

function soundex(args: Args, ctx: FunctionContext): SqlValue {
  const bytes = args[0] === null ? new Uint8Array() : bytesOf(args[0]!, ctx);
  let i = bytes.findIndex((b) => b === 0 || ((b | 0x20) >= 0x61 && (b | 0x20) <= 0x7a));
  if (i < 0 || bytes[i] === 0) return '?000';
  let previous = soundexCode(bytes[i]!);
  let out = String.fromCharCode(bytes[i]! & 0xdf);
  for (i++; i < bytes.length && bytes[i] !== 0 && out.length < 4; i++) {
    const code = soundexCode(bytes[i]!);
    if (code !== '0' && code !== previous) out += code;
    previous = code;
  }
  return out.padEnd(4, '0');
}

/** A value as an SQL literal. */
export function quoteValue(v: SqlValue, ctx: FunctionContext): string {
  if (v === null) return 'NULL';
  if (typeof v === 'number' || typeof v === 'bigint') return String(v);
  if (v instanceof Real) {
    if (v.value === Infinity) return '9.0e+999';
    return v.value === -Infinity ? '-9.0e+999' : numberToText(v);
  }
  if (v instanceof Uint8Array) return `X'${hexOf(v)}'`;
  return `'${untilNul(textOf(v, ctx)).replaceAll("'", "''")}'`;
}

function quote(args: Args, ctx: FunctionContext): SqlValue {
  return textResult(checkLength(quoteValue(args[0]!, ctx), ctx), args);
}

/** Text as an argument of unistr(): backslashes doubled and control characters escaped. */
export function escapeControls(s: string): string {
  let out = '';
  for (let i = 0; i < s.length; i++) {
    const c = s.charCodeAt(i);
    if (c === 0x5c) out += '\\\\';
    else if (c < 0x20) out += `\\u${c.toString(16).padStart(4, '0')}`;
    else out += s[i];
  }
  return out;
}

/** True when a text has control characters that unistr_quote() and printf("%#Q") escape. */
export function hasControls(s: string): boolean {
  for (let i = 0; i < s.length; i++) if (s.charCodeAt(i) < 0x20) return true;
  return false;
}

function unistrQuote(args: Args, ctx: FunctionContext): SqlValue {
  const v = args[0]!;
  if (typeof v !== 'string' && !(v instanceof Text)) return quote(args, ctx);
  const s = untilNul(textOf(v, ctx));
  if (!hasControls(s)) return quote(args, ctx);
  return textResult(`unistr('${escapeControls(s).replaceAll("'", "''")}')`, args);
}

const ESCAPE_FORMS: readonly (readonly [RegExp, number])[] = [
  [/^\\u([0-9A-Fa-f]{4})/, 6],
  [/^\\U([0-9A-Fa-f]{8})/, 10],
  [/^\\\+([0-9A-Fa-f]{6})/, 8],
  [/^\\([0-9A-Fa-f]{4})/, 5],
];

function unistr(args: Args, ctx: FunctionContext): SqlValue {
  if (args[0] === null) return null;
  const s = textOf(args[0]!, ctx);
  let out = '';
  let done = 0;
  for (let i = s.indexOf('\\'); i >= 0; i = s.indexOf('\\', done)) {
    out += s.slice(done, i);
    if (s[i + 1] === '\\') {
      out += '\\';
      done = i + 2;
      continue;
    }
    const rest = s.slice(i, i + 10);
    const form = ESCAPE_FORMS.find(([re]) => re.test(rest));
    if (form === undefined) throw fail('invalid Unicode escape');
    const c = Number.parseInt(form[0].exec(rest)![1]!, 16);
    out += encodeChar(c);
    done = i + form[1];
  }
  return fromLenient(out + s.slice(done));
}

function joined(parts: readonly SqlValue[], separator: string, ctx: FunctionContext): string {
  let out = '';
  let any = false;
  for (const v of parts) {
    if (v === null) continue;
    if (any) out += separator;
    out += textOf(v, ctx);
    any = true;
  }
  return checkLength(out, ctx);
}

function concat(args: Args, ctx: FunctionContext): SqlValue {
  return textResult(joined(args, '', ctx), args);
}

function concatWs(args: Args, ctx: FunctionContext): SqlValue {
  if (args[0] === null) return null;
  return textResult(joined(args.slice(1), textOf(args[0]!, ctx), ctx), args);
}

export const stringFunctions: readonly ScalarFunction[] = [
  scalar('upper', 1, upper),
  scalar('lower', 1, lower),
  ...['substr', 'substring'].flatMap((name) =>
    [2, 3].map((n) => scalar(name, n, substr, { onBytes: substrOnBytes })),
  ),
  ...[1, 2].flatMap((n) => [
    scalar('trim', n, trim(true, true)),
    scalar('ltrim', n, trim(true, false)),
    scalar('rtrim', n, trim(false, true)),
    scalar('unhex', n, unhex),
  ]),
  scalar('instr', 2, instr, { onBytes: instrOnBytes }),
  scalar('replace', 3, replace),
  scalar('hex', 1, hex),
  scalar('char', -1, char),
  scalar('unicode', 1, unicode),
  scalar('soundex', 1, soundex),
  scalar('quote', 1, quote),
  scalar('unistr', 1, unistr),
  scalar('unistr_quote', 1, unistrQuote),
  scalar('concat', -1, concat, { minArgs: 1 }),
  scalar('concat_ws', -1, concatWs, { minArgs: 2 }),
];
