/**
 * PRAGMA integrity_check below the tables: every page is reached exactly once, cells are in order
 * and in bounds, no byte of a page has two uses, freelist, overflow chains and pointer map agree.
 * Messages, their order and their prefixes are SQLite's.
 *
 * Nothing found here is an exception: damage becomes a message, and the walk goes on elsewhere.
 * Memory is a bit per page and the cells of one page per level.
 */
import type { Page } from '../pager/types.ts';
import { SqliteError } from '../values/errors.ts';
import type { Int } from '../values/value.ts';
import { get2, get2NotZero, get4, readRowid } from './bytes.ts';
import { metaOffset } from './header.ts';
import { CellInfo, MemPage } from './page.ts';
import { isPtrmapPage, Ptrmap, ptrmapGet } from './ptrmap.ts';
import { type BtShared, MAX_DEPTH } from './shared.ts';
import { Meta } from './types.ts';

const MAX_ROWID = 9223372036854775807n;
/** Deeper than any cursor goes; a chain of damaged pages must not exhaust the stack. */
const MAX_CHECK_DEPTH = 2 * MAX_DEPTH;

export function checkIntegrity(
  bt: BtShared,
  roots: readonly number[],
  maxErrors: number,
  counts: Int[],
): string[] {
  // Cells out of place are for the check to report, not for the reading of their page to refuse.
  const { geo } = bt;
  const { cellSizeCheck } = geo;
  geo.cellSizeCheck = false;
  try {
    return new Checker(bt, maxErrors).run(roots, counts);
  } finally {
    geo.cellSizeCheck = cellSizeCheck;
  }
}

class Checker {
  private readonly messages: string[] = [];
  private readonly seen: Uint8Array;
  private readonly nPage: number;
  /** What is being looked at, for the beginning of a message; see `report`. */
  private prefix: 'none' | 'freelist' | 'page' | 'cell' | 'right' | 'tree' = 'none';
  private root = 0;
  private pgno = 0;
  private cellIndex = 0;
  private rows = 0;
  /** The smallest rowid of the subtree last checked. */
  private minKey: Int = 0;

  constructor(
    private readonly bt: BtShared,
    private maxErrors: number,
  ) {
    this.nPage = bt.nPage;
    this.seen = new Uint8Array((this.nPage >>> 3) + 1);
  }

  run(roots: readonly number[], counts: Int[]): string[] {
    const bt = this.bt;
    if (this.nPage === 0) {
      roots.forEach((_, i) => {
        counts[i] = 0;
      });
      return this.messages;
    }
    const partial = roots[0] === 0;
    if (bt.pendingPage <= this.nPage) this.mark(bt.pendingPage);
    if (!partial || roots[1] === 1) {
      this.prefix = 'freelist';
      this.checkChain(true, bt.headerGet4(32), bt.headerGet4(36));
      this.prefix = 'none';
    }
    if (!partial) {
      const inHeader = bt.headerGet4(metaOffset(Meta.LargestRootPage));
      if (bt.autoVacuum) {
        let max = 0;
        for (const r of roots) if (r > max) max = r;
        if (max !== inHeader) {
          this.report(`max rootpage (${max}) disagrees with header (${inHeader})`);
        }
      } else if (bt.headerGet4(metaOffset(Meta.IncrVacuum)) !== 0) {
        this.report('incremental_vacuum enabled with a max rootpage of zero');
      }
    }
    for (let i = 0; i < roots.length && this.maxErrors > 0; i++) {
      const root = roots[i]!;
      this.rows = 0;
      if (root !== 0) {
        this.root = root;
        if (bt.autoVacuum && root > 1 && !partial) this.checkPtrmap(root, Ptrmap.RootPage, 0);
        this.prefix = 'tree';
        this.checkTree(root, MAX_ROWID, 0);
        this.prefix = 'none';
      }
      counts[i] = this.rows;
    }
    if (!partial) {
      for (let pgno = 1; pgno <= this.nPage && this.maxErrors > 0; pgno++) {
        const isMap = bt.autoVacuum && isPtrmapPage(bt, pgno);
        if (!this.isMarked(pgno)) {
          if (!isMap) this.report(`Page ${pgno}: never used`);
        } else if (isMap) {
          this.report(`Page ${pgno}: pointer map referenced`);
        }
      }
    }
    return this.messages;
  }

  private report(text: string): void {
    if (this.maxErrors <= 0) return;
    this.maxErrors--;
    this.messages.push(this.where() + text);
  }

