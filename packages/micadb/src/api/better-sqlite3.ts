/**
 * `micadb/better-sqlite3`: the shape of better-sqlite3's API (its docs/api.md), with its value
 * conversions, its errors and the settings it compiles in: foreign keys on, double-quoted
 * strings off, 16 MB of cache, LIKE not matching BLOBs.
 *
 * Not there, and refused with an error that says so: table(), loadExtension(), native bindings.
 */
import { useAllFunctions } from '../functions/families.ts';
import { NodeVfs } from '../vfs/node-files.ts';
import { type BackupMetadata, databaseNamed, runBackup, serialize } from './backup.ts';
import { SqliteError, translated } from './better-errors.ts';
import { betterFace, Prepare, State, Statement, toggle } from './better-statement.ts';
import { useChecks } from './checks.ts';
import { Connection } from './connection.ts';
import { defaultVfs, setDefaultVfs } from './default-vfs.ts';
import {
  type ColumnDefinition as ColumnDefinitionOfFace,
  isThenable,
  type RunResult as RunResultOfFace,
} from './face.ts';
import { PreparedStatement } from './prepared.ts';
import { useCompiler } from './tier.ts';
import {
  type AggregateOptions as AggregateOptionsOfFace,
  aggregateFunction,
  type FunctionOptions,
  scalarFunction,
} from './user-functions.ts';

setDefaultVfs(new NodeVfs());
useCompiler();
useAllFunctions();
useChecks();

export interface Options {
  /** Open for reading only. */
  readonly readonly?: boolean | undefined;
  /** An error when the file is not there. */
  readonly fileMustExist?: boolean | undefined;
  /** Milliseconds to wait for locks; default 5000. */
  readonly timeout?: number | undefined;
  /** Called with the SQL of each statement that runs, parameters filled in. */
  readonly verbose?: ((message?: unknown, ...more: unknown[]) => void) | null | undefined;
  /** Only null: there is no native code. */
  readonly nativeBinding?: string | undefined;
}

export interface PragmaOptions {
  /** The first column of the first row alone. */
  readonly simple?: boolean | undefined;
}

/** Buffer, where a program has Node's types. */
export type Bytes = typeof globalThis extends { Buffer: { alloc(size: number): infer B } }
  ? B
  : Uint8Array;

export interface BackupOptions {
  /** Which database of the connection; default 'main'. */
  readonly attached?: string | undefined;
  /** Called before each step; what it returns is the number of pages from then on. */
  readonly progress?: ((info: BackupMetadata) => unknown) | null | undefined;
}

export interface SerializeOptions {
  /** Which database of the connection; default 'main'. */
  readonly attached?: string | undefined;
}

type AnyFunction = (...args: never[]) => unknown;

/** A function that runs inside a transaction. */
export interface Transaction<F extends AnyFunction = AnyFunction> {
  (...params: Parameters<F>): ReturnType<F>;
  default(...params: Parameters<F>): ReturnType<F>;
  deferred(...params: Parameters<F>): ReturnType<F>;
  immediate(...params: Parameters<F>): ReturnType<F>;
  exclusive(...params: Parameters<F>): ReturnType<F>;
  readonly database: Database;
}

type StatementFor<P, R> = P extends unknown[] ? Statement<P, R> : Statement<[P], R>;

function requireString(v: unknown, which = 'first'): asserts v is string {
  if (typeof v !== 'string') throw new TypeError(`Expected ${which} argument to be a string`);
}

function requireOptions(v: unknown, which: string): asserts v is object {
  if (typeof v !== 'object' || v === null) {
    throw new TypeError(`Expected ${which} argument to be an options object`);
  }
}

function booleanOption(options: object, key: string): boolean {
  if (!(key in options)) return false;
  const value = (options as Record<string, unknown>)[key];
  if (typeof value !== 'boolean') {
    throw new TypeError(`Expected the "${key}" option to be a boolean`);
  }
  return value;
}

function functionOption(options: object, key: string, required: boolean): AnyFunction | null {
  const value = key in options ? (options as Record<string, unknown>)[key] : null;
  if (typeof value === 'function') return value as AnyFunction;
  if (value !== null && value !== undefined) {
    throw new TypeError(`Expected the "${key}" option to be a function`);
  }
  if (required) throw new TypeError(`Missing required option "${key}"`);
  return null;
}

/** Options of a function; `safeIntegers` absent means the connection's default. */
function functionOptions(options: object, state: State): Required<FunctionOptions> {
  return {
    safeIntegers:
      'safeIntegers' in options ? booleanOption(options, 'safeIntegers') : state.safeIntegers,
    deterministic: booleanOption(options, 'deterministic'),
    directOnly: booleanOption(options, 'directOnly'),
    varargs: booleanOption(options, 'varargs'),
  };
}

