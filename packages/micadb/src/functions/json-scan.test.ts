import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type SqlValue, Text, UTF8 } from '../values/value.ts';
import { jsonScan } from './json-scan.ts';
import { looksLikeJsonb } from './jsonb.ts';
import { aggregateBoth, awkward, mine, oracle } from './testing.ts';

/** Strings between quotes, as they stand in a document. */
const inner = fc.constantFrom(
  ...[
    '',
    'a',
    'b',
    'a b',
    'é',
    '\u{1f600}',
    '\\u0061',
    '\\"',
    '\\\\',
    '\\n',
    '\\/',
    '\\ud83d\\ude00',
  ],
  ...['\\ud800', '\\u0000', 'x'.repeat(70), '$', 'a.b', '[0]', '\u007f', '\\u00e9'],
);
const numbers = fc.oneof(
  fc.integer().map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((x) => JSON.stringify(x)),
  fc.tuple(fc.bigInt(-(10n ** 20n), 10n ** 20n), fc.nat(30)).map(([m, e]) => `${m}e-${e}`),
  fc.tuple(fc.integer(), fc.stringMatching(/^[0-9]{1,25}$/)).map(([m, f]) => `${m}.${f}`),
  fc.constantFrom('-0', '0', '-0.0', '1E5', '1e+05', '9007199254740993', '9223372036854775807'),
  fc.constantFrom('-9223372036854775808', '9223372036854775808', '123456789012345678901', '1e999'),
  // Not for the scanner: JSON5 and malformed.
  fc.constantFrom(
    '01',
    '+1',
    '.5',
    '5.',
    '0x1F',
    '-',
    '1e',
    'Infinity',
    'nan',
    "'s'",
    '{a:1}',
    'tru',
  ),
);
const space = fc.constantFrom('', '', '', ' ', '\n\t', '\r', '/**/', '\u00a0');

const { doc } = fc.letrec<{ doc: string }>((tie) => ({
  doc: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.oneof(
      { weight: 3, arbitrary: numbers },
      { weight: 3, arbitrary: inner.map((s) => `"${s}"`) },
      { weight: 1, arbitrary: fc.constantFrom('true', 'false', 'null', '[]', '{}', '[ ]', '') },
    ),
    fc
      .tuple(space, fc.array(tie('doc'), { maxLength: 4 }))
      .map(([s, items]) => `[${s}${items.join(`${s},${s}`)}${s}]`),
    fc
      .tuple(space, fc.array(fc.tuple(inner, tie('doc')), { maxLength: 4 }))
      .map(
        ([s, items]) => `${s}{${items.map(([k, v]) => `${s}"${k}"${s}:${v}`).join(',')}${s}}${s}`,
      ),
  ),
}));

const path = fc
  .array(
    fc.constantFrom(
      ...[
        '.a',
        '.b',
        '."a b"',
        '.é',
        '."\\u0061"',
        '.""',
        '."\\""',
        '[0]',
        '[1]',
        '[#]',
        '[#-1]',
        '[#-2]',
      ],
      ...['[99999999999]', '."a.b"', '[', '.', 'x', '[-1]', '."', '.\u{1f600}'],
    ),
    { maxLength: 3 },
  )
  .map((steps) => `$${steps.join('')}`);

const right = fc.oneof(
  path,
  fc.constantFrom<SqlValue>(
    null,
    0,
    1,
    -1,
    'a',
    'b',
    'a b',
    'é',
    '[0]',
    '[#-1]',
    '',
    '"',
    'x\0y',
    '0',
  ),
);

function check(name: string, args: readonly SqlValue[]): void {
  expect([name, args, mine(name, args)]).toEqual([name, args, oracle(name, args)]);
}

function ask(v: SqlValue, p: SqlValue, q: SqlValue, arrowed: SqlValue): void {
  check('json_extract', [v, p]);
  check('json_extract', [v, p, q]);
  check('->', [v, arrowed]);
  check('->>', [v, arrowed]);
  check('json_type', [v, p]);
  check('json_type', [v]);
  check('json_array_length', [v, p]);
  check('json_valid', [v]);
  check('json', [v]);
}

