/** CREATE, DROP and ALTER. */
import type {
  AlterTable,
  ColumnConstraint,
  ColumnDef,
  ConflictAction,
  CreateIndex,
  CreateTable,
  CreateTrigger,
  CreateView,
  CreateVirtualTable,
  Delete,
  Drop,
  Expr,
  ForeignKeyAction,
  ForeignKeyClause,
  IndexedColumn,
  Insert,
  Name,
  Statement,
  TableConstraint,
  Update,
} from './ast.ts';
import { TokenType } from './lexer.ts';
import {
  parseConflictAction,
  parseDelete,
  parseInsert,
  parseQualifiedName,
  parseUpdate,
} from './parse-dml.ts';
import { parseExpr, parseType } from './parse-expr.ts';
import { parseNameList, parseSelect } from './parse-select.ts';
import { parseSortList } from './parse-window.ts';
import type { TokenStream } from './token-stream.ts';

function ifNotExists(s: TokenStream): boolean {
  if (!s.is('IF') || s.peek(1) !== 'NOT') return false;
  s.next();
  s.next();
  s.expect('EXISTS');
  return true;
}

export function parseCreate(s: TokenStream): Statement {
  s.expect('CREATE');
  const temp = s.is('TEMP') || s.is('TEMPORARY');
  if (temp) s.next();
  switch (s.word) {
    case 'TABLE':
      return parseCreateTable(s, temp);
    case 'VIEW':
      return parseCreateView(s, temp);
    case 'TRIGGER':
      return parseCreateTrigger(s, temp);
    case 'UNIQUE':
    case 'INDEX':
      if (temp) throw s.syntaxError();
      return parseCreateIndex(s);
    case 'VIRTUAL':
      if (temp) throw s.syntaxError();
      return parseCreateVirtual(s);
    default:
      throw s.syntaxError();
  }
}

// -- tables --------------------------------------------------------------------------------------

function parseCreateTable(s: TokenStream, temp: boolean): CreateTable {
  s.expect('TABLE');
  const ifNot = ifNotExists(s);
  const namePos = s.pos;
  const table = parseQualifiedName(s);
  const base = { kind: 'createTable', temp, ifNotExists: ifNot, table, namePos } as const;
  if (s.accept('AS')) {
    const select = parseSelect(s);
    return {
      ...base,
      columns: [],
      constraints: [],
      withoutRowid: false,
      strict: false,
      select,
      end: s.lastEnd,
    };
  }
  s.expect('(');
  const columns = [parseColumnDef(s)];
  const constraints: TableConstraint[] = [];
  while (s.accept(',')) {
    if (startsTableConstraint(s)) {
      parseTableConstraints(s, constraints);
      break;
    }
    columns.push(parseColumnDef(s));
  }
  s.expect(')');
  return { ...base, columns, constraints, ...parseTableOptions(s), select: null, end: s.lastEnd };
}

function parseTableOptions(s: TokenStream): { withoutRowid: boolean; strict: boolean } {
  let withoutRowid = false;
  let strict = false;
  if (s.type === TokenType.End || s.is(';')) return { withoutRowid, strict };
  do {
    if (s.accept('WITHOUT')) {
      const name = s.name();
      if (name.text.toLowerCase() !== 'rowid') throw s.error(`unknown table option: ${name.text}`);
      withoutRowid = true;
    } else {
      const name = s.name();
      if (name.text.toLowerCase() !== 'strict') throw s.error(`unknown table option: ${name.text}`);
      strict = true;
    }
  } while (s.accept(','));
  return { withoutRowid, strict };
}

function startsTableConstraint(s: TokenStream): boolean {
  return ['CONSTRAINT', 'PRIMARY', 'UNIQUE', 'CHECK', 'FOREIGN'].includes(s.word);
}

export function parseColumnDef(s: TokenStream): ColumnDef {
  const { pos } = s;
  const name = s.name();
  const type = parseType(s);
  const constraints: ColumnConstraint[] = [];
  for (let c = parseColumnConstraint(s, name, constraints); c; ) {
    c = parseColumnConstraint(s, name, constraints);
  }
  return { name, type, constraints, pos, end: s.lastEnd };
}

function onConflict(s: TokenStream): ConflictAction | null {
  if (!s.accept('ON')) return null;
  s.expect('CONFLICT');
  return parseConflictAction(s);
}

