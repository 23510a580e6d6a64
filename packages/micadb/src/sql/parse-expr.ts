/**
 * Expressions, by precedence climbing (https://www.sqlite.org/lang_expr.html §2). Chains of binary
 * operators are a loop, not recursion.
 *
 * Heights are counted as SQLite counts them for its limit of 1,000 (TokenStream.height): each
 * function below leaves the height of what it returns there.
 */
import type { BinaryOp, Expr, Name, OrderingTerm, TypeName, UnaryOp, WindowDef } from './ast.ts';
import { blobLiteral, dequote, numberLiteral, separatorsFit } from './literal.ts';
import { parseSelect } from './parse-select.ts';
import { parseOrderBy, parseWindowDef } from './parse-window.ts';
import { isIdOrString, isName, Tok } from './token.ts';
import { MAX_FUNCTION_ARG, type TokenStream } from './token-stream.ts';

/** Binding powers, loosest first. */
enum Power {
  None,
  Or,
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
}

/** Power of a token that stands behind an operand. */
const powers = new Uint8Array(Tok.Count);
/** The binary operators that need nothing but two operands. */
const binaryOps: (BinaryOp | undefined)[] = new Array<BinaryOp | undefined>(Tok.Count).fill(
  undefined,
);

for (const [token, power, op] of [
  [Tok.Or, Power.Or, 'OR'],
  [Tok.And, Power.And, 'AND'],
  [Tok.Eq, Power.Equal, '='],
  [Tok.Ne, Power.Equal, '<>'],
  [Tok.Lt, Power.Compare, '<'],
  [Tok.Le, Power.Compare, '<='],
  [Tok.Gt, Power.Compare, '>'],
  [Tok.Ge, Power.Compare, '>='],
  [Tok.BitAnd, Power.Bit, '&'],
  [Tok.BitOr, Power.Bit, '|'],
  [Tok.LShift, Power.Bit, '<<'],
  [Tok.RShift, Power.Bit, '>>'],
  [Tok.Plus, Power.Add, '+'],
  [Tok.Minus, Power.Add, '-'],
  [Tok.Star, Power.Multiply, '*'],
  [Tok.Slash, Power.Multiply, '/'],
  [Tok.Rem, Power.Multiply, '%'],
  [Tok.Concat, Power.Concat, '||'],
  [Tok.Arrow, Power.Concat, '->'],
  [Tok.ArrowText, Power.Concat, '->>'],
] as const) {
  powers[token] = power;
  binaryOps[token] = op;
}
for (const token of [Tok.Is, Tok.IsNull, Tok.NotNull, Tok.Between, Tok.In, Tok.LikeKw, Tok.Match]) {
  powers[token] = Power.Equal;
}
// NOT behind an operand: NOT NULL, NOT LIKE, NOT IN, NOT BETWEEN.
powers[Tok.Not] = Power.Not;
powers[Tok.Collate] = Power.Collate;

/** Parses one expression. */
export function parseExpr(s: TokenStream): Expr {
  return climb(s, Power.Or, false);
}

/** One or more expressions with commas; the height is that of the highest. */
export function parseExprList(s: TokenStream): Expr[] {
  const list = [parseExpr(s)];
  let { height } = s;
  while (s.accept(Tok.Comma)) {
    list.push(parseExpr(s));
    height = Math.max(height, s.height);
  }
  s.height = height;
  return list;
}

/** Behind a "(": zero or more expressions and the ")". */
export function parseListInParens(s: TokenStream): Expr[] {
  s.height = 0;
  const list = s.type === Tok.RP ? [] : parseExprList(s);
  s.expect(Tok.RP);
  return list;
}

/** An open parenthesis and what to go back to behind it. */
interface Paren {
  readonly pos: number;
  readonly min: Power;
  readonly stopAtAnd: boolean;
}

/**
 * An operand and all operators behind it that bind as tightly as `min`. `stopAtAnd`: but not AND.
 * Parentheses that begin an operand are kept on a stack of our own: SQLite takes 2,500 of them, which
 * is too deep for recursion.
 */
