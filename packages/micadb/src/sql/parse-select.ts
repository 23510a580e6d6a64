/** SELECT and VALUES with all their clauses; FROM; WITH. */
import type {
  CompoundOp,
  Cte,
  Expr,
  FromItem,
  JoinOperator,
  Name,
  ResultColumn,
  Select,
  SelectCore,
  ValuesCore,
  WindowDef,
  With,
} from './ast.ts';
import { isJoinWord } from './keywords.ts';
import { TokenType } from './lexer.ts';
import { parseExpr, parseExprList } from './parse-expr.ts';
import { parseOrderBy, parseWindowDef } from './parse-window.ts';
import type { TokenStream } from './token-stream.ts';

/** A whole SELECT, a WITH clause before it included. */
export function parseSelect(s: TokenStream): Select {
  const { pos } = s;
  return parseSelectAfterWith(s, parseWith(s), pos);
}

interface Arm {
  readonly core: SelectCore | ValuesCore;
  readonly orderBy: Select['orderBy'];
  readonly limit: Expr | null;
  readonly offset: Expr | null;
}

export function parseSelectAfterWith(s: TokenStream, w: With | null, pos: number): Select {
  return s.nested(() => {
    const first = parseArm(s);
    const rest: { op: CompoundOp; core: SelectCore | ValuesCore }[] = [];
    let last = first;
    for (let op = compoundOp(s); op !== null; op = compoundOp(s)) {
      if (last.orderBy.length > 0 || last.limit !== null) {
        const clause = last.orderBy.length > 0 ? 'ORDER BY' : 'LIMIT';
        throw s.error(`${clause} clause should come after ${op} not before`);
      }
      last = parseArm(s);
      rest.push({ op, core: last.core });
    }
    return {
      kind: 'select',
      with: w,
      first: first.core,
      rest,
      orderBy: last.orderBy,
      limit: last.limit,
      offset: last.offset,
      pos,
      end: s.lastEnd,
    };
  });
}

function compoundOp(s: TokenStream): CompoundOp | null {
  switch (s.word) {
    case 'UNION':
      s.next();
      return s.accept('ALL') ? 'UNION ALL' : 'UNION';
    case 'INTERSECT':
    case 'EXCEPT': {
      const op = s.word;
      s.next();
      return op;
    }
    default:
      return null;
  }
}

/** WITH [RECURSIVE] name(columns) AS [NOT MATERIALIZED] (select), ... or nothing. */
export function parseWith(s: TokenStream): With | null {
  if (s.type !== TokenType.Word || !s.accept('WITH')) return null;
  const recursive = s.is('RECURSIVE') && s.isName(1) ? s.accept('RECURSIVE') : false;
  const ctes: Cte[] = [];
  do {
    const name = s.name();
    const columns = s.is('(') ? parseNameList(s) : null;
    s.expect('AS');
    let materialized: boolean | null = null;
    if (s.accept('NOT')) {
      s.expect('MATERIALIZED');
      materialized = false;
    } else if (s.accept('MATERIALIZED')) materialized = true;
    s.expect('(');
    const select = parseSelect(s);
    s.expect(')');
    ctes.push({ name, columns, materialized, select });
  } while (s.accept(','));
  return { recursive, ctes };
}

/** ( name, name, ... ); COLLATE and sort order, which SQLite takes here for old schemas, are passed over. */
export function parseNameList(s: TokenStream): Name[] {
  s.expect('(');
  const names: Name[] = [];
  do {
    names.push(s.name());
    if (s.accept('COLLATE')) s.idOrString();
    if (s.is('ASC') || s.is('DESC')) s.next();
  } while (s.accept(','));
  s.expect(')');
  return names;
}

function parseArm(s: TokenStream): Arm {
  const { pos } = s;
  if (s.accept('VALUES')) {
    const rows: Expr[][] = [];
    do {
      s.expect('(');
      rows.push(parseExprList(s));
      s.expect(')');
    } while (s.accept(','));
    return { core: { kind: 'values', rows, pos }, orderBy: [], limit: null, offset: null };
  }
  s.expect('SELECT');
  const distinct = s.accept('DISTINCT');
  if (!distinct) s.accept('ALL');
  const columns = parseResultColumns(s);
  const from = s.accept('FROM') ? parseFrom(s) : [];
  const where = s.accept('WHERE') ? parseExpr(s) : null;
  let groupBy: Expr[] = [];
  if (s.accept('GROUP')) {
    s.expect('BY');
    groupBy = parseExprList(s);
  }
  const having = s.accept('HAVING') ? parseExpr(s) : null;
  const windows = parseWindows(s);
  const core: SelectCore = {
    kind: 'core',
    distinct,
    columns,
    from,
    where,
    groupBy,
    having,
    windows,
    pos,
  };
  return { core, orderBy: parseOrderBy(s), ...parseLimit(s) };
}

function parseWindows(s: TokenStream): { name: Name; def: WindowDef }[] {
  const windows: { name: Name; def: WindowDef }[] = [];
  if (!s.is('WINDOW') || !s.isName(1)) return windows;
  s.next();
  do {
    const name = s.name();
    s.expect('AS');
    windows.push({ name, def: parseWindowDef(s) });
  } while (s.accept(','));
  return windows;
}

