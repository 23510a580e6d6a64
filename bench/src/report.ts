/** The table of ratios: peer's time / Mica's time. Above 1, Mica is faster. */

import { cpus, totalmem } from 'node:os';
import { reasons } from './reasons.ts';
import type { Result } from './run.ts';

export interface Row {
  readonly group: string;
  readonly name: string;
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
}

export const TO_BEAT = 'better-sqlite3';

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
  const { group, name, goal } = workload;
  return { group, name, goal, micaNs: mica, ratios, errors, differing };
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
function remark(row: Row): string {
  const parts: string[] = [];
  if (row.errors['mica'] !== undefined) parts.push(`Mica: ${row.errors['mica']}`);
  const ratio = row.ratios[TO_BEAT];
  if (typeof ratio === 'number' && ratio < row.goal) {
    const why = reasons[row.name];
    parts.push(why === undefined ? `below ${row.goal}` : `below ${row.goal}: ${why}`);
  }
  if (row.differing.length > 0) parts.push(`**OTHER RESULT: ${row.differing.join(', ')}**`);
  return parts.join('; ').replaceAll('|', '/');
}

export function markdown(report: Report): string {
  const peers = Object.keys(report.versions).filter((name) => name !== 'mica');
  const lines = [
    `## ${report.runtime}`,
    '',
    `${report.date}, ${report.machine}; ${report.rounds} rounds. Skipped: ${
      Object.entries(report.skipped)
        .map(([name, why]) => `${name} (${why})`)
        .join(', ') || 'none'
    }.`,
    '',
    `Versions: ${Object.entries(report.versions)
      .map(([name, v]) => `${name} ${v}`)
      .join(', ')}.`,
    '',
    `| workload | Mica, an operation | ${peers.join(' | ')} | |`,
    `|---|---|${peers.map(() => '---').join('|')}|---|`,
  ];
  const groups = [...new Set(report.rows.map((row) => row.group))];
  const ordered = groups.flatMap((g) => report.rows.filter((row) => row.group === g));
  let group = '';
  for (const row of ordered) {
    if (row.group !== group) {
      group = row.group;
      const rows = report.rows.filter((r) => r.group === group);
      const means = peers.map((p) => shown(geometricMean(rows.map((r) => r.ratios[p]))));
      lines.push(
        `| **${group}**, geometric mean | | ${means.map((m) => `**${m}**`).join(' | ')} | |`,
      );
    }
    lines.push(
      `| ${row.name} | ${time(row.micaNs)} | ${peers.map((p) => shown(row.ratios[p])).join(' | ')} | ${remark(row)} |`,
    );
  }
  const all = peers.map((p) => `**${shown(geometricMean(report.rows.map((r) => r.ratios[p])))}**`);
  lines.push(`| **all**, geometric mean | | ${all.join(' | ')} | |`);
  return lines.join('\n');
}

export const HEADER = `# Results of the benchmark

Made by \`npm run bench\`; see \`bench/README.md\`. Figures are **ratios**: the peer's time / Mica's time. Above
1, Mica is faster. The one to beat is better-sqlite3. Absolute times are those of a shared machine: noise.
`;
