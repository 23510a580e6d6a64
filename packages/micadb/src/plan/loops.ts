/**
 * Loop generation: for each source, all ways worth considering to run it (full scan, rowid, each index
 * with each usable combination of terms, automatic index, several indexes for an OR), with their costs
 * in LogEst. The numbers are SQLite's, since plans are to be the same (wall 10).
 *
 * Documentation: https://www.sqlite.org/optoverview.html, https://www.sqlite.org/queryplanner-ng.html
 */
import type { CompileEnv } from '../bind/env.ts';
import type { OrderTerm, QueryBlock, Source } from '../bind/tree.ts';
import {
  compareAffinity,
  compareCollation,
  exprEquals,
  skipCollateAndLikely,
  vectorField,
  vectorSize,
  visitQuery,
} from '../bind/types.ts';
import { Affinity } from '../values/value.ts';
import { columnsOf, indexHasColumn, isCovering, planIndexes, rowidIndex } from './indexes.ts';
import { patternLength } from './like.ts';
import { estLog, type LogEst, logEst, logEstAdd } from './logest.ts';
import { emptyLoop, insertOrCost, type LoopSet, type OrCost } from './loopset.ts';
import { partialIndexUsable } from './partial.ts';
import { affinityFits, findTerms, targetOf } from './scan.ts';
import { type Clause, newClause, type SourceMasks, type Term, TermFlag, TermOp } from './terms.ts';
import {
  type Loop,
  LoopFlag,
  type PlanIndex,
  type SourceFacts,
  type SourceMask,
  WhereFlag,
} from './types.ts';

export interface LoopContext {
  readonly env: CompileEnv;
  readonly masks: SourceMasks;
  readonly facts: readonly SourceFacts[];
  readonly clause: Clause;
  readonly orderBy: readonly OrderTerm[] | null;
  readonly flags: number;
  /** The query whose FROM this is; null: none (UPDATE, DELETE). */
  readonly block: QueryBlock | null;
  readonly set: LoopSet;
}

const EQUALITIES = TermOp.Eq | TermOp.In | TermOp.IsNull | TermOp.Is;

function isOuter(s: Source): boolean {
  return s.join === 'left' || s.join === 'right' || s.join === 'full';
}

function isNullable(s: Source): boolean {
  return isOuter(s) || s.leftOfRight;
}

/** Terms that may drive a source of an outer join come from its own ON. */
export function fitsOuterJoin(term: Term, source: Source): boolean {
  const joined = term.outerOn >= 0 ? term.outerOn : term.innerOn;
  if (joined !== source.id) return false;
  return !(isOuter(source) && term.outerOn < 0);
}

/** The column is declared NOT NULL (or is the rowid). */
function neverNull(source: Source, index: PlanIndex, i: number): boolean {
  const c = index.columns[i]!;
  // An INTEGER PRIMARY KEY as a column of another index does not count as declared so.
  if (c.column >= 0) return source.table?.columns[c.column]?.notNull != null;
  return c.column === -1;
}

/** Work on one source; `t` is the loop being put together. */
class SourceLoops {
  readonly t: Loop = emptyLoop();
  private readonly source: Source;
  private readonly szTab: number;

  constructor(
    private readonly ctx: LoopContext,
    private readonly facts: SourceFacts,
    private readonly clause: Clause,
    private readonly orSet: OrCost[] | null,
    tab: number,
    private readonly mPrereq: SourceMask,
  ) {
    this.source = facts.source;
    this.szTab = Math.max(1, facts.rowSize);
    this.t.tab = tab;
    this.t.self = ctx.masks.of(facts.source.id);
  }

  private insert(): void {
    const { t } = this;
    if (this.orSet !== null) {
      if (t.terms.length > 0) insertOrCost(this.orSet, t.prereq, t.run, t.out);
      return;
    }
    // An EXISTS gives one row at most (SQLite does not say so of automatic indexes).
    const once = this.source.fromExists === true && (t.flags & LoopFlag.AutoIndex) === 0;
    this.ctx.set.insert(once ? { ...t, out: 0 } : t);
  }

