/** Row makers for compiled code, which has the values of a row in its own variables. */
import type { RowTaker } from '../vm/types.ts';
import { type Column, literalSource, MADE_MOST, type RowMode } from './rows.ts';

/** Columns of the widest rows that compiled code gives as arguments. */
const TAKEN_MOST = 64;
const takers = new Map<string, RowTaker>();

/** See `taking`; null when there is no such function. */
export function rowTaker(mode: RowMode, columns: readonly Column[]): RowTaker | null {
  if (mode === 'expand' || columns.length > TAKEN_MOST) return null;
  const names = columns.map((_, i) => `a${i}`);
  const row =
    mode === 'object'
      ? literalSource(new Map(columns.map((c, i) => [c.name, names[i]!])))
      : mode === 'raw'
        ? `[${names.join(',')}]`
        : names[0]!;
  const source = `return function(rows,${names.join(',')}){rows.push(${row})}`;
  let taker = takers.get(source);
  if (taker === undefined) {
    try {
      taker = new Function(source)() as RowTaker;
    } catch {
      return null;
    }
    if (takers.size >= MADE_MOST) takers.clear();
    takers.set(source, taker);
  }
  return taker;
}
