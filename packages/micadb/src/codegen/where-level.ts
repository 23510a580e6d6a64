/**
 * The start of one loop, by its access path, and the conditions that are tested in it.
 *
 * Each path leaves the cursor(s) on a row and sets the instruction that goes on (`level.op`). A key that
 * is NULL leaves the loop: no comparison with NULL is true.
 */
import type { BoundExpr } from '../bind/tree.ts';
import { canBeNull, exprEquals, exprSome, sourcesUsed, vectorField } from '../bind/types.ts';
import { columnsOf, indexHasColumn } from '../plan/indexes.ts';
import { columnTarget, findTerm, isSkippable } from '../plan/scan.ts';
import { type Term, TermFlag, TermOp } from '../plan/terms.ts';
import { LoopFlag, type PlanIndex, WhereFlag } from '../plan/types.ts';
import { Affinity } from '../values/value.ts';
import { SQLITE_JUMPIFNULL } from '../vm/flags.ts';
import { Opcode } from '../vm/opcode.ts';
import type { Label } from './builder.ts';
import type { Codegen } from './context.ts';
import { codeExprTemp, jumpIfFalse } from './expr.ts';
import { codeOrLoop } from './where-or.ts';
import { codeRightMatch } from './where-right.ts';
import { disableTerm, isLeftJoin, isRightJoin, type Level, type OpenWhere } from './where-state.ts';
import {
  applyAffinities,
  codeBound,
  codeEqualities,
  codeEqualityValue,
  columnAffinity,
  seekAffinity,
} from './where-values.ts';

/** Where an empty table leads: out of all loops that nothing outer depends on. */
function emptyLabel(w: OpenWhere, at: number): Label {
  let j = at;
  while (j > 0) {
    const level = w.levels[j]!;
    if (level.leftJoin !== 0 || level.right !== null) break;
    j -= 1;
  }
  return w.levels[j]!.breakLabel;
}

export function codeLevel(cg: Codegen, w: OpenWhere, at: number): void {
  const { b } = cg;
  const level = w.levels[at]!;
  const { loop, source } = level;
  level.start = b.here;
  if (isLeftJoin(source) && level.from > 0) {
    level.leftJoin = b.newReg();
    b.emit(Opcode.Integer, 0, level.leftJoin);
  }
  const access = w.input.subqueries?.get(source.id);
  let index: PlanIndex | null = null;
  if (access?.kind === 'coroutine' && (loop.flags & LoopFlag.Indexed) === 0) {
    b.emit(Opcode.InitCoroutine, access.yieldReg, 0, access.start);
    level.p2 = b.emit(Opcode.Yield, access.yieldReg, level.breakLabel);
    level.op = Opcode.Goto;
  } else if (
    (loop.flags & LoopFlag.Rowid) !== 0 &&
    (loop.flags & (LoopFlag.ColumnIn | LoopFlag.ColumnEq)) !== 0
  ) {
    codeRowidLookup(cg, level);
  } else if ((loop.flags & LoopFlag.Rowid) !== 0 && (loop.flags & LoopFlag.ColumnRange) !== 0) {
    codeRowidRange(cg, w, level, at);
  } else if ((loop.flags & LoopFlag.Indexed) !== 0) {
    index = codeIndexLoop(cg, w, level);
  } else if ((loop.flags & LoopFlag.MultiOr) !== 0) {
    codeOrLoop(cg, w, level);
  } else if (!source.recursive) {
    level.op = level.reverse ? Opcode.Prev : Opcode.Next;
    level.p1 = level.cursor;
    level.p2 =
      1 + b.emit(level.reverse ? Opcode.Last : Opcode.Rewind, level.cursor, emptyLabel(w, at));
  }
  codeConditions(cg, w, level, index);
  codeTransitive(cg, w, level);
  if (level.right !== null) codeRightMatch(cg, level, level.right);
  if (level.leftJoin !== 0) {
    level.first = b.here;
    b.emit(Opcode.Integer, 1, level.leftJoin);
  }
  if (level.right !== null) {
    b.emit(Opcode.BeginSubrtn, 0, level.right.returnReg);
    level.right.body = b.here;
  }
  if (level.leftJoin !== 0 || level.right !== null) codeAfterJoin(cg, w, level);
}

// -- rowid -----------------------------------------------------------------------------------------

