/** Schema statements, pragmas and transactions, against the oracle. */
import { describe, expect, it } from 'vitest';
import { compare } from './oracle.test-helper.ts';

function same(name: string, script: string): void {
  it(name, () => {
    const { expected, actual } = compare(script);
    expect(actual).toBe(expected);
  });
}

const SCHEMA = 'SELECT type, name, tbl_name, rootpage, sql FROM sqlite_master ORDER BY rowid';

describe('CREATE and DROP', () => {
  same(
    'texts and roots',
    `create   table t(a,  b /* c */ , primary key (a) )
     create table if not exists main . "q q" (a unique, b UNIQUE)
     create unique  index  i on t(b desc)
     create index if not exists main.j on t(a, b) where a > 5
     create view   v  as select *   from t
     create temp view tv(x) as select 1
     create trigger  tr after insert on t begin select 1; end
     create table w(a primary key, b unique) without rowid
     create table st(a int) strict , without rowid
     create table st(a int primary key) strict , without rowid
     ${SCHEMA}
     select type, name, tbl_name, sql from sqlite_temp_master
     drop index i
     drop table "q q"
     drop view v
     create table n(a, b, unique(a), unique(b,a), unique(a))
     ${SCHEMA}
     drop trigger tr
     drop table t
     ${SCHEMA}`,
  );
  same(
    'AS SELECT',
    `CREATE TABLE t(a INTEGER, b TEXT, c REAL, d, e VARCHAR(10), f NUMERIC)
     INSERT INTO t VALUES(1,'x',2.5,x'00','e',5)
     CREATE TABLE t2 AS SELECT * FROM t
     CREATE TABLE "t 3" AS SELECT a+1, b AS "select", c AS c, c, 'x' AS lit FROM t
     CREATE TABLE t4 AS SELECT 1 UNION ALL SELECT 'two' ORDER BY 1 DESC
     CREATE TEMP TABLE t5 AS WITH x(n) AS (VALUES(1),(2)) SELECT n*n FROM x
     SELECT name, sql FROM sqlite_master
     SELECT sql FROM sqlite_temp_master
     SELECT * FROM t2
     SELECT * FROM "t 3"
     SELECT * FROM t4
     SELECT * FROM t5`,
  );
  same(
    'errors',
    `CREATE TABLE t(a)
     CREATE INDEX i ON t(a)
     CREATE VIEW v AS SELECT 1
     CREATE TABLE u(a UNIQUE)
     CREATE TABLE t(a)
     CREATE TABLE "t"(a)
     CREATE TABLE i(a)
     CREATE TABLE IF NOT EXISTS t(b)
     CREATE INDEX t ON t(a)
     CREATE INDEX i ON t(a)
     CREATE INDEX IF NOT EXISTS i ON t(a)
     CREATE INDEX x ON nosuch(a)
     CREATE INDEX x ON t(zz)
     CREATE INDEX x ON v(a)
     CREATE INDEX x ON sqlite_master(name)
     CREATE INDEX temp.x ON t(a)
     CREATE INDEX nosuch.x ON t(a)
     CREATE VIEW t AS SELECT 1
     CREATE TABLE sqlite_x(a)
     CREATE TABLE nosuch.t(a)
     CREATE TEMP TABLE main.x(a)
     CREATE TABLE x(a, A)
     CREATE TABLE x(a PRIMARY KEY, b PRIMARY KEY)
     CREATE TABLE x(a) WITHOUT ROWID
     CREATE TABLE x(a CHECK(zz > 1))
     CREATE TABLE x(a CHECK(a > (SELECT 1)))
     CREATE TABLE x(a DEFAULT (b))
     CREATE TABLE x(a TEXT PRIMARY KEY AUTOINCREMENT)
     CREATE TRIGGER r AFTER INSERT ON nosuch BEGIN SELECT 1; END
     CREATE TRIGGER r AFTER INSERT ON v BEGIN SELECT 1; END
     CREATE TRIGGER r INSTEAD OF INSERT ON t BEGIN SELECT 1; END
     CREATE TRIGGER r AFTER INSERT ON sqlite_master BEGIN SELECT 1; END
     CREATE TRIGGER r AFTER INSERT ON t BEGIN INSERT INTO main.t VALUES(1); END
     CREATE TRIGGER r AFTER INSERT ON t BEGIN SELECT 1; END
     CREATE TRIGGER r AFTER INSERT ON t BEGIN SELECT 1; END
     CREATE TRIGGER IF NOT EXISTS r AFTER INSERT ON t BEGIN SELECT 1; END
     CREATE VIEW vv AS SELECT * FROM temp.t
     DROP VIEW t
     DROP TABLE v
     DROP TABLE nosuch
     DROP TABLE IF EXISTS nosuch
     DROP TABLE main.nosuch
     DROP VIEW nosuch
     DROP INDEX nosuch
     DROP INDEX IF EXISTS nosuch
     DROP INDEX sqlite_autoindex_u_1
     DROP TRIGGER nosuch
     DROP TABLE sqlite_master
     INSERT INTO t VALUES(1),(1),(2)
     CREATE UNIQUE INDEX q ON t(a)
     CREATE UNIQUE INDEX q ON t(a+1)
     ${SCHEMA}`,
  );
  same(
    'indexes are filled',
    `CREATE TABLE t(a, b, c)
     WITH x(n) AS (SELECT 1 UNION ALL SELECT n+1 FROM x WHERE n<500) INSERT INTO t SELECT (n*7919)%500, n%7, 'text'||n FROM x
     CREATE INDEX i ON t(b, a DESC)
     CREATE UNIQUE INDEX j ON t(c) WHERE b > 3
     CREATE INDEX k ON t(a+b)
     SELECT sum(a) FROM t INDEXED BY i WHERE b = 3
     SELECT count(*) FROM t WHERE a + b > 400
     REINDEX
     REINDEX t
     REINDEX i
     REINDEX nocase
     REINDEX nosuch
     PRAGMA integrity_check
     DROP INDEX i
     PRAGMA index_list(t)`,
  );
});

