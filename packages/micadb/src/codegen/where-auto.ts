/**
 * Automatic indexes and Bloom filters: made once a run of the query, before the loop that uses them.
 * https://www.sqlite.org/optoverview.html#autoindex
 */
import { type BoundExpr, SELF_ID } from '../bind/tree.ts';
import { mapExpr, sourcesUsed } from '../bind/types.ts';
import { usedColumns } from '../plan/indexes.ts';
import { termCanDriveIndex } from '../plan/loops.ts';
import { type Term, TermFlag } from '../plan/terms.ts';
import { LoopFlag, type PlanIndex, type PlanIndexColumn, type SourceMask } from '../plan/types.ts';
import { makeKeyInfo } from '../values/keyinfo.ts';
import { Affinity } from '../values/value.ts';
import { Opcode } from '../vm/opcode.ts';
import type { Codegen } from './context.ts';
import { codeExprTo, jumpIfFalse } from './expr.ts';
import { collationByName } from './open.ts';
import { explainBloomFilter } from './where-explain.ts';
import {
  isDeterministic,
  isLeftJoin,
  isRightJoin,
  type Level,
  type OpenWhere,
} from './where-state.ts';

const BLOOM_BYTES = 10000;

/** The condition speaks of this source only, and may be tested while the index is filled. */
function isOwnCondition(term: Term, level: Level): boolean {
  const { source } = level;
  if (isRightJoin(source) || source.leftOfRight) return false;
  if (isLeftJoin(source)) {
    if (term.outerOn !== source.id) return false;
  } else if (term.outerOn >= 0) {
    return false;
  }
  for (const id of sourcesUsed(term.expr)) if (id !== source.id) return false;
  return isDeterministic(term.expr);
}

function columnExpr(level: Level, column: number): BoundExpr {
  return { kind: 'column', source: level.source, column };
}

