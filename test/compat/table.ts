/** COMPAT.md as text: runs every script of features.ts, and reads the gaps of the case files. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { comparable, parseCases } from '../cases/format.ts';
import { Oracle } from '../oracle/better.ts';
import { Mica } from '../oracle/mica.ts';
import type { Engine, Outcome } from '../oracle/render.ts';
import { betterRows, type FaceRow, nativeRows } from './faces.ts';
import {
  type FeatureGroup,
  functionCalls,
  groups,
  moduleFunctions,
  pragmaScripts,
} from './features.ts';

type State = 'works' | 'differs' | 'not yet';

interface Row {
  readonly name: string;
  readonly state: State;
  /** What Mica says or does instead. */
  readonly why: string;
}

interface Section {
  readonly title: string;
  readonly rows: readonly Row[];
}

/** Mica's errors for what it does not have. */
const MISSING =
  /not supported|not yet|unsupported|not implemented|no such (function|module|table: (pragma_|json|dbstat|sqlite_(dbpage|stat)))|syntax error|is not available|unknown function|cannot .* yet/i;

function run(engine: Engine, sql: string): Outcome {
  try {
    return comparable(sql, engine.run(sql));
  } catch (e) {
    const message = e instanceof Error ? `${e.name}: ${e.message}` : String(e);
    return { kind: 'error', code: 'an exception', message };
  }
}

function short(text: string): string {
  const line = text.replace(/\s+/g, ' ').replaceAll('|', '\\|');
  return line.length > 110 ? `${line.slice(0, 107)}...` : line;
}

function show(o: Outcome): string {
  switch (o.kind) {
    case 'error':
      return `"${o.message}"`;
    case 'done':
      return o.changes === 0 ? 'nothing' : `${o.changes} changes`;
    case 'rows':
      return o.rows.length === 0 ? 'no rows' : o.rows.join('; ');
  }
}

/** Compares rows, names, counts and errors; the first difference decides. */
function compare(
  name: string,
  script: readonly string[],
  mica: Engine,
  oracle: Engine,
  copy: string = '',
): Row {
  for (const sql of script) {
    const expected = run(oracle, sql.replaceAll('$COPY', `${copy}-sqlite`));
    const got = run(mica, sql.replaceAll('$COPY', `${copy}-mica`));
    if (JSON.stringify(expected) === JSON.stringify(got)) continue;
    if (got.kind === 'error' && expected.kind !== 'error') {
      const state = MISSING.test(got.message) ? 'not yet' : 'differs';
      return { name, state, why: `\`${short(sql)}\`: ${short(got.message)}` };
    }
    const text = `\`${short(sql)}\`: ${short(show(got))} (SQLite: ${short(show(expected))})`;
    const missing = got.kind === 'error' && MISSING.test(got.message);
    return { name, state: missing ? 'not yet' : 'differs', why: text };
  }
  return { name, state: 'works', why: '' };
}

function probe(name: string, script: readonly string[]): Row {
  const mica = new Mica();
  const oracle = new Oracle();
  try {
    return compare(name, script, mica, oracle);
  } finally {
    mica.close();
    oracle.close();
  }
}

/** The script on files; then each engine reads what the other wrote. */
function probeFile(name: string, script: readonly string[], dir: string, at: number): Row {
  const paths = [join(dir, `${at}-mica.db`), join(dir, `${at}-sqlite.db`)] as const;
  const mica = new Mica(paths[0]);
  const oracle = new Oracle(paths[1]);
  let row: Row;
  try {
    row = compare(name, script, mica, oracle, join(dir, `${at}-copy`));
  } finally {
    mica.close();
    oracle.close();
  }
  if (row.state !== 'works') return row;
  const crossedMica = new Mica(paths[1]);
  const crossedOracle = new Oracle(paths[0]);
  try {
    const read = ['PRAGMA integrity_check', 'SELECT name, sql FROM sqlite_schema'];
    const tables = run(crossedOracle, "SELECT name FROM sqlite_schema WHERE type = 'table'");
    const names = tables.kind === 'rows' ? tables.rows : [];
    read.push(...names.map((n) => `SELECT * FROM "${n.slice(1, -1)}"`));
    return compare(name, read, crossedMica, crossedOracle);
  } finally {
    crossedMica.close();
    crossedOracle.close();
  }
}

function groupRows(group: FeatureGroup, dir: string): Row[] {
  return group.features.map(([name, ...script], i) => {
    const all = [...(group.setup ?? []), ...script];
    return group.onFile === true ? probeFile(name, all, dir, i) : probe(name, all);
  });
}

