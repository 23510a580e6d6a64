/** What the instructions of one program may do beside their registers. */
import type { Collation, KeyInfo } from '../../values/key.ts';
import { hashedCursors } from '../key-set.ts';
import { Opcode } from '../opcode.ts';
import { opcodes } from '../table.ts';
import type { FunctionCall, Instruction } from '../types.ts';

export class Effects {
  /** Some key of the program is compared by a collation of the user's. */
  private readonly userKeys: boolean;
  /** Of each register that may hold a text on a page: the cursors that may have lent it. */
  private readonly lenders = new Map<number, Set<number>>();

  /** Cursors on automatic indexes, and of how many fields the keys are that seek them; 0: of any number. */
  readonly automatic = new Map<number, number>();

  /** Cursors that a KeySet serves, and the number of fields of their keys. */
  readonly hashed: ReadonlyMap<number, number>;

  constructor(private readonly code: readonly Instruction[]) {
    this.hashed = hashedCursors(code);
    for (const op of code) {
      if (op.opcode === Opcode.OpenAutoindex) this.automatic.set(op.p1, op.p5);
    }
    for (const op of code) {
      const { cursor, cursorOperand } = opcodes[op.opcode]!;
      if (cursor === 'open' && op.opcode !== Opcode.OpenAutoindex)
        this.automatic.delete(op[cursorOperand!] as number);
    }
    this.userKeys = code.some(({ p4 }) => hasUserCollation(p4));
    this.findLenders();
  }

  private findLenders(): void {
    const { code, lenders } = this;
    let grown = true;
    const add = (register: number, cursor: number) => {
      const set = lenders.get(register);
      if (set === undefined) lenders.set(register, new Set([cursor]));
      else if (set.has(cursor)) return;
      else set.add(cursor);
      grown = true;
    };
    const pass = (from: number, to: number) => {
      for (const cursor of lenders.get(from) ?? []) add(to, cursor);
    };
    while (grown) {
      grown = false;
      for (const op of code) {
        switch (op.opcode) {
          case Opcode.Column:
            add(op.p3, op.p1);
            break;
          case Opcode.SCopy:
          case Opcode.IntCopy:
            pass(op.p1, op.p2);
            break;
          case Opcode.Copy:
            for (let i = 0; i <= op.p3; i++) pass(op.p1 + i, op.p2 + i);
            break;
          case Opcode.Function:
          case Opcode.PureFunc: {
            const { argCount } = op.p4 as FunctionCall;
            for (let i = 0; i < argCount; i++) pass(op.p2 + i, op.p3);
            break;
          }
          default:
        }
      }
    }
  }

  /**
   * True when the instruction may move or close a cursor, change a tree or run code of the user: bytes that
   * cursors have lent are then no longer good (wall 5); `spoils` tells of which registers.
   */
  disturbs(op: Instruction): boolean {
    const info = opcodes[op.opcode]!;
    switch (info.cursor) {
      case 'open':
      case 'move':
      case 'write':
      case 'close':
        return true;
      default:
        break;
    }
    if (info.maySuspend) return true;
    return this.runsUserCode(op) || (info.mayWrite && !isCall(op));
  }

  /** True when bytes that the register may have borrowed are no longer good after the instruction. */
  spoils(op: Instruction, register: number): boolean {
    if (!this.disturbs(op)) return false;
    const moved = this.movesOnly(op);
    return moved < 0 || this.lenders.get(register)?.has(moved) !== false;
  }

  /**
   * The cursor that the instruction moves without touching anything else: the pages under the others stay
   * where they are. -1 for all other instructions.
   */
  movesOnly(op: Instruction): number {
    switch (op.opcode) {
      case Opcode.Last:
      case Opcode.Next:
      case Opcode.Prev:
      case Opcode.SeekRowid:
      case Opcode.NotExists:
      case Opcode.SeekLT:
      case Opcode.SeekLE:
      case Opcode.SeekGE:
      case Opcode.SeekGT:
      // A sorter lends nothing itself, and the records that a pseudo cursor stood on stay as they are.
      case Opcode.SorterInsert:
      case Opcode.SorterSort:
      case Opcode.SorterNext:
        return this.runsUserCode(op) ? -1 : op.p1;
      case Opcode.Found:
      case Opcode.NotFound:
        return this.runsUserCode(op) ? -1 : op.p1;
      // What these indexes hold is the program's own.
      case Opcode.IdxInsert:
        return this.automatic.has(op.p1) || this.hashed.has(op.p1) ? op.p1 : -1;
      case Opcode.DeferredSeek:
        return op.p3;
      default:
        return -1;
    }
  }

  /** True when the instruction calls a function, collation or listener of the user, or may do so. */
  runsUserCode(op: Instruction): boolean {
    const info = opcodes[op.opcode]!;
    if (!info.mayCallUserCode) return false;
    switch (op.opcode) {
      case Opcode.Eq:
      case Opcode.Ne:
      case Opcode.Lt:
      case Opcode.Le:
      case Opcode.Gt:
      case Opcode.Ge:
        return (op.p4 as Collation | null)?.kind === 'user';
      case Opcode.Compare:
        return hasUserCollation(op.p4);
      case Opcode.Function:
      case Opcode.PureFunc:
      case Opcode.AggStep:
      case Opcode.AggInverse:
      case Opcode.AggValue:
      case Opcode.AggFinal: {
        const call = op.p4 as FunctionCall;
        return call.def.user === true || call.collation?.kind === 'user';
      }
      // Keys are compared by the collations of their cursor, which an instruction before has opened.
      case Opcode.SeekLT:
      case Opcode.SeekLE:
      case Opcode.SeekGE:
      case Opcode.SeekGT:
      case Opcode.NoConflict:
      case Opcode.NotFound:
      case Opcode.Found:
      case Opcode.IdxLT:
      case Opcode.IdxLE:
      case Opcode.IdxGE:
      case Opcode.IdxGT:
      case Opcode.SorterSort:
      case Opcode.SorterNext:
      case Opcode.SorterInsert:
        return this.userKeys;
      default:
        return true;
    }
  }
}

function hasUserCollation(p4: Instruction['p4']): boolean {
  const info = typeof p4 === 'object' && p4 !== null && 'keyFieldCount' in p4 ? p4 : null;
  return info !== null && (info as KeyInfo).collations.some((c) => c.kind === 'user');
}

function isCall(op: Instruction): boolean {
  return op.opcode === Opcode.Function || op.opcode === Opcode.PureFunc;
}
