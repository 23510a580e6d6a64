/**
 * A connection: its attached databases with their catalogs, transactions and savepoints, and the
 * services that running programs ask for (VmHost). All faces of the API stand on this class.
 *
 * Invariants:
 *  1. Slot 0 is main, slot 1 temp (opened when first needed), then ATTACH order; detached slots go.
 *  2. A slot's catalog is null until it is needed and after any event that may have made it stale;
 *     `programGeneration` rises whenever compiled programs may no longer be true.
 *  3. `savepoints` holds open savepoints, outermost first; the first one may be the transaction
 *     itself (opened outside BEGIN), which has no layer in the pagers.
 */
import type { CompileEnv, CompileFlags } from '../bind/env.ts';
import { AutoVacuum, type Btree, Meta } from '../btree/types.ts';
import { emptySchema, withCookie, withoutEntry, withRoot } from '../catalog/schema.ts';
import type { Catalog, Schema } from '../catalog/types.ts';
import { compileStatement } from '../codegen/compile.ts';
import { builtinFunctions } from '../functions/index.ts';
import { likeFunctions } from '../functions/like.ts';
import type { Statement } from '../sql/ast.ts';
import { parseStatement } from '../sql/parser.ts';
import { builtinCollations } from '../values/collation.ts';
import { type ResultCodeName, SqliteError } from '../values/errors.ts';
import type { SqlValue } from '../values/value.ts';
import { type Encoding, type Int, UTF8 } from '../values/value.ts';
import type { Vfs } from '../vfs/vfs.ts';
import { createExecution } from '../vm/execution.ts';
import type {
  Execution,
  HostRequest,
  Program,
  RowListener,
  TierMode,
  VmHost,
} from '../vm/types.ts';
import { commitAll, dropLeftSuperJournals } from './commit.ts';
import { listenerTo } from './listeners.ts';
import { Collations, Functions } from './registry.ts';
import { answerCall, answerRows } from './requests.ts';
import { readSchema, schemaRowsWhere, withSchemaRow, withStatistics } from './schema.ts';
import { defaultLimits, defaultSettings, type Settings } from './settings.ts';
import { openDatabaseFile, openTemporary } from './storage.ts';

/** One attached database. */
export interface Slot {
  name: string;
  /** Path as SQLite reports it in database_list: '' for memory and temporary databases. */
  path: string;
  btree: Btree | null;
  schema: Schema | null;
  generation: number;
  /** The schema was changed in the open transaction: a rollback must read it again. */
  schemaChanged: boolean;
}

interface Savepoint {
  readonly name: string;
  readonly isTransaction: boolean;
  readonly deferredViolations: number;
  readonly deferredImmediateViolations: number;
}

export interface ConnectionOptions {
  readonly path: string;
  /** With path ':memory:': the bytes of the database file to begin with. */
  readonly content?: Uint8Array | undefined;
  readonly readonly?: boolean;
  readonly create?: boolean;
  readonly vfs: Vfs;
  /** Milliseconds to wait for a lock before SQLITE_BUSY. */
  readonly timeout?: number;
  readonly settings?: Partial<CompileFlags>;
  readonly cacheSize?: number;
  /** Null: as the realm has it. */
  readonly tier?: TierMode | null;
}

/** A compiled statement and where its text ends. */
export interface Prepared {
  readonly program: Program;
  /** Offset of the next statement in the SQL text. */
  readonly next: number;
}

/** A program, good as long as `Connection.programGeneration` is what it was. */
interface KeptProgram extends Prepared {
  readonly generation: number;
}

const MAX_SCHEMA_RETRIES = 50;
/** Programs that are kept for a text that is prepared again, and the longest such text. */
const CACHED_PROGRAMS = 100;
const CACHED_SQL = 4096;
/** The longest text of several statements whose programs are kept. */
const CACHED_TEXT = 200;
/** Statements that are often prepared again, and whose programs say nothing about the moment. */
const CACHED_KINDS: ReadonlySet<Statement['kind']> = new Set<Statement['kind']>([
  'select',
  'insert',
  'update',
  'delete',
  'begin',
  'commit',
  'rollback',
  'savepoint',
  'release',
]);
/** Pragmas that work on a file that cannot be read, since they are about the connection alone. */
const CONNECTION_PRAGMAS = new Set(
  `analysis_limit automatic_index busy_timeout cache_spill case_sensitive_like cell_size_check
  checkpoint_fullfsync collation_list compile_options count_changes database_list
  defer_foreign_keys empty_result_callbacks foreign_keys full_column_names fullfsync function_list
  hard_heap_limit ignore_check_constraints journal_size_limit legacy_alter_table locking_mode
  mmap_size module_list pragma_list query_only read_uncommitted recursive_triggers
  reverse_unordered_selects secure_delete short_column_names shrink_memory soft_heap_limit
  temp_store temp_store_directory threads trusted_schema wal_autocheckpoint writable_schema`.split(
    /\s+/,
  ),
);

