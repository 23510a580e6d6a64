/**
 * The record format (file format §2.1): a header of varints (its own length, then one serial type a
 * column) and the values behind it.
 *
 *   serial type   0     1..4         5     6     7       8  9    10, 11     N>=12 even   N>=13 odd
 *   content       NULL  8..32 bit    48    64    double  0  1    reserved   BLOB         TEXT
 *   bytes         0     1,2,3,4      6     8     8       0  0    0          (N-12)/2     (N-13)/2
 *
 * Everything that reads is safe against damaged bytes: what lies outside the record is
 * SQLITE_CORRUPT, a NaN is NULL, TEXT that is no valid text stays bytes.
 */
import { corrupt } from './errors.ts';
import { intFromHalves } from './int64.ts';
import { copyBytes, decodeText, textBytes, utf8Length, writeUtf8, writeUtf16 } from './utf.ts';
import { type Encoding, Real, type SqlValue, Text, UTF8 } from './value.ts';
import { readVarint32, varintLen, varintLength, writeVarint } from './varint.ts';

export const SERIAL_NULL = 0;
export const SERIAL_INT64 = 6;
export const SERIAL_REAL = 7;
export const SERIAL_ZERO = 8;
export const SERIAL_ONE = 9;

const fixedSizes = new Uint8Array([0, 1, 2, 3, 4, 6, 8, 8, 0, 0, 0, 0]);

/** Bytes of content of a serial type. */
export function serialSize(type: number): number {
  return type < 12 ? fixedSizes[type]! : (type - 12) >>> 1;
}

// Doubles pass between number and bytes through these; each use is complete before anything else
// can run.
const f64 = new Float64Array(1);
const f64bytes = new Uint8Array(f64.buffer);
const littleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/** The big-endian double at `pos`. May be NaN. */
export function readDouble(buf: Uint8Array, pos: number): number {
  if (littleEndian) {
    f64bytes[7] = buf[pos]!;
    f64bytes[6] = buf[pos + 1]!;
    f64bytes[5] = buf[pos + 2]!;
    f64bytes[4] = buf[pos + 3]!;
    f64bytes[3] = buf[pos + 4]!;
    f64bytes[2] = buf[pos + 5]!;
    f64bytes[1] = buf[pos + 6]!;
    f64bytes[0] = buf[pos + 7]!;
  } else {
    for (let i = 0; i < 8; i++) f64bytes[i] = buf[pos + i]!;
  }
  return f64[0]!;
}

export function writeDouble(buf: Uint8Array, pos: number, v: number): void {
  f64[0] = v;
  if (littleEndian) {
    buf[pos] = f64bytes[7]!;
    buf[pos + 1] = f64bytes[6]!;
    buf[pos + 2] = f64bytes[5]!;
    buf[pos + 3] = f64bytes[4]!;
    buf[pos + 4] = f64bytes[3]!;
    buf[pos + 5] = f64bytes[2]!;
    buf[pos + 6] = f64bytes[1]!;
    buf[pos + 7] = f64bytes[0]!;
  } else {
    for (let i = 0; i < 8; i++) buf[pos + i] = f64bytes[i]!;
  }
}

/** The integer of serial type 1 to 5, 8 or 9 at `pos`. */
export function readSmallInteger(buf: Uint8Array, type: number, pos: number): number {
  switch (type) {
    case 1:
      return (buf[pos]! << 24) >> 24;
    case 2:
      return ((buf[pos]! << 24) >> 16) | buf[pos + 1]!;
    case 3:
      return ((buf[pos]! << 24) >> 8) | (buf[pos + 1]! << 8) | buf[pos + 2]!;
    case 4:
      return (buf[pos]! << 24) | (buf[pos + 1]! << 16) | (buf[pos + 2]! << 8) | buf[pos + 3]!;
    case 5:
      return (((buf[pos]! << 24) >> 16) | buf[pos + 1]!) * 4294967296 + readUint32(buf, pos + 2);
    case 9:
      return 1;
    default:
      return 0;
  }
}

function readUint32(buf: Uint8Array, pos: number): number {
  return ((buf[pos]! << 24) | (buf[pos + 1]! << 16) | (buf[pos + 2]! << 8) | buf[pos + 3]!) >>> 0;
}

/** The 64-bit integer at `pos`; a bigint beyond the safe range. */
export function readInt64(buf: Uint8Array, pos: number): number | bigint {
  return intFromHalves(readUint32(buf, pos) | 0, readUint32(buf, pos + 4));
}

