/** Tables and indexes from their definitions, against what the oracle's pragmas say of them. */
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { parseStatement } from '../sql/parser.ts';
import { SqliteError } from '../values/errors.ts';
import { tableFromStatement } from './build-table.ts';
import { loadSchema, type SchemaRow } from './schema.ts';
import type { Index, Table } from './types.ts';

const TABLES: readonly string[] = [
  'create table t(a)',
  'create table t(a int, b integer, c text, d real, e blob, f any, g Integer, h VARCHAR(20), i "int", j [TEXT ], k decimal(10,5), l floating point, m double, n boolean, o charint, p blobx)',
  'create table t(a integer primary key, b)',
  'create table t(a integer primary key desc, b)',
  'create table t(a, b integer, primary key(b desc))',
  'create table t(a int primary key)',
  'create table t(a integer primary key autoincrement)',
  'create table t(a "integer" primary key)',
  'create table t(a, b, primary key(b,a))',
  'create table t(a integer, primary key(a) on conflict replace)',
  'create table t(a primary key, b, c) without rowid',
  'create table t(a integer primary key, b) without rowid',
  'create table t(a integer primary key desc, b) without rowid',
  'create table t(a,b,c,d, primary key(c desc, a collate nocase, c)) without rowid',
  'create table t(a,b,c, primary key(a,a collate nocase,b,a)) without rowid',
  'create table t(a text collate nocase,b unique,c, primary key(a)) without rowid',
  'create table t(a,b,c,unique(c,a),unique(b), primary key(a,b)) without rowid',
  'create table t(a unique, b, primary key(a)) without rowid',
  'create table t(a integer, b unique, primary key(a desc)) without rowid',
  'create table t(a unique, b unique, c unique on conflict replace, d unique on conflict ignore)',
  'create table t(a unique unique, b unique primary key)',
  'create table t(a,b,unique(a,b),unique(b,a),unique(a,b))',
  'create table t(a unique on conflict ignore, unique(a))',
  'create table t(a primary key, unique(a))',
  'create table t(a unique, primary key(a))',
  'create table t(a collate nocase unique, unique(a collate binary), unique(a collate NOCASE))',
  'create table t(a, b, unique(a desc, b collate rtrim))',
  'create table t(a unique on conflict replace, b unique, c unique on conflict replace, d primary key, e unique)',
  'create table t(a integer primary key, unique(a))',
  'create table t(a integer unique primary key)',
  "create table t(a default 1, b default -1, c default (1+1), d default 'x', e not null default \"q\", f default current_timestamp, g default true, h default null, i default x'00', j default -  5, k default (random()), l default key, m default +1.5e3)",
  'create table t(a not null, b not null on conflict ignore, c null, d not null on conflict replace primary key)',
  'create table t(a check(a>0), b constraint x check(b>1), check(a+b>0), constraint y check(b))',
  'create table t(a, b as (a+1), c generated always as (a) stored, d int as (b) virtual, e)',
  'create table t(a primary key, b as (a) stored, c as (a), d) without rowid',
  'create table t(a, b int as (a) unique, c as (a) stored unique)',
  'create table t(a,b,c as (a), d, primary key(d,b)) without rowid',
  'create table t(a int, b integer primary key, c text not null, d any, e blob, f real) strict',
  'create table t(a int primary key, b any) strict, without rowid',
  'create table t(a text primary key) strict',
  'create table p(x primary key, y); create table t(a references p, b references p(x) on delete cascade on update set null deferrable initially deferred, c references p(y) on delete set default match full, foreign key(a,b) references p(x,y) on update restrict on delete no action)',
  'create table t(a references t, foreign key(a) references nope)',
  'create table t(a, b references p(c) not deferrable initially deferred)',
  'create table t(a,b,c); create index i1 on t(a); create unique index i2 on t(b desc, a collate nocase); create index i3 on t(a+b, c) where c>0; create index i4 on t(lower(a) collate nocase desc); create unique index i5 on t(c) where a is null',
  'create table t(a integer primary key, b,c); create index i on t(a,b)',
  'create table t(a,b,c, primary key(a,b)) without rowid; create index i on t(c); create index j on t(b,c); create unique index k on t(c,b,a); create index l on t(a collate nocase)',
  'create table t(a text collate nocase, b collate rtrim); create index i on t(a,b); create index j on t(a collate binary)',
  'create table t(a unique on conflict replace); create index i on t(a); create unique index j on t(a)',
  'create table "a b"([c d] text primary key, "e""f" unique); create index "i j" on "a b"("e""f")',
  'create table t(a generated always, b)',
  'create table t(a my_long_type_always, b xxxxxxxxxxxx always, c generated always as (1))',
  'create table t(a "integer primary key")',
  'create table t(a INTEGER PRIMARY KEY NOT NULL, b)',
  'create table t(a int default 5 not null collate nocase unique check(a>1) references p)',
  'create table t(oid, b); create table u(rowid, _rowid_, oid)',
  'create table t(a integer primary key collate nocase)',
  'create table t(a varchar(1000), b char(5), c blob(40))',
  'create table t(a, b, primary key (b collate nocase, a desc))',
  'create table t("a", \'b\', primary key("a", \'b\'))',
  "create table t(a, unique('a'))",
];
const REFUSED: readonly string[] = [
  'create table t(a,a)',
  'create table t(a,A)',
  'create table t(a primary key, b primary key)',
  'create table t(a primary key, primary key(a))',
  'create table t(a integer primary key, b primary key)',
  'create table t(a int primary key autoincrement)',
  'create table t(a integer primary key desc autoincrement)',
  'create table t(a integer primary key autoincrement) without rowid',
  'create table t(a, primary key(a autoincrement))',
  'create table t(a) without rowid',
  'create table t(a foo) strict',
  'create table t(a) strict',
  'create table t(a varchar(10)) strict',
  'create table t(a as (1))',
  'create table t(a as (1), b as (2))',
  'create table t(a, b as (a) primary key)',
  'create table t(a, b as (a), primary key(b))',
  'create table t(a, b as (a) default 5)',
  'create table t(a, b default 5 as (a))',
  'create table t(a default (b))',
  'create table t(a, b default (a))',
  'create table t(a default (select 1))',
  'create table t(a default (?1))',
  'create table t(a default (count(*)))',
  'create table t(a default (sum(1)))',
  'create table t(a default ("x"))',
  'create table t(a default (x))',
  'create table t(a default (true))',
  'create table t(a default (1 in (select 1)))',
  "create table t(a default ('x' collate nocase))",
  'create table t(a default (1,2))',
  'create table t(a default (raise(ignore)))',
  'create table t(a default (t.a))',
  'create table t(a default (exists(select 1)))',
  'create table t(a default (1 in (1,2)))',
  'create table t(a default (case when 1 then 2 end))',
  'create table t(a references p(x,y))',
  'create table t(a, foreign key(b) references p)',
  'create table t(a,b, foreign key(a,b) references p(x))',
  'create table t(a, foreign key(a) references p(x,y))',
  'create table t(a references p())',
  'create table t(a, primary key(b))',
  'create table t(a, unique(b))',
  'create table t(a, unique(a+1))',
  'create table t(a, primary key(a+1))',
  'create table t(a, unique(lower(a)))',
  'create table t(a unique on conflict ignore, unique(a) on conflict replace)',
  'create table t(a, unique(a nulls first))',
  'create table t(a, primary key(a nulls last))',
  'create table t(a, unique(a nulls last))',
  'create table t(a, unique(1))',
  "create table t(a, unique('b'))",
  'create table t(a, unique("b"))',
  'create table t(a, primary key(rowid))',
  'create table t(a primary key, b unique on conflict ignore unique on conflict fail)',
  'create table t(a, check(select 1))',
  'create table t(a text primary key, b as (a) stored, primary key(b))',
  'create table t(a int as (1) stored, b text as (2)) without rowid',
  'create table t(rowid integer primary key, rowid)',
  `create table t(${Array.from({ length: 2001 }, (_, i) => `c${i}`).join(',')})`,
  'create table t(a, b int strict) strict',
  'create table t(a any, b xint) strict',
  'create table t(a constraint x)',
  'create table t(a primary key desc, b) without rowid',
  'create table t(a unique(a))',
];

