/**
 * format(FORMAT, ...), also called printf() (https://www.sqlite.org/printf.html). Text is measured in
 * bytes of UTF-8 unless the "!" flag is given; a conversion that SQLite does not know ends the output.
 */
import { toInt64, toReal } from '../values/affinity.ts';
import { toDecimal } from '../values/format.ts';
import { skipUtf8 } from '../values/transcode.ts';
import { textBytes, utf8Length } from '../values/utf.ts';
import { type SqlValue, UTF8 } from '../values/value.ts';
import { scalar, tooBig } from './define.ts';
import { scaledRound } from './round.ts';
import { escapeControls, hasControls } from './string.ts';
import {
  advance,
  charCount,
  fromLenient,
  isRaw,
  lenient,
  textOf,
  textResult,
  untilNul,
} from './text.ts';
import type { FunctionContext, ScalarFunction } from './types.ts';

interface Spec {
  left: boolean;
  plus: boolean;
  space: boolean;
  alternate: boolean;
  bang: boolean;
  zero: boolean;
  comma: boolean;
  width: number;
  /** -1: none given. */
  precision: number;
  conversion: string;
}

/** Widths and precisions that matter: SQLite's are 31 bits. */
const MASK31 = 0x7fffffff;
const MAX_FLOAT_PRECISION = 100_000_000;

/** A conversion without `*`, and where the format goes on behind it. */
interface Parsed {
  readonly spec: Spec;
  readonly end: number;
}

/** What was parsed of the formats used last, by the places of the conversions: formats are mostly constants. */
const formats = new Map<string, Map<number, Parsed>>();
const MAX_FORMATS = 64;

function parsedOf(format: string): Map<number, Parsed> {
  let known = formats.get(format);
  if (known === undefined) {
    if (formats.size >= MAX_FORMATS) formats.clear();
    formats.set(format, (known = new Map()));
  }
  return known;
}

class Formatter {
  /** A text may have been cut inside of a character. */
  mayBeRaw = false;
  private readonly parsed: Map<number, Parsed>;
  private out = '';
  private size = 0;
  private next = 1;
  /** Something was put out, be it empty: the result is not NULL. */
  private touched = false;
  private at = 0;
  private readonly format: string;

  constructor(
    private readonly args: readonly SqlValue[],
    private readonly ctx: FunctionContext,
  ) {
    this.format = untilNul(textOf(args[0]!, ctx));
    this.parsed = parsedOf(this.format);
  }

  /** The text; null when there was nothing to put out. */
  run(): string | null {
    const f = this.format;
    for (;;) {
      const percent = f.indexOf('%', this.at);
      const literal = percent < 0 ? f.slice(this.at) : f.slice(this.at, percent);
      if (literal !== '') this.append(literal);
      if (percent < 0) return this.result();
      this.at = percent + 1;
      if (this.at >= f.length) {
        this.append('%');
        return this.result();
      }
      const spec = this.parseSpec();
      if (spec === null || !this.convert(spec)) return this.result();
    }
  }

  private result(): string | null {
    return this.touched ? this.out : null;
  }

  private append(s: string): void {
    this.touched = true;
    this.size += s.length;
    if (this.size > this.ctx.host.maxLength) throw tooBig();
    this.out += s;
  }

  private fill(c: string, count: number): void {
    if (count <= 0) return;
    if (this.size + count > this.ctx.host.maxLength) throw tooBig();
    this.append(c.repeat(count));
  }

  private arg(): SqlValue {
    return this.next < this.args.length ? this.args[this.next++]! : null;
  }

  private intArg(): bigint {
    return BigInt(toInt64(this.arg(), this.ctx.host.encoding));
  }

  /** A number in the format: 31 bits of it. */
  private digits(): number {
    let n = 0;
    for (; this.at < this.format.length; this.at++) {
      const d = this.format.charCodeAt(this.at) - 0x30;
      if (d < 0 || d > 9) break;
      n = (n * 10 + d) % 4294967296;
    }
    return n & MASK31;
  }

  /** Flags, width, precision and conversion at `at`; null when the format ends before them. */
  private parseSpec(): Spec | null {
    const { at } = this;
    const known = this.parsed.get(at);
    if (known !== undefined) {
      this.at = known.end;
      return known.spec;
    }
    const taken = this.next;
    const spec = this.readSpec();
    // Nothing of it came from an argument.
    if (spec !== null && this.next === taken && !this.format.slice(at, this.at).includes('*')) {
      this.parsed.set(at, { spec, end: this.at });
    }
    return spec;
  }