/** The integer of serial type 1 to 6, 8 or 9 at `pos`; a bigint beyond the safe range. */
export function readInteger(buf: Uint8Array, type: number, pos: number): number | bigint {
  return type === SERIAL_INT64 ? readInt64(buf, pos) : readSmallInteger(buf, type, pos);
}

/**
 * The value of serial type `type` at `pos`. The caller has checked that `serialSize(type)` bytes
 * are there. BLOBs are copied.
 */
export function decodeColumn(
  buf: Uint8Array,
  type: number,
  pos: number,
  encoding: Encoding,
): SqlValue {
  if (type >= 12) {
    const end = pos + ((type - 12) >>> 1);
    return (type & 1) !== 0 ? decodeText(buf, pos, end, encoding) : copyBytes(buf, pos, end);
  }
  switch (type) {
    case 0:
    case 10:
    case 11:
      return null;
    case 7: {
      const v = readDouble(buf, pos);
      return Number.isNaN(v) ? null : new Real(v);
    }
    default:
      return readInteger(buf, type, pos);
  }
}

/** `decodeColumn` with the position before the type. */
export function decodeSerial(
  buf: Uint8Array,
  pos: number,
  type: number,
  encoding: Encoding,
): SqlValue {
  return decodeColumn(buf, type, pos, encoding);
}

/** All values of the record in `buf[off, off + len)`. Throws SQLITE_CORRUPT. */
export function decodeRecord(
  buf: Uint8Array,
  off: number,
  len: number,
  encoding: Encoding,
): SqlValue[] {
  const values: SqlValue[] = [];
  const end = off + len;
  if (len < 1) throw corrupt('record of no bytes');
  const headerEnd = off + readVarint32(buf, off);
  let h = off + varintLen(buf, off);
  if (headerEnd > end || headerEnd < h) throw corrupt('record header length');
  let body = headerEnd;
  while (h < headerEnd) {
    const type = readVarint32(buf, h);
    h += varintLen(buf, h);
    const size = serialSize(type);
    if (h > headerEnd || body + size > end) throw corrupt('record content');
    values.push(decodeColumn(buf, type, body, encoding));
    body += size;
  }
  return values;
}

/** The serial type of an INTEGER. `zeroOne`: types 8 and 9 may be used (file format 4). */
export function integerSerialType(v: number | bigint, zeroOne: boolean): number {
  if (typeof v === 'bigint') return 6;
  const u = v < 0 ? -1 - v : v;
  if (u <= 0x7f) return zeroOne && (v === 0 || v === 1) ? 8 + v : 1;
  if (u <= 0x7fff) return 2;
  if (u <= 0x7fffff) return 3;
  if (u <= 0x7fffffff) return 4;
  return u <= 0x7fffffffffff ? 5 : 6;
}

/** Small: most statements make no record, and up to here memory costs next to nothing. */
const INITIAL_SIZE = 64;

/**
 * Makes records in a buffer that it reuses: `encode` returns the length of the record that then
 * stands at the start of `buffer`, valid until the next `encode`.
 */
export class RecordEncoder {
  buffer: Uint8Array = new Uint8Array(INITIAL_SIZE);
  private types: number[] = [];
  private readonly zeroOne: boolean;

  /** `fileFormat`: the schema format number of the file (file format §1.3.10): 4 knows types 8, 9. */
  constructor(
    readonly encoding: Encoding,
    fileFormat: number = 4,
  ) {
    this.zeroOne = fileFormat >= 4;
  }

