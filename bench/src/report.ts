/** The table of ratios: peer's time / Mica's time. Above 1, Mica is faster. */
import { cpus, totalmem } from 'node:os';
import { type Allocation, allocationsMarkdown } from './allocations.ts';
import { reasons } from './reasons.ts';
import type { Result } from './run.ts';
import { type Scale, scaleMarkdown } from './scale.ts';
import { type Size, sizesMarkdown } from './sizes.ts';

export interface Row {
  readonly group: string;
  readonly name: string;
  readonly suite?: string;
  readonly goal: number;
  readonly micaNs: number | null;
  /** Peer's time / Mica's; null where one of them failed. */
  readonly ratios: Readonly<Record<string, number | null>>;
  readonly errors: Readonly<Record<string, string>>;
  readonly differing: readonly string[];
}

export interface Report {
  readonly runtime: string;
  readonly date: string;
  readonly machine: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly skipped: Readonly<Record<string, string>>;
  readonly rounds: number;
  readonly rows: readonly Row[];
  readonly scale?: readonly Scale[];
  readonly sizes?: readonly Size[];
  readonly allocations?: readonly Allocation[];
}

/** The native library that is compared with: the first of these that is there. */
export const NATIVE = ['better-sqlite3', 'node:sqlite'];
export const toBeat = (names: readonly string[]): string =>
  NATIVE.find((n) => names.includes(n)) ?? NATIVE[0]!;

const SUITE_GOAL = 1.5;

export function machine(): string {
  return `${cpus().length} cores (${cpus()[0]?.model ?? 'unknown'}), ${Math.round(totalmem() / 2 ** 30)} GB, ${process.platform} ${process.arch}`;
}

export function rowOf(result: Result): Row {
  const { workload, peers, differing } = result;
  const mica = peers.get('mica')?.ns ?? null;
  const ratios: Record<string, number | null> = {};
  const errors: Record<string, string> = {};
  for (const [name, { ns, error }] of peers) {
    if (error !== null) errors[name] = error;
    if (name !== 'mica') ratios[name] = ns === null || mica === null ? null : ns / mica;
  }
  const { group, name, goal, suite } = workload;
  return { group, name, suite, goal, micaNs: mica, ratios, errors, differing };
}

/** A row for each suite: the sum of a peer's times / the sum of Mica's, over the queries that both can do. */
export function suiteRows(rows: readonly Row[]): Row[] {
  const names = [...new Set(rows.flatMap((row) => row.suite ?? []))];
  return names.map((suite) => {
    const parts = rows.filter((row) => row.suite === suite);
    const ratios: Record<string, number | null> = {};
    const missing: string[] = [];
    for (const peer of new Set(parts.flatMap((row) => Object.keys(row.ratios)))) {
      let [theirs, mine, done] = [0, 0, 0];
      for (const { ratios: r, micaNs } of parts) {
        const ratio = r[peer];
        if (typeof ratio !== 'number' || micaNs === null) continue;
        theirs += ratio * micaNs;
        mine += micaNs;
        done++;
      }
      ratios[peer] = done === 0 ? null : theirs / mine;
      if (done < parts.length) missing.push(`${peer}: ${done} of ${parts.length}`);
    }
    return {
      group: parts[0]!.group,
      name: `${suite}, all in sum${missing.length > 0 ? ` (${missing.join(', ')})` : ''}`,
      goal: SUITE_GOAL,
      micaNs: parts.reduce((sum, row) => sum + (row.micaNs ?? 0), 0),
      ratios,
      errors: {},
      differing: [],
    };
  });
}

export function geometricMean(values: readonly (number | null | undefined)[]): number | null {
  const known = values.filter((v): v is number => typeof v === 'number' && v > 0);
  if (known.length === 0) return null;
  return Math.exp(known.reduce((sum, v) => sum + Math.log(v), 0) / known.length);
}

const shown = (v: number | null | undefined) => (typeof v === 'number' ? v.toFixed(2) : 'failed');

function time(ns: number | null): string {
  if (ns === null) return 'failed';
  if (ns < 1e4) return `${ns.toFixed(0)} ns`;
  return ns < 1e7 ? `${(ns / 1e3).toFixed(0)} µs` : `${(ns / 1e6).toFixed(0)} ms`;
}

