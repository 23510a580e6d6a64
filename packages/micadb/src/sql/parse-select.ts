/** SELECT and VALUES with all their clauses; FROM; WITH (https://www.sqlite.org/lang_select.html). */
import type {
  CompoundOp,
  Cte,
  Expr,
  FromItem,
  JoinOperator,
  Name,
  OrderingTerm,
  ResultColumn,
  Select,
  SelectCore,
  ValuesCore,
  WindowDef,
  With,
} from './ast.ts';
import { parseExpr, parseExprList, parseListInParens } from './parse-expr.ts';
import { parseOrderBy, parseWindowDef } from './parse-window.ts';
import { isIdOrString, isName, Tok } from './token.ts';
import { MAX_COMPOUND, type TokenStream, trimSpace } from './token-stream.ts';

/** A whole SELECT, a WITH clause before it included. */
export function parseSelect(s: TokenStream): Select {
  const { pos } = s;
  return parseSelectAfterWith(s, parseWith(s), pos);
}

interface Arm {
  readonly core: SelectCore | ValuesCore;
  readonly orderBy: readonly OrderingTerm[];
  readonly limit: Expr | null;
  readonly offset: Expr | null;
}

/** A SELECT whose WITH clause, which began at `pos`, is parsed already. */
export function parseSelectAfterWith(s: TokenStream, with_: With | null, pos: number): Select {
  s.enter(4);
  let last = parseArm(s);
  let { height } = s;
  const first = last.core;
  const rest: { op: CompoundOp; core: SelectCore | ValuesCore }[] = [];
  let misplaced: string | null = null;
  for (let op = compoundOp(s); op !== null; op = compoundOp(s)) {
    const clause = last.orderBy.length > 0 ? 'ORDER BY' : last.limit !== null ? 'LIMIT' : null;
    if (clause !== null) misplaced = `${clause} clause should come after ${op} not before`;
    last = parseArm(s);
    height = Math.max(height, s.height);
    rest.push({ op, core: last.core });
  }
  if (misplaced !== null) s.fail(misplaced);
  if (rest.length >= MAX_COMPOUND) s.fail('too many terms in compound SELECT');
  s.leave(4);
  s.height = height;
  return {
    kind: 'select',
    with: with_,
    first,
    rest,
    orderBy: last.orderBy,
    limit: last.limit,
    offset: last.offset,
    pos,
    end: s.lastEnd,
  };
}

function compoundOp(s: TokenStream): CompoundOp | null {
  switch (s.type) {
    case Tok.Union:
      s.advance();
      return s.accept(Tok.All) ? 'UNION ALL' : 'UNION';
    case Tok.Intersect:
      s.advance();
      return 'INTERSECT';
    case Tok.Except:
      s.advance();
      return 'EXCEPT';
    default:
      return null;
  }
}

/** WITH [RECURSIVE] name(columns) AS [NOT MATERIALIZED] (select), ... or null. */
export function parseWith(s: TokenStream): With | null {
  if (!s.accept(Tok.With)) return null;
  const recursive = s.accept(Tok.Recursive);
  const ctes: Cte[] = [];
  const seen = new Set<string>();
  do {
    const cte = parseCte(s);
    const key = cte.name.text.toLowerCase();
    if (seen.has(key)) s.fail(`duplicate WITH table name: ${cte.name.text}`, cte.name.pos);
    seen.add(key);
    ctes.push(cte);
  } while (s.accept(Tok.Comma));
  return { recursive, ctes };
}

function parseCte(s: TokenStream): Cte {
  const name = s.name();
  const columns = s.columnList();
  s.expect(Tok.As);
  let materialized: boolean | null = null;
  if (s.accept(Tok.Not)) {
    s.expect(Tok.Materialized);
    materialized = false;
  } else if (s.accept(Tok.Materialized)) materialized = true;
  s.expect(Tok.LP);
  const select = parseSelect(s);
  s.expect(Tok.RP);
  return { name, columns, materialized, select };
}

