/** Bundles the packages to dist, writes the type declarations and prints the size of each storey. */
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const engine = join(root, 'packages/micadb');
const cli = join(root, 'packages/cli');

const common = { bundle: true, format: 'esm', target: 'es2022', platform: 'node', sourcemap: true };

rmSync(join(engine, 'dist'), { recursive: true, force: true });
const result = await build({
  ...common,
  entryPoints: {
    index: join(engine, 'src/api/index.ts'),
    'better-sqlite3': join(engine, 'src/api/better-sqlite3.ts'),
  },
  outdir: join(engine, 'dist'),
  splitting: true,
  metafile: true,
});
execFileSync(
  process.execPath,
  [join(root, 'node_modules/typescript/bin/tsc'), '-p', join(engine, 'tsconfig.build.json')],
  { stdio: 'inherit' },
);

await build({
  ...common,
  entryPoints: { mica: join(cli, 'src/mica.ts') },
  outdir: join(cli, 'dist'),
  packages: 'external',
  banner: { js: '#!/usr/bin/env node' },
});

/** Minified and gzipped size of the whole engine, and each storey's share of the minified bytes. */
const minified = await build({
  ...common,
  sourcemap: false,
  minify: true,
  entryPoints: [join(engine, 'src/api/index.ts')],
  write: false,
  metafile: true,
});
const storeys = new Map();
for (const output of Object.values(minified.metafile.outputs)) {
  for (const [path, { bytesInOutput }] of Object.entries(output.inputs)) {
    const storey = /src\/([^/]+)\//.exec(path)?.[1] ?? '(other)';
    storeys.set(storey, (storeys.get(storey) ?? 0) + bytesInOutput);
  }
}
const whole = minified.outputFiles[0].contents;
const kb = (n) => `${(n / 1024).toFixed(1)} KB`;
if (process.argv.includes('--sizes') || result.warnings.length > 0) {
  for (const [storey, bytes] of [...storeys].sort((a, b) => b[1] - a[1])) {
    console.error(`  ${storey.padEnd(10)} ${kb(bytes).padStart(10)} minified`);
  }
}
console.error(
  `engine: ${kb(whole.length)} minified, ${kb(gzipSync(whole, { level: 9 }).length)} gzipped`,
);
