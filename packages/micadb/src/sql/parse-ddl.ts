/**
 * CREATE, DROP and ALTER TABLE. The `namePos` and `end` of a CREATE bound the text that SQLite stores
 * in sqlite_schema behind "CREATE TABLE " and the like; where they lie differs a little by statement.
 */
import type {
  AlterTable,
  ColumnDef,
  CreateIndex,
  CreateTable,
  CreateTrigger,
  CreateView,
  CreateVirtualTable,
  Delete,
  Drop,
  Expr,
  Insert,
  Name,
  QualifiedName,
  Select,
  TableConstraint,
  Update,
} from './ast.ts';
import {
  beginsTableConstraint,
  parseColumnDef,
  parseIndexedColumns,
  parseInParens,
  parseOnConflict,
  parseTableConstraint,
} from './parse-column.ts';
import { parseDelete, parseInsert, parseUpdate } from './parse-dml.ts';
import { parseExpr } from './parse-expr.ts';
import { parseSelect } from './parse-select.ts';
import { isName, Tok } from './token.ts';
import { type TokenStream, trimSpace } from './token-stream.ts';

type Create = CreateTable | CreateIndex | CreateView | CreateTrigger | CreateVirtualTable;

export function parseCreate(s: TokenStream): Create {
  s.advance();
  switch (s.type) {
    case Tok.Table:
      return parseCreateTable(s, false);
    case Tok.View:
      return parseCreateView(s, false);
    case Tok.Trigger:
      return parseCreateTrigger(s, false);
    case Tok.Index:
      return parseCreateIndex(s, false);
    case Tok.Unique:
      s.advance();
      if (!s.is(Tok.Index)) throw s.syntaxError();
      return parseCreateIndex(s, true);
    case Tok.Virtual:
      s.advance();
      if (!s.is(Tok.Table)) throw s.syntaxError();
      return parseCreateVirtualTable(s);
    case Tok.Temp:
      s.advance();
      return parseCreateTemp(s);
    default:
      throw s.syntaxError();
  }
}

function parseCreateTemp(s: TokenStream): Create {
  switch (s.type) {
    case Tok.Table:
      return parseCreateTable(s, true);
    case Tok.View:
      return parseCreateView(s, true);
    case Tok.Trigger:
      return parseCreateTrigger(s, true);
    default:
      throw s.syntaxError();
  }
}

/** IF NOT EXISTS, or nothing. */
function parseIfNotExists(s: TokenStream): boolean {
  if (!s.accept(Tok.If)) return false;
  s.expect(Tok.Not);
  s.expect(Tok.Exists);
  return true;
}

/** End of a text that reaches to the next token, but not over white space before it. */
function trimmedEnd(s: TokenStream, start: number): number {
  return start + trimSpace(s.sql.slice(start, s.pos)).length;
}

function parseCreateTable(s: TokenStream, temp: boolean): CreateTable {
  s.advance();
  const ifNotExists = parseIfNotExists(s);
  const table = s.qualifiedName();
  const head = { kind: 'createTable', temp, ifNotExists, table } as const;
  const namePos = table.name.pos;
  if (s.accept(Tok.As)) {
    const select = parseSelect(s);
    const none = { columns: [], constraints: [], withoutRowid: false, strict: false };
    return { ...head, ...none, select, namePos, end: s.lastEnd };
  }
  s.expect(Tok.LP);
  const { columns, constraints } = parseTableBody(s);
  s.expect(Tok.RP);
  const closed = s.lastEnd;
  const options = parseTableOptions(s);
  // With options the text reaches to the next token, without to the parenthesis.
  const end = options.any ? s.pos : closed;
  const { withoutRowid, strict } = options;
  return { ...head, columns, constraints, withoutRowid, strict, select: null, namePos, end };
}

function parseTableBody(s: TokenStream): { columns: ColumnDef[]; constraints: TableConstraint[] } {
  const columns = [parseColumnDef(s)];
  const constraints: TableConstraint[] = [];
  while (s.accept(Tok.Comma)) {
    if (!beginsTableConstraint(s.type)) {
      columns.push(parseColumnDef(s));
      continue;
    }
    parseTableConstraints(s, constraints);
    break;
  }
  return { columns, constraints };
}

/** The constraints behind the columns; the commas between them may be left out. */
function parseTableConstraints(s: TokenStream, constraints: TableConstraint[]): void {
  for (;;) {
    const c = parseTableConstraint(s);
    if (c !== null) constraints.push(c);
    if (s.accept(Tok.Comma)) {
      s.constraintName = null;
      if (!beginsTableConstraint(s.type)) throw s.syntaxError();
    } else if (!beginsTableConstraint(s.type)) return;
  }
}

