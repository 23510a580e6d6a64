/**
 * openBtree: one connection's view of one database file. Transactions, savepoints, meta values and
 * settings are here; trees, cursors, space and checks have files of their own.
 *
 * Invariants:
 *  1. `transaction` follows the pager: 'none' outside beginRead/endRead, 'write' from beginWrite to
 *     commitPhaseTwo or rollback.
 *  2. In a transaction `bt.nPage`, geometry and auto-vacuum mode are those of the page 1 that the
 *     transaction sees.
 */
import type { CheckpointMode, CheckpointResult, Pager } from '../pager/types.ts';
import { corrupt, ResultCode, SqliteError } from '../values/errors.ts';
import type { KeyInfo } from '../values/key.ts';
import type { Int } from '../values/value.ts';
import { Cursor } from './cursor.ts';
import { createDatabase, metaOffset, PAGE_COUNT, parseHeader } from './header.ts';
import type { checkIntegrity } from './integrity.ts';
import { BtShared, PENDING_BYTE } from './shared.ts';
import { clearTree, createTree, dropTree } from './tree.ts';
import { AutoVacuum, type BtCursor, type Btree, Meta } from './types.ts';
import { incrementalStep, vacuumAtCommit } from './vacuum.ts';

export interface BtreeOptions {
  /** Mode of a new database. */
  readonly autoVacuum?: AutoVacuum;
  readonly secureDelete?: number;
  /** Where the lock bytes are, for tests of what happens around them: 2^30 in every real file. */
  readonly pendingByte?: number;
}

/** How trees are checked: nobody needs the code but PRAGMA integrity_check, which bundles may leave out. */
export const integrity: { check: typeof checkIntegrity | null } = { check: null };

export function openBtree(pager: Pager, options: BtreeOptions = {}): Btree {
  return new BtreeConnection(pager, options);
}

class BtreeConnection implements Btree {
  transaction: 'none' | 'read' | 'write' = 'none';
  private readonly bt: BtShared;
  /** Page size and auto-vacuum mode are settled: the file has content, or the user said so. */
  private fixed = false;
  /** The header forbids writing. */
  private headerReadOnly = false;
  /** Page 1 was parsed since the content last changed under us. */
  private headerKnown = false;
  /** The schema cookie that the transaction sees, -1 when page 1 must be asked. */
  private cookie = -1;

  constructor(
    readonly pager: Pager,
    options: BtreeOptions,
  ) {
    this.bt = new BtShared(pager, options.pendingByte ?? PENDING_BYTE);
    this.bt.geo.secureDelete = options.secureDelete ?? 0;
    this.bt.autoVacuum = (options.autoVacuum ?? AutoVacuum.None) !== AutoVacuum.None;
    this.bt.incrVacuum = options.autoVacuum === AutoVacuum.Incremental;
  }

  // -- transactions ----------------------------------------------------------------------------

  beginTransaction(write: boolean, exclusive = false): number {
    const before = this.transaction;
    for (let tries = 0; ; tries++) {
      try {
        this.enter(write, exclusive);
        if (this.cookie < 0) this.cookie = this.getMeta(Meta.SchemaVersion);
        return this.cookie;
      } catch (e) {
        if (before !== 'none') throw e;
        if (this.transaction !== 'none') this.leaveRead();
        // Without a snapshot to keep, the busy handler may wait for the writer.
        const busy = e instanceof SqliteError && (e.errcode & 0xff) === ResultCode.SQLITE_BUSY;
        if (!busy || !write || !this.pager.busy?.(tries)) throw e;
      }
    }
  }

  private enter(write: boolean, exclusive: boolean): void {
    const fresh = this.transaction === 'none';
    if (fresh) {
      const changed = this.pager.beginRead();
      this.transaction = 'read';
      if (changed || !this.headerKnown) this.readHeader();
    }
    if (!write || this.transaction === 'write') return;
    if (this.headerReadOnly) throw new SqliteError('SQLITE_READONLY');
    this.pager.beginWrite(exclusive, fresh);
    this.transaction = 'write';
    try {
      this.startWriting();
    } catch (e) {
      this.rollback(null, false, true);
      throw e;
    }
  }

