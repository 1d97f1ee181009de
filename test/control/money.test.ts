import { describe, expect, test } from "bun:test";
import { formatNanoUsd, formatPrice, parsePrice, parseUsd } from "../../src/control/usage/money.ts";

describe("money", () => {
  test.each([
    [0, "0"],
    [1, "0.000000001"],
    [4_215_000, "0.004215"],
    [1_000_000_000, "1"],
    [12_345_678_900_000, "12345.6789"],
    [-500_000_000, "-0.5"],
    [0.4, "0"],
  ])("%p nano-USD is %p", (nanoUsd, text) => {
    expect(formatNanoUsd(nanoUsd)).toBe(text);
  });

  test.each([
    [2, "2"],
    [0.075, "0.075"],
    [1e-7, "0.0000001"],
    [0, "0"],
  ])("a price of %p is %p", (price, text) => {
    expect(formatPrice(price)).toBe(text);
    expect(parsePrice(text)).toBe(price);
  });

  test("what is no decimal is none", () => {
    expect(parseUsd("0.05")).toBe(50_000_000);
    expect(parseUsd("-1")).toBe(-1_000_000_000);
    for (const text of ["", "1e9", "0x1", "1,5", ".5", "NaN"])
      expect([parseUsd(text), parsePrice(text)]).toEqual([null, null]);
    expect(parsePrice("-1")).toBeNull();
    expect(() => formatPrice(Number.POSITIVE_INFINITY)).toThrow();
  });
});
