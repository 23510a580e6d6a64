/**
 * MemoryVfs: files in memory, shared by name between all who use the same instance.
 *
 * Invariants:
 *  1. A file that was deleted lives on for those who have it open, as on POSIX.
 *  2. Identities are unique over all instances of a realm (and over copies of this package).
 *  3. The bytes of a node past its size are zero.
 */
import { SqliteError } from '../values/errors.ts';
import { fillRandom, randomHex, sleepSync } from './common.ts';
import type { FileStamp, LockLevel, OpenOptions, SharedMemory, Vfs, VfsFile } from './vfs.ts';

class MemoryNode {
  data: Uint8Array = new Uint8Array(0);
  size = 0;
  changes = 0;
  deleted = false;
  constructor(readonly identity: string) {}

  write(buf: Uint8Array, bufOffset: number, length: number, offset: number): void {
    const end = offset + length;
    if (end > this.data.length) {
      const grown = new Uint8Array(Math.max(end, this.data.length * 2, 4096));
      grown.set(this.data.subarray(0, this.size));
      this.data = grown;
    }
    this.data.set(buf.subarray(bufOffset, bufOffset + length), offset);
    if (end > this.size) this.size = end;
    this.changes++;
  }

  truncate(size: number): void {
    if (size < this.size) {
      if (size * 4 < this.data.length) this.data = this.data.slice(0, size);
      else this.data.fill(0, size, this.size);
      this.size = size;
    } else if (size > this.size) {
      this.write(new Uint8Array(1), 0, 1, size - 1);
    }
    this.changes++;
  }

  stamp(): FileStamp {
    return {
      size: this.size,
      mtimeMs: this.changes,
      identity: this.deleted ? 'memory:deleted' : this.identity,
    };
  }
}

class MemoryFile implements VfsFile {
  readonly identity: string;
  readonly sectorSize = 512;
  readonly shm: SharedMemory | null = null;

  constructor(
    readonly path: string,
    readonly readonly: boolean,
    private readonly node: MemoryNode,
    private readonly onClose: (() => void) | null,
  ) {
    this.identity = node.identity;
  }

  read(buf: Uint8Array, bufOffset: number, length: number, fileOffset: number): number {
    const { node } = this;
    const n = Math.max(0, Math.min(length, node.size - fileOffset));
    if (n > 0) buf.set(node.data.subarray(fileOffset, fileOffset + n), bufOffset);
    if (n < length) buf.fill(0, bufOffset + n, bufOffset + length);
    return n;
  }
  write(buf: Uint8Array, bufOffset: number, length: number, fileOffset: number): void {
    if (this.readonly) throw new SqliteError('SQLITE_READONLY');
    this.node.write(buf, bufOffset, length, fileOffset);
  }
  truncate(size: number): void {
    if (this.readonly) throw new SqliteError('SQLITE_READONLY');
    this.node.truncate(size);
  }
  sync(): void {}
  size(): number {
    return this.node.size;
  }
  stamp(): FileStamp {
    return this.node.stamp();
  }
  lock(_level: LockLevel): void {}
  unlock(_level: LockLevel.Shared | LockLevel.None): void {}
  checkReservedLock(): boolean {
    return false;
  }
  close(): void {
    this.onClose?.();
  }
}

export class MemoryVfs implements Vfs {
  readonly name = 'memory';
  private readonly files = new Map<string, MemoryNode>();
  private readonly id = randomHex(8);
  private count = 0;

  open(path: string, options: OpenOptions): VfsFile {
    let node = this.files.get(path);
    if (node === undefined) {
      if (!options.create) throw new SqliteError('SQLITE_CANTOPEN');
      node = new MemoryNode(`memory:${this.id}:${++this.count}`);
      this.files.set(path, node);
    }
    const onClose = options.deleteOnClose ? () => this.delete(path) : null;
    return new MemoryFile(path, options.readonly, node, onClose);
  }
  delete(path: string): void {
    const node = this.files.get(path);
    if (node !== undefined) node.deleted = true;
    this.files.delete(path);
  }
  exists(path: string): boolean {
    return this.files.has(path);
  }
  stamp(path: string): FileStamp | null {
    return this.files.get(path)?.stamp() ?? null;
  }
  fullPath(path: string): string {
    return path;
  }
  tempName(): string {
    return `mica-${randomHex(8)}`;
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

  // -- for programs that keep databases in memory and move them -----------------------------------

  /** The names of all files. */
  list(): string[] {
    return [...this.files.keys()];
  }
  /** A copy of a file's bytes, or null when there is none. */
  readFile(path: string): Uint8Array | null {
    const node = this.files.get(path);
    return node === undefined ? null : node.data.slice(0, node.size);
  }
  /** Puts a new file in place of whatever has that name. */
  writeFile(path: string, bytes: Uint8Array): void {
    const node = new MemoryNode(`memory:${this.id}:${++this.count}`);
    node.write(bytes, 0, bytes.length, 0);
    this.delete(path);
    this.files.set(path, node);
  }
}
