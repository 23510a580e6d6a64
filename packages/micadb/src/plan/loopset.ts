/**
 * The candidate loops of a join, and the rule by which one displaces another: a loop stays out when
 * another loop of the same source and sort index needs no more outer loops and costs no more; it
 * displaces those that are so beaten by it. Loops stand in the sequence in which they were found:
 * among equals the first wins.
 */
import type { LogEst } from './logest.ts';
import { type Loop, LoopFlag, type SourceMask } from './types.ts';

export function emptyLoop(): Loop {
  return {
    prereq: 0n,
    self: 0n,
    tab: 0,
    sortIndex: 0,
    setup: 0,
    run: 0,
    out: 0,
    flags: 0,
    eq: 0,
    bottom: 0,
    top: 0,
    skip: 0,
    distinctColumns: 0,
    index: null,
    terms: [],
    starDelta: 0,
  };
}

/**
 * `x` uses some but not all of the terms of `y`, skips no fewer columns... and is not the dearer one in
 * both respects: then `y`, which is more constrained, must not look worse than `x`.
 */
function isCheaperSubset(x: Loop, y: Loop): boolean {
  if (x.run > y.run && x.out > y.out) return false;
  // On one index, more equalities always count as more constrained, whatever ranges there are.
  if (x.eq < y.eq && x.index === y.index && x.skip === 0 && y.skip === 0) return true;
  if (x.terms.length - x.skip >= y.terms.length - y.skip) return false;
  if (y.skip > x.skip) return false;
  for (const t of x.terms) {
    if (t !== null && !y.terms.includes(t)) return false;
  }
  return !((x.flags & LoopFlag.IndexOnly) !== 0 && (y.flags & LoopFlag.IndexOnly) === 0);
}

export class LoopSet {
  loops: Loop[] = [];

  /** Brings the cost of `t` into line with loops on the same source that use fewer or more terms. */
  private adjust(t: Loop): void {
    if ((t.flags & LoopFlag.Indexed) === 0) return;
    for (const p of this.loops) {
      if (p.tab !== t.tab || (p.flags & LoopFlag.Indexed) === 0) continue;
      if (isCheaperSubset(p, t)) {
        t.run = Math.min(p.run, t.run);
        t.out = Math.min(p.out - 1, t.out);
      } else if (isCheaperSubset(t, p)) {
        t.run = Math.max(p.run, t.run);
        t.out = Math.max(p.out + 1, t.out);
      }
    }
  }

  /** From `start` on: the place of a loop that `t` displaces; the end; or -1 when `t` is beaten. */
  private findLesser(t: Loop, start: number): number {
    for (let i = start; i < this.loops.length; i++) {
      const p = this.loops[i]!;
      if (p.tab !== t.tab || p.sortIndex !== t.sortIndex) continue;
      const common = p.prereq & t.prereq;
      // Any real index with an equality is better than building one.
      if (
        (p.flags & LoopFlag.AutoIndex) !== 0 &&
        t.skip === 0 &&
        (t.flags & LoopFlag.Indexed) !== 0 &&
        (t.flags & LoopFlag.ColumnEq) !== 0 &&
        common === t.prereq
      ) {
        return i;
      }
      if (common === p.prereq && p.setup <= t.setup && p.run <= t.run && p.out <= t.out) {
        return -1;
      }
      if (common === t.prereq && p.run >= t.run && p.out >= t.out) return i;
    }
    return this.loops.length;
  }

  /** Offers the loop `template` (which is copied). */
  insert(template: Loop): void {
    this.adjust(template);
    const place = this.findLesser(template, 0);
    if (place < 0) return;
    const copy: Loop = { ...template, terms: template.terms.slice() };
    if (place === this.loops.length) {
      this.loops.push(copy);
      return;
    }
    this.loops[place] = copy;
    for (let next = place + 1; next < this.loops.length; ) {
      next = this.findLesser(template, next);
      if (next < 0 || next >= this.loops.length) break;
      this.loops.splice(next, 1);
    }
  }
}

/** Up to three cheapest ways to run one OR term, by what they need outside. */
export interface OrCost {
  prereq: SourceMask;
  run: LogEst;
  out: LogEst;
}

const OR_COSTS = 3;

export function insertOrCost(set: OrCost[], prereq: SourceMask, run: LogEst, out: LogEst): void {
  let p = set.find((x) => run <= x.run && (prereq & x.prereq) === prereq);
  const beaten = set.find((x) => x.run <= run && (x.prereq & prereq) === x.prereq);
  if (p !== undefined && beaten !== undefined && set.indexOf(beaten) < set.indexOf(p)) return;
  if (p === undefined) {
    if (beaten !== undefined) return;
    if (set.length < OR_COSTS) {
      set.push({ prereq, run, out });
      return;
    }
    p = set.reduce((worst, x) => (worst.run > x.run ? x : worst));
    if (p.run <= run) return;
  }
  p.prereq = prereq;
  p.run = run;
  p.out = Math.min(p.out, out);
}
