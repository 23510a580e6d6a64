/**
 * `Schema`: one database's catalog, made from the rows of sqlite_schema and changed by making a new
 * one. A row that cannot be understood is SQLITE_CORRUPT "malformed database schema (NAME)".
 */
import type { CreateIndex, CreateTrigger, QualifiedName } from '../sql/ast.ts';
import { parseStatement } from '../sql/parser.ts';
import { SqliteError } from '../values/errors.ts';
import { indexFromStatement, insertIndex } from './build-index.ts';
import {
  type BuildOptions,
  columnSize,
  schemaTable,
  tableFromStatement,
  viewFromStatement,
  virtualFromStatement,
} from './build-table.ts';
import { fold, sameName, schemaError } from './names.ts';
import { type StatRow, withTableStats } from './stats.ts';
import type { ForeignKey, Index, Schema, Table, Trigger } from './types.ts';

/**
 * One row of sqlite_schema. `sql` is null for automatic indexes; a `root` that is no page number is
 * refused.
 */
export interface SchemaRow {
  readonly type: string;
  readonly name: string;
  readonly table: string;
  readonly root: number;
  readonly sql: string | null;
}

export interface SchemaEnv {
  /** Schema format 4 and newer: DESC in indexes counts. */
  readonly honourDesc: boolean;
  readonly maxColumns: number;
  /** Pages of the file: no root page lies beyond. */
  readonly maxPage?: number;
}

/** The page of sqlite_schema itself. */
const SCHEMA_ROOT = 1;

const DEFAULT_ENV: SchemaEnv = { honourDesc: true, maxColumns: 2000 };

class SchemaImpl implements Schema {
  private byTable: Map<string, Trigger[]> | null = null;
  private references: Map<string, ForeignKey[]> | null = null;

  constructor(
    readonly name: string,
    readonly cookie: number,
    readonly tables: ReadonlyMap<string, Table>,
    readonly indexes: ReadonlyMap<string, Index>,
    readonly triggers: ReadonlyMap<string, Trigger>,
    readonly env: SchemaEnv,
  ) {}

  get oldFormat(): boolean {
    return !this.env.honourDesc;
  }

  triggersOf(table: string): readonly Trigger[] {
    if (this.byTable === null) {
      this.byTable = new Map();
      for (const t of this.triggers.values()) {
        const key = fold(t.table);
        this.byTable.set(key, [t, ...(this.byTable.get(key) ?? [])]);
      }
    }
    return this.byTable.get(fold(table)) ?? [];
  }

  referencesTo(table: string): readonly ForeignKey[] {
    if (this.references === null) {
      this.references = new Map();
      // Newest first: tables by age, and a table's own list begins with its newest.
      for (const t of this.tables.values()) {
        for (const fk of t.foreignKeys.toReversed()) {
          const key = fold(fk.parent);
          this.references.set(key, [fk, ...(this.references.get(key) ?? [])]);
        }
      }
    }
    return this.references.get(fold(table)) ?? [];
  }
}

function envOf(schema: Schema): SchemaEnv {
  return schema instanceof SchemaImpl ? schema.env : DEFAULT_ENV;
}

type Parts = Partial<Pick<Schema, 'cookie' | 'tables' | 'indexes' | 'triggers'>>;

function changed(schema: Schema, parts: Parts): Schema {
  return new SchemaImpl(
    schema.name,
    parts.cookie ?? schema.cookie,
    parts.tables ?? schema.tables,
    parts.indexes ?? schema.indexes,
    parts.triggers ?? schema.triggers,
    envOf(schema),
  );
}

/** A schema with nothing in it but its own schema table. */
export function emptySchema(name: string, cookie: number, env: SchemaEnv = DEFAULT_ENV): Schema {
  const table = schemaTable(name);
  return new SchemaImpl(
    name,
    cookie,
    new Map([[fold(table.name), table]]),
    new Map(),
    new Map(),
    env,
  );
}

/** Reads a whole catalog. Rows come in rowid order; a name that comes twice is an error. */
export function loadSchema(
  name: string,
  cookie: number,
  rows: Iterable<SchemaRow>,
  env: SchemaEnv = DEFAULT_ENV,
): Schema {
  const builder = new Builder(emptySchema(name, cookie, env), true);
  for (const row of rows) builder.add(row);
  return builder.finish();
}

/** The schema with one more object (CREATE), or a new definition of one. */
export function withEntry(schema: Schema, row: SchemaRow): Schema {
  const builder = new Builder(schema, false);
  builder.add(row);
  return builder.finish();
}

/** Collects rows in mutable maps, then freezes them into a Schema. */
class Builder {
  private readonly tables: Map<string, Table>;
  private readonly indexes: Map<string, Index>;
  private readonly triggers: Map<string, Trigger>;

