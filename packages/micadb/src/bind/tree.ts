/**
 * The bound, relational form of a statement (wall 11): names resolved to columns, types known, no
 * physical choice made. Immutable once bound (except the sets of used columns, which grow while the
 * binder runs); rewriting makes new trees.
 *
 * A `QueryBlock` stands for the canonical stack
 *   limit(sort(distinct(project(filter having(aggregate(filter where(join(sources))))))))
 * in one node, as SQL's SELECT and SQLite's planner have it; `Compound` and `Recursive` combine
 * queries. Sources have statement-wide unique ids; codegen uses the id as the VM cursor number.
 */

import type { Index, Table } from '../catalog/types.ts';
import type { FunctionDef, PureUse } from '../functions/types.ts';
import type { CompoundOp, Frame, JoinOperator } from '../sql/ast.ts';
import type { Affinity, SqlValue } from '../values/value.ts';

// -- expressions -------------------------------------------------------------------------------

export type CompareOp = '=' | '<>' | '<' | '<=' | '>' | '>=' | 'IS' | 'IS NOT';
export type ArithmeticOp = '+' | '-' | '*' | '/' | '%' | '&' | '|' | '<<' | '>>' | '||';

export type BoundExpr =
  | { readonly kind: 'constant'; readonly value: SqlValue }
  | { readonly kind: 'parameter'; readonly index: number; readonly name: string | null }
  /** `column` -1 is the rowid. `source` may be SELF (see below). */
  | { readonly kind: 'column'; readonly source: Source; readonly column: number }
  /** NEW.x / OLD.x in a trigger program; -1 the rowid. */
  | {
      readonly kind: 'triggerColumn';
      readonly row: 'new' | 'old';
      readonly table: Table;
      readonly column: number;
    }
  /**
   * A value that codegen has already put in a register (or that codegen made while rewriting);
   * type facts are those of `of`. The binder never makes it.
   */
  | {
      readonly kind: 'register';
      readonly register: number;
      readonly of: BoundExpr;
      /** The column `of` has this value wherever the WHERE clause holds (constant propagation). */
      readonly fixed?: boolean;
    }
  /** A column of a cursor that codegen opened (sorter, ephemeral table); type facts are those of `of`. */
  | {
      readonly kind: 'cursorColumn';
      readonly cursor: number;
      readonly column: number;
      readonly of: BoundExpr;
    }
  | { readonly kind: 'unary'; readonly op: '-' | '+' | '~' | 'NOT'; readonly operand: BoundExpr }
  | { readonly kind: 'isNull'; readonly not: boolean; readonly operand: BoundExpr }
  /** x IS [NOT] TRUE / FALSE. */
  | {
      readonly kind: 'truth';
      readonly not: boolean;
      readonly value: boolean;
      readonly operand: BoundExpr;
    }
  | {
      readonly kind: 'arithmetic';
      readonly op: ArithmeticOp;
      readonly left: BoundExpr;
      readonly right: BoundExpr;
    }
  /** Operands may be vectors (row values or multi-column subqueries) of the same size. */
  | {
      readonly kind: 'compare';
      readonly op: CompareOp;
      readonly left: BoundExpr;
      readonly right: BoundExpr;
    }
  | { readonly kind: 'and' | 'or'; readonly left: BoundExpr; readonly right: BoundExpr }
  | {
      readonly kind: 'between';
      readonly operand: BoundExpr;
      readonly low: BoundExpr;
      readonly high: BoundExpr;
    }
  /** NOT IN comes as unary NOT over this. */
  | {
      readonly kind: 'inList';
      readonly operand: BoundExpr;
      readonly items: readonly BoundExpr[];
      /** The same IN with another left side: both use one set. */
      readonly copyOf?: BoundExpr;
    }
  | {
      readonly kind: 'inQuery';
      readonly operand: BoundExpr;
      readonly query: Query;
      readonly correlated: boolean;
      readonly copyOf?: BoundExpr;
    }
  | { readonly kind: 'exists'; readonly query: Query; readonly correlated: boolean }
  /** One column: a scalar; more: a vector. */
  | { readonly kind: 'subquery'; readonly query: Query; readonly correlated: boolean }
  | { readonly kind: 'vector'; readonly items: readonly BoundExpr[] }
  | { readonly kind: 'cast'; readonly operand: BoundExpr; readonly affinity: Affinity }
  | {
      readonly kind: 'collate';
      readonly operand: BoundExpr;
      readonly collation: string;
      /** Not a COLLATE operator, but what a view's column had before it was replaced by its expression. */
      readonly implicit?: boolean;
    }
  | {
      readonly kind: 'case';
      readonly operand: BoundExpr | null;
      readonly whens: readonly { readonly when: BoundExpr; readonly then: BoundExpr }[];
      readonly otherwise: BoundExpr | null;
    }
  /** Scalar functions; LIKE and GLOB too (arguments: pattern, text[, escape]). */
  | {
      readonly kind: 'function';
      readonly def: FunctionDef;
      readonly args: readonly BoundExpr[];
      /** Written as an operator: `x LIKE y`, or one of GLOB, REGEXP, MATCH. */
      readonly infix?: 'LIKE' | 'GLOB';
      /** Functions of date and time in an expression of the table itself: the clock is not to be read. */
      readonly pureUse?: PureUse;
    }
  /** An aggregate call that belongs to the block with id `block` (not always the innermost one). */
  | {
      readonly kind: 'aggregate';
      readonly def: FunctionDef;
      readonly args: readonly BoundExpr[];
      readonly distinct: boolean;
      readonly filter: BoundExpr | null;
      readonly orderBy: readonly OrderTerm[];
      readonly block: number;
    }
  | {
      readonly kind: 'window';
      readonly def: FunctionDef;
      readonly args: readonly BoundExpr[];
      readonly filter: BoundExpr | null;
      readonly window: BoundWindow;
      readonly block: number;
    }
  | {
      readonly kind: 'raise';
      readonly action: 'IGNORE' | 'ROLLBACK' | 'ABORT' | 'FAIL';
      readonly message: BoundExpr | null;
    };

