/**
 * Which instructions of a program become one function. V8 optimizes a function the later the longer it is
 * (one past some 60 KB of its bytecode never), and gives the optimized code up when control first comes to a
 * part that had not run before: a short program is one function, of a long one each hot loop is one, with as
 * much around it as fits.
 */
import { Opcode } from '../opcode.ts';
import { tiering } from '../vm.ts';
import type { Analysis } from './analysis.ts';

/** Source above which V8 would not optimize. */
const MAX_SOURCE = 48 * 1024;

/** Loops taken out before it is given up: VALUES of a thousand rows have a loop, of a kind, for each row. */
const MAX_TRIES = 32;

/** A guess at the source bytes of an instruction. */
function weight(opcode: Opcode): number {
  switch (opcode) {
    case Opcode.Column:
      return 900;
    case Opcode.Eq:
    case Opcode.Ne:
    case Opcode.Lt:
    case Opcode.Le:
    case Opcode.Gt:
    case Opcode.Ge:
      return 350;
    case Opcode.Add:
    case Opcode.Subtract:
    case Opcode.Multiply:
    case Opcode.Divide:
    case Opcode.Remainder:
      return 450;
    default:
      return 150;
  }
}

/**
 * The instructions to compile (1 each) for what is hot at `head`: all, or the loops around it. Null when
 * `head` is in no loop that is short enough.
 */
export function regionFor(a: Analysis, head: number): Uint8Array | null {
  const { code } = a;
  const weights = code.map((op) => weight(op.opcode));
  const sum = (nodes: Uint8Array) => weights.reduce((total, w, pc) => total + w * nodes[pc]!, 0);
  const all = new Uint8Array(code.length + 1).fill(1, 0, code.length);
  if (sum(all) <= tiering.wholeSource) return all;
  // Subroutines come out first, then the outermost loops, by taking out the head of each.
  let nodes = all;
  let withCalls = true;
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const loop = loopAround(a, head, nodes, withCalls);
    if (loop === null) return null;
    const size = sum(loop);
    if (size <= tiering.partSource) return loop;
    if (withCalls) {
      withCalls = false;
      continue;
    }
    const inner = loop.slice();
    const outermost = inner.findIndex((x, pc) => x === 1 && pc !== head && a.loopHead[pc] === 1);
    if (outermost < 0) return size <= MAX_SOURCE ? loop : null;
    inner[outermost] = 0;
    if (loopAround(a, head, inner, false) === null) return size <= MAX_SOURCE ? loop : null;
    nodes = inner;
  }
  return null;
}

/**
 * The instructions among `nodes` that lie on a way from `head` back to it; null when there is none. Without
 * calls, control passes by subroutines, and by what is done once, as if they did nothing.
 */
function loopAround(
  a: Analysis,
  head: number,
  nodes: Uint8Array,
  withCalls: boolean,
): Uint8Array | null {
  const { code, next } = a;
  /** Subroutines come back only to calls that are on the way. */
  let calls: Uint8Array = new Uint8Array(code.length + 1);
  const after = (pc: number): readonly number[] => {
    const op = code[pc]!;
    if (withCalls) {
      if (op.opcode !== Opcode.Return) return next[pc]!;
      return next[pc]!.filter((t) => calls[t - 1] === 1 || code[t - 1]?.opcode !== Opcode.Gosub);
    }
    switch (op.opcode) {
      case Opcode.Gosub:
        return [pc + 1];
      case Opcode.Return:
        // With P3 it ends a subroutine that stands where it is needed first, and goes on there.
        return op.p3 !== 0 ? [pc + 1] : [];
      case Opcode.Once:
        return [op.p2];
      default:
        return next[pc]!;
    }
  };
  const reach = (steps: (pc: number) => readonly number[]): Uint8Array => {
    const seen = new Uint8Array(code.length + 1);
    const work = [head];
    while (work.length > 0) {
      for (const t of steps(work.pop()!)) {
        if (nodes[t] !== 1 || seen[t] === 1) continue;
        seen[t] = 1;
        work.push(t);
      }
    }
    return seen;
  };
  let loop = reach(after);
  while (withCalls) {
    calls = loop;
    loop = reach(after);
    if (loop.every((x, pc) => x === calls[pc])) break;
  }
  const before: number[][] = code.map(() => []);
  for (let pc = 0; pc < code.length; pc++) for (const t of after(pc)) before[t]!.push(pc);
  const back = reach((pc) => before[pc]!);
  if (loop[head] !== 1) return null;
  for (let pc = 0; pc < loop.length; pc++) loop[pc] = loop[pc]! & back[pc]!;
  return loop;
}
