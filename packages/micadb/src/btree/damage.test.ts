/**
 * Damaged files: the integrity check says what SQLite says, word for word, and no operation gives
 * anything but SQLITE_CORRUPT or SQLITE_NOTADB, or goes on for ever.
 */
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { SqliteError } from '../values/errors.ts';
import { makeKeyInfo } from '../values/keyinfo.ts';
import { decodeRecord, RecordEncoder } from '../values/record.ts';
import { type SqlValue, UTF8 } from '../values/value.ts';
import { openBtree } from './btree.ts';
import { asPager, TestPager } from './test-pager.ts';
import { InsertFlags } from './types.ts';

const encoder = new RecordEncoder(UTF8);
function record(values: SqlValue[]): Uint8Array {
  const n = encoder.encode(values, 0, values.length);
  return encoder.buffer.slice(0, n);
}

/** Table t on page 2 or 3, its index tb behind it, and a freelist. */
function sample(pageSize: number, vacuum: number): { image: Buffer; roots: number[] } {
  const db = new Database(':memory:');
  db.pragma(`page_size=${pageSize}`);
  db.pragma(`auto_vacuum=${vacuum}`);
  db.exec(`
    CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT, c BLOB);
    CREATE INDEX tb ON t(b);
    CREATE TABLE gone(x);
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < 200)
      INSERT INTO t SELECT i * 7,
        'tx' || (i * 31 % 97) || CASE i % 13 WHEN 0 THEN hex(zeroblob(600)) ELSE '' END,
        zeroblob(CASE i % 20 WHEN 0 THEN 2000 ELSE i % 90 END) FROM n;
    INSERT INTO gone SELECT zeroblob(200) FROM t;
    DROP TABLE gone;
    DELETE FROM t WHERE a % 5 = 0;
  `);
  const roots = db.prepare('SELECT rootpage FROM sqlite_schema').pluck().all() as number[];
  const image = db.serialize();
  db.close();
  // SQLite checks the schema table last.
  return { image, roots: [...roots, 1] };
}

const samples = [
  [512, 0],
  [512, 1],
  [1024, 0],
  [1024, 2],
] as const;

function random(seed: number): (n: number) => number {
  let s = seed;
  return (n) => {
    s ^= s << 13;
    s ^= s >>> 17;
    s ^= s << 5;
    return (s >>> 0) % n;
  };
}

function flip(image: Buffer, at: number, r: (n: number) => number): void {
  image[at] = r(2) === 0 ? r(256) : image[at]! ^ (1 << r(8));
}

describe('integrity_check', () => {
  it.each(samples)('says what SQLite says: page size %i, auto_vacuum %i', (pageSize, vacuum) => {
    const { image, roots } = sample(pageSize, vacuum);
    const r = random(pageSize + vacuum);
    let damaged = 0;
    for (let i = 0; i < 250; i++) {
      const im = Buffer.from(image);
      for (let n = 1 + r(3); n > 0; n--) {
        const page = 1 + r(im.length / pageSize - 1);
        flip(im, page * pageSize + (r(3) > 0 ? r(40) : r(pageSize)), r);
      }
      if (r(10) === 0) im[39]! ^= 1; // free pages
      if (r(20) === 0) im[35]! ^= 1 + r(4); // first trunk
      if (r(20) === 0) im[55]! ^= 1; // largest root page
      let rows: string[];
      const db = new Database(im);
      try {
        rows = db.prepare('PRAGMA integrity_check(100)').pluck().all() as string[];
      } catch {
        continue; // a damage that stops SQLite's check altogether
      } finally {
        db.close();
      }
      // The pragma goes on with checks of rows; ours is the part before.
      const own = /^\*\*\*|^Tree|^Page|^Freelist|2nd ref|ptr ?map|^Frag|^Multiple|rootpage/;
      const want = rows
        .filter((x) => own.test(x))
        .join('\n')
        .replace('*** in database main ***\n', '');
      const pager = TestPager.of(im);
      const bt = openBtree(asPager(pager));
      bt.beginTransaction(false);
      expect(bt.integrityCheck(roots, 100, []).join('\n')).toBe(want);
      bt.endRead();
      expect(pager.pinned()).toBe(0);
      if (want !== '') damaged++;
    }
    expect(damaged).toBeGreaterThan(50);
  });
});

