/**
 * EXPLAIN and EXPLAIN QUERY PLAN: a program as rows, in the form SQLite gives them
 * (https://www.sqlite.org/opcode.html, https://www.sqlite.org/eqp.html).
 */
import { realToText } from '../values/format.ts';
import { KEYINFO_BIGNULL, KEYINFO_DESC, type KeyInfo } from '../values/key.ts';
import { textToString } from '../values/utf.ts';
import { Real, type SqlValue, Text } from '../values/value.ts';
import { Opcode } from './opcode.ts';
import { opcodes } from './table.ts';
import type { Instruction, P4, Program } from './types.ts';

function keyInfoText(info: KeyInfo): string {
  let text = `k(${info.keyFieldCount}`;
  for (let i = 0; i < info.keyFieldCount; i++) {
    const flags = info.sortFlags[i]!;
    const name = info.collations[i]!.name;
    const desc = (flags & KEYINFO_DESC) !== 0 ? '-' : '';
    const nulls = (flags & KEYINFO_BIGNULL) !== 0 ? 'N.' : '';
    text += `,${desc}${nulls}${name === 'BINARY' ? 'B' : name}`;
  }
  return `${text})`;
}

function valueText(v: SqlValue): string {
  if (v === null) return 'NULL';
  if (v instanceof Real) return realToText(v.value);
  if (v instanceof Text) return textToString(v);
  if (v instanceof Uint8Array) return '(blob)';
  return String(v);
}

/** P4 as EXPLAIN shows it; null when there is none. */
export function p4Text(op: Instruction): string | null {
  const p4: P4 = op.p4;
  if (p4 === null) return null;
  if (typeof p4 !== 'object') return String(p4);
  if (p4 instanceof Int32Array) return `[${[...p4].join(',')}]`;
  if (p4 instanceof Uint8Array || p4 instanceof Real) return valueText(p4);
  if ('keyFieldCount' in p4) return keyInfoText(p4);
  switch (p4.kind) {
    case 'call':
      return `${p4.def.name}(${p4.argCount})`;
    case 'table':
      return p4.name;
    case 'program':
      return 'program';
    case 'host':
      return p4.name;
    case 'groups':
      return keyInfoText(p4.keyInfo);
    case 'value':
      return valueText(p4.value);
    case 'binary':
    case 'nocase':
    case 'rtrim':
    case 'user':
      return `${p4.name.slice(0, 18)}-8`;
  }
}

/** The program, then each of its sub-programs once, in the order they are met. */
function allPrograms(program: Program): Program[] {
  const found = [program];
  for (let i = 0; i < found.length; i++) {
    for (const { p4 } of found[i]!.instructions) {
      if (typeof p4 !== 'object' || p4 === null || !('kind' in p4) || p4.kind !== 'program')
        continue;
      if (!found.includes(p4.program)) found.push(p4.program);
    }
  }
  return found;
}

function explainAll(program: Program): SqlValue[][] {
  const rows: SqlValue[][] = [];
  for (const part of allPrograms(program)) {
    part.instructions.forEach((op, address) => {
      const { name } = opcodes[op.opcode]!;
      rows.push([address, name, op.p1, op.p2, op.p3, p4Text(op), op.p5, op.comment]);
    });
  }
  return rows;
}

/** Rows [id, parent, notused, detail]; sub-programs have no part in it. */
function queryPlan(program: Program): SqlValue[][] {
  return program.instructions
    .filter((op) => op.opcode === Opcode.Explain)
    .map((op) => [op.p1, op.p2, op.p3, p4Text(op)]);
}

/** Rows that a statement under EXPLAIN (1) or EXPLAIN QUERY PLAN (2) gives. */
export function explainRows(program: Program): SqlValue[][] {
  return program.explain === 2 ? queryPlan(program) : explainAll(program);
}