  private readSpec(): Spec | null {
    const f = this.format;
    const spec: Spec = {
      left: false,
      plus: false,
      space: false,
      alternate: false,
      bang: false,
      zero: false,
      comma: false,
      width: 0,
      precision: -1,
      conversion: '',
    };
    for (; ; this.at++) {
      const c = f[this.at];
      if (c === '-') spec.left = true;
      else if (c === '+') spec.plus = true;
      else if (c === ' ') spec.space = true;
      else if (c === '#') spec.alternate = true;
      else if (c === '!') spec.bang = true;
      else if (c === '0') spec.zero = true;
      else if (c === ',') spec.comma = true;
      else break;
    }
    if (f[this.at] === '*') {
      this.at++;
      const w = Number(BigInt.asIntN(32, this.intArg()));
      if (w < 0) spec.left = true;
      spec.width = w < 0 ? (w >= -MASK31 ? -w : 0) : w;
    } else {
      spec.width = this.digits();
    }
    if (f[this.at] === '.') {
      this.at++;
      if (f[this.at] === '*') {
        this.at++;
        const p = Number(BigInt.asIntN(32, this.intArg()));
        spec.precision = p < 0 ? (p >= -MASK31 ? -p : -1) : p;
      } else {
        spec.precision = this.digits();
      }
    }
    if (f[this.at] === 'l') {
      this.at++;
      if (f[this.at] === 'l') this.at++;
    }
    if (this.at >= f.length) return null;
    spec.conversion = f[this.at++]!;
    return spec;
  }

  /** False when the conversion is unknown: the output ends there. */
  private convert(spec: Spec): boolean {
    switch (spec.conversion) {
      case 'd':
      case 'i':
      case 'r':
        this.integer(spec, true, 10n);
        return true;
      case 'u':
        this.integer(spec, false, 10n);
        return true;
      case 'o':
        this.integer(spec, false, 8n);
        return true;
      case 'x':
      case 'X':
      case 'p':
        this.integer(spec, false, 16n);
        return true;
      case 'f':
      case 'e':
      case 'E':
      case 'g':
      case 'G':
        this.float(spec);
        return true;
      case 's':
      case 'z':
        this.string(spec);
        return true;
      case 'c':
        this.character(spec);
        return true;
      case 'q':
      case 'Q':
      case 'w':
        this.escaped(spec);
        return true;
      case '%':
        this.pad('%', 1, spec);
        return true;
      case 'n':
        this.append('');
        return true;
      default:
        return false;
    }
  }

  private pad(s: string, length: number, spec: Spec): void {
    const missing = spec.width - length;
    if (!spec.left) this.fill(' ', missing);
    this.append(s);
    if (spec.left) this.fill(' ', missing);
  }

  private signPrefix(spec: Spec): string {
    return spec.plus ? '+' : spec.space ? ' ' : '';
  }

  private integer(spec: Spec, signed: boolean, base: bigint): void {
    const given = this.args[this.next];
    if (typeof given === 'number' && signed && !spec.comma && spec.conversion !== 'r') {
      this.next++;
      this.decimal(spec, given);
      return;
    }
    const value = this.intArg();
    const negative = signed && value < 0n;
    const magnitude = signed ? (negative ? -value : value) : BigInt.asUintN(64, value);
    const prefix = negative ? '-' : signed ? this.signPrefix(spec) : '';
    let precision = spec.precision;
    if (spec.zero && precision < spec.width - prefix.length) precision = spec.width - prefix.length;
    let digits = magnitude.toString(Number(base));
    // Hexadecimal is upper case for X and p.
    if (spec.conversion === 'X' || spec.conversion === 'p') digits = digits.toUpperCase();
    if (spec.conversion === 'r') digits += ordinal(magnitude);
    if (precision > this.ctx.host.maxLength) throw tooBig();
    if (precision > digits.length) digits = '0'.repeat(precision - digits.length) + digits;
    if (spec.comma && base === 10n) digits = withCommas(digits);
    let alternate = '';
    if (spec.alternate && magnitude !== 0n) {
      if (base === 8n) alternate = '0';
      if (base === 16n)
        alternate = spec.conversion === 'x' || spec.conversion === 'p' ? '0x' : '0X';
    }
    const s = alternate + prefix + digits;
    this.pad(s, s.length, spec);
  }

