-- INSERT, UPDATE, DELETE, upsert, RETURNING, triggers, foreign keys, transactions.
=== update and delete
CREATE TABLE t(a INTEGER PRIMARY KEY, b, c);
INSERT INTO t(b,c) SELECT value*10, 'r'||value FROM (SELECT 1 AS value UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4);
= 4
CREATE INDEX tb ON t(b);
UPDATE t SET b = b + 1;
= 4
UPDATE t SET b = b * 2, c = c || '!' WHERE a IN (1, 3);
= 2
UPDATE t SET (b, c) = (SELECT 7, 'seven') WHERE a = 4;
= 1
UPDATE t SET a = a + 100 WHERE a > 2;
= 2
SELECT * FROM t;
> 1|22|'r1!'
> 2|21|'r2'
> 103|62|'r3!'
> 104|7|'seven'
SELECT a FROM t WHERE b = 7;
> 104
UPDATE t SET nope = 1;
! SQLITE_ERROR no such column: nope
DELETE FROM t WHERE b > 40;
= 1
SELECT changes();
> 1
DELETE FROM t WHERE a = 999;
DELETE FROM t;
= 3
SELECT count(*) FROM t;
> 0

=== insert from select
CREATE TABLE t(a, b);
INSERT INTO t VALUES(1,2),(3,4);
= 2
INSERT INTO t SELECT a+10, b+10 FROM t;
= 2
INSERT INTO t(b, a) SELECT * FROM t WHERE a > 10;
= 2
SELECT * FROM t;
> 1|2
> 3|4
> 11|12
> 13|14
> 12|11
> 14|13
INSERT INTO t DEFAULT VALUES;
= 1
SELECT count(*), count(a) FROM t;
> 7|6
CREATE TABLE u(a UNIQUE, b);
INSERT INTO u SELECT * FROM t WHERE a IS NOT NULL;
= 6
SELECT * FROM u;
> 1|2
> 3|4
> 11|12
> 13|14
> 12|11
> 14|13

=== upsert
CREATE TABLE t(k TEXT PRIMARY KEY, n INT DEFAULT 1, u UNIQUE);
INSERT INTO t(k) VALUES('a') ON CONFLICT(k) DO UPDATE SET n = n + 1;
= 1
INSERT INTO t(k) VALUES('a') ON CONFLICT(k) DO UPDATE SET n = n + 1;
= 1
INSERT INTO t(k,n) VALUES('a', 50),('b', 60) ON CONFLICT(k) DO UPDATE SET n = excluded.n + t.n;
= 2
INSERT INTO t(k) VALUES('a') ON CONFLICT DO NOTHING;
INSERT INTO t(k,u) VALUES('c', 1);
= 1
INSERT INTO t(k,u) VALUES('d', 1) ON CONFLICT(k) DO NOTHING;
! SQLITE_CONSTRAINT_UNIQUE UNIQUE constraint failed: t.u
INSERT INTO t(k,u) VALUES('d', 1) ON CONFLICT(u) DO UPDATE SET k = 'dd' WHERE excluded.k = 'd';
= 1
INSERT INTO t(k) VALUES('x') ON CONFLICT(n) DO NOTHING;
! SQLITE_ERROR ON CONFLICT clause does not match any PRIMARY KEY or UNIQUE constraint
SELECT * FROM t ORDER BY k;
> 'a'|52|NULL
> 'b'|60|NULL
> 'dd'|1|1

=== returning
CREATE TABLE t(a INTEGER PRIMARY KEY, b);
INSERT INTO t(b) VALUES('x'),('y') RETURNING a, b, a*10 AS ten;
> 1|'x'|10
> 2|'y'|20
UPDATE t SET b = b || '!' RETURNING *;
> 1|'x!'
> 2|'y!'
DELETE FROM t WHERE a = 1 RETURNING b;
> 'x!'
SELECT * FROM t;
> 2|'y!'

