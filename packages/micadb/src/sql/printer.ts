/**
 * Syntax trees as SQL text that reads back as an equal tree, offsets and source texts aside. Keywords
 * come in upper case, names as they were quoted.
 */
import type {
  CompoundOp,
  CreateIndex,
  CreateTrigger,
  CreateView,
  CreateVirtualTable,
  Cte,
  Delete,
  Expr,
  FromItem,
  Insert,
  Name,
  PragmaValue,
  QualifiedName,
  ResultColumn,
  Select,
  SelectCore,
  SetClause,
  Statement,
  Update,
  Upsert,
  ValuesCore,
  With,
} from './ast.ts';
import { nameText, quoteString } from './identifier.ts';
import {
  printExpr,
  printList,
  printOrderBy,
  printQualified,
  printTerms,
  printWindow,
} from './print-expr.ts';
import { printAlterTable, printCreateTable, printIndexedColumns } from './print-table.ts';

export { printExpr } from './print-expr.ts';

/** Joins what is not empty with spaces. */
function words(...parts: readonly (string | null)[]): string {
  return parts.filter((p) => p !== null && p !== '').join(' ');
}

function when(condition: boolean, text: string): string {
  return condition ? text : '';
}

function clause(keyword: string, e: Expr | null): string {
  return e === null ? '' : `${keyword} ${printExpr(e)}`;
}

function names(list: readonly Name[]): string {
  return list.map(nameText).join(', ');
}

function columnNames(list: readonly Name[] | null): string {
  return list === null ? '' : `(${names(list)})`;
}

// -- select ------------------------------------------------------------------------------------

export function printSelect(s: Select): string {
  const arms = s.rest.map((r: { op: CompoundOp; core: SelectCore | ValuesCore }) =>
    words(r.op, printCore(r.core)),
  );
  return words(
    printWith(s.with),
    printCore(s.first),
    ...arms,
    printOrderBy(s.orderBy),
    clause('LIMIT', s.limit),
    clause('OFFSET', s.offset),
  );
}

function printWith(w: With | null): string {
  if (w === null) return '';
  return words('WITH', when(w.recursive, 'RECURSIVE'), w.ctes.map(printCte).join(', '));
}

function printCte(c: Cte): string {
  const hint = c.materialized === null ? '' : c.materialized ? 'MATERIALIZED' : 'NOT MATERIALIZED';
  const head = nameText(c.name) + columnNames(c.columns);
  return words(head, 'AS', hint, `(${printSelect(c.select)})`);
}

function printCore(c: SelectCore | ValuesCore): string {
  if (c.kind === 'values') {
    return `VALUES ${c.rows.map((row) => `(${printList(row)})`).join(', ')}`;
  }
  const windows = c.windows.map((w) => `${nameText(w.name)} AS ${printWindow(w.def)}`);
  return words(
    'SELECT',
    when(c.distinct, 'DISTINCT'),
    printColumns(c.columns),
    when(c.from.length > 0, `FROM ${printFrom(c.from)}`),
    clause('WHERE', c.where),
    when(c.groupBy.length > 0, `GROUP BY ${printList(c.groupBy)}`),
    clause('HAVING', c.having),
    when(windows.length > 0, `WINDOW ${windows.join(', ')}`),
  );
}

function printColumns(columns: readonly ResultColumn[]): string {
  const column = (c: ResultColumn): string => {
    switch (c.kind) {
      case 'star':
        return '*';
      case 'tableStar':
        return `${nameText(c.table)}.*`;
      case 'expr':
        return words(printExpr(c.expr), c.alias === null ? '' : `AS ${nameText(c.alias)}`);
    }
  };
  return columns.map(column).join(', ');
}

function printFrom(items: readonly FromItem[]): string {
  return items
    .map((item, i) => {
      const text = printFromItem(item);
      if (i === 0) return text;
      if (item.join.kind === 'comma') return `, ${text}`;
      const kind = item.join.kind === 'inner' ? '' : item.join.kind.toUpperCase();
      return ` ${words(when(item.join.natural, 'NATURAL'), kind, 'JOIN', text)}`;
    })
    .join('');
}

function printFromItem(item: FromItem): string {
  return words(
    printSource(item.source),
    item.alias === null ? '' : `AS ${nameText(item.alias)}`,
    item.source.kind === 'table' ? printIndexed(item.source) : '',
    clause('ON', item.on),
    item.using === null ? '' : `USING (${names(item.using)})`,
  );
}

function printSource(source: FromItem['source']): string {
  switch (source.kind) {
    case 'table':
      return (
        printQualified(source.table) + (source.args === null ? '' : `(${printList(source.args)})`)
      );
    case 'select':
      return `(${printSelect(source.select)})`;
    case 'join':
      return `(${printFrom(source.items)})`;
  }
}

function printIndexed(t: {
  readonly indexedBy: Name | null;
  readonly notIndexed: boolean;
}): string {
  if (t.indexedBy !== null) return `INDEXED BY ${nameText(t.indexedBy)}`;
  return when(t.notIndexed, 'NOT INDEXED');
}

// -- data changes ------------------------------------------------------------------------------

interface Target {
  readonly table: QualifiedName;
  readonly alias: Name | null;
}

function printTarget(t: Target): string {
  return words(printQualified(t.table), t.alias === null ? '' : `AS ${nameText(t.alias)}`);
}

function printReturning(columns: readonly ResultColumn[]): string {
  return when(columns.length > 0, `RETURNING ${printColumns(columns)}`);
}

function printSet(set: readonly SetClause[]): string {
  const one = (c: SetClause): string => {
    const columns = c.isVector ? `(${names(c.columns)})` : names(c.columns);
    return `${columns} = ${printExpr(c.value)}`;
  };
  return `SET ${set.map(one).join(', ')}`;
}

