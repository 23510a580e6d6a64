/**
 * The transfer optimization of `INSERT INTO a SELECT * FROM b`: where both tables are made alike, records
 * are copied as they are, index by index, instead of row by row through constraints. One can see it:
 * rowids are kept (unless `a` has neither an INTEGER PRIMARY KEY nor an index), and generated columns are
 * no obstacle.
 *
 * Rows that could conflict with one another cannot come from `b`, which has the same constraints. Where
 * they could conflict with rows of `a`, or index entries come in another order than the index has, the
 * copy is made only if `a` is empty; ordinary code follows for when it is not.
 */
import type { Binder } from '../bind/binder.ts';
import { findTable } from '../bind/binder.ts';
import { bindSelfExpr } from '../bind/self.ts';
import { exprEquals } from '../bind/types.ts';
import type { Column, Index, IndexColumn, Table } from '../catalog/types.ts';
import type { ConflictAction, Expr, FromItem, Insert } from '../sql/ast.ts';
import {
  OPFLAG_APPEND,
  OPFLAG_BULKCSR,
  OPFLAG_LASTROWID,
  OPFLAG_NCHANGE,
  OPFLAG_PREFORMAT,
} from '../vm/flags.ts';
import { Opcode } from '../vm/opcode.ts';
import type { Label } from './builder.ts';
import type { Codegen } from './context.ts';
import { haltRowid, newBinder, tableInfoOf } from './dml.ts';
import { openIndexCursor, openTableCursor } from './open.ts';
import type { Target } from './target.ts';

interface Origin {
  readonly db: number;
  readonly table: Table;
}

/** The one table that the statement copies whole; null when it does anything else. */
function originOf(binder: Binder, stmt: Insert): Origin | null {
  const { select } = stmt;
  if (stmt.with !== null || stmt.columns !== null || select === null) return null;
  if (stmt.upserts.length > 0 || select.with !== null || select.rest.length > 0) return null;
  if (select.orderBy.length > 0 || select.limit !== null) return null;
  const core = select.first;
  if (core.kind !== 'core' || core.distinct || core.where !== null) return null;
  if (core.groupBy.length > 0 || core.having !== null) return null;
  if (core.columns.length !== 1 || core.columns[0]!.kind !== 'star') return null;
  let items: readonly FromItem[] = core.from;
  while (items.length === 1 && items[0]!.source.kind === 'join' && items[0]!.alias === null) {
    items = items[0]!.source.items;
  }
  const source = items.length === 1 ? items[0]!.source : null;
  if (source?.kind !== 'table' || source.args !== null || source.indexedBy !== null) return null;
  return findTable(binder, source.table.schema, source.table.name);
}

type What = Parameters<typeof bindSelfExpr>[3];

/** Compares expressions of two tables about themselves. */
class Likeness {
  constructor(
    private readonly cg: Codegen,
    private readonly to: Table,
    private readonly from: Table,
  ) {}

  private expr(a: Expr | null, b: Expr | null, what: What): boolean {
    if (a === null || b === null) return a === b;
    const { cg } = this;
    return exprEquals(
      bindSelfExpr(newBinder(cg), this.to, a, what),
      bindSelfExpr(newBinder(cg), this.from, b, what),
    );
  }

  tables(): boolean {
    const { to, from } = this;
    const { flags } = this.cg.env;
    if (from.kind !== 'table' || to.kind !== 'table' || from === to) return false;
    if (to.withoutRowid !== from.withoutRowid || (to.strict && !from.strict)) return false;
    if (to.rowidColumn !== from.rowidColumn) return false;
    if (to.columns.length !== from.columns.length) return false;
    if (!to.columns.every((column, i) => this.columns(column, from.columns[i]!, i))) return false;
    if (to.checks.length > 0 && !this.checks()) return false;
    if (flags.foreignKeys && to.foreignKeys.length > 0) return false;
    return to.indexes.every((index) => this.indexLike(index) !== null);
  }

  private columns(to: Column, from: Column, at: number): boolean {
    if (to.affinity !== from.affinity || !sameName(to.collation, from.collation)) return false;
    if (to.notNull !== null && from.notNull === null) return false;
    // Short records end in default values. The first column is in every record.
    if (at > 0 && to.generated === null && to.defaultText !== from.defaultText) return false;
    if (to.generated?.stored !== from.generated?.stored) return false;
    return this.expr(to.generated?.expr ?? null, from.generated?.expr ?? null, 'generated columns');
  }

  private checks(): boolean {
    const { to, from } = this;
    return (
      to.checks.length === from.checks.length &&
      to.checks.every((c, i) => this.expr(c.expr, from.checks[i]!.expr, 'CHECK constraints'))
    );
  }

  /** The index of the origin that has the same entries. */
  indexLike(index: Index): Index | null {
    return this.from.indexes.find((other) => this.indexes(index, other)) ?? null;
  }

