/**
 * WHERE and FROM as nested loops: plans them, opens the cursors, codes the start of each loop
 * (whereBegin) and their ends (whereEnd). Between the two the caller codes what is done with a row.
 */
import { SELF_ID } from '../bind/tree.ts';
import { mapExpr } from '../bind/types.ts';
import { indexHasColumn } from '../plan/indexes.ts';
import type { LogEst } from '../plan/logest.ts';
import { planWhere } from '../plan/planner.ts';
import { TermFlag } from '../plan/terms.ts';
import {
  LoopFlag,
  type PlanIndex,
  WhereFlag,
  type WhereInfo,
  type WhereInput,
} from '../plan/types.ts';
import { Opcode } from '../vm/opcode.ts';
import type { Codegen } from './context.ts';
import { jumpIfFalse } from './expr.ts';
import { openIndexCursor, openTableCursor } from './open.ts';
import { codeAutomaticIndex, codeBloomFilter } from './where-auto.ts';
import { propagateConstants } from './where-constants.ts';
import { explainLoop } from './where-explain.ts';
import { codeLevel } from './where-level.ts';
import { redirectColumns } from './where-redirect.ts';
import { codeUnmatched, openRightJoin } from './where-right.ts';
import { isDeterministic, isRightJoin, type Level, type OpenWhere } from './where-state.ts';

/** How often the code being made runs: LogEst, by program. Correlated subqueries are inside loops. */
const queryLoops = new WeakMap<Codegen, LogEst>();

function newLevel(cg: Codegen, planned: OpenWhere['planned'], i: number): Level {
  const p = planned.plan.levels[i]!;
  const breakLabel = cg.b.newLabel();
  return {
    loop: p.loop,
    source: p.source,
    from: p.from,
    reverse: p.reverse,
    cursor: p.source.id,
    indexCursor: -1,
    hashable: -1,
    filterCode: [],
    breakLabel,
    continueLabel: cg.b.newLabel(),
    nextLabel: breakLabel,
    ins: [],
    notReady: 0n,
    op: null,
    p1: 0,
    p2: 0,
    p3: 0,
    start: 0,
    leftJoin: 0,
    first: 0,
    skip: -1,
    likeReg: 0,
    likeReversed: false,
    likeStart: 0,
    bigNullReg: 0,
    bigNullStart: 0,
    bigNullEnd: 0,
    filter: 0,
    right: null,
    redirect: null,
  };
}

/** Plans and codes the start of the loops. Throws "no query solution" and other errors of planning. */
export function whereBegin(cg: Codegen, given: WhereInput): WhereInfo {
  const { b } = cg;
  const input = { ...given, where: propagateConstants(cg, given) };
  const savedQueryLoop = queryLoops.get(cg) ?? 0;
  const planned = planWhere(cg.env, input, savedQueryLoop);
  const { plan } = planned;
  queryLoops.set(cg, savedQueryLoop + plan.rowEstimate);
  const breakLabel = b.newLabel();
  const levels = plan.levels.map((_, i) => newLevel(cg, planned, i));
  const onePass = choosePass(planned, levels);
  const hasRight = levels.some((l) => isRightJoin(l.source));
  const w: OpenWhere = {
    input,
    plan,
    planned,
    levels,
    flags: planned.flags,
    orderSatisfied: hasRight ? 0 : plan.orderSatisfied,
    isOrdered:
      !hasRight &&
      input.orderBy !== null &&
      input.orderBy.length > 0 &&
      plan.orderSatisfied === input.orderBy.length,
    sortedByGroup: !hasRight && plan.sortedByGroup,
    distinct: hasRight && plan.distinct === 'ordered' ? 'unordered' : plan.distinct,
    onePass,
    onePassCursors: [-1, -1],
    continueLabel: breakLabel,
    breakLabel,
    orderedInnerLoop: !hasRight && plan.orderedInnerLoop,
    rowEstimate: plan.rowEstimate,
    bodyStart: 0,
    deferredSeek: false,
    untested: false,
    savedExprs: cg.indexedExprs,
    savedQueryLoop,
  };
  // Conditions that need no source at all decide before any cursor is opened.
  const { clause } = planned;
  for (let i = 0; i < clause.baseCount; i++) {
    const term = clause.terms[i]!;
    if ((term.flags & TermFlag.Virtual) !== 0 || term.coded || term.prereqAll !== 0n) continue;
    if (input.sources.length > 0 && !isDeterministic(term.expr)) continue;
    if (term.innerOn >= 0 && input.sources[0]!.leftOfRight) continue;
    jumpIfFalse(cg, term.expr, breakLabel, true);
    term.coded = true;
  }
  for (const level of levels) openLevel(cg, w, level);
  // Joins that were left out are no obstacle: conditions of LEFT JOIN name all sources to their left.
  let notReady = planned.analysis.masks.all & ~plan.omitted;
  levels.forEach((level, i) => {
    if ((level.loop.flags & LoopFlag.AutoIndex) !== 0) {
      codeAutomaticIndex(cg, w, level, notReady);
    } else if ((level.loop.flags & LoopFlag.BloomFilter) !== 0) {
      codeBloomFilter(cg, w, level);
    }
    if ((planned.flags & WhereFlag.OrSubclause) === 0) explainLoop(cg, level, planned.flags);
    notReady &= ~level.loop.self;
    level.notReady = notReady;
    codeLevel(cg, w, i);
    w.continueLabel = level.continueLabel;
  });
  w.bodyStart = b.here;
  return w;
}

