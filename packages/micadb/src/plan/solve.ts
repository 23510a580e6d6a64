/**
 * The join order: N nearest neighbours (https://www.sqlite.org/queryplanner-ng.html). Paths grow by
 * one loop at a time; of each length only the N best are kept, N being 1, 5, 12 or (star queries) 18.
 * Run once without regard to ORDER BY to learn the row count, then once more with the cost of sorting.
 */
import type { OrderTerm } from '../bind/tree.ts';
import { SqliteError } from '../values/errors.ts';
import { estLog, type LogEst, logEst, logEstAdd } from './logest.ts';
import type { LoopContext } from './loops.ts';
import { satisfiesOrder } from './order.ts';
import { type Loop, LoopFlag, WhereFlag } from './types.ts';

export interface Path {
  /** Sources in the path. */
  mask: bigint;
  reverse: bigint;
  rows: LogEst;
  /** With and without the cost of sorting. */
  cost: LogEst;
  unsorted: LogEst;
  /** Satisfied ORDER BY terms; -1: not known yet. */
  ordered: number;
  loops: Loop[];
}

export interface SolveInput {
  readonly ctx: LoopContext;
  readonly orderBy: readonly OrderTerm[] | null;
  readonly flags: number;
  readonly resultCount: number;
  readonly limitEst: LogEst;
  /** LogEst of how often the whole query runs (correlated subqueries). */
  readonly outerRows: LogEst;
}

/** Cost of sorting `rows` rows of which `sorted` terms come in order. */
function sortingCost(s: SolveInput, rows: LogEst, terms: number, sorted: number): LogEst {
  const columns = logEst(Math.floor((s.resultCount + 59) / 30));
  let cost = rows + columns;
  let n = rows;
  if (sorted > 0) cost += logEst(Math.floor(((terms - sorted) * 100) / terms)) - 66;
  if ((s.flags & WhereFlag.UseLimit) !== 0) {
    cost += 10;
    if (sorted !== 0) cost += 6;
    if (s.limitEst < n) n = s.limitEst;
  } else if ((s.flags & WhereFlag.WantDistinct) !== 0) {
    if (n > 10) n -= 10;
  }
  return cost + estLog(n);
}

/** Among loops of equal cost: the newcomer is not better unless its index has smaller rows. */
function isNoBetter(candidate: Loop, baseline: Loop): boolean {
  if ((candidate.flags & LoopFlag.Indexed) === 0) return true;
  if ((baseline.flags & LoopFlag.Indexed) === 0) return true;
  return !(candidate.index!.rowSize < baseline.index!.rowSize);
}

/** One search. `rowEstimate` 0: the first pass, without ORDER BY. */
export function solve(s: SolveInput, rowEstimate: LogEst, choices: number): Path {
  const { ctx } = s;
  const levels = ctx.facts.length;
  const orderCount = s.orderBy === null || rowEstimate === 0 ? 0 : s.orderBy.length;
  let from: Path[] = [
    {
      mask: 0n,
      reverse: 0n,
      rows: Math.min(s.outerRows, 48),
      cost: 0,
      unsorted: 0,
      ordered: orderCount > 0 ? (levels > 0 ? -1 : orderCount) : 0,
      loops: [],
    },
  ];
  const sortCosts: (LogEst | undefined)[] = [];
  for (let level = 0; level < levels; level++) {
    const to: Path[] = [];
    let worst = 0;
    let worstCost = 0;
    let worstUnsorted = 0;
    for (const path of from) {
      for (const loop of ctx.set.loops) {
        if ((loop.prereq & ~path.mask) !== 0n) continue;
        if ((loop.self & path.mask) !== 0n) continue;
        // An index is not built for a loop that runs about once.
        if ((loop.flags & LoopFlag.AutoIndex) !== 0 && path.rows < 3) continue;
        let unsorted = loop.run + path.rows;
        if (loop.setup !== 0) unsorted = logEstAdd(loop.setup, unsorted);
        unsorted = logEstAdd(unsorted, path.unsorted);
        const rows = path.rows + loop.out;
        const mask = path.mask | loop.self;
        let ordered = path.ordered;
        let reverse = path.reverse;
        if (ordered < 0) {
          const check = satisfiesOrder(ctx, s.orderBy!, path.loops, loop, s.flags);
          ordered = check.satisfied;
          reverse = check.reverse;
        }
        let cost: LogEst;
        if (ordered >= 0 && ordered < orderCount) {
          const sort = sortCosts[ordered] ?? sortingCost(s, rowEstimate, orderCount, ordered);
          sortCosts[ordered] = sort;
          cost = logEstAdd(unsorted, sort) + 3;
        } else {
          cost = unsorted;
          unsorted -= 2;
        }
        let slot = to.findIndex((p) => p.mask === mask && p.ordered < 0 === ordered < 0);
        if (slot < 0) {
          if (to.length >= choices) {
            if (cost > worstCost || (cost === worstCost && unsorted >= worstUnsorted)) continue;
            slot = worst;
          } else {
            slot = to.length;
          }
        } else {
          const p = to[slot]!;
          if (
            p.cost < cost ||
            (p.cost === cost &&
              (p.rows < rows ||
                (p.rows === rows &&
                  (p.unsorted < unsorted ||
                    (p.unsorted === unsorted && isNoBetter(loop, p.loops[level]!))))))
          ) {
            continue;
          }
        }
        to[slot] = { mask, reverse, rows, cost, unsorted, ordered, loops: [...path.loops, loop] };
        if (to.length >= choices) {
          worst = 0;
          worstCost = to[0]!.cost;
          worstUnsorted = to[0]!.unsorted;
          for (let i = 1; i < choices; i++) {
            const p = to[i]!;
            if (p.cost > worstCost || (p.cost === worstCost && p.unsorted > worstUnsorted)) {
              worst = i;
              worstCost = p.cost;
              worstUnsorted = p.unsorted;
            }
          }
        }
      }
    }
    from = to;
  }
  let best = from[0];
  if (best === undefined) throw new SqliteError('SQLITE_ERROR', 'no query solution');
  for (const p of from) if (p.cost < best.cost) best = p;
  return best;
}

