/**
 * The contract between codegen, VM and connection: programs, operands, frames and the host.
 *
 * Opcodes carry SQLite's names and operand conventions wherever the meaning is SQLite's
 * (https://www.sqlite.org/opcode.html): registers are numbered from 1 in a program's own frame,
 * cursors from 0, jump targets are instruction addresses.
 */
import type { Btree } from '../btree/types.ts';
import type { FunctionDef, FunctionHost, PureUse } from '../functions/types.ts';
import type { ResultCodeName, SqliteError } from '../values/errors.ts';
import type { Collation, KeyInfo } from '../values/key.ts';
import type { Int, Real, SqlValue } from '../values/value.ts';
import type { GroupShape } from './groups.ts';
import type { Opcode } from './opcode.ts';

/** P4 of Function, PureFunc, AggStep, AggFinal, AggInverse, AggValue. */
export interface FunctionCall {
  readonly kind: 'call';
  readonly def: FunctionDef;
  readonly argCount: number;
  /** Set by a CollSeq-like decision at compile time: collation for functions that need one. */
  readonly collation: Collation | null;
  /** Of PureFunc: what the call is part of. */
  readonly pureUse?: PureUse | null;
}

/** P4 of Insert, Delete, Clear, Destroy, TypeCheck...: which table it is, for listeners and messages. */
export interface TableInfo {
  readonly kind: 'table';
  readonly schema: string;
  readonly name: string;
  readonly withoutRowid: boolean;
  /** In storage order, for STRICT type checks ("cannot store %s value in %s column %s.%s"). */
  readonly columns: readonly {
    readonly name: string;
    readonly strictType: string | null;
    readonly generatedVirtual: boolean;
    readonly generatedStored: boolean;
  }[];
}

/** P4 of Program: a trigger or foreign key action, with frames of its own. */
export interface SubProgram {
  readonly kind: 'program';
  /** Identity for the recursion check: two uses of one trigger share a token. */
  readonly token: object;
  readonly program: Program;
}

/** P4 of HostRows and HostCall; see VmHost.hostRows / hostCall. */
export interface HostRequest {
  readonly kind: 'host';
  readonly name: string;
  /** Anything that codegen wants to hand to the host (already checked there). */
  readonly data: unknown;
}

export type P4 =
  | null
  | number
  | bigint
  | string
  | Real
  | Uint8Array
  | Int32Array
  | Collation
  | KeyInfo
  | FunctionCall
  | TableInfo
  | SubProgram
  | HostRequest
  | GroupShape
  /** A constant value where P4 is one (Column's default): boxed, so that null is a value too. */
  | { readonly kind: 'value'; readonly value: SqlValue };

/** One instruction. Codegen patches p1..p5 while building; a finished program is never changed. */
export class Instruction {
  constructor(
    public opcode: Opcode,
    public p1: number,
    public p2: number,
    public p3: number,
    public p4: P4,
    public p5: number,
    public comment: string | null = null,
  ) {}
}

export interface ResultColumnInfo {
  readonly name: string;
  readonly declType: string | null;
  readonly database: string | null;
  readonly table: string | null;
  readonly column: string | null;
}

/** A finished program: immutable and shared between statements (wall 12). */
export interface Program {
  readonly sql: string;
  readonly instructions: readonly Instruction[];
  /** Registers 1..registerCount (index 0 is unused). Sub-program frames have their own. */
  readonly registerCount: number;
  readonly cursorCount: number;
  readonly parameterCount: number;
  readonly parameterNames: readonly (string | null)[];
  readonly resultColumns: readonly ResultColumnInfo[];
  /** True when no database file is changed (sqlite3_stmt_readonly). */
  readonly readOnly: boolean;
  /** 0 none, 1 EXPLAIN, 2 EXPLAIN QUERY PLAN. */
  readonly explain: 0 | 1 | 2;
  /** Multi-write and may abort: Transaction opens a statement savepoint (wall 6). */
  readonly usesStatementJournal: boolean;
  /** changes() is set from the program's row counter when it ends (DML without RETURNING quirks). */
  readonly countsChanges: boolean;
  /** Bit i: the program uses attached database i. */
  readonly databaseMask: number;
  /** Sub-programs: null at the top. */
  readonly triggerName: string | null;
  /** Writes a file of schema format 1 to 3: records must do without serial types 8 and 9. */
  readonly oldFormat?: boolean;
}

