/**
 * Writes the JavaScript of a program, or of a part of it (wall 2).
 *
 *   function (vm, f, r, cs, pc) {            r: registers, cs: cursors of frame f
 *     let t1 = 1, n1 = 0, v1 = null, l1 = 0 ...   one register: tag, number, value, length
 *     switch (pc) { ... }                    entries: live registers from the frame into locals
 *     for (;;) switch (b) { case 0: ... }    basic blocks; a jump sets b
 *   }
 *
 * It returns ROW, DONE and CALL as the interpreter does, or TIER: go on at f.pc in whichever tier.
 *
 * Invariants of the generated code:
 *  1. Before it returns, all registers that are live where the frame goes on are in `r`.
 *  2. Registers whose home is memory are always in `r`. Constants are there as well as in locals.
 *  3. What is read of a page through d, h, a... of a cursor is good from the load of the row until the
 *     cursor moves, a tree changes or user code runs; `s` (the stage) is 0 from then on.
 *  4. A handler finds what it reads in `r`, and what it writes there is taken over afterwards.
 */
import type { AggregateFunction } from '../../functions/types.ts';
import type { Collation, KeyInfo } from '../../values/key.ts';
import { utf8Encode } from '../../values/utf.ts';
import { Affinity, type Encoding, type Real, type SqlValue, UTF8 } from '../../values/value.ts';
import { SQLITE_AFF_MASK, SQLITE_JUMPIFNULL, SQLITE_NULLEQ } from '../flags.ts';
import { Opcode } from '../opcode.ts';
import { registersRead, registersWritten } from '../registers.ts';
import { opcodes } from '../table.ts';
import type { FunctionCall, Instruction } from '../types.ts';
import { NEXT, ROW, TIER } from '../vm.ts';
import {
  ANY_NULL,
  type Analysis,
  bytesForm,
  CLEARED_NULL,
  disturbs,
  Home,
  INT,
  isLive,
  LAZY,
  NULL,
  NUMBER,
  OTHER,
  REAL,
  runsUserCode,
  STORED,
  transfer,
} from './analysis.ts';

import { Layout } from './layout.ts';

const MAX = '9007199254740991';
/** Columns of one cursor that compiled code reads itself. */
const MAX_STAGES = 24;
const UNKNOWN_STAGE = -1;

/** What is known of a cursor number all over the program. */
interface CursorPlan {
  readonly kind: 'btree' | 'pseudo';
  /** The register of a pseudo cursor's record. */
  readonly register: number;
  /** Columns that are read, ascending; a stage parses up to one of them. */
  readonly columns: readonly number[];
  /** Columns that an index may give while the seek is put off. */
  readonly elsewhere: ReadonlySet<number>;
}

export interface Emitted {
  readonly source: string;
  readonly constants: readonly unknown[];
  /** Addresses at which the function may be entered. */
  readonly entries: Uint8Array;
}

export class Emitter {
  private readonly out: string[] = [];
  private readonly constants: unknown[] = [];
  private readonly plans = new Map<number, CursorPlan>();
  /** Types at the instruction that is being written. */
  private types: Uint8Array = new Uint8Array(0);
  /** Stages known of each cursor there. */
  private stages: Int8Array = new Int8Array(0);
  /** Of each register: the column it holds here for certain (cursor * 4096 + column + 1), or 0. */
  private held: Int32Array = new Int32Array(0);
  private readonly entryHeld: (Int32Array | null)[];
  private readonly entryStages: (Int8Array | null)[];
  private readonly entries: Uint8Array;
  private readonly used = new Set<number>();
  private readonly usedCursors = new Set<number>();
  /** Calls that keep their context in a local. */
  private readonly calls = new Set<number>();
  private readonly layout: Layout;
  private readonly cursorCount: number;
  private pc = 0;

  constructor(
    private readonly a: Analysis,
    cursorCount: number,
    private readonly encoding: Encoding,
    /** Instructions to compile: 1 each. */
    private readonly region: Uint8Array,
  ) {
    this.cursorCount = cursorCount;
    const { code } = a;
    let reached = false;
    for (let pc = 0; pc < code.length; pc++) {
      if (a.leader[pc] === 1) reached = a.types[pc] !== null;
      if (!reached) region[pc] = 0;
    }
    this.entries = new Uint8Array(code.length + 1);
    this.entryStages = code.map(() => null);
    this.entryHeld = code.map(() => null);
    this.planCursors();
    this.planEntries();
    this.layout = new Layout(a, region, this.entries, this.computedTargets());
    this.planStages();
  }

  // -- before writing ----------------------------------------------------------------------------

  /** Instructions to compile: those of the region that control can reach. */
  private inside(pc: number): boolean {
    return this.region[pc] === 1;
  }

  private planCursors(): void {
    const { code } = this.a;
    const kinds = new Map<number, Set<string>>();
    const registers = new Map<number, number>();
    const note = (n: number, kind: string) => {
      let set = kinds.get(n);
      if (set === undefined) kinds.set(n, (set = new Set()));
      set.add(kind);
    };
    const elsewhere = new Map<number, Set<number>>();
    for (const op of code) {
      switch (op.opcode) {
        case Opcode.OpenRead:
        case Opcode.OpenWrite:
        case Opcode.ReopenIdx:
        case Opcode.OpenEphemeral:
        case Opcode.OpenAutoindex:
        case Opcode.OpenDup:
          note(op.p1, 'btree');
          break;
        case Opcode.OpenPseudo:
          note(op.p1, registers.has(op.p1) && registers.get(op.p1) !== op.p2 ? 'mixed' : 'pseudo');
          registers.set(op.p1, op.p2);
          break;
        case Opcode.DeferredSeek:
          if (op.p4 instanceof Int32Array) {
            let set = elsewhere.get(op.p3);
            if (set === undefined) elsewhere.set(op.p3, (set = new Set()));
            for (let i = 0; i < op.p4.length; i++) if (op.p4[i]! > 0) set.add(i);
          }
          break;
        default:
          if (opcodes[op.opcode]!.cursor === 'open') {
            note(op[opcodes[op.opcode]!.cursorOperand!] as number, 'other');
          }
      }
    }
    const columns = new Map<number, Set<number>>();
    code.forEach((op, pc) => {
      if (op.opcode !== Opcode.Column || !this.inside(pc)) return;
      let set = columns.get(op.p1);
      if (set === undefined) columns.set(op.p1, (set = new Set()));
      set.add(op.p2);
    });
    for (const [cursor, set] of columns) {
      const kind = kinds.get(cursor);
      if (kind === undefined || kind.size !== 1 || set.size > MAX_STAGES) continue;
      const [only] = kind;
      if (only !== 'btree' && only !== 'pseudo') continue;
      this.plans.set(cursor, {
        kind: only,
        register: registers.get(cursor) ?? 0,
        columns: [...set].sort((x, y) => x - y),
        elsewhere: elsewhere.get(cursor) ?? new Set(),
      });
    }
  }

  /** Entries: the start, loop heads, where a step goes on, and where outside code comes in. */
  private planEntries(): void {
    const { code, leader, loopHead } = this.a;
    code.forEach((op, pc) => {
      if (!this.inside(pc)) return;
      if (pc === 0 || loopHead[pc] === 1) this.entries[pc] = 1;
      if (pc > 0 && !this.inside(pc - 1) && leader[pc] === 1) this.entries[pc] = 1;
      if (op.opcode === Opcode.ResultRow || op.opcode === Opcode.Program) {
        if (this.inside(pc + 1)) this.entries[pc + 1] = 1;
        if (op.opcode === Opcode.Program && op.p2 > 0 && this.inside(op.p2))
          this.entries[op.p2] = 1;
      }
    });
    for (let pc = 0; pc < code.length; pc++)
      if (this.entries[pc] === 1 && leader[pc] === 0) this.entries[pc] = 0;
  }

