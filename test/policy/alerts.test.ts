import { describe, expect, test } from "bun:test";
import { afterAttempt, isFinalStatus } from "../../src/policy/alert-delivery.ts";
import { dueNotice, dueNotices, stateOf, type Tellable } from "../../src/policy/alert-notice.ts";
import { advance, foundOpen, QUIET, RECOVERY_MS, type Step, type Track } from "../../src/policy/alert-track.ts";
import {
  judgeBalance,
  judgeBudget,
  judgeDisk,
  judgeErrorRate,
  judgeKey,
  judgeLatency,
  judgeProvider,
  judgeSpike,
  judgeTraffic,
  type Verdict,
} from "../../src/policy/alert-verdict.ts";

describe("a verdict", () => {
  const key = { kind: "KEY_INVALID", includeExhausted: false } as const;
  const rate = { kind: "ERROR_RATE", share: 0.5, windowMs: 60_000, minRequests: 10 } as const;
  const latency = {
    kind: "LATENCY",
    metric: "latency",
    percentile: "p95",
    aboveMs: 1000,
    windowMs: 60_000,
    minRequests: 5,
  } as const;
  const low = (minKeys: number | null, minShare: number | null) =>
    ({ kind: "PROVIDER_LOW", minKeys, minShare }) as const;
  const spike = { kind: "SPEND_SPIKE", factor: 3, hours: 1, minNanoUsd: 100 } as const;
  const disk = { kind: "DISK_SPACE", belowBytes: 100, belowShare: 0.1 } as const;
  const budget = { kind: "BUDGET", limitNanoUsd: 100, share: 0.8, period: "day", timeZone: "UTC" } as const;

  const table: [what: string, Verdict, Verdict][] = [
    ["a refused key", judgeKey(key, "invalid"), "firing"],
    ["a key without credit", judgeKey(key, "exhausted"), "clear"],
    ["the same where it counts", judgeKey({ ...key, includeExhausted: true }, "exhausted"), "firing"],
    ["a key that cools down", judgeKey({ ...key, includeExhausted: true }, "cooling"), "clear"],
    ["too few keys", judgeProvider(low(2, null), { usable: 1, enabled: 5 }), "firing"],
    ["just enough keys", judgeProvider(low(2, null), { usable: 2, enabled: 5 }), "clear"],
    ["too small a share", judgeProvider(low(null, 0.5), { usable: 2, enabled: 5 }), "firing"],
    ["the share itself", judgeProvider(low(null, 0.4), { usable: 2, enabled: 5 }), "clear"],
    ["a provider without keys", judgeProvider(low(2, 0.5), { usable: 0, enabled: 0 }), "clear"],
    ["a low balance", judgeBalance({ kind: "LOW_BALANCE", belowNanoUsd: 100 }, 99), "firing"],
    ["a balance at the line", judgeBalance({ kind: "LOW_BALANCE", belowNanoUsd: 100 }, 105), "unsure"],
    ["a good balance", judgeBalance({ kind: "LOW_BALANCE", belowNanoUsd: 100 }, 112), "clear"],
    ["half of the requests", judgeErrorRate(rate, { requests: 10, errors: 5 }), "firing"],
    ["a little less", judgeErrorRate(rate, { requests: 20, errors: 9 }), "unsure"],
    ["much less", judgeErrorRate(rate, { requests: 20, errors: 7 }), "clear"],
    ["too few requests", judgeErrorRate(rate, { requests: 9, errors: 9 }), "unsure"],
    ["slow", judgeLatency(latency, { requests: 5, valueMs: 1001 }), "firing"],
    ["nearly slow", judgeLatency(latency, { requests: 5, valueMs: 950 }), "unsure"],
    ["fast", judgeLatency(latency, { requests: 5, valueMs: 800 }), "clear"],
    ["slow, but of few", judgeLatency(latency, { requests: 4, valueMs: 5000 }), "unsure"],
    ["spent to the share", judgeBudget(budget, 80), "firing"],
    ["not yet", judgeBudget(budget, 79), "clear"],
    ["three times the usual", judgeSpike(spike, { nowNanoUsd: 300, usualNanoUsd: 100 }), "firing"],
    ["nearly", judgeSpike(spike, { nowNanoUsd: 290, usualNanoUsd: 100 }), "unsure"],
    ["a trifle", judgeSpike(spike, { nowNanoUsd: 79, usualNanoUsd: 1 }), "clear"],
    ["a first spending", judgeSpike(spike, { nowNanoUsd: 100, usualNanoUsd: 0 }), "firing"],
    ["silence", judgeTraffic({ kind: "NO_TRAFFIC", windowMs: 60_000 }, 60_000), "firing"],
    ["a pause", judgeTraffic({ kind: "NO_TRAFFIC", windowMs: 60_000 }, 59_999), "clear"],
    ["bytes too few", judgeDisk(disk, { freeBytes: 99, totalBytes: 500 }), "firing"],
    ["a share too small", judgeDisk(disk, { freeBytes: 150, totalBytes: 2000 }), "firing"],
    ["nearly full", judgeDisk(disk, { freeBytes: 105, totalBytes: 500 }), "unsure"],
    ["room", judgeDisk(disk, { freeBytes: 200, totalBytes: 500 }), "clear"],
  ];
  test.each(table)("on %s", (_what, verdict, expected) => {
    expect(verdict).toBe(expected);
  });
});