/** True when the schema is read before the statement is compiled, as SQLite does. */
function needsCatalog(statement: Statement): boolean {
  switch (statement.kind) {
    case 'begin':
    case 'commit':
    case 'rollback':
    case 'savepoint':
    case 'release':
      return false;
    case 'pragma':
      return !CONNECTION_PRAGMAS.has(statement.name.name.text.toLowerCase());
    default:
      return true;
  }
}

/** Keeps a program; the one that was kept first goes when there are too many. */
function keepProgram(programs: Map<string, KeptProgram>, key: string, prepared: KeptProgram): void {
  programs.delete(key);
  if (programs.size >= CACHED_PROGRAMS) {
    for (const oldest of programs.keys()) {
      programs.delete(oldest);
      break;
    }
  }
  programs.set(key, prepared);
}

const SCHEMA_PRAGMAS = /^(table|index|foreign_key)_(x?info|list)$/i;

export class Connection implements VmHost {
  readonly slots: (Slot | null)[] = [];
  readonly settings: Settings = defaultSettings();
  readonly limits = defaultLimits();
  readonly functions = new Functions(builtinFunctions());
  readonly collations: Collations;
  readonly vfs: Vfs;
  encoding: Encoding = UTF8;
  programGeneration = 0;
  schemaRollbacks = 0;
  isOpen = true;

  autoCommit = true;
  activeStatements = 0;
  activeReads = 0;
  activeWrites = 0;
  deferredViolations = 0;
  deferredImmediateViolations = 0;
  interrupted = false;
  /** All listeners of row changes as one (`addRowListener`); null when nobody listens. */
  rowListener: RowListener | null = null;
  private listeners: readonly RowListener[] = [];
  progressInterval = 0;
  progressHandler: (() => boolean) | null = null;
  readonly sorterBudget: number = 64 << 20;
  readonly ephemeralBudget: number = 64 << 20;

  /** Super-journals of commits that failed half-way: journals may still name them. */
  readonly leftSuperJournals = new Set<string>();

  private savepoints: Savepoint[] = [];
  private statementSavepoints = 0;
  private readonly statementCounters: { deferred: number; immediate: number }[] = [];
  private rowidOfLastInsert: Int = 0;
  private changeCount = 0;
  private totalChangeCount = 0;
  private catalogVersion = 0;
  private initialising = false;
  private likeMatchesBlobs = true;
  private stepTime: number | null = null;
  readonly options: ConnectionOptions;
  readonly tier: TierMode | null;

  constructor(options: ConnectionOptions) {
    this.options = options;
    this.tier = options.tier ?? null;
    this.vfs = options.vfs;
    this.collations = new Collations(builtinCollations(UTF8));
    Object.assign(this.settings, options.settings ?? {});
    this.settings.busyTimeout = options.timeout ?? 0;
    const { path, readonly, content } = options;
    this.slots.push(this.newSlot('main', path, readonly === true, content), {
      name: 'temp',
      path: '',
      btree: null,
      schema: null,
      generation: 0,
      schemaChanged: false,
    });
  }

  // -- databases ---------------------------------------------------------------------------------

  private newSlot(name: string, path: string, readonly: boolean, content?: Uint8Array): Slot {
    const create = this.options.create !== false;
    const btree = openDatabaseFile(this, path, readonly, create, content);
    if (this.options.cacheSize !== undefined) btree.pager.cacheSize = this.options.cacheSize;
    return {
      name,
      path: btree.pager.isMemory || btree.pager.isTemp ? '' : btree.pager.path,
      btree,
      schema: null,
      generation: 0,
      schemaChanged: false,
    };
  }

  get databaseCount(): number {
    return this.slots.length;
  }

  readonly databaseName = (db: number): string => this.slots[db]?.name ?? '';

  slot(db: number): Slot {
    const slot = this.slots[db];
    if (!slot) throw new SqliteError('SQLITE_INTERNAL', `no database ${db}`);
    return slot;
  }