function codeRowidLookup(cg: Codegen, level: Level): void {
  const { b } = cg;
  const reg = b.newReg();
  codeEqualityValue(cg, level, 0, level.reverse, reg);
  if (level.filter !== 0) {
    b.emit(Opcode.MustBeInt, reg, level.nextLabel);
    b.emit(Opcode.Filter, level.filter, level.nextLabel, reg, 1);
  }
  b.emit(Opcode.SeekRowid, level.cursor, level.nextLabel, reg);
}

/** Row values among the bounds: only the first field counts, and it may be equal. */
function isVector(term: Term): boolean {
  return term.right!.kind === 'vector';
}

function codeRowidRange(cg: Codegen, w: OpenWhere, level: Level, at: number): void {
  const { b } = cg;
  const { loop, reverse } = level;
  let i = 0;
  let low = (loop.flags & LoopFlag.BottomLimit) !== 0 ? loop.terms[i++]! : null;
  let high = (loop.flags & LoopFlag.TopLimit) !== 0 ? loop.terms[i++]! : null;
  if (reverse) [low, high] = [high, low];
  if (low !== null) {
    const inclusive = isVector(low) || (low.op & (TermOp.Le | TermOp.Ge)) !== 0;
    const value = codeExprTemp(cg, vectorField(low.right!, 0));
    if (!isVector(low)) disableTerm(level, low);
    const op = reverse
      ? inclusive
        ? Opcode.SeekLE
        : Opcode.SeekLT
      : inclusive
        ? Opcode.SeekGE
        : Opcode.SeekGT;
    b.emit(op, level.cursor, level.breakLabel, value.reg);
    b.releaseTemp(value.temp);
  } else {
    b.emit(reverse ? Opcode.Last : Opcode.Rewind, level.cursor, emptyLabel(w, at));
  }
  let end = 0;
  let inclusive = false;
  if (high !== null) {
    end = b.newReg();
    codeBound(cg, level, high, 1, end);
    inclusive = isVector(high) || (high.op & (TermOp.Le | TermOp.Ge)) !== 0;
    if (!isVector(high)) disableTerm(level, high);
  }
  level.op = reverse ? Opcode.Prev : Opcode.Next;
  level.p1 = level.cursor;
  level.p2 = b.here;
  if (end !== 0) {
    const rowid = b.newReg();
    const op = reverse ? (inclusive ? Opcode.Lt : Opcode.Le) : inclusive ? Opcode.Gt : Opcode.Ge;
    b.emit(Opcode.Rowid, level.cursor, rowid);
    b.emit(op, end, level.breakLabel, rowid, null, Affinity.Numeric | SQLITE_JUMPIFNULL);
  }
}

// -- index -----------------------------------------------------------------------------------------

interface Bound {
  readonly term: Term | null;
  readonly count: number;
  /** No term, but NULLs must be stepped over (start) or end the loop (end). */
  readonly nullStop: boolean;
}

function startOpcode(constrained: boolean, inclusive: boolean, reverse: boolean): Opcode {
  if (!constrained) return reverse ? Opcode.Last : Opcode.Rewind;
  if (inclusive) return reverse ? Opcode.SeekLE : Opcode.SeekGE;
  return reverse ? Opcode.SeekLT : Opcode.SeekGT;
}

function endOpcode(inclusive: boolean, reverse: boolean): Opcode {
  if (inclusive) return reverse ? Opcode.IdxLT : Opcode.IdxGT;
  return reverse ? Opcode.IdxLE : Opcode.IdxGE;
}

function isInclusive(term: Term | null): boolean {
  return term === null || (term.op & (TermOp.Le | TermOp.Ge)) !== 0;
}

