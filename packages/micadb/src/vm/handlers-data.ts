/** Handlers of opcodes that work on registers alone: copies, logic, conversions, counters, records. */
import { applyAffinity, castValue } from '../values/affinity.ts';
import { compareValues } from '../values/compare.ts';
import { SqliteError } from '../values/errors.ts';
import { addInt, compareInt, notInt, wrapInt } from '../values/int64.ts';
import type { KeyInfo } from '../values/key.ts';
import { copyBytes, textBytes, textFromBytes } from '../values/utf.ts';
import { Affinity, type Int, Real, type SqlValue, Text } from '../values/value.ts';
import { concat, exactInt, toInt } from './arithmetic.ts';
import { truth, truthOf } from './compare.ts';
import { addToFilter, inFilter } from './filter.ts';
import { OPFLAG_PERMUTE } from './flags.ts';
import { Opcode } from './opcode.ts';
import { passingRecords } from './registers.ts';
import { RowSet, rowSetOf } from './rowset.ts';
import type { Instruction, TableInfo } from './types.ts';
import { CLEARED, type Handler, isNull, NEXT, PASSING, type Vm } from './vm.ts';

export type HandlerTable = { [opcode: number]: Handler };

/** A REAL that is a whole number of at most six bytes in a column of REAL affinity: stored as such. */
export class IntReal extends Real {}

/** What an affinity letter makes of a value. A whole REAL under 'E' is marked for MakeRecord. */
function coerce(v: SqlValue, letter: number): SqlValue {
  if (letter <= Affinity.Blob) return v;
  const w = applyAffinity(v, letter);
  if (letter !== Affinity.Real) return w;
  if (typeof w === 'bigint') return new Real(Number(w));
  const n = typeof w === 'number' ? w : w instanceof Real ? w.value : Number.NaN;
  if (Math.trunc(n) === n && n <= 0x7fffffffffff && n >= -0x800000000000) return new IntReal(n + 0);
  return w;
}

function coerceRange(r: SqlValue[], base: number, count: number, letters: string): void {
  const n = Math.min(count, letters.length);
  for (let i = 0; i < n; i++) {
    const letter = letters.charCodeAt(i);
    if (letter <= Affinity.Blob) continue;
    const v = r[base + i]!;
    // Mostly they are what they should be.
    if (v === null) continue;
    if (typeof v === 'string') {
      if (letter === Affinity.Text) continue;
    } else if (typeof v === 'number' && letter !== Affinity.Text && letter !== Affinity.Real) {
      continue;
    }
    r[base + i] = coerce(v, letter);
  }
}

/** The record of registers, in the encoder; its length. */
export function encode(vm: Vm, r: readonly SqlValue[], base: number, count: number): number {
  const { encoder } = vm;
  encoder.begin(count);
  for (let i = base; i < base + count; i++) {
    const v = r[i]!;
    if (typeof v === 'number') encoder.putInt(v);
    else if (v === null || v === CLEARED) encoder.putNull();
    else if (v instanceof IntReal) encoder.putInt(v.value);
    else encoder.putValue(v);
  }
  return encoder.end();
}

/** The record of registers, in bytes of its own. */
export function makeRecord(
  vm: Vm,
  r: readonly SqlValue[],
  base: number,
  count: number,
): Uint8Array {
  const n = encode(vm, r, base, count);
  return copyBytes(vm.encoder.buffer, 0, n);
}

function tooBig(vm: Vm, record: Uint8Array): Uint8Array {
  if (record.length > vm.host.maxLength) throw new SqliteError('SQLITE_TOOBIG');
  return record;
}

// -- STRICT tables ---------------------------------------------------------------------------------

const strictAffinity: Readonly<Record<string, Affinity>> = {
  ANY: Affinity.Blob,
  BLOB: Affinity.Blob,
  INT: Affinity.Integer,
  INTEGER: Affinity.Integer,
  REAL: Affinity.Real,
  TEXT: Affinity.Text,
};

function typeName(v: SqlValue): string {
  if (typeof v === 'number' || typeof v === 'bigint') return 'INT';
  if (v instanceof Real) return 'REAL';
  return typeof v === 'string' || v instanceof Text ? 'TEXT' : 'BLOB';
}

function strictValue(
  v: SqlValue,
  table: TableInfo,
  column: TableInfo['columns'][number],
): SqlValue {
  const type = column.strictType?.toUpperCase() ?? 'ANY';
  const w = coerce(v, strictAffinity[type] ?? Affinity.Blob);
  if (isNull(w) || type === 'ANY') return w;
  const is = typeName(w);
  const fits =
    type === 'INT' || type === 'INTEGER'
      ? is === 'INT'
      : type === 'REAL'
        ? is === 'REAL'
        : is === type;
  if (!fits) {
    throw new SqliteError(
      'SQLITE_CONSTRAINT_DATATYPE',
      `cannot store ${is} value in ${type} column ${table.name}.${column.name}`,
    );
  }
  return w;
}