  btree(db: number): Btree {
    const slot = this.slot(db);
    slot.btree ??= openTemporary(this, this.settings.tempStore === 2);
    return slot.btree;
  }

  *openBtrees(): Generator<Btree> {
    for (const slot of this.slots) if (slot?.btree) yield slot.btree;
  }

  /** ATTACH. Errors are SQLite's. */
  attach(path: string, name: string): void {
    if (this.slots.filter((s) => s !== null).length >= this.limits.attached + 2) {
      throw new SqliteError(
        'SQLITE_ERROR',
        `too many attached databases - max ${this.limits.attached}`,
      );
    }
    if (this.slots.some((s) => s !== null && s.name.toLowerCase() === name.toLowerCase())) {
      throw new SqliteError('SQLITE_ERROR', `database ${name} is already in use`);
    }
    let slot: Slot;
    try {
      slot = this.newSlot(name, path, this.options.readonly === true);
    } catch (e) {
      if (e instanceof SqliteError && e.code.startsWith('SQLITE_CANTOPEN')) {
        throw new SqliteError(e.code, `unable to open database: ${path}`);
      }
      throw e;
    }
    const free = this.slots.indexOf(null, 2);
    const db = free < 0 ? this.slots.length : free;
    this.slots[db] = slot;
    try {
      this.loadSchema(db);
    } catch (e) {
      slot.btree?.close();
      if (db === this.slots.length - 1) this.slots.pop();
      else this.slots[db] = null;
      throw e;
    }
    this.expire();
  }

  /** The open database of that name; null when there is none. */
  databaseNamed(name: string): Btree | null {
    const db = this.slots.findIndex((s) => s?.name.toLowerCase() === name.toLowerCase());
    return db < 0 ? null : this.btree(db);
  }

  /** DETACH. Errors are SQLite's. */
  detach(name: string): void {
    const db = this.slots.findIndex(
      (s) => s !== null && s.name.toLowerCase() === name.toLowerCase(),
    );
    if (db < 0 || this.slot(db).btree === null) {
      throw new SqliteError('SQLITE_ERROR', `no such database: ${name}`);
    }
    if (db < 2) throw new SqliteError('SQLITE_ERROR', `cannot detach database ${name}`);
    const slot = this.slot(db);
    if (slot.btree !== null && slot.btree.transaction !== 'none') {
      throw new SqliteError('SQLITE_ERROR', `database ${name} is locked`);
    }
    slot.btree?.close();
    // Later databases move up, except under running statements: they know databases by number.
    if (this.activeStatements > 1) this.slots[db] = null;
    else this.slots.splice(db, 1);
    while (this.slots.at(-1) === null) this.slots.pop();
    this.expire();
  }

  /** Closes everything; an open transaction is rolled back. */
  close(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.autoCommit = true;
    for (const btree of this.openBtrees()) {
      if (btree.transaction === 'write') btree.rollback('SQLITE_ABORT_ROLLBACK', false, false);
      btree.close();
    }
    this.slots.length = 0;
    this.programs.clear();
    this.laterPrograms.clear();
  }

  // -- catalog -----------------------------------------------------------------------------------

  /** All programs made so far must be prepared again. */
  expire(): void {
    this.programGeneration += 1;
    this.catalogVersion += 1;
  }

  expirePrograms(_deferred: boolean): void {
    this.expire();
  }

  schemaCookie(db: number): number {
    return this.slots[db]?.schema?.cookie ?? -1;
  }

  schemaGeneration(db: number): number {
    return this.slots[db]?.generation ?? 0;
  }

  expireSchema(db: number): void {
    const slot = this.slot(db);
    slot.schema = null;
    slot.generation += 1;
    this.expire();
  }

  /** True while the main database has no page yet (its encoding may still be chosen). */
  mainIsEmpty(): boolean {
    this.loadSchema(0);
    const schema = this.slot(0).schema;
    return (
      this.btree(0).pageCount() === 0 ||
      (schema !== null &&
        schema.tables.size === 1 &&
        this.btree(0).getMeta(Meta.TextEncoding) === 0)
    );
  }

