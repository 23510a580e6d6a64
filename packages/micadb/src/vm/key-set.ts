/**
 * Ephemeral indexes that are only asked whether they hold a key (DISTINCT, aggregates of distinct values, IN): a
 * hash of their keys takes the tree's place. Which rows are seen first is the same, and nobody walks such an
 * index, so no order is lost.
 *
 * Invariants:
 *  1. Equal keys hash alike: 1, 1.0 and an equal bigint are one number; only BINARY collations are hashed.
 *  2. A key is either for the hash or for the tree, by its values alone (blobs and text that is no valid text
 *     go to the tree), but for what comes when the budget is used up: from then on new keys go to the tree,
 *     and both are asked.
 */
import type { KeyInfo } from '../values/key.ts';
import { Real, type SqlValue } from '../values/value.ts';
import { OPFLAG_USESEEKRESULT } from './flags.ts';
import { Opcode } from './opcode.ts';
import { opcodes } from './table.ts';
import type { Instruction, Program } from './types.ts';
import { CLEARED } from './vm.ts';

type Key = null | number | bigint | string;

/** What an entry costs beside its text. */
const ENTRY_BYTES = 64;

export class KeySet {
  private readonly keys = new Set<Key>();
  private bytes = 0;
  private full = false;
  /** Of the last `find`: the key, undefined when it is one for the tree. */
  private last: Key | undefined = undefined;

  constructor(private readonly budget: number) {}

  /** Looks for the values; 'tree' says that the tree must be asked. */
  find(r: readonly SqlValue[], base: number, count: number): 'found' | 'missing' | 'tree' {
    const key = count === 1 ? single(r[base]!) : composite(r, base, count);
    this.last = key;
    if (key === undefined) return 'tree';
    if (this.keys.has(key)) return 'found';
    return this.full ? 'tree' : 'missing';
  }

  /** Adds the key of the last `find`; false when it belongs into the tree. */
  add(): boolean {
    const key = this.last;
    if (key === undefined || this.full) return false;
    this.keys.add(key);
    this.bytes += ENTRY_BYTES + (typeof key === 'string' ? key.length * 2 : 0);
    if (this.bytes > this.budget) this.full = true;
    return true;
  }

  clear(): void {
    this.keys.clear();
    this.bytes = 0;
    this.full = false;
    this.last = undefined;
  }
}

function single(v: SqlValue): Key | undefined {
  if (typeof v === 'number' || typeof v === 'string') return v;
  if (v === null || v === CLEARED) return null;
  if (v instanceof Real) return v.value;
  if (typeof v === 'bigint') {
    const n = Number(v);
    return BigInt(n) === v ? n : v;
  }
  return undefined;
}

/** The fields as one text: numbers end with ';', texts begin with their length. */
function composite(r: readonly SqlValue[], base: number, count: number): string | undefined {
  let key = '';
  for (let i = 0; i < count; i++) {
    const v = single(r[base + i]!);
    if (v === undefined) return undefined;
    if (typeof v === 'number') key += `${v};`;
    else if (v === null) key += 'n';
    else if (typeof v === 'string') key += `s${v.length}:${v}`;
    else key += `g${v};`;
  }
  return key;
}

function keyInfoOf(op: Instruction): KeyInfo | null {
  const { p4 } = op;
  return typeof p4 === 'object' && p4 !== null && 'keyFieldCount' in p4 ? p4 : null;
}

/** Cursors of a program that a KeySet can serve. */
export function hashedCursors(program: Program): ReadonlySet<number> {
  const code = program.instructions;
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
  const found = new Set<number>();
  for (const [cursor, n] of fields) if (n > 0) found.add(cursor);
  return found;
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
