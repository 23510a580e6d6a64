/**
 * Numbers that stand in operands of instructions, with the names and values of SQLite's opcode
 * documentation (https://www.sqlite.org/opcode.html). Shared by codegen and VM.
 *
 *   operand                              | flags
 *   -------------------------------------|--------------------------------------------------------
 *   Insert P5                            | NCHANGE LASTROWID ISUPDATE APPEND USESEEKRESULT
 *                                        | SAVEPOSITION; ISNOOP in a Delete that announces an update
 *   Delete P2 / P5                       | P2: NCHANGE ISUPDATE ISNOOP; P5: SAVEPOSITION AUXDELETE
 *   IdxInsert P5                         | NCHANGE APPEND USESEEKRESULT
 *   IdxDelete P5                         | non-zero: a missing entry is SQLITE_CORRUPT_INDEX
 *   OpenRead/OpenWrite/ReopenIdx P5      | BULKCSR SEEKEQ FORDELETE P2ISREG (root page in register P2)
 *   Column P5                            | LENGTHARG TYPEOFARG (both: BYTELENARG)
 *   Eq Ne Lt Le Gt Ge P5                 | affinity & AFF_MASK, JUMPIFNULL, NULLEQ
 *   Compare P5                           | PERMUTE
 *   IsType P5                            | TYPE_* bits
 *   Halt, HaltIfNull P2                  | ON_CONFLICT_* ; P5: HALT_* ; P1: extended result code
 *   Function P1                          | bit i: argument i is constant (auxiliary data is kept)
 *   Program P5                           | non-zero: do nothing when the same sub-program is running
 *   IdxGE.. P5, AggStep P1, Savepoint P1 | see the rows in table.ts
 */

/** Insert, Delete (P2), IdxInsert: the row counts in changes(). */
export const OPFLAG_NCHANGE = 0x01;
/** Insert: last_insert_rowid() becomes the rowid. */
export const OPFLAG_LASTROWID = 0x20;
/** Insert: second half of an UPDATE. Delete (P2): first half of one. */
export const OPFLAG_ISUPDATE = 0x04;
/** Insert, IdxInsert: the key is likely to be the largest. */
export const OPFLAG_APPEND = 0x08;
/** Insert, IdxInsert: the cursor's last seek was for this very key. */
export const OPFLAG_USESEEKRESULT = 0x10;
/** Insert, Delete (P5): keep the cursor's position meaningful for Next and Prev. */
export const OPFLAG_SAVEPOSITION = 0x02;
/** Delete (P2): only tell the listener, remove nothing (an Insert with the same rowid follows). */
export const OPFLAG_ISNOOP = 0x40;
/** Delete (P5): the entry belongs to an index whose main row goes too. A hint. */
export const OPFLAG_AUXDELETE = 0x04;
/** Insert: the record comes from RowCell on the same cursor. */
export const OPFLAG_PREFORMAT = 0x80;

/** Column: the value is used by length() only. */
export const OPFLAG_LENGTHARG = 0x40;
/** Column: the value is used by typeof() (or IS NULL) only. */
export const OPFLAG_TYPEOFARG = 0x80;
/** Column: the value is used by octet_length() only. */
export const OPFLAG_BYTELENARG = 0xc0;

/** Open*: the cursor is for bulk loading. A hint. */
export const OPFLAG_BULKCSR = 0x01;
/** Open*: only equality seeks, on all columns of the key. A hint. */
export const OPFLAG_SEEKEQ = 0x02;
/** Open*: the cursor is for deleting only. A hint. */
export const OPFLAG_FORDELETE = 0x08;
/** Open*: P2 is a register that holds the root page. */
export const OPFLAG_P2ISREG = 0x10;

/** Compare: fields are taken in the order of the Permutation before it. */
export const OPFLAG_PERMUTE = 0x01;

/** Comparisons: bits of P5 that hold the affinity. */
export const SQLITE_AFF_MASK = 0x47;
/** Comparisons: jump when an operand is NULL. */
export const SQLITE_JUMPIFNULL = 0x10;
/** Eq, Ne: NULL equals NULL (IS, IS NOT); never a jump for NULL's sake. */
export const SQLITE_NULLEQ = 0x80;

/** IsType P5. */
export const TYPE_INTEGER = 0x01;
export const TYPE_REAL = 0x02;
export const TYPE_TEXT = 0x04;
export const TYPE_BLOB = 0x08;
export const TYPE_NULL = 0x10;

/** P2 of Halt and HaltIfNull: what becomes of the statement and its transaction. */
export const ON_CONFLICT_NONE = 0;
export const ON_CONFLICT_ROLLBACK = 1;
export const ON_CONFLICT_ABORT = 2;
export const ON_CONFLICT_FAIL = 3;
export const ON_CONFLICT_IGNORE = 4;
export const ON_CONFLICT_REPLACE = 5;

/** P5 of Halt and HaltIfNull: "<kind> constraint failed: <P4>"; HALT_PLAIN takes P4 as it is. */
export const HALT_PLAIN = 0;
export const HALT_NOT_NULL = 1;
export const HALT_UNIQUE = 2;
export const HALT_CHECK = 3;
export const HALT_FOREIGN_KEY = 4;

/** P3 of JournalMode: the mode to set; JOURNALMODE_QUERY only asks. */
export const JOURNALMODE_DELETE = 0;
export const JOURNALMODE_PERSIST = 1;
export const JOURNALMODE_OFF = 2;
export const JOURNALMODE_TRUNCATE = 3;
export const JOURNALMODE_MEMORY = 4;
export const JOURNALMODE_WAL = 5;
export const JOURNALMODE_QUERY = -1;

/** P5 of SorterSort: no sorting. */
export const SORTER_AS_IS = 1;

/** P2 of Checkpoint. */
export const CHECKPOINT_PASSIVE = 0;
export const CHECKPOINT_FULL = 1;
export const CHECKPOINT_RESTART = 2;
export const CHECKPOINT_TRUNCATE = 3;
/** P1 of Checkpoint: all attached databases. */
export const CHECKPOINT_ALL = 10;
