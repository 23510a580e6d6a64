/**
 * ALTER TABLE ADD COLUMN: the new definition goes into the table's text; rows stay as they are (a
 * record that is too short has the column's default). What the new column demands of old rows is
 * checked before the statement ends.
 */
import { bindSelfExpr } from '../bind/index.ts';
import { Meta } from '../btree/types.ts';
import { tableFromStatement } from '../catalog/build-table.ts';
import type { Column, Table } from '../catalog/types.ts';
import type { AlterTable } from '../sql/ast.ts';
import { parseStatement } from '../sql/parser.ts';
import { ResultCode } from '../values/errors.ts';
import { TYPE_BLOB, TYPE_INTEGER, TYPE_NULL, TYPE_REAL, TYPE_TEXT } from '../vm/flags.ts';
import { Opcode } from '../vm/opcode.ts';
import { codeColumn, columnDefault } from './column.ts';
import type { Codegen } from './context.ts';
import { codeChangeCookie, codeSchemaRow, openSchemaTable } from './ddl.ts';
import { newBinder, sameName, sqlError, withSelfCursor } from './dml.ts';
import { jumpIfTrue } from './expr.ts';
import { collationByName, openTableCursor } from './open.ts';

type AddColumn = Extract<AlterTable, { action: 'addColumn' }>;

/** Where in a CREATE TABLE text the columns end: at the comma of the first constraint, or the ")". */
function columnsEnd(sql: string): number {
  const statement = parseStatement(sql)?.statement;
  if (statement?.kind !== 'createTable') throw sqlError('malformed database schema');
  let at = statement.columns[statement.columns.length - 1]!.end;
  for (;;) {
    const rest = sql.slice(at);
    const gap = /^(?:\s+|--[^\n]*(?:\n|$)|\/\*[\s\S]*?(?:\*\/|$))/.exec(rest);
    if (gap === null) return at;
    at += gap[0].length;
  }
}

function checkDefinition(cg: Codegen, table: Table, stmt: AddColumn): void {
  const { column } = stmt;
  const has = (kind: string): boolean => column.constraints.some((c) => c.kind === kind);
  if (table.columns.some((c) => sameName(c.name, column.name.text))) {
    throw sqlError(`duplicate column name: ${column.name.text}`);
  }
  if (has('primaryKey')) throw sqlError('Cannot add a PRIMARY KEY column');
  if (has('unique')) throw sqlError('Cannot add a UNIQUE column');
  if (table.columns.length >= cg.env.limits.column) {
    throw sqlError(`too many columns on ${table.name}`);
  }
}

/** Stops with a message unless the table is empty. */
function codeUnlessEmpty(cg: Codegen, db: number, table: Table, message: string): void {
  const { b } = cg;
  const cursor = b.newCursor();
  openTableCursor(cg, cursor, db, table, false);
  const empty = b.emit(Opcode.Rewind, cursor);
  cg.setMayAbort();
  b.emit(Opcode.Halt, ResultCode.SQLITE_ERROR, 2, 0, message);
  b.jumpHere(empty);
  b.emit(Opcode.Close, cursor);
}

export function codeAddColumn(cg: Codegen, db: number, table: Table, stmt: AddColumn): void {
  const { b, env } = cg;
  checkDefinition(cg, table, stmt);
  const at = columnsEnd(table.sql);
  const sql = `${table.sql.slice(0, at)}, ${stmt.text.trimEnd()}${table.sql.slice(at)}`;
  const parsed = parseStatement(sql)?.statement;
  if (parsed?.kind !== 'createTable') throw sqlError('malformed database schema');
  const fresh: Table = {
    ...tableFromStatement(parsed, {
      schema: table.schema,
      root: table.root,
      sql,
      source: sql,
      honourDesc: true,
      maxColumns: env.limits.column,
      checkCollation: (name) => collationByName(env, name),
    }),
    indexes: table.indexes,
    primaryKeyIndex: table.primaryKeyIndex,
  };
  const index = fresh.columns.findIndex((c) => sameName(c.name, stmt.column.name.text));
  const column = fresh.columns[index]!;
  const value = columnDefault(column);
  const hasReference = fresh.foreignKeys.some((fk) => fk.columns.some((c) => c.from === index));

  cg.writesDatabase(db, true);
  if (column.generated === null) {
    if (env.flags.foreignKeys && hasReference && value !== null) {
      const message = 'Cannot add a REFERENCES column with non-NULL default value';
      codeUnlessEmpty(cg, db, table, message);
    }
    if (column.notNull !== null && value === null) {
      const message = 'Cannot add a NOT NULL column with default value NULL';
      codeUnlessEmpty(cg, db, table, message);
    }
    if (column.default !== null && value === null && column.default.kind !== 'null') {
      codeUnlessEmpty(cg, db, table, 'Cannot add a column with non-constant default');
    }
  } else if (column.generated.stored) {
    codeUnlessEmpty(cg, db, table, 'cannot add a STORED column');
  }
  const binder = newBinder(cg);
  for (const check of fresh.checks) bindSelfExpr(binder, fresh, check.expr, 'CHECK constraints');
  if (column.generated !== null) {
    bindSelfExpr(binder, fresh, column.generated.expr, 'generated columns');
  }

  codeReplaceText(cg, db, table, sql);
  // Defaults of short records need schema format 3.
  const format = b.newReg();
  b.emit(Opcode.ReadCookie, db, format, Meta.FileFormat);
  b.emit(Opcode.AddImm, format, -2);
  const recent = b.emit(Opcode.IfPos, format);
  b.emit(Opcode.SetCookie, db, Meta.FileFormat, 3);
  b.jumpHere(recent);
  codeChangeCookie(cg, db);
  codeCheckRows(cg, db, fresh, column, index, table.checks.length);
  b.emit(Opcode.ParseSchema, db, 0, 0, null);
}

