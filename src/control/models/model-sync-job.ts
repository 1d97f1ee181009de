import { z } from "zod";
import { listsModels } from "../../providers/model-list.ts";
import type { Control } from "../control.ts";
import { idField } from "../fields.ts";
import { eachItem } from "../jobs/each-item.ts";
import type { JobKind } from "../jobs/job-kind.ts";
import type { JobView } from "../jobs/job-view.ts";
import { type Given, invalid, notFound, ok, type Result, readInput, refuse } from "../user-errors.ts";
import { SYNC_KINDS, type SyncEntry } from "./model-diff.ts";
import { MOST_AT_ONCE, previewModelSync, syncModels } from "./model-sync.ts";

const AT_ONCE = 4;
/** A script wants the outcome, not a job to watch: most are over by then. */
const PATIENCE_MS = 2000;

const params = z.object({ providerIds: z.array(z.string()), apply: z.array(z.enum(SYNC_KINDS)) });

/** Asks provider after provider; an item each. Done twice it finds nothing left to do. */
export const syncModelsJob: JobKind<z.output<typeof params>> = {
  name: "SYNC_MODELS",
  params,
  async run(run) {
    const { control } = run;
    const { providerIds, apply } = run.params;
    await eachItem(run, providerIds, AT_ONCE, async (providerId, index) => {
      const done = await syncProvider(control, providerId, apply);
      const outcome = done.ok ? "SUCCEEDED" : "FAILED";
      const message = done.ok ? done.value : (done.errors[0]?.message ?? null);
      run.settle({ index, outcome, message, subjectId: providerId });
    });
  },
};

/** In words: what differs, and how much of it was applied. */
async function syncProvider(
  control: Control,
  providerId: string,
  apply: readonly SyncEntry["kind"][],
): Promise<Result<string>> {
  const preview = await previewModelSync(control, providerId);
  if (!preview.ok) return preview;
  const { entries } = preview.value;
  const counts = SYNC_KINDS.map((kind) => {
    const count = entries.filter((entry) => entry.kind === kind).length;
    return `${count} ${kind.toLowerCase()}`;
  });
  const keys = entries.filter(({ kind }) => apply.includes(kind)).map(({ key }) => key);
  for (let start = 0; start < keys.length; start += MOST_AT_ONCE) {
    const written = await syncModels(control, { providerId, apply: keys.slice(start, start + MOST_AT_ONCE) });
    if (!written.ok) return written;
  }
  return ok(`${counts.join(", ")}; ${keys.length} applied.`);
}

const input = z.strictObject({
  providerIds: z.array(idField).min(1, "Name a provider, or leave this out for all.").max(1000).nullish(),
  apply: z.array(z.enum(SYNC_KINDS)).default([]),
});

export async function startModelSync(control: Control, given: Given<typeof input>): Promise<Result<JobView>> {
  const read = readInput(input, given);
  if (!read.ok) return read;
  const { apply } = read.value;
  const providers = await control.rows.providers();
  const asked = [...providers.values()].filter(({ enabled, kind }) => enabled && listsModels(kind)).map(({ id }) => id);
  const providerIds = [...new Set(read.value.providerIds ?? asked)];
  const missing = providerIds.flatMap((id, index) =>
    providers.has(id) ? [] : [notFound(["providerIds", String(index)], "provider", id)],
  );
  if (missing.length > 0) return refuse(...missing);
  if (providerIds.length === 0) return refuse(invalid("providerIds", "No enabled provider lists its models."));
  const started = await control.jobs.start(syncModelsJob, { providerIds, apply }, { total: providerIds.length });
  await control.jobs.settled(started.id, PATIENCE_MS);
  return ok((await control.jobs.get(started.id)) ?? started);
}
