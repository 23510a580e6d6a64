/**
 * The order of values (datatype3 §4.1): NULL, then INTEGER and REAL by number, then TEXT by
 * collation, then BLOB by bytes; and the order of a record in its bytes against an unpacked key,
 * which is what index searches spend their time on.
 *
 * INTEGER against REAL is compared exactly, also beyond 2^53.
 */
import { compareBytes, compareRanges, compareText } from './collation.ts';
import { corrupt } from './errors.ts';
import {
  type Collation,
  KEYINFO_BIGNULL,
  KEYINFO_DESC,
  type KeyInfo,
  type UnpackedKey,
} from './key.ts';
import {
  decodeColumn,
  readDouble,
  readInt64,
  readSmallInteger,
  SERIAL_INT64,
  SERIAL_REAL,
  serialSize,
} from './record.ts';
import { decodeText } from './utf.ts';
import { type Encoding, Real, type SqlValue, Text, UTF8 } from './value.ts';
import { readVarint32, varintLen } from './varint.ts';

export { newKey } from './keyinfo.ts';

/** Rank of a value's class: NULL 0, numbers 1, TEXT 2, BLOB 3. */
function rank(v: SqlValue): number {
  switch (typeof v) {
    case 'number':
    case 'bigint':
      return 1;
    case 'string':
      return 2;
    default:
      if (v === null) return 0;
      if (v instanceof Real) return 1;
      return v instanceof Text ? 2 : 3;
  }
}

/**
 * Order of two values: negative, 0 or positive. NULLs are equal to each other here. `encoding` is
 * needed only where one of two TEXTs is a `Text`; the collation knows the encoding otherwise.
 */
export function compareValues(
  a: SqlValue,
  b: SqlValue,
  collation: Collation,
  encoding: Encoding = UTF8,
): number {
  if (typeof a === 'number' && typeof b === 'number') return a < b ? -1 : a > b ? 1 : 0;
  if (typeof a === 'string' && typeof b === 'string') return collation.compare(a, b);
  const ra = rank(a);
  const rb = rank(b);
  if (ra !== rb) return ra - rb;
  switch (ra) {
    case 0:
      return 0;
    case 1: {
      // JavaScript compares number with bigint by mathematical value.
      const x = a instanceof Real ? a.value : (a as number | bigint);
      const y = b instanceof Real ? b.value : (b as number | bigint);
      return x < y ? -1 : x > y ? 1 : 0;
    }
    case 2:
      return compareText(a as string | Text, b as string | Text, collation, encoding);
    default:
      return compareBytes(a as Uint8Array, b as Uint8Array);
  }
}

/** memcmp of `buf[start, end)` with `key`, then the shorter first. */
function compareSlice(buf: Uint8Array, start: number, end: number, key: Uint8Array): number {
  const size = end - start;
  const n = Math.min(size, key.length);
  for (let i = 0; i < n; i++) {
    const d = buf[start + i]! - key[i]!;
    if (d !== 0) return d;
  }
  return size - key.length;
}

/**
 * memcmp of UTF-8 bytes with the UTF-8 of a string, which is not made: code point by code point. A
 * lone surrogate in the string counts as U+FFFD.
 */
export function compareUtf8WithString(
  buf: Uint8Array,
  start: number,
  end: number,
  key: string,
): number {
  let p = start;
  const n = key.length;
  for (let i = 0; i < n; i++) {
    if (p >= end) return -1;
    const c = key.charCodeAt(i);
    const b = buf[p]!;
    if (c < 0x80 || b < 0x80) {
      if (b !== c) return b - c;
      p++;
      continue;
    }
    if (c < 0x800) {
      let d = b - (0xc0 | (c >> 6));
      if (d !== 0) return d;
      if (p + 1 >= end) return -1;
      d = buf[p + 1]! - (0x80 | (c & 0x3f));
      if (d !== 0) return d;
      p += 2;
      continue;
    }
    let cp = c;
    if ((c & 0xf800) === 0xd800) {
      cp = key.codePointAt(i)!;
      if (cp > 0xffff) i++;
      else cp = 0xfffd;
    }
    const d = compareLongSequence(buf, p, end, cp);
    if (d !== 0) return d;
    p += cp > 0xffff ? 4 : 3;
  }
  return end - p;
}

/** Bytes at `p` with the three or four bytes of a code point. */
function compareLongSequence(buf: Uint8Array, p: number, end: number, cp: number): number {
  let shift = cp > 0xffff ? 18 : 12;
  let want = (cp > 0xffff ? 0xf0 : 0xe0) | (cp >> shift);
  for (;;) {
    if (p >= end) return -1;
    const d = buf[p]! - want;
    if (d !== 0 || shift === 0) return d;
    p++;
    shift -= 6;
    want = 0x80 | ((cp >> shift) & 0x3f);
  }
}

/** Order of the field of serial type `type` in `buf[start, end)` against a key's value. */
function compareField(
  buf: Uint8Array,
  type: number,
  start: number,
  end: number,
  rhs: SqlValue,
  collation: Collation,
  encoding: Encoding,
): number {
  if (typeof rhs === 'number') {
    if (type >= 12) return 1;
    if (type === 0 || type >= 10) return -1;
    if (type === SERIAL_INT64) {
      const v = readInt64(buf, start);
      return v < rhs ? -1 : v > rhs ? 1 : 0;
    }
    const v = type === SERIAL_REAL ? readDouble(buf, start) : readSmallInteger(buf, type, start);
    // A NaN is NULL: below all numbers.
    return v > rhs ? 1 : v === rhs ? 0 : -1;
  }
  if (typeof rhs === 'string') {
    if (type < 12) return -1;
    if ((type & 1) === 0) return 1;
    if (collation.kind === 'binary' && encoding === UTF8) {
      return compareUtf8WithString(buf, start, end, rhs);
    }
    return compareText(decodeText(buf, start, end, encoding), rhs, collation, encoding);
  }
  if (rhs === null) {
    if (type === 0 || type === 10 || type === 11) return 0;
    return type === SERIAL_REAL && Number.isNaN(readDouble(buf, start)) ? 0 : 1;
  }
  if (rhs instanceof Uint8Array) {
    if (type < 12 || (type & 1) !== 0) return -1;
    return compareSlice(buf, start, end, rhs);
  }
  return compareValues(decodeColumn(buf, type, start, encoding), rhs, collation, encoding);
}

