/**
 * Tables from CREATE TABLE, CREATE VIEW and CREATE VIRTUAL TABLE statements: what STRICT and WITHOUT
 * ROWID make of the columns and keys, automatic indexes, places in the record, size estimates.
 */
import type { CreateTable, CreateView, CreateVirtualTable } from '../sql/ast.ts';
import { affinityOfType } from '../values/affinity.ts';
import { finishIndex, insertIndex, type TableShape } from './build-index.ts';
import { columnSize, strictAffinity } from './column-type.ts';
import { logEst } from './log-est.ts';
import { sameName, schemaError } from './names.ts';
import { type DraftOptions, type KeyDraft, TableDraft } from './table-draft.ts';
import type { Column, Index, Table } from './types.ts';

export { columnSize } from './column-type.ts';

export interface BuildOptions extends DraftOptions {
  readonly schema: string;
  /** Root page, 0 while it is not known. */
  readonly root: number;
  readonly sql: string;
  /** The SQL text that the statement's offsets refer to. */
  readonly source: string;
}

/** Rows of a table without statistics: 1,048,576. */
const DEFAULT_ROWS = 200;

/** STRICT: only the standard types, and primary keys are NOT NULL. */
function makeStrict(draft: TableDraft): void {
  draft.columns.forEach((c, i) => {
    if (c.declType === null) throw schemaError(`missing datatype for ${draft.name}.${c.name}`);
    const affinity = strictAffinity(c.declType);
    if (affinity === undefined) {
      throw schemaError(`unknown datatype for ${draft.name}.${c.name}: "${c.declType}"`);
    }
    c.affinity = affinity;
    if (c.primaryKey > 0 && i !== draft.rowid) c.notNull ??= 'ABORT';
  });
}

/** WITHOUT ROWID: the primary key is an index, the table's own tree. Gives that key. */
function makeWithoutRowid(draft: TableDraft): KeyDraft {
  if (draft.autoincrement) throw schemaError('AUTOINCREMENT not allowed on WITHOUT ROWID tables');
  if (draft.rowidKey !== null) {
    draft.mergeKey(draft.rowidKey);
    draft.rowid = -1;
    draft.rowidKey = null;
  }
  const key = draft.keys.find((k) => k.origin === 'pk');
  if (key === undefined) throw schemaError(`PRIMARY KEY missing on table ${draft.name}`);
  // A column that comes again with the same collation adds nothing.
  key.columns = key.columns.filter((c, i) => {
    const first = key.columns.findIndex(
      (d) => d.column === c.column && sameName(d.collation, c.collation),
    );
    return first === i;
  });
  for (const c of draft.columns) if (c.primaryKey > 0) c.notNull ??= 'ABORT';
  return key;
}

/** A table from its CREATE TABLE statement. Throws SQLITE_ERROR with SQLite's messages. */
export function tableFromStatement(stmt: CreateTable, options: BuildOptions): Table {
  const draft = new TableDraft(stmt, options);
  if (stmt.strict) makeStrict(draft);
  const treeKey = stmt.withoutRowid ? makeWithoutRowid(draft) : null;
  if (draft.columns.every((c) => c.generated !== null)) {
    throw schemaError('must have at least one non-generated column');
  }
  const columns = draft.asColumns();
  const sizes = draft.columns.map((c) => columnSize(c.declType));
  const indexes = automaticIndexes(draft, treeKey, options.root, columns, sizes);
  const primaryKeyIndex = indexes.find((i) => i.isPrimaryTree) ?? null;
  const width = sizes.reduce((a, b) => a + b, 0) + (draft.rowid < 0 ? 1 : 0);
  return {
    kind: 'table',
    name: draft.name,
    schema: options.schema,
    root: options.root,
    columns: withStorage(columns, primaryKeyIndex),
    rowidColumn: draft.rowid,
    withoutRowid: stmt.withoutRowid,
    strict: stmt.strict,
    autoincrement: draft.autoincrement,
    rowidConflict: draft.rowidKey?.onConflict ?? null,
    checks: draft.checks,
    foreignKeys: draft.foreignKeys,
    indexes,
    primaryKeyIndex,
    hasGenerated: columns.some((c) => c.generated !== null),
    view: null,
    virtual: null,
    sql: options.sql,
    rowLogEst: DEFAULT_ROWS,
    hasStat1: false,
    rowSizeEst: logEst(width * 4),
    readOnly: false,
    system: false,
  };
}