  /** The kind of auto-vacuum goes into the header at once, which makes an empty file's first page. */
  storeAutoVacuum(db: number, mode: AutoVacuum): void {
    const btree = this.btree(db);
    const keepRead = btree.transaction === 'read';
    const own = this.autoCommit && btree.transaction !== 'write';
    this.beginTransaction(db, true);
    if (btree.autoVacuum !== AutoVacuum.None) {
      btree.updateMeta(Meta.IncrVacuum, mode === AutoVacuum.Incremental ? 1 : 0);
    }
    if (!own) return;
    try {
      btree.commitPhaseOne(null);
      btree.commitPhaseTwo(keepRead);
    } catch (e) {
      btree.rollback(null, false, keepRead);
      throw e;
    }
  }

  /** Closes the temp database and forgets its objects (temp_store was changed). */
  dropTempDatabase(): void {
    const slot = this.slot(1);
    slot.btree?.close();
    slot.btree = null;
    this.expireSchema(1);
  }

  setCaseSensitiveLike(on: boolean): void {
    this.settings.caseSensitiveLike = on;
    this.defineLike();
  }

  /** False: LIKE and GLOB never match BLOBs (a build option of SQLite that better-sqlite3 has on). */
  setLikeMatchesBlobs(on: boolean): void {
    this.likeMatchesBlobs = on;
    this.defineLike();
  }

  private defineLike(): void {
    for (const def of likeFunctions(this.settings.caseSensitiveLike, this.likeMatchesBlobs)) {
      this.functions.define(def);
    }
    this.expire();
  }

  /** Forgets all catalogs (after a rollback of schema changes). */
  expireAllSchemas(): void {
    for (let db = 0; db < this.slots.length; db++) if (this.slots[db]) this.expireSchema(db);
  }

  /** Reads the catalog of `db` if it is not there, inside a read transaction of its own if need be. */
  loadSchema(db: number): void {
    const slot = this.slot(db);
    if (slot.schema !== null) return;
    if (slot.btree === null) {
      slot.schema = emptySchema(slot.name, 0);
      return;
    }
    const own = slot.btree.transaction === 'none';
    const before = this.initialising;
    this.initialising = true;
    try {
      const cookie = slot.btree.beginTransaction(false);
      this.adoptEncoding(db, slot.btree);
      slot.schema = readSchema(slot.btree, slot.name, cookie, this.encoding);
      slot.schema = withStatistics(slot.schema, slot.btree, this.encoding);
    } finally {
      this.initialising = before;
      if (own && slot.btree.transaction === 'read') slot.btree.endRead();
    }
    slot.generation += 1;
    this.catalogVersion += 1;
  }

  /** Main decides the text encoding; every attached database must agree. */
  private adoptEncoding(db: number, btree: Btree): void {
    const stored = btree.getMeta(Meta.TextEncoding);
    if (stored === 0) return;
    const encoding = (stored & 3) as Encoding | 0;
    if (encoding === 0) return;
    if (db === 0) {
      if (encoding !== this.encoding) this.setEncoding(encoding);
    } else if (db > 1 && encoding !== this.encoding) {
      throw new SqliteError(
        'SQLITE_ERROR',
        'attached databases must use the same text encoding as main database',
      );
    }
  }

  setEncoding(encoding: Encoding): void {
    this.encoding = encoding;
    this.collations.replaceBuiltins(builtinCollations(encoding));
    this.expire();
  }

  /** By text. */
  private readonly programs = new Map<string, KeptProgram>();
  /** Of statements inside a text: by where they begin, and the text. */
  private readonly laterPrograms = new Map<string, KeptProgram>();
  private catalogCache: Catalog | null = null;

  /** The catalog of all databases as they are now; loads what is missing. */
  catalog(): Catalog {
    for (let db = 0; db < this.slots.length; db++) if (this.slots[db]) this.loadSchema(db);
    if (this.catalogCache?.version !== this.catalogVersion) {
      this.catalogCache = {
        schemas: this.slots.map((s) => s?.schema ?? null),
        version: this.catalogVersion,
      };
    }
    return this.catalogCache!;
  }

  private setSchema(db: number, schema: Schema): void {
    const slot = this.slot(db);
    slot.schema = schema;
    slot.schemaChanged = true;
    this.expire();
  }

  parseSchema(db: number, where: string | null): void {
    const slot = this.slot(db);
    if (where === null) {
      slot.schema = null;
      slot.schemaChanged = true;
      this.expire();
      this.loadSchema(db);
      return;
    }
    const name = slot.name.replaceAll('"', '""');
    const rows = this.query(schemaRowsWhere(name, where));
    let schema = slot.schema ?? emptySchema(slot.name, 0);
    for (const row of rows) schema = withSchemaRow(schema, row);
    this.setSchema(db, schema);
  }