function climb(s: TokenStream, minimum: Power, stop: boolean): Expr {
  let min = minimum;
  let stopAtAnd = stop;
  let parens: Paren[] | null = null;
  for (;;) {
    let { pos } = s;
    if (s.type === Tok.LP && !startsSelect(s.peek(1))) {
      s.advance();
      s.enter(1);
      parens ??= [];
      parens.push({ pos, min, stopAtAnd });
      min = Power.Or;
      stopAtAnd = false;
      continue;
    }
    let left = parseOperand(s);
    for (;;) {
      left = parseOperators(s, left, pos, min, stopAtAnd);
      const paren: Paren | undefined = parens === null ? undefined : parens.pop();
      if (paren === undefined) return left;
      ({ pos, min, stopAtAnd } = paren);
      left = closeParen(s, left, pos);
      s.leave(1);
    }
  }
}

/** The operators behind `left`, which begins at `pos`. */
function parseOperators(
  s: TokenStream,
  first: Expr,
  pos: number,
  min: Power,
  stopAtAnd: boolean,
): Expr {
  let left = first;
  for (;;) {
    const { type } = s;
    const power: Power = powers[type]!;
    if (power < min || power === Power.None || (stopAtAnd && type === Tok.And)) return left;
    const op = binaryOps[type];
    if (op === undefined) left = parseSpecial(s, left, pos, type);
    else {
      const below = s.height;
      s.advance();
      s.enter(2);
      const right = climb(s, power + 1, false);
      s.leave(2);
      s.grow(Math.max(below, s.height));
      left = { kind: 'binary', op, left, right, pos, end: s.lastEnd };
    }
  }
}

/** The end of what "(" at `pos` began: one expression, of which only the offsets get wider, or a row value. */
function closeParen(s: TokenStream, first: Expr, pos: number): Expr {
  if (s.accept(Tok.RP)) return widened(first, pos, s.lastEnd);
  if (s.type !== Tok.Comma) throw s.syntaxError();
  const items = [first];
  let { height } = s;
  while (s.accept(Tok.Comma)) {
    items.push(parseExpr(s));
    height = Math.max(height, s.height);
  }
  s.expect(Tok.RP);
  s.grow(height);
  return { kind: 'vector', items, pos, end: s.lastEnd };
}

/** The operators that are more than a token between two operands. */
function parseSpecial(s: TokenStream, left: Expr, pos: number, type: Tok): Expr {
  const below = s.height;
  switch (type) {
    case Tok.IsNull:
    case Tok.NotNull:
      s.advance();
      return unary(s, type === Tok.IsNull ? 'ISNULL' : 'NOTNULL', left, pos);
    case Tok.Collate: {
      s.advance();
      const collation = s.idOrString();
      // Of several the last one counts; SQLite's limit of height leaves them out.
      const operand = left.kind === 'collate' ? left.operand : left;
      s.height = below;
      return { kind: 'collate', operand, collation, pos, end: s.lastEnd };
    }
    case Tok.Is:
      return parseIs(s, left, pos);
    case Tok.Not:
      s.advance();
      switch (s.type) {
        case Tok.Null:
          s.advance();
          return unary(s, 'NOTNULL', left, pos);
        case Tok.LikeKw:
        case Tok.Match:
          return parseLike(s, left, pos, true);
        case Tok.Between:
          return parseBetween(s, left, pos, true);
        case Tok.In:
          return parseIn(s, left, pos, true);
        default:
          throw s.syntaxError();
      }
    case Tok.Between:
      return parseBetween(s, left, pos, false);
    case Tok.In:
      return parseIn(s, left, pos, false);
    default:
      return parseLike(s, left, pos, false);
  }
}

function unary(s: TokenStream, op: UnaryOp, operand: Expr, pos: number): Expr {
  s.grow(s.height);
  return { kind: 'unary', op, operand, pos, end: s.lastEnd };
}

