/**
 * CREATE TABLE, also AS SELECT. https://www.sqlite.org/lang_createtable.html
 *
 * The schema row is put in first (so that automatic indexes come after it) and filled in when the
 * table's rows are there.
 */
import { Binder } from '../bind/binder.ts';
import { bindSelect, bindSelfExpr, tableColumns } from '../bind/index.ts';
import type { Query, SourceColumn } from '../bind/tree.ts';
import { Meta } from '../btree/types.ts';
import { tableFromStatement } from '../catalog/build-table.ts';
import type { Table } from '../catalog/types.ts';
import type { CreateTable } from '../sql/ast.ts';
import { keywordOf } from '../sql/keywords.ts';
import { Affinity } from '../values/value.ts';
import { OPFLAG_APPEND, OPFLAG_P2ISREG } from '../vm/flags.ts';
import { Opcode } from '../vm/opcode.ts';
import type { ResultColumnInfo, TableInfo } from '../vm/types.ts';
import { codeColumn } from './column.ts';
import { Codegen } from './context.ts';
import {
  checkObjectName,
  codeChangeCookie,
  codeSchemaRow,
  databaseOfName,
  findIndex,
  openSchemaTable,
  quoteText,
  tableIn,
  writtenName,
} from './ddl.ts';
import { newBinder, sqlError } from './dml.ts';
import { collationByName } from './open.ts';
import { codeSelect } from './select.ts';

const SCHEMA_FORMAT = 4;
const ROWID_TREE = 1;
const INDEX_TREE = 2;

/** The record of an all-NULL schema row: header of six bytes, five NULLs. */
const EMPTY_ROW = Uint8Array.of(6, 0, 0, 0, 0, 0);

/** A new database gets its format and encoding with its first table. */
export function codeFileFormat(cg: Codegen, db: number): void {
  const { b } = cg;
  const reg = b.newReg();
  b.emit(Opcode.ReadCookie, db, reg, Meta.FileFormat);
  const known = b.emit(Opcode.If, reg);
  b.emit(Opcode.SetCookie, db, Meta.FileFormat, SCHEMA_FORMAT);
  b.emit(Opcode.SetCookie, db, Meta.TextEncoding, cg.env.encoding);
  b.jumpHere(known);
}

/**
 * Checks the name of a new table or view. Returns its database, or null when it exists already and
 * IF NOT EXISTS was said.
 */
export function checkNewTable(
  cg: Codegen,
  stmt: { readonly temp: boolean; readonly ifNotExists: boolean },
  name: CreateTable['table'],
): number | null {
  let db = databaseOfName(cg, name);
  if (stmt.temp) {
    if (name.schema !== null && db !== 1)
      throw sqlError('temporary table name must be unqualified');
    db = 1;
  }
  const text = name.name.text;
  checkObjectName(cg, text);
  const existing = tableIn(cg, db, text);
  if (existing !== null) {
    if (stmt.ifNotExists) {
      cg.readsDatabase(db);
      return null;
    }
    const kind = existing.kind === 'view' ? 'view' : 'table';
    throw sqlError(`${kind} ${writtenName(cg, name.name)} already exists`);
  }
  if (findIndex(cg, db, text) !== null) {
    throw sqlError(`there is already an index named ${text}`);
  }
  return db;
}

export function codeCreateTable(cg: Codegen, stmt: CreateTable): ResultColumnInfo[] {
  const db = checkNewTable(cg, stmt, stmt.table);
  if (db === null) return [];
  const { env } = cg;
  const name = stmt.table.name.text;
  if (stmt.select !== null) {
    codeTableAs(cg, stmt, db);
    return [];
  }
  const sql = `CREATE TABLE ${env.sql.slice(stmt.table.name.pos, stmt.end)}`;
  const table = tableFromStatement(stmt, {
    schema: env.databaseName(db),
    root: 0,
    sql,
    source: env.sql,
    honourDesc: true,
    maxColumns: env.limits.column,
    checkCollation: (name) => collationByName(env, name),
  });
  checkExpressions(cg, table);
  codeNewTable(cg, db, table, sql, null);
  if (table.autoincrement && tableIn(cg, db, 'sqlite_sequence') === null) {
    codeSequenceTable(cg, db);
  }
  cg.b.emit(Opcode.ParseSchema, db, 0, 0, `tbl_name=${quoteText(name)} AND type!='trigger'`);
  return [];
}