/** Codes an index loop; the index when conditions can be tested on it before the table is sought. */
function codeIndexLoop(cg: Codegen, w: OpenWhere, level: Level): PlanIndex | null {
  const { b } = cg;
  const { loop, source, reverse } = level;
  const index = loop.index!;
  const { eq } = loop;
  let place = eq;
  let low: Term | null = null;
  let high: Term | null = null;
  let lowNull = false;
  if ((loop.flags & LoopFlag.BottomLimit) !== 0) low = loop.terms[place++]!;
  const nextDesc = index.columns[eq]?.desc ?? false;
  if ((loop.flags & LoopFlag.TopLimit) !== 0) {
    high = loop.terms[place++]!;
    if (low !== null && (high.flags & TermFlag.LikeBlobs) !== 0) {
      level.likeReg = b.newReg();
      b.emit(Opcode.Integer, 1, level.likeReg);
      level.likeStart = b.here;
      level.likeReversed = reverse !== nextDesc;
    }
    if (low === null) {
      // NULLs come before all values: an upper bound alone must not let them in.
      const c = index.columns[eq]!;
      lowNull = c.column === -2 || (c.column >= 0 && !source.columns[c.column]!.notNull);
    }
  }
  const bigNull =
    (loop.flags & LoopFlag.BothLimits) === 0 && (loop.flags & LoopFlag.BigNullSort) !== 0;
  // A scan against the index's direction starts at the upper bound.
  const swapped = eq < index.columns.length && reverse !== nextDesc;
  const start: Bound = swapped
    ? { term: high, count: loop.top, nullStop: false }
    : { term: low, count: loop.bottom, nullStop: lowNull };
  const end: Bound = swapped
    ? { term: low, count: loop.bottom, nullStop: lowNull }
    : { term: high, count: loop.top, nullStop: false };
  const extra = Math.max(1, loop.bottom, loop.top);
  const { base, affinities } = codeEqualities(cg, level, reverse, extra);
  const next = level.nextLabel;

  if (bigNull) {
    codeBigNullScan(cg, level, base, affinities, swapped);
  } else {
    let startInclusive = isInclusive(start.term);
    let constraints = eq;
    let constrained = eq > 0;
    const applied = affinities.slice(0, eq);
    if (start.term !== null) {
      const count = Math.max(1, start.count);
      codeBound(cg, level, start.term, count, base + eq);
      if ((start.term.flags & TermFlag.NullBound) === 0 && canBeNull(start.term.right!)) {
        b.emit(Opcode.IsNull, base + eq, next);
      }
      for (let i = 0; i < count; i++) {
        applied.push(
          seekAffinity(vectorField(start.term.right!, i), columnAffinity(level, index, eq + i)),
        );
      }
      constraints += count;
      constrained = true;
      if (isVector(start.term)) startInclusive = true;
      else disableTerm(level, start.term);
    } else if (start.nullStop) {
      startInclusive = false;
      b.emit(Opcode.Null, 0, base + eq);
      constraints += 1;
      constrained = true;
    }
    applyAffinities(cg, base, applied);
    if (!(loop.skip > 0 && constraints === loop.skip)) {
      const op = startOpcode(constrained, startInclusive, reverse);
      if (level.hashable >= 0 && op === Opcode.SeekGE && constraints === eq && end.term === null) {
        b.at(level.hashable).p5 = eq;
        for (const address of level.filterCode) b.at(address).opcode = Opcode.Noop;
      } else if (level.filter !== 0) b.emit(Opcode.Filter, level.filter, next, base, eq);
      b.emit(op, level.indexCursor, next, base, constrained ? constraints : null);
    }
    let endInclusive = isInclusive(end.term);
    constraints = eq;
    if (end.term !== null) {
      const count = Math.max(1, end.count);
      codeBound(cg, level, end.term, count, base + eq);
      if ((end.term.flags & TermFlag.NullBound) === 0 && canBeNull(end.term.right!)) {
        b.emit(Opcode.IsNull, base + eq, next);
      }
      const letters: Affinity[] = [];
      for (let i = 0; i < count; i++) {
        letters.push(
          seekAffinity(vectorField(end.term.right!, i), columnAffinity(level, index, eq + i)),
        );
      }
      applyAffinities(cg, base + eq, letters);
      constraints += count;
      if (isVector(end.term)) endInclusive = true;
      else disableTerm(level, end.term);
    } else if (end.nullStop) {
      b.emit(Opcode.Null, 0, base + eq);
      endInclusive = false;
      constraints += 1;
    }
    level.p2 = b.here;
    if (constraints > 0) {
      b.emit(endOpcode(endInclusive, reverse), level.indexCursor, next, base, constraints);
    }
  }

  const omitTable =
    (loop.flags & LoopFlag.IndexOnly) !== 0 &&
    (w.flags & (WhereFlag.OrSubclause | WhereFlag.RightJoin)) === 0;
  if (!omitTable && level.indexCursor !== level.cursor) codeTableSeek(cg, w, level, index);
  if (index.where !== null && level.leftJoin === 0 && level.right === null) {
    coverByPartial(w, level, index.where);
  }
  if ((loop.flags & LoopFlag.OneRow) === 0) {
    level.op = reverse ? Opcode.Prev : Opcode.Next;
    level.p1 = level.indexCursor;
    level.p3 = (loop.flags & LoopFlag.UniqueWanted) !== 0 ? 1 : 0;
  }
  return omitTable || level.indexCursor === level.cursor ? null : index;
}

