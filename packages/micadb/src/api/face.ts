/**
 * What the faces share: parameter binding by position or name, row modes, transactions. A face says
 * how JavaScript values become SQL values and back (wall 4: one table per face).
 */
import { SqliteError } from '../values/errors.ts';
import { textToString } from '../values/utf.ts';
import { Real, type SqlValue, Text } from '../values/value.ts';
import type { Connection } from './connection.ts';
import { PreparedStatement } from './prepared.ts';
import { expandMaker, objectMaker, pluckMaker, type RowMaker, rawMaker } from './rows.ts';

/** The conversion table of a face. */
export interface Face {
  /** A JavaScript value as parameter or function result; undefined when the type cannot be bound. */
  toSql(value: unknown): SqlValue | undefined;
  /** An SQL value as result or function argument. */
  fromSql(value: SqlValue, safeIntegers: boolean): unknown;
  /** The message of the TypeError for a value that cannot be bound. */
  readonly bindError: string;
}

const INT64_MIN = -9223372036854775808n;
const INT64_MAX = 9223372036854775807n;

/** A bigint as INTEGER. RangeError outside 64 bits. */
export function bigintToSql(v: bigint): SqlValue {
  if (v < INT64_MIN || v > INT64_MAX) {
    throw new RangeError('The bound string, buffer, or bigint is too big');
  }
  return v >= -9007199254740991n && v <= 9007199254740991n ? Number(v) : v;
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
        return v;
      case 'boolean':
        return v ? 1 : 0;
      case 'undefined':
        return undefined;
      default:
        return objectToSql(v);
    }
  },
  fromSql(v, safeIntegers) {
    if (typeof v === 'number') return safeIntegers ? BigInt(v) : v;
    if (v instanceof Real) return v.value;
    return v instanceof Text ? textToString(v) : v;
  },
  bindError: 'Mica can only bind numbers, strings, bigints, booleans, Uint8Arrays and null',
};

export function objectToSql(v: unknown): SqlValue | undefined {
  if (v === null) return null;
  if (v instanceof Uint8Array) return v.slice();
  if (ArrayBuffer.isView(v)) return new Uint8Array(v.buffer, v.byteOffset, v.byteLength).slice();
  if (v instanceof ArrayBuffer) return new Uint8Array(v.slice(0));
  return undefined;
}

/** Values as the engine has them (wall 4): REAL boxed in `Real`, so that 1.0 and 1 stay apart. */
export const exactFace: Face = {
  ...nativeFace,
  toSql: (v) => (v instanceof Real || v instanceof Text ? v : nativeFace.toSql(v)),
  fromSql: (v) => v,
};

export type RowMode = 'object' | 'raw' | 'pluck' | 'expand';

export interface RunResult {
  /** Rows that the statement inserted, updated or deleted (not counting triggers). */
  changes: number;
  lastInsertRowid: number | bigint;
}

export interface ColumnDefinition {
  name: string;
  column: string | null;
  table: string | null;
  database: string | null;
  type: string | null;
}

function isNamedObject(v: unknown): v is Record<string, unknown> {
  if (typeof v !== 'object' || v === null || Array.isArray(v)) return false;
  const proto: unknown = Object.getPrototypeOf(v);
  return proto === Object.prototype || proto === null;
}

/** Turns the arguments of run/get/all/iterate/bind into parameter values. */
export function bindArguments(
  statement: PreparedStatement,
  args: readonly unknown[],
  face: Face,
): SqlValue[] {
  const { parameterCount, parameterNames } = statement.program;
  const values: SqlValue[] = new Array<SqlValue>(parameterCount).fill(null);
  const anonymous: unknown[] = [];
  let named: Record<string, unknown> | null = null;
  for (const arg of args) {
    if (Array.isArray(arg)) anonymous.push(...arg);
    else if (isNamedObject(arg)) {
      if (named !== null) {
        throw new TypeError('You cannot specify named parameters in two different objects');
      }
      named = arg;
    } else anonymous.push(arg);
  }
  let used = 0;
  let missing = false;
  for (let i = 0; i < parameterCount; i++) {
    const name = parameterNames[i] ?? null;
    if (name === null || name.startsWith('?')) {
      if (used >= anonymous.length) missing = true;
      else values[i] = convertArgument(anonymous[used], face);
      used += 1;
    }
  }
  if (missing) throw new RangeError('Too few parameter values were provided');
  if (anonymous.length > used) throw new RangeError('Too many parameter values were provided');
  bindNamed(values, parameterNames, named, face);
  return values;
}

function bindNamed(
  values: SqlValue[],
  names: readonly (string | null)[],
  named: Record<string, unknown> | null,
  face: Face,
): void {
  names.forEach((name, i) => {
    if (name === null || name.startsWith('?')) return;
    if (named === null) throw new TypeError('Missing named parameters');
    const key = name.slice(1);
    if (!Object.hasOwn(named, key)) throw new RangeError(`Missing named parameter "${key}"`);
    values[i] = convertArgument(named[key], face);
  });
}

function convertArgument(v: unknown, face: Face): SqlValue {
  const sql = face.toSql(v);
  if (sql === undefined) throw new TypeError(face.bindError);
  return sql;
}

/** Rows, one at a time. `return` (leaving a for-of early) resets the statement. */
export interface RowIterator extends IterableIterator<unknown> {
  return(): IteratorResult<unknown>;
}

