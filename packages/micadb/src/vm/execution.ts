/** `createExecution`: a program made runnable on a connection (the Execution contract). */
import { thrownByCollation } from '../values/collation.ts';
import { SqliteError } from '../values/errors.ts';
import type { SqlValue } from '../values/value.ts';
import { RecordFault } from './column.ts';
import { explainRows } from './explain.ts';
import { ON_CONFLICT_ABORT } from './flags.ts';
import { finishRun, NO_ERROR } from './halt.ts';
import { run } from './interpreter.ts';
import type { Execution, Program, RowTaker, StepResult, VmHost } from './types.ts';
import { CLEARED, type FrameWatch, ROW, Vm } from './vm.ts';

export interface ExecutionOptions {
  /** Watches every frame (tests: checks each instruction against its row of the opcode table). */
  readonly watch?: FrameWatch;
}

/** What of the runtime's own exceptions is SQLite's business. */
function translate(vm: Vm, e: unknown): unknown {
  if (e instanceof SqliteError || e === vm.userError || !(e instanceof RangeError)) return e;
  if (thrownByCollation(e)) return e;
  const tooLong = /Invalid (string|array|typed array) length/.test(e.message);
  const error = new SqliteError(tooLong ? 'SQLITE_TOOBIG' : 'SQLITE_NOMEM');
  error.cause = e;
  return error;
}

class VmExecution implements Execution {
  private readonly vm: Vm;
  private lines: readonly (readonly SqlValue[])[] | null = null;
  private line = 0;
  error: SqliteError | null = null;

  constructor(
    readonly program: Program,
    private readonly host: VmHost,
    options: ExecutionOptions,
  ) {
    this.vm = new Vm(program, host, options.watch ?? null);
  }

  get running(): boolean {
    return this.vm.running || this.lines !== null;
  }

  get registers(): readonly unknown[] {
    return this.lines === null ? this.vm.frame.regs : this.lines[this.line - 1]!;
  }

  get rowStart(): number {
    return this.lines === null ? this.vm.rowStart : 0;
  }

  get rowCount(): number {
    return this.lines === null ? this.vm.rowCount : this.lines[this.line - 1]!.length;
  }

  get bindings(): SqlValue[] {
    return this.vm.params;
  }

  value(column: number): SqlValue {
    if (this.lines !== null) return this.lines[this.line - 1]![column]!;
    const v = this.vm.frame.regs[this.vm.rowStart + column]!;
    return v === CLEARED ? null : v;
  }

  collect(rows: unknown[], take: RowTaker, convert: (v: SqlValue) => unknown): void {
    this.vm.rows = rows;
    this.vm.take = take;
    this.vm.convert = convert;
  }

  bind(index: number, value: SqlValue): void {
    if (this.running) {
      throw new SqliteError('SQLITE_MISUSE', 'bind on a busy prepared statement');
    }
    if (!(index >= 1 && index <= this.vm.params.length)) throw new SqliteError('SQLITE_RANGE');
    this.vm.params[index - 1] = value;
  }

  clearBindings(): void {
    this.vm.params.fill(null);
  }

  step(): StepResult {
    if (this.program.explain !== 0) return this.explainStep();
    const { vm } = this;
    if (!vm.running) this.start();
    this.host.beginStep?.();
    vm.resetBudget();
    for (;;) {
      try {
        return run(vm) === ROW ? 'row' : 'done';
      } catch (e) {
        // Init's P3: where the program goes on when a row is damaged (integrity_check).
        const next = this.program.instructions[0]!.p3;
        if (next === 0 || !(e instanceof RecordFault)) throw this.fail(translate(vm, e));
        vm.frame.pc = next;
      }
    }
  }

  private explainStep(): StepResult {
    this.lines ??= explainRows(this.program);
    if (this.line < this.lines.length) {
      this.line++;
      return 'row';
    }
    this.lines = null;
    this.line = 0;
    return 'done';
  }

  private start(): void {
    const { vm, host, program } = this;
    this.error = null;
    if (host.activeStatements === 0) host.interrupted = false;
    vm.activations++;
    vm.root.restart(vm.activations);
    vm.frame = vm.root;
    vm.depth = 0;
    vm.changeCount = 0;
    vm.countsChanges = program.countsChanges;
    vm.violations = 0;
    vm.errorAction = ON_CONFLICT_ABORT;
    vm.savepoint = -1;
    vm.schemaRollbacks = host.schemaRollbacks;
    vm.updatedRow = null;
    vm.userError = undefined;
    vm.running = true;
    host.activeStatements++;
    if (!program.readOnly) host.activeWrites++;
    if (vm.root.info.isReader) host.activeReads++;
  }

  /** Ends the run with an error; what is to be thrown. */
  private fail(e: unknown): unknown {
    let error = e;
    try {
      finishRun(this.vm, e);
    } catch (last) {
      error = last;
    }
    this.error = error instanceof SqliteError ? error : null;
    return error;
  }

  reset(): void {
    this.lines = null;
    this.line = 0;
    if (!this.vm.running) return;
    try {
      finishRun(this.vm, NO_ERROR);
    } catch (e) {
      this.error = e instanceof SqliteError ? e : null;
      throw e;
    }
  }

  close(): void {
    try {
      this.reset();
    } finally {
      this.vm.temporary?.close();
      this.vm.temporary = null;
    }
  }
}

/** A program ready to run on `host`. Parameters are NULL until they are bound. */
export function createExecution(
  program: Program,
  host: VmHost,
  options: ExecutionOptions = {},
): Execution {
  return new VmExecution(program, host, options);
}
