/** One process of the allocations report: `allocations-child PATH QUERY` prints its figures as JSON. */
import { constants, PerformanceObserver } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';
import { ALLOCATION_ROWS, allocationQueries } from './allocations.ts';
import { peers } from './peers.ts';
import { settle } from './run.ts';

const WARM = 4;
const COUNTED = 6;

const [path = '', query = ''] = process.argv.slice(2);
const db = await peers[0]!.open(path);
settle(db, {});
const s = db.prepare(allocationQueries[query]!);

let scavenges = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) {
    const { kind } = (entry as { detail?: { kind?: number } }).detail ?? {};
    if (kind === constants.NODE_PERFORMANCE_GC_MINOR) scavenges++;
  }
}).observe({ entryTypes: ['gc'] });

/** Collections are told when the event loop turns. */
const told = () => setTimeout(20);

for (let i = 0; i < WARM; i++) s.get();
await told();
const before = scavenges;
const start = performance.now();
for (let i = 0; i < COUNTED; i++) s.get();
const milliseconds = (performance.now() - start) / COUNTED;
await told();
const millions = (COUNTED * ALLOCATION_ROWS) / 1e6;
console.log(JSON.stringify({ scavenges: (scavenges - before) / millions, milliseconds }));
db.close();
process.exit(0);
