/**
 * The point in time that the date and time functions work on (lang_datefunc): its forms, its
 * arithmetic and the reading of time values. Modifiers are in `datetime-modifiers.ts`, the functions
 * in `datetime-functions.ts`.
 *
 * Invariant: a `DateTime` holds the same moment in up to two forms, of which at least one is valid
 * (or neither, which means 2000-01-01 00:00): `jd`, milliseconds since the Julian epoch
 * (noon of -4713-11-24), and calendar date plus time of day. Changing one form invalidates the other.
 */
import { isSpace, numericKind, parseReal, parseWholeNumber } from '../values/number.ts';

export const DAY = 86_400_000;
/** The Unix epoch in Julian milliseconds. */
export const UNIX_EPOCH = 210_866_760_000_000;
/** 9999-12-31 23:59:59.999 in Julian milliseconds. */
const MAX_JD = 464_269_060_799_999;

export class DateTime {
  jd = 0;
  year = 2000;
  month = 1;
  day = 1;
  hour = 0;
  minute = 0;
  second = 0;
  /** Offset of the time of day from UTC in minutes, not yet taken into account. */
  zone = 0;
  validJd = false;
  validYmd = false;
  validHms = false;
  /** A number whose meaning (Julian day or seconds) a modifier may still change: in `second`. */
  raw = false;
  error = false;
  isUtc = false;
  isLocal = false;
  subsecond = false;
  /** Days past the end of the month that the last calendar step ran over: for "floor". */
  overrun = 0;

  /** Copies everything. */
  clone(): DateTime {
    const t = new DateTime();
    t.jd = this.jd;
    t.year = this.year;
    t.month = this.month;
    t.day = this.day;
    t.hour = this.hour;
    t.minute = this.minute;
    t.second = this.second;
    t.zone = this.zone;
    t.validJd = this.validJd;
    t.validYmd = this.validYmd;
    t.validHms = this.validHms;
    t.raw = this.raw;
    t.error = this.error;
    t.isUtc = this.isUtc;
    t.isLocal = this.isLocal;
    t.subsecond = this.subsecond;
    t.overrun = this.overrun;
    return t;
  }

  setJd(jd: number): void {
    this.jd = jd;
    this.validJd = true;
  }

  /** A number as the time value. */
  setRaw(r: number): void {
    this.second = r;
    this.raw = true;
    if (r >= 0 && r < 5373484.5) this.setJd(Math.trunc(r * DAY + 0.5));
  }

  fail(): void {
    Object.assign(this, new DateTime());
    this.year = 0;
    this.month = 0;
    this.day = 0;
    this.error = true;
  }

  /** Forgets the calendar form: after `jd` has changed. */
  clearCalendar(): void {
    this.validYmd = false;
    this.validHms = false;
    this.zone = 0;
  }

  get inRange(): boolean {
    return this.jd >= 0 && this.jd <= MAX_JD;
  }

  computeJd(): void {
    if (this.validJd) return;
    const y = this.validYmd ? this.year : 2000;
    const m = this.validYmd ? this.month : 1;
    const d = this.validYmd ? this.day : 1;
    if (y < -4713 || y > 9999 || this.raw) {
      this.fail();
      return;
    }
    this.setJd(julianOf(y, m, d));
    if (!this.validHms) return;
    this.jd += this.hour * 3_600_000 + this.minute * 60_000 + Math.trunc(this.second * 1000 + 0.5);
    if (this.zone !== 0) {
      this.jd -= this.zone * 60_000;
      this.clearCalendar();
      this.isUtc = true;
      this.isLocal = false;
    }
  }

  computeYmd(): void {
    if (this.validYmd) return;
    if (!this.validJd) {
      this.year = 2000;
      this.month = 1;
      this.day = 1;
    } else if (!this.inRange) {
      this.fail();
      return;
    } else {
      this.setCivil(Math.floor((this.jd + DAY / 2) / DAY));
    }
    this.validYmd = true;
  }

  computeHms(): void {
    if (this.validHms) return;
    this.computeJd();
    const ms = (this.jd + DAY / 2) % DAY;
    this.second = (ms % 60_000) / 1000;
    const minutes = Math.floor(ms / 60_000);
    this.minute = minutes % 60;
    this.hour = Math.floor(minutes / 60);
    this.raw = false;
    this.validHms = true;
  }

  computeCalendar(): void {
    this.computeYmd();
    this.computeHms();
  }

