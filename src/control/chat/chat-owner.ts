import { isId } from "../../lib/id.ts";
import type { ConversationRow } from "../../store/chat-types.ts";
import type { Control } from "../control.ts";
import { type Principal, userIdOf } from "../people/principal.ts";

/**
 * A conversation is seen by whoever made it and by nobody else: a person, with any of his tokens; a token that no person made; or
 * (null) whoever holds ADMIN_TOKEN.
 */
export function ownerOf(principal: Principal): string | null {
  return userIdOf(principal) ?? (principal.kind === "anonymous" ? null : principal.tokenId);
}

export function isOwn(principal: Principal, conversation: Pick<ConversationRow, "createdBy">): boolean {
  return conversation.createdBy === ownerOf(principal);
}

/** Null also for somebody else's. */
export async function getConversation(
  control: Control,
  principal: Principal,
  id: string,
): Promise<ConversationRow | null> {
  const row = isId("cnv", id) ? await control.store.chats.conversation(id) : null;
  return row !== null && isOwn(principal, row) ? row : null;
}
