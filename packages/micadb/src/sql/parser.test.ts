/** The parser against the oracle: what it accepts, and the very words of its errors. */
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { SqliteError } from '../values/errors.ts';
import type { Expr, Select, Statement } from './ast.ts';
import { isComplete } from './complete.ts';
import { KEYWORDS } from './keywords.ts';
import { parseExpression, parseStatement } from './parser.ts';
import { CORPUS } from './test-corpus.ts';

/** What the oracle's parser says itself. All its other errors mean that it has read the whole statement. */
const FROM_PARSER = new RegExp(
  [
    'syntax error',
    'incomplete input',
    'unrecognized token',
    'unknown join type',
    'a JOIN clause is required',
    'clause should come after',
    'too many terms in compound',
    'variable number must',
    'too many SQL variables',
    'duplicate WITH',
    'unknown table option',
    'unsupported frame spec',
    'too many arguments on',
    'columns assigned',
    'error in generated column',
    'parameters are not allowed in views',
    'Recursion limit',
    'Expression tree is too',
    'all VALUES must',
    'clause is not allowed on',
    'cannot use RETURNING in a trigger',
  ].join('|'),
);

/** Errors that need the catalog, and that SQLite raises in the middle of a statement: what comes behind is not read. */
const FROM_CATALOG =
  /already exists|duplicate column|more than one primary|temporary t|unknown database|no such (?:table|view|module|col|function|index)|cannot create|AUTOINCREMENT|not constant|unknown column|foreign key|prohibited|reserved|cannot modify|must have at least|missing|may not be|ambiguous|cannot reference objects|qualified table names/;

const db = new Database(':memory:');
db.exec('CREATE TABLE t(a, b); CREATE TABLE u(a, b); CREATE TABLE a1(a)');

function oracle(sql: string): string {
  try {
    db.prepare(sql);
    return 'ok';
  } catch (e) {
    return (e as Error).message;
  }
}

function mica(sql: string): string {
  try {
    return parseStatement(sql) === null ? 'empty' : 'ok';
  } catch (e) {
    if (!(e instanceof SqliteError)) throw e;
    return e.message;
  }
}

/** What Mica has to answer where the oracle answers `theirs`; null where that does not tell. */
function expected(theirs: string, ours: string): string | null {
  if (theirs.startsWith('The supplied SQL string contains')) return null;
  if (FROM_PARSER.test(theirs)) return theirs;
  if (FROM_CATALOG.test(theirs) && ours !== 'ok') return null;
  return ours === 'empty' ? null : 'ok';
}

function generator(seed: number): (n: number) => number {
  let state = seed;
  return (n) => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
}

const TOKEN =
  /'(?:[^']|'')*'|"(?:[^"]|"")*"|\[[^\]]*\]|[\w$]+|->>|->|\|\||<<|>>|<=|>=|<>|!=|==|\S/g;

function tokens(sql: string): string[] {
  return sql.match(TOKEN) ?? [];
}

/** The statement with some tokens taken out, put in or exchanged. */
function broken(random: (n: number) => number, words: readonly string[]): string {
  const own = tokens(CORPUS[random(CORPUS.length)]!);
  const changes = 1 + random(3);
  for (let i = 0; i < changes; i++) {
    const at = random(own.length + 1);
    switch (random(5)) {
      case 0:
        own.splice(at, 1);
        break;
      case 1:
        own.splice(at, 0, words[random(words.length)]!);
        break;
      case 2:
        own.splice(at, 1, words[random(words.length)]!);
        break;
      case 3: {
        const other = tokens(CORPUS[random(CORPUS.length)]!);
        const from = random(other.length);
        own.splice(at, random(3), ...other.slice(from, from + 1 + random(6)));
        break;
      }
      default:
        own.length = Math.min(at, own.length);
    }
  }
  return own.join(' ');
}

function select(sql: string): Select {
  const { statement } = parseStatement(sql)!;
  if (statement.kind !== 'select') throw new Error('no select');
  return statement;
}

function columnTexts(sql: string): string[] {
  const { first } = select(sql);
  if (first.kind !== 'core') throw new Error('no core');
  return first.columns.map((c) => (c.kind === 'expr' ? c.text : c.kind));
}

