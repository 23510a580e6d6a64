/**
 * Recursive common table expressions: rows wait in a queue; each is given out and then the recursive
 * step runs with it as the only row of the CTE. https://www.sqlite.org/lang_with.html#recursivecte
 */
import type { CompoundQuery, OrderTerm, Query, RecursiveQuery } from '../bind/tree.ts';
import { exprCollation, hasCollate } from '../bind/types.ts';
import type { LogEst } from '../plan/logest.ts';
import { makeKeyInfo } from '../values/keyinfo.ts';
import { OPFLAG_APPEND, OPFLAG_USESEEKRESULT } from '../vm/flags.ts';
import { Opcode } from '../vm/opcode.ts';
import type { Codegen } from './context.ts';
import type { QueueDest, SelectDest } from './dest.ts';
import { codeLimit, codeLimits, codeOffset } from './limit.ts';
import { collationByName, sortFlags } from './open.ts';
import { codeSelect } from './select.ts';
import { codeRow, rowRegisters } from './select-row.ts';
import { valuesAsCompound } from './values-query.ts';

/** LogEst that SQLite takes for the rows of a recursion. */
const RECURSION_ROWS: LogEst = 320;

function termCollation(q: RecursiveQuery, t: OrderTerm): string {
  return hasCollate(t.expr)
    ? exprCollation(t.expr)!.name
    : (q.collations[t.result - 1] ?? 'BINARY');
}

export function codeRecursive(cg: Codegen, q: RecursiveQuery, dest: SelectDest): LogEst {
  const { b } = cg;
  const count = q.columns.length;
  const end = b.newLabel();
  const limits = codeLimits(cg, q, end);
  const current = b.newReg();
  b.emit(Opcode.OpenPseudo, q.queueSource, current, count);
  const cursor = b.newCursor();
  const sorted = q.orderBy.length > 0;
  if (sorted) {
    // Sort keys, a sequence number, the row as one blob.
    const keys = q.orderBy.length + 1;
    const keyInfo = makeKeyInfo(
      cg.env.encoding,
      keys + 1,
      q.orderBy.map((t) => collationByName(cg.env, termCollation(q, t))),
      q.orderBy.map(sortFlags),
      keys,
    );
    b.emit(Opcode.OpenEphemeral, cursor, keys + 1, 0, keyInfo);
  } else {
    b.emit(Opcode.OpenEphemeral, cursor, count);
  }
  let distinct = -1;
  if (q.distinct) {
    distinct = b.newCursor();
    const collations = q.columns.map((_, i) =>
      collationByName(cg.env, q.collations[i] ?? 'BINARY'),
    );
    b.emit(
      Opcode.OpenEphemeral,
      distinct,
      count,
      0,
      makeKeyInfo(cg.env.encoding, count, collations),
    );
  }
  const queue: QueueDest = { cursor, orderBy: q.orderBy, distinct };
  b.explainPush(b.explain(Opcode.Explain, 'SETUP'));
  const setup = q.setup.kind === 'values' ? valuesAsCompound(q.setup) : q.setup;
  codeSelect(cg, setup, { kind: 'queue', queue });
  b.explainPop();
  const top = b.emit(Opcode.Rewind, cursor, end);
  b.emit(Opcode.NullRow, q.queueSource);
  if (sorted) b.emit(Opcode.Column, cursor, q.orderBy.length + 1, current);
  else b.emit(Opcode.RowData, cursor, current);
  b.emit(Opcode.Delete, cursor);
  const next = b.newLabel();
  codeOffset(cg, limits, next);
  const base = rowRegisters(cg, dest, count);
  for (let i = 0; i < count; i++) b.emit(Opcode.Column, q.queueSource, i, base + i);
  codeRow(cg, dest, base, count);
  codeLimit(cg, limits, end);
  b.resolve(next);
  b.explainPush(b.explain(Opcode.Explain, 'RECURSIVE STEP'));
  codeSelect(cg, stepQuery(q), { kind: 'queue', queue });
  b.explainPop();
  b.emit(Opcode.Goto, 0, top);
  b.resolve(end);
  return RECURSION_ROWS;
}

/** Several recursive arms run one after the other. */
function stepQuery(q: RecursiveQuery): Query {
  const [first, ...rest] = q.steps;
  if (rest.length === 0) return first!;
  const all: CompoundQuery = {
    kind: 'compound',
    id: q.id,
    columns: first!.columns,
    first: first!,
    rest: rest.map((query) => ({ op: 'UNION ALL', query })),
    collations: q.collations,
    orderBy: [],
    limit: null,
    offset: null,
    correlated: q.correlated,
  };
  return all;
}

/** One row into the queue. */
export function codeQueueRow(cg: Codegen, queue: QueueDest, base: number, count: number): void {
  const { b } = cg;
  const { cursor, orderBy, distinct } = queue;
  const record = b.tempReg();
  const known = b.newLabel();
  if (distinct >= 0) b.emit(Opcode.Found, distinct, known, base, count);
  b.emit(Opcode.MakeRecord, base, count, record);
  if (distinct >= 0) {
    b.emit(Opcode.IdxInsert, distinct, record, base, count, OPFLAG_USESEEKRESULT);
  }
  if (orderBy.length > 0) {
    const keys = orderBy.length + 1;
    const key = b.newRegs(keys + 1);
    orderBy.forEach((t, i) => {
      b.emit(Opcode.SCopy, base + t.result - 1, key + i);
    });
    b.emit(Opcode.Sequence, cursor, key + keys - 1);
    b.emit(Opcode.SCopy, record, key + keys);
    const row = b.tempReg();
    b.emit(Opcode.MakeRecord, key, keys + 1, row);
    b.emit(Opcode.IdxInsert, cursor, row, key, keys + 1);
    b.releaseTemp(row);
  } else {
    const rowid = b.tempReg();
    b.emit(Opcode.NewRowid, cursor, rowid);
    b.emit(Opcode.Insert, cursor, record, rowid, null, OPFLAG_APPEND);
    b.releaseTemp(rowid);
  }
  b.releaseTemp(record);
  b.resolve(known);
}
