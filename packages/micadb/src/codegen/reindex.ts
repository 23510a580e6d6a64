/** REINDEX: fills indexes anew from their tables. https://www.sqlite.org/lang_reindex.html */
import { databaseIndex, lookupTable } from '../bind/binder.ts';
import type { Index, Table } from '../catalog/types.ts';
import type { Statement } from '../sql/ast.ts';
import type { ResultColumnInfo } from '../vm/types.ts';
import type { Codegen } from './context.ts';
import { findIndex, tableIn } from './ddl.ts';
import { codeFillIndex } from './ddl-index.ts';
import { sameName, sqlError } from './dml.ts';

function codeIndex(cg: Codegen, db: number, table: Table, index: Index): void {
  cg.writesDatabase(db, false);
  codeFillIndex(cg, db, table, index, 0);
}

function codeTable(cg: Codegen, db: number, table: Table, collation: string | null): void {
  for (const index of table.indexes) {
    const uses = index.columns.some((c) => collation !== null && sameName(c.collation, collation));
    if (collation === null || uses) codeIndex(cg, db, table, index);
  }
}

/** All indexes of all databases, or those that use a collation. */
function codeAll(cg: Codegen, collation: string | null): void {
  cg.env.catalog.schemas.forEach((schema, db) => {
    for (const table of schema?.tables.values() ?? []) codeTable(cg, db, table, collation);
  });
}

export function codeReindex(
  cg: Codegen,
  stmt: Extract<Statement, { kind: 'reindex' }>,
): ResultColumnInfo[] {
  const { target } = stmt;
  if (target === null) {
    codeAll(cg, null);
    return [];
  }
  const name = target.name.text;
  if (target.schema === null && cg.env.collations.find(name) !== null) {
    codeAll(cg, name);
    return [];
  }
  let db: number | null = null;
  if (target.schema !== null) {
    db = databaseIndex(cg.env.catalog, target.schema.text);
    if (db < 0) throw sqlError(`unknown database ${target.schema.text}`);
  }
  const found = lookupTable(cg.env.catalog, target.schema?.text ?? null, name);
  if (found !== null) {
    codeTable(cg, found.db, found.table, null);
    return [];
  }
  const index = findIndex(cg, db, name);
  if (index === null) throw sqlError('unable to identify the object to be reindexed');
  codeIndex(cg, index.db, tableIn(cg, index.db, index.index.table)!, index.index);
  return [];
}