interface TableOptions {
  readonly any: boolean;
  readonly withoutRowid: boolean;
  readonly strict: boolean;
}

/** WITHOUT ROWID and STRICT, with commas between; the first one may be missing. */
function parseTableOptions(s: TokenStream): TableOptions {
  let withoutRowid = false;
  let strict = false;
  let any = false;
  while (s.accept(Tok.Comma) || (!any && (s.type === Tok.Without || isName(s.type)))) {
    any = true;
    const without = s.accept(Tok.Without);
    if (!isName(s.type)) throw s.syntaxError();
    const raw = s.text();
    const isRowid = without && s.isWord('rowid');
    const isStrict = !without && s.isWord('strict');
    s.advance();
    if (isRowid) withoutRowid = true;
    else if (isStrict) strict = true;
    else s.fail(`unknown table option: ${raw}`);
  }
  return { any, withoutRowid, strict };
}

function parseCreateIndex(s: TokenStream, unique: boolean): CreateIndex {
  s.advance();
  const ifNotExists = parseIfNotExists(s);
  const index = s.qualifiedName();
  s.expect(Tok.On);
  const table = s.name();
  s.expect(Tok.LP);
  const columns = parseIndexedColumns(s);
  s.expect(Tok.RP);
  const where = s.accept(Tok.Where) ? parseExpr(s) : null;
  const namePos = index.name.pos;
  return {
    kind: 'createIndex',
    unique,
    ifNotExists,
    index,
    table,
    columns,
    where,
    namePos,
    end: s.pos,
  };
}

function parseCreateView(s: TokenStream, temp: boolean): CreateView {
  s.advance();
  const ifNotExists = parseIfNotExists(s);
  const view = s.qualifiedName();
  const columns = s.columnList();
  s.expect(Tok.As);
  const select = parseSelect(s);
  if (s.parameterCount > 0) s.fail('parameters are not allowed in views');
  const namePos = view.name.pos;
  const end = trimmedEnd(s, namePos);
  return { kind: 'createView', temp, ifNotExists, view, columns, select, namePos, end };
}

function parseCreateTrigger(s: TokenStream, temp: boolean): CreateTrigger {
  s.advance();
  const ifNotExists = parseIfNotExists(s);
  const trigger = s.qualifiedName();
  const time = parseTriggerTime(s);
  const { event, columns } = parseTriggerEvent(s);
  s.expect(Tok.On);
  const table: QualifiedName = s.qualifiedName();
  const forEachRow = s.accept(Tok.For);
  if (forEachRow) {
    s.expect(Tok.Each);
    s.expect(Tok.Row);
  }
  const when = s.accept(Tok.When) ? parseExpr(s) : null;
  s.expect(Tok.Begin);
  const body: (Insert | Update | Delete | Select)[] = [];
  do {
    body.push(parseTriggerStatement(s));
    s.expectSemi();
  } while (s.type !== Tok.End_);
  s.advance();
  return {
    kind: 'createTrigger',
    temp,
    ifNotExists,
    trigger,
    time,
    event,
    columns,
    table,
    forEachRow,
    when,
    body,
    namePos: trigger.name.pos,
    end: s.lastEnd,
  };
}

function parseTriggerTime(s: TokenStream): CreateTrigger['time'] {
  if (s.accept(Tok.After)) return 'AFTER';
  if (s.accept(Tok.Instead)) {
    s.expect(Tok.Of);
    return 'INSTEAD OF';
  }
  s.accept(Tok.Before);
  return 'BEFORE';
}

function parseTriggerEvent(s: TokenStream): {
  event: CreateTrigger['event'];
  columns: readonly Name[] | null;
} {
  if (s.accept(Tok.Delete)) return { event: 'DELETE', columns: null };
  if (s.accept(Tok.Insert)) return { event: 'INSERT', columns: null };
  s.expect(Tok.Update);
  return { event: 'UPDATE', columns: s.accept(Tok.Of) ? s.nameList() : null };
}

function parseTriggerStatement(s: TokenStream): Insert | Update | Delete | Select {
  switch (s.type) {
    case Tok.Insert:
    case Tok.Replace:
      return parseInsert(s, null, true);
    case Tok.Update:
      return parseUpdate(s, null, true);
    case Tok.Delete:
      return parseDelete(s, null, true);
    default:
      return parseSelect(s);
  }
}

