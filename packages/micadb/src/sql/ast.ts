/**
 * The abstract syntax tree of SQLite's SQL, as the parser makes it. Immutable, discriminated by
 * `kind`. Names are as written, without their quotes. No name is resolved here.
 *
 * `Pos` is the UTF-16 offset of the node's first token in the SQL text; `end` where it is present is
 * the offset just past its last token (text of column defaults, checks, view bodies, result column
 * names is cut from the source with them).
 */

export interface Name {
  readonly text: string;
  /** How it was quoted: '' bare, '"', '`', '[', or "'" where SQLite takes a string for a name. */
  readonly quote: '' | '"' | '`' | '[' | "'";
  readonly pos: number;
}

export interface QualifiedName {
  readonly schema: Name | null;
  readonly name: Name;
}

// -- expressions -------------------------------------------------------------------------------

export type BinaryOp =
  | '||'
  | '->'
  | '->>'
  | '*'
  | '/'
  | '%'
  | '+'
  | '-'
  | '&'
  | '|'
  | '<<'
  | '>>'
  | '<'
  | '<='
  | '>'
  | '>='
  | '='
  | '<>'
  | 'AND'
  | 'OR'
  | 'IS'
  | 'IS NOT';
// `IS NOT DISTINCT FROM` is IS, `IS DISTINCT FROM` is IS NOT, `==` is `=`, `!=` is `<>`.
export type UnaryOp = '-' | '+' | '~' | 'NOT' | 'ISNULL' | 'NOTNULL';

interface ExprBase {
  readonly pos: number;
  readonly end: number;
}

export type Expr = ExprBase &
  (
    | { readonly kind: 'null' }
    /** Integer literal in int64 range (hex included), as INTEGER. A decimal one beyond becomes 'real'.
     *  `text` is the source text: -9223372036854775808 is unary minus on an 'integer' whose text is
     *  9223372036854775808, which alone is a real: such a literal comes as 'integer' with value
     *  9223372036854775808n and the binder decides. */
    | { readonly kind: 'integer'; readonly value: number | bigint; readonly text: string }
    | { readonly kind: 'real'; readonly value: number; readonly text: string }
    | { readonly kind: 'string'; readonly value: string }
    | { readonly kind: 'blob'; readonly value: Uint8Array }
    | {
        readonly kind: 'current';
        readonly which: 'CURRENT_TIME' | 'CURRENT_DATE' | 'CURRENT_TIMESTAMP';
      }
    /** `?` -> number assigned by the parser; `?5`, `:a`, `@a`, `$a` with `name` as written. */
    | { readonly kind: 'parameter'; readonly index: number; readonly name: string | null }
    /** A name alone: column, or a string if double-quoted and no column fits, or TRUE/FALSE. */
    | { readonly kind: 'id'; readonly name: Name }
    /** [schema.]table.column */
    | {
        readonly kind: 'column';
        readonly schema: Name | null;
        readonly table: Name;
        readonly column: Name;
      }
    | { readonly kind: 'unary'; readonly op: UnaryOp; readonly operand: Expr }
    | { readonly kind: 'binary'; readonly op: BinaryOp; readonly left: Expr; readonly right: Expr }
    | {
        readonly kind: 'like';
        readonly op: 'LIKE' | 'GLOB' | 'REGEXP' | 'MATCH';
        readonly not: boolean;
        readonly left: Expr;
        readonly right: Expr;
        readonly escape: Expr | null;
      }
    | {
        readonly kind: 'between';
        readonly not: boolean;
        readonly operand: Expr;
        readonly low: Expr;
        readonly high: Expr;
      }
    | {
        readonly kind: 'in';
        readonly not: boolean;
        readonly operand: Expr;
        readonly source:
          | { readonly kind: 'list'; readonly items: readonly Expr[] }
          | { readonly kind: 'select'; readonly select: Select }
          | {
              readonly kind: 'table';
              readonly table: QualifiedName;
              readonly args: readonly Expr[] | null;
            };
      }
    | { readonly kind: 'exists'; readonly select: Select }
    | { readonly kind: 'subquery'; readonly select: Select }
    /** (a, b, c): a row value. A single parenthesized expression is the expression itself with
     *  `parenthesized` nodes left out. */
    | { readonly kind: 'vector'; readonly items: readonly Expr[] }
    | { readonly kind: 'cast'; readonly operand: Expr; readonly type: TypeName }
    | { readonly kind: 'collate'; readonly operand: Expr; readonly collation: Name }
    | {
        readonly kind: 'case';
        readonly operand: Expr | null;
        readonly whens: readonly { readonly when: Expr; readonly then: Expr }[];
        readonly otherwise: Expr | null;
      }
    | {
        readonly kind: 'function';
        readonly name: Name;
        /** 'star' for f(*). */
        readonly args: readonly Expr[] | 'star';
        readonly distinct: boolean;
        /** ORDER BY inside the aggregate. */
        readonly orderBy: readonly OrderingTerm[];
        readonly filter: Expr | null;
        /** OVER name or OVER (...). */
        readonly over: Name | WindowDef | null;
      }
    | {
        readonly kind: 'raise';
        readonly action: 'IGNORE' | 'ROLLBACK' | 'ABORT' | 'FAIL';
        readonly message: Expr | null;
      }
  );

