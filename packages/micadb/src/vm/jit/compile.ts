/**
 * Programs as JavaScript functions: choice of the region, the function itself, and the cache (walls 2
 * and 12). V8 never optimizes a function past some 60 KB of its bytecode, so a large program is compiled
 * loop by loop: the loop that is hot, with as many of the loops around it as fit.
 */
import { decodeColumn } from '../../values/record.ts';
import { decodeText } from '../../values/utf.ts';
import { type Encoding, Real, type SqlValue } from '../../values/value.ts';
import { handlers } from '../handlers.ts';
import { Opcode } from '../opcode.ts';
import type { Program } from '../types.ts';
import { CLEARED, type CompiledCode, type CompiledRun, infoOf, type Tier, tiering } from '../vm.ts';
import { type Analysis, analyze } from './analysis.ts';
import { Emitter } from './emitter.ts';
import { support } from './support.ts';

/** Source of one function: above it V8 would not optimize. */
const MAX_SOURCE = 48 * 1024;
/** Source of all functions kept: the one that was made first goes. */
const MAX_CACHE = 4 * 1024 * 1024;
const MAX_INSTRUCTIONS = 20_000;

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

/** The instructions to compile for a loop that begins at `head`. */
function regionFor(a: Analysis, head: number): Uint8Array | null {
  const { code } = a;
  const weights = code.map((op) => weight(op.opcode));
  const total = weights.reduce((sum, w) => sum + w, 0);
  const region = new Uint8Array(code.length + 1);
  if (total <= MAX_SOURCE) {
    region.fill(1, 0, code.length);
    return region;
  }
  // Loops as ranges from a head to the last jump back to it.
  let best: [number, number] | null = null;
  for (let start = head; start >= 0; start--) {
    if (a.loopHead[start] === 0) continue;
    let end = -1;
    for (let pc = start; pc < code.length; pc++) if (a.next[pc]!.includes(start)) end = pc;
    if (end < head) continue;
    let size = 0;
    for (let pc = start; pc <= end; pc++) size += weights[pc]!;
    if (size > MAX_SOURCE) break;
    best = [start, end];
  }
  if (best === null) return null;
  region.fill(1, best[0], best[1] + 1);
  return region;
}

function helpers(encoding: Encoding) {
  const text = (d: Uint8Array, at: number, n: number) => decodeText(d, at, at + n, encoding);
  const decode = (d: Uint8Array, type: number, at: number) => decodeColumn(d, type, at, encoding);
  const box = (t: number, n: number, v: SqlValue, l: number): SqlValue => {
    switch (t) {
      case 2:
        return n;
      case 1:
        return null;
      case 8:
        return v;
      case 4:
        return new Real(n);
      case 16:
        return decodeText(v as Uint8Array, n, n + l, encoding);
      default:
        return CLEARED;
    }
  };
  // A serial type of two bytes; a longer one becomes a size that no record has.
  const wide = (d: Uint8Array, at: number, first: number) => {
    const second = d[at]!;
    return second < 128 ? ((first & 127) << 7) | second : 0x7fffffff;
  };
  return { ...support, text, decode, box, wide, noBytes: new Uint8Array(0) };
}

const byEncoding = new Map<Encoding, ReturnType<typeof helpers>>();

let forbidden = false;
let cached = 0;
const cache: { program: Program; size: number }[] = [];

function keep(program: Program, size: number): void {
  cache.push({ program, size });
  cached += size;
  while (cached > MAX_CACHE && cache.length > 1) {
    const old = cache.shift()!;
    cached -= old.size;
    const info = infoOf(old.program);
    info.compiled = null;
    info.heat = 0;
  }
}

function compile(program: Program, encoding: Encoding, pc: number): CompiledCode | null {
  if (forbidden || program.instructions.length > MAX_INSTRUCTIONS) return null;
  const analysis = analyze(program);
  if (analysis === null) return null;
  const region = regionFor(analysis, pc);
  if (region === null) return null;
  const emitted = new Emitter(analysis, program.cursorCount, encoding, region).emit();
  let names = byEncoding.get(encoding);
  if (names === undefined) byEncoding.set(encoding, (names = helpers(encoding)));
  const source = `const {${Object.keys(names).join(',')}}=S;${emitted.source}`;
  let run: CompiledRun;
  try {
    const factory = new Function('S', 'H', 'C', 'K', source);
    run = factory(names, handlers, program.instructions, emitted.constants) as CompiledRun;
  } catch (e) {
    // A page that forbids it (Content-Security-Policy): the interpreter serves alone. It does so too for
    // source that does not compile, which is a fault of ours: tests of this tier hear of it.
    if (e instanceof EvalError) forbidden = true;
    else if (tiering.mode === 'compiled') throw e;
    return null;
  }
  keep(program, source.length);
  return { entries: emitted.entries, source, run };
}

/** The second tier. */
export const jit: Tier = { compile };
