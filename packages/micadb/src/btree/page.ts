/**
 * MemPage: one b-tree page, its header parsed once per page version and kept in `page.aux`
 * (file format §1.6). It changes bytes only; who holds it has made the page writable before.
 *
 *   header  0 flags  1 first freeblock (2)  3 cells (2)  5 content start (2)  7 fragments
 *           8 right child (4, interior pages only)
 *   then the cell pointer array, unallocated space, cell content area, reserved bytes.
 *
 * Invariants:
 *  1. After `init` the flags are one of the four legal ones and the cell pointers lie on the page.
 *     Where a cell pointer leads is checked when it is followed.
 *  2. `nFree` is -1 until `needFree` counted it; from then on it is exact.
 *  3. `ovfl` holds cells that did not fit, ascending by `index` (their place in the final sequence
 *     of cells). It is not empty only between an insert and the balance that follows it.
 */

import type { Page } from '../pager/types.ts';
import { corrupt } from '../values/errors.ts';
import { varintLen } from '../values/varint.ts';
import { copyBytes, get2, get2NotZero, get4, put2, put4, readVarint32 } from './bytes.ts';
import type { Geometry } from './geometry.ts';

export const PTF_INTKEY = 1;
export const PTF_ZERODATA = 2;
export const PTF_LEAFDATA = 4;
export const PTF_LEAF = 8;

/** Flag byte of an empty tree's root. */
export const TABLE_LEAF = PTF_LEAF | PTF_LEAFDATA | PTF_INTKEY;
export const INDEX_LEAF = PTF_LEAF | PTF_ZERODATA;

/** What a cell says about itself. Filled by {@link MemPage.parseCell}; reused. */
export class CellInfo {
  /** Where the rowid varint is (table pages only). */
  keyOffset = 0;
  /** Length of the whole payload. */
  size = 0;
  /** First payload byte on the page. */
  payloadOffset = 0;
  /** Payload bytes on the page; less than `size` when overflow pages follow. */
  local = 0;
  /** Bytes of the cell on the page, at least 4. */
  cellSize = 0;
}

export interface OverflowCell {
  index: number;
  readonly bytes: Uint8Array;
}

const noOverflow: OverflowCell[] = [];

export class MemPage {
  readonly pgno: number;
  readonly data: Uint8Array;
  /** Offset of the page header: 100 on page 1. */
  readonly hdr: number;
  readonly usableSize: number;
  readonly pageMask: number;
  leaf = true;
  intKey = false;
  childPtrSize: 0 | 4 = 0;
  maxLocal = 0;
  minLocal = 0;
  cellOffset = 0;
  nCell = 0;
  nFree = -1;
  ovfl: OverflowCell[] = noOverflow;
  private bigEndian: DataView | null = null;

  /** The page's bytes for reading doubles: the runtime makes one load of that. */
  get view(): DataView {
    const { data } = this;
    this.bigEndian ??= new DataView(data.buffer, data.byteOffset, data.byteLength);
    return this.bigEndian;
  }

  constructor(
    readonly geo: Geometry,
    readonly page: Page,
  ) {
    this.pgno = page.pgno;
    this.data = page.data;
    this.hdr = page.pgno === 1 ? 100 : 0;
    this.usableSize = geo.usableSize;
    this.pageMask = geo.pageMask;
  }

  // -- header ----------------------------------------------------------------------------------

  /** Parses the header; SQLITE_CORRUPT when it cannot be one. */
  init(): void {
    const d = this.data;
    const hdr = this.hdr;
    this.setFlags(d[hdr]!);
    this.nCell = get2(d, hdr + 3);
    this.nFree = -1;
    if (this.nCell > this.geo.maxCells) throw corrupt('too many cells');
    if (this.geo.cellSizeCheck) this.checkCells();
  }

  private setFlags(flags: number): void {
    const leaf = flags >= PTF_LEAF;
    const kind = leaf ? flags - PTF_LEAF : flags;
    this.leaf = leaf;
    this.childPtrSize = leaf ? 0 : 4;
    this.cellOffset = this.hdr + 8 + this.childPtrSize;
    if (kind === (PTF_INTKEY | PTF_LEAFDATA)) {
      this.intKey = true;
      this.maxLocal = this.geo.maxLeaf;
      this.minLocal = this.geo.minLeaf;
    } else if (kind === PTF_ZERODATA) {
      this.intKey = false;
      this.maxLocal = this.geo.maxLocal;
      this.minLocal = this.geo.minLocal;
    } else {
      throw corrupt('page flags');
    }
  }

