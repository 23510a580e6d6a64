-- ORDER BY: terms, aliases, expressions, collations, NULLS FIRST and LAST, indexes.
=== terms
CREATE TABLE t(id INTEGER PRIMARY KEY, a, b TEXT, c REAL);
INSERT INTO t VALUES(1,3,'x',1.5),(2,NULL,'Y',-1),(3,1,'y',NULL),(4,'3','X',2),(5,x'00','',0),(6,2.5,NULL,1e10);
= 6
SELECT id FROM t ORDER BY a;
> 2
> 3
> 6
> 1
> 4
> 5
SELECT id FROM t ORDER BY a DESC;
> 5
> 4
> 1
> 6
> 3
> 2
SELECT id FROM t ORDER BY a NULLS LAST;
> 3
> 6
> 1
> 4
> 5
> 2
SELECT id FROM t ORDER BY a DESC NULLS FIRST;
> 2
> 5
> 4
> 1
> 6
> 3
SELECT id FROM t ORDER BY a ASC NULLS FIRST, id;
> 2
> 3
> 6
> 1
> 4
> 5
SELECT id FROM t ORDER BY b, id;
> 6
> 5
> 4
> 2
> 1
> 3
SELECT id FROM t ORDER BY b COLLATE NOCASE, id;
> 6
> 5
> 1
> 4
> 2
> 3
SELECT id FROM t ORDER BY b COLLATE NOCASE DESC NULLS FIRST, id DESC;
> 6
> 3
> 2
> 4
> 1
> 5
SELECT id FROM t ORDER BY typeof(a), id;
> 5
> 1
> 3
> 2
> 6
> 4
SELECT id FROM t ORDER BY -id;
> 6
> 5
> 4
> 3
> 2
> 1
SELECT id FROM t ORDER BY id % 2, id DESC;
> 6
> 4
> 2
> 5
> 3
> 1
SELECT id, a AS z FROM t ORDER BY z;
> 2|NULL
> 3|1
> 6|2.5
> 1|3
> 4|'3'
> 5|x'00'
SELECT id, -id AS id FROM t ORDER BY id;
> 6|-6
> 5|-5
> 4|-4
> 3|-3
> 2|-2
> 1|-1
SELECT -id AS id FROM t ORDER BY id;
> -6
> -5
> -4
> -3
> -2
> -1
SELECT -id AS id FROM t ORDER BY t.id;
> -1
> -2
> -3
> -4
> -5
> -6
SELECT -id AS k FROM t ORDER BY k + 0;
> -6
> -5
> -4
> -3
> -2
> -1
SELECT id, c FROM t ORDER BY 2;
> 3|NULL
> 2|-1.0
> 5|0.0
> 1|1.5
> 4|2.0
> 6|10000000000.0
SELECT id, c FROM t ORDER BY 2 DESC, 1;
> 6|10000000000.0
> 4|2.0
> 1|1.5
> 5|0.0
> 2|-1.0
> 3|NULL
SELECT id FROM t ORDER BY +2, id DESC;
! SQLITE_ERROR 1st ORDER BY term out of range - should be between 1 and 1
SELECT id FROM t ORDER BY '2', id DESC;
> 6
> 5
> 4
> 3
> 2
> 1
SELECT id FROM t ORDER BY 1 + 1, id DESC;
> 6
> 5
> 4
> 3
> 2
> 1
SELECT id FROM t ORDER BY 3;
! SQLITE_ERROR 1st ORDER BY term out of range - should be between 1 and 1
SELECT id FROM t ORDER BY 0;
! SQLITE_ERROR 1st ORDER BY term out of range - should be between 1 and 1
SELECT id FROM t ORDER BY NULL, id;
> 1
> 2
> 3
> 4
> 5
> 6
SELECT id FROM t ORDER BY nope;
! SQLITE_ERROR no such column: nope
SELECT * FROM t ORDER BY 4;
> 3|1|'y'|NULL
> 2|NULL|'Y'|-1.0
> 5|x'00'|''|0.0
> 1|3|'x'|1.5
> 4|'3'|'X'|2.0
> 6|2.5|NULL|10000000000.0
SELECT id FROM t ORDER BY CASE WHEN b IS NULL THEN 0 ELSE 1 END, c;
> 6
> 3
> 2
> 5
> 1
> 4
SELECT DISTINCT typeof(a) AS y FROM t ORDER BY y;
> 'blob'
> 'integer'
> 'null'
> 'real'
> 'text'
SELECT DISTINCT typeof(a) FROM t ORDER BY max(1, 2), typeof(a) DESC;
> 'text'
> 'real'
> 'null'
> 'integer'
> 'blob'
SELECT id FROM t ORDER BY c LIMIT 2;
> 3
> 2
SELECT id FROM t ORDER BY c DESC LIMIT 2 OFFSET 1;
> 4
> 1
SELECT id FROM t ORDER BY c LIMIT 100 OFFSET 5;
> 6
SELECT id FROM t ORDER BY c LIMIT 1 + 1 OFFSET (SELECT 1);
> 2
> 5
SELECT id FROM t ORDER BY id LIMIT 'x';
! SQLITE_MISMATCH datatype mismatch
SELECT id FROM t ORDER BY id LIMIT 1.5;
! SQLITE_MISMATCH datatype mismatch
SELECT id FROM t ORDER BY id LIMIT '2';
> 1
> 2
SELECT id FROM t ORDER BY id LIMIT NULL;
! SQLITE_MISMATCH datatype mismatch
=== with indexes
CREATE TABLE t(a, b, c);
INSERT INTO t VALUES(1,2,'p'),(1,1,'q'),(2,NULL,'r'),(NULL,3,'s'),(2,5,'t');
= 5
CREATE INDEX ab ON t(a, b DESC);
SELECT c FROM t ORDER BY a, b DESC;
> 's'
> 'p'
> 'q'
> 't'
> 'r'
SELECT c FROM t ORDER BY a DESC, b;
> 'r'
> 't'
> 'q'
> 'p'
> 's'
SELECT c FROM t ORDER BY a, b;
> 's'
> 'q'
> 'p'
> 'r'
> 't'
SELECT c FROM t ORDER BY a NULLS LAST, b DESC;
> 'p'
> 'q'
> 't'
> 'r'
> 's'
SELECT c FROM t WHERE a = 2 ORDER BY b;
> 'r'
> 't'
SELECT c FROM t WHERE a = 2 ORDER BY b DESC NULLS FIRST;
> 'r'
> 't'
SELECT c FROM t WHERE a IN (1, 2) ORDER BY a DESC, b DESC;
> 't'
> 'r'
> 'p'
> 'q'
SELECT c FROM t WHERE a > 0 ORDER BY a DESC LIMIT 1;
> 'r'
SELECT a FROM t ORDER BY a LIMIT 2;
> NULL
> 1
EXPLAIN QUERY PLAN SELECT c FROM t ORDER BY a, b DESC;
> 'SCAN t USING INDEX ab'
EXPLAIN QUERY PLAN SELECT c FROM t ORDER BY a, b;
> 'SCAN t USING INDEX ab'
> 'USE TEMP B-TREE FOR LAST TERM OF ORDER BY'
EXPLAIN QUERY PLAN SELECT a FROM t ORDER BY a DESC;
> 'SCAN t USING COVERING INDEX ab'
EXPLAIN QUERY PLAN SELECT c FROM t WHERE a = 2 ORDER BY b;
> 'SEARCH t USING INDEX ab (a=?)'
EXPLAIN QUERY PLAN SELECT c FROM t ORDER BY a NULLS LAST;
> 'SCAN t USING INDEX ab'
EXPLAIN QUERY PLAN SELECT c FROM t ORDER BY rowid DESC;
> 'SCAN t'
EXPLAIN QUERY PLAN SELECT DISTINCT a FROM t;
> 'SCAN t USING COVERING INDEX ab'
EXPLAIN QUERY PLAN SELECT a, count(*) FROM t GROUP BY a;
> 'SCAN t USING COVERING INDEX ab'
EXPLAIN QUERY PLAN SELECT b, count(*) FROM t GROUP BY b;
> 'SCAN t USING COVERING INDEX ab'
> 'USE TEMP B-TREE FOR GROUP BY'
EXPLAIN QUERY PLAN SELECT DISTINCT c FROM t ORDER BY c;
> 'SCAN t'
> 'USE TEMP B-TREE FOR DISTINCT'
EXPLAIN QUERY PLAN SELECT a FROM t WHERE b = 1 ORDER BY c;
> 'SCAN t'
> 'USE TEMP B-TREE FOR ORDER BY'
