/**
 * What INSERT, UPDATE, DELETE, triggers and foreign keys share: opening a table with its indexes,
 * row images in registers, index keys, constraint halts.
 *
 * Layout of a row image: rowid in `rowid`, column i (table order) in `base + i`; a row that a trigger
 * may see has `base === rowid + 1`. Registers of an INTEGER PRIMARY KEY column hold NULL (the record
 * stores none), its value is the rowid's.
 */
import { Binder, fold } from '../bind/binder.ts';
import { bindSelfExpr } from '../bind/self.ts';
import type { BoundExpr } from '../bind/tree.ts';
import { isConstant } from '../bind/types.ts';
import type { Index, IndexColumn, Table } from '../catalog/types.ts';
import type { ConflictAction, Name, QualifiedName } from '../sql/ast.ts';
import { binaryCollation } from '../values/collation.ts';
import { ResultCode, type ResultCodeName, SqliteError } from '../values/errors.ts';
import type { Collation } from '../values/key.ts';
import { Affinity } from '../values/value.ts';
import { Opcode } from '../vm/opcode.ts';
import type { TableInfo } from '../vm/types.ts';
import type { Label } from './builder.ts';
import { codeColumn } from './column.ts';
import type { Codegen } from './context.ts';
import { codeExprTo, jumpIfFalse } from './expr.ts';
import { collationByName, openIndexCursor, openTableCursor } from './open.ts';

/** Conflict actions as Halt's P2 has them. */
export const conflictCode: Readonly<Record<ConflictAction, number>> = {
  ROLLBACK: 1,
  ABORT: 2,
  FAIL: 3,
  IGNORE: 4,
  REPLACE: 5,
};

/** P5 of Halt: which word comes before "constraint failed: ". */
export const HALT_NOTNULL = 1;
export const HALT_UNIQUE = 2;
export const HALT_CHECK = 3;
export const HALT_FOREIGNKEY = 4;

/** P5 of comparisons whose operands are never NULL. */
export const SQLITE_NOTNULL = 0x90;

export interface RowImage {
  readonly rowid: number;
  readonly base: number;
}

/** Cursors of an open table: `data` on its own tree, `indexes[i]` on `table.indexes[i]`. */
export interface TableCursors {
  readonly data: number;
  readonly indexes: readonly number[];
  /** Number of the first index's cursor: index i has `firstIndex + i` (but for a primary tree). */
  readonly firstIndex: number;
}

export function sqlError(message: string, offset = -1): SqliteError {
  return new SqliteError('SQLITE_ERROR', message, offset);
}

/** A binder for statements of this program: it sees OLD and NEW and the trigger's own database. */
export function newBinder(cg: Codegen): Binder {
  const t = cg.trigger;
  const binder = new Binder(
    cg.env,
    cg.nextSourceId,
    t === null
      ? null
      : { table: t.table, hasOld: t.event !== 'INSERT', hasNew: t.event !== 'DELETE' },
  );
  if (t !== null) binder.fixedDb = t.fixedDb ?? null;
  return binder;
}

export function nameOf(text: string): Name {
  return { text, quote: '', pos: -1 };
}

export function qualified(schema: string | null, name: string): QualifiedName {
  return { schema: schema === null ? null : nameOf(schema), name: nameOf(name) };
}

export function sameName(a: string, b: string): boolean {
  return a === b || fold(a) === fold(b);
}

export function columnIndex(table: Table, name: string): number {
  const folded = fold(name);
  return table.columns.findIndex((c) => fold(c.name) === folded);
}

// -- constraint halts ----------------------------------------------------------------------------

export function haltConstraint(
  cg: Codegen,
  code: ResultCodeName,
  action: ConflictAction,
  message: string | null,
  kind: number,
): void {
  if (action === 'ABORT') cg.setMayAbort();
  cg.b.emit(Opcode.Halt, ResultCode[code], conflictCode[action], 0, message, kind);
}

/** "UNIQUE constraint failed: t.a, t.b" for an index. */
export function haltUnique(cg: Codegen, action: ConflictAction, table: Table, index: Index): void {
  const hasExpr = index.keyColumns.some((c) => c.column === -2);
  const message = hasExpr
    ? `index '${index.name}'`
    : index.keyColumns.map((c) => `${table.name}.${table.columns[c.column]!.name}`).join(', ');
  const code = index.origin === 'pk' ? 'SQLITE_CONSTRAINT_PRIMARYKEY' : 'SQLITE_CONSTRAINT_UNIQUE';
  haltConstraint(cg, code, action, message, HALT_UNIQUE);
}

