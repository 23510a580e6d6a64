/**
 * openPager: one connection's view of one database file: transactions, private page copies, savepoint
 * layers, spilling. What connections share is DatabaseFile; the contract is pager/types.ts.
 *
 * Invariants:
 *  1. `own` holds this transaction's copies; a page in `spilled` has its newest content outside
 *     memory (file, log or slot) unless a dirty copy in `own` is newer still.
 *  2. In rollback modes the database file is written by FileWriter alone, and only under EXCLUSIVE.
 *  3. Locks: SHARED while reading, RESERVED while changing, EXCLUSIVE before the file is written
 *     (https://www.sqlite.org/lockingv3.html). In WAL mode a connection keeps SHARED until it
 *     closes, so that nobody takes the log away.
 */
import { corrupt, SqliteError } from '../values/errors.ts';
import { LockLevel } from '../vfs/vfs.ts';
import { get4, put4 } from './bytes.ts';
import {
  type DatabaseFile,
  DEFAULT_PAGE_SIZE,
  isPageSize,
  openDatabaseFile,
} from './database-file.ts';
import { FileWriter, type RollbackMode } from './file-writer.ts';
import { lockBytePage } from './journal.ts';
import { enterWal, leaveWal, type ModeHost, removeIdleJournal } from './journal-modes.ts';
import { Layers } from './layers.ts';
import type { LockHolder } from './locks.ts';
import { NEWEST, PageEntry } from './page.ts';
import { SlotFile } from './slots.ts';
import {
  type CheckpointMode,
  type CheckpointResult,
  type CommitWatcher,
  type JournalMode,
  type LockingMode,
  type Page,
  type Pager,
  type PagerOptions,
  Synchronous,
} from './types.ts';
import type { Wal, WalReader } from './wal.ts';

/** SQLITE_VERSION_NUMBER, which every commit leaves at offset 96. */
const VERSION_NUMBER = 3053002;
const DEFAULT_CACHE_SIZE = -2000;
/** What the cache may hold while nobody asked for a size: 16 MB. */
const UNSET_CACHE_BYTES = 16 << 20;
/** What SQLite counts for a cached page besides its bytes. */
const PAGE_EXTRA = 136;
const MAX_PAGE_COUNT = 0xfffffffe;

/** Opens a connection's pager. Throws SQLITE_CANTOPEN when there is no such file. */
export function openPager(options: PagerOptions): Pager {
  return new PagerConnection(options);
}

class PagerConnection implements ModeHost {
  state: 'open' | 'read' | 'write' | 'error' = 'open';
  error: SqliteError | null = null;
  synchronous: Synchronous = Synchronous.Full;
  fullFsync = false;
  private locking: LockingMode = 'normal';
  journalSizeLimit = -1;
  walAutoCheckpoint = 1000;
  dataVersion = 1;
  pageCount = 0;
  readonly watchers = new Set<CommitWatcher>();
  readonly isMemory: boolean;
  readonly isTemp: boolean;
  readonly readonly: boolean;

  readonly file: DatabaseFile;
  private readonly holder: LockHolder = { level: LockLevel.None };
  private readonly askBusy: ((count: number) => boolean) | null;
  private mode: RollbackMode;
  /** WAL was asked for while the file is empty: its first transaction writes the header for it. */
  private wantWal = false;
  /** The log that this connection has read from, and whether it was alone with it from the start. */
  private knownLog: Wal | null = null;
  private loneLog = false;
  /** The file was in WAL mode when this connection last looked. */
  private knowsWal = false;
  /** DatabaseFile.version as of our last read; -1 before the first. */
  private seenVersion = -1;
  private snapshot = 0;
  private lockPage = 0;
  private reader: WalReader | null = null;
  /** This read transaction uses no log. */
  private plain = false;
  private checkpointDue = false;

  // The write transaction.
  private readonly own = new Map<number, PageEntry>();
  private readonly spilled = new Set<number>();
  private readonly layers: Layers;
  private layerSlots: SlotFile | null = null;
  private pagesBefore = 0;
  private changed = false;
  private counted = false;
  /** In rollback modes: journal and file. */
  private writer: FileWriter | null = null;
  /** The log has the commit; what is left is to publish it. */
  private logCommitted = false;

  /** What a database that has no page yet would get from this connection. */
  private emptyPageSize: number;
  private emptyReserved = 0;
  private cacheSizeSet: number | null = null;
  private spillThreshold = 1;
  private spills = true;
  private maxPages = MAX_PAGE_COUNT;
  private closed = false;