/**
 * Savepoint bookkeeping is the connection's; the VM only asks. All methods throw SqliteError.
 * `db` is the index of an attached database (0 main, 1 temp, 2.. attached).
 */
export interface VmHost extends FunctionHost {
  // -- databases and transactions ----------------------------------------------------------------
  /** The b-tree of a database; temp is opened when first asked for. */
  btree(db: number): Btree;
  readonly databaseCount: number;
  readonly databaseName: (db: number) => string;
  autoCommit: boolean;
  /** Counts of running statements of this connection, kept by the VM (Vdbe start and halt). */
  activeStatements: number;
  activeReads: number;
  activeWrites: number;
  /** Violations of deferred foreign keys in the transaction / of immediate ones under defer_foreign_keys. */
  deferredViolations: number;
  deferredImmediateViolations: number;
  readonly foreignKeysOn: boolean;
  readonly deferForeignKeys: boolean;
  readonly recursiveTriggers: boolean;
  readonly countChangesPragma: boolean;
  readonly queryOnly: boolean;
  readonly maxTriggerDepth: number;
  /** Rises when schemas are rolled back: running statements then cannot open cursors any more. */
  readonly schemaRollbacks: number;

  /** OP_Transaction: begins read or write on a database; returns the schema cookie now in the file. */
  beginTransaction(db: number, write: boolean, exclusive?: boolean): number;
  /** The cookie and generation the connection's catalog for `db` was made with (-1: not loaded). */
  schemaCookie(db: number): number;
  schemaGeneration(db: number): number;
  /** Forget the catalog of `db` (it is stale): the statement ends with SQLITE_SCHEMA and is prepared again. */
  expireSchema(db: number): void;
  /** Opens the statement savepoint on all databases with a write transaction; returns its handle. */
  openStatementSavepoint(): number;
  /** Ends it, keeping ('release') or undoing ('rollback') the statement's changes. */
  closeStatementSavepoint(handle: number, op: 'release' | 'rollback'): void;
  /**
   * Commits all databases (two-phase over a super-journal where needed). SQLITE_BUSY leaves all open.
   * Called at the end of every statement in autocommit mode when no other statement writes, also when
   * nothing is open: read transactions end too unless `activeReads` > 1 (the ending statement still
   * counts).
   */
  commit(): void;
  /** Rolls all databases back; `trip` other cursors with that code. Resets autoCommit to true when `end`. */
  rollback(trip: ResultCodeName | null): void;
  /** Forgets all savepoints (transaction over). */
  closeSavepoints(): void;
  /** OP_Savepoint: 0 begin, 1 release, 2 rollback. */
  savepoint(op: 0 | 1 | 2, name: string): void;
  /** OP_AutoCommit: BEGIN (0), COMMIT (1, false) and ROLLBACK (1, true), with SQLite's messages. */
  setAutoCommit(on: boolean, rollback: boolean): void;

  // -- schema ------------------------------------------------------------------------------------
  /** OP_ParseSchema: reads sqlite_schema rows (`where` is an SQL condition, null: all) into the catalog. */
  parseSchema(db: number, where: string | null): void;
  /** OP_DropTable/DropIndex/DropTrigger: takes an object out of the in-memory catalog. */
  dropFromCatalog(db: number, what: 'table' | 'index' | 'trigger', name: string): void;
  /** OP_Destroy in auto-vacuum files: root page `from` has become `to`. */
  rootPageMoved(db: number, from: number, to: number): void;
  loadAnalysis(db: number): void;
  /** OP_SetCookie on the schema cookie or file format: the catalog follows. */
  cookieChanged(db: number, meta: number, value: number): void;
  /** OP_Expire: all programs of the connection (or all but the running one) must be prepared again. */
  expirePrograms(deferred: boolean): void;
  /** OP_SqlExec: runs SQL on the same connection inside the running statement. */
  execNested(sql: string): void;

