/**
 * The check of handlers against the opcode table (wall 2), for tests: watches frames through proxies of
 * their code and registers, and reports every register that an instruction reads or writes without its row
 * saying so, and every step to an address that the row does not allow. Also keeps which opcodes ran.
 */
import type { SqlValue } from '../values/value.ts';
import { Opcode } from './opcode.ts';
import { type RegisterRange, registersRead, registersWritten } from './registers.ts';
import { opcodes } from './table.ts';
import type { Instruction } from './types.ts';
import type { Frame, FrameWatch, Vm } from './vm.ts';

interface Watched {
  /** Address of the instruction that runs, -1 before the first. */
  pc: number;
  reads: readonly RegisterRange[];
  writes: readonly RegisterRange[];
}

function covers(ranges: readonly RegisterRange[], register: number): boolean {
  return ranges.some((r) => register >= r.first && register < r.first + r.count);
}

export class TableCheck implements FrameWatch {
  readonly executed = new Set<Opcode>();
  /** What did not agree with the table. */
  readonly complaints: string[] = [];
  private readonly frames = new Map<Frame, Watched>();

  private of(frame: Frame): Watched {
    let w = this.frames.get(frame);
    if (w === undefined) {
      w = { pc: -1, reads: [], writes: [] };
      this.frames.set(frame, w);
    }
    return w;
  }

  restart(frame: Frame): void {
    this.of(frame).pc = -1;
  }

  private enter(frame: Frame, code: readonly Instruction[], pc: number): void {
    const w = this.of(frame);
    this.checkStep(code, w.pc, pc);
    w.pc = pc;
    const op = code[pc];
    if (op === undefined) {
      this.complaints.push(`ran off the program to ${pc}`);
      return;
    }
    this.executed.add(op.opcode);
    w.reads = registersRead(code, pc);
    w.writes = registersWritten(code, pc);
  }

  private checkStep(code: readonly Instruction[], from: number, to: number): void {
    if (from < 0) return;
    const op = code[from]!;
    const row = opcodes[op.opcode]!;
    if (row.indirect || (row.fallsThrough && to === from + 1)) return;
    if (row.jumps.some((operand) => op[operand] === to)) return;
    this.complaints.push(`${row.name} at ${from} went to ${to}`);
  }

  code(frame: Frame, code: readonly Instruction[]): readonly Instruction[] {
    return new Proxy(code, {
      get: (target, key) => {
        if (typeof key === 'string' && /^\d+$/.test(key)) this.enter(frame, target, Number(key));
        return Reflect.get(target, key);
      },
    });
  }

  registers(frame: Frame, vm: Vm, regs: SqlValue[]): SqlValue[] {
    const rootOf = (opcode: Opcode): boolean =>
      frame === vm.root && (opcode === Opcode.MemMax || opcode === Opcode.NewRowid);
    const look = (key: string | symbol, write: boolean): void => {
      const w = this.of(frame);
      if (w.pc < 0 || vm.frame !== frame || typeof key !== 'string' || !/^\d+$/.test(key)) return;
      const op = frame.program.instructions[w.pc]!;
      const register = Number(key);
      const allowed = write
        ? covers(w.writes, register)
        : covers(w.reads, register) || covers(w.writes, register);
      if (allowed || rootOf(op.opcode)) return;
      // Between steps the caller reads the row; a pseudo cursor reads its record register.
      if (!write && (op.opcode === Opcode.ResultRow || this.isPseudo(frame, register))) return;
      const what = write ? 'wrote' : 'read';
      this.complaints.push(`${opcodes[op.opcode]!.name} at ${w.pc} ${what} r[${register}]`);
    };
    return new Proxy(regs, {
      get: (target, key) => {
        look(key, false);
        return Reflect.get(target, key);
      },
      set: (target, key, value) => {
        look(key, true);
        return Reflect.set(target, key, value);
      },
    });
  }

  private isPseudo(frame: Frame, register: number): boolean {
    return frame.cursors.some((c) => c !== null && c.pseudoRegister === register);
  }
}
