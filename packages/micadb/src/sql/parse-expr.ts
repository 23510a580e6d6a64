/** Expressions by precedence climbing; SQLite's operator precedence (https://www.sqlite.org/lang_expr.html §2). */
import type { BinaryOp, Expr, Name, OrderingTerm, TypeName, UnaryOp, WindowDef } from './ast.ts';
import { isJoinWord } from './keywords.ts';
import { TokenType } from './lexer.ts';
import { parseSelect } from './parse-select.ts';
import { parseOrderBy, parseOver, parseSortList } from './parse-window.ts';
import { type TokenStream, unquote } from './token-stream.ts';

/** Binding powers, loosest first. */
enum Power {
  Or = 1,
  And,
  Not,
  Equal,
  Compare,
  Escape,
  Bit,
  Add,
  Multiply,
  Concat,
  Collate,
  Unary,
}

const BINARY: ReadonlyMap<string, { power: Power; op: BinaryOp }> = new Map([
  ['OR', { power: Power.Or, op: 'OR' }],
  ['AND', { power: Power.And, op: 'AND' }],
  ['=', { power: Power.Equal, op: '=' }],
  ['==', { power: Power.Equal, op: '=' }],
  ['<>', { power: Power.Equal, op: '<>' }],
  ['!=', { power: Power.Equal, op: '<>' }],
  ['<', { power: Power.Compare, op: '<' }],
  ['<=', { power: Power.Compare, op: '<=' }],
  ['>', { power: Power.Compare, op: '>' }],
  ['>=', { power: Power.Compare, op: '>=' }],
  ['&', { power: Power.Bit, op: '&' }],
  ['|', { power: Power.Bit, op: '|' }],
  ['<<', { power: Power.Bit, op: '<<' }],
  ['>>', { power: Power.Bit, op: '>>' }],
  ['+', { power: Power.Add, op: '+' }],
  ['-', { power: Power.Add, op: '-' }],
  ['*', { power: Power.Multiply, op: '*' }],
  ['/', { power: Power.Multiply, op: '/' }],
  ['%', { power: Power.Multiply, op: '%' }],
  ['||', { power: Power.Concat, op: '||' }],
  ['->', { power: Power.Concat, op: '->' }],
  ['->>', { power: Power.Concat, op: '->>' }],
] as const);

const LIKES = new Set(['LIKE', 'GLOB', 'REGEXP', 'MATCH']);
const AFTER_NOT = new Set(['LIKE', 'GLOB', 'REGEXP', 'MATCH', 'BETWEEN', 'IN']);

/** Parses one expression. */
export function parseExpr(s: TokenStream): Expr {
  return parseBinary(s, Power.Or);
}

/** Height of trees by node, to hold SQLite's limit of 1000 also for long left-deep chains. */
const MAX_HEIGHT = 1000;

function parseBinary(s: TokenStream, min: Power): Expr {
  return s.nested(() => {
    let left = parsePrefix(s);
    let height = 1;
    for (;;) {
      const next = parseOperator(s, left, min);
      if (next === null) return left;
      left = next;
      height += 1;
      if (height > MAX_HEIGHT) {
        throw s.error(`Expression tree is too large (maximum depth ${MAX_HEIGHT})`);
      }
    }
  });
}

/** Takes one infix or postfix operator that binds at least as tightly as `min`; null when there is none. */
function parseOperator(s: TokenStream, left: Expr, min: Power): Expr | null {
  const { word } = s;
  if (word === '' || s.type === TokenType.QuotedName) return null;
  const binary = BINARY.get(word);
  if (binary !== undefined) {
    if (binary.power < min) return null;
    s.next();
    const right = parseBinary(s, binary.power + 1);
    return { kind: 'binary', op: binary.op, left, right, pos: left.pos, end: s.lastEnd };
  }
  if (word === 'COLLATE' && min <= Power.Collate) {
    s.next();
    const collation = s.idOrString();
    return { kind: 'collate', operand: left, collation, pos: left.pos, end: s.lastEnd };
  }
  if (min > Power.Equal) return null;
  switch (word) {
    case 'IS':
      return parseIs(s, left);
    case 'ISNULL':
    case 'NOTNULL':
      s.next();
      return unary(s, word, left, left.pos);
    case 'NOT':
      return parseAfterNot(s, left);
    case 'BETWEEN':
      return parseBetween(s, left, false);
    case 'IN':
      return parseIn(s, left, false);
    default:
      return LIKES.has(word) ? parseLike(s, left, false) : null;
  }
}

