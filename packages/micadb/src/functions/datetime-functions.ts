/** date(), time(), datetime(), julianday(), unixepoch(), strftime(), timediff() (lang_datefunc). */
import { toReal } from '../values/affinity.ts';
import { utf8ToStringLossy } from '../values/utf.ts';
import { Real, type SqlValue } from '../values/value.ts';
import { DAY, DateTime, readPlain, readTimeValue, setNow, UNIX_EPOCH } from './datetime.ts';
import { applyModifier } from './datetime-modifiers.ts';
import { fail, scalar, tooBig } from './define.ts';
import { arena } from './slices.ts';
import { fromLenient, textOf, untilNul } from './text.ts';
import {
  type FunctionContext,
  type Loose,
  type LooseArgs,
  type ScalarFunction,
  Slice,
} from './types.ts';

type Args = readonly SqlValue[];

/** An argument that is not NULL as text, up to a NUL. */
function textOfArgument(v: Loose, ctx: FunctionContext): string {
  return untilNul(textOf(v instanceof Slice ? v.text() : v, ctx));
}

/** The current time; an error where only pure functions may stand. */
function clock(name: string, ctx: FunctionContext): () => number {
  return () => {
    if (ctx.pureUse) throw fail(`non-deterministic use of ${name}() in ${ctx.pureUse}`);
    return Math.trunc(ctx.host.now());
  };
}

/** The time of `args[from...]`: time value and modifiers. Null makes the function NULL. */
function timeOf(
  name: string,
  args: LooseArgs,
  from: number,
  ctx: FunctionContext,
): DateTime | null {
  const t = new DateTime();
  const now = clock(name, ctx);
  if (args.length <= from) {
    setNow(t, now);
  } else {
    const v = args[from]!;
    if (v === null) return null;
    if (typeof v === 'number' || typeof v === 'bigint' || v instanceof Real) {
      t.setRaw(toReal(v));
    } else if (!(v instanceof Slice && readPlain(v.bytes, v.at, v.length, t))) {
      if (!readTimeValue(textOfArgument(v, ctx), t, now)) return null;
    }
    for (let i = from + 1; i < args.length; i++) {
      const m = args[i]!;
      if (m === null) return null;
      const text = textOfArgument(m, ctx);
      if (ctx.pureUse && /^(localtime|utc)$/i.test(text)) clock(name, ctx)();
      if (!applyModifier(t, text, i - from)) return null;
    }
  }
  t.computeJd();
  if (t.error || !t.inRange) return null;
  // A lone date such as 2023-02-31 is normalized.
  if (args.length === from + 1 && t.validYmd && t.day > 28) t.validYmd = false;
  return t;
}

/** 0 to 99 with two digits. */
const TWO: readonly string[] = /* @__PURE__ */ Array.from({ length: 100 }, (_, i) =>
  String(i).padStart(2, '0'),
);

function two(n: number): string {
  return TWO[n] ?? String(n);
}

function yearText(y: number): string {
  if (y >= 1000) return String(y);
  return (y < 0 ? '-' : '') + String(Math.abs(y)).padStart(4, '0');
}

/** The year as strftime() has it: four characters, the sign included. */
function strftimeYear(y: number): string {
  if (y >= 1000) return String(y);
  return y < 0 ? `-${String(-y).padStart(3, '0')}` : String(y).padStart(4, '0');
}

function dateText(t: DateTime): string {
  return `${yearText(t.year)}-${two(t.month)}-${two(t.day)}`;
}

/** Where "YYYY-MM-DD HH:MM:SS" is put together. */
const letters = new Uint8Array(19);
for (const [i, c] of [...'0000-00-00 00:00:00'].entries()) letters[i] = c.charCodeAt(0);

function putTwo(at: number, n: number): void {
  const tens = Math.trunc(n / 10);
  letters[at] = 0x30 + tens;
  letters[at + 1] = 0x30 + (n - tens * 10);
}

/** Fills `letters`; false for times that do not fit. */
function putLetters(t: DateTime): boolean {
  const { year } = t;
  if (t.subsecond || year < 0 || year > 9999) return false;
  const century = Math.trunc(year / 100);
  putTwo(0, century);
  putTwo(2, year - century * 100);
  putTwo(5, t.month);
  putTwo(8, t.day);
  putTwo(11, t.hour);
  putTwo(14, t.minute);
  putTwo(17, Math.trunc(t.second));
  return true;
}

function datetimeText(t: DateTime): string {
  if (!putLetters(t)) return `${dateText(t)} ${timeText(t)}`;
  return utf8ToStringLossy(letters, 0, letters.length);
}

