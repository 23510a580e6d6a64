/**
 * ORDER BY: rows wait in a sorter, or with LIMIT in an ephemeral index that keeps only as many as are
 * wanted, and come out in order. https://www.sqlite.org/lang_select.html#orderby
 *
 * A waiting row is a record: the sort keys that the scan does not satisfy, then (index only) a sequence
 * number that keeps equal rows in their order, then the result columns that are not among the keys.
 * Where the scan satisfies the first terms already, rows are sorted block by block: a block ends when
 * one of these terms changes.
 */
import type { OrderTerm, ResultColumn } from '../bind/tree.ts';
import { makeKeyInfo } from '../values/keyinfo.ts';
import { Opcode } from '../vm/opcode.ts';
import type { Label } from './builder.ts';
import type { Codegen } from './context.ts';
import type { SelectDest } from './dest.ts';
import { codeExprList, codeExprTo } from './expr.ts';
import { codeOffset, type Limits } from './limit.ts';
import { collationOf, sortFlags } from './open.ts';
import { codeRow, rowRegisters } from './select-row.ts';

export interface Sorting {
  readonly terms: readonly OrderTerm[];
  /** Leading terms that the scan satisfies. */
  satisfied: number;
  readonly cursor: number;
  /** The instruction that opens the sorter: its operands follow when the layout is known. */
  readonly opened: number;
  /** The instruction behind it: clears the flag of block-wise sorting where that is used. */
  readonly start: number;
  /** A true sorter, else an ephemeral index (LIMIT). */
  readonly isSorter: boolean;
  readonly limits: Limits;
  /** Where to go when all is done. */
  readonly done: Label;
  /** Set when rows are sorted block by block. */
  block: { readonly label: Label; readonly returnReg: number } | null;
  /** For each result column: its place in the record. */
  places: readonly number[];
  columnCount: number;
}

/** Opens the sorter for `terms`. */
export function beginSorting(
  cg: Codegen,
  terms: readonly OrderTerm[],
  makeLimits: () => Limits,
): Sorting {
  // Names a collation that is missing even when no sorting is needed.
  for (const t of terms) collationOf(cg, t.expr);
  const cursor = cg.b.newCursor();
  const opened = cg.b.emit(Opcode.OpenEphemeral, cursor);
  const start = cg.b.emit(Opcode.Noop);
  const limits = makeLimits();
  const isSorter = limits.limit === 0;
  if (isSorter) cg.b.at(opened).opcode = Opcode.SorterOpen;
  return {
    terms,
    satisfied: 0,
    cursor,
    opened,
    start,
    isSorter,
    limits,
    done: cg.b.newLabel(),
    block: null,
    places: [],
    columnCount: 0,
  };
}

/** No sorting is needed after all. */
export function cancelSorting(cg: Codegen, s: Sorting): void {
  cg.b.at(s.opened).opcode = Opcode.Noop;
}

/**
 * Puts the current row into the sorter. `known`: registers that hold the result columns already
 * (DISTINCT needed them), else 0. `skipped` is where a row goes that a LIMIT will never let out.
 */
export function codeSortedRow(
  cg: Codegen,
  s: Sorting,
  columns: readonly ResultColumn[],
  known: number,
  skipped: Label,
): void {
  const { b } = cg;
  const { terms, satisfied } = s;
  const sequence = s.isSorter ? 0 : 1;
  const termCount = terms.length;
  const keyCount = termCount - satisfied + sequence;
  // Result columns that are sort keys are not stored twice.
  const places: number[] = [];
  const data: number[] = [];
  columns.forEach((_, i) => {
    const key = known > 0 ? -1 : terms.findIndex((t, k) => k >= satisfied && t.result === i + 1);
    if (key >= 0) places.push(key - satisfied);
    else {
      places.push(keyCount + data.length);
      data.push(i);
    }
  });
  s.places = places;
  s.columnCount = columns.length;
  const total = termCount + sequence + data.length;
  const base = b.newRegs(total);
  const dataBase = base + termCount + sequence;
  terms.forEach((t, i) => {
    if (known > 0 && t.result > 0) b.emit(Opcode.Copy, known + t.result - 1, base + i);
    else codeExprTo(cg, t.expr, base + i);
  });
  const open = b.at(s.opened);
  open.p2 = keyCount + data.length;
  open.p4 = makeKeyInfo(
    cg.env.encoding,
    keyCount,
    terms.slice(satisfied).map((t) => collationOf(cg, t.expr)),
    terms.slice(satisfied).map(sortFlags),
  );
  if (satisfied > 0) codeBlockEnd(cg, s, base);
  if (sequence === 1) b.emit(Opcode.Sequence, s.cursor, base + termCount);
  let drop = -1;
  if (s.limits.both > 0) {
    const room = b.emit(Opcode.IfNotZero, s.limits.both);
    b.emit(Opcode.Last, s.cursor);
    drop = b.emit(Opcode.IdxLE, s.cursor, skipped, base + satisfied, termCount - satisfied);
    b.emit(Opcode.Delete, s.cursor);
    b.jumpHere(room);
  }
  if (known === 0) {
    codeExprList(
      cg,
      data.map((column) => columns[column]!.expr),
      dataBase,
    );
  } else {
    data.forEach((column, i) => {
      b.emit(Opcode.Copy, known + column, dataBase + i);
    });
  }
  const record = b.tempReg();
  b.emit(Opcode.MakeRecord, base + satisfied, total - satisfied, record);
  if (s.isSorter) b.emit(Opcode.SorterInsert, s.cursor, record);
  // The keys and the sequence number tell all entries apart.
  else b.emit(Opcode.IdxInsert, s.cursor, record, base + satisfied, keyCount);
  b.releaseTemp(record);
  if (drop >= 0 && skipped === 0) b.jumpHere(drop);
}

