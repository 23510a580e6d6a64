/**
 * Constraint checks for one new row image, and writing it: the common end of INSERT and UPDATE.
 * https://www.sqlite.org/lang_conflict.html
 *
 * Order: NOT NULL (REPLACE puts in the default), CHECK, rowid, UNIQUE indexes in the table's order.
 * Checks that resolve conflicts with REPLACE come last, so that no row is removed when another
 * constraint then stops the statement. After REPLACE has fired triggers or foreign key actions all
 * keys are checked once more, because these may have put conflicting rows in.
 */
import { bindSelfExpr } from '../bind/self.ts';
import type { BoundExpr } from '../bind/tree.ts';
import type { CheckConstraint, Index, Table, Trigger } from '../catalog/types.ts';
import type { ConflictAction } from '../sql/ast.ts';
import { ResultCode } from '../values/errors.ts';
import {
  OPFLAG_APPEND,
  OPFLAG_ISNOOP,
  OPFLAG_ISUPDATE,
  OPFLAG_LASTROWID,
  OPFLAG_NCHANGE,
  OPFLAG_SAVEPOSITION,
  OPFLAG_USESEEKRESULT,
} from '../vm/flags.ts';
import { Opcode } from '../vm/opcode.ts';
import type { Label } from './builder.ts';
import type { Codegen } from './context.ts';
import { codeIndexDelete, codeRowDelete } from './delete-row.ts';
import {
  boundIndexExpr,
  boundIndexWhere,
  codeTableAffinity,
  collationNamed,
  conflictCode,
  distinguishingFields,
  HALT_CHECK,
  HALT_NOTNULL,
  haltConstraint,
  haltRowid,
  haltUnique,
  newBinder,
  type RowImage,
  SQLITE_NOTNULL,
  storedRegisters,
  type TableCursors,
  tableInfoOf,
  withSelfRow,
} from './dml.ts';
import { codeExprTo, jumpIfFalse, jumpIfTrue } from './expr.ts';
import { fkRequired } from './fk.ts';
import { codeGeneratedColumns, selfColumns } from './generated.ts';
import { triggersFor } from './trigger.ts';

/** One ON CONFLICT clause after its target has been found. */
export interface UpsertClause {
  /** 'any': no target was named. */
  readonly target: Index | 'rowid' | 'any';
  readonly isDoUpdate: boolean;
}

export interface ConstraintInput {
  readonly db: number;
  readonly table: Table;
  readonly cursors: TableCursors;
  /** Register of each index's record (0: the index is not touched); its fields follow the record. */
  readonly records: readonly number[];
  readonly row: RowImage;
  /** UPDATE: where the old key is (rowid tables: `rowid`; WITHOUT ROWID: old columns at `base`). */
  readonly old: RowImage | null;
  /** The rowid or primary key is given or may change. */
  readonly keyChanges: boolean;
  /** UPDATE: changed columns (-1: rowid). Null for INSERT: all. */
  readonly changed: ReadonlySet<number> | null;
  readonly onConflict: ConflictAction | null;
  /** Where IGNORE goes on. */
  readonly ignore: Label;
  readonly upserts: readonly UpsertClause[];
  /** Emits the DO UPDATE of a clause for the row found through `index` (null: the rowid). */
  readonly doUpdate: ((clause: UpsertClause, index: Index | null, cursor: number) => void) | null;
}

function boundCheck(cg: Codegen, table: Table, check: CheckConstraint): BoundExpr {
  return bindSelfExpr(newBinder(cg), table, check.expr, 'CHECK constraints');
}