  constructor(options: PagerOptions) {
    this.file = openDatabaseFile(options, this.holder);
    this.askBusy = options.busyHandler;
    this.emptyPageSize = options.pageSize ?? DEFAULT_PAGE_SIZE;
    this.isMemory = this.file.kind === 'memory';
    this.isTemp = this.file.kind === 'temp';
    this.readonly = false;
    this.mode = this.isMemory ? 'memory' : 'delete';
    this.layers = new Layers(
      () => this.file.cache.pool,
      () => {
        this.layerSlots ??= new SlotFile(this.file.vfs, this.file.pageSize);
        return this.layerSlots;
      },
      () => (this.isMemory ? Number.POSITIVE_INFINITY : Math.max(10, this.budget() >> 1)),
    );
    this.setBudget();
    if (options.content !== undefined && this.isMemory) this.fill(options.content);
    this.readonly = options.readonly || this.file.readonly;
  }

  /** Takes the bytes of a database file as committed content, whatever they are. */
  private fill(content: Uint8Array): void {
    const size = (content[16]! << 8) | (content[17]! << 16);
    if (content.length >= 100 && isPageSize(size)) this.setPageSize(size, content[20]!);
    this.beginRead();
    this.beginWrite(false);
    const { pageSize } = this.file;
    for (let at = 0, pgno = 1; at < content.length; at += pageSize, pgno++) {
      if (pgno === this.lockPage) continue;
      const fresh = this.get(pgno, true);
      const page = this.makeWritable(fresh);
      page.data.fill(0);
      page.data.set(content.subarray(at, at + pageSize));
      this.unpin(page);
      this.unpin(fresh);
    }
    // The first half of a commit would count a change in page 1.
    this.commitPhaseTwo();
    this.endRead();
  }

  get path(): string {
    return this.file.path;
  }
  get pageSize(): number {
    return this.isEmpty ? this.emptyPageSize : this.file.pageSize;
  }
  get usableSize(): number {
    return this.isEmpty ? this.emptyPageSize - this.emptyReserved : this.file.usableSize;
  }
  /** True while the database has no page size but the one that each connection has in mind. */
  private get isEmpty(): boolean {
    return this.state !== 'write' && this.file.committedPages === 0;
  }
  get journalPath(): string | null {
    return this.file.kind === 'file' ? this.file.journalPath : null;
  }
  lockLevel(): LockLevel {
    return this.holder.level;
  }

  // -- locks -------------------------------------------------------------------------------------

  raise(level: LockLevel): boolean {
    if (this.holder.level >= level) return true;
    const { file, holder } = this;
    const before = holder.level;
    if (!file.locks.raise(holder, level)) return false;
    try {
      file.handle?.lock(level);
    } catch (e) {
      // A stranger's lock: as with one of our own, a try for EXCLUSIVE stays at PENDING.
      const busy = e instanceof SqliteError && e.errcode % 256 === 5;
      if (busy && level === LockLevel.Exclusive) holder.level = LockLevel.Pending;
      else if (before >= LockLevel.Shared) holder.level = before;
      else file.locks.lower(holder, LockLevel.None);
      if (!busy) throw e;
      return false;
    }
    return true;
  }

  lower(level: LockLevel.Shared | LockLevel.None): void {
    if (this.holder.level <= level) return;
    this.file.locks.lower(this.holder, level);
    const top = this.file.locks.highest();
    if (top <= LockLevel.Shared) this.file.handle?.unlock(top === LockLevel.None ? 0 : 1);
  }

  /** Raises the lock, asking the busy handler as often as it wants. */
  private waitFor(level: LockLevel): void {
    for (let n = 0; !this.raise(level); n++) {
      if (this.askBusy === null || !this.askBusy(n)) throw new SqliteError('SQLITE_BUSY');
    }
  }

  busy(count: number): boolean {
    return this.askBusy?.(count) ?? false;
  }

  // -- transactions ------------------------------------------------------------------------------

  beginRead(): boolean {
    if (this.state === 'read' || this.state === 'write') return false;
    const { file } = this;
    if (this.state === 'error') {
      this.state = 'open';
      this.error = null;
      file.distrust();
    }
    const before = this.holder.level;
    this.waitFor(LockLevel.Shared);
    let newLog = false;
    try {
      // Who keeps EXCLUSIVE between transactions has seen everything.
      if (before < LockLevel.Exclusive) file.refresh(this.holder, this.synchronous);
      newLog = file.wal !== null && file.wal !== this.knownLog;
      if (newLog) {
        this.loneLog = this.locking === 'exclusive';
        if (this.loneLog) this.waitFor(LockLevel.Exclusive);
      }
    } catch (e) {
      if (before === LockLevel.None || before === LockLevel.Shared) this.lower(before);
      throw e;
    }
    this.reader = file.wal?.openReader() ?? null;
    this.plain = this.reader === null;
    if (this.plain) file.plainReads++;
    this.snapshot = file.snapshot;
    this.pageCount = file.committedPages;
    this.lockPage = lockBytePage(this.pageSize);
    this.state = 'read';
    const changed = this.seenVersion !== file.version;
    if (newLog || (changed && this.seenVersion >= 0)) this.dataVersion++;
    this.knownLog = file.wal;
    this.knowsWal = file.wal !== null || file.walHeader;
    this.seenVersion = file.version;
    return changed;
  }

