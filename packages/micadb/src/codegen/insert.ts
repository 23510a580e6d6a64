/**
 * INSERT: the rows' values come from expressions or a SELECT (as a coroutine, or buffered when the
 * SELECT reads the table or triggers fire), go through defaults, generated columns, BEFORE triggers,
 * constraints, and are written. https://www.sqlite.org/lang_insert.html
 */
import { bindSelect, bindSelfExpr, visitExpr, withScope } from '../bind/index.ts';
import type { BoundExpr, Query } from '../bind/tree.ts';
import type { Index, Table } from '../catalog/types.ts';
import type { ConflictAction, Insert } from '../sql/ast.ts';
import { Opcode } from '../vm/opcode.ts';
import type { ResultColumnInfo } from '../vm/types.ts';
import { autoincrementRegister, codeAutoincrementEnd } from './autoincrement.ts';
import { allocateRecords, codeConstraintChecks, codeRowInsert } from './constraints.ts';
import type { Codegen } from './context.ts';
import {
  allocateCursors,
  codeTableAffinity,
  columnIndex,
  newBinder,
  openForWrite,
  type RowImage,
  sqlError,
  type TableCursors,
} from './dml.ts';
import { codeExprTo } from './expr.ts';
import { codeFkChecks } from './fk.ts';
import { codeGeneratedColumns } from './generated.ts';
import { beginReturning, codeReturningRow, endReturning } from './returning.ts';
import { codeSelect } from './select.ts';
import { checkWritable, findTarget, type Target, targetTriggers } from './target.ts';
import { codeTransfer } from './transfer.ts';
import { codeRowTriggers, firesAt } from './trigger.ts';
import { bindUpserts, codeUpsertUpdate } from './upsert.ts';

/** Where the value of each table column comes from. */
interface ColumnMap {
  /** Table column -> place in the list of values; -1: default. */
  readonly from: readonly number[];
  /** Place of the rowid's value; -1 when none is given. */
  readonly rowid: number;
  readonly count: number;
}

function mapColumns(stmt: Insert, target: Target): ColumnMap {
  const { table } = target;
  const from = table.columns.map(() => -1);
  if (stmt.columns === null) {
    let n = 0;
    table.columns.forEach((c, i) => {
      if (c.generated === null && !c.hidden) from[i] = n++;
    });
    return { from, rowid: table.rowidColumn < 0 ? -1 : from[table.rowidColumn]!, count: n };
  }
  let rowid = -1;
  stmt.columns.forEach((name, at) => {
    const i = columnIndex(table, name.text);
    if (i >= 0) {
      if (table.columns[i]!.generated !== null) {
        throw sqlError(`cannot INSERT into generated column "${table.columns[i]!.name}"`);
      }
      if (from[i] === -1) from[i] = at;
      if (i === table.rowidColumn) rowid = at;
    } else if (isRowid(name.text) && !table.withoutRowid) {
      rowid = at;
    } else {
      throw sqlError(`table ${shownName(stmt)} has no column named ${name.text}`);
    }
  });
  return { from, rowid, count: stmt.columns.length };
}

function isRowid(name: string): boolean {
  return /^(rowid|oid|_rowid_)$/i.test(name);
}

function shownName(stmt: Insert): string {
  const { schema, name } = stmt.table;
  return schema === null ? name.text : `${schema.text}.${name.text}`;
}

function checkCount(stmt: Insert, map: ColumnMap, count: number): void {
  if (count === map.count) return;
  if (stmt.columns === null) {
    throw sqlError(
      `table ${shownName(stmt)} has ${map.count} columns but ${count} values were supplied`,
    );
  }
  throw sqlError(`${count} values for ${map.count} columns`);
}