function printUpsert(u: Upsert): string {
  const target = u.target === null ? '' : `(${printTerms(u.target)})`;
  const head = words('ON CONFLICT', target, clause('WHERE', u.targetWhere), 'DO');
  if (u.set === null) return words(head, 'NOTHING');
  return words(head, 'UPDATE', printSet(u.set), clause('WHERE', u.where));
}

function printInsert(s: Insert): string {
  return words(
    printWith(s.with),
    'INSERT',
    s.or === null ? '' : `OR ${s.or}`,
    'INTO',
    printTarget(s) + columnNames(s.columns),
    s.select === null ? 'DEFAULT VALUES' : printSelect(s.select),
    ...s.upserts.map(printUpsert),
    printReturning(s.returning),
  );
}

function printTail(s: Update | Delete): string {
  return words(
    clause('WHERE', s.where),
    printReturning(s.returning),
    printOrderBy(s.orderBy),
    clause('LIMIT', s.limit),
    clause('OFFSET', s.offset),
  );
}

function printUpdate(s: Update): string {
  return words(
    printWith(s.with),
    'UPDATE',
    s.or === null ? '' : `OR ${s.or}`,
    printTarget(s),
    printIndexed(s),
    printSet(s.set),
    when(s.from.length > 0, `FROM ${printFrom(s.from)}`),
    printTail(s),
  );
}

function printDelete(s: Delete): string {
  return words(printWith(s.with), 'DELETE FROM', printTarget(s), printIndexed(s), printTail(s));
}

// -- schema ------------------------------------------------------------------------------------

function printCreateIndex(s: CreateIndex): string {
  return words(
    'CREATE',
    when(s.unique, 'UNIQUE'),
    'INDEX',
    when(s.ifNotExists, 'IF NOT EXISTS'),
    printQualified(s.index),
    `ON ${nameText(s.table)}(${printIndexedColumns(s.columns)})`,
    clause('WHERE', s.where),
  );
}

function printCreateView(s: CreateView): string {
  return words(
    'CREATE',
    when(s.temp, 'TEMP'),
    'VIEW',
    when(s.ifNotExists, 'IF NOT EXISTS'),
    printQualified(s.view) + columnNames(s.columns),
    'AS',
    printSelect(s.select),
  );
}

function printCreateTrigger(s: CreateTrigger): string {
  return words(
    'CREATE',
    when(s.temp, 'TEMP'),
    'TRIGGER',
    when(s.ifNotExists, 'IF NOT EXISTS'),
    printQualified(s.trigger),
    s.time,
    s.event,
    s.columns === null ? '' : `OF ${names(s.columns)}`,
    `ON ${printQualified(s.table)}`,
    when(s.forEachRow, 'FOR EACH ROW'),
    clause('WHEN', s.when),
    'BEGIN',
    ...s.body.map((b) => `${printStatement(b)};`),
    'END',
  );
}

function printCreateVirtualTable(s: CreateVirtualTable): string {
  return words(
    'CREATE VIRTUAL TABLE',
    when(s.ifNotExists, 'IF NOT EXISTS'),
    printQualified(s.table),
    'USING',
    nameText(s.module) + when(s.args.length > 0, `(${s.args.join(', ')})`),
  );
}

// -- all statements ----------------------------------------------------------------------------

function printPragmaValue(v: PragmaValue): string {
  return (v.negative ? '-' : '') + (v.quoted ? quoteString(v.text) : v.text);
}

/** A statement as SQL text, without a semicolon. */
export function printStatement(s: Statement): string {
  switch (s.kind) {
    case 'select':
      return printSelect(s);
    case 'insert':
      return printInsert(s);
    case 'update':
      return printUpdate(s);
    case 'delete':
      return printDelete(s);
    case 'createTable':
      return printCreateTable(s);
    case 'createIndex':
      return printCreateIndex(s);
    case 'createView':
      return printCreateView(s);
    case 'createTrigger':
      return printCreateTrigger(s);
    case 'createVirtualTable':
      return printCreateVirtualTable(s);
    case 'drop':
      return words('DROP', s.what, when(s.ifExists, 'IF EXISTS'), printQualified(s.target));
    case 'alterTable':
      return `ALTER TABLE ${printQualified(s.table)} ${printAlterTable(s)}`;
    case 'begin':
      return words('BEGIN', when(s.mode !== 'DEFERRED', s.mode));
    case 'commit':
      return 'COMMIT';
    case 'rollback':
      return words('ROLLBACK', s.to === null ? '' : `TO ${nameText(s.to)}`);
    case 'savepoint':
      return `SAVEPOINT ${nameText(s.name)}`;
    case 'release':
      return `RELEASE ${nameText(s.name)}`;
    case 'attach':
      return words('ATTACH', printExpr(s.file), 'AS', printExpr(s.schema), clause('KEY', s.key));
    case 'detach':
      return `DETACH ${printExpr(s.schema)}`;
    case 'pragma': {
      const head = `PRAGMA ${printQualified(s.name)}`;
      if (s.value === null) return head;
      const value = printPragmaValue(s.value);
      return s.call ? `${head}(${value})` : `${head} = ${value}`;
    }
    case 'vacuum':
      return words('VACUUM', s.schema === null ? '' : nameText(s.schema), clause('INTO', s.into));
    case 'analyze':
      return words('ANALYZE', s.target === null ? '' : printQualified(s.target));
    case 'reindex':
      return words('REINDEX', s.target === null ? '' : printQualified(s.target));
    case 'explain':
      return words('EXPLAIN', when(s.queryPlan, 'QUERY PLAN'), printStatement(s.statement));
  }
}
