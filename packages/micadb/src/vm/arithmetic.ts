/** Arithmetic, bit operations and concatenation on values (lang_expr §3), with text read as numbers. */
import { applyAffinity, toInt64, toNumeric, wholeRealToInt } from '../values/affinity.ts';
import { SqliteError } from '../values/errors.ts';
import { numberToText } from '../values/format.ts';
import {
  addInt,
  andInt,
  divInt,
  mulInt,
  orInt,
  remInt,
  shiftLeft,
  shiftRight,
  subInt,
} from '../values/int64.ts';
import { decodeText, textBytes } from '../values/utf.ts';
import {
  Affinity,
  type Encoding,
  type Int,
  Real,
  realOrNull,
  type SqlValue,
  type Text,
  UTF8,
} from '../values/value.ts';
import { Opcode } from './opcode.ts';
import { CLEARED } from './vm.ts';

/** A value as INTEGER, as LIMIT and bit operators take it. */
export function toInt(v: SqlValue): Int {
  return v === CLEARED ? 0 : toInt64(v);
}

/** A value as a double. */
export function toNumber(v: SqlValue): number {
  const n = v === CLEARED ? null : toNumeric(v);
  return n === null ? 0 : n instanceof Real ? n.value : Number(n);
}

/** A value as INTEGER where that loses nothing (MustBeInt, SeekRowid); null otherwise. */
export function exactInt(v: SqlValue): Int | null {
  if (typeof v === 'number' || typeof v === 'bigint') return v;
  if (v === null || v === CLEARED || v instanceof Uint8Array) return null;
  const n = v instanceof Real ? v : applyAffinity(v, Affinity.Numeric);
  if (typeof n === 'number' || typeof n === 'bigint') return n;
  return n instanceof Real ? wholeRealToInt(n.value) : null;
}

type Operation = (a: SqlValue, b: SqlValue) => SqlValue;

function numeric(v: SqlValue): Int | Real | null {
  if (typeof v === 'number' || v instanceof Real) return v;
  return v === CLEARED ? null : toNumeric(v);
}

/** r[P2] op r[P1]: `ints` for two INTEGERs, `reals` else. */
function arithmetic(
  ints: (x: Int, y: Int) => SqlValue,
  reals: (x: number, y: number) => SqlValue,
): Operation {
  return (a, b) => {
    const y = numeric(a);
    const x = numeric(b);
    if (x === null || y === null) return null;
    if (x instanceof Real) return reals(x.value, y instanceof Real ? y.value : Number(y));
    if (y instanceof Real) return reals(Number(x), y.value);
    return ints(x, y);
  };
}

/**
 * % works on integers, and text counts by its integer prefix ('1e2' is 1); yet the result is REAL when
 * an operand is REAL or looks so.
 */
const remainder: Operation = (a, b) => {
  const y = numeric(a);
  const x = numeric(b);
  if (x === null || y === null) return null;
  const rest = remInt(toInt64(b), toInt64(a));
  if (rest === null || !(x instanceof Real || y instanceof Real)) return rest;
  return new Real(Number(rest));
};

function bits(op: (x: Int, y: Int) => Int): Operation {
  return (a, b) => {
    if (a === null || b === null || a === CLEARED || b === CLEARED) return null;
    return op(toInt64(b), toInt64(a));
  };
}

/** By opcode; the first argument is r[P1], the second r[P2]. */
export const binaryTable: { readonly [opcode: number]: Operation } = {
  [Opcode.Add]: arithmetic(addInt, (x, y) => realOrNull(x + y)),
  [Opcode.Subtract]: arithmetic(subInt, (x, y) => realOrNull(x - y)),
  [Opcode.Multiply]: arithmetic(mulInt, (x, y) => realOrNull(x * y)),
  [Opcode.Divide]: arithmetic(divInt, (x, y) => (y === 0 ? null : realOrNull(x / y))),
  [Opcode.Remainder]: remainder,
  [Opcode.BitAnd]: bits(andInt),
  [Opcode.BitOr]: bits(orInt),
  [Opcode.ShiftLeft]: bits(shiftLeft),
  [Opcode.ShiftRight]: bits(shiftRight),
};

function textOf(v: SqlValue): string | Text | Uint8Array {
  if (typeof v === 'number' || typeof v === 'bigint' || v instanceof Real) return numberToText(v);
  return v as string | Text | Uint8Array;
}

/** a || b: TEXT, also of two BLOBs. */
export function concat(a: SqlValue, b: SqlValue, encoding: Encoding, maxLength: number): SqlValue {
  if (a === null || b === null) return null;
  const x = textOf(a);
  const y = textOf(b);
  if (typeof x === 'string' && typeof y === 'string') {
    if ((x.length + y.length) * 3 > maxLength) {
      const bytes = textBytes(x, encoding).length + textBytes(y, encoding).length;
      if (bytes > maxLength) throw new SqliteError('SQLITE_TOOBIG');
    }
    return x + y;
  }
  const p = x instanceof Uint8Array ? x : textBytes(x, encoding);
  const q = y instanceof Uint8Array ? y : textBytes(y, encoding);
  if (p.length + q.length > maxLength) throw new SqliteError('SQLITE_TOOBIG');
  const joined = new Uint8Array(p.length + q.length);
  joined.set(p);
  joined.set(q, p.length);
  // Text of UTF-16 has whole units, also when a BLOB is in it.
  const end = encoding === UTF8 ? joined.length : joined.length & ~1;
  return decodeText(joined, 0, end, encoding);
}
