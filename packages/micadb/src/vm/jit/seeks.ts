/**
 * Comparisons with the entry under an index cursor, and its rowid, as generated
 * code asks for them: without a handler or a key.
 */
import { readDouble, readInt64 } from '../../values/record.ts';
import type { Int } from '../../values/value.ts';
import { indexRowid, settle } from '../column.ts';
import type { VmCursor } from '../cursor.ts';

/** What `indexOrder` answers when the handler must compare. */
export const UNSURE = 2;

/** The number that the record's first field holds, or its rowid at the end; NaN when it is not so simple. */
function smallInteger(d: Uint8Array, type: number, at: number): number {
  switch (type) {
    case 1:
      return (d[at]! << 24) >> 24;
    case 2:
      return ((d[at]! << 24) >> 16) | d[at + 1]!;
    case 3:
      return ((d[at]! << 24) >> 8) | (d[at + 1]! << 8) | d[at + 2]!;
    case 4:
      return (d[at]! << 24) | (d[at + 1]! << 16) | (d[at + 2]! << 8) | d[at + 3]!;
    case 8:
      return 0;
    case 9:
      return 1;
    default:
      return Number.NaN;
  }
}

/** The first field of the index entry under the cursor compared with `number`: -1, 0, 1 or UNSURE. */
export function indexOrder(c: VmCursor, number: number): number {
  if (c.nullRow) return UNSURE;
  const bt = c.bt!;
  const p = bt.wholePayload();
  if (p < 0) return UNSURE;
  const d = bt.pageBytes;
  const header = d[p]!;
  const type = d[p + 1]!;
  if (header < 2 || header > 127 || p + header + type > bt.wholeEnd) return UNSURE;
  const x =
    type === 7 && p + header + 8 <= bt.wholeEnd
      ? readDouble(d, p + header)
      : smallInteger(d, type, p + header);
  return x < number ? -1 : x > number ? 1 : x === number ? 0 : UNSURE;
}

/** The same for a text by its bytes. */
export function indexTextOrder(
  c: VmCursor,
  bytes: Uint8Array,
  from: number,
  length: number,
): number {
  if (c.nullRow) return UNSURE;
  const bt = c.bt!;
  const p = bt.wholePayload();
  if (p < 0) return UNSURE;
  const d = bt.pageBytes;
  const header = d[p]!;
  const type = d[p + 1]!;
  const size = (type - 13) >> 1;
  if (header < 2 || header > 127 || type < 13 || type > 127 || (type & 1) === 0) return UNSURE;
  const at = p + header;
  if (at + size > bt.wholeEnd) return UNSURE;
  const least = Math.min(size, length);
  for (let i = 0; i < least; i++) {
    const x = d[at + i]! - bytes[from + i]!;
    if (x !== 0) return x < 0 ? -1 : 1;
  }
  return Math.sign(size - length);
}

/** IdxRowid: the rowid at the end of the index entry under the cursor. */
export function entryRowid(c: VmCursor): Int | null {
  if (c.nullRow) return null;
  const bt = c.bt!;
  const p = bt.wholePayload();
  if (p >= 0) {
    const d = bt.pageBytes;
    const header = d[p]!;
    // The last serial type, when it is one byte.
    const type = d[p + header - 1]!;
    const end = bt.wholeEnd;
    if (header > 2 && header < 128 && d[p + header - 2]! < 128) {
      const size = type < 5 ? type : type === 6 ? 8 : type === 8 || type === 9 ? 0 : -1;
      if (size >= 0 && p + header + size <= end) {
        if (type === 6) return readInt64(d, end - 8);
        const x = smallInteger(d, type, end - size);
        if (!Number.isNaN(x)) return x;
      }
    }
  }
  return settle(c) ? indexRowid(c) : null;
}

/** DeferredSeek of `table` to the rowid of the entry under `c`. */
export function deferSeek(table: VmCursor, c: VmCursor, altMap: Int32Array | null): void {
  table.parsed = -1;
  const rowid = entryRowid(c);
  if (rowid === null) {
    table.nullRow = true;
    table.deferred = false;
    return;
  }
  table.target = rowid;
  table.nullRow = false;
  table.deferred = true;
  table.alt = c;
  table.altMap = altMap;
}