  addAll(): void {
    const { source, ctx } = this;
    const { table } = source;
    const rows = this.facts.rowLogEst;
    let probes: readonly PlanIndex[];
    if (source.indexedBy !== null && table !== null) {
      const wanted = source.indexedBy;
      // The catalog may have been read anew since binding: the name decides.
      probes = planIndexes(ctx.env, table).filter((p) => p.index!.name === wanted.name);
    } else if (table !== null && table.kind === 'table' && table.withoutRowid) {
      probes = planIndexes(ctx.env, table);
    } else {
      const own = table === null || source.query !== null ? [] : planIndexes(ctx.env, table);
      probes = source.notIndexed ? [rowidIndex(rows)] : [rowidIndex(rows), ...own];
    }
    this.addAutomatic(rows);
    let sortIndex = 1;
    for (const probe of probes) {
      if (probe.where === null || partialIndexUsable(this.clause, source, probe.where)) {
        this.addProbe(probe, sortIndex);
      }
      sortIndex += 1;
    }
  }

  // -- automatic indexes ---------------------------------------------------------------------------

  private addAutomatic(rows: LogEst): void {
    const { source, ctx, t } = this;
    if (
      this.orSet !== null ||
      (ctx.flags & (WhereFlag.RightJoin | WhereFlag.OrSubclause)) !== 0 ||
      !ctx.env.flags.automaticIndex ||
      source.indexedBy !== null ||
      source.notIndexed ||
      source.correlated ||
      source.recursive ||
      source.join === 'right' ||
      source.join === 'full'
    ) {
      return;
    }
    const logSize = estLog(rows);
    for (const term of this.clause.terms) {
      if ((term.prereqRight & t.self) !== 0n) continue;
      if (!termCanDriveIndex(term, source, 0n)) continue;
      t.eq = 1;
      t.skip = 0;
      t.index = null;
      t.terms = [term];
      t.setup = Math.max(0, logSize + rows + (this.facts.isView ? -25 : 28));
      t.out = 43;
      t.run = logEstAdd(logSize, t.out);
      t.flags = LoopFlag.AutoIndex;
      t.prereq = this.mPrereq | term.prereqRight;
      this.insert();
    }
  }

  // -- scans ---------------------------------------------------------------------------------------

  private addProbe(probe: PlanIndex, sortIndex: number): void {
    const { t, source, ctx } = this;
    const rows = probe.rowLogEst[0]!;
    t.eq = 0;
    t.bottom = 0;
    t.top = 0;
    t.skip = 0;
    t.terms = [];
    t.sortIndex = 0;
    t.setup = 0;
    t.prereq = this.mPrereq;
    t.out = rows;
    t.index = probe;
    const helps = helpsOrder(ctx.orderBy, probe, source);
    if (probe.kind === 'rowid') {
      t.flags = LoopFlag.Rowid;
      t.sortIndex = helps ? sortIndex : 0;
      t.run = rows + 16;
      adjustOutput(ctx, this.clause, t, rows);
      this.insert();
      t.out = rows;
    } else {
      const covers = probe.kind === 'primary' || isCovering(probe, source);
      t.flags = LoopFlag.Indexed | (covers ? LoopFlag.IndexOnly : 0);
      if (!covers && probe.hasExpr && coversWithExpressions(ctx.block, probe, source)) {
        t.flags |= LoopFlag.ExprIndex;
      }
      const only = (t.flags & (LoopFlag.IndexOnly | LoopFlag.ExprIndex)) !== 0;
      if (
        helps ||
        source.table!.withoutRowid ||
        probe.where !== null ||
        source.indexedBy !== null ||
        (only &&
          !probe.unordered &&
          probe.rowSize < this.szTab &&
          (ctx.flags & WhereFlag.OnePassDesired) === 0)
      ) {
        t.sortIndex = helps ? sortIndex : 0;
        t.run = rows + 1 + Math.trunc((15 * probe.rowSize) / this.szTab);
        if (!only) t.run = logEstAdd(t.run, this.lookupCost(probe, rows));
        adjustOutput(ctx, this.clause, t, rows);
        const rightWithExpr = (source.join === 'right' || source.join === 'full') && probe.hasExpr;
        if (!rightWithExpr) this.insert();
        t.out = rows;
      }
    }
    this.addConstraints(probe, 0);
  }

