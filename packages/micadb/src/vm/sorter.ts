/**
 * The sorter: takes records, gives them back in the order of a KeyInfo.
 *
 * Invariants:
 *  1. The order is stable: records whose key fields are equal come out as they went in.
 *  2. In memory are at most `budget` bytes of records (and always at least one record); what is beyond
 *     is in sorted runs: rowid tables of a temporary b-tree, rowids ascending. Runs are numbered in the
 *     order of their records' arrival, and merging prefers the earlier run among equals.
 *  3. At most MAX_FAN runs are merged at a time, so that open cursors stay few.
 *
 * In memory the sort is a merge sort of indices. Each record has a double as a prefix of its first key
 * field where the order of doubles can stand for that field's order; only equal prefixes look at the
 * records (runtime-notes: typed keys and an own merge sort).
 */
import { type BtCursor, type Btree, InsertFlags } from '../btree/types.ts';
import { compareRecord, compareRecords } from '../values/compare.ts';
import { KEYINFO_BIGNULL, KEYINFO_DESC, type KeyInfo, type UnpackedKey } from '../values/key.ts';
import { readDouble, readInteger, serialSize } from '../values/record.ts';
import { UTF8 } from '../values/value.ts';
import { readVarint32, varintLen } from '../values/varint.ts';

/** What a record in memory costs beside its bytes. */
const RECORD_OVERHEAD = 112;
const MAX_FAN = 16;

/** A sorted run in the temporary b-tree, and the reader's place in it. */
class Run {
  cursor: BtCursor | null = null;
  record: Uint8Array = new Uint8Array(0);
  /** Place among the runs that are merged: the earlier run wins among equals. */
  place = 0;

  constructor(
    readonly btree: Btree,
    readonly root: number,
  ) {}

  /** Opens the run at its first record; false when it has none. */
  open(): boolean {
    this.cursor = this.btree.cursor(this.root, false, null);
    if (!this.cursor.first()) return false;
    this.load();
    return true;
  }

  advance(): boolean {
    if (!this.cursor!.next()) return false;
    this.load();
    return true;
  }

  private load(): void {
    const c = this.cursor!;
    const size = c.payloadSize();
    this.record = new Uint8Array(size);
    c.readPayload(0, size, this.record, 0);
  }

  drop(): void {
    this.cursor?.close();
    this.cursor = null;
    this.btree.dropTable(this.root);
  }
}

export class Sorter {
  private records: Uint8Array[] = [];
  private bytes = 0;
  private runs: Run[] = [];
  /** Sorted: indices of records in order, and where the reader is. */
  private order: Uint32Array | null = null;
  private at = 0;
  /** Merging: runs that still have records, as a heap with the smallest first. */
  private heap: Run[] | null = null;
  private all: Run[] = [];

  constructor(
    readonly keyInfo: KeyInfo,
    private readonly budget: number,
    private readonly openTree: () => Btree,
  ) {}

  /** Takes a record over: its bytes must not change any more. */
  insert(record: Uint8Array): void {
    this.order = null;
    this.records.push(record);
    this.bytes += record.length + RECORD_OVERHEAD;
    if (this.bytes > this.budget && this.records.length > 1) this.spill();
  }

  /** Sorts, and stands on the first record; false when there is none. */
  rewind(): boolean {
    if (this.runs.length === 0 && this.heap === null) {
      this.order = sortRecords(this.records, this.keyInfo);
      this.at = 0;
      return this.records.length > 0;
    }
    if (this.records.length > 0) this.spill();
    if (this.heap === null) {
      while (this.runs.length > MAX_FAN) this.mergeOnce();
      this.all = this.runs;
      this.runs = [];
    } else {
      for (const run of this.all) run.cursor?.close();
    }
    this.heap = this.openRuns(this.all);
    return this.heap.length > 0;
  }

  next(): boolean {
    if (this.heap !== null) return this.pop(this.heap);
    this.at++;
    return this.at < this.records.length;
  }

  /** The record it stands on. Never changed by the sorter. */
  record(): Uint8Array {
    if (this.heap !== null) return this.heap[0]!.record;
    return this.records[this.order![this.at]!]!;
  }

