/**
 * A prepared statement below the faces: keeps its SQL, compiles again when the schema or a setting
 * changed, keeps its bindings over that, and steps.
 */
import { SqliteError } from '../values/errors.ts';
import type { SqlValue } from '../values/value.ts';
import type { Execution, Program } from '../vm/types.ts';
import type { Connection } from './connection.ts';

const MAX_SCHEMA_RETRIES = 50;

export class PreparedStatement {
  program: Program;
  /** Offset in the SQL text where the next statement begins. */
  readonly next: number;
  private execution: Execution | null = null;
  private generation: number;
  /** What is bound; once there is an execution, the execution's own array. */
  private bound: SqlValue[];
  private stepping = false;

  constructor(
    readonly connection: Connection,
    readonly sql: string,
    private readonly start: number,
    prepared: { readonly program: Program; readonly next: number },
  ) {
    this.program = prepared.program;
    this.next = prepared.next;
    this.bound = new Array<SqlValue>(prepared.program.parameterCount).fill(null);
    this.generation = connection.programGeneration;
  }

  /** Compiles again when something that the program depends on has changed. */
  refresh(): void {
    if (this.generation === this.connection.programGeneration || this.stepping) return;
    this.recompile();
  }

  private recompile(): void {
    this.execution?.reset();
    this.execution = null;
    const prepared = this.connection.prepare(this.sql, this.start, true);
    if (prepared === null) throw new SqliteError('SQLITE_MISUSE');
    this.program = prepared.program;
    this.generation = this.connection.programGeneration;
  }

  /** Sets all parameters: values[0] is ?1. */
  bind(values: readonly SqlValue[]): void {
    const { bound } = this;
    for (let i = 0; i < bound.length; i++) bound[i] = values[i] ?? null;
  }

  /** What is bound: values[0] is ?1. To be written to only while the statement does not run. */
  get values(): SqlValue[] {
    return this.bound;
  }

  private begin(): Execution {
    this.refresh();
    const execution = this.execution ?? this.newExecution();
    this.stepping = true;
    return execution;
  }

  private newExecution(): Execution {
    const execution = this.connection.execution(this.program);
    const { bindings } = execution;
    for (let i = 0; i < bindings.length; i++) bindings[i] = this.bound[i] ?? null;
    this.bound = bindings;
    this.execution = execution;
    return execution;
  }

  /**
   * The next row, or null at the end (the statement is then reset). SQLITE_SCHEMA before the first
   * row compiles again. On any error the statement is reset and the error thrown.
   */
  step(): Execution | null {
    if (this.stepping) return this.advance(this.execution!) ? this.execution : null;
    this.connection.beginStep();
    for (let attempt = 0; ; attempt++) {
      try {
        const execution = this.begin();
        return this.advance(execution) ? execution : null;
      } catch (e) {
        this.stepping = false;
        const stale = e instanceof SqliteError && e.code === 'SQLITE_SCHEMA';
        if (!stale || attempt >= MAX_SCHEMA_RETRIES) throw e;
        this.recompile();
      }
    }
  }

  /** For who has had a row of a run: to the next one; false at the end, which resets. */
  advance(execution: Execution): boolean {
    try {
      if (execution.step() === 'row') return true;
    } catch (e) {
      this.reset();
      throw e;
    }
    this.reset();
    return false;
  }

  get busy(): boolean {
    return this.stepping;
  }

  reset(): void {
    this.stepping = false;
    this.execution?.reset();
  }
}