describe('the scanner of JSON against SQLite', () => {
  it('documents and paths', () => {
    fc.assert(
      fc.property(doc, path, path, right, (v, p, q, arrowed) => ask(v, p, q, arrowed)),
      { numRuns: 1500 },
    );
  });

  it('bytes that are no text, NUL, and BLOBs with text', () => {
    const bytes = fc.tuple(doc, fc.nat(), fc.constantFrom(0, 0xf9, 0x80, 0xc3, 0x22, 0x7d, 0x0a));
    fc.assert(
      fc.property(bytes, path, right, fc.boolean(), ([text, at, byte], p, arrowed, blob) => {
        const b = Uint8Array.from(Buffer.from(text));
        if (b.length > 0) b[at % b.length] = byte;
        // JSONB has tests of its own.
        if (blob && looksLikeJsonb(b)) return;
        ask(blob ? b : new Text(b, UTF8), p, p, arrowed);
      }),
      { numRuns: 700 },
    );
  });

  it('reads what it should: without that the tests above would test the tree', () => {
    const plain = ['{"a":[1,{"b":"\\u0041"}]}', ' [ 1.5e3 , null ] ', '"é"', '[]', '-0'];
    expect(plain.map((s) => jsonScan.read(s))).toEqual(plain.map(() => true));
    const other = [
      '',
      '[1,]',
      '{a:1}',
      '[01]',
      '"\t"',
      '[1] 2',
      '["a]',
      '\u00a0[1]',
      '['.repeat(2000),
    ];
    expect(other.map((s) => jsonScan.read(s))).toEqual(other.map(() => false));
  });

  it('keeps a document only as long as it is asked for it', () => {
    const docs: SqlValue[] = [
      '{"a":1}',
      '{"a":2}',
      new Text(Buffer.from('{"a":3}'), UTF8),
      'x',
      '{"a":4}',
    ];
    for (const v of [...docs, ...docs.reverse(), '{"a":1}', '{"a":1}'])
      check('json_extract', [v, '$.a']);
  });

  it('lines that are continued with nothing, NUL in labels', () => {
    for (const s of ['"a\\\nb"', '"a\\\n"', '"\\\r\n"', '"\\\n\\n"', '"\\\u2028"', '"\\\n\\\n"']) {
      check('json_extract', [s, '$']);
      check('->>', [`[${s}]`, 0]);
    }
    for (const label of ['', 'a', 'b', 'ab']) {
      for (const s of ['{"a\\u0000b":1}', '{"\\u0000":2}', '{"a\\\n":3}', '{"a":4}']) {
        check('json_extract', [s, `$."${label}"`]);
      }
    }
  });

  it('documents of all sizes up to the deepest', () => {
    for (const depth of [10, 999, 1000, 1001]) {
      for (const v of [
        '['.repeat(depth) + ']'.repeat(depth),
        `${'{"a":'.repeat(depth)}7${'}'.repeat(depth)}`,
      ]) {
        check('json_valid', [v]);
        check('json_extract', [v, `$${'.a'.repeat(9)}`]);
        check('json', [v]);
      }
    }
    const long = JSON.stringify(
      Array.from({ length: 3000 }, (_, i) => ({ i, s: 'é'.repeat(i % 90) })),
    );
    for (const p of ['$', '$[2999].i', '$[#-1].s', '$[80]', '$[3000]'])
      check('json_extract', [long, p]);
    for (const p of ['$[7]', '$.a']) check('json_extract', ['[1,2]', p]);
    check('json', [`${' '.repeat(2_000_000)}[1, 2]`]);
    check('json', ['[ 3 ]']);
  });

  it('json_array, json_object, json_quote and the aggregates', () => {
    const strings = [
      '"',
      '\\',
      'a"b',
      '\u001f',
      '\u007f',
      'é'.repeat(20),
      `${'y'.repeat(47)}"`,
      'z'.repeat(48),
    ];
    const all = [
      ...awkward.filter((v) => !(v instanceof Uint8Array)),
      ...strings,
      'w'.repeat(3000),
    ];
    for (const v of all) {
      check('json_quote', [v]);
      check('json_array', [v, 'x', v]);
      check('json_object', ['a', v, 'b', v]);
      check('json_object', [v, 1]);
      for (const name of ['json_group_array', 'jsonb_group_array']) {
        const [ours, theirs] = aggregateBoth(name, [[v], [1], [v]], 1);
        expect([name, v, ours]).toEqual([name, v, theirs]);
      }
      const [ours, theirs] = aggregateBoth(
        'json_group_object',
        [
          ['k', v],
          [null, v],
          ['l', v],
        ],
        2,
      );
      expect([v, ours]).toEqual([v, theirs]);
    }
    for (const name of ['json_group_array', 'json_group_object']) {
      const [ours, theirs] = aggregateBoth(name, [], name === 'json_group_array' ? 1 : 2);
      expect([name, ours]).toEqual([name, theirs]);
    }
  });
});