/** Binds what the table computes, for the errors. */
function checkExpressions(cg: Codegen, table: Table): void {
  const binder = newBinder(cg);
  for (const check of table.checks) bindSelfExpr(binder, table, check.expr, 'CHECK constraints');
  for (const c of table.columns) {
    if (c.generated !== null) bindSelfExpr(binder, table, c.generated.expr, 'generated columns');
  }
  checkLoops(cg, table);
}

/** Virtual columns that need each other: the last one that cannot be read is named. */
function checkLoops(cg: Codegen, table: Table): void {
  let failed: unknown = null;
  table.columns.forEach((c, i) => {
    if (c.generated === null || c.generated.stored) return;
    const trial = new Codegen(cg.env);
    try {
      codeColumn(trial, table, trial.b.newCursor(), i, trial.b.newReg());
    } catch (e) {
      failed = e;
    }
  });
  if (failed !== null) throw failed;
}

/** Trees and schema rows of a new table; `fill` codes its rows (root page in a register). */
function codeNewTable(
  cg: Codegen,
  db: number,
  table: Table,
  sql: string,
  fill: ((root: number) => void) | null,
): void {
  const { b } = cg;
  cg.writesDatabase(db, true);
  codeFileFormat(cg, db);
  const rowid = b.newReg();
  const root = b.newReg();
  const record = b.newReg();
  b.emit(Opcode.CreateBtree, db, root, table.withoutRowid ? INDEX_TREE : ROWID_TREE);
  const cursor = openSchemaTable(cg, db);
  b.emit(Opcode.NewRowid, cursor, rowid);
  b.emit(Opcode.Blob, EMPTY_ROW.length, record, 0, EMPTY_ROW);
  b.emit(Opcode.Insert, cursor, record, rowid, null, OPFLAG_APPEND);
  const automatic = table.indexes
    .filter((i) => !i.isPrimaryTree)
    .sort((x, y) => serial(x.name) - serial(y.name));
  for (const index of automatic) {
    const indexRoot = b.newReg();
    b.emit(Opcode.CreateBtree, db, indexRoot, INDEX_TREE);
    codeSchemaRow(cg, cursor, ['index', index.name, table.name, { register: indexRoot }, null]);
  }
  b.emit(Opcode.Close, cursor);
  fill?.(root);
  const again = openSchemaTable(cg, db);
  codeSchemaRow(cg, again, ['table', table.name, table.name, { register: root }, sql], rowid);
  b.emit(Opcode.Close, again);
  codeChangeCookie(cg, db);
}

function serial(name: string): number {
  return Number(name.slice(name.lastIndexOf('_') + 1));
}

/** sqlite_sequence comes with the first AUTOINCREMENT table. */
function codeSequenceTable(cg: Codegen, db: number): void {
  const { b } = cg;
  const root = b.newReg();
  b.emit(Opcode.CreateBtree, db, root, ROWID_TREE);
  const cursor = openSchemaTable(cg, db);
  const name = 'sqlite_sequence';
  const sql = 'CREATE TABLE sqlite_sequence(name,seq)';
  codeSchemaRow(cg, cursor, ['table', name, name, { register: root }, sql]);
  b.emit(Opcode.Close, cursor);
  b.emit(Opcode.ParseSchema, db, 0, 0, `tbl_name='${name}' AND type!='trigger'`);
}

// -- CREATE TABLE ... AS ------------------------------------------------------------------------------