  endRead(): void {
    if (this.state === 'open') return;
    if (this.state === 'write') throw new SqliteError('SQLITE_MISUSE');
    this.closeReader();
    if (this.state === 'read') this.state = 'open';
    this.lowerIdle();
    if (this.checkpointDue) {
      this.checkpointDue = false;
      this.autoCheckpoint();
    }
  }

  private closeReader(): void {
    if (this.reader !== null) this.file.wal?.closeReader(this.reader);
    this.reader = null;
    if (this.plain) this.file.plainReads--;
    this.plain = false;
  }

  beginWrite(exclusive: boolean, fresh = false): void {
    const { file } = this;
    if (this.state === 'write') {
      if (exclusive && file.wal === null) this.waitFor(LockLevel.Exclusive);
      return;
    }
    if (this.state !== 'read') throw this.error ?? new SqliteError('SQLITE_MISUSE');
    if (this.readonly) throw new SqliteError('SQLITE_READONLY');
    const { wal } = file;
    if (wal !== null) {
      if (wal.file.readonly) throw new SqliteError('SQLITE_READONLY');
      if (this.locking === 'exclusive' && !this.raise(LockLevel.Exclusive)) {
        this.lower(LockLevel.Shared);
        throw new SqliteError('SQLITE_BUSY');
      }
      if (wal.writer !== null) throw new SqliteError('SQLITE_BUSY');
      if (!fresh && !wal.looksUnchanged()) file.refresh(this.holder, this.synchronous);
      if (file.wal !== wal || this.reader!.mark !== wal.newest) {
        throw new SqliteError('SQLITE_BUSY_SNAPSHOT');
      }
      wal.writer = this;
    } else {
      this.checkNotMoved();
      const before = this.holder.level;
      if (!this.raise(LockLevel.Reserved)) throw new SqliteError('SQLITE_BUSY');
      try {
        if (before < LockLevel.Reserved && !file.unchanged()) throw new SqliteError('SQLITE_BUSY');
      } catch (e) {
        if (before <= LockLevel.Shared) this.lower(LockLevel.Shared);
        throw e;
      }
      // In vain, it stays at PENDING as long as the read transaction lasts; so does SQLite.
      if (exclusive) this.waitFor(LockLevel.Exclusive);
    }
    if (file.committedPages === 0) {
      file.setPageSize(this.emptyPageSize, this.emptyPageSize - this.emptyReserved);
      this.lockPage = lockBytePage(file.pageSize);
    }
    if (this.layerSlots !== null) this.layerSlots.pageSize = file.pageSize;
    this.pagesBefore = this.pageCount;
    this.changed = false;
    this.counted = false;
    this.logCommitted = false;
    this.newWriter();
    this.state = 'write';
  }

  /** The writer of a transaction in a rollback mode that has changed nothing yet. */
  private newWriter(): void {
    const { file } = this;
    if (file.kind !== 'file' || file.wal !== null) return;
    const { mode, synchronous, pagesBefore } = this;
    this.writer = new FileWriter(file, mode, synchronous, pagesBefore, this.readUntouched);
  }

  /** A file that was renamed or deleted under us must not be written to. */
  private checkNotMoved(): void {
    const { file } = this;
    if (file.handle === null || this.holder.level >= LockLevel.Reserved) return;
    if (file.vfs.stamp(file.path)?.identity !== file.handle.identity) {
      throw new SqliteError('SQLITE_READONLY_DBMOVED');
    }
  }

  lockForCommit(): void {
    const { file } = this;
    if (file.kind === 'file' && file.wal === null) this.waitFor(LockLevel.Exclusive);
  }

  commitPhaseOne(superJournal: string | null): void {
    if (this.state !== 'write') throw this.error ?? new SqliteError('SQLITE_MISUSE');
    if (!this.changed || this.logCommitted) return;
    const { file } = this;
    // Nobody reads the change counter of memory: as in SQLite it stays as it is.
    if (file.kind !== 'file') this.waitFor(LockLevel.Exclusive);
    else if (file.wal !== null) this.commitToLog(file.wal);
    else this.writeFile(superJournal);
  }

  /** Change counter, version-valid-for and version number in page 1 (file format §1.3). */
  private countChange(): void {
    if (this.counted || this.pageCount === 0) return;
    const first = this.get(1);
    const page = this.makeWritable(first);
    const { data } = page;
    const counter = (get4(data, 24) + 1) >>> 0;
    put4(data, 24, counter);
    put4(data, 92, counter);
    put4(data, 96, VERSION_NUMBER);
    this.unpin(page);
    this.unpin(first);
    this.counted = true;
  }

  /** The copies that have to reach the file, by page number. */
  private toWrite(): PageEntry[] {
    const out: PageEntry[] = [];
    for (const e of this.own.values()) {
      if (e.dirty && !e.noWrite && e.pgno <= this.pageCount) out.push(e);
    }
    return out.sort((a, b) => a.pgno - b.pgno);
  }