  /** PRAGMA cell_size_check: every cell must lie in the content area. */
  private checkCells(): void {
    const first = this.cellOffset + 2 * this.nCell;
    const last = this.usableSize - 4 - (this.leaf ? 0 : 1);
    for (let i = 0; i < this.nCell; i++) {
      const pc = get2(this.data, this.cellOffset + 2 * i);
      if (pc < first || pc > last) throw corrupt('cell offset');
      if (pc + this.cellSize(pc) > this.usableSize) throw corrupt('cell end');
    }
  }

  /** Makes it an empty page of the kind that `flags` says. */
  zero(flags: number): void {
    const d = this.data;
    const hdr = this.hdr;
    if (this.geo.secureDelete !== 0) d.fill(0, hdr, this.usableSize);
    d[hdr] = flags;
    const first = hdr + (flags & PTF_LEAF ? 8 : 12);
    d.fill(0, hdr + 1, hdr + 5);
    d[hdr + 7] = 0;
    put2(d, hdr + 5, this.usableSize);
    this.setFlags(flags);
    this.nCell = 0;
    this.nFree = this.usableSize - first;
    this.ovfl = noOverflow;
  }

  // -- cells -----------------------------------------------------------------------------------

  /** Offset of cell `i`, kept inside the page whatever the pointer says. */
  cell(i: number): number {
    const d = this.data;
    const p = this.cellOffset + 2 * i;
    return ((d[p]! << 8) | d[p + 1]!) & this.pageMask;
  }

  get rightChild(): number {
    return get4(this.data, this.hdr + 8);
  }

  /** Page number of child `i`; `i` = nCell is the right child. */
  child(i: number): number {
    return i >= this.nCell ? this.rightChild : get4(this.data, this.cell(i));
  }

  setChild(i: number, pgno: number): void {
    put4(this.data, i >= this.nCell ? this.hdr + 8 : this.cell(i), pgno);
  }

  /** Splits the cell at `off` into its parts (file format §1.6, "cell format"). */
  parseCell(off: number, info: CellInfo): void {
    const d = this.data;
    // Most cells have a payload of less than 128 bytes, or of less than 16384, whole on the page.
    if (this.leaf) {
      let n = d[off]!;
      let p = off + 1;
      if (n >= 0x80) {
        const b = d[p++]!;
        n = b < 0x80 ? ((n & 0x7f) << 7) | b : this.maxLocal + 1;
      }
      if (n <= this.maxLocal) {
        if (this.intKey) {
          info.keyOffset = p;
          p += d[p]! < 0x80 ? 1 : varintLen(d, p);
        }
        info.size = n;
        info.local = n;
        info.payloadOffset = p;
        info.cellSize = p + n - off;
        if (info.cellSize < 4) info.cellSize = 4;
        return;
      }
    }
    this.parseAnyCell(off, info);
  }

  private parseAnyCell(off: number, info: CellInfo): void {
    const d = this.data;
    let p = off + this.childPtrSize;
    if (this.intKey && !this.leaf) {
      info.keyOffset = p;
      p += varintLen(d, p);
      info.size = 0;
      info.local = 0;
      info.payloadOffset = p;
      info.cellSize = p - off;
      return;
    }
    const n = readVarint32(d, p);
    p += varintLen(d, p);
    if (this.intKey) {
      info.keyOffset = p;
      p += varintLen(d, p);
    }
    info.size = n;
    info.payloadOffset = p;
    if (n <= this.maxLocal) {
      info.local = n;
      info.cellSize = Math.max(p - off + n, 4);
    } else {
      info.local = this.localSize(n);
      info.cellSize = p - off + info.local + 4;
    }
  }

  /** How many bytes of a payload too large for the page stay on it. */
  localSize(size: number): number {
    const surplus = this.minLocal + ((size - this.minLocal) % (this.usableSize - 4));
    return surplus <= this.maxLocal ? surplus : this.minLocal;
  }

  /** Bytes of the cell at `off`. */
  cellSize(off: number): number {
    this.parseCell(off, scratchInfo);
    return scratchInfo.cellSize;
  }

  /** First overflow page of the cell at `off`, 0 when it has none. */
  cellOverflow(off: number): number {
    if (this.intKey && !this.leaf) return 0;
    const info = scratchInfo;
    this.parseCell(off, info);
    if (info.local >= info.size) return 0;
    const at = off + info.cellSize - 4;
    if (at + 4 > this.usableSize) throw corrupt('overflow pointer');
    return get4(this.data, at);
  }

  // -- space -----------------------------------------------------------------------------------

