-- Collating sequences: which one is used where (datatype3.html section 7).
=== comparison takes the left operand's collation
CREATE TABLE t(a TEXT COLLATE NOCASE, b TEXT COLLATE BINARY, c TEXT COLLATE RTRIM, d TEXT);
INSERT INTO t VALUES('abc','ABC','abc ','abc'),('ABC','abc','abc','Abc');
= 2
SELECT a = b, b = a, a = d, d = a, c = d, d = c, b = c FROM t;
> 1|0|1|1|1|0|0
> 1|0|1|0|0|0|1
SELECT a = 'ABC', 'ABC' = a, b = 'abc', 'abc' = b FROM t;
> 1|1|0|0
> 1|1|1|1
SELECT a COLLATE BINARY = 'ABC', 'ABC' = a COLLATE BINARY, (a) = 'ABC', +a = 'ABC', a || '' = 'ABC' FROM t;
> 0|0|1|1|0
> 1|1|1|1|1
SELECT CAST(a AS TEXT) = 'ABC', CAST(a AS INT) = 'ABC' FROM t;
> 1|0
> 1|0
SELECT a IN ('ABC'), 'abc' IN (a), a IN (SELECT 'ABC'), d IN (SELECT a FROM t) FROM t;
> 1|1|1|1
> 1|0|1|0
SELECT a BETWEEN 'ABB' AND 'ABD', d BETWEEN a AND a FROM t;
> 1|1
> 1|0
SELECT CASE a WHEN 'ABC' THEN 'same' ELSE 'other' END, CASE d WHEN a THEN 1 ELSE 0 END FROM t;
> 'same'|1
> 'same'|0
SELECT (a, b) = ('ABC', 'abc'), (b, a) = ('abc', 'ABC') FROM t;
> 0|0
> 1|1
SELECT a IS 'ABC', a IS NOT 'ABC', a <> 'ABC' FROM t;
> 1|0|0
> 1|0|0
SELECT nullif(a, 'ABC'), nullif(d, 'ABC' COLLATE NOCASE) FROM t;
> NULL|'abc'
> NULL|'Abc'
SELECT min(a, 'B'), max(d, 'B' COLLATE NOCASE), min('b' COLLATE NOCASE, 'A') FROM t;
> 'abc'|'abc'|'A'
> 'ABC'|'B'|'A'
SELECT a LIKE 'ABC' COLLATE BINARY, b GLOB 'a*' FROM t;
> 1|0
> 1|1
=== ordering and grouping
CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT COLLATE NOCASE, b);
INSERT INTO t VALUES(1,'b','B'),(2,'A','a'),(3,'a','A'),(4,'B','b'),(5,'c ','c'),(6,'c','c ');
= 6
SELECT id FROM t ORDER BY a, id;
> 2
> 3
> 1
> 4
> 6
> 5
SELECT id FROM t ORDER BY a COLLATE BINARY;
> 2
> 4
> 3
> 1
> 6
> 5
SELECT id FROM t ORDER BY b;
> 3
> 1
> 2
> 4
> 5
> 6
SELECT id FROM t ORDER BY b COLLATE NOCASE DESC, id DESC;
> 6
> 5
> 4
> 1
> 3
> 2
SELECT id FROM t ORDER BY a COLLATE RTRIM, id;
> 2
> 4
> 3
> 1
> 5
> 6
SELECT a AS x, count(*) FROM t GROUP BY a;
> 'A'|2
> 'b'|2
> 'c'|1
> 'c '|1
SELECT count(*) FROM t GROUP BY b COLLATE NOCASE;
> 2
> 2
> 1
> 1
SELECT count(*) FROM t GROUP BY a COLLATE RTRIM;
> 1
> 1
> 1
> 1
> 2
SELECT DISTINCT a FROM t;
> 'b'
> 'A'
> 'c '
> 'c'
SELECT count(DISTINCT a), count(DISTINCT b), count(DISTINCT b COLLATE NOCASE) FROM t;
> 4|6|4
SELECT DISTINCT b COLLATE NOCASE FROM t;
> 'B'
> 'a'
> 'c'
> 'c '
SELECT min(a), max(a), min(b), max(b), min(b COLLATE NOCASE) FROM t;
> 'A'|'c '|'A'|'c '|'a'
SELECT a AS b FROM t ORDER BY b, id;
> 'A'
> 'a'
> 'b'
> 'B'
> 'c'
> 'c '
SELECT id, a FROM t ORDER BY 2, 1 DESC;
> 3|'a'
> 2|'A'
> 4|'B'
> 1|'b'
> 6|'c'
> 5|'c '
SELECT a FROM t UNION SELECT b FROM t;
> 'a'
> 'B'
> 'c'
> 'c '
SELECT b FROM t UNION SELECT a FROM t;
> 'A'
> 'B'
> 'a'
> 'b'
> 'c'
> 'c '
SELECT b FROM t INTERSECT SELECT a FROM t;
> 'A'
> 'B'
> 'a'
> 'b'
> 'c'
> 'c '
SELECT a FROM t EXCEPT SELECT 'C';
> 'A'
> 'b'
> 'c '
SELECT b FROM t EXCEPT SELECT upper(b) COLLATE NOCASE FROM t;
> 'a'
> 'b'
> 'c'
> 'c '
SELECT b FROM t UNION ALL SELECT 'aa' ORDER BY b COLLATE NOCASE;
> 'a'
> 'A'
> 'aa'
> 'B'
> 'b'
> 'c'
> 'c '
SELECT b COLLATE NOCASE AS k FROM t UNION SELECT 'C' ORDER BY k;
> 'a'
> 'B'
> 'C'
> 'c '
SELECT group_concat(a, '|' ORDER BY a COLLATE BINARY) FROM t;
> 'A|B|a|b|c|c '
=== indexes with collations
CREATE TABLE t(a TEXT, b TEXT COLLATE NOCASE);
CREATE INDEX t_nocase ON t(a COLLATE NOCASE);
CREATE INDEX t_b ON t(b);
CREATE UNIQUE INDEX t_u ON t(a COLLATE RTRIM, b);
INSERT INTO t VALUES('x','y'),('X','Y'),('z','y');
= 3
INSERT INTO t VALUES('x  ','Y');
! SQLITE_CONSTRAINT_UNIQUE UNIQUE constraint failed: t.a, t.b
SELECT * FROM t WHERE a = 'x';
> 'x'|'y'
SELECT * FROM t WHERE a = 'x' COLLATE NOCASE;
> 'x'|'y'
> 'X'|'Y'
SELECT * FROM t WHERE b = 'Y' ORDER BY a;
> 'X'|'Y'
> 'x'|'y'
> 'z'|'y'
SELECT * FROM t WHERE b = 'Y' COLLATE BINARY;
> 'X'|'Y'
EXPLAIN QUERY PLAN SELECT * FROM t WHERE a = 'x';
> 'SCAN t'
EXPLAIN QUERY PLAN SELECT * FROM t WHERE a = 'x' COLLATE NOCASE;
> 'SEARCH t USING INDEX t_nocase (a=?)'
EXPLAIN QUERY PLAN SELECT * FROM t WHERE b = 'x' COLLATE BINARY;
> 'SCAN t'
EXPLAIN QUERY PLAN SELECT a FROM t ORDER BY a COLLATE NOCASE;
> 'SCAN t USING COVERING INDEX t_nocase'
EXPLAIN QUERY PLAN SELECT b FROM t ORDER BY b COLLATE BINARY;
> 'SCAN t USING COVERING INDEX t_b'
> 'USE TEMP B-TREE FOR ORDER BY'
SELECT * FROM t WHERE a = 'x' COLLATE nope;
! SQLITE_ERROR_MISSING_COLLSEQ no such collation sequence: nope
CREATE TABLE q(a COLLATE nope);
! SQLITE_ERROR_MISSING_COLLSEQ no such collation sequence: nope
CREATE INDEX q_a ON q(a);
! SQLITE_ERROR no such table: main.q
SELECT * FROM q ORDER BY a;
! SQLITE_ERROR no such table: q
CREATE TABLE pk(k TEXT COLLATE NOCASE PRIMARY KEY, v) WITHOUT ROWID;
INSERT INTO pk VALUES('a',1),('B',2);
= 2
INSERT INTO pk VALUES('A',3);
! SQLITE_CONSTRAINT_PRIMARYKEY UNIQUE constraint failed: pk.k
INSERT OR REPLACE INTO pk VALUES('A',3);
= 1
SELECT * FROM pk;
> 'A'|3
> 'B'|2
SELECT * FROM pk WHERE k > 'A' COLLATE BINARY;
> 'B'|2
=== joins, views and subqueries keep collations
CREATE TABLE l(a COLLATE NOCASE);
CREATE TABLE r(b);
INSERT INTO l VALUES('x'),('Y');
= 2
INSERT INTO r VALUES('X'),('y'),('x');
= 3
SELECT * FROM l JOIN r ON a = b ORDER BY 1, 2;
> 'x'|'X'
> 'x'|'x'
> 'Y'|'y'
SELECT * FROM r JOIN l ON b = a ORDER BY 1, 2;
> 'x'|'x'
SELECT * FROM l JOIN (SELECT b AS a FROM r) USING (a) ORDER BY 1;
> 'x'
> 'x'
> 'Y'
SELECT * FROM (SELECT b AS a FROM r) JOIN l USING (a) ORDER BY 1;
> 'x'
CREATE VIEW v AS SELECT a, a COLLATE BINARY AS n, a || '' AS e FROM l;
SELECT a = 'X', n = 'X', e = 'X' FROM v;
> 1|0|0
> 0|0|0
SELECT (SELECT a FROM l LIMIT 1) = 'X', 'X' = (SELECT a FROM l LIMIT 1);
> 0|0
SELECT * FROM (SELECT a FROM l) WHERE a = 'X';
> 'x'
SELECT * FROM (SELECT a FROM l UNION ALL SELECT b FROM r) WHERE a = 'X';
> 'x'
> 'X'
> 'x'
SELECT * FROM (SELECT b FROM r UNION ALL SELECT a FROM l) WHERE b = 'X';
> 'X'
WITH c AS MATERIALIZED (SELECT a FROM l) SELECT * FROM c WHERE a = 'X';
> 'x'

