/**
 * The planner's entry: conjuncts and sources in, nested loops out. Pure: the codegen of the loops works
 * from what is returned here.
 */
import type { CompileEnv } from '../bind/env.ts';
import type { BoundExpr, OrderTerm, Query, Source } from '../bind/tree.ts';
import { exprCollation, exprEquals, hasCollate, skipCollateAndLikely } from '../bind/types.ts';
import { SqliteError } from '../values/errors.ts';
import { type AnalyzeContext, analyzeAll, maskOf, splitInto } from './analyze.ts';
import { isCovering, planIndexes } from './indexes.ts';
import { type LogEst, logEst } from './logest.ts';
import { addAllLoops, type LoopContext } from './loops.ts';
import { emptyLoop, LoopSet } from './loopset.ts';
import { satisfiesOrder } from './order.ts';
import { columnTarget, findTerm, findTerms, targetOf } from './scan.ts';
import { choiceCount, dropScansOfConstrained, type Path, type SolveInput, solve } from './solve.ts';
import { type Clause, newClause, SourceMasks, type Term, TermOp } from './terms.ts';
import {
  type Loop,
  LoopFlag,
  type PlanLevel,
  type SourceFacts,
  type SubqueryAccess,
  WhereFlag,
  type WhereInfo,
  type WhereInput,
  type WherePlan,
} from './types.ts';

/** SQLite's limit: bits of a mask. */
export const MAX_SOURCES = 64;

export interface Planned {
  readonly plan: WherePlan;
  readonly clause: Clause;
  readonly analysis: AnalyzeContext;
  readonly context: LoopContext;
  /** WhereInput.flags, with what the planner added (DistinctBy). */
  readonly flags: number;
  /** The order asked for, after DISTINCT has been put in its place; null: none. */
  readonly orderBy: readonly OrderTerm[] | null;
}

/** Analyses the conjuncts; separate from planning because OR arms come analysed. */
export function analyzeWhere(
  env: CompileEnv,
  input: WhereInput,
): { clause: Clause; analysis: AnalyzeContext } {
  if (input.sources.length > MAX_SOURCES) {
    throw new SqliteError('SQLITE_ERROR', `at most ${MAX_SOURCES} tables in a join`);
  }
  const masks = new SourceMasks(input.sources);
  const analysis: AnalyzeContext = { env, sources: input.sources, masks };
  const clause = newClause('and');
  for (const c of input.where) splitInto(clause, c.expr, c);
  analyzeAll(analysis, clause);
  return { clause, analysis };
}

/** Rows where nothing is known, and groups. */
const MANY_ROWS: LogEst = 320;
const GROUP_ROWS: LogEst = 66;

/** What a constant LIMIT lets through. */
function limitRows(q: Query): LogEst {
  const n = q.limit?.kind === 'constant' ? q.limit.value : null;
  return typeof n === 'number' && n > 0 ? logEst(n) : MANY_ROWS;
}

/** Estimated rows of a subquery; null when the source is a table. */
function subqueryRows(source: Source, access: SubqueryAccess | undefined): LogEst | null {
  if (access === undefined || access.kind === 'queue') return null;
  const q = source.query;
  if (q === null) return access.rowEst;
  // The rows of VALUES in FROM are not counted; those of a CTE are, and taken for an estimate.
  if (q.kind === 'values') return source.cte === null ? 200 : q.rows.length;
  if (q.kind === 'recursive') return Math.min(access.rowEst, limitRows(q));
  // A hundred groups are assumed; without GROUP BY there is one row.
  if (q.kind === 'block' && q.groupBy.length > 0) return Math.min(GROUP_ROWS, limitRows(q));
  if (q.kind === 'block' && q.isAggregate) return 0;
  // DISTINCT is taken to leave one row in eight.
  if (q.kind === 'block' && q.distinct && !q.isAggregate) return access.rowEst - 30;
  return access.rowEst;
}

/** The order in which a subquery gives its rows, as far as it is one of result columns. */
function orderOf(q: Query): SourceFacts['order'] {
  if (q.kind !== 'block' && q.kind !== 'compound') return null;
  const order: { column: number; desc: boolean }[] = [];
  for (const t of q.orderBy) {
    if (t.result === 0 || t.bigNull || hasCollate(t.expr)) return order;
    order.push({ column: t.result - 1, desc: t.desc });
  }
  // UNION, INTERSECT and EXCEPT merge sorted rows: the other columns follow.
  if (q.kind === 'compound' && q.rest[q.rest.length - 1]!.op !== 'UNION ALL') {
    q.columns.forEach((_, column) => {
      if (!order.some((o) => o.column === column)) order.push({ column, desc: false });
    });
  }
  return order;
}