/** Applies DESC and NULLS FIRST/LAST of a field to an unequal comparison. */
function applySortFlags(rc: number, flags: number, withNull: boolean): number {
  if (flags === 0) return rc;
  const descending = (flags & KEYINFO_DESC) !== 0;
  if ((flags & KEYINFO_BIGNULL) !== 0 && withNull) return descending ? rc : -rc;
  return descending ? -rc : rc;
}

/**
 * Order of the record in `buf[off, off + len)` against `key`: negative when the record is smaller.
 * Only the first `key.fieldCount` fields count; when they are all equal (or the record has no more
 * fields), `key.equalSeen` is set and the result is `key.defaultResult`. Throws SQLITE_CORRUPT.
 */
export function compareRecord(buf: Uint8Array, off: number, len: number, key: UnpackedKey): number {
  const info = key.keyInfo;
  const end = off + len;
  let headerEnd = buf[off]!;
  let h = off + 1;
  if (headerEnd >= 0x80) {
    headerEnd = readVarint32(buf, off);
    h = off + varintLen(buf, off);
  }
  headerEnd += off;
  if (len < 1 || headerEnd > end) throw corrupt('record header length');
  let body = headerEnd;
  const n = key.fieldCount;
  for (let i = 0; i < n && h < headerEnd; i++) {
    let type = buf[h]!;
    if (type < 0x80) {
      h++;
    } else {
      type = readVarint32(buf, h);
      h += varintLen(buf, h);
    }
    const start = body;
    body += type < 12 ? serialSize(type) : (type - 12) >>> 1;
    if (body > end) throw corrupt('record content');
    const rhs = key.values[i]!;
    const rc = compareField(buf, type, start, body, rhs, info.collations[i]!, info.encoding);
    if (rc !== 0) {
      const flags = info.sortFlags[i]!;
      return flags === 0 ? rc : applySortFlags(rc, flags, type === 0 || rhs === null);
    }
  }
  key.equalSeen = true;
  return key.defaultResult;
}

/**
 * Order of two rows of values by a KeyInfo's first `count` fields (sorters, OP_Compare, MAKE-less
 * comparisons).
 */
export function compareRows(
  a: readonly SqlValue[],
  aStart: number,
  b: readonly SqlValue[],
  bStart: number,
  count: number,
  info: KeyInfo,
): number {
  for (let i = 0; i < count; i++) {
    const x = a[aStart + i]!;
    const y = b[bStart + i]!;
    const rc = compareValues(x, y, info.collations[i]!, info.encoding);
    if (rc !== 0) return applySortFlags(rc, info.sortFlags[i]!, x === null || y === null);
  }
  return 0;
}

/**
 * Order of two records in their bytes by the first `info.keyFieldCount` fields; 0 when equal.
 * For sorters that keep records packed.
 */
export function compareRecords(
  a: Uint8Array,
  aOff: number,
  aLen: number,
  b: Uint8Array,
  bOff: number,
  bLen: number,
  info: KeyInfo,
): number {
  const aHeaderEnd = aOff + readVarint32(a, aOff);
  const bHeaderEnd = bOff + readVarint32(b, bOff);
  let ah = aOff + varintLen(a, aOff);
  let bh = bOff + varintLen(b, bOff);
  let ap = aHeaderEnd;
  let bp = bHeaderEnd;
  for (let i = 0; i < info.keyFieldCount && ah < aHeaderEnd && bh < bHeaderEnd; i++) {
    const at = readVarint32(a, ah);
    const bt = readVarint32(b, bh);
    ah += varintLen(a, ah);
    bh += varintLen(b, bh);
    const aEnd = ap + serialSize(at);
    const bEnd = bp + serialSize(bt);
    if (aEnd > aOff + aLen || bEnd > bOff + bLen) throw corrupt('record content');
    const rc = comparePackedFields(
      a,
      at,
      ap,
      aEnd,
      b,
      bt,
      bp,
      bEnd,
      info.collations[i]!,
      info.encoding,
    );
    if (rc !== 0) return applySortFlags(rc, info.sortFlags[i]!, at === 0 || bt === 0);
    ap = aEnd;
    bp = bEnd;
  }
  return 0;
}

function comparePackedFields(
  a: Uint8Array,
  at: number,
  ap: number,
  aEnd: number,
  b: Uint8Array,
  bt: number,
  bp: number,
  bEnd: number,
  collation: Collation,
  encoding: Encoding,
): number {
  if (at >= 12 && bt >= 12) {
    if (((at ^ bt) & 1) !== 0) return (at & 1) !== 0 ? -1 : 1;
    if ((at & 1) === 0 || collation.kind === 'binary') {
      return compareRanges(a, ap, aEnd - ap, b, bp, bEnd - bp);
    }
    return compareText(
      decodeText(a, ap, aEnd, encoding),
      decodeText(b, bp, bEnd, encoding),
      collation,
      encoding,
    );
  }
  if (at >= 12) return 1;
  if (bt >= 12) return -1;
  return compareValues(
    decodeColumn(a, at, ap, encoding),
    decodeColumn(b, bt, bp, encoding),
    collation,
    encoding,
  );
}
