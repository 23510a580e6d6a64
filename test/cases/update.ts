/** `npm run cases:update`: writes what the oracle gives into the case files. Read the diff before you commit it. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Oracle } from '../oracle/better.ts';
import { fill } from './format.ts';

const folder = new URL('.', import.meta.url).pathname;
const wanted = process.argv.slice(2);

for (const file of readdirSync(folder).filter((f) => f.endsWith('.sql'))) {
  if (wanted.length > 0 && !wanted.includes(file)) continue;
  const path = join(folder, file);
  let group: string | null = null;
  let oracle = new Oracle();
  const text = fill(readFileSync(path, 'utf8'), (name, sql) => {
    if (name !== group) {
      oracle.close();
      oracle = new Oracle();
      group = name;
    }
    return oracle.run(sql);
  });
  oracle.close();
  writeFileSync(path, text);
}
