/**
 * Triggers at run time: which ones fire, and their programs.
 * https://www.sqlite.org/lang_createtrigger.html
 *
 * A trigger is compiled once a statement and conflict action, to a SubProgram with a Codegen of its
 * own. OLD and NEW stand in registers of the caller: OLD rowid in `base`, OLD columns after it, then
 * NEW's rowid and columns (Param reads them at these offsets). The program's masks say which columns
 * it reads; a program that is still being compiled (recursion) counts as reading all.
 */

import { fold, lookupTable } from '../bind/binder.ts';
import { bindExpr } from '../bind/expr.ts';
import { bindSelect } from '../bind/select.ts';
import type { Table, Trigger } from '../catalog/types.ts';
import type { ConflictAction, Delete, Expr, Insert, Select, Update } from '../sql/ast.ts';
import { Opcode } from '../vm/opcode.ts';
import type { Program, SubProgram } from '../vm/types.ts';
import { Codegen, type TriggerContext } from './context.ts';
import { codeDelete } from './delete.ts';
import { databaseOf, newBinder, sameName } from './dml.ts';
import { jumpIfFalse } from './expr.ts';
import { codeInsert } from './insert.ts';
import { codeSelect } from './select.ts';
import { codeUpdate } from './update.ts';

export type TriggerEvent = 'DELETE' | 'INSERT' | 'UPDATE';
export type TriggerTime = 'BEFORE' | 'AFTER';

/** What a sub-program is made of: a trigger of the schema, or a foreign key action. */
export interface TriggerSource {
  /** Identity for caching and the recursion check. */
  readonly key: object;
  /** Null for foreign key actions. */
  readonly name: string | null;
  readonly event: TriggerEvent;
  readonly time: TriggerTime;
  readonly table: Table;
  /** Database in which unqualified names are looked for; null: all (temp triggers). */
  readonly fixedDb: number | null;
  readonly when: Expr | null;
  readonly body: readonly (Insert | Update | Delete | Select)[];
}

export const READS_ALL = 0xffffffff;

interface Compiled {
  readonly program: SubProgram;
  oldMask: number;
  newMask: number;
}

const compiledOf = new WeakMap<Codegen, Map<object, Map<string, Compiled>>>();

function timeOf(trigger: Trigger): TriggerTime {
  return trigger.ast.time === 'AFTER' ? 'AFTER' : 'BEFORE';
}

function toSource(cg: Codegen, trigger: Trigger, table: Table): TriggerSource {
  const db = cg.env.catalog.schemas.findIndex(
    (s) => s !== null && fold(s.name) === fold(trigger.schema),
  );
  return {
    key: trigger,
    name: trigger.name,
    event: trigger.ast.event,
    time: timeOf(trigger),
    table,
    fixedDb: db === 1 ? null : db,
    when: trigger.ast.when,
    body: trigger.ast.body,
  };
}

function overlaps(table: Table, trigger: Trigger, changes: ReadonlySet<number> | null): boolean {
  const { columns } = trigger.ast;
  if (columns === null || changes === null) return true;
  return columns.some((name) => {
    const i = table.columns.findIndex((c) => sameName(c.name, name.text));
    if (changes.has(i)) return true;
    // The rowid changes under its alias.
    return i >= 0 && i === table.rowidColumn && changes.has(-1);
  });
}

/** Does a trigger watch this table? Temp triggers find an unqualified table as statements do. */
export function watches(cg: Codegen, trigger: Trigger, table: Table): boolean {
  if (!sameName(trigger.table, table.name)) return false;
  const named = trigger.ast.table.schema?.text ?? null;
  if (named !== null) return sameName(named, table.schema);
  if (!sameName(trigger.schema, 'temp')) return sameName(trigger.schema, table.schema);
  const found = lookupTable(cg.env.catalog, null, table.name);
  return found !== null && sameName(found.table.schema, table.schema);
}

/** Triggers of `table` for `event` that can fire, in firing order. */
export function triggersFor(
  cg: Codegen,
  table: Table,
  event: TriggerEvent,
  changes: ReadonlySet<number> | null,
): Trigger[] {
  const own = cg.env.catalog.schemas.find((s) => s !== null && fold(s.name) === fold(table.schema));
  const temp = cg.env.catalog.schemas[1] ?? null;
  const list: Trigger[] = [];
  if (temp !== null && temp !== own) {
    for (const t of temp.triggersOf(fold(table.name))) {
      if (watches(cg, t, table)) list.unshift(t);
    }
  }
  if (own && (cg.env.flags.triggersEnabled || own === temp)) {
    for (const t of own.triggersOf(fold(table.name))) {
      if (watches(cg, t, table)) list.push(t);
    }
  }
  return list.filter((t) => t.ast.event === event && overlaps(table, t, changes));
}

export function firesAt(triggers: readonly Trigger[], time: TriggerTime): boolean {
  return triggers.some((t) => timeOf(t) === time);
}

