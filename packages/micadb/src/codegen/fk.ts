/**
 * Foreign keys: violations are counted (FkCounter) as rows of children and parents come and go, and
 * actions run as generated sub-programs. https://www.sqlite.org/foreignkeys.html
 *
 * A row image here is a register whose following registers are the columns: rowid in `reg`, column i
 * in `reg + 1 + i`.
 */

import { bindTable, fold } from '../bind/binder.ts';
import { scopeOf, splitConjuncts } from '../bind/index.ts';
import { columnRef } from '../bind/names.ts';
import { selfSource } from '../bind/self.ts';
import type { BoundExpr } from '../bind/tree.ts';
import type { ForeignKey, Index, Schema, Table } from '../catalog/types.ts';
import type { Delete, Expr, ForeignKeyAction, Name, Select, Update } from '../sql/ast.ts';
import { Affinity } from '../values/value.ts';
import { SQLITE_JUMPIFNULL } from '../vm/flags.ts';
import { Opcode } from '../vm/opcode.ts';
import type { Codegen } from './context.ts';
import {
  HALT_FOREIGNKEY,
  haltConstraint,
  nameOf,
  newBinder,
  SQLITE_NOTNULL,
  sameName,
  sqlError,
} from './dml.ts';
import { openIndexCursor, openTableCursor } from './open.ts';
import { codeProgramCall, type TriggerSource } from './trigger.ts';
import { whereBegin, whereEnd } from './where.ts';

/** Programs that delete rows on behalf of DROP TABLE: no triggers, missing parents are no error. */
const dropping = new WeakSet<Codegen>();

export function setDropping(cg: Codegen, on: boolean): void {
  if (on) dropping.add(cg.top);
  else dropping.delete(cg.top);
}

export function isDropping(cg: Codegen): boolean {
  return dropping.has(cg.top);
}

function schemaOf(cg: Codegen, table: Table): Schema | null {
  return cg.env.catalog.schemas.find((s) => s !== null && sameName(s.name, table.schema)) ?? null;
}

function enabled(cg: Codegen, table: Table): boolean {
  return cg.env.flags.foreignKeys && table.kind === 'table';
}

/** Foreign keys of other tables (or itself) that refer to `table`. */
export function referencesTo(cg: Codegen, table: Table): readonly ForeignKey[] {
  return schemaOf(cg, table)?.referencesTo(fold(table.name)) ?? [];
}

function childChanges(table: Table, fk: ForeignKey, changed: ReadonlySet<number>): boolean {
  return fk.columns.some(
    (c) => changed.has(c.from) || (c.from === table.rowidColumn && changed.has(-1)),
  );
}

function parentChanges(table: Table, fk: ForeignKey, changed: ReadonlySet<number>): boolean {
  return fk.columns.some(({ to }) =>
    table.columns.some((column, i) => {
      if (!changed.has(i) && !(i === table.rowidColumn && changed.has(-1))) return false;
      return to === null ? column.primaryKey > 0 : sameName(column.name, to);
    }),
  );
}

/**
 * 0: no foreign key matters to this change; 1: some do; 2: some do, and rows of the same table may
 * change by it. `changed` null: rows are inserted or deleted.
 */
export function fkRequired(
  cg: Codegen,
  table: Table,
  changed: ReadonlySet<number> | null,
): 0 | 1 | 2 {
  if (!enabled(cg, table)) return 0;
  const references = referencesTo(cg, table);
  if (changed === null) return references.length > 0 || table.foreignKeys.length > 0 ? 1 : 0;
  let have = false;
  let result: 1 | 2 = 1;
  for (const fk of table.foreignKeys) {
    if (!childChanges(table, fk, changed)) continue;
    if (sameName(table.name, fk.parent)) result = 2;
    have = true;
  }
  for (const fk of references) {
    if (!parentChanges(table, fk, changed)) continue;
    if (fk.onUpdate !== 'NO ACTION') return 2;
    have = true;
  }
  return have ? result : 0;
}

