/**
 * For tests of the VM alone: an assembler of programs and a VmHost over one b-tree in memory, with the
 * transactions and savepoints of a connection in their simplest form.
 */
import { openBtree } from '../btree/btree.ts';
import { asPager, TestPager } from '../btree/test-pager.ts';
import type { Btree } from '../btree/types.ts';
import { builtinCollation } from '../values/collation.ts';
import { type ResultCodeName, SqliteError } from '../values/errors.ts';
import type { Collation } from '../values/key.ts';
import type { Int, SqlValue } from '../values/value.ts';
import { TableCheck } from './check.ts';
import { createExecution } from './execution.ts';
import type { Opcode } from './opcode.ts';
import { opcodes } from './table.ts';
import {
  type Execution,
  type HostRequest,
  Instruction,
  type P4,
  type Program,
  type RowListener,
  type VmHost,
} from './types.ts';

type Operand = number | string;
/** A label, or an instruction whose jump operands may be labels. */
export type Line = string | readonly [Opcode, Operand?, Operand?, Operand?, P4?, number?];

/** Puts labels in and makes a program of the lines. */
export function assemble(lines: readonly Line[], extra: Partial<Program> = {}): Program {
  const labels = new Map<string, number>();
  let address = 0;
  for (const line of lines) {
    if (typeof line === 'string') labels.set(line, address);
    else address++;
  }
  const value = (v: Operand | undefined): number => {
    if (typeof v !== 'string') return v ?? 0;
    const to = labels.get(v);
    if (to === undefined) throw new Error(`no label ${v}`);
    return to;
  };
  const instructions: Instruction[] = [];
  for (const line of lines) {
    if (typeof line === 'string') continue;
    const [op, p1, p2, p3, p4, p5] = line;
    instructions.push(new Instruction(op, value(p1), value(p2), value(p3), p4 ?? null, p5 ?? 0));
  }
  return {
    sql: '',
    instructions,
    registerCount: 60,
    cursorCount: 12,
    parameterCount: 4,
    parameterNames: [],
    resultColumns: [],
    readOnly: true,
    explain: 0,
    usesStatementJournal: false,
    countsChanges: false,
    databaseMask: 1,
    triggerName: null,
    ...extra,
  };
}

export class TestHost implements VmHost {
  readonly check = new TableCheck();
  readonly pager = new TestPager();
  readonly tree: Btree = openBtree(asPager(this.pager));
  readonly temporaries: Btree[] = [];
  readonly encoding = 1 as const;
  readonly databaseCount = 1;
  readonly databaseName = (): string => 'main';
  autoCommit = true;
  activeStatements = 0;
  activeReads = 0;
  activeWrites = 0;
  deferredViolations = 0;
  deferredImmediateViolations = 0;
  readonly foreignKeysOn = true;
  deferForeignKeys = false;
  recursiveTriggers = false;
  readonly countChangesPragma = false;
  queryOnly = false;
  maxTriggerDepth = 1000;
  schemaRollbacks = 0;
  interrupted = false;
  progressInterval = 0;
  progressCalls = 0;
  progressStops = false;
  rowListener: RowListener | null = null;
  sorterBudget = 1 << 20;
  readonly ephemeralBudget = 1 << 20;
  readonly maxLength = 1_000_000;
  readonly maxLikePatternLength = 50_000;
  generation = 7;
  expired = 0;
  changed = 0;
  total = 0;
  lastRowid: Int = 0;
  randomBytes: () => number = () => 0;
  commitError: SqliteError | null = null;
  readonly log: string[] = [];
  rows: readonly (readonly SqlValue[])[] = [];
  answer: SqlValue = null;
  private savepoints = 0;

