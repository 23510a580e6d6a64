/**
 * Allocation of pages and the freelist (file format §1.5): a chain of trunk pages, each with the
 * next trunk (4 bytes), a count (4) and that many numbers of leaf pages, which have no content.
 *
 * Like SQLite, a trunk is filled to usable/4 - 8 entries only (old versions mistook full ones), and
 * a request can ask for one page exactly, or for any page up to a number (auto-vacuum).
 */
import type { Page } from '../pager/types.ts';
import { corrupt, SqliteError } from '../values/errors.ts';
import { get4, put4 } from './bytes.ts';
import { isPtrmapPage, Ptrmap, ptrmapGet, ptrmapPut } from './ptrmap.ts';
import type { BtShared } from './shared.ts';

const FIRST_TRUNK = 32;
const FREE_COUNT = 36;
const PAGE_COUNT = 28;

export enum Allocate {
  /** Any page, near `nearby` when it is not 0. */
  Any = 0,
  /** The page `nearby` if it is free, else any. */
  Exact = 1,
  /** A page not larger than `nearby`, which exists. */
  LessOrEqual = 2,
}

/**
 * A page for new content: writable, pinned, `aux` null, its bytes undefined.
 */
export function allocatePage(bt: BtShared, nearby: number, mode: Allocate = Allocate.Any): Page {
  const count = bt.headerGet4(FREE_COUNT);
  if (count >= bt.nPage) throw corrupt('freelist count');
  const page = count > 0 ? takeFree(bt, nearby, mode, count) : extend(bt);
  if (bt.active?.onPath(page.pgno)) {
    bt.release(page);
    throw corrupt('page is free and in use');
  }
  page.aux = null;
  return page;
}

/** A new page past the end of the database. */
function extend(bt: BtShared): Page {
  let pgno = nextPgno(bt, bt.nPage);
  let mapPage = 0;
  if (bt.autoVacuum && isPtrmapPage(bt, pgno)) {
    mapPage = pgno;
    pgno = nextPgno(bt, pgno);
  }
  if (pgno > bt.pager.maxPageCount) throw new SqliteError('SQLITE_FULL');
  // Where the file was longer at the beginning of the transaction, old content must be kept for a
  // rollback.
  const noContent = !bt.truncate;
  if (mapPage !== 0) {
    bt.nPage = mapPage;
    const map = bt.freshPage(mapPage, noContent);
    map.aux = null;
    map.data.fill(0);
    bt.release(map);
  }
  bt.nPage = pgno;
  bt.headerPut4(PAGE_COUNT, pgno);
  return bt.freshPage(pgno, noContent);
}

function nextPgno(bt: BtShared, pgno: number): number {
  return pgno + 1 === bt.pendingPage ? pgno + 2 : pgno + 1;
}

function takeFree(bt: BtShared, nearby: number, mode: Allocate, count: number): Page {
  let search = false;
  if (mode === Allocate.Exact) {
    search = nearby <= bt.nPage && ptrmapGet(bt, nearby).type === Ptrmap.FreePage;
  } else if (mode === Allocate.LessOrEqual) {
    search = true;
  }
  const maxLeaves = Math.floor(bt.usableSize / 4) - 2;
  const suits = (pgno: number): boolean =>
    pgno === nearby || (mode === Allocate.LessOrEqual && pgno < nearby);

  let prev = 0;
  let pgno = bt.headerGet4(FIRST_TRUNK);
  for (let visited = 0; ; visited++) {
    if (pgno < 2 || pgno > bt.nPage || visited > count) throw corrupt('freelist trunk');
    let trunk = bt.getPage(pgno);
    let taken = false;
    const next = get4(trunk.data, 0);
    try {
      const leaves = get4(trunk.data, 4);
      if (leaves > maxLeaves) throw corrupt('freelist leaf count');
      if ((leaves === 0 && !search) || (search && suits(pgno))) {
        // The trunk itself; its first leaf, if it has one, becomes a trunk in its place.
        setLink(bt, prev, leaves === 0 ? next : promoteLeaf(bt, trunk, leaves));
        bt.headerPut4(FREE_COUNT, count - 1);
        trunk = bt.writeRaw(trunk);
        taken = true;
        return trunk;
      }
      if (leaves > 0) {
        const at = closestLeaf(trunk, leaves, nearby, mode);
        const leaf = get4(trunk.data, 8 + at * 4);
        if (leaf < 2 || leaf > bt.nPage || leaf === pgno || leaf === prev) {
          throw corrupt('freelist leaf');
        }
        if (!search || suits(leaf)) {
          trunk = bt.writeRaw(trunk);
          const d = trunk.data;
          trunk.aux = null;
          if (at < leaves - 1) put4(d, 8 + at * 4, get4(d, 8 + (leaves - 1) * 4));
          put4(d, 4, leaves - 1);
          bt.headerPut4(FREE_COUNT, count - 1);
          return bt.freshPage(leaf, !bt.wasFreed(leaf));
        }
      }
    } finally {
      if (!taken) bt.release(trunk);
    }
    prev = pgno;
    pgno = next;
  }
}

