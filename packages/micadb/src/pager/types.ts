/**
 * The contract between pager and b-tree (walls 5, 6, 7). A `Pager` is ONE CONNECTION's view of one
 * database file; `DatabaseFile` (one per file identity and realm) holds what connections share.
 *
 * Invariants:
 *  1. A committed page version is never written to. `makeWritable` gives the connection's private
 *     copy; until commit only this connection sees it.
 *  2. `page.data` stays valid and unchanged by others while `page.pins > 0`. Whoever calls `get` or
 *     `makeWritable`-on-an-unpinned page pins it once and must `unpin` it once. A lost pin costs
 *     memory, never correctness.
 *  3. After `makeWritable(p)` returned q, `get(p.pgno)` of this connection gives q, and p itself
 *     (if it is another object) still shows the old version. The pins of p do not move to q.
 *  4. `page.aux` belongs to the b-tree (parsed page header) and lives as long as the version; the
 *     pager sets it to null whenever it changes `data` itself (load, rollback of a layer).
 *  5. Outside a read transaction no page may be fetched. A write transaction includes a read one.
 *  6. `rollback`, `rollbackTo` put back content; every cursor must have let go of its pages before
 *     (wall 8), which the b-tree does.
 *  7. Page numbers run from 1; the page that holds byte 2^30 (the lock-byte page) is never used.
 */
import type { SqliteError } from '../values/errors.ts';
import type { LockLevel, Vfs } from '../vfs/vfs.ts';

export interface Page {
  readonly pgno: number;
  /** `pageSize` bytes. On Node it is a Buffer, so that latin1Slice and friends work on it. */
  readonly data: Uint8Array;
  /** The b-tree's parsed form of this version; see invariant 4. */
  aux: object | null;
  pins: number;
  /** True for a private copy of this connection (it may be written to). */
  readonly writable: boolean;
}

export type JournalMode = 'delete' | 'truncate' | 'persist' | 'memory' | 'off' | 'wal';
export enum Synchronous {
  Off = 0,
  Normal = 1,
  Full = 2,
  Extra = 3,
}
export type CheckpointMode = 'passive' | 'full' | 'restart' | 'truncate';
export type LockingMode = 'normal' | 'exclusive';

export interface CheckpointResult {
  readonly busy: boolean;
  /** Frames in the WAL, -1 when not in WAL mode. */
  readonly log: number;
  /** Frames copied back, -1 when not in WAL mode. */
  readonly checkpointed: number;
}

export interface PagerOptions {
  /** '' opens a temporary database (a file only when it spills); ':memory:' a private memory one. */
  readonly path: string;
  readonly readonly: boolean;
  /** False: SQLITE_CANTOPEN when the file is missing. */
  readonly create: boolean;
  readonly vfs: Vfs;
  /** Named shared memory database: connections with the same name share it (wall 6). */
  readonly sharedMemoryName?: string;
  /** Called while a lock is busy, with the count of calls so far; true tries again. */
  busyHandler: ((count: number) => boolean) | null;
  /** True when the page size of a new database (default 4096) may still be chosen. */
  readonly pageSize?: number;
  /** A private database in memory begins with these bytes; they are copied. */
  readonly content?: Uint8Array;
}

/** Hears which pages a commit of its connection has changed, when they can be read. */
export type CommitWatcher = (pages: ReadonlySet<number>) => void;

/** Writes `page` content as the pager first meets it; the b-tree gives it for new databases only. */
export interface Pager {
  readonly path: string;
  readonly isMemory: boolean;
  readonly isTemp: boolean;
  /** True for a file that cannot be written, or opened so. */
  readonly readonly: boolean;
  readonly pageSize: number;
  /** pageSize less the reserved bytes at the end of each page. */
  readonly usableSize: number;
  /** Pages of the database as this transaction sees it; 0 for an empty file. */
  readonly pageCount: number;
  /** Changes whenever the content that this connection sees was changed by another (data_version). */
  readonly dataVersion: number;
  readonly state: 'open' | 'read' | 'write' | 'error';
  /** A backup whose source this connection is watches its commits. */
  readonly watchers: Set<CommitWatcher>;

