/**
 * The binder's state for one program, and scopes: which names an expression may see.
 *
 * Invariants:
 *  1. Source ids come from `nextId` and are unique in the program.
 *  2. When a name is found in a scope that is not the innermost one, every query between the two is
 *     marked correlated.
 *  3. `Source.used` names every column of a source that anything refers to.
 */

import { findTable as findInCatalog } from '../catalog/lookup.ts';
import { fold } from '../catalog/names.ts';
import type { Catalog, Column, Index, Schema, Table } from '../catalog/types.ts';
import type * as ast from '../sql/ast.ts';
import type { Name, QualifiedName } from '../sql/ast.ts';
import { SqliteError } from '../values/errors.ts';
import type { CompileEnv } from './env.ts';
import type { BoundExpr, CteUse, Query, ResultColumn, Source, SourceColumn } from './tree.ts';

/** NEW and OLD of the trigger program being compiled. */
export interface TriggerBinding {
  readonly table: Table;
  readonly hasOld: boolean;
  readonly hasNew: boolean;
}

/** A query being bound: carries the marks that names leave on it. */
export interface BlockState {
  readonly id: number;
  readonly parent: BlockState | null;
  correlated: boolean;
  hasAggregate: boolean;
  hasWindow: boolean;
}

/** The WITH clauses in force, innermost first. */
export interface CteScope {
  readonly ctes: readonly CteEntry[];
  readonly outer: CteScope | null;
}
export interface CteEntry {
  readonly ast: ast.Cte;
  readonly scope: () => CteScope;
  readonly use: CteUse;
  /** Set while the CTE's own select is being bound. */
  busy: 'no' | 'setup' | 'recursive';
  /** While a recursive arm is bound: the queue. */
  queue: { readonly id: number; readonly columns: readonly SourceColumn[] } | null;
  queueReferences: number;
}

/** Names that an expression sees: the sources of one query, then the enclosing scopes. */
export interface Scope {
  readonly sources: readonly Source[];
  readonly outer: Scope | null;
  readonly block: BlockState;
  readonly ctes: CteScope | null;
  /** Result columns whose aliases may be used (WHERE, GROUP BY, HAVING, ORDER BY). */
  aliases: readonly { readonly name: string; readonly column: ResultColumn }[] | null;
  allowAggregate: boolean;
  allowWindow: boolean;
  /** Sources reached by qualified name only (upsert's `excluded`). */
  readonly qualifiedOnly?: readonly Source[];
  readonly windows?: ReadonlyMap<string, ast.WindowDef>;
  /** Set for expressions of a table itself: what they are part of, for "prohibited in" errors. */
  readonly self?: SelfKind;
  /** The table is a temporary one: nobody else wrote its expressions. */
  readonly selfTemp?: boolean;
}

export type SelfKind =
  | 'CHECK constraints'
  | 'index expressions'
  | 'partial index WHERE clauses'
  | 'generated columns'
  | 'DEFAULT values';

export function isRowidName(folded: string): boolean {
  return folded === 'rowid' || folded === '_rowid_' || folded === 'oid';
}

export function error(message: string, offset = -1): SqliteError {
  return new SqliteError('SQLITE_ERROR', message, offset);
}

export function sourceColumns(table: Table): SourceColumn[] {
  return table.columns.map((c: Column, i) => ({
    name: c.name,
    affinity: c.affinity,
    collation: c.collation,
    declType: c.declType,
    notNull: c.notNull !== null || i === table.rowidColumn,
    hidden: c.hidden,
  }));
}

export class Binder {
  private blocks = 0;
  /** Views being expanded, to catch circles. */
  readonly viewStack: Table[] = [];
  /** Unqualified tables are looked for in this database only (inside views and triggers of it). */
  fixedDb: number | null = null;
  private readonly cteUses: CteUse[] = [];
  /** Nesting of FROM subqueries and views, to keep the stack safe. */
  depth = 0;

  constructor(
    readonly env: CompileEnv,
    readonly nextId: () => number,
    readonly trigger: TriggerBinding | null = null,
  ) {}

  newBlock(parent: BlockState | null): BlockState {
    this.blocks += 1;
    return { id: this.blocks, parent, correlated: false, hasAggregate: false, hasWindow: false };
  }

  newCteUse(name: string, materialized: boolean | null): CteUse {
    const use = { name, materialized, references: 0 };
    this.cteUses.push(use);
    return use;
  }

  emptyScope(outer: Scope | null): Scope {
    return {
      sources: [],
      outer,
      block: this.newBlock(outer?.block ?? null),
      ctes: outer?.ctes ?? null,
      aliases: null,
      allowAggregate: false,
      allowWindow: false,
    };
  }
}

