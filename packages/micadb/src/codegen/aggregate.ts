/**
 * Aggregate queries: with GROUP BY, where groups come one after the other out of a sorter or an index
 * in order; and without, one group of all rows. https://www.sqlite.org/lang_select.html#resultset
 *
 * Bare columns come from the first row of a group, or from the row with the extreme when the query has
 * min() or max().
 */
import type { BoundExpr, OrderTerm, QueryBlock } from '../bind/tree.ts';
import { canBeNull, exprEquals } from '../bind/types.ts';
import type { Index } from '../catalog/types.ts';
import type { LogEst } from '../plan/logest.ts';
import { type SubqueryAccess, WhereFlag } from '../plan/types.ts';
import { makeKeyInfo } from '../values/keyinfo.ts';
import { SORTER_AS_IS } from '../vm/flags.ts';
import { Opcode } from '../vm/opcode.ts';
import {
  emitReset,
  finalizeAccumulators,
  isExtreme,
  onlyDistinct,
  openAccumulators,
  patchReset,
  updateAccumulators,
} from './accumulators.ts';
import {
  type AggregateInfo,
  afterRows,
  findAggregates,
  findColumns,
  fromSorter,
  hasBareColumns,
  isSharedTerm,
  keyOf,
} from './aggregate-info.ts';
import type { Codegen } from './context.ts';
import type { SelectDest } from './dest.ts';
import { beginDistinct, codeDistinct, type Distinct, type DistinctKind } from './distinct.ts';
import { codeExprTo, jumpIfFalse } from './expr.ts';
import { type GroupHash, grouping } from './grouping.ts';
import { codeLimit, codeLimits, codeOffset, type Limits } from './limit.ts';
import { beginLoops, endLoops } from './loops.ts';
import { collationOf, openIndexCursor, openTableCursor, sortFlags } from './open.ts';
import {
  beginSorting,
  cancelSorting,
  codeColumns,
  codeSortedRow,
  endSorting,
  type Sorting,
} from './order.ts';
import { codeRow, rowRegisters } from './select-row.ts';
import { minMaxEarlyOut } from './where.ts';

export interface AggregateOptions {
  readonly subqueries: ReadonlyMap<number, SubqueryAccess> | undefined;
  /** The GROUP BY stands for a DISTINCT. */
  readonly distinctAsGroup: boolean;
  /** LIMIT counters of an enclosing UNION ALL. */
  readonly shared: Limits | null;
}

// -- the whole query ------------------------------------------------------------------------------

export function codeAggregate(
  cg: Codegen,
  block: QueryBlock,
  dest: SelectDest,
  options: AggregateOptions,
): LogEst {
  return block.groupBy.length > 0
    ? codeGroups(cg, block, dest, options)
    : codeOneGroup(cg, block, dest, options);
}

/** A row of results: HAVING was true. Goes to `next` when the row is not given, `done` at the LIMIT. */
interface Output {
  readonly dest: SelectDest;
  readonly limits: Limits;
  readonly sorting: Sorting | null;
  readonly distinct: Distinct | null;
}

/**
 * A result column as it is coded for a group. One that is a GROUP BY term (and no plain column) is the
 * group's key itself: it is not evaluated again. `keys`: first register of the key, 0 without GROUP BY.
 */
function resultExpr(info: AggregateInfo, e: BoundExpr, keys: number): BoundExpr {
  const i = keys > 0 ? keyOf(info.block, e) : -1;
  return i >= 0 ? { kind: 'register', register: keys + i, of: e } : afterRows(info, e);
}

function codeResult(
  cg: Codegen,
  info: AggregateInfo,
  out: Output,
  keys: number,
  next: number,
  done: number,
): void {
  const { block } = info;
  const columns = block.columns.map((c) => ({ ...c, expr: resultExpr(info, c.expr, keys) }));
  const exprs = columns.map((c) => c.expr);
  const { sorting, distinct, dest, limits } = out;
  if (sorting !== null && distinct === null) {
    codeSortedRow(cg, sorting, columns, 0, next);
    return;
  }
  if (distinct === null) codeOffset(cg, limits, next);
  const base = rowRegisters(cg, sorting === null ? dest : { kind: 'discard' }, exprs.length);
  codeColumns(cg, columns, base);
  if (distinct !== null) {
    codeDistinct(cg, distinct, 'unordered', exprs, base, next);
    if (sorting !== null) {
      codeSortedRow(cg, sorting, columns, base, next);
      return;
    }
    codeOffset(cg, limits, next);
  }
  codeRow(cg, dest, base, exprs.length);
  codeLimit(cg, limits, done);
}

