import { describe, expect, test } from "bun:test";
import { KeyMeter, NO_LIMITS, SlidingWindow } from "../../src/policy/key-meter.ts";

const MINUTE = 60_000;
const NOON = 1_800_000_000_000;

describe("a sliding window", () => {
  test("counts what fell into its span, and a slice's length longer at most", () => {
    const window = new SlidingWindow(MINUTE);
    window.add(10, NOON);
    window.add(5, NOON + 30_000);
    expect(window.used(NOON + 59_999)).toBe(15);
    expect(window.used(NOON + MINUTE + 2000)).toBe(5);
    expect(window.used(NOON + 93_000)).toBe(0);
    expect(window.used(NOON + 99 * MINUTE)).toBe(0);
  });

  test("says when so little is counted again, to the millisecond", () => {
    for (const allowed of [0, 1, 4, 5, 9, 14]) {
      const window = new SlidingWindow(MINUTE);
      window.add(10, NOON);
      window.add(5, NOON + 31_000);
      const atMs = window.freeAt(allowed, NOON + 31_000);
      const before = new SlidingWindow(MINUTE);
      before.add(10, NOON);
      before.add(5, NOON + 31_000);
      expect(before.used(atMs - 1)).toBeGreaterThan(allowed);
      expect(before.used(atMs)).toBeLessThanOrEqual(allowed);
    }
  });
});

describe("a key's meter", () => {
  test("stops at requests a minute, and says when the next one may begin", () => {
    const meter = new KeyMeter({ ...NO_LIMITS, rpm: 2 });
    meter.begin(NOON);
    expect(meter.admits(0, NOON)).toBe(true);
    meter.begin(NOON);
    expect(meter.admits(0, NOON)).toBe(false);
    expect(meter.used(NOON)).toEqual({ rpmUsed: 2, tpmUsed: 0, rpdUsed: 2 });
    const freeMs = meter.freeAt(0, NOON);
    expect(freeMs).toBeGreaterThan(NOON);
    expect(meter.admits(0, Math.ceil(freeMs))).toBe(true);
  });

  test("counts tokens when they are known, and requests at once while they run", () => {
    const meter = new KeyMeter({ ...NO_LIMITS, tpm: 100, concurrency: 2 });
    expect(meter.admits(1, NOON)).toBe(true);
    expect(meter.admits(2, NOON)).toBe(false);
    meter.addTokens(99, NOON);
    expect(meter.admits(0, NOON)).toBe(true);
    meter.addTokens(1, NOON);
    expect(meter.admits(0, NOON)).toBe(false);
  });

  test("holds a day's allowance beyond the minute", () => {
    const meter = new KeyMeter({ ...NO_LIMITS, rpd: 1 });
    meter.begin(NOON);
    expect(meter.admits(0, NOON + 10 * MINUTE)).toBe(false);
    expect(meter.admits(0, NOON + 3 * 86_400_000)).toBe(true);
  });
});
