/** A short run of the differential fuzzer on fixed seeds; `npm run fuzz` goes on with fresh ones. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { session } from './fuzz.ts';

const dir = mkdtempSync(join(tmpdir(), 'mica-fuzz-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** Every session of this range agrees; a seed that stops to do so is a regression. */
const FIRST = 400_000;
const SESSIONS = 60;

for (let seed = FIRST; seed < FIRST + SESSIONS; seed++) {
  it(`seed ${seed}`, () => {
    expect(session(seed, 120, dir)).toBeNull();
  });
}

for (let seed = 1; seed <= 20; seed++) {
  it(`both tiers alike, seed ${seed}`, () => {
    expect(session(seed, 120, dir, true)).toBeNull();
  });
}
