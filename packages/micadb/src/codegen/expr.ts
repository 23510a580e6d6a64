/**
 * Scalar expressions: code that puts a value into a register.
 *
 * Invariants:
 *  1. `codeTarget` may leave the value in another register than the one it was offered (a constant
 *     that is made at the program's start, a coroutine's output): that register is only read.
 *  2. A constant expression is evaluated once a run: without function calls at the program's start
 *     (`cg.constants`), with them at the first use (Once), so that an error comes only when the value
 *     is asked for.
 */
import type { BoundExpr } from '../bind/tree.ts';
import { exprAffinity, exprCollation, exprEquals, isConstant, vectorSize } from '../bind/types.ts';
import { binaryCollation } from '../values/collation.ts';
import { ResultCode, SqliteError } from '../values/errors.ts';
import { inEncoding } from '../values/utf.ts';
import { Affinity, Real, type SqlValue, Text } from '../values/value.ts';
import {
  ON_CONFLICT_ABORT,
  ON_CONFLICT_FAIL,
  ON_CONFLICT_IGNORE,
  ON_CONFLICT_ROLLBACK,
  OPFLAG_BYTELENARG,
  OPFLAG_LENGTHARG,
  OPFLAG_TYPEOFARG,
} from '../vm/flags.ts';
import { Opcode } from '../vm/opcode.ts';
import type { FunctionCall } from '../vm/types.ts';
import { codeColumnExpr, codeTriggerColumn } from './column.ts';
import type { Codegen } from './context.ts';
import { betweenAsAnd, codeCompareValue } from './expr-compare.ts';
import { jumpIfFalse } from './expr-jump.ts';
import { codeInJump } from './in.ts';
import { collationByName } from './open.ts';
import { codeSubquery } from './subquery.ts';

export { codeColumn } from './column.ts';
export { jumpIfFalse, jumpIfTrue } from './expr-jump.ts';
export { codeSubquery } from './subquery.ts';

export function sqlError(message: string): SqliteError {
  return new SqliteError('SQLITE_ERROR', message);
}

// -- entry points --------------------------------------------------------------------------------

/** The register that holds the value; with `target` it is that one. */
export function codeExpr(cg: Codegen, e: BoundExpr, target?: number): number {
  if (target === undefined) return codeTarget(cg, e, cg.b.newReg());
  codeExprTo(cg, e, target);
  return target;
}

/** Puts the value into `target`. */
export function codeExprTo(cg: Codegen, e: BoundExpr, target: number): void {
  const at = codeTarget(cg, e, target);
  if (at !== target) cg.b.emit(Opcode.SCopy, at, target);
}

/**
 * The value in some register that is only to be read; `temp` is to be released when it is not 0.
 * Constants are made once.
 */
export function codeExprTemp(cg: Codegen, e: BoundExpr): { reg: number; temp: number } {
  if (e.kind === 'register') return { reg: e.register, temp: 0 };
  if (canFactor(cg, e)) return { reg: codeOnceOrAtStart(cg, e, null), temp: 0 };
  const temp = cg.b.tempReg();
  const reg = codeTarget(cg, e, temp);
  if (reg === temp) return { reg, temp };
  cg.b.releaseTemp(temp);
  return { reg, temp: 0 };
}

/** Puts the value into `target`; a constant's evaluation may be moved to the program's start. */
export function codeFactorable(cg: Codegen, e: BoundExpr, target: number): void {
  if (canFactor(cg, e)) codeOnceOrAtStart(cg, e, target);
  else codeExprTo(cg, e, target);
}

/** Values of a list in consecutive registers. `factor`: constants may be put there once for all rows. */
export function codeExprList(
  cg: Codegen,
  list: readonly BoundExpr[],
  base: number,
  options: { readonly factor?: boolean } = {},
): void {
  for (let i = 0; i < list.length; i++) {
    const e = list[i]!;
    if (e.kind === 'subquery' && vectorSize(e) > 1) {
      // It stands in the list once for each of its columns.
      codeExprVector(cg, e, base + i);
      i += vectorSize(e) - 1;
    } else if (options.factor === true) codeFactorable(cg, e, base + i);
    else codeExprTo(cg, e, base + i);
  }
}

