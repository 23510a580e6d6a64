/**
 * INSERT, UPDATE, DELETE, with WITH before and RETURNING, ORDER BY and LIMIT behind
 * (https://www.sqlite.org/lang_insert.html, lang_update.html, lang_delete.html). The statements
 * inside a trigger have a smaller grammar of their own; `trigger` tells which one is meant.
 */
import type {
  ConflictAction,
  Delete,
  Expr,
  FromItem,
  Insert,
  Name,
  QualifiedName,
  ResultColumn,
  SetClause,
  Update,
  Upsert,
  With,
} from './ast.ts';
import { parseExpr } from './parse-expr.ts';
import {
  parseFrom,
  parseIndexed,
  parseLimit,
  parseResultColumns,
  parseSelect,
} from './parse-select.ts';
import { parseOrderBy, parseSortList } from './parse-window.ts';
import { Tok } from './token.ts';
import type { TokenStream } from './token-stream.ts';

/** ROLLBACK, ABORT, FAIL, IGNORE or REPLACE. */
export function parseConflictAction(s: TokenStream): ConflictAction {
  const action = conflictAction(s.type);
  if (action === null) throw s.syntaxError();
  s.advance();
  return action;
}

function conflictAction(t: Tok): ConflictAction | null {
  switch (t) {
    case Tok.Rollback:
      return 'ROLLBACK';
    case Tok.Abort:
      return 'ABORT';
    case Tok.Fail:
      return 'FAIL';
    case Tok.Ignore:
      return 'IGNORE';
    case Tok.Replace:
      return 'REPLACE';
    default:
      return null;
  }
}

function parseOr(s: TokenStream): ConflictAction | null {
  return s.accept(Tok.Or) ? parseConflictAction(s) : null;
}

/** The table to change, with AS alias. */
function parseTarget(s: TokenStream): { table: QualifiedName; alias: Name | null } {
  const table = s.qualifiedName();
  return { table, alias: s.accept(Tok.As) ? s.name() : null };
}

/** INDEXED BY or NOT INDEXED of the table to change. In a trigger the grammar takes them, and SQLite refuses them. */
function parseTargetIndex(s: TokenStream, trigger: boolean): ReturnType<typeof parseIndexed> {
  const indexed = parseIndexed(s);
  if (trigger && (indexed.notIndexed || indexed.indexedBy !== null)) {
    const clause = indexed.notIndexed ? 'NOT INDEXED' : 'INDEXED BY';
    s.fail(`the ${clause} clause is not allowed on UPDATE or DELETE statements within triggers`);
  }
  return indexed;
}

/** Behind WITH: INSERT or REPLACE. */
export function parseInsert(s: TokenStream, with_: With | null, trigger: boolean): Insert {
  const isReplace = s.type === Tok.Replace;
  s.advance();
  const or = isReplace ? 'REPLACE' : parseOr(s);
  s.expect(Tok.Into);
  const { table, alias } = parseTarget(s);
  let columns: readonly Name[] | null = null;
  if (s.accept(Tok.LP)) {
    columns = s.nameList();
    s.expect(Tok.RP);
  }
  const head = { kind: 'insert', with: with_, or, table, alias, columns } as const;
  if (!trigger && s.accept(Tok.Default)) {
    s.expect(Tok.Values);
    return { ...head, select: null, upserts: [], returning: parseReturning(s) };
  }
  const select = parseSelect(s);
  const upserts = parseUpserts(s);
  const returning = parseReturning(s);
  if (trigger && returning.length > 0) s.fail('cannot use RETURNING in a trigger');
  return { ...head, select, upserts, returning };
}

/** ON CONFLICT clauses; one without a target is the last. */
function parseUpserts(s: TokenStream): Upsert[] {
  const upserts: Upsert[] = [];
  while (s.accept(Tok.On)) {
    s.expect(Tok.Conflict);
    let target: Upsert['target'] = null;
    let targetWhere: Expr | null = null;
    if (s.accept(Tok.LP)) {
      target = parseSortList(s);
      s.expect(Tok.RP);
      targetWhere = parseWhere(s);
    }
    s.expect(Tok.Do);
    let set: readonly SetClause[] | null = null;
    let where: Expr | null = null;
    if (!s.accept(Tok.Nothing)) {
      s.expect(Tok.Update);
      s.expect(Tok.Set);
      set = parseSetList(s);
      where = parseWhere(s);
    }
    upserts.push({ target, targetWhere, set, where });
    if (target === null) break;
  }
  return upserts;
}

/** column = expr, (column, column) = expr, ... */
function parseSetList(s: TokenStream): SetClause[] {
  const list: SetClause[] = [];
  do {
    const isVector = s.accept(Tok.LP);
    const columns = isVector ? s.nameList() : [s.name()];
    if (isVector) s.expect(Tok.RP);
    s.expect(Tok.Eq);
    const value = parseExpr(s);
    if (isVector) checkVector(s, columns, value);
    list.push({ columns, isVector, value });
  } while (s.accept(Tok.Comma));
  return list;
}

/** A row value must have as many values as there are columns; of a subquery that is known later. */
function checkVector(s: TokenStream, columns: readonly Name[], value: Expr): void {
  if (value.kind === 'subquery') return;
  const count = value.kind === 'vector' ? value.items.length : 1;
  if (count !== columns.length) {
    s.fail(`${columns.length} columns assigned ${count} values`);
  }
}

function parseWhere(s: TokenStream): Expr | null {
  return s.accept(Tok.Where) ? parseExpr(s) : null;
}

function parseReturning(s: TokenStream): readonly ResultColumn[] {
  return s.accept(Tok.Returning) ? parseResultColumns(s) : [];
}

/** WHERE and, outside of triggers, RETURNING, ORDER BY and LIMIT. */
function parseTail(
  s: TokenStream,
  trigger: boolean,
): Pick<Update, 'where' | 'returning' | 'orderBy' | 'limit' | 'offset'> {
  const where = parseWhere(s);
  if (trigger) return { where, returning: [], orderBy: [], limit: null, offset: null };
  const returning = parseReturning(s);
  const orderBy = parseOrderBy(s);
  return { where, returning, orderBy, ...parseLimit(s) };
}

export function parseUpdate(s: TokenStream, with_: With | null, trigger: boolean): Update {
  s.advance();
  const or = parseOr(s);
  const { table, alias } = parseTarget(s);
  const indexed = parseTargetIndex(s, trigger);
  s.expect(Tok.Set);
  const set = parseSetList(s);
  const from: readonly FromItem[] = s.accept(Tok.From) ? parseFrom(s) : [];
  const tail = parseTail(s, trigger);
  return { kind: 'update', with: with_, or, table, alias, ...indexed, set, from, ...tail };
}

export function parseDelete(s: TokenStream, with_: With | null, trigger: boolean): Delete {
  s.advance();
  s.expect(Tok.From);
  const { table, alias } = parseTarget(s);
  const indexed = parseTargetIndex(s, trigger);
  const tail = parseTail(s, trigger);
  return { kind: 'delete', with: with_, table, alias, ...indexed, ...tail };
}