export type ExprKind = Expr['kind'];

export interface TypeName {
  /** As written, with "(n)" or "(n,m)" at the end: "VARCHAR(10)". A quoted one without its quotes. */
  readonly text: string;
}

export interface OrderingTerm {
  readonly expr: Expr;
  readonly desc: boolean;
  /** True when ASC or DESC was written. */
  readonly explicit: boolean;
  readonly nulls: 'FIRST' | 'LAST' | null;
}

export interface WindowDef {
  readonly kind: 'window';
  readonly base: Name | null;
  readonly partitionBy: readonly Expr[];
  readonly orderBy: readonly OrderingTerm[];
  readonly frame: Frame | null;
  readonly pos: number;
}
export type FrameBound =
  | { readonly kind: 'unbounded preceding' | 'current row' | 'unbounded following' }
  | { readonly kind: 'preceding' | 'following'; readonly expr: Expr };
export interface Frame {
  readonly unit: 'ROWS' | 'RANGE' | 'GROUPS';
  readonly start: FrameBound;
  readonly end: FrameBound;
  readonly exclude: 'NO OTHERS' | 'CURRENT ROW' | 'GROUP' | 'TIES';
}

// -- select ------------------------------------------------------------------------------------

export interface With {
  readonly recursive: boolean;
  readonly ctes: readonly Cte[];
}
export interface Cte {
  readonly name: Name;
  readonly columns: readonly Name[] | null;
  readonly materialized: boolean | null;
  readonly select: Select;
}

export type ResultColumn =
  | {
      readonly kind: 'expr';
      readonly expr: Expr;
      readonly alias: Name | null /** source text */;
      readonly text: string;
    }
  | { readonly kind: 'star' }
  | { readonly kind: 'tableStar'; readonly table: Name };

export interface JoinOperator {
  /** The first item of FROM has 'comma' and no flags. */
  readonly kind: 'comma' | 'inner' | 'cross' | 'left' | 'right' | 'full';
  readonly natural: boolean;
}
export interface FromItem {
  readonly join: JoinOperator;
  readonly source:
    | {
        readonly kind: 'table';
        readonly table: QualifiedName;
        /** Arguments of a table-valued function. */
        readonly args: readonly Expr[] | null;
        readonly indexedBy: Name | null;
        readonly notIndexed: boolean;
      }
    | { readonly kind: 'select'; readonly select: Select }
    /** ( join-clause ) */
    | { readonly kind: 'join'; readonly items: readonly FromItem[] };
  readonly alias: Name | null;
  readonly on: Expr | null;
  readonly using: readonly Name[] | null;
  readonly pos: number;
}

export interface SelectCore {
  readonly kind: 'core';
  readonly distinct: boolean;
  readonly columns: readonly ResultColumn[];
  readonly from: readonly FromItem[];
  readonly where: Expr | null;
  readonly groupBy: readonly Expr[];
  readonly having: Expr | null;
  readonly windows: readonly { readonly name: Name; readonly def: WindowDef }[];
  readonly pos: number;
}
export interface ValuesCore {
  readonly kind: 'values';
  readonly rows: readonly (readonly Expr[])[];
  readonly pos: number;
}
export type CompoundOp = 'UNION' | 'UNION ALL' | 'INTERSECT' | 'EXCEPT';
export interface Select {
  readonly kind: 'select';
  readonly with: With | null;
  readonly first: SelectCore | ValuesCore;
  readonly rest: readonly { readonly op: CompoundOp; readonly core: SelectCore | ValuesCore }[];
  readonly orderBy: readonly OrderingTerm[];
  readonly limit: Expr | null;
  readonly offset: Expr | null;
  readonly pos: number;
  readonly end: number;
}

// -- data changes ------------------------------------------------------------------------------

export type ConflictAction = 'ROLLBACK' | 'ABORT' | 'FAIL' | 'IGNORE' | 'REPLACE';

