/** Faults that were found once: failures and meetings of connections at unlikely moments. */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { describe, expect, it } from 'vitest';
import { SqliteError } from '../values/errors.ts';
import { FaultyVfs } from '../vfs/faulty.ts';
import { MemoryVfs } from '../vfs/memory.ts';
import { NodeVfs } from '../vfs/node-files.ts';
import { LockLevel, type Vfs } from '../vfs/vfs.ts';
import { createSuperJournal, dropSuperJournal } from './super-journal.ts';
import {
  commitValues,
  openTest,
  random,
  readAll,
  readValue,
  snapshotOf,
  TEST_PAGE_SIZE,
  writeValue,
} from './testing.ts';
import type { Pager } from './types.ts';
import { makeWalHeader } from './wal-format.ts';

const range = (n: number, plus = 0): number[] => Array.from({ length: n }, (_, i) => i + 1 + plus);

function filled(vfs: Vfs, pages: number): Pager {
  const p = openTest(vfs, 'db');
  commitValues(p, new Map(range(pages).map((n) => [n, n])));
  return p;
}

function commit(p: Pager): void {
  p.commitPhaseOne(null);
  p.commitPhaseTwo();
}

function codeOf(f: () => unknown): string {
  try {
    f();
  } catch (e) {
    if (e instanceof SqliteError) return e.code;
    throw e;
  }
  return 'SQLITE_OK';
}

function begin(p: Pager): void {
  p.beginRead();
  p.beginWrite(false);
}

function onDisk(f: (dir: string) => void): void {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'faults-'));
  try {
    f(dir);
  } finally {
    fs.rmSync(dir, { recursive: true, force: true });
  }
}

describe('savepoints', () => {
  for (const mode of ['delete', 'wal'] as const) {
    it(`pages cut off come back though memory ran out, journal_mode=${mode}`, () => {
      const p = filled(new MemoryVfs(), 60);
      p.setJournalMode(mode);
      p.cacheSize = 10;
      begin(p);
      for (let n = 1; n <= 60; n++) writeValue(p, n, 100 + n);
      p.openSavepoint(1);
      for (let n = 1; n <= 60; n++) writeValue(p, n, 200 + n);
      p.setPageCount(20);
      p.rollbackToSavepoint(0);
      expect(readAll(p)).toEqual(range(60, 100));
      commit(p);
      p.endRead();
      expect(snapshotOf(p)).toEqual(range(60, 100));
      // Pages that nobody touched after the cut.
      begin(p);
      for (let n = 50; n <= 58; n++) writeValue(p, n, 300 + n);
      p.openSavepoint(1);
      p.setPageCount(20);
      for (let n = 1; n <= 20; n++) writeValue(p, n, 400 + n);
      p.rollbackToSavepoint(0);
      expect(readAll(p).slice(49, 58)).toEqual(range(9, 349));
      p.rollback();
      p.endRead();
      p.close();
    });
  }

  it('images in the temporary file have the page size of now', () => {
    const vfs = new MemoryVfs();
    const p = filled(vfs, 60);
    p.cacheSize = 10;
    const rewind = (pages: number): void => {
      begin(p);
      for (let n = 1; n <= pages; n++) writeValue(p, n, 100 + n);
      p.openSavepoint(1);
      for (let n = 1; n <= pages; n++) writeValue(p, n, 200 + n);
      p.rollbackToSavepoint(0);
      expect(readAll(p)).toEqual(range(pages, 100));
    };
    rewind(60);
    // As VACUUM does it: a page 1 that names another page size.
    p.rollback();
    p.endRead();
    begin(p);
    const first = p.get(1);
    const page = p.makeWritable(first);
    page.data[16] = 4;
    page.data[17] = 0;
    page.data[31] = 30;
    p.unpin(page);
    p.unpin(first);
    commit(p);
    p.endRead();
    p.beginRead();
    expect([p.pageSize, p.pageCount]).toEqual([2 * TEST_PAGE_SIZE, 30]);
    p.endRead();
    rewind(30);
    p.close();
  });
});

