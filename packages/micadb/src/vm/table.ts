/**
 * The opcode table: one row an opcode, indexed by its number (wall 2).
 *
 * How to read a row:
 *  - The comment says what the instruction does; r[x] is a register, "cursor P1" the cursor of that number.
 *    Where nothing is said the meaning is that of https://www.sqlite.org/opcode.html; words after
 *    "Mica:" say where an instruction is narrower or different.
 *  - A register operand of 0 (and less) names no register, whatever the row says.
 *  - `count: 'special'` is explained there; registers.ts resolves it for a given instruction.
 *  - Jump operands of 0 in rows that fall through may mean "no jump"; the comment says so.
 *  - Any jump to the same or a lower address is a safepoint: the loop may be left there, and the progress
 *    handler (user code) may run. The flags of a row do not repeat that.
 *  - mayWrite: changes a b-tree (saves or invalidates what other cursors lent); mayCallUserCode:
 *    functions, collations, listeners, hooks; mayFault: reads pages; maySuspend: leaves the loop.
 */
import { Opcode as Op, type OpcodeInfo, type Operand, type RegisterUse } from './opcode.ts';

interface Spec {
  /** Registers read and written: "p1" one, "p1:p3" as many as operand P3 says, "p1:special". */
  readonly r?: string;
  readonly w?: string;
  readonly j?: string;
  /** True: never goes on to the next instruction. */
  readonly ends?: boolean;
  readonly indirect?: boolean;
  /** "open p1", "move p1"... */
  readonly c?: string;
  /** W mayWrite, U mayCallUserCode, F mayFault, S maySuspend. */
  readonly f?: string;
}

function uses(text: string | undefined): RegisterUse[] {
  if (text === undefined) return [];
  return text.split(' ').map((part) => {
    const [base, count] = part.split(':');
    const n = count === undefined ? 1 : (count as RegisterUse['count']);
    return { base: base as Operand, count: n };
  });
}

const rows: OpcodeInfo[] = [];

function row(opcode: Op, spec: Spec = {}): void {
  const [effect, operand] = spec.c === undefined ? ['none', null] : spec.c.split(' ');
  const flags = spec.f ?? '';
  rows[opcode] = {
    opcode,
    name: Op[opcode],
    reads: uses(spec.r),
    writes: uses(spec.w),
    jumps: spec.j === undefined ? [] : (spec.j.split(' ') as Operand[]),
    fallsThrough: spec.ends !== true,
    indirect: spec.indirect === true,
    cursor: effect as OpcodeInfo['cursor'],
    cursorOperand: operand as Operand | null,
    mayWrite: flags.includes('W'),
    mayCallUserCode: flags.includes('U'),
    mayFault: flags.includes('F'),
    maySuspend: flags.includes('S'),
  };
}

// -- control -------------------------------------------------------------------------------------

/** First instruction of a program. Jumps to P2 unless P2 is 0. */
row(Op.Init, { j: 'p2' });
/** Jumps to P2. A jump backwards is a safepoint. */
row(Op.Goto, { j: 'p2', ends: true });
/** Puts its own address into r[P1] and jumps to P2; Return P1 comes back behind it. */
row(Op.Gosub, {
  w: 'p1',
  j: 'p2',
  ends: true,
});
/**
 * Goes on behind the address in r[P1], which stays. With P3=1 it falls through when r[P1] holds no
 * address (see BeginSubrtn); with P3=0 there must be one.
 */
row(Op.Return, { r: 'p1', indirect: true });
/** Makes r[P1] a coroutine that starts at P3, then jumps to P2 (behind its body) unless P2 is 0. */
row(Op.InitCoroutine, { w: 'p1', j: 'p2 p3' });
/**
 * r[P1] holds the address of the Yield that called last: jumps to the P2 of that Yield. A later
 * Yield P1 comes back to this instruction.
 */
row(Op.EndCoroutine, { r: 'p1', w: 'p1', ends: true, indirect: true });
/**
 * Swaps the program counter with r[P1]: enters the coroutine, or goes back to its caller. When the
 * coroutine ends, EndCoroutine jumps to P2 of the Yield that called it.
 */
row(Op.Yield, { r: 'p1', w: 'p1', j: 'p2', indirect: true });
/** Halt with the same P1, P2, P4, P5 when r[P3] is NULL. */
row(Op.HaltIfNull, {
  r: 'p3',
  f: 'WUFS',
});
/**
 * Ends the program, or a sub-program: then control goes behind the Program instruction, or to its
 * P2 when P2 is ON_CONFLICT_IGNORE. P1 is 0 or the (extended) result code of the error, P2 says
 * what becomes of the statement (ON_CONFLICT_*), P4 is the message, P5 1..4 makes it "NOT
 * NULL|UNIQUE|CHECK|FOREIGN KEY constraint failed: <P4>". With P3 not 0 and no P4 the message is
 * the text of r[P3].
 */
row(Op.Halt, { r: 'p3', ends: true, f: 'WUFS' });
/**
 * Start of a subroutine that may also be entered in line: r[P2] = NULL, so that Return with P3=1
 * falls through.
 */
row(Op.BeginSubrtn, { w: 'p2' });

// -- constants and copies ------------------------------------------------------------------------

/** r[P2] = the integer P1. */
row(Op.Integer, { w: 'p2' });
/** r[P2] = the INTEGER P4. */
row(Op.Int64, { w: 'p2' });
/** r[P2] = the REAL P4. */
row(Op.Real, { w: 'p2' });
/** r[P2] = the text P4. */
row(Op.String8, { w: 'p2' });
/**
 * r[P2] = NULL, and all up to r[P3] when P3 is greater than P2 (special: that range). With P1 not 0
 * the NULL is "cleared": it never equals anything, even under SQLITE_NULLEQ.
 */
