/** The loops of one query block: whereBegin/whereEnd, or a single pass when there is no FROM. */
import type { LogEst } from '../plan/logest.ts';
import { WhereFlag, type WhereInfo, type WhereInput } from '../plan/types.ts';
import { Opcode } from '../vm/opcode.ts';
import type { Label } from './builder.ts';
import type { Codegen } from './context.ts';
import type { DistinctKind } from './distinct.ts';
import { jumpIfFalse } from './expr.ts';
import { whereBegin, whereEnd } from './where.ts';

export interface Loops {
  /** How many leading ORDER BY terms the rows satisfy. */
  readonly orderSatisfied: number;
  readonly isOrdered: boolean;
  readonly sortedByGroup: boolean;
  readonly distinct: DistinctKind;
  readonly next: Label;
  readonly done: Label;
  readonly rowEstimate: LogEst;
  /** Null when there is no FROM clause. */
  readonly info: WhereInfo | null;
}

export function beginLoops(cg: Codegen, input: WhereInput): Loops {
  if (input.sources.length > 0) {
    const info = whereBegin(cg, input);
    return {
      orderSatisfied: info.orderSatisfied,
      isOrdered: info.isOrdered,
      sortedByGroup: info.sortedByGroup,
      distinct: info.distinct,
      next: info.continueLabel,
      done: info.breakLabel,
      rowEstimate: info.rowEstimate,
      info,
    };
  }
  const { b } = cg;
  const done = b.newLabel();
  b.explain(Opcode.Explain, 'SCAN CONSTANT ROW');
  for (const c of input.where) jumpIfFalse(cg, c.expr, done, true);
  const terms = input.orderBy?.length ?? 0;
  return {
    orderSatisfied: terms,
    isOrdered: terms > 0,
    sortedByGroup: true,
    distinct: (input.flags & WhereFlag.WantDistinct) !== 0 ? 'unique' : 'noop',
    next: done,
    done,
    rowEstimate: 0,
    info: null,
  };
}

export function endLoops(cg: Codegen, loops: Loops): void {
  if (loops.info === null) cg.b.resolve(loops.done);
  else whereEnd(cg, loops.info);
}
