/** Handlers of opcodes that change rows: the one door of wall 9, index entries, sorters, trees. */
import { InsertFlags } from '../btree/types.ts';
import { compareRecords } from '../values/compare.ts';
import { SqliteError } from '../values/errors.ts';
import { compareInt, INT64_MAX } from '../values/int64.ts';
import type { KeyInfo } from '../values/key.ts';
import { type Int, normalizeInt, type SqlValue } from '../values/value.ts';
import { varintLen } from '../values/varint.ts';
import { toInt } from './arithmetic.ts';
import { settle, stale, wholeRecord } from './column.ts';
import { CursorKind, noBytes, type VmCursor } from './cursor.ts';
import {
  OPFLAG_APPEND,
  OPFLAG_ISNOOP,
  OPFLAG_ISUPDATE,
  OPFLAG_LASTROWID,
  OPFLAG_NCHANGE,
  OPFLAG_PREFORMAT,
  OPFLAG_SAVEPOSITION,
  OPFLAG_USESEEKRESULT,
} from './flags.ts';
import type { HandlerTable } from './handlers-data.ts';
import { Opcode } from './opcode.ts';
import type { Instruction, RowListener, TableInfo } from './types.ts';
import { CLEARED, type Frame, type Handler, NEXT, PASSING, type Vm } from './vm.ts';

/** Rowids are drawn at random once the largest is used; so many draws before SQLITE_FULL. */
const RANDOM_TRIES = 100;

function tableOf(op: Instruction): TableInfo | null {
  const p4 = op.p4;
  return typeof p4 === 'object' && p4 !== null && 'kind' in p4 && p4.kind === 'table' ? p4 : null;
}

/** The tree's insert flags from P5. A seek result of 0 says nothing: the tree seeks itself. */
function insertFlags(c: VmCursor, p5: number): InsertFlags {
  const flags = p5 & (OPFLAG_APPEND | OPFLAG_SAVEPOSITION);
  return (p5 & OPFLAG_USESEEKRESULT) !== 0 && c.seekResult !== 0
    ? flags | InsertFlags.UseSeekResult
    : flags;
}

/** The bytes to write: a register, or what RowCell took over. */
function content(c: VmCursor, op: Instruction, r: readonly SqlValue[]): Uint8Array {
  if ((op.p5 & OPFLAG_PREFORMAT) !== 0 && c.preformat !== null) {
    const bytes = c.preformat;
    c.preformat = null;
    return bytes;
  }
  const v = r[op.p2];
  if (v instanceof Uint8Array) return v;
  if (v === null) return noBytes;
  throw new SqliteError('SQLITE_INTERNAL', 'no record to insert');
}

function insert(vm: Vm, op: Instruction, r: SqlValue[], f: Frame): number {
  const c = f.cursors[op.p1]!;
  let bytes = content(c, op, r);
  let { length } = bytes;
  if (bytes === PASSING) {
    bytes = vm.encoder.buffer;
    length = vm.recordLength;
  }
  const listener = vm.host.rowListener;
  if ((op.p5 & OPFLAG_ISNOOP) === 0) {
    const rowid = toInt(r[op.p3]!);
    if ((op.p5 & OPFLAG_NCHANGE) !== 0) {
      vm.changeCount++;
      if ((op.p5 & OPFLAG_LASTROWID) !== 0) vm.host.setLastInsertRowid(rowid);
    }
    const flags = insertFlags(c, op.p5);
    c.bt!.insertRow(rowid, bytes, 0, length, 0, flags, c.seekResult);
    c.deferred = false;
    stale(c);
  }
  if (listener !== null) tellInsert(vm, listener, op, r, bytes);
  return NEXT;
}

function tellInsert(
  vm: Vm,
  listener: RowListener,
  op: Instruction,
  r: readonly SqlValue[],
  record: Uint8Array,
): void {
  const table = tableOf(op);
  if (table === null) return;
  const rowid = table.withoutRowid ? null : toInt(r[op.p3]!);
  const before = vm.updatedRow;
  if ((op.p5 & OPFLAG_ISUPDATE) !== 0 && before !== null) {
    vm.updatedRow = null;
    vm.userCall(() => listener.update(table, before.rowid, before.record, rowid, record));
  } else {
    vm.userCall(() => listener.insert(table, rowid, record));
  }
}

