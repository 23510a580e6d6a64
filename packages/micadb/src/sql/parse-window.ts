/** ORDER BY lists and window definitions (https://www.sqlite.org/windowfunctions.html). */
import type { Frame, FrameBound, Name, OrderingTerm, WindowDef } from './ast.ts';
import { parseExpr, parseExprList } from './parse-expr.ts';
import type { TokenStream } from './token-stream.ts';

/** expr [ASC|DESC] [NULLS FIRST|LAST], ... */
export function parseSortList(s: TokenStream): OrderingTerm[] {
  const terms: OrderingTerm[] = [];
  do {
    const expr = parseExpr(s);
    const desc = s.is('DESC');
    const explicit = desc || s.is('ASC');
    if (explicit) s.next();
    terms.push({ expr, desc, explicit, nulls: parseNulls(s) });
  } while (s.accept(','));
  return terms;
}

export function parseNulls(s: TokenStream): 'FIRST' | 'LAST' | null {
  if (!s.accept('NULLS')) return null;
  if (s.accept('FIRST')) return 'FIRST';
  s.expect('LAST');
  return 'LAST';
}

/** ORDER BY ..., or nothing. */
export function parseOrderBy(s: TokenStream): OrderingTerm[] {
  if (!s.accept('ORDER')) return [];
  s.expect('BY');
  return parseSortList(s);
}

/** Behind OVER: a window's name or a definition in parentheses. */
export function parseOver(s: TokenStream): Name | WindowDef {
  return s.is('(') ? parseWindowDef(s) : s.name();
}

export function parseWindowDef(s: TokenStream): WindowDef {
  const { pos } = s;
  s.expect('(');
  const starts = ['PARTITION', 'ORDER', 'RANGE', 'ROWS', 'GROUPS', ')'];
  const base = starts.includes(s.word) ? null : s.name();
  let partitionBy: WindowDef['partitionBy'] = [];
  if (s.accept('PARTITION')) {
    s.expect('BY');
    partitionBy = parseExprList(s);
  }
  const orderBy = parseOrderBy(s);
  const frame = parseFrame(s);
  s.expect(')');
  return { kind: 'window', base, partitionBy, orderBy, frame, pos };
}

function parseFrame(s: TokenStream): Frame | null {
  const unit = s.word;
  if (unit !== 'ROWS' && unit !== 'RANGE' && unit !== 'GROUPS') return null;
  s.next();
  let start: FrameBound;
  let end: FrameBound = { kind: 'current row' };
  if (s.accept('BETWEEN')) {
    start = parseBound(s, false);
    s.expect('AND');
    end = parseBound(s, true);
  } else start = parseBound(s, false);
  const order = [
    'unbounded preceding',
    'preceding',
    'current row',
    'following',
    'unbounded following',
  ];
  const startRank = order.indexOf(start.kind);
  const endRank = order.indexOf(end.kind);
  const wrong = startRank === 4 || endRank === 0 || (startRank > endRank && startRank !== endRank);
  if (wrong) throw s.error('unsupported frame specification');
  return { unit, start, end, exclude: parseExclude(s) };
}

function parseBound(s: TokenStream, isEnd: boolean): FrameBound {
  if (s.is('UNBOUNDED') && (s.peek(1) === 'PRECEDING' || s.peek(1) === 'FOLLOWING')) {
    s.next();
    const following = s.is('FOLLOWING');
    if (following !== isEnd) throw s.syntaxError();
    s.next();
    return { kind: following ? 'unbounded following' : 'unbounded preceding' };
  }
  if (s.is('CURRENT') && s.peek(1) === 'ROW') {
    s.next();
    s.next();
    return { kind: 'current row' };
  }
  const expr = parseExpr(s);
  if (s.accept('PRECEDING')) return { kind: 'preceding', expr };
  s.expect('FOLLOWING');
  return { kind: 'following', expr };
}

function parseExclude(s: TokenStream): Frame['exclude'] {
  if (!s.accept('EXCLUDE')) return 'NO OTHERS';
  if (s.accept('NO')) {
    s.expect('OTHERS');
    return 'NO OTHERS';
  }
  if (s.accept('CURRENT')) {
    s.expect('ROW');
    return 'CURRENT ROW';
  }
  if (s.accept('GROUP')) return 'GROUP';
  s.expect('TIES');
  return 'TIES';
}
