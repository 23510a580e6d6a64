/**
 * Subqueries in FROM: coded before the loops that read them, as a coroutine that hands over row by row
 * or as an ephemeral table. Which of the two is SQLite's choice (it decides about row order and plan).
 */
import type { CteUse, Query, Source } from '../bind/tree.ts';
import type { LogEst } from '../plan/logest.ts';
import type { SubqueryAccess } from '../plan/types.ts';
import { Opcode } from '../vm/opcode.ts';
import type { Codegen } from './context.ts';
import { queryLabel } from './numbering.ts';
import { codeSelect } from './select.ts';
import { beginSubroutine, endSubroutine, type Subroutine } from './subroutine.ts';
import { codeValuesRows, isConstantValues } from './values-query.ts';

interface Filled {
  readonly routine: Subroutine | null;
  readonly cursor: number;
  readonly rowEst: LogEst;
}

/** CTEs that were materialized: other references read the same table. */
const materialized = new WeakMap<Codegen, Map<CteUse, Filled>>();

/** How EXPLAIN QUERY PLAN names a source. */
export function sourceLabel(cg: Codegen, s: Source): string {
  if (s.name !== null) return s.name;
  if (s.alias !== null) return s.alias;
  return s.query === null ? '' : queryLabel(cg, s.query);
}

function isOuter(s: Source): boolean {
  return s.join === 'left' || s.join === 'right' || s.join === 'full' || s.leftOfRight;
}

/** A key that two uses of one view in a FROM clause share. */
function viewKey(s: Source): string | null {
  return s.cte === null && s.fitted !== true && s.query !== null && s.name !== null
    ? `${s.db}.${s.name}`
    : null;
}

/** VALUES with constant rows: always a coroutine, no line in the plan but that of its scan. */
function isPlainValues(cg: Codegen, s: Source): boolean {
  return s.query?.kind === 'values' && isConstantValues(cg, s.query);
}

function canBeCoroutine(
  cg: Codegen,
  sources: readonly Source[],
  i: number,
  updateFrom: boolean,
): boolean {
  const s = sources[i]!;
  if (isPlainValues(cg, s)) return true;
  if (s.cte !== null) {
    if (s.cte.materialized === true) return false;
    if (s.cte.references >= 2 && s.cte.materialized !== false) return false;
  }
  if (sources[0]!.leftOfRight) return false;
  const key = viewKey(s);
  if (key !== null && sources.some((x, j) => j > i && viewKey(x) === key)) return false;
  if (i === 0) {
    if (sources.length === 1) return true;
    if (sources[1]!.join === 'cross') return true;
  }
  if (updateFrom) return false;
  for (let j = i; j >= 0; j--) {
    const x = sources[j]!;
    if (isOuter(x) || (x.join === 'cross' && j > 0)) return false;
    if (j < i && x.query !== null) return false;
  }
  return true;
}

/**
 * Codes all subqueries of a FROM clause; how each is read, by source id. Null when there is none.
 * `updateFrom`: the FROM of an UPDATE.
 */
export function codeFromSubqueries(
  cg: Codegen,
  sources: readonly Source[],
  updateFrom = false,
): ReadonlyMap<number, SubqueryAccess> | undefined {
  let access: Map<number, SubqueryAccess> | undefined;
  const views = new Map<string, Filled>();
  sources.forEach((s, i) => {
    let a: SubqueryAccess | null = null;
    if (s.recursive) a = { kind: 'queue' };
    else if (s.query !== null) {
      a = canBeCoroutine(cg, sources, i, updateFrom)
        ? codeCoroutine(cg, s, s.query)
        : codeMaterialized(cg, s, s.query, views);
    }
    if (a === null) return;
    access ??= new Map();
    access.set(s.id, a);
  });
  return access;
}

function codeCoroutine(cg: Codegen, s: Source, query: Query): SubqueryAccess {
  const { b } = cg;
  const count = query.columns.length;
  const yieldReg = b.newReg();
  const base = b.newRegs(count + 1);
  const init = b.emit(Opcode.InitCoroutine, yieldReg, 0, 0);
  const start = b.here;
  b.at(init).p3 = start;
  const dest = { kind: 'coroutine', yieldReg, base, count, marker: base + count } as const;
  let rowEst: LogEst;
  if (query.kind === 'values' && isPlainValues(cg, s)) {
    rowEst = codeValuesRows(cg, query, dest);
  } else {
    b.explainPush(b.explain(Opcode.Explain, `CO-ROUTINE ${sourceLabel(cg, s)}`));
    rowEst = codeSelect(cg, query, dest);
    b.explainPop();
  }
  b.emit(Opcode.EndCoroutine, yieldReg);
  b.jumpHere(init);
  b.clearTemps();
  cg.sourceRegisters.set(s.id, base);
  return { kind: 'coroutine', yieldReg, base, start, rowEst };
}

function codeMaterialized(
  cg: Codegen,
  s: Source,
  query: Query,
  views: Map<string, Filled>,
): SubqueryAccess {
  const { b } = cg;
  let ctes = materialized.get(cg);
  if (ctes === undefined) {
    ctes = new Map();
    materialized.set(cg, ctes);
  }
  const view = viewKey(s);
  const shared = s.cte !== null ? ctes.get(s.cte) : view !== null ? views.get(view) : undefined;
  const same = s.correlated ? undefined : shared;
  if (same !== undefined && same.routine !== null) {
    b.emit(Opcode.Gosub, same.routine.returnReg, same.routine.address);
    if (same.cursor !== s.id) b.emit(Opcode.OpenDup, s.id, same.cursor);
    return { kind: 'table', rowEst: same.rowEst };
  }
  const routine = s.correlated ? null : beginSubroutine(cg);
  b.emit(Opcode.OpenEphemeral, s.id, query.columns.length);
  b.explainPush(b.explain(Opcode.Explain, `MATERIALIZE ${sourceLabel(cg, s)}`));
  const rowEst = codeSelect(cg, query, { kind: 'table', cursor: s.id, append: true });
  b.explainPop();
  if (routine !== null) endSubroutine(cg, routine);
  const filled: Filled = { routine, cursor: s.id, rowEst };
  if (s.cte !== null) ctes.set(s.cte, filled);
  else if (view !== null) views.set(view, filled);
  return { kind: 'table', rowEst };
}
