/**
 * PRAGMA: one table of descriptors. Unknown pragmas do nothing, as in SQLite.
 * https://www.sqlite.org/pragma.html
 */
import { databaseIndex } from '../bind/binder.ts';
import type { ParsedStatement, Statement } from '../sql/ast.ts';
import type { ResultColumnInfo } from '../vm/types.ts';
import type { Codegen } from './context.ts';
import { sqlError } from './dml.ts';
import { argumentText } from './pragma-args.ts';
import { foreignKeyPragmas } from './pragma-check.ts';
import { schemaPragmas } from './pragma-schema.ts';
import { settingPragmas } from './pragma-settings.ts';

/** One use of a pragma. */
export interface PragmaCall {
  /** The database named, or main. */
  readonly db: number;
  /** A database was named. */
  readonly named: boolean;
  readonly name: string;
  /** The argument with its sign; null when there is none. */
  readonly value: string | null;
  /** All names of the table, for pragma_list. */
  readonly names: () => readonly string[];
}

export interface Pragma {
  /** Names of the result columns. */
  readonly columns: readonly string[];
  /** With an argument it gives no columns (a plain setter). */
  readonly setterHasNoColumns?: boolean;
  readonly code: (cg: Codegen, call: PragmaCall) => void;
}

/** Stands for a check that was left out of a bundle: to say nothing would look like a database without faults. */
const leftOut: Pragma = {
  columns: [],
  code(_cg, { name }) {
    throw sqlError(`PRAGMA ${name} was not turned on: useChecks()`);
  },
};

const pragmas = new Map<string, Pragma>(
  Object.entries({
    ...schemaPragmas,
    ...settingPragmas,
    ...foreignKeyPragmas,
    integrity_check: leftOut,
    quick_check: leftOut,
  }),
);

/** Pragmas that a bundle may leave out. */
export function addPragmas(more: Readonly<Record<string, Pragma>>): void {
  for (const [name, pragma] of Object.entries(more)) pragmas.set(name, pragma);
}

const names = (): readonly string[] => [...pragmas.keys()].sort();

/** Names and result columns of the pragmas, for table-valued pragma functions. */
export function pragmaOf(name: string): Pragma | null {
  return pragmas.get(name.toLowerCase()) ?? null;
}

export function codePragma(
  cg: Codegen,
  stmt: Extract<Statement, { kind: 'pragma' }>,
  _parsed: ParsedStatement,
): ResultColumnInfo[] {
  const { schema, name } = stmt.name;
  let db = 0;
  if (schema !== null) {
    db = databaseIndex(cg.env.catalog, schema.text);
    if (db < 0) throw sqlError(`unknown database ${schema.text}`);
  }
  const pragma = pragmaOf(name.text);
  if (pragma === null) return [];
  pragma.code(cg, {
    db,
    named: schema !== null,
    name: name.text.toLowerCase(),
    value: argumentText(stmt.value),
    names,
  });
  if (pragma.setterHasNoColumns === true && stmt.value !== null) return [];
  return pragma.columns.map((column) => ({
    name: column,
    declType: null,
    database: null,
    table: null,
    column: null,
  }));
}
