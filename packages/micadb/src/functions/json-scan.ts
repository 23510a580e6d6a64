/**
 * JSON text as a list of places, for the functions that look into a document and put nothing new in it:
 * no tree, no strings. Only RFC 8259 is read here. What is not plain (JSON5, malformed text, nesting
 * beyond MAX_DEPTH) is not accepted, and then the parser and the tree serve, whose answers are the same.
 *
 * The places of the document that was read last are kept: several functions of a row ask for the same.
 */
import { decodeText, writeUtf8 } from '../values/utf.ts';
import { Real, type SqlValue, Text, UTF8 } from '../values/value.ts';
import { ByteWriter, takeBytes } from './byte-writer.ts';
import {
  JSON_SUBTYPE,
  JsonType,
  leaf,
  MAX_DEPTH,
  sameEscapedLabel,
  unescapeJson,
} from './json-node.ts';
import type { PlainStep } from './json-path.ts';
import { leafValue } from './json-render.ts';
import { looksLikeJsonb } from './jsonb.ts';
import { arena } from './slices.ts';
import { fromLenient, lenient } from './text.ts';
import { type Loose, Slice } from './types.ts';

/** Numbers an entry has: where it starts, where it ends, the next entry that is not inside, and INFO. */
const ENTRY = 4;
const END = 1;
const NEXT = 2;
/** Strings: 1 when there are escapes. Arrays: the number of elements; objects: of members. */
const INFO = 3;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_OBJECT = 0x7b;
const OPEN_ARRAY = 0x5b;

/** Buffers above this size are given up when a small document comes. */
const LARGE = 1 << 20;

function isSpace(c: number): boolean {
  return c === 0x20 || c === 0x0a || c === 0x0d || c === 0x09;
}

function isDigit(c: number): boolean {
  return c >= 0x30 && c <= 0x39;
}

function isHex(c: number): boolean {
  return isDigit(c) || ((c | 0x20) >= 0x61 && (c | 0x20) <= 0x66);
}

/** What may follow a backslash; `u` has its own rule. */
const escapes = new Uint8Array(256);
for (const c of '"\\/bfnrt') escapes[c.charCodeAt(0)] = 1;

/** Behind the number at `p`; -1 when it is none of RFC 8259. */
function numberEnd(d: Uint8Array, p: number): number {
  if (d[p] === 0x2d) p++;
  let c = d[p]!;
  if (c === 0x30) c = d[++p]!;
  else if (isDigit(c)) {
    do c = d[++p]!;
    while (isDigit(c));
  } else return -1;
  if (c === 0x2e) {
    c = d[++p]!;
    if (!isDigit(c)) return -1;
    do c = d[++p]!;
    while (isDigit(c));
  }
  if (c === 0x65 || c === 0x45) {
    c = d[++p]!;
    if (c === 0x2b || c === 0x2d) c = d[++p]!;
    if (!isDigit(c)) return -1;
    do c = d[++p]!;
    while (isDigit(c));
  }
  return p;
}

/** Behind true, false or null at `p`, else -1. */
function wordEnd(d: Uint8Array, p: number): number {
  if (d[p] === 0x74)
    return d[p + 1] === 0x72 && d[p + 2] === 0x75 && d[p + 3] === 0x65 ? p + 4 : -1;
  if (d[p] === 0x6e)
    return d[p + 1] === 0x75 && d[p + 2] === 0x6c && d[p + 3] === 0x6c ? p + 4 : -1;
  return d[p] === 0x66 &&
    d[p + 1] === 0x61 &&
    d[p + 2] === 0x6c &&
    d[p + 3] === 0x73 &&
    d[p + 4] === 0x65
    ? p + 5
    : -1;
}

/** Powers of ten that are exact. */
const POWERS: readonly number[] = Array.from({ length: 23 }, (_, i) => Number(`1e${i}`));

