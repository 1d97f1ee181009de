import { beforeEach, describe, expect, test } from "bun:test";
import { STRATEGIES } from "../../src/llm/names.ts";
import type { Failure } from "../../src/policy/failure.ts";
import { cpuMs } from "../support/timing.ts";
import {
  advance,
  attempt,
  keyEntry,
  LIMITED,
  MINUTE,
  MODEL,
  now,
  pick,
  pool,
  provider,
  REFUSED,
  reject,
  SPENT,
  start,
  T0,
  TIMEOUT,
  turns,
} from "./fixture.ts";

beforeEach(() => start(3));

describe("what is remembered is bounded", () => {
  test("a key that is limited for a thousand invented models remembers 64", () => {
    start(1);
    for (let index = 0; index < 1000; index++) attempt("k0", LIMITED, `model-${index}`);
    expect(pool.status("k0", now).models).toHaveLength(64);
  });
});

describe("300 keys, a third of them sick", () => {
  type Illness = "well" | "invalid" | "limited" | "silent";
  const illnessOf = (id: string): Illness => {
    const index = Number(id.slice(1));
    return index % 6 === 0 ? "invalid" : index % 6 === 1 ? "limited" : index % 6 === 2 ? "silent" : "well";
  };
  const verdictOf: Record<Illness, Failure | "ok"> = {
    well: "ok",
    invalid: REFUSED,
    limited: reject(429, { "retry-after": "30" }),
    silent: TIMEOUT,
  };

  for (const strategy of STRATEGIES) {
    test(`by ${strategy}: no sick key is asked more often than its state allows, and every request is served`, () => {
      start(300, strategy);
      const calls = new Map<string, number[]>();
      const seconds = 120;
      let served = 0;
      for (let request = 0; request < seconds * 100; request++) {
        advance(T0 + request * 10 - now);
        const exclude = new Set<string>();
        for (let tried = 0; tried < 3; tried++) {
          const picked = pick({ exclude, stickyId: `session-${request % 500}` });
          if (picked.kind === "none") break;
          const { id } = picked.key;
          calls.set(id, [...(calls.get(id) ?? []), now]);
          exclude.add(id);
          const verdict = verdictOf[illnessOf(id)];
          attempt(id, verdict);
          if (verdict === "ok") {
            served++;
            break;
          }
        }
      }
      // Only the first meeting with the sick can use up a request's three attempts.
      expect(served).toBeGreaterThan(seconds * 100 - 60);
      for (const [id, times] of calls) {
        const gaps = times.slice(1).map((time, index) => time - times[index]!);
        switch (illnessOf(id)) {
          case "invalid": // once, and not again for 10 minutes (less the jitter)
            expect(times).toHaveLength(1);
            break;
          case "limited": // never inside its Retry-After
            expect(Math.min(...gaps, Infinity)).toBeGreaterThanOrEqual(30_000);
            break;
          case "silent": // cooldowns of 1, 2, 4, … 60 s: at most 7 calls in two minutes
            expect(times.length).toBeLessThanOrEqual(8);
            for (const [index, gap] of gaps.entries())
              expect(gap).toBeGreaterThanOrEqual(Math.min(1000 * 2 ** index, 60_000) * 0.75);
            break;
        }
      }
      const sick = provider.keys.filter(({ id }) => illnessOf(id) !== "well");
      expect(sick).toHaveLength(150);
    });
  }

  test("all come back when the trouble is over", () => {
    start(300);
    for (const { id } of provider.keys) {
      const verdict = verdictOf[illnessOf(id)];
      attempt(id, verdict);
    }
    advance(11 * MINUTE);
    for (const id of turns(300)) attempt(id!, "ok");
    for (const { id } of provider.keys) expect(pool.status(id, now)).toMatchObject({ health: "active", models: [] });
  });
});

describe("the cost of a pick", () => {
  const measure = (keys: number): number => {
    start(keys);
    const request = { provider, model: MODEL, exclude: null, stickyId: null, nowMs: now };
    for (let index = 0; index < 20_000; index++) pool.pick(request);
    const spentMs = cpuMs(() => {
      for (let index = 0; index < 50_000; index++) pool.pick(request);
    });
    return (spentMs / 50_000) * 1000;
  };

  test("is far below a microsecond, and does not grow with the pool (shared machines: generous limits)", () => {
    expect(measure(8)).toBeLessThan(5);
    expect(measure(10_000)).toBeLessThan(5);
  });

  test("is small even when all of 10,000 keys are parked", () => {
    start(10_000);
    for (const { id } of provider.keys.slice(0, 10_000))
      pool.begin(keyEntry(id), MODEL, now).failed(SPENT, now, "req_1");
    pick();
    const spentMs = cpuMs(() => {
      for (let index = 0; index < 10_000; index++) pick();
    });
    expect(spentMs).toBeLessThan(100);
  });
});