row(Op.Null, { w: 'p2:special' });
/** r[P1] = NULL. */
row(Op.SoftNull, { w: 'p1' });
/** r[P2] = the blob P4. */
row(Op.Blob, { w: 'p2' });
/** r[P2] = bound parameter P1. */
row(Op.Variable, { w: 'p2' });
/**
 * Copies the P3+1 registers (special) from P1 on to P2 on. P5 & 2 takes subtypes off the copies.
 */
row(Op.Copy, { r: 'p1:special', w: 'p2:special' });
/** r[P2] = r[P1]. Mica: values are immutable, the same as Copy of one. */
row(Op.SCopy, {
  r: 'p1',
  w: 'p2',
});
/** r[P2] = r[P1], which is an INTEGER. */
row(Op.IntCopy, { r: 'p1', w: 'p2' });
/** Halts with SQLITE_CONSTRAINT_FOREIGNKEY when an immediate constraint is violated. */
row(Op.FkCheck, {
  f: 'WUFS',
});
/** The P2 registers from P1 on are the next row: step() returns "row". */
row(Op.ResultRow, {
  r: 'p1:p2',
  f: 'US',
});

// -- arithmetic ----------------------------------------------------------------------------------

/** r[P3] = r[P2] || r[P1]; NULL when either is. */
row(Op.Concat, { r: 'p1 p2', w: 'p3' });
/** r[P3] = r[P1] + r[P2]. Integer overflow goes on as REAL. */
row(Op.Add, { r: 'p1 p2', w: 'p3' });
/** r[P3] = r[P2] - r[P1]. */
row(Op.Subtract, { r: 'p1 p2', w: 'p3' });
/** r[P3] = r[P1] * r[P2]. */
row(Op.Multiply, { r: 'p1 p2', w: 'p3' });
/** r[P3] = r[P2] / r[P1]; NULL when the divisor is 0. */
row(Op.Divide, { r: 'p1 p2', w: 'p3' });
/** r[P3] = r[P2] % r[P1] on integers; NULL when the divisor is 0. */
row(Op.Remainder, {
  r: 'p1 p2',
  w: 'p3',
});
/** r[P3] = r[P1] & r[P2] on 64 bits. */
row(Op.BitAnd, { r: 'p1 p2', w: 'p3' });
/** r[P3] = r[P1] | r[P2] on 64 bits. */
row(Op.BitOr, { r: 'p1 p2', w: 'p3' });
/** r[P3] = r[P2] << r[P1]; a negative count shifts the other way. */
row(Op.ShiftLeft, {
  r: 'p1 p2',
  w: 'p3',
});
/** r[P3] = r[P2] >> r[P1] with sign. */
row(Op.ShiftRight, { r: 'p1 p2', w: 'p3' });
/** r[P1] = r[P1] as INTEGER + P2. */
row(Op.AddImm, { r: 'p1', w: 'p1' });
/**
 * Makes r[P1] an INTEGER if that loses nothing; else jumps to P2, or with P2=0 raises
 * SQLITE_MISMATCH.
 */
row(Op.MustBeInt, { r: 'p1', w: 'p1', j: 'p2' });
/** An INTEGER in r[P1] becomes REAL. */
row(Op.RealAffinity, { r: 'p1', w: 'p1' });
/** r[P1] = CAST(r[P1] AS the affinity whose letter code is P2). */
row(Op.Cast, {
  r: 'p1',
  w: 'p1',
});

// -- comparison ----------------------------------------------------------------------------------

/**
 * Jumps to P2 if r[P3] = r[P1]; with SQLITE_NULLEQ NULL equals NULL. P5 holds the affinity to apply
 * to both (SQLITE_AFF_MASK) and SQLITE_JUMPIFNULL; P4 the collation (null: BINARY). Mica: the
 * registers keep their values, affinity acts on copies.
 */
row(Op.Eq, {
  r: 'p1 p3',
  j: 'p2',
  f: 'U',
});
/**
 * Jumps to P2 if r[P3] <> r[P1]; with SQLITE_NULLEQ NULL equals NULL. P5 holds the affinity to
 * apply to both (SQLITE_AFF_MASK) and SQLITE_JUMPIFNULL; P4 the collation (null: BINARY). Mica: the
 * registers keep their values, affinity acts on copies.
 */
row(Op.Ne, {
  r: 'p1 p3',
  j: 'p2',
  f: 'U',
});
/**
 * Jumps to P2 if r[P3] < r[P1]. P5 holds the affinity to apply to both (SQLITE_AFF_MASK) and
 * SQLITE_JUMPIFNULL; P4 the collation (null: BINARY). Mica: the registers keep their values,
 * affinity acts on copies.
 */
row(Op.Lt, { r: 'p1 p3', j: 'p2', f: 'U' });
/**
 * Jumps to P2 if r[P3] <= r[P1]. P5 holds the affinity to apply to both (SQLITE_AFF_MASK) and
 * SQLITE_JUMPIFNULL; P4 the collation (null: BINARY). Mica: the registers keep their values,
 * affinity acts on copies.
 */
