/**
 * What compiling a statement may know of its connection: an immutable view (wall 12). Everything in
 * it that changes the program is part of the program cache key.
 */
import type { Catalog, CollationRegistry } from '../catalog/types.ts';
import type { FunctionRegistry } from '../functions/types.ts';
import type { Encoding } from '../values/value.ts';

/** Connection settings (pragmas and db_config) that touch compilation. */
export interface CompileFlags {
  readonly foreignKeys: boolean;
  readonly deferForeignKeys: boolean;
  readonly recursiveTriggers: boolean;
  /** Double-quoted strings in DML / in DDL. */
  readonly dqsDml: boolean;
  readonly dqsDdl: boolean;
  readonly shortColumnNames: boolean;
  readonly fullColumnNames: boolean;
  readonly countChanges: boolean;
  readonly emptyResultCallbacks: boolean;
  readonly reverseUnorderedSelects: boolean;
  readonly ignoreCheckConstraints: boolean;
  readonly writableSchema: boolean;
  /** SQLITE_DBCONFIG_DEFENSIVE: nothing may be done that could damage the file on purpose. */
  readonly defensive: boolean;
  readonly legacyAlterTable: boolean;
  readonly queryOnly: boolean;
  readonly triggersEnabled: boolean;
  readonly viewsEnabled: boolean;
  readonly trustedSchema: boolean;
  readonly automaticIndex: boolean;
  readonly caseSensitiveLike: boolean;
  /** Somebody listens to row changes (wall 9): no truncation, transfer or overwrite short cuts. */
  readonly rowListener: boolean;
}

export interface Limits {
  readonly length: number;
  readonly sqlLength: number;
  readonly column: number;
  readonly exprDepth: number;
  readonly compoundSelect: number;
  readonly functionArg: number;
  readonly attached: number;
  readonly likePatternLength: number;
  readonly variableNumber: number;
  readonly triggerDepth: number;
}

export interface CompileEnv {
  readonly sql: string;
  readonly catalog: Catalog;
  readonly functions: FunctionRegistry;
  readonly collations: CollationRegistry;
  readonly encoding: Encoding;
  readonly flags: CompileFlags;
  readonly limits: Limits;
  /** Name of attached database `db`: 'main', 'temp', ... */
  databaseName(db: number): string;
  /** Schema cookie and generation that the catalog was read with, for OP_Transaction. */
  schemaCookie(db: number): number;
  schemaGeneration(db: number): number;
  /** Rows of a name's root page and similar run-time facts a pragma may ask at compile time. */
  readonly isInitialising: boolean;
  /** True when database `db` cannot be written to. */
  isReadOnly?(db: number): boolean;
}
