-- Pragmas that look around.
=== tables
CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT NOT NULL DEFAULT 'x', c REAL UNIQUE, d AS (a+1), CHECK(b <> ''));
CREATE TABLE w(k TEXT, v, PRIMARY KEY(k)) WITHOUT ROWID;
CREATE TABLE f(x REFERENCES t(a) ON DELETE CASCADE, y, FOREIGN KEY(y) REFERENCES w DEFERRABLE INITIALLY DEFERRED);
CREATE VIEW vw AS SELECT a, b FROM t;
CREATE INDEX ti ON t(b DESC, c);
CREATE UNIQUE INDEX tp ON t(b) WHERE a > 5;
PRAGMA table_info(t);
> 0|'a'|'INTEGER'|0|NULL|1
> 1|'b'|'TEXT'|1|'''x'''|0
> 2|'c'|'REAL'|0|NULL|0
PRAGMA table_xinfo(t);
> 0|'a'|'INTEGER'|0|NULL|1|0
> 1|'b'|'TEXT'|1|'''x'''|0|0
> 2|'c'|'REAL'|0|NULL|0|0
> 3|'d'|''|0|NULL|0|2
PRAGMA table_info(w);
> 0|'k'|'TEXT'|1|NULL|1
> 1|'v'|''|0|NULL|0
PRAGMA table_info(vw);
> 0|'a'|'INTEGER'|0|NULL|0
> 1|'b'|'TEXT'|0|NULL|0
PRAGMA table_info(nosuch);
PRAGMA index_list(t);
> 0|'tp'|1|'c'|1
> 1|'ti'|0|'c'|0
> 2|'sqlite_autoindex_t_1'|1|'u'|0
PRAGMA index_list(w);
> 0|'sqlite_autoindex_w_1'|1|'pk'|0
PRAGMA index_info(ti);
> 0|1|'b'
> 1|2|'c'
PRAGMA index_xinfo(ti);
> 0|1|'b'|1|'BINARY'|1
> 1|2|'c'|0|'BINARY'|1
> 2|-1|NULL|0|'BINARY'|0
PRAGMA index_info(sqlite_autoindex_w_1);
> 0|0|'k'
PRAGMA index_xinfo(sqlite_autoindex_w_1);
> 0|0|'k'|0|'BINARY'|1
> 1|1|'v'|0|'BINARY'|0
PRAGMA foreign_key_list(f);
> 0|0|'w'|'y'|NULL|'NO ACTION'|'NO ACTION'|'NONE'
> 1|0|'t'|'x'|'a'|'NO ACTION'|'CASCADE'|'NONE'
PRAGMA table_list(t);
> 'main'|'t'|'table'|4|0|0
PRAGMA table_list;
> 'main'|'vw'|'view'|2|0|0
> 'main'|'sqlite_schema'|'table'|5|0|0
> 'main'|'t'|'table'|4|0|0
> 'main'|'w'|'table'|2|1|0
> 'main'|'f'|'table'|2|0|0
> 'temp'|'sqlite_temp_schema'|'table'|5|0|0
PRAGMA collation_list;
> 0|'RTRIM'
> 1|'NOCASE'
> 2|'BINARY'

=== settings
PRAGMA encoding;
> 'UTF-8'
PRAGMA page_size;
> 4096
PRAGMA page_count;
> 0
PRAGMA freelist_count;
> 0
PRAGMA user_version;
> 0
PRAGMA user_version = 42;
PRAGMA user_version;
> 42
PRAGMA application_id = 7;
PRAGMA application_id;
> 7
PRAGMA schema_version;
> 0
CREATE TABLE t(a);
PRAGMA schema_version;
> 1
PRAGMA page_count;
> 2
PRAGMA foreign_keys;
> 0
PRAGMA foreign_keys = 1;
PRAGMA foreign_keys;
> 1
PRAGMA recursive_triggers;
> 0
PRAGMA auto_vacuum;
> 0
PRAGMA nosuchpragma;
PRAGMA nosuchpragma = 1;
PRAGMA integrity_check;
> 'ok'
PRAGMA quick_check;
> 'ok'
PRAGMA main.user_version;
> 42
PRAGMA nosuch.user_version;
! SQLITE_ERROR unknown database nosuch
