/**
 * Searches within one page: rowids, and keys of index trees by their first field where that is a number
 * or UTF-8 text. All else is left to the comparison of whole records.
 *
 * A result is `place(result)`, the entry looked at last, and `order(result)`, that entry compared with the
 * key: -1 smaller, 0 equal, 1 larger. On a well-formed page the key belongs next to that entry.
 */
import { compareRecord } from '../values/compare.ts';
import { corrupt } from '../values/errors.ts';
import type { UnpackedKey } from '../values/key.ts';
import { utf8ToString, writeUtf8 } from '../values/utf.ts';
import { type Int, Real, UTF8 } from '../values/value.ts';
import { varintLen } from '../values/varint.ts';
import { copyBytes, readRowid } from './bytes.ts';
import { CellInfo, type MemPage } from './page.ts';
import type { BtShared } from './shared.ts';
import type { SeekResult } from './types.ts';

const noBytes = new Uint8Array(0);
/** Code units of a text that is worth being encoded for a search. */
const LONGEST_TEXT = 1000;

function found(i: number, c: number): number {
  return (i << 2) | (c < 0 ? 0 : c > 0 ? 2 : 1);
}

export function place(result: number): number {
  return result >> 2;
}

export function order(result: number): SeekResult {
  return ((result & 3) - 1) as SeekResult;
}

/** The rowid of cell `i` of a table page. */
function rowidAt(page: MemPage, i: number): Int {
  const d = page.data;
  const at = page.cellOffset + 2 * i;
  let p = ((d[at]! << 8) | d[at + 1]!) & page.pageMask;
  if (!page.leaf) p += 4;
  else if (d[p]! < 0x80) p++;
  else p += varintLen(d, p);
  return readRowid(d, p);
}

/** Looks for `rowid` among the cells `lo` to `hi`, at `i` first. */
function bisectRowid(page: MemPage, rowid: Int, lo: number, hi: number, i: number): number {
  let c = -1;
  while (lo <= hi) {
    const k = rowidAt(page, i);
    if (k < rowid) {
      lo = i + 1;
      c = -1;
    } else if (k > rowid) {
      hi = i - 1;
      c = 1;
    } else {
      return found(i, 0);
    }
    if (lo > hi) break;
    i = (lo + hi) >> 1;
  }
  return found(i, c);
}

/**
 * Looks for `rowid` on a leaf. Rowids ascend by one at least, so it is not past `rowid - first`; where no
 * row was deleted that is its very place.
 */
export function searchLeaf(page: MemPage, rowid: Int, append: boolean): number {
  const hi = page.nCell - 1;
  if (append || typeof rowid !== 'number') {
    return bisectRowid(page, rowid, 0, hi, append ? hi : hi >> 1);
  }
  const first = rowidAt(page, 0);
  if (first >= rowid) return found(0, first === rowid ? 0 : 1);
  if (typeof first !== 'number') return bisectRowid(page, rowid, 1, hi, (1 + hi) >> 1);
  const most = rowid - first;
  if (most > hi) return bisectRowid(page, rowid, 0, hi, hi);
  return bisectRowid(page, rowid, 0, most, most);
}

/**
 * The child of an interior page in which `rowid` is. Pages that were filled in order hold about the same
 * number of rows each, so the place is guessed from the first and the last key; from there it is sought
 * in growing steps.
 */
export function searchInterior(page: MemPage, rowid: Int, append: boolean): number {
  const n = page.nCell;
  // cell(lo - 1) < rowid <= cell(hi), where there are such cells.
  let lo = 0;
  let hi = n;
  if (append && rowidAt(page, n - 1) < rowid) return n;
  if (n >= 8 && typeof rowid === 'number') {
    const first = rowidAt(page, 0);
    const last = rowidAt(page, n - 1);
    if (rowid <= first) return 0;
    if (rowid > last) return n;
    lo = 1;
    hi = n - 1;
    if (typeof first === 'number' && typeof last === 'number') {
      let i = 1 + Math.floor(((rowid - first) / (last - first)) * (hi - 1));
      let step = 1;
      if (rowidAt(page, i) < rowid) {
        lo = i + 1;
        for (i = lo; i < hi && rowidAt(page, i) < rowid; i += step, step <<= 1) lo = i + 1;
        if (i < hi) hi = i;
      } else {
        hi = i;
        for (i = hi - 1; i >= lo && rowidAt(page, i) >= rowid; i -= step, step <<= 1) hi = i;
        if (i >= lo) lo = i + 1;
      }
    }
  }
  while (lo < hi) {
    const i = (lo + hi) >> 1;
    if (rowidAt(page, i) < rowid) lo = i + 1;
    else hi = i;
  }
  return lo;
}

