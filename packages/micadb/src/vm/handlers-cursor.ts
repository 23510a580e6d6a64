/** Handlers of opcodes that open, close, seek, move and read cursors. */
import { type BtCursor, InsertFlags, type SeekResult } from '../btree/types.ts';
import { applyAffinity } from '../values/affinity.ts';
import { compareRecord } from '../values/compare.ts';
import { corrupt, SqliteError } from '../values/errors.ts';
import { compareIntReal, realToInt } from '../values/int64.ts';
import type { KeyInfo, UnpackedKey } from '../values/key.ts';
import { decodeRecord } from '../values/record.ts';
import { Affinity, type Int, Real, type SqlValue } from '../values/value.ts';
import { exactInt, toInt } from './arithmetic.ts';
import {
  columnType,
  finishSeek,
  indexRowid,
  recordFault,
  settle,
  stale,
  wholeRecord,
} from './column.ts';
import { CursorKind, noBytes, VmCursor } from './cursor.ts';
import { EphemeralTree, ephemeral } from './ephemeral.ts';
import {
  OPFLAG_BULKCSR,
  OPFLAG_P2ISREG,
  SORTER_AS_IS,
  TYPE_BLOB,
  TYPE_INTEGER,
  TYPE_NULL,
  TYPE_REAL,
  TYPE_TEXT,
} from './flags.ts';
import { encode, type HandlerTable } from './handlers-data.ts';
import { ASK_TREE, HELD, MISSING } from './key-set.ts';
import { Opcode } from './opcode.ts';
import { Sorter } from './sorter.ts';
import type { HostRequest, Instruction } from './types.ts';
import { CLEARED, type Frame, type Handler, isNull, NEXT, type Vm } from './vm.ts';

/** The cursor of a number; it is open. */
export function cursor(f: Frame, n: number): VmCursor {
  return f.cursors[n]!;
}

function closeCursor(c: VmCursor): void {
  toTree(c);
  c.bt?.close();
  c.sorter?.clear();
  c.building?.clear();
  c.building = null;
  const tree = c.ephemeral;
  if (tree !== null) {
    c.ephemeral = null;
    tree.leave();
  }
}

/** Empties what a cursor stands on, to be used again in the next run; false: it must be closed. */
function retire(c: VmCursor): boolean {
  if (c.kind === CursorKind.Pseudo) return true;
  if (c.kind === CursorKind.Sorter) {
    if (!c.sorter!.retire()) return false;
    c.groups?.renew(0);
    return true;
  }
  if (!c.ephemeral?.isReusable || c.building !== null) return false;
  c.ephemeral.clear();
  return true;
}

/** The cursor that the run before had under this number for the same purpose. */
export function takeSpare(
  f: Frame,
  n: number,
  kind: CursorKind,
  keyInfo: KeyInfo | null,
  fields: number,
): VmCursor | null {
  let c = f.spare[n];
  if (!c) {
    // Opened again in the same run.
    c = f.cursors[n];
    if (!c || c.kind !== CursorKind.Sorter || c.keyInfo !== keyInfo || !retire(c)) return null;
    f.cursors[n] = null;
    f.spare[n] = c;
  }
  if (c.kind !== kind || c.keyInfo !== keyInfo || c.fieldCount !== fields) return null;
  f.spare[n] = null;
  c.renew();
  return c;
}

/** Closes all cursors of a frame. */
export function closeCursors(f: Frame): void {
  const { cursors } = f;
  for (let i = 0; i < cursors.length; i++) {
    const c = cursors[i];
    if (!c) continue;
    cursors[i] = null;
    // What is opened anew in each run may as well be the same object.
    if (!retire(c)) {
      closeCursor(c);
      if (c.kind !== CursorKind.Btree || c.db < 0) continue;
    }
    c.data = noBytes;
    f.spare[i] = c;
  }
}

/** Puts a new cursor into its place; one that was there is closed. */
export function place(f: Frame, n: number, c: VmCursor): void {
  const old = f.cursors[n];
  f.cursors[n] = null;
  if (old) closeCursor(old);
  f.cursors[n] = c;
}

function keyInfoOf(op: Instruction): KeyInfo | null {
  const p4 = op.p4;
  return typeof p4 === 'object' && p4 !== null && 'keyFieldCount' in p4 ? p4 : null;
}

// -- opening ---------------------------------------------------------------------------------------

