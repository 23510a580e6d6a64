/**
 * Records in one growing array of bytes, and their order under a KeyInfo.
 *
 * The sort is a merge sort of record numbers by a double for each: the first key field itself where it is a
 * number, or six bytes of a text or blob, from the first in which records differ at all. Those whose doubles are
 * equal are sorted again by what comes behind: the next bytes, the next field (runtime-notes: typed keys and an own
 * merge sort). Records are compared as they are where no doubles tell them apart.
 */
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

/** So few records are compared as they are: doubles would not pay. */
const FEW = 12;
/** Texts that are still alike so many times six bytes behind what they have in common are compared as they are. */
const MAX_DEPTH = 64;
const RUN = 8;

/** Record numbers in the order of their keys; stable. */
export function sortArena(arena: RecordArena, info: KeyInfo): Uint32Array {
  const sort = new ArenaSort(arena, info);
  sort.refine(0, arena.count, 0, 0, 0);
  return sort.order;
}

class ArenaSort {
  readonly order: Uint32Array;
  private readonly places: (FieldPlaces | null)[] = [];
  /** Of the records at order[lo + i]: what they are sorted by next. */
  private keys: Float64Array = new Float64Array(0);
  private spare: Uint32Array = new Uint32Array(0);
  private spareKeys: Float64Array = new Float64Array(0);
  /** What `fill` found out: equal keys mean equal fields; all that is not NULL is text, or blob. */
  private exact = false;
  private bytes = false;
  private skip = 0;

  constructor(
    private readonly arena: RecordArena,
    private readonly info: KeyInfo,
  ) {
    this.order = ascending(arena.count);
  }

  /**
   * Sorts order[lo, hi), whose records are equal in all fields before `field`, and in the first `from` bytes of
   * that. By doubles first; those whose doubles are equal by what comes behind.
   */
  refine(lo: number, hi: number, field: number, from: number, depth: number): void {
    const n = hi - lo;
    if (n < 2) return;
    if (n <= FEW) {
      this.insertionSort(lo, hi);
      return;
    }
    if (this.keys.length < n) {
      this.keys = new Float64Array(n);
      this.spare = new Uint32Array(n);
      this.spareKeys = new Float64Array(n);
    }
    if (depth > MAX_DEPTH || !this.fill(lo, hi, field, from)) {
      this.sortByRecords(lo, hi);
      return;
    }
    const { exact, bytes, skip } = this;
    const last = field + 1 === this.info.keyFieldCount;
    if (!(n === this.order.length && countingSort(this.order, this.keys, this.spare)))
      this.mergeSort(lo, n);
    if (exact && last) return;
    // Runs of equal keys, found before deeper sorts use the arrays again.
    const { keys } = this;
    const starts: number[] = [];
    for (let i = 1, start = 0; i <= n; i++) {
      if (i < n && keys[i] === keys[start]) continue;
      if (i - start > 1) starts.push(start, i);
      start = i;
    }
    for (let k = 0; k < starts.length; k += 2) {
      const [a, b] = [lo + starts[k]!, lo + starts[k + 1]!];
      if (exact) this.refine(a, b, field + 1, 0, depth);
      else if (!bytes) this.sortByRecords(a, b);
      else this.goOn(a, b, field, skip + 6, depth);
    }
  }

  /** Texts or blobs of one run, or its NULLs, behind the bytes that are known to be alike. */
  private goOn(lo: number, hi: number, field: number, from: number, depth: number): void {
    const { order } = this;
    const { data } = this.arena;
    const { types, offsets } = this.places[field]!;
    let longer = false;
    for (let k = lo; k < hi; k++) {
      const type = types[order[k]!]!;
      if (type === 0) continue;
      const size = serialSize(type);
      if (size > from) longer = true;
      else if (size > 0 && data[offsets[order[k]!]! + size - 1] === 0) {
        // It may end in zeros, or be shorter.
        this.sortByRecords(lo, hi);
        return;
      }
    }
    if (longer) this.refine(lo, hi, field, from, depth + 1);
    else if (field + 1 < this.info.keyFieldCount) this.refine(lo, hi, field + 1, 0, depth);
  }

