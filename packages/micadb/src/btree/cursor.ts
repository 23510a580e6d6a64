/**
 * Cursors: walking, seeking and changing one b-tree.
 *
 * Invariants:
 *  1. In state Valid the cursor stands on entry `ix` of `page`; pages[0..iPage-1] and ixs are the
 *     way down from the root (ixs[i] = nCell means the right child). Rows of table trees are on
 *     leaves; entries of index trees on interior pages too.
 *  2. Each page of the way is pinned once. States RequireSeek and Fault hold no page; Invalid may
 *     keep the root.
 *  3. Any change of the tree by somebody else goes through `savePosition` first, so the pages of a
 *     Valid cursor are the current versions, or old versions of pages that this tree did not change.
 *  4. `parsed` says that keyOffset, total and the payload fields describe the current cell; every
 *     move clears it.
 *  5. `atLast` is true only if it stands on the last entry of the tree.
 */

import { corrupt, SqliteError } from '../values/errors.ts';
import type { KeyInfo, UnpackedKey } from '../values/key.ts';
import { copyBytes as ownedBytes } from '../values/utf.ts';
import type { Int, SqlValue } from '../values/value.ts';
import { varintLen, varintLength, writeVarint } from '../values/varint.ts';
import { balance, type PageStack } from './balance.ts';
import { copyBytes, get4, put4, readRowid } from './bytes.ts';
import { keyFromRecord } from './key-record.ts';
import { copyPart, fillCell, freeOverflow } from './overflow.ts';
import { CellInfo, type MemPage } from './page.ts';
import { ptrmapPutOverflow } from './ptrmap.ts';
import { KeySearch, order, place, searchInterior, searchLeaf, type WholeKeys } from './search.ts';
import { type BtShared, type CursorGroup, MAX_DEPTH, type RegisteredCursor } from './shared.ts';
import { type BtCursor, InsertFlags, type SeekResult } from './types.ts';

enum State {
  Valid = 0,
  /** Not on a row: before the first move, past the end, tree empty. */
  Invalid = 1,
  /** The row it stood on is gone; it stands on the next (skipNext > 0) or previous (< 0) one. */
  SkipNext = 2,
  /** The key is saved; to be sought again before use. */
  RequireSeek = 3,
  /** Tripped by a rollback. */
  Fault = 4,
}

const noBytes = new Uint8Array(0);
/** After so many misses a seek begins at the root at once, mostly. */
const MISSES = 4;

/** Bytes of a line of the processor's cache, and of a page that are worth being fetched ahead. */
const LINE = 64;
const MOST_TOUCHED = 16384;

export class Cursor implements BtCursor, RegisteredCursor, PageStack, WholeKeys {
  readonly isTable: boolean;
  bulkLoad = false;
  wholeEnd = 0;
  payloadPage: Uint8Array = noBytes;
  payloadOffset = 0;
  payloadLocal = 0;

  // The way down; see invariant 1.
  readonly pages: MemPage[] = [];
  readonly ixs = new Int32Array(MAX_DEPTH);
  iPage = -1;
  page: MemPage | null = null;
  ix = 0;

  private state = State.Invalid;
  private skipNext = 0;
  private parsed = false;
  private atLast = false;
  private keyOffset = 0;
  private total = 0;
  /** Cells that are looked at without being the current one. */
  private readonly info = new CellInfo();
  private savedRowid: Int = 0;
  private savedKey: Uint8Array | null = null;
  private faultCode: 'SQLITE_ABORT_ROLLBACK' = 'SQLITE_ABORT_ROLLBACK';
  private readonly search: KeySearch;
  private ownKey: UnpackedKey | null = null;
  /** Seeks in a row of keys that were not on the page on which it stood. */
  private misses = 0;
  /** Numbers of the overflow pages of the current row met so far. */
  private readonly chain: number[] = [];
  private chainLength = 0;
  private closed = false;
  /** What `touch` has read, so that no compiler leaves it out. */
  touched = 0;
  private group: CursorGroup;

  constructor(
    private readonly bt: BtShared,
    readonly root: number,
    readonly writable: boolean,
    readonly keyInfo: KeyInfo | null,
  ) {
    this.isTable = keyInfo === null;
    this.search = new KeySearch(bt, this);
    this.group = bt.register(root, this);
  }