  private indexes(a: Index, b: Index): boolean {
    return (
      a.onConflict === b.onConflict &&
      a.isPrimaryTree === b.isPrimaryTree &&
      a.keyColumns.length === b.keyColumns.length &&
      a.columns.length === b.columns.length &&
      a.columns.every((c, i) => this.indexColumns(c, b.columns[i]!)) &&
      this.expr(a.where, b.where, 'partial index WHERE clauses')
    );
  }

  private indexColumns(a: IndexColumn, b: IndexColumn): boolean {
    return (
      a.column === b.column &&
      a.desc === b.desc &&
      sameName(a.collation, b.collation) &&
      this.expr(a.expr, b.expr, 'index expressions')
    );
  }
}

function sameName(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

export interface Transfer {
  /** No other code is needed. */
  readonly always: boolean;
  /** Where the program goes on after the copy. */
  readonly done: Label;
}

/** Codes the copy where it can be made; null where it cannot. */
export function codeTransfer(
  cg: Codegen,
  binder: Binder,
  stmt: Insert,
  target: Target,
  onConflict: ConflictAction | null,
  autoinc: number,
): Transfer | null {
  const { env } = cg;
  if (env.flags.rowListener || env.flags.countChanges) return null;
  const origin = originOf(binder, stmt);
  if (origin === null) return null;
  const { table, db } = target;
  const likeness = new Likeness(cg, table, origin.table);
  if (!likeness.tables()) return null;
  const { schemas } = env.catalog;
  if (schemas[db]?.oldFormat !== schemas[origin.db]?.oldFormat) return null;

  const { b } = cg;
  const { rowidColumn, indexes, rowidConflict } = table;
  const action = onConflict ?? (rowidColumn >= 0 ? rowidConflict : null) ?? 'ABORT';
  const always =
    (rowidColumn >= 0 || indexes.length === 0) &&
    indexes.every((index) => index.onConflict === null) &&
    (action === 'ABORT' || action === 'ROLLBACK');
  const done = b.newLabel();
  const full = b.newLabel();
  const to = b.newCursor();
  openTableCursor(cg, to, db, table, true);
  if (!always) {
    const empty = b.newLabel();
    b.emit(Opcode.Rewind, to, empty);
    b.emit(Opcode.Goto, 0, full);
    b.resolve(empty);
  }
  if (!table.withoutRowid) {
    const from = b.newCursor();
    const rowid = b.newReg();
    openTableCursor(cg, from, origin.db, origin.table, false);
    b.emit(Opcode.Rewind, from, done);
    const top = b.here;
    if (rowidColumn >= 0) {
      const fresh = b.newLabel();
      b.emit(Opcode.Rowid, from, rowid);
      b.emit(Opcode.NotExists, to, fresh, rowid);
      haltRowid(cg, action, table);
      b.resolve(fresh);
      if (autoinc > 0) b.emit(Opcode.MemMax, autoinc, rowid);
    } else if (indexes.length === 0) {
      b.emit(Opcode.NewRowid, to, rowid);
    } else {
      b.emit(Opcode.Rowid, from, rowid);
    }
    const flags = OPFLAG_NCHANGE | OPFLAG_LASTROWID | OPFLAG_APPEND | OPFLAG_PREFORMAT;
    b.emit(Opcode.RowCell, to, from, rowid);
    b.emit(Opcode.Insert, to, rowid, rowid, tableInfoOf(table), flags);
    b.emit(Opcode.Next, from, top);
    b.emit(Opcode.Close, from);
  }
  b.emit(Opcode.Close, to);
  for (const index of indexes) {
    codeIndex(cg, { db, index }, { db: origin.db, index: likeness.indexLike(index)! });
  }
  if (!always) {
    b.emit(Opcode.Goto, 0, done);
    b.resolve(full);
    b.emit(Opcode.Close, to);
  }
  return { always, done };
}

function codeIndex(
  cg: Codegen,
  to: { readonly db: number; readonly index: Index },
  from: { readonly db: number; readonly index: Index },
): void {
  const { b } = cg;
  const source = b.newCursor();
  const dest = b.newCursor();
  const record = b.newReg();
  const end = b.newLabel();
  openIndexCursor(cg, source, from.db, from.index, false);
  openIndexCursor(cg, dest, to.db, to.index, true, OPFLAG_BULKCSR);
  b.emit(Opcode.Rewind, source, end);
  const top = b.here;
  b.emit(Opcode.RowData, source, record);
  const counted = to.index.isPrimaryTree ? OPFLAG_NCHANGE : 0;
  b.emit(Opcode.IdxInsert, dest, record, 0, null, OPFLAG_APPEND | counted);
  b.emit(Opcode.Next, source, top);
  b.resolve(end);
  b.emit(Opcode.Close, source);
  b.emit(Opcode.Close, dest);
}