describe('journal mode', () => {
  it('a failed way out of WAL mode leaves no transaction behind', () => {
    const vfs = new FaultyVfs(random(1));
    const p = filled(vfs, 5);
    for (let k = 1; ; k++) {
      expect(k).toBeLessThan(40);
      p.setJournalMode('wal');
      commitValues(p, new Map([[2, 100 + k]]));
      const from = vfs.steps;
      vfs.fault = (_call, _path, s) => (s === from + k ? 'SQLITE_FULL' : null);
      const code = codeOf(() => p.setJournalMode('delete'));
      vfs.fault = null;
      expect(p.state).not.toBe('read');
      const q = openTest(vfs, 'db');
      expect(snapshotOf(q)).toEqual([1, 100 + k, 3, 4, 5]);
      q.close();
      if (code === 'SQLITE_OK') break;
    }
    p.close();
  });

  it('a busy way out of WAL mode does not shut others out', () => {
    const vfs = new MemoryVfs();
    const a = filled(vfs, 5);
    a.setJournalMode('wal');
    const b = openTest(vfs, 'db');
    snapshotOf(b);
    a.lockingMode = 'exclusive';
    expect(codeOf(() => a.setJournalMode('delete'))).toBe('SQLITE_BUSY');
    const c = openTest(vfs, 'db');
    expect(snapshotOf(c)).toEqual(range(5));
    for (const p of [a, b, c]) p.close();
  });

  it('a mode chosen before the first change holds for the transaction', () => {
    const vfs = new MemoryVfs();
    const p = filled(vfs, 40);
    p.setJournalMode('off');
    p.cacheSize = 10;
    begin(p);
    expect(p.setJournalMode('delete')).toBe('delete');
    for (let n = 1; n <= 40; n++) writeValue(p, n, 500 + n);
    expect(vfs.exists('db-journal')).toBe(true);
    p.rollback();
    p.endRead();
    expect(snapshotOf(p)).toEqual(range(40));
    p.close();
  });
});

