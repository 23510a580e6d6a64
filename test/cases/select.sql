-- SELECT: joins, grouping, order, limits, compounds, subqueries.
=== a small shop
CREATE TABLE c(id INTEGER PRIMARY KEY, name TEXT, city TEXT);
CREATE TABLE o(id INTEGER PRIMARY KEY, cid INT, total REAL, day TEXT);
CREATE INDEX o_cid ON o(cid);
INSERT INTO c VALUES(1,'Ann','Oslo'),(2,'Bob','Rome'),(3,'Cid','Oslo'),(4,'Dan',NULL);
= 4
INSERT INTO o VALUES(1,1,10.5,'2024-01-01'),(2,1,20,'2024-01-02'),(3,2,5,'2024-01-02'),(4,3,7.25,'2024-01-03'),(5,9,1,'2024-01-04'),(6,NULL,2,NULL);
= 6
SELECT c.name, o.total FROM c JOIN o ON o.cid = c.id ORDER BY o.id;
> 'Ann'|10.5
> 'Ann'|20.0
> 'Bob'|5.0
> 'Cid'|7.25
SELECT c.name, o.total FROM c LEFT JOIN o ON o.cid = c.id AND o.total > 6 ORDER BY c.id, o.id;
> 'Ann'|10.5
> 'Ann'|20.0
> 'Bob'|NULL
> 'Cid'|7.25
> 'Dan'|NULL
SELECT c.name, count(o.id), sum(o.total) FROM c LEFT JOIN o ON o.cid=c.id GROUP BY c.id;
> 'Ann'|2|30.5
> 'Bob'|1|5.0
> 'Cid'|1|7.25
> 'Dan'|0|NULL
SELECT city, count(*), max(name) FROM c GROUP BY city ORDER BY 1;
> NULL|1|'Dan'
> 'Oslo'|2|'Cid'
> 'Rome'|1|'Bob'
SELECT city, count(*) AS n FROM c GROUP BY city HAVING n > 1;
> 'Oslo'|2
SELECT city, name, max(id) FROM c GROUP BY city;
> NULL|'Dan'|4
> 'Oslo'|'Cid'|3
> 'Rome'|'Bob'|2
SELECT city, name, min(id) FROM c GROUP BY city ORDER BY city DESC;
> 'Rome'|'Bob'|2
> 'Oslo'|'Ann'|1
> NULL|'Dan'|4
SELECT count(*), count(city), count(DISTINCT city), sum(id), avg(id), min(name), max(name), group_concat(name), total(id) FROM c;
> 4|3|2|10|2.5|'Ann'|'Dan'|'Ann,Bob,Cid,Dan'|10.0
SELECT count(*), sum(id), max(id), group_concat(id) FROM c WHERE id > 100;
> 0|NULL|NULL|NULL
SELECT DISTINCT city FROM c;
> 'Oslo'
> 'Rome'
> NULL
SELECT DISTINCT city FROM c ORDER BY city DESC;
> 'Rome'
> 'Oslo'
> NULL
SELECT name FROM c ORDER BY city, name DESC;
> 'Dan'
> 'Cid'
> 'Ann'
> 'Bob'
SELECT name FROM c ORDER BY city NULLS LAST, name;
> 'Ann'
> 'Cid'
> 'Bob'
> 'Dan'
SELECT name FROM c ORDER BY length(name), 1 DESC LIMIT 2;
> 'Dan'
> 'Cid'
SELECT name FROM c ORDER BY id LIMIT 2 OFFSET 1;
> 'Bob'
> 'Cid'
SELECT name FROM c ORDER BY id LIMIT 1, 2;
> 'Bob'
> 'Cid'
SELECT name FROM c ORDER BY id LIMIT -1 OFFSET 3;
> 'Dan'
SELECT name FROM c ORDER BY id LIMIT 0;
SELECT name FROM c LIMIT 'x';
! SQLITE_MISMATCH datatype mismatch
SELECT name FROM c WHERE id IN (SELECT cid FROM o WHERE total > 6) ORDER BY 1;
> 'Ann'
> 'Cid'
SELECT name FROM c WHERE NOT EXISTS (SELECT 1 FROM o WHERE o.cid = c.id);
> 'Dan'
SELECT name, (SELECT sum(total) FROM o WHERE o.cid = c.id) AS s FROM c ORDER BY s;
> 'Dan'|NULL
> 'Bob'|5.0
> 'Cid'|7.25
> 'Ann'|30.5
SELECT name FROM c WHERE id NOT IN (SELECT cid FROM o);
SELECT name FROM c WHERE id NOT IN (SELECT cid FROM o WHERE cid IS NOT NULL);
> 'Dan'
SELECT * FROM (SELECT city, count(*) AS n FROM c GROUP BY city) WHERE n = 2;
> 'Oslo'|2
SELECT x.city, y.name FROM (SELECT DISTINCT city FROM c) AS x JOIN c AS y ON x.city = y.city ORDER BY y.id;
> 'Oslo'|'Ann'
> 'Rome'|'Bob'
> 'Oslo'|'Cid'
SELECT a.name, b.name FROM c a, c b WHERE a.city = b.city AND a.id < b.id;
> 'Ann'|'Cid'
SELECT a.id, b.id FROM c a CROSS JOIN c b WHERE a.id + b.id = 5;
> 1|4
> 2|3
> 3|2
> 4|1
SELECT id FROM c UNION SELECT cid FROM o;
> NULL
> 1
> 2
> 3
> 4
> 9
SELECT id FROM c UNION ALL SELECT cid FROM o WHERE cid < 3;
> 1
> 2
> 3
> 4
> 1
> 1
> 2
SELECT id FROM c INTERSECT SELECT cid FROM o;
> 1
> 2
> 3
SELECT id FROM c EXCEPT SELECT cid FROM o;
> 4
SELECT id, name FROM c UNION SELECT id, day FROM o ORDER BY 2 DESC, 1 LIMIT 4;
> 4|'Dan'
> 3|'Cid'
> 2|'Bob'
> 1|'Ann'
SELECT id FROM c UNION ALL SELECT id FROM o ORDER BY 1 LIMIT 5 OFFSET 2;
> 2
> 2
> 3
> 3
> 4
VALUES (1,'a'),(2,'b');
> 1|'a'
> 2|'b'
SELECT * FROM (VALUES (1,'a'),(2,'b'));
> 1|'a'
> 2|'b'
SELECT column1 FROM (VALUES (3),(1),(2)) ORDER BY 1;
> 1
> 2
> 3
SELECT sum(total) FROM o WHERE day BETWEEN '2024-01-01' AND '2024-01-02';
> 35.5
SELECT cid, total FROM o WHERE cid = 1 OR total < 3;
> 1|10.5
> 1|20.0
> 9|1.0
> NULL|2.0
SELECT o.id FROM o WHERE o.cid IN (1, 3) AND o.total > 8;
> 1
> 2
SELECT max(total), day FROM o;
> 20.0|'2024-01-02'
SELECT sum(total) FILTER (WHERE cid = 1), count(*) FILTER (WHERE day IS NULL) FROM o;
> 30.5|1
SELECT name, CASE WHEN id < 3 THEN 'low' ELSE 'high' END FROM c;
> 'Ann'|'low'
> 'Bob'|'low'
> 'Cid'|'high'
> 'Dan'|'high'
SELECT id, name FROM c WHERE name LIKE '%n' OR name GLOB 'B*';
> 1|'Ann'
> 2|'Bob'
> 4|'Dan'
SELECT count(*) FROM c, o;
> 24
SELECT c.id FROM c WHERE (SELECT count(*) FROM o WHERE o.cid = c.id) > 1;
> 1
SELECT (SELECT count(*) FROM c) + (SELECT count(*) FROM o);
> 10
SELECT name FROM c WHERE rowid = 2;
> 'Bob'
SELECT name FROM c WHERE id > 1 AND id <= 3;
> 'Bob'
> 'Cid'
SELECT name FROM c WHERE id = '2';
> 'Bob'
SELECT name FROM c WHERE id = 2.5;
SELECT name FROM c ORDER BY id DESC;
> 'Dan'
> 'Cid'
> 'Bob'
> 'Ann'

