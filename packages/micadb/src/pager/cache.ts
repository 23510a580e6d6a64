/**
 * PageCache: the committed page versions of one database file, within a budget of pages. Eviction
 * is a clock: a ring of entries and a hand; an entry that was used since the hand last passed gets a
 * second chance, a pinned one is passed over.
 *
 * Invariants:
 *  1. Every entry in the ring is reachable from `heads` through `older`, and the other way round;
 *     `entry.slot` is its place in the ring.
 *  2. Versions of one page hang newest first.
 *  3. In a memory database nothing is ever evicted; in a temporary one `onEvict` saves the content
 *     first.
 */
import type { PageEntry, PagePool } from './page.ts';
import { PageTable } from './page-table.ts';

export class PageCache {
  private readonly heads = new PageTable();
  private readonly ring: PageEntry[] = [];
  private hand = 0;
  /** Called before a clean version is dropped for lack of room; null when the file has it. */
  onEvict: ((entry: PageEntry) => void) | null = null;

  constructor(
    public pool: PagePool,
    /** Pages to keep; pins and the private copies of a transaction may force more. */
    public budget: number,
  ) {}

  get size(): number {
    return this.ring.length;
  }

  /** The version that a snapshot sees, or undefined when it is not here. */
  find(pgno: number, snapshot: number): PageEntry | undefined {
    const head = this.heads.get(pgno);
    if (head === null) return undefined;
    if (head.frame <= snapshot && snapshot < head.until) return head;
    for (let v = head.older; v !== null; v = v.older) {
      if (v.frame <= snapshot && snapshot < v.until) return v;
    }
    return undefined;
  }

  newest(pgno: number): PageEntry | undefined {
    return this.heads.get(pgno) ?? undefined;
  }

  pinned(): number {
    let n = 0;
    for (const e of this.ring) if (e.pins > 0) n++;
    return n;
  }

  /** A buffer for a new version, after making room. `extra` pages count against the budget too. */
  room(extra: number): Uint8Array {
    const limit = Math.max(this.budget - extra, 10);
    while (this.ring.length >= limit && this.evictOne());
    return this.pool.take();
  }

  /** Adds a version, keeping versions of its page in order. */
  add(entry: PageEntry): void {
    entry.slot = this.ring.length;
    this.ring.push(entry);
    const head = this.heads.get(entry.pgno);
    if (head === null || head.frame <= entry.frame) {
      entry.older = head;
      this.heads.set(entry.pgno, entry);
      return;
    }
    let v = head;
    while (v.older !== null && v.older.frame > entry.frame) v = v.older;
    entry.older = v.older;
    v.older = entry;
  }

  /** A newer version of the page exists from `frame` on; versions nobody can see any more go. */
  supersede(pgno: number, frame: number, keepOld: boolean): void {
    const head = this.heads.get(pgno);
    if (head === null) return;
    if (keepOld) {
      if (head.until > frame) head.until = frame;
    } else this.removeAll(pgno);
  }

  removeAll(pgno: number): void {
    let v = this.heads.get(pgno);
    this.heads.delete(pgno);
    while (v !== null) {
      const next: PageEntry | null = v.older;
      this.leaveRing(v);
      this.discard(v);
      v = next;
    }
  }

  /** Removes all pages past `pageCount`. */
  removeAfter(pageCount: number): void {
    for (const pgno of this.heads.after(pageCount)) this.removeAll(pgno);
  }

  clear(): void {
    for (const e of this.ring) {
      e.slot = -1;
      this.discard(e);
    }
    this.ring.length = 0;
    this.heads.clear();
    this.hand = 0;
  }

  /** Drops clean unpinned versions until at most `count` are left. */
  shrinkTo(count: number): void {
    while (this.ring.length > count && this.evictOne());
  }

  /** Gives an entry up; its buffer is recycled now or when its last pin goes. */
  discard(entry: PageEntry): void {
    entry.orphan = true;
    entry.older = null;
    entry.writable = false;
    if (entry.pins === 0) this.recycle(entry);
  }

  recycle(entry: PageEntry): void {
    if (entry.data.length === this.pool.pageSize) this.pool.give(entry.data);
  }

  /** False when everything is pinned. */
  private evictOne(): boolean {
    const { ring } = this;
    for (let looked = 2 * ring.length; looked > 0; looked--) {
      if (this.hand >= ring.length) this.hand = 0;
      const e = ring[this.hand]!;
      if (e.pins === 0 && !e.used) {
        this.onEvict?.(e);
        this.unlink(e);
        this.leaveRing(e);
        this.discard(e);
        return true;
      }
      e.used = false;
      this.hand++;
    }
    return false;
  }

  private unlink(entry: PageEntry): void {
    const head = this.heads.get(entry.pgno);
    if (head === entry) {
      if (entry.older === null) this.heads.delete(entry.pgno);
      else this.heads.set(entry.pgno, entry.older);
      return;
    }
    for (let v = head; v !== null && v.older !== null; v = v.older) {
      if (v.older === entry) {
        v.older = entry.older;
        return;
      }
    }
  }

  private leaveRing(entry: PageEntry): void {
    const { ring } = this;
    const last = ring.pop()!;
    if (last !== entry) {
      ring[entry.slot] = last;
      last.slot = entry.slot;
    }
    entry.slot = -1;
  }
}
