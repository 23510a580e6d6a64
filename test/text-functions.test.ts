/** Functions on text in all tiers against SQLite: compiled code gives them bytes of pages where others give strings. */
import Oracle from 'better-sqlite3';
import { Database, type TierMode } from 'micadb';
import { describe, expect, it } from 'vitest';

const setup = `
CREATE TABLE t(id INTEGER PRIMARY KEY, s TEXT, u, j TEXT, d TEXT, r REAL);
WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 1200)
  INSERT INTO t SELECT i,
    CASE i % 9 WHEN 0 THEN NULL WHEN 1 THEN 'Größe ' || i WHEN 2 THEN '  it''s ' || i || ' ' WHEN 3 THEN ''
      WHEN 4 THEN 'a' || char(0) || 'b' WHEN 5 THEN CAST(x'61ff62c3' AS TEXT) WHEN 6 THEN hex(zeroblob(i)) ELSE 'Beta alpha ' || i END,
    CASE i % 6 WHEN 0 THEN i WHEN 1 THEN i * 0.25 WHEN 2 THEN x'00ff41' WHEN 3 THEN 'u' || i WHEN 4 THEN NULL ELSE 'alpha' END,
    CASE i % 5 WHEN 0 THEN '{a:' || i || '}' ELSE '{"a": ' || i || ', "b": ["x\\n", "y"], "c": {"d": "ö' || i || '"}}' END,
    CASE i % 7 WHEN 0 THEN 'now and then' ELSE date(1e9 + i * 86400, 'unixepoch') || CASE i % 2 WHEN 1 THEN ' 12:34:56' ELSE '' END END,
    i * 1.37 - 1000 FROM c;
`;

