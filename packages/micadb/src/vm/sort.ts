/**
 * Records in one growing array of bytes, and their order under a KeyInfo.
 *
 * The sort is a merge sort of record numbers by a double for each: the first key field itself where it is a
 * number, or the first bytes of a text or blob in which records differ at all. Ties are settled by the
 * same for the second field, then by the records. Where the doubles say all there is to say about
 * a key ("exact"), records are not looked at (runtime-notes: typed keys and an own merge sort).
 */
import { compareRanges } from '../values/collation.ts';
import { compareRecords } from '../values/compare.ts';
import { KEYINFO_BIGNULL, KEYINFO_DESC, type KeyInfo } from '../values/key.ts';
import { readDouble, readInteger, serialSize } from '../values/record.ts';
import { UTF8 } from '../values/value.ts';
import { readVarint32, varintLen } from '../values/varint.ts';

const FIRST_BYTES = 4096;
const FIRST_RECORDS = 64;

/** Records one behind the other. Record i is bytes [starts[i], starts[i + 1]). */
export class RecordArena {
  data: Uint8Array = new Uint8Array(FIRST_BYTES);
  starts: Float64Array = new Float64Array(FIRST_RECORDS);
  count = 0;
  bytes = 0;

  add(record: Uint8Array, length: number): void {
    const at = this.bytes;
    const end = at + length;
    if (end > this.data.length) this.grow(end);
    if (this.count + 2 > this.starts.length) {
      const wider = new Float64Array(this.starts.length * 2);
      wider.set(this.starts);
      this.starts = wider;
    }
    const { data } = this;
    if (length <= 24) for (let i = 0; i < length; i++) data[at + i] = record[i]!;
    else data.set(record.length === length ? record : record.subarray(0, length), at);
    this.count++;
    this.starts[this.count] = end;
    this.bytes = end;
  }

  /** A view of record `i`, good as long as the arena: its bytes do not change. */
  record(i: number): Uint8Array {
    return this.data.subarray(this.starts[i]!, this.starts[i + 1]!);
  }

  /** Forgets the records and keeps the room. Views of them are not good any more. */
  reuse(): void {
    this.count = 0;
    this.bytes = 0;
  }

  private grow(size: number): void {
    let n = this.data.length;
    while (n < size) n *= 2;
    const next = new Uint8Array(n);
    next.set(this.data.subarray(0, this.bytes));
    this.data = next;
  }
}

/** One key field of all records as doubles. */
interface TypedField {
  readonly keys: Float64Array;
  /** Equal doubles mean equal fields. */
  readonly exact: boolean;
  /** Texts and blobs: where they are. Their doubles begin behind the first `skip` bytes, alike in all. */
  readonly places: FieldPlaces | null;
  readonly skip: number;
  readonly descending: boolean;
}

/** Serial types of one field, and where its content begins. */
interface FieldPlaces {
  readonly types: Uint32Array;
  readonly offsets: Float64Array;
}

/** Finds field `field` in every record; null when some record has no such field. */
function fieldPlaces(arena: RecordArena, field: number): FieldPlaces | null {
  const { data, starts, count } = arena;
  const types = new Uint32Array(count);
  const offsets = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const start = starts[i]!;
    let h = start;
    let header = data[h]!;
    if (header < 0x80) h++;
    else {
      header = readVarint32(data, h);
      h += varintLen(data, h);
    }
    let at = start + header;
    const end = at;
    for (let k = 0; ; k++) {
      if (h >= end) return null;
      let type = data[h]!;
      if (type < 0x80) h++;
      else {
        type = readVarint32(data, h);
        h += varintLen(data, h);
      }
      const size = serialSize(type);
      if (k === field) {
        if (at + size > starts[i + 1]!) return null;
        types[i] = type;
        offsets[i] = at;
        break;
      }
      at += size;
    }
  }
  return { types, offsets };
}

/** Bytes that all texts (or blobs) of the field begin with. */
function commonPrefix(data: Uint8Array, places: FieldPlaces): number {
  const { types, offsets } = places;
  let first = -1;
  let common = 0;
  for (let i = 0; i < types.length; i++) {
    if (types[i]! < 12) continue;
    const n = serialSize(types[i]!);
    if (first < 0) {
      first = offsets[i]!;
      common = n;
      continue;
    }
    const at = offsets[i]!;
    if (n < common) common = n;
    let k = 0;
    while (k < common && data[first + k] === data[at + k]) k++;
    common = k;
    if (common === 0) break;
  }
  return common;
}