=== triggers
CREATE TABLE t(a, b);
CREATE TABLE log(what, o, n);
CREATE TRIGGER t_bi BEFORE INSERT ON t BEGIN INSERT INTO log VALUES('bi', NULL, new.a); END;
CREATE TRIGGER t_ai AFTER INSERT ON t WHEN new.a > 1 BEGIN INSERT INTO log VALUES('ai', NULL, new.a); END;
CREATE TRIGGER t_bu BEFORE UPDATE OF a ON t BEGIN INSERT INTO log VALUES('bu', old.a, new.a); END;
CREATE TRIGGER t_au AFTER UPDATE ON t BEGIN INSERT INTO log VALUES('au', old.b, new.b); END;
CREATE TRIGGER t_ad AFTER DELETE ON t BEGIN INSERT INTO log VALUES('ad', old.a, NULL); END;
INSERT INTO t VALUES(1,'x'),(2,'y');
= 2
UPDATE t SET b = 'z' WHERE a = 1;
= 1
UPDATE t SET a = 5 WHERE a = 2;
= 1
DELETE FROM t WHERE a = 5;
= 1
SELECT * FROM log;
> 'bi'|NULL|1
> 'bi'|NULL|2
> 'ai'|NULL|2
> 'au'|'x'|'z'
> 'bu'|2|5
> 'au'|'y'|'y'
> 'ad'|5|NULL
SELECT changes(), total_changes() > 0;
> 1|1
CREATE TRIGGER t_guard BEFORE DELETE ON t WHEN old.a = 1 BEGIN SELECT RAISE(ABORT, 'keep it'); END;
DELETE FROM t;
! SQLITE_CONSTRAINT_TRIGGER keep it
DROP TRIGGER t_guard;
CREATE TRIGGER t_skip BEFORE DELETE ON t BEGIN SELECT RAISE(IGNORE); END;
DELETE FROM t;
SELECT count(*) FROM t;
> 1
CREATE VIEW v AS SELECT a, b FROM t;
CREATE TRIGGER v_i INSTEAD OF INSERT ON v BEGIN INSERT INTO t VALUES(new.a, new.b || ' via view'); END;
CREATE TRIGGER v_u INSTEAD OF UPDATE ON v BEGIN UPDATE t SET b = new.b WHERE a = old.a; END;
INSERT INTO v VALUES(9, 'nine');
UPDATE v SET b = 'changed' WHERE a = 9;
SELECT * FROM v ORDER BY a;
> 1|'z'
> 9|'changed'
DELETE FROM v;
! SQLITE_ERROR cannot modify v because it is a view
INSERT INTO nosuch VALUES(1);
! SQLITE_ERROR no such table: nosuch
CREATE TRIGGER bad AFTER INSERT ON nosuch BEGIN SELECT 1; END;
! SQLITE_ERROR no such table: main.nosuch
CREATE TRIGGER bad INSTEAD OF INSERT ON t BEGIN SELECT 1; END;
! SQLITE_ERROR cannot create INSTEAD OF trigger on table: t
CREATE TRIGGER bad AFTER INSERT ON v BEGIN SELECT 1; END;
! SQLITE_ERROR cannot create AFTER trigger on view: v
SELECT RAISE(ABORT, 'x');
! SQLITE_ERROR RAISE() may only be used within a trigger-program

