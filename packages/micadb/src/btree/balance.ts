/**
 * Balancing: what happens after a page got too full or too empty. The ways are SQLite's, so that
 * files come out as dense and as ordered as SQLite's own:
 *
 *   quick     a leaf at the right edge overflows by a cell at its end: that cell alone starts a new leaf,
 *             the old one stays full (ascending inserts). SQLite does so in tables only; in indexes it
 *             costs a cell a leaf, too much for a bulk load on small pages.
 *   deeper    the root overflows: its content moves to a new child.
 *   nonroot   up to three siblings and the dividers between them are joined and cut anew into up to
 *             five pages: first packed to the left, then evened out from the right.
 *   shallower the root has a single child whose cells fit in the root: they move up.
 *
 * Invariants:
 *  1. `stack.page` and all its ancestors that change are private versions when this returns, and
 *     `stack` refers to them.
 *  2. Cells keep their order; no key is compared here, and no user code runs.
 */

import { corrupt } from '../values/errors.ts';
import { varintLen } from '../values/varint.ts';
import { copyBytes, get4, put2, put4 } from './bytes.ts';
import type { CellList } from './cell-list.ts';
import { allocatePage, freePage } from './freelist.ts';
import { CellInfo, type MemPage, PTF_LEAF } from './page.ts';
import { Ptrmap, ptrmapPut, ptrmapPutChildren, ptrmapPutOverflow } from './ptrmap.ts';
import type { BtShared } from './shared.ts';

/** A cursor's way from the root: pages[0 .. iPage-1] are the ancestors of `page`. */
export interface PageStack {
  readonly pages: MemPage[];
  readonly ixs: Int32Array;
  iPage: number;
  page: MemPage | null;
  ix: number;
  /** Rows come in ascending order and nobody will insert between them soon: pack pages full. */
  readonly bulkLoad: boolean;
}

/** Siblings that are balanced together, and the most pages they may become. */
const SIBLINGS = 3;
const MAX_NEW = SIBLINGS + 2;
/** See `packing`: how full leaves are, and the room of pages with cells enough for it to matter. */
const EARLY = 0.96;
const LARGE = 2048;

/**
 * Balances `stack.page` and then, as far as needed, its ancestors. `stack` ends at the last page
 * looked at. Returns true when a quick balance was all that was done: the new cell is then the
 * first of the right child of `stack.page`.
 */
export function balance(bt: BtShared, stack: PageStack): boolean {
  let quickOnly = false;
  for (;;) {
    const page = stack.page!;
    page.needFree();
    if (page.ovfl.length === 0 && page.nFree * 3 <= bt.usableSize * 2) return quickOnly;
    if (stack.iPage === 0) {
      if (page.ovfl.length === 0) return quickOnly;
      quickOnly = false;
      deeper(bt, stack);
      continue;
    }
    const depth = stack.iPage - 1;
    const parent = bt.write(stack.pages[depth]!);
    stack.pages[depth] = parent;
    parent.needFree();
    const at = stack.ixs[depth]!;
    if (
      page.leaf &&
      page.ovfl.length === 1 &&
      page.ovfl[0]!.index === page.nCell &&
      parent.pgno !== 1 &&
      parent.nCell === at &&
      (page.intKey ? page.nCell > 0 : page.nCell > 1 && (!stack.bulkLoad || bt.usableSize > LARGE))
    ) {
      quick(bt, parent, page);
      quickOnly = true;
    } else {
      nonroot(bt, stack, parent, at, depth === 0);
      quickOnly = false;
    }
    page.clearOverflowCells();
    bt.release(page);
    stack.iPage = depth;
    stack.page = parent;
    stack.ix = at;
  }
}

/** The overflow cell at the end of the rightmost leaf starts a new leaf. */
function quick(bt: BtShared, parent: MemPage, page: MemPage): void {
  const cell = page.ovfl[0]!.bytes;
  const fresh = bt.asEmpty(allocatePage(bt, 0), page.data[page.hdr]!);
  try {
    fresh.insertCell(0, cell, 0, cell.length, 0);
    if (bt.autoVacuum) {
      ptrmapPut(bt, fresh.pgno, Ptrmap.Btree, parent.pgno);
      ptrmapPutOverflow(bt, fresh, fresh.cell(0));
    }
    // The divider: the old leaf and its largest rowid, or its last cell.
    const info = new CellInfo();
    const last = page.nCell - 1;
    const off = page.cell(last);
    page.parseCell(off, info);
    const divider = bt.cellScratch();
    if (page.intKey) {
      const n = varintLen(page.data, info.keyOffset);
      copyBytes(divider, 4, page.data, info.keyOffset, n);
      parent.insertCell(parent.nCell, divider, 0, 4 + n, page.pgno);
    } else {
      const n = unpadded(page.data, off, info.cellSize);
      copyBytes(divider, 4, page.data, off, n);
      page.dropCell(last, info.cellSize);
      const at = parent.nCell;
      const inPlace = parent.insertCell(at, divider, 0, 4 + n, page.pgno);
      if (bt.autoVacuum && inPlace) ptrmapPutOverflow(bt, parent, parent.cell(at));
    }
    put4(parent.data, parent.hdr + 8, fresh.pgno);
  } finally {
    bt.release(fresh);
  }
}

