/**
 * Numbers to text, as SQLite prints them.
 *
 * A REAL is printed with up to 17 significant digits. They are not the shortest that read back: the
 * double is scaled to 18 or 19 digits with a power of ten of 64 significant bits, rounded half up to
 * 17, and shortened only where the tail shows that a shorter number was meant (three zeros or two
 * nines before the last digit) and the shorter text reads back as the same double. So 0.1 is "0.1"
 * and 1/3.0 is "0.33333333333333332". All of that is observable (text keys, CHECK constraints,
 * hashes of dumps), hence reproduced to the digit.
 */
import { Real, type SqlValue, Text } from './value.ts';

/** Decimal digits of a positive finite double, and the place of the decimal point. */
export interface Decimal {
  /** Significant digits without trailing zeros; "0" for zero, nothing when all were rounded off. */
  readonly digits: string;
  /** The value is 0.DIGITS times 10 to this power: the number of digits before the point. */
  readonly point: number;
}

const MASK32 = 0xffffffffn;
const TWO32 = 4294967296;

/** A power of ten as 64 significant bits, truncated: about (high * 2^32 + low) * 2^exp. */
interface Power {
  readonly high: number;
  readonly low: number;
  readonly exp: number;
}

/** By exponent + 400; filled on demand and then constant. */
const powers: (Power | undefined)[] = new Array(800).fill(undefined);

function powerOfTen(p: number): Power {
  return (powers[p + 400] ??= makePower(p));
}

function makePower(p: number): Power {
  let value: bigint;
  let exp: number;
  if (p >= 0) {
    value = 10n ** BigInt(p);
    exp = 0;
  } else {
    const divisor = 10n ** BigInt(-p);
    exp = -(divisor.toString(2).length + 64);
    value = (1n << BigInt(-exp)) / divisor;
  }
  const shift = value.toString(2).length - 64;
  value = shift > 0 ? value >> BigInt(shift) : value << BigInt(-shift);
  return { high: Number(value >> 32n), low: Number(value & MASK32), exp: exp + shift };
}

const f64 = new Float64Array(1);
const u32 = new Uint32Array(f64.buffer);
const littleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;
const HIGH = littleEndian ? 1 : 0;

const LOG10_2 = Math.log10(2);

/**
 * Digits of `x` (finite, not negative), rounded half up to `want` significant digits, or when `want` is
 * 0 or less, to `-want` places behind the decimal point. At most `max` digits are significant: 16 is
 * SQLite's printf without the "!" flag, 20 stands for all there are.
 */
export function toDecimal(x: number, want: number, max: number): Decimal {
  if (x === 0) return ZERO;
  // x = (mh * 2^32 + ml) * 2^e with bit 63 set.
  f64[0] = x;
  const hi = u32[HIGH]!;
  const lo = u32[1 - HIGH]!;
  let e = hi >>> 20;
  let mh = hi & 0xfffff;
  let ml = lo;
  if (e === 0) {
    e = 1;
  } else {
    mh |= 0x100000;
  }
  if (mh === 0) {
    mh = ml;
    ml = 0;
    e -= 32;
  }
  const left = Math.clz32(mh);
  if (left > 0) {
    mh = ((mh << left) | (ml >>> (32 - left))) >>> 0;
    ml = (ml << left) >>> 0;
  }
  e = e - 1075 - left;
  const p = 17 - Math.floor((e + 63) * LOG10_2);
  const power = powerOfTen(p);
  const digits = scaled(mh, ml, power.high, power.low, -(e + power.exp) - 64);
  const point = digits.length - p;
  return roundDigits(x, digits, point, want > 0 ? want : point - want, max);
}

/** The upper half of a product of two unsigned 32-bit numbers. */
function mulHigh(a: number, b: number): number {
  const a1 = a >>> 16;
  const a0 = a & 0xffff;
  const b1 = b >>> 16;
  const b0 = b & 0xffff;
  const mid = a0 * b1 + a1 * b0 + ((a0 * b0) >>> 16);
  return a1 * b1 + Math.floor(mid / 65536);
}

/**
 * The upper 64 bits of (ah, al) * (bh, bl), shifted right by `shift` (1 to 8) with rounding half up,
 * in decimal. No bigint: it would cost more than all of the rest.
 */
function scaled(ah: number, al: number, bh: number, bl: number, shift: number): string {
  const w1 = mulHigh(al, bl) + (Math.imul(al, bh) >>> 0) + (Math.imul(ah, bl) >>> 0);
  const w2 = mulHigh(al, bh) + mulHigh(ah, bl) + (Math.imul(ah, bh) >>> 0) + Math.floor(w1 / TWO32);
  let high = mulHigh(ah, bh) + Math.floor(w2 / TWO32);
  const half = 2 ** (shift - 1);
  let low = (w2 % TWO32) + half;
  if (low >= TWO32) {
    low -= TWO32;
    high += 1;
  }
  const unit = half * 2;
  const dl = (high % unit) * (TWO32 / unit) + Math.floor(low / unit);
  const dh = Math.floor(high / unit);
  // (dh, dl) divided by 10^9 in two steps that stay exact.
  const a = dh * 65536 + Math.floor(dl / 65536);
  const q1 = Math.floor(a / 1e9);
  const b = (a - q1 * 1e9) * 65536 + (dl % 65536);
  const q2 = Math.floor(b / 1e9);
  return `${q1 * 65536 + q2}${String(b - q2 * 1e9).padStart(9, '0')}`;
}