  private commitToLog(wal: Wal): void {
    if (this.own.get(1)?.dirty || this.spilled.has(1)) this.countChange();
    const pages = this.toWrite();
    if (pages.length === 0 && wal.pending === 0 && this.pageCount === this.pagesBefore) return;
    if (pages.length === 0) {
      // The commit mark needs a frame.
      this.countChange();
      pages.push(this.own.get(1)!);
    }
    wal.append(pages, this.pageCount, this.synchronous, this.reader!);
    this.logCommitted = true;
    if (this.walAutoCheckpoint > 0 && wal.mxFrame >= this.walAutoCheckpoint) {
      this.checkpointDue = true;
    }
  }

  private writeFile(superJournal: string | null): void {
    if (
      this.toWrite().length === 0 &&
      !this.writer!.touched &&
      this.pageCount === this.pagesBefore
    ) {
      return;
    }
    this.countChange();
    this.waitFor(LockLevel.Exclusive);
    this.writer!.commit(this.toWrite(), this.pageCount, this.finalSize(), superJournal);
  }

  /** Bytes of the file after commit. A copied-in header may name another page size. */
  private finalSize(): number {
    const header = this.newPageSize();
    if (header !== null) return header.pages * header.pageSize;
    return this.pageCount * this.file.pageSize;
  }

  /** The page size that page 1 will say after this commit, when it is another. */
  private newPageSize(): { pageSize: number; usable: number; pages: number } | null {
    const d = this.own.get(1)?.data;
    if (d === undefined) return null;
    const pageSize = (d[16]! << 8) | (d[17]! << 16);
    if (pageSize === this.file.pageSize || !isPageSize(pageSize)) return null;
    return { pageSize, usable: pageSize - d[20]!, pages: get4(d, 28) };
  }

  /** The content of a page before this transaction. */
  private readOld(pgno: number, into: Uint8Array): void {
    if (this.writer?.hasOld(pgno)) {
      this.writer.readOld(pgno, into);
      return;
    }
    this.readUntouched(pgno, into);
  }

  private readonly readUntouched = (pgno: number, into: Uint8Array): void => {
    const { file } = this;
    const cached = file.cache.find(pgno, this.snapshot);
    if (cached !== undefined) into.set(cached.data);
    else this.readCommitted(pgno, into);
  };

  commitPhaseTwo(): void {
    if (this.state !== 'write') throw this.error ?? new SqliteError('SQLITE_MISUSE');
    try {
      this.writer?.finish(this.mode, this.journalSizeLimit);
    } catch (e) {
      // Not known whether the transaction is committed: the journal decides at the next open.
      this.fail(e);
      throw e;
    }
    this.publish();
    this.leaveWrite();
  }

  /** Turns private copies into the committed versions. */
  private publish(): void {
    if (!this.changed) {
      this.forgetOwn();
      return;
    }
    const { file } = this;
    const { cache, wal, tempSlots } = file;
    const watched = this.watchers.size > 0 ? new Set(this.spilled) : null;
    if (watched !== null) for (const e of this.own.values()) if (e.dirty) watched.add(e.pgno);
    const resize = wal === null && file.kind === 'file' ? this.newPageSize() : null;
    if (this.reader !== null && wal !== null) this.reader.mark = wal.newest;
    this.snapshot = file.snapshot;
    const keepOld = wal?.hasOldReaders() ?? false;
    for (const e of this.own.values()) {
      const stays = e.dirty && !e.noWrite && e.pgno <= this.pageCount;
      if (!stays && file.kind !== 'memory') {
        if (e.dirty && wal === null) cache.removeAll(e.pgno);
        cache.discard(e);
        continue;
      }
      if (!e.dirty || e.pgno > this.pageCount) {
        cache.discard(e);
        continue;
      }
      e.writable = false;
      e.dirty = false;
      e.noWrite = false;
      e.noJournal = false;
      e.until = NEWEST;
      e.frame = wal === null ? this.snapshot : wal.base + wal.find(e.pgno, wal.newest);
      cache.supersede(e.pgno, e.frame, keepOld);
      cache.add(e);
      this.spilled.delete(e.pgno);
      if (file.kind === 'temp') this.releaseTempSlot(e.pgno);
    }
    this.own.clear();
    for (const pgno of this.spilled) {
      if (wal !== null) {
        const frame = wal.find(pgno, wal.newest);
        if (frame > 0) cache.supersede(pgno, wal.base + frame, keepOld);
      } else cache.removeAll(pgno);
      const slot = this.ownSlots.get(pgno);
      if (slot !== undefined) {
        this.releaseTempSlot(pgno);
        tempSlots.set(pgno, slot);
        this.ownSlots.delete(pgno);
      }
    }
    this.forgetOwn();
    if (this.pageCount < this.pagesBefore && !keepOld) {
      cache.removeAfter(this.pageCount);
      for (const pgno of [...tempSlots.keys()]) {
        if (pgno > this.pageCount) this.releaseTempSlot(pgno);
      }
    }
    const head = cache.newest(1);
    file.committed(wal === null ? (head?.data ?? null) : null, this.pageCount);
    this.seenVersion = file.version;
    if (resize !== null) {
      file.setPageSize(resize.pageSize, resize.usable);
      this.pageCount = resize.pages;
      file.distrust();
    }
    cache.shrinkTo(Math.max(cache.budget, 10));
    if (watched !== null) for (const watcher of this.watchers) watcher(watched);
  }