row(Op.Le, { r: 'p1 p3', j: 'p2', f: 'U' });
/**
 * Jumps to P2 if r[P3] > r[P1]. P5 holds the affinity to apply to both (SQLITE_AFF_MASK) and
 * SQLITE_JUMPIFNULL; P4 the collation (null: BINARY). Mica: the registers keep their values,
 * affinity acts on copies.
 */
row(Op.Gt, { r: 'p1 p3', j: 'p2', f: 'U' });
/**
 * Jumps to P2 if r[P3] >= r[P1]. P5 holds the affinity to apply to both (SQLITE_AFF_MASK) and
 * SQLITE_JUMPIFNULL; P4 the collation (null: BINARY). Mica: the registers keep their values,
 * affinity acts on copies.
 */
row(Op.Ge, { r: 'p1 p3', j: 'p2', f: 'U' });
/**
 * Right behind Lt or Gt (Noop and ReleaseReg may stand between): jumps to P2 if that comparison
 * found its operands equal.
 */
row(Op.ElseEq, { j: 'p2' });
/**
 * Order of fields for the Compare that follows at once: P4 is an Int32Array of offsets, one a field
 * (no count in front).
 */
row(Op.Permutation);
/**
 * Compares the P3 registers from P1 on with those from P2 on under KeyInfo P4; the result is for
 * the Jump that follows at once. NULL equals NULL. With OPFLAG_PERMUTE field i is at offset P4[i]
 * of the Permutation before it (special: registers up to the largest offset).
 */
row(Op.Compare, { r: 'p1:special p2:special', f: 'U' });
/** Jumps to P1, P2 or P3 as the last Compare found its first vector less, equal or greater. */
row(Op.Jump, { j: 'p1 p2 p3', ends: true });
/** r[P3] = r[P1] AND r[P2] in three-valued logic. */
row(Op.And, { r: 'p1 p2', w: 'p3' });
/** r[P3] = r[P1] OR r[P2] in three-valued logic. */
row(Op.Or, { r: 'p1 p2', w: 'p3' });
/**
 * r[P2] = truth of r[P1], where NULL counts as P3 (0 or 1), turned round when P4 (a number) is 1:
 * P3=0 P4=0 IS TRUE, 1 1 IS FALSE, 0 1 IS NOT TRUE, 1 0 IS NOT FALSE.
 */
row(Op.IsTrue, { r: 'p1', w: 'p2' });
/** r[P2] = NOT r[P1]; NULL stays NULL. */
row(Op.Not, { r: 'p1', w: 'p2' });
/** r[P2] = ~r[P1] on 64 bits; NULL stays NULL. */
row(Op.BitNot, { r: 'p1', w: 'p2' });
/** Falls through the first time in this run of this frame, jumps to P2 after that. */
row(Op.Once, {
  j: 'p2',
});
/** Jumps to P2 if r[P1] is true; if it is NULL, when P3 is not 0. */
row(Op.If, { r: 'p1', j: 'p2' });
/** Jumps to P2 if r[P1] is false; if it is NULL, when P3 is not 0. */
row(Op.IfNot, {
  r: 'p1',
  j: 'p2',
});
/** Jumps to P2 if r[P1] is NULL. */
row(Op.IsNull, { r: 'p1', j: 'p2' });
/**
 * Jumps to P2 if the storage class is in the mask P5 (TYPE_*): of column P3 of cursor P1, or with
 * P1=-1 of r[P3] (special). P4 is the class (1 INTEGER, 2 REAL, 3 TEXT, 4 BLOB, 5 NULL) when the
 * record is too short.
 */
row(Op.IsType, { r: 'p3:special', j: 'p2', c: 'read p1', f: 'F' });
/** r[P2] = NULL if r[P1] or r[P3] is NULL, else 0. */
row(Op.ZeroOrNull, { r: 'p1 p3', w: 'p2' });
/** Jumps to P2 if r[P1] is not NULL. */
row(Op.NotNull, { r: 'p1', j: 'p2' });
/** If cursor P1 is at a NULL row: r[P3] = NULL and jumps to P2. Nothing if it is not open. */
row(Op.IfNullRow, { w: 'p3', j: 'p2', c: 'read p1' });

// -- columns and records -------------------------------------------------------------------------

/** r[P3] = file offset of column P2 of cursor P1 (sqlite_offset); NULL where there is none. */
row(Op.Offset, { w: 'p3', c: 'read p1', f: 'F' });
/**
 * r[P3] = column P2 of the row of cursor P1. P4 (a value) is the result when the record is too
 * short, else NULL. P5 OPFLAG_LENGTHARG, OPFLAG_TYPEOFARG: only length or type is needed. Mica:
 * they spare reading overflow pages; the value then has the right length and class only.
 */
row(Op.Column, { w: 'p3', c: 'read p1', f: 'F' });
/**
 * STRICT: coerces the P2 registers from P1 on to the column types of table P4, or fails with
 * SQLITE_CONSTRAINT_DATATYPE. With P3=0 stored generated columns are checked too; P3>=2 checks the
 * one column P3-2 only, in r[P1].
 */
row(Op.TypeCheck, { r: 'p1:p2', w: 'p1:p2' });
/** Applies the affinity letters of P4 to the P2 registers from P1 on. */
row(Op.Affinity, {
  r: 'p1:p2',
  w: 'p1:p2',
});
/**
 * r[P3] = the record of the P2 registers from P1 on, after the affinity letters of P4 (which may be
 * fewer). Mica: the affinity is applied to the registers as well.
 */
row(Op.MakeRecord, { r: 'p1:p2', w: 'p3 p1:p2' });
/** r[P2] = entries of cursor P1; an estimate will do when P3 is not 0. */
row(Op.Count, {
  w: 'p2',
  c: 'read p1',
  f: 'F',
});

