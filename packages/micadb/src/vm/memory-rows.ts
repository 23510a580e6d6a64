/**
 * Ephemeral tables in memory: rows that are appended in order of their rowids and deleted from the front, as
 * queues of recursive queries, buffers of window functions and materialized subqueries do it. What does
 * anything else, or outgrows the budget, becomes a real tree.
 *
 * Invariants:
 *  1. Rows have a number each, counted up for ever; `head` is the first that is there, `tail` the next to
 *     come. The rowid of a row is its number plus `base`.
 *  2. A row's record is whole in its chunk. A chunk is not written again before all its rows are gone.
 *  3. Once `spill` was called, every cursor has its own cursor on the tree and asks the rows nothing more.
 */
import { copyBytes } from '../btree/bytes.ts';
import { type BtCursor, type Btree, InsertFlags, type SeekResult } from '../btree/types.ts';
import { SqliteError } from '../values/errors.ts';
import type { UnpackedKey } from '../values/key.ts';
import type { Int } from '../values/value.ts';

const CHUNK_BYTES = 65536;
/** Rows that are gone are forgotten when they are so many, and most. */
const COMPACT_AFTER = 4096;
const ROW_BYTES = 24;

interface Chunk {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  used: number;
  /** Rows in it that are not gone. */
  rows: number;
}

function newChunk(size: number): Chunk {
  const bytes = new Uint8Array(size);
  return { bytes, view: new DataView(bytes.buffer), used: 0, rows: 0 };
}

export class MemoryRows {
  head = 0;
  tail = 0;
  base = 1;
  /** Where the rows from number `first` on are. */
  private first = 0;
  readonly chunkOf: Chunk[] = [];
  readonly starts: number[] = [];
  readonly ends: number[] = [];
  private current = newChunk(4096);
  private spare: Chunk | null = null;
  private bytes = 4096;
  /** Chunks made since the arrays were empty: they may still refer to them. */
  private made = 0;
  private readonly cursors: MemoryRowCursor[] = [];
  private tree: Btree | null = null;
  private root = 0;

  constructor(
    private readonly budget: number,
    private readonly openTree: () => Btree,
  ) {}

  cursor(): MemoryRowCursor {
    const c = new MemoryRowCursor(this);
    this.cursors.push(c);
    if (this.tree !== null) c.real = this.tree.cursor(this.root, true, null);
    return c;
  }

  forget(cursor: MemoryRowCursor): void {
    const i = this.cursors.indexOf(cursor);
    if (i >= 0) this.cursors.splice(i, 1);
  }

  /** Index of a row in the arrays. */
  at(row: number): number {
    return row - this.first;
  }

  get last(): number {
    return this.base + this.tail - 1;
  }

  append(rowid: number, data: Uint8Array, offset: number, length: number): void {
    if (this.head === this.tail) this.base = rowid - this.tail;
    let chunk = this.current;
    if (chunk.used + length > chunk.bytes.length) chunk = this.nextChunk(length);
    const start = chunk.used;
    copyBytes(chunk.bytes, start, data, offset, length);
    chunk.used = start + length;
    chunk.rows++;
    const i = this.tail++ - this.first;
    this.chunkOf[i] = chunk;
    this.starts[i] = start;
    this.ends[i] = chunk.used;
  }

  private nextChunk(length: number): Chunk {
    let chunk = this.spare;
    this.spare = null;
    if (chunk === null || chunk.bytes.length < length) {
      chunk = newChunk(Math.max(CHUNK_BYTES, length));
      this.made++;
      this.bytes += chunk.bytes.length;
    }
    chunk.used = 0;
    if (this.current.rows === 0) this.bytes -= this.current.bytes.length;
    this.current = chunk;
    return chunk;
  }

  get full(): boolean {
    return this.bytes + (this.tail - this.first) * ROW_BYTES > this.budget;
  }

  /** Deletes the first row. */
  shift(): void {
    const i = this.head - this.first;
    const chunk = this.chunkOf[i]!;
    this.head++;
    if (--chunk.rows === 0) {
      if (chunk === this.current) chunk.used = 0;
      else if (this.spare === null && chunk.bytes.length === CHUNK_BYTES) this.spare = chunk;
      else this.bytes -= chunk.bytes.length;
    }
    if (this.head === this.tail) this.forgetRows();
    else if (i >= COMPACT_AFTER && i * 2 > this.tail - this.first) {
      this.chunkOf.splice(0, i + 1);
      this.starts.splice(0, i + 1);
      this.ends.splice(0, i + 1);
      this.first = this.head;
    }
  }

