import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Real, type SqlValue, Text, UTF8 } from '../values/value.ts';
import { arena, joinSlices } from './slices.ts';
import { slicesForm, stepForm } from './slices-table.ts';
import { awkward, context, find, mine, show } from './testing.ts';
import { type AggregateFunction, type Loose, type ScalarFunction, Slice } from './types.ts';

/** A text in the middle of bytes that would show when they were read as part of it. */
function slice(bytes: Uint8Array): Slice {
  const s = new Slice();
  s.bytes = Uint8Array.from([0x27, 0x31, 0xc3, ...bytes, 0x80, 0x31, 0x22, 0x27]);
  s.at = 3;
  s.length = bytes.length;
  return s;
}

function isText(v: SqlValue): v is string | Text {
  return typeof v === 'string' || v instanceof Text;
}

function loose(v: SqlValue): Loose {
  if (!isText(v)) return v;
  return slice(typeof v === 'string' ? Uint8Array.from(Buffer.from(v)) : v.bytes);
}

function settled(v: Loose): SqlValue {
  return v instanceof Slice ? new Text(v.bytes.slice(v.at, v.at + v.length), UTF8) : v;
}

function attempt(run: () => Loose | undefined): string | undefined {
  try {
    const v = run();
    return v === undefined ? undefined : show(settled(v));
  } catch (e) {
    return `error ${(e as Error).message}`;
  }
}

const answered = new Map<string, number>();

/** Each text argument in turn as it lies on a page, and all of them. */
function check(name: string, args: readonly SqlValue[]): void {
  const def = find(name, args.length) as ScalarFunction;
  const wanted = mine(name, args);
  const forms = args.map((_, i) => args.map((v, k) => (k === i ? loose(v) : v)));
  for (const form of [...forms, args.map(loose)]) {
    const before = form.map((v) => (v instanceof Slice ? v.bytes.slice() : null));
    const given = attempt(() => slicesForm(def)!(form, context()));
    if (given !== undefined) {
      expect([name, args, given]).toEqual([name, args, wanted]);
      answered.set(name, (answered.get(name) ?? 0) + 1);
    }
    form.forEach((v, i) => {
      if (v instanceof Slice) expect(v.bytes).toEqual(before[i]);
    });
  }
}

const texts = fc.oneof(
  fc.constantFrom(...awkward.filter(isText)),
  fc.string({ maxLength: 60 }),
  fc.string({ unit: 'grapheme', maxLength: 60 }),
  fc.uint8Array({ maxLength: 12 }).map((b) => new Text(b, UTF8)),
  fc.constantFrom(
    '2024-02-29',
    '2024-02-29 13:14',
    '2024-02-31 23:59:59',
    '2024-13-01',
    '+1 day',
    '-2 months',
  ),
  fc.constantFrom(
    '2024-02-29T24:00:00',
    '0000-01-01',
    '9999-12-31 23:59:59',
    '2024-02-29 1:00',
    'now',
    '12:00',
  ),
  fc.constantFrom(
    '{"a":[1,"x"],"b":{"a":"é\\n"}}',
    '[1,2.5,null]',
    '{"a":"plain"}',
    '{a:1}',
    '[',
    '$.a',
    '$',
    'a',
  ),
);
const others = fc.constantFrom<SqlValue>(
  ...[null, 0, 1, -1, 2, 5, -3, 100, 2 ** 40, 9223372036854775807n],
  ...[
    new Real(0.5),
    new Real(-1.25),
    new Real(1e300),
    new Real(123.456),
    new Uint8Array([0x61, 0xff]),
  ],
);
const value = fc.oneof({ weight: 3, arbitrary: texts }, { weight: 1, arbitrary: others });
const formats = fc.constantFrom(
  ...[
    '%d-%s',
    '%s',
    '%.2f',
    '%05d',
    '%d%%',
    'a%sb%sc',
    '%.3f|%s',
    '%.0f',
    '%5d',
    '%s%d%.9f',
    '',
    'x',
    '%n%s',
  ],
);

const functions: readonly (readonly [string, number])[] = [
  ...(
    ['upper', 'lower', 'hex', 'quote', 'unicode', 'json', 'json_valid', 'json_type'] as const
  ).map((name) => [name, 1] as const),
  ...(['json_quote', 'json_array_length', 'trim', 'ltrim', 'rtrim'] as const).map(
    (name) => [name, 1] as const,
  ),
  ...(['trim', 'ltrim', 'rtrim', 'instr', 'max', 'min', '->', '->>', 'json_extract'] as const).map(
    (name) => [name, 2] as const,
  ),
  ...(
    ['json_type', 'json_array_length', 'substr', 'concat', 'json_array', 'json_object'] as const
  ).map((name) => [name, 2] as const),
  ...(['replace', 'concat_ws', 'json_extract', 'concat', 'json_array', 'substr'] as const).map(
    (name) => [name, 3] as const,
  ),
  ...(['date', 'time', 'datetime', 'julianday', 'unixepoch'] as const).flatMap((name) =>
    [1, 2, 3].map((n) => [name, n] as const),
  ),
];

