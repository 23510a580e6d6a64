/** Triggers and foreign keys, against the oracle. */
import { describe, expect, it } from 'vitest';
import { compare } from './oracle.test-helper.ts';

function same(name: string, script: string): void {
  it(name, () => {
    const { expected, actual } = compare(script);
    expect(actual).toBe(expected);
  });
}

describe('triggers', () => {
  same(
    'order, OLD and NEW, WHEN, UPDATE OF',
    `CREATE TABLE t(a INTEGER PRIMARY KEY, b, c)
     CREATE TABLE log(n INTEGER PRIMARY KEY, what, x, y)
     CREATE TRIGGER bi BEFORE INSERT ON t BEGIN INSERT INTO log(what,x,y) VALUES('bi', new.a, new.b); END
     CREATE TRIGGER ai AFTER INSERT ON t BEGIN INSERT INTO log(what,x,y) VALUES('ai', new.a, new.b); END
     CREATE TRIGGER ai2 AFTER INSERT ON t WHEN new.b > 5 BEGIN INSERT INTO log(what,x,y) VALUES('ai2', new.rowid, new.c); UPDATE t SET c = 'set' WHERE a = new.a; END
     CREATE TRIGGER bu BEFORE UPDATE ON t BEGIN INSERT INTO log(what,x,y) VALUES('bu', old.b, new.b); END
     CREATE TRIGGER au AFTER UPDATE OF b ON t BEGIN INSERT INTO log(what,x,y) VALUES('au', old.a||'>'||new.a, new.c); END
     CREATE TRIGGER auc AFTER UPDATE OF c, a ON t BEGIN INSERT INTO log(what,x,y) VALUES('auc', old.a||'>'||new.a, old.c||new.c); END
     CREATE TRIGGER bd BEFORE DELETE ON t BEGIN INSERT INTO log(what,x,y) VALUES('bd', old.a, old.c); END
     CREATE TRIGGER ad AFTER DELETE ON t BEGIN INSERT INTO log(what,x,y) SELECT 'ad', old.a, count(*) FROM t; END
     INSERT INTO t VALUES(1,1,'c1'),(2,6,'c2'),(NULL,9,'c3')
     UPDATE t SET b = b + 1 WHERE a < 3
     UPDATE t SET c = 'k'
     UPDATE t SET a = a + 5 WHERE b > 8
     DELETE FROM t WHERE a = 1
     REPLACE INTO t VALUES(2,0,'rep')
     DELETE FROM t
     SELECT * FROM log
     SELECT * FROM t
     PRAGMA recursive_triggers=ON
     DELETE FROM log
     INSERT INTO t VALUES(2,0,'one')
     REPLACE INTO t VALUES(2,0,'rep')
     SELECT * FROM log`,
  );
  same(
    'RAISE',
    `CREATE TABLE t(a, b)
     CREATE TABLE log(x)
     CREATE TRIGGER r1 BEFORE INSERT ON t WHEN new.a = 1 BEGIN SELECT RAISE(ABORT, 'no ones'); END
     CREATE TRIGGER r2 BEFORE INSERT ON t WHEN new.a = 2 BEGIN SELECT RAISE(IGNORE); END
     CREATE TRIGGER r3 AFTER INSERT ON t WHEN new.a = 3 BEGIN INSERT INTO log VALUES('before fail'); SELECT RAISE(FAIL, 'fail ' || new.b); END
     CREATE TRIGGER r4 AFTER INSERT ON t WHEN new.a = 4 BEGIN SELECT RAISE(ROLLBACK, 'rolled back'); END
     INSERT INTO t VALUES(0,0),(1,1)
     INSERT INTO t VALUES(0,1),(2,2),(5,5)
     INSERT INTO t VALUES(0,2),(3,3),(6,6)
     SELECT * FROM t
     SELECT * FROM log
     BEGIN
     INSERT INTO t VALUES(7,7)
     INSERT INTO t VALUES(4,4)
     SELECT * FROM t
     COMMIT`,
  );
  same(
    'INSTEAD OF on views',
    `CREATE TABLE t(a INTEGER PRIMARY KEY, b)
     CREATE VIEW v(x, y, z) AS SELECT a, b, a*10 FROM t
     INSERT INTO v VALUES(1,2,3)
     CREATE TRIGGER vi INSTEAD OF INSERT ON v BEGIN INSERT INTO t VALUES(new.x, new.y || '/' || ifnull(new.z,'null')); END
     CREATE TRIGGER vu INSTEAD OF UPDATE ON v BEGIN UPDATE t SET a = new.x, b = new.y WHERE a = old.x; END
     CREATE TRIGGER vd INSTEAD OF DELETE ON v BEGIN DELETE FROM t WHERE a = old.x AND old.z = a*10; END
     INSERT INTO v VALUES(1,2,3),(4,5,6)
     INSERT INTO v(y,x) VALUES('yy',9)
     INSERT INTO v(x,nope) VALUES(1,2)
     SELECT * FROM v
     UPDATE v SET y = y || z WHERE x > 1
     UPDATE v SET x = x + 100 WHERE z = 10
     SELECT * FROM v
     DELETE FROM v WHERE x > 50
     SELECT * FROM v
     UPDATE v SET y = q FROM (SELECT 'from' AS q, 4 AS k) WHERE k = x
     SELECT * FROM v
     INSERT INTO v VALUES(77,1,1) RETURNING x, y
     DELETE FROM v RETURNING x`,
  );
  same(
    'recursion and counting',
    `CREATE TABLE t(a)
     CREATE TRIGGER r AFTER INSERT ON t WHEN new.a < 5 BEGIN INSERT INTO t VALUES(new.a + 1); END
     INSERT INTO t VALUES(1)
     SELECT * FROM t
     PRAGMA recursive_triggers=ON
     INSERT INTO t VALUES(1)
     SELECT * FROM t
     CREATE TABLE c(n)
     INSERT INTO c VALUES(0)
     CREATE TRIGGER cc AFTER DELETE ON t BEGIN UPDATE c SET n = n + 1; END
     DELETE FROM t WHERE a > 2
     SELECT * FROM c
     CREATE TABLE inf(a)
     CREATE TRIGGER infinite AFTER INSERT ON inf BEGIN INSERT INTO inf VALUES(new.a+1); END
     INSERT INTO inf VALUES(1)
     SELECT count(*) FROM inf`,
  );
  same(
    'conflict actions are inherited; last_insert_rowid is kept',
    `CREATE TABLE t(a UNIQUE)
     CREATE TABLE u(b UNIQUE)
     CREATE TRIGGER x AFTER INSERT ON t BEGIN INSERT OR IGNORE INTO u VALUES(new.a % 2); END
     INSERT INTO t VALUES(1),(2)
     INSERT INTO t VALUES(3)
     INSERT OR REPLACE INTO t VALUES(5)
     INSERT OR ABORT INTO t VALUES(7)
     SELECT rowid, * FROM t
     SELECT rowid, * FROM u
     CREATE TRIGGER y AFTER UPDATE ON t BEGIN UPDATE OR REPLACE u SET b = 1; END
     UPDATE t SET a = a + 10
     UPDATE OR FAIL t SET a = a + 10
     SELECT rowid, * FROM u`,
  );
  same(
    'temp triggers, generated columns, BEFORE changes',
    `CREATE TABLE t(a, b AS (a+1), c)
     CREATE TABLE log(x)
     CREATE TRIGGER m1 AFTER INSERT ON t BEGIN INSERT INTO log VALUES('main ' || new.b); END
     CREATE TEMP TRIGGER t1 AFTER INSERT ON t BEGIN INSERT INTO log VALUES('temp1 ' || new.b); END
     CREATE TEMP TRIGGER t2 AFTER INSERT ON main.t BEGIN INSERT INTO log VALUES('temp2 ' || new.b); END
     INSERT INTO t(a) VALUES(1)
     SELECT * FROM log
     CREATE TRIGGER bu BEFORE UPDATE ON t BEGIN UPDATE t SET c = 'from trigger' WHERE rowid = old.rowid; END
     UPDATE t SET a = 5
     SELECT * FROM t
     CREATE TRIGGER bu2 BEFORE UPDATE OF a ON t WHEN new.a = 6 BEGIN DELETE FROM t WHERE rowid = old.rowid; END
     UPDATE t SET a = 6
     SELECT count(*) FROM t
     DROP TRIGGER t1
     DROP TRIGGER nope
     DROP TABLE t
     SELECT name FROM sqlite_master
     SELECT name FROM sqlite_temp_master`,
  );
});

