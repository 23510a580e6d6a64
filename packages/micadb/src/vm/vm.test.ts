/**
 * The VM by hand-assembled programs over a real b-tree. Every program runs under the table check, so a
 * handler that does what its row does not say fails here; and the last test says which opcodes never ran.
 */
import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { Opcode as O } from './opcode.ts';
import { callTests } from './suite-calls.ts';
import { cursorTests } from './suite-cursors.ts';
import { endTests } from './suite-ends.ts';
import { groupTests } from './suite-groups.ts';
import { registerTests } from './suite-registers.ts';
import { sorterTests } from './suite-sorter.ts';
import { opcodes } from './table.ts';
import { checkAfterEach, executed } from './test-kit.ts';

checkAfterEach();
registerTests();
cursorTests();
sorterTests();
groupTests();
callTests();
endTests();

describe('coverage of the table', () => {
  /** Opcodes that these tests cannot reach, and why. */
  const excused: Partial<Record<string, string>> = {
    Checkpoint: 'needs a pager with a WAL',
  };

  it('says what each instruction does', () => {
    const source = readFileSync(new URL('./table.ts', import.meta.url), 'utf8');
    const said = [...source.matchAll(/\*\/\nrow\(Op\.(\w+)/g)].map((m) => m[1]);
    expect(said.sort()).toEqual(opcodes.map((row) => row.name).sort());
  });

  it('numbers its rows', () => {
    opcodes.forEach((row, i) => {
      expect(row.opcode).toBe(i);
      expect(row.name).toBe(O[i]);
    });
  });

  afterAll(() => {
    const missing = opcodes.filter((row) => !executed.has(row.opcode) && !(row.name in excused));
    expect(missing.map((row) => row.name)).toEqual([]);
  });
});
