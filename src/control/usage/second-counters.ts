import { totalTokens } from "../../llm/usage.ts";
import type { RequestRecord } from "../../record.ts";

/** Five minutes, and a little room so that the oldest second is whole. */
export const KEPT_SECONDS = 300;
const SLOTS = KEPT_SECONDS + 4;

// Eight steps to the doubling: a percentile is at most 4.5 % off, from 1 ms to 20 minutes.
const STEPS_PER_DOUBLING = 8;
const BINS = 164;

export interface Totals {
  requests: number;
  errors: number;
  tokens: number;
  costNanoUsd: number;
}

/**
 * What ended, second by second, in flat arrays: noting a request allocates nothing and takes well under a microsecond, which
 * is what the request path pays for the live charts whether somebody looks or not.
 */
export class SecondCounters {
  readonly #second = new Float64Array(SLOTS).fill(-1);
  readonly #requests = new Float64Array(SLOTS);
  readonly #errors = new Float64Array(SLOTS);
  readonly #tokens = new Float64Array(SLOTS);
  readonly #costNanoUsd = new Float64Array(SLOTS);
  readonly #latency = new Uint32Array(SLOTS * BINS);
  readonly #firstToken = new Uint32Array(SLOTS * BINS);

  note(record: RequestRecord, nowMs: number): void {
    const slot = this.#open(Math.floor(nowMs / 1000));
    this.#requests[slot]!++;
    if (record.status === "error") this.#errors[slot]!++;
    if (record.usage !== null) this.#tokens[slot]! += totalTokens(record.usage);
    if (record.costNanoUsd !== null) this.#costNanoUsd[slot]! += record.costNanoUsd;
    this.#latency[slot * BINS + binOf(record.endedAtMs - record.receivedAtMs)]!++;
    if (record.firstTokenAtMs !== null) {
      this.#firstToken[slot * BINS + binOf(record.firstTokenAtMs - record.receivedAtMs)]!++;
    }
  }

  /** Of one second; zeros when it is not kept or nothing ended in it. */
  at(second: number): Totals {
    const slot = second % SLOTS;
    if (this.#second[slot] !== second) return { requests: 0, errors: 0, tokens: 0, costNanoUsd: 0 };
    return {
      requests: this.#requests[slot]!,
      errors: this.#errors[slot]!,
      tokens: this.#tokens[slot]!,
      costNanoUsd: this.#costNanoUsd[slot]!,
    };
  }

  sum(fromSecond: number, toSecond: number): Totals {
    const total: Totals = { requests: 0, errors: 0, tokens: 0, costNanoUsd: 0 };
    for (let second = fromSecond; second <= toSecond; second++) addTotals(total, this.at(second));
    return total;
  }

  /** Milliseconds under which this share of the requests stayed; null when there were none. */
  percentile(of: "latency" | "firstToken", share: number, fromSecond: number, toSecond: number): number | null {
    const source = of === "latency" ? this.#latency : this.#firstToken;
    const bins = new Float64Array(BINS);
    let count = 0;
    for (let second = fromSecond; second <= toSecond; second++) {
      const slot = second % SLOTS;
      if (this.#second[slot] !== second) continue;
      for (let bin = 0; bin < BINS; bin++) {
        const found = source[slot * BINS + bin]!;
        bins[bin]! += found;
        count += found;
      }
    }
    if (count === 0) return null;
    let left = share * count;
    for (let bin = 0; bin < BINS; bin++) {
      left -= bins[bin]!;
      if (left <= 0 && bins[bin]! > 0) return Math.round(2 ** (bin / STEPS_PER_DOUBLING));
    }
    return null;
  }

  #open(second: number): number {
    const slot = second % SLOTS;
    if (this.#second[slot] === second) return slot;
    this.#second[slot] = second;
    this.#requests[slot] = this.#errors[slot] = this.#tokens[slot] = this.#costNanoUsd[slot] = 0;
    this.#latency.fill(0, slot * BINS, (slot + 1) * BINS);
    this.#firstToken.fill(0, slot * BINS, (slot + 1) * BINS);
    return slot;
  }
}

export function addTotals(total: Totals, more: Totals): void {
  total.requests += more.requests;
  total.errors += more.errors;
  total.tokens += more.tokens;
  total.costNanoUsd += more.costNanoUsd;
}

function binOf(ms: number): number {
  if (!(ms > 1)) return 0;
  return Math.min(BINS - 1, Math.round(Math.log2(ms) * STEPS_PER_DOUBLING));
}