  /**
   * Rows that must be looked up in the table when an index is scanned that lacks columns: leading terms
   * that the index can decide, as far as this source goes, leave fewer of them.
   */
  private lookupCost(probe: PlanIndex, rows: LogEst): LogEst {
    let cost = rows + 16;
    for (const term of this.clause.terms) {
      for (const c of columnsOf(term.expr, this.source.id)) {
        if (!indexHasColumn(probe, this.source.table!, c)) return cost;
      }
      if (term.truth <= 0) {
        cost += term.truth;
      } else {
        cost -= 1;
        if ((term.op & (TermOp.Eq | TermOp.Is)) !== 0) cost -= 19;
      }
    }
    return cost;
  }

  // -- index columns against terms -------------------------------------------------------------------

  /** Adds loops that use one more term on the next column of `probe`, and goes on from each. */
  private addConstraints(probe: PlanIndex, inFactor: LogEst): void {
    const { t, source, ctx } = this;
    let ops: number =
      (t.flags & LoopFlag.BottomLimit) !== 0
        ? TermOp.Lt | TermOp.Le
        : EQUALITIES | TermOp.Gt | TermOp.Ge | TermOp.Lt | TermOp.Le;
    if (probe.unordered) ops &= ~(TermOp.Gt | TermOp.Ge | TermOp.Lt | TermOp.Le);
    const saved = {
      eq: t.eq,
      bottom: t.bottom,
      top: t.top,
      skip: t.skip,
      terms: t.terms,
      flags: t.flags,
      prereq: t.prereq,
      out: t.out,
    };
    const rows = probe.rowLogEst[0]!;
    const logSize = estLog(rows);
    const column = saved.eq;
    for (const { term, viaEquality } of findTerms(
      this.clause,
      targetOf(source, probe, column),
      ops,
    )) {
      const op = term.op;
      if (
        (op === TermOp.IsNull || (term.flags & TermFlag.NullBound) !== 0) &&
        neverNull(source, probe, column)
      ) {
        continue;
      }
      if ((term.prereqRight & t.self) !== 0n) continue;
      // The upper bound of a LIKE never goes with somebody else's lower bound.
      if ((term.flags & TermFlag.LikeBound) !== 0 && op === TermOp.Lt) continue;
      if (isNullable(source) && !fitsOuterJoin(term, source)) continue;

      t.flags = saved.flags;
      t.eq = saved.eq;
      t.bottom = saved.bottom;
      t.top = saved.top;
      t.terms = [...saved.terms, term];
      t.prereq = (saved.prereq | term.prereqRight) & ~t.self;
      t.out = saved.out;
      let itemCount = 0;
      let low: Term | null = null;
      let high: Term | null = null;

      if ((op & TermOp.In) !== 0) {
        const e = term.expr;
        if (e.kind === 'inQuery') {
          itemCount = 46;
          if (saved.terms.includes(term)) continue;
          // A further field of the same row value multiplies nothing.
          if (saved.terms.some((x) => x !== null && x.expr === e)) itemCount = 0;
        } else if (e.kind === 'inList' && e.items.length > 0) {
          itemCount = logEst(e.items.length);
        }
        if (probe.hasStat1 && logSize >= 10) {
          const matches = probe.rowLogEst[column] ?? 0;
          const x = matches + estLog(itemCount) + 10 - (itemCount + logSize);
          if (x < 0) {
            if (inFactor >= 2) continue;
            t.flags |= LoopFlag.InSeekScan;
          }
        }
        t.flags |= LoopFlag.ColumnIn;
      } else if ((op & (TermOp.Eq | TermOp.Is)) !== 0) {
        const c = probe.columns[column]!.column;
        t.flags |= LoopFlag.ColumnEq;
        if (c === -1 || (c >= 0 && inFactor === 0 && column === probe.keyCount - 1)) {
          if (
            c === -1 ||
            probe.uniqueNotNull ||
            (probe.keyCount === 1 && probe.unique && (op & TermOp.Eq) !== 0)
          ) {
            t.flags |= LoopFlag.OneRow;
          } else {
            t.flags |= LoopFlag.UniqueWanted;
          }
        }
        if (viaEquality) t.flags |= LoopFlag.Transitive;
      } else if ((op & TermOp.IsNull) !== 0) {
        t.flags |= LoopFlag.ColumnNull;
      } else {
        const width = this.rangeWidth(probe, column, term);
        if ((op & (TermOp.Gt | TermOp.Ge)) !== 0) {
          t.flags |= LoopFlag.ColumnRange | LoopFlag.BottomLimit;
          t.bottom = width;
          low = term;
          if ((term.flags & TermFlag.LikeBound) !== 0) {
            high = term.clause.terms[term.clause.terms.indexOf(term) + 1]!;
            t.terms.push(high);
            t.flags |= LoopFlag.TopLimit;
            t.top = 1;
          }
        } else {
          t.flags |= LoopFlag.ColumnRange | LoopFlag.TopLimit;
          t.top = width;
          high = term;
          low = (t.flags & LoopFlag.BottomLimit) !== 0 ? t.terms[t.terms.length - 2]! : null;
        }
      }

      if ((t.flags & LoopFlag.ColumnRange) !== 0) {
        t.out = rangeRows(t.out, low, high);
      } else {
        t.eq += 1;
        if (term.truth <= 0 && probe.columns[column]!.column >= 0) {
          t.out += term.truth - itemCount;
        } else {
          // Columns behind the key have no estimate of their own.
          t.out += (probe.rowLogEst[t.eq] ?? 0) - (probe.rowLogEst[t.eq - 1] ?? 0);
          if ((op & TermOp.IsNull) !== 0) t.out += 10;
        }
      }

      const perRow =
        probe.kind === 'rowid' ? 16 : 1 + Math.trunc((15 * probe.rowSize) / this.szTab);
      t.run = logEstAdd(logSize, t.out + perRow);
      if ((t.flags & (LoopFlag.IndexOnly | LoopFlag.Rowid | LoopFlag.ExprIndex)) === 0) {
        t.run = logEstAdd(t.run, t.out + 16);
      }
      const unadjusted = t.out;
      t.run += inFactor + itemCount;
      t.out += inFactor + itemCount;
      adjustOutput(ctx, this.clause, t, rows);
      this.insert();
      t.out = (t.flags & LoopFlag.ColumnRange) !== 0 ? saved.out : unadjusted;

      if (
        (t.flags & LoopFlag.TopLimit) === 0 &&
        t.eq < probe.columns.length &&
        (t.eq < probe.keyCount || probe.kind !== 'primary')
      ) {
        this.addConstraints(probe, inFactor + itemCount);
      }
      t.out = saved.out;
    }
    const restore = (): void => {
      t.prereq = saved.prereq;
      t.eq = saved.eq;
      t.bottom = saved.bottom;
      t.top = saved.top;
      t.skip = saved.skip;
      t.flags = saved.flags;
      t.out = saved.out;
      t.terms = saved.terms;
    };
    restore();

    // Skip-scan: step over the distinct values of a column that has no term.
    if (
      saved.eq === saved.skip &&
      saved.eq + 1 < probe.keyCount &&
      saved.eq === t.terms.length &&
      !probe.noSkipScan &&
      probe.hasStat1 &&
      probe.rowLogEst[saved.eq + 1]! >= 42
    ) {
      t.eq += 1;
      t.skip += 1;
      t.terms = [...saved.terms, null];
      t.flags |= LoopFlag.SkipScan;
      const distinct = probe.rowLogEst[saved.eq]! - probe.rowLogEst[saved.eq + 1]!;
      t.out -= distinct;
      this.addConstraints(probe, distinct + 5 + inFactor);
      restore();
    }
  }

