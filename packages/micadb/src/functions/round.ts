/** round(X, Y): decimal rounding of doubles as SQLite's printf("%!.*f") does it. */
import { fixedText } from '../values/format.ts';

const LIMIT = 4503599627370496; // 2^52: beyond it there is no fraction

/** Powers of ten that are exact. */
const POWERS: readonly number[] = Array.from({ length: 16 }, (_, i) => Number(`1e${i}`));
const FAST_LIMIT = 2 ** 40;

/**
 * `x` times 10 to the power `digits`, rounded to a whole number, for x of 0 or more; -1 where a double
 * does not tell for sure: large numbers, and those close to the middle between two whole ones.
 */
export function scaledRound(x: number, digits: number): number {
  if (!(x >= 0) || digits >= POWERS.length) return -1;
  const y = x * POWERS[digits]!;
  if (!(y < FAST_LIMIT)) return -1;
  // The product is off by less than 2^-13.
  const whole = Math.floor(y);
  const rest = y - whole;
  return rest < 0.499 ? whole : rest > 0.501 ? whole + 1 : -1;
}

/** `x` rounded half away from zero to `digits` decimals (0 to 30). */
export function roundReal(x: number, digits: number): number {
  if (x < -LIMIT || x > LIMIT) return x;
  if (digits === 0) return (x < 0 ? -Math.trunc(-x + 0.5) : Math.trunc(x + 0.5)) + 0;
  const whole = scaledRound(x < 0 ? -x : x, digits);
  // Zero gets its sign, if any, from the text.
  if (whole > 0) return (x < 0 ? -whole : whole) / POWERS[digits]!;
  return Number(fixedText(x, digits));
}
