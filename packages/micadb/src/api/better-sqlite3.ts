/**
 * `micadb/better-sqlite3`: the shape of better-sqlite3's API (its docs/api.md), with its value
 * conversions, its errors and the settings it compiles in: foreign keys and recursive triggers on,
 * double-quoted strings off, 16 MB of cache.
 */

import { SqliteError } from '../values/errors.ts';
import { textToString } from '../values/utf.ts';
import { Real, type SqlValue, Text } from '../values/value.ts';
import { NodeVfs } from '../vfs/node-files.ts';
import { Connection } from './connection.ts';
import { defaultVfs, setDefaultVfs } from './default-vfs.ts';
import {
  bigintToSql,
  type ColumnDefinition,
  type Face,
  objectToSql,
  type RowIterator,
  type RowMode,
  type RunResult,
  StatementCore,
} from './face.ts';
import {
  type AggregateOptions,
  aggregateFunction,
  type FunctionOptions,
  scalarFunction,
} from './user-functions.ts';

setDefaultVfs(new NodeVfs());

/** better-sqlite3's table: every number is REAL, every bigint INTEGER; INTEGER comes out as number. */
const betterFace: Face = {
  toSql(v) {
    switch (typeof v) {
      case 'number':
        return Number.isNaN(v) ? null : new Real(v);
      case 'bigint':
        return bigintToSql(v);
      case 'string':
        return v;
      case 'object':
        return objectToSql(v);
      default:
        return undefined;
    }
  },
  fromSql(v: SqlValue, safeIntegers) {
    if (typeof v === 'number') return safeIntegers ? BigInt(v) : v;
    if (typeof v === 'bigint') return safeIntegers ? v : Number(v);
    if (v instanceof Real) return v.value;
    if (v instanceof Text) return textToString(v);
    if (v instanceof Uint8Array) return toBuffer(v);
    return v;
  },
  bindError: 'SQLite3 can only bind numbers, strings, bigints, buffers, and null',
};

function toBuffer(v: Uint8Array): Uint8Array {
  return typeof Buffer === 'undefined' ? v : Buffer.from(v.buffer, v.byteOffset, v.byteLength);
}

export interface Options {
  readonly readonly?: boolean;
  readonly fileMustExist?: boolean;
  /** Milliseconds to wait for locks; default 5000. */
  readonly timeout?: number;
  /** Called with the SQL of each statement that runs. */
  readonly verbose?: ((message?: unknown, ...more: unknown[]) => void) | null;
  readonly nativeBinding?: string;
}

type State = {
  readonly connection: Connection;
  iterators: number;
  safeIntegers: boolean;
  verbose: Options['verbose'];
};

class Statement {
  readonly database: Database;
  readonly source: string;
  readonly #core: StatementCore;
  readonly #state: State;
  readonly #iterating = { on: false };

  constructor(database: Database, state: State, source: string) {
    this.database = database;
    this.source = source;
    this.#state = state;
    this.#core = new StatementCore(state.connection, source, betterFace, state.safeIntegers);
  }

  get reader(): boolean {
    return this.#core.reader;
  }

  get readonly(): boolean {
    return this.#core.prepared.program.readOnly;
  }

  get busy(): boolean {
    return this.#iterating.on;
  }

