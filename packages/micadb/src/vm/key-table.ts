/**
 * A hash of keys that are the first fields of records in an arena: which records have equal keys.
 *
 * Invariants:
 *  1. Only BINARY collations are hashed. Keys are equal here if and only if they are under the KeyInfo: 1, 1.0
 *     and an equal bigint are one key, NULLs are equal.
 *  2. Key n stands in record `records[n]`; keys are numbered from 0 as they come.
 */
import { compareRecords } from '../values/compare.ts';
import type { KeyInfo } from '../values/key.ts';
import { readDouble, readInteger, serialSize } from '../values/record.ts';
import { readVarint32, varintLen } from '../values/varint.ts';
import type { RecordArena } from './sort.ts';

const FIRST_TABLE = 64;
/** Room that is kept when all keys are forgotten. */
const MAX_KEPT = 4096;

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

/** Of the first `fields` fields of the record at `start`. Equal keys have equal hashes. */
function hashRecord(d: Uint8Array, start: number, fields: number): number {
  let h = start;
  let at = d[h]!;
  if (at < 0x80) h++;
  else {
    at = readVarint32(d, h);
    h += varintLen(d, h);
  }
  at += start;
  let hash = 0;
  for (let k = 0; k < fields; k++) {
    let type = d[h]!;
    if (type < 0x80) h++;
    else {
      type = readVarint32(d, h);
      h += varintLen(d, h);
    }
    if (type >= 12) {
      const size = serialSize(type);
      hash = mixBytes(hash ^ ((type & 1) === 1 ? TEXT_SEED : BLOB_SEED), d, at, size);
      at += size;
    } else if (type === 0) {
      hash = mixNumber(hash ^ NULL_SEED, 0);
    } else {
      const v = type === 7 ? readDouble(d, at) : readInteger(d, type, at);
      hash = mixNumber(hash ^ NUMBER_SEED, typeof v === 'number' ? v : Number(v));
      at += serialSize(type);
    }
  }
  return hash;
}

function sameBytes(a: Uint8Array, p: number, n: number, b: Uint8Array, q: number, m: number) {
  if (n !== m) return false;
  for (let i = 0; i < n; i++) if (a[p + i] !== b[q + i]) return false;
  return true;
}

/** What findNumber answers when it cannot know. */
export const UNSURE = -2;

export class KeyTable {
  count = 0;
  /** By hash: 1 + the key's number, 0 where free. At most half of it is used. */
  private table: Int32Array = new Int32Array(FIRST_TABLE);
  private hashes: Int32Array = new Int32Array(FIRST_TABLE >> 1);
  private records: Int32Array = new Int32Array(FIRST_TABLE >> 1);
  /** Keys of one field: its value where it is a number (NaN: it is none), and where its text is (-1: none). */
  private numbers = new Float64Array(FIRST_TABLE >> 1);
  private texts: Int32Array = new Int32Array(FIRST_TABLE >> 1);
  private lengths: Int32Array = new Int32Array(FIRST_TABLE >> 1);
  /** Of the last search: its hash, and the place where it ended. */
  private hash = 0;
  private place = 0;

  /** `keyInfo` has the fields of the key alone; records may have more. */
  constructor(private readonly keyInfo: KeyInfo) {}

  clear(): void {
    this.count = 0;
    if (this.table.length <= MAX_KEPT) this.table.fill(0);
    else {
      this.table = new Int32Array(FIRST_TABLE);
      this.resize(FIRST_TABLE >> 1);
    }
  }

