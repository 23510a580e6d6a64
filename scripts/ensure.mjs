/**
 * Makes a fresh clone ready, with nothing but Node and npm: `node scripts/ensure.mjs build|test`.
 *
 *  - `build` (before `npm start`): installs packages when they are missing or the lock file has changed,
 *    and builds when sources are newer than the output. No package runs a script: nothing is compiled.
 *  - `test` (before `npm test`): besides, makes what the tests compare with: better-sqlite3 (compiled from
 *    source) and, where that is possible, Debian's sqlite3 program.
 *
 * It writes to standard error only, says what it does and what it skips, and does nothing when
 * everything is there.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const mode = process.argv[2] ?? 'build';

function run(command, args, options = {}) {
  execFileSync(command, args, { cwd: root, stdio: ['ignore', 2, 2], ...options });
}

function newest(dir) {
  let time = 0;
  for (const e of readdirSync(dir, { withFileTypes: true })) {
    const path = join(dir, e.name);
    time = Math.max(time, e.isDirectory() ? newest(path) : statSync(path).mtimeMs);
  }
  return time;
}

function installPackages() {
  const stamp = join(root, 'node_modules', '.mica-installed');
  const lock = readFileSync(join(root, 'package-lock.json'), 'utf8');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return;
  console.error('mica: installing packages ...');
  // Not `npm ci`: it fails where a registry lacks the binaries of other platforms that some packages
  // list. --no-save leaves the lock file as it is.
  run('npm', ['install', '--ignore-scripts', '--no-save', '--no-audit', '--no-fund']);
  writeFileSync(stamp, lock);
}

function build() {
  const outputs = ['packages/micadb/dist/index.js', 'packages/cli/dist/mica.js'];
  const sources = Math.max(
    ...['packages/micadb/src', 'packages/cli/src', 'scripts'].map((d) => newest(join(root, d))),
  );
  const fresh = (path) => existsSync(path) && statSync(path).mtimeMs > sources;
  if (outputs.every((path) => fresh(join(root, path)))) return;
  console.error('mica: building ...');
  run(process.execPath, ['scripts/build.mjs']);
}

/** True when better-sqlite3 is compiled, for this version of Node. */
function oracleWorks() {
  const script = "new (require('better-sqlite3'))(':memory:').close()";
  try {
    execFileSync(process.execPath, ['-e', script], { cwd: root, stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** The oracle of most tests. Packages are installed without their scripts, so it is compiled here. */
function compileOracle() {
  if (oracleWorks()) return;
  console.error('mica: compiling better-sqlite3 (the oracle of the tests) ...');
  const attempts = [
    ['rebuild', 'better-sqlite3'],
    ['run', 'install', '--prefix', join('node_modules', 'better-sqlite3')],
  ];
  for (const args of attempts) {
    try {
      run('npm', args);
    } catch {
      // Seen below.
    }
    if (oracleWorks()) return;
  }
  console.error(
    'mica: better-sqlite3 cannot be compiled: the tests need a C++ compiler, make and Python 3',
  );
  process.exit(1);
}

/** Debian's sqlite3 program, for tests that cross files with it. */
function installProgram() {
  try {
    execFileSync('sqlite3', ['--version'], { stdio: 'ignore' });
    return;
  } catch {
    // Not there: try to install it below.
  }
  try {
    run('apt-get', ['install', '-y', '-qq', 'sqlite3']);
  } catch {
    try {
      run('apt-get', ['update', '-qq']);
      run('apt-get', ['install', '-y', '-qq', 'sqlite3']);
    } catch {
      console.error('mica: no sqlite3 program; tests that need it are skipped');
    }
  }
}

installPackages();
build();
if (mode === 'test') {
  compileOracle();
  installProgram();
}
