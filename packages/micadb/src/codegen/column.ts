/**
 * Values of columns: of open table cursors, of subqueries in ephemeral tables or coroutines, of the
 * SELF pseudo source, of OLD and NEW.
 */

import { Binder } from '../bind/binder.ts';
import type { CompileEnv } from '../bind/env.ts';
import { bindSelfExpr } from '../bind/self.ts';
import { type BoundExpr, SELF_ID } from '../bind/tree.ts';
import type { Column, Table } from '../catalog/types.ts';
import type { Expr } from '../sql/ast.ts';
import { applyAffinity } from '../values/affinity.ts';
import { SqliteError } from '../values/errors.ts';
import { Affinity, type Int, Real, type SqlValue } from '../values/value.ts';
import { Opcode } from '../vm/opcode.ts';
import type { P4 } from '../vm/types.ts';
import type { Codegen } from './context.ts';
import { codeExprTo } from './expr.ts';

// -- defaults of short records -------------------------------------------------------------------

function negated(v: SqlValue): SqlValue | undefined {
  if (typeof v === 'number') return v === 0 ? 0 : -v;
  if (typeof v === 'bigint') return -v;
  return v instanceof Real ? new Real(-v.value) : undefined;
}

/** The value of a constant DEFAULT; undefined when it is no plain constant. */
function literal(e: Expr): SqlValue | undefined {
  switch (e.kind) {
    case 'null':
      return null;
    case 'integer': {
      const v: Int = e.value;
      return typeof v === 'bigint' && v > 9223372036854775807n ? new Real(Number(v)) : v;
    }
    case 'real':
      return new Real(e.value);
    case 'string':
    case 'blob':
      return e.value;
    case 'id': {
      const name = e.name.text.toLowerCase();
      if (e.name.quote === '' && name === 'true') return 1;
      if (e.name.quote === '' && name === 'false') return 0;
      return e.name.quote === '"' ? e.name.text : undefined;
    }
    case 'unary': {
      if (e.op === '-' && e.operand.kind === 'integer') {
        const v = -BigInt(e.operand.value);
        if (v < -9223372036854775808n) return new Real(Number(v));
        return v >= -9007199254740991n && v <= 9007199254740991n ? Number(v) + 0 : v;
      }
      const v = literal(e.operand);
      if (e.op === '+' || v === undefined) return v;
      return e.op === '-' ? negated(v) : undefined;
    }
    default:
      return undefined;
  }
}

/** P4 of Column: what a record made before ALTER TABLE ADD COLUMN has in this column. */
export function columnDefault(column: Column): P4 {
  if (column.default === null) return null;
  const value = literal(column.default);
  if (value === undefined || value === null) return null;
  return { kind: 'value', value: applyAffinity(value, column.affinity) };
}

// -- generated columns ---------------------------------------------------------------------------

const generatedExprs = new WeakMap<CompileEnv, WeakMap<Column, BoundExpr>>();

function generatedExpr(cg: Codegen, table: Table, column: Column): BoundExpr {
  let known = generatedExprs.get(cg.env);
  if (known === undefined) {
    known = new WeakMap();
    generatedExprs.set(cg.env, known);
  }
  let e = known.get(column);
  if (e === undefined) {
    const binder = new Binder(cg.env, cg.nextSourceId);
    e = bindSelfExpr(binder, table, column.generated!.expr, 'generated columns');
    known.set(column, e);
  }
  return e;
}

/** Generated columns whose expressions are being coded: one that needs itself is an error. */
const busyColumns = new WeakMap<Codegen, Set<Column>>();