function unary(s: TokenStream, op: UnaryOp, operand: Expr, pos: number): Expr {
  return { kind: 'unary', op, operand, pos, end: s.lastEnd };
}

function parseIs(s: TokenStream, left: Expr): Expr {
  s.next();
  let not = s.accept('NOT');
  if (s.is('DISTINCT') && s.peek(1) === 'FROM') {
    s.next();
    s.next();
    not = !not;
  }
  const right = parseBinary(s, Power.Compare);
  return { kind: 'binary', op: not ? 'IS NOT' : 'IS', left, right, pos: left.pos, end: s.lastEnd };
}

function parseAfterNot(s: TokenStream, left: Expr): Expr | null {
  const word = s.peek(1);
  if (word === 'NULL') {
    s.next();
    s.next();
    return unary(s, 'NOTNULL', left, left.pos);
  }
  if (!AFTER_NOT.has(word)) {
    s.next();
    throw s.syntaxError();
  }
  s.next();
  if (word === 'BETWEEN') return parseBetween(s, left, true);
  return word === 'IN' ? parseIn(s, left, true) : parseLike(s, left, true);
}

function parseBetween(s: TokenStream, operand: Expr, not: boolean): Expr {
  s.next();
  const low = parseBinary(s, Power.Not);
  s.expect('AND');
  const high = parseBinary(s, Power.Compare);
  return { kind: 'between', not, operand, low, high, pos: operand.pos, end: s.lastEnd };
}

function parseLike(s: TokenStream, left: Expr, not: boolean): Expr {
  const op = s.word as 'LIKE' | 'GLOB' | 'REGEXP' | 'MATCH';
  s.next();
  const right = parseBinary(s, Power.Compare);
  const escapeChar = s.accept('ESCAPE') ? parseBinary(s, Power.Escape) : null;
  return { kind: 'like', op, not, left, right, escape: escapeChar, pos: left.pos, end: s.lastEnd };
}

function startsSelect(s: TokenStream, n: number): boolean {
  const word = s.peek(n);
  return (
    word === 'SELECT' || word === 'VALUES' || (word === 'WITH' && s.peekType(n) === TokenType.Word)
  );
}

function parseIn(s: TokenStream, operand: Expr, not: boolean): Expr {
  s.next();
  const done = (source: (Expr & { kind: 'in' })['source']): Expr => ({
    kind: 'in',
    not,
    operand,
    source,
    pos: operand.pos,
    end: s.lastEnd,
  });
  if (s.accept('(')) {
    if (startsSelect(s, 0)) {
      const select = parseSelect(s);
      s.expect(')');
      return done({ kind: 'select', select });
    }
    const items = s.is(')') ? [] : parseExprList(s);
    s.expect(')');
    return done({ kind: 'list', items });
  }
  const first = s.name();
  const table = s.accept('.') ? { schema: first, name: s.name() } : { schema: null, name: first };
  let args: Expr[] | null = null;
  if (s.accept('(')) {
    args = s.is(')') ? [] : parseExprList(s);
    s.expect(')');
  }
  return done({ kind: 'table', table, args });
}

/** One or more expressions with commas. */
export function parseExprList(s: TokenStream): Expr[] {
  const list = [parseExpr(s)];
  while (s.accept(',')) list.push(parseExpr(s));
  return list;
}

function parsePrefix(s: TokenStream): Expr {
  const { pos, word } = s;
  switch (s.type) {
    case TokenType.Integer:
      return integerLiteral(s);
    case TokenType.Float: {
      const text = s.text();
      s.next();
      return { kind: 'real', value: Number(text.replaceAll('_', '')), text, pos, end: s.lastEnd };
    }
    case TokenType.String:
      return stringOrColumn(s);
    case TokenType.Blob: {
      const hex = s.text().slice(2, -1);
      const value = new Uint8Array(hex.length / 2);
      for (let i = 0; i < value.length; i++)
        value[i] = Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16);
      s.next();
      return { kind: 'blob', value, pos, end: s.lastEnd };
    }
    case TokenType.Variable:
      return { kind: 'parameter', ...s.parameter(), pos, end: s.lastEnd };
    case TokenType.QuotedName:
      return nameExpr(s);
    case TokenType.Punctuation:
      return parsePunctuation(s, word, pos);
    case TokenType.Word:
      return parseWord(s, word, pos);
    case TokenType.End:
      throw s.syntaxError();
  }
}

