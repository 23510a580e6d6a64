/**
 * The groups of a GROUP BY in a hash: key, accumulators and what else belongs to a group.
 *
 * A group is a record in the arena of a sorter: the key as it was in the group's first row. Sorting and walking
 * the sorter gives the groups in the order of their keys, as SQLite's sorter of all rows would.
 *
 * Invariants:
 *  1. Only BINARY collations are hashed. Keys are equal here if and only if they are under the KeyInfo: 1, 1.0
 *     and an equal bigint are one key, NULLs are equal.
 *  2. The slots of group g are slots[g * width .. (g + 1) * width): accumulators, then kept values.
 *  3. Past the budget no group is added, for good: rows of other groups go another way, and their keys are
 *     never among those here.
 */
import type { AggregateFunction } from '../functions/types.ts';
import { compareRecords } from '../values/compare.ts';
import type { KeyInfo } from '../values/key.ts';
import { RecordEncoder, readDouble, readInteger, serialSize } from '../values/record.ts';
import type { Encoding } from '../values/value.ts';
import { readVarint32, varintLen } from '../values/varint.ts';
import type { RecordArena } from './sort.ts';
import type { Sorter } from './sorter.ts';

/** P4 of GroupOpen, GroupFind, GroupKeep and GroupLoad: what belongs to a group. */
export interface GroupShape {
  readonly kind: 'groups';
  readonly keyInfo: KeyInfo;
  /** The aggregates, and the first of the registers in a row that hold their accumulators. */
  readonly functions: readonly AggregateFunction[];
  readonly states: number;
  /** Registers whose values are those of the group's first row. */
  readonly kept: readonly number[];
  /** Register that GroupFind makes 0 for a new group, else 1; 0: nobody asks. */
  readonly known: number;
}

const FIRST_TABLE = 64;
/** Room that is kept between runs of a statement. */
const MAX_KEPT = 4096;
/** What a group costs beside its key: places in the tables, and an accumulator each. */
const GROUP_BYTES = 64;
const SLOT_BYTES = 80;

const double = new Float64Array(1);
const words = new Int32Array(double.buffer);

function mixNumber(h: number, n: number): number {
  let x = n | 0;
  if (x !== n) {
    double[0] = n;
    x = words[0]! ^ Math.imul(words[1]!, 0x9e3779b1);
  }
  const m = Math.imul(h ^ x, 0x85ebca6b);
  return m ^ (m >>> 15);
}

function mixBytes(h: number, d: Uint8Array, from: number, length: number): number {
  let m = h ^ length;
  let i = from;
  const end = from + length;
  for (; i + 4 <= end; i += 4) {
    const x = d[i]! | (d[i + 1]! << 8) | (d[i + 2]! << 16) | (d[i + 3]! << 24);
    m = Math.imul(m ^ x, 0x85ebca6b);
    m ^= m >>> 15;
  }
  for (; i < end; i++) m = Math.imul(m ^ d[i]!, 0x01000193);
  return m ^ (m >>> 13);
}

const TEXT_SEED = 0x51ed270b;
const BLOB_SEED = 0x2545f491;
const NUMBER_SEED = 0x1b873593;
const NULL_SEED = 0x6c62272e;

export class Groups {
  readonly slots: unknown[] = [];
  /** Of the last `find`: the group was not there before; its first slot. */
  isNew = false;
  at = 0;
  readonly width: number;
  /** By hash: 1 + the group's number, 0 where free. At most half of it is used. */
  private table = new Int32Array(FIRST_TABLE);
  private hashes = new Int32Array(FIRST_TABLE >> 1);
  /** Keys of one field: its value where it is a number (NaN: it is none), and where its text is (-1: none). */
  private numbers: Float64Array | null = null;
  private texts: Int32Array | null = null;
  private lengths: Int32Array | null = null;
  private count = 0;
  private full = false;
  private readonly fields: number;
  private readonly encoder: RecordEncoder;

