/**
 * Runs queries on Mica and on the oracle (better-sqlite3) and gives what each showed: result columns,
 * rows in their order, errors, and the lines of EXPLAIN QUERY PLAN. For tests only.
 */
import Oracle from 'better-sqlite3';
import { Database } from '../api/index.ts';
import { SqliteError } from '../values/errors.ts';
import { statements } from './oracle.test-helper.ts';

type Row = readonly unknown[];
interface Answer {
  readonly names: readonly string[];
  readonly rows: readonly Row[];
}
type Ask = (sql: string) => Answer;

function shown(v: unknown): string {
  if (typeof v === 'bigint') return `${v}`;
  if (typeof v === 'number') return Number.isInteger(v) ? `${v}.0` : `${v}`;
  if (v instanceof Uint8Array) return `x'${Buffer.from(v).toString('hex')}'`;
  return JSON.stringify(v);
}

/** The lines of a plan, indented by their nesting. */
function planText(rows: readonly Row[]): string {
  const depth = new Map<unknown, number>([[0n, 0]]);
  return rows
    .map(([id, parent, , detail]) => {
      const d = depth.get(parent) ?? 0;
      depth.set(id, d + 1);
      return `${'  '.repeat(d)}${String(detail)}`;
    })
    .join('\n');
}

function transcript(ask: Ask, lines: readonly string[]): string[] {
  return lines.map((line) => {
    const noPlan = line.startsWith('~');
    const sql = noPlan ? line.slice(1) : line;
    try {
      const { names, rows } = ask(sql);
      const table = [names.join('|'), ...rows.map((r) => r.map(shown).join('|'))].join('\n');
      const isQuery = /^(select|with|values)/i.test(sql);
      const plan = isQuery && !noPlan ? `\n${planText(ask(`EXPLAIN QUERY PLAN ${sql}`).rows)}` : '';
      return `> ${sql}\n${table}${plan}`;
    } catch (e) {
      if (!(e instanceof SqliteError) && !(e instanceof Oracle.SqliteError)) throw e;
      return `> ${sql}\n${e.code}: ${e.message}`;
    }
  });
}

/**
 * Both engines' transcripts of a script of one statement a line; `--` begins a comment, `~` a query
 * whose plan is not compared.
 */
export function compareQueries(script: string): { expected: string[]; actual: string[] } {
  const lines = statements(script);
  const oracle = new Oracle(':memory:');
  oracle.defaultSafeIntegers(true);
  const mica = new Database(':memory:', { safeIntegers: true });
  try {
    const expected = transcript((sql) => {
      const st = oracle.prepare(sql);
      if (!st.reader) {
        st.run();
        return { names: [], rows: [] };
      }
      return { names: st.columns().map((c) => c.name), rows: st.raw(true).all() as Row[] };
    }, lines);
    const actual = transcript((sql) => {
      const st = mica.prepare(sql);
      if (!st.reader) {
        st.run();
        return { names: [], rows: [] };
      }
      return {
        names: st.columns().map((c) => c.name),
        rows: st.mode('raw').all() as unknown as Row[],
      };
    }, lines);
    return { expected, actual };
  } finally {
    oracle.close();
    mica.close();
  }
}
