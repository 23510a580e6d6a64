/**
 * What the compiler knows of a program before it writes a line: where control can go, which registers
 * are live where, and which types of value a register can hold there. All of it holds for every run of
 * the program from address 0 on, in either tier: entering compiled code half-way changes nothing.
 *
 * Types are sets of tags, one bit a tag; a compiled register carries such a tag at run time.
 */

import { slicesForm } from '../../functions/slices-table.ts';
import type { ScalarFunction } from '../../functions/types.ts';
import { Affinity } from '../../values/value.ts';
import { OPFLAG_P2ISREG } from '../flags.ts';
import type { GroupShape } from '../groups.ts';
import { Opcode } from '../opcode.ts';
import { passingRecords, registersRead, registersWritten, rootRegisters } from '../registers.ts';
import { opcodes } from '../table.ts';
import type { FunctionCall, Instruction, Program } from '../types.ts';
import { Effects } from './effects.ts';

/** NULL. */
export const NULL = 1;
/** INTEGER that is a safe integer. */
export const INT = 2;
/** REAL. */
export const REAL = 4;
/** Anything else, as the interpreter has it: text, blob, bigint, opaque objects. */
export const OTHER = 8;
/** TEXT as UTF-8 bytes on a page that a cursor lends. */
export const LAZY = 16;
/** The cleared NULL. */
export const CLEARED_NULL = 32;

export const NUMBER = INT | REAL;
export const ANY_NULL = NULL | CLEARED_NULL;
/** All that can stand in the frame's registers. */
export const STORED = NULL | INT | REAL | OTHER | CLEARED_NULL;
/** What arithmetic gives. */
const NUMERIC = NULL | INT | REAL | OTHER;

/** How a register is kept in compiled code. */
export enum Home {
  /** In the frame's array: nobody looks into it, or others write to it. */
  Memory,
  /** In local variables. */
  Local,
}

/** What is to be known of a program whichever part of it is compiled. */
interface Flow {
  readonly code: readonly Instruction[];
  readonly registerCount: number;
  /** Successors of each instruction. */
  readonly next: readonly (readonly number[])[];
  /** Registers live before each instruction, as bits. */
  readonly live: readonly Uint32Array[];
  /** Starts of basic blocks. */
  readonly leader: Uint8Array;
  /** Targets of backward jumps. */
  readonly loopHead: Uint8Array;
  /** Of a pseudo cursor whose record always is the one a sorter stands on: that sorter. */
  readonly sorterOf: ReadonlyMap<number, number>;
  readonly effects: Effects;
  /** See `passingRecords`. */
  readonly passing: Uint8Array | null;
  /** Registers that others read or write behind the instructions' backs. */
  readonly inFrame: ReadonlySet<number>;
}

export interface Analysis extends Flow {
  readonly home: readonly Home[];
  /** Possible tags of each register before each leader; null where control never comes. */
  readonly types: readonly (Uint8Array | null)[];
  /** Constants: the one instruction that writes the register, if it only ever loads a constant. */
  readonly constant: readonly (Instruction | null)[];
}

export function isLive(live: Uint32Array, register: number): boolean {
  return ((live[register >> 5]! >>> (register & 31)) & 1) !== 0;
}

function setBit(bits: Uint32Array, register: number): void {
  bits[register >> 5] = bits[register >> 5]! | (1 << (register & 31));
}

/** Opcodes that write what they write on every way out: only these end a register's life. */
const definite = new Set<Opcode>([
  Opcode.Integer,
  Opcode.Int64,
  Opcode.Real,
  Opcode.String8,
  Opcode.Blob,
  Opcode.Null,
  Opcode.SoftNull,
  Opcode.BeginSubrtn,
  Opcode.Variable,
  Opcode.SCopy,
  Opcode.IntCopy,
  Opcode.Copy,
  Opcode.Column,
  Opcode.Rowid,
  Opcode.IdxRowid,
  Opcode.Add,
  Opcode.Subtract,
  Opcode.Multiply,
  Opcode.Divide,
  Opcode.Remainder,
  Opcode.BitAnd,
  Opcode.BitOr,
  Opcode.ShiftLeft,
  Opcode.ShiftRight,
  Opcode.Concat,
  Opcode.And,
  Opcode.Or,
  Opcode.Not,
  Opcode.BitNot,
  Opcode.IsTrue,
  Opcode.ZeroOrNull,
  Opcode.Function,
  Opcode.PureFunc,
  Opcode.Gosub,
  Opcode.InitCoroutine,
  Opcode.MakeRecord,
  Opcode.Sequence,
  Opcode.SorterData,
  Opcode.GroupFind,
  Opcode.GroupLoad,
  Opcode.RowData,
  Opcode.Param,
]);

