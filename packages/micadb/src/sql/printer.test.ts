/** The printer: what it writes reads back as an equal tree. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { identifier, nameText } from './identifier.ts';
import { parseExpression, parseStatement } from './parser.ts';
import { printExpr, printStatement } from './printer.ts';
import { CORPUS } from './test-corpus.ts';

/** A tree without offsets and source texts; the text of names, types and numbers stays. */
function bare(tree: unknown): unknown {
  if (Array.isArray(tree)) return tree.map(bare);
  if (tree === null || typeof tree !== 'object' || tree instanceof Uint8Array) return tree;
  const kind = 'kind' in tree ? tree.kind : undefined;
  const sourceText = kind === 'expr' || kind === 'check' || kind === 'default' || 'action' in tree;
  const entries = Object.entries(tree).filter(
    ([key]) =>
      key !== 'pos' && key !== 'end' && key !== 'namePos' && !(key === 'text' && sourceText),
  );
  return Object.fromEntries(entries.map(([key, value]) => [key, bare(value)]));
}

function parsed(sql: string): ReturnType<typeof parseStatement> {
  try {
    return parseStatement(sql);
  } catch {
    return null;
  }
}

const leaf = fc.constantFrom('a', 'b.c', '1', '2.5', "'x'", 'NULL', '?', 'f(a, b)', "x'00'");
const sql = fc.letrec<{ expr: string }>((tie) => ({
  expr: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    leaf,
    fc
      .tuple(
        tie('expr'),
        fc.constantFrom(
          ...['+', '-', '*', '||', '->>', '<', '=', '<>', 'AND', 'OR', 'IS', 'IS NOT', '&', '<<'],
          ...['LIKE', 'NOT GLOB', 'IS DISTINCT FROM'],
        ),
        tie('expr'),
      )
      .map(([a, op, b]) => `${a} ${op} ${b}`),
    fc.tuple(fc.constantFrom('-', '~', '+', 'NOT '), tie('expr')).map(([op, e]) => `${op} ${e}`),
    fc
      .tuple(tie('expr'), fc.constantFrom('ISNULL', 'NOT NULL', 'COLLATE nocase', 'IN (1, 2)'))
      .map(([e, op]) => `${e} ${op}`),
    tie('expr').map((e) => `(${e})`),
    fc
      .tuple(tie('expr'), tie('expr'), tie('expr'))
      .map(([a, b, c]) => `${a} BETWEEN (${b}) AND ${c}`),
    fc.tuple(tie('expr'), tie('expr')).map(([a, b]) => `CASE ${a} WHEN ${b} THEN ${a} END`),
    fc.tuple(tie('expr'), tie('expr')).map(([a, b]) => `${a} LIKE (${b}) ESCAPE 'x'`),
  ),
})).expr;

describe('the printer', () => {
  it('writes the corpus so that it reads back as the same', () => {
    let count = 0;
    for (const text of CORPUS) {
      const p = parsed(text);
      if (p === null) continue;
      count += 1;
      const printed = printStatement(p.statement);
      const again = parseStatement(printed);
      expect([printed, bare(again!.statement)]).toEqual([printed, bare(p.statement)]);
    }
    expect(count).toBeGreaterThan(200);
  });

  it('puts parentheses where an expression needs them', () => {
    fc.assert(
      fc.property(sql, (text) => {
        const tree = parseExpression(text);
        const printed = printExpr(tree);
        expect(bare(parseExpression(printed))).toEqual(bare(tree));
      }),
      { numRuns: 2000 },
    );
  });

  it('quotes names that need it', () => {
    expect(identifier('abc_1')).toBe('abc_1');
    expect(identifier('1a')).toBe('"1a"');
    expect(identifier('order')).toBe('"order"');
    expect(identifier('a"b')).toBe('"a""b"');
    expect(identifier('')).toBe('""');
    expect(nameText({ text: 'key', quote: '', pos: 0 })).toBe('key');
    expect(nameText({ text: 'select', quote: '', pos: 0 })).toBe('"select"');
    expect(nameText({ text: 'a b', quote: '', pos: 0 })).toBe('"a b"');
    expect(nameText({ text: 'a b', quote: '[', pos: 0 })).toBe('[a b]');
    expect(nameText({ text: "it's", quote: "'", pos: 0 })).toBe("'it''s'");
  });
});