  /** Calendar date of a Julian day number (counted from noon, shifted to midnight). */
  private setCivil(julianDay: number): void {
    // Days since 0000-03-01 of the proleptic Gregorian calendar, in eras of 400 years.
    const days = julianDay - 1_721_120;
    const era = Math.floor(days / 146_097);
    const ofEra = days - era * 146_097;
    const yearOfEra = Math.floor(
      (ofEra -
        Math.floor(ofEra / 1460) +
        Math.floor(ofEra / 36_524) -
        Math.floor(ofEra / 146_096)) /
        365,
    );
    const ofYear =
      ofEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
    const shifted = Math.floor((5 * ofYear + 2) / 153);
    this.day = ofYear - Math.floor((153 * shifted + 2) / 5) + 1;
    this.month = shifted < 10 ? shifted + 3 : shifted - 9;
    this.year = yearOfEra + era * 400 + (this.month <= 2 ? 1 : 0);
  }

  /** Brings the month into 1..12 after it was counted up or down. */
  normalizeMonth(): void {
    const years =
      this.month > 0 ? Math.floor((this.month - 1) / 12) : Math.ceil((this.month - 12) / 12);
    this.year += years;
    this.month -= years * 12;
  }

  /** Notes how many days the date lies past the end of its month. */
  computeOverrun(): void {
    const last = daysInMonth(this.year, this.month);
    this.overrun = this.day > last ? this.day - last : 0;
  }
}

