/** In which order a window calls a user's aggregate: SQLite's, frame by frame, against the oracle. */
import Oracle from 'better-sqlite3';
import { expect, test } from 'vitest';
import Mica from './better-sqlite3.ts';

const BOUNDS = [
  'UNBOUNDED PRECEDING',
  '5 PRECEDING',
  '2 PRECEDING',
  '1 PRECEDING',
  '0 PRECEDING',
  'CURRENT ROW',
  '0 FOLLOWING',
  '1 FOLLOWING',
  '2 FOLLOWING',
  '5 FOLLOWING',
  '20 FOLLOWING',
  'UNBOUNDED FOLLOWING',
];

function direction(bound: string): number {
  if (bound === 'CURRENT ROW') return 1;
  return bound.endsWith('PRECEDING') ? 0 : 2;
}

function frames(): string[] {
  const all = [''];
  for (const unit of ['ROWS', 'GROUPS', 'RANGE']) {
    for (const start of BOUNDS.slice(0, -1)) {
      for (const end of BOUNDS.slice(1)) {
        if (direction(start) > direction(end)) continue;
        all.push(`${unit} BETWEEN ${start} AND ${end}`);
      }
    }
    all.push(`${unit} BETWEEN 1 PRECEDING AND 1 FOLLOWING EXCLUDE TIES`);
  }
  return all;
}

/** The rows of the query, and each callback as it came: new, +step, -inverse, =result. */
function calls(db: Oracle.Database | InstanceType<typeof Mica>, sql: string): string {
  const log: string[] = [];
  const options = {
    start: () => {
      log.push('new');
      return [];
    },
    step: (a: readonly string[], v: string) => {
      log.push(`+${v}`);
      return [...a, v];
    },
    inverse: (a: readonly string[], v: string) => {
      log.push(`-${v}`);
      const at = a.indexOf(v);
      return a.filter((_, i) => i !== at);
    },
    result: (a: readonly string[]) => {
      log.push(`=${a}`);
      return a.join();
    },
  };
  (db as Oracle.Database).aggregate('trace', options as never);
  const rows = (db as Oracle.Database).prepare(sql).raw().all();
  return `${JSON.stringify(rows)} ${log.join(' ')}`;
}

test.each(['', 'PARTITION BY n % 2'])('callbacks come in the order of SQLite (%s)', (partition) => {
  const oracle = new Oracle(':memory:');
  const mica = new Mica(':memory:');
  for (const order of ['ORDER BY v', 'ORDER BY v DESC']) {
    for (const frame of frames()) {
      const sql = `WITH x(n, v, name) AS (VALUES
        (1, 1, 'a'), (2, 1, 'b'), (3, 2, 'c'), (4, 3, 'd'), (5, 5, 'e'), (6, 6, 'f'), (7, 6, 'g'))
        SELECT n, trace(name) OVER (${partition} ${order} ${frame}) FROM x`;
      expect(calls(mica, sql), `${order} ${frame}`).toBe(calls(oracle, sql));
    }
  }
  oracle.close();
  mica.close();
});