/** One SELECT or VALUES of a compound, with ORDER BY and LIMIT behind it. */
function parseArm(s: TokenStream): Arm {
  if (s.type === Tok.Values) {
    return { core: parseValues(s), orderBy: [], limit: null, offset: null };
  }
  const { pos } = s;
  s.expect(Tok.Select);
  let height = 0;
  const seen = <T>(part: T): T => {
    height = Math.max(height, s.height);
    return part;
  };
  const distinct = s.accept(Tok.Distinct);
  if (!distinct) s.accept(Tok.All);
  const columns = seen(parseResultColumns(s));
  const from = s.accept(Tok.From) ? parseFrom(s) : [];
  const where = s.accept(Tok.Where) ? seen(parseExpr(s)) : null;
  let groupBy: readonly Expr[] = [];
  if (s.accept(Tok.Group)) {
    s.expect(Tok.By);
    groupBy = seen(parseExprList(s));
  }
  const having = s.accept(Tok.Having) ? seen(parseExpr(s)) : null;
  const windows = parseWindows(s);
  const orderBy = seen(parseOrderBy(s));
  const { limit, offset } = seen(parseLimit(s));
  s.height = height;
  return {
    core: { kind: 'core', distinct, columns, from, where, groupBy, having, windows, pos },
    orderBy,
    limit,
    offset,
  };
}

function parseValues(s: TokenStream): ValuesCore {
  const { pos } = s;
  s.advance();
  const rows: Expr[][] = [];
  let height = 0;
  do {
    s.expect(Tok.LP);
    const row = parseExprList(s);
    s.expect(Tok.RP);
    height = Math.max(height, s.height);
    if (rows.length > 0 && row.length !== rows[0]!.length) {
      s.fail('all VALUES must have the same number of terms');
    }
    rows.push(row);
  } while (s.accept(Tok.Comma));
  s.height = height;
  return { kind: 'values', rows, pos };
}

function parseWindows(s: TokenStream): { name: Name; def: WindowDef }[] {
  const windows: { name: Name; def: WindowDef }[] = [];
  if (!s.accept(Tok.Window)) return windows;
  do {
    const name = s.name();
    s.expect(Tok.As);
    windows.push({ name, def: parseWindowDef(s) });
  } while (s.accept(Tok.Comma));
  return windows;
}

/** LIMIT n, LIMIT n OFFSET m or LIMIT m, n; or nothing. */
export function parseLimit(s: TokenStream): { limit: Expr | null; offset: Expr | null } {
  s.height = 0;
  if (!s.accept(Tok.Limit)) return { limit: null, offset: null };
  const first = parseExpr(s);
  const { height } = s;
  const isOffset = s.type === Tok.Offset;
  if (!isOffset && s.type !== Tok.Comma) return { limit: first, offset: null };
  s.advance();
  const second = parseExpr(s);
  s.grow(Math.max(height, s.height));
  return isOffset ? { limit: first, offset: second } : { limit: second, offset: first };
}

/** AS name, or a bare name or string; or null. */
function parseAlias(s: TokenStream): Name | null {
  if (s.accept(Tok.As)) return s.name();
  return isIdOrString(s.type) ? s.takeName() : null;
}

/** The columns of SELECT or RETURNING. */
export function parseResultColumns(s: TokenStream): ResultColumn[] {
  const columns: ResultColumn[] = [];
  let height = 0;
  do {
    columns.push(parseResultColumn(s));
    height = Math.max(height, s.height);
  } while (s.accept(Tok.Comma));
  s.height = height;
  return columns;
}

function parseResultColumn(s: TokenStream): ResultColumn {
  s.height = 1;
  if (s.accept(Tok.Star)) return { kind: 'star' };
  if (isName(s.type) && s.peek(1) === Tok.Dot && s.peek(2) === Tok.Star) {
    const table = s.takeName();
    s.advance();
    s.advance();
    return { kind: 'tableStar', table };
  }
  const { pos } = s;
  const expr = parseExpr(s);
  // SQLite's column name reaches to the next token: comments between belong to it.
  const text = trimSpace(s.sql.slice(pos, s.pos));
  return { kind: 'expr', expr, alias: parseAlias(s), text };
}