/** Takes one constraint of a column; false when there is none. A lone CONSTRAINT name is taken too. */
function parseColumnConstraint(s: TokenStream, column: Name, into: ColumnConstraint[]): boolean {
  const { pos } = s;
  let name: Name | null = null;
  if (s.accept('CONSTRAINT')) name = s.name();
  const base = { name, pos };
  switch (s.word) {
    case 'DEFAULT':
      s.next();
      into.push({ ...base, kind: 'default', ...parseDefault(s) });
      return true;
    case 'NULL':
      s.next();
      into.push({ ...base, kind: 'null', onConflict: onConflict(s) });
      return true;
    case 'NOT':
      s.next();
      if (s.is('DEFERRABLE')) {
        deferLast(s, into);
        return true;
      }
      s.expect('NULL');
      into.push({ ...base, kind: 'notNull', onConflict: onConflict(s) });
      return true;
    case 'DEFERRABLE':
      deferLast(s, into);
      return true;
    case 'PRIMARY': {
      s.next();
      s.expect('KEY');
      const desc = s.is('DESC');
      if (desc || s.is('ASC')) s.next();
      const action = onConflict(s);
      const autoincrement = s.accept('AUTOINCREMENT');
      into.push({ ...base, kind: 'primaryKey', desc, onConflict: action, autoincrement });
      return true;
    }
    case 'UNIQUE':
      s.next();
      into.push({ ...base, kind: 'unique', onConflict: onConflict(s) });
      return true;
    case 'CHECK': {
      s.next();
      s.expect('(');
      const expr = parseExpr(s);
      s.expect(')');
      into.push({ ...base, kind: 'check', expr, onConflict: onConflict(s) });
      return true;
    }
    case 'COLLATE':
      s.next();
      into.push({ ...base, kind: 'collate', collation: s.idOrString() });
      return true;
    case 'REFERENCES':
      s.next();
      into.push({ ...base, kind: 'references', clause: parseReferences(s) });
      return true;
    case 'GENERATED':
      s.next();
      s.expect('ALWAYS');
      if (!s.is('AS')) throw s.syntaxError();
      into.push({ ...base, kind: 'generated', ...parseGenerated(s, column) });
      return true;
    case 'AS':
      into.push({ ...base, kind: 'generated', ...parseGenerated(s, column) });
      return true;
    default:
      return name !== null;
  }
}

function parseGenerated(s: TokenStream, column: Name): { expr: Expr; stored: boolean } {
  s.expect('AS');
  s.expect('(');
  const expr = parseExpr(s);
  s.expect(')');
  if (!s.isId() || s.is('GENERATED')) return { expr, stored: false };
  const word = s.takeName().text.toLowerCase();
  if (word !== 'stored' && word !== 'virtual') {
    throw s.error(`error in generated column "${column.text}"`);
  }
  return { expr, stored: word === 'stored' };
}

/** DEFAULT term, DEFAULT (expr), DEFAULT -n, DEFAULT word. */
function parseDefault(s: TokenStream): { expr: Expr; text: string } {
  const { pos } = s;
  if (s.accept('(')) {
    const inner = s.pos;
    const expr = parseExpr(s);
    const text = s.sql.slice(inner, s.pos).trim();
    s.expect(')');
    return { expr, text };
  }
  const sign = s.is('+') || s.is('-') ? s.word : '';
  if (sign !== '') s.next();
  const termPos = s.pos;
  const term = parseTerm(s);
  const expr: Expr =
    sign === ''
      ? term
      : { kind: 'unary', op: sign as '+' | '-', operand: term, pos, end: s.lastEnd };
  return { expr, text: s.sql.slice(sign === '+' ? termPos : pos, s.lastEnd) };
}

function parseTerm(s: TokenStream): Expr {
  switch (s.type) {
    case TokenType.Integer:
    case TokenType.Float:
    case TokenType.String:
    case TokenType.Blob:
      return literal(s);
    case TokenType.QuotedName:
      return wordDefault(s);
    default:
      if (s.is('NULL') || /^CURRENT_(DATE|TIME|TIMESTAMP)$/.test(s.word)) return literal(s);
      if (s.isId()) return wordDefault(s);
      throw s.syntaxError();
  }
}

/** One literal: parsed as an expression that ends at once. */
function literal(s: TokenStream): Expr {
  const { pos } = s;
  switch (s.word) {
    case 'NULL':
      s.next();
      return { kind: 'null', pos, end: s.lastEnd };
    case 'CURRENT_DATE':
    case 'CURRENT_TIME':
    case 'CURRENT_TIMESTAMP': {
      const which = s.word;
      s.next();
      return { kind: 'current', which, pos, end: s.lastEnd };
    }
    default:
      return parseLiteralToken(s);
  }
}

