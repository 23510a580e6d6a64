/**
 * Several connections of one process to one file: who sees what, who waits for whom, with which code
 * and message. Every step is done by SQLite too, and each must give the same.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openMica, openOracle, transcript } from './session.ts';

const dir = mkdtempSync(join(tmpdir(), 'mica-concurrency-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const ROLLBACK = ['delete', 'truncate', 'persist'] as const;
const ALL = [...ROLLBACK, 'memory', 'off', 'wal'] as const;
const DURABLE = [...ROLLBACK, 'wal'] as const;

let count = 0;

function compare(script: string): void {
  count += 1;
  const sides = ['mica', 'sqlite'].map((name) => {
    const folder = join(dir, `${count}-${name}`);
    mkdirSync(folder);
    return join(folder, 'x.db');
  });
  const mica = transcript(script, sides[0]!, openMica);
  const sqlite = transcript(script, sides[1]!, openOracle);
  expect(mica).toEqual(sqlite);
}

/** A file with a few rows, and connections A, B, C in `mode`. */
function setup(mode: string): string {
  return `
    A| PRAGMA journal_mode = ${mode}
    A| CREATE TABLE t(id INTEGER PRIMARY KEY, v)
    A| CREATE TABLE u(a, b)
    A| INSERT INTO t VALUES(1, 'one'), (2, 'two'), (3, 'three')
    B| PRAGMA journal_mode = ${mode}
    C| PRAGMA journal_mode = ${mode}
    B| SELECT count(*) FROM t
    C| SELECT count(*) FROM t
  `;
}

interface Script {
  readonly name: string;
  readonly modes: readonly string[];
  readonly steps: string;
}

