/** The second tier: programs that get hot are compiled to JavaScript. */
import { hashGroups } from '../codegen/group-hash.ts';
import { grouping } from '../codegen/grouping.ts';
import type { Encoding } from '../values/value.ts';
import { ephemeral } from '../vm/ephemeral.ts';
import { addHandlers } from '../vm/handlers.ts';
import { groupHandlers } from '../vm/handlers-groups.ts';
import { HashIndexCursor } from '../vm/hash-index.ts';
import { jit } from '../vm/jit/compile.ts';
import { hashedCursors, KeySet } from '../vm/key-set.ts';
import { inMemory } from '../vm/memory-store.ts';
import type { Program } from '../vm/types.ts';
import { tiering } from '../vm/vm.ts';
import { rowTaker } from './row-taker.ts';
import { taking } from './rows.ts';

/**
 * Turns it on, for this realm. Ephemeral tables are then kept in memory, too, and GROUP BY, DISTINCT, IN
 * and automatic indexes use hashes.
 */
export function useCompiler(): void {
  tiering.tier = jit;
  ephemeral.make = inMemory;
  taking.taker = rowTaker;
  ephemeral.sets = {
    cursors: hashedCursors,
    make: (keyInfo, fields, budget) => new KeySet(keyInfo, fields, budget),
  };
  grouping.hash = hashGroups;
  addHandlers(groupHandlers);
  ephemeral.hash = (keyInfo, fields, records) => new HashIndexCursor(keyInfo, fields, records);
}

/** The JavaScript that a program is compiled to when it is hot. */
export function compiledSource(
  program: Program,
  host: { readonly encoding: Encoding },
): string | null {
  return tiering.tier?.source(program, host.encoding) ?? null;
}
