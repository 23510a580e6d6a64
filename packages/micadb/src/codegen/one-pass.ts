/**
 * The end of a loop that changes rows while it runs. Where a covering index serves the scan, the scan's
 * reads of the table go to the index; the changes themselves must read the table's own cursor, because
 * the index entry may be gone by then.
 */
import type { WhereInfo } from '../plan/types.ts';
import type { Codegen } from './context.ts';
import { whereEnd } from './where.ts';

/** whereEnd for one-pass DML; instructions from `changes` on stay as they were coded. */
export function endOnePass(cg: Codegen, info: WhereInfo, changes: number): void {
  const { b } = cg;
  const coded = b.instructions.slice(changes).map((op) => ({ ...op }));
  whereEnd(cg, info);
  coded.forEach((was, i) => {
    const op = b.at(changes + i);
    op.opcode = was.opcode;
    op.p1 = was.p1;
    op.p2 = was.p2;
    op.p3 = was.p3;
    op.p4 = was.p4;
    op.p5 = was.p5;
  });
}