  /**
   * Encodes `values[start, start + count)`. `affinities` has one letter a column (as P4 of
   * OP_MakeRecord; the values have been converted already): in a column of REAL affinity ('E') a
   * whole number that takes at most six bytes is stored as an integer, as SQLite does.
   */
  encode(
    values: readonly SqlValue[],
    start: number,
    count: number,
    affinities: string | null = null,
  ): number {
    const types = this.types;
    // The header is a byte a column unless a serial type of 128 or more shows up: the body is
    // written behind that guess and moved if need be.
    const guess = count + (count < 127 ? 1 : 2);
    let header = 0;
    let pos = guess;
    if (this.buffer.length < guess + 16) this.grow(guess + 16);
    for (let i = 0; i < count; i++) {
      const v = values[start + i]!;
      let type: number;
      if (typeof v === 'number') {
        type =
          affinities !== null && affinities.charCodeAt(i) === 0x45
            ? this.realType(v)
            : integerSerialType(v, this.zeroOne);
        if (pos + 8 > this.buffer.length) this.grow(pos + 8);
        pos = writeNumber(this.buffer, type, pos, v);
      } else if (typeof v === 'string') {
        const room = v.length * 3;
        if (pos + room > this.buffer.length) this.grow(pos + exactRoom(v, this.encoding));
        const n =
          this.encoding === UTF8
            ? writeUtf8(this.buffer, pos, v)
            : writeUtf16(this.buffer, pos, v, this.encoding);
        type = n * 2 + 13;
        pos += n;
      } else if (v === null) {
        type = 0;
      } else if (v instanceof Real) {
        type =
          affinities !== null && affinities.charCodeAt(i) === 0x45 ? this.realType(v.value) : 7;
        if (pos + 8 > this.buffer.length) this.grow(pos + 8);
        pos = writeNumber(this.buffer, type, pos, v.value);
      } else if (typeof v === 'bigint') {
        if (pos + 8 > this.buffer.length) this.grow(pos + 8);
        if (affinities !== null && affinities.charCodeAt(i) === 0x45) {
          type = 7;
          writeDouble(this.buffer, pos, Number(v));
        } else {
          type = 6;
          writeInt64(this.buffer, pos, v);
        }
        pos += 8;
      } else {
        const bytes = v instanceof Text ? textBytes(v, this.encoding) : v;
        if (pos + bytes.length > this.buffer.length) this.grow(pos + bytes.length);
        this.buffer.set(bytes, pos);
        pos += bytes.length;
        type = bytes.length * 2 + (v instanceof Text ? 13 : 12);
      }
      types[i] = type;
      header += type < 0x80 ? 1 : varintLength(type);
    }
    return this.finish(count, header, guess, pos);
  }

  // -- field by field: begin, a put for each of the fields, end -------------------------------------

  private fields = 0;
  private left = 0;
  private header = 0;
  private guess = 0;
  private at = 0;

  /** Starts a record of `count` fields. */
  begin(count: number): void {
    this.guess = count + (count < 127 ? 1 : 2);
    this.at = this.guess;
    this.header = 0;
    this.fields = 0;
    this.left = count;
    const room = this.guess + count * 9 + 16;
    if (room > this.buffer.length) this.grow(room);
  }

  private type(type: number): void {
    this.types[this.fields++] = type;
    this.left--;
    this.header += type < 0x80 ? 1 : varintLength(type);
  }

  putNull(): void {
    this.type(0);
  }

  /** A safe integer. */
  putInt(v: number): void {
    const type = integerSerialType(v, this.zeroOne);
    this.type(type);
    this.at = writeNumber(this.buffer, type, this.at, v);
  }

  putReal(v: number): void {
    this.type(SERIAL_REAL);
    writeDouble(this.buffer, this.at, v);
    this.at += 8;
  }

  /** A number in a column of REAL affinity. */
  putRealColumn(v: number): void {
    const type = this.realType(v);
    this.type(type);
    this.at = writeNumber(this.buffer, type, this.at, v + 0);
  }

  /** TEXT in the record's encoding. */
  putText(buf: Uint8Array, pos: number, length: number): void {
    const { at } = this;
    this.room(length);
    const to = this.buffer;
    if (length <= 24) for (let i = 0; i < length; i++) to[at + i] = buf[pos + i]!;
    else to.set(buf.subarray(pos, pos + length), at);
    this.at = at + length;
    this.type(length * 2 + 13);
  }

  /** Any value. */
  putValue(v: SqlValue): void {
    if (typeof v === 'string') {
      // Three bytes a code unit is the most; only when that is much to ask, the length is counted.
      const most = this.at + v.length * 3 + this.left * 9 + 16;
      if (most > this.buffer.length) this.room(exactRoom(v, this.encoding));
      const n =
        this.encoding === UTF8
          ? writeUtf8(this.buffer, this.at, v)
          : writeUtf16(this.buffer, this.at, v, this.encoding);
      this.at += n;
      this.type(n * 2 + 13);
    } else if (v === null) this.type(0);
    else if (typeof v === 'number') this.putInt(v);
    else if (v instanceof Real) this.putReal(v.value);
    else if (typeof v === 'bigint') {
      writeInt64(this.buffer, this.at, v);
      this.at += 8;
      this.type(SERIAL_INT64);
    } else {
      const bytes = v instanceof Text ? textBytes(v, this.encoding) : v;
      this.room(bytes.length);
      this.buffer.set(bytes, this.at);
      this.at += bytes.length;
      this.type(bytes.length * 2 + (v instanceof Text ? 13 : 12));
    }
  }

