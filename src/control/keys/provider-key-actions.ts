import { z } from "zod";
import type { ProviderKeyRow } from "../../store/types.ts";
import type { Control } from "../control.ts";
import { tagsField } from "../fields.ts";
import { MAX_PAGE } from "../page.ts";
import { invalid, notFound, ok, type Result, readInput, refuse } from "../user-errors.ts";
import { applyChange } from "../writes.ts";
import { type ProviderKeySelection, selectKeys } from "./key-selection.ts";
import type { ProviderKeyView } from "./key-status.ts";
import { findProviderKeys } from "./matching-keys.ts";
import { getProviderKey } from "./provider-keys.ts";

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
  const selected = await selectKeys(control, selection);
  if (!selected.ok) return selected;
  if (action === "RESET") {
    for (const { id } of selected.value) control.pool.reset(id, control.now());
    return changed(
      control,
      selected.value.map(({ id }) => id),
    );
  }
  const enabled = action === "ENABLE";
  const others = selected.value.filter((key) => key.enabled !== enabled).map(({ id }) => id);
  return changed(control, await control.store.providerKeys.setMany(others, { enabled }));
}

const tagInput = z.strictObject({ add: tagsField, remove: tagsField });
const MAX_TAGS = 20;

export async function tagProviderKeys(
  control: Control,
  selection: ProviderKeySelection,
  tags: { readonly add: readonly string[]; readonly remove: readonly string[] },
): Promise<Result<ActedOnKeys>> {
  const read = readInput(tagInput, { add: [...tags.add], remove: [...tags.remove] });
  if (!read.ok) return read;
  const selected = await selectKeys(control, selection);
  if (!selected.ok) return selected;
  const { add, remove } = read.value;
  const groups = new Map<string, { readonly tags: readonly string[]; readonly ids: string[] }>();
  for (const key of selected.value) {
    const wanted = [...new Set([...key.tags.filter((tag) => !remove.includes(tag)), ...add])];
    if (wanted.length > MAX_TAGS) return refuse(invalid("add", `A key has at most ${MAX_TAGS} tags.`, "OUT_OF_RANGE"));
    if (sameTags(wanted, key.tags)) continue;
    const name = JSON.stringify(wanted);
    const group = groups.get(name) ?? { tags: wanted, ids: [] };
    group.ids.push(key.id);
    groups.set(name, group);
  }
  const ids: string[] = [];
  for (const group of groups.values()) {
    ids.push(...(await control.store.providerKeys.setMany(group.ids, { tags: group.tags })));
  }
  return changed(control, ids);
}

function sameTags(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((tag, index) => tag === right[index]);
}

const MAX_REORDERED = 1000;

/** Moves keys of one provider so that they follow `afterId` (null: to the top), by numbering the provider's priorities anew. */
export async function reorderProviderKeys(
  control: Control,
  input: { readonly providerId: string; readonly ids: readonly string[]; readonly afterId: string | null },
): Promise<Result<ActedOnKeys>> {
  const { providerId, ids, afterId } = input;
  const keys = await findProviderKeys(control, { providers: [providerId] });
  if (ids.length > MAX_REORDERED)
    return refuse(invalid("ids", `At most ${MAX_REORDERED} keys at once.`, "OUT_OF_RANGE"));
  const byId = new Map(keys.map((key) => [key.id, key]));
  const missing = ids.find((id) => !byId.has(id));
  if (missing !== undefined) return refuse(notFound("ids", "key of this provider", missing));
  if (afterId !== null && (!byId.has(afterId) || ids.includes(afterId))) {
    return refuse(notFound("afterId", "other key of this provider", afterId));
  }
  const moved = new Set(ids);
  const rest = keys.filter(({ id }) => !moved.has(id)).sort(byPriority);
  const at = afterId === null ? 0 : rest.findIndex(({ id }) => id === afterId) + 1;
  const order = [...rest.slice(0, at), ...[...moved].map((id) => byId.get(id)!), ...rest.slice(at)];
  const changes = order.flatMap((key, priority) => (key.priority === priority ? [] : [{ id: key.id, priority }]));
  const done: string[] = [];
  for (let start = 0; start < changes.length; start += SLICE) {
    const slice = changes.slice(start, start + SLICE);
    const writes = slice.map(({ id, priority }) => ({ kind: "update", id, patch: { priority } }) as const);
    const written = await control.store.providerKeys.writeMany(writes);
    done.push(...written.flatMap((each) => (each.kind === "ok" ? [each.row.id] : [])));
  }
  return changed(control, done);
}

const SLICE = 250;

function byPriority(left: ProviderKeyRow, right: ProviderKeyRow): number {
  return left.priority - right.priority || (left.id < right.id ? -1 : 1);
}

async function changed(control: Control, ids: readonly string[]): Promise<Result<ActedOnKeys>> {
  if (ids.length > 0) await applyChange(control, { noun: "providerKey", kind: "updated", ids });
  const keys = await Promise.all(ids.slice(0, MAX_PAGE).map((id) => getProviderKey(control, id)));
  return ok({ affected: ids.length, keys: keys.filter((key) => key !== null) });
}
