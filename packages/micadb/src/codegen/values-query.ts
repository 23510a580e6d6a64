/** VALUES (...), (...): a coroutine that gives row by row, read like a subquery in FROM. */
import { makeSource } from '../bind/binder.ts';
import { queryColumns } from '../bind/select.ts';
import type { BoundExpr, CompoundQuery, QueryBlock, ValuesQuery } from '../bind/tree.ts';
import { exprAffinity, exprEquals, isConstant } from '../bind/types.ts';
import type { LogEst } from '../plan/logest.ts';
import { Affinity } from '../values/value.ts';
import { Opcode } from '../vm/opcode.ts';
import type { Codegen } from './context.ts';
import type { SelectDest } from './dest.ts';
import { codeExprTo } from './expr.ts';
import type { Limits } from './limit.ts';
import { isRowByRow } from './numbering.ts';
import { codeSelect } from './select.ts';
import { codeRow, rowRegisters } from './select-row.ts';

const UNKNOWN_ROWS: LogEst = 200;

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
  // What SQLite takes for a table of which it knows nothing: a million rows.
  return UNKNOWN_ROWS;
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

/**
 * True when the rows are given by a coroutine, as SQLite does for constants without affinity; else they are the arms of a UNION ALL.
 */
export function isConstantValues(cg: Codegen, q: ValuesQuery): boolean {
  return (
    !isRowByRow(cg, q) &&
    q.orderBy.length === 0 &&
    q.limit === null &&
    q.rows.every((row) => row.every(isConstant)) &&
    q.rows[0]!.every((e) => exprAffinity(e) <= Affinity.None)
  );
}

export function codeValues(
  cg: Codegen,
  q: ValuesQuery,
  dest: SelectDest,
  shared: Limits | null,
): LogEst {
  const plain = shared === null && q.orderBy.length === 0 && q.limit === null;
  if (plain && !isConstantValues(cg, q)) {
    cg.b.explain(Opcode.Explain, `SCAN ${q.rows.length} CONSTANT ROWS`);
    return codeValuesRows(cg, q, dest);
  }
  return codeSelect(cg, valuesAsBlock(cg, q), dest, shared);
}

/** VALUES as a UNION ALL of its rows (SQLite's form of it in the setup of a recursion). */
export function valuesAsCompound(q: ValuesQuery): CompoundQuery {
  const arm = (row: readonly BoundExpr[]): QueryBlock => ({
    kind: 'block',
    id: q.id,
    core: q.core,
    columns: q.columns.map((c, i) => ({ ...c, expr: row[i]! })),
    sources: [],
    where: [],
    isAggregate: false,
    groupBy: [],
    having: null,
    distinct: false,
    orderBy: [],
    limit: null,
    offset: null,
    hasWindow: false,
    correlated: q.correlated,
  });
  const [first, ...rest] = q.rows.map(arm);
  return {
    kind: 'compound',
    id: q.id,
    columns: q.columns,
    first: first!,
    rest: rest.map((query) => ({ op: 'UNION ALL', query })),
    collations: q.columns.map(() => null),
    orderBy: [],
    limit: null,
    offset: null,
    correlated: q.correlated,
  };
}
