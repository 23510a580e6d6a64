/** Cursors on tables, indexes and ephemeral trees; damage. */
import { describe, expect, it } from 'vitest';
import { userCollation } from '../values/collation.ts';
import { makeKeyInfo } from '../values/keyinfo.ts';
import { decodeRecord } from '../values/record.ts';
import type { SqlValue } from '../values/value.ts';
import * as F from './flags.ts';
import { Opcode as O } from './opcode.ts';
import type { Line, TestHost } from './test-host.ts';
import {
  compute,
  host,
  index,
  info,
  insertRows,
  key2,
  load,
  real,
  scalar,
  scan,
  table,
} from './test-kit.ts';
import type { P4 } from './types.ts';

export function cursorTests(): void {
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
      expect([seek(O.SeekGE, 31), seek(O.SeekLT, 10), seek(O.SeekLE, 99)]).toEqual([
        null,
        null,
        30,
      ]);
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
      const size = scalar('size', (v) =>
        v instanceof Uint8Array ? v.length : (v as string).length,
      );
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
        update: (t, before, old, rowid) =>
          heard.push(`update ${t.name} ${before} ${decodeRecord(old, 0, old.length, 1)} ${rowid}`),
        delete: (t, rowid, old) =>
          heard.push(`delete ${t.name} ${rowid} ${decodeRecord(old, 0, old.length, 1)}`),
        clear: (t) => heard.push(`clear ${t.name}`),
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
        'delete t 1 a',
        'delete t 2 b',
        'update t 3 c 8',
        'update t 4 d 4',
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
        [O.RowCell, 1, 0, 1],
        [O.Insert, 1, 0, 1, null, F.OPFLAG_PREFORMAT | F.OPFLAG_APPEND],
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
      expect([
        found(O.NoConflict, 'b'),
        found(O.NoConflict, 'c'),
        found(O.NoConflict, null),
      ]).toEqual([0, 1, 1]);
      expect(found(O.NoConflict, null, true)).toBe(1);
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
        [O.Halt],
      ]);
      expect(rows).toEqual([[2, null], [7], [2, null], [7], [0, 1]]);
      // So few rows stay in memory.
      expect(h.temporaries).toHaveLength(0);
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
        [O.NullRow, 0],
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
}