/** The indexes of UNIQUE and PRIMARY KEY, numbered in order of creation. */
function automaticIndexes(
  draft: TableDraft,
  treeKey: KeyDraft | null,
  root: number,
  columns: readonly Column[],
  sizes: readonly number[],
): Index[] {
  const shape: TableShape = {
    name: draft.name,
    columns,
    sizes,
    rowLogEst: DEFAULT_ROWS,
    withoutRowid: treeKey !== null,
    primaryKey: treeKey?.columns ?? [],
  };
  let indexes: Index[] = [];
  draft.keys.forEach((key, i) => {
    const index = finishIndex(shape, {
      name: `sqlite_autoindex_${draft.name}_${i + 1}`,
      root: key === treeKey ? root : 0,
      keyColumns: key.columns,
      unique: true,
      onConflict: key.onConflict ?? 'ABORT',
      where: null,
      origin: key.origin,
      sql: null,
    });
    indexes = insertIndex(indexes, index);
  });
  return indexes;
}

/** Gives each column its place in the stored record. */
function withStorage(columns: readonly Column[], tree: Index | null): Column[] {
  let next = 0;
  return columns.map((c, i) => {
    const virtual = c.generated !== null && !c.generated.stored;
    if (virtual) return { ...c, storage: -1 };
    const storage = tree === null ? next : tree.columns.findIndex((k) => k.column === i);
    next += 1;
    return { ...c, storage };
  });
}

/** What views and virtual tables have in common: no tree, no constraints. */
function bare(kind: 'view' | 'virtual', name: string, options: BuildOptions): Table {
  return {
    kind,
    name,
    schema: options.schema,
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
    sql: options.sql,
    rowLogEst: DEFAULT_ROWS,
    hasStat1: false,
    rowSizeEst: 0,
    readOnly: false,
    system: false,
  };
}

export function viewFromStatement(stmt: CreateView, options: BuildOptions): Table {
  return {
    ...bare('view', stmt.view.name.text, options),
    view: { select: stmt.select, columnNames: stmt.columns?.map((n) => n.text) ?? null },
  };
}

export function virtualFromStatement(stmt: CreateVirtualTable, options: BuildOptions): Table {
  return {
    ...bare('virtual', stmt.table.name.text, options),
    virtual: { module: stmt.module.text, args: stmt.args },
  };
}

/** sqlite_schema or sqlite_temp_schema: made by hand, since no row describes it. */
export function schemaTable(schema: string): Table {
  const name = schema === 'temp' ? 'sqlite_temp_master' : 'sqlite_master';
  const column = (n: string, type: string, i: number): Column => ({
    name: n,
    declType: type,
    affinity: affinityOfType(type),
    collation: 'BINARY',
    notNull: null,
    default: null,
    defaultText: null,
    generated: null,
    hidden: false,
    primaryKey: 0,
    storage: i,
  });
  const columns = [
    column('type', 'TEXT', 0),
    column('name', 'TEXT', 1),
    column('tbl_name', 'TEXT', 2),
    column('rootpage', 'INT', 3),
    column('sql', 'TEXT', 4),
  ];
  const width = columns.reduce((sum, c) => sum + columnSize(c.declType), 1);
  return {
    ...bare('view', name, {
      schema,
      root: 1,
      sql: 'CREATE TABLE x(type text,name text,tbl_name text,rootpage int,sql text)',
      source: '',
      honourDesc: true,
      maxColumns: 2000,
    }),
    kind: 'table',
    root: 1,
    columns,
    rowSizeEst: logEst(width * 4),
    readOnly: true,
    system: true,
  };
}