function openBtree(vm: Vm, op: Instruction, r: SqlValue[], f: Frame, write: boolean): number {
  if (vm.schemaRollbacks !== vm.host.schemaRollbacks)
    throw new SqliteError('SQLITE_ABORT_ROLLBACK');
  const root = (op.p5 & OPFLAG_P2ISREG) !== 0 ? Number(toInt(r[op.p2]!)) : op.p2;
  const keyInfo = keyInfoOf(op);
  const fields = keyInfo?.allFieldCount ?? (typeof op.p4 === 'number' ? op.p4 : 0);
  const old = f.cursors[op.p1];
  if (old) {
    f.cursors[op.p1] = null;
    closeCursor(old);
    // A subquery that runs for each row opens its cursors each time.
    if (old.kind === CursorKind.Btree && old.db >= 0) f.spare[op.p1] = old;
  }
  const tree = vm.host.btree(op.p3);
  const bulk = write && (op.p5 & OPFLAG_BULKCSR) !== 0;
  const spare = f.spare[op.p1];
  if (spare && spare.kind === CursorKind.Btree && spare.ephemeral === null) {
    f.spare[op.p1] = null;
    const again = tree.cursor(root, write, keyInfo, spare.bt!);
    if (again === spare.bt && spare.db === op.p3 && spare.fieldCount === fields) {
      spare.renew();
      again.bulkLoad = bulk;
      f.cursors[op.p1] = spare;
      return NEXT;
    }
    again.close();
  }
  const bt = tree.cursor(root, write, keyInfo);
  bt.bulkLoad = bulk;
  f.cursors[op.p1] = new VmCursor(
    CursorKind.Btree,
    bt,
    keyInfo === null,
    op.p3,
    root,
    keyInfo,
    fields,
  );
  return NEXT;
}

const openRead: Handler = (vm, op, r, f) => openBtree(vm, op, r, f, false);

function ephemeralCursor(tree: EphemeralTree, keyInfo: KeyInfo | null, fields: number): VmCursor {
  const c = new VmCursor(CursorKind.Btree, tree.cursor(), keyInfo === null, -1, 0, keyInfo, fields);
  c.ephemeral = tree;
  return c;
}

/** Fields of the keys of cursor `n`, if a hash serves it, else 0; found out when the first such cursor is opened. */
function hashedFields(f: Frame, n: number): number {
  const { info } = f;
  if (ephemeral.sets === null) return 0;
  info.hashed ??= ephemeral.sets.cursors(f.program.instructions);
  return info.hashed.get(n) ?? 0;
}

const openEphemeral: Handler = (vm, op, r, f) => {
  if (op.p3 > 0) r[op.p3] = noBytes;
  const keyInfo = keyInfoOf(op);
  let old = f.cursors[op.p1];
  if (!old && f.spare[op.p1]?.ephemeral) {
    old = f.cursors[op.p1] = f.spare[op.p1]!;
    f.spare[op.p1] = null;
  }
  if (old?.ephemeral?.users === 1 && old.keyInfo === keyInfo) {
    old.ephemeral.clear();
    old.nullRow = true;
    old.deferred = false;
    old.sequence = 0;
    old.set?.clear();
    old.seekResult = 0;
    stale(old);
    return NEXT;
  }
  if (old) {
    f.cursors[op.p1] = null;
    closeCursor(old);
  }
  const tree = new EphemeralTree(keyInfo, vm.host.ephemeralBudget, () => vm.temporaryTree());
  const c = ephemeralCursor(tree, keyInfo, op.p2);
  const fields = hashedFields(f, op.p1);
  if (fields > 0) c.set = ephemeral.sets!.make(keyInfo!, fields, vm.host.ephemeralBudget);
  f.cursors[op.p1] = c;
  return NEXT;
};

/** An automatic index is sorted first and stored in order: no search and no split for each entry. */
const openAutoindex: Handler = (vm, op, r, f) => {
  const old = f.cursors[op.p1];
  if (old) toTree(old);
  openEphemeral(vm, op, r, f);
  const c = f.cursors[op.p1]!;
  c.building?.clear();
  c.building = null;
  c.hashFields = op.p5;
  const info = c.keyInfo;
  if (info !== null && !info.collations.some((collation) => collation.kind === 'user')) {
    const whole: KeyInfo = { ...info, keyFieldCount: info.allFieldCount };
    c.building = new Sorter(whole, vm.host.sorterBudget, () => vm.temporaryTree());
  }
  return NEXT;
};

