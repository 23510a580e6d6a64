/**
 * Removing one row: before triggers, foreign keys, index entries, the row, actions, after triggers.
 */
import type { Table, Trigger } from '../catalog/types.ts';
import type { ConflictAction } from '../sql/ast.ts';
import { OPFLAG_AUXDELETE, OPFLAG_NCHANGE, OPFLAG_SAVEPOSITION } from '../vm/flags.ts';
import { Opcode } from '../vm/opcode.ts';
import { codeColumn } from './column.ts';
import type { Codegen } from './context.ts';
import { codeIndexKey, type TableCursors, tableInfoOf } from './dml.ts';
import { codeFkActions, codeFkChecks, fkOldMask, fkRequired } from './fk.ts';
import { codeReturningRow, type Returning } from './returning.ts';
import { codeRowTriggers, inMask, READS_ALL, triggerMask } from './trigger.ts';

export interface RowDelete {
  readonly db: number;
  readonly table: Table;
  /** DELETE triggers that fire for it. */
  readonly triggers: readonly Trigger[];
  readonly cursors: TableCursors;
  /** Register(s) of the rowid or primary key. */
  readonly key: number;
  readonly keyCount: number;
  /** The row counts in changes(). */
  readonly count: boolean;
  readonly onConflict: ConflictAction | null;
  /** 'off': the row must be looked for; else the cursor stands on it (multi: a scan goes on after it). */
  readonly mode: 'off' | 'single' | 'multi';
  /** Index cursor that already stands on the row's entry and takes it out itself; -1. */
  readonly noSeek: number;
  /** RETURNING of a DELETE statement. */
  readonly returning?: Returning | null;
}

/** Removes the entries of the row under the table cursor from its indexes (those of `records` when given). */
export function codeIndexDelete(
  cg: Codegen,
  table: Table,
  cursors: TableCursors,
  records: readonly number[] | null,
  noSeek: number,
): void {
  const { b } = cg;
  table.indexes.forEach((index, i) => {
    if (records !== null && records[i] === 0) return;
    if (table.withoutRowid && index.isPrimaryTree) return;
    const cursor = cursors.indexes[i]!;
    if (cursor === noSeek) return;
    const key = codeIndexKey(cg, table, index, cursors.data, true);
    b.emit(Opcode.IdxDelete, cursor, key.base, key.count, null, 1);
    if (key.skip !== null) b.resolve(key.skip);
  });
}

export function codeRowDelete(cg: Codegen, d: RowDelete): void {
  const { b } = cg;
  const { table, cursors } = d;
  const done = b.newLabel();
  const seek = (): void => {
    if (table.withoutRowid) b.emit(Opcode.NotFound, cursors.data, done, d.key, d.keyCount);
    else b.emit(Opcode.NotExists, cursors.data, done, d.key);
  };
  let { noSeek } = d;
  if (d.mode === 'off') seek();
  let old = 0;
  // Of several mismatched foreign keys SQLite names the last one that it meets.
  let failed: unknown = null;
  const returning = d.returning ?? null;
  if (d.triggers.length > 0 || returning !== null || fkRequired(cg, table, null) !== 0) {
    const mask =
      (returning === null ? 0 : READS_ALL) |
      triggerMask(cg, d.triggers, 'old', ['BEFORE', 'AFTER'], table, d.onConflict) |
      fkOldMask(cg, table);
    old = b.newRegs(1 + table.columns.length);
    b.emit(Opcode.Copy, d.key, old);
    for (let i = 0; i < table.columns.length; i++) {
      if (inMask(mask, i)) codeColumn(cg, table, cursors.data, i, old + 1 + i);
    }
    const before = b.here;
    codeRowTriggers(cg, d.triggers, 'BEFORE', table, old, d.onConflict, done);
    if (b.here > before) {
      // Triggers may have moved the cursor or removed the row.
      seek();
      noSeek = -1;
    }
    try {
      codeFkChecks(cg, d.db, table, old, 0, null);
    } catch (e) {
      failed = e;
    }
  }
  if (table.kind !== 'view') {
    codeIndexDelete(cg, table, cursors, null, noSeek);
    const other = noSeek >= 0 && noSeek !== cursors.data;
    b.emit(
      Opcode.Delete,
      cursors.data,
      d.count ? OPFLAG_NCHANGE : 0,
      0,
      tableInfoOf(table),
      d.mode === 'off' ? 0 : OPFLAG_AUXDELETE,
    );
    if (other) b.emit(Opcode.Delete, noSeek);
    // The scan's own cursor, whichever of the two it is, keeps its place.
    if (d.mode === 'multi') b.at(b.here - 1).p5 = OPFLAG_SAVEPOSITION;
  }
  codeFkActions(cg, d.db, table, old, null);
  if (failed !== null) throw failed;
  codeReturningRow(cg, returning, { rowid: old, base: old + 1 });
  codeRowTriggers(cg, d.triggers, 'AFTER', table, old, d.onConflict, done);
  b.resolve(done);
}