/** date() and datetime() of a text as it lies: the first `n` letters. */
function slices(name: string, n: number) {
  return (args: LooseArgs, ctx: FunctionContext): Loose | undefined => {
    if (!(args[0] instanceof Slice)) return undefined;
    const t = timeOf(name, args, 0, ctx);
    if (t === null) return null;
    t.computeCalendar();
    if (!putLetters(t)) return undefined;
    arena.begin(n);
    arena.copy(letters, 0, n);
    return arena.end(n);
  };
}

function timeText(t: DateTime): string {
  const whole = `${two(t.hour)}:${two(t.minute)}:`;
  if (!t.subsecond) return whole + two(Math.trunc(t.second));
  const ms = Math.trunc(1000 * t.second + 0.5);
  return `${whole}${two(Math.trunc(ms / 1000))}.${String(ms % 1000).padStart(3, '0')}`;
}

function dateFunction(
  name: string,
  result: (t: DateTime) => SqlValue,
): (args: LooseArgs, ctx: FunctionContext) => SqlValue {
  return (args, ctx) => {
    const t = timeOf(name, args, 0, ctx);
    return t === null ? null : result(t);
  };
}

const julianday = /* @__PURE__ */ dateFunction('julianday', (t) => new Real(t.jd / DAY));

const unixepoch = /* @__PURE__ */ dateFunction('unixepoch', (t) =>
  t.subsecond ? new Real((t.jd - UNIX_EPOCH) / 1000) : unixSeconds(t),
);

function unixSeconds(t: DateTime): number {
  return Math.floor(t.jd / 1000) - UNIX_EPOCH / 1000;
}

const datetime = /* @__PURE__ */ dateFunction('datetime', (t) => {
  t.computeCalendar();
  return datetimeText(t);
});

const date = /* @__PURE__ */ dateFunction('date', (t) => {
  t.computeYmd();
  return dateText(t);
});

const time = /* @__PURE__ */ dateFunction('time', (t) => {
  t.computeHms();
  return timeText(t);
});

/** Days since January 1st of the year, at the same time of day. */
function dayOfYear(t: DateTime): number {
  const first = t.clone();
  first.validJd = false;
  first.month = 1;
  first.day = 1;
  first.computeJd();
  return Math.trunc((t.jd - first.jd + DAY / 2) / DAY);
}

/** 0 is Monday. */
function daysAfterMonday(t: DateTime): number {
  return Math.floor((t.jd + DAY / 2) / DAY) % 7;
}

/** 0 is Sunday. */
function daysAfterSunday(t: DateTime): number {
  return Math.floor((t.jd + 1.5 * DAY) / DAY) % 7;
}

/** The Thursday of the ISO week: its year and day of year are the week's. */
function isoThursday(t: DateTime): DateTime {
  const y = t.clone();
  y.jd += (3 - daysAfterMonday(t)) * DAY;
  y.validYmd = false;
  y.computeYmd();
  return y;
}

function twelve(hour: number): number {
  return hour % 12 === 0 ? 12 : hour % 12;
}

function padded(n: number): string {
  return String(n).padStart(2, ' ');
}

function secondsText(t: DateTime): string {
  const s = Math.min(t.second, 59.999);
  const ms = Math.round(s * 1000);
  return `${two(Math.trunc(ms / 1000))}.${String(ms % 1000).padStart(3, '0')}`;
}

/** Julian day with 16 significant digits. */
function julianText(t: DateTime): string {
  return String(Number((t.jd / DAY).toPrecision(16)));
}

const CONVERSIONS: Readonly<Record<string, (t: DateTime) => string>> = {
  d: (t) => two(t.day),
  e: (t) => padded(t.day),
  f: secondsText,
  F: (t) => `${strftimeYear(t.year)}-${two(t.month)}-${two(t.day)}`,
  G: (t) => strftimeYear(isoThursday(t).year),
  g: (t) => two(isoThursday(t).year % 100),
  H: (t) => two(t.hour),
  k: (t) => padded(t.hour),
  I: (t) => two(twelve(t.hour)),
  l: (t) => padded(twelve(t.hour)),
  j: (t) => String(dayOfYear(t) + 1).padStart(3, '0'),
  J: julianText,
  m: (t) => two(t.month),
  M: (t) => two(t.minute),
  p: (t) => (t.hour >= 12 ? 'PM' : 'AM'),
  P: (t) => (t.hour >= 12 ? 'pm' : 'am'),
  R: (t) => `${two(t.hour)}:${two(t.minute)}`,
  s: (t) => (t.subsecond ? ((t.jd - UNIX_EPOCH) / 1000).toFixed(3) : String(unixSeconds(t))),
  S: (t) => two(Math.trunc(t.second)),
  T: (t) => `${two(t.hour)}:${two(t.minute)}:${two(Math.trunc(t.second))}`,
  u: (t) => String(daysAfterSunday(t) || 7),
  w: (t) => String(daysAfterSunday(t)),
  U: (t) => two(Math.trunc((dayOfYear(t) - daysAfterSunday(t) + 7) / 7)),
  V: (t) => two(Math.trunc(dayOfYear(isoThursday(t)) / 7) + 1),
  W: (t) => two(Math.trunc((dayOfYear(t) - daysAfterMonday(t) + 7) / 7)),
  Y: (t) => strftimeYear(t.year),
  '%': () => '%',
};