  /** Doubles that order like the field; false when there are none for these records. */
  private fill(lo: number, hi: number, field: number, from: number): boolean {
    const { arena, info, order, keys } = this;
    if (this.places.length <= field) this.places[field] = fieldPlaces(arena, field);
    const places = this.places[field] ?? null;
    if (places === null) return false;
    const { types, offsets } = places;
    const { data } = arena;
    const flags = info.sortFlags[field]!;
    const textFits = info.collations[field]!.kind === 'binary' && info.encoding === UTF8;
    const turned = (flags & KEYINFO_DESC) !== 0;
    const bigNull = (flags & KEYINFO_BIGNULL) !== 0;
    // NULL is the smallest, or with BIGNULL the largest whatever the direction.
    const nullKey = bigNull && !turned ? Infinity : -Infinity;
    let kind = 0; // 1 numbers, 2 text, 3 blobs
    let exact = true;
    let nulls = false;
    let skip = -1;
    for (let k = lo; k < hi; k++) {
      const i = order[k]!;
      const type = types[i]!;
      if (type === 0) {
        keys[k - lo] = nullKey;
        nulls = true;
        continue;
      }
      const its = type < 12 ? 1 : (type & 1) === 1 ? 2 : 3;
      if (kind === 0) kind = its;
      else if (kind !== its) return false;
      const at = offsets[i]!;
      if (its === 1) {
        let v: number;
        if (type === 7) v = readDouble(data, at);
        else {
          const x = readInteger(data, type, at);
          v = Number(x);
          if (typeof x === 'bigint') exact = false;
        }
        if (v === Infinity || v === -Infinity || Number.isNaN(v)) exact = false;
        keys[k - lo] = Number.isNaN(v) ? nullKey : v + 0;
        continue;
      }
      if (its === 2 && !textFits) return false;
      if (skip < 0) skip = this.commonPrefix(lo, hi, places, from);
      const n = serialSize(type) - skip;
      let high = 0;
      let low = 0;
      for (let b = 0; b < 3; b++) high = (high << 8) | (b < n ? data[at + skip + b]! : 0);
      for (let b = 3; b < 6; b++) low = (low << 8) | (b < n ? data[at + skip + b]! : 0);
      // Shorter ones count as padded with zeros, which are rare in text.
      if (n > 6 || (n > 0 && data[at + skip + n - 1] === 0)) exact = false;
      keys[k - lo] = high * 16777216 + low;
    }
    const n = hi - lo;
    if (nulls && kind === 1 && !exact) {
      // Infinities may be among the numbers: they must not meet the NULLs.
      for (let k = 0; k < n; k++) {
        if (types[order[lo + k]!] === 0) continue;
        if (keys[k] === -Infinity) keys[k] = -Number.MAX_VALUE;
        else if (keys[k] === Infinity) keys[k] = Number.MAX_VALUE;
      }
    }
    if (turned) for (let k = 0; k < n; k++) keys[k] = -keys[k]! + 0;
    if (turned && nulls && bigNull) {
      for (let k = 0; k < n; k++) if (types[order[lo + k]!] === 0) keys[k] = -Infinity;
    }
    this.exact = exact;
    this.bytes = kind > 1;
    this.skip = skip;
    return true;
  }

  /** Bytes that all texts (or blobs) begin with; `from` of them are known. Some may be no longer than that. */
  private commonPrefix(lo: number, hi: number, places: FieldPlaces, from: number): number {
    const { order } = this;
    const { data } = this.arena;
    const { types, offsets } = places;
    let first = -1;
    let common = 0;
    for (let j = lo; j < hi; j++) {
      const i = order[j]!;
      if (types[i]! < 12) continue;
      const n = serialSize(types[i]!);
      const at = offsets[i]!;
      if (first < 0) {
        first = at;
        common = n;
      }
      if (n < common) common = n;
      let k = from;
      while (k < common && data[first + k] === data[at + k]) k++;
      common = k;
      if (common <= from) return from;
    }
    return common;
  }

  private insertionSort(lo: number, hi: number): void {
    const { order, info } = this;
    const { data, starts } = this.arena;
    for (let i = lo + 1; i < hi; i++) {
      const x = order[i]!;
      const p = starts[x]!;
      const length = starts[x + 1]! - p;
      let j = i;
      for (; j > lo; j--) {
        const before = order[j - 1]!;
        const q = starts[before]!;
        if (compareRecords(data, q, starts[before + 1]! - q, data, p, length, info) <= 0) break;
        order[j] = before;
      }
      order[j] = x;
    }
  }

