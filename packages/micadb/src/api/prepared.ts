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
  private bound: readonly SqlValue[] = [];
  private stepping = false;

  constructor(
    readonly connection: Connection,
    readonly sql: string,
    private readonly start: number,
    prepared: { readonly program: Program; readonly next: number },
  ) {
    this.program = prepared.program;
    this.next = prepared.next;
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
    const prepared = this.connection.prepare(this.sql, this.start);
    if (prepared === null) throw new SqliteError('SQLITE_MISUSE');
    this.program = prepared.program;
    this.generation = this.connection.programGeneration;
  }

  /** Sets all parameters: values[0] is ?1. */
  bind(values: readonly SqlValue[]): void {
    this.bound = values;
  }

  /** What is bound: values[0] is ?1. */
  get values(): readonly SqlValue[] {
    return this.bound;
  }

  private begin(): Execution {
    this.refresh();
    const execution = (this.execution ??= this.connection.execution(this.program));
    for (let i = 0; i < this.bound.length; i++) execution.bind(i + 1, this.bound[i]!);
    this.stepping = true;
    return execution;
  }

  /**
   * The next row, or null at the end (the statement is then reset). SQLITE_SCHEMA before the first
   * row compiles again. On any error the statement is reset and the error thrown.
   */
  step(): Execution | null {
    this.connection.beginStep();
    if (this.stepping) return this.advance(this.execution!);
    for (let attempt = 0; ; attempt++) {
      try {
        return this.advance(this.begin());
      } catch (e) {
        this.stepping = false;
        const stale = e instanceof SqliteError && e.code === 'SQLITE_SCHEMA';
        if (!stale || attempt >= MAX_SCHEMA_RETRIES) throw e;
        this.recompile();
      }
    }
  }

  private advance(execution: Execution): Execution | null {
    try {
      if (execution.step() === 'row') return execution;
    } catch (e) {
      this.reset();
      throw e;
    }
    this.reset();
    return null;
  }

  get busy(): boolean {
    return this.stepping;
  }

  reset(): void {
    this.stepping = false;
    this.execution?.reset();
  }
}
