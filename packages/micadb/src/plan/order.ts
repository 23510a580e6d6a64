/**
 * Does a path of loops deliver its rows in the order of ORDER BY (or grouped, for GROUP BY and
 * DISTINCT)? https://www.sqlite.org/queryplanner.html §2, §3
 *
 * Loops are looked at from the outermost in. A loop may satisfy further terms as long as all loops
 * outside it are "order-distinct": no two of their rows agree on all that has been satisfied so far.
 */
import type { BoundExpr, OrderTerm } from '../bind/tree.ts';
import { exprCollation, exprEquals, isConstant, skipCollateAndLikely } from '../bind/types.ts';
import { maskOf } from './analyze.ts';
import type { LoopContext } from './loops.ts';
import { columnTarget, findTerm } from './scan.ts';
import { type Term, TermOp } from './terms.ts';
import { type Loop, LoopFlag, type PlanIndexColumn, WhereFlag } from './types.ts';

/** At most this many ORDER BY terms are looked at. */
const MAX_TERMS = 63;

export interface OrderCheck {
  /** Count of satisfied leading terms; -1: none yet, inner loops may add some; all: sorted. */
  readonly satisfied: number;
  /** Loops (bit by place in the path) that must run backwards. */
  readonly reverse: bigint;
}

interface PreparedTerm {
  readonly expr: BoundExpr;
  readonly collation: string;
  readonly desc: boolean;
  readonly bigNull: boolean;
  readonly mask: bigint;
  readonly constant: boolean;
}

const prepared = new WeakMap<readonly OrderTerm[], readonly PreparedTerm[]>();

function prepare(ctx: LoopContext, orderBy: readonly OrderTerm[]): readonly PreparedTerm[] {
  let list = prepared.get(orderBy);
  if (list === undefined) {
    const sources = ctx.facts.map((f) => f.source);
    list = orderBy.map((t) => ({
      expr: skipCollateAndLikely(t.expr),
      collation: (exprCollation(t.expr)?.name ?? 'BINARY').toUpperCase(),
      desc: t.desc,
      bigNull: t.bigNull,
      mask: maskOf({ env: ctx.env, sources, masks: ctx.masks }, t.expr),
      constant: isConstant(t.expr),
    }));
    prepared.set(orderBy, list);
  }
  return list;
}

function columnOf(e: BoundExpr, sourceId: number): number | null {
  if (e.kind !== 'column' || e.source.id !== sourceId) return null;
  return e.column >= 0 && e.column === e.source.table?.rowidColumn ? -1 : e.column;
}

/** Collation that the equality `term` compares with. */
function sameCollation(t: PreparedTerm, term: Term): boolean {
  return t.collation === term.collation.toUpperCase();
}

/**
 * `path` are the loops outside `last`, outermost first. With OrderByLimit only `last` counts: the
 * outer loops are taken as standing still.
 */
