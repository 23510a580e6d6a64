/**
 * What follows from page size and reserved bytes: the limits that decide how much of a payload
 * stays on a page (file format §1.6). One per connection and size; parsed pages that connections
 * share refer to it, so it knows nothing of a connection but its settings for writing.
 */
export class Geometry {
  readonly pageMask: number;
  /** Largest payload that an index cell keeps whole, and the least it keeps of a larger one. */
  readonly maxLocal: number;
  readonly minLocal: number;
  /** The same for cells of table leaves. */
  readonly maxLeaf: number;
  readonly minLeaf: number;
  /** No page can have more cells than this. */
  readonly maxCells: number;
  /** PRAGMA secure_delete: 0 off, 1 on, 2 fast. */
  secureDelete = 0;
  /** PRAGMA cell_size_check. */
  cellSizeCheck = false;
  private scratch: Uint8Array | null = null;

  constructor(
    readonly pageSize: number,
    readonly usableSize: number,
  ) {
    this.pageMask = pageSize - 1;
    this.maxLocal = Math.floor(((usableSize - 12) * 64) / 255) - 23;
    this.minLocal = Math.floor(((usableSize - 12) * 32) / 255) - 23;
    this.maxLeaf = usableSize - 35;
    this.minLeaf = this.minLocal;
    this.maxCells = Math.floor((pageSize - 8) / 6);
  }

  /** One page: the old image while a page is being defragmented. */
  pageScratch(): Uint8Array {
    this.scratch ??= new Uint8Array(this.pageSize);
    return this.scratch;
  }
}
