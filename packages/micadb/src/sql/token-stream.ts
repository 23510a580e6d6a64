/**
 * What all parts of the parser stand on: the current token, expectations, names, parameters, limits
 * and errors.
 *
 * The error of a statement is that of SQLite's LALR parser: it names the first token with which no
 * statement can go on. So a parse function takes a token only when some statement continues with
 * it, and decides by the current token alone (where SQLite's grammar needs more, its lexer or a
 * keyword's fallback decides, and ours does the same).
 */
import { SqliteError } from '../values/errors.ts';
import type { Name, QualifiedName } from './ast.ts';
import { Lexer } from './lexer.ts';
import { dequote } from './literal.ts';
import { isIdOrString, isName, Tok } from './token.ts';

/** https://www.sqlite.org/limits.html */
export const MAX_EXPR_DEPTH = 1000;
export const MAX_VARIABLE = 32766;
export const MAX_FUNCTION_ARG = 1000;
export const MAX_COMPOUND = 500;
/** Grammar symbols that may be open at once. */
const MAX_OPEN = 2498;

const QUOTES = new Set(['"', '`', '[', "'"]);

export class TokenStream {
  /** The current token. */
  type: Tok = Tok.End;
  /** Its offset. */
  pos = 0;
  /**
   * Height of the expression parsed last: 1 for a leaf, one more than the highest operand else. Of a
   * SELECT: that of its highest expression.
   */
  height = 0;
  /** Highest parameter number so far. */
  parameterCount = 0;
  readonly parameterNames: (string | null)[] = [];
  /** Name of the last CONSTRAINT clause: it holds for the constraints behind it, up to the next comma. */
  constraintName: Name | null = null;
  /** The last foreign key of the table: what a DEFERRABLE clause belongs to. */
  lastForeignKey: { deferred: boolean } | null = null;
  /** An error that counts if the current token is accepted; see `fail`. */
  private pending: SqliteError | null = null;
  /** An error that counts when the whole statement has been accepted. */
  private late: SqliteError | null = null;
  private readonly parameterNumbers = new Map<string, number>();
  private readonly lexer: Lexer;
  private index = -1;
  private open = 0;

  constructor(
    readonly sql: string,
    start: number,
  ) {
    this.lexer = new Lexer(sql, start);
    this.advance();
  }

  advance(): void {
    if (this.pending !== null) throw this.pending;
    const { lexer } = this;
    const index = ++this.index;
    if (index >= lexer.types.length) lexer.ensure(index);
    this.type = lexer.types[index]!;
    this.pos = lexer.starts[index]!;
  }

  /** Type of the token `n` places ahead. */
  peek(n: number): Tok {
    this.lexer.ensure(this.index + n);
    return this.lexer.types[this.index + n]!;
  }

  /** Offset just past the current token. */
  get end(): number {
    return this.lexer.ends[this.index]!;
  }

  /** Offset just past the token taken last. */
  get lastEnd(): number {
    return this.index === 0 ? this.pos : this.lexer.ends[this.index - 1]!;
  }

  /** Text of the current token. */
  text(): string {
    return this.sql.slice(this.pos, this.end);
  }

  /** True when the current token is the bare word `lower`. */
  isWord(lower: string): boolean {
    return this.end - this.pos === lower.length && this.text().toLowerCase() === lower;
  }

  is(type: Tok): boolean {
    return this.type === type;
  }

  accept(type: Tok): boolean {
    if (this.type !== type) return false;
    this.advance();
    return true;
  }

  expect(type: Tok): void {
    if (this.type !== type) throw this.syntaxError();
    this.advance();
  }

  /** Source text from `start` to the current token, without the white space around it. */
  span(start: number): string {
    return trimSpace(this.sql.slice(start, this.pos));
  }

  // -- errors and limits -------------------------------------------------------------------------

  syntaxError(): SqliteError {
    switch (this.type) {
      case Tok.End:
        // Without an offset, as SQLite.
        return this.error('incomplete input');
      case Tok.Illegal:
        return this.error(`unrecognized token: "${this.text()}"`, this.pos);
      default:
        return this.error(`near "${this.text()}": syntax error`, this.pos);
    }
  }

  error(message: string, offset = -1): SqliteError {
    return new SqliteError('SQLITE_ERROR', message, offset);
  }

  /**
   * Reports an error other than of syntax. SQLite's parser finds such errors when it has the next
   * token in its hands, and a syntax error at that very token replaces them. So the error is kept,
   * and thrown as soon as the current token is accepted.
   */
  fail(message: string, offset = -1): void {
    this.pending = this.error(message, offset);
  }

