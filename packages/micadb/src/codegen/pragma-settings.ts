/** Pragmas that read or change settings of the connection, and values of the file header. */
import { Meta } from '../btree/types.ts';
import {
  CHECKPOINT_ALL,
  CHECKPOINT_FULL,
  CHECKPOINT_PASSIVE,
  CHECKPOINT_RESTART,
  CHECKPOINT_TRUNCATE,
  JOURNALMODE_QUERY,
} from '../vm/flags.ts';
import { Opcode } from '../vm/opcode.ts';
import type { HostRequest } from '../vm/types.ts';
import type { Codegen } from './context.ts';
import { sqlError } from './dml.ts';
import { type FlagName, hostRowRequest } from './host-requests.ts';
import type { Pragma, PragmaCall } from './pragma.ts';
import { boolean, int32, int64, level, parseInt32 } from './pragma-args.ts';
import { codeHostRows } from './pragma-rows.ts';

/** A setting that the connection keeps; `silent` ones give no columns when they are set. */
function setting(
  name: string,
  silent: boolean,
  request: (p: PragmaCall, value: string | null, cg: Codegen) => HostRequest,
): Pragma {
  return {
    columns: [name],
    setterHasNoColumns: silent,
    code: (cg, p) => codeHostRows(cg, request(p, p.value, cg), 1),
  };
}

function flag(name: FlagName): Pragma {
  return setting(name, true, (_p, value) =>
    hostRowRequest('pragma.flag', {
      flag: name,
      value: value === null ? null : boolean(value),
      reset: name === 'writable_schema' && value?.toLowerCase() === 'reset',
    }),
  );
}

function flags(...list: readonly FlagName[]): Record<string, Pragma> {
  return Object.fromEntries(list.map((name) => [name, flag(name)]));
}

/** A value of the file header. */
function header(name: string, meta: Meta, readOnly: boolean): Pragma {
  return {
    columns: [name],
    setterHasNoColumns: !readOnly,
    code: (cg, p) => {
      const { b } = cg;
      if (p.value !== null && !readOnly) {
        cg.writesDatabase(p.db, false);
        const ignored = meta === Meta.SchemaVersion && cg.env.flags.defensive;
        if (!ignored) b.emit(Opcode.SetCookie, p.db, meta, int32(p.value));
        return;
      }
      const reg = b.newReg();
      cg.readsDatabase(p.db);
      b.emit(Opcode.ReadCookie, p.db, reg, meta);
      b.emit(Opcode.ResultRow, reg, 1);
    },
  };
}

function optionalInt32(value: string | null): number | null {
  return value === null ? null : int32(value);
}

/** Numbers that cannot be read leave the setting as it is. */
function optionalInt64(value: string | null): number | null {
  return value === null ? null : int64(value);
}

const JOURNALMODE_OFF = 2;
const JOURNAL_MODES = ['delete', 'persist', 'off', 'truncate', 'memory', 'wal'];

function codeJournalMode(cg: Codegen, p: PragmaCall): void {
  const { b } = cg;
  const reg = b.newReg();
  let mode = p.value === null ? -1 : JOURNAL_MODES.indexOf(p.value.toLowerCase());
  let named = p.named;
  if (mode < 0) {
    // A question, or a word that is no mode: answers for one database.
    mode = JOURNALMODE_QUERY;
    named = true;
  }
  // Without a journal a rollback would leave a damaged file.
  if (mode === JOURNALMODE_OFF && cg.env.flags.defensive) mode = JOURNALMODE_QUERY;
  for (let db = cg.env.catalog.schemas.length - 1; db >= 0; db--) {
    if (cg.env.catalog.schemas[db] === null || (named && db !== p.db)) continue;
    if (db === 1 && !p.named) continue;
    b.emit(Opcode.JournalMode, db, reg, mode);
  }
  b.emit(Opcode.ResultRow, reg, 1);
}

function codeCheckpoint(cg: Codegen, p: PragmaCall): void {
  const { b } = cg;
  const reg = b.newRegs(3);
  const word = p.value?.toLowerCase() ?? '';
  if (word === 'noop') {
    const request = hostRowRequest('pragma.wal_checkpoint', {
      db: p.named ? p.db : null,
      mode: 'noop',
    });
    codeHostRows(cg, request, 3);
    return;
  }
  const mode =
    word === 'full'
      ? CHECKPOINT_FULL
      : word === 'restart'
        ? CHECKPOINT_RESTART
        : word === 'truncate'
          ? CHECKPOINT_TRUNCATE
          : CHECKPOINT_PASSIVE;
  b.emit(Opcode.Checkpoint, p.named ? p.db : CHECKPOINT_ALL, mode, reg);
  b.emit(Opcode.ResultRow, reg, 3);
}

