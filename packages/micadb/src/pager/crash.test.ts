/**
 * Power loss at every step of a series of transactions: what is recovered must be exactly what was
 * committed. Journal deletions that were not synced may bring the transaction before back, but only
 * with synchronous below EXTRA, and only the last one; a WAL with synchronous=NORMAL may lose
 * transactions at the end, never consistency.
 */
import { describe, expect, it } from 'vitest';
import { SqliteError } from '../values/errors.ts';
import { FaultyVfs } from '../vfs/faulty.ts';
import { createSuperJournal, deleteSuperJournal, dropSuperJournal } from './super-journal.ts';
import { openTest, random, readValue, snapshotOf, writeValue } from './testing.ts';
import { type JournalMode, type Pager, Synchronous } from './types.ts';

interface Outcome {
  /** Contents after each commit that returned; the first is the empty file. */
  readonly committed: number[][];
  /** What the commit in progress was writing, if any. */
  pending: number[] | null;
}

function update(p: Pager, rnd: (n: number) => number, now: number[], next: () => number): void {
  const grow = rnd(3) === 0 ? 25 : 2;
  for (let i = rnd(grow); i >= 0; i--) {
    const v = next();
    writeValue(p, now.length + 1, v);
    now.push(v);
  }
  for (let i = rnd(30); i > 0 && now.length > 1; i--) {
    const n = 1 + rnd(now.length);
    const v = next();
    writeValue(p, n, v);
    now[n - 1] = v;
  }
  if (rnd(4) === 0 && now.length > 5) {
    now.length -= rnd(4);
    p.setPageCount(now.length);
  }
}

/** Some transactions, until the end or the crash. */
function work(
  vfs: FaultyVfs,
  mode: JournalMode,
  sync: Synchronous,
  seed: number,
  out: Outcome,
): void {
  const rnd = random(seed);
  const p = openTest(vfs, 'db');
  p.cacheSize = 10;
  p.synchronous = sync;
  if (mode !== 'wal') p.setJournalMode(mode);
  p.walAutoCheckpoint = 40;
  let value = 0;
  let now: number[] = [];
  for (let t = 0; t < 8; t++) {
    if (t === 2 && mode === 'wal') p.setJournalMode('wal');
    p.beginRead();
    p.beginWrite(false);
    const next = now.slice();
    update(p, rnd, next, () => ++value);
    if (t > 1 && rnd(4) === 0) {
      p.rollback();
      p.endRead();
      continue;
    }
    out.pending = next;
    p.commitPhaseOne(null);
    p.commitPhaseTwo();
    now = next;
    out.committed.push(now);
    out.pending = null;
    p.endRead();
    if (mode === 'wal' && t === 5) p.checkpoint('truncate');
  }
  p.close();
}

function crashAt(mode: JournalMode, sync: Synchronous, seed: number, step: number): boolean {
  const vfs = new FaultyVfs(random(seed * 1000 + step));
  vfs.crashAt = step;
  const out: Outcome = { committed: [[]], pending: null };
  try {
    work(vfs, mode, sync, seed, out);
  } catch (e) {
    if (!(e instanceof SqliteError) || !vfs.crashed) throw e;
  }
  const finished = !vfs.crashed;
  const disk = vfs.reboot();
  const p = openTest(disk, 'db');
  const found = snapshotOf(p);
  const { committed, pending } = out;
  const last = committed.length - 1;
  const allowed = [committed[last]!];
  if (pending !== null) allowed.push(pending);
  const durable = mode === 'wal' ? sync >= Synchronous.Full : sync >= Synchronous.Extra;
  if (!durable) allowed.push(...(mode === 'wal' ? committed : committed.slice(-2)));
  expect(allowed, `seed ${seed}, step ${step}`).toContainEqual(found);
  // And it works on from there.
  p.beginRead();
  p.beginWrite(false);
  writeValue(p, 1, 999999);
  p.commitPhaseOne(null);
  p.commitPhaseTwo();
  expect(readValue(p, 1)).toBe(999999);
  p.endRead();
  p.close();
  return finished;
}

const CASES: readonly (readonly [JournalMode, Synchronous])[] = [
  ['delete', Synchronous.Extra],
  ['delete', Synchronous.Full],
  ['truncate', Synchronous.Extra],
  ['truncate', Synchronous.Full],
  ['persist', Synchronous.Extra],
  ['wal', Synchronous.Full],
  ['wal', Synchronous.Normal],
];

describe('power loss', () => {
  for (const [mode, sync] of CASES) {
    it(`journal_mode=${mode}, synchronous=${Synchronous[sync]}`, () => {
      for (let seed = 1; seed <= 4; seed++) {
        let step = 1;
        while (!crashAt(mode, sync, seed, step)) step++;
        expect(step).toBeGreaterThan(20);
      }
    });
  }

  it('leaves two files that commit together both old or both new', () => {
    const run = (vfs: FaultyVfs): void => {
      const pagers = ['a', 'b'].map((name) => openTest(vfs, name));
      for (const p of pagers) p.synchronous = Synchronous.Extra;
      for (let v = 1; v <= 3; v++) {
        for (const p of pagers) {
          p.beginRead();
          p.beginWrite(false);
          for (let n = 1; n <= 4; n++) writeValue(p, n, v);
        }
        const name = createSuperJournal(
          vfs,
          'a',
          pagers.map((p) => p.journalPath!),
        );
        for (const p of pagers) p.commitPhaseOne(name);
        deleteSuperJournal(vfs, name);
        for (const p of pagers) {
          p.commitPhaseTwo();
          p.endRead();
        }
      }
      for (const p of pagers) p.close();
    };
    for (let step = 1; ; step++) {
      const vfs = new FaultyVfs(random(step));
      vfs.crashAt = step;
      try {
        run(vfs);
      } catch (e) {
        if (!(e instanceof SqliteError) || !vfs.crashed) throw e;
      }
      const finished = !vfs.crashed;
      const disk = vfs.reboot();
      const [a, b] = ['a', 'b'].map((name) => {
        const p = openTest(disk, name);
        const found = snapshotOf(p);
        p.close();
        return found;
      });
      expect(b, `step ${step}`).toEqual(a);
      if (finished) break;
    }
  });
});

