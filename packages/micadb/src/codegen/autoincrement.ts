/**
 * AUTOINCREMENT: the largest rowid ever used is kept in sqlite_sequence
 * (https://www.sqlite.org/autoinc.html). It is read once at the start of the statement into a register
 * of the top program and written back at its end. Registers of one table, from `r` =
 * `cg.autoincrement.get(table)`: r-1 the table's name, r the largest rowid, r+1 rowid of the entry in
 * sqlite_sequence, r+2 the value that was read.
 */
import type { Table } from '../catalog/types.ts';
import { ResultCode } from '../values/errors.ts';
import { OPFLAG_APPEND, SQLITE_JUMPIFNULL } from '../vm/flags.ts';
import { Opcode } from '../vm/opcode.ts';
import type { Codegen } from './context.ts';
import { databaseOf } from './dml.ts';
import { openTableCursor } from './open.ts';

function sequenceTable(cg: Codegen, db: number): Table | null {
  return cg.env.catalog.schemas[db]?.tables.get('sqlite_sequence') ?? null;
}

/** The register (of the top program) with the table's largest rowid; 0 without AUTOINCREMENT. */
export function autoincrementRegister(cg: Codegen, table: Table): number {
  if (!table.autoincrement) return 0;
  const { top } = cg;
  let reg = top.autoincrement.get(table);
  if (reg === undefined) {
    reg = top.b.newRegs(4) + 1;
    top.autoincrement.set(table, reg);
    cg.writesDatabase(databaseOf(cg, table), false);
  }
  return reg;
}

/** Reads the registers: run once at the start of the top program, after Transaction. */
export function codeAutoincrementBegin(cg: Codegen): void {
  for (const [table, reg] of cg.autoincrement) {
    const { b } = cg;
    const db = databaseOf(cg, table);
    const sequence = sequenceTable(cg, db);
    if (sequence === null) continue;
    const cursor = b.newCursor();
    const name = b.newReg();
    openTableCursor(cg, cursor, db, sequence, false);
    b.emit(Opcode.String8, 0, reg - 1, 0, table.name);
    b.emit(Opcode.Null, 0, reg, reg + 2);
    const none = b.newLabel();
    const found = b.newLabel();
    const next = b.newLabel();
    b.emit(Opcode.Rewind, cursor, none);
    const top = b.here;
    b.emit(Opcode.Column, cursor, 0, name);
    b.emit(Opcode.Ne, reg - 1, next, name, null, SQLITE_JUMPIFNULL);
    b.emit(Opcode.Rowid, cursor, reg + 1);
    b.emit(Opcode.Column, cursor, 1, reg);
    b.emit(Opcode.AddImm, reg, 0);
    b.emit(Opcode.Copy, reg, reg + 2);
    b.emit(Opcode.Goto, 0, found);
    b.resolve(next);
    b.emit(Opcode.Next, cursor, top);
    b.resolve(none);
    b.emit(Opcode.Integer, 0, reg);
    b.resolve(found);
    b.emit(Opcode.Close, cursor);
  }
}

/** Writes the registers back, at the end of the top program's changes. */
export function codeAutoincrementEnd(cg: Codegen): void {
  if (cg.parent !== null) return;
  for (const [table, reg] of cg.autoincrement) {
    const { b } = cg;
    const db = databaseOf(cg, table);
    const sequence = sequenceTable(cg, db);
    if (sequence === null) {
      b.emit(Opcode.Halt, ResultCode.SQLITE_CORRUPT_SEQUENCE, 2);
      continue;
    }
    const cursor = b.newCursor();
    const record = b.newReg();
    const same = b.newLabel();
    const known = b.newLabel();
    b.emit(Opcode.Le, reg + 2, same, reg, null, 0);
    openTableCursor(cg, cursor, db, sequence, true);
    b.emit(Opcode.NotNull, reg + 1, known);
    b.emit(Opcode.NewRowid, cursor, reg + 1);
    b.resolve(known);
    b.emit(Opcode.MakeRecord, reg - 1, 2, record);
    b.emit(Opcode.Insert, cursor, record, reg + 1, null, OPFLAG_APPEND);
    b.emit(Opcode.Close, cursor);
    b.resolve(same);
  }
}
