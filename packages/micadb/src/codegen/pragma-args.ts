/** How pragmas read their argument: numbers, booleans and words, as forgiving as SQLite. */
import type { PragmaValue } from '../sql/ast.ts';

/** The argument as one text, with its sign. */
export function argumentText(value: PragmaValue | null): string | null {
  if (value === null) return null;
  return value.negative ? `-${value.text}` : value.text;
}

/** A 32-bit integer at the start of a text; 0 when there is none or it is too large. */
export function int32(text: string): number {
  return parseInt32(text) ?? 0;
}

export function parseInt32(text: string): number | null {
  const hex = /^([+-]?)0[xX]0*([0-9a-fA-F]{1,8})(?![0-9a-fA-F])/.exec(text);
  if (hex !== null) {
    const v = Number.parseInt(hex[2]!, 16);
    return v > 0x7fffffff ? null : hex[1] === '-' ? -v : v;
  }
  const m = /^([+-]?)0*([0-9]+)/.exec(text);
  if (m === null || m[2]!.length > 10) return null;
  const v = Number(m[2]) * (m[1] === '-' ? -1 : 1);
  return v > 2147483647 || v < -2147483648 ? null : v + 0;
}

/** A 64-bit integer, clamped to what a number holds exactly; null when the text is none. */
export function int64(text: string): number | null {
  const hex = /^0[xX]([0-9a-fA-F]{1,16})$/.exec(text);
  const m = hex === null ? /^\s*([+-]?[0-9]+)/.exec(text) : null;
  if (hex === null && m === null) return null;
  const v = hex !== null ? Number(BigInt.asIntN(64, BigInt(`0x${hex[1]}`))) : Number(m![1]);
  return Math.max(Math.min(v, Number.MAX_SAFE_INTEGER), Number.MIN_SAFE_INTEGER);
}

const LEVELS = new Map([
  ['on', 1],
  ['no', 0],
  ['off', 0],
  ['false', 0],
  ['yes', 1],
  ['true', 1],
  ['extra', 3],
  ['full', 2],
]);

/** Words and numbers of boolean and level pragmas. `words` false leaves FULL and EXTRA out. */
export function level(text: string, levels: boolean, fallback: number): number {
  if (/^[0-9]/.test(text)) return int32(text) & 0xff;
  const known = LEVELS.get(text.toLowerCase());
  return known === undefined || (!levels && known > 1) ? fallback : known;
}

export function boolean(text: string, fallback = false): boolean {
  return level(text, false, fallback ? 1 : 0) !== 0;
}
