/**
 * Text to JSON: RFC 8259 and the extensions of JSON5 that SQLite reads (json1 §3.5). Positions of
 * errors are those of json_error_position().
 */
import { isSpace } from '../values/number.ts';
import {
  container,
  JSON_FALSE,
  JSON_NULL,
  JSON_TRUE,
  type JsonNode,
  JsonType,
  leaf,
  MAX_DEPTH,
} from './json-node.ts';

export interface JsonParse {
  /** Null: malformed. */
  readonly node: JsonNode | null;
  /** Uses something that is JSON5 but not JSON. */
  readonly nonStandard: boolean;
  /** Index of the error. */
  readonly error: number;
}

/** What a position holds instead of a value. */
enum Stop {
  Error,
  End,
  CloseBrace,
  CloseBracket,
  Comma,
  Colon,
}

const WORDS: readonly (readonly [RegExp, JsonNode])[] = [
  [/(?:infinity|inf)(?![0-9A-Za-z])/iy, leaf(JsonType.Float, '9e999')],
  [/(?:nan|qnan|snan)(?![0-9A-Za-z])/iy, JSON_NULL],
];

function isDigit(c: number): boolean {
  return c >= 0x30 && c <= 0x39;
}

function isHex(c: number): boolean {
  return isDigit(c) || ((c | 0x20) >= 0x61 && (c | 0x20) <= 0x66);
}

function isAlnum(c: number): boolean {
  return isDigit(c) || ((c | 0x20) >= 0x61 && (c | 0x20) <= 0x7a);
}

function isIdStart(c: number): boolean {
  return (isAlnum(c) && !isDigit(c)) || c === 0x5f || c === 0x24 || c >= 0x80;
}

/** White space of JSON proper. */
function isJsonSpace(c: number): boolean {
  return c === 0x20 || c === 0x09 || c === 0x0a || c === 0x0d;
}

/** White space beyond ASCII that JSON5 allows. */
function isWideSpace(c: number): boolean {
  return (
    c === 0xa0 ||
    c === 0x1680 ||
    (c >= 0x2000 && c <= 0x200a) ||
    c === 0x2028 ||
    c === 0x2029 ||
    c === 0x202f ||
    c === 0x205f ||
    c === 0x3000 ||
    c === 0xfeff
  );
}

/** The length of JSON5 white space and comments at `i`. */
function space5(s: string, i: number): number {
  const start = i;
  for (; i < s.length; ) {
    const c = s.charCodeAt(i);
    if (isSpace(c) || isWideSpace(c)) {
      i++;
    } else if (c === 0x2f && s[i + 1] === '*') {
      const end = s.indexOf('*/', i + 2);
      if (end < 0 || s[i + 2] === undefined) break;
      i = end + 2;
    } else if (c === 0x2f && s[i + 1] === '/') {
      i += 2;
      while (i < s.length && !/[\n\r\u2028\u2029]/.test(s[i]!)) i++;
      if (i < s.length) i++;
    } else {
      break;
    }
  }
  return i - start;
}

/** What a character means where a value could stand. */
function stopOf(c: number): Stop {
  switch (c) {
    case 0x2c:
      return Stop.Comma;
    case 0x7d:
      return Stop.CloseBrace;
    case 0x5d:
      return Stop.CloseBracket;
    case 0x3a:
      return Stop.Colon;
    default:
      return Stop.Error;
  }
}

class Parser {
  at = 0;
  /** Where something that is no value was met last: left as it is when the walk goes on, like SQLite's. */
  error = 0;
  /** Where the stop character stands that was found last. */
  private place = 0;
  nonStandard = false;
  private depth = 0;

  constructor(private readonly s: string) {}

  private code(i: number): number {
    return i < this.s.length ? this.s.charCodeAt(i) : 0;
  }

  private failAt(i: number): Stop {
    this.error = i;
    return Stop.Error;
  }

  /** A stop character met at `i` in place of a value. */
  private stop(kind: Stop, i: number): Stop {
    this.error = i;
    this.place = i;
    return kind;
  }

  /** The whole text as one value. */
  document(): JsonNode | null {
    const node = this.value(0);
    if (typeof node === 'number') return null;
    let i = this.at;
    while (isJsonSpace(this.code(i))) i++;
    if (i < this.s.length) {
      i += space5(this.s, i);
      if (i < this.s.length) return null;
      this.nonStandard = true;
    }
    return node;
  }

  /** The value at `i` (white space before it skipped); `at` is left behind it. */
  private value(i: number): JsonNode | Stop {
    const { s } = this;
    for (;;) {
      const c = this.code(i);
      if (isJsonSpace(c)) {
        i++;
        continue;
      }
      switch (c) {
        case 0:
          return i >= s.length ? this.stop(Stop.End, this.error) : this.failAt(i);
        case 0x7b:
          return this.object(i);
        case 0x5b:
          return this.array(i);
        case 0x22:
        case 0x27:
          return this.string(i, c);
        case 0x7d:
        case 0x5d:
        case 0x2c:
        case 0x3a:
          return this.stop(stopOf(c), i);
        case 0x2b:
        case 0x2d:
        case 0x2e:
          return this.number(i);
        default:
          break;
      }
      if (isDigit(c)) return this.number(i);
      const skipped = c === 0x0b || c === 0x0c || c === 0x2f || c >= 0x80 ? space5(s, i) : 0;
      if (skipped > 0) {
        this.nonStandard = true;
        i += skipped;
        continue;
      }
      return this.word(i);
    }
  }

