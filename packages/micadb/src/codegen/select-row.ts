/** What is done with one row of a query whose columns stand in registers: one case a destination. */
import { OPFLAG_APPEND } from '../vm/flags.ts';
import { Opcode } from '../vm/opcode.ts';
import type { Codegen } from './context.ts';
import type { SelectDest } from './dest.ts';
import { codeQueueRow } from './recursive.ts';

/** Registers in which the destination would like to have the columns; fresh ones where it does not care. */
export function rowRegisters(cg: Codegen, dest: SelectDest, count: number): number {
  return dest.kind === 'memory' || dest.kind === 'coroutine' ? dest.base : cg.b.newRegs(count);
}

export function codeRow(cg: Codegen, dest: SelectDest, base: number, count: number): void {
  const { b } = cg;
  switch (dest.kind) {
    case 'output':
      b.emit(Opcode.ResultRow, base, count);
      return;
    case 'memory':
      if (base !== dest.base) b.emit(Opcode.Copy, base, dest.base, count - 1);
      return;
    case 'exists':
      b.emit(Opcode.Integer, 1, dest.reg);
      return;
    case 'set': {
      const record = b.tempReg();
      b.emit(Opcode.MakeRecord, base, count, record, dest.affinities);
      b.emit(Opcode.IdxInsert, dest.cursor, record, base, count);
      b.releaseTemp(record);
      if (dest.bloom === true) b.explain(Opcode.Explain, 'CREATE BLOOM FILTER');
      return;
    }
    case 'table': {
      const record = b.tempReg();
      const rowid = b.tempReg();
      b.emit(Opcode.MakeRecord, base, count, record);
      b.emit(Opcode.NewRowid, dest.cursor, rowid);
      b.emit(Opcode.Insert, dest.cursor, record, rowid, null, dest.append ? OPFLAG_APPEND : 0);
      b.releaseTemp(rowid);
      b.releaseTemp(record);
      return;
    }
    case 'coroutine':
      if (base !== dest.base) b.emit(Opcode.Copy, base, dest.base, count - 1);
      if (dest.marker !== undefined) b.emit(Opcode.Integer, 1, dest.marker);
      b.emit(Opcode.Yield, dest.yieldReg);
      return;
    case 'union': {
      const record = b.tempReg();
      b.emit(Opcode.MakeRecord, base, count, record);
      b.emit(Opcode.IdxInsert, dest.cursor, record, base, count);
      b.releaseTemp(record);
      return;
    }
    case 'except':
      b.emit(Opcode.IdxDelete, dest.cursor, base, count);
      return;
    case 'queue':
      codeQueueRow(cg, dest.queue, base, count);
      return;
    case 'discard':
      return;
    case 'callback':
      dest.row(base, count);
      return;
  }
}
