import Database from 'better-sqlite3';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { affinityOfType, applyAffinity, castValue, isTrue, toNumeric } from './affinity.ts';
import { realToText } from './format.ts';
import { Affinity, normalizeInt, Real, type SqlValue, Text } from './value.ts';

const texts = [
  ...['', ' ', '1', '-1', '+1', ' 12 ', '12abc', '1e3', '1e3x', '1.0', '1.5', '.5', '5.', '.', '-'],
  ...['1e', '1e+', '1.5e', '0x10', '9223372036854775807', '9223372036854775808', '1e18', '1e19'],
  ...['-9223372036854775808', '-9223372036854775809', '9007199254740993', '9007199254740993.0'],
  ...['9223372036854775807.0', '2251799813685247.0', '2251799813685248.0', '-2251799813685248.0'],
  ...['123456789012345678901234567890', '-0', '-0.0', '00012', 'inf', 'nan', '1e400', '-1e400'],
  ...['1e-400', '\t7\n', '7\0', '7\0x', '7\u00a0', '1_0', '1 2', '\v1', '1 e5', '--1', '+-1', 'é1'],
];
const values: SqlValue[] = [
  null,
  ...[0n, 1n, -1n, 9223372036854775807n, -9223372036854775808n, 9007199254740993n].map(
    normalizeInt,
  ),
  ...[0.5, -0.5, 0, -0, 3, 1e15, 1e18, 9.3e18, -9.3e18, 2251799813685248, 1e300, Infinity].map(
    (v) => new Real(v),
  ),
  ...texts,
  ...texts.map((t) => new TextEncoder().encode(t)),
  new Uint8Array([0xff, 0x31]),
  new Uint8Array([0x31, 0xff]),
];

function bind(v: SqlValue): unknown {
  if (v instanceof Real) return v.value;
  if (typeof v === 'number') return BigInt(v);
  return v instanceof Uint8Array ? Buffer.from(v) : v;
}

/** A value with its storage class and bytes in a form that can be compared. */
function show(v: SqlValue): string {
  if (v === null) return 'null';
  if (v instanceof Real) return `real ${Object.is(v.value, -0) ? '-0' : v.value}`;
  if (typeof v === 'number' || typeof v === 'bigint') return `integer ${v}`;
  if (typeof v === 'string') return `text ${Buffer.from(v).toString('hex')}`;
  if (v instanceof Text) return `text ${Buffer.from(v.bytes).toString('hex')}`;
  return `blob ${Buffer.from(v).toString('hex')}`;
}

function oracle(row: unknown): string {
  const [type, v, hex] = row as [string, unknown, string];
  if (type === 'null') return type;
  if (type === 'integer' || type === 'real') return `${type} ${Object.is(v, -0) ? '-0' : v}`;
  return `${type} ${hex.toLowerCase()}`;
}

describe('conversion of values, against SQLite', () => {
  const db = new Database(':memory:').defaultSafeIntegers();
  const query = (e: string) =>
    db.prepare(`SELECT typeof(x), x, hex(CAST(x AS BLOB)) FROM (SELECT ${e} AS x)`).raw();

  const types = [
    ['INTEGER', Affinity.Integer],
    ['REAL', Affinity.Real],
    ['TEXT', Affinity.Text],
    ['NUMERIC', Affinity.Numeric],
    ['BLOB', Affinity.Blob],
  ] as const;

  it.each(types)('CAST AS %s', (type, affinity) => {
    const st = query(`CAST(? AS ${type})`);
    for (const v of values) {
      expect([v, show(castValue(v, affinity))]).toEqual([v, oracle(st.get(bind(v)))]);
    }
  });

  it.each(types)('storing in a %s column', (type, affinity) => {
    db.exec(`DROP TABLE IF EXISTS t; CREATE TABLE t(a ${type})`);
    const insert = db.prepare('INSERT INTO t VALUES (?)');
    const select = db.prepare('SELECT typeof(a), a, hex(CAST(a AS BLOB)) FROM t').raw();
    for (const v of values) {
      db.exec('DELETE FROM t');
      insert.run(bind(v));
      expect([v, show(applyAffinity(v, affinity))]).toEqual([v, oracle(select.get())]);
    }
  });

  it('as operands and conditions', () => {
    const plus = query('? + 0');
    const truth = query('CASE WHEN ? THEN 1 ELSE 0 END');
    for (const v of values) {
      const n = toNumeric(v);
      const sum = n instanceof Real ? new Real(n.value + 0) : n;
      expect([v, show(sum)]).toEqual([v, oracle(plus.get(bind(v)))]);
      expect([v, show(isTrue(v) === true ? 1 : 0)]).toEqual([v, oracle(truth.get(bind(v)))]);
    }
  });

  it('of declared types', () => {
    for (const [type, want] of [
      ['INT', 'D'],
      ['CHARINT', 'D'],
      ['FLOATING POINT', 'D'],
      ['VARCHAR(10)', 'B'],
      ['TEXTBLOB', 'B'],
      ['BLOB', 'A'],
      ['', 'A'],
      ['REALBLOB', 'A'],
      ['DOUBLE', 'E'],
      ['DECIMAL(10,5)', 'C'],
    ] as const) {
      expect([type, String.fromCharCode(affinityOfType(type))]).toEqual([type, want]);
    }
  });

  it('of REAL to text and back, to the digit', () => {
    const text = db.prepare('SELECT CAST(? AS TEXT)').pluck();
    const real = db.prepare('SELECT CAST(? AS REAL)').pluck();
    const double = fc.oneof(
      fc.double({ noNaN: true }),
      fc.double({ min: -1e6, max: 1e6, noNaN: true }),
      fc
        .tuple(
          fc.integer({ min: 1, max: 17 }),

          fc.double({ min: 0, max: 1, noNaN: true }),
          fc.integer({ min: -40, max: 30 }),
        )
        .map(([digits, f, e]) => Number(`${Math.floor(f * 10 ** digits)}e${e}`)),
    );
    fc.assert(
      fc.property(double, (x) => {
        expect(realToText(x)).toBe(text.get(x));
      }),
      { numRuns: 30000 },
    );
    const digits = fc.string({
      unit: fc.constantFrom(...'0123456789'),
      minLength: 1,
      maxLength: 45,
    });
    fc.assert(
      fc.property(digits, digits, fc.integer({ min: -330, max: 310 }), (a, b, e) => {
        const s = `${a}.${b}e${e}`;
        expect([s, show(castValue(s, Affinity.Real))]).toEqual([
          s,
          show(new Real(real.get(s) as number)),
        ]);
      }),
      { numRuns: 20000 },
    );
  });
});