/** Opcodes that compiled code runs itself and whose register operands it looks into. */
const looksInto: Readonly<Partial<Record<Opcode, 'reads'>>> = {
  [Opcode.Eq]: 'reads',
  [Opcode.Ne]: 'reads',
  [Opcode.Lt]: 'reads',
  [Opcode.Le]: 'reads',
  [Opcode.Gt]: 'reads',
  [Opcode.Ge]: 'reads',
  [Opcode.If]: 'reads',
  [Opcode.IfNot]: 'reads',
  [Opcode.IsNull]: 'reads',
  [Opcode.NotNull]: 'reads',
  [Opcode.Add]: 'reads',
  [Opcode.Subtract]: 'reads',
  [Opcode.Multiply]: 'reads',
  [Opcode.Divide]: 'reads',
  [Opcode.Remainder]: 'reads',
  [Opcode.BitAnd]: 'reads',
  [Opcode.BitOr]: 'reads',
  [Opcode.And]: 'reads',
  [Opcode.Or]: 'reads',
  [Opcode.Not]: 'reads',
  [Opcode.AddImm]: 'reads',
  [Opcode.RealAffinity]: 'reads',
  [Opcode.IfPos]: 'reads',
  [Opcode.DecrJumpZero]: 'reads',
  [Opcode.IfNotZero]: 'reads',
  [Opcode.Return]: 'reads',
  [Opcode.Yield]: 'reads',
  [Opcode.EndCoroutine]: 'reads',
  [Opcode.SeekRowid]: 'reads',
  [Opcode.NotExists]: 'reads',
  [Opcode.MustBeInt]: 'reads',
  [Opcode.AggStep]: 'reads',
  [Opcode.MakeRecord]: 'reads',
  [Opcode.Compare]: 'reads',
  [Opcode.Concat]: 'reads',
};

export const isConstantLoad = (opcode: Opcode): boolean =>
  opcode === Opcode.Integer || opcode === Opcode.Real || opcode === Opcode.String8;

/** True for seeks and index comparisons that `Moves` may do itself. */
function oneKey(op: Instruction): boolean {
  switch (op.opcode) {
    case Opcode.SeekLT:
    case Opcode.SeekLE:
    case Opcode.SeekGE:
    case Opcode.SeekGT:
      return op.p4 === 1 || typeof op.p4 !== 'number' || op.p4 === 0;
    case Opcode.IdxLT:
    case Opcode.IdxLE:
    case Opcode.IdxGE:
    case Opcode.IdxGT:
      return op.p4 === 1;
    default:
      return false;
  }
}

/** True when the instruction calls a function that takes slices. */
export function takesSlices(op: Instruction): boolean {
  if (!(op.opcode === Opcode.Function || op.opcode === Opcode.PureFunc)) return false;
  const { def } = op.p4 as FunctionCall;
  return def.kind === 'scalar' && slicesForm(def) !== undefined;
}

/** The function's form on bytes, if the instruction calls one that has it. */
export function bytesForm(op: Instruction): ScalarFunction['onBytes'] {
  if (!(op.opcode === Opcode.Function || op.opcode === Opcode.PureFunc)) return undefined;
  const { def } = op.p4 as FunctionCall;
  return def.kind === 'scalar' && def.user !== true ? def.onBytes : undefined;
}

