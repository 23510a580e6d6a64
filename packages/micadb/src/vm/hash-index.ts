/**
 * An automatic index in memory as a hash: seeks are by equality of the first `fields` fields, and nothing is
 * stored in order before it is asked for. The entries of a key come as the tree of the index would give them.
 *
 * Invariants:
 *  1. `order` has the numbers of all records, those of one key behind each other: key n's are
 *     order[ends[n - 1] .. ends[n]]. They are in the order of the whole record once `sorted[n]` is 1.
 *  2. Moves go over the entries of one key only: `at` is a place in `order` within [from, to), -1 on none.
 */
import { copyBytes } from '../btree/bytes.ts';
import type { BtCursor, SeekResult } from '../btree/types.ts';
import { compareRecords } from '../values/compare.ts';
import { SqliteError } from '../values/errors.ts';
import type { KeyInfo, UnpackedKey } from '../values/key.ts';
import { RecordEncoder, readDouble, readInteger, serialSize } from '../values/record.ts';
import { readVarint32 } from '../values/varint.ts';
import { KeyTable, UNSURE } from './key-table.ts';
import { RecordArena, sortArena } from './sort.ts';

function misused(): never {
  throw new SqliteError('SQLITE_INTERNAL', 'not for a hash');
}

export class HashIndexCursor implements BtCursor {
  readonly root = 0;
  readonly isTable = false;
  readonly writable = false;
  readonly needsRestore = false;
  bulkLoad = false;
  readonly pageView: DataView;
  readonly pageBytes: Uint8Array;
  payloadOffset = 0;
  payloadLocal = 0;
  private readonly table: KeyTable;
  private readonly order: Uint32Array;
  private readonly ends: Uint32Array;
  private readonly sorted: Uint8Array;
  private at = -1;
  private to = 0;
  private readonly encoder: RecordEncoder;

  /**
   * Takes the records of `arena` over. `keyInfo` is that of the index, with all fields of an entry.
   */
  constructor(
    readonly keyInfo: KeyInfo,
    fields: number,
    private readonly arena: RecordArena,
  ) {
    this.pageBytes = arena.data;
    this.pageView = new DataView(arena.data.buffer, arena.data.byteOffset, arena.data.byteLength);
    this.table = new KeyTable({ ...keyInfo, keyFieldCount: fields });
    this.encoder = new RecordEncoder(keyInfo.encoding);
    const { count } = arena;
    const keys = new Uint32Array(count);
    const sizes = new Uint32Array(count + 1);
    for (let i = 0; i < count; i++) {
      const n = this.keyOf(i, fields);
      keys[i] = n;
      sizes[n]!++;
    }
    const known = this.table.count;
    this.ends = new Uint32Array(known);
    this.sorted = new Uint8Array(known);
    for (let n = 0, sum = 0; n < known; n++) {
      // The start for now: it moves to the end while the entries are put in.
      this.ends[n] = sum;
      sum += sizes[n]!;
    }
    this.order = new Uint32Array(count);
    for (let i = 0; i < count; i++) this.order[this.ends[keys[i]!]!++] = i;
  }

  /** The number of the key of record `i`. */
  private keyOf(i: number, fields: number): number {
    const { arena, table } = this;
    const { data, starts } = arena;
    const start = starts[i]!;
    let n = UNSURE;
    if (fields === 1 && data[start]! < 0x80) {
      const type = data[start + 1]! < 0x80 ? data[start + 1]! : readVarint32(data, start + 1);
      const at = start + data[start]!;
      if (type >= 13 && (type & 1) === 1) n = table.findText(arena, data, at, serialSize(type));
      else if (type > 0 && type < 12) {
        const v = type === 7 ? readDouble(data, at) : readInteger(data, type, at);
        if (typeof v === 'number') n = table.findNumber(v);
      }
    }
    if (n === UNSURE) n = table.find(arena, data, start, starts[i + 1]! - start);
    return n >= 0 ? n : table.add(arena, i);
  }

