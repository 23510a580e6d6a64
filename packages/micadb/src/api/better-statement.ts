/**
 * Statements of the better-sqlite3 face.
 *
 * The checks come in the original's order: does the statement give rows, is the connection open, is it
 * free, is the statement free, do the parameters fit. A connection is busy while a statement of it is
 * on the stack (a user's function cannot run SQL), and refuses to write while an iterator is open,
 * unless in unsafe mode.
 */
import { stringToWtf8 } from '../values/transcode.ts';
import { textToString } from '../values/utf.ts';
import { Real, type SqlValue, Text, UTF8 } from '../values/value.ts';
import { translated } from './better-errors.ts';
import type { Database } from './better-sqlite3.ts';
import type { Connection } from './connection.ts';
import { expandedSql } from './expand.ts';
import {
  bigintToSql,
  type ColumnDefinition,
  END,
  type Face,
  RowCursor,
  type RowMode,
  type RunResult,
  Session,
  StatementCore,
  stringToSql,
  viewToSql,
} from './face.ts';

/** better-sqlite3's table: every number is REAL, every bigint INTEGER; INTEGER comes out as number. */
export const betterFace: Face = {
  toSql(v) {
    switch (typeof v) {
      case 'number':
        return Number.isNaN(v) ? null : new Real(v);
      case 'bigint':
        return bigintToSql(v);
      case 'string':
        return stringToSql(v) === v ? v : new Text(stringToWtf8(v), UTF8);
      case 'undefined':
        return null;
      case 'object':
        if (v === null) return null;
        return ArrayBuffer.isView(v) ? viewToSql(v) : undefined;
      default:
        return undefined;
    }
  },
  fromSql(v) {
    if (typeof v === 'number' || typeof v === 'string' || v === null) return v;
    return typeof v === 'bigint' ? Number(v) : objectFromSql(v);
  },
  fromSqlBigInts(v) {
    if (typeof v === 'number') return BigInt(v);
    return typeof v === 'object' && v !== null ? objectFromSql(v) : v;
  },
  plain: true,
  bindError: 'SQLite3 can only bind numbers, strings, bigints, buffers, and null',
  numbered: 'named',
};

function objectFromSql(v: SqlValue & object): unknown {
  if (v instanceof Real) return v.value;
  if (v instanceof Text) return textToString(v);
  // A copy: the caller may write to it. Memory of its own too: `buffer` must not show other data.
  const bytes = new Uint8Array(v);
  return typeof Buffer === 'undefined' ? bytes : Buffer.from(bytes.buffer);
}

export type Verbose = ((message?: unknown, ...more: unknown[]) => void) | null;

/** What the statements of one connection share. */
export class State {
  readonly session: Session;
  safeIntegers = false;
  unsafe = false;
  /** What a user's function threw last: it reaches the caller as it is. */
  thrown: unknown = undefined;

  constructor(
    readonly connection: Connection,
    readonly verbose: Verbose,
  ) {
    this.session = new Session(connection);
  }

  requireOpen(): void {
    this.session.requireOpen();
  }

  requireNotBusy(): void {
    if (this.session.executing > 0) throw busyConnection();
  }

  requireNoIterators(): void {
    if (this.session.iterators.size > 0) throw busyConnection();
  }

  requireNoIteratorsUnlessUnsafe(): void {
    if (!this.unsafe) this.requireNoIterators();
  }

  log(sql: string, values: readonly SqlValue[]): void {
    this.verbose?.(expandedSql(sql, values));
  }

  /** Calls the engine; its errors become this face's. */
  run<T>(fn: () => T): T {
    try {
      return fn();
    } catch (e) {
      throw this.leaving(e);
    }
  }

  leaving(e: unknown): unknown {
    if (e === undefined || e !== this.thrown) return translated(e);
    this.thrown = undefined;
    return e;
  }