/** Where control may go from each instruction; null when an address is computed in an unknown way. */
function successors(code: readonly Instruction[]): number[][] | null {
  const returns = new Map<number, Set<number>>();
  const yields = new Map<number, Set<number>>();
  const ends = new Map<number, Set<number>>();
  const add = (map: Map<number, Set<number>>, key: number, pc: number) => {
    let set = map.get(key);
    if (set === undefined) map.set(key, (set = new Set()));
    set.add(pc);
  };
  code.forEach((op, pc) => {
    if (op.opcode === Opcode.Gosub) add(returns, op.p1, pc + 1);
    else if (op.opcode === Opcode.InitCoroutine) add(yields, op.p1, op.p3);
    else if (op.opcode === Opcode.Yield) {
      add(yields, op.p1, pc + 1);
      add(ends, op.p1, op.p2);
    } else if (op.opcode === Opcode.EndCoroutine) add(yields, op.p1, pc);
  });
  // Addresses must come from nowhere else.
  const addresses = new Set([...returns.keys(), ...yields.keys()]);
  for (let pc = 0; pc < code.length; pc++) {
    const op = code[pc]!;
    switch (op.opcode) {
      case Opcode.Gosub:
      case Opcode.InitCoroutine:
      case Opcode.Yield:
      case Opcode.EndCoroutine:
      case Opcode.BeginSubrtn:
      case Opcode.Null:
      case Opcode.SoftNull:
        continue;
      case Opcode.Return:
        if (!returns.has(op.p1) && op.p3 === 0) return null;
        continue;
      default:
        for (const { first, count } of registersWritten(code, pc)) {
          for (let i = 0; i < count; i++) if (addresses.has(first + i)) return null;
        }
    }
  }
  return code.map((op, pc) => {
    const info = opcodes[op.opcode]!;
    const to = new Set<number>();
    if (info.fallsThrough && !(op.opcode === Opcode.Init && op.p2 > 0)) to.add(pc + 1);
    for (const operand of info.jumps) {
      const target = op[operand] as number;
      if (target > 0 || !info.fallsThrough) to.add(target);
    }
    switch (op.opcode) {
      case Opcode.Return:
        if (op.p3 === 0) to.delete(pc + 1);
        else to.add(pc + 1);
        for (const t of returns.get(op.p1) ?? []) to.add(t);
        break;
      case Opcode.Yield:
        to.delete(pc + 1);
        for (const t of yields.get(op.p1) ?? []) to.add(t);
        break;
      case Opcode.EndCoroutine:
        for (const t of ends.get(op.p1) ?? []) to.add(t);
        break;
      default:
        break;
    }
    return [...to].filter((t) => t >= 0 && t < code.length);
  });
}

function liveness(
  code: readonly Instruction[],
  next: readonly (readonly number[])[],
  registerCount: number,
  always: ReadonlySet<number>,
  /** Registers of pseudo cursors: read by what reads the cursor. */
  records: ReadonlyMap<number, number>,
): Uint32Array[] {
  const words = (registerCount >> 5) + 1;
  const live: Uint32Array[] = [];
  const gen: Uint32Array[] = [];
  const kill: (Uint32Array | null)[] = [];
  for (let pc = 0; pc < code.length; pc++) {
    const g = new Uint32Array(words);
    for (const { first, count } of registersRead(code, pc)) {
      for (let i = 0; i < count; i++) if (first + i > 0) setBit(g, first + i);
    }
    for (const r of always) setBit(g, r);
    const { cursor, cursorOperand } = opcodes[code[pc]!.opcode]!;
    if (cursorOperand !== null && cursor !== 'open') {
      const record = records.get(code[pc]![cursorOperand] as number);
      if (record !== undefined) setBit(g, record);
    }
    gen.push(g);
    live.push(g.slice());
    if (definite.has(code[pc]!.opcode)) {
      const k = new Uint32Array(words);
      for (const { first, count } of registersWritten(code, pc)) {
        for (let i = 0; i < count; i++) if (first + i > 0) setBit(k, first + i);
      }
      kill.push(k);
    } else {
      kill.push(null);
    }
  }
  const out = new Uint32Array(words);
  for (let changed = true; changed; ) {
    changed = false;
    for (let pc = code.length - 1; pc >= 0; pc--) {
      out.fill(0);
      for (const n of next[pc]!) {
        const l = live[n]!;
        for (let w = 0; w < words; w++) out[w] = out[w]! | l[w]!;
      }
      const k = kill[pc]!;
      const l = live[pc]!;
      const g = gen[pc]!;
      for (let w = 0; w < words; w++) {
        const v = (k === null ? out[w]! : out[w]! & ~k[w]!) | g[w]!;
        if (v >>> 0 !== l[w]!) {
          l[w] = v;
          changed = true;
        }
      }
    }
  }
  return live;
}

