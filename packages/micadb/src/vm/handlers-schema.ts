/** Handlers of opcodes on databases, transactions, catalog and settings; and those of virtual tables. */
import type { Btree } from '../btree/types.ts';
import type { CheckpointMode, JournalMode } from '../pager/types.ts';
import { SqliteError } from '../values/errors.ts';
import type { Int, SqlValue } from '../values/value.ts';
import { toInt } from './arithmetic.ts';
import {
  CHECKPOINT_ALL,
  CHECKPOINT_FULL,
  CHECKPOINT_RESTART,
  CHECKPOINT_TRUNCATE,
  JOURNALMODE_QUERY,
} from './flags.ts';
import { finishRun, NO_ERROR } from './halt.ts';
import type { HandlerTable } from './handlers-data.ts';
import { Opcode } from './opcode.ts';
import type { HostRequest } from './types.ts';
import { DONE, type Handler, NEXT, type Vm } from './vm.ts';

const schemaChanged = (): SqliteError =>
  new SqliteError('SQLITE_SCHEMA', 'database schema has changed');

/** True when a later Transaction of the same prologue also writes: the savepoint waits for it. */
function moreWritesFollow(f: Parameters<Handler>[3]): boolean {
  const code = f.program.instructions;
  for (let pc = f.pc + 1; pc < code.length; pc++) {
    const op = code[pc]!;
    if (op.opcode !== Opcode.Transaction) return false;
    if (op.p2 !== 0) return true;
  }
  return false;
}

const transaction: Handler = (vm, op, _r, f) => {
  const { host, program } = vm;
  const write = op.p2 !== 0;
  if (write && host.queryOnly) {
    throw new SqliteError('SQLITE_READONLY');
  }
  const cookie = host.beginTransaction(op.p1, write, op.p2 > 1);
  if (write && program.usesStatementJournal && vm.savepoint < 0 && !moreWritesFollow(f)) {
    if (!host.autoCommit || host.activeReads > 1) {
      vm.savedDeferred = host.deferredViolations;
      vm.savedDeferredImmediate = host.deferredImmediateViolations;
      vm.savepoint = host.openStatementSavepoint();
    }
  }
  if (op.p5 !== 0) {
    const generation = typeof op.p4 === 'number' ? op.p4 : null;
    const stale =
      cookie !== op.p3 || (generation !== null && host.schemaGeneration(op.p1) !== generation);
    if (stale) {
      if (host.schemaCookie(op.p1) !== cookie) host.expireSchema(op.p1);
      vm.countsChanges = false;
      throw schemaChanged();
    }
  }
  return NEXT;
};

const journalModes: readonly JournalMode[] = [
  'delete',
  'persist',
  'off',
  'truncate',
  'memory',
  'wal',
];

const checkpointModes: Readonly<Record<number, CheckpointMode>> = {
  [CHECKPOINT_FULL]: 'full',
  [CHECKPOINT_RESTART]: 'restart',
  [CHECKPOINT_TRUNCATE]: 'truncate',
};

function checkpoint(vm: Vm, db: number, mode: number): [number, number, number] {
  const { host } = vm;
  const result: [number, number, number] = [0, -1, -1];
  const first = db === CHECKPOINT_ALL ? 0 : db;
  const last = db === CHECKPOINT_ALL ? host.databaseCount - 1 : db;
  for (let i = first; i <= last; i++) {
    // temp has no WAL; a detached database no name
    if (db === CHECKPOINT_ALL && (i === 1 || host.databaseName(i) === '')) continue;
    const r = host.btree(i).checkpoint(checkpointModes[mode] ?? 'passive');
    if (r.busy) result[0] = 1;
    if (i === first) {
      result[1] = r.log;
      result[2] = r.checkpointed;
    }
  }
  return result;
}

/** An empty file is in WAL mode only once its header says so. */
function writeFirstPage(btree: Btree): void {
  if (btree.pageCount() > 0 || btree.transaction === 'write') return;
  const keepRead = btree.transaction === 'read';
  btree.beginTransaction(true);
  btree.commitPhaseOne(null);
  btree.commitPhaseTwo(keepRead);
}

const noVirtualTables: Handler = () => {
  throw new SqliteError('SQLITE_ERROR', 'virtual tables are not supported yet');
};