describe('a commit over two files that fails in the second', () => {
  const both = (vfs: FaultyVfs, at: (step: string) => void): void => {
    const [a, b, reader] = ['a', 'b', 'b'].map((name) => openTest(vfs, name)) as [
      Pager,
      Pager,
      Pager,
    ];
    const pagers = [a, b];
    for (const p of [...pagers, reader]) p.synchronous = Synchronous.Extra;
    const all = (v: number, pages: number): void => {
      for (const p of pagers) for (let n = 1; n <= pages; n++) writeValue(p, n, v);
    };
    const tryCommit = (): void => {
      const name = createSuperJournal(
        vfs,
        'a',
        pagers.map((p) => p.journalPath!),
      );
      try {
        for (const p of pagers) p.commitPhaseOne(name);
      } catch (e) {
        dropSuperJournal(vfs, name);
        throw e;
      }
      deleteSuperJournal(vfs, name);
      for (const p of pagers) p.commitPhaseTwo();
    };
    const begin = (): void => {
      for (const p of pagers) {
        p.beginRead();
        p.beginWrite(false);
      }
    };
    begin();
    all(1, 4);
    tryCommit();
    for (const p of pagers) p.endRead();
    at('one');
    begin();
    all(2, 2);
    reader.beginRead();
    expect(() => tryCommit()).toThrow();
    expect(b.state).toBe('write');
    // The transaction goes on: more pages, then the reader is gone.
    all(3, 6);
    reader.endRead();
    tryCommit();
    for (const p of pagers) p.endRead();
    at('three');
    begin();
    all(4, 3);
    reader.beginRead();
    expect(() => tryCommit()).toThrow();
    for (const p of pagers) {
      p.rollback();
      p.endRead();
    }
    reader.endRead();
    for (const p of [...pagers, reader]) p.close();
  };

  it('can be tried again, and be rolled back', () => {
    const vfs = new FaultyVfs(random(1));
    both(vfs, () => {});
    expect(vfs.list().sort()).toEqual(['a', 'b']);
    for (const name of ['a', 'b']) {
      const p = openTest(vfs, name);
      expect(snapshotOf(p)).toEqual([3, 3, 3, 3, 3, 3]);
      p.close();
    }
  });

  it('is atomic whenever the machine stops', () => {
    const states = [[], [1, 1, 1, 1], [3, 3, 3, 3, 3, 3]];
    for (let step = 1; ; step++) {
      const vfs = new FaultyVfs(random(step));
      vfs.crashAt = step;
      let least = 0;
      try {
        both(vfs, (state) => {
          least = state === 'one' ? 1 : 2;
        });
      } catch (e) {
        if (!vfs.crashed) throw e;
      }
      const finished = !vfs.crashed;
      const disk = vfs.reboot();
      const found = ['a', 'b'].map((name) => {
        const p = openTest(disk, name);
        const values = snapshotOf(p);
        p.close();
        return values;
      });
      expect(found[1], `step ${step}`).toEqual(found[0]);
      expect(states.slice(least), `step ${step}`).toContainEqual(found[0]);
      if (finished) break;
    }
  });
});

describe('failing calls', () => {
  for (const mode of ['delete', 'wal'] as const) {
    it(`journal_mode=${mode}: a failed commit can be rolled back and the file goes on`, () => {
      for (const code of ['SQLITE_FULL', 'SQLITE_IOERR_FSYNC'] as const) {
        for (let step = 1; step < 60; step++) {
          const vfs = new FaultyVfs(random(step));
          const p = openTest(vfs, 'db');
          p.beginRead();
          p.beginWrite(false);
          for (let n = 1; n <= 5; n++) writeValue(p, n, n);
          p.commitPhaseOne(null);
          p.commitPhaseTwo();
          p.endRead();
          p.setJournalMode(mode);
          const from = vfs.steps;
          vfs.fault = (_call, _path, s) => (s === from + step ? code : null);
          let failed = false;
          p.beginRead();
          p.beginWrite(false);
          for (let n = 1; n <= 8; n++) writeValue(p, n, 100 + n);
          try {
            p.commitPhaseOne(null);
            p.commitPhaseTwo();
          } catch (e) {
            expect(e).toBeInstanceOf(SqliteError);
            failed = true;
            p.rollback();
          }
          vfs.fault = null;
          p.endRead();
          const found = snapshotOf(p);
          const old = [1, 2, 3, 4, 5];
          const now = [101, 102, 103, 104, 105, 106, 107, 108];
          if (failed) expect([old, now]).toContainEqual(found);
          else expect(found).toEqual(now);
          const q = openTest(vfs, 'db');
          expect(snapshotOf(q)).toEqual(found);
          q.close();
          p.close();
          if (!failed) break;
        }
      }
    });
  }
});