function arithmeticType(a: number, b: number): number {
  let t = 0;
  if (((a | b) & (ANY_NULL | REAL | OTHER | LAZY)) !== 0) t |= NULL;
  if ((a & INT) !== 0 && (b & INT) !== 0) t |= INT | OTHER | REAL;
  if ((a & NUMBER) !== 0 && (b & NUMBER) !== 0 && ((a | b) & REAL) !== 0) t |= REAL;
  if (((a | b) & (OTHER | LAZY)) !== 0) t |= NUMERIC;
  return t;
}

/** What the instruction leaves in the registers. */
export function transfer(
  code: readonly Instruction[],
  pc: number,
  s: Uint8Array,
  home: readonly Home[],
  effects: Effects,
): void {
  const op = code[pc]!;
  if (effects.disturbs(op)) {
    for (let r = 1; r < s.length; r++) {
      if ((s[r]! & LAZY) !== 0 && effects.spoils(op, r)) s[r] = (s[r]! & ~LAZY) | OTHER;
    }
  }
  const put = (register: number, type: number) => {
    s[register] = home[register] === Home.Local ? type : STORED;
  };
  switch (op.opcode) {
    case Opcode.Integer:
      put(op.p2, INT);
      return;
    case Opcode.Real:
      put(op.p2, REAL);
      return;
    case Opcode.String8:
    case Opcode.Blob:
      put(op.p2, OTHER);
      return;
    case Opcode.Int64:
      put(op.p2, INT | OTHER);
      return;
    case Opcode.Null: {
      const type = op.p1 !== 0 ? CLEARED_NULL : NULL;
      put(op.p2, type);
      for (let r = op.p2 + 1; r <= op.p3; r++) put(r, type);
      return;
    }
    case Opcode.SoftNull:
      put(op.p1, NULL);
      return;
    case Opcode.BeginSubrtn:
      put(op.p2, NULL);
      return;
    case Opcode.Gosub:
    case Opcode.InitCoroutine:
    case Opcode.Yield:
    case Opcode.EndCoroutine:
      put(op.p1, INT);
      return;
    case Opcode.Variable:
      put(op.p2, NULL | INT | REAL | OTHER);
      return;
    case Opcode.SCopy:
    case Opcode.IntCopy:
      put(op.p2, s[op.p1]!);
      return;
    case Opcode.Copy:
      for (let i = 0; i <= op.p3; i++) put(op.p2 + i, op.p5 === 0 ? s[op.p1 + i]! : STORED);
      return;
    case Opcode.Column:
      put(op.p3, NULL | INT | REAL | OTHER | LAZY);
      return;
    case Opcode.Rowid:
      put(op.p2, NULL | INT | OTHER);
      return;
    case Opcode.RealAffinity: {
      const t = s[op.p1]!;
      put(op.p1, (t & ~INT) | ((t & (INT | OTHER)) !== 0 ? REAL : 0));
      return;
    }
    case Opcode.Add:
    case Opcode.Subtract:
    case Opcode.Multiply:
      put(op.p3, arithmeticType(s[op.p1]!, s[op.p2]!));
      return;
    case Opcode.Divide:
    case Opcode.Remainder:
      put(op.p3, arithmeticType(s[op.p1]!, s[op.p2]!) | NULL);
      return;
    case Opcode.BitAnd:
    case Opcode.BitOr:
    case Opcode.ShiftLeft:
    case Opcode.ShiftRight:
      put(op.p3, NULL | INT | OTHER);
      return;
    case Opcode.And:
    case Opcode.Or:
      put(op.p3, NULL | INT);
      return;
    case Opcode.Not:
      put(op.p2, NULL | INT);
      return;
    case Opcode.AddImm:
      put(op.p1, INT | OTHER);
      return;
    case Opcode.MustBeInt:
      put(op.p1, op.p2 === 0 ? INT | OTHER : s[op.p1]! | INT | OTHER);
      return;
    case Opcode.IfPos:
    case Opcode.DecrJumpZero:
      put(op.p1, s[op.p1]!);
      return;
    case Opcode.IfNotZero:
      put(op.p1, s[op.p1]! | INT | OTHER);
      return;
    case Opcode.Sequence:
      put(op.p2, INT);
      return;
    case Opcode.AggStep:
      put(op.p3, OTHER);
      return;
    case Opcode.GroupFind: {
      const { states, functions, known, place } = op.p4 as GroupShape;
      for (let i = 0; i < functions.length; i++) put(states + i, OTHER);
      if (known > 0) put(known, INT);
      if (place > 0) put(place, INT);
      return;
    }
    case Opcode.GroupLoad: {
      const { states, functions, kept } = op.p4 as GroupShape;
      for (let i = 0; i < functions.length; i++) put(states + i, OTHER);
      for (const register of kept) put(register, STORED);
      return;
    }
    case Opcode.Function:
    case Opcode.PureFunc:
      put(op.p3, bytesForm(op)?.result === 'text' || takesSlices(op) ? STORED | LAZY : STORED);
      return;
    case Opcode.Concat:
      put(op.p3, STORED | LAZY);
      return;
    case Opcode.Affinity:
      for (let i = 0; i < op.p2; i++) put(op.p1 + i, s[op.p1 + i]! | STORED);
      return;
    case Opcode.MakeRecord: {
      // Values that their affinity leaves alone stay as they are, texts on a page too.
      const letters = typeof op.p4 === 'string' ? op.p4 : '';
      for (let i = 0; i < op.p2; i++) {
        const changes = i < letters.length && letters.charCodeAt(i) > Affinity.Blob;
        if (changes) put(op.p1 + i, s[op.p1 + i]! | STORED);
      }
      put(op.p3, OTHER);
      return;
    }
    default:
      for (const { first, count } of registersWritten(code, pc)) {
        for (let i = 0; i < count; i++) if (first + i > 0) put(first + i, STORED);
      }
  }
}

