/** Handlers of functions, aggregates, sub-programs, foreign key counters, and the ends of programs. */

import { untilNul } from '../functions/text.ts';
import type { AggregateFunction, FunctionDef, WindowFunction } from '../functions/types.ts';
import { castValue } from '../values/affinity.ts';
import { ResultCode, type ResultCodeName, SqliteError } from '../values/errors.ts';
import { inEncoding, textByteLength, textToString } from '../values/utf.ts';
import { Affinity, type Encoding, type SqlValue, Text, UTF8 } from '../values/value.ts';
import {
  HALT_CHECK,
  HALT_FOREIGN_KEY,
  HALT_NOT_NULL,
  HALT_UNIQUE,
  ON_CONFLICT_IGNORE,
} from './flags.ts';
import { checkImmediate, finishRun, NO_ERROR } from './halt.ts';
import { closeCursors } from './handlers-cursor.ts';
import type { HandlerTable } from './handlers-data.ts';
import { Opcode } from './opcode.ts';
import type { FunctionCall, Instruction, SubProgram } from './types.ts';
import {
  CALL,
  type CallContext,
  CLEARED,
  DONE,
  Frame,
  type Handler,
  isNull,
  NEXT,
  type Vm,
} from './vm.ts';

/** Puts the arguments of a call into its context's array. */
function fillArguments(ctx: CallContext, r: readonly SqlValue[], base: number): void {
  const { args } = ctx;
  for (let i = 0; i < args.length; i++) {
    const v = r[base + i]!;
    args[i] = v === CLEARED ? null : v;
  }
}

const scalar: Handler = (vm, op, r, f) => {
  const call = op.p4 as FunctionCall;
  const { def } = call;
  if (def.kind !== 'scalar') throw misused(def);
  const ctx = vm.context(f, op, call);
  fillArguments(ctx, r, op.p2);
  if (def.user === true) {
    r[op.p3] = fitting(
      vm,
      vm.userCall(() => def.call(ctx.args, ctx)),
    );
    if (vm.host.interrupted) vm.budget = 0;
  } else {
    r[op.p3] = fitting(vm, def.call(ctx.args, ctx));
  }
  return NEXT;
};

/** A result within SQLITE_LIMIT_LENGTH; text in the encoding of the database. */
export function fitting(vm: Vm, given: SqlValue): SqlValue {
  const limit = vm.host.maxLength;
  const { encoding } = vm.host;
  const recode = encoding !== UTF8 && (typeof given === 'string' || given instanceof Text);
  const v = recode ? inEncoding(given, encoding) : given;
  let tooLong = false;
  if (typeof v === 'string') {
    tooLong = v.length * 3 > limit && textByteLength(v, encoding) > limit;
  } else if (v instanceof Uint8Array) tooLong = v.length > limit;
  else if (v instanceof Text) tooLong = v.bytes.length > limit;
  if (tooLong) throw new SqliteError('SQLITE_TOOBIG');
  return v;
}

function misused(def: FunctionDef): SqliteError {
  return new SqliteError('SQLITE_ERROR', `misuse of function ${def.name}()`);
}

function aggregateOf(call: FunctionCall): AggregateFunction | WindowFunction {
  if (call.def.kind === 'scalar') throw misused(call.def);
  return call.def;
}

/** Accumulators are opaque objects in registers. */
function stateIn(r: readonly SqlValue[], register: number): object | null {
  const v = r[register]!;
  return isNull(v) ? null : (v as unknown as object);
}

function stateOf(r: SqlValue[], register: number, def: AggregateFunction | WindowFunction): object {
  const state = stateIn(r, register);
  if (state !== null) return state;
  const fresh = def.init();
  r[register] = fresh as unknown as SqlValue;
  return fresh;
}

function guarded<T>(vm: Vm, def: FunctionDef, fn: () => T): T {
  return def.user === true ? vm.userCall(fn) : fn();
}

