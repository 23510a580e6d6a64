/**
 * PRAGMA integrity_check, quick_check and foreign_key_check. The trees are checked by IntegrityCk; the
 * rows of each table, their types, constraints and index entries by generated loops.
 */
import { fold, lookupTable } from '../bind/binder.ts';
import { bindSelfExpr } from '../bind/index.ts';
import type { Index, Table } from '../catalog/types.ts';
import { defaultMessage } from '../values/errors.ts';
import { Affinity } from '../values/value.ts';
import { TYPE_BLOB, TYPE_INTEGER, TYPE_NULL, TYPE_REAL, TYPE_TEXT } from '../vm/flags.ts';
import { Opcode } from '../vm/opcode.ts';
import type { Label } from './builder.ts';
import { codeColumn } from './column.ts';
import type { Codegen } from './context.ts';
import { codeIndexKey, collationNamed, newBinder, sqlError, withSelfCursor } from './dml.ts';
import { jumpIfFalse, jumpIfTrue } from './expr.ts';
import { locateParentKey } from './fk.ts';
import { inHashOrder } from './hash-order.ts';
import { openIndexCursor, openTableCursor } from './open.ts';
import type { Pragma, PragmaCall } from './pragma.ts';
import { parseInt32 } from './pragma-args.ts';

const MAX_MESSAGES = 100;
const DAMAGED = defaultMessage('SQLITE_CORRUPT');

/** Registers of a check: messages that may still come, the tree check's answer, the message. */
interface Check {
  readonly cg: Codegen;
  readonly left: number;
  readonly answer: number;
  readonly message: number;
  readonly part: number;
  readonly rows: number;
  readonly quick: boolean;
}

/** Hands out the message; the statement ends when there were enough. */
function codeMessage(c: Check): void {
  const { b } = c.cg;
  b.emit(Opcode.ResultRow, c.message, 1);
  const more = b.newLabel();
  b.emit(Opcode.IfPos, c.left, more, 1);
  b.emit(Opcode.Halt);
  b.resolve(more);
}

/** The message from texts and registers. */
function codeText(c: Check, ...parts: readonly (string | number)[]): void {
  const { b } = c.cg;
  parts.forEach((part, i) => {
    const reg = i === 0 ? c.message : c.part;
    if (typeof part === 'string') b.emit(Opcode.String8, 0, reg, 0, part);
    else b.emit(Opcode.SCopy, part, reg);
    if (i > 0) b.emit(Opcode.Concat, c.part, c.message, c.message);
  });
}

function rootsOf(table: Table): number[] {
  const roots = table.withoutRowid ? [] : [table.root];
  return [...roots, ...table.indexes.map((i) => i.root)];
}

function codeIntegrity(cg: Codegen, p: PragmaCall): void {
  const { b } = cg;
  let limit = MAX_MESSAGES;
  let only: { db: number; table: Table } | null = null;
  if (p.value !== null) {
    const n = /^[+-]?[0-9]+$/.test(p.value) ? parseInt32(p.value) : null;
    if (n !== null) limit = n <= 0 ? MAX_MESSAGES : n;
    else {
      only = lookupTable(cg.env.catalog, p.named ? cg.env.databaseName(p.db) : null, p.value);
      if (only === null) {
        const shown = p.named ? `${cg.env.databaseName(p.db)}.${p.value}` : p.value;
        throw sqlError(`no such table: ${shown}`);
      }
    }
  }
  const savedConstants = cg.constants;
  cg.constants = null;
  const left = b.newRegs(2);
  const c: Check = {
    cg,
    left,
    answer: left + 1,
    message: b.newReg(),
    part: b.newReg(),
    rows: b.newReg(),
    quick: p.name === 'quick_check',
  };
  b.emit(Opcode.Integer, limit - 1, left);
  cg.env.catalog.schemas.forEach((schema, db) => {
    if (schema === null || (p.named && db !== p.db)) return;
    cg.readsDatabase(db);
    const tables = inHashOrder(schema.tables).filter(
      (t) => t.kind === 'table' && (only === null || t === only.table),
    );
    if (tables.length === 0) return;
    const roots = tables.flatMap(rootsOf);
    const list = only === null ? roots : [0, ...roots];
    const counts = b.newRegs(list.length);
    b.emit(Opcode.IntegrityCk, left, list.length, counts, Int32Array.from(list), db);
    const fine = b.emit(Opcode.IsNull, c.answer);
    codeText(c, `*** in database ${cg.env.databaseName(db)} ***\n`, c.answer);
    codeMessage(c);
    b.jumpHere(fine);
    codeCounts(c, tables, only === null ? counts : counts + 1);
    for (const table of tables) codeTableCheck(c, db, table);
  });
  const bad = b.newLabel();
  b.emit(Opcode.AddImm, left, 1 - limit);
  b.emit(Opcode.IfNotZero, left, bad);
  codeText(c, 'ok');
  const last = b.emit(Opcode.ResultRow, c.message, 1);
  b.resolve(bad);
  b.emit(Opcode.Halt);
  // Where a row cannot be read the check ends here.
  b.at(0).p3 = b.here;
  codeText(c, DAMAGED);
  b.emit(Opcode.Goto, 0, last);
  cg.constants = savedConstants;
}

