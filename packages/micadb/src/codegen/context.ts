/**
 * `Codegen`: the state of compiling one program (SQLite's Parse): the builder, the environment, and
 * what must be known all over the statement. A trigger or foreign-key action has a Codegen of its own
 * with `parent` set; facts about the whole statement are kept at `top`.
 */
import type { CompileEnv } from '../bind/env.ts';
import type { BoundExpr, Source } from '../bind/tree.ts';
import type { Table } from '../catalog/types.ts';
import type { ConflictAction, Statement } from '../sql/ast.ts';
import type { SubProgram } from '../vm/types.ts';
import { ProgramBuilder } from './builder.ts';

/** Where the columns of SELF expressions (CHECK, generated, index expressions) are. */
export type SelfTable =
  | { readonly kind: 'cursor'; readonly table: Table; readonly cursor: number }
  /** Rowid in `base - 1`... : column i (table order) in `base + i`, rowid in `rowid`. */
  | {
      readonly kind: 'registers';
      readonly table: Table;
      readonly base: number;
      readonly rowid: number;
    };

/** An expression whose value an index that is being scanned already has. */
export interface IndexedExpr {
  readonly expr: BoundExpr;
  readonly source: Source;
  readonly indexCursor: number;
  readonly indexColumn: number;
  /** The source may be at a NULL row (outer join). */
  readonly maybeNullRow: boolean;
}

/** The trigger program being compiled. */
export interface TriggerContext {
  readonly table: Table;
  readonly event: 'DELETE' | 'INSERT' | 'UPDATE';
  readonly time: 'BEFORE' | 'AFTER';
  /** ON CONFLICT that statements inside inherit. */
  readonly onConflict: ConflictAction | null;
  /** Database in which unqualified tables of its statements are looked for; null or absent: all. */
  readonly fixedDb?: number | null;
  /**
   * Register offsets for OP_Param: OLD row: p1 = 0 rowid, 1.. columns (table order); NEW row follows
   * at columns + 1. A bit is set for each column that the program reads (bit 31: all from 31 on).
   */
  oldMask: number;
  newMask: number;
}

export class Codegen {
  readonly b = new ProgramBuilder();
  readonly top: Codegen;
  /** SELF's place while such an expression is coded. */
  self: SelfTable | null = null;
  indexedExprs: IndexedExpr[] = [];
  /** Statement-wide (kept at `top`): */
  /** The statement whose queries have no numbers yet; see numbering.ts. */
  unnumbered: Statement | null = null;
  multiWrite = false;
  mayAbort = false;
  /** DROP TABLE that deletes rows for the sake of foreign keys sets changes() too. */
  countsChanges = false;
  /** Databases read / written: bit masks; Transaction opcodes are made from them at the end. */
  readMask = 0;
  writeMask = 0;
  /** Compiled triggers and foreign-key actions by identity (trigger object and conflict action). */
  readonly programs = new Map<object, SubProgram>();
  /**
   * Constant expressions evaluated once at the start; see `codeConstants` in expr.ts. Null where
   * factoring is not allowed just now.
   */
  constants:
    | { readonly expr: BoundExpr; readonly register: number; readonly reusable: boolean }[]
    | null = [];
  /** AUTOINCREMENT bookkeeping by table (insert.ts). */
  readonly autoincrement = new Map<Table, number>();
  /** Cursors of sources whose rows are kept in registers (coroutines): first register by cursor number. */
  readonly sourceRegisters = new Map<number, number>();
  /** Next free source id of this program (the binder takes ids from here: cursors and sources share numbers). */
  readonly nextSourceId = (): number => this.b.newCursor();

  constructor(
    readonly env: CompileEnv,
    readonly parent: Codegen | null = null,
    readonly trigger: TriggerContext | null = null,
  ) {
    this.top = parent === null ? this : parent.top;
    this.constants = [];
  }

  /** The program reads database `db`: its schema cookie is checked at the start. */
  readsDatabase(db: number): void {
    this.top.readMask |= 1 << db;
  }

  /** The program writes database `db`. `multi`: it may change several rows (statement journal when it may abort). */
  writesDatabase(db: number, multi: boolean): void {
    this.top.readMask |= 1 << db;
    this.top.writeMask |= 1 << db;
    if (multi) this.top.multiWrite = true;
  }

  setMayAbort(): void {
    this.top.mayAbort = true;
  }

  setMultiWrite(): void {
    this.top.multiWrite = true;
  }
}
