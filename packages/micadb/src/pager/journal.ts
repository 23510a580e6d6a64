/**
 * The rollback journal (https://www.sqlite.org/fileformat2.html §3). RollbackJournal writes one
 * transaction's journal; the functions below read what a crash left behind.
 *
 *   header   0 magic (8)  8 record count  12 nonce  16 pages before  20 sector size  24 page size;
 *            padded to the sector size. A new header starts whenever records follow a sync.
 *   record   page number (4), page, checksum (4)
 *   at the end, at a sector boundary, for a commit over several files: number of the lock-byte page
 *   (4), name of the super-journal, its length (4), sum of its bytes (4), magic (8)
 *
 * Invariants:
 *  1. A header is written after its records (and, with synchronous FULL and more, after they were
 *     synced); its place holds zeros until then. So what an earlier, longer journal left further on
 *     is never reached through a header that counts nothing yet.
 *  2. A page appears at most once, with its content before the transaction.
 *  3. Before the database file is written, all records of pages to be overwritten are synced.
 */
import { SqliteError } from '../values/errors.ts';
import type { Vfs, VfsFile } from '../vfs/vfs.ts';
import { allocate, decodeName, encodeName, get4, put4 } from './bytes.ts';
import type { Journal } from './memory-journal.ts';
import { Synchronous } from './types.ts';

export const JOURNAL_MAGIC = [0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7];
const HEADER_BYTES = 28;
const BATCH_BYTES = 1 << 18;
/** Longest name of a super-journal that is believed. */
const MAX_NAME = 4096;

/** The page that holds byte 2^30 is never used (file format §1.4). */
export function lockBytePage(pageSize: number): number {
  return 0x40000000 / pageSize + 1;
}

export type JournalEnd = 'delete' | 'truncate' | 'persist';

/** What of a page is summed: every 200th byte from the end, so that the sum is quick. */
function recordChecksum(nonce: number, data: Uint8Array, offset: number, pageSize: number): number {
  let sum = nonce;
  for (let i = pageSize - 200; i > 0; i -= 200) sum += data[offset + i]!;
  return sum >>> 0;
}

function isMagic(d: Uint8Array, offset: number): boolean {
  for (let i = 0; i < 8; i++) if (d[offset + i] !== JOURNAL_MAGIC[i]) return false;
  return true;
}

const roundUp = (n: number, unit: number): number => Math.ceil(n / unit) * unit;

/** The sum that guards the super-journal's name; bytes count as signed, as SQLite's do. */
function nameChecksum(name: Uint8Array): number {
  let sum = 0;
  for (const b of name) sum = (sum + ((b << 24) >> 24)) | 0;
  return sum >>> 0;
}

export class RollbackJournal implements Journal {
  private readonly file: VfsFile;
  private readonly sector: number;
  private readonly nonce: number;
  private readonly offsets = new Map<number, number>();
  private batch: Uint8Array;
  private batchUsed = 0;
  /** Where the batch goes. */
  private batchOffset = 0;
  private headerOffset = 0;
  private records = 0;
  private openHeader = false;
  private hasSuper = false;
  /** The super-journal named at the end now, and where; -1: none. */
  private superName = '';
  private superOffset = -1;
  /** The end of the records before it. */
  private superAfter = 0;
  /** Named before a commit that failed; to be deleted when nobody names it any more. */
  private oldSuper = '';
  /** The file had content: an older journal's headers may lie in it. */
  private readonly overOld: boolean;

  constructor(
    private readonly vfs: Vfs,
    readonly path: string,
    private readonly pageSize: number,
    private readonly pagesBefore: number,
    sectorSize: number,
    private readonly synchronous: Synchronous,
  ) {
    this.file = vfs.open(path, { kind: 'main-journal', create: true, readonly: false });
    if (this.file.readonly) {
      this.file.close();
      throw new SqliteError('SQLITE_CANTOPEN');
    }
    this.overOld = this.file.size() > 0;
    this.sector = Math.max(512, Math.min(sectorSize, 65536));
    const random = new Uint8Array(4);
    vfs.randomness(random);
    this.nonce = get4(random, 0);
    this.batch = allocate(Math.max(this.sector, pageSize + 8) * 2);
  }

  has(pgno: number): boolean {
    return this.offsets.has(pgno);
  }