  /** A closed cursor on the same tree, for the same use, is as good as a new one. */
  reopen(bt: BtShared, root: number, writable: boolean, keyInfo: KeyInfo | null): boolean {
    if (!this.closed || this.bt !== bt || this.root !== root) return false;
    if (this.writable !== writable || this.keyInfo !== keyInfo) return false;
    this.closed = false;
    this.bulkLoad = false;
    this.skipNext = 0;
    this.chainLength = 0;
    this.group = bt.register(root, this);
    return true;
  }

  get eof(): boolean {
    return this.state === State.Invalid;
  }

  get needsRestore(): boolean {
    return this.state > State.Invalid;
  }

  // -- the way down ----------------------------------------------------------------------------

  /** Stands at the root; false when the tree is empty (the cursor is then eof). */
  private moveToRoot(): boolean {
    if (this.state === State.Fault) throw new SqliteError(this.faultCode);
    this.savedKey = null;
    this.parsed = false;
    this.atLast = false;
    if (this.iPage > 0) {
      const bt = this.bt;
      bt.release(this.page!);
      for (let i = this.iPage - 1; i > 0; i--) bt.release(this.pages[i]!);
      this.page = this.pages[0]!;
      this.iPage = 0;
    } else if (this.iPage < 0) {
      this.state = State.Invalid;
      // A file without pages has an empty schema table.
      if (this.root === 1 && this.bt.nPage === 0) return false;
      this.page = this.bt.getMem(this.root);
      this.iPage = 0;
    }
    const page = this.page!;
    this.ix = 0;
    if (page.intKey !== this.isTable) {
      this.state = State.Invalid;
      throw corrupt('tree kind');
    }
    if (page.nCell > 0) {
      this.state = State.Valid;
      return true;
    }
    this.state = State.Invalid;
    if (page.leaf) return false;
    // Page 1 has less room than its only child, so it may be an interior page without cells.
    if (page.pgno !== 1) throw corrupt('empty interior root');
    this.moveToChild(page.rightChild);
    this.state = State.Valid;
    return true;
  }

  private moveToChild(pgno: number): void {
    if (this.iPage >= MAX_DEPTH - 1) throw corrupt('tree too deep');
    const child = this.bt.getMem(pgno);
    if (child.nCell < 1 || child.intKey !== this.isTable) {
      this.bt.release(child);
      throw corrupt('child page');
    }
    const depth = this.iPage;
    this.pages[depth] = this.page!;
    this.ixs[depth] = this.ix;
    this.iPage = depth + 1;
    this.page = child;
    this.ix = 0;
    this.parsed = false;
  }

  private moveToParent(): void {
    this.bt.release(this.page!);
    const depth = this.iPage - 1;
    this.page = this.pages[depth]!;
    this.ix = this.ixs[depth]!;
    this.iPage = depth;
    this.parsed = false;
  }

  private moveToLeftmost(): void {
    while (!this.page!.leaf) this.moveToChild(this.page!.child(this.ix));
  }

  private moveToRightmost(): void {
    for (;;) {
      const page = this.page!;
      if (page.leaf) break;
      this.ix = page.nCell;
      this.moveToChild(page.rightChild);
    }
    this.ix = this.page!.nCell - 1;
  }

  private releasePages(): void {
    if (this.iPage >= 0) {
      this.bt.release(this.page!);
      for (let i = this.iPage - 1; i >= 0; i--) this.bt.release(this.pages[i]!);
      this.page = null;
      this.iPage = -1;
    }
    this.parsed = false;
    this.atLast = false;
    this.payloadPage = noBytes;
  }

  onPath(pgno: number): boolean {
    if (pgno === this.root) return true;
    if (this.page !== null && this.page.pgno === pgno) return true;
    for (let i = 0; i < this.iPage; i++) if (this.pages[i]!.pgno === pgno) return true;
    return false;
  }

  /** Leaves the row (or the saved position): the cursor is eof. */
  unset(): void {
    if (this.state === State.Fault) return;
    this.releasePages();
    this.savedKey = null;
    this.state = State.Invalid;
  }

  // -- walking ---------------------------------------------------------------------------------

  first(): boolean {
    if (!this.moveToRoot()) return false;
    this.moveToLeftmost();
    if (this.iPage > 0) this.touch();
    return true;
  }

