/**
 * What all parts of the parser stand on: the current token, expectations, names, errors. A syntax
 * error names the first token that cannot go on: `near "X": syntax error`, or "incomplete input".
 */
import { SqliteError } from '../values/errors.ts';
import type { Name } from './ast.ts';
import { isFallback, isJoinWord } from './keywords.ts';
import { Lexer, TokenType } from './lexer.ts';

const MAX_DEPTH = 1000;
const MAX_VARIABLE = 32766;

export class TokenStream {
  readonly lexer: Lexer;
  at = 0;
  /** Nesting of expressions and selects, so that deep input ends in an error and not in a full stack. */
  depth = 0;
  parameterCount = 0;
  readonly parameterNames: (string | null)[] = [];

  constructor(
    readonly sql: string,
    start: number,
  ) {
    this.lexer = new Lexer(sql, start);
    this.lexer.ensure(0);
  }

  get type(): TokenType {
    return this.lexer.types[this.at]!;
  }

  get atEnd(): boolean {
    return this.type === TokenType.End;
  }

  /** Keyword in upper case or punctuation of the current token; '' else. */
  get word(): string {
    return this.lexer.words[this.at]!;
  }

  get pos(): number {
    return this.lexer.starts[this.at]!;
  }

  /** Offset just past the last token taken. */
  get lastEnd(): number {
    return this.at === 0 ? this.pos : this.lexer.ends[this.at - 1]!;
  }

  text(): string {
    return this.lexer.text(this.at);
  }

  next(): void {
    this.at += 1;
    this.lexer.ensure(this.at);
  }

  /** Word of a token ahead (0: the current one). */
  peek(n: number): string {
    this.lexer.ensure(this.at + n);
    return this.lexer.words[this.at + n]!;
  }

  peekType(n: number): TokenType {
    this.lexer.ensure(this.at + n);
    return this.lexer.types[this.at + n]!;
  }

  is(word: string): boolean {
    return this.word === word;
  }

  /** Takes the token if it is `word`. */
  accept(word: string): boolean {
    if (this.word !== word) return false;
    this.next();
    return true;
  }

  expect(word: string): void {
    if (!this.accept(word)) throw this.syntaxError();
  }

  syntaxError(): SqliteError {
    if (this.type === TokenType.End) {
      return new SqliteError('SQLITE_ERROR', 'incomplete input');
    }
    return new SqliteError('SQLITE_ERROR', `near "${this.text()}": syntax error`, this.pos);
  }

  error(message: string, offset = -1): SqliteError {
    return new SqliteError('SQLITE_ERROR', message, offset);
  }

  /** Runs `fn` one level deeper. */
  nested<T>(fn: () => T): T {
    this.depth += 1;
    if (this.depth > MAX_DEPTH) {
      throw this.error(`Expression tree is too large (maximum depth ${MAX_DEPTH})`);
    }
    try {
      return fn();
    } finally {
      this.depth -= 1;
    }
  }

  // -- names -------------------------------------------------------------------------------------

  /** A bare identifier, or a keyword that may serve as one (SQLite's ID with fallback). */
  isId(n = 0): boolean {
    const type = this.peekType(n);
    if (type === TokenType.QuotedName) return true;
    if (type !== TokenType.Word) return false;
    const word = this.peek(n);
    return word === '' || isFallback(word);
  }

  /** What `nm` takes: ID, INDEXED, a join word or a string. */
  isName(n = 0): boolean {
    if (this.isId(n)) return true;
    if (this.peekType(n) === TokenType.String) return true;
    const word = this.peek(n);
    return this.peekType(n) === TokenType.Word && (word === 'INDEXED' || isJoinWord(word));
  }

  /** ID or string: aliases without AS, type names, collations. */
  isIdOrString(n = 0): boolean {
    return this.isId(n) || this.peekType(n) === TokenType.String;
  }

  /** Takes the current token as a name, whatever it is. */
  takeName(): Name {
    const { pos } = this;
    const raw = this.text();
    const type = this.type;
    this.next();
    if (type === TokenType.Word) return { text: raw, quote: '', pos };
    const quote = raw[0] as Name['quote'];
    return { text: unquote(raw), quote, pos };
  }

  name(): Name {
    if (!this.isName()) throw this.syntaxError();
    return this.takeName();
  }

  idOrString(): Name {
    if (!this.isIdOrString()) throw this.syntaxError();
    return this.takeName();
  }

  // -- parameters --------------------------------------------------------------------------------

  /** Takes a parameter; its number and name. */
  parameter(): { index: number; name: string | null } {
    const text = this.text();
    const { pos } = this;
    this.next();
    if (text === '?') {
      this.parameterCount += 1;
      if (this.parameterCount > MAX_VARIABLE) throw this.error('too many SQL variables', pos);
      this.parameterNames[this.parameterCount - 1] = null;
      return { index: this.parameterCount, name: null };
    }
    if (text[0] === '?') {
      const index = Number(text.slice(1));
      if (index < 1 || index > MAX_VARIABLE) {
        throw this.error(`variable number must be between ?1 and ?${MAX_VARIABLE}`, pos);
      }
      while (this.parameterNames.length < index) this.parameterNames.push(null);
      this.parameterNames[index - 1] = text;
      this.parameterCount = Math.max(this.parameterCount, index);
      return { index, name: text };
    }
    const known = this.parameterNames.indexOf(text);
    if (known >= 0) return { index: known + 1, name: text };
    this.parameterCount += 1;
    if (this.parameterCount > MAX_VARIABLE) throw this.error('too many SQL variables', pos);
    this.parameterNames[this.parameterCount - 1] = text;
    return { index: this.parameterCount, name: text };
  }
}

/** The text inside quotes, doubled quotes made single. */
export function unquote(raw: string): string {
  const quote = raw[0]!;
  const inner = raw.slice(1, -1);
  return quote === '[' ? inner : inner.replaceAll(quote + quote, quote);
}