export type BoundExprKind = BoundExpr['kind'];

export interface BoundWindow {
  readonly partitionBy: readonly BoundExpr[];
  readonly orderBy: readonly OrderTerm[];
  readonly frame: Frame | null;
  readonly start: BoundExpr | null;
  readonly end: BoundExpr | null;
}

export interface OrderTerm {
  readonly expr: BoundExpr;
  readonly desc: boolean;
  /** NULLs at the other end than SQLite's default (NULLS LAST with ASC, NULLS FIRST with DESC). */
  readonly bigNull: boolean;
  /** 1-based result column that the term names (by alias, number or equal expression), else 0. */
  readonly result: number;
}

/**
 * One AND-connected term. Terms of an ON/USING clause keep where they came from: for outer joins the
 * place of evaluation depends on it.
 */
export interface Conjunct {
  readonly expr: BoundExpr;
  /** Id of the right-hand source of the LEFT/RIGHT/FULL join whose ON it is (EP_OuterON); else -1. */
  readonly outerOn: number;
  /** Id of the right-hand source of the inner join whose ON it is (EP_InnerON); else -1. */
  readonly innerOn: number;
}

// -- sources -----------------------------------------------------------------------------------

export interface SourceColumn {
  readonly name: string;
  readonly affinity: Affinity;
  /** Collation name, 'BINARY' by default. */
  readonly collation: string;
  readonly declType: string | null;
  readonly notNull: boolean;
  readonly hidden: boolean;
}

/** One item of a FROM clause. */
export interface Source {
  /** Unique in the statement (sub-programs count anew); the VM cursor number. */
  readonly id: number;
  /** Name by which it is known: alias, else table name; null for an unnamed subquery. */
  readonly alias: string | null;
  /** Name of table, view or CTE, for EXPLAIN QUERY PLAN; null for a subquery. */
  readonly name: string | null;
  /** Index of the attached database of `table`. */
  readonly db: number;
  readonly table: Table | null;
  /** View, CTE or subquery in FROM. */
  readonly query: Query | null;
  readonly correlated: boolean;
  /** The recursive reference inside a recursive CTE: rows of the queue, one at a time. */
  readonly recursive: boolean;
  /** References to one MATERIALIZED-by-choice CTE share this token; null elsewhere. */
  readonly cte: CteUse | null;
  readonly columns: readonly SourceColumn[];
  /** How it is joined to what stands left of it; NATURAL/USING are already in the conjuncts. */
  readonly join: JoinOperator['kind'];
  /** Left operand of a RIGHT or FULL join further right (its columns can be NULL: JT_LTORJ). */
  readonly leftOfRight: boolean;
  readonly indexedBy: Index | null;
  readonly notIndexed: boolean;
  /** Arguments of a table-valued function. */
  readonly args: readonly BoundExpr[] | null;
  /** Columns used anywhere in the statement (-1 for the rowid); filled by the binder. */
  readonly used: Set<number>;
  /** Rewriting has fitted the subquery to this use: other uses of the view have other rows. */
  readonly fitted?: boolean;
  /** Was the FROM of an EXISTS that rewriting joined: one match is enough. */
  readonly fromExists?: boolean;
  /** Names of columns joined by USING/NATURAL (for coalescing and star expansion), lower case. */
  readonly using: ReadonlySet<string>;
}