  /** The record it stands on, compared with a key. */
  compareWith(key: UnpackedKey): number {
    const record = this.record();
    return compareRecord(record, 0, record.length, key);
  }

  /** Forgets all records. */
  clear(): void {
    for (const run of this.runs) run.drop();
    for (const run of this.all) run.drop();
    this.runs = [];
    this.all = [];
    this.heap = null;
    this.records = [];
    this.bytes = 0;
    this.order = null;
    this.at = 0;
  }

  // -- runs --------------------------------------------------------------------------------------

  private spill(): void {
    const order = sortRecords(this.records, this.keyInfo);
    const writer = new RunWriter(this.openTree());
    for (let i = 0; i < order.length; i++) writer.append(this.records[order[i]!]!);
    this.runs.push(writer.finish());
    this.records = [];
    this.bytes = 0;
    this.order = null;
  }

  private openRuns(runs: readonly Run[]): Run[] {
    const heap: Run[] = [];
    runs.forEach((run, i) => {
      run.place = i;
      if (run.open()) heap.push(run);
    });
    for (let i = (heap.length >> 1) - 1; i >= 0; i--) this.sink(heap, i);
    return heap;
  }

  /** Merges groups of neighbouring runs into one run each. */
  private mergeOnce(): void {
    const merged: Run[] = [];
    for (let i = 0; i < this.runs.length; i += MAX_FAN) {
      const group = this.runs.slice(i, i + MAX_FAN);
      if (group.length === 1) {
        merged.push(group[0]!);
        continue;
      }
      const heap = this.openRuns(group);
      const writer = new RunWriter(this.openTree());
      while (heap.length > 0) {
        writer.append(heap[0]!.record);
        this.pop(heap);
      }
      for (const run of group) run.drop();
      merged.push(writer.finish());
    }
    this.runs = merged;
  }

  /** Drops the smallest record; false when the heap is then empty. */
  private pop(heap: Run[]): boolean {
    if (!heap[0]!.advance()) {
      heap[0]!.cursor!.close();
      heap[0]!.cursor = null;
      const last = heap.pop()!;
      if (heap.length === 0) return false;
      heap[0] = last;
    }
    this.sink(heap, 0);
    return true;
  }

  private less(a: Run, b: Run): boolean {
    const rc = compareRecords(
      a.record,
      0,
      a.record.length,
      b.record,
      0,
      b.record.length,
      this.keyInfo,
    );
    return rc !== 0 ? rc < 0 : a.place < b.place;
  }

  private sink(heap: Run[], i: number): void {
    for (;;) {
      let least = i;
      const left = 2 * i + 1;
      const right = left + 1;
      if (left < heap.length && this.less(heap[left]!, heap[least]!)) least = left;
      if (right < heap.length && this.less(heap[right]!, heap[least]!)) least = right;
      if (least === i) return;
      const t = heap[i]!;
      heap[i] = heap[least]!;
      heap[least] = t;
      i = least;
    }
  }
}

class RunWriter {
  private readonly root: number;
  private readonly cursor: BtCursor;
  private rowid = 0;

  constructor(private readonly btree: Btree) {
    this.root = btree.createTable(true);
    this.cursor = btree.cursor(this.root, true, null);
  }

  append(record: Uint8Array): void {
    this.rowid++;
    this.cursor.insertRow(this.rowid, record, 0, record.length, 0, InsertFlags.Append, -1);
  }

  finish(): Run {
    this.cursor.close();
    return new Run(this.btree, this.root);
  }
}

// -- sorting in memory -----------------------------------------------------------------------------

