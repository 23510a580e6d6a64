/** Expressions of a table itself: CHECK, DEFAULT, generated columns, index expressions and conditions. */
import type { Table } from '../catalog/types.ts';
import type * as ast from '../sql/ast.ts';
import { type Binder, makeSource, type Scope, type SelfKind, sourceColumns } from './binder.ts';
import { bindExpr, scalar } from './expr.ts';
import { type BoundExpr, SELF_ID, type Source } from './tree.ts';

/** The pseudo source of a table's own expressions: its id is SELF_ID. */
export function selfSource(table: Table): Source {
  return makeSource(SELF_ID, {
    alias: table.name,
    name: table.name,
    table,
    columns: sourceColumns(table),
  });
}

/**
 * Binds an expression of the table itself: its columns come with `source.id === SELF_ID`. Raises
 * "... prohibited in ..." where `what` does not allow a construct.
 */
export function bindSelfExpr(b: Binder, table: Table, expr: ast.Expr, what: SelfKind): BoundExpr {
  const source = selfSource(table);
  const scope: Scope = {
    ...b.emptyScope(null),
    sources: what === 'DEFAULT values' ? [] : [source],
    self: what,
    selfTemp: table.schema === 'temp',
  };
  return scalar(bindExpr(b, expr, scope));
}