function typeCheck(op: Instruction, r: SqlValue[]): void {
  const table = op.p4 as TableInfo;
  if (op.p3 >= 2) {
    r[op.p1] = strictValue(r[op.p1]!, table, table.columns[op.p3 - 2]!);
    return;
  }
  let at = op.p1;
  for (const column of table.columns) {
    if (column.generatedVirtual) continue;
    if (!(column.generatedStored && op.p3 !== 0)) r[at] = strictValue(r[at]!, table, column);
    at++;
  }
}

// -- comparison of vectors -------------------------------------------------------------------------

function compareVectors(vm: Vm, op: Instruction, r: readonly SqlValue[]): number {
  const info = op.p4 as KeyInfo | null;
  const order = (op.p5 & OPFLAG_PERMUTE) !== 0 ? vm.permutation : null;
  for (let i = 0; i < op.p3; i++) {
    const at = order === null ? i : order[i]!;
    const a = r[op.p1 + at]!;
    const b = r[op.p2 + at]!;
    let rc: number;
    if (a === CLEARED || b === CLEARED) {
      rc = a === b ? -1 : compareValues(plain(a), plain(b), vm.binary, vm.host.encoding);
      if (rc === 0) rc = -1;
    } else {
      rc = compareValues(a, b, info?.collations[i] ?? vm.binary, vm.host.encoding);
    }
    if (rc === 0) continue;
    const flags = info === null ? 0 : info.sortFlags[i]!;
    if ((flags & 2) !== 0 && (isNull(a) || isNull(b))) rc = -rc;
    return (flags & 1) !== 0 ? -rc : rc;
  }
  return 0;
}

function plain(v: SqlValue): SqlValue {
  return v === CLEARED ? null : v;
}

function subtypeOf(v: SqlValue): number {
  return v instanceof Text ? v.subtype : 0;
}

function withSubtype(v: SqlValue, subtype: number, vm: Vm): SqlValue {
  if (typeof v === 'string') {
    if (subtype === 0) return v;
    return new Text(textBytes(v, vm.host.encoding), vm.host.encoding, subtype);
  }
  if (!(v instanceof Text) || v.subtype === subtype) return v;
  const text = new Text(v.bytes, v.encoding, subtype);
  return subtype === 0 ? textFromBytes(text.bytes, text.encoding) : text;
}

function and(a: boolean | null, b: boolean | null): SqlValue {
  if (a === false || b === false) return 0;
  return a === null || b === null ? null : 1;
}

function or(a: boolean | null, b: boolean | null): SqlValue {
  if (a === true || b === true) return 1;
  return a === null || b === null ? null : 0;
}

