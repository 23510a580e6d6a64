/**
 * DatabaseFile: what all connections of a realm share about one database file (wall 7): handle,
 * locks, cache of committed pages, write-ahead log. One per file identity, in a registry on
 * globalThis, so that two copies of this package agree.
 *
 * Invariants:
 *  1. `cache` holds committed versions only. In rollback modes there is one version of a page, and
 *     `snapshot` stays as it is; with a log it is the log's newest snapshot number.
 *  2. `version` grows whenever the committed content changes, by whomever.
 *  3. A transaction starts with `refresh`, which never assumes that this realm wrote last.
 */
import { SqliteError } from '../values/errors.ts';
import { LockLevel, type Vfs, type VfsFile } from '../vfs/vfs.ts';
import { get4 } from './bytes.ts';
import { PageCache } from './cache.ts';
import { looksHot, rollBackHotJournal } from './journal.ts';
import { type LockHolder, LockTable } from './locks.ts';
import { PagePool } from './page.ts';
import { ReadAhead } from './read-ahead.ts';
import { SlotFile } from './slots.ts';
import { StampMemory } from './stamp-memory.ts';
import type { CheckpointMode, CheckpointResult, Synchronous } from './types.ts';
import { Wal } from './wal.ts';

export const DEFAULT_PAGE_SIZE = 4096;
const HEADER = 100;
const MAGIC = 'SQLite format 3\0';

/** Where content lives: a named file, memory alone, or memory with a temporary file behind it. */
export type FileKind = 'file' | 'memory' | 'temp';

export function isPageSize(n: number): boolean {
  return n >= 512 && n <= 65536 && (n & (n - 1)) === 0;
}

export class DatabaseFile {
  readonly locks = new LockTable();
  readonly connections = new Set<LockHolder>();
  cache: PageCache;
  pageSize: number;
  usableSize: number;
  wal: Wal | null = null;
  readonly ahead = new ReadAhead();
  version = 1;
  /** Pages of the committed content while there is no log, and of memory. */
  pageCount = 0;
  /** The header says that the file is in WAL mode (byte 19). */
  walHeader = false;
  /** The pages of a temporary database that were written out, and where. */
  readonly tempSlots = new Map<number, number>();
  readonly slots: SlotFile | null;
  /** While a connection takes the file out of WAL mode, the log is not opened again. */
  holdWal = false;
  /** Read transactions that began without a log; nothing may be copied back under them. */
  plainReads = 0;
  private base = 0;
  private readonly header = new Uint8Array(HEADER);
  private readonly seenVersion = new Uint8Array(16);
  private seenPages = -1;
  private readonly seen = new StampMemory();
  /**
   * The file was looked at since something was last written to its log, and its header says WAL:
   * while the log stays as it is, so does the file.
   */
  private looked = false;

  constructor(
    readonly kind: FileKind,
    readonly key: string,
    readonly path: string,
    readonly vfs: Vfs,
    public handle: VfsFile | null,
    pageSize: number,
  ) {
    this.pageSize = pageSize;
    this.usableSize = pageSize;
    this.slots = kind === 'temp' ? new SlotFile(vfs, pageSize) : null;
    this.cache = this.newCache(pageSize);
  }

  private newCache(pageSize: number): PageCache {
    const cache = new PageCache(new PagePool(pageSize), 1 << 30);
    const { slots, tempSlots } = this;
    if (slots !== null) {
      cache.onEvict = (e) => {
        if (!tempSlots.has(e.pgno)) tempSlots.set(e.pgno, slots.put(e.data));
      };
    }
    return cache;
  }

  get journalPath(): string {
    return `${this.path}-journal`;
  }
  get walPath(): string {
    return `${this.path}-wal`;
  }
  get readonly(): boolean {
    return this.handle?.readonly ?? false;
  }
  /** The number of the newest snapshot. */
  get snapshot(): number {
    return this.wal === null ? this.base : this.wal.newest;
  }
  /** Pages of the newest snapshot. */
  get committedPages(): number {
    const { wal } = this;
    return wal !== null && wal.pageCount > 0 ? wal.pageCount : this.pageCount;
  }

  /** Changes the page size; all cached pages go. */
  setPageSize(pageSize: number, usableSize: number): void {
    if (pageSize !== this.pageSize) {
      const { budget } = this.cache;
      this.ahead.forget();
      this.cache.clear();
      this.pageSize = pageSize;
      this.cache = this.newCache(pageSize);
      this.cache.budget = budget;
      if (this.slots !== null) this.slots.pageSize = pageSize;
    }
    this.usableSize = usableSize;
  }

  // -- start of a transaction --------------------------------------------------------------------