  dropFromCatalog(db: number, what: 'table' | 'index' | 'trigger', name: string): void {
    const schema = this.slot(db).schema;
    if (schema !== null) this.setSchema(db, withoutEntry(schema, what, name));
  }

  rootPageMoved(db: number, from: number, to: number): void {
    const schema = this.slot(db).schema;
    if (schema !== null) this.setSchema(db, withRoot(schema, from, to));
  }

  loadAnalysis(db: number): void {
    const slot = this.slot(db);
    if (slot.schema === null || slot.btree === null) return;
    this.setSchema(db, withStatistics(slot.schema, slot.btree, this.encoding));
  }

  cookieChanged(db: number, meta: number, value: number): void {
    const slot = this.slot(db);
    if (meta === Meta.SchemaVersion && slot.schema !== null) {
      slot.schema = withCookie(slot.schema, value);
      slot.schemaChanged = true;
    }
    if (meta === Meta.SchemaVersion || meta === Meta.FileFormat) this.expire();
  }

  // -- row listeners -----------------------------------------------------------------------------

  /**
   * Adds a listener of row changes and gives the function that takes it out again. Programs that are
   * running were compiled without old rows: SQLITE_BUSY.
   */
  addRowListener(listener: RowListener): () => void {
    if (this.activeStatements > 0) {
      throw new SqliteError('SQLITE_BUSY', 'unable to add a row listener due to active statements');
    }
    const own = listenerTo([listener]);
    this.setListeners([...this.listeners, own]);
    return () => this.setListeners(this.listeners.filter((l) => l !== own));
  }

  private setListeners(listeners: readonly RowListener[]): void {
    this.listeners = listeners;
    this.rowListener = listeners.length > 1 ? listenerTo(listeners) : (listeners[0] ?? null);
    this.expire();
  }

  // -- compiling ---------------------------------------------------------------------------------

  private env(sql: string): CompileEnv {
    const connection = this;
    return {
      sql,
      // Statements that need no catalog work on files that cannot be read.
      get catalog() {
        return connection.catalog();
      },
      functions: this.functions,
      collations: this.collations,
      encoding: this.encoding,
      flags: { ...this.settings, rowListener: this.rowListener !== null },
      limits: this.limits,
      databaseName: this.databaseName,
      schemaCookie: (db) => this.schemaCookie(db),
      schemaGeneration: (db) => this.schemaGeneration(db),
      isInitialising: this.initialising,
      isReadOnly: (db) => this.slots[db]?.btree?.pager.readonly === true,
    };
  }

  /**
   * Compiles the statement that begins at `start`; null when only space and comments are left. `anew`:
   * the program that was made last is known to be stale.
   */
  prepare(sql: string, start = 0, anew = false): Prepared | null {
    if (sql.length > this.limits.sqlLength) throw new SqliteError('SQLITE_TOOBIG');
    const keep = sql.length <= (start === 0 ? CACHED_SQL : CACHED_TEXT) && !this.initialising;
    const key = start === 0 || !keep ? sql : `${start} ${sql}`;
    const programs = start === 0 ? this.programs : this.laterPrograms;
    const known = keep && !anew ? programs.get(key) : undefined;
    if (known !== undefined && known.generation === this.programGeneration) return known;
    const parsed = parseStatement(sql, start);
    if (parsed === null) return null;
    const { statement } = parsed;
    if (needsCatalog(statement)) this.catalog();
    // They find nothing where others give an error.
    if (statement.kind === 'pragma' && SCHEMA_PRAGMAS.test(statement.name.name.text)) {
      this.forgetStaleSchemas();
    }
    let program: Program;
    let generation = this.programGeneration;
    try {
      program = compileStatement(this.env(sql), parsed);
    } catch (e) {
      // What is missing may have been made by another connection since the catalog was read.
      if (!(e instanceof SqliteError) || e.code !== 'SQLITE_ERROR') throw e;
      if (this.initialising || !this.forgetStaleSchemas()) throw e;
      generation = this.programGeneration;
      program = compileStatement(this.env(sql), parsed);
    }
    const prepared = { program, next: parsed.next, generation };
    if (keep && CACHED_KINDS.has(statement.kind)) keepProgram(programs, key, prepared);
    return prepared;
  }