function namesOf(sql: string): string[] {
  const oracle = new Oracle();
  try {
    const r = oracle.run(sql);
    if (r.kind !== 'rows') throw new Error(`${sql} gave no rows`);
    return r.rows.map((name) => name.slice(1, -1));
  } finally {
    oracle.close();
  }
}

function functionRows(): Row[] {
  const rows: Row[] = [];
  const seen = new Set<string>();
  const setup = groups[0]!.setup!;
  const names = namesOf('SELECT DISTINCT name FROM pragma_function_list ORDER BY name');
  for (const name of names) {
    const family = moduleFunctions.find((m) => m[1].test(name));
    const title = family?.[0] ?? name;
    if (seen.has(title)) continue;
    seen.add(title);
    const sql = family?.[2] ?? functionCalls[name];
    if (sql === undefined) throw new Error(`no call for the function ${name} in features.ts`);
    rows.push(probe(title, [...setup, sql]));
  }
  return rows;
}

function pragmaRows(): Row[] {
  return namesOf('PRAGMA pragma_list').map((name) =>
    probe(name, pragmaScripts[name] ?? [`PRAGMA ${name}`, `PRAGMA ${name}=1`, `PRAGMA ${name}`]),
  );
}

function faceRow(row: FaceRow): Row {
  if (row.got === row.expected) return { name: row.name, state: 'works', why: '' };
  const missing =
    /not a function|"no Database|another process could write|not supported|not yet/.test(row.got);
  return { name: row.name, state: missing ? 'not yet' : 'differs', why: short(row.got) };
}

function sections(): Section[] {
  const dir = mkdtempSync(join(tmpdir(), 'mica-compat-'));
  try {
    return [
      ...groups.map((g) => ({ title: g.title, rows: groupRows(g, dir) })),
      { title: 'Functions', rows: functionRows() },
      { title: 'Pragmas', rows: pragmaRows() },
      { title: 'The native face (`micadb`)', rows: nativeRows(dir).map(faceRow) },
      {
        title: 'The better-sqlite3 face (`micadb/better-sqlite3`)',
        rows: betterRows(dir).map(faceRow),
      },
    ].map((s) => ({
      ...s,
      // A path of this run may stand in a message.
      rows: s.rows.map((r) => ({ ...r, why: r.why.replaceAll(dir, '...') })),
    }));
  } finally {
    rmSync(dir, { recursive: true });
  }
}

/** Statements that the case files mark as gaps. */
function gaps(): string[] {
  const folder = new URL('../cases/', import.meta.url).pathname;
  return readdirSync(folder)
    .filter((f) => f.endsWith('.sql'))
    .sort()
    .flatMap((file) =>
      parseCases(readFileSync(join(folder, file), 'utf8')).flatMap((g) =>
        g.steps
          .filter((s) => s.gap !== null)
          .map((s) => `| ${file}, ${g.name} | \`${short(s.sql)}\` | ${short(s.gap ?? '')} |`),
      ),
    );
}

function sectionText(s: Section): string[] {
  const works = s.rows.filter((r) => r.state === 'works');
  const others = s.rows.filter((r) => r.state !== 'works');
  const lines = [`## ${s.title}`, '', `${works.length} of ${s.rows.length} work.`, ''];
  if (works.length > 0) lines.push(`Works: ${works.map((r) => r.name).join(' · ')}`, '');
  if (others.length > 0) {
    lines.push('| feature | state | what happens |', '|---|---|---|');
    lines.push(...others.map((r) => `| ${r.name} | ${r.state} | ${r.why} |`), '');
  }
  return lines;
}

/** The whole text of COMPAT.md. */
export function compatText(): string {
  const all = sections();
  const rows = all.flatMap((s) => s.rows);
  const count = (state: State): number => rows.filter((r) => r.state === state).length;
  const missing = all.flatMap((s) => s.rows.filter((r) => r.state === 'not yet'));
  const known = gaps();
  return [
    '# What works',
    '',
    'Made by `npm run compat`, which runs a script for each feature on Mica and on SQLite; a test fails',
    'when this file is not what comes out. "Works" means: same rows, names, counts, errors and files as',
    'SQLite in these scripts. "Differs": both answer, not alike. "Not yet": Mica says that it cannot.',
    '',
    `| works | differs | not yet | features |`,
    '|---|---|---|---|',
    `| ${count('works')} | ${count('differs')} | ${count('not yet')} | ${rows.length} |`,
    '',
    `Missing: ${missing.map((r) => r.name).join(' · ')}`,
    '',
    ...all.flatMap(sectionText),
    '## Known gaps of the case files',
    '',
    ...(known.length === 0
      ? ['None: every statement in `test/cases` gives what SQLite gives.']
      : ['| case | statement | what Mica does |', '|---|---|---|', ...known]),
    '',
  ].join('\n');
}
