/**
 * Arithmetic of logarithmic estimates (see catalog/log-est.ts): multiplying is adding, adding is
 * `logEstAdd`. All row counts and costs of the planner are such numbers.
 */
import { logEst } from '../catalog/log-est.ts';

export { logEst } from '../catalog/log-est.ts';

export type LogEst = number;

/** What the larger of two estimates grows by when another that is `i` smaller is added to it. */
const GROWTH: readonly LogEst[] = Array.from({ length: 32 }, (_, i) =>
  Math.max(2, Math.round(10 * Math.log2(1 + 2 ** (-i / 10)))),
);

/** LogEst(a + b) from LogEst(a) and LogEst(b). */
export function logEstAdd(a: LogEst, b: LogEst): LogEst {
  const high = a >= b ? a : b;
  const difference = a >= b ? a - b : b - a;
  if (difference > 49) return high;
  return high + (difference > 31 ? 1 : GROWTH[difference]!);
}

/** LogEst of a probability or another real number. */
export function logEstOfReal(x: number): LogEst {
  if (x <= 0) return -1000;
  if (x <= 1) {
    const inverse = 1 / x;
    return inverse > 2e9 ? -10 * Math.floor(Math.log2(inverse)) : -logEst(inverse);
  }
  return x <= 2e9 ? logEst(x) : 10 * Math.floor(Math.log2(x));
}

/** Cost of descending a tree of `rows` entries: LogEst of its depth in comparisons. */
export function estLog(rows: LogEst): LogEst {
  return rows <= 10 ? 0 : logEst(rows) - 33;
}