interface ParentKey {
  /** Null: the parent's rowid. */
  readonly index: Index | null;
  /** Child column for each key column. */
  readonly from: readonly number[];
}

/** The parent's key that a foreign key names, or null when there is none that fits. */
export function locateParentKey(parent: Table, fk: ForeignKey): ParentKey | null {
  const first = fk.columns[0]!;
  const implicit = first.to === null;
  if (fk.columns.length === 1 && parent.rowidColumn >= 0) {
    if (implicit || sameName(parent.columns[parent.rowidColumn]!.name, first.to!)) {
      return { index: null, from: [first.from] };
    }
  }
  for (const index of parent.indexes) {
    if (index.keyColumns.length !== fk.columns.length || !index.unique || index.where !== null) {
      continue;
    }
    if (implicit) {
      if (index.origin === 'pk') return { index, from: fk.columns.map((c) => c.from) };
      continue;
    }
    const from: number[] = [];
    for (const key of index.keyColumns) {
      if (key.column < 0) break;
      const column = parent.columns[key.column]!;
      if (!sameName(key.collation, column.collation)) break;
      const match = fk.columns.find((c) => sameName(c.to!, column.name));
      if (match === undefined) break;
      from.push(match.from);
    }
    if (from.length === fk.columns.length) return { index, from };
  }
  return null;
}

function mismatch(fk: ForeignKey): never {
  throw sqlError(`foreign key mismatch - "${fk.child}" referencing "${fk.parent}"`);
}

/** OLD columns that foreign key processing of `table` reads. */
export function fkOldMask(cg: Codegen, table: Table): number {
  if (!enabled(cg, table)) return 0;
  let mask = 0;
  const add = (column: number): void => {
    if (column >= 0) mask |= column >= 31 ? 0x80000000 : 1 << column;
  };
  for (const fk of table.foreignKeys) for (const c of fk.columns) add(c.from);
  for (const fk of referencesTo(cg, table)) {
    const key = locateParentKey(table, fk);
    for (const c of key?.index?.keyColumns ?? []) add(c.column);
  }
  return mask >>> 0;
}

function columnRegister(table: Table, row: number, column: number): number {
  return column < 0 || column === table.rowidColumn ? row : row + 1 + column;
}

/** An immediate violation may be reported on the spot: one row, no statement to finish first. */
function reportsAtOnce(cg: Codegen, fk: ForeignKey): boolean {
  return !fk.deferred && !cg.env.flags.deferForeignKeys && cg.parent === null && !cg.top.multiWrite;
}

/** Looks for the parent row of a child row that comes (+1) or goes (-1). */
function codeLookupParent(
  cg: Codegen,
  db: number,
  child: Table,
  parent: Table,
  key: ParentKey,
  fk: ForeignKey,
  row: number,
  increment: 1 | -1,
): void {
  const { b } = cg;
  const cursor = b.newCursor();
  const ok = b.newLabel();
  const deferred = fk.deferred ? 1 : 0;
  if (increment < 0) b.emit(Opcode.FkIfZero, deferred, ok);
  const registers = key.from.map((column) => columnRegister(child, row, column));
  for (const r of registers) b.emit(Opcode.IsNull, r, ok);
  const sameTable = parent === child;
  if (key.index === null) {
    const temp = b.newReg();
    const bad = b.newLabel();
    b.emit(Opcode.SCopy, registers[0]!, temp);
    b.emit(Opcode.MustBeInt, temp, bad);
    if (sameTable && increment === 1) b.emit(Opcode.Eq, row, ok, temp, null, SQLITE_NOTNULL);
    openTableCursor(cg, cursor, db, parent, false);
    b.emit(Opcode.NotExists, cursor, bad, temp);
    b.emit(Opcode.Goto, 0, ok);
    b.resolve(bad);
  } else {
    const { index } = key;
    const count = registers.length;
    const temp = b.newRegs(count);
    openIndexCursor(cg, cursor, db, index, false, 0);
    registers.forEach((r, i) => {
      b.emit(Opcode.Copy, r, temp + i);
    });
    if (sameTable && increment === 1) {
      const other = b.newLabel();
      registers.forEach((r, i) => {
        const own = columnRegister(parent, row, index.keyColumns[i]!.column);
        b.emit(Opcode.Ne, r, other, own, null, SQLITE_JUMPIFNULL);
      });
      b.emit(Opcode.Goto, 0, ok);
      b.resolve(other);
    }
    const letters = index.keyColumns.map((c) => {
      const a = c.column < 0 ? Affinity.Integer : parent.columns[c.column]!.affinity;
      return c.column === parent.rowidColumn ? Affinity.Integer : Math.max(a, Affinity.Blob);
    });
    b.emit(Opcode.Affinity, temp, count, 0, String.fromCharCode(...letters));
    b.emit(Opcode.Found, cursor, ok, temp, count);
  }
  if (reportsAtOnce(cg, fk)) {
    haltConstraint(cg, 'SQLITE_CONSTRAINT_FOREIGNKEY', 'ABORT', null, HALT_FOREIGNKEY);
  } else {
    if (increment > 0 && !fk.deferred) cg.setMayAbort();
    b.emit(Opcode.FkCounter, deferred, increment);
  }
  b.resolve(ok);
  b.emit(Opcode.Close, cursor);
}

