/**
 * ReadAhead: when pages are missed in page order, the file is read in larger pieces. One call for 16
 * pages costs little more than one for a single page.
 *
 * Invariant: the buffer holds what the file holds; whoever writes to the file calls `forget`.
 */
import type { VfsFile } from '../vfs/vfs.ts';
import { allocate } from './bytes.ts';

const PAGES = 16;

export class ReadAhead {
  private buffer: Uint8Array = new Uint8Array(0);
  private first = 0;
  private count = 0;
  private lastMiss = 0;

  forget(): void {
    this.count = 0;
  }

  /** Reads a page of the file, whole (zeros past the end). */
  read(file: VfsFile, pgno: number, pageSize: number, into: Uint8Array): void {
    const sequential = pgno === this.lastMiss + 1;
    this.lastMiss = pgno;
    if (this.count === 0 || pgno < this.first || pgno >= this.first + this.count) {
      if (!sequential) {
        file.read(into, 0, pageSize, (pgno - 1) * pageSize);
        return;
      }
      const bytes = PAGES * pageSize;
      if (this.buffer.length !== bytes) this.buffer = allocate(bytes);
      this.count = 0;
      file.read(this.buffer, 0, bytes, (pgno - 1) * pageSize);
      this.first = pgno;
      this.count = PAGES;
    }
    const at = (pgno - this.first) * pageSize;
    into.set(this.buffer.subarray(at, at + pageSize));
  }
}