class JsonScan {
  /** The document with a NUL behind it. */
  private bytes = new Uint8Array(256);
  private places = new Int32Array(ENTRY * 64);
  private readonly stack = new Int32Array(MAX_DEPTH + 1);
  private source: SqlValue = null;
  private length = -1;
  private accepted = false;
  /** There is white space between tokens. */
  private spaced = false;

  /** The same document as the one that was read last? */
  private isSame(s: Slice): boolean {
    const { bytes, length } = this;
    if (s.length !== length || bytes.length === 0) return false;
    for (let i = 0; i < length; i++) if (bytes[i] !== s.bytes[s.at + i]) return false;
    return true;
  }

  /** Reads a document, unless it is the one that was read last. False: not for this scanner. */
  read(v: Loose): boolean {
    if (v === this.source && v !== null) return this.accepted;
    let n: number;
    if (typeof v === 'string') {
      this.room(v.length * 3 + 1);
      n = writeUtf8(this.bytes, 0, v);
      this.source = v;
    } else if (v instanceof Slice) {
      if (this.isSame(v)) return this.accepted;
      this.source = null;
      n = v.length;
      this.room(n + 1);
      this.bytes.set(v.bytes.subarray(v.at, v.at + n));
    } else {
      this.source = null;
      this.length = -1;
      const b = v instanceof Text ? (v.encoding === UTF8 ? v.bytes : null) : v;
      if (!(b instanceof Uint8Array) || (v === b && looksLikeJsonb(b))) return false;
      n = b.length;
      this.room(n + 1);
      this.bytes.set(b);
    }
    this.bytes[n] = 0;
    this.length = n;
    this.spaced = false;
    this.accepted = this.scan();
    return this.accepted;
  }

  private room(n: number): void {
    const have = this.bytes.length;
    if (n > have) this.bytes = new Uint8Array(n + (n >> 1));
    else if (have > LARGE && n < LARGE >> 4) {
      this.bytes = new Uint8Array(n);
      this.places = new Int32Array(ENTRY * 64);
    }
  }

  private grow(): typeof this.places {
    const wider = new Int32Array(this.places.length * 2);
    wider.set(this.places);
    this.places = wider;
    return wider;
  }

  private skipSpace(p: number): number {
    const d = this.bytes;
    if (isSpace(d[p]!)) {
      this.spaced = true;
      do p++;
      while (isSpace(d[p]!));
    }
    return p;
  }

  /** Behind the string whose quote is at `p`, -1 when it is malformed; notes escapes in the entry. */
  private string(p: number, entry: number): number {
    const d = this.bytes;
    this.places[entry + INFO] = 0;
    for (p++; ; p++) {
      let c = d[p]!;
      while (c >= 0x20 && c !== QUOTE && c !== BACKSLASH) c = d[++p]!;
      if (c === QUOTE) return p + 1;
      if (c !== BACKSLASH) return -1;
      this.places[entry + INFO] = 1;
      c = d[++p]!;
      if (escapes[c] === 1) continue;
      if (c !== 0x75) return -1;
      for (let i = 0; i < 4; i++) if (!isHex(d[++p]!)) return -1;
    }
  }

