/**
 * `npm run test:slt -- [SCRIPT ...]`: sqllogictest scripts of the corpus beside the checkout, one line
 * each. Without arguments all of them; `--smoke` the smoke list.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { Database } from 'micadb';
import { readScript, runScript, type SltEngine } from './runner.ts';

export const corpus = new URL('../../../shared/slt', import.meta.url).pathname;

export function micaEngine(): SltEngine {
  const db = new Database(':memory:');
  return {
    execute: (sql) => void db.exec(sql),
    query: (sql) => db.prepare(sql).mode('raw').all() as unknown as unknown[][],
  };
}

/** Paths of the smoke list's scripts. */
export function smokeScripts(): string[] {
  return readFileSync(join(corpus, 'smoke.txt'), 'utf8')
    .split('\n')
    .map((l) => l.trim().split(/\s+/)[0]!)
    .filter((p) => p !== '' && !p.startsWith('#'))
    .map((p) => join(corpus, p.endsWith('.gz') ? p : `${p}.gz`));
}

function allScripts(dir: string): string[] {
  return readdirSync(dir, { withFileTypes: true }).flatMap((e) => {
    const path = join(dir, e.name);
    if (e.isDirectory()) return allScripts(path);
    return path.endsWith('.test.gz') ? [path] : [];
  });
}

function main(args: readonly string[]): void {
  if (!existsSync(corpus)) {
    console.log(`sqllogictest: skipped, no corpus at ${corpus}`);
    return;
  }
  const scripts =
    args.length === 0
      ? allScripts(corpus)
      : args[0] === '--smoke'
        ? smokeScripts()
        : args.map((a) => (existsSync(a) ? a : join(corpus, a)));
  let passed = 0;
  let failed = 0;
  for (const script of scripts) {
    const started = performance.now();
    const r = runScript(micaEngine(), readScript(script), 5);
    passed += r.passed;
    failed += r.failures.length;
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    const name = relative(corpus, script);
    console.log(
      `${name}: ${r.passed} passed, ${r.failures.length} failed, ${r.skipped} skipped (${seconds} s)`,
    );
    for (const f of r.failures)
      console.log(`  line ${f.line}: ${f.message}\n    ${f.sql.replaceAll('\n', '\n    ')}`);
  }
  console.log(`${passed} passed, ${failed} failed`);
  if (failed > 0) process.exitCode = 1;
}

if (
  process.argv[1] !== undefined &&
  import.meta.url.endsWith(process.argv[1].replace(/^.*\//, '/slt/'))
) {
  main(process.argv.slice(2));
}
