-- Triggers: order, nesting, RAISE, UPDATE OF, recursion (lang_createtrigger.html).
=== order of events
CREATE TABLE t(id INTEGER PRIMARY KEY, a, b);
CREATE TABLE log(n INTEGER PRIMARY KEY, what);
CREATE TRIGGER bi BEFORE INSERT ON t BEGIN INSERT INTO log(what) VALUES('bi ' || coalesce(new.id, 'null') || ' ' || (SELECT count(*) FROM t)); END;
CREATE TRIGGER ai AFTER INSERT ON t BEGIN INSERT INTO log(what) VALUES('ai ' || new.id || ' ' || (SELECT count(*) FROM t)); END;
CREATE TRIGGER bu BEFORE UPDATE ON t BEGIN INSERT INTO log(what) VALUES('bu ' || old.a || '>' || new.a); END;
CREATE TRIGGER au AFTER UPDATE OF a ON t WHEN old.a IS NOT new.a BEGIN INSERT INTO log(what) VALUES('au ' || old.a || '>' || new.a); END;
CREATE TRIGGER bd BEFORE DELETE ON t BEGIN INSERT INTO log(what) VALUES('bd ' || old.id); END;
CREATE TRIGGER ad AFTER DELETE ON t BEGIN INSERT INTO log(what) VALUES('ad ' || old.id || ' ' || (SELECT count(*) FROM t)); END;
INSERT INTO t(a, b) VALUES(1, 2), (3, 4);
= 2
INSERT INTO t VALUES(9, 9, 9);
= 1
UPDATE t SET a = a + 1;
= 3
UPDATE t SET b = 0;
= 3
UPDATE t SET a = a;
= 3
DELETE FROM t WHERE id = 1;
= 1
INSERT OR REPLACE INTO t VALUES(9, 5, 5);
= 1
INSERT INTO t VALUES(9, 6, 6) ON CONFLICT(id) DO UPDATE SET a = 7;
= 1
INSERT OR IGNORE INTO t VALUES(9, 8, 8);
DELETE FROM t;
= 2
SELECT * FROM log;
> 1|'bi -1 0'
> 2|'ai 1 1'
> 3|'bi -1 1'
> 4|'ai 2 2'
> 5|'bi 9 2'
> 6|'ai 9 3'
> 7|'bu 1>2'
> 8|'au 1>2'
> 9|'bu 3>4'
> 10|'au 3>4'
> 11|'bu 9>10'
> 12|'au 9>10'
> 13|'bu 2>2'
> 14|'bu 4>4'
> 15|'bu 10>10'
> 16|'bu 2>2'
> 17|'bu 4>4'
> 18|'bu 10>10'
> 19|'bd 1'
> 20|'ad 1 2'
> 21|'bi 9 2'
> 22|'ai 9 2'
> 23|'bi 9 2'
> 24|'bu 5>7'
> 25|'au 5>7'
> 26|'bi 9 2'
> 27|'bd 2'
> 28|'ad 2 1'
> 29|'bd 9'
> 30|'ad 9 0'
PRAGMA recursive_triggers = on;
INSERT INTO t VALUES(1, 1, 1);
= 1
DELETE FROM log;
= 32
REPLACE INTO t VALUES(1, 2, 2);
= 1
SELECT what FROM log;
> 'bi 1 1'
> 'bd 1'
> 'ad 1 0'
> 'ai 1 1'
=== several triggers on one event
CREATE TABLE t(a);
CREATE TABLE log(w);
CREATE TRIGGER z1 AFTER INSERT ON t BEGIN INSERT INTO log VALUES('first made'); END;
CREATE TRIGGER a2 AFTER INSERT ON t BEGIN INSERT INTO log VALUES('second made'); END;
CREATE TEMP TRIGGER m3 AFTER INSERT ON t BEGIN INSERT INTO log VALUES('temp'); END;
INSERT INTO t VALUES(1);
= 1
SELECT * FROM log;
> 'temp'
> 'second made'
> 'first made'
CREATE TRIGGER z1 AFTER INSERT ON t BEGIN SELECT 1; END;
! SQLITE_ERROR trigger z1 already exists
CREATE TRIGGER IF NOT EXISTS z1 AFTER INSERT ON t BEGIN SELECT 1; END;
DROP TRIGGER z1;
DROP TRIGGER IF EXISTS z1;
DROP TRIGGER z1;
! SQLITE_ERROR no such trigger: z1
DROP TABLE t;
SELECT count(*) FROM sqlite_schema WHERE type = 'trigger';
> 0
=== RAISE
CREATE TABLE t(a);
CREATE TRIGGER r BEFORE INSERT ON t BEGIN SELECT RAISE(IGNORE) WHERE new.a = 2; SELECT RAISE(ABORT, 'abort ' || new.a) WHERE new.a = 3; SELECT RAISE(FAIL, 'fail') WHERE new.a = 4; SELECT RAISE(ROLLBACK, 'rolled back') WHERE new.a = 5; END;
INSERT INTO t VALUES(1),(2),(6);
= 2
SELECT * FROM t;
> 1
> 6
INSERT INTO t VALUES(7),(3);
! SQLITE_CONSTRAINT_TRIGGER abort 3
INSERT INTO t VALUES(8),(4);
! SQLITE_CONSTRAINT_TRIGGER fail
SELECT * FROM t;
> 1
> 6
> 8
BEGIN;
INSERT INTO t VALUES(10);
= 1
INSERT OR IGNORE INTO t VALUES(11),(3);
! SQLITE_CONSTRAINT_TRIGGER abort 3
INSERT INTO t VALUES(12),(5);
! SQLITE_CONSTRAINT_TRIGGER rolled back
COMMIT;
! SQLITE_ERROR cannot commit - no transaction is active
SELECT * FROM t;
> 1
> 6
> 8
CREATE TRIGGER u AFTER UPDATE ON t BEGIN SELECT CASE WHEN new.a > 100 THEN RAISE(ABORT, 'too large') END; END;
UPDATE t SET a = 101 WHERE a = 1;
! SQLITE_CONSTRAINT_TRIGGER too large
UPDATE OR IGNORE t SET a = 101 WHERE a = 1;
! SQLITE_CONSTRAINT_TRIGGER too large
SELECT RAISE(IGNORE);
! SQLITE_ERROR RAISE() may only be used within a trigger-program
=== INSTEAD OF
CREATE TABLE t(a INTEGER PRIMARY KEY, b);
CREATE VIEW v AS SELECT a, b AS c FROM t;
INSERT INTO v VALUES(1, 2);
! SQLITE_ERROR cannot modify v because it is a view
CREATE TRIGGER vi INSTEAD OF INSERT ON v BEGIN INSERT INTO t VALUES(new.a, new.c); END;
CREATE TRIGGER vu INSTEAD OF UPDATE OF c ON v BEGIN UPDATE t SET b = new.c || '/' || old.c WHERE a = old.a; END;
CREATE TRIGGER vd INSTEAD OF DELETE ON v BEGIN DELETE FROM t WHERE a = old.a; END;
INSERT INTO v VALUES(1, 'x'),(2, 'y');
INSERT INTO v(c) VALUES('z');
UPDATE v SET c = c || '!' WHERE a < 3;
UPDATE v SET a = 9;
! SQLITE_ERROR cannot modify v because it is a view
DELETE FROM v WHERE c = 'z';
SELECT * FROM t;
> 1|'x!/x'
> 2|'y!/y'
INSERT INTO v VALUES(5, 5) RETURNING a, c;
> 5|5
CREATE TRIGGER vb BEFORE INSERT ON v BEGIN SELECT 1; END;
! SQLITE_ERROR cannot create BEFORE trigger on view: v
CREATE TRIGGER ti INSTEAD OF INSERT ON t BEGIN SELECT 1; END;
! SQLITE_ERROR cannot create INSTEAD OF trigger on table: t
=== nesting and recursion
CREATE TABLE a(x);
CREATE TABLE b(x);
CREATE TABLE c(x);
CREATE TRIGGER ta AFTER INSERT ON a BEGIN INSERT INTO b VALUES(new.x + 1); INSERT INTO b SELECT new.x + 10; END;
CREATE TRIGGER tb AFTER INSERT ON b BEGIN UPDATE c SET x = x + new.x; INSERT INTO c VALUES(new.x); END;
INSERT INTO a VALUES(1),(2);
= 2
SELECT 'b', x FROM b UNION ALL SELECT 'c', x FROM c;
> 'b'|2
> 'b'|11
> 'b'|3
> 'b'|12
> 'c'|28
> 'c'|26
> 'c'|15
> 'c'|12
SELECT changes(), total_changes() > 2;
> 2|1
CREATE TABLE r(n);
CREATE TRIGGER tr AFTER INSERT ON r WHEN new.n < 5 BEGIN INSERT INTO r VALUES(new.n + 1); END;
INSERT INTO r VALUES(1);
= 1
SELECT * FROM r;
> 1
> 2
PRAGMA recursive_triggers = 1;
INSERT INTO r VALUES(1);
= 1
SELECT * FROM r;
> 1
> 2
> 1
> 2
> 3
> 4
> 5
CREATE TRIGGER tx AFTER UPDATE ON r BEGIN DELETE FROM r WHERE rowid = old.rowid; END;
UPDATE r SET n = n;
= 7
SELECT count(*) FROM r;
> 0
=== errors when a trigger is made or run
CREATE TABLE t(a);
CREATE TRIGGER e1 AFTER INSERT ON nope BEGIN SELECT 1; END;
! SQLITE_ERROR no such table: main.nope
CREATE TRIGGER e2 AFTER INSERT ON t BEGIN INSERT INTO gone VALUES(1); END;
INSERT INTO t VALUES(1);
! SQLITE_ERROR no such table: main.gone
DROP TRIGGER e2;
CREATE TRIGGER e3 AFTER INSERT ON t BEGIN SELECT old.a; END;
INSERT INTO t VALUES(1);
! SQLITE_ERROR no such column: old.a
DROP TRIGGER e3;
CREATE TRIGGER e4 AFTER DELETE ON t BEGIN INSERT INTO main.t VALUES(1); END;
! SQLITE_ERROR qualified table names are not allowed on INSERT, UPDATE, and DELETE statements within triggers
CREATE TRIGGER e5 AFTER DELETE ON t BEGIN INSERT INTO t VALUES(?); END;
! SQLITE_ERROR trigger cannot use variables
CREATE TRIGGER e6 AFTER UPDATE OF nope ON t BEGIN SELECT 1; END;
CREATE TRIGGER e7 AFTER INSERT ON t FOR EACH STATEMENT BEGIN SELECT 1; END;
! SQLITE_ERROR near "STATEMENT": syntax error
CREATE TRIGGER e8 AFTER INSERT ON sqlite_schema BEGIN SELECT 1; END;
! SQLITE_ERROR cannot create trigger on system table
CREATE TRIGGER e9 AFTER INSERT ON t BEGIN DELETE FROM t INDEXED BY x; END;
! SQLITE_ERROR the INDEXED BY clause is not allowed on UPDATE or DELETE statements within triggers
CREATE TRIGGER e10 AFTER INSERT ON t BEGIN UPDATE t SET a = 1 RETURNING a; END;
! SQLITE_ERROR near "RETURNING": syntax error
CREATE TRIGGER e11 AFTER INSERT ON t BEGIN UPDATE t SET a = 1 LIMIT 1; END;
! SQLITE_ERROR near "LIMIT": syntax error
INSERT INTO t VALUES(5);
= 1
SELECT name FROM sqlite_schema;
> 't'
> 'e6'

