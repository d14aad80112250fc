// Dates and spans of time: how they are written and read. The zone is UTC wherever the library would ask its machine,
// so that an expression means the same everywhere.
import { AbsoluteTime, type RelativeTime } from "./values.ts";

const two = (value: number): string => String(value).padStart(2, "0");

/** Days since 1970 of a civil date; months and days out of their range carry over. */
function daysOf(year: number, month: number, day: number): number {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  return Math.round(date.getTime() / 86_400_000);
}

/** A moment's calendar in UTC. */
export interface Calendar {
  year: number;
  /** 1 to 12. */
  month: number;
  day: number;
  hours: number;
  minutes: number;
  seconds: number;
}

export function calendarOf(seconds: number): Calendar {
  const date = new Date(seconds * 1000);
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hours: date.getUTCHours(),
    minutes: date.getUTCMinutes(),
    seconds: date.getUTCSeconds(),
  };
}

/** `2003-01-25T09:00:00-06:00`. */
export function writeAbsoluteTime({ seconds, offset }: AbsoluteTime): string {
  const at = calendarOf(seconds + offset);
  const zone = Math.abs(offset);
  const sign = offset > 0 ? "+" : "-";
  const date = `${at.year}-${two(at.month)}-${two(at.day)}T${two(at.hours)}:${two(at.minutes)}:${two(at.seconds)}`;
  return `${date}${sign}${two(Math.trunc(zone / 3600))}:${two(Math.trunc(zone / 60) % 60)}`;
}

/** C's `%02g`: six significant digits, without trailing zeros. */
export function writeG(value: number, width = 0): string {
  let text: string;
  if (value === 0) text = Object.is(value, -0) ? "-0" : "0";
  else if (!Number.isFinite(value)) text = Number.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
  else {
    const [mantissa, exponent] = value.toExponential(5).split("e") as [string, string];
    const power = Number(exponent);
    const trim = (digits: string) => (digits.includes(".") ? digits.replace(/\.?0+$/, "") : digits);
    text =
      power < -4 || power >= 6
        ? `${trim(mantissa)}e${power < 0 ? "-" : "+"}${two(Math.abs(power))}`
        : trim(value.toFixed(5 - power));
  }
  return text.padStart(width, "0");
}

/** `days+hh:mm:ss`, without the parts in front that are zero. */
export function writeRelativeTime({ seconds }: RelativeTime): string {
  const span = Math.abs(seconds);
  const fraction = span - Math.floor(span);
  const whole = span < 2 ** 31 ? Math.trunc(span) : -(2 ** 31);
  const days = Math.trunc(whole / 86400);
  const hours = Math.trunc((whole % 86400) / 3600);
  const minutes = Math.trunc((whole % 3600) / 60);
  const rest = (whole % 60) + fraction;
  // The rest of an infinite span is what the processor makes of inf - inf, which C writes with a sign.
  const odd = span === Number.POSITIVE_INFINITY ? "-nan" : writeG(rest, 2);
  const last = fraction === 0 ? two(Math.trunc(rest)) : odd;
  const sign = seconds < 0 ? "-" : "";
  if (days !== 0) return `${sign}${days}+${two(hours)}:${two(minutes)}:${last}`;
  if (hours !== 0) return `${sign}${two(hours)}:${two(minutes)}:${last}`;
  if (minutes !== 0) return `${sign}${two(minutes)}:${last}`;
  return sign + last;
}

/** Year, and as many of month, day, hour, minute, second as follow, whatever is between; then Z, ±hh:mm or ±hhmm. */
export function parseAbsoluteTime(text: string): AbsoluteTime | undefined {
  let date = text;
  let offset = 0;
  const end = text.trimEnd().length - 1;
  const zone = /([+-])(\d\d):?(\d\d)$/.exec(text);
  if (end > 0 && /[zZ]/.test(text[end]!)) date = text.slice(0, end) + text.slice(end + 1);
  else if (zone && zone.index > 0) {
    date = text.slice(0, zone.index);
    offset = (Number(zone[2]) * 3600 + Number(zone[3]) * 60) * (zone[1] === "-" ? -1 : 1);
  }
  let at = 0;
  /** The next `width` characters that begin with a digit, as C's atoi reads them. */
  const next = (width: number): number | undefined => {
    while (at < date.length && !/\d/.test(date[at]!)) at++;
    if (at > date.length - width) return undefined;
    const digits = /^\d*/.exec(date.slice(at, at + width))![0];
    at += width;
    return Number(digits);
  };
  const year = next(4);
  if (year === undefined) return undefined;
  const [month = 1, day = 0, hours = 0, minutes = 0, rest = 0] = [next(2), next(2), next(2), next(2), next(2)];
  if (/\d/.test(date.slice(at))) return undefined;
  const seconds = daysOf(year, month, day) * 86400 + hours * 3600 + minutes * 60 + rest;
  // C's mktime says -1 for what it cannot do, and the library believes it.
  return seconds === -1 ? undefined : new AbsoluteTime(seconds - offset, offset);
}

/**
 * `[[[days+]hh:]mm:]ss`, or with the letters d, h, m, s: read from the right, every part may be missing. A number of
 * seconds, or `undefined` where the text is something else.
 */
export function parseRelativeTime(text: string): number | undefined {
  let end = text.length;
  const skip = () => {
    while (end > 0 && /[ \t\n\v\f\r]/.test(text[end - 1]!)) end--;
  };
  const last = (characters: string) => end > 0 && characters.includes(text[end - 1]!);
  const take = (pattern: RegExp): string => {
    const found = pattern.exec(text.slice(0, end))![0];
    end -= found.length;
    return found;
  };
  /** A whole number before one of these characters; C's atoi of the digits, none being 0. */
  const part = (characters: string): number => {
    skip();
    if (!last(characters)) return 0;
    end--;
    skip();
    return Number(take(/\d*$/));
  };
  skip();
  let seconds = 0;
  if (last("sS0123456789")) {
    if (last("sS")) end--;
    skip();
    seconds = Number.parseFloat(take(/\d*\.?\d*$/)) || 0;
  }
  const minutes = part("mM:");
  const hours = part("hH:");
  const days = part("dD+");
  skip();
  const negative = last("-");
  if (negative) end--;
  skip();
  if (end > 0) return undefined;
  const total = days * 86400 + hours * 3600 + minutes * 60 + seconds;
  return negative ? -total : total;
}
