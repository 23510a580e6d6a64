/** The planner is SQLite's planner (wall 10): plan text and the order of rows nobody ordered. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Oracle } from '../oracle/better.ts';
import { Mica } from '../oracle/mica.ts';
import type { Engine, Outcome } from '../oracle/render.ts';
import { corpus } from './corpus.ts';
import { KNOWN_DIFFERENCES } from './known.ts';

/** The plan as an indented tree: ids are not compared. */
export function planOf(engine: Engine, sql: string): string[] {
  const o = engine.run(`EXPLAIN QUERY PLAN ${sql}`);
  if (o.kind !== 'rows') return [JSON.stringify(o)];
  const depth = new Map<string, number>([['0', 0]]);
  return o.rows.map((row) => {
    const [id, parent, , ...detail] = row.split('|');
    const at = depth.get(parent!) ?? 0;
    depth.set(id!, at + 1);
    return '  '.repeat(at) + detail.join('|');
  });
}

function rowsOf(o: Outcome): unknown {
  return o.kind === 'rows' ? o.rows : o;
}

for (const schema of corpus) {
  describe(schema.name, () => {
    const dir = mkdtempSync(join(tmpdir(), 'mica-plans-'));
    const file = join(dir, 'plans.db');
    let oracle: Oracle;
    let mica: Mica;
    beforeAll(() => {
      const maker = new Oracle(file);
      for (const sql of schema.setup) maker.run(sql);
      maker.close();
      oracle = new Oracle(file);
      mica = new Mica(file);
    });
    afterAll(() => {
      mica.close();
      oracle.close();
      rmSync(dir, { recursive: true });
    });
    for (const sql of schema.queries) {
      const known = KNOWN_DIFFERENCES.includes(`${schema.name}: ${sql}`);
      it(sql, () => {
        const same = JSON.stringify(planOf(mica, sql)) === JSON.stringify(planOf(oracle, sql));
        if (known) expect(same, 'no longer different: take it off the list').toBe(false);
        else expect(planOf(mica, sql)).toEqual(planOf(oracle, sql));
        if (!known) expect(rowsOf(mica.run(sql))).toEqual(rowsOf(oracle.run(sql)));
      });
    }
  });
}
