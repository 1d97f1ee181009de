import type { Control } from "../control.ts";
import {
  type Deletion,
  nothingLeft,
  type Restoration,
  readDeletion,
  stampDeletion,
  UNDO_MS,
  undoable,
} from "../deletion.ts";
import type { Principal } from "../people/principal.ts";
import { ok, type Result } from "../user-errors.ts";
import { getConversation, ownerOf } from "./chat-owner.ts";

/** With all their messages; what is still being said in them is stopped. */
export async function deleteConversations(
  control: Control,
  principal: Principal,
  ids: readonly string[],
): Promise<Result<Deletion>> {
  const found = await Promise.all(ids.map((id) => getConversation(control, principal, id)));
  const own = found.filter((row) => row !== null).map(({ id }) => id);
  const deletion = stampDeletion(control);
  const deletedIds = await control.store.chats.retireConversations(own, deletion);
  control.chats.runs.forget(deletedIds);
  noteEach(control, "DELETED", principal, deletedIds);
  return ok(undoable(control, "conversation", { deletedIds, deletion, untilMs: deletion + UNDO_MS }));
}

/** One's own alone, whoever holds the token. */
export async function restoreConversations(
  control: Control,
  principal: Principal,
  token: string,
): Promise<Result<Restoration>> {
  const read = readDeletion(control, "conversation", token);
  if (!read.ok) return read;
  if (read.value + UNDO_MS < control.now()) return nothingLeft();
  const restoredIds = await control.store.chats.restoreConversations(ownerOf(principal), read.value);
  if (restoredIds.length === 0) return nothingLeft();
  noteEach(control, "CREATED", principal, restoredIds);
  return ok({ restoredIds, conflictingIds: [] });
}

/** Forgets for good what can no longer be taken back. */
export async function purgeConversations(control: Control): Promise<void> {
  await control.store.chats.purgeConversations(control.now() - UNDO_MS);
}

function noteEach(control: Control, kind: "CREATED" | "DELETED", principal: Principal, ids: readonly string[]): void {
  const createdBy = ownerOf(principal);
  for (const conversationId of ids) control.chats.note({ kind, conversationId, createdBy, messageId: null });
}
