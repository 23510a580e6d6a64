/**
 * Damaged files: databases, journals and logs with bytes changed, blocks zeroed, swapped or repeated,
 * and ends cut off. Whatever is done with them gives rows or a database error; no other exception, no
 * endless loop, no harm to the process.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Database, SqliteError } from 'micadb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MemoryVfs } from '../../packages/micadb/src/vfs/memory.ts';
import { Random } from '../random.ts';
import { openMica, openOracle, outcome } from './session.ts';

const dir = mkdtempSync(join(tmpdir(), 'mica-hostile-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const ALLOWED =
  /^SQLITE_(CORRUPT|NOTADB|READONLY|IOERR|CANTOPEN|ERROR|CONSTRAINT|FULL|TOOBIG|MISMATCH|SCHEMA|BUSY|LOCKED|ABORT|NOMEM)/;

/** What a small file is made of. */
const SCHEMA = `
  CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT, b, c REAL, d BLOB);
  CREATE INDEX ta ON t(a, b);
  CREATE UNIQUE INDEX td ON t(id, c) WHERE c > 10;
  CREATE TABLE w(k TEXT, n INT, v, PRIMARY KEY(k, n)) WITHOUT ROWID;
  CREATE TABLE p(id INTEGER PRIMARY KEY AUTOINCREMENT, x REFERENCES t(id));
  CREATE TABLE gone(x);
  CREATE VIEW v AS SELECT a, count(*) AS n FROM t GROUP BY a;
  CREATE TRIGGER tr AFTER INSERT ON p BEGIN UPDATE t SET b = b + 1 WHERE id = new.x; END;
  WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 120)
  INSERT INTO t SELECT i, 'name ' || (i % 17), i * i, i / 3.0,
    CASE WHEN i % 20 = 0 THEN zeroblob(3000) ELSE zeroblob(i) END FROM n;
  INSERT INTO w SELECT a, id, b FROM t;
  INSERT INTO w VALUES('long', 1, printf('%.2500c', 'w'));
  INSERT INTO p(x) SELECT id FROM t WHERE id % 9 = 0;
  INSERT INTO gone SELECT zeroblob(700) FROM t;
  DELETE FROM gone WHERE rowid % 3 > 0;
  DROP TABLE gone;
`;

/** What is done with every damaged file. */
const STATEMENTS = [
  'SELECT count(*) FROM sqlite_schema',
  'SELECT id, a, b, c, length(d) FROM t',
  'SELECT sum(length(a) + length(d)) FROM t ORDER BY id DESC',
  "SELECT id FROM t WHERE a = 'name 5' ORDER BY b DESC",
  'SELECT count(*) FROM t WHERE a > b',
  'SELECT * FROM w WHERE k >= 0 ORDER BY k DESC, n DESC',
  'SELECT * FROM v',
  'SELECT p.id, t.a FROM p JOIN t ON t.id = p.x',
  'PRAGMA quick_check',
  'PRAGMA integrity_check',
  'PRAGMA freelist_count',
  "INSERT INTO t(a, b, d) VALUES('new', 1, zeroblob(2000))",
  "UPDATE t SET a = a || 'x', d = zeroblob(900) WHERE id % 7 = 0",
  'INSERT INTO p(x) VALUES(9)',
  'DELETE FROM t WHERE id BETWEEN 20 AND 60',
  "INSERT OR REPLACE INTO w SELECT 'k' || id, id, a FROM t",
  'DELETE FROM w WHERE n % 2 = 0',
  'PRAGMA incremental_vacuum(3)',
  'CREATE TABLE fresh(x PRIMARY KEY)',
  'INSERT INTO fresh SELECT id FROM t',
  'DROP TABLE t',
  'PRAGMA integrity_check',
];

type Files = ReadonlyMap<string, Uint8Array>;

interface Original {
  readonly name: string;
  /** By suffix: '', '-journal', '-wal'. */
  readonly files: Files;
}

function files(path: string): Files {
  const out = new Map<string, Uint8Array>();
  for (const suffix of ['', '-journal', '-wal']) {
    if (existsSync(path + suffix)) out.set(suffix, readFileSync(path + suffix));
  }
  return out;
}

