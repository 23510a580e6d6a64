/** LIMIT and OFFSET: counters in registers. https://www.sqlite.org/lang_select.html#limitoffset */
import type { Query } from '../bind/tree.ts';
import { logEst } from '../plan/logest.ts';
import { Opcode } from '../vm/opcode.ts';
import type { Label } from './builder.ts';
import type { Codegen } from './context.ts';
import { codeExprTo } from './expr.ts';

/** Registers are 0 where there is no such counter. */
export interface Limits {
  /** Rows still to come; negative: no limit. */
  readonly limit: number;
  /** Rows still to be skipped. */
  readonly offset: number;
  /** LIMIT + OFFSET, what a sorter must keep. */
  readonly both: number;
  /** LogEst of a constant LIMIT, else null. */
  readonly fixed: number | null;
}

export const NO_LIMITS: Limits = { limit: 0, offset: 0, both: 0, fixed: null };

/** Loads the counters; goes to `end` when no row is wanted at all. */
export function codeLimits(cg: Codegen, q: Query, end: Label): Limits {
  const { b } = cg;
  if (q.limit === null) return NO_LIMITS;
  const limit = b.newReg();
  let fixed: number | null = null;
  const value = q.limit.kind === 'constant' ? q.limit.value : null;
  if (typeof value === 'number' && value >= -2147483648 && value <= 2147483647) {
    b.emit(Opcode.Integer, value, limit);
    if (value === 0) b.emit(Opcode.Goto, 0, end);
    else if (value > 0) fixed = logEst(value);
  } else {
    codeExprTo(cg, q.limit, limit);
    b.emit(Opcode.MustBeInt, limit);
    b.emit(Opcode.IfNot, limit, end);
  }
  if (q.offset === null) return { limit, offset: 0, both: limit, fixed };
  const offset = b.newReg();
  const both = b.newReg();
  codeExprTo(cg, q.offset, offset);
  b.emit(Opcode.MustBeInt, offset);
  b.emit(Opcode.OffsetLimit, limit, both, offset);
  return { limit, offset, both, fixed };
}

/** Skips the row while OFFSET is not used up. */
export function codeOffset(cg: Codegen, limits: Limits, next: Label): void {
  if (limits.offset > 0) cg.b.emit(Opcode.IfPos, limits.offset, next, 1);
}

/** Leaves when the last wanted row was given. */
export function codeLimit(cg: Codegen, limits: Limits, end: Label): void {
  if (limits.limit > 0) cg.b.emit(Opcode.DecrJumpZero, limits.limit, end);
}
