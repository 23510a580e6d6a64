/**
 * The shapes a file can have: text encoding, page size, reserved bytes, auto-vacuum, schema format,
 * and values at the limits. Files are made by Mica and by SQLite, and read by the other.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Oracle } from '../oracle/better.ts';
import { Mica } from '../oracle/mica.ts';
import type { Engine, Outcome } from '../oracle/render.ts';
import { Random } from '../random.ts';

const dir = mkdtempSync(join(tmpdir(), 'mica-encodings-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

let count = 0;
const fresh = (): string => join(dir, `${(count += 1)}.db`);

const ENCODINGS = ['UTF-8', 'UTF-16le', 'UTF-16be'] as const;
const makers: Record<string, (path: string) => Engine> = {
  mica: (path) => new Mica(path),
  sqlite: (path) => new Oracle(path),
};

/** better-sqlite3 steps a statement without columns once; this one wants more. */
function execute(engine: Engine, sql: string): Outcome {
  (engine as Mica | Oracle).db.exec(sql);
  return { kind: 'rows', columns: [], rows: [] };
}

function runAll(engine: Engine, script: readonly string[]): Outcome[] {
  return script.map((sql) =>
    /incremental_vacuum/.test(sql) ? execute(engine, sql) : engine.run(sql),
  );
}

/** The script gives the same in both engines; then each reads the file that the other made. */
function cross(before: readonly string[], after: readonly string[]): void {
  const paths = new Map(Object.keys(makers).map((who) => [who, fresh()]));
  const run = (who: string, path: string, script: readonly string[]): string[] => {
    const engine = makers[who]!(path);
    const out = runAll(engine, script).map((r, i) => `${script[i]!.slice(0, 90)} -> ${show(r)}`);
    engine.close();
    return out;
  };
  expect(run('mica', paths.get('mica')!, before)).toEqual(
    run('sqlite', paths.get('sqlite')!, before),
  );
  expect(run('mica', paths.get('sqlite')!, after)).toEqual(
    run('sqlite', paths.get('mica')!, after),
  );
}

function show(r: Outcome): string {
  if (r.kind === 'rows') return r.rows.join(' ; ');
  return r.kind === 'done' ? `${r.changes}` : `${r.code}: ${r.message}`;
}

const hex = (bytes: Uint8Array): string => `x'${Buffer.from(bytes).toString('hex')}'`;

/** Strings whose order differs between code units, code points and bytes. */
const STRINGS = [
  '',
  'a',
  'A',
  'ab',
  'a\u0000b',
  'a\u0000',
  '\u0000',
  'é',
  'z',
  '\u00ff',
  '\u07ff',
  '\u0800',
  '\ud7ff',
  '\ue000',
  '\uf8ff',
  '\ufeff',
  '\uffef',
  '\uffff',
  '\u{10000}',
  '\u{1f600}',
  '\u{10ffff}',
  'x\u{1f600}',
  'x\uffff',
  'x\ue000y',
  '\u{10000}\ue000',
  'ß',
  'ſ',
  'İ',
];

/** Bytes that are no valid text in the encoding, or only just are. */
function brokenText(encoding: string, random: Random): Uint8Array {
  const n = random.below(7);
  const bytes = new Uint8Array(encoding === 'UTF-8' ? n : 2 * n);
  for (let i = 0; i < bytes.length; i++) {
    bytes[i] = random.pick([
      0x00, 0x41, 0x7f, 0x80, 0xbf, 0xc0, 0xc3, 0xd8, 0xdc, 0xe0, 0xed, 0xf0,
    ]);
    if (random.chance(0.2)) bytes[i] = random.pick([0xf4, 0xf8, 0xff, 0xfe, 0xef]);
  }
  return bytes;
}

