/** INSERT, UPDATE, DELETE and their constraints, against the oracle. */
import { describe, expect, it } from 'vitest';
import { compare } from './oracle.test-helper.ts';

function same(name: string, script: string): void {
  it(name, () => {
    const { expected, actual } = compare(script);
    expect(actual).toBe(expected);
  });
}

describe('INSERT', () => {
  same(
    'values, defaults, affinities, rowids',
    `CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT DEFAULT 'x', c REAL DEFAULT (1+1), d NUMERIC, e BLOB)
     INSERT INTO t VALUES(1, 2, 3, '4', '5')
     INSERT INTO t(b) VALUES('only b')
     INSERT INTO t(d, a) VALUES('1e2', 10), ('abc', 20), (NULL, NULL)
     INSERT INTO t DEFAULT VALUES
     INSERT INTO t(a, b, b) VALUES(40, 'first', 'second')
     INSERT INTO t(rowid, b) VALUES(50, 'by rowid')
     INSERT INTO t(a) VALUES('60')
     INSERT INTO t(a) VALUES('x')
     INSERT INTO t(a) VALUES(1.5)
     INSERT INTO t VALUES(1,2,3)
     INSERT INTO t(a,zz) VALUES(1,2)
     INSERT INTO t(a,b) VALUES(1)
     INSERT INTO t(b) SELECT b FROM t WHERE a < 11
     INSERT INTO t(b,c) SELECT 'u', 1 UNION ALL SELECT 'v', 2.5
     SELECT a, b, typeof(b), c, typeof(c), d, typeof(d), e, typeof(e) FROM t ORDER BY a`,
  );
  same(
    'conflict actions on unique indexes and the rowid',
    `CREATE TABLE t(a INTEGER PRIMARY KEY, b UNIQUE, c, UNIQUE(c, b))
     INSERT INTO t VALUES(1,1,1),(2,2,2),(3,3,3)
     INSERT INTO t VALUES(1,9,9)
     INSERT INTO t VALUES(9,1,9)
     INSERT INTO t VALUES(9,8,9),(10,8,1)
     INSERT OR IGNORE INTO t VALUES(9,8,9),(10,8,1),(11,2,2),(12,12,12)
     INSERT OR FAIL INTO t VALUES(20,20,20),(21,1,1),(22,22,22)
     SELECT * FROM t ORDER BY a
     INSERT OR REPLACE INTO t VALUES(1,2,3)
     REPLACE INTO t VALUES(30,12,12),(31,12,13)
     SELECT * FROM t ORDER BY a
     BEGIN
     INSERT INTO t VALUES(40,40,40)
     INSERT OR ROLLBACK INTO t VALUES(41,40,40)
     COMMIT
     SELECT * FROM t ORDER BY a`,
  );
  same(
    'declared conflict actions, REPLACE last',
    `CREATE TABLE t(a INTEGER PRIMARY KEY ON CONFLICT REPLACE, b UNIQUE ON CONFLICT IGNORE, c UNIQUE ON CONFLICT REPLACE, d NOT NULL ON CONFLICT REPLACE DEFAULT 7, e CHECK(e<>5) )
     INSERT INTO t VALUES(1,1,1,NULL,1),(2,2,2,2,2)
     INSERT INTO t VALUES(1,5,5,5,4)
     INSERT INTO t VALUES(6,2,1,1,1)
     INSERT INTO t VALUES(6,6,2,1,1)
     INSERT INTO t VALUES(7,7,7,7,5)
     INSERT OR IGNORE INTO t VALUES(8,8,8,8,5)
     INSERT OR ABORT INTO t VALUES(9,9,2,NULL,1)
     INSERT OR ABORT INTO t VALUES(6,9,9,9,1)
     UPDATE t SET c = 5 WHERE a = 6
     SELECT * FROM t ORDER BY a`,
  );
  same(
    'NOT NULL and CHECK',
    `CREATE TABLE t(a NOT NULL, b NOT NULL DEFAULT 'd', c TEXT CHECK(length(c) < 3), CONSTRAINT named CHECK (a <> b))
     INSERT INTO t VALUES(NULL, 1, 'x')
     INSERT INTO t VALUES(1, NULL, 'x')
     INSERT OR REPLACE INTO t VALUES(1, NULL, 'x')
     INSERT OR IGNORE INTO t VALUES(NULL, 1, 'x'),(2,3,'y')
     INSERT INTO t VALUES(1, 1, 'x')
     INSERT INTO t VALUES(1, 2, 'xyz')
     INSERT INTO t VALUES(1, 2, 123)
     INSERT INTO t VALUES(1, 2, NULL)
     UPDATE t SET a = NULL
     UPDATE OR IGNORE t SET a = b WHERE c IS NULL
     UPDATE t SET a = b
     PRAGMA ignore_check_constraints=1
     UPDATE t SET a = b
     SELECT * FROM t
     DELETE FROM t WHERE a = b`,
  );
  same(
    'generated columns',
    `CREATE TABLE t(a, b AS (a*2) VIRTUAL, c TEXT AS (b+1) STORED, d AS (c||'!') NOT NULL, e UNIQUE)
     INSERT INTO t(a,e) VALUES(1,1),(2,2)
     INSERT INTO t VALUES(3,3)
     INSERT INTO t(b) VALUES(1)
     INSERT INTO t(a,e) VALUES(NULL,9)
     SELECT * FROM t
     UPDATE t SET a = a + 10 WHERE b > 2
     UPDATE t SET c = 1
     CREATE INDEX i ON t(b, d)
     SELECT a FROM t WHERE b = 24
     UPDATE t SET a = 5 WHERE e = 3
     DELETE FROM t WHERE d = '3!'
     SELECT *, rowid FROM t
     CREATE TABLE l(a AS (b), b AS (a), c)
     INSERT INTO l(c) VALUES(1)
     CREATE TABLE m(v AS (x+1), x INT, w AS (y||v), y)
     INSERT INTO m VALUES('5', 6)
     SELECT * FROM m`,
  );
  same(
    'STRICT tables',
    `CREATE TABLE s(a INT, b INTEGER, c REAL, d TEXT, e BLOB, f ANY) STRICT
     INSERT INTO s VALUES(1, 2, 3, 4, x'05', '6')
     INSERT INTO s VALUES('1', '2', '3', 'x', NULL, 6.5)
     INSERT INTO s(a) VALUES('x')
     INSERT INTO s(b) VALUES(1.5)
     INSERT INTO s(c) VALUES('abc')
     INSERT INTO s(e) VALUES('abc')
     UPDATE s SET d = x'00'
     SELECT typeof(a), typeof(b), typeof(c), typeof(d), typeof(e), typeof(f), * FROM s`,
  );
  same(
    'AUTOINCREMENT',
    `CREATE TABLE t(a INTEGER PRIMARY KEY AUTOINCREMENT, b)
     INSERT INTO t(b) VALUES('x'),('y')
     DELETE FROM t
     INSERT INTO t(b) VALUES('z')
     INSERT INTO t VALUES(100,'w')
     INSERT INTO t(b) SELECT b FROM t
     SELECT * FROM t
     SELECT * FROM sqlite_sequence
     UPDATE sqlite_sequence SET seq = 1000
     INSERT INTO t(b) VALUES('q')
     INSERT INTO t VALUES(9223372036854775807,'max')
     INSERT INTO t(b) VALUES('full')
     SELECT * FROM sqlite_sequence
     DROP TABLE t
     SELECT * FROM sqlite_sequence`,
  );
  same(
    'WITHOUT ROWID',
    `CREATE TABLE w(a, b TEXT, c, d UNIQUE, PRIMARY KEY(c, a DESC)) WITHOUT ROWID
     INSERT INTO w VALUES(1,2,3,4),(5,6,7,8),(9,10,3,12)
     INSERT INTO w VALUES(1,0,3,0)
     INSERT INTO w VALUES(NULL,0,3,0)
     INSERT INTO w VALUES(7,0,3,4)
     INSERT OR REPLACE INTO w VALUES(1,'r',3,8)
     SELECT * FROM w
     UPDATE w SET b = b||'!' WHERE c = 3
     UPDATE w SET a = a + 1
     UPDATE w SET d = 1
     UPDATE OR REPLACE w SET c = 3, a = 2
     SELECT * FROM w
     INSERT INTO w SELECT a+1, b, c, d+100 FROM w
     DELETE FROM w WHERE d > 100
     SELECT * FROM w
     DELETE FROM w
     SELECT count(*) FROM w`,
  );
  same(
    'partial and expression indexes',
    `CREATE TABLE t(a, b, c)
     CREATE UNIQUE INDEX i ON t(a) WHERE b > 0
     CREATE INDEX j ON t(a + b, lower(c))
     CREATE UNIQUE INDEX k ON t(lower(c)) WHERE c IS NOT NULL
     INSERT INTO t VALUES(1,0,'A'),(1,0,'B'),(1,1,NULL)
     INSERT INTO t VALUES(1,2,NULL)
     INSERT INTO t VALUES(2,0,'a')
     INSERT OR REPLACE INTO t VALUES(1,3,'b')
     SELECT * FROM t
     UPDATE t SET b = 1
     UPDATE t SET b = -b, c = c||c
     SELECT * FROM t
     DELETE FROM t WHERE a + b < 1
     SELECT * FROM t
     PRAGMA integrity_check`,
  );
  same(
    'SELECT that reads the table',
    `CREATE TABLE t(a, b)
     INSERT INTO t VALUES(1,2),(3,4)
     INSERT INTO t SELECT b, a FROM t
     INSERT INTO t SELECT a, count(*) FROM t GROUP BY a
     INSERT INTO t(a) SELECT max(a) FROM t
     WITH x(n) AS (SELECT 1 UNION ALL SELECT n+1 FROM x WHERE n<5) INSERT INTO t SELECT n, n*n FROM x
     SELECT rowid, * FROM t`,
  );
});

