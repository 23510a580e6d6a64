/**
 * LogEst: the planner's unit, 10 * log2(x) as a small integer
 * (https://www.sqlite.org/queryplanner-ng.html; the rounding is SQLite's, since plans hang on it).
 */

/** 10 * log2(1 + i/8) for i = 0..7, rounded. */
const EIGHTHS = [0, 2, 3, 5, 6, 7, 8, 9];

/** LogEst of a count: 0 and 1 give 0, 2 gives 10, 1000 gives 99. */
export function logEst(n: number): number {
  let x = Math.floor(n);
  let y = 40;
  if (x < 2) return 0;
  if (x < 8) {
    while (x < 8) {
      y -= 10;
      x *= 2;
    }
  } else {
    while (x > 255) {
      y += 40;
      x = Math.floor(x / 16);
    }
    while (x > 15) {
      y += 10;
      x = Math.floor(x / 2);
    }
  }
  return EIGHTHS[x & 7]! + y - 10;
}