export function satisfiesOrder(
  ctx: LoopContext,
  orderBy: readonly OrderTerm[],
  path: readonly Loop[],
  last: Loop,
  flags: number,
): OrderCheck {
  const terms = prepare(ctx, orderBy);
  const n = terms.length;
  if (n > MAX_TERMS) return { satisfied: 0, reverse: 0n };
  const anyOrder = (flags & (WhereFlag.GroupBy | WhereFlag.DistinctBy)) !== 0;
  const groupOnly = (flags & WhereFlag.GroupBy) !== 0;
  let equalities: number = TermOp.Eq | TermOp.Is | TermOp.IsNull;
  if ((flags & (WhereFlag.OrderByLimit | WhereFlag.OrderByMax | WhereFlag.OrderByMin)) !== 0) {
    equalities |= TermOp.In;
  }
  const done: boolean[] = new Array<boolean>(n).fill(false);
  let open = n;
  const mark = (i: number): void => {
    done[i] = true;
    open -= 1;
  };
  let reverse = 0n;
  let orderDistinct = true;
  let distinctMask = 0n;
  let ready = 0n;
  let loop: Loop | null = null;

  for (let level = 0; orderDistinct && open > 0 && level <= path.length; level++) {
    if (loop !== null) ready |= loop.self;
    if (level < path.length) {
      loop = path[level]!;
      if ((flags & WhereFlag.OrderByLimit) !== 0) continue;
    } else {
      loop = last;
    }
    if ((flags & WhereFlag.DistinctBy) !== 0) loop.distinctColumns = 0;
    const source = ctx.facts[loop.tab]!.source;

    // Columns that this loop holds to one value.
    for (let i = 0; i < n; i++) {
      if (done[i]) continue;
      const t = terms[i]!;
      const column = columnOf(t.expr, source.id);
      if (column === null) continue;
      const term = findTerm(ctx.clause, columnTarget(source, column), ~ready, equalities);
      if (term === null) continue;
      if (term.op === TermOp.In && !loop.terms.includes(term)) continue;
      if ((term.op & (TermOp.Eq | TermOp.Is)) !== 0 && column >= 0 && !sameCollation(t, term)) {
        continue;
      }
      mark(i);
    }

    if ((loop.flags & LoopFlag.OneRow) === 0) {
      const index = loop.index;
      let keyCount = 0;
      let columnCount = 1;
      const facts = ctx.facts[loop.tab]!;
      if ((loop.flags & LoopFlag.Rowid) !== 0) {
        // A subquery's own ORDER BY.
        const given = facts.order ?? [];
        let at = done.indexOf(false);
        let matched = 0;
        let turned = false;
        for (; matched < given.length && at >= 0 && at < n; matched++, at++) {
          const t = terms[at]!;
          const g = given[matched]!;
          const e = orderBy[at]!.expr;
          if (e.kind !== 'column' || e.source.id !== source.id || e.column !== g.column) break;
          if (!groupOnly) {
            if (t.bigNull) break;
            if (matched > 0) {
              if ((turned !== g.desc) !== t.desc) break;
            } else {
              turned = g.desc !== t.desc;
              if (turned) {
                if (facts.isCoroutine) break;
                reverse |= 1n << BigInt(level);
              }
            }
          }
          if (!done[at]) mark(at);
        }
        if (matched > 0) {
          columnCount = 0;
          orderDistinct = false;
        }
      } else {
        if (index === null || index.unordered) return { satisfied: 0, reverse: 0n };
        keyCount = index.keyCount;
        columnCount = index.columns.length;
        orderDistinct = index.unique && (loop.flags & LoopFlag.SkipScan) === 0;
      }
      let backwards = false;
      let directionKnown = false;
      let rowidSeen = false;
      for (let j = 0; j < columnCount; j++) {
        let searchOnce = true;
        let searchNone = false;
        if (j < loop.eq && j >= loop.skip) {
          const term = loop.terms[j]!;
          if ((term.op & equalities) !== 0) {
            if ((term.op & (TermOp.IsNull | TermOp.Is)) !== 0) orderDistinct = false;
            continue;
          }
          // Several fields of one row-value IN: none of them comes in order by itself.
          for (let i = j + 1; i < loop.eq; i++) {
            if (loop.terms[i]?.expr === term.expr) searchNone = true;
          }
        }
        const c: PlanIndexColumn | null =
          (loop.flags & LoopFlag.Rowid) !== 0 ? null : index!.columns[j]!;
        const column = c === null ? -1 : c.column;
        const desc = c?.desc ?? false;
        if (orderDistinct) {
          if (column >= 0 && j >= loop.eq && source.columns[column]?.notNull !== true) {
            orderDistinct = false;
          }
          if (column === -2) orderDistinct = false;
        }
        let match = -1;
        for (let i = 0; !searchNone && searchOnce && i < n; i++) {
          if (done[i]) continue;
          const t = terms[i]!;
          if (!anyOrder) searchOnce = false;
          if (column >= -1) {
            if (columnOf(t.expr, source.id) !== column) continue;
          } else if (!exprEquals(t.expr, skipCollateAndLikely(c!.expr!), source)) {
            continue;
          }
          if (column !== -1 && t.collation !== c!.collation.toUpperCase()) continue;
          if ((flags & WhereFlag.DistinctBy) !== 0) loop.distinctColumns = j + 1;
          match = i;
          break;
        }
        if (match >= 0 && !groupOnly) {
          const wanted = terms[match]!.desc;
          if (directionKnown) {
            if ((backwards !== desc) !== wanted) match = -1;
          } else {
            backwards = desc !== wanted;
            if (backwards) reverse |= 1n << BigInt(level);
            directionKnown = true;
          }
        }
        if (match >= 0 && terms[match]!.bigNull) {
          if (j === loop.eq) loop.flags |= LoopFlag.BigNullSort;
          else match = -1;
        }
        if (match < 0) {
          if (j === 0 || j < keyCount) orderDistinct = false;
          break;
        }
        if (column === -1) rowidSeen = true;
        mark(match);
      }
      if (rowidSeen) orderDistinct = true;
    }

    if (orderDistinct) {
      // What depends only on order-distinct loops has one value for each of their rows.
      distinctMask |= loop.self;
      for (let i = 0; i < n; i++) {
        if (done[i]) continue;
        const t = terms[i]!;
        if (t.mask === 0n && !t.constant) continue;
        if ((t.mask & ~distinctMask) === 0n) mark(i);
      }
    }
  }
  if (open === 0) return { satisfied: n, reverse };
  if (!orderDistinct) {
    for (let i = n - 1; i > 0; i--) {
      if (done.slice(0, i).every(Boolean)) return { satisfied: i, reverse };
    }
    return { satisfied: 0, reverse };
  }
  return { satisfied: -1, reverse };
}
