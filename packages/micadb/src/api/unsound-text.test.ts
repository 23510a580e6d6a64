/**
 * Text that is not well-formed (lone surrogates, U+FFFE and U+FFFF in UTF-16, stray bytes in UTF-8) in
 * functions, comparisons and keys: what the oracle makes of it in each encoding.
 */
import Oracle from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import Mica from './better-sqlite3.ts';

type Db = Oracle.Database;

/** Numbers from 0 to n - 1, the same in every run. */
function random(seed: number): (n: number) => number {
  let state = seed;
  return (n) => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return (state >> 8) % n;
  };
}

// Half of the units are surrogates or no characters.
const UNITS = [
  0x41, 0x61, 0x20, 0x5a, 0x25, 0x5f, 0, 0xe9, 0x212a, 0xfffd, 0xe000, 0xd800, 0xdc00, 0xd83d,
  0xde00, 0xdbff, 0xdfff, 0xffff, 0xfffe, 0xfeff,
];

function samples(encoding: string, count: number, seed: number): string[] {
  const next = random(seed);
  const list: string[] = [];
  for (let i = 0; i < count; i++) {
    const bytes: number[] = [];
    for (let n = next(5); n > 0; n--) {
      if (encoding === 'utf-8') {
        bytes.push(next(256));
        continue;
      }
      const u = UNITS[next(UNITS.length)]!;
      if (encoding === 'utf-16le') bytes.push(u & 255, u >> 8);
      else bytes.push(u >> 8, u & 255);
    }
    if (next(12) === 0) bytes.push(0x41);
    list.push(Buffer.from(bytes).toString('hex'));
  }
  return list;
}

const EXPRESSIONS = [
  'a',
  'hex(a)',
  'length(a)',
  'octet_length(a)',
  'unicode(a)',
  'hex(substr(a, 2))',
  'hex(substr(a, -1))',
  'hex(substr(a, 1, 1))',
  'hex(substr(a, -2, 1))',
  'hex(upper(a))',
  'hex(lower(a))',
  'hex(trim(a))',
  "hex(rtrim(a, ' a'))",
  'hex(trim(a, char(65535)))',
  "hex(a || 'x')",
  'hex(a || a)',
  'length(a || a)',
  'hex(zeroblob(1) || a)',
  'quote(a)',
  "hex(replace(a, 'a', 'bb'))",
  "hex(replace(a, '', 'b'))",
  "instr(a, 'A')",
  'instr(a, substr(a, 2, 1))',
  'hex(CAST(a AS BLOB))',
  "a LIKE 'a%'",
  "a LIKE '%a'",
  "a LIKE '_'",
  "a LIKE '__'",
  "a GLOB '?'",
  "a GLOB '*a'",
  'hex(char(unicode(a)))',
  'hex(unistr(a))',
  "hex(printf('%s', a))",
  "hex(printf('%5s', a))",
  "hex(printf('%.1s', a))",
  "hex(printf('%c', a))",
  "hex(concat(a, 'z'))",
  'soundex(a)',
  'hex(json_quote(a))',
  'json_valid(a)',
  'hex(json_array(a))',
  'CAST(a AS INTEGER)',
  'a + 1',
  'hex((SELECT group_concat(a) FROM t AS u WHERE u.id = t.id))',
];

const PAIRS = [
  'x.n = y.n',
  'x.r = y.r',
  'x.n < y.n',
  'x.r < y.r',
  'x.a < y.a',
  'x.a LIKE y.a',
  'x.a GLOB y.a',
  'instr(x.a, y.a)',
  "hex(replace(x.a, y.a, '_'))",
  'hex(trim(x.a, y.a))',
  'hex(x.a || y.a)',
  "hex(concat_ws(x.a, y.a, '1'))",
  'x.a LIKE y.a ESCAPE x.e',
];

const STATEMENTS = [
  'SELECT id FROM t ORDER BY a, id',
  'SELECT id FROM t ORDER BY n, id',
  'SELECT id FROM t ORDER BY r DESC, id',
  'SELECT DISTINCT hex(a) FROM t ORDER BY 1',
  'SELECT hex(n), count(*) FROM t GROUP BY n',
  'SELECT hex(r), count(*) FROM t GROUP BY r',
  'SELECT hex(max(n)), hex(min(r)), hex(max(a)) FROM t',
  'SELECT x.id, y.id FROM t AS x CROSS JOIN t AS y ON x.n = y.n ORDER BY 1, 2',
];

/** Databases of both, filled alike; every other sample is stored through a parameter-free INSERT. */
function fill(encoding: string, values: readonly string[]): [Db, Db] {
  const dbs = [new Oracle(':memory:'), new Mica(':memory:') as unknown as Db] as [Db, Db];
  for (const db of dbs) {
    db.pragma(`encoding = '${encoding}'`);
    db.exec(`CREATE TABLE t(id INTEGER PRIMARY KEY, a, n TEXT COLLATE nocase, r TEXT COLLATE rtrim, e DEFAULT '%');
      CREATE INDEX tn ON t(n); CREATE INDEX tr ON t(r); BEGIN`);
    for (const hex of values) {
      const text = `CAST(x'${hex}' AS TEXT)`;
      db.exec(`INSERT INTO t(a, n, r) VALUES(${text}, ${text}, ${text})`);
    }
    db.exec('COMMIT');
  }
  return dbs;
}

function rows(db: Db, sql: string): unknown {
  try {
    return db.prepare(sql).raw().all();
  } catch (e) {
    return String(e);
  }
}

describe.each(['utf-8', 'utf-16le', 'utf-16be'])('%s', (encoding) => {
  const values = samples(encoding, 40, encoding.length * 31);
  const [oracle, mica] = fill(encoding, values);
  const compare = (sql: string): void => {
    expect(rows(mica, sql), sql).toEqual(rows(oracle, sql));
  };

  test('functions', () => {
    for (const e of EXPRESSIONS) compare(`SELECT id, hex(a), ${e} FROM t ORDER BY id`);
  });

  test('pairs', () => {
    for (const e of PAIRS) {
      compare(`SELECT hex(x.a), hex(y.a), ${e} FROM t AS x CROSS JOIN t AS y ORDER BY x.id, y.id`);
    }
  });

  test('order, groups, keys', () => {
    for (const sql of STATEMENTS) compare(sql);
  });

  test('literals, parameters and results of users', () => {
    for (const db of [oracle, mica]) {
      db.function('same', (v: unknown) => v);
      db.function('made', () => 'q\uffff\ufffe\ud800');
    }
    const sql = `SELECT hex('\uffff\ufffe' || 'b'), hex(?), hex(same('\uffff')), hex(made()),
      hex(char(65535, 65534)), hex(json_quote(char(65535))), unicode('\ufffe')`;
    const run = (db: Db): unknown => db.prepare(sql).raw().get('x\uffff\ufffe\udc00');
    expect(run(mica)).toEqual(run(oracle));
  });
});
