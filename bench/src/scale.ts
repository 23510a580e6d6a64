/**
 * Group 'scale': the same work on 10 thousand to 10 million rows, with a cache of 16 MB, so that files are
 * larger than it from about 300,000 rows on. Each size of each peer runs in a process of its own, whose
 * peak of memory stands beside; processes of the peers take turns, medians of their figures are shown.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { median } from './run.ts';
import type { Figures } from './scale-child.ts';

export interface Scale {
  readonly peer: string;
  readonly rows: number;
  /** Nanoseconds a row (or an operation) of each piece of work; null: the process failed. */
  readonly ns: Readonly<Record<string, number>> | null;
  readonly error: string | null;
  /** Bytes: of memory at its peak, of that before the database was filled, of the file. */
  readonly peak: number;
  readonly base: number;
  readonly file: number;
}

const child = fileURLToPath(new URL('./scale-child.mjs', import.meta.url));

/** 10 thousand and every tenfold up to `max`. */
export function sizesUpTo(max: number): number[] {
  const all: number[] = [];
  for (let n = 10_000; n <= max; n *= 10) all.push(n);
  return all;
}

function once(peer: string, rows: number, dir: string): Figures | string {
  const path = join(dir, `scale-${rows}.db`);
  const run = spawnSync(process.execPath, [child, peer, String(rows), path], {
    encoding: 'utf8',
    timeout: 30 * 60_000,
  });
  if (run.status === 0) return JSON.parse(run.stdout) as Figures;
  const why = /^\w*Error:.*$/m.exec(run.stderr)?.[0] ?? run.stderr.trim().split('\n').at(-1);
  return why?.slice(0, 200) || `ended by ${run.signal ?? run.status}`;
}

export function scale(peers: readonly string[], max: number, dir: string, rounds: number): Scale[] {
  const result: Scale[] = [];
  for (const rows of sizesUpTo(max)) {
    const runs = new Map<string, Figures[]>(peers.map((p) => [p, []]));
    const errors = new Map<string, string>();
    const times = rows >= 5_000_000 ? 1 : rows >= 500_000 ? Math.min(2, rounds) : rounds;
    for (let round = 0; round < times; round++) {
      for (const peer of peers) {
        if (errors.has(peer)) continue;
        const figures = once(peer, rows, dir);
        if (typeof figures === 'string') errors.set(peer, figures);
        else runs.get(peer)!.push(figures);
      }
    }
    for (const peer of peers) {
      const all = runs.get(peer)!;
      const middle = (of: (f: Figures) => number) => (all.length === 0 ? 0 : median(all.map(of)));
      const error = errors.get(peer) ?? null;
      result.push({
        peer,
        rows,
        ns:
          error !== null
            ? null
            : Object.fromEntries(
                Object.keys(all[0]!.ns).map((work) => [work, middle((f) => f.ns[work]!)]),
              ),
        error,
        peak: middle((f) => f.peak),
        base: middle((f) => f.base),
        file: middle((f) => f.file),
      });
      console.log(
        `scale: ${rows} rows: ${peer}: ${error ?? `peak of memory ${(middle((f) => f.peak) / 2 ** 20).toFixed(0)} MB`}`,
      );
    }
  }
  return result;
}

const count = (n: number) => (n >= 1e6 ? `${n / 1e6} M` : `${n / 1e3} k`);
const mb = (n: number) => (n === 0 ? 'failed' : `${(n / 2 ** 20).toFixed(0)} MB`);
const short = (ns: number) => (ns < 1000 ? `${ns.toFixed(0)} ns` : `${(ns / 1000).toFixed(1)} µs`);

/** Two tables: time (Mica's, a row; then ratios at each size; then how Mica's time grows), and memory. */
export function scaleMarkdown(all: readonly Scale[]): string {
  const sizes = [...new Set(all.map((s) => s.rows))];
  const peers = [...new Set(all.map((s) => s.peer))];
  const others = peers.filter((p) => p !== 'mica');
  const at = (peer: string, rows: number) => all.find((s) => s.peer === peer && s.rows === rows);
  const works = Object.keys(all.find((s) => s.ns !== null)?.ns ?? {});
  const largest = sizes.at(-1)!;
  const from = sizes.length > 2 ? 100_000 : sizes[0]!;
  const growth = (peer: string, work: string) => {
    const [a, b] = [at(peer, from)?.ns?.[work], at(peer, largest)?.ns?.[work]];
    return a === undefined || b === undefined ? '' : (b / a).toFixed(2);
  };
  const lines = [
    `| Mica, a row | ${sizes.map((n) => `at ${count(n)}`).join(' | ')} | ${peers.map((p) => `${p}: ${count(largest)} / ${count(from)}`).join(' | ')} | ${others.map((p) => `${p} / Mica: ${sizes.map(count).join(', ')}`).join(' | ')} |`,
    `|---|${'---|'.repeat(sizes.length + peers.length + others.length)}`,
  ];
  for (const work of works) {
    const own = sizes.map((n) => at('mica', n)?.ns?.[work]);
    lines.push(
      `| ${work} | ${own.map((v) => (v === undefined ? 'failed' : short(v))).join(' | ')} | ${peers
        .map((p) => growth(p, work))
        .join(' | ')} | ${others
        .map((p) =>
          sizes
            .map((n, i) => {
              const [mine, theirs] = [own[i], at(p, n)?.ns?.[work]];
              return mine === undefined || theirs === undefined
                ? 'failed'
                : (theirs / mine).toFixed(2);
            })
            .join(', '),
        )
        .join(' | ')} |`,
    );
  }
  lines.push(
    '',
    `| peak of memory (of the file) | ${sizes.map(count).join(' | ')} |`,
    `|---|${'---|'.repeat(sizes.length)}`,
    ...peers.map(
      (p) =>
        `| ${p} (${mb(at(p, sizes[0]!)?.base ?? 0)} when opened) | ${sizes
          .map((n) => `${mb(at(p, n)?.peak ?? 0)} (${mb(at(p, n)?.file ?? 0)})`)
          .join(' | ')} |`,
    ),
  );
  for (const s of all) {
    if (s.error !== null) lines.push('', `${s.peer}, ${count(s.rows)}: ${s.error}`);
  }
  return lines.join('\n');
}
