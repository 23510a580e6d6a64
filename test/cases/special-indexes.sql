-- Partial indexes, indexes on expressions (partialindex.html, expridx.html).
=== partial
CREATE TABLE t(id INTEGER PRIMARY KEY, a, b, c);
INSERT INTO t VALUES(1,1,'x',NULL),(2,2,'y',5),(3,2,'x',6),(4,NULL,'z',7);
= 4
CREATE INDEX p1 ON t(a) WHERE c IS NOT NULL;
CREATE UNIQUE INDEX p2 ON t(b) WHERE a = 2;
SELECT id FROM t WHERE a = 2 AND c IS NOT NULL;
> 2
> 3
SELECT id FROM t WHERE a = 2 AND c > 5;
> 3
SELECT id FROM t WHERE a = 2 AND b = 'x';
> 3
EXPLAIN QUERY PLAN SELECT id FROM t WHERE a = 2 AND c IS NOT NULL;
> 'SEARCH t USING INDEX p1 (a=?)'
EXPLAIN QUERY PLAN SELECT id FROM t WHERE a = 2 AND c > 5;
> 'SEARCH t USING INDEX p1 (a=?)'
EXPLAIN QUERY PLAN SELECT id FROM t WHERE a = 2 AND c = 5;
> 'SEARCH t USING INDEX p1 (a=?)'
EXPLAIN QUERY PLAN SELECT id FROM t WHERE a = 2 AND c IS NULL;
> 'SCAN t USING INDEX p2'
EXPLAIN QUERY PLAN SELECT id FROM t WHERE b = 'x' AND a = 2;
> 'SEARCH t USING INDEX p2 (b=?)'
EXPLAIN QUERY PLAN SELECT id FROM t WHERE b = 'x' AND a = 3;
> 'SCAN t'
EXPLAIN QUERY PLAN SELECT b FROM t WHERE a = 2;
> 'SCAN t USING INDEX p2'
INSERT INTO t VALUES(5,2,'x',1);
! SQLITE_CONSTRAINT_UNIQUE UNIQUE constraint failed: t.b
INSERT INTO t VALUES(5,3,'x',1);
= 1
UPDATE t SET a = 2 WHERE id = 1;
! SQLITE_CONSTRAINT_UNIQUE UNIQUE constraint failed: t.b
UPDATE t SET a = 9 WHERE id = 3;
= 1
UPDATE t SET a = 2 WHERE id = 1;
= 1
DELETE FROM t WHERE id = 2;
= 1
SELECT id, a, b FROM t ORDER BY id;
> 1|2|'x'
> 3|9|'x'
> 4|NULL|'z'
> 5|3|'x'
PRAGMA integrity_check;
> 'ok'
PRAGMA index_list(t);
> 0|'p2'|1|'c'|1
> 1|'p1'|0|'c'|1
CREATE INDEX bad1 ON t(a) WHERE b = ?;
! SQLITE_ERROR parameters prohibited in partial index WHERE clauses
CREATE INDEX bad2 ON t(a) WHERE (SELECT 1);
! SQLITE_ERROR subqueries prohibited in partial index WHERE clauses
CREATE INDEX bad3 ON t(a) WHERE random() > 0;
! SQLITE_ERROR non-deterministic functions prohibited in partial index WHERE clauses
CREATE INDEX bad4 ON t(a) WHERE nope = 1;
! SQLITE_ERROR no such column: nope
CREATE INDEX bad5 ON t(a) WHERE sum(a) = 1;
! SQLITE_ERROR misuse of aggregate function sum()
=== expressions
CREATE TABLE t(id INTEGER PRIMARY KEY, a, b, j);
INSERT INTO t VALUES(1,'Abc',3,'{"k":5}'),(2,'abd',-4,'{"k":2}'),(3,NULL,9,'[]');
= 3
CREATE INDEX e1 ON t(lower(a));
CREATE INDEX e2 ON t(abs(b) DESC, a);
CREATE INDEX e3 ON t(j ->> 'k');
CREATE INDEX e4 ON t(a || '-' || b COLLATE NOCASE);
SELECT id FROM t WHERE lower(a) = 'abc';
> 1
SELECT id FROM t WHERE abs(b) > 3 ORDER BY abs(b) DESC;
> 3
> 2
SELECT id FROM t WHERE j ->> 'k' = 5;
> 1
SELECT id FROM t WHERE a || '-' || b = 'ABC-3' COLLATE NOCASE;
> 1
SELECT lower(a), abs(b) FROM t ORDER BY lower(a);
> NULL|9
> 'abc'|3
> 'abd'|4
EXPLAIN QUERY PLAN SELECT id FROM t WHERE lower(a) = 'abc';
> 'SEARCH t USING COVERING INDEX e1 (<expr>=?)'
EXPLAIN QUERY PLAN SELECT id FROM t WHERE lower(a) LIKE 'ab%';
> 'SCAN t USING COVERING INDEX e1'
EXPLAIN QUERY PLAN SELECT id FROM t WHERE abs(b) > 3 ORDER BY abs(b) DESC;
> 'SEARCH t USING COVERING INDEX e2 (<expr>>?)'
EXPLAIN QUERY PLAN SELECT id FROM t WHERE j ->> 'k' = 5;
> 'SEARCH t USING COVERING INDEX e3 (<expr>=?)'
EXPLAIN QUERY PLAN SELECT lower(a) FROM t ORDER BY lower(a);
> 'SCAN t USING COVERING INDEX e1'
EXPLAIN QUERY PLAN SELECT id FROM t ORDER BY abs(b) DESC, a;
> 'SCAN t USING COVERING INDEX e2'
UPDATE t SET a = upper(a), b = b + 1;
= 3
DELETE FROM t WHERE lower(a) = 'abd';
= 1
SELECT * FROM t;
> 1|'ABC'|4|'{"k":5}'
> 3|NULL|10|'[]'
PRAGMA integrity_check;
> 'ok'
PRAGMA index_xinfo(e2);
> 0|-2|NULL|1|'BINARY'|1
> 1|1|'a'|0|'BINARY'|1
> 2|-1|NULL|0|'BINARY'|0
CREATE INDEX bad1 ON t(a + (SELECT 1));
! SQLITE_ERROR subqueries prohibited in index expressions
CREATE INDEX bad2 ON t(random());
! SQLITE_ERROR non-deterministic functions prohibited in index expressions
CREATE INDEX bad3 ON t(max(a));
! SQLITE_ERROR misuse of aggregate function max()
CREATE INDEX bad4 ON t(t2.a);
! SQLITE_ERROR no such column: t2.a
CREATE INDEX bad5 ON t('a');
CREATE INDEX bad6 ON t(rowid);
! SQLITE_ERROR no such column: rowid
CREATE INDEX bad7 ON t(date(a));
CREATE UNIQUE INDEX u1 ON t(b % 2);
! SQLITE_CONSTRAINT_UNIQUE UNIQUE constraint failed: index 'u1'
INSERT INTO t VALUES(10,'q',12,'1');
= 1
INSERT INTO t VALUES(11,'q',14,'1');
= 1
INSERT INTO t(a, b) VALUES(x'00', 1);
= 1
DROP INDEX e1;
SELECT name FROM sqlite_schema WHERE type = 'index' ORDER BY 1;
> 'bad5'
> 'bad7'
> 'e2'
> 'e3'
> 'e4'
