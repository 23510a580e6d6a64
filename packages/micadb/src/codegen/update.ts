/**
 * UPDATE: finds the rows (in one pass, or collecting their keys first), makes the new row image,
 * fires triggers, checks constraints and rewrites the row and the index entries that change.
 * https://www.sqlite.org/lang_update.html
 *
 * Registers: old rowid, old columns, new rowid, new columns, in this order (a trigger's OLD and NEW).
 */
import type { Binder, Scope } from '../bind/binder.ts';
import { bindTable } from '../bind/binder.ts';
import { bindExpr, scopeOf, splitConjuncts, withScope } from '../bind/index.ts';
import { type BoundExpr, SELF_ID, type Source } from '../bind/tree.ts';
import { hasSubquery, vectorField, vectorSize, visitExprDeep } from '../bind/types.ts';
import type { Index, Table, Trigger } from '../catalog/types.ts';
import { WhereFlag, type WhereInfo } from '../plan/types.ts';
import type { ConflictAction, SetClause, Update } from '../sql/ast.ts';
import { OPFLAG_ISNOOP, OPFLAG_ISUPDATE } from '../vm/flags.ts';
import { Opcode } from '../vm/opcode.ts';
import type { ResultColumnInfo } from '../vm/types.ts';
import { codeAutoincrementEnd } from './autoincrement.ts';
import type { Label } from './builder.ts';
import { codeColumn } from './column.ts';
import { allocateRecords, codeConstraintChecks, codeRowInsert } from './constraints.ts';
import type { Codegen } from './context.ts';
import { codeIndexDelete } from './delete-row.ts';
import {
  allocateCursors,
  boundGenerated,
  boundIndexExpr,
  boundIndexWhere,
  codeTableAffinity,
  columnIndex,
  newBinder,
  openForWrite,
  type RowImage,
  sqlError,
  type TableCursors,
  tableInfoOf,
} from './dml.ts';
import { codeExprTo, codeExprVector, jumpIfFalse } from './expr.ts';
import { codeFkActions, codeFkChecks, fkOldMask, fkRequired } from './fk.ts';
import { codeGeneratedColumns, selfColumns } from './generated.ts';
import { codeRowCount, countsRows } from './insert.ts';
import { limitedWhere } from './limited.ts';
import { endOnePass } from './one-pass.ts';
import { keyInfoForIndex } from './open.ts';
import { beginReturning, codeReturningRow, endReturning, type Returning } from './returning.ts';
import { checkWritable, findTarget, type Target, targetTriggers } from './target.ts';
import { codeRowTriggers, firesAt, inMask, READS_ALL, triggerMask } from './trigger.ts';
import { codeUpdateSelect } from './update-from.ts';
import { whereBegin, whereEnd } from './where.ts';

/** What SET says: the new value of each named column (-1: the rowid). */
export interface Assignments {
  /** Column -> place in `values`. The rowid under its alias is kept under -1 and the alias. */
  readonly places: ReadonlyMap<number, number>;
  readonly values: readonly BoundExpr[];
  /** Multi-column subqueries: `values` at `place`.. are its columns. */
  readonly vectors: readonly {
    readonly expr: BoundExpr;
    readonly place: number;
    readonly size: number;
  }[];
  /** The new rowid, when SET names it. */
  readonly rowid: number | null;
  readonly changesPrimaryKey: boolean;
}

function isRowid(name: string): boolean {
  return /^(rowid|oid|_rowid_)$/i.test(name);
}

