/**
 * What can be learned about other processes' locks without taking any: Linux lists POSIX locks by
 * device and inode in /proc/locks. SQLite's lock bytes start at 2^30
 * (https://www.sqlite.org/fileformat2.html §1.4): PENDING, RESERVED, then 510 bytes for SHARED.
 */
import * as fs from 'node:fs';

const PENDING_BYTE = 0x40000000;
const SHARED_LAST = PENDING_BYTE + 2 + 509;

/**
 * True when another process holds a lock on SQLite's lock bytes of the file; with `writeOnly` only
 * write locks count (RESERVED and more).
 */
export function lockedByStranger(identity: string, writeOnly: boolean): boolean {
  if (process.platform !== 'linux') return false;
  let table: string;
  try {
    table = fs.readFileSync('/proc/locks', 'latin1');
  } catch {
    return false;
  }
  const inode = identity.slice(identity.lastIndexOf(':') + 1);
  for (const line of table.split('\n')) {
    // 1: POSIX  ADVISORY  WRITE 4711 08:01:131072 1073741825 1073741825
    const f = line.split(/\s+/);
    if (f.length < 8 || (writeOnly && f[3] !== 'WRITE') || Number(f[4]) === process.pid) continue;
    if (f[5]!.slice(f[5]!.lastIndexOf(':') + 1) !== inode) continue;
    const last = f[7] === 'EOF' ? Number.POSITIVE_INFINITY : Number(f[7]);
    if (Number(f[6]) <= SHARED_LAST && last >= PENDING_BYTE) return true;
  }
  return false;
}