function codeNotNull(cg: Codegen, input: ConstraintInput): void {
  const { table, row, changed, onConflict, ignore } = input;
  const { b } = cg;
  let generated = 0;
  let defaults = 0;
  const pass = (second: boolean): void => {
    table.columns.forEach((column, i) => {
      if (column.notNull === null || i === table.rowidColumn) return;
      const isGenerated = column.generated !== null;
      if (isGenerated && !second) {
        generated += 1;
        return;
      }
      if (changed !== null && !changed.has(i) && !isGenerated) return;
      let action = onConflict ?? column.notNull;
      // A default that was put in is checked in the second pass.
      if (action === 'REPLACE') {
        if (second || column.default === null) action = 'ABORT';
      } else if (second && !isGenerated) {
        return;
      }
      const reg = row.base + i;
      switch (action) {
        case 'REPLACE': {
          const ok = b.emit(Opcode.NotNull, reg);
          defaults += 1;
          const e = bindSelfExpr(newBinder(cg), table, column.default!, 'DEFAULT values');
          codeExprTo(cg, e, reg);
          b.jumpHere(ok);
          break;
        }
        case 'IGNORE':
          b.emit(Opcode.IsNull, reg, ignore);
          break;
        default: {
          if (action === 'ABORT') cg.setMayAbort();
          const message = `${table.name}.${column.name}`;
          const code = ResultCode.SQLITE_CONSTRAINT_NOTNULL;
          b.emit(Opcode.HaltIfNull, code, conflictCode[action], reg, message, HALT_NOTNULL);
        }
      }
    });
  };
  pass(false);
  if (generated === 0 && defaults === 0) return;
  if (defaults > 0 && table.hasGenerated) codeGeneratedColumns(cg, table, row);
  pass(true);
}

function codeChecks(cg: Codegen, input: ConstraintInput): boolean {
  const { table, row, changed, onConflict, ignore } = input;
  if (table.checks.length === 0 || cg.env.flags.ignoreCheckConstraints) return false;
  let affinityDone = false;
  const action = onConflict === 'REPLACE' || onConflict === null ? 'ABORT' : onConflict;
  for (const check of table.checks) {
    const e = boundCheck(cg, table, check);
    if (changed !== null && ![...selfColumns(e)].some((c) => changed.has(c))) continue;
    if (!affinityDone) {
      codeTableAffinity(cg, table, row.base);
      affinityDone = true;
    }
    const ok = cg.b.newLabel();
    withSelfRow(cg, table, row, () => jumpIfTrue(cg, e, ok, true));
    if (action === 'IGNORE') cg.b.emit(Opcode.Goto, 0, ignore);
    else
      haltConstraint(cg, 'SQLITE_CONSTRAINT_CHECK', action, check.name ?? check.text, HALT_CHECK);
    cg.b.resolve(ok);
  }
  return affinityDone;
}

/** The clause that serves conflicts on `index` (null: the rowid). */
function clauseFor(upserts: readonly UpsertClause[], index: Index | null): number {
  return upserts.findIndex((u) => u.target === 'any' || u.target === (index ?? 'rowid'));
}

/** True when no later clause before the next check of the rowid names another index. */
function nextIsRowid(upserts: readonly UpsertClause[], at: number): boolean {
  for (let i = at + 1; i < upserts.length; i++) {
    const { target } = upserts[i]!;
    if (target === 'any' || target === 'rowid') return true;
    if (!upserts.slice(0, i).some((u) => u.target === target)) return false;
  }
  return true;
}

/** Indexes in the order of checking: those that ON CONFLICT clauses name come first, in their order. */
function checkOrder(table: Table, upserts: readonly UpsertClause[]): number[] {
  const order: number[] = [];
  for (const { target } of upserts) {
    if (target === 'any') break;
    if (target === 'rowid') continue;
    const i = table.indexes.indexOf(target);
    if (i >= 0 && !order.includes(i)) order.push(i);
  }
  for (let i = 0; i < table.indexes.length; i++) if (!order.includes(i)) order.push(i);
  return order;
}

/** Where a WITHOUT ROWID primary key column stands in an index record. */
export function placeInIndex(index: Index, column: number): number {
  return index.columns.findIndex((c) => c.column === column);
}

/**
 * Emits all checks. Returns whether some conflict is resolved by REPLACE (then the cursors may have
 * moved). Index records are left in `records` for `codeRowInsert`.
 */
