-- CREATE TABLE: constraints, defaults, types.
=== primary keys and rowids
CREATE TABLE t(id INTEGER PRIMARY KEY, v TEXT);
INSERT INTO t(v) VALUES('a'),('b');
= 2
INSERT INTO t VALUES(10,'c');
= 1
INSERT INTO t(v) VALUES('d');
= 1
SELECT id, rowid, oid, _rowid_, v FROM t;
> 1|1|1|1|'a'
> 2|2|2|2|'b'
> 10|10|10|10|'c'
> 11|11|11|11|'d'
INSERT INTO t VALUES(10,'dup');
! SQLITE_CONSTRAINT_PRIMARYKEY UNIQUE constraint failed: t.id
INSERT INTO t VALUES('x','bad');
! SQLITE_MISMATCH datatype mismatch
INSERT INTO t VALUES(9223372036854775807,'max');
= 1
DELETE FROM t WHERE id=9223372036854775807;
= 1
UPDATE t SET id=1 WHERE id=2;
! SQLITE_CONSTRAINT_PRIMARYKEY UNIQUE constraint failed: t.id
UPDATE t SET id=100 WHERE id=2;
= 1
SELECT * FROM t;
> 1|'a'
> 10|'c'
> 11|'d'
> 100|'b'
SELECT last_insert_rowid(), changes();
> 9223372036854775807|1

=== autoincrement
CREATE TABLE t(id INTEGER PRIMARY KEY AUTOINCREMENT, v);
INSERT INTO t(v) VALUES(1),(2);
= 2
DELETE FROM t;
= 2
INSERT INTO t(v) VALUES(3);
= 1
SELECT * FROM t;
> 3|3
SELECT * FROM sqlite_sequence;
> 't'|3
INSERT INTO t VALUES(100,4);
= 1
INSERT INTO t(v) VALUES(5);
= 1
SELECT * FROM sqlite_sequence;
> 't'|101
INSERT INTO t VALUES(9223372036854775807, 1);
= 1
INSERT INTO t(v) VALUES(6);
! SQLITE_FULL database or disk is full
CREATE TABLE u(id TEXT PRIMARY KEY AUTOINCREMENT);
! SQLITE_ERROR AUTOINCREMENT is only allowed on an INTEGER PRIMARY KEY
DROP TABLE t;
SELECT * FROM sqlite_sequence;

=== not null, unique, check
CREATE TABLE t(a NOT NULL, b UNIQUE, c CHECK(c > 0), d DEFAULT 7, CONSTRAINT big CHECK(a < 100), UNIQUE(c, d));
INSERT INTO t VALUES(1, 2, 3, 4);
= 1
INSERT INTO t(a) VALUES(2);
= 1
INSERT INTO t(b) VALUES(2);
! SQLITE_CONSTRAINT_NOTNULL NOT NULL constraint failed: t.a
INSERT INTO t VALUES(1, 2, 4, 4);
! SQLITE_CONSTRAINT_UNIQUE UNIQUE constraint failed: t.b
INSERT INTO t VALUES(1, 3, 3, 4);
! SQLITE_CONSTRAINT_UNIQUE UNIQUE constraint failed: t.c, t.d
INSERT INTO t VALUES(1, 3, -1, 4);
! SQLITE_CONSTRAINT_CHECK CHECK constraint failed: c > 0
INSERT INTO t VALUES(200, 3, 1, 4);
! SQLITE_CONSTRAINT_CHECK CHECK constraint failed: big
UPDATE t SET a=NULL;
! SQLITE_CONSTRAINT_NOTNULL NOT NULL constraint failed: t.a
UPDATE t SET b=2;
! SQLITE_CONSTRAINT_UNIQUE UNIQUE constraint failed: t.b
SELECT * FROM t;
> 1|2|3|4
> 2|NULL|NULL|7

