/**
 * A Pager in memory for tests of the b-tree alone. It keeps the contract strictly, so that misuse
 * shows: committed pages are checksummed, abandoned private pages are overwritten, pins counted.
 */
import type { Page, Pager } from '../pager/types.ts';
import { corrupt, SqliteError } from '../values/errors.ts';

class TestPage implements Page {
  aux: object | null = null;
  pins = 0;
  writable = false;
  sum = 0;
  constructor(
    readonly pgno: number,
    readonly data: Uint8Array,
  ) {}
}

interface Layer {
  readonly pages: Map<number, Uint8Array | null>;
  readonly pageCount: number;
}

function checksum(d: Uint8Array): number {
  let h = 7;
  for (let i = 0; i < d.length; i++) h = (Math.imul(h, 31) + d[i]!) | 0;
  return h;
}

export class TestPager {
  readonly path = ':memory:';
  readonly isMemory = true;
  readonly isTemp = false;
  readonly readonly = false;
  readonly watchers = new Set<never>();
  pageSize = 4096;
  usableSize = 4096;
  pageCount = 0;
  dataVersion = 1;
  state: 'open' | 'read' | 'write' | 'error' = 'open';
  journalMode = 'delete' as const;
  maxPageCount = 0xfffffffe;
  private committed = new Map<number, TestPage>();
  private committedCount = 0;
  private priv = new Map<number, TestPage>();
  private layers: Layer[] = [];
  private changed = true;
  private readonly all: TestPage[] = [];

  /** The pager of a database file's bytes (its page size is learned as a real pager would). */
  static of(image: Uint8Array): TestPager {
    const p = new TestPager();
    p.image = image;
    p.load();
    return p;
  }
  private image: Uint8Array = new Uint8Array(0);

  private load(): void {
    this.committed = new Map();
    this.pageCount = Math.ceil(this.image.length / this.pageSize);
    this.committedCount = this.pageCount;
  }

  private current(pgno: number): TestPage {
    let p = this.priv.get(pgno) ?? this.committed.get(pgno);
    if (p === undefined) {
      const data = Buffer.alloc(this.pageSize);
      if (pgno <= this.committedCount) {
        data.set(this.image.subarray((pgno - 1) * this.pageSize, pgno * this.pageSize));
      }
      p = new TestPage(pgno, data);
      p.sum = checksum(data);
      this.committed.set(pgno, p);
      this.all.push(p);
    }
    return p;
  }

  beginRead(): boolean {
    if (this.state !== 'open') return false;
    this.state = 'read';
    const c = this.changed;
    this.changed = false;
    return c;
  }
  endRead(): void {
    if (this.state !== 'read') throw new Error(`endRead in ${this.state}`);
    this.state = 'open';
  }
  beginWrite(): void {
    if (this.state !== 'read') throw new Error(`beginWrite in ${this.state}`);
    this.state = 'write';
  }
  commitPhaseOne(): void {}
  commitPhaseTwo(): void {
    for (const p of this.priv.values()) {
      p.writable = false;
      p.sum = checksum(p.data);
      this.committed.set(p.pgno, p);
    }
    for (const n of [...this.committed.keys()]) if (n > this.pageCount) this.committed.delete(n);
    this.priv = new Map();
    this.layers = [];
    this.committedCount = this.pageCount;
    this.state = 'read';
  }
  rollback(): void {
    for (const p of this.priv.values()) this.abandon(p);
    this.priv = new Map();
    this.layers = [];
    this.pageCount = this.committedCount;
    this.state = 'read';
  }
  private abandon(p: TestPage): void {
    if (p.pins !== 0) throw new Error(`page ${p.pgno} is pinned during a rollback`);
    p.data.fill(0xa5);
    p.aux = null;
    p.writable = false;
  }
  openSavepoint(count: number): void {
    while (this.layers.length < count) {
      this.layers.push({ pages: new Map(), pageCount: this.pageCount });
    }
  }
  releaseSavepoint(index: number): void {
    const gone = this.layers.splice(index);
    const under = this.layers[index - 1];
    if (under === undefined) return;
    for (const l of gone) {
      for (const [n, d] of l.pages) if (!under.pages.has(n)) under.pages.set(n, d);
    }
  }
  rollbackToSavepoint(index: number): void {
    const layer = this.layers[index];
    if (layer === undefined) throw new Error('no such savepoint');
    for (let i = this.layers.length - 1; i >= index; i--) {
      for (const [n, d] of this.layers[i]!.pages) {
        const p = this.priv.get(n)!;
        if (d === null) {
          this.abandon(p);
          this.priv.delete(n);
        } else {
          if (p.pins !== 0) throw new Error(`page ${n} is pinned during a rollback`);
          p.data.set(d);
          p.aux = null;
        }
      }
      this.layers[i]!.pages.clear();
    }
    this.layers.length = index + 1;
    this.pageCount = layer.pageCount;
  }
  get(pgno: number): Page {
    if (this.state === 'open') throw new Error('get outside a transaction');
    if (pgno < 1 || (pgno > this.pageCount && this.state !== 'write')) throw corrupt('get');
    if (pgno > this.maxPageCount) throw new SqliteError('SQLITE_FULL');
    const p = this.current(pgno);
    p.pins++;
    return p;
  }
  unpin(page: Page): void {
    if (page.pins <= 0) throw new Error('unpin of an unpinned page');
    page.pins--;
  }
  makeWritable(page: Page): Page {
    if (this.state !== 'write') throw new Error(`makeWritable in ${this.state}`);
    const pgno = page.pgno;
    let p = this.priv.get(pgno);
    const top = this.layers[this.layers.length - 1];
    if (top !== undefined && !top.pages.has(pgno)) {
      top.pages.set(pgno, p === undefined ? null : Uint8Array.from(p.data));
    }
    if (p === undefined) {
      p = new TestPage(pgno, Buffer.from(this.current(pgno).data));
      p.writable = true;
      this.priv.set(pgno, p);
      this.all.push(p);
    }
    p.pins++;
    if (pgno > this.pageCount) this.pageCount = pgno;
    return p;
  }
  dontWrite(): void {}
  setPageCount(n: number): void {
    this.pageCount = n;
  }
  setPageSize(pageSize: number, reserved: number): number {
    this.pageSize = pageSize;
    this.usableSize = pageSize - reserved;
    this.load();
    return pageSize;
  }
  close(): void {
    this.state = 'open';
  }

  /** Pins that nobody gave back. */
  pinned(): number {
    let n = 0;
    for (const p of this.all) n += p.pins;
    return n;
  }
  /** Throws when somebody wrote to a committed page. */
  verify(): void {
    for (const p of this.committed.values()) {
      if (p.sum !== checksum(p.data)) throw new Error(`committed page ${p.pgno} was changed`);
    }
  }
  /** The committed database as a file's bytes, with the fields that a pager keeps. */
  toImage(): Uint8Array {
    const out = new Uint8Array(this.committedCount * this.pageSize);
    for (let n = 1; n <= this.committedCount; n++) {
      out.set(this.current(n).data, (n - 1) * this.pageSize);
    }
    return out;
  }
}

export function asPager(p: TestPager): Pager {
  return p as unknown as Pager;
}