  /** A merge sort by comparing the records as they are. */
  private sortByRecords(lo: number, hi: number): void {
    const n = hi - lo;
    for (let k = lo; k < hi; k += RUN) this.insertionSort(k, Math.min(k + RUN, hi));
    const { order, info, spare } = this;
    const { data, starts } = this.arena;
    const ordered = (a: number, b: number): boolean => {
      const p = starts[a]!;
      const q = starts[b]!;
      return compareRecords(data, p, starts[a + 1]! - p, data, q, starts[b + 1]! - q, info) <= 0;
    };
    for (let width = RUN; width < n; width *= 2) {
      for (let a = lo; a + width < hi; a += 2 * width) {
        const mid = a + width;
        const end = Math.min(mid + width, hi);
        if (ordered(order[mid - 1]!, order[mid]!)) continue;
        spare.set(order.subarray(a, mid));
        let i = 0;
        let j = mid;
        for (let k = a; i < width; k++) {
          const left = j >= end || ordered(spare[i]!, order[j]!);
          order[k] = left ? spare[i++]! : order[j++]!;
        }
      }
    }
  }

  /** Sorts order[lo, lo + n) by `keys`, which move along, so that merging reads memory in sequence. */
  private mergeSort(lo: number, n: number): void {
    const whole = this.order;
    let from: Uint32Array = lo === 0 && n === whole.length ? whole : whole.subarray(lo, lo + n);
    const home = from;
    let { keys } = this;
    for (let a = 0; a < n; a += RUN) {
      const b = Math.min(a + RUN, n);
      for (let i = a + 1; i < b; i++) {
        const x = from[i]!;
        const k = keys[i]!;
        let j = i - 1;
        while (j >= a && keys[j]! > k) {
          from[j + 1] = from[j]!;
          keys[j + 1] = keys[j]!;
          j--;
        }
        from[j + 1] = x;
        keys[j + 1] = k;
      }
    }
    let to = this.spare;
    let toKeys = this.spareKeys;
    for (let width = RUN; width < n; width *= 2) {
      for (let a = 0; a < n; a += 2 * width) {
        const mid = Math.min(a + width, n);
        const b = Math.min(a + 2 * width, n);
        if (mid >= b || keys[mid - 1]! <= keys[mid]!) {
          to.set(from.subarray(a, b), a);
          toKeys.set(keys.subarray(a, b), a);
          continue;
        }
        let i = a;
        let j = mid;
        for (let k = a; k < b; k++) {
          const left = i < mid && (j >= b || keys[i]! <= keys[j]!);
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
    this.keys = keys;
    this.spareKeys = toKeys;
    if (from !== home) {
      home.set(n === from.length ? from : from.subarray(0, n));
      this.spare = from;
    }
  }
}

/** 0 to count - 1. A loop of its own: code optimized in the middle of it would be given up at its end. */
export function ascending(count: number): Uint32Array {
  const order = new Uint32Array(count);
  for (let i = 0; i < count; i++) order[i] = i;
  return order;
}

/**
 * Sorts `order`, 0 to the number of records, by keys that are whole numbers close together: counted, not
 * compared. False: they are not, and nothing is done. The keys then are in order, too.
 */
function countingSort(order: Uint32Array, keys: Float64Array, spare: Uint32Array): boolean {
  const n = order.length;
  let min = Infinity;
  let max = -Infinity;
  for (let i = 0; i < n; i++) {
    const k = keys[i]!;
    if (Math.floor(k) !== k) return false;
    if (k < min) min = k;
    if (k > max) max = k;
  }
  const range = max - min + 1;
  // Infinity stands for NULL.
  if (!(range <= 2 * n + 256)) return false;
  const places = new Uint32Array(range + 1);
  for (let i = 0; i < n; i++) places[keys[i]! - min + 1]!++;
  for (let k = 1; k <= range; k++) places[k] = places[k]! + places[k - 1]!;
  for (let i = 0; i < n; i++) spare[places[keys[i]! - min]!++] = order[i]!;
  order.set(spare.subarray(0, n));
  // Each place is where the next key's begins.
  for (let k = 0, i = 0; k < range; k++) for (; i < places[k]!; i++) keys[i] = min + k;
  return true;
}
