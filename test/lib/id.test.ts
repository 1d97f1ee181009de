import { describe, expect, test } from "bun:test";
import { isId, locateRequest, msOfRow, newId, nodeOfRequest, requestIdAt, rowAt } from "../../src/lib/id.ts";

const DAY_MS = 86_400_000;
const NOON = Date.UTC(2026, 10, 20, 12);

describe("ids", () => {
  test("are a prefix and a UUIDv7 of the given instant", () => {
    const id = newId("prv", 0x0199_0000_1234);
    expect(id).toMatch(/^prv_01990000-1234-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(isId("prv", id)).toBe(true);
    expect(isId("pky", id)).toBe(false);
  });

  test("a fraction of a millisecond is cut off", () => {
    const id = newId("req", NOON + 0.999);
    expect(isId("req", id)).toBe(true);
    expect(locateRequest(id)!.day * DAY_MS + msOfRow(locateRequest(id)!.row)).toBe(NOON);
  });

  test("differ and ascend within a millisecond", () => {
    const rows = Array.from({ length: 1000 }, () => locateRequest(newId("req", NOON))!.row);
    const gaps = new Set(rows.slice(1).map((row, index) => row - rows[index]!));
    gaps.delete(1 - 2 ** 24); // the counter may wrap once
    expect([...gaps]).toEqual([1]);
  });

  test("a request id says its day and row, and can be made again from them and its node", () => {
    for (let step = 0; step < 2000; step++) {
      const ms = Math.floor(step * 987_654_321.7);
      const id = newId("req", ms);
      const place = locateRequest(id)!;
      expect(place.day).toBe(Math.floor(ms / DAY_MS));
      expect(place.row).toBeGreaterThanOrEqual(rowAt(ms % DAY_MS));
      expect(place.row).toBeLessThan(rowAt((ms % DAY_MS) + 1));
      expect(Number.isSafeInteger(place.row)).toBe(true);
      expect(requestIdAt(place, nodeOfRequest(id))).toBe(id);
    }
  });

  test.each([
    ["", "nothing"],
    ["req_", "only a prefix"],
    ["req_nonsense", "no UUID"],
    [newId("prv"), "another noun"],
    [newId("req").toUpperCase(), "upper case"],
    [`${newId("req")}0`, "too long"],
    ["req_01990000-1234-4000-8000-000000000000", "another UUID version"],
    ["req_01990000-1234-7000-0000-000000000000", "another UUID variant"],
  ])("%p is no request id: %s", (text) => {
    expect(locateRequest(text)).toBeNull();
  });
});
