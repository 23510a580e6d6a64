/**
 * Constant propagation (https://www.sqlite.org/optoverview.html#constant_propagation): where the WHERE
 * says `column = constant`, other conditions read the constant instead of the column. So they no longer
 * need the column's source, and may be tested, or drive an index, in loops outside it.
 *
 * The value stands in a register, with the column's affinity applied; type facts stay the column's.
 */
import type { BoundExpr, Conjunct } from '../bind/tree.ts';
import { compareCollation, exprAffinity, isConstant, mapOuterExpr } from '../bind/types.ts';
import type { WhereInput } from '../plan/types.ts';
import { Affinity } from '../values/value.ts';
import { Opcode } from '../vm/opcode.ts';
import type { Codegen } from './context.ts';
import { codeExprTo } from './expr.ts';

type Column = BoundExpr & { readonly kind: 'column' };

interface Fixed {
  readonly column: Column;
  readonly value: BoundExpr;
  /** 0 until somebody reads it. */
  register: number;
}

/** `column = constant`, compared by BINARY. */
function fixedBy(e: BoundExpr): { column: Column; value: BoundExpr } | null {
  if (e.kind !== 'compare' || e.op !== '=') return null;
  const usable = (column: BoundExpr, value: BoundExpr): column is Column =>
    column.kind === 'column' &&
    column.source.id >= 0 &&
    isConstant(value) &&
    exprAffinity(value) <= Affinity.None &&
    compareCollation(e.left, e.right).toUpperCase() === 'BINARY';
  if (usable(e.right, e.left)) return { column: e.right, value: e.left };
  if (usable(e.left, e.right)) return { column: e.left, value: e.right };
  return null;
}

/** The conditions of `input` with constants in the place of columns that have one value. */
export function propagateConstants(cg: Codegen, input: WhereInput): readonly Conjunct[] {
  const { where, sources } = input;
  if (input.block === null || where.length < 2) return where;
  const rightJoin = sources[0]?.leftOfRight === true;
  const excluded = (c: Conjunct): boolean => c.outerOn >= 0 || (rightJoin && c.innerOn >= 0);
  const fixed: Fixed[] = [];
  for (let i = where.length - 1; i >= 0; i--) {
    const c = where[i]!;
    if (excluded(c)) continue;
    const found = fixedBy(c.expr);
    if (found === null || !sources.some((s) => s.id === found.column.source.id)) continue;
    if (fixed.some((f) => sameColumn(f.column, found.column))) continue;
    fixed.push({ ...found, register: 0 });
  }
  if (fixed.length === 0) return where;
  const hasBlob = fixed.some((f) => exprAffinity(f.column) <= Affinity.Blob);

  const replace = (e: BoundExpr, ignoreBlob: boolean): BoundExpr => {
    if (e.kind !== 'column') return e;
    const f = fixed.find((x) => sameColumn(x.column, e));
    if (f === undefined || f.column === e) return e;
    if (ignoreBlob && exprAffinity(e) <= Affinity.Blob) return e;
    if (f.register === 0) {
      f.register = cg.b.newReg();
      codeExprTo(cg, f.value, f.register);
      const affinity = exprAffinity(f.column);
      if (affinity > Affinity.Blob) {
        cg.b.emit(Opcode.Affinity, f.register, 1, 0, String.fromCharCode(affinity));
      }
    }
    return { kind: 'register', register: f.register, of: e, fixed: true };
  };
  let changed = false;
  const out = where.map((c) => {
    if (excluded(c)) return c;
    const expr = mapOuterExpr(c.expr, (e) => {
      // Columns without affinity compare otherwise as bare values: only where that cannot show.
      if (hasBlob && e.kind === 'compare' && e.op !== '<>' && e.op !== 'IS NOT') {
        const left = replace(e.left, false);
        const right = exprAffinity(e.left) === Affinity.Text ? e.right : replace(e.right, false);
        return left === e.left && right === e.right ? e : { ...e, left, right };
      }
      return replace(e, hasBlob);
    });
    if (expr === c.expr) return c;
    changed = true;
    return { ...c, expr };
  });
  return changed ? out : where;
}

function sameColumn(a: Column, b: Column): boolean {
  return a.source.id === b.source.id && a.column === b.column;
}
