/**
 * FaultyVfs: a simulated disk for tests. Files live in memory; what was not synced when the machine
 * "loses power" survives only in part: each write since the last sync keeps an arbitrary set of its
 * sectors, and creations, deletions and truncations may be lost too.
 *
 * The model:
 *  1. A sync makes everything done to that file so far durable; the first one its creation too, and
 *     with it all deletions before (the directory is synced).
 *  2. `delete` with `syncDir` is durable at once, without it perhaps (file and content come back).
 *  3. Sectors of 512 bytes are atomic; bytes outside a write are never harmed (powersafe overwrite).
 *
 * After the crash every call fails with SQLITE_IOERR; `reboot` gives the disk as found afterwards.
 * Besides crashes single calls can be made to fail (full disk, failing sync).
 */
import { type ResultCodeName, SqliteError } from '../values/errors.ts';
import { MemoryVfs } from './memory.ts';
import type { FileStamp, LockLevel, OpenOptions, Vfs, VfsFile } from './vfs.ts';

const SECTOR = 512;

type Change =
  | { readonly kind: 'write'; readonly offset: number; readonly bytes: Uint8Array }
  | { readonly kind: 'truncate'; readonly size: number };

/** What is on the platter of one file. */
class Platter {
  bytes: Uint8Array = new Uint8Array(0);
  changes: Change[] = [];
  /** False until the first sync: the directory entry may be lost. */
  created = false;

  apply(change: Change, rnd: ((below: number) => number) | null): void {
    if (change.kind === 'truncate') {
      if (rnd !== null && rnd(2) === 0) return;
      this.resize(change.size);
      return;
    }
    const { offset, bytes } = change;
    const end = offset + bytes.length;
    for (let at = offset; at < end; ) {
      const stop = Math.min(end, (Math.floor(at / SECTOR) + 1) * SECTOR);
      if (rnd === null || rnd(2) === 0) {
        if (stop > this.bytes.length) this.resize(stop);
        this.bytes.set(bytes.subarray(at - offset, stop - offset), at);
      }
      at = stop;
    }
  }

  private resize(size: number): void {
    const next = new Uint8Array(size);
    next.set(this.bytes.subarray(0, size));
    this.bytes = next;
  }

  sync(): void {
    for (const c of this.changes) this.apply(c, null);
    this.changes = [];
    this.created = true;
  }

  /** The bytes after a crash. */
  survive(rnd: (below: number) => number): Uint8Array {
    for (const c of this.changes) this.apply(c, rnd);
    return this.bytes;
  }
}

/** The calls that count as steps and can fail. */
export type FaultyCall = 'write' | 'truncate' | 'sync' | 'delete' | 'open';

export class FaultyVfs implements Vfs {
  readonly name = 'faulty';
  private readonly live = new MemoryVfs();
  private readonly platters = new Map<string, Platter>();
  /** Deleted without a directory sync: may be back after a crash. */
  private readonly ghosts = new Map<string, Platter>();
  /** Steps (writes, truncations, syncs, deletions) done so far. */
  steps = 0;
  /** The step at which the machine stops; nothing of that step is synced. */
  crashAt = Number.POSITIVE_INFINITY;
  crashed = false;
  /** Asked before every step; a code makes the call fail without effect. */
  fault: ((call: FaultyCall, path: string, step: number) => ResultCodeName | null) | null = null;
  /** All calls in order, when wanted. */
  log: string[] | null = null;

  constructor(private readonly rnd: (below: number) => number) {}

  /** The disk after the crash (or after pulling the plug now). */
  reboot(): FaultyVfs {
    const next = new FaultyVfs(this.rnd);
    for (const [path, platter] of this.platters) {
      if (!platter.created && this.rnd(2) === 0) continue;
      next.put(path, platter.survive(this.rnd));
    }
    for (const [path, platter] of this.ghosts) {
      if (this.platters.has(path) || this.rnd(2) === 0) continue;
      next.put(path, platter.survive(this.rnd));
    }
    this.crashed = true;
    return next;
  }