  /** Stands on the first entry of key `n`; -1: on none. */
  private stand(n: number): SeekResult {
    if (n < 0) {
      this.at = -1;
      return -1;
    }
    const from = n === 0 ? 0 : this.ends[n - 1]!;
    this.to = this.ends[n]!;
    if (this.sorted[n] === 0) {
      this.sorted[n] = 1;
      if (this.to - from > 1) this.sort(from, this.to);
    }
    this.at = from;
    return 1;
  }

  private sort(from: number, to: number): void {
    const { order, arena, keyInfo } = this;
    const { data, starts } = arena;
    let inOrder = true;
    for (let k = from + 1; k < to && inOrder; k++) {
      const [a, b] = [order[k - 1]!, order[k]!];
      const [p, q] = [starts[a]!, starts[b]!];
      const [n, m] = [starts[a + 1]! - p, starts[b + 1]! - q];
      if (compareRecords(data, p, n, data, q, m, keyInfo) > 0) inOrder = false;
    }
    if (inOrder) return;
    const entries = order.slice(from, to);
    const part = new RecordArena();
    for (const i of entries) part.add(arena.record(i), starts[i + 1]! - starts[i]!);
    sortArena(part, keyInfo).forEach((k, place) => {
      order[from + place] = entries[k]!;
    });
  }

  // -- seeks: all are for the first entry of a key ----------------------------------------------------

  seekKey(key: UnpackedKey): SeekResult {
    const { encoder } = this;
    const length = encoder.encode(key.values, 0, key.fieldCount);
    return this.seekRecord(encoder.buffer, length);
  }

  /** `seekKey` for the key in the first `length` bytes. */
  seekRecord(record: Uint8Array, length: number): SeekResult {
    return this.stand(this.table.find(this.arena, record, 0, length));
  }

  seekNumber(number: number): SeekResult {
    const n = this.table.findNumber(number);
    if (n !== UNSURE) return this.stand(n);
    const { encoder } = this;
    encoder.begin(1);
    if (Number.isSafeInteger(number)) encoder.putInt(number);
    else encoder.putReal(number);
    const length = encoder.end();
    return this.seekRecord(encoder.buffer, length);
  }

  seekBytes(bytes: Uint8Array, from: number, length: number): SeekResult {
    return this.stand(this.table.findText(this.arena, bytes, from, length));
  }

  get eof(): boolean {
    return this.at < 0;
  }

  unset(): void {
    this.at = -1;
  }

  next(): boolean {
    if (this.at < 0) return false;
    if (++this.at < this.to) return true;
    this.at = -1;
    return false;
  }

  restore(): boolean {
    return this.at >= 0;
  }

  // -- the entry --------------------------------------------------------------------------------------

  get payloadPage(): Uint8Array {
    return this.pageBytes;
  }

  get wholeEnd(): number {
    return this.arena.starts[this.order[this.at]! + 1]!;
  }

  wholePayload(): number {
    return this.at < 0 ? -1 : this.arena.starts[this.order[this.at]!]!;
  }

  payloadSize(): number {
    return this.wholeEnd - this.wholePayload();
  }

  loadPayload(): void {
    this.payloadOffset = this.wholePayload();
    this.payloadLocal = this.payloadSize();
  }

  readPayload(offset: number, length: number, dest: Uint8Array, destOffset: number): void {
    copyBytes(dest, destOffset, this.pageBytes, this.wholePayload() + offset, length);
  }

  count(): number {
    return this.arena.count;
  }

  rowCountEstimate(): number {
    return this.arena.count;
  }

  close(): void {}

  // -- what nobody asks of an automatic index -----------------------------------------------------------

  readonly first = misused;
  readonly last = misused;
  readonly previous = misused;
  readonly rowid = misused;
  readonly seekRowid = misused;
  readonly writePayload = misused;
  readonly payloadFileOffset = misused;
  readonly insertRow = misused;
  readonly insertKey = misused;
  readonly delete = misused;
}
