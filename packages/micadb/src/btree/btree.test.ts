/**
 * The b-tree against a model: random operations on table and index trees, with every page size,
 * reserved bytes and vacuum mode, cursors standing by, savepoints rolled back, and the integrity
 * check after each batch.
 */
import { describe, expect, it } from 'vitest';
import { newKey } from '../values/compare.ts';
import type { KeyInfo, UnpackedKey } from '../values/key.ts';
import { makeKeyInfo } from '../values/keyinfo.ts';
import { decodeRecord, RecordEncoder } from '../values/record.ts';
import { type Int, type SqlValue, UTF8 } from '../values/value.ts';
import { openBtree } from './btree.ts';
import { asPager, TestPager } from './test-pager.ts';
import { type AutoVacuum, type BtCursor, type Btree, InsertFlags, Meta } from './types.ts';

/** Another run's seed: MICADB_TEST_SEED=7 npx vitest run ... */
const base = Number(process.env['MICADB_TEST_SEED'] ?? 0);

/** xorshift32: reproducible from its seed. */
function random(seed: number): (n: number) => number {
  let s = (seed + base * 1000003) | 0 || 1;
  return (n) => {
    s ^= s << 13;
    s ^= s >>> 17;
    s ^= s << 5;
    return (s >>> 0) % n;
  };
}

interface Setup {
  readonly pageSize: number;
  readonly reserved: number;
  readonly autoVacuum: AutoVacuum;
}

function open(s: Setup): { pager: TestPager; bt: Btree } {
  const pager = new TestPager();
  const bt = openBtree(asPager(pager), { autoVacuum: s.autoVacuum });
  bt.setPageSize(s.pageSize, s.reserved, false);
  return { pager, bt };
}

function bytes(length: number, seed: number): Uint8Array {
  const b = new Uint8Array(length);
  for (let i = 0; i < length; i++) b[i] = seed + i * 7;
  return b;
}

function payload(c: BtCursor): Uint8Array {
  const out = new Uint8Array(c.payloadSize());
  c.readPayload(0, out.length, out, 0);
  c.loadPayload();
  const local = c.payloadPage.subarray(c.payloadOffset, c.payloadOffset + c.payloadLocal);
  expect(Buffer.compare(local, out.subarray(0, local.length))).toBe(0);
  return out;
}

function same(a: Uint8Array, b: Uint8Array | undefined): boolean {
  return b !== undefined && Buffer.compare(a, b) === 0;
}

function check(bt: Btree, roots: number[]): Int[] {
  const counts: Int[] = [];
  expect(bt.integrityCheck(roots, 20, counts)).toEqual([]);
  return counts;
}

const setups: Setup[] = [];
for (const [i, pageSize] of [512, 1024, 2048, 4096, 8192, 16384, 32768, 65536].entries()) {
  for (const autoVacuum of [0, 1, 2] as AutoVacuum[]) {
    setups.push({ pageSize, reserved: (i + autoVacuum) % 2 === 1 ? 8 + i * 3 : 0, autoVacuum });
  }
}
const name = (s: Setup): string =>
  `page ${s.pageSize}-${s.reserved} vacuum ${s.autoVacuum} seed ${base}`;

/** Lengths around the limits of a page's payload, and some with overflow chains. */
function pickLength(r: (n: number) => number, usable: number): number {
  switch (r(12)) {
    case 0:
      return 0;
    case 1:
      return usable - 37 + r(5);
    case 2:
      return Math.floor(((usable - 12) * 64) / 255) - 25 + r(5);
    case 3:
      return usable * (1 + r(3)) + r(usable);
    case 4:
      return r(usable);
    default:
      return r(Math.min(60, usable));
  }
}

function pickRowid(r: (n: number) => number, mode: number): Int {
  if (mode === 0) return r(400) + 1;
  const base = [0n, 1n << 53n, -(1n << 53n), (1n << 63n) - 1000n, -(1n << 63n), 1n << 42n][r(6)]!;
  const v = base + BigInt(r(300));
  return v >= -9007199254740991n && v <= 9007199254740991n ? Number(v) : v;
}