export const dataHandlers: HandlerTable = {
  [Opcode.BeginSubrtn]: (_vm, op, r) => {
    r[op.p2] = null;
    return NEXT;
  },
  [Opcode.SoftNull]: (_vm, op, r) => {
    r[op.p1] = null;
    return NEXT;
  },
  [Opcode.Copy]: (vm, op, r) => {
    for (let i = 0; i <= op.p3; i++) {
      const v = r[op.p1 + i]!;
      r[op.p2 + i] = (op.p5 & 2) !== 0 ? withSubtype(v, 0, vm) : v;
    }
    return NEXT;
  },
  [Opcode.Concat]: (vm, op, r) => {
    r[op.p3] = concat(plain(r[op.p2]!), plain(r[op.p1]!), vm.host.encoding, vm.host.maxLength);
    return NEXT;
  },
  [Opcode.AddImm]: (_vm, op, r) => {
    const sum = addInt(toInt(r[op.p1]!), op.p2);
    r[op.p1] = sum instanceof Real ? wrapInt(BigInt(toInt(r[op.p1]!)) + BigInt(op.p2)) : sum;
    return NEXT;
  },
  [Opcode.MustBeInt]: (_vm, op, r) => {
    const v = exactInt(r[op.p1]!);
    if (v === null) {
      if (op.p2 === 0) throw new SqliteError('SQLITE_MISMATCH');
      return op.p2;
    }
    r[op.p1] = v;
    return NEXT;
  },
  [Opcode.Cast]: (vm, op, r) => {
    r[op.p1] = castValue(plain(r[op.p1]!), op.p2, vm.host.encoding);
    return NEXT;
  },
  [Opcode.ElseEq]: (vm, op) => (vm.compare === 0 ? op.p2 : NEXT),
  [Opcode.Permutation]: (vm, op) => {
    vm.permutation = op.p4 as Int32Array;
    return NEXT;
  },
  [Opcode.Compare]: (vm, op, r) => {
    vm.compare = compareVectors(vm, op, r);
    return NEXT;
  },
  [Opcode.And]: (_vm, op, r) => {
    r[op.p3] = and(truthOf(r[op.p1]!), truthOf(r[op.p2]!));
    return NEXT;
  },
  [Opcode.Or]: (_vm, op, r) => {
    r[op.p3] = or(truthOf(r[op.p1]!), truthOf(r[op.p2]!));
    return NEXT;
  },
  [Opcode.IsTrue]: (_vm, op, r) => {
    const turned = op.p4 === 1;
    r[op.p2] = truth(r[op.p1]!, op.p3 !== 0) !== turned ? 1 : 0;
    return NEXT;
  },
  [Opcode.Not]: (_vm, op, r) => {
    const t = truthOf(r[op.p1]!);
    r[op.p2] = t === null ? null : t ? 0 : 1;
    return NEXT;
  },
  [Opcode.BitNot]: (_vm, op, r) => {
    const v = r[op.p1]!;
    r[op.p2] = isNull(v) ? null : notInt(toInt(v));
    return NEXT;
  },
  [Opcode.ZeroOrNull]: (_vm, op, r) => {
    r[op.p2] = isNull(r[op.p1]!) || isNull(r[op.p3]!) ? null : 0;
    return NEXT;
  },
  [Opcode.TypeCheck]: (_vm, op, r) => {
    typeCheck(op, r);
    return NEXT;
  },
  [Opcode.Affinity]: (_vm, op, r) => {
    coerceRange(r, op.p1, op.p2, op.p4 as string);
    return NEXT;
  },
  [Opcode.MakeRecord]: (vm, op, r, f) => {
    if (typeof op.p4 === 'string') coerceRange(r, op.p1, op.p2, op.p4);
    const { info } = f;
    if (info.passing === undefined) info.passing = passingRecords(f.program);
    if (info.passing !== null && info.passing[f.pc] === 1 && vm.host.rowListener === null) {
      const n = encode(vm, r, op.p1, op.p2);
      if (n > vm.host.maxLength) throw new SqliteError('SQLITE_TOOBIG');
      vm.recordLength = n;
      r[op.p3] = PASSING;
      return NEXT;
    }
    r[op.p3] = tooBig(vm, makeRecord(vm, r, op.p1, op.p2));
    return NEXT;
  },
  [Opcode.RowSetAdd]: (_vm, op, r) => {
    rowSetOf(r, op.p1).add(r[op.p2] as Int);
    return NEXT;
  },
  [Opcode.RowSetRead]: (_vm, op, r) => {
    const set: unknown = r[op.p1];
    const v = set instanceof RowSet ? set.takeSmallest() : null;
    if (v === null) {
      r[op.p1] = null;
      return op.p2;
    }
    r[op.p3] = v;
    return NEXT;
  },
  [Opcode.RowSetTest]: (_vm, op, r) => {
    const set = rowSetOf(r, op.p1);
    const batch = typeof op.p4 === 'number' ? op.p4 : 0;
    const v = r[op.p3] as Int;
    if (batch !== 0 && set.inEarlierBatch(v, batch)) return op.p2;
    if (batch >= 0) set.addToBatch(v, batch);
    return NEXT;
  },
  [Opcode.MemMax]: (vm, op, r) => {
    const root = vm.root.regs;
    const a = toInt(root[op.p1]!);
    const b = toInt(r[op.p2]!);
    root[op.p1] = compareInt(a, b) < 0 ? b : a;
    return NEXT;
  },
  [Opcode.OffsetLimit]: (_vm, op, r) => {
    const limit = toInt(r[op.p1]!);
    let offset = toInt(r[op.p3]!);
    if (offset < 0) offset = 0;
    if (limit <= 0) {
      r[op.p2] = -1;
    } else {
      const sum = addInt(limit, offset);
      r[op.p2] = sum instanceof Real ? -1 : sum;
    }
    return NEXT;
  },
  [Opcode.IfNotZero]: (_vm, op, r) => {
    const v = toInt(r[op.p1]!);
    if (v === 0) return NEXT;
    if (v > 0) r[op.p1] = addInt(v, -1) as Int;
    return op.p2;
  },
  [Opcode.ClrSubtype]: (vm, op, r) => {
    r[op.p1] = withSubtype(r[op.p1]!, 0, vm);
    return NEXT;
  },
  [Opcode.GetSubtype]: (_vm, op, r) => {
    const subtype = subtypeOf(r[op.p1]!);
    r[op.p2] = subtype === 0 ? null : subtype;
    return NEXT;
  },
  [Opcode.SetSubtype]: (vm, op, r) => {
    const subtype = r[op.p1]!;
    r[op.p2] = withSubtype(r[op.p2]!, isNull(subtype) ? 0 : Number(toInt(subtype)) & 0xff, vm);
    return NEXT;
  },
  [Opcode.FilterAdd]: (_vm, op, r) => {
    r[op.p1] = addToFilter(r[op.p1]!, r, op.p3, op.p4 as number);
    return NEXT;
  },
  [Opcode.Filter]: (_vm, op, r) => (inFilter(r[op.p1]!, r, op.p3, op.p4 as number) ? NEXT : op.p2),
  [Opcode.CollSeq]: (_vm, op, r) => {
    if (op.p1 > 0) r[op.p1] = 0;
    return NEXT;
  },
};
