/** What generated code calls: boxing, decoding, comparison and the slow ways of instructions. */

import { joinSlices } from '../../functions/slices.ts';
import { type Loose, type OnSlices, type ScalarFunction, Slice } from '../../functions/types.ts';
import { compareRanges } from '../../values/collation.ts';
import { compareUtf8WithString, compareValues } from '../../values/compare.ts';
import { SqliteError } from '../../values/errors.ts';
import type { KeyInfo } from '../../values/key.ts';
import { decodeColumn, readDouble, readInt64 } from '../../values/record.ts';
import { copyBytes } from '../../values/utf.ts';
import { Real, type SqlValue } from '../../values/value.ts';
import { binaryTable, concat } from '../arithmetic.ts';
import { finishSeek } from '../column.ts';
import { truth } from '../compare.ts';
import type { VmCursor } from '../cursor.ts';
import { fitting } from '../handlers-call.ts';
import { seekNumber, seekReal, seekText } from '../handlers-cursor.ts';
import { IntReal } from '../handlers-data.ts';
import { columnSlow, compareJump } from '../interpreter.ts';
import type { Instruction } from '../types.ts';
import { type CallContext, CLEARED, PASSING, type Vm } from '../vm.ts';
import { deferSeek, entryRowid, indexOrder, indexTextOrder } from './seeks.ts';

/** Leaves a record of `length` bytes in the encoder for the Insert that comes next. */
function passing(vm: Vm, length: number): Uint8Array {
  vm.recordLength = length;
  return PASSING;
}

/** Bytes of content of the serial types below 128. */
const sizes = new Uint8Array(128);
for (let t = 0; t < 128; t++) {
  sizes[t] = t < 12 ? [0, 1, 2, 3, 4, 6, 8, 8, 0, 0, 0, 0][t]! : (t - 12) >> 1;
}

/** The tag of each serial type below 12; that of 6 and 7 needs a look. */
const tags = new Uint8Array([1, 2, 2, 2, 2, 2, 2, 4, 2, 2, 1, 1]);

/** Integers of serial types 2 to 5. */
function readInt(d: Uint8Array, type: number, p: number): number {
  switch (type) {
    case 2:
      return ((d[p]! << 24) >> 16) | d[p + 1]!;
    case 3:
      return ((d[p]! << 24) >> 8) | (d[p + 1]! << 8) | d[p + 2]!;
    case 4:
      return (d[p]! << 24) | (d[p + 1]! << 16) | (d[p + 2]! << 8) | d[p + 3]!;
    default:
      return (
        (((d[p]! << 24) >> 16) | d[p + 1]!) * 4294967296 +
        (((d[p + 2]! << 24) | (d[p + 3]! << 16) | (d[p + 4]! << 8) | d[p + 5]!) >>> 0)
      );
  }
}

/** memcmp of text on a page with bytes, then the shorter first. */
function compareLazy(d: Uint8Array, p: number, n: number, key: Uint8Array): number {
  const m = key.length;
  const least = Math.min(n, m);
  for (let i = 0; i < least; i++) {
    const x = d[p + i]! - key[i]!;
    if (x !== 0) return x;
  }
  return n - m;
}

function equalLazy(d: Uint8Array, p: number, n: number, key: Uint8Array): boolean {
  if (n !== key.length) return false;
  for (let i = 0; i < n; i++) if (d[p + i] !== key[i]) return false;
  return true;
}

/** Where the record of a b-tree row begins that is whole on its page; -1 when it is not so simple. */
function rowStart(c: VmCursor): number {
  if (c.nullRow) return -1;
  if (c.deferred) {
    if (c.altMap !== null) return -1;
    finishSeek(c);
  }
  return c.bt!.wholePayload();
}

function isPlainReal(x: unknown): x is Real {
  return x instanceof Real && !(x instanceof IntReal);
}

function arithmetic(opcode: number, a: SqlValue, b: SqlValue): SqlValue {
  return binaryTable[opcode]!(a, b);
}

/** Field `i` of Compare, which has no sort flags: NULL equals NULL, a cleared one equals nothing. */
function compareOne(vm: Vm, op: Instruction, i: number, a: SqlValue, b: SqlValue): number {
  const { encoding } = vm.host;
  if (a === CLEARED || b === CLEARED) {
    const x = a === CLEARED ? null : a;
    const y = b === CLEARED ? null : b;
    return a === b ? -1 : compareValues(x, y, vm.binary, encoding) || -1;
  }
  const info = op.p4 as KeyInfo | null;
  return compareValues(a, b, info?.collations[i] ?? vm.binary, encoding);
}

/** Text on a page as an argument; the slices are used again. */
function lend(slices: Slice[], i: number, bytes: Uint8Array, at: number, length: number): Slice {
  let s = slices[i];
  if (s === undefined) {
    s = new Slice();
    slices[i] = s;
  }
  s.bytes = bytes;
  s.at = at;
  s.length = length;
  return s;
}

function uncleared(v: Loose): Loose {
  return v === CLEARED ? null : v;
}

function settled(v: Loose): SqlValue {
  return v instanceof Slice ? v.text() : v;
}

/** Calls a function on the loose arguments of its context, or where it has no form for them on values. */
function callLoose(vm: Vm, def: ScalarFunction, onSlices: OnSlices, ctx: CallContext): Loose {
  const { loose, args } = ctx;
  const v = onSlices(loose, ctx);
  if (v instanceof Slice) return v;
  if (v !== undefined) return fitting(vm, v);
  for (let i = 0; i < args.length; i++) args[i] = settled(loose[i]!);
  return fitting(vm, def.call(args, ctx));
}

/** a || b */
function join(vm: Vm, a: Loose, b: Loose): Loose {
  const { encoding, maxLength } = vm.host;
  return joinSlices(a, b, maxLength) ?? concat(settled(a), settled(b), encoding, maxLength);
}

/** See Execution.collect. */
function plain(vm: Vm, v: SqlValue | typeof CLEARED): unknown {
  if (typeof v === 'string' || typeof v === 'number') return v;
  return v === null || v === CLEARED ? null : vm.convert!(v as SqlValue);
}

function tooBig(): never {
  throw new SqliteError('SQLITE_TOOBIG');
}

/** By the names that generated code uses. */
export const support = {
  Real,
  IntReal,
  CLEARED,
  sizes,
  tags,
  readInt,
  readDouble,
  readInt64,
  decodeColumn,
  copyBytes,
  compareLazy,
  equalLazy,
  compareRanges,
  compareUtf8WithString,
  compareOne,
  columnSlow,
  compareJump,
  rowStart,
  isPlainReal,
  arithmetic,
  truth,
  tooBig,
  plain,
  passing,
  Slice,
  joined: [] as Slice[],
  lend,
  uncleared,
  callLoose,
  join,
  fitting,
  seekNumber,
  seekText,
  seekReal,
  indexTextOrder,
  indexOrder,
  entryRowid,
  deferSeek,
};