  /** Parses page 1, again when the page size turns out to be another. */
  private readHeader(): void {
    const { bt, pager } = this;
    this.cookie = -1;
    this.headerKnown = false;
    this.headerReadOnly = false;
    bt.takeGeometry();
    bt.nPage = 0;
    if (pager.pageCount === 0) {
      this.headerKnown = true;
      return;
    }
    for (let tries = 0; ; tries++) {
      const page = pager.get(1);
      let header: ReturnType<typeof parseHeader>;
      try {
        header = parseHeader(page.data);
      } finally {
        pager.unpin(page);
      }
      const { pageSize, reserved } = header;
      // Memory has no log: it cannot be what the header says.
      if (header.wal && pager.isMemory) throw new SqliteError('SQLITE_CANTOPEN');
      if (pageSize !== pager.pageSize || pageSize - reserved !== pager.usableSize) {
        pager.setPageSize(pageSize, reserved);
        if (tries > 0 || pager.pageSize !== pageSize) throw corrupt('page size');
        bt.takeGeometry();
        continue;
      }
      bt.takeGeometry();
      const inFile = pager.pageCount;
      if (header.pageCount > inFile) throw corrupt('file is shorter than its header says');
      bt.nPage = header.pageCount > 0 ? header.pageCount : inFile;
      bt.autoVacuum = header.autoVacuum;
      bt.incrVacuum = header.incrVacuum;
      this.headerReadOnly = header.readOnly;
      this.fixed = true;
      this.headerKnown = true;
      return;
    }
  }

  private startWriting(): void {
    const bt = this.bt;
    bt.truncate = false;
    bt.forgetFreed();
    if (bt.nPage === 0) {
      this.cookie = -1;
      bt.takeGeometry();
      createDatabase(bt);
      this.fixed = true;
    } else if (bt.headerGet4(PAGE_COUNT) !== bt.nPage) {
      bt.headerPut4(PAGE_COUNT, bt.nPage);
    }
  }

  private leaveRead(): void {
    this.transaction = 'none';
    this.pager.endRead();
  }

  commitPhaseOne(superJournal: string | null): void {
    if (this.transaction !== 'write') return;
    const bt = this.bt;
    if (bt.autoVacuum && !bt.incrVacuum) vacuumAtCommit(bt);
    if (bt.truncate) this.pager.setPageCount(bt.nPage);
    this.pager.commitPhaseOne(superJournal);
  }

  commitPhaseTwo(keepRead: boolean): void {
    if (this.transaction === 'write') {
      this.cookie = -1;
      this.pager.commitPhaseTwo();
      this.transaction = 'read';
      this.bt.forgetFreed();
      this.bt.truncate = false;
    }
    if (!keepRead && this.transaction === 'read') this.leaveRead();
  }

  rollback(
    trip: 'SQLITE_ABORT_ROLLBACK' | null,
    writeOnly: boolean,
    keepRead: boolean,
    keepLock = false,
  ): void {
    const bt = this.bt;
    this.leavePages(trip, writeOnly);
    this.cookie = -1;
    if (this.transaction === 'write') {
      this.transaction = 'read';
      try {
        this.pager.rollback(keepLock);
      } finally {
        bt.forgetFreed();
        bt.truncate = false;
        this.headerKnown = false;
      }
      if (this.pager.pageCount === 0) this.fixed = false;
      this.readHeader();
    }
    if (!keepRead && this.transaction === 'read') this.leaveRead();
  }

  tripCursors(writeOnly: boolean): void {
    this.leavePages('SQLITE_ABORT_ROLLBACK', writeOnly);
  }

  /** Makes all cursors let go of their pages: saved, or tripped. */
  private leavePages(trip: 'SQLITE_ABORT_ROLLBACK' | null, writeOnly: boolean): void {
    for (const group of this.bt.groups.values()) {
      for (const c of group.cursors) {
        if (trip !== null && (!writeOnly || c.writable)) {
          c.trip(trip);
          continue;
        }
        try {
          c.savePosition();
        } catch (e) {
          if (!(e instanceof SqliteError)) throw e;
          c.trip('SQLITE_ABORT_ROLLBACK');
        }
      }
    }
  }

  endRead(): void {
    if (this.transaction === 'read' && this.bt.openCursors === 0) this.leaveRead();
  }

  openSavepoint(count: number): void {
    if (this.transaction === 'write') this.pager.openSavepoint(count);
  }