/** True when code from `start` on opens the table or one of its indexes. */
function readsTable(cg: Codegen, start: number, db: number, table: Table): boolean {
  const roots = new Set([table.root, ...table.indexes.map((i: Index) => i.root)]);
  for (let at = start; at < cg.b.here; at++) {
    const op = cg.b.at(at);
    if (op.opcode === Opcode.OpenRead && op.p3 === db && roots.has(op.p2)) return true;
    if (op.opcode === Opcode.VOpen) return true;
  }
  return false;
}

/** How the loop over the new rows gets its values: value number -> register or expression. */
type RowSource =
  | { readonly kind: 'expressions'; readonly values: readonly BoundExpr[] }
  | { readonly kind: 'registers'; readonly base: number; readonly yield: number }
  | { readonly kind: 'buffer'; readonly cursor: number };

/** A single VALUES row needs no coroutine. */
function singleRow(stmt: Insert, query: Query): readonly BoundExpr[] | null {
  if (!isSingleValues(stmt) || query.kind !== 'block') return null;
  const values = query.columns.map((c) => c.expr);
  if (query.isAggregate) {
    for (const value of values) {
      visitExpr(value, (e) => {
        if (e.kind === 'aggregate') throw sqlError(`misuse of aggregate function ${e.def.name}()`);
      });
    }
  }
  return values;
}

function codeSource(
  cg: Codegen,
  query: Query,
  buffered: boolean,
  target: Target,
): Exclude<RowSource, { kind: 'expressions' }> {
  const { b } = cg;
  const count = query.columns.length;
  const yieldReg = b.newReg();
  const base = b.newRegs(count);
  const after = b.newLabel();
  const start = b.here;
  b.emit(Opcode.InitCoroutine, yieldReg, after, b.here + 1);
  b.clearTemps();
  codeSelect(cg, query, { kind: 'coroutine', yieldReg, base, count });
  b.emit(Opcode.EndCoroutine, yieldReg);
  b.clearTemps();
  b.resolve(after);
  if (!buffered && !readsTable(cg, start, target.db, target.table)) {
    return { kind: 'registers', base, yield: yieldReg };
  }
  const cursor = b.newCursor();
  const record = b.newReg();
  const rowid = b.newReg();
  b.emit(Opcode.OpenEphemeral, cursor, count);
  const done = b.newLabel();
  const top = b.here;
  b.emit(Opcode.Yield, yieldReg, done);
  b.emit(Opcode.MakeRecord, base, count, record);
  b.emit(Opcode.NewRowid, cursor, rowid);
  b.emit(Opcode.Insert, cursor, record, rowid);
  b.emit(Opcode.Goto, 0, top);
  b.resolve(done);
  return { kind: 'buffer', cursor };
}