const cmpInt = (a: Int, b: Int): number => (a < b ? -1 : a > b ? 1 : 0);

class TableModel {
  rows = new Map<Int, Uint8Array>();
  sorted(): Int[] {
    return [...this.rows.keys()].sort(cmpInt);
  }
}

function compareAll(c: BtCursor, m: TableModel): void {
  const keys = m.sorted();
  let i = 0;
  for (let ok = c.first(); ok; ok = c.next()) {
    expect(c.rowid()).toBe(keys[i]);
    expect(same(payload(c), m.rows.get(keys[i]!))).toBe(true);
    i++;
  }
  expect(i).toBe(keys.length);
  for (let ok = c.last(); ok; ok = c.previous()) expect(c.rowid()).toBe(keys[--i]);
  expect(i).toBe(0);
  expect(c.eof).toBe(true);
  expect(c.count()).toBe(keys.length);
}

describe('table trees', () => {
  it.each(setups.map((s) => [name(s), s] as const))('random operations: %s', (_, s) => {
    const r = random(s.pageSize * 31 + s.autoVacuum);
    const { pager, bt } = open(s);
    bt.beginTransaction(true);
    const roots = [1, bt.createTable(true), bt.createTable(true)];
    const usable = s.pageSize - s.reserved;
    const m = new TableModel();
    const root = roots[1]!;
    const steps = s.pageSize > 8192 ? 250 : 600;
    let c = bt.cursor(root, true, null);
    // A second cursor stands on a row while the first one changes the tree.
    let watcher = bt.cursor(root, false, null);
    let watched: Int | null = null;
    let snapshot: Map<Int, Uint8Array> | null = null;
    for (let batch = 0; batch < 6; batch++) {
      const mode = batch % 2;
      for (let i = 0; i < steps; i++) {
        const op = r(100);
        const grow = batch < 3 ? 60 : 30;
        if (op < grow) {
          const id = pickRowid(r, mode);
          const data = bytes(pickLength(r, usable), r(256));
          const zeros = r(5) === 0 ? r(usable * 2) : 0;
          c.insertRow(id, data, 0, data.length, zeros, InsertFlags.None, 0);
          const full = new Uint8Array(data.length + zeros);
          full.set(data);
          m.rows.set(id, full);
        } else if (op < 85) {
          const id = pickRowid(r, mode);
          const res = c.seekRowid(id);
          if (m.rows.has(id)) {
            expect(res).toBe(0);
            c.delete(false);
            m.rows.delete(id);
          } else if (!c.eof) {
            expect(cmpInt(c.rowid(), id)).toBe(res);
          }
        } else if (op < 93) {
          // The watcher: restored, it must be where the model says.
          if (watched !== null) {
            const id = watched;
            if (watcher.needsRestore) expect(watcher.restore()).toBe(m.rows.has(id));
            const keys = m.sorted();
            if (r(2) === 0) {
              const next = keys.find((k) => k > id);
              expect(watcher.next()).toBe(next !== undefined);
              if (next !== undefined) expect(watcher.rowid()).toBe(next);
            } else {
              const prev = keys.filter((k) => k < id).pop();
              expect(watcher.previous()).toBe(prev !== undefined);
              if (prev !== undefined) expect(watcher.rowid()).toBe(prev);
            }
            watched = watcher.eof ? null : watcher.rowid();
          } else {
            const id = pickRowid(r, mode);
            watcher.seekRowid(id);
            watched = watcher.eof ? null : watcher.rowid();
          }
        } else if (op < 97) {
          if (snapshot === null) {
            bt.openSavepoint(1);
            snapshot = new Map(m.rows);
          } else if (r(3) > 0) {
            bt.savepoint('rollback', 0);
            bt.savepoint('release', 0);
            m.rows = snapshot;
            snapshot = null;
            watched = null;
          } else {
            bt.savepoint('release', 0);
            snapshot = null;
          }
        } else if (m.rows.size > 0 && c.first()) {
          // Delete while walking, every other row, as DELETE ... WHERE does.
          let n = 0;
          do {
            const id = c.rowid();
            if (r(2) === 0) {
              c.delete(true);
              m.rows.delete(id);
            }
          } while (++n < 40 && c.next());
        }
      }
      check(bt, roots);
      compareAll(c, m);
      if (watched !== null && !m.rows.has(watched)) watched = null;
      c.close();
      watcher.close();
      watched = null;
      snapshot = null;
      if (batch === 4) {
        const before = [...m.rows];
        const w = bt.cursor(root, true, null);
        w.close();
        bt.commitPhaseOne(null);
        bt.commitPhaseTwo(false);
        expect(pager.pinned()).toBe(0);
        bt.beginTransaction(true);
        bt.clearTable(root);
        bt.rollback(null, false, false);
        m.rows = new Map(before);
      } else {
        bt.commitPhaseOne(null);
        bt.commitPhaseTwo(false);
      }
      expect(pager.pinned()).toBe(0);
      pager.verify();
      bt.beginTransaction(true);
      if (s.autoVacuum === 1) expect(bt.getMeta(Meta.FreePageCount)).toBe(0);
      if (s.autoVacuum === 2) {
        for (let i = 0; i < 5; i++) bt.incrementalVacuumStep();
      }
      check(bt, roots);
      c = bt.cursor(root, true, null);
      watcher = bt.cursor(root, false, null);
    }
    c.close();
    watcher.close();
    expect(bt.clearTable(root)).toBe(m.rows.size);
    check(bt, roots);
    // In auto-vacuum the last root moves to the gap.
    expect(bt.dropTable(root)).toBe(s.autoVacuum === 0 ? 0 : roots[2]);
    check(bt, s.autoVacuum === 0 ? [1, roots[2]!] : [1, root]);
    bt.close();
    expect(pager.pinned()).toBe(0);
  });

  it('ascending inserts fill pages', () => {
    const { bt } = open({ pageSize: 4096, reserved: 0, autoVacuum: 0 });
    bt.beginTransaction(true);
    const root = bt.createTable(true);
    const c = bt.cursor(root, true, null);
    const data = bytes(100, 1);
    for (let i = 1; i <= 20000; i++) {
      c.last();
      c.insertRow(i, data, 0, 100, 0, InsertFlags.Append, 0);
    }
    check(bt, [1, root]);
    // 103 or 104 bytes and a pointer a row: 38 on a page.
    expect(bt.pageCount()).toBeLessThan(20000 / 38 + 10);
    expect(c.count()).toBe(20000);
    expect(c.rowCountEstimate()).toBeGreaterThan(5000);
  });
});