/** Counts the child rows of a parent row that goes (+1) or comes (-1). */
function codeScanChildren(
  cg: Codegen,
  db: number,
  parent: Table,
  child: Table,
  key: ParentKey,
  fk: ForeignKey,
  row: number,
  increment: 1 | -1,
): void {
  const { b } = cg;
  const done = b.newLabel();
  const deferred = fk.deferred ? 1 : 0;
  if (increment < 0) b.emit(Opcode.FkIfZero, deferred, done);
  const binder = newBinder(cg);
  const source = bindTable(binder, child, db, null);
  scopeOf(binder, [source]);
  const parentSource = selfSource(parent);
  const inRow = (column: number): BoundExpr => ({
    kind: 'register',
    register: columnRegister(parent, row, column),
    of: columnRef(parentSource, column),
  });
  let where: BoundExpr | null = null;
  const and = (e: BoundExpr): void => {
    where = where === null ? e : { kind: 'and', left: where, right: e };
  };
  key.from.forEach((from, i) => {
    const column = key.index === null ? -1 : key.index.keyColumns[i]!.column;
    and({ kind: 'compare', op: '=', left: inRow(column), right: columnRef(source, from) });
  });
  if (parent === child && increment > 0) {
    if (!parent.withoutRowid) {
      and({ kind: 'compare', op: '<>', left: inRow(-1), right: columnRef(source, -1) });
    } else {
      let same: BoundExpr | null = null;
      // The columns of the parent key are those that are surely in registers.
      for (const c of key.index!.keyColumns) {
        const e: BoundExpr = {
          kind: 'compare',
          op: 'IS',
          left: inRow(c.column),
          right: columnRef(source, c.column),
        };
        same = same === null ? e : { kind: 'and', left: same, right: e };
      }
      and({ kind: 'unary', op: 'NOT', operand: same! });
    }
  }
  const info = whereBegin(cg, {
    sources: [source],
    where: splitConjuncts(where),
    orderBy: null,
    resultExprs: null,
    flags: 0,
    limitReg: 0,
    block: null,
  });
  b.emit(Opcode.FkCounter, deferred, increment);
  whereEnd(cg, info);
  b.resolve(done);
}

/**
 * Emits the counting for one row of `table` that goes (`old`), comes (`created`), or both. Registers
 * are row images; 0 where there is none. `changed`: columns changed by UPDATE, null for the others.
 */