function factsOf(input: WhereInput): SourceFacts[] {
  // An arm of an OR runs its own source only; the others are named for the sake of its conditions.
  const isArm = (input.flags & WhereFlag.OrSubclause) !== 0;
  const list = isArm ? input.sources.slice(0, 1) : input.sources;
  return list.map((source) => {
    const access = input.subqueries?.get(source.id);
    const isView = source.query !== null || source.recursive || source.table === null;
    const table = isView ? null : source.table;
    if (table !== null && table.kind === 'virtual') {
      throw new SqliteError('SQLITE_ERROR', `virtual tables are not supported: ${table.name}`);
    }
    return {
      source,
      table,
      rowLogEst: subqueryRows(source, access) ?? table?.rowLogEst ?? 200,
      rowSize: table?.rowSizeEst ?? 20,
      isView,
      order: source.query === null ? null : orderOf(source.query),
      isCoroutine: access?.kind === 'coroutine',
    };
  });
}

/** Plans the loops of `input`. `outerRows`: LogEst of how often they run as a whole. */
export function planWhere(env: CompileEnv, input: WhereInput, outerRows: LogEst): Planned {
  const { clause, analysis } = analyzeWhere(env, input);
  return planClause(env, input, clause, analysis, outerRows);
}

export function planClause(
  env: CompileEnv,
  input: WhereInput,
  clause: Clause,
  analysis: AnalyzeContext,
  outerRows: LogEst,
): Planned {
  let { flags } = input;
  let orderBy = input.orderBy !== null && input.orderBy.length > 0 ? input.orderBy : null;
  if (orderBy !== null && orderBy.length >= MAX_SOURCES) {
    orderBy = null;
    flags = (flags & ~WhereFlag.WantDistinct) | WhereFlag.KeepAllJoins;
  }
  const facts = factsOf(input);
  let distinct: WhereInfo['distinct'] = 'noop';
  const results = input.resultExprs;
  if ((flags & WhereFlag.WantDistinct) !== 0 && results !== null && input.sources.length > 0) {
    if (distinctIsRedundant(env, input.sources, clause, results)) {
      distinct = 'unique';
    } else if (orderBy === null) {
      flags |= WhereFlag.DistinctBy;
      orderBy = results.map((expr) => ({ expr, desc: false, bigNull: false, result: 0 }));
    }
  }
  const context: LoopContext = {
    env,
    masks: analysis.masks,
    facts,
    clause,
    orderBy,
    flags,
    block: input.block,
    set: new LoopSet(),
  };
  const finish = (plan: WherePlan): Planned => ({
    plan,
    clause,
    analysis,
    context,
    flags,
    orderBy,
  });
  if (input.sources.length === 0) {
    return finish({
      levels: [],
      omitted: 0n,
      orderSatisfied: orderBy?.length ?? 0,
      sortedByGroup: false,
      orderedInnerLoop: false,
      distinct:
        (flags & WhereFlag.WantDistinct) !== 0 && (flags & WhereFlag.DistinctBy) === 0
          ? 'unique'
          : distinct,
      rowEstimate: 0,
    });
  }
  const short = shortCut(context, input);
  if (short !== null) {
    return finish({
      levels: [{ loop: short, source: input.sources[0]!, from: 0, reverse: false }],
      omitted: 0n,
      orderSatisfied: orderBy?.length ?? 0,
      sortedByGroup: false,
      orderedInnerLoop: false,
      distinct: (flags & WhereFlag.WantDistinct) !== 0 ? 'unique' : distinct,
      rowEstimate: 0,
    });
  }
  addAllLoops(context);
  const s: SolveInput = {
    ctx: context,
    orderBy,
    flags,
    resultCount: input.block?.columns.length ?? results?.length ?? 1,
    limitEst: input.limitEst ?? 0,
    outerRows,
  };
  const choices = choiceCount(context);
  let path = solve(s, 0, choices);
  if (orderBy !== null) {
    dropScansOfConstrained(context, path);
    path = solve(s, path.rows < 0 ? 1 : path.rows + 1, choices);
  }
  return finish(choose(s, input, path, distinct, results));
}

