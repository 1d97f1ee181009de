import type { Accounting } from "./accounting.ts";
import type { CrowdSample } from "./crowd.ts";
import type { Distribution } from "./load.ts";
import type { Sample } from "./measurement.ts";
import type { StartUpTimes } from "./start-up.ts";
import { pairwise, type Series } from "./statistics.ts";

/** All that was measured, by scenario and contestant, and then by round. */
export class Results {
  readonly samples: Record<string, Record<string, Sample[]>> = {};
  readonly crowd: Record<string, CrowdSample[]> = {};
  startUp?: StartUpTimes;
  accounting?: Accounting;
  /** What a reader must know before believing the figures. */
  readonly warnings: string[] = [];

  record(scenario: string, contestant: string, round: number, sample: Sample): void {
    this.samples[scenario] ??= {};
    this.samples[scenario][contestant] ??= [];
    this.samples[scenario][contestant][round] = sample;
  }

  recordCrowd(contestant: string, round: number, sample: CrowdSample): void {
    this.crowd[contestant] ??= [];
    this.crowd[contestant][round] = sample;
  }

  series(scenario: string, contestant: string, read: (sample: Sample) => number | undefined): Series {
    const samples = this.samples[scenario]?.[contestant] ?? [];
    return Array.from(samples, (sample) => (sample?.isClean ? read(sample) : undefined));
  }

  hasCleanSamples(scenario: string, contestant: string): boolean {
    const samples = this.samples[scenario]?.[contestant] ?? [];
    return samples.length > 0 && samples.every((sample) => sample?.isClean);
  }

  /** Answers received in all, warm-up included; those of the crowd come from another process. */
  answered(contestant: string): number {
    const samples = Object.values(this.samples).flatMap((byContestant) => byContestant[contestant] ?? []);
    return samples.reduce((sum, sample) => sum + (sample?.load.answered ?? 0), 0);
  }

  crowdSeries(contestant: string, read: (sample: CrowdSample) => number | undefined): Series {
    return Array.from(this.crowd[contestant] ?? [], (sample) => sample && read(sample));
  }

  /** How many times `contestant` gets the same work done for the CPU time that `yardstick` takes. */
  efficiency(scenario: string, contestant: string, yardstick: string): Series {
    const cpu = (name: string) => this.series(scenario, name, (sample) => sample.cpuUs);
    return pairwise(cpu(yardstick), cpu(contestant), (theirs, ours) => theirs / ours);
  }

  /** What a contestant adds to the time it takes without it, in milliseconds. */
  added(scenario: string, contestant: string, read: (sample: Sample) => number | undefined): Series {
    const through = this.series(scenario, contestant, read);
    const without = this.series(scenario, "direct", read);
    return pairwise(through, without, (a, b) => (a - b) / 1_000);
  }
}

/** What a scenario's users wait for: the first token of a stream, or the whole answer. */
export function waitOf(sample: Sample): Distribution {
  return sample.load.stream?.firstToken ?? sample.load.latency;
}