// -- transactions --------------------------------------------------------------------------------

/** SAVEPOINT (P1=0), RELEASE (1), ROLLBACK TO (2) with the name P4. */
row(Op.Savepoint, {
  f: 'WUF',
});
/** BEGIN (P1=0), COMMIT (P1=1, P2=0), ROLLBACK (P1=1, P2=1). Ends the program as Halt does. */
row(Op.AutoCommit, { ends: true, f: 'WUFS' });
/**
 * Begins a transaction on database P1: P2=0 read, 1 write, 2 exclusive. With P5 not 0 the schema
 * cookie must be P3 and the generation P4 (when given), else SQLITE_SCHEMA.
 */
row(Op.Transaction, { f: 'WUF' });
/** r[P2] = meta value P3 of database P1. */
row(Op.ReadCookie, { w: 'p2', f: 'F' });
/** Meta value P2 of database P1 = P3 (a number, no register). */
row(Op.SetCookie, { f: 'WF' });

// -- opening and closing -------------------------------------------------------------------------

/**
 * Opens cursor P1 for reading. P2 is the root page (register P2 holds it with OPFLAG_P2ISREG:
 * special), P3 the database, P4 a KeyInfo for an index, else a column count or null.
 */
row(Op.OpenRead, {
  r: 'p2:special',
  c: 'open p1',
  f: 'F',
});
/**
 * OpenRead that does nothing when P1 is open on that root already. P2 is the root page (register P2
 * holds it with OPFLAG_P2ISREG: special), P3 the database, P4 a KeyInfo for an index, else a column
 * count or null.
 */
row(Op.ReopenIdx, {
  r: 'p2:special',
  c: 'open p1',
  f: 'F',
});
/**
 * Opens cursor P1 for writing. P2 is the root page (register P2 holds it with OPFLAG_P2ISREG:
 * special), P3 the database, P4 a KeyInfo for an index, else a column count or null.
 */
row(Op.OpenWrite, {
  r: 'p2:special',
  c: 'open p1',
  f: 'WF',
});
/** Opens cursor P1 on the ephemeral table of cursor P2. */
row(Op.OpenDup, { c: 'open p1', f: 'F' });
/**
 * Opens cursor P1 on a new, empty ephemeral index of P2 columns, P4 its KeyInfo. If it is open already, it is
 * emptied. Mica: with P5 not 0 it is only sought by SeekGE with a key of P5 fields, and left behind the entries
 * that equal the key: it may be a hash.
 */
row(Op.OpenAutoindex, { c: 'open p1', f: 'WF' });
/**
 * Opens cursor P1 on a new, empty ephemeral tree of P2 columns: an index when P4 is a KeyInfo, else
 * a rowid table. If it is open already, it is emptied. With P3 > 0, r[P3] = an empty blob.
 */
row(Op.OpenEphemeral, { w: 'p3', c: 'open p1', f: 'WF' });
/**
 * Opens cursor P1 as a sorter by KeyInfo P4 with P2 columns. Mica: the sort is always stable over
 * the fields of the KeyInfo (P3 is not needed).
 */
row(Op.SorterOpen, { c: 'open p1' });
/**
 * Mica: opens P1 as a hash of groups; P4 is the GroupShape, P2 the number of key fields. SorterSort, SorterData
 * and SorterNext then walk the keys of the groups in order.
 */
row(Op.GroupOpen, { c: 'open p1' });
/**
 * Opens cursor P1 on one row: the record in r[P2], which is read at each Column and so lives as
 * long as the cursor. P3 is the column count.
 */
row(Op.OpenPseudo, { c: 'open p1' });
/** Closes cursor P1 if it is open. */
row(Op.Close, { c: 'close p1', f: 'F' });
/** A hint: the bit mask P4 of columns that cursor P1 will use. Does nothing. */
row(Op.ColumnsUsed);

// -- seeks ---------------------------------------------------------------------------------------

const seekSpec: Spec = { r: 'p3:special', j: 'p2', c: 'move p1', f: 'UF' };
/**
 * Moves cursor P1 to the last entry less than the key: r[P3] for a rowid table, the P4 registers
 * from P3 on for an index. Jumps to P2 if there is none (also, for a rowid table, when the key is
 * NULL; other keys that are no integers are rounded as the comparison needs).
 */
row(Op.SeekLT, seekSpec);
/**
 * Moves cursor P1 to the last entry less than or equal to the key: r[P3] for a rowid table, the P4
 * registers from P3 on for an index. Jumps to P2 if there is none (also, for a rowid table, when
 * the key is NULL; other keys that are no integers are rounded as the comparison needs).
 */
row(Op.SeekLE, seekSpec);
/**
 * Moves cursor P1 to the first entry greater than or equal to the key: r[P3] for a rowid table, the
 * P4 registers from P3 on for an index. Jumps to P2 if there is none (also, for a rowid table, when
 * the key is NULL; other keys that are no integers are rounded as the comparison needs).
 */
row(Op.SeekGE, seekSpec);
/**
 * Moves cursor P1 to the first entry greater than the key: r[P3] for a rowid table, the P4
 * registers from P3 on for an index. Jumps to P2 if there is none (also, for a rowid table, when
 * the key is NULL; other keys that are no integers are rounded as the comparison needs).
 */