export function codeConstraintChecks(cg: Codegen, given: ConstraintInput): boolean {
  const { b } = cg;
  const { table, cursors, records, row, old } = given;
  let upserts = given.upserts;
  let onConflict = given.onConflict;
  const pk = table.withoutRowid ? table.primaryKeyIndex : null;

  codeNotNull(cg, given);
  let affinityDone = codeChecks(cg, given);

  if (upserts.length > 0 && upserts[0]!.target === 'any' && !upserts[0]!.isDoUpdate) {
    onConflict = 'IGNORE';
    upserts = [];
  }
  const order = checkOrder(table, upserts);

  // Rows that REPLACE removes fire delete triggers only with recursive_triggers on.
  const { flags } = cg.env;
  const deleteTriggers: Trigger[] = flags.recursiveTriggers
    ? triggersFor(cg, table, 'DELETE', null)
    : [];
  const watched =
    (flags.recursiveTriggers || flags.foreignKeys) &&
    (deleteTriggers.length > 0 || fkRequired(cg, table, null) !== 0);
  const replaced = watched ? b.newReg() : 0;
  if (watched) b.emit(Opcode.Integer, 0, replaced);
  const recheckOk = b.newLabel();
  const recheckStart = b.newLabel();
  const rechecks: (() => void)[] = [];
  let seenReplace = false;

  // -- rowid -----------------------------------------------------------------------------------
  let deferredRowid: (() => void) | null = null;
  /** The rowid's check waits for this clause, because an earlier ON CONFLICT clause goes first. */
  let rowidAfterClause: (() => void) | null = null;
  if (given.keyChanges && pk === null) {
    let action: ConflictAction | 'UPDATE' = onConflict ?? table.rowidConflict ?? 'ABORT';
    const clause = clauseFor(upserts, null);
    if (clause >= 0) action = upserts[clause]!.isDoUpdate ? 'UPDATE' : 'IGNORE';
    const check = (): void => {
      const ok = b.newLabel();
      if (old !== null) {
        b.emit(Opcode.Eq, row.rowid, ok, old.rowid, null, SQLITE_NOTNULL);
      }
      b.emit(Opcode.NotExists, cursors.data, ok, row.rowid);
      switch (action) {
        case 'ROLLBACK':
        case 'ABORT':
        case 'FAIL':
          haltRowid(cg, action, table);
          break;
        case 'REPLACE':
          if (watched) {
            cg.setMultiWrite();
            codeRowDelete(cg, {
              db: given.db,
              table,
              triggers: deleteTriggers,
              cursors,
              key: row.rowid,
              keyCount: 1,
              count: false,
              onConflict: 'REPLACE',
              mode: 'single',
              noSeek: -1,
            });
            b.emit(Opcode.AddImm, replaced, 1);
            rechecks.push(() => {
              // The rowid's own second check stands first in the recheck code below.
            });
          } else {
            if (table.indexes.length > 0) {
              cg.setMultiWrite();
              codeIndexDelete(cg, table, cursors, null, -1);
            }
            if (flags.rowListener) b.emit(Opcode.Delete, cursors.data, 0, 0, tableInfoOf(table));
          }
          seenReplace = true;
          break;
        case 'UPDATE':
          given.doUpdate!(upserts[clause]!, null, cursors.data);
          b.emit(Opcode.Goto, 0, given.ignore);
          break;
        case 'IGNORE':
          b.emit(Opcode.Goto, 0, given.ignore);
          break;
      }
      b.resolve(ok);
    };
    const declared = onConflict === null && action === 'REPLACE';
    if (upserts.length > 0 && clause !== 0) rowidAfterClause = check;
    else if (declared && table.indexes.length > 0) deferredRowid = check;
    else check();
  }

  // -- indexes ---------------------------------------------------------------------------------
  for (const ix of order) {
    const record = records[ix]!;
    if (record === 0) continue;
    const index = table.indexes[ix]!;
    const cursor = cursors.indexes[ix]!;
    const clause = clauseFor(upserts, index);
    const ok = b.newLabel();
    if (!affinityDone) {
      codeTableAffinity(cg, table, row.base);
      affinityDone = true;
    }
    if (index.where !== null) {
      b.emit(Opcode.Null, 0, record);
      const where = boundIndexWhere(cg, table, index);
      withSelfRow(cg, table, row, () => jumpIfFalse(cg, where, ok, true));
    }
    const key = record + 1;
    index.columns.forEach((c, i) => {
      if (c.column === -2) {
        const e = boundIndexExpr(cg, table, c);
        withSelfRow(cg, table, row, () => codeExprTo(cg, e, key + i));
      } else if (c.column === -1 || c.column === table.rowidColumn) {
        b.emit(Opcode.IntCopy, row.rowid, key + i);
      } else {
        b.emit(Opcode.SCopy, row.base + c.column, key + i);
      }
    });
    b.emit(Opcode.MakeRecord, key, index.columns.length, record);
    if (old !== null && index === pk && !given.keyChanges) {
      b.resolve(ok);
      continue;
    }
    if (index.onConflict === null) {
      b.resolve(ok);
      continue;
    }
    let action: ConflictAction | 'UPDATE' = onConflict ?? index.onConflict;
    if (clause >= 0) action = upserts[clause]!.isDoUpdate ? 'UPDATE' : 'IGNORE';

    const conflictAt = b.here;
    b.emit(Opcode.NoConflict, cursor, ok, key, index.keyColumns.length);
    const keyCount = pk === null ? 1 : pk.keyColumns.length;
    const found = index === pk ? key : b.newRegs(keyCount);
    if (old !== null || action === 'REPLACE') codeFoundKey(cg, given, index, cursor, found, ok);
    const conflictEnd = b.here;
    switch (action) {
      case 'ROLLBACK':
      case 'ABORT':
      case 'FAIL':
        haltUnique(cg, action, table, index);
        break;
      case 'UPDATE':
        given.doUpdate!(upserts[clause]!, index, cursor);
        b.emit(Opcode.Goto, 0, given.ignore);
        break;
      case 'IGNORE':
        b.emit(Opcode.Goto, 0, given.ignore);
        break;
      case 'REPLACE': {
        cg.setMultiWrite();
        codeRowDelete(cg, {
          db: given.db,
          table,
          triggers: deleteTriggers,
          cursors,
          key: found,
          keyCount,
          count: false,
          onConflict: 'REPLACE',
          mode: index === pk ? 'single' : 'off',
          noSeek: cursor,
        });
        if (watched) {
          b.emit(Opcode.AddImm, replaced, 1);
          rechecks.push(() => {
            const again = b.newLabel();
            const conflict = b.newLabel();
            if (index.where !== null) b.emit(Opcode.IsNull, record, again);
            for (let at = conflictAt; at < conflictEnd; at++) {
              const op = b.at(at);
              const p2 = op.p2 === ok ? again : op.p2 < 0 ? conflict : op.p2;
              b.emit(op.opcode, op.p1, p2, op.p3, op.p4, op.p5);
            }
            b.resolve(conflict);
            haltUnique(cg, 'ABORT', table, index);
            b.resolve(again);
          });
        }
        seenReplace = true;
        break;
      }
    }
    b.resolve(ok);
    if (rowidAfterClause !== null && clause >= 0 && nextIsRowid(upserts, clause)) {
      rowidAfterClause();
      rowidAfterClause = null;
    }
  }
  rowidAfterClause?.();
  deferredRowid?.();

  if (rechecks.length > 0) {
    b.emit(Opcode.IfNot, replaced, recheckOk);
    b.resolve(recheckStart);
    if (pk === null) {
      const rowidOk = b.newLabel();
      if (old !== null) b.emit(Opcode.Eq, row.rowid, rowidOk, old.rowid, null, SQLITE_NOTNULL);
      b.emit(Opcode.NotExists, cursors.data, rowidOk, row.rowid);
      haltRowid(cg, 'ABORT', table);
      b.resolve(rowidOk);
    }
    for (const recheck of rechecks) recheck();
    b.resolve(recheckOk);
  }

  if (!table.withoutRowid) {
    const record = records[table.indexes.length]!;
    if (!affinityDone) codeTableAffinity(cg, table, row.base);
    const s = storedRegisters(cg, table, row.base);
    b.emit(Opcode.MakeRecord, s.base, s.count, record);
  }
  return seenReplace;
}

