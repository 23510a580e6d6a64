/** Short forms for writing function descriptors. */
import { SqliteError } from '../values/errors.ts';
import type { SqlValue } from '../values/value.ts';
import type { AggregateFunction, FunctionContext, ScalarFunction } from './types.ts';

type Call = (args: readonly SqlValue[], ctx: FunctionContext) => SqlValue;
type Options = Partial<Omit<ScalarFunction, 'kind' | 'name' | 'argCount' | 'call'>>;

/** A deterministic built-in scalar function. `argCount` -1: any number, see minArgs and maxArgs. */
export function scalar(
  name: string,
  argCount: number,
  call: Call,
  options: Options = {},
): ScalarFunction {
  return { kind: 'scalar', name, argCount, deterministic: true, innocuous: true, call, ...options };
}

interface AggregateParts<S extends object> {
  init(): S;
  step(state: S, args: readonly SqlValue[], ctx: FunctionContext): void;
  /** The result; also the running value of a window, unless `value` says otherwise. */
  finalize(state: S | null, ctx: FunctionContext): SqlValue;
  value?(state: S | null, ctx: FunctionContext): SqlValue;
  inverse?(state: S, args: readonly SqlValue[], ctx: FunctionContext): void;
}

type AggregateOptions = Partial<
  Pick<
    AggregateFunction,
    | 'special'
    | 'direct'
    | 'stepSlices'
    | 'needsCollation'
    | 'resultSubtype'
    | 'subtype'
    | 'minArgs'
    | 'maxArgs'
  >
>;

/**
 * A built-in aggregate. The state is opaque to everyone else, so the one cast from `object` to the
 * family's own type stands here.
 */
export function aggregate<S extends object>(
  name: string,
  argCount: number,
  parts: AggregateParts<S>,
  options: AggregateOptions = {},
): AggregateFunction {
  const { inverse } = parts;
  const value = parts.value ?? parts.finalize;
  return {
    kind: 'aggregate',
    name,
    argCount,
    deterministic: true,
    innocuous: true,
    init: parts.init,
    step: (state, args, ctx) => parts.step(state as S, args, ctx),
    finalize: (state, ctx) => parts.finalize(state as S | null, ctx),
    value: (state, ctx) => value(state as S | null, ctx),
    ...(inverse !== undefined && {
      inverse: (state: object, args: readonly SqlValue[], ctx: FunctionContext) =>
        inverse(state as S, args, ctx),
    }),
    ...options,
  };
}

/** A function's error: SQLITE_ERROR with that text. */
export function fail(message: string): SqliteError {
  return new SqliteError('SQLITE_ERROR', message);
}

/** SQLITE_TOOBIG. */
export function tooBig(): SqliteError {
  return new SqliteError('SQLITE_TOOBIG');
}
