/** What a user of each peer ships: JavaScript minified as a bundler does it, WebAssembly, native addons. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { buildSync } from 'esbuild';

const root = fileURLToPath(new URL('../..', import.meta.url));
const modules = join(root, 'bench/node_modules');

export interface Size {
  readonly name: string;
  /** Bytes: minified JavaScript, WebAssembly and addons as they are. */
  readonly script: number;
  readonly wasm: number;
  readonly addon: number;
  /** All of it, each file gzipped. */
  readonly gzip: number;
}

/** What is imported, and the files that go with it; a folder stands for the addons (`.node`) inside. */
const sources: readonly { name: string; code: string; files: readonly string[] }[] = [
  {
    name: 'mica',
    code: `export * from '${join(root, 'packages/micadb/dist/index.js')}'`,
    files: [],
  },
  {
    name: 'mica, core alone',
    code: `export { Database } from '${join(root, 'packages/micadb/dist/core.js')}'`,
    files: [],
  },
  {
    name: 'sql.js',
    code: "import init from 'sql.js'; export { init }",
    files: ['sql.js/dist/sql-wasm.wasm'],
  },
  {
    name: 'node-sqlite3-wasm',
    code: "import wasm from 'node-sqlite3-wasm'; export { wasm }",
    files: ['node-sqlite3-wasm/dist/node-sqlite3-wasm.wasm'],
  },
  {
    name: 'better-sqlite3',
    code: "import Database from 'better-sqlite3'; export { Database }",
    files: ['better-sqlite3/build/Release/better_sqlite3.node'],
  },
  {
    name: 'turso',
    code: "export * from '@tursodatabase/database/compat'",
    files: [`@tursodatabase/database-${process.platform}-${process.arch}-gnu`],
  },
];

function files(path: string): string[] {
  const whole = join(modules, path);
  if (!existsSync(whole)) return [];
  if (/\.(wasm|node)$/.test(whole)) return [whole];
  return readdirSync(whole)
    .filter((f) => f.endsWith('.node'))
    .map((f) => join(whole, f));
}

export function sizes(): Size[] {
  return sources.map(({ name, code, files: others }) => {
    const { outputFiles } = buildSync({
      stdin: { contents: code, resolveDir: join(root, 'bench') },
      bundle: true,
      minify: true,
      format: 'esm',
      platform: 'node',
      target: 'es2022',
      external: ['*.node', '@tursodatabase/database-*'],
      write: false,
      logLevel: 'silent',
    });
    const script = outputFiles[0]!.contents;
    let [wasm, addon, gzip] = [0, 0, gzipSync(script, { level: 9 }).length];
    for (const path of others.flatMap(files)) {
      const bytes = readFileSync(path);
      gzip += gzipSync(bytes, { level: 9 }).length;
      if (path.endsWith('.wasm')) wasm += bytes.length;
      else addon += bytes.length;
    }
    return { name, script: script.length, wasm, addon, gzip };
  });
}

export function sizesMarkdown(all: readonly Size[]): string {
  const kb = (n: number) => (n === 0 ? '' : (n / 1024).toFixed(0));
  return [
    '| KB | JavaScript, minified | WebAssembly | native addon | all, gzipped |',
    '|---|---|---|---|---|',
    ...all.map(
      (s) => `| ${s.name} | ${kb(s.script)} | ${kb(s.wasm)} | ${kb(s.addon)} | ${kb(s.gzip)} |`,
    ),
  ].join('\n');
}
