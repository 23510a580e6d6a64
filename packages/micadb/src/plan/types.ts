/**
 * The contract of the planner: what SELECT, UPDATE and DELETE ask of it (WhereInput), what they get
 * back (WhereInfo), and the physical description of each loop in between (wall 10).
 *
 * Life of a WHERE: `whereBegin(cg, input)` plans the join and codes the start of the nested loops; the
 * caller codes what is done for each row; `whereEnd(cg, info)` closes the loops and redirects columns
 * to covering indexes. Between the two, `info.continueLabel` goes on with the next row and
 * `info.breakLabel` leaves all loops.
 */
import type { BoundExpr, Conjunct, OrderTerm, QueryBlock, Source } from '../bind/tree.ts';
import type { Index, Table } from '../catalog/types.ts';
import type { SqlValue } from '../values/value.ts';
import type { LogEst } from './logest.ts';
import type { Term } from './terms.ts';

// -- what the caller asks ------------------------------------------------------------------------

/** Bits of WhereInput.flags. */
export enum WhereFlag {
  /** `orderBy` is a GROUP BY list: any direction of each term will do, in any sequence. */
  GroupBy = 0x0001,
  /** `orderBy` is a DISTINCT list: equal rows must come together. */
  DistinctBy = 0x0002,
  /** The caller removes duplicates of `resultExprs`: see WhereInfo.distinct. */
  WantDistinct = 0x0004,
  /** UPDATE and DELETE: would like to change rows while the loop runs. */
  OnePassDesired = 0x0008,
  /** ... and a loop of several rows is acceptable for that. */
  OnePassMultiRow = 0x0010,
  /** `orderBy` is the argument of the only min() / max(): one term. */
  OrderByMin = 0x0020,
  OrderByMax = 0x0040,
  /** Internal to the order check: ORDER BY ... LIMIT within the inner loop. */
  OrderByLimit = 0x0080,
  /** There is a LIMIT of constant size: `limitEst`. */
  UseLimit = 0x0100,
  /** GROUP BY terms are in the sequence of ORDER BY: try to satisfy that too (`sortedByGroup`). */
  SortByGroup = 0x0200,
  /** Internal: one arm of an OR that several indexes serve together. */
  OrSubclause = 0x0400,
  /** A row may be visited more than once (DELETE with OR). */
  DuplicatesOk = 0x0800,
  /** Aggregate query: LEFT JOINs that give nothing are kept. */
  KeepAllJoins = 0x1000,
  /** Internal: the pass of a RIGHT JOIN over rows without a match. */
  RightJoin = 0x2000,
}

/** How a subquery in FROM was coded before whereBegin. */
export type SubqueryAccess =
  | {
      readonly kind: 'coroutine';
      /** Register of the coroutine; each Yield puts a row into base, base+1, ... */
      readonly yieldReg: number;
      readonly base: number;
      /** Address of its first instruction (P3 of InitCoroutine): a scan starts it anew. */
      readonly start: number;
      /** Estimated rows (SQLite's nSelectRow of the subquery). */
      readonly rowEst: LogEst;
    }
  /** Materialized into the ephemeral table that cursor `source.id` has open. */
  | { readonly kind: 'table'; readonly rowEst: LogEst }
  /** Recursive reference: the pseudo cursor `source.id` holds the current row of the queue. */
  | { readonly kind: 'queue' };

