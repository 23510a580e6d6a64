/**
 * What generated programs ask of the connection through HostRows and HostCall: every request name,
 * the data that codegen hands over (already parsed and checked) and what the connection answers.
 *
 * Rules for the implementer:
 *  1. `HostRows` requests answer with rows of exactly the columns listed; no rows where SQLite
 *     gives none (most setters). A `value` of null asks for the current setting.
 *  2. `HostCall` requests answer one value (null where nothing is said).
 *  3. `db` is the index of an attached database; `allDatabases` requests act on each.
 *  4. Errors are thrown as SqliteError with SQLite's text.
 */
import type { HostRequest } from '../vm/types.ts';

/** Boolean settings of the connection (PRAGMA x, PRAGMA x=bool). */
export type FlagName =
  | 'automatic_index'
  | 'cell_size_check'
  | 'checkpoint_fullfsync'
  | 'count_changes'
  | 'defer_foreign_keys'
  | 'empty_result_callbacks'
  | 'foreign_keys'
  | 'full_column_names'
  | 'fullfsync'
  | 'ignore_check_constraints'
  | 'legacy_alter_table'
  | 'query_only'
  | 'read_uncommitted'
  | 'recursive_triggers'
  | 'reverse_unordered_selects'
  | 'short_column_names'
  | 'trusted_schema'
  | 'writable_schema';

/** Requests answered by `hostRows`. */
export interface HostRowRequests {
  /**
   * A flag: read gives one row [0|1]; set gives none. `foreign_keys` is silently not changed while a
   * transaction is open. Clearing `defer_foreign_keys` is allowed; it is cleared at commit.
   * `writable_schema` with `reset: true` (PRAGMA writable_schema=RESET) clears it and forgets schemas.
   * Setting a flag that is in CompileEnv.flags expires programs.
   */
  'pragma.flag': {
    readonly flag: FlagName;
    readonly value: boolean | null;
    readonly reset?: boolean;
  };
  /** Sets whether LIKE is case sensitive; never gives a row. */
  'pragma.case_sensitive_like': { readonly value: boolean | null };
  /** Read: [bytes]. Set: no row; takes effect only while the database is still empty (or at VACUUM). */
  'pragma.page_size': { readonly db: number; readonly value: number | null };
  /** [0|1|2], read and set (fast = 2). `all`: no schema was named, set it on every database. */
  'pragma.secure_delete': {
    readonly db: number;
    readonly all: boolean;
    readonly value: 0 | 1 | 2 | null;
  };
  /** [n], read and set; -1 is no limit. `value` below -1 counts as -1. */
  'pragma.journal_size_limit': {
    readonly db: number;
    readonly value: number | null;
  };
  /** Read: [0 none|1 full|2 incremental]; set: no row. */
  'pragma.auto_vacuum': { readonly db: number; readonly value: 0 | 1 | 2 | null };
  /** Read: [pages or -KiB]; set: no row. */
  'pragma.cache_size': { readonly db: number; readonly value: number | null };
  /**
   * Read: [pages, or 0 when spilling is off]. Set: no row. `enabled` false turns spilling off;
   * `pages` not null sets the threshold.
   */
  'pragma.cache_spill': {
    readonly db: number;
    readonly set: { readonly enabled: boolean; readonly pages: number | null } | null;
  };
  /** [bytes] for file databases when mmap is supported; no row where it is not (memory databases). */
  'pragma.mmap_size': { readonly db: number; readonly value: number | null };
  /** Read: [0|1|2]; set: no row. "temporary storage cannot be changed from within a transaction". */
  'pragma.temp_store': { readonly value: 0 | 1 | 2 | null };
  'pragma.temp_store_directory': { readonly value: string | null };
  /**
   * Read: [0 off|1 normal|2 full|3 extra]; set: no row.
   * "Safety level may not be changed inside a transaction" unless autocommit.
   */
  'pragma.synchronous': { readonly db: number; readonly value: 0 | 1 | 2 | 3 | null };
  /** ["normal"|"exclusive"], read and set. `all`: no schema named. */
  'pragma.locking_mode': {
    readonly db: number;
    readonly all: boolean;
    readonly value: 'normal' | 'exclusive' | null;
  };
  /** One row [busy, log, checkpointed]; `db` null: all databases. Not in WAL mode: 0, -1, -1. */
  'pragma.wal_checkpoint': {
    readonly db: number | null;
    readonly mode: 'passive' | 'full' | 'restart' | 'truncate' | 'noop';
  };
  /** [pages], read and set (0 or less turns it off). */
  'pragma.wal_autocheckpoint': { readonly value: number | null };
  /** [milliseconds], read and set. */
  'pragma.busy_timeout': { readonly value: number | null };
  /** [n], read and set. */
  'pragma.threads': { readonly value: number | null };
  'pragma.hard_heap_limit': { readonly value: number | null };
  'pragma.soft_heap_limit': { readonly value: number | null };
  'pragma.analysis_limit': { readonly value: number | null };
  /** No row. Frees what caches can give. */
  'pragma.shrink_memory': Record<string, never>;
  /**
   * Read: ["UTF-8"|"UTF-16le"|"UTF-16be"]; set: no row, only while the main database is still empty.
   * Value names are already normalised. (1, 2, 3 as in Encoding.)
   */
  'pragma.encoding': { readonly value: 1 | 2 | 3 | null };
  /** Rows [seq, name, file], one an open database ("" when it has no file; temp only once it is used). */
  'pragma.database_list': Record<string, never>;
  /** Rows [seq, name]; newest first. */
  'pragma.collation_list': Record<string, never>;
  /** Rows [name] of virtual table modules. */
  'pragma.module_list': Record<string, never>;
  /** Rows [compile option] as sqlite3_compileoption_get gives them. */
  'pragma.compile_options': Record<string, never>;
  /** Rows [database, status] ("unlocked", "shared", ...). */
  'pragma.lock_status': Record<string, never>;
}

/** Requests answered by `hostCall`. Register arguments in brackets. */
export interface HostCallRequests {
  /** [file, schema name, key]: "too many attached databases - max 10", "database x is already in use", ... */
  attach: Record<string, never>;
  /** [schema name]: "no such database: x", "cannot detach database x", "database x is locked". */
  detach: Record<string, never>;
  /**
   * The text of the current moment's schema rows is to be read again (writable_schema edits,
   * ALTER TABLE); `db` as usual.
   */
  'schema.reload': { readonly db: number };
  /** VACUUM [into file or null]. */
  vacuum: { readonly db: number };
  /** Does nothing but tell the planner statistics are to be looked at (PRAGMA optimize). */
  optimize: { readonly db: number | null; readonly mask: number };
}

export type HostRowName = keyof HostRowRequests;
export type HostCallName = keyof HostCallRequests;

export function hostRowRequest<N extends HostRowName>(
  name: N,
  data: HostRowRequests[N],
): HostRequest {
  return { kind: 'host', name, data };
}

export function hostCallRequest<N extends HostCallName>(
  name: N,
  data: HostCallRequests[N],
): HostRequest {
  return { kind: 'host', name, data };
}
