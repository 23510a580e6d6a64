/**
 * DROP TABLE, VIEW, INDEX and TRIGGER. https://www.sqlite.org/lang_droptable.html
 *
 * In auto-vacuum files Destroy may move another tree's root to the freed page; the schema row of that
 * tree is corrected at once. Roots are destroyed from the largest down, so that no root that is still
 * to go is moved.
 */
import { databaseIndex, fold, lookupTable, searchOrder } from '../bind/binder.ts';
import type { Table } from '../catalog/types.ts';
import type { Drop, QualifiedName } from '../sql/ast.ts';
import { Opcode } from '../vm/opcode.ts';
import type { ResultColumnInfo, TableInfo } from '../vm/types.ts';
import type { Codegen } from './context.ts';
import {
  codeChangeCookie,
  codeDeleteRows,
  findIndex,
  SCHEMA_COLUMNS,
  shownName,
  tableIn,
} from './ddl.ts';
import { codeDelete } from './delete.ts';
import { HALT_FOREIGNKEY, haltConstraint, nameOf, sqlError, tableInfoOf } from './dml.ts';
import { referencesTo, setDropping } from './fk.ts';
import { watches } from './trigger.ts';

export function codeDrop(cg: Codegen, stmt: Drop): ResultColumnInfo[] {
  switch (stmt.what) {
    case 'TABLE':
    case 'VIEW':
      codeDropTable(cg, stmt);
      break;
    case 'INDEX':
      codeDropIndex(cg, stmt);
      break;
    case 'TRIGGER':
      codeDropTrigger(cg, stmt);
      break;
  }
  return [];
}

/** Statistics of a table or index that goes. */
function codeClearStats(cg: Codegen, db: number, column: 'tbl' | 'idx', name: string): void {
  for (const n of [1, 2, 3, 4]) {
    const table = tableIn(cg, db, `sqlite_stat${n}`);
    if (table === null) continue;
    const at = table.columns.findIndex((c) => c.name === column);
    if (at < 0) continue;
    codeDeleteRows(cg, db, table.root, table.columns.length, [{ column: at, value: name }]);
  }
}

/** Frees a tree and follows the root that was moved into its place. */
export function codeDestroy(
  cg: Codegen,
  db: number,
  root: number,
  told: TableInfo | null = null,
): void {
  const { b } = cg;
  // It fails under running readers, when rows of sqlite_schema are gone already.
  cg.setMayAbort();
  const moved = b.newReg();
  b.emit(Opcode.Destroy, root, moved, db, told);
  const none = b.emit(Opcode.IfNot, moved, 0, 1);
  const cursor = b.newCursor();
  const done = b.newLabel();
  const next = b.newLabel();
  const row = b.newRegs(SCHEMA_COLUMNS);
  const rowid = b.newReg();
  const record = b.newReg();
  b.emit(Opcode.OpenWrite, cursor, 1, db, SCHEMA_COLUMNS);
  b.emit(Opcode.Rewind, cursor, done);
  const top = b.here;
  b.emit(Opcode.Column, cursor, 3, row + 3);
  b.emit(Opcode.Ne, moved, next, row + 3, null, 0x10);
  for (const i of [0, 1, 2, 4]) b.emit(Opcode.Column, cursor, i, row + i);
  b.emit(Opcode.Integer, root, row + 3);
  b.emit(Opcode.Rowid, cursor, rowid);
  b.emit(Opcode.MakeRecord, row, SCHEMA_COLUMNS, record, 'BBBDB');
  b.emit(Opcode.Insert, cursor, record, rowid);
  b.emit(Opcode.Goto, 0, done);
  b.resolve(next);
  b.emit(Opcode.Next, cursor, top);
  b.resolve(done);
  b.emit(Opcode.Close, cursor);
  b.jumpHere(none);
}

/** Nothing was found: the program is true as long as the databases that were searched stay as they are. */
function readNamed(cg: Codegen, { schema }: QualifiedName): void {
  const only = schema === null ? null : fold(schema.text);
  cg.env.catalog.schemas.forEach((found, db) => {
    if (found !== null && (only === null || fold(found.name) === only)) cg.readsDatabase(db);
  });
}

function findDropped(cg: Codegen, stmt: Drop): { db: number; table: Table } | null {
  const found = lookupTable(
    cg.env.catalog,
    stmt.target.schema?.text ?? null,
    stmt.target.name.text,
  );
  if (found !== null) return found;
  if (stmt.ifExists) return null;
  throw sqlError(`no such ${stmt.what === 'VIEW' ? 'view' : 'table'}: ${shownName(stmt.target)}`);
}

