/**
 * The interpreter: one loop over the instructions of the running frame (wall 3). What runs in inner
 * loops is in the switch; all other opcodes are handlers in tables. The loop must stay small: V8 does not
 * optimize a function past some 60 KB of its bytecode.
 *
 * A handler returns NEXT, an address, ROW, DONE or CALL (the frame has changed). A jump backwards is a
 * safepoint: it counts down the budget at whose end interrupt flag and progress handler are looked at.
 */
import { SqliteError } from '../values/errors.ts';
import type { Collation } from '../values/key.ts';
import { Real, realOrNull, type SqlValue } from '../values/value.ts';
import { binaryTable } from './arithmetic.ts';
import { fieldValue, missing, otherColumn, settle } from './column.ts';
import { compareForJump, truth } from './compare.ts';
import { CursorKind } from './cursor.ts';
import { SQLITE_JUMPIFNULL, SQLITE_NULLEQ } from './flags.ts';
import { handlers } from './handlers.ts';
import { IntReal } from './handlers-data.ts';
import { Opcode } from './opcode.ts';
import type { Instruction } from './types.ts';
import {
  BACK_EDGES,
  CALL,
  CLEARED,
  type CompiledCode,
  type Frame,
  isNull,
  NEXT,
  ROW,
  RUN_HEAT,
  TIER,
  type Vm,
  warm,
} from './vm.ts';

/** P4 of Column: what a record that is too short has there. */
function defaultOf(op: Instruction): SqlValue {
  const p4 = op.p4;
  return typeof p4 === 'object' && p4 !== null && 'kind' in p4 && p4.kind === 'value'
    ? p4.value
    : null;
}

/** Column where the cursor is not simply on a row of its tree. */
export function columnSlow(vm: Vm, op: Instruction, regs: readonly SqlValue[]): SqlValue {
  let c = vm.frame.cursors[op.p1]!;
  let col = op.p2;
  while (c.deferred && c.altMap !== null && c.alt !== null) {
    const other = c.altMap[col]!;
    if (!(other > 0)) break;
    col = other - 1;
    c = c.alt;
  }
  const { encoding } = vm.host;
  let v: SqlValue | typeof missing;
  if (c.kind !== CursorKind.Btree) v = otherColumn(c, col, regs, encoding);
  else v = settle(c) ? fieldValue(c, col, encoding, op.p5) : null;
  return v === missing ? defaultOf(op) : v;
}

/** Eq and Ne where an operand is NULL, no number pair, or under an affinity. */
function equalSlow(vm: Vm, op: Instruction, a: SqlValue, b: SqlValue): number {
  const nullA = isNull(a);
  const nullB = isNull(b);
  if (nullA || nullB) {
    if ((op.p5 & SQLITE_NULLEQ) !== 0) {
      return nullA && nullB && a !== CLEARED && b !== CLEARED ? 0 : 1;
    }
    return NULL_RESULT;
  }
  return compareForJump(vm, a, b, op.p5, op.p4 as Collation | null);
}

/** What a comparison with NULL gives. */
const NULL_RESULT = 0x7fffffff;

/** Order of r[P3] against r[P1]; NULL_RESULT when one of them is NULL. */
function orderSlow(vm: Vm, op: Instruction, a: SqlValue, b: SqlValue): number {
  if (isNull(a) || isNull(b)) return NULL_RESULT;
  return compareForJump(vm, a, b, op.p5, op.p4 as Collation | null);
}

/** Whether Eq, Ne, Lt, Le, Gt or Ge jumps: r[P3] is `b`, r[P1] is `a`. */
export function compareJump(vm: Vm, op: Instruction, b: SqlValue, a: SqlValue): boolean {
  const { opcode } = op;
  const equality = opcode === Opcode.Eq || opcode === Opcode.Ne;
  const rc = equality ? equalSlow(vm, op, b, a) : orderSlow(vm, op, b, a);
  if (!equality) vm.compare = rc;
  if (rc === NULL_RESULT) return (op.p5 & SQLITE_JUMPIFNULL) !== 0;
  switch (opcode) {
    case Opcode.Eq:
      return rc === 0;
    case Opcode.Ne:
      return rc !== 0;
    case Opcode.Lt:
      return rc < 0;
    case Opcode.Le:
      return rc <= 0;
    case Opcode.Gt:
      return rc > 0;
    default:
      return rc >= 0;
  }
}

