/**
 * The LIKE optimization (https://www.sqlite.org/optoverview.html#like_opt): `x LIKE 'abc%'` implies
 * `x >= 'abc' AND x < 'abd'` under the collation that matches the operator's case folding.
 */
import type { BoundExpr } from '../bind/tree.ts';
import { exprAffinity, visitExpr } from '../bind/types.ts';
import { applyAffinity } from '../values/affinity.ts';
import { Affinity } from '../values/value.ts';

export interface LikeRange {
  readonly column: BoundExpr;
  readonly low: string;
  readonly high: string;
  readonly collation: 'NOCASE' | 'BINARY';
  /** The pattern is a prefix and one final "match all": the range says all there is to say. */
  readonly complete: boolean;
  readonly noCase: boolean;
  /** The operator matches BLOBs too. */
  readonly blobs: boolean;
}

function upper(s: string): string {
  return s.replace(/[a-z]/g, (c) => c.toUpperCase());
}

function lower(s: string): string {
  return s.replace(/[A-Z]/g, (c) => c.toLowerCase());
}

/** Some prefix of the text is a number greater than zero. */
function startsAsNumber(s: string): boolean {
  return typeof applyAffinity(s, Affinity.Numeric) !== 'string';
}

/** The literal prefix of a pattern; null when the pattern begins with a wildcard or is of no use. */
function prefixOf(
  pattern: string,
  wild: { matchAll: string; matchOne: string; matchSet: string },
  escapeChar: string | null,
): { prefix: string; rest: string } | null {
  let prefix = '';
  let i = 0;
  while (i < pattern.length) {
    const c = pattern[i]!;
    if (c === escapeChar) {
      if (i + 1 >= pattern.length) return null;
      prefix += pattern[i + 1]!;
      i += 2;
      continue;
    }
    if (c === wild.matchAll || c === wild.matchOne || (c === wild.matchSet && c !== '')) break;
    prefix += c;
    i += 1;
  }
  return prefix === '' ? null : { prefix, rest: pattern.slice(i) };
}

/** The range that a LIKE or GLOB call implies, null when there is none. */
export function likeRange(e: BoundExpr): LikeRange | null {
  if (e.kind !== 'function' || e.def.kind !== 'scalar' || e.def.like === undefined) return null;
  const like = e.def.like;
  const [pattern, column, escapeArg] = e.args;
  if (pattern === undefined || column === undefined) return null;
  let escapeChar: string | null = null;
  if (escapeArg !== undefined) {
    if (escapeArg.kind !== 'constant' || typeof escapeArg.value !== 'string') return null;
    if ([...escapeArg.value].length !== 1) return null;
    escapeChar = escapeArg.value;
    if (escapeChar === like.matchAll || escapeChar === like.matchOne) return null;
  }
  if (pattern.kind !== 'constant' || typeof pattern.value !== 'string') return null;
  const found = prefixOf(pattern.value, like, escapeChar);
  if (found === null) return null;
  const { prefix } = found;
  const last = prefix.charCodeAt(prefix.length - 1);
  // Beyond ASCII "one greater" is not a matter of one code unit.
  if (last >= 0x7f) return null;
  const next = (s: string): string =>
    s.slice(0, -1) + String.fromCharCode(s.charCodeAt(s.length - 1) + 1);
  if (
    column.kind !== 'column' ||
    exprAffinity(column) !== Affinity.Text ||
    column.source.table === null
  ) {
    // Numbers are compared with the pattern as text: a numeric column may not be scanned by range.
    if (startsAsNumber(prefix) || prefix === '-' || startsAsNumber(next(prefix))) return null;
  }
  let complete = found.rest === like.matchAll;
  let low = prefix;
  let high = next(prefix);
  if (like.noCase) {
    low = upper(prefix);
    const folded = lower(prefix);
    if (folded.endsWith('@')) complete = false;
    high = next(folded);
  }
  return {
    column,
    low,
    high,
    collation: like.noCase ? 'NOCASE' : 'BINARY',
    complete,
    noCase: like.noCase,
    blobs: like.blobs !== false,
  };
}

/** Bytes of `pattern` that stand for themselves; a set that is closed counts as one. */
function literalLength(pattern: string, infix: 'LIKE' | 'GLOB'): number {
  const [all, one] = infix === 'LIKE' ? ['%', '_'] : ['*', '?'];
  let n = 0;
  for (let i = 0; i < pattern.length; i++) {
    const c = pattern[i]!;
    if (c === '\0') break;
    if (c === all || c === one) continue;
    if (c === '[' && infix === 'GLOB') {
      // What comes first in a set belongs to it, be it "]" or "^".
      i = pattern.indexOf(']', i + 2);
      if (i < 0) break;
      n += 1;
      continue;
    }
    const unit = c.charCodeAt(0);
    const surrogate = unit >= 0xd800 && unit < 0xe000;
    n += unit < 0x80 ? 1 : unit < 0x800 || surrogate ? 2 : 3;
  }
  return n;
}

/**
 * Of LIKE, GLOB, REGEXP and MATCH as operators: the more literal characters the pattern has, the fewer rows
 * are taken to match. Of several literals in the pattern's expression the longest counts.
 */
export function patternLength(e: BoundExpr & { kind: 'function' }): number {
  const { infix } = e;
  const pattern = e.args[0];
  if (infix === undefined || pattern === undefined) return 0;
  let n = 0;
  visitExpr(pattern, (x) => {
    if (x.kind !== 'constant' || typeof x.value !== 'string') return;
    n = Math.max(n, literalLength(x.value, infix));
  });
  return n;
}
