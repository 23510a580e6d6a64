/**
 * What the faces share: the statement behind `Statement`, row modes, iterators, transactions. A face
 * says how JavaScript values become SQL values and back (wall 4: one table per face).
 *
 * Invariants:
 *  1. `Session.executing` counts the calls of the engine that are on the stack: above 0, a user's
 *     function is running inside a statement.
 *  2. `Session.iterators` holds every iterator that may still give a row; closing the connection
 *     ends them.
 */
import { SqliteError } from '../values/errors.ts';
import { textToString } from '../values/utf.ts';
import { normalizeInt, Real, type SqlValue, Text } from '../values/value.ts';
import { bindArguments, bindScalars, type ParameterMap, parameterMap } from './binding.ts';
import type { Connection } from './connection.ts';
import { PreparedStatement } from './prepared.ts';
import { type Convert, type RowMaker, type RowMode, rowMaker, taking } from './rows.ts';

export type { RowMode } from './rows.ts';

/** The conversion table of a face. */
export interface Face {
  /**
   * A JavaScript value as parameter or function result; undefined when it cannot be one (a type
   * that is not in the table, or a bigint past 64 bits).
   */
  toSql(value: unknown): SqlValue | undefined;
  /** An SQL value as result or function argument. Strings and numbers are left as they are. */
  readonly fromSql: Convert;
  /** True when `fromSql` gives numbers for INTEGER in safe range and for REAL. */
  readonly plain: boolean;
  /** The same where the caller wants every INTEGER as bigint. */
  readonly fromSqlBigInts: Convert;
  /** The message of the TypeError for a value that cannot be bound. */
  readonly bindError: string;
  /** What `?1` is: filled by position, or the name '1'. */
  readonly numbered: 'positional' | 'named';
}

const INT64_MIN = -9223372036854775808n;
const INT64_MAX = 9223372036854775807n;

/** A bigint as INTEGER; undefined outside 64 bits. */
export function bigintToSql(v: bigint): SqlValue | undefined {
  return v < INT64_MIN || v > INT64_MAX ? undefined : normalizeInt(v);
}

const isWellFormed = (String.prototype as { isWellFormed?: () => boolean }).isWellFormed;
const LONE_SURROGATES = /[\ud800-\udfff]/gu;

/** Text as SQLite would hold it: UTF-8 has no lone surrogates. */
export function stringToSql(v: string): string {
  if (isWellFormed?.call(v) === true) return v;
  return v.replace(LONE_SURROGATES, '\ufffd');
}

/** The bytes of a view, copied: the caller may write to them later. */
export function viewToSql(v: ArrayBufferView): Uint8Array {
  // Of a buffer that was transferred there is nothing left.
  if (v.byteLength === 0) return new Uint8Array(0);
  return new Uint8Array(v.buffer, v.byteOffset, v.byteLength).slice();
}

/** The native face: safe-integer numbers are INTEGER, other numbers REAL, large INTEGERs bigint. */
export const nativeFace: Face = {
  toSql(v) {
    switch (typeof v) {
      case 'number':
        if (Number.isSafeInteger(v)) return Object.is(v, -0) ? new Real(-0) : v;
        return Number.isNaN(v) ? null : new Real(v);
      case 'bigint':
        return bigintToSql(v);
      case 'string':
        return stringToSql(v);
      case 'boolean':
        return v ? 1 : 0;
      case 'object':
        if (v === null) return null;
        if (ArrayBuffer.isView(v)) return viewToSql(v);
        if (v instanceof ArrayBuffer) return new Uint8Array(v.slice(0));
        // What `exact()` gives can be bound again.
        return v instanceof Real || v instanceof Text ? v : undefined;
      default:
        return undefined;
    }
  },
  fromSql(v) {
    if (typeof v !== 'object' || v === null) return v;
    if (v instanceof Real) return v.value;
    // The engine may hold on to the bytes: the caller gets some of its own.
    return v instanceof Text ? textToString(v) : new Uint8Array(v);
  },
  fromSqlBigInts: (v) => (typeof v === 'number' ? BigInt(v) : nativeFace.fromSql(v)),
  plain: true,
  bindError: 'Mica can only bind numbers, strings, bigints, booleans, Uint8Arrays and null',
  numbered: 'positional',
};

const ownBytes: Convert = (v) => (v instanceof Uint8Array ? new Uint8Array(v) : v);

/** Values as the engine has them (wall 4): REAL boxed in `Real`, so that 1.0 and 1 stay apart. */
export const exactFace: Face = {
  ...nativeFace,
  fromSql: ownBytes,
  fromSqlBigInts: ownBytes,
  plain: false,
};

