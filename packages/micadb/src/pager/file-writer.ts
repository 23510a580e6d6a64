/**
 * FileWriter: one write transaction's way into the database file in the rollback modes.
 *
 * Invariants:
 *  1. No page of the file is overwritten, and no page cut off, before its old content is in the
 *     journal and the journal is synced (as `synchronous` says). The caller holds EXCLUSIVE.
 *  2. The journal is written as late as that: until then the old content is in the file itself.
 *  3. Order of a commit (https://www.sqlite.org/atomiccommit.html §3): journal, sync, its header,
 *     sync, database file, sync; then the journal ends, which is the commit point.
 */
import type { DatabaseFile } from './database-file.ts';
import { type JournalEnd, lockBytePage, RollbackJournal } from './journal.ts';
import { type Journal, MemoryJournal, NoJournal } from './memory-journal.ts';
import type { PageEntry } from './page.ts';
import { type JournalMode, Synchronous } from './types.ts';

export type RollbackMode = Exclude<JournalMode, 'wal'>;

export class FileWriter {
  private journal: Journal | null = null;
  /** The database file was written. */
  touched = false;

  constructor(
    private readonly file: DatabaseFile,
    private readonly mode: RollbackMode,
    private readonly synchronous: Synchronous,
    private readonly pagesBefore: number,
    /** Reads a page as it was before the transaction, if the journal does not have it. */
    private readonly readUntouched: (pgno: number, into: Uint8Array) => void,
  ) {}

  private open(): Journal {
    if (this.journal !== null) return this.journal;
    const { file, mode, pagesBefore } = this;
    switch (mode) {
      case 'off':
        this.journal = new NoJournal();
        break;
      case 'memory':
        this.journal = new MemoryJournal(file.pageSize, pagesBefore);
        break;
      case 'delete':
      case 'truncate':
      case 'persist':
        this.journal = new RollbackJournal(
          file.vfs,
          file.journalPath,
          file.pageSize,
          pagesBefore,
          file.handle!.sectorSize,
          this.synchronous,
        );
    }
    return this.journal;
  }

  /** True when the old content of the page is to be had from `readOld` alone. */
  hasOld(pgno: number): boolean {
    return this.journal?.has(pgno) ?? false;
  }
  readOld(pgno: number, into: Uint8Array): void {
    this.journal!.read(pgno, into);
  }

  private keep(journal: Journal, pgno: number, scratch: Uint8Array): void {
    if (journal.has(pgno)) return;
    this.readUntouched(pgno, scratch);
    journal.add(pgno, scratch);
  }

  private keepOld(journal: Journal, pages: readonly PageEntry[], scratch: Uint8Array): void {
    for (const e of pages) {
      if (e.pgno <= this.pagesBefore && !e.noJournal) this.keep(journal, e.pgno, scratch);
    }
  }

  private writePages(pages: readonly PageEntry[]): void {
    const { handle, pageSize } = this.file;
    this.touched = true;
    for (const e of pages) handle!.write(e.data, 0, pageSize, (e.pgno - 1) * pageSize);
  }

  /** Writes pages before the commit, for lack of memory. */
  spill(pages: readonly PageEntry[]): void {
    const { pool } = this.file.cache;
    const scratch = pool.take();
    const journal = this.open();
    this.keepOld(journal, pages, scratch);
    pool.give(scratch);
    journal.syncUp(null);
    this.writePages(pages);
  }

  /** All of a commit but its commit point. The file will be `size` bytes long. */
  commit(
    pages: readonly PageEntry[],
    pageCount: number,
    size: number,
    superJournal: string | null,
  ): void {
    const { file } = this;
    const { pool } = file.cache;
    const handle = file.handle!;
    const scratch = pool.take();
    const journal = this.open();
    this.keepOld(journal, pages, scratch);
    // A rollback puts back what is cut off, too.
    const lockPage = lockBytePage(file.pageSize);
    for (let pgno = pageCount + 1; pgno <= this.pagesBefore; pgno++) {
      if (pgno !== lockPage) this.keep(journal, pgno, scratch);
    }
    pool.give(scratch);
    journal.syncUp(superJournal);
    this.writePages(pages);
    const now = handle.size();
    if (now > size) handle.truncate(size);
    else if (now < size) {
      // The last pages were free and not written.
      const zeros = new Uint8Array(Math.min(file.pageSize, size - now));
      handle.write(zeros, 0, zeros.length, size - zeros.length);
    }
    if (this.synchronous >= Synchronous.Normal) handle.sync(true);
  }

  /** The commit point. `mode` is the journal mode in force now. */
  finish(mode: RollbackMode, sizeLimit: number): void {
    const end: JournalEnd = mode === 'truncate' || mode === 'persist' ? mode : 'delete';
    this.journal?.finish(end, sizeLimit);
    this.journal = null;
  }

  /** Puts the file back as it was. False when that is impossible, as there is no journal. */
  rollBack(mode: RollbackMode, sizeLimit: number): boolean {
    const { journal } = this;
    if (journal === null) return true;
    if (this.touched) journal.playBack(this.file.handle!);
    this.finish(mode, sizeLimit);
    journal.forgetSuper();
    return !(this.touched && journal instanceof NoJournal);
  }

  /** Leaves the journal as it is: the next reader decides by it. */
  abandon(): void {
    try {
      this.journal?.abandon();
    } catch {
      // There was an error before, and that is the one to report.
    }
    this.journal = null;
  }
}
