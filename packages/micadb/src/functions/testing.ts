/**
 * For the tests of this room: calls a built-in function by its descriptor, asks SQLite the same by a
 * SELECT, and gives both answers in one form that can be compared.
 */
import Database from 'better-sqlite3';
import { binaryCollation } from '../values/collation.ts';
import { Real, type SqlValue, Text, UTF8 } from '../values/value.ts';
import { useAllFunctions } from './families.ts';
import { builtinFunctions } from './index.ts';
import type { FunctionContext, FunctionDef, FunctionHost } from './types.ts';

useAllFunctions();

export const NOW = Date.UTC(2024, 1, 29, 13, 14, 15, 678);

const host: FunctionHost = {
  encoding: UTF8,
  lastInsertRowid: () => 42,
  changes: () => 3,
  totalChanges: () => 9,
  now: () => NOW,
  randomness: (buf) => {
    for (let i = 0; i < buf.length; i++) buf[i] = (i * 37 + 11) & 0xff;
  },
  maxLength: 1_000_000_000,
  maxLikePatternLength: 50_000,
};

export function context(overrides: Partial<FunctionHost> = {}): FunctionContext {
  const aux = new Map<number, unknown>();
  return {
    host: { ...host, ...overrides },
    collation: binaryCollation(UTF8),
    getAux: (i) => aux.get(i),
    setAux: (i, v) => {
      aux.set(i, v);
    },
  };
}

const defs = new Map<string, FunctionDef[]>();
for (const def of builtinFunctions()) {
  const list = defs.get(def.name) ?? [];
  list.push(def);
  defs.set(def.name, list);
}

/** The descriptor that a call with `argCount` arguments finds. */
export function find(name: string, argCount: number): FunctionDef {
  const list = defs.get(name) ?? [];
  const def =
    list.find((d) => d.argCount === argCount) ??
    list.find(
      (d) => d.argCount < 0 && argCount >= (d.minArgs ?? 0) && argCount <= (d.maxArgs ?? 1000),
    );
  if (def === undefined) throw new Error(`no function ${name} with ${argCount} arguments`);
  return def;
}

/** A value with its storage class, as one string. */
export function show(v: SqlValue): string {
  if (v === null) return 'null';
  if (v instanceof Real) return `real ${Object.is(v.value, -0) ? '-0' : v.value}`;
  if (typeof v === 'number' || typeof v === 'bigint') return `integer ${v}`;
  if (typeof v === 'string') return `text ${JSON.stringify(Buffer.from(v).toString())}`;
  if (v instanceof Text) {
    const s = Buffer.from(v.bytes);
    return s.equals(Buffer.from(s.toString()))
      ? `text ${JSON.stringify(s.toString())}`
      : `text x${s.toString('hex')}`;
  }
  return `blob ${Buffer.from(v).toString('hex')}`;
}

/** The answer of this implementation, or its error. */
export function mine(name: string, args: readonly SqlValue[], ctx = context()): string {
  const def = find(name, args.length);
  if (def.kind !== 'scalar') throw new Error(`${name} is no scalar function`);
  try {
    return show(def.call(args, ctx));
  } catch (e) {
    return `error ${(e as Error).message}`;
  }
}

const db = new Database(':memory:').defaultSafeIntegers();

export function bindable(v: SqlValue): unknown {
  if (v instanceof Real) return v.value;
  if (typeof v === 'number') return BigInt(v);
  if (v instanceof Text) return Buffer.from(v.bytes);
  return v instanceof Uint8Array ? Buffer.from(v) : v;
}

/** A value as an SQL expression with a parameter, for values that cannot be bound as they are. */
function parameter(v: SqlValue): string {
  return v instanceof Text ? 'CAST(? AS TEXT)' : '?';
}