  /** How many fields of a row-value comparison the index serves from column `first` on. */
  private rangeWidth(probe: PlanIndex, first: number, term: Term): number {
    const left = term.left!;
    const right = term.right!;
    const n = Math.min(vectorSize(left), probe.columns.length - first);
    let i = 1;
    for (; i < n; i++) {
      const l = vectorField(left, i);
      const r = vectorField(right, i);
      const c = probe.columns[first + i]!;
      if (l.kind !== 'column' || l.source.id !== this.source.id) break;
      const column = l.column === l.source.table?.rowidColumn ? -1 : l.column;
      if (column !== c.column || c.desc !== probe.columns[first]!.desc) break;
      const own = column < 0 ? Affinity.Integer : l.source.columns[column]!.affinity;
      if (compareAffinity(l, r) !== own) break;
      if (compareCollation(l, r).toUpperCase() !== c.collation.toUpperCase()) break;
    }
    return Math.max(1, i);
  }
}

/** `x = ?` that an automatic index on `source` could serve once `notReady` sources are out of reach. */
export function termCanDriveIndex(term: Term, source: Source, notReady: SourceMask): boolean {
  if (term.cursor !== source.id) return false;
  if ((term.op & (TermOp.Eq | TermOp.Is)) === 0) return false;
  if (isNullable(source) && !fitsOuterJoin(term, source)) return false;
  if ((term.prereqRight & notReady) !== 0n) return false;
  if (term.column < 0) return false;
  if (!affinityFits(term, source.columns[term.column]?.affinity ?? Affinity.None)) return false;
  return goodIndexCandidate(source, term.column);
}

