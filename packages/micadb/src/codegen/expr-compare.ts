/**
 * Comparisons: scalars and row values, as jumps and as values.
 * https://www.sqlite.org/rowvalue.html, https://www.sqlite.org/datatype3.html#comparisons
 */
import type { BoundExpr, CompareOp } from '../bind/tree.ts';
import { compareAffinity, compareCollation, vectorField, vectorSize } from '../bind/types.ts';
import { SQLITE_JUMPIFNULL, SQLITE_NULLEQ } from '../vm/flags.ts';
import { Opcode } from '../vm/opcode.ts';
import type { Label } from './builder.ts';
import type { Codegen } from './context.ts';
import { codeExprTemp, codeExprTo } from './expr.ts';
import { collationByName } from './open.ts';
import { codeSubquery } from './subquery.ts';

const compareOpcodes = {
  '=': Opcode.Eq,
  '<>': Opcode.Ne,
  '<': Opcode.Lt,
  '<=': Opcode.Le,
  '>': Opcode.Gt,
  '>=': Opcode.Ge,
  IS: Opcode.Eq,
  'IS NOT': Opcode.Ne,
} as const;

export const oppositeOp = {
  '=': '<>',
  '<>': '=',
  '<': '>=',
  '<=': '>',
  '>': '<=',
  '>=': '<',
  IS: 'IS NOT',
  'IS NOT': 'IS',
} as const satisfies Record<CompareOp, CompareOp>;

export function isNullEqual(op: CompareOp): boolean {
  return op === 'IS' || op === 'IS NOT';
}

/** Jumps to `label` when r[leftReg] op r[rightReg]. `flags`: SQLITE_JUMPIFNULL or SQLITE_NULLEQ. */
export function emitCompare(
  cg: Codegen,
  op: CompareOp,
  left: BoundExpr,
  right: BoundExpr,
  leftReg: number,
  rightReg: number,
  label: Label,
  flags: number,
): number {
  const collation = collationByName(cg.env, compareCollation(left, right));
  const p5 = compareAffinity(left, right) | flags;
  return cg.b.emit(compareOpcodes[op], rightReg, label, leftReg, collation, p5);
}

/** Jumps when the comparison of two scalars is true (or NULL and `jumpIfNull`). */
export function codeCompareJump(
  cg: Codegen,
  op: CompareOp,
  left: BoundExpr,
  right: BoundExpr,
  label: Label,
  jumpIfNull: boolean,
): void {
  const l = codeExprTemp(cg, left);
  const r = codeExprTemp(cg, right);
  const flags = isNullEqual(op) ? SQLITE_NULLEQ : jumpIfNull ? SQLITE_JUMPIFNULL : 0;
  emitCompare(cg, op, left, right, l.reg, r.reg, label, flags);
  cg.b.releaseTemp(r.temp);
  cg.b.releaseTemp(l.temp);
}

/** The comparison as 0, 1 or NULL. */
export function codeCompareValue(
  cg: Codegen,
  e: BoundExpr & { kind: 'compare' },
  target: number,
): void {
  if (vectorSize(e.left) > 1) {
    codeVectorCompare(cg, e, target);
    return;
  }
  const { b } = cg;
  const l = codeExprTemp(cg, e.left);
  const r = codeExprTemp(cg, e.right);
  // The operands may stand in `target` itself.
  const reg = l.reg === target || r.reg === target ? b.newReg() : target;
  b.emit(Opcode.Integer, 1, reg);
  const done = b.newLabel();
  const nullEqual = isNullEqual(e.op);
  emitCompare(cg, e.op, e.left, e.right, l.reg, r.reg, done, nullEqual ? SQLITE_NULLEQ : 0);
  if (nullEqual) b.emit(Opcode.Integer, 0, reg);
  else b.emit(Opcode.ZeroOrNull, l.reg, reg, r.reg);
  b.resolve(done);
  if (reg !== target) b.emit(Opcode.SCopy, reg, target);
  b.releaseTemp(r.temp);
  b.releaseTemp(l.temp);
}