/** A Clear or Destroy of a table's primary tree. */
function tellClear(vm: Vm, op: Instruction): void {
  const listener = vm.host.rowListener;
  const table = listener === null ? null : tableOf(op);
  if (table !== null) vm.userCall(() => listener!.clear(table));
}

function remove(vm: Vm, op: Instruction, _r: SqlValue[], f: Frame): number {
  const c = f.cursors[op.p1]!;
  settle(c);
  const listener = vm.host.rowListener;
  const table = listener === null || c.nullRow ? null : tableOf(op);
  const before =
    table === null
      ? null
      : { rowid: table.withoutRowid ? null : c.bt!.rowid(), record: wholeRecord(c) };
  if ((op.p2 & OPFLAG_ISUPDATE) !== 0) vm.updatedRow = before;
  if ((op.p2 & OPFLAG_ISNOOP) !== 0) return NEXT;
  c.bt!.delete((op.p5 & OPFLAG_SAVEPOSITION) !== 0);
  stale(c);
  c.seekResult = 0;
  if ((op.p2 & OPFLAG_NCHANGE) !== 0) vm.changeCount++;
  if (before !== null && (op.p2 & OPFLAG_ISUPDATE) === 0) {
    vm.userCall(() => listener!.delete(table!, before.rowid, before.record));
  }
  return NEXT;
}

/** 1 .. 2^62, drawn at random. */
function randomRowid(vm: Vm): Int {
  const bytes = new Uint8Array(8);
  vm.host.randomness(bytes);
  let v = 0n;
  for (const b of bytes) v = (v << 8n) | BigInt(b);
  return normalizeInt((v & (INT64_MAX >> 1n)) + 1n);
}

function newRowid(vm: Vm, op: Instruction, r: SqlValue[], f: Frame): number {
  const c = f.cursors[op.p1]!;
  const bt = c.bt!;
  let v: Int | null = 1;
  if (bt.last()) {
    const largest = bt.rowid();
    if (typeof largest === 'number' && largest < Number.MAX_SAFE_INTEGER) v = largest + 1;
    else v = largest === INT64_MAX ? null : normalizeInt(BigInt(largest) + 1n);
  }
  if (op.p3 > 0) {
    const root = vm.root.regs;
    const given = toInt(root[op.p3]!);
    if (v === null || given === INT64_MAX) throw new SqliteError('SQLITE_FULL');
    const next = normalizeInt(BigInt(given) + 1n);
    if (compareInt(v, next) < 0) v = next;
    root[op.p3] = v;
  }
  for (let tries = 0; v === null; tries++) {
    if (tries >= RANDOM_TRIES) throw new SqliteError('SQLITE_FULL');
    const candidate = randomRowid(vm);
    if (bt.seekRowid(candidate) !== 0) v = candidate;
  }
  c.deferred = false;
  c.seekResult = 0;
  stale(c);
  r[op.p2] = v;
  return NEXT;
}

function idxInsert(vm: Vm, op: Instruction, r: SqlValue[], f: Frame): number {
  const c = f.cursors[op.p1]!;
  const record = content(c, op, r);
  if (c.set?.add(record, record.length)) return NEXT;
  if (c.building !== null) {
    c.building.insert(record);
    return NEXT;
  }
  if ((op.p5 & OPFLAG_NCHANGE) !== 0) vm.changeCount++;
  const fields = typeof op.p4 === 'number' ? op.p4 : 0;
  const flags = insertFlags(c, op.p5);
  stale(c);
  if (fields > 0) {
    const key = c.takeKey();
    for (let i = 0; i < fields; i++) {
      const v = r[op.p3 + i]!;
      key.values[i] = v === CLEARED ? null : v;
    }
    key.fieldCount = fields;
    key.defaultResult = 0;
    key.equalSeen = false;
    c.bt!.insertKey(record, 0, record.length, key, flags, c.seekResult);
    c.giveKey(key);
  } else {
    c.bt!.insertKey(record, 0, record.length, null, flags, c.seekResult);
  }
  c.deferred = false;
  return NEXT;
}