  last(): boolean {
    if (this.atLast && this.state === State.Valid) return true;
    if (!this.moveToRoot()) return false;
    this.moveToRightmost();
    this.atLast = true;
    return true;
  }

  next(): boolean {
    this.parsed = false;
    this.atLast = false;
    if (this.state === State.Valid) {
      const page = this.page!;
      if (++this.ix < page.nCell && page.leaf) return true;
      return this.nextPage();
    }
    if (this.state > State.SkipNext) this.seekSaved();
    if (this.state === State.Invalid) return false;
    if (this.state === State.SkipNext) {
      this.state = State.Valid;
      if (this.skipNext > 0) return true;
    }
    this.parsed = false;
    this.ix++;
    return this.nextPage();
  }

  /** After `ix` went one on: to the entry that it means, which may be on another page. */
  private nextPage(): boolean {
    const page = this.page!;
    if (this.ix >= page.nCell) {
      if (!page.leaf) {
        this.moveToChild(page.rightChild);
        this.moveToLeftmost();
        return true;
      }
      do {
        if (this.iPage === 0) {
          this.state = State.Invalid;
          return false;
        }
        this.moveToParent();
      } while (this.ix >= this.page!.nCell);
      if (!this.isTable) return true;
      this.ix++;
      this.moveToChild(this.page!.child(this.ix));
      this.moveToLeftmost();
      this.touch();
      return true;
    }
    if (!page.leaf) {
      this.moveToLeftmost();
      this.touch();
    }
    return true;
  }

  /**
   * Loads a byte of each line of a leaf that is about to be read row by row: the processor waits for all of
   * them side by side, where it would wait for one after the other, each row being found through the last.
   */
  private touch(): void {
    const d = this.page!.data;
    const end = Math.min(d.length, MOST_TOUCHED);
    let sum = 0;
    for (let i = 0; i < end; i += LINE) sum += d[i]!;
    this.touched = sum;
  }

  previous(): boolean {
    this.parsed = false;
    this.atLast = false;
    if (this.state !== State.Valid) {
      if (this.state > State.SkipNext) this.seekSaved();
      if (this.state === State.Invalid) return false;
      if (this.state === State.SkipNext) {
        this.state = State.Valid;
        if (this.skipNext < 0) return true;
      }
      this.parsed = false;
    }
    if (this.page!.leaf && this.ix > 0) {
      this.ix--;
      return true;
    }
    if (!this.page!.leaf) {
      this.moveToChild(this.page!.child(this.ix));
      this.moveToRightmost();
      this.touch();
      return true;
    }
    while (this.ix === 0) {
      if (this.iPage === 0) {
        this.state = State.Invalid;
        return false;
      }
      this.moveToParent();
    }
    this.ix--;
    if (this.isTable) {
      this.moveToChild(this.page!.child(this.ix));
      this.moveToRightmost();
      this.touch();
    }
    return true;
  }

  // -- seeking ---------------------------------------------------------------------------------

  seekRowid(rowid: Int, bias = 0): SeekResult {
    if (this.state === State.Valid && this.page!.leaf) {
      // Already there, just before it, or appending?
      const here = this.rowid();
      if (here === rowid) return 0;
      if (here < rowid) {
        if (this.atLast) return -1;
        if (typeof here === 'number' && here + 1 === rowid) {
          if (this.next() && this.rowid() === rowid) return 0;
        }
      }
    }
    if (!this.moveToRoot()) return -1;
    const append = bias > 0;
    while (!this.page!.leaf) {
      const page = this.page!;
      this.ix = searchInterior(page, rowid, append);
      this.moveToChild(page.child(this.ix));
    }
    return this.stand(searchLeaf(this.page!, rowid, append));
  }

  /** Takes the place that a search on its page found. */
  private stand(result: number): SeekResult {
    this.ix = place(result);
    return order(result);
  }

  seekKey(key: UnpackedKey): SeekResult {
    this.search.begin(key);
    return this.seek();
  }

  seekNumber(number: number, defaultResult: -1 | 1): SeekResult {
    return this.seekKey(this.oneField(number, defaultResult));
  }

  seekBytes(bytes: Uint8Array, from: number, length: number, defaultResult: -1 | 1): SeekResult {
    this.search.beginBytes(this.oneField(null, defaultResult), bytes, from, length);
    return this.seek();
  }

