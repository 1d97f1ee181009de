import type { ActiveRequest, RequestRecord } from "../../record.ts";
import type { CountedDimension, UsageDimension } from "../../store/reports.ts";
import { badInput } from "../bad-input.ts";
import type { Control } from "../control.ts";
import type { ControlDeps } from "../deps.ts";
import { pause, pullIterator } from "../pull-iterator.ts";
import { SharedFrames } from "../shared-frames.ts";
import { GroupCounters, type GroupTotals, groupOf } from "./group-counters.ts";
import { countedBy, readValuesOf, regroup, type ValuesOf } from "./live-values.ts";
import { KEPT_SECONDS, SecondCounters } from "./second-counters.ts";

const RATE_WINDOW_S = 5;
const PERCENTILE_WINDOW_S = 60;
const MIN_INTERVAL_MS = 250;
const MAX_INTERVAL_MS = 60_000;
const MAX_TOP = 20;

export interface LiveTick {
  readonly atMs: number;
  readonly windowMs: number;
  readonly requestsPerSecond: number;
  readonly tokensPerSecond: number;
  readonly costNanoUsdPerHour: number;
  readonly errorRate: number | null;
  readonly activeRequests: number;
  readonly activeStreams: number;
  readonly p50LatencyMs: number | null;
  readonly p95LatencyMs: number | null;
  readonly p95FirstTokenMs: number | null;
  readonly groups: readonly LiveGroup[];
}

export interface LiveGroup {
  readonly dimension: UsageDimension;
  readonly value: string | null;
  readonly requestsPerSecond: number;
  readonly tokensPerSecond: number;
  readonly costNanoUsdPerHour: number;
  readonly errorRate: number | null;
  readonly activeRequests: number;
}

/** Arrays are aligned with `times` (start of each second, Unix ms); the last second is still filling. */
export interface LiveSnapshot {
  readonly atMs: number;
  readonly times: readonly number[];
  readonly requests: readonly number[];
  readonly errors: readonly number[];
  readonly tokens: readonly number[];
  readonly costNanoUsd: readonly number[];
  readonly p95LatencyMs: readonly (number | null)[];
  readonly p95FirstTokenMs: readonly (number | null)[];
  readonly now: LiveTick;
}

export type LiveFrame = ({ readonly frame: "snapshot" } & LiveSnapshot) | ({ readonly frame: "tick" } & LiveTick);

interface TickOptions {
  readonly windowS?: number;
  readonly groupBy?: UsageDimension | null;
  readonly top?: number;
  /** For a dimension that the counters do not know. */
  readonly valuesOf?: ValuesOf | null;
}

/** Counters of what has just happened; nothing is published: whoever watches asks them at his own pace. */
export class LiveUsage {
  readonly #counters = new SecondCounters();
  readonly #groups = new Map<CountedDimension, { readonly counters: GroupCounters; watchers: number }>();
  readonly #deps: Pick<ControlDeps, "active" | "now">;
  readonly #stop: () => void;
  readonly #ended = new AbortController();
  readonly #frames = new SharedFrames<LiveFrame>();

  constructor(deps: Pick<ControlDeps, "active" | "now" | "events">) {
    this.#deps = deps;
    this.#stop = deps.events.on("requestSettled", (record) => this.#note(record));
  }

  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  close(): void {
    this.#stop();
    this.#ended.abort();
  }

  tick({ windowS = RATE_WINDOW_S, groupBy = null, top = 0, valuesOf = null }: TickOptions = {}): LiveTick {
    const atMs = this.#deps.now();
    const second = Math.floor(atMs / 1000);
    const first = second - windowS + 1;
    const windowMs = Math.max(1, Math.round(atMs - first * 1000));
    const sum = this.#counters.sum(first, second);
    const running = this.#deps.active.list();
    const percentile = (of: "latency" | "firstToken", share: number) =>
      this.#counters.percentile(of, share, second - PERCENTILE_WINDOW_S + 1, second);
    const counters = groupBy && this.#groups.get(countedBy(groupBy))?.counters;
    const sums = counters?.sum(first, second) ?? [];
    return {
      atMs,
      windowMs,
      ...ratesOf(sum, windowMs),
      activeRequests: running.length,
      activeStreams: running.filter((request) => request.stream && request.firstTokenAtMs !== null).length,
      p50LatencyMs: percentile("latency", 0.5),
      p95LatencyMs: percentile("latency", 0.95),
      p95FirstTokenMs: percentile("firstToken", 0.95),
      groups: groupBy && counters ? busiest(groupBy, sums, { running, top, windowMs, valuesOf }) : [],
    };
  }

