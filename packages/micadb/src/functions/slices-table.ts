/**
 * Which built-in functions take slices. The table comes with the compiler, which alone asks for it; the
 * families of functions that are turned on one by one have their forms in their descriptors.
 */

import { compareRanges } from '../values/collation.ts';
import { Real, Text } from '../values/value.ts';
import type { Count, Extreme, Sum } from './aggregate.ts';
import { ByteWriter } from './byte-writer.ts';
import { fixed } from './printf.ts';
import { scaledRound } from './round.ts';
import {
  arena,
  caseSlices,
  concatSlices,
  extremeSlices,
  hexSlices,
  instrSlices,
  quoteSlices,
  replaceSlices,
  substrSlices,
  trimSlices,
  unicodeSlices,
} from './slices.ts';
import { range } from './string.ts';
import {
  type AggregateFunction,
  type FunctionContext,
  type Loose,
  type LooseArgs,
  type OnSlices,
  type ScalarFunction,
  Slice,
  type StepSlices,
} from './types.ts';

/** Formats, or patterns, that are kept. */
const MAX_FORMATS = 64;

/** A piece of a format: literal text, or what to do with the next argument. */
type Piece =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'text' }
  /** %0{width}d: the number, with zeros in front up to a width. */
  | { readonly kind: 'integer'; readonly width: number }
  | { readonly kind: 'fixed'; readonly precision: number };

const CONVERSION = /%(?:(s)|(?:0(\d{1,2}))?(d)|\.([1-9])f)|%/g;

const piecesOf = new Map<string, readonly Piece[] | null>();

/** The pieces of a format; null when it has others. */
function pieces(format: string): readonly Piece[] | null {
  let known = piecesOf.get(format);
  if (known === undefined) {
    if (piecesOf.size >= MAX_FORMATS) piecesOf.clear();
    piecesOf.set(format, (known = readPieces(format)));
  }
  return known;
}

function readPieces(format: string): readonly Piece[] | null {
  if (format === '' || format.includes('\0')) return null;
  const found: Piece[] = [];
  let done = 0;
  for (const m of format.matchAll(CONVERSION)) {
    const [all, text, width, integer, precision] = m;
    if (m.index > done) found.push({ kind: 'literal', text: format.slice(done, m.index) });
    if (text !== undefined) found.push({ kind: 'text' });
    else if (integer !== undefined) found.push({ kind: 'integer', width: Number(width ?? 0) });
    else if (precision !== undefined) found.push({ kind: 'fixed', precision: Number(precision) });
    else return null;
    done = m.index + all.length;
  }
  if (done < format.length) found.push({ kind: 'literal', text: format.slice(done) });
  return found;
}

/** format() where all conversions are %s, %d, %0Nd and %.Nf, and the arguments are of that kind. */
function formatSlices(args: readonly Loose[], ctx: FunctionContext): Loose | undefined {
  const list = typeof args[0] === 'string' ? pieces(args[0]) : null;
  if (list === null) return undefined;
  arena.begin(64);
  let next = 1;
  for (let i = 0; i < list.length; i++) {
    const piece = list[i]!;
    if (piece.kind === 'literal') {
      arena.string(piece.text);
      continue;
    }
    if (next >= args.length) return undefined;
    const v = args[next++]!;
    if (piece.kind === 'text' && v instanceof Slice) {
      const { bytes: d, at, length: n } = v;
      for (let p = at; p < at + n; p++) if (d[p] === 0) return undefined;
      arena.room(n);
      arena.copy(d, at, n);
    } else if (piece.kind === 'text' && typeof v === 'number') {
      arena.string(String(v));
    } else if (piece.kind === 'integer' && typeof v === 'number') {
      let s = String(v);
      if (s.length < piece.width) {
        s = v < 0 ? `-${s.slice(1).padStart(piece.width - 1, '0')}` : s.padStart(piece.width, '0');
      }
      arena.string(s);
    } else if (piece.kind === 'fixed' && v instanceof Real) {
      const whole = scaledRound(v.value < 0 ? -v.value : v.value, piece.precision);
      if (whole <= 0) return undefined;
      arena.string(fixed(v.value < 0, whole, piece.precision));
    } else return undefined;
  }
  return arena.end(ctx.host.maxLength);
}

// -- aggregates ----------------------------------------------------------------------------------

/** A text as it lies: whole numbers are read from the bytes, and what is no number at all. */
function sumSlices(def: AggregateFunction, s: Sum, args: LooseArgs, ctx: FunctionContext): void {
  const v = args[0]!;
  if (!(v instanceof Slice)) {
    def.step(s, [v], ctx);
    return;
  }
  const { bytes: d, at } = v;
  const end = at + v.length;
  const negative = v.length > 0 && d[at] === 0x2d;
  const first = negative ? at + 1 : at;
  let p = first;
  let n = 0;
  for (; p < end && d[p]! >= 0x30 && d[p]! <= 0x39; p++) n = n * 10 + (d[p]! - 0x30);
  const digits = p - first;
  if (digits > 0 && digits <= 15 && p === end) s.takeInt(negative ? 0 - n : n);
  else if (digits > 0 && digits <= 15 && endsNumber(d[p]!)) s.takeReal(negative ? -n : n);
  else if (digits === 0 && p < end && !negative && d[p] !== 0x2b && endsNumber(d[p]!))
    s.takeReal(0);
  else def.step(s, [v.text()], ctx);
}