  /**
   * Brings everything up to date with the file: rolls a hot journal back, notices foreign changes,
   * opens the log. `holder` has SHARED.
   */
  refresh(holder: LockHolder, synchronous: Synchronous): void {
    if (this.handle === null) return;
    if (this.wal !== null) {
      const state = this.wal.refresh(
        (pgno, snapshot) => {
          this.cache.supersede(pgno, snapshot, true);
          this.ahead.forget();
          this.version++;
        },
        () => this.contentChanged(),
      );
      if (state !== 'replaced') {
        // Of an empty log others may have made something in between, and copied it back.
        if (this.wal.pageCount === 0 && (state === 'ok' || !this.looked)) {
          this.look();
          this.looked = this.walHeader && state === 'unchanged';
        }
        return;
      }
      this.closeWal();
      this.contentChanged();
    }
    // A journal or a log that matters has been followed by a change of the file itself.
    const stamp = this.handle.stamp();
    if (this.seen.isUnchanged(stamp) && !this.holdWal) return;
    this.seen.forget();
    const settled = this.recover(holder, synchronous);
    this.readHeader();
    if (!this.holdWal) this.openWalIfPresent();
    if (settled && this.wal === null) this.seen.note(stamp, this.vfs.now());
  }

  /** Reads the header unless the file is as we saw it last. */
  private look(): void {
    const stamp = this.handle!.stamp();
    if (this.seen.isUnchanged(stamp)) return;
    this.readHeader();
    this.seen.note(stamp, this.vfs.now());
  }

  private contentChanged(): void {
    this.cache.clear();
    this.ahead.forget();
    this.seen.forget();
    this.version++;
  }

  /** Rolls back what a crashed writer left, if anything. False when a journal may be in use. */
  private recover(holder: LockHolder, synchronous: Synchronous): boolean {
    const { vfs, journalPath, locks } = this;
    if (locks.reservedByOther(holder)) return false;
    if (!looksHot(vfs, journalPath)) return true;
    const handle = this.handle!;
    if (handle.checkReservedLock()) return false;
    if (handle.readonly) throw new SqliteError('SQLITE_READONLY_ROLLBACK');
    if (!locks.raise(holder, LockLevel.Exclusive)) {
      locks.lower(holder, LockLevel.Shared);
      throw new SqliteError('SQLITE_BUSY');
    }
    try {
      // Of an empty database the journal is a left-over of another one with the same name.
      if (handle.size() === 0) vfs.delete(journalPath, false);
      else rollBackHotJournal(vfs, journalPath, handle, synchronous, 'delete');
    } finally {
      locks.lower(holder, LockLevel.Shared);
      this.contentChanged();
    }
    return true;
  }

  /** Reads the header; drops the cache when the content is not the one that we know. */
  private readHeader(): void {
    const { header, seenVersion } = this;
    const handle = this.handle!;
    const got = handle.read(header, 0, HEADER, 0);
    let size = got < HEADER ? got : handle.size();
    // A new file is given its first page only at commit. One byte is as good as none to SQLite.
    if (got <= 1) size = 0;
    let same = this.seenPages === this.pageCount;
    for (let i = 0; same && i < 16; i++) same = header[24 + i] === seenVersion[i];
    if (!same) {
      seenVersion.set(header.subarray(24, 40));
      this.contentChanged();
    }
    this.learnGeometry();
    const pages = Math.ceil(size / this.pageSize);
    if (pages !== this.pageCount) {
      if (same) this.contentChanged();
      this.pageCount = pages;
    }
    this.seenPages = pages;
    this.walHeader = pages > 0 && header[19] === 2;
  }

  /** Takes page size and reserved bytes from the header just read, if it is one. */
  private learnGeometry(): void {
    const d = this.header;
    for (let i = 0; i < 16; i++) if (d[i] !== MAGIC.charCodeAt(i)) return;
    const pageSize = (d[16]! << 8) | (d[17]! << 16);
    if (!isPageSize(pageSize) || pageSize - d[20]! < 480) return;
    if (pageSize !== this.pageSize || pageSize - d[20]! !== this.usableSize) {
      this.setPageSize(pageSize, pageSize - d[20]!);
      this.version++;
    }
  }

  /** True unless somebody outside this realm changed the file since `refresh`. */
  unchanged(): boolean {
    if (this.handle === null || this.wal !== null) return true;
    const now = new Uint8Array(16);
    this.handle.read(now, 0, 16, 24);
    for (let i = 0; i < 16; i++) if (now[i] !== this.seenVersion[i]) return false;
    return true;
  }

  /** After a commit of this realm: what the file's header says now is known. */
  committed(page1: Uint8Array | null, pageCount: number): void {
    if (page1 !== null) this.seenVersion.set(page1.subarray(24, 40));
    this.pageCount = pageCount;
    this.seenPages = pageCount;
    this.version++;
    this.ahead.forget();
  }

  /** The next transaction reads everything anew. */
  distrust(): void {
    this.seen.forget();
    this.seenPages = -1;
    this.contentChanged();
  }

  // -- the log -------------------------------------------------------------------------------------

