/**
 * How keys are ordered: collations, key descriptions (KeyInfo) and unpacked keys. Used by index
 * b-trees, sorters and the comparison opcodes alike.
 */
import type { Encoding, SqlValue } from './value.ts';

/**
 * A collating sequence. `compare` is never called with anything but TEXT. For a user collation it
 * may throw, and `user` is true (never hashed, wall 10; a may-call-user-code point, wall 13).
 */
export interface Collation {
  readonly name: string;
  /** 'binary' | 'nocase' | 'rtrim' are known to the comparators and need no call. */
  readonly kind: 'binary' | 'nocase' | 'rtrim' | 'user';
  compare(a: string, b: string): number;
}

/** Bits of KeyInfo.sortFlags, with SQLite's numbers. */
export const KEYINFO_DESC = 1;
export const KEYINFO_BIGNULL = 2;

/** The order of a key's fields. Immutable. */
export interface KeyInfo {
  readonly encoding: Encoding;
  /** Fields that take part in comparison. */
  readonly keyFieldCount: number;
  /** All fields of the record, rowid or primary key columns at the end included. */
  readonly allFieldCount: number;
  /** One a field up to `allFieldCount`; BINARY where nothing else is said. */
  readonly collations: readonly Collation[];
  /** KEYINFO_DESC | KEYINFO_BIGNULL, one a field. */
  readonly sortFlags: Uint8Array;
}

/** A key to look for: values of the first `fieldCount` fields. Mutable and reused. */
export interface UnpackedKey {
  readonly keyInfo: KeyInfo;
  values: SqlValue[];
  fieldCount: number;
  /**
   * What "record compared with key" gives when all `fieldCount` fields are equal: +1 lets equal
   * records count as larger than the key (SeekGE, SeekLT), -1 as smaller (SeekGT, SeekLE).
   */
  defaultResult: -1 | 0 | 1;
  /** Set when a comparison found all `fieldCount` fields equal. */
  equalSeen: boolean;
}
