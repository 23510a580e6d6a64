/** Makes key descriptions and the keys that are compared by them. */
import { binaryCollation } from './collation.ts';
import type { Collation, KeyInfo, UnpackedKey } from './key.ts';
import type { Encoding } from './value.ts';

/**
 * A KeyInfo. `collations` and `sortFlags` may be shorter than `allFieldCount` (BINARY and ascending
 * are meant); `keyFieldCount` is all fields when left out.
 */
export function makeKeyInfo(
  encoding: Encoding,
  allFieldCount: number,
  collations: readonly (Collation | null)[] = [],
  sortFlags: readonly number[] | Uint8Array = [],
  keyFieldCount: number = allFieldCount,
): KeyInfo {
  const binary = binaryCollation(encoding);
  const colls: Collation[] = [];
  const flags = new Uint8Array(allFieldCount);
  for (let i = 0; i < allFieldCount; i++) {
    colls.push(collations[i] ?? binary);
    flags[i] = sortFlags[i] ?? 0;
  }
  return { encoding, keyFieldCount, allFieldCount, collations: colls, sortFlags: flags };
}

/** An empty key to search with: fill `values`, set `fieldCount` and `defaultResult`. */
export function newKey(keyInfo: KeyInfo): UnpackedKey {
  return { keyInfo, values: [], fieldCount: 0, defaultResult: 0, equalSeen: false };
}
