/** The native face: `Database` and `Statement`. */
import { userCollation } from '../values/collation.ts';
import type { SqlValue } from '../values/value.ts';
import type { Vfs } from '../vfs/vfs.ts';
import type { TierMode } from '../vm/types.ts';
import { type BackupMetadata, databaseNamed, runBackup, serialize } from './backup.ts';
import { Connection } from './connection.ts';
import { defaultVfs } from './default-vfs.ts';
import {
  type ColumnDefinition,
  END,
  exactFace,
  nativeFace,
  RowCursor,
  type RowMode,
  type RunResult,
  runInTransaction,
  Session,
  StatementCore,
} from './face.ts';
import { compiledSource } from './tier.ts';
import {
  type AggregateOptions,
  aggregateFunction,
  type FunctionOptions,
  scalarFunction,
} from './user-functions.ts';

/** What a column of a result row can be. */
export type OutValue = null | number | bigint | string | Uint8Array;
/** What can be bound to a parameter; besides, everything that `exact()` gives. */
export type InValue = SqlValue | boolean | ArrayBuffer | ArrayBufferView;
export type Row<V = OutValue> = Record<string, V>;
/** Positional values, arrays of them, and at most one object with the named ones. */
export type Parameters = readonly (
  | InValue
  | readonly InValue[]
  | Readonly<Record<string, InValue>>
)[];

/** A row in each mode. */
export interface RowShapes<V> {
  object: Row<V>;
  raw: V[];
  pluck: V;
  expand: Record<string, Row<V>>;
}

export interface DatabaseOptions {
  /** Open for reading only. */
  readonly readonly?: boolean;
  /** Throw SQLITE_CANTOPEN when the file is not there (default: it is made). */
  readonly fileMustExist?: boolean;
  /** Milliseconds to wait for a lock before SQLITE_BUSY. Default 5000. */
  readonly timeout?: number;
  /** INTEGER results as bigint always. */
  readonly safeIntegers?: boolean;
  /** Storage; default: files where there are any, else memory. */
  readonly vfs?: Vfs;
  /**
   * 'auto' (default): statements start in the interpreter, and what gets hot is compiled to JavaScript.
   * 'interpreter' and 'compiled' hold all statements to one of the two. Where `new Function` is
   * forbidden the interpreter serves alone, whatever is said here.
   */
  readonly tier?: TierMode;
  /** With path ':memory:': the bytes of a database file; the database begins as a copy of it. */
  readonly content?: Uint8Array;
}

export interface BackupOptions {
  /** 'main' (the default), 'temp' or the name of an attached database. */
  readonly schema?: string;
  /** Called after each step but the last; it may return how many pages come next (100 at first). */
  readonly progress?: (metadata: BackupMetadata) => number | undefined;
}

/**
 * A compiled statement. It may be run any number of times; it is compiled again by itself when the
 * schema has changed. While an iterator of it is open it cannot run a second time.
 *
 * All ways to run it throw SqliteError for what goes wrong in the engine, TypeError and RangeError
 * for parameters that do not fit the statement, and what the user's own functions throw.
 */
export class Statement<M extends RowMode = 'object', V = OutValue> {
  private readonly core: StatementCore;

  /** @internal Made by Database.prepare. */
  constructor(core: StatementCore) {
    this.core = core;
  }

  /** The SQL text. */
  get source(): string {
    return this.core.source;
  }

  /** True when the statement gives rows. */
  get reader(): boolean {
    return this.core.reader;
  }

  /** True when it changes no database file. */
  get readonly(): boolean {
    return this.core.prepared.program.readOnly;
  }

  /** True while an iterator of it is open. */
  get busy(): boolean {
    return this.core.prepared.busy;
  }

  /**
   * The JavaScript that the statement's program is compiled to, for those who want to know where its
   * time goes; null when it cannot be compiled. See docs/performance.md.
   */
  get javascript(): string | null {
    return compiledSource(this.core.prepared.program, this.core.session.connection);
  }

  /** Runs to the end and drops rows. */
  run(...parameters: Parameters): RunResult {
    this.start(parameters);
    return this.core.run(false);
  }

  /** The first row, or undefined. */
  get<T = RowShapes<V>[M]>(...parameters: Parameters): T | undefined {
    this.start(parameters);
    return this.core.get() as T | undefined;
  }

  /** All rows. */
  all<T = RowShapes<V>[M]>(...parameters: Parameters): T[] {
    this.start(parameters);
    return this.core.all() as T[];
  }

  /** Rows one at a time; leaving the loop early ends the statement. */
  iterate<T = RowShapes<V>[M]>(...parameters: Parameters): IterableIterator<T> {
    this.start(parameters);
    return new Rows(new RowCursor(this.core)) as IterableIterator<unknown> as IterableIterator<T>;
  }