/** An expression with all its parentheses. */
function shape(e: Expr): string {
  switch (e.kind) {
    case 'binary':
      return `(${shape(e.left)} ${e.op} ${shape(e.right)})`;
    case 'unary':
      return `(${e.op} ${shape(e.operand)})`;
    case 'like':
      return `(${shape(e.left)}${e.not ? ' NOT' : ''} ${e.op} ${shape(e.right)}${e.escape === null ? '' : ` ESCAPE ${shape(e.escape)}`})`;
    case 'between':
      return `(${shape(e.operand)}${e.not ? ' NOT' : ''} BETWEEN ${shape(e.low)} AND ${shape(e.high)})`;
    case 'collate':
      return `(${shape(e.operand)} COLLATE ${e.collation.text})`;
    case 'id':
      return e.name.text;
    case 'integer':
      return e.text;
    default:
      return e.kind;
  }
}

describe('the parser', () => {
  it('answers the corpus as the oracle does', () => {
    for (const sql of CORPUS) {
      const ours = mica(sql);
      const theirs = expected(oracle(sql), ours);
      if (theirs !== null) expect([sql, ours]).toEqual([sql, theirs]);
    }
  });

  it('reports broken statements in the words of the oracle', () => {
    const seed = 20261123;
    const random = generator(seed);
    const more =
      "+ - * / || -> ->> <= << & | ~ . , ; ( ) ( ) = != x'ab' 'str' \"dq\" [br] ?1 :p 1_0 !";
    const words = [...new Set(tokens(`${CORPUS.join(' ')} ${more}`))];
    for (let i = 0; i < 12_000; i++) {
      const sql = broken(random, words);
      if (/concurrent|\$/i.test(sql)) continue;
      const ours = mica(sql);
      const theirs = expected(oracle(sql), ours);
      if (theirs !== null) expect([seed, sql, ours]).toEqual([seed, sql, theirs]);
    }
  });

  it('splits broken text into tokens as the oracle does', () => {
    const seed = 8112026;
    const random = generator(seed);
    const pieces = [
      ...' \t\n\v\f\r\u00a0\ufeff\u2028\u00e9\u6f22\'"`[]()@:#?._-+*/%&|~<>=!;,019abxXeE\\^{}',
      ...['--', '/*', '*/', '0x', '1e', "x'", '->>', '||', ' ?9', ' :a', '1_0'],
    ];
    for (let i = 0; i < 6000; i++) {
      let sql = CORPUS[random(CORPUS.length)]!;
      for (let changes = 1 + random(3); changes > 0; changes--) {
        const at = random(sql.length + 1);
        const piece = random(3) === 0 ? '' : pieces[random(pieces.length)]!;
        sql = sql.slice(0, at) + piece + sql.slice(at + random(2));
      }
      // The oracle is built without Tcl-style parameters, name::(suffix).
      if (/concurrent|\$|::|[@:#][\w\u0080-\uffff]+\(/i.test(sql)) continue;
      const ours = mica(sql);
      const theirs = expected(oracle(sql), ours);
      if (theirs !== null) expect([seed, sql, ours]).toEqual([seed, sql, theirs]);
    }
  });

  it('takes the keywords as names where the oracle does', () => {
    const uses = ['savepoint KW', 'select 1 collate KW + 1', 'select 1 KW , 2', 'select KW , 2'];
    for (const keyword of KEYWORDS) {
      for (const use of uses) {
        const sql = use.replace('KW', keyword);
        const parsed = /syntax error|incomplete input/.test(oracle(sql)) ? 'no' : 'ok';
        expect([sql, mica(sql) === 'ok' ? 'ok' : 'no']).toEqual([sql, parsed]);
      }
    }
  });

  it.each([
    ['a + b * c - d', '((a + (b * c)) - d)'],
    ['a OR b AND NOT c = d', '(a OR (b AND (NOT (c = d))))'],
    ['a = b < c', '(a = (b < c))'],
    ['a < b = c', '((a < b) = c)'],
    ['a = b NOT LIKE c', '((a = b) NOT LIKE c)'],
    ['a LIKE b || c ESCAPE d AND e', '((a LIKE (b || c) ESCAPE d) AND e)'],
    ['a LIKE b LIKE c ESCAPE d', '((a LIKE b) LIKE c ESCAPE d)'],
    ['- a COLLATE x || b', '(((- a) COLLATE x) || b)'],
    ['~ a & b | c << d', '((((~ a) & b) | c) << d)'],
    ['a BETWEEN b AND c AND d', '((a BETWEEN b AND c) AND d)'],
    ['a BETWEEN b = c AND d = e', '((a BETWEEN (b = c) AND d) = e)'],
    ['a NOT BETWEEN NOT b AND c', '(a NOT BETWEEN (NOT b) AND c)'],
    ['a IS NOT b = c', '((a IS NOT b) = c)'],
    ['a IS NOT DISTINCT FROM b', '(a IS b)'],
    ['a IS NULL NOT NULL', '(NOTNULL (ISNULL a))'],
    ['a + NOT b = c', '(a + (NOT (b = c)))'],
    ['NOT a NOTNULL', '(NOT (NOTNULL a))'],
    ['a -> b ->> c || d', '(((a -> b) ->> c) || d)'],
    ['((a)) + (b)', '(a + b)'],
  ])('gives %s its operands', (text, tree) => {
    expect(shape(parseExpression(text))).toBe(tree);
  });

  it('cuts out the texts that SQLite shows', () => {
    const sql = 'SELECT 1+  2 /* c */ , ( a ) b,x.* , "q" -- end';
    expect(columnTexts(sql)).toEqual(['1+  2 /* c */', '( a )', 'tableStar', '"q" -- end']);
    for (const q of ['select 1 /* c */ , 2  ', 'select  ( 1 )+2 -- c', "select 'a'  ||  'b';"]) {
      expect(columnTexts(q)).toEqual(
        db
          .prepare(q)
          .columns()
          .map((c) => c.name),
      );
    }
    const e = parseExpression(' ( (a) + b ) ');
    expect([e.pos, e.end]).toEqual([1, 12]);
  });

  it('bounds the text of schema objects as the oracle stores it', () => {
    const bounds = (s: Statement): [number, number] => {
      switch (s.kind) {
        case 'createTable':
        case 'createIndex':
        case 'createView':
        case 'createTrigger':
        case 'createVirtualTable':
          return [s.namePos, s.end];
        default:
          throw new Error(s.kind);
      }
    };
    const cases = [
      'create table main . x1 ( a ) ; ',
      'create table x2(a int) strict -- foo\n ;',
      'create table x3(a primary key) without rowid /* foo */ ',
      'create  unique index main.i1 on t(a)  /* c */ ',
      'create index i2 on t(a)  ; ',
      'create view v1 as select 1 /* c */ ; ',
      'create view v2(a) as select 1 /* c */  ',
      'create trigger main.r1 before insert on t begin select 1; end  /* c */ ;',
      'create virtual table f1 using  fts5 ( a , b )  ;',
    ];
    for (const sql of cases) {
      const [from, to] = bounds(parseStatement(sql)!.statement);
      const other = new Database(':memory:');
      other.exec('create table t(a, b)');
      other.exec(sql);
      const stored = other.prepare("select sql from sqlite_schema where name <> 't'").pluck().get();
      expect(String(stored).endsWith(` ${sql.slice(from, to)}`), sql).toBe(true);
      other.close();
    }
  });

  it('keeps the text of defaults as the oracle shows it', () => {
    const sql =
      "create table d(a default 5, b default - 5, c default (1+ 2 ), e default ( (3) /*x*/ ), f default key, g default 'x', h default \"q\", i default /*p*/ 7 /*q*/, j default current_time, k default true, l default x'00', m default + 5.0, n default [z])";
    const { statement } = parseStatement(sql)!;
    if (statement.kind !== 'createTable') throw new Error('no table');
    const texts = statement.columns.map((c) =>
      c.constraints[0]?.kind === 'default' ? c.constraints[0].text : null,
    );
    const other = new Database(':memory:');
    other.exec(sql);
    const theirs = other.pragma('table_info(d)') as { dflt_value: string }[];
    expect(texts).toEqual(theirs.map((c) => c.dflt_value));
  });

  it('answers deep nesting with an error of the statement', () => {
    const nested = (n: number, open: string, close: string): string =>
      `select ${open.repeat(n)}1${close.repeat(n)}`;
    expect(mica(nested(2400, '(', ')'))).toBe('ok');
    expect(mica(nested(2600, '(', ')'))).toBe('Recursion limit');
    expect(mica(nested(400, 'abs(', ')'))).toBe('ok');
    // As deep as SQLite takes them, and not deeper.
    for (const [depth, open, close] of [
      [831, 'abs(', ')'],
      [999, 'cast(', ' as int)'],
      [498, 'case when 1 then ', ' end'],
      [999, '- ', ''],
    ] as const) {
      for (const n of [depth, depth + 1]) {
        const sql = nested(n, open, close);
        expect([n, open, mica(sql)]).toEqual([n, open, oracle(sql)]);
      }
    }
    for (const n of [10, 1010]) {
      const sql = `select 'a'${' collate nocase'.repeat(n)}`;
      expect(mica(sql)).toBe(oracle(sql));
    }
    for (const open of ['(select ', 'abs(', 'case when 1 then ', 'cast(', '- ', 'exists(select ']) {
      expect(mica(nested(50_000, open, open.includes('case') ? ' end' : ')'))).toMatch(
        /Recursion limit|Expression tree|syntax error/,
      );
    }
    const chain = 'Expression tree is too large (maximum depth 1000)';
    for (const op of ['+', ' and ', ' or ', '||']) {
      expect(mica(`select ${`1${op}`.repeat(999)}1`)).toBe('ok');
      expect(mica(`select ${`1${op}`.repeat(1000)}1`)).toBe(chain);
      expect(mica(`select ${`1${op}`.repeat(50_000)}1`)).toBe(chain);
    }
    expect(mica(`select ${'1 union all select '.repeat(499)}1`)).toBe('ok');
    expect(mica(`select ${'1 union all select '.repeat(500)}1`)).toBe(
      'too many terms in compound SELECT',
    );
    expect(mica(`values ${'(1),'.repeat(20_000)}(1)`)).toBe('ok');
  });

  it('numbers parameters as SQLite does', () => {
    const p = parseStatement('select ?, :a, ?5, :a, @b, ?, #c, $d::e(f)')!;
    expect(p.parameterCount).toBe(9);
    expect(p.parameterNames).toEqual([null, ':a', null, null, '?5', '@b', null, '#c', '$d::e(f)']);
  });

  it('knows where a statement ends', () => {
    const sql = ';; select 1 ; -- note\n select 2';
    const first = parseStatement(sql)!;
    expect(sql.slice(first.start, first.end)).toBe('select 1');
    const second = parseStatement(sql, first.next)!;
    expect(sql.slice(second.start, second.end)).toBe('select 2');
    expect(parseStatement(sql, second.next)).toBeNull();
    expect(parseStatement('select 1\0 garbage')!.end).toBe(8);
  });

  it('gives the offset of the token at fault', () => {
    for (const [sql, offset] of [
      ['select 1 from from', 14],
      ['select !', 7],
      ['select (', -1],
    ] as const) {
      try {
        parseStatement(sql);
        expect.unreachable();
      } catch (e) {
        expect(e instanceof SqliteError ? e.offset : e).toBe(offset);
      }
    }
  });

  it('reads integers exactly', () => {
    const value = (text: string): unknown => {
      const e = parseExpression(text);
      return e.kind === 'integer' || e.kind === 'real' ? e.value : e.kind;
    };
    expect(value('9007199254740993')).toBe(9007199254740993n);
    expect(value('9223372036854775808')).toBe(9223372036854775808n);
    expect(value('9223372036854775809')).toBe(2 ** 63);
    expect(value('0xffffffffffffffff')).toBe(-1);
    expect(value('0x00000000000000001f')).toBe(31);
    expect(value('1_000.5e1_0')).toBe(10005000000000);
  });

  it('tells whole input from input that goes on', () => {
    for (const [sql, whole] of [
      ['select 1;', true],
      ['select 1; -- note', true],
      ['select 1; /* note */ ', true],
      ['', false],
      ['  ', false],
      [';', true],
      ['select 1', false],
      ["select ';", false],
      ['select [;', false],
      ['select 1; /* open', false],
      ['create trigger t after insert on x begin select 1;', false],
      ['create temp trigger t after insert on x begin select 1; end', false],
      ['create trigger t after insert on x begin select 1; end;', true],
      ['explain create trigger t after insert on x begin select 1; end;', true],
      ['create table trigger(a);', true],
      ['create trigger t begin select 1; end x;', false],
    ] as const) {
      expect([sql, isComplete(sql)]).toEqual([sql, whole]);
    }
  });
});