/** The statement behind both faces. */
export class StatementCore {
  readonly prepared: PreparedStatement;
  mode: RowMode = 'object';
  safeIntegers: boolean;
  private makers: { program: object; mode: RowMode; maker: RowMaker } | null = null;
  private readonly convert = (v: SqlValue): unknown => this.face.fromSql(v, this.safeIntegers);
  private permanent: SqlValue[] | null = null;

  constructor(
    readonly connection: Connection,
    readonly source: string,
    public face: Face,
    safeIntegers: boolean,
    start: number | null = null,
  ) {
    const first = connection.prepare(source, start ?? 0);
    if (first === null) {
      throw new RangeError('The supplied SQL string contains no statements');
    }
    this.prepared = new PreparedStatement(connection, source, start ?? 0, first);
    if (start === null && connection.hasStatement(source, first.next)) {
      throw new RangeError('The supplied SQL string contains more than one statement');
    }
    this.safeIntegers = safeIntegers;
  }

  /** True when the statement gives rows. */
  get reader(): boolean {
    return this.prepared.program.resultColumns.length > 0;
  }

  bindPermanently(args: readonly unknown[]): void {
    if (this.permanent !== null) {
      throw new TypeError('The bind() method can only be invoked once per statement object');
    }
    this.permanent = bindArguments(this.prepared, args, this.face);
  }

  private start(args: readonly unknown[]): void {
    if (this.prepared.busy) throw new TypeError('This statement is busy executing a query');
    this.prepared.refresh();
    if (this.permanent !== null) {
      if (args.length > 0) {
        throw new TypeError('This statement already has bound parameters');
      }
      this.prepared.bind(this.permanent);
    } else this.prepared.bind(bindArguments(this.prepared, args, this.face));
  }

  private maker(): RowMaker {
    const { program } = this.prepared;
    if (this.makers?.program === program && this.makers.mode === this.mode)
      return this.makers.maker;
    const names = program.resultColumns.map((c) => c.name);
    let maker: RowMaker;
    switch (this.mode) {
      case 'object':
        maker = objectMaker(names);
        break;
      case 'raw':
        maker = rawMaker;
        break;
      case 'pluck':
        maker = pluckMaker;
        break;
      case 'expand':
        maker = expandMaker(
          program.resultColumns.map((c) => c.table),
          names,
        );
    }
    this.makers = { program, mode: this.mode, maker };
    return maker;
  }

  run(args: readonly unknown[]): RunResult {
    this.start(args);
    const before = this.connection.totalChanges();
    while (this.prepared.step() !== null);
    const changed = this.connection.totalChanges() !== before;
    const rowid = this.connection.lastInsertRowid();
    return {
      changes: changed ? Number(this.connection.changes()) : 0,
      lastInsertRowid: this.safeIntegers ? BigInt(rowid) : Number(rowid),
    };
  }

  get(args: readonly unknown[]): unknown {
    this.start(args);
    const row = this.prepared.step();
    if (row === null) return undefined;
    try {
      return this.maker()(row, this.convert);
    } finally {
      this.prepared.reset();
    }
  }

  all(args: readonly unknown[]): unknown[] {
    this.start(args);
    const rows: unknown[] = [];
    let row = this.prepared.step();
    if (row === null) return rows;
    const make = this.maker();
    try {
      while (row !== null) {
        rows.push(make(row, this.convert));
        row = this.prepared.step();
      }
    } finally {
      if (row !== null) this.prepared.reset();
    }
    return rows;
  }

  iterate(args: readonly unknown[], ended: () => void = () => {}): RowIterator {
    this.start(args);
    const statement = this;
    let done = false;
    const finish = (): IteratorResult<unknown> => {
      if (!done) {
        done = true;
        statement.prepared.reset();
        ended();
      }
      return { value: undefined, done: true };
    };
    return {
      next(): IteratorResult<unknown> {
        if (done) return finish();
        try {
          const row = statement.prepared.step();
          if (row === null) return finish();
          return { value: statement.maker()(row, statement.convert), done: false };
        } catch (e) {
          finish();
          throw e;
        }
      },
      return: finish,
      [Symbol.iterator]() {
        return this;
      },
    };
  }

  columns(): ColumnDefinition[] {
    this.prepared.refresh();
    return this.prepared.program.resultColumns.map((c) => ({
      name: c.name,
      column: c.column,
      table: c.table,
      database: c.database,
      type: c.declType,
    }));
  }
}

/** Wraps `fn` so that it runs inside a transaction, or a savepoint when one is open already. */
export function runInTransaction<T>(connection: Connection, begin: string, fn: () => T): T {
  const outer = connection.autoCommit;
  connection.exec(outer ? begin : 'SAVEPOINT "\t_mica.\t"');
  try {
    const result = fn();
    if (result instanceof Promise) {
      throw new TypeError('Transaction function cannot return a promise');
    }
    connection.exec(outer ? 'COMMIT' : 'RELEASE "\t_mica.\t"');
    return result;
  } catch (e) {
    if (!connection.autoCommit) {
      connection.exec(outer ? 'ROLLBACK' : 'ROLLBACK TO "\t_mica.\t"; RELEASE "\t_mica.\t"');
    }
    throw e;
  }
}

export { SqliteError };
