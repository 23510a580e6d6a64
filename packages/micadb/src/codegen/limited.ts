/**
 * ORDER BY and LIMIT of UPDATE and DELETE: the WHERE becomes `key IN (SELECT key FROM the table WHERE
 * ... ORDER BY ... LIMIT ...)`. https://www.sqlite.org/lang_delete.html#optional_limit_and_order_by_clauses
 */
import type { Table } from '../catalog/types.ts';
import type { Delete, Expr, Select, Update } from '../sql/ast.ts';
import { columnIndex, nameOf, sqlError } from './dml.ts';
import type { Target } from './target.ts';

const at = { pos: -1, end: -1 } as const;

function keyExpr(table: Table): Expr {
  const id = (text: string): Expr => ({ kind: 'id', name: nameOf(text), ...at });
  if (!table.withoutRowid) {
    return id(['rowid', '_rowid_', 'oid'].find((n) => columnIndex(table, n) < 0) ?? 'rowid');
  }
  const items = table.primaryKeyIndex!.keyColumns.map((c) => id(table.columns[c.column]!.name));
  return items.length === 1 ? items[0]! : { kind: 'vector', items, ...at };
}

/** The statement's WHERE with its ORDER BY and LIMIT put in. */
export function limitedWhere(target: Target, stmt: Update | Delete): Expr | null {
  if (stmt.limit === null) {
    if (stmt.orderBy.length > 0) {
      throw sqlError(`ORDER BY without LIMIT on ${stmt.kind === 'update' ? 'UPDATE' : 'DELETE'}`);
    }
    return stmt.where;
  }
  const key = keyExpr(target.table);
  const columns = key.kind === 'vector' ? key.items : [key];
  const select: Select = {
    kind: 'select',
    with: null,
    first: {
      kind: 'core',
      distinct: false,
      columns: columns.map((expr) => ({ kind: 'expr', expr, alias: null, text: '' })),
      from: [
        {
          join: { kind: 'comma', natural: false },
          source: {
            kind: 'table',
            table: stmt.table,
            args: null,
            indexedBy: stmt.indexedBy,
            notIndexed: stmt.notIndexed,
          },
          alias: stmt.alias,
          on: null,
          using: null,
          pos: -1,
        },
      ],
      where: stmt.where,
      groupBy: [],
      having: null,
      windows: [],
      pos: -1,
    },
    rest: [],
    orderBy: stmt.orderBy,
    limit: stmt.limit,
    offset: stmt.offset,
    ...at,
  };
  return { kind: 'in', not: false, operand: key, source: { kind: 'select', select }, ...at };
}
