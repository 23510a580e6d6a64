/** One run of the benchmark, under the runtime it is started with: see bench/README.md. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { allocationData, allocations } from './allocations.ts';
import { peers as allPeers } from './peers.ts';
import { profile } from './profile.ts';
import { documentOf, machine, NATIVE, type Report, type Row, rowOf, toBeat } from './report.ts';
import { dataFile, runWorkload } from './run.ts';
import { scale } from './scale.ts';
import { sizes } from './sizes.ts';
import { preparing, starting } from './starting.ts';
import { suites } from './suites.ts';
import type { Peer, Workload } from './types.ts';
import { workloads } from './workloads.ts';

interface Options {
  readonly quick?: boolean;
  readonly only?: string;
  readonly group?: string;
  readonly peers?: string;
  readonly rounds: string;
  readonly scale?: string;
  readonly sizes?: boolean;
  readonly allocations?: boolean;
  readonly profile?: boolean;
  readonly render?: boolean;
  readonly save?: boolean;
}

const options = new Command('bench')
  .description(
    'Compares Mica with other SQL engines for JavaScript. Ratios above 1: Mica is faster.',
  )
  .option('--quick', 'one workload of each group')
  .option('--only <text>', 'workloads whose name contains the text')
  .option('--group <text>', 'workloads whose group contains the text')
  .option('--peers <names>', 'peers, separated by commas')
  .option('--rounds <n>', 'rounds that count', '5')
  .option('--scale <rows>', 'the scale table alone, up to so many rows (10000 to 10000000)')
  .option('--sizes', 'the sizes of the bundles alone')
  .option('--allocations', 'the garbage of queries alone')
  .option('--profile', "write a CPU profile of Mica's run of each workload")
  .option('--render', 'run nothing, write RESULTS.md anew from results.json')
  .option('--no-save', 'leave RESULTS.md and results.json alone')
  .option('--runtime <which>', 'oldest (this one), newest or both (see scripts/bench.mjs)')
  .parse()
  .opts<Options>();

const DEFAULT_SCALE = 1_000_000;

const here = fileURLToPath(new URL('..', import.meta.url));

const resultsFile = join(here, 'results.json');

function saved(): Report[] {
  if (!existsSync(resultsFile)) return [];
  return JSON.parse(readFileSync(resultsFile, 'utf8')) as Report[];
}

function render(all: readonly Report[]): void {
  writeFileSync(join(here, 'RESULTS.md'), documentOf(all));
}

if (options.render === true) {
  render(saved());
  process.exit(0);
}

/** Those that can be opened; the reason for the others. */
async function available(): Promise<{ peers: Peer[]; skipped: Record<string, string> }> {
  const wanted = options.peers?.split(',');
  const found: Peer[] = [];
  const skipped: Record<string, string> = {};
  const dir = mkdtempSync(join(tmpdir(), 'bench-'));
  for (const peer of allPeers) {
    if (wanted !== undefined && !wanted.includes(peer.name) && peer.name !== 'mica') continue;
    try {
      const path = join(dir, 'probe.db');
      writeFileSync(path, '');
      (await peer.open(path)).close();
      found.push(peer);
    } catch (e) {
      skipped[peer.name] = (e instanceof Error ? e.message : String(e))
        .replaceAll(/\s+/g, ' ')
        .replaceAll(/'?\/\S+\//g, '')
        .slice(0, 160);
    }
  }
  rmSync(dir, { recursive: true, force: true });
  return { peers: found, skipped };
}

function chosen(): Workload[] {
  return [...workloads, ...suites, preparing].filter(
    (w) =>
      (options.quick !== true || w.quick === true) &&
      (options.only === undefined || w.name.includes(options.only)) &&
      (options.group === undefined || w.group.includes(options.group)),
  );
}

/** Parts that were asked for by name; without a name, all of them belong to the run. */
const alone = options.scale !== undefined || options.sizes === true || options.allocations === true;
const narrowed =
  options.quick === true || options.only !== undefined || options.group !== undefined;
const whole = !alone && !narrowed;
const inGroup = (name: string) =>
  !alone &&
  options.quick !== true &&
  options.only === undefined &&
  (options.group === undefined || name.includes(options.group));

const { peers, skipped } = await available();
const names = peers.map((p) => p.name);
const native = toBeat(names);
const maker = peers.find((p) => p.name === native) ?? allPeers[0]!;
const rounds = Math.max(1, Number(options.rounds));
const dir = mkdtempSync(join(tmpdir(), 'bench-'));
for (const [name, because] of Object.entries(skipped)) console.log(`skipped ${name}: ${because}`);

async function run(): Promise<Row[]> {
  const rows: Row[] = [];
  for (const workload of chosen()) {
    const source = await dataFile(dir, workload.data, maker);
    const row = rowOf(await runWorkload(workload, peers, source, dir, rounds, native));
    rows.push(row);
    const ratios = Object.entries(row.ratios).map(
      ([name, r]) => `${name} ${r === null ? 'failed' : r.toFixed(2)}`,
    );
    const errors = Object.entries(row.errors).map(([name, e]) => `${name}: ${e}`);
    console.log(
      `${row.group}: ${row.name}: ${[...ratios, ...errors].join(', ')}${row.differing.length > 0 ? ` OTHER RESULT: ${row.differing.join(', ')}` : ''}`,
    );
    if (options.profile === true) await profile(workload, source, here);
  }
  if (inGroup('starting')) rows.push(starting(peers, rounds));
  return rows;
}

/** Mica and the native libraries, at every size. */
function scaled(): Report['scale'] {
  if (options.scale === undefined && !inGroup('scale')) return undefined;
  const compared = names.filter((n) => n === 'mica' || NATIVE.includes(n));
  return scale(compared, Number(options.scale ?? DEFAULT_SCALE), dir, Math.min(3, rounds));
}

async function collected(): Promise<Report['allocations']> {
  if (options.allocations !== true && !whole) return undefined;
  return allocations(await dataFile(dir, allocationData, maker), rounds);
}

async function reported(): Promise<Report> {
  try {
    return {
      runtime: `Node ${process.versions.node.split('.')[0]}`,
      date: new Date().toISOString().slice(0, 10),
      machine: `${machine()}, Node ${process.versions.node}`,
      versions: Object.fromEntries(peers.map((p) => [p.name, p.version()])),
      skipped,
      rounds,
      rows: alone ? [] : await run(),
      scale: scaled(),
      sizes: options.sizes === true || whole ? sizes() : undefined,
      allocations: await collected(),
    };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

const report = await reported();
console.log(`\n${documentOf([report]).split('\n').slice(6).join('\n')}`);

if (options.save !== false && !narrowed && options.peers === undefined) {
  // Each runtime has a section of its own; the others stay, and so does what was not part of this run.
  const old = saved();
  const before = old.find((r) => r.runtime === report.runtime);
  const parts = {
    scale: report.scale ?? before?.scale,
    sizes: report.sizes ?? before?.sizes,
    allocations: report.allocations ?? before?.allocations,
  };
  const merged = alone && before !== undefined ? { ...before, ...parts } : { ...report, ...parts };
  const all = [...old.filter((r) => r.runtime !== report.runtime), merged].sort((a, b) =>
    a.runtime.localeCompare(b.runtime),
  );
  writeFileSync(resultsFile, `${JSON.stringify(all, null, 1)}\n`);
  render(all);
}
