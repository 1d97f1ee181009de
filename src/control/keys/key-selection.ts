import type { ProviderKeyRow } from "../../store/types.ts";
import type { Control } from "../control.ts";
import { invalid, ok, type Result, refuse } from "../user-errors.ts";
import { findProviderKeys } from "./matching-keys.ts";
import type { ProviderKeyFilter } from "./provider-key-filter.ts";

/** Rows by id, or by the same filter the table shows, so that "select all 4,812" is one call. */
export interface ProviderKeySelection {
  readonly ids?: readonly string[] | null;
  readonly filter?: ProviderKeyFilter | null;
  readonly excludeIds: readonly string[];
}

/** More would not end within an operation's time. */
const MAX_SELECTED = 100_000;

export async function selectKeys(control: Control, selection: ProviderKeySelection): Promise<Result<ProviderKeyRow[]>> {
  // Neither would mean every key there is: too easy to say by mistake. `filter: {}` says it on purpose.
  if ((selection.ids == null) === (selection.filter == null)) {
    return refuse(invalid("selection", "Give `ids` or `filter`: one of the two.", "REQUIRED"));
  }
  const excluded = new Set(selection.excludeIds);
  const found = await findProviderKeys(control, selection.filter ?? { ids: selection.ids ?? [] });
  const selected = found.filter((key) => !excluded.has(key.id));
  if (selected.length > MAX_SELECTED) {
    const message = `At most ${MAX_SELECTED} keys at once, and these are ${selected.length}: narrow the selection.`;
    return refuse(invalid("selection", message, "OUT_OF_RANGE"));
  }
  return ok(selected);
}