=== collations that are not there, in expressions
CREATE TABLE q(a COLLATE nope);
! SQLITE_ERROR_MISSING_COLLSEQ no such collation sequence: nope
CREATE TABLE q2(a, b, CHECK(a COLLATE nope = 1));
CREATE TABLE q3(a, b, UNIQUE(a COLLATE nope));
! SQLITE_ERROR_MISSING_COLLSEQ no such collation sequence: nope
CREATE TABLE q4(a TEXT COLLATE nope PRIMARY KEY);
! SQLITE_ERROR_MISSING_COLLSEQ no such collation sequence: nope
SELECT 'a' COLLATE nosuch;
> 'a'
SELECT 'a' COLLATE nosuch = 'a';
! SQLITE_ERROR_MISSING_COLLSEQ no such collation sequence: nosuch
SELECT 'a' COLLATE nosuch || 'b';
> 'ab'
SELECT ('a' COLLATE nosuch) IS NULL;
> 0
SELECT length('a' COLLATE nosuch);
> 1
SELECT 1 ORDER BY 1 COLLATE nosuch;
! SQLITE_ERROR_MISSING_COLLSEQ no such collation sequence: nosuch
SELECT max('a' COLLATE nosuch, 'b');
! SQLITE_ERROR_MISSING_COLLSEQ no such collation sequence: nosuch
SELECT max('a' COLLATE nosuch);
! SQLITE_ERROR_MISSING_COLLSEQ no such collation sequence: nosuch
SELECT 'a' COLLATE nosuch IN ('a');
! SQLITE_ERROR_MISSING_COLLSEQ no such collation sequence: nosuch
SELECT 'a' COLLATE nosuch IN (SELECT 'a');
! SQLITE_ERROR_MISSING_COLLSEQ no such collation sequence: nosuch
SELECT 'a' COLLATE nosuch BETWEEN 'a' AND 'b';
! SQLITE_ERROR_MISSING_COLLSEQ no such collation sequence: nosuch
SELECT CASE 'a' COLLATE nosuch WHEN 'a' THEN 1 END;
! SQLITE_ERROR_MISSING_COLLSEQ no such collation sequence: nosuch
SELECT 'a' COLLATE nosuch LIKE 'a';
> 1
SELECT DISTINCT 'a' COLLATE nosuch;
! SQLITE_ERROR_MISSING_COLLSEQ no such collation sequence: nosuch
SELECT 1 GROUP BY 'a' COLLATE nosuch;
! SQLITE_ERROR_MISSING_COLLSEQ no such collation sequence: nosuch
SELECT 'a' COLLATE nosuch UNION SELECT 'b';
! SQLITE_ERROR_MISSING_COLLSEQ no such collation sequence: nosuch
SELECT 'a' COLLATE nosuch UNION ALL SELECT 'b';
> 'a'
> 'b'
CREATE TABLE t(a,b);
CREATE INDEX i ON t(a COLLATE nosuch);
! SQLITE_ERROR_MISSING_COLLSEQ no such collation sequence: nosuch
CREATE INDEX i ON t(a||b COLLATE nosuch);
CREATE INDEX i ON t((a COLLATE nosuch));
! SQLITE_ERROR index i already exists
SELECT * FROM t WHERE a COLLATE nosuch = 1;
! SQLITE_ERROR_MISSING_COLLSEQ no such collation sequence: nosuch
SELECT * FROM t WHERE a COLLATE nosuch > 1;
! SQLITE_ERROR_MISSING_COLLSEQ no such collation sequence: nosuch
SELECT * FROM t WHERE a COLLATE nosuch;
SELECT * FROM t ORDER BY b, a COLLATE nosuch;
! SQLITE_ERROR_MISSING_COLLSEQ no such collation sequence: nosuch
SELECT * FROM t ORDER BY rowid, a COLLATE nosuch;
! SQLITE_ERROR_MISSING_COLLSEQ no such collation sequence: nosuch
CREATE VIEW v AS SELECT a COLLATE nosuch AS x FROM t;
SELECT * FROM v;
! SQLITE_ERROR_MISSING_COLLSEQ no such collation sequence: nosuch
SELECT * FROM v WHERE x='a';
! SQLITE_ERROR_MISSING_COLLSEQ no such collation sequence: nosuch
SELECT count(DISTINCT a COLLATE nosuch) FROM t;
! SQLITE_ERROR_MISSING_COLLSEQ no such collation sequence: nosuch
SELECT (a COLLATE nosuch, b) = (1,2) FROM t;
! SQLITE_ERROR_MISSING_COLLSEQ no such collation sequence: nosuch
ALTER TABLE t ADD COLUMN c COLLATE nosuch;
! SQLITE_ERROR_MISSING_COLLSEQ no such collation sequence: nosuch
CREATE TABLE w(a TEXT COLLATE nope PRIMARY KEY) WITHOUT ROWID;
! SQLITE_ERROR_MISSING_COLLSEQ no such collation sequence: nope
CREATE TABLE w2(a, x AS (a COLLATE nope));
CREATE TABLE w3(a DEFAULT ('a' COLLATE nope));
CREATE TABLE w4(a REFERENCES t(a) COLLATE nope);
! SQLITE_ERROR_MISSING_COLLSEQ no such collation sequence: nope
CREATE TABLE w5 AS SELECT 'a' COLLATE nope AS x;
! SQLITE_ERROR_MISSING_COLLSEQ no such collation sequence: nope
REINDEX nope;
! SQLITE_ERROR unable to identify the object to be reindexed
DROP TABLE q2;