/** All fields of a row value (or one scalar) in consecutive registers. */
export function codeExprVector(cg: Codegen, e: BoundExpr, base: number): void {
  if (e.kind === 'vector') {
    codeExprList(cg, e.items, base);
  } else if (e.kind === 'subquery' && vectorSize(e) > 1) {
    const from = codeSubquery(cg, e);
    cg.b.emit(Opcode.Copy, from, base, vectorSize(e) - 1);
  } else {
    codeExprTo(cg, e, base);
  }
}

// -- constants -----------------------------------------------------------------------------------

const constancy = new WeakMap<BoundExpr, boolean>();

/** `isConstant` with its answers kept: deep trees ask at each level. */
export function isConstantExpr(e: BoundExpr): boolean {
  if (e.kind === 'column' || e.kind === 'constant' || e.kind === 'parameter') return isConstant(e);
  let known = constancy.get(e);
  if (known === undefined) {
    known = isConstant(e);
    constancy.set(e, known);
  }
  return known;
}

function canFactor(cg: Codegen, e: BoundExpr): boolean {
  return cg.constants !== null && isConstantExpr(e) && vectorSize(e) === 1;
}

const calls = new WeakMap<BoundExpr, boolean>();

function hasCall(e: BoundExpr): boolean {
  if (e.kind === 'constant' || e.kind === 'parameter') return false;
  let known = calls.get(e);
  if (known === undefined) {
    known = hasCallIn(e);
    calls.set(e, known);
  }
  return known;
}

function hasCallIn(e: BoundExpr): boolean {
  switch (e.kind) {
    case 'unary':
    case 'isNull':
    case 'truth':
    case 'cast':
    case 'collate':
      return hasCall(e.operand);
    case 'arithmetic':
    case 'compare':
    case 'and':
    case 'or':
      return hasCall(e.left) || hasCall(e.right);
    default:
      return true;
  }
}

/** A register with the value of a constant expression; `target` asks for a certain one. */
function codeOnceOrAtStart(cg: Codegen, e: BoundExpr, target: number | null): number {
  const { constants } = cg;
  if (constants === null) {
    const reg = target ?? cg.b.newReg();
    codeExprTo(cg, e, reg);
    return reg;
  }
  if (target === null) {
    const known = constants.find((c) => c.reusable && exprEquals(c.expr, e));
    if (known !== undefined) return known.register;
  }
  const register = target ?? cg.b.newReg();
  if (hasCall(e)) {
    const once = cg.b.emit(Opcode.Once);
    cg.constants = null;
    codeExprTo(cg, e, register);
    cg.constants = constants;
    cg.b.jumpHere(once);
  } else {
    constants.push({ expr: e, register, reusable: target === null });
  }
  return register;
}

/** The constants that wait for the program's start: called where Init jumps to. */
export function codeConstants(cg: Codegen): void {
  const list = cg.constants;
  cg.constants = null;
  for (const c of list ?? []) codeExprTo(cg, c.expr, c.register);
}

/** Instruction that loads a literal. */
export function codeValue(cg: Codegen, v: SqlValue, target: number): void {
  const { b } = cg;
  if (v === null) b.emit(Opcode.Null, 0, target);
  else if (typeof v === 'number' && v >= -2147483648 && v <= 2147483647) {
    b.emit(Opcode.Integer, v, target);
  } else if (typeof v === 'number' || typeof v === 'bigint') b.emit(Opcode.Int64, 0, target, 0, v);
  else if (typeof v === 'string') {
    b.emit(Opcode.String8, 0, target, 0, inEncoding(v, cg.env.encoding) as string);
  } else if (v instanceof Real) b.emit(Opcode.Real, 0, target, 0, v);
  else if (v instanceof Text) {
    b.emit(Opcode.Blob, 0, target, 0, v.bytes);
    b.emit(Opcode.Cast, target, Affinity.Text);
  } else b.emit(Opcode.Blob, v.length, target, 0, v);
}

// -- the switch ----------------------------------------------------------------------------------

