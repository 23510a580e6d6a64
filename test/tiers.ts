/**
 * Both tiers in every test: MICADB_TIER=interpreter or =compiled holds all programs to one of them;
 * without it programs start in the interpreter and are compiled when hot, as users have it.
 */
import { useChecks } from '../packages/micadb/src/api/checks.ts';
import { useCompiler } from '../packages/micadb/src/api/tier.ts';
import { tiering } from '../packages/micadb/src/vm/vm.ts';

useCompiler();
useChecks();
const mode = process.env['MICADB_TIER'] ?? 'auto';
if (mode !== 'auto' && mode !== 'interpreter' && mode !== 'compiled') {
  throw new Error(`MICADB_TIER=${mode}: auto, interpreter or compiled`);
}
tiering.mode = mode;
if (mode === 'compiled') {
  // A whole program in one function compiles what runs once too; MICADB_PART makes functions of its loops.
  const size = Number(process.env['MICADB_PART'] ?? 48 * 1024);
  tiering.wholeSource = size;
  tiering.partSource = size;
}
