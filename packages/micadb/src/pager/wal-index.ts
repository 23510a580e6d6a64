/**
 * The index of a write-ahead log, in memory: which frames hold a page. It is derived from the log
 * alone. Frames are numbered from 1 within the log.
 */
export class WalIndex {
  /** The newest frame of each page. */
  private readonly last = new Map<number, number>();
  /** By frame less one: its page, and the page's frame before it (0 for none). */
  private readonly pages: number[] = [];
  private readonly before: number[] = [];

  get frames(): number {
    return this.pages.length;
  }

  add(pgno: number): void {
    this.before.push(this.last.get(pgno) ?? 0);
    this.pages.push(pgno);
    this.last.set(pgno, this.pages.length);
  }

  /** The page in a frame. */
  page(frame: number): number {
    return this.pages[frame - 1]!;
  }

  /** The newest frame of a page that is not after `max`, or 0. */
  find(pgno: number, max: number): number {
    let f = this.last.get(pgno) ?? 0;
    while (f > max) f = this.before[f - 1]!;
    return f;
  }

  /** The first frame of a page after `max`, or 0. */
  findAfter(pgno: number, max: number): number {
    let f = this.last.get(pgno) ?? 0;
    let found = 0;
    while (f > max) {
      found = f;
      f = this.before[f - 1]!;
    }
    return found;
  }

  /** Forgets the frames after `max`. */
  cut(max: number): void {
    while (this.pages.length > max) {
      const pgno = this.pages.pop()!;
      const before = this.before.pop()!;
      if (before === 0) this.last.delete(pgno);
      else this.last.set(pgno, before);
    }
  }

  /** All pages with a frame in (after, max], with their newest such frame, by page number. */
  newest(after: number, max: number): { pgno: number; frame: number }[] {
    const out: { pgno: number; frame: number }[] = [];
    const seen = new Set<number>();
    for (let f = max; f > after; f--) {
      const pgno = this.pages[f - 1]!;
      if (seen.has(pgno)) continue;
      seen.add(pgno);
      out.push({ pgno, frame: f });
    }
    return out.sort((a, b) => a.pgno - b.pgno);
  }
}
