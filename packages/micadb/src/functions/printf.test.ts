import { describe, expect, it } from 'vitest';
import { Real, type SqlValue, Text, UTF8 } from '../values/value.ts';
import { awkward, mine, oracle } from './testing.ts';

function check(args: readonly SqlValue[]): void {
  expect([args, mine('printf', args)]).toEqual([args, oracle('printf', args)]);
}

const flags = [
  '',
  '-',
  '+',
  ' ',
  '#',
  '!',
  '0',
  ',',
  '+0',
  '-0',
  '#0',
  '0,',
  '!,',
  '#+',
  '!0',
  '#!',
];
const sizes = [
  '',
  '1',
  '5',
  '12',
  '30',
  '.0',
  '.1',
  '.3',
  '12.5',
  '.16',
  '.17',
  '.18',
  '.25',
  '3.40',
];

describe('printf against SQLite', () => {
  it.each([...'diuoxXpr'])('%%%s', (c) => {
    const values = [
      0,
      1,
      -1,
      2,
      3,
      4,
      11,
      12,
      21,
      111,
      999,
      1000,
      -123456,
      9223372036854775807n,
      -9223372036854775808n,
    ];
    for (const f of flags) {
      for (const s of sizes) for (const v of values) check([`[%${f}${s}${c}]`, v]);
    }
  });

  it.each([...'feEgG'])('%%%s', (c) => {
    const values = [
      ...[0, -0, 0.5, 1.5, 2.5, -0.001, 0.1, 0.05, 1 / 3, 2 / 3, 123456.789, -9.995, 99.5, 0.0001],
      ...[
        1e15,
        1e16,
        1e17,
        1e20 / 3,
        1e100,
        1e-100,
        1.7976931348623157e308,
        5e-324,
        0.00001234,
        1e-7,
      ],
      ...[Infinity, -Infinity, 9999999, 999999.5, 12345678, 49.47, 1e21 / 7, 1e22],
    ];
    for (const f of flags) {
      for (const s of sizes) for (const v of values) check([`[%${f}${s}${c}]`, new Real(v)]);
    }
  });

  it.each([...'szcqQw'])('%%%s', (c) => {
    for (const f of ['', '-', '!', '#', '0', ',', '!#', '-!']) {
      for (const s of ['', '1', '8', '.0', '.1', '.2', '.3', '8.2', '3.8']) {
        for (const v of awkward) check([`[%${f}${s}${c}]`, v]);
      }
    }
    check([`%#${c}`, "a\tb'c\\d\u007f\u0080"]);
    check([`%#${c}`, "plain'\\"]);
  });

  it('arguments of other types', () => {
    for (const v of awkward) {
      for (const f of ['%d', '%x', '%f', '%g', '%!.15g', '%e', '%s', '%.3d', '%,d', '%!g'])
        check([f, v]);
      check([v]);
      check([v, 1]);
    }
  });

  it('formats in other shapes', () => {
    const formats = [
      ...[
        '',
        '%',
        'abc',
        'abc%',
        '%%',
        '100%% %d',
        '%5%|',
        '%-5%|',
        '%y',
        'a%yb',
        '%5',
        '%.',
        '%l',
        '%ld',
      ],
      ...[
        '%lld',
        '%llld',
        '%hd',
        '%5-d',
        '%*d',
        '%-*d',
        '%.*d',
        '%*.*f',
        '%n',
        'a%nb',
        '%T',
        '%S',
        '%j',
      ],
      ...[
        '%d %d %d %d',
        '%s%s',
        '%1$d',
        '%05.1f|%-8s|',
        '%+-5d|',
        '% d',
        '%é',
        'é%d',
        '%0-8d|',
        '%lf',
        '%#lx',
      ],
    ];
    for (const f of formats) {
      check([f]);
      for (const a of [5, -5, 'x', 2147483648, -2147483648]) {
        check([f, a]);
        check([f, a, 7]);
        check([f, a, 3, new Real(2.25)]);
      }
    }
    check(['%s', new Text(new Uint8Array([0xff, 0x41]), UTF8)]);
    check([new Text(new Uint8Array([0xff, 0x25, 0x64]), UTF8), 5]);
    expect(mine('printf', ['%2000000000d', 1])).toBe('error string or blob too big');
  });
});
