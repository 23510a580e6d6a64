/**
 * The IN operator: finding or building the set on its right side, and the membership test with
 * three-valued logic. https://www.sqlite.org/lang_expr.html#in_op
 *
 * With left side L and set R: a match is true; without one it is NULL when L has a NULL (and R is not
 * empty) or a row of R that could match has one; else false.
 */
import type { BoundExpr, QueryBlock } from '../bind/tree.ts';
import {
  canBeNull,
  combineAffinity,
  compareAffinity,
  compareCollation,
  exprAffinity,
  exprCollation,
  vectorField,
  vectorSize,
} from '../bind/types.ts';
import type { Index } from '../catalog/types.ts';
import { makeKeyInfo } from '../values/keyinfo.ts';
import { Affinity } from '../values/value.ts';
import { OPFLAG_TYPEOFARG, SQLITE_JUMPIFNULL } from '../vm/flags.ts';
import { Opcode } from '../vm/opcode.ts';
import type { Label } from './builder.ts';
import type { Codegen } from './context.ts';
import { codeExprTemp, codeExprTo, codeExprVector, isConstantExpr } from './expr.ts';
import { emitCompare } from './expr-compare.ts';
import { queryNumber } from './numbering.ts';
import { collationByName, openIndexCursor, openTableCursor } from './open.ts';
import { codeSelect } from './select.ts';
import { beginSubroutine, codeAgain, endSubroutine, rememberSubroutine } from './subroutine.ts';

export type InExpr = BoundExpr & { readonly kind: 'inList' | 'inQuery' };

/** Where the values of the right side are. */
export interface InRhs {
  /**
   * rowid: cursor of a table, its rowids are the set; indexAsc, indexDesc: an index of a table;
   * ephemeral: an index made for this; noop: nothing was made (a short list: compare one by one).
   */
  readonly type: 'rowid' | 'indexAsc' | 'indexDesc' | 'ephemeral' | 'noop';
  readonly cursor: number;
  /** Field i of the left side is column map[i] of the cursor; null: the same. */
  readonly map: readonly number[] | null;
  /** Register that is NULL when the set has a NULL (scalars only); 0: it cannot have one, or unknown. */
  readonly nullReg: number;
}

export interface InOptions {
  /** A short list may be compared one by one. */
  readonly allowNoop?: boolean;
  /** The test must tell false from NULL. */
  readonly wantNull?: boolean;
}

// -- finding a table or index ---------------------------------------------------------------------

/** The query when it is nothing but columns of one table: its tree may serve as the set. */
function plainColumns(e: InExpr): { block: QueryBlock; columns: readonly number[] } | null {
  if (e.kind !== 'inQuery' || e.correlated || e.query.kind !== 'block') return null;
  const block = e.query;
  const source = block.sources[0];
  if (
    block.sources.length !== 1 ||
    source === undefined ||
    source.table === null ||
    source.table.kind !== 'table' ||
    source.query !== null ||
    block.isAggregate ||
    block.distinct ||
    block.limit !== null ||
    block.where.length > 0
  ) {
    return null;
  }
  const columns: number[] = [];
  for (const c of block.columns) {
    if (c.expr.kind !== 'column' || c.expr.source.id !== source.id) return null;
    const isKey = c.expr.column < 0 || c.expr.column === source.table.rowidColumn;
    columns.push(isKey ? -1 : c.expr.column);
  }
  return { block, columns };
}

/** The left side's affinity does not change what the index's order finds. */
function affinityFits(e: InExpr, block: QueryBlock): boolean {
  return block.columns.every((c, i) => {
    const columnAffinity = exprAffinity(c.expr);
    const affinity = combineAffinity(exprAffinity(vectorField(e.operand, i)), columnAffinity);
    return affinity === Affinity.Blob || affinity === Affinity.Text
      ? true
      : columnAffinity >= Affinity.Numeric;
  });
}

