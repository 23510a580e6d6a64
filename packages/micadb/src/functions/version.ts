/** The SQLite version that Mica follows and reports. */
export const SQLITE_VERSION = '3.53.2';
export const SQLITE_VERSION_NUMBER = 3053002;
/** sqlite_source_id() has a date, a time and a hash in SQLite; Mica says what it is instead. */
export const SQLITE_SOURCE_ID = '2026-06-03 19:12:13 mica';