export { databaseIndex } from '../catalog/lookup.ts';
export { fold };

// -- catalog lookup ------------------------------------------------------------------------------

/** Attached databases in the order names are looked up: temp, main, then the others. */
export function* searchOrder(catalog: Catalog): Generator<readonly [number, Schema]> {
  for (const db of [1, 0]) {
    const schema = catalog.schemas[db];
    if (schema) yield [db, schema];
  }
  for (let db = 2; db < catalog.schemas.length; db++) {
    const schema = catalog.schemas[db];
    if (schema) yield [db, schema];
  }
}

/** Finds a table or view; null when there is none. `fixedDb` is used for unqualified names. */
export function lookupTable(
  catalog: Catalog,
  schemaName: string | null,
  name: string,
  fixedDb: number | null = null,
): { readonly db: number; readonly table: Table } | null {
  const fixed = fixedDb === null || fixedDb === 1 ? null : (catalog.schemas[fixedDb]?.name ?? null);
  const found = findInCatalog(catalog, schemaName ?? fixed, name);
  return found === null ? null : { db: found.db, table: found.object };
}

/** The table of a qualified name, or SQLite's "no such table" error. */
export function findTable(
  b: Binder,
  schema: Name | null,
  name: Name,
): { db: number; table: Table } {
  const found = lookupTable(b.env.catalog, schema?.text ?? null, name.text, b.fixedDb);
  if (found !== null) return found;
  const shown =
    schema !== null
      ? `${schema.text}.${name.text}`
      : b.fixedDb !== null && b.fixedDb !== 1
        ? `${b.env.databaseName(b.fixedDb)}.${name.text}`
        : name.text;
  throw error(`no such table: ${shown}`);
}

// -- sources -------------------------------------------------------------------------------------

export interface SourceParts {
  readonly alias: string | null;
  readonly name: string | null;
  readonly db?: number;
  readonly table?: Table | null;
  readonly query?: Query | null;
  readonly correlated?: boolean;
  readonly recursive?: boolean;
  readonly cte?: CteUse | null;
  readonly columns: readonly SourceColumn[];
  readonly join?: Source['join'];
  readonly leftOfRight?: boolean;
  readonly indexedBy?: Index | null;
  readonly notIndexed?: boolean;
  readonly args?: readonly BoundExpr[] | null;
  readonly using?: ReadonlySet<string>;
}

const NO_NAMES: ReadonlySet<string> = new Set();

/** A Source with SQLite's defaults for all that `parts` leaves out. */
export function makeSource(id: number, parts: SourceParts): Source {
  return {
    id,
    alias: parts.alias,
    name: parts.name,
    db: parts.db ?? 0,
    table: parts.table ?? null,
    query: parts.query ?? null,
    correlated: parts.correlated ?? false,
    recursive: parts.recursive ?? false,
    cte: parts.cte ?? null,
    columns: parts.columns,
    join: parts.join ?? 'comma',
    leftOfRight: parts.leftOfRight ?? false,
    indexedBy: parts.indexedBy ?? null,
    notIndexed: parts.notIndexed ?? false,
    args: parts.args ?? null,
    used: new Set(),
    using: parts.using ?? NO_NAMES,
  };
}

export interface BindTableOptions {
  readonly indexedBy?: Name | null;
  readonly notIndexed?: boolean;
  readonly join?: Source['join'];
  readonly args?: readonly BoundExpr[] | null;
  /** The name as the statement has it: EXPLAIN QUERY PLAN shows it so. */
  readonly typedName?: QualifiedName;
}

/** A source for a real table (not a view). INDEXED BY is checked: "no such index". */
export function bindTable(
  b: Binder,
  table: Table,
  db: number,
  alias: string | null,
  options: BindTableOptions = {},
): Source {
  let indexedBy: Index | null = null;
  if (options.indexedBy) {
    const wanted = fold(options.indexedBy.text);
    indexedBy = table.indexes.find((i) => fold(i.name) === wanted) ?? null;
    if (indexedBy === null) throw error(`no such index: ${options.indexedBy.text}`);
  }
  return makeSource(b.nextId(), {
    alias: alias ?? options.typedName?.name.text ?? table.name,
    name: (b.fixedDb === null ? shownName(options.typedName) : null) ?? table.name,
    db,
    table,
    columns: sourceColumns(table),
    join: options.join,
    indexedBy,
    notIndexed: options.notIndexed,
    args: options.args,
  });
}

function shownName(typed: QualifiedName | undefined): string | null {
  if (typed === undefined) return null;
  return typed.schema === null ? typed.name.text : `${typed.schema.text}.${typed.name.text}`;
}