  private reserve(bytes: number): number {
    if (this.batchUsed + bytes > this.batch.length) {
      if (this.batch.length < BATCH_BYTES) {
        const grown = allocate(Math.max(this.batch.length * 4, bytes));
        grown.set(this.batch.subarray(0, this.batchUsed));
        this.batch = grown;
      } else this.flush();
    }
    const at = this.batchUsed;
    this.batchUsed += bytes;
    return at;
  }

  private flush(): void {
    if (this.batchUsed === 0) return;
    this.file.write(this.batch, 0, this.batchUsed, this.batchOffset);
    this.batchOffset += this.batchUsed;
    this.batchUsed = 0;
  }

  private startHeader(): void {
    this.flush();
    this.dropSuperName();
    this.headerOffset = roundUp(this.batchOffset, this.sector);
    this.batchOffset = this.headerOffset;
    this.records = 0;
    this.openHeader = true;
    const at = this.reserve(this.sector);
    this.batch.fill(0, at, at + this.sector);
  }

  private putHeader(d: Uint8Array, at: number, records: number): void {
    d.set(JOURNAL_MAGIC, at);
    put4(d, at + 8, records);
    put4(d, at + 12, this.nonce);
    put4(d, at + 16, this.pagesBefore);
    put4(d, at + 20, this.sector);
    put4(d, at + 24, this.pageSize);
  }

  /** Records what page `pgno` was before the transaction. */
  add(pgno: number, data: Uint8Array): void {
    if (this.offsets.has(pgno)) return;
    if (!this.openHeader) this.startHeader();
    // Its sync failed: the records go on where they ended.
    else if (this.superOffset >= 0) this.dropSuperName();
    const size = this.pageSize;
    const at = this.reserve(size + 8);
    put4(this.batch, at, pgno);
    this.batch.set(data, at + 4);
    put4(this.batch, at + 4 + size, recordChecksum(this.nonce, data, 0, size));
    this.offsets.set(pgno, this.batchOffset + at + 4);
    this.records++;
  }

  /** The content of a journaled page before the transaction. */
  read(pgno: number, into: Uint8Array): void {
    const offset = this.offsets.get(pgno)!;
    if (offset >= this.batchOffset) {
      const at = offset - this.batchOffset;
      into.set(this.batch.subarray(at, at + this.pageSize));
    } else this.file.read(into, 0, this.pageSize, offset);
  }

  /**
   * Makes all records (and the super-journal's name, if given) durable as `synchronous` asks: NORMAL
   * syncs once, FULL syncs the records before the header that counts them. With no record at all a
   * header is written still: it tells the size to cut back to.
   */
  syncUp(superJournal: string | null): void {
    if (!this.openHeader && this.offsets.size === 0) this.startHeader();
    if (superJournal === this.superName && this.superOffset >= 0 && !this.openHeader) return;
    if (superJournal !== null) this.putSuper(superJournal);
    if (this.openHeader) {
      const inBatch = this.headerOffset - this.batchOffset;
      if (this.synchronous < Synchronous.Full && inBatch >= 0) {
        // No sync in between: one write does.
        this.putHeader(this.batch, inBatch, this.records);
        this.flush();
        if (this.overOld) this.dropStaleHeader();
      } else {
        this.flush();
        if (this.overOld) this.dropStaleHeader();
        if (this.synchronous >= Synchronous.Full) this.file.sync(true);
        const header = new Uint8Array(HEADER_BYTES);
        this.putHeader(header, 0, this.records);
        this.file.write(header, 0, HEADER_BYTES, this.headerOffset);
      }
    } else if (superJournal === null) return;
    if (this.synchronous >= Synchronous.Normal) this.file.sync(true);
    // Only now: after a sync that failed nothing may be taken for durable.
    this.openHeader = false;
    if (this.oldSuper !== '') dropSuperJournal(this.vfs, this.oldSuper);
    this.oldSuper = '';
  }

  /** A longer journal was here before: its next header must not be taken for ours. */
  private dropStaleHeader(): void {
    const next = roundUp(this.batchOffset, this.sector);
    const found = new Uint8Array(8);
    if (this.file.read(found, 0, 8, next) === 8 && isMagic(found, 0)) {
      this.file.write(new Uint8Array(1), 0, 1, next);
    }
  }

  /** A commit over several files failed elsewhere and this one goes on: the name must go. */
  private dropSuperName(): void {
    if (this.superOffset < 0) return;
    this.file.truncate(this.superOffset);
    this.batchOffset = this.superAfter;
    this.superOffset = -1;
  }

