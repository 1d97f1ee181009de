import { describe, expect, test } from "bun:test";
import { Histogram } from "../../src/lib/histogram.ts";
import { Packed, Packing } from "../../src/lib/varints.ts";

/** Deterministic, spread over six powers of ten. */
function samples(count: number, seed: number): number[] {
  let state = seed;
  return Array.from({ length: count }, () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return 100 * 10 ** ((state / 2 ** 31) * 6);
  });
}

function filled(values: readonly number[]): Histogram {
  const histogram = new Histogram();
  for (const value of values) histogram.add(value);
  return histogram;
}

function pack(histogram: Histogram): Uint8Array {
  const out = new Packing();
  histogram.pack(out);
  return out.take();
}

function merge(histogram: Histogram, bytes: Uint8Array): void {
  histogram.mergePacked(new Packed(bytes), bytes.length);
}

describe("a histogram", () => {
  test("answers quantiles within 5 %", () => {
    const values = samples(5000, 42);
    const histogram = filled(values);
    const sorted = values.toSorted((a, b) => a - b);
    for (const share of [0, 0.01, 0.25, 0.5, 0.9, 0.95, 0.99, 0.999, 1]) {
      const exact = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]!;
      const answer = histogram.quantile(share)!;
      expect(Math.abs(answer - exact) / exact).toBeLessThan(0.05);
    }
  });

  test("knows nothing about nothing", () => {
    expect(new Histogram().quantile(0.5)).toBeNull();
    expect(pack(new Histogram()).length).toBe(0);
  });

  test("takes what is out of range at its ends", () => {
    const histogram = filled([-5, 0, Number.NaN, 99, 1e15]);
    expect(histogram.count).toBe(5);
    expect(histogram.quantile(0.5)).toBe(50);
    expect(histogram.quantile(1)).toBeGreaterThan(1e10);
  });

  test("merging parts is counting the whole, encoded or not", () => {
    const [a, b] = [samples(700, 1), samples(900, 2)];
    const whole = filled([...a, ...b]);
    const merged = filled(a);
    merged.merge(filled(b));
    const decoded = new Histogram();
    merge(decoded, pack(filled(a)));
    merge(decoded, pack(filled(b)));
    expect(pack(merged)).toEqual(pack(whole));
    expect(pack(decoded)).toEqual(pack(whole));
    expect(decoded.count).toBe(1600);
    merged.subtract(filled(a));
    expect(pack(merged)).toEqual(pack(filled(b)));
  });

  test("is small: three bytes for a value, few hundred for a spread", () => {
    expect(pack(filled([60_000])).length).toBeLessThanOrEqual(3);
    expect(pack(filled(samples(100_000, 3))).length).toBeLessThan(700);
  });

  test("carries counts beyond 32 bits", () => {
    const histogram = filled([1000]);
    for (let doubling = 0; doubling < 40; doubling++) histogram.merge(histogram);
    const copy = new Histogram();
    merge(copy, pack(histogram));
    expect(copy.count).toBe(2 ** 40);
  });

  test("damaged bytes do not throw", () => {
    const bytes = pack(filled(samples(500, 4)));
    for (let length = 0; length < bytes.length; length += 7) merge(new Histogram(), bytes.subarray(0, length));
    merge(new Histogram(), new Uint8Array(300).fill(255));
  });
});
