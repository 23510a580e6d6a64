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
? gives nothing
CREATE INDEX q_a ON q(a);
! SQLITE_ERROR no such table: main.q
? SQLITE_ERROR_MISSING_COLLSEQ no such collation sequence: nope
SELECT * FROM q ORDER BY a;
! SQLITE_ERROR no such table: q
? SQLITE_ERROR_MISSING_COLLSEQ no such collation sequence: nope
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
? 'x' ; > 'X'
SELECT * FROM (SELECT b FROM r UNION ALL SELECT a FROM l) WHERE b = 'X';
> 'X'
? 'X' ; > 'x'
WITH c AS MATERIALIZED (SELECT a FROM l) SELECT * FROM c WHERE a = 'X';
> 'x'
