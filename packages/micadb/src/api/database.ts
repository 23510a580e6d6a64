/** The native face: `Database` and `Statement`. */
import type { Vfs } from '../vfs/vfs.ts';
import { Connection } from './connection.ts';
import { defaultVfs } from './default-vfs.ts';
import {
  type ColumnDefinition,
  exactFace,
  nativeFace,
  type RowMode,
  type RunResult,
  runInTransaction,
  StatementCore,
} from './face.ts';
import {
  type AggregateOptions,
  aggregateFunction,
  type FunctionOptions,
  scalarFunction,
  userCollation,
} from './user-functions.ts';

/** What a column of a result row can be. */
export type OutValue = null | number | bigint | string | Uint8Array;
/** What can be bound to a parameter. */
export type InValue = OutValue | boolean | ArrayBuffer | ArrayBufferView;
export type Row = Record<string, OutValue>;
/** Positional values, or one object with the named ones. */
export type Parameters = readonly (InValue | readonly InValue[] | Record<string, InValue>)[];

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
}

/** A compiled statement. It may be run any number of times. */
export class Statement {
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

  /** Runs to the end and drops rows. Throws SqliteError. */
  run(...parameters: Parameters): RunResult {
    return this.core.run(parameters);
  }

  /** The first row, or undefined. Throws SqliteError. */
  get(...parameters: Parameters): Row | undefined {
    return this.core.get(parameters) as Row | undefined;
  }

  /** All rows. Throws SqliteError. */
  all(...parameters: Parameters): Row[] {
    return this.core.all(parameters) as Row[];
  }

  /** Rows one at a time; leaving the loop early ends the statement. */
  iterate(...parameters: Parameters): IterableIterator<Row> {
    return this.core.iterate(parameters) as IterableIterator<Row>;
  }

  /** How rows come from now on: objects, arrays ('raw'), the first column alone ('pluck'), by table ('expand'). */
  mode(mode: RowMode): this {
    this.core.mode = mode;
    return this;
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
  exact(): this {
    this.core.face = exactFace;
    return this;
  }

  columns(): ColumnDefinition[] {
    return this.core.columns();
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
  private readonly connection: Connection;
  private readonly useBigInts: boolean;

  /**
   * @param path file name; ':memory:' (the default) or '' for a private database that vanishes.
   * @throws SqliteError SQLITE_CANTOPEN, SQLITE_NOTADB (at first use), ...
   */
  constructor(path = ':memory:', options: DatabaseOptions = {}) {
    this.connection = new Connection({
      path,
      readonly: options.readonly,
      create: options.fileMustExist !== true && options.readonly !== true,
      vfs: options.vfs ?? defaultVfs(),
      timeout: options.timeout ?? 5000,
    });
    this.useBigInts = options.safeIntegers === true;
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

  /** Compiles one statement. Throws SqliteError for bad SQL, RangeError for none or several statements. */
  prepare(sql: string): Statement {
    return new Statement(this.core(sql));
  }

  /**
   * Compiles the statement that begins at `start` of a longer text; `next` is where the one after it
   * begins. `statement` is null when only space and comments are left.
   */
  prepareNext(sql: string, start: number): { statement: Statement | null; next: number } {
    this.requireOpen();
    if (!this.connection.hasStatement(sql, start)) return { statement: null, next: sql.length };
    const core = new StatementCore(this.connection, sql, nativeFace, this.useBigInts, start);
    return { statement: new Statement(core), next: core.prepared.next };
  }

  private core(sql: string): StatementCore {
    this.requireOpen();
    return new StatementCore(this.connection, sql, nativeFace, this.useBigInts);
  }

  private requireOpen(): void {
    if (!this.connection.isOpen) throw new TypeError('The database connection is not open');
  }

  /** Runs all statements of a text, dropping rows. */
  exec(sql: string): this {
    this.requireOpen();
    this.connection.exec(sql);
    return this;
  }

  /** Rows of `PRAGMA text`. */
  pragma(text: string): Row[] {
    const core = this.core(`PRAGMA ${text}`);
    return core.all([]) as Row[];
  }

  /** Runs `fn` in a transaction (nested: a savepoint): committed when it returns, rolled back when it throws. */
  transaction<T>(fn: () => T, mode: 'DEFERRED' | 'IMMEDIATE' | 'EXCLUSIVE' = 'DEFERRED'): T {
    this.requireOpen();
    return runInTransaction(this.connection, `BEGIN ${mode}`, fn);
  }

  /** Defines an SQL function. */
  function(name: string, fn: (...args: never[]) => unknown, options: FunctionOptions = {}): this {
    const call = fn as (...args: unknown[]) => unknown;
    this.connection.functions.define(
      scalarFunction(name, call, options, nativeFace, options.safeIntegers === true),
    );
    this.connection.expire();
    return this;
  }

  /** Defines an aggregate; with `inverse` it is a window function too. */
  aggregate(name: string, options: AggregateOptions): this {
    this.connection.functions.define(
      aggregateFunction(name, options, nativeFace, options.safeIntegers === true),
    );
    this.connection.expire();
    return this;
  }

  /** Defines a collating sequence. */
  collation(name: string, compare: (a: string, b: string) => number): this {
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

  /** Makes running statements end with SQLITE_INTERRUPT. */
  interrupt(): void {
    this.connection.interrupted = true;
  }

  /** Closes the connection; an open transaction is rolled back. */
  close(): void {
    this.connection.close();
  }
}
