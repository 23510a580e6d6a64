/**
 * BtShared: what all parts of one connection's b-tree storey share. It knows the page geometry,
 * fetches pages in their parsed form, makes them writable, and keeps the register of open cursors.
 *
 * Invariants:
 *  1. Whoever gets a page or MemPage from here owns one pin and gives it back with `release`.
 *  2. `write` moves the caller's pin to the private version: the argument is dead afterwards.
 *  3. A page whose role is not (or no longer) that of a b-tree page has `aux` null.
 *  4. `nPage` is the size of the database as header and file together say (file format §1.3.7).
 */
import type { Page, Pager } from '../pager/types.ts';
import { corrupt } from '../values/errors.ts';
import { get4, put4 } from './bytes.ts';
import { CellList } from './cell-list.ts';
import { Geometry } from './geometry.ts';
import { MemPage } from './page.ts';

/** The byte that locks live on; its page is never used (file format §1.4). */
export const PENDING_BYTE = 0x40000000;
export const MAX_DEPTH = 20;
/** Groups that may stay when their last cursor is closed. */
const KEPT_GROUPS = 64;

/** What the register of cursors needs to know of a cursor. */
export interface RegisteredCursor {
  /** Saves the key if it stands on a row, and lets go of all pages. */
  savePosition(): void;
  trip(code: 'SQLITE_ABORT_ROLLBACK'): void;
  readonly writable: boolean;
  /** Whether the page is on the cursor's way from the root, or the root itself. */
  onPath(pgno: number): boolean;
  close(): void;
}

/** The open cursors of one tree. */
export interface CursorGroup {
  readonly root: number;
  readonly cursors: RegisteredCursor[];
}

export class BtShared {
  geo: Geometry;
  pageSize = 0;
  usableSize = 0;
  /** The lock-byte page. */
  pendingPage = 0;

  nPage = 0;
  /** True when the file has pointer-map pages. */
  autoVacuum = false;
  /** True when vacuum is done on request only. */
  incrVacuum = false;
  /** The file is to be cut to nPage at commit. */
  truncate = false;

  /** By root; a group may be empty, kept for the cursors to come. */
  readonly groups = new Map<number, CursorGroup>();
  /** Open cursors in all groups. */
  openCursors = 0;
  /** The cursor whose change is under way; pages on its path must not be allocated. */
  active: RegisteredCursor | null = null;
  /** Pages freed in this transaction that had content before it, one bit a page. */
  private freed: Uint8Array | null = null;
  private cellBuffer: Uint8Array = new Uint8Array(0);
  /** The cells of siblings while they are balanced. */
  readonly cells = new CellList();

  constructor(
    readonly pager: Pager,
    private readonly pendingByte: number,
  ) {
    this.geo = new Geometry(0, 0);
    this.takeGeometry();
  }

  /** Takes over page size and reserved bytes of the pager. */
  takeGeometry(): void {
    const { pageSize, usableSize } = this.pager;
    if (pageSize === this.geo.pageSize && usableSize === this.geo.usableSize) return;
    const geo = new Geometry(pageSize, usableSize);
    geo.secureDelete = this.geo.secureDelete;
    geo.cellSizeCheck = this.geo.cellSizeCheck;
    this.geo = geo;
    this.pageSize = pageSize;
    this.usableSize = usableSize;
    this.pendingPage = this.pendingByte / pageSize + 1;
  }

  // -- pages -----------------------------------------------------------------------------------

  /** Any page as raw bytes. */
  getPage(pgno: number): Page {
    if (pgno < 1 || pgno > this.nPage) throw corrupt('page number');
    return this.pager.get(pgno);
  }

  release(p: Page | MemPage): void {
    this.pager.unpin(p instanceof MemPage ? p.page : p);
  }

  /** A b-tree page, parsed. */
  getMem(pgno: number): MemPage {
    if (pgno < 1 || pgno > this.nPage) throw corrupt('page number');
    const page = this.pager.get(pgno);
    const mem = page.aux as MemPage | null;
    if (mem !== null) return mem;
    return this.parse(page);
  }

  /** Parses a pinned page; on damage the pin is given back. */
  private parse(page: Page): MemPage {
    const mem = new MemPage(this.geo, page);
    try {
      mem.init();
    } catch (e) {
      this.pager.unpin(page);
      throw e;
    }
    page.aux = mem;
    return mem;
  }

