/** Case files against their expectations, in memory and on a file, and the expectations against the oracle. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Oracle } from '../oracle/better.ts';
import { Mica } from '../oracle/mica.ts';
import type { Engine } from '../oracle/render.ts';
import { comparable, expectationOf, parseCases } from './format.ts';

const folder = new URL('.', import.meta.url).pathname;

function check(
  engine: Engine,
  steps: ReturnType<typeof parseCases>[number]['steps'],
  isOracle: boolean,
): void {
  try {
    for (const step of steps) {
      const got = expectationOf(comparable(step.sql, engine.run(step.sql)));
      if (step.gap !== null && !isOracle) continue;
      expect(got, `line ${step.line}: ${step.sql}`).toEqual(step.expected);
    }
  } finally {
    engine.close();
  }
}

for (const file of readdirSync(folder).filter((f) => f.endsWith('.sql'))) {
  const groups = parseCases(readFileSync(join(folder, file), 'utf8'));
  describe(file, () => {
    for (const group of groups) {
      it(`${group.name}: the oracle agrees`, () => check(new Oracle(), group.steps, true));
      it(`${group.name}: in memory`, () => check(new Mica(), group.steps, false));
      it(`${group.name}: on a file`, () => {
        const dir = mkdtempSync(join(tmpdir(), 'mica-'));
        try {
          check(new Mica(join(dir, 'case.db')), group.steps, false);
          const oracle = new Oracle(join(dir, 'case.db'));
          expect(oracle.run('PRAGMA integrity_check')).toMatchObject({ rows: ["'ok'"] });
          oracle.close();
        } finally {
          rmSync(dir, { recursive: true });
        }
      });
    }
  });
}