// -- without GROUP BY -----------------------------------------------------------------------------

/** SELECT count(*) FROM table: the b-tree counts. */
function simpleCount(block: QueryBlock, info: AggregateInfo): boolean {
  const source = block.sources[0];
  const call = info.calls[0];
  const only = block.columns[0]!.expr;
  return (
    block.sources.length === 1 &&
    block.where.length === 0 &&
    block.having === null &&
    block.columns.length === 1 &&
    only.kind === 'aggregate' &&
    only.block === block.id &&
    info.calls.length === 1 &&
    source !== undefined &&
    source.query === null &&
    source.table?.kind === 'table' &&
    call?.expr.args.length === 0 &&
    call.expr.filter === null &&
    !call.expr.distinct &&
    call.expr.def.kind === 'aggregate' &&
    call.expr.def.special === 'count'
  );
}

function codeSimpleCount(cg: Codegen, block: QueryBlock, info: AggregateInfo): void {
  const { b } = cg;
  const source = block.sources[0]!;
  const table = source.table!;
  const cursor = b.newCursor();
  let best: Index | null = null;
  if (!source.notIndexed) {
    for (const index of table.indexes) {
      if (index.unordered || index.where !== null || index.isPrimaryTree) continue;
      const limit: number = best === null ? table.rowSizeEst : best.rowSizeEst;
      if (index.rowSizeEst < limit) best = index;
    }
  }
  if (best === null) openTableCursor(cg, cursor, source.db, table, false);
  else openIndexCursor(cg, cursor, source.db, best, false);
  b.emit(Opcode.Count, cursor, info.calls[0]!.register);
  b.emit(Opcode.Close, cursor);
  const via = best === null ? '' : ` USING COVERING INDEX ${best.name}`;
  b.explain(Opcode.Explain, `SCAN ${table.name}${via}`);
}

/** The order in which a lone min() or max() would like the rows. */
function extremeOrder(
  block: QueryBlock,
  info: AggregateInfo,
): { term: OrderTerm; flag: number } | null {
  const call = info.calls[0];
  if (info.calls.length !== 1 || call === undefined || block.having !== null) return null;
  if (!isExtreme(call) || call.expr.args.length !== 1 || call.expr.filter !== null) return null;
  const expr = call.expr.args[0]!;
  const { def } = call.expr;
  const isMin = def.kind === 'aggregate' && def.special === 'min';
  return {
    term: { expr, desc: !isMin, bigNull: isMin && canBeNull(expr), result: 0 },
    flag: isMin ? WhereFlag.OrderByMin : WhereFlag.OrderByMax,
  };
}

function codeOneGroup(
  cg: Codegen,
  block: QueryBlock,
  dest: SelectDest,
  options: AggregateOptions,
): LogEst {
  const { b } = cg;
  const end = b.newLabel();
  const limits = options.shared ?? codeLimits(cg, block, end);
  const info = findAggregates(cg, block);
  if (simpleCount(block, info)) {
    findColumns(cg, info);
    codeSimpleCount(cg, block, info);
  } else {
    const extreme = extremeOrder(block, info);
    const distinctArgs = hasBareColumns(block) ? null : onlyDistinct(info);
    const reset = emitReset(cg);
    const start = emitReset(cg);
    openAccumulators(cg, info);
    let flags = extreme?.flag ?? 0;
    if (distinctArgs !== null) flags |= WhereFlag.WantDistinct;
    const loops = beginLoops(cg, {
      sources: block.sources,
      where: block.where,
      orderBy: extreme === null ? null : [extreme.term],
      resultExprs: distinctArgs,
      flags: flags | WhereFlag.KeepAllJoins,
      block,
      subqueries: options.subqueries,
    });
    findColumns(cg, info);
    patchReset(cg, reset, info);
    const kind = distinctArgs === null || loops.distinct === 'noop' ? 'unordered' : loops.distinct;
    let seen = 0;
    if (info.bareCount > 0 && !info.calls.some((c) => isExtreme(c) && c.expr.filter === null)) {
      seen = b.newReg();
      b.at(start).opcode = Opcode.Integer;
      b.at(start).p2 = seen;
    }
    updateAccumulators(cg, info, seen, kind, (e) => e);
    if (seen > 0) b.emit(Opcode.Integer, 1, seen);
    if (extreme !== null && loops.info !== null) minMaxEarlyOut(cg, loops.info);
    endLoops(cg, loops);
    finalizeAccumulators(cg, info);
  }
  if (block.having !== null) jumpIfFalse(cg, afterRows(info, block.having), end, true);
  codeResult(cg, info, { dest, limits, sorting: null, distinct: null }, 0, end, end);
  b.resolve(end);
  return 0;
}

