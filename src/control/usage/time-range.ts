import { badInput } from "../bad-input.ts";

/** From inclusive, to exclusive, Unix milliseconds. */
export interface TimeRange {
  readonly fromMs: number;
  readonly toMs: number;
}

export interface TimeRangeInput {
  readonly from: string;
  readonly to: string;
}

const UNITS = {
  s: "seconds",
  m: "minutes",
  h: "hours",
  d: "days",
  w: "weeks",
  M: "months",
  y: "years",
} as const;
const RELATIVE = /^now((?:[+-]\d{1,6}[smhdwMy]){0,4})(?:\/([mhdwMy]))?$/;
const HAS_OFFSET = /(?:Z|[+-]\d{2}:?\d{2})$/i;

/** Throws a public error when the text is no time, the zone is unknown, or the range is empty. */
export function readRange(range: TimeRangeInput, zone: { timeZone: string; nowMs: number }): TimeRange {
  const fromMs = readTime(range.from, "range.from", zone);
  const toMs = readTime(range.to, "range.to", zone);
  if (fromMs >= toMs) throw badInput("The range is empty: `from` must be before `to`.", "range");
  return { fromMs, toMs };
}

/** Midnight of the current day in the zone. */
export function startOfDay(nowMs: number, timeZone: string): number {
  return readTime("now/d", "timeZone", { timeZone, nowMs });
}

/** Start of the hour, day, week (from Monday) or month that is running in the zone. */
export function startOfPeriod(period: "hour" | "day" | "week" | "month", nowMs: number, timeZone: string): number {
  const unit = ({ hour: "h", day: "d", week: "w", month: "M" } as const)[period];
  return readTime(`now/${unit}`, "timeZone", { timeZone, nowMs });
}

/** The same wall-clock time a day earlier (a day of 23 or 25 hours counts as one). */
export function oneDayBefore(atMs: number, timeZone: string): number {
  return zoned(atMs, timeZone).subtract({ days: 1 }).epochMilliseconds;
}

/** Start of the bucket after the one that starts at `startMs`. */
export function bucketEnd(startMs: number, interval: keyof typeof BUCKET, timeZone: string): number {
  return zoned(startMs, timeZone).add(BUCKET[interval]).epochMilliseconds;
}
const BUCKET = {
  minute: { minutes: 1 },
  quarter_hour: { minutes: 15 },
  hour: { hours: 1 },
  day: { days: 1 },
  week: { weeks: 1 },
  month: { months: 1 },
} as const;

function readTime(text: string, argument: string, zone: { timeZone: string; nowMs: number }): number {
  const now = zoned(zone.nowMs, zone.timeZone);
  const relative = RELATIVE.exec(text);
  if (relative) return shift(now, relative[1] ?? "", relative[2]).epochMilliseconds;
  try {
    if (HAS_OFFSET.test(text)) return Temporal.Instant.from(text).epochMilliseconds;
    // Without an offset it is meant on the asker's own clock.
    return Temporal.PlainDateTime.from(text).toZonedDateTime(zone.timeZone).epochMilliseconds;
  } catch {
    throw badInput("A time is an ISO 8601 instant, or relative like `now-7d` or `now/d`.", argument);
  }
}

function shift(now: Temporal.ZonedDateTime, offsets: string, floor: string | undefined): Temporal.ZonedDateTime {
  let at = now;
  for (const [, sign, amount, unit] of offsets.matchAll(/([+-])(\d+)([smhdwMy])/g)) {
    const duration = { [UNITS[unit as keyof typeof UNITS]]: Number(amount) };
    at = sign === "-" ? at.subtract(duration) : at.add(duration);
  }
  switch (floor) {
    case "m":
      return at.round({ smallestUnit: "minute", roundingMode: "floor" });
    case "h":
      return at.round({ smallestUnit: "hour", roundingMode: "floor" });
    case "d":
      return at.startOfDay();
    case "w":
      return at.subtract({ days: at.dayOfWeek - 1 }).startOfDay();
    case "M":
      return at.with({ day: 1 }).startOfDay();
    case "y":
      return at.with({ month: 1, day: 1 }).startOfDay();
    default:
      return at;
  }
}

function zoned(atMs: number, timeZone: string): Temporal.ZonedDateTime {
  try {
    return Temporal.Instant.fromEpochMilliseconds(Math.floor(atMs)).toZonedDateTimeISO(timeZone);
  } catch {
    throw badInput("The time zone is unknown: give an IANA name such as `Asia/Shanghai`.", "timeZone");
  }
}
