/**
 * Makes a fresh clone ready: installs packages when they are missing or the lock file changed, builds
 * when sources are newer than the output, and (for `test`) installs Debian's sqlite3 program and the
 * newer Node that serve as oracles, where that is possible. Says what it does and what it skips.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
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
  // Not `npm ci`: it fails where a registry lacks the binaries of other platforms that some packages list.
  run('npm', ['install', '--no-audit', '--no-fund']);
  writeFileSync(stamp, lock);
}

function build() {
  const out = join(root, 'packages/cli/dist/mica.js');
  const sources = Math.max(
    newest(join(root, 'packages/micadb/src')),
    newest(join(root, 'packages/cli/src')),
  );
  if (existsSync(out) && statSync(out).mtimeMs > sources) return;
  console.error('mica: building ...');
  run(process.execPath, ['scripts/build.mjs']);
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

/** The newest Node, for its node:sqlite; kept apart so that it does not shadow the Node in use. */
function installNewNode() {
  const dir = join(root, '.cache', 'newest-node');
  if (existsSync(join(dir, 'node_modules', 'node', 'bin', 'node'))) return;
  mkdirSync(dir, { recursive: true });
  writeFileSync(
    join(dir, 'package.json'),
    JSON.stringify({ private: true, dependencies: { node: '26.10.0' } }),
  );
  try {
    run('npm', ['install', '--no-audit', '--no-fund'], { cwd: dir });
  } catch {
    console.error('mica: no newer Node; tests that need node:sqlite are skipped');
  }
}

installPackages();
build();
if (mode === 'test') {
  installProgram();
  installNewNode();
}
