/**
 * The bytes of a write-ahead log (https://www.sqlite.org/fileformat2.html §4,
 * https://www.sqlite.org/walformat.html §2).
 *
 *   header  0 magic (…82: checksums over little-endian words, …83: big-endian)  4 version 3007000
 *           8 page size  12 checkpoint sequence  16 salt-1  20 salt-2  24 checksum-1  28 checksum-2
 *   frame   0 page number  4 database size in pages after a commit, else 0  8 salt-1  12 salt-2
 *           16 checksum-1  20 checksum-2, then the page
 *
 * The checksum of a frame runs over all before it: header, then the first 8 bytes and the page of
 * every frame. A frame is valid when salts and checksum agree.
 */
import { get4, put4 } from './bytes.ts';

export const WAL_HEADER = 32;
export const FRAME_HEADER = 24;
export const WAL_VERSION = 3007000;
const WAL_MAGIC = 0x377f0682;

const hostIsLittle = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1;

/** A running checksum: two 32-bit sums. */
export class WalChecksum {
  s0 = 0;
  s1 = 0;

  set(other: WalChecksum): void {
    this.s0 = other.s0;
    this.s1 = other.s1;
  }

  equals(d: Uint8Array, offset: number): boolean {
    return this.s0 >>> 0 === get4(d, offset) && this.s1 >>> 0 === get4(d, offset + 4);
  }

  put(d: Uint8Array, offset: number): void {
    put4(d, offset, this.s0);
    put4(d, offset + 4, this.s1);
  }

  /** Adds `length` bytes, a multiple of 8. */
  add(d: Uint8Array, offset: number, length: number, bigEndian: boolean): void {
    let a = this.s0;
    let b = this.s1;
    const at = d.byteOffset + offset;
    if (hostIsLittle !== bigEndian && (at & 3) === 0) {
      const words = new Uint32Array(d.buffer, at, length >> 2);
      for (let i = 0; i < words.length; i += 2) {
        a = (a + words[i]! + b) | 0;
        b = (b + words[i + 1]! + a) | 0;
      }
    } else {
      const view = new DataView(d.buffer, at, length);
      for (let i = 0; i < length; i += 8) {
        a = (a + view.getUint32(i, !bigEndian) + b) | 0;
        b = (b + view.getUint32(i + 4, !bigEndian) + a) | 0;
      }
    }
    this.s0 = a;
    this.s1 = b;
  }
}

export interface WalHeader {
  readonly bigEndian: boolean;
  readonly version: number;
  readonly pageSize: number;
  readonly sequence: number;
  readonly salt1: number;
  readonly salt2: number;
  /** The sums that the first frame goes on from. */
  readonly checksum: WalChecksum;
}

/** Parses a header; null when it is none or damaged (the log then counts as empty). */
export function parseWalHeader(d: Uint8Array): WalHeader | null {
  const magic = get4(d, 0);
  if (magic >>> 1 !== WAL_MAGIC >>> 1) return null;
  const pageSize = get4(d, 8);
  if (pageSize < 512 || pageSize > 65536 || (pageSize & (pageSize - 1)) !== 0) return null;
  const bigEndian = (magic & 1) === 1;
  const checksum = new WalChecksum();
  checksum.add(d, 0, 24, bigEndian);
  if (!checksum.equals(d, 24)) return null;
  return {
    bigEndian,
    version: get4(d, 4),
    pageSize,
    sequence: get4(d, 12),
    salt1: get4(d, 16),
    salt2: get4(d, 20),
    checksum,
  };
}

/** Writes a header for little-endian checksums; returns it as parsed. */
export function makeWalHeader(
  d: Uint8Array,
  pageSize: number,
  sequence: number,
  salt1: number,
  salt2: number,
): WalHeader {
  put4(d, 0, WAL_MAGIC);
  put4(d, 4, WAL_VERSION);
  put4(d, 8, pageSize);
  put4(d, 12, sequence);
  put4(d, 16, salt1);
  put4(d, 20, salt2);
  const checksum = new WalChecksum();
  checksum.add(d, 0, 24, false);
  checksum.put(d, 24);
  return { bigEndian: false, version: WAL_VERSION, pageSize, sequence, salt1, salt2, checksum };
}
