/** Modifiers of the date and time functions (lang_datefunc §3), applied from left to right. */
import { isSpace } from '../values/number.ts';
import { DAY, DateTime, Reader, readTime, UNIX_EPOCH, wholeDouble } from './datetime.ts';

/** Units of "NNN units": the largest count and the seconds of one. */
const UNITS: Readonly<Record<string, { readonly limit: number; readonly seconds: number }>> = {
  second: { limit: 4.6427e14, seconds: 1 },
  minute: { limit: 7.7379e12, seconds: 60 },
  hour: { limit: 1.2897e11, seconds: 3600 },
  day: { limit: 5373485, seconds: 86_400 },
  month: { limit: 176_546, seconds: 2_592_000 },
  year: { limit: 14_713, seconds: 31_536_000 },
};

/**
 * Applies one modifier; `index` is its place (1: right behind the time value). False when it is no
 * modifier, which makes the function's result NULL.
 */
export function applyModifier(t: DateTime, text: string, index: number): boolean {
  const c = text.charCodeAt(0);
  if (c === 0x2b || c === 0x2d || (c >= 0x30 && c <= 0x39)) return shift(t, text);
  const word = text.toLowerCase();
  switch (word) {
    case 'auto':
      return index <= 1 && auto(t);
    case 'ceiling':
      t.computeJd();
      t.clearCalendar();
      t.overrun = 0;
      return true;
    case 'floor':
      t.computeJd();
      t.jd -= t.overrun * DAY;
      t.clearCalendar();
      return true;
    case 'julianday':
      if (index > 1 || !t.validJd || !t.raw) return false;
      t.raw = false;
      return true;
    case 'localtime':
      if (!t.isLocal) toLocalTime(t);
      t.isUtc = false;
      t.isLocal = true;
      return true;
    case 'unixepoch':
      return index <= 1 && t.raw && unixEpoch(t);
    case 'utc':
      toUtc(t);
      return true;
    case 'subsec':
    case 'subsecond':
      t.subsecond = true;
      return true;
    default:
      break;
  }
  if (word.startsWith('weekday ')) return weekday(t, word.slice(8));
  return word.startsWith('start of ') && startOf(t, word.slice(9));
}

/** A number becomes seconds since 1970 when it is in that range; a Julian day stays one. */
function auto(t: DateTime): boolean {
  if (t.raw && !t.validJd) {
    if (t.second >= -210_866_760_000 && t.second <= 253_402_300_799) {
      const r = t.second * 1000 + UNIX_EPOCH;
      t.clearCalendar();
      t.setJd(Math.trunc(r + 0.5));
      t.raw = false;
    }
  } else {
    t.raw = false;
  }
  return true;
}

function unixEpoch(t: DateTime): boolean {
  const r = t.second * 1000 + UNIX_EPOCH;
  if (!(r >= 0 && r < 464_269_060_800_000)) return false;
  t.clearCalendar();
  t.setJd(Math.trunc(r + 0.5));
  t.raw = false;
  return true;
}

function weekday(t: DateTime, text: string): boolean {
  const n = wholeDouble(text);
  if (n === null || n < 0 || n >= 7 || n !== Math.trunc(n)) return false;
  t.computeCalendar();
  t.zone = 0;
  t.validJd = false;
  t.computeJd();
  let today = Math.floor((t.jd + 1.5 * DAY) / DAY) % 7;
  if (today > n) today -= 7;
  t.jd += (n - today) * DAY;
  t.clearCalendar();
  return true;
}

function startOf(t: DateTime, unit: string): boolean {
  if (!t.validJd && !t.validYmd && !t.validHms) return false;
  t.computeYmd();
  t.validHms = true;
  t.hour = 0;
  t.minute = 0;
  t.second = 0;
  t.raw = false;
  t.zone = 0;
  t.validJd = false;
  switch (unit) {
    case 'day':
      return true;
    case 'month':
      t.day = 1;
      return true;
    case 'year':
      t.month = 1;
      t.day = 1;
      return true;
    default:
      return false;
  }
}

/** The count and the unit of modifiers "NNN units" that were used last: they are mostly constants. */
const units = new Map<string, { readonly count: number; readonly unit: string }>();
const MAX_UNITS = 64;