/** False when statistics or an existing index say that an index on the column would not be better. */
function goodIndexCandidate(source: Source, column: number): boolean {
  const table = source.query === null ? source.table : null;
  if (table === null) return true;
  for (const index of table.indexes) {
    const at = index.keyColumns.findIndex((c) => c.column === column);
    if (at < 0) continue;
    if (at === 0) return false;
    if (index.hasStat1 && index.rowLogEst[at + 1]! > 20) return false;
  }
  return true;
}

function narrowed(term: Term | null, rows: LogEst): LogEst {
  if (term === null) return rows;
  if (term.truth <= 0) return rows + term.truth;
  return (term.flags & TermFlag.NullBound) === 0 ? rows - 20 : rows;
}

/** Rows left by a range: a quarter for each bound, a sixty-fourth for both. */
function rangeRows(rows: LogEst, low: Term | null, high: Term | null): LogEst {
  let narrow = narrowed(high, narrowed(low, rows));
  if (low !== null && low.truth > 0 && high !== null && high.truth > 0) narrow -= 20;
  const plain = rows - (low !== null ? 1 : 0) - (high !== null ? 1 : 0);
  return Math.min(plain, Math.max(narrow, 10));
}

/** Takes terms that the loop does not use, but that it can test, off its row estimate. */
function adjustOutput(ctx: LoopContext, clause: Clause, t: Loop, rows: LogEst): void {
  const notAllowed = ~(t.prereq | t.self);
  let reduce = 0;
  for (let i = 0; i < clause.baseCount; i++) {
    const term = clause.terms[i]!;
    if ((term.prereqAll & notAllowed) !== 0n) continue;
    if ((term.prereqAll & t.self) === 0n) continue;
    if ((term.flags & TermFlag.Virtual) !== 0) continue;
    if (t.terms.some((x) => x !== null && (x === term || x.parent === term))) continue;
    if (t.self === term.prereqAll) {
      const source = ctx.facts[t.tab]!.source;
      const nullable = source.join === 'left' || source.join === 'full' || source.leftOfRight;
      if ((term.op & 0x3f) !== 0 || !nullable) t.flags |= LoopFlag.SelfCull;
    }
    if (term.truth <= 0) {
      t.out += term.truth;
      continue;
    }
    t.out -= 1;
    if (term.expr.kind === 'function') t.out -= 2 * patternLength(term.expr);
    if ((term.op & (TermOp.Eq | TermOp.Is)) !== 0 && (term.flags & TermFlag.HighTruth) === 0) {
      const e = term.expr;
      const right = e.kind === 'compare' ? e.right : null;
      const small =
        right?.kind === 'constant' &&
        typeof right.value === 'number' &&
        right.value >= -1 &&
        right.value <= 1;
      const k = small ? 10 : 20;
      if (reduce < k) {
        term.flags |= TermFlag.HeuristicTruth;
        reduce = k;
      }
    }
  }
  if (t.out > rows - reduce) t.out = rows - reduce;
}

/** What the index lacks of the source is used only inside expressions that it holds. */
function coversWithExpressions(
  block: QueryBlock | null,
  probe: PlanIndex,
  source: Source,
): boolean {
  if (block === null || block.groupBy.length > 0) return false;
  let lacking = false;
  visitQuery(block, (e) => {
    if (lacking) return false;
    if (e.kind === 'column') {
      if (e.source.id === source.id && !indexHasColumn(probe, source.table!, e.column)) {
        lacking = true;
      }
      return false;
    }
    return !probe.columns.some((c) => c.expr !== null && exprEquals(e, c.expr, source));
  });
  return !lacking;
}

