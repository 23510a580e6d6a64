/** `npm run bench`: see bench/README.md. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { peers as allPeers } from './peers.ts';
import { HEADER, machine, markdown, type Report, type Row, rowOf, TO_BEAT } from './report.ts';
import { dataFile, runWorkload, settle } from './run.ts';
import { starting } from './starting.ts';
import type { Peer, Workload } from './types.ts';
import { workloads } from './workloads.ts';

interface Options {
  readonly quick?: boolean;
  readonly only?: string;
  readonly group?: string;
  readonly peers?: string;
  readonly rounds: string;
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
  .option('--profile', "write a CPU profile of Mica's run of each workload")
  .option('--no-save', 'leave RESULTS.md and results.json alone')
  .option('--render', 'run nothing, write RESULTS.md anew from results.json')
  .parse()
  .opts<Options>();

const here = new URL('..', import.meta.url).pathname;

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
        .split('\n')[0]!
        .slice(0, 100);
    }
  }
  rmSync(dir, { recursive: true, force: true });
  return { peers: found, skipped };
}

async function profile(workload: Workload, source: string): Promise<void> {
  const db = await allPeers[0]!.open(source);
  settle(db, workload.settings ?? {});
  const work = workload.prepare(db);
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.start');
  const end = performance.now() + 2000;
  do {
    work.run();
    work.reset?.();
  } while (performance.now() < end);
  const { profile: result } = await session.post('Profiler.stop');
  session.disconnect();
  const path = join(here, `${workload.name.replaceAll(/\W+/g, '-')}.cpuprofile`);
  writeFileSync(path, JSON.stringify(result));
  const self = new Map<string, number>();
  const names = new Map(
    result.nodes.map((n) => [n.id, n.callFrame.functionName || '(compiled or anonymous)']),
  );
  (result.samples ?? []).forEach((id, i) => {
    const name = names.get(id)!;
    self.set(name, (self.get(name) ?? 0) + (result.timeDeltas?.[i] ?? 0));
  });
  const total = [...self.values()].reduce((a, b) => a + b, 0);
  console.log(`  ${path}`);
  for (const [name, t] of [...self].sort((a, b) => b[1] - a[1]).slice(0, 12)) {
    console.log(`  ${((t / total) * 100).toFixed(1).padStart(6)} %  ${name}`);
  }
  db.close();
}

function chosen(): Workload[] {
  return workloads.filter(
    (w) =>
      (options.quick !== true || w.quick === true) &&
      (options.only === undefined || w.name.includes(options.only)) &&
      (options.group === undefined || w.group.includes(options.group)),
  );
}

const resultsFile = join(here, 'results.json');

/** Each runtime has a section of its own. */
function saved(): Report[] {
  if (!existsSync(resultsFile)) return [];
  return JSON.parse(readFileSync(resultsFile, 'utf8')) as Report[];
}

function render(all: readonly Report[]): void {
  writeFileSync(join(here, 'RESULTS.md'), `${HEADER}\n${all.map(markdown).join('\n\n')}\n`);
}

if (options.render === true) {
  render(saved());
  process.exit(0);
}

const { peers, skipped } = await available();
const maker = allPeers.find((p) => p.name === TO_BEAT && peers.includes(p)) ?? allPeers[0]!;
const rounds = Math.max(1, Number(options.rounds));
const dir = mkdtempSync(join(tmpdir(), 'bench-'));
const rows: Row[] = [];
for (const [name, why] of Object.entries(skipped)) console.log(`skipped ${name}: ${why}`);
try {
  for (const workload of chosen()) {
    const source = await dataFile(dir, workload.data, maker);
    const row = rowOf(await runWorkload(workload, peers, source, dir, rounds));
    rows.push(row);
    const ratios = Object.entries(row.ratios).map(
      ([name, r]) => `${name} ${r === null ? 'failed' : r.toFixed(2)}`,
    );
    const errors = Object.entries(row.errors).map(([name, e]) => `${name}: ${e}`);
    console.log(
      `${row.group}: ${row.name}: ${[...ratios, ...errors].join(', ')}${row.differing.length > 0 ? ` OTHER RESULT: ${row.differing.join(', ')}` : ''}`,
    );
    if (options.profile === true) await profile(workload, source);
  }
  if (
    options.only === undefined &&
    (options.group === undefined || 'starting'.includes(options.group))
  ) {
    rows.push(starting(peers, rounds));
  }
} finally {
  rmSync(dir, { recursive: true, force: true });
}

const report: Report = {
  runtime: `Node ${process.versions.node.split('.')[0]}`,
  date: new Date().toISOString().slice(0, 10),
  machine: `${machine()}, Node ${process.versions.node}`,
  versions: Object.fromEntries(peers.map((p) => [p.name, p.version()])),
  skipped,
  rounds,
  rows,
};
const text = markdown(report);
console.log(`\n${text}`);
const partial =
  options.quick === true ||
  options.only !== undefined ||
  options.group !== undefined ||
  options.peers !== undefined;
if (options.save !== false && !partial) {
  const all = [...saved().filter((r) => r.runtime !== report.runtime), report].sort((a, b) =>
    a.runtime.localeCompare(b.runtime),
  );
  writeFileSync(resultsFile, `${JSON.stringify(all, null, 1)}\n`);
  render(all);
}
