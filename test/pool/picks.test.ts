import { beforeEach, describe, expect, test } from "bun:test";
import { Events } from "../../src/events.ts";
import { STRATEGIES } from "../../src/llm/names.ts";
import { KeyPool } from "../../src/pool.ts";
import { DEFAULT_SETTINGS } from "../../src/settings.ts";
import { seededRandom } from "../support/random.ts";
import {
  advance,
  attempt,
  BROKEN,
  CLIENTS_FAULT,
  keyEntry,
  LIMITED,
  MODEL,
  now,
  pick,
  pickedId,
  pool,
  provider,
  providerEntry,
  REFUSED,
  replaceProvider,
  SPENT,
  start,
  TIMEOUT,
  turns,
} from "./fixture.ts";

beforeEach(() => start(3));

describe("a pick", () => {
  test("takes keys in turn, and goes on where it was after a change of the configuration", () => {
    expect(turns(4)).toEqual(["k0", "k1", "k2", "k0"]);
    replaceProvider(providerEntry(provider.keys));
    pool.sync([provider], now);
    expect(turns(2)).toEqual(["k1", "k2"]);
  });

  test("of a pool without keys says so", () => {
    start(0);
    expect(pick()).toEqual({ kind: "none", reason: "empty", earliestMs: null, errorClass: null });
  });

  test("never takes a disabled key", () => {
    start([keyEntry("k0", { enabled: false }), keyEntry("k1")]);
    expect(turns(3)).toEqual(["k1", "k1", "k1"]);
  });

  test("before the first sync is a mistake that is told", () => {
    const fresh = new KeyPool({ events: new Events(), settings: () => DEFAULT_SETTINGS });
    expect(() => fresh.pick({ provider, model: MODEL, exclude: null, stickyId: null, nowMs: now })).toThrow("sync");
  });

  test("leaves out what the request has tried", () => {
    expect(turns(3, { exclude: new Set(["k0", "k2"]) })).toEqual(["k1", "k1", "k1"]);
    expect(pick({ exclude: new Set(["k0", "k1", "k2"]) })).toMatchObject({ kind: "none", earliestMs: now });
    expect(pickedId()).not.toBeNull();
  });

  test("keeps two providers' turns apart", () => {
    const other = providerEntry([keyEntry("o0"), keyEntry("o1")], { id: "prv_2" });
    pool.sync([provider, other], now);
    expect([pickedId(), pickedId({ provider: other }), pickedId(), pickedId({ provider: other })]).toEqual([
      "k0",
      "o0",
      "k1",
      "o1",
    ]);
  });

  for (const strategy of STRATEGIES) {
    test(`by ${strategy} never takes an excluded, parked or disabled key (3,000 random steps)`, () => {
      const random = seededRandom(11);
      start(
        Array.from({ length: 12 }, (_, index) =>
          keyEntry(`k${index}`, { enabled: index % 6 !== 5, weight: index % 4, priority: index % 3 }),
        ),
        strategy,
      );
      const verdicts = ["ok", LIMITED, REFUSED, SPENT, BROKEN, TIMEOUT, CLIENTS_FAULT, "abandoned"] as const;
      for (let step = 0; step < 3000; step++) {
        advance(Math.floor(random() * 20_000));
        const exclude = new Set(provider.keys.filter(() => random() < 0.3).map(({ id }) => id));
        const model = random() < 0.5 ? MODEL : "gpt-4.1-mini";
        const picked = pick({ exclude, model, stickyId: `s${step % 50}` });
        if (picked.kind === "none") continue;
        const { key } = picked;
        expect(exclude.has(key.id) || !key.enabled).toBe(false);
        const status = pool.status(key.id, now);
        const accidental = status.health === "cooling" && status.failures <= 2 && status.errorClass !== "rate_limited";
        if (status.untilMs !== null && !accidental) expect(status.untilMs).toBeLessThanOrEqual(now);
        attempt(key.id, verdicts[Math.floor(random() * verdicts.length)]!, model);
      }
    });
  }
});
