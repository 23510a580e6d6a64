/** better-sqlite3's error class, made from the engine's errors where they leave the face. */
import { SqliteError as EngineError } from '../values/errors.ts';

export interface SqliteError extends Error {
  /** Name of the extended result code, such as SQLITE_CONSTRAINT_UNIQUE. */
  code: string;
}

interface SqliteErrorConstructor {
  new (message: string, code: string): SqliteError;
  (message: string, code: string): SqliteError;
  readonly prototype: SqliteError;
}

class ErrorClass extends Error {
  code: string;
  constructor(message: string, code: string) {
    super(`${message}`);
    if (typeof code !== 'string') throw new TypeError('Expected second argument to be a string');
    this.code = code;
  }
}
Object.defineProperty(ErrorClass.prototype, 'name', {
  value: 'SqliteError',
  writable: true,
  configurable: true,
});

/** Callable with and without `new`. */
function construct(message: string, code: string): SqliteError {
  return new ErrorClass(message, code);
}
Object.defineProperty(construct, 'name', { value: 'SqliteError' });
construct.prototype = ErrorClass.prototype;
Object.defineProperty(ErrorClass.prototype, 'constructor', {
  value: construct,
  writable: true,
  configurable: true,
});
Object.setPrototypeOf(construct, Error);

export const SqliteError = construct as unknown as SqliteErrorConstructor;

/** The engine's error as this face's; everything else as it is. */
export function translated(e: unknown): unknown {
  if (!(e instanceof EngineError)) return e;
  const error = new ErrorClass(e.message, e.code);
  // Begins where the caller's own code is.
  (Error as { captureStackTrace?: (o: object, f: unknown) => void }).captureStackTrace?.(
    error,
    translated,
  );
  return error;
}
