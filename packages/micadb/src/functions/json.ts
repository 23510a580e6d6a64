/** The JSON functions and aggregates (https://www.sqlite.org/json1.html). */
import { toInt64 } from '../values/affinity.ts';
import { textBytes } from '../values/utf.ts';
import { Real, type SqlValue, Text, UTF8 } from '../values/value.ts';
import { ByteWriter } from './byte-writer.ts';
import { aggregate, fail, scalar } from './define.ts';
import {
  container,
  JSON_NULL,
  JSON_SUBTYPE,
  type JsonNode,
  JsonType,
  leaf,
  sameLabel,
  stringOf,
} from './json-node.ts';
import { parseJson } from './json-parse.ts';
import { badPath, type Edit, edit, lookup, type PlainStep, plainPath } from './json-path.ts';
import {
  leafValue,
  quoteJson,
  realJson,
  toJson,
  toPrettyJson,
  writeQuoted,
  writeQuotedSlice,
} from './json-render.ts';
import { jsonScan } from './json-scan.ts';
import { decodeJsonb, encodeJsonb, looksLikeJsonb } from './jsonb.ts';
import { fromLenient, lenient, textOf, untilNul } from './text.ts';
import {
  type AggregateFunction,
  type FunctionContext,
  type Loose,
  type LooseArgs,
  type OnSlices,
  type ScalarFunction,
  Slice,
} from './types.ts';

type Args = readonly SqlValue[];

const subtypes = { subtype: true, resultSubtype: true } as const;

const MALFORMED = 'malformed JSON';

/** Text with the JSON subtype. */
function jsonText(s: string): Text {
  return new Text(textBytes(fromLenient(s), UTF8), UTF8, JSON_SUBTYPE);
}

/** A document as the result of a function: JSONB for the jsonb_... functions. */
function result(node: JsonNode, binary: boolean): SqlValue {
  return binary ? encodeJsonb(node) : jsonText(toJson(node));
}

/** Text of an argument that holds JSON: without what stands behind a NUL. */
function sourceOf(v: SqlValue, ctx: FunctionContext): string {
  if (v instanceof Uint8Array) return untilNul(lenient(v));
  return untilNul(textOf(v, ctx));
}

interface Cached {
  readonly source: SqlValue;
  readonly node: JsonNode;
}

/** The document in the first argument; kept for the call site while the argument stays the same. */
function document(v: SqlValue, ctx: FunctionContext): JsonNode {
  const known = ctx.getAux(0) as Cached | undefined;
  if (known !== undefined && known.source === v) return known.node;
  const node = parseDocument(v, ctx);
  if (node === null) throw fail(MALFORMED);
  if (typeof v === 'string' && v.length > 16) ctx.setAux(0, { source: v, node } satisfies Cached);
  return node;
}

function parseDocument(v: SqlValue, ctx: FunctionContext): JsonNode | null {
  if (v instanceof Uint8Array && looksLikeJsonb(v)) {
    const node = decodeJsonb(v);
    if (node !== null) return node;
  }
  return parseJson(sourceOf(v, ctx)).node;
}

/** A value that is put into JSON. */
function nodeOf(v: SqlValue, ctx: FunctionContext): JsonNode {
  if (v === null) return JSON_NULL;
  if (typeof v === 'number' || typeof v === 'bigint') return leaf(JsonType.Int, String(v));
  if (v instanceof Real) return leaf(JsonType.Float, realJson(v.value));
  if (v instanceof Uint8Array) {
    const node = looksLikeJsonb(v) ? decodeJsonb(v) : null;
    if (node === null) throw fail('JSON cannot hold BLOB values');
    return node;
  }
  const s = textOf(v, ctx);
  if (v instanceof Text && v.subtype === JSON_SUBTYPE) {
    const { node } = parseJson(untilNul(s));
    if (node === null) throw fail(MALFORMED);
    return node;
  }
  return leaf(JsonType.TextRaw, s);
}

