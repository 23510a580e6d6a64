/**
 * Crossing files with SQLite: what a killed SQLite process leaves is recovered here as SQLite itself
 * would, and the other way round. The judge is a copy that the sqlite3 program recovers.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import { createRequire } from 'node:module';
import * as os from 'node:os';
import * as path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SqliteError } from '../values/errors.ts';
import { FaultyVfs } from '../vfs/faulty.ts';
import { NodeVfs } from '../vfs/node-files.ts';
import { openPager } from './pager.ts';
import { openTest, random, readValue, writeValue } from './testing.ts';
import type { Pager } from './types.ts';

const native = createRequire(import.meta.url).resolve('better-sqlite3');
const SUFFIXES = ['', '-journal', '-wal', '-shm'];

let dir = '';
beforeAll(() => {
  dir = fs.mkdtempSync(path.join(os.tmpdir(), 'interop-'));
});
afterAll(() => fs.rmSync(dir, { recursive: true, force: true }));

/** Runs a script against better-sqlite3 in a process that ends by SIGKILL. */
function killed(script: string): void {
  const r = spawnSync(
    process.execPath,
    [
      '-e',
      `const D=require(${JSON.stringify(native)});${script};process.kill(process.pid,'SIGKILL')`,
    ],
    { encoding: 'utf8' },
  );
  if (r.signal !== 'SIGKILL') throw new Error(r.stderr);
}

function sqlite(file: string, sql: string): string {
  return execFileSync('sqlite3', [file, sql], { encoding: 'utf8' }).trim();
}

function copyAll(from: string, to: string): void {
  for (const s of SUFFIXES) if (fs.existsSync(from + s)) fs.copyFileSync(from + s, to + s);
}

/** The database as this connection sees it, as a file's bytes. */
function image(p: Pager): Buffer {
  const changed = p.beginRead();
  expect(typeof changed).toBe('boolean');
  const out = Buffer.alloc(p.pageCount * p.pageSize);
  for (let n = 1; n <= p.pageCount; n++) {
    const page = p.get(n);
    out.set(page.data, (n - 1) * p.pageSize);
    p.unpin(page);
  }
  p.endRead();
  return out;
}

function open(file: string, readonly = false): Pager {
  return openPager({ path: file, readonly, create: false, vfs: new NodeVfs(), busyHandler: null });
}

const rows = (n: number, len: number): string =>
  `with recursive c(x) as (select 1 union all select x+1 from c where x<${n}) insert into t select x,hex(randomblob(${len})) from c`;

