/**
 * The state of a running program: frames, counters, scratch (wall 3). The interpreter, its handlers
 * and the halt logic work on it; execution.ts wraps it for the API.
 *
 * Invariants:
 *  1. `frame` is the frame that runs; its `pc` is true whenever control is outside the loop.
 *  2. A frame's cursors are closed when it is left; a frame kept for reuse holds none.
 *  3. `temporary` is private to this execution; its trees live until the run ends.
 */
import type { Btree } from '../btree/types.ts';
import type { FunctionContext, FunctionHost, Loose, PureUse, Slice } from '../functions/types.ts';
import { binaryCollation } from '../values/collation.ts';
import { SqliteError } from '../values/errors.ts';
import type { Collation } from '../values/key.ts';
import { RecordEncoder } from '../values/record.ts';
import type { Encoding, Int, SqlValue } from '../values/value.ts';
import type { VmCursor } from './cursor.ts';
import { ON_CONFLICT_ABORT } from './flags.ts';
import { Opcode } from './opcode.ts';
import type { FunctionCall, Instruction, Program, RowTaker, TierMode, VmHost } from './types.ts';

/** What a handler tells the loop; 0 and more is the address to go on at. */
export const NEXT = -1;
export const ROW = -2;
export const DONE = -3;
/** The running frame has changed. */
export const CALL = -4;
/** Go on at the frame's pc, in whichever tier. */
export const TIER = -5;

/** The compiled form of a program, or of a part of it. */
export type CompiledRun = (
  vm: Vm,
  f: Frame,
  r: SqlValue[],
  cursors: (VmCursor | null)[],
  pc: number,
) => number;

export interface CompiledCode {
  /** By address: the number of the part, from 1 on, that may be entered there; or 0. */
  readonly entries: Uint8Array;
  readonly parts: readonly { readonly source: string; readonly run: CompiledRun }[];
}

/** What turns hot programs into something faster. */
export interface Tier {
  /**
   * `pc`: a loop that is hot, or 0. `before`: what there is already, of which the answer is then a part. Null:
   * this program stays as it is.
   */
  compile(
    program: Program,
    encoding: Encoding,
    pc: number,
    before: CompiledCode | null,
  ): CompiledCode | null;
  /** All that would be compiled of the program; null: nothing. */
  source(program: Program, encoding: Encoding): string | null;
}

/** The tier of this realm, if one was installed, and when it is used. */
export const tiering: {
  tier: Tier | null;
  mode: TierMode;
  /** Source (a guess at it) up to which a program becomes one function. */
  wholeSource: number;
  /** The same of the parts of a longer one. */
  partSource: number;
} = { tier: null, mode: 'auto', wholeSource: 8_000, partSource: 18_000 };

/** Back edges, and runs times RUN_HEAT, after which a program is compiled. */
const HOT = 768;
/** Instructions past which each loop must show itself hot ... */
const LONG = 400;
/** ... by being met so many times. */
const HOT_SAMPLES = 3;
/** Loops of a program that could not be compiled, after which no more are tried. */
const MAX_REFUSED = 8;
export const RUN_HEAT = 8;
/** What the interpreter adds when the budget of back edges is used up. */
export const BACK_EDGES = 128;

export type Handler = (vm: Vm, op: Instruction, r: SqlValue[], f: Frame) => number;

/** Facts about a program that the VM derives once. */
export interface ProgramInfo {
  readonly usesOnce: boolean;
  /** Begins transactions or looks at their state: counts as a reader (sqlite3_stmt_busy and commit). */
  readonly isReader: boolean;
  /** How much it ran in the interpreter. */
  heat: number;
  compiled: CompiledCode | null;
  /** Cursors that a KeySet serves, and the fields of their keys; null: not looked at yet. */
  hashed: ReadonlyMap<number, number> | null;
  /** It cannot be compiled. */
  refused: boolean;
  /** Loops that cannot be compiled, by the addresses of their heads; null: none. */
  refusedLoops: Set<number> | null;
  /** See `passingRecords`; undefined until it is asked for. */
  passing: Uint8Array | null | undefined;
  /** Of a long program: how often each loop was met when it was hot enough to be compiled. */
  seen: Map<number, number> | null;
}

const infos = new WeakMap<Program, ProgramInfo>();

const readerOpcodes: ReadonlySet<Opcode> = new Set([
  Opcode.Transaction,
  Opcode.AutoCommit,
  Opcode.Savepoint,
  Opcode.Checkpoint,
  Opcode.Vacuum,
  Opcode.JournalMode,
]);

export function infoOf(program: Program): ProgramInfo {
  let info = infos.get(program);
  if (info === undefined) {
    info = {
      usesOnce: program.instructions.some((op) => op.opcode === Opcode.Once),
      isReader: program.instructions.some((op) => readerOpcodes.has(op.opcode)),
      heat: 0,
      compiled: null,
      hashed: null,
      refused: false,
      refusedLoops: null,
      passing: undefined,
      seen: null,
    };
    infos.set(program, info);
  }
  return info;
}

