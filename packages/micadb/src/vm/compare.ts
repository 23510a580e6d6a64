/** Truth of values, and comparisons under an affinity (Eq, Ne, Lt, Le, Gt, Ge). */
import { applyAffinity } from '../values/affinity.ts';
import { compareValues } from '../values/compare.ts';
import type { Collation } from '../values/key.ts';
import { Affinity, Real, type SqlValue, Text } from '../values/value.ts';
import { toNumber } from './arithmetic.ts';
import { SQLITE_AFF_MASK } from './flags.ts';
import { isNull, type Vm } from './vm.ts';

/** Truth as If and WHERE see it; null for NULL. */
export function truthOf(v: SqlValue): boolean | null {
  if (isNull(v)) return null;
  if (typeof v === 'number') return v !== 0;
  if (typeof v === 'bigint') return true;
  if (v instanceof Real) return v.value !== 0;
  return toNumber(v) !== 0;
}

export function truth(v: SqlValue, ifNull: boolean): boolean {
  return truthOf(v) ?? ifNull;
}

function isText(v: SqlValue): v is string | Text {
  return typeof v === 'string' || v instanceof Text;
}

function isNumber(v: SqlValue): boolean {
  return typeof v === 'number' || typeof v === 'bigint' || v instanceof Real;
}

/** Order of two values that are not NULL, after the affinity in `p5`. */
export function compareForJump(
  vm: Vm,
  a: SqlValue,
  b: SqlValue,
  p5: number,
  collation: Collation | null,
): number {
  const { encoding } = vm.host;
  const affinity = p5 & SQLITE_AFF_MASK;
  if (affinity >= Affinity.Numeric) {
    if (isText(a)) a = applyAffinity(a, Affinity.Numeric);
    if (isText(b)) b = applyAffinity(b, Affinity.Numeric);
  } else if (affinity === Affinity.Text && (isText(a) || isText(b))) {
    if (isNumber(a)) a = applyAffinity(a, Affinity.Text);
    if (isNumber(b)) b = applyAffinity(b, Affinity.Text);
  }
  const order = collation ?? vm.binary;
  if (typeof a === 'string' && typeof b === 'string') {
    if (order.kind !== 'binary') return vm.collate(order, a, b);
    return a === b ? 0 : order.compare(a, b);
  }
  return compareValues(a, b, order, encoding);
}
