/**
 * Analysis of WHERE terms: fills in, for each conjunct, the column it constrains and its operator, and
 * appends the virtual terms it implies (commuted equalities, BETWEEN, LIKE, OR as IN, row values).
 * Rules: https://www.sqlite.org/optoverview.html
 */
import type { CompileEnv } from '../bind/env.ts';
import type { BoundExpr, CompareOp, Conjunct, Source } from '../bind/tree.ts';
import {
  canBeNull,
  combineAffinity,
  compareAffinity,
  compareCollation,
  exprAffinity,
  exprCollation,
  exprEquals,
  fixedColumn,
  isConstant,
  skipCollate,
  skipCollateAndLikely,
  sourcesUsed,
  vectorSize,
  visitQuery,
} from '../bind/types.ts';
import { SqliteError } from '../values/errors.ts';
import { Affinity, Real } from '../values/value.ts';
import { analyzeOr } from './analyze-or.ts';
import { planIndexes } from './indexes.ts';
import { likeRange } from './like.ts';
import { logEst, logEstOfReal } from './logest.ts';
import { type Clause, type SourceMasks, type Term, TermFlag, TermOp } from './terms.ts';
import type { SourceMask } from './types.ts';

export interface AnalyzeContext {
  readonly env: CompileEnv;
  readonly sources: readonly Source[];
  readonly masks: SourceMasks;
}

const ZERO: BoundExpr = { kind: 'constant', value: 0 };

/** Sources of this FROM clause that an expression uses. */
export function maskOf(ctx: AnalyzeContext, e: BoundExpr | null): SourceMask {
  if (e === null) return 0n;
  let m = 0n;
  for (const id of sourcesUsed(e)) m |= ctx.masks.of(id);
  return m;
}

function likelihood(e: BoundExpr): number {
  while (e.kind === 'collate') e = e.operand;
  if (e.kind !== 'function' || e.def.kind !== 'scalar' || e.def.inline !== 'unlikely') return 1;
  switch (e.def.name.toLowerCase()) {
    case 'unlikely':
      return -40;
    case 'likely':
      return logEst(0.9375 * 2 ** 27) - 270;
    case 'likelihood': {
      const p = e.args[1];
      const v = p?.kind === 'constant' ? p.value : null;
      if (v instanceof Real) return logEst(Math.floor(v.value * 2 ** 27)) - 270;
      return typeof v === 'number' ? logEstOfReal(v) : 1;
    }
    default:
      return 1;
  }
}

/** Appends a term; `flags` with Virtual for those that analysis makes. */
export function addTerm(
  clause: Clause,
  expr: BoundExpr,
  flags: number,
  from: { readonly outerOn: number; readonly innerOn: number },
): Term {
  const term: Term = {
    clause,
    expr: skipCollateAndLikely(expr),
    outerOn: from.outerOn,
    innerOn: from.innerOn,
    op: 0,
    flags,
    cursor: -1,
    column: 0,
    left: null,
    right: null,
    field: 0,
    collation: 'BINARY',
    affinity: Affinity.Blob,
    prereqRight: 0n,
    prereqAll: 0n,
    parent: null,
    children: 0,
    truth: likelihood(expr),
    arms: null,
    conjunction: null,
    coded: false,
  };
  clause.terms.push(term);
  if ((flags & TermFlag.Virtual) === 0) clause.baseCount = clause.terms.length;
  return term;
}

/** Splits on the clause's operator and appends the parts as terms. */
export function splitInto(clause: Clause, e: BoundExpr, from: Conjunct | Term): void {
  const bare = skipCollateAndLikely(e);
  if (bare.kind === clause.op) {
    splitInto(clause, bare.left, from);
    splitInto(clause, bare.right, from);
  } else {
    addTerm(clause, e, 0, from);
  }
}

/** Analyses all terms, the last first. */
export function analyzeAll(ctx: AnalyzeContext, clause: Clause): void {
  for (let i = clause.terms.length - 1; i >= 0; i--) analyzeTerm(ctx, clause.terms[i]!);
}

export function makeChild(child: Term, parent: Term): void {
  child.parent = parent;
  child.truth = parent.truth;
  parent.children += 1;
}

const OP_BITS: Record<CompareOp, number> = {
  '=': TermOp.Eq,
  '<': TermOp.Lt,
  '<=': TermOp.Le,
  '>': TermOp.Gt,
  '>=': TermOp.Ge,
  IS: TermOp.Is,
  '<>': 0,
  'IS NOT': 0,
};

const COMMUTED: Record<CompareOp, CompareOp> = {
  '=': '=',
  '<': '>',
  '<=': '>=',
  '>': '<',
  '>=': '<=',
  IS: 'IS',
  '<>': '<>',
  'IS NOT': 'IS NOT',
};

