-- Affinity of columns, comparisons, joins and IN (datatype3.html).
=== declared types
CREATE TABLE t(a INTEGER, b CHARACTER(20), c BLOB, d DOUBLE, e DECIMAL(10,5), f FLOATING POINT, g STRING, h, i CHARINT, j XBLOBX, k DATE, l "any");
INSERT INTO t VALUES('500','500','500','500','500','500','500','500','500','500','500','500');
= 1
SELECT typeof(a),typeof(b),typeof(c),typeof(d),typeof(e),typeof(f),typeof(g),typeof(h),typeof(i),typeof(j),typeof(k),typeof(l) FROM t;
> 'integer'|'text'|'text'|'real'|'integer'|'integer'|'integer'|'text'|'integer'|'text'|'integer'|'integer'
DELETE FROM t;
= 1
INSERT INTO t VALUES(500.0,500.0,500.0,500.0,500.0,500.0,500.0,500.0,500.0,500.0,500.0,500.0);
= 1
SELECT a,b,c,d,e,f,g,h,i,j,k,l FROM t;
> 500|'500.0'|500.0|500.0|500|500|500|500.0|500|500.0|500|500
DELETE FROM t;
= 1
INSERT INTO t VALUES(x'35',x'35',x'35',x'35',x'35',x'35',x'35',x'35',x'35',x'35',x'35',x'35');
= 1
SELECT typeof(a),typeof(b),typeof(c),typeof(d),typeof(e) FROM t;
> 'blob'|'blob'|'blob'|'blob'|'blob'
DELETE FROM t;
= 1
INSERT INTO t(a,b,d,e) VALUES(' 12 ', 1e3, ' 1e2', '1e2'),('12x', 0.1, '0x10', '9223372036854775808'),('1.5', -0.0, '.5', '-.5e-2'),('', 1e20, '+5', '5.'),('9223372036854775807', 9223372036854775807, '1_0', 'inf');
= 5
SELECT a, typeof(a), b, d, typeof(d), e, typeof(e) FROM t;
> 12|'integer'|'1000.0'|100.0|'real'|100|'integer'
> '12x'|'text'|'0.1'|'0x10'|'text'|9223372036854776000.0|'real'
> 1.5|'real'|'0.0'|0.5|'real'|-0.005|'real'
> ''|'text'|'1.0e+20'|5.0|'real'|5|'integer'
> 9223372036854775807|'integer'|'9223372036854775807'|'1_0'|'text'|'inf'|'text'
=== comparison
CREATE TABLE t(i INT, t TEXT, n NUMERIC, r REAL, b BLOB, x);
INSERT INTO t VALUES(5,'5','5','5','5','5'),('05','05','05','05','05','05'),('a','a','a','a','a','a');
= 3
SELECT i = t, i = n, i = r, i = b, i = x, t = n, t = r, t = b, t = x, n = x, r = x, b = x FROM t;
> 1|1|1|1|1|1|1|1|1|1|1|1
> 1|1|1|1|1|1|1|1|1|1|1|1
> 1|1|1|1|1|1|1|1|1|1|1|1
SELECT i = '5', t = 5, n = '5', r = '5', b = 5, b = '5', x = 5, x = '5', '5' = 5 FROM t;
> 1|1|1|1|0|1|0|1|0
> 1|0|1|1|0|0|0|0|0
> 0|0|0|0|0|0|0|0|0
SELECT i = 5.0, t = 5.0, r = 5, t < 10, i < '10', x < 10, x < '10' FROM t;
> 1|0|1|0|1|0|0
> 1|0|1|1|1|0|1
> 0|0|0|0|0|0|0
SELECT CAST(t AS INT) = '5', CAST(x AS TEXT) = 5, +i = '5', +t = 5, (i) = '5', -i = '-5', i + 0 = '5' FROM t;
> 1|1|0|0|1|0|0
> 1|0|0|0|1|0|0
> 0|0|0|0|0|0|0
SELECT i BETWEEN '4' AND '6', t BETWEEN 4 AND 6, x BETWEEN 4 AND 6 FROM t;
> 1|1|0
> 1|0|0
> 0|0|0
SELECT CASE i WHEN '5' THEN 'y' ELSE 'n' END, CASE x WHEN 5 THEN 'y' ELSE 'n' END, CASE '5' WHEN i THEN 'y' ELSE 'n' END FROM t;
> 'y'|'n'|'y'
> 'y'|'n'|'y'
> 'n'|'n'|'n'
SELECT (i, t) = ('5', 5), ('5', 5) = (i, t), (x, x) = (5, 5) FROM t;
> 1|1|0
> 0|0|0
> 0|0|0
SELECT (SELECT i FROM t LIMIT 1) = '5', '5' = (SELECT i FROM t LIMIT 1), (SELECT x FROM t LIMIT 1) = 5;
> 1|1|0
=== IN
CREATE TABLE t(i INT, t TEXT, x);
INSERT INTO t VALUES(1,'1','1'),(2,'2',2),(NULL,NULL,NULL);
= 3
CREATE TABLE s(si INT, st TEXT, sx);
INSERT INTO s VALUES(1,1,1),('2','2','2');
= 2
SELECT i IN ('1','3'), t IN (1,3), x IN (1,3), x IN ('1','3') FROM t;
> 1|1|0|1
> 0|0|0|0
> NULL|NULL|NULL|NULL
SELECT i IN (SELECT st FROM s), i IN (SELECT sx FROM s), t IN (SELECT si FROM s), t IN (SELECT sx FROM s), x IN (SELECT si FROM s), x IN (SELECT st FROM s), x IN (SELECT sx FROM s) FROM t;
> 1|1|1|0|1|1|0
> 1|1|1|1|1|0|0
> NULL|NULL|NULL|NULL|NULL|NULL|NULL
SELECT '1' IN (SELECT si FROM s), '1' IN (SELECT st FROM s), '1' IN (SELECT sx FROM s), 1 IN (SELECT st FROM s), '1' IN (1), 1 IN ('1');
> 1|1|0|1|0|0
SELECT i IN (SELECT +st FROM s), x IN (SELECT si + 0 FROM s), i IN (VALUES('1')), i IN (SELECT '1' UNION SELECT 7) FROM t;
> 1|0|1|1
> 1|1|0|0
> NULL|NULL|NULL|NULL
SELECT (i, t) IN (SELECT st, si FROM s), (t, x) IN (SELECT si, si FROM s), (i, x) IN (VALUES('1', '1')) FROM t;
> 1|1|1
> 1|1|0
> NULL|NULL|NULL
SELECT 1 IN (), NULL IN (), NULL IN (1), 1 IN (NULL), 1 IN (1, NULL), 1 NOT IN (2, NULL), NULL NOT IN (SELECT 1 WHERE 0);
> 0|0|NULL|NULL|1|NULL|1
SELECT i FROM t WHERE i IN (1, '2', 3.0, NULL);
> 1
> 2
SELECT i NOT IN (SELECT i FROM t) FROM t;
> 0
> 0
> NULL
SELECT 1 IN s;
! SQLITE_ERROR sub-select returns 3 columns - expected 1
SELECT x IN (1, 2) , x NOT IN ('1', 2) FROM t;
> 0|0
> 1|0
> NULL|NULL
=== joins with and without indexes
CREATE TABLE a(i INT, t TEXT, x);
CREATE TABLE b(i INT, t TEXT, x);
INSERT INTO a VALUES(1,1,1),(2,2,'2'),(3,'03',3.0),('x','x','x');
= 4
INSERT INTO b VALUES(1,1,'1'),(2,2,2),(3,3,'3'),('x','x',x'78');
= 4
SELECT a.rowid, b.rowid FROM a JOIN b ON a.i = b.t ORDER BY 1, 2;
> 1|1
> 2|2
> 3|3
> 4|4
SELECT a.rowid, b.rowid FROM a JOIN b ON a.t = b.i ORDER BY 1, 2;
> 1|1
> 2|2
> 3|3
> 4|4
SELECT a.rowid, b.rowid FROM a JOIN b ON a.x = b.x ORDER BY 1, 2;
SELECT a.rowid, b.rowid FROM a JOIN b ON a.i = b.x ORDER BY 1, 2;
> 1|1
> 2|2
> 3|3
SELECT a.rowid, b.rowid FROM a JOIN b ON a.x = b.t ORDER BY 1, 2;
> 2|2
> 4|4
CREATE INDEX bt ON b(t);
CREATE INDEX bx ON b(x);
CREATE INDEX bi ON b(i);
SELECT a.rowid, b.rowid FROM a JOIN b ON a.i = b.t ORDER BY 1, 2;
> 1|1
> 2|2
> 3|3
> 4|4
SELECT a.rowid, b.rowid FROM a JOIN b ON a.t = b.i ORDER BY 1, 2;
> 1|1
> 2|2
> 3|3
> 4|4
SELECT a.rowid, b.rowid FROM a JOIN b ON a.x = b.x ORDER BY 1, 2;
SELECT a.rowid, b.rowid FROM a JOIN b ON a.i = b.x ORDER BY 1, 2;
> 1|1
> 2|2
> 3|3
SELECT a.rowid, b.rowid FROM a JOIN b ON a.x = b.t ORDER BY 1, 2;
> 2|2
> 4|4
SELECT rowid FROM b WHERE t = 3;
> 3
SELECT rowid FROM b WHERE t = 3.0;
SELECT rowid FROM b WHERE x = 3;
SELECT rowid FROM b WHERE i = '2';
> 2
SELECT rowid FROM b WHERE i > '1' AND i < 'x';
> 2
> 3
SELECT rowid FROM b WHERE rowid = '2';
> 2
SELECT rowid FROM b WHERE rowid = 2.0;
> 2
SELECT rowid FROM b WHERE rowid > 1.5 AND rowid < '3.5';
> 2
> 3
SELECT rowid FROM b WHERE rowid = 'x';
SELECT rowid FROM b WHERE rowid < 'x';
> 1
> 2
> 3
> 4
SELECT rowid FROM b WHERE rowid IN ('1', 2.0, 'x', NULL, 2.5);
> 1
> 2
SELECT rowid FROM b WHERE t IN (1, 2.0, '3');
> 1
> 3
SELECT rowid FROM b WHERE i IN (SELECT x FROM a);
> 1
> 2
> 3
> 4
SELECT rowid FROM b WHERE x IN (SELECT i FROM a);
> 2
> 1
> 3
=== compound and view columns
CREATE TABLE t(i INT, s TEXT);
INSERT INTO t VALUES(1, 1);
= 1
SELECT typeof(v) FROM (SELECT i AS v FROM t UNION ALL SELECT s FROM t);
> 'integer'
> 'text'
SELECT v = '1' FROM (SELECT i AS v FROM t UNION ALL SELECT s FROM t);
> 0
> 1
SELECT v = 1 FROM (SELECT s AS v FROM t UNION ALL SELECT i FROM t);
> 0
> 1
CREATE TABLE c AS SELECT i, s, i + 1 AS e, CAST(i AS REAL) AS r, s || '' AS z, x'00' AS b FROM t;
SELECT sql FROM sqlite_schema WHERE name = 'c';
> 'CREATE TABLE c(\n  i INT,\n  s TEXT,\n  e,\n  r REAL,\n  z,\n  b\n)'
CREATE VIEW v(a, b) AS SELECT i, CAST(s AS INT) FROM t;
SELECT a = '1', b = '1' FROM v;
> 1|1
PRAGMA table_info(v);
> 0|'a'|'INT'|0|NULL|0
> 1|'b'|'INT'|0|NULL|0
