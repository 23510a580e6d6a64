/**
 * The VM by hand-assembled programs over a real b-tree. Every program runs under the table check, so a
 * handler that does what its row does not say fails here; and the last test says which opcodes never ran.
 */
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import type { AggregateFunction, ScalarFunction } from '../functions/types.ts';
import { binaryCollation, nocaseCollation, userCollation } from '../values/collation.ts';
import { SqliteError } from '../values/errors.ts';
import { KEYINFO_DESC, type KeyInfo } from '../values/key.ts';
import { makeKeyInfo } from '../values/keyinfo.ts';
import { decodeRecord, RecordEncoder } from '../values/record.ts';
import { Real, type SqlValue, Text } from '../values/value.ts';
import * as F from './flags.ts';
import { Opcode as O } from './opcode.ts';
import { opcodes } from './table.ts';
import { assemble, type Line, TestHost } from './test-host.ts';
import type { FunctionCall, P4, Program, TableInfo } from './types.ts';

const executed = new Set<number>();
const hosts: TestHost[] = [];

function host(): TestHost {
  const h = new TestHost();
  hosts.push(h);
  return h;
}

afterEach(() => {
  for (const h of hosts.splice(0)) {
    for (const op of h.check.executed) executed.add(op);
    expect(h.complaints()).toEqual([]);
    expect(h.activeStatements).toBe(0);
    expect(h.activeReads).toBe(0);
    expect(h.activeWrites).toBe(0);
  }
});

const binary = binaryCollation(1);
const key1 = makeKeyInfo(1, 1);
const key2 = makeKeyInfo(1, 2);