/** IS, IS NOT, IS [NOT] DISTINCT FROM. Against a literal NULL it is ISNULL or NOTNULL. */
function parseIs(s: TokenStream, left: Expr, pos: number): Expr {
  const below = s.height;
  s.advance();
  let not = s.accept(Tok.Not);
  if (s.accept(Tok.Distinct)) {
    s.expect(Tok.From);
    not = !not;
  }
  const right = climb(s, Power.Compare, false);
  s.grow(Math.max(below, s.height));
  if (right.kind === 'null') {
    return { kind: 'unary', op: not ? 'NOTNULL' : 'ISNULL', operand: left, pos, end: s.lastEnd };
  }
  return { kind: 'binary', op: not ? 'IS NOT' : 'IS', left, right, pos, end: s.lastEnd };
}

function parseBetween(s: TokenStream, operand: Expr, pos: number, not: boolean): Expr {
  let below = s.height;
  s.advance();
  const low = climb(s, Power.Or, true);
  below = Math.max(below, s.height);
  s.expect(Tok.And);
  const high = climb(s, Power.Compare, false);
  s.grow(Math.max(below, s.height));
  if (not) s.grow(s.height);
  return { kind: 'between', not, operand, low, high, pos, end: s.lastEnd };
}

type LikeOp = (Expr & { kind: 'like' })['op'];

function parseLike(s: TokenStream, left: Expr, pos: number, not: boolean): Expr {
  const op = s.text().toUpperCase() as LikeOp;
  let below = s.height;
  s.advance();
  const right = climb(s, Power.Compare, false);
  below = Math.max(below, s.height);
  const mark = s.accept(Tok.Escape) ? climb(s, Power.Compare, false) : null;
  if (mark !== null) below = Math.max(below, s.height);
  s.grow(below);
  if (not) s.grow(s.height);
  return { kind: 'like', op, not, left, right, escape: mark, pos, end: s.lastEnd };
}

function startsSelect(t: Tok): boolean {
  return t === Tok.Select || t === Tok.Values || t === Tok.With;
}

function parseIn(s: TokenStream, operand: Expr, pos: number, not: boolean): Expr {
  const below = s.height;
  s.advance();
  const source = parseInSource(s);
  s.grow(Math.max(below, s.height));
  if (not) s.grow(s.height);
  return { kind: 'in', not, operand, source, pos, end: s.lastEnd };
}

function parseInSource(s: TokenStream): (Expr & { kind: 'in' })['source'] {
  if (s.accept(Tok.LP)) {
    if (!startsSelect(s.type)) return { kind: 'list', items: parseListInParens(s) };
    const select = parseSelect(s);
    s.expect(Tok.RP);
    return { kind: 'select', select };
  }
  const table = s.qualifiedName();
  s.height = 1;
  const args = s.accept(Tok.LP) ? parseListInParens(s) : null;
  return { kind: 'table', table, args };
}

/** What stands between two operators: a literal, a name, a call, a prefix operator, parentheses. */
function parseOperand(s: TokenStream): Expr {
  const { pos, type } = s;
  switch (type) {
    case Tok.Integer:
    case Tok.Float:
    case Tok.QNumber:
    case Tok.Blob:
    case Tok.Null:
    case Tok.CtimeKw:
      return parseTerm(s);
    case Tok.String:
      return s.peek(1) === Tok.Dot ? parseColumn(s, pos) : parseTerm(s);
    case Tok.Variable: {
      const parameter = s.parameter();
      s.height = 1;
      return { kind: 'parameter', ...parameter, pos, end: s.lastEnd };
    }
    case Tok.LP:
      return parseParens(s, pos);
    case Tok.Minus:
    case Tok.Plus:
    case Tok.BitNot: {
      s.enter(1);
      s.advance();
      const operand = parseOperand(s);
      s.leave(1);
      return unary(s, type === Tok.Minus ? '-' : type === Tok.Plus ? '+' : '~', operand, pos);
    }
    case Tok.Not: {
      s.enter(1);
      s.advance();
      const operand = climb(s, Power.Not, false);
      s.leave(1);
      return unary(s, 'NOT', operand, pos);
    }
    case Tok.Cast:
      return parseCast(s, pos);
    case Tok.Case:
      return parseCase(s, pos);
    case Tok.Raise:
      return parseRaise(s, pos);
    case Tok.Exists: {
      s.enter(2);
      s.advance();
      s.expect(Tok.LP);
      const select = parseSelect(s);
      s.expect(Tok.RP);
      s.leave(2);
      s.grow(s.height);
      return { kind: 'exists', select, pos, end: s.lastEnd };
    }
    default:
      if (!isName(type)) throw s.syntaxError();
      return parseColumn(s, pos);
  }
}

