/** sqllogictest: select1 to select5 and the smoke list, where the corpus is present. */
import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { corpus, micaEngine, smokeScripts } from './run.ts';
import { readScript, runScript } from './runner.ts';

const present = existsSync(corpus);
if (!present) console.warn(`sqllogictest: skipped, no corpus at ${corpus}`);

const basics = [1, 2, 3, 4, 5].map((n) => join(corpus, `select${n}.test.gz`));

describe.runIf(present)('sqllogictest', () => {
  const scripts = present ? [...new Set([...basics, ...smokeScripts()])] : [];
  let total = 0;
  for (const script of scripts) {
    it(relative(corpus, script), () => {
      const report = runScript(micaEngine(), readScript(script), 5);
      expect(report.failures).toEqual([]);
      total += report.passed;
    });
  }
  it('reports how many records passed', () => {
    console.log(`sqllogictest: ${total} records passed in ${scripts.length} scripts`);
    expect(total).toBeGreaterThan(0);
  });
});
