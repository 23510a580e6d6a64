/**
 * Plans after rewriting (wall 10): the text of EXPLAIN QUERY PLAN and the rows, in their order, are the
 * oracle's. Numbers of subqueries are not compared.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Oracle } from '../oracle/better.ts';
import { Mica } from '../oracle/mica.ts';
import type { Engine } from '../oracle/render.ts';
import { cases } from './queries.ts';

function planOf(engine: Engine, sql: string): string[] {
  const o = engine.run(`EXPLAIN QUERY PLAN ${sql}`);
  if (o.kind !== 'rows') return [JSON.stringify(o)];
  const depth = new Map<string, number>([['0', 0]]);
  return o.rows.map((row) => {
    const [id, parent, , ...detail] = row.split('|');
    const at = depth.get(parent!) ?? 0;
    depth.set(id!, at + 1);
    const text = detail.join('|').replace(/(SUBQUERY |subquery-|join-)\d+/, '$1N');
    return '  '.repeat(at) + text;
  });
}

for (const c of cases) {
  describe(c.name, () => {
    const dir = mkdtempSync(join(tmpdir(), 'mica-rewriting-'));
    const file = join(dir, 'plans.db');
    let oracle: Oracle;
    let mica: Mica;
    beforeAll(() => {
      const maker = new Oracle(file);
      for (const sql of c.setup.split(';')) if (sql.trim() !== '') maker.run(sql);
      maker.close();
      oracle = new Oracle(file);
      mica = new Mica(file);
    });
    afterAll(() => {
      mica.close();
      oracle.close();
      rmSync(dir, { recursive: true });
    });
    for (const sql of c.queries.trim().split('\n')) {
      it(sql, () => {
        expect(planOf(mica, sql)).toEqual(planOf(oracle, sql));
        const want = oracle.run(sql);
        expect(want.kind).toBe('rows');
        expect(mica.run(sql)).toEqual(want);
      });
    }
  });
}
