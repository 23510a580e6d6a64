/**
 * What cursors of OpenEphemeral stand on: a tree of the private b-tree, or something quicker that an entry point
 * has put into its place (vm/memory-store.ts).
 */
import type { BtCursor, Btree } from '../btree/types.ts';
import type { KeyInfo } from '../values/key.ts';
import type { KeySet } from './key-set.ts';
import type { RecordArena } from './sort.ts';
import type { Instruction } from './types.ts';

/** Rows or keys of one ephemeral table. */
export interface EphemeralStore {
  /** A cursor on them; OpenDup asks for more than one. */
  cursor(): BtCursor;
  clear(): void;
  /** All cursors are closed. */
  close(): void;
  /** Empty, it holds so little that the statement's next run may have it again. */
  readonly isSmall: boolean;
}

/** `openTree` gives the private b-tree, with a write transaction open; `budget` in bytes. */
export type MakeStore = (
  keyInfo: KeyInfo | null,
  budget: number,
  openTree: () => Btree,
) => EphemeralStore;

function onPages(keyInfo: KeyInfo | null, _budget: number, openTree: () => Btree): EphemeralStore {
  const tree = openTree();
  const root = tree.createTable(keyInfo === null);
  return {
    cursor: () => tree.cursor(root, true, keyInfo),
    clear: () => {
      tree.clearTable(root);
    },
    close: () => {
      tree.dropTable(root);
    },
    isSmall: false,
  };
}

/** A cursor over the records, sought by equality of the first `fields` fields. */
export type MakeHash = (keyInfo: KeyInfo, fields: number, records: RecordArena) => BtCursor;

/** Hashes in the place of indexes that are only asked whether they hold a key. */
export interface KeySets {
  /** The cursors of a program that may have one, and of how many fields their keys are. */
  cursors(code: readonly Instruction[]): ReadonlyMap<number, number>;
  make(keyInfo: KeyInfo, fields: number, budget: number): KeySet;
}

/**
 * How the stores of this realm are made. Without `hash` automatic indexes are stored in order, without `sets`
 * all indexes are trees.
 */
export const ephemeral: { make: MakeStore; hash: MakeHash | null; sets: KeySets | null } = {
  make: onPages,
  hash: null,
  sets: null,
};

export class EphemeralTree {
  /** How many cursors stand on it (OpenDup). */
  users = 0;
  private readonly store: EphemeralStore;

  constructor(...of: Parameters<MakeStore>) {
    this.store = ephemeral.make(...of);
  }

  cursor(): BtCursor {
    this.users++;
    return this.store.cursor();
  }

  clear(): void {
    this.store.clear();
  }

  /** Worth keeping for the next run, emptied, with its only cursor. */
  get isReusable(): boolean {
    return this.users === 1 && this.store.isSmall;
  }

  /** One cursor less; with the last one the tree is gone. */
  leave(): void {
    if (--this.users === 0) this.store.close();
  }
}