function parseCreateVirtualTable(s: TokenStream): CreateVirtualTable {
  s.advance();
  const ifNotExists = parseIfNotExists(s);
  const table = s.qualifiedName();
  s.expect(Tok.Using);
  const module = s.name();
  const args = s.type === Tok.LP ? parseModuleArguments(s) : [];
  const namePos = table.name.pos;
  return {
    kind: 'createVirtualTable',
    ifNotExists,
    table,
    module,
    args,
    namePos,
    end: s.lastEnd,
  };
}

/** ( text, text, ... ): any tokens, commas inside parentheses do not separate. */
function parseModuleArguments(s: TokenStream): string[] {
  s.advance();
  const args: string[] = [];
  let depth = 0;
  let from = -1;
  const close = (): void => {
    if (from >= 0) args.push(s.sql.slice(from, s.lastEnd));
    from = -1;
  };
  for (;;) {
    const { type } = s;
    if (type === Tok.End || type === Tok.Illegal) throw s.syntaxError();
    if (depth === 0 && type === Tok.RP) break;
    if (depth === 0 && type === Tok.Comma) close();
    else {
      if (from < 0) from = s.pos;
      if (type === Tok.LP) depth += 1;
      else if (type === Tok.RP) depth -= 1;
    }
    s.advance();
  }
  close();
  s.advance();
  return args;
}

export function parseDrop(s: TokenStream): Drop {
  s.advance();
  const what = droppable(s.type);
  if (what === null) throw s.syntaxError();
  s.advance();
  const ifExists = s.accept(Tok.If);
  if (ifExists) s.expect(Tok.Exists);
  return { kind: 'drop', what, ifExists, target: s.qualifiedName() };
}

function droppable(t: Tok): Drop['what'] | null {
  switch (t) {
    case Tok.Table:
      return 'TABLE';
    case Tok.Index:
      return 'INDEX';
    case Tok.View:
      return 'VIEW';
    case Tok.Trigger:
      return 'TRIGGER';
    default:
      return null;
  }
}

export function parseAlterTable(s: TokenStream): AlterTable {
  s.advance();
  s.expect(Tok.Table);
  const table = s.qualifiedName();
  const head = { kind: 'alterTable', table } as const;
  switch (s.type) {
    case Tok.Rename:
      return { ...head, ...parseRename(s) };
    case Tok.Add:
      return { ...head, ...parseAdd(s) };
    case Tok.Drop:
      s.advance();
      if (s.accept(Tok.Constraint)) {
        return { ...head, action: 'dropConstraint', constraint: s.name() };
      }
      s.accept(Tok.Column);
      return { ...head, action: 'dropColumn', column: s.name() };
    case Tok.Alter:
      return { ...head, ...parseAlterColumn(s) };
    default:
      throw s.syntaxError();
  }
}

function parseRename(
  s: TokenStream,
): { action: 'renameTable'; to: Name } | { action: 'renameColumn'; column: Name; to: Name } {
  s.advance();
  if (s.accept(Tok.To)) return { action: 'renameTable', to: s.name() };
  s.accept(Tok.Column);
  const column = s.name();
  s.expect(Tok.To);
  return { action: 'renameColumn', column, to: s.name() };
}

function parseAdd(
  s: TokenStream,
):
  | { action: 'addColumn'; column: ColumnDef; text: string }
  | { action: 'addConstraint'; constraint: TableConstraint; text: string } {
  s.advance();
  const start = s.pos;
  if (s.type !== Tok.Constraint && s.type !== Tok.Check) {
    s.accept(Tok.Column);
    const at = s.pos;
    const column = parseColumnDef(s);
    return { action: 'addColumn', column, text: s.span(at) };
  }
  const name = s.accept(Tok.Constraint) ? s.name() : null;
  s.expect(Tok.Check);
  const check: { expr: Expr; text: string } = parseInParens(s);
  const onConflict = parseOnConflict(s);
  const constraint: TableConstraint = { name, pos: start, kind: 'check', ...check, onConflict };
  return { action: 'addConstraint', constraint, text: s.span(start) };
}

function parseAlterColumn(
  s: TokenStream,
):
  | { action: 'setNotNull'; column: Name; onConflict: ReturnType<typeof parseOnConflict> }
  | { action: 'dropNotNull'; column: Name } {
  s.advance();
  s.accept(Tok.Column);
  const column = s.name();
  const drop = s.type === Tok.Drop;
  if (!drop && s.type !== Tok.Set) throw s.syntaxError();
  s.advance();
  s.expect(Tok.Not);
  s.expect(Tok.Null);
  if (drop) return { action: 'dropNotNull', column };
  return { action: 'setNotNull', column, onConflict: parseOnConflict(s) };
}