const INSPECT: unique symbol = Symbol.for('nodejs.util.inspect.custom');

function isBuffer(v: unknown): v is Buffer {
  return typeof Buffer !== 'undefined' && Buffer.isBuffer(v);
}

/** The option "attached": the name of a database of the connection. `between` are checks that come in order. */
function attachedOption(options: object, between?: () => void): string {
  const attached: unknown = 'attached' in options ? options.attached : 'main';
  between?.();
  if (typeof attached !== 'string') {
    throw new TypeError('Expected the "attached" option to be a string');
  }
  if (attached === '') throw new TypeError('The "attached" option cannot be an empty string');
  return attached;
}

/** How many pages the callback wants next; undefined leaves it. */
function progressOf(progress: AnyFunction | null, metadata: BackupMetadata): number | undefined {
  const wanted: unknown = (progress as ((info: BackupMetadata) => unknown) | null)?.(metadata);
  if (wanted === undefined) return undefined;
  if (typeof wanted !== 'number' || Number.isNaN(wanted)) {
    throw new TypeError('Expected progress callback to return a number or undefined');
  }
  return wanted;
}

function unsupported(what: string): SqliteError {
  return new SqliteError(`${what} is not supported by Mica`, 'SQLITE_ERROR');
}

class DatabaseClass {
  /** The file name as it was given, without space around it. */
  declare readonly name: string;
  declare readonly open: boolean;
  /** Between BEGIN and COMMIT or ROLLBACK. */
  declare readonly inTransaction: boolean;
  declare readonly readonly: boolean;
  /** True for in-memory and temporary databases. */
  declare readonly memory: boolean;
  readonly #state: State;
  #controller: Controller | null = null;

  constructor(filenameGiven?: unknown, optionsGiven?: unknown) {
    const content = isBuffer(filenameGiven) ? filenameGiven : undefined;
    const given = content === undefined ? (filenameGiven ?? '') : ':memory:';
    const options = optionsGiven ?? {};
    requireString(given);
    requireOptions(options, 'second');
    const how = interpret(given, options, content);
    const { memory, readonly, verbose } = how;
    const state = new State(open(how), verbose);
    this.#state = state;
    const getter = (get: () => unknown): PropertyDescriptor => ({ get, enumerable: true });
    Object.defineProperties(this, {
      name: getter(() => given),
      open: getter(() => state.connection.isOpen),
      inTransaction: getter(() => state.connection.isOpen && !state.connection.autoCommit),
      readonly: getter(() => readonly),
      memory: getter(() => memory),
    });
  }

  /** Compiles one statement. */
  prepare<P extends unknown[] | object = unknown[], R = unknown>(
    source: string,
  ): StatementFor<P, R> {
    requireString(source);
    return this.#prepare(source, false) as unknown as StatementFor<P, R>;
  }