  private word(i: number): JsonNode | Stop {
    const { s } = this;
    const literal = s.startsWith('true', i)
      ? JSON_TRUE
      : s.startsWith('null', i)
        ? JSON_NULL
        : s.startsWith('false', i)
          ? JSON_FALSE
          : null;
    if (literal !== null) {
      const end = i + (literal === JSON_FALSE ? 5 : 4);
      if (!isAlnum(this.code(end))) {
        this.at = end;
        return literal;
      }
    }
    for (const [pattern, node] of WORDS) {
      pattern.lastIndex = i;
      if (pattern.test(s)) {
        this.at = pattern.lastIndex;
        this.nonStandard = true;
        return node;
      }
    }
    return this.failAt(i);
  }

  private number(i: number): JsonNode | Stop {
    const { s } = this;
    const first = this.code(i);
    const signed = first === 0x2b || first === 0x2d;
    let json5 = false;
    if (first === 0x2b) this.nonStandard = true;
    const d = signed ? i + 1 : i;
    if (signed && !isDigit(this.code(d))) {
      const infinity = /inf(?:inity)?/iy;
      infinity.lastIndex = d;
      if (infinity.test(s)) {
        this.nonStandard = true;
        this.at = infinity.lastIndex;
        return leaf(JsonType.Float, first === 0x2d ? '-9e999' : '9e999');
      }
      if (this.code(d) !== 0x2e) return this.failAt(i);
      this.nonStandard = true;
      json5 = true;
    } else if (first === 0x2e) {
      if (!isDigit(this.code(i + 1))) return this.failAt(i);
      this.nonStandard = true;
      json5 = true;
    } else if (this.code(d) === 0x30) {
      if ((this.code(d + 1) | 0x20) === 0x78 && isHex(this.code(d + 2))) {
        this.nonStandard = true;
        let j = d + 3;
        while (isHex(this.code(j))) j++;
        return this.numeric(JsonType.Int5, i, j);
      }
      if (isDigit(this.code(d + 1))) return this.failAt(i + 1);
    }
    return this.decimal(i, json5);
  }

  /** Digits, point and exponent from `i`, whose first character has been looked at. */
  private decimal(i: number, json5: boolean): JsonNode | Stop {
    let float = this.code(i) === 0x2e;
    let exponent = false;
    let j = i + 1;
    for (; ; j++) {
      const c = this.code(j);
      if (isDigit(c)) continue;
      if (c === 0x2e) {
        if (float) return this.failAt(j);
        float = true;
      } else if ((c | 0x20) === 0x65) {
        if (!isDigit(this.code(j - 1))) {
          if (!this.digitBeforePoint(i, j)) return this.failAt(j);
          json5 = true;
        }
        if (exponent) return this.failAt(j);
        float = true;
        exponent = true;
        const sign = this.code(j + 1);
        if (sign === 0x2b || sign === 0x2d) j++;
        if (!isDigit(this.code(j + 1))) return this.failAt(j);
      } else {
        break;
      }
    }
    if (!isDigit(this.code(j - 1))) {
      if (!this.digitBeforePoint(i, j)) return this.failAt(j);
      json5 = true;
    }
    if (json5) this.nonStandard = true;
    const type = float
      ? json5
        ? JsonType.Float5
        : JsonType.Float
      : json5
        ? JsonType.Int5
        : JsonType.Int;
    return this.numeric(type, i, j);
  }

  /** "5." at j: a digit and then the point. */
  private digitBeforePoint(i: number, j: number): boolean {
    return this.code(j - 1) === 0x2e && j - 2 >= i && isDigit(this.code(j - 2));
  }

  private numeric(type: JsonType, start: number, end: number): JsonNode {
    this.at = end;
    return leaf(type, this.s.slice(this.code(start) === 0x2b ? start + 1 : start, end));
  }

  private string(i: number, quote: number): JsonNode | Stop {
    const { s } = this;
    let type = JsonType.Text;
    if (quote === 0x27) this.nonStandard = true;
    for (let j = i + 1; ; j++) {
      if (j >= s.length) return this.failAt(j);
      const c = s.charCodeAt(j);
      if (c === quote) {
        this.at = j + 1;
        return leaf(type, s.slice(i + 1, j));
      }
      if (c === 0x5c) {
        j++;
        const kind = this.escapeKind(j);
        if (kind === null) return this.failAt(j);
        if (kind === JsonType.Text5) {
          this.nonStandard = true;
          type = kind;
          if (s[j] === '\r' && s[j + 1] === '\n') j++;
        } else if (type === JsonType.Text) {
          type = kind;
        }
      } else if (c <= 0x1f) {
        if (c === 0) return this.failAt(j);
        type = JsonType.Text5;
        this.nonStandard = true;
      } else if (c === 0x22) {
        type = JsonType.Text5;
      }
    }
  }