const encoder = new RecordEncoder(UTF8);
function record(values: SqlValue[]): Uint8Array {
  const n = encoder.encode(values, 0, values.length);
  return encoder.buffer.slice(0, n);
}

function toKey(info: KeyInfo, values: SqlValue[], count: number, dflt: -1 | 0 | 1): UnpackedKey {
  const k = newKey(info);
  k.values = values.slice();
  k.fieldCount = count;
  k.defaultResult = dflt;
  return k;
}

describe('index trees', () => {
  it.each(setups.map((s) => [name(s), s] as const))('random operations: %s', (_, s) => {
    const r = random(s.pageSize * 17 + s.autoVacuum + 5);
    const { pager, bt } = open(s);
    bt.beginTransaction(true);
    const root = bt.createTable(false);
    const roots = [1, root];
    const usable = s.pageSize - s.reserved;
    const info = makeKeyInfo(UTF8, 2);
    type Entry = { text: string; id: number };
    const cmp = (a: Entry, b: Entry): number =>
      a.text < b.text ? -1 : a.text > b.text ? 1 : a.id - b.id;
    let model = new Map<string, Entry>();
    const keyOf = (e: Entry): string => `${e.text}|${e.id}`;
    const sorted = (): Entry[] => [...model.values()].sort(cmp);
    const steps = s.pageSize > 8192 ? 250 : 500;
    const pick = (): Entry => {
      const short = r(8) > 0;
      const text = String.fromCharCode(97 + r(20)) + String.fromCharCode(97 + r(5));
      return { text: short ? text : text.repeat(r(usable)), id: r(6) };
    };
    let c = bt.cursor(root, true, info);
    let other = bt.cursor(root, false, info);
    for (let batch = 0; batch < 5; batch++) {
      let snapshot: Map<string, Entry> | null = null;
      for (let i = 0; i < steps; i++) {
        const op = r(100);
        const e = pick();
        if (op < (batch < 3 ? 60 : 25)) {
          const rec = record([e.text, e.id]);
          const key = r(2) === 0 ? null : toKey(info, [e.text, e.id], 2, 0);
          c.insertKey(rec, 0, rec.length, key, InsertFlags.None, 0);
          model.set(keyOf(e), e);
        } else if (op < 85) {
          const res = c.seekKey(toKey(info, [e.text, e.id], 2, 0));
          if (model.has(keyOf(e))) {
            expect(res).toBe(0);
            c.delete(false);
            model.delete(keyOf(e));
          } else {
            expect(c.eof || res !== 0).toBe(true);
          }
        } else if (op < 92) {
          // Seek by prefix: the first entry not below the text, or the first above it.
          const ge = r(2) === 0;
          const key = toKey(info, [e.text], 1, ge ? 1 : -1);
          let res = other.seekKey(key);
          const want = sorted().find((x) => (ge ? x.text >= e.text : x.text > e.text));
          if (res < 0 && !other.eof) res = other.next() ? 1 : -1;
          if (want === undefined) {
            expect(other.eof).toBe(true);
          } else {
            const v = payload(other);
            expect(decodeRecord(v, 0, v.length, UTF8)).toEqual([want.text, want.id]);
          }
        } else if (op < 96) {
          if (snapshot === null) {
            bt.openSavepoint(1);
            snapshot = new Map(model);
          } else {
            bt.savepoint('rollback', 0);
            bt.savepoint('release', 0);
            model = snapshot;
            snapshot = null;
          }
        } else if (c.first()) {
          const all = sorted();
          let n = 0;
          do {
            const v = payload(c);
            expect(decodeRecord(v, 0, v.length, UTF8)).toEqual([all[n]!.text, all[n]!.id]);
            if (r(2) === 0) {
              c.delete(true);
              model.delete(keyOf(all[n]!));
            }
          } while (++n < 30 && c.next());
        }
      }
      check(bt, roots);
      const all = sorted();
      let n = 0;
      for (let ok = c.first(); ok; ok = c.next()) {
        const v = payload(c);
        expect(decodeRecord(v, 0, v.length, UTF8)).toEqual([all[n]!.text, all[n]!.id]);
        n++;
      }
      expect(n).toBe(all.length);
      for (let ok = c.last(); ok; ok = c.previous()) n--;
      expect(n).toBe(0);
      expect(c.count()).toBe(all.length);
      c.close();
      other.close();
      bt.commitPhaseOne(null);
      bt.commitPhaseTwo(false);
      expect(pager.pinned()).toBe(0);
      pager.verify();
      bt.beginTransaction(true);
      check(bt, roots);
      c = bt.cursor(root, true, info);
      other = bt.cursor(root, false, info);
    }
    bt.close();
    expect(pager.pinned()).toBe(0);
  });
});

