/**
 * The catalog: what sqlite_schema says, as immutable objects (wall 12). One `Schema` belongs to one
 * attached database and one schema cookie; DDL makes a new one.
 */

import type { ConflictAction, CreateTrigger, Expr, ForeignKeyAction, Select } from '../sql/ast.ts';
import type { Collation } from '../values/key.ts';
import type { Affinity } from '../values/value.ts';

export interface Column {
  readonly name: string;
  /** Declared type as written, null when none. */
  readonly declType: string | null;
  readonly affinity: Affinity;
  /** Name of the declared collation, 'BINARY' by default. */
  readonly collation: string;
  /** NOT NULL: its conflict action ('ABORT' by default), or null when nulls are allowed. */
  readonly notNull: ConflictAction | null;
  readonly default: Expr | null;
  readonly defaultText: string | null;
  readonly generated: { readonly expr: Expr; readonly stored: boolean } | null;
  /** Hidden column of a virtual table. */
  readonly hidden: boolean;
  /** 1-based place in the PRIMARY KEY, 0 when not part of it. */
  readonly primaryKey: number;
  /** Index in the stored record (virtual generated columns have none: -1). */
  readonly storage: number;
}

export interface IndexColumn {
  /** Column index in the table; -1 the rowid; -2 an expression. */
  readonly column: number;
  readonly expr: Expr | null;
  readonly collation: string;
  readonly desc: boolean;
}

export interface Index {
  readonly name: string;
  readonly table: string;
  readonly root: number;
  /** Key columns as declared. */
  readonly keyColumns: readonly IndexColumn[];
  /**
   * All columns of the index record: keyColumns, then the rowid (-1), or for WITHOUT ROWID tables
   * the primary key columns that are not there yet (for the primary key itself: all other columns).
   */
  readonly columns: readonly IndexColumn[];
  readonly unique: boolean;
  /** ON CONFLICT of the constraint it serves; 'ABORT' for UNIQUE without one; null when not unique. */
  readonly onConflict: ConflictAction | null;
  readonly where: Expr | null;
  /** 'c' CREATE INDEX, 'u' UNIQUE constraint, 'pk' PRIMARY KEY (as in PRAGMA index_list). */
  readonly origin: 'c' | 'u' | 'pk';
  /** The WITHOUT ROWID table's own tree. */
  readonly isPrimaryTree: boolean;
  /** All key columns NOT NULL (a unique lookup gives at most one row even for IS). */
  readonly uniqueNotNull: boolean;
  /** Source text of CREATE INDEX, null for automatic ones. */
  readonly sql: string | null;
  /** From sqlite_stat1, else SQLite's defaults: logarithmic row estimates, one a key column + 1. */
  readonly rowLogEst: readonly number[];
  readonly hasStat1: boolean;
  readonly unordered: boolean;
  readonly noSkipScan: boolean;
  /** Estimated size of an index row in the planner's units (szIdxRow). */
  readonly rowSizeEst: number;
}

export interface ForeignKey {
  readonly child: string;
  readonly parent: string;
  /** Child column index and parent column name (null: the parent's primary key). */
  readonly columns: readonly { readonly from: number; readonly to: string | null }[];
  readonly onDelete: ForeignKeyAction;
  readonly onUpdate: ForeignKeyAction;
  readonly deferred: boolean;
  /** Place in PRAGMA foreign_key_list (0 is the last declared). */
  readonly id: number;
  readonly match: string;
}

export interface CheckConstraint {
  readonly name: string | null;
  readonly expr: Expr;
  /** Source text of the expression. */
  readonly text: string;
}

/** A table, view or virtual table. */
export interface Table {
  readonly kind: 'table' | 'view' | 'virtual';
  readonly name: string;
  /** 'main', 'temp' or the ATTACH name. */
  readonly schema: string;
  /** 0 for views. For WITHOUT ROWID tables the root of the primary key tree. */
  readonly root: number;
  /** Views: empty until resolved (the binder finds them by binding `select`), explicit names here. */
  readonly columns: readonly Column[];
  /** Index of the INTEGER PRIMARY KEY column that is the rowid, -1 when none. */
  readonly rowidColumn: number;
  readonly withoutRowid: boolean;
  readonly strict: boolean;
  readonly autoincrement: boolean;
  /** ON CONFLICT of the INTEGER PRIMARY KEY. */
  readonly rowidConflict: ConflictAction | null;
  readonly checks: readonly CheckConstraint[];
  readonly foreignKeys: readonly ForeignKey[];
  /** In SQLite's order of use (last created first, as its pIndex list has it; see indexes below). */
  readonly indexes: readonly Index[];
  /** WITHOUT ROWID tables: the primary key index (also in `indexes`), else null. */
  readonly primaryKeyIndex: Index | null;
  readonly hasGenerated: boolean;
  readonly view: { readonly select: Select; readonly columnNames: readonly string[] | null } | null;
  readonly virtual: { readonly module: string; readonly args: readonly string[] } | null;
  /** Source text. */
  readonly sql: string;
  /** Row count estimate, logarithmic (stat1 or 200). */
  readonly rowLogEst: number;
  readonly hasStat1: boolean;
  /** Estimated row size in the planner's units (szTabRow). */
  readonly rowSizeEst: number;
  /** sqlite_schema, sqlite_temp_schema, eponymous tables: not to be changed by users. */
  readonly readOnly: boolean;
  /** Rows are changed through shadow or system rules ("table %s may not be modified"). */
  readonly system: boolean;
}

export interface Trigger {
  readonly name: string;
  /** Schema the trigger lives in (temp triggers may watch other schemas). */
  readonly schema: string;
  readonly table: string;
  readonly tableSchema: string;
  readonly ast: CreateTrigger;
  readonly sql: string;
}

/** One attached database's catalog. Lookups are case-insensitive (ASCII). */
export interface Schema {
  readonly name: string;
  readonly cookie: number;
  readonly tables: ReadonlyMap<string, Table>;
  readonly indexes: ReadonlyMap<string, Index>;
  readonly triggers: ReadonlyMap<string, Trigger>;
  /** Triggers on a table (lower-case name), newest first as SQLite fires them. */
  triggersOf(table: string): readonly Trigger[];
  /** Foreign keys that refer to a table (lower-case name). */
  referencesTo(table: string): readonly ForeignKey[];
  /** Schema format 1 to 3: DESC means nothing, and records have no serial types 8 and 9. */
  readonly oldFormat: boolean;
}

/** All attached databases: index 0 main, 1 temp, then ATTACH order. */
export interface Catalog {
  readonly schemas: readonly (Schema | null)[];
  /** Changes with every change of any schema: part of the program cache key. */
  readonly version: number;
}

export interface CollationRegistry {
  readonly generation: number;
  /** Case-insensitive; null when there is none ("no such collation sequence: X"). */
  find(name: string): Collation | null;
}