/** Doubles that order like key field `field`; null when no such doubles exist for these records. */
function typedField(arena: RecordArena, info: KeyInfo, field: number): TypedField | null {
  const places = fieldPlaces(arena, field);
  if (places === null) return null;
  const { types, offsets } = places;
  const { data } = arena;
  const flags = info.sortFlags[field]!;
  const textFits = info.collations[field]!.kind === 'binary' && info.encoding === UTF8;
  const keys = new Float64Array(types.length);
  const turned = (flags & KEYINFO_DESC) !== 0;
  // NULL is the smallest, or with BIGNULL the largest whatever the direction.
  const nullKey = (flags & KEYINFO_BIGNULL) !== 0 && !turned ? Infinity : -Infinity;
  let kind = 0; // 1 numbers, 2 text, 3 blobs
  let exact = true;
  let nulls = false;
  let skip = -1;
  for (let i = 0; i < types.length; i++) {
    const type = types[i]!;
    if (type === 0) {
      keys[i] = nullKey;
      nulls = true;
      continue;
    }
    const its = type < 12 ? 1 : (type & 1) === 1 ? 2 : 3;
    if (kind === 0) kind = its;
    else if (kind !== its) return null;
    const at = offsets[i]!;
    if (its === 1) {
      let v: number;
      if (type === 7) v = readDouble(data, at);
      else {
        const n = readInteger(data, type, at);
        v = Number(n);
        if (typeof n === 'bigint') exact = false;
      }
      if (v === Infinity || v === -Infinity || Number.isNaN(v)) exact = false;
      keys[i] = Number.isNaN(v) ? nullKey : v + 0;
      continue;
    }
    if (its === 2 && !textFits) return null;
    if (skip < 0) skip = commonPrefix(data, places);
    const n = serialSize(type) - skip;
    let high = 0;
    let low = 0;
    for (let k = 0; k < 3; k++) high = (high << 8) | (k < n ? data[at + skip + k]! : 0);
    for (let k = 3; k < 6; k++) low = (low << 8) | (k < n ? data[at + skip + k]! : 0);
    // Shorter ones count as padded with zeros, which are rare in text.
    if (n > 6 || (n > 0 && data[at + skip + n - 1] === 0)) exact = false;
    keys[i] = high * 16777216 + low;
  }
  if (nulls && kind === 1 && !exact) {
    // Infinities may be among the numbers: they must not meet the NULLs.
    for (let i = 0; i < keys.length; i++) {
      if (types[i] === 0) continue;
      if (keys[i] === -Infinity) keys[i] = -Number.MAX_VALUE;
      else if (keys[i] === Infinity) keys[i] = Number.MAX_VALUE;
    }
  }
  if (turned) for (let i = 0; i < keys.length; i++) keys[i] = -keys[i]! + 0;
  if (turned && nulls && (flags & KEYINFO_BIGNULL) !== 0) {
    for (let i = 0; i < keys.length; i++) if (types[i] === 0) keys[i] = -Infinity;
  }
  return { keys, exact, places: kind > 1 ? places : null, skip, descending: turned };
}

/** 0 to count - 1. A loop of its own: code optimized in the middle of it would be given up at its end. */
function ascending(count: number): Uint32Array {
  const order = new Uint32Array(count);
  for (let i = 0; i < count; i++) order[i] = i;
  return order;
}

/** So few records are compared as they are: typed keys would not pay. */
const FEW = 12;
/** Fields that get doubles. */
const MAX_TYPED = 6;

function insertionSort(arena: RecordArena, info: KeyInfo, order: Uint32Array): void {
  const { data, starts } = arena;
  for (let i = 1; i < order.length; i++) {
    const p = starts[i]!;
    const length = starts[i + 1]! - p;
    let j = i;
    for (; j > 0; j--) {
      const before = order[j - 1]!;
      const q = starts[before]!;
      if (compareRecords(data, q, starts[before + 1]! - q, data, p, length, info) <= 0) break;
      order[j] = before;
    }
    order[j] = i;
  }
}

/** Record numbers in the order of their keys; stable. */
export function sortArena(arena: RecordArena, info: KeyInfo): Uint32Array {
  const { count } = arena;
  const order = ascending(count);
  if (count < 2) return order;
  if (count <= FEW) {
    insertionSort(arena, info, order);
    return order;
  }
  const first = typedField(arena, info, 0);
  const fields = info.keyFieldCount;
  if (first?.exact && fields === 1) {
    return countingSort(first.keys) ?? mergeSort(first.keys, order, null);
  }
  const tie = first === null ? byRecords(arena, info) : byFields(arena, info, first);
  return mergeSort(first?.keys ?? new Float64Array(count), order, tie);
}

/** "a may stand before b", asked of two records whose first keys are equal. */
type Tie = (a: number, b: number) => boolean;

