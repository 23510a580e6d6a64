/**
 * The lexer: SQL text to tokens (https://www.sqlite.org/lang.html; names and literals as SQLite's
 * tokenizer takes them). Tokens are kept in parallel arrays and made as the parser asks for them.
 */
import { SqliteError } from '../values/errors.ts';
import { keywordOf } from './keywords.ts';

export enum TokenType {
  End,
  /** A bare word: `word` is the keyword in upper case, or '' for a plain identifier. */
  Word,
  /** "x", `x` or [x]. */
  QuotedName,
  String,
  Blob,
  Integer,
  Float,
  Variable,
  /** Operator or punctuation: `word` is its text. */
  Punctuation,
}

/** Character classes by code below 128; above 127 all are letters of identifiers. */
const SPACE = 1;
const LETTER = 2;
const DIGIT = 4;
const HEX = 8;

const classes = new Uint8Array(128);
for (const c of [9, 10, 12, 13, 32]) classes[c] = SPACE;
for (let c = 48; c <= 57; c++) classes[c] = DIGIT | HEX;
for (let c = 65; c <= 90; c++) classes[c] = LETTER | (c <= 70 ? HEX : 0);
for (let c = 97; c <= 122; c++) classes[c] = LETTER | (c <= 102 ? HEX : 0);
classes[95] = LETTER;

function isIdStart(c: number): boolean {
  return c >= 128 || (classes[c]! & LETTER) !== 0;
}

/** Letters, digits, `_` and `$`. */
function isIdPart(c: number): boolean {
  return c >= 128 || (classes[c]! & (LETTER | DIGIT)) !== 0 || c === 36;
}

function isDigit(c: number): boolean {
  return c >= 48 && c <= 57;
}

function isHex(c: number): boolean {
  return c < 128 && (classes[c]! & HEX) !== 0;
}

function isSpace(c: number): boolean {
  return c < 128 && classes[c] === SPACE;
}

const TWO = new Set(['||', '->', '<<', '>>', '<=', '>=', '==', '!=', '<>']);
const ONE = '(),;+-*/%=<>&|~.';

/** Tokens of one text from an offset on. */
export class Lexer {
  readonly types: TokenType[] = [];
  readonly starts: number[] = [];
  readonly ends: number[] = [];
  readonly words: string[] = [];
  private at: number;

  constructor(
    readonly sql: string,
    start: number,
  ) {
    this.at = start;
  }

  /** Makes token `index` (and those before it) present. */
  ensure(index: number): void {
    while (this.types.length <= index) this.scan();
  }

  text(index: number): string {
    return this.sql.slice(this.starts[index]!, this.ends[index]!);
  }

  private push(type: TokenType, start: number, end: number, word = ''): void {
    this.types.push(type);
    this.starts.push(start);
    this.ends.push(end);
    this.words.push(word);
    this.at = end;
  }

  private illegal(start: number, end: number): never {
    const text = this.sql.slice(start, end);
    throw new SqliteError('SQLITE_ERROR', `unrecognized token: "${text}"`, start);
  }

  /** Skips space and comments. */
  private skip(): void {
    const { sql } = this;
    for (;;) {
      const c = sql.charCodeAt(this.at);
      if (isSpace(c) || c === 0xfeff) this.at += 1;
      else if (c === 45 && sql.charCodeAt(this.at + 1) === 45) {
        const end = sql.indexOf('\n', this.at);
        this.at = end < 0 ? sql.length : end + 1;
      } else if (c === 47 && sql.charCodeAt(this.at + 1) === 42 && this.at + 2 < sql.length) {
        const end = sql.indexOf('*/', this.at + 2);
        this.at = end < 0 ? sql.length : end + 2;
      } else return;
    }
  }

  private scan(): void {
    this.skip();
    const { sql } = this;
    const start = this.at;
    if (start >= sql.length || sql.charCodeAt(start) === 0) {
      this.push(TokenType.End, Math.min(start, sql.length), Math.min(start, sql.length));
      return;
    }
    const c = sql.charCodeAt(start);
    if ((c === 120 || c === 88) && sql.charCodeAt(start + 1) === 39) this.blob(start);
    else if (isIdStart(c)) this.wordAt(start);
    else if (isDigit(c) || (c === 46 && isDigit(sql.charCodeAt(start + 1)))) this.number(start);
    else this.other(start, c);
  }

  private wordAt(start: number): void {
    const { sql } = this;
    let end = start + 1;
    while (end < sql.length && isIdPart(sql.charCodeAt(end))) end += 1;
    this.push(TokenType.Word, start, end, keywordOf(sql, start, end));
  }

