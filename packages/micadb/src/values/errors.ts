/**
 * SQLite's result codes and the one error class of the engine (wall 15). The numbers and names are
 * those of https://www.sqlite.org/rescode.html; an extended code is `primary | (n << 8)`.
 */

export const ResultCode = {
  SQLITE_OK: 0,
  SQLITE_ERROR: 1,
  SQLITE_INTERNAL: 2,
  SQLITE_PERM: 3,
  SQLITE_ABORT: 4,
  SQLITE_BUSY: 5,
  SQLITE_LOCKED: 6,
  SQLITE_NOMEM: 7,
  SQLITE_READONLY: 8,
  SQLITE_INTERRUPT: 9,
  SQLITE_IOERR: 10,
  SQLITE_CORRUPT: 11,
  SQLITE_NOTFOUND: 12,
  SQLITE_FULL: 13,
  SQLITE_CANTOPEN: 14,
  SQLITE_PROTOCOL: 15,
  SQLITE_EMPTY: 16,
  SQLITE_SCHEMA: 17,
  SQLITE_TOOBIG: 18,
  SQLITE_CONSTRAINT: 19,
  SQLITE_MISMATCH: 20,
  SQLITE_MISUSE: 21,
  SQLITE_NOLFS: 22,
  SQLITE_AUTH: 23,
  SQLITE_FORMAT: 24,
  SQLITE_RANGE: 25,
  SQLITE_NOTADB: 26,
  SQLITE_ERROR_MISSING_COLLSEQ: 257,
  SQLITE_ERROR_SNAPSHOT: 769,
  SQLITE_BUSY_RECOVERY: 261,
  SQLITE_BUSY_SNAPSHOT: 517,
  SQLITE_BUSY_TIMEOUT: 773,
  SQLITE_LOCKED_SHAREDCACHE: 262,
  SQLITE_READONLY_RECOVERY: 264,
  SQLITE_READONLY_CANTLOCK: 520,
  SQLITE_READONLY_ROLLBACK: 776,
  SQLITE_READONLY_DBMOVED: 1032,
  SQLITE_READONLY_CANTINIT: 1288,
  SQLITE_READONLY_DIRECTORY: 1544,
  SQLITE_IOERR_READ: 266,
  SQLITE_IOERR_SHORT_READ: 522,
  SQLITE_IOERR_WRITE: 778,
  SQLITE_IOERR_FSYNC: 1034,
  SQLITE_IOERR_DIR_FSYNC: 1290,
  SQLITE_IOERR_TRUNCATE: 1546,
  SQLITE_IOERR_FSTAT: 1802,
  SQLITE_IOERR_UNLOCK: 2058,
  SQLITE_IOERR_RDLOCK: 2314,
  SQLITE_IOERR_DELETE: 2570,
  SQLITE_IOERR_ACCESS: 3338,
  SQLITE_IOERR_LOCK: 3850,
  SQLITE_IOERR_DELETE_NOENT: 5898,
  SQLITE_CORRUPT_VTAB: 267,
  SQLITE_CORRUPT_SEQUENCE: 523,
  SQLITE_CORRUPT_INDEX: 779,
  SQLITE_CANTOPEN_NOTEMPDIR: 270,
  SQLITE_CANTOPEN_ISDIR: 526,
  SQLITE_CANTOPEN_FULLPATH: 782,
  SQLITE_CANTOPEN_DIRTYWAL: 1294,
  SQLITE_CANTOPEN_SYMLINK: 1550,
  SQLITE_ABORT_ROLLBACK: 516,
  SQLITE_CONSTRAINT_CHECK: 275,
  SQLITE_CONSTRAINT_COMMITHOOK: 531,
  SQLITE_CONSTRAINT_FOREIGNKEY: 787,
  SQLITE_CONSTRAINT_FUNCTION: 1043,
  SQLITE_CONSTRAINT_NOTNULL: 1299,
  SQLITE_CONSTRAINT_PRIMARYKEY: 1555,
  SQLITE_CONSTRAINT_TRIGGER: 1811,
  SQLITE_CONSTRAINT_UNIQUE: 2067,
  SQLITE_CONSTRAINT_VTAB: 2323,
  SQLITE_CONSTRAINT_ROWID: 2579,
  SQLITE_CONSTRAINT_PINNED: 2835,
  SQLITE_CONSTRAINT_DATATYPE: 3091,
  SQLITE_AUTH_USER: 279,
} as const;

export type ResultCodeName = keyof typeof ResultCode;

/** SQLite's default text for a primary code, used where the engine has nothing better to say. */
const defaultMessages: Partial<Record<ResultCodeName, string>> = {
  SQLITE_ERROR: 'SQL logic error',
  SQLITE_ABORT: 'query aborted',
  SQLITE_ABORT_ROLLBACK: 'abort due to ROLLBACK',
  SQLITE_BUSY: 'database is locked',
  SQLITE_LOCKED: 'database table is locked',
  SQLITE_NOMEM: 'out of memory',
  SQLITE_READONLY: 'attempt to write a readonly database',
  SQLITE_INTERRUPT: 'interrupted',
  SQLITE_IOERR: 'disk I/O error',
  SQLITE_CORRUPT: 'database disk image is malformed',
  SQLITE_NOTFOUND: 'unknown operation',
  SQLITE_FULL: 'database or disk is full',
  SQLITE_CANTOPEN: 'unable to open database file',
  SQLITE_PROTOCOL: 'locking protocol',
  SQLITE_SCHEMA: 'database schema has changed',
  SQLITE_TOOBIG: 'string or blob too big',
  SQLITE_CONSTRAINT: 'constraint failed',
  SQLITE_MISMATCH: 'datatype mismatch',
  SQLITE_MISUSE: 'bad parameter or other API misuse',
  SQLITE_AUTH: 'authorization denied',
  SQLITE_RANGE: 'column index out of range',
  SQLITE_NOTADB: 'file is not a database',
};

/** The default text of a code: its own, or that of its primary code. */
export function defaultMessage(code: ResultCodeName): string {
  const own = defaultMessages[code];
  if (own !== undefined) return own;
  const primary = ResultCode[code] & 0xff;
  for (const [name, text] of Object.entries(defaultMessages)) {
    if (ResultCode[name as ResultCodeName] === primary) return text;
  }
  return 'unknown error';
}

/**
 * Every failure that the engine reports. `code` is the extended code's name, `errcode` its number;
 * `offset` is the UTF-16 index in the SQL text where SQLite gives an error offset, else -1.
 */
export class SqliteError extends Error {
  override readonly name = 'SqliteError';
  readonly errcode: number;
  constructor(
    readonly code: ResultCodeName,
    message: string = defaultMessage(code),
    readonly offset: number = -1,
  ) {
    super(message);
    this.errcode = ResultCode[code];
  }
}

/** Damage found in a database file. `where` is for the developer only and not in the message. */
export function corrupt(where?: string): SqliteError {
  const e = new SqliteError('SQLITE_CORRUPT');
  if (where !== undefined) e.cause = where;
  return e;
}
