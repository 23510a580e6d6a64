/**
 * The newest Node that npm has, in a folder outside version control (bench/.cache): with better-sqlite3's
 * addon compiled for it, where there is a compiler. `newest()` gives the program and its environment.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const VERSION = '26.10.0';

const bench = fileURLToPath(new URL('.', import.meta.url));
const home = join(bench, '.cache', `node-${VERSION}`);
const quiet = { stdio: ['ignore', 'ignore', 'pipe'] };
const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';

/** The package `node` brings the program in a package of the platform; npm may have left its script out. */
function install() {
  const program = join(home, 'node_modules/node/bin/node');
  if (existsSync(program)) return program;
  console.error(`bench: fetching Node ${VERSION} ...`);
  mkdirSync(home, { recursive: true });
  const options = ['--prefix', home, '--no-save', '--no-audit', '--no-fund'];
  execFileSync(npm, ['install', ...options, `node@${VERSION}`], quiet);
  if (!existsSync(program)) {
    const cwd = join(home, 'node_modules/node');
    execFileSync(process.execPath, ['installArchSpecificPackage.js'], { ...quiet, cwd });
  }
  return program;
}

/** node-gyp as npm brings it. */
function gyp() {
  const modules = execFileSync(npm, ['root', '--global'], {
    ...quiet,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return join(modules.toString().trim(), 'npm/node_modules/node-gyp/bin/node-gyp.js');
}

/** The addon for this version; null where it cannot be compiled. The headers are those of the package. */
function addon(program) {
  const copy = join(home, 'better-sqlite3');
  const built = join(copy, 'build/Release/better_sqlite3.node');
  if (existsSync(built)) return built;
  const headers = [
    join(home, 'node_modules/node/node_modules', `node-${process.platform}-${process.arch}`),
    join(home, 'node_modules', `node-${process.platform}-${process.arch}`),
  ].find((dir) => existsSync(join(dir, 'include/node/node.h')));
  if (headers === undefined) return null;
  console.error(`bench: compiling better-sqlite3 for Node ${VERSION} (about two minutes) ...`);
  try {
    cpSync(join(bench, 'node_modules/better-sqlite3'), copy, { recursive: true });
    rmSync(join(copy, 'build'), { recursive: true, force: true });
    const env = { ...process.env, PATH: `${dirname(program)}:${process.env.PATH}` };
    execFileSync(program, [gyp(), 'rebuild', '--release', `--nodedir=${headers}`], {
      ...quiet,
      cwd: copy,
      env,
      maxBuffer: 2 ** 26,
    });
    return built;
  } catch (e) {
    rmSync(copy, { recursive: true, force: true });
    console.error(`bench: it does not compile: ${String(e.message).split('\n')[0]}`);
    return null;
  }
}

/** Program and environment; null, with a word of why, where it cannot be had. */
export function newest() {
  try {
    const program = install();
    const binding = addon(program);
    const env = binding === null ? {} : { BENCH_BETTER_SQLITE3: binding };
    return { program, env: { ...process.env, ...env } };
  } catch (e) {
    console.error(`bench: no newer Node: ${String(e.message).split('\n')[0]}`);
    return null;
  }
}
