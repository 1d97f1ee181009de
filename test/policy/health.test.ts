import { describe, expect, test } from "bun:test";
import type { Failure } from "../../src/policy/failure.ts";
import {
  active,
  applyFailure,
  applySuccess,
  availability,
  type Health,
  isAccidental,
  shownState,
  unchecked,
} from "../../src/policy/health.ts";

const SETTINGS = { cooldownBaseMs: 1000, cooldownMaxMs: 60_000, retryAfterMaxMs: 3_600_000 };
const T0 = 1_000_000_000_000;
const HOUR_MS = 3_600_000;

function failure(errorClass: Failure["errorClass"], rest: Partial<Failure> = {}): Failure {
  return {
    errorClass,
    scope: "key",
    retryable: true,
    httpStatus: null,
    retryAfterMs: null,
    resetAtMs: null,
    message: "words",
    ...rest,
  };
}

function fail(health: Health, what: Failure, nowMs: number, startedAtMs = nowMs, random = 0): Health {
  return applyFailure(health, what, { startedAtMs, nowMs, settings: SETTINGS, random: () => random });
}

/** Fails `times` times, each as soon as it may be asked again. */
function failRepeatedly(what: Failure, times: number): Health[] {
  const seen: Health[] = [];
  let health = active(T0);
  for (let time = 0; time < times; time++) {
    health = fail(health, what, health.untilMs ?? T0 + 1);
    seen.push(health);
  }
  return seen;
}

const parkedFor = (health: Health) => health.untilMs! - health.sinceMs;

describe("a cooldown", () => {
  test("begins at the base, doubles with each incident and stops at the longest", () => {
    const seconds = failRepeatedly(failure("upstream_error"), 9).map((health) => parkedFor(health) / 1000);
    expect(seconds).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60]);
  });

  test("is shortened by up to a quarter at random, so that keys that fell together do not return together", () => {
    const shortest = fail(active(T0), failure("timeout"), T0, T0, 0.999999);
    expect(parkedFor(shortest)).toBe(750);
    expect(parkedFor(fail(active(T0), failure("timeout"), T0, T0, 0.5))).toBe(875);
  });

  test("survives a thousand incidents without overflowing", () => {
    const health: Health = { ...fail(active(T0), failure("network"), T0), failures: 1000 };
    expect(parkedFor(fail(health, failure("network"), health.untilMs!))).toBe(60_000);
  });

  test("keeps what was observed", () => {
    const health = fail(active(T0), failure("upstream_error", { httpStatus: 503 }), T0 + 5);
    expect(health).toEqual({
      state: "cooling",
      untilMs: T0 + 1005,
      sinceMs: T0 + 5,
      failures: 1,
      errorClass: "upstream_error",
      httpStatus: 503,
      message: "words",
    });
  });

  test("starts again small when the last incident was long ago", () => {
    const tired = failRepeatedly(failure("upstream_error"), 5).at(-1)!;
    const muchLater = tired.untilMs! + 10 * SETTINGS.cooldownMaxMs + 1;
    expect(parkedFor(fail(tired, failure("upstream_error"), muchLater))).toBe(1000);
    expect(parkedFor(fail(tired, failure("upstream_error"), muchLater - 2))).toBe(32_000);
  });
});

describe("a Retry-After", () => {
  const limited = (retryAfterMs: number | null) => failure("rate_limited", { retryAfterMs });

  test("is obeyed to the millisecond, without jitter", () => {
    expect(parkedFor(fail(active(T0), limited(20_000), T0, T0, 0.9))).toBe(20_000);
  });

  test("is obeyed however often it comes", () => {
    expect(failRepeatedly(limited(20_000), 3).map(parkedFor)).toEqual([20_000, 20_000, 20_000]);
  });

  test("of years is bounded by the setting", () => {
    expect(parkedFor(fail(active(T0), limited(86_400_000), T0))).toBe(SETTINGS.retryAfterMaxMs);
  });

  test("of nothing, or less than the base, does not turn into a hammer", () => {
    expect(failRepeatedly(limited(0), 3).map(parkedFor)).toEqual([1000, 2000, 4000]);
    expect(failRepeatedly(limited(200), 3).map(parkedFor)).toEqual([1000, 2000, 4000]);
  });

  test("that is missing falls back to the doubling cooldown", () => {
    expect(failRepeatedly(limited(null), 3).map(parkedFor)).toEqual([1000, 2000, 4000]);
  });
});

describe("one burst of parallel failures", () => {
  test("is one incident, however many fail", () => {
    let health = fail(active(T0), failure("upstream_error"), T0 + 100, T0);
    const first = health;
    for (let index = 0; index < 50; index++) health = fail(health, failure("upstream_error"), T0 + 150, T0 + index);
    expect(health).toBe(first);
  });

  test("is over for attempts that were begun after the parking", () => {
    const first = fail(active(T0), failure("upstream_error"), T0 + 100, T0);
    const second = fail(first, failure("upstream_error"), T0 + 300, T0 + 200);
    expect(second).toMatchObject({ failures: 2, sinceMs: T0 + 300 });
  });

  test("takes the longest wait that the upstream asked for", () => {
    const first = fail(active(T0), failure("rate_limited", { retryAfterMs: 2000 }), T0 + 100, T0);
    const longer = fail(first, failure("rate_limited", { retryAfterMs: 9000 }), T0 + 110, T0);
    expect(longer).toMatchObject({ failures: 1, untilMs: T0 + 9110, sinceMs: first.sinceMs });
    expect(fail(longer, failure("rate_limited", { retryAfterMs: 3000 }), T0 + 120, T0)).toBe(longer);
    expect(fail(longer, failure("upstream_error"), T0 + 120, T0)).toBe(longer);
  });

  test("ends in the gravest of its verdicts", () => {
    const cooling = fail(active(T0), failure("upstream_error"), T0 + 100, T0);
    const invalid = fail(cooling, failure("key_invalid"), T0 + 110, T0);
    expect(invalid.state).toBe("invalid");
    expect(fail(invalid, failure("rate_limited", { retryAfterMs: 90_000 }), T0 + 120, T0)).toBe(invalid);
    expect(fail(invalid, failure("quota"), T0 + 120, T0)).toBe(invalid);
  });
});

