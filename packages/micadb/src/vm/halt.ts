/**
 * How a run ends: what becomes of its statement savepoint and of the transaction, by the result and by
 * the conflict action of the error (https://www.sqlite.org/lang_conflict.html, lang_transaction.html §3).
 *
 *   autocommit, nobody else writes:  success and FAIL commit, every other error rolls back
 *   inside a transaction:            success and FAIL keep the statement's changes, ABORT undoes them,
 *                                    ROLLBACK undoes the transaction
 *   NOMEM, IOERR, INTERRUPT, FULL:   undo the transaction (INTERRUPT of a read-only program: nothing);
 *                                    NOMEM and FULL only the statement where it has a savepoint
 *   violated foreign keys:           immediate ones turn success into an ABORT, deferred ones stop a commit
 *   SQLITE_BUSY at commit:           a read-only program (COMMIT) leaves the transaction open
 */
import { ResultCode, type ResultCodeName, SqliteError } from '../values/errors.ts';
import { ON_CONFLICT_ABORT, ON_CONFLICT_FAIL, ON_CONFLICT_NONE } from './flags.ts';
import { closeCursors } from './handlers-cursor.ts';
import type { Vm } from './vm.ts';

/** In the place of an error where there is none: anything can be thrown, null too. */
export const NO_ERROR = Symbol('no error');

/** The primary code of what was thrown; foreign exceptions count as SQLITE_ERROR. 0: nothing. */
function primaryCode(error: unknown): number {
  if (error === NO_ERROR) return ResultCode.SQLITE_OK;
  return error instanceof SqliteError ? error.errcode & 0xff : ResultCode.SQLITE_ERROR;
}

function isSpecial(code: number): boolean {
  return (
    code === ResultCode.SQLITE_NOMEM ||
    code === ResultCode.SQLITE_IOERR ||
    code === ResultCode.SQLITE_INTERRUPT ||
    code === ResultCode.SQLITE_FULL
  );
}

function violation(): SqliteError {
  return new SqliteError('SQLITE_CONSTRAINT_FOREIGNKEY', 'FOREIGN KEY constraint failed');
}

/** FkCheck, and the end of a statement: immediate foreign keys must hold. */
export function checkImmediate(vm: Vm): void {
  if (vm.violations > 0) {
    vm.errorAction = ON_CONFLICT_ABORT;
    throw violation();
  }
}

function deferredViolated(vm: Vm): boolean {
  return vm.host.deferredViolations + vm.host.deferredImmediateViolations > 0;
}

function rollbackAll(vm: Vm, trip: ResultCodeName | null): void {
  vm.host.rollback(trip);
  vm.host.deferredViolations = 0;
  vm.host.deferredImmediateViolations = 0;
  vm.changeCount = 0;
  vm.savepoint = -1;
}

function rollbackTransaction(vm: Vm): void {
  rollbackAll(vm, 'SQLITE_ABORT_ROLLBACK');
  vm.host.closeSavepoints();
  vm.host.autoCommit = true;
}

function closeAll(vm: Vm): void {
  for (let f = vm.frame; ; f = f.parent) {
    closeCursors(f);
    if (f.parent === null) break;
    if (f.parent !== vm.root) continue;
    // An error inside sub-programs: the statement's own counters stand as before the outermost call.
    vm.changeCount = f.savedChanges;
    vm.host.setChanges(Number(f.savedConnectionChanges));
    vm.host.setLastInsertRowid(f.savedLastRowid);
  }
  vm.frame = vm.root;
  vm.depth = 0;
}

type SavepointOp = 'none' | 'release' | 'rollback';

/** Pages of a memory b-tree for ephemeral tables that are worth keeping for the next run. */
const KEEP_PAGES = 256;

function endTemporary(vm: Vm, failed: boolean): void {
  const tree = vm.temporary;
  if (tree === null) return;
  if (!failed && tree.pager.isMemory && tree.pageCount() <= KEEP_PAGES) return;
  vm.temporary = null;
  tree.close();
}