/** Adds the JSON text of a value that is put into JSON. */
function writeValue(v: Loose, out: ByteWriter, ctx: FunctionContext): void {
  if (v instanceof Slice) {
    if (!writeQuotedSlice(v, out)) writeValue(v.text(), out, ctx);
  } else if (typeof v === 'string') writeQuoted(v, out);
  else if (typeof v === 'number') out.string(String(v));
  else if (v instanceof Real) out.string(realJson(v.value));
  else if (v instanceof Text && v.subtype === JSON_SUBTYPE) out.text(v);
  else out.text(fromLenient(toJson(nodeOf(v, ctx))));
}

/** Adds a label that is not NULL, and the colon. */
function writeLabel(v: Exclude<Loose, null>, out: ByteWriter, ctx: FunctionContext): void {
  if (v instanceof Slice || typeof v === 'string') writeValue(v, out, ctx);
  else out.text(fromLenient(quoteJson(textOf(v, ctx))));
  out.byte(COLON);
}

const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_ARRAY = 0x5b;
const OPEN_OBJECT = 0x7b;

/** A finished JSON text as a function's result. */
function textResult(bytes: Uint8Array, binary: boolean): SqlValue {
  if (!binary) return new Text(bytes, UTF8, JSON_SUBTYPE);
  const { node } = parseJson(lenient(bytes));
  if (node === null) throw fail(MALFORMED);
  return encodeJsonb(node);
}

/** Where scalar functions write: what they have written is taken before anything else is called. */
const output = /* @__PURE__ */ new ByteWriter(1024);

function beginOutput(): ByteWriter {
  output.length = 0;
  return output;
}

// -- documents -----------------------------------------------------------------------------------

function json(binary: boolean) {
  return (args: Args, ctx: FunctionContext): SqlValue => {
    if (args[0] === null) return null;
    if (!binary && jsonScan.read(args[0]!)) return jsonScan.json(0);
    return result(document(args[0]!, ctx), binary);
  };
}

function pretty(args: Args, ctx: FunctionContext): SqlValue {
  if (args[0] === null) return null;
  const indent = args.length < 2 || args[1] === null ? '    ' : untilNul(textOf(args[1]!, ctx));
  return fromLenient(toPrettyJson(document(args[0]!, ctx), indent));
}

function quote(args: LooseArgs, ctx: FunctionContext): SqlValue {
  const out = beginOutput();
  writeValue(args[0]!, out, ctx);
  return textResult(out.take(), false);
}

function array(binary: boolean) {
  return (args: LooseArgs, ctx: FunctionContext): SqlValue => {
    const out = beginOutput();
    out.byte(OPEN_ARRAY);
    for (let i = 0; i < args.length; i++) {
      if (i > 0) out.byte(COMMA);
      writeValue(args[i]!, out, ctx);
    }
    out.byte(OPEN_ARRAY + 2);
    return textResult(out.take(), binary);
  };
}

function object(binary: boolean) {
  return (args: LooseArgs, ctx: FunctionContext): SqlValue => {
    if (args.length % 2 !== 0) {
      throw fail('json_object() requires an even number of arguments');
    }
    const out = beginOutput();
    out.byte(OPEN_OBJECT);
    for (let i = 0; i < args.length; i += 2) {
      const label = args[i]!;
      if (typeof label !== 'string' && !(label instanceof Text || label instanceof Slice)) {
        throw fail('json_object() labels must be TEXT');
      }
      if (i > 0) out.byte(COMMA);
      writeLabel(label, out, ctx);
      writeValue(args[i + 1]!, out, ctx);
    }
    out.byte(OPEN_OBJECT + 2);
    return textResult(out.take(), binary);
  };
}

function valid(args: Args, ctx: FunctionContext): SqlValue {
  let flags = 1;
  if (args.length === 2) {
    if (args[1] === null) return null;
    const given = toInt64(args[1]!, ctx.host.encoding);
    if (given < 1 || given > 15) {
      throw fail('FLAGS parameter to json_valid() must be between 1 and 15');
    }
    flags = Number(given);
  }
  const v = args[0]!;
  if (v === null) return null;
  if (v instanceof Uint8Array && looksLikeJsonb(v)) {
    if ((flags & 4) !== 0) return 1;
    return (flags & 8) !== 0 && decodeJsonb(v) !== null ? 1 : 0;
  }
  if ((flags & 3) === 0) return 0;
  if (jsonScan.read(v)) return 1;
  const { node, nonStandard } = parseJson(sourceOf(v, ctx));
  return node !== null && (!nonStandard || (flags & 2) !== 0) ? 1 : 0;
}