  snapshot(options: TickOptions): LiveSnapshot {
    const now = this.tick(options);
    const last = Math.floor(now.atMs / 1000);
    const seconds = Array.from({ length: KEPT_SECONDS }, (_, index) => last - KEPT_SECONDS + 1 + index);
    const totals = seconds.map((second) => this.#counters.at(second));
    const p95 = (of: "latency" | "firstToken") =>
      seconds.map((second) => this.#counters.percentile(of, 0.95, second, second));
    return {
      atMs: now.atMs,
      times: seconds.map((second) => second * 1000),
      requests: totals.map((one) => one.requests),
      errors: totals.map((one) => one.errors),
      tokens: totals.map((one) => one.tokens),
      costNanoUsd: totals.map((one) => one.costNanoUsd),
      p95LatencyMs: p95("latency"),
      p95FirstTokenMs: p95("firstToken"),
      now,
    };
  }

  /** A frame for whoever watches with these options; the same object for all that ask at about the same time. */
  frame(kind: LiveFrame["frame"], options: TickOptions): LiveFrame {
    const { windowS, groupBy, top } = options;
    return this.#frames.get(`${kind} ${windowS} ${groupBy} ${top}`, () =>
      kind === "snapshot" ? { frame: "snapshot", ...this.snapshot(options) } : { frame: "tick", ...this.tick(options) },
    );
  }

  /** Counts by this dimension until the returned function is called. */
  watchGroups(groupBy: UsageDimension): () => void {
    const dimension = countedBy(groupBy);
    const entry = this.#groups.get(dimension) ?? { counters: new GroupCounters(dimension), watchers: 0 };
    entry.watchers++;
    this.#groups.set(dimension, entry);
    return () => {
      if (--entry.watchers === 0) this.#groups.delete(dimension);
    };
  }

  #note(record: RequestRecord): void {
    const nowMs = this.#deps.now();
    this.#counters.note(record, nowMs);
    for (const { counters } of this.#groups.values()) counters.note(record, nowMs);
  }
}

export interface LiveUsageArgs {
  readonly intervalMs: number;
  readonly groupBy: UsageDimension | null;
  readonly top: number;
}

/** The last five minutes at once, then at most one tick per interval. A reader that is late gets fewer, never old ones. */
export function watchLiveUsage(control: Control, args: LiveUsageArgs): AsyncIterableIterator<LiveFrame> {
  const { intervalMs, groupBy, top } = args;
  if (intervalMs < MIN_INTERVAL_MS || intervalMs > MAX_INTERVAL_MS) {
    throw badInput(`From ${MIN_INTERVAL_MS} to ${MAX_INTERVAL_MS} ms.`, "intervalMs");
  }
  if (top < 1 || top > MAX_TOP) throw badInput(`From 1 to ${MAX_TOP} groups.`, "top");
  const { liveUsage } = control;
  const options = { groupBy, top, windowS: Math.max(RATE_WINDOW_S, Math.ceil(intervalMs / 1000)) };
  const unwatch = groupBy === null ? undefined : liveUsage.watchGroups(groupBy);
  // The timer's own clock: `control.now()` may be set back.
  let dueAtMs: number | null = null;

  const produce = async (signal: AbortSignal): Promise<LiveFrame | null> => {
    if (dueAtMs === null) {
      dueAtMs = performance.now() + intervalMs;
      return liveUsage.frame("snapshot", { ...options, valuesOf: await readValuesOf(control, groupBy) });
    }
    await pause(dueAtMs - performance.now(), signal);
    dueAtMs = performance.now() + intervalMs;
    if (signal.aborted) return null;
    return liveUsage.frame("tick", { ...options, valuesOf: await readValuesOf(control, groupBy) });
  };
  return pullIterator(produce, { ended: liveUsage.ended, ...(unwatch && { onEnd: unwatch }) });
}

function ratesOf(sum: Omit<GroupTotals, "value">, windowMs: number) {
  return {
    requestsPerSecond: (sum.requests * 1000) / windowMs,
    tokensPerSecond: (sum.tokens * 1000) / windowMs,
    costNanoUsdPerHour: (sum.costNanoUsd * 3_600_000) / windowMs,
    errorRate: sum.requests === 0 ? null : sum.errors / sum.requests,
  };
}

interface Busy {
  readonly running: readonly ActiveRequest[];
  readonly top: number;
  readonly windowMs: number;
  readonly valuesOf: ValuesOf | null;
}

function busiest(
  dimension: UsageDimension,
  counted: readonly GroupTotals[],
  { running, top, windowMs, valuesOf }: Busy,
): LiveGroup[] {
  const active = new Map<string | null, number>();
  for (const request of running) {
    const value = groupOf(countedBy(dimension), request);
    for (const one of valuesOf?.(value) ?? [value]) active.set(one, (active.get(one) ?? 0) + 1);
  }
  const sums = valuesOf === null ? counted : regroup(counted, valuesOf);
  const idle = [...active.keys()].filter((value) => !sums.some((sum) => sum.value === value));
  const all = [...sums, ...idle.map((value) => ({ value, requests: 0, errors: 0, tokens: 0, costNanoUsd: 0 }))];
  return all
    .sort(
      (left, right) => right.requests - left.requests || (active.get(right.value) ?? 0) - (active.get(left.value) ?? 0),
    )
    .slice(0, top)
    .map((sum) => ({
      dimension,
      value: sum.value,
      ...ratesOf(sum, windowMs),
      activeRequests: active.get(sum.value) ?? 0,
    }));
}