export interface WhereInput {
  readonly sources: readonly Source[];
  readonly where: readonly Conjunct[];
  /** ORDER BY, GROUP BY or DISTINCT list that the rows should come in the order of; null: none. */
  readonly orderBy: readonly OrderTerm[] | null;
  /**
   * Result expressions: for DISTINCT, the cost of sorting, and to find LEFT JOINs that give nothing.
   * Null (aggregates): such joins are kept.
   */
  readonly resultExprs: readonly BoundExpr[] | null;
  /** Bits of WhereFlag. */
  readonly flags: number;
  /** With UseLimit: LogEst of LIMIT (plus OFFSET). */
  readonly limitEst?: LogEst;
  /** Register of the LIMIT counter, 0 if none. */
  readonly limitReg?: number;
  readonly block: QueryBlock | null;
  /** Subqueries and recursive references among the sources, by source id. */
  readonly subqueries?: ReadonlyMap<number, SubqueryAccess>;
  /**
   * One-pass DML: cursor number of the first index in `table.indexes`; index i has indexCursors + i (the
   * primary key tree of a WITHOUT ROWID table has the source's own cursor). All are opened by the caller
   * after whereBegin, except `onePassCursors`, which whereBegin opens for writing.
   */
  readonly indexCursors?: number;
}

// -- what it gets back ---------------------------------------------------------------------------

export interface WhereInfo {
  readonly input: WhereInput;
  readonly plan: WherePlan;
  /** How many leading terms of `orderBy` the loops satisfy; all of them: no sorting. */
  readonly orderSatisfied: number;
  /** True when orderSatisfied is all of orderBy (and there is one). */
  readonly isOrdered: boolean;
  /** With SortByGroup: the groups come in the ORDER BY order too. */
  readonly sortedByGroup: boolean;
  /**
   * noop: caller filters duplicates by itself as it likes; unique: there are none; ordered: equal rows
   * come together (compare with the row before); unordered: an ephemeral table is needed.
   */
  readonly distinct: 'noop' | 'unique' | 'ordered' | 'unordered';
  /** off: collect rowids first; single: at most one row; multi: change rows inside the loop. */
  readonly onePass: 'off' | 'single' | 'multi';
  /** Cursors that one-pass has open for writing: table (or primary key index), index; -1: none. */
  readonly onePassCursors: readonly [number, number];
  readonly continueLabel: number;
  readonly breakLabel: number;
  /**
   * The inner loop alone comes in ORDER BY order: a LIMIT (and a min/max) may leave it early, see
   * orderByLimitLabel and minMaxEarlyOut in codegen/where.ts.
   */
  readonly orderedInnerLoop: boolean;
  readonly rowEstimate: LogEst;
  /** Address of the first instruction after all loops have been entered. */
  readonly bodyStart: number;
  /** True when DeferredSeek is used: one-pass DML emits FinishSeek before it touches the table cursor. */
  readonly deferredSeek: boolean;
}

// -- the physical plan ---------------------------------------------------------------------------

/** Bits of Loop.flags: which kind of loop, which constraints it uses. */
export enum LoopFlag {
  /** x = ? or x IS ? */
  ColumnEq = 0x0001,
  /** x < ? or x > ? */
  ColumnRange = 0x0002,
  ColumnIn = 0x0004,
  ColumnNull = 0x0008,
  /** Any of the four above. */
  Constraint = 0x000f,
  TopLimit = 0x0010,
  BottomLimit = 0x0020,
  BothLimits = 0x0030,
  /** The table cursor is not needed: all columns are in the index. */
  IndexOnly = 0x0040,
  /** By rowid. */
  Rowid = 0x0100,
  Indexed = 0x0200,
  Virtual = 0x0400,
  InAble = 0x0800,
  /** At most one row. */
  OneRow = 0x1000,
  MultiOr = 0x2000,
  AutoIndex = 0x4000,
  SkipScan = 0x8000,
  /** Uses all columns of a unique index, but some may be NULL. */
  UniqueWanted = 0x10000,
  /** The automatic index is partial. */
  PartialIndex = 0x20000,
  /** Usable IN early-out: a missed key ends IN loops sooner. */
  InEarlyOut = 0x40000,
  /** ORDER BY x NULLS LAST by scanning twice. */
  BigNullSort = 0x80000,
  InSeekScan = 0x100000,
  /** A constraint came from a transitive equality. */
  Transitive = 0x200000,
  BloomFilter = 0x400000,
  /** Other terms on this table alone throw rows away. */
  SelfCull = 0x800000,
  /** Covering thanks to expressions that are in the index. */
  ExprIndex = 0x4000000,
}

