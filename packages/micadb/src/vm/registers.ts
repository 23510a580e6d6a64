/**
 * Which registers an instruction reads and writes, resolved for the instruction at hand: the rows of
 * the opcode table with their operands put in, and the 'special' cases that `doc` describes. Used by
 * the check of handlers against rows, and by register liveness.
 */
import { OPFLAG_ISUPDATE, OPFLAG_P2ISREG, OPFLAG_PERMUTE, OPFLAG_PREFORMAT } from './flags.ts';
import type { GroupShape } from './groups.ts';
import { Opcode, type RegisterUse } from './opcode.ts';
import { opcodes } from './table.ts';
import type { FunctionCall, Instruction, Program } from './types.ts';

/** Registers first .. first + count - 1 of the frame the instruction runs in. */
export interface RegisterRange {
  readonly first: number;
  readonly count: number;
}

function callOf(op: Instruction): FunctionCall | null {
  const p4 = op.p4;
  return typeof p4 === 'object' && p4 !== null && 'kind' in p4 && p4.kind === 'call' ? p4 : null;
}

/** Registers that a Compare touches from each base, for the permutation in front of it. */
function compareSpan(code: readonly Instruction[], pc: number): number {
  const op = code[pc]!;
  if ((op.p5 & OPFLAG_PERMUTE) === 0) return op.p3;
  const order = code[pc - 1]?.p4;
  if (!(order instanceof Int32Array)) return op.p3;
  let span = 0;
  for (let i = 0; i < op.p3; i++) span = Math.max(span, order[i]! + 1);
  return span;
}

/** True when a seek by this instruction is on an index (P4 counts fields) rather than by rowid. */
function keyFields(op: Instruction): number {
  return typeof op.p4 === 'number' && op.p4 > 0 ? op.p4 : 1;
}

/** Registers from P1 of a Program on that the Params of its sub-program may read. */
function paramSpan(op: Instruction): number {
  let span = 0;
  for (const sub of subProgramOf(op)?.instructions ?? []) {
    if (sub.opcode === Opcode.Param) span = Math.max(span, sub.p1 + 1);
  }
  return span;
}

function subProgramOf(op: Instruction): Program | null {
  const p4 = op.p4;
  return typeof p4 === 'object' && p4 !== null && 'kind' in p4 && p4.kind === 'program'
    ? p4.program
    : null;
}

/**
 * Registers of the root frame that MemMax and NewRowid (AUTOINCREMENT) in a program and its
 * sub-programs read and write.
 */
export function rootRegisters(program: Program, seen: Set<Program> = new Set()): Set<number> {
  const found = new Set<number>();
  if (seen.has(program)) return found;
  seen.add(program);
  for (const op of program.instructions) {
    if (op.opcode === Opcode.MemMax) found.add(op.p1);
    else if (op.opcode === Opcode.NewRowid && op.p3 > 0) found.add(op.p3);
    const sub = subProgramOf(op);
    if (sub !== null) for (const r of rootRegisters(sub, seen)) found.add(r);
  }
  return found;
}

/** P4 of GroupFind, GroupKeep and GroupLoad. */
function shapeOf(op: Instruction): GroupShape | null {
  const { p4 } = op;
  return typeof p4 === 'object' && p4 !== null && 'kind' in p4 && p4.kind === 'groups' ? p4 : null;
}

function specialCount(code: readonly Instruction[], pc: number, use: RegisterUse): number {
  const op = code[pc]!;
  switch (op.opcode) {
    case Opcode.Null:
      return op.p3 > op.p2 ? op.p3 - op.p2 + 1 : 1;
    case Opcode.Copy:
      return op.p3 + 1;
    case Opcode.Compare:
      return compareSpan(code, pc);
    case Opcode.IsType:
      return op.p1 < 0 ? 1 : 0;
    case Opcode.OpenRead:
    case Opcode.OpenWrite:
    case Opcode.ReopenIdx:
      return (op.p5 & OPFLAG_P2ISREG) !== 0 ? 1 : 0;
    case Opcode.Delete:
      return (op.p2 & OPFLAG_ISUPDATE) !== 0 ? 1 : 0;
    case Opcode.IntegrityCk:
      return 2;
    case Opcode.Checkpoint:
      return 3;
    case Opcode.NewRowid:
    case Opcode.MemMax:
      return 0; // a register of the root frame: see rootRegisters
    case Opcode.Program:
      return paramSpan(op);
    case Opcode.AggStep:
    case Opcode.AggInverse:
    case Opcode.Function:
    case Opcode.PureFunc:
      return use.base === 'p2' ? (callOf(op)?.argCount ?? 0) : 0;
    default:
      return keyFields(op);
  }
}

