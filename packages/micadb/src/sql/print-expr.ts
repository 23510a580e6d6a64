/**
 * Expressions as SQL text. Parentheses stand where the tree needs them to read back the same, not
 * where they once were.
 */
import type {
  BinaryOp,
  Expr,
  Frame,
  FrameBound,
  Name,
  OrderingTerm,
  QualifiedName,
  WindowDef,
} from './ast.ts';
import { nameText, quoteIdentifier, quoteString } from './identifier.ts';
import { printSelect } from './printer.ts';

/** How tightly a printed expression holds together, loosest first; the parser's binding powers. */
enum Hold {
  Or = 1,
  And,
  Not,
  Equal,
  Compare,
  Bit,
  Add,
  Multiply,
  Concat,
  Collate,
  Prefix,
  Primary,
}

const HOLDS: Readonly<Record<BinaryOp, Hold>> = {
  OR: Hold.Or,
  AND: Hold.And,
  '=': Hold.Equal,
  '<>': Hold.Equal,
  IS: Hold.Equal,
  'IS NOT': Hold.Equal,
  '<': Hold.Compare,
  '<=': Hold.Compare,
  '>': Hold.Compare,
  '>=': Hold.Compare,
  '&': Hold.Bit,
  '|': Hold.Bit,
  '<<': Hold.Bit,
  '>>': Hold.Bit,
  '+': Hold.Add,
  '-': Hold.Add,
  '*': Hold.Multiply,
  '/': Hold.Multiply,
  '%': Hold.Multiply,
  '||': Hold.Concat,
  '->': Hold.Concat,
  '->>': Hold.Concat,
};

function holdOf(e: Expr): Hold {
  switch (e.kind) {
    case 'binary':
      return HOLDS[e.op];
    case 'unary':
      if (e.op === 'NOT') return Hold.Not;
      return e.op === 'ISNULL' || e.op === 'NOTNULL' ? Hold.Equal : Hold.Prefix;
    case 'like':
    case 'between':
    case 'in':
      return Hold.Equal;
    case 'collate':
      return Hold.Collate;
    default:
      return Hold.Primary;
  }
}

/** An expression as SQL text. */
export function printExpr(e: Expr): string {
  return at(e, Hold.Or);
}

/** The expression, in parentheses when it holds less tightly than `least`. */
function at(e: Expr, least: Hold): string {
  const text = print(e);
  return holdOf(e) < least ? `(${text})` : text;
}

export function printList(list: readonly Expr[]): string {
  return list.map(printExpr).join(', ');
}

export function printQualified(n: QualifiedName): string {
  return n.schema === null ? nameText(n.name) : `${nameText(n.schema)}.${nameText(n.name)}`;
}

/** A name at the start of an operand, where some keywords mean something else. */
function leading(name: Name): string {
  const keyword = /^(?:cast|raise|current_(?:date|time|timestamp))$/i.test(name.text);
  return name.quote === '' && keyword ? quoteIdentifier(name.text) : nameText(name);
}

function print(e: Expr): string {
  switch (e.kind) {
    case 'null':
      return 'NULL';
    case 'integer':
    case 'real':
      return e.text;
    case 'string':
      return quoteString(e.value);
    case 'blob':
      return `x'${Array.from(e.value, (b) => b.toString(16).padStart(2, '0')).join('')}'`;
    case 'current':
      return e.which;
    case 'parameter':
      return e.name ?? '?';
    case 'id':
      return leading(e.name);
    case 'column': {
      const column = `${nameText(e.table)}.${nameText(e.column)}`;
      if (e.schema !== null) return `${leading(e.schema)}.${column}`;
      return `${leading(e.table)}.${nameText(e.column)}`;
    }
    case 'unary':
      return printUnary(e);
    case 'binary': {
      const hold = HOLDS[e.op];
      return `${at(e.left, hold)} ${e.op} ${at(e.right, hold + 1)}`;
    }
    case 'like': {
      const end = e.escape === null ? '' : ` ESCAPE ${at(e.escape, Hold.Compare)}`;
      return `${left(e.left, e.not)} ${e.op} ${at(e.right, Hold.Compare)}${end}`;
    }
    case 'between':
      return `${left(e.operand, e.not)} BETWEEN ${at(e.low, Hold.Compare)} AND ${at(e.high, Hold.Compare)}`;
    case 'in':
      return `${left(e.operand, e.not)} IN ${printInSource(e.source)}`;
    case 'exists':
      return `EXISTS (${printSelect(e.select)})`;
    case 'subquery':
      return `(${printSelect(e.select)})`;
    case 'vector':
      return `(${printList(e.items)})`;
    case 'cast':
      return `CAST(${printExpr(e.operand)} AS ${e.type.text})`;
    case 'collate':
      return `${at(e.operand, Hold.Collate)} COLLATE ${nameText(e.collation)}`;
    case 'case':
      return printCase(e);
    case 'function':
      return printCall(e);
    case 'raise':
      return e.message === null
        ? `RAISE(${e.action})`
        : `RAISE(${e.action}, ${printExpr(e.message)})`;
  }
}