/**
 * The key of the conflicting row into `found`; in an UPDATE control goes to `ok` when it is the row
 * that is being updated.
 */
function codeFoundKey(
  cg: Codegen,
  input: ConstraintInput,
  index: Index,
  cursor: number,
  found: number,
  ok: Label,
): void {
  const { b } = cg;
  const { table, old } = input;
  if (!table.withoutRowid) {
    b.emit(Opcode.IdxRowid, cursor, found);
    if (old !== null) b.emit(Opcode.Eq, found, ok, old.rowid, null, SQLITE_NOTNULL);
    return;
  }
  const pk = table.primaryKeyIndex!;
  if (index !== pk) {
    pk.keyColumns.forEach((c, i) => {
      b.emit(Opcode.Column, cursor, placeInIndex(index, c.column), found + i);
    });
  }
  if (old === null) return;
  const differs = b.newLabel();
  pk.keyColumns.forEach((c, i) => {
    const last = i === pk.keyColumns.length - 1;
    b.emit(
      last ? Opcode.Eq : Opcode.Ne,
      old.base + c.column,
      last ? ok : differs,
      found + i,
      collationNamed(cg, c.collation),
      SQLITE_NOTNULL,
    );
  });
  b.resolve(differs);
}

export interface RowInsertOptions {
  readonly update: boolean;
  readonly savePosition: boolean;
  readonly append: boolean;
  readonly useSeek: boolean;
}

