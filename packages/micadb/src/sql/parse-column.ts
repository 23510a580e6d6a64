/**
 * Column definitions and the constraints of columns and tables, for CREATE TABLE and ALTER TABLE
 * (https://www.sqlite.org/lang_createtable.html).
 */
import type {
  ColumnConstraint,
  ColumnDef,
  ConflictAction,
  Expr,
  ForeignKeyAction,
  ForeignKeyClause,
  IndexedColumn,
  Name,
  TableConstraint,
  TypeName,
} from './ast.ts';
import { dequote } from './literal.ts';
import { parseConflictAction } from './parse-dml.ts';
import { parseExpr, parseTerm, parseType } from './parse-expr.ts';
import { parseSortList } from './parse-window.ts';
import { isId, Tok } from './token.ts';
import { type TokenStream, trimSpace } from './token-stream.ts';

/** ON CONFLICT action, or null. */
export function parseOnConflict(s: TokenStream): ConflictAction | null {
  if (!s.accept(Tok.On)) return null;
  s.expect(Tok.Conflict);
  return parseConflictAction(s);
}

/** The terms of a key or an index, without the parentheses. */
export function parseIndexedColumns(s: TokenStream): IndexedColumn[] {
  return parseSortList(s).map(({ expr, desc, nulls }) => ({ expr, desc, nulls }));
}

/** ( expr ) and the text between the parentheses. */
export function parseInParens(s: TokenStream): { expr: Expr; text: string } {
  const start = s.end;
  s.expect(Tok.LP);
  const expr = parseExpr(s);
  const text = s.span(start);
  s.expect(Tok.RP);
  return { expr, text };
}

/** Name, type and constraints of a column. */
export function parseColumnDef(s: TokenStream): ColumnDef {
  const { pos } = s;
  const name = s.name();
  const written = parseType(s);
  const type = written === null ? null : columnType(written);
  const constraints: ColumnConstraint[] = [];
  s.constraintName = null;
  for (;;) {
    const c = parseColumnConstraint(s, name);
    if (c === null) break;
    constraints.push(c);
  }
  return { name, type, constraints, pos, end: s.lastEnd };
}

/**
 * A column's type. To the grammar, GENERATED ALWAYS before AS is a part of the type: it is cut off
 * here, as SQLite does (which takes any last ALWAYS with it). A quoted type is what is in the quotes.
 */
function columnType(written: TypeName): TypeName | null {
  let { text } = written;
  if (text.length >= 16 && /always$/i.test(text)) {
    text = trimSpace(text.slice(0, -6));
    if (/generated$/i.test(text)) text = trimSpace(text.slice(0, -9));
  }
  const quoted = /^(?:"(?:[^"]|"")*"|'(?:[^']|'')*'|`(?:[^`]|``)*`|\[[^\]]*\])/.exec(text);
  if (quoted !== null) text = dequote(quoted[0]);
  return text === '' ? null : { text };
}

/** `pos` and `name` of a constraint: CONSTRAINT name may stand before it. */
interface Head {
  readonly name: Name | null;
  readonly pos: number;
}

/**
 * CONSTRAINT name, any number of times: to the grammar it is a constraint by itself. A CHECK without
 * a name of its own takes the last one before it.
 */
function parseHead(s: TokenStream): Head {
  const { pos } = s;
  let name: Name | null = null;
  while (s.accept(Tok.Constraint)) {
    name = s.name();
    s.constraintName = name;
  }
  return { name: s.type === Tok.Check ? s.constraintName : name, pos };
}

