/** Where results go: standard output or a file, in pieces of some size. */
import { closeSync, openSync, writeSync } from 'node:fs';

const PIECE = 1 << 16;

export class Output {
  private file: number | null = null;
  private pending = '';

  /** Opens a file in place of standard output; null goes back. Throws what opening throws. */
  redirect(path: string | null): void {
    const next = path === null ? null : openSync(path, 'w');
    this.flush();
    if (this.file !== null) closeSync(this.file);
    this.file = next;
  }

  write(text: string): void {
    this.pending += text;
    if (this.pending.length >= PIECE) this.flush();
  }

  flush(): void {
    if (this.pending === '') return;
    const text = this.pending;
    this.pending = '';
    if (this.file === null) process.stdout.write(text);
    else writeSync(this.file, text);
  }
}
