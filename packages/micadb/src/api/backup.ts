/**
 * Copies of a whole database, page by page: online backup into a file
 * (https://www.sqlite.org/c3ref/backup_finish.html) and the bytes of the file it would be.
 *
 * Invariants of a backup:
 *  1. The source is read-locked only during a step. What another connection commits in between makes
 *     the copy start again; what this one commits is copied once more where it was copied already.
 *  2. The destination is locked exclusively from the first step on, and changes in one transaction: it
 *     is the copy or what it was before.
 *  3. The destination keeps its change counter going, and its schema cookie, so that whoever has it
 *     open notices.
 */
import { openBtree } from '../btree/btree.ts';
import type { Btree } from '../btree/types.ts';
import { openPager } from '../pager/pager.ts';
import type { CommitWatcher, Page, Pager } from '../pager/types.ts';
import { ResultCode, SqliteError } from '../values/errors.ts';
import type { Vfs } from '../vfs/vfs.ts';
import type { Connection } from './connection.ts';

/** The page at this offset has the lock bytes (file format §1.5): it is never used. */
const PENDING_BYTE = 0x40000000;
const WRITE_VERSION = 18;
const CHANGE_COUNTER = 24;
const PAGE_COUNT = 28;
const SCHEMA_COOKIE = 40;

export type BackupStep = 'more' | 'busy' | 'done';

function read4(d: Uint8Array, at: number): number {
  return new DataView(d.buffer, d.byteOffset).getUint32(at);
}

function write4(d: Uint8Array, at: number, value: number): void {
  new DataView(d.buffer, d.byteOffset).setUint32(at, value);
}

function isBusy(e: unknown): boolean {
  return e instanceof SqliteError && (e.errcode & 0xff) === ResultCode.SQLITE_BUSY;
}

/** A database of one empty page, to stand for a source that has none. */
function emptyDatabase(vfs: Vfs, pageSize: number): Btree {
  const pager = openPager({
    path: ':memory:',
    readonly: false,
    create: true,
    vfs,
    busyHandler: null,
    pageSize,
  });
  const btree = openBtree(pager);
  makeFirstPage(btree);
  return btree;
}

function makeFirstPage(btree: Btree): void {
  btree.beginTransaction(true);
  btree.commitPhaseOne(null);
  btree.commitPhaseTwo(false);
}

/** One backup. `close` ends it at any time; without `done` the destination stays as it was. */
export class Backup {
  /** Pages of the source, and those not copied yet, as of the last step. */
  total = 0;
  remaining = 0;
  private readonly source: Pager;
  private readonly dest: Btree;
  private next = 1;
  private seen = -1;
  private locked = false;
  private state: 'open' | 'done' | 'closed' = 'open';
  /** Counter, cookie and pages of the destination before. */
  private before = { counter: 0, cookie: 0, pages: 0 };
  /** Pages that were copied and have changed since. */
  private readonly changed = new Set<number>();
  private readonly watcher: CommitWatcher = (pages) => {
    for (const pgno of pages) if (pgno < this.next) this.changed.add(pgno);
  };

  /** `path` names the destination; it is made when it is not there. SQLITE_CANTOPEN. */
  constructor(
    private readonly from: Btree,
    private readonly vfs: Vfs,
    path: string,
  ) {
    this.source = from.pager;
    this.dest = openBtree(
      openPager({ path, readonly: false, create: true, vfs, busyHandler: null }),
    );
    this.source.watchers.add(this.watcher);
  }

  /**
   * Copies up to `pages` pages (all when negative). 'busy' when a lock of another connection, or a
   * write transaction of this one on the source, is in the way: try again later.
   */
  step(pages: number): BackupStep {
    if (this.state === 'done') return 'done';
    if (this.state === 'closed') throw new SqliteError('SQLITE_MISUSE');
    const { from } = this;
    if (from.transaction === 'write') return 'busy';
    const own = from.transaction === 'none';
    try {
      from.beginTransaction(false);
      this.lock();
    } catch (e) {
      if (own) from.endRead();
      if (isBusy(e)) return 'busy';
      throw e;
    }
    try {
      return this.copy(pages);
    } finally {
      if (own) from.endRead();
    }
  }

