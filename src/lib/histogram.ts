import type { Packed, Packing } from "./varints.ts";

/**
 * A mergeable histogram of durations with a relative error of at most 4.9 %: bucket n > 0 holds values in
 * [100 µs · 1.1^(n-1), 100 µs · 1.1^n), a quantile answers with the geometric middle. Two hundred buckets reach 5 hours.
 */
const SMALLEST_US = 100;
const GROWTH = 1.1;
const BUCKETS = 201;
const LOG_GROWTH = Math.log(GROWTH);
const LOG_SMALLEST = Math.log(SMALLEST_US);

export class Histogram {
  readonly #counts = new Float64Array(BUCKETS);
  #total = 0;
  /** Used buckets lie between these, both inclusive: most histograms use a few. */
  #low = BUCKETS;
  #high = -1;

  get count(): number {
    return this.#total;
  }

  /** Microseconds. Anything below the smallest bucket falls into it, so that a clock that went back does no harm. */
  add(valueUs: number): void {
    const index = bucketOf(valueUs);
    this.#counts[index] = this.#counts[index]! + 1;
    this.#total++;
    this.#widen(index, index);
  }

  merge(other: Histogram): void {
    for (let index = other.#low; index <= other.#high; index++) {
      this.#counts[index] = this.#counts[index]! + other.#counts[index]!;
    }
    this.#total += other.#total;
    this.#widen(other.#low, other.#high);
  }

  /** Takes away what was merged before. */
  subtract(part: Histogram): void {
    for (let index = part.#low; index <= part.#high; index++) {
      this.#counts[index] = this.#counts[index]! - part.#counts[index]!;
    }
    this.#total -= part.#total;
  }

  /**
   * Adds what `pack` made, up to the byte `end`. Damaged bytes add what can be read of them. A long report reads millions of these
   * pairs, nearly all of single bytes: those are read here.
   */
  mergePacked(packed: Packed, end: number): void {
    const { bytes } = packed;
    const counts = this.#counts;
    let at = packed.at;
    let index = 0;
    let first = -1;
    let total = 0;
    while (at < end) {
      let distance = bytes[at]!;
      let count = bytes[at + 1]!;
      if (distance < 128 && count < 128) {
        at += 2;
      } else {
        packed.at = at;
        distance = packed.next();
        count = packed.next();
        at = packed.at;
      }
      if (index + distance >= BUCKETS) break;
      index += distance;
      if (first < 0) first = index;
      counts[index] = counts[index]! + count;
      total += count;
    }
    packed.at = end;
    if (first < 0) return;
    this.#total += total;
    this.#widen(first, index);
  }

  /** Pairs of (distance to the previous used bucket, count): two or three bytes per used bucket. */
  pack(out: Packing): void {
    if (this.#total === 0) return;
    let previous = 0;
    for (let index = this.#low; index <= this.#high; index++) {
      const count = this.#counts[index]!;
      if (count === 0) continue;
      out.add(index - previous);
      out.add(count);
      previous = index;
    }
  }

  /** Microseconds; `share` from 0 to 1. Null when nothing was counted. */
  quantile(share: number): number | null {
    return this.quantiles([share])[0]!;
  }

  /** Several quantiles, of ascending shares, in one look. */
  quantiles(shares: readonly number[]): (number | null)[] {
    if (this.#total === 0) return shares.map(() => null);
    const found: number[] = [];
    const counts = this.#counts;
    const rankOf = (at: number) => Math.max(1, Math.ceil(shares[at]! * this.#total));
    let seen = 0;
    let rank = rankOf(0);
    for (let index = this.#low; index <= this.#high && found.length < shares.length; index++) {
      seen += counts[index]!;
      while (seen >= rank && found.length < shares.length) {
        found.push(middleOf(index));
        rank = rankOf(found.length);
      }
    }
    while (found.length < shares.length) found.push(middleOf(BUCKETS - 1));
    return found;
  }

  clear(): void {
    if (this.#high >= 0) this.#counts.fill(0, this.#low, this.#high + 1);
    this.#total = 0;
    this.#low = BUCKETS;
    this.#high = -1;
  }

  #widen(low: number, high: number): void {
    if (low < this.#low) this.#low = low;
    if (high > this.#high) this.#high = high;
  }
}

function bucketOf(valueUs: number): number {
  if (!(valueUs >= SMALLEST_US)) return 0;
  return Math.min(BUCKETS - 1, 1 + Math.floor((Math.log(valueUs) - LOG_SMALLEST) / LOG_GROWTH));
}

function middleOf(index: number): number {
  return index === 0 ? SMALLEST_US / 2 : SMALLEST_US * GROWTH ** (index - 0.5);
}
