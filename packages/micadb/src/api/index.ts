/** `micadb`: the native face, with files where the runtime has them. */
import { useAllFunctions } from '../functions/families.ts';
import { NodeVfs } from '../vfs/node-files.ts';
import { useChecks } from './checks.ts';
import { setDefaultVfs } from './default-vfs.ts';
import { useCompiler } from './tier.ts';

setDefaultVfs(new NodeVfs());
useCompiler();
useAllFunctions();
useChecks();

export { isComplete } from '../sql/complete.ts';
export { KEYWORDS } from '../sql/keywords.ts';
export { SqliteError } from '../values/errors.ts';
export { Real, Text } from '../values/value.ts';
export type { TierMode } from '../vm/types.ts';
export * from './database.ts';
export { type ExactValue, VERSION, valueToText } from './exact.ts';
export type { ColumnDefinition, RowMode, RunResult } from './face.ts';
export type { AggregateOptions, FunctionOptions } from './user-functions.ts';