function identifier(name: string): string {
  const plain = /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && keywordOf(name, 0, name.length) === '';
  if (plain) return name;
  return `"${name.replaceAll('"', '""')}"`;
}

function identifierLength(name: string): number {
  let n = 2;
  for (const c of name) n += c === '"' ? 2 : new TextEncoder().encode(c).length;
  return n;
}

function typeName(affinity: Affinity): string {
  switch (affinity) {
    case Affinity.Text:
      return ' TEXT';
    case Affinity.Numeric:
    case Affinity.Flexnum:
      return ' NUM';
    case Affinity.Integer:
      return ' INT';
    case Affinity.Real:
      return ' REAL';
    case Affinity.None:
    case Affinity.Blob:
      return '';
  }
}

/** The text that is stored for a table made from a query. */
function tableText(name: string, columns: readonly SourceColumn[]): string {
  const length = columns.reduce((n, c) => n + identifierLength(c.name) + 5, identifierLength(name));
  const short = length < 50;
  const items = columns.map((c) => identifier(c.name) + typeName(c.affinity));
  const body = short ? items.join(',') : `\n  ${items.join(',\n  ')}\n`;
  return `CREATE TABLE ${identifier(name)}(${body})`;
}

function codeTableAs(cg: Codegen, stmt: CreateTable, db: number): void {
  const { b } = cg;
  const name = stmt.table.name.text;
  const binder = new Binder(cg.env, cg.nextSourceId);
  const query: Query = bindSelect(binder, stmt.select!, null);
  const columns = tableColumns(binder, query, null);
  const sql = tableText(name, columns);
  const letters = columns.map((c) => Math.max(c.affinity, Affinity.Blob));
  const table = tableShell(name, cg.env.databaseName(db), sql);
  const told: TableInfo | null = cg.env.flags.rowListener
    ? {
        kind: 'table',
        schema: table.schema,
        name,
        withoutRowid: false,
        columns: columns.map((c) => ({
          name: c.name,
          strictType: null,
          generatedVirtual: false,
          generatedStored: false,
        })),
      }
    : null;
  codeNewTable(cg, db, table, sql, (root) => {
    const cursor = b.newCursor();
    const yieldReg = b.newReg();
    const count = columns.length;
    const base = b.newRegs(count);
    const record = b.newReg();
    const rowid = b.newReg();
    const after = b.newLabel();
    b.emit(Opcode.OpenWrite, cursor, root, db, count, OPFLAG_P2ISREG);
    b.emit(Opcode.InitCoroutine, yieldReg, after, b.here + 1);
    b.clearTemps();
    codeSelect(cg, query, { kind: 'coroutine', yieldReg, base, count });
    b.emit(Opcode.EndCoroutine, yieldReg);
    b.clearTemps();
    b.resolve(after);
    const done = b.newLabel();
    const top = b.here;
    b.emit(Opcode.Yield, yieldReg, done);
    b.emit(Opcode.MakeRecord, base, count, record, String.fromCharCode(...letters));
    b.emit(Opcode.NewRowid, cursor, rowid);
    b.emit(Opcode.Insert, cursor, record, rowid, told, OPFLAG_APPEND);
    b.emit(Opcode.Goto, 0, top);
    b.resolve(done);
    b.emit(Opcode.Close, cursor);
  });
  b.emit(Opcode.ParseSchema, db, 0, 0, `tbl_name=${quoteText(name)} AND type!='trigger'`);
}

function tableShell(name: string, schema: string, sql: string): Table {
  return {
    kind: 'table',
    name,
    schema,
    root: 0,
    columns: [],
    rowidColumn: -1,
    withoutRowid: false,
    strict: false,
    autoincrement: false,
    rowidConflict: null,
    checks: [],
    foreignKeys: [],
    indexes: [],
    primaryKeyIndex: null,
    hasGenerated: false,
    view: null,
    virtual: null,
    sql,
    rowLogEst: 200,
    hasStat1: false,
    rowSizeEst: 0,
    readOnly: false,
    system: false,
  };
}
