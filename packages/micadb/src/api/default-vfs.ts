/** The storage of connections that name none. The Node entry point puts files here. */
import { MemoryVfs } from '../vfs/memory.ts';
import type { Vfs } from '../vfs/vfs.ts';

let chosen: Vfs | null = null;

export function setDefaultVfs(vfs: Vfs): void {
  chosen = vfs;
}

export function defaultVfs(): Vfs {
  const vfs = chosen ?? new MemoryVfs();
  chosen = vfs;
  return vfs;
}
