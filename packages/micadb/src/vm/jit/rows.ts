/**
 * What compiled code knows of the rows under cursors before it is written: which cursors it reads itself, how
 * far a row's header is parsed on the way to each block (its stage), and which registers hold which column.
 *
 * Invariants:
 *  1. A stage counts the columns of the cursor's plan that are parsed: 0 none, not even the row is loaded. Where
 *     ways with different stages meet it is UNKNOWN_STAGE.
 *  2. At every entry all stages are 0 and no register is known to hold a column.
 */
import type { KeyInfo } from '../../values/key.ts';
import { OPFLAG_BYTELENARG } from '../flags.ts';
import { Opcode } from '../opcode.ts';
import { registersWritten } from '../registers.ts';
import { opcodes } from '../table.ts';
import type { Instruction } from '../types.ts';
import type { Analysis } from './analysis.ts';

/** Columns of one cursor that compiled code reads itself. */
const MAX_STAGES = 24;
export const UNKNOWN_STAGE = -1;

/** What is known of a cursor number all over the program. */
export interface CursorPlan {
  readonly kind: 'btree' | 'pseudo';
  /** The register of a pseudo cursor's record. */
  readonly register: number;
  /** Columns that are read, ascending; a stage parses up to one of them. */
  readonly columns: readonly number[];
  /** Columns that an index may give while the seek is put off. */
  readonly elsewhere: ReadonlySet<number>;
}

/** How far rows are known at one address. */
export interface RowState {
  readonly stages: Int8Array;
  /** Of each register: the column that it holds for certain (see columnId), or 0. */
  readonly held: Int32Array;
}

export class RowPlan {
  readonly plans = new Map<number, CursorPlan>();
  /** Addresses at which the function may be entered. */
  readonly entries: Uint8Array;
  private readonly kinds = new Map<number, Set<string>>();
  /** Of b-tree cursors: the index's keys, null for tables; undefined when it is not the same everywhere. */
  private readonly keyInfos = new Map<number, KeyInfo | null | undefined>();
  private readonly entryStages: (Int8Array | null)[];
  private readonly entryHeld: (Int32Array | null)[];

  constructor(
    private readonly a: Analysis,
    private readonly cursorCount: number,
    private readonly inside: (pc: number) => boolean,
  ) {
    this.entries = new Uint8Array(a.code.length + 1);
    this.entryStages = a.code.map(() => null);
    this.entryHeld = a.code.map(() => null);
    this.planCursors();
    this.planEntries();
    this.planStages();
  }

  /** What is known at the leader `pc`. */
  at(pc: number): RowState {
    const stages = this.entryStages[pc] ?? new Int8Array(this.cursorCount).fill(UNKNOWN_STAGE);
    const held = this.entryHeld[pc] ?? new Int32Array(this.a.registerCount + 1);
    return { stages: stages.slice(), held: held.slice() };
  }

  /** True when the cursor is one of a b-tree wherever it is opened. */
  isBtree(cursor: number): boolean {
    const kinds = this.kinds.get(cursor);
    return kinds !== undefined && kinds.size === 1 && kinds.has('btree');
  }

  /** The keys of a cursor that is on an index wherever it is opened, null for tables, else undefined. */
  keyInfo(cursor: number): KeyInfo | null | undefined {
    return this.isBtree(cursor) ? this.keyInfos.get(cursor) : undefined;
  }

  private noteKeys(op: Instruction): void {
    const { p1, p4 } = op;
    const info = typeof p4 === 'object' && p4 !== null && 'keyFieldCount' in p4 ? p4 : null;
    const known = !this.keyInfos.has(p1) || this.keyInfos.get(p1) === info;
    this.keyInfos.set(p1, known && op.opcode !== Opcode.OpenDup ? info : undefined);
  }

  private planCursors(): void {
    const { code } = this.a;
    const { kinds } = this;
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
          this.noteKeys(op);
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
    const { code, leader, loopHead, next } = this.a;
    code.forEach((op, pc) => {
      if (!this.inside(pc)) {
        for (const t of next[pc]!) if (this.inside(t)) this.entries[t] = 1;
        return;
      }
      if (pc === 0 || loopHead[pc] === 1) this.entries[pc] = 1;
      if (op.opcode === Opcode.ResultRow || op.opcode === Opcode.Program) {
        if (this.inside(pc + 1)) this.entries[pc + 1] = 1;
        if (op.opcode === Opcode.Program && op.p2 > 0 && this.inside(op.p2))
          this.entries[op.p2] = 1;
      }
    });
    for (let pc = 0; pc < code.length; pc++)
      if (this.entries[pc] === 1 && leader[pc] === 0) this.entries[pc] = 0;
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

  stageTransfer(op: Instruction, pc: number, s: Int8Array, h: Int32Array): void {
    for (const { first, count } of registersWritten(this.a.code, pc)) {
      for (let i = 0; i < count; i++) if (first + i > 0) h[first + i] = 0;
    }
    if (op.opcode === Opcode.Column) {
      // Who asks only for the type or the length may get a stand-in for the value.
      if (this.plans.has(op.p1) && (op.p5 & OPFLAG_BYTELENARG) === 0) h[op.p3] = columnId(op);
      const plan = this.plans.get(op.p1);
      if (plan === undefined) return;
      const need = plan.columns.indexOf(op.p2) + 1;
      const known = s[op.p1]!;
      // With an unknown stage the row is then parsed at least so far, but nobody knows how far.
      if (known !== UNKNOWN_STAGE && known < need) s[op.p1] = need;
      return;
    }
    // Texts in registers that are dead were not made strings: what they held is gone.
    const { effects } = this.a;
    if (effects.disturbs(op) && effects.movesOnly(op) < 0) h.fill(0);
    for (const cursor of this.resets(op, pc)) {
      if (cursor >= s.length) continue;
      s[cursor] = 0;
      for (let r = 0; r < h.length; r++) if (h[r]! >> 16 === cursor) h[r] = 0;
    }
  }

  /** Cursors whose row is unknown after the instruction. */
  resets(op: Instruction, pc: number): Iterable<number> {
    const info = opcodes[op.opcode]!;
    const movesOwn = info.cursor !== 'none' && info.cursor !== 'read';
    if (this.a.effects.disturbs(op) && !movesOwn) return this.plans.keys();
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
}

/** Names a column of a cursor. */
export function columnId(op: Instruction): number {
  return op.p1 * 65536 + op.p2 + 1;
}