/** Counts what a program does in the interpreter and compiles it when it is hot; what is there to run. */
export function warm(
  info: ProgramInfo,
  program: Program,
  vm: Vm,
  pc: number,
  heat: number,
): CompiledCode | null {
  const { tier } = tiering;
  const mode = vm.host.tier ?? tiering.mode;
  if (info.refused || tier === null || mode === 'interpreter' || vm.watch !== null) return null;
  const { compiled } = info;
  if (compiled !== null && (compiled.entries[pc] !== 0 || pc === 0)) return compiled;
  info.heat += heat;
  if (info.heat < HOT && mode !== 'compiled') return compiled;
  const { refusedLoops } = info;
  if (refusedLoops !== null && (refusedLoops.has(pc) || refusedLoops.size === MAX_REFUSED)) {
    return compiled;
  }
  // Control comes by every hundredth time: in a long program once says little about where it spends its time.
  if (pc !== 0 && program.instructions.length > LONG && mode !== 'compiled') {
    const seen = (info.seen ??= new Map<number, number>());
    const times = (seen.get(pc) ?? 0) + 1;
    seen.set(pc, times);
    if (times < HOT_SAMPLES) return compiled;
  }
  // The next part has to get hot by itself.
  info.heat = 0;
  const more = tier.compile(program, vm.host.encoding, pc, compiled);
  info.compiled = more;
  if (more === null) info.refused = true;
  else if (more.entries[pc] === 0) (info.refusedLoops ??= new Set()).add(pc);
  return more;
}

/** A NULL that equals nothing, not even NULL under SQLITE_NULLEQ (Null with P1). */
class ClearedNull {
  readonly cleared = true;
}

/** Stands in a register; whoever reads values treats what is no SqlValue as NULL. */
export const CLEARED = new ClearedNull() as unknown as SqlValue;

/** Stands in a register for the record that the encoder holds, `Vm.recordLength` bytes of it. */
export const PASSING = new Uint8Array(0);

export function isNull(v: SqlValue): boolean {
  return v === null || v === CLEARED;
}

/** The context of one call site in one frame, with its argument array. */
export class CallContext implements FunctionContext {
  readonly args: SqlValue[];
  /** The arguments for functions that take slices, and the slices by argument. */
  readonly loose: Loose[] = [];
  readonly slices: Slice[] = [];
  private aux: unknown[] | null = null;
  private auxActivation = 0;
  activation = 0;

  constructor(
    readonly host: FunctionHost,
    readonly collation: Collation,
    /** Bit i: argument i is constant in one activation of the frame. */
    private readonly constants: number,
    argCount: number,
    readonly pureUse: PureUse | null = null,
  ) {
    this.args = new Array<SqlValue>(argCount).fill(null);
  }

  getAux(index: number): unknown {
    return this.auxActivation === this.activation ? this.aux?.[index] : undefined;
  }

  setAux(index: number, value: unknown): void {
    if (index > 31 || (this.constants & (1 << index)) === 0) return;
    if (this.aux === null || this.auxActivation !== this.activation) {
      this.aux = [];
      this.auxActivation = this.activation;
    }
    this.aux[index] = value;
  }
}

/** Sees what a frame's instructions do: it may put its own arrays in the place of these. */
export interface FrameWatch {
  code(frame: Frame, code: readonly Instruction[]): readonly Instruction[];
  registers(frame: Frame, vm: Vm, regs: SqlValue[]): SqlValue[];
  /** The frame starts anew. */
  restart(frame: Frame): void;
}

/** One activation of a program. */
export class Frame {
  readonly code: readonly Instruction[];
  readonly regs: SqlValue[];
  readonly cursors: (VmCursor | null)[];
  /** Closed b-tree cursors, by number: opened again by the next run. */
  readonly spare: (VmCursor | null)[];
  readonly once: Uint8Array | null;
  readonly contexts: (CallContext | null)[] = [];
  readonly info: ProgramInfo;
  pc = 0;
  /** Counts runs of frames: auxiliary data of functions lives as long as one. */
  activation = 0;
  parent: Frame | null = null;
  /** The Program instruction that made it, in the parent. */
  caller: Instruction | null = null;
  token: object | null = null;
  // What the connection's counters were when the frame was entered.
  savedChanges = 0;
  savedConnectionChanges: Int = 0;
  savedLastRowid: Int = 0;

  constructor(
    readonly program: Program,
    vm: Vm,
  ) {
    const { watch } = vm;
    const regs = new Array<SqlValue>(program.registerCount + 1).fill(null);
    this.code = watch?.code(this, program.instructions) ?? program.instructions;
    this.regs = watch?.registers(this, vm, regs) ?? regs;
    this.watch = watch;
    this.cursors = new Array<VmCursor | null>(program.cursorCount).fill(null);
    this.spare = new Array<VmCursor | null>(program.cursorCount).fill(null);
    this.info = infoOf(program);
    this.once = this.info.usesOnce ? new Uint8Array(program.instructions.length) : null;
  }

  private readonly watch: FrameWatch | null;