/** The left operand of LIKE, BETWEEN and IN, and the NOT behind it. */
function left(operand: Expr, not: boolean): string {
  return at(operand, Hold.Equal) + (not ? ' NOT' : '');
}

function printUnary(e: Expr & { kind: 'unary' }): string {
  switch (e.op) {
    case 'NOT':
      return `NOT ${at(e.operand, Hold.Not)}`;
    case 'ISNULL':
      return `${at(e.operand, Hold.Equal)} IS NULL`;
    case 'NOTNULL':
      return `${at(e.operand, Hold.Equal)} IS NOT NULL`;
    default: {
      const operand = at(e.operand, Hold.Prefix);
      // Two minus signs side by side would begin a comment.
      return e.op === '-' && operand.startsWith('-') ? `- ${operand}` : e.op + operand;
    }
  }
}

function printInSource(source: (Expr & { kind: 'in' })['source']): string {
  switch (source.kind) {
    case 'list':
      return `(${printList(source.items)})`;
    case 'select':
      return `(${printSelect(source.select)})`;
    case 'table':
      return (
        printQualified(source.table) + (source.args === null ? '' : `(${printList(source.args)})`)
      );
  }
}

function printCase(e: Expr & { kind: 'case' }): string {
  const parts = ['CASE'];
  if (e.operand !== null) parts.push(printExpr(e.operand));
  for (const w of e.whens) parts.push(`WHEN ${printExpr(w.when)} THEN ${printExpr(w.then)}`);
  if (e.otherwise !== null) parts.push(`ELSE ${printExpr(e.otherwise)}`);
  return `${parts.join(' ')} END`;
}

function printCall(e: Expr & { kind: 'function' }): string {
  const inside: string[] = [];
  if (e.distinct) inside.push('DISTINCT');
  if (e.args === 'star') inside.push('*');
  else if (e.args.length > 0) inside.push(printList(e.args));
  if (e.orderBy.length > 0) inside.push(printOrderBy(e.orderBy));
  let text = `${leading(e.name)}(${inside.join(' ')})`;
  if (e.filter !== null) text += ` FILTER (WHERE ${printExpr(e.filter)})`;
  if (e.over !== null) {
    text += ` OVER ${'kind' in e.over ? printWindow(e.over) : nameText(e.over)}`;
  }
  return text;
}

export function printTerms(terms: readonly OrderingTerm[]): string {
  const term = (t: OrderingTerm): string => {
    const direction = t.desc ? ' DESC' : t.explicit ? ' ASC' : '';
    return printExpr(t.expr) + direction + (t.nulls === null ? '' : ` NULLS ${t.nulls}`);
  };
  return terms.map(term).join(', ');
}

/** ORDER BY and its terms; '' for none. */
export function printOrderBy(terms: readonly OrderingTerm[]): string {
  return terms.length === 0 ? '' : `ORDER BY ${printTerms(terms)}`;
}

export function printWindow(w: WindowDef): string {
  const parts: string[] = [];
  if (w.base !== null) parts.push(nameText(w.base));
  if (w.partitionBy.length > 0) parts.push(`PARTITION BY ${printList(w.partitionBy)}`);
  if (w.orderBy.length > 0) parts.push(printOrderBy(w.orderBy));
  if (w.frame !== null) parts.push(printFrame(w.frame));
  return `(${parts.join(' ')})`;
}

function printBound(b: FrameBound): string {
  switch (b.kind) {
    case 'preceding':
    case 'following':
      return `${printExpr(b.expr)} ${b.kind.toUpperCase()}`;
    default:
      return b.kind.toUpperCase();
  }
}

function printFrame(f: Frame): string {
  const bounds = `BETWEEN ${printBound(f.start)} AND ${printBound(f.end)}`;
  return `${f.unit} ${bounds}${f.exclude === 'NO OTHERS' ? '' : ` EXCLUDE ${f.exclude}`}`;
}
