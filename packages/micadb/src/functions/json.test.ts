import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Real, type SqlValue, Text, UTF8 } from '../values/value.ts';
import { JSON_SUBTYPE } from './json-node.ts';
import { aggregateBoth, awkward, find, mine, oracle } from './testing.ts';

function check(name: string, args: readonly SqlValue[]): void {
  expect([name, args, mine(name, args)]).toEqual([name, args, oracle(name, args)]);
}

/**
 * For JSONB that was edited: SQLite leaves headers longer than needed where that saves it moving
 * bytes, so the blobs are compared as text.
 */
function checkBinary(name: string, args: readonly SqlValue[]): void {
  const text = (v: string) => {
    const m = /^blob ([0-9a-f]*)$/.exec(v);
    return m === null ? v : mine('json', [new Uint8Array(Buffer.from(m[1]!, 'hex'))]);
  };
  expect([name, args, text(mine(name, args))]).toEqual([name, args, text(oracle(name, args))]);
}

const documents: string[] = [
  ...[
    'null',
    'true',
    'false',
    '0',
    '-0',
    '12',
    '-1.5e+10',
    '"a"',
    '""',
    '[]',
    '{}',
    '[1,2,3]',
    '{"a":1,"b":[2,{"c":null}]}',
  ],
  ...[
    ' [ 1 , 2 ] ',
    '{ "a" : { "b" : [ ] } }',
    '"\\u0041\\n\\"\\/"',
    '"\\ud83d\\ude00"',
    '"\\ud800"',
    '{"a":1,"a":2}',
  ],
  ...[
    '[9223372036854775807,9223372036854775808,-9223372036854775808]',
    '{"":1}',
    '{"a.b":{"c d":[5]}}',
    '"é\u{1f600}"',
  ],
];
const json5: string[] = [
  ...[
    '{a:1}',
    "{'a':'b\"c'}",
    '[1,2,]',
    '{"a":1,}',
    '[+1,-.5,5.,.5e3,0x1F,-0xff]',
    '[Infinity,-Infinity,+Infinity,NaN,inf,QNaN]',
  ],
  ...[
    '/* c */ [1, // x\n 2]',
    '"a\\x41\\v\\0\\\'"',
    '"a\\\nb"',
    "'a\\\r\nb'",
    '{$a_1:1,é:2,\\u0041b:3}',
    '\ufeff[1]\u00a0',
    '"tab\there"',
  ],
  ...[
    '[1]\u2028',
    '5.e3',
    '[0xffffffffffffffff]',
    '{a/**/:/**/1/**/,/**/b:2}',
    '[1/**/,2/**/]',
    '\v[\f1]',
  ],
];
const malformed: string[] = [
  ...[
    '',
    ' ',
    'nul',
    'truex',
    '[',
    ']',
    '{',
    '}',
    '[1',
    '[1,,2]',
    '[,]',
    '{,}',
    '{"a"}',
    '{"a":}',
    '{"a" 1}',
    '{1:2}',
    '{null:1}',
    '{true:1}',
  ],
  ...[
    '01',
    '-',
    '+',
    '.',
    '1.',
    '1e',
    '1e+',
    '--1',
    '1.2.3',
    '1e5e5',
    '-01',
    '00',
    '0x',
    '"',
    '"a',
    '"\\q"',
    '"\\u12"',
    '"\\x1"',
    '"\\09"',
  ],
  ...[
    '[1 2]',
    '1 2',
    '[1]]',
    '{"a":1 "b":2}',
    '{"a":1,,}',
    '/* x',
    '[1,/*',
    '// x',
    'é',
    '[é]',
    ':',
    '[:]',
    '{"a"::1}',
    '-x',
    '-infx',
    'infx',
    '1x',
  ],
];
const all = [...documents, ...json5, ...malformed];

