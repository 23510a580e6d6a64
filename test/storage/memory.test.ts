/** Transactions larger than memory: spilled pages, rolled back at any point, in a fixed amount of it. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, describe, expect, it } from 'vitest';
import { Oracle } from '../oracle/better.ts';
import { Mica } from '../oracle/mica.ts';
import { Random } from '../random.ts';

const dir = mkdtempSync(join(tmpdir(), 'mica-memory-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
const here = new URL('.', import.meta.url).pathname;

describe('five million rows in one transaction', () => {
  it('are rolled back to half-way inside 160 MB', async () => {
    const script = join(dir, 'child.mjs');
    await build({
      entryPoints: [join(here, 'memory-child.ts')],
      bundle: true,
      platform: 'node',
      format: 'esm',
      target: 'node20',
      outfile: script,
      alias: { micadb: join(here, '../../packages/micadb/src/api/index.ts') },
      logLevel: 'error',
    });
    const file = join(dir, 'big.db');
    const run = spawnSync(process.execPath, ['--max-old-space-size=48', script, file], {
      env: { ...process.env, MICADB_POISON: '' },
    });
    expect(run.stderr.toString()).toBe('');
    expect(run.status).toBe(0);
    const report = JSON.parse(run.stdout.toString()) as {
      readonly peak: number;
      readonly inside: unknown;
      readonly after: unknown;
      readonly pages: { readonly page_count: number };
    };
    expect(report.inside).toEqual({ n: 5_000_000, changed: 50 });
    expect(report.after).toEqual({ n: 2_500_000, total: 21_875_008_750_000, last: 2_500_000 });
    expect(report.peak).toBeLessThan(160 << 20);
    expect(statSync(file).size).toBe(report.pages.page_count * 4096);
    const oracle = new Oracle(file);
    expect(oracle.run('SELECT count(*), sum(n) FROM t')).toMatchObject({
      rows: ['2500000|21875008750000'],
    });
    expect(oracle.run('PRAGMA integrity_check')).toMatchObject({ rows: ["'ok'"] });
    oracle.close();
  });
});

/** A random statement that changes a good deal. */
function change(random: Random): string {
  const from = random.below(400);
  const n = 1 + random.below(60);
  const size = random.pick([5, 40, 300, 1500]);
  switch (random.below(8)) {
    case 0:
    case 1:
      return `WITH RECURSIVE c(i) AS (SELECT ${from} UNION ALL SELECT i + 1 FROM c WHERE i < ${from + n})
        INSERT OR REPLACE INTO t SELECT i, printf('%0*d', ${size}, i * ${n}), ${n} FROM c`;
    case 2:
      return `UPDATE t SET v = printf('%.*c', ${size}, 'u') || id WHERE id BETWEEN ${from} AND ${from + n}`;
    case 3:
      return `DELETE FROM t WHERE id % ${2 + random.below(9)} = 0`;
    case 4:
      return `UPDATE t SET k = k + 1 WHERE id > ${from}`;
    case 5:
      return `INSERT OR REPLACE INTO w SELECT k || '-' || id, v FROM t WHERE id < ${from}`;
    case 6:
      return `DELETE FROM w WHERE k > '${from % 60}'`;
    default:
      return random.pick([
        `CREATE TABLE IF NOT EXISTS x${from % 4} AS SELECT * FROM t`,
        `DROP TABLE IF EXISTS x${from % 4}`,
        `CREATE INDEX IF NOT EXISTS ti${from % 3} ON t(k, v)`,
        `DROP INDEX IF EXISTS ti${from % 3}`,
        'DELETE FROM t',
      ]);
  }
}

/** Opens, ends and rolls back savepoints at random; always inside one transaction. */
function session(random: Random): string[] {
  const out: string[] = [];
  for (let round = 0; round < 3; round++) {
    out.push('BEGIN');
    let depth = 0;
    for (let i = 0; i < 25; i++) {
      const what = random.below(10);
      if (what < 2) out.push(`SAVEPOINT s${depth++}`);
      else if (what === 2 && depth > 0) {
        depth = random.below(depth);
        out.push(`RELEASE s${depth}`);
      } else if (what < 5 && depth > 0) {
        const to = random.below(depth);
        depth = to + 1;
        out.push(`ROLLBACK TO s${to}`);
      } else out.push(change(random));
    }
    out.push(random.chance(0.6) ? 'COMMIT' : 'ROLLBACK');
  }
  return out;
}

const DIGEST = `SELECT (SELECT count(*) || '/' || coalesce(sum(length(v) * id), 0) || '/' ||
  coalesce(sum(k), 0) FROM t), (SELECT count(*) || '/' || coalesce(sum(length(v)), 0) FROM w),
  (SELECT group_concat(name) FROM (SELECT name FROM sqlite_schema ORDER BY name))`;

describe('rolled back at any point with a cache of five pages', () => {
  for (const mode of ['delete', 'wal', 'memory', 'persist']) {
    for (const vacuum of [0, 1]) {
      it(`${mode}, auto_vacuum ${vacuum}`, () => {
        for (let seed = 1; seed <= 4; seed++) {
          const random = new Random(seed * 1009 + vacuum);
          const file = join(dir, `${mode}-${vacuum}-${seed}.db`);
          const mica = new Mica(file);
          const oracle = new Oracle();
          for (const sql of [
            'PRAGMA page_size = 512',
            `PRAGMA auto_vacuum = ${vacuum}`,
            'CREATE TABLE t(id INTEGER PRIMARY KEY, v, k)',
            'CREATE TABLE w(k PRIMARY KEY, v) WITHOUT ROWID',
            'CREATE INDEX tv ON t(v)',
          ]) {
            mica.run(sql);
            oracle.run(sql);
          }
          mica.run(`PRAGMA journal_mode = ${mode}`);
          mica.run('PRAGMA cache_size = 5');
          for (const [i, sql] of session(random).entries()) {
            const context = `${mode}, seed ${seed}, step ${i}: ${sql}`;
            const [a, b] = [mica.run(sql), oracle.run(sql)];
            expect(a.kind === 'error' ? a : 'ok', context).toEqual(b.kind === 'error' ? b : 'ok');
            if (/^(ROLLBACK|COMMIT)/.test(sql)) {
              expect(mica.run(DIGEST), context).toEqual(oracle.run(DIGEST));
              expect(mica.run('PRAGMA integrity_check'), context).toMatchObject({ rows: ["'ok'"] });
            }
          }
          const digest = mica.run(DIGEST);
          mica.close();
          oracle.close();
          const reader = new Oracle(file);
          expect(reader.run(DIGEST)).toEqual(digest);
          expect(reader.run('PRAGMA integrity_check')).toMatchObject({ rows: ["'ok'"] });
          reader.close();
        }
      });
    }
  }
});