/** True when one of the first `count` fields is NULL. */
function hasNull(d: Uint8Array, start: number, count: number): boolean {
  let h = start + varintLen(d, start);
  for (let i = 0; i < count; i++) {
    if (d[h] === 0) return true;
    h += varintLen(d, h);
  }
  return false;
}

const idxFill: Handler = (vm, op, _r, f) => {
  const c = f.cursors[op.p1]!;
  const { sorter } = f.cursors[op.p3]!;
  const unique = op.p4 as number;
  const info: KeyInfo | null = unique > 0 ? { ...c.keyInfo!, keyFieldCount: unique } : null;
  const bt = c.bt!;
  stale(c);
  let before: Uint8Array = noBytes;
  let from = 0;
  let size = 0;
  do {
    sorter!.locate();
    const { recordData: data, recordStart: start } = sorter!;
    const length = sorter!.recordEnd - start;
    if (info !== null) {
      const equal =
        size > 0 &&
        compareRecords(before, from, size, data, start, length, info) === 0 &&
        !hasNull(data, start, unique);
      if (equal) return op.p2;
      before = data;
      from = start;
      size = length;
    }
    bt.last();
    bt.insertKey(data, start, length, null, InsertFlags.UseSeekResult, -1);
    if (--vm.budget <= 0) vm.safepoint();
  } while (sorter!.next());
  return NEXT;
};

function idxDelete(_vm: Vm, op: Instruction, r: SqlValue[], f: Frame): number {
  const c = f.cursors[op.p1]!;
  const key = c.takeKey();
  for (let i = 0; i < op.p3; i++) {
    const v = r[op.p2 + i]!;
    key.values[i] = v === CLEARED ? null : v;
  }
  key.fieldCount = op.p3;
  key.defaultResult = 0;
  key.equalSeen = false;
  stale(c);
  c.deferred = false;
  c.seekResult = 0;
  const res = c.bt!.seekKey(key);
  c.giveKey(key);
  if (res === 0) c.bt!.delete(false);
  else if (op.p5 !== 0) {
    throw new SqliteError('SQLITE_CORRUPT_INDEX', 'database disk image is malformed');
  }
  return NEXT;
}

export const writeHandlers: HandlerTable = {
  [Opcode.NewRowid]: newRowid,
  [Opcode.Insert]: insert,
  [Opcode.Delete]: remove,
  [Opcode.IdxInsert]: idxInsert,
  [Opcode.IdxDelete]: idxDelete,
  [Opcode.RowCell]: (_vm, op, _r, f) => {
    const from = f.cursors[op.p2]!;
    f.cursors[op.p1]!.preformat = settle(from) ? wholeRecord(from) : noBytes;
    return NEXT;
  },
  [Opcode.IdxFill]: idxFill,
  [Opcode.SorterInsert]: (_vm, op, r, f) => {
    f.cursors[op.p1]!.sorter!.insert(r[op.p2] as Uint8Array);
    return NEXT;
  },
  [Opcode.ResetSorter]: (_vm, op, _r, f) => {
    const c = f.cursors[op.p1]!;
    stale(c);
    c.nullRow = true;
    if (c.kind === CursorKind.Sorter) c.sorter!.clear();
    else {
      c.set?.clear();
      c.ephemeral!.clear();
    }
    return NEXT;
  },
  [Opcode.Clear]: (vm, op, r) => {
    tellClear(vm, op);
    const n = vm.host.btree(op.p2).clearTable(op.p1);
    if (op.p3 !== 0) vm.changeCount += n;
    if (op.p3 > 0) r[op.p3] = Number(toInt(r[op.p3]!)) + n;
    return NEXT;
  },
  [Opcode.Destroy]: (vm, op, r) => {
    const { host } = vm;
    if (host.activeReads > 1) {
      throw new SqliteError('SQLITE_LOCKED', 'database table is locked');
    }
    tellClear(vm, op);
    const moved = host.btree(op.p3).dropTable(op.p1);
    r[op.p2] = moved;
    if (moved !== 0) host.rootPageMoved(op.p3, moved, op.p1);
    return NEXT;
  },
  [Opcode.CreateBtree]: (vm, op, r) => {
    r[op.p2] = vm.host.btree(op.p1).createTable(op.p3 === 1);
    return NEXT;
  },
};