export function bindAssignments(
  b: Binder,
  table: Table,
  set: readonly SetClause[],
  scope: Scope,
): Assignments {
  const places = new Map<number, number>();
  const values: BoundExpr[] = [];
  const vectors: { expr: BoundExpr; place: number; size: number }[] = [];
  let rowid: number | null = null;
  let changesPrimaryKey = false;
  for (const clause of set) {
    const value = bindExpr(b, clause.value, scope);
    const size = vectorSize(value);
    const wanted = clause.columns.length;
    if (size !== wanted) {
      if (!clause.isVector && size > 1 && value.kind === 'vector')
        throw sqlError('row value misused');
      throw sqlError(
        clause.isVector
          ? `${wanted} columns assigned ${size} values`
          : `sub-select returns ${size} columns - expected 1`,
      );
    }
    const place = values.length;
    if (wanted === 1 && value.kind !== 'vector') {
      values.push(value);
    } else if (value.kind === 'vector') {
      for (let i = 0; i < wanted; i++) values.push(vectorField(value, i));
    } else {
      for (let i = 0; i < wanted; i++) values.push(value);
      vectors.push({ expr: value, place, size: wanted });
    }
    clause.columns.forEach((name, i) => {
      const column = columnIndex(table, name.text);
      if (column >= 0) {
        if (table.columns[column]!.generated !== null) {
          throw sqlError(`cannot UPDATE generated column "${table.columns[column]!.name}"`);
        }
        places.set(column, place + i);
        if (column === table.rowidColumn) rowid = place + i;
        else if (table.withoutRowid && table.columns[column]!.primaryKey > 0) {
          changesPrimaryKey = true;
        }
      } else if (isRowid(name.text) && !table.withoutRowid && table.kind === 'table') {
        rowid = place + i;
      } else {
        throw sqlError(`no such column: ${name.text}`, name.pos);
      }
    });
  }
  return { places, values, vectors, rowid, changesPrimaryKey };
}

/** Columns that change: those in SET, -1 for the rowid, generated columns that depend on them. */
export function changedColumns(cg: Codegen, table: Table, set: Assignments): Set<number> {
  const changed = new Set(set.places.keys());
  if (set.rowid !== null) changed.add(-1);
  const generated = table.columns.flatMap((c, i) =>
    c.generated === null ? [] : [{ i, uses: selfColumns(boundGenerated(cg, table, i)) }],
  );
  for (let progress = generated.length > 0; progress; ) {
    progress = false;
    for (const g of generated) {
      if (changed.has(g.i) || ![...g.uses].some((c) => changed.has(c))) continue;
      changed.add(g.i);
      progress = true;
    }
  }
  return changed;
}

function usesChanged(e: BoundExpr, changed: ReadonlySet<number>): boolean {
  let found = false;
  visitExprDeep(e, (x) => {
    if (x.kind === 'column' && x.source.id === SELF_ID && changed.has(x.column)) found = true;
  });
  return found;
}

function indexChanges(
  cg: Codegen,
  table: Table,
  index: Index,
  changed: ReadonlySet<number>,
): boolean {
  for (const c of index.keyColumns) {
    if (
      c.column >= 0 ? changed.has(c.column) : usesChanged(boundIndexExpr(cg, table, c), changed)
    ) {
      return true;
    }
  }
  return index.where !== null && usesChanged(boundIndexWhere(cg, table, index), changed);
}

export interface UpdateInput {
  readonly target: Target;
  readonly source: Source;
  readonly set: Assignments;
  readonly where: BoundExpr | null;
  readonly onConflict: ConflictAction | null;
  readonly triggers: readonly Trigger[];
  readonly changed: ReadonlySet<number>;
  readonly returning: Returning | null;
  readonly counter: number;
  /** UPDATE FROM and views: the join, run first; see update-from.ts. */
  readonly from: { readonly cursor: number; readonly keyCount: number; codeRows(): void } | null;
  /** Upsert: all cursors are open and the row is found. */
  readonly upsert: TableCursors | null;
}

export function codeUpdate(cg: Codegen, given: Update): ResultColumnInfo[] {
  const binder = newBinder(cg);
  const target = findTarget(cg, binder, given.table);
  const { table, db } = target;
  const useFrom = given.from.length > 0 || target.isView;
  const stmt = useFrom ? given : { ...given, where: limitedWhere(target, given) };
  const ctes = withScope(binder, stmt.with);
  const returning = beginReturning(
    cg,
    binder,
    table,
    db,
    stmt.alias?.text ?? null,
    stmt.returning,
    ctes,
  );
  const source = bindTable(binder, table, db, stmt.alias?.text ?? null, {
    typedName: stmt.table,
    indexedBy: useFrom ? null : stmt.indexedBy,
    notIndexed: stmt.notIndexed,
  });
  const onConflict = cg.trigger?.onConflict ?? stmt.or;
  const counter = countsRows(cg, stmt) ? cg.b.newReg() : 0;
  let input: UpdateInput;
  if (useFrom) {
    const made = codeUpdateSelect(cg, binder, target, stmt, ctes);
    input = {
      target,
      source,
      set: made.set,
      where: null,
      onConflict,
      triggers: [],
      changed: changedColumns(cg, table, made.set),
      returning,
      counter,
      from: made.from,
      upsert: null,
    };
  } else {
    const scope = scopeOf(binder, [source], null, { ctes });
    const set = bindAssignments(binder, table, stmt.set, scope);
    const where = stmt.where === null ? null : bindExpr(binder, stmt.where, scope);
    input = {
      target,
      source,
      set,
      where,
      onConflict,
      triggers: [],
      changed: changedColumns(cg, table, set),
      returning,
      counter,
      from: null,
      upsert: null,
    };
  }
  const triggers = targetTriggers(cg, table, 'UPDATE', input.changed);
  checkWritable(cg, target, triggers);
  if (counter !== 0) cg.b.emit(Opcode.Integer, 0, counter);
  codeUpdateRows(cg, { ...input, triggers });
  codeAutoincrementEnd(cg);
  if (returning !== null) return endReturning(cg, returning);
  return codeRowCount(cg, counter, 'rows updated');
}

