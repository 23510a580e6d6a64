/**
 * Window functions, second half: the rows of a partition wait in an ephemeral table; then, for each of
 * them, the frame is moved on and the functions give their values.
 *
 * A frame is the rows `first` (included) to `last` (excluded) by number in the partition; both only
 * grow. Rows that come in are stepped into the accumulators, rows that go out are taken back
 * (AggInverse). Where that cannot be done (EXCLUDE; min() and max() over a moving start) the
 * accumulators are filled anew for each row. Each waiting row also has the number of its peer group.
 *
 * A user's function sees in which order its callbacks are called. It is SQLite's: rows go out before
 * others come in, but for frames that leave out the current row as below; values are asked for at each
 * row (ROWS) or peer group. Elsewhere values are asked for only when a row has come or gone.
 */
import type { BoundExpr, QueryBlock } from '../bind/tree.ts';
import { exprCollation } from '../bind/types.ts';
import type { LogEst } from '../plan/logest.ts';
import { binaryCollation } from '../values/collation.ts';
import { ResultCode } from '../values/errors.ts';
import { makeKeyInfo } from '../values/keyinfo.ts';
import { Affinity } from '../values/value.ts';
import {
  ON_CONFLICT_ABORT,
  SQLITE_JUMPIFNULL,
  TYPE_BLOB,
  TYPE_NULL,
  TYPE_TEXT,
} from '../vm/flags.ts';
import { Opcode } from '../vm/opcode.ts';
import type { FunctionCall } from '../vm/types.ts';
import type { Label } from './builder.ts';
import type { Codegen } from './context.ts';
import { codeFromSubqueries } from './coroutine.ts';
import type { SelectDest } from './dest.ts';
import { beginDistinct, codeDistinct } from './distinct.ts';
import { codeExprTo } from './expr.ts';
import { codeLimit, codeLimits, codeOffset, type Limits } from './limit.ts';
import { beginLoops, endLoops } from './loops.ts';
import { collationByName, collationOf, sortFlags } from './open.ts';
import { beginSorting, codeColumns, codeSortedRow, endSorting } from './order.ts';
import { codeRow, rowRegisters } from './select-row.ts';
import { type Bound, isCopy, type WindowCall, type WindowPlan } from './window-plan.ts';

/** Cursors and registers of one window computation. */
interface State {
  readonly plan: WindowPlan;
  /** Column of the waiting rows with the number of the peer group. */
  readonly groupColumn: number;
  /** Cursors on the waiting rows: the current one, ends of the frame, any other. */
  readonly current: number;
  readonly first: number;
  readonly last: number;
  readonly look: number;
  /** Rows of the partition, number of the current row, its peer group. */
  readonly rows: number;
  readonly row: number;
  readonly group: number;
  /** Row numbers of the frame: from `firstRow` on, `lastRow` is the first behind it. */
  readonly firstRow: number;
  readonly lastRow: number;
  readonly startOffset: number;
  readonly endOffset: number;
  /** True when the accumulators have changed since their values were taken. */
  readonly changed: number;
  /** Peer group at which values were asked for last. */
  readonly asked: number;
  readonly accumulators: number;
  readonly results: number;
  readonly anew: boolean;
}

type CallKind = 'step' | 'lag' | 'lead' | 'first_value' | 'nth_value';

/** How a call gets its value. */
function callKind(s: State, c: WindowCall): CallKind {
  const { def } = c.expr;
  if (def.kind !== 'window') return 'step';
  switch (def.name.toLowerCase()) {
    case 'lag':
      return 'lag';
    case 'lead':
      return 'lead';
    case 'first_value':
      return s.anew ? 'step' : 'first_value';
    case 'nth_value':
      return s.anew ? 'step' : 'nth_value';
    default:
      return 'step';
  }
}

