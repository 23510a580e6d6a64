/**
 * VmCursor: a cursor of a running program, over a b-tree (of a database or ephemeral), a sorter, one
 * record in a register (pseudo), or rows that the connection made. It holds what the tree's cursor does
 * not know: NULL row, put-off seeks, sequence numbers, and the parsed part of the row's header.
 *
 * Invariants:
 *  1. `parsed` is -1 when nothing is known of the row; else `data`, `base`, `local`, `size` lead to its
 *     record and the first `parsed` fields are in `types` and `offsets`. Every move sets it to -1.
 *  2. `data` of a b-tree cursor is lent by the tree (wall 5): before it is used `bt.needsRestore` must
 *     be false. When the header is not wholly on the leaf page, `data` is an owned copy of the record.
 *  3. With `deferred`, the cursor is to be moved to rowid `target` before it is read; `alt` and
 *     `altMap` say which columns can be read elsewhere instead.
 */
import type { BtCursor, SeekResult } from '../btree/types.ts';
import type { KeyInfo, UnpackedKey } from '../values/key.ts';
import type { Int, SqlValue } from '../values/value.ts';
import type { EphemeralTree } from './ephemeral.ts';
import type { Groups } from './groups.ts';
import type { KeySet } from './key-set.ts';
import type { Sorter } from './sorter.ts';

export enum CursorKind {
  Btree,
  Sorter,
  Pseudo,
  Rows,
}

export const noBytes = new Uint8Array(0);

export class VmCursor {
  // Where it is.
  nullRow = true;
  deferred = false;
  target: Int = 0;
  alt: VmCursor | null = null;
  altMap: Int32Array | null = null;
  /** Result of the last seek, for OPFLAG_USESEEKRESULT. */
  seekResult: SeekResult = 0;
  sequence = 0;

  // The row's record; see invariant 1.
  parsed = -1;
  data: Uint8Array = noBytes;
  base = 0;
  local = 0;
  size = 0;
  /** Bytes of the header, and where in it the next serial type stands. */
  headerSize = 0;
  headerPos = 0;
  readonly types: number[] = [];
  /** offsets[i]: where field i begins, from the record's start. One more than types. */
  readonly offsets: number[] = [0];

  // By kind.
  sorter: Sorter | null = null;
  pseudoRegister = 0;
  rows: readonly (readonly SqlValue[])[] | null = null;
  rowIndex = -1;
  ephemeral: EphemeralTree | null = null;
  /** An automatic index whose entries are still being collected: the first seek sorts and stores them. */
  building: Sorter | null = null;
  /** With them: seeks are by equality of so many first fields, so that it may become a hash; 0: it may not. */
  hashFields = 0;
  /** The tree's cursor, while `bt` is that of a hash. */
  tree: BtCursor | null = null;
  /** An ephemeral index that is a hash of its keys. */
  set: KeySet | null = null;
  /** Groups of a GROUP BY, whose keys are the sorter's records. */
  groups: Groups | null = null;
  /** Cell taken over by RowCell. */
  preformat: Uint8Array | null = null;

  constructor(
    readonly kind: CursorKind,
    /** The tree's cursor, or what stands for it; only b-tree cursors have one. */
    public bt: BtCursor | null,
    readonly isTable: boolean,
    readonly db: number,
    readonly root: number,
    readonly keyInfo: KeyInfo | null,
    readonly fieldCount: number,
  ) {}

  /** As new, after it was closed. */
  renew(): void {
    this.nullRow = true;
    this.deferred = false;
    this.target = 0;
    this.alt = null;
    this.altMap = null;
    this.seekResult = 0;
    this.sequence = 0;
    this.parsed = -1;
    this.preformat = null;
  }

  private scratchKey: UnpackedKey | null = null;

  /**
   * The cursor's own key for seeks. Taken while in use (`giveKey` brings it back), so that user code
   * that comes back to this cursor gets another.
   */
  takeKey(): UnpackedKey {
    const key = this.scratchKey;
    if (key !== null) {
      this.scratchKey = null;
      return key;
    }
    return {
      keyInfo: this.keyInfo!,
      values: [],
      fieldCount: 0,
      defaultResult: 0,
      equalSeen: false,
    };
  }

  giveKey(key: UnpackedKey): void {
    this.scratchKey = key;
  }
}
