/**
 * Built-in aggregates (lang_aggfunc), all usable over windows. min() and max() have no inverse, as in
 * SQLite: codegen keeps the window's values in order itself.
 */
import { toNumeric, toReal } from '../values/affinity.ts';
import { compareValues } from '../values/compare.ts';
import { addExact, subExact } from '../values/int64.ts';
import { numericKind } from '../values/number.ts';
import { decodeText } from '../values/utf.ts';
import { type Int, Real, realOrNull, type SqlValue, Text, UTF8 } from '../values/value.ts';
import { ByteWriter } from './byte-writer.ts';
import { aggregate, fail, tooBig } from './define.ts';
import { fromLenient, textOf } from './text.ts';
import {
  type AggregateFunction,
  type FunctionContext,
  type Loose,
  type LooseArgs,
  Slice,
} from './types.ts';

type Args = readonly SqlValue[];

// -- count ---------------------------------------------------------------------------------------

export class Count {
  n = 0;
}

function countOne(s: object): void {
  (s as Count).n++;
}

function count(argCount: 0 | 1): AggregateFunction {
  return aggregate(
    'count',
    argCount,
    {
      init: () => new Count(),
      step(s, args) {
        if (argCount === 0 || args[0] !== null) s.n++;
      },
      inverse(s, args) {
        if (argCount === 0 || args[0] !== null) s.n--;
      },
      finalize: (s) => s?.n ?? 0,
    },
    {
      special: 'count',
      direct: { int: countOne, real: countOne, row: countOne },
    },
  );
}

// -- sum, total, avg -----------------------------------------------------------------------------

/**
 * A sum: an exact integer until a REAL comes or 64 bits do not suffice, then a Kahan-Babuska sum
 * with its compensation (lang_aggfunc §"sum").
 */
export class Sum {
  count = 0;
  /** The exact sum: `small` while it is a safe integer, so that adding makes no garbage; else `wide`. */
  private small = 0;
  private wide: bigint | null = null;
  approximate = false;
  overflow = false;
  real = 0;
  error = 0;

  get exact(): Int {
    return this.wide ?? this.small;
  }

  set exact(v: Int) {
    if (typeof v === 'number') {
      this.small = v;
      this.wide = null;
    } else {
      this.wide = v;
    }
  }

  /** One INTEGER more. */
  takeInt(n: Int): void {
    this.count++;
    if (!this.approximate) {
      if (typeof n === 'number' && this.wide === null) {
        const t = this.small + n;
        if (t <= Number.MAX_SAFE_INTEGER && t >= -Number.MAX_SAFE_INTEGER) {
          this.small = t;
          return;
        }
      }
      const sum = addExact(this.exact, n);
      if (sum !== null) {
        this.exact = sum;
        return;
      }
      this.overflow = true;
      this.becomeReal();
    }
    this.addInt(n);
  }

  /** One REAL more. */
  takeReal(r: number): void {
    this.count++;
    if (!this.approximate) this.becomeReal();
    this.overflow = false;
    this.addReal(r);
  }

  addReal(r: number): void {
    const s = this.real;
    const t = s + r;
    if (Math.abs(s) > Math.abs(r)) this.error += s - t + r;
    else this.error += r - t + s;
    this.real = t;
  }

  /** Adds an integer without losing bits that a double does not have. */
  addInt(v: Int): void {
    if (isExact(v)) {
      this.addReal(Number(v));
      return;
    }
    const big = BigInt(v);
    const small = big % 16384n;
    this.addReal(Number(big - small));
    this.addReal(Number(small));
  }

  becomeReal(): void {
    this.approximate = true;
    const v = this.exact;
    const small = isExact(v) ? 0 : Number(BigInt(v) % 16384n);
    this.real = isExact(v) ? Number(v) : Number(BigInt(v) - BigInt(small));
    this.error = small;
  }

  /** The sum as a double. */
  double(): number {
    if (!this.approximate) return Number(this.exact);
    // The compensation means nothing once the sum has become infinite.
    return Number.isFinite(this.error) ? this.real + this.error : this.real;
  }
}

/** True for integers that are added as they are; larger ones go in two parts. */
function isExact(v: Int): boolean {
  return v > -4503599627370496 && v < 4503599627370496;
}

/** The value as a number as the sums see it: an integer only where it is, or reads as, one. */
function summand(v: SqlValue, ctx: FunctionContext): Int | Real {
  if (typeof v === 'number' || typeof v === 'bigint' || v instanceof Real) return v;
  // A text of bytes may be valid: what json() gives carries a subtype.
  const text = v instanceof Text ? textOf(v, ctx) : v;
  if (typeof text === 'string' && numericKind(text) !== 0) return toNumeric(text) ?? 0;
  return new Real(toReal(v, ctx.host.encoding));
}