=== names
CREATE TABLE t(a, b);
CREATE TABLE u(a, c);
INSERT INTO t VALUES(1,2),(3,4);
= 2
INSERT INTO u VALUES(1,5),(3,6);
= 2
SELECT a FROM t, u;
! SQLITE_ERROR ambiguous column name: a
SELECT t.a, u.a FROM t, u WHERE t.a = u.a;
> 1|1
> 3|3
SELECT * FROM t NATURAL JOIN u;
> 1|2|5
> 3|4|6
SELECT * FROM t JOIN u USING(a);
> 1|2|5
> 3|4|6
SELECT a, c FROM t JOIN u USING(a) WHERE a > 1;
> 3|6
SELECT t.*, c FROM t JOIN u USING(a);
> 1|2|5
> 3|4|6
SELECT * FROM t JOIN u USING(b);
! SQLITE_ERROR cannot join using column b - column not present in both tables
SELECT nope FROM t;
! SQLITE_ERROR no such column: nope
SELECT x.a FROM t;
! SQLITE_ERROR no such column: x.a
SELECT x.* FROM t;
! SQLITE_ERROR no such table: x
SELECT *;
! SQLITE_ERROR no tables specified
SELECT a AS z FROM t WHERE z > 1;
> 3
SELECT a AS b, b AS a FROM t ORDER BY a;
> 1|2
> 3|4
SELECT a+b AS s FROM t GROUP BY s HAVING s > 3;
> 7
SELECT a FROM t ORDER BY 2;
! SQLITE_ERROR 1st ORDER BY term out of range - should be between 1 and 1
SELECT a FROM t GROUP BY 5;
! SQLITE_ERROR 1st GROUP BY term out of range - should be between 1 and 1
SELECT sum(a) FROM t WHERE sum(a) > 1;
! SQLITE_ERROR misuse of aggregate: sum()
SELECT a FROM t GROUP BY sum(a);
! SQLITE_ERROR aggregate functions are not allowed in the GROUP BY clause
SELECT sum(sum(a)) FROM t;
! SQLITE_ERROR misuse of aggregate function sum()
SELECT a FROM t HAVING a > 1;
! SQLITE_ERROR HAVING clause on a non-aggregate query
SELECT a FROM t UNION SELECT a, c FROM u;
! SQLITE_ERROR SELECTs to the left and right of UNION do not have the same number of result columns
SELECT a FROM t UNION SELECT a FROM u ORDER BY c;
! SQLITE_ERROR 1st ORDER BY term does not match any column in the result set
SELECT a FROM t WHERE (SELECT c FROM u WHERE u.a = t.a) = 6;
> 3
SELECT a, (SELECT max(c) FROM u WHERE u.a <= t.a) FROM t;
> 1|5
> 3|6
SELECT "a", [b], `a` FROM t;
> 1|2|1
> 3|4|3
SELECT main.t.a FROM main.t;
> 1
> 3
SELECT 1 FROM nosuch;
! SQLITE_ERROR no such table: nosuch
SELECT 1 FROM main.nosuch;
! SQLITE_ERROR no such table: main.nosuch
SELECT count(DISTINCT a, b) FROM t;
! SQLITE_ERROR wrong number of arguments to function count()
SELECT a FROM t LIMIT a;
! SQLITE_ERROR no such column: a
SELECT t.rowid, u.rowid FROM t, u WHERE t.a = u.a;
> 1|1
> 2|2