  /** Reports an error that SQLite finds only behind the parser. */
  failLate(message: string, offset: number): void {
    this.late ??= this.error(message, offset);
  }

  /** The current token ends a statement in a trigger; so does the end of the text, before it is found to be too early. */
  expectSemi(): void {
    if (this.type === Tok.End && this.pending !== null) throw this.pending;
    this.expect(Tok.Semi);
  }

  /** The statement ends before the current token. */
  finish(): void {
    if (this.type !== Tok.Semi && this.type !== Tok.End) throw this.syntaxError();
    const error = this.pending ?? this.late;
    if (error !== null) throw error;
  }

  /** Opens a construct of `symbols` grammar symbols; to be closed with `leave`. */
  enter(symbols: number): void {
    this.open += symbols;
    if (this.open > MAX_OPEN) throw this.error('Recursion limit');
  }

  leave(symbols: number): void {
    this.open -= symbols;
  }

  /** Notes the height of a new node over operands of height `below`. */
  grow(below: number): void {
    this.height = below + 1;
    if (this.height > MAX_EXPR_DEPTH) {
      this.fail(`Expression tree is too large (maximum depth ${MAX_EXPR_DEPTH})`);
    }
  }

  // -- names -------------------------------------------------------------------------------------

  /** Takes the current token as a name, whatever it is. */
  takeName(): Name {
    const { pos } = this;
    const raw = this.text();
    const first = raw.charAt(0);
    this.advance();
    if (!QUOTES.has(first)) return { text: raw, quote: '', pos };
    return { text: dequote(raw), quote: first as Name['quote'], pos };
  }

  /** SQLite's `nm`. */
  name(): Name {
    if (!isName(this.type)) throw this.syntaxError();
    return this.takeName();
  }

  /** SQLite's `ids`. */
  idOrString(): Name {
    if (!isIdOrString(this.type)) throw this.syntaxError();
    return this.takeName();
  }

  /** name or schema.name */
  qualifiedName(): QualifiedName {
    const first = this.name();
    return this.accept(Tok.Dot)
      ? { schema: first, name: this.name() }
      : { schema: null, name: first };
  }

  /** name, name, ... */
  nameList(): Name[] {
    const names = [this.name()];
    while (this.accept(Tok.Comma)) names.push(this.name());
    return names;
  }

  /**
   * ( name, name, ... ), or null. COLLATE and sort orders are grammar here, and an error of their
   * own: old schemas had them.
   */
  columnList(): Name[] | null {
    if (!this.accept(Tok.LP)) return null;
    const names: Name[] = [];
    do {
      const name = this.name();
      const extra = this.type === Tok.Collate || this.type === Tok.Asc || this.type === Tok.Desc;
      if (this.accept(Tok.Collate)) this.idOrString();
      if (!this.accept(Tok.Asc)) this.accept(Tok.Desc);
      if (extra) this.fail(`syntax error after column name "${name.text}"`);
      names.push(name);
    } while (this.accept(Tok.Comma));
    this.expect(Tok.RP);
    return names;
  }

  // -- parameters --------------------------------------------------------------------------------

  /** Takes a parameter: `?` gets the next number, a name always the same. */
  parameter(): { readonly index: number; readonly name: string | null } {
    const text = this.text();
    const { pos } = this;
    if (text.length === 1) {
      this.advance();
      return { index: this.newParameter(null, pos), name: null };
    }
    if (text.charCodeAt(0) === 0x3f /* ? */) {
      const index = Number(text.slice(1));
      this.advance();
      if (index < 1 || index > MAX_VARIABLE) {
        this.fail(`variable number must be between ?1 and ?${MAX_VARIABLE}`, pos);
        return { index: 1, name: text };
      }
      while (this.parameterNames.length < index) this.parameterNames.push(null);
      this.parameterNames[index - 1] ??= text;
      this.parameterCount = Math.max(this.parameterCount, index);
      return { index, name: text };
    }
    this.advance();
    if (/^#\d/.test(text)) this.fail(`near "${text}": syntax error`, pos);
    const known = this.parameterNumbers.get(text);
    if (known !== undefined) return { index: known, name: text };
    const index = this.newParameter(text, pos);
    this.parameterNumbers.set(text, index);
    return { index, name: text };
  }

  private newParameter(name: string | null, pos: number): number {
    if (this.parameterCount >= MAX_VARIABLE) {
      this.fail('too many SQL variables', pos);
      return MAX_VARIABLE;
    }
    this.parameterCount += 1;
    this.parameterNames.push(name);
    return this.parameterCount;
  }
}

/** Without SQLite's white space at both ends. */
export function trimSpace(text: string): string {
  return text.replace(/^[ \t-\r]+|[ \t-\r]+$/g, '');
}