=== foreign keys
PRAGMA foreign_keys = ON;
CREATE TABLE p(id INTEGER PRIMARY KEY, v);
CREATE TABLE c(id INTEGER PRIMARY KEY, pid REFERENCES p ON DELETE CASCADE ON UPDATE CASCADE, q REFERENCES p(id) ON DELETE SET NULL);
INSERT INTO p VALUES(1,'a'),(2,'b'),(3,'c');
= 3
INSERT INTO c VALUES(10,1,2),(11,2,1),(12,3,3),(13,NULL,NULL);
= 4
INSERT INTO c VALUES(14,99,NULL);
! SQLITE_CONSTRAINT_FOREIGNKEY FOREIGN KEY constraint failed
DELETE FROM p WHERE id = 1;
= 1
SELECT * FROM c;
> 11|2|NULL
> 12|3|3
> 13|NULL|NULL
UPDATE p SET id = 20 WHERE id = 2;
= 1
SELECT * FROM c;
> 11|20|NULL
> 12|3|3
> 13|NULL|NULL
CREATE TABLE r(pid REFERENCES p ON DELETE RESTRICT);
INSERT INTO r VALUES(3);
= 1
DELETE FROM p WHERE id = 3;
! SQLITE_CONSTRAINT_TRIGGER FOREIGN KEY constraint failed
CREATE TABLE d(pid REFERENCES p DEFERRABLE INITIALLY DEFERRED);
BEGIN;
INSERT INTO d VALUES(77);
= 1
COMMIT;
! SQLITE_CONSTRAINT_FOREIGNKEY FOREIGN KEY constraint failed
INSERT INTO p VALUES(77,'late');
= 1
COMMIT;
SELECT * FROM d;
> 77
CREATE TABLE m(x REFERENCES p(v));
INSERT INTO m VALUES(1);
! SQLITE_ERROR foreign key mismatch - "m" referencing "p"
PRAGMA foreign_key_check;
! SQLITE_ERROR foreign key mismatch - "m" referencing "p"

=== transactions and savepoints
CREATE TABLE t(a);
BEGIN;
INSERT INTO t VALUES(1);
= 1
SAVEPOINT s1;
INSERT INTO t VALUES(2);
= 1
SAVEPOINT s2;
INSERT INTO t VALUES(3);
= 1
ROLLBACK TO s1;
SELECT * FROM t;
> 1
INSERT INTO t VALUES(4);
= 1
RELEASE s1;
COMMIT;
SELECT * FROM t;
> 1
> 4
BEGIN;
DELETE FROM t;
= 2
CREATE TABLE u(x);
ROLLBACK;
SELECT * FROM t;
> 1
> 4
SELECT * FROM u;
! SQLITE_ERROR no such table: u
COMMIT;
! SQLITE_ERROR cannot commit - no transaction is active
ROLLBACK;
! SQLITE_ERROR cannot rollback - no transaction is active
BEGIN;
BEGIN;
! SQLITE_ERROR cannot start a transaction within a transaction
ROLLBACK;
SAVEPOINT outermost;
INSERT INTO t VALUES(5);
= 1
RELEASE outermost;
SELECT count(*) FROM t;
> 3
ROLLBACK TO nosuch;
! SQLITE_ERROR no such savepoint: nosuch
RELEASE nosuch;
! SQLITE_ERROR no such savepoint: nosuch

=== indexes
CREATE TABLE t(a, b, c TEXT COLLATE NOCASE);
INSERT INTO t VALUES(1,'x','One'),(2,'y','two'),(3,'x','ONE'),(4,NULL,'four');
= 4
CREATE INDEX i1 ON t(b, a DESC);
CREATE INDEX i2 ON t(a+1);
CREATE INDEX i3 ON t(c) WHERE a > 1;
SELECT a FROM t WHERE b = 'x';
> 3
> 1
SELECT a FROM t WHERE b = 'x' ORDER BY a;
> 1
> 3
SELECT b FROM t WHERE a+1 = 3;
> 'y'
SELECT a FROM t WHERE c = 'one' AND a > 1;
> 3
SELECT a FROM t WHERE b IS NULL;
> 4
SELECT a FROM t WHERE b > 'w' ORDER BY b, a;
> 1
> 3
> 2
CREATE UNIQUE INDEX i4 ON t(b);
! SQLITE_CONSTRAINT_UNIQUE UNIQUE constraint failed: t.b
CREATE UNIQUE INDEX i5 ON t(a);
INSERT INTO t VALUES(1,'n','n');
! SQLITE_CONSTRAINT_UNIQUE UNIQUE constraint failed: t.a
DROP INDEX i1;
DROP INDEX nosuch;
! SQLITE_ERROR no such index: nosuch
CREATE INDEX i2 ON t(a);
! SQLITE_ERROR index i2 already exists
CREATE INDEX i9 ON t(nosuch);
! SQLITE_ERROR no such column: nosuch
CREATE INDEX i9 ON nosuch(a);
! SQLITE_ERROR no such table: main.nosuch
PRAGMA index_list(t);
> 0|'i5'|1|'c'|0
> 1|'i3'|0|'c'|1
> 2|'i2'|0|'c'|0
PRAGMA index_xinfo(i2);
> 0|-2|NULL|0|'BINARY'|1
> 1|-1|NULL|0|'BINARY'|0
PRAGMA integrity_check;
> 'ok'

