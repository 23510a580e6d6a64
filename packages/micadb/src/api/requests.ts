/** Answers what generated programs ask of the connection: see codegen/host-requests.ts. */
import { AutoVacuum } from '../btree/types.ts';
import type {
  FlagName,
  HostCallName,
  HostCallRequests,
  HostRowName,
  HostRowRequests,
} from '../codegen/host-requests.ts';
import { COMPILE_OPTIONS } from '../functions/compile-options.ts';
import { Synchronous } from '../pager/types.ts';
import { SqliteError } from '../values/errors.ts';
import { toText } from '../values/format.ts';
import { textToString } from '../values/utf.ts';
import { type Encoding, type SqlValue, Text } from '../values/value.ts';
import type { HostRequest } from '../vm/types.ts';
import type { Connection } from './connection.ts';

type Rows = readonly (readonly SqlValue[])[];
type RowHandlers = {
  readonly [N in HostRowName]: (c: Connection, data: HostRowRequests[N]) => Rows;
};
type CallHandlers = {
  readonly [N in HostCallName]: (
    c: Connection,
    data: HostCallRequests[N],
    args: readonly SqlValue[],
  ) => SqlValue;
};

const NONE: Rows = [];

function one(v: SqlValue): Rows {
  return [[v]];
}

const flagFields = {
  automatic_index: 'automaticIndex',
  cell_size_check: 'cellSizeCheck',
  checkpoint_fullfsync: 'checkpointFullfsync',
  count_changes: 'countChanges',
  defer_foreign_keys: 'deferForeignKeys',
  empty_result_callbacks: 'emptyResultCallbacks',
  foreign_keys: 'foreignKeys',
  full_column_names: 'fullColumnNames',
  fullfsync: 'fullfsync',
  ignore_check_constraints: 'ignoreCheckConstraints',
  legacy_alter_table: 'legacyAlterTable',
  query_only: 'queryOnly',
  read_uncommitted: 'readUncommitted',
  recursive_triggers: 'recursiveTriggers',
  reverse_unordered_selects: 'reverseUnorderedSelects',
  short_column_names: 'shortColumnNames',
  trusted_schema: 'trustedSchema',
  writable_schema: 'writableSchema',
} as const satisfies Record<FlagName, string>;

const SYNC = [Synchronous.Off, Synchronous.Normal, Synchronous.Full, Synchronous.Extra] as const;

const ENCODING_NAMES: Record<Encoding, string> = { 1: 'UTF-8', 2: 'UTF-16le', 3: 'UTF-16be' };