=== conflict clauses
CREATE TABLE t(a UNIQUE ON CONFLICT REPLACE, b NOT NULL ON CONFLICT IGNORE, c NOT NULL DEFAULT 5);
INSERT INTO t VALUES(1,1,1);
= 1
INSERT INTO t VALUES(1,2,2);
= 1
INSERT INTO t VALUES(2,NULL,2);
SELECT * FROM t;
> 1|2|2
INSERT OR REPLACE INTO t(a,b,c) VALUES(3,3,NULL);
= 1
INSERT OR IGNORE INTO t VALUES(3,4,NULL);
INSERT INTO t VALUES(4,4,NULL);
! SQLITE_CONSTRAINT_NOTNULL NOT NULL constraint failed: t.c
SELECT * FROM t ORDER BY a;
> 1|2|2
> 3|3|5
CREATE TABLE u(x UNIQUE);
INSERT INTO u VALUES(1),(2),(3);
= 3
INSERT OR FAIL INTO u VALUES(10),(2),(11);
! SQLITE_CONSTRAINT_UNIQUE UNIQUE constraint failed: u.x
SELECT * FROM u;
> 1
> 2
> 3
> 10
INSERT OR ABORT INTO u VALUES(20),(2),(21);
! SQLITE_CONSTRAINT_UNIQUE UNIQUE constraint failed: u.x
SELECT * FROM u;
> 1
> 2
> 3
> 10
INSERT OR IGNORE INTO u VALUES(30),(2),(31);
= 2
SELECT * FROM u;
> 1
> 2
> 3
> 10
> 30
> 31
INSERT OR REPLACE INTO u VALUES(30),(2),(31);
= 3
SELECT rowid, * FROM u;
> 1|1
> 3|3
> 4|10
> 7|30
> 8|2
> 9|31
BEGIN;
INSERT INTO u VALUES(40);
= 1
INSERT OR ROLLBACK INTO u VALUES(41),(2);
! SQLITE_CONSTRAINT_UNIQUE UNIQUE constraint failed: u.x
SELECT * FROM u WHERE x >= 40;
COMMIT;
! SQLITE_ERROR cannot commit - no transaction is active
UPDATE OR IGNORE u SET x = 1 WHERE x IN (2, 3);
UPDATE OR REPLACE u SET x = 1 WHERE x = 3;
= 1
SELECT * FROM u ORDER BY x;
> 1
> 2
> 10
> 30
> 31

=== affinity
CREATE TABLE t(i INTEGER, r REAL, n NUMERIC, t TEXT, b BLOB, x, v VARCHAR(10), d DOUBLE, f FLOATING POINT, c CHARINT);
INSERT INTO t VALUES('12','12','12',12,12,12,12,12,12,12);
= 1
INSERT INTO t VALUES('1.5','1','1.0',1.5,'1',x'31',x'32','abc','1e2','0x10');
= 1
INSERT INTO t VALUES(1.0, 2, 3.0, 4.0, 5.0, 6.0, 7.0, 8, 9.0, 10.0);
= 1
SELECT * FROM t;
> 12|12.0|12|'12'|12|12|'12'|12.0|12|12
> 1.5|1.0|1|'1.5'|'1'|x'31'|x'32'|'abc'|100|'0x10'
> 1|2.0|3|'4.0'|5.0|6.0|'7.0'|8.0|9|10
SELECT typeof(i),typeof(r),typeof(n),typeof(t),typeof(b),typeof(x),typeof(v),typeof(d),typeof(f),typeof(c) FROM t;
> 'integer'|'real'|'integer'|'text'|'integer'|'integer'|'text'|'real'|'integer'|'integer'
> 'real'|'real'|'integer'|'text'|'text'|'blob'|'blob'|'text'|'integer'|'text'
> 'integer'|'real'|'integer'|'text'|'real'|'real'|'text'|'real'|'integer'|'integer'
SELECT count(*) FROM t WHERE t = 12;
> 1
SELECT count(*) FROM t WHERE b = '12';
> 0
SELECT count(*) FROM t WHERE i = '12';
> 1
SELECT count(*) FROM t WHERE x = '12';
> 0