row(Op.SeekGT, seekSpec);
/** Jumps to P2 if cursor P1 is not open or at a NULL row. */
row(Op.IfNotOpen, {
  j: 'p2',
  c: 'read p1',
});
/**
 * Jumps to P2 if a key field is NULL or the index of cursor P1 has not an entry that begins with
 * the key: the P4 registers from P3 on, or with P4=0 the record in r[P3] (special).
 */
row(Op.NoConflict, { r: 'p3:special', j: 'p2', c: 'move p1', f: 'UF' });
/**
 * Jumps to P2 if the index of cursor P1 has not an entry that begins with the key: the P4 registers
 * from P3 on, or with P4=0 the record in r[P3] (special).
 */
row(Op.NotFound, {
  r: 'p3:special',
  j: 'p2',
  c: 'move p1',
  f: 'UF',
});
/**
 * Jumps to P2 if the index of cursor P1 has an entry that begins with the key: the P4 registers
 * from P3 on, or with P4=0 the record in r[P3] (special).
 */
row(Op.Found, {
  r: 'p3:special',
  j: 'p2',
  c: 'move p1',
  f: 'UF',
});
/**
 * Moves cursor P1 to the row with rowid r[P3]; jumps to P2 if there is none or r[P3] is no integer
 * and cannot be made one without loss (on a copy). With P2=0 a missing row is SQLITE_CORRUPT.
 */
row(Op.SeekRowid, { r: 'p3', j: 'p2', c: 'move p1', f: 'F' });
/** SeekRowid for an r[P3] that is an INTEGER. */
row(Op.NotExists, {
  r: 'p3',
  j: 'p2',
  c: 'move p1',
  f: 'F',
});
/** r[P2] = sequence number of cursor P1, then counts it up. */
row(Op.Sequence, {
  w: 'p2',
  c: 'read p1',
});
/**
 * r[P2] = a rowid not used in the table of cursor P1. With P3 > 0, r[P3] of the root frame holds
 * the largest ever given: the new one is greater (SQLITE_FULL at 2^63-1) and stored there too
 * (special: of the root frame).
 */
row(Op.NewRowid, { r: 'p3:special', w: 'p2 p3:special', c: 'move p1', f: 'F' });

// -- row changes ---------------------------------------------------------------------------------

/**
 * Writes the record r[P2] under rowid r[P3] through cursor P1, replacing what is there. P4: the
 * table, for listeners. P5: OPFLAG_NCHANGE, LASTROWID, ISUPDATE, APPEND, USESEEKRESULT,
 * SAVEPOSITION, PREFORMAT; with OPFLAG_ISNOOP the listener is told and nothing is written (it
 * follows the IdxInsert into a WITHOUT ROWID table).
 */
row(Op.Insert, { r: 'p2 p3', c: 'write p1', f: 'WUF' });
/**
 * Takes the row of cursor P2 over for cursor P1 under rowid r[P3] (index: P3 unused). An Insert or
 * IdxInsert with OPFLAG_PREFORMAT follows.
 */
row(Op.RowCell, { r: 'p3', c: 'read p2', f: 'F' });
/**
 * Deletes the row of cursor P1. P2: OPFLAG_NCHANGE counts it; with OPFLAG_ISUPDATE an Insert with
 * rowid r[P3] follows; with OPFLAG_ISNOOP nothing is removed (the Insert overwrites). P4: the
 * table, for listeners. P5: OPFLAG_SAVEPOSITION, OPFLAG_AUXDELETE.
 */
row(Op.Delete, { r: 'p3:special', c: 'write p1', f: 'WUF' });
/** changes() = the row counter of the program, which then starts at 0. */
row(Op.ResetCount);
/** r[P2] = the record of sorter P1. Pseudo cursor P3 reads it anew. */
row(Op.SorterData, {
  w: 'p2',
  c: 'read p1',
  f: 'F',
});
/** r[P2] = the whole record of cursor P1. */
row(Op.RowData, { w: 'p2', c: 'read p1', f: 'F' });
/** r[P2] = the rowid of the row of cursor P1; NULL at a NULL row. */
row(Op.Rowid, {
  w: 'p2',
  c: 'read p1',
  f: 'F',
});
/**
 * Lets cursor P1 stand on a row whose columns and rowid are all NULL (one that is not open too). A
 * pseudo cursor goes on reading its register.
 */
row(Op.NullRow, { c: 'move p1' });
/**
 * Mica: finds the group of P1 whose key is the record r[P3], or makes it, and puts its accumulators into their
 * registers. Jumps to P2 when the group is not there and no more groups are taken; what the registers hold is then
 * not said. Which registers are written, here and below, the GroupShape in P4 says (registers.ts).
 */
row(Op.GroupFind, { r: 'p3', j: 'p2', c: 'read p1' });
/** Mica: the values of the registers that the GroupShape P4 keeps become those of the group found last in P1. */
row(Op.GroupKeep, { c: 'read p1' });
/** Mica: puts accumulators and kept values of the group that P1 stands on into their registers. */
row(Op.GroupLoad, { c: 'read p1' });
/**
 * Mica: jumps to P2 unless P1 stands on a group, and with P3 not 0 unless its key comes before that of the record
 * r[P3].
 */
row(Op.GroupBefore, { r: 'p3', j: 'p2', c: 'read p1' });
/** Moves cursor P1 to its last row; jumps to P2 (unless 0) when there is none. */
row(Op.Last, {
  j: 'p2',
  c: 'move p1',
  f: 'F',
});
/**
 * Sorts sorter P1 and moves to its first row; jumps to P2 when there is none. Mica: with SORTER_AS_IS in P5 the
 * rows stay as they came.
 */
