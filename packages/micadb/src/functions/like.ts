/**
 * LIKE and GLOB (lang_expr §5) as functions. A pattern is compiled once for each call site and kept
 * in the call's auxiliary data. LIKE folds the case of ASCII letters only.
 *
 * Text with bytes that are no characters is read as SQLite reads it (values/transcode.ts).
 */

import { utf8Length } from '../values/utf.ts';
import type { SqlValue } from '../values/value.ts';
import { patternOnBytes } from './bytes.ts';
import { fail, scalar } from './define.ts';
import { charsOf, lowerAscii } from './text.ts';
import type { FunctionContext, ScalarFunction } from './types.ts';

/** A literal character, any one character, any run of characters, or a set. */
type Token =
  | { readonly kind: 'char'; readonly char: string }
  | { readonly kind: 'one' }
  | { readonly kind: 'all' }
  | { readonly kind: 'set'; readonly invert: boolean; readonly ranges: readonly number[] }
  /** Nothing matches: an open set, or an escape character at the end. */
  | { readonly kind: 'never' };

export interface Pattern {
  readonly source: string;
  readonly escapeChar: string | null;
  matches(text: string): boolean;
}

function compileLike(pattern: string, escapeChar: string | null): Token[] {
  const tokens: Token[] = [];
  const chars = [...pattern];
  for (let i = 0; i < chars.length; i++) {
    const c = chars[i]!;
    if (c === escapeChar) {
      i++;
      tokens.push(i < chars.length ? { kind: 'char', char: chars[i]! } : { kind: 'never' });
    } else if (c === '%') {
      if (tokens.at(-1)?.kind !== 'all') tokens.push({ kind: 'all' });
    } else if (c === '_') {
      tokens.push({ kind: 'one' });
    } else {
      tokens.push({ kind: 'char', char: c });
    }
  }
  return tokens;
}

function compileGlob(pattern: string): Token[] {
  const tokens: Token[] = [];
  const chars = [...pattern];
  for (let i = 0; i < chars.length; i++) {
    const c = chars[i]!;
    if (c === '*') {
      if (tokens.at(-1)?.kind !== 'all') tokens.push({ kind: 'all' });
    } else if (c === '?') {
      tokens.push({ kind: 'one' });
    } else if (c === '[') {
      const end = compileSet(chars, i + 1, tokens);
      if (end < 0) break;
      i = end;
    } else {
      tokens.push({ kind: 'char', char: c });
    }
  }
  return tokens;
}

/** A set from behind its "["; returns the place of its "]", or -1 when there is none. */
function compileSet(chars: readonly string[], start: number, tokens: Token[]): number {
  let i = start;
  const invert = chars[i] === '^';
  if (invert) i++;
  const ranges: number[] = [];
  let previous = -1;
  if (chars[i] === ']') {
    ranges.push(0x5d, 0x5d);
    i++;
  }
  for (; i < chars.length && chars[i] !== ']'; i++) {
    const c = chars[i]!.codePointAt(0)!;
    const next = chars[i + 1];
    if (chars[i] === '-' && previous >= 0 && next !== undefined && next !== ']') {
      ranges.push(previous, next.codePointAt(0)!);
      i++;
      previous = -1;
    } else {
      ranges.push(c, c);
      previous = c;
    }
  }
  if (i >= chars.length) {
    tokens.push({ kind: 'never' });
    return -1;
  }
  tokens.push({ kind: 'set', invert, ranges });
  return i;
}

/** The length in code units of the character at `i`. */
function unitsAt(s: string, i: number): number {
  return s.codePointAt(i)! > 0xffff ? 2 : 1;
}

/**
 * The position behind a match of `tokens[from, to)` at `i`, or -1. The tokens have no 'all': each
 * takes one character.
 */
function matchRun(
  tokens: readonly Token[],
  from: number,
  to: number,
  s: string,
  i: number,
): number {
  for (let t = from; t < to; t++) {
    if (i >= s.length) return -1;
    const token = tokens[t]!;
    switch (token.kind) {
      case 'char':
        if (!s.startsWith(token.char, i)) return -1;
        i += token.char.length;
        break;
      case 'one':
        i += unitsAt(s, i);
        break;
      case 'set': {
        const c = s.codePointAt(i)!;
        let inside = false;
        for (let r = 0; r < token.ranges.length; r += 2) {
          if (c >= token.ranges[r]! && c <= token.ranges[r + 1]!) inside = true;
        }
        if (inside === token.invert) return -1;
        i += c > 0xffff ? 2 : 1;
        break;
      }
      default:
        return -1;
    }
  }
  return i;
}

/**
 * Greedy matching over the runs between 'all' tokens: each run is put at the first place where it
 * fits, the last one at the end; no backtracking over earlier runs is ever needed.
 */
