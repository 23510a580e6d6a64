/**
 * The terms of a WHERE clause as the planner sees them: which column of which source each constrains,
 * by which operator, and which other sources its other side needs.
 *
 * Invariants:
 *  1. A clause's terms are never reordered; analysis appends virtual terms behind the original ones
 *     (analysing from the last original term to the first). Ties between plans depend on the sequence.
 *  2. A virtual term is implied by its parent. It is never coded as a condition; when it drives an
 *     index and all children of the parent do, the parent need not be coded either (`coded`).
 *  3. `collation` and `affinity` are those of the comparison as written; a commuted term keeps them.
 *
 * Rules: https://www.sqlite.org/optoverview.html
 */
import type { BoundExpr, Source } from '../bind/tree.ts';
import type { Affinity } from '../values/value.ts';
import type { LogEst } from './logest.ts';
import type { SourceMask } from './types.ts';

/** Bits of Term.op. */
export enum TermOp {
  In = 0x0001,
  Eq = 0x0002,
  Gt = 0x0004,
  Le = 0x0008,
  Lt = 0x0010,
  Ge = 0x0020,
  Is = 0x0080,
  IsNull = 0x0100,
  Or = 0x0200,
  And = 0x0400,
  /** column = column: either may stand for the other. */
  Equiv = 0x0800,
  /** A row-value equality that has been split up. */
  RowValue = 0x2000,
  /** Operators of one column. */
  Single = 0x01ff,
  Range = 0x003c,
}

/** Bits of Term.flags. */
export enum TermFlag {
  /** Added by analysis. */
  Virtual = 0x0001,
  /** Has a virtual commuted copy. */
  Copied = 0x0002,
  /** IS, also where the operator bit is gone. */
  Is = 0x0004,
  /** x > NULL made from x IS NOT NULL. */
  NullBound = 0x0008,
  /** Range made from LIKE or GLOB. */
  LikeBound = 0x0010,
  /** The LIKE itself, whose range is for a case-insensitive pattern. */
  Like = 0x0020,
  /** The LIKE must be tested, but only in the pass over BLOBs. */
  LikeCondition = 0x0040,
  /** One field of a row value. */
  Slice = 0x0080,
  /** Its selectivity was guessed by a heuristic. */
  HeuristicTruth = 0x0100,
  /** The guess was far off: do not repeat it. */
  HighTruth = 0x0200,
  /** May be used though its source is nullable (internal to OR analysis). */
  OrOk = 0x0400,
  /** A LikeBound whose range is run through a second time, for BLOBs. */
  LikeBlobs = 0x0800,
}

export interface Clause {
  readonly op: 'and' | 'or';
  readonly terms: Term[];
  /** Terms up to the last one that is not virtual. */
  baseCount: number;
  /** Some term is an OR that indexes might serve. */
  hasOr: boolean;
  /** For the arms of an OR: the clause around it. */
  readonly outer: Clause | null;
}

export interface Term {
  readonly clause: Clause;
  /** The condition to be coded when nothing makes it superfluous. */
  expr: BoundExpr;
  /** Id of the source whose LEFT/RIGHT/FULL JOIN's ON it comes from; -1. */
  readonly outerOn: number;
  innerOn: number;
  op: number;
  flags: number;
  /** The constrained column: source id (-1 none) and column (-1 rowid, -2 an indexed expression). */
  cursor: number;
  column: number;
  /** The two sides, commuted so that `left` is the constrained one. `right`: null for IN and IS NULL. */
  left: BoundExpr | null;
  right: BoundExpr | null;
  /** 1-based field when the term is one field of a row-value IN; else 0. */
  field: number;
  collation: string;
  affinity: Affinity;
  /** Sources that the other side needs / that the whole condition needs. */
  prereqRight: SourceMask;
  prereqAll: SourceMask;
  parent: Term | null;
  /** Children not yet made use of. */
  children: number;
  /** LogEst of the probability that it holds, from likelihood(); 1: not known. */
  truth: LogEst;
  /** OR terms: arms, and the sources for which each arm has an index candidate. */
  arms: { readonly clause: Clause; indexable: SourceMask } | null;
  /** AND inside an arm. */
  conjunction: Clause | null;
  /** Need not be coded any more. */
  coded: boolean;
}

export function newClause(op: 'and' | 'or', outer: Clause | null = null): Clause {
  return { op, terms: [], baseCount: 0, hasOr: false, outer };
}

/** Bits of a FROM clause by source id. */
export class SourceMasks {
  private readonly bits = new Map<number, SourceMask>();
  readonly all: SourceMask;

  constructor(readonly sources: readonly Source[]) {
    let bit = 1n;
    for (const s of sources) {
      this.bits.set(s.id, bit);
      bit <<= 1n;
    }
    this.all = bit - 1n;
  }

  of(id: number): SourceMask {
    return this.bits.get(id) ?? 0n;
  }

  index(id: number): number {
    return this.sources.findIndex((s) => s.id === id);
  }
}