describe('cursors', () => {
  function filled(n: number): { pager: TestPager; bt: Btree; root: number } {
    const { pager, bt } = open({ pageSize: 512, reserved: 0, autoVacuum: 0 });
    bt.beginTransaction(true);
    const root = bt.createTable(true);
    const c = bt.cursor(root, true, null);
    for (let i = 1; i <= n; i++) c.insertRow(i * 2, bytes(20, i), 0, 20, 0, InsertFlags.Append, 0);
    c.close();
    return { pager, bt, root };
  }

  it('stand before or after a row that another cursor deleted', () => {
    const { bt, root } = filled(100);
    const a = bt.cursor(root, false, null);
    const b = bt.cursor(root, true, null);
    a.seekRowid(50);
    b.seekRowid(50);
    b.delete(false);
    expect(a.needsRestore).toBe(true);
    expect(a.restore()).toBe(false);
    expect(a.next()).toBe(true);
    expect(a.rowid()).toBe(52);
    b.seekRowid(52);
    b.delete(false);
    expect(a.previous()).toBe(true);
    expect(a.rowid()).toBe(48);
    b.seekRowid(200);
    a.last();
    b.delete(false);
    expect(a.next()).toBe(false);
    expect(a.eof).toBe(true);
  });

  it('see an overwrite of their row', () => {
    const { bt, root } = filled(100);
    const a = bt.cursor(root, false, null);
    const b = bt.cursor(root, true, null);
    a.seekRowid(50);
    b.insertRow(50, bytes(20, 99), 0, 20, 0, InsertFlags.None, 0);
    expect(a.restore()).toBe(true);
    expect(same(payload(a), bytes(20, 99))).toBe(true);
    // And one's own, without moving.
    b.insertRow(50, bytes(20, 7), 0, 20, 0, InsertFlags.None, 0);
    expect(same(payload(b), bytes(20, 7))).toBe(true);
  });

  it('go on over a commit, and fail after a rollback that trips them', () => {
    const { pager, bt, root } = filled(100);
    bt.commitPhaseOne(null);
    bt.commitPhaseTwo(true);
    const a = bt.cursor(root, false, null);
    a.seekRowid(50);
    bt.beginTransaction(true);
    const b = bt.cursor(root, true, null);
    b.seekRowid(52);
    b.delete(true);
    bt.commitPhaseOne(null);
    bt.commitPhaseTwo(true);
    expect(a.next()).toBe(true);
    expect(a.rowid()).toBe(54);
    bt.beginTransaction(true);
    b.seekRowid(56);
    b.delete(true);
    bt.rollback('SQLITE_ABORT_ROLLBACK', true, true);
    expect(a.next()).toBe(true);
    expect(a.rowid()).toBe(56);
    expect(() => b.next()).toThrow('abort due to ROLLBACK');
    expect(() => b.first()).toThrow('abort due to ROLLBACK');
    bt.beginTransaction(true);
    bt.rollback('SQLITE_ABORT_ROLLBACK', false, true);
    expect(() => a.next()).toThrow('abort due to ROLLBACK');
    a.close();
    b.close();
    bt.endRead();
    expect(bt.transaction).toBe('none');
    expect(pager.pinned()).toBe(0);
  });

  it('keep their place through their own insert when asked to', () => {
    const { bt, root } = filled(100);
    const c = bt.cursor(root, true, null);
    for (let i = 1; i < 200; i += 2) {
      c.insertRow(i, bytes(60, i), 0, 60, 0, InsertFlags.SavePosition, 0);
      if (c.needsRestore) expect(c.restore()).toBe(true);
      expect(c.rowid()).toBe(i);
      expect(c.next()).toBe(true);
      expect(c.rowid()).toBe(i + 1);
    }
    check(bt, [1, root]);
  });

  it('write parts of a payload in place', () => {
    const { bt, root } = filled(3);
    const c = bt.cursor(root, true, null);
    const big = bytes(5000, 3);
    c.insertRow(10, big, 0, big.length, 0, InsertFlags.None, 0);
    bt.commitPhaseOne(null);
    bt.commitPhaseTwo(true);
    bt.beginTransaction(true);
    c.seekRowid(10);
    for (const [at, n] of [
      [0, 10],
      [100, 1500],
      [4990, 10],
      [30, 4000],
    ] as const) {
      const part = bytes(n, at);
      c.writePayload(at, part);
      big.set(part, at);
      expect(same(payload(c), big)).toBe(true);
    }
    expect(() => c.writePayload(4999, bytes(2, 0))).toThrow();
    check(bt, [1, root]);
  });

  it('use page 1 as a root, shrinking and growing', () => {
    const r = random(5);
    for (const pageSize of [512, 1024, 65536]) {
      const { bt } = open({ pageSize, reserved: 0, autoVacuum: 0 });
      bt.beginTransaction(true);
      const c = bt.cursor(1, true, null);
      const m = new TableModel();
      for (let round = 0; round < 6; round++) {
        for (let i = 0; i < 300; i++) {
          const id = r(300);
          if (r(10) < (round % 2 === 0 ? 8 : 2)) {
            const data = bytes(r(pageSize > 10000 ? 3000 : 300), i);
            c.insertRow(id, data, 0, data.length, 0, InsertFlags.None, 0);
            m.rows.set(id, data);
          } else if (c.seekRowid(id) === 0) {
            c.delete(false);
            m.rows.delete(id);
          }
        }
        check(bt, [1]);
        compareAll(c, m);
      }
      while (c.first()) {
        c.delete(false);
        check(bt, [1]);
      }
    }
  });
});