  /** Drops catalogs whose schema cookie is not the file's any more; true when there were any. */
  private forgetStaleSchemas(): boolean {
    let found = false;
    for (let db = 0; db < this.slots.length; db++) {
      const slot = this.slots[db];
      if (!slot || slot.btree === null || slot.schema === null || slot.schemaChanged) continue;
      const { btree } = slot;
      const own = btree.transaction === 'none';
      try {
        if (btree.beginTransaction(false) === slot.schema.cookie) continue;
      } catch (e) {
        // Not known: the statement's own error stands.
        if (e instanceof SqliteError) continue;
        throw e;
      } finally {
        if (own) btree.endRead();
      }
      this.expireSchema(db);
      found = true;
    }
    return found;
  }

  execution(program: Program): Execution {
    return createExecution(program, this);
  }

  /** Runs every statement of a text and drops the rows. */
  exec(sql: string): void {
    let at = 0;
    for (;;) {
      const generation = this.programGeneration;
      const prepared = this.prepare(sql, at);
      if (prepared === null) return;
      const start = at;
      at = prepared.next;
      this.runToEnd(sql, start, prepared.program, generation, null);
    }
  }

  /** Runs one statement and gives all its rows. */
  query(sql: string): SqlValue[][] {
    const generation = this.programGeneration;
    const prepared = this.prepare(sql);
    const rows: SqlValue[][] = [];
    if (prepared !== null) this.runToEnd(sql, 0, prepared.program, generation, rows);
    return rows;
  }

  /** Steps to the end; on SQLITE_SCHEMA before the first row compiles again, as sqlite3_step does. */
  private runToEnd(
    sql: string,
    start: number,
    program: Program,
    _generation: number,
    rows: SqlValue[][] | null,
  ): void {
    for (let attempt = 0; ; attempt++) {
      const execution = this.execution(program);
      try {
        while (execution.step() === 'row') {
          if (rows === null) continue;
          const row: SqlValue[] = [];
          for (let i = 0; i < execution.rowCount; i++) row.push(execution.value(i));
          rows.push(row);
        }
        execution.reset();
        return;
      } catch (e) {
        execution.reset();
        const stale = e instanceof SqliteError && e.code === 'SQLITE_SCHEMA';
        if (!stale || attempt >= MAX_SCHEMA_RETRIES) throw e;
        const again = this.prepare(sql, start, true);
        if (again === null) return;
        program = again.program;
      }
    }
  }

  /** True when another statement follows at `start`. */
  hasStatement(sql: string, start: number): boolean {
    return parseStatement(sql, start) !== null;
  }

  execNested(sql: string): void {
    this.exec(sql);
  }

  // -- transactions ------------------------------------------------------------------------------

  beginTransaction(db: number, write: boolean, exclusive = false): number {
    const btree = this.btree(db);
    const cookie = btree.beginTransaction(write, exclusive);
    if (write) {
      const layers = this.layerCount();
      if (layers > 0) btree.openSavepoint(layers);
    }
    return cookie;
  }

  private layerCount(): number {
    const own = this.savepoints[0]?.isTransaction
      ? this.savepoints.length - 1
      : this.savepoints.length;
    return own + this.statementSavepoints;
  }

  openStatementSavepoint(): number {
    this.statementSavepoints += 1;
    this.statementCounters.push({
      deferred: this.deferredViolations,
      immediate: this.deferredImmediateViolations,
    });
    const layers = this.layerCount();
    const { slots } = this;
    for (let i = 0; i < slots.length; i++) {
      const btree = slots[i]?.btree;
      if (btree?.transaction === 'write') btree.openSavepoint(layers);
    }
    return layers;
  }

  closeStatementSavepoint(handle: number, op: 'release' | 'rollback'): void {
    // A rollback of the whole transaction has closed all savepoints already.
    if (this.statementSavepoints === 0) return;
    const counters = this.statementCounters.pop();
    const { slots } = this;
    for (let i = 0; i < slots.length; i++) {
      const btree = slots[i]?.btree;
      if (btree?.transaction !== 'write') continue;
      if (op === 'rollback') btree.savepoint('rollback', handle - 1);
      btree.savepoint('release', handle - 1);
    }
    this.statementSavepoints -= 1;
    if (op === 'rollback' && counters !== undefined) {
      this.deferredViolations = counters.deferred;
      this.deferredImmediateViolations = counters.immediate;
      // Earlier statements of the transaction may have changed schemas too: the marks stay.
      if (this.slots.some((s) => s?.schemaChanged === true)) this.schemasRolledBack();
    }
  }