describe('functions on texts as they lie', () => {
  for (const [name, count] of functions) {
    it(`${name} with ${count}`, () => {
      fc.assert(
        fc.property(fc.array(value, { minLength: count, maxLength: count }), (args) =>
          check(name, args),
        ),
        { numRuns: 150 },
      );
    });
  }

  it('substr at all places', () => {
    for (const s of ['', 'a', 'abcdef', 'é1', 'ab\0cd']) {
      for (let y = -8; y <= 8; y++) {
        check('substr', [s, y]);
        for (let z = -8; z <= 8; z++) check('substr', [s, y, z]);
      }
    }
  });

  it('what SQL mostly has as second argument', () => {
    for (const s of ['alpha Beta', '  x ', 'aaaa', 'aXaX', "it's", 'é a é', 'ab\0ab', '']) {
      for (const p of ['a', 'aa', ' ', 'X', 'é', 'zz', '', 'ab']) {
        check('replace', [s, p, 'yy']);
        check('replace', [s, p, '']);
        check('instr', [s, p]);
        for (const name of ['trim', 'ltrim', 'rtrim']) check(name, [s, p]);
      }
      for (const f of ['%Y-%m', '%s', '%', 'x%dy', '%q'])
        check('strftime', [f, '2024-02-29 13:14:15']);
    }
  });

  it('JSON documents', () => {
    const inside = [
      '{"a":[1,"x",{"b":null}],"b":{"a":"é\\n"}}',
      '[1,2.5,null,"ü"]',
      ' { "a" : "plain" } ',
    ];
    for (const v of [...inside, '"s"', '{"a":tru}', '{a:1}', '']) {
      for (const p of ['$', '$.a', '$.a[1]', '$[#-1]', '$.b.a', '$.', 'a']) {
        for (const name of ['json_extract', 'json_type', 'json_array_length', '->', '->>'])
          check(name, [v, p]);
        check('json_extract', [v, p, '$.a']);
      }
      for (const name of ['json', 'json_valid', 'json_type']) check(name, [v]);
    }
  });

  it('format', () => {
    fc.assert(
      fc.property(formats, fc.array(value, { maxLength: 3 }), (f, args) => {
        const forms = [args.map(loose), args];
        for (const form of forms) {
          const def = find('format', args.length + 1) as ScalarFunction;
          const given = attempt(() => slicesForm(def)!([f, ...form], context()));
          if (given === undefined) continue;
          expect([f, args, given]).toEqual([f, args, mine('format', [f, ...args])]);
          answered.set('format', (answered.get('format') ?? 0) + 1);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('a || b || c', () => {
    fc.assert(
      fc.property(value, value, value, (a, b, c) => {
        const first = joinSlices(loose(a), loose(b), 1e9);
        if (first === undefined) return;
        const both = settled(first);
        // The result is an argument of the next, with its bytes in the arena.
        const lent = Object.assign(new Slice(), first instanceof Slice ? first : {});
        const second = joinSlices(first instanceof Slice ? lent : first, loose(c), 1e9);
        const third = joinSlices(first instanceof Slice ? lent : first, 'y', 1e9);
        const one = mine('concat', [a, b]);
        if (a !== null && b !== null) expect(show(both)).toBe(one);
        if (third instanceof Slice) expect(show(settled(third))).toBe(mine('concat', [a, b, 'y']));
        if (second instanceof Slice) {
          const again = settled(joinSlices(first instanceof Slice ? lent : first, loose(c), 1e9)!);
          expect(show(again)).toBe(mine('concat', [a, b, c]));
        }
        if (first instanceof Slice) expect(show(settled(lent))).toBe(one);
      }),
      { numRuns: 2000 },
    );
  });

  it('keeps results when the arena goes on', () => {
    const kept: [Slice, string][] = [];
    for (let i = 0; i < 5000; i++) {
      const text = `${i}`.repeat(1 + (i % 9));
      arena.begin(text.length);
      arena.string(text);
      kept.push([Object.assign(new Slice(), arena.end(1000)), text]);
    }
    for (const [s, text] of kept) expect(show(settled(s))).toBe(show(text));
    arena.begin(10);
    arena.string('x'.repeat(100_000));
    expect(arena.end(1e6).length).toBe(100_000);
    expect(() => arena.end(10)).toThrow('string or blob too big');
  });

  it('answers at all', () => {
    const silent = functions.map(([name]) => name).filter((name) => (answered.get(name) ?? 0) < 10);
    expect(silent).toEqual([]);
    expect(answered.get('format')).toBeGreaterThan(50);
    expect(answered.get('strftime')).toBeGreaterThan(10);
  });
});

describe('aggregates on texts as they lie', () => {
  const numbers = fc.constantFrom(
    '1',
    '-5',
    '12x',
    '1.5',
    '2024-01-01',
    ' 7',
    '',
    '-',
    '1e3',
    '999999999999999',
    '1\0',
  );
  const cases: readonly (readonly [string, number])[] = [
    ...(['sum', 'total', 'avg', 'min', 'max', 'count', 'group_concat'] as const).map(
      (n) => [n, 1] as const,
    ),
    ...(['json_group_array'] as const).map((n) => [n, 1] as const),
    ...(['group_concat', 'string_agg', 'json_group_object'] as const).map((n) => [n, 2] as const),
  ];
  for (const [name, width] of cases) {
    it(`${name} with ${width}`, () => {
      const row = fc.array(fc.oneof(value, numbers), { minLength: width, maxLength: width });
      fc.assert(
        fc.property(fc.array(fc.tuple(row, fc.boolean()), { maxLength: 8 }), (rows) => {
          const def = find(name, width) as AggregateFunction;
          const run = (slices: boolean) => {
            const ctx = context();
            try {
              const state = def.init();
              const seen: string[] = [];
              for (const [args, asSlices] of rows) {
                if (slices && asSlices) stepForm(def)!(state, args.map(loose), ctx);
                else if (slices) stepForm(def)!(state, args, ctx);
                else def.step(state, args, ctx);
                seen.push(show(def.value!(state, ctx)));
              }
              return [...seen, show(def.finalize(state, ctx))];
            } catch (e) {
              return `error ${(e as Error).message}`;
            }
          };
          expect(run(true)).toEqual(run(false));
        }),
        { numRuns: 300 },
      );
    });
  }
});
