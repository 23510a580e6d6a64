/** VALUES (...), (...): a coroutine that gives row by row, read like a subquery in FROM. */
import { makeSource } from '../bind/binder.ts';
import { queryColumns } from '../bind/select.ts';
import type { BoundExpr, QueryBlock, ValuesQuery } from '../bind/tree.ts';
import { exprEquals } from '../bind/types.ts';
import { type LogEst, logEst } from '../plan/logest.ts';
import type { Codegen } from './context.ts';
import type { SelectDest } from './dest.ts';
import { codeExprTo } from './expr.ts';
import type { Limits } from './limit.ts';
import { codeSelect } from './select.ts';
import { codeRow, rowRegisters } from './select-row.ts';

/** The rows one after the other, without ORDER BY and LIMIT. */
export function codeValuesRows(cg: Codegen, q: ValuesQuery, dest: SelectDest): LogEst {
  const count = q.columns.length;
  const base = rowRegisters(cg, dest, count);
  for (const row of q.rows) {
    row.forEach((e, i) => {
      codeExprTo(cg, e, base + i);
    });
    codeRow(cg, dest, base, count);
  }
  return logEst(q.rows.length);
}

/** VALUES as SELECT * FROM (VALUES ...) with the ORDER BY and LIMIT that belong to it. */
export function valuesAsBlock(cg: Codegen, q: ValuesQuery): QueryBlock {
  const bare: ValuesQuery = { ...q, orderBy: [], limit: null, offset: null };
  const source = makeSource(cg.nextSourceId(), {
    alias: null,
    name: null,
    query: bare,
    correlated: q.correlated,
    columns: queryColumns(bare, null),
  });
  const columns = q.columns.map((c, i) => {
    const expr: BoundExpr = { kind: 'column', source, column: i };
    source.used.add(i);
    return { ...c, expr };
  });
  const orderBy = q.orderBy.map((t) => {
    const n = t.result > 0 ? t.result - 1 : q.columns.findIndex((c) => exprEquals(c.expr, t.expr));
    if (n < 0) return t;
    const operand = columns[n]!.expr;
    const expr: BoundExpr =
      t.expr.kind === 'collate'
        ? { kind: 'collate', operand, collation: t.expr.collation }
        : operand;
    return { ...t, expr };
  });
  return {
    kind: 'block',
    id: q.id,
    columns,
    sources: [source],
    where: [],
    isAggregate: false,
    groupBy: [],
    having: null,
    distinct: false,
    orderBy,
    limit: q.limit,
    offset: q.offset,
    hasWindow: false,
    correlated: q.correlated,
  };
}

export function codeValues(
  cg: Codegen,
  q: ValuesQuery,
  dest: SelectDest,
  shared: Limits | null,
): LogEst {
  return codeSelect(cg, valuesAsBlock(cg, q), dest, shared);
}