/** A leaf's cell of an index without what pads it to four bytes: on interior pages it needs none. */
function unpadded(d: Uint8Array, off: number, size: number): number {
  return size === 4 && d[off]! < 3 ? 1 + d[off]! : size;
}

/** The root's content moves to a new page, its only child. */
function deeper(bt: BtShared, stack: PageStack): void {
  const root = bt.write(stack.page!);
  stack.page = root;
  const child = bt.asEmpty(allocatePage(bt, root.pgno), root.data[root.hdr]!);
  try {
    copyNode(bt, root, child);
    child.ovfl = root.ovfl;
    root.zero(child.data[child.hdr]! & ~PTF_LEAF);
    put4(root.data, root.hdr + 8, child.pgno);
    if (bt.autoVacuum) {
      ptrmapPut(bt, child.pgno, Ptrmap.Btree, root.pgno);
      ptrmapPutChildren(bt, child);
    }
  } catch (e) {
    bt.release(child);
    throw e;
  }
  stack.pages[0] = root;
  stack.ixs[0] = 0;
  stack.iPage = 1;
  stack.page = child;
}

/** Makes `to` (of another header offset, perhaps) a copy of `from`; cells stay where they are. */
function copyNode(bt: BtShared, from: MemPage, to: MemPage): void {
  const top = contentStart(from);
  if (top > bt.usableSize) throw corrupt('content area');
  copyBytes(to.data, top, from.data, top, bt.usableSize - top);
  copyBytes(to.data, to.hdr, from.data, from.hdr, from.cellOffset - from.hdr + 2 * from.nCell);
  to.init();
  to.needFree();
}

function contentStart(mem: MemPage): number {
  const v = (mem.data[mem.hdr + 5]! << 8) | mem.data[mem.hdr + 6]!;
  return v === 0 ? 65536 : v;
}

/** Joins `parent`'s child `at` with its neighbours and cuts them anew. */
function nonroot(
  bt: BtShared,
  stack: PageStack,
  parent: MemPage,
  at: number,
  isRoot: boolean,
): void {
  const bulk = stack.bulkLoad;
  // Which children: `first` is the first one's index, `old.length` - 1 dividers are between them.
  const keys = parent.nCell + parent.ovfl.length;
  let first = 0;
  let count = keys + 1;
  if (keys >= 2) {
    if (at === 0) first = 0;
    else if (at === keys) first = at - 2 + (bulk ? 1 : 0);
    else first = at - 1;
    count = bulk ? SIBLINGS - 1 : SIBLINGS;
  }

  const old: MemPage[] = [];
  const fresh: MemPage[] = [];
  try {
    for (let i = 0; i < count; i++) {
      const pgno = childOf(parent, first + i);
      for (const o of old) if (o.pgno === pgno) throw corrupt('sibling twice');
      if (pgno !== stack.page!.pgno && onStack(stack, pgno)) throw corrupt('sibling is ancestor');
      let mem = bt.getMem(pgno);
      mem = bt.write(mem);
      old.push(mem);
      mem.needFree();
      if (mem.leaf !== old[0]!.leaf || mem.intKey !== old[0]!.intKey) throw corrupt('page kinds');
    }
    distribute(bt, parent, first, old, fresh, bulk);

    const only = fresh[0]!;
    if (isRoot && parent.nCell === 0 && parent.ovfl.length === 0 && parent.hdr <= only.nFree) {
      // Shallower. The child was just rebuilt: its free space is in one piece.
      copyNode(bt, only, parent);
      if (bt.autoVacuum) ptrmapPutChildren(bt, parent);
      freePage(bt, only.pgno, only.page);
      only.page.aux = null;
    } else if (bt.autoVacuum) {
      for (const mem of fresh) {
        ptrmapPut(bt, mem.pgno, Ptrmap.Btree, parent.pgno);
        ptrmapPutChildren(bt, mem);
      }
    }
    for (const mem of old) {
      if (fresh.includes(mem)) continue;
      freePage(bt, mem.pgno, mem.page);
      mem.page.aux = null;
    }
  } finally {
    for (const mem of fresh) if (!old.includes(mem)) bt.release(mem);
    for (const mem of old) bt.release(mem);
  }
}

