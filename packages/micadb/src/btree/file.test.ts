/**
 * The b-tree on real files, with few pages of cache, so that pages are evicted, spilled and read
 * again: against a model and SQLite, in every journal mode. Recycled buffers are overwritten.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { recycling } from '../pager/page.ts';
import { openPager } from '../pager/pager.ts';
import type { JournalMode } from '../pager/types.ts';
import { RecordEncoder } from '../values/record.ts';
import { type SqlValue, UTF8 } from '../values/value.ts';
import { NodeVfs } from '../vfs/node-files.ts';
import { openBtree } from './btree.ts';
import { AutoVacuum, type Btree, InsertFlags, Meta } from './types.ts';

let dir = '';
const poison = recycling.poison;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'mica-btree-'));
  recycling.poison = true;
});
afterAll(() => {
  recycling.poison = poison;
  rmSync(dir, { recursive: true, force: true });
});

const encoder = new RecordEncoder(UTF8);
function record(values: SqlValue[]): Uint8Array {
  const n = encoder.encode(values, 0, values.length);
  return encoder.buffer.slice(0, n);
}

function random(seed: number): (n: number) => number {
  let s = seed;
  return (n) => {
    s ^= s << 13;
    s ^= s >>> 17;
    s ^= s << 5;
    return (s >>> 0) % n;
  };
}

function open(path: string, autoVacuum = AutoVacuum.None): Btree {
  const pager = openPager({
    path,
    readonly: false,
    create: true,
    vfs: new NodeVfs(),
    busyHandler: null,
  });
  const bt = openBtree(pager, { autoVacuum });
  pager.cacheSize = 20;
  return bt;
}

function commit(bt: Btree): void {
  bt.commitPhaseOne(null);
  bt.commitPhaseTwo(false);
}

/** Page 1 of a database with t(a INTEGER PRIMARY KEY, b). */
function createSchema(bt: Btree): number {
  const root = bt.createTable(true);
  bt.updateMeta(Meta.SchemaVersion, 1);
  bt.updateMeta(Meta.FileFormat, 4);
  bt.updateMeta(Meta.TextEncoding, 1);
  const c = bt.cursor(1, true, null);
  const row = record(['table', 't', 't', root, 'CREATE TABLE t(a INTEGER PRIMARY KEY, b)']);
  c.insertRow(1, row, 0, row.length, 0, InsertFlags.None, 0);
  c.close();
  return root;
}

const cases: [number, JournalMode, AutoVacuum][] = [
  [512, 'delete', 0],
  [512, 'wal', 1],
  [1024, 'truncate', 2],
  [1024, 'wal', 0],
  [4096, 'persist', 1],
  [4096, 'memory', 0],
  [65536, 'delete', 2],
];

describe('on files', () => {
  it.each(cases)('page size %i, journal %s, auto_vacuum %i', (pageSize, mode, autoVacuum) => {
    const path = join(dir, `${pageSize}-${mode}-${autoVacuum}.db`);
    let bt = open(path, autoVacuum);
    bt.setPageSize(pageSize, 0, false);
    bt.beginTransaction(true);
    const root = createSchema(bt);
    commit(bt);
    expect(bt.pager.setJournalMode(mode)).toBe(mode);
    const r = random(pageSize + autoVacuum);
    let model = new Map<number, string>();
    for (let round = 0; round < 10; round++) {
      const before = new Map(model);
      bt.beginTransaction(true);
      let c = bt.cursor(root, true, null);
      const step = (n: number): void => {
        for (let i = 0; i < n; i++) {
          const id = r(600);
          if (r(10) < (round % 3 === 2 ? 1 : 7)) {
            const b = String.fromCharCode(97 + r(26)).repeat(r(r(8) === 0 ? 3 * pageSize : 150));
            const row = record([null, b]);
            c.insertRow(id, row, 0, row.length, 0, InsertFlags.None, 0);
            model.set(id, b);
          } else if (c.seekRowid(id) === 0) {
            c.delete(false);
            model.delete(id);
          }
        }
      };
      step(150);
      bt.openSavepoint(1);
      const atSavepoint = new Map(model);
      step(150);
      if (r(2) === 0) {
        bt.savepoint('rollback', 0);
        model = atSavepoint;
        step(60);
      }
      bt.savepoint('release', 0);
      if (autoVacuum === 2) for (let i = 0; i < 10; i++) bt.incrementalVacuumStep();
      expect(bt.integrityCheck([1, root], 10, [])).toEqual([]);
      c.close();
      if (r(4) === 0) {
        bt.rollback(null, false, false);
        model = before;
      } else {
        commit(bt);
      }
      bt.beginTransaction(false);
      expect(bt.integrityCheck([1, root], 10, [])).toEqual([]);
      c = bt.cursor(root, false, null);
      const keys = [...model.keys()].sort((a, b) => a - b);
      let k = 0;
      for (let ok = c.first(); ok; ok = c.next()) expect(c.rowid()).toBe(keys[k++]);
      expect(k).toBe(keys.length);
      c.close();
      bt.endRead();
      if (round % 4 === 3) {
        bt.close();
        const db = new Database(path);
        expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
        expect(new Map(db.prepare('SELECT a, b FROM t').raw().all() as [number, string][])).toEqual(
          model,
        );
        // And the other way round.
        db.exec('DELETE FROM t WHERE a % 10 = 3; INSERT INTO t VALUES(1000, zeroblob(20000))');
        for (const id of model.keys()) if (id % 10 === 3) model.delete(id);
        db.exec('DELETE FROM t WHERE a = 1000');
        db.close();
        bt = open(path);
      }
    }
    bt.close();
  });

  it('learns the page size of a file from its header', () => {
    for (const pageSize of [512, 1024, 8192, 32768, 65536]) {
      const path = join(dir, `learn-${pageSize}.db`);
      const db = new Database(path);
      db.pragma(`page_size=${pageSize}`);
      db.exec(`CREATE TABLE t(a INTEGER PRIMARY KEY, b);
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < 500)
        INSERT INTO t SELECT i, 'row ' || i FROM n`);
      db.close();
      const bt = open(path);
      bt.beginTransaction(false);
      expect(bt.pager.pageSize).toBe(pageSize);
      expect(bt.integrityCheck([1, 2], 10, [])).toEqual([]);
      const c = bt.cursor(2, false, null);
      expect(c.count()).toBe(500);
      c.close();
      bt.endRead();
      bt.close();
    }
  });

  it('waits for a writer only without a snapshot of its own', () => {
    const path = join(dir, 'busy.db');
    const a = open(path);
    a.beginTransaction(true);
    createSchema(a);
    commit(a);
    let asked = 0;
    const pager = openPager({
      path,
      readonly: false,
      create: false,
      vfs: new NodeVfs(),
      busyHandler: (n) => {
        asked++;
        if (n === 2) commit(a);
        return n < 5;
      },
    });
    const b = openBtree(pager);
    a.beginTransaction(true);
    b.beginTransaction(false);
    expect(() => b.beginTransaction(true)).toThrow('database is locked');
    expect(b.transaction).toBe('read');
    expect(asked).toBe(0);
    b.endRead();
    b.beginTransaction(true);
    expect(asked).toBe(3);
    expect(b.transaction).toBe('write');
    b.close();
    a.close();
  });
});
