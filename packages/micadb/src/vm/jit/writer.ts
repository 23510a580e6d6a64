/**
 * The words of the code that is written: registers in locals and in the frame, jumps, handlers. One
 * register is t (tag), n (number), v (value) and l (length) with its number behind.
 */
import type { Encoding, Real } from '../../values/value.ts';
import { Opcode } from '../opcode.ts';
import { registersRead, registersWritten } from '../registers.ts';
import { opcodes } from '../table.ts';
import type { Instruction } from '../types.ts';
import { NEXT, TIER } from '../vm.ts';
import {
  type Analysis,
  CLEARED_NULL,
  Home,
  INT,
  isLive,
  LAZY,
  NULL,
  NUMBER,
  OTHER,
  REAL,
  STORED,
  transfer,
} from './analysis.ts';
import { Layout } from './layout.ts';
import { RowPlan } from './rows.ts';

export class Writer {
  protected readonly out: string[] = [];
  protected readonly constants: unknown[] = [];
  /** Types at the instruction that is being written. */
  protected types: Uint8Array = new Uint8Array(0);
  /** Stages known of each cursor there, and columns in registers; see RowPlan. */
  protected stages: Int8Array = new Int8Array(0);
  protected held: Int32Array = new Int32Array(0);
  /** Registers and cursors that need locals. */
  protected readonly used = new Set<number>();
  protected readonly usedCursors = new Set<number>();
  protected readonly layout: Layout;
  protected readonly rows: RowPlan;
  protected pc = 0;

  constructor(
    protected readonly a: Analysis,
    cursorCount: number,
    protected readonly encoding: Encoding,
    /** Instructions to compile: 1 each. What control cannot reach is taken out. */
    private readonly region: Uint8Array,
  ) {
    const { code } = a;
    let reached = false;
    for (let pc = 0; pc < code.length; pc++) {
      if (a.leader[pc] === 1) reached = a.types[pc] !== null;
      if (!reached) region[pc] = 0;
    }
    this.rows = new RowPlan(a, cursorCount, (pc) => this.inside(pc));
    this.layout = new Layout(a, region, this.rows.entries, this.computedTargets());
  }

  /** True for the instructions that are compiled. */
  protected inside(pc: number): boolean {
    return this.region[pc] === 1;
  }

  private computedTargets(): Set<number> {
    const found = new Set<number>();
    this.a.code.forEach((op, pc) => {
      if (this.inside(pc) && opcodes[op.opcode]!.indirect)
        for (const t of this.a.next[pc]!) found.add(t);
    });
    return found;
  }

  protected put(text: string): void {
    this.out.push(text);
  }

  protected constant(value: unknown): string {
    let i = this.constants.indexOf(value);
    if (i < 0) i = this.constants.push(value) - 1;
    return `K${i}`;
  }

  protected mask(register: number): number {
    this.used.add(register);
    return this.types[register]!;
  }

  protected isLocal(register: number): boolean {
    return this.a.home[register] === Home.Local;
  }

  /** The instruction whose constant the register certainly holds here. */
  protected constantIn(register: number): Instruction | null {
    const op = this.a.constant[register] ?? null;
    if (op === null) return null;
    const m = this.types[register]!;
    const own = op.opcode === Opcode.Integer ? INT : op.opcode === Opcode.Real ? REAL : OTHER;
    return m === own ? op : null;
  }

  /** The register's value as a double; it is a number. */
  protected num(register: number): string {
    const op = this.constantIn(register);
    if (op !== null && op.opcode !== Opcode.String8) {
      const v = op.opcode === Opcode.Integer ? op.p1 : (op.p4 as Real).value;
      if (Number.isFinite(v))
        return v < 0 || Object.is(v, -0) ? `(${Object.is(v, -0) ? '-0' : v})` : String(v);
    }
    return `n${register}`;
  }

  /** A condition: the register's tag is one of those in `wanted`. */
  protected is(register: number, wanted: number): string {
    const m = this.mask(register);
    const hit = m & wanted;
    if (hit === 0) return 'false';
    if (hit === m) return 'true';
    if ((hit & (hit - 1)) === 0) return `t${register}===${hit}`;
    return `(t${register}&${hit})!==0`;
  }

  /** The register's value as the frame holds it. */
  protected box(register: number): string {
    if (!this.isLocal(register)) return `r[${register}]`;
    const m = this.mask(register);
    const op = this.constantIn(register);
    if (op !== null) return this.constantValue(op);
    switch (m) {
      case NULL:
        return 'null';
      case INT:
        return `n${register}`;
      case REAL:
        return `new Real(n${register})`;
      case OTHER:
        return `v${register}`;
      case CLEARED_NULL:
        return 'CLEARED';
      case LAZY:
        return `text(v${register},n${register},l${register})`;
      default:
        if ((m & LAZY) !== 0) return `box(t${register},n${register},v${register},l${register})`;
        return `box(t${register},n${register},v${register},0)`;
    }
  }

  protected constantValue(op: Instruction): string {
    if (op.opcode === Opcode.Integer) return String(op.p1);
    return this.constant(op.p4);
  }