  constructor(
    private readonly base: Schema,
    /** Every row is a new object. */
    private readonly unique: boolean,
  ) {
    this.tables = new Map(base.tables);
    this.indexes = new Map(base.indexes);
    this.triggers = new Map(base.triggers);
  }

  finish(): Schema {
    return changed(this.base, {
      tables: this.tables,
      indexes: this.indexes,
      triggers: this.triggers,
    });
  }

  add(row: SchemaRow): void {
    const { maxPage } = envOf(this.base);
    if (!Number.isInteger(row.root) || row.root < 0 || row.root > (maxPage ?? Infinity)) {
      throw malformed(row.name, 'invalid rootpage');
    }
    try {
      if (row.sql !== null && /^cr/i.test(row.sql)) this.addStatement(row, row.sql);
      else if (row.sql !== null && row.sql !== '') throw malformed(row.name);
      else this.addAutomatic(row);
    } catch (e) {
      if (!(e instanceof SqliteError) || e.code === 'SQLITE_CORRUPT') throw e;
      throw malformed(row.name, e.message);
    }
  }

  private addStatement(row: SchemaRow, sql: string): void {
    const statement = parseStatement(sql)?.statement;
    if (statement === undefined) throw malformed(row.name);
    const env = envOf(this.base);
    const options: BuildOptions = {
      schema: this.base.name,
      root: row.root,
      sql,
      source: sql,
      honourDesc: env.honourDesc,
      maxColumns: env.maxColumns,
      loading: true,
    };
    switch (statement.kind) {
      case 'createTable':
        checkName(row, 'table', statement.table, statement.table.name.text);
        if (statement.select !== null || row.root === SCHEMA_ROOT) throw malformed(row.name);
        this.checkFree(row.name);
        this.putTable(tableFromStatement(statement, options));
        return;
      case 'createView':
        checkName(row, 'view', statement.view, statement.view.name.text);
        this.checkFree(row.name);
        this.putTable(viewFromStatement(statement, options));
        return;
      case 'createVirtualTable':
        checkName(row, 'table', statement.table, statement.table.name.text);
        this.checkFree(row.name);
        this.putTable(virtualFromStatement(statement, options));
        return;
      case 'createIndex':
        this.addIndex(row, statement, sql);
        return;
      case 'createTrigger':
        this.addTrigger(row, statement, sql);
        return;
      default:
        throw malformed(row.name);
    }
  }

  /** Tables, views and indexes share their names. */
  private checkFree(name: string): void {
    if (!this.unique) return;
    const table = this.tables.get(fold(name));
    if (table !== undefined) {
      throw schemaError(`${table.kind === 'view' ? 'view' : 'table'} ${name} already exists`);
    }
    if (this.indexes.has(fold(name))) {
      throw schemaError(`there is already an index named ${name}`);
    }
  }

  private tableOf(name: string): Table {
    const table = this.tables.get(fold(name));
    if (table === undefined) throw schemaError(`no such table: ${this.base.name}.${name}`);
    return table;
  }

  private addIndex(row: SchemaRow, stmt: CreateIndex, sql: string): void {
    if (this.unique && this.indexes.has(fold(row.name))) {
      throw schemaError(`index ${row.name} already exists`);
    }
    const table = this.tableOf(stmt.table.text);
    checkName(row, 'index', stmt.index, table.name);
    if (table.kind === 'view') throw schemaError('views may not be indexed');
    if (table.kind === 'virtual') throw schemaError('virtual tables may not be indexed');
    const old = this.indexes.get(fold(row.name));
    const others = table.indexes.filter((i) => i !== old);
    checkRoot(row, others);
    const sizes = table.columns.map((c) => columnSize(c.declType));
    const { honourDesc } = envOf(this.base);
    const index = indexFromStatement(table, stmt, row.root, sql, sizes, honourDesc);
    this.indexes.set(fold(index.name), index);
    this.tables.set(fold(table.name), { ...table, indexes: insertIndex(others, index) });
  }

  private addTrigger(row: SchemaRow, stmt: CreateTrigger, sql: string): void {
    if (this.unique && this.triggers.has(fold(row.name))) {
      throw schemaError(`trigger ${row.name} already exists`);
    }
    const name = stmt.table.name.text;
    // A temporary trigger may watch a table of another database.
    if (this.base.name !== 'temp') checkTrigger(this.tableOf(name), stmt);
    checkName(row, 'trigger', stmt.trigger, name);
    this.triggers.set(fold(row.name), {
      name: row.name,
      schema: this.base.name,
      table: name,
      tableSchema: stmt.table.schema?.text ?? this.base.name,
      ast: stmt,
      sql,
    });
  }

