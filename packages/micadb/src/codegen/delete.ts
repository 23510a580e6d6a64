/**
 * DELETE: clears the whole table where nobody needs to see single rows, else finds rows in one pass or
 * collects their keys first. https://www.sqlite.org/lang_delete.html
 */

import { bindTable } from '../bind/binder.ts';
import { bindExpr, bindSelect, scopeOf, splitConjuncts, withScope } from '../bind/index.ts';
import { hasSubquery } from '../bind/types.ts';
import { WhereFlag } from '../plan/types.ts';
import type { Delete } from '../sql/ast.ts';
import { OPFLAG_FORDELETE } from '../vm/flags.ts';
import { Opcode } from '../vm/opcode.ts';
import type { ResultColumnInfo } from '../vm/types.ts';
import { codeAutoincrementEnd } from './autoincrement.ts';
import { codeColumn } from './column.ts';
import type { Codegen } from './context.ts';
import { codeRowDelete } from './delete-row.ts';
import { allocateCursors, newBinder, openForWrite, tableInfoOf } from './dml.ts';
import { fkRequired } from './fk.ts';
import { codeRowCount, countsRows } from './insert.ts';
import { limitedWhere } from './limited.ts';
import { endOnePass } from './one-pass.ts';
import { keyInfoForIndex } from './open.ts';
import { beginReturning, codeReturningRow, endReturning } from './returning.ts';
import { codeSelect } from './select.ts';
import { checkWritable, findTarget, targetTriggers } from './target.ts';
import { codeRowTriggers } from './trigger.ts';
import { selectFromView } from './view.ts';
import { whereBegin, whereEnd } from './where.ts';