  /** The cursor's own key of one field. */
  private oneField(value: SqlValue, defaultResult: -1 | 1): UnpackedKey {
    let key = this.ownKey;
    if (key === null) {
      const keyInfo = this.keyInfo!;
      key = { keyInfo, values: [null], fieldCount: 1, defaultResult, equalSeen: false };
      this.ownKey = key;
    }
    key.values[0] = value;
    key.defaultResult = defaultResult;
    key.equalSeen = false;
    return key;
  }

  /** Looks for what `search` has begun with. */
  private seek(): SeekResult {
    const { search } = this;
    if (this.state === State.Valid && this.page!.leaf) {
      const page = this.page!;
      const at = this.ix;
      if (this.onLastPage()) {
        if (at === page.nCell - 1) {
          const c = search.compare(page, at);
          if (c <= 0) return c < 0 ? -1 : 0;
        }
        if (this.iPage > 0 && search.compare(page, 0) <= 0) return this.seekHere(page, at);
      } else if (this.misses < MISSES || (++this.misses & 31) === 0) {
        // Keys that come in some order are often on the same page.
        if (search.compare(page, page.nCell - 1) >= 0 && search.compare(page, 0) <= 0) {
          this.misses = 0;
          return this.seekHere(page, at);
        }
        this.misses++;
      }
      search.restart();
    }
    if (!this.moveToRoot()) return -1;
    for (;;) {
      const page = this.page;
      if (page === null) throw new SqliteError('SQLITE_ABORT');
      const result = search.search(page, 0, page.nCell - 1);
      // A user collation may have run SQL that changed this very tree.
      if (this.page !== page) throw new SqliteError('SQLITE_ABORT');
      const c = order(result);
      const at = place(result);
      if (c === 0 || page.leaf) {
        this.ix = at;
        return c;
      }
      this.ix = c < 0 ? at + 1 : at;
      this.moveToChild(page.child(this.ix));
    }
  }

  /** The key is known to be within the page. */
  private seekHere(page: MemPage, at: number): SeekResult {
    this.parsed = false;
    this.atLast = false;
    const result = this.search.searchFrom(page, at);
    if (this.page !== page) throw new SqliteError('SQLITE_ABORT');
    return this.stand(result);
  }

  /** Whether it stands on the rightmost leaf. */
  private onLastPage(): boolean {
    for (let i = 0; i < this.iPage; i++) if (this.ixs[i]! < this.pages[i]!.nCell) return false;
    return true;
  }

  /** The rest of a key that is longer than what its page has of it; for `search`. */
  wholeKey(page: MemPage, info: CellInfo, into: Uint8Array): void {
    const { size, local, payloadOffset } = info;
    this.parsed = false;
    this.chainLength = 0;
    this.walkChain(page, payloadOffset, local, local, size - local, into, local, false);
    this.chainLength = 0;
  }

  // -- saved positions -------------------------------------------------------------------------

  savePosition(): void {
    if (this.state === State.Valid || this.state === State.SkipNext) {
      if (this.state === State.Valid) this.skipNext = 0;
      this.state = State.Valid;
      this.saveKey();
      this.releasePages();
      this.state = State.RequireSeek;
    } else {
      this.releasePages();
    }
  }

  private saveKey(): void {
    if (this.isTable) {
      this.savedRowid = this.rowid();
    } else {
      const size = this.payloadSize();
      const copy = new Uint8Array(size);
      this.readPayload(0, size, copy, 0);
      this.savedKey = copy;
    }
  }

  /** Seeks the saved key; the state is then Valid, SkipNext or Invalid. */
  private seekSaved(): void {
    if (this.state === State.Fault) throw new SqliteError(this.faultCode);
    const key = this.savedKey;
    let result: SeekResult;
    this.state = State.Invalid;
    try {
      if (this.isTable) {
        result = this.seekRowid(this.savedRowid);
      } else {
        if (key === null) throw corrupt('saved key');
        result = this.seekKey(keyFromRecord(this.keyInfo!, key));
      }
    } catch (e) {
      this.releasePages();
      this.savedKey = key;
      this.state = State.RequireSeek;
      throw e;
    }
    this.savedKey = null;
    if (result !== 0) this.skipNext = result;
    // A seek leaves Valid, or Invalid when the tree is empty.
    if (this.skipNext !== 0 && !this.eof) this.state = State.SkipNext;
  }

