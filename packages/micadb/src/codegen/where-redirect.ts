/**
 * After the loop's body has been coded: reads of the table cursor that the index cursor can serve are
 * turned into reads of the index, so that the table is not touched for them (covering index, deferred
 * seek).
 */

import { LoopFlag } from '../plan/types.ts';
import { Real, type SqlValue, Text } from '../values/value.ts';
import { Opcode } from '../vm/opcode.ts';
import type { Instruction } from '../vm/types.ts';
import type { Codegen } from './context.ts';
import type { Level } from './where-state.ts';

/** Table column that column `place` of the table cursor's record is. */
function tableColumn(level: Level, place: number): number {
  const table = level.source.query === null ? level.source.table : null;
  if (table === null) return place;
  if (table.withoutRowid) return table.primaryKeyIndex!.columns[place]?.column ?? -3;
  return table.columns.findIndex((c) => c.storage === place);
}

/** The read becomes the load of a value that all rows of the index have. */
function becomeConstant(op: Instruction, value: SqlValue): void {
  const target = op.p3;
  op.p1 = 0;
  op.p2 = target;
  op.p3 = 0;
  op.p4 = null;
  op.p5 = 0;
  if (typeof value === 'number' && value >= -2147483648 && value <= 2147483647) {
    op.opcode = Opcode.Integer;
    op.p1 = value;
    return;
  }
  if (typeof value === 'number' || typeof value === 'bigint') op.opcode = Opcode.Int64;
  else if (typeof value === 'string') op.opcode = Opcode.String8;
  else if (value instanceof Real) op.opcode = Opcode.Real;
  else op.opcode = Opcode.Blob;
  op.p4 = value instanceof Text ? value.bytes : value;
}

export function redirectColumns(cg: Codegen, level: Level, end: number): void {
  const index = level.redirect!;
  const { b } = cg;
  const only = (level.loop.flags & LoopFlag.IndexOnly) !== 0;
  for (let at = level.start; at < end; at++) {
    const op = b.at(at);
    if (op.p1 !== level.cursor) continue;
    switch (op.opcode) {
      case Opcode.Column: {
        const column = tableColumn(level, op.p2);
        const place = index.columns.findIndex((c) => c.column === column && column >= 0);
        if (place < 0) {
          const value = only ? index.fixed.get(column) : undefined;
          if (value !== undefined) becomeConstant(op, value);
          break;
        }
        op.p1 = level.indexCursor;
        op.p2 = place;
        op.p4 = null;
        break;
      }
      case Opcode.Rowid:
        op.opcode = index.kind === 'auto' ? Opcode.Column : Opcode.IdxRowid;
        if (index.kind === 'auto') {
          op.p3 = op.p2;
          op.p2 = index.columns.length - 1;
        }
        op.p1 = level.indexCursor;
        break;
      case Opcode.IfNullRow:
        if (only) op.p1 = level.indexCursor;
        break;
      default:
        break;
    }
  }
}