describe('the lock-byte page', () => {
  it.each([0, 1, 2] as const)('is never used: auto_vacuum %i', (autoVacuum) => {
    // 103 pages of 512 bytes have pointer maps 2 and 105; the lock byte's page is among, before
    // and behind them, and where a pointer map should be.
    for (const pending of [3, 4, 60, 104, 105, 106, 150]) {
      const pager = new TestPager();
      const bt = openBtree(asPager(pager), { autoVacuum, pendingByte: (pending - 1) * 512 });
      bt.setPageSize(512, 0, false);
      const r = random(pending);
      bt.beginTransaction(true);
      const roots = [1, bt.createTable(true), bt.createTable(true), bt.createTable(true)];
      expect(roots).not.toContain(pending);
      const m = new TableModel();
      for (let round = 0; round < 6; round++) {
        const c = bt.cursor(roots[1]!, true, null);
        for (let i = 0; i < 150; i++) {
          const id = r(200);
          if (r(10) < (round % 2 === 0 ? 9 : 1)) {
            const data = bytes(r(900), i);
            c.insertRow(id, data, 0, data.length, 0, InsertFlags.None, 0);
            m.rows.set(id, data);
          } else if (c.seekRowid(id) === 0) {
            c.delete(false);
            m.rows.delete(id);
          }
        }
        compareAll(c, m);
        c.close();
        check(bt, roots);
        if (autoVacuum === 2) for (let i = 0; i < 40; i++) bt.incrementalVacuumStep();
        check(bt, roots);
        bt.commitPhaseOne(null);
        bt.commitPhaseTwo(false);
        bt.beginTransaction(true);
        check(bt, roots);
        expect(bt.pageCount()).not.toBe(pending);
      }
      bt.close();
    }
  });
});

