/** Runs one workload on all peers, interleaved: A B C A B C ..., medians of the rounds. */
import { copyFileSync, existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { DataSet, Peer, PeerDatabase, Settings, Workload } from './types.ts';

/** Work that takes so long, in milliseconds, has one round more; and ten times as long none: its first run counts. */
const LONG = 1500;

/** One round is at least so long, in milliseconds, by repeating the work. */
const MIN_ROUND = 25;

const defaults: Settings = { journalMode: 'wal', synchronous: 'normal', cacheKiB: 65_536 };

export interface PeerResult {
  /** Nanoseconds an operation, median of the rounds; null: it failed. */
  readonly ns: number | null;
  readonly error: string | null;
}

export interface Result {
  readonly workload: Workload;
  readonly peers: ReadonlyMap<string, PeerResult>;
  /** Peers whose checksum is not that of the one to beat. */
  readonly differing: readonly string[];
}

export type Prepared = ReturnType<Workload['prepare']>;

export function settle(db: PeerDatabase, settings: Partial<Settings>): void {
  const s = { ...defaults, ...settings };
  for (const pragma of [
    `journal_mode = ${s.journalMode}`,
    `synchronous = ${s.synchronous}`,
    `cache_size = -${s.cacheKiB}`,
    // On in some peers and off in others.
    'foreign_keys = OFF',
  ]) {
    db.exec(`PRAGMA ${pragma}`);
  }
}

export function remove(path: string): void {
  for (const end of ['', '-wal', '-shm', '-journal', '.lock']) {
    rmSync(path + end, { force: true, recursive: true });
  }
}

/** The file of a data set, filled once through `maker`. */
export async function dataFile(dir: string, data: DataSet, maker: Peer): Promise<string> {
  const path = join(dir, `${data.name}.db`);
  if (!existsSync(path)) {
    remove(path);
    const db = await maker.open(`${path}.new`);
    data.fill(db);
    db.close();
    copyFileSync(`${path}.new`, path);
    remove(`${path}.new`);
  }
  return path;
}

function message(e: unknown): string {
  return (e instanceof Error ? e.message : String(e)).split('\n')[0]!;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1]!;
}

export async function runWorkload(
  workload: Workload,
  peers: readonly Peer[],
  source: string,
  dir: string,
  rounds: number,
  toBeat: string,
): Promise<Result> {
  const results = new Map<string, PeerResult>();
  const sums = new Map<string, string>();
  const running: {
    peer: Peer;
    db: PeerDatabase;
    work: Prepared;
    repeats: number;
    rounds: number;
    times: number[];
    path: string;
  }[] = [];
  for (const peer of peers) {
    const path = join(dir, `run-${peer.name.replaceAll(/\W/g, '-')}.db`);
    remove(path);
    copyFileSync(source, path);
    try {
      const db = await peer.open(path);
      settle(db, workload.settings ?? {});
      const work = workload.prepare(db);
      const start = performance.now();
      sums.set(peer.name, String(work.run()));
      const first = performance.now() - start;
      work.reset?.();
      // Work that changes data is done once a round; the rest as often as fills it.
      const repeats =
        work.reset !== undefined ? 1 : Math.max(1, Math.ceil(MIN_ROUND / Math.max(first, 0.01)));
      const more = first > 10 * LONG ? -1 : first > LONG ? 0 : rounds;
      const times = more < 0 ? [(first * 1e6) / work.operations] : [];
      running.push({ peer, db, work, repeats, rounds: more, times, path });
    } catch (e) {
      results.set(peer.name, { ns: null, error: message(e) });
    }
  }
  // One round more than counts: the first one warms up.
  for (let round = 0; round <= rounds; round++) {
    for (const r of running) {
      if (results.has(r.peer.name) || round > r.rounds) continue;
      try {
        const start = performance.now();
        for (let i = 0; i < r.repeats; i++) r.work.run();
        const time = performance.now() - start;
        r.work.reset?.();
        if (round > 0 || r.rounds === 0)
          r.times.push((time * 1e6) / (r.repeats * r.work.operations));
        else if (r.repeats > 1)
          r.repeats = Math.max(1, Math.ceil((r.repeats * MIN_ROUND) / Math.max(time, 0.01)));
      } catch (e) {
        results.set(r.peer.name, { ns: null, error: message(e) });
      }
    }
  }
  const expected = sums.get(toBeat);
  const differing: string[] = [];
  for (const r of running) {
    if (!results.has(r.peer.name)) results.set(r.peer.name, { ns: median(r.times), error: null });
    if (expected !== undefined && sums.get(r.peer.name) !== expected) differing.push(r.peer.name);
    try {
      r.work.finish?.();
      r.db.close();
    } catch (e) {
      differing.push(`${r.peer.name} (close: ${message(e)})`);
    }
    remove(r.path);
  }
  return { workload, peers: results, differing };
}
