/** What every virtual file system must do, and the simulated disk's way of losing things. */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SqliteError } from '../values/errors.ts';
import { FaultyVfs } from './faulty.ts';
import { MemoryVfs } from './memory.ts';
import { NodeVfs } from './node-files.ts';
import type { OpenOptions, Vfs } from './vfs.ts';

let dir = '';
beforeAll(() => {
  dir = fs.mkdtempSync(path.join(os.tmpdir(), 'vfs-'));
});
afterAll(() => fs.rmSync(dir, { recursive: true, force: true }));

const MAIN: OpenOptions = { kind: 'main', create: true, readonly: false };

function codeOf(f: () => unknown): string {
  try {
    f();
  } catch (e) {
    if (e instanceof SqliteError) return e.code;
    throw e;
  }
  return 'SQLITE_OK';
}

const KINDS: readonly (readonly [string, () => Vfs])[] = [
  ['memory', () => new MemoryVfs()],
  ['node', () => new NodeVfs()],
  ['faulty', () => new FaultyVfs(() => 0)],
];

for (const [name, make] of KINDS) {
  describe(name, () => {
    it('reads what was written, zeros past the end', () => {
      const vfs = make();
      const f = vfs.open(path.join(dir, `${name}-a`), MAIN);
      f.write(Uint8Array.of(9, 1, 2, 3, 9), 1, 3, 1000);
      expect(f.size()).toBe(1003);
      const buf = new Uint8Array(8).fill(7);
      expect(f.read(buf, 1, 6, 999)).toBe(4);
      expect([...buf]).toEqual([7, 0, 1, 2, 3, 0, 0, 7]);
      expect(f.read(buf, 0, 8, 5000)).toBe(0);
      f.truncate(1001);
      f.write(Uint8Array.of(5), 0, 1, 1004);
      expect(f.read(buf, 0, 8, 1000)).toBe(5);
      expect([...buf]).toEqual([1, 0, 0, 0, 5, 0, 0, 0]);
      f.sync(false);
      f.close();
    });

    it('knows files by identity, also when they are deleted', () => {
      const vfs = make();
      const p = path.join(dir, `${name}-b`);
      expect(vfs.exists(p)).toBe(false);
      expect(vfs.stamp(p)).toBeNull();
      expect(codeOf(() => vfs.open(p, { ...MAIN, create: false }))).toBe('SQLITE_CANTOPEN');
      const f = vfs.open(p, MAIN);
      const g = vfs.open(p, MAIN);
      expect(g.identity).toBe(f.identity);
      expect(vfs.stamp(p)?.identity).toBe(f.identity);
      expect(f.stamp().identity).toBe(f.identity);
      f.write(Uint8Array.of(1), 0, 1, 0);
      vfs.delete(p, true);
      vfs.delete(p, true);
      expect(f.stamp().identity).not.toBe(f.identity);
      const h = vfs.open(p, MAIN);
      expect(h.size()).toBe(0);
      expect(g.size()).toBe(1);
      expect(h.identity).not.toBe(f.stamp().identity);
      for (const x of [f, g, h]) x.close();
    });

    it('refuses to write through a read-only file', () => {
      const vfs = make();
      const p = path.join(dir, `${name}-c`);
      vfs.open(p, MAIN).close();
      const f = vfs.open(p, { ...MAIN, readonly: true });
      expect(f.readonly).toBe(true);
      expect(codeOf(() => f.write(Uint8Array.of(1), 0, 1, 0))).not.toBe('SQLITE_OK');
      f.close();
    });
  });
}

describe('node files', () => {
  it('turn errors of the system into those of SQLite', () => {
    const vfs = new NodeVfs();
    const file = path.join(dir, 'plain');
    fs.writeFileSync(file, 'x');
    expect(codeOf(() => vfs.open(dir, MAIN))).toBe('SQLITE_CANTOPEN');
    expect(codeOf(() => vfs.open(path.join(file, 'x'), MAIN))).toBe('SQLITE_CANTOPEN');
    expect(codeOf(() => vfs.open(path.join(dir, 'no', 'x'), MAIN))).toBe('SQLITE_CANTOPEN');
    expect(codeOf(() => vfs.delete(dir, false))).toMatch(/^SQLITE_IOERR_DELETE$/);
    expect(vfs.exists(path.join(file, 'x'))).toBe(false);
    expect(vfs.stamp(path.join(file, 'x'))).toBeNull();
  });

  it('temporary files leave nothing behind', () => {
    const vfs = new NodeVfs();
    const name = vfs.tempName();
    const f = vfs.open(name, { kind: 'temp', create: true, readonly: false, deleteOnClose: true });
    f.write(Uint8Array.of(1, 2), 0, 2, 0);
    expect(f.size()).toBe(2);
    f.close();
    expect(fs.existsSync(name)).toBe(false);
  });

  it('follow symbolic links to name a file', () => {
    const vfs = new NodeVfs();
    fs.writeFileSync(path.join(dir, 'target'), '');
    fs.symlinkSync('target', path.join(dir, 'link'));
    expect(vfs.fullPath(path.join(dir, 'link'))).toBe(vfs.fullPath(path.join(dir, 'target')));
    expect(vfs.fullPath(path.join(dir, '.', 'new'))).toBe(path.join(fs.realpathSync(dir), 'new'));
  });

  it.skipIf(process.getuid?.() === 0)('open a file that may not be written for reading', () => {
    const p = path.join(dir, 'locked');
    fs.writeFileSync(p, 'x', { mode: 0o444 });
    const f = new NodeVfs().open(p, MAIN);
    expect(f.readonly).toBe(true);
    f.close();
  });
});

describe('the simulated disk', () => {
  it('keeps what was synced and loses sectors of the rest', () => {
    // Every second sector survives.
    let n = 0;
    const vfs = new FaultyVfs(() => n++ % 2);
    const f = vfs.open('x', MAIN);
    f.write(new Uint8Array(2048).fill(1), 0, 2048, 0);
    f.sync(false);
    f.write(new Uint8Array(2048).fill(2), 0, 2048, 0);
    vfs.open('never-synced', MAIN).write(Uint8Array.of(1), 0, 1, 0);
    const after = vfs.reboot();
    const x = after.readFile('x')!;
    expect([x[0], x[512], x[1024], x[1536]]).toEqual([2, 1, 2, 1]);
    expect(codeOf(() => f.size())).toBe('SQLITE_IOERR');
  });

  it('stops at the step it was told, and fails calls on request', () => {
    const vfs = new FaultyVfs(() => 0);
    vfs.crashAt = 3;
    vfs.fault = (call) => (call === 'sync' ? 'SQLITE_IOERR_FSYNC' : null);
    const f = vfs.open('x', MAIN);
    f.write(Uint8Array.of(1), 0, 1, 0);
    expect(codeOf(() => f.sync(true))).toBe('SQLITE_IOERR_FSYNC');
    expect(vfs.crashed).toBe(false);
    expect(codeOf(() => f.write(Uint8Array.of(2), 0, 1, 0))).toBe('SQLITE_IOERR');
    expect(vfs.crashed).toBe(true);
    expect(codeOf(() => vfs.open('y', MAIN))).toBe('SQLITE_IOERR');
  });
});