  restart(activation: number): void {
    if (this.watch !== null) this.watch.restart(this);
    const { regs } = this;
    for (let i = 0; i < regs.length; i++) regs[i] = null;
    if (this.once !== null) this.once.fill(0);
    this.pc = 0;
    this.activation = activation;
  }
}

/** Back edges between looks at the interrupt flag when no progress handler asks for fewer. */
const POLL_INTERVAL = 128;

export class Vm {
  readonly root: Frame;
  readonly params: SqlValue[];
  readonly encoder: RecordEncoder;
  readonly binary: Collation;
  frame: Frame;
  depth = 0;
  activations = 0;
  running = false;

  /** Result of the last Compare, and of the last Lt or Gt for ElseEq. */
  compare = 0;
  /** Offsets of the last Permutation. */
  permutation: Int32Array | null = null;

  rowStart = 0;
  rowCount = 0;

  /** Where compiled code takes rows to, see Execution.collect; null: nowhere, it reports them. */
  take: RowTaker | null = null;
  rows: unknown[] | null = null;
  convert: ((v: SqlValue) => unknown) | null = null;

  /** Back edges left until the next look at interrupt flag and progress handler. */
  budget = POLL_INTERVAL;

  changeCount = 0;
  countsChanges = false;
  /** Violations of immediate foreign keys by this statement. */
  violations = 0;
  errorAction = ON_CONFLICT_ABORT;
  /** Handle of the statement savepoint, -1 when none is open. */
  savepoint = -1;
  savedDeferred = 0;
  savedDeferredImmediate = 0;
  /** `schemaRollbacks` of the host when the run began. */
  schemaRollbacks = 0;
  /** A Delete that announced an UPDATE: the rowid it had. */
  /** The row whose update a Delete has announced; kept for the listener until the Insert. */
  updatedRow: { readonly rowid: Int | null; readonly record: Uint8Array } | null = null;

  /** The length of the record that PASSING stands for. */
  recordLength = 0;

  temporary: Btree | null = null;
  /** The exception being thrown comes from user code: it reaches the caller as it is. */
  userError: unknown = undefined;

  constructor(
    readonly program: Program,
    readonly host: VmHost,
    readonly watch: FrameWatch | null = null,
  ) {
    this.root = new Frame(program, this);
    this.frame = this.root;
    this.params = new Array<SqlValue>(program.parameterCount).fill(null);
    this.encoder = new RecordEncoder(host.encoding, program.oldFormat === true ? 1 : 4);
    this.binary = binaryCollation(host.encoding);
  }

  /** Back edges since the progress handler was asked last, and the budget that was set last. */
  private edges = 0;
  private lastBudget = POLL_INTERVAL;

  /** Called when the budget of back edges is used up: interrupt flag, progress handler. */
  safepoint(): void {
    const { host } = this;
    if (host.interrupted) throw new SqliteError('SQLITE_INTERRUPT');
    const interval = host.progressInterval;
    if (interval > 0) {
      this.edges += this.lastBudget;
      if (this.edges >= interval) {
        this.edges = 0;
        if (this.userCall(() => host.progress())) throw new SqliteError('SQLITE_INTERRUPT');
      }
    }
    this.refill();
  }

  private refill(): void {
    const interval = this.host.progressInterval;
    const left = interval > 0 ? Math.max(1, interval - this.edges) : POLL_INTERVAL;
    this.budget = this.lastBudget = Math.min(left, POLL_INTERVAL);
  }

  /** Start of a step: an interrupt that came between steps is seen at the first back edge. */
  resetBudget(): void {
    if (this.host.interrupted) this.budget = this.lastBudget = 0;
    else if (this.budget <= 0 || this.host.progressInterval > 0) this.refill();
  }

  /** Runs code of the user and remembers what it throws. */
  userCall<T>(fn: () => T): T {
    try {
      return fn();
    } catch (e) {
      this.userError = e;
      throw e;
    }
  }

  /** A collation that is not BINARY; the user's may throw. */
  collate(collation: Collation, a: string, b: string): number {
    if (collation.kind !== 'user') return collation.compare(a, b);
    return this.userCall(() => collation.compare(a, b));
  }

  /** The context of the call at `op` in the frame. */
  context(f: Frame, op: Instruction, call: FunctionCall): CallContext {
    let ctx = f.contexts[f.pc];
    if (ctx === undefined || ctx === null) {
      while (f.contexts.length <= f.pc) f.contexts.push(null);
      const constants = op.opcode === Opcode.Function || op.opcode === Opcode.PureFunc ? op.p1 : 0;
      ctx = new CallContext(
        this.host,
        call.collation ?? this.binary,
        constants,
        call.argCount,
        call.pureUse ?? null,
      );
      f.contexts[f.pc] = ctx;
    }
    ctx.activation = f.activation;
    return ctx;
  }

  /** The b-tree for ephemeral tables and spilled sorters, with a write transaction open. */
  temporaryTree(): Btree {
    let tree = this.temporary;
    if (tree === null) {
      tree = this.host.openTemporaryBtree();
      this.temporary = tree;
    }
    if (tree.transaction !== 'write') tree.beginTransaction(true);
    return tree;
  }
}
