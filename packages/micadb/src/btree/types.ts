/**
 * The contract between b-tree and VM. A `Btree` is one connection's view of one database file; it
 * owns that connection's Pager and registers all open cursors (wall 8).
 *
 * Invariants:
 *  1. Before any change of the tree a cursor stands in, every other cursor on that tree saves its
 *     key and lets go of its pages; it re-seeks at its next use. `skipNext` remembers whether it
 *     then stands on, before or after the saved row.
 *  2. Bytes got from `payload*` are ephemeral (wall 5): valid until the cursor moves or any write.
 *  3. A cursor that is not on a row (`eof`) answers no question about a row; asking is a bug.
 *  4. All damage found on the way is SQLITE_CORRUPT, never an endless loop or a raw exception.
 */

import type { CheckpointMode, CheckpointResult, Pager } from '../pager/types.ts';
import type { KeyInfo, UnpackedKey } from '../values/key.ts';
import type { Int } from '../values/value.ts';

/** Numbers of the header's meta values (file format §1.3), as ReadCookie and SetCookie use them. */
export enum Meta {
  FreePageCount = 0,
  SchemaVersion = 1,
  FileFormat = 2,
  DefaultCacheSize = 3,
  LargestRootPage = 4,
  TextEncoding = 5,
  UserVersion = 6,
  IncrVacuum = 7,
  ApplicationId = 8,
  /** Not stored: counts changes seen by this connection (PRAGMA data_version). */
  DataVersion = 15,
}

export enum AutoVacuum {
  None = 0,
  Full = 1,
  Incremental = 2,
}

export interface Btree {
  readonly pager: Pager;
  /** 'none' | 'read' | 'write' transaction of this connection on this file. */
  readonly transaction: 'none' | 'read' | 'write';

  /**
   * Opens or upgrades a transaction. Reads and checks page 1 (SQLITE_NOTADB, SQLITE_CORRUPT), takes
   * over its page size; a write transaction on an empty file makes page 1. `exclusive` as in BEGIN
   * EXCLUSIVE. Busy handler is the pager's business. Returns the schema cookie (file format 1.3.9).
   */
  beginTransaction(write: boolean, exclusive?: boolean): number;
  commitPhaseOne(superJournal: string | null): void;
  /** Commit point; the transaction becomes 'read' when `keepRead`, else 'none'. */
  commitPhaseTwo(keepRead: boolean): void;
  /**
   * Rolls the transaction back. All cursors are saved first; with `trip` (an error code) write
   * cursors, or all when `!writeOnly`, fail with that code at their next use.
   */
  rollback(
    trip: 'SQLITE_ABORT_ROLLBACK' | null,
    writeOnly: boolean,
    keepRead: boolean,
    keepLock?: boolean,
  ): void;
  /** Ends a 'read' transaction when no cursor is open any more. */
  endRead(): void;
  openSavepoint(count: number): void;
  /** 'release' or 'rollback' to layer `index`; see Pager. */
  savepoint(op: 'release' | 'rollback', index: number): void;

  /**
   * All cursors let go of their pages; those that write, or all when `!writeOnly`, fail with
   * SQLITE_ABORT_ROLLBACK at their next use.
   */
  tripCursors(writeOnly: boolean): void;

  /** A new, empty tree; its root page number. `intKey` for rowid tables, else an index tree. */
  createTable(intKey: boolean): number;
  /** Frees all pages. Auto-vacuum may move another root to `root`: returns its old number, else 0. */
  dropTable(root: number): number;
  /** Removes all rows; returns how many there were. */
  clearTable(root: number): number;

  getMeta(meta: Meta): number;
  /** Writes a meta value (needs a write transaction); 32 bits, unsigned or signed as given. */
  updateMeta(meta: Meta, value: number): void;

  /**
   * `keyInfo` null for rowid tables. Write cursors need a write transaction. `closed`: a cursor that its
   * owner has closed and gives back; it is opened again when it was one of the same kind.
   */
  cursor(root: number, write: boolean, keyInfo: KeyInfo | null, closed?: BtCursor): BtCursor;
  /** True when some other cursor of this connection is open on the tree at `root`. */
  hasOpenCursor(root: number): boolean;

  setPageSize(pageSize: number, reserved: number, fix: boolean): void;
  readonly autoVacuum: AutoVacuum;
  /** Tries to change the mode; only 1 <-> 2, or any while the file is empty. Returns success. */
  setAutoVacuum(mode: AutoVacuum): boolean;
  /** One step of incremental vacuum: moves one page; false when there is nothing left. */
  incrementalVacuumStep(): boolean;
  pageCount(): number;
  checkpoint(mode: CheckpointMode): CheckpointResult;
  /** secure_delete: 0 off, 1 on, 2 fast. */
  secureDelete: number;
  /** cell_size_check: pages that are read from now on have all their cells' places looked at. */
  set cellSizeCheck(on: boolean);

