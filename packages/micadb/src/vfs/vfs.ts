/**
 * The virtual file system: what the pager asks of storage. It has SQLite's shapes (sqlite3_vfs,
 * sqlite3_io_methods) so that real locks, browser storage and a simulated disk fit in later.
 *
 * Invariants:
 *  1. All calls are synchronous and throw SqliteError (SQLITE_IOERR_*, SQLITE_CANTOPEN*,
 *     SQLITE_FULL, SQLITE_BUSY) and nothing else.
 *  2. `read` past the end of the file fills the rest with zeros and returns the count of real bytes.
 *  3. A write is durable only after `sync` returned.
 *  4. Two opens of the same file in one realm report the same `identity`.
 */

/** File lock levels, with SQLite's numbers (https://www.sqlite.org/lockingv3.html). */
export enum LockLevel {
  None = 0,
  Shared = 1,
  Reserved = 2,
  Pending = 3,
  Exclusive = 4,
}

export type FileKind = 'main' | 'main-journal' | 'super-journal' | 'wal' | 'temp' | 'temp-journal';

export interface OpenOptions {
  readonly kind: FileKind;
  readonly create: boolean;
  /** True: open for reading only. A file that cannot be written is opened read-only all the same. */
  readonly readonly: boolean;
  readonly deleteOnClose?: boolean;
}

/** Size and identity of a file now on disk, to notice that a stranger replaced or changed it. */
export interface FileStamp {
  readonly size: number;
  /** Milliseconds since the epoch, with what finer part the clock has. */
  readonly mtimeMs: number;
  /** Device and inode or what stands for them; of an open file that was deleted: another one. */
  readonly identity: string;
}

export interface VfsFile {
  readonly path: string;
  readonly readonly: boolean;
  readonly identity: string;
  /** Fills `buf[bufOffset, bufOffset+length)`; returns the bytes that were really there. */
  read(buf: Uint8Array, bufOffset: number, length: number, fileOffset: number): number;
  write(buf: Uint8Array, bufOffset: number, length: number, fileOffset: number): void;
  truncate(size: number): void;
  sync(dataOnly: boolean): void;
  size(): number;
  stamp(): FileStamp;
  /** Sector size in bytes, for journal padding. */
  readonly sectorSize: number;
  /** Raises the lock; SQLITE_BUSY when a stranger (other process or realm) is in the way. */
  lock(level: LockLevel): void;
  /** Lowers the lock to Shared or None. */
  unlock(level: LockLevel.Shared | LockLevel.None): void;
  /** True when some stranger holds Reserved or more. */
  checkReservedLock(): boolean;
  /** True when some stranger is known to hold any lock at all; absent where that cannot be known. */
  usedByStranger?(): boolean;
  /** Shared memory of the WAL index (xShmMap/xShmLock/xShmBarrier/xShmUnmap), where there is one. */
  readonly shm: SharedMemory | null;
  close(): void;
}

/** SQLite's eight shm lock slots: 0 write, 1 checkpoint, 2 recover, 3..7 readers. */
export interface SharedMemory {
  /** The 32 KiB region number `index`; created (zeroed) when `extend`, else null if it is not there. */
  map(index: number, extend: boolean): Uint8Array | null;
  lock(slot: number, count: number, exclusive: boolean): boolean;
  unlock(slot: number, count: number, exclusive: boolean): void;
  barrier(): void;
  unmap(deleteIt: boolean): void;
}

export interface Vfs {
  readonly name: string;
  open(path: string, options: OpenOptions): VfsFile;
  /** Removes a file; no error when it is not there. `syncDir` makes the removal durable. */
  delete(path: string, syncDir: boolean): void;
  exists(path: string): boolean;
  /** The stamp of a path, or null when nothing is there. */
  stamp(path: string): FileStamp | null;
  /** The absolute path that names the file. */
  fullPath(path: string): string;
  /** A fresh name for a temporary file. */
  tempName(): string;
  randomness(buf: Uint8Array): void;
  sleep(ms: number): void;
  /** Milliseconds since the Unix epoch. */
  now(): number;
}
