import type { ConfigNoun, ConfigRevision, ObjectChange } from "../../store/config-changes.ts";
import type { Control } from "../control.ts";
import {
  type Deletion,
  NOTHING_DELETED,
  nothingLeft,
  type Restoration,
  readDeletion,
  UNDO_MS,
  undoable,
} from "../deletion.ts";
import type { Undoable } from "../undo-token.ts";
import { invalid, ok, type Result, refuse } from "../user-errors.ts";
import { applyChanges, toChanges } from "../writes.ts";

type Kept = Extract<ConfigNoun, "provider" | "model" | "clientKey">;
const WORDS: Readonly<Record<Kept, Undoable>> = { provider: "provider", model: "model", clientKey: "client key" };
/** With a provider its keys went. */
const TOGETHER: Readonly<Record<Kept, readonly ConfigNoun[]>> = {
  provider: ["provider", "providerKey"],
  model: ["model"],
  clientKey: ["clientKey"],
};

/** What was just deleted in one transaction can be taken back: the history has it, with secrets as they were sealed. */
export async function toDeletion(control: Control, noun: Kept, deletedIds: readonly string[]): Promise<Deletion> {
  const removal = deletedIds.length === 0 ? null : await control.store.history.removalOf(noun, deletedIds[0]!);
  if (removal === null) return { ...NOTHING_DELETED, deletedIds };
  return undoable(control, WORDS[noun], { deletedIds, deletion: removal.version, untilMs: removal.at + UNDO_MS });
}

/** Brings back what one deletion took, and leaves alone what has been done since. */
export async function restoreDeleted(control: Control, noun: Kept, token: string): Promise<Result<Restoration>> {
  const read = readDeletion(control, WORDS[noun], token);
  if (!read.ok) return read;
  if (!isInTime(await control.store.history.get(read.value), control.now())) return nothingLeft();
  const { restored, conflicting } = await control.store.history.restore(read.value, TOGETHER[noun]);
  const restoredIds = idsOf(restored, noun);
  const conflictingIds = idsOf(conflicting, noun);
  if (restoredIds.length === 0) {
    return refuse(invalid("undoToken", `Each ${WORDS[noun]} is there again, or its name is taken.`, "CONFLICT"));
  }
  const back = restored.filter((change) => change.noun === noun || isKeyOf(change, restoredIds));
  await applyChanges(control, toChanges(back.map((change) => ({ ...change, id: change.objectId, kind: "add" }))));
  return ok({ restoredIds, conflictingIds });
}

function isInTime(revision: ConfigRevision | null, nowMs: number): boolean {
  return revision !== null && nowMs <= revision.at + UNDO_MS;
}

function idsOf(changes: readonly ObjectChange[], noun: ConfigNoun): string[] {
  return changes.filter((change) => change.noun === noun).map(({ objectId }) => objectId);
}

/** Of a provider that is back; and not deleted by itself before. */
function isKeyOf({ noun, rows }: ObjectChange, providerIds: readonly string[]): boolean {
  const cells = rows[0]?.before;
  return noun === "providerKey" && cells?.deleted_at === null && providerIds.includes(String(cells.provider_id));
}