describe('text order', () => {
  for (const encoding of ENCODINGS) {
    it(`${encoding}: as SQLite orders, in files of either`, () => {
      const random = new Random(encoding.length);
      // NOCASE, RTRIM and most functions look at text as UTF-8. How a lone surrogate and U+FFFF are
      // brought there is each engine's own affair.
      const sound =
        encoding === 'UTF-8'
          ? 'id > 0'
          : `id <= ${2 * STRINGS.length} AND hex(v) NOT LIKE '%FFFF%'`;
      const script = [
        `PRAGMA encoding = '${encoding}'`,
        'CREATE TABLE t(id INTEGER PRIMARY KEY, v TEXT)',
        'CREATE INDEX tv ON t(v)',
        `CREATE INDEX tn ON t(v COLLATE NOCASE) WHERE ${sound}`,
        `CREATE INDEX tr ON t(v COLLATE RTRIM) WHERE ${sound}`,
        'CREATE TABLE w(v TEXT PRIMARY KEY, n) WITHOUT ROWID',
      ];
      for (const s of STRINGS) {
        const literal = hex(Buffer.from(s, 'utf8'));
        const text =
          encoding === 'UTF-8'
            ? literal
            : hex(
                encoding === 'UTF-16le'
                  ? Buffer.from(s, 'utf16le')
                  : Buffer.from(s, 'utf16le').swap16(),
              );
        script.push(`INSERT INTO t(v) VALUES(CAST(${text} AS TEXT))`);
        script.push(`INSERT INTO t(v) VALUES(CAST(${text} AS TEXT) || ' ')`);
      }
      for (let i = 0; i < 150; i++) {
        script.push(`INSERT INTO t(v) VALUES(CAST(${hex(brokenText(encoding, random))} AS TEXT))`);
      }
      script.push('INSERT OR IGNORE INTO w SELECT v, id FROM t');
      const queries = [
        'PRAGMA encoding',
        'PRAGMA integrity_check',
        'SELECT hex(CAST(v AS BLOB)) FROM t ORDER BY id',
        `SELECT hex(v), length(v) FROM t WHERE ${sound} ORDER BY id`,
        'SELECT id FROM t ORDER BY v, id',
        'SELECT id FROM t NOT INDEXED ORDER BY v, id',
        'SELECT id FROM t ORDER BY v DESC, id',
        `SELECT id FROM t WHERE ${sound} ORDER BY v COLLATE NOCASE, id`,
        `SELECT id FROM t WHERE ${sound} ORDER BY v COLLATE RTRIM, id`,
        'SELECT n FROM w ORDER BY v DESC',
        'SELECT count(DISTINCT v) FROM t',
        "SELECT id FROM t WHERE v > 'a' AND v < 'b' ORDER BY id",
        'SELECT a.id, b.id FROM t a JOIN t b ON a.v = b.v WHERE a.id < b.id ORDER BY 1, 2',
        'SELECT min(v) = (SELECT v FROM t ORDER BY v LIMIT 1), max(v) > min(v) FROM t',
        `SELECT id, hex(substr(v, 2, 1)), unicode(v), instr(v, char(65)) FROM t WHERE ${sound}`,
      ];
      cross([...script, ...queries], [...queries, 'REINDEX', 'PRAGMA integrity_check']);
    });
  }

  it('encoding is fixed by the first table', () =>
    cross(
      [
        'PRAGMA encoding',
        "PRAGMA encoding = 'utf-16'",
        'PRAGMA encoding',
        "PRAGMA encoding = 'UTF16be'",
        'PRAGMA encoding',
        "PRAGMA encoding = 'latin1'",
        'PRAGMA encoding = UTF8',
        'PRAGMA encoding',
        "PRAGMA encoding = 'UTF-16be'",
        'CREATE TABLE t(x)',
        "PRAGMA encoding = 'UTF-8'",
        'PRAGMA encoding',
        "INSERT INTO t VALUES('é€😀')",
        'SELECT x, hex(x) FROM t',
      ],
      ['PRAGMA encoding', 'SELECT x, hex(CAST(x AS BLOB)), length(x) FROM t'],
    ));
});