=== big integers stay exact
CREATE TABLE t(a INTEGER PRIMARY KEY, b INT);
INSERT INTO t VALUES(9007199254740993, 9007199254740995),(-9223372036854775808, 9223372036854775807);
= 2
SELECT a, b, a+0, b-1 FROM t ORDER BY a;
> -9223372036854775808|9223372036854775807|-9223372036854775808|9223372036854775806
> 9007199254740993|9007199254740995|9007199254740993|9007199254740994
SELECT sum(b) FROM t WHERE a > 0;
> 9007199254740995
SELECT sum(b) FROM t;
! SQLITE_ERROR integer overflow
SELECT avg(b), total(b), max(b), min(a) FROM t;
> 4616189618054758000.0|9232379236109517000.0|9223372036854775807|-9223372036854775808
SELECT a FROM t WHERE a = 9007199254740993;
> 9007199254740993
SELECT a FROM t WHERE b > 9007199254740994 ORDER BY b;
> 9007199254740993
> -9223372036854775808

=== errors at create time
CREATE TABLE t(a, A);
! SQLITE_ERROR duplicate column name: A
CREATE TABLE t(a PRIMARY KEY, b PRIMARY KEY);
! SQLITE_ERROR table "t" has more than one primary key
CREATE TABLE t(a) WITHOUT ROWID;
! SQLITE_ERROR PRIMARY KEY missing on table t
CREATE TABLE sqlite_x(a);
! SQLITE_ERROR object name reserved for internal use: sqlite_x
CREATE TABLE t(a, FOREIGN KEY(b) REFERENCES u);
! SQLITE_ERROR unknown column "b" in foreign key definition
CREATE TABLE t(a REFERENCES u(x,y));
! SQLITE_ERROR foreign key on a should reference only one column of table u
CREATE TABLE t(a DEFAULT (b));
! SQLITE_ERROR default value of column [a] is not constant
CREATE TABLE t(a CHECK((SELECT 1)));
! SQLITE_ERROR subqueries prohibited in CHECK constraints
CREATE TABLE t(a INTEGER) STRICT;
CREATE TABLE u(a FOO) STRICT;
! SQLITE_ERROR unknown datatype for u.a: "FOO"
CREATE TABLE u(a) STRICT;
! SQLITE_ERROR missing datatype for u.a
CREATE TABLE t(a);
! SQLITE_ERROR table t already exists
CREATE TABLE IF NOT EXISTS t(b);
CREATE TABLE nosuch.t(a);
! SQLITE_ERROR unknown database nosuch
CREATE VIEW t AS SELECT 1;
! SQLITE_ERROR table t already exists
CREATE INDEX t ON t(a);
! SQLITE_ERROR there is already a table named t
DROP VIEW t;
! SQLITE_ERROR use DROP TABLE to delete table t
DROP TABLE nope;
! SQLITE_ERROR no such table: nope
DROP TABLE IF EXISTS nope;
INSERT INTO nope VALUES(1);
! SQLITE_ERROR no such table: nope
INSERT INTO t VALUES(1,2);
! SQLITE_ERROR table t has 1 columns but 2 values were supplied
INSERT INTO t(a,b) VALUES(1,2);
! SQLITE_ERROR table t has no column named b
INSERT INTO t VALUES('x');
! SQLITE_CONSTRAINT_DATATYPE cannot store TEXT value in INTEGER column t.a
INSERT INTO t VALUES(1);
= 1
SELECT * FROM t;
> 1

