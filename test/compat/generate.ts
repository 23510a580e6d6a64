/** `npm run compat`: writes COMPAT.md. */
import { writeFileSync } from 'node:fs';
import { compatText } from './table.ts';

writeFileSync(new URL('../../COMPAT.md', import.meta.url), compatText());
