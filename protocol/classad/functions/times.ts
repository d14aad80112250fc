// Functions of time. The zone is UTC throughout; what asks for the time asks the clock given to the evaluation.
import { literal } from "../ast.ts";
import { wholeSeconds } from "../convert.ts";
import { low32, truncate32 } from "../integers.ts";
import { type Calendar, calendarOf } from "../times.ts";
import { AbsoluteTime, Ad, ERROR, isInteger, Real, RelativeTime, type Value } from "../values.ts";
import type { ClassAdFunction } from "./call.ts";
import { ofOne } from "./conversions.ts";

const none =
  (run: (seconds: number) => Value): ClassAdFunction =>
  (args, state) =>
    args.length === 0 ? run(state.clock()) : ERROR;

/** 0 on Sunday; 0 on January 1st. Also for dates that no calendar has, by the library's arithmetic. */
function dayNumbers(year: number, month: number, day: number): { ofWeek: number; ofYear: number } {
  const leap = year % 4 === 0 && ![100, 200, 300].includes(year % 400);
  const fixed = (m: number, d: number) =>
    365 * (year - 1) +
    Math.trunc((year - 1) / 4) -
    Math.trunc((year - 1) / 100) +
    Math.trunc((year - 1) / 400) +
    Math.trunc((367 * m - 362) / 12) +
    (m <= 2 ? 0 : leap ? -1 : -2) +
    d;
  return { ofWeek: fixed(month, day) % 7, ofYear: fixed(month, day) - fixed(1, 1) };
}

type Field = (at: Calendar) => number;
const field = (ofDate: Field | undefined, ofSpan: ((seconds: number) => number) | undefined): ClassAdFunction =>
  ofOne((value) => {
    if (value instanceof AbsoluteTime) return ofDate ? ofDate(calendarOf(value.seconds)) : ERROR;
    if (value instanceof RelativeTime) return ofSpan ? Math.trunc(ofSpan(wholeSeconds(value))) + 0 : ERROR;
    return ERROR;
  });

const adOf = (entries: Record<string, number | string | Real>): Ad => {
  const ad = new Ad();
  for (const [name, value] of Object.entries(entries)) ad.set(name, literal(value));
  return ad;
};

function splitDate({ seconds, offset }: AbsoluteTime): Ad {
  const at = calendarOf(seconds + offset);
  return adOf({
    Type: "AbsoluteTime",
    Year: at.year,
    Month: at.month,
    Day: at.day,
    Hours: at.hours,
    Minutes: at.minutes,
    Seconds: at.seconds,
    Offset: offset,
  });
}

/** The sign goes to the first part that is not zero. */
function splitSpan({ seconds }: RelativeTime): Ad {
  const span = Math.abs(seconds);
  const whole = truncate32(span);
  let days = Math.trunc(whole / 86400);
  let hours = Math.trunc((whole % 86400) / 3600);
  let minutes = Math.trunc((whole % 3600) / 60);
  let rest = (whole % 60) + (span - Math.floor(span));
  if (seconds < 0) {
    if (days > 0) days = -days;
    else if (hours > 0) hours = -hours;
    else if (minutes > 0) minutes = -minutes;
    else rest = -rest;
  }
  return adOf({ Type: "RelativeTime", Days: days, Hours: hours, Minutes: minutes, Seconds: new Real(rest) });
}

/** Integers and reals are seconds since 1970. */
function dateOf(value: Value): AbsoluteTime | undefined {
  if (isInteger(value)) return new AbsoluteTime(low32(value), 0);
  if (value instanceof Real) return new AbsoluteTime(truncate32(value.value), 0);
  return value instanceof AbsoluteTime ? value : undefined;
}

const splitTime = ofOne((value) => {
  if (value === undefined) return undefined;
  if (value instanceof RelativeTime) return splitSpan(value);
  const date = dateOf(value);
  return date ? splitDate(date) : ERROR;
});

/** formatTime(time, format): as C's strftime; the time may be an ad as splitTime() makes them. */
const formatTime: ClassAdFunction = (args, state) => {
  if (args.length > 2) return ERROR;
  const value: Value = args.length === 0 ? new AbsoluteTime(state.clock(), 0) : state.evaluate(args[0]!);
  let ad: Ad;
  if (value instanceof Ad) ad = value;
  else {
    const date = dateOf(value);
    if (!date) return ERROR;
    ad = splitDate(date);
  }
  const part = (name: string): number | undefined => {
    const expression = ad.get(name);
    const found = expression && state.attempt(() => inside(ad, () => state.evaluate(expression)), undefined);
    return isInteger(found) ? low32(found) : undefined;
  };
  const inside = (scope: Ad, run: () => Value): Value => {
    state.standIn(scope);
    return run();
  };
  const at: Calendar = {
    year: part("Year") ?? 1900,
    month: part("Month") ?? 1,
    day: part("Day") ?? 0,
    hours: part("Hours") ?? 0,
    minutes: part("Minutes") ?? 0,
    seconds: part("Seconds") ?? 0,
  };
  const format = args.length === 2 ? state.evaluate(args[1]!) : "%c";
  return typeof format === "string" ? strftime(at, format) : ERROR;
};

const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const MONTHS = "January February March April May June July August September October November December".split(" ");
const MAX_TIME_TEXT = 1022;