/** Codes `e`; the register that holds the value, `target` where nothing better is at hand. */
export function codeTarget(cg: Codegen, e: BoundExpr, target: number): number {
  const { b } = cg;
  if (cg.indexedExprs.length > 0) {
    const found = codeIndexedExpr(cg, e, target);
    if (found) return target;
  }
  switch (e.kind) {
    case 'constant':
      codeValue(cg, e.value, target);
      return target;
    case 'parameter':
      b.emit(Opcode.Variable, e.index, target);
      return target;
    case 'column':
      return codeColumnExpr(cg, e, target);
    case 'triggerColumn':
      codeTriggerColumn(cg, e, target);
      return target;
    case 'register':
      return e.register;
    case 'cursorColumn':
      b.emit(Opcode.Column, e.cursor, e.column, target);
      return target;
    case 'unary':
      return codeUnary(cg, e, target);
    case 'isNull': {
      const r = codeExprTemp(cg, e.operand);
      typeOnly(cg, r.reg);
      // The operand may stand in `target` itself.
      const reg = r.reg === target ? b.newReg() : target;
      b.emit(Opcode.Integer, 1, reg);
      const jump = b.emit(e.not ? Opcode.NotNull : Opcode.IsNull, r.reg);
      b.emit(Opcode.Integer, 0, reg);
      b.jumpHere(jump);
      b.releaseTemp(r.temp);
      return reg;
    }
    case 'truth': {
      const r = codeExprTemp(cg, e.operand);
      // P3 is the answer for NULL, before P4 turns it round.
      const turned = e.value === e.not;
      b.emit(Opcode.IsTrue, r.reg, target, e.not === turned ? 0 : 1, turned ? 1 : 0);
      b.releaseTemp(r.temp);
      return target;
    }
    case 'arithmetic':
      return codeArithmetic(cg, e, target);
    case 'and':
    case 'or':
      return codeAndOr(cg, e, target);
    case 'compare':
      codeCompareValue(cg, e, target);
      return target;
    case 'between':
      return codeBetween(cg, e, target);
    case 'inList':
    case 'inQuery': {
      const no = b.newLabel();
      const unknown = b.newLabel();
      // The operand may stand in `target` itself.
      const reg = b.newReg();
      b.emit(Opcode.Null, 0, reg);
      codeInJump(cg, e, no, unknown);
      b.emit(Opcode.Integer, 1, reg);
      b.emit(Opcode.Goto, 0, unknown);
      b.resolve(no);
      b.emit(Opcode.Integer, 0, reg);
      b.resolve(unknown);
      return reg;
    }
    case 'exists':
    case 'subquery':
      return codeSubquery(cg, e);
    case 'vector':
      throw sqlError('row value misused');
    case 'cast':
      codeExprTo(cg, e.operand, target);
      b.emit(Opcode.Cast, target, e.affinity);
      return target;
    case 'collate':
      return codeTarget(cg, e.operand, target);
    case 'case':
      return codeCase(cg, e, target);
    case 'function':
      return codeFunction(cg, e, target);
    case 'aggregate':
      throw sqlError(`misuse of aggregate: ${e.def.name}()`);
    case 'window':
      throw sqlError(`misuse of window function ${e.def.name}()`);
    case 'raise':
      codeRaise(cg, e);
      return target;
  }
}

/** The value of an expression that an index in use holds already. */
function codeIndexedExpr(cg: Codegen, e: BoundExpr, target: number): boolean {
  if (e.kind === 'constant' || e.kind === 'column' || e.kind === 'register') return false;
  const found = cg.indexedExprs.find((x) => exprEquals(x.expr, e, x.source));
  if (found === undefined) return false;
  const { b } = cg;
  if (!found.maybeNullRow) {
    b.emit(Opcode.Column, found.indexCursor, found.indexColumn, target);
    return true;
  }
  const other = b.newLabel();
  const done = b.newLabel();
  b.emit(Opcode.IfNullRow, found.indexCursor, other, target);
  b.emit(Opcode.Column, found.indexCursor, found.indexColumn, target);
  b.emit(Opcode.Goto, 0, done);
  b.resolve(other);
  const saved = cg.indexedExprs;
  cg.indexedExprs = saved.filter((x) => x !== found);
  codeExprTo(cg, e, target);
  cg.indexedExprs = saved;
  b.resolve(done);
  return true;
}

/** Only the storage class of what was just read into `reg` matters. */
export function typeOnly(cg: Codegen, reg: number): void {
  const last = cg.b.instructions.at(-1);
  if (last !== undefined && last.opcode === Opcode.Column && last.p3 === reg) {
    last.p5 |= OPFLAG_TYPEOFARG;
  }
}

