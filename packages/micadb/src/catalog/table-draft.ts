/**
 * A table while its CREATE TABLE statement is read, in the order of the text: so its errors come in
 * SQLite's order too. Columns, defaults, keys, checks and foreign keys; what WITHOUT ROWID and STRICT
 * mean is decided at the end (build-table.ts).
 */
import type {
  ColumnConstraint,
  ColumnDef,
  ConflictAction,
  CreateTable,
  Expr,
  ForeignKeyClause,
  IndexedColumn,
  TableConstraint,
} from '../sql/ast.ts';
import type { Affinity } from '../values/value.ts';
import { keyColumns } from './build-index.ts';
import { columnAffinity, shownType } from './column-type.ts';
import { isConstantDefault } from './default-value.ts';
import { fold, sameName, schemaError } from './names.ts';
import type { CheckConstraint, Column, ForeignKey, IndexColumn } from './types.ts';

/** A column in the making. */
export interface ColumnDraft {
  readonly name: string;
  readonly declType: string | null;
  affinity: Affinity;
  collation: string;
  notNull: ConflictAction | null;
  default: Expr | null;
  defaultText: string | null;
  generated: { readonly expr: Expr; readonly stored: boolean } | null;
  primaryKey: number;
}

/** An automatic index in the making. */
export interface KeyDraft {
  columns: IndexColumn[];
  origin: 'pk' | 'u';
  /** Null: no ON CONFLICT clause. */
  onConflict: ConflictAction | null;
}

/** PRIMARY KEY as written. */
interface PrimaryKey {
  readonly terms: readonly IndexedColumn[];
  readonly onConflict: ConflictAction | null;
  readonly autoincrement: boolean;
  /** DESC behind a column: then INTEGER PRIMARY KEY is no rowid alias. */
  readonly columnDesc: boolean;
}

export interface DraftOptions {
  /** Schema format 4 and newer: DESC in indexes counts. */
  readonly honourDesc: boolean;
  readonly maxColumns: number;
  /** Read from sqlite_schema, where SQLite is milder with old sins. */
  readonly loading?: boolean;
  /** A new table: called for each collation that a column or key names; throws when there is none. */
  readonly checkCollation?: (name: string) => void;
}

export class TableDraft {
  readonly name: string;
  readonly columns: ColumnDraft[] = [];
  readonly checks: CheckConstraint[] = [];
  readonly foreignKeys: ForeignKey[] = [];
  /** Automatic indexes in order of creation. */
  readonly keys: KeyDraft[] = [];
  /** The INTEGER PRIMARY KEY column that stands for the rowid, -1 when there is none. */
  rowid = -1;
  /** The key of that column as it would be were it an index. */
  rowidKey: KeyDraft | null = null;
  autoincrement = false;
  private hasPrimaryKey = false;
  private readonly places = new Map<string, number>();

  constructor(
    stmt: CreateTable,
    private readonly options: DraftOptions,
  ) {
    this.name = stmt.table.name.text;
    for (const c of stmt.columns) this.addColumn(c);
    for (const c of stmt.constraints) this.addConstraint(c);
  }

  /** The columns as far as they are known. */
  asColumns(): Column[] {
    return this.columns.map((c) => ({ ...c, hidden: false, storage: -1 }));
  }

  private addColumn(def: ColumnDef): void {
    const name = def.name.text;
    if (this.columns.length >= this.options.maxColumns) {
      throw schemaError(`too many columns on ${this.name}`);
    }
    const folded = fold(name);
    if (this.places.has(folded)) throw schemaError(`duplicate column name: ${name}`);
    this.places.set(folded, this.columns.length);
    const declType = def.type === null ? null : shownType(def.type.text);
    const column: ColumnDraft = {
      name,
      declType,
      affinity: columnAffinity(declType),
      collation: 'BINARY',
      notNull: null,
      default: null,
      defaultText: null,
      generated: null,
      primaryKey: 0,
    };
    this.columns.push(column);
    for (const c of def.constraints) this.addColumnConstraint(column, def, c);
  }

  private addColumnConstraint(column: ColumnDraft, def: ColumnDef, c: ColumnConstraint): void {
    const index = this.columns.length - 1;
    const term: IndexedColumn = {
      expr: { kind: 'id', name: def.name, pos: def.pos, end: def.pos },
      desc: false,
      nulls: null,
    };
    switch (c.kind) {
      case 'primaryKey':
        this.addPrimaryKey({ ...c, terms: [{ ...term, desc: c.desc }], columnDesc: c.desc });
        return;
      case 'notNull':
        column.notNull = c.onConflict ?? 'ABORT';
        return;
      case 'null':
        return;
      case 'unique':
        this.addKey([term], 'u', c.onConflict);
        return;
      case 'check':
        this.checks.push({ name: c.name?.text ?? null, expr: c.expr, text: c.text });
        return;
      case 'default':
        this.setDefault(column, c);
        return;
      case 'collate':
        this.setCollation(column, index, c.collation.text);
        return;
      case 'references':
        this.addForeignKey([index], c.clause);
        return;
      case 'generated':
        if (column.default !== null) {
          throw schemaError(`error in generated column "${column.name}"`);
        }
        column.generated = { expr: c.expr, stored: c.stored };
        if (column.primaryKey > 0) throw generatedKey();
    }
  }

  private setDefault(column: ColumnDraft, c: ColumnConstraint & { kind: 'default' }): void {
    if (!isConstantDefault(c.expr) && !this.isOldParameter(c.expr)) {
      throw schemaError(`default value of column [${column.name}] is not constant`);
    }
    if (column.generated !== null) throw schemaError('cannot use DEFAULT on a generated column');
    const { pos, end } = c.expr;
    column.default = c.expr.kind === 'parameter' ? { kind: 'null', pos, end } : c.expr;
    column.defaultText = c.text;
  }

