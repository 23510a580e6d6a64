/** ORDER BY lists and window definitions (https://www.sqlite.org/windowfunctions.html). */
import type { Expr, Frame, FrameBound, Name, OrderingTerm, WindowDef } from './ast.ts';
import { parseExpr, parseExprList } from './parse-expr.ts';
import { isName, Tok } from './token.ts';
import type { TokenStream } from './token-stream.ts';

/** expr [ASC|DESC] [NULLS FIRST|LAST], ...; the height is that of the highest. */
export function parseSortList(s: TokenStream): OrderingTerm[] {
  const terms: OrderingTerm[] = [];
  let height = 0;
  do {
    const expr = parseExpr(s);
    height = Math.max(height, s.height);
    const desc = s.type === Tok.Desc;
    const explicit = desc || s.type === Tok.Asc;
    if (explicit) s.advance();
    terms.push({ expr, desc, explicit, nulls: parseNulls(s) });
  } while (s.accept(Tok.Comma));
  s.height = height;
  return terms;
}

function parseNulls(s: TokenStream): OrderingTerm['nulls'] {
  if (!s.accept(Tok.Nulls)) return null;
  if (s.accept(Tok.First)) return 'FIRST';
  s.expect(Tok.Last);
  return 'LAST';
}

/** ORDER BY ..., or nothing. */
export function parseOrderBy(s: TokenStream): OrderingTerm[] {
  s.height = 0;
  if (!s.accept(Tok.Order)) return [];
  s.expect(Tok.By);
  return parseSortList(s);
}

/** Tokens that begin a clause of a window definition rather than the name of its base window. */
function beginsClause(t: Tok): boolean {
  return (
    t === Tok.Partition ||
    t === Tok.Order ||
    t === Tok.Range ||
    t === Tok.Rows ||
    t === Tok.Groups ||
    t === Tok.RP
  );
}

/** ( [base] [PARTITION BY ...] [ORDER BY ...] [frame] ) */
export function parseWindowDef(s: TokenStream): WindowDef {
  const { pos } = s;
  s.expect(Tok.LP);
  const base: Name | null = !beginsClause(s.type) && isName(s.type) ? s.takeName() : null;
  let partitionBy: readonly Expr[] = [];
  if (s.accept(Tok.Partition)) {
    s.expect(Tok.By);
    partitionBy = parseExprList(s);
  }
  const orderBy = parseOrderBy(s);
  const frame = parseFrame(s);
  s.expect(Tok.RP);
  return { kind: 'window', base, partitionBy, orderBy, frame, pos };
}

function frameUnit(t: Tok): Frame['unit'] | null {
  switch (t) {
    case Tok.Rows:
      return 'ROWS';
    case Tok.Range:
      return 'RANGE';
    case Tok.Groups:
      return 'GROUPS';
    default:
      return null;
  }
}

/** How far along the bounds are: a frame may not start behind its end. */
const ORDER: readonly FrameBound['kind'][] = [
  'unbounded preceding',
  'preceding',
  'current row',
  'following',
  'unbounded following',
];

function parseFrame(s: TokenStream): Frame | null {
  const unit = frameUnit(s.type);
  if (unit === null) return null;
  s.advance();
  let start: FrameBound;
  let end: FrameBound = { kind: 'current row' };
  if (s.accept(Tok.Between)) {
    start = parseBound(s, Tok.Preceding);
    s.expect(Tok.And);
    end = parseBound(s, Tok.Following);
  } else start = parseBound(s, Tok.Preceding);
  const exclude = parseExclude(s);
  if (ORDER.indexOf(start.kind) > ORDER.indexOf(end.kind)) {
    s.fail('unsupported frame specification');
  }
  return { unit, start, end, exclude };
}

/** One bound. UNBOUNDED goes with `outward`: PRECEDING for the start, FOLLOWING for the end. */
function parseBound(s: TokenStream, outward: Tok.Preceding | Tok.Following): FrameBound {
  if (s.accept(Tok.Unbounded)) {
    s.expect(outward);
    return { kind: outward === Tok.Preceding ? 'unbounded preceding' : 'unbounded following' };
  }
  if (s.accept(Tok.Current)) {
    s.expect(Tok.Row);
    return { kind: 'current row' };
  }
  const expr = parseExpr(s);
  if (s.accept(Tok.Preceding)) return { kind: 'preceding', expr };
  s.expect(Tok.Following);
  return { kind: 'following', expr };
}

function parseExclude(s: TokenStream): Frame['exclude'] {
  if (!s.accept(Tok.Exclude)) return 'NO OTHERS';
  if (s.accept(Tok.No)) {
    s.expect(Tok.Others);
    return 'NO OTHERS';
  }
  if (s.accept(Tok.Current)) {
    s.expect(Tok.Row);
    return 'CURRENT ROW';
  }
  if (s.accept(Tok.Group)) return 'GROUP';
  s.expect(Tok.Ties);
  return 'TIES';
}