/** True for bytes that neither are part of a number nor may stand around one. */
function endsNumber(c: number): boolean {
  return !(c <= 0x20 || c === 0x2e || (c >= 0x30 && c <= 0x39) || c === 0x65 || c === 0x45);
}

/** A text for min() or max(), in the order of its bytes. */
function takeText(s: Extreme, v: Slice, direction: number): void {
  const { best } = s;
  const text = (s.text ??= new ByteWriter(0));
  if (typeof best === 'string' || best instanceof Text) {
    if (s.textOf !== best) {
      text.length = 0;
      text.text(best);
      s.textOf = best;
    }
    const c = compareRanges(v.bytes, v.at, v.length, text.bytes, 0, text.length);
    if (c * direction <= 0) return;
  } else if (best !== null && direction > 0 === best instanceof Uint8Array) return;
  text.length = 0;
  text.copy(v.bytes, v.at, v.at + v.length);
  s.best = v.text();
  s.textOf = s.best;
}

function extremeStep(def: AggregateFunction, direction: number): StepSlices {
  return (s, args, ctx) => {
    const v = args[0]!;
    if (!(v instanceof Slice)) def.step(s, [v], ctx);
    else if (ctx.collation.kind === 'binary') takeText(s as Extreme, v, direction);
    else def.step(s, [v.text()], ctx);
  };
}

function makeStep(def: AggregateFunction): StepSlices | undefined {
  switch (def.name) {
    case 'sum':
    case 'total':
    case 'avg':
      return (s, args, ctx) => sumSlices(def, s as Sum, args, ctx);
    case 'min':
      return extremeStep(def, -1);
    case 'max':
      return extremeStep(def, 1);
    case 'count':
      return (s, args) => {
        if (args[0] !== null) (s as Count).n++;
      };
    default:
      return undefined;
  }
}

const steps = new WeakMap<AggregateFunction, StepSlices>();

/** The aggregate's step on slices, if it has one: always the same function. */
export function stepForm(def: AggregateFunction): StepSlices | undefined {
  if (def.user === true || def.stepSlices !== undefined) return def.stepSlices;
  let step = steps.get(def);
  if (step === undefined) {
    step = makeStep(def);
    if (step !== undefined) steps.set(def, step);
  }
  return step;
}

// -- the table -----------------------------------------------------------------------------------

/** By name and argument count. */
const table: ReadonlyMap<string, OnSlices> = /* @__PURE__ */ (() =>
  new Map([
    ['upper/1', caseSlices(0x61)],
    ['lower/1', caseSlices(0x41)],
    ...['substr/2', 'substr/3', 'substring/2', 'substring/3'].map((key): [string, OnSlices] => [
      key,
      substrSlices(range),
    ]),
    ...[1, 2].flatMap((n): [string, OnSlices][] => [
      [`trim/${n}`, trimSlices(true, true)],
      [`ltrim/${n}`, trimSlices(true, false)],
      [`rtrim/${n}`, trimSlices(false, true)],
    ]),
    ['instr/2', instrSlices],
    ['replace/3', replaceSlices],
    ['hex/1', hexSlices],
    ['unicode/1', unicodeSlices],
    ['quote/1', quoteSlices],
    ['concat/-1', concatSlices(false)],
    ['concat_ws/-1', concatSlices(true)],
    ['max/-1', extremeSlices(true)],
    ['min/-1', extremeSlices(false)],
    ['format/-1', formatSlices],
    ['printf/-1', formatSlices],
  ]))();

/** LIKE and GLOB with a pattern that is known only when they run. */
function patternSlices({ make }: NonNullable<ScalarFunction['onBytes']>): OnSlices {
  const known = new Map<string, ReturnType<typeof make>>();
  return (args, ctx) => {
    const pattern = args[0]!;
    const text = args[1]!;
    if (typeof pattern !== 'string' || !(text instanceof Slice)) return undefined;
    if (pattern.length * 3 > ctx.host.maxLikePatternLength) return undefined;
    let call = known.get(pattern);
    if (call === undefined) {
      call = make([pattern, null]);
      if (known.size >= MAX_FORMATS) known.clear();
      known.set(pattern, call);
    }
    const x = call === null ? -1 : call(text.bytes, text.at, text.length);
    return x < 0 ? undefined : x;
  };
}

const patterns = new WeakMap<ScalarFunction, OnSlices>();

/** The function's form on slices, if it has one: always the same function. */
export function slicesForm(def: ScalarFunction): OnSlices | undefined {
  if (def.user === true) return undefined;
  if (def.like === undefined || def.onBytes === undefined) {
    return def.onSlices ?? table.get(`${def.name}/${def.argCount}`);
  }
  let form = patterns.get(def);
  if (form === undefined) patterns.set(def, (form = patternSlices(def.onBytes)));
  return form;
}
