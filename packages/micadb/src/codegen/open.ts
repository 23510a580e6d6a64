/** Opening cursors on tables and indexes, and the key descriptions that go with them. */
import type { CompileEnv } from '../bind/env.ts';
import type { BoundExpr, OrderTerm } from '../bind/tree.ts';
import { exprCollation } from '../bind/types.ts';
import type { Index, Table } from '../catalog/types.ts';
import { SqliteError } from '../values/errors.ts';
import { type Collation, KEYINFO_BIGNULL, KEYINFO_DESC, type KeyInfo } from '../values/key.ts';
import { makeKeyInfo } from '../values/keyinfo.ts';
import { Opcode } from '../vm/opcode.ts';
import type { Codegen } from './context.ts';

/** The collation `name`, null for BINARY. "no such collation sequence" when there is none. */
export function collationByName(env: CompileEnv, name: string): Collation | null {
  if (name === 'BINARY') return null;
  const found = env.collations.find(name);
  if (found === null) {
    throw new SqliteError('SQLITE_ERROR_MISSING_COLLSEQ', `no such collation sequence: ${name}`);
  }
  return found.kind === 'binary' ? null : found;
}

/** The collation of an expression as P4 of a comparison: null for BINARY. */
export function collationOf(cg: Codegen, e: BoundExpr): Collation | null {
  const c = exprCollation(e);
  return c === null ? null : collationByName(cg.env, c.name);
}

/** The order of an index's records. */
export function keyInfoForIndex(env: CompileEnv, index: Index): KeyInfo {
  const { columns } = index;
  return makeKeyInfo(
    env.encoding,
    columns.length,
    columns.map((c) => collationByName(env, c.collation)),
    columns.map((c) => (c.desc ? KEYINFO_DESC : 0)),
    index.uniqueNotNull ? index.keyColumns.length : columns.length,
  );
}

export function sortFlags(t: OrderTerm): number {
  return (t.desc ? KEYINFO_DESC : 0) | (t.bigNull ? KEYINFO_BIGNULL : 0);
}

/** The order that ORDER BY terms ask for; `extra` fields follow that do not take part in it. */
export function keyInfoOf(
  cg: Codegen,
  terms: readonly OrderTerm[],
  extra = 0,
  compareExtra = 0,
): KeyInfo {
  return makeKeyInfo(
    cg.env.encoding,
    terms.length + compareExtra + extra,
    terms.map((t) => collationOf(cg, t.expr)),
    terms.map(sortFlags),
    terms.length + compareExtra,
  );
}

/** Ascending order of expressions: DISTINCT, GROUP BY. */
export function keyInfoOfExprs(cg: Codegen, list: readonly BoundExpr[], extra = 0): KeyInfo {
  return makeKeyInfo(
    cg.env.encoding,
    list.length + extra,
    list.map((e) => collationOf(cg, e)),
    [],
    list.length,
  );
}

/** Opens a table's own tree; for WITHOUT ROWID tables that is the primary key index. */
export function openTableCursor(
  cg: Codegen,
  cursor: number,
  db: number,
  table: Table,
  write: boolean,
): void {
  cg.readsDatabase(db);
  const opcode = write ? Opcode.OpenWrite : Opcode.OpenRead;
  if (table.withoutRowid) {
    const pk = table.primaryKeyIndex!;
    cg.b.emit(opcode, cursor, pk.root, db, keyInfoForIndex(cg.env, pk));
  } else {
    const stored = table.columns.filter((c) => c.storage >= 0).length;
    cg.b.emit(opcode, cursor, table.root, db, stored);
  }
  cg.b.comment(table.name);
}

export function openIndexCursor(
  cg: Codegen,
  cursor: number,
  db: number,
  index: Index,
  write: boolean,
  flags = 0,
): void {
  cg.readsDatabase(db);
  const opcode = write ? Opcode.OpenWrite : Opcode.OpenRead;
  cg.b.emit(opcode, cursor, index.root, db, keyInfoForIndex(cg.env, index), flags);
  cg.b.comment(index.name);
}
