/**
 * The journals that are no files: journal_mode=memory keeps the old pages in memory, so that a
 * rollback works but a crash while the database is written damages it; journal_mode=off keeps
 * nothing.
 */
import type { VfsFile } from '../vfs/vfs.ts';
import type { JournalEnd } from './journal.ts';

/** What a transaction needs of its journal. */
export interface Journal {
  has(pgno: number): boolean;
  add(pgno: number, data: Uint8Array): void;
  read(pgno: number, into: Uint8Array): void;
  syncUp(superJournal: string | null): void;
  playBack(db: VfsFile): void;
  finish(end: JournalEnd, sizeLimit: number): void;
  forgetSuper(): void;
  abandon(): void;
}

export class MemoryJournal implements Journal {
  private readonly pages = new Map<number, Uint8Array>();
  constructor(
    private readonly pageSize: number,
    private readonly pagesBefore: number,
  ) {}
  has(pgno: number): boolean {
    return this.pages.has(pgno);
  }
  add(pgno: number, data: Uint8Array): void {
    if (!this.pages.has(pgno)) this.pages.set(pgno, Uint8Array.from(data));
  }
  read(pgno: number, into: Uint8Array): void {
    into.set(this.pages.get(pgno)!);
  }
  syncUp(): void {}
  playBack(db: VfsFile): void {
    if (db.size() > this.pagesBefore * this.pageSize) db.truncate(this.pagesBefore * this.pageSize);
    for (const [pgno, data] of this.pages) {
      db.write(data, 0, this.pageSize, (pgno - 1) * this.pageSize);
    }
  }
  finish(): void {}
  forgetSuper(): void {}
  abandon(): void {}
}

export class NoJournal implements Journal {
  has(): boolean {
    return false;
  }
  add(): void {}
  read(): void {}
  syncUp(): void {}
  playBack(): void {}
  finish(): void {}
  forgetSuper(): void {}
  abandon(): void {}
}