  constructor(
    readonly shape: GroupShape,
    private readonly sorter: Sorter,
    private budget: number,
    encoding: Encoding,
  ) {
    this.fields = shape.keyInfo.keyFieldCount;
    this.width = shape.functions.length + shape.kept.length;
    this.encoder = new RecordEncoder(encoding);
    if (this.fields === 1) {
      this.numbers = new Float64Array(FIRST_TABLE >> 1);
      this.texts = new Int32Array(FIRST_TABLE >> 1);
      this.lengths = new Int32Array(FIRST_TABLE >> 1);
    }
  }

  private get arena(): RecordArena {
    return this.sorter.arena;
  }

  /** Forgets all groups, for the next run. */
  renew(budget: number): void {
    this.budget = budget;
    this.slots.length = 0;
    this.count = 0;
    this.full = false;
    if (this.table.length <= MAX_KEPT) this.table.fill(0);
    else {
      this.table = new Int32Array(FIRST_TABLE);
      this.resize(FIRST_TABLE >> 1);
    }
  }

  /** First slot of the group whose key is the record in the first `length` bytes; -1: there is no room for it. */
  find(record: Uint8Array, length: number): number {
    const { table, hashes } = this;
    const { data, starts } = this.arena;
    const hash = this.hashOf(record);
    const mask = table.length - 1;
    let i = hash & mask;
    for (let g = table[i]!; g !== 0; g = table[i]!) {
      const n = g - 1;
      if (hashes[n] === hash) {
        const start = starts[n]!;
        const size = starts[n + 1]! - start;
        if (sameBytes(data, start, size, record, length) || this.equal(start, size, record, length))
          return this.found(n);
      }
      i = (i + 1) & mask;
    }
    return this.add(i, hash, record, length);
  }

  private equal(start: number, size: number, record: Uint8Array, length: number): boolean {
    return (
      compareRecords(this.arena.data, start, size, record, 0, length, this.shape.keyInfo) === 0
    );
  }

  /** Like `find`, of a key that is one INTEGER in safe range or one REAL. */
  findNumber(n: number, isReal: boolean): number {
    // REALs beyond may be equal to an INTEGER that is a bigint.
    if (n <= Number.MAX_SAFE_INTEGER && n >= -Number.MAX_SAFE_INTEGER) {
      const { table } = this;
      const numbers = this.numbers!;
      const mask = table.length - 1;
      let i = mixNumber(NUMBER_SEED, n) & mask;
      for (let g = table[i]!; g !== 0; g = table[i]!) {
        if (numbers[g - 1] === n) return this.found(g - 1);
        i = (i + 1) & mask;
      }
    }
    const { encoder } = this;
    encoder.begin(1);
    if (isReal) encoder.putReal(n);
    else encoder.putInt(n);
    const length = encoder.end();
    return this.find(encoder.buffer, length);
  }

  /** Like `find`, of a key that is one TEXT of these bytes in the encoding of the database. */
  findText(d: Uint8Array, at: number, length: number): number {
    const { table, hashes } = this;
    const { data } = this.arena;
    const texts = this.texts!;
    const lengths = this.lengths!;
    const hash = mixBytes(TEXT_SEED, d, at, length);
    const mask = table.length - 1;
    let i = hash & mask;
    for (let g = table[i]!; g !== 0; g = table[i]!) {
      const n = g - 1;
      if (hashes[n] === hash && lengths[n] === length) {
        const from = texts[n]!;
        let k = 0;
        while (k < length && data[from + k] === d[at + k]) k++;
        if (k === length && from >= 0) return this.found(n);
      }
      i = (i + 1) & mask;
    }
    const { encoder } = this;
    encoder.begin(1);
    encoder.putText(d, at, length);
    const size = encoder.end();
    return this.add(i, hash, encoder.buffer, size);
  }

  private found(n: number): number {
    this.isNew = false;
    this.at = n * this.width;
    return this.at;
  }

