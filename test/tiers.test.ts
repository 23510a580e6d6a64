/** Interpreter and compiled code: the same rows, errors and side effects, and the ways from one to the other. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Database, type TierMode } from 'micadb';
import { afterAll, describe, expect, it } from 'vitest';

const ROWS = 3000;

const setup = `
CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT, age INT, score REAL, big INT, any);
WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < ${ROWS})
  INSERT INTO t SELECT i, CASE WHEN i % 7 = 0 THEN NULL ELSE 'nämé' || (i % 113) END, (i * 7919) % 100,
    CASE WHEN i % 11 = 0 THEN NULL ELSE i * 0.25 - 100 END, i * 3074457345618258,
    CASE i % 5 WHEN 0 THEN NULL WHEN 1 THEN i WHEN 2 THEN i * 0.5 WHEN 3 THEN 't' || i ELSE x'00ff' END FROM c;
ALTER TABLE t ADD COLUMN later DEFAULT 'new';
UPDATE t SET later = id WHERE id % 2;
CREATE TABLE u(k TEXT PRIMARY KEY, v INT) WITHOUT ROWID;
INSERT INTO u SELECT 'nämé' || (id % 113), sum(age) FROM t GROUP BY 1;
CREATE INDEX t_age ON t(age, score);
CREATE TABLE log(what, n);
CREATE TABLE keys(q PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE long(id INTEGER PRIMARY KEY, a TEXT, b BLOB, c);
INSERT INTO long SELECT id, CASE WHEN id % 3 THEN printf('%.*c', id * 3, 'l') || id END, zeroblob(id * 3), id FROM t;
CREATE TRIGGER t_upd AFTER UPDATE OF age ON t BEGIN INSERT INTO log VALUES (old.name, new.age); END;
`;

const queries = [
  'SELECT count(*), sum(score), total(age), avg(score), min(score), max(name) FROM t WHERE age >= 18 AND age < 65',
  'SELECT sum(big), sum(big + 9007199254740000), total(big * 3), max(big * 7) FROM t WHERE id < 50',
  "SELECT id, any + 1, any * 2.5, any / 3, any % 7, any || '!', -any, any & 6, any | 9, any << 2 FROM t",
  'SELECT id, any = 3, any < 5, any > id, any IS NULL, any IS id, age BETWEEN 5 AND id, NOT any FROM t',
  'SELECT id, CASE WHEN age < 30 THEN score WHEN age < 60 THEN score * 2 ELSE 0.0 END, name FROM t ORDER BY id DESC',
  "SELECT count(*) FROM t WHERE name LIKE '%É1%' OR name LIKE 'nämé1%' OR name GLOB '*9'",
  "SELECT sum(length(name)), max(substr(name, 3, 4)), sum(instr(name, 'é')), sum(octet_length(name)) FROM t",
  "SELECT upper(name), printf('%05d|%s', id, name), coalesce(name, any), later, typeof(later) FROM t",
  'SELECT age, count(*), sum(score), name FROM t GROUP BY age HAVING count(*) > 3',
  'SELECT name, any, count(*), group_concat(id) FROM t GROUP BY name, any',
  'SELECT DISTINCT age, name FROM t NOT INDEXED',
  'SELECT id, name FROM t ORDER BY name, score DESC LIMIT 100 OFFSET 7',
  'SELECT id FROM t ORDER BY any, big DESC',
  'SELECT t.id, u.v FROM t JOIN u ON u.k = t.name WHERE t.age < 40',
  'SELECT a.id, b.id FROM t a LEFT JOIN t b ON b.id = a.any AND b.age > 50',
  'SELECT count(*) FROM t a WHERE EXISTS (SELECT 1 FROM u WHERE u.k = a.name AND u.v > 1000)',
  'SELECT age, row_number() OVER (PARTITION BY age ORDER BY score), sum(score) OVER (ORDER BY id ROWS 3 PRECEDING) FROM t',
  'WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 5000) SELECT sum(i), max(i) FROM c',
  'SELECT age FROM t UNION SELECT v FROM u EXCEPT SELECT 7',
  'SELECT * FROM t WHERE id IN (SELECT any FROM t) AND name NOT IN (SELECT k FROM u WHERE v < 1000)',
  'SELECT max(id) FROM t WHERE name = ? AND age <> ?',
  // Values on overflow pages: what is asked only for its type or length is not read.
  'SELECT a, length(a), c FROM long WHERE a IS NOT NULL AND id % 5 = 0',
  'SELECT id, length(a), substr(a, 1, 3), typeof(b), length(b), octet_length(a), hex(substr(b, 1, 2)) FROM long',
  'SELECT typeof(a), a FROM long WHERE id % 7 = 0 ORDER BY a',
  'SELECT length(b), b, c FROM long WHERE length(b) > 8900',
];

const changes = [
  'UPDATE t SET age = age + 1, score = -score WHERE id % 3 = 0',
  "INSERT INTO t(name, age, score, any) SELECT name || 'x', age, score, id FROM t WHERE age < 20 RETURNING id, name",
  "INSERT INTO u SELECT 'nämé' || (id % 200), id FROM t WHERE true ON CONFLICT(k) DO UPDATE SET v = v + excluded.v",
  'DELETE FROM t WHERE id % 13 = 0',
  'INSERT OR IGNORE INTO keys SELECT a FROM long WHERE a IS NOT NULL',
  'SELECT count(*), sum(length(q)), max(q) FROM keys',
  'SELECT count(*), sum(n) FROM log',
  'SELECT * FROM u',
];

function open(tier: TierMode): Database {
  const db = new Database(':memory:', { tier });
  db.exec(setup);
  return db;
}

describe('both tiers', () => {
  const databases = (['interpreter', 'compiled', 'auto'] as const).map(open);
  const [interpreter, ...others] = databases as [Database, Database, Database];
  const parameters = (sql: string) => (sql.includes('?') ? ['nämé5', 7] : []);

  it.each(queries)('%s', (sql) => {
    const expected = interpreter
      .prepare(sql)
      .exact()
      .mode('raw')
      .all(...parameters(sql));
    expect(expected.length).toBeGreaterThan(0);
    for (const db of others) {
      const statement = db.prepare(sql).exact().mode('raw');
      for (let run = 0; run < 3; run++) expect(statement.all(...parameters(sql))).toEqual(expected);
    }
  });

  it('changes', () => {
    for (const sql of changes) {
      const expected = interpreter.prepare(sql).exact().mode('raw').all();
      for (const db of others)
        expect(db.prepare(sql).exact().mode('raw').all(), sql).toEqual(expected);
    }
    for (const db of databases)
      expect(db.prepare('PRAGMA integrity_check').mode('pluck').get()).toBe('ok');
  });

  it('the same errors', () => {
    for (const sql of [
      'SELECT sum(id + 9223372036854775000) FROM t',
      'SELECT abs(-9223372036854775807 - (id > 2000)) FROM t',
      'INSERT INTO t(id) SELECT id + 500 FROM t',
      "SELECT json_extract(name, '$') FROM t WHERE id > 2500",
    ]) {
      const messages = databases.map((db) => {
        try {
          db.prepare(sql).exact().mode('raw').all();
          return 'no error';
        } catch (e) {
          return String(e);
        }
      });
      expect(messages[1], sql).toBe(messages[0]);
      expect(messages[2], sql).toBe(messages[0]);
    }
  });

  afterAll(() => {
    for (const db of databases) db.close();
  });
});

describe('compiled code', () => {
  it('is shown by a statement', () => {
    const db = open('auto');
    const source = db.prepare('SELECT sum(score) FROM t WHERE age > 3').javascript;
    expect(source).toContain('return function');
    db.close();
  });

  it('lets other statements change the table that it walks', () => {
    const db = open('compiled');
    const seen: number[] = [];
    const change = db.prepare('UPDATE t SET score = score + 1, name = ? WHERE id = ?');
    const drop = db.prepare('DELETE FROM t WHERE id = ?');
    for (const row of db.prepare('SELECT id, name, score FROM t').iterate() as Iterable<{
      id: number;
    }>) {
      seen.push(row.id);
      change.run('y'.repeat(row.id % 300), row.id + 1);
      if (row.id % 10 === 5) drop.run(row.id + 1);
    }
    expect(seen.length).toBe(ROWS - ROWS / 10);
    expect(seen.every((id) => id % 10 !== 6)).toBe(true);
    expect(db.prepare('PRAGMA integrity_check').mode('pluck').get()).toBe('ok');
    db.close();
  });

  it('calls functions of the user that change the table', () => {
    const db = open('compiled');
    db.function('touch', (id: number) => {
      db.prepare('UPDATE t SET name = ? WHERE id = ?').run('z'.repeat(id % 50), id + 1);
      return id;
    });
    const rows = db
      .prepare('SELECT id, name, touch(id), length(name) FROM t WHERE id < 500')
      .exact()
      .mode('raw')
      .all();
    expect(
      rows
        .slice(1)
        .every(
          ([id, name, , length]) =>
            (name as string).length === length && length === ((id as number) - 1) % 50,
        ),
    ).toBe(true);
    db.close();
  });

  it('hands exceptions of the user on as they are', () => {
    const db = open('compiled');
    const error = new Error('mine');
    db.function('fails', (n: number) => {
      if (n === 1500) throw error;
      return n;
    });
    let caught: unknown;
    try {
      db.prepare('SELECT sum(fails(id)) FROM t').all();
    } catch (e) {
      caught = e;
    }
    expect(caught).toBe(error);
    expect(db.prepare('SELECT count(*) FROM t').mode('pluck').get()).toBe(ROWS);
    db.close();
  });

  it('compiles a program too large for one function loop by loop', () => {
    const terms = Array.from(
      { length: 400 },
      (_, i) => `sum(CASE WHEN age > ${i % 90} THEN score + ${i} END)`,
    );
    const sql = `SELECT ${terms.join(', ')} FROM t`;
    const [a, b] = (['interpreter', 'compiled'] as const).map((tier) => {
      const db = open(tier);
      const rows = db.prepare(sql).exact().mode('raw').all();
      db.close();
      return rows;
    });
    expect(b).toEqual(a);
  });
});

describe('where new Function is forbidden', () => {
  const dir = mkdtempSync(join(tmpdir(), 'tiers-'));
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  it('the interpreter serves alone', () => {
    const script = join(dir, 'run.mts');
    const entry = new URL('../packages/micadb/src/api/index.ts', import.meta.url).pathname;
    writeFileSync(
      script,
      `import { Database } from ${JSON.stringify(entry)};
       const db = new Database();
       const sql = 'WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 20000) SELECT sum(i) AS s FROM c';
       const statement = db.prepare(sql);
       console.log(JSON.stringify([statement.all(), statement.get(), statement.javascript]));`,
    );
    const tsx = new URL('../node_modules/tsx/dist/loader.mjs', import.meta.url).href;
    const run = spawnSync(
      process.execPath,
      ['--disallow-code-generation-from-strings', '--import', tsx, script],
      { encoding: 'utf8' },
    );
    expect(run.stderr).toBe('');
    expect(JSON.parse(run.stdout)).toEqual([[{ s: 200010000 }], { s: 200010000 }, null]);
  });
});