  private releaseTempSlot(pgno: number): void {
    const { tempSlots, slots } = this.file;
    const slot = tempSlots.get(pgno);
    if (slot === undefined || slots === null) return;
    tempSlots.delete(pgno);
    slots.release(slot);
  }

  /** Temporary databases: where pages of this transaction were spilled to. */
  private readonly ownSlots = new Map<number, number>();

  private forgetOwn(): void {
    const { cache, slots } = this.file;
    for (const e of this.own.values()) cache.discard(e);
    this.own.clear();
    this.spilled.clear();
    if (slots !== null) for (const slot of this.ownSlots.values()) slots.release(slot);
    this.ownSlots.clear();
    this.layers.clear();
    this.layerSlots?.reset();
  }

  /** With `keepLock` the same transaction begins anew at once: nobody comes in between. */
  private leaveWrite(keepLock = false): void {
    const { wal } = this.file;
    if (wal !== null && wal.writer === this) wal.writer = null;
    this.writer = null;
    this.state = 'read';
    if (this.pageCount > 0) this.wantWal = false;
    if (this.locking === 'normal' && !keepLock) this.lower(LockLevel.Shared);
  }

  rollback(keepLock = false): void {
    if (this.state !== 'write') return;
    const { file } = this;
    if (this.logCommitted) {
      this.publish();
      this.leaveWrite();
      return;
    }
    this.forgetOwn();
    file.wal?.rollback();
    try {
      const restored = this.writer?.rollBack(this.mode, this.journalSizeLimit) ?? true;
      // With journal_mode=off what was written stays written.
      if (!restored) file.distrust();
      if (this.changed && this.mode === 'off' && file.wal === null) this.dataVersion++;
    } catch (e) {
      this.fail(e);
      throw e;
    }
    this.pageCount = this.pagesBefore;
    this.leaveWrite(keepLock);
  }

  /** The file may be half-written: nothing works until the journal was rolled back. */
  private fail(e: unknown): void {
    this.error = e instanceof SqliteError ? e : new SqliteError('SQLITE_IOERR');
    this.forgetOwn();
    this.state = 'error';
    this.closeReader();
    this.writer?.abandon();
    this.writer = null;
    const { wal } = this.file;
    if (wal !== null && wal.writer === this) wal.writer = null;
    this.file.distrust();
    this.lower(LockLevel.None);
  }

  // -- savepoint layers --------------------------------------------------------------------------

  openSavepoint(count: number): void {
    this.layers.open(count, this.pageCount);
  }

  releaseSavepoint(index: number): void {
    if (index < this.layers.count) this.layers.release(index);
  }

  rollbackToSavepoint(index: number): void {
    if (index >= this.layers.count) return;
    this.counted = false;
    this.pageCount = this.layers.rewind(index, (pgno, image) => this.restore(pgno, image));
  }

  private restore(pgno: number, image: Uint8Array | null): void {
    const { cache } = this.file;
    let entry = this.own.get(pgno);
    if (image === null && !this.spilled.has(pgno)) {
      if (entry === undefined) return;
      this.own.delete(pgno);
      cache.discard(entry);
      return;
    }
    if (image === null && pgno > this.pagesBefore) {
      // It did not exist: whatever was spilled is of no interest.
      this.spilled.delete(pgno);
      if (entry === undefined) return;
      this.own.delete(pgno);
      cache.discard(entry);
      return;
    }
    if (entry === undefined) entry = this.addOwn(pgno);
    if (image === null) this.readOld(pgno, entry.data);
    else entry.data.set(image);
    entry.aux = null;
    entry.dirty = true;
    entry.writable = true;
    entry.noWrite = false;
    entry.empty = false;
    entry.layer = -1;
  }

  // -- pages ---------------------------------------------------------------------------------------

  get(pgno: number, noContent = false): Page {
    if (this.state === 'write') {
      const mine = this.own.get(pgno);
      if (mine !== undefined) {
        if (mine.empty && !noContent) this.fillEmpty(mine);
        mine.pins++;
        mine.used = true;
        return mine;
      }
      if (noContent || pgno > this.pagesBefore || this.spilled.has(pgno)) {
        return this.getPrivate(pgno, noContent);
      }
    }
    if (pgno <= this.pageCount) {
      const found = this.file.cache.find(pgno, this.snapshot);
      if (found !== undefined) {
        found.pins++;
        found.used = true;
        return found;
      }
    }
    return this.load(pgno);
  }