function sumStep(s: Sum, args: Args, ctx: FunctionContext): void {
  const v = args[0]!;
  if (v === null) return;
  const n = summand(v, ctx);
  if (n instanceof Real) s.takeReal(n.value);
  else s.takeInt(n);
}

function sumInverse(s: Sum, args: Args, ctx: FunctionContext): void {
  const v = args[0]!;
  if (v === null) return;
  s.count--;
  const n = summand(v, ctx);
  if (n instanceof Real) {
    if (!s.approximate) s.becomeReal();
    s.addReal(-n.value);
    return;
  }
  if (!s.approximate) {
    const sum = subExact(s.exact, n);
    if (sum !== null) {
      s.exact = sum;
      return;
    }
    s.overflow = true;
    s.becomeReal();
  }
  if (n === -9223372036854775808n) {
    s.addInt(9223372036854775807n);
    s.addInt(1);
  } else {
    s.addInt(typeof n === 'number' ? 0 - n : -n);
  }
}

function sumResult(s: Sum | null): SqlValue {
  if (s === null || s.count <= 0) return null;
  if (!s.approximate) return s.exact;
  if (s.overflow) throw fail('integer overflow');
  return realOrNull(s.double());
}

function summing(name: string, finalize: (s: Sum | null) => SqlValue): AggregateFunction {
  return aggregate(
    name,
    1,
    { init: () => new Sum(), step: sumStep, inverse: sumInverse, finalize },
    {
      direct: {
        int: (s, n) => (s as Sum).takeInt(n),
        real: (s, n) => (s as Sum).takeReal(n),
        row: () => undefined,
      },
    },
  );
}

const sums: readonly AggregateFunction[] = [
  summing('sum', sumResult),
  summing('total', (s) => (s === null ? new Real(0) : realOrNull(s.double()))),
  summing('avg', (s) => (s === null || s.count <= 0 ? null : realOrNull(s.double() / s.count))),
];

// -- min, max ------------------------------------------------------------------------------------

/** The best value so far. */
export class Extreme {
  best: SqlValue = null;
  /** For texts as they lie: the bytes of the text `textOf`. */
  text: ByteWriter | null = null;
  textOf: SqlValue = null;
}

function extreme(name: 'min' | 'max'): AggregateFunction {
  const direction = name === 'max' ? 1 : -1;
  const better = (s: Extreme, n: number): boolean => {
    const { best } = s;
    if (best === null) return true;
    // Numbers come before TEXT and BLOB.
    if (typeof best === 'number') return name === 'max' ? n > best : n < best;
    if (best instanceof Real) return name === 'max' ? n > best.value : n < best.value;
    if (typeof best === 'bigint') return name === 'max' ? n > best : n < best;
    return name === 'min';
  };
  return aggregate(
    name,
    1,
    {
      init: () => new Extreme(),
      step(s, args, ctx) {
        const v = args[0]!;
        if (v === null) return;
        if (
          s.best === null ||
          compareValues(v, s.best, ctx.collation, ctx.host.encoding) * direction > 0
        ) {
          s.best = v;
        }
      },
      finalize: (s) => s?.best ?? null,
    },
    {
      needsCollation: true,
      special: name,
      direct: {
        int: (s, n) => {
          if (better(s as Extreme, n)) (s as Extreme).best = n;
        },
        real: (s, n) => {
          if (better(s as Extreme, n)) (s as Extreme).best = new Real(n);
        },
        row: () => undefined,
      },
    },
  );
}

// -- group_concat --------------------------------------------------------------------------------

/**
 * The texts so far as bytes, each behind its separator (the first one's is not shown). Taking rows back
 * from the front moves `from`.
 */
class Concat {
  readonly text = new ByteWriter();
  /** Where the texts start, behind their separators. */
  starts: number[] = [];
  from = 0;
}

function writeText(out: ByteWriter, v: Loose, ctx: FunctionContext): void {
  if (v instanceof Slice) out.copy(v.bytes, v.at, v.at + v.length);
  else if (typeof v === 'string' || v instanceof Text) out.text(v);
  else out.text(fromLenient(textOf(v, ctx)));
}

function concatStep(s: Concat, args: LooseArgs, ctx: FunctionContext): void {
  const v = args[0]!;
  if (v === null) return;
  const { text } = s;
  if (args.length < 2) text.byte(COMMA);
  else if (args[1] !== null) writeText(text, args[1]!, ctx);
  s.starts.push(text.length);
  writeText(text, v, ctx);
  if (text.length - s.starts[s.from]! > ctx.host.maxLength) throw tooBig();
}
const COMMA = 0x2c;

