/**
 * The database header: the first 100 bytes of page 1 (file format §1.3).
 *
 *    0 magic (16)   16 page size (2)   18 write version  19 read version  20 reserved bytes
 *   21 payload fractions 64, 32, 32    24 change counter 28 pages         32 first freelist trunk
 *   36 free pages   40 ... 100 meta values 1 to 15, four bytes each; the last two of them
 *   (92 version-valid-for, 96 version of the library) belong to the pager.
 */
import { SqliteError } from '../values/errors.ts';
import { get4, put2, put4 } from './bytes.ts';
import { TABLE_LEAF } from './page.ts';
import type { BtShared } from './shared.ts';

const MAGIC = 'SQLite format 3\0';

export const PAGE_COUNT = 28;
/** Offset of meta value n. */
export const metaOffset = (n: number): number => 36 + 4 * n;

export interface Header {
  readonly pageSize: number;
  readonly reserved: number;
  /** A write version that this library does not know: the file may be read only. */
  readonly readOnly: boolean;
  /** The content is in a write-ahead log as well. */
  readonly wal: boolean;
  /** Pages by the header, or 0 when the header cannot be trusted (§1.3.7). */
  readonly pageCount: number;
  readonly autoVacuum: boolean;
  readonly incrVacuum: boolean;
}

/** Parses and checks a header; SQLITE_NOTADB when it is none. */
export function parseHeader(d: Uint8Array): Header {
  const notADb = (): SqliteError => new SqliteError('SQLITE_NOTADB');
  for (let i = 0; i < 16; i++) if (d[i] !== MAGIC.charCodeAt(i)) throw notADb();
  if (d[19]! > 2) throw notADb();
  if (d[21] !== 64 || d[22] !== 32 || d[23] !== 32) throw notADb();
  const pageSize = (d[16]! << 8) | (d[17]! << 16);
  if (pageSize < 512 || pageSize > 65536 || (pageSize & (pageSize - 1)) !== 0) throw notADb();
  if (pageSize - d[20]! < 480) throw notADb();
  return {
    pageSize,
    reserved: d[20]!,
    readOnly: d[18]! > 2,
    wal: d[19] === 2,
    pageCount: get4(d, 24) === get4(d, 92) ? get4(d, PAGE_COUNT) : 0,
    autoVacuum: get4(d, metaOffset(4)) !== 0,
    incrVacuum: get4(d, metaOffset(7)) !== 0,
  };
}

/** Makes page 1 of a new database: header and an empty schema table. */
export function createDatabase(bt: BtShared): void {
  bt.nPage = 1;
  const page = bt.freshPage(1, true);
  const d = page.data;
  d.fill(0);
  for (let i = 0; i < 16; i++) d[i] = MAGIC.charCodeAt(i);
  put2(d, 16, bt.pageSize === 65536 ? 1 : bt.pageSize);
  const version = bt.pager.journalMode === 'wal' ? 2 : 1;
  d[18] = version;
  d[19] = version;
  d[20] = bt.pageSize - bt.usableSize;
  d[21] = 64;
  d[22] = 32;
  d[23] = 32;
  put4(d, PAGE_COUNT, 1);
  put4(d, metaOffset(4), bt.autoVacuum ? 1 : 0);
  put4(d, metaOffset(7), bt.incrVacuum ? 1 : 0);
  bt.release(bt.asEmpty(page, TABLE_LEAF));
}
