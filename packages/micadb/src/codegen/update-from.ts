/**
 * UPDATE ... FROM, and UPDATE of a view: one SELECT over the target joined with the FROM clause gives
 * for each row its key and the new values; they are kept in an ephemeral table before anything
 * changes. When several joined rows meet one target row, the last one counts.
 *
 * Columns of the ephemeral table: rowid tables none (its rowid is the key), WITHOUT ROWID tables the
 * primary key, views all columns of the view; then the values of SET.
 */
import type { Binder, Scope } from '../bind/binder.ts';
import { bindTable } from '../bind/binder.ts';
import { bindView } from '../bind/from.ts';
import { bindExpr, bindFrom, bindOrderTerms, scopeOf, splitConjuncts } from '../bind/index.ts';
import { columnRef } from '../bind/names.ts';
import type { BoundExpr, Conjunct, QueryBlock, ResultColumn, Source } from '../bind/tree.ts';
import type { Update } from '../sql/ast.ts';
import { Opcode } from '../vm/opcode.ts';
import type { Codegen } from './context.ts';
import { sqlError } from './dml.ts';
import { keyInfoForIndex } from './open.ts';
import { codeSelect } from './select.ts';
import type { Target } from './target.ts';
import { type Assignments, bindAssignments, type UpdateInput } from './update.ts';

function resultColumn(expr: BoundExpr): ResultColumn {
  return { expr, name: '', named: false, declType: null };
}

/** Binds the statement as a join; the rows are computed when `from.codeRows` is called. */
export function codeUpdateSelect(
  cg: Codegen,
  binder: Binder,
  target: Target,
  stmt: Update,
  ctes: Scope['ctes'],
): { readonly set: Assignments; readonly from: NonNullable<UpdateInput['from']> } {
  const { table, db, isView } = target;
  if (stmt.orderBy.length > 0 && stmt.limit === null) {
    throw sqlError('ORDER BY without LIMIT on UPDATE');
  }
  const alias = stmt.alias?.text ?? null;
  const block = binder.newBlock(null);
  const own: Source = isView
    ? bindView(binder, table, db, alias, 'comma', false, block)
    : bindTable(binder, table, db, alias, {
        indexedBy: stmt.indexedBy,
        notIndexed: stmt.notIndexed,
      });
  const from =
    stmt.from.length === 0
      ? { sources: [] as readonly Source[], where: [] as readonly Conjunct[] }
      : bindFrom(binder, stmt.from, null, ctes);
  const scope = scopeOf(binder, [own, ...from.sources], null, { ctes });
  const set = bindAssignments(binder, table, stmt.set, scope);
  const where = stmt.where === null ? null : bindExpr(binder, stmt.where, scope);
  const pk = table.withoutRowid ? table.primaryKeyIndex!.keyColumns : [];
  const keys: BoundExpr[] = isView
    ? table.columns.map((_, i) => columnRef(own, i))
    : table.withoutRowid
      ? pk.map((c) => columnRef(own, c.column))
      : [columnRef(own, -1)];
  const query: QueryBlock = {
    kind: 'block',
    id: block.id,
    columns: [...keys, ...set.values].map(resultColumn),
    sources: [own, ...from.sources],
    where: [...from.where, ...splitConjuncts(where)],
    isAggregate: false,
    groupBy: [],
    having: null,
    distinct: false,
    orderBy: bindOrderTerms(binder, stmt.orderBy, scope),
    limit: stmt.limit === null ? null : bindExpr(binder, stmt.limit, binder.emptyScope(null)),
    offset: stmt.offset === null ? null : bindExpr(binder, stmt.offset, binder.emptyScope(null)),
    hasWindow: false,
    correlated: false,
  };
  const cursor = cg.b.newCursor();
  const rowidKey = !isView && !table.withoutRowid;
  const codeRows = (): void => {
    const { b } = cg;
    const width = query.columns.length;
    if (table.withoutRowid && !isView) {
      const info = keyInfoForIndex(cg.env, table.primaryKeyIndex!);
      const fields = pk.length;
      b.emit(Opcode.OpenEphemeral, cursor, width, 0, {
        ...info,
        keyFieldCount: fields,
        allFieldCount: width,
        collations: [
          ...info.collations.slice(0, fields),
          ...set.values.map(() => cg.env.collations.find('BINARY')!),
        ],
        sortFlags: new Uint8Array([...info.sortFlags.slice(0, fields), ...set.values.map(() => 0)]),
      });
    } else {
      b.emit(Opcode.OpenEphemeral, cursor, rowidKey ? width - 1 : width);
    }
    const record = b.newReg();
    const rowid = b.newReg();
    codeSelect(cg, query, {
      kind: 'callback',
      row: (base, count) => {
        if (rowidKey) {
          const skip = b.emit(Opcode.IsNull, base);
          b.emit(Opcode.MakeRecord, base + 1, count - 1, record);
          b.emit(Opcode.Insert, cursor, record, base);
          b.jumpHere(skip);
        } else if (isView) {
          b.emit(Opcode.MakeRecord, base, count, record);
          b.emit(Opcode.NewRowid, cursor, rowid);
          b.emit(Opcode.Insert, cursor, record, rowid);
        } else {
          const fresh = b.newLabel();
          b.emit(Opcode.NotFound, cursor, fresh, base, pk.length);
          b.emit(Opcode.Delete, cursor);
          b.resolve(fresh);
          b.emit(Opcode.MakeRecord, base, count, record);
          b.emit(Opcode.IdxInsert, cursor, record, base, pk.length);
        }
      },
    });
  };
  const keyCount = rowidKey ? 0 : keys.length;
  return { set, from: { cursor, keyCount, codeRows } };
}
