/**
 * Damage that once gave a raw exception, went unnoticed into the file, or was described otherwise than by
 * SQLite; one test for each.
 */
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { makeKeyInfo, newKey } from '../values/keyinfo.ts';
import { RecordEncoder } from '../values/record.ts';
import { Real, UTF8 } from '../values/value.ts';
import { openBtree } from './btree.ts';
import { readRowid } from './bytes.ts';
import { asPager, TestPager } from './test-pager.ts';
import { AutoVacuum, type Btree, InsertFlags } from './types.ts';

const encoder = new RecordEncoder(UTF8);
const CORRUPT = 'database disk image is malformed';
const PAGE = 1024;

/** What SQLite makes of some SQL. */
function made(sql: string, vacuum = AutoVacuum.None): Buffer {
  const db = new Database(':memory:');
  db.pragma(`page_size=${PAGE}`);
  db.pragma(`auto_vacuum=${vacuum}`);
  db.exec(sql);
  const image = db.serialize();
  db.close();
  return image;
}

function open(image: Uint8Array): { pager: TestPager; bt: Btree } {
  const pager = TestPager.of(image);
  const bt = openBtree(asPager(pager));
  bt.beginTransaction(true);
  return { pager, bt };
}

function treeCheck(image: Buffer): string {
  const db = new Database(image);
  const rows = db.prepare('PRAGMA integrity_check').pluck().all() as string[];
  db.close();
  return rows[0]!.replace('*** in database main ***\n', '');
}

describe('a rowid that the end of its page cuts off', () => {
  const many = `CREATE TABLE t(a INTEGER PRIMARY KEY, b); WITH RECURSIVE n(i) AS
    (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<200) INSERT INTO t SELECT i, zeroblob(30) FROM n`;

  it('is read as if zeros followed', () => {
    for (let n = 0; n <= 9; n++) {
      const cut = new Uint8Array(n).fill(0xff);
      const whole = new Uint8Array(n + 9);
      whole.set(cut);
      expect(readRowid(cut, 0)).toBe(readRowid(whole, 0));
    }
  });

  it('stops no search on an interior page', () => {
    const image = made(many);
    expect(image[PAGE]).toBe(5);
    image.writeUInt16BE(PAGE - 11, PAGE + 12);
    image.writeUInt32BE(3, 2 * PAGE - 11);
    image.fill(0xff, 2 * PAGE - 7, 2 * PAGE);
    const { pager, bt } = open(image);
    const c = bt.cursor(2, true, null);
    expect(c.seekRowid(3)).toBe(0);
    c.close();
    bt.rollback(null, false, false);
    expect(pager.pinned()).toBe(0);
  });

  it('is damage when it is on a leaf', () => {
    const image = made(
      `CREATE TABLE t(a INTEGER PRIMARY KEY, b); INSERT INTO t VALUES(1, 'a'), (2, 'b')`,
    );
    image.writeUInt16BE(PAGE - 8, PAGE + 8);
    image[2 * PAGE - 8] = 1;
    image.fill(0xff, 2 * PAGE - 7, 2 * PAGE);
    const { bt } = open(image);
    const c = bt.cursor(2, true, null);
    c.seekRowid(1);
    c.first();
    expect(() => c.rowid()).toThrow(CORRUPT);
  });
});

it('a number that the record has no room for is damage, at the end of a page too', () => {
  const image = made(
    'CREATE TABLE t(a, b); INSERT INTO t VALUES(1, 1.5), (2, 2.5); CREATE INDEX tb ON t(b)',
  );
  // The first cell ends with the page: its header grows by two bytes, its body ends one past the page.
  const cell = 2 * PAGE + image.readUInt16BE(2 * PAGE + 8);
  const size = image[cell]!;
  expect(cell + 1 + size).toBe(3 * PAGE);
  expect(image[cell + 2]).toBe(7);
  image[cell + 1] = size - 7;
  const { bt } = open(image);
  const info = makeKeyInfo(UTF8, 2);
  const c = bt.cursor(3, true, info);
  const key = newKey(info);
  key.values = [new Real(0.5)];
  key.fieldCount = 1;
  expect(() => c.seekKey(key)).toThrow(CORRUPT);
  expect(() => c.seekNumber(0.5, 1)).toThrow(CORRUPT);
});

describe('a freelist', () => {
  const some = `CREATE TABLE t(a INTEGER PRIMARY KEY, b); CREATE TABLE g(x);
    INSERT INTO g VALUES(zeroblob(3000)), (zeroblob(3000)), (zeroblob(3000)); DROP TABLE g`;

  it('whose trunk names itself as a leaf gives no page out', () => {
    const image = made(some);
    const trunk = image.readUInt32BE(32);
    const at = (trunk - 1) * PAGE;
    for (let i = 0; i < image.readUInt32BE(at + 4); i++) image.writeUInt32BE(trunk, at + 8 + 4 * i);
    const { pager, bt } = open(image);
    const c = bt.cursor(2, true, null);
    const n = encoder.encode([null, new Uint8Array(2000)], 0, 2);
    const row = encoder.buffer.slice(0, n);
    expect(() => c.insertRow(1, row, 0, n, 0, InsertFlags.None, 0)).toThrow(CORRUPT);
    c.close();
    bt.rollback(null, false, false);
    expect(pager.pinned()).toBe(0);
  });
});

it('the pages of a payload of nearly 4 GiB are counted as SQLite counts them', () => {
  const image = made(
    'CREATE TABLE t(a INTEGER PRIMARY KEY, b); INSERT INTO t VALUES(1, zeroblob(800))',
  );
  const cell = PAGE + image.readUInt16BE(PAGE + 8);
  image.fill(0xff, cell, cell + 9);
  const { bt } = open(image);
  expect(bt.integrityCheck([2, 1], 100, []).join('\n')).toBe(treeCheck(image));
});
