/** A sorter between two runs of its statement. */
import { expect, it } from 'vitest';
import type { Btree } from '../btree/types.ts';
import { makeKeyInfo } from '../values/keyinfo.ts';
import { RecordEncoder } from '../values/record.ts';
import { UTF8 } from '../values/value.ts';
import { Sorter } from './sorter.ts';

const encoder = new RecordEncoder(UTF8);

function fill(sorter: Sorter, count: number): void {
  for (let i = 0; i < count; i++) {
    const n = encoder.encode([(i * 7919) % count, 'x'.repeat(50)], 0, 2);
    sorter.insert(encoder.buffer, n);
  }
}

const noTree = (): Btree => {
  throw new Error('the budget suffices');
};

it('keeps little room, and none of its records', () => {
  const sorter = new Sorter(makeKeyInfo(UTF8, 1), 1 << 20, noTree);
  fill(sorter, 100);
  expect(sorter.rewind()).toBe(true);
  const room = sorter.record().buffer;
  expect(sorter.retire()).toBe(true);
  sorter.renew(1 << 20);
  expect(sorter.record()).toHaveLength(0);
  expect(sorter.rewind()).toBe(false);
  fill(sorter, 20);
  expect(sorter.rewind()).toBe(true);
  expect(sorter.record().buffer).toBe(room);
  let count = 1;
  while (sorter.next()) count++;
  expect(count).toBe(20);
});

it('does not keep much room', () => {
  const sorter = new Sorter(makeKeyInfo(UTF8, 1), 1 << 20, noTree);
  fill(sorter, 5000);
  expect(sorter.rewind()).toBe(true);
  expect(sorter.retire()).toBe(false);
});