/** Chooses the columns, builds the index and makes the level use it. */
export function codeAutomaticIndex(
  cg: Codegen,
  w: OpenWhere,
  level: Level,
  notReady: SourceMask,
): void {
  const { b } = cg;
  const { loop, source } = level;
  const once = b.emit(Opcode.Once);
  const terms: Term[] = [];
  const key: number[] = [];
  const partial: BoundExpr[] = [];
  for (const term of w.planned.clause.terms) {
    if ((term.flags & TermFlag.Virtual) === 0 && isOwnCondition(term, level)) {
      partial.push(term.expr);
    }
    if (!termCanDriveIndex(term, source, notReady)) continue;
    if (key.includes(term.column)) continue;
    key.push(term.column);
    terms.push(term);
  }
  const columns: PlanIndexColumn[] = terms.map((t) => ({
    column: t.column,
    declared: t.column,
    expr: null,
    collation: t.collation,
    desc: false,
  }));
  const used = source.table === null || source.query !== null ? null : usedColumns(source);
  source.columns.forEach((_, i) => {
    if (key.includes(i) || (used !== null && !used.has(i))) return;
    columns.push({ column: i, declared: i, expr: null, collation: 'BINARY', desc: false });
  });
  columns.push({ column: -1, declared: -1, expr: null, collation: 'BINARY', desc: false });
  const index: PlanIndex = {
    index: null,
    kind: 'auto',
    keyCount: key.length,
    columns,
    unique: false,
    uniqueNotNull: false,
    rowLogEst: [],
    hasStat1: false,
    unordered: false,
    noSkipScan: false,
    rowSize: 0,
    where: null,
    hasExpr: false,
    fixed: new Map(),
  };
  loop.index = index;
  loop.terms = terms;
  loop.eq = terms.length;
  loop.flags =
    LoopFlag.ColumnEq |
    LoopFlag.IndexOnly |
    LoopFlag.Indexed |
    LoopFlag.AutoIndex |
    (partial.length > 0 ? LoopFlag.PartialIndex : 0) |
    (loop.flags & LoopFlag.Transitive);
  level.indexCursor = b.newCursor();
  level.redirect = index;
  const keyInfo = makeKeyInfo(
    cg.env.encoding,
    columns.length,
    columns.map((c) => collationByName(cg.env, c.collation)),
  );
  const opened = b.emit(Opcode.OpenAutoindex, level.indexCursor, columns.length, 0, keyInfo);
  const isBinary = keyInfo.collations.slice(0, key.length).every((c) => c.kind === 'binary');
  if (isBinary) level.hashable = opened;
  // All texts hash alike in the filter: it needs a column that may hold numbers.
  if (key.some((c) => source.columns[c]!.affinity !== Affinity.Text)) {
    explainBloomFilter(cg, level);
    level.filter = b.newReg();
    level.filterCode.push(b.emit(Opcode.Blob, BLOOM_BYTES, level.filter));
  }

  const access = w.input.subqueries?.get(source.id);
  // Equal rows must not become one entry: where there is no rowid, a number makes them differ.
  const hasRowid =
    access?.kind !== 'coroutine' && (source.query !== null || source.table?.withoutRowid !== true);
  let top: number;
  if (access?.kind === 'coroutine') {
    b.emit(Opcode.InitCoroutine, access.yieldReg, 0, access.start);
    top = b.emit(Opcode.Yield, access.yieldReg);
  } else {
    top = b.emit(Opcode.Rewind, level.cursor);
  }
  const skip = b.newLabel();
  for (const e of partial) jumpIfFalse(cg, e, skip, true);
  const base = b.newRegs(columns.length);
  const record = b.newReg();
  columns.forEach((c, i) => {
    if (c.column >= 0) codeExprTo(cg, columnExpr(level, c.column), base + i);
    else if (!hasRowid) b.emit(Opcode.Sequence, level.indexCursor, base + i);
    else b.emit(Opcode.Rowid, level.cursor, base + i);
  });
  if (level.filter > 0) {
    level.filterCode.push(b.emit(Opcode.FilterAdd, level.filter, 0, base, key.length));
  }
  b.emit(Opcode.MakeRecord, base, columns.length, record);
  b.emit(Opcode.IdxInsert, level.indexCursor, record);
  b.resolve(skip);
  if (access?.kind === 'coroutine') b.emit(Opcode.Goto, 0, top);
  else b.emit(Opcode.Next, level.cursor, top + 1);
  b.jumpHere(top);
  b.jumpHere(once);
  // From here on the rows are in the index, not in the coroutine's registers.
  if (access?.kind === 'coroutine') cg.sourceRegisters.delete(source.id);
}

/** A Bloom filter over the keys of rows that the source's own conditions let through. */
export function codeBloomFilter(cg: Codegen, w: OpenWhere, level: Level): void {
  const { b } = cg;
  const { loop } = level;
  const once = b.emit(Opcode.Once);
  explainBloomFilter(cg, level);
  level.filter = b.newReg();
  b.emit(Opcode.Blob, BLOOM_BYTES, level.filter);
  const top = b.emit(Opcode.Rewind, level.cursor);
  const skip = b.newLabel();
  for (const term of w.planned.clause.terms) {
    if ((term.flags & TermFlag.Virtual) !== 0 || !isOwnCondition(term, level)) continue;
    jumpIfFalse(cg, term.expr, skip, true);
  }
  if ((loop.flags & LoopFlag.Rowid) !== 0) {
    const reg = b.newReg();
    b.emit(Opcode.Rowid, level.cursor, reg);
    b.emit(Opcode.FilterAdd, level.filter, 0, reg, 1);
  } else {
    const index = loop.index!;
    const base = b.newRegs(loop.eq);
    for (let i = 0; i < loop.eq; i++) {
      const c = index.columns[i]!;
      const e: BoundExpr =
        c.expr === null ? columnExpr(level, c.column) : selfToSource(c.expr, level);
      codeExprTo(cg, e, base + i);
    }
    b.emit(Opcode.FilterAdd, level.filter, 0, base, loop.eq);
  }
  b.resolve(skip);
  b.emit(Opcode.Next, level.cursor, top + 1);
  b.jumpHere(top);
  b.jumpHere(once);
}

function selfToSource(e: BoundExpr, level: Level): BoundExpr {
  return mapExpr(e, (x) =>
    x.kind === 'column' && x.source.id === SELF_ID ? columnExpr(level, x.column) : x,
  );
}
