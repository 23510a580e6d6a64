/**
 * Paths into JSON (json1 §3.3): "$" and then steps ".label", '."label"', "[N]", "[#]", "[#-N]". A
 * path is read step by step as the document is walked, so that a fault behind the place where the
 * walk ends is never seen, as in SQLite.
 */
import { utf8Encode } from '../values/utf.ts';
import { fail } from './define.ts';
import {
  container,
  type JsonNode,
  JsonType,
  leaf,
  MAX_DEPTH,
  sameLabel,
  unescapeJson,
} from './json-node.ts';

/** What an edit does at its path. */
export type Edit = 'insert' | 'replace' | 'set' | 'arrayInsert' | 'remove';

type Step =
  | {
      readonly kind: 'label';
      readonly label: JsonNode;
      readonly text: string;
      readonly rest: number;
    }
  /** Counted from the end when `fromEnd`: [#-offset]. */
  | {
      readonly kind: 'index';
      readonly offset: number;
      readonly fromEnd: boolean;
      readonly rest: number;
    };

function quoted(path: string): string {
  return `'${path.replaceAll("'", "''")}'`;
}

export function badPath(path: string): Error {
  return fail(`bad JSON path: ${quoted(path)}`);
}

/** The step at `at`; null when it is malformed. Indexes are looked at only for arrays. */
function labelStep(path: string, at: number): Step | null {
  if (path[at] === '"') {
    let i = at + 1;
    while (i < path.length && path[i] !== '"') i += path[i] === '\\' && i + 1 < path.length ? 2 : 1;
    if (i >= path.length) return null;
    const raw = path.slice(at + 1, i);
    const escaped = raw.includes('\\');
    return {
      kind: 'label',
      label: leaf(escaped ? JsonType.Text5 : JsonType.TextRaw, raw),
      text: escaped ? unescapeJson(raw) : raw,
      rest: i + 1,
    };
  }
  let i = at;
  while (i < path.length && path[i] !== '.' && path[i] !== '[') i++;
  if (i === at) return null;
  const text = path.slice(at, i);
  return { kind: 'label', label: leaf(JsonType.TextRaw, text), text, rest: i };
}

