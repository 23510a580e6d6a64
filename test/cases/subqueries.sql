-- Subqueries: scalar, EXISTS, IN, correlated, in FROM, flattened or not.
=== scalar and correlated
CREATE TABLE d(id INTEGER PRIMARY KEY, name);
CREATE TABLE e(id INTEGER PRIMARY KEY, d, pay, boss);
INSERT INTO d VALUES(1,'a'),(2,'b'),(3,'c');
= 3
INSERT INTO e VALUES(1,1,10,NULL),(2,1,20,1),(3,2,30,1),(4,NULL,5,3),(5,2,30,3);
= 5
SELECT name, (SELECT count(*) FROM e WHERE e.d = d.id) FROM d;
> 'a'|2
> 'b'|2
> 'c'|0
SELECT name, (SELECT pay FROM e WHERE e.d = d.id ORDER BY pay DESC LIMIT 1) FROM d;
> 'a'|20
> 'b'|30
> 'c'|NULL
SELECT name, (SELECT id FROM e WHERE e.d = d.id AND pay = (SELECT max(pay) FROM e AS x WHERE x.d = d.id)) FROM d;
> 'a'|2
> 'b'|3
> 'c'|NULL
SELECT (SELECT 1 WHERE 0), (SELECT NULL), (SELECT id FROM e ORDER BY id DESC);
> NULL|NULL|5
SELECT (SELECT id, pay FROM e);
! SQLITE_ERROR sub-select returns 2 columns - expected 1
SELECT 1 = (SELECT 1, 2);
! SQLITE_ERROR row value misused
SELECT id FROM e WHERE pay > (SELECT avg(pay) FROM e AS o WHERE o.d = e.d);
> 2
SELECT id FROM e WHERE (d, pay) = (SELECT d, max(pay) FROM e AS o WHERE o.d = e.d);
> 2
> 3
> 5
SELECT id, (SELECT name FROM d WHERE d.id = e.d) AS n FROM e ORDER BY n DESC, id;
> 3|'b'
> 5|'b'
> 1|'a'
> 2|'a'
> 4|NULL
SELECT id FROM e ORDER BY (SELECT name FROM d WHERE d.id = e.d) DESC, id DESC;
> 5
> 3
> 2
> 1
> 4
SELECT (SELECT name FROM d WHERE d.id = e.d) AS n, count(*) FROM e GROUP BY n;
> NULL|1
> 'a'|2
> 'b'|2
SELECT count(*) FROM e GROUP BY (SELECT name FROM d WHERE d.id = e.d);
> 1
> 2
> 2
SELECT sum((SELECT count(*) FROM e WHERE e.d = d.id)) FROM d;
> 4
SELECT (SELECT sum(d.id)) FROM d;
> 6
SELECT (SELECT sum(d.id) + e.id FROM e LIMIT 1) FROM d;
> 7
SELECT d.id, (SELECT count(d.id) FROM e) FROM d;
> 1|3
SELECT max((SELECT pay FROM e WHERE e.d = d.id LIMIT 1)), min(name) FROM d;
> 30|'a'
=== EXISTS and IN
CREATE TABLE a(x);
CREATE TABLE b(y);
INSERT INTO a VALUES(1),(2),(3),(NULL);
= 4
INSERT INTO b VALUES(2),(3),(4);
= 3
SELECT x FROM a WHERE EXISTS (SELECT 1 FROM b WHERE y = x);
> 2
> 3
SELECT x FROM a WHERE NOT EXISTS (SELECT 1 FROM b WHERE y = x);
> 1
> NULL
SELECT x, x IN (SELECT y FROM b), x NOT IN (SELECT y FROM b) FROM a;
> 1|0|1
> 2|1|0
> 3|1|0
> NULL|NULL|NULL
INSERT INTO b VALUES(NULL);
= 1
SELECT x, x IN (SELECT y FROM b), x NOT IN (SELECT y FROM b) FROM a;
> 1|NULL|NULL
> 2|1|0
> 3|1|0
> NULL|NULL|NULL
SELECT x FROM a WHERE x IN (SELECT y FROM b WHERE y > x - 1);
> 2
> 3
SELECT x FROM a WHERE x IN (SELECT y FROM b ORDER BY y LIMIT 2);
> 2
SELECT x FROM a WHERE x NOT IN (SELECT y FROM b WHERE y IS NOT NULL) OR x IS NULL;
> 1
> NULL
SELECT EXISTS (SELECT 1 WHERE 0), EXISTS (SELECT NULL), NOT EXISTS (SELECT 1);
> 0|1|0
SELECT x FROM a WHERE x IN (SELECT y FROM b INTERSECT SELECT 3);
> 3
SELECT x FROM a WHERE x = (SELECT y FROM b WHERE y = x) AND EXISTS (SELECT * FROM b WHERE y > x);
> 2
> 3
SELECT x FROM a WHERE (x, x + 1) IN (SELECT y, y + 1 FROM b);
> 2
> 3
SELECT 1 IN (SELECT 1, 2);
! SQLITE_ERROR sub-select returns 2 columns - expected 1
SELECT (1, 2) IN (SELECT 1);
! SQLITE_ERROR sub-select returns 1 columns - expected 2
SELECT (1, 2) IN (1, 2);
! SQLITE_ERROR IN(...) element has 1 term - expected 2
DELETE FROM a WHERE x IN (SELECT max(x) FROM a);
= 1
UPDATE a SET x = (SELECT max(x) FROM a) + x;
= 3
SELECT x FROM a;
> 3
> 4
> NULL
=== in FROM
CREATE TABLE t(a, b);
INSERT INTO t VALUES(1,'x'),(2,'y'),(3,'x'),(4,NULL);
= 4
SELECT * FROM (SELECT b, count(*) AS n FROM t GROUP BY b) WHERE n > 1;
> 'x'|2
SELECT * FROM (SELECT a FROM t ORDER BY a DESC LIMIT 2) WHERE a < 4;
> 3
SELECT * FROM (SELECT a FROM t ORDER BY a DESC) LIMIT 2;
> 4
> 3
SELECT * FROM (SELECT DISTINCT b FROM t) AS q JOIN t ON t.b = q.b ORDER BY a;
> 'x'|1|'x'
> 'y'|2|'y'
> 'x'|3|'x'
SELECT q.* FROM (SELECT a AS k, b FROM t) AS q WHERE k % 2;
> 1|'x'
> 3|'x'
SELECT x.a, y.a FROM (SELECT a FROM t WHERE a < 3) x LEFT JOIN (SELECT a FROM t WHERE a > 1) y ON x.a = y.a;
> 1|NULL
> 2|2
SELECT x.a, y.c FROM t x LEFT JOIN (SELECT a, 7 AS c FROM t WHERE a = 2) y ON x.a = y.a;
> 1|NULL
> 2|7
> 3|NULL
> 4|NULL
SELECT x.a, y.c IS NULL FROM t x LEFT JOIN (SELECT a, coalesce(b, 'none') AS c FROM t) y ON x.a = y.a + 1;
> 1|1
> 2|0
> 3|0
> 4|0
SELECT * FROM (SELECT * FROM (SELECT * FROM t WHERE a > 1) WHERE a > 2) WHERE a > 3;
> 4|NULL
SELECT * FROM (VALUES(1, 2), (3, 4));
> 1|2
> 3|4
SELECT column1 + column2 FROM (VALUES(1, 2), (3, 4));
> 3
> 7
SELECT * FROM (SELECT a FROM t UNION ALL SELECT a * 10 FROM t) WHERE a > 3 ORDER BY a;
> 4
> 10
> 20
> 30
> 40
SELECT count(*), sum(a) FROM (SELECT a FROM t UNION SELECT a + 1 FROM t);
> 5|15
SELECT a, (SELECT sum(z) FROM (SELECT t.a * 2 AS z UNION ALL SELECT 1)) FROM t;
> 1|3
> 2|5
> 3|7
> 4|9
SELECT * FROM (SELECT a FROM t), (SELECT b FROM t WHERE b = 'x') WHERE a = 1;
> 1|'x'
> 1|'x'
SELECT * FROM (SELECT a AS a, a AS a FROM t LIMIT 1);
> 1|1
SELECT m FROM (SELECT max(a) AS m FROM t WHERE 0);
> NULL
SELECT * FROM t WHERE a IN (SELECT m FROM (SELECT b, max(a) AS m FROM t GROUP BY b));
> 2|'y'
> 3|'x'
> 4|NULL
SELECT nope FROM (SELECT a FROM t);
! SQLITE_ERROR no such column: nope
SELECT t.a FROM (SELECT a FROM t);
! SQLITE_ERROR no such column: t.a