/** INSERT and REPLACE. */
export function codeInsert(cg: Codegen, stmt: Insert): ResultColumnInfo[] {
  const { b } = cg;
  const binder = newBinder(cg);
  const target = findTarget(cg, binder, stmt.table);
  const { table, db, isView } = target;
  const triggers = targetTriggers(cg, table, 'INSERT', null);
  checkWritable(cg, target, triggers);
  const onConflict: ConflictAction | null = cg.trigger?.onConflict ?? stmt.or;
  const ctes = withScope(binder, stmt.with);
  cg.writesDatabase(
    db,
    (stmt.select !== null && !isSingleValues(stmt)) ||
      triggers.length > 0 ||
      stmt.returning.length > 0,
  );

  const map = mapColumns(stmt, target);
  const returning = beginReturning(
    cg,
    binder,
    table,
    db,
    stmt.alias?.text ?? null,
    stmt.returning,
    ctes,
  );
  const autoinc = isView ? 0 : autoincrementRegister(cg, table);

  const transfer =
    isView || triggers.length > 0 || returning !== null
      ? null
      : codeTransfer(cg, binder, stmt, target, onConflict, autoinc);
  if (transfer?.always === true) {
    b.resolve(transfer.done);
    codeAutoincrementEnd(cg);
    return [];
  }

  // -- where the rows come from ------------------------------------------------------------------
  let source: RowSource = { kind: 'expressions', values: [] };
  if (stmt.select !== null) {
    const query = bindSelect(binder, stmt.select, null, null, ctes);
    checkCount(stmt, map, query.columns.length);
    const single = singleRow(stmt, query);
    source =
      single !== null
        ? { kind: 'expressions', values: single }
        : codeSource(cg, query, triggers.length > 0 || returning !== null, target);
  }

  const counter = countsRows(cg, stmt) ? b.newReg() : 0;
  if (counter !== 0) b.emit(Opcode.Integer, 0, counter);

  const columnCount = table.columns.length;
  const rowid = b.newRegs(columnCount + 1);
  const row: RowImage = { rowid, base: rowid + 1 };
  let cursors: TableCursors = { data: -1, indexes: [], firstIndex: -1 };
  let records: readonly number[] = [];
  const upserts = bindUpserts(cg, binder, stmt, target, row, ctes);
  if (!isView) {
    cursors = allocateCursors(cg, table, upserts?.source.id ?? b.newCursor());
    openForWrite(cg, db, table, cursors);
    records = allocateRecords(cg, table, () => true);
  }

  // -- loop ----------------------------------------------------------------------------------------
  const done = b.newLabel();
  const next = b.newLabel();
  let top = b.here;
  if (source.kind === 'registers') {
    b.emit(Opcode.Yield, source.yield, done);
  } else if (source.kind === 'buffer') {
    b.emit(Opcode.Rewind, source.cursor, done);
    top = b.here;
  }
  const valueTo = (value: number, reg: number): void => {
    switch (source.kind) {
      case 'expressions':
        codeExprTo(cg, source.values[value]!, reg);
        break;
      case 'registers':
        b.emit(Opcode.SCopy, source.base + value, reg);
        break;
      case 'buffer':
        b.emit(Opcode.Column, source.cursor, value, reg);
        break;
    }
  };
  const given = stmt.select !== null;
  table.columns.forEach((column, i) => {
    const reg = row.base + i;
    if (column.generated !== null) return;
    if (i === table.rowidColumn) {
      b.emit(Opcode.SoftNull, reg);
      return;
    }
    if (given && map.from[i]! >= 0) valueTo(map.from[i]!, reg);
    else codeDefault(cg, table, i, reg);
  });

  if (firesAt(triggers, 'BEFORE')) {
    const copy = b.newRegs(columnCount + 1);
    if (map.rowid < 0 || !given) {
      b.emit(Opcode.Integer, -1, copy);
    } else {
      valueTo(map.rowid, copy);
      const known = b.emit(Opcode.NotNull, copy);
      b.emit(Opcode.Integer, -1, copy);
      b.jumpHere(known);
      b.emit(Opcode.MustBeInt, copy);
    }
    for (let i = 0; i < columnCount; i++) b.emit(Opcode.Copy, row.base + i, copy + 1 + i);
    const image: RowImage = { rowid: copy, base: copy + 1 };
    if (table.hasGenerated) codeGeneratedColumns(cg, table, image);
    if (!isView) codeTableAffinity(cg, table, image.base);
    const base = copy - columnCount - 1;
    codeRowTriggers(cg, triggers, 'BEFORE', table, base, onConflict, next);
  }

  if (!isView) {
    const append = codeRowidValue(cg, {
      table,
      rowid: row.rowid,
      data: cursors.data,
      autoinc,
      value: !given || map.rowid < 0 ? null : map.rowid,
      source,
      valueTo,
    });
    if (autoinc > 0) b.emit(Opcode.MemMax, autoinc, row.rowid);
    if (table.hasGenerated) codeGeneratedColumns(cg, table, row);
    const replaces = codeConstraintChecks(cg, {
      db,
      table,
      cursors,
      records,
      row,
      old: null,
      keyChanges: (given && map.rowid >= 0) || table.withoutRowid,
      changed: null,
      onConflict,
      ignore: next,
      upserts: upserts?.clauses ?? [],
      doUpdate:
        upserts === null
          ? null
          : (clause, index, cursor) =>
              codeUpsertUpdate(cg, {
                upserts,
                clause,
                index,
                indexCursor: cursor,
                target,
                cursors,
                row,
                counter,
                returning,
              }),
    });
    codeFkChecks(cg, db, table, 0, row.rowid, null);
    codeRowInsert(cg, table, cursors, row, records, {
      update: false,
      savePosition: false,
      append,
      useSeek: !replaces,
    });
  }
  if (counter !== 0) b.emit(Opcode.AddImm, counter, 1);
  codeReturningRow(cg, returning, row);
  const base = row.rowid - columnCount - 1;
  codeRowTriggers(cg, triggers, 'AFTER', table, base, onConflict, next);

  b.resolve(next);
  if (source.kind === 'registers') b.emit(Opcode.Goto, 0, top);
  else if (source.kind === 'buffer') {
    b.emit(Opcode.Next, source.cursor, top);
  }
  b.resolve(done);
  if (source.kind === 'buffer') b.emit(Opcode.Close, source.cursor);
  if (transfer !== null) b.resolve(transfer.done);
  codeAutoincrementEnd(cg);
  if (returning !== null) return endReturning(cg, returning);
  return codeRowCount(cg, counter, 'rows inserted');
}