function errorPosition(args: Args, ctx: FunctionContext): SqlValue {
  const v = args[0]!;
  if (v === null) return null;
  if (v instanceof Uint8Array && looksLikeJsonb(v)) return decodeJsonb(v) === null ? 1 : 0;
  const s = sourceOf(v, ctx);
  const { node, error } = parseJson(s);
  if (node !== null) return 0;
  return [...s.slice(0, error)].length + 1;
}

// -- looking up ----------------------------------------------------------------------------------

/** A path argument of a function; null for NULL. */
function pathOf(v: SqlValue, ctx: FunctionContext): string | null {
  return v === null ? null : untilNul(textOf(v, ctx));
}

function sqlValue(node: JsonNode, binary: boolean, subtype: boolean): SqlValue {
  if (node.type === JsonType.Array || node.type === JsonType.Object) {
    if (binary) return encodeJsonb(node);
    return subtype ? jsonText(toJson(node)) : fromLenient(toJson(node));
  }
  const v = leafValue(node);
  return typeof v === 'string' ? fromLenient(v) : v;
}

/** The steps of a path argument; null when it is not plain. */
function plainSteps(path: Loose): readonly PlainStep[] | null {
  return typeof path === 'string' ? plainPath(path) : null;
}

/** json_extract(X, P) by the scanner; undefined where document or path are not plain. */
function extractOne(args: LooseArgs): Loose | undefined {
  const steps = plainSteps(args[1]!);
  if (steps === null || !jsonScan.read(args[0]!)) return undefined;
  const entry = jsonScan.find(steps);
  if (entry < 0) return null;
  return args[0] instanceof Slice ? jsonScan.loose(entry, true) : jsonScan.value(entry, true);
}

/** json_extract(X, P1, P2...) in the same way. */
function extractMany(args: LooseArgs): SqlValue | undefined {
  if (!jsonScan.read(args[0]!)) return undefined;
  const out = beginOutput();
  for (let i = 1; i < args.length; i++) {
    const steps = plainSteps(args[i]!);
    if (steps === null) return undefined;
    out.byte(i === 1 ? OPEN_ARRAY : COMMA);
    const entry = jsonScan.find(steps);
    if (entry < 0) out.string('null');
    else jsonScan.write(entry, out);
  }
  out.byte(OPEN_ARRAY + 2);
  return textResult(out.take(), false);
}

function extract(binary: boolean) {
  return (args: Args, ctx: FunctionContext): SqlValue => {
    if (args.length < 2 || args[0] === null) return null;
    const plain = binary ? undefined : args.length === 2 ? extractOne(args) : extractMany(args);
    if (plain !== undefined && !(plain instanceof Slice)) return plain;
    const root = document(args[0]!, ctx);
    if (args.length === 2) {
      const path = pathOf(args[1]!, ctx);
      const node = path === null ? null : lookup(root, path);
      return node === null ? null : sqlValue(node, binary, true);
    }
    const found: JsonNode[] = [];
    for (const arg of args.slice(1)) {
      const path = pathOf(arg, ctx);
      if (path === null) return null;
      found.push(lookup(root, path) ?? JSON_NULL);
    }
    return result(container(JsonType.Array, found), binary);
  };
}

/** The node that the right side of -> or ->> means: a path, a label, or an index. */
function lookupArrow(root: JsonNode, v: SqlValue, ctx: FunctionContext): JsonNode | null {
  const s = untilNul(textOf(v, ctx));
  if (s.startsWith('$')) return lookup(root, s);
  if (typeof v === 'number' || typeof v === 'bigint') {
    return lookup(root, v < 0 ? `$[#${s}]` : `$[${s}]`);
  }
  if (s === '') throw badPath(s);
  return lookup(root, arrowPath(s), s);
}