=== views
CREATE TABLE t(a, b);
INSERT INTO t VALUES(1,2),(3,4);
= 2
CREATE VIEW v AS SELECT a, a+b AS s FROM t;
CREATE VIEW w(x, y) AS SELECT s, a FROM v WHERE s > 3;
SELECT * FROM v;
> 1|3
> 3|7
SELECT * FROM w;
> 7|3
SELECT x FROM w WHERE y = 3;
> 7
INSERT INTO v VALUES(1,2);
! SQLITE_ERROR cannot modify v because it is a view
DROP TABLE t;
SELECT * FROM v;
! SQLITE_ERROR no such table: main.t
DROP VIEW w;
SELECT * FROM w;
! SQLITE_ERROR no such table: w
CREATE VIEW z AS SELECT ?;
! SQLITE_ERROR parameters are not allowed in views

=== row values from subqueries in UPDATE FROM
CREATE TABLE t(a, b);
CREATE TABLE u(x, y, z);
INSERT INTO t VALUES(1, 2), (3, 4), (5, 6);
= 3
INSERT INTO u VALUES(1, 10, 20), (3, 30, 40);
= 2
UPDATE t SET (a, b) = (SELECT y, z FROM u u2 WHERE u2.x = u.x) FROM u WHERE u.x = t.a;
= 2
SELECT * FROM t;
> 10|20
> 30|40
> 5|6
UPDATE t SET (b, a) = (SELECT y + u.z, z FROM u u2 WHERE u2.x = u.x), a = 5 FROM u WHERE u.y = t.a RETURNING *;
> 5|30
> 5|70
UPDATE t SET (a, b) = (SELECT 1, 2 WHERE 0) FROM u WHERE u.z = 20 AND t.b = 6;
= 1
SELECT * FROM t;
> 5|30
> 5|70
> NULL|NULL
CREATE TABLE w(p PRIMARY KEY, q, r) WITHOUT ROWID;
INSERT INTO w VALUES(1, 1, 1), (2, 2, 2);
= 2
UPDATE w SET (q, r) = (SELECT y, z FROM u WHERE x = w.p) FROM t;
= 2
SELECT * FROM w;
> 1|10|20
> 2|NULL|NULL
CREATE VIEW v AS SELECT * FROM w;
CREATE TRIGGER vu INSTEAD OF UPDATE ON v BEGIN UPDATE w SET q = new.q, r = new.r WHERE p = old.p; END;
UPDATE v SET (q, r) = (SELECT x, y FROM u ORDER BY x DESC LIMIT 1) FROM u WHERE u.x = v.p;
SELECT * FROM w;
> 1|3|30
> 2|NULL|NULL
UPDATE t SET (a, b) = (SELECT 1, 2, 3) FROM u;
! SQLITE_ERROR 2 columns assigned 3 values

=== row values from subqueries in UPDATE with ORDER BY and LIMIT
CREATE TABLE t(a, b);
CREATE TABLE u(x, y, z);
INSERT INTO t VALUES(1, 2), (3, 4), (1, 9);
= 3
INSERT INTO u VALUES(1, 10, 20), (3, 30, 40);
= 2
UPDATE t SET (a, b) = (SELECT y, z FROM u u2 WHERE u2.x = u.x) FROM u WHERE u.x = t.a ORDER BY b DESC LIMIT 2;
= 2
SELECT * FROM t;
> 1|2
> 30|40
> 10|20
UPDATE t SET (b, a) = (SELECT y, z FROM u LIMIT 1) ORDER BY a DESC LIMIT 1;
= 1
SELECT * FROM t;
> 1|2
> 20|10
> 10|20
