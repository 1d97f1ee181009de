import { z } from "zod";
import type { Control } from "../control.ts";
import type { JobKind } from "../jobs/job-kind.ts";
import type { JobView } from "../jobs/job-view.ts";
import { invalid, ok, type Result, refuse } from "../user-errors.ts";
import { applyChange } from "../writes.ts";
import { eachKey } from "./each-key.ts";
import { checkKey, isRefused, patiently, wordsOf } from "./key-check.ts";
import { type ProviderKeySelection, selectKeys } from "./key-selection.ts";

const MOST_AT_ONCE = 64;

const params = z.object({ keyIds: z.array(z.string()), concurrency: z.number(), disableInvalid: z.boolean() });

/** Asks each key's vendor whether it takes the key. */
export const validateKeysJob: JobKind<z.output<typeof params>> = {
  name: "VALIDATE_PROVIDER_KEYS",
  params,
  async run(run) {
    const { control, params } = run;
    const refused: string[] = [];
    await eachKey(run, params.concurrency, async (key, provider) => {
      const check = await patiently(() => checkKey(control, provider, key), run.signal);
      if (isRefused(check) && params.disableInvalid && key.enabled) refused.push(key.id);
      control.events.emit("keyNews", { kind: "validated", keyId: key.id, atMs: control.now() });
      const outcome = check.failure === null ? "SUCCEEDED" : "FAILED";
      return { outcome, message: wordsOf(check), latencyMs: check.latencyMs };
    });
    await disable(control, refused);
  },
};

async function disable(control: Control, ids: readonly string[]): Promise<void> {
  const changed = await control.store.providerKeys.setMany(ids, { enabled: false });
  if (changed.length > 0) await applyChange(control, { noun: "providerKey", kind: "updated", ids: changed });
}

export async function validateProviderKeys(
  control: Control,
  selection: ProviderKeySelection,
  options: { readonly concurrency: number; readonly disableInvalid: boolean },
): Promise<Result<JobView>> {
  if (options.concurrency < 1 || options.concurrency > MOST_AT_ONCE) {
    return refuse(invalid("concurrency", `Between 1 and ${MOST_AT_ONCE} at once.`, "OUT_OF_RANGE"));
  }
  const selected = await selectKeys(control, selection);
  if (!selected.ok) return selected;
  const keyIds = selected.value.map(({ id }) => id);
  return ok(await control.jobs.start(validateKeysJob, { keyIds, ...options }, { total: keyIds.length }));
}