describe('transactions', () => {
  same(
    'BEGIN, COMMIT, ROLLBACK, SAVEPOINT',
    `CREATE TABLE t(a)
     BEGIN
     INSERT INTO t VALUES(1)
     BEGIN
     ROLLBACK
     ROLLBACK
     COMMIT
     SELECT * FROM t
     BEGIN IMMEDIATE
     INSERT INTO t VALUES(2)
     SAVEPOINT s
     INSERT INTO t VALUES(3)
     CREATE TABLE in_savepoint(x)
     ROLLBACK TO s
     SELECT * FROM in_savepoint
     INSERT INTO t VALUES(4)
     RELEASE s
     RELEASE s
     COMMIT
     SELECT * FROM t
     SAVEPOINT outer
     INSERT INTO t VALUES(5)
     SAVEPOINT inner
     INSERT INTO t VALUES(6)
     ROLLBACK TO outer
     RELEASE outer
     BEGIN EXCLUSIVE
     DROP TABLE t
     ROLLBACK
     SELECT * FROM t`,
  );
});

describe('PRAGMA', () => {
  same(
    'schema',
    `CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT NOT NULL DEFAULT 5, c CHECK(c>0) UNIQUE ON CONFLICT REPLACE, d AS (b||1), e REFERENCES c(x) ON DELETE CASCADE, f varchar (10), g AS (1) STORED)
     CREATE INDEX i ON t(b DESC, a+1, c COLLATE nocase) WHERE c > 3
     CREATE TABLE c(x, y, PRIMARY KEY(y, x)) WITHOUT ROWID
     CREATE TABLE s(x int NOT NULL, y text, z real, w any) STRICT
     CREATE VIEW v AS SELECT a, b+1 AS z FROM t
     CREATE TABLE f(a, b, c, FOREIGN KEY(a, b) REFERENCES c ON UPDATE SET NULL, FOREIGN KEY(c) REFERENCES t(a) DEFERRABLE INITIALLY DEFERRED)
     PRAGMA table_info(t)
     PRAGMA table_xinfo(t)
     PRAGMA table_info(v)
     PRAGMA table_info(c)
     PRAGMA table_info(s)
     PRAGMA table_info('nosuch')
     PRAGMA main.table_info=t
     PRAGMA table_list
     PRAGMA table_list(t)
     PRAGMA index_list(t)
     PRAGMA index_list(c)
     PRAGMA index_info(i)
     PRAGMA index_xinfo(i)
     PRAGMA index_xinfo(sqlite_autoindex_t_1)
     PRAGMA index_info(c)
     PRAGMA foreign_key_list(t)
     PRAGMA foreign_key_list(f)
     PRAGMA collation_list`,
  );
  same(
    'settings and header values',
    `PRAGMA encoding
     PRAGMA page_size
     PRAGMA page_count
     CREATE TABLE t(a)
     PRAGMA page_count
     PRAGMA freelist_count
     PRAGMA schema_version
     PRAGMA user_version
     PRAGMA user_version = 77
     PRAGMA user_version
     PRAGMA user_version = -3
     PRAGMA user_version
     PRAGMA application_id = 0x1234
     PRAGMA application_id
     PRAGMA data_version
     PRAGMA journal_mode
     PRAGMA journal_size_limit
     PRAGMA synchronous
     PRAGMA synchronous = off
     PRAGMA synchronous
     PRAGMA synchronous = 1
     PRAGMA synchronous
     PRAGMA temp_store
     PRAGMA locking_mode
     PRAGMA auto_vacuum
     PRAGMA wal_checkpoint
     PRAGMA busy_timeout = 77
     PRAGMA foreign_keys
     PRAGMA foreign_keys = off
     PRAGMA foreign_keys
     PRAGMA defer_foreign_keys
     PRAGMA recursive_triggers
     PRAGMA query_only
     PRAGMA query_only = 1
     INSERT INTO t VALUES(1)
     PRAGMA query_only = 0
     INSERT INTO t VALUES(1)
     PRAGMA short_column_names
     PRAGMA full_column_names
     PRAGMA count_changes
     PRAGMA secure_delete
     PRAGMA secure_delete = fast
     PRAGMA threads
     PRAGMA analysis_limit = 5
     PRAGMA nosuch
     PRAGMA nosuch = 5
     PRAGMA nosuch.user_version
     PRAGMA case_sensitive_like = 1
     SELECT 'a' LIKE 'A'
     PRAGMA count_changes = 1
     INSERT INTO t VALUES(2),(3)
     UPDATE t SET a = a + 1
     DELETE FROM t WHERE a > 2
     PRAGMA integrity_check
     PRAGMA quick_check(3)
     PRAGMA integrity_check(nosuch)
     PRAGMA integrity_check(t)`,
  );
});