  /** Very old versions let parameters through; they are NULL. */
  private isOldParameter(e: Expr): boolean {
    return this.options.loading === true && e.kind === 'parameter';
  }

  /** COLLATE, which may come behind the UNIQUE or PRIMARY KEY of its column. */
  private setCollation(column: ColumnDraft, index: number, collation: string): void {
    this.options.checkCollation?.(collation);
    column.collation = collation;
    for (const key of this.keys) {
      if (key.columns[0]?.column === index) key.columns = [{ ...key.columns[0], collation }];
    }
  }

  private addConstraint(c: TableConstraint): void {
    switch (c.kind) {
      case 'primaryKey':
        this.addPrimaryKey({ ...c, terms: c.columns, columnDesc: false });
        return;
      case 'unique':
        this.addKey(c.columns, 'u', c.onConflict);
        return;
      case 'check':
        this.checks.push({ name: c.name?.text ?? null, expr: c.expr, text: c.text });
        return;
      case 'foreignKey': {
        const to = c.clause.columns;
        if (to !== null && to.length !== c.columns.length) {
          throw schemaError(
            'number of columns in foreign key does not match the number of columns in the referenced table',
          );
        }
        const from = c.columns.map((n) => {
          const place = this.places.get(fold(n.text));
          if (place === undefined) {
            throw schemaError(`unknown column "${n.text}" in foreign key definition`);
          }
          return place;
        });
        this.addForeignKey(from, c.clause);
      }
    }
  }

  // -- keys --------------------------------------------------------------------------------------

  private addPrimaryKey(key: PrimaryKey): void {
    if (this.hasPrimaryKey) {
      throw schemaError(`table "${this.name}" has more than one primary key`);
    }
    this.hasPrimaryKey = true;
    const alias = this.rowidAlias(key);
    if (alias < 0) {
      if (key.autoincrement) {
        throw schemaError('AUTOINCREMENT is only allowed on an INTEGER PRIMARY KEY');
      }
      this.markPrimaryKey(this.addKey(key.terms, 'pk', key.onConflict));
      return;
    }
    const columns = this.resolve(key.terms);
    this.markPrimaryKey(columns);
    this.rowid = alias;
    this.rowidKey = { columns, origin: 'pk', onConflict: key.onConflict };
    this.autoincrement = key.autoincrement;
  }

  private markPrimaryKey(columns: readonly IndexColumn[]): void {
    columns.forEach((c, i) => {
      const column = this.columns[c.column]!;
      if (column.generated !== null) throw generatedKey();
      if (column.primaryKey === 0) column.primaryKey = i + 1;
    });
  }

  /** The column of exact type INTEGER that the key consists of, or -1. */
  private rowidAlias(key: PrimaryKey): number {
    if (key.terms.length !== 1 || key.columnDesc) return -1;
    let e = key.terms[0]!.expr;
    while (e.kind === 'collate') e = e.operand;
    const name = e.kind === 'id' ? e.name.text : e.kind === 'string' ? e.value : null;
    const place = name === null ? undefined : this.places.get(fold(name));
    return place !== undefined && this.columns[place]!.declType === 'INTEGER' ? place : -1;
  }

  private resolve(terms: readonly IndexedColumn[]): IndexColumn[] {
    const table = { name: this.name, columns: this.asColumns() };
    return keyColumns(table, terms, true, this.options.honourDesc);
  }

  /** Adds an automatic index, or merges it with the one on the same columns. */
  private addKey(
    terms: readonly IndexedColumn[],
    origin: 'pk' | 'u',
    onConflict: ConflictAction | null,
  ): IndexColumn[] {
    const columns = this.resolve(terms);
    for (const c of columns) this.options.checkCollation?.(c.collation);
    this.mergeKey({ columns, origin, onConflict });
    return columns;
  }

  /** As addKey, for columns that are resolved already. */
  mergeKey(key: KeyDraft): void {
    const same = this.keys.find((k) => sameColumns(k.columns, key.columns));
    if (same === undefined) {
      this.keys.push(key);
      return;
    }
    if (same.onConflict !== null && key.onConflict !== null && same.onConflict !== key.onConflict) {
      throw schemaError('conflicting ON CONFLICT clauses specified');
    }
    same.onConflict ??= key.onConflict;
    if (key.origin === 'pk') same.origin = 'pk';
  }

  // -- foreign keys ------------------------------------------------------------------------------

  /** The last declared comes first, with id 0. */
  private addForeignKey(from: readonly number[], clause: ForeignKeyClause): void {
    const to = clause.columns;
    if (to !== null && to.length !== from.length) {
      throw schemaError(
        `foreign key on ${this.columns[from[0]!]!.name} should reference only one column of table ${clause.table.text}`,
      );
    }
    const older = this.foreignKeys.map((f) => ({ ...f, id: f.id + 1 }));
    this.foreignKeys.length = 0;
    this.foreignKeys.push(
      {
        child: this.name,
        parent: clause.table.text,
        columns: from.map((f, i) => ({ from: f, to: to?.[i]?.text ?? null })),
        onDelete: clause.onDelete,
        onUpdate: clause.onUpdate,
        deferred: clause.deferred,
        id: 0,
        match: 'NONE',
      },
      ...older,
    );
  }
}

function generatedKey(): Error {
  return schemaError('generated columns cannot be part of the PRIMARY KEY');
}

/** Same columns with the same collations; DESC makes no difference. */
function sameColumns(a: readonly IndexColumn[], b: readonly IndexColumn[]): boolean {
  return (
    a.length === b.length &&
    a.every((c, i) => c.column === b[i]!.column && sameName(c.collation, b[i]!.collation))
  );
}
