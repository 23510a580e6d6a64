/**
 * Commit over all databases of a connection. Where two or more files in rollback modes change, the
 * commit is atomic through a super-journal (https://www.sqlite.org/atomiccommit.html §5); in WAL mode
 * it is atomic per file.
 */
import type { Btree } from '../btree/types.ts';
import {
  createSuperJournal,
  deleteSuperJournal,
  dropSuperJournal,
} from '../pager/super-journal.ts';
import { Synchronous } from '../pager/types.ts';
import { SqliteError } from '../values/errors.ts';
import type { Connection } from './connection.ts';

/** True for a file whose commit point is a rollback journal that survives a crash. */
function needsSuperJournal(btree: Btree): boolean {
  const { pager } = btree;
  if (pager.isMemory || pager.isTemp || pager.synchronous === Synchronous.Off) return false;
  return ['delete', 'truncate', 'persist'].includes(pager.journalMode);
}

/** Removes super-journals of failed commits that no journal names any more. */
export function dropLeftSuperJournals(connection: Connection): void {
  const { leftSuperJournals, vfs } = connection;
  for (const path of leftSuperJournals) {
    try {
      dropSuperJournal(vfs, path);
      if (!vfs.exists(path)) leftSuperJournals.delete(path);
    } catch (e) {
      // It does no harm, and may be removed another time.
      if (!(e instanceof SqliteError)) throw e;
    }
  }
}

/**
 * Ends all transactions of the connection, writing what is to be written. SQLITE_BUSY (and any other
 * failure of the first phase) leaves all transactions open. Read transactions end too unless other
 * statements still read (`keepRead`).
 */
export function commitAll(connection: Connection, keepRead: boolean): void {
  const { slots } = connection;
  let writing = 0;
  let last: Btree | null = null;
  for (let i = 0; i < slots.length; i++) {
    const btree = slots[i]?.btree;
    if (btree?.transaction !== 'write') continue;
    btree.pager.lockForCommit();
    writing++;
    last = btree;
  }
  if (writing > 1) commitTogether(connection, keepRead);
  else if (last !== null) {
    last.commitPhaseOne(null);
    last.commitPhaseTwo(keepRead);
  }
  if (connection.leftSuperJournals.size > 0) dropLeftSuperJournals(connection);
  if (keepRead) return;
  for (let i = 0; i < slots.length; i++) {
    const btree = slots[i]?.btree;
    if (btree?.transaction === 'read') btree.endRead();
  }
}

/** The commit of several files. */
function commitTogether(connection: Connection, keepRead: boolean): void {
  const writers = [...connection.openBtrees()].filter((b) => b.transaction === 'write');
  const journaled = writers.filter(needsSuperJournal);
  const main = connection.slot(0).btree;
  const together =
    journaled.length > 1 && main !== null && !main.pager.isMemory && !main.pager.isTemp;
  const superJournal = together
    ? createSuperJournal(
        connection.vfs,
        main.pager.path,
        journaled.map((b) => b.pager.journalPath).filter((p) => p !== null),
      )
    : null;
  try {
    for (const b of writers) b.commitPhaseOne(journaled.includes(b) ? superJournal : null);
  } catch (e) {
    // Files that are through their first half name it in their journals: it must stay for them.
    if (superJournal !== null) {
      connection.leftSuperJournals.add(superJournal);
      dropLeftSuperJournals(connection);
    }
    throw e;
  }
  // The commit point of all files together: from here on their journals are stale.
  if (superJournal !== null) deleteSuperJournal(connection.vfs, superJournal);
  for (const b of writers) b.commitPhaseTwo(keepRead);
}