  /** A user's function whose exceptions are known again. */
  guarded<F extends (...args: never[]) => unknown>(fn: F): F {
    const wrapper = (...args: Parameters<F>): unknown => {
      try {
        return fn.apply(undefined, args);
      } catch (e) {
        this.thrown = e;
        throw e;
      }
    };
    Object.defineProperty(wrapper, 'length', { value: fn.length });
    return wrapper as F;
  }
}

function busyConnection(): TypeError {
  return new TypeError('This database connection is busy executing a query');
}

/** The argument of a method that turns something on or off: a boolean, or nothing for true. */
export function toggle(args: readonly unknown[]): boolean {
  if (args.length === 0) return true;
  if (typeof args[0] !== 'boolean') {
    throw new TypeError('Expected first argument to be a boolean');
  }
  return args[0];
}

/** What makes a statement: only `prepare` has one. */
export interface Preparation {
  readonly state: State;
  readonly database: object;
  readonly source: string;
  /** Made by `pragma`: gives rows, even when there are none. */
  readonly pragma: boolean;
}

export class Statement<P extends unknown[] = unknown[], R = unknown> {
  /** The connection that it was made by. */
  declare readonly database: Database;
  declare readonly source: string;
  /** True when it gives rows. */
  declare readonly reader: boolean;
  /** True when it changes no database file. */
  declare readonly readonly: boolean;
  /** True while an iterator of it is open. */
  declare readonly busy: boolean;
  readonly #core: StatementCore;
  readonly #state: State;
  #cursor: RowCursor | null = null;

  /** @internal */
  constructor(preparation: unknown) {
    if (!(preparation instanceof Prepare)) {
      throw new TypeError('Statements can only be constructed by the db.prepare() method');
    }
    const { state, source, database, pragma } = preparation.of;
    state.requireOpen();
    state.requireNotBusy();
    if (pragma) state.requireNoIteratorsUnlessUnsafe();
    this.#state = state;
    const core = state.run(
      () => new StatementCore(state.session, source, betterFace, state.safeIntegers),
    );
    this.#core = core;
    const fixed = (value: unknown): PropertyDescriptor => ({ value, enumerable: true });
    Object.defineProperties(this, {
      busy: { get: () => this.#locked(), enumerable: true, configurable: true },
      reader: fixed(core.reader || pragma),
      readonly: fixed(core.prepared.program.readOnly),
      source: fixed(source),
      database: fixed(database),
    });
  }

  #locked(): boolean {
    return this.#cursor !== null && !this.#cursor.done;
  }

  #requireFree(): void {
    if (this.#locked()) throw new TypeError('This statement is busy executing a query');
  }