export interface RunResult {
  /** Rows that the statement inserted, updated or deleted (not counting triggers). */
  changes: number;
  /** Rowid of the last INSERT of the connection; a bigint past 2^53 and where bigints are asked for. */
  lastInsertRowid: number | bigint;
}

export interface ColumnDefinition {
  name: string;
  column: string | null;
  table: string | null;
  database: string | null;
  type: string | null;
}

/** Rows, one at a time. `return` (leaving a for-of early) resets the statement. */
export interface RowIterator extends IterableIterator<unknown> {
  return(): IteratorResult<unknown>;
}

/** A connection as the faces use it. */
export class Session {
  executing = 0;
  readonly iterators = new Set<RowCursor>();

  constructor(readonly connection: Connection) {}

  requireOpen(): void {
    if (!this.connection.isOpen) throw new TypeError('The database connection is not open');
  }

  private readonly controls = new Map<string, PreparedStatement>();

  /** Runs a statement that begins or ends a transaction or savepoint; it is kept for the next time. */
  control(sql: string): void {
    const { connection, controls } = this;
    let statement = controls.get(sql);
    if (statement === undefined) {
      const prepared = connection.prepare(sql);
      if (prepared === null) return;
      statement = new PreparedStatement(connection, sql, 0, prepared);
      controls.set(sql, statement);
    }
    while (statement.step() !== null);
  }

  /** Ends all iterators and closes. A statement that is calling the user's code keeps it open. */
  close(): void {
    if (!this.connection.isOpen) return;
    if (this.executing > 0) {
      throw new SqliteError('SQLITE_BUSY', 'unable to close due to unfinalized statements');
    }
    for (const cursor of this.iterators) cursor.end();
    this.connection.close();
  }
}

/** One run of a statement, row by row, in the mode that held at its start. */
export class RowCursor {
  private live = true;
  private readonly mode: RowMode;
  private readonly convert: Convert;
  private program: object | null = null;
  private make: RowMaker | null = null;
  private running = false;

  constructor(private readonly core: StatementCore) {
    this.mode = core.mode;
    this.convert = core.convert;
    core.session.iterators.add(this);
  }

  /** The next row, or END. */
  next(): unknown {
    if (!this.live) return END;
    this.requireIdle();
    const { session, prepared } = this.core;
    session.executing += 1;
    let row = null;
    this.running = true;
    try {
      row = prepared.step();
    } finally {
      this.running = false;
      session.executing -= 1;
      if (row === null) this.forget();
    }
    if (row === null) return END;
    let { make } = this;
    if (make === null || this.program !== prepared.program) {
      this.program = prepared.program;
      make = this.make = this.core.maker(this.mode, this.convert);
    }
    return make(row, this.convert);
  }

  /** Resets the statement before its last row. */
  end(): void {
    if (!this.live) return;
    this.requireIdle();
    this.forget();
    this.core.prepared.reset();
  }

  /** A function that the statement calls cannot move it. */
  private requireIdle(): void {
    if (this.running) throw new TypeError('This statement is busy executing a query');
  }

  private forget(): void {
    this.live = false;
    this.core.session.iterators.delete(this);
  }

  get done(): boolean {
    return !this.live;
  }
}

export const END = Symbol('end of rows');

/** A row maker and what it was made for. */
interface CachedMaker {
  readonly program: object;
  readonly mode: RowMode;
  readonly convert: Convert;
  readonly maker: RowMaker;
}

/** The statement behind both faces. */
export class StatementCore {
  readonly prepared: PreparedStatement;
  private readonly connection: Connection;
  private readonly parameters: ParameterMap;
  mode: RowMode = 'object';
  safeIntegers: boolean;
  /** Parameters were bound for good. */
  bound = false;
  private cached: CachedMaker | null = null;

  constructor(
    readonly session: Session,
    readonly source: string,
    public face: Face,
    safeIntegers: boolean,
    start: number | null = null,
  ) {
    this.connection = session.connection;
    const first = this.connection.prepare(source, start ?? 0);
    if (first === null) {
      throw new RangeError('The supplied SQL string contains no statements');
    }
    this.prepared = new PreparedStatement(this.connection, source, start ?? 0, first);
    if (start === null && !isBlank(source, first.next)) {
      throw new RangeError('The supplied SQL string contains more than one statement');
    }
    this.parameters = parameterMap(first.program.parameterNames, face);
    this.safeIntegers = safeIntegers;
  }

  /** True when the statement gives rows. */
  get reader(): boolean {
    return this.prepared.program.resultColumns.length > 0;
  }

  /** Sets the parameters for all runs to come. */
  bindForGood(args: readonly unknown[]): void {
    if (this.bound) {
      throw new TypeError('The bind() method can only be invoked once per statement object');
    }
    this.requireIdle();
    this.prepared.bind(bindArguments(this.parameters, args, this.face));
    this.bound = true;
  }