function concatInverse(s: Concat, args: Args): void {
  if (args[0] === null || s.from >= s.starts.length) return;
  s.from++;
  if (s.from > 64 && s.from * 2 > s.starts.length) {
    const { text } = s;
    const cut = s.starts[s.from] ?? text.length;
    text.bytes.copyWithin(0, cut, text.length);
    text.length -= cut;
    s.starts = s.starts.slice(s.from).map((start) => start - cut);
    s.from = 0;
  }
}

function concatResult(s: Concat | null): SqlValue {
  if (s === null || s.from >= s.starts.length) return null;
  return decodeText(s.text.bytes, s.starts[s.from]!, s.text.length, UTF8);
}

function concat(name: string, argCount: number): AggregateFunction {
  return aggregate(
    name,
    argCount,
    {
      init: () => new Concat(),
      step: concatStep,
      inverse: concatInverse,
      finalize: concatResult,
    },
    { stepSlices: (s, args, ctx) => concatStep(s as Concat, args, ctx) },
  );
}

// -- percentiles ---------------------------------------------------------------------------------

class Percentile {
  fraction = -1;
  values: number[] = [];
}

interface PercentileKind {
  readonly name: string;
  /** What the second argument's 1 means: 100 for percentile(), 1 for the SQL functions. */
  readonly scale: number;
  readonly discrete: boolean;
}

function percentileStep(
  kind: PercentileKind,
  s: Percentile,
  args: Args,
  ctx: FunctionContext,
): void {
  let fraction = 0.5;
  if (args.length === 2) {
    const p = args[1]!;
    const n = isNumeric(p) ? toReal(p, ctx.host.encoding) : Number.NaN;
    fraction = n / kind.scale;
    if (!(fraction >= 0 && fraction <= 1)) {
      const top = kind.scale === 1 ? '1.0' : '100.0';
      throw fail(`the fraction argument to ${kind.name}() is not between 0.0 and ${top}`);
    }
  }
  if (s.fraction < 0) {
    s.fraction = fraction;
  } else if (Math.abs(s.fraction - fraction) > 0.001) {
    throw fail(`the fraction argument to ${kind.name}() is not the same for all input rows`);
  }
  const v = args[0]!;
  if (v === null) return;
  if (!isStoredNumber(v)) throw fail(`input to ${kind.name}() is not numeric`);
  const x = toReal(v, ctx.host.encoding);
  if (!Number.isFinite(x)) throw fail(`Inf input to ${kind.name}()`);
  s.values.push(x);
}

function isNumeric(v: SqlValue): boolean {
  if (typeof v === 'string') return numericKind(v) !== 0;
  return v !== null && !(v instanceof Uint8Array) && !(v instanceof Text);
}

/** The values themselves must be numbers, not text that reads as one. */
function isStoredNumber(v: SqlValue): boolean {
  return typeof v === 'number' || typeof v === 'bigint' || v instanceof Real;
}

function percentileResult(kind: PercentileKind, s: Percentile | null): SqlValue {
  if (s === null || s.values.length === 0) return null;
  const sorted = Float64Array.from(s.values).sort();
  const place = s.fraction * (sorted.length - 1);
  const i = Math.floor(place);
  const low = sorted[i]!;
  if (kind.discrete || place === i) return new Real(low);
  return new Real(low + (sorted[i + 1]! - low) * (place - i));
}

function percentile(kind: PercentileKind, argCount: number): AggregateFunction {
  return aggregate(kind.name, argCount, {
    init: () => new Percentile(),
    step: (s, args, ctx) => percentileStep(kind, s, args, ctx),
    inverse(s, args, ctx) {
      if (args[0] === null) return;
      const i = s.values.indexOf(toReal(args[0]!, ctx.host.encoding));
      if (i >= 0) s.values.splice(i, 1);
    },
    finalize: (s: Percentile | null) => percentileResult(kind, s),
  });
}

export const aggregateFunctions: readonly AggregateFunction[] = [
  count(0),
  count(1),
  ...sums,
  extreme('min'),
  extreme('max'),
  concat('group_concat', 1),
  concat('group_concat', 2),
  concat('string_agg', 2),
  percentile({ name: 'median', scale: 1, discrete: false }, 1),
  percentile({ name: 'percentile', scale: 100, discrete: false }, 2),
  percentile({ name: 'percentile_cont', scale: 1, discrete: false }, 2),
  percentile({ name: 'percentile_disc', scale: 1, discrete: true }, 2),
];
