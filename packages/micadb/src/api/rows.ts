/**
 * Result rows as JavaScript values. A row maker is generated for the names of a statement's columns, so
 * that all its rows share one hidden class (runtime-notes: literal 40 ns, dynamic keys 163 ns) and no
 * call is made for a plain value; where `new Function` is forbidden loops do the same.
 *
 * Invariant: of columns with the same name the last one's value stays, at the first one's place.
 */
import type { SqlValue } from '../values/value.ts';
import type { Execution, RowTaker } from '../vm/types.ts';
import { CLEARED } from '../vm/vm.ts';

export type Convert = (v: SqlValue) => unknown;
export type RowMaker = (row: Execution, convert: Convert) => unknown;
export type RowMode = 'object' | 'raw' | 'pluck' | 'expand';

export interface Column {
  readonly name: string;
  readonly table: string | null;
}

/** A value that is no string and no plain number. */
function other(v: unknown, convert: Convert): unknown {
  return v === null || v === CLEARED ? null : convert(v as SqlValue);
}

// -- generated ---------------------------------------------------------------------------------------

/**
 * The expression of a column's value. With `numbers` a number is given as it is, else it is converted.
 * `r` are the registers, `s` the first one of the row.
 */
function valueSource(column: number, numbers: boolean): string {
  const plain = numbers ? `typeof v==='string'||typeof v==='number'` : `typeof v==='string'`;
  return `((v=r[s+${column}]),${plain})?v:o(v,c)`;
}

function keySource(name: string): string {
  return name === '__proto__' ? '["__proto__"]' : JSON.stringify(name);
}

export function literalSource(entries: ReadonlyMap<string, string>): string {
  return `{${[...entries].map(([name, value]) => `${keySource(name)}:${value}`).join(',')}}`;
}

function rowSource(mode: RowMode, columns: readonly Column[], numbers: boolean): string {
  const values = columns.map((_, i) => valueSource(i, numbers));
  switch (mode) {
    case 'object':
      return literalSource(new Map(columns.map((c, i) => [c.name, values[i]!])));
    case 'raw':
      return `[${values.join(',')}]`;
    case 'pluck':
      return values[0]!;
    case 'expand': {
      const tables = new Map<string, Map<string, string>>();
      columns.forEach((c, i) => {
        const table = tableOf(c);
        if (!tables.has(table)) tables.set(table, new Map());
        tables.get(table)!.set(c.name, values[i]!);
      });
      return literalSource(new Map([...tables].map(([t, entries]) => [t, literalSource(entries)])));
    }
  }
}

/** Makers by source: statements that are prepared again and again do not compile theirs each time. */
const made = new Map<string, RowMaker>();
export const MADE_MOST = 256;
/** Columns past which compiling the source costs more than it saves. */
const GENERATED_MOST = 256;

function generate(source: string): RowMaker {
  const known = made.get(source);
  if (known !== undefined) return known;
  const make = new Function(
    'o',
    `return function(x,c){const r=x.registers,s=x.rowStart;let v;return ${source}}`,
  )(other) as RowMaker;
  if (made.size >= MADE_MOST) made.clear();
  made.set(source, make);
  return make;
}

/** What makes rows of values that are JavaScript's already, if there is compiled code that gives such. */
export const taking: {
  taker: ((mode: RowMode, columns: readonly Column[]) => RowTaker | null) | null;
} = { taker: null };

// -- in plain code -----------------------------------------------------------------------------------

/** Sets an own property, whatever its name. */
function set(o: Record<string, unknown>, name: string, value: unknown): void {
  if (name !== '__proto__') {
    o[name] = value;
    return;
  }
  Object.defineProperty(o, name, {
    value,
    enumerable: true,
    writable: true,
    configurable: true,
  });
}

/** '$' stands for the columns that belong to no table. */
function tableOf(column: Column): string {
  return column.table ?? '$';
}

function plainMaker(mode: RowMode, columns: readonly Column[]): RowMaker {
  switch (mode) {
    case 'object':
      return (row, convert) => {
        const o: Record<string, unknown> = {};
        for (let i = 0; i < columns.length; i++) set(o, columns[i]!.name, convert(row.value(i)));
        return o;
      };
    case 'raw':
      return (row, convert) => columns.map((_, i) => convert(row.value(i)));
    case 'pluck':
      return (row, convert) => convert(row.value(0));
    case 'expand':
      return (row, convert) => {
        const out: Record<string, Record<string, unknown>> = {};
        for (let i = 0; i < columns.length; i++) {
          const table = tableOf(columns[i]!);
          if (!Object.hasOwn(out, table)) set(out, table, {});
          set(out[table]!, columns[i]!.name, convert(row.value(i)));
        }
        return out;
      };
  }
}

/**
 * What makes rows of these columns. `numbers`: the conversion that it will be given leaves strings and
 * numbers as they are; else numbers are converted too.
 */
export function rowMaker(mode: RowMode, columns: readonly Column[], numbers: boolean): RowMaker {
  if (columns.length > GENERATED_MOST) return plainMaker(mode, columns);
  try {
    return generate(rowSource(mode, columns, numbers));
  } catch {
    return plainMaker(mode, columns);
  }
}