/** Each index that is not partial has as many entries as its table. */
function codeCounts(c: Check, tables: readonly Table[], first: number): void {
  const { b } = c.cg;
  let at = first;
  for (const table of tables) {
    let own = at;
    if (table.withoutRowid) own += table.indexes.findIndex((i) => i.isPrimaryTree);
    else at += 1;
    for (const index of table.indexes) {
      if (index.where === null) {
        const same = b.newLabel();
        b.emit(Opcode.Eq, at, same, own);
        codeText(c, 'wrong # of entries in index ', index.name);
        codeMessage(c);
        b.resolve(same);
      }
      at += 1;
    }
  }
}

const STRICT_MASKS: Readonly<Record<string, number>> = {
  BLOB: TYPE_BLOB | TYPE_NULL,
  INT: TYPE_INTEGER | TYPE_NULL,
  INTEGER: TYPE_INTEGER | TYPE_NULL,
  REAL: TYPE_INTEGER | TYPE_REAL | TYPE_NULL,
  TEXT: TYPE_TEXT | TYPE_NULL,
};

function codeTypes(c: Check, table: Table, data: number): void {
  const { cg } = c;
  const { b } = cg;
  const value = b.newReg();
  table.columns.forEach((column, i) => {
    if (i === table.rowidColumn) return;
    const type = column.declType?.toUpperCase() ?? '';
    const typed = table.strict ? type !== 'ANY' : column.affinity > Affinity.Blob;
    if (column.notNull === null && !typed) return;
    const ok = b.newLabel();
    const report = b.newLabel();
    codeColumn(cg, table, data, i, value);
    if (column.notNull !== null) {
      const present = b.newLabel();
      b.emit(Opcode.NotNull, value, typed ? present : ok);
      codeText(c, `NULL value in ${table.name}.${column.name}`);
      if (typed) {
        b.emit(Opcode.Goto, 0, report);
        b.resolve(present);
      }
    }
    if (typed && table.strict) {
      b.emit(Opcode.IsType, -1, ok, value, 5, STRICT_MASKS[type] ?? 0);
      codeText(c, `non-${type} value in ${table.name}.${column.name}`);
    } else if (typed && column.affinity === Affinity.Text) {
      b.emit(Opcode.IsType, -1, ok, value, 5, TYPE_NULL | TYPE_TEXT | TYPE_BLOB);
      codeText(c, `NUMERIC value in ${table.name}.${column.name}`);
    } else if (typed) {
      const numeric = TYPE_NULL | TYPE_INTEGER | TYPE_REAL | TYPE_BLOB;
      b.emit(Opcode.IsType, -1, ok, value, 5, numeric);
      b.emit(Opcode.Affinity, value, 1, 0, 'C');
      b.emit(Opcode.IsType, -1, ok, value, 5, TYPE_NULL | TYPE_TEXT | TYPE_BLOB);
      codeText(c, `TEXT value in ${table.name}.${column.name}`);
    }
    b.resolve(report);
    codeMessage(c);
    b.resolve(ok);
  });
}

function codeRowChecks(c: Check, table: Table, data: number): void {
  const { cg } = c;
  if (table.checks.length === 0 || cg.env.flags.ignoreCheckConstraints) return;
  const { b } = cg;
  const fault = b.newLabel();
  const ok = b.newLabel();
  const bound = table.checks.map((check) =>
    bindSelfExpr(newBinder(cg), table, check.expr, 'CHECK constraints'),
  );
  withSelfCursor(cg, table, data, () => {
    for (const e of bound.slice(1).reverse()) jumpIfFalse(cg, e, fault, false);
    jumpIfTrue(cg, bound[0]!, ok, true);
  });
  b.resolve(fault);
  codeText(c, `CHECK constraint failed in ${table.name}`);
  codeMessage(c);
  b.resolve(ok);
}

