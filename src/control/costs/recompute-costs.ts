import { z } from "zod";
import type { Control } from "../control.ts";
import type { JobView } from "../jobs/job-view.ts";
import { readRange, type TimeRangeInput } from "../usage/time-range.ts";
import { type Given, ok, type Result, readInput, refuse } from "../user-errors.ts";
import { recomputeCostsJob } from "./recompute-costs-job.ts";

const name = z.string().min(1).max(256);
const input = z.strictObject({
  models: z.array(name).max(200).nullish(),
  providers: z.array(name).max(200).nullish(),
  onlyUnknownPrice: z.boolean(),
  dryRun: z.boolean(),
  idempotencyKey: z.string().min(1).max(200).nullish(),
});
export type RecomputeInput = Given<typeof input> & { readonly range: TimeRangeInput };

/** The range's times are taken now. One at a time: two would each find what the other has half done. */
export async function recomputeCosts(control: Control, { range, ...rest }: RecomputeInput): Promise<Result<JobView>> {
  const read = readInput(input, rest);
  if (!read.ok) return read;
  const { models, providers, onlyUnknownPrice, dryRun, idempotencyKey } = read.value;
  const times = readRange(range, { timeZone: "UTC", nowMs: control.now() });
  const running = (await control.store.jobs.unfinished()).find(({ kind }) => kind === recomputeCostsJob.name);
  if (running !== undefined && (idempotencyKey == null || running.idempotencyKey !== idempotencyKey)) {
    return refuse({
      kind: "conflict",
      code: "CONFLICT",
      message: "Costs are being recomputed already: wait for that job, or cancel it.",
      field: null,
      blockers: [running],
    });
  }
  const params = {
    ...times,
    models: models ?? [],
    providerIds: providers ?? [],
    onlyUnknown: onlyUnknownPrice,
    isDryRun: dryRun,
  };
  return ok(await control.jobs.start(recomputeCostsJob, params, { idempotencyKey: idempotencyKey ?? null }));
}