=== without rowid
CREATE TABLE t(a TEXT, b INT, c, PRIMARY KEY(b, a)) WITHOUT ROWID;
INSERT INTO t VALUES('x',2,'p'),('y',1,'q'),('x',1,'r');
= 3
SELECT * FROM t;
> 'x'|1|'r'
> 'y'|1|'q'
> 'x'|2|'p'
SELECT rowid FROM t;
! SQLITE_ERROR no such column: rowid
INSERT INTO t VALUES('x',1,'dup');
! SQLITE_CONSTRAINT_PRIMARYKEY UNIQUE constraint failed: t.b, t.a
INSERT INTO t(a,c) VALUES('z','n');
! SQLITE_CONSTRAINT_NOTNULL NOT NULL constraint failed: t.b
UPDATE t SET b=5 WHERE a='y';
= 1
UPDATE t SET c='new' WHERE a='x' AND b=2;
= 1
REPLACE INTO t VALUES('x',1,'replaced');
= 1
DELETE FROM t WHERE b=2;
= 1
SELECT * FROM t;
> 'x'|1|'replaced'
> 'y'|5|'q'
CREATE INDEX tc ON t(c);
SELECT a FROM t WHERE c='replaced';
> 'x'
SELECT count(*) FROM t;
> 2

=== generated columns
CREATE TABLE t(a, b AS (a*2), c TEXT AS (a||'x') STORED, d);
INSERT INTO t(a,d) VALUES(1,2),(5,6);
= 2
INSERT INTO t VALUES(7,8);
= 1
SELECT * FROM t;
> 1|2|'1x'|2
> 5|10|'5x'|6
> 7|14|'7x'|8
INSERT INTO t(b) VALUES(1);
! SQLITE_ERROR cannot INSERT into generated column "b"
UPDATE t SET b=1;
! SQLITE_ERROR cannot UPDATE generated column "b"
UPDATE t SET a=10 WHERE a=1;
= 1
SELECT b, c FROM t WHERE b > 10;
> 20|'10x'
> 14|'7x'
CREATE INDEX tb ON t(b);
SELECT a FROM t WHERE b=20;
> 10

=== create table as
CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT, c REAL);
INSERT INTO t VALUES(1,'x',1.5),(2,'y',2.5);
= 2
CREATE TABLE u AS SELECT a, b AS bb, c*2, 'k' AS k FROM t;
SELECT * FROM u;
> 1|'x'|3.0|'k'
> 2|'y'|5.0|'k'
SELECT sql FROM sqlite_schema WHERE name='u';
> 'CREATE TABLE u(a INT,bb TEXT,"c*2",k)'

=== schema text
CREATE   TABLE  "my table" ( a INT , b ) ;
CREATE UNIQUE INDEX IF NOT EXISTS i1 ON "my table"(b DESC, a COLLATE NOCASE) WHERE a > 0;
CREATE VIEW v(x) AS SELECT a FROM "my table";
CREATE TRIGGER tr AFTER INSERT ON "my table" BEGIN SELECT 1; END;
CREATE TEMP TABLE tt(a);
SELECT type, name, tbl_name, sql FROM sqlite_schema;
> 'table'|'my table'|'my table'|'CREATE TABLE "my table" ( a INT , b )'
> 'index'|'i1'|'my table'|'CREATE UNIQUE INDEX i1 ON "my table"(b DESC, a COLLATE NOCASE) WHERE a > 0'
> 'view'|'v'|'v'|'CREATE VIEW v(x) AS SELECT a FROM "my table"'
> 'trigger'|'tr'|'my table'|'CREATE TRIGGER tr AFTER INSERT ON "my table" BEGIN SELECT 1; END'
SELECT type, name, tbl_name, sql FROM sqlite_temp_schema;
> 'table'|'tt'|'tt'|'CREATE TABLE tt(a)'

=== a UNIQUE column that is the whole key of a WITHOUT ROWID table
CREATE TABLE t(c0 INTEGER UNIQUE, v, PRIMARY KEY(c0)) WITHOUT ROWID;
INSERT INTO t VALUES(2,'b'),(1,'a');
= 2
SELECT * FROM t;
> 1|'a'
> 2|'b'
PRAGMA index_list(t);
> 0|'sqlite_autoindex_t_1'|1|'pk'|0
SELECT type, name, rootpage FROM sqlite_schema;
> 'table'|'t'|2
PRAGMA integrity_check;
> 'ok'
