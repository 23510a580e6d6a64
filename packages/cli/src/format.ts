/** Output modes: rows of exact values to text, as the sqlite3 program writes them. */
import Table from 'cli-table3';
import { stringify } from 'csv-stringify/sync';
import { type ExactValue, Real, Text, valueToText } from 'micadb';
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
] as const;
export type Mode = (typeof MODES)[number];

export interface Style {
  readonly mode: Mode;
  readonly headers: boolean;
  readonly nullValue: string;
  readonly separator: string;
  /** Table name of INSERT statements. */
  readonly insertTable: string;
}

type Row = readonly ExactValue[];

function text(v: ExactValue, style: Style): string {
  return v === null ? style.nullValue : valueToText(v);
}

function hex(v: Uint8Array): string {
  return Buffer.from(v).toString('hex');
}

/** A value as an SQL literal. */
export function literal(v: ExactValue): string {
  if (v === null) return 'NULL';
  if (typeof v === 'string' || v instanceof Text)
    return `'${valueToText(v).replaceAll("'", "''")}'`;
  if (v instanceof Uint8Array) return `X'${hex(v)}'`;
  if (v instanceof Real && !Number.isFinite(v.value)) return v.value > 0 ? '9.0e+999' : '-9.0e+999';
  return valueToText(v);
}

const PLAIN_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** A name for SQL text, quoted where it must be. */
export function quoteName(name: string): string {
  return PLAIN_NAME.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
}

function jsonValue(v: ExactValue): string {
  if (v === null) return 'null';
  if (typeof v === 'number' || typeof v === 'bigint') return String(v);
  if (v instanceof Real)
    return Number.isFinite(v.value) ? valueToText(v) : v.value > 0 ? '1e999' : '-1e999';
  return JSON.stringify(valueToText(v));
}

/** Modes that can write a row before they have seen the next one. */
function streamed(style: Style, names: readonly string[], row: Row): string {
  switch (style.mode) {
    case 'list':
      return `${row.map((v) => text(v, style)).join(style.separator)}\n`;
    case 'csv':
      return csvLine(row.map((v) => text(v, style)));
    case 'quote':
      return `${row.map(literal).join(',')}\n`;
    case 'insert': {
      const columns = style.headers ? `(${names.map(quoteName).join(',')})` : '';
      return `INSERT INTO ${quoteTable(style.insertTable)}${columns} VALUES(${row.map(literal).join(',')});\n`;
    }
    case 'line': {
      const width = Math.max(5, ...names.map((n) => stringWidth(n)));
      return row.map((v, i) => `${names[i]!.padStart(width)} = ${text(v, style)}\n`).join('');
    }
    default:
      throw new Error(`mode ${style.mode} is not written row by row`);
  }
}

function quoteTable(name: string): string {
  return name.toLowerCase() === 'table' ? `"${name}"` : quoteName(name);
}

export function csvLine(cells: readonly string[]): string {
  return stringify([[...cells]], { record_delimiter: '\n', quoted_match: /[^\w.+-]/ });
}

function headerLine(style: Style, names: readonly string[]): string {
  switch (style.mode) {
    case 'list':
      return `${names.join(style.separator)}\n`;
    case 'csv':
      return csvLine(names);
    case 'quote':
      return `${names.map((n) => literal(n)).join(',')}\n`;
    default:
      return '';
  }
}

const BOX = {
  top: '─',
  'top-mid': '┬',
  'top-left': '┌',
  'top-right': '┐',
  bottom: '─',
  'bottom-mid': '┴',
  'bottom-left': '└',
  'bottom-right': '┘',
  left: '│',
  'left-mid': '├',
  mid: '─',
  'mid-mid': '┼',
  right: '│',
  'right-mid': '┤',
  middle: '│',
};
const ASCII = {
  top: '-',
  'top-mid': '+',
  'top-left': '+',
  'top-right': '+',
  bottom: '-',
  'bottom-mid': '+',
  'bottom-left': '+',
  'bottom-right': '+',
  left: '|',
  'left-mid': '+',
  mid: '-',
  'mid-mid': '+',
  right: '|',
  'right-mid': '+',
  middle: '|',
};
const MARKDOWN = {
  ...ASCII,
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  'left-mid': '|',
  'mid-mid': '|',
  'right-mid': '|',
};

function center(name: string, width: number): string {
  const gap = Math.max(0, width - stringWidth(name));
  return ' '.repeat(gap >> 1) + name + ' '.repeat(gap - (gap >> 1));
}

function widths(names: readonly string[], cells: readonly (readonly string[])[]): number[] {
  return names.map((n, i) =>
    Math.max(
      stringWidth(n),
      ...cells.map((r) => Math.max(...r[i]!.split('\n').map((l) => stringWidth(l)))),
    ),
  );
}

function drawn(style: Style, names: readonly string[], rows: readonly Row[]): string {
  const cells = rows.map((r) => r.map((v) => text(v, style)));
  const width = widths(names, cells);
  const chars = style.mode === 'box' ? BOX : style.mode === 'table' ? ASCII : MARKDOWN;
  const table = new Table({
    chars,
    style: { head: [], border: [], compact: true },
    head: names.map((n, i) => center(n, width[i]!)),
  });
  for (const row of cells) table.push([...row]);
  let out = table.toString();
  if (style.mode !== 'box') {
    // Under the header alone: compact tables have one rule there.
    out = out.replaceAll('\u001b', '');
  }
  return `${out}\n`;
}

function columnMode(style: Style, names: readonly string[], rows: readonly Row[]): string {
  const cells = rows.map((r) => r.map((v) => text(v, style)));
  const width = widths(style.headers ? names : names.map(() => ''), cells);
  const line = (parts: readonly string[]): string =>
    `${parts.map((p, i) => p + ' '.repeat(Math.max(0, width[i]! - stringWidth(p)))).join('  ')}\n`;
  const head = style.headers ? line(names) + line(width.map((w) => '-'.repeat(w))) : '';
  return head + cells.map(line).join('');
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
      write(style.mode === 'column' ? columnMode(style, names, all) : drawn(style, names, all));
      return;
    }
    case 'json': {
      let first = true;
      for (const row of rows) {
        const body = row.map((v, i) => `${JSON.stringify(names[i])}:${jsonValue(v)}`).join(',');
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