export function codeDelete(cg: Codegen, stmt: Delete): ResultColumnInfo[] {
  const { b } = cg;
  const binder = newBinder(cg);
  const target = findTarget(cg, binder, stmt.table);
  const { table, db, isView } = target;
  const triggers = targetTriggers(cg, table, 'DELETE', null);
  checkWritable(cg, target, triggers);
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
  const fires = triggers.length > 0 || returning !== null;
  let complex = fires || fkRequired(cg, table, null) !== 0;
  cg.writesDatabase(db, complex);
  const counter = countsRows(cg, stmt) ? b.newReg() : 0;
  if (counter !== 0) b.emit(Opcode.Integer, 0, counter);

  const finish = (): ResultColumnInfo[] => {
    codeAutoincrementEnd(cg);
    if (returning !== null) return endReturning(cg, returning);
    return codeRowCount(cg, counter, 'rows deleted');
  };

  if (isView) {
    const query = bindSelect(
      binder,
      selectFromView(cg.env.databaseName(db), table, stmt.alias?.text ?? null, stmt.where, stmt),
      null,
      null,
      ctes,
    );
    const cursor = b.newCursor();
    const n = table.columns.length;
    const record = b.newReg();
    const rowid = b.newReg();
    b.emit(Opcode.OpenEphemeral, cursor, n);
    codeSelect(cg, query, {
      kind: 'callback',
      row: (base, count) => {
        b.emit(Opcode.MakeRecord, base, count, record);
        b.emit(Opcode.NewRowid, cursor, rowid);
        b.emit(Opcode.Insert, cursor, record, rowid);
      },
    });
    const done = b.newLabel();
    const next = b.newLabel();
    b.emit(Opcode.Rewind, cursor, done);
    const top = b.here;
    const old = b.newRegs(n + 1);
    b.emit(Opcode.Integer, -1, old);
    for (let i = 0; i < n; i++) b.emit(Opcode.Column, cursor, i, old + 1 + i);
    codeRowTriggers(cg, triggers, 'BEFORE', table, old, null, next);
    if (counter !== 0) b.emit(Opcode.AddImm, counter, 1);
    codeReturningRow(cg, returning, { rowid: old, base: old + 1 });
    b.resolve(next);
    b.emit(Opcode.Next, cursor, top);
    b.resolve(done);
    return finish();
  }

  const limited = limitedWhere(target, stmt);
  if (limited === null && !complex && !cg.env.flags.rowListener) {
    const count = counter === 0 ? -1 : counter;
    if (!table.withoutRowid) b.emit(Opcode.Clear, table.root, db, count, tableInfoOf(table));
    for (const index of table.indexes) {
      if (table.withoutRowid && index.isPrimaryTree) {
        b.emit(Opcode.Clear, index.root, db, count, tableInfoOf(table));
      } else {
        b.emit(Opcode.Clear, index.root, db);
      }
    }
    return finish();
  }

  const source = bindTable(binder, table, db, stmt.alias?.text ?? null, {
    typedName: stmt.table,
    indexedBy: stmt.indexedBy,
    notIndexed: stmt.notIndexed,
  });
  const data = source.id;
  const cursors = allocateCursors(cg, table, data);
  const scope = scopeOf(binder, [source], null, { ctes });
  const where = limited === null ? null : bindExpr(binder, limited, scope);
  if (where !== null && hasSubquery(where)) complex = true;
  const pk = table.withoutRowid ? table.primaryKeyIndex : null;
  const keyCount = pk === null ? 1 : pk.keyColumns.length;

  const rowSet = pk === null ? b.newReg() : 0;
  const ephemeral = pk === null ? -1 : b.newCursor();
  const columns = b.newRegs(keyCount);
  let key = columns;
  let open = -1;
  if (pk === null) b.emit(Opcode.Null, 0, rowSet);
  else open = b.emit(Opcode.OpenEphemeral, ephemeral, keyCount, 0, keyInfoForIndex(cg.env, pk));
  const info = whereBegin(cg, {
    sources: [source],
    where: splitConjuncts(where),
    orderBy: null,
    resultExprs: null,
    flags:
      WhereFlag.OnePassDesired | WhereFlag.DuplicatesOk | (complex ? 0 : WhereFlag.OnePassMultiRow),
    limitReg: 0,
    block: null,
    indexCursors: cursors.firstIndex < 0 ? undefined : cursors.firstIndex,
  });
  const mode = info.onePass;
  if (mode !== 'single') cg.setMultiWrite();
  if (info.deferredSeek) b.emit(Opcode.FinishSeek, data);
  if (counter !== 0) b.emit(Opcode.AddImm, counter, 1);
  if (pk === null) b.emit(Opcode.Rowid, data, key);
  else
    pk.keyColumns.forEach((c, i) => {
      codeColumn(cg, table, data, c.column, columns + i);
    });
  const changes = b.here;
  const bypass = b.newLabel();
  const opened: readonly number[] = mode === 'off' ? [] : info.onePassCursors;
  if (mode === 'off') {
    if (pk === null) {
      b.emit(Opcode.RowSetAdd, rowSet, key);
    } else {
      key = b.newReg();
      b.emit(Opcode.MakeRecord, columns, keyCount, key);
      b.emit(Opcode.IdxInsert, ephemeral, key, columns, keyCount);
    }
    whereEnd(cg, info);
  } else if (open >= 0) {
    b.at(open).opcode = Opcode.Noop;
  }
  const once = mode === 'multi' ? b.emit(Opcode.Once) : -1;
  openForWrite(cg, db, table, cursors, {
    skipData: opened.includes(data),
    wanted: (_, i) => !opened.includes(cursors.indexes[i]!),
    flags: OPFLAG_FORDELETE,
  });
  if (once >= 0) b.jumpHere(once);

  let top = -1;
  const done = b.newLabel();
  if (mode !== 'off') {
    if (!opened.includes(data)) {
      if (pk !== null) b.emit(Opcode.NotFound, data, bypass, key, keyCount);
      else b.emit(Opcode.NotExists, data, bypass, key);
    }
  } else if (pk !== null) {
    b.emit(Opcode.Rewind, ephemeral, done);
    top = b.here;
    b.emit(Opcode.RowData, ephemeral, key);
  } else {
    top = b.here;
    b.emit(Opcode.RowSetRead, rowSet, done, key);
  }
  codeRowDelete(cg, {
    db,
    table,
    triggers,
    cursors,
    key,
    keyCount: mode === 'off' && pk !== null ? 0 : keyCount,
    count: true,
    onConflict: null,
    mode,
    noSeek: mode === 'off' ? -1 : info.onePassCursors[1],
    returning,
  });
  if (mode !== 'off') {
    b.resolve(bypass);
    endOnePass(cg, info, changes);
  } else if (pk !== null) {
    b.emit(Opcode.Next, ephemeral, top);
  } else {
    b.emit(Opcode.Goto, 0, top);
  }
  b.resolve(done);
  return finish();
}
