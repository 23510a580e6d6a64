/**
 * Random changes of tables, indexes, triggers and savepoints on files of every kind of page size,
 * auto-vacuum, encoding and journal: after each statement Mica answers as SQLite does, at the end both files
 * hold the same and SQLite finds Mica's in order. More of them: MICADB_ROUNDS=1000.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Oracle } from '../oracle/better.ts';
import { Mica } from '../oracle/mica.ts';
import { Random } from '../random.ts';

const ROUNDS = Number(process.env['MICADB_ROUNDS'] ?? 24);
const STATEMENTS = 60;

function literal(r: Random): string {
  switch (r.below(12)) {
    case 0:
      return 'NULL';
    case 1:
      return String(r.below(100) - 50);
    case 2:
      return String(r.below(1000000));
    case 3:
      return (r.next() * 1000 - 500).toFixed(3);
    case 4:
      return `'${'x'.repeat(r.below(10))}${r.below(1000)}'`;
    case 5:
      return `'${'long'.repeat(r.below(300))}${r.below(50)}'`;
    case 6:
      return `zeroblob(${r.below(5000)})`;
    case 7:
      return `x'${Array.from({ length: r.below(20) }, () => (16 + r.below(240)).toString(16)).join('')}'`;
    case 8:
      return '9223372036854760807';
    case 9:
      return '-9007199254740993';
    case 10:
      return `printf('%.*c', ${r.below(9000)}, 'q')`;
    default:
      return String(r.below(20));
  }
}

function where(r: Random): string {
  switch (r.below(8)) {
    case 0:
      return `id = ${r.below(500)}`;
    case 1:
      return `a = ${literal(r)}`;
    case 2:
      return `a > ${literal(r)} AND b < ${literal(r)}`;
    case 3:
      return `id BETWEEN ${r.below(400)} AND ${r.below(500)}`;
    case 4:
      return `id % ${2 + r.below(9)} = 0`;
    case 5:
      return `b IN (${literal(r)}, ${literal(r)}, ${literal(r)})`;
    case 6:
      return `c >= ${literal(r)}`;
    default:
      return 'a IS NOT NULL';
  }
}

const numbers = (n: number) =>
  `(WITH RECURSIVE c(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM c WHERE value < ${n}) SELECT value FROM c)`;

function statement(r: Random): string {
  const or = r.pick(['', 'OR REPLACE', 'OR IGNORE', 'OR FAIL', 'OR ABORT']);
  switch (r.below(22)) {
    case 0:
    case 1:
    case 2: {
      const id = r.pick([
        'NULL',
        String(r.below(500)),
        `9223372036854770000+${r.below(900)}`,
        String(-r.below(99999)),
      ]);
      return `INSERT ${or} INTO t VALUES (${id}, ${literal(r)}, ${literal(r)}, ${literal(r)})`;
    }
    case 3:
      return `INSERT ${or} INTO w VALUES (${r.pick([String(r.below(300)), literal(r)])}, ${r.below(5)}, ${literal(r)})`;
    case 4: {
      const id = r.pick(['id+1', 'NULL', `id+${r.below(1000)}`, '-id']);
      return `INSERT ${or} INTO t SELECT ${id}, ${r.pick(['a', 'b', 'c'])}, b, c FROM t WHERE ${where(r)} LIMIT ${r.below(200)}`;
    }
    case 5:
      return `UPDATE ${or} t SET a = ${r.pick([literal(r), 'b', 'c', 'a || id', 'id'])} WHERE ${where(r)}`;
    case 6:
      return `UPDATE ${or} t SET id = ${r.pick(['id + 1', 'id * 2', '-id', String(r.below(500))])} WHERE ${where(r)}`;
    case 7:
      return `DELETE FROM t WHERE ${where(r)}`;
    case 8:
      return `DELETE FROM w WHERE ${r.pick([`k < ${literal(r)}`, `n = ${r.below(5)}`, `k = ${r.below(300)}`, '1'])}`;
    case 9:
      return `UPDATE ${or} w SET ${r.pick(['k = k + 1', `v = ${literal(r)}`, 'n = n + 1', 'k = v'])} WHERE n = ${r.below(5)}`;
    case 10:
      return `SAVEPOINT s${r.below(4)}`;
    case 11:
      return `ROLLBACK TO s${r.below(4)}`;
    case 12:
      return `RELEASE s${r.below(4)}`;
    case 13:
      return `SELECT count(*), sum(length(a)), total(id), max(b), min(c) FROM t WHERE ${where(r)}`;
    case 14:
      return `SELECT * FROM w ORDER BY ${r.pick(['k, n', 'n DESC, k'])} LIMIT 20`;
    case 15:
      return 'SELECT t.id, u.rowid FROM t JOIN u ON u.x = t.a ORDER BY 1, 2 LIMIT 20';
    case 16:
      return r.pick(['REINDEX', 'PRAGMA integrity_check', 'BEGIN', 'COMMIT', 'ROLLBACK']);
    case 17:
      return r.pick([
        'CREATE TABLE IF NOT EXISTS z AS SELECT * FROM t',
        'DROP TABLE IF EXISTS z',
        'CREATE INDEX IF NOT EXISTS zi ON t(c, a)',
        'DROP INDEX IF EXISTS zi',
        'CREATE TABLE IF NOT EXISTS y(q PRIMARY KEY) WITHOUT ROWID',
        'INSERT OR IGNORE INTO y SELECT a FROM t WHERE a IS NOT NULL',
        'SELECT count(*), sum(length(q)) FROM y',
      ]);
    case 18:
      return `DELETE FROM u WHERE rowid % 3 = ${r.below(3)}`;
    case 19:
      return `INSERT INTO t SELECT NULL, value, ${literal(r)}, ${literal(r)} FROM ${numbers(1 + r.below(300))}`;
    case 20:
      return 'UPDATE u SET y = (SELECT max(a) FROM t WHERE t.id < u.rowid)';
    default:
      return `INSERT INTO w VALUES (${r.below(300)}, ${r.below(5)}, ${literal(r)}) ON CONFLICT(k, n) DO UPDATE SET v = excluded.v, k = k + ${r.below(2)}`;
  }
}

function schema(r: Random): string[] {
  const trigger = r.pick([
    'SELECT 1',
    'CREATE TRIGGER tr AFTER DELETE ON t BEGIN INSERT INTO u VALUES (old.a, old.id); END',
    'CREATE TRIGGER tr BEFORE UPDATE ON t BEGIN DELETE FROM w WHERE k = new.a; END',
    `CREATE TRIGGER tr AFTER INSERT ON t WHEN new.id % 5 = 0 BEGIN UPDATE t SET c = new.id WHERE id = new.id - 1; SELECT CASE WHEN new.b = 7 THEN RAISE(${r.pick(['ABORT', 'FAIL', 'IGNORE', 'ROLLBACK'])}, 'no') END; END`,
  ]);
  return [
    `PRAGMA page_size = ${r.pick([512, 1024, 4096, 65536])}`,
    `PRAGMA auto_vacuum = ${r.below(3)}`,
    `PRAGMA encoding = '${r.pick(['UTF-8', 'UTF-8', 'UTF-16le', 'UTF-16be'])}'`,
    `PRAGMA journal_mode = ${r.pick(['delete', 'wal', 'truncate', 'persist', 'memory'])}`,
    `PRAGMA cache_size = ${r.pick([10, 20, 100, 2000])}`,
    'PRAGMA synchronous = off',
    `PRAGMA recursive_triggers = ${r.below(2)}`,
    `CREATE TABLE t(id INTEGER PRIMARY KEY${r.pick(['', ' AUTOINCREMENT'])}, a, b ${r.pick(['', 'TEXT', 'INT', 'REAL'])}, c)`,
    `CREATE ${r.pick(['', 'UNIQUE'])} INDEX ta ON t(a${r.pick(['', ' DESC', ' COLLATE NOCASE'])})`,
    'CREATE INDEX tb ON t(b, c)',
    r.pick([
      'CREATE INDEX tp ON t(c) WHERE b IS NOT NULL',
      'SELECT 1',
      'CREATE INDEX te ON t(length(a))',
    ]),
    `CREATE TABLE w(k, n, v, PRIMARY KEY(k${r.pick(['', ' DESC'])}, n)) WITHOUT ROWID`,
    'CREATE TABLE u(x, y)',
    r.pick(['SELECT 1', 'CREATE INDEX ux ON u(x)']),
    trigger,
  ];
}

describe('random changes', () => {
  const dir = mkdtempSync(join(tmpdir(), 'micadb-changes-'));
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  for (let seed = 1; seed <= ROUNDS; seed++) {
    it(`as SQLite makes them, seed ${seed}`, () => {
      const r = new Random(seed);
      const file = join(dir, `${seed}.db`);
      let mica = new Mica(file);
      let oracle = new Oracle(`${file}.sqlite`);
      try {
        const both = (sql: string) => {
          expect([sql, mica.run(sql)]).toEqual([sql, oracle.run(sql)]);
        };
        for (const sql of schema(r)) both(sql);
        for (let i = 0; i < STATEMENTS; i++) {
          if (r.chance(0.03) && !oracle.db.inTransaction) {
            mica.close();
            oracle.close();
            mica = new Mica(file);
            oracle = new Oracle(`${file}.sqlite`);
          }
          both(statement(r));
        }
        if (oracle.db.inTransaction) both('COMMIT');
        for (const table of ['t', 'w', 'u']) both(`SELECT * FROM ${table} NOT INDEXED`);
      } finally {
        mica.close();
        oracle.close();
      }
      const judge = new Oracle(file);
      expect(judge.db.pragma('integrity_check', { simple: true })).toBe('ok');
      judge.close();
    });
  }
});
