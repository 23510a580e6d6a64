/**
 * Runs sqllogictest scripts (format: README of the corpus beside the checkout) against an engine.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

/** What a script runs on: rows come as arrays of plain JavaScript values. */
export interface SltEngine {
  execute(sql: string): void;
  query(sql: string): unknown[][];
}

export interface SltFailure {
  readonly line: number;
  readonly sql: string;
  readonly message: string;
}

export interface SltReport {
  passed: number;
  skipped: number;
  readonly failures: SltFailure[];
}

interface Record_ {
  readonly line: number;
  readonly head: string[];
  readonly sql: string;
  readonly expected: string[] | null;
}

export function readScript(path: string): string {
  const bytes = readFileSync(path);
  return (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('latin1');
}

/** Splits a script into records; conditions that exclude `sqlite` count as skipped. */
function* records(text: string): Generator<Record_ | 'skipped' | 'halt'> {
  const lines = text.split('\n');
  let i = 0;
  while (i < lines.length) {
    const block: string[] = [];
    const line = i + 1;
    for (; i < lines.length && lines[i]!.trim() !== ''; i++) {
      if (!lines[i]!.startsWith('#')) block.push(lines[i]!);
    }
    i += 1;
    if (block.length === 0) continue;
    let skip = false;
    while (block.length > 0 && /^(skipif|onlyif)\s/.test(block[0]!)) {
      const [what, name] = block.shift()!.split(/\s+/);
      if ((what === 'skipif') === (name!.toLowerCase() === 'sqlite')) skip = true;
    }
    if (block.length === 0) continue;
    const head = block[0]!.trim().split(/\s+/);
    if (head[0] === 'hash-threshold') continue;
    if (head[0] === 'halt') {
      if (!skip) yield 'halt';
      continue;
    }
    if (skip) {
      yield 'skipped';
      continue;
    }
    const body = block.slice(1);
    const cut = body.indexOf('----');
    yield {
      line,
      head,
      sql: (cut < 0 ? body : body.slice(0, cut)).join('\n'),
      expected: cut < 0 ? null : body.slice(cut + 1),
    };
  }
}

function leadingNumber(v: unknown): number {
  if (typeof v === 'number') return v;
  if (typeof v === 'bigint') return Number(v);
  const text = v instanceof Uint8Array ? Buffer.from(v).toString('latin1') : String(v);
  const m = /^\s*[+-]?(\d+\.?\d*([eE][+-]?\d+)?|\.\d+([eE][+-]?\d+)?)/.exec(text);
  return m === null ? 0 : Number(m[0]);
}

function formatValue(type: string, v: unknown): string {
  if (v === null) return 'NULL';
  switch (type) {
    case 'I':
      if (typeof v === 'bigint') return String(BigInt.asIntN(32, v));
      return String(Number(BigInt.asIntN(32, BigInt(Math.trunc(leadingNumber(v))))));
    case 'R':
      return leadingNumber(v).toFixed(3);
    default: {
      const text = v instanceof Uint8Array ? Buffer.from(v).toString('latin1') : String(v);
      if (text === '') return '(empty)';
      return text.replace(/[^ -~]/g, '@');
    }
  }
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function arrange(rows: string[][], sort: string): string[] {
  if (sort === 'rowsort') {
    rows.sort((a, b) => {
      for (let i = 0; i < a.length; i++) {
        const c = compareText(a[i]!, b[i]!);
        if (c !== 0) return c;
      }
      return 0;
    });
  }
  const values = rows.flat();
  return sort === 'valuesort' ? values.sort(compareText) : values;
}

function md5(values: readonly string[]): string {
  const hash = createHash('md5');
  for (const v of values) hash.update(`${v}\n`, 'latin1');
  return hash.digest('hex');
}

/** Throws an Error that says what is wrong with the result. */
function checkQuery(engine: SltEngine, r: Record_, labels: Map<string, string>): void {
  const types = r.head[1] ?? '';
  const sort = r.head[2] ?? 'nosort';
  const label = r.head[3];
  const rows = engine.query(r.sql);
  for (const row of rows) {
    if (row.length !== types.length) {
      throw new Error(`${row.length} columns, expected ${types.length}`);
    }
  }
  const values = arrange(
    rows.map((row) => row.map((v, i) => formatValue(types[i]!, v))),
    sort,
  );
  const expected = r.expected ?? [];
  const hashed = /^(\d+) values hashing to ([0-9a-f]{32})$/.exec(expected[0] ?? '');
  const hash = md5(values);
  if (hashed !== null && expected.length === 1) {
    if (values.length !== Number(hashed[1])) {
      throw new Error(`${values.length} values, expected ${hashed[1]}`);
    }
    if (hash !== hashed[2]) throw new Error(`hash ${hash}, expected ${hashed[2]}`);
  } else if (values.length !== expected.length || values.some((v, i) => v !== expected[i])) {
    throw new Error(`got ${show(values)}, expected ${show(expected)}`);
  }
  if (label !== undefined) {
    const before = labels.get(label);
    if (before !== undefined && before !== hash) throw new Error(`label ${label} differs`);
    labels.set(label, hash);
  }
}

function show(values: readonly string[]): string {
  const head = values.slice(0, 12).join('|');
  return values.length > 12 ? `${head}|... (${values.length})` : head;
}

/** Runs a whole script. Stops after `maxFailures`. */
export function runScript(engine: SltEngine, text: string, maxFailures = 20): SltReport {
  const report: SltReport = { passed: 0, skipped: 0, failures: [] };
  const labels = new Map<string, string>();
  for (const r of records(text)) {
    if (r === 'halt') break;
    if (r === 'skipped') {
      report.skipped += 1;
      continue;
    }
    try {
      if (r.head[0] === 'statement') runStatement(engine, r);
      else if (r.head[0] === 'query') checkQuery(engine, r, labels);
      else throw new Error(`unknown record: ${r.head.join(' ')}`);
      report.passed += 1;
    } catch (e) {
      report.failures.push({
        line: r.line,
        sql: r.sql,
        message: e instanceof Error ? e.message : String(e),
      });
      if (report.failures.length >= maxFailures) break;
    }
  }
  return report;
}

function runStatement(engine: SltEngine, r: Record_): void {
  const mustFail = r.head[1] === 'error';
  try {
    engine.execute(r.sql);
  } catch (e) {
    const isSqlError = e instanceof Error && e.name === 'SqliteError';
    if (mustFail && isSqlError) return;
    throw e;
  }
  if (mustFail) throw new Error('the statement succeeded but must fail');
}
