/** Whole catalogs: loading, damage, changes, statistics, lookup. */
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { SqliteError } from '../values/errors.ts';
import { databaseIndex, findIndex, findTable, findTrigger } from './lookup.ts';
import {
  emptySchema,
  loadSchema,
  type SchemaRow,
  withCookie,
  withEntry,
  withoutEntry,
  withRoot,
  withStats,
} from './schema.ts';
import type { Catalog, Schema } from './types.ts';

const SETUP = `
  create table t(a, b unique);
  create index i on t(a);
  create view v as select a from t;
  create trigger r after insert on t begin select 1; end;
  create table w(a primary key) without rowid;
  create table q(x)`;

const ROWS =
  'select type, name, tbl_name as "table", rootpage as root, sql from sqlite_schema order by rowid';

function rowsOf(db: Database.Database): SchemaRow[] {
  return db.prepare<[], SchemaRow>(ROWS).all();
}

function load(sql: string, name = 'main'): Schema {
  const db = new Database(':memory:');
  db.exec(sql);
  const schema = loadSchema(name, 7, rowsOf(db));
  db.close();
  return schema;
}

const set = (name: string, sql: string): string =>
  `update sqlite_schema set sql = '${sql.replaceAll("'", "''")}' where name = '${name}'`;
const root = (name: string, page: string): string =>
  `update sqlite_schema set rootpage = ${page} where name = '${name}'`;
const add = (type: string, name: string, table: string, page: number, sql: string): string =>
  `insert into sqlite_schema values('${type}', '${name}', '${table}', ${page}, '${sql}')`;

/** Changes of sqlite_schema behind SQLite's back. */
const DAMAGE: readonly string[] = [
  set('t', 'foo'),
  set('t', 'create foo'),
  set('q', 'crap'),
  set('q', 'CREATE TABLE zz(a)'),
  set('q', 'create table q(a, a)'),
  set('q', 'create table q(x) garbage'),
  set('q', 'create table q(x); garbage'),
  set('q', 'create table q as select 1'),
  set('q', 'insert into t values(1)'),
  set('q', 'CReate temp table q(x)'),
  set('q', 'create table main.q(x)'),
  set('q', 'create table if not exists q(x)'),
  set('q', 'create table q(x, y references z(a, b))'),
  set('q', 'create table q(x, y default (z))'),
  set('q', 'create table q(x, y default (?1))'),
  set('q', 'create table q(x default "abc")'),
  set('q', 'create table q(x collate foo)'),
  set('q', ''),
  set('v', ''),
  set('v', 'create view v as select * from nope'),
  set('v', 'create view v as select'),
  set('r', 'create trigger r after insert on nope begin select 1; end'),
  set('i', 'create index i on nope(a)'),
  set('i', 'create index i on t(zz)'),
  set('i', 'create index i on t("zz")'),
  set('i', 'create index i on t(a); select 1'),
  set('i', 'create index i on t(a collate foo)'),
  "update sqlite_schema set name = 'zz' where name = 'q'",
  "update sqlite_schema set tbl_name = 'zz' where name = 'q'",
  "update sqlite_schema set type = 'view' where name = 'q'",
  "update sqlite_schema set sql = null where name = 'q'",
  root('q', '0'),
  root('q', '1'),
  root('q', '-1'),
  root('q', '99999'),
  root('q', '2.5'),
  root('i', '2'),
  root('sqlite_autoindex_t_1', '0'),
  root('sqlite_autoindex_t_1', '2'),
  "update sqlite_schema set name = 'sqlite_autoindex_zz_1' where name = 'sqlite_autoindex_t_1'",
  "delete from sqlite_schema where name = 't'",
  "delete from sqlite_schema where name in ('t', 'sqlite_autoindex_t_1')",
  "delete from sqlite_schema where name in ('t', 'i', 'sqlite_autoindex_t_1')",
  "delete from sqlite_schema where name = 'sqlite_autoindex_t_1'",
  add('table', 'q', 'q', 3, 'create table q(y)'),
  add('index', 'i', 't', 3, 'create index i on t(b)'),
  add('trigger', 'r', 't', 0, 'create trigger r after insert on t begin select 2; end'),
  add('view', 'q', 'q', 0, 'create view q as select 1'),
  add('table', 'v', 'v', 3, 'create table v(a)'),
  add('table', 'i', 'i', 3, 'create table i(a)'),
  add('table', 'sqlite_foo', 'sqlite_foo', 3, 'create table sqlite_foo(y)'),
  add('index', 'i9', 'v', 3, 'create index i9 on v(a)'),
  add('trigger', 'r9', 'v', 0, 'create trigger r9 after insert on v begin select 2; end'),
  add('trigger', 'r9', 't', 0, 'create trigger r9 instead of insert on t begin select 2; end'),
  add('trigger', 'r9', 't', 0, 'create trigger r9 after insert on t begin select nope; end'),
  add('trigger', 'r9', 't', 5, 'create trigger r9 after insert on t begin select ?1; end'),
];

