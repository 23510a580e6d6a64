/** For tests of the pager: pages with recognizable content, and a model to compare with. */
import type { Vfs } from '../vfs/vfs.ts';
import { get4, put4 } from './bytes.ts';
import { openPager } from './pager.ts';
import type { Pager, PagerOptions } from './types.ts';

export const TEST_PAGE_SIZE = 512;
const MAGIC = 'SQLite format 3\0';

/** A small, fast, seeded generator. */
export function random(seed: number): (below: number) => number {
  let s = seed >>> 0;
  return (below) => {
    s = (s + 0x6d2b79f5) >>> 0;
    let t = Math.imul(s ^ (s >>> 15), 1 | s);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

/**
 * Fills a page so that `value` can be read back and every byte is checked. Page 1 becomes a header
 * that SQLite accepts, with the value as user_version and an empty schema.
 */
export function fillPage(data: Uint8Array, pgno: number, value: number): void {
  if (pgno !== 1) {
    put4(data, 0, value);
    for (let i = 4; i < data.length; i++) data[i] = (value * 31 + i * 7 + pgno) & 0xff;
    return;
  }
  const size = data.length;
  for (let i = 0; i < 16; i++) data[i] = MAGIC.charCodeAt(i);
  data[16] = (size >> 8) & 0xff;
  data[17] = size === 65536 ? 1 : 0;
  if (data[18] === 0) data[18] = 1;
  if (data[19] === 0) data[19] = 1;
  data[21] = 64;
  data[22] = 32;
  data[23] = 32;
  put4(data, 44, 4);
  put4(data, 56, 1);
  put4(data, 60, value);
  data[100] = 13;
  data[105] = (size >> 8) & 0xff;
  for (let i = 108; i < size; i++) data[i] = (value * 31 + i * 7) & 0xff;
}

/** The value of a page; -1 when its bytes are torn, 0 for a page of zeros. */
export function pageValue(data: Uint8Array, pgno: number): number {
  const value = get4(data, pgno === 1 ? 60 : 0);
  if (value === 0 && data.every((b) => b === 0)) return 0;
  for (let i = pgno === 1 ? 108 : 4; i < data.length; i++) {
    if (data[i] !== ((value * 31 + i * 7 + (pgno === 1 ? 0 : pgno)) & 0xff)) return -1;
  }
  return value;
}

export function writeValue(pager: Pager, pgno: number, value: number): void {
  const page = pager.get(pgno, false);
  const copy = pager.makeWritable(page);
  fillPage(copy.data, pgno, value);
  pager.unpin(copy);
  pager.unpin(page);
}

export function readValue(pager: Pager, pgno: number): number {
  const page = pager.get(pgno);
  try {
    return pageValue(page.data, pgno);
  } finally {
    pager.unpin(page);
  }
}

/** All values of the database as this connection sees them (it must be reading). */
export function readAll(pager: Pager): number[] {
  const out: number[] = [];
  for (let n = 1; n <= pager.pageCount; n++) out.push(readValue(pager, n));
  return out;
}

/** Reads everything in a transaction of its own. */
export function snapshotOf(pager: Pager): number[] {
  pager.beginRead();
  try {
    return readAll(pager);
  } finally {
    pager.endRead();
  }
}

export function openTest(vfs: Vfs, path: string, more: Partial<PagerOptions> = {}): Pager {
  return openPager({
    path,
    readonly: false,
    create: true,
    vfs,
    busyHandler: null,
    pageSize: TEST_PAGE_SIZE,
    ...more,
  });
}

/** One committed transaction that gives pages their values. */
export function commitValues(pager: Pager, values: ReadonlyMap<number, number>): void {
  pager.beginRead();
  pager.beginWrite(false);
  for (const [pgno, value] of values) writeValue(pager, pgno, value);
  pager.commitPhaseOne(null);
  pager.commitPhaseTwo();
  pager.endRead();
}