  private openWalIfPresent(): void {
    const { vfs, walPath, readonly } = this;
    if (this.pageCount === 0) {
      // A log without a database is a left-over.
      if (!readonly && vfs.exists(walPath)) vfs.delete(walPath, false);
      return;
    }
    const present = vfs.exists(walPath);
    if (!present && (!this.walHeader || readonly)) return;
    const file = vfs.open(walPath, { kind: 'wal', create: !readonly, readonly });
    try {
      this.wal = new Wal(vfs, file, this.pageSize);
    } catch (e) {
      file.close();
      throw e;
    }
    this.wal.base = this.base;
    this.looked = false;
    if (this.wal.mxFrame > 0) {
      if (this.wal.pageSize !== this.pageSize) this.setPageSize(this.wal.pageSize, this.usableSize);
      this.contentChanged();
    }
  }

  /** A checkpoint of the log, which must be open. */
  checkpoint(
    mode: CheckpointMode,
    synchronous: Synchronous,
    busy: (count: number) => boolean,
  ): CheckpointResult {
    const wal = this.wal!;
    if (this.plainReads > 0) {
      // A reader from when the file could only be read, and had no log.
      return { busy: mode !== 'passive', log: wal.mxFrame, checkpointed: wal.copied };
    }
    try {
      return wal.checkpoint(mode, this.handle!, synchronous, busy);
    } finally {
      // Not before: the busy handler may have read.
      this.ahead.forget();
    }
  }

  /** A connection that may write came to those that only read: `handle` takes the file's place. */
  upgrade(handle: VfsFile): void {
    this.handle!.close();
    this.handle = handle;
    this.seen.forget();
    const { wal, vfs, walPath } = this;
    if (wal === null || !wal.file.readonly || !vfs.exists(walPath)) return;
    const log = vfs.open(walPath, { kind: 'wal', create: false, readonly: false });
    // Of another log than the one that we read the next transaction takes notice.
    if (log.identity === wal.file.identity) wal.reopen(log);
    else log.close();
  }

  /** Closes the log; snapshot numbers go on from where it was. */
  closeWal(): void {
    if (this.wal === null) return;
    this.base = this.wal.newest;
    this.wal.close();
    this.wal = null;
  }

  /** Removes the log and SQLite's index of it. Everything has been copied back. */
  deleteWal(): void {
    this.closeWal();
    this.vfs.delete(this.walPath, false);
    this.vfs.delete(`${this.path}-shm`, false);
    this.seenPages = -1;
    this.seen.forget();
  }

  // -- life ----------------------------------------------------------------------------------------

  leave(holder: LockHolder): void {
    this.connections.delete(holder);
    if (this.connections.size > 0) return;
    const files = registry().files;
    if (files.get(this.key) === this) files.delete(this.key);
    this.closeWal();
    this.cache.clear();
    this.cache.pool.shrink();
    this.slots?.close();
    this.handle?.close();
    this.handle = null;
  }

  /** The change counter of a page 1. */
  static changeCounter(page1: Uint8Array): number {
    return get4(page1, 24);
  }
}

interface Registry {
  readonly files: Map<string, DatabaseFile>;
}

/** The version in the name changes with the shape of DatabaseFile. */
const REGISTRY = Symbol.for('micadb.database-files.1');

function registry(): Registry {
  const holder = globalThis as { [REGISTRY]?: Registry };
  holder[REGISTRY] ??= { files: new Map() };
  return holder[REGISTRY];
}

export interface OpenFileOptions {
  readonly path: string;
  readonly readonly: boolean;
  readonly create: boolean;
  readonly vfs: Vfs;
  readonly sharedMemoryName?: string;
  readonly pageSize?: number;
}

/** The DatabaseFile of a path, opened if this is its first connection. */
export function openDatabaseFile(options: OpenFileOptions, holder: LockHolder): DatabaseFile {
  const { vfs } = options;
  const pageSize = options.pageSize ?? DEFAULT_PAGE_SIZE;
  const { files } = registry();
  let file: DatabaseFile | undefined;
  if (options.sharedMemoryName !== undefined) {
    const key = `shared-memory:${options.sharedMemoryName}`;
    file = files.get(key) ?? new DatabaseFile('memory', key, ':memory:', vfs, null, pageSize);
    files.set(key, file);
  } else if (options.path === ':memory:' || options.path === '') {
    const kind = options.path === '' ? 'temp' : 'memory';
    file = new DatabaseFile(kind, '', options.path, vfs, null, pageSize);
  } else {
    file = openNamed(options, pageSize, files);
  }
  file.connections.add(holder);
  return file;
}

function openNamed(
  options: OpenFileOptions,
  pageSize: number,
  files: Map<string, DatabaseFile>,
): DatabaseFile {
  const { vfs } = options;
  const path = vfs.fullPath(options.path);
  const open = (): VfsFile =>
    vfs.open(path, { kind: 'main', create: options.create, readonly: options.readonly });
  const known = vfs.stamp(path)?.identity;
  const present = known === undefined ? undefined : files.get(known);
  if (present !== undefined) {
    if (present.readonly && !options.readonly) {
      const better = open();
      if (better.readonly) better.close();
      else present.upgrade(better);
    }
    return present;
  }
  const handle = open();
  const file = new DatabaseFile('file', handle.identity, path, vfs, handle, pageSize);
  files.set(handle.identity, file);
  return file;
}
