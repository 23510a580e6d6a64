/**
 * The opcode table: one row an opcode, indexed by its number (wall 2).
 *
 * How to read a row:
 *  - `doc` says what the instruction does; r[x] is a register, "cursor P1" the cursor of that number.
 *    Where nothing is said the meaning is that of https://www.sqlite.org/opcode.html; words after
 *    "Mica:" say where an instruction is narrower or different.
 *  - A register operand of 0 (and less) names no register, whatever the row says.
 *  - `count: 'special'` is explained in `doc`; registers.ts resolves it for a given instruction.
 *  - Jump operands of 0 in rows that fall through may mean "no jump"; `doc` says so.
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

function row(opcode: Op, doc: string, spec: Spec = {}): void {
  const [effect, operand] = spec.c === undefined ? ['none', null] : spec.c.split(' ');
  const flags = spec.f ?? '';
  rows[opcode] = {
    opcode,
    name: Op[opcode],
    doc,
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

row(Op.Init, 'First instruction of a program. Jumps to P2 unless P2 is 0.', { j: 'p2' });
row(Op.Goto, 'Jumps to P2. A jump backwards is a safepoint.', { j: 'p2', ends: true });
row(Op.Gosub, 'Puts its own address into r[P1] and jumps to P2; Return P1 comes back behind it.', {
  w: 'p1',
  j: 'p2',
  ends: true,
});
row(
  Op.Return,
  'Goes on behind the address in r[P1], which stays. With P3=1 it falls through when r[P1] holds no ' +
    'address (see BeginSubrtn); with P3=0 there must be one.',
  { r: 'p1', indirect: true },
);
row(
  Op.InitCoroutine,
  'Makes r[P1] a coroutine that starts at P3, then jumps to P2 (behind its body) unless P2 is 0.',
  { w: 'p1', j: 'p2 p3' },
);
row(
  Op.EndCoroutine,
  'r[P1] holds the address of the Yield that called last: jumps to the P2 of that Yield. A later ' +
    'Yield P1 comes back to this instruction.',
  { r: 'p1', w: 'p1', ends: true, indirect: true },
);
row(
  Op.Yield,
  'Swaps the program counter with r[P1]: enters the coroutine, or goes back to its caller. When the ' +
    'coroutine ends, EndCoroutine jumps to P2 of the Yield that called it.',
  { r: 'p1', w: 'p1', j: 'p2', indirect: true },
);
row(Op.HaltIfNull, 'Halt with the same P1, P2, P4, P5 when r[P3] is NULL.', {
  r: 'p3',
  f: 'WUFS',
});
row(
  Op.Halt,
  'Ends the program, or a sub-program: then control goes behind the Program instruction, or to its ' +
    'P2 when P2 is ON_CONFLICT_IGNORE. P1 is 0 or the (extended) result code of the error, P2 says ' +
    'what becomes of the statement (ON_CONFLICT_*), P4 is the message, P5 1..4 makes it ' +
    '"NOT NULL|UNIQUE|CHECK|FOREIGN KEY constraint failed: <P4>". With P3 not 0 and no P4 the ' +
    'message is the text of r[P3].',
  { r: 'p3', ends: true, f: 'WUFS' },
);
row(
  Op.BeginSubrtn,
  'Start of a subroutine that may also be entered in line: r[P2] = NULL, so that Return with P3=1 ' +
    'falls through.',
  { w: 'p2' },
);

// -- constants and copies ------------------------------------------------------------------------

row(Op.Integer, 'r[P2] = the integer P1.', { w: 'p2' });
row(Op.Int64, 'r[P2] = the INTEGER P4.', { w: 'p2' });
row(Op.Real, 'r[P2] = the REAL P4.', { w: 'p2' });
row(Op.String8, 'r[P2] = the text P4.', { w: 'p2' });
row(
  Op.Null,
  'r[P2] = NULL, and all up to r[P3] when P3 is greater than P2 (special: that range). With P1 not ' +
    '0 the NULL is "cleared": it never equals anything, even under SQLITE_NULLEQ.',
  { w: 'p2:special' },
);
row(Op.SoftNull, 'r[P1] = NULL.', { w: 'p1' });
row(Op.Blob, 'r[P2] = the blob P4.', { w: 'p2' });
row(Op.Variable, 'r[P2] = bound parameter P1.', { w: 'p2' });
row(Op.Move, 'Moves P3 registers from P1 on to P2 on. Those left behind become NULL.', {
  r: 'p1:p3',
  w: 'p2:p3 p1:p3',
});
row(
  Op.Copy,
  'Copies the P3+1 registers (special) from P1 on to P2 on. P5 & 2 takes subtypes off the copies.',
  { r: 'p1:special', w: 'p2:special' },
);
row(Op.SCopy, 'r[P2] = r[P1]. Mica: values are immutable, the same as Copy of one.', {
  r: 'p1',
  w: 'p2',
});
row(Op.IntCopy, 'r[P2] = r[P1], which is an INTEGER.', { r: 'p1', w: 'p2' });
row(
  Op.FkCheck,
  'Halts with SQLITE_CONSTRAINT_FOREIGNKEY when an immediate constraint is violated.',
  {
    f: 'WUFS',
  },
);
row(Op.ResultRow, 'The P2 registers from P1 on are the next row: step() returns "row".', {
  r: 'p1:p2',
  f: 'US',
});

// -- arithmetic ----------------------------------------------------------------------------------

row(Op.Concat, 'r[P3] = r[P2] || r[P1]; NULL when either is.', { r: 'p1 p2', w: 'p3' });
row(Op.Add, 'r[P3] = r[P1] + r[P2]. Integer overflow goes on as REAL.', { r: 'p1 p2', w: 'p3' });
row(Op.Subtract, 'r[P3] = r[P2] - r[P1].', { r: 'p1 p2', w: 'p3' });
row(Op.Multiply, 'r[P3] = r[P1] * r[P2].', { r: 'p1 p2', w: 'p3' });
row(Op.Divide, 'r[P3] = r[P2] / r[P1]; NULL when the divisor is 0.', { r: 'p1 p2', w: 'p3' });
row(Op.Remainder, 'r[P3] = r[P2] % r[P1] on integers; NULL when the divisor is 0.', {
  r: 'p1 p2',
  w: 'p3',
});
row(Op.BitAnd, 'r[P3] = r[P1] & r[P2] on 64 bits.', { r: 'p1 p2', w: 'p3' });
row(Op.BitOr, 'r[P3] = r[P1] | r[P2] on 64 bits.', { r: 'p1 p2', w: 'p3' });
row(Op.ShiftLeft, 'r[P3] = r[P2] << r[P1]; a negative count shifts the other way.', {
  r: 'p1 p2',
  w: 'p3',
});
row(Op.ShiftRight, 'r[P3] = r[P2] >> r[P1] with sign.', { r: 'p1 p2', w: 'p3' });
row(Op.AddImm, 'r[P1] = r[P1] as INTEGER + P2.', { r: 'p1', w: 'p1' });
row(
  Op.MustBeInt,
  'Makes r[P1] an INTEGER if that loses nothing; else jumps to P2, or with P2=0 raises ' +
    'SQLITE_MISMATCH.',
  { r: 'p1', w: 'p1', j: 'p2' },
);
row(Op.RealAffinity, 'An INTEGER in r[P1] becomes REAL.', { r: 'p1', w: 'p1' });
row(Op.Cast, 'r[P1] = CAST(r[P1] AS the affinity whose letter code is P2).', {
  r: 'p1',
  w: 'p1',
});

// -- comparison ----------------------------------------------------------------------------------

const compareTail =
  ' P5 holds the affinity to apply to both (SQLITE_AFF_MASK) and SQLITE_JUMPIFNULL; P4 the collation ' +
  '(null: BINARY). Mica: the registers keep their values, affinity acts on copies.';
row(Op.Eq, `Jumps to P2 if r[P3] = r[P1]; with SQLITE_NULLEQ NULL equals NULL.${compareTail}`, {
  r: 'p1 p3',
  j: 'p2',
  f: 'U',
});
row(Op.Ne, `Jumps to P2 if r[P3] <> r[P1]; with SQLITE_NULLEQ NULL equals NULL.${compareTail}`, {
  r: 'p1 p3',
  j: 'p2',
  f: 'U',
});
row(Op.Lt, `Jumps to P2 if r[P3] < r[P1].${compareTail}`, { r: 'p1 p3', j: 'p2', f: 'U' });
row(Op.Le, `Jumps to P2 if r[P3] <= r[P1].${compareTail}`, { r: 'p1 p3', j: 'p2', f: 'U' });
row(Op.Gt, `Jumps to P2 if r[P3] > r[P1].${compareTail}`, { r: 'p1 p3', j: 'p2', f: 'U' });
row(Op.Ge, `Jumps to P2 if r[P3] >= r[P1].${compareTail}`, { r: 'p1 p3', j: 'p2', f: 'U' });
row(
  Op.ElseEq,
  'Right behind Lt or Gt (Noop and ReleaseReg may stand between): jumps to P2 if that comparison ' +
    'found its operands equal.',
  { j: 'p2' },
);
row(
  Op.Permutation,
  'Order of fields for the Compare that follows at once: P4 is an Int32Array of offsets, one a field ' +
    '(no count in front).',
);
row(
  Op.Compare,
  'Compares the P3 registers from P1 on with those from P2 on under KeyInfo P4; the result is for ' +
    'the Jump that follows at once. NULL equals NULL. With OPFLAG_PERMUTE field i is at offset P4[i] ' +
    'of the Permutation before it (special: registers up to the largest offset).',
  { r: 'p1:special p2:special', f: 'U' },
);
row(
  Op.Jump,
  'Jumps to P1, P2 or P3 as the last Compare found its first vector less, equal or greater.',
  { j: 'p1 p2 p3', ends: true },
);
row(Op.And, 'r[P3] = r[P1] AND r[P2] in three-valued logic.', { r: 'p1 p2', w: 'p3' });
row(Op.Or, 'r[P3] = r[P1] OR r[P2] in three-valued logic.', { r: 'p1 p2', w: 'p3' });
row(
  Op.IsTrue,
  'r[P2] = truth of r[P1], where NULL counts as P3 (0 or 1), turned round when P4 (a number) is 1: ' +
    'P3=0 P4=0 IS TRUE, 1 1 IS FALSE, 0 1 IS NOT TRUE, 1 0 IS NOT FALSE.',
  { r: 'p1', w: 'p2' },
);
row(Op.Not, 'r[P2] = NOT r[P1]; NULL stays NULL.', { r: 'p1', w: 'p2' });
row(Op.BitNot, 'r[P2] = ~r[P1] on 64 bits; NULL stays NULL.', { r: 'p1', w: 'p2' });
row(Op.Once, 'Falls through the first time in this run of this frame, jumps to P2 after that.', {
  j: 'p2',
});
row(Op.If, 'Jumps to P2 if r[P1] is true; if it is NULL, when P3 is not 0.', { r: 'p1', j: 'p2' });
row(Op.IfNot, 'Jumps to P2 if r[P1] is false; if it is NULL, when P3 is not 0.', {
  r: 'p1',
  j: 'p2',
});
row(Op.IsNull, 'Jumps to P2 if r[P1] is NULL.', { r: 'p1', j: 'p2' });
row(
  Op.IsType,
  'Jumps to P2 if the storage class is in the mask P5 (TYPE_*): of column P3 of cursor P1, or with ' +
    'P1=-1 of r[P3] (special). P4 is the class (1 INTEGER, 2 REAL, 3 TEXT, 4 BLOB, 5 NULL) when the ' +
    'record is too short.',
  { r: 'p3:special', j: 'p2', c: 'read p1', f: 'F' },
);
row(Op.ZeroOrNull, 'r[P2] = NULL if r[P1] or r[P3] is NULL, else 0.', { r: 'p1 p3', w: 'p2' });
row(Op.NotNull, 'Jumps to P2 if r[P1] is not NULL.', { r: 'p1', j: 'p2' });
row(
  Op.IfNullRow,
  'If cursor P1 is at a NULL row: r[P3] = NULL and jumps to P2. Nothing if it is not open.',
  { w: 'p3', j: 'p2', c: 'read p1' },
);

// -- columns and records -------------------------------------------------------------------------

row(
  Op.Offset,
  'r[P3] = file offset of column P2 of cursor P1 (sqlite_offset); NULL where there is none.',
  { w: 'p3', c: 'read p1', f: 'F' },
);
row(
  Op.Column,
  'r[P3] = column P2 of the row of cursor P1. P4 (a value) is the result when the record is too ' +
    'short, else NULL. P5 OPFLAG_LENGTHARG, OPFLAG_TYPEOFARG: only length or type is needed. Mica: ' +
    'they spare reading overflow pages; the value then has the right length and class only.',
  { w: 'p3', c: 'read p1', f: 'F' },
);
row(
  Op.TypeCheck,
  'STRICT: coerces the P2 registers from P1 on to the column types of table P4, or fails with ' +
    'SQLITE_CONSTRAINT_DATATYPE. With P3=0 stored generated columns are checked too; P3>=2 checks ' +
    'the one column P3-2 only, in r[P1].',
  { r: 'p1:p2', w: 'p1:p2' },
);
row(Op.Affinity, 'Applies the affinity letters of P4 to the P2 registers from P1 on.', {
  r: 'p1:p2',
  w: 'p1:p2',
});
row(
  Op.MakeRecord,
  'r[P3] = the record of the P2 registers from P1 on, after the affinity letters of P4 (which may be ' +
    'fewer). Mica: the affinity is applied to the registers as well.',
  { r: 'p1:p2', w: 'p3 p1:p2' },
);
row(Op.Count, 'r[P2] = entries of cursor P1; an estimate will do when P3 is not 0.', {
  w: 'p2',
  c: 'read p1',
  f: 'F',
});

// -- transactions --------------------------------------------------------------------------------

row(Op.Savepoint, 'SAVEPOINT (P1=0), RELEASE (1), ROLLBACK TO (2) with the name P4.', {
  f: 'WUF',
});
row(
  Op.AutoCommit,
  'BEGIN (P1=0), COMMIT (P1=1, P2=0), ROLLBACK (P1=1, P2=1). Ends the program as Halt does.',
  { ends: true, f: 'WUFS' },
);
row(
  Op.Transaction,
  'Begins a transaction on database P1: P2=0 read, 1 write, 2 exclusive. With P5 not 0 the schema ' +
    'cookie must be P3 and the generation P4 (when given), else SQLITE_SCHEMA.',
  { f: 'WUF' },
);
row(Op.ReadCookie, 'r[P2] = meta value P3 of database P1.', { w: 'p2', f: 'F' });
row(Op.SetCookie, 'Meta value P2 of database P1 = P3 (a number, no register).', { f: 'WF' });

// -- opening and closing -------------------------------------------------------------------------

const openTail =
  ' P2 is the root page (register P2 holds it with OPFLAG_P2ISREG: special), P3 the database, P4 a ' +
  'KeyInfo for an index, else a column count or null.';
row(Op.OpenRead, `Opens cursor P1 for reading.${openTail}`, {
  r: 'p2:special',
  c: 'open p1',
  f: 'F',
});
row(Op.ReopenIdx, `OpenRead that does nothing when P1 is open on that root already.${openTail}`, {
  r: 'p2:special',
  c: 'open p1',
  f: 'F',
});
row(Op.OpenWrite, `Opens cursor P1 for writing.${openTail}`, {
  r: 'p2:special',
  c: 'open p1',
  f: 'WF',
});
row(Op.OpenDup, 'Opens cursor P1 on the ephemeral table of cursor P2.', { c: 'open p1', f: 'F' });
const ephemeral =
  'Opens cursor P1 on a new, empty ephemeral tree of P2 columns: an index when P4 is a KeyInfo, else a ' +
  'rowid table. If it is open already, it is emptied. With P3 > 0, r[P3] = an empty blob.';
row(Op.OpenAutoindex, ephemeral, { w: 'p3', c: 'open p1', f: 'WF' });
row(Op.OpenEphemeral, ephemeral, { w: 'p3', c: 'open p1', f: 'WF' });
row(
  Op.SorterOpen,
  'Opens cursor P1 as a sorter by KeyInfo P4 with P2 columns. Mica: the sort is always stable over ' +
    'the fields of the KeyInfo (P3 is not needed).',
  { c: 'open p1' },
);
row(
  Op.SequenceTest,
  'Jumps to P2 if the sequence number of cursor P1 is 0; counts it up in either case.',
  { j: 'p2', c: 'read p1' },
);
row(
  Op.OpenPseudo,
  'Opens cursor P1 on one row: the record in r[P2], which is read at each Column and so lives as long as ' +
    'the cursor. P3 is the column count.',
  { r: 'p2', c: 'open p1' },
);
row(Op.Close, 'Closes cursor P1 if it is open.', { c: 'close p1', f: 'F' });
row(Op.ColumnsUsed, 'A hint: the bit mask P4 of columns that cursor P1 will use. Does nothing.');

// -- seeks ---------------------------------------------------------------------------------------

const seekTail =
  ' the key: r[P3] for a rowid table, the P4 registers from P3 on for an index. Jumps to P2 if there ' +
  'is none (also, for a rowid table, when the key is NULL; other keys that are no integers are ' +
  'rounded as the comparison needs).';
const seekSpec: Spec = { r: 'p3:special', j: 'p2', c: 'move p1', f: 'UF' };
row(Op.SeekLT, `Moves cursor P1 to the last entry less than${seekTail}`, seekSpec);
row(Op.SeekLE, `Moves cursor P1 to the last entry less than or equal to${seekTail}`, seekSpec);
row(Op.SeekGE, `Moves cursor P1 to the first entry greater than or equal to${seekTail}`, seekSpec);
row(Op.SeekGT, `Moves cursor P1 to the first entry greater than${seekTail}`, seekSpec);
row(
  Op.SeekScan,
  'Prefix of a SeekGE on the next address: tries up to P1 steps of its cursor instead of a seek. On ' +
    'the target: jumps to P2. Past it: to P2 of the SeekGE, or with P5 to its own P2. Off the end: to ' +
    'P2 of the SeekGE. Not there yet, or the cursor on no row: falls through. (special: reads what ' +
    'the SeekGE reads.)',
  { j: 'p2', f: 'UF' },
);
row(Op.SeekHit, 'Brings the seekHit number of cursor P1 into the range P2..P3.', { c: 'read p1' });
row(Op.IfNotOpen, 'Jumps to P2 if cursor P1 is not open or at a NULL row.', {
  j: 'p2',
  c: 'read p1',
});
row(
  Op.IfNoHope,
  'Falls through if the seekHit number of cursor P1 is at least P4; else as NotFound with the P4 ' +
    'registers from P3 on.',
  { r: 'p3:p4', j: 'p2', c: 'move p1', f: 'UF' },
);
const foundTail =
  ' an entry that begins with the key: the P4 registers from P3 on, or with P4=0 the record in r[P3] ' +
  '(special).';
row(
  Op.NoConflict,
  `Jumps to P2 if a key field is NULL or the index of cursor P1 has not${foundTail}`,
  { r: 'p3:special', j: 'p2', c: 'move p1', f: 'UF' },
);
row(Op.NotFound, `Jumps to P2 if the index of cursor P1 has not${foundTail}`, {
  r: 'p3:special',
  j: 'p2',
  c: 'move p1',
  f: 'UF',
});
row(Op.Found, `Jumps to P2 if the index of cursor P1 has${foundTail}`, {
  r: 'p3:special',
  j: 'p2',
  c: 'move p1',
  f: 'UF',
});
row(
  Op.SeekRowid,
  'Moves cursor P1 to the row with rowid r[P3]; jumps to P2 if there is none or r[P3] is no integer ' +
    'and cannot be made one without loss (on a copy). With P2=0 a missing row is SQLITE_CORRUPT.',
  { r: 'p3', j: 'p2', c: 'move p1', f: 'F' },
);
row(Op.NotExists, 'SeekRowid for an r[P3] that is an INTEGER.', {
  r: 'p3',
  j: 'p2',
  c: 'move p1',
  f: 'F',
});
row(Op.Sequence, 'r[P2] = sequence number of cursor P1, then counts it up.', {
  w: 'p2',
  c: 'read p1',
});
row(
  Op.NewRowid,
  'r[P2] = a rowid not used in the table of cursor P1. With P3 > 0, r[P3] of the root frame holds the ' +
    'largest ever given: the new one is greater (SQLITE_FULL at 2^63-1) and stored there too (special: ' +
    'of the root frame).',
  { r: 'p3:special', w: 'p2 p3:special', c: 'move p1', f: 'F' },
);

// -- row changes ---------------------------------------------------------------------------------

row(
  Op.Insert,
  'Writes the record r[P2] under rowid r[P3] through cursor P1, replacing what is there. P4: the table, ' +
    'for listeners. P5: OPFLAG_NCHANGE, LASTROWID, ISUPDATE, APPEND, USESEEKRESULT, SAVEPOSITION, ' +
    'PREFORMAT; with OPFLAG_ISNOOP the listener is told and nothing is written (it follows the ' +
    'IdxInsert into a WITHOUT ROWID table).',
  { r: 'p2 p3', c: 'write p1', f: 'WUF' },
);
row(
  Op.RowCell,
  'Takes the row of cursor P2 over for cursor P1 under rowid r[P3] (index: P3 unused). An Insert or ' +
    'IdxInsert with OPFLAG_PREFORMAT follows.',
  { r: 'p3', c: 'read p2', f: 'F' },
);
row(
  Op.Delete,
  'Deletes the row of cursor P1. P2: OPFLAG_NCHANGE counts it; with OPFLAG_ISUPDATE an Insert with ' +
    'rowid r[P3] follows; with OPFLAG_ISNOOP nothing is removed (the Insert overwrites). P4: the ' +
    'table, for listeners. P5: OPFLAG_SAVEPOSITION, OPFLAG_AUXDELETE.',
  { r: 'p3:special', c: 'write p1', f: 'WUF' },
);
row(Op.ResetCount, 'changes() = the row counter of the program, which then starts at 0.');
row(
  Op.SorterCompare,
  'Compares the first P4 fields of the record r[P3] with the row of sorter P1; jumps to P2 if they ' +
    'differ or one of them in r[P3] is NULL.',
  { r: 'p3', j: 'p2', c: 'read p1', f: 'UF' },
);
row(Op.SorterData, 'r[P2] = the record of sorter P1. Pseudo cursor P3 reads it anew.', {
  w: 'p2',
  c: 'read p1',
  f: 'F',
});
row(Op.RowData, 'r[P2] = the whole record of cursor P1.', { w: 'p2', c: 'read p1', f: 'F' });
row(Op.Rowid, 'r[P2] = the rowid of the row of cursor P1; NULL at a NULL row.', {
  w: 'p2',
  c: 'read p1',
  f: 'F',
});
row(
  Op.NullRow,
  'Lets cursor P1 stand on a row whose columns and rowid are all NULL (one that is not open too). A ' +
    'pseudo cursor goes on reading its register.',
  { c: 'move p1' },
);
row(Op.SeekEnd, 'Lets cursor P1 stand where an append goes (no row to be read).', {
  c: 'move p1',
  f: 'F',
});
row(Op.Last, 'Moves cursor P1 to its last row; jumps to P2 (unless 0) when there is none.', {
  j: 'p2',
  c: 'move p1',
  f: 'F',
});
row(
  Op.IfSizeBetween,
  'X = 10*log2 of the approximate number of rows of cursor P1, -1 for none: jumps to P2 if P3<=X<=P4.',
  { j: 'p2', c: 'read p1', f: 'F' },
);
row(Op.SorterSort, 'Sorts sorter P1 and moves to its first row; jumps to P2 when there is none.', {
  j: 'p2',
  c: 'move p1',
  f: 'UF',
});
row(Op.Sort, 'Rewind, for an ephemeral table that sorts.', { j: 'p2', c: 'move p1', f: 'F' });
row(Op.Rewind, 'Moves cursor P1 to its first row; jumps to P2 (unless 0) when there is none.', {
  j: 'p2',
  c: 'move p1',
  f: 'F',
});
row(Op.IfEmpty, 'Jumps to P2 if the tree of cursor P1 is empty.', {
  j: 'p2',
  c: 'move p1',
  f: 'F',
});
row(Op.SorterNext, 'Moves sorter P1 on and jumps to P2; falls through at the end.', {
  j: 'p2',
  c: 'move p1',
  f: 'UF',
});
row(Op.Prev, 'Moves cursor P1 one row back and jumps to P2; falls through at the start.', {
  j: 'p2',
  c: 'move p1',
  f: 'F',
});
row(Op.Next, 'Moves cursor P1 one row on and jumps to P2; falls through at the end.', {
  j: 'p2',
  c: 'move p1',
  f: 'F',
});
row(
  Op.IdxInsert,
  'Puts the key record r[P2] into the index of cursor P1. With P4 > 0 its values are also in the P4 ' +
    'registers from P3 on. P5: OPFLAG_NCHANGE, APPEND, USESEEKRESULT, PREFORMAT.',
  { r: 'p2 p3:p4', c: 'write p1', f: 'WUF' },
);
row(Op.SorterInsert, 'Adds the record r[P2] to sorter P1.', {
  r: 'p2',
  c: 'write p1',
  f: 'UF',
});
row(
  Op.IdxDelete,
  'Deletes from the index of cursor P1 the entry that begins with the P3 registers from P2 on. If it ' +
    'is missing: SQLITE_CORRUPT_INDEX when P5 is not 0 (and writable_schema is off).',
  { r: 'p2:p3', c: 'write p1', f: 'WUF' },
);
row(
  Op.DeferredSeek,
  'Cursor P3 (rowid table) will stand on the row of the index entry of cursor P1; it moves only when ' +
    'needed. P4, an Int32Array with one entry a column of P3 (no count in front): a(i) > 0 says that ' +
    'column i can be read as column a(i)-1 of P1 instead.',
  { c: 'move p3', f: 'F' },
);
row(
  Op.IdxRowid,
  'r[P2] = the rowid at the end of the index entry of cursor P1; NULL at a NULL row.',
  {
    w: 'p2',
    c: 'read p1',
    f: 'F',
  },
);
row(Op.FinishSeek, 'Does the seek that DeferredSeek put off on table cursor P1.', {
  c: 'move p1',
  f: 'F',
});
const idxTail =
  ' the key in the P4 registers from P3 on; fields of the entry beyond P4 do not count.';
const idxSpec: Spec = { r: 'p3:p4', j: 'p2', c: 'read p1', f: 'UF' };
row(Op.IdxLE, `Jumps to P2 if the entry of cursor P1 is less than or equal to${idxTail}`, idxSpec);
row(Op.IdxGT, `Jumps to P2 if the entry of cursor P1 is greater than${idxTail}`, idxSpec);
row(Op.IdxLT, `Jumps to P2 if the entry of cursor P1 is less than${idxTail}`, idxSpec);
row(
  Op.IdxGE,
  `Jumps to P2 if the entry of cursor P1 is greater than or equal to${idxTail}`,
  idxSpec,
);

// -- schema --------------------------------------------------------------------------------------

row(
  Op.Destroy,
  'Drops the tree with root page P1 of database P3. r[P2] = the root page that moved to P1 ' +
    '(auto-vacuum), else 0. SQLITE_LOCKED while other statements read. P4: the table, for listeners.',
  { w: 'p2', f: 'WUF' },
);
row(
  Op.Clear,
  'Deletes all rows of the tree with root page P1 of database P2. With P3 not 0 they count as changes; ' +
    'with P3 > 0 their number is added to r[P3] too. P4: the table, for listeners.',
  { r: 'p3', w: 'p3', f: 'WUF' },
);
row(Op.ResetSorter, 'Empties sorter or ephemeral table P1.', { c: 'write p1', f: 'WF' });
row(
  Op.CreateBtree,
  'r[P2] = root page of a new tree in database P1; P3: 1 rowid table, 2 index tree.',
  { w: 'p2', f: 'WF' },
);
row(
  Op.SqlExec,
  'Runs the SQL text P4 on this connection. P1 & 1: without authorizer, triggers of DDL and progress.',
  { f: 'WUF' },
);
row(
  Op.ParseSchema,
  'Reads the rows of sqlite_schema of database P1 that satisfy the condition P4 into the catalog ' +
    '(P4 null: all, the catalog starts anew).',
  { f: 'UF' },
);
row(Op.LoadAnalysis, 'Reads the statistics tables of database P1 into the catalog.', { f: 'UF' });
row(Op.DropTable, 'Takes table P4 of database P1 out of the catalog.', { f: 'U' });
row(Op.DropIndex, 'Takes index P4 of database P1 out of the catalog.', { f: 'U' });
row(Op.DropTrigger, 'Takes trigger P4 of database P1 out of the catalog.', { f: 'U' });
row(
  Op.IntegrityCk,
  'Checks database P5. P4 is an Int32Array of the P2 root pages (no count in front). r[P1] holds one ' +
    'less than the largest number of messages and counts down; r[P1+1] = the messages, one a line, or ' +
    'NULL (special: both). With P3 > 0 the P2 registers from P3 on get the entry counts.',
  { r: 'p1', w: 'p1:special p3:p2', f: 'F' },
);

// -- row sets ------------------------------------------------------------------------------------

row(Op.RowSetAdd, 'Adds the integer r[P2] to the row set in r[P1] (NULL: a new one).', {
  r: 'p1 p2',
  w: 'p1',
});
row(
  Op.RowSetRead,
  'Takes the smallest integer out of the row set r[P1] into r[P3]; jumps to P2 (r[P1] = NULL) when ' +
    'there is none.',
  { r: 'p1', w: 'p1 p3', j: 'p2' },
);
row(
  Op.RowSetTest,
  'Row set r[P1] holds integers of batches. Jumps to P2 if r[P3] was added by an earlier batch than ' +
    'P4; else adds it, unless P4 is -1. P4=0 is the first batch: nothing is looked up.',
  { r: 'p1 p3', w: 'p1', j: 'p2' },
);

// -- sub-programs --------------------------------------------------------------------------------

row(
  Op.Program,
  'Runs sub-program P4 in a frame of its own; Param in it reads from r[P1] on (special). A Halt with ' +
    'ON_CONFLICT_IGNORE in it comes back to P2. r[P3] keeps the frame for the next time. With P5 not ' +
    '0 nothing is done when a sub-program with the same token is running (triggers without ' +
    'recursive_triggers).',
  { r: 'p1:special p3', w: 'p3', j: 'p2', f: 'WUFS' },
);
row(
  Op.Param,
  "In a sub-program: r[P2] = the caller's register (P1 of the Program instruction) + P1. `reads` names " +
    'no register of this frame.',
  { w: 'p2' },
);
row(
  Op.FkCounter,
  'Adds P2 to the count of foreign key violations: of deferred constraints when P1 is not 0, else of ' +
    "the statement's (under defer_foreign_keys: of the transaction's).",
);
row(
  Op.FkIfZero,
  'Jumps to P2 if no violation is counted: of deferred constraints when P1 is not 0, else of the ' +
    'statement (and none that defer_foreign_keys put off).',
  { j: 'p2' },
);
row(Op.MemMax, 'r[P1] of the root frame (special) = the greater of itself and r[P2] as INTEGER.', {
  r: 'p2 p1:special',
  w: 'p1:special',
});

// -- counters ------------------------------------------------------------------------------------

row(Op.IfPos, 'If r[P1] > 0: subtracts P3 from it and jumps to P2.', {
  r: 'p1',
  w: 'p1',
  j: 'p2',
});
row(
  Op.OffsetLimit,
  'r[P2] = LIMIT r[P1] + OFFSET r[P3] (negative counts as 0); -1 (no limit) when r[P1] <= 0 or the sum ' +
    'overflows.',
  { r: 'p1 p3', w: 'p2' },
);
row(Op.IfNotZero, 'If r[P1] is not 0: counts a positive one down and jumps to P2.', {
  r: 'p1',
  w: 'p1',
  j: 'p2',
});
row(Op.DecrJumpZero, 'Counts r[P1] down and jumps to P2 if it is then 0.', {
  r: 'p1',
  w: 'p1',
  j: 'p2',
});

// -- aggregates and functions --------------------------------------------------------------------

const args =
  ' P4 is the FunctionCall: its argCount registers from P2 on (special) are the arguments.';
row(
  Op.AggStep,
  `One row into the accumulator r[P3] (NULL: a new one). With P1 not 0 it is AggInverse.${args} If the ` +
    'instruction before is CollSeq with P1 > 0, min() and max() set that register (special) to 1 when ' +
    'the row is not the extreme.',
  { r: 'p2:special p3', w: 'p3 p1:special', f: 'U' },
);
row(Op.AggInverse, `Takes a row back out of the accumulator r[P3].${args}`, {
  r: 'p2:special p3',
  w: 'p3',
  f: 'U',
});
row(Op.AggValue, 'r[P3] = the value so far of accumulator r[P1]. P2 arguments, P4 FunctionCall.', {
  r: 'p1',
  w: 'p3',
  f: 'U',
});
row(Op.AggFinal, 'r[P1] = the result of accumulator r[P1]. P2 arguments, P4 FunctionCall.', {
  r: 'p1',
  w: 'p1',
  f: 'U',
});
row(
  Op.Checkpoint,
  'Checkpoints database P1 (CHECKPOINT_ALL: all) in mode P2; r[P3..P3+2] (special) = busy, frames in ' +
    'the WAL, frames copied.',
  { w: 'p3:special', f: 'WUF' },
);
row(
  Op.JournalMode,
  'Sets the journal mode of database P1 to P3 (JOURNALMODE_QUERY: asks); r[P2] = the mode in force.',
  { w: 'p2', f: 'WUF' },
);
row(Op.Vacuum, 'VACUUM of database P1; with P2 > 0 INTO the file name in r[P2].', {
  r: 'p2',
  f: 'WUFS',
});
row(Op.IncrVacuum, 'One step of incremental vacuum of database P1; jumps to P2 when it is done.', {
  j: 'p2',
  f: 'WF',
});
row(
  Op.Expire,
  'All programs (P1=0) or this one only (P1=1) must be prepared again; P2=1: running ones may finish.',
);
const call = ' P1 bit i: argument i is constant.';
row(Op.Function, `r[P3] = a function of registers.${args}${call}`, {
  r: 'p2:special',
  w: 'p3',
  f: 'WUF',
});
row(Op.PureFunc, `Function where only deterministic ones are allowed.${args}${call}`, {
  r: 'p2:special',
  w: 'p3',
  f: 'WUF',
});
row(Op.ClrSubtype, 'Takes the subtype off r[P1].', { r: 'p1', w: 'p1' });
row(Op.GetSubtype, 'r[P2] = the subtype of r[P1], NULL if it has none.', { r: 'p1', w: 'p2' });
row(Op.SetSubtype, 'Gives r[P2] the subtype in r[P1]; NULL takes it off.', {
  r: 'p1 p2',
  w: 'p2',
});
row(
  Op.FilterAdd,
  'Adds the P4 registers from P3 on to the Bloom filter in r[P1] (a blob made by Blob).',
  { r: 'p1 p3:p4', w: 'p1' },
);
row(
  Op.Filter,
  'Jumps to P2 if the P4 registers from P3 on are certainly not in the Bloom filter r[P1].',
  { r: 'p1 p3:p4', j: 'p2' },
);
row(Op.Pagecount, 'r[P2] = pages of database P1.', { w: 'p2', f: 'F' });
row(Op.MaxPgcnt, 'r[P2] = largest page count of database P1, set to P3 first when that is not 0.', {
  w: 'p2',
});

// -- virtual tables ------------------------------------------------------------------------------

const none = ' Mica: virtual tables are not supported yet; raises SQLITE_ERROR.';
row(Op.VOpen, `Opens cursor P1 on virtual table P4.${none}`, { c: 'open p1', f: 'U' });
row(Op.VFilter, `Starts a scan of virtual table cursor P1.${none}`, {
  j: 'p2',
  c: 'move p1',
  f: 'UF',
});
row(Op.VColumn, `r[P3] = column P2 of virtual table cursor P1.${none}`, {
  w: 'p3',
  c: 'read p1',
  f: 'UF',
});
row(Op.VNext, `Moves virtual table cursor P1 on.${none}`, { j: 'p2', c: 'move p1', f: 'UF' });
row(Op.VUpdate, `Changes a row of virtual table P4.${none}`, { r: 'p3:p2', f: 'WUF' });
row(Op.VBegin, `Begins a transaction on virtual table P4.${none}`, { f: 'U' });
row(Op.VCreate, `Creates virtual table r[P2].${none}`, { r: 'p2', f: 'WUF' });
row(Op.VDestroy, `Destroys virtual table P4.${none}`, { f: 'WUF' });
row(Op.VRename, `Renames virtual table P4.${none}`, { r: 'p1', f: 'WUF' });
row(Op.VInitIn, `Hands the right side of an IN to a virtual table.${none}`, { w: 'p2', f: 'U' });

// -- Mica's own, and the rest --------------------------------------------------------------------

row(
  Op.HostRows,
  "Mica's own: cursor P1 stands on the first of the rows that the connection gives for request P4 with " +
    'the P5 registers from P3 on; jumps to P2 when there is none. Column, Rowid (from 1), Next, Prev, ' +
    'Rewind, Last, Count, Close work on it.',
  { r: 'p3:p5', j: 'p2', c: 'open p1', f: 'WUF' },
);
row(
  Op.HostCall,
  "Mica's own: the connection does request P4 with the P3 registers from P1 on; r[P2] = the answer.",
  { r: 'p1:p3', w: 'p2', f: 'WUF' },
);
row(
  Op.CollSeq,
  'With P1 > 0: r[P1] = 0, for the min() or max() AggStep that follows. Mica: the collation itself is ' +
    'in the FunctionCall.',
  { w: 'p1' },
);
row(Op.Explain, 'A line of EXPLAIN QUERY PLAN: id P1, parent P2, text P4. Does nothing.');
row(Op.ReleaseReg, 'The P2 registers from P1 on are no longer needed. Does nothing.');
row(Op.Noop, 'Does nothing.');
row(Op.Abortable, 'Marks that an ABORT may still happen here. Does nothing.');

/** One row an opcode, indexed by its number. */
export const opcodes: readonly OpcodeInfo[] = rows;
