/**
 * Ephemeral indexes that are only asked whether they hold a key (DISTINCT, aggregates of distinct values, IN): a
 * hash of their keys takes the tree's place. Which rows are seen first is the same, and nobody walks such an
 * index, so no order is lost.
 *
 * Invariant: once the budget is used up new keys go to the tree, and both are asked.
 */
import type { KeyInfo } from '../values/key.ts';
import { OPFLAG_USESEEKRESULT } from './flags.ts';
import { KeyTable } from './key-table.ts';
import { Opcode } from './opcode.ts';
import { RecordArena } from './sort.ts';
import { opcodes } from './table.ts';
import type { Instruction } from './types.ts';

/** What a key costs beside its record. */
const KEY_BYTES = 64;

/** What `has` answers. */
export const MISSING = 0;
export const HELD = 1;
/** Not here, but the tree must be asked. */
export const ASK_TREE = -1;

export class KeySet {
  private readonly table: KeyTable;
  private arena = new RecordArena();
  private full = false;

  constructor(
    keyInfo: KeyInfo,
    fields: number,
    private readonly budget: number,
  ) {
    this.table = new KeyTable({ ...keyInfo, keyFieldCount: fields });
  }

  private answer(n: number): number {
    return n >= 0 ? HELD : this.full ? ASK_TREE : MISSING;
  }

  /** The key is the record in the first `length` bytes. */
  has(record: Uint8Array, length: number): number {
    return this.answer(this.table.find(this.arena, record, 0, length));
  }

  /** For a key of one INTEGER in safe range. */
  hasInt(n: number): number {
    return this.answer(this.table.findNumber(n));
  }

  /** For a key of one TEXT, as the database has it. */
  hasText(d: Uint8Array, at: number, length: number): number {
    return this.answer(this.table.findText(this.arena, d, at, length));
  }

  /** Adds the key, if it is not there; false when it belongs into the tree. */
  add(record: Uint8Array, length: number): boolean {
    const { table, arena } = this;
    if (table.find(arena, record, 0, length) >= 0) return true;
    if (this.full) return false;
    arena.add(record, length);
    table.add(arena, arena.count - 1);
    if (arena.bytes + arena.count * KEY_BYTES > this.budget) this.full = true;
    return true;
  }

  clear(): void {
    this.table.clear();
    this.arena = new RecordArena();
    this.full = false;
  }
}

function keyInfoOf(op: Instruction): KeyInfo | null {
  const { p4 } = op;
  return typeof p4 === 'object' && p4 !== null && 'keyFieldCount' in p4 ? p4 : null;
}

/** Cursors of a program that a KeySet can serve, and of how many fields their keys are. */
export function hashedCursors(code: readonly Instruction[]): ReadonlyMap<number, number> {
  /** How many fields the keys of a cursor have; 0: it cannot be served, -1: not known yet. */
  const fields = new Map<number, number>();
  const reject = (cursor: number) => fields.set(cursor, 0);
  code.forEach((op, pc) => {
    const info = opcodes[op.opcode]!;
    if (info.cursorOperand === null) return;
    const cursor = op[info.cursorOperand] as number;
    const known = fields.get(cursor) ?? -1;
    const n = keyFields(code, op, pc);
    if (n < 0) fields.set(cursor, known);
    else fields.set(cursor, known < 0 || known === n ? n : 0);
  });
  for (const op of code) {
    // The other cursor of instructions that have two.
    if (op.opcode === Opcode.OpenDup || op.opcode === Opcode.RowCell) reject(op.p2);
    else if (op.opcode === Opcode.DeferredSeek) reject(op.p1);
  }
  for (const [cursor, n] of fields) if (n <= 0) fields.delete(cursor);
  return fields;
}

/** Fields of the key that the instruction gives; -1: it gives none and does no harm; 0: it needs a tree. */
function keyFields(code: readonly Instruction[], op: Instruction, pc: number): number {
  switch (op.opcode) {
    case Opcode.OpenEphemeral: {
      const info = keyInfoOf(op);
      return info?.collations.every((c) => c.kind === 'binary') === true ? -1 : 0;
    }
    case Opcode.Found:
    case Opcode.NotFound:
      return typeof op.p4 === 'number' ? op.p4 : 0;
    case Opcode.IdxInsert: {
      // The record is of the very registers that hold the key.
      const record = code[pc - 1];
      const n = typeof op.p4 === 'number' ? op.p4 : 0;
      const same =
        record?.opcode === Opcode.MakeRecord &&
        record.p3 === op.p2 &&
        record.p1 === op.p3 &&
        record.p2 === n;
      return same && op.p5 <= OPFLAG_USESEEKRESULT ? n : 0;
    }
    case Opcode.Close:
    case Opcode.ResetSorter:
    case Opcode.NullRow:
      return -1;
    default:
      return 0;
  }
}
