/**
 * Functions on TEXT that still is UTF-8 bytes on a page, and whose result may be such a text again: no
 * string is made on the way. Each gives what the function itself gives for values; where that is not
 * simple it answers undefined, and the function is called. What they write goes into the arena, whose
 * bytes are written once: a result may be kept.
 */

import { compareRanges } from '../values/collation.ts';
import { numberToText } from '../values/format.ts';
import { writeUtf8 } from '../values/utf.ts';
import { Real, type SqlValue } from '../values/value.ts';
import { tooBig } from './define.ts';
import { type FunctionContext, type Loose, type OnSlices, Slice } from './types.ts';

const ARENA = 32_768;
const SHORT = 40;

/** Bytes that are written from front to end, then left to whoever still reads them. */
class Arena {
  bytes = new Uint8Array(ARENA);
  used = 0;
  private start = 0;

  /** Begins a text; `n` bytes have room. */
  begin(n: number): void {
    if (this.used + n > this.bytes.length) this.renew(n);
    this.start = this.used;
  }

  /** Goes on with the text that was written last, if `s` is it. */
  resume(s: Slice): boolean {
    if (s.bytes !== this.bytes || s.at + s.length !== this.used) return false;
    this.start = s.at;
    return true;
  }

  /** Room for `n` bytes more; what was begun moves along. */
  room(n: number): void {
    if (this.used + n <= this.bytes.length) return;
    const { bytes, start, used } = this;
    const length = used - start;
    this.renew((length + n) * 2);
    this.bytes.set(bytes.subarray(start, used));
    this.start = 0;
    this.used = length;
  }

  private renew(n: number): void {
    this.bytes = new Uint8Array(Math.max(ARENA, n));
    this.used = 0;
  }

  copy(from: Uint8Array, at: number, n: number): void {
    const { bytes, used } = this;
    if (n <= SHORT) for (let i = 0; i < n; i++) bytes[used + i] = from[at + i]!;
    else bytes.set(from.subarray(at, at + n), used);
    this.used = used + n;
  }

  string(s: string): void {
    this.room(s.length * 3);
    this.used += writeUtf8(this.bytes, this.used, s);
  }

  end(maxLength: number): Slice {
    result.bytes = this.bytes;
    result.at = this.start;
    result.length = this.used - this.start;
    if (result.length > maxLength) throw tooBig();
    return result;
  }
}

export const arena = /* @__PURE__ */ new Arena();
/** The one result: read at once. */
const result = new Slice();

function part(s: Slice, at: number, length: number): Slice {
  result.bytes = s.bytes;
  result.at = at;
  result.length = length;
  return result;
}

/** Adds a value's text; false for what has none that is simple. */
function put(v: Loose): boolean {
  if (v instanceof Slice) {
    arena.room(v.length);
    arena.copy(v.bytes, v.at, v.length);
  } else if (typeof v === 'string') arena.string(v);
  else if (typeof v === 'number') arena.string(String(v));
  else if (typeof v === 'bigint' || v instanceof Real) arena.string(numberToText(v));
  else return false;
  return true;
}

/** a || b; undefined for BLOBs and ill-formed text. */
export function joinSlices(a: Loose, b: Loose, maxLength: number): Loose | undefined {
  if (a === null || b === null) return null;
  if (typeof a === 'string' && typeof b === 'string') return undefined;
  if (!(a instanceof Slice && arena.resume(a))) {
    arena.begin(64);
    if (!put(a)) return undefined;
  }
  return put(b) ? arena.end(maxLength) : undefined;
}

/** concat(X...) and, with the separator first, concat_ws(S, X...). */
export function concatSlices(separated: boolean): OnSlices {
  return (args, ctx) => {
    if (separated && args[0] === null) return null;
    let any = false;
    arena.begin(64);
    for (let i = separated ? 1 : 0; i < args.length; i++) {
      const v = args[i]!;
      if (v === null) continue;
      if (any && separated && !put(args[0]!)) return undefined;
      if (!put(v)) return undefined;
      any = true;
    }
    return arena.end(ctx.host.maxLength);
  };
}