  private where(): string {
    switch (this.prefix) {
      case 'none':
      case 'tree':
        return '';
      case 'freelist':
        return 'Freelist: ';
      case 'page':
        return `Tree ${this.root} page ${this.pgno}: `;
      case 'cell':
        return `Tree ${this.root} page ${this.pgno} cell ${this.cellIndex}: `;
      case 'right':
        return `Tree ${this.root} page ${this.pgno} right child: `;
    }
  }

  private isMarked(pgno: number): boolean {
    return (this.seen[pgno >>> 3]! & (1 << (pgno & 7))) !== 0;
  }

  private mark(pgno: number): void {
    this.seen[pgno >>> 3] = this.seen[pgno >>> 3]! | (1 << (pgno & 7));
  }

  /** Notes a reference to a page; true when that is an error. */
  private refers(pgno: number): boolean {
    if (pgno < 1 || pgno > this.nPage) {
      this.report(`invalid page number ${pgno}`);
      return true;
    }
    if (this.isMarked(pgno)) {
      this.report(`2nd reference to page ${pgno}`);
      return true;
    }
    this.mark(pgno);
    return false;
  }

  private checkPtrmap(pgno: number, type: number, parent: number): void {
    try {
      const e = ptrmapGet(this.bt, pgno);
      if (e.type !== type || e.parent !== parent) {
        this.report(
          `Bad ptr map entry key=${pgno} expected=(${type},${parent}) got=(${e.type},${e.parent})`,
        );
      }
    } catch (e) {
      errorCode(e);
      this.report(`Failed to read ptrmap key=${pgno}`);
    }
  }

  /** Walks the freelist, or an overflow chain, that should have `expected` pages. */
  private checkChain(isFreelist: boolean, pgno: number, expected: number): void {
    const bt = this.bt;
    const before = this.messages.length;
    let left = expected;
    while (pgno !== 0 && this.maxErrors > 0) {
      if (this.refers(pgno)) break;
      left--;
      let page: Page;
      try {
        page = bt.getPage(pgno);
      } catch (e) {
        errorCode(e);
        this.report(`failed to get page ${pgno}`);
        break;
      }
      const d = page.data;
      if (isFreelist) {
        const n = get4(d, 4);
        if (bt.autoVacuum) this.checkPtrmap(pgno, Ptrmap.FreePage, 0);
        if (n > Math.floor(bt.usableSize / 4) - 2) {
          this.report(`freelist leaf count too big on page ${pgno}`);
          left--;
        } else {
          for (let i = 0; i < n; i++) {
            const leaf = get4(d, 8 + i * 4);
            if (bt.autoVacuum) this.checkPtrmap(leaf, Ptrmap.FreePage, 0);
            this.refers(leaf);
          }
          left -= n;
        }
      } else if (bt.autoVacuum && left !== 0) {
        // Past the expected end, too: SQLite counts down in an unsigned number.
        this.checkPtrmap(get4(d, 0), Ptrmap.Overflow2, pgno);
      }
      pgno = get4(d, 0);
      bt.release(page);
    }
    if (left !== 0 && this.messages.length === before) {
      const what = isFreelist ? 'size' : 'overflow list length';
      this.report(`${what} is ${(expected - left) >>> 0} but should be ${expected}`);
    }
  }

  /**
   * Checks the page and all below it; rowids must not exceed `maxKey`. Returns the height of the
   * tree, 0 for a leaf (and for what cannot be looked at), and leaves the smallest rowid in `minKey`.
   */
  private checkTree(pgno: number, maxKey: Int, level: number): number {
    this.minKey = maxKey;
    if (this.maxErrors <= 0) return 0;
    if (pgno === 0) return 0;
    if (this.refers(pgno)) return 0;
    if (level > MAX_CHECK_DEPTH) {
      this.report('tree is too deep');
      return 0;
    }
    const saved = { prefix: this.prefix, pgno: this.pgno, cellIndex: this.cellIndex };
    this.prefix = 'page';
    this.pgno = pgno;
    let mem: MemPage | null = null;
    try {
      mem = this.fetch(pgno);
      return mem === null ? 0 : this.checkPage(mem, maxKey, level);
    } finally {
      if (mem !== null) this.bt.release(mem);
      this.prefix = saved.prefix;
      this.pgno = saved.pgno;
      this.cellIndex = saved.cellIndex;
    }
  }