function matcher(tokens: readonly Token[]): (s: string) => boolean {
  const n = tokens.length;
  if (tokens.some((t) => t.kind === 'never')) return () => false;
  const firstAll = tokens.findIndex((t) => t.kind === 'all');
  if (firstAll < 0) return (s) => matchRun(tokens, 0, n, s, 0) === s.length;
  const runs: { from: number; to: number; literal: string | null; chars: number }[] = [];
  let from = 0;
  for (let t = 0; t <= n; t++) {
    if (t < n && tokens[t]!.kind !== 'all') continue;
    runs.push({ from, to: t, literal: literalOf(tokens, from, t), chars: t - from });
    from = t + 1;
  }
  const head = runs[0]!;
  const tail = runs[runs.length - 1]!;
  const middle = runs.slice(1, -1);
  return (s) => {
    let i = matchRun(tokens, head.from, head.to, s, 0);
    if (i < 0) return false;
    for (const run of middle) {
      if (run.literal !== null) {
        const at = s.indexOf(run.literal, i);
        if (at < 0) return false;
        i = at + run.literal.length;
        continue;
      }
      let end = -1;
      for (; i <= s.length; i += i < s.length ? unitsAt(s, i) : 1) {
        end = matchRun(tokens, run.from, run.to, s, i);
        if (end >= 0) break;
      }
      if (end < 0) return false;
      i = end;
    }
    if (tail.literal !== null)
      return s.length - tail.literal.length >= i && s.endsWith(tail.literal);
    // As many characters from the end as the last run takes.
    let start = s.length;
    for (let k = 0; k < tail.chars; k++) {
      start--;
      if (start > 0 && (s.charCodeAt(start) & 0xfc00) === 0xdc00) {
        if ((s.charCodeAt(start - 1) & 0xfc00) === 0xd800) start--;
      }
      if (start < i) return false;
    }
    return matchRun(tokens, tail.from, tail.to, s, start) === s.length;
  };
}

function literalOf(tokens: readonly Token[], from: number, to: number): string | null {
  let s = '';
  for (let t = from; t < to; t++) {
    const token = tokens[t]!;
    if (token.kind !== 'char') return null;
    s += token.char;
  }
  return s;
}

export function likePattern(
  pattern: string,
  escapeChar: string | null,
  caseSensitive: boolean,
): Pattern {
  if (caseSensitive) {
    const matches = matcher(compileLike(pattern, escapeChar));
    return { source: pattern, escapeChar, matches };
  }
  // The escape character is looked for before letters are folded.
  const tokens = compileLike(pattern, escapeChar).map((t) =>
    t.kind === 'char' ? { kind: t.kind, char: lowerAscii(t.char) } : t,
  );
  const folded = matcher(tokens);
  return { source: pattern, escapeChar, matches: (s) => folded(lowerAscii(s)) };
}

export function globPattern(pattern: string): Pattern {
  return { source: pattern, escapeChar: null, matches: matcher(compileGlob(pattern)) };
}

function checkLength(pattern: string, ctx: FunctionContext): void {
  const limit = ctx.host.maxLikePatternLength;
  if (pattern.length * 3 <= limit) return;
  if (utf8Length(pattern) > limit) {
    throw fail('LIKE or GLOB pattern too complex');
  }
}

/** The compiled pattern of the call site, made again when the arguments differ. */
function cached(
  pattern: string,
  escapeChar: string | null,
  ctx: FunctionContext,
  make: () => Pattern,
): Pattern {
  const known = ctx.getAux(0) as Pattern | undefined;
  if (known !== undefined && known.source === pattern && known.escapeChar === escapeChar)
    return known;
  checkLength(pattern, ctx);
  const made = make();
  ctx.setAux(0, made);
  return made;
}

function like(caseSensitive: boolean) {
  return (args: readonly SqlValue[], ctx: FunctionContext): SqlValue => {
    const [p, v] = [args[0]!, args[1]!];
    let escapeChar: string | null = null;
    if (args.length === 3) {
      if (args[2] === null) return null;
      const chars = [...charsOf(args[2]!, ctx)];
      if (chars.length !== 1) throw fail('ESCAPE expression must be a single character');
      escapeChar = chars[0]!;
    }
    if (p === null || v === null) return null;
    const source = charsOf(p, ctx);
    const pattern = cached(source, escapeChar, ctx, () =>
      likePattern(source, escapeChar, caseSensitive),
    );
    return pattern.matches(charsOf(v, ctx)) ? 1 : 0;
  };
}

function glob(args: readonly SqlValue[], ctx: FunctionContext): SqlValue {
  const [p, v] = [args[0]!, args[1]!];
  if (p === null || v === null) return null;
  const source = charsOf(p, ctx);
  const pattern = cached(source, null, ctx, () => globPattern(source));
  return pattern.matches(charsOf(v, ctx)) ? 1 : 0;
}

/** The build option LIKE_DOESNT_MATCH_BLOBS: a BLOB on either side gives 0. */
function withoutBlobs(call: ScalarFunction['call']): ScalarFunction['call'] {
  return (args, ctx) =>
    args[0] instanceof Uint8Array || args[1] instanceof Uint8Array ? 0 : call(args, ctx);
}

/**
 * like() with 2 and 3 arguments and glob(). `caseSensitive` as PRAGMA case_sensitive_like,
 * `matchBlobs` false as SQLite built with LIKE_DOESNT_MATCH_BLOBS.
 */
export function likeFunctions(
  caseSensitive: boolean,
  matchBlobs = true,
): readonly ScalarFunction[] {
  const info = {
    matchAll: '%',
    matchOne: '_',
    matchSet: '',
    noCase: !caseSensitive,
    blobs: matchBlobs,
  };
  const blobs = (call: ScalarFunction['call']): ScalarFunction['call'] =>
    matchBlobs ? call : withoutBlobs(call);
  return [
    scalar('like', 2, blobs(like(caseSensitive)), {
      like: info,
      onBytes: patternOnBytes('%', ['_'], !caseSensitive),
    }),
    scalar('like', 3, blobs(like(caseSensitive)), { like: info }),
    scalar('glob', 2, blobs(glob), {
      like: { matchAll: '*', matchOne: '?', matchSet: '[', noCase: false, blobs: matchBlobs },
      onBytes: patternOnBytes('*', ['?', '['], false),
    }),
  ];
}

export const patternFunctions: readonly ScalarFunction[] = likeFunctions(false);
