import { Histogram } from "../lib/histogram.ts";
import type { Packed, Packing } from "../lib/varints.ts";
import type { Outcome } from "./shape.ts";

/** The shortest span of the roll-ups: a quarter of an hour fits every time zone's offset. */
export const QUARTER_MS = 15 * 60_000;

/** Sums over requests. Durations are integer microseconds. */
export class UsageCell {
  requests = 0;
  successes = 0;
  errors = 0;
  cancelled = 0;
  retries = 0;
  unpriced = 0;
  estimated = 0;
  inputTokens = 0;
  cacheReadTokens = 0;
  cacheWriteTokens = 0;
  outputTokens = 0;
  reasoningTokens = 0;
  costNanoUsd = 0;
  /** Latency of the successful requests: refusals are fast and time-outs are slow, both would say nothing about the model. */
  latencySumUs = 0;
  latencyMinUs = Number.POSITIVE_INFINITY;
  latencyMaxUs = 0;
  readonly latency = new Histogram();
  readonly firstToken = new Histogram();

  /** One request; NaN stands for null. This is the only place that says what counts as what. */
  add(row: CountedRow, outcome: Outcome): void {
    const [status, , , usageSource] = outcome;
    this.requests++;
    if (row.attempts > 1) this.retries += row.attempts - 1;
    if (usageSource === "estimated") this.estimated++;
    if (row.inputTokens >= 0) {
      this.inputTokens += row.inputTokens;
      this.cacheReadTokens += row.cacheReadTokens;
      this.cacheWriteTokens += row.cacheWriteTokens;
      this.outputTokens += row.outputTokens;
      this.reasoningTokens += row.reasoningTokens;
    }
    const priced = !Number.isNaN(row.costNanoUsd);
    if (priced) this.costNanoUsd += row.costNanoUsd;
    if (row.firstTokenUs >= 0) this.firstToken.add(row.firstTokenUs);
    if (status === "error") {
      this.errors++;
    } else if (status === "cancelled") {
      this.cancelled++;
    } else {
      this.successes++;
      if (!priced) this.unpriced++;
      const latencyUs = Math.max(0, row.durationUs || 0);
      this.latencySumUs += latencyUs;
      if (latencyUs < this.latencyMinUs) this.latencyMinUs = latencyUs;
      if (latencyUs > this.latencyMaxUs) this.latencyMaxUs = latencyUs;
      this.latency.add(latencyUs);
    }
  }

  /** What `pack` wrote, from `at` to `end`. A long report does this half a million times: the sums are spelled out, in the order of SUMS. */
  mergePacked(packed: Packed, at: number, end: number): void {
    packed.at = at;
    this.requests += packed.next();
    this.costNanoUsd += packed.next();
    this.successes += packed.next();
    this.errors += packed.next();
    this.cancelled += packed.next();
    this.retries += packed.next();
    this.unpriced += packed.next();
    this.estimated += packed.next();
    this.inputTokens += packed.next();
    this.cacheReadTokens += packed.next();
    this.cacheWriteTokens += packed.next();
    this.outputTokens += packed.next();
    this.reasoningTokens += packed.next();
    this.latencySumUs += packed.next();
    const min = packed.next();
    if (min > 0) this.latencyMinUs = Math.min(this.latencyMinUs, min - 1);
    this.latencyMaxUs = Math.max(this.latencyMaxUs, packed.next());
    const middle = packed.next() + packed.at;
    this.latency.mergePacked(packed, middle);
    this.firstToken.mergePacked(packed, end);
  }

  pack(out: Packing): void {
    for (const sum of SUMS) out.add(this[sum]);
    out.add(this.latencyMinUs === Number.POSITIVE_INFINITY ? 0 : this.latencyMinUs + 1);
    out.add(this.latencyMaxUs);
    out.addSized(() => this.latency.pack(out));
    this.firstToken.pack(out);
  }

  /** Leaves what is not in `part`. What the extremes of the rest are, nobody can tell. */
  subtract(part: UsageCell): void {
    for (const sum of SUMS) this[sum] -= part[sum];
    this.latencyMinUs = Number.POSITIVE_INFINITY;
    this.latencyMaxUs = 0;
    this.latency.subtract(part.latency);
    this.firstToken.subtract(part.firstToken);
  }

  clear(): void {
    for (const sum of SUMS) this[sum] = 0;
    this.latencyMinUs = Number.POSITIVE_INFINITY;
    this.latencyMaxUs = 0;
    this.latency.clear();
    this.firstToken.clear();
  }

  merge(other: UsageCell): void {
    for (const sum of SUMS) this[sum] += other[sum];
    this.latencyMinUs = Math.min(this.latencyMinUs, other.latencyMinUs);
    this.latencyMaxUs = Math.max(this.latencyMaxUs, other.latencyMaxUs);
    this.latency.merge(other.latency);
    this.firstToken.merge(other.firstToken);
  }
}

export interface CountedRow {
  readonly attempts: number;
  readonly inputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWriteTokens: number;
  readonly outputTokens: number;
  readonly reasoningTokens: number;
  readonly costNanoUsd: number;
  readonly firstTokenUs: number;
  readonly durationUs: number;
}

/** The parts of a cell that add up, in the order in which they are packed: what ranks the groups of a chart comes first. */
const SUMS = [
  "requests",
  "costNanoUsd",
  "successes",
  "errors",
  "cancelled",
  "retries",
  "unpriced",
  "estimated",
  "inputTokens",
  "cacheReadTokens",
  "cacheWriteTokens",
  "outputTokens",
  "reasoningTokens",
  "latencySumUs",
] as const;
