/**
 * Text to number (lang_expr "CAST", datatype3 §3): optional white space, a sign, digits with an
 * optional decimal point and exponent. Hexadecimal and words such as "inf" are no numbers here.
 *
 * The double is the correctly rounded value of the first digits that fit in 64 unsigned bits (19 or
 * 20 of them); SQLite drops the digits behind those, so Mica does too.
 */
import { INT64_MAX, INT64_MIN } from './int64.ts';
import { type Int, normalizeInt, Real } from './value.ts';

/** How much of a text is a number. */
export const NOT_A_NUMBER = 0;
export const INTEGER_TEXT = 1;
export const REAL_TEXT = 2;

// What `scan` found. Read at once by its callers in this file, which call nothing in between.
let numberStart = 0;
let numberEnd = 0;
let integerEnd = 0;
let digitCount = 0;
let complete = false;
let endedByNul = false;

/** White space of SQLite: space, \t, \n, \v, \f, \r. */
export function isSpace(c: number): boolean {
  return c === 0x20 || (c >= 0x09 && c <= 0x0d);
}

function isDigit(c: number): boolean {
  return c >= 0x30 && c <= 0x39;
}

/** Finds the longest prefix that is a number; says whether it is an integer's or a real's text. */
function scan(s: string): number {
  const n = s.length;
  let i = 0;
  while (i < n && isSpace(s.charCodeAt(i))) i++;
  numberStart = i;
  complete = false;
  endedByNul = false;
  if (i < n && (s.charCodeAt(i) === 0x2d || s.charCodeAt(i) === 0x2b)) i++;
  const first = i;
  while (i < n && isDigit(s.charCodeAt(i))) i++;
  integerEnd = i;
  digitCount = i - first;
  let kind = INTEGER_TEXT;
  if (i < n && s.charCodeAt(i) === 0x2e) {
    kind = REAL_TEXT;
    const fraction = ++i;
    while (i < n && isDigit(s.charCodeAt(i))) i++;
    digitCount += i - fraction;
  }
  if (digitCount === 0) {
    numberEnd = numberStart;
    return NOT_A_NUMBER;
  }
  numberEnd = i;
  if (i < n && (s.charCodeAt(i) | 0x20) === 0x65) {
    let j = i + 1;
    if (j < n && (s.charCodeAt(j) === 0x2d || s.charCodeAt(j) === 0x2b)) j++;
    const exponent = j;
    while (j < n && isDigit(s.charCodeAt(j))) j++;
    // "1e" and "1e+" are a number followed by something else.
    if (j === exponent) return kind;
    kind = REAL_TEXT;
    numberEnd = i = j;
  }
  while (i < n && isSpace(s.charCodeAt(i))) i++;
  // A NUL ends the text here, though not for the reader of integers.
  endedByNul = i < n && s.charCodeAt(i) === 0;
  complete = i === n || endedByNul;
  return kind;
}

/** The largest value that takes another digit in 64 unsigned bits: (2^64 - 1 - 9) / 10. */
const DIGITS_LIMIT = 1844674407370955160n;

/** The double of `s[start, end)`, which is a number's text with `digits` digits. */
function doubleOf(s: string, start: number, end: number, digits: number): number {
  if (digits <= 19) return Number(s.slice(start, end));
  const negative = s.charCodeAt(start) === 0x2d;
  let i = start;
  let mantissa = 0n;
  let exponent = 0;
  let seenPoint = false;
  let full = false;
  for (; i < end; i++) {
    const c = s.charCodeAt(i);
    if (c === 0x2e) {
      seenPoint = true;
    } else if (isDigit(c)) {
      if (!full && mantissa <= DIGITS_LIMIT) {
        mantissa = mantissa * 10n + BigInt(c - 0x30);
        if (seenPoint) exponent--;
      } else {
        full = true;
        if (!seenPoint) exponent++;
      }
    } else if ((c | 0x20) === 0x65) {
      exponent += Number(s.slice(i + 1, end));
      break;
    }
  }
  const v = Number(`${mantissa}e${exponent}`);
  return negative ? -v : v;
}

/** The integer of `s[start, end)`: digits behind an optional sign. Null beyond 64 bits. */
function integerOf(s: string, start: number, end: number): Int | null {
  if (end - start <= 15) return Number(s.slice(start, end)) + 0;
  const c = s.charCodeAt(start);
  const signed = c === 0x2d || c === 0x2b;
  const magnitude = BigInt(s.slice(signed ? start + 1 : start, end));
  const v = c === 0x2d ? -magnitude : magnitude;
  return v > INT64_MAX || v < INT64_MIN ? null : normalizeInt(v);
}

/** Kind of a text that is a number as a whole (white space around it allowed), else NOT_A_NUMBER. */
export function numericKind(s: string): number {
  const kind = scan(s);
  return complete ? kind : NOT_A_NUMBER;
}

/** Text as REAL: its longest numeric prefix, 0 when there is none. */
export function parseReal(s: string): number {
  return scan(s) === NOT_A_NUMBER ? 0 : doubleOf(s, numberStart, numberEnd, digitCount);
}

/** Text as INTEGER, as CAST does it: the longest prefix of digits, saturated. */
export function parseInteger(s: string): Int {
  scan(s);
  const start = numberStart;
  const end = integerEnd;
  const c = s.charCodeAt(start);
  if (end <= start || (end === start + 1 && !isDigit(c))) return 0;
  return integerOf(s, start, end) ?? (c === 0x2d ? INT64_MIN : INT64_MAX);
}

/** Text that is a number as a whole: INTEGER where it is written so and fits, else REAL. Else null. */
export function parseWholeNumber(s: string): Int | Real | null {
  const kind = scan(s);
  if (kind === NOT_A_NUMBER || !complete) return null;
  return numberAt(s, kind);
}

/**
 * The number at the start of a text, INTEGER or REAL; 0 when there is none. An integer right before
 * a NUL counts as REAL, as arithmetic in SQLite has it.
 */
export function parsePrefix(s: string): Int | Real {
  const kind = scan(s);
  if (kind === NOT_A_NUMBER) return 0;
  return numberAt(s, endedByNul ? REAL_TEXT : kind);
}

function numberAt(s: string, kind: number): Int | Real {
  const start = numberStart;
  const end = numberEnd;
  const digits = digitCount;
  if (kind === INTEGER_TEXT) {
    const v = integerOf(s, start, end);
    if (v !== null) return v;
  }
  return new Real(doubleOf(s, start, end, digits));
}