function onStack(stack: PageStack, pgno: number): boolean {
  for (let i = 0; i < stack.iPage; i++) if (stack.pages[i]!.pgno === pgno) return true;
  return false;
}

/** Child `i` of a page whose overflow cells count as cells. */
function childOf(parent: MemPage, i: number): number {
  let physical = i;
  for (const o of parent.ovfl) {
    if (o.index === i) return get4(o.bytes, 0);
    if (o.index < i) physical--;
  }
  return parent.child(physical);
}

/**
 * Takes the cells of `old` and their dividers, decides the cuts, and writes the pages; `fresh` gets
 * the pages in order, those of `old` that are still used among them.
 */
function distribute(
  bt: BtShared,
  parent: MemPage,
  first: number,
  old: readonly MemPage[],
  fresh: MemPage[],
  bulk: boolean,
): void {
  const leaf = old[0]!.leaf;
  // In table leaves rows are in leaves only, and a divider is a copy of a rowid.
  const leafData = leaf && old[0]!.intKey;
  const flags = old[0]!.data[old[0]!.hdr]!;
  const rightmost = leaf ? 0 : old[old.length - 1]!.rightChild;

  const list = gather(bt, parent, first, old);
  const { cells, ends } = list;
  const room = bt.usableSize - (leaf ? 8 : 12);
  const cuts = chooseCuts(cells, ends, room, leafData, bulk, leaf && !leafData);

  // Pages: the old ones first, then new ones near them; their numbers ascend with the keys.
  for (let i = 0; i < cuts.length; i++) {
    const reused = old[i];
    if (reused !== undefined) {
      fresh.push(reused);
      continue;
    }
    const nearby = bulk ? 1 : fresh[i - 1]!.pgno;
    const page = allocatePage(bt, nearby);
    const clash =
      page.pgno === parent.pgno ||
      old.some((o) => o.pgno === page.pgno) ||
      fresh.some((o) => o.pgno === page.pgno);
    if (clash) {
      bt.release(page);
      throw corrupt('page is free and in use');
    }
    fresh.push(bt.asEmpty(page, flags));
  }
  fresh.sort((a, b) => a.pgno - b.pgno);

  // The parent: old dividers out (gather did), the last child's number in, new dividers in.
  parent.setChild(first, fresh[fresh.length - 1]!.pgno);
  const divider = bt.cellScratch();
  for (let i = 0, start = 0; i < fresh.length; i++) {
    const mem = fresh[i]!;
    const end = cuts[i]!;
    writePage(bt, mem, flags, cells, start, end);
    const last = i === fresh.length - 1;
    if (!leaf) put4(mem.data, mem.hdr + 8, last ? rightmost : get4(cells.buf, cells.off[end]!));
    if (last) {
      if (end !== cells.n) throw corrupt('cells left over');
      break;
    }
    let size: number;
    if (leafData) {
      const info = new CellInfo();
      mem.parseCell(mem.cell(mem.nCell - 1), info);
      size = 4 + varintLen(mem.data, info.keyOffset);
      copyBytes(divider, 4, mem.data, info.keyOffset, size - 4);
      start = end;
    } else {
      const off = cells.off[end]!;
      if (leaf) {
        size = unpadded(cells.buf, off, cells.size[end]!);
        copyBytes(divider, 4, cells.buf, off, size);
        size += 4;
      } else {
        size = cells.size[end]!;
        copyBytes(divider, 0, cells.buf, off, size);
      }
      start = end + 1;
    }
    const inPlace = parent.insertCell(first + i, divider, 0, size, mem.pgno);
    if (bt.autoVacuum && inPlace) ptrmapPutOverflow(bt, parent, parent.cell(first + i));
  }
}

/**
 * Collects the cells of `old` in order, dividers between them included (but not for table leaves),
 * and takes the dividers off the parent. `ends[i]` is the number of cells up to the end of page i.
 */
