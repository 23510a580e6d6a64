/**
 * The value model (architecture, wall 4): what a register, a bound parameter, a function argument
 * and a result column hold inside the engine.
 *
 * Invariants:
 *  1. INTEGER is a `number` exactly when it is a safe integer (and never -0), else a `bigint`
 *     inside the signed 64-bit range. A `bigint` never holds a safe integer.
 *  2. REAL is always boxed in {@link Real}: a bare `number` is never a REAL. NaN does not exist
 *     (it is NULL).
 *  3. TEXT is a JavaScript string; {@link Text} appears only for bytes that a string cannot carry
 *     (invalid in the database encoding) or that carry a subtype.
 *  4. BLOB is a `Uint8Array` that its holder owns and nobody writes to any more.
 */

/** A REAL (IEEE double). Immutable. */
export class Real {
  constructor(readonly value: number) {}
}

/** Text encodings, with the numbers of the file header (file format §1.3.13). */
export const UTF8 = 1;
export const UTF16LE = 2;
export const UTF16BE = 3;
export type Encoding = 1 | 2 | 3;

/**
 * TEXT as bytes. Used where the bytes are not valid in their encoding (SQLite keeps such bytes,
 * so does Mica), or where text carries a subtype (JSON). `bytes` are owned.
 */
export class Text {
  constructor(
    readonly bytes: Uint8Array,
    readonly encoding: Encoding,
    readonly subtype: number = 0,
  ) {}
}

/** An INTEGER, also a rowid: see invariant 1. */
export type Int = number | bigint;

export type SqlValue = null | Int | Real | string | Text | Uint8Array;

/** Storage classes in SQLite's sort order. */
export enum StorageClass {
  Null = 0,
  Integer = 1,
  Real = 2,
  Text = 3,
  Blob = 4,
}

/** Column and expression affinities: SQLite's letters, as P4 of Affinity and MakeRecord carries them. */
export enum Affinity {
  None = 0x40 /* '@' */,
  Blob = 0x41 /* 'A' */,
  Text = 0x42 /* 'B' */,
  Numeric = 0x43 /* 'C' */,
  Integer = 0x44 /* 'D' */,
  Real = 0x45 /* 'E' */,
  Flexnum = 0x46 /* 'F' */,
}

export function storageClass(v: SqlValue): StorageClass {
  switch (typeof v) {
    case 'number':
    case 'bigint':
      return StorageClass.Integer;
    case 'string':
      return StorageClass.Text;
    default:
      if (v === null) return StorageClass.Null;
      if (v instanceof Real) return StorageClass.Real;
      return v instanceof Text ? StorageClass.Text : StorageClass.Blob;
  }
}

/** Narrows a 64-bit integer to the canonical INTEGER form (invariant 1). */
export function normalizeInt(v: bigint): Int {
  return v >= -9007199254740991n && v <= 9007199254740991n ? Number(v) : v;
}

/** A REAL from a double; NaN becomes NULL (invariant 2). */
export function realOrNull(v: number): Real | null {
  return Number.isNaN(v) ? null : new Real(v);
}
