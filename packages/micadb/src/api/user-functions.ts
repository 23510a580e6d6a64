/**
 * User-defined functions, aggregates and collations as descriptors (wall 13): what they throw reaches
 * the caller as the same object.
 */
import type { AggregateFunction, ScalarFunction } from '../functions/types.ts';
import { SqliteError } from '../values/errors.ts';
import type { SqlValue } from '../values/value.ts';
import type { Face } from './face.ts';
import type { Convert } from './rows.ts';

export interface FunctionOptions {
  /** Accept any number of arguments. */
  readonly varargs?: boolean;
  /** Same arguments, same result: may be used in indexes and factored out. */
  readonly deterministic?: boolean;
  /** May not be used in schema objects (views, triggers, CHECK ...). */
  readonly directOnly?: boolean;
  /** Arguments: INTEGER comes as bigint. */
  readonly safeIntegers?: boolean;
}

type AnyFunction = (...args: unknown[]) => unknown;

/** SQLite's limits: 255 bytes of name, 100 arguments (better-sqlite3) of SQLite's 127. */
const MAX_NAME = 255;
const MAX_ARGUMENTS = 100;

function checkName(name: string): void {
  if (name === '') throw new TypeError('User-defined function name cannot be an empty string');
  if (new TextEncoder().encode(name).length > MAX_NAME) {
    throw new SqliteError('SQLITE_MISUSE', 'User-defined function name is longer than 255 bytes');
  }
}

function checkLength(length: number): number {
  if (!Number.isInteger(length) || length < 0) {
    throw new TypeError('Expected function.length to be a positive integer');
  }
  return length;
}

function checkCount(count: number): number {
  if (count > MAX_ARGUMENTS) {
    throw new RangeError(`User-defined functions cannot have more than ${MAX_ARGUMENTS} arguments`);
  }
  return count;
}

function resultOf(name: string, v: unknown, face: Face): SqlValue {
  if (v === undefined) return null;
  const sql = face.toSql(v);
  if (sql !== undefined) return sql;
  if (typeof v === 'bigint') {
    throw new RangeError(`User-defined function ${name}() returned a bigint that was too big`);
  }
  throw new TypeError(`User-defined function ${name}() returned an invalid value`);
}

/** Converted arguments, after those in `first`. */
function argumentsOf(first: unknown[], args: readonly SqlValue[], convert: Convert): unknown[] {
  for (let i = 0; i < args.length; i++) first.push(convert(args[i]!));
  return first;
}

/** TypeError, RangeError or SQLITE_MISUSE for a name or an argument count that SQLite does not take. */
export function scalarFunction(
  name: string,
  fn: AnyFunction,
  options: FunctionOptions,
  face: Face,
): ScalarFunction {
  checkName(name);
  const convert = options.safeIntegers === true ? face.fromSqlBigInts : face.fromSql;
  return {
    kind: 'scalar',
    name,
    argCount: options.varargs === true ? -1 : checkCount(checkLength(fn.length)),
    deterministic: options.deterministic === true,
    directOnly: options.directOnly === true,
    user: true,
    call: (args) => resultOf(name, fn(...argumentsOf([], args, convert)), face),
  };
}

export interface AggregateOptions extends FunctionOptions {
  /** First accumulator value, or a function that makes one. Default null. */
  readonly start?: unknown;
  /** Returns the next accumulator; undefined keeps the old one. */
  readonly step: (accumulator: never, ...args: never[]) => unknown;
  /** Takes the oldest row back: makes the aggregate a window function. */
  readonly inverse?: ((accumulator: never, ...args: never[]) => unknown) | null;
  /** Makes the result of the last accumulator; default: the accumulator itself. */
  readonly result?: ((accumulator: never) => unknown) | null;
}

/** `start` is called late, inside a call that may throw; `windowed` once a window has asked for values. */
interface Accumulator {
  value: unknown;
  started: boolean;
  windowed: boolean;
}

export function aggregateFunction(
  name: string,
  options: AggregateOptions,
  face: Face,
): AggregateFunction {
  checkName(name);
  const first = 'start' in options ? options.start : null;
  const step = options.step as AnyFunction;
  const inverse = (options.inverse ?? null) as AnyFunction | null;
  const result = (options.result ?? null) as AnyFunction | null;
  const convert = options.safeIntegers === true ? face.fromSqlBigInts : face.fromSql;
  const init = (): Accumulator => ({ value: null, started: false, windowed: false });
  const started = (state: object): Accumulator => {
    const accumulator = state as Accumulator;
    if (!accumulator.started) {
      accumulator.value = typeof first === 'function' ? (first as AnyFunction)() : first;
      accumulator.started = true;
    }
    return accumulator;
  };
  const apply = (fn: AnyFunction, state: object, args: readonly SqlValue[]): void => {
    const accumulator = started(state);
    const next = fn(...argumentsOf([accumulator.value], args, convert));
    if (next !== undefined) accumulator.value = next;
  };
  const resultFor = (accumulator: Accumulator): SqlValue =>
    resultOf(name, result === null ? accumulator.value : result(accumulator.value), face);
  const finalize = (state: object | null): SqlValue => {
    const accumulator = started(state ?? init());
    // A window has given its values already: there is no result to make.
    return accumulator.windowed ? null : resultFor(accumulator);
  };
  const value = (state: object | null): SqlValue => {
    const accumulator = started(state ?? init());
    accumulator.windowed = true;
    return resultFor(accumulator);
  };
  const count = (): number => {
    const longest = Math.max(checkLength(step.length), checkLength(inverse?.length ?? 0));
    return checkCount(Math.max(longest - 1, 0));
  };
  const base: AggregateFunction = {
    kind: 'aggregate',
    name,
    argCount: options.varargs === true ? -1 : count(),
    deterministic: options.deterministic === true,
    directOnly: options.directOnly === true,
    user: true,
    init,
    step: (state, args) => apply(step, state, args),
    finalize,
  };
  if (inverse === null) return base;
  return { ...base, value, inverse: (state, args) => apply(inverse, state, args) };
}