describe('UPSERT', () => {
  same(
    'DO NOTHING and DO UPDATE',
    `CREATE TABLE t(a INTEGER PRIMARY KEY, b UNIQUE, c DEFAULT 0, d TEXT)
     INSERT INTO t VALUES(1,'x',1,'p'),(2,'y',2,'q')
     INSERT INTO t VALUES(1,'z',9,'r') ON CONFLICT DO NOTHING
     INSERT INTO t VALUES(1,'z',9,'r') ON CONFLICT(a) DO NOTHING
     INSERT INTO t VALUES(3,'x',9,'r') ON CONFLICT(a) DO NOTHING
     INSERT INTO t VALUES(3,'x',9,7) ON CONFLICT(b) DO UPDATE SET c = c + excluded.c, d = excluded.d || typeof(excluded.d)
     INSERT INTO t VALUES(1,'new',9,7) ON CONFLICT(a) DO UPDATE SET d = typeof(excluded.d), b = excluded.b
     INSERT INTO t VALUES(2,'new',9,8) ON CONFLICT(a) DO UPDATE SET b = excluded.b
     INSERT INTO t VALUES(2,'y',50,8) ON CONFLICT(a) DO UPDATE SET c = excluded.c WHERE c > 100
     INSERT INTO t VALUES(2,'y',50,8) ON CONFLICT(a) DO UPDATE SET c = excluded.c WHERE t.c < 100
     INSERT INTO t VALUES(5,'y',50,8) ON CONFLICT(a) DO UPDATE SET c = 1 ON CONFLICT(b) DO UPDATE SET c = 2
     INSERT INTO t VALUES(2,'new',50,8) ON CONFLICT(b) DO UPDATE SET c = 3 ON CONFLICT(a) DO UPDATE SET c = 4
     INSERT INTO t VALUES(2,'none',50,8) ON CONFLICT(b) DO UPDATE SET c = 5 ON CONFLICT DO UPDATE SET c = 6
     INSERT INTO t AS q VALUES(2,'none',50,8) ON CONFLICT(b) DO NOTHING ON CONFLICT DO UPDATE SET c = q.c + 100, a = 77
     SELECT * FROM t ORDER BY a
     INSERT INTO t(a,b) SELECT a+1, b FROM t WHERE true ON CONFLICT(b) DO UPDATE SET d = 'loop' || excluded.a
     SELECT * FROM t ORDER BY a
     INSERT INTO t(a) VALUES(1) ON CONFLICT(c) DO NOTHING
     INSERT INTO t(a) VALUES(1) ON CONFLICT(b) DO NOTHING ON CONFLICT(c) DO NOTHING`,
  );
  same(
    'partial indexes, collations, WITHOUT ROWID, counters',
    `CREATE TABLE w(k TEXT PRIMARY KEY, n INT, m UNIQUE) WITHOUT ROWID
     INSERT INTO w VALUES('a',1,1),('b',1,2) ON CONFLICT(k) DO UPDATE SET n = n + 1
     INSERT INTO w VALUES('a',1,5),('c',1,2),('a',1,1) ON CONFLICT(k) DO UPDATE SET n = n + 1 ON CONFLICT(m) DO UPDATE SET n = n + 10
     SELECT * FROM w
     CREATE TABLE p(a TEXT COLLATE nocase, b, c)
     CREATE UNIQUE INDEX pi ON p(a) WHERE b = 1
     INSERT INTO p VALUES('x',1,1),('X',2,2)
     INSERT INTO p VALUES('X',1,1) ON CONFLICT(a) DO NOTHING
     INSERT INTO p VALUES('X',1,1) ON CONFLICT(a) WHERE b = 1 DO UPDATE SET c = c + 5
     INSERT INTO p VALUES('X',1,1) ON CONFLICT(a COLLATE binary) WHERE b = 1 DO NOTHING
     SELECT * FROM p`,
  );
});