type Row = Readonly<Record<string, unknown>>;

function rowsOf(db: Database.Database): SchemaRow[] {
  return db
    .prepare<[], SchemaRow>(
      'select type, name, tbl_name as "table", rootpage as root, sql from sqlite_schema order by rowid',
    )
    .all();
}

function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** What the oracle says of a table. */
function theirs(db: Database.Database, name: string, rows: readonly SchemaRow[]): Row {
  const list = db.pragma(`index_list(${quote(name)})`) as { name: string }[];
  const [info] = db.pragma(`table_list(${quote(name)})`) as { strict: number; wr: number }[];
  const own = rows.find((r) => r.type === 'table' && r.name === name)!.root;
  const indexes = list.map((i) => [
    i.name,
    rows.find((r) => r.name === i.name)?.root ?? own,
    db.pragma(`index_xinfo(${quote(i.name)})`),
  ]);
  return {
    columns: db.pragma(`table_xinfo(${quote(name)})`),
    list,
    indexes,
    foreignKeys: db.pragma(`foreign_key_list(${quote(name)})`),
    root: own,
    strict: info!.strict === 1,
    withoutRowid: info!.wr === 1,
  };
}

function indexColumns(table: Table, index: Index): Row[] {
  return index.columns.map((c, i) => ({
    seqno: i,
    cid: c.column,
    name: c.column >= 0 ? table.columns[c.column]!.name : null,
    desc: c.desc ? 1 : 0,
    coll: c.collation,
    key: i < index.keyColumns.length ? 1 : 0,
  }));
}