function inferTypes(
  code: readonly Instruction[],
  next: readonly (readonly number[])[],
  leader: Uint8Array,
  registerCount: number,
  home: readonly Home[],
  effects: Effects,
): (Uint8Array | null)[] {
  const types: (Uint8Array | null)[] = code.map(() => null);
  const start = new Uint8Array(registerCount + 1);
  for (let r = 0; r <= registerCount; r++) start[r] = home[r] === Home.Local ? NULL : STORED;
  types[0] = start;
  const work = [0];
  while (work.length > 0) {
    let pc = work.pop()!;
    const s = types[pc]!.slice();
    for (;;) {
      transfer(code, pc, s, home, effects);
      const to = next[pc]!;
      const straight = to.length === 1 && to[0] === pc + 1 && leader[pc + 1] === 0;
      if (straight) {
        pc++;
        continue;
      }
      for (const n of to) {
        const old = types[n]!;
        if (old === null) {
          types[n] = s.slice();
          work.push(n);
          continue;
        }
        let grown = false;
        for (let r = 1; r <= registerCount; r++) {
          const joined = old[r]! | s[r]!;
          if (joined !== old[r]) {
            old[r] = joined;
            grown = true;
          }
        }
        if (grown) work.push(n);
      }
      break;
    }
  }
  return types;
}

/** Registers of the pseudo cursors that always stand for the same one. */
function pseudoRecords(code: readonly Instruction[]): Map<number, number> {
  const found = new Map<number, number>();
  const mixed = new Set<number>();
  for (const op of code) {
    if (op.opcode !== Opcode.OpenPseudo) continue;
    if (found.has(op.p1) && found.get(op.p1) !== op.p2) mixed.add(op.p1);
    found.set(op.p1, op.p2);
  }
  for (const cursor of mixed) found.delete(cursor);
  return found;
}

