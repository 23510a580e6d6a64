/** DISTINCT: rows that were given before are left out. */
import type { BoundExpr } from '../bind/tree.ts';
import { OPFLAG_USESEEKRESULT, SQLITE_NULLEQ } from '../vm/flags.ts';
import { Opcode } from '../vm/opcode.ts';
import type { Label } from './builder.ts';
import type { Codegen } from './context.ts';
import { collationOf, keyInfoOfExprs } from './open.ts';

export type DistinctKind = 'noop' | 'unique' | 'ordered' | 'unordered';

export interface Distinct {
  readonly cursor: number;
  readonly exprs: readonly BoundExpr[];
  /** The instruction that opens the ephemeral index; -1 while it is not coded yet. */
  opened: number;
  /** A line of EXPLAIN QUERY PLAN that goes with it, -1 none. */
  explained: number;
  /**
   * What is needed in place of the index: nothing (rows are unique), or the registers of the row
   * before (equal rows come together).
   */
  instead: 'index' | 'nothing' | { readonly previous: number };
}

export function newDistinct(cg: Codegen, exprs: readonly BoundExpr[]): Distinct {
  return { cursor: cg.b.newCursor(), exprs, opened: -1, explained: -1, instead: 'index' };
}

/** Codes what must be done before the first row. `explain`: the plan's line for it. */
export function openDistinct(cg: Codegen, d: Distinct, explain: string | null = null): void {
  const { b } = cg;
  if (d.instead === 'nothing') return;
  if (d.instead !== 'index') {
    // A "cleared" NULL: the first row differs from it even if it is NULL itself.
    b.emit(Opcode.Null, 1, d.instead.previous);
    return;
  }
  const keyInfo = keyInfoOfExprs(cg, d.exprs);
  d.opened = b.emit(Opcode.OpenEphemeral, d.cursor, d.exprs.length, 0, keyInfo);
  if (explain !== null) d.explained = b.explain(Opcode.Explain, explain);
}

/** Opens the index of rows that were seen. */
export function beginDistinct(
  cg: Codegen,
  exprs: readonly BoundExpr[],
  explain: string | null = null,
): Distinct {
  const d = newDistinct(cg, exprs);
  openDistinct(cg, d, explain);
  return d;
}

/** Goes to `repeated` when the row in `base`... was seen before. */
export function codeDistinct(
  cg: Codegen,
  d: Distinct,
  kind: DistinctKind,
  exprs: readonly BoundExpr[],
  base: number,
  repeated: Label,
): void {
  const { b } = cg;
  const count = exprs.length;
  if (kind === 'unique' || kind === 'ordered') {
    if (d.explained >= 0) b.at(d.explained).opcode = Opcode.Noop;
    if (d.opened >= 0) b.at(d.opened).opcode = Opcode.Noop;
    d.instead = 'nothing';
  }
  if (kind === 'unique') return;
  if (kind === 'ordered') {
    const previous = b.newRegs(count);
    d.instead = { previous };
    if (d.opened >= 0) {
      const open = b.at(d.opened);
      open.opcode = Opcode.Null;
      open.p1 = 1;
      open.p2 = previous;
      open.p3 = 0;
      open.p4 = null;
      open.p5 = 0;
    }
    const different = b.newLabel();
    exprs.forEach((e, i) => {
      const last = i === count - 1;
      b.emit(
        last ? Opcode.Eq : Opcode.Ne,
        base + i,
        last ? repeated : different,
        previous + i,
        collationOf(cg, e),
        SQLITE_NULLEQ,
      );
    });
    b.resolve(different);
    b.emit(Opcode.Copy, base, previous, count - 1);
    return;
  }
  codeSeen(cg, d.cursor, base, count, repeated);
}

/** Goes to `repeated` when the index under `cursor` has the values in registers; else puts them there. */
export function codeSeen(
  cg: Codegen,
  cursor: number,
  base: number,
  count: number,
  repeated: Label,
): void {
  const { b } = cg;
  const record = b.tempReg();
  b.emit(Opcode.Found, cursor, repeated, base, count);
  b.emit(Opcode.MakeRecord, base, count, record);
  b.emit(Opcode.IdxInsert, cursor, record, base, count, OPFLAG_USESEEKRESULT);
  b.releaseTemp(record);
}