  private putSuper(name: string): void {
    this.flush();
    const old = this.superName;
    this.dropSuperName();
    this.hasSuper = true;
    this.superName = name;
    const bytes = encodeName(name);
    const n = bytes.length;
    const d = new Uint8Array(4 + n + 16);
    put4(d, 0, lockBytePage(this.pageSize));
    d.set(bytes, 4);
    put4(d, 4 + n, n);
    put4(d, 8 + n, nameChecksum(bytes));
    d.set(JOURNAL_MAGIC, 12 + n);
    this.superAfter = this.batchOffset;
    const at = roundUp(this.batchOffset, this.sector);
    this.file.write(d, 0, d.length, at);
    if (this.file.size() > at + d.length) this.file.truncate(at + d.length);
    this.batchOffset = at + d.length;
    this.superOffset = at;
    if (old !== '' && old !== name) this.oldSuper = old;
  }

  /** Writes all journaled pages back to the database file and cuts it to its old size. */
  playBack(db: VfsFile): void {
    this.flush();
    const buf = allocate(this.pageSize);
    const end = this.pagesBefore * this.pageSize;
    if (db.size() > end) db.truncate(end);
    for (const pgno of this.offsets.keys()) {
      this.read(pgno, buf);
      db.write(buf, 0, this.pageSize, (pgno - 1) * this.pageSize);
    }
    if (this.synchronous >= Synchronous.Normal) db.sync(true);
  }

  /** The commit point (or the end of a rollback): the journal stops being hot. */
  finish(end: JournalEnd, sizeLimit: number): void {
    const { file, synchronous } = this;
    switch (end) {
      case 'delete':
        file.close();
        this.vfs.delete(this.path, synchronous >= Synchronous.Extra);
        return;
      case 'truncate':
        file.truncate(0);
        if (synchronous >= Synchronous.Full) file.sync(true);
        break;
      case 'persist':
        if (this.hasSuper || sizeLimit === 0) file.truncate(0);
        else file.write(new Uint8Array(HEADER_BYTES), 0, HEADER_BYTES, 0);
        if (synchronous >= Synchronous.Normal) file.sync(true);
        if (sizeLimit > 0 && file.size() > sizeLimit) file.truncate(sizeLimit);
        break;
    }
    file.close();
  }

  /** After a rollback: the super-journal that this one named is of no use any more. */
  forgetSuper(): void {
    if (this.superName !== '') dropSuperJournal(this.vfs, this.superName);
  }

  /** Lets go of the file and leaves it as it is, to be rolled back as a hot journal. */
  abandon(): void {
    this.file.close();
  }
}

// -- reading journals that a crash left ------------------------------------------------------------

/** The name of the super-journal at the end of a journal, or null. */
export function readSuperName(journal: VfsFile): string | null {
  const size = journal.size();
  if (size < 16) return null;
  const tail = new Uint8Array(16);
  if (journal.read(tail, 0, 16, size - 16) !== 16 || !isMagic(tail, 8)) return null;
  const length = get4(tail, 0);
  if (length === 0 || length > MAX_NAME || length > size - 16) return null;
  const name = new Uint8Array(length);
  journal.read(name, 0, length, size - 16 - length);
  let unsigned = 0;
  for (const b of name) unsigned += b;
  const sum = get4(tail, 4);
  if (sum !== nameChecksum(name) && sum !== unsigned >>> 0) return null;
  const zero = name.indexOf(0);
  return decodeName(zero < 0 ? name : name.subarray(0, zero));
}

interface JournalHeader {
  readonly records: number;
  readonly nonce: number;
  readonly pagesBefore: number;
  readonly sector: number;
  readonly pageSize: number;
}

const isPowerOf2 = (n: number): boolean => n > 0 && (n & (n - 1)) === 0;

function readHeader(journal: VfsFile, offset: number): JournalHeader | null {
  const d = new Uint8Array(HEADER_BYTES);
  if (journal.read(d, 0, HEADER_BYTES, offset) !== HEADER_BYTES || !isMagic(d, 0)) return null;
  const sector = get4(d, 20);
  const pageSize = get4(d, 24);
  if (!isPowerOf2(sector) || sector < 32 || sector > 65536) return null;
  if (!isPowerOf2(pageSize) || pageSize < 512 || pageSize > 65536) return null;
  return { records: get4(d, 8), nonce: get4(d, 12), pagesBefore: get4(d, 16), sector, pageSize };
}

