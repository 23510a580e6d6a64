/** Output modes: rows of exact values to text, as the sqlite3 program writes them. */
import { type ExactValue, KEYWORDS, Real, Text, valueToText } from 'micadb';
import stringWidth from 'string-width';

export const MODES = [
  'list',
  'column',
  'table',
  'box',
  'json',
  'csv',
  'markdown',
  'line',
  'insert',
  'quote',
  'tabs',
] as const;
export type Mode = (typeof MODES)[number];

export interface Style {
  readonly mode: Mode;
  readonly headers: boolean;
  readonly nullValue: string;
  /** Between the columns of list, csv, tabs and quote. */
  readonly separator: string;
  /** After each row of list, csv, tabs and quote. */
  readonly rowEnd: string;
  /** Table name of INSERT statements. */
  readonly insertTable: string;
}

/** The separators that come with a mode. */
export function separatorsOf(mode: Mode): Pick<Style, 'separator' | 'rowEnd'> | null {
  switch (mode) {
    case 'list':
      return { separator: '|', rowEnd: '\n' };
    case 'csv':
      return { separator: ',', rowEnd: '\r\n' };
    case 'tabs':
      return { separator: '\t', rowEnd: '\n' };
    case 'quote':
      return { separator: ',', rowEnd: '\n' };
    default:
      return null;
  }
}

type Row = readonly ExactValue[];

function text(v: ExactValue, style: Style): string {
  return v === null ? style.nullValue : valueToText(v);
}

function isText(v: ExactValue): v is string | Text {
  return typeof v === 'string' || v instanceof Text;
}

/** A value as an SQL literal. */
export function literal(v: ExactValue): string {
  if (v === null) return 'NULL';
  if (isText(v)) return `'${valueToText(v).replaceAll("'", "''")}'`;
  if (v instanceof Uint8Array) return `X'${Buffer.from(v).toString('hex')}'`;
  if (v instanceof Real && !Number.isFinite(v.value)) return v.value > 0 ? '1e999' : '-1e999';
  return valueToText(v);
}

/** A literal on one line: line ends are written as an escape that replace() undoes. */
export function lineLiteral(v: ExactValue): string {
  if (!isText(v)) return literal(v);
  let out = valueToText(v);
  const undo: [string, number][] = [];
  for (const [end, code] of [
    ['\n', 10],
    ['\r', 13],
  ] as const) {
    if (!out.includes(end)) continue;
    const mark = unused(out, end === '\n' ? '\\n' : '\\r', code);
    out = out.replaceAll(end, mark);
    undo.push([mark, code]);
  }
  let sql = `'${out.replaceAll("'", "''")}'`;
  for (const [mark, code] of undo) sql = `replace(${sql},'${mark}',char(${code}))`;
  return sql;
}

/** An escape for a character that the text does not have yet. */
function unused(s: string, first: string, code: number): string {
  if (!s.includes(first)) return first;
  const octal = `\\0${code.toString(8)}`;
  if (!s.includes(octal)) return octal;
  for (let i = 0; ; i++) if (!s.includes(`(${octal}${i})`)) return `(${octal}${i})`;
}

const PLAIN_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const KEYWORD_NAMES = new Set(KEYWORDS.map((k) => k.toUpperCase()));

/** A name for SQL text, quoted where it must be. */
export function quoteName(name: string): string {
  return PLAIN_NAME.test(name) && !KEYWORD_NAMES.has(name.toUpperCase())
    ? name
    : `"${name.replaceAll('"', '""')}"`;
}

const JSON_SHORT: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
};

