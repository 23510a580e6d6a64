/** The second tier: programs that get hot are compiled to JavaScript. */
import { jit } from '../vm/jit/compile.ts';
import { tiering } from '../vm/vm.ts';

/** Turns it on, for this realm. */
export function useCompiler(): void {
  tiering.tier = jit;
}