  private checkNumber(pgno: number): void {
    if (this.state !== 'read' && this.state !== 'write') {
      throw this.error ?? new SqliteError('SQLITE_MISUSE');
    }
    if (pgno < 1 || pgno === this.lockPage) throw corrupt('page number');
  }

  /** A private page that is not in memory: spilled, past the end, or about to be overwritten. */
  private getPrivate(pgno: number, noContent: boolean): Page {
    this.checkNumber(pgno);
    if (pgno > this.maxPages && pgno > this.pageCount) throw new SqliteError('SQLITE_FULL');
    const entry = this.addOwn(pgno);
    if (noContent || !this.spilled.has(pgno)) {
      entry.data.fill(0);
      entry.empty = noContent;
    } else {
      try {
        this.readSpilled(pgno, entry.data);
      } catch (e) {
        this.own.delete(pgno);
        this.file.cache.discard(entry);
        throw e;
      }
    }
    entry.pins++;
    return entry;
  }

  /** Reads what was left out when the page was first fetched. */
  private fillEmpty(entry: PageEntry): void {
    entry.empty = false;
    entry.aux = null;
    if (this.spilled.has(entry.pgno)) this.readSpilled(entry.pgno, entry.data);
    else if (entry.pgno <= this.pagesBefore) this.readOld(entry.pgno, entry.data);
    else entry.data.fill(0);
  }

  private readSpilled(pgno: number, into: Uint8Array): void {
    const { file } = this;
    if (file.kind === 'temp') file.slots!.get(this.ownSlots.get(pgno)!, into);
    else if (file.wal !== null) file.wal.readFrame(file.wal.findPending(pgno), into);
    else file.handle!.read(into, 0, file.pageSize, (pgno - 1) * file.pageSize);
  }

  /** A committed page that is not in the cache. */
  private load(pgno: number): Page {
    this.checkNumber(pgno);
    if (pgno > this.pageCount) throw corrupt('page number past the end');
    const { cache, wal } = this.file;
    const data = cache.room(this.own.size);
    const entry = new PageEntry(pgno, data);
    const frame = wal === null ? 0 : wal.find(pgno, this.snapshot);
    try {
      const { handle, ahead, pageSize } = this.file;
      if (frame === 0 && handle !== null && this.state === 'read') {
        ahead.read(handle, pgno, pageSize, data);
      } else this.readCommitted(pgno, data);
    } catch (e) {
      cache.recycle(entry);
      throw e;
    }
    return this.admit(entry, frame);
  }

  private admit(entry: PageEntry, frame: number): Page {
    const { cache, wal, snapshot } = this.file;
    if (wal === null) entry.frame = snapshot;
    else {
      entry.frame = frame > 0 ? wal.base + frame : Math.min(wal.base, this.snapshot);
      const end = wal.endOf(entry.pgno, this.snapshot);
      if (end > 0) entry.until = end;
    }
    entry.pins++;
    cache.add(entry);
    return entry;
  }

  private readCommitted(pgno: number, into: Uint8Array): void {
    const { file } = this;
    const { wal, pageSize } = file;
    const frame = wal === null ? 0 : wal.find(pgno, this.snapshot);
    if (frame > 0) wal!.readFrame(frame, into);
    else if (file.handle !== null) file.handle.read(into, 0, pageSize, (pgno - 1) * pageSize);
    else {
      const slot = file.tempSlots.get(pgno);
      if (slot === undefined) into.fill(0);
      else file.slots!.get(slot, into);
    }
  }

  unpin(page: Page): void {
    const entry = page as PageEntry;
    if (--entry.pins === 0 && entry.orphan) this.file.cache.recycle(entry);
  }

  /** A new private page with arbitrary content, in `own`. */
  private addOwn(pgno: number): PageEntry {
    this.makeRoom();
    const entry = new PageEntry(pgno, this.file.cache.room(this.own.size));
    this.own.set(pgno, entry);
    return entry;
  }

  makeWritable(page: Page): Page {
    if (this.state !== 'write') throw this.error ?? new SqliteError('SQLITE_MISUSE');
    const { pgno } = page;
    let entry = this.own.get(pgno);
    if (entry === undefined) {
      if (this.spilled.has(pgno)) throw new SqliteError('SQLITE_INTERNAL');
      if (this.layers.top >= 0) this.layers.keep(pgno, null);
      entry = this.addOwn(pgno);
      entry.data.set(page.data);
    } else if (entry.layer !== this.layers.top && this.layers.top >= 0) {
      // A page whose content nobody read has no image: going back leaves it to the file.
      const image = entry.dirty || this.spilled.has(pgno) ? entry.data : null;
      this.layers.keep(pgno, entry.empty && !entry.dirty ? null : image);
    }
    if (entry.empty) {
      entry.empty = false;
      if (!this.spilled.has(pgno)) entry.noJournal = true;
    }
    entry.layer = this.layers.top;
    entry.dirty = true;
    entry.writable = true;
    entry.noWrite = false;
    entry.used = true;
    entry.pins++;
    this.changed = true;
    if (pgno > this.pageCount) this.pageCount = pgno;
    return entry;
  }