function gather(
  bt: BtShared,
  parent: MemPage,
  first: number,
  old: readonly MemPage[],
): { cells: CellList; ends: number[] } {
  const leaf = old[0]!.leaf;
  const leafData = leaf && old[0]!.intKey;
  const usable = bt.usableSize;
  let bytes = (old.length * 2 + 1) * bt.pageSize;
  let capacity = 16;
  for (const mem of old) {
    capacity += mem.nCell + mem.ovfl.length + 1;
    for (const o of mem.ovfl) bytes += o.bytes.length;
  }
  const cells = bt.cells;
  cells.reset(bytes, capacity);
  const ends: number[] = [];
  for (let k = 0; k < old.length; k++) {
    const mem = old[k]!;
    const d = mem.data;
    const start = cells.n;
    const base = cells.keep(d, 0, usable);
    let physical = 0;
    for (const o of mem.ovfl) {
      const before = o.index - (cells.n - start);
      takeCells(cells, mem, base, physical, physical + before, usable);
      physical += before;
      cells.add(cells.keep(o.bytes, 0, o.bytes.length), o.bytes.length);
    }
    takeCells(cells, mem, base, physical, mem.nCell, usable);
    ends.push(cells.n);
    if (k < old.length - 1) takeDivider(bt, parent, first, leafData ? null : cells, mem);
  }
  if (parent.ovfl.length > 0) throw corrupt('overflow cell of parent');
  return { cells, ends };
}

/** Lists cells [from, to) of a page whose bytes are in the list's buffer from `base` on. */
function takeCells(
  cells: CellList,
  mem: MemPage,
  base: number,
  from: number,
  to: number,
  usable: number,
): void {
  if (from > to || to > mem.nCell) throw corrupt('overflow cell index');
  const { data: d, maxLocal, pageMask } = mem;
  const { off, size } = cells;
  const low = mem.cellOffset + 2 * mem.nCell;
  const short = mem.leaf && !mem.intKey;
  let n = cells.n;
  let p = mem.cellOffset + 2 * from;
  for (let i = from; i < to; i++, p += 2) {
    const at = ((d[p]! << 8) | d[p + 1]!) & pageMask;
    // Most cells of index leaves have a length of one byte and are whole on the page.
    const length = d[at]!;
    let bytes: number;
    if (!short || length >= 0x80 || length > maxLocal) bytes = mem.cellSize(at);
    else bytes = length < 3 ? 4 : length + 1;
    if (at < low || at + bytes > usable) throw corrupt('cell offset');
    off[n] = base + at;
    size[n++] = bytes;
  }
  cells.n = n;
}

/** Takes cell `at` off the parent, its overflow cells counted, and into `cells`. */
function takeDivider(
  bt: BtShared,
  parent: MemPage,
  at: number,
  cells: CellList | null,
  left: MemPage,
): void {
  let src = parent.data;
  let off: number;
  let size: number;
  const o = parent.ovfl.findIndex((c) => c.index === at);
  if (o >= 0) {
    src = parent.ovfl[o]!.bytes;
    off = 0;
    size = src.length;
  } else {
    off = parent.cell(at - parent.ovfl.filter((c) => c.index < at).length);
    size = parent.cellSize(off);
    if (off + size > bt.usableSize) throw corrupt('cell end');
  }
  if (cells !== null) {
    if (left.leaf) {
      const kept = cells.keep(src, off + 4, size - 4);
      let n = size - 4;
      while (n < 4) {
        cells.buf[cells.used++] = 0;
        n++;
      }
      cells.add(kept, n);
    } else {
      const kept = cells.keep(src, off, size);
      put4(cells.buf, kept, left.rightChild);
      cells.add(kept, size);
    }
  }
  if (o >= 0) {
    parent.ovfl.splice(o, 1);
    for (const c of parent.ovfl) if (c.index > at) c.index--;
    if (parent.ovfl.length === 0) parent.clearOverflowCells();
  } else {
    parent.dropCell(at - parent.ovfl.filter((c) => c.index < at).length, size);
    for (const c of parent.ovfl) if (c.index > at) c.index--;
  }
}

/**
 * Where to cut: the number of cells up to the end of each new page. Where dividers are cells of
 * their own (not in table leaves), the cell at a cut is the divider and belongs to no page.
 */
