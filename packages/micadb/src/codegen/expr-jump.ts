/**
 * Conditions as control flow: jump when an expression is true, or when it is false. NULL goes where
 * `jumpIfNull` says.
 */
import type { BoundExpr } from '../bind/tree.ts';
import { hasSubquery, vectorSize } from '../bind/types.ts';
import { isTrue } from '../values/affinity.ts';
import { Opcode } from '../vm/opcode.ts';
import type { Label } from './builder.ts';
import type { Codegen } from './context.ts';
import { codeExprTemp, typeOnly } from './expr.ts';
import { betweenAsAnd, codeCompareJump, oppositeOp } from './expr-compare.ts';
import { codeInJump } from './in.ts';

/** Truth of a literal; null when it is no literal or NULL. */
function literalTruth(cg: Codegen, e: BoundExpr): boolean | null {
  return e.kind === 'constant' ? isTrue(e.value, cg.env.encoding) : null;
}

/** AND and OR with a literal side that decides, or does not matter. */
function simplify(cg: Codegen, e: BoundExpr & { kind: 'and' | 'or' }): BoundExpr {
  const left = literalTruth(cg, e.left);
  const right = literalTruth(cg, e.right);
  const decides = e.kind === 'or';
  if (left === decides) return e.left;
  if (right === decides) return e.right;
  if (left === !decides) return e.right;
  if (right === !decides) return e.left;
  return e;
}

/** The cheaper side first: one without a subquery before one with. */
function inOrder(e: BoundExpr & { kind: 'and' | 'or' }): readonly [BoundExpr, BoundExpr] {
  return hasSubquery(e.left) && !hasSubquery(e.right) ? [e.right, e.left] : [e.left, e.right];
}

export function jumpIfTrue(cg: Codegen, e: BoundExpr, label: Label, jumpIfNull: boolean): void {
  const { b } = cg;
  switch (e.kind) {
    case 'and': {
      const alt = simplify(cg, e);
      if (alt !== e) {
        jumpIfTrue(cg, alt, label, jumpIfNull);
        return;
      }
      const [first, second] = inOrder(e);
      const skip = b.newLabel();
      jumpIfFalse(cg, first, skip, !jumpIfNull);
      jumpIfTrue(cg, second, label, jumpIfNull);
      b.resolve(skip);
      return;
    }
    case 'or': {
      const alt = simplify(cg, e);
      if (alt !== e) {
        jumpIfTrue(cg, alt, label, jumpIfNull);
        return;
      }
      const [first, second] = inOrder(e);
      jumpIfTrue(cg, first, label, jumpIfNull);
      jumpIfTrue(cg, second, label, jumpIfNull);
      return;
    }
    case 'unary':
      if (e.op !== 'NOT') break;
      jumpIfFalse(cg, e.operand, label, jumpIfNull);
      return;
    case 'truth':
      if (e.value !== e.not) jumpIfTrue(cg, e.operand, label, e.not);
      else jumpIfFalse(cg, e.operand, label, e.not);
      return;
    case 'compare':
      if (vectorSize(e.left) > 1) break;
      codeCompareJump(cg, e.op, e.left, e.right, label, jumpIfNull);
      return;
    case 'isNull':
      jumpIfNullTest(cg, e.operand, e.not, label);
      return;
    case 'between': {
      const held = betweenAsAnd(cg, e);
      jumpIfTrue(cg, held.expr, label, jumpIfNull);
      held.release();
      return;
    }
    case 'inList':
    case 'inQuery': {
      const no = b.newLabel();
      codeInJump(cg, e, no, jumpIfNull ? label : no);
      b.emit(Opcode.Goto, 0, label);
      b.resolve(no);
      return;
    }
    default:
      break;
  }
  if (e.kind === 'constant') {
    const truth = isTrue(e.value, cg.env.encoding);
    if (truth ?? jumpIfNull) b.emit(Opcode.Goto, 0, label);
    return;
  }
  const r = codeExprTemp(cg, e);
  b.emit(Opcode.If, r.reg, label, jumpIfNull ? 1 : 0);
  b.releaseTemp(r.temp);
}

export function jumpIfFalse(cg: Codegen, e: BoundExpr, label: Label, jumpIfNull: boolean): void {
  const { b } = cg;
  switch (e.kind) {
    case 'and': {
      const alt = simplify(cg, e);
      if (alt !== e) {
        jumpIfFalse(cg, alt, label, jumpIfNull);
        return;
      }
      const [first, second] = inOrder(e);
      jumpIfFalse(cg, first, label, jumpIfNull);
      jumpIfFalse(cg, second, label, jumpIfNull);
      return;
    }
    case 'or': {
      const alt = simplify(cg, e);
      if (alt !== e) {
        jumpIfFalse(cg, alt, label, jumpIfNull);
        return;
      }
      const [first, second] = inOrder(e);
      const skip = b.newLabel();
      jumpIfTrue(cg, first, skip, !jumpIfNull);
      jumpIfFalse(cg, second, label, jumpIfNull);
      b.resolve(skip);
      return;
    }
    case 'unary':
      if (e.op !== 'NOT') break;
      jumpIfTrue(cg, e.operand, label, jumpIfNull);
      return;
    case 'truth':
      if (e.value !== e.not) jumpIfFalse(cg, e.operand, label, !e.not);
      else jumpIfTrue(cg, e.operand, label, !e.not);
      return;
    case 'compare':
      if (vectorSize(e.left) > 1) break;
      codeCompareJump(cg, oppositeOp[e.op], e.left, e.right, label, jumpIfNull);
      return;
    case 'isNull':
      jumpIfNullTest(cg, e.operand, !e.not, label);
      return;
    case 'between': {
      const held = betweenAsAnd(cg, e);
      jumpIfFalse(cg, held.expr, label, jumpIfNull);
      held.release();
      return;
    }
    case 'inList':
    case 'inQuery': {
      if (jumpIfNull) {
        codeInJump(cg, e, label, label);
      } else {
        const unknown = b.newLabel();
        codeInJump(cg, e, label, unknown);
        b.resolve(unknown);
      }
      return;
    }
    default:
      break;
  }
  if (e.kind === 'constant') {
    const truth = isTrue(e.value, cg.env.encoding);
    if (truth === null ? jumpIfNull : !truth) b.emit(Opcode.Goto, 0, label);
    return;
  }
  const r = codeExprTemp(cg, e);
  b.emit(Opcode.IfNot, r.reg, label, jumpIfNull ? 1 : 0);
  b.releaseTemp(r.temp);
}

function jumpIfNullTest(cg: Codegen, operand: BoundExpr, not: boolean, label: Label): void {
  const r = codeExprTemp(cg, operand);
  typeOnly(cg, r.reg);
  cg.b.emit(not ? Opcode.NotNull : Opcode.IsNull, r.reg, label);
  cg.b.releaseTemp(r.temp);
}
