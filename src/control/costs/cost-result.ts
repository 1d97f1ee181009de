import { z } from "zod";
import type { CostSums, DayCosts } from "../../store/cost-types.ts";
import type { JobRow } from "../../store/job-types.ts";

const sums = z.object({
  requests: z.number(),
  changed: z.number(),
  unpricedBefore: z.number(),
  unpricedAfter: z.number(),
  beforeNanoUsd: z.number(),
  afterNanoUsd: z.number(),
});
const byModel = z.record(z.string(), sums);

/** What came of a recomputation, or would come of it, day by day: kept with the job. */
const costResult = z.object({
  isDryRun: z.boolean(),
  models: byModel,
  days: z.array(z.object({ day: z.number(), ...sums.shape })),
});
export type CostResult = z.output<typeof costResult>;

/** A day that was begun, of all that there are: what was found before anything was written, and what came of the days before it. */
export const costCheckpoint = z
  .object({
    days: z.array(z.number()),
    day: z.number(),
    found: z.object({ models: byModel, quarters: z.array(z.number()).readonly() }),
    earlier: costResult,
  })
  .nullable();

export type CostCheckpoint = NonNullable<z.output<typeof costCheckpoint>>;

export function addDay(earlier: CostResult, day: number, models: DayCosts["models"]): CostResult {
  const added = Object.entries(models).map(([model, costs]) => [model, plus(earlier.models[model] ?? NONE, costs)]);
  const total = { ...earlier.models, ...Object.fromEntries(added) };
  return { ...earlier, models: total, days: [...earlier.days, { day, ...sumOf(models) }] };
}

/** Of a day that was left in the middle: what was found at first, without what is still to be done. */
export function doneOf(found: DayCosts["models"], left: DayCosts["models"]): DayCosts["models"] {
  return Object.fromEntries(
    Object.entries(found).map(([model, costs]) => {
      const rest = left[model] ?? NONE;
      const { beforeNanoUsd: afterNanoUsd, unpricedBefore: unpricedAfter } = rest;
      return [model, { ...costs, changed: costs.changed - rest.changed, afterNanoUsd, unpricedAfter }];
    }),
  );
}

export function sumOf(models: DayCosts["models"]): CostSums {
  return Object.values(models).reduce(plus, NONE);
}

/** Without sums of money: whoever may see the job need not see these. */
export function describeCosts(day: number, { changed, requests }: CostSums): string {
  return `${new Date(day * 86_400_000).toISOString().slice(0, 10)}: ${changed} of ${requests} requests`;
}

/** Of a job that recomputes costs; null before its first day, and for every other. */
export function readCostResult({ result }: Pick<JobRow, "result">): (CostResult & CostSums) | null {
  const read = costResult.safeParse(result).data;
  return read === undefined ? null : { ...read, ...sumOf(read.models) };
}

const NONE: CostSums = {
  requests: 0,
  changed: 0,
  unpricedBefore: 0,
  unpricedAfter: 0,
  beforeNanoUsd: 0,
  afterNanoUsd: 0,
};

function plus(a: CostSums, b: CostSums): CostSums {
  return {
    requests: a.requests + b.requests,
    changed: a.changed + b.changed,
    unpricedBefore: a.unpricedBefore + b.unpricedBefore,
    unpricedAfter: a.unpricedAfter + b.unpricedAfter,
    beforeNanoUsd: a.beforeNanoUsd + b.beforeNanoUsd,
    afterNanoUsd: a.afterNanoUsd + b.afterNanoUsd,
  };
}