/** Where the fields of a row value are: a subquery is evaluated once, other fields one by one. */
function vectorAccess(cg: Codegen, e: BoundExpr): (i: number) => { reg: number; temp: number } {
  if (e.kind === 'subquery') {
    const base = codeSubquery(cg, e);
    return (i) => ({ reg: base + i, temp: 0 });
  }
  return (i) => codeExprTemp(cg, vectorField(e, i));
}

/**
 * Row values: fields are looked at from the left until one decides. While they are equal the next one
 * is compared; with "<" and its like the order of the first unequal fields decides.
 */
function codeVectorCompare(cg: Codegen, e: BoundExpr & { kind: 'compare' }, target: number): void {
  const { b } = cg;
  const { op } = e;
  const count = vectorSize(e.left);
  const leftField = vectorAccess(cg, e.left);
  const rightField = vectorAccess(cg, e.right);
  const nullEqual = isNullEqual(op);
  const equality = nullEqual || op === '=' || op === '<>';
  const strict: CompareOp = op === '<=' ? '<' : op === '>=' ? '>' : op;
  const fieldOp: CompareOp = equality ? (nullEqual ? 'IS' : '=') : strict;
  const reg = b.tempReg();
  const done = b.newLabel();
  b.emit(Opcode.Integer, 1, reg);
  for (let i = 0; i < count; i++) {
    const last = i === count - 1;
    const l = leftField(i);
    const r = rightField(i);
    const lf = vectorField(e.left, i);
    const rf = vectorField(e.right, i);
    const next = b.newLabel();
    if (equality) {
      emitCompare(cg, fieldOp, lf, rf, l.reg, r.reg, next, nullEqual ? SQLITE_NULLEQ : 0);
    } else {
      emitCompare(cg, last ? op : strict, lf, rf, l.reg, r.reg, done, 0);
      if (!last) b.emit(Opcode.ElseEq, 0, next);
    }
    if (nullEqual) b.emit(Opcode.Integer, 0, reg);
    else b.emit(Opcode.ZeroOrNull, l.reg, reg, r.reg);
    if (!last) {
      // NULL from one field may still become false by a later one.
      if (equality) b.emit(Opcode.NotNull, reg, done);
      else b.emit(Opcode.Goto, 0, done);
    }
    b.resolve(next);
    b.releaseTemp(r.temp);
    b.releaseTemp(l.temp);
  }
  b.resolve(done);
  if (op === '<>' || op === 'IS NOT') b.emit(Opcode.Not, reg, target);
  else b.emit(Opcode.SCopy, reg, target);
  b.releaseTemp(reg);
}

/** x BETWEEN a AND b as x >= a AND x <= b, where x is evaluated once, into registers. */
export function betweenAsAnd(
  cg: Codegen,
  e: BoundExpr & { kind: 'between' },
): { readonly expr: BoundExpr; readonly release: () => void } {
  const { b } = cg;
  const { operand } = e;
  const count = vectorSize(operand);
  let held: BoundExpr;
  let release = (): void => {};
  if (count > 1) {
    const access = operand.kind === 'subquery' ? codeSubquery(cg, operand) : 0;
    const base = access > 0 ? access : b.newRegs(count);
    const items: BoundExpr[] = [];
    for (let i = 0; i < count; i++) {
      const field = vectorField(operand, i);
      if (access === 0) codeExprTo(cg, field, base + i);
      items.push({ kind: 'register', register: base + i, of: field });
    }
    held = { kind: 'vector', items };
  } else {
    const x = codeExprTemp(cg, operand);
    held = { kind: 'register', register: x.reg, of: operand };
    release = () => b.releaseTemp(x.temp);
  }
  const expr: BoundExpr = {
    kind: 'and',
    left: { kind: 'compare', op: '>=', left: held, right: e.low },
    right: { kind: 'compare', op: '<=', left: held, right: e.high },
  };
  return { expr, release };
}
