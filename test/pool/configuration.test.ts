import { beforeEach, describe, expect, test } from "bun:test";
import { Events } from "../../src/events.ts";
import { Secret } from "../../src/lib/secret.ts";
import { KeyPool } from "../../src/pool.ts";
import { DEFAULT_SETTINGS } from "../../src/settings.ts";
import type { KeyEntry, ProviderEntry } from "../../src/snapshot.ts";
import {
  advance,
  attempt,
  changes,
  entryOf,
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
  replacePool,
  replaceProvider,
  start,
  T0,
  turns,
} from "./fixture.ts";

beforeEach(() => start(3));

describe("when the configuration changes", () => {
  const replace = (keys: readonly KeyEntry[], rest: Partial<ProviderEntry> = {}) => {
    replaceProvider(providerEntry(keys, rest));
    pool.sync([provider], now);
  };

  test("a key keeps its health and its counts", () => {
    attempt("k0", REFUSED);
    attempt("k1", "ok");
    replace(provider.keys.map((key) => ({ ...key, name: "renamed" })));
    expect(pool.status("k0", now)).toMatchObject({ health: "invalid", useCount: 1, lastUsedAt: T0 });
    expect(turns(2)).not.toContain("k0");
  });

  test("another secret starts afresh; the verdicts on the old one count no more", () => {
    attempt("k0", REFUSED);
    attempt("k0", LIMITED);
    const old = pool.begin(entryOf("k0"), MODEL, now);
    replace([keyEntry("k0", { secret: new Secret("another") })]);
    expect(pool.status("k0", now)).toMatchObject({ health: "unchecked", failures: 0, message: null, models: [] });
    expect(old.failed(REFUSED, now + 1, "req_1").cooldownMs).toBeNull();
    old.release();
    expect(pool.status("k0", now)).toMatchObject({ health: "unchecked", inFlight: 0 });
    expect(changes.at(-1)).toMatchObject({ from: "invalid", to: "unchecked" });
  });

  test("the same secret in another object changes nothing", () => {
    attempt("k0", REFUSED);
    replace([keyEntry("k0")]);
    expect(pool.status("k0", now).health).toBe("invalid");
  });

  test("another outbound proxy, or another address of the provider, starts afresh", () => {
    attempt("k0", REFUSED);
    replace([keyEntry("k0", { proxyUrl: new Secret("http://proxy:3128") })]);
    expect(pool.status("k0", now).health).toBe("unchecked");
    attempt("k0", REFUSED);
    replace(provider.keys, { baseUrl: "https://eu.api.openai.com/v1" });
    expect(pool.status("k0", now).health).toBe("unchecked");
  });

  test("a key that was switched off and on again is unchecked and keeps its counts", () => {
    attempt("k0", REFUSED);
    pool.drain();
    const entries = provider.keys;
    replace(entries.slice(1));
    expect(pool.status("k0", now)).toMatchObject({ health: "unchecked", useCount: 1, lastUsedAt: T0 });
    replace(entries);
    expect(pool.status("k0", now)).toMatchObject({ health: "unchecked", useCount: 1, lastUsedAt: T0 });
    expect(pool.drain().states).toMatchObject([{ keyId: "k0", model: "", state: "unchecked" }]);
  });

  test("a request on the old snapshot gets neither a deleted key nor an old secret", () => {
    const old = provider;
    expect(pickedId({ provider: old })).toBe("k0");
    replace([keyEntry("k1", { secret: new Secret("new") })]);
    for (let turn = 0; turn < 4; turn++) {
      const picked = pick({ provider: old });
      expect(picked.kind === "key" && picked.key.secret.reveal()).toBe("new");
    }
  });

  test("a lease on a deleted key ends without a trace", () => {
    const lease = pool.begin(entryOf("k0"), MODEL, now);
    replace(provider.keys.slice(1));
    lease.failed(REFUSED, now, "req_1");
    lease.succeeded(now, 1);
    lease.release();
    pool.begin(keyEntry("k0"), MODEL, now).release();
    expect(changes).toEqual([]);
    expect(pool.drain().states).toEqual([]);
  });

  test("weights and priorities are those of the new configuration", () => {
    replace(provider.keys.map((key) => ({ ...key, weight: key.id === "k2" ? 3 : 1 })));
    expect(turns(50).filter((id) => id === "k2")).toHaveLength(30);
  });

  test("a provider object that was away for a while is not empty when it returns", () => {
    const first = provider;
    expect(pickedId()).not.toBeNull();
    pool.sync([], now);
    pool.sync([first], now);
    expect(pickedId()).not.toBeNull();
  });
});

describe("over a restart", () => {
  test("what was drained restores health, models and counts", () => {
    attempt("k0", REFUSED);
    attempt("k1", LIMITED);
    attempt("k2", "ok");
    attempt("k2", "ok");
    const { states, uses } = pool.drain();
    const events = new Events();
    const next = new KeyPool({ events, settings: () => DEFAULT_SETTINGS });
    next.restore(states, uses);
    next.sync([provider], now);
    for (const id of ["k0", "k1", "k2"]) expect(next.status(id, now)).toEqual(pool.status(id, now));
    expect(next.drain()).toEqual({ states: [], uses: [] });
    replacePool(next);
    expect(turns(3)).toEqual(["k2", "k2", "k2"]);
  });

  test("states of keys that are gone are dropped", () => {
    const next = new KeyPool({ events: new Events(), settings: () => DEFAULT_SETTINGS });
    next.restore(
      [
        {
          keyId: "gone",
          model: "",
          state: "invalid",
          untilMs: now + 1,
          failures: 3,
          sinceMs: now,
          errorClass: null,
          httpStatus: null,
          message: null,
        },
      ],
      [{ keyId: "gone", lastUsedAt: now, useCount: 7 }],
    );
    next.sync([provider], now);
    expect(next.status("gone", now)).toMatchObject({ health: "unchecked", useCount: 7 });
    expect(next.drain()).toEqual({ states: [], uses: [] });
  });

  test("a parked row without an end is asked again at once instead of never", () => {
    const next = new KeyPool({ events: new Events(), settings: () => DEFAULT_SETTINGS });
    next.restore(
      [
        {
          keyId: "k0",
          model: "",
          state: "invalid",
          untilMs: null,
          failures: 3,
          sinceMs: now - 5,
          errorClass: null,
          httpStatus: null,
          message: null,
        },
      ],
      [],
    );
    start(1);
    next.sync([provider], now);
    expect(next.pick({ provider, model: MODEL, exclude: null, stickyId: null, nowMs: now })).toMatchObject({
      probe: true,
    });
  });

  test("a drain tells each change once, with whole milliseconds", () => {
    advance(0.75);
    attempt("k0", LIMITED);
    attempt("k0", LIMITED);
    const { states, uses } = pool.drain();
    expect(states).toHaveLength(1);
    expect(states[0]).toMatchObject({ keyId: "k0", model: MODEL, state: "cooling" });
    expect(Number.isInteger(states[0]!.untilMs) && Number.isInteger(states[0]!.sinceMs)).toBe(true);
    expect(uses).toEqual([{ keyId: "k0", lastUsedAt: T0, useCount: 2 }]);
    expect(pool.drain()).toEqual({ states: [], uses: [] });
    advance(30_000);
    attempt("k0", "ok");
    expect(pool.drain().states).toMatchObject([
      { keyId: "k0", model: "", state: "active" },
      { keyId: "k0", model: MODEL, state: "active", failures: 0 },
    ]);
  });
});
