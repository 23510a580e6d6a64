/**
 * NodeVfs: files of the operating system through node:fs, all calls synchronous.
 *
 * Invariants:
 *  1. A file's identity is device and inode.
 *  2. The first sync of a journal, super-journal or WAL that was created here syncs its directory
 *     too, so that the file itself survives a crash (https://www.sqlite.org/atomiccommit.html §3.7).
 *  3. Powersafe overwrite is assumed, as SQLite does by default: a write of some bytes leaves the
 *     bytes around it alone (https://www.sqlite.org/psow.html). Hence the sector size of 512.
 *  4. Locks against other processes are not taken. Where a mistake would be costly (rolling back a
 *     journal that is still being written), `checkReservedLock` looks for such a process.
 */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as nodePath from 'node:path';
import { type ResultCodeName, SqliteError } from '../values/errors.ts';
import { fillRandom, randomHex, sleepSync } from './common.ts';
import { lockedByStranger } from './node-locks.ts';
import type { FileStamp, LockLevel, OpenOptions, SharedMemory, Vfs, VfsFile } from './vfs.ts';

function errnoOf(e: unknown): string {
  return e instanceof Error && 'code' in e && typeof e.code === 'string' ? e.code : '';
}

/** The SQLite error for a failed call; `code` is what an ordinary I/O failure of that call means. */
function failure(e: unknown, code: ResultCodeName): SqliteError {
  if (e instanceof SqliteError) return e;
  const errno = errnoOf(e);
  let result = code;
  if (errno === 'ENOSPC' || errno === 'EDQUOT') result = 'SQLITE_FULL';
  const error = new SqliteError(result);
  error.cause = e;
  return error;
}

const DELETED = 'node:deleted';

function identityOf(s: fs.BigIntStats): string {
  return s.nlink === 0n ? DELETED : `node:${s.dev}:${s.ino}`;
}

function stampOf(s: fs.BigIntStats): FileStamp {
  return { size: Number(s.size), mtimeMs: Number(s.mtimeNs) / 1e6, identity: identityOf(s) };
}

function syncDirectory(path: string): void {
  let fd: number;
  try {
    fd = fs.openSync(path, 'r');
  } catch {
    // Some systems cannot open directories; SQLite goes on without, and so do we.
    return;
  }
  try {
    fs.fsyncSync(fd);
  } catch (e) {
    const errno = errnoOf(e);
    if (errno !== 'EPERM' && errno !== 'EINVAL' && errno !== 'EISDIR') {
      throw failure(e, 'SQLITE_IOERR_DIR_FSYNC');
    }
  } finally {
    fs.closeSync(fd);
  }
}

class NodeFile implements VfsFile {
  readonly sectorSize = 512;
  readonly shm: SharedMemory | null = null;

  constructor(
    readonly path: string,
    readonly readonly: boolean,
    readonly identity: string,
    private readonly fd: number,
    private dirSync: boolean,
    private readonly unlinkOnClose: boolean,
  ) {}

  read(buf: Uint8Array, bufOffset: number, length: number, fileOffset: number): number {
    let done = 0;
    try {
      while (done < length) {
        const n = fs.readSync(this.fd, buf, bufOffset + done, length - done, fileOffset + done);
        if (n === 0) break;
        done += n;
      }
    } catch (e) {
      throw failure(e, 'SQLITE_IOERR_READ');
    }
    if (done < length) buf.fill(0, bufOffset + done, bufOffset + length);
    return done;
  }

  write(buf: Uint8Array, bufOffset: number, length: number, fileOffset: number): void {
    try {
      let done = 0;
      while (done < length) {
        done += fs.writeSync(this.fd, buf, bufOffset + done, length - done, fileOffset + done);
      }
    } catch (e) {
      throw failure(e, 'SQLITE_IOERR_WRITE');
    }
  }

  truncate(size: number): void {
    try {
      fs.ftruncateSync(this.fd, size);
    } catch (e) {
      throw failure(e, 'SQLITE_IOERR_TRUNCATE');
    }
  }

  sync(dataOnly: boolean): void {
    try {
      if (dataOnly) fs.fdatasyncSync(this.fd);
      else fs.fsyncSync(this.fd);
    } catch (e) {
      throw failure(e, 'SQLITE_IOERR_FSYNC');
    }
    if (this.dirSync) {
      this.dirSync = false;
      syncDirectory(nodePath.dirname(this.path));
    }
  }

  size(): number {
    try {
      return fs.fstatSync(this.fd).size;
    } catch (e) {
      throw failure(e, 'SQLITE_IOERR_FSTAT');
    }
  }

  stamp(): FileStamp {
    try {
      // Once a transaction: numbers are cheaper than bigints, and device and inode do not change.
      const s = fs.fstatSync(this.fd);
      return {
        size: s.size,
        mtimeMs: s.mtimeMs,
        identity: s.nlink === 0 ? DELETED : this.identity,
      };
    } catch (e) {
      throw failure(e, 'SQLITE_IOERR_FSTAT');
    }
  }