const aggStep: Handler = (vm, op, r, f) => {
  if (op.p1 !== 0) return aggInverse(vm, op, r, f);
  const call = op.p4 as FunctionCall;
  const def = aggregateOf(call);
  const ctx = vm.context(f, op, call);
  fillArguments(ctx, r, op.p2);
  const state = stateOf(r, op.p3, def);
  const before = isExtreme(def) ? f.program.instructions[f.pc - 1] : undefined;
  if (before !== undefined && before.opcode === Opcode.CollSeq && before.p1 > 0) {
    extremeStep(vm, def, state, ctx, r, before);
  } else if (def.user === true) {
    vm.userCall(() => def.step(state, ctx.args, ctx));
    if (vm.host.interrupted) vm.budget = 0;
  } else {
    def.step(state, ctx.args, ctx);
  }
  return NEXT;
};

function isExtreme(def: AggregateFunction | WindowFunction): boolean {
  return def.kind === 'aggregate' && (def.special === 'min' || def.special === 'max');
}

/** min() and max() with bare columns beside them: tells whether this row is the extreme so far. */
function extremeStep(
  vm: Vm,
  def: AggregateFunction | WindowFunction,
  state: object,
  ctx: CallContext,
  r: SqlValue[],
  collSeq: Instruction,
): void {
  const value = def.value;
  if (value === undefined) throw misused(def);
  const best = value.call(def, state, ctx);
  guarded(vm, def, () => def.step(state, ctx.args, ctx));
  if (best !== null && value.call(def, state, ctx) === best) r[collSeq.p1] = 1;
}

const aggInverse: Handler = (vm, op, r, f) => {
  const call = op.p4 as FunctionCall;
  const def = aggregateOf(call);
  const ctx = vm.context(f, op, call);
  fillArguments(ctx, r, op.p2);
  const state = stateOf(r, op.p3, def);
  if (def.inverse === undefined) throw misused(def);
  guarded(vm, def, () => def.inverse!(state, ctx.args, ctx));
  return NEXT;
};

// -- sub-programs ----------------------------------------------------------------------------------

function isRunning(vm: Vm, token: object): boolean {
  for (let f: Frame | null = vm.frame; f !== null; f = f.parent) if (f.token === token) return true;
  return false;
}

const program: Handler = (vm, op, r, f) => {
  const sub = op.p4 as SubProgram;
  const { host } = vm;
  if (op.p5 !== 0 && !host.recursiveTriggers && isRunning(vm, sub.token)) return NEXT;
  if (vm.depth >= host.maxTriggerDepth) {
    throw new SqliteError('SQLITE_ERROR', 'too many levels of trigger recursion');
  }
  const kept: unknown = op.p3 > 0 ? r[op.p3] : null;
  let frame: Frame;
  if (kept instanceof Frame && kept.program === sub.program && kept.parent === null) {
    frame = kept;
  } else {
    frame = new Frame(sub.program, vm);
    if (op.p3 > 0) r[op.p3] = frame as unknown as SqlValue;
  }
  vm.activations++;
  frame.restart(vm.activations);
  frame.parent = f;
  frame.caller = op;
  frame.token = sub.token;
  frame.savedChanges = vm.changeCount;
  frame.savedConnectionChanges = host.changes();
  frame.savedLastRowid = host.lastInsertRowid();
  vm.changeCount = 0;
  vm.depth++;
  vm.frame = frame;
  return CALL;
};

/** Back into the parent: behind its Program instruction, or to its P2 for RAISE(IGNORE). */
function leaveFrame(vm: Vm, ignore: boolean): number {
  const f = vm.frame;
  const parent = f.parent!;
  const { host } = vm;
  host.setChanges(vm.changeCount);
  host.addTotalChanges(vm.changeCount);
  closeCursors(f);
  vm.changeCount = f.savedChanges;
  host.setChanges(Number(f.savedConnectionChanges));
  host.setLastInsertRowid(f.savedLastRowid);
  const caller = f.caller!;
  f.parent = null;
  f.caller = null;
  vm.depth--;
  vm.frame = parent;
  parent.pc = ignore ? caller.p2 : parent.pc + 1;
  return CALL;
}

// -- ends ------------------------------------------------------------------------------------------

const codeNames = new Map<number, ResultCodeName>(
  (Object.entries(ResultCode) as [ResultCodeName, number][]).map(([name, code]) => [code, name]),
);