/** Commits, or reports why not; the error that the run then has. */
function commit(vm: Vm, error: unknown): unknown {
  const { host } = vm;
  if (deferredViolated(vm)) {
    rollbackAll(vm, null);
    return violation();
  }
  try {
    host.commit();
  } catch (e) {
    if (primaryCode(e) === ResultCode.SQLITE_BUSY && vm.program.readOnly) return e;
    rollbackAll(vm, null);
    // What OR FAIL has reported keeps its message under the new code.
    if (error instanceof SqliteError && e instanceof SqliteError) {
      return new SqliteError(e.code, error.message);
    }
    return e;
  }
  host.deferredViolations = 0;
  host.deferredImmediateViolations = 0;
  vm.savepoint = -1;
  return error;
}

/** Ends the statement's savepoint; the error that the run then has. */
function endSavepoint(vm: Vm, op: SavepointOp, error: unknown): unknown {
  if (op === 'none' || vm.savepoint < 0) return error;
  const { host } = vm;
  const handle = vm.savepoint;
  vm.savepoint = -1;
  try {
    host.closeStatementSavepoint(handle, op);
  } catch (e) {
    const code = primaryCode(error);
    rollbackTransaction(vm);
    return code === 0 || code === ResultCode.SQLITE_CONSTRAINT ? e : error;
  }
  if (op === 'rollback') {
    host.deferredViolations = vm.savedDeferred;
    host.deferredImmediateViolations = vm.savedDeferredImmediate;
  }
  return error;
}

/** Success, or an error that keeps what was done before it. */
function goesOn(vm: Vm, error: unknown): boolean {
  return (
    error === NO_ERROR || (vm.errorAction === ON_CONFLICT_FAIL && !isSpecial(primaryCode(error)))
  );
}

/** Transactions of a program that has any; the error that the run then has. */
function endTransactions(vm: Vm, first: unknown): unknown {
  const { host, program } = vm;
  let error = first;
  let op: SavepointOp = 'none';
  const code = primaryCode(error);
  const special = isSpecial(code);
  const interruptedRead = program.readOnly && code === ResultCode.SQLITE_INTERRUPT;
  if (special && !interruptedRead) {
    const statementOnly =
      (code === ResultCode.SQLITE_NOMEM || code === ResultCode.SQLITE_FULL) &&
      program.usesStatementJournal;
    if (statementOnly) op = 'rollback';
    else rollbackTransaction(vm);
  }
  if (goesOn(vm, error) && vm.violations > 0) {
    error = violation();
    vm.errorAction = ON_CONFLICT_ABORT;
  }
  if (host.autoCommit && host.activeWrites === (program.readOnly ? 0 : 1)) {
    if (goesOn(vm, error)) {
      error = commit(vm, error);
    } else if (primaryCode(error) === ResultCode.SQLITE_SCHEMA && host.activeStatements > 1) {
      vm.changeCount = 0;
    } else {
      rollbackAll(vm, null);
    }
  } else if (op === 'none') {
    if (error === NO_ERROR || vm.errorAction === ON_CONFLICT_FAIL) op = 'release';
    else if (vm.errorAction === ON_CONFLICT_ABORT || vm.errorAction === ON_CONFLICT_NONE) {
      op = 'rollback';
    } else rollbackTransaction(vm);
  }
  error = endSavepoint(vm, op, error);
  if (vm.countsChanges) {
    const changes = op === 'rollback' ? 0 : vm.changeCount;
    host.setChanges(changes);
    host.addTotalChanges(changes);
  }
  vm.changeCount = 0;
  return error;
}

/**
 * Ends the run, `error` being what it was thrown out with, or NO_ERROR. Throws the error that the statement
 * ends with, which may be another one (commit failed).
 */
export function finishRun(vm: Vm, error: unknown): void {
  if (!vm.running) {
    if (error !== NO_ERROR) throw error;
    return;
  }
  vm.running = false;
  vm.take = null;
  vm.rows = null;
  vm.convert = null;
  const { host, program } = vm;
  const isReader = vm.root.info.isReader;
  let result = error;
  try {
    closeAll(vm);
    if (isReader) result = endTransactions(vm, error);
    endTemporary(vm, error !== NO_ERROR);
  } catch (e) {
    // Ending the run failed itself: the first error counts.
    result = error === NO_ERROR ? e : error;
    vm.temporary = null;
  } finally {
    host.activeStatements--;
    if (!program.readOnly) host.activeWrites--;
    if (isReader) host.activeReads--;
  }
  if (result !== NO_ERROR) throw result;
}