  private other(start: number, c: number): void {
    switch (c) {
      case 39:
        this.quoted(start, 39, TokenType.String);
        return;
      case 34:
      case 96:
        this.quoted(start, c, TokenType.QuotedName);
        return;
      case 91: {
        const end = this.sql.indexOf(']', start);
        if (end < 0) this.illegal(start, this.sql.length);
        this.push(TokenType.QuotedName, start, end + 1);
        return;
      }
      case 63:
      case 35:
      case 36:
      case 58:
      case 64:
        this.variable(start, c);
        return;
      default:
        this.punctuation(start);
    }
  }

  private punctuation(start: number): void {
    const { sql } = this;
    if (sql.startsWith('->>', start)) {
      this.push(TokenType.Punctuation, start, start + 3, '->>');
      return;
    }
    const two = sql.slice(start, start + 2);
    if (TWO.has(two)) {
      this.push(TokenType.Punctuation, start, start + 2, two);
      return;
    }
    const one = sql[start]!;
    if (!ONE.includes(one)) this.illegal(start, start + 1);
    this.push(TokenType.Punctuation, start, start + 1, one);
  }

  /** A doubled quote stands for itself. */
  private quoted(start: number, quote: number, type: TokenType): void {
    const { sql } = this;
    for (let i = start + 1; i < sql.length; i++) {
      if (sql.charCodeAt(i) !== quote) continue;
      if (sql.charCodeAt(i + 1) === quote) i += 1;
      else {
        this.push(type, start, i + 1);
        return;
      }
    }
    this.illegal(start, sql.length);
  }

  private blob(start: number): void {
    const { sql } = this;
    let end = start + 2;
    while (isHex(sql.charCodeAt(end))) end += 1;
    if (sql.charCodeAt(end) !== 39 || (end - start) % 2 !== 0) {
      while (end < sql.length && sql.charCodeAt(end) !== 39) end += 1;
      this.illegal(start, Math.min(end + 1, sql.length));
    }
    this.push(TokenType.Blob, start, end + 1);
  }

  /** Digits with single underscores between them. */
  private digits(at: number, test: (c: number) => boolean): number {
    const { sql } = this;
    for (;;) {
      if (test(sql.charCodeAt(at))) at += 1;
      else if (
        sql.charCodeAt(at) === 95 &&
        test(sql.charCodeAt(at - 1)) &&
        test(sql.charCodeAt(at + 1))
      ) {
        at += 1;
      } else return at;
    }
  }

  private number(start: number): void {
    const { sql } = this;
    const second = sql.charCodeAt(start + 1);
    let type = TokenType.Integer;
    let end: number;
    if (
      sql.charCodeAt(start) === 48 &&
      (second === 120 || second === 88) &&
      isHex(sql.charCodeAt(start + 2))
    ) {
      end = this.digits(start + 2, isHex);
    } else {
      end = this.digits(start, isDigit);
      if (sql.charCodeAt(end) === 46) {
        type = TokenType.Float;
        end = this.digits(end + 1, isDigit);
      }
      end = this.exponent(end);
      if (/[eE]/.test(sql.slice(start, end))) type = TokenType.Float;
    }
    if (end < sql.length && isIdPart(sql.charCodeAt(end))) {
      while (end < sql.length && isIdPart(sql.charCodeAt(end))) end += 1;
      this.illegal(start, end);
    }
    this.push(type, start, end);
  }

  private exponent(at: number): number {
    const { sql } = this;
    const e = sql.charCodeAt(at);
    if (e !== 101 && e !== 69) return at;
    const sign = sql.charCodeAt(at + 1);
    const first = sign === 43 || sign === 45 ? at + 2 : at + 1;
    return isDigit(sql.charCodeAt(first)) ? this.digits(first, isDigit) : at;
  }

  private variable(start: number, c: number): void {
    const { sql } = this;
    let end = start + 1;
    if (c === 63) {
      while (isDigit(sql.charCodeAt(end))) end += 1;
      this.push(TokenType.Variable, start, end);
      return;
    }
    let length = 0;
    for (; end < sql.length; end++) {
      const x = sql.charCodeAt(end);
      if (isIdPart(x)) length += 1;
      else if (x === 40 && length > 0 && c !== 35) {
        end += 1;
        while (end < sql.length && !isSpace(sql.charCodeAt(end)) && sql.charCodeAt(end) !== 41)
          end += 1;
        if (sql.charCodeAt(end) === 41) end += 1;
        else length = 0;
        break;
      } else if (x === 58 && sql.charCodeAt(end + 1) === 58) end += 1;
      else break;
    }
    if (length === 0 || c === 35) this.illegal(start, Math.max(end, start + 1));
    this.push(TokenType.Variable, start, end);
  }
}