function functionCall(cg: Codegen, c: WindowCall): FunctionCall {
  const { def, args } = c.expr;
  const named = args.map(exprCollation).find((x) => x !== null);
  const collation =
    (named ? collationByName(cg.env, named.name) : null) ?? binaryCollation(cg.env.encoding);
  return { kind: 'call', def, argCount: args.length, collation };
}

/** min() and max() cannot take rows back. */
function needsAnew(plan: WindowPlan): boolean {
  const { window, calls } = plan;
  if (window.exclude !== 'NO OTHERS') return true;
  if (window.start === 'unbounded') return false;
  return calls.some((c) => c.expr.def.kind === 'aggregate' && c.expr.def.inverse === undefined);
}

export function codeWindows(
  cg: Codegen,
  block: QueryBlock,
  plan: WindowPlan,
  dest: SelectDest,
  shared: Limits | null,
): LogEst {
  const { b } = cg;
  const end = b.newLabel();
  const subqueries = codeFromSubqueries(cg, [plan.source]);
  const makeLimits = (): Limits => shared ?? codeLimits(cg, block, end);
  const orderBy = plan.ordered ? [] : block.orderBy;
  const width = plan.source.columns.length;
  const current = b.newCursor();
  const calls = plan.calls.length;
  const results = b.newRegs(calls);
  const map = (e: BoundExpr, copy: boolean): BoundExpr =>
    plan.map(
      e,
      copy,
      (i, x) => ({ kind: 'register', register: results + i, of: x }),
      (i, x) => ({ kind: 'cursorColumn', cursor: current, column: i, of: x }),
    );
  const columns = block.columns.map((c) => ({ ...c, expr: map(c.expr, false) }));
  const exprs = columns.map((c) => c.expr);
  const terms = orderBy.map((t) => ({ ...t, expr: map(t.expr, isCopy(t)) }));
  const sorting = terms.length > 0 ? beginSorting(cg, terms, makeLimits) : null;
  const limits = sorting === null ? makeLimits() : sorting.limits;
  const distinct = block.distinct ? beginDistinct(cg, exprs) : null;
  const waiting = b.newCursor();
  const s: State = {
    plan,
    groupColumn: width,
    current,
    first: b.newCursor(),
    last: b.newCursor(),
    look: b.newCursor(),
    rows: b.newReg(),
    row: b.newReg(),
    group: b.newReg(),
    firstRow: b.newReg(),
    lastRow: b.newReg(),
    startOffset: b.newReg(),
    endOffset: b.newReg(),
    changed: b.newReg(),
    asked: b.newReg(),
    accumulators: b.newRegs(calls),
    results,
    anew: needsAnew(plan),
  };
  b.emit(Opcode.OpenEphemeral, waiting, width + 1);
  for (const c of [s.current, s.first, s.last, s.look]) b.emit(Opcode.OpenDup, c, waiting);
  const flush = b.newLabel();
  const flushReturn = b.newReg();
  const groupNumber = b.newReg();
  b.emit(Opcode.Integer, 0, groupNumber);
  b.emit(Opcode.Integer, 0, s.rows);
  const loops = beginLoops(cg, {
    sources: [plan.source],
    where: [],
    orderBy: null,
    resultExprs: null,
    flags: 0,
    block: null,
    subqueries,
  });
  codeWaitingRow(cg, s, waiting, groupNumber, flush, flushReturn);
  endLoops(cg, loops);
  b.emit(Opcode.Gosub, flushReturn, flush);
  const done = b.newLabel();
  b.emit(Opcode.Goto, 0, done);
  // Subroutine: computes and gives the rows of the partition that waits.
  b.resolve(flush);
  const empty = b.emit(Opcode.Rewind, s.current);
  b.emit(Opcode.Rewind, s.first);
  b.emit(Opcode.Rewind, s.last);
  b.emit(Opcode.Integer, 0, s.row);
  b.emit(Opcode.Integer, 1, s.firstRow);
  b.emit(Opcode.Integer, 1, s.lastRow);
  b.emit(Opcode.Integer, 1, s.changed);
  b.emit(Opcode.Integer, -1, s.asked);
  b.emit(Opcode.Null, 0, s.accumulators, calls > 1 ? s.accumulators + calls - 1 : 0);
  codeFrameOffset(cg, s, 'start');
  codeFrameOffset(cg, s, 'end');
  const top = b.here;
  const next = b.newLabel();
  b.emit(Opcode.AddImm, s.row, 1);
  b.emit(Opcode.Column, s.current, s.groupColumn, s.group);
  codeFrame(cg, s);
  codeValues(cg, s);
  if (distinct === null && sorting !== null) {
    codeSortedRow(cg, sorting, columns, 0, next);
  } else {
    if (distinct === null) codeOffset(cg, limits, next);
    const base = rowRegisters(cg, sorting === null ? dest : { kind: 'discard' }, exprs.length);
    codeColumns(cg, columns, base);
    if (distinct !== null) codeDistinct(cg, distinct, 'unordered', exprs, base, next);
    if (sorting !== null) {
      codeSortedRow(cg, sorting, columns, base, next);
    } else {
      if (distinct !== null) codeOffset(cg, limits, next);
      codeRow(cg, dest, base, exprs.length);
      codeLimit(cg, limits, done);
    }
  }
  b.resolve(next);
  b.emit(Opcode.Next, s.current, top);
  b.emit(Opcode.ResetSorter, waiting);
  b.emit(Opcode.Integer, 0, groupNumber);
  b.emit(Opcode.Integer, 0, s.rows);
  b.jumpHere(empty);
  b.emit(Opcode.Return, flushReturn);
  b.resolve(done);
  if (distinct !== null) b.explain(Opcode.Explain, 'USE TEMP B-TREE FOR DISTINCT');
  if (sorting !== null) endSorting(cg, sorting, dest);
  b.resolve(end);
  return Math.min(limits.fixed ?? loops.rowEstimate, loops.rowEstimate);
}