  protected setNull(register: number): string {
    this.used.add(register);
    return `t${register}=1;`;
  }

  protected setInt(register: number, expr: string): string {
    this.used.add(register);
    return `t${register}=2;n${register}=${expr};`;
  }

  protected setReal(register: number, expr: string): string {
    this.used.add(register);
    return `t${register}=4;n${register}=${expr};`;
  }

  protected setOther(register: number, expr: string): string {
    this.used.add(register);
    return `t${register}=8;v${register}=${expr};`;
  }

  /** Takes a value of the frame's kind apart. */
  protected setValue(register: number, expr: string): string {
    this.used.add(register);
    const i = register;
    return (
      `x=${expr};if(typeof x==='number'){t${i}=2;n${i}=+x}else if(x===null)t${i}=1;` +
      `else if(isPlainReal(x)){t${i}=4;n${i}=+x.value}else if(x===CLEARED)t${i}=32;else{t${i}=8;v${i}=x}`
    );
  }

  /** Makes a register of the frame readable in locals for the instruction at hand. */
  protected fetch(register: number): void {
    if (this.isLocal(register)) return;
    this.put(this.setValue(register, `r[${register}]`));
    this.types[register] = STORED;
  }

  /** A result stands in the locals of `register`: brings it home. `type`: its possible tags. */
  protected store(register: number, type: number): void {
    if (this.isLocal(register)) return;
    const saved = this.types[register]!;
    this.types[register] = type;
    const i = register;
    const expr =
      type === INT
        ? `n${i}`
        : type === NULL
          ? 'null'
          : (type & LAZY) !== 0
            ? `box(t${i},n${i},v${i},l${i})`
            : `box(t${i},n${i},v${i},0)`;
    this.put(`r[${register}]=${expr};`);
    this.types[register] = saved;
  }

  /** Brings a local into the frame. */
  protected spill(register: number): void {
    if (!this.isLocal(register) || this.types[register] === 0) return;
    if (this.constantIn(register) !== null) return;
    this.put(`r[${register}]=${this.box(register)};`);
  }

  /** Brings all that is live at `pc` into the frame. */
  protected spillLive(pc: number): void {
    const live = this.a.live[pc];
    if (live === undefined) return;
    for (let r = 1; r <= this.a.registerCount; r++) if (isLive(live, r)) this.spill(r);
    for (const [cursor, sorter] of this.a.sorterOf) {
      const register = this.rows.plans.get(cursor)?.register ?? 0;
      if (register > 0 && isLive(live, register)) {
        this.cursorLocals(sorter);
        this.put(`if(c${sorter}!==null)r[${register}]=c${sorter}.sorter.record();`);
      }
    }
  }

  /** Leaves for `pc` in whichever tier. */
  protected leave(pc: number, result: number): void {
    this.spillLive(pc);
    this.put(`f.pc=${pc};vm.budget=k;return ${result};`);
  }

  /** A jump from the instruction at hand; `types` are those after it. */
  protected jump(target: number): void {
    if (!this.inside(target)) {
      this.leave(target, TIER);
      return;
    }
    if (target <= this.pc) {
      this.put('if(--k<=0){');
      this.leave(target, TIER);
      this.put('}');
    }
    this.put(this.layout.jump(this.pc, target));
  }

  /** A jump to an address that is known only at run time. */
  protected computedJump(address: string): void {
    const targets = this.a.next[this.pc]!.filter((t) => this.inside(t));
    this.put(`x=${address};if(--k>0)switch(x){`);
    for (const t of targets) this.put(`case ${t}:${this.layout.dispatch(t)}`);
    this.put('}');
    // Outside the region, or time to look up.
    const union = new Uint32Array(this.a.live[0]!.length);
    for (const t of this.a.next[this.pc]!) {
      const l = this.a.live[t]!;
      for (let w = 0; w < l.length; w++) union[w] = union[w]! | l[w]!;
    }
    for (let r = 1; r <= this.a.registerCount; r++) if (isLive(union, r)) this.spill(r);
    this.put(`f.pc=x;vm.budget=k;return ${TIER};`);
  }

  /** Jumps to `target` when `condition` holds. The types must be those after the instruction. */
  protected branch(condition: string, target: number): void {
    if (condition === 'false') return;
    this.put(condition === 'true' ? '{' : `if(${condition}){`);
    this.jump(target);
    this.put('}');
  }

  /** Texts that cursors have lent and that the instruction spoils become strings. */
  protected settleTexts(pc: number): void {
    const { next, live, code, effects } = this.a;
    const reads = registersRead(code, pc);
    for (let r = 1; r <= this.a.registerCount; r++) {
      const m = this.types[r]!;
      if ((m & LAZY) === 0 || !this.isLocal(r) || !effects.spoils(code[pc]!, r)) continue;
      const wanted =
        next[pc]!.some((n) => isLive(live[n]!, r)) ||
        reads.some(({ first, count }) => r >= first && r < first + count);
      if (wanted) this.put(`if(t${r}===16){v${r}=text(v${r},n${r},l${r});t${r}=8}`);
      this.types[r] = (m & ~LAZY) | OTHER;
    }
  }