/** The same from the catalog. */
function ours(table: Table): Row {
  return {
    columns: table.columns.map((c, i) => ({
      cid: i,
      name: c.name,
      type: c.declType ?? '',
      notnull: c.notNull === null ? 0 : 1,
      dflt_value: c.defaultText,
      pk: c.primaryKey,
      hidden: c.generated === null ? 0 : c.generated.stored ? 3 : 2,
    })),
    list: table.indexes.map((x, i) => ({
      seq: i,
      name: x.name,
      unique: x.unique ? 1 : 0,
      origin: x.origin,
      partial: x.where === null ? 0 : 1,
    })),
    indexes: table.indexes.map((x) => [x.name, x.root, indexColumns(table, x)]),
    foreignKeys: table.foreignKeys.flatMap((f) =>
      f.columns.map((c, i) => ({
        id: f.id,
        seq: i,
        table: f.parent,
        from: table.columns[c.from]!.name,
        to: c.to,
        on_update: f.onUpdate,
        on_delete: f.onDelete,
        match: f.match,
      })),
    ),
    root: table.root,
    strict: table.strict,
    withoutRowid: table.withoutRowid,
  };
}

function refusal(sql: string): string {
  try {
    const parsed = parseStatement(sql);
    if (parsed?.statement.kind !== 'createTable') throw new Error('no table');
    tableFromStatement(parsed.statement, {
      schema: 'main',
      root: 0,
      sql,
      source: sql,
      honourDesc: true,
      maxColumns: 2000,
    });
    return 'ok';
  } catch (e) {
    if (!(e instanceof SqliteError)) throw e;
    return e.message;
  }
}

function table(sql: string): Table {
  const db = new Database(':memory:');
  db.exec(sql);
  const schema = loadSchema('main', 1, rowsOf(db));
  db.close();
  return schema.tables.get('t')!;
}

describe('tables', () => {
  it.each(TABLES)('%s', (sql) => {
    const db = new Database(':memory:');
    db.exec(sql);
    const rows = rowsOf(db);
    const schema = loadSchema('main', 1, rows);
    const names = rows.filter((r) => r.type === 'table' && !r.name.startsWith('sqlite_'));
    expect(names.length).toBeGreaterThan(0);
    for (const { name } of names) {
      const found = schema.tables.get(name.toLowerCase());
      expect(ours(found!)).toEqual(theirs(db, name, rows));
    }
    db.close();
  });

  it('refuses what the oracle refuses, in its words', () => {
    for (const sql of REFUSED) {
      const db = new Database(':memory:');
      let message = 'ok';
      try {
        db.exec(sql);
      } catch (e) {
        message = (e as Error).message;
      }
      db.close();
      expect([sql, refusal(sql)]).toEqual([sql, message]);
    }
  });

  it('finds the error that comes first in the text', () => {
    expect(refusal('create table t(a primary key, b primary key, a)')).toMatch(/more than one/);
    expect(refusal('create table t(a, a, b primary key, c primary key)')).toMatch(/duplicate/);
    expect(refusal('create table t(a default (b), a)')).toMatch(/not constant/);
  });

  it('knows the rowid column and places in the record', () => {
    expect(table('create table t(a, b integer primary key on conflict ignore)')).toMatchObject({
      rowidColumn: 1,
      rowidConflict: 'IGNORE',
      autoincrement: false,
    });
    expect(table('create table t(b integer primary key autoincrement)').autoincrement).toBe(true);
    expect(table('create table t(a int, b int, primary key(b))').rowidColumn).toBe(-1);
    const storage = (sql: string): number[] => table(sql).columns.map((c) => c.storage);
    expect(storage('create table t(a, b as (a), c as (a) stored, d)')).toEqual([0, -1, 1, 2]);
    expect(storage('create table t(a, b, c, primary key(c, a)) without rowid')).toEqual([1, 2, 0]);
    expect(storage('create table t(a, b as (a), c primary key) without rowid')).toEqual([1, -1, 0]);
  });

  it('takes names of checks from the last CONSTRAINT', () => {
    const sql =
      'create table t(a check(a > 1) constraint x check(a > 2 /*!*/) check(a > 3), b check(b), check(a > 4), constraint y unique(b), check(a > 5))';
    expect(table(sql).checks.map((c) => [c.name, c.text])).toEqual([
      [null, 'a > 1'],
      ['x', 'a > 2 /*!*/'],
      ['x', 'a > 3'],
      [null, 'b'],
      [null, 'a > 4'],
      [null, 'a > 5'],
    ]);
  });

  it('estimates rows and sizes as documented', () => {
    const t = table(
      'create table t(a unique, b, c, d, e, f, g, unique(a,b,c,d,e,f,g)); create index i on t(a,b,c,d,e,f) where a > 1',
    );
    expect(t.rowLogEst).toBe(200);
    expect(t.indexes.map((i) => i.rowLogEst)).toEqual([
      [190, 33, 32, 30, 28, 27, 23],
      [200, 33, 32, 30, 28, 27, 23, 0],
      [200, 0],
    ]);
    // Sizes in units of an integer: 5 for TEXT, k/4 + 1 for VARCHAR(k), and 1 for the rowid.
    expect(table('create table t(a int, b text, c varchar(40), d char)').rowSizeEst).toBe(62);
  });
});
