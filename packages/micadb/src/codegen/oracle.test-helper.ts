/**
 * Runs one script on Mica and on the oracle (better-sqlite3), statement by statement, and gives what
 * each showed: rows, error code and message, changes(), last_insert_rowid(). For tests only.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Oracle from 'better-sqlite3';
import { Database } from '../api/index.ts';
import { SqliteError } from '../values/errors.ts';

interface Engine {
  run(sql: string): string;
  close(): void;
}

function shown(v: unknown): string {
  if (typeof v === 'bigint') return `${v}`;
  if (typeof v === 'number') return Number.isInteger(v) ? `${v}.0` : `${v}`;
  if (v instanceof Uint8Array) return `x'${Buffer.from(v).toString('hex')}'`;
  return JSON.stringify(v);
}

function table(names: readonly string[], rows: readonly (readonly unknown[])[]): string {
  return [names.join('|'), ...rows.map((r) => r.map(shown).join('|'))].join('\n');
}

const COUNTS = 'SELECT changes(), total_changes(), last_insert_rowid()';

function oracle(file: string): Engine {
  const db = new Oracle(file);
  db.defaultSafeIntegers(true);
  return {
    run(sql) {
      let out: string;
      try {
        const st = db.prepare(sql);
        if (st.reader) {
          const names = st.columns().map((c) => c.name);
          out = table(names, st.raw(true).all() as unknown[][]);
        } else {
          st.run();
          out = 'ok';
        }
      } catch (e) {
        if (!(e instanceof Oracle.SqliteError)) throw e;
        out = `${e.code}: ${e.message}`;
      }
      return `${out}\n${(db.prepare(COUNTS).raw(true).get() as unknown[]).join(' ')}`;
    },
    close: () => db.close(),
  };
}

function mica(file: string): Engine {
  const db = new Database(file, { safeIntegers: true });
  return {
    run(sql) {
      let out: string;
      try {
        const st = db.prepare(sql);
        if (st.reader) {
          const names = st.columns().map((c) => c.name);
          out = table(names, st.mode('raw').all() as unknown as unknown[][]);
        } else {
          st.run();
          out = 'ok';
        }
      } catch (e) {
        if (!(e instanceof SqliteError)) throw e;
        out = `${e.code}: ${e.message}`;
      }
      const counts = db.prepare(COUNTS).mode('raw').get() as unknown as unknown[];
      return `${out}\n${counts.join(' ')}`;
    },
    close: () => db.close(),
  };
}

/** Statements of a script: one a line; lines that begin with `--` are comments. */
export function statements(script: string): string[] {
  return script
    .split('\n')
    .map((s) => s.trim())
    .filter((s) => s !== '' && !s.startsWith('--'));
}

export interface Comparison {
  readonly expected: string;
  readonly actual: string;
}

/** Both engines' transcripts of a script, run on files; the oracle checks Mica's file at the end. */
export function compare(script: string): Comparison {
  const dir = mkdtempSync(join(tmpdir(), 'mica-'));
  try {
    const micaFile = join(dir, 'mica.db');
    const sides = [oracle(join(dir, 'oracle.db')), mica(micaFile)];
    const out: [string[], string[]] = [[], []];
    const setup = ['PRAGMA foreign_keys=ON', 'PRAGMA recursive_triggers=OFF'];
    for (const sql of [...setup, ...statements(script)]) {
      sides.forEach((side, i) => {
        out[i]!.push(`> ${sql}\n${side.run(sql)}`);
      });
    }
    for (const side of sides) side.close();
    const check = new Oracle(micaFile);
    const verdict = check.pragma('integrity_check', { simple: true });
    check.close();
    out[0].push('integrity ok');
    out[1].push(`integrity ${String(verdict)}`);
    return { expected: out[0].join('\n'), actual: out[1].join('\n') };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