  private put(path: string, bytes: Uint8Array): void {
    this.live.writeFile(path, bytes);
    const platter = new Platter();
    platter.bytes = bytes.slice();
    platter.created = true;
    this.platters.set(path, platter);
  }

  /** The bytes of a file as the running machine sees them. */
  readFile(path: string): Uint8Array | null {
    return this.live.readFile(path);
  }
  list(): string[] {
    return this.live.list();
  }

  private step(call: FaultyCall, path: string): void {
    if (this.crashed) throw new SqliteError('SQLITE_IOERR', 'the machine is off');
    this.steps++;
    this.log?.push(`${call} ${path}`);
    const code = this.fault?.(call, path, this.steps) ?? null;
    if (code !== null) throw new SqliteError(code);
  }

  /** After a step's effect is under way: the machine may stop here. */
  private maybeCrash(): void {
    if (this.steps < this.crashAt) return;
    this.crashed = true;
    throw new SqliteError('SQLITE_IOERR', 'the machine is off');
  }

  open(path: string, options: OpenOptions): VfsFile {
    if (this.crashed) throw new SqliteError('SQLITE_IOERR', 'the machine is off');
    const file = this.live.open(path, options);
    let platter = this.platters.get(path);
    if (platter === undefined) {
      platter = new Platter();
      this.platters.set(path, platter);
      this.ghosts.delete(path);
    }
    return this.wrap(file, platter);
  }

  private wrap(file: VfsFile, platter: Platter): VfsFile {
    const { path } = file;
    const alive = (): void => {
      if (this.crashed) throw new SqliteError('SQLITE_IOERR', 'the machine is off');
    };
    return {
      path,
      readonly: file.readonly,
      identity: file.identity,
      sectorSize: SECTOR,
      shm: null,
      read: (buf, bufOffset, length, fileOffset) => {
        alive();
        return file.read(buf, bufOffset, length, fileOffset);
      },
      write: (buf, bufOffset, length, fileOffset) => {
        this.step('write', path);
        file.write(buf, bufOffset, length, fileOffset);
        const bytes = buf.slice(bufOffset, bufOffset + length);
        platter.changes.push({ kind: 'write', offset: fileOffset, bytes: Uint8Array.from(bytes) });
        this.maybeCrash();
      },
      truncate: (size) => {
        this.step('truncate', path);
        file.truncate(size);
        platter.changes.push({ kind: 'truncate', size });
        this.maybeCrash();
      },
      sync: (dataOnly) => {
        this.step('sync', path);
        this.maybeCrash();
        file.sync(dataOnly);
        // The first sync of a new file syncs the directory, deletions in it included.
        if (!platter.created) this.ghosts.clear();
        platter.sync();
      },
      size: () => {
        alive();
        return file.size();
      },
      stamp: (): FileStamp => {
        alive();
        return file.stamp();
      },
      lock: (level: LockLevel) => file.lock(level),
      unlock: (level) => file.unlock(level),
      checkReservedLock: () => file.checkReservedLock(),
      close: () => file.close(),
    };
  }

  delete(path: string, syncDir: boolean): void {
    if (!this.live.exists(path)) return;
    this.step('delete', path);
    const platter = this.platters.get(path);
    this.live.delete(path);
    this.platters.delete(path);
    if (!syncDir && platter?.created) this.ghosts.set(path, platter);
    this.maybeCrash();
  }
  exists(path: string): boolean {
    return this.live.exists(path);
  }
  stamp(path: string): FileStamp | null {
    return this.live.stamp(path);
  }
  fullPath(path: string): string {
    return path;
  }
  tempName(): string {
    return this.live.tempName();
  }
  randomness(buf: Uint8Array): void {
    for (let i = 0; i < buf.length; i++) buf[i] = this.rnd(256);
  }
  sleep(): void {}
  now(): number {
    return 0;
  }
}
