/** What GROUP BY asks of a hash, if this realm has one (group-hash.ts). */
import type { KeyInfo } from '../values/key.ts';
import type { GroupShape } from '../vm/groups.ts';
import type { AggregateInfo } from './aggregate-info.ts';
import type { Codegen } from './context.ts';

/** The hash of one GROUP BY. */
export interface GroupHash {
  readonly cursor: number;
  readonly shape: GroupShape;
  /** Pseudo cursor on the key of the group that the cursor stands on, and the register of its record. */
  readonly key: number;
  readonly record: number;
  /** A row of the scan, whose key stands in registers from `keys` on. Goes to `full` when it must be sorted. */
  codeRow(keys: number, full: number): void;
  /** The group that the hash stands on: its key into registers from `keys` on, and all that belongs to it. */
  codeGroup(keys: number): void;
}

/** `hash` gives null when the rows of the query must come sorted; it is null when they always must. */
export const grouping: {
  hash: ((cg: Codegen, info: AggregateInfo, keyInfo: KeyInfo) => GroupHash | null) | null;
} = { hash: null };