describe('UPDATE', () => {
  same(
    'columns, rowid, indexes',
    `CREATE TABLE t(a INTEGER PRIMARY KEY, b, c)
     CREATE INDEX tb ON t(b)
     CREATE UNIQUE INDEX tc ON t(c)
     INSERT INTO t VALUES(1,1,1),(2,2,2),(3,3,3),(4,4,4)
     UPDATE t SET b = b + 1
     UPDATE t SET b = b + 1 WHERE b > 3
     UPDATE t SET a = a + 10 WHERE b > 4
     UPDATE t SET a = 1 WHERE a = 2
     UPDATE OR REPLACE t SET a = 1 WHERE a = 2
     UPDATE t SET c = 99
     UPDATE OR IGNORE t SET c = 99
     UPDATE OR FAIL t SET c = 99 + (a > 5)
     UPDATE t SET (b, c) = (c, b) WHERE a < 5
     UPDATE t SET (b, c) = (SELECT 7, max(c) + 1 FROM t) WHERE a < 5
     UPDATE t SET b = (SELECT count(*) FROM t x WHERE x.a <= t.a)
     UPDATE t SET rowid = 500 WHERE a = 1
     UPDATE t SET a = NULL
     UPDATE t SET a = 'x'
     UPDATE t SET nope = 1
     SELECT * FROM t ORDER BY a
     UPDATE t SET b = 0 WHERE a IN (SELECT a FROM t WHERE c > 3)
     SELECT b, a FROM t ORDER BY b, a
     PRAGMA integrity_check`,
  );
  same(
    'halloween: the index that is scanned changes',
    `CREATE TABLE t(a, b)
     CREATE INDEX i ON t(a)
     WITH x(n) AS (SELECT 1 UNION ALL SELECT n+1 FROM x WHERE n<50) INSERT INTO t SELECT n, n FROM x
     UPDATE t SET a = a + 10 WHERE a > 20
     UPDATE t SET a = a + 1, b = b WHERE a BETWEEN 5 AND 9
     SELECT * FROM t ORDER BY rowid
     DELETE FROM t WHERE a > 30 OR b = 3
     SELECT count(*), sum(a), sum(b) FROM t
     PRAGMA integrity_check`,
  );
  same(
    'FROM',
    `CREATE TABLE t(a INTEGER PRIMARY KEY, b)
     CREATE TABLE u(x, y)
     CREATE TABLE w(k PRIMARY KEY, v) WITHOUT ROWID
     INSERT INTO t VALUES(1,1),(2,2),(3,3)
     INSERT INTO u VALUES(1,'one'),(2,'two'),(2,'deux')
     INSERT INTO w VALUES(1,0),(2,0),(3,0)
     UPDATE t SET b = y FROM u WHERE x = a
     SELECT * FROM t
     UPDATE w SET v = y FROM u JOIN t ON t.a = x WHERE k = x
     SELECT * FROM w
     UPDATE t SET a = a + 100, b = s.n FROM (SELECT count(*) AS n FROM u) s
     SELECT * FROM t`,
  );
});