// -- with GROUP BY --------------------------------------------------------------------------------

/** GROUP BY terms with the directions of an ORDER BY of the same length; do they agree? */
function groupOrder(block: QueryBlock): { terms: OrderTerm[]; same: boolean } {
  const { groupBy, orderBy } = block;
  const matches = orderBy.length === groupBy.length;
  const terms = groupBy.map((expr, i) => ({
    expr,
    desc: matches && orderBy[i]!.desc,
    bigNull: false,
    result: 0,
  }));
  const same = matches && orderBy.every((t, i) => !t.bigNull && exprEquals(t.expr, groupBy[i]!));
  return { terms, same };
}

function codeGroups(
  cg: Codegen,
  block: QueryBlock,
  dest: SelectDest,
  options: AggregateOptions,
): LogEst {
  const { b } = cg;
  const end = b.newLabel();
  const makeLimits = (): Limits => options.shared ?? codeLimits(cg, block, end);
  const opened = block.orderBy.length > 0 ? beginSorting(cg, block.orderBy, makeLimits) : null;
  const limits = opened === null ? makeLimits() : opened.limits;
  let sorting: Sorting | null = opened;
  const results = block.columns.map((c) => c.expr);
  const distinct = block.distinct ? beginDistinct(cg, results) : null;
  const info = findAggregates(cg, block);
  const { terms, same } = groupOrder(block);
  const width = terms.length;
  const keyInfo = makeKeyInfo(
    cg.env.encoding,
    width,
    terms.map((t) => collationOf(cg, t.expr)),
    terms.map(sortFlags),
  );
  // The sorter of rows; not needed when the scan gives the groups one after the other.
  const sorter = b.newCursor();
  const sorterOpened = b.emit(Opcode.SorterOpen, sorter, 0, 0, keyInfo);
  const distinctCalls = info.calls.filter((c) => c.distinct !== null);
  const hashOpened = [null, ...distinctCalls].map(() => b.emit(Opcode.Noop));
  const seen = b.newReg();
  const stop = b.newReg();
  const outputReturn = b.newReg();
  const resetReturn = b.newReg();
  const previous = b.newRegs(width);
  const current = b.newRegs(width);
  const outputLabel = b.newLabel();
  const resetLabel = b.newLabel();
  const stopLabel = b.newLabel();
  const rowsDone = b.newLabel();
  b.emit(Opcode.Integer, 0, stop);
  b.emit(Opcode.Null, 0, previous, width > 1 ? previous + width - 1 : 0);
  b.emit(Opcode.Gosub, resetReturn, resetLabel);
  const distinctArgs = onlyDistinct(info);
  let flags: number = options.distinctAsGroup ? WhereFlag.DistinctBy : WhereFlag.GroupBy;
  if (same) flags |= WhereFlag.SortByGroup;
  if (distinctArgs !== null) flags |= WhereFlag.WantDistinct;
  const loops = beginLoops(cg, {
    sources: block.sources,
    where: block.where,
    orderBy: terms,
    resultExprs: distinctArgs === null ? null : [...block.groupBy, ...distinctArgs],
    flags: flags | WhereFlag.KeepAllJoins,
    block,
    subqueries: options.subqueries,
  });
  findColumns(cg, info);
  const inOrder = loops.orderSatisfied === width;
  let kind: DistinctKind = 'unordered';
  if (
    distinctArgs !== null &&
    (loops.distinct === 'unique' || (inOrder && loops.distinct === 'ordered'))
  ) {
    kind = loops.distinct;
  }
  let map = (e: BoundExpr): BoundExpr => e;
  let top = -1;
  let rows = -1;
  let record = -1;
  let hash: GroupHash | null = null;
  // Groups of a hash need no order of their own where ORDER BY follows: their keys stand behind its terms.
  let unordered = false;
  const hashedOnly = b.newLabel();
  if (inOrder) {
    b.at(sorterOpened).opcode = Opcode.Noop;
  } else {
    b.explain(
      Opcode.Explain,
      `USE TEMP B-TREE FOR ${options.distinctAsGroup ? 'DISTINCT' : 'GROUP BY'}`,
    );
    const extra = sorterFields(info);
    b.at(sorterOpened).p2 = width + extra.length;
    hash = grouping.hash?.(cg, info, keyInfo, hashOpened, kind) ?? null;
    unordered = hash !== null && sorting !== null && !same && distinct === null;
    codeGroupRow(cg, info, extra, sorter, hash);
    endLoops(cg, loops);
    if (hash !== null) {
      b.emit(Opcode.OpenPseudo, hash.key, hash.record, width);
      const walked = b.emit(Opcode.SorterSort, hash.cursor, rowsDone);
      if (unordered) b.at(walked).p5 = SORTER_AS_IS;
    }
    rows = b.newCursor();
    record = b.newReg();
    b.emit(Opcode.OpenPseudo, rows, record, width + extra.length);
    b.emit(Opcode.SorterSort, sorter, hash === null ? rowsDone : hashedOnly);
    map = (e) => fromSorter(info, e, rows);
    // The hash has used the accumulators.
    if (hash !== null) b.emit(Opcode.Gosub, resetReturn, resetLabel);
    top = b.emit(Opcode.SorterData, sorter, record, rows);
  }
  if (same && (!inOrder || loops.sortedByGroup) && sorting !== null) {
    cancelSorting(cg, sorting);
    sorting = null;
  }
  terms.forEach((t, i) => {
    if (inOrder) codeExprTo(cg, t.expr, current + i);
    else b.emit(Opcode.Column, rows, i, current + i);
  });
  const sameGroup = b.newLabel();
  const newGroup = b.newLabel();
  b.emit(Opcode.Compare, previous, current, width, keyInfo);
  b.emit(Opcode.Jump, newGroup, sameGroup, newGroup);
  b.resolve(newGroup);
  b.emit(Opcode.Gosub, outputReturn, outputLabel);
  b.emit(Opcode.IfPos, stop, rowsDone);
  /** Gives the group that the hash stands on, and those behind it from `first` on. */
  const giveHashed = (h: GroupHash, first: number): void => {
    h.codeGroup(previous);
    b.emit(Opcode.Integer, 1, seen);
    b.emit(Opcode.Gosub, outputReturn, outputLabel);
    b.emit(Opcode.IfPos, stop, rowsDone);
    b.emit(Opcode.SorterNext, h.cursor, first);
  };
  if (hash !== null) {
    const first = b.here;
    const none = b.newLabel();
    b.emit(Opcode.GroupBefore, hash.cursor, none, unordered ? 0 : record);
    giveHashed(hash, first);
    b.resolve(none);
  }
  b.emit(Opcode.Copy, current, previous, width - 1);
  b.emit(Opcode.Gosub, resetReturn, resetLabel);
  b.resolve(sameGroup);
  updateAccumulators(cg, info, seen, kind, map);
  b.emit(Opcode.Integer, 1, seen);
  if (inOrder) endLoops(cg, loops);
  else b.emit(Opcode.SorterNext, sorter, top);
  // The last group.
  b.emit(Opcode.Gosub, outputReturn, outputLabel);
  if (hash !== null) {
    b.emit(Opcode.IfPos, stop, rowsDone);
    b.resolve(hashedOnly);
    b.emit(Opcode.GroupBefore, hash.cursor, rowsDone);
    giveHashed(hash, b.here);
  }
  b.emit(Opcode.Goto, 0, rowsDone);
  // Subroutine: gives the row of a group. The LIMIT may stop everything.
  b.resolve(stopLabel);
  b.emit(Opcode.Integer, 1, stop);
  b.emit(Opcode.Return, outputReturn);
  b.resolve(outputLabel);
  const some = b.emit(Opcode.IfPos, seen);
  const noRow = b.newLabel();
  b.resolve(noRow);
  b.emit(Opcode.Return, outputReturn);
  b.jumpHere(some);
  finalizeAccumulators(cg, info);
  if (block.having !== null) jumpIfFalse(cg, afterRows(info, block.having), noRow, true);
  const ties = unordered ? terms : [];
  const sorted = sorting === null ? null : afterGroups(info, sorting, previous, ties);
  codeResult(cg, info, { dest, limits, sorting: sorted, distinct }, previous, noRow, stopLabel);
  b.emit(Opcode.Return, outputReturn);
  // Subroutine: empties the accumulators.
  b.resolve(resetLabel);
  patchReset(cg, emitReset(cg), info);
  openAccumulators(cg, info);
  b.emit(Opcode.Integer, 0, seen);
  b.emit(Opcode.Return, resetReturn);
  b.resolve(rowsDone);
  if (distinct !== null) b.explain(Opcode.Explain, 'USE TEMP B-TREE FOR DISTINCT');
  if (sorted !== null) endSorting(cg, sorted, dest);
  b.resolve(end);
  return Math.min(limits.fixed ?? GROUP_ROWS, loops.rowEstimate, GROUP_ROWS);
}