  // -- transactions ----------------------------------------------------------------------------
  /**
   * Takes a snapshot (rollback modes: SHARED lock, hot journal rolled back first; WAL: read mark,
   * recovery first). Nothing when already reading. Throws SQLITE_BUSY*, SQLITE_CANTOPEN,
   * SQLITE_NOTADB, SQLITE_CORRUPT, SQLITE_IOERR*. Returns true when the content changed since this
   * connection last read (the caller must then drop what it derived: schema, cached headers).
   */
  beginRead(): boolean;
  /** Ends a read transaction (no write one may be open). */
  endRead(): void;
  /**
   * Upgrades to a write transaction: RESERVED (or EXCLUSIVE when `exclusive`), WAL: the writer lock.
   * SQLITE_BUSY when another writes, SQLITE_BUSY_SNAPSHOT when the WAL snapshot is not the newest,
   * SQLITE_READONLY*. `fresh`: beginRead was called right before, so there is no need to look again
   * whether somebody wrote to the log.
   */
  beginWrite(exclusive: boolean, fresh?: boolean): void;
  /**
   * Before the first phase of a commit, of every database that has a write transaction, changed or not:
   * rollback modes wait here until nobody reads. SQLITE_BUSY leaves the transaction open, and keeps new
   * readers out.
   */
  lockForCommit(): void;
  /**
   * First half of commit: everything durable that must be before the commit point. In rollback
   * modes: change counter, journal synced (with the super-journal's name in it if given), database
   * written and synced. WAL: nothing is left to do after it. SQLITE_BUSY leaves the transaction open.
   */
  commitPhaseOne(superJournal: string | null): void;
  /** The commit point (journal deleted, truncated or zeroed), locks back to SHARED (read goes on). */
  commitPhaseTwo(): void;
  /**
   * Asks the busy handler after a SQLITE_BUSY, `count` being the calls so far; true: try again.
   * beginRead and the commit ask it themselves; beginWrite never does, as only a caller without a
   * read transaction before may wait: it gives up its snapshot between the tries.
   */
  busy?(count: number): boolean;
  /** Undoes everything since beginWrite; back to a read transaction. Never throws SQLITE_BUSY. */
  rollback(keepLock?: boolean): void;

  // -- savepoint layers ------------------------------------------------------------------------
  /** Opens layers so that `count` are open. */
  openSavepoint(count: number): void;
  /** Forgets layer `index` (0-based) and all above it; their changes stay. */
  releaseSavepoint(index: number): void;
  /** Puts pages and page count back to how they were when layer `index` was opened; it stays open. */
  rollbackToSavepoint(index: number): void;

  // -- pages -----------------------------------------------------------------------------------
  /**
   * The current version of a page, pinned. With `noContent` the caller will overwrite all of it
   * (a fresh page past the end or a free page): the pager need not read it. SQLITE_CORRUPT for
   * page 0 and for numbers past pageCount unless in a write transaction (then a zero page).
   */
  get(pgno: number, noContent?: boolean): Page;
  unpin(page: Page): void;
  /** The private version of `page`, pinned (see invariants 1 to 3). Extends pageCount when needed. */
  makeWritable(page: Page): Page;
  /** A hint that the content of a (now free) page need not be written or journaled. */
  dontWrite(page: Page): void;
  /** Cuts the database to `pageCount` pages; takes effect in file at commit. */
  setPageCount(pageCount: number): void;
  /** For auto-vacuum: from now on the content of `page` is the content of page `to`. */
  // (Moving is done by the b-tree with get/makeWritable; no own call is needed.)

  // -- settings --------------------------------------------------------------------------------
  /**
   * Page size and reserved bytes: allowed while the database is empty (0 pages), or when the
   * b-tree learns them from page 1. Ignored otherwise; returns the size in force.
   */
  setPageSize(pageSize: number, reserved: number): number;
  journalMode: JournalMode;
  /** True when the open transaction has changed pages: the journal mode is then fixed. */
  readonly modified: boolean;
  /** Tries to change the journal mode; returns the mode in force after (unchanged when impossible). */
  setJournalMode(mode: JournalMode): JournalMode;
  synchronous: Synchronous;
  fullFsync: boolean;
  /** PRAGMA cache_size: pages when positive, KiB when negative. */
  cacheSize: number;
  /** PRAGMA cache_spill threshold in pages, 0 for off. */
  cacheSpill: number;
  lockingMode: LockingMode;
  /** PRAGMA journal_size_limit in bytes, -1 for none. */
  journalSizeLimit: number;
  /** PRAGMA wal_autocheckpoint in frames, 0 for off. */
  walAutoCheckpoint: number;
  maxPageCount: number;
  /** PRAGMA mmap_size: accepted, always reports 0. */
  checkpoint(mode: CheckpointMode): CheckpointResult;
  lockLevel(): LockLevel;
  /** Name of this file's rollback journal, for the super-journal; null where there is none. */
  readonly journalPath: string | null;
  /** The error that put the pager in state 'error', if any. */
  readonly error: SqliteError | null;
  /** Pages with pins, in all versions; for tests. */
  pinnedPages?(): number;
  /** Drops clean pages from the cache. */
  shrink(): void;
  close(): void;
}