describe('the page count', () => {
  it('of a valid header counts, not the length of the file', () => {
    const { pager, bt } = open({ pageSize: 512, reserved: 0, autoVacuum: 0 });
    bt.beginTransaction(true);
    const root = bt.createTable(true);
    bt.commitPhaseOne(null);
    bt.commitPhaseTwo(false);
    const image = new Uint8Array(512 * 5);
    image.set(pager.toImage());
    const other = openBtree(asPager(TestPager.of(image)));
    other.beginTransaction(true);
    expect(other.pageCount()).toBe(2);
    check(other, [1, root]);
    expect(other.createTable(true)).toBe(3);
    other.rollback(null, false, false);
    // A program that wrote without knowing the field left another change counter.
    image[27] = 9;
    const third = openBtree(asPager(TestPager.of(image)));
    third.beginTransaction(true);
    expect(third.pageCount()).toBe(5);
  });

  it('has a limit', () => {
    const { pager, bt } = open({ pageSize: 512, reserved: 0, autoVacuum: 0 });
    pager.maxPageCount = 10;
    bt.beginTransaction(true);
    const c = bt.cursor(bt.createTable(true), true, null);
    const big = bytes(9000, 1);
    expect(() => c.insertRow(1, big, 0, 9000, 0, InsertFlags.None, 0)).toThrow(
      'database or disk is full',
    );
    bt.rollback(null, false, false);
    expect(pager.pageCount).toBe(0);
  });
});
