/** CREATE TABLE and ALTER TABLE as SQL text: columns and constraints. */
import type {
  AlterTable,
  ColumnConstraint,
  ColumnDef,
  ConflictAction,
  CreateTable,
  Expr,
  ForeignKeyClause,
  IndexedColumn,
  Name,
  TableConstraint,
} from './ast.ts';
import { nameText, quoteIdentifier } from './identifier.ts';
import { Lexer } from './lexer.ts';
import { printExpr, printQualified } from './print-expr.ts';
import { printSelect } from './printer.ts';
import { isIdOrString, Tok } from './token.ts';

function onConflict(action: ConflictAction | null): string {
  return action === null ? '' : ` ON CONFLICT ${action}`;
}

function named(name: Name | null): string {
  return name === null ? '' : `CONSTRAINT ${nameText(name)} `;
}

function list(names: readonly Name[]): string {
  return names.map(nameText).join(', ');
}

export function printIndexedColumns(columns: readonly IndexedColumn[]): string {
  const one = (c: IndexedColumn): string =>
    printExpr(c.expr) + (c.desc ? ' DESC' : '') + (c.nulls === null ? '' : ` NULLS ${c.nulls}`);
  return columns.map(one).join(', ');
}

/** A declared type: as it is where it is words and sizes, else in quotes. */
function printType(text: string): string {
  const lexer = new Lexer(text, 0);
  let i = 0;
  lexer.ensure(0);
  while (isIdOrString(lexer.types[i]!)) lexer.ensure(++i);
  const quoted = /^["'`[]/.test(text);
  const sized = lexer.types[i] === Tok.LP && i > 0 && /\([-+.\d\seE,]*\)$/.test(text);
  const plain = lexer.types[i] === Tok.End && lexer.starts[i] === text.length;
  return !quoted && (plain || sized) ? text : quoteIdentifier(text);
}

/** A literal with or without sign stands bare behind DEFAULT, all else in parentheses. */
function printDefault(e: Expr): string {
  switch (e.kind) {
    case 'null':
    case 'integer':
    case 'real':
    case 'string':
    case 'blob':
    case 'current':
    case 'id':
      return printExpr(e);
    default:
      return `(${printExpr(e)})`;
  }
}

function printReferences(c: ForeignKeyClause): string {
  let text = `REFERENCES ${nameText(c.table)}`;
  if (c.columns !== null) text += `(${list(c.columns)})`;
  if (c.match !== null) text += ` MATCH ${nameText(c.match)}`;
  if (c.onDelete !== 'NO ACTION') text += ` ON DELETE ${c.onDelete}`;
  if (c.onUpdate !== 'NO ACTION') text += ` ON UPDATE ${c.onUpdate}`;
  if (c.deferred) text += ' DEFERRABLE INITIALLY DEFERRED';
  return text;
}

function printColumnConstraint(c: ColumnConstraint): string {
  switch (c.kind) {
    case 'primaryKey': {
      const order = c.desc ? ' DESC' : '';
      return `PRIMARY KEY${order}${onConflict(c.onConflict)}${c.autoincrement ? ' AUTOINCREMENT' : ''}`;
    }
    case 'notNull':
      return `NOT NULL${onConflict(c.onConflict)}`;
    case 'null':
      return `NULL${onConflict(c.onConflict)}`;
    case 'unique':
      return `UNIQUE${onConflict(c.onConflict)}`;
    case 'check':
      return `CHECK (${printExpr(c.expr)})`;
    case 'default':
      return `DEFAULT ${printDefault(c.expr)}`;
    case 'collate':
      return `COLLATE ${nameText(c.collation)}`;
    case 'references':
      return printReferences(c.clause);
    case 'generated':
      return `AS (${printExpr(c.expr)})${c.stored ? ' STORED' : ''}`;
  }
}

export function printColumnDef(c: ColumnDef): string {
  const parts = [nameText(c.name)];
  if (c.type !== null) parts.push(printType(c.type.text));
  for (const x of c.constraints) parts.push(named(x.name) + printColumnConstraint(x));
  return parts.join(' ');
}

export function printTableConstraint(c: TableConstraint): string {
  const name = named(c.name);
  switch (c.kind) {
    case 'primaryKey': {
      const auto = c.autoincrement ? ' AUTOINCREMENT' : '';
      return `${name}PRIMARY KEY (${printIndexedColumns(c.columns)}${auto})${onConflict(c.onConflict)}`;
    }
    case 'unique':
      return `${name}UNIQUE (${printIndexedColumns(c.columns)})${onConflict(c.onConflict)}`;
    case 'check':
      return `${name}CHECK (${printExpr(c.expr)})${onConflict(c.onConflict)}`;
    case 'foreignKey':
      return `${name}FOREIGN KEY (${list(c.columns)}) ${printReferences(c.clause)}`;
  }
}

export function printCreateTable(s: CreateTable): string {
  const head = [
    'CREATE',
    ...(s.temp ? ['TEMP'] : []),
    'TABLE',
    ...(s.ifNotExists ? ['IF NOT EXISTS'] : []),
    printQualified(s.table),
  ].join(' ');
  if (s.select !== null) return `${head} AS ${printSelect(s.select)}`;
  const body = [...s.columns.map(printColumnDef), ...s.constraints.map(printTableConstraint)];
  const options = [...(s.withoutRowid ? ['WITHOUT ROWID'] : []), ...(s.strict ? ['STRICT'] : [])];
  const end = options.length === 0 ? '' : ` ${options.join(', ')}`;
  return `${head}(${body.join(', ')})${end}`;
}

/** What stands behind ALTER TABLE name. */
export function printAlterTable(s: AlterTable): string {
  switch (s.action) {
    case 'renameTable':
      return `RENAME TO ${nameText(s.to)}`;
    case 'renameColumn':
      return `RENAME COLUMN ${nameText(s.column)} TO ${nameText(s.to)}`;
    case 'addColumn':
      return `ADD COLUMN ${printColumnDef(s.column)}`;
    case 'dropColumn':
      return `DROP COLUMN ${nameText(s.column)}`;
    case 'setNotNull':
      return `ALTER COLUMN ${nameText(s.column)} SET NOT NULL${onConflict(s.onConflict)}`;
    case 'dropNotNull':
      return `ALTER COLUMN ${nameText(s.column)} DROP NOT NULL`;
    case 'addConstraint':
      return `ADD ${printTableConstraint(s.constraint)}`;
    case 'dropConstraint':
      return `DROP CONSTRAINT ${nameText(s.constraint)}`;
  }
}
