/**
 * CREATE INDEX and the filling of an index: all rows' keys are sorted first, so that the tree is
 * written in order. https://www.sqlite.org/lang_createindex.html
 */

import { lookupTable } from '../bind/binder.ts';
import { bindSelfExpr } from '../bind/index.ts';
import { indexFromStatement } from '../catalog/build-index.ts';
import { columnSize } from '../catalog/build-table.ts';
import type { Index, Table } from '../catalog/types.ts';
import type { CreateIndex, ParsedStatement } from '../sql/ast.ts';
import { OPFLAG_BULKCSR, OPFLAG_P2ISREG } from '../vm/flags.ts';
import { Opcode } from '../vm/opcode.ts';
import type { ResultColumnInfo } from '../vm/types.ts';
import type { Codegen } from './context.ts';
import {
  checkObjectName,
  codeChangeCookie,
  codeSchemaRow,
  databaseOfName,
  findIndex,
  openSchemaTable,
  quoteText,
  tableIn,
} from './ddl.ts';
import { codeIndexKey, haltUnique, newBinder, sqlError } from './dml.ts';
import { keyInfoForIndex, openTableCursor } from './open.ts';

const INDEX_TREE = 2;

function findIndexedTable(cg: Codegen, stmt: CreateIndex): { db: number; table: Table } {
  const name = stmt.table.text;
  let db = databaseOfName(cg, stmt.index);
  if (stmt.index.schema === null && tableIn(cg, 1, name) !== null) db = 1;
  const schema = cg.env.databaseName(db);
  const found = lookupTable(cg.env.catalog, schema, name);
  if (found !== null) return { db, table: found.table };
  if (db === 1) {
    const elsewhere = lookupTable(cg.env.catalog, null, name);
    if (elsewhere !== null) {
      throw sqlError(`cannot create a TEMP index on non-TEMP table "${elsewhere.table.name}"`);
    }
  }
  throw sqlError(`no such table: ${schema}.${name}`);
}

/** The text that is stored: from the index's name to the end of the statement as written. */
function indexText(cg: Codegen, stmt: CreateIndex, parsed: ParsedStatement): string {
  const { sql } = cg.env;
  let { next } = parsed;
  if (sql[next - 1] === ';') next -= 1;
  return `CREATE${stmt.unique ? ' UNIQUE' : ''} INDEX ${sql.slice(stmt.index.name.pos, Math.max(next, stmt.end))}`;
}

export function codeCreateIndex(
  cg: Codegen,
  stmt: CreateIndex,
  parsed: ParsedStatement,
): ResultColumnInfo[] {
  const { db, table } = findIndexedTable(cg, stmt);
  const name = stmt.index.name.text;
  if (/^sqlite_/i.test(table.name)) throw sqlError(`table ${table.name} may not be indexed`);
  if (table.kind === 'view') throw sqlError('views may not be indexed');
  if (table.kind === 'virtual') throw sqlError('virtual tables may not be indexed');
  checkObjectName(cg, name);
  if (tableIn(cg, db, name) !== null) throw sqlError(`there is already a table named ${name}`);
  if (findIndex(cg, db, name) !== null) {
    if (!stmt.ifNotExists) throw sqlError(`index ${name} already exists`);
    cg.readsDatabase(db);
    return [];
  }
  const sql = indexText(cg, stmt, parsed);
  const sizes = table.columns.map((c) => columnSize(c.declType));
  const index = indexFromStatement(table, stmt, 0, sql, sizes, true);
  const binder = newBinder(cg);
  for (const c of index.keyColumns) {
    if (c.expr !== null) bindSelfExpr(binder, table, c.expr, 'index expressions');
  }
  if (index.where !== null) {
    bindSelfExpr(binder, table, index.where, 'partial index WHERE clauses');
  }

  const { b } = cg;
  cg.writesDatabase(db, true);
  const root = b.newReg();
  b.emit(Opcode.CreateBtree, db, root, INDEX_TREE);
  const cursor = openSchemaTable(cg, db);
  codeSchemaRow(cg, cursor, ['index', name, table.name, { register: root }, sql]);
  b.emit(Opcode.Close, cursor);
  codeFillIndex(cg, db, table, index, root);
  codeChangeCookie(cg, db);
  b.emit(Opcode.ParseSchema, db, 0, 0, `name=${quoteText(name)} AND type='index'`);
  b.emit(Opcode.Expire, 0, 1);
  return [];
}

/** Writes all rows of the table into an index; its root is in register `root`, or (0) as it stands. */
export function codeFillIndex(
  cg: Codegen,
  db: number,
  table: Table,
  index: Index,
  root: number,
): void {
  const { b } = cg;
  const data = b.newCursor();
  const target = b.newCursor();
  const sorter = b.newCursor();
  const record = b.newReg();
  const info = keyInfoForIndex(cg.env, index);
  b.emit(Opcode.SorterOpen, sorter, 0, index.keyColumns.length, info);
  openTableCursor(cg, data, db, table, false);
  const empty = b.emit(Opcode.Rewind, data);
  const read = b.here;
  cg.setMultiWrite();
  const key = codeIndexKey(cg, table, index, data, false);
  b.emit(Opcode.MakeRecord, key.base, key.count, record);
  b.emit(Opcode.SorterInsert, sorter, record);
  if (key.skip !== null) b.resolve(key.skip);
  b.emit(Opcode.Next, data, read);
  b.jumpHere(empty);
  if (root === 0) b.emit(Opcode.Clear, index.root, db);
  const flags = OPFLAG_BULKCSR | (root === 0 ? 0 : OPFLAG_P2ISREG);
  b.emit(Opcode.OpenWrite, target, root === 0 ? index.root : root, db, info, flags);
  const sorted = b.emit(Opcode.SorterSort, sorter);
  const repeated = b.newLabel();
  const keys = index.unique ? index.keyColumns.length : 0;
  // Index expressions may fail.
  if (!index.unique) cg.setMayAbort();
  b.emit(Opcode.IdxFill, target, repeated, sorter, keys);
  const filled = b.emit(Opcode.Goto);
  b.resolve(repeated);
  if (index.unique) haltUnique(cg, 'ABORT', table, index);
  b.jumpHere(filled);
  b.jumpHere(sorted);
  b.emit(Opcode.Close, data);
  b.emit(Opcode.Close, target);
  b.emit(Opcode.Close, sorter);
}
