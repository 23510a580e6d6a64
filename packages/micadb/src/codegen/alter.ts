/** ALTER TABLE: which table, and to whom the work goes. https://www.sqlite.org/lang_altertable.html */
import { lookupTable } from '../bind/binder.ts';
import type { AlterTable } from '../sql/ast.ts';
import type { ResultColumnInfo } from '../vm/types.ts';
import { codeAddColumn } from './alter-add.ts';
import type { Codegen } from './context.ts';
import { shownName } from './ddl.ts';
import { sqlError } from './dml.ts';

export function codeAlterTable(cg: Codegen, stmt: AlterTable): ResultColumnInfo[] {
  const { schema, name } = stmt.table;
  const found = lookupTable(cg.env.catalog, schema?.text ?? null, name.text);
  if (found === null) throw sqlError(`no such table: ${shownName(stmt.table)}`);
  const { table, db } = found;
  if (table.kind === 'virtual') throw sqlError('virtual tables may not be altered');
  if (table.kind === 'view') {
    switch (stmt.action) {
      case 'addColumn':
        throw sqlError('Cannot add a column to a view');
      case 'renameColumn':
        throw sqlError(`cannot rename columns of view "${table.name}"`);
      case 'dropColumn':
        throw sqlError(`cannot drop column from view "${table.name}"`);
      default:
        throw sqlError(`view ${table.name} may not be altered`);
    }
  }
  if (/^sqlite_/i.test(table.name)) throw sqlError(`table ${table.name} may not be altered`);
  switch (stmt.action) {
    case 'addColumn':
      codeAddColumn(cg, db, table, stmt);
      break;
    case 'renameTable':
    case 'renameColumn':
    case 'dropColumn':
    case 'setNotNull':
    case 'dropNotNull':
    case 'addConstraint':
    case 'dropConstraint':
      throw sqlError(`ALTER TABLE ${NAMES[stmt.action]} is not supported yet`);
  }
  return [];
}

const NAMES = {
  renameTable: 'RENAME TO',
  renameColumn: 'RENAME COLUMN',
  dropColumn: 'DROP COLUMN',
  setNotNull: 'ALTER COLUMN SET NOT NULL',
  dropNotNull: 'ALTER COLUMN DROP NOT NULL',
  addConstraint: 'ADD CONSTRAINT',
  dropConstraint: 'DROP CONSTRAINT',
} as const;