/** LIMIT n [OFFSET m] or LIMIT m, n. */
export function parseLimit(s: TokenStream): { limit: Expr | null; offset: Expr | null } {
  if (!s.accept('LIMIT')) return { limit: null, offset: null };
  const first = parseExpr(s);
  if (s.accept('OFFSET')) return { limit: first, offset: parseExpr(s) };
  if (s.accept(',')) return { limit: parseExpr(s), offset: first };
  return { limit: first, offset: null };
}

/** An alias: AS name, or a bare name or string. */
function parseAlias(s: TokenStream): Name | null {
  if (s.accept('AS')) return s.name();
  if (s.is('WINDOW') && s.isName(1) && s.peek(2) === 'AS') return null;
  return s.isIdOrString() ? s.takeName() : null;
}

/** The columns of SELECT or RETURNING. */
export function parseResultColumns(s: TokenStream): ResultColumn[] {
  const columns: ResultColumn[] = [];
  do {
    if (s.accept('*')) {
      columns.push({ kind: 'star' });
    } else if (s.isName() && s.peek(1) === '.' && s.peek(2) === '*') {
      const table = s.name();
      s.next();
      s.next();
      columns.push({ kind: 'tableStar', table });
    } else {
      const { pos } = s;
      const expr = parseExpr(s);
      const text = s.sql.slice(pos, s.lastEnd);
      columns.push({ kind: 'expr', expr, alias: parseAlias(s), text });
    }
  } while (s.accept(','));
  return columns;
}

/** A FROM clause without the word FROM. */
export function parseFrom(s: TokenStream): FromItem[] {
  const items = [parseItem(s, { kind: 'comma', natural: false })];
  for (let join = parseJoin(s); join !== null; join = parseJoin(s)) items.push(parseItem(s, join));
  return items;
}

const JOIN_WORDS = new Set(['natural', 'left', 'right', 'full', 'outer', 'inner', 'cross']);

/** A join operator, or null. Up to three words before JOIN; combinations that make no sense are refused. */
function parseJoin(s: TokenStream): JoinOperator | null {
  if (s.accept(',')) return { kind: 'comma', natural: false };
  if (s.accept('JOIN')) return { kind: 'inner', natural: false };
  if (s.type !== TokenType.Word || !isJoinWord(s.word)) return null;
  const words: string[] = [];
  while (!s.is('JOIN')) {
    if (words.length >= 3 || !s.isName()) throw s.syntaxError();
    words.push(s.text());
    s.next();
  }
  s.next();
  const set = new Set(words.map((w) => w.toLowerCase()));
  const outer = set.has('left') || set.has('right') || set.has('full') || set.has('outer');
  const inner = set.has('inner') || set.has('cross');
  const side = set.has('left') || set.has('right') || set.has('full');
  const bad =
    [...set].some((w) => !JOIN_WORDS.has(w)) || (outer && inner) || (set.has('outer') && !side);
  if (bad) throw s.error(`unknown join type: ${words.join(' ')}`);
  const full = set.has('full') || (set.has('left') && set.has('right'));
  const kind: JoinOperator['kind'] = full
    ? 'full'
    : set.has('left')
      ? 'left'
      : set.has('right')
        ? 'right'
        : set.has('cross')
          ? 'cross'
          : 'inner';
  return { kind, natural: set.has('natural') };
}

function parseItem(s: TokenStream, join: JoinOperator): FromItem {
  const { pos } = s;
  const source = parseSource(s);
  const alias = parseAlias(s);
  const indexed = source.kind === 'table' ? parseIndexed(s) : {};
  let on: Expr | null = null;
  let using: Name[] | null = null;
  if (s.accept('ON')) on = parseExpr(s);
  else if (s.accept('USING')) using = parseNameList(s);
  return {
    join,
    source: source.kind === 'table' ? { ...source, ...indexed } : source,
    alias,
    on,
    using,
    pos,
  };
}

/** INDEXED BY name, NOT INDEXED, or nothing. */
export function parseIndexed(s: TokenStream): { indexedBy: Name | null; notIndexed: boolean } {
  if (s.accept('INDEXED')) {
    s.expect('BY');
    return { indexedBy: s.name(), notIndexed: false };
  }
  if (s.accept('NOT')) {
    s.expect('INDEXED');
    return { indexedBy: null, notIndexed: true };
  }
  return { indexedBy: null, notIndexed: false };
}

function parseSource(s: TokenStream): FromItem['source'] {
  if (s.accept('(')) {
    const word = s.word;
    if (word === 'SELECT' || word === 'VALUES' || (word === 'WITH' && s.type === TokenType.Word)) {
      const select = parseSelect(s);
      s.expect(')');
      return { kind: 'select', select };
    }
    const items = s.nested(() => parseFrom(s));
    s.expect(')');
    return { kind: 'join', items };
  }
  const first = s.name();
  const table = s.accept('.') ? { schema: first, name: s.name() } : { schema: null, name: first };
  let args: Expr[] | null = null;
  if (s.accept('(')) {
    args = s.is(')') ? [] : parseExprList(s);
    s.expect(')');
  }
  return { kind: 'table', table, args, indexedBy: null, notIndexed: false };
}
