/** The shell's state, and running SQL in it: results to the output, errors as the sqlite3 program words them. */
import { Database, type ExactValue, SqliteError } from 'micadb';
import { type Mode, type Style, separatorsOf, writeRows } from './format.ts';
import { Output } from './output.ts';

export interface ShellOptions {
  readonly file: string;
  readonly readonly: boolean;
  readonly mode: Mode;
  /** null: as the mode has it. */
  readonly headers: boolean | null;
  readonly nullValue: string;
  /** null: as the mode has it. */
  readonly separator: string | null;
  readonly bail: boolean;
}

/** Where an error came from: an argument of the command line, or a line of input. */
export type Origin =
  | { readonly kind: 'argument' }
  | { readonly kind: 'line'; readonly line: number };

export class Shell {
  db: Database;
  file: string;
  style: Style;
  /** Somebody said whether headers are shown; column mode turns them on otherwise. */
  headersSet: boolean;
  timer = false;
  bail: boolean;
  echo = false;
  /** Set by .quit and .exit. */
  exitCode: number | null = null;
  errors = 0;
  private readonly output = new Output();
  private once = false;

  constructor(options: ShellOptions) {
    this.file = options.file;
    this.bail = options.bail;
    this.headersSet = options.headers !== null;
    this.style = {
      mode: 'list',
      headers: options.headers === true,
      nullValue: options.nullValue,
      separator: '|',
      rowEnd: '\n',
      insertTable: 'table',
    };
    // Options change less than .mode does: rows end with a line feed, and column mode has no headers.
    const separator = options.separator ?? separatorsOf(options.mode)?.separator ?? '|';
    this.style = { ...this.style, mode: options.mode, separator };
    this.db = this.connect(options.file, options.readonly);
  }

  private connect(file: string, readonly: boolean): Database {
    return new Database(file, { readonly, fileMustExist: readonly, timeout: 0 });
  }

  setMode(mode: Mode, insertTable = 'table'): void {
    const headers = this.style.headers || (mode === 'column' && !this.headersSet);
    this.style = { ...this.style, mode, headers, insertTable, ...separatorsOf(mode) };
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
    this.output.redirect(path);
    this.once = once;
  }

  readonly write = (text: string): void => this.output.write(text);

  flush(): void {
    this.output.flush();
  }

  /** Writes to standard error, after all results so far. */
  note(text: string): void {
    this.flush();
    process.stderr.write(text);
  }

  /** The same for an error: the exit code tells of it. */
  readonly complain = (text: string): void => {
    this.errors += 1;
    this.note(text);
  };

  /** Rows of a query of the shell's own, as arrays of exact values. */
  rows(sql: string, ...params: string[]): ExactValue[][] {
    return this.db
      .prepare(sql)
      .exact()
      .mode('raw')
      .all(...params);
  }

  /**
   * Runs every statement of a text. Returns the exit code of the first error, 0 when there was none;
   * after an error the rest of the text is not run.
   */
  run(sql: string, origin: Origin): number {
    let rest = sql;
    const started = { wall: performance.now(), cpu: process.cpuUsage() };
    let code = 0;
    while (code === 0 && rest !== '') {
      let phase: 'prepare' | 'step' = 'prepare';
      try {
        const { statement, next } = this.db.prepareNext(rest, 0);
        if (statement === null) break;
        phase = 'step';
        if (this.echo) this.write(`${rest.slice(0, next).trim()}\n`);
        const names = statement.columns().map((c) => c.name);
        const rows = statement.exact().mode('raw').iterate();
        if (names.length === 0) for (const _ of rows);
        else writeRows(this.style, names, rows, this.write);
        rest = rest.slice(next).trimStart();
      } catch (e) {
        code = this.report(e, phase, rest, origin);
      }
    }
    if (this.timer) this.printTimer(started);
    if (this.once) this.setOutput(null, false);
    this.flush();
    return code;
  }

  private printTimer(started: { wall: number; cpu: NodeJS.CpuUsage }): void {
    const cpu = process.cpuUsage(started.cpu);
    const wall = ((performance.now() - started.wall) / 1000).toFixed(3);
    const user = (cpu.user / 1e6).toFixed(6);
    const system = (cpu.system / 1e6).toFixed(6);
    this.write(`Run Time: real ${wall} user ${user} sys ${system}\n`);
  }

  private report(e: unknown, phase: 'prepare' | 'step', sql: string, origin: Origin): number {
    if (!(e instanceof Error)) throw e;
    const primary = e instanceof SqliteError ? e.errcode & 0xff : 1;
    const code = primary === 1 ? '' : ` (${primary})`;
    const message = `${e.message}${code}\n`;
    const offset = e instanceof SqliteError ? e.offset : -1;
    // An error at the end of the text has no place to point to.
    const place = offset >= 0 && offset < sql.trimEnd().length ? pointTo(sql, offset) : '';
    const prepares = phase === 'prepare';
    const what =
      origin.kind === 'argument'
        ? `Error: ${prepares ? 'in prepare' : 'stepping'}, `
        : `${prepares ? 'Parse' : 'Runtime'} error near line ${origin.line}: `;
    this.complain(what + message + place);
    return primary;
  }
}

/** Columns of SQL text that are shown, and how far in the wrong place may stand. */
const SHOWN = 78;
const FURTHEST = 50;

/** The line of SQL that is wrong, with an arrow under the place. */
function pointTo(sql: string, offset: number): string {
  const from = Math.max(0, offset - FURTHEST);
  const shown = sql.slice(from, from + SHOWN).replace(/\s/g, ' ');
  const at = offset - from;
  const arrow =
    at < 25 ? `${' '.repeat(at)}^--- error here` : `${' '.repeat(at - 14)}error here ---^`;
  return `  ${shown}\n  ${arrow}\n`;
}
