/** All handlers by opcode number. Opcodes that the loop runs itself have none. */
import { callHandlers } from './handlers-call.ts';
import { cursorHandlers } from './handlers-cursor.ts';
import type { HandlerTable } from './handlers-data.ts';
import { dataHandlers } from './handlers-data.ts';
import { schemaHandlers } from './handlers-schema.ts';
import { writeHandlers } from './handlers-write.ts';
import { opcodes } from './table.ts';
import type { Handler } from './vm.ts';

const table: (Handler | undefined)[] = new Array<Handler | undefined>(opcodes.length).fill(
  undefined,
);
const parts = [dataHandlers, cursorHandlers, writeHandlers, schemaHandlers, callHandlers];
parts.forEach(addHandlers);

/** For opcodes that not every realm has. */
export function addHandlers(part: HandlerTable): void {
  for (const [opcode, handler] of Object.entries(part)) table[Number(opcode)] = handler;
}

export const handlers: readonly (Handler | undefined)[] = table;