const FILL = [
  'CREATE TABLE t(id INTEGER PRIMARY KEY, a, b)',
  'CREATE INDEX ta ON t(a)',
  'CREATE TABLE w(k PRIMARY KEY, v) WITHOUT ROWID',
  `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400)
   INSERT INTO t SELECT i, 'row ' || (i * 7919 % 400), zeroblob(i % 90) FROM n`,
  "INSERT INTO t VALUES(1000, printf('%.9000c', 'l'), zeroblob(70000))",
  'INSERT INTO w SELECT a, b FROM t',
  'DELETE FROM t WHERE id % 3 = 0',
];
const LOOK = [
  'PRAGMA page_size',
  'PRAGMA integrity_check',
  'SELECT count(*), sum(id), sum(length(a)), sum(length(b)) FROM t',
  'SELECT count(*), sum(length(k)), sum(length(v)) FROM w',
  "SELECT id FROM t WHERE a BETWEEN 'row 1' AND 'row 12' ORDER BY a, id",
];

describe('page sizes', () => {
  for (let size = 512; size <= 65536; size *= 2) {
    it(`${size}`, () =>
      cross(
        [`PRAGMA page_size = ${size}`, ...FILL, ...LOOK],
        [...LOOK, 'DELETE FROM w WHERE length(k) > 100', 'UPDATE t SET b = zeroblob(30)', ...LOOK],
      ));
  }
  it('others are ignored', () =>
    cross(
      [
        ...[0, 1, 511, 1000, 4097, 131072, -1].flatMap((n) => [
          `PRAGMA page_size = ${n}`,
          'PRAGMA page_size',
        ]),
        'PRAGMA page_size = 2048',
        'CREATE TABLE t(x)',
        'PRAGMA page_size = 1024',
        'PRAGMA page_size',
      ],
      ['PRAGMA page_size', 'PRAGMA page_count'],
    ));
});

/** A file with an empty schema and a changed header, as no pragma makes it. */
function withHeader(size: number, change: (header: Buffer) => void): [string, string] {
  const path = fresh();
  const oracle = new Oracle(path);
  oracle.run(`PRAGMA page_size = ${size}`);
  oracle.run('PRAGMA user_version = 1');
  oracle.close();
  const bytes = readFileSync(path);
  change(bytes);
  const other = fresh();
  writeFileSync(path, bytes);
  writeFileSync(other, bytes);
  return [path, other];
}

describe('reserved bytes', () => {
  for (const [size, reserved] of [
    [512, 32],
    [1024, 8],
    [4096, 255],
    [65536, 32],
  ] as const) {
    it(`${reserved} of ${size}`, () => {
      const [a, b] = withHeader(size, (d) => {
        d[20] = reserved;
        // The empty schema page ends where the reserved bytes begin.
        d.writeUInt16BE((size - reserved) & 0xffff, 100 + 5);
      });
      const [mica, oracle] = [new Mica(a), new Oracle(b)];
      expect(runAll(mica, [...FILL, ...LOOK]).map(show)).toEqual(
        runAll(oracle, [...FILL, ...LOOK]).map(show),
      );
      mica.close();
      oracle.close();
      expect(readFileSync(a)[20]).toBe(reserved);
      const [again, other] = [new Oracle(a), new Mica(b)];
      expect(runAll(again, LOOK).map(show)).toEqual(runAll(other, LOOK).map(show));
      again.close();
      other.close();
    });
  }
});