/** The last field of the table's records; -1 when they have only the rowid. */
function lastField(table: Table): number {
  if (table.primaryKeyIndex !== null && table.withoutRowid) {
    return table.primaryKeyIndex.columns.length - 1;
  }
  const last = Math.max(...table.columns.map((c) => c.storage));
  return table.columns[table.rowidColumn]?.storage === last ? last - 1 : last;
}

function codeTableCheck(c: Check, db: number, table: Table): void {
  const { cg, quick } = c;
  const { b } = cg;
  const pk = quick || !table.withoutRowid ? null : table.primaryKeyIndex;
  const data = b.newCursor();
  openTableCursor(cg, data, db, table, false);
  const cursors = table.indexes.map((index) => {
    if (table.withoutRowid && index.isPrimaryTree) return data;
    const cursor = b.newCursor();
    openIndexCursor(cg, cursor, db, index, false, 0);
    return cursor;
  });
  const previous = pk === null ? 0 : b.newRegs(pk.keyColumns.length);
  if (pk !== null) b.emit(Opcode.Null, 1, previous, previous + pk.keyColumns.length - 1);
  b.emit(Opcode.Integer, 0, c.rows);
  const done = b.newLabel();
  b.emit(Opcode.Rewind, data, done);
  const top = b.here;
  b.emit(Opcode.AddImm, c.rows, 1);
  if (pk !== null) {
    const ordered = b.newLabel();
    b.emit(Opcode.IdxGT, data, ordered, previous, pk.keyColumns.length);
    b.emit(Opcode.IsNull, previous, ordered);
    codeText(c, `row not in PRIMARY KEY order for ${table.name}`);
    codeMessage(c);
    b.resolve(ordered);
    pk.keyColumns.forEach((k, i) => {
      codeColumn(cg, table, data, k.column, previous + i);
    });
  }
  // The last field first: it needs the whole header, which is looked at on the way.
  const last = lastField(table);
  if (last >= 0) b.emit(Opcode.Column, data, last, b.newReg());
  codeTypes(c, table, data);
  codeRowChecks(c, table, data);
  if (!quick) {
    table.indexes.forEach((index, i) => {
      if (index !== pk) codeEntryCheck(c, table, index, data, cursors[i]!);
    });
  }
  b.emit(Opcode.Next, data, top);
  b.resolve(done);
  b.emit(Opcode.Close, data);
  for (const cursor of cursors) if (cursor !== data) b.emit(Opcode.Close, cursor);
}

/** The row has its entry in the index, with the same values, and no other row has the same key. */
function codeEntryCheck(c: Check, table: Table, index: Index, data: number, cursor: number): void {
  const { cg } = c;
  const { b } = cg;
  const key = codeIndexKey(cg, table, index, data, false);
  const next: Label = b.newLabel();
  const found = b.newLabel();
  const problem = (...parts: readonly (string | number)[]): void => {
    codeText(c, ...parts);
    codeMessage(c);
    b.emit(Opcode.Goto, 0, next);
  };
  b.emit(Opcode.Found, cursor, found, key.base, index.columns.length);
  problem('row ', c.rows, ' missing from index ', index.name);
  b.resolve(found);
  const value = b.newReg();
  if (!table.withoutRowid) {
    const same = b.newLabel();
    b.emit(Opcode.IdxRowid, cursor, value);
    b.emit(Opcode.Eq, value, same, key.base + key.count - 1);
    problem('rowid not at end-of-record for row ', c.rows, ' of index ', index.name);
    b.resolve(same);
  }
  const others = index.keyColumns.flatMap((k, i) => (fold(k.collation) === 'binary' ? [] : [i]));
  if (others.length > 0) {
    const differ = b.newLabel();
    const equal = b.newLabel();
    for (const i of others) {
      b.emit(Opcode.Column, cursor, i, value);
      b.emit(Opcode.Ne, key.base + i, differ, value, collationNamed(cg, 'BINARY'));
    }
    b.emit(Opcode.Goto, 0, equal);
    b.resolve(differ);
    problem('row ', c.rows, ' values differ from index ', index.name);
    b.resolve(equal);
  }
  if (index.unique) {
    index.keyColumns.forEach((k, i) => {
      if (k.column >= 0 && table.columns[k.column]!.notNull !== null) return;
      b.emit(Opcode.IsNull, key.base + i, next);
    });
    const another = b.newLabel();
    b.emit(Opcode.Next, cursor, another);
    b.emit(Opcode.Goto, 0, next);
    b.resolve(another);
    b.emit(Opcode.IdxGT, cursor, next, key.base, index.keyColumns.length);
    problem('non-unique entry in index ', index.name);
  }
  b.resolve(next);
  if (key.skip !== null) b.resolve(key.skip);
}

