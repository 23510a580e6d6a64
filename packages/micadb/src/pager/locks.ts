/**
 * LockTable: SQLite's five lock levels between the connections of one realm on one file
 * (https://www.sqlite.org/lockingv3.html). They exclude each other exactly as processes do:
 * SHARED with SHARED and RESERVED; PENDING lets no new SHARED in; EXCLUSIVE stands alone.
 */
import { LockLevel } from '../vfs/vfs.ts';

/** One connection's place in the table. */
export interface LockHolder {
  level: LockLevel;
}

export class LockTable {
  /** Those above None, in any order. An array: there are few, and each transaction adds and removes one. */
  private readonly holders: LockHolder[] = [];

  /**
   * Raises `holder` to `level`. False when another is in the way; a failed try for EXCLUSIVE stays
   * at PENDING, so that no new reader comes in.
   */
  raise(holder: LockHolder, level: LockLevel): boolean {
    if (holder.level >= level) return true;
    let others = LockLevel.None;
    for (let i = 0; i < this.holders.length; i++) {
      const h = this.holders[i]!;
      if (h !== holder && h.level > others) others = h.level;
    }
    if (level === LockLevel.Shared) {
      if (others >= LockLevel.Pending) return false;
    } else {
      if (others >= LockLevel.Reserved) return false;
      if (level === LockLevel.Exclusive && others !== LockLevel.None) {
        this.put(holder, LockLevel.Pending);
        return false;
      }
    }
    this.put(holder, level);
    return true;
  }

  private put(holder: LockHolder, level: LockLevel): void {
    if (holder.level === LockLevel.None) this.holders.push(holder);
    holder.level = level;
  }

  lower(holder: LockHolder, level: LockLevel.Shared | LockLevel.None): void {
    if (holder.level <= level) return;
    holder.level = level;
    if (level !== LockLevel.None) return;
    const { holders } = this;
    const last = holders.pop()!;
    if (last !== holder) holders[holders.indexOf(holder)] = last;
  }

  /** True when somebody else holds RESERVED or more. */
  reservedByOther(holder: LockHolder): boolean {
    for (const h of this.holders) if (h !== holder && h.level >= LockLevel.Reserved) return true;
    return false;
  }

  /** True when nobody but `holder` holds any lock. */
  alone(holder: LockHolder): boolean {
    for (const h of this.holders) if (h !== holder) return false;
    return true;
  }

  /** The highest level that anybody holds. */
  highest(): LockLevel {
    let top = LockLevel.None;
    for (let i = 0; i < this.holders.length; i++) {
      const { level } = this.holders[i]!;
      if (level > top) top = level;
    }
    return top;
  }
}
