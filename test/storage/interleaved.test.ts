/**
 * Three connections to one file, their statements, transactions, savepoints and half-read result sets interleaved
 * at random: at each step Mica answers as SQLite does, locks included. More of them: MICADB_ROUNDS=1000.
 *
 * Left out is where Mica holds less than SQLite does: a transaction whose changes were all rolled back to a
 * savepoint commits nothing, and the log starts over sooner.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Oracle from 'better-sqlite3';
import Mica from 'micadb/better-sqlite3';
import { afterAll, describe, expect, it } from 'vitest';
import { Random } from '../random.ts';

const ROUNDS = Number(process.env['MICADB_ROUNDS'] ?? 40);
const STEPS = 80;
const CONNECTIONS = 3;

interface Iterator {
  next(): { done?: boolean; value: unknown };
  return?(): unknown;
}

/** What both libraries have. */
interface Connection {
  prepare(sql: string): {
    readonly reader: boolean;
    raw(): { all(): unknown[]; iterate(): Iterator };
    run(): unknown;
  };
  unsafeMode(on: boolean): unknown;
  close(): unknown;
  readonly inTransaction: boolean;
}

function statement(r: Random, file: string): string {
  const id = () => r.below(60);
  switch (r.below(28)) {
    case 0:
      return 'BEGIN';
    case 1:
      return 'BEGIN IMMEDIATE';
    case 2:
      return 'BEGIN EXCLUSIVE';
    case 3:
    case 4:
      return 'COMMIT';
    case 5:
      return 'ROLLBACK';
    case 6:
      return `SAVEPOINT s${r.below(3)}`;
    case 7:
      return `RELEASE s${r.below(3)}`;
    case 8:
    case 9:
    case 10:
      return `INSERT INTO t VALUES(${r.pick(['NULL', String(id())])}, ${r.below(100)})`;
    case 11:
    case 12:
      return `UPDATE t SET b = b + 1 WHERE a < ${id()}`;
    case 13:
      return `DELETE FROM t WHERE a = ${id()}`;
    case 14:
      return `INSERT INTO t SELECT NULL, b FROM t LIMIT ${r.below(40)}`;
    case 15:
      return 'SELECT count(*), sum(b) FROM t';
    case 16:
      return r.pick([
        'CREATE TABLE x(q)',
        'DROP TABLE x',
        'CREATE INDEX ix ON t(b)',
        'DROP INDEX ix',
        'ALTER TABLE x ADD COLUMN z',
        'SELECT * FROM x',
      ]);
    case 17:
      return r.pick(['PRAGMA user_version = 5', 'PRAGMA user_version', 'PRAGMA schema_version']);
    case 18:
      return r.pick([
        `ATTACH DATABASE '${file}-aux' AS aux`,
        'DETACH aux',
        'INSERT INTO aux.y VALUES(1)',
        'SELECT count(*) FROM aux.y',
      ]);
    case 19:
      return `INSERT OR ROLLBACK INTO t VALUES(${id()}, 1)`;
    case 20:
      return `INSERT OR FAIL INTO t VALUES(NULL, 1), (${id()}, 2)`;
    case 21:
      return r.pick(['CREATE TEMP TABLE tt(a)', 'INSERT INTO tt VALUES(1)', 'DROP TABLE temp.tt']);
    case 22:
      return `INSERT INTO c VALUES(${id()})`;
    case 23:
      return `DELETE FROM c WHERE p = ${id()}`;
    case 24:
      return r.pick(['PRAGMA journal_mode', 'PRAGMA integrity_check(3)', 'PRAGMA freelist_count']);
    default:
      return `SELECT * FROM t WHERE a > ${id()} LIMIT 3`;
  }
}

/** One library's connections and the result sets they are reading. */
class Side {
  private readonly connections: Connection[] = [];
  private readonly reading: (Iterator | undefined)[] = [];

  constructor(
    private readonly open: () => Connection,
    private readonly file: string,
  ) {
    for (let i = 0; i < CONNECTIONS; i++) this.connections.push(this.connect());
  }

  private connect(): Connection {
    const db = this.open();
    db.unsafeMode(true);
    return db;
  }

