import type { Quirk } from "../../llm/names.ts";
import { type QuirkInForce, quirksInForce } from "../../policy/quirks.ts";
import type { ProviderRow } from "../../store/types.ts";
import type { Control } from "../control.ts";
import type { ControlDeps } from "../deps.ts";
import { notFound, ok, type Result, refuse } from "../user-errors.ts";
import { applyChange } from "../writes.ts";

export type { QuirkInForce } from "../../policy/quirks.ts";

/** What the provider's upstream is taken to be like, and who says so. */
export function listQuirks(provider: ProviderRow): readonly QuirkInForce[] {
  return quirksInForce(provider);
}

/**
 * Writes down what the gateway learned of an upstream and puts it in force. `words` is what the upstream said. False, and nothing
 * happens, when it is known already, is ignored, or when the provider is gone.
 */
export async function learnQuirk(
  deps: Pick<ControlDeps, "store" | "snapshots" | "events" | "now">,
  providerId: string,
  quirk: Quirk,
  words: string,
): Promise<boolean> {
  const isNews = await deps.store.providers.learnQuirk(providerId, { quirk, words, learnedAt: deps.now() });
  if (isNews) await applyChange(deps, { noun: "provider", kind: "updated", ids: [providerId] });
  return isNews;
}

/** Forgets what was learned; the next refusal may teach it again. To keep it away for good, it is ignored (`ignoredQuirks`). */
export async function forgetQuirk(control: Control, providerId: string, quirk: Quirk): Promise<Result<ProviderRow>> {
  const row = await control.store.providers.forgetQuirk(providerId, quirk);
  if (row === null) return refuse(notFound("providerId", "provider", providerId));
  await applyChange(control, { noun: "provider", kind: "updated", ids: [providerId] });
  return ok(row);
}