/** A literal: what SQLite's grammar calls a term. */
export function parseTerm(s: TokenStream): Expr {
  const { pos, end, type } = s;
  s.height = 1;
  switch (type) {
    case Tok.Null:
      s.advance();
      return { kind: 'null', pos, end };
    case Tok.Integer:
    case Tok.Float:
    case Tok.QNumber: {
      const text = s.text();
      const isFloat = type === Tok.Float || (type === Tok.QNumber && isFloatText(text));
      const literal = numberLiteral(text, isFloat);
      s.advance();
      if (type === Tok.QNumber && !separatorsFit(text))
        s.fail(`unrecognized token: "${text}"`, pos);
      if (literal !== null) return { ...literal, text, pos, end };
      s.failLate(`hex literal too big: ${text}`, pos);
      return { kind: 'null', pos, end };
    }
    case Tok.String: {
      const value = dequote(s.text());
      s.advance();
      return { kind: 'string', value, pos, end };
    }
    case Tok.Blob: {
      const value = blobLiteral(s.text());
      s.advance();
      return { kind: 'blob', value, pos, end };
    }
    case Tok.CtimeKw: {
      const which = s.text().toUpperCase() as (Expr & { kind: 'current' })['which'];
      s.advance();
      return { kind: 'current', which, pos, end };
    }
    default:
      throw s.syntaxError();
  }
}

/** Tells a number with `_` in it: a real has a point or an exponent. */
function isFloatText(text: string): boolean {
  return !/^0x/i.test(text) && /[.e]/i.test(text);
}

/** A column, with table and schema before it, or a function call. */
function parseColumn(s: TokenStream, pos: number): Expr {
  const isString = s.type === Tok.String;
  const first = s.takeName();
  if (s.type === Tok.LP && !isString) return parseCall(s, first, pos);
  s.height = 1;
  if (!s.accept(Tok.Dot)) return { kind: 'id', name: first, pos, end: s.lastEnd };
  const second = s.name();
  s.height = 2;
  if (!s.accept(Tok.Dot)) {
    return { kind: 'column', schema: null, table: first, column: second, pos, end: s.lastEnd };
  }
  const third = s.name();
  s.height = 3;
  return { kind: 'column', schema: first, table: second, column: third, pos, end: s.lastEnd };
}

/** What is in parentheses as the operand of a prefix operator; elsewhere `climb` opens them. */
function parseParens(s: TokenStream, pos: number): Expr {
  s.advance();
  s.enter(1);
  let e: Expr;
  if (startsSelect(s.type)) {
    const select = parseSelect(s);
    s.expect(Tok.RP);
    s.grow(s.height);
    e = { kind: 'subquery', select, pos, end: s.lastEnd };
  } else e = closeParen(s, parseExpr(s), pos);
  s.leave(1);
  return e;
}

/** The parser's own new node with other bounds: nobody else has seen it yet, so it is changed in place. */
function widened(e: Expr, pos: number, end: number): Expr {
  const own: { pos: number; end: number } = e;
  own.pos = pos;
  own.end = end;
  return e;
}

function parseCast(s: TokenStream, pos: number): Expr {
  s.enter(2);
  s.advance();
  s.expect(Tok.LP);
  const operand = parseExpr(s);
  s.expect(Tok.As);
  const type = parseType(s);
  s.expect(Tok.RP);
  s.leave(2);
  s.grow(s.height);
  return { kind: 'cast', operand, type: type ?? { text: '' }, pos, end: s.lastEnd };
}