function jsonString(s: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what JSON must escape
  const escaped = s.replace(/["\\\u0000-\u001f]/g, (c) => {
    return JSON_SHORT[c] ?? `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
  return `"${escaped}"`;
}

function jsonValue(v: ExactValue): string {
  if (v === null) return 'null';
  if (v instanceof Real && !Number.isFinite(v.value)) return v.value > 0 ? '1e999' : '-1e999';
  if (typeof v === 'number' || typeof v === 'bigint' || v instanceof Real) return valueToText(v);
  return jsonString(valueToText(v));
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: what the sqlite3 program quotes
const CSV_QUOTED = /[\u0000- "'\u007f-\uffff]/;

function csvText(s: string, separator: string): string {
  if (s !== '' && !CSV_QUOTED.test(s) && (separator === '' || !s.includes(separator))) return s;
  return `"${s.replaceAll('"', '""')}"`;
}

function csvValue(v: ExactValue, style: Style): string {
  return v === null ? style.nullValue : csvText(valueToText(v), style.separator);
}

/** Modes that write a row before they have seen the next one. */
function streamed(style: Style, names: readonly string[], row: Row): string {
  const { separator, rowEnd } = style;
  switch (style.mode) {
    case 'csv':
      return row.map((v) => csvValue(v, style)).join(separator) + rowEnd;
    case 'quote':
      return row.map(literal).join(separator) + rowEnd;
    case 'insert': {
      const columns = style.headers ? `(${names.map(quoteName).join(',')})` : '';
      const table = quoteName(style.insertTable);
      return `INSERT INTO ${table}${columns} VALUES(${row.map(lineLiteral).join(',')});\n`;
    }
    case 'line': {
      const width = Math.max(5, ...names.map((n) => stringWidth(n)));
      const lines = row.map((v, i) => {
        const name = names[i]!;
        return `${' '.repeat(width - stringWidth(name))}${name} = ${text(v, style)}\n`;
      });
      return lines.join('');
    }
    default:
      return row.map((v) => text(v, style)).join(separator) + rowEnd;
  }
}

function headerLine(style: Style, names: readonly string[]): string {
  const { separator, rowEnd } = style;
  switch (style.mode) {
    case 'csv':
      return names.map((n) => csvText(n, separator)).join(separator) + rowEnd;
    case 'quote':
      return names.map(literal).join(separator) + rowEnd;
    case 'list':
    case 'tabs':
      return names.join(separator) + rowEnd;
    default:
      return '';
  }
}

/** The lines of a drawn table: left end, between columns, right end, and what fills. */
interface Frame {
  readonly bar: string;
  readonly top: readonly [string, string, string, string] | null;
  readonly middle: readonly [string, string, string, string];
  readonly bottom: readonly [string, string, string, string] | null;
  /** A line between rows when one of them has several lines. */
  readonly between: boolean;
}

const ASCII_LINE = ['+', '+', '+', '-'] as const;
const FRAMES: Readonly<Record<'table' | 'box' | 'markdown', Frame>> = {
  table: { bar: '|', top: ASCII_LINE, middle: ASCII_LINE, bottom: ASCII_LINE, between: true },
  box: {
    bar: '│',
    top: ['┌', '┬', '┐', '─'],
    middle: ['├', '┼', '┤', '─'],
    bottom: ['└', '┴', '┘', '─'],
    between: true,
  },
  markdown: { bar: '|', top: null, middle: ['|', '|', '|', '-'], bottom: null, between: false },
};

function padded(s: string, width: number): string {
  return s + ' '.repeat(Math.max(0, width - stringWidth(s)));
}

function centered(s: string, width: number): string {
  return padded(' '.repeat(Math.max(0, width - stringWidth(s)) >> 1) + s, width);
}

/** Cells as lists of lines, and the width of each column. */
function layout(
  style: Style,
  names: readonly string[],
  rows: readonly Row[],
): { cells: string[][][]; widths: number[]; tall: boolean } {
  const widths = names.map((n) => stringWidth(n));
  let tall = false;
  const cells = rows.map((row) =>
    row.map((v, i) => {
      const lines = text(v, style)
        .replaceAll('\t', '        ')
        .split(/\r\n|\n/);
      if (lines.length > 1) tall = true;
      for (const l of lines) widths[i] = Math.max(widths[i]!, stringWidth(l));
      return lines;
    }),
  );
  return { cells, widths, tall };
}

/** A row over as many lines as its tallest cell has. */
function rowLines(
  cells: readonly (readonly string[])[],
  join: (parts: readonly string[]) => string,
  widths: readonly number[],
): string {
  const height = Math.max(...cells.map((c) => c.length));
  let out = '';
  for (let y = 0; y < height; y++) out += join(cells.map((c, i) => padded(c[y] ?? '', widths[i]!)));
  return out;
}

function drawn(frame: Frame, style: Style, names: readonly string[], rows: readonly Row[]): string {
  const { cells, widths, tall } = layout(style, names, rows);
  const rule = (line: readonly [string, string, string, string] | null): string => {
    if (line === null) return '';
    const [left, cross, right, fill] = line;
    return `${left}${widths.map((w) => fill.repeat(w + 2)).join(cross)}${right}\n`;
  };
  const { bar } = frame;
  const join = (parts: readonly string[]): string => `${bar} ${parts.join(` ${bar} `)} ${bar}\n`;
  const header = join(names.map((n, i) => centered(n, widths[i]!)));
  const body = cells.map((row) => rowLines(row, join, widths));
  const between = tall && frame.between ? rule(frame.middle) : '';
  return rule(frame.top) + header + rule(frame.middle) + body.join(between) + rule(frame.bottom);
}

function columnMode(style: Style, names: readonly string[], rows: readonly Row[]): string {
  const { cells, widths, tall } = layout(style, names, rows);
  const join = (parts: readonly string[]): string => `${parts.join('  ')}\n`;
  const rules = widths.map((w) => '-'.repeat(w));
  const head = style.headers ? join(names.map((n, i) => padded(n, widths[i]!))) + join(rules) : '';
  return head + cells.map((row) => rowLines(row, join, widths)).join(tall ? '\n' : '');
}

/** Writes the rows of one statement in the chosen mode. */
export function writeRows(
  style: Style,
  names: readonly string[],
  rows: Iterable<Row>,
  write: (text: string) => void,
): void {
  switch (style.mode) {
    case 'column':
    case 'table':
    case 'box':
    case 'markdown': {
      const all = [...rows];
      if (all.length === 0) return;
      write(
        style.mode === 'column'
          ? columnMode(style, names, all)
          : drawn(FRAMES[style.mode], style, names, all),
      );
      return;
    }
    case 'json': {
      let first = true;
      const keys = names.map(jsonString);
      for (const row of rows) {
        const body = row.map((v, i) => `${keys[i]}:${jsonValue(v)}`).join(',');
        write(`${first ? '[' : ',\n'}{${body}}`);
        first = false;
      }
      if (!first) write(']\n');
      return;
    }
    default: {
      let first = true;
      for (const row of rows) {
        if (first && style.headers) write(headerLine(style, names));
        else if (!first && style.mode === 'line') write('\n');
        first = false;
        write(streamed(style, names, row));
      }
    }
  }
}