export interface Upsert {
  /** Null: any uniqueness conflict. */
  readonly target: readonly OrderingTerm[] | null;
  readonly targetWhere: Expr | null;
  /** Null: DO NOTHING. */
  readonly set: readonly SetClause[] | null;
  readonly where: Expr | null;
}
export interface SetClause {
  /** One name, or several for (a,b) = ... */
  readonly columns: readonly Name[];
  readonly isVector: boolean;
  readonly value: Expr;
}
export interface Insert {
  readonly kind: 'insert';
  readonly with: With | null;
  readonly or: ConflictAction | null;
  readonly table: QualifiedName;
  readonly alias: Name | null;
  readonly columns: readonly Name[] | null;
  /** Null: DEFAULT VALUES. VALUES(...) is a Select with a ValuesCore. */
  readonly select: Select | null;
  readonly upserts: readonly Upsert[];
  readonly returning: readonly ResultColumn[];
}
export interface Update {
  readonly kind: 'update';
  readonly with: With | null;
  readonly or: ConflictAction | null;
  readonly table: QualifiedName;
  readonly alias: Name | null;
  readonly indexedBy: Name | null;
  readonly notIndexed: boolean;
  readonly set: readonly SetClause[];
  readonly from: readonly FromItem[];
  readonly where: Expr | null;
  readonly orderBy: readonly OrderingTerm[];
  readonly limit: Expr | null;
  readonly offset: Expr | null;
  readonly returning: readonly ResultColumn[];
}
export interface Delete {
  readonly kind: 'delete';
  readonly with: With | null;
  readonly table: QualifiedName;
  readonly alias: Name | null;
  readonly indexedBy: Name | null;
  readonly notIndexed: boolean;
  readonly where: Expr | null;
  readonly orderBy: readonly OrderingTerm[];
  readonly limit: Expr | null;
  readonly offset: Expr | null;
  readonly returning: readonly ResultColumn[];
}

// -- schema ------------------------------------------------------------------------------------

export type ForeignKeyAction = 'NO ACTION' | 'RESTRICT' | 'SET NULL' | 'SET DEFAULT' | 'CASCADE';
export interface ForeignKeyClause {
  readonly table: Name;
  readonly columns: readonly Name[] | null;
  readonly onDelete: ForeignKeyAction;
  readonly onUpdate: ForeignKeyAction;
  readonly match: Name | null;
  /** DEFERRABLE INITIALLY DEFERRED. */
  readonly deferred: boolean;
}

export type ColumnConstraint = { readonly name: Name | null; readonly pos: number } & (
  | {
      readonly kind: 'primaryKey';
      readonly desc: boolean;
      readonly onConflict: ConflictAction | null;
      readonly autoincrement: boolean;
    }
  | { readonly kind: 'notNull'; readonly onConflict: ConflictAction | null }
  | { readonly kind: 'null'; readonly onConflict: ConflictAction | null }
  | { readonly kind: 'unique'; readonly onConflict: ConflictAction | null }
  | {
      readonly kind: 'check';
      readonly expr: Expr;
      /** Source text between the parentheses. */
      readonly text: string;
      readonly onConflict: ConflictAction | null;
    }
  | {
      readonly kind: 'default';
      readonly expr: Expr /** as written, for table_info */;
      readonly text: string;
    }
  | { readonly kind: 'collate'; readonly collation: Name }
  | { readonly kind: 'references'; readonly clause: ForeignKeyClause }
  | { readonly kind: 'generated'; readonly expr: Expr; readonly stored: boolean }
);
export interface ColumnDef {
  readonly name: Name;
  readonly type: TypeName | null;
  readonly constraints: readonly ColumnConstraint[];
  readonly pos: number;
  readonly end: number;
}
export interface IndexedColumn {
  readonly expr: Expr;
  /** `x COLLATE c` comes as a 'collate' Expr. */
  readonly desc: boolean;
  readonly nulls: 'FIRST' | 'LAST' | null;
}
export type TableConstraint = { readonly name: Name | null; readonly pos: number } & (
  | {
      readonly kind: 'primaryKey';
      readonly columns: readonly IndexedColumn[];
      readonly onConflict: ConflictAction | null;
      readonly autoincrement: boolean;
    }
  | {
      readonly kind: 'unique';
      readonly columns: readonly IndexedColumn[];
      readonly onConflict: ConflictAction | null;
    }
  | {
      readonly kind: 'check';
      readonly expr: Expr;
      /** Source text between the parentheses. */
      readonly text: string;
      readonly onConflict: ConflictAction | null;
    }
  | {
      readonly kind: 'foreignKey';
      readonly columns: readonly Name[];
      readonly clause: ForeignKeyClause;
    }
);
export interface CreateTable {
  readonly kind: 'createTable';
  readonly temp: boolean;
  readonly ifNotExists: boolean;
  readonly table: QualifiedName;
  readonly columns: readonly ColumnDef[];
  readonly constraints: readonly TableConstraint[];
  readonly withoutRowid: boolean;
  readonly strict: boolean;
  /** CREATE TABLE ... AS. */
  readonly select: Select | null;
  /** Offsets of the name (start of the text stored after "CREATE TABLE ") and of the statement's end. */
  readonly namePos: number;
  readonly end: number;
}
export interface CreateIndex {
  readonly kind: 'createIndex';
  readonly unique: boolean;
  readonly ifNotExists: boolean;
  readonly index: QualifiedName;
  readonly table: Name;
  readonly columns: readonly IndexedColumn[];
  readonly where: Expr | null;
  readonly namePos: number;
  readonly end: number;
}
export interface CreateView {
  readonly kind: 'createView';
  readonly temp: boolean;
  readonly ifNotExists: boolean;
  readonly view: QualifiedName;
  readonly columns: readonly Name[] | null;
  readonly select: Select;
  readonly namePos: number;
  readonly end: number;
}
export interface CreateTrigger {
  readonly kind: 'createTrigger';
  readonly temp: boolean;
  readonly ifNotExists: boolean;
  readonly trigger: QualifiedName;
  readonly time: 'BEFORE' | 'AFTER' | 'INSTEAD OF';
  readonly event: 'DELETE' | 'INSERT' | 'UPDATE';
  /** UPDATE OF columns. */
  readonly columns: readonly Name[] | null;
  readonly table: QualifiedName;
  readonly forEachRow: boolean;
  readonly when: Expr | null;
  readonly body: readonly (Insert | Update | Delete | Select)[];
  readonly namePos: number;
  readonly end: number;
}
export interface CreateVirtualTable {
  readonly kind: 'createVirtualTable';
  readonly ifNotExists: boolean;
  readonly table: QualifiedName;
  readonly module: Name;
  readonly args: readonly string[];
  readonly namePos: number;
  readonly end: number;
}
export interface Drop {
  readonly kind: 'drop';
  readonly what: 'TABLE' | 'INDEX' | 'VIEW' | 'TRIGGER';
  readonly ifExists: boolean;
  readonly target: QualifiedName;
}
export type AlterTable = { readonly kind: 'alterTable'; readonly table: QualifiedName } & (
  | { readonly action: 'renameTable'; readonly to: Name }
  | { readonly action: 'renameColumn'; readonly column: Name; readonly to: Name }
  | {
      readonly action: 'addColumn';
      readonly column: ColumnDef /** the definition's source text */;
      readonly text: string;
    }
  | { readonly action: 'dropColumn'; readonly column: Name }
  /** ALTER COLUMN ... SET/DROP NOT NULL, ADD/DROP CONSTRAINT of SQLite 3.53 (as the oracle accepts them). */
  | {
      readonly action: 'setNotNull';
      readonly column: Name;
      readonly onConflict: ConflictAction | null;
    }
  | { readonly action: 'dropNotNull'; readonly column: Name }
  | {
      readonly action: 'addConstraint';
      readonly constraint: TableConstraint;
      readonly text: string;
    }
  | { readonly action: 'dropConstraint'; readonly constraint: Name }
);