export function haltRowid(cg: Codegen, action: ConflictAction, table: Table): void {
  if (table.rowidColumn >= 0) {
    const message = `${table.name}.${table.columns[table.rowidColumn]!.name}`;
    haltConstraint(cg, 'SQLITE_CONSTRAINT_PRIMARYKEY', action, message, HALT_UNIQUE);
  } else {
    haltConstraint(cg, 'SQLITE_CONSTRAINT_ROWID', action, `${table.name}.rowid`, HALT_UNIQUE);
  }
}

// -- table facts ---------------------------------------------------------------------------------

const infos = new WeakMap<Table, TableInfo>();

/** P4 of Insert, Delete, Clear, TypeCheck. */
export function tableInfoOf(table: Table): TableInfo {
  let info = infos.get(table);
  if (info === undefined) {
    info = {
      kind: 'table',
      schema: table.schema,
      name: table.name,
      withoutRowid: table.withoutRowid,
      columns: table.columns.map((c) => ({
        name: c.name,
        strictType: table.strict && c.declType !== null ? c.declType.toUpperCase() : null,
        generatedVirtual: c.generated !== null && !c.generated.stored,
        generatedStored: c.generated?.stored ?? false,
      })),
    };
    infos.set(table, info);
  }
  return info;
}

export function isVirtualColumn(table: Table, column: number): boolean {
  const g = table.columns[column]!.generated;
  return g !== null && !g.stored;
}

/** Columns that are stored in a row's record, in record order of a rowid table. */
export function storedColumns(table: Table): number[] {
  const out: number[] = [];
  for (let i = 0; i < table.columns.length; i++) if (!isVirtualColumn(table, i)) out.push(i);
  return out;
}

/**
 * The stored columns of a row image in consecutive registers: the image itself where no virtual
 * column stands between them, else copies.
 */
export function storedRegisters(
  cg: Codegen,
  table: Table,
  base: number,
): { base: number; count: number; copied: readonly number[] | null } {
  const stored = storedColumns(table);
  if (stored.every((column, i) => column === i))
    return { base, count: stored.length, copied: null };
  const to = cg.b.newRegs(stored.length);
  stored.forEach((column, i) => {
    cg.b.emit(Opcode.SCopy, base + column, to + i);
  });
  return { base: to, count: stored.length, copied: stored };
}

function affinityString(table: Table): string {
  const letters = table.columns.map((c, i) =>
    isVirtualColumn(table, i) || c.affinity <= Affinity.Blob ? Affinity.Blob : c.affinity,
  );
  while (letters.length > 0 && letters[letters.length - 1] === Affinity.Blob) letters.pop();
  return String.fromCharCode(...letters);
}

/**
 * Applies column affinities to a row image, or checks its types in STRICT tables.
 * `generatedPending`: stored generated columns have no value yet and are not checked.
 */
export function codeTableAffinity(
  cg: Codegen,
  table: Table,
  base: number,
  generatedPending = false,
): void {
  if (table.strict) {
    const s = storedRegisters(cg, table, base);
    cg.b.emit(Opcode.TypeCheck, s.base, s.count, generatedPending ? 1 : 0, tableInfoOf(table));
    s.copied?.forEach((column, i) => {
      cg.b.emit(Opcode.SCopy, s.base + i, base + column);
    });
    return;
  }
  const letters = affinityString(table);
  if (letters.length > 0) cg.b.emit(Opcode.Affinity, base, letters.length, 0, letters);
}

// -- opening -------------------------------------------------------------------------------------

/** Cursor numbers for a table whose own cursor is (or will be) `data`. */
export function allocateCursors(cg: Codegen, table: Table, data: number): TableCursors {
  const indexes = table.indexes.map(() => cg.b.newCursor());
  const firstIndex = indexes[0] ?? -1;
  table.indexes.forEach((index, i) => {
    if (table.withoutRowid && index.isPrimaryTree) indexes[i] = data;
  });
  return { data, indexes, firstIndex };
}

