/** sqlite_stat1 rows into the catalog's estimates (https://www.sqlite.org/fileformat2.html#stat1tab). */
import { defaultRowLogEst } from './build-index.ts';
import { logEst } from './log-est.ts';
import { sameName } from './names.ts';
import type { Index, Table } from './types.ts';

/** One row of sqlite_stat1: `index` null describes the table alone. */
export interface StatRow {
  readonly table: string;
  readonly index: string | null;
  readonly stat: string;
}

const MIN_ROWS = 99;

interface Stat {
  readonly estimates: number[];
  readonly unordered: boolean;
  readonly noSkipScan: boolean;
  readonly size: number | null;
}

function parseStat(text: string): Stat {
  const words = text.trim().split(/\s+/);
  const estimates: number[] = [];
  let unordered = false;
  let noSkipScan = false;
  let size: number | null = null;
  for (const w of words) {
    if (/^\d+$/.test(w) && !unordered && !noSkipScan && size === null)
      estimates.push(logEst(Number(w)));
    else if (w.startsWith('unordered')) unordered = true;
    else if (w.startsWith('noskipscan')) noSkipScan = true;
    else if (/^sz=\d/.test(w)) size = logEst(Math.max(2, Number.parseInt(w.slice(3), 10)));
  }
  return { estimates, unordered, noSkipScan, size };
}

function applyToIndex(index: Index, stat: Stat): Index {
  const estimates = index.rowLogEst.map((e, i) => stat.estimates[i] ?? e);
  return {
    ...index,
    rowLogEst: estimates,
    hasStat1: true,
    unordered: stat.unordered,
    noSkipScan: stat.noSkipScan,
    rowSizeEst: stat.size ?? index.rowSizeEst,
  };
}

/** The table with the estimates that its rows of sqlite_stat1 give. */
export function withTableStats(table: Table, rows: readonly StatRow[]): Table {
  const mine = rows.filter((r) => sameName(r.table, table.name));
  let { rowLogEst, rowSizeEst } = table;
  let hasStat1 = false;
  let indexes: readonly Index[] = table.indexes.map((i) => ({
    ...i,
    hasStat1: false,
  }));
  for (const row of mine) {
    const stat = parseStat(row.stat);
    const index =
      row.index === null
        ? undefined
        : sameName(row.index, table.name)
          ? indexes.find((i) => i.isPrimaryTree)
          : indexes.find((i) => sameName(i.name, row.index!));
    if (index !== undefined) {
      const updated = applyToIndex(index, stat);
      indexes = indexes.map((i) => (i === index ? updated : i));
      if (index.where === null && stat.estimates.length > 0) {
        rowLogEst = stat.estimates[0]!;
        hasStat1 = true;
      }
    } else if (row.index === null && stat.estimates.length > 0) {
      rowLogEst = stat.estimates[0]!;
      hasStat1 = true;
      rowSizeEst = stat.size ?? rowSizeEst;
    }
  }
  // Default estimates of an index suppose at least a thousand rows, and the table goes along.
  if (indexes.some((i) => !i.hasStat1)) rowLogEst = Math.max(rowLogEst, MIN_ROWS);
  indexes = indexes.map((i) =>
    i.hasStat1
      ? i
      : {
          ...i,
          rowLogEst: defaultRowLogEst(rowLogEst, i.keyColumns.length, i.where !== null, i.unique),
        },
  );
  const primaryKeyIndex = indexes.find((i) => i.isPrimaryTree) ?? null;
  return { ...table, rowLogEst, rowSizeEst, hasStat1, indexes, primaryKeyIndex };
}