function chooseCuts(
  cells: CellList,
  ends: readonly number[],
  capacity: number,
  leafData: boolean,
  bulk: boolean,
  indexLeaf: boolean,
): number[] {
  const cuts = ends.slice();
  const skip = leafData ? 0 : 1;
  const load: number[] = [];
  for (let i = 0, c = 0; i < cuts.length; i++) {
    let sum = 0;
    for (; c < cuts[i]!; c++) sum += cells.weight(c);
    load.push(sum);
    c += skip;
  }

  const room = indexLeaf && !bulk ? packing(cells, load, capacity) : capacity;
  // To the left: what overflows goes to the right neighbour, else it is pulled over as it fits.
  // Where a divider stands between them, cell and divider change places.
  for (let i = 0; i < cuts.length; i++) {
    while (load[i]! > room) {
      if (i + 1 === cuts.length) {
        if (cuts.length === MAX_NEW) throw corrupt('too many siblings');
        cuts.push(cells.n);
        load.push(0);
      }
      const cut = cuts[i]!;
      load[i]! -= cells.weight(cut - 1);
      load[i + 1]! += cells.weight(leafData ? cut - 1 : cut);
      cuts[i] = cut - 1;
    }
    while (cuts[i]! < cells.n) {
      const cut = cuts[i]!;
      const w = cells.weight(cut);
      if (load[i]! + w > room) break;
      load[i]! += w;
      cuts[i] = cut + 1;
      if (i + 1 < cuts.length) load[i + 1]! -= cells.weight(leafData ? cut : cut + 1);
    }
    if (cuts[i]! >= cells.n) {
      cuts.length = i + 1;
      load.length = i + 1;
    } else if (cuts[i]! <= (i > 0 ? cuts[i - 1]! : 0)) {
      throw corrupt('empty sibling');
    }
  }

  // To the right: the last page is likely to be the emptiest, so even out from there. A bulk load
  // leaves pages full and only sees to it that the last one is not empty.
  const k = cuts.length;
  for (let i = k - 1; i > 0; i--) {
    let right = load[i]!;
    let left = load[i - 1]!;
    let r = cuts[i - 1]! - 1; // last cell of the left page
    let d = r + skip; // what the right page would gain
    while (r >= 0) {
      const wr = cells.size[r]!;
      const wd = cells.size[d]!;
      if (right !== 0 && (bulk || right + wd + 2 > left - (wr + (i === k - 1 ? 0 : 2)))) break;
      right += wd + 2;
      left -= wr + 2;
      cuts[i - 1] = r;
      r--;
      d--;
    }
    load[i] = right;
    load[i - 1] = left;
    if (cuts[i - 1]! <= (i > 1 ? cuts[i - 2]! : 0)) throw corrupt('empty sibling');
  }
  return cuts;
}

/**
 * How full leaves of an index may become. SQLite gives three siblings a fourth only when they are full to
 * the last byte; before, they are cut anew for every few keys that come in no order, a dozen times. With
 * many small cells the fourth page comes a little earlier: inserts into three indexes take a quarter less time,
 * and an index filled in no order has 4 to 8 % more pages.
 */
function packing(cells: CellList, load: readonly number[], capacity: number): number {
  if (load.length < SIBLINGS || capacity < LARGE) return capacity;
  const total = load.reduce((sum, n) => sum + n, 0);
  if (total > load.length * capacity || total > (cells.n * capacity) / 16) return capacity;
  const early = Math.floor(capacity * EARLY);
  return total > load.length * early ? early : capacity;
}

/**
 * Writes cells [start, end) as the content of a page. Cells that lie behind one another in the
 * buffer, as they do after an earlier balance, are copied in one piece.
 */
function writePage(
  bt: BtShared,
  mem: MemPage,
  flags: number,
  cells: CellList,
  start: number,
  end: number,
): void {
  mem.zero(flags);
  const d = mem.data;
  const { buf, off, size } = cells;
  let to = bt.usableSize;
  let ptr = mem.cellOffset;
  const low = ptr + 2 * (end - start);
  for (let i = start; i < end; ) {
    let runStart = off[i]!;
    const runEnd = runStart + size[i]!;
    let j = i + 1;
    while (j < end && off[j]! + size[j]! === runStart) runStart = off[j++]!;
    const at = to - (runEnd - runStart);
    if (at < low) throw corrupt('cells do not fit');
    copyBytes(d, at, buf, runStart, runEnd - runStart);
    for (; i < j; i++) {
      to -= size[i]!;
      put2(d, ptr, to);
      ptr += 2;
    }
  }
  mem.nCell = end - start;
  put2(d, mem.hdr + 3, mem.nCell);
  put2(d, mem.hdr + 5, to);
  mem.nFree = to - low;
}