row(Op.SorterSort, {
  j: 'p2',
  c: 'move p1',
  f: 'UF',
});
/** Rewind, for an ephemeral table that sorts. */
row(Op.Sort, { j: 'p2', c: 'move p1', f: 'F' });
/** Moves cursor P1 to its first row; jumps to P2 (unless 0) when there is none. */
row(Op.Rewind, {
  j: 'p2',
  c: 'move p1',
  f: 'F',
});
/** Jumps to P2 if the tree of cursor P1 is empty. */
row(Op.IfEmpty, {
  j: 'p2',
  c: 'move p1',
  f: 'F',
});
/** Moves sorter P1 on and jumps to P2; falls through at the end. */
row(Op.SorterNext, {
  j: 'p2',
  c: 'move p1',
  f: 'UF',
});
/** Moves cursor P1 one row back and jumps to P2; falls through at the start. */
row(Op.Prev, {
  j: 'p2',
  c: 'move p1',
  f: 'F',
});
/** Moves cursor P1 one row on and jumps to P2; falls through at the end. */
row(Op.Next, {
  j: 'p2',
  c: 'move p1',
  f: 'F',
});
/**
 * Puts the key record r[P2] into the index of cursor P1. With P4 > 0 its values are also in the P4
 * registers from P3 on. P5: OPFLAG_NCHANGE, APPEND, USESEEKRESULT, PREFORMAT.
 */
row(Op.IdxInsert, { r: 'p2 p3:p4', c: 'write p1', f: 'WUF' });
/**
 * Mica: stores the records of sorter P3, which stands on the first, behind all that is in the index of cursor P1. With
 * P4 > 0 it jumps to P2 before a record whose first P4 fields are those of the one before, none of them NULL.
 */
row(Op.IdxFill, { j: 'p2', c: 'write p1', f: 'WUF' });
/** Adds the record r[P2] to sorter P1. */
row(Op.SorterInsert, {
  r: 'p2',
  c: 'write p1',
  f: 'UF',
});
/**
 * Deletes from the index of cursor P1 the entry that begins with the P3 registers from P2 on. If it
 * is missing: SQLITE_CORRUPT_INDEX when P5 is not 0 (and writable_schema is off).
 */
row(Op.IdxDelete, { r: 'p2:p3', c: 'write p1', f: 'WUF' });
/**
 * Cursor P3 (rowid table) will stand on the row of the index entry of cursor P1; it moves only when
 * needed. P4, an Int32Array with one entry a column of P3 (no count in front): a(i) > 0 says that
 * column i can be read as column a(i)-1 of P1 instead.
 */
row(Op.DeferredSeek, { c: 'move p3', f: 'F' });
/** r[P2] = the rowid at the end of the index entry of cursor P1; NULL at a NULL row. */
row(Op.IdxRowid, {
  w: 'p2',
  c: 'read p1',
  f: 'F',
});
/** Does the seek that DeferredSeek put off on table cursor P1. */
row(Op.FinishSeek, {
  c: 'move p1',
  f: 'F',
});
const idxSpec: Spec = { r: 'p3:p4', j: 'p2', c: 'read p1', f: 'UF' };
/**
 * Jumps to P2 if the entry of cursor P1 is less than or equal to the key in the P4 registers from
 * P3 on; fields of the entry beyond P4 do not count.
 */
row(Op.IdxLE, idxSpec);
/**
 * Jumps to P2 if the entry of cursor P1 is greater than the key in the P4 registers from P3 on;
 * fields of the entry beyond P4 do not count.
 */
row(Op.IdxGT, idxSpec);
/**
 * Jumps to P2 if the entry of cursor P1 is less than the key in the P4 registers from P3 on; fields
 * of the entry beyond P4 do not count.
 */
row(Op.IdxLT, idxSpec);
/**
 * Jumps to P2 if the entry of cursor P1 is greater than or equal to the key in the P4 registers
 * from P3 on; fields of the entry beyond P4 do not count.
 */
row(Op.IdxGE, idxSpec);

// -- schema --------------------------------------------------------------------------------------

/**
 * Drops the tree with root page P1 of database P3. r[P2] = the root page that moved to P1
 * (auto-vacuum), else 0. SQLITE_LOCKED while other statements read. P4: the table, for listeners.
 */
row(Op.Destroy, { w: 'p2', f: 'WUF' });
/**
 * Deletes all rows of the tree with root page P1 of database P2. With P3 not 0 they count as
 * changes; with P3 > 0 their number is added to r[P3] too. P4: the table, for listeners.
 */
row(Op.Clear, { r: 'p3', w: 'p3', f: 'WUF' });
/** Empties sorter or ephemeral table P1. */
row(Op.ResetSorter, { c: 'write p1', f: 'WF' });
/** r[P2] = root page of a new tree in database P1; P3: 1 rowid table, 2 index tree. */
row(Op.CreateBtree, { w: 'p2', f: 'WF' });
/**
 * Runs the SQL text P4 on this connection. P1 & 1: without authorizer, triggers of DDL and
 * progress.
 */
row(Op.SqlExec, { f: 'WUF' });
/**
 * Reads the rows of sqlite_schema of database P1 that satisfy the condition P4 into the catalog (P4
 * null: all, the catalog starts anew).
 */
