/** The parser against the oracle: what it accepts, and the very words of its errors. */
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { SqliteError } from '../values/errors.ts';
import { isComplete } from './complete.ts';
import { parseStatement } from './parser.ts';

const STATEMENTS = [
  'select a,b from t where a=1 and b<2 or not c is null order by 1 desc limit 3 offset 2',
  'with recursive x(a) as (select 1 union all select a+1 from x where a<10) select * from x',
  'insert into t(a,b) values(1,2),(3,4) on conflict(a) do update set b=excluded.b where b>2 returning *, a+1 as c',
  'update or ignore t set (a,b)=(1,2), c=3 from u where t.a=u.a',
  'select sum(a) filter (where b>1) over (partition by c order by d rows between 1 preceding and current row exclude ties) from t window w as (order by a)',
  "create table t(a integer primary key autoincrement, b text not null default 'x' collate nocase check(b<>''), c references p(x) on delete cascade deferrable initially deferred, unique(a,b) on conflict replace, foreign key(a) references q)",
  'create table t(a generated always as (1) stored, b as (2)) strict, without rowid',
  "select case when a then b else c end, cast(a as varchar(10)), a between 1 and 2, a in (1,2), a not in (select 1), exists(select 1), -5, +3, ~2, x'ab', 1_000, 0x1F, 1.5e3, ?, ?3, :a, @b from t left outer join u using(a) natural join v cross join (select 1) as w",
  'select a.b.c, [x y], `q`, "z" from main.t as tt indexed by i',
  'pragma main.table_info(t)',
  'pragma foreign_keys=on',
  'explain query plan select 1',
  'values(1,2),(3,4)',
  'select 1 union select 2 except select 3 order by 1',
  'delete from t where a=1 returning a',
  'create unique index if not exists i on t(a collate nocase desc, b+1) where a>0',
  'alter table t rename column a to b',
  "attach 'x' as y",
  'savepoint a',
  "vacuum into 'x'",
  'select * from (t join u) left join (v join w on 1) on 2',
  'select a isnull, b notnull, c not null, d is not distinct from e from t',
  "select 'it''s' || x -> '$.a' ->> 'b' from t",
  'begin immediate transaction',
  'select left, right from t',
  'select key, desc from t',
  'create view v(a,b) as select 1,2',
  'drop table if exists main.t',
];

/** Errors that the oracle raises while parsing; all others mean that it understood the text. */
const SYNTAX =
  /syntax error|incomplete input|unrecognized token|unknown join type|should come after|too big|NATURAL join|variable number/;

const db = new Database(':memory:');

function oracle(sql: string): string {
  try {
    db.prepare(sql);
    return 'ok';
  } catch (e) {
    const { message } = e as Error;
    return SYNTAX.test(message) ? message : 'ok';
  }
}

function mica(sql: string): string {
  try {
    parseStatement(sql);
    return 'ok';
  } catch (e) {
    if (!(e instanceof SqliteError)) throw e;
    return e.message;
  }
}

/** Deterministic pseudo-random numbers for the mutations. */
function generator(seed: number): (n: number) => number {
  let state = seed;
  return (n) => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return state % n;
  };
}

describe('parser', () => {
  it('accepts what the oracle accepts', () => {
    for (const sql of STATEMENTS) expect([sql, mica(sql)]).toEqual([sql, oracle(sql)]);
  });

  it('reports broken statements in the words of the oracle', () => {
    const random = generator(20261123);
    const words = STATEMENTS.join(' ').match(/[A-Za-z_]+|\d+|'[^']*'|[(),;=<>+*.]/g)!;
    for (let i = 0; i < 6000; i++) {
      const tokens = STATEMENTS[random(STATEMENTS.length)]!.match(/\s+|[A-Za-z_]+|\d+|'[^']*'|./g)!;
      const at = random(tokens.length);
      const word = ` ${words[random(words.length)]} `;
      const kind = random(4);
      if (kind === 0) tokens.splice(at, 1);
      else if (kind === 1) tokens.splice(at, 0, word);
      else if (kind === 2) tokens[at] = word;
      else tokens.length = at;
      const sql = tokens.join('');
      if (sql.trim() === '' || /;\s*\S/.test(sql)) continue;
      expect([sql, mica(sql)]).toEqual([sql, oracle(sql)]);
    }
  });

  it('answers deep nesting with an error', () => {
    for (const sql of [
      `select ${'('.repeat(5000)}1${')'.repeat(5000)}`,
      `select ${'-'.repeat(1)}${'(select '.repeat(3000)}1${')'.repeat(3000)}`,
      `select ${'1+'.repeat(20_000)}1`,
      `select ${'not '.repeat(20_000)}1`,
    ]) {
      expect(() => parseStatement(sql)).toThrow(SqliteError);
    }
  });

  it('numbers parameters as SQLite does', () => {
    const p = parseStatement('select ?, :a, ?5, :a, @b, ?')!;
    expect(p.parameterCount).toBe(7);
    expect(p.parameterNames).toEqual([null, ':a', null, null, '?5', '@b', null]);
  });

  it('knows where a statement ends', () => {
    const sql = 'select 1; -- note\n select 2';
    const first = parseStatement(sql)!;
    expect(sql.slice(first.start, first.end)).toBe('select 1');
    const second = parseStatement(sql, first.next)!;
    expect(sql.slice(second.start, second.end)).toBe('select 2');
    expect(parseStatement(sql, second.next)).toBeNull();
  });

  it('tells whole input from input that goes on', () => {
    expect(isComplete('select 1;')).toBe(true);
    expect(isComplete('select 1')).toBe(false);
    expect(isComplete("select ';")).toBe(false);
    expect(isComplete('select 1; /* open')).toBe(false);
    expect(isComplete('create trigger t after insert on x begin select 1;')).toBe(false);
    expect(isComplete('create trigger t after insert on x begin select 1; end;')).toBe(true);
  });
});