function answer(row: unknown): string {
  const [type, v, hex] = row as [string, unknown, string];
  switch (type) {
    case 'null':
      return 'null';
    case 'integer':
    case 'real':
      return `${type} ${Object.is(v, -0) ? '-0' : v}`;
    case 'text': {
      const bytes = Buffer.from(hex, 'hex');
      return show(new Text(bytes, UTF8));
    }
    default:
      return `blob ${hex.toLowerCase()}`;
  }
}

const statements = new Map<string, Database.Statement>();

/** SQLite's answer to an expression with parameters. */
export function ask(expression: string, params: readonly SqlValue[]): string {
  try {
    let st = statements.get(expression);
    if (st === undefined) {
      st = db
        .prepare(
          `SELECT typeof(x), x, hex(CAST(x AS BLOB)) FROM (SELECT ${expression} AS x LIMIT 1)`,
        )
        .raw();
      statements.set(expression, st);
    }
    return answer(st.get(...params.map(bindable)));
  } catch (e) {
    return `error ${(e as Error).message}`;
  }
}

/** SQLite's answer to a call. */
export function oracle(name: string, args: readonly SqlValue[]): string {
  return ask(`"${name}"(${args.map(parameter).join(',')})`, args);
}

/** Runs an aggregate over rows of arguments, ours and SQLite's. */
export function aggregateBoth(
  name: string,
  rows: readonly (readonly SqlValue[])[],
  width: number,
): [string, string] {
  const def = find(name, width);
  if (def.kind !== 'aggregate') throw new Error(`${name} is no aggregate`);
  let ours: string;
  const ctx = context();
  try {
    const state = rows.length === 0 ? null : def.init();
    for (const row of rows) def.step(state!, row, ctx);
    ours = show(def.finalize(state, ctx));
  } catch (e) {
    ours = `error ${(e as Error).message}`;
  }
  const cols = Array.from({ length: width }, (_, i) => `c${i}`);
  const values = rows.map((r) => `(${r.map(parameter).join(',')})`).join(',');
  const from =
    rows.length === 0
      ? `(SELECT ${cols.map((c) => `1 AS ${c}`).join(',')} WHERE 0)`
      : `(WITH v(${cols.join(',')}) AS (VALUES ${values}) SELECT * FROM v)`;
  const theirs = ask(`(SELECT ${name}(${cols.join(',')}) FROM ${from})`, rows.flat());
  return [ours, theirs];
}

/** Values that find the corners of most functions. */
export const awkward: readonly SqlValue[] = [
  null,
  0,
  1,
  -1,
  2,
  -2,
  3,
  -3,
  10,
  1000,
  2147483647,
  -2147483648,
  4294967296,
  9007199254740991,
  9223372036854775807n,
  -9223372036854775808n,
  ...[0, -0, 0.5, -0.5, 1, 1.5, 2.5, -2.5, 1e10, 1e300, -1e300, 1e-300, 1 / 3, 123456.789].map(
    (v) => new Real(v),
  ),
  new Real(Infinity),
  new Real(-Infinity),
  ...['', ' ', 'a', 'A', 'abc', 'aBc', '  abc  ', 'hello world', '12', '-5', '1.5', '1e3', '12abc'],
  ...[
    '0x10',
    'é',
    'éaé',
    'ÀÉ',
    '日本語',
    '\u{1f600}x',
    'a\0b',
    '\0',
    "it's",
    'a%b_c',
    '%',
    '_',
    '[a-c]*',
  ],
  ...['aaa', '4142', '41 42', 'zz', '\ufeffbom', '\uffff', 'line\nbreak'],
  new Uint8Array(),
  new Uint8Array([0]),
  new Uint8Array([97, 98, 99]),
  new Uint8Array([0xff, 0x61, 0x80]),
  new Uint8Array([0xc3, 0xa9]),
  new Text(new Uint8Array([0xff, 0x61, 0xff]), UTF8),
  new Text(new Uint8Array([0x61, 0xe2, 0x80, 0x41]), UTF8),
  new Text(new Uint8Array([0xed, 0xa0, 0x80]), UTF8),
];
