/** Ephemeral tables in memory, which become trees when they are many. */
import type { EphemeralStore, MakeStore } from './ephemeral.ts';
import { MemoryKeyCursor } from './memory-keys.ts';
import { MemoryRows } from './memory-rows.ts';

export const inMemory: MakeStore = (keyInfo, budget, openTree): EphemeralStore => {
  if (keyInfo === null) return new MemoryRows(budget, openTree);
  const keys = new MemoryKeyCursor(keyInfo, budget, openTree);
  let given = false;
  return {
    cursor: () => {
      if (given) return keys.another();
      given = true;
      return keys;
    },
    clear: () => keys.clear(),
    close: () => keys.drop(),
    isSmall: false,
  };
};
