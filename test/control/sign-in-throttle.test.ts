import { describe, expect, test } from "bun:test";
import { SignInThrottle } from "../../src/control/people/sign-in-throttle.ts";

const MINUTE = 60_000;
const fail = (throttle: SignInThrottle, address: string, times: number, nowMs: number, prefix = "guess") => {
  for (let index = 0; index < times; index++) throttle.failed(address, `${prefix}-${nowMs}-${index}`, nowMs);
};

describe("the sign-in throttle", () => {
  test("closes the door after ten different wrong tokens, each time for longer, up to a quarter of an hour", () => {
    const throttle = new SignInThrottle();
    let nowMs = 1_000_000;
    fail(throttle, "1.2.3.4", 9, nowMs);
    expect(throttle.waitMs("1.2.3.4", nowMs)).toBe(0);
    fail(throttle, "1.2.3.4", 1, nowMs, "last");
    expect(throttle.waitMs("1.2.3.4", nowMs)).toBe(MINUTE);
    for (const minutes of [2, 4, 8, 15, 15]) {
      nowMs += throttle.waitMs("1.2.3.4", nowMs);
      expect(throttle.waitMs("1.2.3.4", nowMs)).toBe(0);
      fail(throttle, "1.2.3.4", 10, nowMs);
      expect(throttle.waitMs("1.2.3.4", nowMs)).toBe(minutes * MINUTE);
    }
  });

  test("does not take a stale script's one wrong token for guessing", () => {
    const throttle = new SignInThrottle();
    for (let index = 0; index < 100; index++) throttle.failed("1.2.3.4", "the same", 1000);
    expect(throttle.waitMs("1.2.3.4", 1000)).toBe(0);
  });

  test("forgets slow failures, and everything after a success", () => {
    const throttle = new SignInThrottle();
    for (let index = 0; index < 30; index++) throttle.failed("1.2.3.4", `guess-${index}`, index * 2 * MINUTE);
    expect(throttle.waitMs("1.2.3.4", 60 * MINUTE)).toBe(0);
    fail(throttle, "5.6.7.8", 9, 1000);
    throttle.succeeded("5.6.7.8");
    fail(throttle, "5.6.7.8", 9, 1000, "again");
    expect(throttle.waitMs("5.6.7.8", 1000)).toBe(0);
  });

  test("tells addresses apart, but not those of one IPv6 network", () => {
    const throttle = new SignInThrottle();
    fail(throttle, "2001:db8:1:2::1", 5, 1000);
    fail(throttle, "2001:db8:1:2:3:4:5:6", 5, 1000, "other");
    expect(throttle.waitMs("2001:db8:1:2:ffff::9", 1000)).toBe(MINUTE);
    expect(throttle.waitMs("2001:db8:1:3::1", 1000)).toBe(0);
    expect(throttle.waitMs("::ffff:1.2.3.4", 1000)).toBe(0);
  });

  test("remembers a bounded number of addresses", () => {
    const throttle = new SignInThrottle();
    fail(throttle, "first", 10, 1000);
    for (let index = 0; index < 10_000; index++) throttle.failed(`address-${index}`, "guess", 1000);
    expect(throttle.waitMs("first", 1000)).toBe(0);
  });
});