function codeIncrementalVacuum(cg: Codegen, p: PragmaCall): void {
  const { b } = cg;
  const limit = p.value === null ? null : parseInt32(p.value);
  const left = b.newReg();
  cg.writesDatabase(p.db, false);
  b.emit(Opcode.Integer, limit === null || limit <= 0 ? 0x7fffffff : limit, left);
  const step = b.emit(Opcode.IncrVacuum, p.db);
  b.emit(Opcode.AddImm, left, -1);
  b.emit(Opcode.IfPos, left, step);
  b.jumpHere(step);
}

function encodingOf(cg: Codegen, text: string): 1 | 2 | 3 | null {
  switch (text.toLowerCase().replace('-', '')) {
    case 'utf8':
      return 1;
    case 'utf16':
    case 'utf16le':
      return 2;
    case 'utf16be':
      return 3;
    default: {
      // Only a database without content would take another encoding, and so complains.
      const main = cg.env.catalog.schemas[0];
      if (main && main.tables.size <= 1) throw sqlError(`unsupported encoding: ${text}`);
      return null;
    }
  }
}

function autoVacuumOf(text: string): 0 | 1 | 2 {
  const word = text.toLowerCase();
  if (word === 'none') return 0;
  if (word === 'full') return 1;
  if (word === 'incremental') return 2;
  const n = int32(text);
  return n === 1 || n === 2 ? n : 0;
}

function tempStoreOf(text: string): 0 | 1 | 2 {
  const first = text[0];
  if (first === '0' || first === '1' || first === '2') return Number(first) as 0 | 1 | 2;
  const word = text.toLowerCase();
  return word === 'file' ? 1 : word === 'memory' ? 2 : 0;
}

function synchronousOf(text: string): 0 | 1 | 2 | 3 {
  const stored = (level(text, true, 1) + 1) & 7;
  const shown = (stored === 0 ? 1 : stored) - 1;
  return Math.min(shown, 3) as 0 | 1 | 2 | 3;
}

function lockingModeOf(text: string): 'normal' | 'exclusive' | null {
  const word = text.toLowerCase();
  return word === 'normal' || word === 'exclusive' ? word : null;
}