  /** There are none: the arrays are filled from the start again. */
  private forgetRows(): void {
    this.first = this.head;
    if (this.starts.length <= COMPACT_AFTER) return;
    this.chunkOf.length = 0;
    this.starts.length = 0;
    this.ends.length = 0;
    this.made = 0;
  }

  clear(): void {
    if (this.tree !== null) {
      this.tree.clearTable(this.root);
      return;
    }
    this.head = this.tail;
    this.forgetRows();
    const { current } = this;
    current.used = 0;
    current.rows = 0;
    this.spare = null;
    this.bytes = current.bytes.length;
  }

  get isSmall(): boolean {
    return (
      this.tree === null &&
      this.made <= 1 &&
      this.current.bytes.length <= CHUNK_BYTES &&
      this.starts.length <= COMPACT_AFTER
    );
  }

  /** Makes a tree of it. */
  spill(): void {
    if (this.tree !== null) return;
    const tree = this.openTree();
    const root = tree.createTable(true);
    const filler = tree.cursor(root, true, null);
    for (let row = this.head; row < this.tail; row++) {
      const i = this.at(row);
      const start = this.starts[i]!;
      const length = this.ends[i]! - start;
      filler.insertRow(
        this.base + row,
        this.chunkOf[i]!.bytes,
        start,
        length,
        0,
        InsertFlags.Append,
        -1,
      );
    }
    filler.close();
    this.tree = tree;
    this.root = root;
    for (const c of this.cursors) {
      const real = tree.cursor(root, true, null);
      c.becomes(real);
    }
    this.forgetRows();
    this.spare = null;
    this.current = newChunk(0);
    this.bytes = 0;
  }

  close(): void {
    if (this.tree !== null) this.tree.dropTable(this.root);
    this.tree = null;
  }
}

export class MemoryRowCursor implements BtCursor {
  readonly isTable = true;
  readonly writable = true;
  readonly keyInfo = null;
  readonly root = 0;
  bulkLoad = false;
  payloadPage: Uint8Array = new Uint8Array(0);
  payloadOffset = 0;
  payloadLocal = 0;
  real: BtCursor | null = null;
  private row = -1;
  private valid = false;
  /** On the tree: its row is gone, the next one is the tree's first. */
  private before = false;
  private chunk: Chunk | null = null;
  private end = 0;

  constructor(private readonly rows: MemoryRows) {}

  /** Goes on as a cursor of the tree that has the rows now. */
  becomes(real: BtCursor): void {
    const { rows } = this;
    this.real = real;
    if (!this.valid) return;
    if (this.row < rows.head) this.before = true;
    else real.seekRowid(rows.base + this.row);
  }

  get eof(): boolean {
    return this.real !== null ? !this.before && this.real.eof : !this.valid;
  }

  get needsRestore(): boolean {
    if (this.real === null) return this.valid && this.row < this.rows.head;
    return this.before || this.real.needsRestore;
  }

  get wholeEnd(): number {
    return this.real !== null ? this.real.wholeEnd : this.end;
  }

  get pageBytes(): Uint8Array {
    return this.real !== null ? this.real.pageBytes : this.chunk!.bytes;
  }

  get pageView(): DataView {
    return this.real !== null ? this.real.pageView : this.chunk!.view;
  }

  private stand(row: number): boolean {
    const { rows } = this;
    this.valid = row >= rows.head && row < rows.tail;
    this.row = row;
    return this.valid;
  }

  first(): boolean {
    if (this.real === null) return this.stand(this.rows.head);
    this.before = false;
    return this.real.first();
  }

  last(): boolean {
    if (this.real === null) return this.stand(this.rows.tail - 1);
    this.before = false;
    return this.real.last();
  }

  unset(): void {
    this.real?.unset();
    this.before = false;
    this.valid = false;
  }

  next(): boolean {
    if (this.before) return this.first();
    if (this.real !== null) return this.real.next();
    if (!this.valid) return false;
    const { head } = this.rows;
    return this.stand(this.row < head ? head : this.row + 1);
  }

  previous(): boolean {
    if (this.before) {
      this.unset();
      return false;
    }
    if (this.real !== null) return this.real.previous();
    return this.valid && this.stand(this.row - 1);
  }