function codeDropTable(cg: Codegen, stmt: Drop): void {
  const found = findDropped(cg, stmt);
  if (found === null) {
    readNamed(cg, stmt.target);
    return;
  }
  const { db, table } = found;
  const { name } = table;
  const reserved = /^sqlite_/i.test(name) && !/^sqlite_(stat|parameters)/i.test(name);
  if (reserved) throw sqlError(`table ${name} may not be dropped`);
  const isView = table.kind === 'view';
  if (stmt.what === 'TABLE' && isView) throw sqlError(`use DROP VIEW to delete view ${name}`);
  if (stmt.what === 'VIEW' && !isView) throw sqlError(`use DROP TABLE to delete table ${name}`);
  const { b } = cg;
  cg.writesDatabase(db, true);
  if (!isView) {
    codeClearStats(cg, db, 'tbl', name);
    codeForeignKeys(cg, db, table, stmt.target);
  }
  for (const [at, schema] of searchOrder(cg.env.catalog)) {
    if (at !== db && at !== 1) continue;
    for (const trigger of schema.triggersOf(fold(name))) {
      if (!watches(cg, trigger, table)) continue;
      codeDropTriggerRow(cg, at, trigger.name);
    }
  }
  const sequence = tableIn(cg, db, 'sqlite_sequence');
  if (table.autoincrement && sequence !== null) {
    codeDeleteRows(cg, db, sequence.root, 2, [{ column: 0, value: name }]);
  }
  codeDeleteRows(cg, db, 1, SCHEMA_COLUMNS, [
    { column: 2, value: name },
    { column: 0, value: 'trigger', not: true },
  ]);
  if (table.kind === 'table') {
    const roots = new Set([table.root, ...table.indexes.map((i) => i.root)]);
    const told = cg.env.flags.rowListener ? tableInfoOf(table) : null;
    for (const root of [...roots].sort((x, y) => y - x)) {
      codeDestroy(cg, db, root, root === table.root ? told : null);
    }
  }
  b.emit(Opcode.DropTable, db, 0, 0, name);
  codeChangeCookie(cg, db);
}

/**
 * Dropping a table deletes its rows first where foreign keys could notice. Violations that this makes
 * stop the statement before the schema changes.
 */
function codeForeignKeys(cg: Codegen, db: number, table: Table, name: QualifiedName): void {
  const { flags } = cg.env;
  if (!flags.foreignKeys || table.kind !== 'table') return;
  const { b } = cg;
  let skip = 0;
  if (referencesTo(cg, table).length === 0) {
    if (!table.foreignKeys.some((fk) => fk.deferred || flags.deferForeignKeys)) return;
    skip = b.newLabel();
    b.emit(Opcode.FkIfZero, 1, skip);
  }
  cg.countsChanges = true;
  setDropping(cg, true);
  codeDelete(cg, {
    kind: 'delete',
    with: null,
    table: { schema: nameOf(cg.env.databaseName(db)), name: name.name },
    alias: null,
    indexedBy: null,
    notIndexed: false,
    where: null,
    orderBy: [],
    limit: null,
    offset: null,
    returning: [],
  });
  setDropping(cg, false);
  if (!flags.deferForeignKeys) {
    const fine = b.newLabel();
    b.emit(Opcode.FkIfZero, 0, fine);
    haltConstraint(cg, 'SQLITE_CONSTRAINT_FOREIGNKEY', 'ABORT', null, HALT_FOREIGNKEY);
    b.resolve(fine);
  }
  if (skip !== 0) b.resolve(skip);
}

function codeDropIndex(cg: Codegen, stmt: Drop): void {
  const { schema, name } = stmt.target;
  const only = schema === null ? null : databaseIndex(cg.env.catalog, schema.text);
  const found = findIndex(cg, only, name.text);
  if (found === null) {
    if (!stmt.ifExists) throw sqlError(`no such index: ${shownName(stmt.target)}`);
    readNamed(cg, stmt.target);
    return;
  }
  const { db, index } = found;
  if (index.origin !== 'c') {
    throw sqlError('index associated with UNIQUE or PRIMARY KEY constraint cannot be dropped');
  }
  cg.writesDatabase(db, true);
  codeDeleteRows(cg, db, 1, SCHEMA_COLUMNS, [
    { column: 1, value: index.name },
    { column: 0, value: 'index' },
  ]);
  codeClearStats(cg, db, 'idx', index.name);
  codeChangeCookie(cg, db);
  codeDestroy(cg, db, index.root);
  cg.b.emit(Opcode.DropIndex, db, 0, 0, index.name);
}

function codeDropTriggerRow(cg: Codegen, db: number, name: string): void {
  cg.writesDatabase(db, true);
  codeDeleteRows(cg, db, 1, SCHEMA_COLUMNS, [
    { column: 1, value: name },
    { column: 0, value: 'trigger' },
  ]);
  codeChangeCookie(cg, db);
  cg.b.emit(Opcode.DropTrigger, db, 0, 0, name);
}

function codeDropTrigger(cg: Codegen, stmt: Drop): void {
  const { schema, name } = stmt.target;
  for (const [db, found] of searchOrder(cg.env.catalog)) {
    if (schema !== null && fold(found.name) !== fold(schema.text)) continue;
    const trigger = found.triggers.get(fold(name.text));
    if (trigger === undefined) continue;
    codeDropTriggerRow(cg, db, trigger.name);
    return;
  }
  if (!stmt.ifExists) throw sqlError(`no such trigger: ${shownName(stmt.target)}`);
  readNamed(cg, stmt.target);
}
