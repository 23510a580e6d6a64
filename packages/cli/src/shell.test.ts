/** The shell against the sqlite3 program: the same command lines, the same output, errors and exit codes. */
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Ended, hasSqlite3, Workshop } from './testing.ts';

const SETUP = `
CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT, score REAL, data BLOB);
INSERT INTO t VALUES (1,'Ann',1.5,x'6162'), (2,'Bob "the" Builder, jr',2.0,NULL),
  (3,'it''s',-1e100,x''), (4,'ünïcödé',0.125,'text'), (5,'',NULL,'a|b'), (6,' sp ',12345678,'-');
CREATE INDEX ti ON t(name);
CREATE UNIQUE INDEX tu ON t(score);
CREATE VIEW v AS SELECT id, name AS "the name" FROM t;
CREATE TABLE "odd name"(a, "b c", "select");
INSERT INTO "odd name" VALUES (1,'two
lines',3);
CREATE TRIGGER trg AFTER INSERT ON t BEGIN SELECT 1; END;
CREATE TABLE auto(id INTEGER PRIMARY KEY AUTOINCREMENT, n, g AS (n + 1));
INSERT INTO auto(n) VALUES (10), (20);
CREATE TABLE w(k TEXT PRIMARY KEY, v) WITHOUT ROWID;
INSERT INTO w VALUES ('a', 1);
`;

let shop: Workshop;
beforeAll(() => {
  shop = new Workshop();
  const made = shop.mica(['made.db'], SETUP);
  expect(made).toEqual({ code: 0, out: '', err: '' });
});
afterAll(() => shop.close());

/** Runs on a fresh copy of the database, so that neither sees the other's changes. */
function fresh(
  run: (args: readonly string[], input?: string) => Ended,
  [...args]: string[],
  input?: string,
): Ended {
  copyFileSync(join(shop.dir, 'made.db'), join(shop.dir, 'x.db'));
  return run(args, input);
}

const both = (args: string[], input?: string): { mica: Ended; sqlite3: Ended } => ({
  mica: fresh((a, i) => shop.mica(a, i), args, input),
  sqlite3: fresh((a, i) => shop.sqlite3(a, i), args, input),
});

/** The program's name in its own messages. */
function renamed(e: Ended): Ended {
  return { ...e, err: e.err.replace(/^sqlite3: /, 'mica: ') };
}