/** LogEst of the hundred groups that are assumed. */
const GROUP_ROWS: LogEst = 66;

/** `ties`: GROUP BY terms by which rows are told apart that are equal in those of ORDER BY. */
function afterGroups(
  info: AggregateInfo,
  s: Sorting,
  keys: number,
  ties: readonly OrderTerm[],
): Sorting {
  const terms = s.terms.map((t) => {
    const shared = isSharedTerm(info.block, t) ? keys : 0;
    return { ...t, expr: resultExpr(info, t.expr, shared) };
  });
  ties.forEach((t, i) => {
    if (s.terms.some((o) => exprEquals(o.expr, t.expr))) return;
    terms.push({ ...t, expr: { kind: 'register', register: keys + i, of: t.expr } });
  });
  return { ...s, terms };
}

/** Gives the columns of the query their fields in the sorter's records. Those that stand behind the keys. */
function sorterFields(info: AggregateInfo): BoundExpr[] {
  const { groupBy } = info.block;
  const extra: BoundExpr[] = [];
  for (const c of info.columns) {
    const at = groupBy.findIndex((g) => g.kind === c.expr.kind && exprEquals(g, c.expr));
    if (at >= 0) c.field = at;
    else {
      c.field = groupBy.length + extra.length;
      extra.push(c.expr);
    }
  }
  return extra;
}

/** A row of the scan: into its group if there is a hash with room for it, else into the sorter. */
function codeGroupRow(
  cg: Codegen,
  info: AggregateInfo,
  extra: readonly BoundExpr[],
  sorter: number,
  hash: GroupHash | null,
): void {
  const { b } = cg;
  const { groupBy } = info.block;
  const width = groupBy.length + extra.length;
  const base = b.newRegs(width);
  const next = b.newLabel();
  groupBy.forEach((g, i) => {
    codeExprTo(cg, g, base + i);
  });
  if (hash !== null) {
    const full = b.newLabel();
    hash.codeRow(base, full);
    b.emit(Opcode.Goto, 0, next);
    b.resolve(full);
  }
  extra.forEach((e, i) => {
    codeExprTo(cg, e, base + groupBy.length + i);
  });
  const made = b.tempReg();
  b.emit(Opcode.MakeRecord, base, width, made);
  b.emit(Opcode.SorterInsert, sorter, made);
  b.releaseTemp(made);
  b.resolve(next);
}
