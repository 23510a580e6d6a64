/** INSERT, REPLACE, UPDATE, DELETE, with upsert and RETURNING. */
import type {
  ConflictAction,
  Delete,
  Expr,
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
  parseNameList,
  parseResultColumns,
  parseSelectAfterWith,
  parseWith,
} from './parse-select.ts';
import { parseOrderBy, parseSortList } from './parse-window.ts';
import type { TokenStream } from './token-stream.ts';

const CONFLICT_ACTIONS = new Set(['ROLLBACK', 'ABORT', 'FAIL', 'IGNORE', 'REPLACE']);

/** The word behind OR or ON CONFLICT. */
export function parseConflictAction(s: TokenStream): ConflictAction {
  const { word } = s;
  if (!CONFLICT_ACTIONS.has(word)) throw s.syntaxError();
  s.next();
  return word as ConflictAction;
}

function parseOr(s: TokenStream): ConflictAction | null {
  return s.accept('OR') ? parseConflictAction(s) : null;
}

export function parseQualifiedName(s: TokenStream): QualifiedName {
  const first = s.name();
  return s.accept('.') ? { schema: first, name: s.name() } : { schema: null, name: first };
}

function parseTarget(s: TokenStream): { table: QualifiedName; alias: Name | null } {
  const table = parseQualifiedName(s);
  return { table, alias: s.accept('AS') ? s.name() : null };
}

function parseWhere(s: TokenStream): Expr | null {
  return s.accept('WHERE') ? parseExpr(s) : null;
}

function parseReturning(s: TokenStream, trigger: boolean): readonly ResultColumn[] {
  return !trigger && s.accept('RETURNING') ? parseResultColumns(s) : [];
}

function parseSet(s: TokenStream): SetClause[] {
  s.expect('SET');
  const list: SetClause[] = [];
  do {
    if (s.is('(')) {
      const columns = parseNameList(s);
      s.expect('=');
      list.push({ columns, isVector: true, value: parseExpr(s) });
    } else {
      const column = s.name();
      if (!s.accept('=')) throw s.syntaxError();
      list.push({ columns: [column], isVector: false, value: parseExpr(s) });
    }
  } while (s.accept(','));
  return list;
}

function parseUpserts(s: TokenStream): Upsert[] {
  const list: Upsert[] = [];
  while (s.is('ON')) {
    s.next();
    s.expect('CONFLICT');
    let target: Upsert['target'] = null;
    let targetWhere: Expr | null = null;
    if (s.accept('(')) {
      target = parseSortList(s);
      s.expect(')');
      targetWhere = parseWhere(s);
    }
    s.expect('DO');
    if (s.accept('NOTHING')) {
      list.push({ target, targetWhere, set: null, where: null });
    } else {
      s.expect('UPDATE');
      const set = parseSet(s);
      list.push({ target, targetWhere, set, where: parseWhere(s) });
    }
    // A clause without a target is the last one.
    if (target === null) break;
  }
  return list;
}

export function parseInsert(s: TokenStream, w: With | null, trigger: boolean): Insert {
  const replace = s.is('REPLACE');
  s.next();
  const or = replace ? 'REPLACE' : parseOr(s);
  s.expect('INTO');
  const { table, alias } = trigger ? { table: parseQualifiedName(s), alias: null } : parseTarget(s);
  const columns = s.is('(') ? parseNameList(s) : null;
  const base = { kind: 'insert', with: w, or, table, alias, columns } as const;
  if (!trigger && s.is('DEFAULT')) {
    s.next();
    s.expect('VALUES');
    return { ...base, select: null, upserts: [], returning: parseReturning(s, trigger) };
  }
  const { pos } = s;
  const select = parseSelectAfterWith(s, parseWith(s), pos);
  const upserts = parseUpserts(s);
  return { ...base, select, upserts, returning: parseReturning(s, trigger) };
}

export function parseUpdate(s: TokenStream, w: With | null, trigger: boolean): Update {
  s.expect('UPDATE');
  const or = parseOr(s);
  const { table, alias } = trigger ? { table: parseQualifiedName(s), alias: null } : parseTarget(s);
  const indexed = parseIndexed(s);
  const set = parseSet(s);
  const from = s.accept('FROM') ? parseFrom(s) : [];
  const where = parseWhere(s);
  return {
    kind: 'update',
    with: w,
    or,
    table,
    alias,
    ...indexed,
    set,
    from,
    where,
    ...parseTail(s, trigger),
  };
}

export function parseDelete(s: TokenStream, w: With | null, trigger: boolean): Delete {
  s.expect('DELETE');
  s.expect('FROM');
  const { table, alias } = trigger ? { table: parseQualifiedName(s), alias: null } : parseTarget(s);
  const indexed = parseIndexed(s);
  const where = parseWhere(s);
  return { kind: 'delete', with: w, table, alias, ...indexed, where, ...parseTail(s, trigger) };
}

/** RETURNING may stand before or behind ORDER BY and LIMIT, as in SQLite built with UPDATE_DELETE_LIMIT. */
function parseTail(
  s: TokenStream,
  trigger: boolean,
): Pick<Delete, 'orderBy' | 'limit' | 'offset' | 'returning'> {
  if (trigger) return { orderBy: [], limit: null, offset: null, returning: [] };
  const before = parseReturning(s, trigger);
  const orderBy = parseOrderBy(s);
  const limits = parseLimit(s);
  return { orderBy, ...limits, returning: before.length > 0 ? before : parseReturning(s, trigger) };
}