/** The right side of -> or ->> as a path. */
function arrowPath(v: string | number): string {
  if (typeof v === 'number') return v < 0 ? `$[#${v}]` : `$[${v}]`;
  if (v.startsWith('$')) return v;
  if (v.length >= 3 && v.startsWith('[') && v.endsWith(']')) return `$${v}`;
  return /^[0-9A-Za-z]+$/.test(v) ? `$.${v}` : `$."${v}"`;
}

const arrowPaths = new Map<string | number, readonly PlainStep[] | null>();
const MAX_ARROW_PATHS = 64;

/** What the right side of -> or ->> means for the scanner; null when it is not plain. */
function arrowSteps(v: Loose): readonly PlainStep[] | null {
  if (typeof v !== 'number' && (typeof v !== 'string' || v === '' || v.includes('\0'))) return null;
  let steps = arrowPaths.get(v);
  if (steps === undefined) {
    if (arrowPaths.size >= MAX_ARROW_PATHS) arrowPaths.clear();
    arrowPaths.set(v, (steps = plainPath(arrowPath(v))));
  }
  return steps;
}

function arrow(asSql: boolean) {
  return (args: Args, ctx: FunctionContext): SqlValue => {
    if (args[0] === null) return null;
    const steps = arrowSteps(args[1]!);
    if (steps !== null && jsonScan.read(args[0]!)) {
      const entry = jsonScan.find(steps);
      if (entry < 0) return null;
      return asSql ? jsonScan.value(entry, false) : jsonScan.json(entry);
    }
    const root = document(args[0]!, ctx);
    if (args[1] === null) return null;
    const node = lookupArrow(root, args[1]!, ctx);
    if (node === null) return null;
    return asSql ? sqlValue(node, false, false) : jsonText(toJson(node));
  };
}

const TYPE_NAMES: Readonly<Record<JsonType, string>> = {
  [JsonType.Null]: 'null',
  [JsonType.True]: 'true',
  [JsonType.False]: 'false',
  [JsonType.Int]: 'integer',
  [JsonType.Int5]: 'integer',
  [JsonType.Float]: 'real',
  [JsonType.Float5]: 'real',
  [JsonType.Text]: 'text',
  [JsonType.TextJ]: 'text',
  [JsonType.Text5]: 'text',
  [JsonType.TextRaw]: 'text',
  [JsonType.Array]: 'array',
  [JsonType.Object]: 'object',
};

/** The node that a function with an optional path is about. */
function target(args: Args, ctx: FunctionContext): JsonNode | null {
  if (args[0] === null) return null;
  const root = document(args[0]!, ctx);
  if (args.length < 2) return root;
  const path = pathOf(args[1]!, ctx);
  return path === null ? null : lookup(root, path);
}

/** The same by the scanner: its entry, -1 when there is none; null where document or path are not plain. */
function plainTarget(args: LooseArgs): number | null {
  const steps = args.length < 2 ? NO_STEPS : plainSteps(args[1]!);
  if (steps === null || args[0] === null || !jsonScan.read(args[0]!)) return null;
  return jsonScan.find(steps);
}
const NO_STEPS: readonly PlainStep[] = [];

function type(args: Args, ctx: FunctionContext): SqlValue {
  const entry = plainTarget(args);
  if (entry !== null) return entry < 0 ? null : TYPE_NAMES[jsonScan.type(entry)];
  const node = target(args, ctx);
  return node === null ? null : TYPE_NAMES[node.type];
}

function arrayLength(args: Args, ctx: FunctionContext): SqlValue {
  const entry = plainTarget(args);
  if (entry !== null) return entry < 0 ? null : jsonScan.elements(entry);
  const node = target(args, ctx);
  if (node === null) return null;
  return node.type === JsonType.Array ? node.items.length : 0;
}

// -- editing -------------------------------------------------------------------------------------

