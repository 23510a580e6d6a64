/** The shell's state, and running SQL in it: results to the output, errors as the sqlite3 program words them. */
import { appendFileSync, writeFileSync } from 'node:fs';
import { Database, type ExactValue, SqliteError } from 'micadb';
import { type Mode, type Style, writeRows } from './format.ts';

export interface ShellOptions {
  readonly file: string;
  readonly readonly: boolean;
  readonly mode: Mode;
  readonly headers: boolean;
  readonly nullValue: string;
  readonly separator: string;
  readonly bail: boolean;
}

/** Where an error came from: an argument of the command line, or a line of input. */
export type Origin =
  | { readonly kind: 'argument' }
  | { readonly kind: 'line'; readonly line: number };

const SPACE_OR_COMMENT = /^(\s|--[^\n]*(\n|$)|\/\*[\s\S]*?\*\/|;)+/;

export class Shell {
  db: Database;
  file: string;
  style: Style;
  timer = false;
  bail: boolean;
  echo = false;
  /** Set by .quit and .exit. */
  exitCode: number | null = null;
  errors = 0;
  private outputFile: string | null = null;
  private once = false;

  constructor(options: ShellOptions) {
    this.file = options.file;
    this.bail = options.bail;
    this.style = {
      mode: options.mode,
      headers: options.headers,
      nullValue: options.nullValue,
      separator: options.separator,
      insertTable: 'table',
    };
    this.db = this.connect(options.file, options.readonly);
  }

  private connect(file: string, readonly: boolean): Database {
    return new Database(file, { readonly, fileMustExist: readonly, timeout: 0 });
  }

  /** .open */
  reopen(file: string, readonly: boolean): void {
    const next = this.connect(file, readonly);
    this.db.close();
    this.db = next;
    this.file = file;
  }

  /** .output, .once: null writes to standard output again. */
  setOutput(path: string | null, once: boolean): void {
    this.outputFile = path;
    this.once = once;
    if (path !== null) writeFileSync(path, '');
  }

  readonly write = (text: string): void => {
    if (this.outputFile === null) process.stdout.write(text);
    else appendFileSync(this.outputFile, text);
  };

  readonly complain = (text: string): void => {
    this.errors += 1;
    process.stderr.write(text);
  };

  /**
   * Runs every statement of a text. Returns the exit code of the first error, 0 when there was none;
   * after an error the rest of the text is not run.
   */
  run(sql: string, origin: Origin): number {
    let rest = sql;
    let offset = 0;
    for (;;) {
      const skipped = SPACE_OR_COMMENT.exec(rest)?.[0].length ?? 0;
      rest = rest.slice(skipped);
      offset += skipped;
      if (rest === '') break;
      const started = { wall: performance.now(), cpu: process.cpuUsage() };
      let phase: 'prepare' | 'step' = 'prepare';
      try {
        const { statement, next } = this.db.prepareNext(rest, 0);
        if (statement === null) break;
        phase = 'step';
        if (this.echo) this.write(`${rest.slice(0, next).trim()}\n`);
        const names = statement.columns().map((c) => c.name);
        const rows = statement.exact().mode('raw').iterate() as Iterable<unknown>;
        if (names.length === 0) for (const _ of rows);
        else writeRows(this.style, names, rows as Iterable<ExactValue[]>, this.write);
        rest = rest.slice(next);
        offset += next;
      } catch (e) {
        return this.report(e, phase, rest, lineOf(sql, offset, origin), origin);
      }
      if (this.timer) this.printTimer(started);
    }
    if (this.once) this.setOutput(null, false);
    return 0;
  }

  private printTimer(started: { wall: number; cpu: NodeJS.CpuUsage }): void {
    const cpu = process.cpuUsage(started.cpu);
    const wall = ((performance.now() - started.wall) / 1000).toFixed(3);
    this.write(
      `Run Time: real ${wall} user ${(cpu.user / 1e6).toFixed(6)} sys ${(cpu.system / 1e6).toFixed(6)}\n`,
    );
  }

  private report(
    e: unknown,
    phase: 'prepare' | 'step',
    sql: string,
    line: number,
    origin: Origin,
  ): number {
    if (!(e instanceof SqliteError)) throw e;
    const primary = e.errcode & 0xff;
    const code = primary === 1 ? '' : ` (${primary})`;
    if (origin.kind === 'argument') {
      this.complain(
        `Error: ${phase === 'prepare' ? 'in prepare' : 'stepping'}, ${e.message}${code}\n`,
      );
    } else {
      const what = phase === 'prepare' ? 'Parse error' : 'Runtime error';
      this.complain(`${what} near line ${line}: ${e.message}${code}\n`);
    }
    if (e.offset >= 0) process.stderr.write(pointTo(sql, e.offset));
    return primary;
  }
}

function lineOf(sql: string, offset: number, origin: Origin): number {
  if (origin.kind !== 'line') return 0;
  return origin.line + (sql.slice(0, offset).match(/\n/g)?.length ?? 0);
}

/** The line of SQL that is wrong, with an arrow under the place. */
function pointTo(sql: string, offset: number): string {
  const flat = sql.replace(/\s/g, ' ');
  const from = offset > 50 ? offset - 40 : 0;
  const shown = flat.slice(from, from + 78).trimEnd();
  const at = offset - from;
  const arrow =
    at < 25
      ? `${' '.repeat(at)}^--- error here`
      : `${' '.repeat(Math.max(0, at - 14))}error here ---^`;
  return `  ${shown}\n  ${arrow}\n`;
}