/**
 * NULLS LAST (or NULLS FIRST against the direction): two passes, one over all values that are not NULL,
 * one over the NULLs. The register is 1 in the first pass, 0 in the second. Running up, the values come
 * first; running down, the NULLs.
 */
function codeBigNullScan(
  cg: Codegen,
  level: Level,
  base: number,
  affinities: readonly Affinity[],
  swapped: boolean,
): void {
  const { b } = cg;
  const { loop, reverse } = level;
  const { eq } = loop;
  const cursor = level.indexCursor;
  const isNullPass = swapped ? Opcode.If : Opcode.IfNot;
  level.bigNullReg = b.newReg();
  level.bigNullEnd = b.newLabel();
  b.emit(Opcode.Integer, 1, level.bigNullReg);
  applyAffinities(cg, base, affinities.slice(0, eq));
  b.emit(Opcode.Null, 0, base + eq);
  level.bigNullStart = b.here;
  const toNulls = b.emit(isNullPass, level.bigNullReg);
  if (swapped) {
    const op = startOpcode(eq > 0, true, reverse);
    b.emit(op, cursor, level.bigNullEnd, base, eq > 0 ? eq : null);
  } else {
    b.emit(startOpcode(true, false, reverse), cursor, level.bigNullEnd, base, eq + 1);
  }
  const enter = b.emit(Opcode.Goto);
  b.jumpHere(toNulls);
  b.emit(startOpcode(true, true, reverse), cursor, level.bigNullEnd, base, eq + 1);
  b.jumpHere(enter);
  level.p2 = b.here;
  const inNulls = b.emit(isNullPass, level.bigNullReg);
  if (swapped) {
    b.emit(endOpcode(false, reverse), cursor, level.bigNullEnd, base, eq + 1);
  } else if (eq > 0) {
    b.emit(endOpcode(true, reverse), cursor, level.bigNullEnd, base, eq);
  }
  const body = b.emit(Opcode.Goto);
  b.jumpHere(inNulls);
  b.emit(endOpcode(true, reverse), cursor, level.bigNullEnd, base, eq + 1);
  b.jumpHere(body);
}

/** Moves the table cursor to the row of the index entry. */
function codeTableSeek(cg: Codegen, w: OpenWhere, level: Level, index: PlanIndex): void {
  const { b } = cg;
  const table = level.source.table;
  if (table === null || !table.withoutRowid || level.source.query !== null) {
    w.deferredSeek = true;
    b.emit(Opcode.DeferredSeek, level.indexCursor, 0, level.cursor);
    return;
  }
  const pk = table.primaryKeyIndex!;
  const base = b.newRegs(pk.keyColumns.length);
  pk.keyColumns.forEach((c, i) => {
    const at = index.columns.findIndex((x) => x.column === c.column);
    b.emit(Opcode.Column, level.indexCursor, at, base + i);
  });
  b.emit(Opcode.NotFound, level.cursor, level.continueLabel, base, pk.keyColumns.length);
}

/** Terms that a partial index's condition repeats need not be tested. */
function coverByPartial(w: OpenWhere, level: Level, where: BoundExpr): void {
  if (where.kind === 'and') {
    coverByPartial(w, level, where.left);
    coverByPartial(w, level, where.right);
    return;
  }
  for (const term of w.planned.clause.terms) {
    if (!term.coded && exprEquals(term.expr, where, level.source)) term.coded = true;
  }
}

// -- conditions --------------------------------------------------------------------------------------

/** All columns that the condition uses of this source are in the index. */
function coveredBy(e: BoundExpr, level: Level, index: PlanIndex): boolean {
  if (exprSome(e, (x) => x.kind === 'inQuery' || x.kind === 'exists' || x.kind === 'subquery')) {
    if (sourcesUsed(e).has(level.source.id)) return false;
  }
  const table = level.source.table!;
  for (const c of columnsOf(e, level.source.id)) {
    if (!indexHasColumn(index, table, c)) return false;
  }
  return true;
}