  private start(parameters: Parameters): void {
    this.core.session.requireOpen();
    this.core.start(parameters);
  }

  /** Sets the parameters for all runs to come; they take none then. Only once. */
  bind(...parameters: Parameters): this {
    this.core.session.requireOpen();
    this.core.bindForGood(parameters);
    return this;
  }

  /** How rows come from now on: objects, arrays ('raw'), the first column alone ('pluck'), by table ('expand'). */
  mode<N extends RowMode>(mode: N): Statement<N, V> {
    this.core.mode = mode;
    return this as unknown as Statement<N, V>;
  }

  /** INTEGER results as bigint always (true), or only past 2^53 (false). */
  safeIntegers(on = true): this {
    this.core.safeIntegers = on;
    return this;
  }

  /**
   * Results as the engine has them: REAL as `Real` (so that 1.0 and 1 stay apart), INTEGER as number or
   * bigint, TEXT that is not valid in its encoding as `Text`.
   */
  exact(): Statement<M, SqlValue> {
    this.core.face = exactFace;
    return this as unknown as Statement<M, SqlValue>;
  }

  /** The result columns: names, and where each comes from. */
  columns(): ColumnDefinition[] {
    this.core.session.requireOpen();
    this.core.prepared.refresh();
    return this.core.columns();
  }
}

class Rows implements IterableIterator<unknown> {
  constructor(private readonly cursor: RowCursor) {}

  next(): IteratorResult<unknown> {
    const value = this.cursor.next();
    return value === END ? { value: undefined, done: true } : { value, done: false };
  }

  return(): IteratorResult<unknown> {
    this.cursor.end();
    return { value: undefined, done: true };
  }

  [Symbol.iterator](): this {
    return this;
  }
}

/**
 * A connection to one database.
 *
 * @example
 * const db = new Database('app.db');
 * db.exec('CREATE TABLE IF NOT EXISTS note(id INTEGER PRIMARY KEY, body TEXT)');
 * db.prepare('INSERT INTO note(body) VALUES (?)').run('hello');
 */
export class Database {
  private readonly session: Session;
  private readonly useBigInts: boolean;

  /**
   * @param path file name; ':memory:' (the default) or '' for a private database that vanishes.
   * @throws SqliteError SQLITE_CANTOPEN; SQLITE_NOTADB and the like come at the first use.
   */
  constructor(path = ':memory:', options: DatabaseOptions = {}) {
    if (typeof path !== 'string') throw new TypeError('Expected first argument to be a string');
    const timeout = options.timeout ?? 5000;
    if (!Number.isInteger(timeout) || timeout < 0) {
      throw new TypeError('Expected the "timeout" option to be a positive integer');
    }
    if (options.content !== undefined && path !== ':memory:') {
      throw new TypeError('The "content" option needs a database in memory');
    }
    const connection = new Connection({
      path,
      readonly: options.readonly === true,
      create: options.fileMustExist !== true && options.readonly !== true,
      vfs: options.vfs ?? defaultVfs(),
      timeout,
      content: options.content,
      tier: options.tier ?? null,
    });
    this.session = new Session(connection);
    this.useBigInts = options.safeIntegers === true;
  }

  private get connection(): Connection {
    return this.session.connection;
  }

  get open(): boolean {
    return this.connection.isOpen;
  }

  /** True when the connection was opened for reading only. */
  get readonly(): boolean {
    return this.connection.options.readonly === true;
  }

  get inTransaction(): boolean {
    return this.connection.isOpen && !this.connection.autoCommit;
  }

  /** Rows that the last INSERT, UPDATE or DELETE of this connection changed. */
  get changes(): number {
    return Number(this.connection.changes());
  }

  /** Rows changed since the connection was opened, those of triggers and foreign keys included. */
  get totalChanges(): number {
    return Number(this.connection.totalChanges());
  }

  /** Compiles one statement. Throws SqliteError for bad SQL, RangeError for none or several statements. */
  prepare(sql: string): Statement {
    return new Statement(this.core(sql));
  }

  /**
   * Compiles the statement that begins at `start` of a longer text; `next` is where the one after it
   * begins. `statement` is null when only space and comments are left.
   */
  prepareNext(sql: string, start: number): { statement: Statement | null; next: number } {
    this.session.requireOpen();
    if (!this.connection.hasStatement(sql, start)) return { statement: null, next: sql.length };
    const core = new StatementCore(this.session, sql, nativeFace, this.useBigInts, start);
    return { statement: new Statement(core), next: core.prepared.next };
  }

