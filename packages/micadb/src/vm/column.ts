/**
 * Reading the row under a cursor: record header (file format §2.1) parsed only as far as a column
 * needs it and kept until the cursor moves; overflow pages read only when a value lies on them.
 */
import { corrupt, SqliteError } from '../values/errors.ts';
import { decodeColumn, serialSize } from '../values/record.ts';
import { type Encoding, type Int, Real, type SqlValue } from '../values/value.ts';
import { readVarint, readVarint32, varintLen } from '../values/varint.ts';
import { CursorKind, type VmCursor } from './cursor.ts';
import { OPFLAG_BYTELENARG, OPFLAG_LENGTHARG, OPFLAG_TYPEOFARG } from './flags.ts';

/** A header larger than this is damage: 32,768 columns of at most 3 bytes, and the length itself. */
const MAX_HEADER = 98307;

/**
 * The row under a cursor is damaged: its cell, or the header of its record. Programs with an address in
 * Init's P3 (integrity_check) go on there; in all others it is an error like other damage.
 */
export class RecordFault extends SqliteError {
  constructor(where: unknown) {
    super('SQLITE_CORRUPT');
    this.cause = where;
  }
}

/** Damage met while a row is looked at as a fault of the row; other errors as they are. */
export function recordFault(e: unknown): unknown {
  return e instanceof SqliteError && e.code === 'SQLITE_CORRUPT' ? new RecordFault(e.cause) : e;
}

/** A field that the record does not have (the column was added later). */
export const missing: unique symbol = Symbol('missing');

/**
 * Brings a b-tree cursor to its row: does the put-off seek, restores a saved position. False when the
 * row is gone or the cursor is at a NULL row: all its columns are NULL.
 */
export function settle(c: VmCursor): boolean {
  if (c.deferred) finishSeek(c);
  const bt = c.bt!;
  if (bt.needsRestore) {
    c.parsed = -1;
    if (!bt.restore()) c.nullRow = true;
  }
  return !c.nullRow;
}

/** The seek that DeferredSeek put off. */
export function finishSeek(c: VmCursor): void {
  if (!c.deferred) return;
  c.parsed = -1;
  if (c.bt!.seekRowid(c.target) !== 0) throw corrupt('deferred seek: row missing');
  c.deferred = false;
  c.alt = null;
  c.altMap = null;
  c.nullRow = false;
}

/** Points the cursor's row at a record of its own: pseudo cursors and sorters. */
export function useRecord(c: VmCursor, record: Uint8Array): void {
  c.data = record;
  c.base = 0;
  c.local = record.length;
  c.size = record.length;
  startHeader(c);
}

function startHeader(c: VmCursor): void {
  c.parsed = 0;
  // SQLite looks at the first byte of a record even where the cell says that it has none.
  if (c.size === 0 && !(c.data[c.base]! > 0)) {
    c.headerSize = 0;
    c.headerPos = 0;
    c.offsets[0] = 0;
    return;
  }
  const first = c.data[c.base]!;
  let headerSize = first;
  let pos = 1;
  if (first >= 0x80) {
    headerSize = readVarint32(c.data, c.base);
    pos = varintLen(c.data, c.base);
  }
  if (headerSize > c.size || headerSize > MAX_HEADER) throw new RecordFault('record header');
  if (headerSize > c.local) {
    const copy = new Uint8Array(c.size);
    c.bt!.readPayload(0, c.size, copy, 0);
    c.data = copy;
    c.base = 0;
    c.local = c.size;
  }
  c.headerSize = headerSize;
  c.headerPos = pos;
  c.offsets[0] = headerSize;
}

/** Looks at the row of a settled b-tree cursor. */
function loadRow(c: VmCursor): void {
  const bt = c.bt!;
  try {
    bt.loadPayload();
  } catch (e) {
    throw recordFault(e);
  }
  c.data = bt.payloadPage;
  c.base = bt.payloadOffset;
  c.local = bt.payloadLocal;
  c.size = bt.payloadSize();
  if (c.base >= c.data.length) throw new RecordFault('record past the page');
  startHeader(c);
}

/** Parses serial types until field `col` is known; false when the record has fewer fields. */
function parseTo(c: VmCursor, col: number): boolean {
  const { data, base, types, offsets } = c;
  let n = c.parsed;
  let pos = c.headerPos;
  let offset = offsets[n]!;
  const end = c.headerSize;
  while (n <= col && pos < end) {
    let type = data[base + pos]!;
    if (type < 0x80) {
      pos++;
    } else {
      const at = base + pos;
      const wide = readVarint(data, at);
      if (typeof wide === 'bigint' || wide < 0) throw new RecordFault('serial type');
      type = wide;
      pos += varintLen(data, at);
    }
    if (type > 0xffffffff) throw new RecordFault('serial type');
    types[n] = type;
    offset += type >= 12 ? (type - 12) >>> 1 : serialSize(type);
    n++;
    offsets[n] = offset;
  }
  if (pos > end || offset > c.size || (pos === end && offset !== c.size)) {
    // A header of no bytes stands for a row of defaults, whatever follows it.
    if (end > 0) throw new RecordFault('record fields');
  }
  if (n === 0 && end > 0) throw new RecordFault('record without fields');
  c.parsed = n;
  c.headerPos = pos;
  return n > col;
}