describe('what a killed SQLite leaves', () => {
  for (const pageSize of [512, 4096, 65536]) {
    for (const mode of ['delete', 'persist', 'truncate']) {
      it(`a hot journal, page_size=${pageSize}, journal_mode=${mode}`, () => {
        const file = path.join(dir, `hot-${pageSize}-${mode}.db`);
        killed(`const d=new D(${JSON.stringify(file)});
          d.pragma('page_size=${pageSize}');d.pragma('journal_mode=${mode}');
          d.exec('create table t(a integer primary key,b)');d.exec("${rows(3000, 100)}");
          d.exec("update t set b=b||'x' where a<20");
          d.pragma('cache_size=10');d.exec('begin');
          d.exec("update t set b=hex(randomblob(120))");d.exec('delete from t where a%3=0');
          d.exec("insert into t select a+10000,b from t")`);
        const judge = `${file}.judge`;
        copyAll(file, judge);
        const before = fs.readFileSync(file);
        expect(fs.statSync(`${file}-journal`).size).toBeGreaterThan(pageSize);
        const p = open(file);
        const found = image(p);
        p.close();
        expect(sqlite(judge, 'pragma integrity_check; select count(*) from t')).toBe('ok\n3000');
        expect(found.equals(before)).toBe(false);
        expect(found.equals(fs.readFileSync(judge))).toBe(true);
        expect(fs.existsSync(`${file}-journal`)).toBe(false);
        expect(sqlite(file, 'pragma integrity_check; select count(*) from t')).toBe('ok\n3000');
      });
    }

    it(`a log with an unfinished transaction at its end, page_size=${pageSize}`, () => {
      const file = path.join(dir, `wal-${pageSize}.db`);
      killed(`const d=new D(${JSON.stringify(file)});
        d.pragma('page_size=${pageSize}');d.pragma('journal_mode=wal');
        d.exec('create table t(a integer primary key,b)');d.exec("${rows(2000, 100)}");
        d.pragma('wal_checkpoint(restart)');d.pragma('wal_autocheckpoint=0');
        d.exec("update t set b='y' where a%7=0");d.exec("delete from t where a>1900");
        d.pragma('cache_size=5');d.exec('begin');d.exec("update t set b=hex(randomblob(90))")`);
      const judge = `${file}.judge`;
      copyAll(file, judge);
      expect(sqlite(judge, 'pragma wal_checkpoint(truncate); pragma integrity_check')).toContain(
        'ok',
      );
      for (const readonly of [true, false]) {
        const p = open(file, readonly);
        expect(p.journalMode).toBe('wal');
        const found = image(p);
        expect(found.equals(fs.readFileSync(judge))).toBe(true);
        p.close();
        expect(fs.existsSync(`${file}-wal`)).toBe(readonly);
      }
      expect(sqlite(file, 'pragma integrity_check; select count(*) from t')).toBe('ok\n1900');
    });
  }

  it('a log that we write on, and SQLite after us', () => {
    const file = path.join(dir, 'onward.db');
    killed(`const d=new D(${JSON.stringify(file)});d.pragma('journal_mode=wal');
      d.exec('create table t(a integer primary key,b)');d.exec("${rows(500, 50)}");
      d.pragma('user_version=1')`);
    const shm = fs.readFileSync(`${file}-shm`);
    const p = open(file);
    p.beginRead();
    p.beginWrite(false);
    const first = p.get(1);
    const copy = p.makeWritable(first);
    copy.data[63] = 77;
    p.unpin(copy);
    p.unpin(first);
    p.commitPhaseOne(null);
    p.commitPhaseTwo();
    p.endRead();
    // As if we were killed now: the files as they lie there, the old shared memory file too.
    const left = path.join(dir, 'left.db');
    copyAll(file, left);
    fs.writeFileSync(`${left}-shm`, shm);
    expect(
      sqlite(left, 'pragma user_version; pragma integrity_check; select count(*) from t'),
    ).toBe('77\nok\n500');
    p.close();
    expect(fs.existsSync(`${file}-wal`)).toBe(false);
    expect(sqlite(file, 'pragma user_version; pragma integrity_check')).toBe('77\nok');
  });

  it('a commit over two files that stopped before or after its commit point', () => {
    const a = path.join(dir, 'multi-a.db');
    const b = path.join(dir, 'multi-b.db');
    // Journals are taken while the transaction is open, the super-journal's name is added by us.
    for (const [i, f] of [a, b].entries()) {
      killed(`const d=new D(${JSON.stringify(f)});d.exec('create table t(a,b)');
        d.exec("${rows(300, 60)}");d.pragma('cache_size=5');d.exec('begin');
        d.exec('update t set b=${i}')`);
    }
    for (const f of [a, b]) copyAll(f, `${f}.copy`);
    const sup = `${a}-mjAAAAAA9BB`;
    const name = Buffer.from(sup);
    const tail = Buffer.alloc(20 + name.length);
    tail.writeUInt32BE(0x40000000 / 4096 + 1, 0);
    name.copy(tail, 4);
    tail.writeUInt32BE(name.length, 4 + name.length);
    tail.writeUInt32BE(
      name.reduce((s, x) => s + x, 0),
      8 + name.length,
    );
    Buffer.from('d9d505f920a163d7', 'hex').copy(tail, 12 + name.length);
    for (const exists of [false, true]) {
      for (const f of [a, b]) {
        copyAll(`${f}.copy`, f);
        fs.appendFileSync(`${f}-journal`, tail);
      }
      if (exists) fs.writeFileSync(sup, `${a}-journal\0${b}-journal\0`);
      const spilled = fs.readFileSync(a);
      const p = open(a);
      const found = image(p);
      expect(found.equals(spilled)).toBe(!exists);
      p.close();
      expect(fs.existsSync(sup)).toBe(exists);
      const q = open(b);
      image(q);
      q.close();
      expect(fs.existsSync(sup)).toBe(false);
      expect(fs.existsSync(`${b}-journal`)).toBe(false);
    }
    expect(sqlite(a, 'pragma integrity_check; select count(*) from t where b in (0,1)')).toBe(
      'ok\n0',
    );
  });
});

