/** Programs as JavaScript functions: the functions themselves, and the cache (walls 2 and 12). */
import { decodeColumn } from '../../values/record.ts';
import { decodeText } from '../../values/utf.ts';
import { type Encoding, Real, type SqlValue } from '../../values/value.ts';
import { handlers } from '../handlers.ts';
import type { Program } from '../types.ts';
import { CLEARED, type CompiledCode, type CompiledRun, infoOf, type Tier, tiering } from '../vm.ts';
import { analyze, analyzeRegion } from './analysis.ts';
import { Emitter } from './emitter.ts';
import { regionFor } from './region.ts';
import { support } from './support.ts';

/** Source of all functions kept: the program that was compiled longest ago goes first. */
const MAX_CACHE = 4 * 1024 * 1024;
const MAX_INSTRUCTIONS = 20_000;
/** Parts of one program: their numbers are bytes. */
const MAX_PARTS = 255;

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
/** Size of the source of each program's parts, in the order in which programs were last compiled. */
const cache = new Map<Program, number>();

function keep(program: Program, size: number): void {
  const before = cache.get(program) ?? 0;
  cache.delete(program);
  cache.set(program, before + size);
  cached += size;
  for (const [old, oldSize] of cache) {
    if (cached <= MAX_CACHE || old === program) break;
    cache.delete(old);
    cached -= oldSize;
    const info = infoOf(old);
    info.compiled = null;
    info.heat = 0;
  }
}

function compile(
  program: Program,
  encoding: Encoding,
  pc: number,
  before: CompiledCode | null,
): CompiledCode | null {
  if (forbidden || program.instructions.length > MAX_INSTRUCTIONS) return before;
  if (before !== null && before.parts.length === MAX_PARTS) return before;
  const analysis = analyze(program);
  if (analysis === null) return null;
  const region = regionFor(analysis, pc);
  if (region === null)
    return before ?? { entries: new Uint8Array(analysis.code.length + 1), parts: [] };
  const emitted = new Emitter(
    analyzeRegion(analysis, region),
    program.cursorCount,
    encoding,
    region,
  ).emit();
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
  const parts = [...(before?.parts ?? []), { source, run }];
  const entries = emitted.entries.map((x, at) => before?.entries[at] || x * parts.length);
  return { entries, parts };
}

function source(program: Program, encoding: Encoding): string | null {
  let code = compile(program, encoding, 0, null);
  const heads = analyze(program)?.loopHead ?? [];
  for (let pc = 0; pc < heads.length && code !== null; pc++) {
    if (heads[pc] === 1 && code.entries[pc] === 0) code = compile(program, encoding, pc, code);
  }
  if (code === null || code.parts.length === 0) return null;
  return code.parts.map((part) => part.source).join('\n\n');
}

/** The second tier. */
export const jit: Tier = {
  compile(program, encoding, pc, before) {
    const code = compile(program, encoding, pc, before);
    const part = code?.parts.at(-1);
    if (part !== undefined && code !== before) keep(program, part.source.length);
    return code;
  },
  source,
};