  private add(place: number, hash: number, record: Uint8Array, length: number): number {
    if (this.full) return -1;
    const { shape, slots, arena } = this;
    const n = this.count++;
    arena.add(record, length);
    this.table[place] = n + 1;
    this.hashes[n] = hash;
    if (this.fields === 1) this.noteKey(n);
    for (const f of shape.functions) slots.push(f.init());
    for (let k = 0; k < shape.kept.length; k++) slots.push(null);
    const used = arena.bytes + this.count * (GROUP_BYTES + SLOT_BYTES * this.width);
    if (used > this.budget) this.full = true;
    if (this.count * 2 >= this.table.length) this.grow();
    this.isNew = true;
    this.at = n * this.width;
    return this.at;
  }

  /** What findNumber and findText look at. */
  private noteKey(n: number): void {
    const { data, starts } = this.arena;
    const type = readVarint32(data, starts[n]! + 1);
    const at = starts[n]! + 1 + varintLen(data, starts[n]! + 1);
    const isText = type >= 13 && (type & 1) === 1;
    this.texts![n] = isText ? at : -1;
    this.lengths![n] = isText ? serialSize(type) : -1;
    const v =
      type === 7 ? readDouble(data, at) : type > 0 && type < 12 ? readInteger(data, type, at) : NaN;
    this.numbers![n] = typeof v === 'number' ? v : NaN;
  }

  private grow(): void {
    this.resize(this.table.length);
    const table = new Int32Array(this.table.length * 2);
    const mask = table.length - 1;
    for (let n = 0; n < this.count; n++) {
      let i = this.hashes[n]! & mask;
      while (table[i] !== 0) i = (i + 1) & mask;
      table[i] = n + 1;
    }
    this.table = table;
  }

  /** Room for so many groups in the arrays by number. */
  private resize(groups: number): void {
    const { hashes, numbers, texts, lengths } = this;
    const n = Math.min(groups, this.count);
    this.hashes = new Int32Array(groups);
    this.hashes.set(hashes.subarray(0, n));
    if (numbers === null) return;
    this.numbers = new Float64Array(groups);
    this.numbers.set(numbers.subarray(0, n));
    this.texts = new Int32Array(groups);
    this.texts.set(texts!.subarray(0, n));
    this.lengths = new Int32Array(groups);
    this.lengths.set(lengths!.subarray(0, n));
  }

  /** Equal keys have equal hashes; findNumber and findText compute the same. */
  private hashOf(record: Uint8Array): number {
    const header = record[0]! < 0x80 ? record[0]! : readVarint32(record, 0);
    let h = record[0]! < 0x80 ? 1 : varintLen(record, 0);
    let at = header;
    let hash = 0;
    for (let k = 0; h < header; k++) {
      let type = record[h]!;
      if (type < 0x80) h++;
      else {
        type = readVarint32(record, h);
        h += varintLen(record, h);
      }
      if (type >= 12) {
        const size = serialSize(type);
        const seed = (type & 1) === 1 ? TEXT_SEED : BLOB_SEED;
        hash = mixBytes(k === 0 ? seed : hash ^ seed, record, at, size);
        at += size;
      } else if (type === 0) {
        hash = mixNumber(k === 0 ? NULL_SEED : hash ^ NULL_SEED, 0);
      } else {
        const v = type === 7 ? readDouble(record, at) : readInteger(record, type, at);
        const n = typeof v === 'number' ? v : Number(v);
        hash = mixNumber(k === 0 ? NUMBER_SEED : hash ^ NUMBER_SEED, n);
        at += serialSize(type);
      }
    }
    return hash;
  }
}

function sameBytes(
  a: Uint8Array,
  at: number,
  size: number,
  b: Uint8Array,
  length: number,
): boolean {
  if (size !== length) return false;
  for (let i = 0; i < length; i++) if (a[at + i] !== b[i]) return false;
  return true;
}