  savepoint(op: 'release' | 'rollback', index: number): void {
    if (this.transaction !== 'write') return;
    if (op === 'release') {
      this.pager.releaseSavepoint(index);
      return;
    }
    this.leavePages(null, false);
    this.cookie = -1;
    this.pager.rollbackToSavepoint(index);
    const bt = this.bt;
    bt.nPage = this.pager.pageCount;
    if (bt.nPage > 0) {
      const inHeader = bt.headerGet4(PAGE_COUNT);
      if (inHeader > 0) bt.nPage = inHeader;
    } else {
      // The savepoint is older than page 1.
      createDatabase(bt);
    }
  }

  // -- trees -----------------------------------------------------------------------------------

  private needWrite(): void {
    if (this.transaction !== 'write') throw new SqliteError('SQLITE_READONLY');
  }

  createTable(intKey: boolean): number {
    this.needWrite();
    return createTree(this.bt, intKey);
  }

  dropTable(root: number): number {
    this.needWrite();
    this.bt.saveCursors(root, null);
    return dropTree(this.bt, root);
  }

  clearTable(root: number): number {
    this.needWrite();
    this.bt.saveCursors(root, null);
    return clearTree(this.bt, root);
  }

  cursor(root: number, write: boolean, keyInfo: KeyInfo | null, closed?: BtCursor): BtCursor {
    if (this.transaction === 'none') throw new SqliteError('SQLITE_MISUSE');
    if (write) this.needWrite();
    if (closed instanceof Cursor && closed.reopen(this.bt, root, write, keyInfo)) return closed;
    return new Cursor(this.bt, root, write, keyInfo);
  }

  hasOpenCursor(root: number): boolean {
    return (this.bt.groups.get(root)?.cursors.length ?? 0) > 0;
  }

  integrityCheck(roots: readonly number[], maxErrors: number, counts: Int[]): string[] {
    this.bt.saveCursors(0, null);
    if (integrity.check === null) throw new SqliteError('SQLITE_INTERNAL', 'no integrity check');
    return integrity.check(this.bt, roots, maxErrors, counts);
  }

  // -- meta values and settings ----------------------------------------------------------------

  getMeta(meta: Meta): number {
    if (meta === Meta.DataVersion) return this.pager.dataVersion;
    return this.bt.nPage === 0 ? 0 : this.bt.headerGet4(metaOffset(meta));
  }

  updateMeta(meta: Meta, value: number): void {
    this.needWrite();
    if (meta === Meta.DataVersion) return;
    this.cookie = -1;
    this.bt.headerPut4(metaOffset(meta), value);
    if (meta === Meta.IncrVacuum) this.bt.incrVacuum = value !== 0;
  }

  setPageSize(pageSize: number, reserved: number, fix: boolean): void {
    if (this.fixed) return;
    const pager = this.pager;
    let size = pager.pageSize;
    const spare = reserved < 0 ? pager.pageSize - pager.usableSize : reserved;
    if (pageSize >= 512 && pageSize <= 65536 && (pageSize & (pageSize - 1)) === 0) size = pageSize;
    if (spare > 32 && size === 512) size = 1024;
    pager.setPageSize(size, spare);
    this.bt.takeGeometry();
    if (fix) this.fixed = true;
  }

  get autoVacuum(): AutoVacuum {
    if (!this.bt.autoVacuum) return AutoVacuum.None;
    return this.bt.incrVacuum ? AutoVacuum.Incremental : AutoVacuum.Full;
  }

  setAutoVacuum(mode: AutoVacuum): boolean {
    const on = mode !== AutoVacuum.None;
    if (this.fixed && on !== this.bt.autoVacuum) return false;
    this.bt.autoVacuum = on;
    this.bt.incrVacuum = mode === AutoVacuum.Incremental;
    return true;
  }

  get secureDelete(): number {
    return this.bt.geo.secureDelete;
  }

  set secureDelete(mode: number) {
    this.bt.geo.secureDelete = mode;
  }

  set cellSizeCheck(on: boolean) {
    this.bt.geo.cellSizeCheck = on;
  }

  incrementalVacuumStep(): boolean {
    this.needWrite();
    return this.bt.autoVacuum && incrementalStep(this.bt);
  }

  pageCount(): number {
    return this.bt.nPage;
  }

  checkpoint(mode: CheckpointMode): CheckpointResult {
    return this.pager.checkpoint(mode);
  }

  close(): void {
    for (const group of [...this.bt.groups.values()]) for (const c of [...group.cursors]) c.close();
    if (this.transaction === 'write') this.rollback(null, false, false);
    else if (this.transaction === 'read') this.leaveRead();
    this.pager.close();
  }
}
