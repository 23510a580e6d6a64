/** Compiles one parsed statement: who codes which kind, names and types of the result columns. */
import type { CompileEnv } from '../bind/env.ts';
import { bindSelect } from '../bind/select.ts';
import type { BoundExpr, Query, ResultColumn } from '../bind/tree.ts';
import type { ParsedStatement, Statement } from '../sql/ast.ts';
import type { Program, ResultColumnInfo } from '../vm/types.ts';
import { codeAlterTable } from './alter.ts';
import { codeAttach } from './attach.ts';
import { Codegen } from './context.ts';
import { codeDrop } from './ddl-drop.ts';
import { codeCreateIndex } from './ddl-index.ts';
import { codeCreateTable } from './ddl-table.ts';
import { codeCreateTrigger, codeCreateView } from './ddl-view.ts';
import { codeDelete } from './delete.ts';
import { OUTPUT } from './dest.ts';
import { newBinder } from './dml.ts';
import { sqlError } from './expr.ts';
import { beginProgram, finishProgram } from './finish.ts';
import { codeInsert } from './insert.ts';
import { codePragma } from './pragma.ts';
import { codeReindex } from './reindex.ts';
import { codeSelect } from './select.ts';
import { codeTransaction } from './transaction.ts';
import { codeUpdate } from './update.ts';

/** Compiles a statement. Throws SqliteError. */
export function compileStatement(env: CompileEnv, parsed: ParsedStatement): Program {
  try {
    return compile(env, parsed);
  } catch (e) {
    // Nesting that the limits allow but the stack of the runtime does not.
    if (e instanceof RangeError && /call stack/i.test(e.message)) {
      const depth = env.limits.exprDepth;
      throw sqlError(`Expression tree is too large (maximum depth ${depth})`);
    }
    throw e;
  }
}

function compile(env: CompileEnv, parsed: ParsedStatement): Program {
  let statement = parsed.statement;
  let explain: 0 | 1 | 2 = 0;
  if (statement.kind === 'explain') {
    explain = statement.queryPlan ? 2 : 1;
    statement = statement.statement;
  }
  const cg = new Codegen(env);
  cg.unnumbered = statement;
  beginProgram(cg);
  const columns = codeStatement(cg, statement, parsed);
  const resultColumns = explain === 0 ? columns : explainColumns(explain);
  const { kind } = statement;
  return finishProgram(cg, {
    parsed,
    resultColumns,
    explain,
    countsChanges: kind === 'insert' || kind === 'update' || kind === 'delete' || cg.countsChanges,
  });
}

const EXPLAIN_COLUMNS = {
  1: ['addr', 'opcode', 'p1', 'p2', 'p3', 'p4', 'p5', 'comment'],
  2: ['id', 'parent', 'notused', 'detail'],
} as const;

function explainColumns(explain: 1 | 2): ResultColumnInfo[] {
  return EXPLAIN_COLUMNS[explain].map((name) => ({
    name,
    declType: null,
    database: null,
    table: null,
    column: null,
  }));
}

function codeStatement(
  cg: Codegen,
  stmt: Statement,
  parsed: ParsedStatement,
): readonly ResultColumnInfo[] {
  switch (stmt.kind) {
    case 'select': {
      const query = bindSelect(newBinder(cg), stmt, null);
      codeSelect(cg, query, OUTPUT);
      return query.columns.map((c) => resultColumn(cg, query, c));
    }
    case 'insert':
      return codeInsert(cg, stmt);
    case 'update':
      return codeUpdate(cg, stmt);
    case 'delete':
      return codeDelete(cg, stmt);
    case 'createTable':
      return codeCreateTable(cg, stmt);
    case 'createIndex':
      return codeCreateIndex(cg, stmt, parsed);
    case 'createView':
      return codeCreateView(cg, stmt, parsed);
    case 'createTrigger':
      return codeCreateTrigger(cg, stmt, parsed);
    case 'drop':
      return codeDrop(cg, stmt);
    case 'begin':
    case 'commit':
    case 'rollback':
    case 'savepoint':
    case 'release':
      return codeTransaction(cg, stmt);
    case 'attach':
    case 'detach':
      return codeAttach(cg, stmt);
    case 'pragma':
      return codePragma(cg, stmt, parsed);
    case 'reindex':
      return codeReindex(cg, stmt);
    case 'alterTable':
      return codeAlterTable(cg, stmt);
    case 'createVirtualTable':
      throw sqlError(`no such module: ${stmt.module.text}`);
    case 'vacuum':
      throw sqlError('VACUUM is not supported yet');
    case 'analyze':
      throw sqlError('ANALYZE is not supported yet');
    case 'explain':
      throw sqlError('near "EXPLAIN": syntax error');
  }
}

// -- result columns --------------------------------------------------------------------------------

/** Of a compound query the last arm says where a column is from. */
function lastArm(q: Query): Query {
  if (q.kind === 'compound') return q.rest[q.rest.length - 1]!.query;
  return q.kind === 'recursive' ? q.steps[q.steps.length - 1]! : q;
}

/** The table column that an expression is, seen through views and subqueries. */
function origin(e: BoundExpr): (BoundExpr & { readonly kind: 'column' }) | null {
  let at = e;
  for (;;) {
    if (at.kind === 'subquery') {
      at = lastArm(at.query).columns[0]!.expr;
      continue;
    }
    if (at.kind !== 'column') return null;
    const { source, column } = at;
    if (source.query === null) return source.table === null ? null : at;
    const next = lastArm(source.query).columns[column];
    if (next === undefined) return null;
    at = next.expr;
  }
}

function resultColumn(cg: Codegen, query: Query, c: ResultColumn): ResultColumnInfo {
  const from = query.kind === 'values' ? null : origin(c.expr);
  if (from === null) {
    return { name: c.name, declType: c.declType, database: null, table: null, column: null };
  }
  const table = from.source.table!;
  const column = from.column < 0 ? table.rowidColumn : from.column;
  return {
    name: c.name,
    declType: c.declType,
    database: cg.env.databaseName(from.source.db),
    table: table.name,
    column: column < 0 ? 'rowid' : table.columns[column]!.name,
  };
}
