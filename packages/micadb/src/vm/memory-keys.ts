/**
 * Ephemeral indexes in memory, while they are small: the best rows so far of ORDER BY ... LIMIT, lists of IN,
 * the queue of a recursive query that sorts. The records stand in an array in their order; what outgrows it
 * becomes a real tree.
 *
 * Invariants:
 *  1. `records` ascends by the KeyInfo and holds no two that are equal; `firsts[i]` is the number that is the
 *     first field of `records[i]`, NaN where that is none.
 *  2. There is one cursor. Once `real` is set it alone is asked.
 *  3. A record's buffer may be longer than the record, and is used again when the record is gone.
 */
import { copyBytes } from '../btree/bytes.ts';
import { keyFromRecord } from '../btree/key-record.ts';
import { type BtCursor, type Btree, InsertFlags, type SeekResult } from '../btree/types.ts';
import { compareRecord } from '../values/compare.ts';
import { SqliteError } from '../values/errors.ts';
import type { KeyInfo, UnpackedKey } from '../values/key.ts';
import { utf8ToString } from '../values/utf.ts';
import { type Int, Real } from '../values/value.ts';

/** More entries than this are a tree's business: inserting moves what stands behind. */
const MOST = 1024;
const MOST_BYTES = 1 << 20;

const noBytes = new Uint8Array(0);

/** The number that orders the key's first field, NaN for none. */
function firstNumber(key: UnpackedKey): number {
  const v = key.values[0];
  if (typeof v === 'number') return v;
  return v instanceof Real ? v.value : Number.NaN;
}

export class MemoryKeyCursor implements BtCursor {
  readonly isTable = false;
  readonly writable = true;
  readonly root = 0;
  private bulk = false;
  payloadPage: Uint8Array = noBytes;
  payloadOffset = 0;
  payloadLocal = 0;
  private real: BtCursor | null = null;
  private tree: Btree | null = null;
  private treeRoot = 0;
  private readonly records: Uint8Array[] = [];
  private readonly lengths: number[] = [];
  private readonly firsts: number[] = [];
  private bytes = 0;
  /** A buffer that lies idle. */
  private spare: Uint8Array = noBytes;
  /** The entry it stands on; -1: none. */
  private at = -1;
  /** The entry at `at` came after the one it stood on, which is gone. */
  private skip = false;
  private view: DataView | null = null;
  private viewOf: Uint8Array = noBytes;
  private readonly ownKey: UnpackedKey;

  /** `budget` in bytes; `openTree` gives the private b-tree, with a write transaction open. */
  constructor(
    readonly keyInfo: KeyInfo,
    private readonly budget: number,
    private readonly openTree: () => Btree,
  ) {
    this.ownKey = { keyInfo, values: [null], fieldCount: 1, defaultResult: 1, equalSeen: false };
  }

  get bulkLoad(): boolean {
    return this.bulk;
  }

  set bulkLoad(on: boolean) {
    this.bulk = on;
    if (this.real !== null) this.real.bulkLoad = on;
  }

  get eof(): boolean {
    return this.real !== null ? this.real.eof : this.at < 0;
  }

  get needsRestore(): boolean {
    return this.real !== null ? this.real.needsRestore : this.skip;
  }

  get wholeEnd(): number {
    return this.real !== null ? this.real.wholeEnd : this.lengths[this.at]!;
  }

  get pageBytes(): Uint8Array {
    return this.real !== null ? this.real.pageBytes : this.records[this.at]!;
  }

  get pageView(): DataView {
    if (this.real !== null) return this.real.pageView;
    const bytes = this.records[this.at]!;
    if (this.view === null || this.viewOf !== bytes) {
      this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      this.viewOf = bytes;
    }
    return this.view;
  }

  private stand(at: number): boolean {
    this.skip = false;
    this.at = at < this.records.length ? at : -1;
    return this.at >= 0;
  }

  first(): boolean {
    return this.real !== null ? this.real.first() : this.stand(0);
  }