describe('auto_vacuum', () => {
  for (const mode of ['full', 'incremental']) {
    it(mode, () => {
      const counts = ['PRAGMA page_count', 'PRAGMA freelist_count', 'PRAGMA integrity_check'];
      cross(
        [
          'PRAGMA page_size = 1024',
          `PRAGMA auto_vacuum = ${mode}`,
          ...FILL,
          'PRAGMA auto_vacuum',
          ...counts,
          'DELETE FROM w',
          ...counts,
          'PRAGMA incremental_vacuum(5)',
          ...counts,
          'BEGIN',
          'DROP TABLE t',
          'PRAGMA freelist_count',
          'ROLLBACK',
          ...counts,
          'DROP TABLE t',
          ...counts,
          'PRAGMA incremental_vacuum',
          ...counts,
          'CREATE TABLE t2(x)',
          'INSERT INTO t2 VALUES(zeroblob(30000)), (zeroblob(20000))',
          'PRAGMA auto_vacuum = none',
          'PRAGMA auto_vacuum',
          `PRAGMA auto_vacuum = ${mode === 'full' ? 'incremental' : 'full'}`,
          'PRAGMA auto_vacuum',
          'DELETE FROM t2 WHERE rowid = 1',
          ...counts,
        ],
        [
          ...counts,
          'PRAGMA auto_vacuum',
          'DELETE FROM t2',
          ...counts,
          'PRAGMA incremental_vacuum(7)',
          ...counts,
          'CREATE TABLE t3(a PRIMARY KEY, b UNIQUE)',
          'INSERT INTO t3 SELECT k, v FROM w',
          'PRAGMA incremental_vacuum',
          ...counts,
        ],
      );
    });
  }

  it('can be chosen only while the file is empty', () =>
    cross(
      ['PRAGMA auto_vacuum = 1', 'PRAGMA auto_vacuum', 'PRAGMA auto_vacuum = 0', ...FILL],
      [
        'PRAGMA auto_vacuum = 1',
        'PRAGMA auto_vacuum',
        'PRAGMA incremental_vacuum',
        'PRAGMA freelist_count',
        ...LOOK,
      ],
    ));
});

describe('schema formats', () => {
  for (const format of [1, 2, 3, 4]) {
    it(`${format}`, () => {
      const [a, b] = withHeader(1024, (d) => d.writeUInt32BE(format, 44));
      const script = [
        'CREATE TABLE t(id INTEGER PRIMARY KEY, a, b)',
        'CREATE INDEX td ON t(a DESC, b)',
        'INSERT INTO t VALUES(1, 0, 1), (2, 1, 0), (3, NULL, 1.0), (4, 1, 1), (5, 2, 0)',
        'ALTER TABLE t ADD COLUMN c DEFAULT 7',
        'SELECT * FROM t ORDER BY a DESC, b, id',
        'SELECT id FROM t WHERE a > 0 ORDER BY a, id',
        'PRAGMA integrity_check',
      ];
      const [mica, oracle] = [new Mica(a), new Oracle(b)];
      expect(runAll(mica, script).map(show)).toEqual(runAll(oracle, script).map(show));
      mica.close();
      oracle.close();
      expect(readFileSync(a).readUInt32BE(44)).toBe(readFileSync(b).readUInt32BE(44));
      const [again, other] = [new Oracle(a), new Mica(b)];
      expect(runAll(again, script.slice(4)).map(show)).toEqual(
        runAll(other, script.slice(4)).map(show),
      );
      again.close();
      other.close();
    });
  }

  it('5 is refused', () => {
    const [a, b] = withHeader(1024, (d) => d.writeUInt32BE(5, 44));
    const sql = 'SELECT * FROM sqlite_schema';
    const [mica, oracle] = [new Mica(a), new Oracle(b)];
    expect(mica.run(sql)).toEqual(oracle.run(sql));
    mica.close();
    oracle.close();
  });

  it('unknown read and write versions', () => {
    for (const [at, value] of [
      [18, 3],
      [19, 3],
      [21, 63],
      [22, 31],
      [23, 33],
      [16, 3],
    ] as const) {
      const [a, b] = withHeader(1024, (d) => {
        d[at] = value;
      });
      const script = ['SELECT * FROM sqlite_schema', 'CREATE TABLE t(x)', 'PRAGMA user_version'];
      const [mica, oracle] = [new Mica(a), new Oracle(b)];
      expect([at, runAll(mica, script).map(show)]).toEqual([at, runAll(oracle, script).map(show)]);
      mica.close();
      oracle.close();
    }
  });
});