const scripts: readonly Script[] = [
  {
    name: 'commits are seen by the others',
    modes: ALL,
    steps: `
      A| INSERT INTO t VALUES(4, 'four')
      B| SELECT * FROM t
      B| UPDATE t SET v = upper(v) WHERE id < 3
      C| SELECT * FROM t
      C| DELETE FROM t WHERE id = 3
      A| SELECT group_concat(v) FROM t
      A| PRAGMA integrity_check
      B| PRAGMA quick_check`,
  },
  {
    name: 'an open transaction is not seen, and keeps other writers out',
    modes: ALL,
    steps: `
      A| BEGIN
      A| INSERT INTO t VALUES(4, 'four')
      A| SELECT count(*) FROM t
      B| SELECT count(*) FROM t
      B| INSERT INTO t VALUES(5, 'five')
      B| BEGIN IMMEDIATE
      B| BEGIN EXCLUSIVE
      B| BEGIN
      B| SELECT count(*) FROM t
      B| DELETE FROM t
      B| COMMIT
      A| COMMIT
      B| SELECT count(*) FROM t
      B| INSERT INTO t VALUES(5, 'five')
      C| SELECT count(*) FROM t`,
  },
  {
    name: 'a rollback is seen by nobody',
    modes: [...DURABLE, 'memory'],
    steps: `
      A| BEGIN
      A| DELETE FROM t
      A| INSERT INTO u SELECT 1, 2
      B| SELECT count(*) FROM t
      A| ROLLBACK
      A| SELECT count(*) FROM t
      B| SELECT count(*) FROM t
      B| INSERT INTO t(v) VALUES('x')
      A| SELECT max(id) FROM t`,
  },
  {
    name: 'a commit waits for readers, and may be tried again',
    modes: ALL,
    steps: `
      B| BEGIN
      B| SELECT count(*) FROM t
      A| BEGIN
      A| INSERT INTO t VALUES(4, 'four')
      A| COMMIT
      C| SELECT count(*) FROM t
      B| SELECT count(*) FROM t
      A| COMMIT
      B| COMMIT
      C| SELECT count(*) FROM t
      A| COMMIT
      C| SELECT count(*) FROM t
      B| SELECT count(*) FROM t`,
  },
  {
    name: 'a commit that is busy may be rolled back',
    modes: [...DURABLE, 'memory'],
    steps: `
      B| BEGIN
      B| SELECT count(*) FROM t
      A| INSERT INTO t VALUES(4, 'four')
      A| BEGIN
      A| UPDATE t SET v = 'changed'
      A| COMMIT
      A| ROLLBACK
      C| SELECT v FROM t
      B| COMMIT
      A| UPDATE t SET v = 'again'
      C| SELECT v FROM t`,
  },
  {
    name: 'two readers that both want to write',
    modes: ALL,
    steps: `
      A| BEGIN
      B| BEGIN
      A| SELECT count(*) FROM t
      B| SELECT count(*) FROM t
      A| INSERT INTO t VALUES(4, 'four')
      B| INSERT INTO t VALUES(5, 'five')
      A| COMMIT
      B| INSERT INTO t VALUES(5, 'five')
      B| SELECT count(*) FROM t
      B| COMMIT
      A| COMMIT
      B| INSERT INTO t VALUES(6, 'six')
      A| SELECT count(*) FROM t`,
  },
  {
    name: 'a snapshot that is no longer the newest cannot be written to',
    modes: ['wal'],
    steps: `
      A| BEGIN
      A| SELECT count(*) FROM t
      B| INSERT INTO t VALUES(4, 'four')
      A| SELECT count(*) FROM t
      A| INSERT INTO t VALUES(5, 'five')
      A| SELECT count(*) FROM t
      A| UPDATE t SET v = 0
      A| COMMIT
      A| INSERT INTO t VALUES(5, 'five')
      B| SELECT count(*) FROM t
      A| SAVEPOINT s
      A| SELECT count(*) FROM t
      C| DELETE FROM t WHERE id = 5
      A| DELETE FROM t
      A| ROLLBACK TO s
      A| DELETE FROM t
      A| RELEASE s
      A| DELETE FROM t
      C| SELECT count(*) FROM t`,
  },
  {
    name: 'BEGIN IMMEDIATE',
    modes: ALL,
    steps: `
      A| BEGIN IMMEDIATE
      B| SELECT count(*) FROM t
      B| BEGIN IMMEDIATE
      B| BEGIN EXCLUSIVE
      B| CREATE TABLE w(x)
      A| COMMIT
      B| BEGIN IMMEDIATE
      A| SELECT count(*) FROM t
      A| BEGIN IMMEDIATE
      B| ROLLBACK
      A| BEGIN IMMEDIATE
      A| ROLLBACK`,
  },
  {
    name: 'BEGIN EXCLUSIVE',
    modes: ALL,
    steps: `
      A| BEGIN EXCLUSIVE
      B| SELECT count(*) FROM t
      B| BEGIN
      B| SELECT count(*) FROM t
      B| INSERT INTO t VALUES(4, 'x')
      B| COMMIT
      C| PRAGMA data_version
      C| PRAGMA user_version
      A| COMMIT
      B| BEGIN
      B| SELECT count(*) FROM t
      A| BEGIN EXCLUSIVE
      A| INSERT INTO t VALUES(4, 'x')
      A| COMMIT
      B| COMMIT
      A| BEGIN EXCLUSIVE
      A| COMMIT
      A| SELECT count(*) FROM t`,
  },
  {
    name: 'BEGIN twice, COMMIT and ROLLBACK without one',
    modes: ['delete', 'wal'],
    steps: `
      A| COMMIT
      A| ROLLBACK
      A| BEGIN
      A| BEGIN
      A| BEGIN IMMEDIATE
      A| END
      A| RELEASE nothing
      A| ROLLBACK TO nothing
      A| SAVEPOINT one
      A| BEGIN
      A| ROLLBACK TO two
      A| SAVEPOINT two
      A| COMMIT
      A| RELEASE one`,
  },
  {
    name: 'savepoints and other connections',
    modes: [...DURABLE, 'memory'],
    steps: `
      A| SAVEPOINT one
      A| INSERT INTO t VALUES(4, 'four')
      A| SAVEPOINT two
      A| DELETE FROM t WHERE id < 3
      B| SELECT count(*) FROM t
      B| INSERT INTO t VALUES(9, 'nine')
      A| ROLLBACK TO two
      A| SELECT count(*) FROM t
      A| INSERT INTO t VALUES(5, 'five')
      A| RELEASE two
      B| SELECT count(*) FROM t
      B| BEGIN
      B| SELECT count(*) FROM t
      A| RELEASE one
      B| COMMIT
      A| RELEASE one
      B| SELECT count(*) FROM t
      A| SAVEPOINT one
      A| DELETE FROM t
      A| ROLLBACK TO one
      B| SELECT count(*) FROM t
      B| INSERT INTO t VALUES(7, 'x')
      A| SELECT count(*) FROM t
      A| RELEASE one
      B| INSERT INTO t VALUES(8, 'x')
      A| SELECT count(*) FROM t`,
  },
  {
    name: 'data_version',
    modes: ALL,
    steps: `
      A| PRAGMA data_version
      B| PRAGMA data_version
      A| INSERT INTO t VALUES(4, 'four')
      A| PRAGMA data_version
      B| PRAGMA data_version
      B| PRAGMA data_version
      B| INSERT INTO t VALUES(5, 'four')
      B| PRAGMA data_version
      A| PRAGMA data_version
      A| BEGIN
      A| INSERT INTO t VALUES(6, 'four')
      A| ROLLBACK
      B| PRAGMA data_version
      A| PRAGMA data_version
      A| PRAGMA user_version = 4
      C| PRAGMA data_version
      B| PRAGMA data_version
      A| BEGIN IMMEDIATE
      A| COMMIT
      B| PRAGMA data_version
      A| DELETE FROM t WHERE id > 1000
      B| PRAGMA data_version`,
  },
  {
    name: 'header numbers',
    modes: DURABLE,
    steps: `
      A| PRAGMA user_version = 7
      B| PRAGMA user_version
      B| PRAGMA application_id = 77
      A| PRAGMA application_id
      A| PRAGMA schema_version
      B| PRAGMA schema_version = 100
      A| SELECT count(*) FROM t
      A| PRAGMA schema_version
      A| BEGIN
      A| PRAGMA user_version = 8
      B| PRAGMA user_version
      B| PRAGMA user_version = 9
      A| ROLLBACK
      B| PRAGMA user_version`,
  },
  {
    name: 'the schema changes under prepared statements',
    modes: DURABLE,
    steps: `
      B.all= SELECT * FROM t
      B.star= SELECT count(*) FROM u
      B.ins= INSERT INTO u VALUES(1, 2)
      B.all
      A| ALTER TABLE t ADD COLUMN w DEFAULT 'w'
      B.all
      B.star
      A| ALTER TABLE u ADD COLUMN c
      B.ins
      B.star
      A| DROP TABLE u
      B.star
      B.ins
      B.all
      B| SELECT * FROM u
      A| CREATE TABLE u(only)
      B.star
      B.ins
      B.all+
      A| CREATE INDEX tv ON t(v)
      B.all+
      B.all-
      A| CREATE INDEX tv ON t(v)
      B| SELECT id FROM t WHERE v = 'two'
      A| DROP INDEX tv
      B| SELECT id FROM t WHERE v = 'two'
      A| CREATE VIEW vw AS SELECT id * 2 AS d FROM t
      B| SELECT * FROM vw
      A| DROP VIEW vw
      B| SELECT * FROM vw
      A| CREATE TRIGGER tr AFTER INSERT ON t BEGIN INSERT INTO u VALUES(new.id); END
      B| INSERT INTO t(id) VALUES(50)
      A| SELECT * FROM u
      A| PRAGMA integrity_check`,
  },
  {
    name: 'a schema change is not seen before its commit',
    modes: DURABLE,
    steps: `
      A| BEGIN
      A| CREATE TABLE w(x)
      A| INSERT INTO w VALUES(1)
      B| SELECT * FROM w
      B| SELECT name FROM sqlite_schema
      A| ROLLBACK
      A| SELECT * FROM w
      A| BEGIN
      A| CREATE TABLE w(y)
      A| COMMIT
      B| SELECT * FROM w
      B| BEGIN
      B| SELECT name FROM sqlite_schema
      A| DROP TABLE w
      B| SELECT * FROM w
      B| COMMIT
      A| DROP TABLE IF EXISTS w
      B| SELECT * FROM w
      A| SAVEPOINT s
      A| CREATE TABLE q1(x)
      A| SAVEPOINT s2
      A| CREATE TABLE q2(x)
      A| ROLLBACK TO s2
      A| SELECT * FROM q2
      A| SELECT * FROM q1
      A| RELEASE s
      B| SELECT name FROM sqlite_schema`,
  },
  {
    name: 'a running statement holds its snapshot',
    modes: ALL,
    steps: `
      B.r= SELECT id FROM t
      B.r+
      A| INSERT INTO t VALUES(10, 'ten')
      B.r+
      A| SELECT count(*) FROM t
      B.r+
      B.r+
      B.r+
      B| SELECT count(*) FROM t`,
  },
  {
    name: 'a reader on the writer’s own connection',
    modes: DURABLE,
    steps: `
      A.r= SELECT id FROM t
      A.r+
      A| INSERT INTO t VALUES(10, 'ten')
      A.r+
      B| SELECT count(*) FROM t
      A| BEGIN
      A| INSERT INTO t VALUES(11, 'ten')
      A| COMMIT
      A.r+
      B| INSERT INTO t VALUES(12, 'x')
      B| SELECT count(*) FROM t
      A.r+
      A.r+
      A.r-
      A| BEGIN
      A| INSERT INTO t VALUES(21, 'ten')
      A.r+
      A| ROLLBACK
      A.r+
      A.r+
      A| SELECT count(*) FROM t`,
  },
  {
    name: 'a rollback under a reader of the same connection',
    modes: DURABLE,
    steps: `
      A| BEGIN
      A| INSERT INTO t VALUES(10, 'ten')
      A.r= SELECT id, v FROM t
      A.r+
      A.r+
      A| ROLLBACK
      A.r+
      A| SELECT count(*) FROM t
      A| BEGIN
      A| CREATE TABLE z(x)
      A.r+
      A| ROLLBACK
      A.r+
      A| SAVEPOINT a
      A| DELETE FROM t WHERE id = 1
      A.r+
      A| ROLLBACK TO a
      A.r+
      A| RELEASE a
      B| INSERT INTO t VALUES(11, 'x')`,
  },
  {
    name: 'writers in progress and COMMIT',
    modes: ['delete', 'wal'],
    steps: `
      A| BEGIN
      A.w= INSERT INTO t(v) VALUES('a'), ('b') RETURNING id
      A.w+
      A| COMMIT
      A| SAVEPOINT s
      A.w+
      A.w+
      A| COMMIT
      B| SELECT count(*) FROM t
      A.w+
      B| SELECT count(*) FROM t
      B| INSERT INTO t VALUES(99, 'x')
      A.w+
      A.w+
      B| INSERT INTO t VALUES(99, 'x')`,
  },
  {
    name: 'locking_mode = exclusive',
    modes: DURABLE,
    steps: `
      A| PRAGMA locking_mode
      A| PRAGMA locking_mode = exclusive
      B| SELECT count(*) FROM t
      A| SELECT count(*) FROM t
      B| SELECT count(*) FROM t
      B| INSERT INTO t VALUES(4, 'x')
      A| INSERT INTO t VALUES(5, 'y')
      B| SELECT count(*) FROM t
      B| BEGIN
      B| SELECT count(*) FROM t
      B| COMMIT
      A| PRAGMA locking_mode = normal
      B| SELECT count(*) FROM t
      A| SELECT count(*) FROM t
      B| SELECT count(*) FROM t
      B| INSERT INTO t VALUES(6, 'x')
      A| SELECT count(*) FROM t`,
  },
  {
    name: 'locking_mode = exclusive from the start',
    modes: DURABLE,
    steps: `
      A.close
      B.close
      C.close
      A| PRAGMA locking_mode = exclusive
      A| SELECT count(*) FROM t
      B| SELECT count(*) FROM t
      A| INSERT INTO t VALUES(4, 'x')
      B| SELECT count(*) FROM t
      A| PRAGMA locking_mode = normal
      A| SELECT count(*) FROM t
      B| SELECT count(*) FROM t
      A| PRAGMA journal_mode = delete
      A| SELECT count(*) FROM t
      A| PRAGMA locking_mode = normal
      A| SELECT count(*) FROM t
      B| SELECT count(*) FROM t`,
  },
  {
    name: 'locking_mode = exclusive while others read',
    modes: DURABLE,
    steps: `
      B| BEGIN
      B| SELECT count(*) FROM t
      A| PRAGMA locking_mode = exclusive
      A| SELECT count(*) FROM t
      A| INSERT INTO t VALUES(5, 'y')
      B| SELECT count(*) FROM t
      B| COMMIT
      A| INSERT INTO t VALUES(5, 'y')
      B| SELECT count(*) FROM t
      A.close
      B| SELECT count(*) FROM t`,
  },
  {
    name: 'journal_mode is changed while others are connected',
    modes: ROLLBACK,
    steps: `
      A| PRAGMA journal_mode
      A| PRAGMA journal_mode = persist
      B| PRAGMA journal_mode
      A| INSERT INTO t VALUES(4, 'x')
      B| SELECT count(*) FROM t
      B| BEGIN
      B| SELECT count(*) FROM t
      A| PRAGMA journal_mode = wal
      B| COMMIT
      A| PRAGMA journal_mode = wal
      B| PRAGMA journal_mode
      B| SELECT count(*) FROM t
      B| INSERT INTO t VALUES(5, 'x')
      A| SELECT count(*) FROM t
      A| PRAGMA journal_mode = delete
      C| PRAGMA journal_mode
      B| PRAGMA journal_mode = truncate
      B.close
      C.close
      A| PRAGMA journal_mode = delete
      A| PRAGMA journal_mode
      B| PRAGMA journal_mode
      B| INSERT INTO t VALUES(6, 'x')
      A| SELECT count(*) FROM t
      A| PRAGMA journal_mode = off
      A| PRAGMA journal_mode = memory
      A| PRAGMA journal_mode = nonsense
      A| PRAGMA journal_mode = wal
      C| PRAGMA journal_mode = wal
      C| INSERT INTO t VALUES(7, 'x')
      A| SELECT count(*) FROM t`,
  },
  {
    name: 'journal_mode is changed inside a transaction',
    modes: DURABLE,
    steps: `
      A| BEGIN
      A| PRAGMA journal_mode = wal
      A| PRAGMA journal_mode = delete
      A| PRAGMA journal_mode = memory
      A| INSERT INTO t VALUES(4, 'x')
      A| PRAGMA journal_mode = wal
      A| PRAGMA journal_mode = truncate
      A| PRAGMA journal_mode
      A| COMMIT
      A| PRAGMA journal_mode
      B| SELECT count(*) FROM t`,
  },
  {
    name: 'checkpoints',
    modes: ['wal'],
    steps: `
      A| PRAGMA wal_autocheckpoint = 0
      B| PRAGMA wal_autocheckpoint = 0
      C| PRAGMA wal_autocheckpoint = 0
      A| PRAGMA wal_checkpoint
      A| INSERT INTO t VALUES(4, 'x')
      A| PRAGMA wal_checkpoint
      A| PRAGMA wal_checkpoint(passive)
      A| INSERT INTO t VALUES(5, 'x')
      A| PRAGMA wal_checkpoint(full)
      A| INSERT INTO t VALUES(6, 'x')
      A| PRAGMA wal_checkpoint(restart)
      A| INSERT INTO t VALUES(7, 'x')
      A| INSERT INTO t VALUES(8, 'x')
      A| PRAGMA wal_checkpoint(truncate)
      A| PRAGMA wal_checkpoint
      A| INSERT INTO t VALUES(9, 'x')
      B| SELECT count(*) FROM t
      B| PRAGMA wal_checkpoint
      B| PRAGMA main.wal_checkpoint
      B| PRAGMA wal_autocheckpoint
      B| PRAGMA wal_autocheckpoint = 5
      B| PRAGMA temp.wal_checkpoint`,
  },
  {
    name: 'checkpoints while others read and write',
    modes: ['wal'],
    steps: `
      A| PRAGMA wal_autocheckpoint = 0
      B| PRAGMA wal_autocheckpoint = 0
      A| PRAGMA wal_checkpoint(truncate)
      A| INSERT INTO t VALUES(4, 'x')
      B| BEGIN
      B| SELECT count(*) FROM t
      A| INSERT INTO t VALUES(5, 'x')
      A| PRAGMA wal_checkpoint(passive)
      A| PRAGMA wal_checkpoint(full)
      A| PRAGMA wal_checkpoint(restart)
      A| PRAGMA wal_checkpoint(truncate)
      B| SELECT count(*) FROM t
      B| COMMIT
      A| PRAGMA wal_checkpoint(passive)
      A| BEGIN IMMEDIATE
      A| PRAGMA wal_checkpoint
      B| PRAGMA wal_checkpoint(passive)
      B| PRAGMA wal_checkpoint(full)
      B| PRAGMA wal_checkpoint(restart)
      B| PRAGMA wal_checkpoint(truncate)
      A| INSERT INTO t VALUES(6, 'x')
      A| PRAGMA wal_checkpoint
      A| COMMIT
      B| PRAGMA wal_checkpoint(restart)
      B| PRAGMA wal_checkpoint(truncate)
      B| BEGIN
      B| SELECT count(*) FROM t
      B| PRAGMA wal_checkpoint
      B| PRAGMA wal_checkpoint(full)
      A| INSERT INTO t VALUES(7, 'x')
      C| PRAGMA wal_checkpoint
      C| PRAGMA wal_checkpoint(restart)
      B| COMMIT
      C| PRAGMA wal_checkpoint(truncate)
      A| SELECT count(*) FROM t
      C| PRAGMA integrity_check`,
  },
  {
    name: 'an old snapshot survives checkpoints and restarts of the log',
    modes: ['wal'],
    steps: `
      B| BEGIN
      B| SELECT count(*) FROM t
      A| UPDATE t SET v = 'new'
      A| PRAGMA wal_checkpoint(truncate)
      A| DELETE FROM t WHERE id = 1
      A| PRAGMA wal_checkpoint(passive)
      B| SELECT * FROM t
      C| BEGIN
      C| SELECT * FROM t
      A| DELETE FROM t
      A| INSERT INTO u VALUES(randomblob(100000), 1)
      C| SELECT * FROM t
      B| SELECT * FROM t
      B| COMMIT
      B| SELECT * FROM t
      A| PRAGMA wal_checkpoint(truncate)
      C| SELECT * FROM t
      C| COMMIT
      A| PRAGMA wal_checkpoint(truncate)
      C| SELECT length(a), b FROM u`,
  },
  {
    name: 'checkpoint outside WAL mode',
    modes: ['delete', 'memory'],
    steps: `
      A| PRAGMA wal_checkpoint
      A| PRAGMA wal_checkpoint(truncate)
      A| BEGIN
      A| PRAGMA wal_checkpoint
      A| INSERT INTO t VALUES(4, 'x')
      A| PRAGMA wal_checkpoint
      A| COMMIT`,
  },
  {
    name: 'read-only connections',
    modes: DURABLE,
    steps: `
      D.open-readonly
      D| SELECT count(*) FROM t
      D| INSERT INTO t VALUES(4, 'x')
      D| CREATE TABLE w(x)
      D| BEGIN IMMEDIATE
      D| BEGIN EXCLUSIVE
      D| BEGIN
      D| SELECT count(*) FROM t
      D| DELETE FROM t
      A| INSERT INTO t VALUES(4, 'x')
      D| SELECT count(*) FROM t
      D| COMMIT
      A| INSERT INTO t VALUES(5, 'x')
      D| SELECT count(*) FROM t
      D| PRAGMA user_version = 3
      D| PRAGMA journal_mode
      D| PRAGMA journal_mode = wal
      D| PRAGMA journal_mode = delete
      D| CREATE TEMP TABLE w(x)
      D| INSERT INTO w VALUES(1)
      D| SELECT * FROM w`,
  },
  {
    name: 'query_only',
    modes: ['delete', 'wal'],
    steps: `
      A| PRAGMA query_only = 1
      A| SELECT count(*) FROM t
      A| INSERT INTO t VALUES(4, 'x')
      A| CREATE TABLE w(x)
      A| BEGIN IMMEDIATE
      A| COMMIT
      A| CREATE TEMP TABLE w(x)
      B| INSERT INTO t VALUES(4, 'x')
      A| PRAGMA query_only = 0
      A| INSERT INTO t VALUES(5, 'x')`,
  },
  {
    name: 'closing and opening again',
    modes: DURABLE,
    steps: `
      A| BEGIN
      A| INSERT INTO t VALUES(4, 'x')
      A.close
      B| SELECT count(*) FROM t
      B| INSERT INTO t VALUES(5, 'x')
      B.close
      C| SELECT count(*) FROM t
      C.close
      A| SELECT count(*) FROM t
      A| PRAGMA journal_mode
      A| PRAGMA integrity_check`,
  },
  {
    name: 'a big transaction with a small cache needs the file for itself',
    modes: DURABLE,
    steps: `
      A| PRAGMA cache_size = 10
      A| BEGIN
      A| WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < 2000) INSERT INTO u SELECT i, zeroblob(200) FROM n
      B| SELECT count(*) FROM t
      B| INSERT INTO t VALUES(4, 'x')
      A| SELECT count(*) FROM u
      A| ROLLBACK
      B| SELECT count(*) FROM u
      B| BEGIN
      B| SELECT count(*) FROM u
      A| BEGIN
      A| WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < 2000) INSERT INTO u SELECT i, zeroblob(200) FROM n
      B| SELECT count(*) FROM u
      A| SAVEPOINT s
      A| DELETE FROM u
      A| ROLLBACK TO s
      B| COMMIT
      A| COMMIT
      B| SELECT count(*) FROM u
      B| PRAGMA integrity_check`,
  },
  {
    name: 'vacuum and checkpoints inside transactions',
    modes: ['delete', 'wal'],
    steps: `
      A| BEGIN
      A| PRAGMA synchronous = off
      A| PRAGMA temp_store = memory
      A| COMMIT
      A| PRAGMA lock_status
      A| PRAGMA busy_timeout
      A| PRAGMA busy_timeout = 0`,
  },
  {
    name: 'auto_vacuum with others reading',
    modes: DURABLE,
    steps: `
      A| DROP TABLE t
      A| DROP TABLE u
      A| PRAGMA auto_vacuum
      A| PRAGMA auto_vacuum = 1
      A| PRAGMA auto_vacuum
      A| PRAGMA incremental_vacuum
      A| PRAGMA freelist_count
      B| PRAGMA page_count
      A| CREATE TABLE big(x)
      B| BEGIN
      B| SELECT * FROM big
      A| INSERT INTO big VALUES(zeroblob(50000))
      B| COMMIT
      A| INSERT INTO big VALUES(zeroblob(50000))
      B| PRAGMA page_count
      A| DELETE FROM big
      B| PRAGMA freelist_count
      B| PRAGMA integrity_check`,
  },
];