  last(): boolean {
    return this.real !== null ? this.real.last() : this.stand(this.records.length - 1);
  }

  unset(): void {
    if (this.real !== null) this.real.unset();
    else this.stand(-1);
  }

  next(): boolean {
    if (this.real !== null) return this.real.next();
    if (this.at < 0) return false;
    return this.stand(this.skip ? this.at : this.at + 1);
  }

  previous(): boolean {
    if (this.real !== null) return this.real.previous();
    return this.at >= 0 && this.stand(this.at - 1);
  }

  // -- seeking ---------------------------------------------------------------------------------------

  /** The number that the last entry is ordered by first; NaN when there is none. */
  get worst(): number {
    const { firsts } = this;
    return this.real === null && firsts.length > 0 ? firsts[firsts.length - 1]! : Number.NaN;
  }

  /** The entry `i` compared with the key. */
  private compare(i: number, key: UnpackedKey, number: number): number {
    const x = this.firsts[i]!;
    if (x < number || x > number) {
      return x < number === (this.keyInfo.sortFlags[0]! & 1) > 0 ? 1 : -1;
    }
    return compareRecord(this.records[i]!, 0, this.lengths[i]!, key);
  }

  seekRowid(_rowid: Int): SeekResult {
    throw new SqliteError('SQLITE_INTERNAL', 'no table');
  }

  seekKey(key: UnpackedKey): SeekResult {
    if (this.real !== null) return this.real.seekKey(key);
    const number = firstNumber(key);
    let lo = 0;
    let hi = this.records.length - 1;
    this.skip = false;
    this.at = -1;
    let c = -1;
    while (lo <= hi) {
      const i = (lo + hi) >> 1;
      this.at = i;
      c = this.compare(i, key, number);
      if (c < 0) lo = i + 1;
      else if (c > 0) hi = i - 1;
      else return 0;
    }
    return c < 0 ? -1 : 1;
  }

  seekNumber(number: number, defaultResult: -1 | 1): SeekResult {
    if (this.real !== null) return this.real.seekNumber(number, defaultResult);
    const key = this.ownKey;
    key.values[0] = number;
    key.defaultResult = defaultResult;
    return this.seekKey(key);
  }

  seekBytes(bytes: Uint8Array, from: number, length: number, defaultResult: -1 | 1): SeekResult {
    if (this.real !== null) return this.real.seekBytes(bytes, from, length, defaultResult);
    const key = this.ownKey;
    key.values[0] = utf8ToString(bytes, from, from + length);
    key.defaultResult = defaultResult;
    return this.seekKey(key);
  }

  restore(): boolean {
    if (this.real !== null) return this.real.restore();
    return this.at >= 0 && !this.skip;
  }

  // -- the entry -------------------------------------------------------------------------------------

  rowid(): Int {
    throw new SqliteError('SQLITE_INTERNAL', 'no table');
  }

  private here(): number {
    if (this.at < 0 || this.skip) {
      throw new SqliteError('SQLITE_INTERNAL', 'cursor is not on a row');
    }
    return this.at;
  }

  payloadSize(): number {
    return this.real !== null ? this.real.payloadSize() : this.lengths[this.here()]!;
  }

  loadPayload(): void {
    const { real } = this;
    if (real !== null) {
      real.loadPayload();
      this.payloadPage = real.payloadPage;
      this.payloadOffset = real.payloadOffset;
      this.payloadLocal = real.payloadLocal;
      return;
    }
    const i = this.here();
    this.payloadPage = this.records[i]!;
    this.payloadOffset = 0;
    this.payloadLocal = this.lengths[i]!;
  }

  wholePayload(): number {
    if (this.real !== null) return this.real.wholePayload();
    return this.at < 0 || this.skip ? -1 : 0;
  }

  readPayload(offset: number, length: number, dest: Uint8Array, destOffset: number): void {
    if (this.real !== null) this.real.readPayload(offset, length, dest, destOffset);
    else copyBytes(dest, destOffset, this.records[this.here()]!, offset, length);
  }