  /** The transaction has ended, and they with it. */
  private forgetStatementSavepoints(): void {
    this.statementSavepoints = 0;
    // Setting a length costs as much when there is nothing to cut.
    if (this.statementCounters.length > 0) this.statementCounters.length = 0;
  }

  /** The end of a statement that reads: it counts among the active readers itself. */
  commit(): void {
    this.commitTransaction(this.activeReads > 1);
  }

  private commitTransaction(keepRead: boolean): void {
    commitAll(this, keepRead);
    this.forgetStatementSavepoints();
    const { slots } = this;
    for (let i = 0; i < slots.length; i++) {
      const slot = slots[i];
      if (slot?.schemaChanged) slot.schemaChanged = false;
    }
    this.deferredViolations = 0;
    this.deferredImmediateViolations = 0;
    if (this.settings.deferForeignKeys) this.settings.deferForeignKeys = false;
  }

  rollback(trip: ResultCodeName | null): void {
    this.rollbackTransaction(trip, this.activeReads > 1);
  }

  private rollbackTransaction(trip: ResultCodeName | null, keepRead: boolean): void {
    const code = trip === null ? null : 'SQLITE_ABORT_ROLLBACK';
    const changed = this.slots.some((s) => s?.schemaChanged === true);
    for (const btree of this.openBtrees()) {
      if (btree.transaction === 'write') btree.rollback(code, !changed, keepRead);
      else if (btree.transaction === 'read') {
        if (changed && code !== null) btree.tripCursors(false);
        if (!keepRead) btree.endRead();
      }
    }
    dropLeftSuperJournals(this);
    this.forgetChangedSchemas();
    this.deferredViolations = 0;
    this.deferredImmediateViolations = 0;
    this.settings.deferForeignKeys = false;
    this.forgetStatementSavepoints();
  }

  private forgetChangedSchemas(): void {
    if (!this.slots.some((s) => s?.schemaChanged === true)) return;
    for (const slot of this.slots) if (slot) slot.schemaChanged = false;
    this.schemasRolledBack();
  }

  /** Root pages that running programs know may be other trees' now. */
  private schemasRolledBack(): void {
    this.schemaRollbacks += 1;
    this.expireAllSchemas();
  }

  closeSavepoints(): void {
    this.savepoints = [];
  }

  private checkDeferred(): void {
    if (this.deferredViolations + this.deferredImmediateViolations > 0) {
      throw new SqliteError('SQLITE_CONSTRAINT_FOREIGNKEY', 'FOREIGN KEY constraint failed');
    }
  }

  setAutoCommit(on: boolean, rollback: boolean): void {
    if (on === this.autoCommit) {
      throw new SqliteError(
        'SQLITE_ERROR',
        !on
          ? 'cannot start a transaction within a transaction'
          : rollback
            ? 'cannot rollback - no transaction is active'
            : 'cannot commit - no transaction is active',
      );
    }
    if (!on) {
      this.autoCommit = false;
      return;
    }
    if (rollback) {
      // COMMIT and ROLLBACK are no readers themselves.
      this.rollbackTransaction('SQLITE_ABORT_ROLLBACK', this.activeReads > 0);
    } else {
      if (this.activeWrites > 0) {
        throw new SqliteError(
          'SQLITE_BUSY',
          'cannot commit transaction - SQL statements in progress',
        );
      }
      this.checkDeferred();
      this.commitTransaction(this.activeReads > 0);
    }
    this.autoCommit = true;
    this.closeSavepoints();
  }

  savepoint(op: 0 | 1 | 2, name: string): void {
    if (op === 0) {
      this.openSavepoint(name);
      return;
    }
    const folded = name.toLowerCase();
    let at = this.savepoints.length - 1;
    while (at >= 0 && this.savepoints[at]!.name.toLowerCase() !== folded) at -= 1;
    if (at < 0) throw new SqliteError('SQLITE_ERROR', `no such savepoint: ${name}`);
    if (op === 1 && this.activeWrites > 0) {
      throw new SqliteError('SQLITE_BUSY', 'cannot release savepoint - SQL statements in progress');
    }
    const target = this.savepoints[at]!;
    if (op === 1 && target.isTransaction) {
      this.checkDeferred();
      this.commitTransaction(this.activeReads > 0);
      this.autoCommit = true;
      this.closeSavepoints();
      return;
    }
    const layer = this.savepoints[0]!.isTransaction ? at - 1 : at;
    if (op === 2) this.rollbackToSavepoint(target, layer);
    else {
      for (const btree of this.openBtrees()) {
        if (btree.transaction === 'write') btree.savepoint('release', layer);
      }
    }
    this.savepoints.length = op === 1 ? at : at + 1;
  }