const originals: Original[] = [];

function original(name: string, pragmas: string, suffix: '' | '-journal' | '-wal'): void {
  const path = join(dir, `${name}.db`);
  const db = new Database(path);
  db.exec(pragmas);
  db.exec(SCHEMA);
  if (suffix === '-journal') {
    // The files of a transaction that has spilled and not ended.
    db.exec("PRAGMA cache_size = 5; BEGIN; UPDATE t SET a = 'lost', d = zeroblob(500)");
    db.exec('DELETE FROM w');
  }
  if (suffix === '-wal') {
    db.exec("PRAGMA wal_checkpoint; UPDATE t SET a = 'logged' WHERE id > 60; DELETE FROM w");
    db.exec('CREATE INDEX late ON t(b)');
  }
  const found = files(path);
  if (!found.has(suffix)) throw new Error(`no ${suffix} of ${name}`);
  originals.push({ name, files: new Map(found) });
  db.close();
}

beforeAll(() => {
  const small = 'PRAGMA page_size = 1024;';
  original('plain', small, '');
  original('tiny pages', 'PRAGMA page_size = 512; PRAGMA auto_vacuum = 1;', '');
  original('incremental', `${small} PRAGMA auto_vacuum = 2;`, '');
  original('utf16', `${small} PRAGMA encoding = 'UTF-16le';`, '');
  original('journal', small, '-journal');
  original('log', `${small} PRAGMA journal_mode = wal; PRAGMA wal_autocheckpoint = 0;`, '-wal');
});

/** Changes a file in one of many ways. The first page is hit more often: all hangs from it. */
function mutate(bytes: Uint8Array, random: Random): Uint8Array {
  let out = Uint8Array.from(bytes);
  const place = (): number =>
    random.chance(0.25) ? random.below(Math.min(out.length, 140)) : random.below(out.length);
  const changes = 1 + random.below(random.pick([1, 2, 8]));
  for (let i = 0; i < changes && out.length > 0; i++) {
    const at = place();
    switch (random.below(9)) {
      case 0:
      case 1:
        out[at] = random.below(256);
        break;
      case 2:
        out[at]! ^= 1 << random.below(8);
        break;
      case 3: {
        // The header of some page: type, counts, first pointers.
        const page = Math.floor(random.below(out.length) / 512) * 512;
        const offset = Math.min(out.length - 1, page + random.below(24));
        out[offset] = random.pick([0, 1, 2, 5, 10, 13, 127, 128, 255]);
        break;
      }
      case 4: {
        const value = random.pick([0, 1, 2, 3, 7, 0x7fffffff, 0x80000000, 0xffffffff]);
        new DataView(out.buffer).setUint32(Math.min(at, Math.max(0, out.length - 4)), value);
        break;
      }
      case 5:
        out.fill(random.pick([0, 255, random.below(256)]), at, at + 1 + random.below(64));
        break;
      case 6: {
        // One page in the place of another.
        const size = 512;
        const from = Math.floor(random.below(out.length) / size) * size;
        out.copyWithin(Math.floor(at / size) * size, from, from + size);
        break;
      }
      case 7:
        if (random.chance(0.5)) out = out.slice(0, random.below(out.length));
        else out = out.slice(0, Math.floor(random.below(out.length) / 512) * 512);
        break;
      default: {
        const longer = new Uint8Array(out.length + random.below(3000));
        longer.set(out);
        out = longer;
      }
    }
  }
  return out;
}

interface Tally {
  readonly codes: Map<string, number>;
  sound: number;
}