/** A correlated subquery stands inside. */
function hasCorrelated(e: BoundExpr): boolean {
  return exprSome(
    e,
    (x) => (x.kind === 'inQuery' || x.kind === 'exists' || x.kind === 'subquery') && x.correlated,
  );
}

/** The condition belongs to this or an inner place only, because of an outer join. */
function mustWait(w: OpenWhere, level: Level, term: Term): boolean {
  const { source } = level;
  if (!isLeftJoin(source) && !isRightJoin(source) && !source.leftOfRight) return false;
  const on = term.outerOn >= 0 ? term.outerOn : term.innerOn;
  if (on < 0) return true;
  if (isLeftJoin(source) && term.outerOn < 0) return true;
  return (w.planned.analysis.masks.of(on) & level.notReady) !== 0n;
}

function codeConditions(cg: Codegen, w: OpenWhere, level: Level, index: PlanIndex | null): void {
  const { b } = cg;
  // First what the index alone can decide, then what needs the table, then correlated subqueries.
  let pass = index === null ? 2 : 1;
  while (pass > 0) {
    let nextPass = 0;
    for (const term of w.planned.clause.terms) {
      if (isSkippable(term)) continue;
      if ((term.prereqAll & level.notReady) !== 0n) {
        w.untested = true;
        continue;
      }
      if (mustWait(w, level, term)) continue;
      if (pass === 1 && !coveredBy(term.expr, level, index!)) {
        nextPass = 2;
        continue;
      }
      if (pass < 3 && hasCorrelated(term.expr)) {
        if (nextPass === 0) nextPass = 3;
        continue;
      }
      let skip = -1;
      if ((term.flags & TermFlag.LikeCondition) !== 0 && level.likeReg > 0) {
        // The range says it all for texts; BLOBs are tested.
        skip = b.emit(level.likeReversed ? Opcode.IfNot : Opcode.If, level.likeReg);
      }
      jumpIfFalse(cg, term.expr, level.continueLabel, true);
      if (skip >= 0) b.jumpHere(skip);
      term.coded = true;
    }
    pass = nextPass;
  }
}

/** Tests what follows by transitivity for this source before its own equality can be tested. */
function codeTransitive(cg: Codegen, w: OpenWhere, level: Level): void {
  const { source } = level;
  if (isLeftJoin(source) || isRightJoin(source) || source.leftOfRight) return;
  const { clause } = w.planned;
  for (let i = 0; i < clause.baseCount; i++) {
    const term = clause.terms[i]!;
    if (isSkippable(term)) continue;
    if ((term.op & (TermOp.Eq | TermOp.Is)) === 0 || (term.op & TermOp.Equiv) === 0) continue;
    if (term.cursor !== source.id) continue;
    const ops = TermOp.Eq | TermOp.In | TermOp.Is;
    const outer = level.notReady | w.planned.analysis.masks.of(source.id);
    const found = findTerm(clause, columnTarget(source, term.column), outer, ops);
    if (found === null || found.coded || found.left === null) continue;
    const e = found.expr;
    let implied: BoundExpr;
    if ((found.op & TermOp.In) !== 0) {
      if (e.kind !== 'inList' && e.kind !== 'inQuery') continue;
      if (e.operand.kind === 'vector') continue;
      implied = { ...e, operand: term.left!, copyOf: e };
    } else {
      if (e.kind !== 'compare' || found.right === null) continue;
      implied = { kind: 'compare', op: e.op, left: term.left!, right: found.right };
    }
    jumpIfFalse(cg, implied, level.continueLabel, true);
    found.coded = true;
  }
}

/** Conditions of WHERE that wait until an outer join's row (of NULLs, maybe) is there. */
function codeAfterJoin(cg: Codegen, w: OpenWhere, level: Level): void {
  if (level.source.leftOfRight) return;
  const { clause } = w.planned;
  for (let i = 0; i < clause.baseCount; i++) {
    const term = clause.terms[i]!;
    if (isSkippable(term) || (term.prereqAll & level.notReady) !== 0n) continue;
    jumpIfFalse(cg, term.expr, level.continueLabel, true);
    term.coded = true;
  }
}
