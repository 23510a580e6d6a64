/** Lines of EXPLAIN QUERY PLAN for loops. https://www.sqlite.org/eqp.html */
import type { Source } from '../bind/tree.ts';
import { LoopFlag, type PlanIndex, WhereFlag } from '../plan/types.ts';
import { Opcode } from '../vm/opcode.ts';
import type { Codegen } from './context.ts';
import { queryLabel } from './numbering.ts';
import { isLeftJoin, type Level } from './where-state.ts';

/** How a scanned source is named: its alias, else its name, else what it is. */
export function scanLabel(cg: Codegen, s: Source): string {
  if (s.query?.kind === 'values' && s.cte === null) {
    return `${s.query.rows.length}-ROW VALUES CLAUSE`;
  }
  if (s.alias !== null) {
    // Without an alias the name is shown as it was written: main.t.
    const qualified = s.table !== null && s.name?.endsWith(`.${s.alias}`) === true;
    return qualified ? s.name! : s.alias;
  }
  if (s.name !== null) return s.name;
  if (s.query === null) return '';
  return queryLabel(cg, s.query);
}

function columnName(level: Level, index: PlanIndex, i: number): string {
  const column = index.columns[i]!.declared;
  if (column === -2) return '<expr>';
  if (column === -1) return 'rowid';
  return level.source.columns[column]!.name;
}

/** `(a,b)>(?,?)` or `a>?`. */
function bound(level: Level, index: PlanIndex, first: number, count: number, op: string): string {
  const names = Array.from({ length: count }, (_, i) => columnName(level, index, first + i));
  const marks = names.map(() => '?').join(',');
  return count > 1 ? `(${names.join(',')})${op}(${marks})` : `${names[0]}${op}?`;
}

function indexRange(level: Level): string {
  const { loop } = level;
  const index = loop.index!;
  const parts: string[] = [];
  for (let i = 0; i < loop.eq; i++) {
    const name = columnName(level, index, i);
    parts.push(i >= loop.skip ? `${name}=?` : `ANY(${name})`);
  }
  if ((loop.flags & LoopFlag.BottomLimit) !== 0) {
    parts.push(bound(level, index, loop.eq, Math.max(1, loop.bottom), '>'));
  }
  if ((loop.flags & LoopFlag.TopLimit) !== 0) {
    parts.push(bound(level, index, loop.eq, Math.max(1, loop.top), '<'));
  }
  return parts.length === 0 ? '' : ` (${parts.join(' AND ')})`;
}

function usingIndex(level: Level, isSearch: boolean): string {
  const { loop } = level;
  const index = loop.index!;
  if (index.kind === 'primary') return isSearch ? ` USING PRIMARY KEY${indexRange(level)}` : '';
  if ((loop.flags & LoopFlag.PartialIndex) !== 0) {
    return ` USING AUTOMATIC PARTIAL COVERING INDEX${indexRange(level)}`;
  }
  if ((loop.flags & LoopFlag.AutoIndex) !== 0) {
    return ` USING AUTOMATIC COVERING INDEX${indexRange(level)}`;
  }
  const covering = (loop.flags & (LoopFlag.IndexOnly | LoopFlag.ExprIndex)) !== 0;
  return ` USING ${covering ? 'COVERING ' : ''}INDEX ${index.index!.name}${indexRange(level)}`;
}

function usingRowid(flags: number): string {
  if ((flags & (LoopFlag.ColumnEq | LoopFlag.ColumnIn)) !== 0) return 'rowid=?';
  if ((flags & LoopFlag.BothLimits) === LoopFlag.BothLimits) return 'rowid>? AND rowid<?';
  return (flags & LoopFlag.BottomLimit) !== 0 ? 'rowid>?' : 'rowid<?';
}

/** Adds the line of one loop. OR terms have lines of their own. */
export function explainLoop(cg: Codegen, level: Level, whereFlags: number): void {
  const { loop, source } = level;
  if ((loop.flags & LoopFlag.MultiOr) !== 0) return;
  const isSearch =
    (loop.flags & LoopFlag.BothLimits) !== 0 ||
    loop.eq > 0 ||
    (whereFlags & (WhereFlag.OrderByMin | WhereFlag.OrderByMax)) !== 0;
  let text = `${isSearch ? 'SEARCH' : 'SCAN'} ${scanLabel(cg, source)}`;
  if (source.fromExists === true) text += ' EXISTS';
  if ((loop.flags & LoopFlag.Rowid) === 0) {
    text += usingIndex(level, isSearch);
  } else if ((loop.flags & LoopFlag.Constraint) !== 0) {
    text += ` USING INTEGER PRIMARY KEY (${usingRowid(loop.flags)})`;
  }
  if (isLeftJoin(source)) text += ' LEFT-JOIN';
  cg.b.explain(Opcode.Explain, text);
}

export function explainBloomFilter(cg: Codegen, level: Level): void {
  const { loop, source } = level;
  const names: string[] = [];
  if ((loop.flags & LoopFlag.Rowid) !== 0) {
    const key = source.table?.rowidColumn ?? -1;
    names.push(key >= 0 ? source.columns[key]!.name : 'rowid');
  } else {
    for (let i = loop.skip; i < loop.eq; i++) names.push(columnName(level, loop.index!, i));
  }
  const columns = names.map((n) => `${n}=?`).join(' AND ');
  cg.b.explain(Opcode.Explain, `BLOOM FILTER ON ${scanLabel(cg, source)} (${columns})`);
}