  /** Fills `places`; false when the document is not plain JSON. */
  private scan(): boolean {
    const d = this.bytes;
    const { stack } = this;
    let t = this.places;
    let n = 0;
    let depth = 0;
    /** The entry of the container we are in. */
    let open = -1;
    let inObject = false;
    let p = this.skipSpace(0);
    for (;;) {
      if (n + 2 * ENTRY > t.length) t = this.grow();
      if (inObject) {
        if (d[p]! <= 0x20) p = this.skipSpace(p);
        if (d[p] !== QUOTE) return false;
        t[n] = p;
        p = this.string(p, n);
        if (p < 0) return false;
        t[n + END] = p;
        n += ENTRY;
        t[n - ENTRY + NEXT] = n;
        if (d[p] !== 0x3a) {
          p = this.skipSpace(p);
          if (d[p] !== 0x3a) return false;
        }
        p++;
      }
      let c = d[p]!;
      if (c <= 0x20) {
        p = this.skipSpace(p);
        c = d[p]!;
      }
      t[n] = p;
      if (c === OPEN_OBJECT || c === OPEN_ARRAY) {
        if (depth >= MAX_DEPTH) return false;
        t[n + INFO] = 0;
        p++;
        if (d[p]! <= 0x20) p = this.skipSpace(p);
        // An object is closed by the byte two behind the one that opens it; so is an array.
        if (d[p] !== c + 2) {
          stack[depth++] = open;
          open = n;
          inObject = c === OPEN_OBJECT;
          n += ENTRY;
          continue;
        }
        p++;
      } else {
        if (c === QUOTE) p = this.string(p, n);
        else if (c === 0x2d || isDigit(c)) p = numberEnd(d, p);
        else p = wordEnd(d, p);
        if (p < 0) return false;
      }
      t[n + END] = p;
      n += ENTRY;
      t[n - ENTRY + NEXT] = n;
      // Behind a value.
      for (;;) {
        c = d[p]!;
        if (c <= 0x20) {
          p = this.skipSpace(p);
          c = d[p]!;
        }
        if (open < 0) return c === 0;
        t[open + INFO]!++;
        if (c === 0x2c) {
          p++;
          break;
        }
        if (c !== (inObject ? OPEN_OBJECT : OPEN_ARRAY) + 2) return false;
        p++;
        t[open + END] = p;
        t[open + NEXT] = n;
        open = stack[--depth]!;
        inObject = open >= 0 && d[t[open]!] === OPEN_OBJECT;
      }
    }
  }

  /** The entry at a path, -1 when there is none. The document's own entry is 0. */
  find(steps: readonly PlainStep[]): number {
    const t = this.places;
    const d = this.bytes;
    let entry = 0;
    for (let i = 0; i < steps.length; i++) {
      const step = steps[i]!;
      const c = d[t[entry]!]!;
      let left = t[entry + INFO]!;
      if (step.label !== null) {
        if (c !== OPEN_OBJECT) return -1;
        entry += ENTRY;
        while (left > 0 && !this.isLabel(entry, step.label, step.text)) {
          entry = t[entry + ENTRY + NEXT]!;
          left--;
        }
        if (left === 0) return -1;
        entry += ENTRY;
      } else {
        if (c !== OPEN_ARRAY) return -1;
        const place = step.fromEnd ? left - step.offset : step.offset;
        if (place < 0 || place >= left) return -1;
        entry += ENTRY;
        for (let k = 0; k < place; k++) entry = t[entry + NEXT]!;
      }
    }
    return entry;
  }

  private isLabel(entry: number, label: Uint8Array, text: string): boolean {
    const t = this.places;
    const d = this.bytes;
    const start = t[entry]! + 1;
    if (t[entry + INFO] === 1) {
      return sameEscapedLabel(lenient(d.subarray(start, t[entry + END]! - 1)), text);
    }
    const n = label.length;
    if (t[entry + END]! - 1 - start !== n) return false;
    for (let i = 0; i < n; i++) if (d[start + i] !== label[i]) return false;
    return true;
  }

  /** The number of elements of an array, 0 for all else. */
  elements(entry: number): number {
    return this.bytes[this.places[entry]!] === OPEN_ARRAY ? this.places[entry + INFO]! : 0;
  }

  type(entry: number): JsonType {
    const d = this.bytes;
    const start = this.places[entry]!;
    switch (d[start]) {
      case OPEN_OBJECT:
        return JsonType.Object;
      case OPEN_ARRAY:
        return JsonType.Array;
      case QUOTE:
        return this.places[entry + INFO] === 1 ? JsonType.TextJ : JsonType.Text;
      case 0x74:
        return JsonType.True;
      case 0x66:
        return JsonType.False;
      case 0x6e:
        return JsonType.Null;
      default: {
        const end = this.places[entry + END]!;
        for (let p = start; p < end; p++) {
          if (d[p] === 0x2e || d[p] === 0x65 || d[p] === 0x45) return JsonType.Float;
        }
        return JsonType.Int;
      }
    }
  }