=== collations that are not there, in tables
CREATE TABLE q2(a, b, CHECK(a COLLATE nope = 1));
INSERT INTO q2 VALUES(1,2);
! SQLITE_ERROR_MISSING_COLLSEQ no such collation sequence: nope
SELECT * FROM q2;
DROP TABLE q2;
CREATE TABLE q5(a, b CHECK(b || 'x' COLLATE nope), c DEFAULT ('a' COLLATE nope));
INSERT INTO q5(a) VALUES(1);
= 1
SELECT * FROM q5;
> 1|NULL|'a'
CREATE TABLE w2(a, x AS (a COLLATE nope), y as (a COLLATE nope = 1));
! SQLITE_ERROR_MISSING_COLLSEQ no such collation sequence: nope
SELECT x FROM w2;
! SQLITE_ERROR no such table: w2
SELECT y FROM w2;
! SQLITE_ERROR no such table: w2
SELECT * FROM w2 WHERE x = 'a';
! SQLITE_ERROR no such table: w2
INSERT INTO w2 VALUES(1);
! SQLITE_ERROR no such table: w2
CREATE TABLE w6(a, x AS (a COLLATE nope) UNIQUE);
CREATE TABLE w7(a, x COLLATE nope AS (a) );
! SQLITE_ERROR_MISSING_COLLSEQ no such collation sequence: nope
CREATE INDEX i1 ON w2(x);
! SQLITE_ERROR no such table: main.w2
CREATE INDEX i2 ON w2(a) WHERE a COLLATE nope = 1;
! SQLITE_ERROR no such table: main.w2
CREATE INDEX i3 ON w2(a) WHERE a COLLATE nope;
! SQLITE_ERROR no such table: main.w2
CREATE INDEX i4 ON w2(a COLLATE nope || 'x');
! SQLITE_ERROR no such table: main.w2
INSERT INTO w2 VALUES(1);
! SQLITE_ERROR no such table: w2
CREATE TEMP TABLE w8(a COLLATE nope);
! SQLITE_ERROR_MISSING_COLLSEQ no such collation sequence: nope
CREATE TABLE w5 AS SELECT 'a' COLLATE nope AS x;
! SQLITE_ERROR_MISSING_COLLSEQ no such collation sequence: nope
CREATE TABLE IF NOT EXISTS w5(a COLLATE nope);
! SQLITE_ERROR_MISSING_COLLSEQ no such collation sequence: nope
CREATE TABLE w9(a COLLATE nope COLLATE nocase);
! SQLITE_ERROR_MISSING_COLLSEQ no such collation sequence: nope
CREATE TABLE w10(a COLLATE nocase COLLATE nope);
! SQLITE_ERROR_MISSING_COLLSEQ no such collation sequence: nope
CREATE TABLE w11(a COLLATE nope, CHECK(zork));
! SQLITE_ERROR_MISSING_COLLSEQ no such collation sequence: nope
CREATE TABLE w12(a, CHECK(zork), b COLLATE nope);
! SQLITE_ERROR near "b": syntax error
CREATE TABLE w13(a, a COLLATE nope);
! SQLITE_ERROR duplicate column name: a
CREATE TABLE w14(a INT PRIMARY KEY, b PRIMARY KEY COLLATE nope);
! SQLITE_ERROR table "w14" has more than one primary key
CREATE TABLE sqlite_x(a COLLATE nope);
! SQLITE_ERROR object name reserved for internal use: sqlite_x
CREATE TABLE w15(a COLLATE nope) STRICT;
! SQLITE_ERROR_MISSING_COLLSEQ no such collation sequence: nope
CREATE TABLE w16(a, PRIMARY KEY(a COLLATE nope));
! SQLITE_ERROR_MISSING_COLLSEQ no such collation sequence: nope
CREATE TABLE w17(a, PRIMARY KEY(a COLLATE nope)) WITHOUT ROWID;
! SQLITE_ERROR_MISSING_COLLSEQ no such collation sequence: nope
CREATE TABLE w18(a, PRIMARY KEY(zork COLLATE nope));
! SQLITE_ERROR no such column: zork
CREATE TABLE w19(a INTEGER PRIMARY KEY, b, PRIMARY KEY(b COLLATE nope));
! SQLITE_ERROR table "w19" has more than one primary key
CREATE TABLE w20(a INTEGER, PRIMARY KEY(a COLLATE nope));
ALTER TABLE w20 ADD COLUMN z COLLATE nope;
! SQLITE_ERROR_MISSING_COLLSEQ no such collation sequence: nope
ALTER TABLE w20 ADD COLUMN z2 CHECK(z2 COLLATE nope=3);
! SQLITE_ERROR_MISSING_COLLSEQ no such collation sequence: nope
SELECT 1 ORDER BY 1 COLLATE nosuch;
! SQLITE_ERROR_MISSING_COLLSEQ no such collation sequence: nosuch
SELECT 1 UNION SELECT 2 ORDER BY 1 COLLATE nosuch;
! SQLITE_ERROR_MISSING_COLLSEQ no such collation sequence: nosuch
SELECT 1 UNION ALL SELECT 2 ORDER BY 1 COLLATE nosuch;
! SQLITE_ERROR_MISSING_COLLSEQ no such collation sequence: nosuch
SELECT 1 COLLATE nosuch UNION ALL SELECT 2 ORDER BY 1;
! SQLITE_ERROR_MISSING_COLLSEQ no such collation sequence: nosuch
SELECT 1 COLLATE nosuch UNION SELECT 2 ORDER BY 1;
! SQLITE_ERROR_MISSING_COLLSEQ no such collation sequence: nosuch
SELECT 1 COLLATE nosuch INTERSECT SELECT 2;
! SQLITE_ERROR_MISSING_COLLSEQ no such collation sequence: nosuch
SELECT 1 INTERSECT SELECT 2 COLLATE nosuch;
! SQLITE_ERROR_MISSING_COLLSEQ no such collation sequence: nosuch
CREATE TABLE t(a,b);
SELECT sum(a COLLATE nosuch) FROM t;
> NULL
SELECT min(a COLLATE nosuch), b FROM t;
! SQLITE_ERROR_MISSING_COLLSEQ no such collation sequence: nosuch
SELECT a COLLATE nosuch, b FROM t GROUP BY b;
SELECT sum(a) OVER (PARTITION BY b COLLATE nosuch) FROM t;
! SQLITE_ERROR_MISSING_COLLSEQ no such collation sequence: nosuch
SELECT sum(a) OVER (ORDER BY b COLLATE nosuch) FROM t;
! SQLITE_ERROR_MISSING_COLLSEQ no such collation sequence: nosuch
SELECT sum(a COLLATE nosuch) OVER (ORDER BY b) FROM t;
! SQLITE_ERROR_MISSING_COLLSEQ no such collation sequence: nosuch
UPDATE t SET a = b COLLATE nosuch;
SELECT a COLLATE nosuch COLLATE nocase = 'a' FROM t;
SELECT a COLLATE nocase COLLATE nosuch = 'a' FROM t;
! SQLITE_ERROR_MISSING_COLLSEQ no such collation sequence: nosuch
SELECT a COLLATE nosuch = b COLLATE nocase FROM t;
! SQLITE_ERROR_MISSING_COLLSEQ no such collation sequence: nosuch
SELECT a COLLATE nocase = b COLLATE nosuch FROM t;
SELECT t1.a FROM t AS t1 JOIN t AS t2 ON t1.a COLLATE nosuch = t2.a;
! SQLITE_ERROR_MISSING_COLLSEQ no such collation sequence: nosuch
SELECT * FROM t WHERE a = 1 COLLATE nosuch;
! SQLITE_ERROR_MISSING_COLLSEQ no such collation sequence: nosuch
SELECT * FROM t WHERE rowid = 1 COLLATE nosuch;
SELECT * FROM t WHERE rowid COLLATE nosuch = 1;
SELECT (SELECT 'a' COLLATE nosuch) = 'a';
> 1
SELECT CAST('a' COLLATE nosuch AS TEXT) = 'a';
! SQLITE_ERROR_MISSING_COLLSEQ no such collation sequence: nosuch
SELECT group_concat(a, ',' ORDER BY b COLLATE nosuch) FROM t;
! SQLITE_ERROR_MISSING_COLLSEQ no such collation sequence: nosuch
SELECT * FROM (SELECT a COLLATE nosuch AS x FROM t) ORDER BY x;
! SQLITE_ERROR_MISSING_COLLSEQ no such collation sequence: nosuch
SELECT nullif('a' COLLATE nosuch,'a');
! SQLITE_ERROR_MISSING_COLLSEQ no such collation sequence: nosuch
SELECT instr('a' COLLATE nosuch,'a');
> 1
SELECT a FROM t WHERE a IN (SELECT b COLLATE nosuch FROM t);
! SQLITE_ERROR_MISSING_COLLSEQ no such collation sequence: nosuch
SELECT a FROM t WHERE a COLLATE nosuch IN (SELECT b FROM t);
! SQLITE_ERROR_MISSING_COLLSEQ no such collation sequence: nosuch
SELECT a FROM t WHERE a COLLATE nosuch IN (1,2);
! SQLITE_ERROR_MISSING_COLLSEQ no such collation sequence: nosuch
SELECT EXISTS(SELECT 1 ORDER BY a COLLATE nosuch) FROM t;
SELECT 1 WHERE 'a' COLLATE nosuch IS 'a';
! SQLITE_ERROR_MISSING_COLLSEQ no such collation sequence: nosuch
SELECT 'a' COLLATE nosuch = NULL;
! SQLITE_ERROR_MISSING_COLLSEQ no such collation sequence: nosuch