/** Some ORDER BY term is a column of the index. */
function helpsOrder(
  orderBy: readonly OrderTerm[] | null,
  probe: PlanIndex,
  source: Source,
): boolean {
  if (orderBy === null || probe.unordered) return false;
  for (const t of orderBy) {
    const e = skipCollateAndLikely(t.expr);
    if (e.kind === 'column' && e.source.id === source.id) {
      if (e.column < 0 || e.column === source.table?.rowidColumn) return true;
      for (let i = 0; i < probe.keyCount; i++) {
        if (probe.columns[i]!.column === e.column) return true;
      }
    } else if (probe.hasExpr) {
      for (let i = 0; i < probe.keyCount; i++) {
        const own = probe.columns[i]!.expr;
        if (own !== null && exprEquals(e, skipCollateAndLikely(own), source)) return true;
      }
    }
  }
  return false;
}

// -- OR ----------------------------------------------------------------------------------------------

/** Costs of serving all arms of each OR term by indexes of the source. */
function addOr(
  ctx: LoopContext,
  facts: SourceFacts,
  clause: Clause,
  orSet: OrCost[] | null,
  tab: number,
  mPrereq: SourceMask,
): void {
  const source = facts.source;
  const self = ctx.masks.of(source.id);
  for (const term of clause.terms) {
    if ((term.op & TermOp.Or) === 0 || term.arms === null) continue;
    if ((term.arms.indexable & self) === 0n) continue;
    let sum: OrCost[] | null = null;
    for (const arm of term.arms.clause.terms) {
      let sub: Clause;
      if ((arm.op & TermOp.And) !== 0) {
        sub = arm.conjunction!;
      } else if (arm.cursor === source.id) {
        sub = newClause('and', clause);
        sub.terms.push(arm);
        sub.baseCount = 1;
      } else {
        continue;
      }
      const costs: OrCost[] = [];
      new SourceLoops(ctx, facts, sub, costs, tab, mPrereq).addAll();
      addOr(ctx, facts, sub, costs, tab, mPrereq);
      if (costs.length === 0) {
        sum = [];
        break;
      }
      if (sum === null) {
        sum = costs;
      } else {
        const next: OrCost[] = [];
        for (const a of sum) {
          for (const b of costs) {
            insertOrCost(
              next,
              a.prereq | b.prereq,
              logEstAdd(a.run, b.run),
              logEstAdd(a.out, b.out),
            );
          }
        }
        sum = next;
      }
    }
    for (const cost of sum ?? []) {
      if (orSet !== null) {
        insertOrCost(orSet, cost.prereq, cost.run + 1, cost.out);
        continue;
      }
      const t = emptyLoop();
      t.tab = tab;
      t.self = self;
      t.terms = [term];
      t.flags = LoopFlag.MultiOr;
      t.prereq = cost.prereq;
      t.run = cost.run + 1;
      t.out = cost.out;
      ctx.set.insert(t);
    }
  }
}

// -- all sources -------------------------------------------------------------------------------------

export function addAllLoops(ctx: LoopContext): void {
  let prereq = 0n;
  let prior = 0n;
  let firstPastRight = false;
  // Left of a RIGHT JOIN, and from a CROSS JOIN on, no source moves back to the left.
  let stays = false;
  ctx.facts.forEach((facts, tab) => {
    const { source } = facts;
    if (firstPastRight || isOuter(source) || source.join === 'cross' || source.leftOfRight) {
      // Sources are not moved across outer and CROSS joins.
      if (source.leftOfRight || source.join === 'cross') stays = true;
      prereq |= prior;
      firstPastRight = source.join === 'right' || source.join === 'full';
    } else if (source.fromExists === true) {
      // All that its conditions speak of must be there: the first match decides.
      const self = ctx.masks.of(source.id);
      for (let i = 0; i < ctx.clause.baseCount; i++) {
        const { prereqAll } = ctx.clause.terms[i]!;
        if ((prereqAll & self) !== 0n) prereq |= prereqAll & (self - 1n);
      }
    } else if (!stays) {
      prereq = 0n;
    }
    new SourceLoops(ctx, facts, ctx.clause, null, tab, prereq).addAll();
    if (ctx.clause.hasOr) addOr(ctx, facts, ctx.clause, null, tab, prereq);
    prior |= ctx.masks.of(source.id);
  });
}
