/**
 * The arguments of run/get/all/iterate/bind as parameter values. The rules are better-sqlite3's
 * (docs/api.md, "Binding parameters"), for both faces:
 *  1. Values and arrays of values fill the anonymous parameters from left to right.
 *  2. One plain object, anywhere among them, fills the named ones; it may have more keys than needed.
 *  3. Every parameter gets a value, and no value is left over.
 * The faces differ in what `?1` is (`Face.numbered`) and in which values can be bound.
 */
import type { SqlValue } from '../values/value.ts';
import type { Face } from './face.ts';

/** Which of a statement's parameters are anonymous and which are named, made once a statement. */
export interface ParameterMap {
  readonly count: number;
  /** Indexes of the anonymous parameters, from 0. */
  readonly anonymous: readonly number[];
  readonly named: readonly { readonly key: string; readonly index: number }[];
}

export function parameterMap(names: readonly (string | null)[], face: Face): ParameterMap {
  const anonymous: number[] = [];
  const named: { key: string; index: number }[] = [];
  names.forEach((name, index) => {
    if (name === null || (name.startsWith('?') && face.numbered === 'positional')) {
      anonymous.push(index);
    } else named.push({ key: name.slice(1), index });
  });
  return { count: names.length, anonymous, named };
}

/** A value as SQL value. TypeError for types that cannot be bound, RangeError for big bigints. */
function convert(v: unknown, face: Face): SqlValue {
  const sql = face.toSql(v);
  if (sql !== undefined) return sql;
  if (typeof v === 'bigint') {
    throw new RangeError('The bound string, buffer, or bigint is too big');
  }
  throw new TypeError(face.bindError);
}

const OBJECT_CONSTRUCTOR = Function.prototype.toString.call(Object);

/** Made by a literal or Object.create(null), also in another realm. */
function isPlainObject(v: object): v is Record<string, unknown> {
  const proto: unknown = Object.getPrototypeOf(v);
  if (proto === Object.prototype || proto === null) return true;
  if (typeof proto !== 'object' || Object.getPrototypeOf(proto) !== null) return false;
  const made: unknown = Object.hasOwn(proto as object, 'constructor')
    ? (proto as { constructor: unknown }).constructor
    : null;
  return (
    typeof made === 'function' && Function.prototype.toString.call(made) === OBJECT_CONSTRUCTOR
  );
}

function isObject(v: unknown): v is object {
  return (typeof v === 'object' && v !== null) || typeof v === 'function';
}

/**
 * The common case: anonymous parameters alone and as many values, none of them an object. Puts them into
 * `values`; false (some may be there already) when it is not so simple.
 */
export function bindScalars(
  map: ParameterMap,
  args: readonly unknown[],
  face: Face,
  values: SqlValue[],
): boolean {
  const n = args.length;
  if (map.count !== map.anonymous.length || n !== map.count) return false;
  for (let i = 0; i < n; i++) {
    const arg = args[i];
    if (isObject(arg)) return false;
    const sql = face.toSql(arg);
    if (sql === undefined) return false;
    values[i] = sql;
  }
  return true;
}

/** Parameter values by index: result[0] is for the first parameter. */
export function bindArguments(map: ParameterMap, args: readonly unknown[], face: Face): SqlValue[] {
  const values: SqlValue[] = new Array<SqlValue>(map.count).fill(null);
  let used = 0;
  const next = (v: unknown): void => {
    // Type and size are found first, then that there is no parameter for it: the oracle's order.
    const sql = convert(v, face);
    const index = map.anonymous[used];
    if (index === undefined) throw new RangeError('Too many parameter values were provided');
    values[index] = sql;
    used += 1;
  };
  let object = false;
  for (const arg of args) {
    if (Array.isArray(arg)) {
      for (let i = 0; i < arg.length; i++) next(arg[i]);
    } else if (isObject(arg) && !ArrayBuffer.isView(arg) && isPlainObject(arg)) {
      if (object) {
        throw new TypeError('You cannot specify named parameters in two different objects');
      }
      object = true;
      bindNamed(map, values, arg, face);
    } else {
      if (isObject(arg) && map.named.length > 0 && face.toSql(arg) === undefined) {
        throw new TypeError('Named parameters can only be passed within plain objects');
      }
      next(arg);
    }
  }
  if (!object && map.named.length > 0) throw new TypeError('Missing named parameters');
  if (used < map.anonymous.length) throw new RangeError('Too few parameter values were provided');
  return values;
}

function bindNamed(
  map: ParameterMap,
  values: SqlValue[],
  object: Record<string, unknown>,
  face: Face,
): void {
  for (const { key, index } of map.named) {
    if (!Object.hasOwn(object, key)) throw new RangeError(`Missing named parameter "${key}"`);
    values[index] = convert(object[key], face);
  }
}
