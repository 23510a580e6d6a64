/** The second tier: programs that get hot are compiled to JavaScript. */
import type { Encoding } from '../values/value.ts';
import { jit } from '../vm/jit/compile.ts';
import type { Program } from '../vm/types.ts';
import { tiering } from '../vm/vm.ts';

/** Turns it on, for this realm. */
export function useCompiler(): void {
  tiering.tier = jit;
}

/** The JavaScript that a program is compiled to when it is hot. */
export function compiledSource(
  program: Program,
  host: { readonly encoding: Encoding },
): string | null {
  return tiering.tier?.source(program, host.encoding) ?? null;
}