/** upper() and lower(): `first` is the first letter of those that change. */
export function caseSlices(first: number): OnSlices {
  return (args, ctx) => {
    const s = args[0]!;
    if (!(s instanceof Slice)) return undefined;
    const { bytes: d, at, length: n } = s;
    arena.begin(n);
    const { bytes, used } = arena;
    for (let i = 0; i < n; i++) {
      const c = d[at + i]!;
      bytes[used + i] = c >= first && c < first + 26 ? c ^ 32 : c;
    }
    arena.used = used + n;
    return arena.end(ctx.host.maxLength);
  };
}

/** The trim set as flags by byte when all of it is ASCII; null else. */
const sets = new Map<string, Uint8Array | null>();

function asciiSet(set: string): Uint8Array | null {
  let flags = sets.get(set);
  if (flags !== undefined) return flags;
  flags = new Uint8Array(256);
  for (let i = 0; i < set.length && flags !== null; i++) {
    const c = set.charCodeAt(i);
    if (c === 0 || c > 0x7f) flags = null;
    else flags[c] = 1;
  }
  if (sets.size >= 64) sets.clear();
  sets.set(set, flags);
  return flags;
}

export function trimSlices(left: boolean, right: boolean): OnSlices {
  return (args) => {
    const s = args[0]!;
    const set = args.length < 2 ? ' ' : args[1];
    if (!(s instanceof Slice) || typeof set !== 'string') return undefined;
    const flags = asciiSet(set);
    if (flags === null) return undefined;
    const { bytes: d } = s;
    let from = s.at;
    let to = from + s.length;
    if (left) while (from < to && flags[d[from]!] === 1) from++;
    if (right) while (to > from && flags[d[to - 1]!] === 1) to--;
    return part(s, from, to - from);
  };
}

/** substr(X, Y) and substr(X, Y, Z) of ASCII, where `range` says which characters these are. */
export function substrSlices(
  range: (
    length: number,
    args: readonly SqlValue[],
    ctx: FunctionContext,
  ) => readonly [number, number],
): OnSlices {
  return (args, ctx) => {
    const s = args[0]!;
    const y = args[1]!;
    if (!(s instanceof Slice) || typeof y !== 'number') return undefined;
    if (args.length === 3 && typeof args[2] !== 'number') return undefined;
    const { bytes: d, at, length: n } = s;
    for (let i = 0; i < n; i++) {
      const c = d[at + i]!;
      if (c === 0 || c > 0x7f) return undefined;
    }
    // Only the first argument is a slice, which range() does not look at.
    const [from, to] = range(n, args as readonly SqlValue[], ctx);
    return part(s, at + from, to - from);
  };
}

const scratch = new Slice();
/** Texts of constants as bytes: patterns and the like, mostly the same for all rows. */
const encoded = new Map<string, Uint8Array>();

function bytesOf(s: string): Uint8Array {
  let bytes = encoded.get(s);
  if (bytes === undefined) {
    bytes = new Uint8Array(s.length * 3);
    bytes = bytes.slice(0, writeUtf8(bytes, 0, s));
    if (encoded.size >= 64) encoded.clear();
    encoded.set(s, bytes);
  }
  return bytes;
}

const digits = new Uint8Array(32);

/** Text of up to 1,000 characters, or an INTEGER's text, as bytes. */
function asSlice(v: Loose): Slice | null {
  if (v instanceof Slice) return v;
  if (typeof v === 'number') {
    scratch.bytes = digits;
    scratch.at = 0;
    scratch.length = writeUtf8(digits, 0, String(v));
    return scratch;
  }
  if (typeof v !== 'string' || v.length > 1000) return null;
  scratch.bytes = bytesOf(v);
  scratch.at = 0;
  scratch.length = scratch.bytes.length;
  return scratch;
}

/** Where `run` stands in d[p, end), -1 when it does not. */
function find(
  d: Uint8Array,
  p: number,
  end: number,
  run: Uint8Array,
  at: number,
  n: number,
): number {
  const first = run[at]!;
  for (const last = end - n; p <= last; p++) {
    if (d[p] !== first) continue;
    let i = 1;
    while (i < n && d[p + i] === run[at + i]) i++;
    if (i === n) return p;
  }
  return -1;
}