  /**
   * PRAGMA integrity_check's part below the tables: every page reachable once, cells in order, in
   * bounds, no overlap, freelist, pointer map, overflow chains. Messages are SQLite's; at most
   * `maxErrors`. `roots` are all root pages (0 means: skip); entry counts go to `counts`.
   */
  integrityCheck(roots: readonly number[], maxErrors: number, counts: Int[]): string[];
  close(): void;
}

/** Where a seek left the cursor, relative to the key. */
export type SeekResult =
  /** entry is smaller than the key (or tree empty: then eof is true) */
  | -1
  /** exact */
  | 0
  /** entry is larger than the key */
  | 1;

export enum InsertFlags {
  None = 0,
  /** Rowid table: the caller knows that the rowid is larger than any other (append). */
  Append = 8,
  /** The cursor already stands where `seekResult` says; no new seek. */
  UseSeekResult = 16,
  /** Keep the cursor's position meaningful after the change (SAVEPOSITION). */
  SavePosition = 2,
}

export interface BtCursor {
  readonly root: number;
  readonly isTable: boolean;
  readonly writable: boolean;
  readonly keyInfo: KeyInfo | null;
  /** True when not on a row. */
  readonly eof: boolean;
  /**
   * Set by whoever fills a tree in ascending order and will not insert between (CREATE INDEX,
   * VACUUM): pages are then packed full, as SQLite's BTREE_BULKLOAD does. False at first.
   */
  bulkLoad: boolean;

  /** First or last entry; false when the tree is empty. */
  first(): boolean;
  last(): boolean;
  /** Leaves the row: eof, so that `next` and `previous` find nothing. */
  unset(): void;
  /** One entry on or back; false when there is none (cursor then eof). Honours saved positions. */
  next(): boolean;
  previous(): boolean;
  /** Rowid tables. `bias` > 0: the key is probably past the end. On empty tree eof and -1. */
  seekRowid(rowid: Int, bias?: number): SeekResult;
  /** Index trees. Sets key.equalSeen as the comparator does. */
  seekKey(key: UnpackedKey): SeekResult;
  /** `seekKey` for a key of one field, a number (INTEGER, or REAL and finite). */
  seekNumber(number: number, defaultResult: -1 | 1): SeekResult;
  /**
   * `seekKey` for a key of one text, given by its bytes as the file has them, in a tree whose first field
   * is UTF-8 and compared by BINARY. The bytes are read during the call only.
   */
  seekBytes(bytes: Uint8Array, from: number, length: number, defaultResult: -1 | 1): SeekResult;
  /**
   * Brings a saved cursor back. False when the row it stood on is gone (it then stands at a
   * neighbour, and the next `next`/`previous` takes that into account).
   */
  restore(): boolean;
  /** True when the cursor must be restored before its row may be read. */
  readonly needsRestore: boolean;

  /** The rowid (rowid tables). */
  rowid(): Int;
  /** Whole length of record (table: data, index: key) in bytes. */
  payloadSize(): number;
  /**
   * The part of the record on the leaf page: bytes [payloadOffset, payloadOffset + payloadLocal) of
   * payloadPage. Valid after any successful move; ephemeral. `loadPayload()` refreshes the three.
   */
  loadPayload(): void;
  readonly payloadPage: Uint8Array;
  readonly payloadOffset: number;
  readonly payloadLocal: number;
  /**
   * For compiled code: the offset of the record on `pageBytes` when the cursor stands on a row that is
   * whole on its page, and then its end in `wholeEnd`; -1 when it is not so simple. The bytes are
   * ephemeral like those of `payload*`, which this does not touch.
   */
  wholePayload(): number;
  readonly wholeEnd: number;
  readonly pageBytes: Uint8Array;
  readonly pageView: DataView;
  /** Copies record bytes [offset, offset+length) to dest at destOffset, overflow pages included. */
  readPayload(offset: number, length: number, dest: Uint8Array, destOffset: number): void;
  /** Overwrites record bytes in place (incremental blob); size never changes. */
  writePayload(offset: number, src: Uint8Array): void;
  /** File offset of the record's first byte, for sqlite_offset(). */
  payloadFileOffset(): number;

  /**
   * Inserts or replaces the row with `rowid`. `data[offset, offset+length)` is the record;
   * `zeroTail` more zero bytes follow it. `seekResult` matters with UseSeekResult only.
   */
  insertRow(
    rowid: Int,
    data: Uint8Array,
    offset: number,
    length: number,
    zeroTail: number,
    flags: InsertFlags,
    seekResult: SeekResult,
  ): void;
  /** Inserts a key record; an entry that compares equal in all fields is replaced. */
  insertKey(
    record: Uint8Array,
    offset: number,
    length: number,
    key: UnpackedKey | null,
    flags: InsertFlags,
    seekResult: SeekResult,
  ): void;
  /**
   * Deletes the row it stands on. With `savePosition` a following `next()`/`previous()` visits the
   * row that came after/before it.
   */
  delete(savePosition: boolean): void;
  /** Entries in the tree. */
  count(): number;
  /** A rough count of entries, for the planner (no full scan): -1 when unknown. */
  rowCountEstimate(): number;
  close(): void;
}