  dontWrite(page: Page): void {
    const entry = page as PageEntry;
    // A layer may still need the content: only what no savepoint can bring back is left out.
    if (entry.writable && this.layers.top < 0) entry.noWrite = true;
  }

  setPageCount(pageCount: number): void {
    if (this.state !== 'write') throw this.error ?? new SqliteError('SQLITE_MISUSE');
    if (pageCount === this.pageCount) return;
    this.pageCount = pageCount;
    this.changed = true;
  }

  // -- spilling ------------------------------------------------------------------------------------

  /** Before another private page: writes some out when there are too many. */
  private makeRoom(): void {
    if (this.isMemory || !this.spills) return;
    if (this.own.size < Math.max(this.budget(), this.spillThreshold, 10)) return;
    const victims: PageEntry[] = [];
    const most = Math.max(this.own.size >> 1, 1);
    for (const e of this.own.values()) {
      if (e.pins > 0 || e.pgno === 1) continue;
      if (e.used && this.own.size > 20) {
        e.used = false;
        continue;
      }
      victims.push(e);
      if (victims.length >= most) break;
    }
    if (victims.length > 0) this.spill(victims);
  }

  private spill(victims: PageEntry[]): void {
    const { file } = this;
    const { cache, wal } = file;
    // Pages that were cut off may come back with a savepoint.
    const last = this.layers.top < 0 ? this.pageCount : MAX_PAGE_COUNT;
    const dirty = victims.filter((e) => e.dirty && !e.noWrite && e.pgno <= last);
    dirty.sort((a, b) => a.pgno - b.pgno);
    if (dirty.length > 0) {
      if (file.kind === 'temp') {
        for (const e of dirty) {
          const old = this.ownSlots.get(e.pgno);
          this.ownSlots.set(e.pgno, file.slots!.put(e.data));
          if (old !== undefined) file.slots!.release(old);
        }
      } else if (wal !== null) {
        wal.append(dirty, 0, this.synchronous, this.reader!);
      } else {
        // Readers in the way: the pages stay in memory.
        if (!this.raise(LockLevel.Exclusive)) return;
        this.writer!.spill(dirty);
      }
    }
    for (const e of dirty) this.spilled.add(e.pgno);
    for (const e of victims) {
      this.own.delete(e.pgno);
      cache.discard(e);
    }
  }

  // -- settings --------------------------------------------------------------------------------------

  setPageSize(pageSize: number, reserved: number): number {
    const { file } = this;
    const empty = this.isEmpty;
    if (this.state === 'write' || !isPageSize(pageSize)) return this.pageSize;
    if (!empty && this.state !== 'read') return this.pageSize;
    if (pageSize - reserved < 480 || reserved < 0 || reserved > 255) return this.pageSize;
    if (empty) {
      this.emptyPageSize = pageSize;
      this.emptyReserved = reserved;
      this.setBudget();
      return pageSize;
    }
    const bytes = file.pageCount * file.pageSize;
    file.setPageSize(pageSize, pageSize - reserved);
    this.lockPage = lockBytePage(pageSize);
    if (file.wal === null) {
      file.pageCount = Math.ceil(bytes / pageSize);
      this.pageCount = file.pageCount;
    }
    this.setBudget();
    return file.pageSize;
  }

  get cacheSize(): number {
    return this.cacheSizeSet ?? DEFAULT_CACHE_SIZE;
  }
  set cacheSize(pages: number) {
    this.cacheSizeSet = pages;
    this.setBudget();
  }
  get cacheSpill(): number {
    return this.spills ? Math.max(this.spillThreshold, this.pagesOf(this.cacheSize)) : 0;
  }
  set cacheSpill(pages: number) {
    // Switched on again it keeps the threshold of before.
    const again = pages === 1 && !this.spills;
    this.spills = pages !== 0;
    if (pages !== 0 && !again) this.spillThreshold = this.pagesOf(pages);
  }

  /** A number of pages, or minus a number of KiB, in pages. */
  private pagesOf(size: number): number {
    if (size >= 0) return size;
    return Math.floor((-1024 * size) / (this.pageSize + PAGE_EXTRA));
  }

  /** The budget in pages. */
  private budget(): number {
    const n = this.cacheSizeSet;
    return n === null ? Math.floor(UNSET_CACHE_BYTES / this.pageSize) : this.pagesOf(n);
  }

  private setBudget(): void {
    this.file.cache.budget = this.isMemory ? Number.POSITIVE_INFINITY : Math.max(this.budget(), 10);
    if (!this.isMemory) this.file.cache.shrinkTo(this.file.cache.budget);
  }

  get maxPageCount(): number {
    return this.maxPages;
  }
  set maxPageCount(n: number) {
    if (n > 0) this.maxPages = Math.min(n, MAX_PAGE_COUNT);
    if (this.maxPages < this.pageCount) this.maxPages = this.pageCount;
  }