function info(name: string, columns: readonly [string, string | null][] = []): TableInfo {
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

function scalar(name: string, fn: (...args: SqlValue[]) => SqlValue, user = false): FunctionCall {
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
function load(register: number, v: SqlValue): Line {
  if (v === null) return [O.Null, 0, register];
  if (typeof v === 'number') return [O.Int64, 0, register, 0, v];
  if (typeof v === 'bigint') return [O.Int64, 0, register, 0, v];
  if (v instanceof Real) return [O.Real, 0, register, 0, v];
  if (typeof v === 'string') return [O.String8, 0, register, 0, v];
  if (v instanceof Uint8Array) return [O.Blob, v.length, register, 0, v];
  throw new Error('no constant');
}

/** Runs `lines` with r[1], r[2].. loaded; gives r[result]. */
function compute(values: readonly SqlValue[], lines: readonly Line[], result: number): SqlValue {
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

const real = (v: number): Real => new Real(v);

describe('registers and arithmetic', () => {
  it.each<[O, SqlValue, SqlValue, SqlValue]>([
    [O.Add, 2, 3, 5],
    [O.Add, 9223372036854775807n, 1, real(9223372036854775808)],
    [O.Add, 9007199254740991, 1, 9007199254740992n],
    [O.Add, '2abc', '3.5', real(5.5)],
    [O.Add, null, 1, null],
    [O.Subtract, 3, 10, 7],
    [O.Multiply, 3, real(1.5), real(4.5)],
    [O.Multiply, 4294967296, 4294967296, real(18446744073709551616)],
    [O.Divide, 2, 7, 3],
    [O.Divide, 2, -7, -3],
    [O.Divide, 0, 7, null],
    [O.Divide, real(2), 7, real(3.5)],
    [O.Remainder, 4, -7, -3],
    [O.Remainder, 0, 7, null],
    [O.Remainder, real(2), real(5.5), real(1)],
    [O.BitAnd, 12, 10, 8],
    [O.BitOr, 12, 10, 14],
    [O.BitOr, 12, null, null],
    [O.ShiftLeft, 3, 1, 8],
    [O.ShiftRight, 1, -3, -2],
    [O.ShiftLeft, -1, 4, 2],
    [O.Concat, 'b', 'a', 'ab'],
    [O.Concat, 1, real(2), '2.01'],
    [O.Concat, null, 'a', null],
    [O.And, null, 0, 0],
    [O.And, null, 1, null],
    [O.Or, null, 1, 1],
    [O.Or, null, 0, null],
  ])('%d of %s and %s', (op, p1, p2, expected) => {
    expect(compute([p1, p2], [[op, 1, 2, 3]], 3)).toEqual(expected);
  });

  it('logic of one operand', () => {
    expect(compute([null], [[O.Not, 1, 2]], 2)).toBe(null);
    expect(compute(['0.5'], [[O.Not, 1, 2]], 2)).toBe(0);
    expect(compute([5], [[O.BitNot, 1, 2]], 2)).toBe(-6);
    // IS TRUE, IS FALSE, IS NOT TRUE, IS NOT FALSE of NULL.
    const modes: [number, number, number][] = [
      [0, 0, 0],
      [1, 1, 0],
      [0, 1, 1],
      [1, 0, 1],
    ];
    for (const [p3, p4, expected] of modes) {
      expect(compute([null], [[O.IsTrue, 1, 2, p3, p4]], 2)).toBe(expected);
    }
    expect(compute([3], [[O.IsTrue, 1, 2, 1, 1]], 2)).toBe(0);
    expect(compute([1, 2, null], [[O.ZeroOrNull, 1, 4, 3]], 4)).toBe(null);
    expect(compute([1, 2], [[O.ZeroOrNull, 1, 4, 2]], 4)).toBe(0);
  });

  it('conversions', () => {
    expect(compute(['12'], [[O.MustBeInt, 1, 0]], 1)).toBe(12);
    expect(compute([real(4)], [[O.MustBeInt, 1, 0]], 1)).toBe(4);
    expect(() => compute(['x'], [[O.MustBeInt, 1, 0]], 1)).toThrow('datatype mismatch');
    expect(compute(['1.5'], [[O.MustBeInt, 1, 'no'], 'no'], 1)).toBe('1.5');
    expect(compute([7], [[O.RealAffinity, 1]], 1)).toEqual(real(7));
    expect(compute(['12abc'], [[O.Cast, 1, 0x44]], 1)).toBe(12);
    expect(compute([12], [[O.Cast, 1, 0x42]], 1)).toBe('12');
    expect(compute(['12', '3.0', 5], [[O.Affinity, 1, 3, 0, 'CCB']], 3)).toBe('5');
    expect(compute([1], [[O.AddImm, 1, -3]], 1)).toBe(-2);
    expect(compute(['7'], [[O.AddImm, 1, 3]], 1)).toBe(10);
    expect(compute([9223372036854775807n], [[O.AddImm, 1, 1]], 1)).toBe(-9223372036854775808n);
  });

  it('copies, moves and parameters', () => {
    expect(
      compute(
        [1, 2, 3],
        [
          [O.Copy, 1, 11, 2],
          [O.SCopy, 12, 20],
          [O.IntCopy, 20, 21],
        ],
        21,
      ),
    ).toBe(2);
    expect(compute([1, 2], [[O.Move, 1, 5, 2]], 6)).toBe(2);
    expect(compute([1, 2], [[O.Move, 1, 5, 2]], 1)).toBe(null);
    expect(compute([1, 2, 3], [[O.Null, 0, 1, 3]], 3)).toBe(null);
    expect(compute([1], [[O.SoftNull, 1]], 1)).toBe(null);
    const h = host();
    expect(
      h.run([[O.Init], [O.Variable, 2, 1], [O.ResultRow, 1, 1], [O.Halt]], ['a', 'b']),
    ).toEqual([['b']]);
  });

  it('subtypes', () => {
    const lines: Line[] = [
      [O.SetSubtype, 1, 2],
      [O.GetSubtype, 2, 3],
    ];
    expect(compute([74, 'x'], lines, 3)).toBe(74);
    expect(compute([74, 'x'], [...lines, [O.ClrSubtype, 2], [O.GetSubtype, 2, 3]], 3)).toBe(null);
    const copy: Line[] = [...lines, [O.Copy, 2, 4, 0, null, 2], [O.GetSubtype, 4, 3]];
    expect(compute([74, 'x'], copy, 3)).toBe(null);
    expect(compute([74, 'x'], lines, 2)).toBeInstanceOf(Text);
  });

  it('counters', () => {
    expect(compute([3], [[O.IfPos, 1, 'end', 2], [O.Integer, 9, 1], 'end'], 1)).toBe(1);
    expect(compute([0], [[O.IfPos, 1, 'end', 2], [O.Integer, 9, 1], 'end'], 1)).toBe(9);
    expect(compute([5, 0, 7], [[O.OffsetLimit, 1, 2, 3]], 2)).toBe(12);
    expect(compute([5, 0, -7], [[O.OffsetLimit, 1, 2, 3]], 2)).toBe(5);
    expect(compute([-1, 0, 7], [[O.OffsetLimit, 1, 2, 3]], 2)).toBe(-1);
    expect(compute([9223372036854775807n, 0, 7], [[O.OffsetLimit, 1, 2, 3]], 2)).toBe(-1);
    expect(compute([2], [[O.IfNotZero, 1, 'end'], [O.Integer, 9, 1], 'end'], 1)).toBe(1);
    expect(compute([-1], [[O.IfNotZero, 1, 'end'], [O.Integer, 9, 1], 'end'], 1)).toBe(-1);
    expect(compute([0], [[O.IfNotZero, 1, 'end'], [O.Integer, 9, 1], 'end'], 1)).toBe(9);
    expect(compute([1], [[O.DecrJumpZero, 1, 'end'], [O.Integer, 9, 1], 'end'], 1)).toBe(0);
    expect(compute([4, 7], [[O.MemMax, 1, 2]], 1)).toBe(7);
    expect(compute([9, 7], [[O.MemMax, 1, 2]], 1)).toBe(9);
  });
});

describe('comparison', () => {
  /** 1 when the comparison r[2] op r[1] jumps. */
  function jumps(op: O, a: SqlValue, b: SqlValue, p5 = 0, p4: P4 = null): boolean {
    const lines: Line[] = [[O.Integer, 1, 3], [op, 1, 'yes', 2, p4, p5], [O.Integer, 0, 3], 'yes'];
    return compute([b, a], lines, 3) === 1;
  }

  it('orders values', () => {
    expect(jumps(O.Lt, 1, 2)).toBe(true);
    expect(jumps(O.Lt, 2, 1)).toBe(false);
    expect(jumps(O.Le, 2, 2)).toBe(true);
    expect(jumps(O.Gt, 'b', 'a')).toBe(true);
    expect(jumps(O.Ge, 'a', 9)).toBe(true);
    expect(jumps(O.Eq, 1, real(1))).toBe(true);
    expect(jumps(O.Ne, 1, real(1.5))).toBe(true);
    expect(jumps(O.Eq, 9007199254740993n, real(9007199254740992))).toBe(false);
    expect(jumps(O.Eq, 'A', 'a', 0, nocaseCollation(1))).toBe(true);
    expect(jumps(O.Eq, 'A', 'a', 0, binary)).toBe(false);
  });

  it('applies affinity to copies only', () => {
    expect(jumps(O.Eq, '10', 10)).toBe(false);
    expect(jumps(O.Eq, '10', 10, 0x43)).toBe(true);
    expect(jumps(O.Eq, '10', 10, 0x42)).toBe(true);
    expect(jumps(O.Lt, '9', 10, 0x42)).toBe(false);
    expect(compute(['10', 10], [[O.Eq, 1, 'on', 2, null, 0x43], 'on'], 1)).toBe('10');
  });

  it('treats NULL as asked', () => {
    expect(jumps(O.Eq, null, 1)).toBe(false);
    expect(jumps(O.Ne, null, 1)).toBe(false);
    expect(jumps(O.Ne, null, 1, F.SQLITE_JUMPIFNULL)).toBe(true);
    expect(jumps(O.Lt, null, 1, F.SQLITE_JUMPIFNULL)).toBe(true);
    expect(jumps(O.Eq, null, null, F.SQLITE_NULLEQ)).toBe(true);
    expect(jumps(O.Ne, null, 1, F.SQLITE_NULLEQ)).toBe(true);
    // A cleared NULL equals nothing.
    const lines: Line[] = [
      [O.Null, 1, 1],
      [O.Integer, 1, 3],
      [O.Eq, 1, 'yes', 2, null, F.SQLITE_NULLEQ],
      [O.Integer, 0, 3],
      'yes',
    ];
    expect(compute([null, null], lines, 3)).toBe(0);
    expect(
      compute(
        [null],
        [
          [O.Null, 1, 1],
          [O.Copy, 1, 2, 0],
        ],
        2,
      ),
    ).toBe(null);
  });

  it('goes on after Lt with ElseEq', () => {
    const lines: Line[] = [
      [O.Integer, 1, 3],
      [O.Lt, 1, 'end', 2],
      [O.Integer, 2, 3],
      [O.ReleaseReg, 1, 1],
      [O.Lt, 1, 'end', 2],
      [O.ElseEq, 0, 'end'],
      [O.Integer, 3, 3],
      'end',
    ];
    expect(compute([1, 1], lines, 3)).toBe(2);
    expect(compute([1, 2], lines, 3)).toBe(3);
    expect(compute([1, null], lines, 3)).toBe(3);
  });

  it('compares vectors', () => {
    const desc: KeyInfo = makeKeyInfo(1, 2, [], [0, KEYINFO_DESC]);
    function compare(values: SqlValue[], order: Int32Array | null): SqlValue {
      const lines: Line[] = [
        ...(order === null ? [] : [[O.Permutation, 0, 0, 0, order] as Line]),
        [O.Compare, 1, 3, 2, desc, order === null ? 0 : F.OPFLAG_PERMUTE],
        [O.Jump, 'less', 'equal', 'greater'],
        'less',
        [O.Integer, -1, 5],
        [O.Goto, 0, 'end'],
        'equal',
        [O.Integer, 0, 5],
        [O.Goto, 0, 'end'],
        'greater',
        [O.Integer, 1, 5],
        'end',
      ];
      return compute(values, lines, 5);
    }
    expect(compare([1, 2, 1, 2], null)).toBe(0);
    expect(compare([1, 2, 1, 3], null)).toBe(1);
    expect(compare([1, 2, 2, 3], null)).toBe(-1);
    expect(compare([null, 2, null, 2], null)).toBe(0);
    expect(compare([5, 1, 4, 2], new Int32Array([1, 0]))).toBe(-1);
  });

  it('branches on truth and NULL', () => {
    const t = (v: SqlValue, op: O, p3 = 0): SqlValue =>
      compute([v], [[O.Integer, 1, 3], [op, 1, 'yes', p3], [O.Integer, 0, 3], 'yes'], 3);
    expect([t(1, O.If), t(0, O.If), t(null, O.If), t(null, O.If, 1)]).toEqual([1, 0, 0, 1]);
    expect([t(1, O.IfNot), t('0', O.IfNot), t(null, O.IfNot), t(null, O.IfNot, 1)]).toEqual([
      0, 1, 0, 1,
    ]);
    expect([t(null, O.IsNull), t(1, O.IsNull), t(null, O.NotNull), t(1, O.NotNull)]).toEqual([
      1, 0, 0, 1,
    ]);
    expect(t(1.5 as number, O.Abortable)).toBe(0);
  });

  it('uses Bloom filters that never deny a member', () => {
    const lines: Line[] = [
      [O.Blob, 100, 5, 0, new Uint8Array(100)],
      [O.FilterAdd, 5, 0, 1, 1],
      [O.FilterAdd, 5, 0, 2, 1],
      [O.Integer, 1, 6],
      [O.Filter, 5, 'out', 3, 1],
      [O.Integer, 0, 6],
      'out',
    ];
    expect(compute([1, 'a', real(1)], lines, 6)).toBe(0);
    expect(compute([1, 'a', 'b'], lines, 6)).toBe(0);
    expect(compute([1, 'a', 777], lines, 6)).toBe(1);
  });
});

describe('control', () => {
  it('runs coroutines', () => {
    const rows = host().run([
      [O.Init, 0, 'start'],
      'start',
      [O.InitCoroutine, 1, 'main', 'body'],
      'body',
      [O.Integer, 10, 2],
      [O.Yield, 1],
      [O.Integer, 20, 2],
      [O.Yield, 1],
      [O.EndCoroutine, 1],
      'main',
      'loop',
      [O.Yield, 1, 'end'],
      [O.ResultRow, 2, 1],
      [O.Goto, 0, 'loop'],
      'end',
      [O.Halt],
    ]);
    expect(rows).toEqual([[10], [20]]);
  });

  it('calls subroutines, also in line, and does things once', () => {
    const rows = host().run([
      [O.Init],
      [O.Integer, 0, 2],
      [O.Gosub, 1, 'sub'],
      [O.Gosub, 1, 'sub'],
      [O.Goto, 0, 'inline'],
      'sub',
      [O.Once, 0, 'skip'],
      [O.AddImm, 2, 100],
      'skip',
      [O.AddImm, 2, 1],
      [O.Return, 1],
      'inline',
      [O.BeginSubrtn, 0, 3],
      [O.AddImm, 2, 10],
      [O.Return, 3, 0, 1],
      [O.Noop],
      [O.ResultRow, 2, 1],
      [O.Halt],
    ]);
    expect(rows).toEqual([[112]]);
  });

  it('can be stopped by interrupt and by the progress handler, and run again', () => {
    const endless = assemble([[O.Init], 'loop', [O.Goto, 0, 'loop']]);
    const h = host();
    h.progressInterval = 1000;
    h.progressStops = true;
    expect(() => h.run(endless)).toThrow('interrupted');
    expect(h.progressCalls).toBe(1);
    h.progressInterval = 0;
    const stop: FunctionCall = scalar('stop', () => ((h.interrupted = true), null), true);
    const own: Line[] = [[O.Init], 'loop', [O.Function, 0, 0, 1, stop], [O.Goto, 0, 'loop']];
    expect(() => h.run(own)).toThrow(expect.objectContaining({ code: 'SQLITE_INTERRUPT' }));
    expect(h.run([[O.Init], [O.Integer, 1, 1], [O.ResultRow, 1, 1], [O.Halt]])).toEqual([[1]]);
  });

  it('lets values be bound between runs only', () => {
    const h = host();
    const e = h.execution(
      assemble([[O.Init], [O.Variable, 1, 1], [O.ResultRow, 1, 1], [O.ResultRow, 1, 1], [O.Halt]]),
    );
    e.bind(1, 5);
    expect(e.step()).toBe('row');
    expect(e.value(0)).toBe(5);
    expect(() => e.bind(1, 6)).toThrow(SqliteError);
    e.reset();
    e.bind(1, 6);
    expect(e.step()).toBe('row');
    expect(e.registers[e.rowStart]).toBe(6);
    e.reset();
    expect(() => e.bind(9, 6)).toThrow('column index out of range');
    e.clearBindings();
    expect(e.bindings[0]).toBe(null);
    expect(h.activeStatements).toBe(0);
  });
});

/** Inserts rows [rowid, ...values] into the table at `root`. */
function insertRows(root: number, rows: readonly (readonly SqlValue[])[], p5 = 0): Line[] {
  const lines: Line[] = [[O.OpenWrite, 0, root, 0, 3]];
  for (const row of rows) {
    row.forEach((v, i) => lines.push(load(10 + i, v)));
    lines.push(
      [O.MakeRecord, 11, row.length - 1, 30],
      [O.Insert, 0, 30, 10, info('t'), p5 | F.OPFLAG_NCHANGE | F.OPFLAG_LASTROWID],
    );
  }
  lines.push([O.Close, 0]);
  return lines;
}

function table(h: TestHost, rows: readonly (readonly SqlValue[])[]): number {
  const root = h.createTree(true);
  h.write([[O.Init], [O.Transaction, 0, 1], ...insertRows(root, rows), [O.Halt]]);
  return root;
}

function index(h: TestHost, entries: readonly (readonly SqlValue[])[], keyInfo: KeyInfo): number {
  const root = h.createTree(false);
  const lines: Line[] = [[O.Init], [O.Transaction, 0, 1], [O.OpenWrite, 0, root, 0, keyInfo]];
  for (const entry of entries) {
    entry.forEach((v, i) => lines.push(load(10 + i, v)));
    lines.push(
      [O.MakeRecord, 10, entry.length, 30],
      [O.IdxInsert, 0, 30, 10, entry.length, F.OPFLAG_NCHANGE],
    );
  }
  h.write([...lines, [O.Halt]]);
  return root;
}

/** All rows of a table: rowid and its columns. */
function scan(h: TestHost, root: number, columns: number): SqlValue[][] {
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

describe('tables', () => {
  it('writes, scans both ways, counts', () => {
    const h = host();
    const root = table(h, [
      [3, 'c', real(2)],
      [1, 'a', null],
      [2, new Uint8Array([1, 2]), 9223372036854775807n],
    ]);
    expect(scan(h, root, 2)).toEqual([
      [1, 'a', null],
      [2, new Uint8Array([1, 2]), 9223372036854775807n],
      [3, 'c', real(2)],
    ]);
    expect(h.lastRowid).toBe(2);
    const back = h.run([
      [O.Init],
      [O.Transaction],
      [O.OpenRead, 0, root, 0, 2],
      [O.Count, 0, 5],
      [O.ResultRow, 5, 1],
      [O.Last, 0, 'end'],
      'loop',
      [O.Rowid, 0, 1],
      [O.ResultRow, 1, 1],
      [O.Prev, 0, 'loop'],
      'end',
      [O.IfSizeBetween, 0, 'yes', 10, 20],
      [O.Halt],
      'yes',
      [O.Integer, 77, 1],
      [O.ResultRow, 1, 1],
      [O.IfEmpty, 0, 'never'],
      [O.ResultRow, 1, 1],
      'never',
      [O.Halt],
    ]);
    expect(back).toEqual([[3], [3], [2], [1], [77], [77]]);
  });

  it('seeks by rowid with every kind of key', () => {
    const h = host();
    const root = table(h, [
      [10, 'a'],
      [20, 'b'],
      [30, 'c'],
    ]);
    function seek(op: O, v: SqlValue): SqlValue {
      const rows = h.run([
        [O.Init],
        [O.Transaction],
        load(1, v),
        [O.OpenRead, 0, root, 0, 1],
        [op, 0, 'none', 1],
        [O.Rowid, 0, 2],
        [O.ResultRow, 2, 1],
        'none',
        [O.Halt],
      ]);
      return rows[0]?.[0] ?? null;
    }
    expect([
      seek(O.SeekGE, 20),
      seek(O.SeekGT, 20),
      seek(O.SeekLE, 20),
      seek(O.SeekLT, 20),
    ]).toEqual([20, 30, 20, 10]);
    expect([seek(O.SeekGE, 31), seek(O.SeekLT, 10), seek(O.SeekLE, 99)]).toEqual([null, null, 30]);
    const x = real(20.5);
    expect([seek(O.SeekGE, x), seek(O.SeekGT, x), seek(O.SeekLE, x), seek(O.SeekLT, x)]).toEqual([
      30, 30, 20, 20,
    ]);
    const y = real(19.5);
    expect([seek(O.SeekGE, y), seek(O.SeekGT, y), seek(O.SeekLE, y), seek(O.SeekLT, y)]).toEqual([
      20, 20, 10, 10,
    ]);
    expect([seek(O.SeekGE, '20'), seek(O.SeekLE, 'x'), seek(O.SeekGE, 'x')]).toEqual([
      20,
      30,
      null,
    ]);
    expect([seek(O.SeekLE, null), seek(O.SeekGE, null)]).toEqual([null, null]);
    expect([seek(O.SeekGT, real(1e300)), seek(O.SeekLT, real(1e300))]).toEqual([null, 30]);
    expect([
      seek(O.SeekRowid, '20'),
      seek(O.SeekRowid, real(20)),
      seek(O.SeekRowid, real(20.5)),
    ]).toEqual([20, 20, null]);
    expect([seek(O.SeekRowid, 'x'), seek(O.NotExists, 30), seek(O.NotExists, 31)]).toEqual([
      null,
      30,
      null,
    ]);
  });

  it('reads long rows, defaults, NULL rows, and what is needed only', () => {
    const h = host();
    const long = 'é'.repeat(9000);
    const blob = new Uint8Array(20000).fill(7);
    const root = table(h, [[1, long, blob, 5]]);
    const size = scalar('size', (v) => (v instanceof Uint8Array ? v.length : (v as string).length));
    const rows = h.run([
      [O.Init],
      [O.Transaction],
      [O.OpenRead, 0, root, 0, 5],
      [O.ColumnsUsed, 0],
      [O.Rewind, 0, 'end'],
      [O.Column, 0, 2, 1],
      [O.Column, 0, 0, 2],
      [O.Column, 0, 1, 3, null, F.OPFLAG_LENGTHARG],
      [O.Function, 0, 3, 3, size],
      [O.Column, 0, 1, 4, null, F.OPFLAG_TYPEOFARG],
      [O.Column, 0, 3, 5, { kind: 'value', value: 'default' }],
      [O.Column, 0, 4, 6],
      [O.Offset, 0, 2, 7],
      [O.ResultRow, 1, 6],
      [O.IsType, 0, 'text', 0, 5, F.TYPE_TEXT],
      [O.Halt],
      'text',
      [O.IsType, 0, 'short', 4, 5, F.TYPE_NULL],
      [O.Halt],
      'short',
      [O.IsType, -1, 'wrong', 1, null, F.TYPE_TEXT | F.TYPE_BLOB | F.TYPE_REAL],
      [O.IfNullRow, 0, 'wrong', 8],
      [O.NullRow, 0],
      [O.Column, 0, 0, 1],
      [O.Rowid, 0, 2],
      [O.IfNullRow, 0, 'nullrow', 8],
      'wrong',
      [O.Halt],
      'nullrow',
      [O.IfNotOpen, 0, 'closed'],
      [O.Halt],
      'closed',
      [O.ResultRow, 1, 2],
      'end',
      [O.Halt],
    ]);
    expect(rows).toEqual([
      [5, long, 20000, new Uint8Array(0), 'default', null],
      [null, null],
    ]);
  });

  it('gives rowids: next, AUTOINCREMENT, random, full', () => {
    const h = host();
    const root = table(h, [[5, 'x']]);
    function next(auto: number): SqlValue {
      const rows = h.write([
        [O.Init],
        [O.Transaction, 0, 1],
        [O.OpenWrite, 0, root, 0, 1],
        ...(auto > 0 ? [load(2, auto)] : []),
        [O.NewRowid, 0, 1, auto > 0 ? 2 : 0],
        [O.ResultRow, 1, 1],
        [O.Halt],
      ]);
      return rows[0]![0]!;
    }
    expect(next(0)).toBe(6);
    expect(next(3)).toBe(6);
    expect(next(41)).toBe(42);
    const max = 9223372036854775807n;
    h.write([[O.Init], [O.Transaction, 0, 1], ...insertRows(root, [[max, 'm']]), [O.Halt]]);
    h.randomBytes = () => 1;
    expect(next(0)).toBe(72340172838076674n);
    expect(() => next(3)).toThrow(expect.objectContaining({ code: 'SQLITE_FULL' }));
    h.write([
      [O.Init],
      [O.Transaction, 0, 1],
      ...insertRows(root, [[72340172838076674n, 'm']]),
      [O.Halt],
    ]);
    expect(() => next(0)).toThrow(expect.objectContaining({ code: 'SQLITE_FULL' }));
  });

  it('deletes while it scans, and tells the listener', () => {
    const h = host();
    const root = table(h, [
      [1, 'a'],
      [2, 'b'],
      [3, 'c'],
      [4, 'd'],
    ]);
    const heard: string[] = [];
    h.rowListener = {
      insert: (t, rowid, record) =>
        heard.push(`insert ${t.name} ${rowid} ${decodeRecord(record, 0, record.length, 1)}`),
      update: (t, before, rowid) => heard.push(`update ${t.name} ${before} ${rowid}`),
      delete: (t, rowid) => heard.push(`delete ${t.name} ${rowid}`),
    };
    h.write(
      [
        [O.Init],
        [O.Transaction, 0, 1],
        [O.OpenWrite, 0, root, 0, 1],
        [O.Rewind, 0, 'end'],
        'loop',
        [O.Rowid, 0, 1],
        [O.Integer, 2, 2],
        [O.Gt, 2, 'keep', 1],
        [O.Delete, 0, F.OPFLAG_NCHANGE, 0, info('t'), F.OPFLAG_SAVEPOSITION],
        'keep',
        [O.Next, 0, 'loop'],
        'end',
        // Row 3 becomes row 8, row 4 is overwritten in place.
        [O.Integer, 3, 1],
        [O.NotExists, 0, 'end2', 1],
        [O.Integer, 8, 2],
        [O.Delete, 0, F.OPFLAG_ISUPDATE | F.OPFLAG_NCHANGE, 2, info('t')],
        [O.String8, 0, 3, 0, 'z'],
        [O.MakeRecord, 3, 1, 4],
        [O.Insert, 0, 4, 2, info('t'), F.OPFLAG_ISUPDATE],
        [O.Integer, 4, 1],
        [O.NotExists, 0, 'end2', 1],
        [O.Delete, 0, F.OPFLAG_ISUPDATE | F.OPFLAG_ISNOOP, 1, info('t')],
        [O.Insert, 0, 4, 1, info('t'), F.OPFLAG_ISUPDATE | F.OPFLAG_NCHANGE],
        [O.Integer, 9, 1],
        [O.Insert, 0, 4, 1, info('t')],
        [O.Insert, 0, 4, 1, info('t'), F.OPFLAG_ISNOOP],
        'end2',
        [O.Halt],
      ],
      { countsChanges: true },
    );
    expect(heard).toEqual([
      'delete t 1',
      'delete t 2',
      'update t 3 8',
      'update t 4 4',
      'insert t 9 z',
      'insert t 9 z',
    ]);
    expect(scan(h, root, 1)).toEqual([
      [4, 'z'],
      [8, 'z'],
      [9, 'z'],
    ]);
    expect([h.changed, h.total]).toEqual([4, 4]);
  });

  it('stores REAL columns small, and checks STRICT types', () => {
    const h = host();
    const record = (lines: Line[], values: SqlValue[]): number[] => [
      ...(compute(values, [...lines, [O.MakeRecord, 1, 1, 9]], 9) as Uint8Array),
    ];
    const affinity: Line[] = [[O.Affinity, 1, 1, 0, 'E']];
    expect(record(affinity, [3])).toEqual([2, 1, 3]);
    expect(record(affinity, [real(3)])).toEqual([2, 1, 3]);
    expect(record([], [real(3)])[1]).toBe(7);
    expect(compute([3], affinity, 1)).toEqual(expect.objectContaining({ value: 3 }));
    expect(compute([3], [[O.MakeRecord, 1, 1, 9, 'E']], 9)).toEqual(new Uint8Array([2, 1, 3]));
    const strict = info('t', [
      ['a', 'INT'],
      ['b', 'TEXT'],
      ['c', 'REAL'],
      ['d', 'ANY'],
    ]);
    const check: Line[] = [[O.TypeCheck, 1, 4, 0, strict]];
    expect(compute(['12', 5, 1, '1'], check, 1)).toBe(12);
    expect(compute(['12', 5, 1, '1'], check, 2)).toBe('5');
    expect(compute(['12', 5, 1, '1'], check, 4)).toBe('1');
    expect(() => compute(['x', 5, 1, '1'], check, 1)).toThrow(
      'cannot store TEXT value in INT column t.a',
    );
    expect(() => compute([1, new Uint8Array(1), 1, 1], check, 1)).toThrow(
      'cannot store BLOB value in TEXT column t.b',
    );
    expect(() => compute([1, 'x', 'y', 1], check, 1)).toThrow(
      'cannot store TEXT value in REAL column t.c',
    );
    expect(() => compute([real(1.5)], [[O.TypeCheck, 1, 1, 2, strict]], 1)).toThrow(
      'cannot store REAL value in INT column t.a',
    );
    void h;
  });

  it('copies cells, clears and drops trees', () => {
    const h = host();
    const root = table(h, [
      [1, 'a'],
      [2, 'b'],
    ]);
    const rows = h.write([
      [O.Init],
      [O.Transaction, 0, 1],
      [O.CreateBtree, 0, 5, 1],
      [O.OpenWrite, 1, 5, 0, 1, F.OPFLAG_P2ISREG],
      [O.OpenRead, 0, root, 0, 1],
      [O.Rewind, 0, 'end'],
      'loop',
      [O.Rowid, 0, 1],
      [O.AddImm, 1, 100],
      [O.SeekEnd, 1],
      [O.RowCell, 1, 0, 1],
      [O.Insert, 1, 0, 1, null, F.OPFLAG_PREFORMAT | F.OPFLAG_APPEND | F.OPFLAG_USESEEKRESULT],
      [O.RowData, 0, 2],
      [O.Next, 0, 'loop'],
      'end',
      [O.Count, 1, 6],
      [O.ResultRow, 5, 2],
      [O.Close, 0],
      [O.Integer, 0, 7],
      [O.Clear, root, 0, 7],
      [O.ResultRow, 7, 1],
      [O.Destroy, root, 8, 0],
      [O.ResultRow, 8, 1],
      [O.Halt],
    ]);
    const created = rows[0]![0] as number;
    expect(rows).toEqual([[created, 2], [2], [0]]);
    expect(scan(h, created, 1)).toEqual([
      [101, 'a'],
      [102, 'b'],
    ]);
  });
});

describe('indexes', () => {
  const entries = [
    ['a', 1],
    ['b', 2],
    ['b', 3],
    ['d', 4],
  ];

  function walk(h: TestHost, root: number, op: O, key: SqlValue, stop: Line[] = []): SqlValue[] {
    const rows = h.run([
      [O.Init],
      [O.Transaction],
      load(1, key),
      [O.OpenRead, 0, root, 0, key2],
      [op, 0, 'end', 1, 1],
      'loop',
      ...stop,
      [O.IdxRowid, 0, 5],
      [O.ResultRow, 5, 1],
      [op === O.SeekLE || op === O.SeekLT ? O.Prev : O.Next, 0, 'loop'],
      'end',
      [O.Halt],
    ]);
    return rows.map((r) => r[0]!);
  }

  it('seeks and stops at bounds', () => {
    const h = host();
    const root = index(h, entries, key2);
    expect(walk(h, root, O.SeekGE, 'b')).toEqual([2, 3, 4]);
    expect(walk(h, root, O.SeekGT, 'b')).toEqual([4]);
    expect(walk(h, root, O.SeekLE, 'b')).toEqual([3, 2, 1]);
    expect(walk(h, root, O.SeekLT, 'b')).toEqual([1]);
    expect(walk(h, root, O.SeekGE, 'c')).toEqual([4]);
    expect(walk(h, root, O.SeekGE, 'e')).toEqual([]);
    expect(walk(h, root, O.SeekGE, 'b', [[O.IdxGT, 0, 'end', 1, 1]])).toEqual([2, 3]);
    expect(walk(h, root, O.SeekGE, 'a', [[O.Noop], [O.IdxGE, 0, 'end', 2, 1]])).toEqual([]);
    expect(walk(h, root, O.SeekLE, 'b', [[O.IdxLT, 0, 'end', 1, 1]])).toEqual([3, 2]);
    expect(walk(h, root, O.SeekLE, 'd', [[O.IdxLE, 0, 'end', 1, 1]])).toEqual([]);
  });

  it('finds keys in registers and in records', () => {
    const h = host();
    const root = index(h, [...entries, [null, 9]], key2);
    const found = (op: O, key: SqlValue, record = false): SqlValue =>
      h.run([
        [O.Init],
        [O.Transaction],
        load(1, key),
        [O.OpenRead, 0, root, 0, key2],
        [O.MakeRecord, 1, 1, 2],
        [O.Integer, 1, 3],
        record ? [op, 0, 'jump', 2, 0] : [op, 0, 'jump', 1, 1],
        [O.Integer, 0, 3],
        'jump',
        [O.ResultRow, 3, 1],
        [O.Halt],
      ])[0]![0]!;
    expect([found(O.Found, 'b'), found(O.Found, 'c'), found(O.Found, 'b', true)]).toEqual([
      1, 0, 1,
    ]);
    expect([found(O.NotFound, 'b'), found(O.NotFound, 'c', true)]).toEqual([0, 1]);
    expect([found(O.NoConflict, 'b'), found(O.NoConflict, 'c'), found(O.NoConflict, null)]).toEqual(
      [0, 1, 1],
    );
    expect([found(O.NoConflict, null, true), found(O.IfNoHope, 'c')]).toEqual([1, 1]);
  });

  it('tells when there is no hope', () => {
    const h = host();
    const root = index(h, entries, key2);
    const rows = h.run([
      [O.Init],
      [O.Transaction],
      load(1, 'x'),
      [O.OpenRead, 0, root, 0, key2],
      [O.SeekHit, 0, 1, 2],
      [O.Integer, 1, 3],
      [O.IfNoHope, 0, 'no', 1, 1],
      [O.Integer, 0, 3],
      'no',
      [O.ResultRow, 3, 1],
      [O.SeekHit, 0, 0, 0],
      [O.Integer, 1, 3],
      [O.IfNoHope, 0, 'no2', 1, 1],
      [O.Integer, 0, 3],
      'no2',
      [O.ResultRow, 3, 1],
      [O.Halt],
    ]);
    expect(rows).toEqual([[0], [1]]);
  });

  it('steps instead of seeking where that is near', () => {
    const h = host();
    const root = index(h, entries, key2);
    const go = (key: SqlValue, p5: number): SqlValue[] =>
      h
        .run([
          [O.Init],
          [O.Transaction],
          load(1, key),
          [O.OpenRead, 0, root, 0, key2],
          [O.Rewind, 0, 'none'],
          [O.SeekScan, 2, 'here', 0, null, p5],
          [O.SeekGE, 0, 'none', 1, 1],
          [O.Integer, -1, 5],
          [O.ResultRow, 5, 1],
          'here',
          [O.IdxRowid, 0, 5],
          [O.ResultRow, 5, 1],
          'none',
          [O.Halt],
        ])
        .map((r) => r[0]!);
    expect(go('b', 0)).toEqual([2]);
    expect(go('d', 0)).toEqual([-1, 4]);
    expect(go('aa', 0)).toEqual([]);
    expect(go('aa', 1)).toEqual([2]);
    expect(go('z', 0)).toEqual([]);
  });

  it('deletes entries and reports missing ones', () => {
    const h = host();
    const root = index(h, entries, key2);
    const drop = (key: SqlValue, rowid: number, p5: number): unknown =>
      h.write([
        [O.Init],
        [O.Transaction, 0, 1],
        [O.OpenWrite, 0, root, 0, key2],
        load(1, key),
        [O.Integer, rowid, 2],
        [O.IdxDelete, 0, 1, 2, null, p5],
        [O.Halt],
      ]);
    drop('b', 2, 1);
    drop('b', 2, 0);
    expect(() => drop('b', 2, 1)).toThrow(
      expect.objectContaining({ code: 'SQLITE_CORRUPT_INDEX' }),
    );
    expect(walk(h, root, O.SeekGE, 'a')).toEqual([1, 3, 4]);
  });

  it('puts table seeks off', () => {
    const h = host();
    const t = table(h, [
      [1, 'one', 'x'],
      [2, 'two', 'y'],
    ]);
    const i = index(
      h,
      [
        ['one', 1],
        ['two', 2],
      ],
      key2,
    );
    const rows = h.run([
      [O.Init],
      [O.Transaction],
      [O.OpenRead, 0, t, 0, 2],
      [O.OpenRead, 1, i, 0, key2],
      [O.ReopenIdx, 1, i, 0, key2],
      [O.Rewind, 1, 'end'],
      'loop',
      [O.DeferredSeek, 1, 0, 0, new Int32Array([1, 0])],
      [O.Column, 0, 0, 1],
      [O.Rowid, 0, 2],
      [O.Column, 0, 1, 3],
      [O.ResultRow, 1, 3],
      [O.DeferredSeek, 1, 0, 0],
      [O.FinishSeek, 0],
      [O.Column, 0, 1, 3],
      [O.ResultRow, 3, 1],
      [O.Next, 1, 'loop'],
      'end',
      [O.ReopenIdx, 1, t, 0, 2],
      [O.Halt],
    ]);
    expect(rows).toEqual([['one', 1, 'x'], ['x'], ['two', 2, 'y'], ['y']]);
  });

  it('hands exceptions of a user collation through as they are', () => {
    const h = host();
    const boom = new Error('mine');
    const mine = makeKeyInfo(1, 2, [
      userCollation('mine', () => {
        throw boom;
      }),
    ]);
    const root = index(h, entries, key2);
    const lines: Line[] = [
      [O.Init],
      [O.Transaction],
      load(1, 'b'),
      [O.OpenRead, 0, root, 0, mine],
      [O.SeekGE, 0, 'end', 1, 1],
      'end',
      [O.Halt],
    ];
    expect(() => h.run(lines)).toThrow(boom);
    const order = userCollation('mine', (a, b) => (a < b ? 1 : a > b ? -1 : 0));
    const cmp: Line[] = [[O.Integer, 1, 3], [O.Lt, 1, 'y', 2, order], [O.Integer, 0, 3], 'y'];
    expect(compute(['a', 'b'], cmp, 3)).toBe(1);
  });
});

describe('ephemeral tables, pseudo and host cursors', () => {
  it('keeps rows, duplicates cursors, starts anew', () => {
    const h = host();
    const rows = h.run([
      [O.Init],
      [O.Integer, 0, 9],
      'again',
      [O.OpenEphemeral, 0, 1, 20],
      [O.Integer, 7, 1],
      [O.NewRowid, 0, 2],
      [O.MakeRecord, 1, 1, 3],
      [O.Insert, 0, 3, 2, null, F.OPFLAG_APPEND],
      [O.NewRowid, 0, 2],
      [O.Insert, 0, 20, 2],
      [O.OpenDup, 1, 0],
      [O.Last, 1, 'end'],
      [O.Rowid, 1, 4],
      [O.Column, 1, 0, 5],
      [O.ResultRow, 4, 2],
      [O.Sort, 0, 'end'],
      [O.Column, 0, 0, 5],
      [O.ResultRow, 5, 1],
      [O.AddImm, 9, 1],
      [O.Integer, 2, 10],
      [O.Lt, 10, 'again', 9],
      [O.ResetSorter, 0],
      [O.Rewind, 0, 'end'],
      [O.ResultRow, 9, 1],
      'end',
      [O.OpenAutoindex, 2, 2, 0, key2],
      [O.Sequence, 2, 6],
      [O.Sequence, 2, 7],
      [O.ResultRow, 6, 2],
      [O.SequenceTest, 2, 'zero'],
      [O.Halt],
      'zero',
      [O.ResultRow, 9, 1],
      [O.Halt],
    ]);
    expect(rows).toEqual([[2, null], [7], [2, null], [7], [0, 1]]);
    expect(h.temporaries).toHaveLength(1);
  });

  it('reads a record in a register', () => {
    const h = host();
    const rows = h.run([
      [O.Init],
      [O.Integer, 5, 1],
      [O.String8, 0, 2, 0, 'x'],
      [O.MakeRecord, 1, 2, 3],
      [O.OpenPseudo, 0, 3, 2],
      [O.Column, 0, 1, 4],
      [O.ResultRow, 4, 1],
      [O.Integer, 6, 2],
      [O.MakeRecord, 1, 2, 3],
      [O.Column, 0, 1, 4],
      [O.ResultRow, 4, 1],
      [O.NullRow, 7],
      [O.Column, 7, 0, 4],
      [O.ResultRow, 4, 1],
      [O.Halt],
    ]);
    expect(rows).toEqual([['x'], [6], [null]]);
  });

  it('walks rows of the connection', () => {
    const h = host();
    h.rows = [
      ['a', 1],
      ['b', 2],
    ];
    const request: P4 = { kind: 'host', name: 'things', data: null };
    const lines: Line[] = [
      [O.Init],
      load(1, 'arg'),
      [O.HostRows, 0, 'end', 1, request, 1],
      'loop',
      [O.Column, 0, 0, 2],
      [O.Column, 0, 1, 3],
      [O.Rowid, 0, 4],
      [O.ResultRow, 2, 3],
      [O.IsType, 0, 'on', 1, null, F.TYPE_INTEGER],
      [O.Halt],
      'on',
      [O.Next, 0, 'loop'],
      [O.Count, 0, 4],
      [O.ResultRow, 4, 1],
      [O.Rewind, 0, 'end'],
      [O.Last, 0, 'end'],
      [O.Column, 0, 0, 2],
      [O.ResultRow, 2, 1],
      [O.IfEmpty, 0, 'end'],
      [O.Close, 0],
      'end',
      [O.HostCall, 1, 5, 1, request],
      [O.ResultRow, 5, 1],
      [O.Halt],
    ];
    h.answer = 42;
    expect(h.run(lines)).toEqual([['a', 1, 1], ['b', 2, 2], [2], ['b'], [42]]);
    h.rows = [];
    expect(h.run(lines)).toEqual([[42]]);
    expect(h.log).toContain('rows things arg');
    expect(h.log).toContain('call things arg');
  });
});

describe('sorter', () => {
  function sorted(h: TestHost, values: readonly SqlValue[], keyInfo: KeyInfo): SqlValue[][] {
    const lines: Line[] = [[O.Init], [O.SorterOpen, 0, 2, 0, keyInfo]];
    values.forEach((v, i) => {
      lines.push(load(1, v), [O.Integer, i, 2], [O.MakeRecord, 1, 2, 3], [O.SorterInsert, 0, 3]);
    });
    return h.run([
      ...lines,
      [O.OpenPseudo, 1, 4, 2],
      [O.SorterSort, 0, 'end'],
      'loop',
      [O.SorterData, 0, 4, 1],
      [O.Column, 1, 0, 5],
      [O.Column, 1, 1, 6],
      [O.ResultRow, 5, 2],
      [O.SorterNext, 0, 'loop'],
      'end',
      [O.Halt],
    ]);
  }

  const values: SqlValue[] = [];
  for (let i = 0; i < 300; i++) {
    const k = (i * 7919) % 23;
    values.push([null, k, real(k / 2), `t${k}`, new Uint8Array([k])][i % 5]!);
  }
  const numbers = values.filter((v) => typeof v === 'number' || v instanceof Real || v === null);
  const texts = values.filter((v) => typeof v === 'string' || v === null);

  function rank(v: SqlValue): number {
    if (v === null) return 0;
    return typeof v === 'number' || v instanceof Real ? 1 : typeof v === 'string' ? 2 : 3;
  }
  function order(a: SqlValue, b: SqlValue): number {
    const by = rank(a) - rank(b);
    if (by !== 0) return by;
    if (a instanceof Real || typeof a === 'number') {
      return Number(a instanceof Real ? a.value : a) - Number(b instanceof Real ? b.value : b);
    }
    if (typeof a === 'string') return a < (b as string) ? -1 : a > (b as string) ? 1 : 0;
    return a instanceof Uint8Array ? a[0]! - (b as Uint8Array)[0]! : 0;
  }

  it.each([
    ['in memory', 1 << 20],
    ['spilling every few rows', 400],
    ['spilling nearly every row', 1],
  ])('sorts stably: %s', (_name, budget) => {
    for (const list of [values, numbers, texts]) {
      for (const flags of [0, 1, 2, 3]) {
        const h = host();
        h.sorterBudget = budget;
        const info1 = makeKeyInfo(1, 2, [], [flags, 0], 1);
        const expected = list
          .map((v, i): [SqlValue, number] => [v, i])
          .sort((a, b) => {
            let rc = order(a[0], b[0]);
            const nulls = (a[0] === null) !== (b[0] === null);
            if ((flags & 2) !== 0 && nulls) rc = -rc;
            return (flags & 1) !== 0 ? -rc : rc;
          });
        expect(sorted(h, list, info1)).toEqual(expected);
        if (budget === 1) expect(h.temporaries.length).toBe(1);
      }
    }
  });

  it('compares with the record it stands on', () => {
    const h = host();
    const rows = h.run([
      [O.Init],
      [O.SorterOpen, 0, 1, 0, key1],
      [O.Integer, 5, 1],
      [O.MakeRecord, 1, 1, 2],
      [O.SorterInsert, 0, 2],
      [O.SorterSort, 0, 'end'],
      [O.SorterCompare, 0, 'end', 2, 1],
      [O.ResultRow, 1, 1],
      [O.Integer, 6, 1],
      [O.MakeRecord, 1, 1, 2],
      [O.SorterCompare, 0, 'differs', 2, 1],
      [O.Halt],
      'differs',
      [O.ResultRow, 1, 1],
      [O.RowData, 0, 3],
      [O.Null, 0, 1],
      [O.MakeRecord, 1, 1, 2],
      [O.SorterCompare, 0, 'null', 2, 1],
      [O.Halt],
      'null',
      [O.ResultRow, 1, 1],
      [O.ResetSorter, 0],
      [O.SorterSort, 0, 'end'],
      [O.ResultRow, 1, 1],
      'end',
      [O.Halt],
    ]);
    expect(rows).toEqual([[5], [6], [null]]);
  });
});

describe('row sets', () => {
  it('gives integers in order, each once', () => {
    const rows = host().run([
      [O.Init],
      [O.Null, 0, 1],
      ...[5, 3, 5, 9].flatMap((v): Line[] => [
        [O.Integer, v, 2],
        [O.RowSetAdd, 1, 2],
      ]),
      'loop',
      [O.RowSetRead, 1, 'end', 3],
      [O.ResultRow, 3, 1],
      [O.Goto, 0, 'loop'],
      'end',
      [O.RowSetRead, 1, 'done', 3],
      [O.ResultRow, 3, 1],
      'done',
      [O.Halt],
    ]);
    expect(rows).toEqual([[3], [5], [9]]);
  });

  it('knows earlier batches', () => {
    const test = (v: number, batch: number, label: string): Line[] => [
      [O.Integer, v, 2],
      [O.Integer, 1, 3],
      [O.RowSetTest, 1, label, 2, batch],
      [O.Integer, 0, 3],
      label,
      [O.ResultRow, 3, 1],
    ];
    const rows = host().run([
      [O.Init],
      [O.Null, 0, 1],
      ...test(5, 0, 'a'),
      ...test(5, 0, 'b'),
      ...test(5, 1, 'c'),
      ...test(6, 1, 'd'),
      ...test(6, -1, 'e'),
      ...test(7, -1, 'f'),
      [O.Halt],
    ]);
    expect(rows.map((r) => r[0])).toEqual([0, 0, 1, 0, 1, 0]);
  });
});

const maxFunction: AggregateFunction = {
  kind: 'aggregate',
  name: 'max',
  argCount: 1,
  deterministic: true,
  special: 'max',
  init: () => ({ best: null as SqlValue }),
  step(state, args) {
    const s = state as { best: SqlValue };
    const v = args[0]!;
    if (v !== null && (s.best === null || (v as number) > (s.best as number))) s.best = v;
  },
  value: (state) => (state === null ? null : (state as { best: SqlValue }).best),
  finalize: (state) => (state === null ? null : (state as { best: SqlValue }).best),
};

const sumFunction: AggregateFunction = {
  kind: 'aggregate',
  name: 'sum',
  argCount: 1,
  deterministic: true,
  init: () => ({ sum: 0 }),
  step(state, args) {
    (state as { sum: number }).sum += args[0] as number;
  },
  inverse(state, args) {
    (state as { sum: number }).sum -= args[0] as number;
  },
  value: (state) => (state === null ? null : (state as { sum: number }).sum),
  finalize: (state) => (state === null ? null : (state as { sum: number }).sum),
};

describe('functions and aggregates', () => {
  it('calls functions and keeps auxiliary data of constants', () => {
    const made: SqlValue[] = [];
    const def: ScalarFunction = {
      kind: 'scalar',
      name: 'f',
      argCount: 2,
      deterministic: true,
      call(args, ctx) {
        for (const i of [0, 1]) {
          if (ctx.getAux(i) === undefined) {
            ctx.setAux(i, args[i]);
            made.push(args[i]!);
          }
        }
        return ctx.getAux(0) as SqlValue;
      },
    };
    const call: FunctionCall = { kind: 'call', def, argCount: 2, collation: null };
    const program = assemble([
      [O.Init],
      [O.Variable, 1, 1],
      [O.Integer, 0, 2],
      'loop',
      [O.PureFunc, 1, 1, 3, call],
      [O.ResultRow, 3, 1],
      [O.AddImm, 2, 1],
      [O.Integer, 2, 4],
      [O.Lt, 4, 'loop', 2],
      [O.Halt],
    ]);
    const h = host();
    expect(h.run(program, ['p'])).toEqual([['p'], ['p']]);
    expect(made).toEqual(['p', 0, 1]);
    expect(h.run(program, ['q'])).toEqual([['q'], ['q']]);
  });

  it('gives what a user function throws to the caller', () => {
    const h = host();
    const boom = { my: 'own' };
    const call = scalar(
      'boom',
      () => {
        throw boom;
      },
      true,
    );
    let caught: unknown;
    try {
      h.run([[O.Init], [O.Function, 0, 0, 1, call], [O.Halt]]);
    } catch (e) {
      caught = e;
    }
    expect(caught).toBe(boom);
    const deep = scalar('deep', () => {
      const go = (n: number): number => go(n + 1) + 1;
      return go(0);
    });
    expect(() => h.run([[O.Init], [O.Function, 0, 0, 1, deep], [O.Halt]])).toThrow('out of memory');
  });

  it('aggregates, with window steps back', () => {
    const sum: FunctionCall = { kind: 'call', def: sumFunction, argCount: 1, collation: null };
    const rows = host().run([
      [O.Init],
      [O.Null, 0, 5],
      [O.AggValue, 5, 1, 6, sum],
      [O.ResultRow, 6, 1],
      [O.Integer, 4, 1],
      [O.AggStep, 0, 1, 5, sum, 1],
      [O.Integer, 5, 1],
      [O.AggStep, 0, 1, 5, sum, 1],
      [O.AggValue, 5, 1, 6, sum],
      [O.ResultRow, 6, 1],
      [O.AggInverse, 0, 1, 5, sum, 1],
      [O.AggStep, 1, 1, 5, sum, 1],
      [O.AggFinal, 5, 1, 0, sum],
      [O.ResultRow, 5, 1],
      [O.Halt],
    ]);
    expect(rows).toEqual([[null], [9], [-1]]);
  });

  it('tells which row has the extreme', () => {
    const max: FunctionCall = { kind: 'call', def: maxFunction, argCount: 1, collation: null };
    const step = (v: SqlValue): Line[] => [
      load(1, v),
      [O.CollSeq, 2, 0, 0, binary],
      [O.AggStep, 0, 1, 5, max, 1],
      [O.ResultRow, 2, 1],
    ];
    const rows = host().run([
      [O.Init],
      [O.Null, 0, 5],
      ...step(null),
      ...step(3),
      ...step(2),
      ...step(3),
      ...step(7),
      ...step(null),
      [O.CollSeq, 0, 0, 0, binary],
      [O.Halt],
    ]);
    expect(rows.map((r) => r[0])).toEqual([0, 0, 1, 1, 0, 1]);
  });
});

describe('sub-programs', () => {
  /** A trigger that calls itself until r[1] of its caller is 0. */
  function recursive(token: object, noRecursion: number): Program {
    const sub: { kind: 'program'; token: object; program: Program } = {
      kind: 'program',
      token,
      program: assemble([]),
    };
    const body = assemble(
      [
        [O.Init, 0, 'start'],
        'start',
        [O.Param, 0, 1],
        [O.IfNot, 1, 'end'],
        [O.AddImm, 1, -1],
        [O.Program, 1, 'end', 2, sub, noRecursion],
        'end',
        [O.Halt],
      ],
      { triggerName: 'tr', registerCount: 4, cursorCount: 0 },
    );
    sub.program = body;
    return body;
  }

  function call(h: TestHost, depth: number, p5: number): void {
    const token = {};
    const program = recursive(token, p5);
    h.run([
      [O.Init],
      [O.Integer, depth, 1],
      [O.Program, 1, 'end', 2, { kind: 'program', token, program }, p5],
      'end',
      [O.Halt],
    ]);
  }

  it('nests a thousand levels deep, and no deeper', () => {
    const h = host();
    call(h, 999, 0);
    expect(() => call(h, 1000, 0)).toThrow('too many levels of trigger recursion');
    call(h, 5000, 1);
    h.recursiveTriggers = true;
    expect(() => call(h, 5000, 1)).toThrow('too many levels of trigger recursion');
  });

  it('reads parameters, ignores, keeps counters apart', () => {
    const h = host();
    const log = h.createTree(true);
    const body = assemble(
      [
        [O.Init],
        [O.Param, 1, 1],
        [O.Integer, 7, 2],
        [O.Eq, 2, 'ignore', 1],
        [O.OpenWrite, 0, log, 0, 1],
        [O.NewRowid, 0, 3],
        [O.MakeRecord, 1, 1, 4],
        [O.Insert, 0, 4, 3, info('log'), F.OPFLAG_NCHANGE | F.OPFLAG_LASTROWID],
        [O.ResetCount],
        [O.Halt],
        'ignore',
        [O.Halt, 0, F.ON_CONFLICT_IGNORE],
      ],
      { triggerName: 'tr' },
    );
    const sub: P4 = { kind: 'program', token: {}, program: body };
    const root = h.createTree(true);
    const row = (v: number, label: string): Line[] => [
      [O.Integer, v, 20],
      [O.Program, 19, label, 30, sub],
      [O.MakeRecord, 20, 1, 21],
      [O.Insert, 1, 21, 20, info('t'), F.OPFLAG_NCHANGE | F.OPFLAG_LASTROWID],
      label,
    ];
    h.write(
      [
        [O.Init],
        [O.Transaction, 0, 1],
        [O.OpenWrite, 1, root, 0, 1],
        ...row(5, 'a'),
        ...row(7, 'b'),
        ...row(9, 'c'),
        [O.Halt],
      ],
      { countsChanges: true },
    );
    expect(scan(h, log, 1)).toEqual([
      [1, 5],
      [2, 9],
    ]);
    expect(scan(h, root, 1).map((r) => r[0])).toEqual([5, 9]);
    expect([h.changed, h.total, h.lastRowid]).toEqual([2, 4, 9]);
  });

  it('lets AUTOINCREMENT and MemMax in a trigger use the root frame', () => {
    const h = host();
    const root = h.createTree(true);
    const body = assemble([
      [O.Init],
      [O.OpenWrite, 0, root, 0, 1],
      [O.NewRowid, 0, 1, 5],
      [O.Integer, 100, 2],
      [O.MemMax, 6, 2],
      [O.Halt],
    ]);
    const rows = h.write([
      [O.Init],
      [O.Transaction, 0, 1],
      [O.Integer, 41, 5],
      [O.Integer, 3, 6],
      [O.Program, 1, 'end', 30, { kind: 'program', token: {}, program: body }],
      'end',
      [O.ResultRow, 5, 2],
      [O.Halt],
    ]);
    expect(rows).toEqual([[42, 100]]);
  });
});

describe('ends of statements', () => {
  /** Inserts a row, then halts with an error. */
  function failing(root: number, rowid: number, action: number, code = 19): Line[] {
    return [
      [O.Init],
      [O.Transaction, 0, 1],
      ...insertRows(root, [[rowid, 'x']]),
      [O.Halt, code, action, 0, 't.a', F.HALT_UNIQUE],
    ];
  }
  const journaled: Partial<Program> = { usesStatementJournal: true, countsChanges: true };

  function begin(h: TestHost): void {
    h.run([[O.Init], [O.AutoCommit, 0, 0]]);
  }
  function commit(h: TestHost): void {
    h.run([[O.Init], [O.AutoCommit, 1, 0]]);
  }

  it('gives messages and codes', () => {
    const h = host();
    const end = (p1: number, p4: P4, p5: number): Line[] => [[O.Init], [O.Halt, p1, 2, 0, p4, p5]];
    expect(() => h.run(end(1299, 't.c', 1))).toThrow(
      expect.objectContaining({
        code: 'SQLITE_CONSTRAINT_NOTNULL',
        errcode: 1299,
        message: 'NOT NULL constraint failed: t.c',
      }),
    );
    expect(() => h.run(end(2067, 't.a, t.b', 2))).toThrow('UNIQUE constraint failed: t.a, t.b');
    expect(() => h.run(end(275, 'c', 3))).toThrow('CHECK constraint failed: c');
    expect(() => h.run(end(787, null, 4))).toThrow(/^FOREIGN KEY constraint failed$/);
    expect(() => h.run(end(1811, 'my words', 0))).toThrow(/^my words$/);
    expect(() => h.run([[O.Init], load(1, 'from r1'), [O.Halt, 1811, 2, 1]])).toThrow('from r1');
    expect(() => h.run([[O.Init], [O.Null, 0, 1], [O.HaltIfNull, 1299, 2, 1, 't.x', 1]])).toThrow(
      'NOT NULL constraint failed: t.x',
    );
    expect(
      h.run([[O.Init], [O.Integer, 1, 1], [O.HaltIfNull, 1299, 2, 1, 't.x', 1], [O.Halt]]),
    ).toEqual([]);
  });

  it('in autocommit mode: FAIL keeps what was done, other errors undo it', () => {
    const h = host();
    const root = h.createTree(true);
    expect(() => h.write(failing(root, 1, F.ON_CONFLICT_ABORT))).toThrow('UNIQUE');
    expect(scan(h, root, 1)).toEqual([]);
    expect(() => h.write(failing(root, 2, F.ON_CONFLICT_FAIL))).toThrow('UNIQUE');
    expect(scan(h, root, 1)).toEqual([[2, 'x']]);
    expect(() => h.write(failing(root, 3, F.ON_CONFLICT_ROLLBACK))).toThrow('UNIQUE');
    expect(scan(h, root, 1)).toEqual([[2, 'x']]);
    expect(h.tree.transaction).toBe('none');
  });

  it('in a transaction: ABORT undoes the statement, ROLLBACK everything', () => {
    const h = host();
    const root = h.createTree(true);
    begin(h);
    h.write(
      [[O.Init], [O.Transaction, 0, 1], ...insertRows(root, [[1, 'a']]), [O.Halt]],
      journaled,
    );
    expect(() => h.write(failing(root, 2, F.ON_CONFLICT_ABORT), journaled)).toThrow();
    expect(h.changed).toBe(0);
    expect(() => h.write(failing(root, 3, F.ON_CONFLICT_FAIL), journaled)).toThrow();
    expect(h.changed).toBe(1);
    expect(scan(h, root, 1).map((r) => r[0])).toEqual([1, 3]);
    expect(h.log).toEqual(expect.arrayContaining(['open', 'release', 'rollback']));
    expect(() => h.write(failing(root, 4, F.ON_CONFLICT_ROLLBACK), journaled)).toThrow();
    expect(h.autoCommit).toBe(true);
    expect(scan(h, root, 1)).toEqual([]);
  });

  it('SQLITE_FULL and NOMEM undo the statement, IOERR the transaction', () => {
    const h = host();
    const root = h.createTree(true);
    const rowids = (): SqlValue[] => scan(h, root, 1).map((r) => r[0]!);
    begin(h);
    h.write(
      [[O.Init], [O.Transaction, 0, 1], ...insertRows(root, [[1, 'a']]), [O.Halt]],
      journaled,
    );
    expect(() => h.write(failing(root, 2, F.ON_CONFLICT_ABORT, 13), journaled)).toThrow();
    expect(rowids()).toEqual([1]);
    expect(h.autoCommit).toBe(false);
    expect(() => h.write(failing(root, 2, F.ON_CONFLICT_ABORT, 10), journaled)).toThrow();
    expect(h.autoCommit).toBe(true);
    expect(rowids()).toEqual([]);
  });

  it('foreign keys: immediate at the end of the statement, deferred at the commit', () => {
    const h = host();
    const root = h.createTree(true);
    const violating = (deferred: number): Line[] => [
      [O.Init],
      [O.Transaction, 0, 1],
      ...insertRows(root, [[1, 'a']]),
      [O.FkCounter, deferred, 1],
      [O.FkIfZero, deferred, 'never'],
      [O.Halt],
      'never',
      [O.Halt, 1, 2],
    ];
    expect(() => h.write(violating(0))).toThrow(/^FOREIGN KEY constraint failed$/);
    expect(() => h.write(violating(1))).toThrow('FOREIGN KEY constraint failed');
    expect([scan(h, root, 1), h.deferredViolations]).toEqual([[], 0]);
    begin(h);
    expect(() => h.write(violating(0), journaled)).toThrow('FOREIGN KEY');
    expect(scan(h, root, 1)).toEqual([]);
    h.write(violating(1), journaled);
    expect(h.deferredViolations).toBe(1);
    // A statement that fails takes its own violations back.
    const more: Line[] = [...violating(1).slice(0, -4), [O.FkCounter, 1, 5], [O.Halt, 19, 2]];
    expect(() => h.write(more, journaled)).toThrow();
    expect(h.deferredViolations).toBe(1);
    h.write(
      [
        [O.Init],
        [O.Transaction, 0, 1],
        [O.FkCounter, 1, -1],
        [O.FkIfZero, 1, 'ok'],
        [O.Halt, 1, 2],
        'ok',
        [O.Halt],
      ],
      journaled,
    );
    h.deferForeignKeys = true;
    h.write(violating(0), journaled);
    expect(h.deferredImmediateViolations).toBe(1);
    h.deferredImmediateViolations = 0;
    h.deferForeignKeys = false;
    const check: Line[] = [[O.Init], [O.FkCounter, 0, 1], [O.FkCheck], [O.Halt]];
    expect(() => h.run(check)).toThrow('FOREIGN KEY');
    expect(
      h.run([[O.Init], [O.FkCheck], [O.FkIfZero, 0, 'z'], [O.Halt, 1, 2], 'z', [O.Halt]]),
    ).toEqual([]);
    commit(h);
  });

  it('a busy commit leaves the transaction open for COMMIT, undoes an autocommit statement', () => {
    const h = host();
    const root = h.createTree(true);
    begin(h);
    h.write(
      [[O.Init], [O.Transaction, 0, 1], ...insertRows(root, [[1, 'a']]), [O.Halt]],
      journaled,
    );
    h.commitError = new SqliteError('SQLITE_BUSY');
    expect(() => commit(h)).toThrow('database is locked');
    expect(h.autoCommit).toBe(false);
    h.commitError = null;
    commit(h);
    expect(scan(h, root, 1)).toEqual([[1, 'a']]);
    h.commitError = new SqliteError('SQLITE_BUSY');
    expect(() =>
      h.write([[O.Init], [O.Transaction, 0, 1], ...insertRows(root, [[2, 'a']]), [O.Halt]]),
    ).toThrow('database is locked');
    h.commitError = null;
    expect(scan(h, root, 1)).toEqual([[1, 'a']]);
  });

  it('reset in the middle keeps a writer open for nobody, and ends the read', () => {
    const h = host();
    const root = table(h, [
      [1, 'a'],
      [2, 'b'],
    ]);
    const lines: Line[] = [
      [O.Init],
      [O.Transaction],
      [O.OpenRead, 0, root, 0, 1],
      [O.Rewind, 0, 'end'],
      'loop',
      [O.Rowid, 0, 1],
      [O.ResultRow, 1, 1],
      [O.Next, 0, 'loop'],
      'end',
      [O.Halt],
    ];
    const one = h.execution(assemble(lines));
    const two = h.execution(assemble(lines));
    one.step();
    two.step();
    expect([h.activeStatements, h.activeReads]).toEqual([2, 2]);
    one.reset();
    expect(h.tree.transaction).toBe('read');
    expect(two.step()).toBe('row');
    two.reset();
    expect(h.tree.transaction).toBe('none');
    expect(h.pager.state).toBe('open');
  });

  it('a row that another statement deletes reads as NULL, and the scan goes on', () => {
    const h = host();
    const root = table(h, [
      [1, 'a'],
      [2, 'b'],
      [3, 'c'],
    ]);
    const e = h.execution(
      assemble([
        [O.Init],
        [O.Transaction],
        [O.OpenRead, 0, root, 0, 1],
        [O.Rewind, 0, 'end'],
        'loop',
        [O.Rowid, 0, 1],
        [O.ResultRow, 1, 1],
        [O.Column, 0, 0, 2],
        [O.ResultRow, 2, 1],
        [O.Next, 0, 'loop'],
        'end',
        [O.Halt],
      ]),
    );
    e.step();
    expect(e.value(0)).toBe(1);
    h.write([
      [O.Init],
      [O.Transaction, 0, 1],
      [O.OpenWrite, 0, root, 0, 1],
      [O.Integer, 1, 1],
      [O.NotExists, 0, 'end', 1],
      [O.Delete, 0],
      'end',
      [O.Halt],
    ]);
    const rest: SqlValue[] = [];
    while (e.step() === 'row') rest.push(e.value(0));
    expect(rest).toEqual([null, 2, 'b', 3, 'c']);
  });

  it('refuses stale programs and writes under query_only', () => {
    const h = host();
    expect(() => h.run([[O.Init], [O.Transaction, 0, 0, 99, 7, 1]])).toThrow(
      expect.objectContaining({ code: 'SQLITE_SCHEMA', message: 'database schema has changed' }),
    );
    h.tree.beginTransaction(true);
    h.tree.updateMeta(1, 99);
    h.tree.commitPhaseOne(null);
    h.tree.commitPhaseTwo(false);
    expect(() => h.run([[O.Init], [O.Transaction, 0, 0, 98, 7, 1]])).toThrow('schema has changed');
    expect(h.expired).toBeGreaterThan(0);
    expect(() => h.run([[O.Init], [O.Transaction, 0, 0, 99, 8, 1]])).toThrow('schema has changed');
    expect(h.run([[O.Init], [O.Transaction, 0, 0, 99, 7, 1], [O.Halt]])).toEqual([]);
    h.queryOnly = true;
    expect(() => h.write([[O.Init], [O.Transaction, 0, 1]])).toThrow(
      'attempt to write a readonly database',
    );
  });
});

describe('schema and settings', () => {
  it('passes requests on', () => {
    const h = host();
    const rows = h.write([
      [O.Init],
      [O.Transaction, 0, 1],
      [O.SetCookie, 0, 6, 33],
      [O.ReadCookie, 0, 1, 6],
      [O.Savepoint, 0, 0, 0, 'sp'],
      [O.ParseSchema, 0, 0, 0, 'x=1'],
      [O.LoadAnalysis, 0],
      [O.DropTable, 0, 0, 0, 't'],
      [O.DropIndex, 0, 0, 0, 'i'],
      [O.DropTrigger, 0, 0, 0, 'tr'],
      [O.SqlExec, 0, 0, 0, 'SELECT 1'],
      [O.Expire, 0, 1],
      [O.Pagecount, 0, 2],
      [O.MaxPgcnt, 0, 3, 1000],
      [O.JournalMode, 0, 4, F.JOURNALMODE_QUERY],
      [O.ResultRow, 1, 4],
      [O.IncrVacuum, 0, 'done'],
      [O.Halt, 1, 2],
      'done',
      [O.Vacuum, 0],
      [O.Explain, 1, 0, 0, 'SCAN t'],
      [O.Halt],
    ]);
    expect(rows).toEqual([[33, 1, 1000, 'delete']]);
    expect(h.log.filter((l) => l !== 'commit')).toEqual([
      'cookie 0 6 33',
      'savepoint 0 sp',
      'parse 0 x=1',
      'analysis 0',
      'drop table 0 t',
      'drop index 0 i',
      'drop trigger 0 tr',
      'exec SELECT 1',
      'expire true',
      'call vacuum ',
    ]);
  });

  it('checks integrity', () => {
    const h = host();
    const root = table(h, [
      [1, 'a'],
      [2, 'b'],
    ]);
    const rows = h.run([
      [O.Init],
      [O.Transaction],
      [O.Integer, 99, 1],
      [O.IntegrityCk, 1, 2, 8, new Int32Array([1, root])],
      [O.ResultRow, 1, 2],
      [O.ResultRow, 9, 1],
      [O.IntegrityCk, 1, 0, 0, new Int32Array([])],
      [O.ResultRow, 1, 2],
      [O.Halt],
    ]);
    expect(rows.slice(0, 2)).toEqual([[99, null], [2]]);
    expect(rows[2]![1]).toContain(`Page ${root}: never used`);
  });

  it('says that virtual tables are missing', () => {
    const names = ['VOpen', 'VFilter', 'VColumn', 'VNext', 'VUpdate', 'VBegin'] as const;
    const more = ['VCreate', 'VDestroy', 'VRename', 'VInitIn'] as const;
    for (const name of [...names, ...more]) {
      const lines: Line[] = [[O.Init], [O[name]]];
      expect(() => host().run(lines)).toThrow('virtual tables are not supported yet');
    }
  });

  it('explains', () => {
    const h = host();
    const body = assemble([[O.Init], [O.Halt]], { triggerName: 'tr' });
    const lines: Line[] = [
      [O.Init, 0, 1],
      [O.OpenRead, 1, 5, 0, makeKeyInfo(1, 3, [null, nocaseCollation(1)], [0, 1, 2], 3)],
      [O.Explain, 2, 0, 216, 'SCAN t'],
      [O.Function, 0, 1, 2, scalar('upper', (v) => v)],
      [O.Eq, 1, 0, 2, binary, 0x42],
      [O.Program, 1, 0, 2, { kind: 'program', token: {}, program: body }],
      [O.Insert, 0, 1, 2, info('log')],
      [O.Permutation, 0, 0, 0, new Int32Array([1, 0])],
      [O.Column, 0, 1, 2, { kind: 'value', value: null }],
      [O.Halt],
    ];
    const rows = h.run(assemble(lines, { explain: 1 }));
    expect(rows.map((r) => `${r[0]} ${r[1]} ${r[5] ?? ''}`.trim())).toEqual([
      '0 Init',
      '1 OpenRead k(3,B,-NOCASE,N.B)',
      '2 Explain SCAN t',
      '3 Function upper(1)',
      '4 Eq BINARY-8',
      '5 Program program',
      '6 Insert log',
      '7 Permutation [1,0]',
      '8 Column NULL',
      '9 Halt',
      '0 Init',
      '1 Halt',
    ]);
    expect(h.run(assemble(lines, { explain: 2 }))).toEqual([[2, 0, 216, 'SCAN t']]);
  });
});

describe('damage', () => {
  it('is an error and nothing else', () => {
    const h = host();
    const bad = [
      [200, 1, 2, 3],
      [3, 13, 13],
      [2, 25, 65],
      [0x83, 0xff, 0x7f, 0],
    ];
    for (const bytes of bad) {
      const root = h.createTree(true);
      h.write([
        [O.Init],
        [O.Transaction, 0, 1],
        [O.OpenWrite, 0, root, 0, 2],
        [O.Integer, 1, 1],
        [O.Blob, bytes.length, 2, 0, new Uint8Array(bytes)],
        [O.Insert, 0, 2, 1],
        [O.Halt],
      ]);
      if (bytes[0] === 3) expect(scan(h, root, 2)).toEqual([[1, '', '']]);
      else expect(() => scan(h, root, 2)).toThrow('database disk image is malformed');
    }
  });
});

describe('coverage of the table', () => {
  /** Opcodes that these tests cannot reach, and why. */
  const excused: Partial<Record<string, string>> = {
    Checkpoint: 'needs a pager with a WAL',
  };

  it('numbers its rows', () => {
    opcodes.forEach((row, i) => {
      expect(row.opcode).toBe(i);
      expect(row.doc.length).toBeGreaterThan(5);
      expect(row.name).toBe(O[i]);
    });
  });

  afterAll(() => {
    const missing = opcodes.filter((row) => !executed.has(row.opcode) && !(row.name in excused));
    expect(missing.map((row) => row.name)).toEqual([]);
  });

  it('encodes records as the encoder does', () => {
    const record = compute([1, 'x'], [[O.MakeRecord, 1, 2, 3]], 3) as Uint8Array;
    expect(record).toEqual(new RecordEncoder(1).encodeCopy([1, 'x']));
  });
});