describe('limits', () => {
  it('2,000 columns, and no more', () => {
    const columns = (n: number): string => Array.from({ length: n }, (_, i) => `c${i}`).join(', ');
    const values = Array.from({ length: 2000 }, (_, i) => (i % 3 === 0 ? `'${i}'` : i)).join(', ');
    cross(
      [
        `CREATE TABLE wide(${columns(2001)})`,
        `CREATE TABLE wide(${columns(2000)})`,
        'CREATE INDEX wi ON wide(c1999, c0)',
        `INSERT INTO wide VALUES(${values})`,
        `INSERT INTO wide VALUES(${values}, 1)`,
        'UPDATE wide SET c1000 = zeroblob(5000), c1999 = -1',
        'SELECT c0, c999, length(c1000), c1998, c1999 FROM wide',
        'SELECT * FROM wide',
      ],
      ['SELECT c0, length(c1000), c1999 FROM wide WHERE c1999 = -1', 'PRAGMA integrity_check'],
    );
  });

  it('rowids of 64 bits', () =>
    cross(
      [
        'CREATE TABLE t(id INTEGER PRIMARY KEY, v)',
        'INSERT INTO t VALUES(9223372036854775807, 1), (-9223372036854775808, 2), (0, 3)',
        'INSERT INTO t VALUES(9007199254740993, 4), (-9007199254740993, 5), (4294967296, 6)',
        'INSERT INTO t VALUES(72057594037927935, 7), (72057594037927936, 8), (-1, 9)',
        'SELECT * FROM t',
        'SELECT * FROM t WHERE id > 9007199254740992 ORDER BY id DESC',
        'INSERT INTO t(v) VALUES(10)',
        'SELECT count(*) FROM t',
        'CREATE TABLE a(id INTEGER PRIMARY KEY AUTOINCREMENT)',
        'INSERT INTO a VALUES(9223372036854775807)',
        'INSERT INTO a DEFAULT VALUES',
        'SELECT * FROM sqlite_sequence',
        'UPDATE t SET id = id + 1 WHERE id = 9223372036854775807',
        'UPDATE t SET id = id - 1 WHERE id = 9223372036854775807',
      ],
      ['SELECT * FROM t WHERE v < 10', 'SELECT max(id), min(id) FROM t', 'PRAGMA integrity_check'],
    ));

  it('records of every size around the limits of a page', () => {
    for (const size of [512, 1024]) {
      const script = [`PRAGMA page_size = ${size}`, 'CREATE TABLE t(v)', 'CREATE INDEX i ON t(v)'];
      for (let n = 0; n < 3 * size; n += n > size - 60 && n < size + 20 ? 1 : 23) {
        script.push(`INSERT INTO t VALUES(zeroblob(${n})), (printf('%.*c', ${n}, 'x'))`);
      }
      cross(
        [...script, 'SELECT sum(length(v)) FROM t', 'PRAGMA integrity_check'],
        [
          'SELECT count(*), sum(length(v)) FROM t',
          'SELECT count(DISTINCT v) FROM t',
          'PRAGMA integrity_check',
          'DELETE FROM t WHERE length(v) % 2 = 1',
          'PRAGMA integrity_check',
        ],
      );
    }
  });

  it('values over thousands of overflow pages', () =>
    cross(
      [
        'PRAGMA page_size = 512',
        'CREATE TABLE t(id INTEGER PRIMARY KEY, v)',
        "INSERT INTO t VALUES(1, zeroblob(3000000)), (2, printf('%.2000000c', 'é'))",
        'INSERT INTO t SELECT 3, v || v FROM t WHERE id = 2',
        "UPDATE t SET v = substr(v, 1, 1000000) || 'end' WHERE id = 3",
        'SELECT id, length(v), substr(v, 999999, 5) FROM t WHERE id > 1',
        'INSERT INTO t VALUES(4, zeroblob(1000000001))',
      ],
      [
        'SELECT id, length(v), hex(substr(v, -3)) FROM t',
        'PRAGMA integrity_check',
        'DELETE FROM t WHERE id < 3',
        'PRAGMA freelist_count',
        'PRAGMA integrity_check',
      ],
    ));
});