row(Op.ParseSchema, { f: 'UF' });
/** Reads the statistics tables of database P1 into the catalog. */
row(Op.LoadAnalysis, { f: 'UF' });
/** Takes table P4 of database P1 out of the catalog. */
row(Op.DropTable, { f: 'U' });
/** Takes index P4 of database P1 out of the catalog. */
row(Op.DropIndex, { f: 'U' });
/** Takes trigger P4 of database P1 out of the catalog. */
row(Op.DropTrigger, { f: 'U' });
/**
 * Checks database P5. P4 is an Int32Array of the P2 root pages (no count in front). r[P1] holds one
 * less than the largest number of messages and counts down; r[P1+1] = the messages, one a line, or
 * NULL (special: both). With P3 > 0 the P2 registers from P3 on get the entry counts.
 */
row(Op.IntegrityCk, { r: 'p1', w: 'p1:special p3:p2', f: 'F' });

// -- row sets ------------------------------------------------------------------------------------

/** Adds the integer r[P2] to the row set in r[P1] (NULL: a new one). */
row(Op.RowSetAdd, {
  r: 'p1 p2',
  w: 'p1',
});
/**
 * Takes the smallest integer out of the row set r[P1] into r[P3]; jumps to P2 (r[P1] = NULL) when
 * there is none.
 */
row(Op.RowSetRead, { r: 'p1', w: 'p1 p3', j: 'p2' });
/**
 * Row set r[P1] holds integers of batches. Jumps to P2 if r[P3] was added by an earlier batch than
 * P4; else adds it, unless P4 is -1. P4=0 is the first batch: nothing is looked up.
 */
row(Op.RowSetTest, { r: 'p1 p3', w: 'p1', j: 'p2' });

// -- sub-programs --------------------------------------------------------------------------------

/**
 * Runs sub-program P4 in a frame of its own; Param in it reads from r[P1] on (special). A Halt with
 * ON_CONFLICT_IGNORE in it comes back to P2. r[P3] keeps the frame for the next time. With P5 not 0
 * nothing is done when a sub-program with the same token is running (triggers without
 * recursive_triggers).
 */
row(Op.Program, { r: 'p1:special p3', w: 'p3', j: 'p2', f: 'WUFS' });
/**
 * In a sub-program: r[P2] = the caller's register (P1 of the Program instruction) + P1. `reads`
 * names no register of this frame.
 */
row(Op.Param, { w: 'p2' });
/**
 * Adds P2 to the count of foreign key violations: of deferred constraints when P1 is not 0, else of
 * the statement's (under defer_foreign_keys: of the transaction's).
 */
row(Op.FkCounter);
/**
 * Jumps to P2 if no violation is counted: of deferred constraints when P1 is not 0, else of the
 * statement (and none that defer_foreign_keys put off).
 */
row(Op.FkIfZero, { j: 'p2' });
/** r[P1] of the root frame (special) = the greater of itself and r[P2] as INTEGER. */
row(Op.MemMax, {
  r: 'p2 p1:special',
  w: 'p1:special',
});

// -- counters ------------------------------------------------------------------------------------

/** If r[P1] > 0: subtracts P3 from it and jumps to P2. */
row(Op.IfPos, {
  r: 'p1',
  w: 'p1',
  j: 'p2',
});
/**
 * r[P2] = LIMIT r[P1] + OFFSET r[P3] (negative counts as 0); -1 (no limit) when r[P1] <= 0 or the
 * sum overflows.
 */
row(Op.OffsetLimit, { r: 'p1 p3', w: 'p2' });
/** If r[P1] is not 0: counts a positive one down and jumps to P2. */
row(Op.IfNotZero, {
  r: 'p1',
  w: 'p1',
  j: 'p2',
});
/** Counts r[P1] down and jumps to P2 if it is then 0. */
row(Op.DecrJumpZero, {
  r: 'p1',
  w: 'p1',
  j: 'p2',
});

// -- aggregates and functions --------------------------------------------------------------------

/**
 * One row into the accumulator r[P3] (NULL: a new one). With P1 not 0 it is AggInverse. P4 is the
 * FunctionCall: its argCount registers from P2 on (special) are the arguments. If the instruction
 * before is CollSeq with P1 > 0, min() and max() set that register (special) to 1 when the row is
 * not the extreme.
 */
row(Op.AggStep, { r: 'p2:special p3', w: 'p3 p1:special', f: 'U' });
/**
 * Takes a row back out of the accumulator r[P3]. P4 is the FunctionCall: its argCount registers
 * from P2 on (special) are the arguments.
 */
row(Op.AggInverse, {
  r: 'p2:special p3',
  w: 'p3',
  f: 'U',
});
/** r[P3] = the value so far of accumulator r[P1]. P2 arguments, P4 FunctionCall. */
row(Op.AggValue, {
  r: 'p1',
  w: 'p3 p1',
  f: 'U',
});
/** r[P1] = the result of accumulator r[P1]. P2 arguments, P4 FunctionCall. */
row(Op.AggFinal, {
  r: 'p1',
  w: 'p1',
  f: 'U',
});
/**
 * Checkpoints database P1 (CHECKPOINT_ALL: all) in mode P2; r[P3..P3+2] (special) = busy, frames in
 * the WAL, frames copied.
 */
row(Op.Checkpoint, { w: 'p3:special', f: 'WUF' });
/**
 * Sets the journal mode of database P1 to P3 (JOURNALMODE_QUERY: asks); r[P2] = the mode in force.
 */
