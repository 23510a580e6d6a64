/**
 * The lexer: SQL text to tokens, with the rules of SQLite's tokenizer (names, literals, parameters
 * and comments: https://www.sqlite.org/lang_expr.html, https://www.sqlite.org/lang_comment.html).
 *
 * Tokens are made one by one as the parser asks for them and kept in parallel arrays. What is no
 * token at all becomes Tok.Illegal and is reported only when the parser stands on it, since an
 * error before it counts first. A NUL ends the text.
 *
 * FILTER, OVER and WINDOW are keywords only where they can be (https://www.sqlite.org/windowfunctions.html):
 * WINDOW before "name AS", OVER after ")" and before "(" or a name, FILTER after ")" and before "(".
 */
import { hashStep, keywordToken, MAX_KEYWORD } from './keywords.ts';
import { isId, Tok } from './token.ts';

/** Character classes by code below 128; above 127 everything is a letter of identifiers. */
const SPACE = 1;
const LETTER = 2;
const DIGIT = 4;
const HEX = 8;
const ID_PART = 16;
const VARIABLE = 32;

const classes = new Uint8Array(128);
for (const c of '\t\n\f\r ') classes[c.charCodeAt(0)] = SPACE;
for (const c of '0123456789') classes[c.charCodeAt(0)] = DIGIT | HEX | ID_PART;
for (const c of 'abcdefghijklmnopqrstuvwxyz_') {
  const more = c <= 'f' && c >= 'a' ? HEX : 0;
  classes[c.charCodeAt(0)] = LETTER | ID_PART | more;
  classes[c.toUpperCase().charCodeAt(0)] = LETTER | ID_PART | more;
}
classes[0x24 /* $ */] = ID_PART | VARIABLE;
for (const c of '@:#') classes[c.charCodeAt(0)] = VARIABLE;

const BOM = 0xfeff;

/** Tokens of a single character. */
const singles = new Uint8Array(128);
for (const [c, t] of [
  ['(', Tok.LP],
  [')', Tok.RP],
  [',', Tok.Comma],
  [';', Tok.Semi],
  ['+', Tok.Plus],
  ['*', Tok.Star],
  ['%', Tok.Rem],
  ['&', Tok.BitAnd],
  ['~', Tok.BitNot],
] as const) {
  singles[c.charCodeAt(0)] = t;
}

// charCodeAt gives NaN past the end: every test below is false for it.
function isPart(c: number): boolean {
  return c < 128 ? (classes[c]! & ID_PART) !== 0 : c >= 128;
}
function isDigit(c: number): boolean {
  return c >= 0x30 && c <= 0x39;
}
function isHex(c: number): boolean {
  return c < 128 && (classes[c]! & HEX) !== 0;
}
/** White space inside a run of it, and what ends "(...)" of a Tcl-style parameter. */
function isSpaceWide(c: number): boolean {
  return c === 0x20 || (c >= 0x09 && c <= 0x0d);
}

/** Tokens of one text from an offset on. */
export class Lexer {
  readonly types: Tok[] = [];
  readonly starts: number[] = [];
  readonly ends: number[] = [];
  /** Where the next token is looked for. */
  private at: number;
  /** Bounds of the token that `scan` found last. */
  private start = 0;
  private end = 0;

  constructor(
    readonly sql: string,
    start: number,
  ) {
    this.at = start;
  }

  /** Makes token `index` (and those before it) present. */
  ensure(index: number): void {
    while (this.types.length <= index) this.push();
  }

  private push(): void {
    let type = this.scan(this.at);
    const { start, end } = this;
    if (type >= Tok.Filter && type <= Tok.Window) type = this.contextual(type, end);
    this.types.push(type);
    this.starts.push(start);
    this.ends.push(end);
    this.at = end;
  }

  /** FILTER, OVER or WINDOW ending at `end`: itself, or Id where it cannot be the keyword. */
  private contextual(type: Tok, end: number): Tok {
    if (type === Tok.Window) {
      if (this.lookahead(end) !== Tok.Id) return Tok.Id;
      return this.lookahead(this.end) === Tok.As ? type : Tok.Id;
    }
    const { types } = this;
    if (types.length === 0 || types[types.length - 1] !== Tok.RP) return Tok.Id;
    const next = this.lookahead(end);
    const fits = next === Tok.LP || (type === Tok.Over && next === Tok.Id);
    return fits ? type : Tok.Id;
  }

