/**
 * 64-bit signed integer arithmetic with SQLite's semantics, on {@link Int}: numbers while they are
 * safe integers, bigints beyond. Nothing passes 2^53 silently: each fast path checks its result.
 *
 * "Overflow" gives null from the `...Exact` functions; the SQL operators then compute in REAL
 * (lang_expr "numeric overflow": `9223372036854775807 + 1` is REAL).
 */
import { type Int, normalizeInt, Real } from './value.ts';

export const INT64_MIN = -9223372036854775808n;
export const INT64_MAX = 9223372036854775807n;
/** The first double beyond the range. */
export const TWO63 = 2 ** 63;

/** Exact integer results, or null on 64-bit overflow. */
function fit(v: bigint): Int | null {
  if (v > INT64_MAX || v < INT64_MIN) return null;
  return normalizeInt(v);
}

export function addExact(a: Int, b: Int): Int | null {
  if (typeof a === 'number' && typeof b === 'number') {
    const r = a + b;
    if (Number.isSafeInteger(r)) return r;
  }
  return fit(BigInt(a) + BigInt(b));
}

export function subExact(a: Int, b: Int): Int | null {
  if (typeof a === 'number' && typeof b === 'number') {
    const r = a - b;
    if (Number.isSafeInteger(r)) return r;
  }
  return fit(BigInt(a) - BigInt(b));
}

export function mulExact(a: Int, b: Int): Int | null {
  if (typeof a === 'number' && typeof b === 'number') {
    const r = a * b;
    // A product beyond 2^53 never rounds back into the safe range; "+ 0" turns -0 into 0.
    if (Number.isSafeInteger(r)) return r + 0;
  }
  return fit(BigInt(a) * BigInt(b));
}

/** a + b; REAL on overflow. */
export function addInt(a: Int, b: Int): Int | Real {
  return addExact(a, b) ?? new Real(Number(a) + Number(b));
}

/** a - b; REAL on overflow. */
export function subInt(a: Int, b: Int): Int | Real {
  return subExact(a, b) ?? new Real(Number(a) - Number(b));
}

/** a * b; REAL on overflow. */
export function mulInt(a: Int, b: Int): Int | Real {
  return mulExact(a, b) ?? new Real(Number(a) * Number(b));
}

/** a / b, truncated; NULL when b is 0; REAL for the one quotient that overflows. */
export function divInt(a: Int, b: Int): Int | Real | null {
  if (typeof a === 'number' && typeof b === 'number') {
    // a - a % b is a multiple of b, so that the division is exact.
    return b === 0 ? null : (a - (a % b)) / b + 0;
  }
  if (b === 0) return null;
  return fit(BigInt(a) / BigInt(b)) ?? new Real(Number(a) / Number(b));
}

/** a % b with the sign of a; NULL when b is 0. */
export function remInt(a: Int, b: Int): Int | null {
  if (b === 0) return null;
  if (typeof a === 'number' && typeof b === 'number') return (a % b) + 0;
  return normalizeInt(BigInt(a) % BigInt(b));
}

/** -a; REAL for the smallest integer. */
export function negInt(a: Int): Int | Real {
  if (typeof a === 'number') return 0 - a;
  return fit(-a) ?? new Real(TWO63);
}

export function andInt(a: Int, b: Int): Int {
  if (typeof a === 'number' && typeof b === 'number' && (a | 0) === a && (b | 0) === b)
    return a & b;
  return normalizeInt(BigInt.asIntN(64, BigInt(a) & BigInt(b)));
}

export function orInt(a: Int, b: Int): Int {
  if (typeof a === 'number' && typeof b === 'number' && (a | 0) === a && (b | 0) === b)
    return a | b;
  return normalizeInt(BigInt.asIntN(64, BigInt(a) | BigInt(b)));
}

/** ~a */
export function notInt(a: Int): Int {
  if (typeof a === 'number') {
    const r = -1 - a;
    if (Number.isSafeInteger(r)) return r;
  }
  return normalizeInt(~BigInt(a));
}

/** a << b; a negative b shifts right; 64 and more leave nothing. */
export function shiftLeft(a: Int, b: Int): Int {
  if (typeof b === 'bigint') b = b < 0n ? -64 : 64;
  return b < 0 ? shiftRightBy(a, -b) : shiftLeftBy(a, b);
}

/** a >> b (arithmetic); a negative b shifts left. */
export function shiftRight(a: Int, b: Int): Int {
  if (typeof b === 'bigint') b = b < 0n ? -64 : 64;
  return b < 0 ? shiftLeftBy(a, -b) : shiftRightBy(a, b);
}

function shiftLeftBy(a: Int, n: number): Int {
  if (n >= 64) return 0;
  if (typeof a === 'number') {
    const r = a * 2 ** n;
    if (Number.isSafeInteger(r)) return r + 0;
  }
  return normalizeInt(BigInt.asIntN(64, BigInt(a) << BigInt(n)));
}

function shiftRightBy(a: Int, n: number): Int {
  if (n >= 64) return a < 0 ? -1 : 0;
  if (typeof a === 'number') return Math.floor(a / 2 ** n) + 0;
  return normalizeInt(a >> BigInt(n));
}

/** Order of two integers. JavaScript compares number and bigint exactly. */
export function compareInt(a: Int, b: Int): -1 | 0 | 1 {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Order of an integer and a double (not NaN), exact beyond 2^53 too. */
export function compareIntReal(i: Int, r: number): -1 | 0 | 1 {
  return i < r ? -1 : i > r ? 1 : 0;
}

/** REAL to INTEGER as CAST does it: truncation, saturated at the ends of the 64-bit range. */
export function realToInt(r: number): Int {
  const t = Math.trunc(r);
  if (Number.isSafeInteger(t)) return t + 0;
  if (t >= TWO63) return INT64_MAX;
  if (t <= -TWO63) return INT64_MIN;
  return Number.isNaN(t) ? 0 : normalizeInt(BigInt(t));
}

/** The low 64 bits of a bigint as a signed integer. */
export function wrapInt(v: bigint): Int {
  return normalizeInt(BigInt.asIntN(64, v));
}

/** An INTEGER from its two 32-bit halves; `high` is signed, `low` unsigned. */
export function intFromHalves(high: number, low: number): Int {
  const v = high * 4294967296 + low;
  return Number.isSafeInteger(v) ? v : (BigInt(high) << 32n) + BigInt(low);
}

/** An INTEGER from a JavaScript number that is a whole number within the 64-bit range. */
export function intFromNumber(v: number): Int {
  return Number.isSafeInteger(v) ? v + 0 : normalizeInt(BigInt(v));
}
