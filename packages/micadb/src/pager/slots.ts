/**
 * SlotFile: page images put aside in a temporary file: savepoint layers past their budget, pages of
 * temporary databases. The file is made at first use and disappears with it.
 */
import type { Vfs, VfsFile } from '../vfs/vfs.ts';

export class SlotFile {
  private file: VfsFile | null = null;
  private readonly freeSlots: number[] = [];
  private count = 0;

  constructor(
    private readonly vfs: Vfs,
    public pageSize: number,
  ) {}

  /** Writes an image; returns its slot. */
  put(data: Uint8Array): number {
    this.file ??= this.vfs.open(this.vfs.tempName(), {
      kind: 'temp-journal',
      create: true,
      readonly: false,
      deleteOnClose: true,
    });
    const slot = this.freeSlots.pop() ?? this.count++;
    this.file.write(data, 0, this.pageSize, slot * this.pageSize);
    return slot;
  }

  get(slot: number, into: Uint8Array): void {
    this.file!.read(into, 0, this.pageSize, slot * this.pageSize);
  }

  release(slot: number): void {
    this.freeSlots.push(slot);
    if (this.freeSlots.length === this.count) this.reset();
  }

  /** Forgets everything. */
  reset(): void {
    this.freeSlots.length = 0;
    this.count = 0;
    this.file?.truncate(0);
  }

  close(): void {
    this.file?.close();
    this.file = null;
    this.freeSlots.length = 0;
    this.count = 0;
  }
}