  restore(): boolean {
    if (this.state > State.SkipNext) this.seekSaved();
    return this.state === State.Valid;
  }

  trip(code: 'SQLITE_ABORT_ROLLBACK'): void {
    this.releasePages();
    this.savedKey = null;
    this.faultCode = code;
    this.state = State.Fault;
  }

  // -- the row ---------------------------------------------------------------------------------

  /**
   * Reads the current cell's header. Plain and long-winded for leaves of table trees: in a scan
   * this runs once a row, and through parseCell it took three times as long.
   */
  private parse(): void {
    const page = this.page;
    if (this.state !== State.Valid || page === null || this.ix >= page.nCell) {
      this.noRow();
      return;
    }
    const d = page.data;
    const at = page.cellOffset + 2 * this.ix;
    const off = ((d[at]! << 8) | d[at + 1]!) & page.pageMask;
    this.chainLength = 0;
    if (page.intKey && page.leaf) {
      let n = d[off]!;
      let p = off + 1;
      if (n >= 0x80) {
        const b = d[p++]!;
        n = b < 0x80 ? ((n & 0x7f) << 7) | b : 65536;
      }
      if (n <= page.maxLocal) {
        this.keyOffset = p;
        if (d[p]! < 0x80) p++;
        else if (d[p + 1]! < 0x80) p += 2;
        else p += varintLen(d, p);
        if (p + n > page.usableSize) throw corrupt('cell end');
        this.total = n;
        this.payloadPage = d;
        this.payloadOffset = p;
        this.payloadLocal = n;
        this.parsed = true;
        return;
      }
    }
    const info = this.info;
    page.parseCell(off, info);
    if (info.payloadOffset + info.local > page.usableSize) throw corrupt('cell end');
    this.keyOffset = info.keyOffset;
    this.total = info.size;
    this.payloadPage = d;
    this.payloadOffset = info.payloadOffset;
    this.payloadLocal = info.local;
    this.parsed = true;
  }

  private noRow(): never {
    if (this.state === State.Valid) throw corrupt('cell index');
    throw new SqliteError('SQLITE_INTERNAL', 'cursor is not on a row');
  }

  rowid(): Int {
    if (!this.parsed) this.parse();
    return readRowid(this.page!.data, this.keyOffset);
  }

  payloadSize(): number {
    if (!this.parsed) this.parse();
    const total = this.total;
    if (this.payloadLocal !== total && total > this.bt.pageSize * this.bt.nPage) {
      throw corrupt('payload size');
    }
    return total;
  }

  get pageBytes(): Uint8Array {
    return this.page!.data;
  }

  get pageView(): DataView {
    return this.page!.view;
  }

  wholePayload(): number {
    if (this.state !== State.Valid) return -1;
    const page = this.page!;
    if (this.ix >= page.nCell) return -1;
    const d = page.data;
    const at = page.cellOffset + 2 * this.ix;
    let p = ((d[at]! << 8) | d[at + 1]!) & page.pageMask;
    if (!page.leaf) {
      if (page.intKey) return -1;
      p += 4;
    }
    let n = d[p++]!;
    if (n >= 0x80) {
      const b = d[p++]!;
      if (b >= 0x80) return -1;
      n = ((n & 0x7f) << 7) | b;
    }
    if (n > page.maxLocal) return -1;
    if (page.intKey) {
      if (d[p]! < 0x80) p++;
      else if (d[p + 1]! < 0x80) p += 2;
      else if (d[p + 2]! < 0x80) p += 3;
      else p += varintLen(d, p);
    }
    if (p + n > page.usableSize) throw corrupt('cell end');
    this.wholeEnd = p + n;
    return p;
  }

  loadPayload(): void {
    if (!this.parsed) this.parse();
  }

  payloadFileOffset(): number {
    if (!this.parsed) this.parse();
    return (this.page!.pgno - 1) * this.bt.pageSize + this.payloadOffset;
  }

  readPayload(offset: number, length: number, dest: Uint8Array, destOffset: number): void {
    if (!this.parsed) this.parse();
    const local = this.payloadLocal;
    if (offset < 0 || length < 0 || offset + length > this.total) throw corrupt('payload range');
    const page = this.page!;
    if (offset < local) {
      const n = Math.min(length, local - offset);
      copyBytes(dest, destOffset, page.data, this.payloadOffset + offset, n);
      offset += n;
      destOffset += n;
      length -= n;
    }
    if (length > 0)
      this.walkChain(page, this.payloadOffset, local, offset, length, dest, destOffset, false);
  }