  private lock(): void {
    if (this.locked) return;
    const { dest, source } = this;
    const { pager } = dest;
    dest.setPageSize(source.pageSize, source.pageSize - source.usableSize, false);
    dest.beginTransaction(false);
    if (pager.pageCount > 0) {
      const first = pager.get(1);
      this.before = {
        counter: read4(first.data, CHANGE_COUNTER),
        cookie: read4(first.data, SCHEMA_COOKIE),
        pages: pager.pageCount,
      };
      pager.unpin(first);
    }
    try {
      dest.beginTransaction(true, true);
    } catch (e) {
      if (dest.transaction === 'write') dest.rollback(null, false, false);
      else dest.endRead();
      throw e;
    }
    this.locked = true;
  }

  private copy(pages: number): BackupStep {
    const { source } = this;
    if (source.pageCount === 0) return this.copyNothing();
    if (source.dataVersion !== this.seen) {
      this.seen = source.dataVersion;
      this.next = 1;
      this.changed.clear();
    }
    this.requireFits();
    for (const pgno of this.changed) if (pgno <= source.pageCount) this.copyPage(source, pgno);
    this.changed.clear();
    for (let n = 0; (pages < 0 || n < pages) && this.next <= source.pageCount; n++, this.next++) {
      this.copyPage(source, this.next);
    }
    this.total = source.pageCount;
    this.remaining = source.pageCount + 1 - this.next;
    if (this.remaining > 0) return 'more';
    this.finish(source);
    return 'done';
  }

  private copyNothing(): BackupStep {
    const empty = emptyDatabase(this.vfs, this.source.pageSize);
    empty.beginTransaction(false);
    this.copyPage(empty.pager, 1);
    this.finish(empty.pager);
    empty.endRead();
    empty.close();
    this.total = 0;
    this.remaining = 0;
    return 'done';
  }

  /** A page size that differs goes into a plain file only, and not past the lock bytes. */
  private requireFits(): void {
    const { source } = this;
    const { pager } = this.dest;
    if (pager.pageSize === source.pageSize) return;
    const plain = !pager.isMemory && pager.journalMode !== 'wal';
    if (plain && source.pageCount * source.pageSize <= PENDING_BYTE) return;
    throw new SqliteError('SQLITE_READONLY');
  }

  private copyPage(source: Pager, pgno: number): void {
    const { pageSize } = source;
    const start = (pgno - 1) * pageSize;
    if (start <= PENDING_BYTE && PENDING_BYTE < start + pageSize) return;
    const page = source.get(pgno);
    try {
      this.write(page.data, start);
    } finally {
      source.unpin(page);
    }
  }

  /** Puts bytes of the file at their place, through the pages that hold it. */
  private write(bytes: Uint8Array, start: number): void {
    const { pager } = this.dest;
    const { pageSize } = pager;
    for (let done = 0; done < bytes.length; ) {
      const at = start + done;
      const offset = at % pageSize;
      const n = Math.min(pageSize - offset, bytes.length - done);
      const pgno = (at - offset) / pageSize + 1;
      // What was in the file before must be read, or the journal would not have it.
      const page = this.destPage(pgno, n === pageSize && pgno > this.before.pages);
      page.data.set(bytes.subarray(done, done + n), offset);
      page.aux = null;
      pager.unpin(page);
      done += n;
    }
  }

  private destPage(pgno: number, fresh: boolean): Page {
    const { pager } = this.dest;
    const page = pager.get(pgno, fresh);
    try {
      return pager.makeWritable(page);
    } finally {
      pager.unpin(page);
    }
  }