// -- collecting a partition -------------------------------------------------------------------------

/** Jumps to `differ` when the registers `left` and `right` of these expressions are not equal. */
function codeDiffer(
  cg: Codegen,
  exprs: readonly BoundExpr[],
  left: number,
  right: number,
  differ: Label,
): void {
  const { b } = cg;
  const keyInfo = makeKeyInfo(
    cg.env.encoding,
    exprs.length,
    exprs.map((e) => collationOf(cg, e)),
  );
  const same = b.newLabel();
  b.emit(Opcode.Compare, left, right, exprs.length, keyInfo);
  b.emit(Opcode.Jump, differ, same, differ);
  b.resolve(same);
}

/** One row of the subquery: a new partition lets the one before be computed first. */
function codeWaitingRow(
  cg: Codegen,
  s: State,
  waiting: number,
  groupNumber: number,
  flush: Label,
  flushReturn: number,
): void {
  const { b } = cg;
  const { window, partition, order, source } = s.plan;
  const width = source.columns.length;
  const base = b.newRegs(width + 1);
  for (let i = 0; i < width; i++) {
    codeExprTo(cg, { kind: 'column', source, column: i }, base + i);
  }
  const load = (columns: readonly number[], to: number): void => {
    columns.forEach((column, i) => {
      b.emit(Opcode.SCopy, base + column, to + i);
    });
  };
  if (partition.length > 0) {
    const n = partition.length;
    const now = b.newRegs(n);
    const before = b.newRegs(n);
    const fresh = b.newLabel();
    const go = b.newLabel();
    load(partition, now);
    b.emit(Opcode.IfNot, s.rows, go);
    codeDiffer(cg, window.partitionBy, before, now, fresh);
    b.emit(Opcode.Goto, 0, go);
    b.resolve(fresh);
    b.emit(Opcode.Gosub, flushReturn, flush);
    b.resolve(go);
    b.emit(Opcode.Copy, now, before, n - 1);
  }
  if (order.length > 0) {
    const n = order.length;
    const now = b.newRegs(n);
    const before = b.newRegs(n);
    const fresh = b.newLabel();
    const go = b.newLabel();
    load(order, now);
    b.emit(Opcode.IfNot, groupNumber, fresh);
    codeDiffer(
      cg,
      window.orderBy.map((t) => t.expr),
      before,
      now,
      fresh,
    );
    b.emit(Opcode.Goto, 0, go);
    b.resolve(fresh);
    b.emit(Opcode.AddImm, groupNumber, 1);
    b.emit(Opcode.Copy, now, before, n - 1);
    b.resolve(go);
  }
  b.emit(Opcode.SCopy, groupNumber, base + width);
  const record = b.tempReg();
  b.emit(Opcode.MakeRecord, base, width + 1, record);
  b.emit(Opcode.NewRowid, waiting, s.rows);
  b.emit(Opcode.Insert, waiting, record, s.rows);
  b.releaseTemp(record);
}