/** Puts the pages of a hot journal back into the database file and syncs it. */
function playBackHot(journal: VfsFile, db: VfsFile): void {
  const size = journal.size();
  const first = readHeader(journal, 0);
  if (first === null) return;
  const { sector, pageSize, pagesBefore } = first;
  const recordSize = pageSize + 8;
  const lockPage = lockBytePage(pageSize);
  const record = allocate(recordSize);
  if (db.size() > pagesBefore * pageSize) db.truncate(pagesBefore * pageSize);
  let offset = 0;
  let header: JournalHeader | null = first;
  while (header !== null && offset + sector <= size) {
    offset += sector;
    // A journal that was never synced on purpose counts its records by its size.
    const n =
      header.records === 0xffffffff ? Math.floor((size - offset) / recordSize) : header.records;
    for (let i = 0; i < n; i++) {
      if (journal.read(record, 0, recordSize, offset) !== recordSize) return;
      offset += recordSize;
      const pgno = get4(record, 0);
      if (pgno === 0 || pgno === lockPage) return;
      if (pgno > pagesBefore) continue;
      if (recordChecksum(header.nonce, record, 4, pageSize) !== get4(record, 4 + pageSize)) return;
      db.write(record, 4, pageSize, (pgno - 1) * pageSize);
    }
    offset = roundUp(offset, sector);
    header = readHeader(journal, offset);
  }
}

/** True when the file at `path` is a journal that may have to be rolled back. */
export function looksHot(vfs: Vfs, path: string): boolean {
  if (!vfs.exists(path)) return false;
  let file: VfsFile;
  try {
    file = vfs.open(path, { kind: 'main-journal', create: false, readonly: true });
  } catch (e) {
    // It went away between the two calls; or we may not look: assume the worst, as SQLite does.
    if (!vfs.exists(path)) return false;
    throw e;
  }
  try {
    const byte = new Uint8Array(1);
    return file.read(byte, 0, 1, 0) === 1 && byte[0] !== 0;
  } finally {
    file.close();
  }
}

/**
 * Rolls a hot journal back. When it names a super-journal that no longer exists, its transaction
 * was committed and the journal is only removed. The caller holds EXCLUSIVE.
 */
export function rollBackHotJournal(
  vfs: Vfs,
  path: string,
  db: VfsFile,
  synchronous: Synchronous,
  end: JournalEnd,
): void {
  let superName: string | null = null;
  const journal = vfs.open(path, { kind: 'main-journal', create: false, readonly: false });
  try {
    // Before the journal may go, what it guards must be on disk (its writer may have died early).
    superName = readSuperName(journal);
    const committed = superName !== null && !vfs.exists(superName);
    if (!committed) {
      playBackHot(journal, db);
      if (synchronous >= Synchronous.Normal) db.sync(true);
    }
    if (end === 'truncate' || (end === 'persist' && superName !== null)) journal.truncate(0);
    else if (end === 'persist') journal.write(new Uint8Array(HEADER_BYTES), 0, HEADER_BYTES, 0);
    if (end !== 'delete' && synchronous >= Synchronous.Normal) journal.sync(true);
  } finally {
    journal.close();
  }
  if (end === 'delete') vfs.delete(path, false);
  if (superName !== null) dropSuperJournal(vfs, superName);
}

/**
 * Deletes a super-journal when no child journal refers to it any more: after a rollback, and after a
 * first half of commit that failed (it is then no commit point, as it would be for the children).
 */
export function dropSuperJournal(vfs: Vfs, path: string): void {
  if (!vfs.exists(path)) return;
  const file = vfs.open(path, { kind: 'super-journal', create: false, readonly: true });
  const bytes = new Uint8Array(file.size());
  try {
    file.read(bytes, 0, bytes.length, 0);
  } finally {
    file.close();
  }
  for (const child of decodeName(bytes).split('\0')) {
    if (child === '' || !vfs.exists(child)) continue;
    const journal = vfs.open(child, { kind: 'main-journal', create: false, readonly: true });
    try {
      if (readSuperName(journal) === path) return;
    } finally {
      journal.close();
    }
  }
  vfs.delete(path, false);
}
