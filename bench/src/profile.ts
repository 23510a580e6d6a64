/** `--profile`: where Mica's time goes in a workload. */
import { copyFileSync, existsSync, writeFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { join } from 'node:path';
import { peers } from './peers.ts';
import { remove, settle } from './run.ts';
import type { Workload } from './types.ts';

/** Runs the workload for two seconds, writes a CPU profile into `folder` and prints the busiest functions. */
export async function profile(workload: Workload, source: string, folder: string): Promise<void> {
  // What writes must not leave its tables to the next.
  const copy = `${source}.profile`;
  for (const end of ['', '-wal'])
    if (existsSync(source + end)) copyFileSync(source + end, copy + end);
  const db = await peers[0]!.open(copy);
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
  const path = join(folder, `${workload.name.replaceAll(/\W+/g, '-')}.cpuprofile`);
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
  remove(copy);
}