  protected cursorLocals(cursor: number): void {
    this.usedCursors.add(cursor);
  }

  /** Calls the instruction's handler. */
  protected handler(op: Instruction): void {
    const { code } = this.a;
    const info = opcodes[op.opcode]!;
    const written = registersWritten(code, this.pc);
    const touched = new Set<number>();
    for (const { first, count } of [...registersRead(code, this.pc), ...written]) {
      for (let i = 0; i < count; i++) if (first + i > 0) touched.add(first + i);
    }
    for (const r of touched) this.spill(r);
    if (info.maySuspend) {
      this.spillLive(this.pc + 1);
      if (op.opcode === Opcode.Program && op.p2 > 0) this.spillLive(op.p2);
    }
    const user = this.a.effects.runsUserCode(op);
    if (user) this.put('vm.budget=k;');
    const effectful = info.jumps.length > 0 || info.maySuspend || !info.fallsThrough;
    this.put(`f.pc=${this.pc};${effectful ? 'x=' : ''}H[${op.opcode}](vm,C[${this.pc}],r,f);`);
    if (info.maySuspend || !info.fallsThrough) {
      this.put(`if(x<${NEXT}){${user ? '' : 'vm.budget=k;'}return x}`);
    }
    if (user) this.put('k=vm.budget;');
    const loads = new Set<number>();
    for (const { first, count } of written) {
      for (let i = 0; i < count; i++) if (this.isLocal(first + i)) loads.add(first + i);
    }
    if (loads.size > 0)
      this.put(`y=x;${[...loads].map((r) => this.setValue(r, `r[${r}]`)).join('')}x=y;`);
    this.afterMove(op);
    this.advance(op);
    const targets = this.a.next[this.pc]!.filter((t) => t !== this.pc + 1);
    if (effectful && targets.length > 0) {
      for (const t of targets) {
        this.put(targets.length === 1 && info.jumps.length === 1 ? `if(x>=0){` : `if(x===${t}){`);
        this.jump(t);
        this.put('}');
      }
    }
  }

  /** The handler as one branch of an instruction: registers `written` are read back. The answer is in x. */
  protected inlineHandler(op: Instruction, touched: readonly number[]): void {
    for (const { first, count } of registersRead(this.a.code, this.pc)) {
      for (let i = 0; i < count; i++) this.spill(first + i);
    }
    this.put(`f.pc=${this.pc};y=H[${op.opcode}](vm,C[${this.pc}],r,f);`);
    const written = registersWritten(this.a.code, this.pc);
    for (const t of touched) {
      if (!this.isLocal(t)) continue;
      if (written.some(({ first, count }) => t >= first && t < first + count)) {
        this.put(this.setValue(t, `r[${t}]`));
      }
    }
    this.put('x=y;');
  }

  /** Cursors whose locals are not good any more after the instruction. */
  protected afterMove(op: Instruction): void {
    const info = opcodes[op.opcode]!;
    if (info.cursor === 'open' || info.cursor === 'close') {
      const n = op[info.cursorOperand!] as number;
      this.put(`c${n}=cs[${n}];`);
      this.cursorLocals(n);
    }
    for (const n of this.rows.resets(op, this.pc)) {
      if (this.rows.plans.has(n)) {
        this.put(`s${n}=0;`);
        this.cursorLocals(n);
      }
    }
  }

  /** Types and stages after the instruction. */
  protected advance(op: Instruction): void {
    transfer(this.a.code, this.pc, this.types, this.a.home, this.a.effects);
    this.rows.stageTransfer(op, this.pc, this.stages, this.held);
  }

  protected nullInto(register: number, cleared: boolean): void {
    if (!this.isLocal(register)) this.put(`r[${register}]=${cleared ? 'CLEARED' : 'null'};`);
    else {
      this.used.add(register);
      this.put(`t${register}=${cleared ? 32 : 1};`);
    }
  }

  protected copy(from: number, to: number): void {
    if (!this.isLocal(to)) {
      this.put(`r[${to}]=${this.box(from)};`);
      return;
    }
    this.used.add(to);
    if (!this.isLocal(from)) {
      this.put(this.setValue(to, `r[${from}]`));
      return;
    }
    const m = this.mask(from);
    this.put(`t${to}=${(m & (m - 1)) === 0 ? m : `t${from}`};`);
    if ((m & (NUMBER | LAZY)) !== 0)
      this.put(`n${to}=${this.constantIn(from) !== null ? this.num(from) : `n${from}`};`);
    if ((m & (OTHER | LAZY)) !== 0) this.put(`v${to}=v${from};`);
    if ((m & LAZY) !== 0) this.put(`l${to}=l${from};`);
  }
}

export function and(a: string, b: string): string {
  if (a === 'false' || b === 'false') return 'false';
  if (a === 'true') return b;
  return b === 'true' ? a : `${a}&&${b}`;
}

export function or(a: string, b: string): string {
  if (a === 'true' || b === 'true') return 'true';
  if (a === 'false') return b;
  return b === 'false' ? a : `${a}||${b}`;
}
