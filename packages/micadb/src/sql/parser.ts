/**
 * The parser's entry points: SQL text to syntax trees. All of SQLite's grammar
 * (https://www.sqlite.org/lang.html); recursive descent, a file for each subject.
 */
import { SqliteError } from '../values/errors.ts';
import type { Expr, ParsedStatement, Statement } from './ast.ts';
import { parseAlterTable, parseCreate, parseDrop } from './parse-ddl.ts';
import { parseDelete, parseInsert, parseUpdate } from './parse-dml.ts';
import { parseExpr } from './parse-expr.ts';
import {
  parseAnalyze,
  parseAttach,
  parseBegin,
  parseCommit,
  parseDetach,
  parsePragma,
  parseReindex,
  parseRelease,
  parseRollback,
  parseSavepoint,
  parseVacuum,
} from './parse-other.ts';
import { parseSelect, parseSelectAfterWith, parseWith } from './parse-select.ts';
import { Tok } from './token.ts';
import { TokenStream } from './token-stream.ts';

/**
 * The first statement of `sql` from offset `start` on; null when only white space, comments and
 * semicolons are left. Throws SQLITE_ERROR with SQLite's message, and the offset of the token that
 * is at fault.
 */
export function parseStatement(sql: string, start = 0): ParsedStatement | null {
  return guarded(() => {
    const s = new TokenStream(sql, start);
    while (s.accept(Tok.Semi));
    if (s.type === Tok.End) return null;
    const { pos } = s;
    const statement = parseExplained(s);
    s.finish();
    const next = s.type === Tok.Semi ? s.end : s.pos;
    const { parameterCount, parameterNames } = s;
    return { statement, start: pos, end: s.lastEnd, next, parameterCount, parameterNames };
  });
}

/** A text that is one expression. */
export function parseExpression(text: string): Expr {
  return guarded(() => {
    const s = new TokenStream(text, 0);
    const expr = parseExpr(s);
    s.finish();
    return expr;
  });
}

/** Runs a parse; nesting that exhausts the JavaScript stack is an error of the statement. */
function guarded<T>(parse: () => T): T {
  try {
    return parse();
  } catch (e) {
    if (e instanceof RangeError) throw new SqliteError('SQLITE_ERROR', 'Recursion limit');
    throw e;
  }
}

function parseExplained(s: TokenStream): Statement {
  if (!s.accept(Tok.Explain)) return parseCommand(s);
  const queryPlan = s.accept(Tok.Query);
  if (queryPlan) s.expect(Tok.Plan);
  return { kind: 'explain', queryPlan, statement: parseCommand(s) };
}

function parseCommand(s: TokenStream): Statement {
  switch (s.type) {
    case Tok.Select:
    case Tok.Values:
      return parseSelect(s);
    case Tok.With:
      return parseAfterWith(s);
    case Tok.Insert:
    case Tok.Replace:
      return parseInsert(s, null, false);
    case Tok.Update:
      return parseUpdate(s, null, false);
    case Tok.Delete:
      return parseDelete(s, null, false);
    case Tok.Create:
      return parseCreate(s);
    case Tok.Drop:
      return parseDrop(s);
    case Tok.Alter:
      return parseAlterTable(s);
    case Tok.Begin:
      return parseBegin(s);
    case Tok.Commit:
    case Tok.End_:
      return parseCommit(s);
    case Tok.Rollback:
      return parseRollback(s);
    case Tok.Savepoint:
      return parseSavepoint(s);
    case Tok.Release:
      return parseRelease(s);
    case Tok.Attach:
      return parseAttach(s);
    case Tok.Detach:
      return parseDetach(s);
    case Tok.Pragma:
      return parsePragma(s);
    case Tok.Vacuum:
      return parseVacuum(s);
    case Tok.Analyze:
      return parseAnalyze(s);
    case Tok.Reindex:
      return parseReindex(s);
    default:
      throw s.syntaxError();
  }
}

/** WITH and the SELECT or data change behind it. */
function parseAfterWith(s: TokenStream): Statement {
  const { pos } = s;
  const with_ = parseWith(s);
  switch (s.type) {
    case Tok.Insert:
    case Tok.Replace:
      return parseInsert(s, with_, false);
    case Tok.Update:
      return parseUpdate(s, with_, false);
    case Tok.Delete:
      return parseDelete(s, with_, false);
    default:
      return parseSelectAfterWith(s, with_, pos);
  }
}
