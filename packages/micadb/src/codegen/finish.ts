/**
 * The end of every top-level program: Halt, then what Init jumps to: transactions, constants, and
 * back to the body.
 */
import type { ParsedStatement } from '../sql/ast.ts';
import { Opcode } from '../vm/opcode.ts';
import type { Instruction, Program, ResultColumnInfo } from '../vm/types.ts';
import { codeAutoincrementBegin } from './autoincrement.ts';
import type { Codegen } from './context.ts';
import { codeConstants } from './expr.ts';

export interface ProgramParts {
  readonly parsed: ParsedStatement;
  readonly resultColumns: readonly ResultColumnInfo[];
  readonly explain: 0 | 1 | 2;
  /** INSERT, UPDATE or DELETE: changes() is set when it ends. */
  readonly countsChanges: boolean;
}

/** Codes Init: the first instruction of a top-level program. */
export function beginProgram(cg: Codegen): void {
  cg.b.emit(Opcode.Init);
}

/** Requests to the connection that change files. */
const WRITING_REQUESTS: ReadonlySet<string> = new Set(['vacuum', 'pragma.wal_checkpoint']);

function writes(op: Instruction): boolean {
  switch (op.opcode) {
    case Opcode.Transaction:
      return op.p2 !== 0;
    case Opcode.Vacuum:
    case Opcode.JournalMode:
    case Opcode.Checkpoint:
      return true;
    case Opcode.HostRows:
    case Opcode.HostCall: {
      const request = op.p4;
      return (
        request !== null &&
        typeof request === 'object' &&
        'kind' in request &&
        request.kind === 'host' &&
        WRITING_REQUESTS.has(request.name)
      );
    }
    default:
      return false;
  }
}

function writesOldFormat(cg: Codegen): boolean {
  const { schemas } = cg.env.catalog;
  return schemas.some((schema, db) => (cg.writeMask & (1 << db)) !== 0 && schema?.oldFormat);
}

/** Closes the program that `beginProgram` began. */
export function finishProgram(cg: Codegen, parts: ProgramParts): Program {
  const { b, env } = cg;
  const { parsed } = parts;
  b.emit(Opcode.Halt);
  b.at(0).p2 = b.here;
  for (let db = 0; db < 31; db++) {
    if ((cg.readMask & (1 << db)) === 0) continue;
    const write = (cg.writeMask & (1 << db)) !== 0 ? 1 : 0;
    const check = env.isInitialising ? 0 : 1;
    b.emit(Opcode.Transaction, db, write, env.schemaCookie(db), env.schemaGeneration(db), check);
  }
  codeAutoincrementBegin(cg);
  codeConstants(cg);
  b.emit(Opcode.Goto, 0, 1);
  const instructions = b.finish();
  return {
    sql: env.sql.slice(parsed.start, parsed.end),
    instructions,
    registerCount: b.registerCount,
    cursorCount: b.cursorCount,
    parameterCount: parsed.parameterCount,
    parameterNames: parsed.parameterNames,
    resultColumns: parts.resultColumns,
    readOnly: !instructions.some(writes),
    explain: parts.explain,
    usesStatementJournal: cg.multiWrite && cg.mayAbort,
    countsChanges: parts.countsChanges,
    databaseMask: cg.readMask,
    triggerName: null,
    oldFormat: cg.writeMask !== 0 && writesOldFormat(cg),
  };
}