/** Gives the table's schema row a new text. */
export function codeReplaceText(cg: Codegen, db: number, table: Table, sql: string): void {
  const { b } = cg;
  const cursor = openSchemaTable(cg, db);
  const value = b.newReg();
  const type = b.newReg();
  const name = b.newReg();
  const rowid = b.newReg();
  const root = b.newReg();
  const done = b.newLabel();
  const next = b.newLabel();
  b.emit(Opcode.String8, 0, type, 0, 'table');
  b.emit(Opcode.String8, 0, name, 0, table.name);
  b.emit(Opcode.Rewind, cursor, done);
  const top = b.here;
  b.emit(Opcode.Column, cursor, 0, value);
  b.emit(Opcode.Ne, type, next, value, null, 0x10);
  b.emit(Opcode.Column, cursor, 1, value);
  b.emit(Opcode.Ne, name, next, value, null, 0x10);
  b.emit(Opcode.Column, cursor, 3, root);
  b.emit(Opcode.Rowid, cursor, rowid);
  codeSchemaRow(cg, cursor, ['table', table.name, table.name, { register: root }, sql], rowid);
  b.emit(Opcode.Goto, 0, done);
  b.resolve(next);
  b.emit(Opcode.Next, cursor, top);
  b.resolve(done);
  b.emit(Opcode.Close, cursor);
}

const STRICT_MASKS: Readonly<Record<string, number>> = {
  BLOB: TYPE_BLOB,
  INT: TYPE_INTEGER,
  INTEGER: TYPE_INTEGER,
  REAL: TYPE_INTEGER | TYPE_REAL,
  TEXT: TYPE_TEXT,
};

/** Rows that are there must satisfy what came with the column. */
function codeCheckRows(
  cg: Codegen,
  db: number,
  table: Table,
  column: Column,
  index: number,
  oldChecks: number,
): void {
  const checks = table.checks.length > oldChecks ? table.checks : [];
  const type = table.strict ? STRICT_MASKS[column.declType?.toUpperCase() ?? ''] : undefined;
  const generated = column.generated !== null;
  if (checks.length === 0 && type === undefined && !(generated && column.notNull !== null)) return;
  const { b } = cg;
  const cursor = b.newCursor();
  const value = b.newReg();
  const done = b.newLabel();
  const fail = (message: string): void => {
    cg.setMayAbort();
    b.emit(Opcode.Halt, ResultCode.SQLITE_ERROR, 2, 0, message);
  };
  const constants = cg.constants;
  cg.constants = null;
  openTableCursor(cg, cursor, db, table, false);
  b.emit(Opcode.Rewind, cursor, done);
  const top = b.here;
  codeColumn(cg, table, cursor, index, value);
  if (column.notNull !== null) {
    const ok = b.newLabel();
    b.emit(Opcode.NotNull, value, ok);
    fail('NOT NULL constraint failed');
    b.resolve(ok);
  }
  if (type !== undefined) {
    const ok = b.newLabel();
    b.emit(Opcode.IsType, -1, ok, value, 5, type | TYPE_NULL);
    fail('type mismatch on DEFAULT');
    b.resolve(ok);
  }
  for (const check of checks) {
    const ok = b.newLabel();
    const e = bindSelfExpr(newBinder(cg), table, check.expr, 'CHECK constraints');
    withSelfCursor(cg, table, cursor, () => jumpIfTrue(cg, e, ok, true));
    fail('CHECK constraint failed');
    b.resolve(ok);
  }
  b.emit(Opcode.Next, cursor, top);
  b.resolve(done);
  b.emit(Opcode.Close, cursor);
  cg.constants = constants;
}