=== conditions on a later table wait for it inside of OR terms
CREATE TABLE p(a INT, b INT, c INT);
CREATE INDEX p_ab ON p(a, b);
CREATE TABLE q(d INT, e INT);
CREATE INDEX q_e ON q(e);
CREATE TABLE r(f INT, g INT);
INSERT INTO p VALUES(1, 10, 1), (2, 20, 2), (3, 30, 3);
= 3
INSERT INTO q VALUES(5, 10), (6, 30), (7, 99);
= 3
INSERT INTO r VALUES(100, 1), (200, 2), (300, 3);
= 3
SELECT a, d, g FROM r, q, p WHERE (f = 100 OR f = 300 OR 500 = f) AND (a = 1 OR a = 3 OR a = 2) AND e = b ORDER BY 1, 2, 3;
> 1|5|1
> 1|5|3
> 3|6|1
> 3|6|3
SELECT a, d, g FROM p CROSS JOIN q CROSS JOIN r WHERE (f = 100 OR f = 300) AND (a = 1 OR a = 3) AND e = b ORDER BY 1, 2, 3;
> 1|5|1
> 1|5|3
> 3|6|1
> 3|6|3
SELECT a, d FROM p LEFT JOIN r ON r.rowid = p.c LEFT JOIN q ON e = b WHERE (a = 1 AND b > 5) OR (a = 3 AND b < 50) ORDER BY 1, 2;
> 1|5
> 3|6