/** The column (or indexed expression) that one side of a comparison is, null when it is neither. */
export function indexable(
  ctx: AnalyzeContext,
  e: BoundExpr,
  range: boolean,
): { cursor: number; column: number } | null {
  let x = e;
  if (range && x.kind === 'vector') x = x.items[0]!;
  x = fixedColumn(x);
  if (x.kind === 'column') {
    if (ctx.masks.of(x.source.id) === 0n) return null;
    const rowid = x.column >= 0 && x.source.table?.rowidColumn === x.column;
    return { cursor: x.source.id, column: rowid ? -1 : x.column };
  }
  const ids = [...sourcesUsed(x)].filter((id) => ctx.masks.of(id) !== 0n);
  if (ids.length !== 1) return null;
  const source = ctx.sources.find((s) => s.id === ids[0])!;
  if (source.table === null || source.table.kind !== 'table') return null;
  const bare = skipCollateAndLikely(x);
  for (const index of planIndexes(ctx.env, source.table)) {
    if (!index.hasExpr) continue;
    for (let i = 0; i < index.keyCount; i++) {
      const own = index.columns[i]!.expr;
      if (own !== null && exprEquals(bare, skipCollateAndLikely(own), source)) {
        return { cursor: source.id, column: -2 };
      }
    }
  }
  return null;
}

/** x = y of two columns that may stand for each other everywhere (transitive constraints). */
function isEquivalence(
  ctx: AnalyzeContext,
  term: Term,
  left: BoundExpr,
  right: BoundExpr,
): boolean {
  if (term.outerOn >= 0) return false;
  if ((term.flags & TermFlag.Is) !== 0 && ctx.sources.length >= 2 && ctx.sources[0]!.leftOfRight) {
    return false;
  }
  const a = exprAffinity(left);
  const b = exprAffinity(right);
  if (a !== b && (a < Affinity.Numeric || b < Affinity.Numeric)) return false;
  if (compareCollation(left, right).toUpperCase() === 'BINARY') return true;
  const ca = exprCollation(left)?.name ?? 'BINARY';
  const cb = exprCollation(right)?.name ?? 'BINARY';
  return ca.toUpperCase() === cb.toUpperCase();
}

function toTheRight(): SqliteError {
  return new SqliteError('SQLITE_ERROR', 'ON clause references tables to its right');
}

/** Mask of outer sources that an IN subquery (or a list) uses. */
function rightMaskOfIn(
  ctx: AnalyzeContext,
  e: BoundExpr & { kind: 'inList' | 'inQuery' },
): SourceMask {
  let m = 0n;
  if (e.kind === 'inList') for (const item of e.items) m |= maskOf(ctx, item);
  else {
    visitQuery(e.query, (x) => {
      if (x.kind === 'column') m |= ctx.masks.of(x.source.id);
    });
  }
  return m;
}

/** `x IN (one constant)` is `x = +constant`. */
function simplifyIn(e: BoundExpr): BoundExpr {
  if (e.kind !== 'inList' || e.items.length !== 1 || e.operand.kind === 'vector') return e;
  const item = e.items[0]!;
  if (!isConstant(item)) return e;
  const right: BoundExpr = { kind: 'unary', op: '+', operand: item };
  return { kind: 'compare', op: '=', left: e.operand, right };
}