=== UNION ALL inside a query
CREATE TABLE l(a COLLATE NOCASE);
CREATE TABLE r(b);
INSERT INTO l VALUES('x'),('y');
= 2
INSERT INTO r VALUES('x'),('X');
= 2
SELECT * FROM (SELECT a FROM l UNION ALL SELECT b FROM r) WHERE a = 'X';
> 'x'
> 'x'
> 'X'
SELECT * FROM (SELECT b FROM r UNION ALL SELECT a FROM l) WHERE b = 'X';
> 'X'
SELECT * FROM (SELECT b FROM r UNION ALL SELECT a FROM l) ORDER BY b;
> 'X'
> 'x'
> 'x'
> 'y'
SELECT * FROM (SELECT a FROM l UNION ALL SELECT b FROM r) ORDER BY a;
> 'x'
> 'x'
> 'X'
> 'y'
SELECT b, count(*) FROM (SELECT b FROM r UNION ALL SELECT a FROM l) GROUP BY b;
> 'X'|1
> 'x'|2
> 'y'|1
SELECT a, count(*) FROM (SELECT a FROM l UNION ALL SELECT b FROM r) GROUP BY a;
> 'x'|3
> 'y'|1
SELECT DISTINCT a FROM (SELECT a FROM l UNION ALL SELECT b FROM r);
> 'x'
> 'y'
SELECT DISTINCT b FROM (SELECT b FROM r UNION ALL SELECT a FROM l);
> 'x'
> 'X'
> 'y'
SELECT a='X' FROM (SELECT a FROM l UNION ALL SELECT b FROM r);
> 1
> 0
> 1
> 1
SELECT b='X' FROM (SELECT b FROM r UNION ALL SELECT a FROM l);
> 0
> 1
> 0
> 0
SELECT * FROM (SELECT a FROM l UNION SELECT b FROM r) WHERE a = 'X';
> 'x'
SELECT * FROM (SELECT b FROM r UNION SELECT a FROM l) WHERE b = 'X';
> 'X'
SELECT * FROM (SELECT b FROM r EXCEPT SELECT a FROM l) WHERE b = 'X';
> 'X'
SELECT * FROM (SELECT 'x' UNION ALL SELECT a FROM l) AS q(z) WHERE z = 'X';
! SQLITE_ERROR near "(": syntax error
SELECT * FROM (SELECT 'x' AS z UNION ALL SELECT a FROM l) AS q WHERE z = 'X';
SELECT * FROM (SELECT 'x' AS z UNION ALL SELECT a FROM l) AS q WHERE z IN ('X');
SELECT * FROM (SELECT b AS z FROM r UNION ALL SELECT a FROM l) AS q JOIN r ON z = r.b;
> 'x'|'x'
> 'X'|'X'
> 'x'|'x'
SELECT * FROM (SELECT b AS z FROM r UNION ALL SELECT a FROM l) AS q WHERE z = 'X' AND z > 'A';
> 'X'
EXPLAIN QUERY PLAN SELECT * FROM (SELECT a FROM l UNION ALL SELECT b FROM r) WHERE a = 'X';
> 'COMPOUND QUERY'
> ..'LEFT-MOST SUBQUERY'
> ....'SCAN l'
> ..'UNION ALL'
> ....'SCAN r'
EXPLAIN QUERY PLAN SELECT * FROM (SELECT b FROM r UNION ALL SELECT a FROM l) WHERE b = 'X';
> 'COMPOUND QUERY'
> ..'LEFT-MOST SUBQUERY'
> ....'SCAN r'
> ..'UNION ALL'
> ....'SCAN l'
CREATE INDEX li ON l(a);
CREATE INDEX ri ON r(b);
SELECT * FROM (SELECT a FROM l UNION ALL SELECT b FROM r) WHERE a = 'X';
> 'x'
> 'x'
> 'X'
SELECT * FROM (SELECT b FROM r UNION ALL SELECT a FROM l) WHERE b = 'X';
> 'X'
EXPLAIN QUERY PLAN SELECT * FROM (SELECT a FROM l UNION ALL SELECT b FROM r) WHERE a = 'X';
> 'COMPOUND QUERY'
> ..'LEFT-MOST SUBQUERY'
> ....'SEARCH l USING COVERING INDEX li (a=?)'
> ..'UNION ALL'
> ....'SCAN r'
EXPLAIN QUERY PLAN SELECT * FROM (SELECT b FROM r UNION ALL SELECT a FROM l) WHERE b = 'X';
> 'COMPOUND QUERY'
> ..'LEFT-MOST SUBQUERY'
> ....'SEARCH r USING COVERING INDEX ri (b=?)'
> ..'UNION ALL'
> ....'SCAN l'
EXPLAIN QUERY PLAN SELECT * FROM (SELECT a FROM l UNION ALL SELECT b FROM r) ORDER BY a;
> 'MERGE (UNION ALL)'
> ..'LEFT'
> ....'SCAN l USING COVERING INDEX li'
> ..'RIGHT'
> ....'SCAN r'
> ....'USE TEMP B-TREE FOR ORDER BY'