  private attempt(what: () => unknown): string {
    try {
      return JSON.stringify(what()) ?? 'nothing';
    } catch (e) {
      const { code, message } = e as { code: string; message: string };
      return `${code}: ${message.replaceAll(this.file, 'FILE')}`;
    }
  }

  run(i: number, sql: string): string {
    return this.attempt(() => {
      const s = this.connections[i]!.prepare(sql);
      return s.reader ? s.raw().all() : s.run();
    });
  }

  begin(i: number, sql: string): string {
    return this.attempt(() => {
      this.reading[i]?.return?.();
      this.reading[i] = this.connections[i]!.prepare(sql).raw().iterate();
      return 'open';
    });
  }

  step(i: number): string {
    const rows = this.reading[i];
    if (rows === undefined) return 'none';
    this.reading[i] = undefined;
    return this.attempt(() => {
      const row = rows.next();
      if (row.done !== true) this.reading[i] = rows;
      return row;
    });
  }

  stop(i: number): void {
    this.reading[i]?.return?.();
    this.reading[i] = undefined;
  }

  reopen(i: number): void {
    this.stop(i);
    this.connections[i]!.close();
    this.connections[i] = this.connect();
  }

  inTransaction(i: number): boolean {
    return this.connections[i]!.inTransaction;
  }

  close(): void {
    for (let i = 0; i < CONNECTIONS; i++) {
      this.stop(i);
      this.connections[i]!.close();
    }
  }
}

describe('interleaved connections', () => {
  const dir = mkdtempSync(join(tmpdir(), 'micadb-interleaved-'));
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  for (let seed = 1; seed <= ROUNDS; seed++) {
    it(`as SQLite's, seed ${seed}`, () => {
      const r = new Random(seed);
      const ours = join(dir, `${seed}m.db`);
      const theirs = join(dir, `${seed}s.db`);
      const mode = r.pick(['wal', 'delete', 'truncate', 'persist', 'memory']);
      const mica = new Side(() => new Mica(ours, { timeout: 0 }), ours);
      const sqlite = new Side(() => new Oracle(theirs, { timeout: 0 }), theirs);
      let steps = 0;
      const both = (i: number, what: string, a: string, b: string) => {
        steps++;
        expect([steps, mode, i, what, a, mica.inTransaction(i)]).toEqual([
          steps,
          mode,
          i,
          what,
          b,
          sqlite.inTransaction(i),
        ]);
      };
      const run = (i: number, sql: (file: string) => string) =>
        both(i, sql('FILE'), mica.run(i, sql(ours)), sqlite.run(i, sql(theirs)));
      for (const sql of [
        `PRAGMA journal_mode = ${mode}`,
        'CREATE TABLE t(a INTEGER PRIMARY KEY, b)',
        'CREATE TABLE c(p REFERENCES t(a) DEFERRABLE INITIALLY DEFERRED)',
        `INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 29) SELECT i, i * 3 FROM n`,
      ]) {
        run(0, () => sql);
      }
      for (let n = 0; n < STEPS; n++) {
        const i = r.below(CONNECTIONS);
        const what = r.below(12);
        if (what === 0) {
          const sql = r.pick([
            'SELECT a, b FROM t',
            'SELECT a FROM t ORDER BY b',
            'SELECT t.a FROM t JOIN c ON p = a',
          ]);
          both(i, `read ${sql}`, mica.begin(i, sql), sqlite.begin(i, sql));
        } else if (what <= 2) both(i, 'step', mica.step(i), sqlite.step(i));
        else if (what === 3) {
          mica.stop(i);
          sqlite.stop(i);
        } else if (r.chance(0.02)) {
          mica.reopen(i);
          sqlite.reopen(i);
        } else {
          const text = statement(r, 'FILE');
          run(i, (file) => text.replace('FILE', file));
        }
      }
      mica.close();
      sqlite.close();
      const judge = new Oracle(ours);
      expect(judge.pragma('integrity_check', { simple: true })).toBe('ok');
      const other = new Oracle(theirs);
      const all = 'SELECT * FROM t';
      expect(judge.prepare(all).all()).toEqual(other.prepare(all).all());
      judge.close();
      other.close();
    });
  }
});