describe('foreign keys', () => {
  same(
    'checks',
    `CREATE TABLE p(a INTEGER PRIMARY KEY, b UNIQUE)
     CREATE TABLE c(x REFERENCES p, y REFERENCES p(b))
     INSERT INTO c VALUES(1, NULL)
     INSERT INTO p VALUES(1,'b1'),(2,'b2')
     INSERT INTO c VALUES(1,'b1'),(2,'b2'),(NULL,NULL)
     INSERT INTO c VALUES(1,'zz')
     INSERT INTO c VALUES('1','b1')
     UPDATE c SET x = 9 WHERE x = 1
     UPDATE c SET x = 2 WHERE x = 1
     DELETE FROM p WHERE a = 1
     DELETE FROM p WHERE a = 2
     UPDATE p SET a = 5 WHERE a = 2
     UPDATE p SET a = a
     UPDATE p SET b = 'b3' WHERE a = 2
     DELETE FROM c WHERE y = 'b1'
     DELETE FROM p WHERE a = 1
     SELECT * FROM p
     SELECT * FROM c
     PRAGMA foreign_key_check
     DROP TABLE p
     DROP TABLE c
     DROP TABLE p`,
  );
  same(
    'actions',
    `CREATE TABLE p(a PRIMARY KEY, b)
     CREATE TABLE c1(x REFERENCES p ON DELETE CASCADE ON UPDATE CASCADE, n)
     CREATE TABLE c2(x REFERENCES p ON DELETE SET NULL ON UPDATE SET NULL, n)
     CREATE TABLE c3(x DEFAULT 'dflt' REFERENCES p ON DELETE SET DEFAULT ON UPDATE SET DEFAULT, n)
     CREATE TABLE c4(x REFERENCES p ON DELETE RESTRICT, n)
     INSERT INTO p VALUES(1,1),(2,2),(3,3),('dflt',0),(4,4)
     INSERT INTO c1 VALUES(1,'a'),(2,'b')
     INSERT INTO c2 VALUES(1,'a'),(2,'b')
     INSERT INTO c3 VALUES(1,'a'),(2,'b')
     INSERT INTO c4 VALUES(4,'r')
     UPDATE p SET a = 10 WHERE a = 1
     SELECT * FROM c1
     SELECT * FROM c2
     SELECT * FROM c3
     DELETE FROM p WHERE a = 2
     DELETE FROM p WHERE a = 4
     DELETE FROM p WHERE a = 10
     SELECT * FROM c1
     SELECT * FROM c2
     SELECT * FROM c3
     SELECT * FROM p
     DELETE FROM p WHERE a = 'dflt'
     REPLACE INTO p VALUES(3,'replaced')`,
  );
  same(
    'deferred, self references, composite keys',
    `CREATE TABLE p(a, b, PRIMARY KEY(a,b))
     CREATE TABLE c(x, y, z, FOREIGN KEY(x,y) REFERENCES p DEFERRABLE INITIALLY DEFERRED)
     INSERT INTO c VALUES(1,2,3)
     BEGIN
     INSERT INTO c VALUES(1,2,3)
     COMMIT
     INSERT INTO p VALUES(1,2)
     COMMIT
     SELECT * FROM c
     CREATE TABLE s(id INTEGER PRIMARY KEY, up REFERENCES s ON DELETE CASCADE)
     INSERT INTO s VALUES(1,1)
     INSERT INTO s VALUES(2,1),(3,2),(4,3)
     INSERT INTO s VALUES(5,6)
     INSERT INTO s VALUES(5,6),(6,5)
     DELETE FROM s WHERE id = 2
     SELECT * FROM s
     UPDATE s SET id = 100 WHERE id = 6
     CREATE TABLE bad(q REFERENCES p(b))
     INSERT INTO bad VALUES(1)
     DELETE FROM p
     INSERT INTO bad VALUES(NULL)
     CREATE TABLE orphan(q REFERENCES nosuch)
     INSERT INTO orphan VALUES(1)
     INSERT INTO orphan VALUES(NULL)
     PRAGMA defer_foreign_keys=ON
     BEGIN
     PRAGMA defer_foreign_keys=ON
     INSERT INTO s VALUES(50,60)
     COMMIT
     ROLLBACK
     PRAGMA foreign_key_list(c)
     PRAGMA foreign_keys=OFF
     INSERT INTO s VALUES(70,80)
     PRAGMA foreign_key_check(s)`,
  );
  same(
    'cascades through several tables, with triggers',
    `CREATE TABLE a(i INTEGER PRIMARY KEY)
     CREATE TABLE b(i INTEGER PRIMARY KEY, a REFERENCES a ON DELETE CASCADE)
     CREATE TABLE c(i INTEGER PRIMARY KEY, b REFERENCES b ON DELETE CASCADE)
     CREATE TABLE log(x)
     CREATE TRIGGER tb AFTER DELETE ON b BEGIN INSERT INTO log VALUES('b' || old.i); END
     CREATE TRIGGER tc BEFORE DELETE ON c BEGIN INSERT INTO log VALUES('c' || old.i); END
     INSERT INTO a VALUES(1),(2)
     INSERT INTO b VALUES(1,1),(2,1),(3,2)
     INSERT INTO c VALUES(1,1),(2,2),(3,3)
     DELETE FROM a WHERE i = 1
     SELECT * FROM log
     SELECT * FROM c
     DELETE FROM a
     SELECT * FROM log
     SELECT count(*) FROM c`,
  );
});
