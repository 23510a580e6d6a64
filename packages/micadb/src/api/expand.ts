/**
 * SQL text with its parameters filled in (sqlite3_expanded_sql), for logs. Values longer than
 * VALUE_LIMIT bytes are cut, as SQLite's build option TRACE_SIZE_LIMIT does.
 */
import { Lexer } from '../sql/lexer.ts';
import { Tok } from '../sql/token.ts';
import { generalText } from '../values/format.ts';
import { textBytes, utf8ToStringLossy } from '../values/utf.ts';
import { Real, type SqlValue, Text, UTF8 } from '../values/value.ts';

const VALUE_LIMIT = 32;
/** SQLite's log has REALs with %!.15g. */
const LOG_DIGITS = 15;

function cut(shown: number, whole: number): string {
  return shown < whole ? `/*+${whole - shown} bytes*/` : '';
}

function textLiteral(v: string | Text): string {
  const bytes = textBytes(v, UTF8);
  let end = Math.min(bytes.length, VALUE_LIMIT);
  while (end < bytes.length && (bytes[end]! & 0xc0) === 0x80) end += 1;
  // Printed as C prints it: up to a NUL.
  const nul = bytes.subarray(0, end).indexOf(0);
  const shown = utf8ToStringLossy(bytes, 0, nul < 0 ? end : nul).replaceAll("'", "''");
  return `'${shown}'${cut(end, bytes.length)}`;
}

function blobLiteral(v: Uint8Array): string {
  const end = Math.min(v.length, VALUE_LIMIT);
  let hex = '';
  for (let i = 0; i < end; i++) hex += v[i]!.toString(16).padStart(2, '0');
  return `x'${hex}'${cut(end, v.length)}`;
}

function literal(v: SqlValue): string {
  if (v === null) return 'NULL';
  if (typeof v === 'string' || v instanceof Text) return textLiteral(v);
  if (v instanceof Uint8Array) return blobLiteral(v);
  if (v instanceof Real) return generalText(v.value, LOG_DIGITS);
  return typeof v === 'number' || typeof v === 'bigint' ? String(v) : '';
}

/** The text of one statement with values[i] in place of parameter i + 1. */
export function expandedSql(sql: string, values: readonly SqlValue[]): string {
  if (values.length === 0) return sql;
  const lexer = new Lexer(sql, 0);
  const named = new Map<string, number>();
  let highest = 0;
  let out = '';
  let copied = 0;
  for (let i = 0; ; i++) {
    lexer.ensure(i);
    const type = lexer.types[i]!;
    if (type === Tok.End || type === Tok.Illegal) break;
    if (type !== Tok.Variable) continue;
    const start = lexer.starts[i]!;
    const end = lexer.ends[i]!;
    const name = sql.slice(start, end);
    let number: number;
    if (name === '?') number = highest + 1;
    else if (name.startsWith('?')) number = Number(name.slice(1));
    else number = named.get(name) ?? highest + 1;
    named.set(name, number);
    highest = Math.max(highest, number);
    out += sql.slice(copied, start) + literal(values[number - 1] ?? null);
    copied = end;
  }
  return out + sql.slice(copied);
}
