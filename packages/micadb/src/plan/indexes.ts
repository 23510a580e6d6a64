/**
 * The trees of a table as the planner sees them: the rowid tree first, then the indexes in SQLite's
 * order of use. Expressions of indexes are bound here, once for a compilation.
 */
import { Binder } from '../bind/binder.ts';
import type { CompileEnv } from '../bind/env.ts';
import { bindSelfExpr } from '../bind/self.ts';
import { type BoundExpr, SELF_ID, type Source } from '../bind/tree.ts';
import {
  compareCollation,
  exprAffinity,
  fixedColumn,
  splitConjuncts,
  visitExpr,
} from '../bind/types.ts';
import type { Index, IndexColumn, Table } from '../catalog/types.ts';
import { applyAffinity } from '../values/affinity.ts';
import { Affinity, type SqlValue } from '../values/value.ts';
import type { PlanIndex, PlanIndexColumn } from './types.ts';

const cache = new WeakMap<CompileEnv, Map<Table, readonly PlanIndex[]>>();

function noCursor(): number {
  return SELF_ID;
}

function planColumn(env: CompileEnv, table: Table, c: IndexColumn): PlanIndexColumn {
  const isExpr = c.column < -1;
  return {
    column: c.column === table.rowidColumn && c.column >= 0 ? -1 : c.column,
    declared: c.column,
    expr:
      isExpr && c.expr !== null
        ? bindSelfExpr(new Binder(env, noCursor), table, c.expr, 'index expressions')
        : null,
    collation: c.collation,
    desc: c.desc,
  };
}

const NOTHING_FIXED: ReadonlyMap<number, SqlValue> = new Map();

/** The columns that the condition of a partial index holds to one value. */
function fixedColumns(where: BoundExpr | null): ReadonlyMap<number, SqlValue> {
  if (where === null) return NOTHING_FIXED;
  const fixed = new Map<number, SqlValue>();
  for (const { expr: e } of splitConjuncts(where)) {
    if (e.kind !== 'compare' || (e.op !== '=' && e.op !== 'IS')) continue;
    const { left, right } = e;
    if (left.kind !== 'column' || left.column < 0 || right.kind !== 'constant') continue;
    const affinity = exprAffinity(left);
    if (affinity < Affinity.Text || right.value === null) continue;
    if (compareCollation(left, right).toUpperCase() !== 'BINARY') continue;
    fixed.set(left.column, applyAffinity(right.value, affinity));
  }
  return fixed;
}

function planIndex(env: CompileEnv, table: Table, index: Index): PlanIndex {
  const columns = index.columns.map((c) => planColumn(env, table, c));
  const where =
    index.where === null
      ? null
      : bindSelfExpr(new Binder(env, noCursor), table, index.where, 'partial index WHERE clauses');
  return {
    index,
    kind: index.isPrimaryTree ? 'primary' : 'index',
    keyCount: index.keyColumns.length,
    columns,
    unique: index.unique,
    uniqueNotNull: index.uniqueNotNull,
    rowLogEst: index.rowLogEst,
    hasStat1: index.hasStat1,
    unordered: index.unordered,
    noSkipScan: index.noSkipScan,
    rowSize: index.rowSizeEst,
    where,
    hasExpr: columns.some((c) => c.column === -2),
    fixed: fixedColumns(where),
  };
}

/** The rowid tree as an index of one unique column. `rows` is the LogEst of its rows. */
export function rowidIndex(rows: number): PlanIndex {
  return {
    index: null,
    kind: 'rowid',
    keyCount: 1,
    columns: [{ column: -1, declared: -1, expr: null, collation: 'BINARY', desc: false }],
    unique: true,
    uniqueNotNull: false,
    rowLogEst: [rows, 0],
    hasStat1: false,
    unordered: false,
    noSkipScan: false,
    rowSize: 3,
    where: null,
    hasExpr: false,
    fixed: NOTHING_FIXED,
  };
}

/** All indexes of a table (not the rowid tree). */
export function planIndexes(env: CompileEnv, table: Table): readonly PlanIndex[] {
  let byTable = cache.get(env);
  if (byTable === undefined) {
    byTable = new Map();
    cache.set(env, byTable);
  }
  let list = byTable.get(table);
  if (list === undefined) {
    list = table.kind === 'table' ? table.indexes.map((i) => planIndex(env, table, i)) : [];
    byTable.set(table, list);
  }
  return list;
}

/** True when the index record holds the value of table column `column`. */
export function indexHasColumn(index: PlanIndex, table: Table, column: number): boolean {
  if (column < 0 || column === table.rowidColumn) return true;
  const c = table.columns[column];
  if (c === undefined || (c.generated !== null && !c.generated.stored)) return false;
  // SQLite does not count the primary key at the end of a UNIQUE constraint's index.
  const keyOnly = table.withoutRowid && index.index?.origin === 'u';
  return index.columns.some((x, i) => x.column === column && !(keyOnly && i >= index.keyCount));
}

/** Columns of `source` that the statement uses; a virtual generated column uses all of them. */
export function usedColumns(source: Source): ReadonlySet<number> {
  const table = source.table;
  if (table === null || !table.hasGenerated) return source.used;
  for (const u of source.used) {
    const c = table.columns[u];
    if (c !== undefined && c.generated !== null && !c.generated.stored) {
      return new Set([...table.columns.keys()]);
    }
  }
  return source.used;
}

/** True when every column that the statement uses of `source` is in the index. */
export function isCovering(index: PlanIndex, source: Source): boolean {
  const table = source.table!;
  // A NULL row of an outer join has not the value of the index's rows.
  const nullable = source.join === 'left' || source.join === 'full' || source.join === 'right';
  const fixed = nullable || source.leftOfRight ? NOTHING_FIXED : index.fixed;
  for (const u of usedColumns(source)) {
    if (!fixed.has(u) && !indexHasColumn(index, table, u)) return false;
  }
  return true;
}

/** Columns that an expression uses of one source (-1 the rowid); SELF counts as that source. */
export function columnsOf(e: BoundExpr, sourceId: number): Set<number> {
  const set = new Set<number>();
  visitExpr(e, (x) => {
    const c = fixedColumn(x);
    if (c.kind === 'column' && (c.source.id === sourceId || c.source.id === SELF_ID)) {
      set.add(c.column);
    }
  });
  return set;
}