/** The cursor of its tree again, if a hash has taken its place. */
function toTree(c: VmCursor): void {
  if (c.tree !== null) c.bt = c.tree;
  c.tree = null;
}

/** Stores the entries of an automatic index, or makes a hash of them. */
function finishBuilding(c: VmCursor): void {
  const sorter = c.building;
  if (sorter === null) return;
  c.building = null;
  const records = c.hashFields > 0 && ephemeral.hash !== null ? sorter.takeRecords() : null;
  if (records !== null) {
    c.tree = c.bt;
    c.bt = ephemeral.hash!(c.keyInfo!, c.hashFields, records);
    return;
  }
  const bt = c.bt!;
  bt.bulkLoad = true;
  for (let more = sorter.rewind(); more; more = sorter.next()) {
    const record = sorter.record();
    bt.insertKey(record, 0, record.length, null, InsertFlags.UseSeekResult, -1);
  }
  bt.bulkLoad = false;
  sorter.clear();
}

// -- seeks -----------------------------------------------------------------------------------------

/** Fills a key from registers. */
function keyFrom(
  c: VmCursor,
  r: readonly SqlValue[],
  base: number,
  count: number,
  defaultResult: -1 | 0 | 1,
): UnpackedKey {
  const key = c.takeKey();
  for (let i = 0; i < count; i++) {
    const v = r[base + i]!;
    key.values[i] = v === CLEARED ? null : v;
  }
  key.fieldCount = count;
  key.defaultResult = defaultResult;
  key.equalSeen = false;
  return key;
}

/** After a seek: where the cursor stands is known to the tree's cursor alone. */
function moved(c: VmCursor): void {
  c.deferred = false;
  c.alt = null;
  c.altMap = null;
  c.parsed = -1;
}

const LT = Opcode.SeekLT;
const LE = Opcode.SeekLE;
const GE = Opcode.SeekGE;
const GT = Opcode.SeekGT;
export type SeekOp = typeof LT | typeof LE | typeof GE | typeof GT;

/** Goes from where the seek ended (`res`) to the entry that the opcode means. */
function finishMove(c: VmCursor, oc: SeekOp, res: SeekResult): boolean {
  const bt = c.bt!;
  if (oc === GE || oc === GT) {
    if (res < 0 || (res === 0 && oc === GT)) {
      if (bt.eof) return false;
      return bt.next();
    }
    return true;
  }
  if (res > 0 || (res === 0 && oc === LT)) return bt.previous();
  return !bt.eof;
}

function seekTable(c: VmCursor, oc: SeekOp, value: SqlValue): boolean {
  let v = value === CLEARED ? null : value;
  if (typeof v !== 'number') {
    if (v !== null && !(v instanceof Uint8Array)) v = applyAffinity(v, Affinity.Numeric);
    if (v instanceof Real) {
      // Between two integers: the nearest one will do, with the comparison adjusted.
      const near = realToInt(v.value);
      const rc = compareIntReal(near, v.value);
      if (rc > 0) oc = oc === GT ? GE : oc === LE ? LT : oc;
      else if (rc < 0) oc = oc === LT ? LE : oc === GE ? GT : oc;
      v = near;
    } else if (typeof v !== 'number' && typeof v !== 'bigint') {
      // TEXT and BLOB are larger than every rowid; nothing compares with NULL.
      if (v === null || oc === GE || oc === GT) return false;
      return c.bt!.last();
    }
  }
  return finishMove(c, oc, c.bt!.seekRowid(v as Int));
}

/** What seeks begin with that have no record of a key. */
function beginSeek(c: VmCursor): BtCursor {
  if (c.building !== null) finishBuilding(c);
  moved(c);
  c.seekResult = 0;
  return c.bt!;
}

/** What they end with. */
function endSeek(c: VmCursor, oc: SeekOp, res: SeekResult): boolean {
  const found = finishMove(c, oc, res);
  c.nullRow = !found;
  return found;
}

/** Opcodes SeekLT to SeekGT for a key of one INTEGER; false when there is no such row. */
export function seekNumber(c: VmCursor, oc: SeekOp, number: number): boolean {
  const bt = beginSeek(c);
  const res = c.isTable
    ? bt.seekRowid(number)
    : bt.seekNumber(number, oc === LE || oc === GT ? -1 : 1);
  return endSeek(c, oc, res);
}

