/**
 * Wal: one write-ahead log and its readers in this realm (https://www.sqlite.org/wal.html).
 *
 * Snapshots are numbered through: `base + frame`, where `base` grows by the length of the log each
 * time the log starts again. A page version of snapshot number f is thus the same before and after
 * a checkpoint, and the page cache need not know where its bytes are now.
 *
 * Invariants:
 *  1. Frames 1..mxFrame are committed and never change until the log starts again.
 *  2. Frames after mxFrame belong to the writer (spilled pages); rollback forgets them, and the next
 *     writer writes over them.
 *  3. The log starts again only when all of it was copied back and synced, and no reader needs it.
 *  4. A checkpoint copies nothing newer than the oldest snapshot in use.
 */
import { SqliteError } from '../values/errors.ts';
import type { Vfs, VfsFile } from '../vfs/vfs.ts';
import { allocate, get4, put4 } from './bytes.ts';
import { StampMemory } from './stamp-memory.ts';
import { type CheckpointMode, type CheckpointResult, Synchronous } from './types.ts';
import {
  FRAME_HEADER,
  makeWalHeader,
  parseWalHeader,
  WAL_HEADER,
  WAL_VERSION,
  WalChecksum,
  type WalHeader,
} from './wal-format.ts';
import { WalIndex } from './wal-index.ts';

const BATCH_BYTES = 1 << 20;
const COPY_PAGES = 32;

/** A snapshot in use. */
export interface WalReader {
  /** Snapshot number (base + frame). */
  mark: number;
  /** False when all of the log was already copied back: the log may start again under it. */
  needsLog: boolean;
}

/** A page to append. */
export interface WalPage {
  readonly pgno: number;
  readonly data: Uint8Array;
}

export class Wal {
  base = 0;
  mxFrame = 0;
  /** Database size in pages at mxFrame; 0 while the log is empty. */
  pageCount = 0;
  private backfilled = 0;
  private header: WalHeader | null = null;
  private readonly headerBytes = new Uint8Array(WAL_HEADER);
  /** The header in the file as we last saw or wrote it; null: none. */
  private onDisk: Uint8Array | null = null;
  private readonly sums = new WalChecksum();
  private readonly pendingSums = new WalChecksum();
  private index = new WalIndex();
  private readonly readers: WalReader[] = [];
  /** One that was closed, for the next transaction. */
  private spareReader: WalReader | null = null;
  /** The connection that writes. */
  writer: object | null = null;
  private readonly seen = new StampMemory();
  private batch: Uint8Array = new Uint8Array(0);

  constructor(
    private readonly vfs: Vfs,
    public file: VfsFile,
    /** Page size of the database; a valid log knows better. */
    public pageSize: number,
  ) {
    this.load();
  }

  // -- reading the log ---------------------------------------------------------------------------

  /** Reads header and frames from the start, as after a crash. */
  private load(): void {
    this.header = null;
    this.onDisk = null;
    this.index = new WalIndex();
    this.mxFrame = 0;
    this.pageCount = 0;
    this.backfilled = 0;
    const d = this.headerBytes;
    const { pageSize } = this;
    if (this.file.read(d, 0, WAL_HEADER, 0) === WAL_HEADER) {
      this.onDisk = d.slice();
      const header = parseWalHeader(d);
      if (header !== null && header.version !== WAL_VERSION) {
        throw new SqliteError('SQLITE_CANTOPEN');
      }
      if (header !== null) {
        this.header = header;
        this.pageSize = header.pageSize;
        this.sums.set(header.checksum);
        this.scan();
        if (this.mxFrame === 0 && header.pageSize !== pageSize) {
          // Left over from when the database had other pages.
          this.header = null;
          this.pageSize = pageSize;
        }
      }
    }
    this.remember();
  }

  /** A frame's header. Longer than that: V8 keeps short arrays where the system cannot write to them. */
  private readonly next = new Uint8Array(128);