/** "±YYYY-MM-DD", "±YYYY-MM-DD HH:MM...", "±HH:MM..." and "NNN units". */
function shift(t: DateTime, text: string): boolean {
  const known = units.get(text);
  if (known !== undefined) return shiftByUnits(t, known.unit, known.count);
  const signed = text[0] === '+' || text[0] === '-';
  // The number ends at a colon, white space, or the dash of a date.
  let n = 1;
  for (; n < text.length; n++) {
    const c = text.charCodeAt(n);
    if (c === 0x3a || isSpace(c)) break;
    if (
      c === 0x2d &&
      (n === 5 || n === 6) &&
      new Reader(text, 1).number(n - 1, 0, 14_712) !== null
    ) {
      break;
    }
  }
  const r = wholeDouble(text.slice(0, n));
  if (r === null) return false;
  if (text[n] === '-') {
    if (!signed) return false;
    return shiftByDate(t, text, n);
  }
  if (text[n] === ':') return shiftByTime(t, text, signed ? 1 : 0, text[0] === '-');
  const name = text.slice(n).replace(/^[ \t-\r]+/, '');
  if (name.length < 3 || name.length > 10) return false;
  const unit = name.toLowerCase().replace(/s$/, '');
  if (units.size >= MAX_UNITS) units.clear();
  units.set(text, { unit, count: r });
  return shiftByUnits(t, unit, r);
}

function shiftByDate(t: DateTime, text: string, dash: number): boolean {
  const r = new Reader(text, 1);
  const years = r.number(dash - 1, 0, 14_712);
  if (years === null || !r.take('-')) return false;
  const months = r.number(2, 0, 11);
  if (months === null || !r.take('-')) return false;
  const days = r.number(2, 0, 30);
  if (days === null) return false;
  const sign = text[0] === '-' ? -1 : 1;
  t.computeCalendar();
  t.validJd = false;
  t.year += sign * years;
  t.month += sign * months;
  t.normalizeMonth();
  t.computeOverrun();
  t.computeJd();
  t.validHms = false;
  t.validYmd = false;
  t.jd += sign * days * DAY;
  if (r.at >= text.length) return true;
  if (!isSpace(text.charCodeAt(r.at))) return false;
  r.at++;
  return shiftByTime(t, text, r.at, sign < 0);
}

/** Adds or takes off the time of day at `at`; a time zone in it counts, whole days do not. */
function shiftByTime(t: DateTime, text: string, at: number, negative: boolean): boolean {
  const time = new DateTime();
  if (!readTime(new Reader(text, at), time)) return false;
  time.computeJd();
  const jd = time.jd - DAY / 2;
  const ms = jd - Math.trunc(jd / DAY) * DAY;
  t.computeJd();
  t.clearCalendar();
  t.jd += negative ? -ms : ms;
  return true;
}

function shiftByUnits(t: DateTime, unit: string, count: number): boolean {
  t.computeJd();
  t.overrun = 0;
  const info = Object.hasOwn(UNITS, unit) ? UNITS[unit]! : null;
  const known = info !== null && count > -info.limit && count < info.limit;
  if (known) {
    const whole = Math.trunc(count);
    let rest = count;
    if (unit === 'month' || unit === 'year') {
      t.computeCalendar();
      if (unit === 'month') {
        t.month += whole;
        t.normalizeMonth();
      } else {
        t.year += whole;
      }
      t.computeOverrun();
      t.validJd = false;
      rest -= whole;
    }
    t.computeJd();
    t.jd += Math.trunc(rest * 1000 * info.seconds + (count < 0 ? -0.5 : 0.5));
  }
  t.clearCalendar();
  return known;
}

/**
 * UTC to the local time of the process. Years without reliable rules (before 1970, after 2037) borrow
 * those of a year near 2000 with the same place in the leap cycle, as SQLite does.
 */
function toLocalTime(t: DateTime): void {
  t.computeJd();
  let ms = t.jd - UNIX_EPOCH;
  let yearShift = 0;
  if (t.jd < UNIX_EPOCH || t.jd > 213_014_145_600_000) {
    const x = t.clone();
    x.computeCalendar();
    yearShift = 2000 + (x.year % 4) - x.year;
    x.year += yearShift;
    x.validJd = false;
    x.computeJd();
    ms = x.jd - UNIX_EPOCH;
  }
  const local = new Date(Math.floor(ms / 1000) * 1000);
  t.year = local.getFullYear() - yearShift;
  t.month = local.getMonth() + 1;
  t.day = local.getDate();
  t.hour = local.getHours();
  t.minute = local.getMinutes();
  t.second = local.getSeconds() + (t.jd % 1000) * 0.001;
  t.validYmd = true;
  t.validHms = true;
  t.validJd = false;
  t.raw = false;
  t.zone = 0;
  t.error = false;
}

/** Local time to UTC: looks for the moment whose local time this is. */
function toUtc(t: DateTime): void {
  if (t.isUtc) return;
  t.computeJd();
  const wanted = t.jd;
  let guess = wanted;
  let error = 0;
  for (let i = 0; i < 4; i++) {
    guess -= error;
    const local = new DateTime();
    local.setJd(guess);
    toLocalTime(local);
    local.computeJd();
    error = local.jd - wanted;
    if (error === 0) break;
  }
  // Everything else is forgotten, "subsec" included.
  Object.assign(t, new DateTime());
  t.setJd(guess);
  t.isUtc = true;
}
