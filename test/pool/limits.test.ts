import { beforeEach, describe, expect, test } from "bun:test";
import {
  advance,
  attempt,
  CLIENTS_FAULT,
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
  reject,
  start,
  T0,
  turns,
} from "./fixture.ts";

beforeEach(() => start(3));

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
    advance(4999);
    expect(pick()).toEqual(none);
    advance(1);
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
    advance(20_000);
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
    advance(20_000);
    expect(turns(4, { exclude: new Set(["k0"]) })).toEqual(["k2", "k2", "k2", "k2"]);
    expect(pick({ exclude: new Set(["k0", "k2"]) })).toMatchObject({ kind: "key", key: { id: "k1" }, probe: true });
  });
});
