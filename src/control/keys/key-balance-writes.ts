import type { Control } from "../control.ts";
import { parseUsd } from "../usage/money.ts";
import { readUsageOf } from "../usage/noun-usage.ts";
import { invalid, notFound, ok, type Result, refuse } from "../user-errors.ts";
import type { ProviderKeyView } from "./key-status.ts";
import { getProviderKey } from "./provider-keys.ts";

/** A person's figure, for vendors that do not tell it. */
export async function setKeyBalance(
  control: Control,
  input: { readonly id: string; readonly remaining?: string | null; readonly total?: string | null },
): Promise<Result<ProviderKeyView>> {
  const key = await getProviderKey(control, input.id);
  if (key === null) return refuse(notFound("id", "provider key", input.id));
  if (input.remaining == null) {
    await control.balances.clear(key.id);
    return ok(key);
  }
  const remaining = parseUsd(input.remaining);
  const total = input.total == null ? null : parseUsd(input.total);
  if (remaining === null || remaining < 0) return refuse(invalid("remaining", "A balance is an amount of 0 or more."));
  if (input.total != null && (total === null || total < remaining)) {
    return refuse(invalid("total", "The total is not less than what remains."));
  }
  const refreshedAt = control.now();
  await control.balances.put([{ keyId: key.id, remaining, total, currency: "USD", source: "manual", refreshedAt }]);
  return ok(key);
}

const DAY_MS = 86_400_000;
const LONGEST_DAYS = 3650;

/** When each will be empty if every day is like the last one, in the order of `keyIds`; null when nothing can be said. */
export async function estimateEmptyAt(control: Control, keyIds: readonly string[]): Promise<(number | null)[]> {
  const range = { from: "now-24h", to: "now" };
  const usage = await readUsageOf(control, "key", keyIds, { range, timeZone: "UTC" });
  const nowMs = control.now();
  return keyIds.map((id, index) => {
    const balance = control.balances.get(id);
    const { costNanoUsd } = usage[index]!;
    if (balance?.remaining == null || balance.currency !== "USD") return null;
    if (balance.remaining <= 0) return nowMs;
    const days = balance.remaining / costNanoUsd;
    return days > LONGEST_DAYS ? null : nowMs + days * DAY_MS;
  });
}
