/** Handlers of the groups of a GROUP BY in a hash. */
import { compareRecords } from '../values/compare.ts';
import type { SqlValue } from '../values/value.ts';
import { CursorKind, VmCursor } from './cursor.ts';
import { type GroupShape, Groups } from './groups.ts';
import { cursor, place, takeSpare } from './handlers-cursor.ts';
import type { HandlerTable } from './handlers-data.ts';
import { Opcode } from './opcode.ts';
import { Sorter } from './sorter.ts';
import { NEXT } from './vm.ts';

export const groupHandlers: HandlerTable = {
  [Opcode.GroupOpen]: (vm, op, _r, f) => {
    const shape = op.p4 as GroupShape;
    const budget = vm.host.sorterBudget;
    let c = takeSpare(f, op.p1, CursorKind.Sorter, shape.keyInfo, op.p2);
    if (c !== null) c.groups!.renew(budget);
    else {
      c = new VmCursor(CursorKind.Sorter, null, false, -1, 0, shape.keyInfo, op.p2);
      c.sorter = new Sorter(shape.keyInfo, budget, () => vm.temporaryTree());
      c.groups = new Groups(shape, c.sorter, budget, vm.host.encoding);
    }
    place(f, op.p1, c);
    return NEXT;
  },
  [Opcode.GroupFind]: (_vm, op, r, f) => {
    const groups = cursor(f, op.p1).groups!;
    const { functions, states, known, place } = groups.shape;
    const record = r[op.p3] as Uint8Array;
    const at = groups.find(record, record.length);
    if (at < 0) return op.p2;
    for (let i = 0; i < functions.length; i++) r[states + i] = groups.slots[at + i] as SqlValue;
    if (known > 0) r[known] = groups.isNew ? 0 : 1;
    if (place > 0) r[place] = at;
    return NEXT;
  },
  [Opcode.GroupKeep]: (_vm, op, r, f) => {
    const { slots, at, shape } = cursor(f, op.p1).groups!;
    const from = at + shape.functions.length;
    shape.kept.forEach((register, i) => {
      slots[from + i] = r[register]!;
    });
    return NEXT;
  },
  [Opcode.GroupLoad]: (_vm, op, r, f) => {
    const c = cursor(f, op.p1);
    const { slots, shape, width } = c.groups!;
    const { functions, states, kept } = shape;
    const at = c.sorter!.number * width;
    for (let i = 0; i < functions.length; i++) r[states + i] = slots[at + i] as SqlValue;
    const from = at + functions.length;
    for (let i = 0; i < kept.length; i++) r[kept[i]!] = slots[from + i] as SqlValue;
    return NEXT;
  },
  [Opcode.GroupBefore]: (_vm, op, r, f) => {
    const { sorter, keyInfo } = cursor(f, op.p1);
    if (sorter!.number < 0) return op.p2;
    if (op.p3 === 0) return NEXT;
    const mine = sorter!.record();
    const other = r[op.p3] as Uint8Array;
    const rc = compareRecords(mine, 0, mine.length, other, 0, other.length, keyInfo!);
    return rc < 0 ? NEXT : op.p2;
  },
};
