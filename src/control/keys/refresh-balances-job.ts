import { z } from "zod";
import { jsonOrNull } from "../../lib/json-or-null.ts";
import { OutboundError } from "../../lib/outbound.ts";
import { balanceSourceOf, type VendorBalance } from "../../providers/balances.ts";
import type { ProviderEntry } from "../../snapshot.ts";
import type { OpenedProviderKey } from "../../store/types.ts";
import { askAsKey } from "../ask-as-key.ts";
import type { Control } from "../control.ts";
import type { JobKind } from "../jobs/job-kind.ts";
import type { JobView } from "../jobs/job-view.ts";
import { toNanoUsd } from "../usage/money.ts";
import { ok, type Result } from "../user-errors.ts";
import { eachKey } from "./each-key.ts";
import { type ProviderKeySelection, selectKeys } from "./key-selection.ts";

const CONCURRENCY = 8;

const params = z.object({ keyIds: z.array(z.string()) });

/** Asks each key's vendor what is left; a person's figure stays where the vendor does not say. */
export const refreshBalancesJob: JobKind<z.output<typeof params>> = {
  name: "REFRESH_KEY_BALANCES",
  params,
  async run(run) {
    const { control } = run;
    await eachKey(run, CONCURRENCY, async (key, provider) => {
      const balance = await askBalance(control, provider, key);
      if (typeof balance === "string") return { outcome: "FAILED", message: balance };
      if (balance === null) return { outcome: "SKIPPED", message: "This vendor does not say what is left." };
      const remaining = balance.remaining === null ? null : toNanoUsd(balance.remaining);
      const total = balance.total === null ? null : toNanoUsd(balance.total);
      const { currency } = balance;
      const keyId = key.id;
      await control.balances.put([{ keyId, remaining, total, currency, source: "vendor", refreshedAt: control.now() }]);
      return { outcome: "SUCCEEDED", message: `${balance.remaining ?? "no limit"} ${currency}` };
    });
  },
};

export async function refreshKeyBalances(control: Control, selection: ProviderKeySelection): Promise<Result<JobView>> {
  const selected = await selectKeys(control, selection);
  if (!selected.ok) return selected;
  const keyIds = selected.value.map(({ id }) => id);
  return ok(await control.jobs.start(refreshBalancesJob, { keyIds }, { total: keyIds.length }));
}

/** Null: the vendor does not say. A text: why it could not be asked. */
async function askBalance(
  control: Control,
  provider: ProviderEntry,
  key: OpenedProviderKey,
): Promise<VendorBalance | string | null> {
  const source = balanceSourceOf(provider.baseUrl);
  const answers: unknown[] = [];
  for (const url of source.urls) {
    try {
      const answer = await askAsKey(control, provider, key, { url });
      if (answer.status === 404 || answer.status === 405) return null;
      // Its words could repeat the key; the status says enough.
      if (answer.status !== 200) return `The vendor answered with status ${answer.status}.`;
      answers.push(jsonOrNull(answer.text));
    } catch (error) {
      if (!(error instanceof OutboundError)) throw error;
      return `The vendor could not be asked: ${error.message}.`;
    }
  }
  return source.read(answers);
}
