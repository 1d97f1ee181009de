import { describe, expect, test } from "bun:test";
import { bucketEnd, oneDayBefore, readRange, startOfDay } from "../../src/control/usage/time-range.ts";

// A Wednesday; in Berlin it is 11:30, in Shanghai 17:30.
const nowMs = Date.parse("2026-11-18T09:30:15.250Z");
const read = (from: string, to = "now", timeZone = "UTC") => {
  const range = readRange({ from, to }, { timeZone, nowMs });
  return [new Date(range.fromMs).toISOString(), new Date(range.toMs).toISOString()];
};

describe("a time range", () => {
  test.each([
    ["now-90s", "2026-11-18T09:28:45.250Z"],
    ["now-7d", "2026-11-11T09:30:15.250Z"],
    ["now-1M", "2026-10-18T09:30:15.250Z"],
    ["now-1d-2h", "2026-11-17T07:30:15.250Z"],
    ["now/h", "2026-11-18T09:00:00.000Z"],
    ["now/m", "2026-11-18T09:30:00.000Z"],
    ["now/d", "2026-11-18T00:00:00.000Z"],
    ["now/w", "2026-11-16T00:00:00.000Z"],
    ["now/M", "2026-11-01T00:00:00.000Z"],
    ["now/y", "2026-01-01T00:00:00.000Z"],
    ["now-1M/M", "2026-10-01T00:00:00.000Z"],
    ["2026-11-01T00:00:00Z", "2026-11-01T00:00:00.000Z"],
    ["2026-11-01T08:00:00+08:00", "2026-11-01T00:00:00.000Z"],
    ["2026-11-01T08:00", "2026-11-01T08:00:00.000Z"],
    ["2026-11-01", "2026-11-01T00:00:00.000Z"],
  ])("reads %s", (from, expected) => {
    expect(read(from)).toEqual([expected, "2026-11-18T09:30:15.250Z"]);
  });

  test("rounds, and reads times without offset, on the asker's clock", () => {
    expect(read("now/d", "now", "Asia/Shanghai")[0]).toBe("2026-11-17T16:00:00.000Z");
    expect(read("2026-11-18", "now", "Europe/Berlin")[0]).toBe("2026-11-17T23:00:00.000Z");
  });

  test.each([
    ["yesterday"],
    [""],
    ["now-"],
    ["now-1x"],
    ["now-9999999d"],
    ["2026-13-01"],
    ["now/s"],
    ["now-1d-1d-1d-1d-1d"],
  ])("refuses %p", (from) => {
    expect(() => read(from)).toThrow("ISO 8601");
  });

  test("refuses an empty range and an unknown zone", () => {
    expect(() => read("now", "now")).toThrow("empty");
    expect(() => read("now-1d", "now", "Mars/Olympus")).toThrow("time zone");
  });
});

describe("days that are not 24 hours long", () => {
  // Europe/Berlin set its clocks back on 2026-10-25.
  const morning = Date.parse("2026-10-26T08:00:00Z");

  test("begin at the zone's own midnight", () => {
    expect(new Date(startOfDay(morning, "Europe/Berlin")).toISOString()).toBe("2026-10-25T23:00:00.000Z");
  });

  test("count as one day back", () => {
    expect(new Date(oneDayBefore(Date.parse("2026-10-25T08:00:00Z"), "Europe/Berlin")).toISOString()).toBe(
      "2026-10-24T07:00:00.000Z",
    );
  });

  test("are one bucket", () => {
    const start = Date.parse("2026-10-24T22:00:00Z");
    expect(new Date(bucketEnd(start, "day", "Europe/Berlin")).toISOString()).toBe("2026-10-25T23:00:00.000Z");
  });
});