/** The body of UPDATE and of upsert's DO UPDATE. */
export function codeUpdateRows(cg: Codegen, input: UpdateInput): void {
  const { b } = cg;
  const { target, set, changed, triggers, onConflict, from } = input;
  const { table, db, isView } = target;
  const n = table.columns.length;
  const data = input.source.id;
  const fires = triggers.length > 0 || input.returning !== null;
  const hasFk = fkRequired(cg, table, changed);
  const changesRowid = set.rowid !== null;
  const changesKey = changesRowid || set.changesPrimaryKey;
  const pk = table.withoutRowid ? table.primaryKeyIndex : null;
  cg.writesDatabase(db, fires || hasFk !== 0);

  // -- which indexes change ----------------------------------------------------------------------
  let replaces = onConflict === 'REPLACE';
  const touched = table.indexes.map((index) => {
    const hit =
      changesKey ||
      hasFk > 1 ||
      (table.withoutRowid && index.isPrimaryTree) ||
      indexChanges(cg, table, index, changed);
    if (hit && onConflict === null && index.onConflict === 'REPLACE') replaces = true;
    return hit;
  });
  // REPLACE may delete other rows: then every index must be open (and is rewritten).
  if (!replaces && onConflict === null && changesRowid && table.rowidConflict === 'REPLACE') {
    replaces = true;
  }
  const wanted = (i: number): boolean => replaces || touched[i]!;
  const cursors = input.upsert ?? allocateCursors(cg, table, data);
  const records = allocateRecords(cg, table, (index) => touched[table.indexes.indexOf(index)]!);

  // -- registers -----------------------------------------------------------------------------------
  const oldRowid = b.newRegs(2 * (n + 1));
  const old: RowImage = { rowid: oldRowid, base: oldRowid + 1 };
  const separate = changesKey || fires || hasFk !== 0;
  const row: RowImage = {
    rowid: separate ? oldRowid + n + 1 : oldRowid,
    base: oldRowid + n + 2,
  };

  const done = b.newLabel();
  let next: Label = done;
  const keyCount = pk === null ? 1 : pk.keyColumns.length;
  let key = pk === null ? old.rowid : b.newRegs(keyCount);
  let keyFields = keyCount;
  let top = -1;
  let scan: WhereInfo | null = null;
  let changes = 0;
  let mode: 'off' | 'single' | 'multi' = 'off';
  let ephemeral = -1;
  const reseek = (): void => {
    if (pk !== null) b.emit(Opcode.NotFound, cursors.data, next, key, keyFields);
    else b.emit(Opcode.NotExists, cursors.data, next, old.rowid);
  };

  // -- finding the rows ------------------------------------------------------------------------------
  if (input.upsert !== null) {
    mode = 'single';
    if (input.where !== null) jumpIfFalse(cg, input.where, done, true);
    if (pk === null) b.emit(Opcode.Rowid, cursors.data, old.rowid);
    else {
      pk.keyColumns.forEach((c, i) => {
        codeColumn(cg, table, cursors.data, c.column, key + i);
      });
    }
  } else if (from !== null) {
    cg.setMultiWrite();
    from.codeRows();
    ephemeral = from.cursor;
    if (!isView) openForWrite(cg, db, table, cursors, { wanted: (_, i) => wanted(i) });
    next = b.newLabel();
    b.emit(Opcode.Rewind, ephemeral, done);
    top = b.here;
    if (!isView) {
      if (pk !== null) {
        for (let i = 0; i < keyCount; i++) b.emit(Opcode.Column, ephemeral, i, key + i);
      } else {
        b.emit(Opcode.Rowid, ephemeral, old.rowid);
      }
      reseek();
    }
  } else {
    const record = b.newReg();
    b.emit(Opcode.Null, 0, record, record);
    b.emit(Opcode.Null, 0, key, key + keyCount - 1);
    ephemeral = b.newCursor();
    const open = b.emit(
      Opcode.OpenEphemeral,
      ephemeral,
      pk === null ? 0 : keyCount,
      pk === null ? record : 0,
      pk === null ? null : keyInfoForIndex(cg.env, pk),
    );
    let flags = WhereFlag.OnePassDesired;
    if (
      !fires &&
      hasFk === 0 &&
      !changesKey &&
      !replaces &&
      (input.where === null || !hasSubquery(input.where))
    ) {
      flags |= WhereFlag.OnePassMultiRow;
    }
    const info = whereBegin(cg, {
      sources: [input.source],
      where: splitConjuncts(input.where),
      orderBy: null,
      resultExprs: null,
      flags,
      limitReg: 0,
      block: null,
      indexCursors: cursors.firstIndex < 0 ? undefined : cursors.firstIndex,
    });
    scan = info;
    mode = info.onePass;
    const [, scanIndex] = info.onePassCursors;
    if (mode !== 'single') {
      cg.setMultiWrite();
      if (mode === 'multi' && scanIndex >= 0 && scanIndex !== data) {
        const at = cursors.indexes.indexOf(scanIndex);
        if (at >= 0 && wanted(at)) mode = 'off';
      }
    }
    if (pk === null) {
      b.emit(Opcode.Rowid, data, old.rowid);
      if (mode === 'off') b.emit(Opcode.Insert, ephemeral, record, old.rowid);
    } else {
      pk.keyColumns.forEach((c, i) => {
        codeColumn(cg, table, data, c.column, key + i);
      });
      if (mode === 'off') {
        b.emit(Opcode.MakeRecord, key, keyCount, record);
        b.emit(Opcode.IdxInsert, ephemeral, record, key, keyCount);
        key = record;
        keyFields = 0;
      }
    }
    changes = b.here;
    if (mode !== 'off') b.at(open).opcode = Opcode.Noop;
    if (mode !== 'multi') whereEnd(cg, info);
    const opened: readonly number[] = mode === 'off' ? [] : info.onePassCursors;
    const once = mode === 'multi' ? b.emit(Opcode.Once) : -1;
    openForWrite(cg, db, table, cursors, {
      skipData: opened.includes(data),
      wanted: (_, i) => wanted(i) && !opened.includes(cursors.indexes[i]!),
    });
    if (once >= 0) b.jumpHere(once);
    if (mode !== 'off') {
      if (mode === 'multi') next = b.newLabel();
      b.emit(Opcode.IsNull, key, done);
      if (!opened.includes(data)) {
        if (pk !== null) b.emit(Opcode.NotFound, data, next, key, keyCount);
        else b.emit(Opcode.NotExists, data, next, old.rowid);
      }
    } else {
      next = b.newLabel();
      b.emit(Opcode.Rewind, ephemeral, done);
      top = b.here;
      if (pk !== null) b.emit(Opcode.RowData, ephemeral, key);
      else b.emit(Opcode.Rowid, ephemeral, old.rowid);
      reseek();
    }
  }

  // -- the new row -------------------------------------------------------------------------------------
  const vectorRegs = new Map<number, number>();
  if (from === null) {
    for (const v of set.vectors) {
      const base = b.newRegs(v.size);
      codeExprVector(cg, v.expr, base);
      for (let i = 0; i < v.size; i++) vectorRegs.set(v.place + i, base + i);
    }
  }
  const valueTo = (place: number, reg: number): void => {
    const vector = vectorRegs.get(place);
    if (from !== null) b.emit(Opcode.Column, from.cursor, from.keyCount + place, reg);
    else if (vector !== undefined) b.emit(Opcode.Copy, vector, reg);
    else codeExprTo(cg, set.values[place]!, reg);
  };
  const oldColumn = (i: number, reg: number): void => {
    if (isView) b.emit(Opcode.Column, from!.cursor, i, reg);
    else codeColumn(cg, table, cursors.data, i, reg);
  };
  if (changesRowid) {
    valueTo(set.rowid!, row.rowid);
    b.emit(Opcode.MustBeInt, row.rowid);
  }
  const oldLoaded = changesKey || hasFk !== 0 || fires || isView;
  if (oldLoaded) {
    const mask = isView
      ? READS_ALL
      : (hasFk !== 0 ? fkOldMask(cg, table) : 0) |
        triggerMask(cg, triggers, 'old', ['BEFORE', 'AFTER'], table, onConflict);
    for (let i = 0; i < n; i++) {
      if (inMask(mask, i) || table.columns[i]!.primaryKey > 0) oldColumn(i, old.base + i);
      else b.emit(Opcode.Null, 0, old.base + i);
    }
    if (!changesRowid && pk === null && separate) b.emit(Opcode.Copy, old.rowid, row.rowid);
    if (isView) b.emit(Opcode.Integer, -1, old.rowid);
    if (isView) b.emit(Opcode.Integer, -1, row.rowid);
  }
  for (let i = 0; i < n; i++) {
    const reg = row.base + i;
    if (i === table.rowidColumn) b.emit(Opcode.Null, 0, reg);
    else if (table.columns[i]!.generated !== null) continue;
    else if (set.places.has(i)) valueTo(set.places.get(i)!, reg);
    else oldColumn(i, reg);
  }
  if (table.hasGenerated) codeGeneratedColumns(cg, table, row);

  if (firesAt(triggers, 'BEFORE')) {
    if (!isView) codeTableAffinity(cg, table, row.base);
    codeRowTriggers(cg, triggers, 'BEFORE', table, old.rowid, onConflict, next);
    if (!isView) {
      // The triggers may have removed the row, or changed columns that SET does not name.
      reseek();
      for (let i = 0; i < n; i++) {
        if (i === table.rowidColumn || table.columns[i]!.generated !== null) continue;
        if (!set.places.has(i)) codeColumn(cg, table, cursors.data, i, row.base + i);
      }
      if (table.hasGenerated) codeGeneratedColumns(cg, table, row);
    }
  }

  if (!isView) {
    const replaced = codeConstraintChecks(cg, {
      db,
      table,
      cursors,
      records,
      row,
      old: { rowid: old.rowid, base: oldLoaded ? old.base : row.base },
      keyChanges: changesKey,
      changed,
      onConflict,
      ignore: next,
      upserts: [],
      doUpdate: null,
    });
    if (replaced || changesKey) reseek();
    if (hasFk !== 0) codeFkChecks(cg, db, table, old.rowid, 0, changed);
    codeIndexDelete(cg, table, cursors, records, -1);
    if (scan?.deferredSeek === true && mode !== 'off') b.emit(Opcode.FinishSeek, cursors.data);
    if (hasFk > 1 || changesKey) {
      b.emit(Opcode.Delete, cursors.data, OPFLAG_ISUPDATE, 0, tableInfoOf(table));
    } else if (cg.env.flags.rowListener) {
      const noop = OPFLAG_ISUPDATE | OPFLAG_ISNOOP;
      b.emit(Opcode.Delete, cursors.data, noop, 0, tableInfoOf(table));
    }
    if (hasFk !== 0) codeFkChecks(cg, db, table, 0, row.rowid, changed);
    codeRowInsert(cg, table, cursors, row, records, {
      update: true,
      savePosition: mode === 'multi',
      append: false,
      useSeek: false,
    });
    if (hasFk !== 0) codeFkActions(cg, db, table, old.rowid, changed);
  }
  if (input.counter !== 0) b.emit(Opcode.AddImm, input.counter, 1);
  codeReturningRow(cg, input.returning, row);
  codeRowTriggers(cg, triggers, 'AFTER', table, old.rowid, onConflict, next);

  // -- next row ------------------------------------------------------------------------------------------
  if (mode === 'multi') {
    b.resolve(next);
    if (scan !== null) endOnePass(cg, scan, changes);
  } else if (mode === 'off') {
    b.resolve(next);
    b.emit(Opcode.Next, ephemeral, top);
  }
  b.resolve(done);
}