export function analyzeTerm(ctx: AnalyzeContext, term: Term): void {
  term.expr = simplifyIn(term.expr);
  const e = term.expr;
  let left: BoundExpr | null = null;
  let right: BoundExpr | null = null;
  let prereqLeft = 0n;
  let prereqAll: SourceMask;
  switch (e.kind) {
    case 'compare':
      left = e.left;
      right = e.right;
      prereqLeft = maskOf(ctx, left);
      term.prereqRight = maskOf(ctx, right);
      prereqAll = prereqLeft | term.prereqRight;
      break;
    case 'isNull':
      left = e.operand;
      prereqLeft = maskOf(ctx, left);
      prereqAll = prereqLeft;
      break;
    case 'inList':
    case 'inQuery':
      left = e.operand;
      prereqLeft = maskOf(ctx, left);
      term.prereqRight = rightMaskOfIn(ctx, e);
      prereqAll = prereqLeft | term.prereqRight;
      break;
    default:
      prereqAll = maskOf(ctx, e);
  }

  let extraRight = 0n;
  const joined = term.outerOn >= 0 ? term.outerOn : term.innerOn;
  if (joined >= 0) {
    const bit = ctx.masks.of(joined);
    if (term.outerOn >= 0) {
      prereqAll |= bit;
      // Such a term must not drive an index of a table left of the join.
      extraRight = bit - 1n;
      if (prereqAll >> 1n >= bit) throw toTheRight();
    } else if (prereqAll >> 1n >= bit) {
      if (ctx.sources.length > 0 && ctx.sources[0]!.leftOfRight) throw toTheRight();
      term.innerOn = -1;
    }
  }
  term.prereqAll = prereqAll;

  switch (e.kind) {
    case 'compare':
      analyzeCompare(ctx, term, e, left!, right!, prereqLeft, extraRight);
      break;
    case 'inList':
    case 'inQuery': {
      const allowed = (term.prereqRight & prereqLeft) === 0n ? -1 : TermOp.Equiv;
      let operand = e.operand;
      if (term.field > 0 && operand.kind === 'vector') operand = operand.items[term.field - 1]!;
      const at = vectorSize(operand) === 1 ? indexable(ctx, skipCollate(operand), false) : null;
      if (at !== null && !(e.kind === 'inList' && e.items.length === 0)) {
        setColumn(term, at, operand, null, TermOp.In & allowed);
        term.collation = exprCollation(operand)?.name ?? 'BINARY';
        term.affinity =
          e.kind === 'inQuery'
            ? combineAffinity(
                exprAffinity(operand),
                exprAffinity(e.query.columns[Math.max(0, term.field - 1)]!.expr),
              )
            : exprAffinity(operand);
        if (e.kind === 'inQuery' && exprCollation(operand) === null) {
          term.collation = exprCollation(e.query.columns[0]!.expr)?.name ?? 'BINARY';
        }
      }
      if (e.kind === 'inQuery') splitVectorIn(ctx, term, e);
      break;
    }
    case 'isNull':
      analyzeNullTest(ctx, term, e);
      break;
    case 'between':
      if (term.clause.op === 'and') {
        for (const [op, bound] of [
          ['>=', e.low],
          ['<=', e.high],
        ] as const) {
          const part: BoundExpr = { kind: 'compare', op, left: e.operand, right: bound };
          const child = addTerm(term.clause, part, TermFlag.Virtual, term);
          analyzeTerm(ctx, child);
          makeChild(child, term);
        }
      }
      break;
    case 'or':
      if (term.clause.op === 'and') analyzeOr(ctx, term);
      break;
    case 'function':
      if (term.clause.op === 'and') analyzeLike(ctx, term, e, extraRight);
      break;
    default:
      break;
  }
  term.prereqRight |= extraRight;
}

function setColumn(
  term: Term,
  at: { cursor: number; column: number },
  left: BoundExpr,
  right: BoundExpr | null,
  op: number,
): void {
  term.cursor = at.cursor;
  term.column = at.column;
  term.left = left;
  term.right = right;
  term.op = op;
}

function analyzeCompare(
  ctx: AnalyzeContext,
  term: Term,
  e: BoundExpr & { kind: 'compare' },
  left: BoundExpr,
  right: BoundExpr,
  prereqLeft: SourceMask,
  extraRight: SourceMask,
): void {
  const bits = OP_BITS[e.op];
  const size = vectorSize(left);
  const isRange = (bits & TermOp.Range) !== 0;
  if (bits !== 0 && (size === 1 || isRange)) {
    const allowed = (term.prereqRight & prereqLeft) === 0n ? -1 : TermOp.Equiv;
    if (e.op === 'IS') term.flags |= TermFlag.Is;
    const first = (x: BoundExpr): BoundExpr => (x.kind === 'vector' ? x.items[0]! : x);
    const collation = compareCollation(first(left), first(right));
    const affinity = compareAffinity(first(left), first(right));
    const usable = size === 1 || (left.kind === 'vector' && right.kind === 'vector');
    const atLeft = usable ? indexable(ctx, skipCollate(left), isRange) : null;
    if (atLeft !== null) {
      setColumn(term, atLeft, left, right, bits & allowed);
      term.collation = collation;
      term.affinity = affinity;
    }
    // With a known value on the right there is nothing to commute.
    const atRight =
      usable && fixedColumn(right) === right ? indexable(ctx, skipCollate(right), isRange) : null;
    if (atRight !== null) {
      let target = term;
      let extra = 0;
      if (term.cursor >= 0) {
        target = addTerm(term.clause, e, TermFlag.Virtual | (term.flags & TermFlag.Is), term);
        makeChild(target, term);
        term.flags |= TermFlag.Copied;
        if (
          (e.op === '=' || e.op === 'IS') &&
          right.kind === 'column' &&
          fixedColumn(left).kind === 'column' &&
          isEquivalence(ctx, term, left, right)
        ) {
          term.op |= TermOp.Equiv;
          extra = TermOp.Equiv;
        }
      }
      setColumn(target, atRight, right, left, (OP_BITS[COMMUTED[e.op]] | extra) & allowed);
      target.collation = collation;
      target.affinity = affinity;
      target.prereqAll = term.prereqAll;
      target.prereqRight = prereqLeft | extraRight;
    }
  }
  if ((e.op === '=' || e.op === 'IS') && size > 1 && term.clause.op === 'and') {
    if (left.kind !== 'vector' || right.kind !== 'vector') return;
    for (let i = 0; i < size; i++) {
      const part: BoundExpr = {
        kind: 'compare',
        op: e.op,
        left: left.items[i]!,
        right: right.items[i]!,
      };
      const child = addTerm(term.clause, part, TermFlag.Slice, term);
      analyzeTerm(ctx, child);
    }
    // The parts say it all.
    term.coded = true;
    term.flags |= TermFlag.Virtual;
    term.op = TermOp.RowValue;
  }
}

