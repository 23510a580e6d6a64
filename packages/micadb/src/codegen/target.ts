/** The table or view that INSERT, UPDATE or DELETE changes: found, checked, with its triggers. */
import type { Binder } from '../bind/binder.ts';
import { findTable } from '../bind/binder.ts';
import type { Table, Trigger } from '../catalog/types.ts';
import type { QualifiedName } from '../sql/ast.ts';
import type { Codegen } from './context.ts';
import { sqlError } from './dml.ts';
import { isDropping } from './fk.ts';
import { type TriggerEvent, triggersFor } from './trigger.ts';
import { resolveView } from './view.ts';

export interface Target {
  readonly db: number;
  readonly table: Table;
  readonly isView: boolean;
}

export function findTarget(cg: Codegen, binder: Binder, name: QualifiedName): Target {
  const { db, table } = findTable(binder, name.schema, name.name);
  const isView = table.kind === 'view';
  return { db, table: isView ? resolveView(cg, table, db) : table, isView };
}

/** Triggers of the statement; none while a table is being dropped. */
export function targetTriggers(
  cg: Codegen,
  table: Table,
  event: TriggerEvent,
  changed: ReadonlySet<number> | null,
): Trigger[] {
  return isDropping(cg) ? [] : triggersFor(cg, table, event, changed);
}

/** "table x may not be modified", "cannot modify x because it is a view". */
export function checkWritable(cg: Codegen, target: Target, triggers: readonly Trigger[]): void {
  const { table } = target;
  if (table.kind === 'virtual') throw sqlError(`table ${table.name} may not be modified`);
  const { writableSchema, defensive } = cg.env.flags;
  if ((table.readOnly || table.system) && (!writableSchema || defensive)) {
    throw sqlError(`table ${table.name} may not be modified`);
  }
  if (target.isView && triggers.length === 0) {
    throw sqlError(`cannot modify ${table.name} because it is a view`);
  }
}
