/**
 * OR by several indexes (https://www.sqlite.org/optoverview.html#or_opt): each arm is a loop of its own
 * over the same source; the body of the outer loop is a subroutine that each of them calls. A row that
 * an earlier arm has found is passed over.
 */
import type { BoundExpr, Conjunct } from '../bind/tree.ts';
import { hasSubquery } from '../bind/types.ts';
import { type Term, TermFlag, TermOp } from '../plan/terms.ts';
import { WhereFlag } from '../plan/types.ts';
import { Opcode } from '../vm/opcode.ts';
import type { Codegen } from './context.ts';
import { keyInfoForIndex } from './open.ts';
import { whereBegin, whereEnd } from './where.ts';
import { explainLoop } from './where-explain.ts';
import { disableTerm, type Level, type OpenWhere } from './where-state.ts';

function conjunct(expr: BoundExpr, term: Term): Conjunct {
  return { expr, outerOn: term.outerOn, innerOn: term.innerOn };
}

/** Other conditions of the WHERE that might help an arm to an index. */
function companions(w: OpenWhere, or: Term): Conjunct[] {
  const out: Conjunct[] = [];
  for (const term of w.planned.clause.terms) {
    if (term === or || term.coded || (term.flags & (TermFlag.Virtual | TermFlag.Slice)) !== 0) {
      continue;
    }
    if (term.op === 0 || hasSubquery(term.expr)) continue;
    out.push(conjunct(term.expr, term));
  }
  return out;
}

export function codeOrLoop(cg: Codegen, w: OpenWhere, level: Level): void {
  const { b } = cg;
  const { source } = level;
  const or = level.loop.terms[0]!;
  const arms = or.arms!.clause.terms;
  const body = b.newLabel();
  const returnReg = b.newReg();
  const table = source.query === null ? source.table : null;
  const pk = table?.withoutRowid === true ? table.primaryKeyIndex! : null;
  const dedupe = (w.flags & WhereFlag.DuplicatesOk) === 0;
  let rowSet = 0;
  let rowid = 0;
  let seen = -1;
  if (dedupe) {
    rowid = b.newReg();
    if (pk === null) {
      rowSet = b.newReg();
      b.emit(Opcode.Null, 0, rowSet);
    } else {
      seen = b.newCursor();
      b.emit(Opcode.OpenEphemeral, seen, pk.keyColumns.length, 0, keyInfoForIndex(cg.env, pk));
    }
  }
  const others = companions(w, or);
  // Sources of loops further in are named so that conditions on them are known to be untestable here.
  const pending = w.levels
    .map((l) => l.source)
    .filter(
      (s) => s.id !== source.id && (w.planned.analysis.masks.of(s.id) & level.notReady) !== 0n,
    );
  let untested = false;
  b.explainPush(b.explain(Opcode.Explain, 'MULTI-INDEX OR'));
  arms.forEach((arm, i) => {
    if (arm.cursor !== source.id && (arm.op & TermOp.And) === 0) return;
    b.explainPush(b.explain(Opcode.Explain, `INDEX ${i + 1}`));
    const where: Conjunct[] = [conjunct(arm.expr, arm), ...others];
    const sub = whereBegin(cg, {
      sources: [source, ...pending],
      where,
      orderBy: null,
      resultExprs: null,
      flags: WhereFlag.OrSubclause,
      block: null,
      subqueries: w.input.subqueries,
    }) as OpenWhere;
    explainLoop(cg, sub.levels[0]!, 0);
    let skip = -1;
    if (dedupe) {
      const last = i === arms.length - 1;
      if (pk === null) {
        b.emit(Opcode.Rowid, level.cursor, rowid);
        skip = b.emit(Opcode.RowSetTest, rowSet, 0, rowid, last ? -1 : i);
      } else {
        const n = pk.keyColumns.length;
        const base = b.newRegs(n);
        for (let k = 0; k < n; k++) b.emit(Opcode.Column, level.cursor, k, base + k);
        if (i > 0) skip = b.emit(Opcode.Found, seen, 0, base, n);
        if (!last) {
          b.emit(Opcode.MakeRecord, base, n, rowid);
          b.emit(Opcode.IdxInsert, seen, rowid, base, n);
        }
      }
    }
    b.emit(Opcode.Gosub, returnReg, body);
    if (skip >= 0) b.jumpHere(skip);
    if (sub.untested) untested = true;
    if (sub.deferredSeek) w.deferredSeek = true;
    whereEnd(cg, sub);
    b.explainPop();
  });
  b.explainPop();
  b.emit(Opcode.Goto, 0, level.breakLabel);
  b.resolve(body);
  level.op = Opcode.Return;
  level.p1 = returnReg;
  if (!untested) disableTerm(level, or);
}