/** What the row has to say beside its figures. */
function remark(row: Row, native: string): string {
  const parts: string[] = [];
  if (row.errors['mica'] !== undefined) parts.push(`Mica: ${row.errors['mica']}`);
  const ratio = row.ratios[native];
  if (typeof ratio === 'number' && ratio < row.goal) parts.push(`below ${row.goal}`);
  if (row.differing.length > 0) parts.push(`**OTHER RESULT: ${row.differing.join(', ')}**`);
  return parts.join('; ').replaceAll('|', '/');
}

function why(row: Row, native: string): string {
  const ratio = row.ratios[native];
  if (typeof ratio !== 'number' || ratio >= row.goal) return '';
  return reasons[row.name] ?? (ratio < 1 ? 'not looked into yet' : '');
}

function table(report: Report): string[] {
  const peers = Object.keys(report.versions).filter((name) => name !== 'mica');
  const native = toBeat(peers);
  const cells = (of: (peer: string) => string) => peers.map(of).join(' | ');
  const line = (row: Row, name: string) =>
    `| ${name} | ${time(row.micaNs)} | ${cells((p) => shown(row.ratios[p]))} | ${remark(row, native)} | ${why(row, native)} |`;
  const mean = (rows: readonly Row[], name: string) =>
    `| **${name}**, geometric mean | | ${cells((p) => `**${shown(geometricMean(rows.map((r) => r.ratios[p])))}**`)} | | |`;
  const lines = [
    `| workload | Mica, an operation | ${peers.join(' | ')} | | why |`,
    `|---|---|${'---|'.repeat(peers.length)}---|---|`,
  ];
  const sums = suiteRows(report.rows);
  for (const group of new Set(report.rows.map((row) => row.group))) {
    const rows = report.rows.filter((row) => row.group === group);
    lines.push(mean(rows, group));
    for (const row of sums) if (row.group === group) lines.push(line(row, `**${row.name}**`));
    for (const row of rows) lines.push(line(row, row.name));
  }
  return [...lines, mean(report.rows, 'all')];
}

/** What a peer could not do, once each. */
function failures(report: Report): string[] {
  return report.rows.flatMap((row) =>
    Object.entries(row.errors).map(([peer, e]) => `- ${row.name}: ${peer}: ${e.slice(0, 200)}`),
  );
}

export function markdown(report: Report): string {
  const list = (of: Readonly<Record<string, string>>, join: (name: string, v: string) => string) =>
    Object.entries(of)
      .map(([name, v]) => join(name, v))
      .join(', ');
  const skipped = list(report.skipped, (name, because) => `${name} (${because})`);
  const lines = [
    `## ${report.runtime}`,
    '',
    `${report.date}, ${report.machine}; ${report.rounds} rounds. Skipped: ${skipped || 'none'}.`,
    '',
    `Versions: ${list(report.versions, (name, v) => `${name} ${v}`)}.`,
    '',
  ];
  if (report.rows.length > 0) lines.push(...table(report));
  const failed = failures(report);
  if (failed.length > 0) lines.push('', 'Failed:', '', ...failed);
  if (report.scale !== undefined && report.scale.length > 0) {
    lines.push('', '### Scale', '', SCALE_TEXT, '', scaleMarkdown(report.scale));
  }
  return lines.join('\n');
}

const SCALE_TEXT = `Each size of each peer in a process of its own, with a cache of 16 MB. Growth is the time a row at the largest
size / that at 100 k: 1 is flat. Memory is the peak of the whole process, the runtime included.`;

const HEADER = `# Results of the benchmark

Made by \`npm run bench\`; see \`bench/README.md\`. Figures are **ratios**: the peer's time / Mica's time. Above
1, Mica is faster. The one to beat is better-sqlite3. Absolute times are those of a shared machine: noise.
What stands under *why* is written by hand, after a profile, in \`bench/src/reasons.ts\`.
`;

/** The whole document: a section for each runtime, then what is asked of all of them. */
export function documentOf(reports: readonly Report[]): string {
  const parts = [HEADER, ...reports.map((r) => `${markdown(r)}\n`)];
  const sizes = reports.findLast((r) => r.sizes !== undefined)?.sizes;
  if (sizes !== undefined) parts.push(`## Size\n\n${sizesMarkdown(sizes)}\n`);
  const collected = reports.flatMap(({ runtime, allocations }) =>
    allocations === undefined ? [] : [{ runtime, allocations }],
  );
  if (collected.length > 0) {
    parts.push(
      `## Garbage\n\nScavenges in steady state, over an on-disk table of a million rows, median of several processes.\n\n${allocationsMarkdown(collected)}\n`,
    );
  }
  return parts.join('\n');
}
