/**
 * Tables from CREATE TABLE, CREATE VIEW and CREATE VIRTUAL TABLE: columns and types, keys,
 * constraints, foreign keys, and the errors that need no other table.
 */
import type {
  ColumnConstraint,
  ColumnDef,
  ConflictAction,
  CreateTable,
  CreateView,
  CreateVirtualTable,
  Expr,
  ForeignKeyClause,
  IndexedColumn,
} from '../sql/ast.ts';
import { affinityOfType } from '../values/affinity.ts';
import { Affinity } from '../values/value.ts';
import { finishIndex, insertIndex, keyColumns, type TableShape } from './build-index.ts';
import { logEst } from './log-est.ts';
import { fold, sameName, schemaError } from './names.ts';
import type { CheckConstraint, Column, ForeignKey, Index, IndexColumn, Table } from './types.ts';

export interface BuildOptions {
  readonly schema: string;
  /** Root page, 0 while it is not known. */
  readonly root: number;
  readonly sql: string;
  /** The SQL text that the statement's offsets refer to. */
  readonly source: string;
  /** Schema format 4 and newer: DESC in indexes counts. */
  readonly honourDesc: boolean;
  readonly maxColumns: number;
}

/** Rows of a table without statistics: 1,048,576. */
const DEFAULT_ROWS = 200;

const STRICT_TYPES = new Map<string, Affinity>([
  ['ANY', Affinity.Blob],
  ['BLOB', Affinity.Blob],
  ['INT', Affinity.Integer],
  ['INTEGER', Affinity.Integer],
  ['REAL', Affinity.Real],
  ['TEXT', Affinity.Text],
]);

