/**
 * Payload that does not fit on its page (file format §1.7): a chain of pages, each with the number
 * of the next (4 bytes, 0 at the end) and content.
 */

import type { Page } from '../pager/types.ts';
import { corrupt } from '../values/errors.ts';
import type { Int } from '../values/value.ts';
import { writeVarint } from '../values/varint.ts';
import { copyBytes, get4, put4 } from './bytes.ts';
import { allocatePage, freePage } from './freelist.ts';
import type { CellInfo, MemPage } from './page.ts';
import { isPtrmapPage, Ptrmap, ptrmapPut } from './ptrmap.ts';
import type { BtShared } from './shared.ts';

/** Overflow pages that a cell needs. */
export function overflowCount(bt: BtShared, info: CellInfo): number {
  const per = bt.usableSize - 4;
  return info.local < info.size ? Math.ceil((info.size - info.local) / per) : 0;
}

/** Frees the overflow chain of the cell at `off`, parsed in `info`. */
export function freeOverflow(bt: BtShared, mem: MemPage, off: number, info: CellInfo): void {
  let left = overflowCount(bt, info);
  if (left === 0) return;
  if (off + info.cellSize > bt.usableSize) throw corrupt('cell end');
  let pgno = get4(mem.data, off + info.cellSize - 4);
  while (left-- > 0) {
    if (pgno < 2 || pgno > bt.nPage || bt.active?.onPath(pgno)) throw corrupt('overflow page');
    if (left > 0) {
      const page = bt.getPage(pgno);
      const next = get4(page.data, 0);
      try {
        freePage(bt, pgno, page);
      } finally {
        bt.release(page);
      }
      pgno = next;
    } else {
      freePage(bt, pgno, null);
    }
  }
}

/**
 * Builds a leaf or index cell for `mem` in the cell scratch buffer, its overflow chain written to
 * fresh pages. The first `childPtrSize` bytes are left to the caller. Returns the cell's size.
 */
export function fillCell(
  bt: BtShared,
  mem: MemPage,
  rowid: Int,
  data: Uint8Array,
  offset: number,
  length: number,
  zeroTail: number,
): number {
  const cell = bt.cellScratch();
  const total = length + zeroTail;
  let p = mem.childPtrSize;
  p += writeVarint(cell, p, total);
  if (mem.intKey) p += writeVarint(cell, p, rowid);
  if (total <= mem.maxLocal) {
    copyBytes(cell, p, data, offset, length);
    cell.fill(0, p + length, p + total);
    p += total;
    while (p < 4) cell[p++] = 0;
    return p;
  }
  const local = mem.localSize(total);
  copyPart(cell, p, data, offset, length, 0, local);
  p += local;
  const size = p + 4;

  // `link` says where the number of the next page has to go: into the cell, or the page before.
  const per = bt.usableSize - 4;
  let last = 0;
  let link = cell;
  let linkAt = p;
  let held: Page | null = null;
  try {
    for (let done = local; done < total; ) {
      let nearby = last;
      if (bt.autoVacuum) {
        do {
          nearby++;
        } while (isPtrmapPage(bt, nearby) || nearby === bt.pendingPage);
      }
      const page = allocatePage(bt, nearby);
      put4(link, linkAt, page.pgno);
      if (held !== null) bt.release(held);
      held = page;
      if (bt.autoVacuum) {
        if (last === 0) ptrmapPut(bt, page.pgno, Ptrmap.Overflow1, mem.pgno);
        else ptrmapPut(bt, page.pgno, Ptrmap.Overflow2, last);
      }
      last = page.pgno;
      link = page.data;
      linkAt = 0;
      const n = Math.min(per, total - done);
      copyPart(link, 4, data, offset, length, done, n);
      if (n < per) link.fill(0, 4 + n, bt.usableSize);
      done += n;
    }
    put4(link, linkAt, 0);
  } finally {
    if (held !== null) bt.release(held);
  }
  return size;
}

/** Copies bytes [from, from + n) of a payload that is `length` bytes of data and then zeros. */
export function copyPart(
  dst: Uint8Array,
  dstOff: number,
  data: Uint8Array,
  offset: number,
  length: number,
  from: number,
  n: number,
): void {
  const have = Math.max(0, Math.min(n, length - from));
  if (have > 0) copyBytes(dst, dstOff, data, offset + from, have);
  if (have < n) dst.fill(0, dstOff + have, dstOff + n);
}