describe.skipIf(!hasSqlite3)('as the sqlite3 program does it', () => {
  test('output modes', () => {
    const modes = 'list column table box json csv markdown line insert quote tabs'.split(' ');
    const script: string[] = [];
    for (const mode of modes) {
      script.push(`.print == ${mode}`, `.mode ${mode}`, 'SELECT * FROM t;');
      script.push('.headers on', 'SELECT * FROM t LIMIT 2;', 'SELECT * FROM t WHERE 0;');
      script.push('SELECT 1 AS a, 2 AS "two words", NULL AS "a""b";', '.headers off');
      script.push(
        'SELECT * FROM "odd name";',
        '.nullvalue NIL',
        'SELECT NULL, 1;',
        '.nullvalue ""',
      );
    }
    const { mica, sqlite3 } = both(['x.db'], script.join('\n'));
    expect(mica).toEqual(sqlite3);
  });

  test.each([
    ['-csv', '-header'],
    ['-json'],
    ['-box'],
    ['-table', '-noheader'],
    ['-markdown'],
    ['-column', '-noheader'],
    ['-column'],
    ['-line'],
    ['-quote'],
    ['-list', '-separator', ', ', '-header'],
    ['-nullvalue', 'nil'],
    ['-cmd', '.mode box', '-cmd', '.nullvalue x'],
    ['-readonly'],
    ['-bail'],
    ['-batch'],
  ])('option %s %s', (...options) => {
    const { mica, sqlite3 } = both([...options, 'x.db', 'SELECT id, name, score FROM t']);
    expect(mica).toEqual(sqlite3);
    expect(mica.code).toBe(0);
  });

  test('csv quotes what sqlite3 quotes', () => {
    const script = `.mode csv
      WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300)
      SELECT i, char(i), 'x' || char(i) FROM n WHERE i NOT IN (10, 13);`;
    const { mica, sqlite3 } = both([':memory:'], script);
    expect(mica).toEqual(sqlite3);
  });

  test.each([
    'SELECT * FROM nope',
    'SELECT * FROM t WHERE',
    "SELECT 'abc",
    'SELEC 1',
    'SELECT 1; SELECT * FROM nope; SELECT 2',
    'INSERT INTO t(id) VALUES (1)',
    'SELECT 1; INSERT INTO t(id) VALUES (1); SELECT 2',
    'SELECT name, score, data, id, nope FROM t',
    "SELECT 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx', nope, 'yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy' FROM t",
    'SELECT * FROM t WHERE id = = 3',
    '\n\n  SELECT\n\t nope FROM t',
    'SELECT abs(-9223372036854775808)',
    '',
    ';',
    '.tables',
    '.tables T',
    '.tables nope',
    '.indexes',
    '.indexes t',
    '.indexes nope',
    '.schema',
    '.schema t',
    '.schema w',
    '.schema %name',
    '.schema nope',
    '.dump',
    '.dump t',
    '.dump ti',
    '.mode',
    '.headers',
    '.headers maybe',
    '.timer',
    '.nullvalue',
    '.read',
    '.read nofile',
    '.nope',
    '.import nofile t --csv',
    '.exit 7',
    '.quit',
  ])('argument %j', (sql) => {
    const { mica, sqlite3 } = both(['x.db', sql]);
    expect(mica).toEqual(sqlite3);
  });

  test('.databases', () => {
    const { mica, sqlite3 } = both(['x.db', '.databases']);
    expect(mica).toEqual(sqlite3);
    const script =
      "CREATE TEMP TABLE tt(a);\nATTACH 'made.db' AS aux;\n.databases\n.tables\n.schema\n.indexes";
    const attached = both(['x.db'], script);
    expect(attached.mica).toEqual(attached.sqlite3);
  });

  test('several arguments', () => {
    for (const args of [
      ['SELECT 1', 'SELECT 2'],
      ['SELECT 1', 'SELECT nope FROM t', 'SELECT 3'],
      ['.mode box', 'SELECT 1 AS a', '.mode csv', 'SELECT 1 AS a'],
      ['SELECT 1', '.nope', 'SELECT 3'],
      ['.headers on', '.mode quote', "SELECT 'it''s', x'00ff', 1.0, NULL"],
      ['.mode insert foo', 'SELECT * FROM t'],
      ['SELECT 1', '.exit 3', 'SELECT 2'],
    ]) {
      const { mica, sqlite3 } = both(['x.db', ...args]);
      expect(mica).toEqual(sqlite3);
    }
  });

  test.each([
    'SELECT 1;\nSELECT * FROM nope;\nSELECT 2;\nINSERT INTO t(id)\nVALUES (1);\nSELECT 3;\n.nope\nSELECT 4',
    'SELECT 1;\n.bail on\nSELECT * FROM nope;\nSELECT 2;\n',
    '.exit 5\nSELECT 1;',
    '.quit\nSELECT 1;',
    "SELECT 'abc\n;\n",
    'SELECT 1 +\n  nope\n FROM t;',
    '-- comment\n\nSELECT 1;\n-- another\nSELECT nope FROM t;\nSELECT 2; SELECT\nnope2 FROM t;\nSELECT 3\n/\nSELECT 4\ngo\n/* x */ /* y */\nSELECT nope3 FROM t;SELECT 5',
    'CREATE TRIGGER tr2 AFTER INSERT ON t BEGIN\n  SELECT 1;\n  SELECT 2;\nEND;\nSELECT count(*) FROM sqlite_schema;',
    'BEGIN;\nINSERT INTO t(id) VALUES (77);\nROLLBACK;\nSELECT count(*) FROM t;\n',
    ".print a \"b c\" 'd e'\n.mode list\n.separator ' ; '\nSELECT 1, 2;\n.mode csv\n.separator ;\nSELECT 1, 'x;y';\n.mode list\nSELECT 1, 2;\n",
    '.echo on\nSELECT 1;\n.print x\n',
    'SELECT 1;;\n;\n;;SELECT 2;',
    'SELECT 1',
    'SELECT 1\n\n;\n',
    '',
    '\n\n',
    '.mod box\nSELECT 1 AS a;\n.tab',
    'SELECT id FROM t;\r\nSELECT 2;\r\n',
    'INSERT INTO t(id) VALUES (1);\nSELECT 1;\nINSERT INTO w VALUES (NULL, 1);\n',
  ])('piped %j', (script) => {
    const { mica, sqlite3 } = both(['x.db'], script);
    expect(mica).toEqual(sqlite3);
  });

  test('what cannot be opened', () => {
    writeFileSync(join(shop.dir, 'text.db'), 'no database at all '.repeat(100));
    for (const args of [
      ['none/x.db', 'SELECT 1'],
      ['.', 'SELECT 1'],
      ['text.db', 'SELECT * FROM sqlite_schema'],
      ['-readonly', 'x.db', 'INSERT INTO t(id) VALUES (77)'],
      ['-nope', 'x.db'],
    ]) {
      const { mica, sqlite3 } = both(args);
      expect(renamed(mica)).toEqual(renamed(sqlite3));
    }
  });

  test('.import', () => {
    writeFileSync(
      join(shop.dir, 'data.csv'),
      'id,name,id,"a b",\n1,"x ""y""",3,4,5\n2,y\n3,a,b,c,d,e,f\n"4","multi\nline",,"",\n\n5,q"u"o,  sp ,1.5,NULL\n',
    );
    writeFileSync(join(shop.dir, 'plain.csv'), 'a,b\r\n1,2\r\n3,"x, y"\r\n');
    writeFileSync(join(shop.dir, 'empty.csv'), '');
    const script = `.import --csv data.csv made
.schema made
.mode quote
SELECT * FROM made;
CREATE TABLE three(a, b INTEGER, c TEXT);
.import --csv --skip 1 data.csv three
SELECT * FROM three;
.mode csv
.import plain.csv plain
.import plain.csv plain
SELECT * FROM plain;
CREATE TABLE one(a PRIMARY KEY, b);
.import plain.csv one
.import plain.csv one
SELECT * FROM one;
.import empty.csv nothing
`;
    const { mica, sqlite3 } = both(['x.db'], script);
    expect(mica.out).toEqual(sqlite3.out);
    expect(mica.err).toEqual(sqlite3.err.replace('\nempty.csv', '\nError: empty.csv'));
  });

  test('.output, .once and .read', () => {
    writeFileSync(join(shop.dir, 'in.sql'), "SELECT 'read';\nSELECT nope FROM t;\n.print done\n");
    const script =
      '.output out.txt\nSELECT 1;\nSELECT 2;\n.output\nSELECT 3;\n.once once.txt\nSELECT 4;\nSELECT 5;\n.read in.sql\n';
    const files = (): string[] =>
      ['out.txt', 'once.txt'].map((f) => readFileSync(join(shop.dir, f), 'utf8'));
    const mica = fresh((a, i) => shop.mica(a, i), ['x.db'], script);
    const ours = files();
    const sqlite3 = fresh((a, i) => shop.sqlite3(a, i), ['x.db'], script);
    expect(mica).toEqual(sqlite3);
    expect(ours).toEqual(files());
    expect(ours).toEqual(['1\n2\n', '4\n']);
  });

  test('a dump makes the same database again, in either program', () => {
    const { out } = shop.mica(['made.db', '.dump']);
    const remade = [shop.mica(['r1.db'], out), shop.sqlite3(['r2.db'], out)];
    expect(remade.map((r) => r.code)).toEqual([0, 0]);
    expect(shop.mica(['r2.db', '.dump']).out).toBe(out);
    expect(shop.sqlite3(['r1.db', '.dump']).out).toBe(out);
    expect(shop.sqlite3(['r1.db', 'PRAGMA integrity_check']).out).toBe('ok\n');
  });
});