  /** Type of the token after `at`, with everything that can be a window's name as Id. */
  private lookahead(at: number): Tok {
    const t = this.scan(at);
    const name =
      isId(t) || t === Tok.String || t === Tok.JoinKw || t === Tok.Window || t === Tok.Over;
    return name ? Tok.Id : t;
  }

  /** Offset of the first character from `at` on that is neither space nor in a comment. */
  private skip(at: number): number {
    const { sql } = this;
    for (;;) {
      const c = sql.charCodeAt(at);
      if (c < 128 && classes[c] === SPACE) {
        at++;
        while (isSpaceWide(sql.charCodeAt(at))) at++;
      } else if (c === 0x2d /* - */ && sql.charCodeAt(at + 1) === 0x2d) {
        at = this.findEnd('\n', at + 2);
      } else if (
        c === 0x2f /* / */ &&
        sql.charCodeAt(at + 1) === 0x2a /* * */ &&
        sql.charCodeAt(at + 2) > 0
      ) {
        at = this.findEnd('*/', at + 2);
      } else if (c === BOM) at++;
      else return at;
    }
  }

  /** Offset behind `mark`, or where the text ends. */
  private findEnd(mark: string, from: number): number {
    const { sql } = this;
    const found = sql.indexOf(mark, from);
    const nul = sql.indexOf('\0', from);
    if (nul >= 0 && (found < 0 || nul < found)) return nul;
    return found < 0 ? sql.length : found + mark.length;
  }

  /** Finds the token at or after `at`; sets `start` and `end`. */
  private scan(at: number): Tok {
    const start = this.skip(at);
    const { sql } = this;
    this.start = start;
    const c = sql.charCodeAt(start);
    if (!(c > 0)) {
      this.start = Math.min(start, sql.length);
      this.end = this.start;
      return Tok.End;
    }
    if (c >= 128 || (classes[c]! & LETTER) !== 0) return this.word(start, c);
    const single = singles[c]!;
    if (single !== 0) {
      this.end = start + 1;
      return single;
    }
    if (isDigit(c)) return this.number(start);
    if ((classes[c]! & VARIABLE) !== 0) return this.variable(start);
    return this.other(start, c);
  }

  private word(start: number, first: number): Tok {
    const { sql } = this;
    if ((first | 0x20) === 0x78 /* x */ && sql.charCodeAt(start + 1) === 0x27) {
      return this.blob(start);
    }
    let at = start;
    let hash = 0;
    let c = first;
    // Keywords are letters and `_`.
    while (c < 128 && (classes[c]! & LETTER) !== 0) {
      hash = hashStep(hash, c | 0x20);
      c = sql.charCodeAt(++at);
    }
    const plain = !isPart(c);
    if (!plain) {
      do c = sql.charCodeAt(++at);
      while (isPart(c));
    }
    this.end = at;
    const length = at - start;
    if (!plain || length < 2 || length > MAX_KEYWORD) return Tok.Id;
    return keywordToken(sql, start, at, hash);
  }

  private other(start: number, c: number): Tok {
    const next = this.sql.charCodeAt(start + 1);
    switch (c) {
      case 0x27 /* ' */:
        return this.quoted(start, c, Tok.String);
      case 0x22 /* " */:
      case 0x60 /* ` */:
        return this.quoted(start, c, Tok.Id);
      case 0x5b /* [ */:
        {
          const close = this.findEnd(']', start);
          this.end = close;
          return this.sql.charCodeAt(close - 1) === 0x5d ? Tok.Id : Tok.Illegal;
        }
      case 0x2e /* . */:
        return isDigit(next) ? this.number(start) : this.sized(start, 1, Tok.Dot);
      case 0x3d /* = */:
        return this.sized(start, next === 0x3d ? 2 : 1, Tok.Eq);
      case 0x3c /* < */:
        if (next === 0x3d) return this.sized(start, 2, Tok.Le);
        if (next === 0x3e) return this.sized(start, 2, Tok.Ne);
        return next === 0x3c ? this.sized(start, 2, Tok.LShift) : this.sized(start, 1, Tok.Lt);
      case 0x3e /* > */:
        if (next === 0x3d) return this.sized(start, 2, Tok.Ge);
        return next === 0x3e ? this.sized(start, 2, Tok.RShift) : this.sized(start, 1, Tok.Gt);
      case 0x21 /* ! */:
        return next === 0x3d ? this.sized(start, 2, Tok.Ne) : this.sized(start, 1, Tok.Illegal);
      case 0x7c /* | */:
        return next === 0x7c ? this.sized(start, 2, Tok.Concat) : this.sized(start, 1, Tok.BitOr);
      case 0x2d /* - */:
        if (next !== 0x3e) return this.sized(start, 1, Tok.Minus);
        return this.sql.charCodeAt(start + 2) === 0x3e
          ? this.sized(start, 3, Tok.ArrowText)
          : this.sized(start, 2, Tok.Arrow);
      case 0x2f /* / */:
        return this.sized(start, 1, Tok.Slash);
      case 0x3f /* ? */:
        {
          let at = start + 1;
          while (isDigit(this.sql.charCodeAt(at))) at++;
          this.end = at;
          return Tok.Variable;
        }
      default:
        return this.sized(start, 1, Tok.Illegal);
    }
  }