/** Doubles that order like the first key field; null when no such doubles exist for these records. */
function prefixes(records: readonly Uint8Array[], info: KeyInfo): Float64Array | null {
  const flags = info.sortFlags[0]!;
  const collation = info.collations[0]!;
  const textFits = collation.kind === 'binary' && info.encoding === UTF8;
  const out = new Float64Array(records.length);
  let kind = 0; // 1 numbers, 2 bytes of text, 3 bytes of blob
  for (let i = 0; i < records.length; i++) {
    const d = records[i]!;
    const header = d[0]! < 0x80 ? d[0]! : readVarint32(d, 0);
    const first = d[0]! < 0x80 ? 1 : varintLen(d, 0);
    if (first >= header) return null;
    const type = readVarint32(d, first);
    if (header + serialSize(type) > d.length) return null;
    if (type === 0) {
      out[i] = Number.NEGATIVE_INFINITY;
      continue;
    }
    const its = type < 12 ? 1 : (type & 1) === 1 ? 2 : 3;
    if (kind === 0) kind = its;
    else if (kind !== its) return null;
    if (its === 1) {
      out[i] = type === 7 ? readDouble(d, header) : Number(readInteger(d, type, header));
      if (Number.isNaN(out[i]!)) out[i] = Number.NEGATIVE_INFINITY;
    } else {
      if (its === 2 && !textFits) return null;
      out[i] = bytePrefix(d, header, serialSize(type));
    }
  }
  const turned = (flags & KEYINFO_DESC) !== 0;
  if (turned) for (let i = 0; i < out.length; i++) out[i] = -out[i]!;
  if ((flags & KEYINFO_BIGNULL) !== 0) {
    const from = turned ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
    for (let i = 0; i < out.length; i++) {
      if (out[i] === from && isNullFirst(records[i]!)) out[i] = -from;
    }
  }
  return out;
}

function isNullFirst(d: Uint8Array): boolean {
  return d[d[0]! < 0x80 ? 1 : varintLen(d, 0)] === 0;
}

/** The first six bytes as a number below 2^48; shorter strings count as padded with zeros. */
function bytePrefix(d: Uint8Array, at: number, n: number): number {
  let high = 0;
  let low = 0;
  for (let i = 0; i < 3; i++) high = (high << 8) | (i < n ? d[at + i]! : 0);
  for (let i = 3; i < 6; i++) low = (low << 8) | (i < n ? d[at + i]! : 0);
  return high * 16777216 + low;
}

/** Indices of the records in the order of their keys; stable. */
function sortRecords(records: readonly Uint8Array[], info: KeyInfo): Uint32Array {
  const n = records.length;
  let from = new Uint32Array(n);
  for (let i = 0; i < n; i++) from[i] = i;
  if (n < 2) return from;
  const prefix = prefixes(records, info);

  const inOrder = (a: number, b: number): boolean => {
    if (prefix !== null) {
      const x = prefix[a]!;
      const y = prefix[b]!;
      if (x < y) return true;
      if (x > y) return false;
    }
    const p = records[a]!;
    const q = records[b]!;
    return compareRecords(p, 0, p.length, q, 0, q.length, info) <= 0;
  };

  // Runs of RUN by insertion, then merges that double their length.
  const RUN = 8;
  for (let lo = 0; lo < n; lo += RUN) {
    const hi = Math.min(lo + RUN, n);
    for (let i = lo + 1; i < hi; i++) {
      const x = from[i]!;
      let j = i - 1;
      while (j >= lo && !inOrder(from[j]!, x)) {
        from[j + 1] = from[j]!;
        j--;
      }
      from[j + 1] = x;
    }
  }
  let to = new Uint32Array(n);
  for (let width = RUN; width < n; width *= 2) {
    for (let lo = 0; lo < n; lo += 2 * width) {
      const mid = Math.min(lo + width, n);
      const hi = Math.min(lo + 2 * width, n);
      if (mid >= hi || inOrder(from[mid - 1]!, from[mid]!)) {
        to.set(from.subarray(lo, hi), lo);
        continue;
      }
      let i = lo;
      let j = mid;
      let k = lo;
      while (i < mid && j < hi) to[k++] = inOrder(from[i]!, from[j]!) ? from[i++]! : from[j++]!;
      while (i < mid) to[k++] = from[i++]!;
      while (j < hi) to[k++] = from[j++]!;
    }
    const t = from;
    from = to;
    to = t;
  }
  return from;
}