function codeUnary(cg: Codegen, e: BoundExpr & { kind: 'unary' }, target: number): number {
  const { b } = cg;
  switch (e.op) {
    case '+':
      return codeTarget(cg, e.operand, target);
    case '-': {
      const zero = codeExprTemp(cg, { kind: 'constant', value: 0 });
      const r = codeExprTemp(cg, e.operand);
      b.emit(Opcode.Subtract, r.reg, zero.reg, target);
      b.releaseTemp(r.temp);
      b.releaseTemp(zero.temp);
      return target;
    }
    case '~':
    case 'NOT': {
      const r = codeExprTemp(cg, e.operand);
      b.emit(e.op === '~' ? Opcode.BitNot : Opcode.Not, r.reg, target);
      b.releaseTemp(r.temp);
      return target;
    }
  }
}

const arithmeticOpcodes = {
  '+': Opcode.Add,
  '-': Opcode.Subtract,
  '*': Opcode.Multiply,
  '/': Opcode.Divide,
  '%': Opcode.Remainder,
  '&': Opcode.BitAnd,
  '|': Opcode.BitOr,
  '<<': Opcode.ShiftLeft,
  '>>': Opcode.ShiftRight,
  '||': Opcode.Concat,
} as const;

function codeArithmetic(
  cg: Codegen,
  e: BoundExpr & { kind: 'arithmetic' },
  target: number,
): number {
  const left = codeExprTemp(cg, e.left);
  const right = codeExprTemp(cg, e.right);
  cg.b.emit(arithmeticOpcodes[e.op], right.reg, left.reg, target);
  cg.b.releaseTemp(right.temp);
  cg.b.releaseTemp(left.temp);
  return target;
}

/** AND, OR as a value: the right side is skipped when the left one decides. */
function codeAndOr(cg: Codegen, e: BoundExpr & { kind: 'and' | 'or' }, target: number): number {
  const { b } = cg;
  const left = codeExprTemp(cg, e.left);
  const needsSkip = hasCall(e.right);
  let skip = -1;
  if (needsSkip) {
    const held = b.tempReg();
    b.emit(Opcode.SCopy, left.reg, held);
    b.releaseTemp(left.temp);
    skip = b.emit(e.kind === 'and' ? Opcode.IfNot : Opcode.If, held, 0, 0);
    const right = codeExprTemp(cg, e.right);
    b.emit(e.kind === 'and' ? Opcode.And : Opcode.Or, right.reg, held, target);
    b.releaseTemp(right.temp);
    const done = b.emit(Opcode.Goto);
    b.jumpHere(skip);
    b.emit(Opcode.Integer, e.kind === 'and' ? 0 : 1, target);
    b.jumpHere(done);
    b.releaseTemp(held);
    return target;
  }
  const right = codeExprTemp(cg, e.right);
  b.emit(e.kind === 'and' ? Opcode.And : Opcode.Or, right.reg, left.reg, target);
  b.releaseTemp(right.temp);
  b.releaseTemp(left.temp);
  return target;
}

function codeBetween(cg: Codegen, e: BoundExpr & { kind: 'between' }, target: number): number {
  const held = betweenAsAnd(cg, e);
  const at = codeTarget(cg, held.expr, target);
  held.release();
  return at;
}

function codeCase(cg: Codegen, e: BoundExpr & { kind: 'case' }, target: number): number {
  const { b } = cg;
  const end = b.newLabel();
  const { operand } = e;
  let base: BoundExpr | null = null;
  if (operand !== null) {
    // A register of its own: WHEN expressions may use the one that holds the value.
    const reg = b.newReg();
    codeExprTo(cg, operand, reg);
    base = { kind: 'register', register: reg, of: operand };
  }
  for (const w of e.whens) {
    const next = b.newLabel();
    const test: BoundExpr =
      base === null ? w.when : { kind: 'compare', op: '=', left: base, right: w.when };
    jumpIfFalse(cg, test, next, true);
    codeExprTo(cg, w.then, target);
    b.emit(Opcode.Goto, 0, end);
    b.resolve(next);
  }
  if (e.otherwise !== null) codeExprTo(cg, e.otherwise, target);
  else b.emit(Opcode.Null, 0, target);
  b.resolve(end);
  return target;
}

// -- functions -----------------------------------------------------------------------------------