/** May rows be changed while the loop runs? */
function choosePass(planned: OpenWhere['planned'], levels: readonly Level[]): WhereInfo['onePass'] {
  const { flags } = planned;
  const first = levels[0];
  if ((flags & WhereFlag.OnePassDesired) === 0 || first === undefined) return 'off';
  const { loop, source } = first;
  const oneRow = (loop.flags & LoopFlag.OneRow) !== 0;
  const multi =
    (flags & WhereFlag.OnePassMultiRow) !== 0 &&
    ((loop.flags & LoopFlag.MultiOr) === 0 || (flags & WhereFlag.DuplicatesOk) !== 0);
  if (!oneRow && !multi) return 'off';
  if (source.table?.withoutRowid !== true) loop.flags &= ~LoopFlag.IndexOnly;
  return oneRow ? 'single' : 'multi';
}

/**
 * In the pass over unmatched rows and in an arm of an OR: an index of a WITHOUT ROWID table stands for the
 * table only if it has all columns.
 */
function lacksColumns(w: OpenWhere, level: Level): boolean {
  const { table } = level.source;
  const { index } = level.loop;
  const nested = WhereFlag.RightJoin | WhereFlag.OrSubclause;
  if ((w.flags & nested) === 0 || table?.withoutRowid !== true) return false;
  return index !== null && !table.columns.every((_, c) => indexHasColumn(index, table, c));
}

function openLevel(cg: Codegen, w: OpenWhere, level: Level): void {
  const { loop, source } = level;
  const nullable = isRightJoin(source) || source.leftOfRight;
  const isTable = source.query === null && !source.recursive && source.table !== null;
  if (isRightJoin(source) || lacksColumns(w, level)) loop.flags &= ~LoopFlag.IndexOnly;
  const isArm = (w.flags & WhereFlag.OrSubclause) !== 0;
  const write = w.onePass !== 'off' && (w.flags & WhereFlag.OnePassDesired) !== 0;
  const index = (loop.flags & LoopFlag.Indexed) !== 0 ? loop.index : null;
  let tableCursor = -1;
  let indexCursor = -1;
  if (isTable) {
    const table = source.table!;
    const primary = index?.kind === 'primary';
    if (primary) loop.flags &= ~LoopFlag.IndexOnly;
    if (((loop.flags & LoopFlag.IndexOnly) === 0 && !isArm) || nullable) {
      openTableCursor(cg, level.cursor, source.db, table, write);
      if (write) cg.writesDatabase(source.db, false);
      tableCursor = level.cursor;
    } else {
      cg.readsDatabase(source.db);
    }
    if (primary) {
      // The tree of a WITHOUT ROWID table is its primary key index: one cursor does for both.
      level.indexCursor = level.cursor;
    } else if (index?.index != null) {
      const at = table.indexes.indexOf(index.index);
      if (write && w.input.indexCursors !== undefined) {
        level.indexCursor = w.input.indexCursors + at;
      } else {
        level.indexCursor = cg.b.newCursor();
      }
      indexCursor = write ? level.indexCursor : -1;
      openIndexCursor(cg, level.indexCursor, source.db, index.index, write);
      addIndexedExprs(cg, level, index);
    }
    level.redirect = primary ? null : index;
  }
  if (isRightJoin(source)) level.right = openRightJoin(cg, source);
  if (write) w.onePassCursors = [tableCursor, indexCursor];
}

/** Lets expressions that the index holds be read from it. */
function addIndexedExprs(cg: Codegen, level: Level, index: PlanIndex): void {
  if (!index.hasExpr) return;
  const { source } = level;
  const maybeNullRow =
    source.join === 'left' ||
    source.join === 'full' ||
    source.join === 'right' ||
    source.leftOfRight;
  index.columns.forEach((c, i) => {
    if (c.expr === null || c.expr.kind === 'constant') return;
    const expr = mapExpr(c.expr, (x) =>
      x.kind === 'column' && x.source.id === SELF_ID
        ? { kind: 'column', source, column: x.column }
        : x,
    );
    cg.indexedExprs = [
      ...cg.indexedExprs,
      { expr, source, indexCursor: level.indexCursor, indexColumn: i, maybeNullRow },
    ];
  });
}

