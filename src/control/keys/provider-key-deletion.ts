import type { Control } from "../control.ts";
import { type Deletion, nothingLeft, type Restoration, readDeletion, undoable } from "../deletion.ts";
import { ok, type Result } from "../user-errors.ts";
import { applyChange } from "../writes.ts";
import { type ProviderKeySelection, selectKeys } from "./key-selection.ts";

/** For so long a deletion can be taken back; then the keys are gone for good. */
const UNDO_MS = 86_400_000;

/** They leave the pool at once; what was observed of them is kept for as long as they may come back. */
export async function deleteProviderKeys(control: Control, selection: ProviderKeySelection): Promise<Result<Deletion>> {
  const selected = await selectKeys(control, selection);
  if (!selected.ok) return selected;
  const { deletedAt, ids } = await control.store.providerKeys.retire(selected.value.map((key) => key.id));
  if (ids.length > 0) await applyChange(control, { noun: "providerKey", kind: "deleted", ids });
  return ok(undoable(control, "provider key", { deletedIds: ids, deletion: deletedAt, untilMs: deletedAt + UNDO_MS }));
}

/** Forgets for good what can no longer be taken back. */
export async function purgeProviderKeys(control: Control): Promise<void> {
  await control.store.providerKeys.purge(control.now() - UNDO_MS);
}

/** Brings back what one deletion took, with the health that the keys had. */
export async function restoreProviderKeys(control: Control, undoToken: string): Promise<Result<Restoration>> {
  const read = readDeletion(control, "provider key", undoToken);
  if (!read.ok) return read;
  const deletedAt = read.value;
  const ids = (await control.store.providerKeys.listRetired())
    .filter((key) => key.deletedAt === deletedAt)
    .map(({ id }) => id);
  if (ids.length === 0 || deletedAt + UNDO_MS < control.now()) return nothingLeft();
  return ok(await bringBack(control, ids));
}

async function bringBack(control: Control, ids: readonly string[]): Promise<Restoration> {
  const restoredIds: string[] = [];
  const conflictingIds: string[] = [];
  for (let start = 0; start < ids.length; start += SLICE) {
    const slice = ids.slice(start, start + SLICE);
    const written = await control.store.providerKeys.writeMany(slice.map((id) => ({ kind: "restore", id, patch: {} })));
    for (const [index, each] of written.entries()) {
      (each.kind === "ok" ? restoredIds : conflictingIds).push(slice[index]!);
    }
  }
  await bringBackHealth(control, restoredIds);
  if (restoredIds.length > 0) await applyChange(control, { noun: "providerKey", kind: "created", ids: restoredIds });
  return { restoredIds, conflictingIds };
}

/** Before the snapshot names the keys again. */
export async function bringBackHealth(control: Control, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  const { states, uses } = await control.store.keyStates.of(ids);
  control.pool.restore(states, uses);
}

const SLICE = 250;
