/** Several connections of one realm on one file: they get in each other's way as SQLite's do. */
import { describe, expect, it } from 'vitest';
import { SqliteError } from '../values/errors.ts';
import { MemoryVfs } from '../vfs/memory.ts';
import { LockLevel } from '../vfs/vfs.ts';
import { commitValues, openTest, readAll, readValue, snapshotOf, writeValue } from './testing.ts';
import type { JournalMode, Pager, PagerOptions } from './types.ts';

function codeOf(f: () => unknown): string {
  try {
    f();
  } catch (e) {
    if (e instanceof SqliteError) return e.code;
    throw e;
  }
  return 'SQLITE_OK';
}

function connections(n: number, mode: JournalMode, more: Partial<PagerOptions> = {}): Pager[] {
  const vfs = new MemoryVfs();
  const first = openTest(vfs, 'db', more);
  commitValues(first, new Map([1, 2, 3, 4, 5].map((i) => [i, i])));
  first.setJournalMode(mode);
  const all = [first];
  while (all.length < n) all.push(openTest(vfs, 'db', more));
  return all;
}

function commit(p: Pager): void {
  p.commitPhaseOne(null);
  p.commitPhaseTwo();
}

describe('rollback journal', () => {
  it('readers and one writer go together; commit waits for the readers', () => {
    const [a, b, c] = connections(3, 'delete') as [Pager, Pager, Pager];
    a.beginRead();
    b.beginRead();
    b.beginWrite(false);
    expect(b.lockLevel()).toBe(LockLevel.Reserved);
    c.beginRead();
    expect(codeOf(() => c.beginWrite(false))).toBe('SQLITE_BUSY');
    c.endRead();
    writeValue(b, 2, 22);
    expect(readValue(a, 2)).toBe(2);
    expect(codeOf(() => b.commitPhaseOne(null))).toBe('SQLITE_BUSY');
    expect(b.state).toBe('write');
    expect(b.lockLevel()).toBe(LockLevel.Pending);
    // PENDING keeps new readers out, so that the old ones run dry.
    expect(codeOf(() => c.beginRead())).toBe('SQLITE_BUSY');
    expect(readValue(a, 2)).toBe(2);
    a.endRead();
    commit(b);
    b.endRead();
    expect(snapshotOf(c)).toEqual([1, 22, 3, 4, 5]);
    expect(a.beginRead()).toBe(true);
    expect(readValue(a, 2)).toBe(22);
    a.endRead();
    expect(a.beginRead()).toBe(false);
    a.endRead();
  });

  it('a rollback after a busy commit lets everybody in again', () => {
    const [a, b] = connections(2, 'delete') as [Pager, Pager];
    a.beginRead();
    b.beginRead();
    b.beginWrite(false);
    writeValue(b, 1, 9);
    expect(codeOf(() => b.commitPhaseOne(null))).toBe('SQLITE_BUSY');
    b.rollback();
    expect(readAll(b)).toEqual([1, 2, 3, 4, 5]);
    b.endRead();
    a.endRead();
    commitValues(a, new Map([[1, 7]]));
    expect(snapshotOf(b)[0]).toBe(7);
  });

  it('spilled pages need EXCLUSIVE, else they stay in memory', () => {
    const [a, b] = connections(2, 'delete') as [Pager, Pager];
    b.cacheSize = 10;
    a.beginRead();
    b.beginRead();
    b.beginWrite(false);
    for (let n = 1; n <= 60; n++) writeValue(b, n, 100 + n);
    expect(readAll(a)).toEqual([1, 2, 3, 4, 5]);
    a.endRead();
    for (let n = 61; n <= 90; n++) writeValue(b, n, 100 + n);
    expect(b.lockLevel()).toBe(LockLevel.Exclusive);
    expect(codeOf(() => a.beginRead())).toBe('SQLITE_BUSY');
    b.rollback();
    b.endRead();
    expect(snapshotOf(a)).toEqual([1, 2, 3, 4, 5]);
  });

  it('calls the busy handler for SHARED, EXCLUSIVE and commit, not for RESERVED', () => {
    const calls: number[] = [];
    const [a, b] = connections(2, 'delete', {
      busyHandler: (n) => {
        calls.push(n);
        return n < 2;
      },
    }) as [Pager, Pager];
    const counted = (f: () => unknown): number[] => {
      calls.length = 0;
      expect(codeOf(f)).toBe('SQLITE_BUSY');
      return calls.slice();
    };
    a.beginRead();
    a.beginWrite(true);
    expect(counted(() => b.beginRead())).toEqual([0, 1, 2]);
    a.rollback();
    a.beginWrite(false);
    b.beginRead();
    expect(counted(() => b.beginWrite(false))).toEqual([]);
    writeValue(a, 1, 8);
    expect(counted(() => a.commitPhaseOne(null))).toEqual([0, 1, 2]);
  });

  it('locking_mode=exclusive keeps the lock until it is normal again', () => {
    const [a, b] = connections(2, 'delete') as [Pager, Pager];
    a.lockingMode = 'exclusive';
    commitValues(a, new Map([[3, 33]]));
    expect(a.lockLevel()).toBe(LockLevel.Exclusive);
    expect(codeOf(() => b.beginRead())).toBe('SQLITE_BUSY');
    commitValues(a, new Map([[3, 34]]));
    a.lockingMode = 'normal';
    snapshotOf(a);
    expect(snapshotOf(b)[2]).toBe(34);
  });

  it('a read-only connection reads and does not write', () => {
    const vfs = new MemoryVfs();
    const a = openTest(vfs, 'db');
    commitValues(a, new Map([[1, 1]]));
    const b = openTest(vfs, 'db', { readonly: true });
    expect(snapshotOf(b)).toEqual([1]);
    b.beginRead();
    expect(codeOf(() => b.beginWrite(false))).toBe('SQLITE_READONLY');
    b.endRead();
    commitValues(a, new Map([[1, 2]]));
    expect(snapshotOf(b)).toEqual([2]);
    expect(codeOf(() => openTest(vfs, 'none', { create: false }))).toBe('SQLITE_CANTOPEN');
  });

  it('a file that was replaced is not written to', () => {
    const vfs = new MemoryVfs();
    const a = openTest(vfs, 'db');
    commitValues(a, new Map([[1, 1]]));
    vfs.writeFile('db', vfs.readFile('db')!);
    a.beginRead();
    expect(codeOf(() => a.beginWrite(false))).toBe('SQLITE_READONLY_DBMOVED');
    a.endRead();
  });

  it('journal_mode=off and memory make no journal, and roll back what did not reach the file', () => {
    for (const mode of ['off', 'memory'] as const) {
      const vfs = new MemoryVfs();
      const a = openTest(vfs, 'db');
      commitValues(
        a,
        new Map([
          [1, 1],
          [2, 2],
        ]),
      );
      expect(a.setJournalMode(mode)).toBe(mode);
      a.beginRead();
      a.beginWrite(false);
      writeValue(a, 2, 3);
      a.rollback();
      a.endRead();
      expect(snapshotOf(a)).toEqual([1, 2]);
      a.beginRead();
      a.beginWrite(false);
      writeValue(a, 2, 4);
      a.commitPhaseOne(null);
      expect(vfs.list()).toEqual(['db']);
      a.commitPhaseTwo();
      a.endRead();
      expect(snapshotOf(a)).toEqual([1, 4]);
      a.close();
    }
  });

  it('memory and temporary databases keep their own journal modes', () => {
    const vfs = new MemoryVfs();
    const memory = openTest(vfs, ':memory:');
    expect(memory.journalMode).toBe('memory');
    expect(memory.setJournalMode('wal')).toBe('memory');
    expect(memory.setJournalMode('delete')).toBe('memory');
    expect(memory.setJournalMode('off')).toBe('off');
    const temp = openTest(vfs, '');
    expect(temp.setJournalMode('wal')).toBe('delete');
    expect(temp.setJournalMode('persist')).toBe('persist');
    memory.close();
    temp.close();
    expect(vfs.list()).toEqual([]);
  });

  it('max_page_count ends growth with SQLITE_FULL', () => {
    const [a] = connections(1, 'delete') as [Pager];
    a.maxPageCount = 6;
    a.beginRead();
    a.beginWrite(false);
    writeValue(a, 6, 6);
    expect(codeOf(() => a.get(7))).toBe('SQLITE_FULL');
    expect(codeOf(() => a.get(0))).toBe('SQLITE_CORRUPT');
    commit(a);
    expect(codeOf(() => a.get(7))).toBe('SQLITE_CORRUPT');
    a.endRead();
  });
});