function parseLiteralToken(s: TokenStream): Expr {
  const { type } = s;
  const text = s.text();
  const { pos } = s;
  if (type === TokenType.Integer || type === TokenType.Float || type === TokenType.Blob) {
    // A number or blob cannot be followed by an operator here, so the whole grammar may read it.
    const expr = parseExprToken(s);
    return expr;
  }
  s.next();
  return { kind: 'string', value: unquoteString(text), pos, end: s.lastEnd };
}

function unquoteString(text: string): string {
  return text.slice(1, -1).replaceAll("''", "'");
}

/** Reads the one token at hand as an expression, by a stream of its own. */
function parseExprToken(s: TokenStream): Expr {
  const { pos } = s;
  const Stream = s.constructor as new (sql: string, start: number) => TokenStream;
  const own = new Stream(s.sql.slice(0, s.lexer.ends[s.at]!), pos);
  const expr = parseExpr(own);
  s.next();
  return expr;
}

/** A bare word as default is a string, except TRUE and FALSE. */
function wordDefault(s: TokenStream): Expr {
  const { pos } = s;
  const name = s.takeName();
  const end = s.lastEnd;
  if (name.quote === '' && /^(true|false)$/i.test(name.text)) return { kind: 'id', name, pos, end };
  return { kind: 'string', value: name.text, pos, end };
}

const ACTIONS: readonly (readonly [readonly string[], ForeignKeyAction])[] = [
  [['SET', 'NULL'], 'SET NULL'],
  [['SET', 'DEFAULT'], 'SET DEFAULT'],
  [['CASCADE'], 'CASCADE'],
  [['RESTRICT'], 'RESTRICT'],
  [['NO', 'ACTION'], 'NO ACTION'],
];

function parseAction(s: TokenStream): ForeignKeyAction {
  for (const [words, action] of ACTIONS) {
    if (!words.every((w, i) => s.peek(i) === w)) continue;
    for (const _ of words) s.next();
    return action;
  }
  if (s.is('SET') || s.is('NO')) s.next();
  throw s.syntaxError();
}

function parseReferences(s: TokenStream): ForeignKeyClause {
  const table = s.name();
  const columns = s.is('(') ? parseNameList(s) : null;
  let onDelete: ForeignKeyAction = 'NO ACTION';
  let onUpdate: ForeignKeyAction = 'NO ACTION';
  let match: Name | null = null;
  for (;;) {
    if (s.is('ON')) {
      s.next();
      if (s.accept('DELETE')) onDelete = parseAction(s);
      else if (s.accept('UPDATE')) onUpdate = parseAction(s);
      else {
        s.expect('INSERT');
        parseAction(s);
      }
    } else if (s.accept('MATCH')) match = s.name();
    else break;
  }
  return { table, columns, onDelete, onUpdate, match, deferred: parseDefer(s) };
}

/** [NOT] DEFERRABLE [INITIALLY DEFERRED|IMMEDIATE]: true only for INITIALLY DEFERRED. */
function parseDefer(s: TokenStream): boolean {
  const not = s.is('NOT') && s.peek(1) === 'DEFERRABLE';
  if (not) s.next();
  if (!s.accept('DEFERRABLE')) return false;
  if (!s.accept('INITIALLY')) return false;
  if (s.accept('DEFERRED')) return !not;
  s.expect('IMMEDIATE');
  return false;
}

/** A DEFERRABLE that stands apart belongs to the last REFERENCES. */
function deferLast(s: TokenStream, into: ColumnConstraint[]): void {
  const deferred = parseDefer(s);
  for (let i = into.length - 1; i >= 0; i--) {
    const c = into[i]!;
    if (c.kind !== 'references') continue;
    into[i] = { ...c, clause: { ...c.clause, deferred } };
    return;
  }
}

export function parseIndexedColumns(s: TokenStream): IndexedColumn[] {
  s.expect('(');
  const columns = parseSortList(s).map((t) => ({ expr: t.expr, desc: t.desc, nulls: t.nulls }));
  return columns;
}

function parseTableConstraints(s: TokenStream, into: TableConstraint[]): void {
  for (;;) {
    if (!startsTableConstraint(s)) {
      if (s.is(')')) return;
      throw s.syntaxError();
    }
    parseTableConstraint(s, into);
    if (s.accept(',') && !startsTableConstraint(s)) throw s.syntaxError();
  }
}

