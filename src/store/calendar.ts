import type { UsageQuery } from "./reports.ts";
import { StoreError } from "./store-error.ts";

const MINUTE_MS = 60_000;
const QUARTER_MS = 15 * MINUTE_MS;
const HOUR_MS = 60 * 60_000;
const DAY_MS = 86_400_000;
/** A report with more points than this is a mistake, and would hold up the others. */
const MAX_BUCKETS = 10_000;

/**
 * The starts of the buckets that cover [fromMs, toMs), in the zone's own hours, days, weeks (from Monday) and months, and the end of
 * the last one. All but minutes are multiples of a quarter of an hour, as every zone's offset is since 1972. Throws StoreError.
 */
export function bucketStarts(query: Pick<UsageQuery, "fromMs" | "toMs" | "timeZone" | "interval">): number[] {
  const zone = zoneOf(query.timeZone);
  const starts = [zone.startOf(query.interval, query.fromMs)];
  while (starts[starts.length - 1]! < query.toMs) {
    if (starts.length > MAX_BUCKETS) throw new StoreError("the report has too many points: choose a longer interval");
    starts.push(zone.next(query.interval, starts[starts.length - 1]!));
  }
  return starts;
}

/** Of the week from Monday, in the zone's own time: 0 to 167. */
export function hourOfWeek(ms: number, timeZone: string): number {
  return zoneOf(timeZone).hourOfWeek(ms);
}

/** A few zones are kept: asking one anew costs a chart more than its numbers. */
const MAX_ZONES = 8;
const zones = new Map<string, Zone>();

function zoneOf(timeZone: string): Zone {
  let zone = zones.get(timeZone);
  if (zone === undefined) {
    zone = new Zone(timeZone);
    if (zones.size >= MAX_ZONES) zones.clear();
    zones.set(timeZone, zone);
  }
  return zone;
}

/** A time zone's offset from UTC. Intl answers in microseconds, so each hour is asked for once. */
class Zone {
  readonly #format: Intl.DateTimeFormat;
  readonly #offsets = new Map<number, number>();
  readonly #isUtc: boolean;

  constructor(timeZone: string) {
    this.#isUtc = timeZone === "UTC";
    try {
      this.#format = new Intl.DateTimeFormat("en-US", {
        timeZone,
        hourCycle: "h23",
        year: "numeric",
        month: "numeric",
        day: "numeric",
        hour: "numeric",
        minute: "numeric",
        second: "numeric",
      });
    } catch {
      throw new StoreError("unknown time zone");
    }
  }

  hourOfWeek(ms: number): number {
    const hours = Math.floor((ms + this.#offset(ms)) / HOUR_MS);
    return positiveModulo(hours + 3 * 24, 7 * 24); // 1 January 1970 was a Thursday
  }

  startOf(interval: UsageQuery["interval"], ms: number): number {
    if (interval === "minute") return ms - positiveModulo(ms, MINUTE_MS);
    if (interval === "quarter_hour") return ms - positiveModulo(ms, QUARTER_MS);
    const offset = this.#offset(ms);
    const local = ms + offset;
    if (interval === "hour") return local - positiveModulo(local, HOUR_MS) - offset;
    const date = new Date(local);
    const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()];
    if (interval === "month") return this.#midnight(year, month, 1);
    return this.#midnight(year, month, interval === "week" ? day - ((date.getUTCDay() + 6) % 7) : day);
  }

  next(interval: UsageQuery["interval"], start: number): number {
    if (interval === "minute") return start + MINUTE_MS;
    if (interval === "quarter_hour") return start + QUARTER_MS;
    if (interval === "hour") {
      // A clock that is set back by half an hour makes one long hour.
      const next = this.startOf("hour", start + HOUR_MS);
      return next > start ? next : start + HOUR_MS;
    }
    // Noon: far enough from midnight that no clock change turns it into another day.
    const date = new Date(start + this.#offset(start) + DAY_MS / 2);
    const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()];
    if (interval === "month") return this.#midnight(year, month + 1, 1);
    return this.#midnight(year, month, day + (interval === "week" ? 7 : 1));
  }

  /** The first instant of a local date. Where the clock skips midnight, the day starts with the skip. */
  #midnight(year: number, month: number, day: number): number {
    const wanted = Date.UTC(year, month, day);
    const earlier = wanted - Math.max(this.#offset(wanted - DAY_MS), this.#offset(wanted + DAY_MS));
    if (earlier + this.#offset(earlier) >= wanted) return earlier;
    return wanted - Math.min(this.#offset(wanted - DAY_MS), this.#offset(wanted + DAY_MS));
  }

  #offset(ms: number): number {
    if (this.#isUtc) return 0;
    const quarter = Math.floor(ms / QUARTER_MS);
    let offset = this.#offsets.get(quarter);
    if (offset === undefined) {
      offset = this.#askOffset(quarter * QUARTER_MS);
      this.#offsets.set(quarter, offset);
    }
    return offset;
  }

  #askOffset(ms: number): number {
    const parts: Record<string, number> = {};
    for (const { type, value } of this.#format.formatToParts(ms)) parts[type] = Number(value);
    const local = Date.UTC(parts.year!, parts.month! - 1, parts.day!, parts.hour!, parts.minute!, parts.second!);
    return Math.round((local - ms) / QUARTER_MS) * QUARTER_MS;
  }
}

function positiveModulo(value: number, divisor: number): number {
  return ((value % divisor) + divisor) % divisor;
}