/** One added to the last of `digits[0, n)`, with what a carry leaves behind cut off. */
function increment(digits: string, n: number): string {
  while (n > 0 && digits.charCodeAt(n - 1) === 0x39) n--;
  if (n === 0) return '';
  return digits.slice(0, n - 1) + String.fromCharCode(digits.charCodeAt(n - 1) + 1);
}

function roundDigits(x: number, digits: string, point: number, want: number, max: number): Decimal {
  // All digits stand behind the last place that is asked for: the caller cuts them off.
  if (want < 0) return trimmed(digits, point);
  if (want > max) want = max;
  if (digits.length > want) {
    if (want === 17) {
      const short = meant(x, digits, point);
      if (short !== null) return short;
    }
    if (digits.charCodeAt(want) >= 0x35) {
      digits = increment(digits, want);
      if (digits === '') return { digits: '1', point: point + 1 };
    } else {
      digits = digits.slice(0, want);
    }
  }
  return trimmed(digits, point);
}

function trimmed(digits: string, point: number): Decimal {
  let n = digits.length;
  while (n > 0 && digits.charCodeAt(n - 1) === 0x30) n--;
  return { digits: digits.slice(0, n), point };
}

/** The shorter number that the tail of the first 17 digits tells of, when it reads back as x. */
function meant(x: number, digits: string, point: number): Decimal | null {
  let short: string;
  if (digits.charCodeAt(15) === 0x39 && digits.charCodeAt(14) === 0x39) {
    short = increment(digits, 16);
    if (short === '') {
      short = '1';
      point++;
    }
  } else if (point >= digits.length || digits.slice(13, 16) === '000') {
    short = digits.slice(0, 13);
  } else {
    return null;
  }
  return Number(`0.${short}e${point}`) === x ? trimmed(short, point) : null;
}

const ZERO: Decimal = { digits: '0', point: 1 };

/** A REAL as text. */
export function realToText(x: number): string {
  if (Number.isInteger(x) && x < 1e15 && x > -1e15) {
    return x === 0 ? '0.0' : `${x}.0`;
  }
  return generalText(x, 17);
}

/** A REAL as printf("%!.{precision}g") prints it. */
export function generalText(x: number, precision: number): string {
  if (x === Infinity) return 'Inf';
  if (x === -Infinity) return '-Inf';
  const text = layoutGeneral(toDecimal(x < 0 ? -x : x, precision, 20), precision);
  return x < 0 ? `-${text}` : text;
}

/** Digits laid out as %!.{precision}g does: always with a decimal point. */
function layoutGeneral(d: Decimal, precision: number): string {
  const { digits, point } = d;
  const exponent = point - 1;
  if (exponent < -4 || exponent >= precision) {
    const tail = digits.length > 1 ? digits.slice(1) : '0';
    const a = exponent < 0 ? -exponent : exponent;
    return `${digits[0]}.${tail}e${exponent < 0 ? '-' : '+'}${a < 10 ? '0' : ''}${a}`;
  }
  if (point <= 0) return `0.${'0'.repeat(-point)}${digits}`;
  if (digits.length <= point) return `${digits}${'0'.repeat(point - digits.length)}.0`;
  return `${digits.slice(0, point)}.${digits.slice(point)}`;
}

/** A finite REAL with that many decimals, as printf("%!.*f") prints it but for trailing zeros. */
export function fixedText(x: number, decimals: number): string {
  const { digits, point } = toDecimal(x < 0 ? -x : x, -decimals, 20);
  const sign = x < 0 ? '-' : '';
  if (point <= 0) return `${sign}0.${('0'.repeat(-point) + digits).slice(0, decimals)}`;
  if (digits.length <= point) return `${sign}${digits}${'0'.repeat(point - digits.length)}.0`;
  return `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
}

/** A value as TEXT: numbers printed, TEXT as it is, NULL stays null, a BLOB is not looked at. */
export function toText(v: SqlValue): SqlValue {
  switch (typeof v) {
    case 'string':
      return v;
    case 'number':
    case 'bigint':
      return String(v);
    default:
      if (v instanceof Real) return realToText(v.value);
      return v;
  }
}

/** A number as text. */
export function numberToText(v: number | bigint | Real): string {
  return v instanceof Real ? realToText(v.value) : String(v);
}

/** True for the two forms of TEXT. */
export function isText(v: SqlValue): v is string | Text {
  return typeof v === 'string' || v instanceof Text;
}