/** Plays verdicts, ten seconds apart, and writes down each step. */
function play(verdicts: string, forMs = 0, start: Track = QUIET, staleMs = 60_000): string {
  const letters: Record<string, Verdict> = { F: "firing", c: "clear", "?": "unsure" };
  const steps: Record<Step, string> = { none: "-", open: "O", seen: "s", resolve: "R" };
  let track = start;
  let nowMs = 1_000_000;
  return [...verdicts]
    .map((letter) => {
      const next = advance(track, letters[letter]!, { forMs, staleMs }, nowMs);
      track = next.track;
      nowMs += 10_000;
      return steps[next.step];
    })
    .join("");
}

describe("a track", () => {
  test.each([
    ["opens at once and is over when it has been well for a while", "FFcccc", 0, "Os---R"],
    ["waits for `for`", "FFFF", 30_000, "---O"],
    ["forgets a short one", "FFcFFFF", 30_000, "------O"],
    ["keeps waiting over a value that trembles", "FF?F", 30_000, "---O"],
    ["stays open while it flaps", "FcFccFcc", 0, "O-s--s--"],
    ["must be well as long as it had to be bad", "FFFFFFFccccccc", 60_000, "------O------R"],
    ["is over when nothing can be said for long", "F??????", 0, "O-----R"],
    ["begins anew afterwards", "FccccF", 0, "O---RO"],
  ])("%s", (_what, verdicts, forMs, steps) => {
    expect(play(verdicts, forMs)).toBe(steps);
  });

  test("that a restart found open is not opened again, and can end", () => {
    expect(play("FFcccc", 0, foundOpen(0))).toBe("ss---R");
    expect(RECOVERY_MS).toBe(30_000);
  });
});

const incident = (change: Partial<Tellable> = {}): Tellable => ({
  ruleId: "arl_1",
  resolvedAt: null,
  acknowledgedAt: null,
  mutedUntil: null,
  changedAt: 0,
  told: null,
  toldAt: null,
  ...change,
});