  /** An INTEGER that is a number, for %d and %i without commas. */
  private decimal(spec: Spec, value: number): void {
    const prefix = value < 0 ? '-' : this.signPrefix(spec);
    let digits = String(Math.abs(value));
    let { precision } = spec;
    if (spec.zero && precision < spec.width - prefix.length) precision = spec.width - prefix.length;
    if (precision > this.ctx.host.maxLength) throw tooBig();
    if (precision > digits.length) digits = '0'.repeat(precision - digits.length) + digits;
    const s = prefix + digits;
    this.pad(s, s.length, spec);
  }

  private float(spec: Spec): void {
    const value = toReal(this.arg(), this.ctx.host.encoding);
    const negative = value < 0 || Object.is(value, -0);
    let precision = spec.precision < 0 ? 6 : Math.min(spec.precision, MAX_FLOAT_PRECISION);
    if (precision > this.ctx.host.maxLength) throw tooBig();
    if (spec.conversion === 'f' && this.plainFixed(spec, value, precision)) return;
    const exponential = spec.conversion === 'e' || spec.conversion === 'E';
    const general = spec.conversion === 'g' || spec.conversion === 'G';
    if (general && precision === 0) precision = 1;
    const sign = value < 0 ? '-' : this.signPrefix(spec);
    if (!Number.isFinite(value) && !spec.zero) {
      const s = `${sign}Inf`;
      this.pad(s, s.length, spec);
      return;
    }
    const want = general ? precision : exponential ? precision + 1 : -precision;
    const decimal = Number.isFinite(value)
      ? toDecimal(negative ? -value : value, want, spec.bang ? 20 : 16)
      : { digits: '9', point: 1000 };
    const exponent = decimal.point - 1;
    let prefix = sign;
    if (
      sign === '-' &&
      spec.alternate &&
      !spec.plus &&
      !spec.space &&
      spec.conversion === 'f' &&
      decimal.point <= want
    ) {
      prefix = '';
    }
    let asExponent = exponential;
    let trimZeros = spec.bang;
    if (general) {
      precision--;
      trimZeros = !spec.alternate;
      if (exponent < -4 || exponent > precision) asExponent = true;
      else precision -= exponent;
    }
    let s = this.layout(decimal.digits, asExponent ? 0 : exponent, precision, trimZeros, spec);
    if (asExponent) {
      const a = Math.abs(exponent);
      const letter = spec.conversion === 'E' || spec.conversion === 'G' ? 'E' : 'e';
      s += `${letter}${exponent < 0 ? '-' : '+'}${a < 10 ? '0' : ''}${a}`;
    }
    if (spec.zero && !spec.left) {
      const missing = spec.width - s.length - prefix.length;
      if (missing > this.ctx.host.maxLength) throw tooBig();
      if (missing > 0) s = '0'.repeat(missing) + s;
    }
    s = prefix + s;
    this.pad(s, s.length, spec);
  }

  /** %f without flags where a double tells the digits for sure; false elsewhere. */
  private plainFixed(spec: Spec, value: number, precision: number): boolean {
    if (precision === 0 || spec.alternate || spec.bang || spec.comma || spec.zero) return false;
    const whole = scaledRound(value < 0 ? -value : value, precision);
    if (whole <= 0) return false;
    const s = `${value < 0 ? '' : this.signPrefix(spec)}${fixed(value < 0, whole, precision)}`;
    this.pad(s, s.length, spec);
    return true;
  }

  /** Digits with the decimal point behind `exponent + 1` of them, and `precision` decimals. */
  private layout(
    digits: string,
    exponent: number,
    precision: number,
    trimZeros: boolean,
    spec: Spec,
  ): string {
    let whole = '0';
    let used = 0;
    if (exponent >= 0) {
      used = Math.min(exponent + 1, digits.length);
      whole = digits.slice(0, used).padEnd(exponent + 1, '0');
      if (spec.comma) whole = withCommas(whole);
    }
    const point = precision > 0 || spec.alternate || spec.bang;
    if (!point) return whole;
    let fraction = '';
    if (precision > 0) {
      const zeros = exponent < 0 ? Math.min(-exponent - 1, precision) : 0;
      fraction = '0'.repeat(zeros) + digits.slice(used, used + precision - zeros);
      if (!trimZeros) fraction = fraction.padEnd(precision, '0');
    }
    if (trimZeros) {
      fraction = fraction.replace(/0+$/, '');
      if (fraction === '') return spec.bang ? `${whole}.0` : whole;
    }
    return `${whole}.${fraction}`;
  }

  private string(spec: Spec): void {
    if (spec.precision >= 0) this.mayBeRaw = true;
    const v = this.arg();
    let s = v === null ? '' : untilNul(textOf(v, this.ctx));
    s = cut(s, spec.precision, spec.bang);
    this.pad(s, measure(s, spec), spec);
  }