  private finish(source: Pager): void {
    const { before } = this;
    const { pager } = this.dest;
    const size = source.pageCount * source.pageSize;
    pager.setPageCount(Math.ceil(size / pager.pageSize));
    const first = this.destPage(1, false);
    const { data } = first;
    write4(data, CHANGE_COUNTER, before.counter);
    write4(data, PAGE_COUNT, source.pageCount);
    write4(data, SCHEMA_COOKIE, before.cookie + 1);
    if (pager.journalMode === 'wal') data.fill(2, WRITE_VERSION, WRITE_VERSION + 2);
    pager.unpin(first);
    // The b-tree has no part in this: its own commit would vacuum.
    pager.commitPhaseOne(null);
    pager.commitPhaseTwo();
    this.state = 'done';
    this.release();
  }

  private release(): void {
    this.source.watchers.delete(this.watcher);
    const { pager } = this.dest;
    if (pager.state === 'write') pager.rollback();
    if (pager.state === 'read') pager.endRead();
    pager.close();
  }

  close(): void {
    if (this.state === 'open') {
      this.state = 'closed';
      this.release();
    }
  }
}

export interface BackupMetadata {
  readonly totalPages: number;
  readonly remainingPages: number;
}

/** How a backup looks to its face. */
export interface BackupHooks {
  /** Throws when it cannot go on: the connection was closed. */
  check(): void;
  /** After each step but the last; the number of pages for the next ones, undefined: as before. */
  progress(metadata: BackupMetadata): number | undefined;
}

const PAGES_A_STEP = 100;

/** The database of that name. */
export function databaseNamed(connection: Connection, name: string): Btree {
  const btree = connection.databaseNamed(name);
  if (btree === null) throw new SqliteError('SQLITE_ERROR', `unknown database ${name}`);
  return btree;
}

/** After what waits already: the connection can be used between two steps. */
function turn(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === 'function') setImmediate(resolve);
    else setTimeout(resolve);
  });
}

/**
 * Copies a database of the connection into the file at `path`, some pages at a time. It waits while the
 * connection itself writes. Rejects with SQLITE_BUSY when the file is in use, and leaves no half copy.
 */
export async function runBackup(
  connection: Connection,
  name: string,
  path: string,
  hooks: BackupHooks,
): Promise<BackupMetadata> {
  const { vfs } = connection;
  const source = databaseNamed(connection, name);
  const file = vfs.fullPath(path);
  const isNew = !vfs.exists(file);
  const backup = new Backup(source, vfs, path);
  try {
    // The first step takes the locks and counts.
    for (let pages = 0, first = true; ; first = false) {
      await turn();
      hooks.check();
      const status = backup.step(pages);
      if (status === 'busy' && backup.total === 0 && source.transaction !== 'write') {
        throw new SqliteError('SQLITE_BUSY');
      }
      const metadata = { totalPages: backup.total, remainingPages: backup.remaining };
      if (status === 'done') return metadata;
      if (first) pages = PAGES_A_STEP;
      const wanted = hooks.progress(metadata) ?? pages;
      pages = Math.max(0, Math.min(0x7fffffff, Math.round(wanted)));
    }
  } catch (e) {
    backup.close();
    if (isNew) vfs.delete(file, false);
    throw e;
  }
}

/** The bytes of the database file, as the open transaction sees it; an empty one gets its first page. */
export function serialize(btree: Btree): Uint8Array {
  const { pager } = btree;
  const own = btree.transaction === 'none';
  btree.beginTransaction(false);
  try {
    if (pager.pageCount === 0 && own && !pager.readonly) {
      btree.endRead();
      makeFirstPage(btree);
      btree.beginTransaction(false);
    }
    const { pageSize, pageCount } = pager;
    const bytes = new Uint8Array(pageSize * pageCount);
    for (let pgno = 1; pgno <= pageCount; pgno++) {
      const start = (pgno - 1) * pageSize;
      if (start <= PENDING_BYTE && PENDING_BYTE < start + pageSize) continue;
      const page = pager.get(pgno);
      bytes.set(page.data, start);
      pager.unpin(page);
    }
    return bytes;
  } finally {
    if (own) btree.endRead();
  }
}