  #begin(needsReader: boolean): void {
    const { connection } = this.#state;
    requireOpen(this.#state);
    if (needsReader !== this.reader) {
      throw new TypeError(
        needsReader
          ? 'This statement does not return data. Use run() instead'
          : 'This statement returns data. Use get(), all(), or iterate() instead',
      );
    }
    if (this.#iterating.on) throw new TypeError('This statement is busy executing a query');
    if (!this.readonly && this.#state.iterators > 0) {
      throw new TypeError('This database connection is busy executing a query');
    }
    this.#state.verbose?.(this.source);
    connection.beginStep();
  }

  run(...parameters: unknown[]): RunResult {
    this.#begin(false);
    return this.#core.run(parameters);
  }

  get(...parameters: unknown[]): unknown {
    this.#begin(true);
    return this.#core.get(parameters);
  }

  all(...parameters: unknown[]): unknown[] {
    this.#begin(true);
    return this.#core.all(parameters);
  }

  iterate(...parameters: unknown[]): RowIterator {
    this.#begin(true);
    const state = this.#state;
    const iterating = this.#iterating;
    const iterator = this.#core.iterate(parameters, () => {
      iterating.on = false;
      state.iterators -= 1;
    });
    iterating.on = true;
    state.iterators += 1;
    return iterator;
  }

  bind(...parameters: unknown[]): this {
    this.#core.bindPermanently(parameters);
    return this;
  }

  #setMode(mode: RowMode, on: boolean): this {
    if (!this.reader) {
      throw new TypeError(`The ${mode}() method is only for statements that return data`);
    }
    if (this.#iterating.on) throw new TypeError('This statement is busy executing a query');
    if (on) this.#core.mode = mode;
    else if (this.#core.mode === mode) this.#core.mode = 'object';
    return this;
  }

  pluck(toggle = true): this {
    return this.#setMode('pluck', toggle);
  }

  expand(toggle = true): this {
    return this.#setMode('expand', toggle);
  }

  raw(toggle = true): this {
    return this.#setMode('raw', toggle);
  }

  safeIntegers(toggle = true): this {
    if (this.#iterating.on) throw new TypeError('This statement is busy executing a query');
    this.#core.safeIntegers = toggle;
    return this;
  }

  columns(): ColumnDefinition[] {
    if (!this.reader) {
      throw new TypeError('The columns() method is only for statements that return data');
    }
    return this.#core.columns();
  }
}

function requireOpen(state: State): void {
  if (!state.connection.isOpen) throw new TypeError('The database connection is not open');
}

export interface Transaction<A extends unknown[], R> {
  (...args: A): R;
  default: (...args: A) => R;
  deferred: (...args: A) => R;
  immediate: (...args: A) => R;
  exclusive: (...args: A) => R;
  database: Database;
}

class Database {
  readonly name: string;
  readonly memory: boolean;
  readonly readonly: boolean;
  readonly #state: State;

  /** Throws SqliteError (SQLITE_CANTOPEN...) and TypeError as better-sqlite3 does. */
  constructor(filename: string = '', options: Options = {}) {
    if (typeof filename !== 'string') {
      throw new TypeError('Expected first argument to be a string');
    }
    if (typeof options !== 'object' || options === null) {
      throw new TypeError('Expected second argument to be an options object');
    }
    const name = filename.trim();
    const memory = name === '' || name === ':memory:';
    if (options.readonly === true && memory) {
      throw new TypeError('In-memory/temporary databases cannot be readonly');
    }
    const timeout = options.timeout ?? 5000;
    if (!Number.isInteger(timeout) || timeout < 0) {
      throw new TypeError('Expected the "timeout" option to be a positive integer');
    }
    const vfs = defaultVfs();
    if (!memory && !vfs.exists(directoryOf(vfs.fullPath(name)))) {
      throw new TypeError('Cannot open database because the directory does not exist');
    }
    this.name = name;
    this.memory = memory;
    this.readonly = options.readonly === true;
    this.#state = {
      connection: new Connection({
        path: name,
        readonly: this.readonly,
        create: options.fileMustExist !== true && !this.readonly,
        vfs,
        timeout,
        cacheSize: -16000,
        settings: { foreignKeys: true, recursiveTriggers: true, dqsDml: false, dqsDdl: false },
      }),
      iterators: 0,
      safeIntegers: false,
      verbose: options.verbose ?? null,
    };
    this.#state.connection.setLikeMatchesBlobs(false);
  }

  get open(): boolean {
    return this.#state.connection.isOpen;
  }

  get inTransaction(): boolean {
    return this.open && !this.#state.connection.autoCommit;
  }

  #idle(): void {
    requireOpen(this.#state);
    if (this.#state.iterators > 0) {
      throw new TypeError('This database connection is busy executing a query');
    }
  }

  prepare(sql: string): Statement {
    if (typeof sql !== 'string') throw new TypeError('Expected first argument to be a string');
    requireOpen(this.#state);
    return new Statement(this, this.#state, sql);
  }

  exec(sql: string): this {
    if (typeof sql !== 'string') throw new TypeError('Expected first argument to be a string');
    this.#idle();
    this.#state.verbose?.(sql);
    this.#state.connection.exec(sql);
    return this;
  }

  pragma(sql: string, options: { readonly simple?: boolean } = {}): unknown {
    if (typeof sql !== 'string') throw new TypeError('Expected first argument to be a string');
    const statement = this.prepare(`PRAGMA ${sql}`);
    if (!statement.reader) {
      statement.run();
      return options.simple === true ? undefined : [];
    }
    return options.simple === true ? statement.pluck().get() : statement.all();
  }

  transaction<A extends unknown[], R>(fn: (...args: A) => R): Transaction<A, R> {
    if (typeof fn !== 'function') throw new TypeError('Expected first argument to be a function');
    const database = this;
    const variant = (mode: string) =>
      function run(this: unknown, ...args: A): R {
        return inTransaction(database, mode, () => fn.apply(this, args));
      };
    const make = (mode: string): Transaction<A, R> => variant(mode) as Transaction<A, R>;
    const all = {
      default: make('BEGIN'),
      deferred: make('BEGIN DEFERRED'),
      immediate: make('BEGIN IMMEDIATE'),
      exclusive: make('BEGIN EXCLUSIVE'),
    };
    for (const t of Object.values(all)) Object.assign(t, all, { database });
    return all.default;
  }

  function(name: string, ...rest: unknown[]): this {
    const options = rest.length > 1 ? (rest[0] as FunctionOptions) : {};
    const fn = rest.at(-1);
    if (typeof name !== 'string') throw new TypeError('Expected first argument to be a string');
    if (typeof fn !== 'function') throw new TypeError('Expected last argument to be a function');
    if (name === '') throw new TypeError('User-defined function name cannot be an empty string');
    this.#idle();
    const { connection, safeIntegers } = this.#state;
    connection.functions.define(
      scalarFunction(
        name,
        fn as (...args: unknown[]) => unknown,
        options,
        betterFace,
        options.safeIntegers ?? safeIntegers,
      ),
    );
    connection.expire();
    return this;
  }

  aggregate(name: string, options: AggregateOptions): this {
    if (typeof name !== 'string') throw new TypeError('Expected first argument to be a string');
    if (typeof options !== 'object' || options === null) {
      throw new TypeError('Expected second argument to be an options object');
    }
    if (typeof options.step !== 'function') throw new TypeError('Missing required option "step"');
    if (name === '') throw new TypeError('User-defined function name cannot be an empty string');
    this.#idle();
    const { connection, safeIntegers } = this.#state;
    connection.functions.define(
      aggregateFunction(name, options, betterFace, options.safeIntegers ?? safeIntegers),
    );
    connection.expire();
    return this;
  }

  defaultSafeIntegers(toggle = true): this {
    this.#state.safeIntegers = toggle;
    return this;
  }

  loadExtension(): never {
    throw new SqliteError('SQLITE_ERROR', 'not authorized');
  }

  close(): this {
    if (this.open) {
      this.#idle();
      this.#state.connection.close();
    }
    return this;
  }
}

function directoryOf(path: string): string {
  const at = Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\'));
  return at <= 0 ? '/' : path.slice(0, at);
}

/** BEGIN/COMMIT, or a savepoint inside an open transaction; rolled back when `fn` throws. */
function inTransaction<R>(db: Database, begin: string, fn: () => R): R {
  const nested = db.inTransaction;
  db.exec(nested ? 'SAVEPOINT `\t_bs3.\t`' : begin);
  try {
    const result = fn();
    if (result !== null && typeof result === 'object' && 'then' in result) {
      throw new TypeError('Transaction function cannot return a promise');
    }
    db.exec(nested ? 'RELEASE `\t_bs3.\t`' : 'COMMIT');
    return result;
  } catch (e) {
    if (db.inTransaction) {
      db.exec(nested ? 'ROLLBACK TO `\t_bs3.\t`' : 'ROLLBACK');
      if (nested) db.exec('RELEASE `\t_bs3.\t`');
    }
    throw e;
  }
}

interface DatabaseConstructor {
  new (filename?: string, options?: Options): Database;
  /** better-sqlite3 may be called without `new`. */
  (filename?: string, options?: Options): Database;
  SqliteError: typeof SqliteError;
}

const callable = new Proxy(Database, {
  apply: (target, _self, args: [string?, Options?]) => new target(...args),
}) as unknown as DatabaseConstructor;
callable.SqliteError = SqliteError;

export type { Database, Statement };
export { SqliteError };
export default callable;
