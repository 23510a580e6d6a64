/** Ephemeral tables in memory against trees: the same moves and changes, and the change from one to the other. */
import { describe, expect, it } from 'vitest';
import { Random } from '../../../../test/random.ts';
import { openBtree } from '../btree/btree.ts';
import { type BtCursor, type Btree, InsertFlags } from '../btree/types.ts';
import { openPager } from '../pager/pager.ts';
import { makeKeyInfo, newKey } from '../values/keyinfo.ts';
import { RecordEncoder } from '../values/record.ts';
import { Real, type SqlValue, UTF8 } from '../values/value.ts';
import { MemoryVfs } from '../vfs/memory.ts';
import { inMemory } from './memory-store.ts';

function privateTree(): Btree {
  const vfs = new MemoryVfs();
  const tree = openBtree(
    openPager({ path: ':memory:', readonly: false, create: true, vfs, busyHandler: null }),
  );
  tree.beginTransaction(true);
  return tree;
}

const encoder = new RecordEncoder(UTF8);

function record(values: readonly SqlValue[]): Uint8Array {
  const n = encoder.encode(values, 0, values.length);
  return encoder.buffer.slice(0, n);
}

/** Where a cursor stands, and on what. */
function state(c: BtCursor, found: unknown): unknown {
  if (c.needsRestore && !c.restore()) return [found, 'gone'];
  if (c.eof) return [found, 'eof'];
  const size = c.payloadSize();
  const bytes = new Uint8Array(size);
  c.readPayload(0, size, bytes, 0);
  return [found, c.isTable ? c.rowid() : null, [...bytes]];
}

const BUDGETS = [200, 5000, 1 << 20];

describe('ephemeral tables in memory', () => {
  for (let seed = 1; seed <= 30; seed++) {
    it(`queues and buffers of rows, seed ${seed}`, () => {
      const r = new Random(seed);
      const memory = inMemory(null, r.pick(BUDGETS), privateTree);
      const tree = privateTree();
      const root = tree.createTable(true);
      const ours = [memory.cursor(), memory.cursor()];
      const theirs = [tree.cursor(root, true, null), tree.cursor(root, true, null)];
      for (let step = 0; step < 600; step++) {
        const which = r.below(2);
        const both = (what: string, move: (c: BtCursor) => unknown) => {
          const got = state(ours[which]!, move(ours[which]!));
          expect([step, what, got]).toEqual([
            step,
            what,
            state(theirs[which]!, move(theirs[which]!)),
          ]);
        };
        switch (r.below(9)) {
          case 0:
            both('first', (c) => c.first());
            break;
          case 1:
            both('last', (c) => c.last());
            break;
          case 2:
          case 3:
            both('next', (c) => c.next());
            break;
          case 4: {
            const rowid = r.below(300);
            // A seek that misses may stand on either side.
            both('seek', (c) => (c.seekRowid(rowid) === 0 ? 'found' : c.unset()));
            break;
          }
          case 5:
            both('shift', (c) => {
              if (!c.first()) return 'empty';
              c.delete(true);
              return c.next();
            });
            break;
          case 6:
            if (r.chance(0.03)) {
              memory.clear();
              tree.clearTable(root);
              for (const c of [...ours, ...theirs]) c.unset();
            } else if (r.chance(0.05)) {
              both('delete', (c) => {
                if (c.needsRestore ? c.restore() : !c.eof) c.delete(false);
                c.unset();
              });
              for (const c of [...ours, ...theirs]) c.unset();
            }
            break;
          default: {
            const bytes = record([step, 'x'.repeat(r.below(40)), null]);
            both('append', (c) => {
              const rowid = c.last() ? Number(c.rowid()) + 1 : 1;
              c.insertRow(rowid, bytes, 0, bytes.length, 0, InsertFlags.Append, -1);
              return c.last();
            });
          }
        }
      }
      const all = (c: BtCursor) => {
        const rows: unknown[] = [];
        for (let more = c.first(); more; more = c.next()) rows.push(state(c, null));
        return rows;
      };
      expect(all(ours[0]!)).toEqual(all(theirs[0]!));
      expect(ours[0]!.count()).toBe(theirs[0]!.count());
      for (const c of ours) c.close();
      memory.close();
    });

    it(`keys in order, seed ${seed}`, () => {
      const r = new Random(seed);
      const info = makeKeyInfo(UTF8, 2, [], [r.below(2), r.below(2)]);
      const memory = inMemory(info, r.pick(BUDGETS), privateTree);
      const tree = privateTree();
      const root = tree.createTable(false);
      const ours = memory.cursor();
      const theirs = tree.cursor(root, true, info);
      const value = (): SqlValue =>
        r.pick<() => SqlValue>([
          () => r.below(30),
          () => new Real(r.below(30) / 2),
          () => `t${r.below(30)}`,
          () => null,
          () => 9007199254740993n,
        ])();
      for (let step = 0; step < 500; step++) {
        const both = (what: string, move: (c: BtCursor) => unknown) => {
          const got = state(ours, move(ours));
          expect([step, what, got]).toEqual([step, what, state(theirs, move(theirs))]);
        };
        const key = (values: SqlValue[]) => ({
          ...newKey(info),
          values,
          fieldCount: values.length,
        });
        switch (r.below(9)) {
          case 0:
            both('first', (c) => c.first());
            break;
          case 1:
            both('last', (c) => c.last());
            break;
          case 2:
            both('next', (c) => c.next());
            break;
          case 3:
            both('previous', (c) => c.previous());
            break;
          case 4: {
            const values = [value(), value()];
            both('seek', (c) => (c.seekKey(key(values)) === 0 ? 'found' : c.unset()));
            break;
          }
          case 5: {
            const number = r.below(30);
            both('seek a number', (c) => {
              const place = c.seekNumber(number, 1);
              // To the first entry that is not before the key.
              return place < 0 && !c.eof ? c.next() : null;
            });
            break;
          }
          case 6:
            both('delete the last', (c) => (c.last() ? c.delete(false) : null) ?? c.last());
            break;
          default: {
            const values = [value(), value()];
            const bytes = record(values);
            const given = r.chance(0.5) ? key(values) : null;
            both('insert', (c) => {
              c.insertKey(bytes, 0, bytes.length, given, InsertFlags.None, 0);
              return c.seekKey(key(values));
            });
          }
        }
      }
      expect(ours.count()).toBe(theirs.count());
      ours.close();
      memory.close();
    });
  }
});

describe('rows between two runs', () => {
  const row = record(['x'.repeat(1000)]);

  function filled(count: number): ReturnType<typeof inMemory> {
    const store = inMemory(null, 1 << 24, privateTree);
    const c = store.cursor();
    for (let i = 1; i <= count; i++) {
      c.insertRow(i, row, 0, row.length, 0, InsertFlags.Append, -1);
    }
    store.clear();
    return store;
  }

  it('are kept when they were few', () => {
    expect(filled(3).isSmall).toBe(true);
    expect(filled(60).isSmall).toBe(true);
  });

  it('are given up when they were many, or became a tree', () => {
    expect(filled(1000).isSmall).toBe(false);
    const store = inMemory(null, 200, privateTree);
    const c = store.cursor();
    for (let i = 1; i < 10; i++) c.insertRow(i, row, 0, row.length, 0, InsertFlags.Append, -1);
    store.clear();
    expect(store.isSmall).toBe(false);
    store.close();
  });
});