/** The sub-program for one trigger or action, compiled when first asked for. */
function compile(cg: Codegen, source: TriggerSource, onConflict: ConflictAction | null): Compiled {
  const { top } = cg;
  let byKey = compiledOf.get(top);
  if (byKey === undefined) {
    byKey = new Map();
    compiledOf.set(top, byKey);
  }
  let byAction = byKey.get(source.key);
  if (byAction === undefined) {
    byAction = new Map();
    byKey.set(source.key, byAction);
  }
  const action = onConflict ?? '';
  const found = byAction.get(action);
  if (found !== undefined) return found;
  const shell: { kind: 'program'; token: object; program: Program } = {
    kind: 'program',
    token: source.key,
    program: emptyProgram,
  };
  const made: Compiled = { program: shell, oldMask: READS_ALL, newMask: READS_ALL };
  byAction.set(action, made);
  const context: TriggerContext = {
    table: source.table,
    event: source.event,
    time: source.time,
    onConflict,
    fixedDb: source.fixedDb,
    oldMask: 0,
    newMask: 0,
  };
  shell.program = codeBody(cg, source, context);
  made.oldMask = context.oldMask;
  made.newMask = context.newMask;
  return made;
}

const emptyProgram: Program = {
  sql: '',
  instructions: [],
  registerCount: 0,
  cursorCount: 0,
  parameterCount: 0,
  parameterNames: [],
  resultColumns: [],
  readOnly: false,
  explain: 0,
  usesStatementJournal: false,
  countsChanges: false,
  databaseMask: 0,
  triggerName: null,
};

function codeBody(cg: Codegen, source: TriggerSource, context: TriggerContext): Program {
  const sub = new Codegen(cg.env, cg, context);
  sub.constants = null;
  const { b } = sub;
  b.emit(Opcode.Init, 0, 1, 0, source.name === null ? null : `-- TRIGGER ${source.name}`);
  const end = b.newLabel();
  if (source.when !== null) {
    const binder = newBinder(sub);
    const when = bindExpr(binder, source.when, binder.emptyScope(null));
    jumpIfFalse(sub, when, end, true);
  }
  for (const step of source.body) {
    switch (step.kind) {
      case 'insert':
        codeInsert(sub, step);
        b.emit(Opcode.ResetCount);
        break;
      case 'update':
        codeUpdate(sub, step);
        b.emit(Opcode.ResetCount);
        break;
      case 'delete':
        codeDelete(sub, step);
        b.emit(Opcode.ResetCount);
        break;
      case 'select':
        codeSelect(sub, bindSelect(newBinder(sub), step, null), { kind: 'discard' });
        break;
    }
  }
  b.resolve(end);
  b.emit(Opcode.Halt);
  return {
    ...emptyProgram,
    sql: source.name ?? '',
    instructions: b.finish(),
    registerCount: b.registerCount,
    cursorCount: b.cursorCount,
    triggerName: source.name ?? '',
  };
}

/** Emits the call of a sub-program. `ignore`: where RAISE(IGNORE) goes on. */
export function codeProgramCall(
  cg: Codegen,
  source: TriggerSource,
  base: number,
  onConflict: ConflictAction | null,
  ignore: number,
): void {
  const compiled = compile(cg, source, onConflict);
  const stopRecursion = source.name !== null && !cg.env.flags.recursiveTriggers;
  cg.b.emit(Opcode.Program, base, ignore, cg.b.newReg(), compiled.program, stopRecursion ? 1 : 0);
  cg.setMultiWrite();
}

/** Calls the triggers of one time, in firing order. */
export function codeRowTriggers(
  cg: Codegen,
  triggers: readonly Trigger[],
  time: TriggerTime,
  table: Table,
  base: number,
  onConflict: ConflictAction | null,
  ignore: number,
): void {
  for (const trigger of triggers) {
    if (timeOf(trigger) !== time) continue;
    codeProgramCall(cg, toSource(cg, trigger, table), base, onConflict, ignore);
  }
}

/** Bits of the columns of OLD (or NEW) that the triggers of these times read; bit 31: all from 31 on. */
export function triggerMask(
  cg: Codegen,
  triggers: readonly Trigger[],
  row: 'old' | 'new',
  times: readonly TriggerTime[],
  table: Table,
  onConflict: ConflictAction | null,
): number {
  let mask = 0;
  for (const trigger of triggers) {
    if (!times.includes(timeOf(trigger))) continue;
    if (table.kind === 'view') return READS_ALL;
    const compiled = compile(cg, toSource(cg, trigger, table), onConflict);
    mask |= row === 'old' ? compiled.oldMask : compiled.newMask;
  }
  return mask >>> 0;
}

/** The mask of a foreign key action's program. */
export function programMask(
  cg: Codegen,
  source: TriggerSource,
  onConflict: ConflictAction | null,
): { oldMask: number; newMask: number } {
  return compile(cg, source, onConflict);
}

export function inMask(mask: number, column: number): boolean {
  return column < 0 || (mask & (column >= 31 ? 0x80000000 : 1 << column)) !== 0;
}

export function tableDb(cg: Codegen, table: Table): number {
  return databaseOf(cg, table);
}
