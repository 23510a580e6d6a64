/**
 * Bloom filters (FilterAdd, Filter): a bit for each hash of a key. "Not in it" is certain, "in it" is
 * not. As in SQLite only numbers take part in the hash; TEXT and BLOB hash by their class alone, because
 * values that a collation holds equal must hash alike.
 */
import { Real, type SqlValue, Text } from '../values/value.ts';

const f64 = new Float64Array(1);
const u32 = new Uint32Array(f64.buffer);

function hashKey(r: readonly SqlValue[], base: number, count: number): number {
  let h = 0;
  for (let i = 0; i < count; i++) {
    const v = r[base + i]!;
    let x: number;
    if (typeof v === 'number') x = hashNumber(v);
    else if (typeof v === 'bigint') x = hashNumber(Number(v));
    else if (v instanceof Real) x = hashNumber(v.value);
    else if (typeof v === 'string' || v instanceof Text) x = 4093;
    else if (v instanceof Uint8Array) x = 4094;
    else x = 4092;
    h = Math.imul(h ^ x, 0x9e3779b1);
    h ^= h >>> 15;
  }
  return h >>> 0;
}

/** 1 and 1.0, and an equal bigint, hash alike. */
function hashNumber(v: number): number {
  f64[0] = v + 0;
  return Math.imul(u32[0]! ^ 0x85ebca6b, 0xc2b2ae35) ^ u32[1]!;
}

/** Sets the key's bit. The filter's blob is made anew by Blob, so it is copied before the first change. */
export function addToFilter(
  filter: SqlValue,
  r: readonly SqlValue[],
  base: number,
  count: number,
): SqlValue {
  const bits = filter instanceof FilterBits ? filter : new FilterBits(sizeOf(filter));
  const h = hashKey(r, base, count) % (bits.length * 8);
  bits[h >>> 3] = bits[h >>> 3]! | (1 << (h & 7));
  return bits;
}

/** False: the key is certainly not in the filter. A blob that nothing was added to holds nothing. */
export function inFilter(
  filter: SqlValue,
  r: readonly SqlValue[],
  base: number,
  count: number,
): boolean {
  if (!(filter instanceof FilterBits)) return !(filter instanceof Uint8Array);
  const h = hashKey(r, base, count) % (filter.length * 8);
  return (filter[h >>> 3]! & (1 << (h & 7))) !== 0;
}

/** The bits of a filter that FilterAdd owns; a constant blob of the program is never written to. */
class FilterBits extends Uint8Array {}

function sizeOf(filter: SqlValue): number {
  const n = filter instanceof Uint8Array ? filter.length : 0;
  return Math.max(n, 1024);
}