function choose(
  s: SolveInput,
  input: WhereInput,
  path: Path,
  distinctSoFar: WhereInfo['distinct'],
  results: readonly BoundExpr[] | null,
): WherePlan {
  const { ctx, orderBy, flags } = s;
  let distinct = distinctSoFar;
  const last = path.loops[path.loops.length - 1]!;
  const before = path.loops.slice(0, -1);
  if (
    (flags & WhereFlag.WantDistinct) !== 0 &&
    (flags & WhereFlag.DistinctBy) === 0 &&
    distinct === 'noop' &&
    orderBy !== null &&
    results !== null
  ) {
    const list = results.map((expr) => ({ expr, desc: false, bigNull: false, result: 0 }));
    const check = satisfiesOrder(ctx, list, before, last, WhereFlag.DistinctBy);
    if (check.satisfied === list.length) distinct = 'ordered';
  }
  let satisfied = 0;
  let reverse = 0n;
  let orderedInnerLoop = false;
  let sortedByGroup = false;
  if (orderBy !== null) {
    satisfied = path.ordered;
    const distinctBy = (flags & WhereFlag.DistinctBy) !== 0;
    if (distinctBy) {
      if (satisfied === orderBy.length) distinct = 'ordered';
    } else {
      reverse = path.reverse;
      if (satisfied <= 0) {
        satisfied = 0;
        const byRowidIn = LoopFlag.Rowid | LoopFlag.ColumnIn;
        if ((last.flags & LoopFlag.OneRow) === 0 && (last.flags & byRowidIn) !== byRowidIn) {
          const check = satisfiesOrder(ctx, orderBy, before, last, WhereFlag.OrderByLimit);
          if (check.satisfied === orderBy.length) {
            orderedInnerLoop = true;
            reverse = check.reverse;
          }
        }
      } else if (satisfied === 1 && (flags & (WhereFlag.OrderByMin | WhereFlag.OrderByMax)) !== 0) {
        orderedInnerLoop = true;
      }
    }
    if (distinctBy && satisfied < 0) satisfied = 0;
    if ((flags & WhereFlag.SortByGroup) !== 0 && satisfied === orderBy.length) {
      const check = satisfiesOrder(ctx, orderBy, before, last, 0);
      if (check.satisfied === orderBy.length) {
        sortedByGroup = true;
        reverse = check.reverse;
      }
    }
  }
  if (orderBy === null && ctx.env.flags.reverseUnorderedSelects) reverse = -1n;
  if ((flags & WhereFlag.WantDistinct) !== 0 && distinct === 'noop') distinct = 'unordered';
  let levels: PlanLevel[] = path.loops.map((loop, i) => ({
    loop,
    source: input.sources[loop.tab]!,
    from: loop.tab,
    reverse: (reverse & (1n << BigInt(i))) !== 0n,
  }));
  if (levels.length >= 2 && results !== null && (flags & WhereFlag.KeepAllJoins) === 0) {
    levels = omitUselessJoins(s, levels, results);
  }
  markBloomFilters(ctx, levels);
  const kept = levels.reduce((mask, level) => mask | level.loop.self, 0n);
  return {
    levels,
    omitted: path.loops.reduce((mask, loop) => mask | loop.self, 0n) & ~kept,
    orderSatisfied: satisfied,
    sortedByGroup,
    orderedInnerLoop,
    distinct,
    rowEstimate: path.rows,
  };
}

// -- short cuts ------------------------------------------------------------------------------------

/** One table, found by rowid or by all columns of a unique index: nothing to compare. */
function shortCut(ctx: LoopContext, input: WhereInput): Loop | null {
  if ((ctx.flags & WhereFlag.OrSubclause) !== 0 || input.sources.length !== 1) return null;
  const source = input.sources[0]!;
  const table = ctx.facts[0]!.table;
  if (table === null || source.indexedBy !== null || source.notIndexed) return null;
  const loop = emptyLoop();
  loop.self = 1n;
  const usable = (terms: readonly { readonly term: Term; readonly viaEquality: boolean }[]) =>
    terms.find((f) => f.term.prereqRight === 0n);
  if (!table.withoutRowid) {
    const found = usable(findTerms(ctx.clause, columnTarget(source, -1), TermOp.Eq | TermOp.Is));
    if (found !== undefined) {
      loop.flags = LoopFlag.ColumnEq | LoopFlag.Rowid | LoopFlag.OneRow;
      loop.terms = [found.term];
      loop.eq = 1;
      loop.run = 33;
      loop.out = 1;
      return loop;
    }
  }
  for (const index of planIndexes(ctx.env, table)) {
    if (!index.unique || index.where !== null || index.keyCount > 3) continue;
    const ops = index.uniqueNotNull ? TermOp.Eq | TermOp.Is : TermOp.Eq;
    const terms: Term[] = [];
    for (let j = 0; j < index.keyCount; j++) {
      const found = usable(findTerms(ctx.clause, targetOf(source, index, j), ops));
      if (found === undefined) break;
      terms.push(found.term);
    }
    if (terms.length !== index.keyCount) continue;
    loop.flags = LoopFlag.ColumnEq | LoopFlag.OneRow | LoopFlag.Indexed;
    if (index.kind === 'primary' || isCovering(index, source)) loop.flags |= LoopFlag.IndexOnly;
    loop.terms = terms;
    loop.eq = terms.length;
    loop.index = index;
    loop.run = 39;
    loop.out = 1;
    return loop;
  }
  return null;
}