const expressions = [
  ...[
    'upper(s)',
    'lower(s)',
    'trim(s)',
    "ltrim(s, 'aB ')",
    'rtrim(s)',
    "replace(s, 'a', 'xy')",
    'hex(s)',
    'quote(s)',
  ],
  ...[
    'substr(s, 2)',
    'substr(s, -3)',
    'substr(s, id % 5, 3)',
    'unicode(s)',
    'instr(s, u)',
    "instr(s, 'a')",
  ],
  ...[
    "s || '-' || u || s",
    's || NULL',
    "u || u || s || 'x'",
    'concat(s, u, s)',
    "concat_ws(', ', s, u, id)",
  ],
  ...[
    "printf('%d-%s', id, s)",
    "printf('%.2f|%05d', r, id)",
    "format('%s%s', s, u)",
    'max(s, j)',
    'min(s, u)',
  ],
  ...[
    "json_object('s', s, 'i', id)",
    'json_array(s, r, id, j)',
    'json_quote(s)',
    'json(j)',
    "j -> 'b'",
    "j ->> 'a'",
  ],
  ...[
    "json_extract(j, '$.c.d')",
    "json_extract(j, '$.a', '$.b')",
    "json_type(j, '$.b')",
    "j -> 'c' ->> 'd'",
  ],
  ...[
    "json_array(json(j), j -> 'b', s)",
    "json_array_length(j, '$.b')",
    "json_array(json_extract(j, '$.b'), upper(s))",
  ],
  ...[
    'date(d)',
    "datetime(d, '+1 month')",
    "strftime('%Y/%j', d)",
    'julianday(d)',
    'unixepoch(d)',
    "time(d, '-1 hour')",
  ],
  ...[
    'upper(trim(s)) || lower(substr(s, 3)) || date(d)',
    "length(replace(upper(s), 'A', '')) + length(hex(s))",
  ],
  ...[
    "CASE WHEN upper(s) > 'C' THEN lower(s) || '!' ELSE trim(s) END",
    "upper(s) = 'BETA ALPHA 7'",
    'typeof(upper(u))',
  ],
];
const queries = [
  ...expressions.map((e) => `SELECT id, ${e} FROM t`),
  ...expressions.map((e) => `SELECT max(${e}), min(${e}), count(${e}) FROM t`),
  'SELECT sum(s), total(d), avg(substr(s, 3)), sum(j), min(s), max(s), min(upper(s)), max(d || s) FROM t',
  'SELECT id % 50, min(s), max(s), count(s), sum(d), max(u), min(u) FROM t GROUP BY 1',
  'SELECT id % 50, group_concat(s), string_agg(s, d), group_concat(id), group_concat(upper(s), s) FROM t GROUP BY 1',
  'SELECT id % 50, json_group_array(s), json_group_object(d, s), json_group_array(id) FROM t GROUP BY 1',
  'SELECT upper(s) AS x, count(*), max(lower(s)) FROM t GROUP BY x ORDER BY x DESC',
  'SELECT DISTINCT trim(s) FROM t ORDER BY length(s), 1',
  'SELECT a.id, b.id, a.s || b.s FROM t a JOIN t b ON b.id = a.id + 1 AND upper(b.s) > lower(a.s)',
  ...['LIKE', 'NOT LIKE', 'GLOB'].flatMap((op) => [
    `WITH x(p) AS (VALUES ('%alpha%'), ('Be%'), ('*lph*'), ('_e%'), ('%7'), (''), ('Größe*'), (NULL), (7)) SELECT p, id FROM x CROSS JOIN t WHERE s ${op} p`,
    `SELECT id, s ${op} substr(s, 1, id % 4) || '%', d ${op} '*' || (id % 10) || '*' FROM t`,
    `SELECT id FROM t WHERE s ${op} (SELECT '%' || max(u) || '%' FROM t)`,
  ]),
  'SELECT group_concat(s) OVER (ORDER BY id ROWS 2 PRECEDING), max(s) OVER (ORDER BY id ROWS 2 PRECEDING) FROM t',
  'SELECT s COLLATE nocase, max(s COLLATE nocase), min(upper(s) COLLATE rtrim) FROM t GROUP BY 1 ORDER BY 1, 2',
  "WITH RECURSIVE c(i, x) AS (SELECT 1, 'a' UNION ALL SELECT i + 1, substr(upper(x) || i || 'z', -20) FROM c WHERE i < 3000) SELECT max(x), sum(length(x)) FROM c",
];

/** All values told apart by type, texts by their bytes. */
function rows(all: unknown[][]): unknown[][] {
  return all.map((row) =>
    row.map((v) => (v instanceof Uint8Array ? `x${Buffer.from(v).toString('hex')}` : v)),
  );
}

describe.each([
  ['interpreter', 'UTF-8'],
  ['compiled', 'UTF-8'],
  ['auto', 'UTF-8'],
  ['compiled', 'UTF-16le'],
] as const)('text functions: %s, %s', (tier: TierMode, encoding) => {
  const mica = new Database(':memory:', { tier });
  const oracle = new Oracle(':memory:');
  for (const db of [mica, oracle]) db.exec(`PRAGMA encoding = '${encoding}'; ${setup}`);
  // The plan of the rows may end in an error: then it is the same one.
  const answer = (run: () => unknown[][]) => {
    try {
      return rows(run());
    } catch (e) {
      return (e as Error).message;
    }
  };

  it('gives the functions bytes where it can', () => {
    const { javascript } = mica.prepare('SELECT max(s), count(upper(s)), min(s || d) FROM t');
    for (const call of ['callLoose(', 'join(', '.loose,g']) {
      expect(javascript?.includes(call)).toBe(encoding === 'UTF-8');
    }
  });

  it.each(queries)('%s', (sql) => {
    const wanted = answer(() => oracle.prepare(sql).raw().all() as unknown[][]);
    const st = mica.prepare(sql).mode('raw');
    for (let i = 0; i < 2; i++) expect(answer(() => st.all() as unknown[][])).toEqual(wanted);
  });
});