function codeVirtualColumn(
  cg: Codegen,
  table: Table,
  cursor: number,
  column: Column,
  target: number,
): void {
  const { b } = cg;
  let busy = busyColumns.get(cg);
  if (busy === undefined) {
    busy = new Set();
    busyColumns.set(cg, busy);
  }
  if (busy.has(column)) {
    throw new SqliteError('SQLITE_ERROR', `generated column loop on "${column.name}"`);
  }
  const e = generatedExpr(cg, table, column);
  const saved = cg.self;
  busy.add(column);
  cg.self = { kind: 'cursor', table, cursor };
  const nullRow = b.emit(Opcode.IfNullRow, cursor, 0, target);
  codeExprTo(cg, e, target);
  if (column.affinity >= Affinity.Text) {
    b.emit(Opcode.Affinity, target, 1, 0, String.fromCharCode(column.affinity));
  }
  b.jumpHere(nullRow);
  cg.self = saved;
  busy.delete(column);
}

// -- columns -------------------------------------------------------------------------------------

/** Puts a column (-1: the rowid) of the row under an open table cursor into `target`. */
export function codeColumn(
  cg: Codegen,
  table: Table,
  cursor: number,
  column: number,
  target: number,
): void {
  const { b } = cg;
  if (column < 0 || column === table.rowidColumn) {
    b.emit(Opcode.Rowid, cursor, target);
    return;
  }
  const info = table.columns[column]!;
  if (table.kind === 'virtual') {
    b.emit(Opcode.VColumn, cursor, column, target);
    return;
  }
  if (info.generated !== null && !info.generated.stored) {
    codeVirtualColumn(cg, table, cursor, info, target);
    return;
  }
  const place = table.withoutRowid
    ? table.primaryKeyIndex!.columns.findIndex((c) => c.column === column)
    : info.storage;
  b.emit(Opcode.Column, cursor, place, target, columnDefault(info));
  if (info.affinity === Affinity.Real) b.emit(Opcode.RealAffinity, target);
}

/** A 'column' expression; the register that holds the value (not always `target`). */
export function codeColumnExpr(
  cg: Codegen,
  e: BoundExpr & { kind: 'column' },
  target: number,
): number {
  const { source } = e;
  if (source.id === SELF_ID) return codeSelfColumn(cg, e.column, target);
  const registers = cg.sourceRegisters.get(source.id);
  if (registers !== undefined) {
    // Behind the columns: 1, or NULL at the NULL row of an outer join.
    return registers + (e.column >= 0 ? e.column : source.columns.length);
  }
  if (source.table !== null && source.table.kind !== 'view') {
    codeColumn(cg, source.table, source.id, e.column, target);
  } else if (e.column < 0) {
    cg.b.emit(Opcode.Rowid, source.id, target);
  } else {
    cg.b.emit(Opcode.Column, source.id, e.column, target);
  }
  return target;
}

function codeSelfColumn(cg: Codegen, column: number, target: number): number {
  const self = cg.self;
  if (self === null) throw new Error('no place for the columns of the table itself');
  if (self.kind === 'cursor') {
    codeColumn(cg, self.table, self.cursor, column, target);
    return target;
  }
  if (column < 0 || column === self.table.rowidColumn) return self.rowid;
  if (self.table.columns[column]!.affinity === Affinity.Real) {
    cg.b.emit(Opcode.SCopy, self.base + column, target);
    cg.b.emit(Opcode.RealAffinity, target);
    return target;
  }
  return self.base + column;
}

/** NEW.x and OLD.x: parameters of the trigger program. */
export function codeTriggerColumn(
  cg: Codegen,
  e: BoundExpr & { kind: 'triggerColumn' },
  target: number,
): void {
  const { table } = e;
  const isRowid = e.column < 0 || e.column === table.rowidColumn;
  const slot = isRowid ? 0 : e.column + 1;
  const offset = e.row === 'old' ? 0 : table.columns.length + 1;
  if (cg.trigger !== null) {
    const bit = e.column < 0 ? 0xffffffff : e.column >= 31 ? 0x80000000 : 1 << e.column;
    if (e.row === 'old') cg.trigger.oldMask = (cg.trigger.oldMask | bit) >>> 0;
    else cg.trigger.newMask = (cg.trigger.newMask | bit) >>> 0;
  }
  cg.b.emit(Opcode.Param, offset + slot, target);
  if (!isRowid && table.columns[e.column]!.affinity === Affinity.Real) {
    cg.b.emit(Opcode.RealAffinity, target);
  }
}