function editing(name: string, op: Edit, binary: boolean) {
  return (args: Args, ctx: FunctionContext): SqlValue => {
    if (args.length === 0) return null;
    if (args.length % 2 === 0) throw fail(`json_${name}() needs an odd number of arguments`);
    if (args[0] === null) return null;
    let root = document(args[0]!, ctx);
    for (let i = 1; i < args.length; i += 2) {
      const path = pathOf(args[i]!, ctx);
      if (path === null) continue;
      if (path[0] !== '$') throw badPath(path);
      root = edit(root, path, op, nodeOf(args[i + 1]!, ctx)) ?? root;
    }
    return result(root, binary);
  };
}

function remove(binary: boolean) {
  return (args: Args, ctx: FunctionContext): SqlValue => {
    if (args.length === 0 || args[0] === null) return null;
    let root = document(args[0]!, ctx);
    for (const arg of args.slice(1)) {
      const path = pathOf(arg, ctx);
      if (path === null) return null;
      const next = edit(root, path, 'remove', JSON_NULL);
      if (next === null) return null;
      root = next;
    }
    return result(root, binary);
  };
}

/** RFC 7396: an object's members are merged, everything else replaces. */
function merge(target: JsonNode, change: JsonNode): JsonNode {
  if (change.type !== JsonType.Object) return change;
  const items = target.type === JsonType.Object ? target.items.slice() : [];
  for (let i = 0; i < change.items.length; i += 2) {
    const label = change.items[i]!;
    const value = change.items[i + 1]!;
    const text = stringOf(label);
    let place = 0;
    while (place < items.length && !sameLabel(items[place]!, text)) place += 2;
    const exists = place < items.length;
    if (value.type === JsonType.Null) {
      if (exists) items.splice(place, 2);
    } else if (exists) {
      items[place + 1] = merge(items[place + 1]!, value);
    } else {
      items.push(label, merge(container(JsonType.Object, []), value));
    }
  }
  return container(JsonType.Object, items);
}

function patch(binary: boolean) {
  return (args: Args, ctx: FunctionContext): SqlValue => {
    if (args[0] === null) return null;
    const root = document(args[0]!, ctx);
    if (args[1] === null) return null;
    const change = parseDocument(args[1]!, ctx);
    if (change === null) throw fail(MALFORMED);
    return result(merge(root, change), binary);
  };
}

// -- aggregates ----------------------------------------------------------------------------------

/** The elements so far, each with a comma behind it; rows that a window has left are in front of `from`. */
class Group {
  readonly text = new ByteWriter();
  /** Where the elements end. */
  readonly ends: number[] = [];
  /** How many elements were taken back. */
  left = 0;
}

function endElement(s: Group): void {
  s.text.byte(COMMA);
  s.ends.push(s.text.length);
}

function addElement(s: Group, args: LooseArgs, ctx: FunctionContext): void {
  writeValue(args[0]!, s.text, ctx);
  endElement(s);
}

function addMember(s: Group, args: LooseArgs, ctx: FunctionContext): void {
  const label = args[0]!;
  if (label === null) return;
  writeLabel(label, s.text, ctx);
  writeValue(args[1]!, s.text, ctx);
  endElement(s);
}

function groupResult(s: Group | null, open: number, binary: boolean): SqlValue {
  const out = beginOutput();
  out.byte(open);
  if (s !== null && s.left < s.ends.length) {
    const from = s.left === 0 ? 0 : s.ends[s.left - 1]!;
    out.copy(s.text.bytes, from, s.text.length - 1);
  }
  out.byte(open + 2);
  return textResult(out.take(), binary);
}

function groupArray(name: string, binary: boolean): AggregateFunction {
  return aggregate(
    name,
    1,
    {
      init: () => new Group(),
      step: addElement,
      inverse(s) {
        s.left++;
      },
      finalize: (s: Group | null) => groupResult(s, OPEN_ARRAY, binary),
    },
    {
      ...subtypes,
      stepSlices: (s, args, ctx) => addElement(s as Group, args, ctx),
    },
  );
}