/** (a, b) IN (SELECT x, y ...): each field may match an index column. */
function splitVectorIn(ctx: AnalyzeContext, term: Term, e: BoundExpr & { kind: 'inQuery' }): void {
  if (term.field !== 0 || e.operand.kind !== 'vector' || term.clause.op !== 'and') return;
  const q = e.query;
  if (q.kind !== 'block' && q.kind !== 'values') return;
  if (q.kind === 'block' && q.hasWindow) return;
  // With fewer columns DISTINCT would leave other rows for the LIMIT.
  if (q.kind === 'block' && q.distinct && q.limit !== null) return;
  for (let i = 0; i < e.operand.items.length; i++) {
    const child = addTerm(term.clause, e, TermFlag.Virtual | TermFlag.Slice, term);
    child.field = i + 1;
    analyzeTerm(ctx, child);
    makeChild(child, term);
  }
}

function analyzeNullTest(ctx: AnalyzeContext, term: Term, e: BoundExpr & { kind: 'isNull' }): void {
  if (!e.not) {
    const at = indexable(ctx, skipCollate(e.operand), false);
    if (at !== null) {
      setColumn(term, at, e.operand, null, TermOp.IsNull);
      term.collation = exprCollation(e.operand)?.name ?? 'BINARY';
    }
    if (term.outerOn < 0 && !canBeNull(e.operand)) {
      term.expr = ZERO;
      term.prereqAll = 0n;
      term.op = 0;
    }
    return;
  }
  const x = e.operand;
  if (x.kind !== 'column' || x.column < 0 || term.outerOn >= 0) return;
  const at = indexable(ctx, x, false);
  if (at === null || at.column < 0) return;
  const part: BoundExpr = {
    kind: 'compare',
    op: '>',
    left: x,
    right: { kind: 'constant', value: null },
  };
  const child = addTerm(term.clause, part, TermFlag.Virtual | TermFlag.NullBound, term);
  setColumn(child, at, x, part.right, TermOp.Gt);
  child.collation = exprCollation(x)?.name ?? 'BINARY';
  child.prereqAll = term.prereqAll;
  makeChild(child, term);
  term.flags |= TermFlag.Copied;
}

function analyzeLike(
  ctx: AnalyzeContext,
  term: Term,
  e: BoundExpr & { kind: 'function' },
  extraRight: SourceMask,
): void {
  const range = likeRange(e);
  if (range === null) return;
  if (range.noCase) term.flags |= TermFlag.Like;
  const left: BoundExpr = { kind: 'collate', operand: range.column, collation: range.collation };
  for (const [op, value] of [
    ['>=', range.low],
    ['<', range.high],
  ] as const) {
    const part: BoundExpr = {
      kind: 'compare',
      op,
      left,
      right: { kind: 'constant', value },
    };
    // Where LIKE matches BLOBs too, the range is run through a second time for them.
    const flags = TermFlag.Virtual | TermFlag.LikeBound | (range.blobs ? TermFlag.LikeBlobs : 0);
    const child = addTerm(term.clause, part, flags, term);
    child.prereqAll = maskOf(ctx, range.column);
    if (term.outerOn >= 0) child.prereqAll |= ctx.masks.of(term.outerOn);
    child.prereqRight = extraRight;
    const at = indexable(ctx, range.column, false);
    if (at !== null) {
      setColumn(child, at, left, part.right, OP_BITS[op]);
      child.collation = range.collation;
      child.affinity = exprAffinity(range.column);
    }
    if (range.complete) makeChild(child, term);
  }
}

/** The source of term columns, for messages and lookups. */
export function sourceOf(ctx: AnalyzeContext, id: number): Source | undefined {
  return ctx.sources.find((s) => s.id === id);
}