function parsePunctuation(s: TokenStream, word: string, pos: number): Expr {
  switch (word) {
    case '(':
      return parseParenthesis(s);
    case '-':
    case '+':
    case '~': {
      s.next();
      const operand = parseBinary(s, Power.Unary);
      return unary(s, word, operand, pos);
    }
    default:
      throw s.syntaxError();
  }
}

function parseWord(s: TokenStream, word: string, pos: number): Expr {
  switch (word) {
    case 'NULL':
      s.next();
      return { kind: 'null', pos, end: s.lastEnd };
    case 'NOT': {
      s.next();
      const operand = parseBinary(s, Power.Not);
      return unary(s, 'NOT', operand, pos);
    }
    case 'CURRENT_DATE':
    case 'CURRENT_TIME':
    case 'CURRENT_TIMESTAMP':
      if (s.peek(1) === '.' || s.peek(1) === '(') return nameExpr(s);
      s.next();
      return { kind: 'current', which: word, pos, end: s.lastEnd };
    case 'CAST':
      return s.peek(1) === '(' ? parseCast(s, pos) : nameExpr(s);
    case 'CASE':
      return parseCase(s, pos);
    case 'EXISTS': {
      s.next();
      s.expect('(');
      const select = parseSelect(s);
      s.expect(')');
      return { kind: 'exists', select, pos, end: s.lastEnd };
    }
    case 'RAISE':
      return s.peek(1) === '(' ? parseRaise(s, pos) : nameExpr(s);
    default:
      if (s.isId() || word === 'INDEXED' || isJoinWord(word)) return nameExpr(s);
      throw s.syntaxError();
  }
}

function integerLiteral(s: TokenStream): Expr {
  const { pos } = s;
  const text = s.text();
  s.next();
  const { lastEnd: end } = s;
  const digits = text.replaceAll('_', '');
  if (/^0[xX]/.test(digits)) {
    const significant = digits.slice(2).replace(/^0+/, '');
    if (significant.length > 16) throw s.error(`hex literal too big: ${text}`, pos);
    const value = BigInt.asIntN(64, BigInt(digits));
    return { kind: 'integer', value: narrow(value), text, pos, end };
  }
  const plain = Number(digits);
  if (Number.isSafeInteger(plain)) return { kind: 'integer', value: plain, text, pos, end };
  const value = BigInt(digits);
  if (value > 9223372036854775808n) return { kind: 'real', value: plain, text, pos, end };
  return { kind: 'integer', value: narrow(value), text, pos, end };
}

function narrow(v: bigint): number | bigint {
  const n = Number(v);
  return Number.isSafeInteger(n) ? n : v;
}

/** 'text', unless a dot makes it a table name. */
function stringOrColumn(s: TokenStream): Expr {
  if (s.peek(1) === '.') return nameExpr(s);
  const { pos } = s;
  const value = unquote(s.text());
  s.next();
  return { kind: 'string', value, pos, end: s.lastEnd };
}

/** A column (with table and schema before it) or a function call. */
function nameExpr(s: TokenStream): Expr {
  const { pos } = s;
  const callable = s.type !== TokenType.String;
  const first = s.takeName();
  if (callable && s.is('(')) return parseCall(s, first, pos);
  if (!s.is('.')) return { kind: 'id', name: first, pos, end: s.lastEnd };
  s.next();
  const second = s.name();
  if (!s.accept('.')) {
    return { kind: 'column', schema: null, table: first, column: second, pos, end: s.lastEnd };
  }
  const third = s.name();
  return { kind: 'column', schema: first, table: second, column: third, pos, end: s.lastEnd };
}