export function parseTableConstraint(s: TokenStream, into: TableConstraint[]): void {
  const { pos } = s;
  const name = s.accept('CONSTRAINT') ? s.name() : null;
  const base = { name, pos };
  switch (s.word) {
    case 'PRIMARY': {
      s.next();
      s.expect('KEY');
      const columns = parseIndexedColumns(s);
      const autoincrement = s.accept('AUTOINCREMENT');
      s.expect(')');
      into.push({ ...base, kind: 'primaryKey', columns, autoincrement, onConflict: onConflict(s) });
      return;
    }
    case 'UNIQUE': {
      s.next();
      const columns = parseIndexedColumns(s);
      s.expect(')');
      into.push({ ...base, kind: 'unique', columns, onConflict: onConflict(s) });
      return;
    }
    case 'CHECK': {
      s.next();
      s.expect('(');
      const expr = parseExpr(s);
      s.expect(')');
      into.push({ ...base, kind: 'check', expr, onConflict: onConflict(s) });
      return;
    }
    case 'FOREIGN': {
      s.next();
      s.expect('KEY');
      const columns = parseNameList(s);
      s.expect('REFERENCES');
      into.push({ ...base, kind: 'foreignKey', columns, clause: parseReferences(s) });
      return;
    }
    default:
      // A CONSTRAINT name alone says nothing.
      if (name === null) throw s.syntaxError();
  }
}

// -- indexes, views, triggers, virtual tables ------------------------------------------------------

function parseCreateIndex(s: TokenStream): CreateIndex {
  const unique = s.accept('UNIQUE');
  s.expect('INDEX');
  const ifNot = ifNotExists(s);
  const namePos = s.pos;
  const index = parseQualifiedName(s);
  s.expect('ON');
  const table = s.name();
  const columns = parseIndexedColumns(s);
  s.expect(')');
  const where = s.accept('WHERE') ? parseExpr(s) : null;
  return {
    kind: 'createIndex',
    unique,
    ifNotExists: ifNot,
    index,
    table,
    columns,
    where,
    namePos,
    end: s.lastEnd,
  };
}

function parseCreateView(s: TokenStream, temp: boolean): CreateView {
  s.expect('VIEW');
  const ifNot = ifNotExists(s);
  const namePos = s.pos;
  const view = parseQualifiedName(s);
  const columns = s.is('(') ? parseNameList(s) : null;
  s.expect('AS');
  const select = parseSelect(s);
  return {
    kind: 'createView',
    temp,
    ifNotExists: ifNot,
    view,
    columns,
    select,
    namePos,
    end: s.lastEnd,
  };
}

function parseTime(s: TokenStream): CreateTrigger['time'] {
  if (s.accept('BEFORE')) return 'BEFORE';
  if (s.accept('AFTER')) return 'AFTER';
  if (s.accept('INSTEAD')) {
    s.expect('OF');
    return 'INSTEAD OF';
  }
  return 'BEFORE';
}

function parseCreateTrigger(s: TokenStream, temp: boolean): CreateTrigger {
  s.expect('TRIGGER');
  const ifNot = ifNotExists(s);
  const namePos = s.pos;
  const trigger = parseQualifiedName(s);
  const time = parseTime(s);
  const event = s.word;
  if (event !== 'DELETE' && event !== 'INSERT' && event !== 'UPDATE') throw s.syntaxError();
  s.next();
  let columns: Name[] | null = null;
  if (event === 'UPDATE' && s.accept('OF')) {
    columns = [s.name()];
    while (s.accept(',')) columns.push(s.name());
  }
  s.expect('ON');
  const table = parseQualifiedName(s);
  let forEachRow = false;
  if (s.accept('FOR')) {
    s.expect('EACH');
    s.expect('ROW');
    forEachRow = true;
  }
  const when = s.accept('WHEN') ? parseExpr(s) : null;
  s.expect('BEGIN');
  const body: CreateTrigger['body'][number][] = [];
  do {
    body.push(parseTriggerStatement(s));
    s.expect(';');
  } while (!s.is('END'));
  s.expect('END');
  return {
    kind: 'createTrigger',
    temp,
    ifNotExists: ifNot,
    trigger,
    time,
    event,
    columns,
    table,
    forEachRow,
    when,
    body,
    namePos,
    end: s.lastEnd,
  };
}

function parseTriggerStatement(s: TokenStream): CreateTrigger['body'][number] {
  let statement: Insert | Update | Delete;
  switch (s.word) {
    case 'INSERT':
    case 'REPLACE':
      statement = parseInsert(s, null, true);
      break;
    case 'UPDATE':
      statement = parseUpdate(s, null, true);
      break;
    case 'DELETE':
      statement = parseDelete(s, null, true);
      break;
    default:
      return parseSelect(s);
  }
  if (statement.table.schema !== null) {
    throw s.error(
      'qualified table names are not allowed on INSERT, UPDATE, and DELETE statements within triggers',
    );
  }
  if (statement.kind !== 'insert' && (statement.indexedBy !== null || statement.notIndexed)) {
    const clause = statement.notIndexed ? 'NOT INDEXED' : 'INDEXED BY';
    throw s.error(
      `the ${clause} clause is not allowed on UPDATE or DELETE statements within triggers`,
    );
  }
  return statement;
}