  /** Adds the JSON text of an entry, without white space. */
  write(entry: number, out: ByteWriter): void {
    const d = this.bytes;
    let p = this.places[entry]!;
    const end = this.places[entry + END]!;
    if (!this.spaced) {
      out.copy(d, p, end);
      return;
    }
    out.reserve(end - p);
    const to = out.bytes;
    let n = out.length;
    while (p < end) {
      let c = d[p++]!;
      if (isSpace(c)) continue;
      to[n++] = c;
      if (c !== QUOTE) continue;
      do {
        c = d[p++]!;
        to[n++] = c;
        if (c === BACKSLASH) to[n++] = d[p++]!;
      } while (c !== QUOTE);
    }
    out.length = n;
  }

  /** An entry as JSON. */
  json(entry: number): Text {
    if (!this.spaced) {
      const t = this.places;
      return new Text(takeBytes(this.bytes, t[entry]!, t[entry + END]!), UTF8, JSON_SUBTYPE);
    }
    const out = new ByteWriter(this.places[entry + END]! - this.places[entry]!);
    this.write(entry, out);
    return new Text(out.take(), UTF8, JSON_SUBTYPE);
  }

  /** An entry as an SQL value; arrays and objects as JSON, with the subtype if `subtype`. */
  value(entry: number, subtype: boolean): SqlValue {
    const d = this.bytes;
    const start = this.places[entry]!;
    const end = this.places[entry + END]!;
    switch (d[start]) {
      case OPEN_OBJECT:
      case OPEN_ARRAY: {
        const text = this.json(entry);
        return subtype ? text : decodeText(text.bytes, 0, text.bytes.length, UTF8);
      }
      case QUOTE:
        return this.places[entry + INFO] === 1
          ? fromLenient(unescapeJson(lenient(d.subarray(start + 1, end - 1))))
          : decodeText(d, start + 1, end - 1, UTF8);
      case 0x74:
        return 1;
      case 0x66:
        return 0;
      case 0x6e:
        return null;
      default:
        return this.number(start, end);
    }
  }

  /** As `value`, where text may be a slice. */
  loose(entry: number, subtype: boolean): Loose {
    const start = this.places[entry]! + 1;
    if (this.bytes[start - 1] !== QUOTE || this.places[entry + INFO] === 1) {
      return this.value(entry, subtype);
    }
    const n = this.places[entry + END]! - 1 - start;
    arena.begin(n);
    arena.copy(this.bytes, start, n);
    return arena.end(n);
  }

  /** A number: by exact arithmetic where a double suffices for its digits, else from its text. */
  private number(start: number, end: number): SqlValue {
    const d = this.bytes;
    const negative = d[start] === 0x2d;
    let v = 0;
    let decimals = -1;
    let exponent = false;
    for (let p = negative ? start + 1 : start; p < end; p++) {
      const c = d[p]!;
      if (isDigit(c)) {
        v = v * 10 + (c - 0x30);
        if (decimals >= 0) decimals++;
      } else if (c === 0x2e) decimals = 0;
      else exponent = true;
    }
    if (exponent || v > Number.MAX_SAFE_INTEGER || decimals > 22) {
      const text = lenient(d.subarray(start, end));
      return leafValue(leaf(exponent || decimals >= 0 ? JsonType.Float : JsonType.Int, text));
    }
    if (decimals < 0) return negative ? 0 - v : v;
    const x = decimals === 0 ? v : v / POWERS[decimals]!;
    return new Real(negative ? -x : x);
  }
}

export const jsonScan = /* @__PURE__ */ new JsonScan();
