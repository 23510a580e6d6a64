/**
 * The groups of a GROUP BY in a hash: key, accumulators and what else belongs to a group.
 *
 * A group is a record in the arena of a sorter: the key as it was in the group's first row. Sorting and walking
 * the sorter gives the groups in the order of their keys, as SQLite's sorter of all rows would.
 *
 * Invariants:
 *  1. Group n has record n of the arena, and the slots slots[n * width .. (n + 1) * width): accumulators, then
 *     kept values.
 *  2. Past the budget no group is added, for good: rows of other groups go another way, and their keys are
 *     never among those here.
 */
import type { AggregateFunction } from '../functions/types.ts';
import type { KeyInfo } from '../values/key.ts';
import { RecordEncoder } from '../values/record.ts';
import type { Encoding } from '../values/value.ts';
import { KeyTable, UNSURE } from './key-table.ts';
import type { Sorter } from './sorter.ts';

/** P4 of GroupOpen, GroupFind, GroupKeep and GroupLoad: what belongs to a group. */
export interface GroupShape {
  readonly kind: 'groups';
  readonly keyInfo: KeyInfo;
  /** The aggregates, and the first of the registers in a row that hold their accumulators. */
  readonly functions: readonly AggregateFunction[];
  readonly states: number;
  /** Registers whose values are those of the group's first row. */
  readonly kept: readonly number[];
  /** Register that GroupFind makes 0 for a new group, else 1; 0: nobody asks. */
  readonly known: number;
  /** Register that GroupFind gives the group's first slot, a number that no other group has; 0: nobody asks. */
  readonly place: number;
}

/** What a group costs beside its key: places in the tables, and an accumulator each. */
const GROUP_BYTES = 64;
const SLOT_BYTES = 80;

export class Groups {
  readonly slots: unknown[] = [];
  /** Of the last `find`: the group was not there before; its first slot. */
  isNew = false;
  at = 0;
  readonly width: number;
  private readonly table: KeyTable;
  private full = false;
  private readonly encoder: RecordEncoder;

  constructor(
    readonly shape: GroupShape,
    private readonly sorter: Sorter,
    private budget: number,
    encoding: Encoding,
  ) {
    this.width = shape.functions.length + shape.kept.length;
    this.table = new KeyTable(shape.keyInfo);
    this.encoder = new RecordEncoder(encoding);
  }

  /** Forgets all groups, for the next run. */
  renew(budget: number): void {
    this.budget = budget;
    this.slots.length = 0;
    this.full = false;
    this.table.clear();
  }

  /** First slot of the group whose key is the record in the first `length` bytes; -1: there is no room for it. */
  find(record: Uint8Array, length: number): number {
    const n = this.table.find(this.sorter.arena, record, 0, length);
    return n >= 0 ? this.found(n) : this.add(record, length);
  }

  /** Like `find`, of a key that is one INTEGER in safe range or one REAL. */
  findNumber(number: number, isReal: boolean): number {
    const n = this.table.findNumber(number);
    if (n >= 0) return this.found(n);
    const { encoder } = this;
    encoder.begin(1);
    if (isReal) encoder.putReal(number);
    else encoder.putInt(number);
    const length = encoder.end();
    return n === UNSURE ? this.find(encoder.buffer, length) : this.add(encoder.buffer, length);
  }

  /** Like `find`, of a key that is one TEXT of these bytes in the encoding of the database. */
  findText(d: Uint8Array, at: number, length: number): number {
    const n = this.table.findText(this.sorter.arena, d, at, length);
    if (n >= 0) return this.found(n);
    const { encoder } = this;
    encoder.begin(1);
    encoder.putText(d, at, length);
    const size = encoder.end();
    return this.add(encoder.buffer, size);
  }

  private found(n: number): number {
    this.isNew = false;
    this.at = n * this.width;
    return this.at;
  }

  private add(record: Uint8Array, length: number): number {
    if (this.full) return -1;
    const { shape, slots } = this;
    const { arena } = this.sorter;
    arena.add(record, length);
    const n = this.table.add(arena, arena.count - 1);
    for (const f of shape.functions) slots.push(f.init());
    for (let k = 0; k < shape.kept.length; k++) slots.push(null);
    const used = arena.bytes + arena.count * (GROUP_BYTES + SLOT_BYTES * this.width);
    if (used > this.budget) this.full = true;
    this.isNew = true;
    this.at = n * this.width;
    return this.at;
  }
}