test.runIf(!hasSqlite3)('NOT COMPARED: there is no sqlite3 program on this machine', () => {});

describe('of its own', () => {
  test('version and help', () => {
    expect(shop.mica(['-version'])).toEqual({ code: 0, out: '0.1.0\n', err: '' });
    const help = shop.mica(['-help']);
    expect([help.code, help.err]).toEqual([0, '']);
    expect(help.out).toContain('Usage: mica');
    expect(shop.mica([':memory:', '.help']).out).toContain('.import FILE TABLE');
  });

  test('timer', () => {
    const { out, code } = shop.mica([], '.timer on\nSELECT 1;\n');
    expect(out).toMatch(/^1\nRun Time: real \d+\.\d{3} user \d+\.\d{6} sys \d+\.\d{6}\n$/);
    expect(code).toBe(0);
  });

  test('.open keeps what it has when the new file cannot be opened', () => {
    const script =
      '.open none/y.db\nSELECT count(*) FROM t;\n.open other.db\nCREATE TABLE o(a);\n.tables\n';
    const { out, err, code } = shop.mica(['made.db'], script);
    expect(out).toBe('6\no\n');
    expect(err).toBe('Error: unable to open database "none/y.db": unable to open database file\n');
    expect(code).toBe(1);
  });

  test('.import takes commas without being told', () => {
    writeFileSync(join(shop.dir, 'c.csv'), 'a,b\n1,2\n');
    const { out } = shop.mica([], '.import c.csv t\n.mode json\nSELECT * FROM t;\n');
    expect(out).toBe('[{"a":"1","b":"2"}]\n');
  });

  test('wide characters stay in line', () => {
    const { out } = shop.mica(['-table', ':memory:', "SELECT '日本' AS a UNION ALL SELECT 'abcd'"]);
    expect(out).toBe('+------+\n|  a   |\n+------+\n| 日本 |\n| abcd |\n+------+\n');
  });

  test('a long result through a pipe', () => {
    const sql =
      'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50000) SELECT i FROM n';
    const lines = shop.mica([':memory:', sql]).out.split('\n');
    expect([lines.length, lines[0], lines[49999]]).toEqual([50001, '1', '50000']);
  });
});