row(Op.JournalMode, { w: 'p2', f: 'WUF' });
/** VACUUM of database P1; with P2 > 0 INTO the file name in r[P2]. */
row(Op.Vacuum, {
  r: 'p2',
  f: 'WUFS',
});
/** One step of incremental vacuum of database P1; jumps to P2 when it is done. */
row(Op.IncrVacuum, {
  j: 'p2',
  f: 'WF',
});
/**
 * All programs (P1=0) or this one only (P1=1) must be prepared again; P2=1: running ones may
 * finish.
 */
row(Op.Expire);
/**
 * r[P3] = a function of registers. P4 is the FunctionCall: its argCount registers from P2 on
 * (special) are the arguments. P1 bit i: argument i is constant.
 */
row(Op.Function, {
  r: 'p2:special',
  w: 'p3',
  f: 'WUF',
});
/**
 * Function where only deterministic ones are allowed. P4 is the FunctionCall: its argCount
 * registers from P2 on (special) are the arguments. P1 bit i: argument i is constant.
 */
row(Op.PureFunc, {
  r: 'p2:special',
  w: 'p3',
  f: 'WUF',
});
/** Takes the subtype off r[P1]. */
row(Op.ClrSubtype, { r: 'p1', w: 'p1' });
/** r[P2] = the subtype of r[P1], NULL if it has none. */
row(Op.GetSubtype, { r: 'p1', w: 'p2' });
/** Gives r[P2] the subtype in r[P1]; NULL takes it off. */
row(Op.SetSubtype, {
  r: 'p1 p2',
  w: 'p2',
});
/** Adds the P4 registers from P3 on to the Bloom filter in r[P1] (a blob made by Blob). */
row(Op.FilterAdd, { r: 'p1 p3:p4', w: 'p1' });
/** Jumps to P2 if the P4 registers from P3 on are certainly not in the Bloom filter r[P1]. */
row(Op.Filter, { r: 'p1 p3:p4', j: 'p2' });
/** r[P2] = pages of database P1. */
row(Op.Pagecount, { w: 'p2', f: 'F' });
/** r[P2] = largest page count of database P1, set to P3 first when that is not 0. */
row(Op.MaxPgcnt, {
  w: 'p2',
});

// -- virtual tables ------------------------------------------------------------------------------

/**
 * Opens cursor P1 on virtual table P4. Mica: virtual tables are not supported yet; raises
 * SQLITE_ERROR.
 */
row(Op.VOpen, { c: 'open p1', f: 'U' });
/**
 * Starts a scan of virtual table cursor P1. Mica: virtual tables are not supported yet; raises
 * SQLITE_ERROR.
 */
row(Op.VFilter, {
  j: 'p2',
  c: 'move p1',
  f: 'UF',
});
/**
 * r[P3] = column P2 of virtual table cursor P1. Mica: virtual tables are not supported yet; raises
 * SQLITE_ERROR.
 */
row(Op.VColumn, {
  w: 'p3',
  c: 'read p1',
  f: 'UF',
});
/**
 * Moves virtual table cursor P1 on. Mica: virtual tables are not supported yet; raises
 * SQLITE_ERROR.
 */
row(Op.VNext, { j: 'p2', c: 'move p1', f: 'UF' });
/**
 * Changes a row of virtual table P4. Mica: virtual tables are not supported yet; raises
 * SQLITE_ERROR.
 */
row(Op.VUpdate, { r: 'p3:p2', f: 'WUF' });
/**
 * Begins a transaction on virtual table P4. Mica: virtual tables are not supported yet; raises
 * SQLITE_ERROR.
 */
row(Op.VBegin, { f: 'U' });
/** Creates virtual table r[P2]. Mica: virtual tables are not supported yet; raises SQLITE_ERROR. */
row(Op.VCreate, { r: 'p2', f: 'WUF' });
/** Destroys virtual table P4. Mica: virtual tables are not supported yet; raises SQLITE_ERROR. */
row(Op.VDestroy, { f: 'WUF' });
/** Renames virtual table P4. Mica: virtual tables are not supported yet; raises SQLITE_ERROR. */
row(Op.VRename, { r: 'p1', f: 'WUF' });
/**
 * Hands the right side of an IN to a virtual table. Mica: virtual tables are not supported yet;
 * raises SQLITE_ERROR.
 */
row(Op.VInitIn, { w: 'p2', f: 'U' });

// -- Mica's own, and the rest --------------------------------------------------------------------

/**
 * Mica's own: cursor P1 stands on the first of the rows that the connection gives for request P4
 * with the P5 registers from P3 on; jumps to P2 when there is none. Column, Rowid (from 1), Next,
 * Prev, Rewind, Last, Count, Close work on it.
 */
row(Op.HostRows, { r: 'p3:p5', j: 'p2', c: 'open p1', f: 'WUF' });
/**
 * Mica's own: the connection does request P4 with the P3 registers from P1 on; r[P2] = the answer.
 */
row(Op.HostCall, { r: 'p1:p3', w: 'p2', f: 'WUF' });
/**
 * With P1 > 0: r[P1] = 0, for the min() or max() AggStep that follows. Mica: the collation itself
 * is in the FunctionCall.
 */
row(Op.CollSeq, { w: 'p1' });
/** A line of EXPLAIN QUERY PLAN: id P1, parent P2, text P4. Does nothing. */
row(Op.Explain);
/** The P2 registers from P1 on are no longer needed. Does nothing. */
row(Op.ReleaseReg);
/** Does nothing. */
row(Op.Noop);
/** Marks that an ABORT may still happen here. Does nothing. */
row(Op.Abortable);

/** One row an opcode, indexed by its number. */
export const opcodes: readonly OpcodeInfo[] = rows;
