/**
 * Affinity (datatype3 §3), CAST (lang_expr "CAST expressions") and the conversions of values to
 * INTEGER, REAL, numbers and truth that operators and functions ask for.
 */
import { numberToText } from './format.ts';
import { realToInt, TWO63 } from './int64.ts';
import { parseInteger, parsePrefix, parseReal, parseWholeNumber } from './number.ts';
import { copyBytes, decodeText, textBytes, textToString } from './utf.ts';
import { Affinity, type Encoding, type Int, Real, type SqlValue, Text, UTF8 } from './value.ts';

/** The affinity of a declared type (datatype3 §3.1): five rules, the first that fits. */
export function affinityOfType(type: string | null | undefined): Affinity {
  if (type === null || type === undefined || type === '') return Affinity.Blob;
  const t = type.toUpperCase();
  if (t.includes('INT')) return Affinity.Integer;
  if (t.includes('CHAR') || t.includes('CLOB') || t.includes('TEXT')) return Affinity.Text;
  if (t.includes('BLOB')) return Affinity.Blob;
  if (t.includes('REAL') || t.includes('FLOA') || t.includes('DOUB')) return Affinity.Real;
  return Affinity.Numeric;
}

/** A whole REAL inside the 64-bit range as INTEGER; null when it has to stay REAL. */
export function wholeRealToInt(r: number): Int | null {
  if (r !== Math.trunc(r)) return null;
  // Both ends of the range are left out: the doubles there stand for saturated values.
  if (r <= -TWO63 || r >= TWO63) return null;
  return realToInt(r);
}

/** Converts a value as storing it in a column, or comparing with one, of that affinity does. */
export function applyAffinity(v: SqlValue, affinity: Affinity): SqlValue {
  if (affinity >= Affinity.Numeric) {
    switch (typeof v) {
      case 'number':
        return affinity === Affinity.Real ? new Real(v) : v;
      case 'string':
        return textAffinity(v, affinity);
      case 'bigint':
        return affinity === Affinity.Real ? new Real(Number(v)) : v;
      default:
        if (v instanceof Real) return realAffinity(v, affinity);
        if (v instanceof Text) {
          const n = textAffinity(textToString(v), affinity);
          return typeof n === 'string' ? v : n;
        }
        return v;
    }
  }
  if (affinity === Affinity.Text) {
    if (typeof v === 'number' || typeof v === 'bigint') return String(v);
    if (v instanceof Real) return numberToText(v);
  }
  return v;
}

function realAffinity(v: Real, affinity: Affinity): SqlValue {
  if (affinity === Affinity.Flexnum) return v;
  if (affinity === Affinity.Real) return Object.is(v.value, -0) ? new Real(0) : v;
  return wholeRealToInt(v.value) ?? v;
}

/** Text that is a number as a whole becomes one; other text stays. */
function textAffinity(s: string, affinity: Affinity): SqlValue {
  // Most text that is no number shows it in its first character.
  const c = s.charCodeAt(0);
  if (Number.isNaN(c) || c > 0x39) return s;
  const n = parseWholeNumber(s);
  if (n === null) return s;
  if (n instanceof Real) {
    if (affinity === Affinity.Real) return Object.is(n.value, -0) ? new Real(0) : n;
    return wholeRealToInt(n.value) ?? n;
  }
  return affinity === Affinity.Real ? new Real(Number(n)) : n;
}

/** TEXT or BLOB as a string to read a number from. */
function readable(v: string | Text | Uint8Array, encoding: Encoding): string {
  if (typeof v === 'string') return v;
  if (v instanceof Text) return textToString(v);
  const t = decodeText(v, 0, v.length, encoding);
  return typeof t === 'string' ? t : textToString(t);
}

/** As INTEGER: REAL truncated and saturated, text by its longest prefix, NULL as 0. */
export function toInt64(v: SqlValue, encoding: Encoding = UTF8): Int {
  if (typeof v === 'number' || typeof v === 'bigint') return v;
  if (v === null) return 0;
  if (v instanceof Real) return realToInt(v.value);
  return parseInteger(readable(v, encoding));
}

/** As REAL: text by its longest prefix, NULL as 0. */
export function toReal(v: SqlValue, encoding: Encoding = UTF8): number {
  if (typeof v === 'number') return v;
  if (typeof v === 'bigint') return Number(v);
  if (v === null) return 0;
  if (v instanceof Real) return v.value;
  return parseReal(readable(v, encoding));
}

/** As an operand of arithmetic: a number; text by its longest prefix, INTEGER where written so. */
export function toNumeric(v: SqlValue, encoding: Encoding = UTF8): Int | Real | null {
  if (typeof v === 'number' || typeof v === 'bigint' || v === null || v instanceof Real) return v;
  return parsePrefix(readable(v, encoding));
}

/** Truth of a value: true, false, or null for NULL (lang_expr "Boolean expressions"). */
export function isTrue(v: SqlValue, encoding: Encoding = UTF8): boolean | null {
  if (typeof v === 'number') return v !== 0;
  if (v === null) return null;
  if (typeof v === 'bigint') return true;
  return toReal(v, encoding) !== 0;
}

/** CAST of TEXT or BLOB to NUMERIC: 2^51 bounds the whole reals that become integers. */
const CAST_INTEGER_LIMIT = 2251799813685248;

function castNumeric(v: SqlValue, encoding: Encoding): SqlValue {
  const n = toNumeric(v, encoding);
  if (n instanceof Real && !(v instanceof Real)) {
    const r = n.value;
    if (r === Math.trunc(r) && r >= -CAST_INTEGER_LIMIT && r < CAST_INTEGER_LIMIT) return r + 0;
  }
  return n;
}

/** CAST(v AS type), the type by its affinity. */
export function castValue(v: SqlValue, affinity: Affinity, encoding: Encoding = UTF8): SqlValue {
  if (v === null) return null;
  switch (affinity) {
    case Affinity.Blob:
    case Affinity.None:
      if (v instanceof Uint8Array) return v;
      if (typeof v === 'string') return textBytes(v, encoding);
      if (v instanceof Text) {
        const bytes = textBytes(v, encoding);
        return copyBytes(bytes, 0, bytes.length);
      }
      return textBytes(numberToText(v), encoding);
    case Affinity.Text:
      if (typeof v === 'string') return v;
      if (v instanceof Text) return v.subtype === 0 ? v : new Text(v.bytes, v.encoding);
      if (v instanceof Uint8Array) {
        const end = encoding === UTF8 ? v.length : v.length - (v.length & 1);
        return decodeText(v, 0, end, encoding);
      }
      return numberToText(v);
    case Affinity.Integer:
      return toInt64(v, encoding);
    case Affinity.Real:
      return v instanceof Real ? v : new Real(toReal(v, encoding));
    case Affinity.Numeric:
    case Affinity.Flexnum:
      return castNumeric(v, encoding);
  }
}