/** All references to one CTE. */
export interface CteUse {
  readonly name: string;
  readonly materialized: boolean | null;
  /** Count of references in the statement. */
  references: number;
}

/**
 * The pseudo source of expressions that belong to a table itself: CHECK, DEFAULT, generated columns,
 * index expressions, partial index conditions. Where its columns are is said by
 * `Codegen.self` (a cursor or registers).
 */
export const SELF_ID = -1;

// -- queries -----------------------------------------------------------------------------------

export interface ResultColumn {
  readonly expr: BoundExpr;
  readonly name: string;
  /** True when `name` came from AS (or is a plain column's own name). */
  readonly named: boolean;
  readonly declType: string | null;
}

export interface QueryBlock {
  readonly kind: 'block';
  readonly id: number;
  /** The syntax node it was made from: EXPLAIN QUERY PLAN numbers queries in the order they are written. */
  readonly core?: object;
  readonly columns: readonly ResultColumn[];
  readonly sources: readonly Source[];
  readonly where: readonly Conjunct[];
  readonly isAggregate: boolean;
  readonly groupBy: readonly BoundExpr[];
  readonly having: BoundExpr | null;
  readonly distinct: boolean;
  readonly orderBy: readonly OrderTerm[];
  readonly limit: BoundExpr | null;
  readonly offset: BoundExpr | null;
  readonly hasWindow: boolean;
  /** Uses columns of an enclosing query. */
  readonly correlated: boolean;
}

/** VALUES (...), (...): more than one row, or one in FROM/INSERT. */
export interface ValuesQuery {
  readonly kind: 'values';
  readonly id: number;
  /** The syntax node it was made from: EXPLAIN QUERY PLAN numbers queries in the order they are written. */
  readonly core?: object;
  readonly columns: readonly ResultColumn[];
  readonly rows: readonly (readonly BoundExpr[])[];
  readonly orderBy: readonly OrderTerm[];
  readonly limit: BoundExpr | null;
  readonly offset: BoundExpr | null;
  readonly correlated: boolean;
}

/** a UNION b EXCEPT c ...: left-associative. ORDER BY terms all have `result` > 0. */
export interface CompoundQuery {
  readonly kind: 'compound';
  readonly id: number;
  readonly columns: readonly ResultColumn[];
  readonly first: QueryBlock | ValuesQuery;
  readonly rest: readonly { readonly op: CompoundOp; readonly query: QueryBlock | ValuesQuery }[];
  /** Collation of each result column for comparisons between arms (leftmost arm that has one). */
  readonly collations: readonly (string | null)[];
  readonly orderBy: readonly OrderTerm[];
  readonly limit: BoundExpr | null;
  readonly offset: BoundExpr | null;
  readonly correlated: boolean;
}

/** WITH RECURSIVE x AS (setup UNION [ALL] recursive ...). */
export interface RecursiveQuery {
  readonly kind: 'recursive';
  readonly id: number;
  readonly columns: readonly ResultColumn[];
  readonly setup: Query;
  /** Arms that refer to the queue through a Source with `recursive`. */
  readonly steps: readonly (QueryBlock | ValuesQuery)[];
  /** UNION (true) or UNION ALL. */
  readonly distinct: boolean;
  /** Source id (cursor) of the current row, shared by the recursive references. */
  readonly queueSource: number;
  readonly collations: readonly (string | null)[];
  readonly orderBy: readonly OrderTerm[];
  readonly limit: BoundExpr | null;
  readonly offset: BoundExpr | null;
  readonly correlated: boolean;
}

export type Query = QueryBlock | ValuesQuery | CompoundQuery | RecursiveQuery;
