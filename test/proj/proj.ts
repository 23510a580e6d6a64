/** PROJ's coordinate-system database (Debian's proj-data package), fetched once and kept outside the repository. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';

const cache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'mica-tests');

/** The path of proj.db, or null (with a word of why) when it cannot be had. */
export function projDatabase(): string | null {
  const target = join(cache, 'proj.db');
  if (existsSync(target)) return target;
  const work = mkdtempSync(join(tmpdir(), 'mica-proj-'));
  try {
    try {
      execFileSync('apt-get', ['download', 'proj-data'], { cwd: work, stdio: 'pipe' });
    } catch {
      // The package lists of a fresh machine are empty.
      execFileSync('apt-get', ['update', '-qq'], { stdio: 'pipe' });
      execFileSync('apt-get', ['download', 'proj-data'], { cwd: work, stdio: 'pipe' });
    }
    const deb = readdirSync(work).find((f) => f.endsWith('.deb'))!;
    execFileSync('dpkg', ['-x', deb, 'out'], { cwd: work, stdio: 'pipe' });
    mkdirSync(cache, { recursive: true });
    copyFileSync(join(work, 'out/usr/share/proj/proj.db'), target);
    return target;
  } catch (e) {
    const why = e instanceof Error ? e.message.split('\n')[0] : String(e);
    console.warn(`proj.db: skipped, the package proj-data cannot be downloaded (${why})`);
    return null;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
