/** For the tests: the shell as a child process, and the sqlite3 program beside it. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';

const source = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** A directory of the test's own with the shell built into it. */
export class Workshop {
  readonly dir = mkdtempSync(join(tmpdir(), 'mica-shell-'));
  private readonly program = join(this.dir, 'mica.mjs');

  constructor() {
    buildSync({
      entryPoints: [source('mica.ts')],
      outfile: this.program,
      bundle: true,
      format: 'esm',
      platform: 'node',
      alias: { micadb: source('../../micadb/src/api/index.ts') },
      // Libraries in CommonJS ask for Node's modules with require().
      banner: {
        js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
      },
    });
  }

  mica(args: readonly string[], input = ''): Ended {
    return this.run(process.execPath, [this.program, ...args], input);
  }

  sqlite3(args: readonly string[], input = ''): Ended {
    return this.run('sqlite3', args, input);
  }

  private run(command: string, args: readonly string[], input: string): Ended {
    const done = spawnSync(command, args, {
      cwd: this.dir,
      input,
      encoding: 'utf8',
      // The sqlite3 program would read the user's settings.
      env: { ...process.env, HOME: this.dir },
    });
    if (done.error !== undefined) throw done.error;
    return { code: done.status, out: done.stdout, err: done.stderr };
  }

  close(): void {
    rmSync(this.dir, { recursive: true, force: true });
  }
}

export const hasSqlite3 = spawnSync('sqlite3', ['--version']).status === 0;