  /** The first character, `precision` times over. An empty argument gives a NUL. */
  private character(spec: Spec): void {
    this.mayBeRaw = true;
    const v = this.arg();
    const s = v === null ? '' : untilNul(textOf(v, this.ctx));
    const c = s === '' ? '\0' : isRaw(v) ? firstOfBytes(s) : s.slice(0, advance(s, 0, 1));
    const count = Math.max(spec.precision, 1);
    if (count > this.ctx.host.maxLength) throw tooBig();
    if (count > 1) {
      const width = spec.width - (count - 1);
      if (width > 1 && !spec.left) this.fill(' ', width - 1);
      this.append(c.repeat(count));
      if (spec.left) this.fill(' ', width - 1);
      return;
    }
    this.pad(c, 1, spec);
  }

  private escaped(spec: Spec): void {
    this.mayBeRaw = true;
    const quote = spec.conversion === 'w' ? '"' : "'";
    const v = this.arg();
    if (v === null) {
      const s = cut(spec.conversion === 'Q' ? 'NULL' : '(NULL)', spec.precision, false);
      this.pad(s, s.length, spec);
      return;
    }
    let s = untilNul(textOf(v, this.ctx));
    s = cut(s, spec.precision, spec.bang);
    let outer = spec.conversion === 'Q' ? quote : '';
    let end = outer;
    if (spec.alternate && spec.conversion !== 'w' && hasControls(s)) {
      s = escapeControls(s);
      if (spec.conversion === 'Q') {
        outer = "unistr('";
        end = "')";
      }
    } else if (spec.alternate && spec.conversion === 'q') {
      s = s.replaceAll('\\', '\\\\');
    }
    s = outer + s.replaceAll(quote, quote + quote) + end;
    this.pad(s, measure(s, spec), spec);
  }
}

/** The first `n` bytes of a text, or characters with the "!" flag; all of it when n is -1. */
function cut(s: string, n: number, chars: boolean): string {
  if (n < 0) return s;
  if (chars) {
    const t = fromLenient(s);
    if (typeof t === 'string') return s.slice(0, advance(s, 0, n));
    let p = 0;
    while (n-- > 0 && p < t.bytes.length) p = skipUtf8(t.bytes, p);
    return lenient(t.bytes.subarray(0, p));
  }
  if (s.length * 3 <= n) return s;
  const t = fromLenient(s);
  const bytes = textBytes(t, UTF8);
  return bytes.length <= n ? s : lenient(bytes.subarray(0, n));
}

function measure(s: string, spec: Spec): number {
  if (spec.width === 0) return 0;
  const t = fromLenient(s);
  if (typeof t === 'string') return spec.bang ? charCount(t) : utf8Length(t);
  if (!spec.bang) return t.bytes.length;
  return t.bytes.reduce((n, b) => ((b & 0xc0) === 0x80 ? n : n + 1), 0);
}

/** The first character of bytes that need not be valid: a lead byte and up to three behind it. */
function firstOfBytes(s: string): string {
  const bytes = textBytes(fromLenient(s), UTF8);
  let n = 1;
  if (bytes[0]! >= 0xc0) while (n < 4 && n < bytes.length && (bytes[n]! & 0xc0) === 0x80) n++;
  return lenient(bytes.subarray(0, n));
}

function withCommas(digits: string): string {
  return digits.replace(/\B(?=(\d{3})+$)/g, ',');
}

function ordinal(n: bigint): string {
  const last = Number(n % 10n);
  if ((n / 10n) % 10n === 1n) return 'th';
  return last === 1 ? 'st' : last === 2 ? 'nd' : last === 3 ? 'rd' : 'th';
}

/** The formatted text; NULL when nothing came out, as in SQLite. */
function format(args: readonly SqlValue[], ctx: FunctionContext): SqlValue {
  if (args.length === 0 || args[0] === null) return null;
  const formatter = new Formatter(args, ctx);
  const s = formatter.run();
  return s === null ? null : formatter.mayBeRaw ? fromLenient(s) : textResult(s, args);
}

/** A whole number with the decimal point before its last digits. */
export function fixed(negative: boolean, whole: number, precision: number): string {
  let digits = String(whole);
  if (digits.length <= precision) digits = digits.padStart(precision + 1, '0');
  const point = digits.length - precision;
  return `${negative ? '-' : ''}${digits.slice(0, point)}.${digits.slice(point)}`;
}

export const printfFunctions: readonly ScalarFunction[] = /* @__PURE__ */ (() => [
  scalar('format', -1, format),
  scalar('printf', -1, format),
])();