/**
 * Pseudo cursors whose record need not be made: SorterData alone writes it, from one sorter, nothing but
 * the cursor reads it, and it is dead when the sorter moves.
 */
function sorterRecords(
  code: readonly Instruction[],
  next: readonly (readonly number[])[],
  pseudo: ReadonlyMap<number, number>,
): Map<number, number> {
  const found = new Map<number, number>();
  for (const [cursor, register] of pseudo) {
    const sorters = new Set<number>();
    let fits = true;
    code.forEach((op, pc) => {
      const touches = (list: readonly { first: number; count: number }[]) =>
        list.some(({ first, count }) => register >= first && register < first + count);
      if (op.opcode === Opcode.SorterData && op.p2 === register) sorters.add(op.p1);
      else if (op.opcode !== Opcode.OpenPseudo) {
        if (touches(registersWritten(code, pc)) || touches(registersRead(code, pc))) fits = false;
      }
    });
    const [sorter] = sorters;
    if (!fits || sorters.size !== 1 || sorter === undefined) continue;
    code.forEach((op, pc) => {
      const info = opcodes[op.opcode]!;
      const moves =
        info.cursor === 'move' ||
        info.cursor === 'write' ||
        info.cursor === 'close' ||
        info.cursor === 'open';
      if (!moves || op[info.cursorOperand!] !== sorter) return;
      if (fits && next[pc]!.some((n) => isReadLater(code, next, n, cursor, register))) fits = false;
    });
    if (fits) found.set(cursor, sorter);
  }
  return found;
}

/** More places than this are not followed: the record may be read. */
const MAX_PLACES = 20_000;

/**
 * True when the record of a pseudo cursor may be read on some way from `from` on, before SorterData gives it
 * another. Subroutines return to who called them, which liveness, by addresses alone, does not know.
 */
function isReadLater(
  code: readonly Instruction[],
  next: readonly (readonly number[])[],
  from: number,
  cursor: number,
  register: number,
): boolean {
  interface Place {
    readonly pc: number;
    /** Where the subroutines that were entered return to, by register. */
    readonly returns: ReadonlyMap<number, number>;
  }
  const seen = new Set<string>();
  const work: Place[] = [{ pc: from, returns: new Map() }];
  while (work.length > 0) {
    const { pc, returns } = work.pop()!;
    const op = code[pc];
    if (op === undefined) continue;
    const key = `${pc} ${[...returns].join(' ')}`;
    if (seen.has(key)) continue;
    seen.add(key);
    if (seen.size > MAX_PLACES) return true;
    const info = opcodes[op.opcode]!;
    if (op.opcode === Opcode.SorterData && op.p2 === register) continue;
    const reads =
      op.opcode !== Opcode.OpenPseudo &&
      info.cursorOperand !== null &&
      op[info.cursorOperand] === cursor;
    if (reads) return true;
    if (op.opcode === Opcode.Gosub) {
      work.push({ pc: op.p2, returns: new Map(returns).set(op.p1, pc + 1) });
      continue;
    }
    const back = op.opcode === Opcode.Return ? returns.get(op.p1) : undefined;
    if (back !== undefined) {
      const left = new Map(returns);
      left.delete(op.p1);
      work.push({ pc: back, returns: left });
      continue;
    }
    for (const n of next[pc]!) work.push({ pc: n, returns });
  }
  return false;
}

/**
 * Ways from one instruction to another, past which a program is not analyzed: in VALUES of many rows each Yield
 * may go on behind each of the others, and nothing in it runs twice.
 */
const MAX_EDGES = 6000;