describe("what has to be told", () => {
  const cases: [what: string, incident: Tellable, nowMs: number, expected: string | null][] = [
    ["a new one", incident(), 1, "OPENED"],
    ["one that was told", incident({ told: "OPENED", toldAt: 0 }), 1, null],
    ["its end", incident({ told: "OPENED", toldAt: 0, resolvedAt: 1 }), 1, "RESOLVED"],
    ["an end that was told", incident({ told: "RESOLVED", toldAt: 1, resolvedAt: 1 }), 2, null],
    ["an end of what nobody heard of", incident({ resolvedAt: 1 }), 2, null],
    ["one that is looked after", incident({ acknowledgedAt: 1 }), 2, null],
    ["a muted one", incident({ mutedUntil: 10 }), 9, null],
    ["a muted one, later", incident({ mutedUntil: 10 }), 10, "OPENED"],
    ["one that is back too soon", incident({ told: "RESOLVED", toldAt: 100 }), 1099, null],
    ["one that is back to stay", incident({ told: "RESOLVED", toldAt: 100 }), 1100, "OPENED"],
  ];
  test.each(cases)("%s", (_what, one, nowMs, expected) => {
    expect(dueNotice(one, 1000, nowMs)).toBe(expected as never);
  });

  test("fifty within a minute are one message, the fifty-first a second one", () => {
    const burst = Array.from({ length: 50 }, (_, index) => incident({ changedAt: index * 1200 }));
    const due = (nowMs: number) =>
      dueNotices(
        burst.filter((one) => one.changedAt <= nowMs),
        () => 0,
        nowMs,
      );
    for (let nowMs = 0; nowMs < 60_000; nowMs += 1000) expect(due(nowMs)).toEqual([]);
    expect(due(60_000)).toMatchObject([{ ruleId: "arl_1", what: "OPENED", incidents: { length: 50 } }]);
    expect(dueNotices([incident({ changedAt: 70_000 })], () => 0, 79_999)).toEqual([]);
    expect(dueNotices([incident({ changedAt: 70_000 })], () => 0, 80_000)).toHaveLength(1);
  });

  test("rules do not share a message, nor do beginnings and ends; a silent rule says nothing", () => {
    const all = [
      incident(),
      incident({ ruleId: "arl_2" }),
      incident({ resolvedAt: 0, told: "OPENED" }),
      incident({ ruleId: "arl_3" }),
    ];
    const notices = dueNotices(all, (ruleId) => (ruleId === "arl_3" ? null : 0), 100_000);
    expect(notices.map(({ ruleId, what }) => [ruleId, what])).toEqual([
      ["arl_1", "OPENED"],
      ["arl_2", "OPENED"],
      ["arl_1", "RESOLVED"],
    ]);
  });

  test("the state is what stands in the way of telling", () => {
    expect(stateOf(incident(), 5)).toBe("OPEN");
    expect(stateOf(incident({ acknowledgedAt: 1 }), 5)).toBe("ACKNOWLEDGED");
    expect(stateOf(incident({ acknowledgedAt: 1, mutedUntil: 6 }), 5)).toBe("MUTED");
    expect(stateOf(incident({ mutedUntil: 6, resolvedAt: 2 }), 5)).toBe("RESOLVED");
  });
});

describe("a delivery", () => {
  test("is tried again with growing pauses, then given up", () => {
    const pauses = [];
    for (let attempts = 1; ; attempts++) {
      const { state, nextAttemptAt } = afterAttempt({ kind: "failed", retryAfterMs: null }, attempts, 0);
      if (state === "FAILED") break;
      pauses.push(nextAttemptAt! / 1000);
    }
    expect(pauses).toEqual([10, 30, 120, 600, 1800, 3600]);
  });

  test("obeys Retry-After within reason and gives up what is refused", () => {
    expect(afterAttempt({ kind: "failed", retryAfterMs: 20_000 }, 1, 0).nextAttemptAt).toBe(20_000);
    expect(afterAttempt({ kind: "failed", retryAfterMs: 1e9 }, 1, 0).nextAttemptAt).toBe(3_600_000);
    expect(afterAttempt({ kind: "refused", retryAfterMs: null }, 1, 0)).toEqual({
      state: "FAILED",
      nextAttemptAt: null,
    });
    expect(afterAttempt({ kind: "delivered", retryAfterMs: null }, 3, 0).state).toBe("DELIVERED");
    expect([400, 404, 408, 429, 500].map(isFinalStatus)).toEqual([true, true, false, false, false]);
  });
});
