import { beforeEach, describe, expect, test } from "bun:test";
import { Events, type KeyHealthChange } from "../src/events.ts";
import { Secret } from "../src/lib/secret.ts";
import { STRATEGIES, type Strategy } from "../src/llm/names.ts";
import { classifyRejection, classifyUnreachable, type Failure } from "../src/policy/failure.ts";
import { KeyPool, type PickRequest, type PickResult } from "../src/pool.ts";
import { DEFAULT_SETTINGS } from "../src/settings.ts";
import type { KeyEntry, ProviderEntry } from "../src/snapshot.ts";
import { seededRandom } from "./support/random.ts";

const T0 = Date.UTC(2026, 10, 20, 12);
const MINUTE = 60_000;
const MODEL = "gpt-4.1";

function keyEntry(id: string, rest: Partial<KeyEntry> = {}): KeyEntry {
  return {
    id,
    providerId: "prv_1",
    name: id,
    secret: new Secret(`secret-of-${id}`),
    enabled: true,
    weight: 1,
    priority: 0,
    userAgent: null,
    proxyUrl: null,
    limits: null,
    ...rest,
  };
}

function providerEntry(keys: readonly KeyEntry[], rest: Partial<ProviderEntry> = {}): ProviderEntry {
  return {
    id: "prv_1",
    version: 1,
    name: "main",
    kind: "openai",
    baseUrl: "https://api.openai.com/v1",
    apiVersion: null,
    botId: null,
    strategy: "round_robin",
    enabled: true,
    quirks: new Set(),
    ignoredQuirks: new Set(),
    keys,
    ...rest,
  };
}

const reject = (status: number, headers: Record<string, string> = {}, body = ""): Failure =>
  classifyRejection({ kind: "openai", status, headers: new Headers(headers), body, nowMs: T0 });
const LIMITED = reject(429, { "retry-after": "20" });
const REFUSED = reject(401);
const SPENT = reject(402);
const BROKEN = reject(500);
const CLIENTS_FAULT = reject(400);
const TIMEOUT = classifyUnreachable({ cause: "timeout", message: "no answer" });

let now = T0;
let pool: KeyPool;
let provider: ProviderEntry;
let changes: KeyHealthChange[];

function start(keys: number | readonly KeyEntry[], strategy: Strategy = "round_robin"): void {
  now = T0;
  changes = [];
  const events = new Events();
  events.on("keyHealth", (change) => changes.push(change));
  const entries = typeof keys === "number" ? Array.from({ length: keys }, (_, index) => keyEntry(`k${index}`)) : keys;
  provider = providerEntry(entries, { strategy });
  pool = new KeyPool({ events, settings: () => DEFAULT_SETTINGS, random: seededRandom(1) });
  pool.sync([provider], now);
}

function pick(rest: Partial<PickRequest> = {}): PickResult {
  return pool.pick({ provider, model: MODEL, exclude: null, stickyId: null, nowMs: now, ...rest });
}
function pickedId(rest: Partial<PickRequest> = {}): string | null {
  const picked = pick(rest);
  return picked.kind === "key" ? picked.key.id : null;
}
const entryOf = (id: string) => provider.keys.find((key) => key.id === id)!;

/** One attempt from begin to release, with this verdict. */
function attempt(id: string, verdict: Failure | "ok" | "abandoned", model = MODEL): number | null {
  const lease = pool.begin(entryOf(id), model, now);
  let cooldownMs: number | null = null;
  if (verdict === "ok") lease.succeeded(now, 100);
  else if (verdict !== "abandoned") ({ cooldownMs } = lease.failed(verdict, now, "req_1"));
  lease.release();
  return cooldownMs;
}

/** Which keys a number of requests in a row would get. */
const turns = (count: number, rest: Partial<PickRequest> = {}) => Array.from({ length: count }, () => pickedId(rest));

beforeEach(() => start(3));