  private computedTargets(): Set<number> {
    const found = new Set<number>();
    this.a.code.forEach((op, pc) => {
      if (this.inside(pc) && opcodes[op.opcode]!.indirect)
        for (const t of this.a.next[pc]!) found.add(t);
    });
    return found;
  }

  /** Stages of rows, and columns in registers, as far as they are the same on all ways to a leader. */
  private planStages(): void {
    const { code, next, leader } = this.a;
    const work: number[] = [];
    const join = (pc: number, s: Int8Array, h: Int32Array) => {
      const old = this.entryStages[pc]!;
      const oldHeld = this.entryHeld[pc]!;
      if (old === null || oldHeld === null) {
        this.entryStages[pc] = s.slice();
        this.entryHeld[pc] = h.slice();
        work.push(pc);
        return;
      }
      let changed = false;
      for (let i = 0; i < s.length; i++) {
        if (old[i] !== s[i] && old[i] !== UNKNOWN_STAGE) {
          old[i] = UNKNOWN_STAGE;
          changed = true;
        }
      }
      for (let i = 0; i < h.length; i++) {
        if (oldHeld[i] !== 0 && oldHeld[i] !== h[i]) {
          oldHeld[i] = 0;
          changed = true;
        }
      }
      if (changed) work.push(pc);
    };
    for (let pc = 0; pc < code.length; pc++) {
      if (this.entries[pc] === 1) {
        join(pc, new Int8Array(this.cursorCount), new Int32Array(this.a.registerCount + 1));
      }
    }
    while (work.length > 0) {
      let pc = work.pop()!;
      const s = this.entryStages[pc]!.slice();
      const h = this.entryHeld[pc]!.slice();
      for (;;) {
        this.stageTransfer(code[pc]!, pc, s, h);
        const to = next[pc]!;
        if (to.length === 1 && to[0] === pc + 1 && leader[pc + 1] === 0 && this.inside(pc + 1)) {
          pc++;
          continue;
        }
        for (const t of to) if (this.inside(t)) join(t, s, h);
        break;
      }
    }
  }

  private stageTransfer(op: Instruction, pc: number, s: Int8Array, h: Int32Array): void {
    for (const { first, count } of registersWritten(this.a.code, pc)) {
      for (let i = 0; i < count; i++) if (first + i > 0) h[first + i] = 0;
    }
    if (op.opcode === Opcode.Column) {
      if (this.plans.has(op.p1)) h[op.p3] = columnId(op);
      const plan = this.plans.get(op.p1);
      if (plan === undefined) return;
      const need = plan.columns.indexOf(op.p2) + 1;
      const known = s[op.p1]!;
      // With an unknown stage the row is then parsed at least so far, but nobody knows how far.
      if (known !== UNKNOWN_STAGE && known < need) s[op.p1] = need;
      return;
    }
    // Texts in registers that are dead were not made strings: what they held is gone.
    if (disturbs(op)) h.fill(0);
    for (const cursor of this.resets(op, pc)) {
      if (cursor >= s.length) continue;
      s[cursor] = 0;
      for (let r = 0; r < h.length; r++) if (Math.floor(h[r]! / 4096) === cursor) h[r] = 0;
    }
  }

  /** Cursors whose row is unknown after the instruction. */
  private resets(op: Instruction, pc: number): Iterable<number> {
    const info = opcodes[op.opcode]!;
    const movesOwn = info.cursor !== 'none' && info.cursor !== 'read';
    if (disturbs(op) && !movesOwn) return this.plans.keys();
    if (movesOwn && info.mayWrite) return this.plans.keys();
    const out: number[] = [];
    if (movesOwn) out.push(op[info.cursorOperand!] as number);
    for (const { first, count } of registersWritten(this.a.code, pc)) {
      for (const [cursor, plan] of this.plans) {
        if (plan.kind === 'pseudo' && plan.register >= first && plan.register < first + count) {
          out.push(cursor);
        }
      }
    }
    return out;
  }

  // -- writing -----------------------------------------------------------------------------------

  private put(text: string): void {
    this.out.push(text);
  }

  private constant(value: unknown): string {
    let i = this.constants.indexOf(value);
    if (i < 0) i = this.constants.push(value) - 1;
    return `K${i}`;
  }

  private mask(register: number): number {
    this.used.add(register);
    return this.types[register]!;
  }

  private isLocal(register: number): boolean {
    return this.a.home[register] === Home.Local;
  }

  /** The instruction whose constant the register certainly holds here. */
  private constantIn(register: number): Instruction | null {
    const op = this.a.constant[register] ?? null;
    if (op === null) return null;
    const m = this.types[register]!;
    const own = op.opcode === Opcode.Integer ? INT : op.opcode === Opcode.Real ? REAL : OTHER;
    return m === own ? op : null;
  }

  /** The register's value as a double; it is a number. */
  private num(register: number): string {
    const op = this.constantIn(register);
    if (op !== null && op.opcode !== Opcode.String8) {
      const v = op.opcode === Opcode.Integer ? op.p1 : (op.p4 as Real).value;
      if (Number.isFinite(v))
        return v < 0 || Object.is(v, -0) ? `(${Object.is(v, -0) ? '-0' : v})` : String(v);
    }
    return `n${register}`;
  }

  /** A condition: the register's tag is one of those in `wanted`. */
  private is(register: number, wanted: number): string {
    const m = this.mask(register);
    const hit = m & wanted;
    if (hit === 0) return 'false';
    if (hit === m) return 'true';
    if ((hit & (hit - 1)) === 0) return `t${register}===${hit}`;
    return `(t${register}&${hit})!==0`;
  }

