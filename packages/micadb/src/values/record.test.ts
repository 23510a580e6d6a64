import Database from 'better-sqlite3';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { builtinCollation } from './collation.ts';
import { compareRecord, compareRecords, compareRows, compareValues } from './compare.ts';
import { SqliteError } from './errors.ts';
import type { UnpackedKey } from './key.ts';
import { makeKeyInfo, newKey } from './keyinfo.ts';
import { decodeRecord, RecordEncoder } from './record.ts';
import { inEncoding, textBytes } from './utf.ts';
import {
  type Encoding,
  normalizeInt,
  Real,
  type SqlValue,
  Text,
  UTF8,
  UTF16BE,
  UTF16LE,
} from './value.ts';

const encodings: readonly Encoding[] = [UTF8, UTF16LE, UTF16BE];

const text = fc.oneof(
  fc.string({ maxLength: 40 }),
  fc.string({ unit: 'binary', maxLength: 6 }),
  fc.string({
    unit: fc.constantFrom('a', 'B', 'b', ' ', '\0', 'é', '\uffff', '\u{1f600}', '\ue000'),
  }),
  fc.string({ minLength: 50, maxLength: 300 }),
);
const value: fc.Arbitrary<SqlValue> = fc.oneof(
  fc.constant(null),
  fc.integer({ min: -300, max: 300 }),
  fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }).map(normalizeInt),
  fc
    .tuple(fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }), fc.integer({ min: 0, max: 63 }))
    .map(([v, s]) => normalizeInt(v >> BigInt(s))),
  fc.double({ noNaN: true }).map((v) => new Real(v)),
  fc.integer({ min: -3, max: 3 }).map((v) => new Real(v)),
  text,
  fc.uint8Array({ maxLength: 20 }).map((b) => new Uint8Array(b)),
);

/** A value as a database in `encoding` has it. */
function held(v: SqlValue, encoding: Encoding): SqlValue {
  return typeof v === 'string' ? inEncoding(v, encoding) : v;
}

describe('records', () => {
  it.each(encodings)('come back as they were, encoding %s', (encoding) => {
    const encoder = new RecordEncoder(encoding);
    fc.assert(
      fc.property(fc.array(value, { maxLength: 12 }), (values) => {
        const n = encoder.encode(values, 0, values.length);
        const stored = values.map((v) => held(v, encoding));
        expect(decodeRecord(encoder.buffer, 0, n, encoding)).toEqual(stored);
      }),
      { numRuns: 1500 },
    );
  });

  it('takes wide headers, and a part of a register array', () => {
    const encoder = new RecordEncoder(UTF8);
    for (const count of [1, 60, 125, 126, 127, 128, 200, 5000]) {
      for (const v of [7, 'x'.repeat(100), null]) {
        const values = new Array<SqlValue>(count).fill(v);
        const n = encoder.encode([1, 2, ...values], 2, count);
        expect(decodeRecord(encoder.buffer, 0, n, UTF8)).toEqual(values);
      }
    }
  });

  it('stores whole numbers of REAL columns as integers', () => {
    const encoder = new RecordEncoder(UTF8);
    const bytes = (v: SqlValue, affinity: string | null) => [
      ...encoder.encodeCopy([v], 0, 1, affinity),
    ];
    expect(bytes(new Real(3), 'E')).toEqual([2, 1, 3]);
    expect(bytes(new Real(1), 'E')).toEqual([2, 9]);
    expect(bytes(new Real(-0), 'E')).toEqual([2, 8]);
    expect(bytes(new Real(3), 'C')).toEqual([2, 7, 0x40, 8, 0, 0, 0, 0, 0, 0]);
    expect(bytes(new Real(2 ** 47 - 1), 'E')[1]).toBe(5);
    expect(bytes(new Real(2 ** 47), 'E')[1]).toBe(7);
    expect(bytes(2 ** 50, 'E')[1]).toBe(7);
    expect([...new RecordEncoder(UTF8, 1).encodeCopy([1])]).toEqual([2, 1, 1]);
  });

  it('keeps bytes that are no text', () => {
    const encoder = new RecordEncoder(UTF8);
    for (const bytes of [[0xff], [0xed, 0xa0, 0x80], [0xc0, 0x80], [0x61, 0xe2, 0x82]]) {
      const t = new Text(new Uint8Array(bytes), UTF8);
      const n = encoder.encode([t, 'x'], 0, 2);
      expect(decodeRecord(encoder.buffer, 0, n, UTF8)).toEqual([t, 'x']);
    }
    // A real U+FFFD is a string, and a byte order mark stays.
    const n = encoder.encode(['a\ufffdb', '\ufeffx'], 0, 2);
    expect(decodeRecord(encoder.buffer, 0, n, UTF8)).toEqual(['a\ufffdb', '\ufeffx']);
  });

  it('answers damage with SQLITE_CORRUPT or values, nothing else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.constantFrom(...encodings), (bytes, enc) => {
        const b = new Uint8Array(bytes);
        const key: UnpackedKey = newKey(makeKeyInfo(enc, 4));
        key.values = [1, 'a', new Uint8Array(1), new Real(1.5)];
        key.fieldCount = 4;
        for (const act of [
          () => decodeRecord(b, 0, b.length, enc),
          () => compareRecord(b, 0, b.length, key),
        ]) {
          try {
            act();
          } catch (e) {
            expect(e).toBeInstanceOf(SqliteError);
            expect((e as SqliteError).code).toBe('SQLITE_CORRUPT');
          }
        }
      }),
      { numRuns: 3000 },
    );
    expect(() => decodeRecord(new Uint8Array([2, 0x13]), 0, 2, UTF8)).toThrow(SqliteError);
    expect(decodeRecord(new Uint8Array([2, 7, 0x7f, 0xf8, 0, 0, 0, 0, 0, 1]), 0, 10, UTF8)).toEqual(
      [null],
    );
  });
});