  /** Room for a value of that length, and for numbers in all fields that follow. */
  private room(length: number): void {
    const need = this.at + length + this.left * 9 + 16;
    if (need > this.buffer.length) this.grow(need);
  }

  /** The length of the record, which stands at the start of `buffer`. */
  end(): number {
    return this.finish(this.fields, this.header, this.guess, this.at);
  }

  /** Puts the header in front of the body, which begins at `guess`. */
  private finish(count: number, header: number, guess: number, end: number): number {
    const { types } = this;
    let pos = end;
    const headerSize = headerLength(header);
    if (headerSize !== guess) {
      const shift = headerSize - guess;
      if (pos + shift > this.buffer.length) this.grow(pos + shift);
      this.buffer.copyWithin(headerSize, guess, pos);
      pos += shift;
    }
    const buf = this.buffer;
    let h = writeVarint(buf, 0, headerSize);
    for (let i = 0; i < count; i++) {
      const type = types[i]!;
      if (type < 0x80) buf[h++] = type;
      else h += writeVarint(buf, h, type);
    }
    return pos;
  }

  /** A record in an array of its own. */
  encodeCopy(
    values: readonly SqlValue[],
    start: number = 0,
    count: number = values.length,
    affinities: string | null = null,
  ): Uint8Array {
    const n = this.encode(values, start, count, affinities);
    return copyBytes(this.buffer, 0, n);
  }

  /** The serial type of a number in a column of REAL affinity. */
  private realType(v: number): number {
    if (v !== Math.trunc(v) || v > 0x7fffffffffff || v < -0x800000000000) return SERIAL_REAL;
    return integerSerialType(v + 0, this.zeroOne);
  }

  private grow(size: number): void {
    let n = this.buffer.length;
    while (n < size) n *= 2;
    const next = new Uint8Array(n);
    next.set(this.buffer);
    this.buffer = next;
  }
}

function exactRoom(v: string, encoding: Encoding): number {
  return encoding === UTF8 ? utf8Length(v) + 16 : v.length * 2;
}

/** The length of a header whose serial types take `types` bytes: its own varint included. */
function headerLength(types: number): number {
  let n = types + 1;
  while (types + varintLength(n) > n) n++;
  return n;
}

/** Writes a number (never a bigint) as a numeric serial type; returns the position behind it. */
function writeNumber(buf: Uint8Array, type: number, pos: number, v: number): number {
  switch (type) {
    case 1:
      buf[pos] = v;
      return pos + 1;
    case 2:
      buf[pos] = v >> 8;
      buf[pos + 1] = v;
      return pos + 2;
    case 3:
      buf[pos] = v >> 16;
      buf[pos + 1] = v >> 8;
      buf[pos + 2] = v;
      return pos + 3;
    case 4:
      buf[pos] = v >> 24;
      buf[pos + 1] = v >> 16;
      buf[pos + 2] = v >> 8;
      buf[pos + 3] = v;
      return pos + 4;
    case 5: {
      const high = Math.floor(v / 4294967296);
      buf[pos] = high >> 8;
      buf[pos + 1] = high;
      writeLow(buf, pos + 2, v);
      return pos + 6;
    }
    case 6: {
      const high = Math.floor(v / 4294967296);
      buf[pos] = high >> 24;
      buf[pos + 1] = high >> 16;
      buf[pos + 2] = high >> 8;
      buf[pos + 3] = high;
      writeLow(buf, pos + 4, v);
      return pos + 8;
    }
    case 7:
      writeDouble(buf, pos, v);
      return pos + 8;
    default:
      return pos;
  }
}

/** The low 32 bits of a safe integer: the bit operators take a number modulo 2^32. */
function writeLow(buf: Uint8Array, pos: number, v: number): void {
  buf[pos] = v >>> 24;
  buf[pos + 1] = v >>> 16;
  buf[pos + 2] = v >>> 8;
  buf[pos + 3] = v;
}

function writeInt64(buf: Uint8Array, pos: number, v: bigint): void {
  const high = Number(BigInt.asIntN(32, v >> 32n));
  const low = Number(BigInt.asUintN(32, v));
  buf[pos] = high >> 24;
  buf[pos + 1] = high >> 16;
  buf[pos + 2] = high >> 8;
  buf[pos + 3] = high;
  writeLow(buf, pos + 4, low);
}
