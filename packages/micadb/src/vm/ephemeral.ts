/** What a cursor of OpenEphemeral stands on: rows in memory, or a tree of the private b-tree. */
import type { BtCursor, Btree } from '../btree/types.ts';
import type { KeyInfo } from '../values/key.ts';
import { MemoryRows } from './memory-rows.ts';

export class EphemeralTree {
  /** How many cursors stand on it (OpenDup). */
  users = 0;
  private readonly rows: MemoryRows | null;
  private readonly btree: Btree | null = null;
  private readonly root: number = 0;

  /** `openTree` gives the private b-tree, with a write transaction open; `budget` in bytes. */
  constructor(
    private readonly keyInfo: KeyInfo | null,
    budget: number,
    openTree: () => Btree,
  ) {
    this.rows = keyInfo === null ? new MemoryRows(budget, openTree) : null;
    if (this.rows !== null) return;
    this.btree = openTree();
    this.root = this.btree.createTable(keyInfo === null);
  }

  cursor(): BtCursor {
    this.users++;
    return this.rows?.cursor() ?? this.btree!.cursor(this.root, true, this.keyInfo);
  }

  clear(): void {
    if (this.rows !== null) this.rows.clear();
    else this.btree!.clearTable(this.root);
  }

  /** One cursor less; with the last one the tree is gone. */
  leave(): void {
    if (--this.users > 0) return;
    if (this.rows !== null) this.rows.close();
    else this.btree!.dropTable(this.root);
  }
}