// -- moving the frame -------------------------------------------------------------------------------

/** Loads and checks the offset of a PRECEDING or FOLLOWING bound, once a partition. */
function codeFrameOffset(cg: Codegen, s: State, which: 'start' | 'end'): void {
  const { b } = cg;
  const { window } = s.plan;
  const e = which === 'start' ? window.startOffset : window.endOffset;
  if (e === null) return;
  const reg = which === 'start' ? s.startOffset : s.endOffset;
  codeExprTo(cg, e, reg);
  const bad = b.newLabel();
  const good = b.newLabel();
  const zero = b.tempReg();
  b.emit(Opcode.Integer, 0, zero);
  if (window.unit === 'RANGE') {
    const empty = b.tempReg();
    b.emit(Opcode.String8, 0, empty, 0, '');
    b.emit(Opcode.Ge, empty, bad, reg, null, Affinity.Numeric | SQLITE_JUMPIFNULL);
    b.releaseTemp(empty);
  } else {
    b.emit(Opcode.MustBeInt, reg, bad);
  }
  b.emit(Opcode.Ge, zero, good, reg, null, Affinity.Numeric);
  b.releaseTemp(zero);
  b.resolve(bad);
  const kind = window.unit === 'RANGE' ? 'number' : 'integer';
  b.emit(
    Opcode.Halt,
    ResultCode.SQLITE_ERROR,
    ON_CONFLICT_ABORT,
    0,
    `frame ${which === 'start' ? 'starting' : 'ending'} offset must be a non-negative ${kind}`,
  );
  b.resolve(good);
}

/** A test whether the row under `cursor` (number `number`) is on the near side of a frame bound. */
function codeBoundTest(
  cg: Codegen,
  s: State,
  bound: Bound,
  offset: number,
  cursor: number,
  number: number,
): (inclusive: boolean, beyond: Label) => void {
  const { b } = cg;
  const { window, order } = s.plan;
  const limit = b.newReg();
  const forward = bound === 'following';
  if (window.unit === 'RANGE' && bound !== 'current') {
    // By value: FOLLOWING is the current row's value and the offset against the frame row's, PRECEDING the
    // frame row's and the offset against the current's (REALs are rounded that way, and nothing overflows).
    // Text, blobs and NULL have only their peers.
    const term = window.orderBy[0]!;
    const column = order[0]!;
    b.emit(Opcode.Column, s.current, column, limit);
    const shift = (register: number): void => {
      const skip = b.emit(Opcode.IsType, -1, 0, register, null, TYPE_TEXT | TYPE_BLOB | TYPE_NULL);
      b.emit(term.desc ? Opcode.Subtract : Opcode.Add, offset, register, register);
      b.jumpHere(skip);
    };
    if (forward) shift(limit);
    const keyInfo = makeKeyInfo(
      cg.env.encoding,
      1,
      [collationOf(cg, term.expr)],
      [sortFlags(term)],
    );
    return (inclusive, beyond) => {
      const value = b.tempReg();
      const near = b.newLabel();
      b.emit(Opcode.Column, cursor, column, value);
      if (!forward) shift(value);
      b.emit(Opcode.Compare, value, limit, 1, keyInfo);
      b.emit(Opcode.Jump, near, inclusive ? near : beyond, beyond);
      b.resolve(near);
      b.releaseTemp(value);
    };
  }
  const own = window.unit === 'ROWS' ? s.row : s.group;
  if (bound === 'current') b.emit(Opcode.SCopy, own, limit);
  else b.emit(forward ? Opcode.Add : Opcode.Subtract, offset, own, limit);
  return (inclusive, beyond) => {
    let at = number;
    let temp = 0;
    if (window.unit !== 'ROWS') {
      temp = b.tempReg();
      at = temp;
      b.emit(Opcode.Column, cursor, s.groupColumn, at);
    }
    b.emit(inclusive ? Opcode.Gt : Opcode.Ge, limit, beyond, at);
    b.releaseTemp(temp);
  };
}