function codeFunction(cg: Codegen, e: BoundExpr & { kind: 'function' }, target: number): number {
  const { b } = cg;
  const { def, args } = e;
  if (canFactor(cg, e)) return codeOnceOrAtStart(cg, e, null);
  if (def.kind === 'scalar') {
    switch (def.inline) {
      case 'coalesce': {
        const end = b.newLabel();
        args.forEach((a, i) => {
          if (i > 0) b.emit(Opcode.NotNull, target, end);
          codeExprTo(cg, a, target);
        });
        b.resolve(end);
        return target;
      }
      case 'iif':
        return codeCase(cg, iifAsCase(args), target);
      case 'unlikely':
        return codeTarget(cg, args[0]!, target);
      case 'affinity': {
        const names = ['blob', 'text', 'numeric', 'integer', 'real', 'flexnum'];
        const letter = exprAffinity(args[0]!);
        const name = letter <= Affinity.None ? 'none' : names[letter - Affinity.Blob]!;
        b.emit(Opcode.String8, 0, target, 0, name);
        return target;
      }
      default:
        break;
    }
  }
  let constMask = 0;
  let collation: string | null = null;
  args.forEach((a, i) => {
    if (i < 32 && isConstantExpr(a)) constMask |= 1 << i;
    if (def.needsCollation === true && collation === null) {
      collation = exprCollation(a)?.name ?? null;
    }
  });
  const count = args.length;
  // Constant arguments stay in registers of their own: they are loaded once.
  const own = constMask !== 0;
  const base = count === 0 ? 0 : own ? b.newRegs(count) : b.tempRange(count);
  const isOffset = def.kind === 'scalar' && def.inline === 'offset';
  const only = args[0];
  if (isOffset && only?.kind === 'column' && only.source.table !== null) {
    const place = only.source.table.columns[only.column]?.storage ?? -1;
    b.emit(Opcode.Offset, only.source.id, place, target);
    b.releaseTempRange(base, count);
    return target;
  }
  codeExprList(cg, args, base, { factor: true });
  if (
    def.kind === 'scalar' &&
    count === 1 &&
    (def.inline === 'typeof' || def.inline === 'length')
  ) {
    const last = b.instructions.at(-1);
    if (last !== undefined && last.opcode === Opcode.Column && last.p3 === base) {
      last.p5 |=
        def.inline === 'typeof'
          ? OPFLAG_TYPEOFARG
          : def.name === 'octet_length'
            ? OPFLAG_BYTELENARG
            : OPFLAG_LENGTHARG;
    }
  }
  const call: FunctionCall = {
    kind: 'call',
    def,
    argCount: count,
    collation:
      def.needsCollation === true
        ? (collationByName(cg.env, collation ?? 'BINARY') ?? binaryCollation(cg.env.encoding))
        : null,
    pureUse: e.pureUse ?? null,
  };
  // A function may fail when rows are changed already: the statement then needs its savepoint.
  cg.setMayAbort();
  const opcode = cg.self !== null ? Opcode.PureFunc : Opcode.Function;
  b.emit(opcode, constMask, base, target, call);
  if (count > 0 && !own) b.releaseTempRange(base, count);
  return target;
}

/** iif(c1, v1, c2, v2, ..., else) */
function iifAsCase(args: readonly BoundExpr[]): BoundExpr & { kind: 'case' } {
  const whens: { when: BoundExpr; then: BoundExpr }[] = [];
  for (let i = 0; i + 1 < args.length; i += 2) whens.push({ when: args[i]!, then: args[i + 1]! });
  const otherwise = args.length % 2 === 1 ? args[args.length - 1]! : null;
  return { kind: 'case', operand: null, whens, otherwise };
}

// -- RAISE ---------------------------------------------------------------------------------------

function codeRaise(cg: Codegen, e: BoundExpr & { kind: 'raise' }): void {
  const { b } = cg;
  if (e.action === 'IGNORE') {
    b.emit(Opcode.Halt, 0, ON_CONFLICT_IGNORE);
    return;
  }
  if (e.action === 'ABORT') cg.setMayAbort();
  const action =
    e.action === 'ABORT'
      ? ON_CONFLICT_ABORT
      : e.action === 'FAIL'
        ? ON_CONFLICT_FAIL
        : ON_CONFLICT_ROLLBACK;
  const message = codeExprTemp(cg, e.message ?? { kind: 'constant', value: null });
  b.emit(Opcode.Halt, ResultCode.SQLITE_CONSTRAINT_TRIGGER, action, message.reg);
  b.releaseTemp(message.temp);
}