=== outer joins
CREATE TABLE a(x, y);
CREATE TABLE b(x, z);
INSERT INTO a VALUES(1,'a1'),(2,'a2'),(3,'a3');
= 3
INSERT INTO b VALUES(2,'b2'),(3,'b3'),(3,'b33'),(4,'b4');
= 4
SELECT * FROM a LEFT JOIN b ON a.x = b.x;
> 1|'a1'|NULL|NULL
> 2|'a2'|2|'b2'
> 3|'a3'|3|'b3'
> 3|'a3'|3|'b33'
SELECT * FROM a LEFT JOIN b ON a.x = b.x WHERE b.z IS NULL;
> 1|'a1'|NULL|NULL
SELECT * FROM a LEFT JOIN b USING(x);
> 1|'a1'|NULL
> 2|'a2'|'b2'
> 3|'a3'|'b3'
> 3|'a3'|'b33'
SELECT * FROM a RIGHT JOIN b ON a.x = b.x ORDER BY b.x, b.z;
> 2|'a2'|2|'b2'
> 3|'a3'|3|'b3'
> 3|'a3'|3|'b33'
> NULL|NULL|4|'b4'
SELECT * FROM a FULL JOIN b USING(x) ORDER BY x, z;
> 1|'a1'|NULL
> 2|'a2'|'b2'
> 3|'a3'|'b3'
> 3|'a3'|'b33'
> 4|NULL|'b4'
SELECT * FROM a LEFT JOIN b ON a.x = b.x AND b.z <> 'b3' ORDER BY a.x;
> 1|'a1'|NULL|NULL
> 2|'a2'|2|'b2'
> 3|'a3'|3|'b33'
SELECT a.y, b.z, c.z FROM a LEFT JOIN b ON a.x=b.x LEFT JOIN b AS c ON b.x = c.x ORDER BY 1,2,3;
> 'a1'|NULL|NULL
> 'a2'|'b2'|'b2'
> 'a3'|'b3'|'b3'
> 'a3'|'b3'|'b33'
> 'a3'|'b33'|'b3'
> 'a3'|'b33'|'b33'
SELECT count(*) FROM a LEFT JOIN b ON 0;
> 3

