/**
 * What the VM's tests share: hosts that are checked after each test, small programs, and trees with rows.
 * `executed` collects the opcodes that ran, for the coverage test.
 */
import { afterEach, expect } from 'vitest';
import type { ScalarFunction } from '../functions/types.ts';
import { binaryCollation } from '../values/collation.ts';
import type { KeyInfo } from '../values/key.ts';
import { makeKeyInfo } from '../values/keyinfo.ts';
import { Real, type SqlValue } from '../values/value.ts';
import * as F from './flags.ts';
import { Opcode as O } from './opcode.ts';
import { type Line, TestHost } from './test-host.ts';
import type { FunctionCall, TableInfo } from './types.ts';

export const executed = new Set<number>();
const hosts: TestHost[] = [];

export function host(): TestHost {
  const h = new TestHost();
  hosts.push(h);
  return h;
}

/** After each test: what ran agrees with the opcode table, and no statement is left running. */
export function checkAfterEach(): void {
  afterEach(() => {
    for (const h of hosts.splice(0)) {
      for (const op of h.check.executed) executed.add(op);
      expect(h.complaints()).toEqual([]);
      expect(h.activeStatements).toBe(0);
      expect(h.activeReads).toBe(0);
      expect(h.activeWrites).toBe(0);
    }
  });
}

export const binary = binaryCollation(1);
export const key1 = makeKeyInfo(1, 1);
export const key2 = makeKeyInfo(1, 2);

export function info(name: string, columns: readonly [string, string | null][] = []): TableInfo {
  return {
    kind: 'table',
    schema: 'main',
    name,
    withoutRowid: false,
    columns: columns.map(([column, strictType]) => ({
      name: column,
      strictType,
      generatedVirtual: false,
      generatedStored: false,
    })),
  };
}

export function scalar(
  name: string,
  fn: (...args: SqlValue[]) => SqlValue,
  user = false,
): FunctionCall {
  const def: ScalarFunction = {
    kind: 'scalar',
    name,
    argCount: -1,
    deterministic: true,
    user,
    call: (args) => fn(...args),
  };
  return { kind: 'call', def, argCount: fn.length, collation: null };
}

/** Rows of `values` one by one: a program's result for constants put into r[1].. */
export function load(register: number, v: SqlValue): Line {
  if (v === null) return [O.Null, 0, register];
  if (typeof v === 'number') return [O.Int64, 0, register, 0, v];
  if (typeof v === 'bigint') return [O.Int64, 0, register, 0, v];
  if (v instanceof Real) return [O.Real, 0, register, 0, v];
  if (typeof v === 'string') return [O.String8, 0, register, 0, v];
  if (v instanceof Uint8Array) return [O.Blob, v.length, register, 0, v];
  throw new Error('no constant');
}

/** Runs `lines` with r[1], r[2].. loaded; gives r[result]. */
export function compute(
  values: readonly SqlValue[],
  lines: readonly Line[],
  result: number,
): SqlValue {
  const rows = host().run([
    [O.Init, 0, 'start'],
    'start',
    ...values.map((v, i) => load(i + 1, v)),
    ...lines,
    [O.ResultRow, result, 1],
    [O.Halt],
  ]);
  return rows[0]![0]!;
}

export const real = (v: number): Real => new Real(v);

/** Inserts rows [rowid, ...values] into the table at `root`. */
export function insertRows(root: number, rows: readonly (readonly SqlValue[])[], p5 = 0): Line[] {
  const lines: Line[] = [[O.OpenWrite, 0, root, 0, 3]];
  for (const row of rows) {
    lines.push(...row.map((v, i) => load(10 + i, v)));
    lines.push(
      [O.MakeRecord, 11, row.length - 1, 30],
      [O.Insert, 0, 30, 10, info('t'), p5 | F.OPFLAG_NCHANGE | F.OPFLAG_LASTROWID],
    );
  }
  lines.push([O.Close, 0]);
  return lines;
}

export function table(h: TestHost, rows: readonly (readonly SqlValue[])[]): number {
  const root = h.createTree(true);
  h.write([[O.Init], [O.Transaction, 0, 1], ...insertRows(root, rows), [O.Halt]]);
  return root;
}

export function index(
  h: TestHost,
  entries: readonly (readonly SqlValue[])[],
  keyInfo: KeyInfo,
): number {
  const root = h.createTree(false);
  const lines: Line[] = [[O.Init], [O.Transaction, 0, 1], [O.OpenWrite, 0, root, 0, keyInfo]];
  for (const entry of entries) {
    lines.push(...entry.map((v, i) => load(10 + i, v)));
    lines.push(
      [O.MakeRecord, 10, entry.length, 30],
      [O.IdxInsert, 0, 30, 10, entry.length, F.OPFLAG_NCHANGE],
    );
  }
  h.write([...lines, [O.Halt]]);
  return root;
}

/** All rows of a table: rowid and its columns. */
export function scan(h: TestHost, root: number, columns: number): SqlValue[][] {
  return h.run([
    [O.Init],
    [O.Transaction],
    [O.OpenRead, 0, root, 0, columns],
    [O.Rewind, 0, 'end'],
    'loop',
    [O.Rowid, 0, 1],
    ...Array.from({ length: columns }, (_, i): Line => [O.Column, 0, i, 2 + i]),
    [O.ResultRow, 1, columns + 1],
    [O.Next, 0, 'loop'],
    'end',
    [O.Halt],
  ]);
}
