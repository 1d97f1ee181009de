import { timingSafeEqual } from "node:crypto";
import type { Control } from "./control.ts";
import { type ProviderKeySelection, selectKeys } from "./key-selection.ts";
import { invalid, ok, type Result, refuse } from "./user-errors.ts";
import { applyChange } from "./writes.ts";

/** For so long a deletion can be taken back; then the keys are gone for good. */
const UNDO_MS = 86_400_000;

export interface DeletedKeys {
  readonly deletedIds: readonly string[];
  /** Null when nothing was deleted. */
  readonly undoToken: string | null;
  readonly undoableUntil: number | null;
}

/** They leave the pool at once; what was observed of them is kept for as long as they may come back. */
export async function deleteProviderKeys(
  control: Control,
  selection: ProviderKeySelection,
): Promise<Result<DeletedKeys>> {
  const selected = await selectKeys(control, selection);
  if (!selected.ok) return selected;
  const { deletedAt, ids } = await control.store.providerKeys.retire(selected.value.map((key) => key.id));
  if (ids.length === 0) return ok({ deletedIds: [], undoToken: null, undoableUntil: null });
  await applyChange(control, { noun: "providerKey", kind: "deleted", ids });
  return ok({ deletedIds: ids, undoToken: tokenFor(control, deletedAt), undoableUntil: deletedAt + UNDO_MS });
}

export interface RestoredKeys {
  readonly restoredIds: readonly string[];
  /** Not brought back: their name or secret has been given again meanwhile. */
  readonly conflictingIds: readonly string[];
}

/** Forgets for good what can no longer be taken back. */
export async function purgeProviderKeys(control: Control): Promise<void> {
  await control.store.providerKeys.purge(control.now() - UNDO_MS);
}

/** Brings back what one deletion took, with the health that the keys had. */
export async function restoreProviderKeys(control: Control, undoToken: string): Promise<Result<RestoredKeys>> {
  const deletedAt = readToken(control, undoToken);
  if (deletedAt === null) return refuse(invalid("undoToken", "This is no token of a deletion."));
  const ids = (await control.store.providerKeys.listRetired())
    .filter((key) => key.deletedAt === deletedAt)
    .map(({ id }) => id);
  if (ids.length === 0 || deletedAt + UNDO_MS < control.now()) {
    return refuse(invalid("undoToken", "There is nothing left to bring back.", "CONFLICT"));
  }
  return ok(await bringBack(control, ids));
}

async function bringBack(control: Control, ids: readonly string[]): Promise<RestoredKeys> {
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

function tokenFor(control: Control, deletedAt: number): string {
  return `${deletedAt}.${control.vault.mac("undo-key-deletion", String(deletedAt)).slice(0, 32)}`;
}

function readToken(control: Control, token: string): number | null {
  const match = /^(\d{1,15})\.([0-9a-f]{32})$/.exec(token);
  if (match === null) return null;
  const expected = tokenFor(control, Number(match[1]));
  return expected.length === token.length && timingSafeEqual(Buffer.from(expected), Buffer.from(token))
    ? Number(match[1])
    : null;
}
