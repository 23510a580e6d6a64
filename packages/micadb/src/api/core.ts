/**
 * `micadb/core`: the native face alone, for browsers and small bundles. Databases are in memory unless a
 * connection names a `vfs`. What is not turned on a bundler leaves out:
 *
 * @example
 * import { Database, useCompiler, useJson } from 'micadb/core';
 * useCompiler(); // hot statements become JavaScript
 * useJson(); // connections made from now on have the JSON functions
 */
export { useAllFunctions, useDates, useFormat, useJson, useMath } from '../functions/families.ts';
export { isComplete } from '../sql/complete.ts';
export { KEYWORDS } from '../sql/keywords.ts';
export { SqliteError } from '../values/errors.ts';
export { Real, Text } from '../values/value.ts';
export { MemoryVfs } from '../vfs/memory.ts';
export type { Vfs, VfsFile } from '../vfs/vfs.ts';
export type { TierMode } from '../vm/types.ts';
export { useChecks } from './checks.ts';
export * from './database.ts';
export { type ExactValue, VERSION, valueToText } from './exact.ts';
export type { ColumnDefinition, RowMode, RunResult } from './face.ts';
export { useCompiler } from './tier.ts';
export type { AggregateOptions, FunctionOptions } from './user-functions.ts';