=== qualified names in triggers
CREATE TABLE t(a, b);
CREATE TABLE u(x, y, z);
INSERT INTO u VALUES(1, 10, 20);
= 1
CREATE TEMP TABLE log(n);
CREATE TRIGGER q1 AFTER INSERT ON t BEGIN INSERT INTO main.u VALUES(1, 2, 3); END;
! SQLITE_ERROR qualified table names are not allowed on INSERT, UPDATE, and DELETE statements within triggers
CREATE TRIGGER q2 AFTER INSERT ON nosuch BEGIN INSERT INTO main.u VALUES(1, 2, 3); END;
! SQLITE_ERROR no such table: main.nosuch
CREATE TEMP TRIGGER q3 AFTER INSERT ON t BEGIN INSERT INTO temp.log VALUES(new.a); UPDATE main.t SET b = 9 WHERE a = 1; DELETE FROM main.u WHERE x = new.a; END;
INSERT INTO t VALUES(1, 1), (2, 2);
= 2
SELECT * FROM t;
> 1|9
> 2|2
SELECT * FROM u;
SELECT * FROM log;
> 1
> 2
CREATE TEMP TRIGGER q4 AFTER DELETE ON t BEGIN INSERT INTO nowhere.x VALUES(1); END;
DELETE FROM t;
! SQLITE_ERROR no such table: nowhere.x
