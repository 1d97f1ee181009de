import type { Control } from "./control.ts";
import type { ProviderKeyView } from "./key-status.ts";
import { MAX_PAGE } from "./page.ts";
import { findProviderKeys, getProviderKey, type ProviderKeyFilter } from "./provider-keys.ts";
import { invalid, ok, type Result, refuse } from "./user-errors.ts";
import { applyChange } from "./writes.ts";

/** Rows by id, or by the same filter the table shows, so that "select all 4,812" is one call. */
export interface ProviderKeySelection {
  readonly ids?: readonly string[] | null;
  readonly filter?: ProviderKeyFilter | null;
  readonly excludeIds: readonly string[];
}

/** Each is a write of its own, of about a millisecond: more would not end within an operation's time. */
const MAX_SELECTED = 5000;

export const KEY_ACTIONS = ["ENABLE", "DISABLE", "RESET"] as const;
export type KeyAction = (typeof KEY_ACTIONS)[number];

export interface ActedOnKeys {
  readonly affected: number;
  /** At most a page of them. */
  readonly keys: readonly ProviderKeyView[];
}

export async function actOnProviderKeys(
  control: Control,
  selection: ProviderKeySelection,
  action: KeyAction,
): Promise<Result<ActedOnKeys>> {
  const selected = await select(control, selection);
  if (!selected.ok) return selected;
  const ids: string[] = [];
  try {
    for await (const id of perform(control, selected.value, action)) ids.push(id);
  } finally {
    // Also when it broke off in the middle: what has been stored must come into force.
    if (ids.length > 0) await applyChange(control, { noun: "providerKey", kind: "updated", ids });
  }
  const keys = await Promise.all(ids.slice(0, MAX_PAGE).map((id) => getProviderKey(control, id)));
  return ok({ affected: ids.length, keys: keys.filter((key) => key !== null) });
}

export async function deleteProviderKeys(control: Control, selection: ProviderKeySelection): Promise<Result<string[]>> {
  const selected = await select(control, selection);
  if (!selected.ok) return selected;
  const deleted = await control.store.providerKeys.delete(selected.value.map((key) => key.id));
  if (deleted.length > 0) await applyChange(control, { noun: "providerKey", kind: "deleted", ids: deleted });
  return ok(deleted);
}

async function select(control: Control, selection: ProviderKeySelection): Promise<Result<ProviderKeyView[]>> {
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

/** Yields the keys that it changed. */
async function* perform(control: Control, keys: readonly ProviderKeyView[], action: KeyAction) {
  const enabled = action === "ENABLE";
  for (const key of keys) {
    if (action === "RESET") {
      control.pool.reset(key.id, control.now());
      yield key.id;
    } else if (key.enabled !== enabled) {
      const written = await control.store.providerKeys.update(key.id, { enabled });
      if (written.kind === "ok") yield key.id;
    }
  }
}