export const settingPragmas: Readonly<Record<string, Pragma>> = {
  ...flags(
    'automatic_index',
    'cell_size_check',
    'checkpoint_fullfsync',
    'count_changes',
    'defer_foreign_keys',
    'empty_result_callbacks',
    'foreign_keys',
    'full_column_names',
    'fullfsync',
    'ignore_check_constraints',
    'legacy_alter_table',
    'query_only',
    'read_uncommitted',
    'recursive_triggers',
    'reverse_unordered_selects',
    'short_column_names',
    'trusted_schema',
    'writable_schema',
  ),
  application_id: header('application_id', Meta.ApplicationId, false),
  data_version: header('data_version', Meta.DataVersion, true),
  freelist_count: header('freelist_count', Meta.FreePageCount, true),
  schema_version: header('schema_version', Meta.SchemaVersion, false),
  user_version: header('user_version', Meta.UserVersion, false),
  page_count: {
    columns: ['page_count'],
    code: (cg, p) => {
      const reg = cg.b.newReg();
      cg.readsDatabase(p.db);
      cg.b.emit(Opcode.Pagecount, p.db, reg);
      cg.b.emit(Opcode.ResultRow, reg, 1);
    },
  },
  max_page_count: {
    columns: ['max_page_count'],
    code: (cg, p) => {
      const reg = cg.b.newReg();
      cg.readsDatabase(p.db);
      cg.b.emit(Opcode.MaxPgcnt, p.db, reg, p.value === null ? 0 : Math.abs(int64(p.value) ?? 0));
      cg.b.emit(Opcode.ResultRow, reg, 1);
    },
  },
  journal_mode: { columns: ['journal_mode'], code: codeJournalMode },
  wal_checkpoint: { columns: ['busy', 'log', 'checkpointed'], code: codeCheckpoint },
  incremental_vacuum: { columns: [], code: codeIncrementalVacuum },
  case_sensitive_like: {
    columns: [],
    code: (cg, p) => {
      if (p.value === null) return;
      const request = hostRowRequest('pragma.case_sensitive_like', { value: boolean(p.value) });
      codeHostRows(cg, request, 0);
    },
  },
  page_size: setting('page_size', true, (p, value, cg) => {
    cg.readsDatabase(p.db);
    return hostRowRequest('pragma.page_size', { db: p.db, value: optionalInt32(value) });
  }),
  secure_delete: setting('secure_delete', false, (p, value) =>
    hostRowRequest('pragma.secure_delete', {
      db: p.db,
      all: !p.named,
      value: value === null ? null : value.toLowerCase() === 'fast' ? 2 : boolean(value) ? 1 : 0,
    }),
  ),
  journal_size_limit: setting('journal_size_limit', false, (p, value) =>
    hostRowRequest('pragma.journal_size_limit', { db: p.db, value: optionalInt64(value) }),
  ),
  auto_vacuum: setting('auto_vacuum', true, (p, value, cg) => {
    cg.readsDatabase(p.db);
    return hostRowRequest('pragma.auto_vacuum', {
      db: p.db,
      value: value === null ? null : autoVacuumOf(value),
    });
  }),
  cache_size: setting('cache_size', true, (p, value) =>
    hostRowRequest('pragma.cache_size', { db: p.db, value: optionalInt32(value) }),
  ),
  cache_spill: setting('cache_spill', true, (p, value) => {
    const pages = value === null ? null : parseInt32(value);
    return hostRowRequest('pragma.cache_spill', {
      db: p.db,
      set: value === null ? null : { enabled: boolean(value, (pages ?? 1) !== 0), pages },
    });
  }),
  mmap_size: setting('mmap_size', false, (p, value) =>
    hostRowRequest('pragma.mmap_size', { db: p.db, value: optionalInt64(value) }),
  ),
  temp_store: setting('temp_store', true, (_p, value) =>
    hostRowRequest('pragma.temp_store', { value: value === null ? null : tempStoreOf(value) }),
  ),
  temp_store_directory: setting('temp_store_directory', true, (_p, value) =>
    hostRowRequest('pragma.temp_store_directory', { value }),
  ),
  synchronous: setting('synchronous', true, (p, value) =>
    hostRowRequest('pragma.synchronous', {
      db: p.db,
      value: value === null ? null : synchronousOf(value),
    }),
  ),
  locking_mode: setting('locking_mode', false, (p, value) =>
    hostRowRequest('pragma.locking_mode', {
      db: p.db,
      all: !p.named,
      value: value === null ? null : lockingModeOf(value),
    }),
  ),
  wal_autocheckpoint: setting('wal_autocheckpoint', false, (_p, value) =>
    hostRowRequest('pragma.wal_autocheckpoint', { value: optionalInt32(value) }),
  ),
  busy_timeout: setting('timeout', false, (_p, value) =>
    hostRowRequest('pragma.busy_timeout', { value: optionalInt32(value) }),
  ),
  threads: setting('threads', false, (_p, value) =>
    hostRowRequest('pragma.threads', { value: optionalInt64(value) }),
  ),
  hard_heap_limit: setting('hard_heap_limit', false, (_p, value) =>
    hostRowRequest('pragma.hard_heap_limit', { value: optionalInt64(value) }),
  ),
  soft_heap_limit: setting('soft_heap_limit', false, (_p, value) =>
    hostRowRequest('pragma.soft_heap_limit', { value: optionalInt64(value) }),
  ),
  analysis_limit: setting('analysis_limit', false, (_p, value) =>
    hostRowRequest('pragma.analysis_limit', { value: optionalInt64(value) }),
  ),
  shrink_memory: {
    columns: [],
    code: (cg) => codeHostRows(cg, hostRowRequest('pragma.shrink_memory', {}), 0),
  },
  encoding: setting('encoding', true, (_p, value, cg) =>
    hostRowRequest('pragma.encoding', { value: value === null ? null : encodingOf(cg, value) }),
  ),
  // Statistics are never refreshed by themselves yet: there is nothing to do.
  optimize: { columns: ['optimize'], code: () => {} },
};
