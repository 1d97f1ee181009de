import type { ProviderEntry } from "../../snapshot.ts";
import type { JobItem } from "../../store/job-types.ts";
import type { OpenedProviderKey } from "../../store/types.ts";
import { eachItem } from "../jobs/each-item.ts";
import type { JobRun } from "../jobs/job-kind.ts";

/** What one key comes to. */
export type KeyOutcome = Pick<JobItem, "outcome" | "message"> & { readonly latencyMs?: number };

/** Works on the keys of a job side by side, each as it is when its turn comes. */
export async function eachKey(
  run: JobRun<{ readonly keyIds: readonly string[] }>,
  concurrency: number,
  work: (key: OpenedProviderKey, provider: ProviderEntry) => Promise<KeyOutcome>,
): Promise<void> {
  const { control, params } = run;
  await eachItem(run, params.keyIds, concurrency, async (keyId, index) => {
    const key = await control.store.providerKeys.open(keyId);
    const provider = key === null ? undefined : control.snapshots.current.providersById.get(key.providerId);
    if (key === null || provider === undefined) {
      return run.settle({ index, outcome: "SKIPPED", message: "It has been deleted meanwhile." });
    }
    const outcome = await work(key, provider);
    run.settle({ index, subjectId: keyId, secretPreview: key.secretPreview, ...outcome });
  });
}