/**
 * How many paths to keep. In a star query (a fact table on which three or more dimension tables
 * depend) full scans of dimension tables are made to cost a little more than any run of the fact
 * table, so that the fact table comes first, and more paths are kept.
 */
export function choiceCount(ctx: LoopContext): number {
  const n = ctx.facts.length;
  if (n <= 1) return 1;
  if (n === 2) return 5;
  return n >= 5 && adjustStar(ctx) ? 18 : 12;
}

function isFixed(ctx: LoopContext, tab: number): boolean {
  const j = ctx.facts[tab]!.source.join;
  return j === 'left' || j === 'right' || j === 'full' || j === 'cross';
}

function adjustStar(ctx: LoopContext): boolean {
  const { loops } = ctx.set;
  const n = ctx.facts.length;
  let start = 0;
  let used = false;
  let selfJoins = 0n;
  for (let fact = 0; fact < n; fact++) {
    const bit = 1n << BigInt(fact);
    if (isFixed(ctx, fact)) {
      if (fact + 3 > n) break;
      while (start < loops.length && loops[start]!.tab <= fact) start += 1;
    }
    let dimensions = 0n;
    let count = 0;
    for (let i = start; i < loops.length; i++) {
      const loop = loops[i]!;
      if (isFixed(ctx, loop.tab)) break;
      if ((loop.prereq & bit) === 0n) continue;
      if ((loop.self & dimensions) !== 0n || (loop.self & selfJoins) !== 0n) continue;
      const a = ctx.facts[loop.tab]!;
      const b = ctx.facts[fact]!;
      if (a.table !== null && a.table === b.table && a.source.query === null) {
        selfJoins |= bit;
      } else {
        count += 1;
        dimensions |= loop.self;
      }
    }
    if (count <= 2) continue;
    used = true;
    let limit = Number.NEGATIVE_INFINITY;
    for (let i = start; i < loops.length; i++) {
      const loop = loops[i]!;
      if (loop.tab === fact && loop.run > limit) limit = loop.run;
    }
    if (limit === Number.NEGATIVE_INFINITY) continue;
    limit += 1;
    for (let i = start; i < loops.length; i++) {
      const loop = loops[i]!;
      if ((loop.self & dimensions) === 0n || loop.terms.length > 0) continue;
      if (loop.run < limit) {
        loop.starDelta += limit - loop.run;
        loop.run = limit;
      }
    }
  }
  return used;
}

/** After the first pass: a source that it runs by an equality is not to be scanned for ORDER BY's sake. */
export function dropScansOfConstrained(ctx: LoopContext, first: Path): void {
  for (const chosen of first.loops) {
    if ((chosen.flags & LoopFlag.Virtual) !== 0) break;
    const equality = LoopFlag.ColumnEq | LoopFlag.ColumnNull | LoopFlag.ColumnIn;
    if ((chosen.flags & equality) === 0) break;
    for (const loop of ctx.set.loops) {
      if (loop.tab !== chosen.tab) continue;
      if ((loop.flags & (LoopFlag.Constraint | LoopFlag.AutoIndex)) !== 0) continue;
      loop.prereq = -1n;
    }
  }
}
