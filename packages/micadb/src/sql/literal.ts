/** What literals and quoted names mean (https://www.sqlite.org/lang_expr.html, "Literal Values"). */
import { parseReal } from '../values/number.ts';
import { normalizeInt } from '../values/value.ts';

/** The text inside quotes, doubled quotes made single. */
export function dequote(raw: string): string {
  const quote = raw.charAt(0);
  const inner = raw.slice(1, -1);
  return quote === '[' || !inner.includes(quote) ? inner : inner.replaceAll(quote + quote, quote);
}

/** The bytes of x'...'. */
export function blobLiteral(raw: string): Uint8Array {
  const bytes = new Uint8Array((raw.length - 3) >> 1);
  for (let i = 0; i < bytes.length; i++) {
    bytes[i] = Number.parseInt(raw.slice(2 + 2 * i, 4 + 2 * i), 16);
  }
  return bytes;
}

export type NumberLiteral =
  | { readonly kind: 'integer'; readonly value: number | bigint }
  | { readonly kind: 'real'; readonly value: number };

/** The least integer literal that a minus sign before it makes an INTEGER still. */
const INT64_MIN_MAGNITUDE = 9223372036854775808n;

/** A numeric literal, hexadecimal and `_` included; null for a hexadecimal one of more than 64 bits. */
export function numberLiteral(text: string, isFloat: boolean): NumberLiteral | null {
  const digits = text.includes('_') ? text.replaceAll('_', '') : text;
  if (isFloat) return { kind: 'real', value: parseReal(digits) };
  if (digits.length > 2 && (digits.charCodeAt(1) | 0x20) === 0x78) return hexLiteral(digits);
  const plain = Number(digits);
  if (Number.isSafeInteger(plain)) return { kind: 'integer', value: plain };
  if (digits.replace(/^0+/, '').length > 19) return { kind: 'real', value: parseReal(digits) };
  const exact = BigInt(digits);
  if (exact > INT64_MIN_MAGNITUDE) return { kind: 'real', value: parseReal(digits) };
  return { kind: 'integer', value: normalizeInt(exact) };
}

function hexLiteral(digits: string): NumberLiteral | null {
  if (digits.slice(2).replace(/^0+/, '').length > 16) return null;
  return { kind: 'integer', value: normalizeInt(BigInt.asIntN(64, BigInt(digits))) };
}

/** True when each `_` of a number stands between two of its digits. */
export function separatorsFit(text: string): boolean {
  const isGood = /^0x/i.test(text) ? /[\da-f]/i : /\d/;
  for (let i = text.indexOf('_'); i >= 0; i = text.indexOf('_', i + 1)) {
    if (!isGood.test(text.charAt(i - 1)) || !isGood.test(text.charAt(i + 1))) return false;
  }
  return true;
}