function parseCreateVirtual(s: TokenStream): CreateVirtualTable {
  s.expect('VIRTUAL');
  s.expect('TABLE');
  const ifNot = ifNotExists(s);
  const namePos = s.pos;
  const table = parseQualifiedName(s);
  s.expect('USING');
  const module = s.name();
  const args = s.accept('(') ? parseModuleArguments(s) : [];
  return {
    kind: 'createVirtualTable',
    ifNotExists: ifNot,
    table,
    module,
    args,
    namePos,
    end: s.lastEnd,
  };
}

/** Module arguments are any tokens between commas, with parentheses in balance; their text counts. */
function parseModuleArguments(s: TokenStream): string[] {
  const args: string[] = [];
  let start = s.pos;
  for (let depth = 0; ; s.next()) {
    if (s.type === TokenType.End) throw s.syntaxError();
    if (s.is('(')) depth += 1;
    else if (s.is(')') && depth > 0) depth -= 1;
    else if (depth === 0 && (s.is(',') || s.is(')'))) {
      const text = s.sql.slice(start, s.pos).trim();
      if (s.is(')')) {
        if (text !== '' || args.length > 0) args.push(text);
        s.next();
        return args;
      }
      args.push(text);
      start = s.pos + 1;
    }
  }
}

// -- DROP and ALTER --------------------------------------------------------------------------------

export function parseDrop(s: TokenStream): Drop {
  s.expect('DROP');
  const what = s.word;
  if (what !== 'TABLE' && what !== 'INDEX' && what !== 'VIEW' && what !== 'TRIGGER') {
    throw s.syntaxError();
  }
  s.next();
  let ifExists = false;
  if (s.is('IF') && s.peek(1) === 'EXISTS') {
    s.next();
    s.next();
    ifExists = true;
  }
  return { kind: 'drop', what, ifExists, target: parseQualifiedName(s) };
}

export function parseAlter(s: TokenStream): AlterTable {
  s.expect('ALTER');
  s.expect('TABLE');
  const base = { kind: 'alterTable', table: parseQualifiedName(s) } as const;
  switch (s.word) {
    case 'RENAME':
      s.next();
      if (s.accept('TO')) return { ...base, action: 'renameTable', to: s.name() };
      s.accept('COLUMN');
      {
        const column = s.name();
        s.expect('TO');
        return { ...base, action: 'renameColumn', column, to: s.name() };
      }
    case 'ADD':
      return parseAlterAdd(s, base);
    case 'DROP':
      return parseAlterDrop(s, base);
    case 'ALTER':
      return parseAlterColumn(s, base);
    default:
      throw s.syntaxError();
  }
}

type AlterBase = Pick<AlterTable, 'kind' | 'table'>;

function parseAlterAdd(s: TokenStream, base: AlterBase): AlterTable {
  s.expect('ADD');
  const { pos } = s;
  if (s.is('CONSTRAINT') || s.is('CHECK')) {
    const list: TableConstraint[] = [];
    parseTableConstraint(s, list);
    const constraint = list[0];
    if (constraint === undefined) throw s.syntaxError();
    return { ...base, action: 'addConstraint', constraint, text: s.sql.slice(pos, s.lastEnd) };
  }
  s.accept('COLUMN');
  const start = s.pos;
  const column = parseColumnDef(s);
  return { ...base, action: 'addColumn', column, text: s.sql.slice(start, s.lastEnd) };
}

function parseAlterDrop(s: TokenStream, base: AlterBase): AlterTable {
  s.expect('DROP');
  if (s.accept('CONSTRAINT')) return { ...base, action: 'dropConstraint', constraint: s.name() };
  s.accept('COLUMN');
  return { ...base, action: 'dropColumn', column: s.name() };
}

function parseAlterColumn(s: TokenStream, base: AlterBase): AlterTable {
  s.expect('ALTER');
  s.accept('COLUMN');
  const column = s.name();
  if (s.accept('DROP')) {
    s.expect('NOT');
    s.expect('NULL');
    return { ...base, action: 'dropNotNull', column };
  }
  s.expect('SET');
  s.expect('NOT');
  s.expect('NULL');
  return { ...base, action: 'setNotNull', column, onConflict: onConflict(s) };
}