/** Runs until a row, the end, or an exception: compiled code where there is some, else the interpreter. */
export function run(vm: Vm): number {
  const first = vm.frame;
  if (first.pc === 0) warm(first.info, first.program, vm, 0, RUN_HEAT);
  for (;;) {
    const f = vm.frame;
    const compiled = compiledOf(vm, f);
    const part = compiled === null ? 0 : compiled.entries[f.pc]!;
    const result =
      part === 0 ? interpret(vm) : compiled!.parts[part - 1]!.run(vm, f, f.regs, f.cursors, f.pc);
    if (result !== TIER && result !== CALL) return result;
    if (vm.budget <= 0) vm.safepoint();
  }
}

/** Runs until a row, the end, an exception, or until there is compiled code to go on with. */
function interpret(vm: Vm): number {
  let f = vm.frame;
  let entries = enterable(vm, f);
  let code = f.code;
  let r = f.regs;
  let cursors = f.cursors;
  let pc = f.pc;
  const { encoding } = vm.host;
  for (;;) {
    const op = code[pc]!;
    let target: number;
    switch (op.opcode) {
      case Opcode.Init:
        if (op.p2 === 0) {
          pc++;
          continue;
        }
        target = op.p2;
        break;
      case Opcode.Goto:
        target = op.p2;
        break;
      case Opcode.Gosub:
        r[op.p1] = pc;
        target = op.p2;
        break;
      case Opcode.Return: {
        const to = r[op.p1];
        if (typeof to !== 'number') {
          if (op.p3 === 0) throw new SqliteError('SQLITE_INTERNAL', 'Return without an address');
          pc++;
          continue;
        }
        target = to + 1;
        break;
      }
      case Opcode.InitCoroutine:
        r[op.p1] = op.p3 - 1;
        if (op.p2 === 0) {
          pc++;
          continue;
        }
        target = op.p2;
        break;
      case Opcode.Yield: {
        const to = r[op.p1] as number;
        r[op.p1] = pc;
        target = to + 1;
        break;
      }
      case Opcode.EndCoroutine: {
        const caller = f.program.instructions[r[op.p1] as number]!;
        r[op.p1] = pc - 1;
        target = caller.p2;
        break;
      }

      case Opcode.Integer:
        r[op.p2] = op.p1;
        pc++;
        continue;
      case Opcode.Int64:
      case Opcode.Real:
      case Opcode.String8:
      case Opcode.Blob:
        r[op.p2] = op.p4 as SqlValue;
        pc++;
        continue;
      case Opcode.Null: {
        const v = op.p1 !== 0 ? CLEARED : null;
        r[op.p2] = v;
        for (let i = op.p2 + 1; i <= op.p3; i++) r[i] = v;
        pc++;
        continue;
      }
      case Opcode.Variable:
        r[op.p2] = vm.params[op.p1 - 1]!;
        pc++;
        continue;
      case Opcode.SCopy:
      case Opcode.IntCopy:
        r[op.p2] = r[op.p1]!;
        pc++;
        continue;
      case Opcode.Copy:
        if (op.p5 === 0) {
          for (let i = 0; i <= op.p3; i++) r[op.p2 + i] = r[op.p1 + i]!;
          pc++;
          continue;
        }
        target = generic(vm, op, r, pc);
        break;
      case Opcode.ResultRow:
        vm.rowStart = op.p1;
        vm.rowCount = op.p2;
        f.pc = pc + 1;
        return ROW;

      case Opcode.Column: {
        const c = cursors[op.p1]!;
        let v: SqlValue | typeof missing;
        if (c.kind === CursorKind.Btree && !c.nullRow && !c.deferred && !c.bt!.needsRestore) {
          v = fieldValue(c, op.p2, encoding, op.p5);
          if (v === missing) v = defaultOf(op);
        } else {
          v = columnSlow(vm, op, r);
        }
        r[op.p3] = v;
        pc++;
        continue;
      }

      case Opcode.Eq: {
        const b = r[op.p3]!;
        const a = r[op.p1]!;
        if (typeof a === 'number' && typeof b === 'number') {
          if (a !== b) {
            pc++;
            continue;
          }
        } else {
          const rc = equalSlow(vm, op, b, a);
          if (rc !== 0 && (rc !== NULL_RESULT || (op.p5 & SQLITE_JUMPIFNULL) === 0)) {
            pc++;
            continue;
          }
        }
        target = op.p2;
        break;
      }
      case Opcode.Ne: {
        const b = r[op.p3]!;
        const a = r[op.p1]!;
        if (typeof a === 'number' && typeof b === 'number') {
          if (a === b) {
            pc++;
            continue;
          }
        } else {
          const rc = equalSlow(vm, op, b, a);
          if (rc === 0 || (rc === NULL_RESULT && (op.p5 & SQLITE_JUMPIFNULL) === 0)) {
            pc++;
            continue;
          }
        }
        target = op.p2;
        break;
      }
      case Opcode.Lt:
      case Opcode.Le:
      case Opcode.Gt:
      case Opcode.Ge: {
        const b = r[op.p3]!;
        const a = r[op.p1]!;
        let rc: number;
        if (typeof a === 'number' && typeof b === 'number') rc = b < a ? -1 : b > a ? 1 : 0;
        else rc = orderSlow(vm, op, b, a);
        vm.compare = rc;
        let jump: boolean;
        if (rc === NULL_RESULT) {
          jump = (op.p5 & SQLITE_JUMPIFNULL) !== 0;
        } else if (op.opcode === Opcode.Lt) jump = rc < 0;
        else if (op.opcode === Opcode.Le) jump = rc <= 0;
        else if (op.opcode === Opcode.Gt) jump = rc > 0;
        else jump = rc >= 0;
        if (!jump) {
          pc++;
          continue;
        }
        target = op.p2;
        break;
      }
      case Opcode.Jump:
        target = vm.compare < 0 ? op.p1 : vm.compare === 0 ? op.p2 : op.p3;
        break;
      case Opcode.Once: {
        const once = f.once!;
        if (once[pc] === 0) {
          once[pc] = 1;
          pc++;
          continue;
        }
        target = op.p2;
        break;
      }
      case Opcode.If: {
        const v = r[op.p1]!;
        const t = typeof v === 'number' ? v !== 0 : truth(v, op.p3 !== 0);
        if (!t) {
          pc++;
          continue;
        }
        target = op.p2;
        break;
      }
      case Opcode.IfNot: {
        const v = r[op.p1]!;
        const t = typeof v === 'number' ? v !== 0 : truth(v, op.p3 === 0);
        if (t) {
          pc++;
          continue;
        }
        target = op.p2;
        break;
      }
      case Opcode.IsNull: {
        const v = r[op.p1]!;
        if (v !== null && v !== CLEARED) {
          pc++;
          continue;
        }
        target = op.p2;
        break;
      }
      case Opcode.NotNull: {
        const v = r[op.p1]!;
        if (v === null || v === CLEARED) {
          pc++;
          continue;
        }
        target = op.p2;
        break;
      }

      case Opcode.Add:
      case Opcode.Subtract:
      case Opcode.Multiply: {
        const a = r[op.p1]!;
        const b = r[op.p2]!;
        if (typeof a === 'number' && typeof b === 'number') {
          const v =
            op.opcode === Opcode.Add ? b + a : op.opcode === Opcode.Subtract ? b - a : b * a;
          if (v <= 9007199254740991 && v >= -9007199254740991) {
            r[op.p3] = v + 0;
            pc++;
            continue;
          }
        } else if (a instanceof Real && b instanceof Real) {
          const x = a.value;
          const y = b.value;
          const v =
            op.opcode === Opcode.Add ? y + x : op.opcode === Opcode.Subtract ? y - x : y * x;
          r[op.p3] = realOrNull(v);
          pc++;
          continue;
        }
        r[op.p3] = binaryTable[op.opcode]!(a, b);
        pc++;
        continue;
      }
      case Opcode.Divide:
      case Opcode.Remainder:
      case Opcode.BitAnd:
      case Opcode.BitOr:
      case Opcode.ShiftLeft:
      case Opcode.ShiftRight:
        r[op.p3] = binaryTable[op.opcode]!(r[op.p1]!, r[op.p2]!);
        pc++;
        continue;
      case Opcode.AddImm: {
        const v = r[op.p1]!;
        const sum = typeof v === 'number' ? v + op.p2 : Number.NaN;
        if (sum <= 9007199254740991 && sum >= -9007199254740991) {
          r[op.p1] = sum;
          pc++;
          continue;
        }
        target = generic(vm, op, r, pc);
        break;
      }
      case Opcode.RealAffinity: {
        const v = r[op.p1]!;
        if (typeof v === 'number' || typeof v === 'bigint') r[op.p1] = new Real(Number(v));
        else if (v instanceof IntReal) r[op.p1] = new Real(v.value);
        pc++;
        continue;
      }
      case Opcode.IfPos: {
        const v = r[op.p1]!;
        if (typeof v !== 'number' || v <= 0) {
          if (!(typeof v === 'bigint' && v > 0n)) {
            pc++;
            continue;
          }
        } else {
          r[op.p1] = v - op.p3;
        }
        target = op.p2;
        break;
      }
      case Opcode.DecrJumpZero: {
        const v = r[op.p1]!;
        // A LIMIT beyond 2^53 rows never comes to its end.
        if (typeof v === 'number') {
          r[op.p1] = v - 1;
          if (v === 1) {
            target = op.p2;
            break;
          }
        }
        pc++;
        continue;
      }

      case Opcode.Next: {
        const c = cursors[op.p1]!;
        if (c.kind === CursorKind.Btree) {
          c.parsed = -1;
          if (c.bt!.next()) {
            c.nullRow = false;
            target = op.p2;
            break;
          }
          c.nullRow = true;
          pc++;
          continue;
        }
        target = generic(vm, op, r, pc);
        break;
      }
      case Opcode.Rowid: {
        const c = cursors[op.p1]!;
        if (c.kind === CursorKind.Btree && !c.nullRow && !c.deferred && !c.bt!.needsRestore) {
          r[op.p2] = c.bt!.rowid();
          pc++;
          continue;
        }
        target = generic(vm, op, r, pc);
        break;
      }
      case Opcode.Explain:
      case Opcode.Noop:
      case Opcode.ReleaseReg:
      case Opcode.Abortable:
      case Opcode.ColumnsUsed:
        pc++;
        continue;
      default:
        target = generic(vm, op, r, pc);
        break;
    }

    if (target >= 0) {
      if (target <= pc) {
        if (--vm.budget <= 0) {
          f.pc = pc;
          vm.safepoint();
          if (warm(f.info, f.program, vm, target, BACK_EDGES) !== null) entries = enterable(vm, f);
        }
        if (entries !== null && entries[target] !== 0) {
          f.pc = target;
          return TIER;
        }
      }
      pc = target;
    } else if (target === NEXT) {
      pc++;
    } else if (target === CALL) {
      f = vm.frame;
      code = f.code;
      r = f.regs;
      cursors = f.cursors;
      pc = f.pc;
      if (pc === 0) warm(f.info, f.program, vm, 0, RUN_HEAT);
      entries = enterable(vm, f);
      if (entries !== null && entries[pc] !== 0) return TIER;
    } else {
      return target;
    }
  }
}

/** The compiled code of the frame's program, if there is some and it may run. */
function compiledOf(vm: Vm, f: Frame): CompiledCode | null {
  const { compiled } = f.info;
  if (compiled === null || vm.watch !== null || vm.host.tier === 'interpreter') return null;
  return compiled;
}

/** Where it may be entered; null when there is none. */
function enterable(vm: Vm, f: Frame): Uint8Array | null {
  return compiledOf(vm, f)?.entries ?? null;
}

function generic(vm: Vm, op: Instruction, r: SqlValue[], pc: number): number {
  const f = vm.frame;
  f.pc = pc;
  return handlers[op.opcode]!(vm, op, r, f);
}