  private putTable(table: Table): void {
    const key = fold(table.name);
    const old = this.tables.get(key);
    if (old !== undefined) for (const i of old.indexes) this.indexes.delete(fold(i.name));
    this.tables.set(key, table);
    for (const i of table.indexes) this.indexes.set(fold(i.name), i);
  }

  /** A row without SQL text tells the root page of an automatic index. */
  private addAutomatic(row: SchemaRow): void {
    const index = this.indexes.get(fold(row.name));
    const table = index === undefined ? undefined : this.tables.get(fold(index.table));
    if (index === undefined || table === undefined) throw malformed(row.name, 'orphan index');
    if (row.root <= SCHEMA_ROOT) throw malformed(row.name, 'invalid rootpage');
    checkRoot(
      row,
      table.indexes.filter((i) => i !== index),
    );
    const next = { ...index, root: row.root };
    this.indexes.set(fold(next.name), next);
    this.tables.set(fold(table.name), {
      ...table,
      indexes: table.indexes.map((i) => (i === index ? next : i)),
      primaryKeyIndex: table.primaryKeyIndex === index ? next : table.primaryKeyIndex,
    });
  }
}

/** The row has to say of its object what the SQL text says. */
function checkName(row: SchemaRow, type: string, name: QualifiedName, table: string): void {
  if (name.schema !== null) throw schemaError('corrupt database');
  const same =
    sameName(row.type, type) && sameName(row.name, name.name.text) && sameName(row.table, table);
  if (!same) throw malformed(row.name);
}

/** No two indexes of a table have the same root page. */
function checkRoot(row: SchemaRow, others: readonly Index[]): void {
  if (others.some((i) => i.root === row.root)) throw malformed(row.name, 'invalid rootpage');
}

function checkTrigger(table: Table, stmt: CreateTrigger): void {
  const isView = table.kind === 'view';
  if (isView === (stmt.time === 'INSTEAD OF')) return;
  throw schemaError(
    `cannot create ${stmt.time} trigger on ${isView ? 'view' : 'table'}: ${stmt.table.name.text}`,
  );
}

function malformed(name: string, reason?: string): SqliteError {
  const text = `malformed database schema (${name === '' ? '?' : name})`;
  return new SqliteError('SQLITE_CORRUPT', reason === undefined ? text : `${text} - ${reason}`);
}

/** The schema without a table (its indexes and triggers go too), an index or a trigger. */
export function withoutEntry(
  schema: Schema,
  what: 'table' | 'index' | 'trigger',
  name: string,
): Schema {
  const key = fold(name);
  if (what === 'trigger') {
    const triggers = new Map(schema.triggers);
    triggers.delete(key);
    return changed(schema, { triggers });
  }
  const tables = new Map(schema.tables);
  const indexes = new Map(schema.indexes);
  if (what === 'index') {
    const index = indexes.get(key);
    const table = index === undefined ? undefined : tables.get(fold(index.table));
    indexes.delete(key);
    if (table !== undefined) {
      tables.set(fold(table.name), { ...table, indexes: table.indexes.filter((i) => i !== index) });
    }
    return changed(schema, { tables, indexes });
  }
  const table = tables.get(key);
  tables.delete(key);
  for (const i of table?.indexes ?? []) indexes.delete(fold(i.name));
  const triggers = new Map([...schema.triggers].filter(([, t]) => fold(t.table) !== key));
  return changed(schema, { tables, indexes, triggers });
}

/** Auto-vacuum moved a root page: whoever had `from` has `to` now. */
export function withRoot(schema: Schema, from: number, to: number): Schema {
  const tables = new Map(schema.tables);
  const indexes = new Map(schema.indexes);
  for (const [key, table] of schema.tables) {
    const hit = table.root === from || table.indexes.some((i) => i.root === from);
    if (!hit) continue;
    const list = table.indexes.map((i) => (i.root === from ? { ...i, root: to } : i));
    for (const i of list) indexes.set(fold(i.name), i);
    tables.set(key, {
      ...table,
      root: table.root === from ? to : table.root,
      indexes: list,
      primaryKeyIndex: list.find((i) => i.isPrimaryTree) ?? null,
    });
  }
  return changed(schema, { tables, indexes });
}

export function withCookie(schema: Schema, cookie: number): Schema {
  return changed(schema, { cookie });
}

/** The schema with the estimates of sqlite_stat1 (all its rows). */
export function withStats(schema: Schema, rows: readonly StatRow[]): Schema {
  const tables = new Map<string, Table>();
  const indexes = new Map(schema.indexes);
  for (const [key, table] of schema.tables) {
    const next = withTableStats(table, rows);
    tables.set(key, next);
    for (const i of next.indexes) indexes.set(fold(i.name), i);
  }
  return changed(schema, { tables, indexes });
}
