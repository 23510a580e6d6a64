/**
 * Built-in window functions (windowfunctions §3). Codegen drives them over partitions and frames;
 * lag, lead, first_value and nth_value read rows there directly and need their steps only for plain
 * frames that start at the partition's first row.
 */
import { toInt64 } from '../values/affinity.ts';
import { realToInt } from '../values/int64.ts';
import { numericKind, parseWholeNumber } from '../values/number.ts';
import { type Int, Real, type SqlValue } from '../values/value.ts';
import { fail } from './define.ts';
import type { FunctionContext, WindowFunction } from './types.ts';

interface Parts<S extends object> {
  init(): S;
  step?(state: S, args: readonly SqlValue[], ctx: FunctionContext): void;
  inverse?(state: S, args: readonly SqlValue[], ctx: FunctionContext): void;
  value(state: S | null): SqlValue;
}

function windowFunction<S extends object>(
  name: string,
  argCount: number,
  parts: Parts<S>,
): WindowFunction {
  const value = (state: object | null) => parts.value(state as S | null);
  return {
    kind: 'window',
    name,
    argCount,
    deterministic: true,
    innocuous: true,
    init: parts.init,
    step: (state, args, ctx) => parts.step?.(state as S, args, ctx),
    inverse: (state, args, ctx) => parts.inverse?.(state as S, args, ctx),
    value,
    finalize: value,
  };
}

/** Counters of the ranking functions. */
class Rank {
  steps = 0;
  value = 0;
  pending = false;
}

class Share {
  total = 0;
  seen = 0;
}

class Tile {
  total = 0;
  tiles = 0n;
  row = 0;
}

class Kept {
  value: SqlValue = null;
  has = false;
  steps = 0;
}

/** Which of `tiles` buckets row `row` of `total` is in: the larger buckets come first. */
function tileOf(row: number, total: number, tiles: bigint): SqlValue {
  const size = Number(BigInt(total) / tiles);
  if (size === 0) return row + 1;
  const large = total - Number(tiles) * size;
  const small = large * (size + 1);
  return row < small
    ? 1 + Math.floor(row / (size + 1))
    : 1 + large + Math.floor((row - small) / size);
}

/** The N of nth_value: a positive whole number, also as REAL or text. */
function nth(v: SqlValue): Int {
  let n = v;
  if (typeof n === 'string' && numericKind(n) !== 0) n = parseWholeNumber(n);
  if (n instanceof Real) n = n.value === Math.trunc(n.value) ? realToInt(n.value) : null;
  if ((typeof n !== 'number' && typeof n !== 'bigint') || n <= 0) {
    throw fail('second argument to nth_value must be a positive integer');
  }
  return n;
}

export const windowFunctions: readonly WindowFunction[] = [
  windowFunction('row_number', 0, {
    init: () => new Rank(),
    step(s) {
      s.value++;
    },
    value: (s) => s?.value ?? 0,
  }),
  windowFunction('rank', 0, {
    init: () => new Rank(),
    step(s) {
      s.steps++;
      if (s.value === 0) s.value = s.steps;
    },
    value(s) {
      if (s === null) return null;
      const v = s.value;
      s.value = 0;
      return v;
    },
  }),
  windowFunction('dense_rank', 0, {
    init: () => new Rank(),
    step(s) {
      s.pending = true;
    },
    value(s) {
      if (s === null) return null;
      if (s.pending) {
        s.value++;
        s.pending = false;
      }
      return s.value;
    },
  }),
  windowFunction('percent_rank', 0, {
    init: () => new Share(),
    step(s) {
      s.total++;
    },
    inverse(s) {
      s.seen++;
    },
    value: (s) => (s === null ? null : new Real(s.total > 1 ? s.seen / (s.total - 1) : 0)),
  }),
  windowFunction('cume_dist', 0, {
    init: () => new Share(),
    step(s) {
      s.total++;
    },
    inverse(s) {
      s.seen++;
    },
    value: (s) => (s === null ? null : new Real(s.seen / s.total)),
  }),
  windowFunction('ntile', 1, {
    init: () => new Tile(),
    step(s, args, ctx) {
      if (s.total === 0) {
        s.tiles = BigInt(toInt64(args[0]!, ctx.host.encoding));
        if (s.tiles <= 0n) throw fail('argument of ntile must be a positive integer');
      }
      s.total++;
    },
    inverse(s) {
      s.row++;
    },
    value: (s) => (s === null || s.tiles <= 0n ? null : tileOf(s.row, s.total, s.tiles)),
  }),
  windowFunction('last_value', 1, {
    init: () => new Kept(),
    step(s, args) {
      s.value = args[0]!;
      s.steps++;
    },
    inverse(s) {
      s.steps--;
      if (s.steps === 0) s.value = null;
    },
    value: (s) => s?.value ?? null,
  }),
  windowFunction('first_value', 1, {
    init: () => new Kept(),
    step(s, args) {
      if (!s.has) s.value = args[0]!;
      s.has = true;
    },
    value: (s) => s?.value ?? null,
  }),
  windowFunction('nth_value', 2, {
    init: () => new Kept(),
    step(s, args) {
      const n = nth(args[1]!);
      s.steps++;
      if (n === s.steps) s.value = args[0]!;
    },
    value: (s) => s?.value ?? null,
  }),
  ...['lag', 'lead'].flatMap((name) =>
    [1, 2, 3].map((n) => windowFunction(name, n, { init: () => new Kept(), value: () => null })),
  ),
];