enum By {
  Record,
  Number,
  Text,
}

/** What a key search needs of its cursor: keys that go on on overflow pages. */
export interface WholeKeys {
  wholeKey(page: MemPage, info: CellInfo, into: Uint8Array): void;
}

/** One search of a key, from page to page. */
export class KeySearch {
  private key: UnpackedKey | null = null;
  private by = By.Record;
  private number = 0;
  /** The first field is DESC: its order is turned round. */
  private descending = false;
  /** The second and last field, where that is a number in ascending order: rowids tell equal entries apart. */
  private second = Number.NaN;
  private text: Uint8Array = noBytes;
  private textFrom = 0;
  private textLength = 0;
  /** The key's text is nowhere but in the bytes yet. */
  private undecoded = false;
  /** Where `begin` encodes texts. */
  private encoded: Uint8Array = noBytes;
  /**
   * Bytes that the text has in common with the nearest smaller and the nearest larger entry so far: all
   * entries in between begin with the lesser of the two.
   */
  private before = 0;
  private after = 0;
  /** Keys that spill to overflow pages, while they are compared. */
  private scratch: Uint8Array = noBytes;
  private readonly info = new CellInfo();

  constructor(
    private readonly bt: BtShared,
    private readonly owner: WholeKeys,
  ) {}

  begin(key: UnpackedKey): void {
    this.key = key;
    this.by = By.Record;
    this.undecoded = false;
    this.second = Number.NaN;
    if (key.fieldCount === 0) return;
    const info = key.keyInfo;
    if (key.fieldCount === 2 && info.sortFlags[1] === 0) {
      const last = key.values[1];
      if (typeof last === 'number') this.second = last;
    }
    const flags = info.sortFlags[0]!;
    if (flags > 1) return;
    this.descending = flags === 1;
    const first = key.values[0]!;
    if (typeof first === 'number') {
      this.by = By.Number;
      this.number = first;
    } else if (typeof first === 'string') {
      if (info.encoding !== UTF8 || info.collations[0]!.kind !== 'binary') return;
      if (first.length > LONGEST_TEXT) return;
      const room = first.length * 3;
      if (this.encoded.length < room) this.encoded = new Uint8Array(Math.max(room, 64));
      this.textLength = writeUtf8(this.encoded, 0, first);
      this.text = this.encoded;
      this.textFrom = 0;
      this.before = 0;
      this.after = 0;
      this.by = By.Text;
    } else if (first instanceof Real) {
      // Infinity is what `rareNumber` answers for what is no number.
      if (!Number.isFinite(first.value)) return;
      this.by = By.Number;
      this.number = first.value;
    }
  }

  /** `begin` for a key of one text, which the bytes have; the caller knows that it is compared by them. */
  beginBytes(key: UnpackedKey, bytes: Uint8Array, from: number, length: number): void {
    this.key = key;
    this.by = By.Text;
    this.undecoded = true;
    this.descending = key.keyInfo.sortFlags[0] === 1;
    this.text = bytes;
    this.textFrom = from;
    this.textLength = length;
    this.before = 0;
    this.after = 0;
  }

  /** What was learnt on one page does not hold for others. */
  restart(): void {
    this.before = 0;
    this.after = 0;
  }

  /** Looks for the key among the cells `lo` to `hi` of the page. */
  search(page: MemPage, lo: number, hi: number): number {
    if (this.by === By.Number) return this.searchNumber(page, lo, hi);
    if (this.by === By.Text) return this.searchText(page, lo, hi);
    const key = this.key!;
    let i = lo;
    let c = -1;
    while (lo <= hi) {
      i = (lo + hi) >> 1;
      c = this.compareCell(page, i, key);
      if (c < 0) lo = i + 1;
      else if (c > 0) hi = i - 1;
      else break;
    }
    return found(i, c);
  }