describe('operations on damaged files', () => {
  it.each(samples)('page size %i, auto_vacuum %i', (pageSize, vacuum) => {
    const { image, roots } = sample(pageSize, vacuum);
    const r = random(pageSize * 3 + vacuum);
    const info = makeKeyInfo(UTF8, 2);
    let failures = 0;
    const attempt = (f: () => void): boolean => {
      try {
        f();
        return true;
      } catch (e) {
        if (!(e instanceof SqliteError)) throw e;
        expect(['SQLITE_CORRUPT', 'SQLITE_NOTADB', 'SQLITE_READONLY']).toContain(e.code);
        failures++;
        return false;
      }
    };
    for (let round = 0; round < 250; round++) {
      const im = Buffer.from(image);
      for (let n = 1 + r(6); n > 0; n--) {
        const page = r(im.length / pageSize);
        const at = r(3) > 0 ? r(40) : r(pageSize);
        if (page > 0 || at >= 100 || r(8) === 0) flip(im, page * pageSize + at, r);
      }
      const pager = TestPager.of(im);
      const bt = openBtree(asPager(pager));
      if (!attempt(() => bt.beginTransaction(true))) continue;
      const t = bt.cursor(roots[0]!, true, null);
      const reader = bt.cursor(roots[0]!, false, null);
      const index = bt.cursor(roots[1]!, true, info);
      const indexReader = bt.cursor(roots[1]!, false, info);
      const ops: (() => void)[] = [
        () => {
          let n = 0;
          for (let ok = reader.first(); ok && n < 2000; ok = reader.next(), n++) {
            const size = reader.payloadSize();
            const buf = new Uint8Array(size);
            reader.readPayload(0, size, buf, 0);
            decodeRecord(buf, 0, size, UTF8);
          }
        },
        () => {
          let n = 0;
          for (let ok = indexReader.last(); ok && n < 2000; ok = indexReader.previous(), n++) {
            indexReader.loadPayload();
          }
        },
        () => {
          const row = record([null, 'q'.repeat(r(r(4) > 0 ? 50 : 2000)), r(9)]);
          t.insertRow(r(2000), row, 0, row.length, r(3) > 0 ? 0 : r(700), InsertFlags.None, 0);
        },
        () => {
          const row = record([`tx${r(97)}${'z'.repeat(r(4) > 0 ? 5 : 900)}`, r(9)]);
          index.insertKey(row, 0, row.length, null, InsertFlags.None, 0);
        },
        () => {
          t.seekRowid(r(1400));
          if (!t.eof) t.delete(r(2) === 0);
          if (t.needsRestore) t.next();
        },
        () => {
          index.seekKey({
            keyInfo: info,
            values: [`tx${r(97)}`],
            fieldCount: 1,
            defaultResult: 1,
            equalSeen: false,
          });
          if (!index.eof) index.delete(r(2) === 0);
        },
        () => {
          t.count();
          index.count();
        },
        () => {
          bt.integrityCheck(roots, 100, []);
        },
        () => {
          if (r(4) === 0) bt.clearTable(roots[r(2)]!);
        },
        () => {
          if (r(4) === 0) bt.createTable(r(2) === 0);
        },
        () => {
          if (r(6) === 0) bt.dropTable(roots[1]!);
          else bt.incrementalVacuumStep();
        },
      ];
      for (let i = 0; i < 40; i++) attempt(ops[r(ops.length)]!);
      for (const c of [t, reader, index, indexReader]) c.close();
      if (r(2) === 0) {
        attempt(() => {
          bt.commitPhaseOne(null);
          bt.commitPhaseTwo(true);
        });
      }
      attempt(() => bt.rollback(null, false, false));
      expect(pager.pinned()).toBe(0);
    }
    expect(failures).toBeGreaterThan(100);
  });
});

describe('headers', () => {
  const open = (change: (im: Buffer) => void): string => {
    const { image } = sample(1024, 0);
    change(image);
    const bt = openBtree(asPager(TestPager.of(image)));
    try {
      bt.beginTransaction(false);
      return 'ok';
    } catch (e) {
      return e instanceof SqliteError ? `${e.code}: ${e.message}` : String(e);
    }
  };
  const notADb = 'SQLITE_NOTADB: file is not a database';

  it('are refused or accepted as SQLite does', () => {
    expect(open(() => {})).toBe('ok');
    expect(open((im) => im.write('X', 3))).toBe(notADb);
    expect(open((im) => im.writeUInt16BE(1000, 16))).toBe(notADb);
    expect(open((im) => im.writeUInt16BE(256, 16))).toBe(notADb);
    expect(open((im) => (im[18] = 3))).toBe('ok');
    expect(open((im) => (im[19] = 3))).toBe(notADb);
    expect(open((im) => (im[22] = 31))).toBe(notADb);
    expect(
      open((im) => {
        im.writeUInt16BE(512, 16);
        im[20] = 33;
      }),
    ).toBe(notADb);
    expect(open((im) => im.writeUInt32BE(100000, 28))).toBe(
      'SQLITE_CORRUPT: database disk image is malformed',
    );
    // A page count that is not valid for the change counter is not trusted.
    expect(
      open((im) => {
        im.writeUInt32BE(100000, 28);
        im.writeUInt32BE(77, 92);
      }),
    ).toBe('ok');
  });

  it('of an unknown write version make a file read only', () => {
    const { image } = sample(1024, 0);
    image[18] = 3;
    const bt = openBtree(asPager(TestPager.of(image)));
    expect(() => bt.beginTransaction(true)).toThrow('attempt to write a readonly database');
    expect(bt.transaction).toBe('none');
    bt.beginTransaction(false);
    expect(bt.getMeta(1)).toBeGreaterThan(0);
  });
});