function parseColumnConstraint(s: TokenStream, column: Name): ColumnConstraint | null {
  const head = parseHead(s);
  switch (s.type) {
    case Tok.Default:
      return { ...head, ...parseDefault(s) };
    case Tok.Null:
      s.advance();
      return { ...head, kind: 'null', onConflict: parseOnConflict(s) };
    case Tok.Not:
      s.advance();
      if (s.is(Tok.Deferrable)) {
        deferLast(s, parseDeferrable(s));
        return parseColumnConstraint(s, column);
      }
      s.expect(Tok.Null);
      return { ...head, kind: 'notNull', onConflict: parseOnConflict(s) };
    case Tok.Deferrable:
      deferLast(s, parseDeferrable(s));
      return parseColumnConstraint(s, column);
    case Tok.Primary:
      return { ...head, ...parseColumnPrimaryKey(s) };
    case Tok.Unique:
      s.advance();
      return { ...head, kind: 'unique', onConflict: parseOnConflict(s) };
    case Tok.Check:
      s.advance();
      return { ...head, kind: 'check', ...parseInParens(s), onConflict: null };
    case Tok.References:
      s.advance();
      return { ...head, kind: 'references', clause: parseForeignKeyClause(s) };
    case Tok.Collate:
      s.advance();
      return { ...head, kind: 'collate', collation: s.idOrString() };
    case Tok.Generated:
      s.advance();
      s.expect(Tok.Always);
      s.expect(Tok.As);
      return { ...head, kind: 'generated', ...parseGenerated(s, column) };
    case Tok.As:
      s.advance();
      return { ...head, kind: 'generated', ...parseGenerated(s, column) };
    default:
      return null;
  }
}

/** A DEFERRABLE clause behind a column belongs to the last foreign key of the table, if there is one. */
function deferLast(s: TokenStream, deferred: boolean): void {
  if (s.lastForeignKey !== null) s.lastForeignKey.deferred = deferred;
}

/** Behind [NOT]: DEFERRABLE [INITIALLY DEFERRED | IMMEDIATE]; true for INITIALLY DEFERRED. */
function parseDeferrable(s: TokenStream): boolean {
  s.expect(Tok.Deferrable);
  if (!s.accept(Tok.Initially)) return false;
  if (s.accept(Tok.Deferred)) return true;
  s.expect(Tok.Immediate);
  return false;
}

function parseColumnPrimaryKey(s: TokenStream): {
  kind: 'primaryKey';
  desc: boolean;
  onConflict: ConflictAction | null;
  autoincrement: boolean;
} {
  s.advance();
  s.expect(Tok.Key);
  const desc = s.type === Tok.Desc;
  if (desc || s.type === Tok.Asc) s.advance();
  const onConflict = parseOnConflict(s);
  return { kind: 'primaryKey', desc, onConflict, autoincrement: s.accept(Tok.Autoincrement) };
}

/** DEFAULT term, DEFAULT +term, DEFAULT -term, DEFAULT (expr) or DEFAULT word, which is a string. */
function parseDefault(s: TokenStream): { kind: 'default'; expr: Expr; text: string } {
  s.advance();
  const { pos, type } = s;
  switch (type) {
    case Tok.LP:
      return { kind: 'default', ...parseInParens(s) };
    case Tok.Plus:
    case Tok.Minus: {
      s.advance();
      const operand = parseTerm(s);
      const end = s.lastEnd;
      const op = type === Tok.Plus ? '+' : '-';
      const expr: Expr = { kind: 'unary', op, operand, pos, end };
      return { kind: 'default', expr, text: s.sql.slice(pos, end) };
    }
    default:
      return { kind: 'default', expr: parseDefaultWord(s), text: s.sql.slice(pos, s.lastEnd) };
  }
}

/** A term, or a word that is no reserved one: TRUE, FALSE, else it is a string. */
function parseDefaultWord(s: TokenStream): Expr {
  const { pos, end, type } = s;
  if (type !== Tok.Indexed && (!isId(type) || type === Tok.CtimeKw)) return parseTerm(s);
  const name = s.takeName();
  if (name.quote === '' && /^(?:true|false)$/i.test(name.text))
    return { kind: 'id', name, pos, end };
  return { kind: 'string', value: name.text, pos, end };
}