/** Opens for writing the table (unless `skipData`) and the indexes that `wanted` says. */
export function openForWrite(
  cg: Codegen,
  db: number,
  table: Table,
  cursors: TableCursors,
  options: {
    readonly skipData?: boolean;
    readonly wanted?: (index: Index, i: number) => boolean;
    readonly flags?: number;
  } = {},
): void {
  const data = options.skipData !== true;
  if (data && !table.withoutRowid) openTableCursor(cg, cursors.data, db, table, true);
  table.indexes.forEach((index, i) => {
    if (table.withoutRowid && index.isPrimaryTree) {
      if (data) openIndexCursor(cg, cursors.data, db, index, true, 0);
    } else if (options.wanted === undefined || options.wanted(index, i)) {
      openIndexCursor(cg, cursors.indexes[i]!, db, index, true, options.flags ?? 0);
    }
  });
}

// -- columns and index keys ----------------------------------------------------------------------

/** An expression of the table itself, bound; results are kept by expression object. */
const selfExprs = new WeakMap<object, BoundExpr>();

export function boundIndexExpr(cg: Codegen, table: Table, column: IndexColumn): BoundExpr {
  let e = selfExprs.get(column);
  if (e === undefined) {
    e = bindSelfExpr(newBinder(cg), table, column.expr!, 'index expressions');
    selfExprs.set(column, e);
  }
  return e;
}

export function boundIndexWhere(cg: Codegen, table: Table, index: Index): BoundExpr {
  return bindSelfExpr(newBinder(cg), table, index.where!, 'partial index WHERE clauses');
}

export function boundGenerated(cg: Codegen, table: Table, column: number): BoundExpr {
  return bindSelfExpr(
    newBinder(cg),
    table,
    table.columns[column]!.generated!.expr,
    'generated columns',
  );
}

/** Runs `fn` while SELF stands for an open cursor. */
export function withSelfCursor(cg: Codegen, table: Table, cursor: number, fn: () => void): void {
  const saved = cg.self;
  cg.self = { kind: 'cursor', table, cursor };
  fn();
  cg.self = saved;
}

/** Runs `fn` while SELF stands for a row image. */
export function withSelfRow(cg: Codegen, table: Table, row: RowImage, fn: () => void): void {
  const saved = cg.self;
  const constants = cg.constants;
  cg.self = { kind: 'registers', table, base: row.base, rowid: row.rowid };
  fn();
  cg.self = saved;
  cg.constants = constants;
}

/** Loads column `column` of the index record for the row under the table cursor. */
function codeIndexColumn(
  cg: Codegen,
  table: Table,
  data: number,
  column: IndexColumn,
  target: number,
): void {
  if (column.column === -2) {
    const e = boundIndexExpr(cg, table, column);
    withSelfCursor(cg, table, data, () => codeExprTo(cg, e, target));
  } else if (column.column === -1 || column.column === table.rowidColumn) {
    cg.b.emit(Opcode.Rowid, data, target);
  } else {
    codeColumn(cg, table, data, column.column, target);
  }
}

/** How many leading fields of an index record tell an entry apart. */
export function distinguishingFields(index: Index): number {
  return index.uniqueNotNull ? index.keyColumns.length : index.columns.length;
}

/**
 * Puts the index key of the row under `data` in fresh registers. For a partial index control goes to
 * the returned label when the row is not in it (the caller resolves it).
 */
export function codeIndexKey(
  cg: Codegen,
  table: Table,
  index: Index,
  data: number,
  prefixOnly: boolean,
): { base: number; count: number; skip: Label | null } {
  let skip: Label | null = null;
  if (index.where !== null) {
    const label = cg.b.newLabel();
    const where = boundIndexWhere(cg, table, index);
    withSelfCursor(cg, table, data, () => jumpIfFalse(cg, where, label, true));
    skip = label;
  }
  const count = prefixOnly ? distinguishingFields(index) : index.columns.length;
  const base = cg.b.newRegs(count);
  for (let i = 0; i < count; i++) codeIndexColumn(cg, table, data, index.columns[i]!, base + i);
  return { base, count, skip };
}

export function collationNamed(cg: Codegen, name: string): Collation {
  return collationByName(cg.env, name) ?? binaryCollation(cg.env.encoding);
}

/** True when evaluating `e` for a default cannot differ between rows. */
export function isFactorable(e: BoundExpr): boolean {
  return isConstant(e);
}

export function databaseOf(cg: Codegen, table: Table): number {
  const { schemas } = cg.env.catalog;
  for (let db = 0; db < schemas.length; db++) {
    if (schemas[db]?.tables.get(fold(table.name)) === table) return db;
  }
  for (let db = 0; db < schemas.length; db++) {
    const schema = schemas[db];
    if (schema && fold(schema.name) === fold(table.schema)) return db;
  }
  return 0;
}
