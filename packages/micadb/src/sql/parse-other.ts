/** Transactions, ATTACH, PRAGMA, VACUUM, ANALYZE, REINDEX. */
import type { Expr, Name, PragmaValue, QualifiedName, Statement } from './ast.ts';
import { dequote } from './literal.ts';
import { parseExpr } from './parse-expr.ts';
import { isName, Tok } from './token.ts';
import type { TokenStream } from './token-stream.ts';

type Of<K extends Statement['kind']> = Extract<Statement, { kind: K }>;

/** TRANSACTION and a name that means nothing, or nothing. */
function parseTransaction(s: TokenStream): void {
  if (s.accept(Tok.Transaction) && isName(s.type)) s.advance();
}

export function parseBegin(s: TokenStream): Of<'begin'> {
  s.advance();
  let mode: Of<'begin'>['mode'] = 'DEFERRED';
  if (s.accept(Tok.Immediate)) mode = 'IMMEDIATE';
  else if (s.accept(Tok.Exclusive)) mode = 'EXCLUSIVE';
  else if (s.type === Tok.Id && s.isWord('concurrent')) {
    // Mica's own.
    s.advance();
    mode = 'CONCURRENT';
  } else s.accept(Tok.Deferred);
  parseTransaction(s);
  return { kind: 'begin', mode };
}

export function parseCommit(s: TokenStream): Of<'commit'> {
  s.advance();
  parseTransaction(s);
  return { kind: 'commit' };
}

export function parseRollback(s: TokenStream): Of<'rollback'> {
  s.advance();
  parseTransaction(s);
  if (!s.accept(Tok.To)) return { kind: 'rollback', to: null };
  s.accept(Tok.Savepoint);
  return { kind: 'rollback', to: s.name() };
}

export function parseSavepoint(s: TokenStream): Of<'savepoint'> {
  s.advance();
  return { kind: 'savepoint', name: s.name() };
}

export function parseRelease(s: TokenStream): Of<'release'> {
  s.advance();
  s.accept(Tok.Savepoint);
  return { kind: 'release', name: s.name() };
}

export function parseAttach(s: TokenStream): Of<'attach'> {
  s.advance();
  s.accept(Tok.Database);
  const file = parseExpr(s);
  s.expect(Tok.As);
  const schema = parseExpr(s);
  const key: Expr | null = s.accept(Tok.Key) ? parseExpr(s) : null;
  return { kind: 'attach', file, schema, key };
}

export function parseDetach(s: TokenStream): Of<'detach'> {
  s.advance();
  s.accept(Tok.Database);
  return { kind: 'detach', schema: parseExpr(s) };
}

export function parseVacuum(s: TokenStream): Of<'vacuum'> {
  s.advance();
  const schema: Name | null = isName(s.type) ? s.takeName() : null;
  return { kind: 'vacuum', schema, into: s.accept(Tok.Into) ? parseExpr(s) : null };
}

function parseOptionalTarget(s: TokenStream): QualifiedName | null {
  return isName(s.type) ? s.qualifiedName() : null;
}

export function parseAnalyze(s: TokenStream): Of<'analyze'> {
  s.advance();
  return { kind: 'analyze', target: parseOptionalTarget(s) };
}

export function parseReindex(s: TokenStream): Of<'reindex'> {
  s.advance();
  return { kind: 'reindex', target: parseOptionalTarget(s) };
}

/** PRAGMA name, PRAGMA name = value, PRAGMA name(value) */
export function parsePragma(s: TokenStream): Of<'pragma'> {
  s.advance();
  const name = s.qualifiedName();
  if (s.accept(Tok.Eq)) return { kind: 'pragma', name, value: parsePragmaValue(s), call: false };
  if (!s.accept(Tok.LP)) return { kind: 'pragma', name, value: null, call: false };
  const value = parsePragmaValue(s);
  s.expect(Tok.RP);
  return { kind: 'pragma', name, value, call: true };
}

/** A number with a sign, a name, or one of the words ON, DELETE, DEFAULT. */
function parsePragmaValue(s: TokenStream): PragmaValue {
  const negative = s.type === Tok.Minus;
  const signed = negative || s.type === Tok.Plus;
  if (signed) s.advance();
  const { type } = s;
  const raw = s.text();
  const number = type === Tok.Integer || type === Tok.Float;
  const word = isName(type) || type === Tok.On || type === Tok.Delete || type === Tok.Default;
  if (!number && (signed || !word)) throw s.syntaxError();
  s.advance();
  const quoted = '"\'`['.includes(raw.charAt(0));
  return { text: quoted ? dequote(raw) : raw, quoted, negative };
}
