/**
 * Operations on whole trees: create, clear, drop. All cursors of the tree are saved by the caller.
 */
import { corrupt } from '../values/errors.ts';
import { Allocate, allocatePage, freePage } from './freelist.ts';
import { metaOffset } from './header.ts';
import { freeOverflow } from './overflow.ts';
import { CellInfo, INDEX_LEAF, PTF_LEAF, TABLE_LEAF } from './page.ts';
import { Ptrmap, ptrmapGet, ptrmapPut } from './ptrmap.ts';
import { type BtShared, MAX_DEPTH } from './shared.ts';
import { Meta } from './types.ts';
import { isReservedPage, relocatePage } from './vacuum.ts';

/** Makes an empty tree. In auto-vacuum databases roots stand together at the front of the file. */
export function createTree(bt: BtShared, intKey: boolean): number {
  const flags = intKey ? TABLE_LEAF : INDEX_LEAF;
  if (!bt.autoVacuum) {
    const root = bt.asEmpty(allocatePage(bt, 1), flags);
    bt.release(root);
    return root.pgno;
  }
  let pgno = bt.headerGet4(metaOffset(Meta.LargestRootPage));
  if (pgno > bt.nPage) throw corrupt('largest root page');
  do {
    pgno++;
  } while (isReservedPage(bt, pgno));
  let page = allocatePage(bt, pgno, Allocate.Exact);
  if (page.pgno !== pgno) {
    // The place is taken: its page moves to the one just allocated.
    const to = page.pgno;
    bt.release(page);
    bt.saveCursors(0, null);
    const { type, parent } = ptrmapGet(bt, pgno);
    if (type === Ptrmap.RootPage || type === Ptrmap.FreePage) throw corrupt('root page');
    relocatePage(bt, pgno, type, parent, to);
    page = bt.writeRaw(bt.getPage(pgno));
  }
  bt.release(bt.asEmpty(page, flags));
  ptrmapPut(bt, pgno, Ptrmap.RootPage, 0);
  bt.headerPut4(metaOffset(Meta.LargestRootPage), pgno);
  return pgno;
}

/** Removes all entries; how many there were. */
export function clearTree(bt: BtShared, root: number): number {
  return clearPage(bt, root, 0, { visited: 0 });
}

/** Clears the pages below `pgno`, frees them, and empties or (below the root) frees the page. */
function clearPage(bt: BtShared, pgno: number, depth: number, walk: { visited: number }): number {
  if (depth >= MAX_DEPTH) throw corrupt('tree too deep');
  if (++walk.visited > bt.nPage) throw corrupt('page reached twice');
  const mem = bt.getMem(pgno);
  let n = 0;
  try {
    const info = new CellInfo();
    for (let i = 0; i < mem.nCell; i++) {
      const off = mem.cell(i);
      if (!mem.leaf) n += clearPage(bt, mem.child(i), depth + 1, walk);
      mem.parseCell(off, info);
      freeOverflow(bt, mem, off, info);
    }
    if (!mem.leaf) n += clearPage(bt, mem.rightChild, depth + 1, walk);
    if (mem.leaf || !mem.intKey) n += mem.nCell;
    if (depth > 0) freePage(bt, pgno, mem.page);
  } finally {
    bt.release(mem);
  }
  if (depth === 0) {
    const root = bt.write(bt.getMem(pgno));
    try {
      root.zero(root.data[root.hdr]! | PTF_LEAF);
    } finally {
      bt.release(root);
    }
  }
  return n;
}

/** Removes a tree. Returns the root that moved to its page, 0 when none did. */
export function dropTree(bt: BtShared, root: number): number {
  if (root < 2 || root > bt.nPage) throw corrupt('root page');
  clearTree(bt, root);
  if (!bt.autoVacuum) {
    freePage(bt, root, null);
    return 0;
  }
  let largest = bt.headerGet4(metaOffset(Meta.LargestRootPage));
  if (largest < root || largest > bt.nPage) throw corrupt('largest root page');
  let moved = 0;
  if (root !== largest) {
    bt.saveCursors(0, null);
    relocatePage(bt, largest, Ptrmap.RootPage, 0, root);
    moved = largest;
  }
  freePage(bt, largest, null);
  do {
    largest--;
  } while (largest > 1 && isReservedPage(bt, largest));
  bt.headerPut4(metaOffset(Meta.LargestRootPage), largest);
  return moved;
}
