/** JSON to text, plain and pretty, and numbers and strings to SQL values. */

import { realToText } from '../values/format.ts';
import { INT64_MAX, INT64_MIN } from '../values/int64.ts';
import { parseReal } from '../values/number.ts';
import { normalizeInt, Real, type SqlValue } from '../values/value.ts';
import type { ByteWriter } from './byte-writer.ts';
import { fail } from './define.ts';
import { type JsonNode, JsonType, stringOf } from './json-node.ts';
import type { Slice } from './types.ts';

const SHORT_ESCAPES: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
};

function escapeChar(c: string): string {
  return SHORT_ESCAPES[c] ?? `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** A string as JSON, quotes included. */
export function quoteJson(s: string): string {
  return `"${NEEDS_ESCAPE.test(s) ? s.replace(NEEDS_ESCAPE_ALL, escapeChar) : s}"`;
}

/** Adds a string (not a lenient one) as JSON, quotes included. */
export function writeQuoted(s: string, out: ByteWriter): void {
  const n = s.length;
  out.reserve(n * 3 + 2);
  if (n <= SHORT) {
    const { bytes, length } = out;
    bytes[length] = 0x22;
    let i = 0;
    for (; i < n; i++) {
      const c = s.charCodeAt(i);
      if (c < 0x20 || c >= 0x80 || c === 0x22 || c === 0x5c) break;
      bytes[length + 1 + i] = c;
    }
    if (i === n) {
      bytes[length + 1 + n] = 0x22;
      out.length = length + n + 2;
      return;
    }
  }
  out.string(quoteJson(s));
}

/** The same for a text as it lies; false, with nothing added, where it needs escapes. */
export function writeQuotedSlice(s: Slice, out: ByteWriter): boolean {
  const { bytes: d, at, length: n } = s;
  out.reserve(n + 2);
  const { bytes, length } = out;
  bytes[length] = 0x22;
  for (let i = 0; i < n; i++) {
    const c = d[at + i]!;
    if (c < 0x20 || c === 0x22 || c === 0x5c) return false;
    bytes[length + 1 + i] = c;
  }
  bytes[length + 1 + n] = 0x22;
  out.length = length + n + 2;
  return true;
}

/** Up to here a loop over the characters is faster than the regular expression. */
const SHORT = 48;

/** Quotes, backslashes and control characters. */
const NEEDS_ESCAPE = /[^ !#-[\]-\uffff]/;
const NEEDS_ESCAPE_ALL = /[^ !#-[\]-\uffff]/g;

/** A string with JSON5 escapes as JSON. */
function fromJson5(s: string): string {
  let out = '';
  for (let i = 0; i < s.length; i++) {
    const c = s[i]!;
    if (c !== '\\') {
      out += c === '"' || c < ' ' ? escapeChar(c) : c;
      continue;
    }
    const e = s[++i] ?? '';
    switch (e) {
      case "'":
        out += "'";
        break;
      case 'v':
        out += '\\u000b';
        break;
      case 'x':
        out += `\\u00${s.slice(i + 1, i + 3)}`;
        i += 2;
        break;
      case '0':
        out += '\\u0000';
        break;
      case '\r':
        if (s[i + 1] === '\n') i++;
        break;
      case '\n':
      case '\u2028':
      case '\u2029':
        break;
      default:
        out += `\\${e}`;
    }
  }
  return `"${out}"`;
}

/** The decimal digits of a hexadecimal JSON5 integer. */
function hexToDecimal(text: string): string {
  const negative = text.startsWith('-');
  const v = BigInt(negative ? text.slice(1) : text);
  if (v > 0xffffffffffffffffn) return negative ? '-9.0e999' : '9.0e999';
  return negative ? `-${v}` : `${v}`;
}

/** JSON's form of ".5", "5." and "-.5e3". */
function standardFloat(text: string): string {
  return text.replace(/^(-?)\./, '$10.').replace(/\.(?!\d)/, '.0');
}

/** A leaf as JSON text. */
function leafText(node: JsonNode): string {
  switch (node.type) {
    case JsonType.Null:
      return 'null';
    case JsonType.True:
      return 'true';
    case JsonType.False:
      return 'false';
    case JsonType.Int:
    case JsonType.Float:
      return node.text;
    case JsonType.Int5:
      return hexToDecimal(node.text);
    case JsonType.Float5:
      return standardFloat(node.text);
    case JsonType.Text:
    case JsonType.TextJ:
      return `"${node.text}"`;
    case JsonType.Text5:
      return fromJson5(node.text);
    case JsonType.TextRaw:
      return quoteJson(node.text);
    case JsonType.Array:
      return '[]';
    case JsonType.Object:
      return '{}';
  }
}

/** A value as JSON text without white space. */
export function toJson(node: JsonNode): string {
  if (node.items.length === 0) return leafText(node);
  if (node.type === JsonType.Array) return `[${node.items.map(toJson).join(',')}]`;
  let out = '{';
  for (let i = 0; i < node.items.length; i += 2) {
    if (i > 0) out += ',';
    out += `${toJson(node.items[i]!)}:${toJson(node.items[i + 1]!)}`;
  }
  return `${out}}`;
}

/** A value as indented JSON text. */
export function toPrettyJson(node: JsonNode, indent: string, level: number = 0): string {
  if (node.items.length === 0) return leafText(node);
  const inner = `\n${indent.repeat(level + 1)}`;
  const outer = `\n${indent.repeat(level)}`;
  const isArray = node.type === JsonType.Array;
  let out = isArray ? '[' : '{';
  for (let i = 0; i < node.items.length; i++) {
    out += i > 0 ? `,${inner}` : inner;
    if (!isArray) out += `${leafText(node.items[i++]!)}: `;
    out += toPrettyJson(node.items[i]!, indent, level + 1);
  }
  return out + outer + (isArray ? ']' : '}');
}

function integerValue(text: string): SqlValue {
  const v = BigInt(text);
  return v >= INT64_MIN && v <= INT64_MAX ? normalizeInt(v) : new Real(parseReal(text));
}

/** A hexadecimal integer: 64 bits unsigned, REAL where the sign bit is needed. */
function hexValue(text: string): SqlValue {
  const negative = text.startsWith('-');
  const v = BigInt(negative ? text.slice(1) : text);
  if (v > 0xffffffffffffffffn) throw fail('malformed JSON');
  if (v > INT64_MAX) return new Real(negative ? -Number(v) : Number(v));
  return normalizeInt(negative ? -v : v);
}

/** A leaf as an SQL value; strings are lenient text (see text.ts). */
export function leafValue(node: JsonNode): SqlValue {
  switch (node.type) {
    case JsonType.Null:
      return null;
    case JsonType.True:
      return 1;
    case JsonType.False:
      return 0;
    case JsonType.Int:
      return integerValue(node.text);
    case JsonType.Int5:
      return hexValue(node.text);
    case JsonType.Float:
    case JsonType.Float5:
      return new Real(parseReal(node.text));
    default:
      return stringOf(node);
  }
}

/** A REAL as JSON. */
export function realJson(x: number): string {
  if (x === Infinity) return '9.0e+999';
  return x === -Infinity ? '-9.0e+999' : realToText(x);
}
