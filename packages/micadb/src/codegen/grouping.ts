/** What GROUP BY asks of a hash, if this realm has one (group-hash.ts). */
import type { KeyInfo } from '../values/key.ts';
import type { AggregateInfo } from './aggregate-info.ts';
import type { Codegen } from './context.ts';
import type { DistinctKind } from './distinct.ts';

/** The hash of one GROUP BY. */
export interface GroupHash {
  readonly cursor: number;
  /** Pseudo cursor on the key of the group that the cursor stands on, and the register of its record. */
  readonly key: number;
  readonly record: number;
  /** A row of the scan, whose key stands in registers from `keys` on. Goes to `full` when it must be sorted. */
  codeRow(keys: number, full: number): void;
  /** The group that the hash stands on: its key into registers from `keys` on, and all that belongs to it. */
  codeGroup(keys: number): void;
}

/**
 * `opened` are addresses of instructions before the loops, one for the hash and one for each call with DISTINCT,
 * which are made to open what is needed; `kind` says how DISTINCT is done. Null: the rows must come sorted.
 */
export type MakeGroupHash = (
  cg: Codegen,
  info: AggregateInfo,
  keyInfo: KeyInfo,
  opened: readonly number[],
  kind: DistinctKind,
) => GroupHash | null;

/** `hash` is null when rows always must come sorted. */
export const grouping: { hash: MakeGroupHash | null } = { hash: null };
