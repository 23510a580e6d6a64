/** Names: ASCII case folding, errors of definitions. */
import { SqliteError } from '../values/errors.ts';

/** ASCII lower case: how SQL names are compared. */
export function fold(name: string): string {
  return /[A-Z]/.test(name) ? name.replace(/[A-Z]+/g, (c) => c.toLowerCase()) : name;
}

export function sameName(a: string, b: string): boolean {
  return a === b || fold(a) === fold(b);
}

export function schemaError(message: string): SqliteError {
  return new SqliteError('SQLITE_ERROR', message);
}
