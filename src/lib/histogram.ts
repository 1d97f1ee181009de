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

  get count(): number {
    return this.#total;
  }

  /** Microseconds. Anything below the smallest bucket falls into it, so that a clock that went back does no harm. */
  add(valueUs: number): void {
    const index = bucketOf(valueUs);
    this.#counts[index] = this.#counts[index]! + 1;
    this.#total++;
  }

  merge(other: Histogram): void {
    for (let index = 0; index < BUCKETS; index++) {
      this.#counts[index] = this.#counts[index]! + other.#counts[index]!;
    }
    this.#total += other.#total;
  }

  /** Adds what `encode` made. Damaged bytes add what can be read of them. */
  mergeEncoded(bytes: Uint8Array): void {
    let at = 0;
    let index = 0;
    const readVarint = () => {
      let value = 0;
      let factor = 1;
      while (at < bytes.length) {
        const byte = bytes[at++]!;
        value += (byte & 0x7f) * factor;
        if (byte < 0x80) break;
        factor *= 128;
      }
      return value;
    };
    while (at < bytes.length) {
      index += readVarint();
      const count = readVarint();
      if (index >= BUCKETS) return;
      this.#counts[index] = this.#counts[index]! + count;
      this.#total += count;
    }
  }

  /** Pairs of (distance to the previous used bucket, count) as varints: two or three bytes per used bucket. */
  encode(): Uint8Array {
    const bytes: number[] = [];
    const writeVarint = (value: number) => {
      let rest = value;
      while (rest >= 128) {
        bytes.push((rest % 128) | 0x80);
        rest = Math.floor(rest / 128);
      }
      bytes.push(rest);
    };
    let previous = 0;
    for (let index = 0; index < BUCKETS; index++) {
      const count = this.#counts[index]!;
      if (count === 0) continue;
      writeVarint(index - previous);
      writeVarint(count);
      previous = index;
    }
    return Uint8Array.from(bytes);
  }

  /** Microseconds; `share` from 0 to 1. Null when nothing was counted. */
  quantile(share: number): number | null {
    if (this.#total === 0) return null;
    const rank = Math.max(1, Math.ceil(share * this.#total));
    let seen = 0;
    for (let index = 0; index < BUCKETS; index++) {
      seen += this.#counts[index]!;
      if (seen >= rank) return middleOf(index);
    }
    return middleOf(BUCKETS - 1);
  }
}

function bucketOf(valueUs: number): number {
  if (!(valueUs >= SMALLEST_US)) return 0;
  return Math.min(BUCKETS - 1, 1 + Math.floor((Math.log(valueUs) - LOG_SMALLEST) / LOG_GROWTH));
}

function middleOf(index: number): number {
  return index === 0 ? SMALLEST_US / 2 : SMALLEST_US * GROWTH ** (index - 0.5);
}
