/** A search key from a whole index record: for saved positions, and inserts without a key. */
import { corrupt } from '../values/errors.ts';
import type { KeyInfo, UnpackedKey } from '../values/key.ts';
import { newKey } from '../values/keyinfo.ts';
import { decodeRecord } from '../values/record.ts';

export function keyFromRecord(keyInfo: KeyInfo, record: Uint8Array): UnpackedKey {
  const key = newKey(keyInfo);
  key.values = decodeRecord(record, 0, record.length, keyInfo.encoding);
  // A record may have more fields than take part in the order (rows of WITHOUT ROWID tables).
  key.fieldCount = Math.min(key.values.length, keyInfo.keyFieldCount + 1, keyInfo.allFieldCount);
  if (key.fieldCount === 0) throw corrupt('index record without fields');
  return key;
}