/** A type name with its sizes, as written; null when there is none. */
export function parseType(s: TokenStream): TypeName | null {
  if (!isIdOrString(s.type)) return null;
  const { pos } = s;
  while (isIdOrString(s.type)) s.advance();
  if (s.accept(Tok.LP)) {
    signedNumber(s);
    if (s.accept(Tok.Comma)) signedNumber(s);
    s.expect(Tok.RP);
  }
  return { text: s.sql.slice(pos, s.lastEnd) };
}

function signedNumber(s: TokenStream): void {
  if (!s.accept(Tok.Plus)) s.accept(Tok.Minus);
  if (s.type !== Tok.Integer && s.type !== Tok.Float) throw s.syntaxError();
  s.advance();
}

function parseCase(s: TokenStream, pos: number): Expr {
  s.enter(5);
  s.advance();
  let height = 0;
  const part = (): Expr => {
    const e = parseExpr(s);
    height = Math.max(height, s.height);
    return e;
  };
  const operand = s.type === Tok.When ? null : part();
  const whens: { when: Expr; then: Expr }[] = [];
  do {
    s.expect(Tok.When);
    const when = part();
    s.expect(Tok.Then);
    whens.push({ when, then: part() });
  } while (s.type === Tok.When);
  const otherwise = s.accept(Tok.Else) ? part() : null;
  s.expect(Tok.End_);
  s.leave(5);
  s.grow(height);
  return { kind: 'case', operand, whens, otherwise, pos, end: s.lastEnd };
}

function parseRaise(s: TokenStream, pos: number): Expr {
  s.advance();
  s.expect(Tok.LP);
  let action: (Expr & { kind: 'raise' })['action'] = 'IGNORE';
  let message: Expr | null = null;
  s.height = 0;
  if (!s.accept(Tok.Ignore)) {
    if (s.type === Tok.Rollback) action = 'ROLLBACK';
    else if (s.type === Tok.Abort) action = 'ABORT';
    else if (s.type === Tok.Fail) action = 'FAIL';
    else throw s.syntaxError();
    s.advance();
    s.expect(Tok.Comma);
    message = parseExpr(s);
  }
  s.expect(Tok.RP);
  s.grow(s.height);
  return { kind: 'raise', action, message, pos, end: s.lastEnd };
}

function parseCall(s: TokenStream, name: Name, pos: number): Expr {
  const raw = s.sql.slice(pos, s.lastEnd);
  s.enter(3);
  s.advance();
  let args: Expr[] | 'star' = [];
  let distinct = false;
  let orderBy: readonly OrderingTerm[] = [];
  s.height = 0;
  if (s.accept(Tok.Star)) args = 'star';
  else {
    if (s.accept(Tok.Distinct)) distinct = true;
    else s.accept(Tok.All);
    if (s.type !== Tok.RP && s.type !== Tok.Order) args = parseExprList(s);
    const { height } = s;
    if (s.type === Tok.Order) {
      orderBy = parseOrderBy(s);
      s.height = Math.max(height, s.height);
    }
  }
  s.expect(Tok.RP);
  s.leave(3);
  if (args.length > MAX_FUNCTION_ARG && args !== 'star') {
    s.fail(`too many arguments on function ${raw}`, pos);
  }
  const { height } = s;
  const filter = parseFilter(s);
  const over = parseOver(s);
  s.grow(height);
  return { kind: 'function', name, args, distinct, orderBy, filter, over, pos, end: s.lastEnd };
}

function parseFilter(s: TokenStream): Expr | null {
  if (!s.accept(Tok.Filter)) return null;
  s.expect(Tok.LP);
  s.expect(Tok.Where);
  const filter = parseExpr(s);
  s.expect(Tok.RP);
  return filter;
}

function parseOver(s: TokenStream): Name | WindowDef | null {
  if (!s.accept(Tok.Over)) return null;
  return s.type === Tok.LP ? parseWindowDef(s) : s.name();
}
