/**
 * Scalar subqueries, row-valued subqueries and EXISTS. An uncorrelated one is evaluated once a run; a
 * correlated one each time it is asked for. https://www.sqlite.org/lang_expr.html#subq
 */
import type { BoundExpr, Query } from '../bind/tree.ts';
import { Opcode } from '../vm/opcode.ts';
import type { Codegen } from './context.ts';
import { queryNumber } from './numbering.ts';
import { codeSelect } from './select.ts';
import { beginSubroutine, codeAgain, endSubroutine, rememberSubroutine } from './subroutine.ts';

/** A query of which only the first row matters: LIMIT n becomes LIMIT (n <> 0). */
function firstRowOnly(query: Query): Query {
  const one: BoundExpr = { kind: 'constant', value: 1 };
  if (query.limit === null) return { ...query, limit: one };
  const limit: BoundExpr = {
    kind: 'compare',
    op: '<>',
    left: query.limit,
    right: { kind: 'cast', operand: { kind: 'constant', value: 0 }, affinity: 0x43 },
  };
  return { ...query, limit };
}

/** The (first) register of the result: columns of the first row or NULLs; 0 or 1 for EXISTS. */
export function codeSubquery(
  cg: Codegen,
  e: BoundExpr & { readonly kind: 'subquery' | 'exists' },
): number {
  const { b } = cg;
  const number = queryNumber(cg, e.query);
  if (!e.correlated) {
    const again = codeAgain(cg, e, null);
    if (again !== null) {
      b.explain(Opcode.Explain, `REUSE SUBQUERY ${number}`);
      return again;
    }
  }
  const shared = !e.correlated && cg.self === null;
  const routine = shared ? beginSubroutine(cg) : null;
  const id = b.explain(Opcode.Explain, `${shared ? '' : 'CORRELATED '}SCALAR SUBQUERY ${number}`);
  b.explainPush(id);
  const count = e.kind === 'exists' ? 1 : e.query.columns.length;
  const base = b.newRegs(count);
  const query = firstRowOnly(e.query);
  // Values of an enclosing query are read anew at each evaluation, constants are not.
  if (e.kind === 'exists') {
    b.emit(Opcode.Integer, 0, base);
    codeSelect(cg, query, { kind: 'exists', reg: base });
  } else {
    b.emit(Opcode.Null, 0, base, count > 1 ? base + count - 1 : 0);
    codeSelect(cg, query, { kind: 'memory', base, count });
  }
  b.explainPop();
  if (routine !== null) {
    endSubroutine(cg, routine);
    rememberSubroutine(cg, e, routine, base);
  }
  return base;
}
