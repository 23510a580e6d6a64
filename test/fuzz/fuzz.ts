/**
 * Differential fuzzing: Mica and the oracle run the same random session; rows, errors, changes() and
 * the file's content must agree.
 *
 *   npm run fuzz -- --seed S --seconds T
 *   npm run fuzz -- --tiers            interpreter against compiled code, instead of SQLite against Mica
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Oracle } from '../oracle/better.ts';
import { Mica } from '../oracle/mica.ts';
import type { Outcome } from '../oracle/render.ts';
import { Random } from '../random.ts';
import { Generator } from './generator.ts';

export interface Mismatch {
  readonly seed: number;
  /** The shortest script found that shows it: all but the last statement set the scene. */
  readonly script: readonly string[];
  readonly expected: Outcome | string;
  readonly got: Outcome | string;
}

/** Sums of doubles may be added in another order by nobody: all is compared exactly. */
function same(a: Outcome, b: Outcome): boolean {
  if (a.kind !== b.kind) return false;
  if (a.kind === 'rows' && b.kind === 'rows') {
    return a.rows.length === b.rows.length && a.rows.every((r, i) => r === b.rows[i]);
  }
  return JSON.stringify(a) === JSON.stringify(b);
}

function runMica(mica: Mica, sql: string): Outcome {
  try {
    return mica.run(sql);
  } catch (e) {
    const message = e instanceof Error ? `${e.name}: ${e.message}` : String(e);
    return { kind: 'error', code: 'NOT AN SQL ERROR', message };
  }
}

/** Who is compared: the second one on `file`, where one is given. */
function engines(tiers: boolean, file?: string): { oracle: Oracle | Mica; mica: Mica } {
  return tiers
    ? { oracle: new Mica(':memory:', 'interpreter'), mica: new Mica(file, 'compiled') }
    : { oracle: new Oracle(), mica: new Mica(file) };
}

/** Runs a script on fresh databases; the first difference, or null. */
function replay(
  script: readonly string[],
  tiers: boolean,
): { at: number; expected: Outcome; got: Outcome } | null {
  const { oracle, mica } = engines(tiers);
  try {
    for (let i = 0; i < script.length; i++) {
      const expected = oracle.run(script[i]!);
      const got = runMica(mica, script[i]!);
      if (!same(expected, got)) return { at: i, expected, got };
    }
    return null;
  } finally {
    oracle.close();
    mica.close();
  }
}

/** Drops statements that the difference does not need. */
function shrink(script: readonly string[], tiers: boolean): readonly string[] {
  let best = script;
  for (
    let size = Math.ceil(best.length / 2);
    size >= 1;
    size = size === 1 ? 0 : Math.ceil(size / 2)
  ) {
    for (let from = 0; from + size < best.length; ) {
      const shorter = [...best.slice(0, from), ...best.slice(from + size)];
      const diff = replay(shorter, tiers);
      if (diff !== null && diff.at === shorter.length - 1) best = shorter;
      else from += size;
    }
  }
  return best;
}

/** One session of `length` statements. Null when both agree to the end. */
export function session(seed: number, length: number, dir: string, tiers = false): Mismatch | null {
  const g = new Generator(new Random(seed));
  const file = join(dir, `fuzz-${seed}.db`);
  const { oracle, mica } = engines(tiers, file);
  const script: string[] = [];
  let failed = false;
  try {
    for (let i = 0; i < length && !failed; i++) {
      const sql = g.statement();
      script.push(sql);
      failed = !same(oracle.run(sql), runMica(mica, sql));
    }
    if (!failed) {
      for (const t of g.tables) {
        const sql = `SELECT * FROM ${t.name}`;
        if (!same(oracle.run(sql), runMica(mica, sql))) {
          script.push(sql);
          failed = true;
          break;
        }
      }
    }
  } finally {
    oracle.close();
    mica.close();
  }
  if (failed) {
    const diff = replay(script, tiers);
    if (diff === null) return { seed, script, expected: 'in a file only', got: 'in a file only' };
    const small = shrink(script.slice(0, diff.at + 1), tiers);
    const last = replay(small, tiers) ?? diff;
    return { seed, script: small, expected: last.expected, got: last.got };
  }
  const checker = new Oracle(file);
  const check = checker.run('PRAGMA integrity_check');
  checker.close();
  rmSync(file, { force: true });
  const ok = check.kind === 'rows' && check.rows[0] === "'ok'";
  return ok ? null : { seed, script, expected: 'integrity_check ok', got: check };
}

function option(name: string, fallback: number): number {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? fallback : Number(process.argv[at + 1]);
}

function main(): void {
  const first = option('seed', Date.now() % 1_000_000);
  const seconds = option('seconds', 60);
  const length = option('length', 120);
  const most = option('most', 10);
  const dir = mkdtempSync(join(tmpdir(), 'mica-fuzz-'));
  const started = performance.now();
  let sessions = 0;
  let found = 0;
  console.log(`fuzz: seed ${first}`);
  for (let seed = first; performance.now() - started < seconds * 1000 && found < most; seed++) {
    const m = session(seed, length, dir, process.argv.includes('--tiers'));
    sessions += 1;
    if (m === null) continue;
    found += 1;
    console.log(`-- seed ${m.seed}\n${m.script.map((s) => `${s};`).join('\n')}`);
    console.log(
      `-- expected ${JSON.stringify(m.expected)}\n-- got      ${JSON.stringify(m.got)}\n`,
    );
  }
  rmSync(dir, { recursive: true, force: true });
  console.log(`fuzz: ${sessions} sessions of ${length} statements, ${found} mismatches`);
  if (found > 0) process.exitCode = 1;
}

if (process.argv[1]?.endsWith('fuzz.ts')) main();
