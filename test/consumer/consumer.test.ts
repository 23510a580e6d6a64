/**
 * The engine's package as its users have it: built, in a node_modules of its own, type-checked by a
 * strict project without Node's types or skipLibCheck, imported and required.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const dir = mkdtempSync(join(tmpdir(), 'mica-consumer-'));

function node(...args: string[]): string {
  return execFileSync(process.execPath, args, { cwd: dir, encoding: 'utf8' });
}

beforeAll(() => {
  node(join(root, 'scripts/build.mjs'), '--into', join(dir, 'node_modules/micadb'));
  for (const file of ['native.ts', 'better.ts', 'required.cts']) {
    cpSync(join(root, 'test/consumer', file), join(dir, file));
  }
  writeFileSync(join(dir, 'package.json'), '{ "type": "module" }');
  const compilerOptions = {
    strict: true,
    module: 'NodeNext',
    target: 'ES2022',
    lib: ['ES2022'],
    types: [],
    skipLibCheck: false,
    outDir: 'out',
  };
  writeFileSync(join(dir, 'tsconfig.json'), JSON.stringify({ compilerOptions }));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

test('a TypeScript project uses both entry points', () => {
  try {
    node(join(root, 'node_modules/typescript/bin/tsc'), '-p', '.');
  } catch (e) {
    throw new Error((e as { stdout: string }).stdout);
  }
  expect(node('out/native.js')).toBe(
    "1 1 [ { id: 1, body: 'hello' } ] hello true 1\nSQLITE_ERROR 0\n",
  );
  expect(node('out/better.js')).toBe('SQLITE_ERROR\nx 5 { changes: 1, lastInsertRowid: 1 } 0\n');
  expect(node('out/required.cjs')).toBe('{ one: 1 } SqliteError\n');
});

test('the engine has no dependencies', () => {
  const script = `
    const { dependencies, peerDependencies } = require('micadb/package.json');
    console.log(dependencies, peerDependencies);`;
  writeFileSync(join(dir, 'deps.cjs'), script.replace('micadb/', './node_modules/micadb/'));
  expect(node('deps.cjs')).toBe('undefined undefined\n');
});

/** What a bundler for browsers makes of a program that uses the built core. */
async function bundled(program: string): Promise<Uint8Array> {
  const result = await build({
    stdin: { contents: program, resolveDir: dir },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    write: false,
  });
  return result.outputFiles[0]!.contents;
}

test('a bundle of the built core has only what is turned on', async () => {
  const alone = await bundled(`export { Database } from 'micadb/core'`);
  const text = new TextDecoder().decode(alone);
  const parts = {
    useJson: 'malformed JSON',
    useDates: 'weekday',
    useMath: 'acosh',
    useFormat: 'printf',
    useCompiler: '.sorter.insert(E.buffer',
    useChecks: 'never used',
  };
  for (const mark of Object.values(parts)) expect(text).not.toContain(mark);
  expect(gzipSync(alone, { level: 9 }).length).toBeLessThan(200 * 1024);
  for (const [name, mark] of Object.entries(parts)) {
    const more = await bundled(`
      import { Database, ${name} } from 'micadb/core';
      ${name}();
      export { Database };`);
    expect(new TextDecoder().decode(more), name).toContain(mark);
  }
});
