/**
 * Bundles the packages to their `dist`, writes the type declarations and prints the size of the engine
 * (`--sizes`: of each storey). `--into DIR` puts the engine's package into DIR instead, ready to be
 * imported from there, and leaves the shell out.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const engine = join(root, 'packages/micadb');
const cli = join(root, 'packages/cli');

const into = process.argv.indexOf('--into');
const apart = into < 0 ? null : resolve(process.argv[into + 1]);
const dist = join(apart ?? engine, 'dist');

const common = { bundle: true, format: 'esm', target: 'es2022', platform: 'node', sourcemap: true };

rmSync(dist, { recursive: true, force: true });
const result = await build({
  ...common,
  entryPoints: {
    index: join(engine, 'src/api/index.ts'),
    'better-sqlite3': join(engine, 'src/api/better-sqlite3.ts'),
    core: join(engine, 'src/api/core.ts'),
  },
  outdir: dist,
  splitting: true,
  metafile: true,
});
const types = join(dist, 'types');
execFileSync(
  process.execPath,
  [
    join(root, 'node_modules/typescript/bin/tsc'),
    ...['-p', join(engine, 'tsconfig.build.json'), '--outDir', types],
  ],
  { stdio: 'inherit' },
);
// The compiler leaves the names of sources in declarations; older ones want those of outputs.
for (const name of readdirSync(types, { recursive: true })) {
  if (!name.endsWith('.d.ts')) continue;
  const path = join(types, name);
  const text = readFileSync(path, 'utf8');
  writeFileSync(
    path,
    text.replace(/((?:from |import\()['"]\.{1,2}\/[^'"]+)\.ts(['"])/g, '$1.js$2'),
  );
}

if (apart !== null) {
  cpSync(join(engine, 'package.json'), join(apart, 'package.json'));
} else {
  await build({
    ...common,
    entryPoints: { mica: join(cli, 'src/mica.ts') },
    outdir: join(cli, 'dist'),
    packages: 'external',
    banner: { js: '#!/usr/bin/env node' },
  });
}

/** The bundle of `text`, a module in `resolveDir`, as its user would make it. */
async function minified(text, resolveDir) {
  return build({
    ...common,
    sourcemap: false,
    minify: true,
    stdin: { contents: text, resolveDir, loader: 'ts' },
    write: false,
    metafile: true,
  });
}

const kb = (n) => `${(n / 1024).toFixed(1)} KB`;

function say(what, { outputFiles: [{ contents }] }) {
  const zipped = gzipSync(contents, { level: 9 }).length;
  console.error(`${what}: ${kb(contents.length)} minified, ${kb(zipped)} gzipped`);
}

const whole = await minified(`export * from './index.ts'`, join(engine, 'src/api'));
if (process.argv.includes('--sizes') || result.warnings.length > 0) {
  const storeys = new Map();
  for (const output of Object.values(whole.metafile.outputs)) {
    for (const [path, { bytesInOutput }] of Object.entries(output.inputs)) {
      const storey = /src\/([^/]+)\//.exec(path)?.[1] ?? '(other)';
      storeys.set(storey, (storeys.get(storey) ?? 0) + bytesInOutput);
    }
  }
  for (const [storey, bytes] of [...storeys].sort((a, b) => b[1] - a[1])) {
    console.error(`  ${storey.padEnd(10)} ${kb(bytes).padStart(10)} minified`);
  }
}
say('engine', whole);
say('core alone', await minified(`export { Database } from './core.js'`, dist));