/** DISTINCT over one table whose rowid, or all columns of a NOT NULL unique index, is selected or fixed. */
function distinctIsRedundant(
  env: CompileEnv,
  sources: readonly Source[],
  clause: Clause,
  results: readonly BoundExpr[],
): boolean {
  if (sources.length !== 1) return false;
  const source = sources[0]!;
  const table = source.query === null ? source.table : null;
  const column = (e: BoundExpr): number | null => {
    const x = skipCollateAndLikely(e);
    if (x.kind !== 'column' || x.source.id !== source.id) return null;
    return x.column === table?.rowidColumn ? -1 : x.column;
  };
  if (table === null || table.kind !== 'table') return false;
  if (results.some((e) => column(e) === -1 && !table.withoutRowid)) return true;
  for (const index of planIndexes(env, table)) {
    if (!index.unique || index.where !== null) continue;
    let all = true;
    for (let i = 0; i < index.keyCount && all; i++) {
      if (findTerm(clause, targetOf(source, index, i), -1n, TermOp.Eq) !== null) continue;
      const c = index.columns[i]!;
      const selected = results.some((e) => {
        if (c.expr !== null) return exprEquals(skipCollateAndLikely(e), c.expr, source);
        if (column(e) !== c.column) return false;
        const collation = exprCollation(e)?.name ?? 'BINARY';
        return c.column === -1 || collation.toUpperCase() === c.collation.toUpperCase();
      });
      all = selected && c.column >= -1 && (c.column === -1 || source.columns[c.column]!.notNull);
    }
    if (all) return true;
  }
  return false;
}

// -- after the search --------------------------------------------------------------------------------

/**
 * A LEFT JOIN whose right side is used by nothing but its own ON, and that cannot multiply rows (at most
 * one row, or DISTINCT), is left out.
 */
function omitUselessJoins(
  s: SolveInput,
  levels: readonly PlanLevel[],
  results: readonly BoundExpr[],
): PlanLevel[] {
  const { ctx } = s;
  const analysis: AnalyzeContext = {
    env: ctx.env,
    sources: ctx.facts.map((f) => f.source),
    masks: ctx.masks,
  };
  let used = 0n;
  for (const e of results) used |= maskOf(analysis, e);
  if (s.orderBy !== null) for (const t of s.orderBy) used |= maskOf(analysis, t.expr);
  const hasRight = ctx.facts[0]!.source.leftOfRight;
  const kept = [...levels];
  for (let i = kept.length - 1; i >= 1; i--) {
    const { loop, source } = kept[i]!;
    if (source.join !== 'left') continue;
    if ((s.flags & WhereFlag.WantDistinct) === 0 && (loop.flags & LoopFlag.OneRow) === 0) continue;
    if ((used & loop.self) !== 0n) continue;
    const elsewhere = ctx.clause.terms.some((t) => {
      // Conditions of joins that are out already do not count.
      if (t.coded || (t.prereqAll & loop.self) === 0n) return false;
      if (t.outerOn !== source.id) return true;
      return hasRight && t.innerOn === source.id;
    });
    if (elsewhere) continue;
    for (const t of ctx.clause.terms) {
      if ((t.prereqAll & loop.self) !== 0n) t.coded = true;
    }
    kept.splice(i, 1);
  }
  return kept;
}

/** Inner equality loops that throw many rows away get a Bloom filter in front (only with statistics). */
function markBloomFilters(ctx: LoopContext, levels: readonly PlanLevel[]): void {
  if (levels.length < 2) return;
  let searches = 0;
  for (let i = 0; i < levels.length; i++) {
    const { loop } = levels[i]!;
    const table = ctx.facts[loop.tab]!.table;
    if (table === null || !table.hasStat1) break;
    const wanted = LoopFlag.SelfCull | LoopFlag.ColumnEq;
    if (i >= 1 && (loop.flags & wanted) === wanted && searches > table.rowLogEst) {
      loop.flags |= LoopFlag.BloomFilter;
      loop.flags &= ~LoopFlag.IndexOnly;
    }
    searches += loop.out;
  }
}
