import { z } from "zod";
import type { CostPlan, DayCosts } from "../../store/cost-types.ts";
import { breathe } from "../jobs/each-item.ts";
import type { JobKind, JobRun } from "../jobs/job-kind.ts";
import { type PriceBook, planDay, readPriceBook } from "./cost-plan.ts";
import {
  addDay,
  type CostCheckpoint,
  type CostResult,
  costCheckpoint,
  describeCosts,
  doneOf,
  sumOf,
} from "./cost-result.ts";

const DAY_MS = 86_400_000;

const params = z.object({
  fromMs: z.number(),
  toMs: z.number(),
  models: z.array(z.string()),
  providerIds: z.array(z.string()),
  onlyUnknown: z.boolean(),
  isDryRun: z.boolean(),
});
type Run = JobRun<z.output<typeof params>>;

/**
 * Prices what the log holds anew, day by day, oldest first. Each quarter hour is written whole, rows and roll-ups, and what has the
 * right cost is left alone: whatever interrupts it, it can be done again.
 */
export const recomputeCostsJob: JobKind<z.output<typeof params>> = {
  name: "RECOMPUTE_COSTS",
  params,
  async run(run) {
    const { costs } = run.control.store;
    const begun = costCheckpoint.safeParse(run.checkpoint).data ?? null;
    const { isDryRun } = run.params;
    const days = begun?.days ?? (await daysOf(run));
    run.expect(days.length);
    const book = await readPriceBook(run.control);
    let result: CostResult = begun?.earlier ?? { isDryRun, models: {}, days: [] };
    for (const [index, day] of days.entries()) {
      if (run.signal.aborted) return;
      if (begun !== null && day < begun.day) continue;
      const plan = await makePlan(run, book, day);
      const found = begun?.day === day ? begun.found : await costs.look(day, plan);
      await run.save({ days, day, found, earlier: result } satisfies CostCheckpoint);
      const models = isDryRun ? found.models : await rewriteDay(run, day, plan, found);
      result = addDay(result, day, models);
      run.report(result);
      if (run.signal.aborted) return; // in the middle of the day, perhaps
      run.settle({ index, outcome: "SUCCEEDED", message: describeCosts(day, sumOf(models)) });
      await breathe(run.signal);
    }
  },
};

async function daysOf({ control, params: { fromMs, toMs } }: Run): Promise<number[]> {
  const days = await control.store.costs.days();
  return days.filter((day) => (day + 1) * DAY_MS > fromMs && day * DAY_MS < toMs);
}

async function makePlan({ control, params }: Run, book: PriceBook, day: number): Promise<CostPlan> {
  const range = { fromMs: day * DAY_MS, toMs: (day + 1) * DAY_MS };
  return planDay(book, params, await control.store.costs.routes(day), range);
}

/** Answers what became of the day: of all of it, or of what was done before the job was stopped. */
async function rewriteDay(run: Run, day: number, plan: CostPlan, found: DayCosts): Promise<DayCosts["models"]> {
  const { costs } = run.control.store;
  for (const quarter of found.quarters) {
    if (run.signal.aborted) break;
    await costs.rewrite(day, quarter, plan);
  }
  if (found.quarters.length > 0) await costs.settle(day);
  return run.signal.aborted ? doneOf(found.models, (await costs.look(day, plan)).models) : found.models;
}