  /** The number of the key of the record at `start`, or -1; `add` may follow. */
  find(arena: RecordArena, record: Uint8Array, start: number, length: number): number {
    const { table, hashes, records, keyInfo } = this;
    const { data, starts } = arena;
    const hash = hashRecord(record, start, keyInfo.keyFieldCount);
    const mask = table.length - 1;
    let i = hash & mask;
    for (let g = table[i]!; g !== 0; g = table[i]!) {
      if (hashes[g - 1] === hash) {
        const r = records[g - 1]!;
        const at = starts[r]!;
        const size = starts[r + 1]! - at;
        if (sameBytes(data, at, size, record, start, length)) return g - 1;
        if (compareRecords(data, at, size, record, start, length, keyInfo) === 0) return g - 1;
      }
      i = (i + 1) & mask;
    }
    this.hash = hash;
    this.place = i;
    return -1;
  }

  /**
   * The number of the key that is this one number, or -1; `add` may follow. UNSURE beyond 2^53, where a REAL may
   * equal an INTEGER that is a bigint: it must be looked for as a record.
   */
  findNumber(n: number): number {
    if (!(n <= Number.MAX_SAFE_INTEGER && n >= -Number.MAX_SAFE_INTEGER)) return UNSURE;
    const { table, numbers } = this;
    const hash = mixNumber(NUMBER_SEED, n);
    const mask = table.length - 1;
    let i = hash & mask;
    for (let g = table[i]!; g !== 0; g = table[i]!) {
      if (numbers[g - 1] === n) return g - 1;
      i = (i + 1) & mask;
    }
    this.hash = hash;
    this.place = i;
    return -1;
  }

  /** The number of the key that is this one TEXT, or -1; `add` may follow. */
  findText(arena: RecordArena, d: Uint8Array, at: number, length: number): number {
    const { table, hashes, texts, lengths } = this;
    const { data } = arena;
    const hash = mixBytes(TEXT_SEED, d, at, length);
    const mask = table.length - 1;
    let i = hash & mask;
    for (let g = table[i]!; g !== 0; g = table[i]!) {
      const n = g - 1;
      if (hashes[n] === hash && lengths[n] === length) {
        const from = texts[n]!;
        let k = 0;
        while (k < length && data[from + k] === d[at + k]) k++;
        if (k === length) return n;
      }
      i = (i + 1) & mask;
    }
    this.hash = hash;
    this.place = i;
    return -1;
  }

  /** Adds the key that the last search did not find; it is in record `r`. */
  add(arena: RecordArena, r: number): number {
    const n = this.count++;
    this.table[this.place] = n + 1;
    this.hashes[n] = this.hash;
    this.records[n] = r;
    if (this.keyInfo.keyFieldCount === 1) this.noteKey(arena, n, arena.starts[r]!);
    if (this.count * 2 >= this.table.length) this.grow();
    return n;
  }

  /** What findNumber and findText look at. */
  private noteKey(arena: RecordArena, n: number, start: number): void {
    const { data } = arena;
    const header = data[start]! < 0x80 ? data[start]! : readVarint32(data, start);
    const h = start + (data[start]! < 0x80 ? 1 : varintLen(data, start));
    const type = data[h]! < 0x80 ? data[h]! : readVarint32(data, h);
    const at = start + header;
    const isText = type >= 13 && (type & 1) === 1;
    this.texts[n] = isText ? at : -1;
    this.lengths[n] = isText ? serialSize(type) : -1;
    let v: number | bigint = Number.NaN;
    if (type === 7) v = readDouble(data, at);
    else if (type > 0 && type < 12) v = readInteger(data, type, at);
    this.numbers[n] = typeof v === 'number' ? v : Number.NaN;
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

  /** Room for so many keys in the arrays by number. */
  private resize(keys: number): void {
    const n = this.count;
    const wider = (old: Int32Array): Int32Array => {
      const array = new Int32Array(keys);
      array.set(old.subarray(0, n));
      return array;
    };
    this.hashes = wider(this.hashes);
    this.records = wider(this.records);
    if (this.keyInfo.keyFieldCount > 1) return;
    this.texts = wider(this.texts);
    this.lengths = wider(this.lengths);
    const numbers = new Float64Array(keys);
    numbers.set(this.numbers.subarray(0, n));
    this.numbers = numbers;
  }
}