  writePayload(offset: number, src: Uint8Array): void {
    this.beginChange();
    if (!this.parsed) this.parse();
    const local = this.payloadLocal;
    let length = src.length;
    if (offset < 0 || offset + length > this.total) throw corrupt('payload range');
    let from = 0;
    const page = (this.page = this.bt.write(this.page!));
    this.payloadPage = page.data;
    if (offset < local) {
      from = Math.min(length, local - offset);
      copyBytes(page.data, this.payloadOffset + offset, src, 0, from);
      offset += from;
      length -= from;
    }
    if (length > 0)
      this.walkChain(page, this.payloadOffset, local, offset, length, src, from, true);
  }

  /**
   * Copies payload bytes [offset, offset + length), all of them on overflow pages, to `buf`, or
   * from it when `write`. The cell's payload is at `at` on `page`, `local` bytes of it. Page numbers met are remembered in `chain`.
   */
  private walkChain(
    page: MemPage,
    at: number,
    local: number,
    offset: number,
    length: number,
    buf: Uint8Array,
    bufOffset: number,
    write: boolean,
  ): void {
    const bt = this.bt;
    const per = bt.usableSize - 4;
    const chain = this.chain;
    const target = Math.floor((offset - local) / per);
    let within = (offset - local) % per;
    let i = Math.min(target, Math.max(0, this.chainLength - 1));
    let pgno = i < this.chainLength ? chain[i]! : get4(page.data, at + local);
    while (length > 0) {
      if (pgno < 2 || pgno > bt.nPage) throw corrupt('overflow page');
      chain[i] = pgno;
      if (i === this.chainLength) this.chainLength = i + 1;
      let raw = bt.getPage(pgno);
      if (i >= target) {
        const n = Math.min(length, per - within);
        if (write) {
          if (this.onPath(pgno)) {
            bt.release(raw);
            throw corrupt('overflow page');
          }
          raw = bt.writeRaw(raw);
          raw.aux = null;
          copyBytes(raw.data, 4 + within, buf, bufOffset, n);
        } else {
          copyBytes(buf, bufOffset, raw.data, 4 + within, n);
        }
        bufOffset += n;
        length -= n;
        within = 0;
      }
      pgno = get4(raw.data, 0);
      bt.release(raw);
      i++;
    }
  }

  // -- changing --------------------------------------------------------------------------------

  /** What every change starts with. */
  private beginChange(): void {
    if (this.state === State.Fault) throw new SqliteError(this.faultCode);
    if (!this.writable) throw new SqliteError('SQLITE_READONLY');
    if (this.group.cursors.length > 1) this.bt.saveCursors(this.root, this);
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
    this.beginChange();
    let loc = seekResult;
    const trust =
      (flags & InsertFlags.UseSeekResult) !== 0 && this.state === State.Valid && this.page!.leaf;
    if (!trust || loc === 0) {
      loc = this.seekRowid(rowid, (flags & InsertFlags.Append) !== 0 ? 1 : 0);
    }
    this.bt.active = this;
    try {
      this.store(rowid, data, offset, length, zeroTail, loc, flags);
    } catch (e) {
      this.abandonChange();
      throw e;
    } finally {
      this.bt.active = null;
    }
  }

  insertKey(
    record: Uint8Array,
    offset: number,
    length: number,
    key: UnpackedKey | null,
    flags: InsertFlags,
    seekResult: SeekResult,
  ): void {
    this.beginChange();
    let loc = seekResult;
    const trust =
      (flags & InsertFlags.UseSeekResult) !== 0 && this.state === State.Valid && this.page!.leaf;
    if (!trust || loc === 0) {
      loc = this.seekKey(
        key ?? keyFromRecord(this.keyInfo!, record.subarray(offset, offset + length)),
      );
    }
    this.bt.active = this;
    try {
      this.store(0, record, offset, length, 0, loc, flags);
    } catch (e) {
      this.abandonChange();
      throw e;
    } finally {
      this.bt.active = null;
    }
  }