/** Makes the first leaf of `trunk` a trunk with the other leaves; its number. */
function promoteLeaf(bt: BtShared, trunk: Page, leaves: number): number {
  const pgno = get4(trunk.data, 8);
  if (pgno < 2 || pgno > bt.nPage || pgno === trunk.pgno) throw corrupt('freelist leaf');
  const heir = bt.writeRaw(bt.getPage(pgno));
  heir.aux = null;
  put4(heir.data, 0, get4(trunk.data, 0));
  put4(heir.data, 4, leaves - 1);
  heir.data.set(trunk.data.subarray(12, 8 + leaves * 4), 8);
  bt.release(heir);
  return pgno;
}

/** Points the previous trunk, or the header, at another trunk. */
function setLink(bt: BtShared, prev: number, to: number): void {
  if (prev === 0) {
    bt.headerPut4(FIRST_TRUNK, to);
    return;
  }
  const page = bt.writeRaw(bt.getPage(prev));
  page.aux = null;
  put4(page.data, 0, to);
  bt.release(page);
}

/** Which leaf of a trunk suits `nearby` best. */
function closestLeaf(trunk: Page, leaves: number, nearby: number, mode: Allocate): number {
  if (nearby === 0) return 0;
  let best = 0;
  if (mode === Allocate.LessOrEqual) {
    for (let i = 0; i < leaves; i++) if (get4(trunk.data, 8 + i * 4) <= nearby) return i;
    return 0;
  }
  let distance = Math.abs(get4(trunk.data, 8) - nearby);
  for (let i = 1; i < leaves; i++) {
    const d = Math.abs(get4(trunk.data, 8 + i * 4) - nearby);
    if (d < distance) {
      distance = d;
      best = i;
    }
  }
  return best;
}

/**
 * Puts a page on the freelist. `held` is the page if the caller has it at hand (pinned, and the
 * pin stays the caller's); its content is dead afterwards.
 */
export function freePage(bt: BtShared, pgno: number, held: Page | null): void {
  if (pgno < 2 || pgno > bt.nPage) throw corrupt('freed page number');
  const count = bt.headerGet4(FREE_COUNT);
  if (count + 1 >= bt.nPage) throw corrupt('freelist count');
  bt.headerPut4(FREE_COUNT, count + 1);
  if (bt.geo.secureDelete === 1) {
    const page = bt.writeRaw(bt.getPage(pgno));
    page.aux = null;
    page.data.fill(0);
    bt.release(page);
  }
  if (bt.autoVacuum) ptrmapPut(bt, pgno, Ptrmap.FreePage, 0);

  const first = bt.headerGet4(FIRST_TRUNK);
  if (count > 0) {
    if (first < 2 || first > bt.nPage || first === pgno) throw corrupt('freelist trunk');
    const trunk = bt.getPage(first);
    const leaves = get4(trunk.data, 4);
    const room = Math.floor(bt.usableSize / 4);
    if (leaves > room - 2) {
      bt.release(trunk);
      throw corrupt('freelist leaf count');
    }
    if (leaves < room - 8) {
      const t = bt.writeRaw(trunk);
      t.aux = null;
      put4(t.data, 4, leaves + 1);
      put4(t.data, 8 + leaves * 4, pgno);
      bt.release(t);
      if (held !== null && bt.geo.secureDelete !== 1) bt.pager.dontWrite(held);
      bt.markFreed(pgno);
      return;
    }
    bt.release(trunk);
  }
  const page = bt.writeRaw(bt.getPage(pgno));
  page.aux = null;
  put4(page.data, 0, first);
  put4(page.data, 4, 0);
  bt.release(page);
  bt.headerPut4(FIRST_TRUNK, pgno);
}
