/**
 * Core scalar functions that are not about the inside of text (lang_corefunc): conditions, types,
 * sizes, numbers, and what the connection knows.
 */

import { isTrue, toInt64, toNumeric, toReal } from '../values/affinity.ts';
import { compareValues } from '../values/compare.ts';
import { negInt } from '../values/int64.ts';
import { numericKind } from '../values/number.ts';
import { skipUtf8 } from '../values/transcode.ts';
import { textByteLength } from '../values/utf.ts';
import { Real, type SqlValue, StorageClass, storageClass, Text } from '../values/value.ts';
import { lengthOnBytes, octetLengthOnBytes } from './bytes.ts';
import { COMPILE_OPTIONS } from './compile-options.ts';
import { fail, scalar, tooBig } from './define.ts';
import { roundReal } from './round.ts';
import { charCount, rawBytes, textOf, untilNul } from './text.ts';
import type { FunctionContext, ScalarFunction } from './types.ts';
import { SQLITE_SOURCE_ID, SQLITE_VERSION } from './version.ts';

type Args = readonly SqlValue[];

const TYPE_NAMES: Readonly<Record<StorageClass, string>> = {
  [StorageClass.Null]: 'null',
  [StorageClass.Integer]: 'integer',
  [StorageClass.Real]: 'real',
  [StorageClass.Text]: 'text',
  [StorageClass.Blob]: 'blob',
};

function isNumber(v: SqlValue): boolean {
  return typeof v === 'number' || typeof v === 'bigint' || v instanceof Real;
}

function abs(args: Args, ctx: FunctionContext): SqlValue {
  const v = args[0]!;
  if (v === null) return null;
  if (typeof v === 'number') return v < 0 ? -v : v;
  if (typeof v === 'bigint') {
    if (v >= 0n) return v;
    const r = negInt(v);
    if (r instanceof Real) throw fail('integer overflow');
    return r;
  }
  const r = toReal(v, ctx.host.encoding);
  return new Real(r < 0 ? -r : r);
}

/** NULL for what is no number (text that reads as one counts), else -1, 0 or 1. */
function sign(args: Args): SqlValue {
  const v = args[0]!;
  if (typeof v === 'string' ? numericKind(v) === 0 : !isNumber(v)) return null;
  const n = toNumeric(v);
  const x = n instanceof Real ? n.value : (n ?? 0);
  return x < 0 ? -1 : x > 0 ? 1 : 0;
}

function round(args: Args, ctx: FunctionContext): SqlValue {
  let digits = 0;
  if (args.length === 2) {
    if (args[1] === null) return null;
    const d = toInt64(args[1]!, ctx.host.encoding);
    digits = d > 30 ? 30 : d < 0 ? 0 : Number(d);
  }
  const v = args[0]!;
  if (v === null) return null;
  return new Real(roundReal(toReal(v, ctx.host.encoding), digits));
}

function length(args: Args, ctx: FunctionContext): SqlValue {
  const v = args[0]!;
  if (typeof v === 'string') return charCount(untilNul(v));
  if (v === null) return null;
  if (v instanceof Uint8Array) return v.length;
  const bytes = rawBytes(v);
  if (bytes !== null) {
    let n = 0;
    for (let p = 0; p < bytes.length && bytes[p] !== 0; p = skipUtf8(bytes, p)) n++;
    return n;
  }
  return charCount(untilNul(textOf(v, ctx)));
}

function octetLength(args: Args, ctx: FunctionContext): SqlValue {
  const v = args[0]!;
  if (v === null) return null;
  if (v instanceof Uint8Array) return v.length;
  const t = typeof v === 'string' || v instanceof Text ? v : textOf(v, ctx);
  return textByteLength(t, ctx.host.encoding);
}

/**
 * max() and min() with several arguments: NULL if any is NULL. Of equals, such as 1 and 1.0, max()
 * gives the first and min() the last.
 */
function extreme(args: Args, ctx: FunctionContext, max: boolean): SqlValue {
  let best = args[0]!;
  if (best === null) return null;
  for (let i = 1; i < args.length; i++) {
    const v = args[i]!;
    if (v === null) return null;
    const c = compareValues(best, v, ctx.collation, ctx.host.encoding);
    if (max ? c < 0 : c >= 0) best = v;
  }
  return best;
}

function coalesce(args: Args): SqlValue {
  for (const v of args) if (v !== null) return v;
  return null;
}

function iif(args: Args, ctx: FunctionContext): SqlValue {
  let i = 0;
  for (; i + 1 < args.length; i += 2) {
    if (isTrue(args[i]!, ctx.host.encoding) === true) return args[i + 1]!;
  }
  return i < args.length ? args[i]! : null;
}

function nullif(args: Args, ctx: FunctionContext): SqlValue {
  const [a, b] = [args[0]!, args[1]!];
  return compareValues(a, b, ctx.collation, ctx.host.encoding) === 0 ? null : a;
}