  // -- results -----------------------------------------------------------------------------------
  /** Called at the start of each step of a statement. */
  beginStep?(): void;
  setLastInsertRowid(rowid: Int): void;
  setChanges(count: number): void;
  /** Adds to total_changes(). */
  addTotalChanges(count: number): void;
  readonly collationOf: (name: string) => Collation | null;
  /** Row-change listeners (wall 9); null when nobody listens. */
  readonly rowListener: RowListener | null;
  /** Called every `progressInterval` back edges; true interrupts (SQLITE_INTERRUPT). 0: never. */
  readonly progressInterval: number;
  progress(): boolean;
  /** Set by interrupt(): the running statements end with SQLITE_INTERRUPT. */
  interrupted: boolean;

  // -- services ----------------------------------------------------------------------------------
  /**
   * HostRows: a bounded list of rows that the connection makes (pragmas). `args` are register values.
   */
  hostRows(request: HostRequest, args: readonly SqlValue[]): readonly (readonly SqlValue[])[];
  /** HostCall: something done once, giving one value (journal_mode=, attach, detach, vacuum, checkpoint). */
  hostCall(request: HostRequest, args: readonly SqlValue[]): SqlValue;
  /** A b-tree for ephemeral tables and spilled sorters (temp_store rules); made on first use, private. */
  openTemporaryBtree(): Btree;
  /** Holds the connection's programs to one tier; absent or null: as the realm has it. */
  readonly tier?: TierMode | null;
  /** Bytes that a sorter may keep in memory before it spills. */
  readonly sorterBudget: number;
  /** Bytes above which an ephemeral table or hash spills. */
  readonly ephemeralBudget: number;
}

/**
 * Hears of every row that statements change, right after the change (wall 9): of triggers, foreign key
 * actions, REPLACE and DROP TABLE too. Tables that the engine keeps for itself (sqlite_schema,
 * sqlite_sequence, statistics) are told of only when a statement names them.
 *
 * Records are whole, in the order of the table's primary tree (WITHOUT ROWID: primary key columns
 * first). WITHOUT ROWID tables have null for rowids; a changed key is an update all the same. What a
 * listener throws ends the statement and reaches its caller.
 */
export interface RowListener {
  insert(table: TableInfo, rowid: Int | null, record: Uint8Array): void;
  update(
    table: TableInfo,
    oldRowid: Int | null,
    oldRecord: Uint8Array,
    rowid: Int | null,
    record: Uint8Array,
  ): void;
  delete(table: TableInfo, rowid: Int | null, record: Uint8Array): void;
  /** All rows go at once, right before they do; with a listener only DROP TABLE does so. */
  clear(table: TableInfo): void;
}

/** 'auto': what is hot is compiled to JavaScript. The others hold to one tier (wall 2). */
export type TierMode = 'auto' | 'interpreter' | 'compiled';

/** What `step` reports to the statement. */
export type StepResult = 'row' | 'done';

/** Makes a row of its values and adds it to the list. */
export type RowTaker = (rows: unknown[], ...values: unknown[]) => void;

/**
 * One run of a program (SQLite's Vdbe): a stack of heap frames, its cursors and counters. Made by
 * the VM; used by the statement of the API.
 */
export interface Execution {
  readonly program: Program;
  /**
   * After 'row', for the rest of the run: rows may go to `take` and are then not reported. Its values are strings,
   * numbers (INTEGER and REAL alike) and NULLs as they are, all others as `convert` gives them.
   */
  collect(rows: unknown[], take: RowTaker, convert: (v: SqlValue) => unknown): void;
  /** Runs to the next row or the end; on an error it halts (rolling back as due) and throws. */
  step(): StepResult;
  /** After 'row': the registers and the first register of the row. Valid until the next step. */
  readonly registers: readonly unknown[];
  readonly rowStart: number;
  readonly rowCount: number;
  value(column: number): SqlValue;
  /** Sets parameter `index` (1-based). Not while running. */
  bind(index: number, value: SqlValue): void;
  clearBindings(): void;
  /** The parameters, ?1 first. May be written to, instead of `bind`, while it does not run. */
  readonly bindings: SqlValue[];
  /**
   * Ends the run: closes cursors, commits or rolls back the statement as SQLite's VdbeHalt. Throws what
   * that throws (SQLITE_BUSY, SQLITE_FULL...).
   */
  reset(): void;
  /** reset, and lets go of what is kept from run to run (the b-tree of ephemeral tables). */
  close(): void;
  readonly running: boolean;
  readonly error: SqliteError | null;
}