  /** After a change that failed half-way: whoever catches it rolls the pages back. */
  private abandonChange(): void {
    if (this.page !== null && this.page.ovfl.length > 0) this.page.page.aux = null;
    for (let i = 0; i < this.iPage; i++) {
      const page = this.pages[i]!;
      if (page.ovfl.length > 0) page.page.aux = null;
    }
    this.releasePages();
    this.savedKey = null;
    this.state = State.Invalid;
  }

  /** Puts a record where the cursor stands (`loc` 0: in place of), before (1) or after (-1) it. */
  private store(
    rowid: Int,
    data: Uint8Array,
    offset: number,
    length: number,
    zeroTail: number,
    loc: SeekResult,
    flags: InsertFlags,
  ): void {
    const bt = this.bt;
    const total = length + zeroTail;
    if (total > 0x7fffff00) throw new SqliteError('SQLITE_TOOBIG');
    if (this.page === null) throw corrupt('no page to insert into');
    const page = (this.page = bt.write(this.page));
    page.needFree();
    let i = this.ix;
    let child = 0;
    let cell = -1;
    if (loc === 0) {
      if (!this.parsed) this.parse();
      if (this.total === total) {
        this.overwrite(page, data, offset, length);
        this.parsed = false; // the page may be another version now
        return;
      }
      const off = page.cell(i);
      const info = this.info;
      page.parseCell(off, info);
      if (!page.leaf) child = get4(page.data, off);
      // A long value is stored before the old one is freed.
      if (total > page.maxLocal) {
        cell = fillCell(bt, page, rowid, data, offset, length, zeroTail);
      }
      freeOverflow(bt, page, off, info);
      page.dropCell(i, info.cellSize);
    } else if (!page.leaf) {
      throw corrupt('insert into interior page');
    } else if (loc < 0 && page.nCell > 0) {
      this.ix = ++i;
    } else {
      this.atLast = page.nCell === 0;
    }
    this.parsed = false;

    // The common case goes straight to the page: no overflow chain, and room for it.
    const head = page.childPtrSize + varintLength(total) + (page.intKey ? varintLength(rowid) : 0);
    const size = Math.max(head + total, 4);
    if (total <= page.maxLocal && size + 2 <= page.nFree) {
      const d = page.data;
      const off = page.openSlot(i, size);
      if (child !== 0) put4(d, off, child);
      let p = off + page.childPtrSize;
      p += writeVarint(d, p, total);
      if (page.intKey) p += writeVarint(d, p, rowid);
      copyPart(d, p, data, offset, length, 0, total);
      for (p += total; p < off + size; p++) d[p] = 0;
      this.state = State.Valid;
      return;
    }
    if (cell < 0) cell = fillCell(bt, page, rowid, data, offset, length, zeroTail);
    if (page.insertCell(i, bt.cellScratch(), 0, cell, child)) {
      if (bt.autoVacuum) ptrmapPutOverflow(bt, page, page.cell(i));
      this.state = State.Valid;
      return;
    }

    const appended = balance(bt, this);
    this.parsed = false;
    this.atLast = false;
    this.state = State.Invalid;
    if (appended) {
      // The next ascending insert goes on from here.
      this.ix = this.page!.nCell;
      this.moveToChild(this.page!.rightChild);
      this.state = State.Valid;
      this.atLast = this.onLastPage();
    } else if ((flags & InsertFlags.SavePosition) !== 0) {
      this.releasePages();
      this.savedRowid = rowid;
      if (!this.isTable) this.savedKey = ownedBytes(data, offset, offset + length);
      this.skipNext = 0;
      this.state = State.RequireSeek;
    } else {
      this.releasePages();
    }
  }

  /** New content of the same length: the cell and its overflow chain stay where they are. */
  private overwrite(page: MemPage, data: Uint8Array, offset: number, length: number): void {
    const bt = this.bt;
    const { total: size, payloadLocal: local, payloadOffset: at } = this;
    copyPart(page.data, at, data, offset, length, 0, local);
    let pgno = local < size ? get4(page.data, at + local) : 0;
    const per = bt.usableSize - 4;
    for (let done = local; done < size; done += per) {
      if (pgno < 2 || pgno > bt.nPage || this.onPath(pgno)) throw corrupt('overflow page');
      const raw = bt.writeRaw(bt.getPage(pgno));
      raw.aux = null;
      copyPart(raw.data, 4, data, offset, length, done, Math.min(per, size - done));
      pgno = get4(raw.data, 0);
      bt.release(raw);
    }
  }

