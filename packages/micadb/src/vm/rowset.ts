/**
 * Row sets: integers that a program collects (RowSetAdd, RowSetRead, RowSetTest). RowSetRead gives them in
 * ascending order, each once. RowSetTest asks for integers of earlier batches only.
 */
import type { Int, SqlValue } from '../values/value.ts';

export class RowSet {
  private readonly members = new Set<Int>();
  /** For RowSetTest: the batch in which an integer was added first. */
  private readonly batches = new Map<Int, number>();
  private sorted: Int[] | null = null;
  private at = 0;

  add(v: Int): void {
    this.members.add(v);
    this.sorted = null;
  }

  /** Takes the smallest out; null when there is none. */
  takeSmallest(): Int | null {
    if (this.sorted === null) {
      this.sorted = [...this.members].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
      this.at = 0;
    }
    if (this.at >= this.sorted.length) return null;
    const v = this.sorted[this.at++]!;
    this.members.delete(v);
    return v;
  }

  inEarlierBatch(v: Int, batch: number): boolean {
    const first = this.batches.get(v);
    return first !== undefined && first !== batch;
  }

  addToBatch(v: Int, batch: number): void {
    if (!this.batches.has(v)) this.batches.set(v, batch);
  }
}

/** The row set in a register; makes one where there is none. */
export function rowSetOf(r: SqlValue[], register: number): RowSet {
  const v: unknown = r[register];
  if (v instanceof RowSet) return v;
  const set = new RowSet();
  r[register] = set as unknown as SqlValue;
  return set;
}