  /** Whether what follows a backslash is an escape of JSON, of JSON5, or of neither. */
  private escapeKind(j: number): JsonType.TextJ | JsonType.Text5 | null {
    const c = this.s[j] ?? '';
    switch (c) {
      case '"':
      case '\\':
      case '/':
      case 'b':
      case 'f':
      case 'n':
      case 'r':
      case 't':
        return JsonType.TextJ;
      case 'u':
        return this.hexDigits(j + 1, 4) ? JsonType.TextJ : null;
      case "'":
      case 'v':
      case '\n':
      case '\r':
      case '\u2028':
      case '\u2029':
        return JsonType.Text5;
      case '0':
        return isDigit(this.code(j + 1)) ? null : JsonType.Text5;
      case 'x':
        return this.hexDigits(j + 1, 2) ? JsonType.Text5 : null;
      default:
        return null;
    }
  }

  private hexDigits(i: number, n: number): boolean {
    for (let k = 0; k < n; k++) if (!isHex(this.code(i + k))) return false;
    return true;
  }

  private array(i: number): JsonNode | Stop {
    const items: JsonNode[] = [];
    this.depth++;
    if (this.depth > MAX_DEPTH) return this.failAt(i);
    let j = i + 1;
    for (;;) {
      const item = this.value(j);
      if (typeof item === 'number') {
        if (item === Stop.CloseBracket) {
          j = this.place;
          if (items.length > 0) this.nonStandard = true;
          break;
        }
        return item === Stop.Error ? item : this.failAt(j);
      }
      items.push(item);
      j = this.at;
      const next = this.separator(j, Stop.CloseBracket);
      if (next === Stop.Error) return next;
      j = this.place;
      if (next === Stop.CloseBracket) break;
      j++;
    }
    this.at = j + 1;
    this.depth--;
    return container(JsonType.Array, items);
  }

  /** A comma or the closing bracket behind a value at `j`; `place` tells where. */
  private separator(j: number, close: Stop.CloseBrace | Stop.CloseBracket): Stop {
    let k = j;
    while (isJsonSpace(this.code(k))) k++;
    const direct = stopOf(this.code(k));
    if (direct === Stop.Comma || direct === close) {
      this.place = k;
      return direct;
    }
    const skipped = space5(this.s, k);
    const next = stopOf(this.code(k + skipped));
    if (skipped === 0 || (next !== Stop.Comma && next !== close)) return this.failAt(k);
    this.nonStandard = true;
    return this.stop(next, k + skipped);
  }

  private object(i: number): JsonNode | Stop {
    const items: JsonNode[] = [];
    this.depth++;
    if (this.depth > MAX_DEPTH) return this.failAt(i);
    let j = i + 1;
    for (;;) {
      const label = this.label(j);
      if (label === Stop.CloseBrace) {
        j = this.place;
        if (items.length > 0) this.nonStandard = true;
        break;
      }
      if (typeof label === 'number') return label;
      j = this.at;
      if (this.code(j) !== 0x3a) {
        let k = j;
        while (isJsonSpace(this.code(k))) k++;
        if (this.code(k) === 0x3a) {
          j = k;
        } else {
          const next = this.value(k);
          if (next === Stop.Error) return next;
          if (next !== Stop.Colon) return this.failAt(k);
          j = this.place;
        }
      }
      j++;
      const value = this.value(j);
      if (typeof value === 'number') return value === Stop.Error ? value : this.failAt(j);
      items.push(label, value);
      j = this.at;
      const next = this.separator(j, Stop.CloseBrace);
      if (next === Stop.Error) return next;
      j = this.place;
      if (next === Stop.CloseBrace) break;
      j++;
    }
    this.at = j + 1;
    this.depth--;
    return container(JsonType.Object, items);
  }

  /** A label: a string, or an identifier as JSON5 allows it. */
  private label(j: number): JsonNode | Stop {
    const x = this.value(j);
    if (typeof x !== 'number') {
      return x.type >= JsonType.Text && x.type <= JsonType.TextRaw ? x : this.failAt(j);
    }
    if (x === Stop.CloseBrace) return x;
    const failed = this.error;
    const start = j + space5(this.s, j);
    let k = start;
    let type = JsonType.Text;
    for (; ; k++) {
      const c = this.code(k);
      if (c === 0x5c && this.s[k + 1] === 'u' && this.hexDigits(k + 2, 4)) {
        type = JsonType.TextJ;
        k += 5;
      } else if (!(isIdStart(c) || (k > start && isDigit(c))) || (k > start && isWideSpace(c))) {
        break;
      }
    }
    if (k > start) {
      this.nonStandard = true;
      this.at = k;
      return leaf(type, this.s.slice(start, k));
    }
    return this.failAt(x === Stop.Error ? failed : start);
  }
}

export function parseJson(s: string): JsonParse {
  const p = new Parser(s);
  const node = p.document();
  return { node, nonStandard: p.nonStandard, error: p.error };
}