/** Steps (or takes back) the row under `cursor` for all calls that accumulate. */
function codeSteps(cg: Codegen, s: State, cursor: number, inverse: boolean): void {
  const { b } = cg;
  s.plan.calls.forEach((c, i) => {
    if (callKind(s, c) !== 'step') return;
    const skip = b.newLabel();
    if (c.filter >= 0) {
      const test = b.tempReg();
      b.emit(Opcode.Column, cursor, c.filter, test);
      b.emit(Opcode.IfNot, test, skip, 1);
      b.releaseTemp(test);
    }
    const count = c.args.length;
    const base = count === 0 ? 0 : b.newRegs(count);
    c.args.forEach((column, k) => {
      b.emit(Opcode.Column, cursor, column, base + k);
    });
    const call = functionCall(cg, c);
    if (inverse) b.emit(Opcode.AggInverse, 1, base, s.accumulators + i, call);
    else b.emit(Opcode.AggStep, 0, base, s.accumulators + i, call);
    b.resolve(skip);
  });
  b.emit(Opcode.Integer, 1, s.changed);
}

/** Moves the frame to the current row. */
function codeFrame(cg: Codegen, s: State): void {
  const { b } = cg;
  const { window, calls } = s.plan;
  const done = b.newLabel();
  const { start, end } = window;
  if (
    window.unit !== 'RANGE' &&
    start === end &&
    (start === 'following' || start === 'preceding')
  ) {
    // The start may lie behind the end: then nothing is ever in the frame.
    const some = b.newLabel();
    b.emit(start === 'following' ? Opcode.Le : Opcode.Ge, s.endOffset, some, s.startOffset);
    b.emit(
      Opcode.Null,
      0,
      s.accumulators,
      calls.length > 1 ? s.accumulators + calls.length - 1 : 0,
    );
    b.emit(Opcode.Integer, 1, s.changed);
    b.emit(Opcode.Goto, 0, done);
    b.resolve(some);
  }
  if (endGoesFirst(s.plan)) {
    codeFrameEnd(cg, s);
    codeFrameStart(cg, s);
  } else {
    codeFrameStart(cg, s);
    codeFrameEnd(cg, s);
  }
  b.resolve(done);
}

/** True when rows come in before others go out. */
function endGoesFirst({ window }: WindowPlan): boolean {
  if (window.start === 'following') return true;
  return window.unit === 'RANGE' && window.end === 'preceding';
}

/** Lets in the rows up to the end of the frame. */
function codeFrameEnd(cg: Codegen, s: State): void {
  const { b } = cg;
  const { window } = s.plan;
  const done = b.newLabel();
  const test =
    window.end === 'unbounded'
      ? null
      : codeBoundTest(cg, s, window.end, s.endOffset, s.last, s.lastRow);
  const top = b.here;
  b.emit(Opcode.Gt, s.rows, done, s.lastRow);
  test?.(true, done);
  if (window.start === 'following' && window.end === 'following' && window.unit !== 'RANGE') {
    codeMakeRoom(cg, s);
  }
  if (!s.anew) codeSteps(cg, s, s.last, false);
  b.emit(Opcode.AddImm, s.lastRow, 1);
  b.emit(Opcode.Next, s.last, top);
  b.resolve(done);
}