  /** `search` on the whole page, in growing steps from cell `at` on: keys often come in order. */
  searchFrom(page: MemPage, at: number): number {
    let lo = 0;
    let hi = page.nCell - 1;
    let result = this.search(page, at, at);
    if (order(result) < 0) {
      lo = at + 1;
      for (let i = lo, step = 1; i < hi; i += step, step <<= 1) {
        result = this.search(page, i, i);
        if (order(result) >= 0) {
          hi = i - 1;
          break;
        }
        lo = i + 1;
      }
    } else if (order(result) > 0) {
      hi = at - 1;
      for (let i = hi, step = 1; i > lo; i -= step, step <<= 1) {
        result = this.search(page, i, i);
        if (order(result) <= 0) {
          lo = i + 1;
          break;
        }
        hi = i - 1;
      }
    }
    return order(result) === 0 || lo > hi ? result : this.search(page, lo, hi);
  }

  /** Cell `i` of the page compared with the key. */
  compare(page: MemPage, i: number): number {
    return order(this.search(page, i, i));
  }

  private searchNumber(page: MemPage, lo: number, hi: number): number {
    const d = page.data;
    const { cellOffset, pageMask, childPtrSize, usableSize } = page;
    const longest = Math.min(page.maxLocal, 127);
    const { number, descending } = this;
    const key = this.key!;
    let i = lo;
    let c = -1;
    while (lo <= hi) {
      i = (lo + hi) >> 1;
      const at = cellOffset + 2 * i;
      const p = (((d[at]! << 8) | d[at + 1]!) & pageMask) + childPtrSize;
      const n = d[p]!;
      const header = d[p + 1]!;
      const type = d[p + 2]!;
      const body = p + 1 + header;
      // One-byte lengths, and all of it on the page.
      if (header > 1 && n <= longest && p + n < usableSize && header + type <= n && type < 8) {
        let x = 0;
        if (type === 2) x = ((d[body]! << 24) >> 16) | d[body + 1]!;
        else if (type === 3) x = ((d[body]! << 24) >> 8) | (d[body + 1]! << 8) | d[body + 2]!;
        else if (type === 1) x = (d[body]! << 24) >> 24;
        else if (type === 4) {
          x = (d[body]! << 24) | (d[body + 1]! << 16) | (d[body + 2]! << 8) | d[body + 3]!;
        } else x = this.rareNumber(page, i, header + type < n ? type : 0, body, key);
        c = x < number ? -1 : x > number ? 1 : 0;
        if (c !== 0) {
          if (descending) c = -c;
        } else if (key.fieldCount === 1) {
          key.equalSeen = true;
          c = key.defaultResult;
        } else if (header === 3 && type < 5) {
          c = this.compareSecond(page, i, d, p + 3, body + type, p + 1 + n, key);
        } else c = this.compareCell(page, i, key);
      } else {
        c = this.compareCell(page, i, key);
      }
      if (c < 0) lo = i + 1;
      else if (c > 0) hi = i - 1;
      else break;
    }
    return found(i, c);
  }

  /** The entry compared where its first field is that of the key: the second has its type at `p` and is at `at`. */
  private compareSecond(
    page: MemPage,
    i: number,
    d: Uint8Array,
    p: number,
    at: number,
    end: number,
    key: UnpackedKey,
  ): number {
    const { second } = this;
    const type = d[p]!;
    if (Number.isNaN(second) || type < 1 || type > 4 || at + type > end) {
      return this.compareCell(page, i, key);
    }
    let x = (d[at]! << 24) >> 24;
    for (let k = 1; k < type; k++) x = (x << 8) | d[at + k]!;
    if (x !== second) return x < second ? -1 : 1;
    key.equalSeen = true;
    return key.defaultResult;
  }

