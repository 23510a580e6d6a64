-- WITHOUT ROWID, generated columns, STRICT (withoutrowid.html, gencol.html, stricttables.html).
=== WITHOUT ROWID
CREATE TABLE w(a TEXT, b INT, c, PRIMARY KEY(b DESC, a)) WITHOUT ROWID;
INSERT INTO w VALUES('x',1,10),('y',2,20),('a',1,30);
= 3
SELECT * FROM w;
> 'y'|2|20
> 'a'|1|30
> 'x'|1|10
SELECT rowid FROM w;
! SQLITE_ERROR no such column: rowid
SELECT * FROM w WHERE b = 1;
> 'a'|1|30
> 'x'|1|10
SELECT * FROM w WHERE b = 1 AND a > 'b';
> 'x'|1|10
SELECT * FROM w ORDER BY b, a DESC;
> 'x'|1|10
> 'a'|1|30
> 'y'|2|20
INSERT INTO w VALUES('x',1,99);
! SQLITE_CONSTRAINT_PRIMARYKEY UNIQUE constraint failed: w.b, w.a
INSERT OR REPLACE INTO w VALUES('x',1,99);
= 1
INSERT INTO w VALUES(NULL,1,1);
! SQLITE_CONSTRAINT_NOTNULL NOT NULL constraint failed: w.a
INSERT INTO w VALUES('x',1,5) ON CONFLICT(a, b) DO UPDATE SET c = c + excluded.c;
= 1
UPDATE w SET b = b + 1;
= 3
UPDATE w SET a = 'a';
! SQLITE_CONSTRAINT_PRIMARYKEY UNIQUE constraint failed: w.b, w.a
CREATE INDEX wc ON w(c);
CREATE UNIQUE INDEX wu ON w(c, b);
SELECT a FROM w WHERE c > 20 ORDER BY c;
> 'a'
> 'x'
DELETE FROM w WHERE c = 30;
= 1
SELECT * FROM w;
> 'y'|3|20
> 'x'|2|104
EXPLAIN QUERY PLAN SELECT * FROM w WHERE b = 1;
> 'SEARCH w USING PRIMARY KEY (b=?)'
EXPLAIN QUERY PLAN SELECT a FROM w WHERE c = 3;
> 'SEARCH w USING COVERING INDEX wu (c=?)'
EXPLAIN QUERY PLAN SELECT * FROM w ORDER BY b DESC, a;
> 'SCAN w'
PRAGMA table_info(w);
> 0|'a'|'TEXT'|1|NULL|2
> 1|'b'|'INT'|1|NULL|1
> 2|'c'|''|0|NULL|0
PRAGMA index_xinfo(wc);
> 0|2|'c'|0|'BINARY'|1
> 1|1|'b'|1|'BINARY'|0
> 2|0|'a'|0|'BINARY'|0
PRAGMA integrity_check;
> 'ok'
CREATE TABLE w2(a) WITHOUT ROWID;
! SQLITE_ERROR PRIMARY KEY missing on table w2
CREATE TABLE w3(a INTEGER PRIMARY KEY AUTOINCREMENT) WITHOUT ROWID;
! SQLITE_ERROR AUTOINCREMENT not allowed on WITHOUT ROWID tables
CREATE TABLE w4(a INTEGER PRIMARY KEY, b) WITHOUT ROWID;
INSERT INTO w4(b) VALUES(1);
! SQLITE_CONSTRAINT_NOTNULL NOT NULL constraint failed: w4.a
INSERT INTO w4 VALUES('5', 1),('x', 2);
= 2
SELECT a, typeof(a) FROM w4;
> 5|'integer'
> 'x'|'text'
CREATE TABLE w5(a, b, PRIMARY KEY(a, b, a)) WITHOUT ROWID;
INSERT INTO w5 VALUES(1, 2);
= 1
SELECT * FROM w5;
> 1|2
=== generated columns
CREATE TABLE g(a INTEGER PRIMARY KEY, b INT, v INT GENERATED ALWAYS AS (a * b) VIRTUAL, s TEXT AS (printf('%d!', v)) STORED, k AS (length(s)) NOT NULL CHECK(k < 6));
INSERT INTO g(b) VALUES(5),(6);
= 2
INSERT INTO g VALUES(10, 7);
= 1
INSERT INTO g(a, b, v) VALUES(1, 2, 3);
! SQLITE_ERROR cannot INSERT into generated column "v"
INSERT INTO g VALUES(1, 2, 3, 4, 5);
! SQLITE_ERROR table g has 2 columns but 5 values were supplied
SELECT * FROM g;
> 1|5|5|'5!'|2
> 2|6|12|'12!'|3
> 10|7|70|'70!'|3
UPDATE g SET b = b * 2;
= 3
UPDATE g SET v = 1;
! SQLITE_ERROR cannot UPDATE generated column "v"
INSERT INTO g(a, b) VALUES(1000, 1000);
! SQLITE_CONSTRAINT_CHECK CHECK constraint failed: k < 6
INSERT INTO g(a) VALUES(77);
= 1
SELECT a, v, s, k, typeof(v), typeof(s) FROM g;
> 1|10|'10!'|3|'integer'|'text'
> 2|24|'24!'|3|'integer'|'text'
> 10|140|'140!'|4|'integer'|'text'
> 77|NULL|'0!'|2|'null'|'text'
CREATE INDEX gv ON g(v);
CREATE UNIQUE INDEX gs ON g(s);
SELECT a FROM g WHERE v = 140;
> 10
SELECT a FROM g WHERE s = '24!';
> 2
EXPLAIN QUERY PLAN SELECT a FROM g WHERE v = 140;
> 'SEARCH g USING INDEX gv (v=?)'
UPDATE g SET a = 4, b = 6 WHERE a = 1;
! SQLITE_CONSTRAINT_UNIQUE UNIQUE constraint failed: g.s
SELECT a, b, v, s FROM g RIGHT JOIN (SELECT 24 AS q) ON v = q;
> 2|12|24|'24!'
PRAGMA table_info(g);
> 0|'a'|'INTEGER'|0|NULL|1
> 1|'b'|'INT'|0|NULL|0
PRAGMA table_xinfo(g);
> 0|'a'|'INTEGER'|0|NULL|1|0
> 1|'b'|'INT'|0|NULL|0|0
> 2|'v'|'INT'|0|NULL|0|2
> 3|'s'|'TEXT'|0|NULL|0|3
> 4|'k'|''|1|NULL|0|2
PRAGMA integrity_check;
> 'ok'
ALTER TABLE g ADD COLUMN n AS (b + 1);
ALTER TABLE g ADD COLUMN m AS (b + 1) STORED;
! SQLITE_ERROR cannot add a STORED column
SELECT n FROM g;
> 11
> 13
> 15
> NULL
CREATE TABLE g2(a AS (1));
! SQLITE_ERROR must have at least one non-generated column
CREATE TABLE g3(a AS (b), b AS (a));
! SQLITE_ERROR must have at least one non-generated column
CREATE TABLE g4(a, b AS (random()));
! SQLITE_ERROR non-deterministic functions prohibited in generated columns
CREATE TABLE g5(a, b AS ((SELECT 1)));
! SQLITE_ERROR subqueries prohibited in generated columns
CREATE TABLE g6(a, b AS (a) PRIMARY KEY);
! SQLITE_ERROR generated columns cannot be part of the PRIMARY KEY
CREATE TABLE g7(a, b AS (a) DEFAULT 5);
! SQLITE_ERROR cannot use DEFAULT on a generated column
CREATE TABLE g8(a, b AS (nope));
! SQLITE_ERROR no such column: nope
CREATE TABLE g9(a INT, b TEXT AS (a) UNIQUE, c COLLATE NOCASE AS (b));
INSERT INTO g9 VALUES(1);
= 1
INSERT INTO g9 VALUES(1);
! SQLITE_CONSTRAINT_UNIQUE UNIQUE constraint failed: g9.b
SELECT b, typeof(b), typeof(c) FROM g9;
> '1'|'text'|'text'
=== STRICT
CREATE TABLE s(i INT, n INTEGER, r REAL, t TEXT, b BLOB, a ANY) STRICT;
INSERT INTO s VALUES(1,2,3,'4',x'05','6');
= 1
INSERT INTO s VALUES('1','2.0','3.5',4,x'','007');
= 1
INSERT INTO s VALUES(1.0,NULL,NULL,NULL,NULL,NULL);
= 1
SELECT i,n,r,t,b,a,typeof(r),typeof(t),typeof(a) FROM s;
> 1|2|3.0|'4'|x'05'|'6'|'real'|'text'|'text'
> 1|2|3.5|'4'|x''|'007'|'real'|'text'|'text'
> 1|NULL|NULL|NULL|NULL|NULL|'null'|'null'|'null'
INSERT INTO s(i) VALUES('x');
! SQLITE_CONSTRAINT_DATATYPE cannot store TEXT value in INT column s.i
INSERT INTO s(i) VALUES(1.5);
! SQLITE_CONSTRAINT_DATATYPE cannot store REAL value in INT column s.i
INSERT INTO s(n) VALUES(x'00');
! SQLITE_CONSTRAINT_DATATYPE cannot store BLOB value in INTEGER column s.n
INSERT INTO s(r) VALUES('y');
! SQLITE_CONSTRAINT_DATATYPE cannot store TEXT value in REAL column s.r
INSERT INTO s(t) VALUES(x'00');
! SQLITE_CONSTRAINT_DATATYPE cannot store BLOB value in TEXT column s.t
INSERT INTO s(b) VALUES('text');
! SQLITE_CONSTRAINT_DATATYPE cannot store TEXT value in BLOB column s.b
INSERT INTO s(b) VALUES(5);
! SQLITE_CONSTRAINT_DATATYPE cannot store INT value in BLOB column s.b
UPDATE s SET i = 'q';
! SQLITE_CONSTRAINT_DATATYPE cannot store TEXT value in INT column s.i
INSERT OR IGNORE INTO s(i) VALUES('x');
! SQLITE_CONSTRAINT_DATATYPE cannot store TEXT value in INT column s.i
CREATE TABLE s1(a) STRICT;
! SQLITE_ERROR missing datatype for s1.a
CREATE TABLE s2(a VARCHAR(5)) STRICT;
! SQLITE_ERROR unknown datatype for s2.a: "VARCHAR(5)"
CREATE TABLE s3(a INTEGER PRIMARY KEY, b TEXT) STRICT, WITHOUT ROWID;
INSERT INTO s3 VALUES('1', 2);
= 1
INSERT INTO s3 VALUES(NULL, 2);
! SQLITE_CONSTRAINT_NOTNULL NOT NULL constraint failed: s3.a
SELECT a, typeof(a), typeof(b) FROM s3;
> 1|'integer'|'text'
CREATE TABLE s5(a INT) STRICT, STRICT;
CREATE TABLE s6(a INT) STRICK;
! SQLITE_ERROR unknown table option: STRICK
PRAGMA table_list(s3);
> 'main'|'s3'|'table'|2|1|1
PRAGMA integrity_check;
> 'ok'