  writePayload(offset: number, src: Uint8Array): void {
    this.onTree().writePayload(offset, src);
  }

  payloadFileOffset(): number {
    return this.onTree().payloadFileOffset();
  }

  // -- changing --------------------------------------------------------------------------------------

  insertRow(): void {
    throw new SqliteError('SQLITE_INTERNAL', 'no table');
  }

  insertKey(
    record: Uint8Array,
    offset: number,
    length: number,
    given: UnpackedKey | null,
    flags: InsertFlags,
    seekResult: SeekResult,
  ): void {
    if (this.real !== null) {
      this.real.insertKey(record, offset, length, given, flags, seekResult);
      return;
    }
    if (this.records.length >= MOST || this.bytes + length > Math.min(MOST_BYTES, this.budget)) {
      this.onTree().insertKey(record, offset, length, given, InsertFlags.None, 0);
      return;
    }
    const key = given ?? keyFromRecord(this.keyInfo, record.subarray(offset, offset + length));
    const found = this.seekKey(key);
    if (found === 0) this.remove(this.at);
    const i = found < 0 ? this.at + 1 : Math.max(this.at, 0);
    let bytes = this.spare;
    if (bytes.length < length) bytes = new Uint8Array(Math.max(64, length + (length >> 1)));
    else this.spare = noBytes;
    copyBytes(bytes, 0, record, offset, length);
    this.records.splice(i, 0, bytes);
    this.lengths.splice(i, 0, length);
    this.firsts.splice(i, 0, firstNumber(key));
    this.bytes += bytes.length;
    this.at = i;
  }

  private remove(i: number): void {
    const bytes = this.records[i]!;
    this.bytes -= bytes.length;
    this.spare = bytes;
    if (i === this.records.length - 1) {
      this.records.pop();
      this.lengths.pop();
      this.firsts.pop();
      return;
    }
    this.records.splice(i, 1);
    this.lengths.splice(i, 1);
    this.firsts.splice(i, 1);
  }

  delete(savePosition: boolean): void {
    if (this.real !== null) {
      this.real.delete(savePosition);
      return;
    }
    if (this.skip) return;
    const { at } = this;
    this.remove(this.here());
    this.stand(savePosition ? at : -1);
    this.skip = this.at >= 0;
  }

  clear(): void {
    if (this.tree !== null) this.tree.clearTable(this.treeRoot);
    this.records.length = 0;
    this.lengths.length = 0;
    this.firsts.length = 0;
    this.bytes = 0;
    this.at = -1;
    this.skip = false;
  }

  /** The cursor of the tree that the records become now. */
  onTree(): BtCursor {
    if (this.real !== null) return this.real;
    const tree = this.openTree();
    const root = tree.createTable(false);
    const real = tree.cursor(root, true, this.keyInfo);
    real.bulkLoad = this.bulk;
    for (let i = 0; i < this.records.length; i++) {
      real.insertKey(this.records[i]!, 0, this.lengths[i]!, null, 0, 0);
    }
    const { at } = this;
    if (at >= 0)
      real.seekKey(keyFromRecord(this.keyInfo, this.records[at]!.subarray(0, this.lengths[at])));
    // The row that came after one that is gone is yet to be visited.
    if (at >= 0 && this.skip) real.previous();
    this.clear();
    this.tree = tree;
    this.treeRoot = root;
    this.real = real;
    return real;
  }

  count(): number {
    return this.real !== null ? this.real.count() : this.records.length;
  }

  rowCountEstimate(): number {
    return this.real !== null ? this.real.rowCountEstimate() : this.records.length;
  }

  /** Another cursor on the same entries, which then are a tree's. */
  another(): BtCursor {
    this.onTree();
    return this.tree!.cursor(this.treeRoot, true, this.keyInfo);
  }

  close(): void {
    this.real?.close();
  }

  /** Lets go of the tree. */
  drop(): void {
    if (this.tree !== null) this.tree.dropTable(this.treeRoot);
    this.tree = null;
  }
}