  seekRowid(rowid: Int, bias?: number): SeekResult {
    if (this.real !== null) {
      this.before = false;
      return this.real.seekRowid(rowid, bias);
    }
    const { rows } = this;
    if (rows.head === rows.tail) {
      this.valid = false;
      return -1;
    }
    if (rowid < rows.base + rows.head) {
      this.stand(rows.head);
      return 1;
    }
    if (rowid > rows.last) {
      this.stand(rows.tail - 1);
      return -1;
    }
    this.stand(Number(rowid) - rows.base);
    return 0;
  }

  seekKey(_key: UnpackedKey): SeekResult {
    throw new SqliteError('SQLITE_INTERNAL', 'no index');
  }

  seekNumber(_number: number, _defaultResult: -1 | 1): SeekResult {
    throw new SqliteError('SQLITE_INTERNAL', 'no index');
  }

  seekBytes(): SeekResult {
    throw new SqliteError('SQLITE_INTERNAL', 'no index');
  }

  restore(): boolean {
    if (this.real !== null) return !this.before && this.real.restore();
    return this.valid && this.row >= this.rows.head;
  }

  /** Index of the current row. */
  private here(): number {
    const { rows, row } = this;
    if (!this.valid || row < rows.head || row >= rows.tail) {
      throw new SqliteError('SQLITE_INTERNAL', 'cursor is not on a row');
    }
    return rows.at(row);
  }

  rowid(): Int {
    if (this.real !== null) return this.real.rowid();
    this.here();
    return this.rows.base + this.row;
  }

  payloadSize(): number {
    if (this.real !== null) return this.real.payloadSize();
    const i = this.here();
    return this.rows.ends[i]! - this.rows.starts[i]!;
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
    const { rows } = this;
    this.payloadPage = rows.chunkOf[i]!.bytes;
    this.payloadOffset = rows.starts[i]!;
    this.payloadLocal = rows.ends[i]! - this.payloadOffset;
  }

  wholePayload(): number {
    if (this.real !== null) return this.real.wholePayload();
    const { rows, row } = this;
    if (!this.valid || row < rows.head) return -1;
    const i = rows.at(row);
    this.chunk = rows.chunkOf[i]!;
    this.end = rows.ends[i]!;
    return rows.starts[i]!;
  }

  readPayload(offset: number, length: number, dest: Uint8Array, destOffset: number): void {
    if (this.real !== null) {
      this.real.readPayload(offset, length, dest, destOffset);
      return;
    }
    const i = this.here();
    const { rows } = this;
    const from = rows.starts[i]! + offset;
    copyBytes(dest, destOffset, rows.chunkOf[i]!.bytes, from, length);
  }

  /** The cursor of the tree that the rows become now. */
  private onTree(): BtCursor {
    if (this.real === null) this.rows.spill();
    this.before = false;
    return this.real!;
  }

  writePayload(offset: number, src: Uint8Array): void {
    this.onTree().writePayload(offset, src);
  }

  payloadFileOffset(): number {
    return this.onTree().payloadFileOffset();
  }

  insertRow(
    rowid: Int,
    data: Uint8Array,
    offset: number,
    length: number,
    zeroTail: number,
    flags: InsertFlags,
    seekResult: SeekResult,
  ): void {
    const { rows } = this;
    if (this.real === null) {
      const appends = rows.head === rows.tail || rowid === rows.last + 1;
      if (typeof rowid === 'number' && appends && zeroTail === 0 && !rows.full) {
        rows.append(rowid, data, offset, length);
        this.valid = true;
        this.row = rows.tail - 1;
        return;
      }
    }
    const trusted = this.real !== null ? flags : InsertFlags.None;
    this.onTree().insertRow(rowid, data, offset, length, zeroTail, trusted, seekResult);
  }

  insertKey(): void {
    throw new SqliteError('SQLITE_INTERNAL', 'no index');
  }

  delete(savePosition: boolean): void {
    if (this.real === null) {
      const { rows } = this;
      if (this.valid && this.row === rows.head) {
        rows.shift();
        if (!savePosition) this.valid = false;
        return;
      }
      // Gone already, by way of another cursor.
      if (this.valid && this.row < rows.head) return;
    }
    if (this.before) return;
    this.onTree().delete(savePosition);
  }

  count(): number {
    return this.real !== null ? this.real.count() : this.rows.tail - this.rows.head;
  }

  rowCountEstimate(): number {
    return this.real !== null ? this.real.rowCountEstimate() : this.rows.tail - this.rows.head;
  }

  close(): void {
    this.real?.close();
    this.rows.forget(this);
  }
}
