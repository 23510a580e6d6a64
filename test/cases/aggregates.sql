-- Aggregates: DISTINCT, FILTER, bare columns, empty input (lang_aggfunc.html, lang_select.html).
=== plain
CREATE TABLE t(id INTEGER PRIMARY KEY, g, v, w);
INSERT INTO t VALUES(1,'a',3,'x'),(2,'a',1,'y'),(3,'b',NULL,'z'),(4,'b',2.5,'x'),(5,NULL,7,NULL),(6,'c',NULL,NULL);
= 6
SELECT count(*), count(v), sum(v), total(v), avg(v), min(v), max(v) FROM t;
> 6|4|13.5|13.5|3.375|1|7
SELECT g, count(*), count(v), sum(v), total(v), avg(v), min(v), max(v), group_concat(v) FROM t GROUP BY g;
> NULL|1|1|7|7.0|7.0|7|7|'7'
> 'a'|2|2|4|4.0|2.0|1|3|'3,1'
> 'b'|2|1|2.5|2.5|2.5|2.5|2.5|'2.5'
> 'c'|1|0|NULL|0.0|NULL|NULL|NULL|NULL
SELECT sum(DISTINCT v), count(DISTINCT w), group_concat(DISTINCT w), avg(DISTINCT length(w)) FROM t;
> 13.5|3|'x,y,z'|1.0
SELECT count(DISTINCT g) FILTER (WHERE v > 1), sum(v) FILTER (WHERE g = 'a'), count(*) FILTER (WHERE 0) FROM t;
> 2|4|0
SELECT g, sum(v) FILTER (WHERE v > 1), group_concat(w, '-') FILTER (WHERE w <> 'x') FROM t GROUP BY g;
> NULL|7|NULL
> 'a'|3|'y'
> 'b'|2.5|'z'
> 'c'|NULL|NULL
SELECT group_concat(w), group_concat(w, ''), group_concat(w, NULL), group_concat(w, id) FROM t;
> 'x,y,z,x'|'xyzx'|'xyzx'|'x2y3z4x'
SELECT group_concat(w ORDER BY w DESC), group_concat(w, '+' ORDER BY v, id), string_agg(w, ';' ORDER BY id DESC) FROM t;
> 'z,y,x,x'|'z+y+x+x'|'x;z;y;x'
SELECT group_concat(DISTINCT w ORDER BY w DESC) FROM t;
> 'z,y,x'
SELECT group_concat(DISTINCT w, '-') FROM t;
! SQLITE_ERROR DISTINCT aggregates must have exactly one argument
SELECT count(DISTINCT *) FROM t;
! SQLITE_ERROR near "*": syntax error
SELECT count(DISTINCT g, v) FROM t;
! SQLITE_ERROR wrong number of arguments to function count()
SELECT min(v, 2), max(v, id) FROM t;
> 2|3
> 1|2
> NULL|NULL
> 2|4
> 2|7
> NULL|NULL
SELECT abs(DISTINCT v) FROM t;
> 3
> 1
> NULL
> 2.5
> 7
> NULL
SELECT abs(v) FILTER (WHERE 1) FROM t;
! SQLITE_ERROR FILTER may not be used with non-aggregate abs()
SELECT sum(*) FROM t;
! SQLITE_ERROR wrong number of arguments to function sum()
SELECT sum() FROM t;
! SQLITE_ERROR wrong number of arguments to function sum()
=== bare columns
CREATE TABLE t(id INTEGER PRIMARY KEY, g, v);
INSERT INTO t VALUES(1,'a',3),(2,'a',9),(3,'a',1),(4,'b',NULL),(5,'b',4),(6,'c',NULL);
= 6
SELECT id, max(v) FROM t;
> 2|9
SELECT id, min(v) FROM t;
> 3|1
SELECT g, id, max(v) FROM t GROUP BY g;
> 'a'|2|9
> 'b'|5|4
> 'c'|6|NULL
SELECT g, id, min(v) FROM t GROUP BY g;
> 'a'|3|1
> 'b'|5|4
> 'c'|6|NULL
SELECT g, id, count(*) FROM t GROUP BY g;
> 'a'|1|3
> 'b'|4|2
> 'c'|6|1
SELECT id, g || v, max(v) + 1 FROM t GROUP BY g;
> 2|'a9'|10
> 5|'b4'|5
> 6|NULL|NULL
SELECT id, max(v) FROM t GROUP BY g HAVING max(v) > 3;
> 2|9
> 5|4
SELECT id, max(v) FILTER (WHERE v < 9) FROM t;
> 5|4
SELECT id, max(v), count(*) FROM t WHERE v > 100;
> NULL|NULL|0
SELECT id, count(*) FROM t WHERE 0;
> NULL|0
SELECT g, count(*) FROM t WHERE 0 GROUP BY g;
SELECT max(v) FROM t ORDER BY id;
> 9
SELECT (SELECT id FROM t AS q ORDER BY v DESC LIMIT 1), max(v) FROM t;
> 2|9
=== empty input and NULL
CREATE TABLE t(a, b);
SELECT count(*), count(a), sum(a), total(a), avg(a), min(a), max(a), group_concat(a) FROM t;
> 0|0|NULL|0.0|NULL|NULL|NULL|NULL
SELECT sum(a) FROM t GROUP BY b;
SELECT sum(a) FROM t HAVING count(*) = 0;
> NULL
SELECT 1 FROM t HAVING 1;
! SQLITE_ERROR HAVING clause on a non-aggregate query
SELECT count(*) FROM t HAVING 0;
INSERT INTO t VALUES(NULL, NULL);
= 1
SELECT count(*), count(a), sum(a), total(a), avg(a), min(a), max(a), group_concat(a) FROM t;
> 1|0|NULL|0.0|NULL|NULL|NULL|NULL
SELECT b, count(*) FROM t GROUP BY b;
> NULL|1
SELECT json_group_array(a), json_group_object('k', a) FROM t;
> '[null]'|'{"k":null}'
=== numbers
CREATE TABLE t(a);
INSERT INTO t VALUES(9223372036854775807),(1);
= 2
SELECT sum(a) FROM t;
! SQLITE_ERROR integer overflow
SELECT total(a), avg(a) FROM t;
> 9223372036854776000.0|4611686018427388000.0
SELECT sum(a + 0.0) FROM t;
> 9223372036854776000.0
DELETE FROM t;
= 2
INSERT INTO t VALUES(9223372036854775807),(1),(-5);
= 3
SELECT sum(a) FROM t;
! SQLITE_ERROR integer overflow
DELETE FROM t;
= 3
INSERT INTO t VALUES('1x'),('abc'),(x'31'),('2.5'),(NULL);
= 5
SELECT sum(a), total(a), avg(a), min(a), max(a), typeof(sum(a)) FROM t;
> 4.5|4.5|1.125|'1x'|x'31'|'real'
DELETE FROM t;
= 5
INSERT INTO t VALUES(0.1),(0.2),(0.3),(1e100),(-1e100);
= 5
SELECT sum(a), avg(a), total(a) FROM t;
> 0.6|0.12|0.6
DELETE FROM t;
= 5
INSERT INTO t VALUES(9e999),(-9e999);
= 2
SELECT sum(a), avg(a), min(a), max(a) FROM t;
> NULL|NULL|-Inf|Inf
=== GROUP BY and HAVING
CREATE TABLE t(a, b, c);
INSERT INTO t VALUES(1,'x',10),(1,'y',20),(2,'x',30),(2,'X',40),(1,'x',50);
= 5
SELECT a, b, sum(c) FROM t GROUP BY a, b;
> 1|'x'|60
> 1|'y'|20
> 2|'X'|40
> 2|'x'|30
SELECT a AS k, sum(c) FROM t GROUP BY k;
> 1|80
> 2|70
SELECT a, sum(c) FROM t GROUP BY 1;
> 1|80
> 2|70
SELECT a + 1, sum(c) FROM t GROUP BY a + 1;
> 2|80
> 3|70
SELECT sum(c) FROM t GROUP BY b COLLATE NOCASE;
> 130
> 20
SELECT a, sum(c) AS s FROM t GROUP BY a HAVING s > 70;
> 1|80
SELECT a, sum(c) FROM t GROUP BY a ORDER BY sum(c) DESC;
> 1|80
> 2|70
SELECT a, sum(c) FROM t GROUP BY a ORDER BY max(b), count(*);
> 2|70
> 1|80
SELECT a FROM t GROUP BY a HAVING count(*) > 2 AND a = 1;
> 1
SELECT b FROM t HAVING b > 1;
! SQLITE_ERROR HAVING clause on a non-aggregate query
SELECT a FROM t GROUP BY 5;
! SQLITE_ERROR 1st GROUP BY term out of range - should be between 1 and 1
SELECT a FROM t GROUP BY 0;
! SQLITE_ERROR 1st GROUP BY term out of range - should be between 1 and 1
SELECT sum(a) FROM t GROUP BY sum(a);
! SQLITE_ERROR aggregate functions are not allowed in the GROUP BY clause
SELECT a FROM t WHERE sum(a) > 1;
! SQLITE_ERROR misuse of aggregate function sum()
SELECT sum(sum(a)) FROM t;
! SQLITE_ERROR misuse of aggregate function sum()
SELECT sum(a) AS s, s + 1 FROM t;
! SQLITE_ERROR no such column: s
SELECT count(*) FROM t GROUP BY NULL;
> 5
SELECT DISTINCT sum(c) > 50 FROM t GROUP BY a, b;
> 1
> 0
SELECT a, count(*) FROM t GROUP BY a LIMIT 1 OFFSET 1;
> 2|2
SELECT count(*) FROM t, t AS u WHERE t.a = u.a GROUP BY t.a;
> 9
> 4
SELECT sum(c) FROM t ORDER BY sum(c);
> 150
SELECT min(a), max(a) FROM t WHERE b = 'x';
> 1|2
SELECT min(a) + max(c), count(*) / 2 FROM t;
> 51|2
CREATE INDEX tc ON t(c);
SELECT min(c) FROM t;
> 10
SELECT max(c) FROM t WHERE c < 35;
> 30
SELECT max(c), b FROM t;
> 50|'x'

=== sums of texts that carry a subtype
SELECT typeof(sum(json('0'))), typeof(sum(json('1.5'))), typeof(total(json('2'))), sum(x) FROM (SELECT json('5') AS x UNION ALL SELECT 2);
> 'integer'|'real'|'real'|7