/** Lets out the rows before the start of the frame. */
function codeFrameStart(cg: Codegen, s: State): void {
  const { window } = s.plan;
  if (window.start === 'unbounded') return;
  codeOut(cg, s, codeBoundTest(cg, s, window.start, s.startOffset, s.first, s.firstRow));
}

/** Rows go out that are in no frame together with the row under `last`, which comes in next. */
function codeMakeRoom(cg: Codegen, s: State): void {
  const { b } = cg;
  const rows = s.plan.window.unit === 'ROWS';
  const limit = b.newReg();
  const width = b.tempReg();
  const at = b.tempReg();
  b.emit(Opcode.Subtract, s.startOffset, s.endOffset, width);
  if (rows) b.emit(Opcode.SCopy, s.lastRow, at);
  else b.emit(Opcode.Column, s.last, s.groupColumn, at);
  b.emit(Opcode.Subtract, width, at, limit);
  b.releaseTemp(at);
  b.releaseTemp(width);
  codeOut(cg, s, (_, beyond) => {
    const number = rows ? s.firstRow : b.tempReg();
    if (!rows) b.emit(Opcode.Column, s.first, s.groupColumn, number);
    b.emit(Opcode.Ge, limit, beyond, number);
    if (!rows) b.releaseTemp(number);
  });
}

/** Lets rows of the frame out while `test` does not jump. */
function codeOut(cg: Codegen, s: State, test: (inclusive: boolean, beyond: Label) => void): void {
  const { b } = cg;
  const done = b.newLabel();
  const top = b.here;
  b.emit(Opcode.Ge, s.lastRow, done, s.firstRow);
  test(false, done);
  if (!s.anew) codeSteps(cg, s, s.first, true);
  b.emit(Opcode.AddImm, s.firstRow, 1);
  b.emit(Opcode.Next, s.first, top);
  b.resolve(done);
}

// -- values -----------------------------------------------------------------------------------------

function codeValues(cg: Codegen, s: State): void {
  const { b } = cg;
  const { plan } = s;
  const stepped = plan.calls.some((c) => callKind(s, c) === 'step');
  if (s.anew) codeFrameAnew(cg, s);
  if (stepped) {
    if (plan.calls.some((c) => c.expr.def.user === true)) codeAsked(cg, s);
    const same = s.anew ? -1 : b.emit(Opcode.IfNot, s.changed);
    s.plan.calls.forEach((c, i) => {
      if (callKind(s, c) !== 'step') return;
      const call = functionCall(cg, c);
      b.emit(Opcode.AggValue, s.accumulators + i, c.args.length, s.results + i, call);
    });
    b.emit(Opcode.Integer, 0, s.changed);
    if (same >= 0) b.jumpHere(same);
  }
  s.plan.calls.forEach((c, i) => {
    switch (callKind(s, c)) {
      case 'lag':
      case 'lead':
        codeNeighbour(cg, s, c, s.results + i);
        break;
      case 'first_value':
        codeNth(cg, s, c, false, s.results + i);
        break;
      case 'nth_value':
        codeNth(cg, s, c, true, s.results + i);
        break;
      case 'step':
        break;
    }
  });
}

/** Users' functions are asked at each row, or at each peer group. */
function codeAsked(cg: Codegen, s: State): void {
  const { b } = cg;
  const same = b.newLabel();
  if (s.plan.window.unit !== 'ROWS') b.emit(Opcode.Eq, s.group, same, s.asked);
  b.emit(Opcode.Integer, 1, s.changed);
  b.emit(Opcode.SCopy, s.group, s.asked);
  b.resolve(same);
}

