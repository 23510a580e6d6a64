/** integrity_check, quick_check and cell_size_check on damaged files answer as SQLite's do, row for row. */
import Oracle from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import Mica from '../../packages/micadb/src/api/better-sqlite3.ts';

const PAGE = 1024;

interface Sample {
  readonly image: Buffer;
  /** Root page by name. */
  readonly roots: ReadonlyMap<string, number>;
}

function sample(): Sample {
  const db = new Oracle(':memory:');
  db.pragma(`page_size = ${PAGE}`);
  db.exec(`
    CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT, c);
    CREATE INDEX tb ON t(b);
    CREATE TABLE bare(x);
    CREATE TABLE w(k TEXT, j INT, v, PRIMARY KEY(k, j)) WITHOUT ROWID;
    CREATE TABLE gone(x);
    INSERT INTO t VALUES (1, 'one', 1.5), (2, 'two', x'00'), (3, 'three', NULL);
    INSERT INTO bare VALUES (zeroblob(20)), ('text');
    INSERT INTO w VALUES ('a', 1, 'v'), ('b', 2, 'w');
    INSERT INTO gone VALUES (zeroblob(9000));
    DROP TABLE gone;`);
  const rows = db.prepare<[], [string, number]>('SELECT name, rootpage FROM sqlite_schema').raw();
  const roots = new Map(rows.all());
  const image = db.serialize();
  db.close();
  return { image, roots };
}

type Damage = (image: Buffer, page: number) => void;

/** Where cell `i` of the leaf at `page` begins. */
function cell(image: Buffer, page: number, i: number): number {
  return page + image.readUInt16BE(page + 8 + 2 * i);
}

const faults: Readonly<Record<string, { readonly of: string; readonly damage: Damage }>> = {
  'a header longer than its record': {
    of: 't',
    damage: (d, p) => d.writeUInt8(100, cell(d, p, 1) + 2),
  },
  'a header of one byte': { of: 'bare', damage: (d, p) => d.writeUInt8(1, cell(d, p, 0) + 2) },
  'a header of no bytes': { of: 'bare', damage: (d, p) => d.writeUInt8(0, cell(d, p, 0) + 2) },
  'a record of no bytes': { of: 'bare', damage: (d, p) => d.writeUInt8(0, cell(d, p, 1)) },
  'a field past the end': { of: 't', damage: (d, p) => d.writeUInt8(127, cell(d, p, 0) + 4) },
  'fields that do not fill the record': {
    of: 't',
    damage: (d, p) => d.writeUInt8(0, cell(d, p, 0) + 5),
  },
  'a field of the key past the end': {
    of: 'w',
    damage: (d, p) => d.writeUInt8(119, cell(d, p, 1) + 2),
  },
  'a cell past the end of its page': {
    of: 't',
    damage: (d, p) => d.writeUInt16BE(PAGE - 2, p + 8),
  },
  'a cell in the header of its page': { of: 'bare', damage: (d, p) => d.writeUInt16BE(3, p + 8) },
  'a cell of another row': { of: 't', damage: (d, p) => d.copy(d, p + 8, p + 10, p + 12) },
  'a freelist that is too short': { of: 't', damage: (d) => d.writeUInt32BE(99, 36) },
  'a page of no kind': { of: 'tb', damage: (d, p) => d.writeUInt8(77, p) },
};

const checks = [
  'PRAGMA integrity_check',
  'PRAGMA integrity_check(2)',
  'PRAGMA integrity_check(t)',
  'PRAGMA integrity_check(bare)',
  'PRAGMA integrity_check(sqlite_schema)',
  'PRAGMA quick_check',
];
const queries = ['SELECT * FROM bare', 'SELECT typeof(x) FROM bare', 'SELECT count(*) FROM t'];

/** A database in memory with the content of a file. */
function open(engine: 'mica' | 'sqlite', image: Buffer): InstanceType<typeof Mica> {
  const content = Buffer.from(new Uint8Array(image));
  return engine === 'mica' ? new Mica(content) : (new Oracle(content) as never);
}

function answers(db: InstanceType<typeof Mica>, statements: readonly string[]): unknown[] {
  return statements.map((sql) => {
    try {
      return db.prepare(sql).raw().all();
    } catch (e) {
      return (e as { code: string }).code;
    }
  });
}

describe('checks of damaged files', () => {
  for (const [name, { of, damage }] of Object.entries(faults)) {
    for (const cellSizeCheck of [0, 1]) {
      it(`${name}, cell_size_check=${cellSizeCheck}`, () => {
        const { image, roots } = sample();
        damage(image, (roots.get(of)! - 1) * PAGE);
        // SQLite keeps the pages that a check has read, and does not look at their cells again.
        const statements = cellSizeCheck === 0 ? [...checks, ...queries] : queries;
        const [ours, theirs] = (['mica', 'sqlite'] as const).map((engine) => {
          const db = open(engine, image);
          db.pragma(`cell_size_check = ${cellSizeCheck}`);
          const all = answers(db, statements);
          db.close();
          return all;
        });
        expect(ours).toEqual(theirs);
        if (cellSizeCheck === 1) return;
        expect(ours).not.toEqual(answers(open('sqlite', sample().image), statements));
      });
    }
  }

  it('cell_size_check counts for databases that are attached later', () => {
    const { image, roots } = sample();
    image.writeUInt16BE(3, (roots.get('bare')! - 1) * PAGE + 8);
    for (const on of [false, true]) {
      const db = open('mica', image);
      db.pragma(`cell_size_check = ${on}`);
      const count = (): unknown => db.prepare('SELECT count(*) FROM bare').pluck().get();
      if (on) expect(count).toThrow('database disk image is malformed');
      else expect(count()).toBe(2);
      expect(db.pragma('cell_size_check', { simple: true })).toBe(Number(on));
      db.close();
    }
  });
});