  /** Takes in valid frames after mxFrame up to the last commit; returns the pages they hold. */
  private scan(): number[] {
    const { header, pageSize } = this;
    if (header === null) return [];
    this.index.cut(this.mxFrame);
    // Mostly there is nothing: a look at the next frame's salts is enough.
    const { next } = this;
    if (this.file.read(next, 0, FRAME_HEADER, this.frameOffset(this.mxFrame + 1)) < FRAME_HEADER) {
      return [];
    }
    if (get4(next, 8) !== header.salt1 || get4(next, 12) !== header.salt2) return [];
    const sums = new WalChecksum();
    sums.set(this.sums);
    const size = FRAME_HEADER + pageSize;
    const perRead = Math.max(1, Math.floor(BATCH_BYTES / 4 / size));
    const buf = allocate(perRead * size);
    const before = this.mxFrame;
    let frame = this.mxFrame;
    for (;;) {
      const got = this.file.read(buf, 0, buf.length, WAL_HEADER + frame * size);
      const n = Math.floor(got / size);
      for (let i = 0; i < n; i++) {
        const at = i * size;
        const pgno = get4(buf, at);
        const valid =
          pgno !== 0 && get4(buf, at + 8) === header.salt1 && get4(buf, at + 12) === header.salt2;
        if (valid) {
          sums.add(buf, at, 8, header.bigEndian);
          sums.add(buf, at + FRAME_HEADER, pageSize, header.bigEndian);
        }
        if (!valid || !sums.equals(buf, at + 16)) {
          this.index.cut(this.mxFrame);
          return this.pagesAfter(before);
        }
        this.index.add(pgno);
        frame++;
        const commit = get4(buf, at + 4);
        if (commit !== 0) {
          this.mxFrame = frame;
          this.pageCount = commit;
          this.sums.set(sums);
        }
      }
      if (n < perRead) {
        this.index.cut(this.mxFrame);
        return this.pagesAfter(before);
      }
    }
  }

  private pagesAfter(frame: number): number[] {
    const out: number[] = [];
    for (let f = frame + 1; f <= this.mxFrame; f++) out.push(this.index.page(f));
    return out;
  }

  private remember(): void {
    this.seen.note(this.file.stamp(), this.vfs.now());
  }

  /**
   * Looks whether somebody outside this realm changed the log since we last saw it. `onAppend` is
   * told the pages of new commits, `onRestart` that nothing known before holds. 'replaced': the
   * file at the path is another one or gone; the caller must open it anew. 'unchanged': nothing was
   * written to the log since the last call that gave something else.
   */
  refresh(
    onAppend: (pgno: number, snapshot: number) => void,
    onRestart: () => void,
  ): 'unchanged' | 'ok' | 'replaced' {
    if (this.writer !== null) return 'ok';
    const now = this.file.stamp();
    if (now.identity !== this.file.identity) {
      if (this.anyNeedsLog()) throw new SqliteError('SQLITE_BUSY_RECOVERY');
      return 'replaced';
    }
    if (this.seen.isUnchanged(now)) return 'unchanged';
    if (this.seen.isSame(now) && this.seen.isFresh(this.vfs.now())) {
      // We wrote just now. Commits of others within the same tick would follow our last frame.
      // A file that ends where our frames do says so without a read.
      if (now.size < this.frameOffset(this.mxFrame + 1) + FRAME_HEADER)
        this.index.cut(this.mxFrame);
      else this.takeIn(onAppend);
      return 'ok';
    }
    const d = new Uint8Array(WAL_HEADER);
    const got = this.file.read(d, 0, WAL_HEADER, 0);
    const { onDisk } = this;
    let same = onDisk === null ? got < WAL_HEADER : got === WAL_HEADER;
    for (let i = 0; onDisk !== null && same && i < WAL_HEADER; i++) same = d[i] === onDisk[i];
    if (!same) {
      // Restarted, truncated or first written by another process.
      if (this.anyNeedsLog()) throw new SqliteError('SQLITE_BUSY_RECOVERY');
      this.base += this.mxFrame + 1;
      onRestart();
      this.load();
      return 'ok';
    }
    this.takeIn(onAppend);
    this.remember();
    return 'ok';
  }

  private takeIn(onAppend: (pgno: number, snapshot: number) => void): void {
    const before = this.mxFrame;
    const pages = this.scan();
    for (let i = 0; i < pages.length; i++) onAppend(pages[i]!, this.base + before + 1 + i);
  }

  /** A quick look whether the log is as `refresh` or our last write left it. */
  looksUnchanged(): boolean {
    return this.seen.isSame(this.file.stamp());
  }

  // -- snapshots ---------------------------------------------------------------------------------

  get newest(): number {
    return this.base + this.mxFrame;
  }

  openReader(): WalReader {
    const needsLog = this.backfilled < this.mxFrame;
    let reader = this.spareReader;
    if (reader === null) reader = { mark: this.newest, needsLog };
    else {
      this.spareReader = null;
      reader.mark = this.newest;
      reader.needsLog = needsLog;
    }
    this.readers.push(reader);
    return reader;
  }

