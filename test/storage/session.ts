/**
 * Scripts of steps on several connections to one file, run by Mica and by the oracle, each on a file
 * of its own. A step is a line of text:
 *
 *     A| SQL        runs the statement
 *     A.p= SQL      prepares it under the name p
 *     A.p           runs p to its end; A.p+ asks for one row; A.p- resets it
 *     A.open        opens the connection again; A.open-readonly; A.close
 *
 * What a step gave stands behind it in the transcript.
 */
import BetterSqlite3 from 'better-sqlite3';
import { Database, type ExactValue, Real, SqliteError, Text, valueToText } from 'micadb';
import { renderBlob, renderReal, renderText } from '../oracle/render.ts';

export interface Statement {
  all(): string[];
  /** One row, or null at the end. */
  next(): string | null;
  reset(): void;
}

export interface Session {
  prepare(sql: string): Statement;
  close(): void;
}

export interface SessionOptions {
  readonly readonly?: boolean;
}

export type Open = (path: string, options?: SessionOptions) => Session;

function micaValue(v: ExactValue): string {
  if (v === null) return 'NULL';
  if (typeof v === 'bigint' || typeof v === 'number') return String(v);
  if (v instanceof Real) return renderReal(v.value);
  if (typeof v === 'string' || v instanceof Text) return renderText(valueToText(v));
  return renderBlob(v);
}

function oracleValue(v: unknown): string {
  if (v === null) return 'NULL';
  if (typeof v === 'bigint') return String(v);
  if (typeof v === 'number') return renderReal(v);
  return typeof v === 'string' ? renderText(v) : renderBlob(v as Uint8Array);
}

/** A statement over an `iterate()`, whichever engine's. */
class Stepper implements Statement {
  private running: Iterator<unknown> | null = null;

  constructor(
    private readonly start: () => Iterator<unknown>,
    private readonly row: (row: readonly unknown[]) => string,
  ) {}

  next(): string | null {
    this.running ??= this.start();
    try {
      const { value, done } = this.running.next();
      if (done !== true) return this.row(value as unknown[]);
    } catch (e) {
      this.running = null;
      throw e;
    }
    this.running = null;
    return null;
  }

  all(): string[] {
    const rows: string[] = [];
    for (let row = this.next(); row !== null; row = this.next()) rows.push(row);
    return rows;
  }

  reset(): void {
    this.running?.return?.();
    this.running = null;
  }
}

export const openMica: Open = (path, options = {}) => {
  const db = new Database(path, { timeout: 0, readonly: options.readonly === true });
  db.strictQuotes(true).likeMatchesBlobs(false);
  return {
    prepare(sql) {
      const statement = db.prepare(sql).exact().mode('raw');
      return new Stepper(
        () => statement.iterate(),
        (row) => (row as ExactValue[]).map(micaValue).join('|'),
      );
    },
    close: () => db.close(),
  };
};

export const openOracle: Open = (path, options = {}) => {
  const db = new BetterSqlite3(path, { timeout: 0, readonly: options.readonly === true });
  db.unsafeMode(true);
  db.pragma('foreign_keys = 0');
  return {
    prepare(sql) {
      const statement = db.prepare(sql).safeIntegers();
      if (!statement.reader) {
        return {
          all() {
            statement.run();
            return [];
          },
          next() {
            statement.run();
            return null;
          },
          reset() {},
        };
      }
      statement.raw();
      return new Stepper(
        () => statement.iterate(),
        (row) => row.map(oracleValue).join('|'),
      );
    },
    close: () => db.close(),
  };
};

/** What a call gives, as text; an exception that is no database error goes through. */
export function outcome(f: () => string): string {
  try {
    return f();
  } catch (e) {
    if (e instanceof SqliteError || e instanceof BetterSqlite3.SqliteError) {
      return `${e.code}: ${e.message}`;
    }
    throw e;
  }
}

function rowsText(rows: readonly string[]): string {
  return rows.length === 0 ? 'ok' : rows.join(' ; ');
}

/** One engine's side of a script. */
export class Stage {
  private readonly sessions = new Map<string, Session>();
  private readonly statements = new Map<string, Statement>();

  constructor(
    private readonly path: string,
    private readonly open: Open,
  ) {}

  private session(name: string): Session {
    let session = this.sessions.get(name);
    if (session === undefined) {
      session = this.open(this.path);
      this.sessions.set(name, session);
    }
    return session;
  }

  /** Runs one line; `{dir}` in it stands for the folder of the file. */
  step(line: string): string {
    const m = /^\s*([A-Z])(\||\.)(\S*)(.*)$/.exec(line);
    if (m === null) throw new Error(`not a step: ${line}`);
    const [, who, kind] = m as unknown as [string, string, string];
    const dir = this.path.slice(0, this.path.lastIndexOf('/'));
    const rest = line.slice(line.indexOf(kind) + 1).replaceAll('{dir}', dir);
    const result = outcome(() => {
      if (kind === '|') {
        const statement = this.session(who).prepare(rest.trim());
        return rowsText(statement.all());
      }
      return this.dot(who, rest.trim());
    });
    return result.replaceAll(dir, '{dir}');
  }

  private dot(who: string, what: string): string {
    if (what === 'close') {
      this.sessions.get(who)?.close();
      this.sessions.delete(who);
      for (const key of [...this.statements.keys()]) {
        if (key.startsWith(`${who}.`)) this.statements.delete(key);
      }
      return 'ok';
    }
    if (what === 'open' || what === 'open-readonly') {
      const session = this.open(this.path, { readonly: what !== 'open' });
      this.sessions.set(who, session);
      return 'ok';
    }
    const prepare = /^(\w+)=\s*(.*)$/.exec(what);
    if (prepare !== null) {
      this.statements.set(`${who}.${prepare[1]}`, this.session(who).prepare(prepare[2]!));
      return 'ok';
    }
    const name = what.replace(/[+-]$/, '');
    const statement = this.statements.get(`${who}.${name}`);
    if (statement === undefined) throw new Error(`no statement ${who}.${name}`);
    if (what.endsWith('+')) return statement.next() ?? 'end';
    if (what.endsWith('-')) {
      statement.reset();
      return 'ok';
    }
    return rowsText(statement.all());
  }

  close(): void {
    for (const statement of this.statements.values()) statement.reset();
    for (const session of this.sessions.values()) session.close();
    this.sessions.clear();
    this.statements.clear();
  }
}

/** Runs a script; the transcript has a line `step -> outcome` for each step. */
export function transcript(script: string, path: string, open: Open): string[] {
  const stage = new Stage(path, open);
  const lines: string[] = [];
  try {
    for (const line of script.split('\n')) {
      const step = line.trim();
      if (step !== '') lines.push(`${step}  ->  ${stage.step(step)}`);
    }
  } finally {
    stage.close();
  }
  return lines;
}
