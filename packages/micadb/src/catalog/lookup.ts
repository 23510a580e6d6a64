/**
 * Finding objects by name (https://www.sqlite.org/lang_naming.html): without a database name in temp
 * first, then main, then the attached databases in order.
 */
import { fold } from './names.ts';
import type { Catalog, Index, Schema, Table, Trigger } from './types.ts';

const MAIN = 0;
const TEMP = 1;

/** What was found, and the number of its database. */
export interface Located<T> {
  readonly db: number;
  readonly object: T;
}

/** Number of the database with this name; 'main' is always the first one's name too. -1: none. */
export function databaseIndex(catalog: Catalog, name: string): number {
  const folded = fold(name);
  const found = catalog.schemas.findLastIndex((s) => s !== null && fold(s.name) === folded);
  return found < 0 && folded === 'main' ? MAIN : found;
}

/** The databases to look in, in order: the one named, or all. */
function* searched(catalog: Catalog, schema: string | null): Generator<[number, Schema]> {
  if (schema !== null) {
    const db = databaseIndex(catalog, schema);
    const found = catalog.schemas[db];
    if (found) yield [db, found];
    return;
  }
  const order = [TEMP, MAIN, ...catalog.schemas.keys()].filter((db, i) => i < 2 || db > TEMP);
  for (const db of order) {
    const found = catalog.schemas[db];
    if (found) yield [db, found];
  }
}

function find<T>(
  catalog: Catalog,
  schema: string | null,
  get: (s: Schema, db: number) => T | undefined,
): Located<T> | null {
  for (const [db, s] of searched(catalog, schema)) {
    const object = get(s, db);
    if (object !== undefined) return { db, object };
  }
  return null;
}

/** The names by which a database's schema table is known beside its own. */
const SCHEMA_TABLES = new Set(['sqlite_schema', 'sqlite_master']);
const TEMP_SCHEMA_TABLES = new Set(['sqlite_temp_schema', 'sqlite_temp_master']);

/** A table or view of one schema; `folded` in lower case. */
function tableIn(schema: Schema, db: number, folded: string): Table | undefined {
  const found = schema.tables.get(folded);
  if (found !== undefined) return found;
  if (db === TEMP) {
    const alias = SCHEMA_TABLES.has(folded) || TEMP_SCHEMA_TABLES.has(folded);
    return alias ? schema.tables.get('sqlite_temp_master') : undefined;
  }
  return SCHEMA_TABLES.has(folded) ? schema.tables.get('sqlite_master') : undefined;
}

/** A table or view, also sqlite_schema by each of its names. Unqualified, that is main's. */
export function findTable(
  catalog: Catalog,
  schema: string | null,
  name: string,
): Located<Table> | null {
  const folded = fold(name);
  const where = schema === null && SCHEMA_TABLES.has(folded) ? 'main' : schema;
  return find(catalog, where, (s, db) => tableIn(s, db, folded));
}

export function findIndex(
  catalog: Catalog,
  schema: string | null,
  name: string,
): Located<Index> | null {
  const folded = fold(name);
  return find(catalog, schema, (s) => s.indexes.get(folded));
}

export function findTrigger(
  catalog: Catalog,
  schema: string | null,
  name: string,
): Located<Trigger> | null {
  const folded = fold(name);
  return find(catalog, schema, (s) => s.triggers.get(folded));
}
