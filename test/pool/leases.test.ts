import { beforeEach, describe, expect, test } from "bun:test";
import { classifyUnreachable } from "../../src/policy/failure.ts";
import { advance, BROKEN, entryOf, LIMITED, MODEL, now, pool, start, turns } from "./fixture.ts";

beforeEach(() => start(3));

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
    advance(500);
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
