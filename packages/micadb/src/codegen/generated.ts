/**
 * Generated columns of a row image: evaluated in the order in which they depend on each other
 * (https://www.sqlite.org/gencol.html). Affinities of the ordinary columns are applied first.
 */
import { type BoundExpr, SELF_ID } from '../bind/tree.ts';
import { visitExprDeep } from '../bind/types.ts';
import type { Table } from '../catalog/types.ts';
import { Affinity } from '../values/value.ts';
import { Opcode } from '../vm/opcode.ts';
import type { Codegen } from './context.ts';
import {
  boundGenerated,
  codeTableAffinity,
  isVirtualColumn,
  type RowImage,
  sqlError,
  tableInfoOf,
  withSelfRow,
} from './dml.ts';
import { codeExprTo } from './expr.ts';

/** Columns of the table (-1 the rowid) that a SELF expression reads. */
export function selfColumns(e: BoundExpr): Set<number> {
  const used = new Set<number>();
  visitExprDeep(e, (x) => {
    if (x.kind === 'column' && x.source.id === SELF_ID) used.add(x.column);
  });
  return used;
}

/** Evaluates all generated columns of the image. "generated column loop on "x"" when they need each other. */
export function codeGeneratedColumns(cg: Codegen, table: Table, row: RowImage): void {
  codeTableAffinity(cg, table, row.base, true);
  const pending = new Map<number, { e: BoundExpr; needs: Set<number> }>();
  table.columns.forEach((c, i) => {
    if (c.generated === null) return;
    const e = boundGenerated(cg, table, i);
    pending.set(i, { e, needs: selfColumns(e) });
  });
  while (pending.size > 0) {
    let progress = false;
    for (const [i, { e, needs }] of pending) {
      if ([...needs].some((n) => pending.has(n))) continue;
      withSelfRow(cg, table, row, () => codeExprTo(cg, e, row.base + i));
      const { affinity } = table.columns[i]!;
      if (table.strict && isVirtualColumn(table, i)) {
        // Not among the stored columns that are checked together before the record is made.
        cg.b.emit(Opcode.TypeCheck, row.base + i, 1, i + 2, tableInfoOf(table));
      } else if (affinity >= Affinity.Text) {
        cg.b.emit(Opcode.Affinity, row.base + i, 1, 0, String.fromCharCode(affinity));
      }
      pending.delete(i);
      progress = true;
    }
    if (!progress) {
      const first = pending.keys().next().value ?? 0;
      throw sqlError(`generated column loop on "${table.columns[first]!.name}"`);
    }
  }
}