  delete(savePosition: boolean): void {
    this.beginChange();
    if (this.state !== State.Valid) {
      if (this.state === State.Invalid) throw corrupt('delete without row');
      if (!this.restore()) return;
    }
    this.bt.active = this;
    try {
      this.remove(savePosition);
    } catch (e) {
      this.abandonChange();
      throw e;
    } finally {
      this.bt.active = null;
    }
  }

  private remove(savePosition: boolean): void {
    const bt = this.bt;
    const depth = this.iPage;
    const at = this.ix;
    let page = this.page!;
    this.parse();
    const cellSize = page.cellSize(page.cell(at));
    page.needFree();
    // Staying on the leaf is possible when no balance will follow; else the key is saved.
    let stay = false;
    if (savePosition) {
      stay = page.leaf && page.nCell > 1 && (page.nFree + cellSize + 2) * 3 <= bt.usableSize * 2;
      if (!stay) this.saveKey();
    }
    // An entry of an interior page is replaced by its predecessor, the last one of a leaf.
    const interior = !page.leaf;
    const info = new CellInfo();
    if (interior) {
      this.moveToChild(page.child(at));
      this.moveToRightmost();
      page = bt.write(this.pages[depth]!);
      this.pages[depth] = page;
    } else {
      page = this.page = bt.write(page);
    }
    const off = page.cell(at);
    page.parseCell(off, info);
    freeOverflow(bt, page, off, info);
    page.dropCell(at, info.cellSize);
    if (interior) {
      const leaf = (this.page = bt.write(this.page!));
      const lower = depth < this.iPage - 1 ? this.pages[depth + 1]!.pgno : leaf.pgno;
      const last = leaf.nCell - 1;
      const from = leaf.cell(last);
      leaf.parseCell(from, info);
      if (from + info.cellSize > bt.usableSize) throw corrupt('cell end');
      let size = info.cellSize;
      // A cell padded to four bytes is smaller as it really is.
      if (info.local === info.size) size = info.payloadOffset + info.size - from;
      const cell = bt.cellScratch();
      copyBytes(cell, 4, leaf.data, from, size);
      if (page.insertCell(at, cell, 0, size + 4, lower) && bt.autoVacuum) {
        ptrmapPutOverflow(bt, page, page.cell(at));
      }
      leaf.dropCell(last, info.cellSize);
    }
    this.parsed = false;
    this.atLast = false;

    balance(bt, this);
    if (this.iPage > depth) {
      while (this.iPage > depth) this.moveToParent();
      balance(bt, this);
    }
    this.parsed = false;
    if (stay) {
      this.state = State.SkipNext;
      if (at >= this.page!.nCell) {
        this.skipNext = -1;
        this.ix = this.page!.nCell - 1;
      } else {
        this.skipNext = 1;
      }
      return;
    }
    this.releasePages();
    if (savePosition) {
      this.skipNext = 0;
      this.state = State.RequireSeek;
    } else {
      this.savedKey = null;
      this.state = State.Invalid;
    }
  }

  // -- counting --------------------------------------------------------------------------------

  count(): number {
    if (!this.moveToRoot()) return 0;
    if (this.iPage > 0) this.moveToParent(); // page 1 without cells: ix is its right child's
    let n = 0;
    let visited = 0;
    for (;;) {
      const page = this.page!;
      if (++visited > this.bt.nPage) throw corrupt('page reached twice');
      if (page.leaf || !page.intKey) n += page.nCell;
      if (page.leaf) {
        do {
          if (this.iPage === 0) {
            this.state = State.Invalid;
            this.ix = 0;
            return n;
          }
          this.moveToParent();
        } while (this.ix >= this.page!.nCell);
        this.ix++;
      }
      this.moveToChild(this.page!.child(this.ix));
    }
  }

  rowCountEstimate(): number {
    if (this.state > State.SkipNext) return -1;
    if (this.state === State.Invalid && !this.first()) return 0;
    if (!this.page!.leaf) return -1;
    let n = this.page!.nCell;
    for (let i = 0; i < this.iPage; i++) n *= this.pages[i]!.nCell;
    return n;
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.releasePages();
    this.savedKey = null;
    this.state = State.Invalid;
    this.bt.unregister(this.group, this);
  }
}