=== common table expressions
WITH t(x) AS (SELECT 1 UNION ALL SELECT 2) SELECT x, x*2 FROM t;
> 1|2
> 2|4
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < 5) SELECT i FROM n;
> 1
> 2
> 3
> 4
> 5
WITH RECURSIVE n(i) AS (VALUES(1) UNION SELECT (i*2)%7 FROM n) SELECT i FROM n;
> 1
> 2
> 4
WITH RECURSIVE f(a,b) AS (SELECT 0,1 UNION ALL SELECT b,a+b FROM f LIMIT 10) SELECT a FROM f;
> 0
> 1
> 1
> 2
> 3
> 5
> 8
> 13
> 21
> 34
WITH a AS (SELECT 1 AS x), b AS (SELECT x+1 AS y FROM a) SELECT * FROM a, b;
> 1|2
WITH RECURSIVE e(id, parent) AS (VALUES(1,NULL),(2,1),(3,1),(4,2)), t(id, depth) AS (SELECT id, 0 FROM e WHERE parent IS NULL UNION ALL SELECT e.id, depth+1 FROM e JOIN t ON e.parent = t.id ORDER BY 2 DESC) SELECT * FROM t;
> 1|0
> 2|1
> 4|2
> 3|1
WITH t AS (SELECT 1) SELECT * FROM t AS a, t AS b;
> 1|1
WITH t(a,b) AS (SELECT 1) SELECT * FROM t;
! SQLITE_ERROR table t has 1 values for 2 columns
WITH t AS (SELECT * FROM t) SELECT * FROM t;
! SQLITE_ERROR circular reference: t