function parseParenthesis(s: TokenStream): Expr {
  const { pos } = s;
  s.next();
  if (startsSelect(s, 0)) {
    const select = parseSelect(s);
    s.expect(')');
    return { kind: 'subquery', select, pos, end: s.lastEnd };
  }
  const items = parseExprList(s);
  s.expect(')');
  if (items.length === 1) return { ...items[0]!, pos, end: s.lastEnd };
  return { kind: 'vector', items, pos, end: s.lastEnd };
}

function parseCast(s: TokenStream, pos: number): Expr {
  s.next();
  s.expect('(');
  const operand = parseExpr(s);
  s.expect('AS');
  const type = parseType(s);
  s.expect(')');
  return { kind: 'cast', operand, type: type ?? { text: '' }, pos, end: s.lastEnd };
}

/** A type name with its sizes, as written; null when there is none. */
export function parseType(s: TokenStream): TypeName | null {
  if (!s.isIdOrString() || endsType(s)) return null;
  const { pos } = s;
  while (s.isIdOrString() && !endsType(s)) s.next();
  if (s.accept('(')) {
    signedNumber(s);
    if (s.accept(',')) signedNumber(s);
    s.expect(')');
  }
  const raw = s.sql.slice(pos, s.lastEnd);
  return { text: /^["'`[]/.test(raw) && !/\s/.test(raw) ? unquote(raw) : raw };
}

/** GENERATED ALWAYS AS begins a constraint, not more of the type. */
function endsType(s: TokenStream): boolean {
  return s.is('GENERATED') && s.peek(1) === 'ALWAYS';
}

export function signedNumber(s: TokenStream): string {
  const { pos } = s;
  if (s.is('+') || s.is('-')) s.next();
  if (s.type !== TokenType.Integer && s.type !== TokenType.Float) throw s.syntaxError();
  s.next();
  return s.sql.slice(pos, s.lastEnd);
}

function parseCase(s: TokenStream, pos: number): Expr {
  s.next();
  const operand = s.is('WHEN') ? null : parseExpr(s);
  const whens: { when: Expr; then: Expr }[] = [];
  do {
    s.expect('WHEN');
    const when = parseExpr(s);
    s.expect('THEN');
    whens.push({ when, then: parseExpr(s) });
  } while (s.is('WHEN'));
  const otherwise = s.accept('ELSE') ? parseExpr(s) : null;
  s.expect('END');
  return { kind: 'case', operand, whens, otherwise, pos, end: s.lastEnd };
}

const RAISE_ACTIONS = new Set(['ROLLBACK', 'ABORT', 'FAIL']);

function parseRaise(s: TokenStream, pos: number): Expr {
  s.next();
  s.expect('(');
  if (s.accept('IGNORE')) {
    s.expect(')');
    return { kind: 'raise', action: 'IGNORE', message: null, pos, end: s.lastEnd };
  }
  const action = s.word;
  if (!RAISE_ACTIONS.has(action)) throw s.syntaxError();
  s.next();
  s.expect(',');
  const message = parseExpr(s);
  s.expect(')');
  return {
    kind: 'raise',
    action: action as 'ROLLBACK' | 'ABORT' | 'FAIL',
    message,
    pos,
    end: s.lastEnd,
  };
}

function parseCall(s: TokenStream, name: Name, pos: number): Expr {
  s.expect('(');
  let args: Expr[] | 'star' = [];
  let distinct = false;
  let orderBy: readonly OrderingTerm[] = [];
  if (s.accept('*')) args = 'star';
  else if (!s.is(')')) {
    if (s.accept('DISTINCT')) distinct = true;
    else s.accept('ALL');
    args = s.is('ORDER') ? [] : parseExprList(s);
    orderBy = parseOrderBy(s);
  }
  s.expect(')');
  let filter: Expr | null = null;
  if (s.is('FILTER') && s.peek(1) === '(') {
    s.next();
    s.next();
    s.expect('WHERE');
    filter = parseExpr(s);
    s.expect(')');
  }
  let over: Name | WindowDef | null = null;
  if (s.is('OVER') && (s.peek(1) === '(' || s.isId(1))) {
    s.next();
    over = parseOver(s);
  }
  return { kind: 'function', name, args, distinct, orderBy, filter, over, pos, end: s.lastEnd };
}

export { parseSortList };
