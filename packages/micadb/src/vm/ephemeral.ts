/** What a cursor of OpenEphemeral stands on: rows or keys in memory, a tree of the private b-tree when they are many. */
import type { BtCursor, Btree } from '../btree/types.ts';
import type { KeyInfo } from '../values/key.ts';
import { MemoryKeyCursor } from './memory-keys.ts';
import { MemoryRows } from './memory-rows.ts';

export class EphemeralTree {
  /** How many cursors stand on it (OpenDup). */
  users = 0;
  private readonly rows: MemoryRows | null;
  private readonly keys: MemoryKeyCursor | null;

  /** `openTree` gives the private b-tree, with a write transaction open; `budget` in bytes. */
  constructor(keyInfo: KeyInfo | null, budget: number, openTree: () => Btree) {
    this.rows = keyInfo === null ? new MemoryRows(budget, openTree) : null;
    this.keys = keyInfo === null ? null : new MemoryKeyCursor(keyInfo, budget, openTree);
  }

  cursor(): BtCursor {
    this.users++;
    if (this.rows !== null) return this.rows.cursor();
    return this.users === 1 ? this.keys! : this.keys!.another();
  }

  clear(): void {
    this.rows?.clear();
    this.keys?.clear();
  }

  /** One cursor less; with the last one the tree is gone. */
  leave(): void {
    if (--this.users > 0) return;
    this.rows?.close();
    this.keys?.drop();
  }
}
