/**
 * Installs the benchmark's peers when they are missing, builds the engine and the benchmark, and runs it:
 * under this runtime, and, when nothing narrows the run or `--runtime` asks for it, under the newest one.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { newest } from '../bench/newest.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const bench = join(root, 'bench');
const args = process.argv.slice(2);

function run(command, args, cwd, env = process.env) {
  const { status } = spawnSync(command, args, { cwd, env, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

function value(name) {
  const at = args.findIndex((a) => a === name || a.startsWith(`${name}=`));
  return at < 0 ? undefined : (args[at].split('=')[1] ?? args[at + 1]);
}

if (!existsSync(join(bench, 'node_modules')))
  run('npm', ['install', '--no-audit', '--no-fund'], bench);
run(process.execPath, [join(root, 'scripts/ensure.mjs'), 'build'], root);
run(process.execPath, [join(root, 'scripts/build.mjs')], root);
run(
  join(bench, 'node_modules/esbuild/bin/esbuild'),
  [
    'src/main.ts',
    'src/scale-child.ts',
    'src/allocations-child.ts',
    '--bundle',
    '--platform=node',
    '--format=esm',
    '--target=es2022',
    '--packages=external',
    '--external:../../packages/micadb/dist/index.js',
    '--outdir=dist',
    '--out-extension:.js=.mjs',
    '--log-level=warning',
  ],
  bench,
);

const narrow = [
  '--quick',
  '--only',
  '--group',
  '--peers',
  '--profile',
  '--help',
  '--sizes',
  '--render',
];
const narrowed = args.some((a) => narrow.includes(a.split('=')[0]));
const runtime = value('--runtime') ?? (narrowed ? 'oldest' : 'both');
const main = [join(bench, 'dist/main.mjs'), ...args];
if (runtime !== 'newest') run(process.execPath, main, root);
if (runtime !== 'oldest') {
  const other = newest();
  if (other !== null) run(other.program, main, root, other.env);
  else if (runtime === 'newest') process.exit(1);
}
