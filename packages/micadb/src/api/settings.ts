/** Settings of a connection: pragmas and db_config that are not a database file's own. */
import type { CompileFlags, Limits } from '../bind/env.ts';

/** The flags that compilation and execution look at, with the defaults of the plain library. */
export type Settings = { -readonly [K in keyof CompileFlags]: CompileFlags[K] } & {
  readUncommitted: boolean;
  cellSizeCheck: boolean;
  fullfsync: boolean;
  checkpointFullfsync: boolean;
  tempStore: 0 | 1 | 2;
  busyTimeout: number;
  threads: number;
  hardHeapLimit: number;
  softHeapLimit: number;
  analysisLimit: number;
  walAutoCheckpoint: number;
};

export function defaultSettings(): Settings {
  return {
    foreignKeys: false,
    deferForeignKeys: false,
    recursiveTriggers: false,
    dqsDml: true,
    dqsDdl: true,
    shortColumnNames: true,
    fullColumnNames: false,
    countChanges: false,
    emptyResultCallbacks: false,
    reverseUnorderedSelects: false,
    ignoreCheckConstraints: false,
    writableSchema: false,
    defensive: false,
    legacyAlterTable: false,
    queryOnly: false,
    triggersEnabled: true,
    viewsEnabled: true,
    trustedSchema: true,
    automaticIndex: true,
    caseSensitiveLike: false,
    rowListener: false,
    readUncommitted: false,
    cellSizeCheck: false,
    fullfsync: false,
    checkpointFullfsync: false,
    tempStore: 0,
    busyTimeout: 0,
    threads: 0,
    hardHeapLimit: 0,
    softHeapLimit: 0,
    analysisLimit: 0,
    walAutoCheckpoint: 1000,
  };
}

/** SQLite's default limits (https://www.sqlite.org/limits.html). */
export function defaultLimits(): { -readonly [K in keyof Limits]: number } {
  return {
    length: 1_000_000_000,
    sqlLength: 1_000_000_000,
    column: 2000,
    exprDepth: 1000,
    compoundSelect: 500,
    functionArg: 1000,
    attached: 10,
    likePatternLength: 50_000,
    variableNumber: 32_766,
    triggerDepth: 1000,
  };
}