/** For each field of the left side its place in the index's leading columns; null if it does not fit. */
function matchIndex(
  e: InExpr,
  block: QueryBlock,
  columns: readonly number[],
  index: Index,
  mustBeUnique: boolean,
): number[] | null {
  const n = columns.length;
  if (index.columns.length < n || index.where !== null) return null;
  if (index.isPrimaryTree && index.keyColumns.length < n) return null;
  if (mustBeUnique) {
    if (index.keyColumns.length > n) return null;
    if (index.columns.length > n && !index.unique) return null;
  }
  const map: number[] = [];
  const used = new Set<number>();
  const rowidColumn = block.sources[0]!.table!.rowidColumn;
  for (let i = 0; i < n; i++) {
    const wanted = compareCollation(vectorField(e.operand, i), block.columns[i]!.expr);
    let at = -1;
    for (let j = 0; j < n; j++) {
      const c = index.columns[j]!;
      const column = c.column === rowidColumn ? -1 : c.column;
      if (column !== columns[i] || used.has(j)) continue;
      if (c.collation.toLowerCase() !== wanted.toLowerCase()) continue;
      at = j;
      break;
    }
    if (at < 0) return null;
    used.add(at);
    map.push(at);
  }
  return map;
}

// -- the right side -------------------------------------------------------------------------------

/** Affinity letters that the comparison applies, one a field. */
function inAffinities(e: InExpr): string {
  const letters: number[] = [];
  for (let i = 0; i < vectorSize(e.operand); i++) {
    const left = exprAffinity(vectorField(e.operand, i));
    if (e.kind === 'inQuery') {
      letters.push(combineAffinity(exprAffinity(e.query.columns[i]!.expr), left));
    } else {
      letters.push(left <= Affinity.None ? Affinity.Blob : left);
    }
  }
  return String.fromCharCode(...letters);
}

/** r[reg] = NULL when the first entry of the set is NULL (NULL sorts first), else not NULL. */
function codeHasNull(cg: Codegen, cursor: number, reg: number): void {
  const { b } = cg;
  b.emit(Opcode.Integer, 0, reg);
  const empty = b.emit(Opcode.Rewind, cursor);
  b.emit(Opcode.Column, cursor, 0, reg, null, OPFLAG_TYPEOFARG);
  b.jumpHere(empty);
}

/**
 * Finds or builds the set of an IN operator. `mode` 'membership': it is asked for single keys; 'loop':
 * the caller walks over it (entries are distinct and in order).
 */
export function codeInRhs(
  cg: Codegen,
  e: InExpr,
  mode: 'membership' | 'loop',
  options: InOptions = {},
): InRhs {
  const { b } = cg;
  const cursor = b.newCursor();
  const plain = plainColumns(e);
  let wantNull = options.wantNull === true;
  if (e.kind === 'inQuery' && e.query.columns.every((c) => !canBeNull(c.expr))) wantNull = false;
  if (plain !== null) {
    const source = plain.block.sources[0]!;
    const table = source.table!;
    if (plain.columns.length === 1 && plain.columns[0] === -1 && !table.withoutRowid) {
      const once = b.emit(Opcode.Once);
      openTableCursor(cg, cursor, source.db, table, false);
      b.explain(Opcode.Explain, `USING ROWID SEARCH ON TABLE ${table.name} FOR IN-OPERATOR`);
      b.jumpHere(once);
      return { type: 'rowid', cursor, map: null, nullReg: 0 };
    }
    if (affinityFits(e, plain.block)) {
      for (const index of table.indexes) {
        const map = matchIndex(e, plain.block, plain.columns, index, mode === 'loop');
        if (map === null) continue;
        const once = b.emit(Opcode.Once);
        b.explain(Opcode.Explain, `USING INDEX ${index.name} FOR IN-OPERATOR`);
        openIndexCursor(cg, cursor, source.db, index, false);
        let nullReg = 0;
        if (wantNull) {
          nullReg = b.newReg();
          if (map.length === 1) codeHasNull(cg, cursor, nullReg);
        }
        b.jumpHere(once);
        const desc = index.columns[0]!.desc;
        return { type: desc ? 'indexDesc' : 'indexAsc', cursor, map, nullReg };
      }
    }
  }
  if (
    options.allowNoop === true &&
    e.kind === 'inList' &&
    (e.items.length <= 2 || !e.items.every(isConstantExpr))
  ) {
    return { type: 'noop', cursor, map: null, nullReg: 0 };
  }
  codeInSet(cg, e, cursor, mode);
  let nullReg = 0;
  if (wantNull && mode === 'membership') {
    nullReg = b.newReg();
    if (vectorSize(e.operand) === 1) codeHasNull(cg, cursor, nullReg);
  }
  return { type: 'ephemeral', cursor, map: null, nullReg };
}

