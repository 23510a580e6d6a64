/**
 * The JavaScript of README and docs does what its comments say: each example is run, and what it prints must be
 * the comments that follow its console.log calls, in their order.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import { afterAll, beforeAll, expect, test } from 'vitest';

const path = (name: string): string => fileURLToPath(new URL(`../${name}`, import.meta.url));
const pages = ['README.md', 'docs/performance.md'].map((name) => readFileSync(path(name), 'utf8'));
const examples = [...pages.join('\n').matchAll(/^```(?:js|javascript)\n([\s\S]*?)^```/gm)].map(
  (m) => m[1]!,
);

const dir = mkdtempSync(join(tmpdir(), 'mica-readme-'));
beforeAll(() => {
  buildSync({
    entryPoints: {
      'micadb/index': path('packages/micadb/src/api/index.ts'),
      'micadb/better-sqlite3': path('packages/micadb/src/api/better-sqlite3.ts'),
    },
    outdir: join(dir, 'node_modules'),
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
  });
  const exports = { '.': './index.js', './better-sqlite3': './better-sqlite3.js' };
  const json = JSON.stringify({ name: 'micadb', type: 'module', exports });
  writeFileSync(join(dir, 'node_modules/micadb/package.json'), json);
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** What the comments say: whole lines of comment after a line that prints. */
function promised(code: string): string {
  let out = '';
  let printed = false;
  for (const line of code.split('\n')) {
    const comment = /^\s*\/\/ ?(.*)$/.exec(line)?.[1];
    if (comment === undefined) printed ||= line.includes('console.log(');
    else if (printed) out += `${comment}\n`;
    if (line.trim() === '') printed = false;
  }
  return out;
}

test('there are examples', () => {
  expect(examples.length).toBeGreaterThanOrEqual(3);
  expect(examples.every((code) => promised(code) !== '')).toBe(true);
});

test.each(examples.map((code, i) => [i + 1, code] as const))('example %i', (i, code) => {
  const file = join(dir, `example${i}.mjs`);
  writeFileSync(file, code);
  const { stdout, stderr } = spawnSync(process.execPath, [file], { cwd: dir, encoding: 'utf8' });
  expect(stderr).toBe('');
  expect(stdout).toBe(promised(code));
});