/** When one of the satisfied terms has changed: sorts and gives out the block, then starts a new one. */
function codeBlockEnd(cg: Codegen, s: Sorting, base: number): void {
  const { b } = cg;
  const { satisfied } = s;
  const previous = b.newRegs(satisfied);
  const running = b.newReg();
  b.at(s.start).opcode = Opcode.Integer;
  b.at(s.start).p2 = running;
  const first = b.emit(Opcode.IfNot, running);
  const keyInfo = makeKeyInfo(
    cg.env.encoding,
    satisfied,
    s.terms.slice(0, satisfied).map((t) => collationOf(cg, t.expr)),
  );
  b.emit(Opcode.Compare, previous, base, satisfied, keyInfo);
  const same = b.newLabel();
  const changed = b.newLabel();
  b.emit(Opcode.Jump, changed, same, changed);
  b.resolve(changed);
  s.block = { label: b.newLabel(), returnReg: b.newReg() };
  b.emit(Opcode.Gosub, s.block.returnReg, s.block.label);
  b.emit(Opcode.ResetSorter, s.cursor);
  if (s.limits.both > 0) b.emit(Opcode.IfNot, s.limits.both, s.done);
  b.jumpHere(first);
  // Copies: the registers are also the keys of this row.
  b.emit(Opcode.Copy, base, previous, satisfied - 1);
  b.emit(Opcode.Integer, 1, running);
  b.resolve(same);
}

/** "USE TEMP B-TREE FOR ORDER BY", "... FOR LAST 2 TERMS OF ORDER BY". */
function explainSorting(cg: Codegen, s: Sorting): void {
  const left = s.terms.length - s.satisfied;
  const what =
    s.satisfied === 0
      ? 'ORDER BY'
      : left === 1
        ? 'LAST TERM OF ORDER BY'
        : `LAST ${left} TERMS OF ORDER BY`;
  cg.b.explain(Opcode.Explain, `USE TEMP B-TREE FOR ${what}`);
}

/** The rows come out: what is left in the sorter goes to `dest`. */
export function endSorting(cg: Codegen, s: Sorting, dest: SelectDest): void {
  const { b } = cg;
  explainSorting(cg, s);
  const count = s.columnCount;
  if (s.block !== null) {
    b.emit(Opcode.Gosub, s.block.returnReg, s.block.label);
    b.emit(Opcode.Goto, 0, s.done);
    b.resolve(s.block.label);
  }
  const next = b.newLabel();
  let from = s.cursor;
  let top: number;
  if (s.isSorter) {
    const record = b.newReg();
    from = b.newCursor();
    const once = s.block === null ? -1 : b.emit(Opcode.Once);
    b.emit(Opcode.OpenPseudo, from, record, b.at(s.opened).p2);
    if (once >= 0) b.jumpHere(once);
    b.emit(Opcode.SorterSort, s.cursor, s.done);
    top = b.here;
    b.emit(Opcode.SorterData, s.cursor, record, from);
  } else {
    b.emit(Opcode.Sort, s.cursor, s.done);
    top = b.here;
    codeOffset(cg, s.limits, next);
  }
  const base = rowRegisters(cg, dest, count);
  for (let i = 0; i < count; i++) b.emit(Opcode.Column, from, s.places[i]!, base + i);
  codeRow(cg, dest, base, count);
  b.resolve(next);
  b.emit(s.isSorter ? Opcode.SorterNext : Opcode.Next, s.cursor, top);
  if (s.block !== null) b.emit(Opcode.Return, s.block.returnReg);
  b.resolve(s.done);
}

/** Values of all result columns of the current row in consecutive registers. */
export function codeColumns(cg: Codegen, columns: readonly ResultColumn[], base: number): void {
  codeExprList(
    cg,
    columns.map((c) => c.expr),
    base,
  );
}
