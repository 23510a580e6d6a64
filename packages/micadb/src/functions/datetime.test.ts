import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Real, type SqlValue } from '../values/value.ts';
import { awkward, context, mine, NOW, oracle } from './testing.ts';

function check(name: string, args: readonly SqlValue[]): void {
  expect([name, args, mine(name, args)]).toEqual([name, args, oracle(name, args)]);
}

const functions = ['date', 'time', 'datetime', 'julianday', 'unixepoch'];

const times: SqlValue[] = [
  ...['2024-02-29', '2023-02-31', '2023-04-31', '2000-01-01 00:00', '1999-12-31 23:59:59.999'],
  ...[
    '2024-03-10T12:34:56',
    '2024-03-10 12:34:56.789Z',
    '2024-03-10 12:34+05:30',
    '12:00',
    '23:59:59.9999',
  ],
  ...[
    '2024-03-10 24:00',
    '2024-03-10 12:60',
    '2024-13-01',
    '2024-00-10',
    '2024-1-1',
    '-4713-11-24 12:00',
  ],
  ...[
    '-0001-02-28',
    '9999-12-31 23:59:59',
    '0000-01-01',
    '2024-03-10 12:34:56 +02:00',
    '2024-03-10x',
    '',
  ],
  ...[
    '2451545',
    '2451545.25',
    '1700000000',
    '-1',
    '1e10',
    '2024',
    '12:34:56Z',
    '12:34-00:00',
    '24:30',
  ],
  ...[
    '2024-03-10 12:34 Z ',
    '2024-03-10  T  12:34',
    '2024-03-10 12:34+15:00',
    '2024-02-29 12:34:5',
    '1582-10-10',
  ],
  ...[0, 1, 2451545, 5373484, 5373485, 1700000000, -1, 253402300799, 253402300800, -210866760000],
  ...[2451545.5, 5373484.4999, 0.25, 1700000000.123, -0.5, 1e20].map((v) => new Real(v)),
  null,
];

const modifiers: SqlValue[] = [
  ...[
    '+1 day',
    '-1 day',
    '+1 days',
    '1 month',
    '-13 months',
    '+1 year',
    '-1 years',
    '+1.5 months',
    '-2.5 years',
  ],
  ...[
    '+10 hours',
    '+90 minutes',
    '-100000 seconds',
    '+0.5 seconds',
    '1.5 days',
    '+1 weeks',
    '+1 da',
    '+1',
  ],
  ...[
    'start of month',
    'start of year',
    'start of day',
    'START OF DAY',
    'start of week',
    'weekday 0',
    'weekday 6',
  ],
  ...[
    'weekday 7',
    'weekday 1.5',
    'weekday x',
    'unixepoch',
    'julianday',
    'auto',
    'ceiling',
    'floor',
    'subsec',
  ],
  ...[
    'subsecond',
    'utc',
    'localtime',
    '+12:30',
    '-12:30:15',
    '+12:30:15.5',
    '12:30',
    '+24:00',
    '+25:00',
    '+1:30',
  ],
  ...[
    '+0001-02-03',
    '-0001-02-03',
    '+0001-02-03 04:05',
    '+0001-02-03 04:05:06.5',
    '-0000-00-30',
    '+0000-11-00',
  ],
  ...[
    '+0000-12-00',
    '+0001-02-31',
    '0001-02-03',
    '+12345-01-01',
    '+99999-01-01',
    '+1 month x',
    '+ 1 day',
    '',
    ' ',
  ],
  ...[
    '+5373485 days',
    '+1000000 months',
    '+1e3 days',
    '+1e400 days',
    '--1 day',
    '+2 DAYS',
    '+2  days',
    '1 second s',
  ],
  null,
];

describe('date and time against SQLite', () => {
  it.each(functions)('%s of all time values', (name) => {
    for (const t of [...times, ...awkward]) {
      check(name, [t]);
      check(name, [t, 'subsec']);
      check(name, [t, 'auto']);
      check(name, [t, 'unixepoch']);
    }
  });

  it.each(functions)('%s with modifiers', (name) => {
    for (const t of times) for (const m of modifiers) check(name, [t, m]);
  });

  it('several modifiers', () => {
    const time = fc.constantFrom(...times);
    const modifier = fc.constantFrom(...modifiers);
    fc.assert(
      fc.property(
        fc.constantFrom(...functions),
        time,
        fc.array(modifier, { minLength: 2, maxLength: 4 }),
        (name, t, list) => {
          check(name, [t, ...list]);
        },
      ),
      { numRuns: 6000 },
    );
  });

  it('every day of the calendar, in steps', () => {
    for (let jd = 0; jd < 5373485; jd += 1237) {
      check('datetime', [new Real(jd + 0.5)]);
      check('strftime', ['%Y %j %G-%V-%u %U %W', new Real(jd + 0.123)]);
      check('date', [new Real(jd), '+1 month', 'floor']);
    }
  });

  it('strftime', () => {
    const letters = [...'defFgGHIjJklmMpPRsSTuUvVwWYyzZ%aAbBcDhnNqQ '].map((c) => `%${c}`);
    for (const t of times) {
      for (const f of letters) {
        check('strftime', [f, t]);
        check('strftime', [`[${f}]`, t, 'subsec']);
      }
    }
    for (const f of [null, '', '%', 'abc', '%Y-%m-%dT%H:%M:%fZ', '100%%', 'é%Yé', 5, 'a\0b']) {
      check('strftime', [f, '2024-03-10 12:34:56.789']);
    }
    check('strftime', []);
  });

  it('timediff', () => {
    for (const a of times) for (const b of times) check('timediff', [a, b]);
    const day = fc.integer({ min: 0, max: 5373483 });
    fc.assert(
      fc.property(
        day,
        day,
        fc.integer({ min: 0, max: 86399999 }),
        fc.integer({ min: 0, max: 60 }),
        (a, b, ms, near) => {
          check('timediff', [new Real(a + ms / 86400000), new Real(b)]);
          check('timediff', [new Real(a + ms / 86400000), new Real(Math.max(0, a - near))]);
          check('timediff', [new Real(a), new Real(a + near + ms / 86400000)]);
        },
      ),
      { numRuns: 3000 },
    );
  });

  it("now is the host's", () => {
    expect(NOW).toBe(Date.UTC(2024, 1, 29, 13, 14, 15, 678));
    expect(mine('datetime', ['now'])).toBe('text "2024-02-29 13:14:15"');
    expect(mine('datetime', ['subsec'])).toBe('text "2024-02-29 13:14:15.678"');
    expect(mine('unixepoch', [])).toBe(`integer ${Math.floor(NOW / 1000)}`);
    expect(mine('current_timestamp', [])).toBe('text "2024-02-29 13:14:15"');
    const pure = { ...context(), pureUse: 'an index' as const };
    expect(mine('date', ['now'], pure)).toBe('error non-deterministic use of date() in an index');
    expect(mine('date', ['2024-01-01', '+1 day'], pure)).toBe('text "2024-01-02"');
  });
});