/** Fills the ephemeral index `cursor`; once a run unless the right side is correlated. */
function codeInSet(cg: Codegen, e: InExpr, cursor: number, mode: 'membership' | 'loop'): void {
  const { b } = cg;
  const correlated = e.kind === 'inQuery' ? e.correlated : !e.items.every(isConstantExpr);
  const shared = !correlated && cg.self === null;
  if (
    shared &&
    codeAgain(cg, e.copyOf ?? e, (known) => {
      const number = e.kind === 'inQuery' ? queryNumber(cg, e.query) : 0;
      if (e.kind === 'inQuery') b.explain(Opcode.Explain, `REUSE LIST SUBQUERY ${number}`);
      return () => b.emit(Opcode.OpenDup, cursor, known);
    }) !== null
  ) {
    return;
  }
  const routine = shared ? beginSubroutine(cg) : null;
  const fields = vectorSize(e.operand);
  const operandCollation = (i: number) =>
    e.kind === 'inQuery'
      ? compareCollation(vectorField(e.operand, i), e.query.columns[i]!.expr)
      : (exprCollation(e.operand)?.name ?? 'BINARY');
  const collations = [];
  for (let i = 0; i < fields; i++) collations.push(collationByName(cg.env, operandCollation(i)));
  b.emit(Opcode.OpenEphemeral, cursor, fields, 0, makeKeyInfo(cg.env.encoding, fields, collations));
  if (e.kind === 'inQuery') {
    const id = b.explain(
      Opcode.Explain,
      `${shared ? '' : 'CORRELATED '}LIST SUBQUERY ${queryNumber(cg, e.query)}`,
    );
    b.explainPush(id);
    const bloom = shared && mode === 'membership';
    codeSelect(cg, e.query, { kind: 'set', cursor, affinities: inAffinities(e), bloom });
    b.explainPop();
  } else {
    let affinity = exprAffinity(e.operand);
    if (affinity <= Affinity.None) affinity = Affinity.Blob;
    else if (affinity === Affinity.Real) affinity = Affinity.Numeric;
    const value = b.tempReg();
    const record = b.tempReg();
    for (const item of e.items) {
      codeExprTo(cg, item, value);
      b.emit(Opcode.MakeRecord, value, 1, record, String.fromCharCode(affinity));
      b.emit(Opcode.IdxInsert, cursor, record, value, 1);
    }
    b.releaseTemp(record);
    b.releaseTemp(value);
  }
  if (routine !== null) {
    b.emit(Opcode.NullRow, cursor);
    endSubroutine(cg, routine);
    rememberSubroutine(cg, e.copyOf ?? e, routine, cursor);
  }
}

// -- membership -----------------------------------------------------------------------------------

