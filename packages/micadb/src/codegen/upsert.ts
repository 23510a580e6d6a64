/**
 * ON CONFLICT clauses of INSERT: which unique index each one names, and DO UPDATE.
 * https://www.sqlite.org/lang_upsert.html
 */
import type { Binder, Scope } from '../bind/binder.ts';
import { bindTable } from '../bind/binder.ts';
import { bindExpr, exprEquals, scopeOf } from '../bind/index.ts';
import type { BoundExpr, Source } from '../bind/tree.ts';
import type { Index } from '../catalog/types.ts';
import type { Insert, Upsert } from '../sql/ast.ts';
import { ResultCode } from '../values/errors.ts';
import { Affinity } from '../values/value.ts';
import { Opcode } from '../vm/opcode.ts';
import { placeInIndex, type UpsertClause } from './constraints.ts';
import type { Codegen } from './context.ts';
import {
  boundIndexExpr,
  boundIndexWhere,
  type RowImage,
  sameName,
  sqlError,
  type TableCursors,
} from './dml.ts';
import type { Returning } from './returning.ts';
import type { Target } from './target.ts';
import { triggersFor } from './trigger.ts';
import { type Assignments, bindAssignments, changedColumns, codeUpdateRows } from './update.ts';
import { inRegisters } from './view.ts';

export interface BoundClause extends UpsertClause {
  readonly set: Assignments | null;
  readonly where: BoundExpr | null;
}

export interface BoundUpserts {
  readonly clauses: readonly BoundClause[];
  /** The table as DO UPDATE sees it: its id is the table's cursor. */
  readonly source: Source;
}

function ordinal(n: number): string {
  const tens = n % 100;
  const suffix = tens >= 11 && tens <= 13 ? 'th' : (['th', 'st', 'nd', 'rd'][n % 10] ?? 'th');
  return `${n}${suffix}`;
}

function findIndex(
  cg: Codegen,
  target: Target,
  source: Source,
  terms: readonly BoundExpr[],
  where: BoundExpr | null,
): Index | 'rowid' | null {
  const { table } = target;
  const first = terms[0]!;
  if (
    terms.length === 1 &&
    !table.withoutRowid &&
    first.kind === 'column' &&
    first.source.id === source.id &&
    first.column === -1
  ) {
    return 'rowid';
  }
  for (const index of table.indexes) {
    if (!index.unique || index.keyColumns.length !== terms.length) continue;
    if (index.where !== null) {
      if (where === null || !exprEquals(where, boundIndexWhere(cg, table, index), source)) continue;
    }
    const matches = index.keyColumns.every((c) =>
      terms.some((term) => {
        const collation = term.kind === 'collate' ? term.collation : null;
        const plain = term.kind === 'collate' ? term.operand : term;
        if (collation !== null && !sameName(collation, c.collation)) return false;
        if (c.column === -2) {
          const e = boundIndexExpr(cg, table, c);
          return exprEquals(term, e, source) || exprEquals(plain, e, source);
        }
        const column = c.column === table.rowidColumn ? -1 : c.column;
        return plain.kind === 'column' && plain.source.id === source.id && plain.column === column;
      }),
    );
    if (matches) return index;
  }
  return null;
}

/** Binds all ON CONFLICT clauses; null when there are none. `row` is the image of the new row. */
export function bindUpserts(
  cg: Codegen,
  binder: Binder,
  stmt: Insert,
  target: Target,
  row: RowImage,
  ctes: Scope['ctes'],
): BoundUpserts | null {
  if (stmt.upserts.length === 0) return null;
  const { table, db } = target;
  if (target.isView) throw sqlError('cannot UPSERT a view');
  const source = bindTable(binder, table, db, stmt.alias?.text ?? null);
  const excluded = bindTable(binder, table, db, 'excluded');
  const scope = scopeOf(binder, [source], null, { ctes });
  const doScope = scopeOf(binder, [source], null, { ctes, qualifiedOnly: [excluded] });
  const inRow = (e: BoundExpr): BoundExpr => inRegisters(e, excluded, row.base, row.rowid);
  const clauses = stmt.upserts.map((clause: Upsert, i): BoundClause => {
    let on: UpsertClause['target'] = 'any';
    if (clause.target !== null) {
      const terms = clause.target.map((t) => bindExpr(binder, t.expr, scope));
      const where =
        clause.targetWhere === null ? null : bindExpr(binder, clause.targetWhere, scope);
      const found = findIndex(cg, target, source, terms, where);
      if (found === null) {
        const which = stmt.upserts.length === 1 ? '' : `${ordinal(i + 1)} `;
        throw sqlError(
          `${which}ON CONFLICT clause does not match any PRIMARY KEY or UNIQUE constraint`,
        );
      }
      on = found;
    }
    if (clause.set === null) return { target: on, isDoUpdate: false, set: null, where: null };
    const bound = bindAssignments(binder, table, clause.set, doScope);
    const set: Assignments = {
      ...bound,
      values: bound.values.map(inRow),
      vectors: bound.vectors.map((v) => ({ ...v, expr: inRow(v.expr) })),
    };
    const where = clause.where === null ? null : inRow(bindExpr(binder, clause.where, doScope));
    return { target: on, isDoUpdate: true, set, where };
  });
  return { clauses, source };
}

export interface UpsertUpdate {
  readonly upserts: BoundUpserts;
  readonly clause: UpsertClause;
  readonly index: Index | null;
  readonly indexCursor: number;
  readonly target: Target;
  readonly cursors: TableCursors;
  readonly row: RowImage;
  readonly counter: number;
  readonly returning: Returning | null;
}

/** DO UPDATE on the row that the conflict was found with. */
export function codeUpsertUpdate(cg: Codegen, u: UpsertUpdate): void {
  const { b } = cg;
  const { table } = u.target;
  const clause = u.upserts.clauses.find((c) => c === u.clause)!;
  if (u.index !== null && u.indexCursor !== u.cursors.data) {
    const found = b.newLabel();
    const bad = b.newLabel();
    if (!table.withoutRowid) {
      const rowid = b.newReg();
      b.emit(Opcode.IdxRowid, u.indexCursor, rowid);
      b.emit(Opcode.SeekRowid, u.cursors.data, bad, rowid);
      b.emit(Opcode.Goto, 0, found);
    } else {
      const pk = table.primaryKeyIndex!;
      const key = b.newRegs(pk.keyColumns.length);
      pk.keyColumns.forEach((c, i) => {
        b.emit(Opcode.Column, u.indexCursor, placeInIndex(u.index!, c.column), key + i);
      });
      b.emit(Opcode.Found, u.cursors.data, found, key, pk.keyColumns.length);
    }
    b.resolve(bad);
    b.emit(Opcode.Halt, ResultCode.SQLITE_CORRUPT, 2, 0, 'corrupt database');
    b.resolve(found);
    cg.setMayAbort();
  }
  table.columns.forEach((c, i) => {
    if (c.affinity === Affinity.Real) b.emit(Opcode.RealAffinity, u.row.base + i);
  });
  const set = clause.set!;
  const changed = changedColumns(cg, table, set);
  // The rows' constants must not be computed ahead of the INSERT's own loop.
  codeUpdateRows(cg, {
    target: u.target,
    source: u.upserts.source,
    set,
    where: clause.where,
    onConflict: 'ABORT',
    triggers: triggersFor(cg, table, 'UPDATE', changed),
    changed,
    returning: u.returning,
    counter: u.counter,
    from: null,
    upsert: u.cursors,
  });
}
