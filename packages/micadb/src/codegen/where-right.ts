/**
 * RIGHT and FULL JOIN: the rows of the right side that found a match are remembered; when the loops are
 * over, another loop over the right side runs the body for the rest, with NULLs for all that stands
 * left. https://www.sqlite.org/lang_select.html#rjoin
 */
import type { Conjunct, Source } from '../bind/tree.ts';
import { TermFlag, TermOp } from '../plan/terms.ts';
import { WhereFlag } from '../plan/types.ts';
import { makeKeyInfo } from '../values/keyinfo.ts';
import { Opcode } from '../vm/opcode.ts';
import type { Codegen } from './context.ts';
import { keyInfoForIndex } from './open.ts';
import { whereBegin, whereEnd } from './where.ts';
import { scanLabel } from './where-explain.ts';
import type { Level, OpenWhere, RightJoin } from './where-state.ts';

function keyCount(source: Source): number {
  const table = source.query === null ? source.table : null;
  return table?.withoutRowid === true ? table.primaryKeyIndex!.keyColumns.length : 1;
}

/** The identity of the current row in consecutive registers. */
function codeKey(cg: Codegen, source: Source, base: number): void {
  const table = source.query === null ? source.table : null;
  if (table?.withoutRowid !== true) {
    cg.b.emit(Opcode.Rowid, source.id, base);
    return;
  }
  for (let i = 0; i < table.primaryKeyIndex!.keyColumns.length; i++) {
    cg.b.emit(Opcode.Column, source.id, i, base + i);
  }
}

export function openRightJoin(cg: Codegen, source: Source): RightJoin {
  const { b } = cg;
  const table = source.query === null ? source.table : null;
  const match = b.newCursor();
  const bloom = b.newReg();
  const returnReg = b.newReg();
  b.emit(Opcode.Blob, 65536, bloom);
  b.emit(Opcode.Null, 0, returnReg);
  const n = keyCount(source);
  const keyInfo =
    table?.withoutRowid === true
      ? keyInfoForIndex(cg.env, table.primaryKeyIndex!)
      : makeKeyInfo(cg.env.encoding, 1);
  b.emit(Opcode.OpenEphemeral, match, n, 0, keyInfo);
  return { match, bloom, returnReg, body: 0 };
}

/** Remembers that the current row of the right side has a match. */
export function codeRightMatch(cg: Codegen, level: Level, right: RightJoin): void {
  const { b } = cg;
  const n = keyCount(level.source);
  const record = b.newReg();
  const key = b.newRegs(n);
  codeKey(cg, level.source, key);
  const known = b.emit(Opcode.Found, right.match, 0, key, n);
  b.emit(Opcode.MakeRecord, key, n, record);
  b.emit(Opcode.IdxInsert, right.match, record, key, n);
  b.emit(Opcode.FilterAdd, right.bloom, 0, key, n);
  b.jumpHere(known);
}

/** The pass over rows without a match; level `at` is the right side. */
export function codeUnmatched(cg: Codegen, w: OpenWhere, at: number, right: RightJoin): void {
  const { b } = cg;
  const level = w.levels[at]!;
  const { source } = level;
  b.explainPush(b.explain(Opcode.Explain, `RIGHT-JOIN ${source.name ?? scanLabel(cg, source)}`));
  let all = 0n;
  for (let i = 0; i < at; i++) {
    const left = w.levels[i]!;
    all |= left.loop.self;
    const access = w.input.subqueries?.get(left.source.id);
    if (access?.kind === 'coroutine') {
      const n = left.source.columns.length;
      // The register behind the columns says whether there is a row.
      b.emit(Opcode.Null, 0, access.base, access.base + n);
    } else {
      b.emit(Opcode.NullRow, left.cursor);
    }
    if (left.indexCursor >= 0 && left.indexCursor !== left.cursor) {
      b.emit(Opcode.NullRow, left.indexCursor);
    }
  }
  const where: Conjunct[] = [];
  if (!source.leftOfRight) {
    all |= level.loop.self;
    for (const term of w.planned.clause.terms) {
      if ((term.flags & (TermFlag.Virtual | TermFlag.Slice)) !== 0 && term.op !== TermOp.RowValue) {
        break;
      }
      if ((term.prereqAll & ~all) !== 0n || term.outerOn >= 0 || term.innerOn >= 0) continue;
      where.push({ expr: term.expr, outerOn: -1, innerOn: -1 });
    }
  }
  const alone: Source = { ...source, join: 'comma', leftOfRight: false };
  const sub = whereBegin(cg, {
    sources: [alone],
    where,
    orderBy: null,
    resultExprs: null,
    flags: WhereFlag.RightJoin,
    block: null,
    subqueries: w.input.subqueries,
  });
  const n = keyCount(source);
  const key = b.newRegs(n);
  codeKey(cg, source, key);
  const surely = b.emit(Opcode.Filter, right.bloom, 0, key, n);
  b.emit(Opcode.Found, right.match, sub.continueLabel, key, n);
  b.jumpHere(surely);
  b.emit(Opcode.Gosub, right.returnReg, right.body);
  whereEnd(cg, sub);
  b.explainPop();
}