const INDEX = /\[(?:(\d+)|#(?:-(\d+))?)\]/y;

function indexStep(path: string, at: number): Step | null {
  INDEX.lastIndex = at;
  const m = INDEX.exec(path);
  if (m === null) return null;
  const fromEnd = m[1] === undefined;
  return { kind: 'index', offset: Number(m[1] ?? m[2] ?? 0), fromEnd, rest: at + m[0].length };
}

/** The step at `at` for a node; 'none' when the node cannot have it. Throws on a malformed path. */
function stepFor(node: JsonNode, path: string, at: number, written: string = path): Step | 'none' {
  if (path[at] === '.') {
    const step = labelStep(path, at + 1);
    if (step === null) throw badPath(written);
    return node.type === JsonType.Object ? step : 'none';
  }
  if (path[at] !== '[') throw badPath(written);
  if (node.type !== JsonType.Array) return 'none';
  const step = indexStep(path, at);
  if (step === null) throw badPath(written);
  return step;
}

/** The place in `node.items` that a step means; -1 when there is none. */
function placeOf(node: JsonNode, step: Step): number {
  if (step.kind === 'label') {
    for (let i = 0; i < node.items.length; i += 2) {
      if (sameLabel(node.items[i]!, step.text)) return i + 1;
    }
    return -1;
  }
  const i = step.fromEnd ? node.items.length - step.offset : step.offset;
  return i >= 0 && i < node.items.length ? i : -1;
}

/** A step for json-scan.ts: a label, or when that is null an element. */
export interface PlainStep {
  readonly label: Uint8Array | null;
  readonly text: string;
  readonly offset: number;
  readonly fromEnd: boolean;
}

const plainPaths = new Map<string, readonly PlainStep[] | null>();
const MAX_PATHS = 64;

/** All steps of a path; null when there is a fault in it, or a label that UTF-8 cannot carry. */
export function plainPath(path: string): readonly PlainStep[] | null {
  let steps = plainPaths.get(path);
  if (steps === undefined) {
    if (plainPaths.size >= MAX_PATHS) plainPaths.clear();
    plainPaths.set(path, (steps = readPlainPath(path)));
  }
  return steps;
}

function readPlainPath(path: string): readonly PlainStep[] | null {
  if (path[0] !== '$' || /[\ud800-\udfff]/.test(path)) return null;
  const steps: PlainStep[] = [];
  for (let at = 1; at < path.length; ) {
    const isLabel = path[at] === '.';
    const step = isLabel ? labelStep(path, at + 1) : indexStep(path, at);
    if (step === null) return null;
    if (step.kind === 'label') {
      const { text } = step;
      if (/[\ud800-\udfff]/.test(text)) return null;
      steps.push({ label: utf8Encode(text), text, offset: 0, fromEnd: false });
    } else {
      steps.push({ label: null, text: '', offset: step.offset, fromEnd: step.fromEnd });
    }
    at = step.rest;
  }
  return steps;
}

/**
 * The node at a path, null when there is none. Throws "bad JSON path" with the path as the user wrote
 * it, `written`.
 */
export function lookup(root: JsonNode, path: string, written: string = path): JsonNode | null {
  if (path[0] !== '$') throw badPath(written);
  let node = root;
  for (let at = 1; at < path.length; ) {
    const step = stepFor(node, path, at, written);
    if (step === 'none') return null;
    const place = placeOf(node, step);
    if (place < 0) return null;
    node = node.items[place]!;
    at = step.rest;
  }
  return node;
}

/**
 * The document with an edit done at a path: `root` itself where nothing was to do, null when the
 * whole document was removed.
 */
export function edit(root: JsonNode, path: string, op: Edit, value: JsonNode): JsonNode | null {
  if (path[0] !== '$') throw badPath(path);
  if (path.length === 1) {
    if (op === 'remove') return null;
    return op === 'set' || op === 'replace' ? value : root;
  }
  return editAt(root, path, 1, op, value, 1) ?? root;
}

/** `node` with the edit done below it; null when there was nothing to do. */
function editAt(
  node: JsonNode,
  path: string,
  at: number,
  op: Edit,
  value: JsonNode,
  depth: number,
): JsonNode | null {
  if (depth > MAX_DEPTH) throw fail('JSON path too deep');
  const step = stepFor(node, path, at);
  if (step === 'none') return null;
  const place = placeOf(node, step);
  if (place < 0) return addAt(node, step, path, op, value, depth);
  if (step.rest < path.length) {
    const child = editAt(node.items[place]!, path, step.rest, op, value, depth + 1);
    return child === null ? null : withItems(node, place, 1, [child]);
  }
  switch (op) {
    case 'insert':
      return null;
    case 'replace':
    case 'set':
      return withItems(node, place, 1, [value]);
    case 'remove':
      return step.kind === 'label'
        ? withItems(node, place - 1, 2, [])
        : withItems(node, place, 1, []);
    case 'arrayInsert':
      if (step.kind === 'label') throw notAnElement(path);
      return withItems(node, place, 0, [value]);
  }
}

function notAnElement(path: string): Error {
  return fail(`not an array element: ${quoted(path)}`);
}

/** Adds what the step does not find: a label, or the element behind the last. */
function addAt(
  node: JsonNode,
  step: Step,
  path: string,
  op: Edit,
  value: JsonNode,
  depth: number,
): JsonNode | null {
  if (op === 'remove' || op === 'replace') return null;
  if (step.kind === 'index') {
    const place = step.fromEnd ? node.items.length - step.offset : step.offset;
    if (place !== node.items.length) return null;
  } else if (op === 'arrayInsert' && !path.slice(step.rest).endsWith(']')) {
    throw notAnElement(path);
  }
  let added = value;
  if (step.rest < path.length) {
    const empty = container(path[step.rest] === '.' ? JsonType.Object : JsonType.Array, []);
    const filled = editAt(empty, path, step.rest, op, value, depth + 1);
    if (filled === null) return null;
    added = filled;
  }
  const items = step.kind === 'label' ? [step.label, added] : [added];
  return withItems(node, node.items.length, 0, items);
}

function withItems(
  node: JsonNode,
  place: number,
  remove: number,
  add: readonly JsonNode[],
): JsonNode {
  const items = node.items.slice();
  items.splice(place, remove, ...add);
  return { type: node.type, text: '', items };
}
