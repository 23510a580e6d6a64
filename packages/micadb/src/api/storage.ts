/** Opens the b-trees of a connection: database files, memory and temporary databases. */
import { openBtree } from '../btree/btree.ts';
import type { Btree } from '../btree/types.ts';
import { openPager } from '../pager/pager.ts';
import type { Connection } from './connection.ts';

/** `path` '' is a temporary database, ':memory:' a private one in memory. */
export function openDatabaseFile(
  connection: Connection,
  path: string,
  readonly: boolean,
  create: boolean,
  content?: Uint8Array,
): Btree {
  const pager = openPager({
    path,
    readonly,
    create,
    vfs: connection.vfs,
    busyHandler: connection.busyHandler,
    ...(content === undefined ? null : { content }),
  });
  pager.walAutoCheckpoint = connection.settings.walAutoCheckpoint;
  const btree = openBtree(pager);
  btree.cellSizeCheck = connection.settings.cellSizeCheck;
  return btree;
}

/** The temp database, or the private b-tree of ephemeral tables. */
export function openTemporary(connection: Connection, inMemory: boolean): Btree {
  return openDatabaseFile(connection, inMemory ? ':memory:' : '', false, true);
}