  private core(sql: string): StatementCore {
    if (typeof sql !== 'string') throw new TypeError('Expected first argument to be a string');
    this.session.requireOpen();
    return new StatementCore(this.session, sql, nativeFace, this.useBigInts);
  }

  /** Runs all statements of a text, dropping rows. An error ends it; what ran before stays. */
  exec(sql: string): this {
    if (typeof sql !== 'string') throw new TypeError('Expected first argument to be a string');
    this.session.requireOpen();
    this.session.executing += 1;
    try {
      this.connection.exec(sql);
    } finally {
      this.session.executing -= 1;
    }
    return this;
  }

  /** Rows of `PRAGMA text`. */
  pragma<T = Row>(text: string): T[] {
    return new Statement(this.core(`PRAGMA ${text}`)).all<T>();
  }

  /**
   * Runs `fn` in a transaction (nested: a savepoint): committed when it returns, rolled back when it
   * throws. Gives what `fn` gives. `fn` may not be asynchronous: TypeError.
   */
  transaction<T>(fn: () => T, mode: 'DEFERRED' | 'IMMEDIATE' | 'EXCLUSIVE' = 'DEFERRED'): T {
    this.session.requireOpen();
    return runInTransaction(this.session, `BEGIN ${mode}`, fn);
  }

  /**
   * Defines an SQL function; it takes as many arguments as `fn` has, or any number (`varargs`). `fn` may
   * run SQL on this connection, and what it throws ends the statement and reaches its caller.
   */
  function(name: string, fn: (...args: never[]) => unknown, options: FunctionOptions = {}): this {
    this.session.requireOpen();
    const call = fn as (...args: unknown[]) => unknown;
    if (typeof call !== 'function') throw new TypeError('Expected a function');
    this.connection.functions.define(
      scalarFunction(name, call, this.withDefaults(options), nativeFace),
    );
    this.connection.expire();
    return this;
  }

  private withDefaults<O extends FunctionOptions>(options: O): O {
    return { ...options, safeIntegers: options.safeIntegers ?? this.useBigInts };
  }

  /**
   * The bytes of the database file, as they are or would be, with what the open transaction has changed.
   * `schema` is 'main', 'temp' or the name of an attached database.
   */
  serialize(schema = 'main'): Uint8Array {
    this.session.requireOpen();
    return serialize(databaseNamed(this.connection, schema));
  }

  /**
   * Copies a database into the file at `path` while it stays in use. What this connection changes
   * meanwhile gets into the copy; a change by another one makes it start again.
   *
   * Rejects with SQLITE_BUSY when the file is in use, and with what `progress` throws; then the file
   * is what it was before.
   */
  async backup(path: string, options: BackupOptions = {}): Promise<BackupMetadata> {
    if (typeof path !== 'string') throw new TypeError('Expected first argument to be a string');
    this.session.requireOpen();
    return runBackup(this.connection, options.schema ?? 'main', path, {
      check: () => this.session.requireOpen(),
      progress: (metadata) => options.progress?.(metadata),
    });
  }

  /** Defines an aggregate; with `inverse` it is a window function too. */
  aggregate(name: string, options: AggregateOptions): this {
    this.session.requireOpen();
    if (typeof options.step !== 'function') throw new TypeError('Missing required option "step"');
    this.connection.functions.define(
      aggregateFunction(name, this.withDefaults(options), nativeFace),
    );
    this.connection.expire();
    return this;
  }

  /** Defines a collating sequence: `compare` gives a negative number, 0 or a positive one. */
  collation(name: string, compare: (a: string, b: string) => number): this {
    this.session.requireOpen();
    if (typeof compare !== 'function') throw new TypeError('Expected a function');
    this.connection.collations.define(userCollation(name, compare));
    this.connection.expire();
    return this;
  }

  /** True: a double-quoted word that names no column is an error, never a string (SQLite's DQS=0). */
  strictQuotes(on: boolean): this {
    this.connection.settings.dqsDml = !on;
    this.connection.settings.dqsDdl = !on;
    this.connection.expire();
    return this;
  }

  /** False: LIKE and GLOB give 0 for BLOBs (SQLite's build option LIKE_DOESNT_MATCH_BLOBS). Default true. */
  likeMatchesBlobs(on: boolean): this {
    this.connection.setLikeMatchesBlobs(on);
    return this;
  }

  /** Makes running statements end with SQLITE_INTERRUPT. Nothing happens when none runs. */
  interrupt(): void {
    this.connection.interrupted = true;
  }

  /**
   * Ends open iterators and closes; an open transaction is rolled back. Closing twice is fine.
   * SQLITE_BUSY when a user's function calls it from inside a statement of this connection.
   */
  close(): void {
    this.session.close();
  }
}