const constraintKinds: Readonly<Record<number, string>> = {
  [HALT_NOT_NULL]: 'NOT NULL',
  [HALT_UNIQUE]: 'UNIQUE',
  [HALT_CHECK]: 'CHECK',
  [HALT_FOREIGN_KEY]: 'FOREIGN KEY',
};

/** A message as C prints it: any value as text, up to a NUL. */
function messageText(v: SqlValue, encoding: Encoding): string {
  const text = castValue(v, Affinity.Text, encoding);
  return untilNul(text instanceof Text ? textToString(text) : String(text ?? ''));
}

function haltMessage(
  op: Instruction,
  r: readonly SqlValue[],
  encoding: Encoding,
): string | undefined {
  let text = typeof op.p4 === 'string' ? op.p4 : null;
  if (text === null && op.opcode === Opcode.Halt && op.p3 > 0) {
    text = messageText(r[op.p3]!, encoding);
  }
  const kind = constraintKinds[op.p5];
  if (kind === undefined) return text ?? undefined;
  return text === null ? `${kind} constraint failed` : `${kind} constraint failed: ${text}`;
}

const halt: Handler = (vm, op, r) => {
  if (op.p1 === 0) {
    if (vm.frame.parent !== null) return leaveFrame(vm, op.p2 === ON_CONFLICT_IGNORE);
    vm.errorAction = op.p2;
    finishRun(vm, NO_ERROR);
    return DONE;
  }
  vm.errorAction = op.p2;
  throw new SqliteError(
    codeNames.get(op.p1) ?? 'SQLITE_ERROR',
    haltMessage(op, r, vm.host.encoding),
  );
};

export const callHandlers: HandlerTable = {
  [Opcode.Function]: scalar,
  [Opcode.PureFunc]: scalar,
  [Opcode.AggStep]: aggStep,
  [Opcode.AggInverse]: aggInverse,
  [Opcode.AggValue]: (vm, op, r, f) => {
    const call = op.p4 as FunctionCall;
    const def = aggregateOf(call);
    const ctx = vm.context(f, op, call);
    const { value } = def;
    if (value === undefined) throw misused(def);
    const result = guarded(vm, def, () => {
      // A user's function keeps what it begins with, also before the first row.
      const state = def.user === true ? stateOf(r, op.p1, def) : stateIn(r, op.p1);
      return value.call(def, state, ctx);
    });
    r[op.p3] = fitting(vm, result);
    return NEXT;
  },
  [Opcode.AggFinal]: (vm, op, r, f) => {
    const call = op.p4 as FunctionCall;
    const def = aggregateOf(call);
    const ctx = vm.context(f, op, call);
    const state = stateIn(r, op.p1);
    r[op.p1] = fitting(
      vm,
      guarded(vm, def, () => def.finalize(state, ctx)),
    );
    return NEXT;
  },
  [Opcode.Program]: program,
  [Opcode.Param]: (_vm, op, r, f) => {
    r[op.p2] = f.parent!.regs[f.caller!.p1 + op.p1]!;
    return NEXT;
  },
  [Opcode.FkCounter]: (vm, op) => {
    const { host } = vm;
    if (host.deferForeignKeys) host.deferredImmediateViolations += op.p2;
    else if (op.p1 !== 0) host.deferredViolations += op.p2;
    else vm.violations += op.p2;
    return NEXT;
  },
  [Opcode.FkIfZero]: (vm, op) => {
    const { host } = vm;
    const immediate = host.deferredImmediateViolations;
    const n = op.p1 !== 0 ? host.deferredViolations : vm.violations;
    return n === 0 && immediate === 0 ? op.p2 : NEXT;
  },
  [Opcode.FkCheck]: (vm) => {
    checkImmediate(vm);
    return NEXT;
  },
  [Opcode.ResetCount]: (vm) => {
    vm.host.setChanges(vm.changeCount);
    vm.host.addTotalChanges(vm.changeCount);
    vm.changeCount = 0;
    return NEXT;
  },
  [Opcode.Halt]: halt,
  [Opcode.HaltIfNull]: (vm, op, r, f) => (isNull(r[op.p3]!) ? halt(vm, op, r, f) : NEXT),
};
