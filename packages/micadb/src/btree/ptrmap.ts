/**
 * Pointer-map pages of auto-vacuum databases (file format §1.8): for each page a type byte and the
 * page that refers to it. Page 2 is the first such page; each is followed by the pages it describes.
 */
import { corrupt } from '../values/errors.ts';
import { get4, put4 } from './bytes.ts';
import type { MemPage } from './page.ts';
import type { BtShared } from './shared.ts';

export enum Ptrmap {
  RootPage = 1,
  FreePage = 2,
  /** First page of an overflow chain; parent is the page with the cell. */
  Overflow1 = 3,
  /** Other pages of a chain; parent is the page before it. */
  Overflow2 = 4,
  /** A b-tree page that is not a root; parent is its parent. */
  Btree = 5,
}

export interface PtrmapEntry {
  readonly type: number;
  readonly parent: number;
}

/** The pointer-map page that describes `pgno`. */
export function ptrmapPageOf(bt: BtShared, pgno: number): number {
  if (pgno < 2) return 0;
  const span = Math.floor(bt.usableSize / 5) + 1;
  const map = Math.floor((pgno - 2) / span) * span + 2;
  return map === bt.pendingPage ? map + 1 : map;
}

export function isPtrmapPage(bt: BtShared, pgno: number): boolean {
  return ptrmapPageOf(bt, pgno) === pgno;
}

/** Enters type and parent of `pgno`; nothing is written when they are there already. */
export function ptrmapPut(bt: BtShared, pgno: number, type: Ptrmap, parent: number): void {
  if (pgno === 0) throw corrupt('pointer map of page 0');
  const map = ptrmapPageOf(bt, pgno);
  const offset = 5 * (pgno - map - 1);
  if (offset < 0 || offset > bt.usableSize - 5) throw corrupt('pointer map key');
  let page = bt.getPage(map);
  if (page.data[offset] !== type || get4(page.data, offset + 1) !== parent) {
    if (page.aux !== null) {
      bt.release(page);
      throw corrupt('pointer map page in use as b-tree page');
    }
    page = bt.writeRaw(page);
    page.data[offset] = type;
    put4(page.data, offset + 1, parent);
  }
  bt.release(page);
}

export function ptrmapGet(bt: BtShared, pgno: number): PtrmapEntry {
  const map = ptrmapPageOf(bt, pgno);
  const offset = 5 * (pgno - map - 1);
  if (offset < 0 || offset > bt.usableSize - 5) throw corrupt('pointer map key');
  const page = bt.getPage(map);
  const type = page.data[offset]!;
  const parent = get4(page.data, offset + 1);
  bt.release(page);
  if (type < 1 || type > 5) throw corrupt('pointer map type');
  return { type, parent };
}

/** Enters the overflow chain of the cell at `off`, if it has one. */
export function ptrmapPutOverflow(bt: BtShared, mem: MemPage, off: number): void {
  const pgno = mem.cellOverflow(off);
  if (pgno !== 0) ptrmapPut(bt, pgno, Ptrmap.Overflow1, mem.pgno);
}

/** Enters all children and overflow chains of a page that got a new number or new cells. */
export function ptrmapPutChildren(bt: BtShared, mem: MemPage): void {
  for (let i = 0; i < mem.nCell; i++) {
    const off = mem.cell(i);
    ptrmapPutOverflow(bt, mem, off);
    if (!mem.leaf) ptrmapPut(bt, get4(mem.data, off), Ptrmap.Btree, mem.pgno);
  }
  if (!mem.leaf) ptrmapPut(bt, mem.rightChild, Ptrmap.Btree, mem.pgno);
}