  /** A page that is about to become an empty b-tree page of the kind `flags`; writable. */
  asEmpty(page: Page, flags: number): MemPage {
    const mem = new MemPage(this.geo, page);
    mem.zero(flags);
    page.aux = mem;
    return mem;
  }

  /** The private version of a raw page; moves the pin (on failure it stays). */
  writeRaw(page: Page): Page {
    if (page.writable) return this.privatize(page);
    // The holder may have fetched it before somebody else's write of the same transaction.
    const now = this.pager.get(page.pgno);
    let q: Page;
    try {
      q = this.privatize(now);
    } catch (e) {
      this.pager.unpin(now);
      throw e;
    }
    this.pager.unpin(page);
    return q;
  }

  /** A page for new content, writable; its old content is not read when `noContent`. */
  freshPage(pgno: number, noContent: boolean): Page {
    const page = this.pager.get(pgno, noContent);
    try {
      return this.privatize(page);
    } catch (e) {
      this.pager.unpin(page);
      throw e;
    }
  }

  /** makeWritable with one pin before and one after. `page` is the newest version. */
  private privatize(page: Page): Page {
    const q = this.pager.makeWritable(page);
    this.pager.unpin(page);
    return q;
  }

  /** The private version of a b-tree page; moves the pin. */
  write(mem: MemPage): MemPage {
    const page = this.writeRaw(mem.page);
    const now = page.aux as MemPage | null;
    if (now !== null) return now;
    if (page !== mem.page) return this.parse(page);
    page.aux = mem;
    return mem;
  }

  // -- header of page 1 ------------------------------------------------------------------------

  headerGet4(offset: number): number {
    const p = this.getPage(1);
    const v = get4(p.data, offset);
    this.release(p);
    return v;
  }

  headerPut4(offset: number, value: number): void {
    const p = this.writeRaw(this.getPage(1));
    put4(p.data, offset, value);
    this.release(p);
  }

  // -- pages freed in this transaction ---------------------------------------------------------

  markFreed(pgno: number): void {
    const byte = pgno >>> 3;
    if (this.freed === null || byte >= this.freed.length) {
      const grown = new Uint8Array(Math.max((this.nPage >>> 3) + 64, byte + 1));
      if (this.freed !== null) grown.set(this.freed);
      this.freed = grown;
    }
    this.freed[byte] = this.freed[byte]! | (1 << (pgno & 7));
  }

  wasFreed(pgno: number): boolean {
    const byte = pgno >>> 3;
    return (
      this.freed !== null &&
      byte < this.freed.length &&
      (this.freed[byte]! & (1 << (pgno & 7))) !== 0
    );
  }

  forgetFreed(): void {
    this.freed = null;
  }

  // -- cursors ---------------------------------------------------------------------------------

  register(root: number, cursor: RegisteredCursor): CursorGroup {
    let group = this.groups.get(root);
    if (group === undefined) {
      group = { root, cursors: [] };
      this.groups.set(root, group);
    }
    group.cursors.push(cursor);
    this.openCursors++;
    return group;
  }

  unregister(group: CursorGroup, cursor: RegisteredCursor): void {
    const { cursors } = group;
    const last = cursors.length - 1;
    if (cursors[last] === cursor) cursors.pop();
    else {
      const i = cursors.indexOf(cursor);
      if (i < 0) return;
      cursors.splice(i, 1);
    }
    this.openCursors--;
    if (last === 0 && this.groups.size > KEPT_GROUPS) this.groups.delete(group.root);
  }

  /** Saves the cursors of the tree at `root` (0: of all trees), except one. */
  saveCursors(root: number, except: RegisteredCursor | null): void {
    if (root !== 0) {
      const group = this.groups.get(root);
      if (group !== undefined) for (const c of group.cursors) if (c !== except) c.savePosition();
      return;
    }
    for (const group of this.groups.values()) {
      for (const c of group.cursors) if (c !== except) c.savePosition();
    }
  }

  // -- scratch memory (used within one call, never across user code) ----------------------------

  /** One page: a cell under construction. */
  cellScratch(): Uint8Array {
    if (this.cellBuffer.length !== this.pageSize) this.cellBuffer = new Uint8Array(this.pageSize);
    return this.cellBuffer;
  }
}