describe('write-ahead log', () => {
  it('a writer that comes after a reader can write', () => {
    onDisk((dir) => {
      const vfs = new NodeVfs();
      const name = path.join(dir, 'db');
      const make = openTest(vfs, name);
      commitValues(make, new Map(range(5).map((n) => [n, n])));
      make.setJournalMode('wal');
      for (const log of [true, false]) {
        commitValues(make, new Map([[2, 22]]));
        const file = path.join(dir, `copy-${log}`);
        if (!log) make.close();
        fs.copyFileSync(name, file);
        if (log) fs.copyFileSync(`${name}-wal`, `${file}-wal`);
        // Long ago, so that a look at the times is enough to see that nothing happened.
        fs.utimesSync(file, 1e9 + 0.5, 1e9 + 0.5);
        const r = openTest(vfs, file, { readonly: true });
        expect(snapshotOf(r)).toEqual([1, 22, 3, 4, 5]);
        r.cacheSize = 10;
        r.beginRead();
        expect(readValue(r, 1)).toBe(1);
        const w = openTest(vfs, file);
        expect(w.journalMode).toBe('wal');
        commitValues(w, new Map([[3, 33]]));
        expect(fs.existsSync(`${file}-journal`)).toBe(false);
        w.checkpoint('passive');
        r.shrink();
        expect(readAll(r)).toEqual([1, 22, 3, 4, 5]);
        r.endRead();
        expect(snapshotOf(r)).toEqual([1, 22, 33, 4, 5]);
        expect(w.checkpoint('full').busy).toBe(false);
        w.close();
        r.close();
      }
    });
  });

  it('a left-over header with another page size does not matter', () => {
    const vfs = new MemoryVfs();
    const p = filled(vfs, 5);
    p.setJournalMode('wal');
    p.close();
    const header = new Uint8Array(32);
    makeWalHeader(header, 1024, 3, 5, 6);
    vfs.writeFile('db-wal', header);
    const q = openTest(vfs, 'db');
    commitValues(q, new Map([[2, 22]]));
    const copy = new MemoryVfs();
    for (const f of ['db', 'db-wal']) copy.writeFile(f, vfs.readFile(f)!);
    for (const v of [vfs, copy]) {
      const r = openTest(v, 'db');
      expect(snapshotOf(r)).toEqual([1, 22, 3, 4, 5]);
      r.close();
    }
    q.close();
  });

  it('the file gets its full size back when its last page was free', () => {
    const vfs = new MemoryVfs();
    const p = filled(vfs, 5);
    p.setJournalMode('wal');
    begin(p);
    for (let n = 6; n <= 8; n++) {
      const fresh = p.get(n, true);
      const page = p.makeWritable(fresh);
      if (n === 8) p.dontWrite(page);
      p.unpin(page);
      p.unpin(fresh);
    }
    commit(p);
    p.endRead();
    p.close();
    expect(vfs.readFile('db')?.length).toBe(8 * TEST_PAGE_SIZE);
  });

  it('what a busy handler read does not outlive the checkpoint', () => {
    const vfs = new MemoryVfs();
    const names = range(40);
    const p = filled(vfs, 40);
    p.setJournalMode('wal');
    p.walAutoCheckpoint = 0;
    commitValues(p, new Map(names.map((n) => [n, 100 + n])));
    const old = openTest(vfs, 'db');
    p.checkpoint('full');
    old.beginRead();
    commitValues(p, new Map(names.map((n) => [n, 200 + n])));
    let asked = 0;
    const q = openTest(vfs, 'db', {
      busyHandler: () => {
        // The old snapshot reads the file in page order, ahead of what it asks for.
        old.shrink();
        for (let n = 1; n <= 5; n++) readValue(old, n);
        old.endRead();
        return ++asked < 2;
      },
    });
    expect(q.checkpoint('truncate').busy).toBe(false);
    expect(asked).toBe(1);
    q.shrink();
    expect(snapshotOf(q)).toEqual(range(40, 200));
    for (const c of [p, q, old]) c.close();
  });

  it('a log that may not be written to makes the database read-only', () => {
    const vfs = new MemoryVfs();
    const p = filled(vfs, 5);
    p.setJournalMode('wal');
    const locked: Vfs = Object.create(vfs, {
      open: {
        value: ((name, options) =>
          vfs.open(
            name,
            options.kind === 'wal' ? { ...options, readonly: true } : options,
          )) as Vfs['open'],
      },
    }) as Vfs;
    p.close();
    const q = openTest(locked, 'db');
    q.beginRead();
    expect(codeOf(() => q.beginWrite(false))).toBe('SQLITE_READONLY');
    q.endRead();
    q.close();
  });
});

describe('rollback journal', () => {
  it('is synced again after a sync that failed', () => {
    const vfs = new FaultyVfs(random(1));
    const p = filled(vfs, 5);
    begin(p);
    writeValue(p, 2, 22);
    let syncs = 0;
    vfs.fault = (call, name) =>
      call === 'sync' && name === 'db-journal' && ++syncs === 2 ? 'SQLITE_IOERR_FSYNC' : null;
    expect(codeOf(() => p.commitPhaseOne(null))).toBe('SQLITE_IOERR_FSYNC');
    vfs.fault = null;
    vfs.log = [];
    commit(p);
    const before = vfs.log.slice(0, vfs.log.indexOf('write db'));
    expect(before.at(-1)).toBe('sync db-journal');
    p.endRead();
    p.close();
  });

  it('goes on behind a super-journal name whose sync failed', () => {
    for (let seed = 1; seed <= 40; seed++) {
      const vfs = new FaultyVfs(random(seed));
      const p = filled(vfs, 12);
      p.synchronous = 3;
      begin(p);
      writeValue(p, 2, 22);
      let syncs = 0;
      vfs.fault = (call, name) =>
        call === 'sync' && name === 'db-journal' && ++syncs === 2 ? 'SQLITE_IOERR_FSYNC' : null;
      const name = createSuperJournal(vfs, 'db', [p.journalPath!]);
      expect(codeOf(() => p.commitPhaseOne(name))).toBe('SQLITE_IOERR_FSYNC');
      dropSuperJournal(vfs, name);
      vfs.fault = null;
      for (let n = 1; n <= 12; n++) writeValue(p, n, 100 + n);
      p.commitPhaseOne(null);
      const disk = vfs.reboot();
      const q = openTest(disk, 'db');
      expect(snapshotOf(q), `seed ${seed}`).toEqual(range(12));
      q.close();
    }
  });
});