/** What is to be known of a program; null when its jumps cannot be followed, or are too many. */
export function analyze(program: Program): Analysis | null {
  const code = program.instructions;
  const { registerCount } = program;
  const next = successors(code);
  const effects = new Effects(code);
  if (next === null || next.reduce((n, to) => n + to.length, 0) > MAX_EDGES) return null;

  const leader = new Uint8Array(code.length + 1);
  const loopHead = new Uint8Array(code.length + 1);
  leader[0] = 1;
  code.forEach((op, pc) => {
    const to = next[pc]!;
    const plain = to.length === 1 && to[0] === pc + 1 && opcodes[op.opcode]!.jumps.length === 0;
    if (!plain) {
      leader[pc + 1] = 1;
      for (const t of to) {
        leader[t] = 1;
        if (t <= pc) loopHead[t] = 1;
      }
    }
    // Where a step goes on after a row or a sub-program.
    if (op.opcode === Opcode.ResultRow || op.opcode === Opcode.Program) leader[pc + 1] = 1;
  });

  // Registers that others read or write behind the instructions' backs.
  const shared = new Set<number>(rootRegisters(program));
  const pseudo = pseudoRecords(code);
  for (const op of code) {
    if (op.opcode === Opcode.OpenPseudo && !pseudo.has(op.p1)) shared.add(op.p2);
    const byRegister =
      op.opcode === Opcode.OpenRead ||
      op.opcode === Opcode.OpenWrite ||
      op.opcode === Opcode.ReopenIdx;
    if (byRegister && (op.p5 & OPFLAG_P2ISREG) !== 0) shared.add(op.p2);
  }
  const live = liveness(code, next, registerCount, shared, pseudo);
  const flow: Flow = {
    code,
    sorterOf: sorterRecords(code, next, pseudo),
    registerCount,
    next,
    leader,
    loopHead,
    live,
    effects,
    passing: passingRecords(program),
    inFrame: new Set([...shared, ...pseudo.values()]),
  };
  return { ...flow, ...values(flow, new Uint8Array(code.length).fill(1)) };
}

/** The analysis for a function of the instructions in `region` alone: what only others look into is no local. */
export function analyzeRegion(a: Analysis, region: Uint8Array): Analysis {
  return a.code.every((_, pc) => region[pc] === 1) ? a : { ...a, ...values(a, region) };
}

/** Where registers are kept in a function of the instructions in `region`, and what is known of their values. */
function values(a: Flow, region: Uint8Array): Pick<Analysis, 'home' | 'constant' | 'types'> {
  const { code, next, leader, registerCount, effects, inFrame } = a;
  const looksUp = ({ opcode, p1, p4 }: Instruction): boolean =>
    (opcode === Opcode.Found || opcode === Opcode.NotFound) && effects.hashed.get(p1) === p4;
  const home: Home[] = new Array<Home>(registerCount + 1).fill(Home.Memory);
  code.forEach((op, pc) => {
    const looks =
      looksInto[op.opcode] !== undefined ||
      bytesForm(op) !== undefined ||
      takesSlices(op) ||
      oneKey(op) ||
      looksUp(op);
    if (!looks || region[pc] !== 1) return;
    for (const { first, count } of registersRead(code, pc)) {
      for (let i = 0; i < count; i++) if (!inFrame.has(first + i)) home[first + i] = Home.Local;
    }
  });
  // A copy of a local is a local, and so is what it was copied from: tags need not be made twice.
  for (let changed = true; changed; ) {
    changed = false;
    code.forEach((op, pc) => {
      if (region[pc] !== 1) return;
      const n =
        op.opcode === Opcode.SCopy || op.opcode === Opcode.IntCopy
          ? 1
          : op.opcode === Opcode.Copy && op.p5 === 0
            ? op.p3 + 1
            : 0;
      for (let i = 0; i < n; i++) {
        const from = op.p1 + i;
        const to = op.p2 + i;
        if (home[to] === Home.Local && home[from] === Home.Memory && !inFrame.has(from)) {
          home[from] = Home.Local;
          changed = true;
        }
      }
    });
  }

  const writers = new Array<number>(registerCount + 1).fill(0);
  const constant: (Instruction | null)[] = new Array<Instruction | null>(registerCount + 1).fill(
    null,
  );
  code.forEach((op, pc) => {
    for (const { first, count } of registersWritten(code, pc)) {
      for (let r = first; r < first + count; r++) {
        writers[r]!++;
        constant[r] =
          writers[r] === 1 && isConstantLoad(op.opcode) && home[r] === Home.Local ? op : null;
      }
    }
  });
  return { home, constant, types: inferTypes(code, next, leader, registerCount, home, effects) };
}
