import type { CrowdSample } from "./crowd.ts";
import { type Results, waitOf } from "./results.ts";
import type { StartUpTimes } from "./start-up.ts";
import { type Series, type Spread, spreadOf } from "./statistics.ts";

/** A promise about Sluice's speed: `must` is the line it may not fall behind, `aim` the one it works towards. */
interface Goal {
  readonly what: string;
  readonly must: number;
  readonly aim?: number;
  readonly better: "higher" | "lower";
  readonly format: (value: number) => string;
  readonly measure: (results: Results, contestant: string) => Series;
  /** CPU ratios hold on a shared machine, so they may fail a build; times and memory are for a quiet one. */
  readonly isGate?: boolean;
}

export type Verdict = "aim met" | "must met" | "MISSED" | "not measured";

export interface Judgement {
  readonly what: string;
  readonly must: string;
  readonly aim: string;
  readonly measured: string;
  /** The same of the yardsticks, in the same run: what this machine gives. */
  readonly ofRelay: string;
  readonly ofNginx: string;
  readonly spread?: Spread;
  readonly verdict: Verdict;
  readonly isGate: boolean;
}

const times = (value: number) => `${value.toFixed(2)} ×`;
const milliseconds = (value: number) => `${value.toFixed(2)} ms`;
const wholeMilliseconds = (value: number) => `${Math.round(value)} ms`;
const kilobytes = (value: number) => `${(value / 1_024).toFixed(1)} KB`;
const megabytes = (value: number) => `${Math.round(value / 1_048_576)} MB`;

function efficiency(scenario: string, yardstick: string) {
  return (results: Results, contestant: string) =>
    contestant === yardstick ? [] : results.efficiency(scenario, contestant, yardstick);
}

function cost(scenario: string) {
  // A stream translated by Sluice is held against the same stream passed on as it is by nginx.
  return (results: Results, contestant: string) => {
    if (contestant === "nginx") return [];
    const ours = results.series(scenario, contestant, (sample) => sample.cpuUs);
    const theirs = results.series("stream", "nginx", (sample) => sample.cpuUs);
    return ours.map((value, round) => value && theirs[round] && value / theirs[round]);
  };
}

function added(scenario: string, quantile: "p50" | "p99") {
  return (results: Results, contestant: string) =>
    results.added(scenario, contestant, (sample) => waitOf(sample)[quantile]);
}

const ratioGoal = { better: "higher", format: times, isGate: true } as const;
const costGoal = { better: "lower", format: times, isGate: true } as const;
const timeGoal = { better: "lower", format: milliseconds } as const;
const crowdOf = (read: (sample: CrowdSample) => number | undefined) => (results: Results, contestant: string) =>
  results.crowdSeries(contestant, read);
/** Measured of Sluice alone. */
const startOf = (read: (times: StartUpTimes) => Series) => (results: Results, contestant: string) =>
  contestant === "sluice" && results.startUp !== undefined ? read(results.startUp) : [];

const goals: readonly Goal[] = [
  {
    what: "1 KB requests per core, against nginx",
    must: 0.5,
    aim: 0.6,
    ...ratioGoal,
    measure: efficiency("small", "nginx"),
  },
  { what: "… against the bare relay", must: 0.85, aim: 0.95, ...ratioGoal, measure: efficiency("small", "bare relay") },
  { what: "… against Portkey on Bun", must: 3.5, aim: 5, ...ratioGoal, measure: efficiency("small", "portkey") },
  { what: "20 KB answers against nginx", must: 0.4, aim: 0.6, ...ratioGoal, measure: efficiency("answers", "nginx") },
  { what: "100 KB prompts against nginx", must: 0.4, aim: 0.55, ...ratioGoal, measure: efficiency("prompts", "nginx") },
  { what: "CPU per chunk, same format, against nginx", must: 1.9, aim: 1.5, ...costGoal, measure: cost("stream") },
  { what: "CPU per chunk, translated, against nginx", must: 2.5, aim: 2, ...costGoal, measure: cost("translated") },
  { what: "first token added, p50", must: 0.25, aim: 0.15, ...timeGoal, measure: added("stream", "p50") },
  { what: "first token added, p99", must: 1.5, aim: 0.5, ...timeGoal, measure: added("stream", "p99") },
  { what: "latency added at 1,000 rps, p50", must: 0.2, aim: 0.13, ...timeGoal, measure: added("paced", "p50") },
  { what: "latency added at 1,000 rps, p99", must: 1, aim: 0.5, ...timeGoal, measure: added("paced", "p99") },
  {
    what: "concurrent streams without loss or stall",
    must: 2_000,
    aim: 10_000,
    better: "higher",
    format: (value) => value.toLocaleString("en"),
    measure: crowdOf((sample) => (isUnharmed(sample) ? sample.streams : 0)),
  },
  {
    what: "memory of each stream",
    must: 32 * 1_024,
    aim: 20 * 1_024,
    better: "lower",
    format: kilobytes,
    measure: crowdOf((sample) => sample.memory?.bytesPerStream),
  },
  {
    what: "memory when idle",
    must: 60 * 1_048_576,
    better: "lower",
    format: megabytes,
    measure: crowdOf((sample) => sample.memory?.idleBytes),
  },
  {
    what: "memory with 2,000 streams",
    must: 150 * 1_048_576,
    better: "lower",
    format: megabytes,
    measure: crowdOf((sample) => (sample.streams >= 2_000 ? sample.memory?.peakBytes : undefined)),
  },
  {
    what: "start to first 200, migrated data",
    must: 100,
    aim: 50,
    better: "lower",
    format: wholeMilliseconds,
    measure: startOf((times) => times.migratedMs),
  },
  {
    what: "start to first 200, new data directory",
    must: 100,
    aim: 50,
    better: "lower",
    format: wholeMilliseconds,
    measure: startOf((times) => times.brandNewMs),
  },
];

export function judge(results: Results): Judgement[] {
  return goals.map((goal) => {
    const spread = spreadOf(goal.measure(results, "sluice"));
    const of = (yardstick: string) => {
      const median = spreadOf(goal.measure(results, yardstick))?.median;
      return median === undefined ? "" : goal.format(median);
    };
    const sign = goal.better === "higher" ? "≥" : "≤";
    return {
      what: goal.what,
      must: `${sign} ${goal.format(goal.must)}`,
      aim: goal.aim === undefined ? "" : goal.format(goal.aim),
      measured: spread ? goal.format(spread.median) : "–",
      ofRelay: of("bare relay"),
      ofNginx: of("nginx"),
      spread,
      verdict: verdictOn(goal, spread?.median),
      isGate: goal.isGate ?? false,
    };
  });
}

export function isUnharmed({ lostChunks, failedStreams, stalls }: CrowdSample): boolean {
  return lostChunks === 0 && failedStreams === 0 && stalls === 0;
}

function verdictOn({ must, aim, better }: Goal, value: number | undefined): Verdict {
  if (value === undefined) return "not measured";
  const reaches = (line: number) => (better === "higher" ? value >= line : value <= line);
  if (!reaches(must)) return "MISSED";
  return aim !== undefined && reaches(aim) ? "aim met" : "must met";
}