  /**
   * Numbers of the longer serial types (one byte more than the type says); what is none, and what the record
   * has no room for, stands on the side where the record stands.
   */
  private rareNumber(page: MemPage, i: number, type: number, at: number, key: UnpackedKey): number {
    if (type === 7) {
      const x = page.view.getFloat64(at);
      if (!Number.isNaN(x)) return x;
    } else if (type === 5) {
      const d = page.data;
      const high = ((d[at]! << 24) >> 16) | d[at + 1]!;
      const low = (d[at + 2]! << 24) | (d[at + 3]! << 16) | (d[at + 4]! << 8) | d[at + 5]!;
      return high * 4294967296 + (low >>> 0);
    }
    const c = this.compareCell(page, i, key);
    if (c === 0) return this.number;
    return c < 0 !== this.descending ? -Infinity : Infinity;
  }

  private searchText(page: MemPage, lo: number, hi: number): number {
    const d = page.data;
    const { cellOffset, pageMask, childPtrSize, usableSize } = page;
    const longest = Math.min(page.maxLocal, 127);
    const { text, textFrom, textLength, descending } = this;
    const key = this.key!;
    let { before, after } = this;
    let i = lo;
    let c = -1;
    while (lo <= hi) {
      i = (lo + hi) >> 1;
      const cell = cellOffset + 2 * i;
      const p = (((d[cell]! << 8) | d[cell + 1]!) & pageMask) + childPtrSize;
      const n = d[p]!;
      const header = d[p + 1]!;
      const type = d[p + 2]!;
      const size = (type - 13) >> 1;
      let j = 0;
      if (
        header > 1 &&
        n <= longest &&
        p + n < usableSize &&
        type > 12 &&
        (type & 1) !== 0 &&
        type < 128 &&
        header + size <= n
      ) {
        const at = p + 1 + header;
        const least = Math.min(size, textLength);
        j = Math.min(before, after);
        if (j > least) j = least;
        while (j < least && d[at + j] === text[textFrom + j]) j++;
        c = j < least ? d[at + j]! - text[textFrom + j]! : size - textLength;
        if (c !== 0) {
          if (descending) c = -c;
        } else if (key.fieldCount === 1) {
          key.equalSeen = true;
          c = key.defaultResult;
        } else if (header === 3) {
          c = this.compareSecond(page, i, d, p + 3, at + size, p + 1 + n, key);
        } else c = this.compareCell(page, i, key);
      } else {
        c = this.compareCell(page, i, key);
      }
      if (c < 0) {
        lo = i + 1;
        before = j;
      } else if (c > 0) {
        hi = i - 1;
        after = j;
      } else break;
    }
    this.before = before;
    this.after = after;
    return found(i, c);
  }

  /** Cell `i` of an index page compared with `key`, whatever they are. */
  compareCell(page: MemPage, i: number, key: UnpackedKey): number {
    if (this.undecoded) {
      this.undecoded = false;
      key.values[0] = utf8ToString(this.text, this.textFrom, this.textFrom + this.textLength);
    }
    const d = page.data;
    const p = page.cell(i) + page.childPtrSize;
    const n = d[p]!;
    // The one-byte length, which is whole on the page unless pages are very small.
    if (n < 0x80 && n <= page.maxLocal) {
      if (p + 1 + n > this.bt.usableSize) throw corrupt('cell end');
      return compareRecord(d, p + 1, n, key);
    }
    const info = this.info;
    page.parseCell(page.cell(i), info);
    const { size, local, payloadOffset } = info;
    if (payloadOffset + local > this.bt.usableSize) throw corrupt('cell end');
    if (local === size) return compareRecord(d, payloadOffset, size, key);
    if (size > this.bt.pageSize * this.bt.nPage) throw corrupt('payload size');
    // Taken out while it is in use: user code may come back to this cursor.
    let buf = this.scratch;
    this.scratch = noBytes;
    if (buf.length < size) buf = new Uint8Array(size + (size >> 1));
    copyBytes(buf, 0, d, payloadOffset, local);
    this.owner.wholeKey(page, info, buf);
    const c = compareRecord(buf, 0, size, key);
    if (buf.length <= 65536) this.scratch = buf;
    return c;
  }
}
