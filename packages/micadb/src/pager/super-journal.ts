/**
 * The super-journal: the commit point of a transaction over several files
 * (https://www.sqlite.org/atomiccommit.html §5). It holds the names of the child journals, each
 * ended by a zero byte; as long as it exists the children that name it are hot.
 *
 * Order: create and sync it; first half of commit for every file, with its name in each journal;
 * delete it (this commits all files at once); second half of commit for every file. When a first half
 * fails, `deleteSuperJournal` would commit the files that are through: `dropSuperJournal` deletes it
 * only when no journal names it, and the rollback of the last file that does removes it.
 */
import { SqliteError } from '../values/errors.ts';
import type { Vfs } from '../vfs/vfs.ts';
import { encodeName } from './bytes.ts';

/** Makes the super-journal beside `mainPath`, durable with its directory; returns its path. */
export function createSuperJournal(
  vfs: Vfs,
  mainPath: string,
  childJournals: readonly string[],
): string {
  const random = new Uint8Array(4);
  let path = '';
  for (let tries = 0; ; tries++) {
    if (tries > 100) throw new SqliteError('SQLITE_FULL');
    vfs.randomness(random);
    const hex = [...random].map((b) => b.toString(16).padStart(2, '0').toUpperCase()).join('');
    path = `${mainPath}-mj${hex.slice(0, 6)}9${hex.slice(6)}`;
    if (!vfs.exists(path)) break;
  }
  const bytes = encodeName(childJournals.map((name) => `${name}\0`).join(''));
  const file = vfs.open(path, { kind: 'super-journal', create: true, readonly: false });
  try {
    file.write(bytes, 0, bytes.length, 0);
    file.sync(false);
  } catch (e) {
    file.close();
    vfs.delete(path, false);
    throw e;
  }
  file.close();
  return path;
}

export { dropSuperJournal } from './journal.ts';

/** The commit point: from here on the children are stale. */
export function deleteSuperJournal(vfs: Vfs, path: string): void {
  vfs.delete(path, true);
}