  private sized(start: number, length: number, type: Tok): Tok {
    this.end = start + length;
    return type;
  }

  /** 'x', "x" or `x`; a doubled quote stands for itself. */
  private quoted(start: number, quote: number, type: Tok): Tok {
    const { sql } = this;
    for (let at = start + 1; ; at++) {
      const c = sql.charCodeAt(at);
      if (c === quote) {
        if (sql.charCodeAt(at + 1) !== quote) {
          this.end = at + 1;
          return type;
        }
        at++;
      } else if (!(c > 0)) {
        this.end = Math.min(at, sql.length);
        return Tok.Illegal;
      }
    }
  }

  /** x'...' with an even number of hexadecimal digits. */
  private blob(start: number): Tok {
    const { sql } = this;
    let at = start + 2;
    while (isHex(sql.charCodeAt(at))) at++;
    if (sql.charCodeAt(at) === 0x27 && (at - start) % 2 === 0) {
      this.end = at + 1;
      return Tok.Blob;
    }
    this.end = this.findEnd("'", at);
    return Tok.Illegal;
  }

  /** Digits with an optional point and exponent, or 0x and hexadecimal digits; with `_` among them. */
  private number(start: number): Tok {
    const { sql } = this;
    let at = start;
    let type = Tok.Integer;
    if (
      sql.charCodeAt(start) === 0x30 &&
      (sql.charCodeAt(start + 1) | 0x20) === 0x78 &&
      isHex(sql.charCodeAt(start + 2))
    ) {
      at += 2;
      while (isHex(sql.charCodeAt(at)) || sql.charCodeAt(at) === 0x5f) at++;
    } else {
      at = this.digits(at);
      if (sql.charCodeAt(at) === 0x2e) {
        type = Tok.Float;
        at = this.digits(at + 1);
      }
      if ((sql.charCodeAt(at) | 0x20) === 0x65 /* e */) {
        const sign = sql.charCodeAt(at + 1);
        const first = sign === 0x2b || sign === 0x2d ? at + 2 : at + 1;
        if (isDigit(sql.charCodeAt(first))) {
          type = Tok.Float;
          at = this.digits(first);
        }
      }
    }
    const bad = isPart(sql.charCodeAt(at));
    while (isPart(sql.charCodeAt(at))) at++;
    this.end = at;
    if (bad) return Tok.Illegal;
    return sql.slice(start, at).includes('_') ? Tok.QNumber : type;
  }

  private digits(at: number): number {
    const { sql } = this;
    for (;;) {
      const c = sql.charCodeAt(at);
      if (!isDigit(c) && c !== 0x5f) return at;
      at++;
    }
  }

  /** @name, :name, $name, #name; also $a::b(c). */
  private variable(start: number): Tok {
    const { sql } = this;
    let length = 0;
    let at = start + 1;
    for (; ; at++) {
      const c = sql.charCodeAt(at);
      if (isPart(c)) length++;
      else if (c === 0x28 /* ( */ && length > 0) {
        do at++;
        while (
          sql.charCodeAt(at) > 0 &&
          !isSpaceWide(sql.charCodeAt(at)) &&
          sql.charCodeAt(at) !== 0x29
        );
        if (sql.charCodeAt(at) === 0x29) at++;
        else length = 0;
        break;
      } else if (c === 0x3a /* : */ && sql.charCodeAt(at + 1) === 0x3a) at++;
      else break;
    }
    this.end = Math.min(at, sql.length);
    return length === 0 ? Tok.Illegal : Tok.Variable;
  }
}