describe('SQLite writes while we have the file open', () => {
  /** Adds one to the user version in a transaction of ours. */
  const bump = (p: Pager): number => {
    p.beginRead();
    try {
      p.beginWrite(false);
      const first = p.get(1);
      const copy = p.makeWritable(first);
      const version = ++copy.data[63]!;
      p.unpin(copy);
      p.unpin(first);
      p.commitPhaseOne(null);
      p.commitPhaseTwo();
      return version;
    } finally {
      p.endRead();
    }
  };
  const make = (mode: string): string => {
    const file = path.join(dir, `stranger-${mode}.db`);
    sqlite(
      file,
      `pragma journal_mode=${mode}; create table t(a,b); ${rows(200, 60)}; pragma user_version=1`,
    );
    return file;
  };
  const same = (p: Pager, file: string): void => {
    const copy = `${file}.now`;
    for (const s of SUFFIXES) fs.rmSync(copy + s, { force: true });
    copyAll(file, copy);
    sqlite(copy, 'pragma wal_checkpoint(truncate)');
    expect(image(p).equals(fs.readFileSync(copy))).toBe(true);
  };

  it('rollback journal', () => {
    const file = make('delete');
    const p = open(file);
    const q = open(file);
    for (let i = 0; i < 4; i++) {
      same(p, file);
      const seen = p.dataVersion;
      sqlite(file, `update t set b=${i}; insert into t values(1,hex(zeroblob(5000)))`);
      same(p, file);
      expect(p.dataVersion).toBeGreaterThan(seen);
      bump(q);
      expect(sqlite(file, 'pragma integrity_check; pragma user_version')).toBe(`ok\n${i + 2}`);
    }
    sqlite(file, 'delete from t; pragma page_size=1024; vacuum');
    same(p, file);
    expect(p.pageSize).toBe(1024);
    // A transaction whose ground was changed under it must not write.
    p.beginRead();
    sqlite(file, 'insert into t values(1,2)');
    let code = '';
    try {
      p.beginWrite(false);
    } catch (e) {
      code = e instanceof SqliteError ? e.code : 'other';
    }
    expect(code).toBe('SQLITE_BUSY');
    p.endRead();
    same(p, file);
    p.close();
    q.close();
  });

  it('write-ahead log', () => {
    const file = make('wal');
    const p = open(file);
    const q = open(file);
    let version = 1;
    for (let i = 0; i < 4; i++) {
      // The program is the last to close as far as it knows: it removes the log each time.
      sqlite(file, `update t set b=${i}; insert into t values(1,hex(zeroblob(5000)))`);
      same(p, file);
      expect(bump(q)).toBe(++version);
      same(p, file);
      expect(bump(p)).toBe(++version);
      expect(sqlite(file, 'pragma integrity_check; pragma user_version')).toBe(`ok\n${version}`);
    }
    // One that dies without closing leaves frames after ours, or a log that started again.
    for (let i = 0; i < 6; i++) {
      bump(p);
      version++;
      killed(`const d=new D(${JSON.stringify(file)});d.exec('update t set b=b+1');
        ${i % 2 === 1 ? "d.pragma('wal_checkpoint(restart)');d.exec('update t set a=a+1')" : ''}
        ${i % 3 === 1 ? "d.pragma('wal_checkpoint(truncate)')" : ''}`);
      same(p, file);
      same(q, file);
    }
    p.close();
    q.close();
    expect(sqlite(file, 'pragma integrity_check; pragma user_version')).toBe(`ok\n${version}`);
  });

  it('leaves the log alone while another process uses it', () => {
    const file = make('wal2');
    sqlite(file, 'pragma journal_mode=wal');
    const p = open(file);
    bump(p);
    const script = `const D=require(${JSON.stringify(native)});const d=new D(${JSON.stringify(file)});
      d.prepare('select count(*) from t').get();console.log('up');
      process.stdin.on('data',()=>{console.log(d.prepare('pragma integrity_check').pluck().get());process.exit()})`;
    const child = spawn(process.execPath, ['-e', script], { stdio: ['pipe', 'pipe', 'inherit'] });
    const lines: string[] = [];
    return new Promise<void>((resolve, reject) => {
      child.on('error', reject);
      child.stdout.on('data', (d: Buffer) => {
        lines.push(d.toString().trim());
        if (lines.length > 1) return;
        expect(p.checkpoint('truncate').busy).toBe(true);
        p.close();
        expect(fs.existsSync(`${file}-wal`)).toBe(true);
        child.stdin.write('go\n');
      });
      child.on('exit', () => {
        try {
          expect(lines).toEqual(['up', 'ok']);
          resolve();
        } catch (e) {
          reject(e as Error);
        }
      });
    });
  });
});