/** The same for a REAL, in an index. */
export function seekReal(c: VmCursor, oc: SeekOp, number: number): boolean {
  const bt = beginSeek(c);
  const key = c.takeKey();
  key.values[0] = new Real(number);
  key.fieldCount = 1;
  key.defaultResult = oc === LE || oc === GT ? -1 : 1;
  key.equalSeen = false;
  const res = bt.seekKey(key);
  c.giveKey(key);
  return endSeek(c, oc, res);
}

/** The same for a text by its bytes, in an index that is compared so. */
export function seekText(
  c: VmCursor,
  oc: SeekOp,
  bytes: Uint8Array,
  from: number,
  length: number,
): boolean {
  const res = beginSeek(c).seekBytes(bytes, from, length, oc === LE || oc === GT ? -1 : 1);
  return endSeek(c, oc, res);
}

function seekIndex(c: VmCursor, oc: SeekOp, r: SqlValue[], base: number, count: number): boolean {
  const key = keyFrom(c, r, base, count, oc === LE || oc === GT ? -1 : 1);
  const res = c.bt!.seekKey(key);
  c.giveKey(key);
  return finishMove(c, oc, res);
}

function seekHandler(oc: SeekOp): Handler {
  return (_vm, op, r, f) => {
    const c = cursor(f, op.p1);
    if (c.building !== null) finishBuilding(c);
    moved(c);
    c.seekResult = 0;
    const found = c.isTable
      ? seekTable(c, oc, r[op.p3]!)
      : seekIndex(c, oc, r, op.p3, op.p4 as number);
    c.nullRow = !found;
    return found ? NEXT : op.p2;
  };
}

/** The entry under an index cursor against a key. */
function compareEntry(c: VmCursor, key: UnpackedKey): number {
  const bt = c.bt!;
  try {
    bt.loadPayload();
    const size = bt.payloadSize();
    if (size <= bt.payloadLocal) return compareRecord(bt.payloadPage, bt.payloadOffset, size, key);
    return compareRecord(wholeRecord(c), 0, size, key);
  } catch (e) {
    throw recordFault(e);
  }
}

/** Looks for an entry that begins with the key; true when there is one. */
function findEntry(vm: Vm, c: VmCursor, op: Instruction, r: SqlValue[]): boolean {
  if (c.building !== null) finishBuilding(c);
  moved(c);
  const count = typeof op.p4 === 'number' ? op.p4 : 0;
  if (c.set !== null) {
    const length = encode(vm, r, op.p3, count);
    const answer = c.set.has(vm.encoder.buffer, length);
    if (answer !== ASK_TREE) {
      c.nullRow = answer === MISSING;
      return answer === HELD;
    }
  }
  let key: UnpackedKey;
  if (count > 0) {
    key = keyFrom(c, r, op.p3, count, 0);
  } else {
    const record = r[op.p3];
    if (!(record instanceof Uint8Array)) throw corrupt('key record');
    const values = decodeRecord(record, 0, record.length, c.keyInfo!.encoding);
    key = keyFrom(c, values, 0, Math.min(values.length, c.keyInfo!.allFieldCount), 0);
  }
  c.seekResult = c.bt!.seekKey(key);
  c.giveKey(key);
  const exists = c.seekResult === 0;
  c.nullRow = !exists;
  return exists;
}

const notFound: Handler = (vm, op, r, f) => (findEntry(vm, cursor(f, op.p1), op, r) ? NEXT : op.p2);

function anyNull(op: Instruction, r: readonly SqlValue[], c: VmCursor): boolean {
  if (typeof op.p4 === 'number' && op.p4 > 0) {
    for (let i = 0; i < op.p4; i++) if (isNull(r[op.p3 + i]!)) return true;
    return false;
  }
  const record = r[op.p3] as Uint8Array;
  return decodeRecord(record, 0, record.length, c.keyInfo!.encoding).includes(null);
}

function seekRow(c: VmCursor, rowid: Int, op: Instruction): number {
  moved(c);
  const res = c.bt!.seekRowid(rowid);
  c.seekResult = res;
  if (res === 0) {
    c.nullRow = false;
    return NEXT;
  }
  c.nullRow = true;
  if (op.p2 === 0) throw corrupt('row missing');
  return op.p2;
}