/** Behind AS: ( expr ) [STORED | VIRTUAL]. */
function parseGenerated(s: TokenStream, column: Name): { expr: Expr; stored: boolean } {
  const { expr } = parseInParens(s);
  if (!isId(s.type)) return { expr, stored: false };
  const stored = s.isWord('stored');
  const virtual = s.isWord('virtual');
  s.advance();
  if (!stored && !virtual) s.fail(`error in generated column "${column.text}"`);
  return { expr, stored };
}

/** Behind REFERENCES: the parent table and the actions. DEFERRABLE is not part of it. */
function parseForeignKeyClause(s: TokenStream): ForeignKeyClause {
  const table = s.name();
  const columns = s.columnList();
  let onDelete: ForeignKeyAction = 'NO ACTION';
  let onUpdate: ForeignKeyAction = 'NO ACTION';
  let match: Name | null = null;
  for (;;) {
    if (s.accept(Tok.Match)) match = s.name();
    else if (s.accept(Tok.On)) {
      const event = s.type;
      if (event !== Tok.Insert && event !== Tok.Delete && event !== Tok.Update) {
        throw s.syntaxError();
      }
      s.advance();
      const action = parseForeignKeyAction(s);
      if (event === Tok.Delete) onDelete = action;
      else if (event === Tok.Update) onUpdate = action;
    } else break;
  }
  const clause = { table, columns, onDelete, onUpdate, match, deferred: false };
  s.lastForeignKey = clause;
  return clause;
}

function parseForeignKeyAction(s: TokenStream): ForeignKeyAction {
  if (s.accept(Tok.Set)) {
    if (s.accept(Tok.Null)) return 'SET NULL';
    s.expect(Tok.Default);
    return 'SET DEFAULT';
  }
  if (s.accept(Tok.Cascade)) return 'CASCADE';
  if (s.accept(Tok.Restrict)) return 'RESTRICT';
  s.expect(Tok.No);
  s.expect(Tok.Action);
  return 'NO ACTION';
}

/** Where a table constraint may begin. */
export function beginsTableConstraint(t: Tok): boolean {
  return (
    t === Tok.Constraint ||
    t === Tok.Primary ||
    t === Tok.Unique ||
    t === Tok.Check ||
    t === Tok.Foreign
  );
}

/** One constraint of a table; null for a CONSTRAINT name with nothing behind it. */
export function parseTableConstraint(s: TokenStream): TableConstraint | null {
  const head = parseHead(s);
  switch (s.type) {
    case Tok.Primary: {
      s.advance();
      s.expect(Tok.Key);
      s.expect(Tok.LP);
      const columns = parseIndexedColumns(s);
      const autoincrement = s.accept(Tok.Autoincrement);
      s.expect(Tok.RP);
      return {
        ...head,
        kind: 'primaryKey',
        columns,
        autoincrement,
        onConflict: parseOnConflict(s),
      };
    }
    case Tok.Unique: {
      s.advance();
      s.expect(Tok.LP);
      const columns = parseIndexedColumns(s);
      s.expect(Tok.RP);
      return { ...head, kind: 'unique', columns, onConflict: parseOnConflict(s) };
    }
    case Tok.Check:
      s.advance();
      return { ...head, kind: 'check', ...parseInParens(s), onConflict: parseOnConflict(s) };
    case Tok.Foreign:
      return { ...head, kind: 'foreignKey', ...parseForeignKey(s) };
    default:
      return null;
  }
}

function parseForeignKey(s: TokenStream): { columns: readonly Name[]; clause: ForeignKeyClause } {
  s.advance();
  s.expect(Tok.Key);
  if (s.type !== Tok.LP) throw s.syntaxError();
  const columns = s.columnList() ?? [];
  s.expect(Tok.References);
  const clause = parseForeignKeyClause(s);
  if (s.accept(Tok.Not)) {
    if (!s.is(Tok.Deferrable)) throw s.syntaxError();
  } else if (!s.is(Tok.Deferrable)) return { columns, clause };
  deferLast(s, parseDeferrable(s));
  return { columns, clause };
}
