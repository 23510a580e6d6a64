/**
 * PageEntry: one version of one page. PagePool: buffers of one page size, used again.
 *
 * Invariants:
 *  1. A version with `writable` false is never written to.
 *  2. A buffer goes back to the pool only when its entry is `orphan` (in no cache, no private set)
 *     and has no pin. From then on the entry must not be used.
 *  3. `frame` and `until` say which snapshots see a committed version: those with
 *     `frame <= snapshot < until` (see wal.ts for the numbering). Without WAL both never matter.
 */
import { allocate } from './bytes.ts';
import type { Page } from './types.ts';

/** `until` of a version that nothing has replaced yet. */
export const NEWEST = 0x7fffffff;

export class PageEntry implements Page {
  aux: object | null = null;
  pins = 0;
  writable = false;
  /** Private copies: content differs from the committed one. */
  dirty = false;
  /** Free page whose content need not reach the file. */
  noWrite = false;
  /** The page was free before the transaction: its old content need not be journaled. */
  noJournal = false;
  /** A private page whose content was not read, as the caller will overwrite it. */
  empty = false;
  /** Given up by cache and private set; the buffer is recycled when the last pin goes. */
  orphan = false;
  /** Second chance of the clock. */
  used = true;
  frame = 0;
  until = NEWEST;
  /** An older committed version of the same page, for older snapshots. */
  older: PageEntry | null = null;
  /** Place in the cache's ring, -1 when not there. */
  slot = -1;
  /** The savepoint layer that last saw a change of this private copy. */
  layer = -1;

  constructor(
    readonly pgno: number,
    readonly data: Uint8Array,
  ) {}
}

interface EnvironmentHolder {
  process?: { env?: Record<string, string | undefined> };
}

/** Test builds overwrite recycled buffers, so that use of a page after its unpin shows. */
export const recycling = {
  poison: (globalThis as EnvironmentHolder).process?.env?.['MICADB_POISON'] === '1',
};

const POISON = 0xa5;
const MAX_SLAB = 64;

export class PagePool {
  private readonly free: Uint8Array[] = [];
  private slabPages = 2;
  /** Buffers handed out and not given back. */
  outstanding = 0;

  constructor(readonly pageSize: number) {}

  /** A buffer with arbitrary content. */
  take(): Uint8Array {
    this.outstanding++;
    const buf = this.free.pop();
    return buf ?? this.grow();
  }

  /** Cuts a new slab into pages: one allocation for many, as each costs more than a page copy. */
  private grow(): Uint8Array {
    const n = this.slabPages;
    if (n < MAX_SLAB && n * this.pageSize < 1 << 18) this.slabPages = n * 2;
    const slab = allocate(n * this.pageSize);
    for (let i = n - 1; i > 0; i--) {
      this.free.push(slab.subarray(i * this.pageSize, (i + 1) * this.pageSize));
    }
    return slab.subarray(0, this.pageSize);
  }

  give(buf: Uint8Array): void {
    this.outstanding--;
    if (recycling.poison) buf.fill(POISON);
    this.free.push(buf);
  }

  /** Forgets spare buffers. */
  shrink(): void {
    this.free.length = 0;
    this.slabPages = 2;
  }
}