describe('comparison', () => {
  const collations = ['BINARY', 'NOCASE', 'RTRIM'];

  it.each(encodings)('of a record in its bytes is that of its values, encoding %s', (encoding) => {
    const encoder = new RecordEncoder(encoding);
    const fields = fc.array(value, { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(
        fields,
        fields,
        fc.array(fc.constantFrom(...collations), { minLength: 3, maxLength: 3 }),
        fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 3, maxLength: 3 }),
        fc.integer({ min: 0, max: 3 }),
        (given, others, names, flags, shared) => {
          const a = given.map((v) => held(v, encoding));
          const b = others.map((v) => held(v, encoding));
          // Make equal prefixes common.
          for (let i = 0; i < shared && i < a.length && i < b.length; i++) b[i] = a[i]!;
          const info = makeKeyInfo(
            encoding,
            3,
            names.map((n) => builtinCollation(n, encoding)),
            flags,
          );
          const key = newKey(info);
          key.values = b;
          key.fieldCount = b.length;
          key.defaultResult = 0;
          const record = encoder.encodeCopy(a);
          const shared2 = Math.min(a.length, b.length);
          const want = Math.sign(compareRows(a, 0, b, 0, shared2, info));
          expect(Math.sign(compareRecord(record, 0, record.length, key))).toBe(want);
          expect(key.equalSeen).toBe(want === 0);
          const other = encoder.encodeCopy(b);
          expect(
            Math.sign(compareRecords(record, 0, record.length, other, 0, other.length, info)),
          ).toBe(want);
        },
      ),
      { numRuns: 3000 },
    );
  });

  it.each(encodings)('of text is memcmp of its bytes, encoding %s', (encoding) => {
    const collation = builtinCollation('BINARY', encoding)!;
    const unit = fc.constantFrom(
      'a',
      'b',
      '\0',
      '\u0100',
      '\u0001',
      '\ud800',
      '\udc00',
      '\ufffd',
      '\ue000',
      '\u{10000}',
      '\u{10ffff}',
    );
    const s = fc.string({ unit, maxLength: 5 });
    fc.assert(
      fc.property(s, s, (x, y) => {
        const [a, b] = [x, y].map((v) => inEncoding(v, encoding) as string) as [string, string];
        const want = Buffer.compare(textBytes(a, encoding), textBytes(b, encoding));
        expect(Math.sign(collation.compare(a, b))).toBe(want);
      }),
      { numRuns: 4000 },
    );
  });

  it('agrees with SQLite', () => {
    const db = new Database(':memory:').defaultSafeIntegers();
    const values: SqlValue[] = [
      null,
      ...[0, 1, -1, 2 ** 53 - 1],
      ...[1n << 53n, (1n << 53n) + 1n, (1n << 63n) - 1n, -(1n << 63n)],
      ...[0, 0.5, 1, -1, 2 ** 53, 2 ** 63, -(2 ** 63), Infinity, -Infinity].map((v) => new Real(v)),
      ...[
        '',
        'a',
        'A',
        'b',
        'a ',
        'a  ',
        ' a',
        'a\0',
        'a\0b',
        'A\0c',
        'é',
        'É',
        '\uffff',
        '\u{10000}',
      ],
      new Uint8Array(),
      new Uint8Array([97]),
    ];
    const bind = (v: SqlValue) =>
      v instanceof Real
        ? v.value
        : typeof v === 'number'
          ? BigInt(v)
          : v instanceof Uint8Array
            ? Buffer.from(v)
            : v;
    for (const name of collations) {
      const collation = builtinCollation(name, UTF8)!;
      const st = db
        .prepare(
          `SELECT (a < b COLLATE ${name}) lt, (a > b COLLATE ${name}) gt FROM (SELECT ? AS a, ? AS b)`,
        )
        .raw();
      for (const a of values) {
        for (const b of values) {
          if (a === null || b === null) continue;
          const [lt, gt] = st.get(bind(a), bind(b)) as [bigint, bigint];
          expect([a, b, name, Math.sign(compareValues(a, b, collation))]).toEqual([
            a,
            b,
            name,
            Number(gt - lt),
          ]);
        }
      }
    }
    db.close();
  });
});