  #requireReader(): void {
    if (!this.reader) {
      throw new TypeError('This statement does not return data. Use run() instead');
    }
  }

  #log(): void {
    const { prepared } = this.#core;
    this.#state.log(prepared.sql.slice(0, prepared.next), prepared.values);
  }

  /** All checks before a run, and the parameters. */
  #start(args: readonly unknown[], writes: boolean): void {
    const state = this.#state;
    state.requireOpen();
    state.requireNotBusy();
    this.#requireFree();
    if (writes) state.requireNoIteratorsUnlessUnsafe();
    this.#core.start(args);
    if (state.verbose !== null) this.#busyWhile(() => this.#log());
  }

  #busyWhile(fn: () => void): void {
    const { session } = this.#state;
    session.executing += 1;
    try {
      fn();
    } finally {
      session.executing -= 1;
    }
  }

  /** Runs a statement of any kind: to the end, or to its first row. */
  run(...parameters: P): RunResult {
    this.#start(parameters, true);
    try {
      return this.#core.run(true);
    } catch (e) {
      throw this.#state.leaving(e);
    }
  }

  /** The first row, or undefined. */
  get(...parameters: P): R | undefined {
    this.#requireReader();
    this.#start(parameters, false);
    try {
      return this.#core.get() as R | undefined;
    } catch (e) {
      throw this.#state.leaving(e);
    }
  }

  /** All rows. */
  all(...parameters: P): R[] {
    this.#requireReader();
    this.#start(parameters, false);
    try {
      return this.#core.all() as R[];
    } catch (e) {
      throw this.#state.leaving(e);
    }
  }

  /** Rows one at a time; the connection does not write before the iterator has ended. */
  iterate(...parameters: P): IterableIterator<R> {
    this.#requireReader();
    const state = this.#state;
    state.requireOpen();
    state.requireNotBusy();
    this.#requireFree();
    this.#core.start(parameters);
    const cursor = new RowCursor(this.#core);
    this.#cursor = cursor;
    const log = state.verbose === null ? null : () => this.#busyWhile(() => this.#log());
    return new StatementIterator(this, state, cursor, log) as IterableIterator<R>;
  }

  /** Sets the parameters for all runs to come. Only once. */
  bind(...parameters: P): this {
    const core = this.#core;
    if (core.bound) {
      throw new TypeError('The bind() method can only be invoked once per statement object');
    }
    this.#state.requireOpen();
    this.#state.requireNotBusy();
    this.#requireFree();
    core.bindForGood(parameters);
    return this;
  }

  #setMode(mode: Exclude<RowMode, 'object'>, args: readonly unknown[]): this {
    if (!this.reader) {
      throw new TypeError(`The ${mode}() method is only for statements that return data`);
    }
    this.#state.requireNotBusy();
    this.#requireFree();
    const core = this.#core;
    if (toggle(args)) core.mode = mode;
    else if (core.mode === mode) core.mode = 'object';
    return this;
  }

  /** Rows as the value of their first column. */
  pluck(...args: [toggleState?: boolean]): this {
    return this.#setMode('pluck', args);
  }

  /** Rows as an object for each table. */
  expand(...args: [toggleState?: boolean]): this {
    return this.#setMode('expand', args);
  }

  /** Rows as arrays. */
  raw(...args: [toggleState?: boolean]): this {
    return this.#setMode('raw', args);
  }

  /** INTEGER as bigint. */
  safeIntegers(...args: [toggleState?: boolean]): this {
    this.#state.requireNotBusy();
    this.#requireFree();
    this.#core.safeIntegers = toggle(args);
    return this;
  }

  /** The result columns, and where each comes from. */
  columns(): ColumnDefinition[] {
    if (!this.reader) {
      throw new TypeError('The columns() method is only for statements that return data');
    }
    this.#state.requireOpen();
    this.#state.requireNotBusy();
    return this.#core.columns();
  }
}

/** The key to Statement's constructor. */
export class Prepare {
  constructor(readonly of: Preparation) {}
}

class StatementIterator implements IterableIterator<unknown> {
  declare readonly statement: Statement;
  readonly #state: State;
  readonly #cursor: RowCursor;
  #log: (() => void) | null;

  constructor(statement: object, state: State, cursor: RowCursor, log: (() => void) | null) {
    if (!(cursor instanceof RowCursor)) throw new TypeError('Disabled constructor');
    this.#state = state;
    this.#cursor = cursor;
    this.#log = log;
    Object.defineProperty(this, 'statement', { value: statement, enumerable: true });
  }

  next(): IteratorResult<unknown> {
    const state = this.#state;
    const cursor = this.#cursor;
    state.requireNotBusy();
    try {
      if (this.#log !== null && !cursor.done) {
        const log = this.#log;
        this.#log = null;
        log();
      }
      const value = cursor.next();
      return value === END ? { value: undefined, done: true } : { value, done: false };
    } catch (e) {
      cursor.end();
      throw state.leaving(e);
    }
  }

  return(): IteratorResult<unknown> {
    this.#state.requireNotBusy();
    this.#cursor.end();
    return { value: undefined, done: true };
  }

  [Symbol.iterator](): this {
    return this;
  }
}