describe('write-ahead log', () => {
  it('readers keep their snapshots while others commit and checkpoint', () => {
    const [a, b, c] = connections(3, 'wal') as [Pager, Pager, Pager];
    a.beginRead();
    commitValues(c, new Map([[2, 20]]));
    b.beginRead();
    commitValues(
      c,
      new Map([
        [2, 21],
        [6, 60],
      ]),
    );
    c.shrink();
    expect(c.checkpoint('passive')).toEqual({ busy: false, log: 3, checkpointed: 0 });
    expect(readAll(a)).toEqual([1, 2, 3, 4, 5]);
    expect(readAll(b)).toEqual([1, 20, 3, 4, 5]);
    expect(snapshotOf(c)).toEqual([1, 21, 3, 4, 5, 60]);
    a.endRead();
    expect(c.checkpoint('full')).toEqual({ busy: true, log: 3, checkpointed: 1 });
    b.shrink();
    expect(readAll(b)).toEqual([1, 20, 3, 4, 5]);
    b.endRead();
    expect(c.checkpoint('full')).toEqual({ busy: false, log: 3, checkpointed: 3 });
    // The log starts again: the new frames are the first ones.
    commitValues(c, new Map([[3, 30]]));
    expect(c.checkpoint('passive')).toEqual({ busy: false, log: 1, checkpointed: 1 });
    expect(c.checkpoint('truncate')).toEqual({ busy: false, log: 0, checkpointed: 0 });
    c.shrink();
    expect(snapshotOf(a)).toEqual([1, 21, 30, 4, 5, 60]);
  });

  it('a reader of the log keeps it from starting again; restart reports it', () => {
    const [a, b] = connections(2, 'wal') as [Pager, Pager];
    commitValues(b, new Map([[2, 20]]));
    a.beginRead();
    expect(b.checkpoint('restart')).toEqual({ busy: true, log: 1, checkpointed: 1 });
    commitValues(b, new Map([[2, 21]]));
    expect(b.checkpoint('passive')).toEqual({ busy: false, log: 2, checkpointed: 1 });
    a.shrink();
    expect(readAll(a)).toEqual([1, 20, 3, 4, 5]);
    a.endRead();
  });

  it('a stale snapshot cannot be upgraded; a second writer is busy', () => {
    const [a, b] = connections(2, 'wal') as [Pager, Pager];
    a.beginRead();
    b.beginRead();
    b.beginWrite(false);
    expect(codeOf(() => a.beginWrite(false))).toBe('SQLITE_BUSY');
    writeValue(b, 1, 11);
    commit(b);
    b.endRead();
    expect(codeOf(() => a.beginWrite(false))).toBe('SQLITE_BUSY_SNAPSHOT');
    expect(readValue(a, 1)).toBe(1);
    a.endRead();
    expect(a.beginRead()).toBe(true);
    a.beginWrite(false);
    a.rollback();
    a.endRead();
  });

  it('a checkpoint cannot run under a transaction; full waits for the writer', () => {
    const [a, b] = connections(2, 'wal') as [Pager, Pager];
    commitValues(a, new Map([[2, 2]]));
    a.beginRead();
    a.beginWrite(false);
    expect(codeOf(() => a.checkpoint('passive'))).toBe('SQLITE_LOCKED');
    expect(b.checkpoint('full')).toEqual({ busy: true, log: 1, checkpointed: 1 });
    a.rollback();
    a.endRead();
  });

  it('the mode changes only when nobody else uses the log', () => {
    const [a, b] = connections(2, 'wal') as [Pager, Pager];
    expect(b.journalMode).toBe('wal');
    snapshotOf(b);
    commitValues(a, new Map([[2, 2]]));
    expect(codeOf(() => a.setJournalMode('delete'))).toBe('SQLITE_BUSY');
    expect(a.journalMode).toBe('wal');
    b.close();
    expect(a.setJournalMode('delete')).toBe('delete');
    expect(snapshotOf(a)).toEqual([1, 2, 3, 4, 5]);
    commitValues(a, new Map([[2, 3]]));
    expect(snapshotOf(a)[1]).toBe(3);
  });

  it('auto-checkpoint runs past its limit, the last one to close removes the log', () => {
    const vfs = new MemoryVfs();
    const a = openTest(vfs, 'db');
    commitValues(a, new Map([[1, 1]]));
    a.setJournalMode('wal');
    a.walAutoCheckpoint = 5;
    for (let i = 1; i <= 10; i++) commitValues(a, new Map([[2, i]]));
    expect(vfs.readFile('db-wal')!.length).toBe(32 + 5 * (512 + 24));
    a.close();
    expect(vfs.list()).toEqual(['db']);
    const b = openTest(vfs, 'db');
    expect(b.journalMode).toBe('wal');
    expect(snapshotOf(b)).toEqual([1, 10]);
    b.close();
  });

  it('an empty file asked for WAL is in WAL mode after its first commit', () => {
    const vfs = new MemoryVfs();
    const a = openTest(vfs, 'db');
    expect(a.setJournalMode('wal')).toBe('wal');
    expect(a.journalMode).toBe('wal');
    a.beginRead();
    a.beginWrite(false);
    writeValue(a, 1, 1);
    const first = a.get(1);
    const page = a.makeWritable(first);
    page.data[18] = 2;
    page.data[19] = 2;
    a.unpin(page);
    a.unpin(first);
    commit(a);
    a.endRead();
    commitValues(a, new Map([[2, 2]]));
    expect(vfs.list()).toContain('db-wal');
    expect(vfs.readFile('db')!.length).toBe(512);
    expect(snapshotOf(a)).toEqual([1, 2]);
    a.close();
  });
});

it('connections share a named memory database', () => {
  const vfs = new MemoryVfs();
  const a = openTest(vfs, ':memory:', { sharedMemoryName: 'shared' });
  const b = openTest(vfs, ':memory:', { sharedMemoryName: 'shared' });
  commitValues(
    a,
    new Map([
      [1, 1],
      [2, 2],
    ]),
  );
  expect(snapshotOf(b)).toEqual([1, 2]);
  b.beginRead();
  a.beginRead();
  a.beginWrite(false);
  writeValue(a, 2, 3);
  expect(codeOf(() => a.commitPhaseOne(null))).toBe('SQLITE_BUSY');
  b.endRead();
  commit(a);
  a.endRead();
  expect(snapshotOf(b)).toEqual([1, 3]);
  a.close();
  b.close();
  const c = openTest(vfs, ':memory:', { sharedMemoryName: 'shared' });
  expect(snapshotOf(c)).toEqual([]);
  c.close();
});
