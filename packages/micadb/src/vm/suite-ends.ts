/** How statements end; schema, settings, EXPLAIN. */
import { describe, expect, it } from 'vitest';
import { nocaseCollation } from '../values/collation.ts';
import { SqliteError } from '../values/errors.ts';
import { makeKeyInfo } from '../values/keyinfo.ts';
import type { SqlValue } from '../values/value.ts';
import * as F from './flags.ts';
import { Opcode as O } from './opcode.ts';
import { assemble, type Line, type TestHost } from './test-host.ts';
import { binary, host, info, insertRows, load, scalar, scan, table } from './test-kit.ts';
import type { P4, Program } from './types.ts';

export function endTests(): void {
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
      const end = (p1: number, p4: P4, p5: number): Line[] => [
        [O.Init],
        [O.Halt, p1, 2, 0, p4, p5],
      ];
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
      expect(() => h.run([[O.Init], [O.Transaction, 0, 0, 98, 7, 1]])).toThrow(
        'schema has changed',
      );
      expect(h.expired).toBeGreaterThan(0);
      expect(() => h.run([[O.Init], [O.Transaction, 0, 0, 99, 8, 1]])).toThrow(
        'schema has changed',
      );
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
}