function resolve(
  code: readonly Instruction[],
  pc: number,
  list: readonly RegisterUse[],
  out: RegisterRange[],
): void {
  const op = code[pc]!;
  for (const use of list) {
    const first = op[use.base];
    if (first <= 0 && use.count !== 'special') continue;
    let count: number;
    if (use.count === 1) count = 1;
    else if (use.count === 'special') count = specialCount(code, pc, use);
    else if (use.count === 'p4') count = typeof op.p4 === 'number' ? op.p4 : 0;
    else count = op[use.count];
    if (count > 0 && first + count > 1) out.push({ first, count });
  }
}

/** Registers that the instruction at `pc` reads. */
export function registersRead(code: readonly Instruction[], pc: number): RegisterRange[] {
  const out: RegisterRange[] = [];
  const op = code[pc]!;
  resolve(code, pc, opcodes[op.opcode]!.reads, out);
  if (op.opcode === Opcode.GroupKeep) {
    for (const first of shapeOf(op)!.kept) out.push({ first, count: 1 });
  }
  return out;
}

/**
 * By address of a MakeRecord: 1 where nothing reads the record but the Insert right behind it. Null when
 * there is no such pair.
 */
export function passingRecords(program: Program): Uint8Array | null {
  const code = program.instructions;
  let found: Uint8Array | null = null;
  for (let pc = 0; pc + 1 < code.length; pc++) {
    const make = code[pc]!;
    const insert = code[pc + 1]!;
    if (make.opcode !== Opcode.MakeRecord || insert.opcode !== Opcode.Insert) continue;
    if (make.p3 !== insert.p2 || (insert.p5 & OPFLAG_PREFORMAT) !== 0) continue;
    if (isReadElsewhere(code, make.p3, pc + 1)) continue;
    found ??= new Uint8Array(code.length);
    found[pc] = 1;
  }
  return found;
}

function isReadElsewhere(code: readonly Instruction[], register: number, reader: number): boolean {
  return code.some((op, pc) => {
    // A pseudo cursor reads its register when a column is asked for.
    if (op.opcode === Opcode.OpenPseudo && op.p2 === register) return true;
    if (op.opcode === Opcode.Program) return true;
    const reads = pc === reader ? [{ first: op.p3, count: 1 }] : registersRead(code, pc);
    return reads.some(({ first, count }) => register >= first && register < first + count);
  });
}

/** Registers that the instruction at `pc` writes (root frame registers of MemMax, NewRowid apart). */
export function registersWritten(code: readonly Instruction[], pc: number): RegisterRange[] {
  const out: RegisterRange[] = [];
  const op = code[pc]!;
  resolve(code, pc, opcodes[op.opcode]!.writes, out);
  if (op.opcode === Opcode.AggStep) {
    const before = code[pc - 1];
    if (before?.opcode === Opcode.CollSeq && before.p1 > 0)
      out.push({ first: before.p1, count: 1 });
  } else if (op.opcode === Opcode.GroupFind || op.opcode === Opcode.GroupLoad) {
    const { states, functions, kept, known, place } = shapeOf(op)!;
    if (functions.length > 0) out.push({ first: states, count: functions.length });
    if (op.opcode === Opcode.GroupLoad) for (const first of kept) out.push({ first, count: 1 });
    else for (const first of [known, place]) if (first > 0) out.push({ first, count: 1 });
  }
  return out;
}
