/**
 * Auto-vacuum: moving pages towards the front so that the file can be cut (file format §1.8).
 *
 * Invariant: all cursors are saved before a page moves, and after a move the pointer map, the page
 * that referred to the moved one, and the pages that the moved one refers to agree again.
 */
import { corrupt } from '../values/errors.ts';
import { get4, put4 } from './bytes.ts';
import { Allocate, allocatePage } from './freelist.ts';
import { PAGE_COUNT } from './header.ts';
import { CellInfo } from './page.ts';
import {
  isPtrmapPage,
  Ptrmap,
  ptrmapGet,
  ptrmapPageOf,
  ptrmapPut,
  ptrmapPutChildren,
} from './ptrmap.ts';
import type { BtShared } from './shared.ts';

const FIRST_TRUNK = 32;
const FREE_COUNT = 36;

/** True for page numbers that never hold content of a tree. */
export function isReservedPage(bt: BtShared, pgno: number): boolean {
  return pgno === bt.pendingPage || isPtrmapPage(bt, pgno);
}

/** Moves the content of page `from`, of the given type and parent, to page `to`. */
export function relocatePage(
  bt: BtShared,
  from: number,
  type: number,
  parent: number,
  to: number,
): void {
  if (from < 3 || to < 3) throw corrupt('page cannot move');
  const dst = bt.writeRaw(bt.getPage(to));
  dst.aux = null;
  try {
    const src = bt.getPage(from);
    dst.data.set(src.data);
    bt.release(src);
  } catch (e) {
    bt.release(dst);
    throw e;
  }
  const next = get4(dst.data, 0);
  bt.release(dst);

  if (type === Ptrmap.Btree || type === Ptrmap.RootPage) {
    const mem = bt.getMem(to);
    try {
      ptrmapPutChildren(bt, mem);
    } finally {
      bt.release(mem);
    }
  } else if (next !== 0) {
    ptrmapPut(bt, next, Ptrmap.Overflow2, to);
  }
  if (type !== Ptrmap.RootPage) {
    redirect(bt, parent, from, to, type);
    ptrmapPut(bt, to, type, parent);
  }
}

/** Finds the pointer to page `from` on page `holder` and makes it point to `to`. */
function redirect(bt: BtShared, holder: number, from: number, to: number, type: number): void {
  if (type === Ptrmap.Overflow2) {
    const page = bt.writeRaw(bt.getPage(holder));
    const found = get4(page.data, 0) === from;
    if (found) {
      page.aux = null;
      put4(page.data, 0, to);
    }
    bt.release(page);
    if (!found) throw corrupt('overflow chain');
    return;
  }
  const mem = bt.write(bt.getMem(holder));
  try {
    const info = new CellInfo();
    for (let i = 0; i < mem.nCell; i++) {
      const off = mem.cell(i);
      let at = off;
      if (type === Ptrmap.Overflow1) {
        mem.parseCell(off, info);
        if (info.local >= info.size) continue;
        at = off + info.cellSize - 4;
      } else if (mem.leaf) {
        break;
      }
      if (at + 4 > bt.usableSize) throw corrupt('cell end');
      if (get4(mem.data, at) === from) {
        put4(mem.data, at, to);
        return;
      }
    }
    if (type !== Ptrmap.Btree || mem.leaf || mem.rightChild !== from) throw corrupt('no pointer');
    put4(mem.data, mem.hdr + 8, to);
  } finally {
    bt.release(mem);
  }
}

/** Size of the database when `nFree` of `nOrig` pages are gone, and pointer maps with them. */
function finalPageCount(bt: BtShared, nOrig: number, nFree: number): number {
  const perMap = Math.floor(bt.usableSize / 5);
  const maps = Math.floor((nFree - nOrig + ptrmapPageOf(bt, nOrig) + perMap) / perMap);
  let n = nOrig - nFree - maps;
  if (nOrig > bt.pendingPage && n < bt.pendingPage) n--;
  while (n > 0 && isReservedPage(bt, n)) n--;
  return n;
}

/**
 * Clears the last page of the file: a free one leaves the freelist, another moves to a free page.
 * During commit the freelist is dropped as a whole, so free pages need not leave it one by one.
 */
function vacuumStep(bt: BtShared, nFin: number, last: number, committing: boolean): void {
  if (!isReservedPage(bt, last)) {
    if (bt.headerGet4(FREE_COUNT) === 0) return;
    const { type, parent } = ptrmapGet(bt, last);
    if (type === Ptrmap.RootPage) throw corrupt('root page at the end');
    if (type === Ptrmap.FreePage) {
      if (!committing) {
        const page = allocatePage(bt, last, Allocate.Exact);
        const pgno = page.pgno;
        bt.release(page);
        if (pgno !== last) throw corrupt('free page');
      }
    } else {
      let target: number;
      do {
        const size = bt.nPage;
        const page = committing
          ? allocatePage(bt, 0)
          : allocatePage(bt, nFin, Allocate.LessOrEqual);
        target = page.pgno;
        bt.release(page);
        if (target > size) throw corrupt('free page');
      } while (committing && target > nFin);
      relocatePage(bt, last, type, parent, target);
    }
  }
  if (!committing) {
    let n = last - 1;
    while (n > 0 && isReservedPage(bt, n)) n--;
    bt.truncate = true;
    bt.nPage = n;
  }
}

/** Before a commit in auto_vacuum=full: empties the freelist and shortens the file. */
export function vacuumAtCommit(bt: BtShared): void {
  const nOrig = bt.nPage;
  if (isReservedPage(bt, nOrig)) throw corrupt('last page');
  const nFree = bt.headerGet4(FREE_COUNT);
  if (nFree === 0) return;
  const nFin = finalPageCount(bt, nOrig, nFree);
  if (nFin > nOrig || nFin < 1) throw corrupt('freelist count');
  if (nFin < nOrig) bt.saveCursors(0, null);
  for (let last = nOrig; last > nFin; last--) vacuumStep(bt, nFin, last, true);
  bt.headerPut4(FIRST_TRUNK, 0);
  bt.headerPut4(FREE_COUNT, 0);
  bt.headerPut4(PAGE_COUNT, nFin);
  bt.truncate = true;
  bt.nPage = nFin;
}

/** PRAGMA incremental_vacuum, one page; false when the freelist is empty. */
export function incrementalStep(bt: BtShared): boolean {
  const nOrig = bt.nPage;
  const nFree = nOrig === 0 ? 0 : bt.headerGet4(FREE_COUNT);
  if (nOrig > 0 && nFree >= nOrig) throw corrupt('freelist count');
  if (nFree === 0) return false;
  const nFin = finalPageCount(bt, nOrig, nFree);
  if (nFin > nOrig || nFin < 1) throw corrupt('freelist count');
  bt.saveCursors(0, null);
  vacuumStep(bt, nFin, nOrig, false);
  bt.headerPut4(PAGE_COUNT, bt.nPage);
  return true;
}
