/**
 * RETURNING: each changed row's expressions go to an ephemeral table; the rows are handed out when
 * the statement has done all its changes. https://www.sqlite.org/lang_returning.html
 */
import { type Binder, bindTable, type Scope } from '../bind/binder.ts';
import { bindResultColumns, scopeOf } from '../bind/index.ts';
import type { ResultColumn as BoundColumn, BoundExpr, Query, Source } from '../bind/tree.ts';
import { mapExpr, queryOf, visitExprDeep } from '../bind/types.ts';
import type { Table } from '../catalog/types.ts';
import type { ResultColumn } from '../sql/ast.ts';
import { Affinity } from '../values/value.ts';
import { Opcode } from '../vm/opcode.ts';
import type { ResultColumnInfo } from '../vm/types.ts';
import type { Codegen } from './context.ts';
import { type RowImage, sqlError } from './dml.ts';
import { codeExprTo } from './expr.ts';
import { inRegisters } from './view.ts';

export interface Returning {
  readonly source: Source;
  readonly columns: readonly BoundColumn[];
  readonly cursor: number;
}

/** Binds the clause and opens its buffer; null when there is none. */
export function beginReturning(
  cg: Codegen,
  binder: Binder,
  table: Table,
  db: number,
  alias: string | null,
  list: readonly ResultColumn[],
  ctes: Scope['ctes'],
): Returning | null {
  if (list.length === 0) return null;
  if (cg.parent !== null) throw sqlError('cannot use RETURNING in a trigger');
  for (const c of list) {
    if (c.kind === 'tableStar') throw sqlError('RETURNING may not use "TABLE.*" wildcards');
  }
  const source = bindTable(binder, table, db, alias);
  const bound = bindResultColumns(binder, list, scopeOf(binder, [source], null, { ctes }));
  const columns = bound.some((c) => readsTable(c.expr, table))
    ? bound.map((c) => ({ ...c, expr: eachTime(c.expr) }))
    : bound;
  const cursor = cg.b.newCursor();
  cg.b.emit(Opcode.OpenEphemeral, cursor, columns.length);
  return { source, columns, cursor };
}

function readsTable(e: BoundExpr, table: Table): boolean {
  const inQuery = (q: Query): boolean => {
    switch (q.kind) {
      case 'values':
        return false;
      case 'compound':
        return inQuery(q.first) || q.rest.some((r) => inQuery(r.query));
      case 'recursive':
        return inQuery(q.setup) || q.steps.some(inQuery);
      case 'block':
        return q.sources.some((s) => s.table === table || (s.query !== null && inQuery(s.query)));
    }
  };
  let found = false;
  visitExprDeep(e, (x) => {
    const q = queryOf(x);
    if (q !== null && inQuery(q)) found = true;
  });
  return found;
}

/** Subqueries that see the changing table are evaluated anew for each row. */
function eachTime(e: BoundExpr): BoundExpr {
  return mapExpr(e, (x) =>
    x.kind === 'subquery' || x.kind === 'exists' || x.kind === 'inQuery'
      ? { ...x, correlated: true }
      : x,
  );
}

/** The image as it is read: REAL columns that hold an integer for storage give a real. */
function realColumns(cg: Codegen, r: Returning, row: RowImage): RowImage {
  const { b } = cg;
  const { columns } = r.source.table!;
  if (!columns.some((c) => c.affinity === Affinity.Real)) return row;
  const base = b.newRegs(columns.length);
  columns.forEach((c, i) => {
    b.emit(Opcode.SCopy, row.base + i, base + i);
    if (c.affinity === Affinity.Real) b.emit(Opcode.RealAffinity, base + i);
  });
  return { rowid: row.rowid, base };
}

/** Keeps the result of one row. */
export function codeReturningRow(cg: Codegen, r: Returning | null, row: RowImage): void {
  if (r === null) return;
  const { b } = cg;
  const count = r.columns.length;
  const base = b.newRegs(count + 2);
  const shown = realColumns(cg, r, row);
  r.columns.forEach((c, i) => {
    codeExprTo(cg, inRegisters(c.expr, r.source, shown.base, shown.rowid), base + i);
  });
  b.emit(Opcode.MakeRecord, base, count, base + count);
  b.emit(Opcode.NewRowid, r.cursor, base + count + 1);
  b.emit(Opcode.Insert, r.cursor, base + count, base + count + 1);
}

/** Hands the kept rows out; result columns of the statement. */
export function endReturning(cg: Codegen, r: Returning | null): ResultColumnInfo[] {
  if (r === null) return [];
  const { b } = cg;
  const count = r.columns.length;
  const base = b.newRegs(count);
  b.emit(Opcode.FkCheck);
  const rewind = b.emit(Opcode.Rewind, r.cursor);
  const top = b.here;
  for (let i = 0; i < count; i++) b.emit(Opcode.Column, r.cursor, i, base + i);
  b.emit(Opcode.ResultRow, base, count);
  b.emit(Opcode.Next, r.cursor, top);
  b.jumpHere(rewind);
  return r.columns.map((c) => columnInfo(cg, c));
}

export function columnInfo(cg: Codegen, c: BoundColumn): ResultColumnInfo {
  const { expr } = c;
  if (expr.kind !== 'column' || expr.source.table === null) {
    return { name: c.name, declType: c.declType, database: null, table: null, column: null };
  }
  const { table, db } = expr.source;
  const column = expr.column < 0 ? table.rowidColumn : expr.column;
  return {
    name: c.name,
    declType: c.declType,
    database: cg.env.databaseName(db),
    table: table.name,
    column: column < 0 ? 'rowid' : table.columns[column]!.name,
  };
}
