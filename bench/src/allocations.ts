/**
 * Garbage that queries make when they have run for a while: scavenges (collections of the young
 * generation) for a million rows read, each query in processes of its own, medians.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { random } from './random.ts';
import { median } from './run.ts';
import type { DataSet } from './types.ts';

export const ALLOCATION_ROWS = 1_000_000;

export const allocationData: DataSet = {
  name: 'allocations',
  fill(db) {
    db.exec('CREATE TABLE m(id INTEGER PRIMARY KEY, a INT, b REAL, c REAL, t TEXT)');
    const s = db.prepare('INSERT INTO m VALUES (?, ?, ?, ?, ?)');
    const next = random(13);
    db.exec('BEGIN');
    for (let i = 1n; i <= BigInt(ALLOCATION_ROWS); i++) {
      s.run(i, BigInt(Math.floor(next() * 100)), next() * 1000, next() * 1000, `row ${i}`);
    }
    db.exec('COMMIT');
  },
};

export const allocationQueries: Readonly<Record<string, string>> = {
  'filtered sum': 'SELECT count(*), sum(b) FROM m WHERE a >= 18 AND a < 65',
  expression: 'SELECT sum(b * 2.0 + a - 1.5) FROM m',
  'CASE over REAL columns':
    'SELECT sum(CASE WHEN b < 250 THEN b WHEN b < 500 THEN c ELSE b * 2 END) FROM m',
};

export interface Allocation {
  readonly query: string;
  /** For a million rows; null: the process failed. */
  readonly scavenges: number | null;
  readonly milliseconds: number | null;
  readonly error: string | null;
}

const child = fileURLToPath(new URL('./allocations-child.mjs', import.meta.url));

export function allocations(path: string, processes: number): Allocation[] {
  return Object.keys(allocationQueries).map((query) => {
    const runs: { scavenges: number; milliseconds: number }[] = [];
    for (let i = 0; i < processes; i++) {
      const { status, stdout, stderr } = spawnSync(process.execPath, [child, path, query], {
        encoding: 'utf8',
      });
      if (status !== 0) {
        const error = stderr.trim().split('\n').at(-1) ?? String(status);
        return { query, scavenges: null, milliseconds: null, error };
      }
      runs.push(JSON.parse(stdout));
    }
    const result = {
      query,
      scavenges: median(runs.map((r) => r.scavenges)),
      milliseconds: median(runs.map((r) => r.milliseconds)),
      error: null,
    };
    console.log(`allocations: ${query}: ${result.scavenges} scavenges a million rows`);
    return result;
  });
}

/** One table for all runtimes. */
export function allocationsMarkdown(
  reports: readonly { runtime: string; allocations: readonly Allocation[] }[],
): string {
  return [
    `| scavenges a million rows | ${reports.map((r) => r.runtime).join(' | ')} |`,
    `|---|${'---|'.repeat(reports.length)}`,
    ...Object.keys(allocationQueries).map(
      (query) =>
        `| ${query} | ${reports
          .map((r) => {
            const found = r.allocations.find((a) => a.query === query);
            return found?.scavenges?.toFixed(1) ?? found?.error ?? '';
          })
          .join(' | ')} |`,
    ),
  ].join('\n');
}
