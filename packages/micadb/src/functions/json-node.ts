/**
 * JSON values in memory: a tree with the element types of JSONB (https://www.sqlite.org/jsonb.html).
 * Text of numbers and strings is kept as it was written, escapes included, so that what is not touched
 * comes out unchanged. Nodes are immutable; an edited document shares all that it did not change.
 */
import { untilNul } from './text.ts';

/** Element types, with the numbers of the format. */
export enum JsonType {
  Null = 0,
  True = 1,
  False = 2,
  Int = 3,
  /** Hexadecimal, JSON5. */
  Int5 = 4,
  Float = 5,
  /** Starts or ends with the decimal point, JSON5. */
  Float5 = 6,
  /** Needs no escapes. */
  Text = 7,
  /** Has JSON escapes. */
  TextJ = 8,
  /** Has JSON5 escapes. */
  Text5 = 9,
  /** Not escaped at all: may need escapes as JSON. */
  TextRaw = 10,
  Array = 11,
  Object = 12,
}

export interface JsonNode {
  readonly type: JsonType;
  /** Numbers and strings: their characters. Empty otherwise. */
  readonly text: string;
  /** Elements of an array; labels and values of an object in turn. */
  readonly items: readonly JsonNode[];
}

const NONE: readonly JsonNode[] = [];

export const JSON_NULL: JsonNode = { type: JsonType.Null, text: '', items: NONE };
export const JSON_TRUE: JsonNode = { type: JsonType.True, text: '', items: NONE };
export const JSON_FALSE: JsonNode = { type: JsonType.False, text: '', items: NONE };

export function leaf(type: JsonType, text: string): JsonNode {
  return { type, text, items: NONE };
}

export function container(
  type: JsonType.Array | JsonType.Object,
  items: readonly JsonNode[],
): JsonNode {
  return { type, text: '', items };
}

/** Deepest nesting that is accepted. */
export const MAX_DEPTH = 1000;

/** The subtype of text that is JSON: 'J'. */
export const JSON_SUBTYPE = 74;

/** The characters of a string node, escapes resolved. */
export function stringOf(node: JsonNode): string {
  return node.type === JsonType.TextJ || node.type === JsonType.Text5
    ? unescapeJson(node.text)
    : node.text;
}

const SIMPLE: Readonly<Record<string, string>> = {
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '0': '\0',
};

/**
 * Resolves escapes of JSON and JSON5. A surrogate that is not half of a pair becomes the three bytes
 * that SQLite writes for it (see text.ts on lenient strings).
 */
export function unescapeJson(s: string): string {
  let out = '';
  let done = 0;
  let continued = -1;
  for (let i = s.indexOf('\\'); i >= 0; i = s.indexOf('\\', done)) {
    out += s.slice(done, i);
    const c = s[i + 1] ?? '';
    done = i + 2;
    if (c === 'u') {
      const unit = Number.parseInt(s.slice(done, done + 4), 16);
      done += 4;
      const low =
        (unit & 0xfc00) === 0xd800 && s[done] === '\\' && s[done + 1] === 'u'
          ? Number.parseInt(s.slice(done + 2, done + 6), 16)
          : 0;
      if ((low & 0xfc00) === 0xdc00) {
        out += String.fromCharCode(unit, low);
        done += 6;
      } else {
        out += unit >= 0xd800 && unit < 0xe000 ? surrogateBytes(unit) : String.fromCharCode(unit);
      }
    } else if (c === 'x') {
      out += String.fromCharCode(Number.parseInt(s.slice(done, done + 2), 16));
      done += 2;
    } else if (c === '\r' && s[done] === '\n') {
      done++;
      continued = done;
    } else if (c === '\n' || c === '\r' || c === '\u2028' || c === '\u2029') {
      continued = done;
    } else {
      out += SIMPLE[c] ?? c;
    }
  }
  // Of a line that is continued with nothing SQLite makes a NUL.
  if (continued === s.length) out += '\0';
  return out + s.slice(done);
}

function surrogateBytes(unit: number): string {
  return String.fromCharCode(
    0xdced,
    0xdc00 + (0x80 | ((unit >> 6) & 0x3f)),
    0xdc00 + (0x80 | (unit & 0x3f)),
  );
}

/** Strings equal as labels, whatever their escapes. */
export function sameLabel(node: JsonNode, label: string): boolean {
  if (node.type === JsonType.TextJ || node.type === JsonType.Text5) {
    return sameEscapedLabel(node.text, label);
  }
  return node.text === label;
}

/** The same for a string with escapes: an escaped NUL ends it. */
export function sameEscapedLabel(escaped: string, label: string): boolean {
  return untilNul(unescapeJson(escaped)) === untilNul(label);
}