describe('an empty database', () => {
  it('has for each connection the page size that this one wants', () => {
    const vfs = new MemoryVfs();
    const a = openTest(vfs, 'db');
    const b = openTest(vfs, 'db');
    expect(a.setPageSize(8192, 8)).toBe(8192);
    expect([a.pageSize, a.usableSize, b.pageSize]).toEqual([8192, 8184, TEST_PAGE_SIZE]);
    begin(b);
    writeValue(b, 1, 5);
    // Not under the feet of the one that writes.
    a.setPageSize(1024, 0);
    writeValue(b, 2, 6);
    commit(b);
    b.endRead();
    expect(vfs.readFile('db')?.length).toBe(2 * TEST_PAGE_SIZE);
    expect(snapshotOf(a)).toEqual([5, 6]);
    expect([a.pageSize, a.usableSize]).toEqual([TEST_PAGE_SIZE, TEST_PAGE_SIZE]);
    expect(a.setPageSize(8192, 0)).toBe(TEST_PAGE_SIZE);
    for (const p of [a, b]) p.close();
  });

  it('a rolled back first transaction leaves the choice open', () => {
    const vfs = new MemoryVfs();
    const a = openTest(vfs, 'db');
    const b = openTest(vfs, 'db');
    a.setPageSize(2048, 0);
    begin(a);
    writeValue(a, 1, 1);
    a.rollback();
    a.endRead();
    expect([a.pageSize, b.pageSize]).toEqual([2048, TEST_PAGE_SIZE]);
    commitValues(b, new Map([[1, 7]]));
    expect(vfs.readFile('db')?.length).toBe(TEST_PAGE_SIZE);
    for (const p of [a, b]) p.close();
  });
});

it('a lock that a stranger denies is not held afterwards', () => {
  const vfs = new MemoryVfs();
  filled(vfs, 3).close();
  let denied: LockLevel = LockLevel.None;
  const strange: Vfs = Object.create(vfs, {
    open: {
      value: ((name, options) => {
        const file = vfs.open(name, options);
        file.lock = (level) => {
          if (level === denied) throw new SqliteError('SQLITE_BUSY');
        };
        return file;
      }) as Vfs['open'],
    },
  }) as Vfs;
  const p = openTest(strange, 'db');
  denied = LockLevel.Shared;
  expect(codeOf(() => p.beginRead())).toBe('SQLITE_BUSY');
  expect(p.lockLevel()).toBe(LockLevel.None);
  denied = LockLevel.Reserved;
  p.beginRead();
  expect(codeOf(() => p.beginWrite(false))).toBe('SQLITE_BUSY');
  expect(p.lockLevel()).toBe(LockLevel.Shared);
  denied = LockLevel.Exclusive;
  p.beginWrite(false);
  writeValue(p, 2, 22);
  expect(codeOf(() => p.commitPhaseOne(null))).toBe('SQLITE_BUSY');
  expect(p.lockLevel()).toBe(LockLevel.Pending);
  denied = LockLevel.None;
  commit(p);
  p.endRead();
  expect(snapshotOf(p)).toEqual([1, 22, 3]);
  p.close();
});
