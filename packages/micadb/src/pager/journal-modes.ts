/**
 * Changing the journal mode (https://www.sqlite.org/pragma.html#pragma_journal_mode). Into and out of
 * WAL the file's header changes (bytes 18 and 19), by an ordinary transaction with a rollback
 * journal: before the log comes into being, after it is gone.
 */
import { SqliteError } from '../values/errors.ts';
import { LockLevel } from '../vfs/vfs.ts';
import type { DatabaseFile } from './database-file.ts';
import type { Pager } from './types.ts';

/** What the change of mode needs of a connection besides the contract. */
export interface ModeHost extends Pager {
  readonly file: DatabaseFile;
  raise(level: LockLevel): boolean;
  lower(level: LockLevel.Shared | LockLevel.None): void;
  /** Gives up the lock, or goes down to what a connection keeps between transactions. */
  lowerIdle(): void;
  /** Ends reading and keeps the lock. */
  pauseRead(): void;
}

/** 'later': the file is empty, its first transaction will write the header. */
export function enterWal(p: ModeHost): 'now' | 'later' {
  const wasOpen = p.state === 'open';
  p.beginRead();
  try {
    if (p.file.wal !== null) return 'now';
    if (p.pageCount === 0) return 'later';
    writeVersions(p, 2);
  } finally {
    if (wasOpen) p.endRead();
  }
  if (wasOpen) {
    // Opens the log.
    p.beginRead();
    p.endRead();
  }
  return 'now';
}

export function leaveWal(p: ModeHost): void {
  if (p.state !== 'open') {
    throw new SqliteError(
      'SQLITE_ERROR',
      'cannot change out of wal mode from within a transaction',
    );
  }
  const { file } = p;
  p.beginRead();
  p.pauseRead();
  try {
    if (!p.raise(LockLevel.Exclusive)) {
      // PENDING must not stay, whatever the locking mode.
      p.lower(LockLevel.Shared);
      throw new SqliteError('SQLITE_BUSY');
    }
    if (file.handle!.usedByStranger?.()) throw new SqliteError('SQLITE_BUSY');
    if (file.wal !== null) {
      file.checkpoint('passive', p.synchronous, () => false);
      if (!file.wal.allCopied) throw new SqliteError('SQLITE_BUSY');
      file.deleteWal();
    }
    file.holdWal = true;
    p.lower(LockLevel.Shared);
    p.beginRead();
    writeVersions(p, 1);
    file.walHeader = false;
    p.endRead();
  } finally {
    file.holdWal = false;
    if (stateOf(p) === 'read') p.pauseRead();
    p.lowerIdle();
  }
}

/** The state as it is now; the compiler believes that no call has changed it. */
function stateOf(p: ModeHost): Pager['state'] {
  return p.state;
}

function writeVersions(p: ModeHost, version: number): void {
  p.beginWrite(true);
  try {
    const first = p.get(1);
    const page = p.makeWritable(first);
    page.data[18] = version;
    page.data[19] = version;
    p.unpin(page);
    p.unpin(first);
    p.commitPhaseOne(null);
    p.commitPhaseTwo();
  } catch (e) {
    p.rollback();
    throw e;
  }
}

/** A journal kept by mode truncate or persist goes when the mode changes. */
export function removeIdleJournal(p: ModeHost): void {
  const { file } = p;
  if (file.kind !== 'file') return;
  const wasOpen = p.state === 'open';
  p.beginRead();
  try {
    if (!p.raise(LockLevel.Reserved)) return;
    try {
      file.vfs.delete(file.journalPath, false);
    } finally {
      p.lower(LockLevel.Shared);
    }
  } finally {
    if (wasOpen) p.endRead();
  }
}