  private openSavepoint(name: string): void {
    if (this.activeWrites > 0) {
      throw new SqliteError('SQLITE_BUSY', 'cannot open savepoint - SQL statements in progress');
    }
    const isTransaction = this.autoCommit;
    this.autoCommit = false;
    this.savepoints.push({
      name,
      isTransaction,
      deferredViolations: this.deferredViolations,
      deferredImmediateViolations: this.deferredImmediateViolations,
    });
    const layers = this.layerCount();
    for (const btree of this.openBtrees()) {
      if (btree.transaction === 'write' && layers > 0) btree.openSavepoint(layers);
    }
  }

  /** The transaction savepoint has no layer (-1): all of the transaction is undone, and it stays open. */
  private rollbackToSavepoint(target: Savepoint, layer: number): void {
    const changed = this.slots.some((s) => s?.schemaChanged === true);
    for (const btree of this.openBtrees()) {
      if (btree.transaction === 'none') continue;
      if (btree.transaction === 'write' && layer < 0) {
        // The transaction goes on: it keeps what keeps other writers out.
        btree.rollback('SQLITE_ABORT_ROLLBACK', !changed, true, true);
        btree.beginTransaction(true);
        continue;
      }
      btree.tripCursors(!changed);
      if (btree.transaction === 'write') btree.savepoint('rollback', layer);
    }
    if (changed) this.schemasRolledBack();
    this.deferredViolations = target.deferredViolations;
    this.deferredImmediateViolations = target.deferredImmediateViolations;
  }

  // -- the rest of VmHost ------------------------------------------------------------------------

  get foreignKeysOn(): boolean {
    return this.settings.foreignKeys;
  }
  get deferForeignKeys(): boolean {
    return this.settings.deferForeignKeys;
  }
  get recursiveTriggers(): boolean {
    return this.settings.recursiveTriggers;
  }
  get countChangesPragma(): boolean {
    return this.settings.countChanges;
  }
  get queryOnly(): boolean {
    return this.settings.queryOnly;
  }
  get maxTriggerDepth(): number {
    return this.limits.triggerDepth;
  }
  get maxLength(): number {
    return this.limits.length;
  }
  get maxLikePatternLength(): number {
    return this.limits.likePatternLength;
  }

  lastInsertRowid(): Int {
    return this.rowidOfLastInsert;
  }
  setLastInsertRowid(rowid: Int): void {
    this.rowidOfLastInsert = rowid;
  }
  changes(): Int {
    return this.changeCount;
  }
  setChanges(count: number): void {
    this.changeCount = count;
  }
  totalChanges(): Int {
    return this.totalChangeCount;
  }
  addTotalChanges(count: number): void {
    this.totalChangeCount += count;
  }

  readonly collationOf = (name: string) => this.collations.find(name);

  /** The current time, the same all through one step. */
  now(): number {
    this.stepTime ??= this.vfs.now();
    return this.stepTime;
  }

  /** Called at the start of each step: 'now' moves on. */
  beginStep(): void {
    this.stepTime = null;
  }

  randomness(buf: Uint8Array): void {
    this.vfs.randomness(buf);
  }

  progress(): boolean {
    return this.progressHandler?.() ?? false;
  }

  hostRows(request: HostRequest, args: readonly SqlValue[]): readonly (readonly SqlValue[])[] {
    return answerRows(this, request, args);
  }

  hostCall(request: HostRequest, args: readonly SqlValue[]): SqlValue {
    return answerCall(this, request, args);
  }

  openTemporaryBtree(): Btree {
    return openTemporary(this, true);
  }

  /** Waits for a lock as busy_timeout says: SQLite's delays, growing to 100 ms. */
  readonly busyHandler = (count: number): boolean => {
    const timeout = this.settings.busyTimeout;
    if (timeout <= 0) return false;
    const delays = [1, 2, 5, 10, 15, 20, 25, 25, 25, 50, 50, 100];
    let waited = 0;
    for (let i = 0; i < count; i++) waited += delays[Math.min(i, delays.length - 1)]!;
    const delay = Math.min(delays[Math.min(count, delays.length - 1)]!, timeout - waited);
    if (delay <= 0) return false;
    this.vfs.sleep(delay);
    return true;
  };
}
