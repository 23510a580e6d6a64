/** Rows of pragmas: constants known when the statement is compiled, and rows that the connection makes. */
import type { SqlValue } from '../values/value.ts';
import { Opcode } from '../vm/opcode.ts';
import type { HostRequest } from '../vm/types.ts';
import type { Codegen } from './context.ts';
import { codeValue } from './expr.ts';

/** Emits rows of constants. */
export function codeRows(cg: Codegen, rows: readonly (readonly SqlValue[])[]): void {
  if (rows.length === 0) return;
  const { b } = cg;
  const base = b.newRegs(rows[0]!.length);
  const saved = cg.constants;
  cg.constants = null;
  for (const row of rows) {
    row.forEach((v, i) => {
      codeValue(cg, v, base + i);
    });
    b.emit(Opcode.ResultRow, base, row.length);
  }
  cg.constants = saved;
}

/** Emits the rows that the connection answers with. */
export function codeHostRows(cg: Codegen, request: HostRequest, columns: number): void {
  const { b } = cg;
  const cursor = b.newCursor();
  const base = b.newRegs(columns);
  const done = b.newLabel();
  b.emit(Opcode.HostRows, cursor, done, 0, request);
  const top = b.here;
  for (let i = 0; i < columns; i++) b.emit(Opcode.Column, cursor, i, base + i);
  b.emit(Opcode.ResultRow, base, columns);
  b.emit(Opcode.Next, cursor, top);
  b.resolve(done);
  b.emit(Opcode.Close, cursor);
}