export function codeFkChecks(
  cg: Codegen,
  db: number,
  table: Table,
  old: number,
  created: number,
  changed: ReadonlySet<number> | null,
): void {
  if (!enabled(cg, table)) return;
  const lenient = isDropping(cg);
  const schema = schemaOf(cg, table);
  for (const fk of table.foreignKeys) {
    const self = sameName(table.name, fk.parent);
    if (changed !== null && !self && !childChanges(table, fk, changed)) continue;
    const parent = schema?.tables.get(fold(fk.parent)) ?? null;
    const key = parent === null || parent.kind !== 'table' ? null : locateParentKey(parent, fk);
    if (parent === null || key === null) {
      if (!lenient) {
        if (parent === null) throw sqlError(`no such table: ${table.schema}.${fk.parent}`);
        mismatch(fk);
      }
      if (parent === null) {
        const skip = cg.b.newLabel();
        for (const c of fk.columns) {
          cg.b.emit(Opcode.IsNull, columnRegister(table, old, c.from), skip);
        }
        cg.b.emit(Opcode.FkCounter, fk.deferred ? 1 : 0, -1);
        cg.b.resolve(skip);
      }
      continue;
    }
    cg.readsDatabase(db);
    if (old !== 0) codeLookupParent(cg, db, table, parent, key, fk, old, -1);
    if (created !== 0) codeLookupParent(cg, db, table, parent, key, fk, created, 1);
  }
  for (const fk of referencesTo(cg, table)) {
    if (changed !== null && !parentChanges(table, fk, changed)) continue;
    // A single new parent row can neither cause nor end an immediate violation.
    if (old === 0 && reportsAtOnce(cg, fk)) continue;
    const child = schema?.tables.get(fold(fk.child)) ?? null;
    const key = locateParentKey(table, fk);
    if (key === null || child === null) {
      if (!lenient) mismatch(fk);
      continue;
    }
    if (created !== 0) codeScanChildren(cg, db, table, child, key, fk, created, -1);
    if (old !== 0) {
      codeScanChildren(cg, db, table, child, key, fk, old, 1);
      const action = changed === null ? fk.onDelete : fk.onUpdate;
      if (!fk.deferred && action !== 'CASCADE' && action !== 'SET NULL') cg.setMayAbort();
    }
  }
}

// -- actions -------------------------------------------------------------------------------------

const at = { pos: -1, end: -1 } as const;

function columnOf(row: 'OLD' | 'NEW', column: string): Expr {
  return { kind: 'column', schema: null, table: nameOf(row), column: nameOf(column), ...at };
}

function conjunction(terms: readonly Expr[]): Expr {
  return terms.reduce((left, right) => ({ kind: 'binary', op: 'AND', left, right, ...at }));
}

interface ActionPrograms {
  onDelete?: TriggerSource | null;
  onUpdate?: TriggerSource | null;
}
const actionsOf = new WeakMap<ForeignKey, ActionPrograms>();

function columnName(table: Table, column: number): string {
  return table.columns[column]!.name;
}

/** The program of ON DELETE or ON UPDATE; null for NO ACTION. */
function actionProgram(
  cg: Codegen,
  db: number,
  parent: Table,
  fk: ForeignKey,
  event: 'DELETE' | 'UPDATE',
): TriggerSource | null {
  const action: ForeignKeyAction = event === 'DELETE' ? fk.onDelete : fk.onUpdate;
  if (action === 'NO ACTION') return null;
  if (action === 'RESTRICT' && cg.env.flags.deferForeignKeys) return null;
  let made = actionsOf.get(fk);
  if (made === undefined) {
    made = {};
    actionsOf.set(fk, made);
  }
  const known = event === 'DELETE' ? made.onDelete : made.onUpdate;
  if (known !== undefined && known !== null && known.table === parent && known.fixedDb === db) {
    return known;
  }
  const source = makeActionProgram(cg, db, parent, fk, event, action);
  if (event === 'DELETE') made.onDelete = source;
  else made.onUpdate = source;
  return source;
}

