/** The opcode table: one row an opcode, indexed by its number. */
import type { OpcodeInfo } from './opcode.ts';

export const opcodes: readonly OpcodeInfo[] = [];