  /** The page, pinned and parsed afresh: what others know of it shall not hide anything. */
  private fetch(pgno: number): MemPage | null {
    const bt = this.bt;
    let page: Page;
    try {
      page = bt.getPage(pgno);
    } catch (e) {
      this.report(`unable to get the page. error code=${errorCode(e)}`);
      return null;
    }
    const mem = new MemPage(bt.geo, page);
    try {
      mem.init();
    } catch (e) {
      this.report(`btreeInitPage() returns error code ${errorCode(e)}`);
      bt.release(page);
      return null;
    }
    try {
      mem.needFree();
    } catch (e) {
      errorCode(e);
      this.report('free space corruption');
      bt.release(page);
      return null;
    }
    return mem;
  }

  private checkPage(mem: MemPage, limit: Int, level: number): number {
    const { bt } = this;
    const { data: d, pgno, leaf, intKey, nCell } = mem;
    const usable = bt.usableSize;
    let maxKey = limit;
    let equalAllowed = true;
    let depth = -1;
    let coverage = true;
    this.prefix = 'cell';
    const contentStart = get2NotZero(d, mem.hdr + 5);
    if (leaf || !intKey) this.rows += nCell;
    if (!leaf) {
      const right = mem.rightChild;
      if (bt.autoVacuum) {
        this.prefix = 'right';
        this.checkPtrmap(right, Ptrmap.Btree, pgno);
      }
      depth = this.checkTree(right, maxKey, level + 1);
      maxKey = this.minKey;
      equalAllowed = false;
    }
    const used: number[] = []; // start * 65536 + last byte, of each cell
    const info = new CellInfo();
    for (let i = nCell - 1; i >= 0 && this.maxErrors > 0; i--) {
      this.cellIndex = i;
      const pc = get2(d, mem.cellOffset + 2 * i);
      if (pc < contentStart || pc > usable - 4) {
        this.report(`Offset ${pc} out of range ${contentStart}..${usable - 4}`);
        coverage = false;
        continue;
      }
      mem.parseCell(pc, info);
      if (pc + info.cellSize > usable) {
        this.report('Extends off end of page');
        coverage = false;
        continue;
      }
      if (intKey) {
        const key = readRowid(d, info.keyOffset);
        if (equalAllowed ? key > maxKey : key >= maxKey) this.report(`Rowid ${key} out of order`);
        maxKey = key;
        equalAllowed = false;
      }
      if (info.size > info.local) {
        const pages = Math.floor(((info.size - info.local + usable - 5) >>> 0) / (usable - 4));
        const first = get4(d, pc + info.cellSize - 4);
        if (bt.autoVacuum) this.checkPtrmap(first, Ptrmap.Overflow1, pgno);
        this.checkChain(false, first, pages);
      }
      if (!leaf) {
        const child = get4(d, pc);
        if (bt.autoVacuum) this.checkPtrmap(child, Ptrmap.Btree, pgno);
        const childDepth = this.checkTree(child, maxKey, level + 1);
        maxKey = this.minKey;
        equalAllowed = false;
        if (childDepth !== depth) {
          this.report('Child page depth differs');
          depth = childDepth;
        }
      }
      used.push(pc * 65536 + pc + info.cellSize - 1);
    }
    this.minKey = maxKey;
    this.prefix = 'none';
    if (coverage && this.maxErrors > 0) this.checkCoverage(mem, contentStart, used);
    return depth + 1;
  }

  /** No byte of the content area belongs to two things; what belongs to none is a fragment. */
  private checkCoverage(mem: MemPage, contentStart: number, used: number[]): void {
    const d = mem.data;
    for (let i = get2(d, mem.hdr + 1); i > 0; i = get2(d, i)) {
      used.push(i * 65536 + i + get2(d, i + 2) - 1);
    }
    used.sort((a, b) => a - b);
    let last = contentStart - 1;
    let fragments = 0;
    for (let k = 0; k < used.length; k++) {
      const start = Math.floor(used[k]! / 65536);
      if (last >= start) {
        this.report(`Multiple uses for byte ${start} of page ${mem.pgno}`);
        if (k < used.length - 1) return;
        break;
      }
      fragments += start - last - 1;
      last = used[k]! % 65536;
    }
    fragments += this.bt.usableSize - last - 1;
    if (fragments !== d[mem.hdr + 7]) {
      this.report(
        `Fragmentation of ${fragments} bytes reported as ${d[mem.hdr + 7]} on page ${mem.pgno}`,
      );
    }
  }
}

/** The primary code of an engine error; anything else goes on up. */
function errorCode(e: unknown): number {
  if (!(e instanceof SqliteError)) throw e;
  return e.errcode & 0xff;
}
