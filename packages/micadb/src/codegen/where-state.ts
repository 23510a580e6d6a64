/** What the code of nested loops keeps between whereBegin and whereEnd. */
import type { BoundExpr, Source } from '../bind/tree.ts';
import { exprSome } from '../bind/types.ts';
import type { Planned } from '../plan/planner.ts';
import type { Term } from '../plan/terms.ts';
import { TermFlag } from '../plan/terms.ts';
import type { Loop, PlanIndex, SourceMask, WhereInfo } from '../plan/types.ts';
import type { Opcode } from '../vm/opcode.ts';
import type { Label } from './builder.ts';
import type { IndexedExpr } from './context.ts';

/** One loop over the right side of an IN. */
export interface InLoop {
  readonly cursor: number;
  /** Address of the instruction that reads the value. */
  readonly top: number;
  /** Next or Prev; null: a further field of the same row value. */
  readonly step: Opcode.Next | Opcode.Prev | null;
}

/** Bookkeeping of a RIGHT or FULL join's right side. */
export interface RightJoin {
  /** Ephemeral index of the rows that found a match, and a Bloom filter in front of it. */
  readonly match: number;
  readonly bloom: number;
  readonly returnReg: number;
  /** Address of the body as a subroutine. */
  body: number;
}

export interface Level {
  readonly loop: Loop;
  readonly source: Source;
  readonly from: number;
  readonly reverse: boolean;
  /** Cursor of the table. */
  readonly cursor: number;
  /** Cursor of the index, -1 when none. */
  indexCursor: number;
  /** Address of the OpenAutoindex whose index may be a hash, -1: none; what fills the filter that it then needs not. */
  hashable: number;
  readonly filterCode: number[];
  /** Leaves this loop / goes on with its next row / goes on with the next value of the inner IN. */
  readonly breakLabel: Label;
  continueLabel: Label;
  nextLabel: Label;
  readonly ins: InLoop[];
  /** Sources not yet in a loop, this one taken out. */
  notReady: SourceMask;
  /** The instruction that ends the loop. */
  op: Opcode | null;
  p1: number;
  p2: number;
  p3: number;
  /** First instruction that belongs to the level. */
  start: number;
  /** LEFT JOIN: register that tells whether a row was found; where a row of NULLs enters. */
  leftJoin: number;
  first: number;
  /** Skip-scan: address of the seek to the next value. */
  skip: number;
  /** LIKE on an index: counter of passes (texts, BLOBs), whether texts come last, and the start. */
  likeReg: number;
  likeReversed: boolean;
  likeStart: number;
  /** NULLS LAST by two passes: register of the pass, the start of both, where a pass ends. */
  bigNullReg: number;
  bigNullStart: number;
  bigNullEnd: Label;
  /** Register of a Bloom filter, 0. */
  filter: number;
  right: RightJoin | null;
  /** The index whose columns are read instead of the table's; null none. */
  redirect: PlanIndex | null;
}

export interface OpenWhere extends WhereInfo {
  readonly planned: Planned;
  readonly levels: Level[];
  /** Flags of WhereInput with the planner's. */
  readonly flags: number;
  deferredSeek: boolean;
  /** Conditions that this WHERE could not test: OR arms leave them to the outer loop. */
  untested: boolean;
  readonly savedExprs: IndexedExpr[];
  readonly savedQueryLoop: number;
  bodyStart: number;
  continueLabel: Label;
  onePassCursors: readonly [number, number];
}

/**
 * The term is made true by the loop itself: it need not be tested, nor its parent when all children of
 * that are true. Not for conditions that outer joins must test later.
 */
export function disableTerm(level: Level, term: Term): void {
  let t: Term | null = term;
  let depth = 0;
  while (
    t !== null &&
    !t.coded &&
    (level.leftJoin === 0 || t.outerOn >= 0) &&
    (level.notReady & t.prereqAll) === 0n
  ) {
    if (depth > 0 && (t.flags & TermFlag.Like) !== 0) t.flags |= TermFlag.LikeCondition;
    else t.coded = true;
    const parent: Term | null = t.parent;
    if (parent === null) return;
    parent.children -= 1;
    if (parent.children !== 0) return;
    t = parent;
    depth += 1;
  }
}

export function isLeftJoin(source: Source): boolean {
  return source.join === 'left' || source.join === 'full';
}

export function isRightJoin(source: Source): boolean {
  return source.join === 'right' || source.join === 'full';
}

/** No subqueries and no functions whose result may change. */
export function isDeterministic(e: BoundExpr): boolean {
  return !exprSome(e, (x) => {
    switch (x.kind) {
      case 'function':
        return !x.def.deterministic && x.def.slowChange !== true;
      case 'inQuery':
      case 'exists':
      case 'subquery':
      case 'raise':
        return true;
      default:
        return false;
    }
  });
}
