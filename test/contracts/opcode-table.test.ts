/**
 * Statements under the VM's table check: every handler reads and writes the registers and goes to the
 * addresses that its row of the opcode table says. The statements are those of the case files.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Connection } from '../../packages/micadb/src/api/connection.ts';
import { SqliteError } from '../../packages/micadb/src/values/errors.ts';
import { MemoryVfs } from '../../packages/micadb/src/vfs/memory.ts';
import { TableCheck } from '../../packages/micadb/src/vm/check.ts';
import { createExecution } from '../../packages/micadb/src/vm/execution.ts';
import type { Execution, Program } from '../../packages/micadb/src/vm/types.ts';
import { parseCases } from '../cases/format.ts';

const folder = new URL('../cases/', import.meta.url).pathname;

/** A connection all of whose programs are watched. */
class WatchedConnection extends Connection {
  readonly check = new TableCheck();

  override execution(program: Program): Execution {
    return createExecution(program, this, { watch: this.check });
  }
}

const executed = new Set<number>();

for (const file of readdirSync(folder).filter((f) => f.endsWith('.sql'))) {
  describe(file, () => {
    for (const group of parseCases(readFileSync(join(folder, file), 'utf8'))) {
      it(group.name, () => {
        const db = new WatchedConnection({ path: ':memory:', vfs: new MemoryVfs() });
        try {
          for (const step of group.steps) {
            try {
              db.query(step.sql);
            } catch (e) {
              if (!(e instanceof SqliteError)) throw e;
            }
            expect(db.check.complaints, `line ${step.line}: ${step.sql}`).toEqual([]);
          }
          expect(db.activeStatements).toBe(0);
        } finally {
          for (const opcode of db.check.executed) executed.add(opcode);
          db.close();
        }
      });
    }
  });
}

it('the case files reach most opcodes', () => {
  expect(executed.size).toBeGreaterThan(120);
});