  pinnedPages(): number {
    let n = this.file.cache.pinned();
    for (const e of this.own.values()) if (e.pins > 0) n++;
    return n;
  }

  shrink(): void {
    if (!this.isMemory) this.file.cache.shrinkTo(0);
    this.file.cache.pool.shrink();
  }

  get lockingMode(): LockingMode {
    return this.locking;
  }
  set lockingMode(mode: LockingMode) {
    // A log that was opened alone has no index that others could share.
    const bound = this.loneLog && this.knownLog !== null && this.knownLog === this.file.wal;
    if (!this.isTemp && !bound) this.locking = mode;
  }

  // -- journal mode ----------------------------------------------------------------------------------

  /** True when the open transaction has changed pages: the journal mode is then fixed. */
  get modified(): boolean {
    return this.state === 'write' && this.changed;
  }

  get journalMode(): JournalMode {
    this.learnMode();
    return this.knowsWal || this.wantWal ? 'wal' : this.mode;
  }
  set journalMode(mode: JournalMode) {
    this.setJournalMode(mode);
  }

  /** A connection that never read does not know the file's mode yet. */
  private learnMode(): void {
    if (this.file.kind !== 'file' || this.state !== 'open' || this.seenVersion >= 0) return;
    this.beginRead();
    this.endRead();
    this.seenVersion = -1;
  }

  setJournalMode(mode: JournalMode): JournalMode {
    const current = this.journalMode;
    if (mode === current || this.modified) return current;
    if (this.isMemory) {
      if (mode === 'memory' || mode === 'off') this.mode = mode;
      return this.mode;
    }
    if (mode === 'wal') {
      if (this.isTemp) return current;
      this.wantWal = enterWal(this) === 'later';
      return 'wal';
    }
    if (current === 'wal') {
      if (!this.wantWal) leaveWal(this);
      this.wantWal = false;
      this.knowsWal = false;
    } else if (this.state !== 'write' && (current === 'truncate' || current === 'persist')) {
      if (mode !== 'truncate' && mode !== 'persist') removeIdleJournal(this);
    }
    this.mode = mode;
    if (this.state === 'write') this.newWriter();
    return mode;
  }

  /** Ends reading and keeps the lock. */
  pauseRead(): void {
    this.closeReader();
    this.state = 'open';
  }

  /** The lock of a connection between transactions. */
  lowerIdle(): void {
    if (this.locking !== 'normal') return;
    this.lower(this.file.wal === null ? LockLevel.None : LockLevel.Shared);
  }

  // -- checkpoint ------------------------------------------------------------------------------------

  checkpoint(mode: CheckpointMode): CheckpointResult {
    if (this.state !== 'open') throw new SqliteError('SQLITE_LOCKED');
    if (this.file.kind !== 'file') return { busy: false, log: -1, checkpointed: -1 };
    // Who has seen a file without a log does not look again.
    if (this.seenVersion >= 0 && !this.knowsWal) return { busy: false, log: -1, checkpointed: -1 };
    this.beginRead();
    this.endRead();
    const { wal, handle } = this.file;
    if (wal === null) return { busy: false, log: -1, checkpointed: -1 };
    if (this.readonly) throw new SqliteError('SQLITE_READONLY');
    if (handle!.usedByStranger?.()) {
      // Its snapshots are not known here.
      return { busy: true, log: wal.mxFrame, checkpointed: 0 };
    }
    return this.file.checkpoint(mode, this.synchronous, (n) => this.busy(n));
  }

  private autoCheckpoint(): void {
    const { wal, handle } = this.file;
    if (wal === null || handle!.usedByStranger?.()) return;
    try {
      this.file.checkpoint('passive', this.synchronous, () => false);
    } catch (e) {
      // The transaction is committed whatever becomes of the checkpoint.
      if (!(e instanceof SqliteError)) throw e;
    }
  }

  // -- end -------------------------------------------------------------------------------------------

  close(): void {
    if (this.closed) return;
    this.closed = true;
    try {
      if (this.state === 'write') this.rollback();
      if (this.state === 'read') this.endRead();
      this.closeLog();
      this.lower(LockLevel.None);
    } finally {
      this.file.locks.lower(this.holder, LockLevel.None);
      this.closeReader();
      this.layerSlots?.close();
      this.file.leave(this.holder);
      this.state = 'open';
    }
  }

  /** The last user of the log copies it back and removes it. */
  private closeLog(): void {
    const { file, holder } = this;
    const { wal, handle } = file;
    if (wal === null || holder.level === LockLevel.None || this.readonly) return;
    if (!file.locks.alone(holder) || handle!.usedByStranger?.()) return;
    try {
      this.file.checkpoint('passive', this.synchronous, () => false);
      if (wal.allCopied) file.deleteWal();
    } catch (e) {
      if (!(e instanceof SqliteError)) throw e;
    }
  }
}
