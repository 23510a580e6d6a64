/**
 * ProgramBuilder: assembles one bytecode program: instructions, labels, registers, cursors,
 * EXPLAIN QUERY PLAN nesting. One builder a program; sub-programs have builders of their own.
 *
 * Invariants:
 *  1. Labels are negative numbers; they may stand in P2 (and in P1, P3 of opcodes whose row of the
 *     opcode table says that these are jump targets) and are resolved in `finish`.
 *  2. A register got from `tempReg` is returned with `releaseTemp` by the same function.
 *  3. Instructions that must run once (Once, Init's constants) are placed by `onceLabel`/`constants`.
 */
import type { Opcode } from '../vm/opcode.ts';
import { opcodes } from '../vm/table.ts';
import { Instruction, type P4 } from '../vm/types.ts';

export type Label = number;

export class ProgramBuilder {
  readonly instructions: Instruction[] = [];
  private readonly labels: number[] = [];
  private registers = 0;
  private cursors = 0;
  private readonly temps: number[] = [];
  private readonly rangeTemps: { base: number; count: number }[] = [];
  private readonly explainParents: number[] = [0];

  /** Appends an instruction; its address. */
  emit(opcode: Opcode, p1 = 0, p2 = 0, p3 = 0, p4: P4 = null, p5 = 0): number {
    this.instructions.push(new Instruction(opcode, p1, p2, p3, p4, p5));
    return this.instructions.length - 1;
  }

  /** The address that the next instruction will have. */
  get here(): number {
    return this.instructions.length;
  }

  at(address: number): Instruction {
    return this.instructions[address]!;
  }

  comment(text: string): void {
    const last = this.instructions[this.instructions.length - 1];
    if (last !== undefined) last.comment = text;
  }

  newLabel(): Label {
    this.labels.push(-1);
    return -this.labels.length;
  }

  /** Makes `label` mean the next instruction. */
  resolve(label: Label): void {
    this.labels[-label - 1] = this.here;
  }

  /** Lets the jump at `address` (its P2) go to the next instruction. */
  jumpHere(address: number): void {
    this.at(address).p2 = this.here;
  }

  newReg(): number {
    this.registers += 1;
    return this.registers;
  }

  /** `count` consecutive registers; the first. */
  newRegs(count: number): number {
    const first = this.registers + 1;
    this.registers += count;
    return first;
  }

  tempReg(): number {
    return this.temps.pop() ?? this.newReg();
  }

  releaseTemp(reg: number): void {
    if (reg > 0) this.temps.push(reg);
  }

  tempRange(count: number): number {
    if (count === 1) return this.tempReg();
    const i = this.rangeTemps.findIndex((r) => r.count >= count);
    if (i < 0) return this.newRegs(count);
    const r = this.rangeTemps[i]!;
    this.rangeTemps.splice(i, 1);
    return r.base;
  }

  releaseTempRange(base: number, count: number): void {
    if (count === 1) this.releaseTemp(base);
    else if (count > 1) this.rangeTemps.push({ base, count });
  }

  /** Forgets all temporary registers: call where code may be entered from elsewhere (subroutines). */
  clearTemps(): void {
    this.temps.length = 0;
    this.rangeTemps.length = 0;
  }

  newCursor(): number {
    this.cursors += 1;
    return this.cursors - 1;
  }

  get registerCount(): number {
    return this.registers;
  }

  get cursorCount(): number {
    return this.cursors;
  }

  /** Cursor numbers below `count` are taken (sources get theirs from the binder). */
  reserveCursors(count: number): void {
    this.cursors = Math.max(this.cursors, count);
  }

  // -- EXPLAIN QUERY PLAN ------------------------------------------------------------------------

  /** Adds a line of the query plan under the current parent; its address (= its id). */
  explain(opcode: Opcode, text: string): number {
    const address = this.emit(opcode, this.here, this.explainParents.at(-1)!, 0, text);
    this.at(address).p1 = address;
    return address;
  }

  explainPush(id: number): void {
    this.explainParents.push(id);
  }

  explainPop(): void {
    if (this.explainParents.length > 1) this.explainParents.pop();
  }

  get explainParent(): number {
    return this.explainParents.at(-1)!;
  }

  /** Resolves all labels and gives the instructions. */
  finish(): Instruction[] {
    for (const op of this.instructions) {
      for (const operand of opcodes[op.opcode]!.jumps) {
        if (op[operand] < 0) op[operand] = this.labels[-op[operand] - 1]!;
      }
    }
    return this.instructions;
  }
}
