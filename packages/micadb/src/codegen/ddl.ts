/**
 * What CREATE and DROP share: which database a name belongs to, name checks, rows of sqlite_schema,
 * the schema cookie. https://www.sqlite.org/schematab.html
 */
import { databaseIndex, fold, searchOrder } from '../bind/binder.ts';
import { Meta } from '../btree/types.ts';
import type { Index, Table } from '../catalog/types.ts';
import type { QualifiedName } from '../sql/ast.ts';
import { OPFLAG_APPEND } from '../vm/flags.ts';
import { Opcode } from '../vm/opcode.ts';
import type { Codegen } from './context.ts';
import { sqlError } from './dml.ts';

/** Columns of sqlite_schema: type, name, tbl_name, rootpage, sql. */
export const SCHEMA_COLUMNS = 5;
const SCHEMA_AFFINITIES = 'BBBDB';

/** The database a qualified name of a new object belongs to; main without a qualifier. */
export function databaseOfName(cg: Codegen, name: QualifiedName): number {
  if (name.schema === null) return 0;
  const db = databaseIndex(cg.env.catalog, name.schema.text);
  if (db < 0) throw sqlError(`unknown database ${name.schema.text}`);
  return db;
}

export function shownName(name: QualifiedName): string {
  return name.schema === null ? name.name.text : `${name.schema.text}.${name.name.text}`;
}

/** A name as it was written, for "... already exists". */
export function writtenName(
  cg: Codegen,
  name: { text: string; quote: string; pos: number },
): string {
  const { sql } = cg.env;
  if (name.quote === '' || name.pos < 0) return name.text;
  const close = name.quote === '[' ? ']' : name.quote;
  let at = name.pos + 1;
  while (at < sql.length) {
    if (sql[at] === close) {
      if (close !== ']' && sql[at + 1] === close) at += 1;
      else break;
    }
    at += 1;
  }
  return sql.slice(name.pos, at + 1);
}

/** "object name reserved for internal use: sqlite_x". */
export function checkObjectName(cg: Codegen, name: string): void {
  const { writableSchema, defensive } = cg.env.flags;
  if (/^sqlite_/i.test(name) && (!writableSchema || defensive)) {
    throw sqlError(`object name reserved for internal use: ${name}`);
  }
}

export function tableIn(cg: Codegen, db: number, name: string): Table | null {
  return cg.env.catalog.schemas[db]?.tables.get(fold(name)) ?? null;
}

/** Finds an index by name, in one database or (null) in all. */
export function findIndex(
  cg: Codegen,
  db: number | null,
  name: string,
): { readonly db: number; readonly index: Index } | null {
  for (const [at, schema] of searchOrder(cg.env.catalog)) {
    if (db !== null && at !== db) continue;
    const index = schema.indexes.get(fold(name)) ?? automaticIndex(schema.tables, name);
    if (index !== null) return { db: at, index };
  }
  return null;
}

function automaticIndex(tables: ReadonlyMap<string, Table>, name: string): Index | null {
  if (!/^sqlite_autoindex_/i.test(name)) return null;
  const wanted = fold(name);
  for (const table of tables.values()) {
    const found = table.indexes.find((i) => fold(i.name) === wanted);
    if (found !== undefined) return found;
  }
  return null;
}

/** Every other connection and program must read the schema again. */
export function codeChangeCookie(cg: Codegen, db: number): void {
  const next = (cg.env.schemaCookie(db) + 1) | 0;
  cg.b.emit(Opcode.SetCookie, db, Meta.SchemaVersion, next);
}

/** Opens sqlite_schema of `db` for writing. */
export function openSchemaTable(cg: Codegen, db: number): number {
  const cursor = cg.b.newCursor();
  cg.b.emit(Opcode.OpenWrite, cursor, 1, db, SCHEMA_COLUMNS);
  return cursor;
}

export type SchemaValue = string | number | null | { readonly register: number };

function codeValue(cg: Codegen, value: SchemaValue, reg: number): void {
  if (value === null) cg.b.emit(Opcode.Null, 0, reg);
  else if (typeof value === 'string') cg.b.emit(Opcode.String8, 0, reg, 0, value);
  else if (typeof value === 'number') cg.b.emit(Opcode.Integer, value, reg);
  else cg.b.emit(Opcode.SCopy, value.register, reg);
}

/** Writes one row of sqlite_schema through an open cursor, at `rowid` (a register) or at the end. */
export function codeSchemaRow(
  cg: Codegen,
  cursor: number,
  values: readonly [SchemaValue, SchemaValue, SchemaValue, SchemaValue, SchemaValue],
  rowid = 0,
): void {
  const { b } = cg;
  const base = b.newRegs(SCHEMA_COLUMNS);
  const record = b.newReg();
  values.forEach((v, i) => {
    codeValue(cg, v, base + i);
  });
  let at = rowid;
  if (at === 0) {
    at = b.newReg();
    b.emit(Opcode.NewRowid, cursor, at);
  }
  b.emit(Opcode.MakeRecord, base, SCHEMA_COLUMNS, record, SCHEMA_AFFINITIES);
  b.emit(Opcode.Insert, cursor, record, at, null, rowid === 0 ? OPFLAG_APPEND : 0);
}

/** A column of a schema or system table that must equal (or differ from) a text. */
export interface ColumnTest {
  readonly column: number;
  readonly value: string;
  readonly not?: boolean;
}

/**
 * Deletes the rows of a rowid table without indexes whose columns pass all tests (equality as `=`
 * with BINARY; NULL passes nothing).
 */
export function codeDeleteRows(
  cg: Codegen,
  db: number,
  root: number,
  columns: number,
  tests: readonly ColumnTest[],
): void {
  const { b } = cg;
  const cursor = b.newCursor();
  const value = b.newReg();
  const wanted = tests.map((t) => {
    const reg = b.newReg();
    b.emit(Opcode.String8, 0, reg, 0, t.value);
    return reg;
  });
  b.emit(Opcode.OpenWrite, cursor, root, db, columns);
  const done = b.newLabel();
  b.emit(Opcode.Rewind, cursor, done);
  const top = b.here;
  const next = b.newLabel();
  tests.forEach((t, i) => {
    b.emit(Opcode.Column, cursor, t.column, value);
    b.emit(t.not === true ? Opcode.Eq : Opcode.Ne, wanted[i]!, next, value, null, 0x10);
  });
  b.emit(Opcode.Delete, cursor, 0, 0, null, 2);
  b.resolve(next);
  b.emit(Opcode.Next, cursor, top);
  b.resolve(done);
  b.emit(Opcode.Close, cursor);
}

/** SQL text of a string literal. */
export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