describe("a pick", () => {
  test("takes keys in turn, and goes on where it was after a change of the configuration", () => {
    expect(turns(4)).toEqual(["k0", "k1", "k2", "k0"]);
    provider = providerEntry(provider.keys);
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
        now += Math.floor(random() * 20_000);
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

describe("a rate limit", () => {
  test("parks the key for the model it was about, and for no other", () => {
    expect(attempt("k1", LIMITED)).toBe(20_000);
    expect(turns(4)).toEqual(["k0", "k2", "k0", "k2"]);
    expect(turns(3, { model: "other" })).toContain("k1");
    expect(pool.status("k1", now)).toMatchObject({
      health: "unchecked",
      models: [{ model: MODEL, state: "cooling", untilMs: T0 + 20_000 }],
    });
  });

  test("of all keys is answered with the earliest recovery, without a search", () => {
    for (const id of ["k0", "k1", "k2"]) attempt(id, id === "k1" ? reject(429, { "retry-after": "5" }) : LIMITED);
    const none = { kind: "none", reason: "cooling", earliestMs: T0 + 5000, errorClass: "rate_limited" } as const;
    expect(pick()).toEqual(none);
    expect(pick()).toBe(pick());
    now += 4999;
    expect(pick()).toEqual(none);
    now += 1;
    expect(pick()).toMatchObject({ kind: "key", key: { id: "k1" }, probe: true });
  });

  test("of all keys ends with a key that is added", () => {
    for (const id of ["k0", "k1", "k2"]) attempt(id, LIMITED);
    expect(pick().kind).toBe("none");
    pool.sync([provider], now); // no key more: still nobody
    expect(pick().kind).toBe("none");
    const grown = providerEntry([...provider.keys, keyEntry("k3")]);
    pool.sync([grown], now);
    expect(pickedId({ provider: grown })).toBe("k3");
  });

  test("ends early when a person says so, although its end was remembered", () => {
    for (const id of ["k0", "k1", "k2"]) attempt(id, LIMITED);
    expect(pick().kind).toBe("none");
    pool.reset("k2", now);
    expect(pickedId()).toBe("k2");
  });

  test("of a call without a model is the key's", () => {
    attempt("k0", LIMITED, "");
    expect(pool.status("k0", now)).toMatchObject({ health: "cooling", models: [] });
    expect(turns(3, { model: "other" })).not.toContain("k0");
  });
});

describe("a half-open key", () => {
  beforeEach(() => {
    start(1);
    attempt("k0", LIMITED);
    now += 20_000;
  });

  test("is probed by one request at a time", () => {
    const picked = pick();
    expect(picked).toMatchObject({ kind: "key", probe: true });
    const lease = pool.begin(entryOf("k0"), MODEL, now);
    expect(pick()).toMatchObject({ kind: "none", reason: "cooling", earliestMs: now + 1000 });
    lease.succeeded(now + 5, 5);
    expect(pick()).toMatchObject({ kind: "key", probe: false });
    lease.release();
  });

  test("is free for the next probe when this one was abandoned", () => {
    attempt("k0", "abandoned");
    expect(pick()).toMatchObject({ kind: "key", probe: true });
  });

  test("is free at once when its probe ends without a verdict, though others were told to wait", () => {
    const lease = pool.begin(entryOf("k0"), MODEL, now);
    expect(pick().kind).toBe("none");
    lease.release();
    expect(pick()).toMatchObject({ kind: "key", probe: true });
  });

  test("is free for the next probe when this one was the client's own fault", () => {
    attempt("k0", CLIENTS_FAULT);
    expect(pick()).toMatchObject({ kind: "key", probe: true });
  });

  test("is parked again when the probe fails", () => {
    attempt("k0", LIMITED);
    expect(pick()).toMatchObject({ kind: "none", earliestMs: now + 20_000 });
  });

  test("is shown as active meanwhile", () => {
    expect(pool.status("k0", now).models).toEqual([]);
  });

  test("is not given to a request that failed already, while a healthy key is there", () => {
    start(3);
    attempt("k1", LIMITED);
    now += 20_000;
    expect(turns(4, { exclude: new Set(["k0"]) })).toEqual(["k2", "k2", "k2", "k2"]);
    expect(pick({ exclude: new Set(["k0", "k2"]) })).toMatchObject({ kind: "key", key: { id: "k1" }, probe: true });
  });
});

describe("an upstream fault", () => {
  test("sends the next requests to the other keys", () => {
    attempt("k0", BROKEN);
    expect(turns(4)).toEqual(["k1", "k2", "k1", "k2"]);
  });

  test("of the only key does not lock everybody out: twice in a row may be an accident", () => {
    start(1);
    attempt("k0", BROKEN);
    expect(pick()).toMatchObject({ kind: "key", probe: false });
    now += 10;
    attempt("k0", BROKEN);
    expect(pick().kind).toBe("key");
    now += 10;
    attempt("k0", BROKEN);
    expect(pick()).toMatchObject({ kind: "none", reason: "cooling", errorClass: "upstream_error" });
  });

  test("of the only key ends this request, not the next one", () => {
    start(1);
    attempt("k0", BROKEN);
    expect(pick({ exclude: new Set(["k0"]) })).toMatchObject({ kind: "none", reason: "cooling" });
    expect(pickedId()).toBe("k0");
  });

  test("followed by a success is forgotten", () => {
    start(1);
    for (let round = 0; round < 20; round++) {
      now += 10;
      attempt("k0", BROKEN);
      now += 10;
      expect(pick().kind).toBe("key");
      attempt("k0", "ok");
    }
    expect(pool.status("k0", now)).toMatchObject({ health: "active", failures: 0, models: [] });
  });

  test("of a hundred parallel requests is one incident", () => {
    start(1);
    const leases = Array.from({ length: 100 }, () => pool.begin(entryOf("k0"), MODEL, now));
    now += 50;
    for (const lease of leases) {
      expect(lease.failed(BROKEN, now, "req_1").cooldownMs).toBeWithin(750, 1001);
      lease.release();
    }
    expect(changes).toHaveLength(1);
    expect(pick().kind).toBe("key");
  });
});

describe("a refused key", () => {
  test("is parked for all models, told with the upstream's words, and comes back by itself", () => {
    attempt("k0", reject(401, {}, '{"error":{"message":"key disabled"}}'));
    expect(pool.status("k0", now)).toMatchObject({ health: "invalid", httpStatus: 401, message: "key disabled" });
    expect(turns(3, { model: "other" })).not.toContain("k0");
    now += 10 * MINUTE;
    expect(pool.status("k0", now).health).toBe("invalid");
    expect(turns(3)).toContain("k0");
    attempt("k0", "ok");
    expect(pool.status("k0", now)).toMatchObject({ health: "active", message: null });
  });

  test("when all are, says invalid; when one is out of quota, says exhausted; when one cools, cooling", () => {
    for (const id of ["k0", "k1", "k2"]) attempt(id, REFUSED);
    expect(pick()).toMatchObject({ kind: "none", reason: "invalid", errorClass: "key_invalid" });
    start(3);
    attempt("k0", REFUSED);
    attempt("k1", SPENT);
    attempt("k2", REFUSED);
    expect(pick()).toMatchObject({ kind: "none", reason: "exhausted", errorClass: "quota" });
    start(3);
    attempt("k0", SPENT);
    attempt("k1", LIMITED);
    attempt("k2", REFUSED);
    expect(pick()).toMatchObject({
      kind: "none",
      reason: "cooling",
      earliestMs: T0 + 20_000,
      errorClass: "rate_limited",
    });
  });
});

describe("health is told", () => {
  test("once per change that can be seen, with its reason", () => {
    attempt("k0", "ok");
    attempt("k0", "ok");
    attempt("k0", SPENT);
    expect(changes.map(({ from, to }) => `${from} → ${to}`)).toEqual(["unchecked → active", "active → exhausted"]);
    expect(changes[1]).toMatchObject({
      atMs: now,
      keyId: "k0",
      providerId: "prv_1",
      model: null,
      errorClass: "quota",
      httpStatus: 402,
      requestId: "req_1",
    });
    expect(changes[1]!.untilMs).toBeGreaterThan(now);
  });

  test("for a model under the model's name, back to active when it recovers", () => {
    attempt("k0", LIMITED);
    now += 20_000;
    attempt("k0", "ok");
    expect(changes.map(({ model, from, to }) => `${model}: ${from} → ${to}`)).toEqual([
      `${MODEL}: active → cooling`,
      "null: unchecked → active",
      `${MODEL}: cooling → active`,
    ]);
  });

  test("again when a probe fails, as the end has moved", () => {
    attempt("k0", REFUSED);
    now += 10 * MINUTE;
    attempt("k0", REFUSED);
    expect(changes.map(({ from, to }) => `${from} → ${to}`)).toEqual(["unchecked → invalid", "invalid → invalid"]);
  });

  test("not for a fault of the client's, nor for an abandoned request", () => {
    expect(attempt("k0", CLIENTS_FAULT)).toBeNull();
    expect(attempt("k0", "abandoned")).toBeNull();
    expect(changes).toEqual([]);
    expect(pool.status("k0", now)).toMatchObject({ health: "unchecked", useCount: 2 });
  });
});

describe("a lease", () => {
  test("counts as under way until it is released, verdict or not, and only once", () => {
    const lease = pool.begin(entryOf("k0"), MODEL, now);
    const other = pool.begin(entryOf("k0"), MODEL, now);
    lease.succeeded(now, 10);
    expect(pool.status("k0", now).inFlight).toBe(2);
    lease.release();
    lease.release();
    expect(pool.status("k0", now).inFlight).toBe(1);
    other.failed(BROKEN, now, "req_2");
    expect(pool.status("k0", now).inFlight).toBe(1);
    other.release();
    other.release();
    expect(pool.status("k0", now).inFlight).toBe(0);
  });

  test("may be judged twice: a stream that began well and broke off is the upstream's fault", () => {
    const lease = pool.begin(entryOf("k0"), MODEL, now);
    lease.succeeded(now + 10, 10);
    const { cooldownMs } = lease.failed(classifyUnreachable({ cause: "truncated", message: null }), now + 500, "req_1");
    lease.release();
    expect(cooldownMs).toBeWithin(750, 1001);
    now += 500;
    expect(turns(2)).not.toContain("k0");
  });

  test("may be judged after its release", () => {
    const lease = pool.begin(entryOf("k0"), MODEL, now);
    lease.release();
    expect(lease.failed(LIMITED, now, "req_1").cooldownMs).toBe(20_000);
    expect(pool.status("k0", now).inFlight).toBe(0);
  });

  test("steers least_busy while it lasts", () => {
    start(2, "least_busy");
    const lease = pool.begin(entryOf("k0"), MODEL, now);
    expect(turns(3)).toEqual(["k1", "k1", "k1"]);
    lease.release();
    expect(turns(2)).toContain("k0");
  });

  test("measures latency relative to the model, so that a slow model makes no slow key", () => {
    start(2, "lowest_latency");
    const use = (id: string, model: string, latencyMs: number) => {
      const lease = pool.begin(entryOf(id), model, now);
      lease.succeeded(now, latencyMs);
      lease.release();
    };
    for (let round = 0; round < 50; round++) {
      use("k0", "slow-model", 5000);
      use("k1", "quick-model", 100);
      use("k0", "quick-model", 80);
    }
    const counts = turns(200, { model: "quick-model" });
    expect(counts.filter((id) => id === "k0").length).toBeGreaterThan(180);
  });
});

describe("when the configuration changes", () => {
  const replace = (keys: readonly KeyEntry[], rest: Partial<ProviderEntry> = {}) => {
    provider = providerEntry(keys, rest);
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
    pool = next;
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
    now += 0.75;
    attempt("k0", LIMITED);
    attempt("k0", LIMITED);
    const { states, uses } = pool.drain();
    expect(states).toHaveLength(1);
    expect(states[0]).toMatchObject({ keyId: "k0", model: MODEL, state: "cooling" });
    expect(Number.isInteger(states[0]!.untilMs) && Number.isInteger(states[0]!.sinceMs)).toBe(true);
    expect(uses).toEqual([{ keyId: "k0", lastUsedAt: T0, useCount: 2 }]);
    expect(pool.drain()).toEqual({ states: [], uses: [] });
    now += 30_000;
    attempt("k0", "ok");
    expect(pool.drain().states).toMatchObject([
      { keyId: "k0", model: "", state: "active" },
      { keyId: "k0", model: MODEL, state: "active", failures: 0 },
    ]);
  });
});

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
        now = T0 + request * 10;
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
    now += 11 * MINUTE;
    for (const id of turns(300)) attempt(id!, "ok");
    for (const { id } of provider.keys) expect(pool.status(id, now)).toMatchObject({ health: "active", models: [] });
  });
});

describe("the cost of a pick", () => {
  const measure = (keys: number): number => {
    start(keys);
    const request = { provider, model: MODEL, exclude: null, stickyId: null, nowMs: now };
    for (let index = 0; index < 20_000; index++) pool.pick(request);
    const started = performance.now();
    for (let index = 0; index < 50_000; index++) pool.pick(request);
    return ((performance.now() - started) / 50_000) * 1000;
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
    const started = performance.now();
    for (let index = 0; index < 10_000; index++) pick();
    expect(performance.now() - started).toBeLessThan(100);
  });
});
