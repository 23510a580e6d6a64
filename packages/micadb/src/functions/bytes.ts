/**
 * Functions on TEXT that is still UTF-8 bytes on a page, for compiled code: no string is made. Each gives
 * what the function itself gives for the string; where that is not simple it answers -1, and the function
 * is called. Text ends at its first NUL for all of them, as in SQLite.
 */
import { utf8Encode } from '../values/utf.ts';
import type { SqlValue } from '../values/value.ts';
import type { ScalarFunction } from './types.ts';

type OnBytes = NonNullable<ScalarFunction['onBytes']>;
type Call = (d: Uint8Array, at: number, n: number) => number;

/** Behind the character at `p`: a lead byte takes the continuation bytes that follow it. */
function skip(d: Uint8Array, p: number, end: number): number {
  if (d[p++]! >= 0xc0) while (p < end && (d[p]! & 0xc0) === 0x80) p++;
  return p;
}

export const lengthOnBytes: OnBytes = {
  argument: 0,
  result: 'integer',
  make: () => (d, at, n) => {
    const end = at + n;
    let count = 0;
    for (let p = at; p < end && d[p] !== 0; count++) p = skip(d, p, end);
    return count;
  },
};

export const octetLengthOnBytes: OnBytes = {
  argument: 0,
  result: 'integer',
  make: () => (_d, _at, n) => n,
};

function smallInteger(v: SqlValue | undefined, from: number): v is number {
  return typeof v === 'number' && v >= from && v < 65536;
}

/** substr(X, Y) and substr(X, Y, Z) for Y of 1 and more, Z of 0 and more. */
export const substrOnBytes: OnBytes = {
  argument: 0,
  result: 'text',
  make: (constants) => {
    const [, first, count] = constants;
    if (!smallInteger(first, 1)) return null;
    if (constants.length === 3 && !smallInteger(count, 0)) return null;
    const take = constants.length === 3 ? (count as number) : 65536;
    return (d, at, n) => {
      const end = at + n;
      let p = at;
      for (let i = 1; i < first && p < end && d[p] !== 0; i++) p = skip(d, p, end);
      const from = p;
      for (let i = 0; i < take && p < end && d[p] !== 0; i++) p = skip(d, p, end);
      return (from - at) * 65536 + (p - from);
    };
  },
};

const sameCase = new Uint8Array(256);
const lowerCase = new Uint8Array(256);
for (let c = 0; c < 256; c++) {
  sameCase[c] = c;
  lowerCase[c] = c >= 0x41 && c <= 0x5a ? c + 32 : c;
}

function matchesAt(d: Uint8Array, p: number, run: Uint8Array, fold: Uint8Array): boolean {
  for (let i = 0; i < run.length; i++) if (fold[d[p + i]!] !== run[i]) return false;
  return true;
}

function hasNul(d: Uint8Array, from: number, end: number): boolean {
  for (let p = from; p < end; p++) if (d[p] === 0) return true;
  return false;
}

/** By a byte: how far the run can move when that byte is under its end; 0: it may be there. */
function shiftTable(run: Uint8Array, fold: Uint8Array): Uint16Array {
  const table = new Uint16Array(256);
  for (let c = 0; c < 256; c++) {
    const at = run.lastIndexOf(fold[c]!);
    table[c] = run.length - 1 - at;
  }
  return table;
}

/** A pattern of literal runs with "any characters" between them; null when it has other wildcards. */
function pattern(runs: readonly Uint8Array[], fold: Uint8Array): Call {
  const head = runs[0]!;
  const tail = runs[runs.length - 1]!;
  const last = runs.length - 1;
  const shifts = runs.map((run) => shiftTable(run, fold));
  if (last === 0) {
    return (d, at, n) => {
      if (n !== head.length) return hasNul(d, at, at + n) ? -1 : 0;
      return matchesAt(d, at, head, fold) ? 1 : 0;
    };
  }
  return (d, at, n) => {
    let end = at + n;
    if (head.length + tail.length > n || !matchesAt(d, at, head, fold)) {
      return tail.length > 0 && hasNul(d, at, end) ? -1 : 0;
    }
    let p = at + head.length;
    if (tail.length > 0) {
      // The end of the text counts: it must be the real one.
      if (hasNul(d, at, end)) return -1;
      if (!matchesAt(d, end - tail.length, tail, fold)) return 0;
      end -= tail.length;
    }
    for (let r = 1; r < last; r++) {
      const run = runs[r]!;
      const steps = shifts[r]!;
      // Horspool's search: the byte under the run's end says how far the run can move.
      let q = p + run.length - 1;
      for (;;) {
        if (q >= end) return 0;
        const step = steps[d[q]!]!;
        if (step !== 0) q += step;
        else if (matchesAt(d, q - run.length + 1, run, fold)) break;
        else q++;
      }
      p = q + 1;
    }
    return hasNul(d, at, p) ? -1 : 1;
  };
}

/** LIKE and GLOB with a constant pattern of literals and `all` alone. */
export function patternOnBytes(all: string, others: readonly string[], noCase: boolean): OnBytes {
  return {
    argument: 1,
    result: 'integer',
    make: (constants) => {
      const text = constants[0];
      if (constants.length !== 2 || typeof text !== 'string' || text.length > 1000) return null;
      if (text.includes('\0') || others.some((c) => text.includes(c))) return null;
      const fold = noCase ? lowerCase : sameCase;
      const parts = text.split(all);
      // Runs between two wildcards that stand together are no runs.
      const runs = parts
        .filter((part, i) => part !== '' || i === 0 || i === parts.length - 1)
        .map((part) => utf8Encode(part).map((c) => fold[c]!));
      return pattern(runs, fold);
    },
  };
}

/** instr(X, Y) with a constant text Y. */
export const instrOnBytes: OnBytes = {
  argument: 0,
  result: 'integer',
  make: (constants) => {
    const text = constants[1];
    if (typeof text !== 'string' || text === '' || text.includes('\0')) return null;
    const needle = utf8Encode(text);
    return (d, at, n) => {
      const end = at + n;
      const stop = end - needle.length;
      for (let p = at, place = 1; p <= stop; place++) {
        if (matchesAt(d, p, needle, sameCase)) return place;
        p = skip(d, p, end);
      }
      return 0;
    };
  },
};