/** C's strftime in the C locale, without a zone. A result that is too long for the library's buffer is empty. */
function strftime(at: Calendar, format: string): string {
  const { ofWeek, ofYear } = dayNumbers(at.year, at.month, at.day);
  const pad = (value: number, width = 2, by = "0") => String(value).padStart(width, by);
  const week = (from: number) => Math.trunc((ofYear + 7 - ((ofWeek - from + 7) % 7)) / 7);
  const iso = isoWeek(at.year, ofYear, ofWeek);
  const hour12 = at.hours % 12 === 0 ? 12 : at.hours % 12;
  const year2 = ((at.year % 100) + 100) % 100;
  const fields: Record<string, () => string> = {
    a: () => DAYS[ofWeek]?.slice(0, 3) ?? "?",
    A: () => DAYS[ofWeek] ?? "?",
    b: () => MONTHS[at.month - 1]?.slice(0, 3) ?? "?",
    h: () => fields.b!(),
    B: () => MONTHS[at.month - 1] ?? "?",
    c: () => strftime(at, "%a %b %e %H:%M:%S %Y"),
    C: () => pad(Math.floor(at.year / 100)),
    d: () => pad(at.day),
    D: () => strftime(at, "%m/%d/%y"),
    e: () => pad(at.day, 2, " "),
    F: () => strftime(at, "%Y-%m-%d"),
    g: () => pad(iso.year % 100),
    G: () => String(iso.year),
    H: () => pad(at.hours),
    I: () => pad(hour12),
    j: () => pad(ofYear + 1, 3),
    k: () => pad(at.hours, 2, " "),
    l: () => pad(hour12, 2, " "),
    m: () => pad(at.month),
    M: () => pad(at.minutes),
    n: () => "\n",
    p: () => (at.hours >= 12 ? "PM" : "AM"),
    P: () => (at.hours >= 12 ? "pm" : "am"),
    r: () => strftime(at, "%I:%M:%S %p"),
    R: () => strftime(at, "%H:%M"),
    s: () => String(Math.trunc(Date.UTC(at.year, at.month - 1, at.day, at.hours, at.minutes, at.seconds) / 1000)),
    S: () => pad(at.seconds),
    t: () => "\t",
    T: () => strftime(at, "%H:%M:%S"),
    u: () => String(ofWeek === 0 ? 7 : ofWeek),
    U: () => pad(week(0)),
    V: () => pad(iso.week),
    w: () => String(ofWeek),
    W: () => pad(week(1)),
    x: () => strftime(at, "%m/%d/%y"),
    X: () => strftime(at, "%H:%M:%S"),
    y: () => pad(year2),
    Y: () => String(at.year),
    z: () => "+0000",
    Z: () => "UTC",
    "%": () => "%",
  };
  const text = format.replace(
    /%([-_0^#]*)(\d{0,4})[EO]?([\s\S])/g,
    (all, flags: string, width: string, letter: string) => {
      const field = fields[letter];
      if (!field) return all;
      return Number(width) > MAX_TIME_TEXT ? all : laidOut(field(), flags, Number(width));
    },
  );
  return text.length > MAX_TIME_TEXT ? "" : text;
}

/** GNU's flags: - no padding, _ blanks, 0 zeros, ^ capitals; and a width. */
function laidOut(text: string, flags: string, width: number): string {
  const numeric = /^[ 0-9]+$/.test(text);
  const padding = numeric ? text.length : 0;
  const bare = numeric ? text.replace(/^[ 0]+(?=\d)/, "") : text;
  const cased = flags.includes("^") ? bare.toUpperCase() : bare;
  if (flags.includes("-")) return cased;
  const by = flags.includes("_") || (!numeric && !flags.includes("0")) || (text.startsWith(" ") && !width) ? " " : "0";
  return cased.padStart(Math.max(width, padding), by);
}

function isoWeek(year: number, ofYear: number, ofWeek: number): { year: number; week: number } {
  const week = Math.trunc((ofYear - ((ofWeek + 6) % 7) + 10) / 7);
  const weeksIn = (of: number): number => {
    const first = new Date(Date.UTC(of, 0, 1)).getUTCDay();
    const leap = (of % 4 === 0 && of % 100 !== 0) || of % 400 === 0;
    return first === 4 || (leap && first === 3) ? 53 : 52;
  };
  if (week < 1) return { year: year - 1, week: weeksIn(year - 1) };
  return week > weeksIn(year) ? { year: year + 1, week: 1 } : { year, week };
}

export const timeFunctions: Record<string, ClassAdFunction> = {
  time: none((seconds) => seconds),
  currentTime: none((seconds) => new AbsoluteTime(seconds, 0)),
  timeZoneOffset: none(() => new RelativeTime(0)),
  dayTime: none((seconds) => new RelativeTime(seconds % 86400)),
  getYear: field((at) => at.year, undefined),
  getMonth: field((at) => at.month, undefined),
  getDayOfYear: field((at) => dayNumbers(at.year, at.month, at.day).ofYear, undefined),
  getDayOfMonth: field((at) => at.day, undefined),
  getDayOfWeek: field((at) => dayNumbers(at.year, at.month, at.day).ofWeek, undefined),
  getDays: field(undefined, (seconds) => seconds / 86400),
  getHours: field(
    (at) => at.hours,
    (seconds) => (seconds % 86400) / 3600,
  ),
  getMinutes: field(
    (at) => at.minutes,
    (seconds) => (seconds % 3600) / 60,
  ),
  getSeconds: field(
    (at) => at.seconds,
    (seconds) => seconds % 60,
  ),
  splitTime,
  formatTime,
};
