/** User-defined functions, aggregates and collations as descriptors (wall 13: they may throw and re-enter). */
import type { AggregateFunction, ScalarFunction } from '../functions/types.ts';
import type { Collation } from '../values/key.ts';
import type { SqlValue } from '../values/value.ts';
import type { Face } from './face.ts';

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

function resultOf(name: string, v: unknown, face: Face): SqlValue {
  if (v === undefined) return null;
  const sql = face.toSql(v);
  if (sql === undefined) {
    throw new TypeError(`User-defined function ${name}() returned an invalid value`);
  }
  return sql;
}

export function scalarFunction(
  name: string,
  fn: (...args: unknown[]) => unknown,
  options: FunctionOptions,
  face: Face,
  safeIntegers: boolean,
): ScalarFunction {
  return {
    kind: 'scalar',
    name,
    argCount: options.varargs === true ? -1 : fn.length,
    deterministic: options.deterministic === true,
    directOnly: options.directOnly === true,
    user: true,
    call: (args) => resultOf(name, fn(...args.map((a) => face.fromSql(a, safeIntegers))), face),
  };
}

export interface AggregateOptions extends FunctionOptions {
  /** First accumulator value, or a function that makes one. */
  readonly start?: unknown;
  /** Returns the next accumulator; undefined keeps the old one. */
  readonly step: (accumulator: unknown, ...args: unknown[]) => unknown;
  /** Takes the oldest row back: makes the aggregate a window function. */
  readonly inverse?: (accumulator: unknown, ...args: unknown[]) => unknown;
  readonly result?: (accumulator: unknown) => unknown;
}

interface Accumulator {
  value: unknown;
}

export function aggregateFunction(
  name: string,
  options: AggregateOptions,
  face: Face,
  safeIntegers: boolean,
): AggregateFunction {
  const { start, step, inverse, result } = options;
  const init = (): Accumulator => ({
    value: typeof start === 'function' ? (start as () => unknown)() : (start ?? null),
  });
  const apply = (
    fn: (a: unknown, ...args: unknown[]) => unknown,
    state: object,
    args: readonly SqlValue[],
  ) => {
    const acc = state as Accumulator;
    const next = fn(acc.value, ...args.map((a) => face.fromSql(a, safeIntegers)));
    if (next !== undefined) acc.value = next;
  };
  const value = (state: object | null): SqlValue => {
    const acc = (state as Accumulator | null) ?? init();
    return resultOf(name, result === undefined ? acc.value : result(acc.value), face);
  };
  const argCount =
    options.varargs === true
      ? -1
      : Math.max(step.length - 1, inverse === undefined ? 0 : inverse.length - 1, 0);
  const base: AggregateFunction = {
    kind: 'aggregate',
    name,
    argCount,
    deterministic: options.deterministic === true,
    directOnly: options.directOnly === true,
    user: true,
    init,
    step: (state, args) => apply(step, state, args),
    finalize: value,
  };
  if (inverse === undefined) return base;
  return { ...base, value, inverse: (state, args) => apply(inverse, state, args) };
}

export function userCollation(name: string, compare: (a: string, b: string) => number): Collation {
  return { name, kind: 'user', compare };
}