  btree(): Btree {
    return this.tree;
  }
  beginTransaction(_db: number, write: boolean): number {
    const cookie = this.tree.beginTransaction(write);
    if (write && this.savepoints > 0) this.tree.openSavepoint(this.savepoints);
    return cookie;
  }
  schemaCookie(): number {
    return 0;
  }
  schemaGeneration(): number {
    return this.generation;
  }
  expireSchema(): void {
    this.expired++;
  }
  openStatementSavepoint(): number {
    this.savepoints++;
    this.tree.openSavepoint(this.savepoints);
    this.log.push('open');
    return this.savepoints;
  }
  closeStatementSavepoint(handle: number, op: 'release' | 'rollback'): void {
    if (op === 'rollback') this.tree.savepoint('rollback', handle - 1);
    this.tree.savepoint('release', handle - 1);
    this.savepoints = handle - 1;
    this.log.push(op);
  }
  commit(): void {
    if (this.commitError !== null) throw this.commitError;
    this.log.push('commit');
    this.tree.commitPhaseOne(null);
    this.tree.commitPhaseTwo(this.activeReads > 1);
  }
  rollback(trip: ResultCodeName | null): void {
    this.log.push(trip === null ? 'rollback' : 'rollback+trip');
    if (this.tree.transaction === 'write') {
      this.tree.rollback(
        trip === null ? null : 'SQLITE_ABORT_ROLLBACK',
        false,
        this.activeReads > 1,
      );
    } else if (this.activeReads <= 1) this.tree.endRead();
    this.savepoints = 0;
  }
  closeSavepoints(): void {
    this.savepoints = 0;
  }
  savepoint(op: 0 | 1 | 2, name: string): void {
    this.log.push(`savepoint ${op} ${name}`);
  }
  setAutoCommit(on: boolean, rollback: boolean): void {
    if (on === this.autoCommit) {
      throw new SqliteError('SQLITE_ERROR', 'cannot start a transaction within a transaction');
    }
    if (on && rollback) this.rollback('SQLITE_ABORT_ROLLBACK');
    else if (on) this.commit();
    this.autoCommit = on;
  }
  parseSchema(db: number, where: string | null): void {
    this.log.push(`parse ${db} ${where}`);
  }
  dropFromCatalog(db: number, what: string, name: string): void {
    this.log.push(`drop ${what} ${db} ${name}`);
  }
  rootPageMoved(db: number, from: number, to: number): void {
    this.log.push(`moved ${db} ${from} ${to}`);
  }
  loadAnalysis(db: number): void {
    this.log.push(`analysis ${db}`);
  }
  cookieChanged(db: number, meta: number, value: number): void {
    this.log.push(`cookie ${db} ${meta} ${value}`);
  }
  expirePrograms(deferred: boolean): void {
    this.log.push(`expire ${deferred}`);
  }
  execNested(sql: string): void {
    this.log.push(`exec ${sql}`);
  }
  lastInsertRowid(): Int {
    return this.lastRowid;
  }
  setLastInsertRowid(rowid: Int): void {
    this.lastRowid = rowid;
  }
  changes(): Int {
    return this.changed;
  }
  setChanges(count: number): void {
    this.changed = count;
  }
  totalChanges(): Int {
    return this.total;
  }
  addTotalChanges(count: number): void {
    this.total += count;
  }
  readonly collationOf = (name: string): Collation | null => builtinCollation(name, 1);
  progress(): boolean {
    this.progressCalls++;
    return this.progressStops;
  }
  now(): number {
    return 0;
  }
  randomness(buf: Uint8Array): void {
    for (let i = 0; i < buf.length; i++) buf[i] = this.randomBytes();
  }
  hostRows(request: HostRequest, args: readonly SqlValue[]): readonly (readonly SqlValue[])[] {
    this.log.push(`rows ${request.name} ${args.join(',')}`);
    return this.rows;
  }
  hostCall(request: HostRequest, args: readonly SqlValue[]): SqlValue {
    this.log.push(`call ${request.name} ${args.join(',')}`);
    return this.answer;
  }
  openTemporaryBtree(): Btree {
    const tree = openBtree(asPager(new TestPager()));
    this.temporaries.push(tree);
    return tree;
  }

  // -- running -----------------------------------------------------------------------------------

  execution(program: Program): Execution {
    return createExecution(program, this, { watch: this.check });
  }

  /** Runs to the end; the rows. */
  run(program: Program | readonly Line[], params: readonly SqlValue[] = []): SqlValue[][] {
    const e = this.execution('sql' in program ? program : assemble(program));
    for (const [i, v] of params.entries()) e.bind(i + 1, v);
    const rows: SqlValue[][] = [];
    while (e.step() === 'row') {
      rows.push(Array.from({ length: e.rowCount }, (_, i) => e.value(i)));
    }
    e.close();
    return rows;
  }

  /** Runs inside a write transaction that commits at the end. */
  write(lines: readonly Line[], extra: Partial<Program> = {}): SqlValue[][] {
    return this.run(assemble(lines, { readOnly: false, ...extra }));
  }

  /** A new tree, committed; its root page. */
  createTree(intKey: boolean): number {
    this.tree.beginTransaction(true);
    const root = this.tree.createTable(intKey);
    this.tree.commitPhaseOne(null);
    this.tree.commitPhaseTwo(false);
    return root;
  }

  /** What the table check found; and no b-tree page may stay pinned. */
  complaints(): string[] {
    return [...new Set(this.check.complaints)];
  }
}

export function nameOf(op: Opcode): string {
  return opcodes[op]!.name;
}
