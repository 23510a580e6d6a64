/** The second tier: programs that get hot are compiled to JavaScript. */
import type { Encoding } from '../values/value.ts';
import { jit } from '../vm/jit/compile.ts';
import type { Program } from '../vm/types.ts';
import { infoOf, tiering } from '../vm/vm.ts';

/** Turns it on, for this realm. */
export function useCompiler(): void {
  tiering.tier = jit;
}

/** The JavaScript of a program; it is compiled for that if it was not yet. */
export function compiledSource(
  program: Program,
  host: { readonly encoding: Encoding },
): string | null {
  const info = infoOf(program);
  info.compiled ??= tiering.tier?.compile(program, host.encoding, 0, null) ?? null;
  const parts = info.compiled?.parts ?? [];
  return parts.length === 0 ? null : parts.map((part) => part.source).join('\n\n');
}
