/**
 * Case files (`*.sql` in this folder): a topic each.
 *
 *   -- a comment
 *   === name of a group: begins with an empty database
 *   SELECT 1, 'x';
 *   > 1|'x'
 *   SELECT nope;
 *   ! SQLITE_ERROR no such column: nope
 *   DELETE FROM t;
 *   = 3
 *
 * A statement ends with `;` at a line's end. `>` a row, `!` an error (code and message), `=` the count
 * of changed rows; nothing: nothing is expected but success without rows. `?` after a statement marks
 * a known gap: what Mica gives is not compared, and COMPAT.md lists the case.
 */
import type { Outcome } from '../oracle/render.ts';

export interface Step {
  readonly line: number;
  readonly sql: string;
  readonly expected: readonly string[];
  readonly gap: string | null;
}

export interface Group {
  readonly name: string;
  readonly steps: readonly Step[];
}

const EXPECTATION = /^[>!=?]( |$)/;

export function parseCases(text: string): Group[] {
  const groups: { name: string; steps: Step[] }[] = [];
  let sql: string[] = [];
  let line = 0;
  let current: { line: number; sql: string; expected: string[]; gap: string | null } | null = null;
  const flush = (): void => {
    if (current !== null) groups.at(-1)!.steps.push(current);
    current = null;
  };
  text.split('\n').forEach((raw, i) => {
    const at = i + 1;
    if (raw.startsWith('=== ')) {
      flush();
      groups.push({ name: raw.slice(4).trim(), steps: [] });
    } else if (EXPECTATION.test(raw) && sql.length === 0) {
      if (current === null) throw new Error(`line ${at}: an expectation without a statement`);
      if (raw.startsWith('?')) current.gap = raw.slice(2);
      else current.expected.push(raw);
    } else if (sql.length === 0 && (raw.trim() === '' || raw.startsWith('--'))) {
      return;
    } else {
      if (sql.length === 0) {
        flush();
        line = at;
      }
      sql.push(raw);
      if (raw.trimEnd().endsWith(';')) {
        current = { line, sql: sql.join('\n').trimEnd(), expected: [], gap: null };
        sql = [];
      }
    }
  });
  flush();
  return groups;
}

/**
 * What is compared of an outcome: of a query plan the tree of its texts (two dots a level), not the
 * numbers beside them, which are program addresses and estimates.
 */
export function comparable(sql: string, o: Outcome): Outcome {
  if (o.kind !== 'rows' || !/^\s*EXPLAIN\s+QUERY\s+PLAN\b/i.test(sql)) return o;
  const depths = new Map([['0', 0]]);
  const rows = o.rows.map((row) => {
    const [id, parent, , ...detail] = row.split('|');
    const depth = depths.get(parent!) ?? 0;
    depths.set(id!, depth + 1);
    return '..'.repeat(depth) + detail.join('|');
  });
  return { kind: 'rows', columns: ['plan'], rows };
}

/** An outcome as expectation lines. */
export function expectationOf(o: Outcome): string[] {
  switch (o.kind) {
    case 'rows':
      return o.rows.map((r) => `> ${r}`);
    case 'error':
      return [`! ${o.code} ${o.message}`];
    case 'done':
      return o.changes === 0 ? [] : [`= ${o.changes}`];
  }
}

/** The file's text with each statement's expectation replaced by what `run` gives. */
export function fill(text: string, run: (group: string, sql: string) => Outcome): string {
  const out: string[] = [];
  let sql: string[] = [];
  let group = '';
  for (const raw of text.split('\n')) {
    if (EXPECTATION.test(raw) && sql.length === 0) {
      if (raw.startsWith('?')) out.push(raw);
      continue;
    }
    out.push(raw);
    if (raw.startsWith('=== ')) group = raw.slice(4).trim();
    else if (sql.length === 0 && (raw.trim() === '' || raw.startsWith('--'))) continue;
    else {
      sql.push(raw);
      if (raw.trimEnd().endsWith(';')) {
        const text = sql.join('\n');
        out.push(...expectationOf(comparable(text, run(group, text))));
        sql = [];
      }
    }
  }
  return out.join('\n');
}
