/** A real database made by others: PROJ's. Everything in it reads the same, and takes the same changes. */
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Oracle } from '../oracle/better.ts';
import { Mica } from '../oracle/mica.ts';
import type { Engine, Outcome } from '../oracle/render.ts';
import { Random } from '../random.ts';
import { projDatabase } from './proj.ts';

const source = projDatabase();
const CHANGES = 20_000;

interface Object_ {
  readonly type: string;
  readonly name: string;
}

function rowsOf(o: Outcome): readonly string[] {
  if (o.kind !== 'rows') throw new Error(`no rows: ${JSON.stringify(o)}`);
  return o.rows;
}

function unquote(text: string): string {
  return text.slice(1, -1).replaceAll("''", "'");
}

function objects(engine: Engine): Object_[] {
  const sql =
    "SELECT type, name FROM sqlite_schema WHERE type IN ('table','view') AND name NOT LIKE 'sqlite_%' ORDER BY name";
  return rowsOf(engine.run(sql)).map((r) => {
    const [type, name] = r.split('|');
    return { type: unquote(type!), name: unquote(name!) };
  });
}

/** Columns of a table and the values that its rows have, as SQL literals: stuff for new rows. */
interface Pool {
  readonly name: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

function pool(oracle: Oracle, name: string): Pool {
  const columns = rowsOf(oracle.run(`SELECT name FROM pragma_table_info('${name}')`)).map(unquote);
  const quoted = columns.map((c) => `quote("${c}")`).join(',');
  const rows = oracle.db.prepare(`SELECT ${quoted} FROM "${name}"`).raw().all() as string[][];
  return { name, columns, rows };
}

function condition(p: Pool, row: readonly string[], random: Random): string {
  const count = 1 + random.below(3);
  const parts: string[] = [];
  for (let i = 0; i < Math.min(count, p.columns.length); i++) {
    parts.push(`"${p.columns[i]}" IS ${row[i]}`);
  }
  return parts.join(' AND ');
}

/** A random change of one table, as SQL text. */
function change(random: Random, pools: readonly Pool[], step: number): string {
  const p = random.pick(pools);
  const row = random.pick(p.rows);
  const other = random.pick(p.rows);
  const at = random.below(p.columns.length);
  const kind = random.next();
  if (kind < 0.45) {
    const fresh = row.map((v, i) =>
      i === 1 && random.chance(0.8) ? `'N${step}'` : random.chance(0.1) ? other[i]! : v,
    );
    const or = random.pick(['', '', 'OR IGNORE ', 'OR REPLACE ', 'OR FAIL ']);
    return `INSERT ${or}INTO "${p.name}" VALUES(${fresh.join(',')})`;
  }
  if (kind < 0.8) {
    const or = random.pick(['', '', 'OR IGNORE ', 'OR REPLACE ']);
    return `UPDATE ${or}"${p.name}" SET "${p.columns[at]}" = ${other[at]} WHERE ${condition(p, row, random)}`;
  }
  return `DELETE FROM "${p.name}" WHERE ${condition(p, row, random)}`;
}

describe.runIf(source !== null)('proj.db', () => {
  let dir = '';
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'mica-proj-'));
  });
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  function copy(name: string): string {
    const path = join(dir, name);
    copyFileSync(source!, path);
    return path;
  }

  it('loads the schema', () => {
    const mica = new Mica(copy('schema.db'));
    const counts = rowsOf(
      mica.run('SELECT type, count(*) FROM sqlite_schema GROUP BY type ORDER BY 1'),
    );
    mica.close();
    expect(counts).toEqual(["'index'|21", "'table'|36", "'trigger'|35", "'view'|7"]);
  });

  it('gives the same rows for every table and view', () => {
    const path = copy('read.db');
    const oracle = new Oracle(path);
    const mica = new Mica(path);
    const all = objects(oracle);
    expect(objects(mica)).toEqual(all);
    for (const o of all) {
      const sql = `SELECT * FROM "${o.name}"`;
      const want = rowsOf(oracle.run(sql));
      const got = rowsOf(mica.run(sql));
      expect(got.length, o.name).toBe(want.length);
      expect(got, o.name).toEqual(want);
    }
    mica.close();
    oracle.close();
  });

  it('fires its triggers', () => {
    const oracle = new Oracle(copy('t1.db'));
    const mica = new Mica(copy('t2.db'));
    const statements = [
      "INSERT INTO ellipsoid SELECT auth_name, 'X1', name, description, celestial_body_auth_name, celestial_body_code, semi_major_axis, 'EPSG', 9102, inv_flattening, semi_minor_axis, deprecated FROM ellipsoid LIMIT 1",
      "INSERT INTO prime_meridian SELECT auth_name, 'X1', name, longitude, 'EPSG', 9001, deprecated FROM prime_meridian LIMIT 1",
      "INSERT INTO usage VALUES('X','1','geodetic_crs','NOPE','1','EPSG','1262','EPSG','1024')",
      'INSERT INTO geodetic_crs SELECT * FROM geodetic_crs LIMIT 1',
      "INSERT INTO conversion_method VALUES('EPSG', '99999', 'no such method')",
    ];
    for (const sql of statements) {
      const want = oracle.run(sql);
      expect(want.kind, sql).toBe('error');
      expect(mica.run(sql), sql).toEqual(want);
    }
    mica.close();
    oracle.close();
  });

  it(`takes ${CHANGES} random changes as the oracle does`, () => {
    const seed = 20261123;
    const random = new Random(seed);
    const oracle = new Oracle(copy('w1.db'), { foreignKeys: false });
    const path = copy('w2.db');
    const mica = new Mica(path);
    const tables = objects(oracle).filter((o) => o.type === 'table');
    const pools = tables.map((t) => pool(oracle, t.name)).filter((p) => p.rows.length > 0);
    for (const engine of [oracle, mica]) engine.run('PRAGMA synchronous = OFF');
    for (let step = 0; step < CHANGES; step++) {
      if (step % 500 === 0) {
        for (const engine of [oracle, mica]) engine.run(step % 1000 === 0 ? 'BEGIN' : 'COMMIT');
      }
      const sql = change(random, pools, step);
      const want = oracle.run(sql);
      const got = mica.run(sql);
      expect(got, `seed ${seed}, step ${step}: ${sql}`).toEqual(want);
    }
    for (const engine of [oracle, mica]) engine.run('COMMIT');
    for (const t of tables) {
      const sql = `SELECT * FROM "${t.name}"`;
      expect(rowsOf(mica.run(sql)), t.name).toEqual(rowsOf(oracle.run(sql)));
    }
    expect(rowsOf(mica.run('PRAGMA integrity_check'))).toEqual(["'ok'"]);
    mica.close();
    oracle.close();
    const checker = new Oracle(path);
    expect(rowsOf(checker.run('PRAGMA integrity_check'))).toEqual(["'ok'"]);
    checker.close();
  });
});
