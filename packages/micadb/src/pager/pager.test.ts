/** Random transactions against a model, in every journal mode, with a cache small enough to spill. */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MemoryVfs } from '../vfs/memory.ts';
import { NodeVfs } from '../vfs/node-files.ts';
import type { Vfs } from '../vfs/vfs.ts';
import { recycling } from './page.ts';
import { openTest, random, readAll, readValue, snapshotOf, writeValue } from './testing.ts';
import type { JournalMode, Pager } from './types.ts';

let dir = '';
beforeAll(() => {
  recycling.poison = true;
  dir = fs.mkdtempSync(path.join(os.tmpdir(), 'pager-'));
});
afterAll(() => {
  recycling.poison = false;
  fs.rmSync(dir, { recursive: true, force: true });
});

type Step =
  | 'write'
  | 'write'
  | 'append'
  | 'read'
  | 'open'
  | 'release'
  | 'rewind'
  | 'cut'
  | 'commit'
  | 'rollback'
  | 'shrink'
  | 'checkpoint';
const STEPS: readonly Step[] = [
  ...Array<Step>(8).fill('write'),
  ...Array<Step>(5).fill('append'),
  'read',
  'read',
  'open',
  'open',
  'release',
  'rewind',
  'cut',
  'commit',
  'rollback',
  'shrink',
  'checkpoint',
];

function start(p: Pager): void {
  p.beginRead();
  p.beginWrite(false);
}

/** Runs `count` random steps; compares with plain arrays all the way. */
function run(vfs: Vfs, name: string, mode: JournalMode, seed: number, count: number): void {
  const rnd = random(seed);
  const p = openTest(vfs, name);
  const other = name === '' || name === ':memory:' ? null : openTest(vfs, name);
  p.cacheSize = 10;
  if (mode !== 'wal') p.setJournalMode(mode);
  let value = 1;
  let committed: number[] = [];
  let now: number[] = [];
  let layers: number[][] = [];
  start(p);
  for (let i = 1; i <= 12; i++) {
    writeValue(p, i, value);
    now.push(value++);
  }
  const commit = (): void => {
    p.commitPhaseOne(null);
    p.commitPhaseTwo();
    committed = now.slice();
    layers = [];
    p.endRead();
    if (other !== null) {
      expect(snapshotOf(other)).toEqual(committed);
    }
  };
  commit();
  if (mode === 'wal') {
    other?.close();
    expect(p.setJournalMode('wal')).toBe('wal');
  }
  const reader = mode === 'wal' ? openTest(vfs, name) : other;
  start(p);
  for (let i = 0; i < count; i++) {
    switch (STEPS[rnd(STEPS.length)]!) {
      case 'write': {
        const n = 1 + rnd(now.length);
        writeValue(p, n, value);
        now[n - 1] = value++;
        break;
      }
      case 'append':
        if (now.length > 60) break;
        writeValue(p, now.length + 1, value);
        now.push(value++);
        break;
      case 'read': {
        const n = 1 + rnd(now.length);
        expect(readValue(p, n)).toBe(now[n - 1]);
        break;
      }
      case 'open':
        layers.push(now.slice());
        p.openSavepoint(layers.length);
        break;
      case 'release':
        if (layers.length === 0) break;
        {
          const k = rnd(layers.length);
          layers.length = k;
          p.releaseSavepoint(k);
        }
        break;
      case 'rewind':
        if (layers.length === 0) break;
        {
          const k = rnd(layers.length);
          now = layers[k]!.slice();
          layers.length = k + 1;
          p.rollbackToSavepoint(k);
          expect(p.pageCount).toBe(now.length);
          expect(readAll(p)).toEqual(now);
        }
        break;
      case 'cut': {
        // Only without savepoints and just before a commit, as auto-vacuum does it.
        if (layers.length > 0) break;
        const n = 1 + rnd(now.length);
        now.length = n;
        p.setPageCount(n);
        commit();
        start(p);
        break;
      }
      case 'commit':
        commit();
        if (mode === 'wal' && rnd(2) === 0) expect(snapshotOf(reader!)).toEqual(committed);
        start(p);
        break;
      case 'rollback':
        p.rollback();
        now = committed.slice();
        layers = [];
        expect(readAll(p)).toEqual(committed);
        p.endRead();
        start(p);
        break;
      case 'shrink':
        p.shrink();
        break;
      case 'checkpoint':
        if (mode !== 'wal') break;
        commit();
        p.checkpoint((['passive', 'full', 'restart', 'truncate'] as const)[rnd(4)]!);
        start(p);
        break;
    }
  }
  expect(readAll(p)).toEqual(now);
  commit();
  expect(snapshotOf(p)).toEqual(committed);
  expect(p.pinnedPages!()).toBe(0);
  reader?.close();
  p.close();
  if (reader === null) return;
  const again = openTest(vfs, name);
  expect(snapshotOf(again)).toEqual(committed);
  again.close();
}

let files = 0;
const MODES: readonly JournalMode[] = ['delete', 'truncate', 'persist', 'memory', 'wal'];

describe('random transactions', () => {
  for (const mode of MODES) {
    it(`on memory files, journal_mode=${mode}`, () => {
      fc.assert(
        fc.property(fc.integer({ min: 0 }), (seed) => {
          run(new MemoryVfs(), 'db', mode, seed, 150);
        }),
        { numRuns: 60 },
      );
    });
    it(`on real files, journal_mode=${mode}`, () => {
      fc.assert(
        fc.property(fc.integer({ min: 0 }), (seed) => {
          // Not by the seed: fast-check gives some seeds twice, and the file would be there.
          const name = path.join(dir, `t${++files}-${mode}.db`);
          run(new NodeVfs(), name, mode, seed, 60);
          expect(fs.readdirSync(dir).filter((f) => /-wal$|-shm$/.test(f))).toEqual([]);
        }),
        { numRuns: 4 },
      );
    });
  }
  for (const name of ['', ':memory:']) {
    it(`in ${name === '' ? 'a temporary database' : 'memory'}`, () => {
      fc.assert(
        fc.property(fc.integer({ min: 0 }), (seed) => {
          run(new MemoryVfs(), name, 'delete', seed, 200);
        }),
        { numRuns: 60 },
      );
    });
  }
});