function isSingleValues(stmt: Insert): boolean {
  const select = stmt.select;
  return (
    select !== null &&
    select.rest.length === 0 &&
    select.first.kind === 'values' &&
    select.first.rows.length === 1
  );
}

/** PRAGMA count_changes: the statement gives one row with its count. */
export function countsRows(cg: Codegen, stmt: { readonly returning: readonly unknown[] }): boolean {
  return cg.env.flags.countChanges && cg.parent === null && stmt.returning.length === 0;
}

export function codeRowCount(cg: Codegen, counter: number, name: string): ResultColumnInfo[] {
  if (counter === 0) return [];
  cg.b.emit(Opcode.FkCheck);
  cg.b.emit(Opcode.ResultRow, counter, 1);
  return [{ name, declType: null, database: null, table: null, column: null }];
}

/** Puts a column's DEFAULT (or NULL) in a register. */
export function codeDefault(cg: Codegen, table: Table, column: number, reg: number): void {
  const value = table.columns[column]!.default;
  if (value === null) {
    cg.b.emit(Opcode.Null, 0, reg);
    return;
  }
  codeExprTo(cg, bindSelfExpr(newBinder(cg), table, value, 'DEFAULT values'), reg);
}

/** The new row's rowid: given, or made by NewRowid. Returns whether it is certainly the largest. */
function codeRowidValue(
  cg: Codegen,
  p: {
    readonly table: Table;
    readonly rowid: number;
    readonly data: number;
    readonly autoinc: number;
    readonly value: number | null;
    readonly source: RowSource;
    readonly valueTo: (value: number, reg: number) => void;
  },
): boolean {
  const { b } = cg;
  if (p.table.withoutRowid) {
    b.emit(Opcode.Null, 0, p.rowid);
    return false;
  }
  if (p.value === null) {
    b.emit(Opcode.NewRowid, p.data, p.rowid, p.autoinc);
    return true;
  }
  if (p.source.kind === 'expressions') {
    const e = p.source.values[p.value]!;
    if (e.kind === 'constant' && e.value === null) {
      b.emit(Opcode.NewRowid, p.data, p.rowid, p.autoinc);
      return true;
    }
  }
  p.valueTo(p.value, p.rowid);
  const known = b.emit(Opcode.NotNull, p.rowid);
  b.emit(Opcode.NewRowid, p.data, p.rowid, p.autoinc);
  b.jumpHere(known);
  b.emit(Opcode.MustBeInt, p.rowid);
  return false;
}