function compareIndex(accept: (rc: number) => boolean, equal: -1 | 0): Handler {
  return (_vm, op, r, f) => {
    const c = cursor(f, op.p1);
    if (!settle(c)) return NEXT;
    const key = keyFrom(c, r, op.p3, op.p4 as number, equal);
    const rc = compareEntry(c, key);
    c.giveKey(key);
    return accept(rc) ? op.p2 : NEXT;
  };
}

// -- walking ---------------------------------------------------------------------------------------

const rewind: Handler = (_vm, op, _r, f) => {
  const c = cursor(f, op.p1);
  if (c.building !== null) finishBuilding(c);
  moved(c);
  let any: boolean;
  switch (c.kind) {
    case CursorKind.Btree:
      any = c.bt!.first();
      break;
    case CursorKind.Sorter:
      any = c.sorter!.rewind();
      break;
    case CursorKind.Rows:
      c.rowIndex = 0;
      any = c.rows!.length > 0;
      break;
    case CursorKind.Pseudo:
      any = false;
      break;
  }
  c.nullRow = !any;
  return any || op.p2 === 0 ? NEXT : op.p2;
};

const last: Handler = (_vm, op, _r, f) => {
  const c = cursor(f, op.p1);
  if (c.building !== null) finishBuilding(c);
  moved(c);
  let any: boolean;
  if (c.kind === CursorKind.Rows) {
    c.rowIndex = c.rows!.length - 1;
    any = c.rowIndex >= 0;
  } else {
    any = c.bt!.last();
  }
  c.nullRow = !any;
  return any || op.p2 === 0 ? NEXT : op.p2;
};

function advance(forward: boolean): Handler {
  return (_vm, op, _r, f) => {
    const c = cursor(f, op.p1);
    stale(c);
    let any: boolean;
    switch (c.kind) {
      case CursorKind.Btree:
        any = forward ? c.bt!.next() : c.bt!.previous();
        break;
      case CursorKind.Sorter:
        any = c.sorter!.next();
        break;
      case CursorKind.Rows:
        c.rowIndex += forward ? 1 : -1;
        any = c.rowIndex >= 0 && c.rowIndex < c.rows!.length;
        break;
      case CursorKind.Pseudo:
        any = false;
        break;
    }
    c.nullRow = !any;
    return any ? op.p2 : NEXT;
  };
}

const sorterSort: Handler = (_vm, op, _r, f) => {
  const c = cursor(f, op.p1);
  stale(c);
  const any = (op.p5 & SORTER_AS_IS) === 0 ? c.sorter!.rewind() : c.sorter!.walk();
  c.nullRow = !any;
  return any ? NEXT : op.p2;
};

// -- reading ---------------------------------------------------------------------------------------

/** TYPE_* bit of a serial type. */
function typeBit(serial: number): number {
  if (serial === 0 || serial === 10 || serial === 11) return TYPE_NULL;
  if (serial === 7) return TYPE_REAL;
  if (serial < 12) return TYPE_INTEGER;
  return (serial & 1) !== 0 ? TYPE_TEXT : TYPE_BLOB;
}

function typeBitOfValue(v: SqlValue): number {
  if (isNull(v)) return TYPE_NULL;
  if (typeof v === 'number' || typeof v === 'bigint') return TYPE_INTEGER;
  if (v instanceof Real) return TYPE_REAL;
  return v instanceof Uint8Array ? TYPE_BLOB : TYPE_TEXT;
}

const isType: Handler = (_vm, op, r, f) => {
  let bit: number;
  if (op.p1 < 0) {
    bit = typeBitOfValue(r[op.p3]!);
  } else {
    const c = cursor(f, op.p1);
    if (c.kind !== CursorKind.Btree) {
      const row = c.rows?.[c.rowIndex];
      bit = row === undefined ? TYPE_NULL : typeBitOfValue(row[op.p3] ?? null);
    } else if (!settle(c)) {
      bit = TYPE_NULL;
    } else {
      const serial = columnType(c, op.p3);
      bit = serial >= 0 ? typeBit(serial) : 1 << ((typeof op.p4 === 'number' ? op.p4 : 5) - 1);
    }
  }

  return (op.p5 & bit) !== 0 ? op.p2 : NEXT;
};

const rowid: Handler = (_vm, op, r, f) => {
  const c = cursor(f, op.p1);
  let v: SqlValue;
  if (c.kind === CursorKind.Rows) v = c.nullRow ? null : c.rowIndex + 1;
  else if (c.kind !== CursorKind.Btree) v = null;
  else if (c.deferred) v = c.target;
  else v = settle(c) ? c.bt!.rowid() : null;
  r[op.p2] = v;
  return NEXT;
};

