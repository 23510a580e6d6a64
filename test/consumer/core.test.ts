/**
 * `micadb/core` as a bundler for browsers takes it: nothing of Node, nothing that was not turned on, and
 * all of that in fewer than 200 KB.
 */
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { expect, test } from 'vitest';

const resolveDir = fileURLToPath(new URL('../../packages/micadb/src/api', import.meta.url));

async function bundle(contents: string): Promise<{ text: string; files: string[] }> {
  const result = await build({
    stdin: { contents, resolveDir, loader: 'ts' },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    write: false,
    metafile: true,
  });
  const inputs = Object.values(result.metafile.outputs).flatMap((o) => Object.entries(o.inputs));
  const files = inputs.filter(([, i]) => i.bytesInOutput > 0).map(([path]) => path);
  return { text: result.outputFiles[0]!.text, files };
}

const has = (files: readonly string[], part: string): boolean =>
  files.some((path) => path.includes(part));

/** Runs a bundle; what it exports as `answer`. */
async function answer(text: string): Promise<unknown> {
  const module = await import(
    `data:text/javascript;base64,${Buffer.from(text).toString('base64')}`
  );
  return (module as { answer: unknown }).answer;
}

test('alone it has no family of functions and no compiler', async () => {
  const { text, files } = await bundle(`
    import { Database } from './core.ts';
    const db = new Database();
    const names = ['abs(-1)', 'sum(1)', "json('[1]')", "date('2024-01-01')", 'pi()'];
    export const answer = names.map((sql) => {
      try {
        return db.prepare('SELECT ' + sql).mode('pluck').get();
      } catch (e) {
        return e.message;
      }
    });`);
  expect(has(files, 'functions/string')).toBe(true);
  for (const part of [
    'functions/json',
    'functions/date',
    'functions/math',
    'vm/jit/',
    'btree/integrity',
    'node-',
  ]) {
    expect(has(files, part), part).toBe(false);
  }
  expect(gzipSync(text, { level: 9 }).length).toBeLessThan(200 * 1024);
  expect(await answer(text)).toEqual([
    1,
    1,
    'no such function: json',
    'no such function: date',
    'no such function: pi',
  ]);
});

test('what is turned on comes along', async () => {
  const { text, files } = await bundle(`
    import { Database, useCompiler, useJson } from './core.ts';
    useJson();
    useCompiler();
    const sql = "SELECT json_extract('[1, 2]', '$[1]')";
    export const answer = new Database().prepare(sql).mode('pluck').get();`);
  for (const part of ['functions/json', 'vm/jit/']) expect(has(files, part), part).toBe(true);
  expect(has(files, 'functions/date')).toBe(false);
  expect(await answer(text)).toBe(2);
});

test('a check that was not turned on is no silent one', async () => {
  const alone = await bundle(`
    import { Database } from './core.ts';
    let answer;
    try {
      new Database().pragma('integrity_check');
    } catch (e) {
      answer = e.message;
    }
    export { answer };`);
  expect(await answer(alone.text)).toBe('PRAGMA integrity_check was not turned on: useChecks()');
  const { text } = await bundle(`
    import { Database, useChecks } from './core.ts';
    useChecks();
    const db = new Database();
    db.exec('CREATE TABLE t(x)');
    export const answer = db.pragma('integrity_check');`);
  expect(await answer(text)).toEqual([{ integrity_check: 'ok' }]);
});