  closeReader(reader: WalReader): void {
    const { readers } = this;
    if (readers[readers.length - 1] === reader) readers.pop();
    else {
      const i = readers.indexOf(reader);
      if (i < 0) return;
      readers.splice(i, 1);
    }
    this.spareReader = reader;
  }

  /** True when some snapshot older than the newest is in use. */
  hasOldReaders(): boolean {
    for (const r of this.readers) if (r.mark < this.newest) return true;
    return false;
  }

  private anyNeedsLog(except: WalReader | null = null): boolean {
    for (const r of this.readers) if (r !== except && r.needsLog) return true;
    return false;
  }

  /** The frame that a snapshot sees a page in; 0: it is in the database file. */
  find(pgno: number, snapshot: number): number {
    const max = snapshot - this.base;
    return max <= 0 ? 0 : this.index.find(pgno, max);
  }

  /** The snapshot number at which the version that `snapshot` sees ends, or 0 when it is current. */
  endOf(pgno: number, snapshot: number): number {
    const f = this.index.findAfter(pgno, Math.max(snapshot - this.base, 0));
    return f === 0 || f > this.mxFrame ? 0 : this.base + f;
  }

  private frameOffset(frame: number): number {
    return WAL_HEADER + (frame - 1) * (FRAME_HEADER + this.pageSize);
  }

  readFrame(frame: number, into: Uint8Array): void {
    this.file.read(into, 0, this.pageSize, this.frameOffset(frame) + FRAME_HEADER);
  }

  // -- writing -----------------------------------------------------------------------------------

  private restart(): void {
    this.base += this.mxFrame;
    this.mxFrame = 0;
    this.backfilled = 0;
    this.index = new WalIndex();
    this.newHeader();
  }

  private newHeader(): void {
    const random = new Uint8Array(8);
    this.vfs.randomness(random);
    const old = this.header;
    const salt1 = old === null ? get4(random, 0) : (old.salt1 + 1) >>> 0;
    const sequence = old === null ? 0 : (old.sequence + 1) >>> 0;
    this.header = makeWalHeader(this.headerBytes, this.pageSize, sequence, salt1, get4(random, 4));
    this.sums.set(this.header.checksum);
  }

  /** Frames of the writer after mxFrame. */
  get pending(): number {
    return this.index.frames - this.mxFrame;
  }

  /** The writer's newest spilled frame of a page, or 0. */
  findPending(pgno: number): number {
    const f = this.index.find(pgno, this.index.frames);
    return f > this.mxFrame ? f : 0;
  }

  /**
   * Appends frames, in one write where they fit a batch. With `commitPages` > 0 the last one commits
   * everything after mxFrame and tells the size of the database.
   */
  append(
    pages: readonly WalPage[],
    commitPages: number,
    synchronous: Synchronous,
    own: WalReader,
  ): void {
    const sums = this.pendingSums;
    if (this.pending === 0) {
      this.start(synchronous, own);
      sums.set(this.sums);
    }
    const { s0, s1 } = sums;
    try {
      this.writeFrames(pages, commitPages, sums);
      if (commitPages > 0 && synchronous >= Synchronous.Full) this.file.sync(true);
    } catch (e) {
      sums.s0 = s0;
      sums.s1 = s1;
      if (commitPages > 0) this.unwrite();
      throw e;
    }
    for (const page of pages) this.index.add(page.pgno);
    if (commitPages > 0) {
      this.mxFrame = this.index.frames;
      this.pageCount = commitPages;
      this.sums.set(sums);
      this.remember();
    }
  }

  /** A commit that failed half-way must not be found by the next reader of the log. */
  private unwrite(): void {
    try {
      this.file.truncate(this.frameOffset(this.index.frames + 1));
    } catch {
      // The error that brought us here says enough.
    }
  }

  /** Before a transaction's first frame: starts the log again if nobody else needs it. */
  private start(synchronous: Synchronous, own: WalReader): void {
    if (this.header === null) this.newHeader();
    else if (this.mxFrame > 0 && this.allCopied && !this.anyNeedsLog(own)) this.restart();
    if (this.mxFrame > 0) return;
    this.file.write(this.headerBytes, 0, WAL_HEADER, 0);
    this.onDisk = this.headerBytes.slice();
    if (synchronous >= Synchronous.Normal) this.file.sync(true);
  }