describe('DELETE', () => {
  same(
    'all rows, some rows, through indexes',
    `CREATE TABLE t(a INTEGER PRIMARY KEY, b, c)
     CREATE INDEX tb ON t(b)
     WITH x(n) AS (SELECT 1 UNION ALL SELECT n+1 FROM x WHERE n<30) INSERT INTO t SELECT n, n%5, n FROM x
     DELETE FROM t WHERE a = 7
     DELETE FROM t WHERE a = 7000
     DELETE FROM t WHERE b = 3
     DELETE FROM t WHERE c > 20 AND b = 1
     DELETE FROM t WHERE a IN (SELECT c FROM t WHERE b = 2)
     DELETE FROM t WHERE a BETWEEN 3 AND 9 OR b = 4
     SELECT * FROM t
     DELETE FROM t WHERE rowid = (SELECT max(a) FROM t)
     PRAGMA integrity_check
     DELETE FROM t
     SELECT count(*) FROM t
     DELETE FROM nosuch
     DELETE FROM sqlite_master`,
  );
});

describe('RETURNING', () => {
  same(
    'rows of all three statements',
    `CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT, c AS (b||'!'), d DEFAULT 5)
     INSERT INTO t(b) VALUES('x'),('y') RETURNING *
     INSERT INTO t(b) SELECT 'z' || b FROM t RETURNING a, b AS bee, a + d, rowid
     UPDATE t SET d = d + a RETURNING a, d, c
     UPDATE t SET a = a + 10 WHERE a > 2 RETURNING *
     DELETE FROM t WHERE a > 11 RETURNING a, upper(b), (SELECT count(*) FROM t)
     INSERT INTO t(a,b) VALUES(1,'again') ON CONFLICT(a) DO UPDATE SET b = excluded.b RETURNING *
     INSERT OR IGNORE INTO t(a,b) VALUES(1,'ignored') RETURNING *
     INSERT INTO t(a) VALUES(1) RETURNING *
     INSERT INTO t DEFAULT VALUES RETURNING t.a
     INSERT INTO t DEFAULT VALUES RETURNING max(a)
     INSERT INTO t DEFAULT VALUES RETURNING t.*
     DELETE FROM t RETURNING a`,
  );
});