  #prepare(source: string, pragma: boolean): Statement {
    const database = this as unknown as Database;
    return new Statement(new Prepare({ state: this.#state, database, source, pragma }));
  }

  /** Runs all statements of a text and drops their rows. */
  exec(source: string): this {
    requireString(source);
    const state = this.#state;
    state.requireOpen();
    state.requireNotBusy();
    state.requireNoIteratorsUnlessUnsafe();
    state.session.executing += 1;
    try {
      state.run(() => execute(state, source));
    } finally {
      state.session.executing -= 1;
    }
    return this;
  }

  /** Rows of `PRAGMA source`, or (`simple`) the first column of the first. */
  pragma(source: string, options?: PragmaOptions | null): unknown {
    const given = options ?? {};
    requireString(source);
    requireOptions(given, 'second');
    const simple = booleanOption(given, 'simple');
    const statement = this.#prepare(`PRAGMA ${source}`, true);
    return simple ? statement.pluck().get() : statement.all();
  }

  /** A function that runs `fn` in a transaction, or in a savepoint inside an open one. */
  transaction<F extends AnyFunction>(fn: F): Transaction<F> {
    if (typeof fn !== 'function') throw new TypeError('Expected first argument to be a function');
    this.#controller ??= controllerFor((sql) => this.#prepare(sql, false));
    const controller = this.#controller;
    const database = this as unknown as Database;
    const variants = {
      default: { value: wrapped(fn, database, controller, 'BEGIN') },
      deferred: { value: wrapped(fn, database, controller, 'BEGIN DEFERRED') },
      immediate: { value: wrapped(fn, database, controller, 'BEGIN IMMEDIATE') },
      exclusive: { value: wrapped(fn, database, controller, 'BEGIN EXCLUSIVE') },
    };
    const properties = { ...variants, database: { value: database, enumerable: true } };
    for (const { value } of Object.values(variants)) Object.defineProperties(value, properties);
    return variants.default.value as unknown as Transaction<F>;
  }

  function(name: string, fn: AnyFunction): this;
  function(name: string, options: RegistrationOptions, fn: AnyFunction): this;
  /** Defines an SQL function. */
  function(name: string, optionsOrFn: unknown, fnGiven?: unknown): this {
    const short = typeof optionsOrFn === 'function';
    const options = short ? {} : (optionsOrFn ?? {});
    const fn = short ? optionsOrFn : fnGiven;
    requireString(name);
    if (typeof fn !== 'function') throw new TypeError('Expected last argument to be a function');
    requireOptions(options, 'second');
    if (name === '') throw new TypeError('User-defined function name cannot be an empty string');
    const state = this.#state;
    const def = state.run(() =>
      scalarFunction(
        name,
        state.guarded(fn as AnyFunction) as (...args: unknown[]) => unknown,
        functionOptions(options, state),
        betterFace,
      ),
    );
    return this.#define(def);
  }

  #define(def: Parameters<Connection['functions']['define']>[0]): this {
    const state = this.#state;
    state.requireOpen();
    state.requireNotBusy();
    state.requireNoIterators();
    state.connection.functions.define(def);
    state.connection.expire();
    return this;
  }

  /** Defines an aggregate function; with `inverse` it is a window function too. */
  aggregate(name: string, options: AggregateOptions): this {
    requireString(name);
    requireOptions(options, 'second');
    if (name === '') throw new TypeError('User-defined function name cannot be an empty string');
    const state = this.#state;
    const start: unknown = 'start' in options ? options.start : null;
    const step = functionOption(options, 'step', true) as AnyFunction;
    const inverse = functionOption(options, 'inverse', false);
    const result = functionOption(options, 'result', false);
    const def = state.run(() =>
      aggregateFunction(
        name,
        {
          ...functionOptions(options, state),
          start: typeof start === 'function' ? state.guarded(start as AnyFunction) : start,
          step: state.guarded(step) as AggregateOptionsOfFace['step'],
          inverse: inverse === null ? null : state.guarded(inverse),
          result: result === null ? null : state.guarded(result),
        },
        betterFace,
      ),
    );
    return this.#define(def);
  }

  /** INTEGER as bigint in the statements to come. */
  defaultSafeIntegers(...args: [toggleState?: boolean]): this {
    this.#state.safeIntegers = toggle(args);
    return this;
  }

  /**
   * Writing while an iterator is open is allowed, and what can damage the file: changing sqlite_schema
   * under `PRAGMA writable_schema`, `PRAGMA journal_mode = OFF`, `PRAGMA schema_version = N`.
   */
  unsafeMode(...args: [unsafe?: boolean]): this {
    const state = this.#state;
    state.unsafe = toggle(args);
    state.connection.settings.defensive = !state.unsafe;
    state.connection.expire();
    return this;
  }

  /** Closes the connection; its statements are of no use any more. */
  close(): this {
    const state = this.#state;
    if (state.connection.isOpen) {
      state.requireNotBusy();
      state.requireNoIterators();
      state.run(() => state.connection.close());
    }
    return this;
  }

  /**
   * Copies the database into a file while it stays in use, a hundred pages at a time; `progress` may
   * return how many come next. What this connection changes meanwhile gets into the copy; a change by
   * another one makes it start again. Rejects with SQLITE_BUSY when the file is in use.
   */
  async backup(destination: string, options?: BackupOptions | null): Promise<BackupMetadata> {
    const given = options ?? {};
    requireString(destination);
    requireOptions(given, 'second');
    const path = destination.trim();
    const attached = attachedOption(given, () => {
      if (path === '') throw new TypeError('Backup filename cannot be an empty string');
      if (path === ':memory:') throw new TypeError('Invalid backup filename ":memory:"');
    });
    const progress = functionOption(given, 'progress', false);
    if (!directoryExists(path)) {
      throw new TypeError('Cannot save backup because the directory does not exist');
    }
    const state = this.#state;
    state.requireOpen();
    try {
      return await runBackup(state.connection, attached, path, {
        check: () => state.requireOpen(),
        progress: (metadata) => progressOf(progress, metadata),
      });
    } catch (e) {
      throw translated(e);
    }
  }

  /** The bytes of the database file, as they are or would be. */
  serialize(options?: SerializeOptions | null): Bytes {
    const given = options ?? {};
    requireOptions(given, 'first');
    const attached = attachedOption(given);
    const state = this.#state;
    state.requireOpen();
    state.requireNotBusy();
    state.requireNoIterators();
    const bytes = state.run(() => serialize(databaseNamed(state.connection, attached)));
    return Buffer.from(bytes.buffer as ArrayBuffer);
  }

  /** What console.log shows: values rather than getters. */
  [INSPECT](): object {
    const shown = Object.create(construct.prototype, { [INSPECT]: { value: undefined } });
    return Object.assign(shown, this);
  }

  /** Not supported: throws. */
  table(_name: string, _definition: unknown): never {
    throw unsupported('table()');
  }

  /** Not supported: throws. */
  loadExtension(path: string, _entryPoint?: string): never {
    requireString(path);
    throw unsupported('loadExtension()');
  }
}

interface Interpreted {
  readonly path: string;
  readonly content: Buffer | undefined;
  readonly memory: boolean;
  readonly readonly: boolean;
  readonly mustExist: boolean;
  readonly timeout: number;
  readonly verbose: State['verbose'];
}

/** The constructor's arguments, checked in the original's order. */
function interpret(given: string, options: Options, content: Buffer | undefined): Interpreted {
  if ('readOnly' in options) {
    throw new TypeError('Misspelled option "readOnly" should be "readonly"');
  }
  if ('memory' in options) {
    throw new TypeError('Option "memory" was removed in v7.0.0 (use ":memory:" filename instead)');
  }
  const path = given.trim();
  const memory = path === '' || path === ':memory:';
  const readonly = booleanOption(options, 'readonly');
  const mustExist = booleanOption(options, 'fileMustExist');
  const timeout: unknown = 'timeout' in options ? options.timeout : 5000;
  const verbose = options.verbose ?? null;
  if (readonly && memory && content === undefined) {
    throw new TypeError('In-memory/temporary databases cannot be readonly');
  }
  if (typeof timeout !== 'number' || !Number.isInteger(timeout) || timeout < 0) {
    throw new TypeError('Expected the "timeout" option to be a positive integer');
  }
  if (timeout > 0x7fffffff) {
    throw new RangeError('Option "timeout" cannot be greater than 2147483647');
  }
  if (verbose !== null && typeof verbose !== 'function') {
    throw new TypeError('Expected the "verbose" option to be a function');
  }
  if (options.nativeBinding !== undefined && options.nativeBinding !== null) {
    throw unsupported('The option "nativeBinding"');
  }
  if (!memory && !path.startsWith('file:') && !directoryExists(path)) {
    throw new TypeError('Cannot open database because the directory does not exist');
  }
  return { path, content, memory, readonly, mustExist, timeout, verbose };
}

function directoryExists(path: string): boolean {
  const vfs = defaultVfs();
  const full = vfs.fullPath(path);
  const at = Math.max(full.lastIndexOf('/'), full.lastIndexOf('\\'));
  return vfs.exists(at <= 0 ? '/' : full.slice(0, at));
}

function open({ path, content, readonly, mustExist, timeout }: Interpreted): Connection {
  try {
    const connection = new Connection({
      path,
      content,
      readonly,
      create: !mustExist && !readonly,
      vfs: defaultVfs(),
      timeout,
      cacheSize: -16000,
      settings: { foreignKeys: true, dqsDml: false, dqsDdl: false, defensive: true },
    });
    connection.setLikeMatchesBlobs(false);
    return connection;
  } catch (e) {
    throw translated(e);
  }
}

/** Runs every statement of a text; each is compiled when the ones before it have run. */
function execute(state: State, sql: string): void {
  const { connection } = state;
  let at = 0;
  for (;;) {
    while (at < sql.length && SKIPPED.test(sql[at]!)) at += 1;
    const prepared = connection.prepare(sql, at);
    if (prepared === null) return;
    if (state.verbose !== null) {
      const nulls = new Array<null>(prepared.program.parameterCount).fill(null);
      state.log(sql.slice(at, prepared.next), nulls);
    }
    const statement = new PreparedStatement(connection, sql, at, prepared);
    while (statement.step() !== null);
    at = prepared.next;
  }
}

const SKIPPED = /[ \t-\r;]/;

interface Controller {
  readonly begin: Readonly<Record<string, Statement>>;
  readonly commit: Statement;
  readonly rollback: Statement;
  readonly savepoint: Statement;
  readonly release: Statement;
  readonly rollbackTo: Statement;
}

const SAVEPOINT = '`\t_bs3.\t`';

function controllerFor(prepare: (sql: string) => Statement): Controller {
  const modes = ['BEGIN', 'BEGIN DEFERRED', 'BEGIN IMMEDIATE', 'BEGIN EXCLUSIVE'];
  return {
    begin: Object.fromEntries(modes.map((sql) => [sql, prepare(sql)])),
    commit: prepare('COMMIT'),
    rollback: prepare('ROLLBACK'),
    savepoint: prepare(`SAVEPOINT ${SAVEPOINT}`),
    release: prepare(`RELEASE ${SAVEPOINT}`),
    rollbackTo: prepare(`ROLLBACK TO ${SAVEPOINT}`),
  };
}

function wrapped(
  fn: AnyFunction,
  database: Database,
  controller: Controller,
  mode: string,
): AnyFunction {
  return function sqliteTransaction(this: unknown, ...args: never[]): unknown {
    const nested = database.inTransaction;
    const before = nested ? controller.savepoint : controller.begin[mode]!;
    const after = nested ? controller.release : controller.commit;
    before.run();
    try {
      const result = fn.apply(this, args);
      if (isThenable(result)) {
        throw new TypeError('Transaction function cannot return a promise');
      }
      after.run();
      return result;
    } catch (e) {
      if (database.inTransaction) {
        if (nested) {
          controller.rollbackTo.run();
          controller.release.run();
        } else controller.rollback.run();
      }
      throw e;
    }
  };
}

/** Makes a database with and without `new`, and as the base of a class. */
function construct(filename?: unknown, options?: unknown): Database {
  return Reflect.construct(DatabaseClass, [filename, options], new.target ?? construct);
}
Object.defineProperty(construct, 'name', { value: 'Database' });
construct.prototype = DatabaseClass.prototype;
Object.defineProperty(DatabaseClass.prototype, 'constructor', {
  value: construct,
  writable: true,
  configurable: true,
});
Object.assign(construct, { SqliteError });

export interface RegistrationOptions {
  readonly varargs?: boolean | undefined;
  readonly deterministic?: boolean | undefined;
  readonly safeIntegers?: boolean | undefined;
  readonly directOnly?: boolean | undefined;
}

export interface AggregateOptions extends RegistrationOptions {
  /** First accumulator value, or a function that makes one. */
  readonly start?: unknown;
  /** Returns the next accumulator; undefined keeps the old one. */
  readonly step: AnyFunction;
  readonly inverse?: AnyFunction | null | undefined;
  readonly result?: AnyFunction | null | undefined;
}

type DatabaseInstance = DatabaseClass;

interface DatabaseConstructor {
  new (filename?: string | Bytes, options?: Options): DatabaseInstance;
  (filename?: string | Bytes, options?: Options): DatabaseInstance;
  readonly prototype: DatabaseInstance;
  readonly SqliteError: typeof SqliteError;
}

const Database = construct as unknown as DatabaseConstructor;
type Database = DatabaseInstance;

type OptionsOfDatabase = Options;
type PragmaOptionsOfDatabase = PragmaOptions;
type RegistrationOptionsOfDatabase = RegistrationOptions;
type BackupOptionsOfDatabase = BackupOptions;
type BackupMetadataOfDatabase = BackupMetadata;
type SerializeOptionsOfDatabase = SerializeOptions;
type AggregateOptionsOfDatabase = AggregateOptions;
type TransactionOfDatabase<F extends AnyFunction> = Transaction<F>;
type ErrorOfDatabase = SqliteError;

/** Types under the names that programs know: `Database.Database`, `Database.Statement` ... */
declare namespace Database {
  export type Database = DatabaseInstance;
  export type Statement<P extends unknown[] | object = unknown[], R = unknown> = StatementFor<P, R>;
  export type Transaction<F extends AnyFunction = AnyFunction> = TransactionOfDatabase<F>;
  export type Options = OptionsOfDatabase;
  export type PragmaOptions = PragmaOptionsOfDatabase;
  export type RegistrationOptions = RegistrationOptionsOfDatabase;
  export type BackupOptions = BackupOptionsOfDatabase;
  export type BackupMetadata = BackupMetadataOfDatabase;
  export type SerializeOptions = SerializeOptionsOfDatabase;
  export type AggregateOptions = AggregateOptionsOfDatabase;
  export type RunResult = RunResultOfFace;
  export type ColumnDefinition = ColumnDefinitionOfFace;
  export type SqliteError = ErrorOfDatabase;
}

export type { BackupMetadata } from './backup.ts';
export type { RunResult } from './face.ts';
export type { Statement };
/** `require('micadb/better-sqlite3')` gives the constructor, as with the original. */
export { Database, Database as 'module.exports', SqliteError };
export default Database;
