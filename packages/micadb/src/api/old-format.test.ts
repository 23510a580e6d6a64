/** Files of schema formats 1 to 3 (file format §1.3.10, §2.1): no serial types 8 and 9 are written. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Oracle from 'better-sqlite3';
import { afterAll, expect, test } from 'vitest';
import Mica from './better-sqlite3.ts';

const folder = mkdtempSync(join(tmpdir(), 'mica-format-'));
afterAll(() => rmSync(folder, { recursive: true }));

const SETUP = `
  CREATE TABLE t(a, b REAL);
  CREATE INDEX i ON t(a DESC, b);
  CREATE TABLE w(k PRIMARY KEY, v) WITHOUT ROWID;
  CREATE TABLE log(x);
  CREATE TRIGGER tr AFTER INSERT ON t BEGIN INSERT INTO log VALUES(new.a); END;`;

const CHANGES = [
  'INSERT INTO t VALUES(0, 1), (1, 0), (2, 1.5)',
  'UPDATE t SET a = 1 - a WHERE a < 2',
  'INSERT INTO w VALUES(1, 0), (0, 1)',
  'INSERT INTO w SELECT a + 10, a FROM t WHERE a < 2 ORDER BY a DESC',
  'CREATE TABLE u AS SELECT 1 AS x, 0 AS y',
  'CREATE INDEX j ON u(y)',
];

/** Places that change from run to run or with the library: change counters, library version. */
function content(path: string): string {
  const bytes = readFileSync(path);
  bytes.fill(0, 24, 28);
  bytes.fill(0, 92, 100);
  return bytes.toString('hex');
}

test.each([1, 2, 3, 4])('format %i: the pages are the oracle’s', (format) => {
  const paths = ['oracle', 'mica'].map((who) => join(folder, `${who}${format}.db`));
  const base = join(folder, `base${format}.db`);
  const db = new Oracle(base);
  db.exec(SETUP);
  db.close();
  const bytes = readFileSync(base);
  bytes[47] = format;
  for (const path of paths) writeFileSync(path, bytes);
  const oracle = new Oracle(paths[0]!);
  const mica = new Mica(paths[1]!);
  for (const sql of CHANGES) {
    oracle.exec(sql);
    mica.exec(sql);
  }
  oracle.exec('BEGIN');
  mica.exec('BEGIN');
  const insert = 'INSERT INTO log VALUES(?)';
  const [a, b] = [oracle.prepare(insert), mica.prepare(insert)];
  for (let i = 0; i < 200; i++) {
    a.run(i % 3);
    b.run(i % 3);
  }
  oracle.exec('COMMIT');
  mica.exec('COMMIT');
  oracle.close();
  mica.close();
  expect(content(paths[1]!)).toBe(content(paths[0]!));
});
