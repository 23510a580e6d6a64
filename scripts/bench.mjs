/** Installs the benchmark's peers when they are missing, builds the engine and the benchmark, and runs it. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const bench = join(root, 'bench');

function run(command, args, cwd) {
  const { status } = spawnSync(command, args, { cwd, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

if (!existsSync(join(bench, 'node_modules')))
  run('npm', ['install', '--no-audit', '--no-fund'], bench);
run(process.execPath, [join(root, 'scripts/ensure.mjs'), 'build'], root);
run(process.execPath, [join(root, 'scripts/build.mjs')], root);
const esbuild = join(bench, 'node_modules/esbuild/bin/esbuild');
run(
  esbuild,
  [
    'src/main.ts',
    '--bundle',
    '--platform=node',
    '--format=esm',
    '--target=es2022',
    '--packages=external',
  ].concat([
    '--external:../../packages/micadb/dist/index.js',
    '--outfile=dist/main.mjs',
    '--log-level=warning',
  ]),
  bench,
);
run(process.execPath, [join(bench, 'dist/main.mjs'), ...process.argv.slice(2)], root);