function makeActionProgram(
  cg: Codegen,
  db: number,
  parent: Table,
  fk: ForeignKey,
  event: 'DELETE' | 'UPDATE',
  action: ForeignKeyAction,
): TriggerSource {
  const child = schemaOf(cg, parent)?.tables.get(fold(fk.child)) ?? null;
  const key = locateParentKey(parent, fk);
  if (child === null || key === null) mismatch(fk);
  const pairs = key.from.map((from, i) => {
    const column = key.index === null ? parent.rowidColumn : key.index.keyColumns[i]!.column;
    return { from: columnName(child, from), fromIndex: from, to: columnName(parent, column) };
  });
  const where = conjunction(
    pairs.map(
      (p): Expr => ({
        kind: 'binary',
        op: '=',
        left: columnOf('OLD', p.to),
        right: { kind: 'id', name: nameOf(p.from), ...at },
        ...at,
      }),
    ),
  );
  const when: Expr | null =
    event === 'DELETE'
      ? null
      : {
          kind: 'unary',
          op: 'NOT',
          operand: conjunction(
            pairs.map(
              (p): Expr => ({
                kind: 'binary',
                op: 'IS',
                left: columnOf('OLD', p.to),
                right: columnOf('NEW', p.to),
                ...at,
              }),
            ),
          ),
          ...at,
        };
  const tableName: Name = nameOf(child.name);
  const table = { schema: null, name: tableName };
  const common = {
    with: null,
    table,
    alias: null,
    indexedBy: null,
    notIndexed: false,
    where,
    orderBy: [],
    limit: null,
    offset: null,
    returning: [],
  };
  let step: Select | Update | Delete;
  if (action === 'RESTRICT') {
    step = {
      kind: 'select',
      with: null,
      first: {
        kind: 'core',
        distinct: false,
        columns: [
          {
            kind: 'expr',
            expr: {
              kind: 'raise',
              action: 'ABORT',
              message: { kind: 'string', value: 'FOREIGN KEY constraint failed', ...at },
              ...at,
            },
            alias: null,
            text: 'RAISE',
          },
        ],
        from: [
          {
            join: { kind: 'comma', natural: false },
            source: { kind: 'table', table, args: null, indexedBy: null, notIndexed: false },
            alias: null,
            on: null,
            using: null,
            pos: -1,
          },
        ],
        where,
        groupBy: [],
        having: null,
        windows: [],
        pos: -1,
      },
      rest: [],
      orderBy: [],
      limit: null,
      offset: null,
      ...at,
    };
  } else if (action === 'CASCADE' && event === 'DELETE') {
    step = { kind: 'delete', ...common };
  } else {
    step = {
      kind: 'update',
      or: null,
      from: [],
      ...common,
      set: pairs.map((p) => ({
        columns: [nameOf(p.from)],
        isVector: false,
        value: actionValue(child, p.fromIndex, p.to, action),
      })),
    };
  }
  return {
    key: {},
    name: null,
    event,
    time: 'AFTER',
    table: parent,
    fixedDb: db,
    when,
    body: [step],
  };
}

function actionValue(child: Table, from: number, to: string, action: ForeignKeyAction): Expr {
  if (action === 'CASCADE') return columnOf('NEW', to);
  const { default: value, generated } = child.columns[from]!;
  if (action === 'SET DEFAULT' && generated === null && value !== null) return value;
  return { kind: 'null', ...at };
}

/** Runs the actions of foreign keys that refer to the row image `old` (NEW follows it in an UPDATE). */
export function codeFkActions(
  cg: Codegen,
  db: number,
  table: Table,
  old: number,
  changed: ReadonlySet<number> | null,
): void {
  if (!enabled(cg, table)) return;
  const event = changed === null ? 'DELETE' : 'UPDATE';
  const mismatched: ForeignKey[] = [];
  for (const fk of referencesTo(cg, table)) {
    if (changed !== null && !parentChanges(table, fk, changed)) continue;
    if (locateParentKey(table, fk) === null) {
      const action = event === 'DELETE' ? fk.onDelete : fk.onUpdate;
      if (action !== 'NO ACTION' && !isDropping(cg)) mismatched.push(fk);
      continue;
    }
    const program = actionProgram(cg, db, table, fk, event);
    if (program === null) continue;
    const ignore = cg.b.newLabel();
    codeProgramCall(cg, program, old, 'ABORT', ignore);
    cg.b.resolve(ignore);
  }
  // Of several SQLite names the last one.
  const last = mismatched.pop();
  if (last !== undefined) mismatch(last);
}