/** Fills the accumulators with the frame's rows, without those that EXCLUDE names. */
function codeFrameAnew(cg: Codegen, s: State): void {
  const { b } = cg;
  const { calls, window } = s.plan;
  const n = calls.length;
  const done = b.newLabel();
  const next = b.newLabel();
  const at = b.newReg();
  b.emit(Opcode.Null, 0, s.accumulators, n > 1 ? s.accumulators + n - 1 : 0);
  b.emit(Opcode.Copy, s.firstRow, at);
  b.emit(Opcode.Ge, s.lastRow, done, at);
  b.emit(Opcode.SeekRowid, s.look, done, at);
  const top = b.here;
  b.emit(Opcode.Ge, s.lastRow, done, at);
  if (window.exclude === 'CURRENT ROW') {
    b.emit(Opcode.Eq, s.row, next, at);
  } else if (window.exclude === 'GROUP' || window.exclude === 'TIES') {
    const use = b.newLabel();
    const group = b.tempReg();
    if (window.exclude === 'TIES') b.emit(Opcode.Eq, s.row, use, at);
    b.emit(Opcode.Column, s.look, s.groupColumn, group);
    b.emit(Opcode.Eq, s.group, next, group);
    b.releaseTemp(group);
    b.resolve(use);
  }
  codeSteps(cg, s, s.look, false);
  b.resolve(next);
  b.emit(Opcode.AddImm, at, 1);
  b.emit(Opcode.Next, s.look, top);
  b.resolve(done);
}

/** lag(x, offset, default) and lead(...): a row of the partition by its distance. */
function codeNeighbour(cg: Codegen, s: State, c: WindowCall, result: number): void {
  const { b } = cg;
  const [value, offset, otherwise] = c.args;
  const none = b.newLabel();
  const row = b.tempReg();
  if (otherwise === undefined) b.emit(Opcode.Null, 0, result);
  else b.emit(Opcode.Column, s.current, otherwise, result);
  const forward = c.expr.def.name.toLowerCase() === 'lead';
  const distance = b.tempReg();
  if (offset === undefined) b.emit(Opcode.Integer, 1, distance);
  else b.emit(Opcode.Column, s.current, offset, distance);
  b.emit(forward ? Opcode.Add : Opcode.Subtract, distance, s.row, row);
  b.emit(Opcode.SeekRowid, s.look, none, row);
  b.emit(Opcode.Column, s.look, value!, result);
  b.resolve(none);
  b.releaseTemp(distance);
  b.releaseTemp(row);
}

/** first_value(x), nth_value(x, n): a row of the frame by its number. */
function codeNth(cg: Codegen, s: State, c: WindowCall, nth: boolean, result: number): void {
  const { b } = cg;
  const none = b.newLabel();
  const row = b.tempReg();
  b.emit(Opcode.Null, 0, result);
  b.emit(Opcode.Copy, s.firstRow, row);
  if (nth) {
    const n = b.tempReg();
    const zero = b.tempReg();
    const good = b.newLabel();
    const bad = b.newLabel();
    b.emit(Opcode.Column, s.current, c.args[1]!, n);
    b.emit(Opcode.MustBeInt, n, bad);
    b.emit(Opcode.Integer, 0, zero);
    b.emit(Opcode.Gt, zero, good, n);
    b.resolve(bad);
    b.emit(
      Opcode.Halt,
      ResultCode.SQLITE_ERROR,
      ON_CONFLICT_ABORT,
      0,
      'second argument to nth_value must be a positive integer',
    );
    b.resolve(good);
    b.emit(Opcode.Add, n, row, row);
    b.emit(Opcode.AddImm, row, -1);
    b.releaseTemp(zero);
    b.releaseTemp(n);
  }
  b.emit(Opcode.Ge, s.lastRow, none, row);
  b.emit(Opcode.SeekRowid, s.look, none, row);
  b.emit(Opcode.Column, s.look, c.args[0]!, result);
  b.resolve(none);
  b.releaseTemp(row);
}
