/** Mathematical functions (lang_mathfunc). What is no number gives NULL; so does what has no value. */
import { toNumeric, toReal } from '../values/affinity.ts';
import { numericKind } from '../values/number.ts';
import { type Int, Real, realOrNull, type SqlValue } from '../values/value.ts';
import { scalar } from './define.ts';
import { textOf } from './text.ts';
import type { FunctionContext, ScalarFunction } from './types.ts';

/** The argument as a number, or null when it is NULL, a BLOB or text that is no number. */
function numeric(v: SqlValue, ctx: FunctionContext): Int | Real | null {
  if (typeof v === 'number' || typeof v === 'bigint' || v instanceof Real || v === null) return v;
  if (v instanceof Uint8Array) return null;
  const s = textOf(v, ctx);
  return numericKind(s) === 0 ? null : toNumeric(s);
}

function double(v: SqlValue, ctx: FunctionContext): number | null {
  const n = numeric(v, ctx);
  return n === null ? null : n instanceof Real ? n.value : Number(n);
}

function unary(name: string, f: (x: number) => number): ScalarFunction {
  return scalar(name, 1, (args, ctx) => {
    const x = double(args[0]!, ctx);
    return x === null ? null : realOrNull(f(x));
  });
}

function binary(name: string, f: (x: number, y: number) => number): ScalarFunction {
  return scalar(name, 2, (args, ctx) => {
    const x = double(args[0]!, ctx);
    if (x === null) return null;
    const y = double(args[1]!, ctx);
    return y === null ? null : realOrNull(f(x, y));
  });
}

/** Rounding to a whole number: an INTEGER stays as it is. */
function rounding(name: string, f: (x: number) => number): ScalarFunction {
  return scalar(name, 1, (args, ctx) => {
    const n = numeric(args[0]!, ctx);
    return n instanceof Real ? new Real(f(n.value)) : n;
  });
}

/** A logarithm: NULL where the argument is not above 0. */
function logarithm(name: string, f: (x: number) => number): ScalarFunction {
  return scalar(name, 1, (args, ctx) => {
    const x = double(args[0]!, ctx);
    return x === null || x <= 0 ? null : realOrNull(f(x));
  });
}

/** log(B, X): the logarithm of X to base B. */
function logBase(args: readonly SqlValue[], ctx: FunctionContext): SqlValue {
  const base = double(args[0]!, ctx);
  if (base === null || base <= 0) return null;
  // Only the base has to be a number: text is read as far as it is one.
  const x = toReal(args[1]!, ctx.host.encoding);
  if (x <= 0) return null;
  const divisor = Math.log(base);
  return divisor <= 0 ? null : realOrNull(Math.log(x) / divisor);
}

/** C's pow(): 1 to any power is 1, and so is -1 to an infinite one. JavaScript says NaN there. */
function power(x: number, y: number): number {
  return x === 1 || (x === -1 && (y === Infinity || y === -Infinity)) ? 1 : x ** y;
}

export const mathFunctions: readonly ScalarFunction[] = /* @__PURE__ */ (() => [
  rounding('ceil', Math.ceil),
  rounding('ceiling', Math.ceil),
  rounding('floor', Math.floor),
  rounding('trunc', Math.trunc),
  logarithm('ln', Math.log),
  logarithm('log', Math.log10),
  logarithm('log10', Math.log10),
  logarithm('log2', Math.log2),
  scalar('log', 2, logBase),
  unary('exp', Math.exp),
  binary('pow', power),
  binary('power', power),
  binary('mod', (x, y) => x % y),
  unary('acos', Math.acos),
  unary('asin', Math.asin),
  unary('atan', Math.atan),
  binary('atan2', Math.atan2),
  unary('cos', Math.cos),
  unary('sin', Math.sin),
  unary('tan', Math.tan),
  unary('cosh', Math.cosh),
  unary('sinh', Math.sinh),
  unary('tanh', Math.tanh),
  unary('acosh', Math.acosh),
  unary('asinh', Math.asinh),
  unary('atanh', Math.atanh),
  unary('sqrt', Math.sqrt),
  unary('radians', (x) => x * (Math.PI / 180)),
  unary('degrees', (x) => x * (180 / Math.PI)),
  scalar('pi', 0, () => new Real(Math.PI)),
])();
