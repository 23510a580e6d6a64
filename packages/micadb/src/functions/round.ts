/** round(X, Y): decimal rounding of doubles as SQLite's printf("%!.*f") does it. */
import { fixedText } from '../values/format.ts';

const LIMIT = 4503599627370496; // 2^52: beyond it there is no fraction

/** `x` rounded half away from zero to `digits` decimals (0 to 30). */
export function roundReal(x: number, digits: number): number {
  if (x < -LIMIT || x > LIMIT) return x;
  if (digits === 0) return (x < 0 ? -Math.trunc(-x + 0.5) : Math.trunc(x + 0.5)) + 0;
  return Number(fixedText(x, digits));
}