function byRecords(arena: RecordArena, info: KeyInfo): Tie {
  const { data, starts } = arena;
  return (a, b) => {
    const p = starts[a]!;
    const q = starts[b]!;
    return compareRecords(data, p, starts[a + 1]! - p, data, q, starts[b + 1]! - q, info) <= 0;
  };
}

/** Field after field by its doubles, texts to their ends. Doubles of further fields are made when asked for. */
function byFields(arena: RecordArena, info: KeyInfo, first: TypedField): Tie {
  const rest = byRecords(arena, info);
  const fields: (TypedField | null)[] = [first];
  const count = Math.min(info.keyFieldCount, MAX_TYPED);
  return (a, b) => {
    for (let f = 0; f < count; f++) {
      let field = fields[f];
      if (field === undefined) fields[f] = field = typedField(arena, info, f);
      if (field === null) return rest(a, b);
      const { keys, exact, places } = field;
      const x = keys[a]!;
      const y = keys[b]!;
      if (x !== y) return x < y;
      if (exact) continue;
      if (places === null) return rest(a, b);
      const { types, offsets } = places;
      // Equal doubles: if one is NULL, so is the other.
      if (types[a] === 0) continue;
      const p = offsets[a]! + field.skip;
      const q = offsets[b]! + field.skip;
      const n = serialSize(types[a]!) - field.skip;
      const m = serialSize(types[b]!) - field.skip;
      const rc = compareRanges(arena.data, p, n, arena.data, q, m);
      if (rc !== 0) return rc < 0 !== field.descending;
    }
    return count === info.keyFieldCount || rest(a, b);
  };
}

/** The order of keys that are whole numbers close together: counted, not compared. Null: they are not. */
function countingSort(keys: Float64Array): Uint32Array | null {
  let min = Infinity;
  let max = -Infinity;
  for (let i = 0; i < keys.length; i++) {
    const k = keys[i]!;
    if (Math.floor(k) !== k) return null;
    if (k < min) min = k;
    if (k > max) max = k;
  }
  const range = max - min + 1;
  // Infinity stands for NULL.
  if (!(range <= 2 * keys.length + 256)) return null;
  const places = new Uint32Array(range + 1);
  for (let i = 0; i < keys.length; i++) places[keys[i]! - min + 1]!++;
  for (let k = 1; k <= range; k++) places[k] = places[k]! + places[k - 1]!;
  const order = new Uint32Array(keys.length);
  for (let i = 0; i < keys.length; i++) order[places[keys[i]! - min]!++] = i;
  return order;
}

const RUN = 8;

/**
 * Sorts `order` by `keys[order[i]]`, ties by `tie` ("a may stand before b"; null: as they came). The keys
 * move along with the numbers, so that merging reads memory in sequence.
 */
function mergeSort(
  byRecord: Float64Array,
  order: Uint32Array,
  tie: ((a: number, b: number) => boolean) | null,
): Uint32Array {
  const n = order.length;
  let from: Uint32Array = order;
  let keys: Float64Array = byRecord.slice();
  for (let lo = 0; lo < n; lo += RUN) {
    const hi = Math.min(lo + RUN, n);
    for (let i = lo + 1; i < hi; i++) {
      const x = from[i]!;
      const k = keys[i]!;
      let j = i - 1;
      while (j >= lo && (keys[j]! > k || (keys[j] === k && tie !== null && !tie(from[j]!, x)))) {
        from[j + 1] = from[j]!;
        keys[j + 1] = keys[j]!;
        j--;
      }
      from[j + 1] = x;
      keys[j + 1] = k;
    }
  }
  let to: Uint32Array = new Uint32Array(n);
  let toKeys: Float64Array = new Float64Array(n);
  for (let width = RUN; width < n; width *= 2) {
    for (let lo = 0; lo < n; lo += 2 * width) {
      const mid = Math.min(lo + width, n);
      const hi = Math.min(lo + 2 * width, n);
      const a = keys[mid - 1]!;
      const b = mid < hi ? keys[mid]! : 0;
      if (mid >= hi || a < b || (a === b && (tie === null || tie(from[mid - 1]!, from[mid]!)))) {
        to.set(from.subarray(lo, hi), lo);
        toKeys.set(keys.subarray(lo, hi), lo);
        continue;
      }
      let i = lo;
      let j = mid;
      for (let k = lo; k < hi; k++) {
        let left: boolean;
        if (i >= mid) left = false;
        else if (j >= hi) left = true;
        else {
          const x = keys[i]!;
          const y = keys[j]!;
          left = x < y || (x === y && (tie === null || tie(from[i]!, from[j]!)));
        }
        const at = left ? i++ : j++;
        to[k] = from[at]!;
        toKeys[k] = keys[at]!;
      }
    }
    const t = from;
    from = to;
    to = t;
    const u = keys;
    keys = toKeys;
    toKeys = u;
  }
  return from;
}