describe('a file of another page size copied into the open one', () => {
  for (const [from, to] of [
    [4096, 1024],
    [1024, 65536],
  ] as const) {
    it(`${from} to ${to}, as VACUUM does it`, () => {
      const file = path.join(dir, `resize-${from}.db`);
      const next = path.join(dir, `resize-${from}-next.db`);
      sqlite(file, `pragma page_size=${from}; create table t(a,b); ${rows(700, 90)}`);
      sqlite(next, `pragma page_size=${to}; create table t(a,b); ${rows(300, 90)}`);
      const bytes = fs.readFileSync(next);
      const p = open(file);
      const before = image(p);
      for (const commit of [false, true]) {
        p.beginRead();
        p.beginWrite(true);
        const pages = Math.ceil(bytes.length / from);
        for (let n = 1; n <= pages; n++) {
          const old = p.get(n);
          const page = p.makeWritable(old);
          page.data.fill(0);
          page.data.set(bytes.subarray((n - 1) * from, n * from));
          p.unpin(page);
          p.unpin(old);
        }
        p.setPageCount(pages);
        if (commit) {
          p.commitPhaseOne(null);
          p.commitPhaseTwo();
        } else p.rollback();
        p.endRead();
        if (!commit) expect(image(p).equals(before)).toBe(true);
      }
      expect(image(p).length).toBe(bytes.length);
      expect(p.pageSize).toBe(to);
      p.close();
      expect(fs.statSync(file).size).toBe(bytes.length);
      expect(sqlite(file, 'pragma integrity_check; select count(*) from t')).toBe('ok\n300');
    });
  }
});

describe('what we leave when the machine stops', () => {
  for (const mode of ['delete', 'persist', 'wal'] as const) {
    it(`SQLite recovers the same, journal_mode=${mode}`, () => {
      for (let step = 20; step < 90; step += 3) {
        const vfs = new FaultyVfs(random(step));
        vfs.crashAt = step;
        const rnd = random(step);
        try {
          const p = openTest(vfs, 'db');
          p.cacheSize = 10;
          for (let t = 0; t < 6; t++) {
            if (t === 1) p.setJournalMode(mode);
            p.beginRead();
            p.beginWrite(false);
            for (let i = 0; i < 30; i++) {
              const n = 1 + (t === 0 ? i : rnd(p.pageCount + 1));
              writeValue(p, n, t * 100 + i);
              expect(readValue(p, n)).toBe(t * 100 + i);
            }
            p.commitPhaseOne(null);
            p.commitPhaseTwo();
            p.endRead();
          }
          p.close();
        } catch (e) {
          if (!(e instanceof SqliteError) || !vfs.crashed) throw e;
        }
        const disk = vfs.reboot();
        const file = path.join(dir, `ours-${mode}-${step}.db`);
        for (const name of disk.list()) {
          fs.writeFileSync(file + name.slice(2), disk.readFile(name)!);
        }
        if (!fs.existsSync(file)) continue;
        const p = openTest(disk, 'db');
        const ours = image(p);
        p.close();
        sqlite(file, 'pragma user_version; pragma wal_checkpoint(truncate)');
        expect(fs.readFileSync(file).equals(ours), `step ${step}`).toBe(true);
      }
    });
  }
});