export const schemaHandlers: HandlerTable = {
  [Opcode.Transaction]: transaction,
  [Opcode.Savepoint]: (vm, op) => {
    vm.host.savepoint(op.p1 as 0 | 1 | 2, op.p4 as string);
    return NEXT;
  },
  [Opcode.AutoCommit]: (vm, op) => {
    vm.host.setAutoCommit(op.p1 !== 0, op.p2 !== 0);
    finishRun(vm, NO_ERROR);
    return DONE;
  },
  [Opcode.ReadCookie]: (vm, op, r) => {
    // Header values are signed, whatever they mean.
    r[op.p2] = vm.host.btree(op.p1).getMeta(op.p3) | 0;
    return NEXT;
  },
  [Opcode.SetCookie]: (vm, op) => {
    vm.host.btree(op.p1).updateMeta(op.p2, op.p3);
    vm.host.cookieChanged(op.p1, op.p2, op.p3);
    return NEXT;
  },
  [Opcode.SqlExec]: (vm, op) => {
    vm.host.execNested(op.p4 as string);
    return NEXT;
  },
  [Opcode.ParseSchema]: (vm, op) => {
    vm.host.parseSchema(op.p1, op.p4 as string | null);
    return NEXT;
  },
  [Opcode.LoadAnalysis]: (vm, op) => {
    vm.host.loadAnalysis(op.p1);
    return NEXT;
  },
  [Opcode.DropTable]: (vm, op) => {
    vm.host.dropFromCatalog(op.p1, 'table', op.p4 as string);
    return NEXT;
  },
  [Opcode.DropIndex]: (vm, op) => {
    vm.host.dropFromCatalog(op.p1, 'index', op.p4 as string);
    return NEXT;
  },
  [Opcode.DropTrigger]: (vm, op) => {
    vm.host.dropFromCatalog(op.p1, 'trigger', op.p4 as string);
    return NEXT;
  },
  [Opcode.IntegrityCk]: (vm, op, r) => {
    const left = Number(toInt(r[op.p1]!));
    const roots = [...(op.p4 as Int32Array)];
    const counts: Int[] = [];
    const messages = vm.host.btree(op.p5).integrityCheck(roots, left + 1, counts);
    for (let i = 0; i < op.p2 && op.p3 > 0; i++) r[op.p3 + i] = counts[i] ?? 0;
    let text: SqlValue = null;
    if (messages.length > 0) {
      text = messages.join('\n');
      r[op.p1] = left - (messages.length - 1);
    }
    r[op.p1 + 1] = text;
    return NEXT;
  },
  [Opcode.Checkpoint]: (vm, op, r) => {
    const [busy, log, copied] = checkpoint(vm, op.p1, op.p2);
    r[op.p3] = busy;
    r[op.p3 + 1] = log;
    r[op.p3 + 2] = copied;
    return NEXT;
  },
  [Opcode.JournalMode]: (vm, op, r) => {
    const { pager } = vm.host.btree(op.p1);
    const mode = journalModes[op.p3];
    const impossible = pager.modified || (mode === 'wal' && (pager.isMemory || pager.isTemp));
    if (op.p3 === JOURNALMODE_QUERY || mode === undefined || impossible) {
      r[op.p2] = pager.journalMode;
      return NEXT;
    }
    const leavesOrEntersWal = (mode === 'wal') !== (pager.journalMode === 'wal');
    if (leavesOrEntersWal && (!vm.host.autoCommit || vm.host.activeReads > 1)) {
      throw new SqliteError(
        'SQLITE_ERROR',
        `cannot change ${mode === 'wal' ? 'into' : 'out of'} wal mode from within a transaction`,
      );
    }
    const after = pager.setJournalMode(mode);
    r[op.p2] = after;
    if (after === 'wal' && leavesOrEntersWal) writeFirstPage(vm.host.btree(op.p1));
    return NEXT;
  },
  [Opcode.Vacuum]: (vm, op, r) => {
    const request: HostRequest = { kind: 'host', name: 'vacuum', data: { db: op.p1 } };
    vm.host.hostCall(request, op.p2 > 0 ? [r[op.p2]!] : [null]);
    return NEXT;
  },
  [Opcode.IncrVacuum]: (vm, op) => (vm.host.btree(op.p1).incrementalVacuumStep() ? NEXT : op.p2),
  [Opcode.Expire]: (vm, op) => {
    vm.host.expirePrograms(op.p2 !== 0);
    return NEXT;
  },
  [Opcode.Pagecount]: (vm, op, r) => {
    r[op.p2] = vm.host.btree(op.p1).pageCount();
    return NEXT;
  },
  [Opcode.MaxPgcnt]: (vm, op, r) => {
    const btree = vm.host.btree(op.p1);
    if (op.p3 !== 0) btree.pager.maxPageCount = Math.max(op.p3, btree.pageCount());
    r[op.p2] = btree.pager.maxPageCount;
    return NEXT;
  },
  [Opcode.HostCall]: (vm, op, r) => {
    const v = vm.host.hostCall(op.p4 as HostRequest, r.slice(op.p1, op.p1 + op.p3));
    if (op.p2 > 0) r[op.p2] = v;
    return NEXT;
  },
  [Opcode.VOpen]: noVirtualTables,
  [Opcode.VFilter]: noVirtualTables,
  [Opcode.VColumn]: noVirtualTables,
  [Opcode.VNext]: noVirtualTables,
  [Opcode.VUpdate]: noVirtualTables,
  [Opcode.VBegin]: noVirtualTables,
  [Opcode.VCreate]: noVirtualTables,
  [Opcode.VDestroy]: noVirtualTables,
  [Opcode.VRename]: noVirtualTables,
  [Opcode.VInitIn]: noVirtualTables,
};