/** Estimated size of a column, where an integer is 1 (VARCHAR(k) is k/4 + 1, TEXT and BLOB 5). */
export function columnSize(declType: string | null): number {
  if (declType === null) return 1;
  const affinity = affinityOfType(declType);
  if (affinity >= Affinity.Numeric) return 1;
  const upper = declType.toUpperCase();
  const char = upper.lastIndexOf('CHAR');
  const blob = /BLOB\(/.exec(upper);
  if (char >= 0 || blob !== null) {
    const digits = /\d+/.exec(upper.slice(char >= 0 ? char : blob!.index));
    return Math.min(255, Math.floor(Number(digits?.[0] ?? 0) / 4) + 1);
  }
  return 5;
}

interface Draft {
  name: string;
  declType: string | null;
  affinity: Affinity;
  collation: string;
  notNull: ConflictAction | null;
  default: Expr | null;
  defaultText: string | null;
  generated: { expr: Expr; stored: boolean } | null;
  primaryKey: number;
}

/** A key as written: PRIMARY KEY or UNIQUE, in the order of the text. */
interface Key {
  readonly kind: 'pk' | 'u';
  readonly terms: readonly IndexedColumn[];
  readonly onConflict: ConflictAction | null;
  readonly autoincrement: boolean;
  /** Written behind a column (INTEGER PRIMARY KEY DESC is no rowid alias there). */
  readonly columnDesc: boolean;
}

interface Parsed {
  readonly columns: Draft[];
  readonly keys: Key[];
  readonly checks: CheckConstraint[];
  readonly foreignKeys: { from: number[]; clause: ForeignKeyClause }[];
}

function checkText(expr: Expr, source: string): string {
  return source.slice(expr.pos, expr.end).trim();
}

function columnTerm(def: ColumnDef): IndexedColumn {
  return {
    expr: { kind: 'id', name: def.name, pos: def.pos, end: def.pos },
    desc: false,
    nulls: null,
  };
}

function applyColumnConstraint(
  p: Parsed,
  draft: Draft,
  index: number,
  def: ColumnDef,
  c: ColumnConstraint,
  options: BuildOptions,
): void {
  switch (c.kind) {
    case 'primaryKey':
      p.keys.push({
        kind: 'pk',
        terms: [{ ...columnTerm(def), desc: c.desc }],
        onConflict: c.onConflict,
        autoincrement: c.autoincrement,
        columnDesc: c.desc,
      });
      return;
    case 'notNull':
      draft.notNull = c.onConflict ?? 'ABORT';
      return;
    case 'null':
      return;
    case 'unique':
      p.keys.push({
        kind: 'u',
        terms: [columnTerm(def)],
        onConflict: c.onConflict,
        autoincrement: false,
        columnDesc: false,
      });
      return;
    case 'check':
      p.checks.push({
        name: c.name?.text ?? null,
        expr: c.expr,
        text: checkText(c.expr, options.source),
      });
      return;
    case 'default':
      if (draft.generated !== null) throw schemaError('cannot use DEFAULT on a generated column');
      checkDefault(c.expr, def.name.text);
      draft.default = c.expr;
      draft.defaultText = c.text;
      return;
    case 'collate':
      draft.collation = c.collation.text;
      return;
    case 'references':
      p.foreignKeys.push({ from: [index], clause: c.clause });
      return;
    case 'generated':
      if (draft.default !== null) throw schemaError('cannot use DEFAULT on a generated column');
      draft.generated = { expr: c.expr, stored: c.stored };
      return;
  }
}

/** A default must be constant: no columns, parameters or subqueries. */
function checkDefault(e: Expr, column: string): void {
  if (!isConstantDefault(e)) {
    throw schemaError(`default value of column [${column}] is not constant`);
  }
}

function isConstantDefault(e: Expr): boolean {
  switch (e.kind) {
    case 'null':
    case 'integer':
    case 'real':
    case 'string':
    case 'blob':
    case 'current':
      return true;
    case 'id':
      // A double-quoted word may be a string; of bare ones only TRUE and FALSE are constant.
      return e.name.quote === '"' || /^(true|false)$/i.test(e.name.text);
    case 'unary':
    case 'cast':
    case 'collate':
      return isConstantDefault(e.operand);
    case 'binary':
      return isConstantDefault(e.left) && isConstantDefault(e.right);
    case 'like':
      return [e.left, e.right, ...(e.escape === null ? [] : [e.escape])].every(isConstantDefault);
    case 'between':
      return [e.operand, e.low, e.high].every(isConstantDefault);
    case 'in':
      return e.source.kind === 'list' && [e.operand, ...e.source.items].every(isConstantDefault);
    case 'case':
      return [
        ...(e.operand === null ? [] : [e.operand]),
        ...e.whens.flatMap((w) => [w.when, w.then]),
        ...(e.otherwise === null ? [] : [e.otherwise]),
      ].every(isConstantDefault);
    case 'function':
      return e.args !== 'star' && e.over === null && e.args.every(isConstantDefault);
    case 'vector':
      return e.items.every(isConstantDefault);
    case 'parameter':
    case 'column':
    case 'exists':
    case 'subquery':
    case 'raise':
      return false;
  }
}

function readColumns(stmt: CreateTable, options: BuildOptions): Parsed {
  const p: Parsed = { columns: [], keys: [], checks: [], foreignKeys: [] };
  const seen = new Set<string>();
  const table = stmt.table.name.text;
  if (stmt.columns.length > options.maxColumns) throw schemaError(`too many columns on ${table}`);
  stmt.columns.forEach((def, index) => {
    const folded = fold(def.name.text);
    if (seen.has(folded)) throw schemaError(`duplicate column name: ${def.name.text}`);
    seen.add(folded);
    const declType = def.type === null || def.type.text === '' ? null : def.type.text;
    const draft: Draft = {
      name: def.name.text,
      declType,
      affinity: declType === null ? Affinity.Blob : affinityOfType(declType),
      collation: 'BINARY',
      notNull: null,
      default: null,
      defaultText: null,
      generated: null,
      primaryKey: 0,
    };
    p.columns.push(draft);
    for (const c of def.constraints) applyColumnConstraint(p, draft, index, def, c, options);
  });
  readTableConstraints(stmt, p, options);
  return p;
}

function readTableConstraints(stmt: CreateTable, p: Parsed, options: BuildOptions): void {
  for (const c of stmt.constraints) {
    switch (c.kind) {
      case 'primaryKey':
      case 'unique':
        p.keys.push({
          kind: c.kind === 'unique' ? 'u' : 'pk',
          terms: c.columns,
          onConflict: c.onConflict,
          autoincrement: c.kind === 'primaryKey' && c.autoincrement,
          columnDesc: false,
        });
        break;
      case 'check':
        p.checks.push({
          name: c.name?.text ?? null,
          expr: c.expr,
          text: checkText(c.expr, options.source),
        });
        break;
      case 'foreignKey': {
        const from = c.columns.map((n) => {
          const i = p.columns.findIndex((d) => sameName(d.name, n.text));
          if (i < 0) {
            throw schemaError(`unknown column "${n.text}" in foreign key definition`);
          }
          return i;
        });
        const to = c.clause.columns;
        if (to !== null && to.length !== from.length) {
          throw schemaError(
            'number of columns in foreign key does not match the number of columns in the referenced table',
          );
        }
        p.foreignKeys.push({ from, clause: c.clause });
        break;
      }
    }
  }
}

function foreignKeysOf(table: string, p: Parsed): ForeignKey[] {
  const count = p.foreignKeys.length;
  return p.foreignKeys
    .map(({ from, clause }, i): ForeignKey => {
      if (clause.columns !== null && clause.columns.length !== from.length) {
        throw schemaError(
          `foreign key on ${p.columns[from[0]!]!.name} should reference only one column of table ${clause.table.text}`,
        );
      }
      return {
        child: table,
        parent: clause.table.text,
        columns: from.map((f, k) => ({ from: f, to: clause.columns?.[k]?.text ?? null })),
        onDelete: clause.onDelete,
        onUpdate: clause.onUpdate,
        deferred: clause.deferred,
        id: count - 1 - i,
        match: 'NONE',
      };
    })
    .reverse();
}

/** The INTEGER PRIMARY KEY column that stands for the rowid, -1 when there is none. */
function rowidAlias(p: Parsed, key: Key, terms: readonly IndexColumn[]): number {
  if (terms.length !== 1 || terms[0]!.column < 0 || key.columnDesc) return -1;
  const type = p.columns[terms[0]!.column]!.declType;
  return type !== null && sameName(type, 'INTEGER') ? terms[0]!.column : -1;
}

function strictColumns(table: string, p: Parsed): void {
  for (const c of p.columns) {
    if (c.declType === null) throw schemaError(`missing datatype for ${table}.${c.name}`);
    const affinity = STRICT_TYPES.get(c.declType.toUpperCase());
    if (affinity === undefined) {
      throw schemaError(`unknown datatype for ${table}.${c.name}: "${c.declType}"`);
    }
    c.affinity = affinity;
  }
}

function checkGenerated(p: Parsed): void {
  if (p.columns.every((c) => c.generated !== null)) {
    throw schemaError('must have at least one non-generated column');
  }
  for (const c of p.columns) {
    if (c.generated !== null && c.primaryKey > 0) {
      throw schemaError('generated columns cannot be part of the PRIMARY KEY');
    }
  }
}

interface Keys {
  readonly rowid: number;
  readonly rowidConflict: ConflictAction | null;
  readonly autoincrement: boolean;
  readonly primaryKey: readonly IndexColumn[] | null;
  /** Automatic indexes as (key columns, origin, conflict), in order of creation. */
  readonly automatic: {
    columns: IndexColumn[];
    origin: 'pk' | 'u';
    onConflict: ConflictAction | null;
  }[];
}

/** Sorts the keys out: rowid alias, automatic indexes, duplicates merged. */
function resolveKeys(stmt: CreateTable, p: Parsed, options: BuildOptions): Keys {
  const table = stmt.table.name.text;
  let rowid = -1;
  let rowidConflict: ConflictAction | null = null;
  let autoincrement = false;
  let primaryKey: IndexColumn[] | null = null;
  let rowidKey: IndexColumn[] = [];
  const automatic: Keys['automatic'] = [];
  for (const key of p.keys) {
    const columns = keyColumns(
      { name: table, columns: asColumns(p) },
      key.terms,
      true,
      options.honourDesc,
    );
    if (key.kind === 'pk') {
      if (primaryKey !== null || rowid >= 0) {
        throw schemaError(`table "${table}" has more than one primary key`);
      }
      columns.forEach((c, i) => {
        const draft = p.columns[c.column]!;
        if (draft.primaryKey === 0) draft.primaryKey = i + 1;
      });
      const alias = rowidAlias(p, key, columns);
      if (key.autoincrement && alias < 0) {
        throw schemaError('AUTOINCREMENT is only allowed on an INTEGER PRIMARY KEY');
      }
      if (alias >= 0) {
        rowid = alias;
        rowidConflict = key.onConflict;
        autoincrement = key.autoincrement;
        rowidKey = columns;
        continue;
      }
      primaryKey = columns;
    }
    const same = automatic.find(
      (a) =>
        a.columns.length === columns.length &&
        a.columns.every(
          (c, i) => c.column === columns[i]!.column && sameName(c.collation, columns[i]!.collation),
        ),
    );
    if (same === undefined) {
      automatic.push({ columns, origin: key.kind, onConflict: key.onConflict });
      continue;
    }
    if (same.onConflict !== null && key.onConflict !== null && same.onConflict !== key.onConflict) {
      throw schemaError('conflicting ON CONFLICT clauses specified');
    }
    same.onConflict ??= key.onConflict;
    if (key.kind === 'pk') same.origin = 'pk';
  }
  if (!stmt.withoutRowid) return { rowid, rowidConflict, autoincrement, primaryKey, automatic };
  if (autoincrement) throw schemaError('AUTOINCREMENT not allowed on WITHOUT ROWID tables');
  if (rowid >= 0) {
    automatic.push({ columns: rowidKey, origin: 'pk', onConflict: rowidConflict });
    return {
      rowid: -1,
      rowidConflict: null,
      autoincrement: false,
      primaryKey: rowidKey,
      automatic,
    };
  }
  if (primaryKey === null) throw schemaError(`PRIMARY KEY missing on table ${table}`);
  const own = automatic.find((a) => a.origin === 'pk')!;
  own.columns = own.columns.filter(
    (c, i) =>
      own.columns.findIndex((d) => d.column === c.column && sameName(d.collation, c.collation)) ===
      i,
  );
  return {
    rowid: -1,
    rowidConflict: null,
    autoincrement: false,
    primaryKey: own.columns,
    automatic,
  };
}

function asColumns(p: Parsed): Column[] {
  return p.columns.map((c) => ({ ...c, hidden: false, storage: -1 }));
}

/** A table from its CREATE TABLE statement. Throws SQLITE_ERROR with SQLite's messages. */
export function tableFromStatement(stmt: CreateTable, options: BuildOptions): Table {
  const name = stmt.table.name.text;
  const p = readColumns(stmt, options);
  if (stmt.strict) strictColumns(name, p);
  const keys = resolveKeys(stmt, p, options);
  checkGenerated(p);
  if (stmt.withoutRowid) {
    for (const c of p.columns) if (c.primaryKey > 0) c.notNull ??= 'ABORT';
  } else if (stmt.strict) {
    for (const c of keys.primaryKey ?? []) p.columns[c.column]!.notNull ??= null;
  }
  const drafts = asColumns(p);
  const sizes = p.columns.map((c) => columnSize(c.declType));
  const shape: TableShape = {
    name,
    columns: drafts,
    sizes,
    rowLogEst: DEFAULT_ROWS,
    withoutRowid: stmt.withoutRowid,
    primaryKey: keys.primaryKey ?? [],
  };
  let indexes: Index[] = [];
  keys.automatic.forEach((a, i) => {
    const isTree = stmt.withoutRowid && a.origin === 'pk';
    indexes = insertIndex(
      indexes,
      finishIndex(shape, {
        name: `sqlite_autoindex_${name}_${i + 1}`,
        root: isTree ? options.root : 0,
        keyColumns: a.columns,
        unique: true,
        onConflict: a.onConflict ?? 'ABORT',
        where: null,
        origin: a.origin,
        sql: null,
      }),
    );
  });
  const primaryKeyIndex = stmt.withoutRowid ? indexes.find((i) => i.isPrimaryTree)! : null;
  const width = sizes.reduce((a, b) => a + b, 0) + (keys.rowid < 0 ? 1 : 0);
  return {
    kind: 'table',
    name,
    schema: options.schema,
    root: options.root,
    columns: withStorage(drafts, primaryKeyIndex),
    rowidColumn: keys.rowid,
    withoutRowid: stmt.withoutRowid,
    strict: stmt.strict,
    autoincrement: keys.autoincrement,
    rowidConflict: keys.rowidConflict,
    checks: p.checks,
    foreignKeys: foreignKeysOf(name, p),
    indexes,
    primaryKeyIndex,
    hasGenerated: p.columns.some((c) => c.generated !== null),
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