describe('damaged catalogs', () => {
  it.each(DAMAGE)('%s', (damage) => {
    const db = new Database(':memory:');
    db.exec(SETUP);
    db.unsafeMode(true);
    db.pragma('writable_schema = 1');
    db.exec(damage);
    const rows = rowsOf(db);
    const pages = Number(db.pragma('page_count', { simple: true }));
    const image = db.serialize();
    db.close();
    const again = new Database(image);
    let theirs = 'ok';
    try {
      again.prepare(ROWS).all();
    } catch (e) {
      theirs = (e as Error).message;
    }
    again.close();
    let ours = 'ok';
    try {
      loadSchema('main', 1, rows, { honourDesc: true, maxColumns: 2000, maxPage: pages });
    } catch (e) {
      if (!(e instanceof SqliteError)) throw e;
      expect(e.code).toBe('SQLITE_CORRUPT');
      ours = e.message;
    }
    expect(ours).toBe(theirs);
  });
});

describe('changes', () => {
  const base = load(SETUP);

  it('leave the old catalog as it was', () => {
    const row = { type: 'table', name: 'n', table: 'n', root: 9, sql: 'create table n(a unique)' };
    const next = withCookie(withEntry(base, row), 8);
    expect(next.tables.get('n')?.indexes.map((i) => i.name)).toEqual(['sqlite_autoindex_n_1']);
    expect([next.cookie, base.cookie]).toEqual([8, 7]);
    expect(base.tables.has('n')).toBe(false);
    const gone = withoutEntry(next, 'table', 'N');
    expect(gone.tables.has('n')).toBe(false);
    expect(gone.indexes.has('sqlite_autoindex_n_1')).toBe(false);
    expect(next.indexes.has('sqlite_autoindex_n_1')).toBe(true);
  });

  it('take what hangs on a table away with it', () => {
    const gone = withoutEntry(base, 'table', 't');
    expect([...gone.indexes.keys()]).toEqual(['sqlite_autoindex_w_1']);
    expect(gone.triggersOf('t')).toEqual([]);
    expect(base.triggersOf('T').map((t) => t.name)).toEqual(['r']);
    const noIndex = withoutEntry(base, 'index', 'I');
    expect(noIndex.tables.get('t')!.indexes.map((i) => i.name)).toEqual(['sqlite_autoindex_t_1']);
    expect(withoutEntry(base, 'trigger', 'R').triggersOf('t')).toEqual([]);
  });

  it('follow a root page that moved', () => {
    const from = base.tables.get('w')!.root;
    const moved = withRoot(base, from, 77);
    expect(moved.tables.get('w')).toMatchObject({ root: 77, primaryKeyIndex: { root: 77 } });
    expect(moved.indexes.get('sqlite_autoindex_w_1')!.root).toBe(77);
    const index = withRoot(base, base.indexes.get('i')!.root, 78);
    expect(index.tables.get('t')!.indexes.find((i) => i.name === 'i')!.root).toBe(78);
  });

  it('keep REPLACE indexes last and the newest first', () => {
    const s = load(
      'create table t(a unique on conflict replace, b unique, c unique on conflict replace); create index i on t(a)',
    );
    expect(s.tables.get('t')!.indexes.map((i) => i.name)).toEqual([
      'i',
      'sqlite_autoindex_t_2',
      'sqlite_autoindex_t_3',
      'sqlite_autoindex_t_1',
    ]);
  });

  it('list triggers and references newest first', () => {
    const s = load(`
      create table p(a primary key);
      create table c1(x references p, y references P);
      create table c2(x references p);
      create trigger r1 after insert on p begin select 1; end;
      create trigger r2 after insert on P begin select 1; end`);
    expect(s.triggersOf('p').map((t) => t.name)).toEqual(['r2', 'r1']);
    expect(s.referencesTo('P').map((f) => [f.child, f.columns[0]!.from])).toEqual([
      ['c2', 0],
      ['c1', 1],
      ['c1', 0],
    ]);
  });
});