/** A FROM clause behind the word FROM. */
export function parseFrom(s: TokenStream): FromItem[] {
  const items = [parseFromItem(s, { kind: 'comma', natural: false }, true)];
  for (let join = parseJoin(s); join !== null; join = parseJoin(s)) {
    items.push(parseFromItem(s, join, false));
  }
  return items;
}

/** What each word of a join operator contributes. */
const JOIN_WORDS = new Set(['natural', 'left', 'right', 'full', 'outer', 'inner', 'cross']);

/** A join operator, or null: up to three words before JOIN. */
function parseJoin(s: TokenStream): JoinOperator | null {
  if (s.accept(Tok.Comma)) return { kind: 'comma', natural: false };
  if (s.accept(Tok.Join)) return { kind: 'inner', natural: false };
  if (s.type !== Tok.JoinKw) return null;
  const words = [s.text()];
  s.advance();
  while (words.length < 3 && isName(s.type)) {
    words.push(s.text());
    s.advance();
  }
  s.expect(Tok.Join);
  const join = joinOperator(words);
  if (join !== null) return join;
  s.fail(`unknown join type: ${words.join(' ')}`);
  return { kind: 'inner', natural: false };
}

/** The operator that the words name; null when they make no sense together. */
function joinOperator(words: readonly string[]): JoinOperator | null {
  const set = new Set(words.map((w) => w.toLowerCase()));
  for (const w of set) if (!JOIN_WORDS.has(w)) return null;
  const left = set.has('left') || set.has('full');
  const right = set.has('right') || set.has('full');
  const outer = left || right;
  const inner = set.has('inner') || set.has('cross');
  if ((outer || set.has('outer')) && inner) return null;
  if (set.has('outer') && !outer) return null;
  const natural = set.has('natural');
  if (left && right) return { kind: 'full', natural };
  if (outer) return { kind: left ? 'left' : 'right', natural };
  return { kind: set.has('cross') ? 'cross' : 'inner', natural };
}

function parseFromItem(s: TokenStream, join: JoinOperator, first: boolean): FromItem {
  const { pos } = s;
  let source: FromItem['source'];
  let alias: Name | null;
  if (s.type === Tok.LP) {
    source = parseFromParens(s);
    alias = parseAlias(s);
  } else {
    const table = s.qualifiedName();
    if (s.accept(Tok.LP)) {
      const args = parseListInParens(s);
      alias = parseAlias(s);
      source = { kind: 'table', table, args, indexedBy: null, notIndexed: false };
    } else {
      alias = parseAlias(s);
      source = { kind: 'table', table, args: null, ...parseIndexed(s) };
    }
  }
  let on: Expr | null = null;
  let using: readonly Name[] | null = null;
  if (s.accept(Tok.On)) on = parseExpr(s);
  else if (s.accept(Tok.Using)) {
    s.expect(Tok.LP);
    using = s.nameList();
    s.expect(Tok.RP);
  }
  if (first && (on !== null || using !== null)) {
    s.fail(`a JOIN clause is required before ${on === null ? 'USING' : 'ON'}`);
  }
  return { join, source, alias, on, using, pos };
}

/** A subquery or a join in parentheses. */
function parseFromParens(s: TokenStream): FromItem['source'] {
  s.enter(2);
  s.advance();
  let source: FromItem['source'];
  if (s.type === Tok.Select || s.type === Tok.Values || s.type === Tok.With) {
    source = { kind: 'select', select: parseSelect(s) };
  } else source = { kind: 'join', items: parseFrom(s) };
  s.expect(Tok.RP);
  s.leave(2);
  return source;
}

/** INDEXED BY name, NOT INDEXED, or nothing. */
export function parseIndexed(s: TokenStream): { indexedBy: Name | null; notIndexed: boolean } {
  if (s.accept(Tok.Indexed)) {
    s.expect(Tok.By);
    return { indexedBy: s.name(), notIndexed: false };
  }
  if (s.accept(Tok.Not)) {
    s.expect(Tok.Indexed);
    return { indexedBy: null, notIndexed: true };
  }
  return { indexedBy: null, notIndexed: false };
}
