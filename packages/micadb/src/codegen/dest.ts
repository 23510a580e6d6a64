/**
 * Where the rows of a query go (SQLite's SelectDest): each kind says what is done with one row whose
 * columns stand in consecutive registers. The code for each kind is in select-row.ts.
 */
import type { OrderTerm } from '../bind/tree.ts';

/** How the rows of a recursive query wait for their turn. */
export interface QueueDest {
  /** The queue: an ephemeral table, or an index sorted by `orderBy` when that is not empty. */
  readonly cursor: number;
  readonly orderBy: readonly OrderTerm[];
  /** Index of all rows ever queued (UNION), or -1. */
  readonly distinct: number;
}

export type SelectDest =
  /** A row for the caller of the statement. */
  | { readonly kind: 'output' }
  /** The (first) row goes to registers. The query is limited to one row by its maker. */
  | { readonly kind: 'memory'; readonly base: number; readonly count: number }
  /** r[reg] = 1 when there is a row. */
  | { readonly kind: 'exists'; readonly reg: number }
  /** Keys of an ephemeral index (right side of IN), after these affinity letters. */
  | {
      readonly kind: 'set';
      readonly cursor: number;
      readonly affinities: string;
      /** EXPLAIN QUERY PLAN speaks of a Bloom filter. */
      readonly bloom?: boolean;
    }
  /** Rows of an ephemeral table; `append` when nothing else inserts between. */
  | { readonly kind: 'table'; readonly cursor: number; readonly append: boolean }
  /** The row is put in the registers and the coroutine yields. */
  | {
      readonly kind: 'coroutine';
      readonly yieldReg: number;
      readonly base: number;
      readonly count: number;
      /** Register that is 1 while there is a row (outer joins make it NULL). */
      readonly marker?: number;
    }
  /** Puts the row into, or takes it out of, an ephemeral index. */
  | { readonly kind: 'union' | 'except'; readonly cursor: number }
  | { readonly kind: 'queue'; readonly queue: QueueDest }
  | { readonly kind: 'discard' }
  /** The code that `row` emits is run for each row. */
  | { readonly kind: 'callback'; readonly row: (base: number, count: number) => void };

export const DISCARD: SelectDest = { kind: 'discard' };
export const OUTPUT: SelectDest = { kind: 'output' };

/** Destinations for which order and repetition of rows mean nothing. */
export function ignoresOrder(dest: SelectDest): boolean {
  switch (dest.kind) {
    case 'exists':
    case 'union':
    case 'except':
    case 'discard':
      return true;
    case 'queue':
      return dest.queue.distinct >= 0;
    default:
      return false;
  }
}