/** Serial type of column `col`, -1 when the record has no such field. The cursor stands on a row. */
export function columnType(c: VmCursor, col: number): number {
  if (c.parsed < 0) loadRow(c);
  if (col >= c.parsed && !parseTo(c, col)) return -1;
  return c.types[col]!;
}

/** Bytes of a stand-in for a value whose content nobody looks at. */
function placeholder(type: number, encoding: Encoding): SqlValue {
  const length = (type - 12) >>> 1;
  if ((type & 1) === 0) return new Uint8Array(length);
  return decodeColumn(new Uint8Array(length).fill(0x20), type, 0, encoding);
}

/** A copy that is a plain Uint8Array, also of a page that is a Buffer. */
function ownBytes(data: Uint8Array, at: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  bytes.set(data.subarray(at, at + length));
  return bytes;
}

/** Field `col` of the row the b-tree cursor stands on (settled, no NULL row). */
export function fieldValue(
  c: VmCursor,
  col: number,
  encoding: Encoding,
  flags: number,
): SqlValue | typeof missing {
  if (c.parsed < 0) loadRow(c);
  if (col >= c.parsed && !parseTo(c, col)) return missing;
  const type = c.types[col]!;
  const offset = c.offsets[col]!;
  // The commonest: small integers, and what lies on the leaf page.
  const at = c.base + offset;
  if (type <= 9) {
    if (type === 0) return null;
    if (type >= 8) return type - 8;
    if (type === 1 && offset < c.local) return (c.data[at]! << 24) >> 24;
  }
  const end = c.offsets[col + 1]!;
  if (end <= c.local) {
    if (type >= 12 && (type & 1) === 0) return ownBytes(c.data, at, end - offset);
    return decodeColumn(c.data, type, at, encoding);
  }
  if (type >= 12) {
    const asked = flags & OPFLAG_BYTELENARG;
    if (asked === OPFLAG_TYPEOFARG) return placeholder(12 | (type & 1), encoding);
    if (asked === OPFLAG_BYTELENARG || (asked === OPFLAG_LENGTHARG && (type & 1) === 0)) {
      return placeholder(type, encoding);
    }
  }
  const length = end - offset;
  const isBlob = type >= 12 && (type & 1) === 0;
  const bytes = isBlob ? new Uint8Array(length) : scratchFor(length);
  c.bt!.readPayload(offset, length, bytes, 0);
  return isBlob ? bytes : decodeColumn(bytes, type, 0, encoding);
}

/** Texts longer than this are collected in bytes of their own. */
const MAX_SCRATCH = 1 << 20;
let scratch = new Uint8Array(0);

/** Room for the bytes of a text until it is decoded. */
function scratchFor(length: number): Uint8Array {
  if (length > MAX_SCRATCH) return new Uint8Array(length);
  if (scratch.length < length) scratch = new Uint8Array(Math.max(4096, length + (length >> 1)));
  return scratch;
}

/** The rowid at the end of the index entry under a settled cursor. */
export function indexRowid(c: VmCursor): Int {
  if (c.parsed < 0) loadRow(c);
  // The last field of the header; all of it must be parsed to know where it is.
  parseTo(c, 0x7fffffff);
  const last = c.parsed - 1;
  if (last < 0) throw corrupt('index entry');
  const type = c.types[last]!;
  if (type === 0 || type === 7 || type > 9) throw corrupt('index rowid');
  const v = fieldValue(c, last, 1, 0);
  if (typeof v === 'number' || typeof v === 'bigint') return v;
  throw corrupt('index rowid');
}

/** The whole record of a settled b-tree cursor, in bytes of its own. */
export function wholeRecord(c: VmCursor): Uint8Array {
  const bt = c.bt!;
  const size = bt.payloadSize();
  const out = new Uint8Array(size);
  bt.readPayload(0, size, out, 0);
  return out;
}

/** Column of a cursor that is no b-tree's: pseudo, rows, sorter. `registers` hold pseudo records. */
export function otherColumn(
  c: VmCursor,
  col: number,
  registers: readonly SqlValue[],
  encoding: Encoding,
): SqlValue | typeof missing {
  if (c.nullRow) return null;
  switch (c.kind) {
    case CursorKind.Rows: {
      const row = c.rows![c.rowIndex];
      return row === undefined || col >= row.length ? missing : row[col]!;
    }
    case CursorKind.Pseudo: {
      const record = registers[c.pseudoRegister];
      if (!(record instanceof Uint8Array)) return null;
      if (c.parsed < 0 || c.data !== record) useRecord(c, record);
      break;
    }
    case CursorKind.Sorter: {
      if (c.parsed < 0) useRecord(c, c.sorter!.record());
      break;
    }
    case CursorKind.Btree:
      break;
  }
  if (col >= c.parsed && !parseTo(c, col)) return missing;
  return decodeColumn(c.data, c.types[col]!, c.base + c.offsets[col]!, encoding);
}

/** Forgets what is known of the row. */
export function stale(c: VmCursor): void {
  c.parsed = -1;
}

/** The value of a REAL column whose record keeps an integer (RealAffinity). */
export function toReal(v: SqlValue): SqlValue {
  return typeof v === 'number' || typeof v === 'bigint' ? new Real(Number(v)) : v;
}
