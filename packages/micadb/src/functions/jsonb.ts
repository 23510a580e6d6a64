/**
 * JSONB, SQLite's binary JSON (https://www.sqlite.org/jsonb.html): each element is a header (type in
 * the low four bits, size of the payload in the high four or in 1, 2, 4 or 8 bytes that follow) and
 * its payload. Headers that are written are as short as they can be.
 */
import { textBytes } from '../values/utf.ts';
import { UTF8 } from '../values/value.ts';
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
import { fromLenient, lenient } from './text.ts';

/** Type, start of the payload and end of the element at `pos`; null when it does not fit. */
interface Element {
  readonly type: number;
  readonly start: number;
  readonly end: number;
}

function elementAt(b: Uint8Array, pos: number, limit: number): Element | null {
  if (pos >= limit) return null;
  const head = b[pos]!;
  const nibble = head >> 4;
  let start = pos + 1;
  let size = nibble;
  if (nibble >= 12) {
    const n = 1 << (nibble - 12);
    if (start + n > limit) return null;
    size = 0;
    for (let i = 0; i < n; i++) size = size * 256 + b[start + i]!;
    start += n;
  }
  const end = start + size;
  return end > limit ? null : { type: head & 0x0f, start, end };
}

/** JSON text often starts with these: such a short blob is JSONB only when it is so to its end. */
function startsLikeText(c: number): boolean {
  return c === 0x7b || c === 0x5b || (c >= 0x30 && c <= 0x39);
}

/** True when a BLOB has the outer shape of JSONB: json_valid(X, 4). */
export function looksLikeJsonb(b: Uint8Array): boolean {
  const e = elementAt(b, 0, b.length);
  if (e === null || e.end !== b.length || e.type > JsonType.Object) return false;
  if (e.type <= JsonType.False && e.start !== e.end) return false;
  return e.end - e.start > 7 || !startsLikeText(b[0]!) || decodeJsonb(b) !== null;
}

const PATTERNS: Readonly<Partial<Record<JsonType, RegExp>>> = {
  [JsonType.Int]: /^-?\d+$/,
  [JsonType.Int5]: /^-?0[xX][0-9A-Fa-f]+$/,
  [JsonType.Float]: /^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/,
  [JsonType.Float5]: /^-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/,
  [JsonType.Text]: /^[ !#-[\]-\uffff]*$/,
  [JsonType.TextJ]: /^(?:[ !#-[\]-\uffff]|\\["\\/bfnrt]|\\u[0-9A-Fa-f]{4})*$/,
  [JsonType.Text5]:
    /^(?:[^\\]|\\["\\/bfnrtv'\n\u2028\u2029]|\\\r\n?|\\0(?!\d)|\\u[0-9A-Fa-f]{4}|\\x[0-9A-Fa-f]{2})*$/,
};

function decode(b: Uint8Array, e: Element, depth: number): JsonNode | null {
  if (depth > MAX_DEPTH) return null;
  switch (e.type) {
    case JsonType.Null:
      return e.start === e.end ? JSON_NULL : null;
    case JsonType.True:
      return e.start === e.end ? JSON_TRUE : null;
    case JsonType.False:
      return e.start === e.end ? JSON_FALSE : null;
    case JsonType.Array:
    case JsonType.Object: {
      const items: JsonNode[] = [];
      for (let p = e.start; p < e.end; ) {
        const child = elementAt(b, p, e.end);
        const node = child === null ? null : decode(b, child, depth + 1);
        if (child === null || node === null) return null;
        if (e.type === JsonType.Object && items.length % 2 === 0 && !isString(node)) return null;
        items.push(node);
        p = child.end;
      }
      if (e.type === JsonType.Object && items.length % 2 !== 0) return null;
      return container(e.type, items);
    }
    default: {
      if (e.type > JsonType.Object) return null;
      const bytes = b.subarray(e.start, e.end);
      const text = lenient(bytes);
      const pattern = PATTERNS[e.type as JsonType];
      if (pattern !== undefined && !pattern.test(text)) return null;
      return leaf(e.type, text);
    }
  }
}

function isString(n: JsonNode): boolean {
  return n.type >= JsonType.Text && n.type <= JsonType.TextRaw;
}

/** The value of a JSONB blob; null when it is malformed anywhere. */
export function decodeJsonb(b: Uint8Array): JsonNode | null {
  const e = elementAt(b, 0, b.length);
  return e === null || e.end !== b.length ? null : decode(b, e, 0);
}

/** The bytes of a value. */
export function encodeJsonb(node: JsonNode): Uint8Array {
  const out = new Writer();
  out.node(node);
  return out.bytes();
}

class Writer {
  private buffer = new Uint8Array(64);
  private length = 0;

  bytes(): Uint8Array {
    return this.buffer.slice(0, this.length);
  }

  private reserve(n: number): void {
    if (this.length + n <= this.buffer.length) return;
    const next = new Uint8Array(Math.max(this.buffer.length * 2, this.length + n));
    next.set(this.buffer.subarray(0, this.length));
    this.buffer = next;
  }

  node(node: JsonNode): void {
    if (node.type === JsonType.Array || node.type === JsonType.Object) {
      const inner = new Writer();
      for (const item of node.items) inner.node(item);
      this.element(node.type, inner.buffer.subarray(0, inner.length));
      return;
    }
    this.element(node.type, textBytes(fromLenient(node.text), UTF8));
  }

  private element(type: JsonType, payload: Uint8Array): void {
    const size = payload.length;
    this.reserve(size + 9);
    const b = this.buffer;
    if (size <= 11) {
      b[this.length++] = (size << 4) | type;
    } else {
      const [nibble, n] = size <= 0xff ? [12, 1] : size <= 0xffff ? [13, 2] : [14, 4];
      b[this.length++] = (nibble << 4) | type;
      for (let i = n - 1; i >= 0; i--) b[this.length++] = (size >>> (8 * i)) & 0xff;
    }
    b.set(payload, this.length);
    this.length += size;
  }
}