function groupObject(name: string, binary: boolean): AggregateFunction {
  return aggregate(
    name,
    2,
    {
      init: () => new Group(),
      step: addMember,
      inverse(s, args) {
        if (args[0] !== null) s.left++;
      },
      finalize: (s: Group | null) => groupResult(s, OPEN_OBJECT, binary),
    },
    {
      ...subtypes,
      stepSlices: (s, args, ctx) => addMember(s as Group, args, ctx),
    },
  );
}

// -- on slices -----------------------------------------------------------------------------------

const extractSlices: OnSlices = (args) => {
  if (!(args[0] instanceof Slice) || args.length < 2) return undefined;
  return args.length === 2 ? extractOne(args) : extractMany(args);
};

function arrowSlices(asSql: boolean): OnSlices {
  return (args) => {
    const steps = args[0] instanceof Slice ? arrowSteps(args[1]!) : null;
    if (steps === null || !jsonScan.read(args[0]!)) return undefined;
    const entry = jsonScan.find(steps);
    if (entry < 0) return null;
    return asSql ? jsonScan.loose(entry, false) : jsonScan.json(entry);
  };
}

const jsonSlices: OnSlices = (args) =>
  args[0] instanceof Slice && jsonScan.read(args[0]) ? jsonScan.json(0) : undefined;

const validSlices: OnSlices = (args) =>
  args[0] instanceof Slice && jsonScan.read(args[0]) ? 1 : undefined;

const typeSlices: OnSlices = (args) => {
  const entry = args[0] instanceof Slice ? plainTarget(args) : null;
  if (entry === null) return undefined;
  return entry < 0 ? null : TYPE_NAMES[jsonScan.type(entry)];
};

const arrayLengthSlices: OnSlices = (args) => {
  const entry = args[0] instanceof Slice ? plainTarget(args) : null;
  if (entry === null) return undefined;
  return entry < 0 ? null : jsonScan.elements(entry);
};

function pair(
  name: string,
  argCount: number,
  make: (binary: boolean) => (args: Args, ctx: FunctionContext) => SqlValue,
  onSlices?: OnSlices,
): readonly ScalarFunction[] {
  return [
    scalar(`json${name}`, argCount, make(false), onSlices ? { ...subtypes, onSlices } : subtypes),
    scalar(`jsonb${name}`, argCount, make(true), subtypes),
  ];
}

export const jsonFunctions: readonly (ScalarFunction | AggregateFunction)[] =
  /* @__PURE__ */ (() => [
    ...pair('', 1, json, jsonSlices),
    ...pair('_array', -1, array, array(false)),
    ...pair('_object', -1, object, object(false)),
    ...pair('_extract', -1, extract, extractSlices),
    ...pair('_insert', -1, (b) => editing('insert', 'insert', b)),
    ...pair('_replace', -1, (b) => editing('replace', 'replace', b)),
    ...pair('_set', -1, (b) => editing('set', 'set', b)),
    ...pair('_array_insert', -1, (b) => editing('array_insert', 'arrayInsert', b)),
    ...pair('_remove', -1, remove),
    ...pair('_patch', 2, patch),
    scalar('json_pretty', 1, pretty),
    scalar('json_pretty', 2, pretty),
    scalar('json_quote', 1, quote, { ...subtypes, onSlices: quote }),
    scalar('json_valid', 1, valid, { onSlices: validSlices }),
    scalar('json_valid', 2, valid),
    scalar('json_error_position', 1, errorPosition),
    scalar('json_type', 1, type, { onSlices: typeSlices }),
    scalar('json_type', 2, type, { onSlices: typeSlices }),
    scalar('json_array_length', 1, arrayLength, { onSlices: arrayLengthSlices }),
    scalar('json_array_length', 2, arrayLength, { onSlices: arrayLengthSlices }),
    scalar('->', 2, arrow(false), { ...subtypes, onSlices: arrowSlices(false) }),
    scalar('->>', 2, arrow(true), { onSlices: arrowSlices(true) }),
    groupArray('json_group_array', false),
    groupArray('jsonb_group_array', true),
    groupObject('json_group_object', false),
    groupObject('jsonb_group_object', true),
  ])();