/** Codes the ends of the loops, innermost first, and redirects columns to covering indexes. */
export function whereEnd(cg: Codegen, info: WhereInfo): void {
  const { b } = cg;
  const w = info as OpenWhere;
  cg.indexedExprs = w.savedExprs;
  for (let i = w.levels.length - 1; i >= 0; i--) endLevel(cg, w, w.levels[i]!);
  const end = b.here;
  w.levels.forEach((level, i) => {
    if (level.right !== null) codeUnmatched(cg, w, i, level.right);
    else if (level.redirect !== null) {
      // One-pass DML works on the table cursor itself in its body.
      const ownBody = w.onePass !== 'off' && level.source.table?.withoutRowid !== true;
      redirectColumns(cg, level, ownBody ? w.bodyStart : end);
    }
  });
  b.resolve(w.breakLabel);
  queryLoops.set(cg, w.savedQueryLoop);
}

function endLevel(cg: Codegen, w: OpenWhere, level: Level): void {
  const { b } = cg;
  const { loop } = level;
  let resolved = false;
  if (level.right !== null) {
    b.resolve(level.continueLabel);
    resolved = true;
    b.emit(Opcode.Return, level.right.returnReg, level.right.body, 1);
  }
  if (!resolved) {
    // The row of an EXISTS has been found and used: no other one is looked for.
    if (level.source.fromExists === true) b.emit(Opcode.Goto, 0, level.breakLabel);
    b.resolve(level.continueLabel);
  }
  if (level.op !== null) {
    b.emit(level.op, level.p1, level.p2, level.p3);
    if (level.bigNullReg > 0) {
      b.resolve(level.bigNullEnd);
      const done = b.emit(Opcode.IfNot, level.bigNullReg);
      b.emit(Opcode.Integer, 0, level.bigNullReg);
      b.emit(Opcode.Goto, 0, level.bigNullStart);
      b.jumpHere(done);
    }
  }
  if (level.ins.length > 0) {
    b.resolve(level.nextLabel);
    for (let i = level.ins.length - 1; i >= 0; i--) {
      const loopIn = level.ins[i]!;
      b.jumpHere(loopIn.top + 1);
      if (loopIn.step === null) continue;
      // The NULL row of a LEFT JOIN may come here before the set was ever made.
      const unmade = level.leftJoin !== 0 ? b.emit(Opcode.IfNotOpen, loopIn.cursor) : -1;
      b.emit(loopIn.step, loopIn.cursor, loopIn.top);
      if (unmade >= 0) b.jumpHere(unmade);
      b.jumpHere(loopIn.top - 1);
    }
  }
  b.resolve(level.breakLabel);
  if (level.right !== null) b.emit(Opcode.Return, level.right.returnReg, 0, 1);
  if (level.skip >= 0) {
    b.emit(Opcode.Goto, 0, level.skip);
    b.jumpHere(level.skip);
    b.jumpHere(level.skip - 2);
  }
  if (level.likeReg > 0) {
    // Once more for BLOBs (or texts): the counter goes from 1 to 0.
    b.emit(Opcode.DecrJumpZero, level.likeReg, level.likeStart);
  }
  if (level.leftJoin !== 0) {
    const found = b.emit(Opcode.IfPos, level.leftJoin);
    const access = w.input.subqueries?.get(level.source.id);
    if (access?.kind === 'coroutine') {
      const n = level.source.columns.length;
      b.emit(Opcode.Null, 0, access.base, access.base + n);
    } else if ((loop.flags & LoopFlag.IndexOnly) === 0 || level.redirect === null) {
      b.emit(Opcode.NullRow, level.cursor);
    }
    if (level.indexCursor >= 0 && level.indexCursor !== level.cursor) {
      b.emit(Opcode.NullRow, level.indexCursor);
    }
    if (level.op === Opcode.Return) b.emit(Opcode.Gosub, level.p1, level.first);
    else b.emit(Opcode.Goto, 0, level.first);
    b.jumpHere(found);
  }
}

// -- leaving early -------------------------------------------------------------------------------------

/**
 * ORDER BY ... LIMIT with an inner loop in order: where to go when the sorter has all it needs from this
 * run of the inner loop (the next row of the loop outside it).
 */
export function orderByLimitLabel(info: WhereInfo): number {
  const w = info as OpenWhere;
  if (!w.orderedInnerLoop) return w.continueLabel;
  const inner = w.levels[w.levels.length - 1]!;
  return inner.right !== null ? w.continueLabel : inner.nextLabel;
}

/** min() and max() by an ordered loop: the first row that is not NULL ends the loop. */
export function minMaxEarlyOut(cg: Codegen, info: WhereInfo): void {
  const w = info as OpenWhere;
  if (!w.orderedInnerLoop || w.orderSatisfied === 0) return;
  for (let i = w.levels.length - 1; i >= 0; i--) {
    const level = w.levels[i]!;
    if ((level.loop.flags & LoopFlag.ColumnIn) !== 0) {
      cg.b.emit(Opcode.Goto, 0, level.nextLabel);
      return;
    }
  }
  cg.b.emit(Opcode.Goto, 0, w.breakLabel);
}