/** Goes to `no` when the operator is false, to `unknown` when it is NULL, on when it is true. */
export function codeInJump(cg: Codegen, e: InExpr, no: Label, unknown: Label): void {
  const { b } = cg;
  const tells = no !== unknown;
  const rhs = codeInRhs(cg, e, 'membership', { allowNoop: true, wantNull: tells });
  if (rhs.type === 'noop') {
    codeInComparisons(cg, e as BoundExpr & { kind: 'inList' }, no, unknown);
    return;
  }
  const count = vectorSize(e.operand);
  const left = b.newRegs(count);
  if (rhs.map === null || rhs.map.every((to, i) => to === i)) {
    codeExprVector(cg, e.operand, left);
  } else {
    const plain = b.newRegs(count);
    codeExprVector(cg, e.operand, plain);
    rhs.map.forEach((to, i) => {
      b.emit(Opcode.Copy, plain + i, left + to);
    });
  }
  const place = (i: number): number => left + (rhs.map === null ? i : rhs.map[i]!);
  const onNull = tells ? b.newLabel() : no;
  for (let i = 0; i < count; i++) {
    if (canBeNull(vectorField(e.operand, i))) b.emit(Opcode.IsNull, place(i), onNull);
  }
  const yes = b.newLabel();
  if (rhs.type === 'rowid') {
    b.emit(Opcode.SeekRowid, rhs.cursor, no, left);
    b.emit(Opcode.Goto, 0, yes);
  } else {
    const letters = inAffinities(e);
    const placed = [...letters];
    if (rhs.map !== null) for (let i = 0; i < count; i++) placed[rhs.map[i]!] = letters[i]!;
    b.emit(Opcode.Affinity, left, count, 0, placed.join(''));
    if (!tells) {
      b.emit(Opcode.NotFound, rhs.cursor, no, left, count);
      return;
    }
    b.emit(Opcode.Found, rhs.cursor, yes, left, count);
  }
  if (rhs.nullReg > 0 && count === 1) b.emit(Opcode.NotNull, rhs.nullReg, no);
  if (!tells) {
    b.emit(Opcode.Goto, 0, no);
    b.resolve(yes);
    return;
  }
  // A NULL is in play: any row of the set that is not certainly different makes it NULL.
  b.resolve(onNull);
  const empty = b.emit(Opcode.Rewind, rhs.cursor, no);
  const different = count > 1 ? b.newLabel() : no;
  for (let i = 0; i < count; i++) {
    const field = vectorField(e.operand, i);
    const other = e.kind === 'inQuery' ? e.query.columns[i]!.expr : e.operand;
    const value = b.tempReg();
    if (rhs.type === 'rowid') b.emit(Opcode.Rowid, rhs.cursor, value);
    else b.emit(Opcode.Column, rhs.cursor, rhs.map === null ? i : rhs.map[i]!, value);
    const collation = collationByName(cg.env, compareCollation(field, other));
    b.emit(Opcode.Ne, place(i), different, value, collation);
    b.releaseTemp(value);
  }
  b.emit(Opcode.Goto, 0, unknown);
  if (count > 1) {
    b.resolve(different);
    b.emit(Opcode.Next, rhs.cursor, empty + 1);
    b.emit(Opcode.Goto, 0, no);
  }
  b.resolve(yes);
}

/** x IN (a, b, c) by comparing with one after the other. */
function codeInComparisons(
  cg: Codegen,
  e: BoundExpr & { kind: 'inList' },
  no: Label,
  unknown: Label,
): void {
  const { b } = cg;
  const tells = no !== unknown;
  const { operand, items } = e;
  if (items.length === 0) {
    b.emit(Opcode.Goto, 0, no);
    return;
  }
  const left = codeExprTemp(cg, operand);
  const yes = b.newLabel();
  const nulls = tells ? b.tempReg() : 0;
  if (tells) b.emit(Opcode.BitAnd, left.reg, left.reg, nulls);
  // The affinity is that of the left side alone; items count as having none.
  const leftOnly: BoundExpr = { kind: 'constant', value: null };
  const collationSide = operand;
  items.forEach((item, i) => {
    const r = codeExprTemp(cg, item);
    if (tells && canBeNull(item)) b.emit(Opcode.BitAnd, nulls, r.reg, nulls);
    const last = i === items.length - 1;
    if (!last || tells) {
      emitCompare(cg, '=', collationSide, leftOnly, left.reg, r.reg, yes, 0);
    } else {
      emitCompare(cg, '<>', collationSide, leftOnly, left.reg, r.reg, no, SQLITE_JUMPIFNULL);
    }
    b.releaseTemp(r.temp);
  });
  if (tells) {
    b.emit(Opcode.IsNull, nulls, unknown);
    b.emit(Opcode.Goto, 0, no);
    b.releaseTemp(nulls);
  }
  b.resolve(yes);
  b.releaseTemp(left.temp);
}

/** Affinity of the comparison `operand IN (...)` with field `i` (for planners). */
export function inFieldAffinity(e: InExpr, i: number): Affinity {
  const field = vectorField(e.operand, i);
  if (e.kind === 'inQuery') return compareAffinity(field, e.query.columns[i]!.expr);
  const own = exprAffinity(field);
  return own <= Affinity.None ? Affinity.Blob : own;
}