/** Runs everything on the files; any exception that is not a database error fails the test. */
function exercise(input: Files, tally: Tally, context: string): void {
  const vfs = new MemoryVfs();
  for (const [suffix, bytes] of input) vfs.writeFile(`/x.db${suffix}`, bytes);
  let errors = 0;
  const attempt = (what: string, f: () => void): void => {
    try {
      f();
    } catch (e) {
      const where = `${context}: ${what}`;
      if (!(e instanceof SqliteError)) {
        throw new Error(`${where}: ${e instanceof Error ? (e.stack ?? e.message) : String(e)}`);
      }
      if (!ALLOWED.test(e.code)) throw new Error(`${where}: ${e.code} ${e.message}`);
      if (/is not a function|undefined|internal/i.test(e.message)) throw new Error(e.message);
      tally.codes.set(e.code, (tally.codes.get(e.code) ?? 0) + 1);
      errors += 1;
    }
  };
  let db: Database | null = null;
  attempt('open', () => {
    db = new Database('/x.db', { vfs, timeout: 0 });
  });
  const open = db as Database | null;
  if (open === null) return;
  for (const sql of STATEMENTS) {
    attempt(sql, () => {
      let rows = 0;
      for (const _ of open.prepare(sql).mode('raw').iterate()) {
        rows += 1;
        if (rows > 100_000) throw new Error('rows without end');
      }
    });
    if (open.inTransaction) attempt('ROLLBACK', () => open.exec('ROLLBACK'));
  }
  attempt('close', () => open.close());
  if (errors === 0) tally.sound += 1;
}

describe('damaged files', () => {
  it('are sound before they are damaged', () => {
    for (const { name, files: input } of originals) {
      const tally: Tally = { codes: new Map(), sound: 0 };
      exercise(input, tally, name);
      expect([name, [...tally.codes]]).toEqual([name, []]);
      expect(tally.sound).toBe(1);
    }
  });

  const ROUNDS = Number(process.env['MICA_HOSTILE_ROUNDS'] ?? 250);
  for (const [index, name] of [
    'plain',
    'tiny pages',
    'incremental',
    'utf16',
    'journal',
    'log',
  ].entries()) {
    it(`${name}: rows or a database error`, () => {
      const found = originals.find((o) => o.name === name)!;
      const tally: Tally = { codes: new Map(), sound: 0 };
      for (let round = 0; round < ROUNDS; round++) {
        const seed = (index + 1) * 100_000 + round;
        const random = new Random(seed);
        const input = new Map(found.files);
        const suffixes = [...input.keys()];
        // With a journal or log around, that is what is hit most of the time.
        const hit = suffixes.length > 1 && random.chance(0.75) ? suffixes.at(-1)! : '';
        input.set(hit, mutate(input.get(hit)!, random));
        exercise(input, tally, `${name}, seed ${seed}`);
      }
      // The mutations do hurt, and are noticed.
      expect([...tally.codes.keys()].some((c) => c.startsWith('SQLITE_CORRUPT'))).toBe(true);
      expect(tally.sound).toBeLessThan(ROUNDS);
    });
  }

  it('cut off at every sector', () => {
    const found = originals.find((o) => o.name === 'tiny pages')!;
    const bytes = found.files.get('')!;
    const tally: Tally = { codes: new Map(), sound: 0 };
    const differences: string[] = [];
    const path = join(dir, 'cut.db');
    for (let size = 0; size < bytes.length; size += size < 1024 ? 64 : 5 * 512) {
      const cut = bytes.slice(0, size);
      exercise(new Map([['', cut]]), tally, `cut at ${size}`);
      // SQLite finds the same at first sight.
      for (const sql of ['SELECT count(*) FROM sqlite_schema', 'SELECT count(*) FROM t']) {
        const seen = [openMica, openOracle].map((open) => {
          writeFileSync(path, cut);
          const session = open(path);
          const result = outcome(() => session.prepare(sql).all().join());
          session.close();
          return result;
        });
        if (seen[0] !== seen[1]) differences.push(`${size}: ${sql}: ${seen.join(' / ')}`);
      }
    }
    expect(differences).toEqual([]);
    expect(tally.codes.get('SQLITE_CORRUPT')).toBeGreaterThan(0);
  });

  it('a tree that contains itself ends', () => {
    const found = originals.find((o) => o.name === 'plain')!;
    const bytes = Uint8Array.from(found.files.get('')!);
    const view = new DataView(bytes.buffer);
    const tally: Tally = { codes: new Map(), sound: 0 };
    // Every interior page (types 2 and 5) gets itself as right child, and as all other children.
    for (let page = 1; page * 1024 < bytes.length; page++) {
      const start = page * 1024;
      if (bytes[start] !== 2 && bytes[start] !== 5) continue;
      view.setUint32(start + 8, page + 1);
      const cells = view.getUint16(start + 3);
      for (let c = 0; c < cells; c++) {
        const at = start + view.getUint16(start + 12 + 2 * c);
        if (at + 4 <= bytes.length) view.setUint32(at, page + 1);
      }
    }
    exercise(new Map([['', bytes]]), tally, 'loop');
    expect(tally.codes.get('SQLITE_CORRUPT')).toBeGreaterThan(0);
  });
});