describe('statistics', () => {
  const base = load(
    'create table t(a, b); create index ia on t(a); create index iab on t(a, b); create index ip on t(b) where a; create table w(k primary key, v) without rowid; create index iw on w(v)',
  );

  it('fill the estimates', () => {
    const s = withStats(base, [
      { table: 't', index: 'ia', stat: '1000 10 unordered sz=20' },
      { table: 't', index: 'ip', stat: '4 2 noskipscan' },
      { table: 'w', index: 'w', stat: '40 1' },
      { table: 'nope', index: 'ia', stat: '1 1' },
    ]);
    const t = s.tables.get('t')!;
    expect([t.rowLogEst, t.hasStat1]).toEqual([99, true]);
    expect(s.indexes.get('ia')).toMatchObject({
      rowLogEst: [99, 33],
      hasStat1: true,
      unordered: true,
      noSkipScan: false,
      rowSizeEst: 43,
    });
    expect(s.indexes.get('ip')).toMatchObject({ rowLogEst: [20, 10], noSkipScan: true });
    expect(s.indexes.get('iab')).toMatchObject({ rowLogEst: [99, 33, 32], hasStat1: false });
    // An index without statistics supposes a thousand rows, and the table with it.
    expect(s.tables.get('w')).toMatchObject({ rowLogEst: 99, hasStat1: true });
    expect(s.tables.get('w')!.primaryKeyIndex!.rowLogEst).toEqual([53, 0]);
    expect(base.indexes.get('ia')!.hasStat1).toBe(false);
  });

  it('describe a table alone', () => {
    const s = withStats(base, [{ table: 'T', index: null, stat: '5000 sz=100' }]);
    expect(s.tables.get('t')).toMatchObject({ rowLogEst: 122, rowSizeEst: 66 });
  });
});

describe('lookup', () => {
  const catalog: Catalog = {
    version: 1,
    schemas: [
      load(
        'create table x(m unique); create table y(m); create trigger r after insert on x begin select 1; end',
      ),
      load('create table x(t)', 'temp'),
      null,
      load('create table Z(o); create table y(o); create index iz on z(o)', 'Other'),
    ],
  };

  it('goes through temp, main and the attached databases', () => {
    const db = (schema: string | null, name: string): number | undefined =>
      findTable(catalog, schema, name)?.db;
    expect(db(null, 'X')).toBe(1);
    expect(db('main', 'x')).toBe(0);
    expect(db(null, 'y')).toBe(0);
    expect(db('OTHER', 'y')).toBe(3);
    expect(db(null, 'z')).toBe(3);
    expect(db('main', 'z')).toBeUndefined();
    expect(db('nope', 'x')).toBeUndefined();
    expect(findIndex(catalog, null, 'IZ')?.object.table).toBe('Z');
    expect(findIndex(catalog, 'temp', 'iz')).toBeNull();
    expect(findTrigger(catalog, null, 'R')?.db).toBe(0);
    expect(databaseIndex(catalog, 'MAIN')).toBe(0);
  });

  it('knows the schema tables by all their names', () => {
    const where = (schema: string | null, name: string): string | undefined => {
      const found = findTable(catalog, schema, name);
      return found === null ? undefined : `${found.db} ${found.object.name}`;
    };
    expect(where(null, 'sqlite_schema')).toBe('0 sqlite_master');
    expect(where(null, 'SQLITE_MASTER')).toBe('0 sqlite_master');
    expect(where('other', 'sqlite_schema')).toBe('3 sqlite_master');
    expect(where(null, 'sqlite_temp_schema')).toBe('1 sqlite_temp_master');
    expect(where('temp', 'sqlite_schema')).toBe('1 sqlite_temp_master');
    expect(where('main', 'sqlite_temp_schema')).toBeUndefined();
  });

  it('works on a catalog with nothing in it', () => {
    expect([...emptySchema('main', 0).tables.keys()]).toEqual(['sqlite_master']);
  });
});