export const replaceSlices: OnSlices = (args, ctx) => {
  const s = args[0]!;
  const [from, to] = [args[1]!, args[2]!];
  if (!(s instanceof Slice) || typeof from !== 'string' || typeof to !== 'string') return undefined;
  if (from === '' || from.charCodeAt(0) === 0 || from.length > 1000 || to.length > 1000)
    return undefined;
  const pattern = bytesOf(from);
  const by = bytesOf(to);
  const { bytes: d } = s;
  let p = s.at;
  const end = p + s.length;
  let hit = find(d, p, end, pattern, 0, pattern.length);
  if (hit < 0) return part(s, s.at, s.length);
  arena.begin(s.length + 64);
  while (hit >= 0) {
    arena.room(end - p + by.length);
    arena.copy(d, p, hit - p);
    arena.copy(by, 0, by.length);
    p = hit + pattern.length;
    hit = find(d, p, end, pattern, 0, pattern.length);
  }
  arena.room(end - p);
  arena.copy(d, p, end - p);
  return arena.end(ctx.host.maxLength);
};

export const instrSlices: OnSlices = (args) => {
  const [hay, v] = [args[0]!, args[1]!];
  if (!(hay instanceof Slice)) return undefined;
  const needle = asSlice(v);
  if (needle === null || needle.length === 0) return undefined;
  const { bytes: d, at } = hay;
  const end = at + hay.length;
  const p = find(d, at, end, needle.bytes, needle.at, needle.length);
  // Only where bytes are characters: a match inside of one is none.
  for (let i = at; i < (p < 0 ? end : p + needle.length); i++) if (d[i]! > 0x7f) return undefined;
  return p < 0 ? 0 : p - at + 1;
};

export const unicodeSlices: OnSlices = (args) => {
  const s = args[0]!;
  if (!(s instanceof Slice)) return undefined;
  const c = s.length === 0 ? 0 : s.bytes[s.at]!;
  if (c > 0x7f) return undefined;
  return c === 0 ? null : c;
};

export const hexSlices: OnSlices = (args, ctx) => {
  const s = args[0]!;
  if (!(s instanceof Slice)) return undefined;
  const { bytes: d, at, length: n } = s;
  arena.begin(2 * n);
  const { bytes } = arena;
  let to = arena.used;
  for (let i = 0; i < n; i++) {
    const high = d[at + i]! >> 4;
    const low = d[at + i]! & 15;
    bytes[to++] = high < 10 ? 0x30 + high : 0x37 + high;
    bytes[to++] = low < 10 ? 0x30 + low : 0x37 + low;
  }
  arena.used = to;
  return arena.end(ctx.host.maxLength);
};

export const quoteSlices: OnSlices = (args, ctx) => {
  const s = args[0]!;
  if (!(s instanceof Slice)) return undefined;
  const { bytes: d, at, length: n } = s;
  arena.begin(2 * n + 2);
  const { bytes } = arena;
  let to = arena.used;
  bytes[to++] = 0x27;
  for (let i = 0; i < n && d[at + i] !== 0; i++) {
    const c = d[at + i]!;
    bytes[to++] = c;
    if (c === 0x27) bytes[to++] = c;
  }
  bytes[to++] = 0x27;
  arena.used = to;
  return arena.end(ctx.host.maxLength);
};

/** max(X, Y) and min(X, Y) of two texts. */
export function extremeSlices(max: boolean): OnSlices {
  return (args, ctx) => {
    const [a, b] = [args[0]!, args[1]!];
    if (args.length !== 2 || ctx.collation.kind !== 'binary') return undefined;
    if (!(a instanceof Slice && b instanceof Slice)) return undefined;
    const c = compareRanges(a.bytes, a.at, a.length, b.bytes, b.at, b.length);
    const best = (max ? c < 0 : c >= 0) ? b : a;
    return part(best, best.at, best.length);
  };
}
