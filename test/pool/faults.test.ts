import { beforeEach, describe, expect, test } from "bun:test";
import {
  advance,
  attempt,
  BROKEN,
  CLIENTS_FAULT,
  changes,
  entryOf,
  LIMITED,
  MINUTE,
  MODEL,
  now,
  pick,
  pickedId,
  pool,
  REFUSED,
  reject,
  SPENT,
  start,
  T0,
  turns,
} from "./fixture.ts";

beforeEach(() => start(3));

describe("an upstream fault", () => {
  test("sends the next requests to the other keys", () => {
    attempt("k0", BROKEN);
    expect(turns(4)).toEqual(["k1", "k2", "k1", "k2"]);
  });

  test("of the only key does not lock everybody out: twice in a row may be an accident", () => {
    start(1);
    attempt("k0", BROKEN);
    expect(pick()).toMatchObject({ kind: "key", probe: false });
    advance(10);
    attempt("k0", BROKEN);
    expect(pick().kind).toBe("key");
    advance(10);
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
      advance(10);
      attempt("k0", BROKEN);
      advance(10);
      expect(pick().kind).toBe("key");
      attempt("k0", "ok");
    }
    expect(pool.status("k0", now)).toMatchObject({ health: "active", failures: 0, models: [] });
  });

  test("of a hundred parallel requests is one incident", () => {
    start(1);
    const leases = Array.from({ length: 100 }, () => pool.begin(entryOf("k0"), MODEL, now));
    advance(50);
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
    advance(10 * MINUTE);
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
    advance(20_000);
    attempt("k0", "ok");
    expect(changes.map(({ model, from, to }) => `${model}: ${from} → ${to}`)).toEqual([
      `${MODEL}: active → cooling`,
      "null: unchecked → active",
      `${MODEL}: cooling → active`,
    ]);
  });

  test("again when a probe fails, as the end has moved", () => {
    attempt("k0", REFUSED);
    advance(10 * MINUTE);
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
