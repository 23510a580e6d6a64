/** Storeys import downwards only (architecture: the storeys). */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { expect, it } from 'vitest';

const src = new URL('../packages/micadb/src', import.meta.url).pathname;

/** From the bottom up. */
const STOREYS = [
  'values',
  'vfs',
  'pager',
  'btree',
  'functions',
  'vm',
  'sql',
  'catalog',
  'bind',
  'plan',
  'codegen',
  'api',
];

function sources(dir: string): string[] {
  return readdirSync(dir, { withFileTypes: true }).flatMap((e) => {
    const path = join(dir, e.name);
    if (e.isDirectory()) return sources(path);
    // Tests and what serves tests alone (test-host.ts, oracle.test-helper.ts) may reach anywhere.
    return path.endsWith('.ts') && !e.name.includes('test') ? [path] : [];
  });
}

function storeyOf(path: string): number {
  return STOREYS.indexOf(relative(src, path).split('/')[0]!);
}

/** Imports of one file that go up, as "from -> to". */
function upwardImports(path: string): string[] {
  const text = readFileSync(path, 'utf8');
  const found: string[] = [];
  for (const m of text.matchAll(/(?:from|import)\s+'(\.[^']+)'/g)) {
    const target = resolve(path, '..', m[1]!);
    if (storeyOf(target) > storeyOf(path)) {
      found.push(`${relative(src, path)} -> ${relative(src, target)}`);
    }
  }
  return found;
}

it('every folder of the engine is a storey', () => {
  const folders = readdirSync(src).sort();
  expect(folders).toEqual([...STOREYS].sort());
});

it('no storey imports from one above it', () => {
  expect(sources(src).flatMap(upwardImports)).toEqual([]);
});

it('only vfs/node-* and api use modules of Node', () => {
  const users = sources(src)
    .filter((p) => /from 'node:/.test(readFileSync(p, 'utf8')))
    .map((p) => relative(src, p));
  expect(users.filter((p) => !p.startsWith('vfs/node-') && !p.startsWith('api/'))).toEqual([]);
});
