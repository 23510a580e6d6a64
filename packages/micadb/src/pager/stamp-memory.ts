/**
 * StampMemory: remembers a file's stamp, to see with one call that nothing happened to the file.
 *
 * Two writes within one tick of the file system's clock leave the same time, so an equal stamp means
 * "unchanged" only when the last change was clearly older than our look at it.
 */
import type { FileStamp } from '../vfs/vfs.ts';

/** Longer than a tick of the clock behind file times. */
const SETTLED_MS = 60;
/** The same for file systems that keep whole seconds. */
const SETTLED_COARSE_MS = 3000;

export class StampMemory {
  private size = -1;
  private mtimeMs = 0;
  private identity = '';
  private settled = false;

  forget(): void {
    this.settled = false;
    this.size = -1;
  }

  /** Keeps a stamp that was taken at `now` (milliseconds). */
  note(stamp: FileStamp, now: number): void {
    this.size = stamp.size;
    this.mtimeMs = stamp.mtimeMs;
    this.identity = stamp.identity;
    const coarse = stamp.mtimeMs % 1000 === 0;
    const age = now - stamp.mtimeMs;
    this.settled = age > (coarse ? SETTLED_COARSE_MS : SETTLED_MS);
  }

  /** True when the stamp is the one that was noted; a change within the same tick may hide. */
  isSame(stamp: FileStamp): boolean {
    return (
      stamp.size === this.size && stamp.mtimeMs === this.mtimeMs && stamp.identity === this.identity
    );
  }

  /** True soon after the last change, while an equal stamp says little. */
  isFresh(now: number): boolean {
    return now - this.mtimeMs <= SETTLED_MS;
  }

  /** True when the file certainly is as it was when its stamp was noted. */
  isUnchanged(stamp: FileStamp): boolean {
    return this.settled && this.isSame(stamp);
  }
}