describe("an empty account", () => {
  test("is parked until the quota resets", () => {
    const health = fail(active(T0), failure("quota", { resetAtMs: T0 + 7 * HOUR_MS }), T0);
    expect(health).toMatchObject({ state: "exhausted", untilMs: T0 + 7 * HOUR_MS });
  });

  test("without a date is asked again after 1 h, 2 h, 4 h, then every 6 h", () => {
    expect(failRepeatedly(failure("quota"), 5).map((health) => parkedFor(health) / HOUR_MS)).toEqual([1, 2, 4, 6, 6]);
  });

  test("with a date in the past or in years is not believed", () => {
    expect(parkedFor(fail(active(T0), failure("quota", { resetAtMs: T0 - 1 }), T0))).toBe(HOUR_MS);
    expect(parkedFor(fail(active(T0), failure("quota", { resetAtMs: T0 * 2 }), T0))).toBe(32 * 24 * HOUR_MS);
  });
});

describe("a refused key", () => {
  test("is tried again after 10 min, 20 min, … 6 h: it never stays away for ever, and costs four calls a day", () => {
    const minutes = failRepeatedly(failure("key_invalid"), 8).map((health) => parkedFor(health) / 60_000);
    expect(minutes).toEqual([10, 20, 40, 80, 160, 320, 360, 360]);
  });

  test("comes back with the first success", () => {
    const invalid = fail(active(T0), failure("key_invalid"), T0);
    expect(applySuccess(invalid, invalid.untilMs!, invalid.untilMs! + 5)).toEqual(active(invalid.untilMs! + 5));
  });
});

describe("nobody is blamed", () => {
  for (const errorClass of ["invalid_request", "not_found", "too_large", "content_filter", "unsupported"] as const) {
    test(`for ${errorClass}`, () => {
      const health = active(T0);
      expect(fail(health, failure(errorClass, { scope: "none" }), T0)).toBe(health);
    });
  }

  test("for a class that says nothing about keys, whatever the scope", () => {
    const health = active(T0);
    expect(fail(health, failure("client_closed"), T0)).toBe(health);
  });
});

describe("a success", () => {
  test("ends a cooldown that it began after", () => {
    const cooling = fail(active(T0), failure("upstream_error"), T0);
    expect(applySuccess(cooling, T0 + 1, T0 + 2)).toEqual(active(T0 + 2));
  });

  test("of an attempt begun before the parking proves nothing about it", () => {
    const cooling = fail(active(T0), failure("rate_limited", { retryAfterMs: 30_000 }), T0 + 100, T0);
    expect(applySuccess(cooling, T0 + 50, T0 + 500)).toBe(cooling);
  });

  test("makes an unchecked key active, and leaves an active one as it is", () => {
    expect(applySuccess(unchecked(T0), T0, T0 + 1).state).toBe("active");
    const health = active(T0);
    expect(applySuccess(health, T0, T0 + 1)).toBe(health);
  });
});

describe("availability", () => {
  test("a healthy or unchecked key is ready", () => {
    expect(availability(active(T0), T0)).toBe("ready");
    expect(availability(unchecked(T0), T0)).toBe("ready");
  });

  for (const errorClass of ["rate_limited", "quota", "key_invalid"] as const) {
    test(`a key parked for ${errorClass} is parked until its time, then half-open`, () => {
      const health = fail(active(T0), failure(errorClass), T0);
      expect(availability(health, health.untilMs! - 1)).toBe("parked");
      expect(availability(health, health.untilMs!)).toBe("probe");
    });
  }

  test("a cooling key whose time is over is shown as active, an exhausted or invalid one is not", () => {
    const cooling = fail(active(T0), failure("timeout"), T0);
    const invalid = fail(active(T0), failure("key_invalid"), T0);
    expect(shownState(cooling, cooling.untilMs! - 1)).toBe("cooling");
    expect(shownState(cooling, cooling.untilMs!)).toBe("active");
    expect(shownState(invalid, invalid.untilMs!)).toBe("invalid");
  });

  test("two upstream faults in a row may be accidents, a third is none; rate limits never are", () => {
    expect(failRepeatedly(failure("upstream_error"), 3).map(isAccidental)).toEqual([true, true, false]);
    expect(failRepeatedly(failure("timeout"), 3).map(isAccidental)).toEqual([true, true, false]);
    expect(failRepeatedly(failure("rate_limited"), 1).map(isAccidental)).toEqual([false]);
    expect(failRepeatedly(failure("quota"), 1).map(isAccidental)).toEqual([false]);
    expect(isAccidental(active(T0))).toBe(false);
  });
});