function daysInMonth(year: number, month: number): number {
  if (month === 2) {
    return year % 4 !== 0 || (year % 100 === 0 && year % 400 !== 0) ? 28 : 29;
  }
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** Julian milliseconds of midnight of a date; days past the end of a month run into the next. */
function julianOf(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const m = month <= 2 ? month + 12 : month;
  const century = Math.trunc((y + 4800) / 100);
  const leap = 38 - century + Math.trunc(century / 4);
  const days =
    Math.trunc((36_525 * (y + 4716)) / 100) + Math.trunc((306_001 * (m + 1)) / 10_000) + day + leap;
  return Math.trunc((days - 1524.5) * DAY);
}

/** Reads fixed-width numbers and separators from text. */
export class Reader {
  constructor(
    readonly text: string,
    public at: number = 0,
  ) {}

  get atEnd(): boolean {
    return this.at >= this.text.length;
  }

  skipSpaces(alsoT: boolean = false): void {
    while (!this.atEnd) {
      const c = this.text.charCodeAt(this.at);
      if (!isSpace(c) && !(alsoT && c === 0x54)) break;
      this.at++;
    }
  }

  /** Exactly `width` digits with a value in [min, max]; null (and no move) otherwise. */
  number(width: number, min: number, max: number): number | null {
    let v = 0;
    for (let i = 0; i < width; i++) {
      const d = this.text.charCodeAt(this.at + i) - 0x30;
      if (!(d >= 0 && d <= 9)) return null;
      v = v * 10 + d;
    }
    if (v < min || v > max) return null;
    this.at += width;
    return v;
  }

  take(c: string): boolean {
    if (this.text[this.at] !== c) return false;
    this.at++;
    return true;
  }
}

/** "HH:MM", "HH:MM:SS" or "HH:MM:SS.SSS" with an optional time zone, to the end of the text. */
export function readTime(r: Reader, t: DateTime): boolean {
  const hour = r.number(2, 0, 24);
  if (hour === null || !r.take(':')) return false;
  const minute = r.number(2, 0, 59);
  if (minute === null) return false;
  let second = 0;
  if (r.take(':')) {
    const s = r.number(2, 0, 59);
    if (s === null) return false;
    second = s;
    if (r.text[r.at] === '.' && isDigitAt(r.text, r.at + 1)) second += readFraction(r);
  }
  t.validJd = false;
  t.raw = false;
  t.validHms = true;
  t.hour = hour;
  t.minute = minute;
  t.second = second;
  return readZone(r, t);
}

function isDigitAt(s: string, i: number): boolean {
  const c = s.charCodeAt(i);
  return c >= 0x30 && c <= 0x39;
}

/** ".SSS": truncated so that it never rounds up to a whole second. */
function readFraction(r: Reader): number {
  let value = 0;
  let scale = 1;
  for (r.at++; isDigitAt(r.text, r.at); r.at++) {
    value = value * 10 + (r.text.charCodeAt(r.at) - 0x30);
    scale *= 10;
  }
  const fraction = value / scale;
  return Math.min(fraction, 0.999);
}

/** "Z", "+HH:MM", "-HH:MM" or nothing. */
function readZone(r: Reader, t: DateTime): boolean {
  r.skipSpaces();
  t.zone = 0;
  if (r.atEnd) return true;
  const c = r.text[r.at++]!;
  if (c === 'Z' || c === 'z') {
    t.isLocal = false;
    t.isUtc = true;
  } else if (c === '+' || c === '-') {
    const h = r.number(2, 0, 14);
    if (h === null || !r.take(':')) return false;
    const m = r.number(2, 0, 59);
    if (m === null) return false;
    t.zone = (c === '-' ? -1 : 1) * (m + h * 60);
    if (t.zone === 0) {
      t.isLocal = false;
      t.isUtc = true;
    }
  } else {
    return false;
  }
  r.skipSpaces();
  return r.atEnd;
}

function readDate(text: string, t: DateTime): boolean {
  const negative = text[0] === '-';
  const r = new Reader(text, negative ? 1 : 0);
  const y = r.number(4, 0, 9999);
  if (y === null || !r.take('-')) return false;
  const m = r.number(2, 1, 12);
  if (m === null || !r.take('-')) return false;
  const d = r.number(2, 1, 31);
  if (d === null) return false;
  r.skipSpaces(true);
  const rest = r.at;
  if (!readTime(r, t)) {
    if (rest < text.length) return false;
    t.validHms = false;
  }
  t.validJd = false;
  t.validYmd = true;
  t.year = negative ? -y : y;
  t.month = m;
  t.day = d;
  t.computeOverrun();
  if (t.zone !== 0) t.computeJd();
  return true;
}

/** Two digits at `i`; a negative number where they are none. */
function pairAt(d: Uint8Array, i: number): number {
  const a = d[i]! - 0x30;
  const b = d[i + 1]! - 0x30;
  return a >= 0 && a <= 9 && b >= 0 && b <= 9 ? a * 10 + b : -1000;
}

/** "YYYY-MM-DD", alone or before " HH:MM" or " HH:MM:SS": the same as `readDate`, at once. */
export function readPlain(d: Uint8Array, at: number, n: number, t: DateTime): boolean {
  if (n !== 10 && n !== 16 && n !== 19) return false;
  if (d[at + 4] !== 0x2d || d[at + 7] !== 0x2d) return false;
  const year = pairAt(d, at) * 100 + pairAt(d, at + 2);
  const month = pairAt(d, at + 5);
  const day = pairAt(d, at + 8);
  if (!(year >= 0 && month >= 1 && month <= 12 && day >= 1 && day <= 31)) return false;
  if (n > 10) {
    if ((d[at + 10] !== 0x20 && d[at + 10] !== 0x54) || d[at + 13] !== 0x3a) return false;
    const hour = pairAt(d, at + 11);
    const minute = pairAt(d, at + 14);
    const second = n === 19 ? pairAt(d, at + 17) : 0;
    if (n === 19 && d[at + 16] !== 0x3a) return false;
    if (!(hour >= 0 && hour <= 24 && minute >= 0 && minute <= 59)) return false;
    if (!(second >= 0 && second <= 59)) return false;
    t.hour = hour;
    t.minute = minute;
    t.second = second;
    t.raw = false;
    t.zone = 0;
  }
  t.validHms = n > 10;
  t.validJd = false;
  t.validYmd = true;
  t.year = year;
  t.month = month;
  t.day = day;
  if (day > 28) t.computeOverrun();
  else t.overrun = 0;
  return true;
}

/** A text of that length, as bytes. */
const plain = new Uint8Array(19);

function readPlainText(s: string, t: DateTime): boolean {
  const n = s.length;
  if (n > plain.length) return false;
  for (let i = 0; i < n; i++) {
    const c = s.charCodeAt(i);
    if (c > 0x7f) return false;
    plain[i] = c;
  }
  return readPlain(plain, 0, n, t);
}

/** Reads a time value that is text. `now` is asked for the current time, in Unix milliseconds. */
export function readTimeValue(text: string, t: DateTime, now: () => number): boolean {
  if (readPlainText(text, t) || readDate(text, t)) return true;
  if (readTime(new Reader(text), t)) return true;
  const word = text.toLowerCase();
  if (word === 'now') {
    setNow(t, now);
    return true;
  }
  if (numericKind(text) !== 0) {
    t.setRaw(parseReal(text));
    return true;
  }
  if (word === 'subsec' || word === 'subsecond') {
    t.subsecond = true;
    setNow(t, now);
    return true;
  }
  return false;
}

export function setNow(t: DateTime, now: () => number): void {
  t.setJd(now() + UNIX_EPOCH);
  t.isUtc = true;
  t.isLocal = false;
  t.clearCalendar();
}

/** Text that is a number as a whole, as a double; null otherwise. */
export function wholeDouble(text: string): number | null {
  return parseWholeNumber(text) === null ? null : parseReal(text);
}
