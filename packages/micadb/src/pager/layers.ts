/**
 * Savepoint layers. A layer keeps the image that a page had before its first change under it, and
 * the page count at its opening. Images past a budget go to a temporary file.
 *
 * An image is null when the page had no private copy then: going back means the committed content
 * (or, for a page that did not exist, nothing).
 */
import type { PagePool } from './page.ts';
import type { SlotFile } from './slots.ts';

/** null: no private copy; bytes; or a slot of the file. */
type Image = Uint8Array | number | null;

interface Layer {
  /** Distinct for every opening, so that a page can remember under which layer it was kept. */
  id: number;
  pageCount: number;
  images: Map<number, Image> | null;
}

export class Layers {
  private readonly layers: Layer[] = [];
  private nextId = 0;
  private inMemory = 0;
  /** The id of the top layer, -1 when none is open. */
  top = -1;

  constructor(
    private readonly pool: () => PagePool,
    private readonly slots: () => SlotFile,
    /** Images to keep in memory. */
    private readonly budget: () => number,
  ) {}

  get count(): number {
    return this.layers.length;
  }

  open(count: number, pageCount: number): void {
    while (this.layers.length < count) {
      this.layers.push({ id: this.nextId++, pageCount, images: null });
    }
    this.top = this.layers.length === 0 ? -1 : this.layers[this.layers.length - 1]!.id;
  }

  /** Keeps a page's image in the top layer, unless it has one. */
  keep(pgno: number, data: Uint8Array | null): void {
    const layer = this.layers[this.layers.length - 1]!;
    layer.images ??= new Map();
    if (layer.images.has(pgno)) return;
    layer.images.set(pgno, data === null ? null : this.store(data));
  }

  private store(data: Uint8Array): Image {
    if (this.inMemory >= this.budget()) return this.slots().put(data);
    this.inMemory++;
    const copy = this.pool().take();
    copy.set(data);
    return copy;
  }

  private drop(image: Image): void {
    if (image === null) return;
    if (typeof image === 'number') this.slots().release(image);
    else {
      this.inMemory--;
      this.pool().give(image);
    }
  }

  /** Forgets layer `index` and all above; what they kept serves the layer below. */
  release(index: number): void {
    const gone = this.layers.splice(index);
    const below = this.layers[index - 1];
    for (const layer of gone) {
      if (layer.images === null) continue;
      if (below !== undefined && below.images === null) {
        below.images = layer.images;
        continue;
      }
      for (const [pgno, image] of layer.images) {
        if (below?.images == null || below.images.has(pgno)) this.drop(image);
        else below.images.set(pgno, image);
      }
    }
    this.top = below === undefined ? -1 : below.id;
  }

  /**
   * Hands out the images to put back for going to the opening of layer `index`, newest layer first;
   * the layer stays open and is empty. Returns the page count of then.
   */
  rewind(index: number, restore: (pgno: number, image: Uint8Array | null) => void): number {
    const scratch = this.pool().take();
    for (let i = this.layers.length - 1; i >= index; i--) {
      const { images } = this.layers[i]!;
      if (images === null) continue;
      for (const [pgno, image] of images) {
        if (typeof image === 'number') {
          this.slots().get(image, scratch);
          restore(pgno, scratch);
        } else restore(pgno, image);
        this.drop(image);
      }
    }
    this.pool().give(scratch);
    this.layers.length = index + 1;
    const layer = this.layers[index]!;
    layer.images = null;
    layer.id = this.nextId++;
    this.top = layer.id;
    return layer.pageCount;
  }

  clear(): void {
    if (this.layers.length > 0) this.release(0);
  }
}