  /** The register's value as the frame holds it. */
  private box(register: number): string {
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

  private constantValue(op: Instruction): string {
    if (op.opcode === Opcode.Integer) return String(op.p1);
    return this.constant(op.p4);
  }

  private setNull(register: number): string {
    this.used.add(register);
    return `t${register}=1;`;
  }

  private setInt(register: number, expr: string): string {
    this.used.add(register);
    return `t${register}=2;n${register}=${expr};`;
  }

  private setReal(register: number, expr: string): string {
    this.used.add(register);
    return `t${register}=4;n${register}=${expr};`;
  }

  private setOther(register: number, expr: string): string {
    this.used.add(register);
    return `t${register}=8;v${register}=${expr};`;
  }

  /** Takes a value of the frame's kind apart. */
  private setValue(register: number, expr: string): string {
    this.used.add(register);
    const i = register;
    return (
      `x=${expr};if(typeof x==='number'){t${i}=2;n${i}=+x}else if(x===null)t${i}=1;` +
      `else if(isPlainReal(x)){t${i}=4;n${i}=+x.value}else if(x===CLEARED)t${i}=32;else{t${i}=8;v${i}=x}`
    );
  }

  /** Makes a register of the frame readable in locals for the instruction at hand. */
  private fetch(register: number): void {
    if (this.isLocal(register)) return;
    this.put(this.setValue(register, `r[${register}]`));
    this.types[register] = STORED;
  }

  /** A result stands in the locals of `register`: brings it home. `type`: its possible tags. */
  private store(register: number, type: number): void {
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
  private spill(register: number): void {
    if (!this.isLocal(register) || this.types[register] === 0) return;
    if (this.constantIn(register) !== null) return;
    this.put(`r[${register}]=${this.box(register)};`);
  }

  /** Brings all that is live at `pc` into the frame. */
  private spillLive(pc: number): void {
    const live = this.a.live[pc];
    if (live === undefined) return;
    for (let r = 1; r <= this.a.registerCount; r++) if (isLive(live, r)) this.spill(r);
    for (const [cursor, sorter] of this.a.sorterOf) {
      const register = this.plans.get(cursor)?.register ?? 0;
      if (register > 0 && isLive(live, register)) {
        this.cursorLocals(sorter);
        this.put(`if(c${sorter}!==null)r[${register}]=c${sorter}.sorter.record();`);
      }
    }
  }

  /** Leaves for `pc` in whichever tier. */
  private leave(pc: number, result: number): void {
    this.spillLive(pc);
    this.put(`f.pc=${pc};vm.budget=k;return ${result};`);
  }

  /** A jump from the instruction at hand; `types` are those after it. */
  private jump(target: number): void {
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

  /** Texts that cursors have lent become strings. */
  private settleTexts(pc: number): void {
    const { next, live, code } = this.a;
    const reads = registersRead(code, pc);
    for (let r = 1; r <= this.a.registerCount; r++) {
      const m = this.types[r]!;
      if ((m & LAZY) === 0 || !this.isLocal(r)) continue;
      const wanted =
        next[pc]!.some((n) => isLive(live[n]!, r)) ||
        reads.some(({ first, count }) => r >= first && r < first + count);
      if (wanted) this.put(`if(t${r}===16){v${r}=text(v${r},n${r},l${r});t${r}=8}`);
      this.types[r] = (m & ~LAZY) | OTHER;
    }
  }

  // -- columns -----------------------------------------------------------------------------------

  private cursorLocals(cursor: number): void {
    this.usedCursors.add(cursor);
  }

  /** Loads the row of a cursor whose stage is 0; the stage is then still 0, or -1. */
  private loadRow(cursor: number, plan: CursorPlan): string {
    const i = cursor;
    const sorter = this.a.sorterOf.get(cursor);
    if (sorter !== undefined) {
      this.cursorLocals(sorter);
      return (
        `if(!c${i}.nullRow){x=c${sorter}.sorter;x.locate();` +
        `d${i}=x.recordData;p${i}=x.recordStart;z${i}=x.recordEnd;`
      );
    }
    if (plan.kind === 'pseudo') {
      return (
        `x=r[${plan.register}];if(x instanceof Uint8Array&&x.length>0&&!c${i}.nullRow){` +
        `d${i}=x;p${i}=0;z${i}=x.length;`
      );
    }
    return `p${i}=rowStart(c${i});if(p${i}>=0){d${i}=c${i}.bt.pageBytes;z${i}=c${i}.bt.wholeEnd;`;
  }

  private headerStart(cursor: number): string {
    const i = cursor;
    return `y=d${i}[p${i}];if(y<128){e${i}=p${i}+y;o${i}=e${i};h${i}=p${i}+1;`;
  }

  /** Parses from stage `from` to `to`, in straight code; a row that is not plain goes to stage -1. */
  private parseStages(cursor: number, plan: CursorPlan, from: number, to: number): string {
    const i = cursor;
    let text = '';
    let column = from === 0 ? 0 : plan.columns[from - 1]! + 1;
    for (let stage = from; stage < to; stage++) {
      const last = plan.columns[stage]!;
      const gap = last - column;
      const step = `y=d${i}[h${i}++];if(y>127)y=wide(d${i},h${i}++,y);`;
      if (gap > 6) text += `for(x=0;x<${gap};x++){${step}o${i}+=y<128?sizes[y]:(y-12)>>>1}`;
      else for (let g = 0; g < gap; g++) text += `${step}o${i}+=y<128?sizes[y]:(y-12)>>>1;`;
      text += `${step}y${i}_${stage}=y;a${i}_${stage}=o${i};o${i}+=y<128?sizes[y]:(y-12)>>>1;`;
      column = last + 1;
    }
    // Damage and fields that are not there are the interpreter's way's business.
    text += `s${i}=h${i}>e${i}||o${i}>z${i}||(h${i}===e${i}&&o${i}!==z${i})?-1:${to};`;
    return text;
  }

  private column(op: Instruction): void {
    const cursor = op.p1;
    const plan = this.plans.get(cursor);
    const i = cursor;
    const slow = `columnSlow(vm,C[${this.pc}],r)`;
    const target = op.p3;
    if (plan === undefined || plan.elsewhere.has(op.p2)) {
      this.put(`f.pc=${this.pc};`);
      if (this.isLocal(target)) this.put(this.setValue(target, slow));
      else this.put(`r[${target}]=${slow};`);
      return;
    }
    const id = columnId(op);
    // The same column again: SQLite's code reads a column as often as it is named.
    if (this.held[target] === id) return;
    const from = this.held.indexOf(id);
    if (from > 0 && this.types[from] !== 0) {
      this.copy(from, target);
      return;
    }
    this.cursorLocals(cursor);
    const stage = plan.columns.indexOf(op.p2);
    const known = this.stages[cursor]!;
    if (known === 0) {
      this.put(
        `${this.loadRow(cursor, plan)}${this.headerStart(cursor)}` +
          `${this.parseStages(cursor, plan, 0, stage + 1)}}else s${i}=-1}else s${i}=-1;`,
      );
    } else if (known === UNKNOWN_STAGE) {
      // Bring it to this stage from whatever it is at, one stage a turn.
      let text = `for(;s${i}>=0&&s${i}<=${stage};)switch(s${i}){`;
      for (let s = 0; s <= stage; s++) {
        text += `case ${s}:`;
        if (s === 0) {
          text += `${this.loadRow(cursor, plan)}${this.headerStart(cursor)}${this.parseStages(cursor, plan, 0, 1)}}else s${i}=-1}else s${i}=-1;break;`;
        } else {
          text += `${this.parseStages(cursor, plan, s, s + 1)}break;`;
        }
      }
      this.put(`${text}}`);
    } else if (known <= stage) {
      this.put(`if(s${i}>=0){${this.parseStages(cursor, plan, known, stage + 1)}}`);
    }
    const y = `y${i}_${stage}`;
    const a = `a${i}_${stage}`;
    const d = `d${i}`;
    const sorter = this.a.sorterOf.get(cursor);
    const record = sorter === undefined ? '' : `r[${plan.register}]=c${sorter}.sorter.record();`;
    const fail = `f.pc=${this.pc};${record}`;
    if (!this.isLocal(target)) {
      this.put(
        `if(s${i}<0){${fail}r[${target}]=${slow}}else r[${target}]=${y}===1?${d}[${a}]<<24>>24:decode(${d},${y},${a});`,
      );
      return;
    }
    const t = target;
    this.used.add(t);
    const text =
      this.encoding === UTF8
        ? `if((${y}&1)!==0){t${t}=16;v${t}=${d};n${t}=${a};l${t}=(${y}-13)>>>1}else{t${t}=8;v${t}=decode(${d},${y},${a})}`
        : `t${t}=8;v${t}=decode(${d},${y},${a})`;
    this.put(
      `if(s${i}<0){${fail}${this.setValue(t, slow)}}` +
        `else if(${y}===1){t${t}=2;n${t}=${d}[${a}]<<24>>24}` +
        `else if(${y}>=12){${text}}` +
        `else if(${y}===7){n${t}=${this.plans.get(i)!.kind === 'btree' ? `c${i}.bt.pageView.getFloat64(${a})` : `readDouble(${d},${a})`};t${t}=n${t}===n${t}?4:1}` +
        `else if(${y}===6){${this.setValue(t, `readInt64(${d},${a})`)}}` +
        `else if((t${t}=tags[${y}])===2)n${t}=${y}>7?${y}-8:readInt(${d},${y},${a});`,
    );
  }

  // -- comparison --------------------------------------------------------------------------------

  private comparesBytes(op: Instruction): boolean {
    const collation = op.p4 as Collation | null;
    return (
      this.encoding === UTF8 &&
      (collation === null || collation.kind === 'binary') &&
      (op.p5 & SQLITE_AFF_MASK) < 0x43
    );
  }

  /** The order of two texts of which at least one is lent; null when it has to be made a string. */
  private lazyOrder(
    left: number,
    right: number,
    equality: boolean,
  ): { when: string; order: string } | null {
    const ml = this.mask(left);
    const mr = this.mask(right);
    const parts: { when: string; order: string }[] = [];
    const key = (register: number): string | null => {
      const op = this.constantIn(register);
      return op !== null && typeof op.p4 === 'string' ? this.constant(utf8Of(op.p4)) : null;
    };
    const lent = (i: number) => `v${i},n${i},l${i}`;
    const one = (i: number, other: number, sign: string) => {
      const k = key(other);
      if (k !== null) {
        if (equality) return { when: this.is(i, LAZY), order: `equalLazy(${lent(i)},${k})?0:1` };
        return { when: this.is(i, LAZY), order: `${sign}compareLazy(${lent(i)},${k})` };
      }
      if ((this.mask(other) & OTHER) === 0) return null;
      return {
        when: `${this.is(i, LAZY)}&&${this.is(other, OTHER)}&&typeof v${other}==='string'`,
        order: `${sign}compareUtf8WithString(v${i},n${i},n${i}+l${i},v${other})`,
      };
    };
    if ((ml & LAZY) !== 0 && (mr & LAZY) !== 0) {
      parts.push({
        when: `${this.is(left, LAZY)}&&${this.is(right, LAZY)}`,
        order: `compareTwoLazy(${lent(left)},${lent(right)})`,
      });
    }
    if ((ml & LAZY) !== 0) {
      const p = one(left, right, '');
      if (p !== null) parts.push(p);
    }
    if ((mr & LAZY) !== 0) {
      const p = one(right, left, '-');
      if (p !== null) parts.push(p);
    }
    return parts[0] ?? null;
  }

  private compare(op: Instruction): void {
    const right = op.p1;
    const left = op.p3;
    this.fetch(right);
    this.fetch(left);
    const sign = comparisons[op.opcode]!;
    const wantsOrder = this.elseEqFollows();
    const conditions: string[] = [];
    const numeric = and(this.is(left, NUMBER), this.is(right, NUMBER));
    if (numeric !== 'false') {
      const l = this.num(left);
      const r = this.num(right);
      const order = wantsOrder ? `vm.compare=${l}<${r}?-1:${l}>${r}?1:0;` : '';
      conditions.push(`${numeric}@${order}x=${l}${sign}${r}`);
    }
    if ((op.p5 & SQLITE_NULLEQ) === 0) {
      const nulls = or(this.is(left, ANY_NULL), this.is(right, ANY_NULL));
      if (nulls !== 'false') {
        const jumps = (op.p5 & SQLITE_JUMPIFNULL) !== 0;
        conditions.push(`${nulls}@${wantsOrder ? 'vm.compare=2147483647;' : ''}x=${jumps}`);
      }
    }
    if (this.comparesBytes(op)) {
      const equality = op.opcode === Opcode.Eq || op.opcode === Opcode.Ne;
      const lazy = this.lazyOrder(left, right, equality);
      if (lazy !== null) {
        const order = wantsOrder ? `vm.compare=y;` : '';
        conditions.push(`${lazy.when}@y=${lazy.order};${order}x=y${sign}0`);
      }
    }
    const rest = (this.mask(left) | this.mask(right)) & ~(NUMBER | ANY_NULL);
    let text = '';
    let closed = false;
    for (const c of conditions) {
      const [when, then] = c.split('@') as [string, string];
      if (when === 'true') {
        text += `{${then}}`;
        closed = true;
        break;
      }
      text += `if(${when}){${then}}else `;
    }
    if (!closed) {
      if (rest !== 0 || (op.p5 & SQLITE_NULLEQ) !== 0) {
        text += `{x=compareJump(vm,C[${this.pc}],${this.box(left)},${this.box(right)})}`;
      } else {
        text += '{x=false}';
      }
    }
    this.put(text);
    this.branch('x', op.p2);
  }

  /** Compare: the outcome goes to vm.compare. */
  private compareRows(op: Instruction): boolean {
    const info = op.p4 as KeyInfo | null;
    if (op.p3 > 6 || op.p5 !== 0 || runsUserCode(op)) return false;
    if (info?.sortFlags.subarray(0, op.p3).some((flags) => flags !== 0)) return false;
    let text = 'y=0;';
    for (let i = 0; i < op.p3; i++) {
      const a = op.p1 + i;
      const b = op.p2 + i;
      this.fetch(a);
      this.fetch(b);
      if (i > 0) text += 'if(y===0){';
      const numbers = and(this.is(a, NUMBER), this.is(b, NUMBER));
      if (numbers !== 'false') {
        const x = this.num(a);
        const z = this.num(b);
        text += `if(${numbers})y=${x}<${z}?-1:${x}>${z}?1:0;else `;
      }
      const binary = info === null || info.collations[i]!.kind === 'binary';
      const lazy = binary && this.encoding === UTF8 ? this.lazyOrder(a, b, false) : null;
      if (lazy !== null) text += `if(${lazy.when})y=${lazy.order};else `;
      text += `y=compareOne(vm,C[${this.pc}],${i},${this.box(a)},${this.box(b)});`;
      if (i > 0) text += '}';
    }
    this.put(`${text}vm.compare=y;`);
    return true;
  }

  private elseEqFollows(): boolean {
    const { code } = this.a;
    for (let pc = this.pc + 1; pc < code.length; pc++) {
      const { opcode } = code[pc]!;
      if (opcode === Opcode.ElseEq) return true;
      if (opcode !== Opcode.Noop && opcode !== Opcode.ReleaseReg) return false;
    }
    return false;
  }

  /** Jumps to `target` when `condition` holds. The types must be those after the instruction. */
  private branch(condition: string, target: number): void {
    if (condition === 'false') return;
    this.put(condition === 'true' ? '{' : `if(${condition}){`);
    this.jump(target);
    this.put('}');
  }

  // -- arithmetic --------------------------------------------------------------------------------

  private arithmetic(op: Instruction): void {
    const { p1, p2, p3 } = op;
    this.fetch(p1);
    this.fetch(p2);
    const x = this.num(p2);
    const y = this.num(p1);
    const ints = and(this.is(p1, INT), this.is(p2, INT));
    const numbers = and(this.is(p1, NUMBER), this.is(p2, NUMBER));
    const nulls = or(this.is(p1, ANY_NULL), this.is(p2, ANY_NULL));
    const slow = this.setValue(
      p3,
      `arithmetic(${op.opcode},${this.box(p2 === p1 ? p1 : p1)},${this.box(p2)})`,
    );
    let whole: string;
    let real: string;
    switch (op.opcode) {
      case Opcode.Add:
        whole = `x=${x}+${y};`;
        real = `x=${x}+${y};`;
        break;
      case Opcode.Subtract:
        whole = `x=${x}-${y};`;
        real = whole;
        break;
      case Opcode.Multiply:
        whole = `x=${x}*${y};`;
        real = whole;
        break;
      case Opcode.Divide:
        whole = `x=${y}===0?NaN:Math.trunc(${x}/${y});`;
        real = `x=${y}===0?NaN:${x}/${y};`;
        break;
      default:
        whole = `x=${x}%${y};`;
        real = '';
        break;
    }
    const safe =
      op.opcode === Opcode.Divide || op.opcode === Opcode.Remainder
        ? `if(x===x){${this.setInt(p3, 'x+0')}}else{${this.setNull(p3)}}`
        : `if(x<=${MAX}&&x>=-${MAX}){${this.setInt(p3, 'x+0')}}else{${slow}}`;
    let text = '';
    if (ints !== 'false') text += `if(${ints}){${whole}${safe}}else `;
    if (real !== '' && numbers !== 'false' && ints !== 'true') {
      text += `if(${numbers}){${real}if(x===x){${this.setReal(p3, 'x')}}else{${this.setNull(p3)}}}else `;
    }
    if (nulls !== 'false') text += `if(${nulls}){${this.setNull(p3)}}else `;
    this.put(`${text}{${slow}}`);
    this.store(p3, NULL | INT | REAL | OTHER);
  }

  private bits(op: Instruction): void {
    const { p1, p2, p3 } = op;
    this.fetch(p1);
    this.fetch(p2);
    const x = this.num(p2);
    const y = this.num(p1);
    const sign = op.opcode === Opcode.BitAnd ? '&' : '|';
    const small = and(and(this.is(p1, INT), this.is(p2, INT)), `(${x}|0)===${x}&&(${y}|0)===${y}`);
    const slow = this.setValue(p3, `arithmetic(${op.opcode},${this.box(p1)},${this.box(p2)})`);
    this.put(`if(${small}){${this.setInt(p3, `${x}${sign}${y}`)}}else{${slow}}`);
    this.store(p3, NULL | INT | OTHER);
  }

  /** The truth of a register: 1, 0, or -1 for NULL, in variable `name`. */
  private truth(register: number, name: string): string {
    return (
      `if(${this.is(register, NUMBER)})${name}=${this.num(register)}!==0?1:0;` +
      `else if(${this.is(register, ANY_NULL)})${name}=-1;` +
      `else ${name}=truth(${this.box(register)},false)?1:0;`
    );
  }

  private logic(op: Instruction): void {
    const { p1, p2, p3 } = op;
    this.fetch(p1);
    this.fetch(p2);
    const decide =
      op.opcode === Opcode.And ? 'x===0||y===0?0:x<0||y<0?-1:1' : 'x===1||y===1?1:x<0||y<0?-1:0';
    this.put(
      `${this.truth(p1, 'x')}${this.truth(p2, 'y')}x=${decide};` +
        `if(x<0){${this.setNull(p3)}}else{${this.setInt(p3, 'x')}}`,
    );
    this.store(p3, NULL | INT);
  }

  // -- instructions ------------------------------------------------------------------------------

  /** Calls the instruction's handler. */
  private handler(op: Instruction): void {
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
    const user = runsUserCode(op);
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

  /** Cursors whose locals are not good any more after the instruction. */
  private afterMove(op: Instruction): void {
    const info = opcodes[op.opcode]!;
    if (info.cursor === 'open' || info.cursor === 'close') {
      const n = op[info.cursorOperand!] as number;
      this.put(`c${n}=cs[${n}];`);
      this.cursorLocals(n);
    }
    for (const n of this.resets(op, this.pc)) {
      if (this.plans.has(n)) {
        this.put(`s${n}=0;`);
        this.cursorLocals(n);
      }
    }
  }

  /** Types and stages after the instruction. */
  private advance(op: Instruction): void {
    transfer(this.a.code, this.pc, this.types, this.a.home);
    this.stageTransfer(op, this.pc, this.stages, this.held);
  }

  private instruction(op: Instruction): void {
    const { p1, p2, p3 } = op;
    if (disturbs(op)) this.settleTexts(this.pc);
    switch (op.opcode) {
      case Opcode.Noop:
      case Opcode.Explain:
      case Opcode.ReleaseReg:
      case Opcode.Abortable:
      case Opcode.ColumnsUsed:
        break;
      case Opcode.Init:
        if (p2 !== 0) this.jump(p2);
        break;
      case Opcode.Goto:
        this.jump(p2);
        break;
      case Opcode.Gosub:
        this.put(`${this.setInt(p1, String(this.pc))}`);
        this.store(p1, INT);
        this.advance(op);
        this.jump(p2);
        return;
      case Opcode.InitCoroutine:
        this.put(this.setInt(p1, String(p3 - 1)));
        this.store(p1, INT);
        this.advance(op);
        if (p2 !== 0) this.jump(p2);
        return;
      case Opcode.Return: {
        this.fetch(p1);
        const m = this.mask(p1);
        if (p3 === 0) {
          this.computedJump(`n${p1}+1`);
        } else if ((m & INT) !== 0) {
          this.put(`if(${this.is(p1, INT)}){`);
          this.computedJump(`n${p1}+1`);
          this.put('}');
        }
        break;
      }
      case Opcode.Yield:
        this.fetch(p1);
        this.put(`y=n${p1};${this.setInt(p1, String(this.pc))}`);
        this.store(p1, INT);
        this.advance(op);
        this.computedJump('y+1');
        return;
      case Opcode.EndCoroutine:
        this.fetch(p1);
        this.put(`y=C[n${p1}].p2;${this.setInt(p1, String(this.pc - 1))}`);
        this.store(p1, INT);
        this.advance(op);
        this.computedJump('y');
        return;
      case Opcode.Integer:
      case Opcode.Real:
      case Opcode.String8:
      case Opcode.Blob: {
        const value = op.opcode === Opcode.Integer ? String(p1) : this.constant(op.p4);
        this.put(`r[${p2}]=${value};`);
        if (!this.isLocal(p2)) break;
        if (op.opcode === Opcode.Integer) this.put(this.setInt(p2, String(p1)));
        else if (op.opcode === Opcode.Real) this.put(this.setReal(p2, `${value}.value`));
        else this.put(this.setOther(p2, value));
        break;
      }
      case Opcode.Int64:
        this.put(
          this.isLocal(p2)
            ? this.setValue(p2, this.constant(op.p4))
            : `r[${p2}]=${this.constant(op.p4)};`,
        );
        break;
      case Opcode.Null:
        for (let i = p2; i <= Math.max(p2, p3); i++) this.nullInto(i, p1 !== 0);
        break;
      case Opcode.SoftNull:
        this.nullInto(p1, false);
        break;
      case Opcode.BeginSubrtn:
        this.nullInto(p2, false);
        break;
      case Opcode.Variable:
        if (this.isLocal(p2)) this.put(this.setValue(p2, `vm.params[${p1 - 1}]`));
        else this.put(`r[${p2}]=vm.params[${p1 - 1}];`);
        break;
      case Opcode.SCopy:
      case Opcode.IntCopy:
        this.copy(p1, p2);
        break;
      case Opcode.Copy:
        if (op.p5 !== 0) {
          this.handler(op);
          return;
        }
        for (let i = 0; i <= p3; i++) this.copy(p1 + i, p2 + i);
        break;
      case Opcode.ResultRow: {
        for (let i = 0; i < p2; i++) this.spill(p1 + i);
        this.spillLive(this.pc + 1);
        this.put(
          `vm.rowStart=${p1};vm.rowCount=${p2};f.pc=${this.pc + 1};vm.budget=k;return ${ROW};`,
        );
        break;
      }
      case Opcode.Column:
        this.column(op);
        break;
      case Opcode.Eq:
      case Opcode.Ne:
      case Opcode.Lt:
      case Opcode.Le:
      case Opcode.Gt:
      case Opcode.Ge:
        this.compare(op);
        break;
      case Opcode.Jump:
        this.put('x=vm.compare;');
        this.branch('x<0', p1);
        this.branch('x===0', p2);
        this.jump(p3);
        break;
      case Opcode.ElseEq:
        this.branch('vm.compare===0', p2);
        break;
      case Opcode.Once:
        this.branch(`f.once[${this.pc}]!==0`, p2);
        this.put(`f.once[${this.pc}]=1;`);
        break;
      case Opcode.If:
      case Opcode.IfNot: {
        this.fetch(p1);
        this.put(this.truth(p1, 'x'));
        const wanted = op.opcode === Opcode.If ? 'x===1' : 'x===0';
        this.branch(p3 !== 0 ? `x<0||${wanted}` : wanted, p2);
        break;
      }
      case Opcode.IsNull:
        this.fetch(p1);
        this.branch(this.is(p1, ANY_NULL), p2);
        break;
      case Opcode.NotNull: {
        this.fetch(p1);
        const m = this.mask(p1);
        const isNull = this.is(p1, ANY_NULL);
        this.branch(
          (m & ANY_NULL) === 0 ? 'true' : isNull === 'true' ? 'false' : `!(${isNull})`,
          p2,
        );
        break;
      }
      case Opcode.Add:
      case Opcode.Subtract:
      case Opcode.Multiply:
      case Opcode.Divide:
      case Opcode.Remainder:
        this.arithmetic(op);
        break;
      case Opcode.BitAnd:
      case Opcode.BitOr:
        this.bits(op);
        break;
      case Opcode.ShiftLeft:
      case Opcode.ShiftRight:
        this.fetch(p1);
        this.fetch(p2);
        this.put(this.setValue(p3, `arithmetic(${op.opcode},${this.box(p1)},${this.box(p2)})`));
        this.store(p3, NULL | INT | OTHER);
        break;
      case Opcode.And:
      case Opcode.Or:
        this.logic(op);
        break;
      case Opcode.Not:
        this.fetch(p1);
        this.put(
          `${this.truth(p1, 'x')}if(x<0){${this.setNull(p2)}}else{${this.setInt(p2, '1-x')}}`,
        );
        this.store(p2, NULL | INT);
        break;
      case Opcode.AddImm: {
        if (!this.isLocal(p1)) {
          this.handler(op);
          return;
        }
        this.put(
          `if(${this.is(p1, INT)}&&(x=n${p1}+${p2})<=${MAX}&&x>=-${MAX}){${this.setInt(p1, 'x')}}else{`,
        );
        this.inlineHandler(op, [p1]);
        this.put('}');
        break;
      }
      case Opcode.MustBeInt: {
        if (!this.isLocal(p1)) {
          this.handler(op);
          return;
        }
        if (this.mask(p1) === INT) break;
        this.put(`x=${NEXT};if(!(${this.is(p1, INT)})){`);
        this.inlineHandler(op, [p1]);
        this.put('}');
        this.advance(op);
        if (p2 !== 0) this.branch('x>=0', p2);
        return;
      }
      case Opcode.RealAffinity: {
        if (!this.isLocal(p1)) {
          this.put(
            `x=r[${p1}];if(typeof x==='number'||typeof x==='bigint')r[${p1}]=new Real(Number(x));else if(x instanceof IntReal)r[${p1}]=new Real(x.value);`,
          );
          break;
        }
        const m = this.mask(p1);
        if ((m & INT) !== 0) this.put(`if(${this.is(p1, INT)})t${p1}=4;`);
        if ((m & OTHER) !== 0) {
          this.put(
            `${(m & INT) !== 0 ? 'else ' : ''}if(${this.is(p1, OTHER)}){if(typeof v${p1}==='bigint'){t${p1}=4;n${p1}=Number(v${p1})}else if(v${p1} instanceof IntReal){t${p1}=4;n${p1}=v${p1}.value}}`,
          );
        }
        break;
      }
      case Opcode.IfPos:
        if (!this.isLocal(p1)) {
          this.put(
            `x=r[${p1}];y=false;if(typeof x==='number'){if(x>0){r[${p1}]=x-${p3};y=true}}else if(typeof x==='bigint'&&x>0n)y=true;`,
          );
        } else {
          this.put(
            `y=false;if(${this.is(p1, INT)}){if(n${p1}>0){n${p1}-=${p3};y=true}}else if(${this.is(p1, OTHER)}&&typeof v${p1}==='bigint'&&v${p1}>0n)y=true;`,
          );
        }
        this.advance(op);
        this.branch('y', p2);
        return;
      case Opcode.DecrJumpZero:
        if (!this.isLocal(p1)) {
          this.put(`x=r[${p1}];y=false;if(typeof x==='number'){r[${p1}]=x-1;y=x===1}`);
        } else {
          this.put(`y=false;if(${this.is(p1, INT)}){n${p1}-=1;y=n${p1}===0}`);
        }
        this.advance(op);
        this.branch('y', p2);
        return;
      case Opcode.Next:
      case Opcode.Prev: {
        const plan = this.plans.get(p1);
        if (plan !== undefined && plan.kind !== 'btree') {
          this.handler(op);
          return;
        }
        if (plan === undefined && !this.isBtree(p1)) {
          this.handler(op);
          return;
        }
        this.cursorLocals(p1);
        const step = op.opcode === Opcode.Next ? 'next' : 'previous';
        this.put(
          `c${p1}.parsed=-1;${plan !== undefined ? `s${p1}=0;` : ''}if(c${p1}.bt.${step}()){c${p1}.nullRow=false;`,
        );
        this.advance(op);
        this.jump(p2);
        this.put(`}c${p1}.nullRow=true;`);
        return;
      }
      case Opcode.Rowid:
        if (!this.isBtree(p1)) {
          this.handler(op);
          return;
        }
        this.cursorLocals(p1);
        this.put(
          `if(!c${p1}.nullRow&&!c${p1}.deferred&&!c${p1}.bt.needsRestore){x=c${p1}.bt.rowid();`,
        );
        if (this.isLocal(p2)) {
          this.used.add(p2);
          this.put(`if(typeof x==='number'){t${p2}=2;n${p2}=+x}else{t${p2}=8;v${p2}=x}}else{`);
        } else {
          this.put(`r[${p2}]=x}else{`);
        }
        this.inlineHandler(op, [p2]);
        this.put('}');
        break;
      case Opcode.SeekRowid:
      case Opcode.NotExists: {
        const m = this.isLocal(p3) ? this.mask(p3) : STORED;
        if ((m & INT) === 0 || !this.isBtree(p1) || !this.isLocal(p3)) {
          this.handler(op);
          return;
        }
        this.cursorLocals(p1);
        this.put(
          `if(${this.is(p3, INT)}){c${p1}.deferred=false;c${p1}.alt=null;c${p1}.altMap=null;c${p1}.parsed=-1;y=c${p1}.bt.seekRowid(${this.num(p3)});c${p1}.seekResult=y;c${p1}.nullRow=y!==0;x=y===0?${NEXT}:${p2};`,
        );
        if (p2 === 0) this.put(`if(y!==0)H[${op.opcode}](vm,C[${this.pc}],(r[${p3}]=n${p3},r),f);`);
        this.put('}else{');
        this.inlineHandler(op, [p3]);
        this.put('}');
        if (this.plans.has(p1)) this.put(`s${p1}=0;`);
        this.advance(op);
        if (p2 !== 0) this.branch('x>=0', p2);
        return;
      }
      case Opcode.Affinity:
        this.affinity(op);
        return;
      case Opcode.MakeRecord:
        this.makeRecord(op);
        return;
      case Opcode.SorterData:
        if (this.a.sorterOf.get(p3) !== p1 || !this.plans.has(p3)) {
          this.handler(op);
          return;
        }
        this.put(`s${p3}=0;`);
        this.cursorLocals(p3);
        break;
      case Opcode.Compare:
        if (!this.compareRows(op)) {
          this.handler(op);
          return;
        }
        break;
      case Opcode.Function:
      case Opcode.PureFunc:
        if (this.call(op)) break;
        this.handler(op);
        return;
      case Opcode.AggStep:
        if (this.aggregate(op)) break;
        this.handler(op);
        return;
      default:
        this.handler(op);
        return;
    }
    this.advance(op);
  }

  private isBtree(cursor: number): boolean {
    const plan = this.plans.get(cursor);
    if (plan !== undefined) return plan.kind === 'btree';
    let seen = false;
    for (const op of this.a.code) {
      const info = opcodes[op.opcode]!;
      if (info.cursor !== 'open' || op[info.cursorOperand!] !== cursor) continue;
      switch (op.opcode) {
        case Opcode.OpenRead:
        case Opcode.OpenWrite:
        case Opcode.ReopenIdx:
        case Opcode.OpenEphemeral:
        case Opcode.OpenAutoindex:
        case Opcode.OpenDup:
          seen = true;
          break;
        default:
          return false;
      }
    }
    return seen;
  }

  /** The handler as one branch of an instruction: registers `written` are read back. The answer is in x. */
  private inlineHandler(op: Instruction, touched: readonly number[]): void {
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

  private nullInto(register: number, cleared: boolean): void {
    if (!this.isLocal(register)) this.put(`r[${register}]=${cleared ? 'CLEARED' : 'null'};`);
    else {
      this.used.add(register);
      this.put(`t${register}=${cleared ? 32 : 1};`);
    }
  }

  private copy(from: number, to: number): void {
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

  /** A jump to an address that is known only at run time. */
  private computedJump(address: string): void {
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

  /** A call of a built-in function: on bytes if it can, else straight to the function. */
  private call(op: Instruction): boolean {
    const { def, argCount } = op.p4 as FunctionCall;
    if (def.kind !== 'scalar' || runsUserCode(op)) return false;
    const { p2, p3 } = op;
    let open = '';
    const form = bytesForm(op);
    if (form !== undefined && this.encoding === UTF8 && this.isLocal(p2 + form.argument)) {
      const fast = this.bytesCall(p2, argCount, form);
      if (fast !== null) {
        const text = p2 + form.argument;
        open = `x=-1;if(${this.is(text, LAZY)})x=${this.constant(fast)}(v${text},n${text},l${text});if(x>=0){`;
        if (form.result === 'integer') open += this.setInt(p3, 'x');
        else {
          this.used.add(p3);
          open += `y=Math.floor(x/65536);l${p3}=x-y*65536;v${p3}=v${text};n${p3}=n${text}+y;t${p3}=16;`;
        }
        open += '}else{';
      }
    }
    this.calls.add(this.pc);
    const g = `g${this.pc}`;
    let text = `${open}if(${g}===null){f.pc=${this.pc};${g}=vm.context(f,C[${this.pc}],${this.constant(op.p4)})}`;
    for (let i = 0; i < argCount; i++) {
      const arg = p2 + i;
      const value = this.box(arg);
      const cleared = (this.mask(arg) & CLEARED_NULL) !== 0;
      text += cleared
        ? `x=${value};${g}.args[${i}]=x===CLEARED?null:x;`
        : `${g}.args[${i}]=${value};`;
    }
    text += this.setValue(p3, `fitting(vm,${this.constant(def)}.call(${g}.args,${g}))`);
    if (open !== '') text += '}';
    this.put(text);
    this.store(p3, open !== '' && form?.result === 'text' ? STORED | LAZY : STORED);
    return true;
  }

  private bytesCall(
    base: number,
    argCount: number,
    form: NonNullable<ReturnType<typeof bytesForm>>,
  ): ((d: Uint8Array, at: number, n: number) => number) | null {
    const constants: SqlValue[] = [];
    for (let i = 0; i < argCount; i++) {
      const op = i === form.argument ? null : this.constantIn(base + i);
      if (op === null && i !== form.argument) return null;
      if (op === null) constants.push(null);
      else constants.push(op.opcode === Opcode.Integer ? op.p1 : (op.p4 as SqlValue));
    }
    if ((this.mask(base + form.argument) & LAZY) === 0) return null;
    return form.make(constants);
  }

  /**
   * MakeRecord, field by field from locals, when all affinities leave their values alone. A record that
   * only goes into a sorter is not made an array of its own.
   */
  private makeRecord(op: Instruction): void {
    const { p1, p2, p3 } = op;
    const letters = typeof op.p4 === 'string' ? op.p4 : '';
    const after = this.a.live[this.pc + 1];
    const conditions: string[] = [];
    const puts: string[] = [];
    for (let i = 0; i < p2; i++) {
      const register = p1 + i;
      this.fetch(register);
      const letter = i < letters.length ? letters.charCodeAt(i) : Affinity.Blob;
      const live = after !== undefined && isLive(after, register);
      const condition = this.keeps(register, letter, live);
      if (condition !== 'true') conditions.push(condition);
      puts.push(this.putField(register, letter));
    }
    const insert = this.a.code[this.pc + 1];
    const fused =
      insert !== undefined &&
      insert.opcode === Opcode.SorterInsert &&
      insert.p2 === p3 &&
      this.a.leader[this.pc + 1] === 0 &&
      this.inside(this.pc + 1) &&
      !isLive(this.a.live[this.pc + 2]!, p3);
    if (conditions.includes('false')) {
      this.handler(op);
      return;
    }
    if (conditions.length > 0) this.put(`if(${conditions.join('&&')}){`);
    this.put(`E.begin(${p2});${puts.join('')}y=E.end();if(y>vm.host.maxLength)tooBig();`);
    if (fused) {
      this.cursorLocals(insert.p1);
      this.put(`c${insert.p1}.sorter.insert(E.buffer,y);`);
    } else {
      this.put(`r[${p3}]=copyBytes(E.buffer,0,y);`);
    }
    if (conditions.length > 0) {
      this.put('}else{');
      for (let i = 0; i < p2; i++) this.spill(p1 + i);
      this.put(`f.pc=${this.pc};H[${op.opcode}](vm,C[${this.pc}],r,f);`);
      for (let i = 0; i < p2; i++) {
        const register = p1 + i;
        const changes = i < letters.length && letters.charCodeAt(i) > Affinity.Blob;
        const live = after !== undefined && isLive(after, register);
        if (changes && live && this.isLocal(register))
          this.put(this.setValue(register, `r[${register}]`));
      }
      if (fused) this.put(`c${insert.p1}.sorter.insert(r[${p3}]);`);
      this.put('}');
    }
    if (this.isLocal(p3)) this.put(this.setOther(p3, `r[${p3}]`));
    this.afterMove(op);
    this.advance(op);
    if (fused) {
      this.pc++;
      this.advance(insert);
    }
  }

  /** Affinity: a call only where it would change something. */
  private affinity(op: Instruction): void {
    const letters = op.p4 as string;
    const conditions: string[] = [];
    for (let i = 0; i < op.p2 && i < letters.length; i++) {
      if (!this.isLocal(op.p1 + i)) conditions.push('false');
      else conditions.push(this.keeps(op.p1 + i, letters.charCodeAt(i), true));
    }
    const open = conditions.filter((c) => c !== 'true');
    if (open.includes('false')) {
      this.handler(op);
      return;
    }
    if (open.length > 0) {
      this.put(`if(!(${open.join('&&')})){`);
      this.inlineHandler(
        op,
        Array.from({ length: op.p2 }, (_, i) => op.p1 + i),
      );
      this.put('}');
    }
    this.advance(op);
  }

  /** A condition: the affinity leaves the register's value as it is. */
  private keeps(register: number, letter: number, live: boolean): string {
    const m = this.mask(register);
    const i = register;
    switch (letter) {
      case Affinity.Text: {
        const fine = this.is(register, ANY_NULL | LAZY);
        if ((m & OTHER) === 0 || fine === 'true') return fine;
        return `(${fine}||${this.is(register, OTHER)}&&typeof v${i}==='string')`;
      }
      case Affinity.Real: {
        // A whole number stays marked in the register; that is the handler's business.
        if (!live) return this.is(register, ANY_NULL | NUMBER);
        const fine = this.is(register, ANY_NULL);
        if ((m & REAL) === 0) return fine;
        return `(${fine}||${this.is(register, REAL)}&&Math.trunc(n${i})!==n${i})`;
      }
      case Affinity.Numeric:
      case Affinity.Integer:
      case Affinity.Flexnum: {
        const fine = this.is(register, ANY_NULL | INT);
        if ((m & REAL) === 0 || fine === 'true') return fine;
        return `(${fine}||${this.is(register, REAL)}&&Math.trunc(n${i})!==n${i})`;
      }
      default:
        // An IntReal wants to be stored as its affinity said.
        return (m & OTHER) === 0
          ? 'true'
          : `!(${this.is(register, OTHER)}&&v${i} instanceof IntReal)`;
    }
  }

  private putField(register: number, letter: number): string {
    const m = this.mask(register);
    const i = register;
    const real = letter === Affinity.Real;
    const parts: string[] = [];
    if ((m & INT) !== 0)
      parts.push(`if(${this.is(i, INT)})E.${real ? 'putRealColumn' : 'putInt'}(${this.num(i)});`);
    if ((m & REAL) !== 0)
      parts.push(`if(${this.is(i, REAL)})E.${real ? 'putRealColumn' : 'putReal'}(${this.num(i)});`);
    if ((m & LAZY) !== 0) parts.push(`if(${this.is(i, LAZY)})E.putText(v${i},n${i},l${i});`);
    if ((m & OTHER) !== 0) {
      const op = this.constantIn(i);
      parts.push(
        `if(${this.is(i, OTHER)})E.putValue(${op === null ? `v${i}` : this.constantValue(op)});`,
      );
    }
    if (parts.length === 0) return 'E.putNull();';
    const text = parts.join('else ');
    return (m & ANY_NULL) !== 0 ? `${text}else E.putNull();` : text;
  }

  private aggregate(op: Instruction): boolean {
    const call = op.p4 as FunctionCall;
    const { def } = call;
    if (op.p1 !== 0 || def.kind !== 'aggregate' || def.user === true) return false;
    const { direct } = def as AggregateFunction;
    if (direct === undefined || !this.isLocal(op.p3)) return false;
    const before = this.a.code[this.pc - 1];
    if (before !== undefined && before.opcode === Opcode.CollSeq && before.p1 > 0) return false;
    const state = op.p3;
    const m = this.mask(state);
    const k = this.constant(def);
    const step = this.constant(direct);
    const fresh = `if(!(${this.is(state, OTHER)})){${this.setOther(state, `${k}.init()`)}}`;
    const start = (m & ~OTHER) === 0 ? '' : fresh;
    if (call.argCount === 0) {
      this.put(`${start}${step}.row(v${state});`);
      return true;
    }
    const arg = op.p2;
    this.fetch(arg);
    let text = start;
    const am = this.mask(arg);
    if ((am & INT) !== 0)
      text += `if(${this.is(arg, INT)})${step}.int(v${state},${this.num(arg)});else `;
    if ((am & REAL) !== 0)
      text += `if(${this.is(arg, REAL)})${step}.real(v${state},${this.num(arg)});else `;
    if ((am & ANY_NULL) !== 0) text += `if(${this.is(arg, ANY_NULL)});else `;
    this.put(`${text}{`);
    this.spill(arg);
    this.put(`r[${state}]=v${state};f.pc=${this.pc};H[${op.opcode}](vm,C[${this.pc}],r,f)}`);
    return true;
  }

  /** Writes it all. */
  emit(): Emitted {
    const { code, leader } = this.a;
    const text = new Map<number, string>();
    let start = 0;
    for (let pc = 0; pc < code.length; pc++) {
      if (!this.inside(pc)) continue;
      this.pc = pc;
      if (leader[pc] === 1) {
        this.types = this.a.types[pc]!.slice();
        this.stages = (
          this.entryStages[pc] ?? new Int8Array(this.cursorCount).fill(UNKNOWN_STAGE)
        ).slice();
        this.held = (this.entryHeld[pc] ?? new Int32Array(this.a.registerCount + 1)).slice();
        start = pc;
      }
      this.instruction(code[pc]!);
      pc = this.pc;
      const next = pc + 1;
      const goesOn = next < code.length && this.a.next[pc]!.includes(next);
      if (goesOn && !this.inside(next)) this.leave(next, TIER);
      if (!this.inside(next) || leader[next] === 1) {
        text.set(start, this.out.join('\n'));
        this.out.length = 0;
      }
    }

    // Entries: what is live there comes from the frame.
    this.out.length = 0;
    for (let pc = 0; pc < code.length; pc++) {
      if (this.entries[pc] !== 1) continue;
      this.put(`case ${pc}:`);
      this.types = this.a.types[pc]!;
      const live = this.a.live[pc]!;
      for (let r = 1; r <= this.a.registerCount; r++) {
        if (!this.isLocal(r) || !isLive(live, r) || !this.used.has(r)) continue;
        if (this.constantIn(r) !== null) {
          const op = this.constantIn(r)!;
          if (op.opcode === Opcode.Integer) this.put(`t${r}=2;n${r}=${op.p1};`);
          else if (op.opcode === Opcode.Real)
            this.put(`t${r}=4;n${r}=${this.constantValue(op)}.value;`);
          else this.put(`t${r}=8;v${r}=${this.constantValue(op)};`);
        } else {
          this.put(this.setValue(r, `r[${r}]`));
        }
      }
      this.put(`b=${this.layout.blocks[pc]};break;`);
    }
    const entry = this.out.join('\n');

    const declare: string[] = [];
    for (const r of this.used) declare.push(`t${r}=1,n${r}=0,v${r}=null,l${r}=0`);
    for (const pc of this.calls) declare.push(`g${pc}=null`);
    for (const n of this.usedCursors) {
      declare.push(`c${n}=cs[${n}]`);
      const plan = this.plans.get(n);
      if (plan === undefined) continue;
      declare.push(`s${n}=0,d${n}=noBytes,p${n}=0,h${n}=0,e${n}=0,o${n}=0,z${n}=0`);
      plan.columns.forEach((_, i) => {
        declare.push(`y${n}_${i}=0,a${n}_${i}=0`);
      });
    }
    const constants = this.constants.map((_, i) => `const K${i}=K[${i}];`).join('');
    const source =
      `'use strict';${constants}\n` +
      `return function(vm,f,r,cs,pc){\nlet b=0,x=null,y=0,k=vm.budget,E=vm.encoder${declare.map((d) => `,\n${d}`).join('')};\n` +
      `switch(pc){\n${entry}\ndefault:return ${TIER};}\n${this.layout.assemble(text)}\n}`;
    return { source, constants: this.constants, entries: this.entries };
  }
}

const comparisons: Readonly<Partial<Record<Opcode, string>>> = {
  [Opcode.Eq]: '===',
  [Opcode.Ne]: '!==',
  [Opcode.Lt]: '<',
  [Opcode.Le]: '<=',
  [Opcode.Gt]: '>',
  [Opcode.Ge]: '>=',
};

function and(a: string, b: string): string {
  if (a === 'false' || b === 'false') return 'false';
  if (a === 'true') return b;
  return b === 'true' ? a : `${a}&&${b}`;
}

function or(a: string, b: string): string {
  if (a === 'true' || b === 'true') return 'true';
  if (a === 'false') return b;
  return b === 'false' ? a : `${a}||${b}`;
}

/** Names a column of a cursor. */
function columnId(op: Instruction): number {
  return op.p1 * 4096 + op.p2 + 1;
}

const encodedTexts = new Map<string, Uint8Array>();

/** The bytes of a constant text: one array a text, so that it becomes one constant. */
function utf8Of(text: string): Uint8Array {
  let bytes = encodedTexts.get(text);
  if (bytes === undefined) {
    if (encodedTexts.size > 1000) encodedTexts.clear();
    bytes = utf8Encode(text);
    encodedTexts.set(text, bytes);
  }
  return bytes;
}