describe('JSON against SQLite', () => {
  it.each([
    'json',
    'jsonb',
    'json_error_position',
    'json_type',
    'json_array_length',
    'json_quote',
    'json_pretty',
    'json_valid',
  ])('%s(X)', (name) => {
    for (const d of all) check(name, [d]);
    for (const v of awkward) check(name, [v]);
  });

  it('json_valid(X, FLAGS)', () => {
    for (const d of all) for (let f = 0; f <= 16; f++) check('json_valid', [d, f]);
    for (const _d of documents) {
      const blob = find('jsonb', 1);
      if (blob.kind !== 'scalar') throw new Error('scalar');
    }
  });

  it('accepts and refuses the same mutated texts, at the same place', () => {
    const unit = fc.constantFrom(...'{}[]:,"\'\\/*+-.0123456789eExXabtrufnIlsN \n\v\u00a0é_$');
    fc.assert(
      fc.property(
        fc.constantFrom(...all),
        fc.nat(40),
        fc.nat(3),
        fc.string({ unit, maxLength: 4 }),
        (d, at, cut, put) => {
          const i = Math.min(at, d.length);
          const s = d.slice(0, i) + put + d.slice(i + cut);
          if (/[\ud800-\udfff]/.test(s) || s.includes('\0')) return;
          check('json_error_position', [s]);
          check('json', [s]);
          check('jsonb', [s]);
          check('json_valid', [s]);
          check('json_valid', [s, 2]);
        },
      ),
      { numRuns: 15000 },
    );
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 8 }), (s) => {
        check('json_error_position', [s]);
        check('json', [s]);
      }),
      { numRuns: 15000 },
    );
  });

  const paths: SqlValue[] = [
    ...[
      '$',
      '$.a',
      '$.b[1].c',
      '$[0]',
      '$[1]',
      '$[3]',
      '$[5]',
      '$[#]',
      '$[#-1]',
      '$[#-9]',
      '$."a.b"."c d"[0]',
      '$.x.y[0].z',
      '$.x[1]',
    ],
    ...[
      '$.',
      '$[',
      '$[a]',
      '$a',
      'a',
      '',
      '$."a',
      '$.a[',
      '$.a.',
      '$..a',
      '$[0',
      '$[-1]',
      '$[#-]',
      '$.""',
      '$."\\u0061"',
      "$.it's",
    ],
    null,
    1,
  ];

  it.each([
    'json_extract',
    'jsonb_extract',
    'json_type',
    'json_array_length',
    'json_remove',
    'jsonb_remove',
  ])('%s(X, PATH)', (name) => {
    for (const d of [...documents, ...json5, '[1']) for (const p of paths) check(name, [d, p]);
  });

  it('several paths', () => {
    for (const d of documents) {
      for (const p of paths) {
        check('json_extract', [d, '$.a', p]);
        check('json_remove', [d, p, '$[0]']);
        check('jsonb_extract', [d, p, '$']);
      }
    }
  });

  it.each(['->', '->>'])('%s', (name) => {
    const rights: SqlValue[] = [
      ...paths,
      'a b',
      'c d',
      '[1]',
      '[#-1]',
      '#',
      '1',
      -1,
      0,
      2,
      new Real(1),
      'a.b',
      '"a"',
      9007199254740993n,
    ];
    for (const d of [...documents, ...json5]) for (const r of rights) check(name, [d, r]);
  });

  const jsonValue = new Text(new TextEncoder().encode('{"n":[1]}'), UTF8, JSON_SUBTYPE);
  const values: SqlValue[] = [null, 1, new Real(1.5), 'x"y', '[1]', new Uint8Array([0x0b])];

  it.each(['insert', 'replace', 'set', 'array_insert'])('json_%s(X, PATH, VALUE)', (name) => {
    for (const d of documents) {
      for (const p of paths) {
        for (const v of values) {
          check(`json_${name}`, [d, p, v]);
          checkBinary(`jsonb_${name}`, [d, p, v]);
        }
        check(`json_${name}`, [d, p, 1, '$[0]', 2]);
      }
    }
    check(`json_${name}`, [documents[0]!, '$.a']);
    check(`json_${name}`, [documents[0]!]);
    check(`json_${name}`, ['{}', '$.a', new Uint8Array([0xff])]);
    check(`json_${name}`, []);
    check(`json_${name}`, [null, '$.a', 1]);
  });

  it('json_patch', () => {
    const patches = [
      ...documents,
      '{"a":null}',
      '{"b":{"x":null,"y":1}}',
      '{"a":{"z":{"q":null}}}',
      '{a:5}',
      '[1',
    ];
    for (const a of patches) {
      for (const b of patches) {
        check('json_patch', [a, b]);
        checkBinary('jsonb_patch', [a, b]);
      }
    }
    check('json_patch', [null, '{}']);
    check('json_patch', ['{}', null]);
  });

  it.each(['json_array', 'jsonb_array', 'json_object', 'jsonb_object', 'json_quote'])(
    '%s of values',
    (name) => {
      for (const v of awkward) {
        check(name, name === 'json_quote' ? [v] : ['k', v]);
        if (name !== 'json_quote') {
          check(name, [v]);
          check(name, [v, 1]);
        }
      }
    },
  );

  it('keeps the subtype of JSON arguments and results', () => {
    expect(mine('json_array', [jsonValue, '{"n":[1]}'])).toBe(
      'text "[{\\"n\\":[1]},\\"{\\\\\\"n\\\\\\":[1]}\\"]"',
    );
    expect(mine('json_set', ['{}', '$.a', jsonValue])).toBe('text "{\\"a\\":{\\"n\\":[1]}}"');
    for (const name of ['json_array', 'json_object', 'json_quote', '->', 'json_extract']) {
      const def = find(name, name === 'json_quote' ? 1 : 2);
      expect([name, def.kind === 'scalar' && def.resultSubtype]).toEqual([name, true]);
    }
  });

  it('JSONB blobs, damaged ones too', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 6 }), (bytes) => {
        const b = new Uint8Array(bytes);
        // Must give a value or an error, as text or JSONB.
        for (const name of ['json', 'json_type', 'json_error_position', 'json_pretty']) {
          expect(mine(name, [b])).toMatch(/^(text|null|integer|error malformed JSON)/);
        }
        check('json_valid', [b, 4]);
      }),
      { numRuns: 3000 },
    );
  });

  it.each(['json_group_array', 'jsonb_group_array'])('%s', (name) => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...values), { maxLength: 5 }), (list) => {
        const [ours, theirs] = aggregateBoth(
          name,
          list.map((v) => [v]),
          1,
        );
        expect(ours).toBe(theirs);
      }),
      { numRuns: 200 },
    );
  });

  it.each(['json_group_object', 'jsonb_group_object'])('%s', (name) => {
    fc.assert(
      fc.property(
        fc.array(
          fc.tuple(fc.constantFrom<SqlValue>('a', 'b"', null, 1), fc.constantFrom(...values)),
          { maxLength: 5 },
        ),
        (rows) => {
          const [ours, theirs] = aggregateBoth(name, rows, 2);
          expect([rows, ours]).toEqual([rows, theirs]);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('deep nesting', () => {
    for (const n of [999, 1000, 1001, 5000]) {
      check('json_valid', ['['.repeat(n) + ']'.repeat(n)]);
      check('json_set', ['{}', `$${'.a'.repeat(n)}`, 1]);
      check('json_insert', ['[]', `$${'[0]'.repeat(n)}`, 1]);
      check('json_error_position', [`${'{"a":'.repeat(n)}1${'}'.repeat(n)}`]);
    }
  });
});
