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
 * How records are kept and sorted in memory: sort.ts.
 */
import { type BtCursor, type Btree, InsertFlags } from '../btree/types.ts';
import { compareRecords } from '../values/compare.ts';
import type { KeyInfo } from '../values/key.ts';
import { ascending, RecordArena, sortArena } from './sort.ts';

/** What a record in memory costs beside its bytes: its places in the arena's and the sort's arrays. */
const RECORD_OVERHEAD = 48;
const MAX_FAN = 16;
/** Room that a sorter keeps between runs of its statement. */
const MAX_KEPT = 65536;

/** Records that are fetched side by side; a power of two. */
const AHEAD = 16;

const noBytes = new Uint8Array(0);

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
  private records = new RecordArena();
  private runs: Run[] = [];
  /** Sorted: indices of records in order, and where the reader is. */
  private order: Uint32Array | null = null;
  private at = 0;
  /** Merging: runs that still have records, as a heap with the smallest first. */
  private heap: Run[] | null = null;
  private all: Run[] = [];
  /** What `touch` has read, so that no compiler leaves it out. */
  touched = 0;

  constructor(
    readonly keyInfo: KeyInfo,
    private budget: number,
    private readonly openTree: () => Btree,
  ) {}

  /**
   * At the end of a run, when nothing looks at its records any more: forgets them and keeps the room for the
   * next run, if that is little. False: it must be cleared.
   */
  retire(): boolean {
    if (this.runs.length > 0 || this.heap !== null) return false;
    if (this.records.data.length > MAX_KEPT) return false;
    this.records.reuse();
    this.order = null;
    this.at = 0;
    return true;
  }

  /** Begins the next run after `retire`. */
  renew(budget: number): void {
    this.budget = budget;
  }

  /** Records in memory, for who adds to them without a budget; none were spilled. */
  get arena(): RecordArena {
    return this.records;
  }

  /** The records, unless some were spilled. The sorter is then not used any more. */
  takeRecords(): RecordArena | null {
    return this.runs.length > 0 || this.heap !== null ? null : this.records;
  }

  /** The number in the arena of the record it stands on; -1 when it stands on none, or records were spilled. */
  get number(): number {
    const { order, at } = this;
    return order !== null && at < order.length ? order[at]! : -1;
  }

  /** Takes a copy of the record in the first `length` bytes. */
  insert(record: Uint8Array, length: number = record.length): void {
    this.order = null;
    const { records } = this;
    records.add(record, length);
    const used = records.bytes + records.count * RECORD_OVERHEAD;
    if (used > this.budget && records.count > 1) this.spill();
  }

  /** Sorts, and stands on the first record; false when there is none. */
  rewind(): boolean {
    if (this.runs.length === 0 && this.heap === null) {
      this.order = sortArena(this.records, this.keyInfo);
      this.at = 0;
      return this.records.count > 0;
    }
    if (this.records.count > 0) this.spill();
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

  /** `rewind` without sorting, where nothing was spilled. */
  walk(): boolean {
    this.order = ascending(this.records.count);
    this.at = 0;
    return this.records.count > 0;
  }

  next(): boolean {
    if (this.heap !== null) return this.pop(this.heap);
    if ((++this.at & (AHEAD - 1)) === 0) this.touch();
    return this.at < this.records.count;
  }

  /**
   * Loads a byte of each of the next records: sorted they lie anywhere, and the processor waits for all of them
   * side by side.
   */
  private touch(): void {
    const { records, at } = this;
    const order = this.order!;
    const { data, starts } = records;
    const end = Math.min(at + AHEAD, order.length);
    let sum = 0;
    for (let i = at; i < end; i++) sum += data[starts[order[i]!]!]!;
    this.touched = sum;
  }

  /** The record it stands on, empty when it stands on none. Its bytes stay as they are until the run is over. */
  record(): Uint8Array {
    if (this.heap !== null) return this.heap[0]?.record ?? noBytes;
    const { order, at } = this;
    return order !== null && at < order.length ? this.records.record(order[at]!) : noBytes;
  }

  /** Where the record is that it stands on; see locate. */
  recordData: Uint8Array = noBytes;
  recordStart = 0;
  recordEnd = 0;

  /** Points recordData, recordStart and recordEnd at the record it stands on: no array is made for it. */
  locate(): void {
    if (this.heap !== null) {
      const record = this.heap[0]!.record;
      this.recordData = record;
      this.recordStart = 0;
      this.recordEnd = record.length;
      return;
    }
    const { records } = this;
    const i = this.order![this.at]!;
    this.recordData = records.data;
    this.recordStart = records.starts[i]!;
    this.recordEnd = records.starts[i + 1]!;
  }

  /** Forgets all records. */
  clear(): void {
    for (const run of this.runs) run.drop();
    for (const run of this.all) run.drop();
    this.runs = [];
    this.all = [];
    this.heap = null;
    this.records = new RecordArena();
    this.order = null;
    this.at = 0;
  }

  // -- runs --------------------------------------------------------------------------------------

  private spill(): void {
    const order = sortArena(this.records, this.keyInfo);
    const writer = new RunWriter(this.openTree());
    for (let i = 0; i < order.length; i++) writer.append(this.records.record(order[i]!));
    this.runs.push(writer.finish());
    this.records = new RecordArena();
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