/** A set of sources of one FROM clause: bit i is sources[i]. */
export type SourceMask = bigint;

/** One column of an index as the planner sees it. */
export interface PlanIndexColumn {
  /** Table column; -1 rowid; -2 expression. An INTEGER PRIMARY KEY column appears as -1. */
  readonly column: number;
  /** The same as declared: an INTEGER PRIMARY KEY column by its own number. */
  readonly declared: number;
  /** For -2: the bound expression (columns of SELF). */
  readonly expr: BoundExpr | null;
  readonly collation: string;
  readonly desc: boolean;
}

/** An index (or the rowid tree, or an automatic index) as the planner sees it. */
export interface PlanIndex {
  /** The catalog's index; null for the rowid and automatic indexes. */
  readonly index: Index | null;
  readonly kind: 'rowid' | 'index' | 'primary' | 'auto';
  readonly keyCount: number;
  readonly columns: readonly PlanIndexColumn[];
  readonly unique: boolean;
  readonly uniqueNotNull: boolean;
  readonly rowLogEst: readonly LogEst[];
  readonly hasStat1: boolean;
  readonly unordered: boolean;
  readonly noSkipScan: boolean;
  readonly rowSize: number;
  readonly where: BoundExpr | null;
  readonly hasExpr: boolean;
  /** Columns that have one value in all rows of a partial index: its WHERE says `column = literal`. */
  readonly fixed: ReadonlyMap<number, SqlValue>;
}

/** One way to run one source inside the loops of `prereq`. Costs are LogEst. */
export interface Loop {
  /** Sources that must be in outer loops. */
  prereq: SourceMask;
  self: SourceMask;
  /** Position of the source in WhereInput.sources. */
  tab: number;
  /** Loops of different sort index are never compared by cost alone: they may differ in order. */
  sortIndex: number;
  /** Cost once / for each run, rows for each run. */
  setup: LogEst;
  run: LogEst;
  out: LogEst;
  flags: number;
  /** Leading index columns with =, IS, IN, IS NULL; columns of the lower and upper bound (row values: > 1). */
  eq: number;
  bottom: number;
  top: number;
  /** Leading columns skipped by a skip-scan. */
  skip: number;
  /** Columns needed to tell distinct rows apart (set by the order check). */
  distinctColumns: number;
  index: PlanIndex | null;
  /** Terms used, in the sequence of index columns, then lower bound, upper bound; null: skipped. */
  terms: (Term | null)[];
  /** What the star-query heuristic added to `run`. */
  starDelta: number;
}

/** One level of the nested loops, outermost first. */
export interface PlanLevel {
  readonly loop: Loop;
  readonly source: Source;
  /** Position in the FROM clause. */
  readonly from: number;
  readonly reverse: boolean;
}

/** The planner's answer. */
export interface WherePlan {
  readonly levels: readonly PlanLevel[];
  /** Sources of joins that are left out. */
  readonly omitted: SourceMask;
  readonly orderSatisfied: number;
  readonly sortedByGroup: boolean;
  readonly orderedInnerLoop: boolean;
  readonly distinct: WhereInfo['distinct'];
  readonly rowEstimate: LogEst;
}

/** What the planner must know of a source beyond the bound tree. */
export interface SourceFacts {
  readonly source: Source;
  readonly table: Table | null;
  readonly rowLogEst: LogEst;
  readonly rowSize: number;
  readonly isView: boolean;
  /** Order in which a subquery gives its rows: leading result columns; null: not known. */
  readonly order: readonly { readonly column: number; readonly desc: boolean }[] | null;
  /** Rows come from a coroutine: never backwards. */
  readonly isCoroutine: boolean;
}