  lock(_level: LockLevel): void {}
  unlock(_level: LockLevel.Shared | LockLevel.None): void {}

  checkReservedLock(): boolean {
    return lockedByStranger(this.identity, true);
  }

  usedByStranger(): boolean {
    return lockedByStranger(this.identity, false);
  }

  close(): void {
    try {
      fs.closeSync(this.fd);
      if (this.unlinkOnClose) fs.rmSync(this.path, { force: true });
    } catch (e) {
      throw failure(e, 'SQLITE_IOERR');
    }
  }
}

export class NodeVfs implements Vfs {
  readonly name = 'node';

  open(path: string, options: OpenOptions): VfsFile {
    const { O_RDONLY, O_RDWR, O_CREAT, O_EXCL } = fs.constants;
    const journal =
      options.kind === 'main-journal' || options.kind === 'super-journal' || options.kind === 'wal';
    let readonly = options.readonly;
    let fd = -1;
    let created = false;
    try {
      if (readonly) {
        fd = fs.openSync(path, O_RDONLY);
      } else {
        try {
          fd = fs.openSync(path, O_RDWR);
        } catch (e) {
          if (errnoOf(e) !== 'ENOENT' || !options.create) throw e;
          const exclusive = options.deleteOnClose ? O_EXCL : 0;
          fd = fs.openSync(path, O_RDWR | O_CREAT | exclusive, 0o644);
          created = true;
        }
      }
    } catch (e) {
      const errno = errnoOf(e);
      if (readonly || errno === 'ENOENT' || errno === 'EISDIR' || errno === 'ENOTDIR') {
        throw this.cannotOpen(e, path, journal);
      }
      try {
        fd = fs.openSync(path, O_RDONLY);
        readonly = true;
      } catch {
        throw this.cannotOpen(e, path, journal);
      }
    }
    try {
      const stat = fs.fstatSync(fd, { bigint: true });
      if (stat.isDirectory()) throw new SqliteError('SQLITE_CANTOPEN');
      const identity = identityOf(stat);
      const unlinkNow = options.deleteOnClose === true && os.platform() !== 'win32';
      if (unlinkNow) fs.rmSync(path, { force: true });
      const unlinkLater = options.deleteOnClose === true && !unlinkNow;
      return new NodeFile(path, readonly, identity, fd, created && journal, unlinkLater);
    } catch (e) {
      fs.closeSync(fd);
      throw failure(e, 'SQLITE_CANTOPEN');
    }
  }

  private cannotOpen(e: unknown, path: string, journal: boolean): SqliteError {
    const errno = errnoOf(e);
    if (errno === 'ENOSPC' || errno === 'EDQUOT') return failure(e, 'SQLITE_FULL');
    // A journal that cannot be created in a directory that forbids it: the database is read-only.
    if (journal && (errno === 'EACCES' || errno === 'EROFS') && !this.exists(path)) {
      return failure(e, 'SQLITE_READONLY_DIRECTORY');
    }
    return failure(e, 'SQLITE_CANTOPEN');
  }

  delete(path: string, syncDir: boolean): void {
    try {
      fs.unlinkSync(path);
    } catch (e) {
      if (errnoOf(e) === 'ENOENT') return;
      throw failure(e, 'SQLITE_IOERR_DELETE');
    }
    if (syncDir) syncDirectory(nodePath.dirname(path));
  }

  exists(path: string): boolean {
    return fs.existsSync(path);
  }

  stamp(path: string): FileStamp | null {
    try {
      const s = fs.statSync(path, { bigint: true, throwIfNoEntry: false });
      return s === undefined ? null : stampOf(s);
    } catch (e) {
      const errno = errnoOf(e);
      if (errno === 'ENOTDIR' || errno === 'EACCES') return null;
      throw failure(e, 'SQLITE_IOERR_FSTAT');
    }
  }

  /** Symbolic links are followed, so that a journal lies beside the file that it is for. */
  fullPath(path: string): string {
    const absolute = nodePath.resolve(path);
    try {
      return fs.realpathSync(absolute);
    } catch (e) {
      const errno = errnoOf(e);
      if (errno === 'ELOOP') throw failure(e, 'SQLITE_CANTOPEN_SYMLINK');
      if (errno !== 'ENOENT') return absolute;
    }
    try {
      const dir = fs.realpathSync(nodePath.dirname(absolute));
      return nodePath.join(dir, nodePath.basename(absolute));
    } catch {
      return absolute;
    }
  }

  tempName(): string {
    const dir = process.env['SQLITE_TMPDIR'] ?? os.tmpdir();
    return nodePath.join(dir, `mica_${randomHex(8)}`);
  }

  randomness(buf: Uint8Array): void {
    fillRandom(buf);
  }
  sleep(ms: number): void {
    sleepSync(ms);
  }
  now(): number {
    return Date.now();
  }
}