function strftime(args: LooseArgs, ctx: FunctionContext): SqlValue {
  if (args.length === 0 || args[0] === null) return null;
  const format = textOfArgument(args[0]!, ctx);
  const t = timeOf('strftime', args, 1, ctx);
  if (t === null) return null;
  t.computeCalendar();
  let out = '';
  for (const part of partsOf(format)) {
    if (part === null) return null;
    out += typeof part === 'string' ? part : part(t);
    if (out.length > ctx.host.maxLength) throw tooBig();
  }
  return args[0] === format ? out : fromLenient(out);
}

/** Text, a conversion, or null for one that there is not. */
type Part = string | ((t: DateTime) => string) | null;

/** What was made of the formats used last: formats are mostly constants. */
const formats = new Map<string, readonly Part[]>();
const MAX_FORMATS = 64;

function partsOf(format: string): readonly Part[] {
  let parts = formats.get(format);
  if (parts === undefined) {
    if (formats.size >= MAX_FORMATS) formats.clear();
    formats.set(format, (parts = readFormat(format)));
  }
  return parts;
}

function readFormat(format: string): readonly Part[] {
  const parts: Part[] = [];
  let done = 0;
  for (let i = format.indexOf('%'); i >= 0; i = format.indexOf('%', done)) {
    const letter = format[i + 1] ?? '';
    if (i > done) parts.push(format.slice(done, i));
    parts.push(Object.hasOwn(CONVERSIONS, letter) ? CONVERSIONS[letter]! : null);
    done = i + 2;
  }
  if (done < format.length) parts.push(format.slice(done));
  return parts;
}

/** The difference of two times as a modifier that leads from the second to the first. */
function timediff(args: Args, ctx: FunctionContext): SqlValue {
  const a = timeOf('timediff', [args[0]!], 0, ctx);
  const b = timeOf('timediff', [args[1]!], 0, ctx);
  if (a === null || b === null) return null;
  a.computeCalendar();
  b.computeCalendar();
  const later = a.jd >= b.jd;
  const direction = later ? 1 : -1;
  let years = direction * (a.year - b.year);
  let months = direction * (a.month - b.month);
  // Moves b to a's year and month, then back by months while it stands beyond a.
  const moved = years !== 0 || months !== 0;
  if (years !== 0) b.year = a.year;
  if (months < 0) {
    years--;
    months += 12;
  }
  if (months !== 0) b.month = a.month;
  if (moved) recompute(b);
  while (direction * (a.jd - b.jd) < 0) {
    months--;
    if (months < 0) {
      months = 11;
      years--;
    }
    b.month -= direction;
    b.normalizeMonth();
    recompute(b);
  }
  const rest = Math.abs(a.jd - b.jd);
  const ms = rest % DAY;
  const text = (n: number) => two(Math.trunc(n));
  return (
    `${later ? '+' : '-'}${String(years).padStart(4, '0')}-${two(months)}-${two(Math.floor(rest / DAY))} ` +
    `${text(ms / 3_600_000)}:${text((ms / 60_000) % 60)}:${text((ms / 1000) % 60)}.` +
    String(ms % 1000).padStart(3, '0')
  );
}

function recompute(t: DateTime): void {
  t.validJd = false;
  t.computeJd();
}

const slow = { slowChange: true } as const;
const current = { deterministic: false, slowChange: true } as const;

export const dateFunctions: readonly ScalarFunction[] = /* @__PURE__ */ (() => [
  scalar('julianday', -1, julianday, { ...slow, onSlices: julianday }),
  scalar('unixepoch', -1, unixepoch, { ...slow, onSlices: unixepoch }),
  scalar('date', -1, date, { ...slow, onSlices: slices('date', 10) }),
  scalar('time', -1, time, { ...slow, onSlices: time }),
  scalar('datetime', -1, datetime, { ...slow, onSlices: slices('datetime', 19) }),
  scalar('strftime', -1, strftime, { ...slow, onSlices: strftime }),
  scalar('timediff', 2, timediff, slow),
  scalar('current_time', 0, (_a, ctx) => time([], ctx), current),
  scalar('current_date', 0, (_a, ctx) => date([], ctx), current),
  scalar('current_timestamp', 0, (_a, ctx) => datetime([], ctx), current),
])();