// -- the rest ----------------------------------------------------------------------------------

export type PragmaValue = {
  readonly text: string;
  readonly quoted: boolean;
  readonly negative: boolean;
};

export type Statement =
  | Select
  | Insert
  | Update
  | Delete
  | CreateTable
  | CreateIndex
  | CreateView
  | CreateTrigger
  | CreateVirtualTable
  | Drop
  | AlterTable
  | { readonly kind: 'begin'; readonly mode: 'DEFERRED' | 'IMMEDIATE' | 'EXCLUSIVE' | 'CONCURRENT' }
  | { readonly kind: 'commit' }
  | { readonly kind: 'rollback'; readonly to: Name | null }
  | { readonly kind: 'savepoint'; readonly name: Name }
  | { readonly kind: 'release'; readonly name: Name }
  | {
      readonly kind: 'attach';
      readonly file: Expr;
      readonly schema: Expr;
      readonly key: Expr | null;
    }
  | { readonly kind: 'detach'; readonly schema: Expr }
  | {
      readonly kind: 'pragma';
      readonly name: QualifiedName;
      readonly value: PragmaValue | null /** pragma x(y) rather than x=y */;
      readonly call: boolean;
    }
  | { readonly kind: 'vacuum'; readonly schema: Name | null; readonly into: Expr | null }
  | { readonly kind: 'analyze'; readonly target: QualifiedName | null }
  | { readonly kind: 'reindex'; readonly target: QualifiedName | null }
  | { readonly kind: 'explain'; readonly queryPlan: boolean; readonly statement: Statement };

export type StatementKind = Statement['kind'];

/** What the parser gives for one statement of a text. */
export interface ParsedStatement {
  readonly statement: Statement;
  /** The statement's text is sql.slice(start, end), without the semicolon. */
  readonly start: number;
  readonly end: number;
  /** Where the next statement begins (past the semicolon). */
  readonly next: number;
  /** Highest parameter number, and the name of each (index 0 is parameter 1). */
  readonly parameterCount: number;
  readonly parameterNames: readonly (string | null)[];
}
