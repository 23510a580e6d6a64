/**
 * The order in which SQLite lists the objects of a schema (PRAGMA table_list, integrity_check,
 * foreign_key_check): that of its hash table, newest bucket first. Reproduced from the names in the
 * order in which they came in.
 */

const MULTIPLIER = 0x9e3779b1;
const MAX_BUCKETS = 64;

function hash(name: string): number {
  let h = 0;
  for (const byte of new TextEncoder().encode(name)) {
    h = Math.imul(h + (byte & 0xdf), MULTIPLIER) >>> 0;
  }
  return h;
}

/** `names` in order of insertion; gives the order of iteration. */
export function hashOrder(names: readonly string[]): string[] {
  let order: string[] = [];
  let buckets = 0;
  let heads = new Map<number, string>();
  const insert = (name: string): void => {
    const bucket = buckets === 0 ? -1 : hash(name) % buckets;
    const head = bucket < 0 ? undefined : heads.get(bucket);
    if (bucket >= 0) heads.set(bucket, name);
    if (head === undefined) order.unshift(name);
    else order.splice(order.indexOf(head), 0, name);
  };
  let count = 0;
  for (const name of names) {
    count += 1;
    if (count >= 5 && count > 2 * buckets) {
      const size = Math.min(count * 3, MAX_BUCKETS);
      if (size !== buckets) {
        const before = order;
        buckets = size;
        heads = new Map();
        order = [];
        for (const old of before) insert(old);
      }
    }
    insert(name);
  }
  return order;
}

/** The values of a catalog's map in SQLite's order. */
export function inHashOrder<T extends { readonly name: string }>(map: ReadonlyMap<string, T>): T[] {
  const byName = new Map([...map.values()].map((t) => [t.name, t]));
  return hashOrder([...byName.keys()]).map((name) => byName.get(name)!);
}
