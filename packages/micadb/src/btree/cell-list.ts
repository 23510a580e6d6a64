/**
 * CellList: the cells of sibling pages while they are redistributed, in order, as slices of one
 * buffer. A connection has one and uses it again for each balance; no user code runs meanwhile.
 */
import { copyBytes } from './bytes.ts';

export class CellList {
  buf: Uint8Array = new Uint8Array(0);
  /** Bytes of `buf` in use. */
  used = 0;
  /** Number of cells. */
  n = 0;
  off = new Int32Array(0);
  size = new Int32Array(0);

  /** Empties the list and makes room for so many bytes and cells. */
  reset(bytes: number, cells: number): void {
    if (this.buf.length < bytes) this.buf = new Uint8Array(bytes);
    if (this.off.length < cells) {
      this.off = new Int32Array(cells * 2);
      this.size = new Int32Array(cells * 2);
    }
    this.used = 0;
    this.n = 0;
  }

  add(off: number, size: number): void {
    this.off[this.n] = off;
    this.size[this.n++] = size;
  }

  /** Appends bytes to the buffer and returns where they are. */
  keep(src: Uint8Array, off: number, size: number): number {
    const at = this.used;
    copyBytes(this.buf, at, src, off, size);
    this.used += size;
    return at;
  }

  /** What the cell takes on a page, its pointer included; 0 past the end. */
  weight(i: number): number {
    return i < this.n ? this.size[i]! + 2 : 0;
  }
}
