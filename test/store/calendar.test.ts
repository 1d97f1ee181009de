import { describe, expect, test } from "bun:test";
import { bucketStarts } from "../../src/store/calendar.ts";
import type { UsageQuery } from "../../src/store/reports.ts";

const HOUR_MS = 3_600_000;

function starts(timeZone: string, interval: UsageQuery["interval"], from: string, to: string): string[] {
  const query = { timeZone, interval, fromMs: Date.parse(from), toMs: Date.parse(to) };
  return bucketStarts(query).map((ms) => new Date(ms).toISOString().replace(".000Z", "Z"));
}

describe("buckets begin", () => {
  test("quarter hours: on the quarter, in any zone", () => {
    expect(starts("Asia/Kathmandu", "quarter_hour", "2026-11-20T12:07:00Z", "2026-11-20T12:31:00Z")).toEqual([
      "2026-11-20T12:00:00Z",
      "2026-11-20T12:15:00Z",
      "2026-11-20T12:30:00Z",
      "2026-11-20T12:45:00Z",
    ]);
  });

  test("hours: on the zone's own hour", () => {
    expect(starts("Asia/Kathmandu", "hour", "2026-11-20T12:07:00Z", "2026-11-20T13:16:00Z")).toEqual([
      "2026-11-20T11:15:00Z",
      "2026-11-20T12:15:00Z",
      "2026-11-20T13:15:00Z",
      "2026-11-20T14:15:00Z",
    ]);
  });

  test("days: at the zone's midnight", () => {
    expect(starts("Asia/Kolkata", "day", "2026-11-20T18:29:59Z", "2026-11-20T18:30:01Z")).toEqual([
      "2026-11-19T18:30:00Z",
      "2026-11-20T18:30:00Z",
      "2026-11-21T18:30:00Z",
    ]);
  });

  test("weeks: on Monday", () => {
    expect(starts("UTC", "week", "2026-11-22T23:59:59Z", "2026-11-23T00:00:01Z")).toEqual([
      "2026-11-16T00:00:00Z",
      "2026-11-23T00:00:00Z",
      "2026-11-30T00:00:00Z",
    ]);
  });

  test("months: on the first, of any length", () => {
    expect(starts("America/New_York", "month", "2026-01-31T12:00:00Z", "2026-04-01T03:00:00Z")).toEqual([
      "2026-01-01T05:00:00Z",
      "2026-02-01T05:00:00Z",
      "2026-03-01T05:00:00Z",
      "2026-04-01T04:00:00Z",
    ]);
  });

  test("where the clock changes: a day of 23 hours, a day of 25", () => {
    const spring = starts("Europe/Berlin", "day", "2026-03-28T23:00:00Z", "2026-03-30T22:00:00Z");
    expect(spring).toEqual(["2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z", "2026-03-30T22:00:00Z"]);
    const autumn = starts("Europe/Berlin", "day", "2026-10-24T22:00:00Z", "2026-10-26T23:00:00Z");
    expect(autumn).toEqual(["2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z", "2026-10-26T23:00:00Z"]);
  });

  test("where the clock changes at midnight: with the first instant of the day", () => {
    // Beirut skips from 00:00 to 01:00 on 29 March 2026; Azores set back from 01:00 to 00:00 on 25 October 2026.
    expect(starts("Asia/Beirut", "day", "2026-03-28T10:00:00Z", "2026-03-29T10:00:00Z")).toEqual([
      "2026-03-27T22:00:00Z",
      "2026-03-28T22:00:00Z",
      "2026-03-29T21:00:00Z",
    ]);
    expect(starts("Atlantic/Azores", "day", "2026-10-25T05:00:00Z", "2026-10-25T06:00:00Z")).toEqual([
      "2026-10-25T00:00:00Z",
      "2026-10-26T01:00:00Z",
    ]);
  });

  test.each(["UTC", "Europe/Berlin", "Australia/Lord_Howe", "America/St_Johns", "Asia/Kathmandu", "Pacific/Chatham"])(
    "%s: without gaps or overlaps, for a year, on quarter hours",
    (timeZone) => {
      for (const interval of ["hour", "day", "week", "month"] as const) {
        const fromMs = Date.UTC(2026, 0, 1);
        const toMs = fromMs + 370 * 24 * HOUR_MS;
        const edges = bucketStarts({ timeZone, interval, fromMs, toMs });
        const lengths = edges.slice(1).map((edge, index) => edge - edges[index]!);
        const [least, most] = { hour: [0.5, 1.5], day: [23, 25], week: [167, 169], month: [27 * 24, 32 * 24] }[
          interval
        ];
        expect(Math.min(...lengths)).toBeGreaterThanOrEqual(least! * HOUR_MS);
        expect(Math.max(...lengths)).toBeLessThanOrEqual(most! * HOUR_MS);
        expect(edges.every((edge) => edge % (HOUR_MS / 4) === 0)).toBe(true);
        expect(edges[0]!).toBeLessThanOrEqual(fromMs);
        expect(edges.at(-1)!).toBeGreaterThanOrEqual(toMs);
      }
    },
  );
});

describe("refused", () => {
  test("an unknown zone", () => {
    expect(() => starts("Mars/Olympus", "day", "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z")).toThrow(
      "unknown time zone",
    );
  });
  test("more points than anybody can look at", () => {
    expect(() => starts("UTC", "quarter_hour", "2026-01-01T00:00:00Z", "2026-12-01T00:00:00Z")).toThrow(
      /too many points/,
    );
  });
});
