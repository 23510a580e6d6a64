/** CREATE VIEW and CREATE TRIGGER: a schema row each; their bodies are checked as far as SQLite does. */
import { fold, lookupTable } from '../bind/binder.ts';
import type { CreateTrigger, CreateView, ParsedStatement, QualifiedName } from '../sql/ast.ts';
import { Opcode } from '../vm/opcode.ts';
import type { ResultColumnInfo } from '../vm/types.ts';
import type { Codegen } from './context.ts';
import {
  checkObjectName,
  codeChangeCookie,
  codeSchemaRow,
  databaseOfName,
  openSchemaTable,
  quoteText,
  shownName,
  writtenName,
} from './ddl.ts';
import { checkNewTable, codeFileFormat } from './ddl-table.ts';
import { sqlError } from './dml.ts';
import { foreignDatabase } from './references.ts';

export function codeCreateView(
  cg: Codegen,
  stmt: CreateView,
  parsed: ParsedStatement,
): ResultColumnInfo[] {
  if (parsed.parameterCount > 0) throw sqlError('parameters are not allowed in views');
  const db = checkNewTable(cg, stmt, stmt.view);
  if (db === null) return [];
  const name = stmt.view.name.text;
  const foreign = foreignDatabase(cg, db, [stmt.select]);
  if (foreign !== null) {
    throw sqlError(`view ${name} cannot reference objects in database ${foreign}`);
  }
  const { b } = cg;
  cg.writesDatabase(db, true);
  codeFileFormat(cg, db);
  const cursor = openSchemaTable(cg, db);
  const text = cg.env.sql.slice(stmt.view.name.pos, stmt.end).trimEnd();
  codeSchemaRow(cg, cursor, ['view', name, name, 0, `CREATE VIEW ${text}`]);
  b.emit(Opcode.Close, cursor);
  codeChangeCookie(cg, db);
  b.emit(Opcode.ParseSchema, db, 0, 0, `tbl_name=${quoteText(name)} AND type!='trigger'`);
  return [];
}

function triggerTable(
  cg: Codegen,
  stmt: CreateTrigger,
): { db: number; table: NonNullable<ReturnType<typeof lookupTable>> } {
  let db = databaseOfName(cg, stmt.trigger);
  if (stmt.temp) {
    if (stmt.trigger.schema !== null) {
      throw sqlError('temporary trigger may not have qualified name');
    }
    db = 1;
  }
  const target: QualifiedName = stmt.table;
  const schema = target.schema?.text ?? null;
  // A trigger without a qualifier on a TEMP table is a TEMP trigger.
  const plain = lookupTable(cg.env.catalog, schema, target.name.text);
  if (stmt.trigger.schema === null && !stmt.temp && plain?.db === 1) db = 1;
  if (db !== 1 && target.schema !== null && fold(schema!) !== fold(cg.env.databaseName(db))) {
    throw sqlError(
      `trigger ${stmt.trigger.name.text} cannot reference objects in database ${schema!}`,
    );
  }
  const found =
    db === 1 ? plain : lookupTable(cg.env.catalog, cg.env.databaseName(db), target.name.text);
  if (found === null) {
    const shown = db === 1 ? shownName(target) : `${cg.env.databaseName(db)}.${target.name.text}`;
    throw sqlError(`no such table: ${shown}`);
  }
  return { db, table: found };
}

export function codeCreateTrigger(
  cg: Codegen,
  stmt: CreateTrigger,
  parsed: ParsedStatement,
): ResultColumnInfo[] {
  if (parsed.parameterCount > 0) throw sqlError('trigger cannot use variables');
  const { db, table: found } = triggerTable(cg, stmt);
  const { table } = found;
  const name = stmt.trigger.name.text;
  if (table.kind === 'virtual') throw sqlError('cannot create triggers on virtual tables');
  checkObjectName(cg, name);
  if (cg.env.catalog.schemas[db]?.triggers.has(fold(name)) === true) {
    if (!stmt.ifNotExists) {
      throw sqlError(`trigger ${writtenName(cg, stmt.trigger.name)} already exists`);
    }
    cg.readsDatabase(db);
    return [];
  }
  if (/^sqlite_/i.test(table.name)) throw sqlError('cannot create trigger on system table');
  if (table.kind === 'view' && stmt.time !== 'INSTEAD OF') {
    throw sqlError(`cannot create ${stmt.time} trigger on view: ${shownName(stmt.table)}`);
  }
  if (table.kind === 'table' && stmt.time === 'INSTEAD OF') {
    throw sqlError(`cannot create INSTEAD OF trigger on table: ${shownName(stmt.table)}`);
  }
  for (const step of stmt.body) {
    if (step.kind === 'select') continue;
    if (db !== 1 && step.table.schema !== null) {
      throw sqlError(
        'qualified table names are not allowed on INSERT, UPDATE, and DELETE statements within triggers',
      );
    }
    if (step.kind !== 'insert' && (step.indexedBy !== null || step.notIndexed)) {
      const clause = step.indexedBy !== null ? 'INDEXED BY' : 'NOT INDEXED';
      throw sqlError(
        `the ${clause} clause is not allowed on UPDATE or DELETE statements within triggers`,
      );
    }
  }
  if (db !== 1) {
    const foreign = foreignDatabase(cg, db, [...stmt.body, stmt.when]);
    if (foreign !== null) {
      throw sqlError(`trigger ${name} cannot reference objects in database ${foreign}`);
    }
  }
  const { b } = cg;
  cg.writesDatabase(db, true);
  codeFileFormat(cg, db);
  const text = cg.env.sql.slice(stmt.trigger.name.pos, stmt.end);
  const cursor = openSchemaTable(cg, db);
  codeSchemaRow(cg, cursor, ['trigger', name, table.name, 0, `CREATE TRIGGER ${text}`]);
  b.emit(Opcode.Close, cursor);
  codeChangeCookie(cg, db);
  b.emit(Opcode.ParseSchema, db, 0, 0, `type='trigger' AND name=${quoteText(name)}`);
  return [];
}