for (const script of scripts) {
  describe(script.name, () => {
    for (const mode of script.modes) {
      it(mode, () => compare(setup(mode) + script.steps));
    }
  });
}

describe('a fresh connection to a locked file', () => {
  for (const mode of DURABLE) {
    it(mode, () =>
      compare(`${setup(mode)}
        A| BEGIN EXCLUSIVE
        D| BEGIN
        D| COMMIT
        D| PRAGMA busy_timeout
        D| PRAGMA foreign_keys
        D| PRAGMA foreign_keys = 1
        D| PRAGMA locking_mode
        D| PRAGMA encoding
        D| PRAGMA data_version
        D| SAVEPOINT s
        D| SELECT 1
        D| CREATE TEMP TABLE tt(x)
        D| RELEASE s
        D| SELECT count(*) FROM t
        D| PRAGMA journal_mode
        A| COMMIT
        D| SELECT count(*) FROM t`),
    );
  }
});

describe('a fresh file', () => {
  it('is made by whoever writes first', () =>
    compare(`
      A.open
      B.open
      A| SELECT * FROM sqlite_schema
      B| PRAGMA page_size = 1024
      B| PRAGMA page_size
      B| CREATE TABLE t(x)
      A| INSERT INTO t VALUES(1)
      A| PRAGMA page_size
      B| SELECT * FROM t
      C| PRAGMA page_size
      C| PRAGMA page_count`));

  it('takes journal_mode = wal before anything else', () =>
    compare(`
      A| PRAGMA journal_mode = wal
      B| PRAGMA journal_mode
      B| CREATE TABLE t(x)
      A| INSERT INTO t VALUES(1)
      B| SELECT * FROM t
      A| PRAGMA page_count
      A.close
      B.close
      A| PRAGMA journal_mode`));

  it('keeps its encoding for all', () =>
    compare(`
      A| PRAGMA encoding = 'UTF-16le'
      B| PRAGMA encoding
      A| CREATE TABLE t(x)
      B| PRAGMA encoding
      B| INSERT INTO t VALUES('héé')
      B| PRAGMA encoding = 'UTF-8'
      B| PRAGMA encoding
      A| SELECT x, length(x), hex(x) FROM t
      C| PRAGMA encoding = 'UTF-8'
      C| SELECT x FROM t`));
});
