/** COMPAT.md says what the scripts of features.ts show today. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { compatText } from './table.ts';

it('COMPAT.md is what `npm run compat` writes', () => {
  const written = readFileSync(new URL('../../COMPAT.md', import.meta.url), 'utf8');
  expect(compatText()).toBe(written);
});