/** A blob of zeros; the size is checked before memory is taken. */
function zeroblob(args: Args, ctx: FunctionContext): SqlValue {
  const n = toInt64(args[0]!, ctx.host.encoding);
  if (n <= 0) return new Uint8Array(0);
  if (n > ctx.host.maxLength) throw tooBig();
  return new Uint8Array(Number(n));
}

function randomblob(args: Args, ctx: FunctionContext): SqlValue {
  const n = toInt64(args[0]!, ctx.host.encoding);
  if (n > ctx.host.maxLength) throw tooBig();
  const bytes = new Uint8Array(n < 1 ? 1 : Number(n));
  ctx.host.randomness(bytes);
  return bytes;
}

/** A random INTEGER, never the smallest one, so that abs(random()) cannot overflow. */
function random(_args: Args, ctx: FunctionContext): SqlValue {
  const bytes = new Uint8Array(8);
  ctx.host.randomness(bytes);
  const v = new DataView(bytes.buffer).getBigInt64(0);
  const safe = v < 0n ? -(v & 0x7fffffffffffffffn) : v;
  return safe >= -9007199254740991n && safe <= 9007199254740991n ? Number(safe) : safe;
}

function compileOptionUsed(args: Args, ctx: FunctionContext): SqlValue {
  if (args[0] === null) return null;
  let name = textOf(args[0]!, ctx).toUpperCase();
  if (name.startsWith('SQLITE_')) name = name.slice(7);
  return COMPILE_OPTIONS.some((o) => o === name || (o.startsWith(name) && o[name.length] === '='))
    ? 1
    : 0;
}

function compileOptionGet(args: Args, ctx: FunctionContext): SqlValue {
  const n = toInt64(args[0]!, ctx.host.encoding);
  return n >= 0 && n < COMPILE_OPTIONS.length ? COMPILE_OPTIONS[Number(n)]! : null;
}

function first(args: Args): SqlValue {
  return args[0]!;
}

const volatile = { deterministic: false } as const;
const constantInStatement = { deterministic: false, slowChange: true } as const;

export const coreFunctions: readonly ScalarFunction[] = [
  scalar('abs', 1, abs),
  scalar('sign', 1, sign),
  scalar('round', 1, round),
  scalar('round', 2, round),
  scalar('length', 1, length, { inline: 'length', onBytes: lengthOnBytes }),
  scalar('octet_length', 1, octetLength, { inline: 'length', onBytes: octetLengthOnBytes }),
  scalar('typeof', 1, (args) => TYPE_NAMES[storageClass(args[0]!)], { inline: 'typeof' }),
  scalar('max', -1, (args, ctx) => extreme(args, ctx, true), { minArgs: 2, needsCollation: true }),
  scalar('min', -1, (args, ctx) => extreme(args, ctx, false), { minArgs: 2, needsCollation: true }),
  scalar('coalesce', -1, coalesce, { minArgs: 2, inline: 'coalesce' }),
  scalar('ifnull', 2, coalesce, { inline: 'coalesce' }),
  scalar('iif', -1, iif, { minArgs: 2, inline: 'iif' }),
  scalar('if', -1, iif, { minArgs: 2, inline: 'iif' }),
  scalar('nullif', 2, nullif, { needsCollation: true }),
  scalar('likely', 1, first, { inline: 'unlikely' }),
  scalar('unlikely', 1, first, { inline: 'unlikely' }),
  scalar('likelihood', 2, first, { inline: 'unlikely' }),
  scalar('zeroblob', 1, zeroblob),
  scalar('randomblob', 1, randomblob, volatile),
  scalar('random', 0, random, volatile),
  scalar('changes', 0, (_a, ctx) => ctx.host.changes(), volatile),
  scalar('total_changes', 0, (_a, ctx) => ctx.host.totalChanges(), volatile),
  scalar('last_insert_rowid', 0, (_a, ctx) => ctx.host.lastInsertRowid(), volatile),
  scalar('subtype', 1, (args) => (args[0] instanceof Text ? args[0].subtype : 0), {
    subtype: true,
  }),
  scalar('sqlite_version', 0, () => SQLITE_VERSION, constantInStatement),
  scalar('sqlite_source_id', 0, () => SQLITE_SOURCE_ID, constantInStatement),
  scalar('sqlite_compileoption_used', 1, compileOptionUsed, constantInStatement),
  scalar('sqlite_compileoption_get', 1, compileOptionGet, constantInStatement),
  scalar('sqlite_log', 2, () => null, volatile),
  // Means something for virtual tables and where the user defines it.
  scalar(
    'match',
    2,
    () => {
      throw fail('unable to use function MATCH in the requested context');
    },
    { deterministic: false, innocuous: false },
  ),
  ...[1, 2].map((n) =>
    scalar(
      'load_extension',
      n,
      () => {
        throw fail('not authorized');
      },
      { deterministic: false, directOnly: true, innocuous: false },
    ),
  ),
];
