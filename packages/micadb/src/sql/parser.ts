/**
 * The parser's entry points: one statement of a text, or one expression. The grammar is SQLite's
 * (https://www.sqlite.org/lang.html); no name is resolved here.
 */
import { SqliteError } from '../values/errors.ts';
import type { Expr, ParsedStatement, PragmaValue, QualifiedName, Statement, With } from './ast.ts';
import { TokenType } from './lexer.ts';
import { parseAlter, parseCreate, parseDrop } from './parse-ddl.ts';
import { parseDelete, parseInsert, parseQualifiedName, parseUpdate } from './parse-dml.ts';
import { parseExpr, signedNumber } from './parse-expr.ts';
import { parseSelect, parseSelectAfterWith, parseWith } from './parse-select.ts';
import { TokenStream } from './token-stream.ts';

/** A stack that is full means SQL nested deeper than any limit: SQLite says it so. */
function guarded<T>(fn: () => T): T {
  try {
    return fn();
  } catch (e) {
    if (e instanceof RangeError) throw new SqliteError('SQLITE_ERROR', 'parser stack overflow');
    throw e;
  }
}

/**
 * Parses the statement that begins at `start`. Null when only space, comments and semicolons are left.
 * @throws SqliteError SQLITE_ERROR with SQLite's message and the offset of the wrong token.
 */
export function parseStatement(sql: string, start = 0): ParsedStatement | null {
  return guarded(() => {
    const s = new TokenStream(sql, start);
    while (s.is(';')) s.next();
    if (s.atEnd) return null;
    const begin = s.pos;
    const statement = parseOne(s);
    const end = s.lastEnd;
    let next = end;
    if (s.is(';')) next = s.lexer.ends[s.at]!;
    else if (s.atEnd) next = sql.length;
    else throw s.syntaxError();
    while (s.parameterNames.length < s.parameterCount) s.parameterNames.push(null);
    return {
      statement,
      start: begin,
      end,
      next,
      parameterCount: s.parameterCount,
      parameterNames: Array.from(s.parameterNames, (n) => n ?? null),
    };
  });
}

/** Parses a text that is one expression. */
export function parseExpression(text: string): Expr {
  return guarded(() => {
    const s = new TokenStream(text, 0);
    const expr = parseExpr(s);
    if (!s.atEnd) throw s.syntaxError();
    return expr;
  });
}

function parseOne(s: TokenStream): Statement {
  if (s.type !== TokenType.Word) throw s.syntaxError();
  if (!s.is('EXPLAIN')) return parseCommand(s);
  s.next();
  let queryPlan = false;
  if (s.accept('QUERY')) {
    s.expect('PLAN');
    queryPlan = true;
  }
  return { kind: 'explain', queryPlan, statement: parseCommand(s) };
}

function parseCommand(s: TokenStream): Statement {
  switch (s.word) {
    case 'SELECT':
    case 'VALUES':
      return parseSelect(s);
    case 'WITH':
      return parseAfterWith(s);
    case 'INSERT':
    case 'REPLACE':
    case 'UPDATE':
    case 'DELETE':
      return parseChange(s, null);
    case 'CREATE':
      return parseCreate(s);
    case 'DROP':
      return parseDrop(s);
    case 'ALTER':
      return parseAlter(s);
    case 'PRAGMA':
      return parsePragma(s);
    default:
      return parseControl(s);
  }
}

function parseAfterWith(s: TokenStream): Statement {
  const { pos } = s;
  const w = parseWith(s);
  if (s.is('SELECT') || s.is('VALUES')) return parseSelectAfterWith(s, w, pos);
  return parseChange(s, w);
}

function parseChange(s: TokenStream, w: With | null): Statement {
  switch (s.word) {
    case 'INSERT':
    case 'REPLACE':
      return parseInsert(s, w, false);
    case 'UPDATE':
      return parseUpdate(s, w, false);
    case 'DELETE':
      return parseDelete(s, w, false);
    default:
      throw s.syntaxError();
  }
}

/** The word TRANSACTION with an optional name, which means nothing. */
function transactionWord(s: TokenStream): void {
  if (s.accept('TRANSACTION') && s.isName()) s.next();
}

function parseControl(s: TokenStream): Statement {
  const { word } = s;
  const keyword = s;
  switch (word) {
    case 'BEGIN':
      s.next();
      return parseBegin(s);
    case 'COMMIT':
    case 'END':
      s.next();
      transactionWord(s);
      return { kind: 'commit' };
    case 'ROLLBACK':
      s.next();
      transactionWord(s);
      if (!s.accept('TO')) return { kind: 'rollback', to: null };
      s.accept('SAVEPOINT');
      return { kind: 'rollback', to: s.name() };
    case 'SAVEPOINT':
      s.next();
      return { kind: 'savepoint', name: s.name() };
    case 'RELEASE':
      s.next();
      s.accept('SAVEPOINT');
      return { kind: 'release', name: s.name() };
    case 'ATTACH': {
      s.next();
      s.accept('DATABASE');
      const file = parseExpr(s);
      s.expect('AS');
      const schema = parseExpr(s);
      const key = s.accept('KEY') ? parseExpr(s) : null;
      return { kind: 'attach', file, schema, key };
    }
    case 'DETACH':
      s.next();
      s.accept('DATABASE');
      return { kind: 'detach', schema: parseExpr(s) };
    case 'VACUUM': {
      s.next();
      const schema = s.isName() ? s.name() : null;
      return { kind: 'vacuum', schema, into: s.accept('INTO') ? parseExpr(s) : null };
    }
    case 'ANALYZE':
      s.next();
      return { kind: 'analyze', target: s.isName() ? parseQualifiedName(s) : null };
    case 'REINDEX':
      s.next();
      return { kind: 'reindex', target: s.isName() ? parseQualifiedName(s) : null };
    default:
      throw keyword.syntaxError();
  }
}

function parseBegin(s: TokenStream): Statement {
  let mode: 'DEFERRED' | 'IMMEDIATE' | 'EXCLUSIVE' | 'CONCURRENT' = 'DEFERRED';
  if (s.is('DEFERRED') || s.is('IMMEDIATE') || s.is('EXCLUSIVE')) {
    mode = s.word as typeof mode;
    s.next();
  } else if (s.type === TokenType.Word && s.text().toUpperCase() === 'CONCURRENT') {
    mode = 'CONCURRENT';
    s.next();
  }
  transactionWord(s);
  return { kind: 'begin', mode };
}

// -- PRAGMA --------------------------------------------------------------------------------------

function parsePragma(s: TokenStream): Statement {
  s.expect('PRAGMA');
  const name: QualifiedName = parseQualifiedName(s);
  if (s.accept('=')) return { kind: 'pragma', name, value: parsePragmaValue(s), call: false };
  if (s.accept('(')) {
    const value = parsePragmaValue(s);
    s.expect(')');
    return { kind: 'pragma', name, value, call: true };
  }
  return { kind: 'pragma', name, value: null, call: false };
}

function parsePragmaValue(s: TokenStream): PragmaValue {
  const negative = s.is('-');
  if (negative || s.is('+') || s.type === TokenType.Integer || s.type === TokenType.Float) {
    const text = signedNumber(s).replace(/^[+-]\s*/, '');
    return { text, quoted: false, negative };
  }
  if (s.is('ON') || s.is('DELETE') || s.is('DEFAULT')) {
    const text = s.text();
    s.next();
    return { text, quoted: false, negative: false };
  }
  const name = s.name();
  return { text: name.text, quoted: name.quote !== '', negative: false };
}