  private requireIdle(): void {
    if (this.prepared.busy) throw new TypeError('This statement is busy executing a query');
  }

  /** Sets the parameters of the next run. */
  start(args: readonly unknown[]): void {
    this.requireIdle();
    if (!this.bound) {
      const { prepared, parameters, face } = this;
      if (!bindScalars(parameters, args, face, prepared.values)) {
        prepared.bind(bindArguments(parameters, args, face));
      }
    } else if (args.length > 0) {
      throw new TypeError('This statement already has bound parameters');
    }
  }

  get convert(): Convert {
    return this.safeIntegers ? this.face.fromSqlBigInts : this.face.fromSql;
  }

  maker(mode: RowMode, convert: Convert): RowMaker {
    const { program } = this.prepared;
    const { cached } = this;
    if (cached?.program === program && cached.mode === mode && cached.convert === convert) {
      return cached.maker;
    }
    const maker = rowMaker(mode, program.resultColumns, convert === this.face.fromSql);
    this.cached = { program, mode, convert, maker };
    return maker;
  }

  /** Runs to the end, or (`once`) to the first row. */
  run(once: boolean): RunResult {
    const { connection, session } = this;
    const before = connection.totalChanges();
    session.executing += 1;
    try {
      if (once) {
        if (this.prepared.step() !== null) this.prepared.reset();
      } else while (this.prepared.step() !== null);
    } finally {
      session.executing -= 1;
    }
    const changed = connection.totalChanges() !== before;
    return {
      changes: changed ? Number(connection.changes()) : 0,
      lastInsertRowid: this.convert(connection.lastInsertRowid()) as number | bigint,
    };
  }

  /** The first row, or undefined. */
  get(): unknown {
    const { session } = this;
    session.executing += 1;
    try {
      const row = this.prepared.step();
      if (row === null) return undefined;
      try {
        const { convert } = this;
        return this.maker(this.mode, convert)(row, convert);
      } finally {
        this.prepared.reset();
      }
    } finally {
      session.executing -= 1;
    }
  }

  all(): unknown[] {
    const { session, prepared, convert } = this;
    const rows: unknown[] = [];
    session.executing += 1;
    try {
      const row = prepared.step();
      if (row === null) return rows;
      let more = true;
      try {
        const make = this.maker(this.mode, convert);
        rows.push(make(row, convert));
        more = false;
        more = prepared.advance(row);
        if (more && convert === this.face.fromSql && this.face.plain) {
          const taker = taking.taker?.(this.mode, prepared.program.resultColumns) ?? null;
          if (taker !== null) row.collect(rows, taker, convert);
        }
        while (more) {
          rows.push(make(row, convert));
          more = false;
          more = prepared.advance(row);
        }
      } finally {
        if (more) prepared.reset();
      }
      return rows;
    } finally {
      session.executing -= 1;
    }
  }

  columns(): ColumnDefinition[] {
    return this.prepared.program.resultColumns.map((c) => ({
      name: c.name,
      column: c.column,
      table: c.table,
      database: c.database,
      type: c.declType,
    }));
  }
}

/** Nothing but space, comments and semicolons from `start` on. An open comment runs to the end. */
function isBlank(sql: string, start: number): boolean {
  BLANK.lastIndex = start;
  BLANK.test(sql);
  return BLANK.lastIndex === sql.length || sql.charCodeAt(BLANK.lastIndex) === 0;
}

const BLANK = /(?:[ \t-\r;]|--[^\n]*(?:\n|$)|\/\*(?:[\s\S]*?\*\/|[\s\S]*$))*/y;

const SAVEPOINT = '"\t_mica.\t"';

/** Wraps `fn` so that it runs inside a transaction, or a savepoint when one is open already. */
export function runInTransaction<T>(session: Session, begin: string, fn: () => T): T {
  const { connection } = session;
  const outer = connection.autoCommit;
  session.control(outer ? begin : `SAVEPOINT ${SAVEPOINT}`);
  try {
    const result = fn();
    if (isThenable(result)) {
      throw new TypeError('Transaction function cannot return a promise');
    }
    session.control(outer ? 'COMMIT' : `RELEASE ${SAVEPOINT}`);
    return result;
  } catch (e) {
    if (connection.isOpen && !connection.autoCommit) {
      if (outer) session.control('ROLLBACK');
      else {
        session.control(`ROLLBACK TO ${SAVEPOINT}`);
        session.control(`RELEASE ${SAVEPOINT}`);
      }
    }
    throw e;
  }
}

export function isThenable(v: unknown): boolean {
  return (
    (typeof v === 'object' || typeof v === 'function') &&
    v !== null &&
    typeof (v as { then?: unknown }).then === 'function'
  );
}
