import type { Results } from "./results.ts";
import { scenarios } from "./scenarios.ts";
import { spreadOf } from "./statistics.ts";

const crowdedCoreShare = 0.05;
const nearCeilingShare = 0.8;

/** Reasons, found in the figures themselves, to believe them less. */
export function doubts(results: Results): string[] {
  return [...strangersOnCore(results), ...nearCeiling(results)];
}

function strangersOnCore(results: Results): string[] {
  const all = Object.values(results.samples).flatMap((byContestant) => Object.values(byContestant).flat());
  const share = spreadOf(all.map((sample) => sample?.strangers));
  if (!share || share.median < crowdedCoreShare) return [];
  const percent = (value: number) => `${Math.round(value * 100)} %`;
  return [
    `the servers' core was shared: other programs took ${percent(share.median)} of it (up to ${percent(share.max)}); trust ratios only`,
  ];
}

// A server that waits for its client does its work in smaller batches, so each request costs it more than under pressure.
function nearCeiling(results: Results): string[] {
  return scenarios
    .filter(({ isClosedLoop }) => isClosedLoop)
    .flatMap(({ name }) => {
      const rate = (contestant: string) =>
        spreadOf(results.series(name, contestant, (sample) => sample.perSecond))?.median ?? 0;
      return Object.keys(results.samples[name] ?? {})
        .filter((contestant) => contestant !== "direct" && rate(contestant) > nearCeilingShare * rate("direct"))
        .map(
          (contestant) =>
            `${name}: ${contestant} came near what mock and load generator can do, so it was not at its limit`,
        );
    });
}