const deferredSeek: Handler = (_vm, op, _r, f) => {
  const c = cursor(f, op.p1);
  const table = cursor(f, op.p3);
  stale(table);
  if (!settle(c)) {
    table.nullRow = true;
    table.deferred = false;
    return NEXT;
  }
  table.target = indexRowid(c);
  table.nullRow = false;
  table.deferred = true;
  table.alt = c;
  table.altMap = op.p4 instanceof Int32Array ? op.p4 : null;
  return NEXT;
};

const hostRows: Handler = (vm, op, r, f) => {
  const rows = vm.host.hostRows(op.p4 as HostRequest, r.slice(op.p3, op.p3 + op.p5));
  const c = new VmCursor(CursorKind.Rows, null, true, -1, 0, null, 0);
  c.rows = rows;
  c.rowIndex = 0;
  c.nullRow = rows.length === 0;
  place(f, op.p1, c);
  return rows.length === 0 ? op.p2 : NEXT;
};

export const cursorHandlers: HandlerTable = {
  [Opcode.OpenRead]: openRead,
  [Opcode.OpenWrite]: (vm, op, r, f) => openBtree(vm, op, r, f, true),
  [Opcode.ReopenIdx]: (vm, op, r, f) => {
    const c = f.cursors[op.p1];
    if (c && c.bt !== null && c.ephemeral === null && c.root === op.p2 && c.db === op.p3) {
      c.nullRow = true;
      moved(c);
      return NEXT;
    }
    return openBtree(vm, op, r, f, false);
  },
  [Opcode.OpenEphemeral]: openEphemeral,
  [Opcode.OpenAutoindex]: openAutoindex,
  [Opcode.OpenDup]: (_vm, op, _r, f) => {
    const from = cursor(f, op.p2);
    place(f, op.p1, ephemeralCursor(from.ephemeral!, from.keyInfo, from.fieldCount));
    return NEXT;
  },
  [Opcode.SorterOpen]: (vm, op, _r, f) => {
    const info = keyInfoOf(op)!;
    let c = takeSpare(f, op.p1, CursorKind.Sorter, info, op.p2);
    if (c !== null) c.sorter!.renew(vm.host.sorterBudget);
    else {
      c = new VmCursor(CursorKind.Sorter, null, false, -1, 0, info, op.p2);
      c.sorter = new Sorter(info, vm.host.sorterBudget, () => vm.temporaryTree());
    }
    place(f, op.p1, c);
    return NEXT;
  },
  [Opcode.OpenPseudo]: (_vm, op, _r, f) => {
    const c =
      takeSpare(f, op.p1, CursorKind.Pseudo, null, op.p3) ??
      new VmCursor(CursorKind.Pseudo, null, true, -1, 0, null, op.p3);
    c.pseudoRegister = op.p2;
    c.nullRow = false;
    place(f, op.p1, c);
    return NEXT;
  },
  [Opcode.HostRows]: hostRows,
  [Opcode.Close]: (_vm, op, _r, f) => {
    const c = f.cursors[op.p1];
    f.cursors[op.p1] = null;
    if (c) closeCursor(c);
    return NEXT;
  },
  [Opcode.Sequence]: (_vm, op, r, f) => {
    r[op.p2] = cursor(f, op.p1).sequence++;
    return NEXT;
  },
  [Opcode.SeekLT]: seekHandler(LT),
  [Opcode.SeekLE]: seekHandler(LE),
  [Opcode.SeekGE]: seekHandler(GE),
  [Opcode.SeekGT]: seekHandler(GT),
  [Opcode.IfNotOpen]: (_vm, op, _r, f) => {
    const c = f.cursors[op.p1];
    return !c || c.nullRow ? op.p2 : NEXT;
  },
  [Opcode.NotFound]: notFound,
  [Opcode.Found]: (vm, op, r, f) => (findEntry(vm, cursor(f, op.p1), op, r) ? op.p2 : NEXT),
  [Opcode.NoConflict]: (vm, op, r, f) => {
    const c = cursor(f, op.p1);
    return !findEntry(vm, c, op, r) || anyNull(op, r, c) ? op.p2 : NEXT;
  },
  [Opcode.SeekRowid]: (_vm, op, r, f) => {
    const v = exactInt(r[op.p3]!);
    const c = cursor(f, op.p1);
    if (v !== null) return seekRow(c, v, op);
    moved(c);
    c.nullRow = true;
    if (op.p2 === 0) throw corrupt('row missing');
    return op.p2;
  },
  [Opcode.NotExists]: (_vm, op, r, f) => seekRow(cursor(f, op.p1), toInt(r[op.p3]!), op),
  [Opcode.IfNullRow]: (_vm, op, r, f) => {
    const c = f.cursors[op.p1];
    if (!c?.nullRow) return NEXT;
    if (op.p3 > 0) r[op.p3] = null;
    return op.p2;
  },
  [Opcode.IsType]: isType,
  [Opcode.Offset]: (_vm, op, r, f) => {
    const c = f.cursors[op.p1];
    r[op.p3] = null;
    if (!c || c.kind !== CursorKind.Btree || c.ephemeral !== null) return NEXT;
    if (!settle(c) || columnType(c, op.p2) < 0) return NEXT;
    r[op.p3] = c.bt!.payloadFileOffset() + c.offsets[op.p2]!;
    return NEXT;
  },
  [Opcode.Count]: (_vm, op, r, f) => {
    const c = cursor(f, op.p1);
    if (c.kind === CursorKind.Rows) {
      r[op.p2] = c.rows!.length;
      return NEXT;
    }
    stale(c);
    const estimate = op.p3 !== 0 ? c.bt!.rowCountEstimate() : -1;
    r[op.p2] = estimate >= 0 ? estimate : c.bt!.count();
    return NEXT;
  },
  [Opcode.SorterData]: (_vm, op, r, f) => {
    r[op.p2] = cursor(f, op.p1).sorter!.record();
    const pseudo = f.cursors[op.p3];
    if (pseudo) stale(pseudo);
    return NEXT;
  },
  [Opcode.RowData]: (_vm, op, r, f) => {
    const c = cursor(f, op.p1);
    if (c.kind === CursorKind.Sorter) r[op.p2] = c.sorter!.record();
    else r[op.p2] = settle(c) ? wholeRecord(c) : null;
    return NEXT;
  },
  [Opcode.Rowid]: rowid,
  [Opcode.NullRow]: (_vm, op, _r, f) => {
    let c = f.cursors[op.p1];
    if (!c) {
      c = new VmCursor(CursorKind.Pseudo, null, true, -1, 0, null, 1);
      f.cursors[op.p1] = c;
    }
    moved(c);
    // Next and Prev end the loop from here (LEFT JOIN leaves by them).
    if (c.kind === CursorKind.Btree) c.bt!.unset();
    // A pseudo cursor goes on reading its register; only what was parsed is forgotten.
    c.nullRow = c.kind !== CursorKind.Pseudo || c.pseudoRegister === 0;
    return NEXT;
  },
  [Opcode.Last]: last,
  [Opcode.SorterSort]: sorterSort,
  [Opcode.Sort]: rewind,
  [Opcode.Rewind]: rewind,
  [Opcode.IfEmpty]: (_vm, op, _r, f) => {
    const c = cursor(f, op.p1);
    if (c.kind === CursorKind.Rows) return c.rows!.length === 0 ? op.p2 : NEXT;
    stale(c);
    const any = c.bt!.first();
    c.nullRow = !any;
    return any ? NEXT : op.p2;
  },
  [Opcode.SorterNext]: advance(true),
  [Opcode.Next]: advance(true),
  [Opcode.Prev]: advance(false),
  [Opcode.DeferredSeek]: deferredSeek,
  [Opcode.IdxRowid]: (_vm, op, r, f) => {
    const c = cursor(f, op.p1);
    r[op.p2] = settle(c) ? indexRowid(c) : null;
    return NEXT;
  },
  [Opcode.FinishSeek]: (_vm, op, _r, f) => {
    finishSeek(cursor(f, op.p1));
    return NEXT;
  },
  // `equal` is what a record counts as whose first fields equal the key.
  [Opcode.IdxLE]: compareIndex((rc) => rc <= 0, -1),
  [Opcode.IdxGT]: compareIndex((rc) => rc > 0, -1),
  [Opcode.IdxLT]: compareIndex((rc) => rc < 0, 0),
  [Opcode.IdxGE]: compareIndex((rc) => rc >= 0, 0),
};