  /** Counts the free bytes, checking the freeblock list on the way. */
  needFree(): void {
    if (this.nFree >= 0) return;
    const d = this.data;
    const hdr = this.hdr;
    const usable = this.usableSize;
    const top = get2NotZero(d, hdr + 5);
    const cellFirst = this.cellOffset + 2 * this.nCell;
    let free = d[hdr + 7]! + top;
    let pc = get2(d, hdr + 1);
    if (pc > 0) {
      if (pc < top) throw corrupt('freeblock in front of the content area');
      for (;;) {
        if (pc > usable - 4) throw corrupt('freeblock past the end');
        const next = get2(d, pc);
        const size = get2(d, pc + 2);
        free += size;
        if (next <= pc + size + 3) {
          if (next > 0) throw corrupt('freeblocks out of order');
          if (pc + size > usable) throw corrupt('freeblock past the end');
          break;
        }
        pc = next;
      }
    }
    if (free > usable || free < cellFirst) throw corrupt('free space');
    this.nFree = free - cellFirst;
  }

  /**
   * Finds `size` bytes for a new cell and takes them (nFree is the caller's business). They are
   * there in total: freeblocks first, then the gap, then the gap after defragmenting.
   */
  private allocateSpace(size: number): number {
    const d = this.data;
    const hdr = this.hdr;
    const usable = this.usableSize;
    const gap = this.cellOffset + 2 * this.nCell;
    let top = get2(d, hdr + 5);
    if (gap > top) {
      if (top === 0 && usable === 65536) top = 65536;
      else throw corrupt('content area');
    } else if (top > usable) {
      throw corrupt('content area');
    }
    if ((d[hdr + 1] !== 0 || d[hdr + 2] !== 0) && gap + 2 <= top) {
      const slot = this.findSlot(size);
      if (slot !== 0) {
        if (slot <= gap) throw corrupt('freeblock in the pointer array');
        return slot;
      }
    }
    if (gap + 2 + size > top) {
      this.defragment();
      top = get2NotZero(d, hdr + 5);
      if (gap + 2 + size > top) throw corrupt('free space');
    }
    top -= size;
    put2(d, hdr + 5, top);
    return top;
  }

  /** The first freeblock that has `size` bytes: takes them from its end; 0 when there is none. */
  private findSlot(size: number): number {
    const d = this.data;
    const hdr = this.hdr;
    const usable = this.usableSize;
    const max = usable - size;
    let prev = hdr + 1;
    let pc = get2(d, prev);
    while (pc <= max) {
      const have = get2(d, pc + 2);
      const rest = have - size;
      if (rest >= 0) {
        if (rest < 4) {
          // Too little for a freeblock: it becomes fragments, of which there may be 60.
          if (d[hdr + 7]! > 57) return 0;
          d[prev] = d[pc]!;
          d[prev + 1] = d[pc + 1]!;
          d[hdr + 7] = d[hdr + 7]! + rest;
          return pc;
        }
        if (pc + have > usable) throw corrupt('freeblock past the end');
        put2(d, pc + 2, rest);
        return pc + rest;
      }
      prev = pc;
      pc = get2(d, pc);
      if (pc <= prev) {
        if (pc !== 0) throw corrupt('freeblocks out of order');
        return 0;
      }
    }
    if (pc > max + size - 4) throw corrupt('freeblock past the end');
    return 0;
  }

  /** Gives `size` bytes at `start` back: a freeblock, joined with its neighbours. */
  private freeSpace(start: number, size: number): void {
    const d = this.data;
    const hdr = this.hdr;
    const usable = this.usableSize;
    const returned = size;
    let begin = start;
    let end = start + size;
    let prev = hdr + 1;
    let next = get2(d, prev);
    if (next !== 0) {
      while (next < begin) {
        if (next <= prev) {
          if (next === 0) break;
          throw corrupt('freeblocks out of order');
        }
        prev = next;
        next = get2(d, next);
      }
      if (next > usable - 4) throw corrupt('freeblock past the end');
      let fragments = 0;
      if (next !== 0 && end + 3 >= next) {
        if (end > next) throw corrupt('freed twice');
        fragments = next - end;
        end = next + get2(d, next + 2);
        if (end > usable) throw corrupt('freeblock past the end');
        next = get2(d, next);
      }
      if (prev > hdr + 1) {
        const prevEnd = prev + get2(d, prev + 2);
        if (prevEnd + 3 >= begin) {
          if (prevEnd > begin) throw corrupt('freed twice');
          fragments += begin - prevEnd;
          begin = prev;
        }
      }
      if (fragments > d[hdr + 7]!) throw corrupt('fragments');
      d[hdr + 7] = d[hdr + 7]! - fragments;
    }
    if (this.geo.secureDelete !== 0) d.fill(0, start, start + returned);
    const top = get2NotZero(d, hdr + 5);
    if (begin <= top) {
      // The lowest cell of all: the content area shrinks.
      if (begin < top || prev !== hdr + 1) throw corrupt('content area');
      put2(d, hdr + 1, next);
      put2(d, hdr + 5, end);
    } else {
      if (begin !== prev) put2(d, prev, begin);
      put2(d, begin, next);
      put2(d, begin + 2, end - begin);
    }
    this.nFree += returned;
  }

