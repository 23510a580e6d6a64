/**
 * Lines of input to statements and dot commands: a dot command is a line that begins with '.' where no
 * statement is open, a statement ends where SQLite's rules say that it is complete, or at a line that
 * is just '/' or 'go'.
 */
import { isComplete } from 'micadb';
import { runCommand } from './commands.ts';
import type { Shell } from './shell.ts';

/** Nothing but space and whole comments. */
const BLANK = /^(?:\s|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)*$/;
const TERMINATOR = /^\s*(?:\/|go)\s*$/i;

export class Input {
  private pending = '';
  private startLine = 0;
  private line = 0;

  constructor(private readonly shell: Shell) {}

  /** True inside a statement. */
  get open(): boolean {
    return this.pending !== '';
  }

  /** Takes one line; runs what it completes. */
  feed(line: string): void {
    this.line += 1;
    if (this.pending === '') {
      if (line.startsWith('.')) {
        if (this.shell.echo) this.shell.write(`${line}\n`);
        runCommand(this.shell, line);
        this.shell.flush();
        return;
      }
      if (BLANK.test(line)) return;
      this.startLine = this.line;
      this.pending = line.trimStart();
    } else if (TERMINATOR.test(line)) this.pending += ';';
    else this.pending += `\n${line}`;
    if (isComplete(this.pending)) this.finish();
  }

  /** The input is at its end: what is open runs as it is. */
  finish(): void {
    const sql = this.pending;
    this.pending = '';
    if (sql !== '') this.shell.run(sql, { kind: 'line', line: this.startLine });
  }

  /** Forgets an open statement. */
  drop(): void {
    this.pending = '';
  }
}

/** Runs a script of SQL and dot commands (piped input, .read). */
export function runScript(shell: Shell, text: string): void {
  const input = new Input(shell);
  const over = (): boolean => shell.exitCode !== null || (shell.bail && shell.errors > 0);
  const lines = text.split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  for (const line of lines) {
    input.feed(line);
    if (over()) return;
  }
  input.finish();
}