// -- foreign keys ---------------------------------------------------------------------------------

function codeForeignKeyCheck(cg: Codegen, p: PragmaCall): void {
  const { catalog } = cg.env;
  if (p.value === null) {
    const schema = catalog.schemas[p.db] ?? null;
    for (const table of schema === null ? [] : inHashOrder(schema.tables)) {
      codeForeignKeyTable(cg, p.db, table);
    }
    return;
  }
  const found = lookupTable(catalog, p.named ? cg.env.databaseName(p.db) : null, p.value);
  if (found === null) {
    const shown = p.named ? `${cg.env.databaseName(p.db)}.${p.value}` : p.value;
    throw sqlError(`no such table: ${shown}`);
  }
  codeForeignKeyTable(cg, found.db, found.table);
}

function codeForeignKeyTable(cg: Codegen, db: number, table: Table): void {
  if (table.kind !== 'table' || table.foreignKeys.length === 0) return;
  const { b } = cg;
  const schema = cg.env.catalog.schemas[db]!;
  const data = b.newCursor();
  const result = b.newRegs(4);
  openTableCursor(cg, data, db, table, false);
  const keys = [...table.foreignKeys]
    .sort((x, y) => x.id - y.id)
    .map((fk) => {
      const parent = schema.tables.get(fold(fk.parent)) ?? null;
      if (parent === null) return { fk, parent, key: null, cursor: -1 };
      const key = locateParentKey(parent, fk);
      if (key === null) {
        throw sqlError(`foreign key mismatch - "${fk.child}" referencing "${fk.parent}"`);
      }
      const cursor = b.newCursor();
      if (key.index === null) openTableCursor(cg, cursor, db, parent, false);
      else openIndexCursor(cg, cursor, db, key.index, false, 0);
      return { fk, parent, key, cursor };
    });
  const done = b.newLabel();
  b.emit(Opcode.Rewind, data, done);
  const top = b.here;
  for (const { fk, parent, key, cursor } of keys) {
    const ok = b.newLabel();
    const from = key?.from ?? fk.columns.map((c) => c.from);
    const row = b.newRegs(from.length);
    from.forEach((column, i) => {
      codeColumn(cg, table, data, column, row + i);
      b.emit(Opcode.IsNull, row + i, ok);
    });
    if (key !== null && key.index !== null && parent !== null) {
      const letters = key.index.keyColumns.map((c) =>
        Math.max(parent.columns[c.column]!.affinity, Affinity.Blob),
      );
      b.emit(Opcode.Affinity, row, from.length, 0, String.fromCharCode(...letters));
      b.emit(Opcode.Found, cursor, ok, row, from.length);
    } else if (key !== null) {
      const missing = b.newLabel();
      b.emit(Opcode.SeekRowid, cursor, missing, row);
      b.emit(Opcode.Goto, 0, ok);
      b.resolve(missing);
    }
    b.emit(Opcode.String8, 0, result, 0, table.name);
    if (table.withoutRowid) b.emit(Opcode.Null, 0, result + 1);
    else b.emit(Opcode.Rowid, data, result + 1);
    b.emit(Opcode.String8, 0, result + 2, 0, fk.parent);
    b.emit(Opcode.Integer, fk.id, result + 3);
    b.emit(Opcode.ResultRow, result, 4);
    b.resolve(ok);
  }
  b.emit(Opcode.Next, data, top);
  b.resolve(done);
}

export const checkPragmas: Readonly<Record<string, Pragma>> = {
  integrity_check: { columns: ['integrity_check'], code: codeIntegrity },
  quick_check: { columns: ['quick_check'], code: codeIntegrity },
};

export const foreignKeyPragmas: Readonly<Record<string, Pragma>> = {
  foreign_key_check: {
    columns: ['table', 'rowid', 'parent', 'fkid'],
    code: codeForeignKeyCheck,
  },
};