  private writeFrames(pages: readonly WalPage[], commitPages: number, sums: WalChecksum): void {
    const header = this.header!;
    const size = FRAME_HEADER + this.pageSize;
    const perBatch = Math.min(pages.length, Math.max(1, Math.floor(BATCH_BYTES / size)));
    if (this.batch.length < perBatch * size) this.batch = allocate(perBatch * size);
    const d = this.batch;
    let used = 0;
    let offset = this.frameOffset(this.index.frames + 1);
    for (let i = 0; i < pages.length; i++) {
      const page = pages[i]!;
      const last = i === pages.length - 1;
      put4(d, used, page.pgno);
      put4(d, used + 4, last ? commitPages : 0);
      put4(d, used + 8, header.salt1);
      put4(d, used + 12, header.salt2);
      d.set(page.data, used + FRAME_HEADER);
      sums.add(d, used, 8, header.bigEndian);
      sums.add(d, used + FRAME_HEADER, this.pageSize, header.bigEndian);
      sums.put(d, used + 16);
      used += size;
      if (last || used + size > d.length) {
        this.file.write(d, 0, used, offset);
        offset += used;
        used = 0;
      }
    }
    if (d.length > BATCH_BYTES / 2) this.batch = new Uint8Array(0);
  }

  /** Forgets the writer's frames. */
  rollback(): void {
    this.index.cut(this.mxFrame);
    this.remember();
  }

  // -- checkpoint --------------------------------------------------------------------------------

  /**
   * Copies frames back to the database file. `busy` asks the busy handler (true: try again), with a
   * count of its own for each thing waited for.
   */
  checkpoint(
    mode: CheckpointMode,
    db: VfsFile,
    synchronous: Synchronous,
    busy: (count: number) => boolean,
  ): CheckpointResult {
    let waiting = mode !== 'passive';
    let blocked = false;
    const wait = (inTheWay: () => boolean): boolean => {
      for (let n = 0; inTheWay(); n++) {
        if (!waiting || !busy(n)) {
          waiting = false;
          return false;
        }
      }
      return true;
    };
    let alone = true;
    if (mode !== 'passive') {
      // The other modes keep writers out while they work.
      alone = wait(() => this.writer !== null);
      if (!alone) blocked = true;
    }
    const oldest = (): number => {
      let safe = this.mxFrame;
      for (const r of this.readers) safe = Math.min(safe, Math.max(r.mark - this.base, 0));
      return safe;
    };
    wait(() => oldest() < this.mxFrame);
    const safe = oldest();
    if (this.backfilled < safe) this.copyBack(db, safe, synchronous);
    const result = (): CheckpointResult => ({
      busy: blocked,
      log: this.mxFrame,
      checkpointed: this.backfilled,
    });
    if (mode === 'passive' || !alone) return result();
    if (this.backfilled < this.mxFrame) {
      blocked = true;
    } else if (mode === 'restart' || mode === 'truncate') {
      if (!wait(() => this.anyNeedsLog())) blocked = true;
      else if (mode === 'truncate') {
        if (this.mxFrame > 0) this.restart();
        else this.newHeader();
        this.file.truncate(0);
        this.onDisk = null;
        this.remember();
      }
    }
    return result();
  }

  private copyBack(db: VfsFile, safe: number, synchronous: Synchronous): void {
    const { pageSize } = this;
    if (synchronous >= Synchronous.Normal) this.file.sync(true);
    const buf = allocate(COPY_PAGES * pageSize);
    let first = 0;
    let count = 0;
    const flush = (): void => {
      if (count > 0) db.write(buf, 0, count * pageSize, (first - 1) * pageSize);
      count = 0;
    };
    for (const { pgno, frame } of this.index.newest(this.backfilled, safe)) {
      if (pgno > this.pageCount) continue;
      if (count === COPY_PAGES || pgno !== first + count) flush();
      if (count === 0) first = pgno;
      this.file.read(buf, count * pageSize, pageSize, this.frameOffset(frame) + FRAME_HEADER);
      count++;
    }
    flush();
    // The file is as long as its header says, also when its last pages are free and never written.
    const size = this.pageCount * pageSize;
    if (safe === this.mxFrame && db.size() !== size) db.truncate(size);
    if (synchronous >= Synchronous.Normal) db.sync(true);
    this.backfilled = safe;
  }

  /** Frames that are in the database file. */
  get copied(): number {
    return this.backfilled;
  }

  /** Goes on with another handle of the same file, one that can be written to. */
  reopen(file: VfsFile): void {
    this.file.close();
    this.file = file;
  }

  /** True when every frame is in the database file. */
  get allCopied(): boolean {
    return this.backfilled >= this.mxFrame;
  }

  close(): void {
    this.file.close();
  }
}
