/** Group 'starting': a fresh process that imports, opens and asks; and preparing a statement. */
import { spawnSync } from 'node:child_process';
import { empty } from './data.ts';
import { BETTER_ADDON } from './peers.ts';
import type { Row } from './report.ts';
import type { Peer, Workload } from './types.ts';

const scripts: Readonly<Record<string, string>> = {
  mica: `import { Database } from '${new URL('../../packages/micadb/dist/index.js', import.meta.url).href}'; new Database(':memory:').prepare('SELECT 1').get();`,
  'better-sqlite3': `import D from 'better-sqlite3'; new D(':memory:', ${JSON.stringify({ nativeBinding: BETTER_ADDON })}).prepare('SELECT 1').get();`,
  'node:sqlite': `import { DatabaseSync } from 'node:sqlite'; new DatabaseSync(':memory:').prepare('SELECT 1').get();`,
  turso: `import { Database } from '@tursodatabase/database/compat'; new Database(':memory:').prepare('SELECT 1').get();`,
  'sql.js': `import init from 'sql.js'; const { Database } = await init(); new Database().exec('SELECT 1');`,
  'node-sqlite3-wasm': `import wasm from 'node-sqlite3-wasm'; new wasm.Database(':memory:').prepare('SELECT 1').get();`,
};

/** Milliseconds of a whole process, the runtime's own start taken off. */
function processTime(code: string, rounds: number): number | null {
  const times: number[] = [];
  for (let i = 0; i < rounds; i++) {
    const start = performance.now();
    const run = spawnSync(process.execPath, ['--input-type=module', '-e', code], {
      cwd: new URL('..', import.meta.url).pathname,
    });
    if (run.status !== 0) return null;
    times.push(performance.now() - start);
  }
  times.sort((a, b) => a - b);
  return times[times.length >> 1]!;
}

export function starting(peers: readonly Peer[], rounds: number): Row {
  const bare = processTime('', rounds) ?? 0;
  const of = (name: string) => {
    const t = processTime(scripts[name] ?? 'throw 0', rounds);
    return t === null ? null : Math.max(0.1, t - bare);
  };
  const mica = of('mica');
  const ratios: Record<string, number | null> = {};
  for (const { name } of peers) {
    if (name === 'mica') continue;
    const t = of(name);
    ratios[name] = t === null || mica === null ? null : t / mica;
  }
  return {
    group: 'starting',
    name: 'import, open, first query (less the runtime)',
    goal: 1,
    micaNs: mica === null ? null : mica * 1e6,
    ratios,
    errors: {},
    differing: [],
  };
}

/** Statements of 200 characters, each another text: what is kept by its text does not help. */
export const preparing: Workload = {
  group: 'starting',
  name: 'prepare of 200 characters',
  goal: 1,
  data: empty,
  quick: true,
  prepare(db) {
    db.exec(`CREATE TABLE person(id INTEGER PRIMARY KEY, name TEXT, age INT, town INT);
      CREATE TABLE town(id INTEGER PRIMARY KEY, name TEXT)`);
    let n = 0;
    const text = () =>
      `SELECT p.id, p.name, t.name AS town, p.age + ${n++} AS older FROM person p JOIN town t ON t.id = p.town WHERE p.age BETWEEN ? AND ? AND t.name LIKE 'A%' ORDER BY p.name, p.id DESC LIMIT`.padEnd(
        197,
      );
    return {
      operations: 100,
      run() {
        for (let i = 0; i < 100; i++) db.prepare(`${text()} 10`).finalize();
        return 'done';
      },
    };
  },
};