/** Writes the row whose records `codeConstraintChecks` made: index entries, then the row. */
export function codeRowInsert(
  cg: Codegen,
  table: Table,
  cursors: TableCursors,
  row: RowImage,
  records: readonly number[],
  options: RowInsertOptions,
): void {
  const { b } = cg;
  const updateFlags =
    (options.update ? OPFLAG_ISUPDATE : 0) | (options.savePosition ? OPFLAG_SAVEPOSITION : 0);
  table.indexes.forEach((index, i) => {
    const record = records[i]!;
    if (record === 0) return;
    const skip = index.where === null ? -1 : b.emit(Opcode.IsNull, record);
    let flags = options.useSeek ? OPFLAG_USESEEKRESULT : 0;
    const primary = table.withoutRowid && index.isPrimaryTree;
    if (primary) flags |= OPFLAG_NCHANGE | (updateFlags & OPFLAG_SAVEPOSITION);
    b.emit(
      Opcode.IdxInsert,
      cursors.indexes[i]!,
      record,
      record + 1,
      distinguishingFields(index),
      flags,
    );
    if (skip >= 0) b.jumpHere(skip);
  });
  if (table.withoutRowid) {
    const primary = table.indexes.findIndex((index) => index.isPrimaryTree);
    if (cg.env.flags.rowListener) {
      const told = OPFLAG_ISNOOP | (updateFlags & OPFLAG_ISUPDATE);
      b.emit(Opcode.Insert, cursors.data, records[primary]!, row.rowid, tableInfoOf(table), told);
    }
    return;
  }
  let flags = OPFLAG_NCHANGE | (options.update ? updateFlags : OPFLAG_LASTROWID);
  if (options.append) flags |= OPFLAG_APPEND;
  if (options.useSeek) flags |= OPFLAG_USESEEKRESULT;
  b.emit(
    Opcode.Insert,
    cursors.data,
    records[table.indexes.length]!,
    row.rowid,
    tableInfoOf(table),
    flags,
  );
}

/** Registers for the records of the indexes that `wanted` says, and of the row itself (last). */
export function allocateRecords(
  cg: Codegen,
  table: Table,
  wanted: (index: Index) => boolean,
): number[] {
  const records = table.indexes.map((index) =>
    wanted(index) ? cg.b.newRegs(index.columns.length + 1) : 0,
  );
  records.push(cg.b.newReg());
  return records;
}