=== STRICT and generated columns
CREATE TABLE t(a ANY, b INT AS (a), c REAL AS (a) STORED, d BLOB AS (a)) STRICT;
INSERT INTO t VALUES('1');
! SQLITE_CONSTRAINT_DATATYPE cannot store TEXT value in BLOB column t.d
CREATE TABLE t1(a ANY, b INT AS (a), c REAL AS (a) STORED, d TEXT AS (a), e ANY AS (a)) STRICT;
INSERT INTO t1 VALUES('1');
= 1
SELECT *, typeof(b), typeof(c), typeof(d), typeof(e) FROM t1;
> '1'|1|1.0|'1'|'1'|'integer'|'real'|'text'|'text'
INSERT INTO t1 VALUES(1);
= 1
SELECT *, typeof(b), typeof(c), typeof(d), typeof(e) FROM t1;
> '1'|1|1.0|'1'|'1'|'integer'|'real'|'text'|'text'
> 1|1|1.0|'1'|1|'integer'|'real'|'text'|'integer'
INSERT INTO t1 VALUES(x'00');
! SQLITE_CONSTRAINT_DATATYPE cannot store BLOB value in INT column t1.b
INSERT INTO t1 VALUES(1.0),(null);
= 2
SELECT *, typeof(b), typeof(c), typeof(d), typeof(e) FROM t1;
> '1'|1|1.0|'1'|'1'|'integer'|'real'|'text'|'text'
> 1|1|1.0|'1'|1|'integer'|'real'|'text'|'integer'
> 1.0|1|1.0|'1.0'|1.0|'integer'|'real'|'text'|'real'
> NULL|NULL|NULL|NULL|NULL|'null'|'null'|'null'|'null'
CREATE TABLE t2(a ANY, b INT AS (a) UNIQUE, c) STRICT;
! SQLITE_ERROR missing datatype for t2.c
CREATE TABLE t2(a ANY, b INT AS (a) UNIQUE, c ANY) STRICT;
INSERT INTO t2 VALUES(1,2),(2,3);
= 2
UPDATE t2 SET c=9;
= 2
UPDATE t2 SET a='q' WHERE a=1;
! SQLITE_CONSTRAINT_DATATYPE cannot store TEXT value in INT column t2.b
UPDATE OR REPLACE t2 SET a=2 WHERE a=1;
= 1
SELECT * FROM t2;
> 2|2|9
INSERT OR REPLACE INTO t2 VALUES('2.0',1);
= 1
INSERT INTO t2 VALUES('2.0',1) ON CONFLICT(b) DO UPDATE SET a='xx';
! SQLITE_CONSTRAINT_DATATYPE cannot store TEXT value in INT column t2.b
SELECT * FROM t2;
> '2.0'|2|1
CREATE TABLE t3(a ANY, b INT AS (c) , c INT AS (a) , d INT) STRICT;
INSERT INTO t3 VALUES('x',1);
! SQLITE_CONSTRAINT_DATATYPE cannot store TEXT value in INT column t3.c
INSERT INTO t3 VALUES(1.5,1);
! SQLITE_CONSTRAINT_DATATYPE cannot store REAL value in INT column t3.c
INSERT INTO t3 VALUES(1,1);
= 1
UPDATE t3 SET a='y';
! SQLITE_CONSTRAINT_DATATYPE cannot store TEXT value in INT column t3.c
CREATE TABLE t4(a ANY PRIMARY KEY, b INT AS (c) , c INT AS (a) , d INT) STRICT, WITHOUT ROWID;
INSERT INTO t4 VALUES('x',1);
! SQLITE_CONSTRAINT_DATATYPE cannot store TEXT value in INT column t4.c
INSERT INTO t4 VALUES(1.0,1);
= 1
UPDATE t4 SET a='y';
! SQLITE_CONSTRAINT_DATATYPE cannot store TEXT value in INT column t4.c
UPDATE t4 SET d='5';
= 1
UPDATE t4 SET d='5x';
! SQLITE_CONSTRAINT_DATATYPE cannot store TEXT value in INT column t4.d
SELECT * FROM t4;
> 1.0|1|1|5