const rowHandlers: RowHandlers = {
  'pragma.flag'(c, { flag, value, reset }) {
    const field = flagFields[flag];
    if (value === null) return one(c.settings[field] ? 1 : 0);
    if (flag === 'foreign_keys' && !c.autoCommit) return NONE;
    if (flag === 'writable_schema' && value && c.settings.defensive) return NONE;
    c.settings[field] = value;
    if (flag === 'defer_foreign_keys' && !value) {
      c.deferredViolations = 0;
      c.deferredImmediateViolations = 0;
    }
    if (flag === 'cell_size_check') for (const b of c.openBtrees()) b.cellSizeCheck = value;
    if (reset === true) c.expireAllSchemas();
    c.expire();
    return NONE;
  },
  'pragma.case_sensitive_like'(c, { value }) {
    if (value !== null) c.setCaseSensitiveLike(value);
    return NONE;
  },
  'pragma.page_size'(c, { db, value }) {
    const btree = c.btree(db);
    if (value === null) return one(btree.pager.pageSize);
    btree.setPageSize(value, btree.pager.pageSize - btree.pager.usableSize, false);
    return NONE;
  },
  'pragma.secure_delete'(c, { db, all, value }) {
    if (value !== null) {
      for (const b of all ? c.openBtrees() : [c.btree(db)]) b.secureDelete = value;
    }
    return one(c.btree(db).secureDelete);
  },
  'pragma.journal_size_limit'(c, { db, value }) {
    const { pager } = c.btree(db);
    if (value !== null) pager.journalSizeLimit = Math.max(value, -1);
    return one(pager.journalSizeLimit);
  },
  'pragma.auto_vacuum'(c, { db, value }) {
    const btree = c.btree(db);
    if (value === null) return one(btree.autoVacuum);
    if (btree.setAutoVacuum(value) && value !== AutoVacuum.None) c.storeAutoVacuum(db, value);
    return NONE;
  },
  'pragma.cache_size'(c, { db, value }) {
    const { pager } = c.btree(db);
    if (value === null) return one(pager.cacheSize);
    pager.cacheSize = value;
    return NONE;
  },
  'pragma.cache_spill'(c, { db, set }) {
    const { pager } = c.btree(db);
    if (set === null) return one(pager.cacheSpill);
    if (!set.enabled) pager.cacheSpill = 0;
    else pager.cacheSpill = set.pages ?? Math.max(pager.cacheSpill, 1);
    return NONE;
  },
  'pragma.mmap_size'(c, { db }) {
    const { pager } = c.btree(db);
    return pager.isMemory ? NONE : one(0);
  },
  'pragma.temp_store'(c, { value }) {
    if (value === null) return one(c.settings.tempStore);
    if (value !== c.settings.tempStore) {
      const temp = c.slot(1).btree;
      if (temp !== null && (!c.autoCommit || temp.transaction !== 'none')) {
        throw new SqliteError(
          'SQLITE_ERROR',
          'temporary storage cannot be changed from within a transaction',
        );
      }
      c.settings.tempStore = value;
      c.dropTempDatabase();
    }
    return NONE;
  },
  'pragma.temp_store_directory': () => NONE,
  'pragma.synchronous'(c, { db, value }) {
    const { pager } = c.btree(db);
    if (value === null) return one(pager.synchronous);
    if (!c.autoCommit) {
      throw new SqliteError('SQLITE_ERROR', 'Safety level may not be changed inside a transaction');
    }
    pager.synchronous = SYNC[value];
    return NONE;
  },
  'pragma.locking_mode'(c, { db, all, value }) {
    if (value !== null) {
      for (const b of all ? c.openBtrees() : [c.btree(db)]) b.pager.lockingMode = value;
    }
    return one(c.btree(db).pager.lockingMode);
  },
  'pragma.wal_checkpoint'(c, { db, mode }) {
    if (!c.autoCommit && mode !== 'noop') {
      const inWrite = [...c.openBtrees()].some((b) => b.transaction === 'write');
      if (inWrite) throw new SqliteError('SQLITE_LOCKED', 'database table is locked');
    }
    let first: Rows | null = null;
    const targets = db === null ? [...c.openBtrees()] : [c.btree(db)];
    for (const b of targets) {
      const r = mode === 'noop' ? b.checkpoint('passive') : b.checkpoint(mode);
      first ??= [[r.busy ? 1 : 0, r.log, r.checkpointed]];
    }
    return first ?? [[0, -1, -1]];
  },
  'pragma.wal_autocheckpoint'(c, { value }) {
    if (value !== null) {
      c.settings.walAutoCheckpoint = Math.max(value, 0);
      for (const b of c.openBtrees()) b.pager.walAutoCheckpoint = Math.max(value, 0);
    }
    return one(c.settings.walAutoCheckpoint);
  },
  'pragma.busy_timeout'(c, { value }) {
    if (value !== null) c.settings.busyTimeout = Math.max(value, 0);
    return one(c.settings.busyTimeout);
  },
  'pragma.threads': (c, { value }) => one(setting(c, 'threads', value)),
  'pragma.hard_heap_limit': (c, { value }) => one(setting(c, 'hardHeapLimit', value)),
  'pragma.soft_heap_limit': (c, { value }) => one(setting(c, 'softHeapLimit', value)),
  'pragma.analysis_limit': (c, { value }) => one(setting(c, 'analysisLimit', value)),
  'pragma.shrink_memory'(c) {
    for (const b of c.openBtrees()) b.pager.shrink();
    return NONE;
  },
  'pragma.encoding'(c, { value }) {
    if (value === null) return one(ENCODING_NAMES[c.encoding]);
    if (c.mainIsEmpty()) c.setEncoding(value);
    return NONE;
  },
  'pragma.database_list': (c) =>
    c.slots
      .map((slot, db): readonly SqlValue[] | null =>
        slot === null || slot.btree === null ? null : [db, slot.name, slot.path],
      )
      .filter((row) => row !== null),
  'pragma.collation_list': (c) => c.collations.names().map((name, i) => [i, name]),
  'pragma.module_list': () => NONE,
  'pragma.compile_options': () => COMPILE_OPTIONS.map((o) => [o]),
  'pragma.lock_status': (c) => {
    const names = ['unlocked', 'shared', 'reserved', 'pending', 'exclusive'];
    return c.slots
      .filter((s) => s !== null)
      .map((s) => [s.name, s.btree === null ? 'closed' : names[s.btree.pager.lockLevel()]!]);
  },
};

function setting(
  c: Connection,
  name: 'threads' | 'hardHeapLimit' | 'softHeapLimit' | 'analysisLimit',
  value: number | null,
): number {
  if (value !== null && value >= 0) c.settings[name] = value;
  return c.settings[name];
}

function textOf(v: SqlValue | undefined): string {
  if (v === null || v === undefined) return '';
  const text = toText(v);
  return typeof text === 'string' || text instanceof Text ? textToString(text) : '';
}

const callHandlers: CallHandlers = {
  attach(c, _data, [file, name]) {
    c.attach(textOf(file), textOf(name));
    return null;
  },
  detach(c, _data, [name]) {
    c.detach(textOf(name));
    return null;
  },
  'schema.reload'(c, { db }) {
    c.parseSchema(db, null);
    return null;
  },
  vacuum() {
    throw new SqliteError('SQLITE_ERROR', 'VACUUM is not supported yet');
  },
  optimize: () => null,
};

/** Rows for a HostRows instruction. */
export function answerRows(c: Connection, request: HostRequest, _args: readonly SqlValue[]): Rows {
  const handler = rowHandlers[request.name as HostRowName] as
    | ((c: Connection, data: unknown) => Rows)
    | undefined;
  if (handler === undefined) throw unknownRequest(request);
  return handler(c, request.data);
}

/** The value for a HostCall instruction. */
export function answerCall(
  c: Connection,
  request: HostRequest,
  args: readonly SqlValue[],
): SqlValue {
  const handler = callHandlers[request.name as HostCallName] as
    | ((c: Connection, data: unknown, args: readonly SqlValue[]) => SqlValue)
    | undefined;
  if (handler === undefined) throw unknownRequest(request);
  return handler(c, request.data, args);
}

function unknownRequest(request: HostRequest): SqliteError {
  return new SqliteError('SQLITE_INTERNAL', `unknown request of the program: ${request.name}`);
}