  /** Moves all cells to the end of the page, so that all free bytes are in the gap. */
  defragment(): void {
    const d = this.data;
    const geo = this.geo;
    const usable = this.usableSize;
    const top = this.cellOffset + 2 * this.nCell;
    const old = geo.pageScratch();
    copyBytes(old, 0, d, 0, usable);
    let to = usable;
    for (let i = 0; i < this.nCell; i++) {
      const p = this.cellOffset + 2 * i;
      const pc = get2(old, p);
      if (pc < top || pc > usable - 4) throw corrupt('cell offset');
      const size = this.cellSizeIn(old, pc);
      to -= size;
      if (to < top || pc + size > usable) throw corrupt('cell end');
      copyBytes(d, to, old, pc, size);
      put2(d, p, to);
    }
    d[this.hdr + 7] = 0;
    put2(d, this.hdr + 1, 0);
    put2(d, this.hdr + 5, to);
    if (to - top !== this.nFree) throw corrupt('free space');
    if (geo.secureDelete !== 0) d.fill(0, top, to);
  }

  /** cellSize for a copy of this page's bytes. */
  private cellSizeIn(copy: Uint8Array, pc: number): number {
    let p = pc + this.childPtrSize;
    if (this.intKey && !this.leaf) return p + varintLen(copy, p) - pc;
    const n = readVarint32(copy, p);
    p += varintLen(copy, p);
    if (this.intKey) p += varintLen(copy, p);
    if (n > this.maxLocal) return p - pc + this.localSize(n) + 4;
    return Math.max(p - pc + n, 4);
  }

  // -- insert and drop -------------------------------------------------------------------------

  /**
   * Makes room for a cell of `size` bytes as cell `i` and enters it in the pointer array; its
   * offset. There must be `size` + 2 free bytes and no overflow cell.
   */
  openSlot(i: number, size: number): number {
    const d = this.data;
    const off = this.allocateSpace(size);
    this.nFree -= size + 2;
    const at = this.cellOffset + 2 * i;
    const end = this.cellOffset + 2 * this.nCell;
    if (at < end) d.copyWithin(at + 2, at, end);
    put2(d, at, off);
    this.nCell++;
    put2(d, this.hdr + 3, this.nCell);
    return off;
  }

  /**
   * Puts a whole cell in as cell `i`; `childPgno`, if not 0, replaces its first four bytes. Without
   * room it goes to `ovfl` and false is returned: the page must be balanced.
   */
  insertCell(i: number, src: Uint8Array, off: number, size: number, childPgno: number): boolean {
    this.needFree();
    if (this.ovfl.length > 0 || size + 2 > this.nFree) {
      const bytes = new Uint8Array(size);
      copyBytes(bytes, 0, src, off, size);
      if (childPgno !== 0) put4(bytes, 0, childPgno);
      if (this.ovfl.length === 0) this.ovfl = [];
      this.ovfl.push({ index: i, bytes });
      return false;
    }
    const to = this.openSlot(i, size);
    copyBytes(this.data, to, src, off, size);
    if (childPgno !== 0) put4(this.data, to, childPgno);
    return true;
  }

  /** Takes cell `i`, `size` bytes long, off the page. */
  dropCell(i: number, size: number): void {
    const d = this.data;
    this.needFree();
    const at = this.cellOffset + 2 * i;
    const pc = get2(d, at);
    if (pc + size > this.usableSize || pc < this.cellOffset + 2 * this.nCell) {
      throw corrupt('cell offset');
    }
    this.freeSpace(pc, size);
    this.nCell--;
    if (this.nCell === 0) {
      d.fill(0, this.hdr + 1, this.hdr + 5);
      d[this.hdr + 7] = 0;
      put2(d, this.hdr + 5, this.usableSize);
      this.nFree = this.usableSize - this.cellOffset;
    } else {
      d.copyWithin(at, at + 2, this.cellOffset + 2 * this.nCell + 2);
      put2(d, this.hdr + 3, this.nCell);
      this.nFree += 2;
    }
  }

  clearOverflowCells(): void {
    this.ovfl = noOverflow;
  }
}

/** Used inside single calls only; nothing is kept in it. */
const scratchInfo = new CellInfo();