describe('hostile schemas', () => {
  const sqlite3 = spawnSync('sqlite3', ['--version']).status === 0;
  const TEXTS = [
    'CREATE TABLE t(',
    '',
    'x',
    'CREATE TABLE other(a, b, c)',
    'CREATE TABLE t(a, a)',
    `CREATE TABLE t(${Array.from({ length: 3000 }, (_, i) => `c${i}`).join(',')})`,
    `CREATE TABLE t(a CHECK(${'('.repeat(5000)}1${')'.repeat(5000)}))`,
    `CREATE TABLE t(a DEFAULT (${'-'.repeat(20000)}1))`,
    'CREATE VIEW t AS SELECT * FROM t',
    'CREATE TABLE t(a) WITHOUT ROWID',
    'CREATE TABLE t(a PRIMARY KEY) WITHOUT ROWID',
    'CREATE VIRTUAL TABLE t USING nothing(x)',
    'CREATE INDEX t ON t(a)',
    'CREATE TRIGGER t AFTER INSERT ON t BEGIN SELECT 1; END',
    'CREATE TABLE t(a GENERATED ALWAYS AS (a))',
    'DELETE FROM sqlite_schema',
    'CREATE TABLE t AS SELECT 1',
    "CREATE TABLE t(a COLLATE nope, b DEFAULT (nope('x')))",
    '\u0000CREATE TABLE t(a)',
  ];
  it.runIf(sqlite3)('rows or a database error', () => {
    for (const [i, text] of TEXTS.entries()) {
      const path = join(dir, `schema-${i}.db`);
      const sql = `CREATE TABLE t(a, b); INSERT INTO t VALUES(1, 2), (3, 4); CREATE INDEX i ON t(a);
        CREATE TABLE q(x); INSERT INTO q VALUES(7);
        PRAGMA writable_schema = on;
        UPDATE sqlite_schema SET sql = CAST(x'${Buffer.from(text).toString('hex')}' AS TEXT) WHERE name = 't';`;
      spawnSync('sqlite3', ['-batch', path], { input: sql });
      for (const statement of [
        'SELECT * FROM q',
        'SELECT * FROM t',
        'SELECT a FROM t WHERE a = 1',
        "INSERT INTO t VALUES('x', 1)",
        'PRAGMA integrity_check',
        'DROP TABLE t',
        'CREATE TABLE z(x)',
      ]) {
        const db = new Database(path, { timeout: 0 });
        try {
          db.prepare(statement).all();
        } catch (e) {
          if (!(e instanceof SqliteError)) {
            throw new Error(`${text.slice(0, 60)} / ${statement}: ${(e as Error).stack}`);
          }
        }
        db.close();
      }
    }
  });

  it('wrong root pages', () => {
    for (const root of [0, 1, 2, 3, 4, 5, 99, -1, 2 ** 31, 1.5]) {
      const vfs = new MemoryVfs();
      const db = new Database('/r.db', { vfs });
      db.exec('CREATE TABLE t(a, b); CREATE INDEX i ON t(a); INSERT INTO t VALUES(1, 2)');
      db.exec('CREATE TABLE w(k PRIMARY KEY) WITHOUT ROWID; INSERT INTO w VALUES(1)');
      db.exec(`PRAGMA writable_schema = on; UPDATE sqlite_schema SET rootpage = ${root}`);
      db.close();
      const again = new Database('/r.db', { vfs });
      for (const sql of [
        'SELECT * FROM t',
        'SELECT * FROM w',
        'SELECT a FROM t',
        'DELETE FROM t',
      ]) {
        try {
          again.prepare(sql).all();
        } catch (e) {
          if (!(e instanceof SqliteError)) throw new Error(`${root} ${sql}: ${(e as Error).stack}`);
        }
      }
      again.close();
    }
  });
});
