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
  /** Significant digits without trailing zeros; "0" for zero. */
  readonly digits: string;
  /** The value is 0.DIGITS times 10 to this power: the number of digits before the point. */
  readonly point: number;
}

const MASK32 = 0xffffffffn;

/** Powers of ten as 64 significant bits, truncated: 10^p is about (high * 2^32 + low) * 2^exp. */
class PowerTable {
  private readonly high = new Map<number, readonly [number, number, number]>();

  get(p: number): readonly [number, number, number] {
    let e = this.high.get(p);
    if (e === undefined) {
      e = makePower(p);
      this.high.set(p, e);
    }
    return e;
  }
}

function makePower(p: number): readonly [number, number, number] {
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
  return [Number(value >> 32n), Number(value & MASK32), exp + shift];
}

/** Filled on demand and never changed: a cache, not a state. */
const powers = new PowerTable();

const f64 = new Float64Array(1);
const u32 = new Uint32Array(f64.buffer);
const littleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;
const HIGH = littleEndian ? 1 : 0;

const LOG10_2 = Math.log10(2);

/**
 * Digits of `x` (positive, finite) rounded half up to `precision` significant digits, or to
 * `decimals` places behind the point when `precision` is 0. `shorten`: look for the number that was
 * meant, at 17 digits.
 */
export function toDecimal(
  x: number,
  precision: number,
  decimals: number,
  shorten: boolean,
): Decimal {
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
  const [ph, pl, pe] = powers.get(p);
  const digits = scaled(mh, ml, ph, pl, -(e + pe) - 64);
  const point = digits.length - p;
  const want = precision > 0 ? precision : point + decimals;
  return roundDigits(x, digits, point, want, shorten);
}

/** The upper 64 bits of a 64 by 64 bit product, shifted right by `shift` with rounding, in decimal. */
function scaled(ah: number, al: number, bh: number, bl: number, shift: number): string {
  const a = (BigInt(ah) << 32n) | BigInt(al);
  const b = (BigInt(bh) << 32n) | BigInt(bl);
  const high = (a * b) >> 64n;
  return shift > 0
    ? (((high >> BigInt(shift - 1)) + 1n) >> 1n).toString()
    : (((a * b) >> BigInt(63 + shift)) + 1n >> 1n).toString();
}

function roundDigits(
  x: number,
  digits: string,
  point: number,
  want: number,
  shorten: boolean,
): Decimal {
  if (want < 0) return { digits: '0', point: 1 };
  let kept = digits;
  if (digits.length > want) {
    const up = want >= 0 && digits.charCodeAt(want) >= 0x35;
    let n = want;
    if (up) {
      while (n > 0 && digits.charCodeAt(n - 1) === 0x39) n--;
      if (n === 0) {
        kept = '1';
        point++;
      } else {
        kept = digits.slice(0, n - 1) + String.fromCharCode(digits.charCodeAt(n - 1) + 1);
      }
    } else {
      kept = digits.slice(0, n);
    }
  }
  if (shorten && want === 17 && kept.length === 17) kept = meant(x, kept, point);
  let n = kept.length;
  while (n > 1 && kept.charCodeAt(n - 1) === 0x30) n--;
  if (n === 0) return { digits: '0', point: 1 };
  return { digits: kept.slice(0, n), point };
}

/** Seventeen digits, or fewer when their tail tells of a shorter number that reads back as x. */
function meant(x: number, digits: string, point: number): string {
  const nines = digits.charCodeAt(15) === 0x39 && digits.charCodeAt(14) === 0x39;
  if (!nines && digits.slice(13, 16) !== '000') return digits;
  const c = nines ? 0x39 : 0x30;
  let n = nines ? 14 : 13;
  while (n > 0 && digits.charCodeAt(n - 1) === c) n--;
  let short = digits.slice(0, n);
  let shortPoint = point;
  if (nines) {
    if (n === 0) {
      short = '1';
      shortPoint++;
    } else {
      short = digits.slice(0, n - 1) + String.fromCharCode(digits.charCodeAt(n - 1) + 1);
    }
  }
  // The caller keeps the point, so a carry into a new digit is left alone unless it can be told.
  if (Number(`0.${short}e${shortPoint}`) !== x) return digits;
  return shortPoint === point ? short : short;
}

/** A REAL as text. */
export function realToText(x: number): string {
  if (Number.isInteger(x) && x < 1e15 && x > -1e15) {
    return x === 0 ? '0.0' : `${x}.0`;
  }
  if (x === Infinity) return 'Inf';
  if (x === -Infinity) return '-Inf';
  const d = toDecimal(x < 0 ? -x : x, 17, 0, true);
  const text = layoutGeneral(d, 17);
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
