/**
 * Pages by number, in chunks of an array each: page numbers are dense in parts, and a lookup is two loads
 * where a hash of a large database is several that miss the processor's cache.
 *
 * Invariant: a chunk that holds nothing is null.
 */
import type { PageEntry } from './page.ts';

const SHIFT = 9;
const CHUNK = 1 << SHIFT;

export class PageTable {
  private readonly chunks: ((PageEntry | null)[] | null)[] = [];
  /** Entries in each chunk. */
  private readonly counts: number[] = [];

  /** Any number that is a page's. */
  get(pgno: number): PageEntry | null {
    const i = pgno >>> SHIFT;
    const { chunks } = this;
    if (i >= chunks.length) return null;
    const chunk = chunks[i]!;
    return chunk === null ? null : chunk[pgno & (CHUNK - 1)]!;
  }

  set(pgno: number, entry: PageEntry): void {
    const i = pgno >>> SHIFT;
    while (this.chunks.length <= i) {
      this.chunks.push(null);
      this.counts.push(0);
    }
    let chunk = this.chunks[i]!;
    if (chunk === null) {
      chunk = new Array<PageEntry | null>(CHUNK).fill(null);
      this.chunks[i] = chunk;
    }
    const at = pgno & (CHUNK - 1);
    if (chunk[at] === null) this.counts[i]!++;
    chunk[at] = entry;
  }

  delete(pgno: number): void {
    const i = pgno >>> SHIFT;
    const chunk = this.chunks[i] ?? null;
    const at = pgno & (CHUNK - 1);
    if (chunk === null || chunk[at] === null) return;
    chunk[at] = null;
    if (--this.counts[i]! === 0) this.chunks[i] = null;
  }

  clear(): void {
    this.chunks.length = 0;
    this.counts.length = 0;
  }

  /** Page numbers past `pgno` that have an entry, ascending. */
  after(pgno: number): number[] {
    const found: number[] = [];
    for (let i = (pgno + 1) >>> SHIFT; i < this.chunks.length; i++) {
      const chunk = this.chunks[i]!;
      if (chunk === null) continue;
      for (let at = 0; at < CHUNK; at++) {
        const n = i * CHUNK + at;
        if (n > pgno && chunk[at] !== null) found.push(n);
      }
    }
    return found;
  }
}
