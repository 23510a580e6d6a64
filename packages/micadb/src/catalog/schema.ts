/**
 * `Schema`: one database's catalog, made from the rows of sqlite_schema and changed by making a new
 * one. A row that cannot be understood is SQLITE_CORRUPT "malformed database schema (NAME)".
 */
import type { Statement } from '../sql/ast.ts';
import { parseStatement } from '../sql/parser.ts';
import { SqliteError } from '../values/errors.ts';
import { indexFromStatement, insertIndex } from './build-index.ts';
import {
  columnSize,
  schemaTable,
  tableFromStatement,
  viewFromStatement,
  virtualFromStatement,
} from './build-table.ts';
import { fold } from './names.ts';
import { type StatRow, withTableStats } from './stats.ts';
import type { ForeignKey, Index, Schema, Table, Trigger } from './types.ts';

/** One row of sqlite_schema. `sql` is null for automatic indexes. */
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
}

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
      for (const t of this.tables.values()) {
        for (const fk of t.foreignKeys) {
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

/** Reads a whole catalog. Rows come in rowid order. */
export function loadSchema(
  name: string,
  cookie: number,
  rows: Iterable<SchemaRow>,
  env: SchemaEnv = DEFAULT_ENV,
): Schema {
  const builder = new Builder(emptySchema(name, cookie, env));
  for (const row of rows) builder.add(row);
  return builder.finish();
}

/** The schema with one more object (CREATE), or a new definition of one. */
export function withEntry(schema: Schema, row: SchemaRow): Schema {
  const builder = new Builder(schema);
  builder.add(row);
  return builder.finish();
}

/** Collects rows in mutable maps, then freezes them into a Schema. */
class Builder {
  private readonly tables: Map<string, Table>;
  private readonly indexes: Map<string, Index>;
  private readonly triggers: Map<string, Trigger>;

  constructor(private readonly base: Schema) {
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
    try {
      if (row.sql === null || row.sql === '') this.addAutomatic(row);
      else this.addStatement(row, row.sql);
    } catch (e) {
      if (!(e instanceof SqliteError) || e.code === 'SQLITE_CORRUPT') throw e;
      throw malformed(row.name, e.message);
    }
  }

  private addStatement(row: SchemaRow, sql: string): void {
    if (!/^create\s/i.test(sql)) throw malformed(row.name);
    const statement = parseStatement(sql)?.statement;
    if (statement === undefined) throw malformed(row.name);
    this.addObject(row, sql, statement);
  }

  private addObject(row: SchemaRow, sql: string, statement: Statement): void {
    const env = envOf(this.base);
    const options = {
      schema: this.base.name,
      root: row.root,
      sql,
      source: sql,
      honourDesc: env.honourDesc,
      maxColumns: env.maxColumns,
    };
    switch (statement.kind) {
      case 'createTable':
        if (row.root < 2) throw malformed(row.name, 'invalid rootpage');
        this.putTable(tableFromStatement(statement, options));
        return;
      case 'createView':
        this.putTable(viewFromStatement(statement, options));
        return;
      case 'createVirtualTable':
        this.putTable(virtualFromStatement(statement, options));
        return;
      case 'createIndex': {
        if (row.root < 2) throw malformed(row.name, 'invalid rootpage');
        const table = this.tables.get(fold(statement.table.text));
        if (table === undefined)
          throw malformed(row.name, `no such table: ${statement.table.text}`);
        const sizes = table.columns.map((c) => columnSize(c.declType));
        const index = indexFromStatement(table, statement, row.root, sql, sizes, env.honourDesc);
        this.indexes.set(fold(index.name), index);
        this.tables.set(fold(table.name), { ...table, indexes: insertIndex(table.indexes, index) });
        return;
      }
      case 'createTrigger':
        this.triggers.set(fold(row.name), {
          name: row.name,
          schema: this.base.name,
          table: statement.table.name.text,
          tableSchema: statement.table.schema?.text ?? this.base.name,
          ast: statement,
          sql,
        });
        return;
      default:
        throw malformed(row.name);
    }
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
    if (row.root < 2) throw malformed(row.name, 'invalid rootpage');
    this.replaceIndex(table, index, { ...index, root: row.root });
  }

  private replaceIndex(table: Table, old: Index, next: Index): void {
    this.indexes.set(fold(next.name), next);
    this.tables.set(fold(table.name), {
      ...table,
      indexes: table.indexes.map((i) => (i === old ? next : i)),
      primaryKeyIndex: table.primaryKeyIndex === old ? next : table.primaryKeyIndex,
    });
  }
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
