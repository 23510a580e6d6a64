/** Several listeners of row changes as one. What one of them throws ends the statement at once. */
import type { RowListener } from '../vm/types.ts';

export function listenerTo(listeners: readonly RowListener[]): RowListener {
  return {
    insert(table, rowid, record) {
      for (const l of listeners) l.insert(table, rowid, record);
    },
    update(table, oldRowid, oldRecord, rowid, record) {
      for (const l of listeners) l.update(table, oldRowid, oldRecord, rowid, record);
    },
    delete(table, rowid, record) {
      for (const l of listeners) l.delete(table, rowid, record);
    },
    clear(table) {
      for (const l of listeners) l.clear(table);
    },
  };
}
